"""Patterns of random pixels: what follows from what, in which class, and what stays a fair coin."""

import numpy as np
import pytest

from convac.datasets.patterns import PARTNERS, generate
from convac.errors import ArgumentError

SIDE = 6
OWN = {  # images of class 1 whose pixels all follow, turned onto themselves
    "left-right": lambda images: images[:, :, ::-1],
    "top-bottom": lambda images: images[:, ::-1],
    "half turn": lambda images: images[:, ::-1, ::-1],
    "halves": lambda images: np.roll(images, SIDE // 2, axis=2),
}


def classes(relation, followed, count=400, seed=0, side=SIDE):
    arrays = generate(relation, seed, side, followed, count, 1, 1)
    images, labels = arrays["train_images"], arrays["train_labels"]
    return images[labels == 0], images[labels == 1]


@pytest.mark.parametrize("relation", PARTNERS)
def test_pixels_of_one_class_follow_their_partners(relation):
    without, following = classes(relation, 1.0)
    np.testing.assert_array_equal(following, OWN[relation](following))
    agreeing = (without == OWN[relation](without)).mean()
    assert agreeing == pytest.approx(0.5, abs=0.03)


@pytest.mark.parametrize("followed", [0.0, 0.3, 0.7])
def test_as_many_follow_as_asked(followed):
    _, images = classes("half turn", followed, 2000)
    assert (images == OWN["half turn"](images)).mean() == pytest.approx(0.5 + followed / 2, abs=0.02)


@pytest.mark.parametrize("relation", [*PARTNERS, "triples", "none"])
def test_every_pixel_is_a_fair_coin_in_both_classes(relation):
    for images in classes(relation, 0.8, 4000):
        assert np.abs(images.mean(axis=0) - 0.5).max() < 0.06


def test_triples_tell_nothing_by_pairs_and_everything_together():
    without, following = (images.reshape(len(images), -1) for images in classes("triples", 1.0, 6000))
    pairs = np.corrcoef(following.T) - np.eye(SIDE**2)
    assert np.abs(pairs).max() < 0.1
    signs = 1 - 2 * following.astype(float)
    plain = 1 - 2 * without.astype(float)
    third = np.einsum("ni,nj,nk->ijk", signs, signs, signs) / len(signs)
    chance = np.einsum("ni,nj,nk->ijk", plain, plain, plain) / len(plain)
    places = np.indices(third.shape)
    different = (places[0] < places[1]) & (places[1] < places[2])
    assert (third[different] == 1).sum() == SIDE**2 // 3
    assert np.abs(chance[different]).max() < 0.2


def test_noise_has_no_classes():
    without, following = classes("none", 1.0, 6000)
    difference = np.corrcoef(without.reshape(len(without), -1).T) - np.corrcoef(following.reshape(len(following), -1).T)
    assert np.abs(difference).max() < 0.12


def test_parts_and_seeds_differ_and_repeat():
    one, again, other = (generate("halves", seed, train=20, validation=20, test=20) for seed in (3, 3, 4))
    for name in one:
        np.testing.assert_array_equal(one[name], again[name])
    assert (one["train_images"] != other["train_images"]).any()
    assert (one["train_images"] != one["test_images"]).any()
    assert one["train_images"].shape == (20, 16, 16)
    assert one["train_images"].dtype == np.uint8


def test_images_do_not_hang_on_how_many_there_are():
    few, many = (generate("left-right", 0, SIDE, train=count)["train_images"] for count in (5, 50))
    np.testing.assert_array_equal(few, many[:5])


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ({"relation": "diagonal"}, "relation"),
        ({"seed": -1}, "seed"),
        ({"side": 5}, "side"),
        ({"side": 0}, "side"),
        ({"followed": 1.5}, "followed"),
        ({"followed": True}, "followed"),
        ({"train": 0}, "train"),
        ({"test": 2.0}, "test"),
    ],
)
def test_mistakes_are_told(arguments, word):
    with pytest.raises(ArgumentError, match=f"^{word}: .*accepted: ") as told:
        generate(**{"relation": "halves", "seed": 0, **arguments})
    assert len(str(told.value)) <= 200
