"""The entanglement profile of a tree: all bonds and prefix blocks, mutual information; Rényi entropies of any order.

I_α(A : B) = S_α(A) + S_α(B) − S_α(AB) of two blocks. For α = 1 it is the quantum mutual information, never negative;
for other orders it may be.

Source: 0704.3906, Area laws in quantum systems (mutual information of blocks); 1704.01552 (entropies of partitions).
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from convac.arrays import number, series, short
from convac.circuits.exchange import network_of, selected
from convac.circuits.tree import Circuit
from convac.circuits.tree_tensors import TreeTensorNetwork
from convac.entanglement import measures, precision, tree_engines
from convac.entanglement.limits import MEMORY, SECONDS, Limits, Planned, magnitude, seconds
from convac.entanglement.measure import CIRCUIT_ENGINES, LOSSES, choose, shifted
from convac.entanglement.mincut import HasCircuit, circuit_of, min_cut
from convac.entanglement.precision import LARGEST_ERROR, Spectrum
from convac.entanglement.renyi2 import Renyi2
from convac.entanglement.sources import combined, orthonormal, orthonormal_network
from convac.entanglement.tree_bonds import needed, network_bonds
from convac.errors import ArgumentError, TimeLimitError
from convac.geometry.partitions import Choice, Partition
from convac.progress import reporter

if TYPE_CHECKING:
    import pandas as pd

PARTS = ("bonds", "prefixes", "mutual")
BLOCKS = 32  # at most so many by default: the sites, or the nodes of a level
Sites = tuple[int, ...]


class Row(NamedTuple):
    """One number of a profile.

    Attributes:
        part: `bond`, `prefix`, `block` or `mutual` (of two blocks).
        name: of the bond `site 3` or `node 20`, of a prefix its length, of a block its number, of two both: `0:3`.
        sites: how many sites lie below the bond, or in the block or the two.
        order: α.
        value: the Rényi entropy or the mutual information, in nats; NaN where no engine gives it.
        error: bound on its error, in nats; of a mutual information the sum of three.
        log_cut: ln of the smallest cut, the bound on an entropy; of a bond ln of its dimension; NaN of two blocks.
    """

    part: str
    name: str
    sites: int
    order: float
    value: float
    error: float
    log_cut: float


@dataclass(frozen=True)
class Profile:
    """What `profile` gives; `convac.draw` draws it.

    Attributes:
        rows: every number.
        orders: the α asked for.
        blocks: the sites of every block.
        network: the tree that was measured, with the one output.

    >>> from convac import from_mps
    >>> found = profile(from_mps([np.eye(2)[None], np.eye(2)[:, None, :]]), orders=[1, 2])
    >>> found.table().groupby("part").size().to_dict()
    {'block': 4, 'bond': 6, 'mutual': 2, 'prefix': 2}
    """

    rows: tuple[Row, ...] = field(repr=False)
    orders: tuple[float, ...]
    blocks: tuple[Sites, ...] = field(repr=False)
    network: TreeTensorNetwork = field(repr=False)

    def table(self) -> "pd.DataFrame":
        """The rows as a tidy table: part, name, sites, order, value, error, log_cut."""
        import pandas as pd

        return pd.DataFrame(self.rows, columns=list(Row._fields))

    def mutual(self, order: float = 1.0) -> np.ndarray:
        """Mutual information of every two blocks, shape (blocks, blocks); on the diagonal twice a block's entropy.

        Raises:
            ArgumentError: that order, or mutual information, wasn't asked for.
        """
        asked = number(order, "order", above=0, infinite=True)
        if asked not in self.orders or not self.blocks:
            raise ArgumentError(f"order: got {short(order)}; accepted: one of {list(self.orders)}, with part mutual")
        found = np.zeros((len(self.blocks),) * 2)
        for row in self.rows:
            if row.order == asked and row.part == "block":
                found[int(row.name), int(row.name)] = 2 * row.value
            elif row.order == asked and row.part == "mutual":
                one, other = map(int, row.name.split(":"))
                found[one, other] = found[other, one] = row.value
        return found


class Entropies(NamedTuple):
    """Rényi entropies of one partition, an order each, and bounds on their errors."""

    values: tuple[float, ...]
    errors: tuple[float, ...]


def profile(
    source: Circuit | TreeTensorNetwork | HasCircuit,
    *,
    orders: Sequence[float] = (1, 2),
    parts: Iterable[str] = PARTS,
    blocks: Iterable[Choice] | None = None,
    output: int | Sequence[float] | np.ndarray = 0,
    gram: np.ndarray | Sequence[Any] | None = None,
    largest_error: float = LARGEST_ERROR,
    memory_limit: float = MEMORY,
    time_limit: float = SECONDS,
) -> Profile:
    """The entropies of all bonds and all prefix blocks of a tree, and the mutual information of its sites or blocks.

    Args:
        source: a circuit, anything with `.circuit()` (a ConvAC), or a tree tensor network.
        orders: α of the Rényi entropies, positive, ∞ among them; 1 is the entanglement entropy.
        parts: of `bonds` (the sites below every edge of the tree against the rest), `prefixes` (the first 1, 2, …
            sites in row-major order), `mutual` (of every two blocks).
        blocks: disjoint sets of sites, each as a partition is given; by default the sites, or where there are more
            than 32 the nodes of the lowest level with at most that many.
        output: a class, or one coefficient per class.
        gram: Gram matrix of the representation, one for all sites or one per site, as `measure` takes it.
        largest_error: of an entropy, in nats; larger ones are refused.
        memory_limit: bytes that an engine may use.
        time_limit: seconds of one core, of all partitions together.

    Raises:
        ArgumentError: an argument outside what is accepted, or the tensor is zero.
        MemoryLimitError, TimeLimitError: a limit would be passed; before anything is measured.
        PrecisionError: rounding leaves a larger error.

    >>> from convac.circuits.exchange import from_mps
    >>> bell = from_mps([np.eye(2)[None], np.eye(2)[:, None, :]])
    >>> found = profile(bell, orders=[1])
    >>> found.mutual().round(12).tolist() == [[round(2 * math.log(2), 12)] * 2] * 2
    True
    """
    given = series(orders, "orders", "one or more positive numbers")
    asked = tuple(number(order, "orders", above=0, infinite=True) for order in given)
    if not asked:
        raise ArgumentError("orders: none given; accepted: one or more positive numbers")
    wanted = [parts] if isinstance(parts, str) else series(parts, "parts", ", ".join(PARTS))
    if not wanted or any(not isinstance(part, str) or part not in PARTS for part in wanted):
        raise ArgumentError(f"parts: got {short(wanted)}; accepted: {', '.join(PARTS)}")
    if blocks is not None and "mutual" not in wanted:
        raise ArgumentError("blocks: given without part mutual; accepted: with it alone")
    limits = Limits(memory_limit, time_limit)
    largest = number(largest_error, "largest_error", above=0, infinite=True)
    subject, moved = in_its_basis(source, output, gram)
    network = network_of(subject)
    chosen = blocks_of(network, blocks) if "mutual" in wanted else ()
    prefixes = [tuple(range(count)) for count in range(1, network.sites)] if "prefixes" in wanted else []
    measured = Partitions(subject, network, asked, limits, largest, moved)
    pairs = (one + other for one, other in combinations(chosen, 2))
    measured.check([*prefixes, *chosen, *pairs], "bonds" in wanted)
    rows = bond_rows(network, asked, limits, largest, moved) if "bonds" in wanted else []
    for prefix in prefixes:
        rows += measured.rows("prefix", str(len(prefix)), prefix)
    for block, sites in enumerate(chosen):
        rows += measured.rows("block", str(block), sites)
    for (one, first), (other, second) in combinations(enumerate(chosen), 2):
        rows += measured.mutual_rows(f"{one}:{other}", first, second)
    return Profile(tuple(rows), asked, chosen, network)


def in_its_basis(
    source: Circuit | TreeTensorNetwork | HasCircuit,
    output: int | Sequence[float] | np.ndarray,
    gram: np.ndarray | Sequence[Any] | None,
) -> tuple[Circuit | TreeTensorNetwork, float]:
    """What is measured, of one class and in an orthonormal basis, and up to which fraction of its norm it is known."""
    if isinstance(source, TreeTensorNetwork):
        network = selected(source, output)
        return (network, 0.0) if gram is None else orthonormal_network(network, gram)
    circuit = combined(circuit_of(source), output)
    return (circuit, 0.0) if gram is None else orthonormal(circuit, gram)


def bond_rows(
    network: TreeTensorNetwork, orders: Sequence[float], limits: Limits, largest: float, moved: float
) -> list[Row]:
    """Entropies of every bond but the root's, of a tensor that is known up to `moved` times its norm."""
    found = network_bonds(network, limits.memory, limits.seconds)
    below = [1] * len(network.parents)
    for node in network.order[:-1]:
        if node >= network.sites:
            below[node] = sum(below[child] for child in network.children[node])
    rows = []
    for node, bond in enumerate(found):
        if node != network.root:
            name = f"site {node}" if node < network.sites else f"node {node}"
            more = moved * measures.norm(bond.values[0])
            spectra = Spectrum(bond.values[0], float(bond.errors[0]) + more)
            entropies = entropies_of(spectra, orders, "spectrum", largest)
            log_cut = math.log(network.weights[node].shape[1])
            rows += [Row("bond", name, below[node], *each, log_cut) for each in zip(orders, *entropies, strict=True)]
    return rows


