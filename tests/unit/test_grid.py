"""Grid tensors: listed whole they are exact, sampled they say how far off they may be."""

import functools
import math

import numpy as np
import pytest
import torch

from convac.circuits.tree import random_circuit
from convac.entanglement import measures
from convac.entanglement.brute import matricization
from convac.entanglement.brute import spectrum as brute
from convac.entanglement.grid import GridFunction, grid_tensor, spectrum
from convac.entanglement.grid_sample import sampled, standard_error
from convac.entanglement.limits import Limits
from convac.entanglement.measure import measure
from convac.errors import ArgumentError, MemoryLimitError
from convac.geometry.trees import PoolingTree

LIMITS = Limits(2**30)


def one_hot_function(circuit):
    """A circuit as a function of template numbers."""
    identity = np.eye(circuit.local_dimension)
    return lambda inputs: circuit.amplitudes(identity[inputs.astype(int).reshape(len(inputs), -1)])


CHANCE = np.random.default_rng(0)
OF_THE_BATCH = {
    "centred": lambda inputs: inputs[:, 0] + 2 * inputs[:, 1] - np.mean(inputs[:, 0]),
    "normalised": lambda inputs: np.exp(inputs[:, :2]) / np.exp(inputs[:, :2]).sum(axis=0),
    "ranked": lambda inputs: inputs.sum(axis=1).argsort(kind="stable").astype(float),
    "by chance": lambda inputs: CHANCE.normal(size=len(inputs)),
    "by a little chance": lambda inputs: inputs.sum(axis=1) + 1e-3 * CHANCE.normal(),
    "as wide as its batch": lambda inputs: np.eye(len(inputs)),
    "in training": lambda inputs: torch.nn.Dropout()(torch.tensor(inputs)).sum(1).numpy(),
    "softmax of torch": lambda inputs: torch.softmax(torch.as_tensor(inputs).sum(1), 0).numpy(),
}


@pytest.mark.parametrize("name", OF_THE_BATCH)
def test_what_depends_on_the_batch_is_refused(name):
    for engine in ("grid", "grid-sampled"):
        with pytest.raises(ArgumentError, match=r"^network: a row's value depends on the batch"):
            measure(OF_THE_BATCH[name], [0], sites=(4,), engine=engine)


@pytest.mark.parametrize("scale", [1.0, 1e-300, 1e300])
@pytest.mark.parametrize("kind", [np.float16, np.float64])
def test_what_rounds_differently_beside_other_rows_is_none_of_it(scale, kind):
    def function(inputs):
        noise = 1 + 1e-4 * np.arange(len(inputs))
        return scale * (noise * (1.0 + inputs[:, 0] * inputs[:, 3])).astype(kind).astype(float)

    assert measure(function, [0], sites=(4,), largest_error=1.0).entropy > 0


@pytest.mark.parametrize("seed", range(20))
def test_a_circuit_seen_as_a_function_has_its_own_spectrum(seed):
    generator = np.random.default_rng(seed)
    circuit = random_circuit(PoolingTree.named("square", (2, 4)), 3, (2, 3), generator, classes=2)
    mask = generator.permutation(8) < 3
    grid = GridFunction(one_hot_function(circuit), (2, 4), (0.0, 1.0, 2.0))
    assert np.array_equal(grid_tensor(grid, 1), circuit.coefficient_tensor()[1])
    found, exact = (each.singular_values for each in (spectrum(grid, mask, LIMITS), brute(circuit, mask, LIMITS)))
    assert found / found[0] == pytest.approx(exact / exact[0])
    both = grid_tensor(grid, [1.0, -2.0])
    assert both == pytest.approx(circuit.coefficient_tensor()[0] - 2 * circuit.coefficient_tensor()[1])


@pytest.mark.parametrize(
    ("templates", "dtype"),
    [
        ((0.0, 1.0), np.float64),
        ([0, 1], np.int64),
        (np.array([0, 255], dtype=np.uint8), np.int64),
        (np.array([0, 1], dtype=np.float32), np.float64),
        (torch.tensor([0, 1]), np.int64),
        (torch.tensor([0.0, 1.0]).bfloat16(), np.float64),
        ([0, 1j], np.complex128),
    ],
)
def test_templates_arrive_as_they_are(templates, dtype):
    seen = set()

    def function(inputs):
        seen.add(inputs.dtype)
        return np.abs(inputs).sum(axis=1)

    grid_tensor(GridFunction(function, (2,), templates))
    assert seen == {np.dtype(dtype)}


