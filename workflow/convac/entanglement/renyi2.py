"""Rényi-2 entropy of a tree circuit across any partition, from four copies of the tree with swaps on I.

With X_c the matricized tensor (inside I × outside I) of a node's channel c, its replica tensor is
P[c1, c2, c3, c4] = Tr(X_c1ᴴ X_c2 X_c3ᴴ X_c4): r⁴ numbers, whatever the sites below. A map of the channels acts on each
of the four legs, product pooling multiplies entry by entry, and the root gives Tr ρ². Nodes on one side of the
partition need only their r² overlaps, which are made for all nodes of a level at once: the root's are the squared norm.
Time O(nodes · 4 r⁵).

Scaled so that every diagonal P[c, c, c, c] = ‖X_c‖₄⁴ is 1, all entries are at most 1 in magnitude (Hölder's inequality
for Schatten norms), which product pooling keeps: scales stay apart, with their own exponents, and nothing over- or
underflows. Where weights of either sign may cancel, bounds on what rounding did go up the tree beside (`rounding`);
P, a Gram matrix of pairs of channels, ⟨X_c2ᴴ X_c1, X_c3ᴴ X_c4⟩, takes them as overlaps do.

Source: the replica trick for Rényi-2, 1001.2335 (swap operator on two copies), on the tree of 1509.05009.
"""

import math
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from convac.circuits.tree import Circuit
from convac.entanglement import measures, rounding
from convac.entanglement.limits import HANDLING, Limits
from convac.entanglement.precision import EVALUATION
from convac.entanglement.rounding import Bounded
from convac.entanglement.scales import ROUNDOFF, Scaled, common, plus, power, scaled, times
from convac.entanglement.spectrum import circuit_parts, level_map
from convac.entanglement.sub_partitions import Node, SubPartitions, fold
from convac.errors import ArgumentError


class Replica(NamedTuple):
    """What the parent needs of a node.

    Attributes:
        copies: overlaps ⟨X_c1, X_c2⟩, shape (r, r), of a node on one side; else the replica tensor, shape (r, r, r, r).
            The diagonal is 1 but for rounding, or 0 for a channel that is zero.
        scales: shape (r,), each channel's ‖X_c‖₄.
        side: True inside I, False outside, None mixed.
    """

    copies: Bounded
    scales: Scaled
    side: bool | None


class Overlaps(NamedTuple):
    """The overlaps of all nodes of a level, by number.

    Attributes:
        copies: ⟨X_c1, X_c2⟩, shape (nodes, r, r), each diagonal 1 but for rounding, or 0 for a channel that is zero.
        scales: shape (nodes, r), each channel's ‖X_c‖₂.
    """

    copies: Bounded
    scales: Scaled


class Product(NamedTuple):
    """A mixed node before its map: mixed[1, 2, 3, 4] · inside[1, 2] inside[3, 4] · outside[3, 2] outside[1, 4].

    Attributes:
        inside: overlaps of the children inside I, multiplied, shape (r, r).
        outside: of those outside.
        mixed: replica tensors of the mixed children; None without any.
        scales: shape (r,), each channel's scale.
        factors: how many children.
    """

    inside: Bounded
    outside: Bounded
    mixed: Bounded | None
    scales: Scaled
    factors: int


