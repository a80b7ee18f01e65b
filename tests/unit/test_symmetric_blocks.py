"""Blocks of equal mixed children: their dimensions, and the ranks that they explain and bound."""

from math import comb, factorial

import numpy as np
import pytest

from convac.entanglement.generic_rank import TreeShape, generic_rank
from convac.entanglement.mincut import symmetric_min_cut
from convac.entanglement.node_bridge import bridged_rank
from convac.entanglement.symmetric_blocks import block_bound, partitions, schur_dimension
from convac.errors import ArgumentError
from convac.geometry.trees import PoolingTree


@pytest.mark.parametrize("number", range(7))
def test_powers_of_a_space_are_the_sum_of_their_blocks(number):
    """Schur-Weyl: n^k = Σ_μ dim S_μ(n) · f^μ, and k! = Σ (f^μ)²."""
    shapes = partitions(number)
    assert len(set(shapes)) == len(shapes)
    for size in range(5):
        assert sum(schur_dimension(each, size) * schur_dimension(each, None) for each in shapes) == size**number
    assert sum(schur_dimension(each, None) ** 2 for each in shapes) == factorial(number)
    assert schur_dimension((number,), 3) == comb(number + 2, 2)


def line(windows):
    return PoolingTree.named("line", (int(np.prod(windows)),), windows)


@pytest.mark.parametrize(
    ("windows", "dimension", "widths", "inside", "rank"),
    [
        ((3, 2, 2), 2, (4, 4, 4), (0, 2, 3, 5, 6, 7), 26),  # 8·3 columns of one block, 9 rows of the other
        ((3, 2, 2), 2, (5, 7, 5), (0, 2, 3, 5, 8, 9), 33),
        ((3, 4), 2, (7, 2), (2, 5, 6, 7, 9, 10, 11), 14),
    ],
)
def test_equal_mixed_children_pass_blocks(windows, dimension, widths, inside, rank):
    tree = line(windows)
    family = TreeShape(tree, dimension, widths, (True,) * tree.levels)
    assert generic_rank(family, list(inside)).value == rank
    bounds = block_bound(tree, dimension, widths, inside), bridged_rank(tree, dimension, widths, inside, shared=True)
    assert min(bounds) == rank < symmetric_min_cut(tree, dimension, widths, inside)
    assert (bounds[0] == rank) == (len(windows) == 3)


def test_the_bound_lies_between_the_rank_and_the_symmetric_cut():
    generator = np.random.default_rng(8)
    choices = ((2, 2, 2), (3, 2, 2), (2, 4), (3, 3), (4, 2), (2, 2, 3))
    for _ in range(60):
        windows = choices[generator.integers(len(choices))]
        tree, dimension = line(windows), int(generator.integers(2, 4))
        widths = tuple(int(width) for width in generator.integers(1, 6, tree.levels))
        inside = np.flatnonzero(generator.integers(0, 2, tree.sites)).tolist()
        if not 0 < len(inside) < tree.sites:
            continue
        cut = symmetric_min_cut(tree, dimension, widths, inside)
        bound = block_bound(tree, dimension, widths, inside)
        rank = generic_rank(TreeShape(tree, dimension, widths, (True,) * tree.levels), inside).value
        assert rank <= bound <= cut


def test_pure_children_are_symmetric_tensors():
    tree = line((2, 2, 2, 2))
    inside = list(range(6))
    assert block_bound(tree, 2, (4, 4, 4, 4), inside) == symmetric_min_cut(tree, 2, (4, 4, 4, 4), inside) == 12


def test_too_many_blocks_are_refused():
    tree = line((2, 2, 64))
    inside = [site for start in range(0, 256, 4) for site in ((start, start + 2) if start % 8 else (start,))]
    with pytest.raises(ArgumentError, match=r"^partition: 32 equal children make too many blocks; accepted: 65536$"):
        block_bound(tree, 3, (3, 3, 3), inside)
