"""The synthetic control: marks, what the label depends on and what it doesn't, clutter, bad arguments."""

import numpy as np
import pytest

from convac.datasets.agreement import KINDS, PAIRS, generate
from convac.datasets.summaries import summarise
from convac.errors import ArgumentError
from convac.files import arrays_digest

PARTS = ("train", "validation", "test")
COUNTS = {"train": 60, "validation": 20, "test": 30}


@pytest.fixture(params=list(PAIRS))
def task(request):
    return request.param


@pytest.fixture(scope="module")
def many():
    return {task: generate(task, 5, 6, canvas=16, train=6000, validation=1, test=3000) for task in PAIRS}


def marks(image, distance):
    """Upper row, left column, left and right kind of every pair in an image without clutter."""
    found = []
    lit = np.flatnonzero(image.any(axis=1))
    for row in lit[::2]:
        columns = np.flatnonzero(image[row : row + 2].any(axis=0))
        assert columns.tolist() == sorted({columns[0] + step for step in (0, 1, distance, distance + 1)})
        kinds = []
        for column in (columns[0], columns[0] + distance):
            block = image[row : row + 2, column : column + 2]
            kinds.append(next(kind for kind, pattern in enumerate(KINDS) if np.array_equal(block, pattern)))
        found.append((row, columns[0], *kinds))
    return np.array(found)


def told(task, pairs):
    """The label by the task's rule."""
    differ = pairs[:, 2] != pairs[:, 3]
    assert differ.all() or not differ.any()
    return int(differ[0]) if task == "parity" else int(not differ[0])


def test_shapes_types_and_values(task):
    arrays = generate(task, 0, 5, canvas=20, density=0.3, **COUNTS)
    assert list(arrays) == [f"{part}_{kind}" for part in PARTS for kind in ("images", "labels")]
    for part, count in COUNTS.items():
        images, labels = arrays[f"{part}_images"], arrays[f"{part}_labels"]
        assert (images.dtype, labels.dtype) == (np.uint8, np.int64)
        assert images.shape == (count, 20, 20)
        assert labels.shape == (count,)
        assert set(np.unique(images)) == set(np.unique(labels)) == {0, 1}


def test_determinism_and_parts(task):
    first, again, other = (generate(task, seed, 5, density=0.2, **COUNTS) for seed in (3, 3, 4))
    assert arrays_digest(first) == arrays_digest(again)
    assert not np.array_equal(first["train_images"], other["train_images"])
    assert not np.array_equal(first["train_images"][:20], first["validation_images"])


def test_a_longer_run_begins_with_the_same_images(task):
    short = generate(task, 3, 5, density=0.2, **COUNTS)
    longer = generate(task, 3, 5, density=0.2, train=100, validation=21, test=64)
    for part, count in COUNTS.items():
        for kind in ("images", "labels"):
            assert np.array_equal(longer[f"{part}_{kind}"][:count], short[f"{part}_{kind}"])


@pytest.mark.parametrize(("distance", "canvas"), [(2, 11), (3, 16), (9, 11), (14, 16), (30, 32)])
def test_the_label_is_what_pairs_at_the_distance_tell(task, distance, canvas):
    arrays = generate(task, 1, distance, canvas=canvas, **COUNTS)
    for part in PARTS:
        for image, label in zip(arrays[f"{part}_images"], arrays[f"{part}_labels"], strict=True):
            pairs = marks(image, distance)
            assert len(pairs) == PAIRS[task]
            assert (np.diff(pairs[:, 0]) >= 3).all()
            assert told(task, pairs) == label


def test_swapping_one_mark_of_each_pair_flips_the_label(task):
    arrays = generate(task, 1, 7, canvas=16, **COUNTS)
    for image, label in zip(arrays["train_images"], arrays["train_labels"], strict=True):
        swapped = image.copy()
        for row, column, _, right in marks(image, 7):
            swapped[row : row + 2, column + 7 : column + 9] = KINDS[1 - right]
        assert told(task, marks(swapped, 7)) == 1 - label


