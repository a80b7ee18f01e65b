"""Bond spectra and truncated circuits: against brute force on small trees, and invariants on large ones."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convac.circuits.tree import Circuit, random_circuit
from convac.entanglement import measures
from convac.entanglement.brute import matricization
from convac.entanglement.measure import measure
from convac.entanglement.sources import orthonormal, site_grams
from convac.entanglement.truncation import (
    amplitudes,
    amplitudes_of,
    answers,
    bond_spectra,
    bonds_of,
    entropies,
    projectors,
    truncated,
)
from convac.errors import ArgumentError
from convac.geometry.trees import PoolingTree

WINDOWS = [(2,), (5,), (7,), (2, 2), (2, 3), (3, 2), (4, 2), (2, 4), (3, 3), (2, 2, 2)]
FEW = settings(max_examples=40, deadline=None, derandomize=True)


def drawn(seed):
    """A random small circuit: any windows, order, sharing and sign, one to four classes."""
    generator = np.random.default_rng(seed)
    windows = WINDOWS[generator.integers(len(WINDOWS))]
    count = math.prod(windows)
    tree = PoolingTree((count,), tuple(generator.permutation(count).tolist()), windows)
    shared, positive = generator.integers(2, size=2).astype(bool).tolist()
    return random_circuit(
        tree,
        int(generator.integers(1, 5 if count <= 5 else 3)),
        tuple(generator.integers(1, 6, size=len(windows)).tolist()),
        generator,
        shared=shared,
        positive=positive,
        classes=int(generator.integers(1, 5)),
    )


def bond_matrices(circuit, tensor):
    """Per level and position, the tensor of all classes with the sites below the bond as rows."""
    found = []
    for positions in circuit.tree.positions[1:]:
        below = np.array(circuit.tree.order).reshape(positions, -1)
        masks = np.zeros((positions, circuit.tree.sites + 1), dtype=bool)
        for mask, sites in zip(masks, below, strict=True):
            mask[sites + 1] = True  # axis 0 is the class
        found.append([matricization(tensor, mask) for mask in masks])
    return found


def brute_probabilities(matrix, width):
    values = measures.probabilities(np.linalg.svd(matrix, compute_uv=False))
    return np.pad(values, (0, max(0, width - len(values))))[:width]


def relative_error(circuit, other):
    """Squared distance of the states of all classes, relative to the squared norm of the first."""
    exact = circuit.coefficient_tensor()
    return float(np.sum((exact - other.coefficient_tensor()) ** 2) / np.sum(exact**2))


# ---- spectra


@pytest.mark.parametrize("chunk", range(4))
def test_bond_spectra_agree_with_brute_force(chunk):
    for seed in range(25 * chunk, 25 * chunk + 25):
        circuit = drawn(seed)
        spectra = bond_spectra(circuit)
        for spectrum, matrices, width in zip(
            spectra, bond_matrices(circuit, circuit.coefficient_tensor()), circuit.widths, strict=True
        ):
            expected = np.array([brute_probabilities(matrix, width) for matrix in matrices])
            assert spectrum.shape == expected.shape
            assert np.sqrt(spectrum) == pytest.approx(np.sqrt(expected), abs=1e-13), seed


@pytest.mark.parametrize("geometry", ["square", "mirror", "line", "dilated", "random"])
@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize("positive", [True, False])
def test_bonds_follow_the_geometry(geometry, shared, positive, rng):
    tree = PoolingTree.named(geometry, (4, 2), windows=(2, 2, 2))
    circuit = random_circuit(tree, 3, (3, 5, 4), rng, shared=shared, positive=positive, classes=3)
    found = entropies(bond_spectra(circuit))
    for level, matrices in zip(found, bond_matrices(circuit, circuit.coefficient_tensor()), strict=True):
        expected = [measures.entropy(np.linalg.svd(matrix, compute_uv=False)) for matrix in matrices]
        assert level == pytest.approx(np.array(expected), abs=1e-12)


def test_nearly_parallel_channels_keep_their_small_coefficients(rng):
    tree = PoolingTree.named("line", (8,))
    weights = [1 + 0.01 * rng.uniform(size=shape) for shape in [(8, 3, 2), (4, 3, 3), (2, 3, 3)]]
    circuit = Circuit(tree, 2, tuple(weights), 1 + 0.01 * rng.uniform(size=(2, 3)))
    # below what eigenvalues of Gram matrices resolve
    spectra = bond_spectra(circuit)
    assert 1e-26 < spectra[0][:, 1].min() < 1e-16
    for spectrum, matrices in zip(spectra, bond_matrices(circuit, circuit.coefficient_tensor()), strict=True):
        expected = np.array([brute_probabilities(matrix, 3) for matrix in matrices])
        assert np.sqrt(spectrum) == pytest.approx(np.sqrt(expected), abs=1e-15)


@pytest.mark.parametrize("positive", [True, False])
def test_spectra_agree_with_the_exact_engine_beyond_brute_force(positive):
    tree = PoolingTree.named("square", (16, 16), windows=(4, 4, 4, 4))
    circuit = random_circuit(tree, 3, (5, 4, 6, 3), np.random.default_rng(3), positive=positive)
    found = entropies(bond_spectra(circuit))
    for level, position in [(1, 0), (1, 37), (2, 5), (3, 0), (3, 2)]:
        below = np.array(tree.order).reshape(tree.positions[level], -1)[position]
        expected = measure(circuit, below.tolist(), engine="spectrum").entropy
        assert found[level - 1][position] == pytest.approx(expected, abs=1e-10)
    assert found[3] == pytest.approx([0.0], abs=1e-12)  # one class: nothing beyond the root


def test_a_zero_tensor_is_refused():
    circuit = Circuit(PoolingTree.named("line", (4,)), 2, (np.zeros((2, 2)), np.eye(2)), np.ones((1, 2)))
    with pytest.raises(ArgumentError, match="tensor: is zero"):
        bond_spectra(circuit)


# ---- truncation


@FEW
@given(st.integers(0, 2**32), st.integers(1, 5))
def test_the_error_lies_between_the_largest_discarded_probability_and_their_sum(seed, rank):
    circuit = drawn(seed)
    cut = truncated(circuit, rank)
    check_errors(circuit, cut, rank)


def check_errors(circuit, cut, rank):
    """The bounds on the error of a truncation, and its ranks; the class's bond stays whole."""
    discarded = [spectrum[:, rank:].sum(axis=1) for spectrum in bond_spectra(circuit)[:-1]]
    error = relative_error(circuit, cut)
    assert max((tail.max() for tail in discarded), default=0.0) - 1e-12 <= error
    assert error <= sum(tail.sum() for tail in discarded) + 1e-12
    for matrices in bond_matrices(circuit, cut.coefficient_tensor())[:-1]:
        for matrix in matrices:
            assert np.linalg.matrix_rank(matrix, tol=1e-10 * np.linalg.norm(matrix)) <= rank


