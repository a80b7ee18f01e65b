"""Engines of tree tensor networks, node by node: spectrum, four copies, listing; weights real or complex.

The steps at a node are those of `spectrum`, `renyi2` and `brute`; what differs is the way over the tree, on which no
two nodes are taken for equal. So these engines hold the level-wise ones, which merge equal sub-partitions, to account.

Source: 1704.01552; exact compression as in canonical forms of tree tensor networks (quant-ph/0511070).
"""

import math
from collections.abc import Callable
from functools import reduce
from itertools import pairwise
from typing import NamedTuple, TypeVar

import numpy as np

from convac.circuits.tree_tensors import ROOT, TreeTensorNetwork
from convac.entanglement import brute, measures, precision, renyi2
from convac.entanglement import spectrum as blocks
from convac.entanglement.limits import HANDLING, Limits, Planned, magnitude, preferred
from convac.entanglement.mincut import network_min_cut
from convac.entanglement.precision import Spectrum
from convac.entanglement.renyi2 import Overlaps, Renyi2, Replica
from convac.entanglement.rounding import Bounded
from convac.entanglement.scales import ROUNDOFF, Scaled
from convac.entanglement.sub_partitions import common
from convac.errors import ArgumentError, MemoryLimitError
from convac.progress import reporter

T = TypeVar("T")
Shape = tuple[int, int, int]
REROOTED = 10**8  # operations from which other roots are tried, at most so many
TRIED = 8


def fold(network: TreeTensorNetwork, combine: Callable[[int, list[T]], T]) -> T:
    """Combine the tree from its sites to its root: `combine(node, values of its children)`, those in their order."""
    report = reporter(len(network.order), "node", patient=True)
    kept: dict[int, T] = {}
    for done, node in enumerate(network.order, start=1):
        kept[node] = combine(node, [kept.pop(child) for child in network.children[node]])
        report(done, f"node {node}")
    return kept[network.root]


def sides(network: TreeTensorNetwork, mask: np.ndarray) -> list[bool | None]:
    """Of every node the side that all sites below share, True inside I; None where they differ."""
    found: list[bool | None] = [bool(side) for side in mask] + [None] * len(network.widths)
    for node in network.order:
        if node >= network.sites:
            found[node] = common({found[child] for child in network.children[node]})
    return found


# ---- spectrum


def spectrum(network: TreeTensorNetwork, mask: np.ndarray, limits: Limits) -> Spectrum:
    """Singular values of the matricization of the first class's coefficient tensor, up to a common positive factor.

    Args:
        network: any tree tensor network.
        mask: boolean, shape (N,), true inside I.
        limits: on memory and time.

    Raises:
        MemoryLimitError, TimeLimitError: a block would be too large, or take too long; before allocating.
    """
    network = well_rooted(network, mask)
    limits.check("spectrum", *spectrum_needs(network, mask))

    def combine(node: int, children: list[blocks.Block]) -> blocks.Block:
        weight = network.weights[node]
        if not children:
            return blocks.mapped(blocks.site(weight.shape[1], bool(mask[node])), weight)
        factors = blocks.by_side(children, lambda block: block.values.shape, blocks.product)
        if node == network.root:
            before = reduce(blocks.product, factors[:-1], blocks.unit(weight.shape[1]))
            return blocks.closed(before, factors[-1], weight[0])
        return blocks.mapped(reduce(blocks.product, factors), weight)

    root = fold(network, combine)
    return precision.decomposed(root.values[:, :, 0], float(root.rounding.lengths()[0]))


