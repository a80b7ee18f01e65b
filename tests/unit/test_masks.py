"""Training on missing pixels: fresh ones in every step, a mask channel, and baselines on the known pixels."""

import itertools

import numpy as np
import pytest
import torch
from network_specs import network_spec

from convac.datasets.digits import generate, read_originals
from convac.datasets.missing import KINDS, missing_at
from convac.errors import ArgumentError, ConvacError
from convac.measurement.known_pixels import LEAST_VARIANCE, NaiveBayes, rows
from convac.measurement.missing import without
from convac.measurement.trained import Trained
from convac.networks.convolutional import ConvNet
from convac.networks.inputs import MISSING
from convac.networks.representations import Representation
from convac.seeds import stream
from convac.specs.datasets.digits import DigitsSpec
from convac.specs.measurements.known_pixels import KnownPixelsSpec
from convac.specs.networks.convolutional import ConvolutionalSpec
from convac.specs.networks.mixture import MixtureSpec
from convac.specs.parsing import parse
from convac.specs.run import RunSpec
from convac.specs.tables import QUANTITIES
from convac.specs.training import EVALUATED_MASKS, TrainingSpec
from convac.training.loop import Run, build, train
from convac.training.masks import LARGEST_RATE, Masks, hidden

PATCHES = {"geometry": "square", "sites": (4, 4), "widths": (5, 5), "classes": 10, "patch": 2, "brightest": 255}
MARKED = ConvolutionalSpec(**PATCHES, local_dimension=8, mask_channel=True)
MIXTURE = MixtureSpec(**PATCHES, local_dimension=6, sharing="located")
SIZES = {"train": 200, "validation": 30, "test": 50}


def run(network=MARKED, seeds=(3, 4), steps=6, **training):
    dataset = DigitsSpec(source="digits", seeds=seeds, resplit=True, size=8, canvas=8, **SIZES)
    schedule = TrainingSpec(steps=steps, batch=16, lr=0.01, log_every=3, seeds=seeds, **training)
    return RunSpec(dataset=dataset, network=network, training=schedule)


def images(spec):
    drawn = [generate(**spec.dataset.arguments, seed=seed) for seed in spec.dataset.seeds]
    return {name: np.stack([each[name] for each in drawn]) for name in drawn[0]}


def masks_of(kind, seeds=(3, 4)):
    return Masks(kind, build(run(seeds=seeds)))


@pytest.mark.parametrize("kind", KINDS)
def test_every_step_and_seed_has_masks_of_its_own(kind):
    found = masks_of(kind)
    first = found.of_step(1, 400)
    assert first.shape == (2, 400, 8, 8)
    assert not np.array_equal(first, found.of_step(2, 400))
    assert not np.array_equal(first[0], first[1])
    np.testing.assert_array_equal(first, found.of_step(1, 400))
    np.testing.assert_array_equal(first[1:], masks_of(kind, (4,)).of_step(1, 400))
    shares = first.mean(axis=(2, 3))
    assert shares.mean() == pytest.approx(LARGEST_RATE / 2, abs=0.04)
    assert shares.min() < 0.1
    assert shares.max() > 0.8
    evaluated = found.of_part("test", 400)
    np.testing.assert_array_equal(evaluated, found.of_part("test", 400))
    assert not np.array_equal(evaluated, found.of_part("train", 400))


@pytest.mark.parametrize("network", [MARKED, MIXTURE], ids=["ConvNet", "mixture"])
def test_encoded_images_lack_the_pixels_that_the_masks_say(network):
    spec = run(network)
    made, arrays = build(spec), images(spec)["test_images"]
    missing = Masks("points", made).of_part("test", 50)
    encoded = torch.stack([made.encode(each) for each in arrays])
    expected = torch.stack([made.encode(without(*pair)) for pair in zip(arrays, missing, strict=True)])
    found = hidden(made, encoded, missing)
    assert torch.equal(found, expected)
    assert torch.equal(made(found), made(expected))
    one = hidden(made, encoded[0], missing)
    assert torch.equal(one[0], expected[0])
    assert (one[1].as_subclass(torch.Tensor) == MISSING).sum() == missing[1].sum()


def test_a_run_trains_on_fresh_masks_and_is_evaluated_on_the_same_ones():
    spec = run(missing="rectangles")
    found = Run(spec, images(spec), torch.device("cpu"))
    first, again, second = found.inputs(1), found.inputs(1), found.inputs(2)
    assert torch.equal(first, again)
    known = first[:, :, 4:].mean(dim=(2, 3, 4))  # the mask channels of a patch of four pixels
    assert known.max() > 0.8
    assert known.min() < 0.3
    assert not torch.equal(known, second[:, :, 4:].mean(dim=(2, 3, 4)))
    dark = first[:, :, :4][first[:, :, 4:] == 0]
    assert len(dark)
    assert (dark == 0).all()
    for part in found.parts.values():
        assert 0 < (part.blocks[0][0][:, :, 4:] == 0).double().mean() < 0.9


