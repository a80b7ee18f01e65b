import math

import numpy as np
import pytest
import torch
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
        (("square", (1,)), "at least 2 sites"),
        (("square", 4), "sites"),
        (("square", (4.0, 4.0)), "sites"),
        (("square", "44"), "sites"),
        (("square", (True, 4)), "sites"),
        (("square", None), "sites"),
        ((["square"], (4, 4)), "geometry"),
        ((None, (4, 4)), "geometry"),
        (("square", (4, 4), (4.0, 4)), "windows"),
        (("square", (4, 4), 16), "windows"),
        (("square", (4, 4), [True] * 16), "windows"),
        (("square", (4, 4), ()), "windows"),
        (("random", (4, 4), None, 0.5), "seed"),
        (("random", (4, 4), None, "0"), "seed"),
    ],
)
def test_misfits_are_named(arguments, words):
    with pytest.raises(ArgumentError, match=words):
        PoolingTree.named(*arguments)


@pytest.mark.parametrize(
    ("shape", "order", "windows", "words"),
    [
        ((4,), (0, 1, 2, 2), (2, 2), "order"),
        ((4,), (0.0, 1, 2, 3), (2, 2), "order"),
        ((4,), (False, True, 2, 3), (2, 2), "order"),
        ((4,), range(5), (2, 2), "order"),
        ((4,), None, (2, 2), "order"),
        ((2, 2, 2), range(8), (8,), "sites"),
        (4, range(4), (4,), "sites"),
        ((4,), range(4), (2.0, 2.0), "windows"),
        ((4,), range(4), (-2, -2), "windows"),
        ((10**3, 10**3), (0, 1), (2,), "order"),
        ((10**6, 10**6), (0, 1), (2,), "sites"),
    ],
)
def test_trees_of_anything_but_integers_are_refused(shape, order, windows, words):
    with pytest.raises(ArgumentError, match=f"^{words}: .*"):
        PoolingTree(shape, order, windows)


def test_integers_of_numpy_and_torch_are_integers():
    tree = PoolingTree.named("square", (4, 4), (4, 4))
    assert PoolingTree.named("square", np.array([4, 4]), np.array([4, 4], dtype=np.uint8)) == tree
    assert PoolingTree.named("square", torch.tensor([4, 4]), [np.int64(4), torch.tensor(4)]) == tree
    assert PoolingTree(np.array([4, 4]), np.array(tree.order), (np.int8(4), 4)) == tree
    assert hash(PoolingTree([4, 4], list(tree.order), [4, 4])) == hash(tree)
    drawn = PoolingTree.named("random", (4, 4), seed=3)
    assert PoolingTree.named("random", (4, 4), seed=np.int64(3)) == drawn


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


MASK = np.array([[True, False, False], [False, True, False]])
SAME = [
    (0, 4),
    [4, 0],
    {0, 4},
    range(0, 5, 4),
    iter([0, 4]),
    np.array([0, 4], dtype=np.uint8),
    [np.int64(0), np.int32(4)],
    torch.tensor([0, 4]),
    [torch.tensor(0), 4],
    "0,4",
    "0, 4",
    " 4 , 0, ",
    [(0, 0), (1, 1)],
    ((1, 1), (0, 0)),
    [[0, 0], [1, 1]],
    {(0, 0), (1, 1)},
    np.array([[0, 0], [1, 1]]),
    torch.tensor([[0, 0], [1, 1]]),
    [np.array([0, 0]), (1, 1)],
    np.argwhere(MASK),
    MASK,
    MASK.tolist(),
    MASK.ravel(),
    MASK.ravel().tolist(),
    tuple(MASK.ravel()),
    torch.tensor(MASK.tolist()),
    np.asfortranarray(MASK),
]


@pytest.mark.parametrize("choice", SAME)
def test_sites_are_chosen_by_numbers_coordinates_or_a_mask(choice):
    found = Partition.of((2, 3), choice)
    assert found == Partition((2, 3), (0, 4))
    assert all(type(site) is int for site in found.inside)


def test_a_line_has_coordinates_and_masks_of_one_axis():
    assert Partition.of((4,), [[0], [3]]).inside == Partition.of((4,), [True, False, False, True]).inside == (0, 3)
    assert Partition.of(np.array([4]), "2").inside == (2,)
    # two numbers are two sites, two pairs are two places
    assert Partition.of((2, 3), (1, 1 + 1)).inside == (1, 2)
    assert Partition.of((2, 3), ((1, 2),)).inside == (5,)


@pytest.mark.parametrize(
    ("choice", "words"),
    [
        ((), "empty"),
        (np.zeros((2, 2), dtype=bool), "empty"),
        (range(4), "all 4 sites"),
        (np.ones((2, 2), dtype=bool), "all 4 sites"),
        ((4,), "out of range"),
        ((-1,), "out of range"),
        ("-1", "out of range"),
        ("0,4", "out of range"),
        ([2**70], "accepted: a name, site numbers"),
        ([(0, 2)], r"site \[0, 2\] is out of range"),
        ([(-1, 0)], "out of range"),
        ((1, 1), "twice"),
        ([(0, 1), (0, 1)], "twice"),
        ("left", "unknown"),
        ("", "unknown"),
        ("0.5", "unknown"),
        ("0,,1", "unknown"),
        (5, "got 5; accepted: a name, site numbers, coordinates or a boolean mask"),
        (np.int64(1), "accepted: a name"),
        (np.array(1), "accepted: a name"),
        (True, "accepted: a name"),
        (None, "got None"),
        (1.5, "got 1.5"),
        (b"0", "got b'0'"),
        ({0: 1}, "got {0: 1}"),
        ([0.7, 1.2], r"got \[0.7, 1.2\]"),
        ([0.0], "accepted: a name"),
        ([math.nan], "got"),
        ([None], "got"),
        (["0"], "got"),
        ([[0.0, 1.0]], "got"),
        ([1j], "got"),
        ([0, (0, 1)], "differ in length"),
        ([[0, 0], [1]], "differ in length"),
        ([True, False], r"mask of shape \[2\]; accepted: a mask of shape "),
        ([True, 1], "got"),
        ([0, True], "got"),
        (np.ones(3, dtype=bool), "mask of shape"),
        (np.ones((1, 4), dtype=bool), "mask of shape"),
        (np.array([[0, 0, 1]]), "integers of shape"),
        ([[[0, 1]]], "got"),
        (torch.tensor([0.0]), "got"),
    ],
)
def test_bad_partitions_are_refused_by_name(choice, words):
    with pytest.raises(ArgumentError, match=f"^partition: .*{words}") as refusal:
        Partition.of((2, 2), choice)
    assert len(str(refusal.value)) <= 200


@pytest.mark.parametrize("inside", [[0.7, 1.2], [True, False, False, False], "0", [(0, 0)], None, 3])
def test_a_partition_itself_holds_site_numbers(inside):
    with pytest.raises(ArgumentError, match=r"^partition: "):
        Partition((2, 2), inside)
    with pytest.raises(ArgumentError, match=r"^sites: "):
        Partition((2, 2, 2), (0,))


def test_a_name_alone_is_asked_for_in_configs():
    assert Partition.named((2, 2), "left-right") == Partition.of((2, 2), "left-right")
    with pytest.raises(ArgumentError, match="unknown"):
        Partition.named((2, 2), "0,1")
