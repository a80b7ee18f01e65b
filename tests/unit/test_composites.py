"""Dependence on data by composites of held-out images: known answers, conditions, limits, refusals."""

import logging
import math

import numpy as np
import pytest
import torch

import convac.entanglement.composites as engine
from convac import HeldOut, data_dependence, measure
from convac.errors import ArgumentError, MemoryLimitError, TimeLimitError
from convac.geometry.partitions import Partition
from convac.geometry.trees import PoolingTree
from convac.networks.arithmetic import ConvAC
from convac.networks.rectifier import ConvRect

IMAGES = np.random.default_rng(0).integers(0, 2, (600, 4, 4))
SQUARE = PoolingTree.named("square", (4, 4))
CHANCE = np.random.default_rng(0)
ROWS = "network: a row's value depends on the batch that it stands in, or on chance; accepted: "


def of_a_module_in_training(module):
    """A function whose rows are those of a module that nobody has put into evaluation mode."""
    return lambda images: module(torch.tensor(images.reshape(len(images), -1)).float()).sum(1).detach().numpy()


class AlwaysDropping(torch.nn.Module):
    """Forgets to say whether it trains, the usual mistake with the functional form."""

    def forward(self, images):
        return torch.nn.functional.dropout(images.flatten(1), 0.5).sum(1)


