"""The min-cut of trees against every assignment of sides, against a maximal flow, and against known values."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import maximum_flow

from convac.circuits.tree import random_circuit
from convac.entanglement.mincut import MinCut, min_cut, tree_min_cut
from convac.entanglement.sub_partitions import sub_partitions
from convac.errors import ArgumentError
from convac.geometry.trees import PoolingTree

ALWAYS = settings(max_examples=80, deadline=None, derandomize=True)
SMALL = [(2,), (5,), (2, 2), (2, 3), (3, 2), (4, 2), (2, 4), (3, 3), (2, 2, 2)]
LARGE = [(2, 2, 2, 2), (4, 4, 2), (3, 3, 3), (2, 8), (16, 2), (2, 2, 3, 2, 2)]


@st.composite
def cut_problems(draw, windows, dimensions):
    """A random tree with its bond dimensions and a proper subset of its sites."""
    sizes = draw(st.sampled_from(windows))
    count = math.prod(sizes)
    tree = PoolingTree((count,), tuple(draw(st.permutations(range(count)))), sizes)
    widths = tuple(draw(dimensions) for _ in sizes)
    inside = draw(st.sets(st.integers(0, count - 1), min_size=1, max_size=count - 1))
    return tree, draw(dimensions), widths, sorted(inside)


def hyperedges(tree, local_dimension, widths):
    """The network as a hypergraph: vertices are the maps below every pooling and the output, ("map", level, position).

    Returns the bonds as (kind, level, position, dimension) with the vertices that each joins.
    """
    edges = [
        (("site", 0, site, local_dimension), [("site", site), ("map", 0, position)])
        for position, site in enumerate(tree.order)
    ]
    for level, (window, width) in enumerate(zip(tree.windows, widths, strict=True), start=1):
        for position in range(tree.positions[level]):
            below = [("map", level - 1, position * window + child) for child in range(window)]
            edges.append((("pool", level, position, width), [*below, ("map", level, position)]))
    return edges


def smallest_by_enumeration(tree, local_dimension, widths, inside):
    edges = hyperedges(tree, local_dimension, widths)
    free = sorted({vertex for _, ends in edges for vertex in ends if vertex[0] == "map"})
    sides = np.array(list(itertools.product([False, True], repeat=len(free))))
    column = {vertex: sides[:, number] for number, vertex in enumerate(free)}
    column |= {("site", site): np.full(len(sides), site in inside) for site in range(tree.sites)}
    cost = np.ones(len(sides), dtype=np.int64)
    for (*_, dimension), ends in edges:
        joined = np.stack([column[vertex] for vertex in ends])
        cost *= np.where(joined.any(axis=0) & ~joined.all(axis=0), dimension, 1)
    return int(cost.min())


def smallest_by_flow(tree, capacities, inside, scale):
    """Maximal flow in units of 1/scale; a hyperedge is a pair of vertices with one capacity between them."""
    edges = hyperedges(tree, capacities[0], capacities[1:])
    vertices = {"I": 0, "rest": 1}
    arcs = []

    def number(vertex):
        if vertex[0] == "site":
            return vertices["I" if vertex[1] in inside else "rest"]
        return vertices.setdefault(vertex, len(vertices))

    endless = 2**30
    for bond, ends in edges:
        entry, leave = number(("in", *bond)), number(("out", *bond))
        arcs.append((entry, leave, round(bond[3] * scale)))
        arcs += [(number(vertex), entry, endless) for vertex in ends]
        arcs += [(leave, number(vertex), endless) for vertex in ends]
    rows, columns, values = np.array(arcs).T
    size = len(vertices)
    graph = csr_matrix((values.astype(np.int32), (rows, columns)), shape=(size, size))
    return maximum_flow(graph, 0, 1).flow_value / scale


def separates(tree, local_dimension, widths, inside, cut: MinCut):
    """Whether no path joins I and its complement once the cut bonds are gone."""
    cut_bonds = {tuple(bond) for bond in cut.bonds}
    parent = {}

    def root(vertex):
        while parent.setdefault(vertex, vertex) != vertex:
            vertex = parent[vertex]
        return vertex

    for bond, ends in hyperedges(tree, local_dimension, widths):
        if bond not in cut_bonds:
            for vertex in ends[1:]:
                parent[root(vertex)] = root(ends[0])
    within = {root(("site", site)) for site in inside}
    without = {root(("site", site)) for site in range(tree.sites) if site not in inside}
    return not within & without


@ALWAYS
@given(cut_problems(SMALL, st.integers(1, 6)))
def test_the_value_is_the_smallest_over_all_assignments(problem):
    cut = tree_min_cut(*problem)
    assert cut.value == smallest_by_enumeration(*problem)


@ALWAYS
@given(cut_problems(SMALL + LARGE, st.integers(1, 9)))
def test_the_cut_itself_has_that_value_and_separates(problem):
    cut = tree_min_cut(*problem)
    assert math.prod(bond.dimension for bond in cut.bonds) == cut.value
    assert len(set(cut.bonds)) == len(cut.bonds)
    assert cut.log == pytest.approx(math.log(cut.value))
    assert separates(*problem, cut)


@ALWAYS
@given(cut_problems(LARGE, st.integers(0, 5)))
def test_powers_of_two_agree_with_an_exact_maximal_flow(problem):
    tree, site, widths, inside = problem
    cut = tree_min_cut(tree, 2**site, tuple(2**width for width in widths), inside)
    assert cut.value == 2 ** smallest_by_flow(tree, (site, *widths), inside, 1)


@ALWAYS
@given(cut_problems(LARGE, st.integers(1, 30)))
def test_other_widths_agree_with_a_maximal_flow_of_logarithms(problem):
    tree, site, widths, inside = problem
    capacities = [math.log(dimension) for dimension in (site, *widths)]
    assert tree_min_cut(*problem).log == pytest.approx(smallest_by_flow(tree, capacities, inside, 10**6), abs=1e-4)


@ALWAYS
@given(cut_problems(SMALL + LARGE, st.integers(1, 9)))
def test_i_and_its_complement_have_the_same_cut(problem):
    tree, site, widths, inside = problem
    complement = sorted(set(range(tree.sites)) - set(inside))
    assert tree_min_cut(tree, site, widths, complement).value == tree_min_cut(*problem).value


def test_the_shared_pairs_tree_of_sixteen_sites():
    tree = PoolingTree.named("line", (16,))
    found = [tree_min_cut(tree, 2, (4, 4, 4, 4), range(n)).value for n in range(1, 9)]
    assert found == [2, 4, 8, 4, 8, 16, 8, 4]


def test_a_shallow_network_is_cut_at_its_sites_or_at_its_one_copy_tensor():
    tree = PoolingTree((12,), tuple(range(12)), (12,))
    assert tree_min_cut(tree, 3, (20,), [4, 7]).value == 9
    assert tree_min_cut(tree, 3, (20,), range(3)).bonds == (("pool", 1, 0, 20),)


def test_a_large_cut_stays_an_exact_integer():
    tree = PoolingTree.named("square", (32, 32))
    cut = tree_min_cut(tree, 3, (81,) * 5, "interleaved")
    assert cut.value == 3**512
    assert cut.log == pytest.approx(512 * math.log(3))
    assert {(bond.kind, bond.dimension) for bond in cut.bonds} == {("site", 3)}


def test_a_circuit_is_cut_by_its_widths_alone():
    tree = PoolingTree.named("mirror", (4, 4))
    circuit = random_circuit(tree, 2, (3, 5), np.random.default_rng(0), shared=True)
    assert min_cut(circuit, "left-right") == tree_min_cut(tree, 2, (3, 5), "left-right")


@pytest.mark.parametrize("widths", [(3,), (3, 0), ()])
def test_widths_that_do_not_fit_are_refused(widths):
    with pytest.raises(ArgumentError, match="widths"):
        tree_min_cut(PoolingTree.named("square", (4, 4)), 2, widths, "left-right")


def test_equal_sub_partitions_are_numbered_once_whatever_the_order_of_children():
    tree = PoolingTree((8,), tuple(range(8)), (2, 2, 2))
    mask = np.array([True, False, False, True, True, True, False, False])
    parts = sub_partitions(tree, mask)
    assert parts.numbers[1] == (0, 0, 1, 2)
    assert [node.side for node in parts.nodes[1]] == [None, True, False]
    apart = sub_partitions(tree, mask, (False, True, False))
    assert apart.numbers[1] == (0, 1, 2, 3)
