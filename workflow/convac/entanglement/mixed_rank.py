"""Exact generic ranks of mixed tensor decompositions: two trees of dilations that exchange channels at common nodes.

A family is a baseline tree T of dilations 1, 2, 4, … over N = 2^L steps and its companion T̄, whose dilations are
swapped within groups of k layers; one width r; the root has one channel. At *mixture nodes*, nodes of both trees below
the root, either tree's first r/2 channels go into the place of the other's. The output is the sum of both roots. A
*hybrid tree* takes, below the root and below every mixture node, the segment of one of the two trees.

Every function here is linear in the vector of each step, so that S random product vectors on either side show min(S,
rank): see `convac.entanglement.generic_rank`.

Source: 1703.06846, Sections 4 and 5 (mixed decompositions, hybrid trees, tilings and ranks).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from convac.arrays import integer
from convac.circuits.fields import Field, PrimeField
from convac.entanglement.elimination import SMALL_FIELD
from convac.entanglement.generic_rank import rank
from convac.errors import ArgumentError
from convac.geometry.dilations import common_levels, dilations, joined_bits, levels_of
from convac.seeds import stream

PLAIN, SWAPPED = "plain", "swapped"
TREES = (PLAIN, SWAPPED)
SAMPLES = 1024  # product vectors on a side at most


class Node(NamedTuple):
    """A node of a layer, numbered by the digits of its steps that are left; one of both trees is a run of steps."""

    level: int
    number: int


@dataclass(frozen=True)
class Family:
    """Both trees: everything but the weights.

    Attributes:
        steps: N = 2^L.
        group: k, which divides L.
        width: r, channels of every node below the root.
        local_dimension: of the vector of a step.
        shared: whether one pair of maps serves all nodes of a layer, as in a network, or each has its own.

    Raises:
        ArgumentError: a number is out of range, or k doesn't divide L.
    """

    steps: int
    group: int
    width: int
    local_dimension: int
    shared: bool = False

    def __post_init__(self) -> None:
        for name in ("width", "local_dimension"):
            object.__setattr__(self, name, integer(getattr(self, name), name, least=1))
        dilations(levels_of(self.steps), self.group)

    @cached_property
    def levels(self) -> int:
        """L."""
        return levels_of(self.steps)

    @cached_property
    def common(self) -> list[Node]:
        """Nodes of both trees below the root and above the steps, those of the lowest layer first."""
        levels = common_levels(self.levels, self.group)
        return [Node(level, number) for level in levels for number in range(self.steps >> level)]

    def children(self, tree: str, level: int, number: int) -> tuple[int, int]:
        """Numbers, one layer below, of the two nodes that a node joins."""
        bit = joined_bits(self.levels, 1 if tree == PLAIN else self.group)[level - 1]
        first = (number >> bit << (bit + 1)) | (number & ((1 << bit) - 1))
        return first, first | (1 << bit)


Weights = Mapping[str, Sequence[np.ndarray]]


def drawn(family: Family, field: Field, generator: np.random.Generator) -> dict[str, list[np.ndarray]]:
    """Random weights of either tree: per layer (nodes or 1, 2, out, in); the root's layer has one output."""
    found: dict[str, list[np.ndarray]] = {}
    for tree in TREES:
        layers = []
        for level in range(1, family.levels + 1):
            into = family.local_dimension if level == 1 else family.width
            out = 1 if level == family.levels else family.width
            nodes = 1 if family.shared else family.steps >> level
            layers.append(field.draw(generator, (nodes, 2, out, into)))
        found[tree] = layers
    return found


