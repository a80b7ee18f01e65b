"""Schmidt vectors of a tree circuit followed by identity: how much of each pair an earlier circuit already has.

Singular values are sorted, so that which of them is the second says nothing of whether it is the same pair of vectors
as before. Here the vectors u_k, v_k are those of one circuit, the `final` one. Another circuit's matricization A across
the same bond has of each the weight u_kᵀ A v_k, with its sign: its projection on u_k v_kᵀ, which are orthonormal.

Both circuits go through the bonds as one, their channels side by side, so that their factors stand in the same frames
(`factors`), and no Gram matrix squares a condition.

Source: ours; hierarchical SVD, Grasedyck 2010 (10.1137/090764189).
"""

from math import inf
from typing import NamedTuple

import numpy as np

from convac.circuits.tree import Circuit
from convac.entanglement import precision
from convac.entanglement.factors import Factor
from convac.entanglement.limits import MEMORY
from convac.entanglement.precision import LARGEST_ERROR
from convac.entanglement.rounding import Rounding
from convac.entanglement.truncation import Bonds, bonds_of, decomposed
from convac.errors import ArgumentError


class Tracked(NamedTuple):
    """The bonds of one level, each with k Schmidt pairs of the final circuit.

    Attributes:
        final: their Schmidt coefficients, descending, squares summing to 1, shape (positions, k).
        weights: the other circuit's u_kᵀ A v_k, in units of the final tensor's norm, shape (positions, k).
        values: the other circuit's own Schmidt coefficients, descending, squares summing to 1, shape (positions, k).
    """

    final: np.ndarray
    weights: np.ndarray
    values: np.ndarray


def tracked(
    circuit: Circuit,
    final: Circuit,
    gram: np.ndarray | None = None,
    largest_error: float = LARGEST_ERROR,
    memory_limit: float = MEMORY,
) -> list[Tracked]:
    """The final circuit's Schmidt pairs at every bond in another circuit, per level 1..L, the class's bond last.

    Args:
        circuit, final: over the same tree and sites, with as many classes; widths may differ.
        gram: as in `truncation.bonds_of`, of the data's own marginals for instance.
        largest_error: of the entropy of any bond of either circuit, in nats.
        memory_limit: bytes.

    Raises:
        ArgumentError: the circuits don't fit together, or a tensor is zero or cancels below rounding.
        PrecisionError: rounding leaves a larger error.
        MemoryLimitError: the bonds would pass the limit; before allocating.
    """
    both = side_by_side(circuit, final)
    levels = bonds_of(both, memory_limit=memory_limit, time_limit=inf, gram=gram)
    found = []
    for bonds, width, last in zip(levels, circuit.widths, final.widths, strict=True):
        now, end = (part(bonds, place) for place in (np.s_[:width], np.s_[width:]))
        for each in (now, end):
            precision.accepted(float(each.precision().max()), largest_error, "truncation", "cancelling channels")
        count = min(width, last, end.values.shape[1])
        found.append(projected(now, end, count))
    return found


def projected(now: Bonds, end: Bonds, count: int) -> Tracked:
    """The first `count` Schmidt pairs of `end` in both, which stand in one frame."""
    units = np.linalg.norm(end.values, axis=1, keepdims=True)
    along = end.left[..., :count].mT @ now.left
    across = now.right @ end.right[:, :count].mT
    shift = np.ldexp(1.0, np.clip(now.tops - end.tops, -1000, 1000))[:, None]
    weights = np.einsum("pki,pi,pik->pk", along, now.values, across) * shift / units
    own = np.linalg.norm(now.values, axis=1, keepdims=True)
    return Tracked(end.values[:, :count] / units, weights, now.values[:, :count] / own)


def part(bonds: Bonds, channels: slice) -> Bonds:
    """The Schmidt decompositions of some of a level's channels, in the frames of all."""
    below, above = (
        Factor(
            each.values[..., channels],
            each.exponents[..., channels],
            Rounding(each.rounding.moved[..., channels, channels], each.rounding.terms),
        )
        for each in (bonds.below, bonds.above)
    )
    return decomposed(below, above)


def side_by_side(one: Circuit, other: Circuit) -> Circuit:
    """The circuit whose channels are those of both, which nothing mixes, and whose output is the sum of theirs.

    Raises:
        ArgumentError: trees, local dimensions or numbers of classes differ.
    """
    if (one.tree, one.local_dimension, one.classes) != (other.tree, other.local_dimension, other.classes):
        raise ArgumentError("circuits: trees, sites or classes differ; accepted: circuits that share all three")
    first, *maps = zip(one.weights, other.weights, strict=True)
    together = [stacked(*first), *(block_diagonal(*each) for each in maps)]
    return Circuit(one.tree, one.local_dimension, tuple(together), np.concatenate([one.output, other.output], axis=1))


def stacked(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Rows of both maps, (…, out, in), of which either may be shared by all positions."""
    return np.concatenate(alike(one, other), axis=-2)


def block_diagonal(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Both maps, (…, out, in), each on channels of its own."""
    first, second = alike(one, other)
    above = np.concatenate([first, np.zeros((*first.shape[:-1], second.shape[-1]))], axis=-1)
    below = np.concatenate([np.zeros((*second.shape[:-1], first.shape[-1])), second], axis=-1)
    return np.concatenate([above, below], axis=-2)


def alike(one: np.ndarray, other: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both maps with the same leading axes."""
    places = np.broadcast_shapes(one.shape[:-2], other.shape[:-2])
    return np.broadcast_to(one, (*places, *one.shape[-2:])), np.broadcast_to(other, (*places, *other.shape[-2:]))
