"""Small networks fitted on all inputs: against their formulas, other code, and what a rank allows."""

from itertools import product

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from convac.circuits.fields import REALS
from convac.circuits.overlapping import OverlappingShape, OverlappingWeights, coefficient_tensor
from convac.errors import ArgumentError
from convac.experiments.depth_channels.compute import target_function
from convac.training.full_batch import Fit, RingNetwork, embedded, features, fitted, residuals, starts

SHAPES = st.sampled_from(
    [(4, 2, 3), (5, 2, 2), (5, 3, 2), (6, 2, 1), (6, 2, 3), (6, 3, 2), (7, 4, 1), (8, 2, 4), (8, 1, 2)]
)


def random_maps(network, width, generator, replicas=1):
    into = [2] + [width + (network.kind == "rectifier")] * (network.layers - 1)
    size = (replicas, network.sites, network.kernel, width)
    return [torch.tensor(generator.normal(size=(*size, channels)), dtype=torch.float32) for channels in into]


@settings(max_examples=25, deadline=None)
@given(SHAPES, st.integers(1, 3), st.integers(0, 2**32 - 1))
def test_product_networks_are_overlapping_circuits(shape, width, seed):
    sites, kernel, layers = shape
    generator = np.random.default_rng(seed)
    network = RingNetwork("product", sites, kernel, layers)
    maps = random_maps(network, width, generator)
    output = generator.normal(size=width)
    family = OverlappingShape((sites,), kernel, (width,) * layers, shared=False)
    weights = OverlappingWeights(tuple(each[0].double().numpy() for each in maps), output[None])
    wanted = coefficient_tensor(family, weights, REALS).ravel()
    found = features(network, maps)[0].double().numpy() @ output
    cosine = (found @ wanted) / (np.linalg.norm(found) * np.linalg.norm(wanted))
    assert cosine == pytest.approx(1, abs=1e-5)


def rectified(network, maps, configuration):
    """The network's formula on one input, with the constant channel last."""
    channels = np.eye(2)[list(configuration)]
    for layer in maps:
        weight = layer[0].double().numpy()
        positions = [
            sum(weight[p, k] @ channels[(p + k) % network.sites] for k in range(network.kernel))
            for p in range(network.sites)
        ]
        channels = np.concatenate([np.maximum(positions, 0), np.ones((network.sites, 1))], axis=1)
    return channels.max(axis=0)


@settings(max_examples=15, deadline=None)
@given(SHAPES.filter(lambda shape: shape[0] < 8), st.integers(1, 3), st.integers(0, 2**32 - 1))
def test_rectifier_networks_have_the_values_of_their_formula(shape, width, seed):
    network = RingNetwork("rectifier", *shape)
    maps = random_maps(network, width, np.random.default_rng(seed))
    found = features(network, maps)[0].numpy()
    wanted = np.array([rectified(network, maps, each) for each in product(range(2), repeat=network.sites)])
    assert found == pytest.approx(wanted, rel=1e-4, abs=1e-4)


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 5), st.integers(0, 2**32 - 1), st.booleans())
def test_residuals_are_those_of_least_squares(width, seed, empty):
    generator = np.random.default_rng(seed)
    columns, target = generator.normal(size=(16, width)), generator.normal(size=16)
    if empty:
        columns[:, -1] = 0
    left = target - columns @ np.linalg.lstsq(columns, target, rcond=None)[0]
    found = residuals(torch.tensor(columns)[None], torch.tensor(target)[None])
    assert found.item() == pytest.approx(left @ left / (target @ target), abs=1e-3)