def test_templates_may_be_vectors():
    templates = np.array([[0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    grid = GridFunction(lambda inputs: inputs.sum(axis=(1, 2)), (4,), templates)
    found = spectrum(grid, np.arange(4) < 2, LIMITS).singular_values
    assert measures.schmidt_number(found, 1e-10) == 2  # a sum over sites


def pairs(inputs):
    """Left site i is bound to right site i, for the first two pairs alone: entropy 2 ln 2 at the middle."""
    signs = 1 - 2 * inputs
    return (1 + signs[:, 0] * signs[:, 6]) * (1 + signs[:, 1] * signs[:, 7])


def rectifier(inputs):
    """One hidden layer of rectifiers, positive readout: a spectrum that decays."""
    weights = np.random.default_rng(1).normal(size=(12, 24)) / 2
    return np.maximum((2 * inputs - 1) @ weights + 0.3, 0).sum(axis=1)


def noise(inputs):
    """Independent normal values: full rank, nothing to be predicted."""
    return np.random.default_rng(2).normal(size=2**12)[(inputs @ 2 ** np.arange(11, -1, -1)).astype(int)]


def peaked(inputs):
    """Two products of rare peaks that share the norm: entropy ln 2, of which most samples see one."""
    signs = 1.5 * (2 * inputs - 1).sum(axis=1)
    return np.exp(signs) + np.exp(-signs)


FUNCTIONS = {
    "pairs": pairs,
    "rectifier": rectifier,
    "noise": noise,
    "mean and noise": lambda inputs: 3 + noise(inputs),
    "peaked": peaked,
}
MIDDLE = np.arange(12) < 6


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_sample_is_within_its_error_of_the_exact_entropy(name):
    grid = GridFunction(FUNCTIONS[name], (12,))
    exact = measures.entropy(spectrum(grid, MIDDLE, LIMITS).singular_values)
    found = [sampled(grid, MIDDLE, LIMITS, samples=40, seed=seed) for seed in range(20)]
    inside = [abs(measures.entropy(sample.singular_values) - exact) <= sample.error for sample in found]
    assert sum(inside) >= 19


def test_convergence_is_judged():
    def converged(name, samples):
        found = [sampled(GridFunction(FUNCTIONS[name], (12,)), MIDDLE, LIMITS, samples=samples, seed=s) for s in (0, 1)]
        return {sample.converged(0.1) for sample in found}

    assert converged("rectifier", 128) == {True}
    assert converged("pairs", 256) == {True}
    for name in ("noise", "mean and noise", "peaked"):
        assert converged(name, 64) == {False}
    exact = sampled(GridFunction(pairs, (12,)), MIDDLE, LIMITS, samples=128)
    assert exact.unresolved < 1e-12
    assert measures.schmidt_number(exact.singular_values, 1e-10) == 4


def test_a_remainder_that_looks_small_is_not_overlooked():
    """A mean with a tenth of its norm in signs without a pattern: 0.75 nats more at 2^20 than a sample shows."""

    def mixed(inputs):
        number = (inputs @ 2.0 ** np.arange(40)).astype(np.uint64)
        for factor in (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9):
            number = (number ^ (number >> np.uint64(31))) * np.uint64(factor)
        return math.sqrt(0.9) + math.sqrt(0.1) * (1 - 2.0 * (number >> np.uint64(63)))

    found = sampled(GridFunction(mixed, (40,)), np.arange(40) < 20, LIMITS, samples=256)
    truth = -0.9 * math.log(0.9) - 0.1 * math.log(0.1) + 0.1 * (20 * math.log(2) - 0.5)
    missing = truth - measures.entropy(found.singular_values)
    assert 0.5 < missing < found.error
    assert found.unresolved == pytest.approx(0.1, abs=0.02)


def test_peaks_and_zeros_that_a_sample_misses_leave_its_error_infinite():
    rare = GridFunction(lambda inputs: inputs.prod(axis=1), (16,))
    assert sampled(rare, np.arange(16) < 8, LIMITS, samples=32).error == math.inf
    spike = GridFunction(lambda inputs: np.exp(8 * inputs[:, :16].sum(axis=1)), (32,))
    assert sampled(spike, np.arange(32) < 16, LIMITS, samples=64).error == math.inf


def test_the_standard_error_is_the_spread_of_fresh_samples():
    grid = GridFunction(lambda inputs: 1 + rectifier(inputs) * inputs[:, 0], (12,))
    spectra = []
    for seed in range(40):
        generator = np.random.default_rng(seed)
        inside, outside = generator.integers(0, 2, (96, 6)), generator.integers(0, 2, (96, 6))
        both = np.concatenate([inside.repeat(96, axis=0), np.tile(outside, (96, 1))], axis=1)
        spectra.append(np.linalg.svd(grid.values(both, 0).together()[0].reshape(96, 96)))
    spread = np.std([measures.entropy(values) for _, values, _ in spectra], ddof=1)
    assert np.mean([standard_error(*spectrum) for spectrum in spectra]) == pytest.approx(spread, rel=0.3)


def test_weights_of_templates_change_the_inner_product():
    weights = np.array([0.2, 0.8])
    grid = GridFunction(rectifier, (12,), weights=10 * weights)
    tensor = grid_tensor(grid)
    assert np.array_equal(tensor, grid_tensor(GridFunction(rectifier, (12,))))
    scale = functools.reduce(np.multiply.outer, [np.sqrt(weights)] * 12)
    wanted = measures.entropy(np.linalg.svd(matricization(tensor * scale, MIDDLE), compute_uv=False))
    assert measures.entropy(spectrum(grid, MIDDLE, LIMITS).singular_values) == pytest.approx(wanted)
    found = sampled(grid, MIDDLE, LIMITS, samples=256)
    assert abs(measures.entropy(found.singular_values) - wanted) <= found.error < 0.2


def test_a_function_is_called_in_batches_of_bounded_size():
    sizes = []

    def recorded(inputs):
        sizes.append(inputs.size)
        return inputs[:, 0, 0, 0]

    templates = np.random.default_rng(0).normal(size=(2, 7))
    found = sampled(GridFunction(recorded, (128, 64), templates), np.arange(8192) < 4096, LIMITS, samples=96)
    assert max(sizes) <= 2**22
    assert measures.schmidt_number(found.singular_values, 1e-10) == 1


@pytest.mark.parametrize(
    ("function", "says"),
    [
        (lambda inputs: np.ones(3), "returns shape"),
        (lambda inputs: np.ones((len(inputs), 2, 2)), "returns shape"),
        (lambda inputs: np.full(len(inputs), np.nan), "isn't finite"),
        (lambda inputs: np.full(len(inputs), 1j * np.nan), "isn't finite"),
        (lambda inputs: np.full(len(inputs), "a"), "holds text"),
        (lambda inputs: [None] * len(inputs), "holds no plain numbers"),
        (lambda inputs: [[1.0]] * (len(inputs) - 1) + [[1.0, 2.0]], "rows differ"),
        (lambda inputs: None, "holds no plain numbers"),
        (lambda inputs: inputs @ np.ones(3), "ValueError: .*accepted: a function of an array"),
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
        spectrum(GridFunction(never, (24,)), mask, Limits(2**40))
    with pytest.raises(MemoryLimitError, match="engine grid"):
        spectrum(GridFunction(never, (24,)), mask, Limits(100))
    with pytest.raises(MemoryLimitError, match="engine grid"):
        spectrum(GridFunction(never, (12,)), MIDDLE, Limits(100))
    with pytest.raises(MemoryLimitError, match=r"engine grid: 2\^4096"):
        spectrum(GridFunction(never, (64, 64)), np.arange(4096) < 2048, LIMITS)
    with pytest.raises(MemoryLimitError, match="grid-sampled"):
        sampled(GridFunction(never, (24,)), mask, Limits(100))
    with pytest.raises(ArgumentError, match="samples"):
        sampled(GridFunction(never, (24,)), mask, LIMITS, samples=2)
    for templates in ((0.0,), 0.0, (), "01", ["a", "b"], [True, False], [0, None], [[0, 1], [2]], [0, math.nan]):
        with pytest.raises(ArgumentError, match=r"^templates: "):
            GridFunction(never, (4,), templates)
    for weights in ((1.0, 0.0), (1.0, 1.0, 1.0), (1.0, -1.0), (1, 1j), (True, True), "12", (math.inf, 1), 1.0):
        with pytest.raises(ArgumentError, match=r"^weights: "):
            GridFunction(never, (4,), weights=weights)
    for sites in ((0,), (2, 2, 2), 4, (4.0,), None, "4", (True,)):
        with pytest.raises(ArgumentError, match=r"^sites: "):
            GridFunction(never, sites)
    for function in (None, 3, "abs", np.eye(2)):
        with pytest.raises(ArgumentError, match=r"^function: "):
            GridFunction(function, (4,))
    with pytest.raises(ArgumentError, match="output"):
        grid_tensor(GridFunction(lambda inputs: inputs.sum(1), (4,)), 3)