def well_rooted(network: TreeTensorNetwork, mask: np.ndarray) -> TreeTensorNetwork:
    """The network rooted where the spectrum takes least, of its root and nodes at the smallest cut; of one class.

    What lies on both sides then never goes up the tree: a matrix product state is cut at its bond.
    """
    needs = spectrum_needs(network, mask)[1]
    if needs < REROOTED or len(network.children[network.root]) < 2:
        return network
    single = network.with_output(network.weights[network.root][:1])
    cut = [bond.position for bond in network_min_cut(network, mask).bonds]
    tried = sorted({node for node in (*cut, *(network.parents[node] for node in cut)) if node >= network.sites})
    others = [rerooted(single, node) for node in tried[:: -(-len(tried) // TRIED)] if node != network.root]
    return min((single, *others), key=lambda other: spectrum_needs(other, mask)[1])


def rerooted(network: TreeTensorNetwork, node: int) -> TreeTensorNetwork:
    """The same tensor with another inner node for a root: maps on the way there act the other way.

    The root's weight, of one class, becomes the diagonal map to a node of one child above the old root, so that no
    number is rounded; the root must have another child.

    >>> from convac.circuits.tree_tensors import random_tree_network
    >>> network = random_tree_network((3,), (3, 3, 4, 4, -1), 2, 3, np.random.default_rng(0))
    >>> bool(np.allclose(rerooted(network, 3).coefficient_tensor(), network.coefficient_tensor()))
    True
    """
    parents, weights = list(network.parents), list(network.weights)
    way = [node]
    while way[-1] != network.root:
        way.append(network.parents[way[-1]])
    parents.append(way[-2])
    weights.append(network.weights[way[-2]].T)
    parents[network.root] = len(parents) - 1
    weights[network.root] = np.diag(network.weights[network.root][0])
    for lower, upper in pairwise(way[:-1]):
        parents[upper], weights[upper] = lower, network.weights[lower].T
    parents[node], weights[node] = ROOT, np.ones((1, network.weights[node].shape[1]))
    return TreeTensorNetwork(network.shape, tuple(parents), tuple(weights))


def spectrum_needs(network: TreeTensorNetwork, mask: np.ndarray) -> tuple[int, int]:
    """Bytes and operations of `spectrum`, from shapes alone: integers, they may be astronomical."""
    stored = largest = operations = 0

    def step(shape: Shape) -> Shape:
        nonlocal largest, operations
        a, b, c = shape
        largest = max(largest, a * b * c)
        operations += 2 * a * b * c * (1 + c) + 4 * c**2 + 4 * HANDLING  # with the Gram matrix of its bounds
        if a > b * c:
            operations += 2 * a * (b * c) ** 2
            a = b * c
        if b > a * c:
            operations += 2 * b * (a * c) ** 2
            b = a * c
        return a, b, c

    def joined(left: Shape, right: Shape) -> Shape:
        return step((left[0] * right[0], left[1] * right[1], left[2]))

    def combine(node: int, children: list[Shape]) -> Shape:
        nonlocal stored, largest, operations
        out, into = network.weights[node].shape
        if children:
            factors = blocks.by_side(children, lambda shape: shape, joined)
            shape = reduce(joined, factors[:-1], (1, 1, into)) if node == network.root else reduce(joined, factors)
            if node == network.root:
                rows, columns = shape[0] * factors[-1][0], shape[1] * factors[-1][1]
                largest = max(largest, rows * columns, math.prod(shape))
                operations += rows * columns * (2 * into + 4 * min(rows, columns))
                return rows, columns, 1
        else:
            shape = (into, 1, into) if mask[node] else (1, into, into)
        operations += 2 * math.prod(shape) * out + 2 * out * into * (out + into)
        shape = step((shape[0], shape[1], out))
        stored += math.prod(shape) + out**2
        largest = max(largest, into**2, out * into)
        return shape

    fold(network, combine)
    widen, slow = (2, 4) if network.is_complex else (1, 1)
    return 8 * widen * (stored + 5 * largest), slow * operations


# ---- Rényi-2


def renyi2_of(network: TreeTensorNetwork, mask: np.ndarray, limits: Limits) -> Renyi2:
    """Rényi-2 entropy −ln Tr ρ_I² of the first class's normalised coefficient tensor.

    Args:
        network: any tree tensor network.
        mask: boolean, shape (N,), true inside I; any partition.
        limits: on memory and time; a mixed node takes r⁴ numbers.

    Raises:
        MemoryLimitError, TimeLimitError: r⁴ is too large, or r⁵ takes too long; before allocating.
        ArgumentError: the tensor is zero, or nothing of its norm is left.
    """
    limits.check("renyi2", *renyi2_needs(network, mask))
    signed, own = cancels(network), sides(network, mask)
    found: dict[int, Overlaps] = {}
    for node in network.order:
        found[node] = overlaps_of(network, node, [found[child] for child in network.children[node]], signed)
    norm = Replica(*renyi2.at(found[network.root], 0), True)

    def combine(node: int, children: list[Replica]) -> Replica:
        side = own[node]
        if side is not None:
            return Replica(*renyi2.at(found[node], 0), side)
        weight = network.weights[node][:1] if node == network.root else network.weights[node]
        ready = ((child, 1) for child in children)
        return renyi2.mapped(renyi2.product(ready, weight.shape[1], signed), weight)

    copies = fold(network, combine)
    if not renyi2.number(norm) > renyi2.off(norm, 0.0):
        raise ArgumentError(measures.ZERO)
    return renyi2.entropy(norm, copies, roundings(network) * ROUNDOFF)


def overlaps_of(network: TreeTensorNetwork, node: int, children: list[Overlaps], signed: bool) -> Overlaps:
    """Overlaps of a node's channels after the map above it, shape (1, r, r) each; of the root's first class."""
    weight = network.weights[node][:1] if node == network.root else network.weights[node]
    size = weight.shape[1]
    identity = np.eye(size)[None]
    ones = Scaled(np.ones((1, size)), np.zeros((1, size), dtype=np.int64))
    pooled = Overlaps(Bounded(identity, np.zeros_like(identity) if signed else None), ones)
    if children:
        pooled = renyi2.pooled_overlaps(together(children), np.arange(len(children))[None])
    return renyi2.mapped_overlaps(pooled, weight)


def together(nodes: list[Overlaps]) -> Overlaps:
    """Several nodes of equally many channels as one array."""
    errors = [node.copies.errors for node in nodes if node.copies.errors is not None]
    values = np.concatenate([node.copies.values for node in nodes])
    scales = Scaled(*(np.concatenate(parts) for parts in zip(*(node.scales for node in nodes), strict=True)))
    return Overlaps(Bounded(values, np.concatenate(errors) if errors else None), scales)


def cancels(network: TreeTensorNetwork) -> bool:
    """Whether weights may cancel: bounds then go up the tree, too."""
    return network.is_complex or any((weight < 0).any() for weight in network.weights)


def roundings(network: TreeTensorNetwork) -> int:
    """Roundings that any of the root's numbers has gone through where nothing cancels."""
    return sum(4 * weight.shape[1] + 40 for weight in network.weights)


def renyi2_needs(network: TreeTensorNetwork, mask: np.ndarray) -> tuple[int, int]:
    """Bytes and operations of `renyi2_of`: r⁴ numbers for each mixed node, r² for every node."""
    own, signed = sides(network, mask), cancels(network)
    pairs = mixed = widest = operations = 0
    for node, weight in enumerate(network.weights):
        out, into = (1, weight.shape[1]) if node == network.root else weight.shape
        pairs += out**2
        operations += 8 * HANDLING + 4 * out * into * (out + into)
        if own[node] is None:
            mixed += out**4
            widest = max(widest, into**4, out**4)
            legs = sum(2 * into ** (4 - leg) * out ** (leg + 1) for leg in range(4))
            operations += 12 * HANDLING + (len(network.children[node]) + 3) * into**4 + (2 * legs + 12 * into**4)
    widen, slow = (2, 4) if network.is_complex else (1, 1)
    doubled, besides = (2, 6) if signed else (1, 4)
    return 8 * widen * (doubled * (mixed + 2 * pairs) + besides * widest), slow * operations


# ---- listing


def listed(network: TreeTensorNetwork, mask: np.ndarray, limits: Limits) -> Spectrum:
    """The same singular values by brute force: all coefficients of the first class, matricized.

    Raises:
        MemoryLimitError: the tensor has more than 2^20 entries, or needs more than the limit.
        TimeLimitError: it takes longer than the limit; both before allocating.
    """
    count = math.prod(network.local_dimensions)
    if count > brute.COEFFICIENTS:
        raise MemoryLimitError(
            f"engine brute: {magnitude(count)} coefficients are too many; accepted: at most {brute.COEFFICIENTS}"
        )
    limits.check("brute", *listing_needs(network, mask))

    def combine(node: int, children: list[brute.Values]) -> brute.Values:
        weight = network.weights[node]
        if not children:
            values = np.eye(weight.shape[1])[None]
            pooled = values, np.zeros_like(values), np.zeros((1, weight.shape[1]), dtype=np.int64)
        else:
            pooled = reduce(brute.joined, children)
        return brute.mapped(*pooled, weight[:1] if node == network.root else weight)

    values, errors, _ = fold(network, combine)
    places = site_order(network)
    tensor = values.reshape([network.local_dimensions[site] for site in places]).transpose(np.argsort(places))
    return precision.decomposed(brute.matricization(tensor, mask), float(np.linalg.norm(errors)))


def site_order(network: TreeTensorNetwork) -> list[int]:
    """The sites in the order in which children join: from the first child to the last."""
    below: dict[int, list[int]] = {}
    for node in network.order:
        below[node] = [site for child in network.children[node] for site in below.pop(child)] or [node]
    return below[network.root]


def listing_needs(network: TreeTensorNetwork, mask: np.ndarray) -> tuple[int, int]:
    """Bytes and operations of `listed`."""
    entries = [0] * len(network.parents)
    numbers = operations = 0
    for node in network.order:
        out, into = network.weights[node].shape
        entries[node] = (
            math.prod(entries[child] for child in network.children[node]) if network.children[node] else into
        )
        numbers += entries[node] * max(out, into)
        operations += 4 * entries[node] * out * into
    inside = math.prod(size for size, side in zip(network.local_dimensions, mask, strict=True) if side)
    count = entries[network.root]
    widen, slow = (2, 4) if network.is_complex else (1, 1)
    return 8 * widen * 8 * numbers, slow * (operations + 4 * count * min(inside, count // inside))


# ---- the choice


class Chosen(NamedTuple):
    """What an engine gives."""

    engine: str
    reason: str
    found: Spectrum | Renyi2


ENGINES: dict[str, Callable[[TreeTensorNetwork, np.ndarray, Limits], Spectrum | Renyi2]] = {
    "brute": listed,
    "spectrum": spectrum,
    "renyi2": renyi2_of,
}


def chosen(network: TreeTensorNetwork, mask: np.ndarray, engine: str, limits: Limits) -> Chosen:
    """What the engine asked for gives; of `auto` the one that `choose` finds."""
    taken, reason = choose(network, mask, limits)[:2] if engine == "auto" else (engine, "asked for")
    return Chosen(taken, reason, ENGINES[taken](network, mask, limits))


def choose(network: TreeTensorNetwork, mask: np.ndarray, limits: Limits) -> Planned:
    """The engine that fits a tree, and what it needs."""
    needs = spectrum_needs(well_rooted(network, mask), mask)
    return preferred(needs, lambda: renyi2_needs(network, mask), limits)
