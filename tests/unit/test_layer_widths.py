"""What layer_widths trains: widths as published, the same images for all, and sites that show x and 1 − x."""

from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from torch.nn import functional

from convac.errors import ArgumentError, ConfigError
from convac.experiments.layer_widths.block import CONVAC, CONVNET, KINDS, PUBLISHED, Block, cells
from convac.measurement.least_squares import accuracies
from convac.networks.calibration import grey_images
from convac.networks.convolutional import CHANNELS, ConvNet, build
from convac.networks.representations import Representation
from convac.planning.config import scaled
from convac.specs.parsing import parse

CONFIG = yaml.safe_load((Path(__file__).parents[2] / "config.yaml").read_text())["experiments"]["layer_widths"]


@cache
def planned(scale="laptop"):
    return cells(block(scale))


def block(scale="laptop", **changes):
    return parse(Block, {**scaled(CONFIG, scale), **changes}, "layer_widths")


@pytest.mark.parametrize(("scale", "levels"), [("laptop", 5), ("paper", 6)])
def test_published_networks_have_the_published_widths(scale, levels):
    base = {5: (4, 4, 2, 1, 1), 6: (4, 4, 2, 2, 1, 1)}[levels]
    shapes = {"wide-base": base, "wide-tip": base[::-1]}
    found = [cell for cell in planned(scale) if cell.labels["network"] == PUBLISHED]
    assert {cell.labels["narrowest"] for cell in found} == set(block(scale).published.narrowest)
    for cell in found:
        r, network = cell.labels["narrowest"], cell.spec.network
        assert network.widths == tuple(r * part for part in shapes[cell.labels["profile"]])
        assert (network.kernel, network.patch, network.pooling, network.tree.positions[-1]) == (1, 1, "max", 1)


def test_all_networks_of_a_task_and_seed_see_the_same_images():
    for task in ("local", "global"):
        specs = [cell.spec for cell in planned() if cell.labels["task"] == task]
        without = {spec.dataset.model_copy(update={"seeds": ()}) for spec in specs}
        assert len(without) == 1
        assert next(iter(without)).grid == 1
        assert all(spec.dataset.resplit and spec.dataset.seeds == spec.training.seeds for spec in specs)
        assert min(min(spec.training.seeds) for spec in specs) >= 10


def test_profiles_of_a_kind_are_trained_alike_and_matched():
    for kind in KINDS:
        for task in ("local", "global"):
            own = [cell for cell in planned() if (cell.labels["network"], cell.labels["task"]) == (kind, task)]
            assert len({cell.spec.training for cell in own}) == 1
            if kind in {CONVNET, CONVAC}:
                assert all(abs(cell.labels["weights"] / cell.labels["parameters"] - 1) <= 0.02 for cell in own)


def test_every_task_has_one_baseline():
    measured = [cell for cell in planned() if cell.measure]
    assert [cell.labels["task"] for cell in measured] == ["local", "global"]


def test_mistakes_are_told():
    trials = {**CONFIG["convnet"], "schedule": {**CONFIG["convnet"]["schedule"], "trials": [0.1]}}
    for changes, told in (
        ({"convnet": trials}, "schedule.trials: every seed has its own images"),
        ({"images": {**CONFIG["images"], "sizes": [8, 16]}}, "images.sizes: ends in 16"),
        ({"images": {**CONFIG["images"], "sizes": [4, 32]}}, "images.sizes: 4; accepted: divisors of the canvas"),
    ):
        with pytest.raises((ArgumentError, ConfigError), match=told):
            block(**changes)


def test_an_affine_network_sees_every_pixel_and_its_complement():
    representation = Representation("affine", 1, 255)
    network = ConvNet((4, 4), (3, 5), 3, kernel=1, representation=representation, affine=True, seed=(0, 7)).double()
    images = np.random.default_rng(0).integers(0, 256, (6, 4, 4))
    parameters = dict(network.named_parameters())
    shares = torch.from_numpy(images / 255)[:, None]
    for replica in range(2):
        state = torch.cat([shares, 1 - shares], dim=1)
        for layer in network.names[:-1]:
            weight, bias = parameters[layer][replica], parameters[f"{layer}_bias"][replica]
            state = functional.max_pool2d(functional.conv2d(state, weight, bias).relu(), 2)
        expected = functional.linear(state.flatten(1), parameters["output"][replica])
        torch.testing.assert_close(network(network.encode(images))[replica], expected)


def test_published_networks_are_built_as_their_specs_count():
    spec = next(cell.spec for cell in planned("smoke") if cell.labels["network"] == PUBLISHED)
    network = build(spec.network, (3,))
    assert sum(parameter[0].numel() for parameter in network.parameters()) == spec.network.parameters()


@pytest.mark.parametrize("widths", [(8, 8, 4, 2, 2), (2, 2, 4, 8, 8)])
def test_a_calibrated_network_has_no_dead_channel_and_a_normal_one_has(widths):
    images = grey_images((32, 32), 255)
    representation = Representation("affine", 1, 255)
    dead = {}
    for initialisation in ("normal", "calibrated"):
        given = {"kernel": 1, "affine": True, "initialisation": initialisation, "seed": range(5)}
        network = ConvNet((32, 32), widths, 10, representation=representation, **given)
        with torch.no_grad():
            levels = list(network.propagate(network.prepare(network.encode(images))))
        largest = [values.movedim(CHANNELS, 1).flatten(2).amax(dim=2) for values in levels]
        dead[initialisation] = sum(int((values <= 0).sum()) for values in largest)
    assert dead["calibrated"] == 0 < dead["normal"]


def test_calibration_sets_mean_and_variance_of_what_the_relu_gets():
    representation = Representation("affine", 1, 255)
    network = ConvNet((8, 8), (5, 3), 2, representation=representation, initialisation="calibrated", seed=(1, 2))
    images = grey_images((8, 8), 255)
    parameters = dict(network.named_parameters())
    for replica in range(2):
        state = torch.from_numpy(images / 255)[:, None].float()
        for layer in network.names[:-1]:
            weight, bias = parameters[layer][replica].detach(), parameters[f"{layer}_bias"][replica].detach()
            before = functional.max_pool2d(functional.conv2d(state, weight, bias, padding="same"), 2)
            deviation, mean = torch.std_mean(before.movedim(1, 0).flatten(1), dim=1)
            torch.testing.assert_close(mean, torch.zeros_like(mean), atol=1e-3, rtol=0)
            torch.testing.assert_close(deviation, torch.ones_like(mean), atol=1e-3, rtol=0)
            state = before.relu()


def test_least_squares_answers_what_is_linear():
    images = np.random.default_rng(2).integers(0, 256, (300, 2, 2))
    labels = (images[:, 0, 0] > images[:, 1, 1]).astype(int)
    data = {f"{part}_images": images for part in ("train", "test")} | {
        f"{part}_labels": labels for part in ("train", "test")
    }
    assert accuracies(data)["least_squares_accuracy"] > 0.95