def tails(target, widths):
    """Least error of any function of rank D across the middle, for every width D: what is left of the spectrum."""
    squares = np.linalg.svd(target.reshape(2 ** (len(target).bit_length() // 2), -1), compute_uv=False) ** 2
    return [squares[width:].sum() / squares.sum() for width in widths]


def fitted_errors(network, targets, widths, rates, steps, seed=0):
    """Errors of every width, shape (targets, widths)."""
    seeds = [seed] * len(targets)
    return np.stack([fitted(network, targets, seeds, width, rates, steps).errors for width in widths], axis=1)


def test_one_layer_does_no_better_than_its_rank_and_comes_near():
    widths = (1, 2, 4, 8)
    targets = np.random.default_rng(0).normal(size=(2, 64))
    found = fitted_errors(RingNetwork("product", 6, 2, 1), targets, widths, (0.1,), 80)
    for target, errors in zip(targets, found, strict=True):
        assert (errors >= np.array(tails(target, widths)) - 1e-6).all()
        assert (np.diff(errors) < 0).all()
        assert errors[-1] < 0.2


@pytest.mark.parametrize("kind", ["product", "rectifier"])
def test_a_network_is_fitted_to_another_of_its_kind(kind):
    network = RingNetwork(kind, 6, 2, 2)
    teacher = features(network, random_maps(network, 2, np.random.default_rng(1)))[0].double().numpy()[:, :2]
    target = teacher @ [1.0, -1.0]
    found = fitted_errors(network, (target - target.mean())[None], (4,), (0.04, 0.08), 150)
    assert found.item() < 0.05


def test_seeds_decide():
    network = RingNetwork("product", 4, 2, 2)
    targets = np.random.default_rng(2).normal(size=(3, 16))
    first = fitted_errors(network, targets, (2, 3), (0.05,), 20, seed=1)
    assert first.shape == (3, 2)
    assert (first == fitted_errors(network, targets, (2, 3), (0.05,), 20, seed=1)).all()
    assert (first != fitted_errors(network, targets, (2, 3), (0.05,), 20, seed=2)).all()


@pytest.mark.parametrize("kind", ["product", "rectifier"])
@pytest.mark.parametrize("layers", [1, 2])
def test_a_layer_more_can_begin_with_the_function_of_a_layer_less(kind, layers):
    targets = np.random.default_rng(4).normal(size=(2, 64))
    shallower = fitted(RingNetwork(kind, 6, 2, layers), targets, (0, 1), 3, (0.05,), 10)
    deeper = RingNetwork(kind, 6, 2, layers + 1)
    for width in (3, 4):
        begun = embedded(deeper, shallower.maps, starts(deeper, width, (0, 1), 0))
        found = residuals(features(deeper, begun).double(), torch.from_numpy(targets)).numpy()
        assert (found <= shallower.errors + 1e-5).all()
        assert width > 3 or found == pytest.approx(shallower.errors, abs=0.03)
    better = fitted(deeper, targets, (0, 1), 4, (0.05, 0.1), 10, shallower)
    assert isinstance(better, Fit)
    assert (better.errors <= shallower.errors + 1e-5).all()


def test_maps_have_the_errors_that_they_come_with():
    targets = np.random.default_rng(5).normal(size=(2, 64))
    network = RingNetwork("product", 6, 2, 2)
    found = fitted(network, targets, (3, 4), 3, (0.05, 0.1), 15)
    again = residuals(features(network, found.maps).double(), torch.from_numpy(targets)).numpy()
    assert again == pytest.approx(found.errors, abs=1e-6)


def test_one_layer_leaves_of_the_mirror_what_its_spectrum_leaves():
    """The two halves agree or not: 2^(N/2) − 1 equal singular values of the function less its mean."""
    mirror = target_function("mirror", 6, 0)[None]
    found = fitted_errors(RingNetwork("product", 6, 2, 1), mirror, (2, 5), (0.04, 0.08, 0.2), 300)
    assert found[0] == pytest.approx([5 / 7, 2 / 7], abs=0.002)


def test_mistakes_are_named():
    for arguments, says in [
        (("sum", 6, 2, 1), "kind: got 'sum'"),
        (("product", 6, 0, 1), "positive"),
        (("product", 4, 2, 4), "layers: 4 of kernel 2"),
    ]:
        with pytest.raises(ArgumentError, match=says):
            RingNetwork(*arguments)
    with pytest.raises(ArgumentError, match="targets: shape"):
        fitted(RingNetwork("product", 4, 2, 1), np.ones((1, 8)), (0,), 2, (0.1,), 1)
    with pytest.raises(ArgumentError, match="seeds: got 2"):
        fitted(RingNetwork("product", 4, 2, 1), np.ones((1, 16)), (0, 1), 2, (0.1,), 1)