@dataclass(frozen=True)
class Mixed:
    """Both trees with mixture nodes; none is their sum.

    Attributes:
        nodes: mixture nodes.
    """

    nodes: frozenset[Node] = frozenset()

    def exchanged(self, node: Node, plain: np.ndarray, swapped: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Channels of both trees at a node, after the exchange where it is a mixture node."""
        if node not in self.nodes:
            return plain, swapped
        half = plain.shape[-1] // 2
        first = np.concatenate([swapped[..., :half], plain[..., half:]], axis=-1)
        return first, np.concatenate([plain[..., :half], swapped[..., half:]], axis=-1)

    def output(self, plain: np.ndarray, swapped: np.ndarray, field: Field) -> np.ndarray:
        """The sum of both roots."""
        return added(plain, swapped, field)


@dataclass(frozen=True)
class Hybrid:
    """A hybrid tree.

    Attributes:
        segments: the tree whose segment hangs below each mixture node.
        root: the tree whose segment hangs below the root.
    """

    segments: Mapping[Node, str]
    root: str

    def exchanged(self, node: Node, plain: np.ndarray, swapped: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Channels of the chosen tree, for both, at a mixture node."""
        chosen = self.segments.get(node)
        return (plain, swapped) if chosen is None else ((plain, plain) if chosen == PLAIN else (swapped, swapped))

    def output(self, plain: np.ndarray, swapped: np.ndarray, field: Field) -> np.ndarray:
        """The root of the chosen tree."""
        return plain if self.root == PLAIN else swapped


Structure = Mixed | Hybrid


def tree_alone(tree: str) -> Hybrid:
    """One of the two trees as it is."""
    return Hybrid({}, tree)


def added(first: np.ndarray, second: np.ndarray, field: Field) -> np.ndarray:
    """Sum over the field."""
    total: np.ndarray = first + second
    return total % field.prime if isinstance(field, PrimeField) else total


def evaluated(
    family: Family, structure: Structure, weights: Weights, vectors: Sequence[np.ndarray], field: Field
) -> np.ndarray:
    """The function on product vectors.

    Args:
        family: of the trees.
        structure: what is done with them.
        weights: as `drawn` gives them.
        vectors: of every step, elements of the field, shape (…, local dimension), which broadcast.
        field: the numbers to compute over.

    Returns:
        Values of the shape that the vectors broadcast to.
    """
    states = {tree: list(vectors) for tree in TREES}
    for level in range(1, family.levels + 1):
        states = {tree: list(layer(family, tree, level, weights[tree], states[tree], field)) for tree in TREES}
        if level < family.levels and level % family.group == 0:
            for number, (plain, swapped) in enumerate(zip(states[PLAIN], states[SWAPPED], strict=True)):
                pair = structure.exchanged(Node(level, number), plain, swapped)
                states[PLAIN][number], states[SWAPPED][number] = pair
    return np.asarray(structure.output(states[PLAIN][0], states[SWAPPED][0], field)[..., 0])


def layer(
    family: Family, tree: str, level: int, weights: Sequence[np.ndarray], states: Sequence[np.ndarray], field: Field
) -> Iterator[np.ndarray]:
    """Channels of every node of a layer."""
    for number in range(family.steps >> level):
        own = weights[level - 1][0 if family.shared else number]
        sides = zip(own, family.children(tree, level, number), strict=True)
        first, second = (field.linear(weight, states[child]) for weight, child in sides)
        yield field.multiply(first, second)


def matrix(
    family: Family,
    structure: Structure,
    mask: np.ndarray,
    samples: int,
    generator: np.random.Generator,
    field: PrimeField = SMALL_FIELD,
) -> np.ndarray:
    """Values on `samples` random product vectors of I (rows) and of the others (columns), random weights.

    Equal generators give the matrices of equal weights, whatever the structure.
    """
    weights = drawn(family, field, generator)
    vectors = field.draw(generator, (family.steps, samples, family.local_dimension))
    placed = [own[:, None] if inside else own[None] for own, inside in zip(vectors, mask, strict=True)]
    return np.broadcast_to(evaluated(family, structure, weights, placed, field), (samples, samples))


def mixed_rank(
    family: Family,
    structure: Structure,
    mask: np.ndarray,
    words: Sequence[str | int],
    least: int = 32,
    field: PrimeField = SMALL_FIELD,
) -> int | None:
    """Exact generic rank of the steps in I against the others; None where it is 1,024 or more.

    Args:
        family: of the trees.
        structure: what is done with them.
        mask: boolean, shape (N,), true inside I.
        words: that tell the draw apart from others.
        least: product vectors to begin with; as many again where they show no end of the rank.
        field: the prime field.

    Raises:
        ArgumentError: the mask isn't of the steps.

    >>> mask = np.array([True, False, True, False])
    >>> family = Family(steps=4, group=2, width=2, local_dimension=2)
    >>> [mixed_rank(family, tree_alone(tree), mask, ()) for tree in TREES]
    [4, 1]
    """
    if mask.shape != (family.steps,) or mask.dtype != bool:
        raise ArgumentError(f"mask: {mask.dtype} of shape {list(mask.shape)}; accepted: booleans [{family.steps}]")
    samples = least
    while samples <= SAMPLES:
        found = rank(matrix(family, structure, mask, samples, stream("mixed rank", *words), field), field)
        if found < samples:
            return found
        samples *= 2
    return None


class Tiling(NamedTuple):
    """The tiling Θ of the steps by a tree: its maximal nodes inside I, and those inside the rest, by (level, number).

    Attributes:
        inside: Θ(I).
        outside: Θ(I^c).
        siblings: pairs of one of each that have one parent, and that below the root.
    """

    inside: int
    outside: int
    siblings: int

    def bounds(self, width: int) -> tuple[int, int]:
        """Bounds from below and from above on the generic rank (1703.06846, Theorem 7).

        The first needs the vectors of the steps to span as many dimensions as the width.
        """
        return width**self.siblings, width ** min(self.inside, self.outside)


def tiling(family: Family, structure: Hybrid, mask: np.ndarray) -> Tiling:
    """The tiling of I and the rest by a hybrid tree, or by one of the two trees: those of its segments add up.

    >>> tiling(Family(4, 2, 2, 2), tree_alone(PLAIN), np.array([True, False, True, False]))
    Tiling(inside=2, outside=2, siblings=2)
    """
    tops = {**structure.segments, Node(family.levels, 0): structure.root}
    parts = [segment(family, top, tree, frozenset(structure.segments), mask) for top, tree in tops.items()]
    return Tiling(*(sum(counts) for counts in zip(*parts, strict=True)))


def segment(family: Family, top: Node, tree: str, ends: frozenset[Node], mask: np.ndarray) -> Tiling:
    """What a tree's nodes below one of its nodes, down to the mixture nodes that come next, add to a tiling."""
    inside = outside = siblings = 0
    waiting = [top]
    while waiting:
        level, number = waiting.pop()
        children = [Node(level - 1, child) for child in family.children(tree, level, number)]
        sides = [side(mask, steps_below(family, tree, *child)) for child in children]
        if None in sides or sides[0] != sides[1]:
            inside += sides.count(True)
            outside += sides.count(False)
            siblings += level < family.levels and None not in sides
            split = [child for child, found in zip(children, sides, strict=True) if found is None]
            waiting += [child for child in split if child not in ends]
    return Tiling(inside, outside, siblings)


def steps_below(family: Family, tree: str, level: int, number: int) -> list[int]:
    """The steps below a node of a tree, which is numbered within its layer."""
    found = [number]
    for lower in range(level, 0, -1):
        found = [child for each in found for child in family.children(tree, lower, each)]
    return found


def side(mask: np.ndarray, steps: Sequence[int]) -> bool | None:
    """Whether steps are inside I; None where they are on both sides."""
    held = mask[list(steps)]
    return bool(held[0]) if held.all() or not held.any() else None
