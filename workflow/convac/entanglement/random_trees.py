"""Moments of random tree circuits: Gaussian weights averaged exactly, as a sum over pairings of copies on every map.

Rényi-n of a tensor takes 2n copies of it. The mean over a map of independent standard normal weights is, by Wick's
theorem, a sum over pairings of the copies, which its input and its output share: a spin with (2n − 1)!! states, three
for Rényi-2. Sites hold the spin of their side. A copy tensor of dimension d, a site or a pooling node, allows as many
indices as there are classes of copies that the spins next to it join: d to their number. So the means of
Tr (A Aᵀ)ⁿ and of ‖A‖^2n are partition functions on the tree, integers, made from the sites to the root in one pass.
Where the spins differ around a copy tensor it costs a factor of d: those that do are a cut between I and the rest.

Sources: 1704.01552 (copy tensors counted once in cuts); 1601.01694 (random tensor networks as spin models, there with
tensors of independent entries on every node); 2506.23894 (degenerate cuts). Proofs: docs/laws.md.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import NamedTuple, Protocol, Self, TypeVar

from convac.arrays import integer
from convac.entanglement.mincut import dimensions
from convac.entanglement.sub_partitions import Node, SubPartitions, fold, sub_partitions
from convac.errors import ArgumentError
from convac.geometry.partitions import Choice, Partition
from convac.geometry.trees import PoolingTree

HIGHEST = 4  # order: 105 pairings, which join to 379 classes
Classes = tuple[int, ...]  # per copy the number of its class, numbered as they come


class Number(Protocol):
    """What can be added and multiplied."""

    def __add__(self, other: Self, /) -> Self:
        """Sum."""
        ...

    def __mul__(self, other: Self, /) -> Self:
        """Product."""
        ...


T = TypeVar("T", bound=Number)


class Leading(NamedTuple):
    """The largest of some terms and how many of them are as large: numbers of which only these are kept.

    >>> Leading(4, 1) + Leading(2, 3) * Leading(2, 2)
    Leading(value=4, times=7)
    """

    value: int
    times: int

    def __add__(self, other: "Leading", /) -> "Leading":  # type: ignore[override]
        """The larger, or both."""
        if self.value == other.value:
            return Leading(self.value, self.times + other.times)
        return max(self, other)

    def __mul__(self, other: "Leading", /) -> "Leading":  # type: ignore[override]
        """Every pair of terms."""
        return Leading(self.value * other.value, self.times * other.times)


class Averages(NamedTuple):
    """What random weights give in the mean.

    Attributes:
        order: n.
        trace: mean of Tr (A Aᵀ)ⁿ, exact.
        norm: mean of ‖A‖^2n, exact.
        cut: the min-cut.
        ground_states: how many choices of the spins have weights of 1 / cut^(n − 1), none having more.
    """

    order: int
    trace: int
    norm: int
    cut: int
    ground_states: int

    @property
    def deficit(self) -> float:
        """ln cut less the Rényi entropy of the means, in nats."""
        return math.log(self.cut) + (math.log(self.trace) - math.log(self.norm)) / (self.order - 1)

    @property
    def limit(self) -> float:
        """What the deficit tends to when all dimensions grow and the same cuts stay the smallest, in nats."""
        return math.log(self.ground_states) / (self.order - 1)


class Joins(NamedTuple):
    """Pairings of 2n copies, and the classes that they join to.

    Attributes:
        pairings: every one.
        inside: the number of that of a site in I.
        outside: of one outside.
        sizes: number of classes of every join.
        joined: [join][pairing]: the number of the join of both; the first joins are the pairings.
    """

    pairings: tuple[Classes, ...]
    inside: int
    outside: int
    sizes: tuple[int, ...]
    joined: tuple[tuple[int, ...], ...]


def averages(
    tree: PoolingTree, local_dimension: int, widths: Sequence[int], partition: Choice, order: int = 2
) -> Averages:
    """Exact means over independent standard normal weights per location and an output of ones.

    Args:
        tree: geometry and windows over N sites.
        local_dimension: M.
        widths: r_1 … r_L.
        partition: a name, the sites of I, or a partition over the tree's sites.
        order: n of the Rényi entropy, from 2 to 4.

    Raises:
        ArgumentError: a bad partition or order, or sizes that aren't positive integers.

    >>> found = averages(PoolingTree.named("line", (2,)), 2, (3,), [0])
    >>> found.trace, found.norm, found.ground_states
    (312, 336, 2)
    """
    if integer(order, "order", least=2) > HIGHEST:
        raise ArgumentError(f"order: got {order}; accepted: 2 to {HIGHEST}")
    own, channels = dimensions(tree, local_dimension, widths)
    sizes = (own, *channels)
    parts = sub_partitions(tree, Partition.of(tree.shape, partition).mask)
    found = joins(order)
    sides = {True: found.inside, False: found.outside}
    trace = summed(parts, sizes, found, sides, int)
    norm = summed(parts, sizes, found, dict.fromkeys(sides, found.inside), int)
    greatest = math.prod(size**positions for size, positions in zip(sizes, tree.positions, strict=True)) ** order
    leading = summed(parts, sizes, found, sides, lambda number: Leading(number, 1))
    cut = round_root(greatest // leading.value, order - 1)
    return Averages(order, trace, norm, cut, leading.times)


def round_root(power: int, order: int) -> int:
    """The integer whose power this is.

    >>> round_root(10**60, 3) == 10**20
    True
    """
    low, high = 0, 1 << (power.bit_length() // order + 1)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if middle**order <= power else (low, middle)
    return low


def summed(
    parts: SubPartitions, sizes: Sequence[int], joins: Joins, sides: dict[bool, int], number: Callable[[int], T]
) -> T:
    """The sum over all spins; `sides`: the pairings that sites hold; `number`: how an integer weight is counted."""

    def closed(level: int, met: dict[int, T]) -> list[T]:
        """By the spin of the map above: what the copy tensor allows with it."""
        return [
            total(
                weight * number(sizes[level] ** joins.sizes[joins.joined[join][spin]]) for join, weight in met.items()
            )
            for spin in range(len(joins.pairings))
        ]

    def combine(level: int, node: Node, children: Iterator[tuple[list[T], int]]) -> list[T]:
        if level == 0:
            return closed(level, {sides[bool(node.side)]: number(1)})
        met: dict[int, T] = {}
        for below, count in children:
            for _ in range(count):
                met = joined(met, below, joins)
        if level == len(sizes) - 1:
            return [total(weight * number(sizes[level] ** joins.sizes[join]) for join, weight in met.items())]
        return closed(level, met)

    (found,) = fold(parts, combine)
    return found


def joined(met: dict[int, T], below: list[T], joins: Joins) -> dict[int, T]:
    """Weights of the joins of some children's spins, with one more child's."""
    if not met:
        return dict(enumerate(below))
    found: dict[int, T] = {}
    for join, weight in met.items():
        for spin, own in enumerate(below):
            key = joins.joined[join][spin]
            found[key] = found[key] + weight * own if key in found else weight * own
    return found


def total(terms: Iterator[T]) -> T:
    """The sum of at least one term."""
    found = next(terms)
    for term in terms:
        found = found + term
    return found


@cache
def joins(order: int) -> Joins:
    """Pairings of 2n copies; X_1ᵀ X_2 X_3ᵀ X_4 …: inside copies 1 and 2 meet, outside copies 2 and 3.

    >>> found = joins(2)
    >>> found.pairings, found.sizes
    (((0, 0, 1, 1), (0, 1, 0, 1), (0, 1, 1, 0)), (2, 2, 2, 1))
    """
    copies = 2 * order
    pairings = [numbered(pairs, copies) for pairs in paired(tuple(range(copies)))]
    known = {classes: number for number, classes in enumerate(pairings)}
    every = list(pairings)
    table: list[tuple[int, ...]] = []
    while len(table) < len(every):
        row = []
        for pairing in pairings:
            both = merged(every[len(table)], pairing)
            if both not in known:
                known[both] = len(every)
                every.append(both)
            row.append(known[both])
        table.append(tuple(row))
    inside = numbered([(copy, copy + 1) for copy in range(0, copies, 2)], copies)
    outside = numbered([(copy, (copy + 1) % copies) for copy in range(1, copies, 2)], copies)
    sizes = tuple(max(classes) + 1 for classes in every)
    return Joins(tuple(pairings), known[inside], known[outside], sizes, tuple(table))


def paired(copies: tuple[int, ...]) -> Iterator[list[tuple[int, int]]]:
    """Every way to pair copies."""
    if not copies:
        yield []
    for place in range(1, len(copies)):
        for rest in paired(copies[1:place] + copies[place + 1 :]):
            yield [(copies[0], copies[place]), *rest]


def numbered(pairs: list[tuple[int, int]], copies: int) -> Classes:
    """Pairs as classes, numbered as they come."""
    owner = {copy: number for number, pair in enumerate(pairs) for copy in pair}
    return renumbered([owner[copy] for copy in range(copies)])


def renumbered(classes: Sequence[int]) -> Classes:
    """Classes numbered as they come.

    >>> renumbered([2, 0, 2, 1])
    (0, 1, 0, 2)
    """
    names: dict[int, int] = {}
    return tuple(names.setdefault(each, len(names)) for each in classes)


def merged(classes: Classes, others: Classes) -> Classes:
    """The finest classes that hold those of both.

    >>> merged((0, 0, 1, 1, 2, 2), (0, 1, 1, 0, 2, 2))
    (0, 0, 0, 0, 1, 1)
    """
    names = list(classes)
    for number in set(others):
        alike = {names[copy] for copy, other in enumerate(others) if other == number}
        names = [min(alike) if name in alike else name for name in names]
    return renumbered(names)
