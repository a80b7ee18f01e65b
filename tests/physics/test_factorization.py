"""Hierarchical factorizations on their way down: against listed tensors, and what a rank-one target leaves to learn."""

import numpy as np
import pytest
import torch

from convac.errors import ArgumentError
from convac.geometry.trees import PoolingTree
from convac.training.factorization import Factorization, descended, mean_square, split, starts

TREE = PoolingTree.named("square", (2, 4), (4, 2))
FAMILY = Factorization(TREE, 2, 3)


def target(seed: int = 0) -> np.ndarray:
    """A random function of all inputs, mean square 1."""
    values = np.random.default_rng(seed).normal(size=2**8)
    return values / np.sqrt(np.mean(values**2))


def test_losses_are_those_of_the_listed_tensor() -> None:
    path = descended(FAMILY, target(), (3, 5), 0.3, rate=0.05, steps=20, moments=(0, 7, 20))
    assert path.moments == (0, 7, 20)
    for at in range(3):
        for seed in range(2):
            tensor = path.circuit(FAMILY, at, seed).coefficient_tensor()[0].transpose(TREE.order).ravel()
            assert path.losses[at, seed] == pytest.approx(np.mean((tensor - target()) ** 2), rel=1e-10)


def test_gradients_by_differences() -> None:
    weights = [each.requires_grad_() for each in starts(FAMILY, (1,), 0.5)]
    parts = split(target().reshape(16, 16))
    (gradient,) = torch.autograd.grad(mean_square(FAMILY, weights, *parts).sum(), weights[0])
    moved = torch.zeros_like(weights[0])
    moved[0, 2, 1, 0] = 1e-6
    with torch.no_grad():
        ends = [mean_square(FAMILY, [weights[0] + sign * moved, *weights[1:]], *parts) for sign in (1, -1)]
    assert float(gradient[0, 2, 1, 0]) == pytest.approx(float(ends[0] - ends[1]) / 2e-6, rel=1e-6)


@pytest.mark.parametrize("scale", [1e-3, 2.0])
def test_a_start_has_the_scale_that_is_asked_for(scale: float) -> None:
    path = descended(FAMILY, target(), range(200), scale, rate=0.01, steps=1, moments=(0,))
    squares = [np.mean(path.circuit(FAMILY, 0, seed).coefficient_tensor() ** 2) for seed in range(200)]
    assert np.sqrt(np.mean(squares)) == pytest.approx(scale, rel=0.5)


def test_starts_of_two_scales_have_one_direction_and_a_seed_its_own() -> None:
    small, large = starts(FAMILY, (1, 2), 1e-3), starts(FAMILY, (1, 2), 1.0)
    for one, other in zip(small, large, strict=True):
        np.testing.assert_allclose(one / small[-1][0, 0], other / large[-1][0, 0])
    for one, other in zip(starts(FAMILY, (2,), 1e-3), small, strict=True):
        assert torch.equal(one[0], other[1])


def test_a_product_is_learnt() -> None:
    signs = np.array([-1.0, 1.0])
    product = signs
    for _ in range(7):
        product = np.multiply.outer(product, signs)
    path = descended(FAMILY, product, (0, 1, 2), 1e-2, rate=0.05, steps=600, moments=(600,))
    assert (path.losses < 0.01).all()


def test_mistakes_are_told() -> None:
    with pytest.raises(ArgumentError, match="windows: the last is 4; accepted: 2"):
        Factorization(PoolingTree.named("square", (2, 4), (2, 4)), 2, 3)
    with pytest.raises(ArgumentError, match="target: 256 entries; accepted: 256 of mean square 1"):
        descended(FAMILY, 2 * target(), (0,), 1.0, rate=0.1, steps=2, moments=(0,))
    with pytest.raises(ArgumentError, match=r"moments: got \[3\]; accepted: steps from 0 to 2"):
        descended(FAMILY, target(), (0,), 1.0, rate=0.1, steps=2, moments=(3,))
