"""Networks to and from other programs: what goes out comes back, and quimb and TeNPy measure the same entropies."""

import math
import sys
from itertools import pairwise

import numpy as np
import pytest
from tree_networks import normal, random_mask, random_network, random_tensors

from convac import from_mps, from_tree, measure, min_cut, random_circuit, to_einsum, to_numpy, to_quimb
from convac.circuits.tree_tensors import TreeTensorNetwork
from convac.entanglement import measures
from convac.entanglement.brute import matricization
from convac.errors import ArgumentError
from convac.geometry.trees import PoolingTree


def matrix_product_state(seed):
    """A random state as quimb draws it, and a partition of its sites."""
    import quimb.tensor as qtn

    generator = np.random.default_rng(seed)
    sites, bond, dimension = (int(generator.integers(low, high)) for low, high in ((3, 10), (1, 7), (2, 4)))
    sites = min(sites, 8) if dimension == 3 else sites
    state = qtn.MPS_rand_state(sites, bond, dimension, dtype="complex128" if seed % 2 else "float64", seed=seed)
    return state, random_mask(sites, generator), dimension


@pytest.mark.parametrize("seed", range(200))
def test_quimb_sees_the_same_entropies_of_a_matrix_product_state(seed):
    import quimb

    state, mask, dimension = matrix_product_state(seed)
    network = from_mps(state.arrays)
    dense = np.asarray(state.to_dense()).ravel()
    assert to_numpy(network).ravel() == pytest.approx(dense, abs=1e-12)
    inside = np.flatnonzero(mask).tolist()
    bits = quimb.entropy_subsys(quimb.qarray(dense[:, None]), [dimension] * state.L, inside)
    found = measure(network, mask)
    assert abs(found.entropy - bits * math.log(2)) <= 1e-9
    cut = int(np.random.default_rng(seed).integers(1, state.L))
    found = measure(network, range(cut))
    assert abs(found.entropy - state.entropy(cut) * math.log(2)) <= 1e-9
    # its bond is the smallest cut, or what fewer sites hold
    assert found.min_cut.value <= state.bond_size(cut - 1, cut)
    assert found.schmidt_number <= found.min_cut.value


@pytest.mark.parametrize("seed", range(200))
def test_tenpy_sees_the_same_entropies_of_a_matrix_product_state(seed):
    from tenpy.networks.mps import MPS
    from tenpy.networks.site import SpinSite

    generator = np.random.default_rng(seed)
    dimension = 2 + seed % 2
    sites = int(generator.integers(3, 11 - dimension))
    bonds = [1, *generator.integers(1, 7, sites - 1), 1]
    cores = [normal(generator, (dimension, *pair), seed % 3 > 0) for pair in pairwise(bonds)]
    kinds = [SpinSite((dimension - 1) / 2, conserve=None)] * sites
    state = MPS.from_Bflat(kinds, cores, form=None, dtype=complex, unit_cell_width=sites)
    state.canonical_form()
    network = from_mps([state.get_B(site).to_ndarray() for site in range(sites)], "lpr")
    given = from_mps(cores, "plr")
    for cut, entropy in enumerate(state.entanglement_entropy(), start=1):
        assert abs(measure(network, range(cut)).entropy - entropy) <= 1e-9
        assert abs(measure(given, range(cut)).entropy - entropy) <= 1e-9
    inside = np.flatnonzero(random_mask(sites, generator)).tolist()
    (entropy,) = state.entanglement_entropy_segment(inside, first_site=[0])
    assert abs(measure(network, inside).entropy - entropy) <= 1e-9


