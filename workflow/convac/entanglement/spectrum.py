"""Exact Schmidt spectrum of a tree circuit: blocks from the sites to the root, one SVD there.

A node's block is its tensor (inside I × outside I × channel) up to isometries of its first two axes, which no singular
value sees: whenever one of these axes is longer than all that the rest can tell apart, a QR step keeps the triangular
factor alone. Nothing is truncated. Every channel is in units of its own power of two, so that products over
thousands of sites neither over- nor underflow; beside it goes what rounding may have added (`rounding`). Where maps
differ between positions, nodes on one side go by whole levels (`factors`).

Source: 1704.01552 (matricization of a hierarchical decomposition); exact compression as in canonical forms of tree
tensor networks (quant-ph/0511070).
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache, reduce
from itertools import combinations_with_replacement
from typing import NamedTuple, TypeVar

import numpy as np

from convac.circuits.tree import Circuit
from convac.entanglement import factors, precision, rounding
from convac.entanglement.limits import HANDLING, Limits
from convac.entanglement.precision import Spectrum
from convac.entanglement.rounding import Channels, Rounding
from convac.entanglement.scales import LOWEST, ROUNDOFF, plus, scaled_map, times_power
from convac.entanglement.sub_partitions import Node, SubPartitions, fold, sub_partitions

Shape = tuple[int, int, int]
WHOLE = 256  # sites from which on whole levels are faster than nodes
B = TypeVar("B")


class Block(NamedTuple):
    """What the parent sees of a node, up to isometries inside and outside I.

    Attributes:
        values: shape (inside, outside, channels), every channel of a length near 1.
        exponents: of two, shape (channels,), each channel's unit; `LOWEST` for a channel that is zero.
        rounding: what rounding may have added to the channels, in these units.
    """

    values: np.ndarray
    exponents: np.ndarray
    rounding: Rounding

    def channels(self) -> Channels:
        """What bounds on its products and maps need."""
        return rounding.channels_of(self.values.reshape(-1, len(self.exponents)), self.rounding)


def spectrum(circuit: Circuit, mask: np.ndarray, limits: Limits) -> Spectrum:
    """Singular values of the matricization of the first class's coefficient tensor, up to a common positive factor.

    Args:
        circuit: any tree circuit; equal sub-partitions under shared maps are computed once.
        mask: boolean, shape (N,), true inside I.
        limits: on memory and time.

    Returns:
        Singular values, k at most the product of either side's dimensions, and a bound on what rounding did to them.

    Raises:
        MemoryLimitError, TimeLimitError: a block would be too large, or take too long; before allocating.
    """
    parts = circuit_parts(circuit, mask)
    needs = plan(circuit, parts)
    limits.check("spectrum", needs.bytes, needs.operations)

    levels = whole_levels(circuit, parts)

    def combine(level: int, node: Node, children: Iterator[tuple[Block, int]]) -> Block:
        if level < len(levels) and node.side is not None:
            return one_sided(levels[level].at(node.position), node.side)
        if level == 0:
            return mapped(site(circuit.local_dimension, bool(node.side)), level_map(circuit, level, node))
        blocks = [
            copy
            for block, count in children
            for copy in ([power(block, count)] if has_power(block.values.shape, count) else [block] * count)
        ]
        pooled = by_side(blocks, lambda block: block.values.shape, product)
        if level == circuit.tree.levels:
            return closed(reduce(product, pooled[:-1], unit(circuit.widths[-1])), pooled[-1], circuit.output[0])
        return mapped(reduce(product, pooled), level_map(circuit, level, node))

    root = fold(parts, combine)
    return precision.decomposed(root.values[:, :, 0], float(root.rounding.lengths()[0]))


def whole_levels(circuit: Circuit, parts: SubPartitions) -> list[factors.Factor]:
    """Per level, as long as nodes on one side are there, what the map above makes of every position if it were pure.

    None for few sites, or where all maps are shared: equal nodes are computed once there.
    """
    if circuit.tree.sites < WHOLE or not any(weight.ndim == 3 for weight in circuit.weights):
        return []
    below, found = factors.units_of(circuit.local_dimension), []
    for nodes, weight, window, positions in zip(
        parts.nodes, circuit.weights, circuit.tree.windows, circuit.tree.positions, strict=False
    ):
        if all(node.side is None for node in nodes):
            break
        found.append(factors.mapped(below, weight).everywhere(positions))
        below = factors.products(found[-1].shaped(-1, window))[-1].at(np.s_[:, 0])
    return found


def one_sided(factor: factors.Factor, inside: bool) -> Block:
    """The block of a node on one side, from its factor; a common scale of all channels is dropped."""
    values = factor.values[:, None, :] if inside else factor.values[None, :, :]
    return Block(values, factor.exponents, factor.rounding)


def circuit_parts(circuit: Circuit, mask: np.ndarray) -> SubPartitions:
    """The circuit's nodes, equal ones once: where maps differ between positions, nodes stay apart."""
    return sub_partitions(circuit.tree, mask, [weight.ndim == 3 for weight in circuit.weights])


