"""Missing pixels: where they are, what is put in their place, and what a network answers then."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from network_specs import network_spec

from convac.commands.entanglement import measured
from convac.datasets.missing import IMPUTATIONS, KINDS, Imputer, missing_at, missing_pixels
from convac.errors import ArgumentError
from convac.measurement.missing import missing_rows, without
from convac.measurement.trained import Trained
from convac.networks.inputs import MISSING
from convac.seeds import stream
from convac.specs.datasets.digits import DigitsSpec
from convac.specs.measurement import MeasureSpec
from convac.specs.measurements.missing import MissingSpec
from convac.specs.run import RunSpec
from convac.specs.tables import COLUMNS, QUANTITIES
from convac.specs.training import TrainingSpec
from convac.training.loop import load, train

SHAPE = (500, 8, 8)


@given(rate=st.floats(0, 0.95), number=st.integers(0, 2**20), columns=st.integers(1, 12), rows=st.integers(1, 12))
@settings(max_examples=60, deadline=None)
def test_rectangles_are_rectangles_of_about_that_share(rate, number, columns, rows):
    masks = missing_pixels("rectangles", rate, (20, rows, columns), np.random.default_rng(number))
    for mask in masks:
        down, across = mask.any(axis=1), mask.any(axis=0)
        np.testing.assert_array_equal(mask, down[:, None] & across)
        for line in (down, across):
            inside = np.flatnonzero(line)
            assert not len(inside) or inside[-1] - inside[0] + 1 == len(inside)
        # widths are rounded: half a pixel of every row of the rectangle
        assert abs(mask.sum() - rate * rows * columns) <= 0.5 * rows + 1e-9


@pytest.mark.parametrize("kind", KINDS)
def test_masks_have_their_share_and_reach_every_pixel(kind):
    masks = missing_pixels(kind, 0.4, SHAPE, stream("masks test"))
    assert masks.mean() == pytest.approx(0.4, abs=0.02)
    assert 0.03 < masks.mean(axis=0).min() <= masks.mean(axis=0).max() < 0.9
    rates = np.repeat([0.1, 0.8], 250)
    shares = missing_pixels(kind, rates, SHAPE, stream("masks test")).mean(axis=(1, 2))
    assert shares[:250].mean() == pytest.approx(0.1, abs=0.02)
    assert shares[250:].mean() == pytest.approx(0.8, abs=0.05)  # widths of 6.4 pixels are rounded to 6
    assert not missing_pixels(kind, 0.0, SHAPE, stream("masks test")).any()


@pytest.mark.parametrize(("kind", "rate"), [("circles", 0.5), ("points", 1.0), ("points", -0.1)])
def test_masks_that_cannot_be_are_refused_in_one_line(kind, rate):
    with pytest.raises(ArgumentError, match=r"^(missing|rates): .*accepted: "):
        missing_pixels(kind, rate, SHAPE, stream("masks test"))


def test_imputations_are_those_of_a_loop_over_training_images():
    generator = stream("imputation test")
    train_images = generator.integers(0, 256, (40, 5, 6)).astype(np.uint8)
    images = generator.integers(0, 256, (30, 5, 6)).astype(np.uint8)
    missing = missing_pixels("points", 0.5, images.shape, generator)
    imputer = Imputer(train_images)
    found = {method: imputer(images, missing, method) for method in IMPUTATIONS}
    mean = np.rint(train_images.mean(axis=0))
    for number, (image, mask) in enumerate(zip(images, missing, strict=True)):
        distances = [((image[~mask] - other[~mask].astype(float)) ** 2).sum() for other in train_images]
        nearest = train_images[int(np.argmin(distances))]
        for method, filling in (("zero", np.zeros_like(image)), ("mean", mean), ("neighbour", nearest)):
            np.testing.assert_array_equal(found[method][number], np.where(mask, filling, image))
            assert found[method].dtype == np.uint8


@pytest.mark.parametrize("method", IMPUTATIONS)
def test_what_stands_at_a_missing_pixel_is_not_looked_at(method):
    generator = stream("hidden test")
    imputer = Imputer(generator.integers(0, 256, (40, 4, 4)).astype(np.uint8))
    images = generator.integers(0, 256, (9, 4, 4)).astype(np.uint8)
    missing = missing_pixels("rectangles", 0.5, images.shape, generator)
    other = np.where(missing, generator.integers(0, 256, images.shape), images).astype(np.uint8)
    np.testing.assert_array_equal(imputer(images, missing, method), imputer(other, missing, method))


def test_imputations_that_cannot_be_are_refused_in_one_line():
    with pytest.raises(ArgumentError, match=r"^train: no image; accepted: "):
        Imputer(np.zeros((0, 4, 4), dtype=np.uint8))
    image = np.zeros((1, 4, 4), dtype=np.uint8)
    with pytest.raises(ArgumentError, match=r"^imputation: 'median' is unknown; accepted: zero, mean, neighbour"):
        Imputer(image)(image, image > 0, "median")


def spec(architecture, seeds=(0, 1)):
    options = {"patch": 2, "brightest": 16}
    mixture = {**options, "sharing": "located"}
    return RunSpec(
        dataset=DigitsSpec(source="digits", seed=0, size=8),
        network=network_spec(
            architecture,
            geometry="square",
            sites=(4, 4),
            widths=(6, 6),
            local_dimension=6 if architecture == "mixture" else 4,
            classes=2,
            **(mixture if architecture == "mixture" else options),
        ),
        training=TrainingSpec(steps=60, batch=32, lr=0.03, log_every=60, seeds=seeds),
    )


@pytest.fixture(scope="module")
def arrays():
    """Images of two classes: the left half is bright, or the right half; noise on both."""
    generator = stream("missing data test")

    def part(count):
        labels = generator.integers(0, 2, count)
        left = np.arange(8) < 4
        bright = np.where((labels == 0)[:, None], left, ~left)[:, None, :]
        noise = generator.normal(0, 2, (count, 8, 8))
        return np.clip(np.rint(np.where(bright, 11, 5) + noise), 0, 16).astype(np.uint8), labels

    return {
        f"{name}_{what}": array
        for name, count in (("train", 300), ("test", 90))
        for what, array in zip(("images", "labels"), part(count), strict=True)
    }


def table(architecture, arrays, wanted, seeds=(0, 1)):
    run = spec(architecture, seeds)
    result = train(run, arrays)
    measure = MeasureSpec(measurements=(wanted,))
    return list(measured(Trained(run, result.tensors, result.history, arrays), measure)), load(run, result.tensors)


WANTED = MissingSpec(
    kinds=("points", "rectangles"), rates=(0.3, 0.8), imputations=("marginalised", "zero", "neighbour"), examples=0.5
)


def test_a_mixture_is_measured_at_every_rate_and_shows_examples(arrays):
    rows, network = table("mixture", arrays, WANTED)
    assert {name for row in rows for name in row} <= set(COLUMNS)
    assert {row["quantity"] for row in rows} <= set(QUANTITIES)
    assert {row["phase"] for row in rows} == {"trained"}
    accuracy = {
        (row["seed"], row["missing"], row["rate"], row["imputation"]): row["value"]
        for row in rows
        if row["quantity"] == "missing_accuracy"
    }
    assert len(accuracy) == 2 * (1 + 2 * 2 * 3)
    assert accuracy[0, "none", 0.0, "none"] == 1
    # a single known pixel nearly decides: both halves tell the class
    assert accuracy[1, "points", 0.8, "marginalised"] > 0.9
    assert accuracy[1, "points", 0.8, "marginalised"] > accuracy[1, "points", 0.8, "zero"]
    labels = arrays["test_labels"]
    for replica, seed in enumerate(network.seeds):
        mask = missing_at("rectangles", 0.8, seed, arrays["test_images"].shape)
        logits = network(network.encode(without(arrays["test_images"], mask)))[replica]
        right = float((logits.argmax(1).numpy() == labels).mean())
        assert accuracy[seed, "rectangles", 0.8, "marginalised"] == pytest.approx(right)


def test_examples_are_the_first_test_images(arrays):
    rows, network = table("mixture", arrays, WANTED, seeds=(3,))
    images, labels = arrays["test_images"], arrays["test_labels"]
    for label in range(2):
        first = int(np.flatnonzero(labels == label)[0])
        mask = missing_at("points", 0.5, 3, images.shape)[first].ravel()
        seen = {
            quantity: {
                row["site"]: row["value"]
                for row in rows
                if row["quantity"] == quantity and row["label"] == label and row.get("missing") in {"points", None}
            }
            for quantity in ("known_pixel", "expected_pixel", "sampled_pixel")
        }
        assert sorted(seen["known_pixel"]) == np.flatnonzero(~mask).tolist()
        assert sorted(seen["expected_pixel"]) == np.flatnonzero(mask).tolist()
        assert sorted(seen["sampled_pixel"]) == list(range(64))
        for site, value in seen["known_pixel"].items():
            assert value == images[first].ravel()[site] / 16
        expected = network.expected(without(images[[first]], mask.reshape(1, 8, 8)))[0, 0].ravel()
        for site, value in seen["expected_pixel"].items():
            assert value == pytest.approx(expected[site] / 16)


def test_networks_that_cannot_marginalise_say_so_in_one_line(arrays):
    simple = MissingSpec(kinds=("points",), rates=(0.5,), imputations=("zero", "mean"))
    rows, network = table("convolutional", arrays, simple)
    assert len(rows) == 2 * (1 + 2)
    for wanted in (WANTED, simple.model_copy(update={"examples": 0.5})):
        with pytest.raises(ArgumentError, match=r"^measure\.missing: ConvNet can't marginalise; accepted: "):
            list(missing_rows(network, [arrays] * 2, wanted))
    with pytest.raises(ArgumentError, match=r"^measure\.missing: ConvNet has no mask channel; accepted: imputations"):
        list(missing_rows(network, [arrays] * 2, simple.model_copy(update={"imputations": ("mask channel",)})))


def test_missing_pixels_are_marked_and_nothing_else_changes():
    images = np.full((2, 3, 3), 255, dtype=np.uint8)
    mask = missing_pixels("points", 0.5, images.shape, stream("marks test"))
    marked = without(images, mask)
    assert (marked[mask] == MISSING).all()
    assert (marked[~mask] == 255).all()