def test_every_training_image_is_evaluated_with_several_draws_of_missing_pixels():
    spec = run(missing="points")
    found, arrays = Run(spec, images(spec), torch.device("cpu")), images(spec)
    counts = {name: sum(labels.shape[1] for _, labels in part.blocks) for name, part in found.parts.items()}
    assert counts == {"train": EVALUATED_MASKS * 50, "validation": 30, "test": 50}
    shown = torch.cat([inputs for inputs, _ in found.parts["train"].blocks], 1)
    labels = torch.cat([labels for _, labels in found.parts["train"].blocks], 1)
    chosen = np.sort(stream("evaluation").permutation(200)[:50])
    for number in range(2):
        whole = found.network.prepare(found.network.encode(arrays["train_images"][number, chosen]))[0]
        draws = [shown[number, first : first + 50] for first in range(0, shown.shape[1], 50)]
        known = [each[:, 4:] for each in draws]
        for pixels, mask in zip([each[:, :4] for each in draws], known, strict=True):
            assert torch.equal(pixels, whole[:, :4] * mask)
        assert not any(torch.equal(one, other) for one, other in itertools.pairwise(known))
        np.testing.assert_array_equal(labels[number], np.tile(arrays["train_labels"][number, chosen], EVALUATED_MASKS))


def test_seeds_that_share_their_images_have_masks_of_their_own():
    shared = run(missing="points").model_copy(
        update={"dataset": DigitsSpec(source="digits", seed=3, size=8, canvas=8, **SIZES)}
    )
    arrays = generate(**shared.dataset.arguments)
    found = Run(shared, arrays, torch.device("cpu"))
    inputs, labels = found.parts["test"].blocks[0]
    np.testing.assert_array_equal(labels, np.stack([arrays["test_labels"]] * 2))
    assert not torch.equal(inputs[0, :, 4:], inputs[1, :, 4:])
    assert train(shared, arrays, device="cpu").history["value"].notna().all()


def test_seeds_are_trained_on_missing_pixels_as_if_alone():
    both, alone = run(missing="points"), run(seeds=(4,), missing="points")
    found, single = (train(spec, images(spec), device="cpu") for spec in (both, alone))
    for name, tensor in found.tensors.items():
        np.testing.assert_allclose(tensor[1:], single.tensors[name], rtol=1e-4, atol=1e-6)


def test_only_networks_that_tell_missing_pixels_are_trained_on_them():
    plain = run(ConvolutionalSpec(**PATCHES, local_dimension=4), missing="points")
    with pytest.raises(ArgumentError, match=r"^training\.missing: ConvNet doesn't read missing pixels; accepted: "):
        train(plain, images(plain), device="cpu")
    assert len(train(run(MIXTURE, missing="points"), images(run()), device="cpu").history)


def test_masks_are_part_of_a_spec_only_where_there_are_some():
    assert "missing" not in run().training.model_dump()
    assert run(missing="points").training.model_dump()["missing"] == "points"
    assert "mask_channel" not in ConvolutionalSpec(**PATCHES, local_dimension=4).model_dump()
    with pytest.raises(ConvacError, match="missing: "):
        parse(TrainingSpec, {"steps": 1, "lr": 0.1, "seeds": [0], "missing": "circles"})


def convnet(mask_channel):
    return ConvNet((4, 4), (3, 5), 10, representation=Representation("affine", 2, 16), mask_channel=mask_channel)


def test_a_missing_pixel_is_neither_dark_nor_what_stands_there():
    network, generator = convnet(True), stream("mask channel test")
    pictures = generator.integers(0, 17, (7, 8, 8)).astype(np.int16)
    missing = generator.random(pictures.shape) < 0.4
    inputs = network.prepare(network.encode(np.where(missing, MISSING, pictures)))
    assert inputs.shape == (1, 7, 8, 4, 4)
    shares, known = inputs[0, :, :4].numpy(), inputs[0, :, 4:].numpy()
    plain = convnet(False)
    expected = plain.prepare(plain.encode(np.where(missing, 0, pictures)))[0].numpy()
    np.testing.assert_array_equal(shares, expected)
    places = plain.prepare(plain.encode(16 * ~missing))[0].numpy()
    np.testing.assert_array_equal(known, places)
    dark = network(network.encode(np.where(missing, 0, pictures)))
    assert not torch.equal(dark, network(network.encode(np.where(missing, MISSING, pictures))))