@pytest.mark.parametrize("seed", range(200))
def test_quimb_sees_the_same_entropies_of_a_tree_of_tensors(seed):
    import quimb.tensor as qtn

    parents, tensors = random_tensors(seed, nodes=3 + seed % 5)
    network = from_tree(parents, tensors)
    assert network.is_complex == (seed % 2 == 1)
    indices = [[f"b{node}"] if parent >= 0 else [] for node, parent in enumerate(parents)]
    for child, parent in enumerate(parents):
        if parent >= 0:
            indices[parent].append(f"b{child}")
    sites = 0
    for node, tensor in enumerate(tensors):
        if tensor.ndim > len(indices[node]):
            indices[node].append(f"k{sites}")
            sites += 1
    theirs = qtn.TensorNetwork([qtn.Tensor(*pair) for pair in zip(tensors, indices, strict=True)])
    open_ones = [f"k{site}" for site in range(sites)]
    dense = theirs.contract(output_inds=open_ones) if sites else None
    assert to_numpy(network) == pytest.approx(np.asarray(dense.data), abs=1e-12)
    if sites > 1:
        mask = random_mask(sites, np.random.default_rng(seed))
        left = [name for name, side in zip(open_ones, mask, strict=True) if side]
        values = dense.singular_values(left)
        found = measure(network, mask)
        assert abs(found.entropy - measures.entropy(np.asarray(values))) <= 1e-9
        assert found.schmidt_number <= min_cut(network, mask).value


@pytest.mark.parametrize("seed", range(24))
def test_what_goes_to_quimb_and_einsum_contracts_to_the_coefficients(seed):
    import cotengra

    network, mask = random_network(seed, classes=2)
    tensor = network.coefficient_tensor()[1]
    assert to_numpy(network, 1) == pytest.approx(tensor)
    equation, arrays = to_einsum(network, 1)
    assert np.einsum(equation, *arrays) == pytest.approx(tensor)
    assert cotengra.einsum(equation, *arrays) == pytest.approx(tensor)
    open_ones = [f"k{site}" for site in range(network.sites)]
    theirs = to_quimb(network, 1)
    assert np.asarray(theirs.contract(output_inds=open_ones).data) == pytest.approx(tensor)
    assert sorted(theirs.tags) == sorted(
        [f"NODE{node}" for node in range(len(network.parents))] + [f"SITE{site}" for site in range(network.sites)]
    )
    # a state from the outside is measured as the network is
    state = to_numpy(network, [0.5, -2.0])
    assert state == pytest.approx(0.5 * network.coefficient_tensor()[0] - 2 * tensor)
    assert abs(measure(state, mask).entropy - measure(network, mask, output=[0.5, -2.0]).entropy) <= 1e-9
    values = np.linalg.svd(matricization(tensor, mask), compute_uv=False)
    assert abs(measure(network, mask, output=1).entropy - measures.entropy(values)) <= 1e-9


def test_a_circuit_goes_out_as_the_tree_that_it_is():
    circuit = random_circuit(PoolingTree.named("mirror", (4, 4)), 2, (3, 2), np.random.default_rng(0), classes=2)
    network = TreeTensorNetwork.of(circuit)
    assert network.coefficient_tensor() == pytest.approx(circuit.coefficient_tensor())
    assert to_numpy(circuit, 1) == pytest.approx(circuit.coefficient_tensor()[1])
    representation = np.random.default_rng(1).normal(size=(3, 16, 2))
    assert network.amplitudes(representation) == pytest.approx(circuit.amplitudes(representation))
    open_ones = [f"k{site}" for site in range(16)]
    dense = to_quimb(circuit).contract(output_inds=open_ones)
    assert np.asarray(dense.data) == pytest.approx(circuit.coefficient_tensor()[0])


def test_an_equation_has_more_indices_than_letters():
    circuit = random_circuit(PoolingTree.named("line", (64,)), 2, (2,) * 6, np.random.default_rng(0))
    equation, arrays = to_einsum(circuit)
    inputs, output = equation.split("->")
    assert len(set(output)) == 64
    assert len(inputs.split(",")) == len(arrays) == 127
    import cotengra

    ends = [np.array([1.0, 0.5])] * 64
    closed = f"{inputs},{','.join(output)}->"
    value = cotengra.einsum(closed, *arrays, *ends)
    assert value == pytest.approx(circuit.amplitudes(np.tile([1.0, 0.5], (1, 64, 1)))[0, 0])


