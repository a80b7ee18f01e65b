import gzip
import hashlib
import pickle
import struct
from pathlib import Path

import numpy as np
import pytest
from image_sets import BATCHES, assert_refused, small_cifar10, write_archive

from convac.datasets import downloads
from convac.datasets.downloads import LOCAL_VARIABLE, SOURCES, Published, Source, fetch
from convac.datasets.formats import image_set, luma, read_cifar10
from convac.datasets.layouts import records

ARCHIVE = "cifar-10-binary.tar.gz"


@pytest.fixture
def colours(rng):
    return small_cifar10(rng)


def short(text):
    """A string of a pickle as Python 2 wrote it."""
    return b"U" + bytes([len(text)]) + text


def pickled_batch(images, labels):
    """A batch of the Python version, instruction by instruction as in the published ones: protocol 2, by Python 2."""
    planes = images.transpose(0, 3, 1, 2).tobytes()
    shape = struct.pack("<BI", ord("J"), len(images)) + b"M\x00\x0c\x86"
    array = b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R(K\x01" + shape
    kind = b"cnumpy\ndtype\nU\x02u1K\x00K\x01\x87R(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89"
    data = array + kind + b"T" + struct.pack("<I", len(planes)) + planes + b"tb"
    numbers = b"](" + b"".join(b"K" + bytes([label]) for label in labels) + b"e"
    files = b"](" + b"".join(short(b"image_%d.png" % i) for i in range(len(labels))) + b"e"
    items = [
        (b"batch_label", short(b"training batch 1 of 5")),
        (b"labels", numbers),
        (b"data", data),
        (b"filenames", files),
    ]
    return b"\x80\x02}(" + b"".join(short(key) + value for key, value in items) + b"u."


@pytest.fixture
def batches(colours):
    """The same images as batches of the Python version, by file name."""
    images, labels, _ = colours
    return {
        name.removesuffix(".bin"): pickled_batch(images[2 * i : 2 * i + 2], labels[2 * i : 2 * i + 2])
        for i, name in enumerate([*BATCHES, "test_batch.bin"])
    }


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # numpy.core
def test_the_batches_of_the_tests_are_pickles(colours, batches):
    found = pickle.loads(batches["data_batch_2"], encoding="latin1")
    assert found["labels"] == colours[1][2:4].tolist()
    assert np.array_equal(found["data"].reshape(2, 3, 32, 32).transpose(0, 2, 3, 1), colours[0][2:4])


def test_pickled_batches_are_the_records_and_are_not_unpickled(colours, batches, monkeypatch):
    monkeypatch.setattr(pickle, "loads", None)
    for name, content in batches.items():
        assert records(content) == colours[2][f"{name}.bin"]


@pytest.mark.parametrize("protocol", range(2, 6))
def test_batches_pickled_again_are_read_too(colours, protocol):
    images, labels, members = colours
    content = {"labels": labels[:2].tolist(), "data": images[:2].transpose(0, 3, 1, 2).reshape(2, -1)}
    assert records(pickle.dumps(content, protocol)) == members[BATCHES[0]]


@pytest.fixture
def published(colours, monkeypatch):
    """CIFAR-10 stands for its small images: the checksums of their contents, of no archive."""
    contents = {name: hashlib.sha256(colours[2][name]).hexdigest() for name in [*BATCHES, "test_batch.bin"]}
    monkeypatch.setitem(SOURCES, "cifar10", Source(("https://a/",), {ARCHIVE: Published("0" * 64, contents)}))
    monkeypatch.setattr(downloads, "tried", lambda *arguments: "no network")
    monkeypatch.delenv(LOCAL_VARIABLE, raising=False)
    return contents


def lay_out(folder, layout, members, batches):
    """Write the images in one of the layouts that they are passed on in."""
    name = layout.rpartition("/")[2]
    path = folder / layout
    content = batches if "py" in name else members
    if "tar" in name:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_archive(path, content)
        if name.endswith(".tar"):
            path.write_bytes(gzip.decompress(path.read_bytes()))
        return
    path.mkdir(parents=True, exist_ok=True)
    for file, data in content.items():
        (path / file).write_bytes(data)


LAYOUTS = [
    *("cifar-10-binary.tar.gz", "cifar-10-python.tar.gz", "cifar10/cifar-10-python.tar.gz", "cifar-10-python.tar"),
    *("cifar-10-batches-py", "cifar-10-batches-bin", "cifar10/cifar-10-batches-py", "cifar10", "py", "."),
]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_of_cifar10_gives_the_same_files(tmp_path, colours, batches, published, layout):
    lay_out(tmp_path / "local", layout, colours[2], batches)
    local = tmp_path / "local" / (layout if layout == "py" else "")
    fetch("cifar10", tmp_path / "new", local)
    assert {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in (tmp_path / "new").iterdir()
    } == published
    assert np.array_equal(image_set("cifar10", tmp_path / "new")["train_images"], luma(colours[0][:10]))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_changed_pixel_is_refused_in_every_layout(tmp_path, monkeypatch, colours, batches, published, layout):
    monkeypatch.chdir(tmp_path)
    members = {**colours[2], BATCHES[3]: colours[2][BATCHES[3]][:-1] + bytes([colours[2][BATCHES[3]][-1] ^ 1])}
    batches["data_batch_4"] = batches["data_batch_4"].replace(
        *(content[BATCHES[3]][-1024:] for content in (colours[2], members))
    )
    lay_out(tmp_path / "local", layout, members, batches)
    local = Path("local") / (layout if layout == "py" else "")
    assert_refused(local, lambda: fetch("cifar10", tmp_path / "new", local), "sha256", "as published")
    assert not (tmp_path / "new" / BATCHES[3]).exists()


def test_a_published_archive_is_trusted_by_its_own_checksum(tmp_path, colours, published, monkeypatch):
    write_archive(tmp_path / ARCHIVE, colours[2])
    own = hashlib.sha256((tmp_path / ARCHIVE).read_bytes()).hexdigest()
    unknown = dict.fromkeys(published, "1" * 64)
    monkeypatch.setitem(SOURCES, "cifar10", Source(("https://a/",), {ARCHIVE: Published(own, unknown)}))
    fetch("cifar10", tmp_path / "new", tmp_path)
    assert {path.name for path in (tmp_path / "new").iterdir()} == set(published)


@pytest.mark.parametrize(
    "content",
    [b"", b"labels", pickle.dumps({"labels": [1], "data": b"1" * 5000}), pickle.dumps(b"1" * 3072), b"\x80\x02}("],
)
def test_wrong_batches(tmp_path, content):
    path = tmp_path / "data_batch_1"
    path.write_bytes(content)
    assert_refused(path, lambda: read_cifar10(tmp_path, train=True), "a batch of CIFAR-10")
