"""Trees with unequal children: every engine against the listed tensor, circuits against themselves node by node."""

import math

import numpy as np
import pytest
from tree_networks import random_network

from convac import bond_spectra, from_mps, generic_rank, measure, min_cut, profile, random_circuit, to_numpy, truncated
from convac.circuits.fields import PRIME_FIELD
from convac.circuits.tree_tensors import TreeTensorNetwork, random_tree_network
from convac.entanglement import measures
from convac.entanglement.brute import matricization
from convac.entanglement.generic_rank import network_rows, rank
from convac.entanglement.measure import CIRCUIT_ENGINES
from convac.entanglement.tree_engines import ENGINES, rerooted, spectrum_needs, well_rooted
from convac.errors import ArgumentError, MemoryLimitError, TimeLimitError
from convac.geometry.trees import PoolingTree

ORDERS = (0.3, 0.5, 0.8, 1, 1.5, 2, math.inf)


def listed_values(network, mask):
    """Singular values by numpy alone, of the listed tensor."""
    return np.linalg.svd(matricization(to_numpy(network), mask), compute_uv=False)


@pytest.mark.parametrize("engine", ["brute", "spectrum", "renyi2"])
@pytest.mark.parametrize("seed", range(60))
def test_an_engine_gives_what_the_listed_tensor_has(seed, engine):
    network, mask = random_network(seed)
    values = listed_values(network, mask)
    found = measure(network, mask, engine=engine)
    assert abs(found.renyi2 - measures.renyi(values, 2)) <= found.error + 1e-13
    assert found.min_cut.value >= int(np.sum(values > 1e-9 * values[0]))
    if engine != "renyi2":
        assert abs(found.entropy - measures.entropy(values)) <= found.error + 1e-13
        assert found.schmidt_number == int(np.sum(values > 1e-10 * values[0]))
    assert found.error < 1e-7


@pytest.mark.parametrize("seed", range(12))
def test_circuits_agree_with_themselves_node_by_node(seed):
    generator = np.random.default_rng(seed)
    geometry = ("square", "mirror", "random")[seed % 3]
    tree = PoolingTree.named(geometry, (4, 4), seed=seed)
    shared, positive = bool(seed % 2), seed % 4 > 1
    circuit = random_circuit(tree, 2, (3, 2 + seed % 3), generator, shared=shared, positive=positive, classes=2)
    network = TreeTensorNetwork.of(circuit)
    for partition in ("left-right", "checkerboard", "centre", [0, 3, 7]):
        for engine in ("brute", "spectrum", "renyi2"):
            one, other = (measure(each, partition, engine=engine, output=1) for each in (circuit, network))
            assert abs(one.renyi2 - other.renyi2) <= one.error + other.error
            assert one.min_cut.value == other.min_cut.value
            assert one.schmidt_number == other.schmidt_number
        if not shared:
            assert generic_rank(circuit, partition) == generic_rank(network, partition)
    levels, nodes = bond_spectra(circuit), bond_spectra(network)
    assert np.concatenate(nodes[16:20]) == pytest.approx(levels[0].ravel(), abs=1e-12)
    assert nodes[20] == pytest.approx(levels[1][0], abs=1e-12)
    theirs, ours = (truncated(each, 2).coefficient_tensor() for each in (circuit, network))
    assert ours == pytest.approx(theirs, abs=1e-9 * np.abs(theirs).max())


@pytest.mark.parametrize("seed", range(20))
def test_a_cut_is_the_rank_of_almost_all_weights_or_above_it(seed):
    network, mask = random_network(seed)
    found, cut = generic_rank(network, mask), min_cut(network, mask)
    assert found.exact
    assert measure(network, mask).schmidt_number == found.value <= cut.value
    assert math.prod(bond.dimension for bond in cut.bonds) == cut.value
    # more product vectors than the cut show no more
    matrix = np.concatenate(list(network_rows(network, mask, cut.value + 3, 1, PRIME_FIELD)))
    assert rank(matrix) == found.value


@pytest.mark.parametrize("seed", range(20))
def test_no_choice_of_bonds_cuts_a_tree_for_less(seed):
    network, mask = random_network(seed, sites=4)
    channels = [weight.shape[1] for weight in network.weights]
    free = range(network.sites, len(channels))
    best = math.inf
    # every node's map above it is on a side or the other; a node whose legs differ is cut once
    for sides in np.ndindex(*(2,) * len(channels)):
        cost = 1
        for node in range(len(channels)):
            if node in free:
                below = {sides[child] for child in network.children[node]}
                cost *= channels[node] if below != {sides[node]} else 1
            else:
                cost *= channels[node] if sides[node] != mask[node] else 1
        best = min(best, cost)
    assert min_cut(network, mask).value == best


