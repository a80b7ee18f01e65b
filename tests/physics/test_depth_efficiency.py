"""Depth efficiency: certificates against matrices, ε-ranks against their definition, rectifiers against a theorem."""

import numpy as np
import pytest

from convac.entanglement.brute import matricization
from convac.entanglement.generic_rank import TreeShape, generic_rank
from convac.entanglement.grid import GridFunction, grid_tensor
from convac.experiments.depth_efficiency import compute as depth_efficiency
from convac.experiments.depth_efficiency.compute import epsilon_rank, numerical_rank, odd_even_rank, random_network
from convac.geometry.trees import PoolingTree


@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize(("sites", "local_dimension", "width"), [(8, 2, 3), (8, 3, 2), (16, 2, 2), (8, 2, 1)])
def test_a_certificate_says_what_the_matrix_says(monkeypatch, sites, local_dimension, width, shared):
    tree = PoolingTree.named("line", (sites,))
    shape = TreeShape(tree, local_dimension, (width,) * tree.levels, (shared,) * tree.levels)
    direct = generic_rank(shape, "interleaved").value
    assert odd_even_rank(shape) == (direct, "direct")
    monkeypatch.setattr(depth_efficiency, "DIRECT", 0)
    assert odd_even_rank(shape) == (direct, "certificate")


def test_bounds_that_do_not_meet_are_no_certificate(monkeypatch):
    monkeypatch.setattr(depth_efficiency, "DIRECT", 0)
    narrow = TreeShape(PoolingTree.named("line", (8,)), 2, (2, 1, 1), (False,) * 3)
    assert odd_even_rank(narrow) == (16, "certificate")
    blocks = TreeShape(PoolingTree.named("line", (8,), (4, 2)), 2, (3, 2), (False,) * 2)
    with pytest.raises(ArithmeticError, match="lies between"):
        odd_even_rank(blocks)


def test_epsilon_rank_is_the_best_approximation():
    generator = np.random.default_rng(0)
    matrix = generator.normal(size=(12, 9)) * np.exp(-np.arange(9))
    left, values, right = np.linalg.svd(matrix, full_matrices=False)
    for tolerance in (0.5, 0.1, 0.01):
        size = int(epsilon_rank(values, tolerance))
        errors = [np.linalg.norm(matrix - (left[:, :k] * values[:k]) @ right[:k]) for k in (size - 1, size)]
        assert errors[1] <= tolerance * np.linalg.norm(matrix) < errors[0]


@pytest.mark.parametrize("width", [1, 4, 30])
def test_shallow_average_pooling_has_rank_two_whatever_its_width(width):
    tree = PoolingTree.named("line", (6,), (6,))
    network = random_network(tree, 3, width, "average", np.random.default_rng(width))
    tensor = grid_tensor(GridFunction(network, (6,), np.eye(3)))
    for mask in (np.arange(6) < 3, np.arange(6) % 2 == 0):
        assert numerical_rank(matricization(tensor, mask)) <= 2


def test_a_rectifier_network_is_its_formula():
    tree = PoolingTree.named("line", (4,))
    network = random_network(tree, 2, 3, "max", np.random.default_rng(1))
    inputs = np.eye(2)[np.array([[0, 1, 1, 0], [1, 1, 0, 0]])]
    # permuting the batch permutes the values; a constant input gives one value
    assert network(inputs)[::-1] == pytest.approx(network(inputs[::-1]))
    assert network(inputs).shape == (2,)
    assert numerical_rank(np.zeros((4, 4))) == 0