@FEW
@given(st.integers(0, 2**32))
def test_full_rank_leaves_the_circuit_and_projectors_leave_the_state(seed):
    circuit = drawn(seed)
    assert relative_error(circuit, truncated(circuit, max(circuit.widths))) == 0.0
    # the projectors of full rank themselves, which `truncated` needn't apply
    *lower, last = bonds_of(circuit)
    weights = [circuit.weights[0]]
    for weight, bonds, width in zip(circuit.weights[1:], lower, circuit.widths, strict=False):
        projector = projectors(bonds, width)
        assert projector @ projector == pytest.approx(projector, rel=1e-6, abs=1e-6)
        weights.append(weight @ projector)
    output = (circuit.output @ projectors(last, circuit.widths[-1]))[0]
    assert relative_error(circuit, replace(circuit, weights=tuple(weights), output=output)) < 1e-20


@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize("positive", [True, False])
@pytest.mark.parametrize("rank", [1, 2, 3])
def test_one_cut_bond_reaches_the_eckart_young_optimum(shared, positive, rank, rng):
    # one class: the two bonds of level 1 are the same cut, and the root's is a product
    tree = PoolingTree((6,), (3, 0, 5, 1, 4, 2), (3, 2))
    circuit = random_circuit(tree, 3, (4, 5), rng, shared=shared, positive=positive)
    matrix = bond_matrices(circuit, circuit.coefficient_tensor())[0][0]
    left, values, right = np.linalg.svd(matrix, full_matrices=False)
    best = (left[:, :rank] * values[:rank]) @ right[:rank]
    found = bond_matrices(circuit, truncated(circuit, rank).coefficient_tensor())[0][0]
    assert found == pytest.approx(best, abs=1e-11 * values[0])


