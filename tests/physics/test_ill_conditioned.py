"""Spectra with a huge range: entropies stay exact, and a rank in floating point never passes for an exact one."""

import math

import numpy as np
import pytest

from convac.circuits.tree import Circuit, random_circuit
from convac.entanglement import measures
from convac.entanglement.generic_rank import generic_rank
from convac.entanglement.measure import measure
from convac.geometry.trees import PoolingTree


def diagonal(values: np.ndarray) -> Circuit:
    """Two sites whose matricization is diagonal with these singular values."""
    size = len(values)
    return Circuit(PoolingTree.named("line", (2,)), size, (np.eye(size),), values[None, :])


def chain(count: int, ratio: float) -> Circuit:
    """Pairs bound by a diagonal of 1 and `ratio`: Schmidt coefficients are products, ratio^k, C(N/2, k) times."""
    tree = PoolingTree.named("line", (2 * count,), (2, count))
    return Circuit(tree, 2, (np.eye(2), np.array([[1.0, ratio]])), np.ones((1, 1)))


@pytest.mark.parametrize("engine", ["brute", "spectrum"])
@pytest.mark.parametrize("smallest", [1e-2, 1e-6, 1e-11])
def test_chosen_spectra_come_back(engine, smallest):
    values = np.geomspace(1.0, smallest, 7)
    found = measure(diagonal(values), [0], engine=engine, tolerance=1e-12)
    assert found.schmidt_number == 7
    assert np.array(found.spectrum) * np.linalg.norm(values) == pytest.approx(values, rel=1e-3)
    weights = values**2 / np.sum(values**2)
    assert found.entropy == pytest.approx(float(-np.sum(weights * np.log(weights))), abs=1e-12)


@pytest.mark.parametrize("ratio", [0.5, 1e-2, 1e-4])
def test_entropies_of_products_add_up_whatever_their_range(ratio):
    one = measures.entropy(np.array([1.0, ratio]))
    for count in (2, 5, 8):
        found = measure(chain(count, ratio), "interleaved", engine="spectrum")
        assert found.entropy == pytest.approx(count * one, rel=1e-9)
        by_copies = measure(chain(count, ratio), "interleaved", engine="renyi2")
        assert by_copies.renyi2 == pytest.approx(count * measures.renyi(np.array([1.0, ratio]), 2), rel=1e-7)


def test_a_rank_that_rounding_hides_is_not_called_resolved():
    # exact rank 2^8; singular values down to 1e-32, most of them below what floats resolve
    found = measure(chain(8, 1e-4), "interleaved", engine="spectrum")
    assert generic_rank(chain(8, 1e-4), "interleaved").value == 256
    assert found.schmidt_number < 256
    assert not found.resolved


def test_a_clear_gap_is_resolved_and_a_slope_through_the_tolerance_is_not():
    clear = measure(diagonal(np.array([1.0, 0.5, 0.1, 1e-18])), [0])
    assert (clear.schmidt_number, clear.resolved) == (3, True)
    hidden = measure(diagonal(np.array([1.0, 0.5, 1e-12])), [0])  # a second gap below the tolerance
    assert (hidden.schmidt_number, hidden.resolved) == (2, False)
    slope = measure(diagonal(np.geomspace(1.0, 1e-14, 29)), [0])
    assert not slope.resolved
    too_fine = measure(diagonal(np.array([1.0, 0.5])), [0], tolerance=1e-15)
    assert (too_fine.schmidt_number, too_fine.resolved) == (2, False)


@pytest.mark.parametrize("partition", ["left-right", "checkerboard"])
@pytest.mark.parametrize("positive", [True, False])
def test_weights_over_sixty_orders_of_magnitude_keep_all_bounds(partition, positive):
    generator = np.random.default_rng(0)
    tree = PoolingTree.named("square", (8, 8))
    plain = random_circuit(tree, 2, (3, 3, 3), generator, positive=positive, shared=True)
    wild = [weight * 10.0 ** generator.uniform(-30, 30, weight.shape) for weight in plain.weights]
    found = measure(Circuit(tree, 2, tuple(wild), plain.output), partition, largest_error=math.inf)
    assert found.min_cut is not None
    for value in (found.entropy, found.renyi2):
        assert math.isnan(value) or -1e-9 <= value <= found.min_cut.log + 1e-9
    assert not math.isnan(found.entropy) or not math.isnan(found.renyi2) or found.error > 1e-6


@pytest.mark.parametrize("power", [-300, 300])
def test_a_common_factor_on_any_layer_changes_nothing(power):
    circuit = random_circuit(PoolingTree.named("square", (4, 4)), 2, (3, 3), np.random.default_rng(1))
    scaled = Circuit(circuit.tree, 2, (circuit.weights[0] * 10.0**power, circuit.weights[1]), circuit.output)
    one, other = measure(circuit, "left-right"), measure(scaled, "left-right")
    assert other.entropy == pytest.approx(one.entropy, abs=1e-12)
    assert other.spectrum == pytest.approx(one.spectrum, abs=1e-12)
