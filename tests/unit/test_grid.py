"""Grid tensors: listed whole they are exact, sampled they say how far off they may be."""

import math

import numpy as np
import pytest

from convac.circuits.tree import random_circuit
from convac.entanglement import measures
from convac.entanglement.brute import singular_values as brute
from convac.entanglement.grid import GridFunction, grid_tensor, sampled, singular_values
from convac.errors import ArgumentError, MemoryLimitError
from convac.geometry.trees import PoolingTree

LIMIT = 2**30


def one_hot_function(circuit):
    """A circuit as a function of template numbers."""
    identity = np.eye(circuit.local_dimension)
    return lambda inputs: circuit.amplitudes(identity[inputs.astype(int).reshape(len(inputs), -1)])


@pytest.mark.parametrize("seed", range(20))
def test_a_circuit_seen_as_a_function_has_its_own_spectrum(seed):
    generator = np.random.default_rng(seed)
    circuit = random_circuit(PoolingTree.named("square", (2, 4)), 3, (2, 3), generator, classes=2)
    mask = generator.permutation(8) < 3
    grid = GridFunction(one_hot_function(circuit), (2, 4), (0.0, 1.0, 2.0))
    assert np.array_equal(grid_tensor(grid, 1), circuit.coefficient_tensor()[1])
    assert singular_values(grid, mask, LIMIT) == pytest.approx(brute(circuit, mask, LIMIT))
    both = grid_tensor(grid, [1.0, -2.0])
    assert both == pytest.approx(circuit.coefficient_tensor()[0] - 2 * circuit.coefficient_tensor()[1])


def test_templates_may_be_vectors():
    templates = np.array([[0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    grid = GridFunction(lambda inputs: inputs.sum(axis=(1, 2)), (4,), templates)
    found = singular_values(grid, np.arange(4) < 2, LIMIT)
    assert measures.schmidt_number(found, 1e-10) == 2  # a sum over sites


def pairs(inputs):
    """Left site i is bound to right site i, for the first two pairs alone: entropy 2 ln 2 at the middle."""
    signs = 1 - 2 * inputs
    return (1 + signs[:, 0] * signs[:, 6]) * (1 + signs[:, 1] * signs[:, 7])


def test_a_sample_finds_the_entropy_within_its_error():
    grid = GridFunction(pairs, (12,))
    mask = np.arange(12) < 6
    assert measures.entropy(singular_values(grid, mask, LIMIT)) == pytest.approx(2 * math.log(2))
    found = sampled(grid, mask, LIMIT, samples=64)
    assert abs(measures.entropy(found.singular_values) - 2 * math.log(2)) < 2 * found.error < 0.3


def test_a_sample_that_is_too_small_has_a_large_error():
    generator = np.random.default_rng(0)
    table = generator.normal(size=2**16)
    powers = 2 ** np.arange(15, -1, -1)
    grid = GridFunction(lambda inputs: table[(inputs @ powers).astype(int)], (16,))
    assert sampled(grid, np.arange(16) < 8, LIMIT, samples=32).error > 0.5
    rare = GridFunction(lambda inputs: inputs.prod(axis=1), (16,))
    assert sampled(rare, np.arange(16) < 8, LIMIT, samples=32).error == math.inf


@pytest.mark.parametrize(
    ("function", "says"),
    [
        (lambda inputs: np.ones(3), "returns shape"),
        (lambda inputs: np.ones((len(inputs), 2, 2)), "returns shape"),
        (lambda inputs: np.full(len(inputs), np.nan), "isn't finite"),
    ],
)
def test_what_a_function_may_return_is_told(function, says):
    with pytest.raises(ArgumentError, match=says):
        grid_tensor(GridFunction(function, (4,)))


def test_bad_arguments_are_told_before_the_function_is_called():
    def never(inputs):
        raise AssertionError

    mask = np.arange(24) < 12
    with pytest.raises(MemoryLimitError, match="engine grid"):
        singular_values(GridFunction(never, (24,)), mask, 2**40)
    with pytest.raises(MemoryLimitError, match="engine grid"):
        singular_values(GridFunction(never, (24,)), mask, 100)
    with pytest.raises(MemoryLimitError, match="grid-sampled"):
        sampled(GridFunction(never, (24,)), mask, 100)
    with pytest.raises(ArgumentError, match="samples"):
        sampled(GridFunction(never, (24,)), mask, LIMIT, samples=2)
    with pytest.raises(ArgumentError, match="templates"):
        GridFunction(never, (4,), (0.0,))
    with pytest.raises(ArgumentError, match="sites"):
        GridFunction(never, (0,))
    with pytest.raises(ArgumentError, match="output"):
        grid_tensor(GridFunction(lambda inputs: inputs.sum(1), (4,)), 3)
