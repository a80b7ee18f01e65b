"""Controls take one thing away and leave the rest as it is."""

import numpy as np
import pytest

from convac.datasets.controls import controlled
from convac.errors import ArgumentError
from convac.seeds import stream


@pytest.fixture
def arrays():
    generator = stream("controls test")
    return {
        f"{part}_{kind}": generator.integers(0, 5, (30, 4, 6) if kind == "images" else 30)
        for part in ("train", "validation", "test")
        for kind in ("images", "labels")
    }


def test_none_changes_nothing(arrays):
    assert controlled(arrays, "none") is arrays


def test_shuffled_labels_are_the_same_labels_elsewhere(arrays):
    found = controlled(arrays, "shuffled")
    changed = [name for name in arrays if not np.array_equal(arrays[name], found[name])]
    assert changed == ["train_labels"]
    assert sorted(found["train_labels"]) == sorted(arrays["train_labels"])


def test_permuted_pixels_move_alike_in_every_image(arrays):
    found = controlled(arrays, "permuted")
    assert all(np.array_equal(arrays[name], found[name]) for name in arrays if name.endswith("labels"))
    flat = {name: found[name].reshape(30, -1) for name in found if name.endswith("images")}
    before = {name: arrays[name].reshape(30, -1) for name in flat}
    columns = np.concatenate([before[name] for name in flat]).T
    moved = np.concatenate([flat[name] for name in flat]).T
    places = [int(np.flatnonzero((columns == column).all(1))[0]) for column in moved]
    assert sorted(places) == list(range(24))
    assert places != list(range(24))


def test_an_unknown_control_is_refused(arrays):
    with pytest.raises(ArgumentError, match=r"control: 'noise' is unknown; accepted: none, shuffled, permuted"):
        controlled(arrays, "noise")
