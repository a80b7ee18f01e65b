"""Real images on a canvas: pools, places, clutter, shades, other sources, bad arguments, and what is recorded."""

import importlib
from itertools import combinations

import numpy as np
import pytest
from image_sets import write_mnist
from scipy import ndimage

from convac.datasets import digits
from convac.datasets.digits import PARTS, generate, quantised, read_originals, resampling
from convac.datasets.summaries import summarise
from convac.errors import ArgumentError, FileError
from convac.files import arrays_digest

COUNTS = {"train": 60, "validation": 20, "test": 30}


def boxes(images):
    """First and last row and column with a lit pixel, shape (n, 4)."""
    found = []
    for image in images:
        rows, columns = np.flatnonzero(image.any(axis=1)), np.flatnonzero(image.any(axis=0))
        found.append((rows[0], rows[-1], columns[0], columns[-1]))
    return np.array(found)


@pytest.fixture(scope="module")
def arrays():
    return generate("digits", seed=1, size=12, canvas=20, clutter=2, **COUNTS)


def test_shapes_types_and_values(arrays):
    assert list(arrays) == [f"{part}_{kind}" for part in PARTS for kind in ("images", "labels")]
    for part, count in COUNTS.items():
        images, labels = arrays[f"{part}_images"], arrays[f"{part}_labels"]
        assert (images.dtype, labels.dtype) == (np.uint8, np.int64)
        assert images.shape == (count, 20, 20)
        assert labels.shape == (count,)
        assert images.max() == 255
        assert set(labels) <= set(range(10))


def test_the_same_arguments_give_the_same_bytes_and_another_seed_others(arrays):
    assert arrays_digest(generate("digits", 1, 12, canvas=20, clutter=2, **COUNTS)) == arrays_digest(arrays)
    other = generate("digits", 2, 12, canvas=20, clutter=2, **COUNTS)
    for part in PARTS:
        assert not np.array_equal(other[f"{part}_images"], arrays[f"{part}_images"])


def test_a_longer_run_begins_with_the_same_images(arrays):
    longer = generate("digits", 1, 12, canvas=20, clutter=2, train=90, validation=350, test=301)
    for part, count in COUNTS.items():
        for kind in ("images", "labels"):
            assert np.array_equal(longer[f"{part}_{kind}"][:count], arrays[f"{part}_{kind}"])


def test_pools_share_no_original_and_are_the_same_for_every_seed_and_size(monkeypatch):
    originals = read_originals("digits")
    pools = originals.pools
    assert [len(pools[part]) for part in PARTS] == [1197, 300, 300]
    assert sorted(np.concatenate(list(pools.values()))) == list(range(1797))
    seen = {}
    whole = digits.render

    def recording(found, part, chosen, *rest):
        seen.setdefault(part, set()).update(chosen.tolist())
        assert np.array_equal(found.pools[part], pools[part])
        return whole(found, part, chosen, *rest)

    monkeypatch.setattr(digits, "render", recording)
    for seed, size in ((0, 8), (7, 4)):
        generate("digits", seed, size, canvas=8, train=2000, validation=300, test=300)
    assert all(seen[part] <= set(pools[part].tolist()) for part in PARTS)
    # two rounds of a random order have shown every held-out original
    assert seen["test"] == set(pools["test"].tolist())
    assert seen["validation"] == set(pools["validation"].tolist())


def test_seeds_part_the_originals_anew_where_that_is_asked():
    pools = [read_originals("digits", seed=seed).pools for seed in (None, 3, 4)]
    for found in pools:
        assert sorted(np.concatenate(list(found.values()))) == list(range(1797))
    shared = [len({*one["test"]} & {*other["test"]}) for one, other in combinations(pools, 2)]
    assert all(30 < count < 75 for count in shared)  # 300 · 300 / 1797 = 50 by chance
    drawn = generate("digits", 3, 32, train=2, validation=300, test=300, resplit=True)
    assert np.array_equal(
        np.bincount(drawn["test_labels"]), np.bincount(read_originals("digits").labels[pools[1]["test"]])
    )
    assert not np.array_equal(generate("digits", 3, 32, train=2, test=300)["test_images"], drawn["test_images"])


def test_whole_rounds_hold_every_original_equally_often():
    rendered = generate("digits", 3, 8, canvas=8, train=1, validation=600, test=900)
    pools, labels = read_originals("digits").pools, read_originals("digits").labels
    for part, rounds in (("validation", 2), ("test", 3)):
        expected = rounds * np.bincount(labels[pools[part]], minlength=10)
        assert np.array_equal(np.bincount(rendered[f"{part}_labels"], minlength=10), expected)
        first, second = rendered[f"{part}_labels"][:300], rendered[f"{part}_labels"][300:600]
        assert not np.array_equal(first, second)


