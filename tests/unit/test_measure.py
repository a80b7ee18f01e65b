"""The front door: which engine it takes and why, what it refuses, what an engine can't give."""

import math
import tracemalloc

import numpy as np
import pytest
import torch

from convac.circuits.tree import Circuit, random_circuit
from convac.entanglement import brute, renyi2, spectrum
from convac.entanglement.limits import MEMORY, Limits
from convac.entanglement.measure import measure
from convac.entanglement.measures import entropy, renyi
from convac.entanglement.mincut import circuit_of
from convac.entanglement.sources import site_grams
from convac.errors import ArgumentError, MemoryLimitError, PrecisionError
from convac.geometry.partitions import Partition
from convac.geometry.trees import PoolingTree

GRID = PoolingTree.named("square", (8, 8))


def drawn(tree=GRID, widths=(4, 4, 4), seed=0, **options):
    return random_circuit(tree, 2, widths, np.random.default_rng(seed), classes=3, **options)


class Network:
    def __init__(self, circuit):
        self.kept = circuit

    def circuit(self):
        return self.kept


def test_auto_takes_the_spectrum_where_it_fits_and_says_so():
    result = measure(drawn(), "left-right")
    assert result.engine == "spectrum"
    assert "bytes" in result.reason
    assert result.spectrum is not None
    assert result.schmidt_number == 4 == result.min_cut.value
    assert np.sum(np.square(result.spectrum)) == pytest.approx(1)


def test_auto_falls_back_to_renyi2_and_says_what_is_missing():
    result = measure(drawn(shared=True), "interleaved")
    assert result.engine == "renyi2"
    assert "Rényi-2 only" in result.reason
    assert 0 < result.renyi2 <= result.min_cut.log
    assert math.isnan(result.entropy)
    assert math.isnan(result.geometric_measure)
    assert result.schmidt_number is None
    assert result.spectrum is None
    assert result.participation == pytest.approx(math.exp(result.renyi2))


def test_auto_keeps_the_spectrum_when_renyi2_would_not_fit():
    tree = PoolingTree((16,), tuple(range(16)), (2, 8))
    circuit = drawn(tree, (300, 300))
    result = measure(circuit, "left-right")
    assert renyi2.needed_bytes(circuit, Partition.of((16,), "left-right").mask) > MEMORY
    assert result.engine == "spectrum"


@pytest.mark.parametrize("engine", ["brute", "spectrum", "renyi2"])
def test_an_engine_can_be_asked_for(engine):
    circuit = drawn(PoolingTree.named("line", (8,)))
    result = measure(circuit, "left-right", engine=engine)
    assert (result.engine, result.reason) == (engine, "asked for")
    assert result.renyi2 == pytest.approx(measure(circuit, "left-right").renyi2, abs=1e-9)


def test_a_network_is_measured_by_its_circuit():
    circuit = drawn()
    assert measure(Network(circuit), "block") == measure(circuit, "block")
    assert circuit_of(Network(circuit)) is circuit


@pytest.mark.parametrize("source", [None, 3, Network(None), [[1, 0], [0, 1]], "net", Network])
def test_what_has_no_circuit_is_refused(source):
    with pytest.raises(ArgumentError, match="network"):
        measure(source, "left-right")


def test_partitions_may_be_names_sites_or_objects():
    sites = Partition.of((8, 8), "left-right").inside
    results = [measure(drawn(), choice) for choice in ("left-right", sites, Partition((8, 8), sites))]
    assert results[0] == results[1] == results[2]


@pytest.mark.parametrize("partition", ["up-down", [], range(64), [64], [-1], [3, 3], Partition((64,), (0,))])
def test_bad_partitions_are_refused_by_name(partition):
    with pytest.raises(ArgumentError, match="partition"):
        measure(drawn(), partition)


@pytest.mark.parametrize(
    "output",
    [3, -1, [1.0], [1.0, 2.0, math.nan], [[1.0, 0.0, 0.0]], "cat", None, 0.0, True, [True, False, False], ["a"] * 3,
     [1, [2], 3], [1, 1j, 0], np.array([1j, 0, 0])],
)  # fmt: skip
def test_bad_outputs_are_refused(output):
    with pytest.raises(ArgumentError, match=r"^output: "):
        measure(drawn(), "left-right", output=output)


def test_integers_of_every_library_are_classes():
    plain = measure(drawn(), "left-right", output=2)
    for output in (np.int64(2), np.uint8(2), np.array(2), torch.tensor(2), [0, 0, 1], torch.tensor([0, 0, 1])):
        assert measure(drawn(), "left-right", output=output) == plain


