"""Rényi-2 entropy of a tree circuit across any partition, from four copies of the tree with swaps on I.

With X_c the matricized tensor (inside I × outside I) of a node's channel c, its replica tensor is
P[c1, c2, c3, c4] = Tr(X_c1ᵀ X_c2 X_c3ᵀ X_c4): r⁴ numbers, whatever the sites below. A map of the channels acts on each
of the four legs, product pooling multiplies entry by entry, and the root gives Tr ρ². Nodes on one side of the
partition need only their r² overlaps, which are made for all nodes of a level at once: the root's are the squared norm.
Time O(nodes · 4 r⁵).

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
from convac.entanglement import measures
from convac.entanglement.limits import HANDLING, Limits
from convac.entanglement.mincut import Node, SubPartitions, fold
from convac.entanglement.spectrum import circuit_parts, level_map, scaled_map
from convac.errors import ArgumentError

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


class Overlaps(NamedTuple):
    """The overlaps of all nodes of a level, by number.

    Attributes:
        values: ⟨X_c1, X_c2⟩, shape (nodes, r, r), each diagonal 1, or 0 for a channel that is zero.
        logs: shape (nodes, r), logarithm of each channel's scale ‖X_c‖₂.
    """

    values: np.ndarray
    logs: np.ndarray


class Product(NamedTuple):
    """A mixed node before its map: mixed[1, 2, 3, 4] · first[1, 2, 3] · second[1, 3, 4].

    Attributes:
        first: overlaps inside I of legs 1 and 2 times those outside of 2 and 3, of the children on one side.
        second: overlaps inside I of legs 3 and 4 times those outside of 4 and 1.
        mixed: replica tensors of the mixed children; None without any.
        logs: shape (r,), logarithm of each channel's scale.
    """

    first: np.ndarray
    second: np.ndarray
    mixed: np.ndarray | None
    logs: np.ndarray


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
    """Bound on the memory of `renyi2`: r⁴ numbers for each mixed node in use at once, r² for every node."""
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
    # the overlaps of every level, and of the largest what a map takes besides: its rows, their logarithms, products
    pairs = [len(nodes) * max(channels[level : level + 2]) ** 2 for level, nodes in enumerate(parts.nodes)]
    weights = sum(weight.size for weight in circuit.weights)  # once more, moved
    return 8 * (held + sum(mixed_levels) + 3 * widest**4 + sum(pairs) + 6 * max(pairs) + weights)


def parts_operations(circuit: Circuit, parts: SubPartitions) -> int:
    """Operations for numbered sub-partitions: r⁵ for every leg of a mixed node, r³ for every node's overlaps."""
    channels = (circuit.local_dimension, *circuit.widths, 1)
    total = 0
    for level, nodes in enumerate(parts.nodes):
        into, out = channels[level : level + 2]
        mixed = [node for node in nodes if node.side is None]
        below = parts.nodes[level - 1]
        total += len(nodes) * (HANDLING // 100 + 4 * into * out * (into + out))
        for node in mixed:
            children = {child for child in node.children if below[child].side is None}
            pooled = (len(children) + 2) * into**4 if children else 0
            legs = sum(2 * into ** (4 - leg) * out ** (leg + 1) for leg in (range(4) if children else (0, 2)))
            total += HANDLING + pooled + legs + 3 * out**4
    return (2 if cancels(circuit) else 1) * total


def cancels(circuit: Circuit) -> bool:
    """Whether weights of either sign may cancel: the network is then gone through twice."""
    return any((weight < 0).any() for weight in (*circuit.weights, circuit.output[:1]))


def renyi2(circuit: Circuit, mask: np.ndarray, limits: Limits) -> Renyi2:
    """Rényi-2 entropy −ln Tr ρ_I² of the first class's normalised coefficient tensor.

    Args:
        circuit: any tree circuit; equal sub-partitions under shared maps are computed once.
        mask: boolean, shape (N,), true inside I; any partition.
        limits: on memory and time; a mixed node takes 8 r⁴ (width 16: 0.5 MB, width 64: 134 MB).

    Raises:
        MemoryLimitError, TimeLimitError: r⁴ is too large, or r⁵ takes too long; before allocating.
        ArgumentError: the tensor is zero.
    """
    parts = circuit_parts(circuit, mask)
    limits.check("renyi2", parts_bytes(circuit, parts), parts_operations(circuit, parts))
    norm, copies = at_root(circuit, parts)
    if norm == -math.inf:
        raise ArgumentError(measures.ZERO)
    value = 2 * norm - copies  # not finite where rounding leaves nothing of it
    error = 4 * circuit.tree.sites * max(circuit.widths) * EPSILON
    if cancels(circuit):
        norm, copies = at_root(moved(circuit), parts)
        error += 10 * abs(value - (2 * norm - copies))
    if not math.isfinite(value) or not math.isfinite(error):
        return Renyi2(math.nan, math.inf)
    return Renyi2(max(value, 0.0), error)


def moved(circuit: Circuit) -> Circuit:
    """The circuit with every weight moved at random by up to four units in its last place, the same at every call."""
    generator = np.random.default_rng(0)
    weights = [weight * (1 + 4 * EPSILON * generator.uniform(-1, 1, weight.shape)) for weight in circuit.weights]
    return replace(circuit, weights=tuple(weights))


def at_root(circuit: Circuit, parts: SubPartitions) -> tuple[float, float]:
    """Logarithms of ‖A‖² and of Tr (A Aᵀ)²: −∞ for zero, and NaN and −∞ where rounding makes them negative."""
    found = overlaps(circuit, parts)
    coefficients, top = scaled_map(circuit.output[:1], found[-1].logs[0])
    norm = float((coefficients @ found[-1].values[0] @ coefficients.T).item())
    copies = 4 * float(replicas(circuit, parts, found).logs[0])
    if norm <= 0:
        return (-math.inf if norm == 0 else math.nan), copies
    return math.log(norm) + 2 * float(top[0]), copies


# ---- overlaps


def overlaps(circuit: Circuit, parts: SubPartitions) -> list[Overlaps]:
    """The overlaps of every node, per level; after the map of the next level, but for the root."""
    sites, dimension = len(parts.nodes[0]), circuit.local_dimension
    pooled = Overlaps(np.broadcast_to(np.eye(dimension), (sites, dimension, dimension)), np.zeros((sites, dimension)))
    found: list[Overlaps] = []
    for weight, nodes, parents in zip(circuit.weights, parts.nodes, parts.nodes[1:], strict=False):
        found.append(mapped_overlaps(pooled, weight[[node.position for node in nodes]] if weight.ndim == 3 else weight))
        pooled = pooled_overlaps(found[-1], np.array([node.children for node in parents]))
    return [*found, pooled]


def mapped_overlaps(nodes: Overlaps, weight: np.ndarray) -> Overlaps:
    """The nodes after a linear map of their channels, (out, in) or (nodes, out, in), scaled to a diagonal of 1."""
    rows, logs = scaled_map(weight, nodes.logs)
    values = rows @ nodes.values @ rows.mT
    inverse, scale = scales(np.diagonal(values, axis1=1, axis2=2), 2)
    values *= inverse[:, :, None]
    values *= inverse[:, None, :]
    return Overlaps(values, logs + scale)


def pooled_overlaps(nodes: Overlaps, children: np.ndarray) -> Overlaps:
    """Product pooling of the nodes that each row of `children` numbers."""
    values = nodes.values[children[:, 0]]
    for child in children.T[1:]:
        values *= nodes.values[child]
    return Overlaps(values, nodes.logs[children].sum(axis=1))


def scales(diagonal: np.ndarray, legs: int) -> tuple[np.ndarray, np.ndarray]:
    """What each leg is multiplied by so that a diagonal becomes 1, or 1 where it is 0, and minus its logarithm."""
    with np.errstate(divide="ignore"):
        logs = np.log(diagonal.clip(min=0.0)) / legs
    return np.exp(-np.where(diagonal > 0, logs, 0.0)), logs


# ---- four copies


def replicas(circuit: Circuit, parts: SubPartitions, found: list[Overlaps]) -> Replica:
    """The root after the output's first class; mixed nodes one by one, depth first, the others are their overlaps."""

    def combine(level: int, node: Node, children: Iterator[tuple[Replica, int]]) -> Replica:
        if node.side is not None:
            number = parts.numbers[level][node.position]
            return Replica(found[level].values[number], found[level].logs[number], node.side)
        weight = circuit.output[:1] if level == circuit.tree.levels else level_map(circuit, level, node)
        return mapped(product(children, circuit.widths[level - 1]), weight)

    return fold(parts, combine)


def product(children: Iterator[tuple[Replica, int]], channels: int) -> Product:
    """Product pooling into a mixed node."""
    inside, outside = np.ones((2, channels, channels))
    mixed: np.ndarray | None = None
    logs = np.zeros(channels)
    for child, count in children:
        factor = child.values if count == 1 else child.values**count
        logs += count * child.logs
        if child.side is None:
            mixed = np.ones((channels,) * 4) if mixed is None else mixed
            mixed *= factor
        elif child.side:
            inside *= factor
        else:
            outside *= factor
        del child, factor
    return Product(inside[:, :, None] * outside, outside[:, None, :] * inside, mixed, logs)


def mapped(node: Product, weight: np.ndarray) -> Replica:
    """A mixed node after a linear map of its channels, scaled to a diagonal of 1."""
    rows, logs = scaled_map(weight, node.logs)
    if node.mixed is None:
        # legs 2 and 4 before the halves meet: r⁴ operations in place of r⁵
        first, second = rows @ node.first, node.second @ rows.T
        values = contracted(first[..., None] * second[:, None], rows, (0, 2))
    else:
        values = node.mixed  # no other node's: its memory is taken over
        values *= node.first[..., None]
        values *= node.second[:, None]
        values = contracted(values, rows, (0, 1, 2, 3))
    inverse, scale = scales(np.einsum("cccc->c", values), 4)
    pairs = np.outer(inverse, inverse)
    values *= pairs[..., None, None]
    values *= pairs
    return Replica(values, logs + scale, None)


def contracted(values: np.ndarray, weight: np.ndarray, legs: tuple[int, ...]) -> np.ndarray:
    """Apply `weight`, shape (out, in), to some legs of `values`."""
    for leg in legs:
        before, channels, after = values.shape[:leg], values.shape[leg], values.shape[leg + 1 :]
        if after:
            values = weight @ values.reshape(-1, channels, math.prod(after))
        else:
            values = values.reshape(-1, channels) @ weight.T
        values = values.reshape(*before, len(weight), *after)
    return values