def test_mask_channels_are_counted_and_refused_where_there_are_none():
    for spec in (MARKED, ConvolutionalSpec(**PATCHES, local_dimension=4)):
        made = build(run(spec, seeds=(3,)))
        assert sum(parameter[0].numel() for parameter in made.parameters()) == spec.parameters()
        assert made.reads_missing == spec.mask_channel
    missing = np.full((1, 8, 8), MISSING)
    with pytest.raises(ArgumentError, match=r"^images: values -1\.\.-1; accepted: 0\.\.16"):
        convnet(False).encode(missing)
    with pytest.raises(ArgumentError, match=r"^mask_channel: got 'yes'; accepted: True or False"):
        convnet("yes")
    with pytest.raises(ArgumentError, match=r"^local_dimension: 4; accepted: 8"):
        build(run(network_spec("convolutional", **PATCHES, local_dimension=4, mask_channel=True)))


def test_naive_bayes_is_that_of_a_loop_over_classes_and_pixels():
    generator = stream("bayes test")
    labels = np.arange(60) % 3
    train_images = generator.integers(0, 17, (60, 3, 4)) + 4 * labels[:, None, None]
    images, missing = generator.integers(0, 25, (20, 3, 4)), generator.random((20, 3, 4)) < 0.5
    bayes, brightest = NaiveBayes(train_images, labels), train_images.max()
    found = bayes(images, missing)
    for number, (image, mask) in enumerate(zip(images, missing, strict=True)):
        scores = []
        for label in range(3):
            own = train_images[labels == label] / brightest
            mean, variance = own.mean(axis=0)[~mask], np.maximum(own.var(axis=0), LEAST_VARIANCE)[~mask]
            distance = image[~mask] / brightest - mean
            scores.append(float(np.sum(-(distance**2) / (2 * variance) - 0.5 * np.log(2 * np.pi * variance))))
        assert found[number] == int(np.argmax(scores))
    hidden_pixels = np.where(missing, generator.integers(0, 25, images.shape), images)
    np.testing.assert_array_equal(bayes(hidden_pixels, missing), found)


def test_baselines_are_measured_with_the_masks_of_the_networks():
    spec = run(steps=1)
    arrays = images(spec)
    wanted = KnownPixelsSpec(kinds=("points", "rectangles"), rates=(0.5, 0.8))
    history = train(spec, arrays, device="cpu")
    found = list(rows(Trained(spec, history.tensors, history.history, arrays), wanted))
    assert {row["quantity"] for row in found} == {"naive_bayes_accuracy", "neighbour_accuracy"} <= set(QUANTITIES)
    assert len(found) == 2 * 2 * 5
    assert {row["phase"] for row in found} == {"baseline"}
    value = {(row["seed"], row["missing"], row["rate"], row["quantity"]): row["value"] for row in found}
    test, labels = arrays["test_images"][1].astype(float), arrays["test_labels"][1]
    mask = missing_at("rectangles", 0.8, 4, test.shape)
    train_images, first = np.unique(arrays["train_images"][1], axis=0, return_index=True)  # the first of equal ones
    right = 0
    for image, missing, label in zip(test, mask, labels, strict=True):
        distances = (((train_images - image) ** 2) * ~missing).sum(axis=(1, 2))
        right += arrays["train_labels"][1][first[int(np.argmin(distances))]] == label
    assert value[4, "rectangles", 0.8, "neighbour_accuracy"] == pytest.approx(right / 50)
    assert value[3, "none", 0.0, "neighbour_accuracy"] > 0.8


def test_a_seed_of_its_own_splits_the_originals_anew():
    fixed, first, second = (read_originals("digits", seed=seed) for seed in (None, 0, 1))
    for found in (fixed, first, second):
        everything = np.concatenate([found.pools[part] for part in ("train", "validation", "test")])
        assert sorted(everything) == list(range(1797))
    assert len(set(first.pools["test"]) & set(second.pools["test"])) < 100
    drawn = [generate("digits", seed, 8, 8, 20, 5, 300, resplit=True)["test_images"] for seed in (0, 1)]
    alike = {image.tobytes() for image in drawn[0]} & {image.tobytes() for image in drawn[1]}
    assert len(alike) < 100
    with pytest.raises(ConvacError, match="seed: "):
        parse(DigitsSpec, {"source": "digits", "size": 8})