@pytest.mark.parametrize(
    ("key", "values"),
    [
        ("seed", [0.5, "0", None, True]),
        ("samples", [0, -1, 64.0, "64", True]),
        ("tolerance", [0.0, 1.0, -1, math.nan, math.inf, "0.1", True, 1j, [0.1]]),
        ("largest_error", [0.0, -1, math.nan, "1", True, [1.0]]),
        ("memory_limit", [None, 0, -1, math.nan, "1e9", True, [1]]),
        ("engine", [None, 3, ["grid"], "", np.eye(2)]),
        ("sites", [4, "4", (2, 2, 2), (4.0,), (0,), [[2, 2]]]),
        ("templates", [0, "01", [0], [True, False], [0, math.nan], [[0], [0, 1]]]),
    ],
)
def test_arguments_are_refused_by_name(key, values):
    for value in values:
        arguments = {"sites": (4,), "engine": "grid-sampled"} | {key: value}
        with pytest.raises(ArgumentError, match=f"^{key}: ") as refusal:
            measure(lambda inputs: inputs.sum(axis=1), [0], **arguments)
        assert len(str(refusal.value)) <= 200


def test_three_sides_are_refused():
    with pytest.raises(ArgumentError, match=r"sites: .*accepted: 1 or 2 positive sides"):
        measure(lambda inputs: (inputs[..., 0] == inputs[..., 1]).all(axis=(1, 2)), "left-right", sites=(2, 2, 2))


def test_bad_engines_and_tolerances_are_refused():
    with pytest.raises(ArgumentError, match="accepted: auto, brute, spectrum, renyi2, grid, grid-sampled, data"):
        measure(drawn(), "left-right", engine="magic")
    for engine in ("auto", "renyi2"):
        with pytest.raises(ArgumentError, match="tolerance"):
            measure(drawn(), "left-right", engine=engine, tolerance=0.0)


def test_a_class_is_a_combination_with_one_coefficient():
    circuit = drawn()
    assert measure(circuit, "block", output=1) == measure(circuit, "block", output=[0, 1, 0])
    assert measure(circuit, "block", output=1).entropy != pytest.approx(measure(circuit, "block").entropy)


@pytest.mark.parametrize("engine", ["brute", "spectrum", "renyi2"])
def test_zero_tensors_are_refused(engine):
    circuit = drawn(PoolingTree.named("line", (8,)))
    with pytest.raises(ArgumentError, match="zero"):
        measure(circuit, "left-right", output=[0, 0, 0], engine=engine)
    weights = (circuit.weights[0], 0 * circuit.weights[1], circuit.weights[2])
    with pytest.raises(ArgumentError, match="zero"):
        measure(Circuit(circuit.tree, 2, weights, circuit.output), "left-right", engine=engine)


@pytest.mark.parametrize(
    ("engine", "partition"), [("brute", "left-right"), ("spectrum", "interleaved"), ("renyi2", "interleaved")]
)
def test_what_would_pass_the_limit_is_refused_before_allocating(engine, partition):
    circuit = drawn(widths=(64, 64, 64), shared=True)
    tracemalloc.start()
    with pytest.raises(MemoryLimitError, match=rf"engine {engine}: .*accepted") as refusal:
        measure(circuit, partition, engine=engine, memory_limit=2**28)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2**21
    assert len(str(refusal.value)) <= 200
    assert str(refusal.value).endswith(("at most 1048576", "memory_limit, 2.68e+08"))


def test_auto_refuses_when_nothing_fits():
    with pytest.raises(MemoryLimitError):
        measure(drawn(shared=True), "interleaved", memory_limit=1000)


@pytest.mark.parametrize(
    ("partition", "shared", "widths"),
    [("interleaved", True, (16, 16, 16)), ("checkerboard", False, (12, 14, 8)), ("scattered", True, (16, 8, 16))],
)
def test_renyi2_stays_within_the_memory_it_states(partition, shared, widths):
    circuit = drawn(widths=widths, shared=shared)
    scattered = np.flatnonzero(np.random.default_rng(5).integers(2, size=64))
    mask = Partition.of((8, 8), scattered if partition == "scattered" else partition).mask
    tracemalloc.start()
    renyi2.renyi2(circuit, mask, Limits())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak <= renyi2.needed_bytes(circuit, mask)


