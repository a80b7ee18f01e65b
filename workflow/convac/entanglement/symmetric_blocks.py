"""A bound on the rank of trees with shared weights: equal mixed children split into the blocks of Schur functors.

k children with equal sub-partitions hold equal matrices A. Their product is, in bases that depend on sizes alone, a
block 1 ⊗ S_μ(A) for every partition μ of k, as often as the symmetric group's representation μ has dimensions
(Schur-Weyl duality). A block's rank is bounded by its rows, by its columns and by what its channels pass, so that the
sum over blocks is at most the symmetric min-cut, which bounds all of them at once. Blocks stay apart up the tree:
children that have blocks of their own take every way of choosing one each.

Source: ours; the duality: Fulton & Harris, Representation Theory, Theorem 6.3. Proof: docs/laws.md.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache
from math import factorial, prod
from typing import NamedTuple

from convac.entanglement.mincut import dimensions
from convac.entanglement.sub_partitions import Node, sub_partitions
from convac.errors import ArgumentError
from convac.geometry.partitions import Choice, Partition
from convac.geometry.trees import PoolingTree

MOST = 2**16  # blocks of a node


class Block(NamedTuple):
    """Bounds on a block of a node's matrices, sites inside against sites outside.

    Attributes:
        rows: dimension of what its columns span, of all channels side by side.
        columns: of what its rows span, of all channels one below the other.
        fixed: rank for one channel before the map.
        single: after the map.
    """

    rows: int
    columns: int
    fixed: int
    single: int


# of a node, each with how often it stands there; different ones may have equal bounds, but hold different matrices
Blocks = list[tuple[Block, int]]


def block_bound(tree: PoolingTree, local_dimension: int, widths: Sequence[int], partition: Choice) -> int:
    """An upper bound on the rank of a tree with weights shared over positions, at most its symmetric min-cut.

    Args:
        tree: geometry and windows over N sites.
        local_dimension: M.
        widths: r_1 … r_L.
        partition: a name, the sites of I, or a partition over the tree's sites.

    Raises:
        ArgumentError: a bad partition, sizes that aren't positive integers, or a node of more than 2^16 blocks.

    >>> block_bound(PoolingTree.named("line", (12,), (3, 2, 2)), 2, (4, 4, 4), [0, 2, 3, 5, 6, 7])
    26
    """
    size, channels = dimensions(tree, local_dimension, widths)
    parts = sub_partitions(tree, Partition.of(tree.shape, partition).mask)
    below = [site(bool(node.side), size) for node in parts.nodes[0]]
    for nodes, width in zip(parts.nodes[1:], channels, strict=True):
        below = [node_blocks(node, below, width) for node in nodes]
    return sum(count * block.single for block, count in below[0])


def site(inside: bool, local_dimension: int) -> Blocks:
    """A site's templates, which are its channels."""
    return [(Block(*((local_dimension, 1) if inside else (1, local_dimension)), 1, 1), 1)]


def node_blocks(node: Node, below: Sequence[Blocks], width: int) -> Blocks:
    """The blocks of a node of `width` channels: the products of those that its groups of equal children make."""
    found: Blocks = [(Block(1, 1, 1, 1), 1)]
    for child, count in sorted(Counter(node.children).items()):
        made: Blocks = []
        for own, several in powers(below[child], count):
            if len(made) > MOST:
                raise ArgumentError(f"partition: {count} equal children make too many blocks; accepted: {MOST}")
            made += [(times_of(own, other), several * times) for other, times in found]
        found = made
    return [(passed(block, width), times) for block, times in found]


def times_of(one: Block, other: Block) -> Block:
    """The block of two children's product, before a channel is summed over."""
    return Block(one.rows * other.rows, one.columns * other.columns, one.fixed * other.fixed, 1)


def passed(block: Block, width: int) -> Block:
    """A block of a node of `width` channels: what they pass of it."""
    through = width * block.fixed
    rows, columns = min(block.rows, through), min(block.columns, through)
    return Block(rows, columns, block.fixed, min(rows, columns))


def powers(blocks: Sequence[tuple[Block, int]], count: int) -> Iterator[tuple[Block, int]]:
    """What `count` equal children with these blocks make together, before a channel is summed over.

    A channel's rank in a block is that after the children's map.
    """
    if not blocks:
        if count == 0:
            yield Block(1, 1, 1, 1), 1
        return
    (block, often), *others = blocks
    for taken in range(count + 1):
        chosen = factorial(count) // factorial(taken) // factorial(count - taken) * often**taken
        for shape in partitions(taken):
            rows, columns = (schur_dimension(shape, size) for size in (block.rows, block.columns))
            if rows and columns:
                for rest, times in powers(others, count - taken):
                    own = Block(rows, columns, schur_dimension(shape, block.single), 1)
                    yield times_of(own, rest), chosen * schur_dimension(shape, None) * times


@cache
def partitions(number: int, largest: int | None = None) -> tuple[tuple[int, ...], ...]:
    """The partitions of a number, parts descending.

    >>> partitions(3)
    ((3,), (2, 1), (1, 1, 1))
    """
    if number == 0:
        return ((),)
    first = range(min(number, largest or number), 0, -1)
    return tuple((part, *rest) for part in first for rest in partitions(number - part, part))


@cache
def schur_dimension(shape: tuple[int, ...], size: int | None) -> int:
    """Dimension of the Schur functor of a partition on a space of `size`, or of the symmetric group's representation.

    >>> [schur_dimension(shape, 3) for shape in partitions(2)], schur_dimension((2, 1), None)
    ([6, 3], 2)
    """
    cells = [(row, column) for row, length in enumerate(shape) for column in range(length)]
    tall = [sum(length > column for length in shape) for column in range(max(shape, default=0))]
    hooks = prod(shape[row] - column + tall[column] - row - 1 for row, column in cells)
    if size is None:
        return factorial(sum(shape)) // hooks
    return prod(size + column - row for row, column in cells) // hooks
