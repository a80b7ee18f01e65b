"""Trees of tensors in a basis of the data's own, and their answers to images: against listed tensors and circuits."""

from dataclasses import replace

import numpy as np
import pytest
from tree_networks import random_mask, random_network

from convac import (
    PoolingTree,
    TreeTensorNetwork,
    data_dependence,
    measure,
    profile,
    random_circuit,
    site_grams,
    to_numpy,
)
from convac.entanglement import measures
from convac.entanglement.brute import matricization
from convac.entanglement.composites import crossed
from convac.entanglement.sources import orthonormal_network
from convac.errors import ArgumentError


def unequal(seed):
    """A random network whose sites take 2 to 4 numbers each, a partition, and a Gram matrix per site."""
    network, mask = random_network(seed)
    generator = np.random.default_rng(seed + 1000)
    weights, grams = list(network.weights), []
    for site in range(network.sites):
        size = 2 + (site + seed) % 3
        shape = (weights[site].shape[0], size)
        weights[site] = generator.normal(size=shape)
        if network.is_complex:
            weights[site] = weights[site] + 1j * generator.normal(size=shape)
        basis = generator.normal(size=(size, size + 1))
        grams.append(basis @ basis.T)
    return replace(network, weights=tuple(weights)), mask, grams


def in_basis(tensor, grams):
    """The listed tensor with the symmetric root of each Gram matrix on its axis."""
    for site, gram in enumerate(grams):
        values, vectors = np.linalg.eigh(gram)
        root = (vectors * np.sqrt(values.clip(min=0))) @ vectors.T
        tensor = np.moveaxis(np.tensordot(root, tensor, axes=(1, site)), 0, site)
    return tensor


@pytest.mark.parametrize("engine", ["brute", "spectrum", "renyi2"])
@pytest.mark.parametrize("seed", range(30))
def test_an_engine_gives_what_the_listed_function_has_under_gram_matrices(seed, engine):
    network, mask, grams = unequal(seed)
    assert len(set(network.local_dimensions)) > 1
    assert network.is_complex == (seed % 3 > 0)
    values = np.linalg.svd(matricization(in_basis(to_numpy(network), grams), mask), compute_uv=False)
    found = measure(network, mask, gram=grams, engine=engine)
    assert abs(found.renyi2 - measures.renyi(values, 2)) <= found.error + 1e-12
    if engine != "renyi2":
        assert abs(found.entropy - measures.entropy(values)) <= found.error + 1e-12
    # and not what it has without
    assert abs(found.renyi2 - measure(network, mask).renyi2) > 1e-6 or found.min_cut.value == 1


@pytest.mark.parametrize("seed", range(6))
def test_a_tree_has_the_entropies_of_its_circuit_in_the_basis_of_the_data(seed):
    generator = np.random.default_rng(seed)
    tree = PoolingTree((8,), (3, 0, 5, 1, 7, 4, 6, 2), (2, 2, 2))
    circuit = random_circuit(tree, 3, (2, 3, 2), generator, shared=bool(seed % 2))
    network = TreeTensorNetwork.of(circuit)
    images = generator.choice(3, size=(30, 8), p=[0.6, 0.3, 0.1])
    images[:, 1] = 2  # a site that is always the same: two functions vanish there
    grams = site_grams(images, 3)
    mask = random_mask(8, generator)
    for gram in (grams, grams[0] + 0.1):
        one, other = (measure(each, mask, gram=gram) for each in (circuit, network))
        assert abs(one.entropy - other.entropy) <= one.error + other.error
        profiles = [profile(each, gram=gram, blocks=[[0, 3], [1], [2, 5, 6]]) for each in (circuit, network)]
        for first, second in zip(*(found.rows for found in profiles), strict=True):
            assert first[:4] == second[:4]
            assert first.value == pytest.approx(second.value, abs=first.error + second.error + 1e-12)


