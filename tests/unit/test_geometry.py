import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convac.errors import ArgumentError
from convac.geometry.partitions import PARTITIONS, Partition
from convac.geometry.trees import GEOMETRIES, PoolingTree

SHAPES = st.one_of(
    st.tuples(st.integers(2, 40)), st.tuples(st.integers(1, 12), st.integers(2, 12)).map(lambda sides: sides)
)


@given(shape=SHAPES, geometry=st.sampled_from(sorted(set(GEOMETRIES) - {"mirror"})))
def test_every_geometry_orders_every_shape(shape, geometry):
    tree = PoolingTree.named(geometry, shape)
    assert sorted(tree.order) == list(range(math.prod(shape)))
    assert math.prod(tree.windows) == tree.sites
    assert tree.positions[0] == tree.sites
    assert tree.positions[-1] == 1


def windows_of(tree: PoolingTree, level: int) -> list[set[int]]:
    size = math.prod(tree.windows[:level])
    return [set(tree.order[start : start + size]) for start in range(0, tree.sites, size)]


def test_square_pools_blocks():
    tree = PoolingTree.named("square", (8, 8))
    for level in (1, 2, 3):
        side = 2**level
        for window in windows_of(tree, level):
            rows, columns = {site // 8 for site in window}, {site % 8 for site in window}
            assert len(rows) == len(columns) == side
            assert max(rows) - min(rows) == max(columns) - min(columns) == side - 1


def test_mirror_pools_a_site_with_its_reflections_at_every_level():
    tree = PoolingTree.named("mirror", (8, 8))
    for window in windows_of(tree, 1):
        row, column = divmod(min(window), 8)
        assert window == {8 * r + c for r in (row, 7 - row) for c in (column, 7 - column)}
    # level 2 reflects within the upper left quadrant, whose sites stand for their windows
    for window in windows_of(tree, 2):
        corner = {(site // 8, site % 8) for site in window if site // 8 < 4 and site % 8 < 4}
        row, column = min(corner)
        assert corner == {(r, c) for r in (row, 3 - row) for c in (column, 3 - column)}
    for window in windows_of(tree, 1) + windows_of(tree, 2):
        assert window == {8 * (site // 8) + 7 - site % 8 for site in window}


def test_dilated_pools_the_most_distant_first():
    assert PoolingTree.named("dilated", (8,)).order[:4] == (0, 4, 2, 6)


def test_line_is_row_major_and_random_follows_its_seed():
    assert PoolingTree.named("line", (2, 3)).order == tuple(range(6))
    one, other = (PoolingTree.named("random", (4, 4), seed=seed) for seed in (0, 1))
    assert one != other
    assert one == PoolingTree.named("random", (4, 4), seed=0)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("squar", (4, 4)), "geometry: 'squar' is unknown"),
        (("mirror", (28, 28)), "mirror doesn't fit"),
        (("square", (4, 4), (4, 3)), "product 16"),
        (("square", (4, 4), (16, 1)), "product 16"),
        (("square", (0, 4)), "sites"),
        (("square", (2, 2, 2)), "sites"),
    ],
)
def test_misfits_are_named(arguments, words):
    with pytest.raises(ArgumentError, match=words):
        PoolingTree.named(*arguments)


@given(shape=st.tuples(st.integers(2, 9), st.integers(2, 9)), name=st.sampled_from(sorted(PARTITIONS)))
def test_named_partitions_are_proper(shape, name):
    partition = Partition.of(shape, name)
    assert 0 < len(partition.inside) < math.prod(shape)
    assert partition.mask.sum() == len(partition.inside)
    if name in {"left-right", "top-bottom"} and not (shape[0] % 2 or shape[1] % 2):
        assert 2 * len(partition.inside) == math.prod(shape)


def test_partitions_by_name():
    grid = np.arange(16).reshape(4, 4)
    assert set(Partition.of((4, 4), "left-right").inside) == set(grid[:, :2].ravel())
    assert set(Partition.of((4, 4), "top-bottom").inside) == set(grid[:2].ravel())
    assert set(Partition.of((4, 4), "interleaved").inside) == set(grid[:, ::2].ravel())
    assert set(Partition.of((4, 4), "centre").inside) == {5, 6, 9, 10}
    assert Partition.of((6,), "start-end").inside == (0, 1, 2)


@pytest.mark.parametrize(
    ("choice", "words"),
    [
        ((), "empty"),
        (range(4), "all 4 sites"),
        ((4,), "out of range"),
        ((-1,), "out of range"),
        ((1, 1), "twice"),
        ("left", "unknown"),
    ],
)
def test_bad_partitions_are_refused_by_name(choice, words):
    with pytest.raises(ArgumentError, match=words):
        Partition.of((2, 2), choice)
