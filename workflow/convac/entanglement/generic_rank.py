"""Exact generic rank of a matricization: random weights over a prime field, and elimination.

A one-sided Monte Carlo test: the rank that is found never exceeds the generic rank (that of all weights but a set of
measure zero), and falls below it with probability at most degree / p. A tree circuit is multilinear in the vectors of
its sites, so S random product vectors on either side show min(S, rank); S need not pass the min-cut. Networks that
read a site more than once must be listed on template configurations: see `rank`.

Source: Schwartz, J. ACM 27, 701 (1980); 1704.01552 (rank of a matricization and the min-cut that bounds it).
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Literal, NamedTuple

import numpy as np

from convac.arrays import integer, integers, short
from convac.circuits.fields import PRIME_FIELD, SMALL, PrimeField
from convac.circuits.tree import Circuit
from convac.circuits.tree_tensors import TreeTensorNetwork
from convac.entanglement.elimination import SMALL_FIELD, pivots
from convac.entanglement.limits import HANDLING, MEMORY, SECONDS, Limits
from convac.entanglement.mincut import HasCircuit, circuit_of, network_min_cut, tree_min_cut
from convac.entanglement.sub_partitions import SubPartitions, sub_partitions
from convac.entanglement.tree_engines import fold as fold_network
from convac.entanglement.tree_engines import sides
from convac.errors import ArgumentError
from convac.geometry.partitions import Choice, Partition
from convac.geometry.trees import PoolingTree
from convac.progress import reporter
from convac.seeds import stream

SAMPLES = 4096
CHUNK_BYTES = 2**20  # of a node's values at once: what stays in a processor's cache
LARGE = 512  # rows of a matrix from which on blocks of float64 are faster than FLINT
KEPT_BYTES = 2**26  # of nodes on one side, which all blocks of rows share
ENTRY_BYTES = 64  # of a matrix entry on its way to FLINT: a Python integer, its pointer, the residue and two copies
BLOCK_BYTES = 48  # of one that is eliminated in blocks of float64
# in operations of this engine's rate: passes over an entry of a map's input and output; multiplications of a map that
# go into one, as FLINT's of its elimination do; and an entry's conversions
STEPS, MULTIPLIED, ELIMINATED, CONVERTED = 6, 8, 6, 80
IN_BLOCKS = 24  # multiplications of an elimination in blocks that go into an operation
AT_ONCE = 2  # times as fast as by halves, a map over a small prime


class GenericRank(NamedTuple):
    """A generic rank.

    Attributes:
        value: the rank that was found; a lower bound of the generic rank, equal to it when `exact` but for a
            probability of at most degree / p.
        exact: whether enough product vectors were taken to see every possible rank.
        samples: product vectors on either side.
    """

    value: int
    exact: bool
    samples: int


@dataclass(frozen=True)
class TreeShape:
    """A family of tree circuits: everything but the values of the weights.

    Attributes:
        tree: geometry and windows over N sites.
        local_dimension: M.
        widths: r_1 … r_L.
        shared: per level, whether one map serves all positions.

    Raises:
        ArgumentError: a number isn't a positive integer, or there isn't one of each per level.
    """

    tree: PoolingTree
    local_dimension: int
    widths: tuple[int, ...]
    shared: tuple[bool, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "local_dimension", integer(self.local_dimension, "local_dimension", least=1))
        object.__setattr__(self, "widths", integers(self.widths, "widths", least=1))
        for name, values in (("widths", self.widths), ("shared", self.shared)):
            if len(values) != self.tree.levels:
                raise ArgumentError(f"{name}: {len(values)} given; accepted: one per level, {self.tree.levels}")


def shape_of(circuit: Circuit) -> TreeShape:
    """The family that a circuit belongs to."""
    shared = tuple(weight.ndim == 2 for weight in circuit.weights)
    return TreeShape(circuit.tree, circuit.local_dimension, circuit.widths, shared)


def generic_rank(
    source: "TreeShape | Circuit | TreeTensorNetwork | HasCircuit",
    partition: Choice,
    *,
    seed: int = 0,
    field: PrimeField | Literal["usual"] = "usual",
    samples: int = SAMPLES,
    memory_limit: float = MEMORY,
    time_limit: float = SECONDS,
) -> GenericRank:
    """Rank of the matricization for almost all weights of the given shapes and sharing.

    Args:
        source: a family, or a circuit (or anything with `.circuit()`) or a tree tensor network, whose weights are
            replaced by random ones: of the latter on every edge alone.
        partition: a name, the sites of I, or a partition.
        seed: of weights and product vectors.
        field: the prime field; `usual` is that of 2^31 − 1 and, for more than 512 product vectors, that of the largest
            prime below 2^23, whose matrices are eliminated in blocks of float64.
        samples: most product vectors on a side; a rank that reaches them may be larger, and `exact` is then False.
        memory_limit: bytes.
        time_limit: seconds of one core.

    Raises:
        ArgumentError: a bad partition, or no samples.
        MemoryLimitError, TimeLimitError: the matrix would pass a limit; before allocating.

    >>> from convac.geometry.trees import PoolingTree
    >>> family = TreeShape(PoolingTree.named("line", (8,)), 2, (2, 2, 2), (False,) * 3)
    >>> generic_rank(family, "interleaved").value
    16
    """
    samples, seed = integer(samples, "samples", least=1), integer(seed, "seed")
    if not isinstance(field, PrimeField) and not (isinstance(field, str) and field == "usual"):
        raise ArgumentError(f"field: got {short(field)}; accepted: a PrimeField, or usual")
    limits = Limits(memory_limit, time_limit)
    if isinstance(source, TreeTensorNetwork):
        mask = Partition.of(source.shape, partition).mask
        enough = network_min_cut(source, mask).value
        size = min(enough, samples)
        field = usual_field(size) if field == "usual" else field
        limits.check("generic_rank", *network_needs(source, mask, size))
        return found_rank(network_rows(source, mask, size, seed, field), size, enough, field)
    family = source if isinstance(source, TreeShape) else shape_of(circuit_of(source))
    chosen = Partition.of(family.tree.shape, partition)
    enough = tree_min_cut(family.tree, family.local_dimension, family.widths, chosen).value
    size = min(enough, samples)
    field = usual_field(size) if field == "usual" else field
    limits.check("generic_rank", *needed(family, chosen.mask, size, field))
    return found_rank(sampled_rows(family, chosen.mask, size, seed, field), size, enough, field)


def found_rank(blocks: Iterator[np.ndarray], size: int, enough: int, field: PrimeField) -> GenericRank:
    """The rank of a matrix (size, size) that comes in blocks of rows."""
    matrix = np.empty((size, size), dtype=np.int64)
    report, done = reporter(size, "row", patient=True), 0
    for values in blocks:
        matrix[done : done + len(values)] = values
        done += len(values)
        report(done, "values on product vectors")
    found = rank(matrix, field)
    return GenericRank(found, enough <= size or found < size, size)


def usual_field(samples: int) -> PrimeField:
    """The field of a matrix of so many rows: a small prime where blocks of float64 pay."""
    return SMALL_FIELD if samples > LARGE else PRIME_FIELD


def needed(family: TreeShape, mask: np.ndarray, samples: int, field: PrimeField | None = None) -> tuple[int, int]:
    """Bytes and operations of listing the matrix and of its rank, from shapes alone."""
    channels, tree = (family.local_dimension, *family.widths), family.tree
    rows = min(samples, rows_at_once(samples, channels))
    parts = sub_partitions(tree, mask)
    maps = [1 if shared else positions for shared, positions in zip(family.shared, tree.positions, strict=False)]
    weights = sum(count * out * into for count, into, out in zip(maps, channels, channels[1:], strict=False))
    vectors = tree.sites * samples * family.local_dimension
    kept, field = kept_numbers(family, mask, samples), field or usual_field(samples)
    sizes = {True: rows, False: samples, None: rows * samples}
    chunks, once, listing = -(-samples // rows), 0, 0
    for level, numbers in enumerate(parts.numbers):
        into, out = (*channels, 1)[level : level + 2]
        for number, count in Counter(numbers).items():
            side = parts.nodes[level][number].side
            own = (into * out // MULTIPLIED + STEPS * (into + out)) * count
            own //= AT_ONCE if field.prime < SMALL else 1
            if kept and side is not None:
                once += count * HANDLING + samples * own
            else:
                listing += count * HANDLING + sizes[side] * own
    listed = 8 * (samples**2 + weights + vectors + kept + at_once(parts, channels, sizes))
    eliminated = samples**3 // ELIMINATED + CONVERTED * samples**2
    entry = ENTRY_BYTES
    if is_blocked(samples, samples, field):
        entry, eliminated = BLOCK_BYTES, samples**3 // IN_BLOCKS + CONVERTED * samples**2
    return max(listed, entry * samples**2), chunks * listing + once + eliminated


def kept_numbers(family: TreeShape, mask: np.ndarray, samples: int) -> int:
    """Numbers that `one_sided` keeps; 0 where they would be too many."""
    parts = sub_partitions(family.tree, mask)
    found = sum(
        samples
        * width
        * sum(parts.nodes[level - 1][child].side is not None for child in parts.nodes[level][number].children)
        for level, width in enumerate(family.widths, start=1)
        for number in parts.numbers[level]
        if parts.nodes[level][number].side is None
    )
    return found if 8 * found <= KEPT_BYTES else 0


def at_once(parts: SubPartitions, channels: Sequence[int], sizes: Mapping[bool | None, int]) -> int:
    """Most numbers that are held while a block of rows is listed, `sizes` of them per channel by a node's side."""
    below: list[int] = []
    for level, nodes in enumerate(parts.nodes):
        into, out = (*channels, 1)[level : level + 2]
        most = []
        for node in nodes:
            peak, own, pooled = 0, sizes[node.side], Counter[int]()
            for child in node.children:
                side = sizes[parts.nodes[level - 1][child].side]
                held = sum(pooled) + (side if pooled[side] > 1 else 0)  # the products so far, and the last child
                peak = max(peak, held * into + below[child])
                pooled[side] += 1
            # a product with what reduces it; a map with the halves of its input and the parts of its output
            most.append(max(peak, own * max(4 * into, 3 * into + 7 * out)))
        below = most
    return below[0]


