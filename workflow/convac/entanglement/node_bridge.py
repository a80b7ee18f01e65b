"""A bound on the rank of trees below the min-cut: at every node, the rank of what generic children could make.

A node with r channels pools children; of child i the channel c holds a matrix, sites inside
against sites outside, of which the nodes below bound three ranks: of all channels with the channel outside (a), with
the channel inside (b), and of one channel (ρ). Whatever these matrices are, there are bases in which they are a × b of
rank at most ρ; and of all such tuples generic ones give Σ_c ⊗_i A^i_c, with the channel on either side or summed over,
the largest rank. So the ranks of random tuples bound those of the node, up to the root. Where every child is pure
this is the min-cut; with several mixed children it is the bridge of `convac.entanglement.bridge`, at every node. Where
weights are shared over positions, children with equal sub-partitions hold equal matrices, and so do the tuples.

Source: ours, after 2212.09794 (quantum max-flow in the bridge graph), which has two children at the root.
"""

from collections import Counter
from collections.abc import Sequence
from math import comb, prod
from typing import NamedTuple

import numpy as np

from convac.circuits.fields import PRIME_FIELD
from convac.entanglement.generic_rank import rank
from convac.entanglement.mincut import dimensions
from convac.entanglement.sub_partitions import Node, SubPartitions, sub_partitions
from convac.geometry.partitions import Choice, Partition
from convac.geometry.trees import PoolingTree
from convac.seeds import stream

INSIDE, OUTSIDE, SUMMED = "inside", "outside", "summed"  # where a node's channel stands


class Ranks(NamedTuple):
    """Bounds on the ranks of a node's values, sites inside against sites outside.

    Attributes:
        out: with the channel outside, a.
        into: with the channel inside, b.
        single: of one channel after a map, ρ.
        fixed: of one channel before the map.
        channels: how many there are before the map.
    """

    out: int
    into: int
    single: int
    fixed: int
    channels: int


def bridged_rank(
    tree: PoolingTree, local_dimension: int, widths: Sequence[int], partition: Choice, shared: bool = False
) -> int:
    """An upper bound on the rank, at most the min-cut; of shared weights at most the symmetric one.

    Ranks of random tuples are those of generic ones but for unlucky draws, of chance below 10^-6.

    Args:
        tree: geometry and windows over N sites.
        local_dimension: M.
        widths: r_1 … r_L.
        partition: a name, the sites of I, or a partition over the tree's sites.
        shared: whether weights are shared over the positions of every level, or each has its own.

    Raises:
        ArgumentError: a bad partition, or sizes that aren't positive integers.

    >>> bridged_rank(PoolingTree.named("line", (9,), (3, 3)), 2, (3, 2), [2, 5, 6, 7, 8])
    7
    """
    size, channels = dimensions(tree, local_dimension, widths)
    parts = sub_partitions(tree, Partition.of(tree.shape, partition).mask)
    return node_ranks(parts, size, channels, shared)[-1][0].single


def node_ranks(parts: SubPartitions, local_dimension: int, widths: Sequence[int], shared: bool) -> list[list[Ranks]]:
    """The bounds of every distinct node, per level from the sites up."""
    generator = stream("node bridge")
    found = [[site(bool(node.side), local_dimension) for node in parts.nodes[0]]]
    for nodes, width in zip(parts.nodes[1:], widths, strict=True):
        below = found[-1]
        found.append([node_bounds(node, pooled_ranks(node, below, shared), width, generator) for node in nodes])
    return found


def pooled_ranks(node: Node, below: list[Ranks], shared: bool) -> list[tuple[Ranks, int]]:
    """A node's children, each with how many hold its matrices."""
    if not shared:
        return [(below[child], 1) for child in node.children]
    return [(below[child], count) for child, count in sorted(Counter(node.children).items())]


def site(inside: bool, local_dimension: int) -> Ranks:
    """A site's templates, which are its channels."""
    return Ranks(*((local_dimension, 1) if inside else (1, local_dimension)), 1, 1, local_dimension)


