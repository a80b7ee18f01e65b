import contextlib
import gzip
import tarfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from image_sets import BATCHES, assert_refused, idx_bytes, small_cifar10, write_archive

from convac.datasets.formats import image_set, luma, read_cifar10, read_idx
from convac.errors import FileError

ITEMS = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
ARCHIVE = "cifar-10-binary.tar.gz"


@pytest.fixture
def colours(rng):
    return small_cifar10(rng)


@pytest.mark.parametrize("name", ["x-idx3-ubyte", "x-idx3-ubyte.gz"])
@pytest.mark.parametrize("array", [ITEMS, ITEMS.ravel(), ITEMS[:0], ITEMS[0, 0, 0]], ids=["3", "1", "empty", "0"])
def test_idx_comes_back(tmp_path, name, array):
    content = idx_bytes(array)
    (tmp_path / name).write_bytes(gzip.compress(content) if name.endswith("gz") else content)
    found = read_idx(tmp_path / name)
    assert found.dtype == np.uint8
    assert found.shape == array.shape
    assert found.flags.writeable
    assert np.array_equal(found, array)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("size", [0, 1, 3, 4, 6, 8, 15, 16, 17, 39])
def test_cut_idx(tmp_path, size, packed):
    path = tmp_path / ("x.gz" if packed else "x")
    content = idx_bytes(ITEMS)[:size]
    path.write_bytes(gzip.compress(content) if packed else content)
    assert_refused(path, lambda: read_idx(path), "IDX file of unsigned bytes")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (idx_bytes(ITEMS) + b"\0", "25 bytes of items; expected 24"),
        (idx_bytes(ITEMS, magic=b"\1\0"), "0100; expected 0000"),
        (idx_bytes(ITEMS, magic=b"\0\1"), "0001; expected 0000"),
        (idx_bytes(ITEMS, code=0x0D), "0x0d; expected 0x08"),
        (b"\0\0\x08\x03" + b"\xff" * 12, "0 bytes of items"),
        (b"\0\0\x08\xff" + b"\0\0\0\1" * 255 + b"1", "damaged"),
    ],
    ids=["trailing", "magic", "magic2", "type", "huge", "dimensions"],
)
def test_wrong_idx(tmp_path, content, told):
    path = tmp_path / "x-idx"
    path.write_bytes(content)
    assert_refused(path, lambda: read_idx(path), told)


@given(place=st.integers(0, 10**6), bit=st.integers(0, 7))
def test_a_damaged_gzip_is_found(tmp_path_factory, place, bit):
    path = tmp_path_factory.mktemp("idx") / "x.gz"
    content = gzip.compress(idx_bytes(ITEMS), mtime=0)
    place %= len(content)
    path.write_bytes(content[:place])
    assert_refused(path, lambda: read_idx(path))
    path.write_bytes(content[:place] + bytes([content[place] ^ 1 << bit]) + content[place + 1 :])
    # a flip may hit the header's time or the unused bits of the last byte: then the items are whole all the same
    with contextlib.suppress(FileError):
        assert np.array_equal(read_idx(path), ITEMS)


def test_missing_and_misnamed_idx(tmp_path):
    assert_refused(tmp_path / "x.gz", lambda: read_idx(tmp_path / "x.gz"), "no such file")
    (tmp_path / "x.gz").write_bytes(idx_bytes(ITEMS))
    (tmp_path / "x").write_bytes(gzip.compress(idx_bytes(ITEMS)))
    assert_refused(tmp_path / "x.gz", lambda: read_idx(tmp_path / "x.gz"), "isn't packed by gzip")
    assert_refused(tmp_path / "x", lambda: read_idx(tmp_path / "x"), "1f8b")


def test_cifar10_comes_back(tmp_path, colours):
    images, labels, members = colours
    write_archive(tmp_path / ARCHIVE, members)
    for train, part in ((True, slice(0, 10)), (False, slice(10, 12))):
        found, found_labels = read_cifar10(tmp_path, train)
        assert found.dtype == np.uint8
        assert found_labels.dtype == np.int64
        assert np.array_equal(found, images[part])
        assert np.array_equal(found_labels, labels[part])
    assert [entry.name for entry in tmp_path.iterdir()] == [ARCHIVE]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda content: b"\x0a" + content[1:], "label 10; expected labels from 0 to 9"),
        (lambda content: content[:-3073] + b"\xff" + content[-3072:], "label 255"),
        (lambda content: content[:-1], "data_batch_3.bin has 6145 bytes"),
        (lambda content: content + b"\0", "data_batch_3.bin has 6147 bytes"),
        (lambda content: b"", "data_batch_3.bin has 0 bytes"),
        (lambda content: None, "no member data_batch_3.bin"),
    ],
    ids=["ten", "last", "cut", "trailing", "empty", "none"],
)
def test_wrong_cifar10(tmp_path, colours, change, told):
    changed = {**colours[2], BATCHES[2]: change(colours[2][BATCHES[2]])}
    path = tmp_path / ARCHIVE
    write_archive(path, {name: content for name, content in changed.items() if content is not None})
    assert_refused(tmp_path, lambda: read_cifar10(tmp_path, train=True), told)
    assert len(read_cifar10(tmp_path, train=False)[0]) == 2