def test_at_its_own_size_an_original_fills_the_canvas_unchanged():
    originals = read_originals("digits")
    rendered = generate("digits", 0, 8, canvas=8, train=1, validation=1, test=300)
    shares = originals.images[originals.pools["test"]] / 16
    wanted = {image.tobytes() for image in np.rint(255 * shares).astype(np.uint8)}
    assert {image.tobytes() for image in rendered["test_images"]} == wanted


def test_every_size_shows_the_same_originals():
    small, large = (generate("digits", 5, size, canvas=16, **COUNTS) for size in (4, 16))
    for part in PARTS:
        assert np.array_equal(small[f"{part}_labels"], large[f"{part}_labels"])


@pytest.mark.parametrize("size", [4, 9, 20])
def test_an_image_lies_within_its_size_and_is_placed_everywhere(size, tmp_path):
    folder = write_mnist(tmp_path)
    images = generate("mnist", 0, size, canvas=20, train=1500, validation=1, test=1, folder=folder)["train_images"]
    top, bottom, left, right = boxes(images).T
    assert (bottom - top == size - 1).all()
    assert (right - left == size - 1).all()
    places = 20 - size + 1
    for corner in (top, left):
        share = np.bincount(corner, minlength=places) / len(images)
        assert len(share) == places
        assert np.abs(share - 1 / places).max() < 5 * np.sqrt(1 / places / len(images))
    assert ((images == 0) | (images == images.max(axis=(1, 2), keepdims=True))).all()


@pytest.mark.parametrize(("side", "size"), [(8, 4), (8, 8), (8, 13), (28, 9), (28, 32), (32, 5)])
def test_resampling_stretches_as_scipy_and_shrinks_by_areas(side, size, rng):
    images = rng.integers(0, 256, (3, side, side)).astype(np.uint8)
    matrix = resampling(side, size)
    assert matrix.sum(axis=1) == pytest.approx(np.ones(size))
    for image, found in zip(images, quantised(images, 255, size, 256), strict=True):
        zoomed = ndimage.zoom(image.astype(np.float64), size / side, order=1, grid_mode=True, mode="nearest")
        if size < side:
            zoomed = np.kron(image, np.ones((size, size))).reshape(size, side, size, side).mean(axis=(1, 3))
        assert found.shape == zoomed.shape
        assert np.abs(found - zoomed).max() < 0.5 + 1e-5


def test_shades(monkeypatch):
    ramp = np.arange(256, dtype=np.uint8).reshape(1, 16, 16)
    assert np.array_equal(quantised(ramp, 255, 16, 256), ramp)
    assert np.array_equal(quantised(ramp, 255, 16, 2), ramp >= 0.45 * 255)
    assert np.array_equal(quantised(ramp, 255, 16, 4), np.rint(ramp / 85))
    grey = generate("digits", 0, 12, clutter=1, **COUNTS)
    for shades in (2, 5):
        images = generate("digits", 0, 12, clutter=1, shades=shades, **COUNTS)["train_images"]
        assert set(np.unique(images)) == set(range(shades))
        if shades == 2:
            # grey 115 may be a rounded value below the threshold, 114.75
            decided = grey["train_images"] != 115
            assert np.array_equal(images[decided], grey["train_images"][decided] > 115)
    monkeypatch.setattr(digits, "CHUNK", 7)
    assert arrays_digest(generate("digits", 0, 12, clutter=1, **COUNTS)) == arrays_digest(grey)


def test_clutter_lies_under_the_same_image():
    clean, *cluttered = (generate("digits", 0, 10, canvas=24, clutter=clutter, **COUNTS) for clutter in (0, 1, 4))
    for part in PARTS:
        below = clean[f"{part}_images"]
        for more in cluttered:
            assert np.array_equal(more[f"{part}_labels"], clean[f"{part}_labels"])
            assert (more[f"{part}_images"] >= below).all()
            assert more[f"{part}_images"].mean() > below.mean()
            below = more[f"{part}_images"]