class Renyi2(NamedTuple):
    """A Rényi-2 entropy and how far rounding may have moved it.

    Four copies raise cancellation to its fourth power: channels that cancel to 10⁻³ leave only four digits.

    Attributes:
        value: in nats; NaN when nothing is left of it.
        error: bound on how far rounding may have moved it, absolute; ∞ when nothing is left.
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
        parents = Counter(child for parent in parts.nodes[level + 1] for child in set(parent.children))
        nodes = parts.nodes[level]
        held += channels[level + 1] ** 4 * sum(nodes[child].side is None for child in parents if parents[child] > 1)
    mixed_levels = [
        channels[level] ** 4
        for level in range(1, circuit.tree.levels + 1)
        if any(node.side is None for node in parts.nodes[level])
    ]
    # one product under way per level, and while a map is applied: its input, its output and a power of it
    widest = max((max(channels[level : level + 2]) for level in range(1, circuit.tree.levels + 1)), default=1)
    # the overlaps of every level, and of the largest what a map takes besides: its rows and products
    pairs = [len(nodes) * max(channels[level : level + 2]) ** 2 for level, nodes in enumerate(parts.nodes)]
    weights = sum(weight.size for weight in circuit.weights)
    # with signs, each has its bound
    doubled, besides = (2, 5) if cancels(circuit) else (1, 3)
    return 8 * (doubled * (held + sum(mixed_levels) + sum(pairs)) + besides * widest**4 + 14 * max(pairs) + weights)


def parts_operations(circuit: Circuit, parts: SubPartitions) -> int:
    """Operations for numbered sub-partitions: r⁵ for every leg of a mixed node, r³ for every node's overlaps."""
    channels = (circuit.local_dimension, *circuit.widths, 1)
    total = 0
    for level, nodes in enumerate(parts.nodes):
        into, out = channels[level : level + 2]
        below, legs = parts.nodes[level - 1], [2 * into ** (4 - leg) * out ** (leg + 1) for leg in range(4)]
        bounds = sum(legs) + 12 * into**4 if cancels(circuit) else 0
        total += len(nodes) * (HANDLING // 100 + 4 * into * out * (into + out))
        mixed = Counter(
            len({child for child in node.children if below[child].side is None}) for node in nodes if node.side is None
        )
        for children, count in mixed.items():
            pooled = (children + 2) * into**4 + sum(legs) if children else legs[0] + legs[2]
            total += count * (12 * HANDLING + pooled + 3 * out**4 + bounds)
    return total


def cancels(circuit: Circuit) -> bool:
    """Whether weights of either sign may cancel: bounds then go up the tree, too."""
    return any((weight < 0).any() for weight in (*circuit.weights, circuit.output[:1]))


def renyi2(circuit: Circuit, mask: np.ndarray, limits: Limits) -> Renyi2:
    """Rényi-2 entropy −ln Tr ρ_I² of the first class's normalised coefficient tensor.

    Args:
        circuit: any tree circuit; equal sub-partitions under shared maps are computed once.
        mask: boolean, shape (N,), true inside I; any partition.
        limits: on memory and time; a mixed node takes 8 r⁴ (width 16: 0.5 MB, width 64: 134 MB).

    Raises:
        MemoryLimitError, TimeLimitError: r⁴ is too large, or r⁵ takes too long; before allocating.
        ArgumentError: the tensor is zero, or nothing of its norm is left.
    """
    parts = circuit_parts(circuit, mask)
    limits.check("renyi2", parts_bytes(circuit, parts), parts_operations(circuit, parts))
    found = overlaps(circuit, parts)
    norm, copies = squared_norm(circuit, found[-1]), replicas(circuit, parts, found)
    if not number(norm) > off(norm, 0.0):
        raise ArgumentError(measures.ZERO)
    return entropy(norm, copies, roundings(circuit, parts) * ROUNDOFF)


def entropy(norm: Replica, copies: Replica, apriori: float) -> Renyi2:
    """The entropy from ‖A‖² and Tr (A Aᴴ)², and its error; where nothing cancels, by what is known beforehand."""
    one, other = (off(each, apriori) / max(number(each), 1e-300) for each in (norm, copies))
    if max(one, other) >= 1:
        return Renyi2(math.nan, math.inf)
    powers = 4 * (norm.scales.exponents.item() - copies.scales.exponents.item())
    units = number(norm) ** 2 * (norm.scales.values.item() / copies.scales.values.item()) ** 4
    value = max(math.log(units / number(copies)) + powers * math.log(2), 0.0)
    return Renyi2(value, -2 * math.log1p(-one) - math.log1p(-other) + EVALUATION * (1 + value))


def off(root: Replica, apriori: float) -> float:
    """How far the root's number may be off; where nothing cancels, by the fraction of it known beforehand."""
    return apriori * number(root) if root.copies.errors is None else float(root.copies.errors.real.item())


def number(root: Replica) -> float:
    """The root's number, real but for rounding."""
    return float(root.copies.values.real.item())


def roundings(circuit: Circuit, parts: SubPartitions) -> int:
    """Roundings that any of the root's numbers has gone through, those of all its factors added."""
    channels = (circuit.local_dimension, *circuit.widths)
    return sum(len(numbers) * (4 * width + 40) for numbers, width in zip(parts.numbers, channels, strict=True))


def rows_of(weight: np.ndarray, scales: Scaled) -> Scaled:
    """The map of channels of these scales, (…, out, in), each row in units of the power of two of its largest entry."""
    each = Scaled(scales.values[..., None, :], scales.exponents[..., None, :])
    return common(times(scaled(weight), each), axis=-1)


def normal(squares: np.ndarray, legs: int, exponents: np.ndarray) -> tuple[np.ndarray, Scaled]:
    """What each leg is multiplied by so that a diagonal becomes 1, or 1 where it is 0; and the channels' scales."""
    roots = np.maximum(squares, 0.0) ** (1 / legs)
    values, own = scaled(roots)
    return 1 / np.where(roots > 0, roots, 1.0), Scaled(values, plus(exponents, own))


# ---- overlaps


def overlaps(circuit: Circuit, parts: SubPartitions) -> list[Overlaps]:
    """The overlaps of every node, per level; after the map of the next level, but for the root."""
    shape = len(parts.nodes[0]), circuit.local_dimension
    identity = np.broadcast_to(np.eye(shape[1]), (*shape, shape[1]))
    errors = np.zeros_like(identity) if cancels(circuit) else None
    pooled = Overlaps(Bounded(identity, errors), Scaled(np.ones(shape), np.zeros(shape, dtype=np.int64)))
    found: list[Overlaps] = []
    for weight, nodes, parents in zip(circuit.weights, parts.nodes, parts.nodes[1:], strict=False):
        found.append(mapped_overlaps(pooled, weight[[node.position for node in nodes]] if weight.ndim == 3 else weight))
        pooled = pooled_overlaps(found[-1], np.array([node.children for node in parents]))
    return [*found, pooled]


def mapped_overlaps(nodes: Overlaps, weight: np.ndarray) -> Overlaps:
    """The nodes after a linear map of their channels, (out, in) or (nodes, out, in), scaled to a diagonal of 1."""
    rows, exponents = rows_of(weight, nodes.scales)
    values = rows.conj() @ nodes.copies.values @ rows.mT
    errors = nodes.copies.errors
    squares = rounding.diagonal(values)
    if errors is not None:
        magnitudes = np.abs(rows)
        several = (magnitudes @ (np.abs(nodes.copies.values) + 2 * np.abs(errors)) @ magnitudes.mT).sum(axis=-1)
        several *= (4 * rows.shape[-1] + 40) * rounding.roundoff(values)
        errors = rows.conj() @ errors @ rows.mT + rounding.on_diagonal(several)
        squares = squares + rounding.diagonal(errors)
    inverse, scales = normal(squares, 2, exponents)
    values *= inverse[:, :, None]
    values *= inverse[:, None, :]
    if errors is not None:
        errors *= inverse[:, :, None]
        errors *= inverse[:, None, :]
    return Overlaps(Bounded(values, errors), scales)


def pooled_overlaps(nodes: Overlaps, children: np.ndarray) -> Overlaps:
    """Product pooling of the nodes that each row of `children` numbers."""
    found = at(nodes, children[:, 0])
    for child in children.T[1:]:
        factor = at(nodes, child)
        found = Overlaps(found.copies.times(factor.copies), times(found.scales, factor.scales))
    values, errors = found.copies
    if errors is not None:
        several = 8 * children.shape[1] * rounding.roundoff(values) * np.abs(values).sum(axis=-1)
        errors = errors + rounding.on_diagonal(several)
    return Overlaps(Bounded(values, errors), found.scales)


def at(nodes: Overlaps, numbers: np.ndarray | int) -> Overlaps:
    """Some of the nodes, or one."""
    values, errors = nodes.copies
    copies = Bounded(values[numbers], None if errors is None else errors[numbers])
    return Overlaps(copies, Scaled(nodes.scales.values[numbers], nodes.scales.exponents[numbers]))


def squared_norm(circuit: Circuit, root: Overlaps) -> Replica:
    """‖A‖² of the output's first class."""
    return Replica(*at(mapped_overlaps(root, circuit.output[:1]), 0), True)


# ---- four copies


def replicas(circuit: Circuit, parts: SubPartitions, found: list[Overlaps]) -> Replica:
    """Tr (A Aᵀ)² of the output's first class; mixed nodes one by one, depth first, the others are their overlaps."""

    def combine(level: int, node: Node, children: Iterator[tuple[Replica, int]]) -> Replica:
        if node.side is not None:
            return Replica(*at(found[level], parts.numbers[level][node.position]), node.side)
        weight = circuit.output[:1] if level == circuit.tree.levels else level_map(circuit, level, node)
        return mapped(product(children, circuit.widths[level - 1], cancels(circuit)), weight)

    return fold(parts, combine)


def product(children: Iterator[tuple[Replica, int]], channels: int, bounds: bool) -> Product:
    """Product pooling into a mixed node; with bounds on its rounding, or without."""
    ones = Bounded(np.ones((channels, channels)), np.zeros((channels, channels)) if bounds else None)
    inside, outside, mixed = ones, ones, None
    scales, factors = Scaled(np.ones(channels), np.zeros(channels, dtype=np.int64)), 0
    for child, count in children:
        factor = child.copies.power(count)
        scales, factors = times(scales, power(child.scales, count)), factors + count
        if child.side is None:
            mixed = factor if mixed is None else mixed.times(factor)
        elif child.side:
            inside = inside.times(factor)
        else:
            outside = outside.times(factor)
        del child, factor
    return Product(inside, outside, mixed, scales, factors)


def mapped(node: Product, weight: np.ndarray) -> Replica:
    """A mixed node after a linear map of its channels, scaled to a diagonal of 1."""
    rows, exponents = rows_of(weight, node.scales)
    errors = product_errors(node)
    inside, outside = node.inside.values, node.outside.values
    first, second = inside[:, :, None] * outside.conj(), outside[:, None, :] * inside
    if node.mixed is None:
        size = math.sqrt(float(np.sum((np.abs(first) ** 2).sum(axis=1) * (np.abs(second) ** 2).sum(axis=2))))
        # legs 2 and 4 before the halves meet: r⁴ operations in place of r⁵
        first, second = rows @ first, second @ rows.T
        values = contracted(first[..., None] * second[:, None], rows.conj(), (0, 2))
    else:
        values = node.mixed.values * first[..., None]
        values *= second[:, None]
        size = float(np.linalg.norm(values))
        values = on_all_legs(values, rows)
    squares = np.einsum("cccc->c", values).real
    if errors is not None:
        size += 2 * float(np.linalg.norm(errors))
        errors = on_all_legs(errors, rows)
        several = rounding.roundoff(values) * (8 * rows.shape[1] + 8 * node.factors + 60)
        moved = several * float(np.linalg.norm(rows)) * float(np.linalg.norm(rows, 2)) ** 3 * size
        np.einsum("abba->ab", errors)[...] += moved
        squares = squares + np.einsum("cccc->c", errors).real
    inverse, scales = normal(squares, 4, exponents)
    pairs = np.outer(inverse, inverse)
    values *= pairs[..., None, None]
    values *= pairs
    if errors is not None:
        errors *= pairs[..., None, None]
        errors *= pairs
    return Replica(Bounded(values, errors), scales, None)


def product_errors(node: Product) -> np.ndarray | None:
    """How far the product may be off for what its factors are off, shape (r, r, r, r)."""
    if node.inside.errors is None:
        return None
    channels = len(node.inside.values)
    factors = [part.values for part in (node.inside, node.outside, node.mixed) if part is not None]
    errors = np.empty((channels,) * 4, np.result_type(*factors))
    for first in range(channels):
        upper, error = rounding.of_pairs(node.inside, node.outside, first)
        if node.mixed is not None and node.mixed.errors is not None:
            moved = node.mixed.errors[first]
            error = moved * upper + (node.mixed.values[first] + 2 * moved) * error
        errors[first] = error
    return errors


def on_all_legs(values: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """A map (out, in) on all four legs, conjugate on the first and the third."""
    for leg in range(4):
        values = contracted(values, weight if leg % 2 else weight.conj(), (leg,))
    return values


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
