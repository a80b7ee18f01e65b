"""Exact generic ranks of random trees against their min-cuts, shared weights, counterexamples, a loop, one drawing.

Source: 1704.01552 (min-cut bound on the rank); the ensembles and the symmetric cut are ours.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import combinations_with_replacement, islice, product
from math import prod
from typing import Any

import numpy as np
import pandas as pd

from convac.circuits.fields import PRIME_FIELD
from convac.entanglement.bridge import predicted_rank
from convac.entanglement.generic_rank import TreeShape, generic_rank, rank
from convac.entanglement.graphs import Network, graph_min_cut
from convac.entanglement.mincut import rounded_min_cut, split_windows_bound, symmetric_min_cut, tree_min_cut
from convac.entanglement.node_bridge import bridged_rank
from convac.errors import MemoryLimitError, TimeLimitError
from convac.experiments.min_cut.jobs import Drawing, Ensemble, Loop, Pairs, Search
from convac.experiments.min_cut.pairs import pairs
from convac.geometry.partitions import Partition
from convac.geometry.trees import PoolingTree
from convac.progress import reporter
from convac.seeds import stream
from convac.specs.job import JobSpec
from convac.specs.tables import table_of

Row = dict[str, Any]
WINDOWS = ((2, 2), (2, 3), (3, 2), (3, 3), (2, 4), (4, 2), (4, 4), (2, 2, 2), (2, 2, 3), (2, 3, 2), (3, 2, 2), (2,) * 4)

LISTED = 2  # deficits of each tree
WORDS = {"powers": "powers", "mixed": "mixed", "shared": "shared"}  # of streams: seeds, not names


@dataclass(frozen=True)
class Case:
    """One tree, its bond dimensions and one partition."""

    windows: tuple[int, ...]
    local_dimension: int
    widths: tuple[int, ...]
    inside: tuple[int, ...]

    @property
    def tree(self) -> PoolingTree:
        """The tree over a line of sites."""
        return PoolingTree.named("line", (prod(self.windows),), self.windows)

    @property
    def cut(self) -> int:
        """Value of the min-cut."""
        return tree_min_cut(self.tree, self.local_dimension, self.widths, self.inside).value

    @property
    def trivial(self) -> int:
        """M to the power of the sites of the smaller side."""
        return int(self.local_dimension ** min(len(self.inside), prod(self.windows) - len(self.inside)))

    def rank(self, shared: bool) -> int:
        """Exact generic rank."""
        shape = TreeShape(self.tree, self.local_dimension, self.widths, (shared,) * len(self.widths))
        return generic_rank(shape, self.inside).value

    def bridged(self, shared: bool) -> int:
        """The bound by bridges at every node."""
        return bridged_rank(self.tree, self.local_dimension, self.widths, self.inside, shared)

    def lower_bounds(self, shared: bool) -> list[tuple[str, int]]:
        """What theorems say from below: by split windows and, of weights per location, by rounded widths."""
        sizes = (self.tree, self.local_dimension, self.widths, self.inside)
        found = [("split_windows_bound", split_windows_bound(*sizes))]
        return found if shared else [*found, ("proved_bound", rounded_min_cut(*sizes))]

    def numbered(self, number: int) -> Row:
        """The case as label columns; `case` names it in a claim's counterexamples."""
        sizes = f"windows {joined(self.windows)}, M {self.local_dimension}, widths {joined(self.widths)}"
        return {"case": f"{number}: {sizes}, I {joined(self.inside)}", **self.labels}

    @property
    def labels(self) -> Row:
        """The case's sizes as label columns."""
        return {
            "windows": joined(self.windows),
            "local_dimension": self.local_dimension,
            "widths": joined(self.widths),
            "sites_inside": joined(self.inside),
        }


def joined(numbers: tuple[int, ...]) -> str:
    """Numbers as a label.

    >>> joined((2, 3))
    '2 3'
    """
    return " ".join(map(str, numbers))


def compute(job: JobSpec) -> pd.DataFrame:
    """One job of the study.

    Returns:
        Columns case, windows, local_dimension, widths, sites_inside and what a part adds; seed, quantity, value.
    """
    return table_of({"seed": 0, **row} for row in ROWS[type(job)](job))