def test_the_bond_to_the_class_stays_whole(rng):
    circuit = random_circuit(PoolingTree.named("line", (6,), (3, 2)), 2, (2, 5), rng, classes=4)
    cut = truncated(circuit, 1)
    assert cut.output is circuit.output
    assert truncated(circuit, 2) is circuit  # no bond inside has more
    # one vector a bond inside: classes still differ from input to input
    symbols = np.indices((2,) * 6).reshape(6, -1).T
    assert len(set(answers(cut, symbols).tolist())) > 1


@FEW
@given(st.integers(0, 2**32), st.integers(1, 4))
def test_truncation_in_the_basis_of_the_data(seed, rank):
    circuit = drawn(seed)
    generator = np.random.default_rng(seed)
    features = generator.normal(size=(50, circuit.tree.sites, circuit.local_dimension))
    gram = site_grams(features, circuit.local_dimension)
    cut = truncated(circuit, rank, bonds_of(circuit, gram=gram))
    assert cut.weights[0] is circuit.weights[0]
    # the bounds hold in the norm that the Gram matrices say
    check_errors(orthonormal(circuit, gram)[0], orthonormal(cut, gram)[0], rank)


def test_what_the_data_never_shows_does_not_count(rng):
    circuit = random_circuit(PoolingTree.named("line", (8,)), 2, (4, 4, 4), rng, classes=2)
    images = rng.integers(2, size=(200, 8))
    images[:, 2:] = 0  # six dark sites: the others' bonds have rank 2 at most
    spectra = bond_spectra(circuit, bonds_of(circuit, gram=site_grams(images, 2)))
    assert all(spectrum[:, 2:].max() < 1e-28 for spectrum in spectra[:1])
    cut = truncated(circuit, 2, bonds_of(circuit, gram=site_grams(images, 2)))
    found, whole = amplitudes(cut, images), amplitudes(circuit, images)
    assert found / found[:, :1] == pytest.approx(whole / whole[:, :1], rel=1e-9)


@pytest.mark.parametrize("positive", [True, False])
def test_a_product_state_survives_rank_one(positive, rng):
    circuit = random_circuit(PoolingTree.named("line", (8,)), 2, (3, 3, 2), rng, positive=positive, classes=2)
    equal = np.repeat(circuit.weights[0][:, :1], 3, axis=1)  # every channel the same vector at every site
    product = replace(circuit, weights=(equal, *circuit.weights[1:]), output=np.outer([1.0, -2.0], circuit.output[0]))
    for spectrum in bond_spectra(product):
        assert spectrum[:, 1:].max() < 1e-28
    assert relative_error(product, truncated(product, 1)) < 1e-24


def test_shared_weights_become_one_per_location_above_cut_bonds(rng):
    tree = PoolingTree.named("line", (8,), (2, 2, 2))
    circuit = random_circuit(tree, 2, (4, 3, 2), rng, shared=True, classes=2)
    # what is above lets three vectors of level 1 through, two of level 2: no more is no cut
    assert [weight.shape for weight in truncated(circuit, 3).weights] == [(4, 2), (3, 4), (2, 3)]
    assert [weight.shape for weight in truncated(circuit, 2).weights] == [(4, 2), (4, 3, 4), (2, 3)]
    assert [weight.shape for weight in truncated(circuit, 1).weights] == [(4, 2), (4, 3, 4), (2, 2, 3)]


@pytest.mark.parametrize("rank", [0, -3])
def test_a_rank_below_one_is_refused(rank, rng):
    with pytest.raises(ArgumentError, match="rank: got"):
        truncated(drawn(0), rank)


@pytest.mark.parametrize("power", [-200, 200])
def test_a_common_factor_on_any_layer_changes_nothing(power, rng):
    circuit = random_circuit(PoolingTree.named("square", (4, 4)), 2, (4, 4), rng, classes=3)
    first, second = circuit.weights
    scaled = replace(circuit, weights=(first * 10.0**power, second), output=circuit.output * 10.0**power)
    symbols = rng.integers(2, size=(50, 16))
    for one, other in zip(bond_spectra(circuit), bond_spectra(scaled), strict=True):
        assert other == pytest.approx(one, abs=1e-12)
    assert (answers(truncated(circuit, 2), symbols) == answers(truncated(scaled, 2), symbols)).all()