def level_map(circuit: Circuit, level: int, node: Node) -> np.ndarray:
    """The map that the next level applies to a node of this level, shape (out, in)."""
    weight = circuit.weights[level]
    return np.asarray(weight[node.position] if weight.ndim == 3 else weight)


def site(local_dimension: int, inside: bool) -> Block:
    """The identity of a site, on its own side of the partition."""
    values = np.eye(local_dimension)
    units = np.zeros(local_dimension, dtype=np.int64)
    return Block(values[:, None, :] if inside else values[None, :, :], units, rounding.exact(local_dimension))


def unit(channels: int) -> Block:
    """The block of no sites at all."""
    return Block(np.ones((1, 1, channels)), np.zeros(channels, dtype=np.int64), rounding.exact(channels))


def rescaled(block: Block) -> Block:
    """The block with every channel, its error included, in units of about its length."""
    squares = squared(block) + block.rounding.lengths() ** 2
    further = rounding.units(np.sqrt(squares))
    exponents = rounding.raised(block.exponents, further, squares)
    return Block(times_power(block.values, -further), exponents, block.rounding.shifted(further))


def mapped(block: Block, weight: np.ndarray) -> Block:
    """The block after a linear map of its channels, compressed."""
    rows, exponents = scaled_map(weight, block.exponents)
    moved = block.rounding.mapped(rows).local(rounding.of_map(rows, lengths(block)))
    return compressed(rescaled(Block(block.values @ rows.T, exponents, moved)))


def lengths(block: Block) -> np.ndarray:
    """Length of each channel, shape (channels,)."""
    return np.asarray(np.sqrt(squared(block)))


def squared(block: Block) -> np.ndarray:
    """Squared length of each channel, shape (channels,)."""
    return np.asarray(np.einsum("abc,abc->c", block.values.conj(), block.values).real)


def product(left: Block, right: Block) -> Block:
    """Product pooling of two blocks: channels multiply, the other axes join; compressed."""
    a, b, channels = left.values.shape
    c, d, _ = right.values.shape
    values = left.values[:, None, :, None, :] * right.values[None, :, None, :, :]
    moved = rounding.pooled(left.channels(), right.channels())
    exponents = plus(left.exponents, right.exponents)
    return compressed(rescaled(Block(values.reshape(a * c, b * d, channels), exponents, moved)))


def compressed(block: Block) -> Block:
    """The block with axes no longer than what the others can tell apart; exact but for rounding."""
    values, (a, b, c) = block.values, block.values.shape
    share, relative = 0.0, rounding.roundoff(values)
    if a > b * c:
        share += rounding.of_triangle(a, b * c, relative)
        values = triangular(values.reshape(a, b * c)).reshape(-1, b, c)
        a = b * c
    if b > a * c:
        share += rounding.of_triangle(b, a * c, relative)
        transposed = triangular(values.transpose(1, 0, 2).reshape(b, a * c)).reshape(-1, a, c)
        values = np.ascontiguousarray(transposed.transpose(1, 0, 2))
    return (
        block
        if values is block.values
        else Block(values, block.exponents, block.rounding.local(share * lengths(block)))
    )


def triangular(matrix: np.ndarray) -> np.ndarray:
    """The factor R of QR: the matrix up to an isometry of its rows."""
    return np.asarray(np.linalg.qr(matrix, mode="r"))


def has_power(shape: tuple[int, ...], count: int) -> bool:
    """Whether equal blocks of this shape are worth pooling at once: on one side, and few in the symmetric subspace."""
    a, b, channels = shape
    return count > 2 and min(a, b) == 1 and power_dimension(max(a, b), count) <= 4 * channels + 64


def power_dimension(dimension: int, count: int) -> int:
    """Dimension of the symmetric subspace of `count` copies."""
    return math.comb(dimension + count - 1, count)


def power(block: Block, count: int) -> Block:
    """Product pooling of `count` equal blocks on one side of the partition; compressed.

    Each channel is v⊗…⊗v, a vector of the symmetric subspace: in its orthonormal basis, one entry per multiset of
    rows, √multinomial · Π v_i^{k_i}. Logarithms of many factors round: their sizes enter the error.
    """
    a, b, channels = block.values.shape
    vectors = block.values.reshape(a * b, channels)
    multisets = np.array(list(combinations_with_replacement(range(a * b), count)))
    counts = np.stack([(multisets == row).sum(axis=1) for row in range(a * b)], axis=1)
    factorials = np.array([math.lgamma(number + 1) for number in range(count + 1)])
    logs = np.repeat(0.5 * (factorials[count] - factorials[counts].sum(axis=1))[:, None], channels, axis=1)
    sizes = np.full(logs.shape, 4 * factorials[count] + 1)
    for row, vector in enumerate(vectors):
        present = counts[:, row] > 0  # 0 · ln 0 is 0 here
        with np.errstate(divide="ignore"):
            factors = counts[present, row, None] * np.log(np.abs(vector))
        logs[present] += factors
        sizes[present] += np.where(vector != 0, np.abs(factors), 0.0)  # a zero is exact
    whole = block.channels()
    sized = whole.lengths()
    powers = np.rint(count * np.log2(np.where(sized > 0, sized, 1.0))).astype(np.int64)
    values = np.exp(logs - powers * math.log(2)) * (1 - 2 * ((counts @ (vectors < 0)) % 2))
    shape = (len(values), 1, channels) if b == 1 else (1, len(values), channels)
    roundings = ROUNDOFF * (len(vectors) + 4) * (sizes + np.abs(powers))
    apart = np.linalg.norm(values * roundings, axis=0)
    moved = rounding.power(whole, count, powers).local(apart)
    zero = block.exponents <= LOWEST // 2
    exponents = np.where(zero, LOWEST, np.where(zero, 0, block.exponents) * count + powers)
    return compressed(rescaled(Block(values.reshape(shape), exponents, moved)))