def ensemble(job: Ensemble) -> Iterator[Row]:
    """`cases` random cases: tree of `WINDOWS`, M and widths, each site inside with chance ½; cuts from 2 to `largest`.

    `ensemble` is `powers` (M and every width a power of one integer, 2 or 3), `mixed` (M from 2 to 4, widths from 2 to
    7) or `shared` (as mixed, weights shared over positions).
    """
    kind = job.ensemble
    report = reporter(job.cases, "case")
    for number, case in enumerate(islice(drawn_cases(kind, job.largest), job.cases)):
        found, bound = case.rank(kind == "shared"), case.cut
        values = [("rank", found), ("min_cut", bound), ("trivial_bound", case.trivial)]
        if kind == "shared":
            bound = symmetric_min_cut(case.tree, case.local_dimension, case.widths, case.inside)
            values.append(("symmetric_min_cut", bound))
        if found < bound:
            values.append(("node_bridge_rank", case.bridged(kind == "shared")))
        values += case.lower_bounds(kind == "shared")
        for quantity, value in values:
            yield {**case.numbered(number), "quantity": quantity, "value": float(value)}
        report(number + 1, kind)


def drawn_cases(kind: str, largest: int) -> Iterator[Case]:
    """Random cases of an ensemble without end, with cuts from 2 to `largest`."""
    generator = stream("min cut", WORDS[kind])
    while True:
        case = random_case(kind, generator)
        if case is not None and 2 <= case.cut <= largest:
            yield case


def random_case(kind: str, generator: np.random.Generator) -> Case | None:
    """One draw; None when all sites are on one side."""
    windows = WINDOWS[generator.integers(len(WINDOWS))]
    if kind == "powers":
        base = int(generator.integers(2, 4))
        local_dimension = base ** int(generator.integers(1, 3 if base == 2 else 2))
        widths = tuple(base ** int(power) for power in generator.integers(1, 4 if base == 2 else 3, len(windows)))
    else:
        local_dimension = int(generator.integers(2, 5))
        widths = tuple(int(width) for width in generator.integers(2, 8, len(windows)))
    inside = tuple(np.flatnonzero(generator.integers(0, 2, prod(windows))).tolist())
    return Case(windows, local_dimension, widths, inside) if 0 < len(inside) < prod(windows) else None


def search(job: Search) -> Iterator[Row]:
    """Per tree, the deficits with the smallest cuts among all partitions, M and widths up to `widest`.

    Partitions that permuting children turns into one another count once: weights per location make them equal.
    """
    trees = sorted(WINDOWS, key=lambda windows: (prod(windows), windows))
    trees = [windows for windows in trees if prod(windows) <= job.sites]
    report = reporter(len(trees), "tree")
    for number, windows in enumerate(trees, start=1):
        cases = [
            Case(windows, local_dimension, widths, inside)
            for local_dimension in range(2, job.widest + 1)
            for widths in product(range(2, job.widest + 1), repeat=len(windows))
            for inside in distinct_partitions(windows)
        ]
        cuts = sorted((case.cut, index) for index, case in enumerate(cases))
        within = (cases[index] for cut, index in cuts if 2 < cut <= job.largest)
        deficits = islice((case for case in within if case.rank(False) < case.cut), LISTED)
        for place, case in enumerate(deficits):
            yield from deficit_rows(LISTED * number + place, case)
        report(number, joined(windows))


def deficit_rows(number: int, case: Case) -> Iterator[Row]:
    """Rank, cut, the bridges of every node, and the root's where there is one, within the usual limits."""
    partition = Partition.of(case.tree.shape, case.inside)
    try:
        bridge = predicted_rank(case.tree, case.local_dimension, case.widths, partition)
    except (MemoryLimitError, TimeLimitError):
        bridge = None
    values = [("rank", case.rank(False)), ("min_cut", case.cut), ("trivial_bound", case.trivial)]
    values += [] if bridge is None else [("bridge_rank", bridge)]
    values.append(("node_bridge_rank", case.bridged(shared=False)))
    for quantity, value in values:
        yield {**case.numbered(number), "quantity": quantity, "value": float(value)}