def rows_at_once(samples: int, channels: Sequence[int]) -> int:
    """Rows of the matrix that are listed together: as many as stay in a processor's cache."""
    return max(1, CHUNK_BYTES // (8 * samples * max(channels)))


def is_blocked(rows: int, columns: int, field: PrimeField) -> bool:
    """Whether a matrix is eliminated in blocks of float64: where it is large, and the prime small."""
    return field.prime < SMALL and min(rows, columns) > LARGE


def rank(matrix: np.ndarray, field: PrimeField = PRIME_FIELD) -> int:
    """Exact rank of a matrix of residues, shape (rows, columns), by blocks of float64 or by FLINT's elimination."""
    rows, columns = matrix.shape
    if is_blocked(rows, columns, field):
        return len(pivots(matrix, field).rows)
    from flint import nmod_mat

    return int(nmod_mat(rows, columns, matrix.ravel().tolist(), field.prime).rank())


def sampled_rows(
    family: TreeShape, mask: np.ndarray, samples: int, seed: int, field: PrimeField
) -> Iterator[np.ndarray]:
    """The matrix of the function's values on `samples` random product vectors a side, in blocks of rows."""
    generator = stream("generic rank", seed)
    channels = (family.local_dimension, *family.widths)
    weights = [
        field.draw(generator, (1 if shared else positions, out, into))
        for shared, positions, into, out in zip(
            family.shared, family.tree.positions, channels[:-1], channels[1:], strict=False
        )
    ]
    output = field.draw(generator, (channels[-1],))
    vectors = field.draw(generator, (family.tree.sites, samples, family.local_dimension))
    values = Contraction(family, mask, weights, output, vectors, field)
    step = rows_at_once(samples, channels)
    for start in range(0, samples, step):
        yield values(slice(start, start + step))


class Contraction:
    """A tree's values on product vectors; what stands on one side is contracted once, whatever rows are asked for.

    Args:
        family: the tree.
        mask: boolean, shape (N,), true inside I.
        weights: of each level, (1 or positions, out, in).
        output: of the last channels.
        vectors: of every site, (N, samples, M); those of I are the rows'.
        field: the prime field.
    """

    def __init__(
        self,
        family: TreeShape,
        mask: np.ndarray,
        weights: Sequence[np.ndarray],
        output: np.ndarray,
        vectors: np.ndarray,
        field: PrimeField,
    ) -> None:
        self.tree, self.weights, self.output, self.vectors, self.field = family.tree, weights, output, vectors, field
        parts = sub_partitions(family.tree, mask)
        self.sides = [
            [nodes[number].side for number in at] for nodes, at in zip(parts.nodes, parts.numbers, strict=True)
        ]
        keeps = kept_numbers(family, mask, vectors.shape[1]) > 0
        self.kept: dict[tuple[int, int], np.ndarray] = {}  # as each is made, `passed` asks for those that are there
        self.kept = {
            (level, place): self.passed(level, place, slice(None))
            for level, sides in enumerate(self.sides[:-1])
            for place, side in enumerate(sides)
            if keeps and side is not None and self.sides[level + 1][place // self.tree.windows[level]] is None
        }

    def __call__(self, rows: slice) -> np.ndarray:
        """Values on the chosen rows and all columns, shape (rows, samples)."""
        count = self.vectors.shape[1]
        values = self.field.linear(self.output[None, :], self.node(self.tree.levels, 0, rows))[..., 0]
        return np.asarray(np.broadcast_to(values, (len(range(*rows.indices(count))), count)))

    def node(self, level: int, position: int, rows: slice) -> np.ndarray:
        """What leaves a position of a level (0: a site), shape (rows or 1, columns or 1, channels)."""
        if level == 0:
            return self.placed(self.vectors[self.tree.order[position]], self.sides[0][position], rows)
        window = self.tree.windows[level - 1]
        below = range(position * window, (position + 1) * window)
        return pooled((self.passed(level - 1, child, rows) for child in below), self.field)

    def passed(self, level: int, position: int, rows: slice) -> np.ndarray:
        """A node's value after the map above it."""
        side, maps = self.sides[level][position], self.weights[level]
        if (kept := self.kept.get((level, position))) is not None:
            return kept[rows] if side else kept
        return self.field.linear(maps[position % len(maps)], self.node(level, position, rows))

    def placed(self, values: np.ndarray, side: bool | None, rows: slice) -> np.ndarray:
        """A site's vectors along the rows or the columns."""
        return np.asarray(values[rows][:, None, :] if side else values[None, :, :])


def network_rows(
    network: TreeTensorNetwork, mask: np.ndarray, samples: int, seed: int, field: PrimeField
) -> Iterator[np.ndarray]:
    """The matrix of a tree tensor network's values, random weights on every edge, as of `sampled_rows`."""
    generator = stream("generic rank of a tree network", seed)
    outs = [weight.shape for weight in network.weights]
    weights = [
        field.draw(generator, (1 if node == network.root else out, into)) for node, (out, into) in enumerate(outs)
    ]
    vectors = [field.draw(generator, (samples, dimension)) for dimension in network.local_dimensions]
    step = rows_at_once(samples, [max(shape) for shape in outs])

    def combine(node: int, children: list[np.ndarray]) -> np.ndarray:
        if children:
            return field.linear(weights[node], pooled(iter(children), field))
        own = vectors[node]
        return field.linear(weights[node], own[rows][:, None, :] if mask[node] else own[None, :, :])

    for start in range(0, samples, step):
        rows = slice(start, min(start + step, samples))
        values = fold_network(network, combine)[..., 0]
        yield np.broadcast_to(values, (rows.stop - rows.start, samples))


def network_needs(network: TreeTensorNetwork, mask: np.ndarray, samples: int) -> tuple[int, int]:
    """Bytes and operations of listing the matrix of a tree tensor network and of its rank, from shapes alone."""
    rows = min(samples, rows_at_once(samples, [max(weight.shape) for weight in network.weights]))
    sizes = {True: rows, False: samples, None: rows * samples}
    listing = widest = 0
    for side, weight in zip(sides(network, mask), network.weights, strict=True):
        out, into = weight.shape
        listing += HANDLING + sizes[side] * (into * out // MULTIPLIED + STEPS * (into + out))
        widest = max(widest, sizes[side] * max(4 * into, 3 * into + 7 * out))
    weights = sum(weight.size for weight in network.weights) + samples * sum(network.local_dimensions)
    held = sum(
        sizes[side] * weight.shape[0] for side, weight in zip(sides(network, mask), network.weights, strict=True)
    )
    chunks = -(-samples // rows)
    eliminated = samples**3 // ELIMINATED + CONVERTED * samples**2
    return max(8 * (samples**2 + weights + widest + held), ENTRY_BYTES * samples**2), chunks * listing + eliminated


def pooled(children: Iterator[np.ndarray], field: PrimeField) -> np.ndarray:
    """Product pooling, those of one side first, since these stay small."""
    groups: dict[tuple[bool, bool], np.ndarray] = {}
    for child in children:
        side = (child.shape[0] > 1, child.shape[1] > 1)
        groups[side] = field.multiply(groups[side], child) if side in groups else child
    return np.asarray(reduce(field.multiply, (groups[side] for side in sorted(groups))))