@pytest.mark.parametrize("partition", ["left-right", "interleaved"])
@pytest.mark.parametrize(("windows", "width"), [((4,) * 5, 8), ((2,) * 10, 6), ((32, 32), 12)])
def test_the_overlaps_of_many_sites_count(windows, width, partition):
    tree = PoolingTree.named("square", (32, 32), windows=windows)
    circuit = random_circuit(tree, 8, (width,) * len(windows), np.random.default_rng(0))
    mask = Partition.of((32, 32), partition).mask
    needed = renyi2.needed_bytes(circuit, mask)
    tracemalloc.start()
    renyi2.renyi2(circuit, mask, Limits(needed))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak <= needed
    with pytest.raises(MemoryLimitError):
        renyi2.renyi2(circuit, mask, Limits(needed - 1))


@pytest.mark.parametrize(("windows", "widths"), [((2, 8), (9, 9)), ((2, 2, 2, 2), (6, 9, 9, 4)), ((4, 4), (7, 30))])
def test_the_spectrum_stays_within_the_memory_it_states(windows, widths):
    circuit = drawn(PoolingTree((16,), tuple(range(16)), windows), widths)
    mask = np.arange(16) % 2 == 0
    needed = spectrum.plan(circuit, spectrum.circuit_parts(circuit, mask)).bytes
    tracemalloc.start()
    spectrum.spectrum(circuit, mask, Limits())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak <= needed


def test_brute_stays_within_the_memory_it_states():
    circuit = drawn(PoolingTree.named("line", (8,)), (20, 30, 9))
    tracemalloc.start()
    brute.spectrum(circuit, np.arange(8) < 4, Limits())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak <= brute.needed_bytes(circuit)


def test_a_renyi2_that_cancellation_spoils_is_not_reported():
    tree = PoolingTree.named("line", (8,))
    circuit = random_circuit(tree, 2, (4, 4, 4), np.random.default_rng(1), shared=True, positive=True)
    nearly_equal = circuit.weights[2][:1] + 1e-4 * circuit.weights[2]
    spoilt = Circuit(tree, 2, (*circuit.weights[:2], nearly_equal), np.array([[1.0, -1.0, 1.0, -1.0]]))
    by_spectrum = measure(spoilt, "interleaved", engine="spectrum")
    with pytest.raises(PrecisionError, match=r"engine renyi2: .* nats; accepted: up to .*largest_error"):
        measure(spoilt, "interleaved", engine="renyi2")
    assert not measure(spoilt, "interleaved", engine="renyi2", largest_error=math.inf).error < 1e-6
    assert by_spectrum.renyi2 == pytest.approx(measure(spoilt, "interleaved", engine="brute").renyi2, abs=1e-7)


def test_a_gram_matrix_gives_the_entropy_of_the_function():
    generator = np.random.default_rng(3)
    circuit = drawn(PoolingTree.named("line", (6,), (2, 3)), (3, 2))
    basis = generator.normal(size=(2, 2))
    gram = basis @ basis.T
    values, vectors = np.linalg.eigh(gram)
    root = (vectors * np.sqrt(values)) @ vectors.T
    dense = circuit.coefficient_tensor()[0]
    for site in range(6):
        dense = np.moveaxis(np.tensordot(root, dense, axes=(1, site)), 0, site)
    exact = np.linalg.svd(dense.reshape(8, 8), compute_uv=False)
    found = measure(circuit, "start-end", gram=gram)
    assert found.entropy == pytest.approx(entropy(exact), abs=1e-10)
    assert measure(circuit, "start-end", gram=np.eye(2)).entropy == pytest.approx(
        measure(circuit, "start-end").entropy, abs=1e-12
    )


@pytest.mark.parametrize("engine", ["brute", "spectrum", "renyi2"])
@pytest.mark.parametrize("shared", [True, False])
def test_gram_matrices_of_the_sites_give_the_entropy_under_the_marginals_of_the_data(engine, shared):
    generator = np.random.default_rng(4)
    tree = PoolingTree((6,), (3, 0, 5, 1, 4, 2), (2, 3))
    circuit = random_circuit(tree, 3, (3, 2), generator, shared=shared)
    images = generator.choice(3, size=(40, 6), p=[0.6, 0.3, 0.1])
    images[:, 1] = 2  # a site that is always the same
    dense = circuit.coefficient_tensor()[0]
    for site in range(6):
        roots = np.sqrt(np.bincount(images[:, site], minlength=3) / 40)
        dense = dense * roots.reshape(-1, *[1] * (5 - site))
    found = measure(circuit, [0, 1, 4], gram=site_grams(images, 3), engine=engine)
    rows = np.moveaxis(dense, (0, 1, 4), (0, 1, 2)).reshape(27, 27)
    assert found.renyi2 == pytest.approx(renyi(np.linalg.svd(rows, compute_uv=False), 2), abs=1e-9)
    one_hot = measure(circuit, [0, 1, 4], gram=site_grams(np.eye(3)[images], 3), engine=engine)
    assert one_hot.renyi2 == pytest.approx(found.renyi2, abs=1e-12)