def entropies_of(found: Spectrum | Renyi2, orders: Sequence[float], engine: str, largest: float) -> Entropies:
    """Entropies of each order; from four copies that of order 2 alone."""
    if isinstance(found, Renyi2):
        error = precision.accepted(found.error, largest, engine, LOSSES[engine])
        return Entropies(
            tuple(found.value if order == 2 else math.nan for order in orders),
            tuple(error if order == 2 else math.nan for order in orders),
        )
    values, turned = precision.nonzero(found).singular_values, precision.angle(found)
    errors = [precision.renyi_error(turned, order, values) for order in orders]
    precision.accepted(max(errors), largest, engine, LOSSES[engine])
    return Entropies(tuple(measures.renyi(values, order) for order in orders), tuple(errors))


class Partitions:
    """Entropies of blocks against the rest, each measured once."""

    def __init__(
        self,
        subject: Circuit | TreeTensorNetwork,
        network: TreeTensorNetwork,
        orders: Sequence[float],
        limits: Limits,
        largest: float,
        moved: float,
    ) -> None:
        self.subject, self.network, self.orders = subject, network, orders
        self.limits, self.largest, self.moved = limits, largest, moved
        self.engines: dict[Sites, str] = {}
        self.known: dict[Sites, Entropies] = {}
        self.report: Any = None

    def check(self, blocks: Iterable[Sites], bonds: bool) -> None:
        """Raise where one of the partitions, or all bonds, would pass a limit, or everything together the time's."""
        distinct = {self.smaller(block) for block in blocks} - {()}
        first = partitions = 0.0
        if bonds:
            self.limits.check("truncation", *needed(self.network))
            first = seconds("truncation", needed(self.network)[1])
        for planned, block in enumerate(distinct, start=1):
            engine, _, memory, operations = self.choice(self.mask(block))
            self.limits.check_memory(engine, memory)
            self.engines[block] = engine
            partitions += seconds(engine, operations)
            if first + partitions > self.limits.seconds:
                about = magnitude(first + partitions * len(distinct) / planned)
                raise TimeLimitError(
                    f"profile: {len(distinct)} partitions{' and all bonds' if bonds else ''} take about {about} s; "
                    f"accepted: up to time_limit, {magnitude(self.limits.seconds)} s, or fewer parts or blocks"
                )
        self.report = reporter(len(distinct), "partition", patient=True)

    def choice(self, mask: np.ndarray) -> Planned:
        """The engine for a partition, and what it needs."""
        if isinstance(self.subject, Circuit):
            return choose(self.subject, mask, self.limits)
        return tree_engines.choose(self.subject, mask, self.limits)

    def smaller(self, block: Sites) -> Sites:
        """A block or its complement, ascending, which have the same entropies; empty for all sites or none."""
        inside = tuple(sorted(block))
        rest = tuple(sorted(set(range(self.network.sites)) - set(block)))
        return min(inside, rest, key=lambda sites: (len(sites), sites))

    def mask(self, block: Sites) -> np.ndarray:
        """Boolean, shape (N,)."""
        mask = np.zeros(self.network.sites, dtype=bool)
        mask[list(block)] = True
        return mask

    def of(self, block: Sites) -> Entropies:
        """Entropies of a block; none of all sites together."""
        own = self.smaller(block)
        if own == ():
            return Entropies((0.0,) * len(self.orders), (0.0,) * len(self.orders))
        if own not in self.known:
            engine, mask = self.engines[own], self.mask(own)
            if isinstance(self.subject, Circuit):
                found = CIRCUIT_ENGINES[engine](self.subject, mask, self.limits)
            else:
                found = tree_engines.ENGINES[engine](self.subject, mask, self.limits)
            if self.moved:
                found = shifted(found, self.moved, min_cut(self.subject, own))
            self.known[own] = entropies_of(found, self.orders, engine, self.largest)
            self.report(len(self.known), f"{len(own)} sites")
        return self.known[own]

    def rows(self, part: str, name: str, block: Sites) -> list[Row]:
        """Entropies of a block against the rest."""
        cut = min_cut(self.subject, block).log if self.smaller(block) else 0.0
        return [Row(part, name, len(block), *each, cut) for each in zip(self.orders, *self.of(block), strict=True)]

    def mutual_rows(self, name: str, first: Sites, second: Sites) -> list[Row]:
        """Mutual information of two blocks."""
        one, other, both = self.of(first), self.of(second), self.of(first + second)
        return [
            Row("mutual", name, len(first) + len(second), order, a + b - c, x + y + z, math.nan)
            for order, a, b, c, x, y, z in zip(
                self.orders, one.values, other.values, both.values, one.errors, other.errors, both.errors, strict=True
            )
        ]


