"""The nodes of a tree under a partition, equal ones numbered once: what all engines of trees share."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple, TypeVar

import numpy as np

from convac.geometry.trees import PoolingTree
from convac.progress import reporter

T = TypeVar("T")


class Node(NamedTuple):
    """A node of the tree that stands for all nodes of its level with an equal sub-partition.

    Attributes:
        position: the first such position of the level.
        children: numbers of the children one level below, ascending; empty for a site.
        side: True when every site below is inside I, False when every one is outside, None when mixed.
    """

    position: int
    children: tuple[int, ...]
    side: bool | None


@dataclass(frozen=True)
class SubPartitions:
    """The nodes of a tree under a partition, nodes with equal sub-partitions numbered once.

    Attributes:
        nodes: per level 0 (sites) … L (root) the distinct nodes.
        numbers: per level, the number of the node that stands at each position.
    """

    nodes: tuple[tuple[Node, ...], ...]
    numbers: tuple[tuple[int, ...], ...]


def sub_partitions(tree: PoolingTree, mask: np.ndarray, located: Sequence[bool] = ()) -> SubPartitions:
    """Number the nodes of `tree` so that those with equal sub-partitions share a number.

    The order of a window's children doesn't count: product pooling commutes, so swapping two children only permutes
    the rows and columns of a matricization.

    Args:
        tree: geometry and windows over N sites.
        mask: boolean, shape (N,), true inside I, row-major.
        located: per level, whether its map differs between positions; those positions then stay apart.
    """
    return numbering(tree, tuple(mask[list(tree.order)].tolist()), tuple(located))


# the networks of a run share their tree and partitions
@lru_cache(maxsize=8)
def numbering(tree: PoolingTree, sides: tuple[bool, ...], located: tuple[bool, ...]) -> SubPartitions:
    """`sub_partitions` of sites in tree order."""
    found: list[tuple[Node, ...]] = []
    numbered: list[tuple[int, ...]] = []
    described: list[tuple[tuple[int, ...], bool | None]] = [((), bool(side)) for side in sides]
    for level in range(tree.levels + 1):
        apart = level < len(located) and located[level]
        table: dict[tuple[tuple[int, ...], bool | None, int], int] = {}
        nodes: list[Node] = []
        numbers: list[int] = []
        for position, (children, side) in enumerate(described):
            key = (children, side, position if apart else 0)
            if key not in table:
                table[key] = len(nodes)
                nodes.append(Node(position, children, side))
            numbers.append(table[key])
        found.append(tuple(nodes))
        numbered.append(tuple(numbers))
        if level < tree.levels:
            window = tree.windows[level]
            runs = [numbers[start : start + window] for start in range(0, len(numbers), window)]
            described = [(tuple(sorted(run)), common({nodes[number].side for number in run})) for run in runs]
    return SubPartitions(tuple(found), tuple(numbered))


def common(sides: set[bool | None]) -> bool | None:
    """The side that all share; None when they differ or one is mixed."""
    return next(iter(sides)) if len(sides) == 1 else None


Combine = Callable[[int, Node, Iterator[tuple[T, int]]], T]


def fold(parts: SubPartitions, combine: Combine[T]) -> T:
    """Combine the tree from its sites to its root, depth first, each distinct node once.

    `combine(level, node, children)` gets each distinct child's value with its multiplicity, made as it is asked for;
    a value is kept only while another node still waits for it, so that large values don't pile up.
    """
    report, done = reporter(sum(map(len, parts.nodes)), "node", patient=True), 0
    waiting = Counter(
        (level - 1, child) for level, nodes in enumerate(parts.nodes) for node in nodes for child in set(node.children)
    )
    kept: dict[tuple[int, int], T] = {}

    def below(level: int, node: Node) -> Iterator[tuple[T, int]]:
        for child, count in sorted(Counter(node.children).items()):
            yield value(level - 1, child), count

    def value(level: int, number: int) -> T:
        nonlocal done
        key = (level, number)
        waiting[key] -= 1
        if key in kept:
            return kept[key] if waiting[key] > 0 else kept.pop(key)
        node = parts.nodes[level][number]
        result = combine(level, node, below(level, node))
        done += 1
        report(done, f"level {level}")
        if waiting[key] > 0:
            kept[key] = result
        return result

    return value(len(parts.nodes) - 1, 0)