@pytest.mark.parametrize("seed", range(30))
def test_bonds_and_truncations(seed):
    network, _ = random_network(seed)
    tensor, spectra = network.coefficient_tensor()[0], bond_spectra(network)
    below = {}
    for node in network.order:
        below[node] = [site for child in network.children[node] for site in below[child]] or [node]
        if node != network.root and len(below[node]) < network.sites:
            mask = np.isin(np.arange(network.sites), below[node])
            values = measures.probabilities(np.linalg.svd(matricization(tensor, mask), compute_uv=False))
            size = min(len(values), len(spectra[node]))
            assert spectra[node][:size] == pytest.approx(values[:size], abs=1e-12)
            assert spectra[node][size:] == pytest.approx(0, abs=1e-12)
    inner = [node for node in range(network.sites, len(network.parents)) if node != network.root]
    for kept in (1, 2):
        lost = np.linalg.norm(truncated(network, kept).coefficient_tensor()[0] - tensor) / np.linalg.norm(tensor)
        discarded = [float(spectra[node][kept:].sum()) for node in inner]
        assert max(discarded, default=0.0) - 1e-12 <= lost**2 <= sum(discarded) + 1e-12


@pytest.mark.parametrize("seed", range(20))
def test_a_profile_is_its_partitions(seed):
    network, _ = random_network(seed)
    found = profile(network, orders=ORDERS)
    for row in found.rows:
        if row.part == "prefix":
            values = listed_values(network, np.arange(network.sites) < int(row.name))
            own = 1e-12 if row.order >= 1 else 1e-6  # of numpy's values, whose zeros are rounding
            assert abs(row.value - measures.renyi(values, row.order)) <= row.error + own
            assert row.value <= row.log_cut + 1e-9
    ones = {row.name: row.value for row in found.rows if row.part == "block" and row.order == 1}
    matrix = found.mutual(1)
    assert (matrix > -1e-12).all()
    assert np.diag(matrix) == pytest.approx([2 * ones[str(site)] for site in range(network.sites)])
    table = found.table()
    assert list(table) == ["part", "name", "sites", "order", "value", "error", "log_cut"]
    assert len(table) == len(found.rows)
    assert set(table["part"]) == {"bond", "prefix", "block", "mutual"}


def test_a_circuit_has_the_profile_of_its_nodes():
    circuit = random_circuit(PoolingTree.named("square", (4, 4)), 2, (3, 3), np.random.default_rng(0), classes=2)
    one = profile(circuit, output=1, blocks=["block", [10, 11], [15]])
    other = profile(TreeTensorNetwork.of(circuit), output=1, blocks=["block", [10, 11], [15]])
    assert [row[:4] for row in one.rows] == [row[:4] for row in other.rows]
    assert [row.value for row in one.rows] == pytest.approx([row.value for row in other.rows], abs=1e-10)
    assert one.blocks == ((0, 1, 4, 5), (10, 11), (15,))
    # more sites than 32: the windows
    large = random_circuit(PoolingTree.named("square", (8, 8)), 2, (2, 2, 2), np.random.default_rng(0))
    assert [len(block) for block in profile(large, parts=["mutual"], orders=[2]).blocks] == [4] * 16


def test_scales_far_apart_neither_over_nor_underflow():
    parents = (*(64 + site for site in range(64)), *(64 + site + 1 for site in range(63)), -1)
    chain = random_tree_network((64,), parents, 2, 3, np.random.default_rng(0), complex_weights=True)
    weights = [weight * (1e250 if node % 2 else 1e-250) for node, weight in enumerate(chain.weights)]
    other = TreeTensorNetwork(chain.shape, chain.parents, [weight * 1e100 for weight in chain.weights])
    for changed in (TreeTensorNetwork(chain.shape, chain.parents, weights), other):
        one, two = measure(chain, range(20)), measure(changed, range(20))
        assert one.entropy == pytest.approx(two.entropy, abs=1e-12)
        assert one.error < 1e-8