def test_one_gram_matrix_for_all_sites_is_the_same_at_each():
    circuit = drawn(PoolingTree.named("line", (6,), (2, 3)), (3, 2))
    gram = np.array([[2.0, 0.3], [0.3, 0.5]])
    assert measure(circuit, [0, 3], gram=np.tile(gram, (6, 1, 1))).entropy == pytest.approx(
        measure(circuit, [0, 3], gram=gram).entropy, abs=1e-12
    )


@pytest.mark.parametrize(
    ("inputs", "says"),
    [
        (np.full((3, 4), 2), "symbols 2..2; accepted: 0..1"),
        (np.zeros((3, 4, 3)), "has shape"),
        (np.zeros((3, 4)), "has shape"),
        ([["a"]], "text"),
        (np.full((3, 4, 2), np.nan), "finite"),
        (np.full((3, 4, 2), 1e200), "leave float64's range"),
        (np.full((3, 4, 2), 1e-200), "leave float64's range"),
        (np.ones((3, 4, 2)) * [1.0, 1e-170], "leave float64's range"),
    ],
)
def test_marginals_of_anything_else_are_refused(inputs, says):
    with pytest.raises(ArgumentError, match=rf"^inputs: .*{says}"):
        site_grams(inputs, 2)


@pytest.mark.parametrize(
    ("gram", "says"),
    [
        (np.eye(3), "has shape"),
        (np.tile(np.eye(2), (3, 1, 1)), "has shape"),
        (np.zeros((4, 2, 2)), "positive definite"),
        (np.ones((4, 2, 2)), "positive definite"),
        ([1, 1], "has shape"),
        (np.array([[1.0, 2.0], [0.0, 1.0]]), "symmetric matrix"),
        (1e-10 * np.array([[1.0, 0.5], [0.0, 1.0]]), "symmetric matrix"),
        (np.array([[1.0, 2.0], [2.0, 1.0]]), "positive definite"),
        ([[1, 1], [1, 1]], "positive definite"),
        (np.array([[0.1, 0.3], [0.3, 0.9]]), "positive definite"),
        ([[0, 0], [0, 1]], "positive definite"),
        (-np.eye(2), "positive definite"),
        ([[1, 1 - 1e-16], [1 - 1e-16, 1]], "positive definite"),
        (np.array([[1, 1j], [-1j, 2]]), "complex"),
        (np.eye(2, dtype=bool), "booleans"),
        ("eye", "text"),
        ([[1, 0], [0]], "differ in length"),
        ([[1, math.nan], [math.nan, 1]], "finite"),
    ],
)
def test_what_is_no_gram_matrix_is_refused(gram, says):
    circuit = drawn(PoolingTree.named("line", (4,)), (3, 2))
    with pytest.raises(ArgumentError, match=f"^gram: .*{says}"):
        measure(circuit, "start-end", gram=gram)


@pytest.mark.parametrize("engine", ["spectrum", "renyi2"])
def test_a_gram_matrix_of_very_different_lengths_loses_nothing(engine):
    circuit = drawn(PoolingTree.named("line", (4,)), (3, 2))
    lengths = np.array([1e-100, 1.0])
    weight = circuit.weights[0] / lengths
    same = Circuit(circuit.tree, 2, (weight, *circuit.weights[1:]), circuit.output)
    correlated = np.array([[1.0, 0.6], [0.6, 1.0]])
    found = measure(same, "start-end", gram=correlated * np.outer(lengths, lengths), engine=engine)
    plain = measure(circuit, "start-end", gram=correlated, engine=engine)
    assert found.renyi2 == pytest.approx(plain.renyi2, abs=1e-12)
    nearly = np.array([[1.0, 1 - 1e-11], [1 - 1e-11, 1.0]])
    with pytest.raises(PrecisionError, match=f"engine {engine}"):
        measure(circuit, "start-end", gram=nearly, engine=engine)
    assert measure(circuit, "start-end", gram=nearly, engine=engine, largest_error=math.inf).error > 1e-6