def test_no_site_and_no_number_of_pixels_tells_the_label(task, many):
    images, labels = many[task]["train_images"], many[task]["train_labels"]
    assert abs(labels.mean() - 0.5) < 4 * 0.5 / np.sqrt(len(labels))
    shares = [images[labels == label].mean(axis=0) for label in (0, 1)]
    pooled = images.mean(axis=0)
    error = np.sqrt(pooled * (1 - pooled) * 4 / len(labels))
    assert np.abs(shares[0] - shares[1]).max() < 4.5 * error.max()
    assert np.abs((shares[0] - shares[1]) / np.where(error > 0, error, 1)).max() < 4.5
    assert set(images.sum(axis=(1, 2))) == {4 * PAIRS[task]}
    whole = summarise(many[task]).query("quantity == 'count_accuracy'")
    assert abs(float(whole.value.iloc[0]) - 0.5) < 0.05


def test_no_mark_tells_the_label_and_no_mark_tells_its_partner(task, many):
    images, labels = many[task]["test_images"], many[task]["test_labels"]
    pairs = np.stack([marks(image, 6) for image in images])
    kinds = pairs[:, :, 2:].reshape(len(images), -1)
    for label in (0, 1):
        assert np.abs(kinds[labels == label].mean(axis=0) - 0.5).max() < 4.5 * 0.5 / np.sqrt((labels == label).sum())
    agreeing = (pairs[:, :, 2] == pairs[:, :, 3]).mean(axis=0)
    assert np.abs(agreeing - 0.5).max() < 4.5 * 0.5 / np.sqrt(len(images))


def test_agreement_has_as_many_marks_of_either_kind_on_either_side(many):
    for image in many["agreement"]["test_images"][:300]:
        assert marks(image, 6)[:, 2:].sum(axis=0).tolist() == [2, 2]


def test_pairs_are_placed_everywhere(task, many):
    pairs = np.concatenate([marks(image, 6) for image in many[task]["test_images"]])
    assert set(pairs[:, 0]) == set(range(15))
    assert set(pairs[:, 1]) == set(range(16 - 6 - 1))


def test_clutter_is_single_pixels_away_from_the_same_marks(task):
    clean, full, half = (generate(task, 2, 5, canvas=21, density=density, **COUNTS) for density in (0.0, 1, 0.5))
    cells = 0
    for kept, all_cells, some in zip(*(arrays["train_images"] for arrays in (clean, full, half)), strict=True):
        assert (kept <= some).all()
        assert (some <= all_cells).all()
        clutter = all_cells - kept
        rows, columns = np.nonzero(clutter)
        # one corner for all cells, so never two pixels in a block
        assert len(set(rows % 2)) == len(set(columns % 2)) == 1
        marked = np.zeros((21, 21), dtype=bool)
        for row, column, _, _ in marks(kept, 5):
            marked[row : row + 2, column : column + 2] = marked[row : row + 2, column + 5 : column + 7] = True
        grown = np.pad(marked, 1)
        near = np.logical_or.reduce([grown[i : i + 21, j : j + 21] for i in range(3) for j in range(3)])
        free = ~near[:20, :20].reshape(10, 2, 10, 2).any(axis=(1, 3))
        assert np.array_equal(clutter[:20, :20].reshape(10, 2, 10, 2).sum(axis=(1, 3)), free)
        cells += free.sum()
    added = (half["train_images"] - clean["train_images"]).sum()
    assert abs(added / cells - 0.5) < 4.5 * 0.5 / np.sqrt(cells)
    assert np.array_equal(clean["train_labels"], full["train_labels"])


@pytest.mark.parametrize(
    ("key", "arguments"),
    [
        ("task", {"task": "difference"}),
        ("seed", {"seed": -1}),
        ("distance", {"distance": 1}),
        ("distance", {"distance": 31}),
        ("distance", {"distance": 4.0}),
        ("distance", {"distance": True}),
        ("canvas", {"canvas": 3}),
        ("canvas", {"task": "agreement", "canvas": 10}),
        ("canvas", {"canvas": 16.0}),
        ("train", {"train": 0}),
        ("validation", {"validation": -1}),
        ("test", {"test": "many"}),
        ("density", {"density": -0.1}),
        ("density", {"density": 1.5}),
        ("density", {"density": float("nan")}),
        ("density", {"density": True}),
    ],
)
def test_a_bad_argument_is_named_with_what_is_accepted(key, arguments):
    usable = {"task": "parity", "seed": 0, "distance": 4, "train": 2, "validation": 2, "test": 2}
    with pytest.raises(ArgumentError, match=rf"^{key}: .*accepted: ") as caught:
        generate(**{**usable, **arguments})
    assert len(str(caught.value).splitlines()) == 1