def test_clutter_has_half_the_size_and_comes_from_the_same_pool(tmp_path):
    folder = write_mnist(tmp_path)
    pools = read_originals("mnist", folder).pools
    rendered = generate("mnist", 0, 8, clutter=1, train=300, validation=20, test=40, folder=folder)
    for part in PARTS:
        allowed = {0, *(5 + pools[part]).tolist()}
        shown = 5 + pools[part]
        assert set(np.unique(rendered[f"{part}_images"])) <= allowed
        areas = []
        for image in rendered[f"{part}_images"]:
            values, numbers = np.unique(image[image > 0], return_counts=True)
            assert set(values) <= set(shown.tolist())
            areas.append(numbers.sum())
        # a patch of 4×4 beside an image of 8×8, or partly under it
        assert max(areas) == 64 + 16
        assert min(areas) >= 64


def test_sources_with_their_own_test_set(tmp_path):
    folder = write_mnist(tmp_path)
    pools = read_originals("mnist", folder).pools
    assert [len(pools[part]) for part in PARTS] == [20, 4, 6]
    assert pools["test"].tolist() == list(range(24, 30))
    assert sorted([*pools["train"], *pools["validation"]]) == list(range(24))
    rendered = generate("mnist", 0, 28, canvas=28, train=200, validation=8, test=12, folder=folder)
    for part in PARTS:
        values = rendered[f"{part}_images"][:, 0, 0].astype(int) - 5
        assert set(values) == set(pools[part].tolist())
        assert np.array_equal(values % 10, rendered[f"{part}_labels"])
    fashion = read_originals("fashion_mnist", folder).pools
    assert not np.array_equal(fashion["validation"], pools["validation"])


def test_too_few_originals_or_no_files_are_named(tmp_path):
    with pytest.raises(FileError, match=r"5 training images of mnist; expected 6 or more"):
        read_originals("mnist", write_mnist(tmp_path, train=5))
    with pytest.raises(FileError, match="expected"):
        read_originals("cifar10", str(tmp_path))


def test_without_scikit_learn_the_other_sources_are_named(monkeypatch):
    def missing(name):
        raise ImportError(name)

    monkeypatch.setattr(importlib, "import_module", missing)
    with pytest.raises(ArgumentError, match=r"^source: .*scikit-learn; accepted: mnist, "):
        read_originals("digits")


@pytest.mark.parametrize(
    ("key", "arguments"),
    [
        ("source", {"source": "letters"}),
        ("seed", {"seed": -1}),
        ("size", {"size": 3}),
        ("size", {"size": 33}),
        ("size", {"size": 8.0}),
        ("size", {"size": True}),
        ("canvas", {"canvas": 3}),
        ("canvas", {"canvas": "32"}),
        ("train", {"train": 0}),
        ("validation", {"validation": 0}),
        ("test", {"test": 1.5}),
        ("clutter", {"clutter": -1}),
        ("shades", {"shades": 1}),
        ("shades", {"shades": 257}),
        ("folder", {"source": "mnist"}),
        ("folder", {"source": "cifar10", "folder": ""}),
    ],
)
def test_a_bad_argument_is_named_with_what_is_accepted(key, arguments):
    usable = {"source": "digits", "seed": 0, "size": 8, "train": 2, "validation": 2, "test": 2}
    with pytest.raises(ArgumentError, match=rf"^{key}: .*accepted: ") as caught:
        generate(**{**usable, **arguments})
    assert len(str(caught.value).splitlines()) == 1


def test_the_summary_counts_validation_images_and_shows_grey_values_as_shares(arrays):
    table = summarise(arrays, examples=1)
    whole = table[table.quantity != "pixel"]
    expected = {f"{part}_images": float(count) for part, count in COUNTS.items()}
    assert dict(zip(whole.quantity, whole.value, strict=True)) == expected
    pixels = table[(table.quantity == "pixel") & (table.label == arrays["test_labels"][0])]
    assert np.array_equal(pixels.value, arrays["test_images"][0].ravel() / 255)
    without = {name: array for name, array in arrays.items() if not name.startswith("validation")}
    assert "validation_images" not in set(summarise(without).quantity)


@pytest.mark.parametrize("name", ["validation_images", "validation_labels"])
def test_half_a_validation_set_is_refused(arrays, name):
    rest = {key: array for key, array in arrays.items() if key != name}
    with pytest.raises(ArgumentError, match=f"^{name}: is missing; accepted: "):
        summarise(rest)
    with pytest.raises(ArgumentError, match=r"^validation_labels: .*accepted: a label per image"):
        summarise({**arrays, "validation_labels": np.zeros(3, dtype=np.int64)})


def test_the_summary_shows_binary_images_as_they_are():
    binary = generate("digits", 0, 8, shades=2, **COUNTS)
    table = summarise(binary, examples=1)
    assert set(table[table.quantity == "pixel"].value) == {0.0, 1.0}
    assert "count_accuracy" in set(table.quantity)