def closed(left: Block, right: Block, output: np.ndarray) -> Block:
    """Product pooling of two blocks, then the sum over channels with coefficients `output`: the matricization.

    The channel axis of the product is never stored. The common scale is dropped.
    """
    a, b, channels = left.values.shape
    c, d, _ = right.values.shape
    rows, _ = scaled_map(output[None, :], plus(left.exponents, right.exponents))
    values = (left.values * rows[0]).reshape(a * b, channels) @ right.values.reshape(c * d, channels).T
    one, other = left.channels(), right.channels()
    moved = rounding.pooled(one, other).mapped(rows).local(rounding.of_map(rows, one.lengths() * other.lengths()))
    matrix = values.reshape(a, b, c, d).transpose(0, 2, 1, 3).reshape(a * c, b * d, 1)
    return Block(matrix, np.zeros(1, dtype=np.int64), moved)


def by_side(blocks: list[B], shape: Callable[[B], tuple[int, ...]], join: Callable[[B, B], B]) -> list[B]:
    """A window's blocks with those of one side joined, since these stay small, then the mixed ones from small up."""
    inside: list[B] = []
    outside: list[B] = []
    mixed: list[B] = []
    for block in blocks:
        a, b, _ = shape(block)
        (inside if b == 1 else outside if a == 1 else mixed).append(block)
    pure = [reduce(join, group) for group in (inside, outside) if group]
    return pure + sorted(mixed, key=lambda block: math.prod(shape(block)))


@dataclass(frozen=True)
class Plan:
    """What the engine would need.

    Attributes:
        bytes: bound on the memory in use at once.
        operations: estimate of the floating-point operations.
    """

    bytes: int
    operations: int


def plan(circuit: Circuit, parts: SubPartitions) -> Plan:
    """Memory and operations of `singular_values`, from the shapes alone (integers: they may be astronomical)."""
    return planned(circuit.local_dimension, circuit.widths, parts)


# the networks of a run share their shapes
@lru_cache(maxsize=8)
def planned(local_dimension: int, widths: tuple[int, ...], parts: SubPartitions) -> Plan:
    """`plan` of any circuit with these channels."""
    stored = largest = operations = 0

    def step(shape: Shape) -> Shape:
        nonlocal largest, operations
        a, b, c = shape
        largest = max(largest, a * b * c)
        operations += 2 * a * b * c + (4 * HANDLING if min(a, b) > 1 else HANDLING // 4)  # whole levels take less
        if a > b * c:
            operations += 2 * a * (b * c) ** 2
            a = b * c
        if b > a * c:
            operations += 2 * b * (a * c) ** 2
            b = a * c
        return a, b, c

    def joined(left: Shape, right: Shape) -> Shape:
        return step((left[0] * right[0], left[1] * right[1], left[2]))

    def raised(shape: Shape, count: int) -> Shape:
        rows = power_dimension(max(shape[:2]), count)
        return step((rows, 1, shape[2]) if shape[1] == 1 else (1, rows, shape[2]))

    def combine(level: int, node: Node, children: Iterator[tuple[Shape, int]]) -> Shape:
        nonlocal stored, largest, operations
        if level == 0:
            shape = (local_dimension, 1, local_dimension) if node.side else (1, local_dimension, local_dimension)
        else:
            shapes = [
                copy
                for child, count in children
                for copy in ([raised(child, count)] if has_power(child, count) else [child] * count)
            ]
            factors = by_side(shapes, lambda shape: shape, joined)
            if level == len(widths):
                left, right = reduce(joined, factors[:-1], (1, 1, widths[-1])), factors[-1]
                rows, columns = left[0] * right[0], left[1] * right[1]
                largest = max(largest, rows * columns, math.prod(left))
                operations += rows * columns * (2 * left[2] + 4 * min(rows, columns))
                return rows, columns, 1
            shape = reduce(joined, factors)
        width = widths[level]
        operations += 2 * math.prod(shape) * width
        shape = step((shape[0], shape[1], width))
        stored += math.prod(shape)
        return shape

    fold(parts, combine)
    # a product and its factors, the copy that QR or SVD works on, and one transposed copy
    return Plan(8 * (stored + 4 * largest), operations)
