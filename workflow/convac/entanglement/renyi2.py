"""Rényi-2 entropy of a tree circuit across any partition, from four copies of the tree with swaps on I.

With X_c the matricized tensor (inside I × outside I) of a node's channel c, its replica tensor is
P[c1, c2, c3, c4] = Tr(X_c1ᵀ X_c2 X_c3ᵀ X_c4): r⁴ numbers, whatever the sites below. A map of the channels acts on each
of the four legs, product pooling multiplies entry by entry, and the root gives Tr ρ². Nodes on one side of the
partition need only their r² overlaps. Time O(nodes · 4 r⁵).

Scaled so that every diagonal P[c, c, c, c] = ‖X_c‖₄⁴ is 1, all entries are at most 1 in magnitude (Hölder's inequality
for Schatten norms), which product pooling keeps: scales stay apart as logarithms and nothing over- or underflows.

Source: the replica trick for Rényi-2, 1001.2335 (swap operator on two copies), on the tree of 1509.05009.
"""

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from convac.circuits.tree import Circuit
from convac.entanglement.mincut import Node, SubPartitions, fold
from convac.entanglement.spectrum import circuit_parts, level_map, magnitude, scaled_map
from convac.errors import ArgumentError, MemoryLimitError

EPSILON = float(np.finfo(np.float64).eps)


class Replica(NamedTuple):
    """What the parent needs of a node.

    Attributes:
        values: overlaps ⟨X_c1, X_c2⟩, shape (r, r), of a node on one side; else the replica tensor, shape (r, r, r, r).
            The diagonal is 1, or 0 for a channel that is zero.
        logs: shape (r,), logarithm of each channel's scale ‖X_c‖₄.
        side: True inside I, False outside, None mixed.
    """

    values: np.ndarray
    logs: np.ndarray
    side: bool | None


class Renyi2(NamedTuple):
    """A Rényi-2 entropy and how far rounding may have moved it.

    Four copies raise cancellation to its fourth power: channels that cancel to 10⁻³ leave only four digits.

    Attributes:
        value: in nats; NaN when nothing is left of it.
        error: estimate of how far rounding may have moved it, absolute. Weights ≥ 0 can't cancel: 4 N r units in the
            last place. Otherwise ten times what moving every weight in its last place changes is added; ∞ when nothing
            is left.
    """

    value: float
    error: float


def needed_bytes(circuit: Circuit, mask: np.ndarray) -> int:
    """Bound on the memory of `renyi2`: r⁴ numbers for each mixed node that is in use at once."""
    return parts_bytes(circuit, circuit_parts(circuit, mask))


def parts_bytes(circuit: Circuit, parts: SubPartitions) -> int:
    """`needed_bytes` for numbered sub-partitions."""
    channels = (circuit.local_dimension, *circuit.widths)
    held = 0
    for level in range(1, circuit.tree.levels):
        parents = parts.nodes[level + 1]
        for number, node in enumerate(parts.nodes[level]):
            if node.side is None and sum(number in parent.children for parent in parents) > 1:
                held += channels[level + 1] ** 4
    mixed_levels = [
        channels[level] ** 4
        for level in range(1, circuit.tree.levels + 1)
        if any(node.side is None for node in parts.nodes[level])
    ]
    # one product under way per level, and while a map is applied: its input, its output and a power of it
    widest = max((max(channels[level : level + 2]) for level in range(1, circuit.tree.levels + 1)), default=1)
    return 8 * (held + sum(mixed_levels) + 3 * widest**4)