@pytest.mark.parametrize("shape", ["lrp", "lpr", "plr"])
def test_axes_of_a_matrix_product_state_in_any_order(shape, rng):
    cores = [normal(rng, size, True) for size in ((1, 3, 2), (3, 4, 2), (4, 1, 2))]
    network = from_mps([core.transpose(["lrp".index(letter) for letter in shape]) for core in cores], shape)
    assert to_numpy(network) == pytest.approx(np.einsum("abx,bcy,cdz->xyz", *cores))
    grid = from_mps([*cores[:2], normal(rng, (4, 2, 2), True), normal(rng, (2, 2), True)], sites=(2, 2))
    assert measure(grid, "left-right").min_cut.value <= 16


MPS = [np.ones((1, 2, 2)), np.ones((2, 2, 2)), np.ones((2, 1, 2))]


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: from_mps(MPS, "lrx"), "shape: got 'lrx'; accepted: l, r and p"),
        (lambda: from_mps(MPS[:1]), "arrays: accepted: a list of tensors"),
        (lambda: from_mps([*MPS[:2], np.ones((3, 1, 2))]), "arrays: sites 1 and 2 have bonds of 2 and 3"),
        (lambda: from_mps([MPS[1], *MPS[1:]]), "arrays: site 0 has an end of dimension 2; accepted: 1"),
        (lambda: from_mps([MPS[0], np.ones((2, 2)), MPS[2]]), "arrays: site 1 has 2 axes; accepted: lrp"),
        (lambda: from_mps(MPS, sites=(2, 2)), "tensors: 3 have an open axis; accepted: one per site, 4"),
        (lambda: from_mps([MPS[0], MPS[1] * np.nan, MPS[2]]), "arrays: site 1: has a value that isn't finite"),
        (lambda: from_tree((-1, 0), [np.ones((2, 2))]), "tensors: got 1; accepted: a list of one per node, 2"),
        (lambda: from_tree((-1, 0), np.ones((2, 2, 2))), "tensors: got ndarray; accepted: a list of one per node"),
        (lambda: from_tree((-1, 0, 0), [np.eye(2), 3.0, np.eye(2)]), "tensors: node 1 has 0 axes; accepted: the bond"),
        (lambda: from_tree((0, 1), [np.ones((2, 2))] * 2), "parents: accepted: one root"),
        (lambda: from_tree((-1, 2, 1), [np.ones((2, 2))] * 3), "parents: node 1 is above itself"),
        (
            lambda: from_tree((-1, 0), [np.ones((2, 2)), np.ones((3, 2))]),
            "tensors: nodes 0 and 1 have bonds of 2 and 3",
        ),
        (lambda: from_tree((-1, 0), [np.ones((2, 2)), np.ones(2)]), "tensors: node 1 has 1 axes; accepted: the bond"),
        (lambda: to_numpy(3), "network: got int; accepted: a Circuit, a TreeTensorNetwork"),
        (lambda: to_numpy(from_mps(MPS), 1), "output: got 1; accepted: an integer from 0 to 0"),
        (
            lambda: to_numpy(from_mps([np.ones((2, 2)), *[np.ones((2, 2, 2))] * 22, np.ones((2, 2))])),
            "too many to list",
        ),
    ],
)
def test_what_does_not_fit_is_named(call, says):
    with pytest.raises(ArgumentError) as error:
        call()
    assert says in str(error.value)
    assert len(str(error.value)) <= 200
    assert "\n" not in str(error.value)


def test_without_quimb_one_line_says_so(monkeypatch):
    monkeypatch.setitem(sys.modules, "quimb.tensor", None)
    with pytest.raises(ArgumentError, match="quimb isn't installed; accepted: an environment with quimb"):
        to_quimb(from_mps(MPS))


@pytest.mark.parametrize("scale", [1e-200, 1e200, 1e-107])
def test_coefficients_out_of_range_are_refused_not_listed_as_zero(scale):
    network = from_mps([tensor * scale for tensor in MPS])
    with pytest.raises(ArgumentError, match="network: coefficients leave float64's range"):
        to_numpy(network)
    assert measure(network, [0]).entropy == pytest.approx(measure(from_mps(MPS), [0]).entropy)


def test_a_tensor_of_zeros_is_listed_as_such():
    assert not to_numpy(from_mps([MPS[0], 0 * MPS[1], MPS[2]])).any()