@pytest.mark.parametrize("seed", range(10))
def test_a_profile_has_what_measure_gives_in_that_basis(seed):
    network, _, grams = unequal(seed)
    found = profile(network, gram=grams, orders=[1, 2], parts=["bonds", "prefixes"])
    below = [{node} if node < network.sites else set() for node in range(len(network.parents))]
    for node in network.order[:-1]:
        below[network.parents[node]] |= below[node]
    for row in found.rows:
        block = set(range(row.sites)) if row.part == "prefix" else below[int(row.name.split()[1])]
        if len(block) < network.sites:
            whole = measure(network, sorted(block), gram=grams)
            expected = whole.entropy if row.order == 1 else whole.renyi2
            assert row.value == pytest.approx(expected, abs=row.error + whole.error + 1e-12)


def test_rounding_of_the_basis_is_part_of_the_error():
    network, mask, grams = unequal(3)
    nearly = [gram * 0 + 1 + 1e-9 * np.eye(len(gram)) for gram in grams]
    known = orthonormal_network(network, nearly)[1]
    assert known > 1e-9
    found = measure(network, mask, gram=nearly, largest_error=np.inf)
    assert found.error > measure(network, mask, gram=grams).error
    assert found.error > known / 10


# ---- answers to images


@pytest.mark.parametrize("vectors", [False, True])
def test_a_tree_depends_on_data_as_its_circuit_does(vectors):
    generator = np.random.default_rng(0)
    circuit = random_circuit(PoolingTree.named("square", (4, 4)), 2, (3, 3), generator, classes=3)
    images = generator.integers(0, 2, (80, 4, 4))
    shown = np.eye(2)[images.reshape(80, 16)] if vectors else images
    (one,), (other,) = (
        data_dependence(each, "left-right", shown, samples=32) for each in (circuit, TreeTensorNetwork.of(circuit))
    )
    assert other.share.value == pytest.approx(one.share.value, abs=1e-9)
    assert measure(TreeTensorNetwork.of(circuit), "left-right", data=shown, samples=32).share == other.share


def test_answers_of_a_complex_tree_are_those_of_its_listed_tensor():
    network, _ = random_network(4, sites=6, classes=3)
    assert network.is_complex
    tensor = network.coefficient_tensor()
    images = np.random.default_rng(1).integers(0, 2, (12, 6))
    scores = crossed(network, [0, 1, 2], images)[0]
    for row, column in ((0, 0), (3, 7), (11, 2)):
        mixed = np.concatenate([images[row, :3], images[column, 3:]])
        logits = 2 * np.log(np.abs(tensor[(slice(None), *mixed)]))
        found = scores[row, column]
        assert found - found.mean() == pytest.approx(logits - logits.mean(), abs=1e-9)


def test_a_large_tree_answers_where_its_amplitudes_leave_floating_point():
    network = TreeTensorNetwork.of(
        random_circuit(PoolingTree.named("line", (1024,)), 2, (2,) * 10, np.random.default_rng(2), classes=2)
    )
    images = np.random.default_rng(3).integers(0, 2, (8, 1024))
    each = [np.eye(2)[symbols] for symbols in images.T]
    with np.errstate(under="ignore"):
        assert not network.amplitudes(each).all()
    assert network.scaled_amplitudes(each).all()
    assert np.isfinite(crossed(network, range(512), images)).all()


@pytest.mark.parametrize(
    ("images", "says"),
    [
        (np.full((80, 6), 2), "images: site 0 has 2..2; accepted: 0..1"),
        (np.zeros((80, 5), dtype=int), "accepted: "),
        (np.ones((80, 6, 3)), ""),
    ],
)
def test_images_that_do_not_fit_are_named(images, says):
    with pytest.raises(ArgumentError) as error:
        measure(random_network(0, sites=6, classes=2)[0], [0, 1, 2], data=images)
    assert says in str(error.value)
    assert len(str(error.value)) <= 200
