"""Min-cuts of general networks by max-flow: against the trees' dynamic programme and against enumeration."""

from itertools import product
from math import prod

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convac.entanglement.graphs import Network, graph_min_cut, tree_network
from convac.entanglement.mincut import tree_min_cut
from convac.errors import ArgumentError
from convac.experiments.min_cut.compute import ring_network, ring_rank
from convac.geometry.trees import PoolingTree


@pytest.mark.parametrize("seed", range(60))
def test_equals_the_dynamic_programme_on_trees(seed):
    generator = np.random.default_rng(seed)
    windows = [(2, 2, 2), (3, 2), (2, 4), (3, 3)][seed % 4]
    tree = PoolingTree.named("random", (prod(windows),), windows, seed=seed)
    widths = tuple(int(width) for width in generator.integers(1, 7, tree.levels))
    inside = generator.permutation(tree.sites)[: generator.integers(1, tree.sites)].tolist()
    found = graph_min_cut(tree_network(tree, 3, widths), inside)
    assert found.value == tree_min_cut(tree, 3, widths, inside).value
    assert found.log == pytest.approx(np.log(float(found.value)))


def enumerated(network: Network, inside: set[int]) -> int:
    """The cheapest set of copy tensors whose removal separates I from the rest, by trying all."""
    names = list(network.dimensions)
    best = prod(network.dimensions.values())
    for removed in product([False, True], repeat=len(names)):
        gone = {name for name, out in zip(names, removed, strict=True) if out}
        cost = prod(network.dimensions[name] for name in gone)
        if cost < best and not connected(network, inside, gone):
            best = cost
    return best


def connected(network: Network, inside: set[int], gone: set) -> bool:
    reached = [name for name in network.dimensions if name[0] == "site" and name[1] in inside and name not in gone]
    seen = set(reached)
    while reached:
        name = reached.pop()
        for one, other in (*network.links, *((b, a) for a, b in network.links)):
            if one == name and other not in seen and other not in gone:
                seen.add(other)
                reached.append(other)
    return any(name[0] == "site" and name[1] not in inside for name in seen)


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_equals_enumeration_on_small_networks_with_loops(data):
    sites, copies = 4, data.draw(st.integers(1, 4))
    names = [*(("site", site) for site in range(sites)), *(("copy", number) for number in range(copies))]
    dimensions = {name: data.draw(st.integers(2, 6)) for name in names}
    pairs = st.tuples(st.sampled_from(names), st.sampled_from(names)).filter(lambda pair: pair[0] != pair[1])
    network = Network(dimensions, tuple(data.draw(st.lists(pairs, max_size=10))))
    inside = data.draw(st.sets(st.integers(0, sites - 1), min_size=1, max_size=sites - 1))
    assert graph_min_cut(network, inside).value == enumerated(network, inside)


@pytest.mark.parametrize("seed", range(20))
def test_rings_never_exceed_their_cut(seed):
    generator = np.random.default_rng(seed)
    bonds = tuple(int(bond) for bond in generator.integers(2, 5, 6))
    inside = tuple(sorted(generator.permutation(6)[: generator.integers(1, 6)].tolist()))
    cut = graph_min_cut(ring_network(2, bonds), inside)
    assert ring_rank(2, bonds, inside, generator) <= cut.value
    assert prod(ring_network(2, bonds).dimensions[name] for name in cut.nodes) == cut.value


def test_partitions_must_be_proper():
    network = ring_network(2, (2, 2, 2))
    for inside in ([], [0, 1, 2], [7]):
        with pytest.raises(ArgumentError, match="partition"):
            graph_min_cut(network, inside)


@pytest.mark.parametrize(("threes", "twos"), [(12, 19), (53, 84), (306, 485), (665, 1054)])
@pytest.mark.parametrize("swapped", [False, True])
def test_products_that_nearly_tie_are_told_apart(threes, twos, swapped):
    """Two walls in a row: powers of 3 and of 2 whose logarithms differ by as little as 10^-5 of 730."""
    sizes = {("left", number): 3 for number in range(threes)} | {("right", number): 2 for number in range(twos)}
    ends = {"left": ("site", int(swapped)), "right": ("site", int(not swapped))}
    links = tuple((ends[name[0]], name) for name in sizes) + tuple((name, "middle") for name in sizes)
    network = Network({("site", 0): None, ("site", 1): None, "middle": None, **sizes}, links)
    found = graph_min_cut(network, [0])
    assert found.value == min(3**threes, 2**twos)
    assert len({name[0] for name in found.nodes}) == 1


@pytest.mark.parametrize("size", [824522, 2**20 + 5, 10**7])
@pytest.mark.parametrize("swapped", [False, True])
def test_walls_that_differ_by_one_are_told_apart(size, swapped):
    """n² and n² − 1: logarithms that differ by 10^-12 to 10^-14 of some 30."""
    walls = {"left": (size, size), "right": (size - 1, size + 1)}
    sizes = {(wall, number): each for wall, pair in walls.items() for number, each in enumerate(pair)}
    ends = {"left": ("site", int(swapped)), "right": ("site", int(not swapped))}
    links = tuple((ends[name[0]], name) for name in sizes) + tuple((name, "middle") for name in sizes)
    network = Network({("site", 0): None, ("site", 1): None, "middle": None, **sizes}, links)
    assert graph_min_cut(network, [0]).value == size**2 - 1