@pytest.mark.parametrize("left", [1e-3, 1e-6, 1e-9, 1e-12, 1e-15, 1e-20])
def test_channels_that_cancel_are_in_the_error_or_refused(left):
    # what the first two classes of a product leave is `left` of the others, from below 1e-13 on nothing but rounding
    rows = np.array([[5, 7], [-5, -7], [1, 0], [0, 1]]) * (1 + 0.5j)
    network = TreeTensorNetwork((2,), (2, 2, -1), [rows, rows, np.array([[1, -1, left, left]])])
    for engine in ("brute", "spectrum"):
        if left < 1e-13:
            with pytest.raises(ArgumentError, match="is zero, or cancels below rounding"):
                measure(network, [0], engine=engine, largest_error=math.inf)
        else:
            found = measure(network, [0], engine=engine, largest_error=math.inf)
            assert found.error > 1e-15 / left
            assert abs(found.entropy - math.log(2)) <= found.error


def test_a_tensor_that_cancels_altogether_is_refused():
    rows = np.array([[5, 7], [-5, -7]]) * (1 + 0.5j)
    with pytest.raises(ArgumentError, match="is zero, or cancels"):
        measure(TreeTensorNetwork((2,), (2, 2, -1), [rows, rows * 1j, np.array([[1, -1]])]), [0])


@pytest.mark.parametrize("imaginary", [0, 1j])
def test_bonds_of_a_long_chain_keep_their_digits(rng, imaginary):
    bonds = [1, *[2] * 199, 1]
    shapes = [(*bonds[site : site + 2], 2) for site in range(200)]
    network = from_mps([rng.normal(size=shape) + imaginary * rng.normal(size=shape) for shape in shapes])
    spectra = bond_spectra(network, largest_error=1e-8)
    for site in (1, 100, 198):  # the bond node of tensor `site` lies above all sites from it on
        node = network.parents[network.parents[site]]
        found = measure(network, range(site))
        assert measures.entropy(np.sqrt(spectra[node])) == pytest.approx(found.entropy, abs=1e-10)


def test_a_profile_counts_a_chain_by_its_bonds(rng):
    bonds = [min(2 ** min(site, 24 - site), 32) for site in range(25)]
    network = from_mps([rng.normal(size=(*bonds[site : site + 2], 2)) for site in range(24)])
    found = profile(network, parts=["prefixes"], orders=[1], time_limit=1)
    assert found.rows[11].value == pytest.approx(measure(network, range(12)).entropy)


@pytest.mark.parametrize("seed", range(10))
def test_a_tree_has_the_same_tensor_from_every_root(seed):
    network, mask = random_network(seed)
    if len(network.children[network.root]) > 1:
        for node in range(network.sites, len(network.parents)):
            if node != network.root:
                other = rerooted(network, node)
                assert other.root == node
                assert other.coefficient_tensor() == pytest.approx(network.coefficient_tensor())
    rooted = well_rooted(network, mask)
    assert rooted is network  # small ones stay as they are


def test_a_long_matrix_product_state_is_cut_at_its_bond(rng):
    bonds = [min(2 ** min(site, 60 - site), 16) for site in range(61)]
    cores = [rng.normal(size=(*bonds[site : site + 2], 2)) for site in range(60)]
    network, mask = from_mps(cores), np.arange(60) < 30
    assert spectrum_needs(well_rooted(network, mask), mask)[1] < spectrum_needs(network, mask)[1] / 10
    assert measure(network, mask).schmidt_number == 16 == min_cut(network, mask).value


