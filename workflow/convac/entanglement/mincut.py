"""Min-cut of a tree tensor network.

Every channel bond weighs the logarithm of its dimension. A product-pooling node is a copy (delta) tensor: however its
legs are cut it counts once, so each is one hyperedge of its width and each site one edge of dimension M.

Source: 1704.01552 (min-cut bound on the rank of a matricization; copy tensors counted once).
"""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from convac.arrays import integer, integers, short
from convac.circuits.tree import Circuit
from convac.circuits.tree_tensors import TreeTensorNetwork
from convac.entanglement.sub_partitions import sub_partitions
from convac.errors import ArgumentError, ConvacError
from convac.geometry.partitions import Choice, Partition
from convac.geometry.trees import PoolingTree


class HasCircuit(Protocol):
    """Anything that describes itself as a circuit, such as a trained network."""

    def circuit(self) -> Circuit:
        """The network as data."""
        ...


def circuit_of(source: object) -> Circuit:
    """The circuit itself, or what `source.circuit()` gives.

    Raises:
        ArgumentError: `source` is neither, or its `circuit()` fails.
    """
    described = getattr(source, "circuit", None)
    try:
        circuit = source if isinstance(source, Circuit) or not callable(described) else described()
    except ConvacError:
        raise
    except Exception as error:  # whatever a user's method raises
        raise ArgumentError(f"network: circuit(): {type(error).__name__}: {error}; accepted: a Circuit") from error
    if not isinstance(circuit, Circuit):
        raise ArgumentError(f"network: got {type(source).__name__}; accepted: a Circuit or an object with .circuit()")
    return circuit


class Bond(NamedTuple):
    """A bond that a cut goes through.

    Attributes:
        kind: `site` (the edge of a site) or `pool` (the copy tensor of a pooling node, counted once).
        level: 0 for a site, else the pooling level; of a tree tensor network the node's height above its sites.
        position: the site's row-major number, or the node's position in its level; there the node's number.
        dimension: M for a site, else the width of the level, or of the node.
    """

    kind: str
    level: int
    position: int
    dimension: int


@dataclass(frozen=True)
class MinCut:
    """The smallest cut that separates I from its complement.

    Attributes:
        value: the product of the cut bonds' dimensions, exact: an upper bound on the Schmidt number. Python prints
            integers of up to 4300 digits alone; `product` has no such limit.
        log: its natural logarithm: an upper bound on the entropy, in nats.
        bonds: the bonds cut; one smallest cut, where there are several.
    """

    value: int = field(repr=False)
    log: float
    bonds: tuple[Bond, ...]

    @property
    def product(self) -> str:
        """The value as a product of powers of the dimensions cut, `2^16384`: exact, and short however large it is."""
        return powers(bond.dimension for bond in self.bonds)


def powers(factors: Iterable[int]) -> str:
    """A product as powers of its factors, 1 left out.

    >>> powers([3, 2, 1, 3]), powers([])
    ('2 · 3^2', '1')
    """
    counts = Counter(factor for factor in factors if factor > 1)
    return (
        " · ".join(f"{factor}^{count}" if count > 1 else f"{factor}" for factor, count in sorted(counts.items())) or "1"
    )


def min_cut(source: Circuit | TreeTensorNetwork | HasCircuit, partition: Choice) -> MinCut:
    """Min-cut of a circuit or a tree tensor network between I and its complement, by its widths alone.

    Args:
        source: a circuit over N sites, a tree tensor network, or anything with `.circuit()`.
        partition: a name, the sites of I, or a partition over its sites.

    Raises:
        ArgumentError: the source or the partition isn't one.

    Source: 1704.01552 (min-cut bound).

    >>> import numpy as np
    >>> from convac.circuits.tree import random_circuit
    >>> tree = PoolingTree.named("square", (4, 4))
    >>> circuit = random_circuit(tree, 2, (3, 5), np.random.default_rng(0))
    >>> min_cut(circuit, "left-right").value
    5
    """
    if isinstance(source, TreeTensorNetwork):
        return network_min_cut(source, partition)
    circuit = circuit_of(source)
    return tree_min_cut(circuit.tree, circuit.local_dimension, circuit.widths, partition)


