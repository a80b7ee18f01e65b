"""The blobs dataset: what it promises about bytes, classes, scores and bad arguments."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convac.datasets import blobs
from convac.datasets.blobs import Blobs, extremes, generate, render
from convac.errors import ArgumentError
from convac.files import arrays_digest
from convac.seeds import stream

TASKS = ["closedness", "symmetry"]


@pytest.fixture(scope="module", params=TASKS)
def task(request):
    return request.param


@pytest.fixture(scope="module")
def arrays(task):
    return generate(task, seed=3, rendered_train=250, rendered_test=55)


@pytest.fixture(scope="module")
def rendered():
    return render(300, stream("blobs", 3, 32, "train"))


def rows(images):
    return {image.tobytes() for image in images}


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(task, arrays):
    again = generate(task, seed=3, rendered_train=250, rendered_test=55)
    other = generate(task, seed=4, rendered_train=250, rendered_test=55)
    assert arrays_digest(again) == arrays_digest(arrays)
    assert not rows(other["train_images"]) & rows(arrays["train_images"])


def test_shapes_types_and_values(arrays):
    assert arrays["train_images"].shape == (200, 32, 32)
    assert arrays["test_images"].shape == (44, 32, 32)
    for name in ("train", "test"):
        images, labels = arrays[f"{name}_images"], arrays[f"{name}_labels"]
        assert (images.dtype, labels.dtype) == (np.uint8, np.int64)
        assert set(np.unique(images)) == {0, 1}
        assert images.any(axis=(1, 2)).all()
        assert np.bincount(labels).tolist() == [len(images) // 2] * 2


def test_labels_are_shuffled(arrays):
    assert 20 < np.flatnonzero(np.diff(arrays["train_labels"])).size < 180


def test_train_and_test_share_no_image(arrays):
    assert not rows(arrays["train_images"]) & rows(arrays["test_images"])


def test_both_tasks_choose_from_the_same_rendered_images(task, arrays, rendered):
    assert rows(arrays["train_images"]) <= rows(rendered.images[:250].astype(np.uint8))


def test_fewer_images_are_the_first_ones(rendered):
    fewer = render(41, stream("blobs", 3, 32, "train"))
    assert np.array_equal(fewer.images, rendered.images[:41])
    assert np.array_equal(fewer.left, rendered.left[:41])
    assert np.array_equal(fewer.width, rendered.width[:41])


def test_the_chunk_size_changes_nothing(rendered, monkeypatch):
    monkeypatch.setattr(blobs, "CHUNK", 7)
    assert np.array_equal(render(60, stream("blobs", 3, 32, "train")).images, rendered.images[:60])


def test_empty_images_are_passed_over(monkeypatch):
    whole = blobs.render_chunk

    def with_empty_ones(count, generator, side):
        chunk = whole(count, generator, side)
        chunk.images[1::3] = False
        return chunk

    monkeypatch.setattr(blobs, "render_chunk", with_empty_ones)
    images = render(20, stream("empty")).images
    assert len(images) == 20
    assert images.any(axis=(1, 2)).all()


def test_small_blobs_stay_in_their_quarter_and_every_quarter_is_used(rendered):
    small = rendered.width == 16
    assert 110 < small.sum() < 190
    quarters = set()
    for image, left in zip(rendered.images[small], rendered.left[small], strict=True):
        inside = image[:, left : left + 16]
        assert image.sum() == inside.sum()
        top = 16 if inside[16:].any() else 0
        assert inside[top : top + 16].sum() == inside.sum()
        quarters.add((top, int(left)))
    assert len(quarters) == 4


def test_large_blobs_reach_beyond_every_quarter(rendered):
    large = rendered.images[rendered.width == 32]
    assert large[:, :16].any(axis=(1, 2)).all()
    assert large[:, 16:].any(axis=(1, 2)).all()


@pytest.mark.parametrize("side", [16, 64])
def test_other_sides(side):
    arrays = generate("symmetry", 0, rendered_train=20, rendered_test=10, side=side)
    assert arrays["train_images"].shape == (16, side, side)
    assert 0.05 < arrays["train_images"].mean() < 0.6


def test_classes_are_the_extremes_of_the_score(task, rendered):
    scores = blobs.SCORES[task](rendered)
    chosen, labels = extremes(scores, 0.4)
    assert scores[chosen[labels == 1]].min() >= scores[chosen[labels == 0]].max()
    left_out = np.setdiff1d(np.arange(300), chosen)
    assert scores[left_out].min() >= scores[chosen[labels == 0]].max()
    assert scores[left_out].max() <= scores[chosen[labels == 1]].min()


@given(st.lists(st.sampled_from([0.0, 0.25, 0.5, 1.0]), min_size=3, max_size=40), st.floats(0.34, 0.5))
def test_classes_are_balanced_disjoint_and_ordered_despite_ties(scores, keep):
    chosen, labels = extremes(np.array(scores), keep)
    assert len(set(chosen.tolist())) == len(chosen) == 2 * int(keep * len(scores))
    assert labels.sum() * 2 == len(labels)
    by_score = sorted(range(len(scores)), key=lambda index: (scores[index], index))
    count = int(keep * len(scores))
    assert chosen.tolist() == by_score[:count] + by_score[-count:]


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6))
def test_scores_are_shares(seed):
    drawn = render(2, stream("shares", seed))
    closedness, symmetry = blobs.closedness(drawn), blobs.symmetry(drawn)
    assert ((closedness > 0) & (closedness <= 1)).all()
    assert ((symmetry >= 0) & (symmetry <= 1)).all()


def test_scores_of_hand_made_blobs():
    ring = np.zeros((32, 32), dtype=bool)
    ring[4:7, 4:7] = True
    ring[5, 5] = False
    half = np.zeros((32, 32), dtype=bool)
    half[3, 17:20] = True  # in a region over columns 16 to 31, whose mirror is columns 28 to 30
    pair = half.copy()
    pair[3, 30] = True  # the mirror of column 17
    hand_made = Blobs(np.stack([ring, half, pair]), np.array([0, 16, 16]), np.array([32, 16, 16]))
    assert blobs.closedness(hand_made)[0] == pytest.approx(8 / 9)
    assert blobs.symmetry(hand_made)[1:].tolist() == [0.0, 0.5]


@pytest.mark.parametrize(
    ("key", "arguments"),
    [
        ("task", {"task": "openness"}),
        ("seed", {"seed": -1}),
        ("seed", {"seed": 0.5}),
        ("rendered_train", {"rendered_train": 0}),
        ("rendered_train", {"rendered_train": 2}),
        ("rendered_train", {"rendered_train": 100.0}),
        ("rendered_test", {"rendered_test": -5}),
        ("rendered_test", {"rendered_test": True}),
        ("keep", {"keep": 0.0}),
        ("keep", {"keep": 0.6}),
        ("keep", {"keep": float("nan")}),
        ("keep", {"keep": "half"}),
        ("side", {"side": 8}),
        ("side", {"side": 28}),
        ("side", {"side": 32.0}),
    ],
)
def test_a_bad_argument_is_named_with_what_is_accepted(key, arguments):
    usable = {"task": "symmetry", "seed": 0, "rendered_train": 5, "rendered_test": 5}
    with pytest.raises(ArgumentError, match=rf"^{key}: .*accepted: ") as caught:
        generate(**{**usable, **arguments})
    assert len(str(caught.value).splitlines()) == 1
