"""Circuits that are hard for floating point: errors that bound, ranks that are right, one refusal of zero tensors."""

import math

import numpy as np
import pytest
from exact_bonds import checked_bonds, checked_truncation
from exact_listing import checked_engine
from exact_slopes import checked_slopes
from exact_tables import Tally, run

from convac.circuits.tree import Circuit, random_circuit
from convac.entanglement import measures
from convac.entanglement.measure import measure
from convac.errors import ArgumentError
from convac.geometry.trees import PoolingTree

ENGINES = ["brute", "spectrum", "renyi2"]
TWO = PoolingTree((2,), (0, 1), (2,))


@pytest.mark.parametrize("engine", ENGINES)
def test_answers_are_within_their_errors_of_exact_listings(engine):
    counts, wrong = run(checked_engine(engine), range(200))
    assert wrong == []
    assert counts["refused"] < 20
    assert counts["resolved" if engine != "renyi2" else "measured"] > 120


@pytest.mark.parametrize(
    ("check", "kept"), [(checked_bonds, "measured"), (checked_truncation, "cut"), (checked_slopes, "measured")]
)
def test_bonds_truncations_and_slopes_are_within_their_errors_of_exact_listings(check, kept):
    counts, wrong = run(check, range(60))
    assert wrong == []
    assert counts[kept] > 40


@pytest.mark.parametrize("seed", [560, 2916, 9118])
def test_a_channel_of_zeros_leaves_the_slopes_of_tiny_ones(seed):
    assert checked_slopes(seed, Tally()) == []


def test_a_schmidt_vector_that_rounding_blurs_is_dropped():
    assert checked_truncation(5273, Tally()) == []  # its coefficient is 2e-12 of the largest


@pytest.mark.parametrize("engine", [*ENGINES, "auto"])
@pytest.mark.parametrize("scale", [1e-100, 1.0, 1e150])
@pytest.mark.parametrize("rest", [0.0, 1e-18])
def test_channels_that_cancel_are_refused_as_zero_by_every_engine(engine, scale, rest):
    equal = scale * np.array([[-2.0, -2, -2], [2, 2, 2]])
    nearly = Circuit(TWO, 3, (equal,), np.array([[4.0, -4 * (1 + rest)]]))
    with pytest.raises(ArgumentError) as refused:
        measure(nearly, [0], engine=engine, largest_error=math.inf)
    assert str(refused.value) == measures.ZERO
    four = Circuit(PoolingTree((4,), (2, 0, 3, 1), (2, 2)), 3, (equal, np.ones((2, 2)) * scale), np.array([[1.0, -1]]))
    with pytest.raises(ArgumentError, match="is zero, or cancels below rounding"):
        measure(four, [0, 1], engine=engine)


@pytest.mark.parametrize(
    ("engine", "rest"),
    [("brute", 1e-10), ("brute", 1e-3), ("spectrum", 1e-10), ("spectrum", 1e-3), ("renyi2", 1e-1), ("renyi2", 1.0)],
)
def test_what_cancelling_channels_leave_is_within_its_error(engine, rest):
    found = measure(nearly_nothing(rest), [0], engine=engine, largest_error=math.inf)
    assert abs(found.renyi2 - math.log(2)) <= found.error
    assert found.error < (2e-12 / rest if engine != "renyi2" else 1e-5 / rest**4)


@pytest.mark.parametrize(("engine", "rest"), [("brute", 1e-15), ("spectrum", 1e-15), ("renyi2", 1e-10)])
def test_what_cancels_below_rounding_is_refused(engine, rest):
    with pytest.raises(ArgumentError) as refused:
        measure(nearly_nothing(rest), [0], engine=engine, largest_error=math.inf)
    assert str(refused.value) == measures.ZERO


def nearly_nothing(rest):
    """Two channels of 75 that cancel and a multiple of the identity."""
    rows = np.array([[5.0, 7], [-5, -7], [1, 0], [0, 1]])
    return Circuit(TWO, 2, (rows,), np.array([[1.0, -1, rest, rest]]))


@pytest.mark.parametrize("engine", ENGINES)
def test_weights_beyond_the_range_of_floats_in_product_are_measured(engine):
    tree = PoolingTree((4,), (0, 1, 2, 3), (2, 2))
    circuit = Circuit(tree, 2, (np.diag([1e-165, 1]), np.diag([1e308, 1])), np.array([[1e44, 1.0]]))
    assert measure(circuit, [0, 2], engine=engine).renyi2 == pytest.approx(math.log(2))
    largest = Circuit(tree, 2, (1e308 * np.eye(2), 1e308 * np.eye(2)), np.full((1, 2), 1e308))
    assert measure(largest, [0, 2], engine=engine).renyi2 == pytest.approx(math.log(2))


@pytest.mark.parametrize("engine", ["spectrum", "renyi2"])
@pytest.mark.parametrize("shared", [True, False])
def test_errors_stay_small_through_many_levels(engine, shared):
    tree = PoolingTree.named("line", (4096,))
    circuit = random_circuit(tree, 2, (3,) * 12, np.random.default_rng(0), shared=shared)
    assert measure(circuit, "left-right", engine=engine).error < 1e-8
