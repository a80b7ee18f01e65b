"""Exact generic rank of a matricization: random weights over a prime field, elimination by FLINT.

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
from typing import NamedTuple

import numpy as np

from convac.arrays import integer, integers, short
from convac.circuits.fields import PRIME_FIELD, PrimeField
from convac.circuits.tree import Circuit
from convac.circuits.tree_tensors import TreeTensorNetwork
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
ENTRY_BYTES = 64  # of a matrix entry on its way to FLINT: a Python integer, its pointer, the residue and two copies
# in operations of this engine's rate: passes over an entry of a map's input and output; multiplications of a map that
# go into one, as FLINT's of its elimination do; and an entry's conversions
STEPS, MULTIPLIED, ELIMINATED, CONVERTED = 6, 8, 6, 80


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
    field: PrimeField = PRIME_FIELD,
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
        field: the prime field.
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
    if not isinstance(field, PrimeField):
        raise ArgumentError(f"field: got {short(field)}; accepted: a PrimeField")
    limits = Limits(memory_limit, time_limit)
    if isinstance(source, TreeTensorNetwork):
        mask = Partition.of(source.shape, partition).mask
        enough = network_min_cut(source, mask).value
        size = min(enough, samples)
        limits.check("generic_rank", *network_needs(source, mask, size))
        return found_rank(network_rows(source, mask, size, seed, field), size, enough, field)
    family = source if isinstance(source, TreeShape) else shape_of(circuit_of(source))
    chosen = Partition.of(family.tree.shape, partition)
    enough = tree_min_cut(family.tree, family.local_dimension, family.widths, chosen).value
    size = min(enough, samples)
    limits.check("generic_rank", *needed(family, chosen.mask, size))
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


def needed(family: TreeShape, mask: np.ndarray, samples: int) -> tuple[int, int]:
    """Bytes and operations of listing the matrix and of its rank, from shapes alone."""
    channels, tree = (family.local_dimension, *family.widths), family.tree
    rows = min(samples, rows_at_once(samples, channels))
    parts = sub_partitions(tree, mask)
    maps = [1 if shared else positions for shared, positions in zip(family.shared, tree.positions, strict=False)]
    weights = sum(count * out * into for count, into, out in zip(maps, channels, channels[1:], strict=False))
    vectors = tree.sites * samples * family.local_dimension
    sizes = {True: rows, False: samples, None: rows * samples}
    listing = 0
    for level, numbers in enumerate(parts.numbers):
        into, out = (*channels, 1)[level : level + 2]
        for number, count in Counter(numbers).items():
            entries = sizes[parts.nodes[level][number].side]
            listing += count * (HANDLING + entries * (into * out // MULTIPLIED + STEPS * (into + out)))
    chunks = -(-samples // rows)
    listed = 8 * (samples**2 + weights + vectors + at_once(parts, channels, sizes))
    eliminated = samples**3 // ELIMINATED + CONVERTED * samples**2
    return max(listed, ENTRY_BYTES * samples**2), chunks * listing + eliminated


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


def rank(matrix: np.ndarray, field: PrimeField = PRIME_FIELD) -> int:
    """Exact rank of a matrix of residues, shape (rows, columns), by FLINT's elimination."""
    from flint import nmod_mat

    rows, columns = matrix.shape
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
    step = rows_at_once(samples, channels)
    for start in range(0, samples, step):
        yield contracted(family, mask, weights, output, vectors, slice(start, start + step), field)


def contracted(
    family: TreeShape,
    mask: np.ndarray,
    weights: Sequence[np.ndarray],
    output: np.ndarray,
    vectors: np.ndarray,
    rows: slice,
    field: PrimeField,
) -> np.ndarray:
    """Values of the function on the chosen rows and all columns, shape (rows, samples)."""
    tree = family.tree

    def node(level: int, position: int) -> np.ndarray:
        """What leaves a position of a level (0: a site), shape (rows or 1, columns or 1, channels)."""
        if level == 0:
            site = tree.order[position]
            own = vectors[site]
            return np.asarray(own[rows][:, None, :] if mask[site] else own[None, :, :])
        window, maps = tree.windows[level - 1], weights[level - 1]
        below = range(position * window, (position + 1) * window)
        children = (field.linear(maps[child % len(maps)], node(level - 1, child)) for child in below)
        return pooled(children, field)

    root = node(tree.levels, 0)
    values = field.linear(output[None, :], root)[..., 0]
    return np.asarray(np.broadcast_to(values, (len(range(*rows.indices(vectors.shape[1]))), vectors.shape[1])))


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
