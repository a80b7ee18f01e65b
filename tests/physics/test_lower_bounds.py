"""Theorems that bound ranks from below: rounded cuts, split windows, pairs of depths, grid tensors of rectifiers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convac.entanglement.generic_rank import TreeShape, generic_rank
from convac.entanglement.grid import GridFunction, grid_tensor
from convac.entanglement.mincut import power_below, rounded_min_cut, split_windows_bound, tree_min_cut
from convac.experiments.depth_efficiency import grids
from convac.experiments.depth_efficiency.depths import blocks, cut_short
from convac.experiments.min_cut.pairs import FORMS
from convac.experiments.recurrent_memory.growth import growth
from convac.experiments.recurrent_memory.jobs import Growth
from convac.geometry.trees import PoolingTree

TREES = [(2, 2), (3, 2), (2, 2, 2), (3, 3), (4, 2)]


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_ranks_reach_what_theorems_say(data):
    windows = data.draw(st.sampled_from(TREES))
    tree = PoolingTree.named("line", (int(np.prod(windows)),), windows)
    dimension = data.draw(st.integers(2, 4))
    widths = tuple(data.draw(st.lists(st.integers(1, 6), min_size=len(windows), max_size=len(windows))))
    inside = data.draw(st.sets(st.integers(0, tree.sites - 1), min_size=1, max_size=tree.sites - 1))
    sizes = (tree, dimension, widths, sorted(inside))
    cut = tree_min_cut(*sizes).value
    located, shared = (
        generic_rank(TreeShape(tree, dimension, widths, (same,) * len(widths)), sorted(inside)).value
        for same in (False, True)
    )
    assert split_windows_bound(*sizes) <= shared <= located <= cut
    assert split_windows_bound(*sizes) <= cut
    assert rounded_min_cut(*sizes) <= located
    if {dimension, *widths} <= {1, 2, 4}:
        assert rounded_min_cut(*sizes) == located == cut


@given(st.integers(1, 10**6), st.integers(2, 40))
def test_a_power_below(number, base):
    found = power_below(number, base)
    assert found <= number < found * base
    while found > 1:
        assert found % base == 0
        found //= base


@pytest.mark.parametrize("partition", sorted(FORMS))
@pytest.mark.parametrize(("dimension", "widths"), [(2, (2, 3, 2)), (3, (2, 5, 7)), (4, (3, 3)), (5, (4, 1, 3))])
def test_closed_forms_are_the_min_cuts_of_pairs_trees(partition, dimension, widths):
    tree = PoolingTree.named("line", (2 ** len(widths),))
    assert FORMS[partition](dimension, widths) == tree_min_cut(tree, dimension, widths, partition).value


def test_circuits_cut_short_after_two_levels():
    tree = cut_short(8, 2)
    assert tree.windows == (2, 4)
    shallower = TreeShape(tree, 2, (3, 3), (False,) * 2)
    deeper = TreeShape(cut_short(8, 3), 2, (3,) * 3, (False,) * 3)
    inside = blocks(8, 2)
    assert generic_rank(shallower, inside).value == 3
    assert generic_rank(deeper, inside).value == 9  # at least 2 to the power of 2


@pytest.mark.parametrize("pooling", ["max", "average"])
def test_a_listed_grid_tensor_is_the_engines(pooling):
    tree = PoolingTree.named("line", (4,))
    layers = grids.random_layers(tree, 3, 2, np.random.default_rng(0))
    wanted = grid_tensor(GridFunction(lambda x: grids.network_values(tree, layers, pooling, x), (4,), np.eye(3)))
    assert grids.listed(tree, 3, layers, pooling) == pytest.approx(wanted)


@pytest.mark.parametrize(("sites", "dimension", "width"), [(4, 3, 2), (4, 2, 4), (8, 2, 2)])
def test_the_constructed_network_asks_whether_neighbours_are_equal(sites, dimension, width):
    tree = PoolingTree.named("line", (sites,))
    found = grids.listed(tree, dimension, grids.equal_sites(tree, dimension, width), "max")
    codes = np.indices((dimension,) * sites)
    used = codes[0::2] < min(width, dimension)
    equal = ((codes[0::2] == codes[1::2]) & used).all(axis=0)
    assert (found == 1 - equal).all()


def test_one_channel_replaces_a_network_of_the_ball_and_no_random_one():
    tree, generator = PoolingTree.named("line", (8,)), np.random.default_rng(1)
    for layers, same in (
        (grids.near_single(tree, 2, 3, generator), True),
        (grids.random_layers(tree, 2, 3, generator), False),
    ):
        deep = grids.listed(tree, 2, layers, "max")
        distance = np.linalg.norm(deep - grids.single_channel(tree, 2, layers)) / np.linalg.norm(deep)
        assert (distance < grids.EXACT) == same


def test_the_rank_of_two_layers_grows_with_the_length():
    rows = list(growth(Growth(local_dimension=3, width=2, steps=(8, 16))))
    assert [row["value"] for row in rows if row["quantity"] == "certified_rank"] == [10, 18]
    assert [row["value"] for row in rows if row["quantity"] == "growth_exponent"] == [pytest.approx(np.log2(1.8))]