def node_bounds(node: Node, children: list[tuple[Ranks, int]], width: int, generator: np.random.Generator) -> Ranks:
    """The bounds of a node of `width` channels: its cuts and, where it is mixed, what generic children could make."""
    if node.side is not None:  # equal children make symmetric tensors
        out = prod(comb(child.out + count - 1, count) for child, count in children)
        into = prod(comb(child.into + count - 1, count) for child, count in children)
        return Ranks(min(out, width), min(into, width), 1, 1, width)
    fixed = prod(child.single**count for child, count in children)
    out, into = (prod(child[side] ** count for child, count in children) for side in (0, 1))
    bounds = {OUTSIDE: min(out, width * fixed), INSIDE: min(into, width * fixed)}
    for channel in (OUTSIDE, INSIDE, SUMMED):
        most = bounds.get(channel, min(bounds.values()))  # a channel's own rank is at most that of all of them
        most = min(most, beside_a_cut(children, channel))
        for mixed in (True, False):
            if most > 1:
                most = min(most, rank(tuple_values(children, width, channel, most, mixed, generator)))
        bounds[channel] = most
    return Ranks(bounds[OUTSIDE], bounds[INSIDE], bounds[SUMMED], fixed, width)


def beside_a_cut(children: list[tuple[Ranks, int]], channel: str) -> int:
    """The rank where a child's own channels are cut, before the map, and one other child is left.

    With two children the sum over channels is one over those of the first, each of a fixed rank, times a combination of
    the second's matrices: a matrix after a map like any other.
    """
    places = [child for child, count in children for _ in range(count)]
    if len(places) != 2:
        return prod(child.out * child.into for child in places)
    side = {OUTSIDE: "out", INSIDE: "into", SUMMED: "single"}[channel]
    pairs = (places, places[::-1])
    return min(int(cut.channels * cut.fixed * getattr(other, side)) for cut, other in pairs)


def tuple_values(
    children: list[tuple[Ranks, int]],
    width: int,
    channel: str,
    samples: int,
    mixed: bool,
    generator: np.random.Generator,
) -> np.ndarray:
    """Values of a generic tuple on random product vectors, residues of shape (samples, samples).

    Args:
        children: their bounds, and how many hold the same matrices.
        width: r.
        channel: where it stands, with a random vector of each row or column.
        samples: vectors on a side: they show min(samples, rank).
        mixed: whether a child's matrices are random combinations of those before its map, or generic of rank ρ.
        generator: of all draws.
    """
    field = PRIME_FIELD
    pooled = field.draw(generator, (samples if channel == INSIDE else 1, samples if channel == OUTSIDE else 1, width))
    for child, count in children:
        matrices = combined(child, width, generator) if mixed else limited(child, width, generator)
        for _ in range(count):
            rows = field.draw(generator, (samples, child.out))
            columns = field.draw(generator, (samples, child.into))
            own = np.stack([field.linear(columns, field.linear(matrix.T, rows)) for matrix in matrices], axis=-1)
            pooled = field.multiply(pooled, own)
    return np.asarray(pooled.sum(axis=-1) % field.prime)


def limited(child: Ranks, width: int, generator: np.random.Generator) -> np.ndarray:
    """Generic matrices of rank ρ, shape (width, a, b)."""
    return low_rank(width, child, child.single, generator)


def combined(child: Ranks, width: int, generator: np.random.Generator) -> np.ndarray:
    """Random combinations of as many generic matrices as the child has channels, shape (width, a, b)."""
    own = low_rank(child.channels, child, child.fixed, generator)
    weights = PRIME_FIELD.draw(generator, (width, child.channels))
    return PRIME_FIELD.linear(weights, own.transpose(1, 2, 0)).transpose(2, 0, 1)


def low_rank(count: int, child: Ranks, most: int, generator: np.random.Generator) -> np.ndarray:
    """`count` generic a × b matrices of rank at most `most`."""
    inner = min(most, child.out, child.into)
    first = PRIME_FIELD.draw(generator, (count, child.out, inner))
    second = PRIME_FIELD.draw(generator, (count, child.into, inner))
    return np.stack([PRIME_FIELD.linear(one, other) for one, other in zip(first, second, strict=True)]).transpose(
        0, 2, 1
    )