def network_min_cut(network: TreeTensorNetwork, partition: Choice) -> MinCut:
    """Min-cut of a tree tensor network between I and its complement, by a dynamic programme from the sites.

    With the map above a node on side s, cost_s(node) = min(Π cost_s(child), r · Π min_t cost_t(child)), r the node's
    channels; a site costs its M_i on the side that isn't its own. Products are exact integers.

    Args:
        network: its weights' shapes alone matter.
        partition: a name, the sites of I, or a partition over the network's sites.

    Returns:
        The cut; a bond's `level` is the node's height above its sites, `position` the site's or the node's number.

    Source: 1704.01552 (copy tensors counted once).
    """
    mask = Partition.of(network.shape, partition).mask
    channels = [weight.shape[1] for weight in network.weights]
    costs: list[tuple[int, int]] = [(1, 1)] * len(channels)  # with the map above outside I, and inside
    severed: list[tuple[bool, bool]] = [(False, False)] * len(channels)
    for node in network.order:
        below = [costs[child] for child in network.children[node]]
        if not below:
            costs[node] = (channels[node], 1) if mask[node] else (1, channels[node])
            severed[node] = (bool(mask[node]), not mask[node])
            continue
        out, into = (math.prod(cost[side] for cost in below) for side in (0, 1))
        through = channels[node] * math.prod(map(min, below))
        costs[node], severed[node] = (min(out, through), min(into, through)), (through < out, through < into)
    value = min(costs[network.root])
    side = {network.root: costs[network.root].index(value)}
    bonds = []
    for node in reversed(network.order):
        cut = severed[node][side[node]]
        if cut:
            kind = "site" if node < network.sites else "pool"
            bonds.append(Bond(kind, network.heights[node], node, channels[node]))
        for child in network.children[node]:
            side[child] = costs[child].index(min(costs[child])) if cut else side[node]
    return MinCut(value, math.log(value), tuple(sorted(bonds, key=lambda bond: (-bond.level, bond.position))))


def tree_min_cut(
    tree: PoolingTree,
    local_dimension: int,
    widths: Sequence[int],
    partition: Choice,
) -> MinCut:
    """Min-cut of the tree tensor network with the given bond dimensions, by a dynamic programme from the leaves.

    With the map above a node on side s, cost_s(node) = min(Π cost_s(child), r_l · Π min_t cost_t(child)): either the
    whole window is on that side, or its copy tensor is cut once and every child is free. A site costs M on the side
    that isn't its own. Products are exact integers.

    Args:
        tree: geometry and windows over N sites.
        local_dimension: M.
        widths: r_1 … r_L.
        partition: a name, the sites of I, or a partition over the tree's sites.
    """
    value, bonds = smallest_cut(tree, local_dimension, widths, partition, lambda cost, count, pure: cost**count)
    return MinCut(value, math.log(value), bonds)


# what so many equal children of a window pass together, each so much; pure ones have all their sites on one side
Together = Callable[[int, int, bool], int]


def smallest_cut(
    tree: PoolingTree, local_dimension: int, widths: Sequence[int], partition: Choice, together: Together
) -> tuple[int, tuple[Bond, ...]]:
    """Value and bonds of the smallest cut, where equal children of a window pass what `together` says."""
    local_dimension, widths = dimensions(tree, local_dimension, widths)
    parts = sub_partitions(tree, Partition.of(tree.shape, partition).mask)
    # per level and node: the cost with the map above outside (0) and inside (1) of I, and whether the node is cut
    costs = [[(local_dimension, 1) if node.side else (1, local_dimension) for node in parts.nodes[0]]]
    severed: list[list[tuple[bool, bool]]] = [[(node.side is True, node.side is False) for node in parts.nodes[0]]]
    for below, nodes, width in zip(parts.nodes, parts.nodes[1:], widths, strict=False):
        costs.append([])
        severed.append([])
        for node in nodes:
            groups = [
                (costs[-2][child], n, below[child].side is not None) for child, n in Counter(node.children).items()
            ]
            out, into = (math.prod(together(cost[side], n, pure) for cost, n, pure in groups) for side in (0, 1))
            through = width * math.prod(min(cost) ** n for cost, n, _ in groups)
            costs[-1].append((min(out, through), min(into, through)))
            severed[-1].append((through < out, through < into))
    value = min(costs[-1][0])
    bonds: list[Bond] = []
    sides = [costs[-1][0].index(value)]
    for level in range(tree.levels, 0, -1):
        lower: list[int] = []
        for position, side in enumerate(sides):
            number = parts.numbers[level][position]
            start = position * tree.windows[level - 1]
            children = parts.numbers[level - 1][start : start + tree.windows[level - 1]]
            if severed[level][number][side]:
                bonds.append(Bond("pool", level, position, widths[level - 1]))
                lower.extend(costs[level - 1][child].index(min(costs[level - 1][child])) for child in children)
            else:
                lower.extend(side for _ in children)
        sides = lower
    cut_sites = [
        tree.order[position] for position, side in enumerate(sides) if severed[0][parts.numbers[0][position]][side]
    ]
    bonds.extend(Bond("site", 0, site, local_dimension) for site in sorted(cut_sites))
    return value, tuple(bonds)