LINE = (3, 3, 4, 4, -1)
ROWS = [np.ones((2, 2))] * 4 + [np.ones((1, 2))]


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: TreeTensorNetwork((3,), (3, 3, 4, 4, 3), ROWS), "parents: has 0 roots"),
        (lambda: TreeTensorNetwork((3,), (3, 3, 4, -1, -1), ROWS), "parents: has 2 roots"),
        (lambda: TreeTensorNetwork((3,), (3, 3, 2, 4, -1), ROWS), "parents: of node 2 is 2; accepted: an inner node"),
        (lambda: TreeTensorNetwork((3,), (3, 3, 3, 4, -1, 4), ROWS), "parents: node 5 has no child"),
        (lambda: TreeTensorNetwork((2,), (2, 2, 3, 4, 3, -1), ROWS), "parents: node 5 has no child"),
        (lambda: TreeTensorNetwork((2,), (2, 3, 2, -1), ROWS), "parents: node 2 is above itself"),
        (lambda: TreeTensorNetwork((3,), LINE, ROWS[:4]), "weights: accepted: one matrix per node, 5"),
        (lambda: TreeTensorNetwork((3,), LINE, [*ROWS[:4], np.ones((1, 3))]), "weights: node 2 maps to 2 channels"),
        (lambda: TreeTensorNetwork((3,), LINE, [*ROWS[:4], np.ones(2)]), "weights: node 4: has shape [2]"),
        (lambda: TreeTensorNetwork((3,), LINE, [*ROWS[:4], [["a", "b"]]]), "weights: node 4: holds text"),
        (lambda: measure(random_network(1)[0], [0], gram=np.eye(2)), "gram: has shape [2, 2]; accepted"),
        (lambda: measure(random_network(0)[0], [0], gram=[np.eye(2)]), "gram: 1 matrices; accepted: one per site"),
        (lambda: measure(random_network(0)[0], [0], gram=1j * np.eye(2)), "gram: "),
        (lambda: profile(random_network(0)[0], gram=-np.eye(2)), "gram: isn't positive definite"),
        (lambda: measure(random_network(1)[0], [0], engine="grid"), "engine: grid doesn't measure a tree tensor"),
        (lambda: measure(random_network(1)[0], [0], sites=(2, 2)), "sites: given for a source that has its own"),
        (lambda: profile(random_network(1)[0], orders=[]), "orders: none given"),
        (lambda: profile(random_network(1)[0], orders=2), "orders: got 2; accepted: one or more"),
        (lambda: profile(random_network(1)[0], orders="2"), "orders: got '2'; accepted: one or more"),
        (lambda: profile(random_network(1)[0], parts=None), "parts: got None; accepted: bonds"),
        (lambda: profile(random_network(1)[0], parts=[[1]]), "parts: got [[1]]; accepted: bonds"),
        (lambda: profile(random_network(1)[0], orders=[0]), "orders: got 0; accepted: a number > 0"),
        (lambda: profile(random_network(1)[0], parts=["all"]), "parts: got ['all']; accepted: bonds, prefixes, mutual"),
        (lambda: profile(random_network(1)[0], blocks=[[0], [0, 1]]), "blocks: 2 given, or one site twice"),
        (lambda: profile(random_network(1)[0]).mutual(3), "order: got 3; accepted: one of"),
        (lambda: truncated(random_network(1)[0], 0), "rank: got 0"),
        (lambda: TreeTensorNetwork.of(3), "circuit: got int; accepted: a Circuit"),
    ],
)
def test_what_does_not_fit_is_named(call, says):
    with pytest.raises(ArgumentError) as error:
        call()
    assert says in str(error.value)
    assert len(str(error.value)) <= 200


def test_limits_are_checked_before_anything_is_allocated():
    tree = PoolingTree.named("mirror", (16, 16))
    network = TreeTensorNetwork.of(random_circuit(tree, 2, (16,) * 4, np.random.default_rng(0)))
    with pytest.raises(MemoryLimitError, match="engine spectrum: needs"):
        measure(network, "checkerboard", engine="spectrum")
    with pytest.raises(TimeLimitError, match="engine renyi2: takes about"):
        measure(network, "checkerboard", engine="renyi2", time_limit=1e-3)
    with pytest.raises(MemoryLimitError, match="engine brute"):
        measure(network, "checkerboard", engine="brute")
    with pytest.raises(TimeLimitError, match="engine truncation"):
        bond_spectra(network, time_limit=1e-3)
    with pytest.raises(TimeLimitError, match=r"profile: \d+ partitions and all bonds take about"):
        profile(network, time_limit=1)
    with pytest.raises(MemoryLimitError, match="engine generic_rank"):
        generic_rank(network, "checkerboard", memory_limit=1e4)


@pytest.mark.parametrize("as_tree", [False, True])
def test_a_profile_measures_nothing_if_any_partition_passes_a_limit(monkeypatch, as_tree):
    circuit = random_circuit(PoolingTree.named("mirror", (16, 16)), 2, (64,) * 4, np.random.default_rng(0))
    source = TreeTensorNetwork.of(circuit) if as_tree else circuit
    for engine in ENGINES:
        monkeypatch.setitem(ENGINES, engine, None)
        monkeypatch.setitem(CIRCUIT_ENGINES, engine, None)
    crossed = [[0], list(range(1, 200, 2))]  # the first is small; the second is for four copies, with 64⁴ numbers
    with pytest.raises(MemoryLimitError, match="engine renyi2: needs"):
        profile(source, parts="mutual", blocks=crossed, memory_limit=1e8)
    with pytest.raises(TimeLimitError, match="profile: 3 partitions take about"):
        profile(source, parts="mutual", blocks=crossed, memory_limit=1e12, time_limit=10)
    with pytest.raises(MemoryLimitError, match="engine truncation: needs"):
        profile(source, parts="bonds", memory_limit=1e4)