def blocks_of(network: TreeTensorNetwork, blocks: Iterable[Choice] | None) -> tuple[Sites, ...]:
    """The blocks asked for, disjoint; by default the sites, or the nodes of the lowest height that has few enough."""
    if blocks is None:
        return default_blocks(network)
    given = series(blocks, "blocks", "two or more disjoint sets of sites")
    found = tuple(Partition.of(network.shape, block).inside for block in given)
    every = [site for block in found for site in block]
    if len(found) < 2 or len(set(every)) < len(every):
        raise ArgumentError(f"blocks: {len(found)} given, or one site twice; accepted: two or more disjoint sets")
    return found


def default_blocks(network: TreeTensorNetwork) -> tuple[Sites, ...]:
    """The sites, or the subtrees just below the lowest height at which at most 32 are left."""
    below: dict[int, Sites] = {}
    for node in network.order:
        below[node] = tuple(sorted(s for child in network.children[node] for s in below[child])) or (node,)
    for height in range(max(network.heights) + 1):
        tops = [
            node
            for node, parent in enumerate(network.parents)
            if network.heights[node] <= height and (parent < 0 or network.heights[parent] > height)
        ]
        if 2 <= len(tops) <= BLOCKS:
            return tuple(below[node] for node in tops)
    return tuple((site,) for site in range(min(network.sites, BLOCKS)))