@pytest.mark.parametrize("share", [0.0, 0.001, 0.3, 0.9, 0.9999])
@pytest.mark.parametrize("packed", [False, True])
def test_cut_cifar10(tmp_path, colours, share, packed):
    path = tmp_path / ARCHIVE
    write_archive(path, colours[2])
    content = path.read_bytes() if packed else gzip.decompress(path.read_bytes()).rstrip(b"\0")
    content = content[: int(share * len(content))]
    path.write_bytes(content if packed else gzip.compress(content))
    assert_refused(path, lambda: read_cifar10(tmp_path, train=True))


def test_a_flipped_bit_in_the_archive_is_found(tmp_path, colours):
    path = tmp_path / ARCHIVE
    write_archive(path, colours[2])
    content = bytearray(path.read_bytes())
    for place in (5000, len(content) - 6):  # in a member, and in the checksum after the last one
        path.write_bytes(bytes(value ^ 1 if i == place else value for i, value in enumerate(content)))
        assert_refused(path, lambda: read_cifar10(tmp_path, train=False), "damaged")


def test_neither_folders_nor_links_pass_for_members(tmp_path, colours):
    path = tmp_path / ARCHIVE
    entry = tarfile.TarInfo("test_batch.bin")
    for entry.type in (tarfile.DIRTYPE, tarfile.SYMTYPE):
        with tarfile.open(path, "w:gz") as archive:
            archive.addfile(entry)
        assert_refused(path, lambda: read_cifar10(tmp_path, train=False), "no member test_batch.bin")


def test_luma_is_rounded_and_keeps_grey():
    grey = np.arange(256, dtype=np.uint8)
    assert np.array_equal(luma(np.stack([grey] * 3, axis=-1)), grey)
    colours = np.random.default_rng(1).integers(0, 256, (50, 4, 3), dtype=np.uint8)
    assert np.abs(luma(colours) - colours @ [0.299, 0.587, 0.114]).max() <= 0.5 + 1e-9


def write_mnist(folder, rng, **changed):
    """Small files under the names of MNIST; `changed` replaces the arrays by their key in the result."""
    arrays = {}
    for prefix, part, count in (("train", "train", 6), ("t10k", "test", 4)):
        arrays[f"{part}_images"] = rng.integers(0, 256, (count, 28, 28), dtype=np.uint8)
        arrays[f"{part}_labels"] = rng.integers(0, 10, count, dtype=np.uint8)
        arrays |= {key: value for key, value in changed.items() if key in arrays}
        for key, kind in (("images", "idx3"), ("labels", "idx1")):
            path = folder / f"{prefix}-{key}-{kind}-ubyte.gz"
            path.write_bytes(gzip.compress(idx_bytes(arrays[f"{part}_{key}"])))
    return arrays


@pytest.mark.parametrize("name", ["mnist", "fashion_mnist"])
def test_grey_sets(tmp_path, rng, name):
    arrays = write_mnist(tmp_path, rng)
    found = image_set(name, tmp_path)
    assert found.keys() == arrays.keys()
    assert all(np.array_equal(found[key], arrays[key]) for key in arrays)
    assert all(array.dtype == (np.int64 if "labels" in key else np.uint8) for key, array in found.items())


def test_the_coloured_set_becomes_grey(tmp_path, colours):
    images, labels, members = colours
    write_archive(tmp_path / ARCHIVE, members)
    found = image_set("cifar10", str(tmp_path))
    assert np.array_equal(found["train_images"], luma(images[:10]))
    assert np.array_equal(found["test_labels"], labels[10:])
    assert found["test_images"].shape == (2, 32, 32)
    assert found["test_images"].dtype == np.uint8


@pytest.mark.parametrize(
    ("changed", "file", "told"),
    [
        ({"test_labels": np.full(4, 10, np.uint8)}, "t10k-labels-idx1", "label 10"),
        ({"test_labels": np.zeros(3, np.uint8)}, "t10k-labels-idx1", "expected (4,)"),
        ({"test_labels": np.zeros((4, 1), np.uint8)}, "t10k-labels-idx1", "expected (4,)"),
        ({"train_images": np.zeros((6, 28, 27), np.uint8)}, "train-images-idx3", "expected (n, 28, 28)"),
        ({"train_images": np.zeros((6, 784), np.uint8)}, "train-images-idx3", "expected (n, 28, 28)"),
        ({"train_images": np.zeros((0, 28, 28), np.uint8)}, "train-images-idx3", "expected (n, 28, 28)"),
    ],
)
def test_sets_that_do_not_fit(tmp_path, rng, changed, file, told):
    write_mnist(tmp_path, rng, **changed)
    assert_refused(tmp_path / f"{file}-ubyte.gz", lambda: image_set("mnist", tmp_path), told)