def distinct_partitions(windows: tuple[int, ...]) -> list[tuple[int, ...]]:
    """Subsets of the sites up to permuting the children of any node and exchanging I with its complement."""
    patterns: list[tuple[bool, ...]] = [(False,), (True,)]
    for window in windows:
        chosen = combinations_with_replacement(patterns, window)
        patterns = [tuple(side for pattern in group for side in pattern) for group in chosen]
    count = prod(windows)
    halves = (tuple(np.flatnonzero(pattern).tolist()) for pattern in patterns if 0 < 2 * sum(pattern) <= count)
    return list(halves)


def loop(job: Loop) -> Iterator[Row]:
    """Rings of general tensors with random bonds: a network with a loop, against its cut by max-flow."""
    generator = stream("min cut", "loop")
    for case in range(job.cases):
        sites = int(generator.integers(4, 9))
        local_dimension = int(generator.integers(2, 4))
        bonds = tuple(int(bond) for bond in generator.integers(2, 6, sites))
        inside = tuple(np.flatnonzero(generator.permutation(sites) < generator.integers(1, sites)).tolist())
        values = [
            ("rank", ring_rank(local_dimension, bonds, inside, generator)),
            ("min_cut", graph_min_cut(ring_network(local_dimension, bonds), inside).value),
        ]
        for quantity, value in values:
            yield {
                "case": f"{case}: M {local_dimension}, bonds {joined(bonds)}, I {joined(inside)}",
                "local_dimension": local_dimension,
                "widths": joined(bonds),
                "sites_inside": joined(inside),
                "quantity": quantity,
                "value": float(value),
            }


def ring_network(local_dimension: int, bonds: tuple[int, ...]) -> Network:
    """Tensor i joins site i with the bonds i and i + 1."""
    count = len(bonds)
    dimensions: dict[Any, int | None] = {("site", site): local_dimension for site in range(count)}
    dimensions.update({("bond", number): bond for number, bond in enumerate(bonds)})
    triples = [(("site", site), ("bond", site), ("bond", (site + 1) % count)) for site in range(count)]
    links = [(one, other) for triple in triples for one, other in ((triple[0], triple[1]), triple[1:], triple[::2])]
    return Network(dimensions, tuple(links))


def ring_rank(
    local_dimension: int, bonds: tuple[int, ...], inside: tuple[int, ...], generator: np.random.Generator
) -> int:
    """Exact generic rank of a ring of tensors, by listing its coefficients over the prime field."""
    state = np.eye(bonds[0], dtype=np.int64)[None]  # (configurations, first bond, current bond)
    for site in range(len(bonds)):
        out = bonds[(site + 1) % len(bonds)]
        tensors = PRIME_FIELD.draw(generator, (local_dimension, out, bonds[site]))
        state = np.stack([PRIME_FIELD.linear(tensor, state) for tensor in tensors], axis=1)
        state = state.reshape(-1, bonds[0], out)
    values = np.trace(state, axis1=1, axis2=2) % PRIME_FIELD.prime
    outside = tuple(site for site in range(len(bonds)) if site not in inside)
    tensor = values.reshape((local_dimension,) * len(bonds)).transpose(*inside, *outside)
    return rank(tensor.reshape(local_dimension ** len(inside), -1))


def drawing(job: Drawing) -> Iterator[Row]:
    """One tree with its cut: every node's level, position, dimension, side of a site, and whether it is cut."""
    case = Case(job.windows, job.local_dimension, job.widths, job.inside)
    cut = tree_min_cut(case.tree, case.local_dimension, case.widths, case.inside)
    severed = {(bond.level, bond.position) for bond in cut.bonds}
    for level, positions in enumerate(case.tree.positions):
        for position in range(positions):
            dimension = case.local_dimension if level == 0 else case.widths[level - 1]
            values = {"dimension": dimension, "is_cut": (level, position) in severed}
            if level == 0:
                values["is_inside"] = position in case.inside
            for quantity, value in values.items():
                own = {**case.labels, "level": level, "position": position}
                yield {**own, "quantity": quantity, "value": float(value)}


ROWS: dict[type[JobSpec], Callable[[Any], Iterator[Row]]] = {
    Ensemble: ensemble,
    Search: search,
    Loop: loop,
    Pairs: pairs,
    Drawing: drawing,
}