@pytest.mark.parametrize("windows", [(4, 4, 4, 4, 4), (32, 32), (2,) * 10])
@pytest.mark.parametrize("positive", [True, False])
def test_a_thousand_sites_stay_finite(windows, positive, rng):
    tree = PoolingTree.named("square", (32, 32), windows=windows)
    circuit = random_circuit(tree, 4, (6,) * len(windows), rng, shared=True, positive=positive, classes=5)
    spectra = bond_spectra(circuit)
    for spectrum, entropy in zip(spectra, entropies(spectra), strict=True):
        assert spectrum.sum(axis=1) == pytest.approx(np.ones(len(spectrum)))
        assert (np.diff(spectrum, axis=1) <= 0).all()
        assert ((entropy >= 0) & (entropy <= math.log(6) + 1e-12)).all()
    symbols = rng.integers(4, size=(20, 1024))
    for rank in (1, 3, 5):
        cut = truncated(circuit, rank)
        for spectrum in bond_spectra(cut)[:-1]:
            assert spectrum[:, rank:].max() < 1e-20
        values = amplitudes(cut, symbols)
        assert np.isfinite(values).all()
        assert (np.abs(values).max(axis=1) > 0).all()


# ---- answers


@pytest.mark.parametrize("seed", range(30))
def test_answers_are_those_of_the_plain_pass(seed, monkeypatch):
    monkeypatch.setattr("convac.entanglement.truncation.BLOCK", 300)  # a few images at a time
    circuit = drawn(seed)
    generator = np.random.default_rng(seed)
    symbols = generator.integers(circuit.local_dimension, size=(23, circuit.tree.sites))
    plain = circuit.amplitudes(np.eye(circuit.local_dimension)[symbols])
    found = amplitudes(circuit, symbols)
    top = np.abs(plain).max(axis=1, keepdims=True)
    assert found / np.abs(found).max(axis=1, keepdims=True) == pytest.approx(plain / top, abs=1e-9)
    assert (answers(circuit, symbols) == plain.argmax(axis=1)).all()
    vectors = generator.normal(size=(23, circuit.tree.sites, circuit.local_dimension))
    assert (answers(circuit, vectors) == circuit.amplitudes(vectors).argmax(axis=1)).all()


@pytest.mark.parametrize("seed", range(10))
def test_truncations_answer_together_as_one_by_one(seed, monkeypatch):
    monkeypatch.setattr("convac.entanglement.truncation.BLOCK", 300)
    circuit = drawn(seed)
    bonds = bonds_of(circuit)
    cuts = [truncated(circuit, rank, bonds) for rank in (5, 1, 2)]
    generator = np.random.default_rng(seed)
    symbols = generator.integers(circuit.local_dimension, size=(23, circuit.tree.sites))
    for inputs in (symbols, generator.normal(size=(*symbols.shape, circuit.local_dimension))):
        together = amplitudes_of(cuts, inputs)
        for rank, values in zip((5, 1, 2), together, strict=True):
            assert values == pytest.approx(amplitudes(truncated(circuit, rank), inputs), rel=1e-12)
    for one, other in zip(bond_spectra(circuit, bonds), bond_spectra(circuit), strict=True):
        assert one == pytest.approx(other, rel=1e-12)


def test_circuits_that_differ_at_level_one_do_not_answer_together(rng):
    circuit, other = (random_circuit(PoolingTree.named("line", (4,)), 2, (2, 2), rng) for _ in range(2))
    elsewhere = replace(circuit, tree=PoolingTree((4,), (1, 0, 2, 3), (2, 2)))
    for wrong in (other, elsewhere):
        with pytest.raises(ArgumentError, match="circuits: trees or maps of level 1 differ"):
            amplitudes_of([circuit, wrong], np.zeros((1, 4), dtype=int))


def test_answers_of_no_image_and_of_wrong_inputs(rng):
    circuit = random_circuit(PoolingTree.named("line", (4,)), 3, (2, 2), rng, classes=2)
    assert answers(circuit, np.zeros((0, 4), dtype=int)).shape == (0,)
    with pytest.raises(ArgumentError, match=r"inputs: symbols 0..3; accepted: 0..2"):
        answers(circuit, np.array([[0, 1, 2, 3]]))
    for wrong in (np.zeros((2, 5), dtype=int), np.zeros((2, 4)), np.zeros((2, 4, 2)), np.zeros(4, dtype=int)):
        with pytest.raises(ArgumentError, match=r"accepted: integers \[n, 4\] or numbers \[n, 4, 3\]"):
            answers(circuit, wrong)