def dimensions(tree: PoolingTree, local_dimension: int, widths: Sequence[int]) -> tuple[int, tuple[int, ...]]:
    """M and r_1 … r_L as Python integers, whose products are exact.

    Raises:
        ArgumentError: one isn't a positive integer, or the widths aren't one per level.
    """
    channels = integers(widths, "widths", least=1)
    if len(channels) != tree.levels:
        raise ArgumentError(
            f"widths: got {short(list(channels))}; accepted: one positive integer per level, {tree.levels}"
        )
    return integer(local_dimension, "local_dimension", least=1), channels


def symmetric_min_cut(
    tree: PoolingTree,
    local_dimension: int,
    widths: Sequence[int],
    partition: Choice,
) -> int:
    """The min-cut's value where weights are shared over positions: a smaller bound on the rank (docs/laws.md).

    k children of a window with equal sub-partitions, all on one side, multiply equal vectors of dimension x: their
    products span the symmetric subspace, of dimension C(x + k − 1, k) instead of x^k.

    Args:
        tree: geometry and windows over N sites.
        local_dimension: M.
        widths: r_1 … r_L.
        partition: a name, the sites of I, or a partition over the tree's sites.

    Source: ours; the plain cut is 1704.01552's.
    """
    return symmetric_cut(tree, local_dimension, widths, partition)[0]


def symmetric_cut(
    tree: PoolingTree, local_dimension: int, widths: Sequence[int], partition: Choice
) -> tuple[int, tuple[Bond, ...]]:
    """Value and bonds of `symmetric_min_cut`."""
    return smallest_cut(
        tree,
        local_dimension,
        widths,
        partition,
        lambda cost, count, pure: math.comb(cost + count - 1, count) if pure else cost**count,
    )


def rounded_min_cut(tree: PoolingTree, local_dimension: int, widths: Sequence[int], partition: Choice) -> int:
    """A lower bound on the rank for weights per location: the min-cut with M and widths rounded down to p^n.

    A network is a wider one some of whose channels have zero weights, and where all dimensions are powers of one
    integer the rank is the min-cut. The largest of these cuts, of every p.

    Args:
        tree: geometry and windows over N sites.
        local_dimension: M.
        widths: r_1 … r_L.
        partition: a name, the sites of I, or a partition over the tree's sites.

    Source: 1704.01552, Theorem 2.

    >>> rounded_min_cut(PoolingTree.named("line", (9,), (3, 3)), 2, (3, 2), [2, 5, 6, 7, 8])
    4
    """
    chosen = Partition.of(tree.shape, partition)
    dimensions = (local_dimension, *widths)
    cuts = (
        tree_min_cut(tree, power_below(local_dimension, base), [power_below(width, base) for width in widths], chosen)
        for base in range(2, max(2, *dimensions) + 1)
    )
    return max(cut.value for cut in cuts)


def power_below(number: int, base: int) -> int:
    """The largest power of the base that doesn't exceed a positive integer.

    >>> power_below(9, 2), power_below(9, 3), power_below(2, 3)
    (8, 9, 1)
    """
    power = 1
    while power * base <= number:
        power *= base
    return power


def split_windows_bound(tree: PoolingTree, local_dimension: int, widths: Sequence[int], partition: Choice) -> int:
    """A lower bound on the rank, weights shared or not: min{r_1, M}^S with S windows of level 1 on both sides.

    Args:
        tree: geometry and windows over N sites.
        local_dimension: M.
        widths: r_1 … r_L.
        partition: a name, the sites of I, or a partition over the tree's sites.

    Source: 1605.06743, Theorem 1.

    >>> split_windows_bound(PoolingTree.named("line", (8,)), 2, (3, 2, 2), [0, 2, 4, 5])
    4
    """
    inside = Partition.of(tree.shape, partition).mask[list(tree.order)].reshape(-1, tree.windows[0])
    split = int((inside.any(axis=1) & ~inside.all(axis=1)).sum())
    return int(int(min(local_dimension, widths[0])) ** split)
