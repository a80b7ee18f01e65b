"""Bridges at every node: a bound on the rank, at most the (symmetric) min-cut, and below that the rank."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convac.entanglement.bridge import bridge_rank, subspace_rank
from convac.entanglement.generic_rank import TreeShape, generic_rank, rank
from convac.entanglement.mincut import symmetric_min_cut, tree_min_cut
from convac.entanglement.node_bridge import INSIDE, OUTSIDE, SUMMED, Ranks, bridged_rank, tuple_values
from convac.geometry.trees import PoolingTree


@st.composite
def trees(draw):
    windows = draw(st.sampled_from([(2, 2), (3, 2), (2, 3), (3, 3), (2, 4), (2, 2, 2), (3, 2, 2), (2, 2, 3)]))
    tree = PoolingTree.named("line", (int(np.prod(windows)),), windows)
    widths = tuple(draw(st.lists(st.integers(1, 5), min_size=len(windows), max_size=len(windows))))
    mask = draw(st.lists(st.booleans(), min_size=tree.sites, max_size=tree.sites))
    inside = [site for site, chosen in enumerate(mask) if chosen]
    return tree, draw(st.integers(1, 3)), widths, inside or [0]


@settings(max_examples=15, deadline=None)
@given(trees(), st.booleans())
def test_bridges_lie_between_rank_and_min_cut(case, shared):
    tree, dimension, widths, inside = case
    if len(inside) == tree.sites:
        inside = inside[1:]
    bound = bridged_rank(tree, dimension, widths, inside, shared)
    cut = (symmetric_min_cut if shared else lambda *sizes: tree_min_cut(*sizes).value)(tree, dimension, widths, inside)
    found = generic_rank(TreeShape(tree, dimension, widths, (shared,) * tree.levels), inside).value
    assert found <= bound <= cut


DEFICITS = [
    ((3, 3), 2, (3, 2), (2, 5, 6, 7, 8), False, 7, 8),  # at the root
    ((2, 2, 2, 2), 3, (3, 5, 16, 2), (4, 5, 6, 8, 9, 10, 11, 15), False, 126, 135),
    ((3, 2, 2), 2, (3, 2, 2), (7, 8, 10, 11), False, 7, 8),  # below the root
    ((3, 4), 2, (3, 2), (1, 2, 3, 8, 9, 11), False, 26, 32),  # three mixed children
    ((3, 3), 3, (5, 3), (0, 1, 2, 5, 7), True, 24, 25),
    ((3, 3), 3, (4, 2), (3, 4, 6, 7), True, 14, 16),  # equal mixed children
]


@pytest.mark.parametrize(("windows", "dimension", "widths", "inside", "shared", "wanted", "cut"), DEFICITS)
def test_deficits_are_those_of_the_bridges(windows, dimension, widths, inside, shared, wanted, cut):
    tree = PoolingTree.named("line", (int(np.prod(windows)),), windows)
    assert generic_rank(TreeShape(tree, dimension, widths, (shared,) * len(widths)), inside).value == wanted
    assert bridged_rank(tree, dimension, widths, inside, shared) == wanted
    plain = symmetric_min_cut if shared else lambda *sizes: tree_min_cut(*sizes).value
    assert plain(tree, dimension, widths, inside) == cut


@pytest.mark.parametrize(
    ("first", "second", "channels"), [((3, 4), (3, 2), 2), ((2, 3), (4, 3), 3), ((5, 5), (2, 2), 4)]
)
def test_two_generic_children_have_the_rank_of_the_quivers(first, second, channels):
    generator = np.random.default_rng(0)
    children = [(Ranks(a, b, min(a, b), min(a, b), channels), 1) for a, b in (first, second)]
    found = {
        place: rank(tuple_values(children, channels, place, 40, False, generator))
        for place in (SUMMED, OUTSIDE, INSIDE)
    }
    (a, b), (d, e) = first, second
    assert found[SUMMED] == bridge_rank(channels, first, second)
    assert found[OUTSIDE] == subspace_rank((min(a, b), a), (min(d, e), d), channels)
    assert found[INSIDE] == subspace_rank((min(a, b), b), (min(d, e), e), channels)