class ConvNet(torch.nn.Module):
    """Two classes from 28×28 pixels, with what a training mode would change."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        layers = torch.nn.Conv2d(1, 4, 5), torch.nn.BatchNorm2d(4), torch.nn.ReLU(), torch.nn.MaxPool2d(4)
        self.layers = torch.nn.Sequential(*layers, torch.nn.Dropout(), torch.nn.Flatten(), torch.nn.Linear(144, 3))

    def forward(self, images):
        return self.layers(images)


def test_a_convnet_gets_its_number_in_three_lines():
    network, images = ConvNet(), np.random.default_rng(1).random((200, 1, 28, 28), dtype=np.float32)
    found = measure(network, "left-right", data=images, samples=40)
    assert 0 < found.share.value < 1
    assert found.classes == 3
    assert found.share.interval[0] <= found.share.value <= found.share.interval[1]
    assert network.training


def exact_share(odds):
    """Of all composites, each row and column as likely as the next."""
    centred = odds - odds.mean()
    interaction = centred - centred.mean(axis=0) - centred.mean(axis=1, keepdims=True)
    return (interaction**2).mean() / (centred**2).mean()


def test_a_sample_gives_what_all_composites_do():
    few = np.random.default_rng(2).integers(0, 2, (12, 3, 2))  # the data's own marginals: 12 halves a side
    torch.manual_seed(1)
    layers = torch.nn.Flatten(), torch.nn.Linear(6, 8), torch.nn.Tanh(), torch.nn.Linear(8, 1)
    network = torch.nn.Sequential(*layers).double()
    inside = np.array([[True, False]] * 3)
    every = np.where(inside, few[:, None], few).reshape(-1, 3, 2)
    odds = network(torch.tensor(every, dtype=torch.float64)).detach().numpy().reshape(12, 12)
    data = HeldOut(np.tile(few, (200, 1, 1)), draws=12)
    found = measure(network, "left-right", data=data, samples=100)
    assert found.disjoint
    assert abs(found.share.value - exact_share(odds)) < 4 * found.share.error
    assert 4 * found.share.error < 0.5 * exact_share(odds)


def test_evidence_that_multiplies_has_share_zero():
    def product(images):
        left = np.exp(np.sin(images[:, :, :2].sum(axis=(1, 2))))
        right = 1 + images[:, :, 2:].sum(axis=(1, 2)) ** 2
        return np.stack([np.log(left * right), np.log(2 + left * 0)], axis=1)

    assert abs(measure(product, "left-right", data=IMAGES).share.value) < 1e-20


def test_exclusive_or_of_a_site_a_side_has_share_one():
    def odds(images):
        return 1.0 - 2.0 * (images[:, 0, 0] ^ images[:, 0, 3])

    found = measure(odds, "left-right", data=HeldOut(np.tile(IMAGES, (4, 1, 1)), draws=4))
    assert found.share.interval[1] == 1
    assert found.share.value == pytest.approx(1, abs=0.02)
    assert abs(measure(odds, "top-bottom", data=IMAGES).share.value) == 0


def test_average_pooling_over_the_root_has_share_zero():
    network = ConvRect(SQUARE, 2, (12, 12), pooling="average", seed=(0, 1)).double()
    for found in data_dependence(network, "left-right", IMAGES):
        assert abs(found.share.value) < 1e-25
    cut = data_dependence(network, "checkerboard", IMAGES)  # from level 1 on
    assert all(found.share.value > 1e-4 for found in cut)


def test_a_relu_network_and_a_convac_of_equal_function_give_equal_numbers():
    tree = PoolingTree.named("line", (2,))
    circuit = ConvAC(tree, 2, (3,), 2, seed=5).double()
    corners = np.array([[0, 0], [0, 1], [1, 1]])
    with torch.no_grad():
        logits = circuit(corners)[0]
        rectifier = ConvRect(tree, 2, (3,), 2, seed=0).double()
        # the maxima over both sites of 1, x and 1 − x
        rectifier.level_1.copy_(torch.tensor([[[1.0, 1.0], [0.0, 1.0], [1.0, 0.0]]]))
        maxima = torch.tensor([[1.0, 0.0, 1.0], [1.0, 1.0, 1.0], [1.0, 1.0, 0.0]]).double()
        rectifier.output.copy_(torch.linalg.solve(maxima, logits).mT[None])
    images = np.random.default_rng(3).integers(0, 2, (300, 2))
    one, other = (measure(network, [0], data=images) for network in (circuit, rectifier))
    assert one.share.value > 1e-3
    for name, value in one.estimates.items():
        assert getattr(other, name).estimate == pytest.approx(value.estimate, rel=1e-9)
        assert getattr(other, name).error == pytest.approx(value.error, rel=1e-6)


def test_seeds_side_by_side_are_the_networks_one_by_one():
    network = ConvAC(SQUARE, 2, (3, 3), seed=(4, 5))
    together = data_dependence(network, "left-right", IMAGES, samples=64)
    for seed, found in zip((4, 5), together, strict=True):
        alone = measure(ConvAC(SQUARE, 2, (3, 3), seed=seed), "left-right", data=IMAGES, samples=64)
        assert found.share.estimate == pytest.approx(alone.share.estimate, rel=1e-4)
    circuit = measure(network.circuit(1), "left-right", data=IMAGES, samples=64)  # Born: twice the log-odds
    assert circuit.share.estimate == pytest.approx(together[1].share.estimate, rel=1e-3)
    assert circuit.matched_entropy.estimate == pytest.approx(together[1].matched_entropy.estimate, rel=1e-3)


def test_by_parts_and_composite_by_composite_agree(monkeypatch):
    network = ConvRect(PoolingTree.named("mirror", (4, 4)), 2, (12, 12), seed=(0, 1)).double()
    parts = data_dependence(network, "left-right", IMAGES, samples=32)
    monkeypatch.setattr(ConvRect, "composite_logits", lambda *_: None)
    monkeypatch.setattr(ConvRect, "composite_bytes", lambda *_: None)
    for one, other in zip(parts, data_dependence(network, "left-right", IMAGES, samples=32), strict=True):
        assert one.share.estimate == pytest.approx(other.share.estimate, rel=1e-9)
        assert one.outside == other.outside


def test_rows_and_columns_are_of_different_images():
    groups = [np.arange(100), np.arange(100, 180)]
    halves = list(engine.drawn(groups, 20, 2, 0))
    assert engine.apart(groups, 20, 2)
    assert len(halves) == 4
    used = np.concatenate([np.concatenate(pair) for pair in halves])
    assert len(np.unique(used)) == len(used) == 160
    assert set(np.concatenate(halves[0] + halves[1])) <= set(groups[0])
    assert not engine.apart(groups, 30, 3)
    again = list(engine.drawn(groups, 30, 3, 0))
    assert len(again) == 6
    for rows, columns in again:
        assert not set(rows) & set(columns)
    other = next(engine.drawn(groups, 20, 2, 1))
    assert not np.array_equal(other[0], halves[0][0])


def test_conditions_choose_images():
    inside = Partition.of((4, 4), "left-right").mask.reshape(4, 4)
    data = HeldOut(IMAGES, least_pixels=4)
    (taken,) = data.groups(inside)
    assert len(taken) == sum(min(image[:, :2].sum(), image[:, 2:].sum()) >= 4 for image in IMAGES)
    labels = IMAGES[:, 0, 0]
    zero, one = HeldOut(IMAGES, labels, within_class=True).groups(inside)
    assert not labels[zero].any()
    assert labels[one].all()


def test_within_a_class_what_the_class_tells_is_no_dependence():
    # evidence that adds, but for what the class itself adds to both halves: a term of the class alone
    labels = np.random.default_rng(4).integers(0, 2, 2000)
    images = np.zeros((2000, 2, 2), dtype=np.int64)
    images[:, :, 0] = labels[:, None]
    images[:, 0, 1] = labels
    images[:, 1] = np.random.default_rng(5).integers(0, 2, (2000, 2))

    def odds(batch):
        return 3.0 * (batch[:, 0, 0] == batch[:, 0, 1]) + batch[:, 1].sum(axis=1)

    plain = measure(odds, "left-right", data=HeldOut(images, labels))
    within = measure(odds, "left-right", data=HeldOut(images, labels, within_class=True))
    assert plain.share.value > 0.5
    assert abs(within.share.value) < 1e-20


def test_several_draws_are_averaged_with_their_spread():
    network = ConvRect(SQUARE, 2, (3, 3), seed=1)
    one = measure(network, "left-right", data=IMAGES, samples=40)
    several = measure(network, "left-right", data=HeldOut(IMAGES, draws=6), samples=40)
    assert math.isnan(one.spread)
    assert 0 < several.spread < 1
    assert several.disjoint
    assert several.share.error < one.share.error
    assert several.draws == 6
    assert several.images == 600


def test_composites_of_independent_halves_are_no_strangers_and_others_are():
    def odds(images):
        return images.sum(axis=(1, 2)) + 0.1 * images[:, 0, 0]

    assert measure(odds, "left-right", data=IMAGES).outside < 0.05
    halves = np.repeat(np.arange(600) % 2, 16).reshape(600, 4, 4)
    halves[:, :, 2:] = 1 - halves[:, :, 2:]  # one half is lit, never none or both
    assert measure(odds, "left-right", data=halves).outside == pytest.approx(0.5, abs=0.1)


@pytest.mark.parametrize(
    ("shape", "sites", "wanted"),
    [
        ((4, 4), None, (4, 4)),
        ((3, 4, 4), None, (1, 4, 4)),
        ((16,), (4, 4), (16,)),
        ((16, 5), (4, 4), (16, 1)),
        ((4, 4, 3), (4, 4), (4, 4, 1)),
    ],
)
def test_sites_are_found_in_images(shape, sites, wanted):
    mask = engine.pixel_mask(None, np.zeros((2, *shape)), "left-right", sites)
    inside = Partition.of((4, 4), "left-right").mask.reshape(wanted)
    assert np.array_equal(mask, np.broadcast_to(inside, shape))


def test_representation_vectors_have_the_sites_of_their_tree():
    network = ConvAC(SQUARE, 3, (3, 3), seed=2)
    vectors = np.random.default_rng(6).random((100, 16, 3))
    mask = engine.pixel_mask(network, vectors, "left-right", None)
    assert np.array_equal(mask[:, 0].reshape(4, 4), Partition.of((4, 4), "left-right").mask.reshape(4, 4))
    assert measure(network, "left-right", data=vectors).samples == 50


def test_limits_are_held_before_the_composites():
    network = ConvRect(SQUARE, 2, (3, 3))
    with pytest.raises(MemoryLimitError, match=r"engine composites: needs .* bytes for 256 × 256 composites"):
        measure(network, "left-right", data=IMAGES, memory_limit=2**20)
    with pytest.raises(TimeLimitError, match=r"engine composites: takes about .* s for .* accepted: up to time_limit"):
        measure(ConvNet(), "left-right", data=np.zeros((200, 1, 28, 28)), time_limit=1e-3)
    with pytest.raises(TimeLimitError, match="fewer samples or draws"):
        measure(network, "left-right", data=HeldOut(IMAGES, draws=10**12))


def test_a_long_evaluation_is_told(monkeypatch, caplog):
    monkeypatch.setattr("convac.progress.EVERY", 0.0)
    with caplog.at_level(logging.INFO, logger="convac"):
        measure(lambda images: images.sum(axis=(1, 2)), "left-right", data=IMAGES)
    assert "draws of 256 × 256 composites" in caplog.text
    assert "s left" in caplog.text


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"data": [["a"] * 4] * 100}, "data: holds text"),
        ({"data": np.ones((100, 4, 4), dtype=complex)}, "data: holds complex"),
        ({"data": np.ones(100)}, "data: has shape [100]"),
        ({"data": np.full((100, 4, 4), np.nan)}, "data: has a value that isn't finite"),
        ({"data": IMAGES[:63]}, "data: 63 images are too few; accepted: at least 64"),
        ({"data": IMAGES, "samples": 400}, "data: 600 images are too few; accepted: at least 800"),
        ({"data": IMAGES, "samples": 31}, "samples: got 31"),
        ({"data": IMAGES, "engine": "spectrum"}, "engine: spectrum doesn't measure a network on data"),
        ({"data": IMAGES, "gram": np.eye(2)}, "gram: given with data"),
        ({"data": IMAGES, "output": 1}, "output: given with data"),
        ({"data": IMAGES, "tolerance": 1e-3}, "tolerance: given with data"),
        ({"data": IMAGES, "sites": (3, 4)}, "sites: [3, 4] aren't those of images [4, 4]"),
        ({"data": IMAGES, "seed": 1.5}, "seed: got 1.5"),
    ],
)
def test_mistakes_are_refused_in_a_line(arguments, named):
    with pytest.raises(ArgumentError) as caught:
        measure(lambda images: images.sum(axis=(1, 2)), "left-right", **arguments)
    assert str(caught.value).startswith(named)
    assert "accepted" in str(caught.value)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"labels": [0] * 599}, "labels: 599 given"),
        ({"labels": [0.5] * 600}, "labels: got 0.5"),
        ({"labels": [True] * 600}, "labels: got True"),
        ({"least_pixels": -1}, "least_pixels: got -1"),
        ({"least_pixels": 9}, "data: 0 images with 9 pixels in each half are too few"),
        ({"draws": 0}, "draws: got 0"),
        ({"within_class": True}, "within_class: needs labels"),
        ({"within_class": 1}, "within_class: got 1"),
        ({"labels": [0] * 590 + [1] * 10, "within_class": True}, "data: 10 images of a class are too few"),
    ],
)
def test_mistaken_conditions_are_refused_in_a_line(arguments, named):
    with pytest.raises(ArgumentError) as caught:
        measure(lambda images: images.sum(axis=(1, 2)), "left-right", data=HeldOut(IMAGES, **arguments))
    assert str(caught.value).startswith(named)


@pytest.mark.parametrize(
    ("network", "named"),
    [
        (3, "network: got 3"),
        (lambda images: np.zeros((len(images), 1, 1, 1)), "network: returns shape"),
        (lambda images: np.zeros(3), "network: returns shape [3]"),
        (lambda images: images.sum(axis=(1, 2)) * 1j, "network: what it returns: holds complex"),
        (lambda images: images.sum(axis=(1, 2)) + np.inf, "network: what it returns: has a value"),
        (lambda images: 1 / 0, "network: ZeroDivisionError: "),
        (torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3)), "network: RuntimeError: Given groups=1"),
        (lambda images: np.eye(len(images)), ROWS),
        (lambda images: images[:, 0, 0] + images[:, 1, 1] - images.mean(), ROWS),
        (lambda images: np.linalg.qr(images.reshape(len(images), -1) - 0.5)[0][:, :2], ROWS),
        (lambda images: CHANCE.normal(size=len(images)), ROWS),
        (lambda images: images.sum(axis=(1, 2)) + 1e-3 * CHANCE.normal(), ROWS),
        (of_a_module_in_training(torch.nn.BatchNorm1d(16, affine=False)), ROWS),
        (of_a_module_in_training(torch.nn.Dropout(0.1)), ROWS),
        (AlwaysDropping(), ROWS),
    ],
)
def test_networks_that_give_no_scores_are_refused_in_a_line(network, named):
    with pytest.raises(ArgumentError) as caught:
        measure(network, "left-right", data=IMAGES)
    assert str(caught.value).startswith(named)


class InPlace(torch.nn.Module):
    """Writes into its inputs, as `ReLU(inplace=True)` does."""

    def forward(self, images):
        return images.sub_(0.5).mul_(2).flatten(1)[:, ::5].prod(1)


def test_networks_that_write_into_their_inputs_change_nothing():
    images, before = IMAGES.astype(float), IMAGES.astype(float)
    found = [measure(network, "left-right", data=images, samples=40) for network in (InPlace(), written)]
    assert np.array_equal(images, before)
    plain = measure(lambda inputs: (2 * inputs - 1).reshape(len(inputs), -1)[:, ::5].prod(1), "left-right",
                    data=images, samples=40)  # fmt: skip
    assert found == [plain, plain]


def written(images):
    """The same function, in place."""
    images *= 2
    images -= 1
    return images.reshape(len(images), -1)[:, ::5].prod(1)


def test_composites_are_no_engine_without_data():
    with pytest.raises(ArgumentError, match="composites doesn't measure a circuit"):
        measure(ConvAC(SQUARE, 2, (3, 3)), "left-right", engine="composites")