def renyi2(circuit: Circuit, mask: np.ndarray, memory_limit: int) -> Renyi2:
    """Rényi-2 entropy −ln Tr ρ_I² of the first class's normalised coefficient tensor.

    Args:
        circuit: any tree circuit; equal sub-partitions under shared maps are computed once.
        mask: boolean, shape (N,), true inside I; any partition.
        memory_limit: bytes; a node takes 8 r⁴ (width 16: 0.5 MB, width 64: 134 MB).

    Raises:
        MemoryLimitError: r⁴ is too large; before allocating.
        ArgumentError: the tensor is zero.
    """
    parts = circuit_parts(circuit, mask)
    needed = parts_bytes(circuit, parts)
    if needed > memory_limit:
        raise MemoryLimitError(
            f"engine renyi2: needs {magnitude(needed)} bytes (r^4 numbers a node, r = {max(circuit.widths)}); "
            f"accepted: memory_limit, {magnitude(memory_limit)}"
        )
    # with every site on one side the root holds plain overlaps: the squared norm
    whole = circuit_parts(circuit, np.ones_like(mask))
    norm = at_root(circuit, whole)
    if norm == -math.inf:
        raise ArgumentError("tensor: is zero; accepted: a tensor with a non-zero entry")
    # 2 ln‖A‖² − ln Tr (A Aᵀ)², not finite where rounding leaves nothing of it
    value = 2 * norm - at_root(circuit, parts)
    error = 4 * circuit.tree.sites * max(circuit.widths) * EPSILON
    if any((weight < 0).any() for weight in (*circuit.weights, circuit.output[:1])):
        other = moved(circuit)
        error += 10 * abs(value - (2 * at_root(other, whole) - at_root(other, parts)))
    if not math.isfinite(value) or not math.isfinite(error):
        return Renyi2(math.nan, math.inf)
    return Renyi2(max(value, 0.0), error)


def moved(circuit: Circuit) -> Circuit:
    """The circuit with every weight moved at random by up to four units in its last place, the same at every call."""
    generator = np.random.default_rng(0)
    weights = [weight * (1 + 4 * EPSILON * generator.uniform(-1, 1, weight.shape)) for weight in circuit.weights]
    return replace(circuit, weights=tuple(weights))


def at_root(circuit: Circuit, parts: SubPartitions) -> float:
    """Logarithm of the root's contraction: of Tr (A Aᵀ)², or of the squared norm when all sites are on one side.

    Returns:
        −∞ for zero; NaN for a negative number, which only rounding can give.
    """

    def combine(level: int, node: Node, children: Iterator[tuple[Replica, int]]) -> Replica:
        if level == 0:
            overlaps = Replica(np.eye(circuit.local_dimension), np.zeros(circuit.local_dimension), node.side)
            return mapped(overlaps, level_map(circuit, level, node))
        pooled = product(children, circuit.widths[level - 1], node.side)
        return pooled if level == circuit.tree.levels else mapped(pooled, level_map(circuit, level, node))

    root = fold(parts, combine)
    coefficients, top = scaled_map(circuit.output[:1], root.logs)
    total = float(contracted(root.values, coefficients).item())
    if total <= 0:
        return -math.inf if total == 0 else math.nan
    return math.log(total) + root.values.ndim * float(top[0])


def contracted(values: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Apply `weight`, shape (out, in), to every leg of `values`."""
    legs, (out, channels) = values.ndim, weight.shape
    for _ in range(legs):
        # contracts the first leg and appends the new one: after as many turns the legs stand in their old order
        values = values.reshape(channels, -1).T @ weight.T
    return values.reshape((out,) * legs)


def mapped(node: Replica, weight: np.ndarray) -> Replica:
    """The node after a linear map of its channels, scaled to a diagonal of 1."""
    rows, logs = scaled_map(weight, node.logs)
    values = contracted(node.values, rows)
    legs = values.ndim
    diagonal = values[(np.arange(len(rows)),) * legs].clip(min=0.0)
    with np.errstate(divide="ignore"):
        scale = np.log(diagonal) / legs
    inverse = np.exp(-np.where(diagonal > 0, scale, 0.0))
    for leg in range(legs):
        values *= inverse.reshape((-1,) + (1,) * (legs - 1 - leg))
    return Replica(values, logs + scale, node.side)


def product(children: Iterator[tuple[Replica, int]], channels: int, side: bool | None) -> Replica:
    """Product pooling: entries multiply; a child on one side enters a mixed node through two pairs of legs."""
    values = np.ones((channels,) * (2 if side is not None else 4))
    logs = np.zeros(channels)
    for child, count in children:
        factor = child.values if count == 1 else child.values**count
        logs += count * child.logs
        if side is not None or child.side is None:
            values *= factor
        elif child.side:
            values *= factor[:, :, None, None]
            values *= factor[None, None, :, :]
        else:
            values *= factor[None, :, :, None]
            values *= factor[:, None, None, :]
        del child, factor
    return Replica(values, logs, side)
