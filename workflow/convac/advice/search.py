"""Trees for a pair dependence: search by structure on a line or grid, and by greedy matching without one.

A tree is built from the sites up by merging positions, two or another prime number at a time. The *density* of a merge
is the mean pair dependence between the sites that it brings together, over the mean of all pairs: 1 for a random tree.
A tree's score is the mean of its levels' densities by octaves, log2 of the window, so that trees with other windows
compare.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations, pairwise, product
from typing import NamedTuple

import numpy as np

from convac.geometry.trees import PoolingTree, prime_factors

BEAM = 6  # partial trees that are followed
EVENNESS = 0.3  # weight of even windows against levels of equal density, see `windows_for`
CHUNK = 2**16  # pairs that greedy matching looks through at a time


class Move(NamedTuple):
    """A way to merge positions of a grid.

    Attributes:
        name: in words.
        partners: (positions after, merged) numbers of the positions, in the order of the grid that remains.
        shape: of that grid.
    """

    name: str
    partners: np.ndarray
    shape: tuple[int, int]


@dataclass(frozen=True)
class Merging:
    """Positions after some merges.

    Attributes:
        members: (positions, sites in each) site numbers.
        between: (positions, positions) summed pair dependence.
        shape: of the grid that the positions form; positions in row-major order.
        moves: their names, from the sites up.
        factors: positions merged by each.
        densities: of each.
    """

    members: np.ndarray
    between: np.ndarray = field(repr=False)
    shape: tuple[int, int]
    moves: tuple[str, ...] = ()
    factors: tuple[int, ...] = ()
    densities: tuple[float, ...] = ()

    @property
    def score(self) -> float:
        """Sum of the densities by octaves, so far."""
        total = 0.0
        for factor, each in zip(self.factors, self.densities, strict=True):
            total += math.log2(factor) * each
        return total

    def density(self, partners: np.ndarray, mean: float) -> float:
        """Mean pair dependence that a merge would bring together, over `mean`."""
        pairs = list(combinations(range(partners.shape[1]), 2))
        total = sum(float(self.between[partners[:, a], partners[:, b]].sum(dtype=np.float64)) for a, b in pairs)
        return float(total / (len(pairs) * len(partners) * self.members.shape[1] ** 2 * mean))

    def merged(self, move: Move, mean: float) -> "Merging":
        """The positions after one more merge."""
        columns = move.partners.T
        between = sum(self.between[np.ix_(a, b)] for a, b in product(columns, repeat=2))
        return Merging(
            self.members[move.partners].reshape(len(move.partners), -1),
            np.asarray(between),
            move.shape,
            (*self.moves, move.name),
            (*self.factors, move.partners.shape[1]),
            (*self.densities, self.density(move.partners, mean)),
        )

    def key(self) -> bytes:
        """Equal for equal partitions into positions, in whatever order."""
        labels = np.empty(self.members.size, dtype=np.int64)
        labels[self.members] = self.members.min(axis=1)[:, None]
        return labels.tobytes()


def started(z: np.ndarray, shape: Sequence[int]) -> tuple[Merging, float]:
    """The sites before any merge, and the mean pair dependence; 1 where there is none."""
    count = len(z)
    mean = float(z.sum(dtype=np.float64)) / (count * (count - 1))
    grid = (1, count) if len(shape) == 1 else (shape[0], shape[1])
    return Merging(np.arange(count)[:, None], z, grid), mean if mean > 0 else 1.0


def moves(shape: tuple[int, int]) -> Iterator[Move]:
    """Every merge of a grid by structure.

    Along an axis, within blocks of any size that fits: positions at equal distances (neighbours in the smallest blocks,
    distant ones in the largest), or reflections. Of two that merge, the second may at once be reflected, or shifted by
    half, along the other axis: half turns, glide reflections and diagonal shifts.
    """
    rows, columns = shape
    grid = np.arange(rows * columns).reshape(shape)
    for axis, length, other in ((0, rows, columns), (1, columns, rows)):
        turned = grid if axis == 0 else grid.T
        for factor in sorted(set(prime_factors(length))):
            for block in [size for size in range(factor, length + 1, factor) if length % size == 0]:
                for kind, parts in along(length, block, factor):
                    for word, across in acrosses(other, factor):
                        members = [turned[parts[0]], *(turned[part][:, across] for part in parts[1:])]
                        stacked = np.stack(members if axis == 0 else [each.T for each in members], axis=-1)
                        name = f"{kind} of {'columns' if axis else 'rows'} in blocks of {block}{word}"
                        yield Move(name, stacked.reshape(-1, factor), (stacked.shape[0], stacked.shape[1]))


def along(length: int, block: int, factor: int) -> Iterator[tuple[str, list[np.ndarray]]]:
    """Positions along one axis that merge, in blocks: by shifts and, of two, by reflection."""
    blocks = np.arange(length).reshape(-1, block)
    parts = blocks.reshape(len(blocks), factor, -1)
    yield ("neighbours" if block == factor else "shifts"), [parts[:, number].ravel() for number in range(factor)]
    if factor == 2 and block > 2:
        yield "reflections", [parts[:, 0].ravel(), blocks[:, ::-1][:, : block // 2].ravel()]


def acrosses(other: int, factor: int) -> list[tuple[str, np.ndarray]]:
    """What may happen along the other axis to the second of two positions."""
    places = np.arange(other)
    found = [("", places)]
    if factor == 2 and other > 1:
        found.append((", reflected across", places[::-1]))
        if other > 2 and other % 2 == 0:
            found.append((", shifted across", np.roll(places, other // 2)))
    return found


def structured(z: np.ndarray, shape: Sequence[int], beam: int = BEAM) -> list[Merging]:
    """The best trees that a beam search by structure finds, best first."""
    start, mean = started(z, shape)
    states = [start]
    while len(states[0].members) > 1:
        options = [
            (state.score + math.log2(move.partners.shape[1]) * state.density(move.partners, mean), number, move)
            for number, state in enumerate(states)
            for move in moves(state.shape)
        ]
        options.sort(key=lambda option: -option[0])
        found: dict[bytes, Merging] = {}
        for _, number, move in options:
            made = states[number].merged(move, mean)
            found.setdefault(made.key(), made)
            if len(found) == beam:
                break
        states = list(found.values())
    return sorted(states, key=lambda state: -state.score)


def free(z: np.ndarray) -> Merging:
    """The tree of greedy matching, which knows no grid: at every level the pairs of largest dependence first."""
    state, mean = started(z, (len(z),))
    while len(state.members) > 1:
        count = len(state.members)
        partners = matched(state.between, min(prime_factors(count)))
        state = state.merged(Move("greedy matching", partners, (1, len(partners))), mean)
    return state


def matched(between: np.ndarray, size: int) -> np.ndarray:
    """Groups of `size` positions: the strongest free pair first, joined by those most tied to it; (groups, size)."""
    count = len(between)
    first, second = np.triu_indices(count, 1)
    order = np.argsort(-between[first, second], kind="stable")
    available = np.ones(count, dtype=bool)
    groups: list[list[int]] = []
    for start in range(0, len(order), CHUNK):
        chunk = order[start : start + CHUNK]
        chunk = chunk[available[first[chunk]] & available[second[chunk]]]
        for a, b in zip(first[chunk].tolist(), second[chunk].tolist(), strict=True):
            if not (available[a] and available[b]):
                continue
            group = [a, b]
            available[group] = False
            while len(group) < size:
                ties = np.where(available, between[group].sum(axis=0), -np.inf)
                group.append(int(ties.argmax()))
                available[group[-1]] = False
            groups.append(group)
    return np.array(groups)


def windows_for(factors: Sequence[int], densities: Sequence[float], levels: int) -> tuple[int, ...]:
    """Windows of so many levels: merges of like density together, windows as equal as that allows.

    Args:
        factors: positions merged, from the sites up.
        densities: of these merges.
        levels: at most one per merge.

    >>> windows_for((2, 2, 2, 2), (2.0, 2.0, 1.0, 1.0), 2)
    (4, 4)
    >>> windows_for((2, 2, 2), (4.0, 1.0, 1.0), 2)
    (2, 4)
    """
    logs = np.log(np.maximum(densities, 1e-3))
    octaves = np.log2(factors)
    even = octaves.sum() / levels
    best: tuple[float, tuple[int, ...]] | None = None
    for cuts in combinations(range(1, len(factors)), levels - 1):
        ends = [0, *cuts, len(factors)]
        spans = [slice(start, end) for start, end in pairwise(ends)]
        uneven = sum((octaves[span].sum() - even) ** 2 for span in spans)
        mixed = sum(((logs[span] - logs[span].mean()) ** 2).sum() for span in spans)
        cost = mixed + EVENNESS * uneven
        if best is None or cost < best[0] - 1e-12:
            best = cost, tuple(math.prod(factors[span]) for span in spans)
    assert best is not None
    return best[1]


def level_densities(z: np.ndarray, tree: PoolingTree) -> tuple[float, ...]:
    """Per level of a tree, the mean pair dependence of the sites that first meet there, over the mean of all pairs."""
    order = np.array(tree.order)
    mean = started(z, tree.shape)[1]
    between, sites, found = z[np.ix_(order, order)], 1, []
    for window in tree.windows:
        count = len(between) // window
        blocks = between.reshape(count, window, count, window)
        inner = np.einsum("awav->wv", blocks, dtype=np.float64)
        total = float(inner.sum() - np.trace(inner))
        found.append(total / (count * window * (window - 1) * sites**2 * mean))
        between, sites = blocks.sum(axis=(1, 3)), sites * window
    return tuple(found)


def score(z: np.ndarray, tree: PoolingTree) -> float:
    """The score of any tree: mean of its levels' densities by octaves; 1 for a random one."""
    octaves = np.log2(tree.windows)
    return float(np.dot(level_densities(z, tree), octaves) / octaves.sum())


def nodes(tree: PoolingTree) -> list[frozenset[frozenset[int]]]:
    """The positions of every level as sets of sites: equal for trees that differ in the order of children alone."""
    found, size = [], 1
    for window in tree.windows[:-1]:
        size *= window
        starts = range(0, tree.sites, size)
        found.append(frozenset(frozenset(tree.order[start : start + size]) for start in starts))
    return found
