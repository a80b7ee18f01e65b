"""Dilated convolutions with windows of two, as pooling trees over a sequence of 2^L steps.

Layer l joins the steps t − d and t, d being its dilation. With dilations 1, 2, 4, … its nodes are runs of 2^l
neighbours, which is the tree `line`. Swapped within groups of k layers, the same dilations give a companion tree: pairs
that stand 2^(k − 1) apart are joined first, and the two trees have the nodes of every k-th layer in common.

Source: 1703.06846, Sections 3 and 5 (dilations of the baseline tree and of its companion).
"""

from convac.arrays import integer
from convac.errors import ArgumentError
from convac.geometry.trees import PoolingTree


def levels_of(steps: int) -> int:
    """L of a sequence of 2^L steps; raises ArgumentError for another number of steps, or for one step."""
    count = integer(steps, "steps", least=2)
    if count & (count - 1):
        raise ArgumentError(f"steps: {count}; accepted: a power of two from 2 up")
    return count.bit_length() - 1


def dilations(levels: int, group: int = 1) -> tuple[int, ...]:
    """Dilation of layers 1 to L, swapped within groups of k layers; k = 1 is the baseline's order.

    Args:
        levels: L.
        group: k, which divides L.

    Raises:
        ArgumentError: k doesn't divide L: dilations would appear twice.

    >>> dilations(4), dilations(4, 2), dilations(6, 3)
    ((1, 2, 4, 8), (2, 1, 8, 4), (4, 2, 1, 32, 16, 8))
    """
    count, size = integer(levels, "levels", least=1), integer(group, "group", least=1)
    if count % size:
        raise ArgumentError(f"group: {size}; accepted: a divisor of the {count} layers")
    return tuple(2 ** (-(-level // size) * size - 1 - (level - 1) % size) for level in range(1, count + 1))


def dilated_tree(steps: int, group: int = 1) -> PoolingTree:
    """The tree of the dilations: the baseline for k = 1, else its companion.

    Args:
        steps: N = 2^L.
        group: k, which divides L.

    Raises:
        ArgumentError: the steps aren't a power of two, or k doesn't divide L.

    >>> dilated_tree(4, 2).order
    (0, 2, 1, 3)
    """
    levels = levels_of(steps)
    given = dilations(levels, group)
    order = [sum(dilation for bit, dilation in enumerate(given) if place >> bit & 1) for place in range(steps)]
    return PoolingTree((steps,), tuple(order), (2,) * levels)


def joined_bits(levels: int, group: int = 1) -> tuple[int, ...]:
    """By layer, how many of the binary digits that are left of a node's number lie below the one that it drops.

    Nodes of any layer are numbered by the steps' digits that no layer has dropped yet, in the steps' own order.

    >>> joined_bits(4), joined_bits(4, 2), joined_bits(3, 3)
    ((0, 0, 0, 0), (1, 0, 1, 0), (2, 1, 0))
    """
    given = dilations(levels, group)
    return tuple(sum(later < dilation for later in given[level:]) for level, dilation in enumerate(given))


def common_levels(levels: int, group: int) -> tuple[int, ...]:
    """Layers below the root whose nodes belong to both trees: every k-th.

    >>> common_levels(6, 2), common_levels(4, 4)
    ((2, 4), ())
    """
    dilations(levels, group)
    return tuple(range(group, levels, group))
