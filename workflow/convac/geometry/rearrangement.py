"""Where to put the sites of a grid so that those that go together stand together: recursive balanced min-cuts.

The graph of the sites has the magnitudes of their correlations as weights. Halving a set of sites so that the weights
between its halves are small, then the halves along the next axis, and so on, gives a place on the grid to every site,
in which the canonical partitions (blocks of halves of halves …) cut little.

Sources: 2303.11249 (correlations instead of a dataset's entanglement, and rearrangement by balanced min-cuts);
Fiedler, Czech. Math. J. 23, 298 (1973) (the vector that a graph is halved by); Kernighan & Lin, Bell Syst. Tech. J. 49,
291 (1970) (exchanging pairs); Dunlop & Kernighan, IEEE Trans. CAD 4, 92 (1985) (which half goes where: what is drawn to
the sites outside a block stands towards them).
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from convac.arrays import grid_shape
from convac.errors import ArgumentError


class Block(NamedTuple):
    """A box of the grid that holds as many sites, not yet placed within it.

    Attributes:
        sites: numbers of the sites, shape (n,).
        corner: the first place along each axis.
        sides: places along each axis.
    """

    sites: np.ndarray
    corner: tuple[int, ...]
    sides: tuple[int, ...]


def correlations(values: np.ndarray) -> np.ndarray:
    """Magnitudes of the correlation coefficients between sites, 0 for a site that never changes and on the diagonal.

    Args:
        values: shape (n, N), a sample a row.

    >>> correlations(np.array([[0, 1, 5], [1, 0, 5], [2, -1, 5]])).round(12).tolist()
    [[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 0.0]]
    """
    centred = values - values.mean(axis=0)
    lengths = np.sqrt((centred**2).sum(axis=0))
    units = centred / np.where(lengths > 0, lengths, 1.0)
    found = np.minimum(np.abs(units.T @ units), 1.0)
    np.fill_diagonal(found, 0.0)
    return np.asarray(found)


def surrogate(weights: np.ndarray, mask: np.ndarray) -> float:
    """Mean weight between the sites inside a partition and those outside.

    Args:
        weights: shape (N, N).
        mask: boolean, shape (N,).
    """
    return float(weights[np.ix_(mask, ~mask)].mean())


def rearranged_order(weights: np.ndarray, shape: Sequence[int]) -> np.ndarray:
    """Which site stands at every place of the grid, row-major, shape (N,).

    Args:
        weights: how much sites go together, symmetric, not negative, shape (N, N).
        shape: places along each axis, powers of two.

    Raises:
        ArgumentError: the shape isn't such, or the weights don't fit it.
    """
    sides = grid_shape(shape)
    if any(side & (side - 1) for side in sides):
        raise ArgumentError(f"shape: {list(sides)}; accepted: sides of 2, 4, 8, …")
    if weights.shape != (math.prod(sides),) * 2:
        raise ArgumentError(f"weights: of shape {list(weights.shape)}; accepted: [N, N] for N = {math.prod(sides)}")
    blocks = [Block(np.arange(len(weights)), (0,) * len(sides), sides)]
    while any(max(block.sides) > 1 for block in blocks):
        blocks = next_level(weights, blocks)
    order = np.empty(sides, dtype=np.int64)
    for block in blocks:
        order[block.corner] = block.sites[0]
    return order.ravel()


def next_level(weights: np.ndarray, blocks: list[Block]) -> list[Block]:
    """Every block halved along its longest axis, its last one of several."""
    axis = max(range(len(blocks[0].sides)), key=lambda each: (blocks[0].sides[each], each))
    halves: list[Block] = []
    for number, block in enumerate(blocks):
        first = halved(weights[np.ix_(block.sites, block.sites)])
        parts = [block.sites[first], block.sites[~first]]
        half = block.sides[axis] // 2
        known = halves + blocks[number + 1 :]
        middle = block.corner[axis] + half
        # mean weight towards what lies further along the axis, less that towards what lies before
        if pull(weights, parts[0], known, axis, middle) > pull(weights, parts[1], known, axis, middle):
            parts.reverse()
        for part, start in zip(parts, (block.corner[axis], middle), strict=True):
            corner = (*block.corner[:axis], start, *block.corner[axis + 1 :])
            sides = (*block.sides[:axis], half, *block.sides[axis + 1 :])
            halves.append(Block(part, corner, sides))
    return halves


def pull(weights: np.ndarray, sites: np.ndarray, others: list[Block], axis: int, middle: int) -> float:
    """How much more some sites go with blocks beyond a place on an axis than with those before it; near ones most."""
    total = 0.0
    for other in others:
        away = other.corner[axis] + other.sides[axis] / 2 - middle
        if away:
            total += float(weights[np.ix_(sites, other.sites)].sum()) / away
    return total


def halved(weights: np.ndarray) -> np.ndarray:
    """Half of the sites as a boolean array, little weight between it and the rest; it holds the first site.

    The middle of Fiedler's vector, and then the pairs exchanged that lower the cut most, until none does.
    """
    count = len(weights)
    laplacian = np.diag(weights.sum(axis=1)) - weights
    order = np.argsort(np.linalg.eigh(laplacian)[1][:, 1], kind="stable")
    inside = np.zeros(count, dtype=bool)
    inside[order[: count // 2]] = True
    while True:
        # what moving a site to the other side saves
        towards = weights @ inside
        saved = np.where(inside, weights.sum(axis=1) - 2 * towards, 2 * towards - weights.sum(axis=1))
        own, other = np.flatnonzero(inside), np.flatnonzero(~inside)
        gains = saved[own][:, None] + saved[other] - 2 * weights[np.ix_(own, other)]
        best = np.unravel_index(int(gains.argmax()), gains.shape)
        if gains[best] <= 1e-12 * weights.sum():
            return inside if inside[0] else ~inside
        inside[own[best[0]]], inside[other[best[1]]] = False, True
