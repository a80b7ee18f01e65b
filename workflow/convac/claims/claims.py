"""Claims: what a paper says, or we do, as a statistic of the tidy table.

A claim compares two selections of rows, `first` and `second`, pair by pair. Its statistic is first − second, or the
upper end of a reference's interval − second for claims of the form "no better than". All of it is declared, so that
null, mirrored and planted tables for the tests follow from the claim itself.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from statistics import fmean
from typing import TYPE_CHECKING, Any, Literal

from convac.errors import ArgumentError
from convac.statistics import proportion_interval

if TYPE_CHECKING:
    import pandas as pd

Value = str | int | float
# A selection of rows: label column → the value it must have, or a tuple of accepted values.
Labels = Mapping[str, Value | tuple[Value, ...]]

LARGEST = "largest"  # as a value in `Labels`: the largest value that the other filters leave

SMALLEST = 1e-12  # below, a value may be rounding alone: no logarithm is taken of it


@dataclass(frozen=True)
class Reference:
    """A share measured on independent trials, such as the accuracy of a baseline that needs no training.

    Attributes:
        share: quantity whose value is the share, between 0 and 1.
        trials: quantity whose value is the number of trials.
        where: filters common to both.
        expected: typical share and trials, for planted tables.
    """

    share: str
    trials: str
    where: Labels
    expected: tuple[float, int]


@dataclass(frozen=True)
class Trivial:
    """What holds of anything of some sizes: a prediction that is no lower says nothing.

    Attributes:
        sizes: columns with the sizes; two pairs of the same sizes and prediction count once.
        bound: the bound of given sizes, in the order of their columns.
    """

    sizes: tuple[str, ...]
    bound: Callable[..., float]


@dataclass(frozen=True)
class Amendment:
    """A change of a claim's statistic, threshold, role or scope after a result had been seen.

    Attributes:
        date: as YYYY-MM-DD.
        what: what was changed.
        why: for what reason.
    """

    date: str
    what: str
    why: str

    def __str__(self) -> str:
        return f"{self.date}: {self.what}: {self.why}"


CHOSEN_AS_PRIMARY = Amendment("2026-11-29", "made a primary", "roles were given after a first reference run")

Origin = Literal["paper", "ours", "check"]
Role = Literal["primary", "secondary"]
Kind = Literal["interval", "exact", "equality", "equivalence", "rank correlation", "fall"]


@dataclass(frozen=True)
class Claim:
    """One line of the ledger.

    Attributes:
        id: unique, hyphenated, starts with the experiment's name.
        statement: the claim in one line, with its effect size.
        source: the paper and its section.
        origin: `paper`, as the source says it, with its conditions; `ours`, a law or variant that no source states;
            `check`, a theorem or identity that right code cannot fail.
        role: `primary`, one of the one to three sentences that an experiment is about, or `secondary`.
        where: filters common to both sides, `quantity` among them.
        first, second: what tells the two sides apart. Runs are taken at their last step.
        threshold: effect size fixed beforehand, in the unit of the quantity; of equivalences −margin.
        expected: typical values of the two sides, for planted tables.
        by: columns that identify a pair together with the seed. The unit of replication is the seed: the statistics
            of its pairs are averaged.
        every: whether the claim is about every pair of a seed: instead of their mean their least statistic counts,
            whose mean over seeds is at most that of any pair; of equivalences each has its own mean.
        kind: `interval`, a Student-t interval over seeds; `exact`, every single pair must reach the threshold;
            `equality`, no pair may differ by more than −threshold; `equivalence`, the mean over seeds lies within
            ±threshold; `rank correlation`, Kendall's τ-b between first and second over the cells that `by` tells apart;
            `fall`, the mean over seeds of −τ-b over the cells of each: 1 where second falls whenever first rises.
        logarithmic: the statistic is ln first − ln second, for positive values that span decades. Where a value is
            below 1e-12, where engines round, there is no statistic and the claim is undecided.
        trivial: of exact claims and equalities, the bound that `first` or, of equalities, `second` has to stay below to
            say anything; without one, every pair counts.
        reference: where given, the statistic is the upper end of the 95 % interval of its share, minus second.
        amended: what was changed after a result had been seen, if anything.
    """

    id: str
    statement: str
    source: str
    origin: Origin
    first: Labels
    second: Labels
    expected: tuple[float, float]
    role: Role = "secondary"
    where: Labels = field(default_factory=dict)
    threshold: float = 0.0
    by: tuple[str, ...] = ()
    every: bool = False
    kind: Kind = "interval"
    logarithmic: bool = False
    reference: Reference | None = None
    amended: Amendment | None = None
    trivial: Trivial | None = None


def equivalence(claim: Claim) -> Claim:
    """A claim that its two sides are alike: their mean difference lies within ±threshold, the margin being −threshold.

    Raises:
        ArgumentError: the margin isn't positive.
    """
    if not claim.threshold < 0:
        raise ArgumentError(f"threshold: got {claim.threshold:g} for {claim.id}; accepted: −margin, below 0")
    return replace(claim, kind="equivalence")


def rank_correlation(claim: Claim) -> Claim:
    """A claim that first and second rank the cells told apart by `by` alike: Kendall's τ-b lies above the threshold.

    Of every cell the medians over its seeds are ranked.

    Raises:
        ArgumentError: no column tells cells apart, or the threshold isn't a τ-b.
    """
    if not claim.by or not 0 <= claim.threshold < 1:
        told = f"by {claim.by}, threshold {claim.threshold:g}"
        raise ArgumentError(f"{claim.id}: got {told}; accepted: columns that tell cells apart, 0 to 1")
    return replace(claim, kind="rank correlation")


def fall(claim: Claim) -> Claim:
    """A claim that second falls as first rises over the cells told apart by `by`, seed by seed: −τ-b above a threshold.

    Raises:
        ArgumentError: no column tells cells apart, or the threshold isn't a −τ-b.
    """
    return replace(rank_correlation(claim), kind="fall")


@dataclass(frozen=True)
class Pair:
    """One comparison.

    Attributes:
        name: seed and `by` values.
        seed: the seed.
        first, second: the value of each side.
        statistic: what is compared; NaN where a logarithm would be of rounding.
        cell: what makes it another one than the rest; None where its prediction is the trivial bound.
    """

    name: str
    seed: str
    first: float
    second: float
    statistic: float
    cell: tuple[object, ...] | None = None


# Columns of the tidy table as plain lists: a few dozen rows pass the first filter, and a pandas mask costs more each.
Columns = dict[str, list[Any]]


def columns_of(claims: Iterable[Claim], table: "pd.DataFrame") -> Columns:
    """The columns that any of the claims reads and the table has; steps as floats, infinite where there is none."""
    wanted = {"cell", "seed", "step", "quantity"}
    for claim in claims:
        wanted.update(claim.by, claim.where, claim.first, claim.second)
        wanted.update(claim.reference.where if claim.reference else (), claim.trivial.sizes if claim.trivial else ())
    columns: Columns = {name: table[name].tolist() for name in sorted(wanted & set(table.columns))}
    if "step" in columns:
        columns["step"] = table["step"].astype(float).fillna(math.inf).tolist()
    columns["value"] = table["value"].astype(float).tolist() if "value" in table else []
    return columns


def selected(columns: Columns, labels: Labels) -> list[int]:
    """Positions of the rows that pass the filters and have a value; none when a column is missing."""
    if not set(labels) <= set(columns):
        return []
    chosen = list(range(len(columns["value"])))
    for column, value in labels.items():
        if value != LARGEST:
            entries, accepted = columns[column], set(value if isinstance(value, tuple) else (value,))
            chosen = [row for row in chosen if entries[row] in accepted]
    chosen = [row for row in chosen if not math.isnan(columns["value"][row])]
    for column in (column for column, value in labels.items() if value == LARGEST):
        numbers = {row: float(columns[column][row]) for row in chosen if isinstance(columns[column][row], int | float)}
        largest = max(numbers.values(), default=math.nan)
        chosen = [row for row, number in numbers.items() if number == largest]
    return chosen


def last_step(columns: Columns, rows: list[int]) -> list[int]:
    """Of these rows, those at the last step of their run, and those without a step."""
    if "step" not in columns:
        return rows
    keys = [columns[column] for column in ("cell", "seed", "quantity") if column in columns]
    steps, runs = columns["step"], {row: tuple(key[row] for key in keys) for row in rows}
    last: dict[tuple[object, ...], float] = {}
    for row, run in runs.items():
        if steps[row] != math.inf:
            last[run] = max(steps[row], last.get(run, steps[row]))
    return [row for row, run in runs.items() if steps[row] in {math.inf, last.get(run)}]


def sides(claim: Claim, columns: Columns) -> tuple[dict[str, list[int]], dict[str, list[int]]]:
    """Positions of the rows of `first` and of `second` by the name of their pair, for pairs that have both."""
    names = ("seed", *claim.by)
    if not set(names) <= set(columns):
        return {}, {}
    keys = [columns[name] for name in names]
    found: list[dict[str, list[int]]] = []
    for labels in (claim.first, claim.second):
        side: dict[str, list[int]] = {}
        for row in last_step(columns, selected(columns, {**claim.where, **labels})):
            side.setdefault(", ".join(str(key[row]) for key in keys), []).append(row)
        found.append(side)
    first, second = found
    common = [name for name in first if name in second]
    return {name: first[name] for name in common}, {name: second[name] for name in common}


def pairs(claim: Claim, columns: Columns) -> list[Pair]:
    """Every pair of the claim, in the table's order; none when rows or the reference are missing.

    Several rows on one side of a pair count by their mean; in an exact claim by the one that speaks most against it.
    """
    first, second = sides(claim, columns)
    bound = None if claim.reference is None else reference_bound(claim.reference, columns)
    if not first or (bound is not None and math.isnan(bound)):
        return []
    values = columns["value"]

    def read(rows: list[int]) -> list[float]:
        found = [values[row] for row in rows]
        return [math.log(value) if value >= SMALLEST else math.nan for value in found] if claim.logarithmic else found

    left, right = (min, max) if claim.kind == "exact" else (fmean, fmean)
    found = []
    for name in first:
        one, other = left(read(first[name])), right(read(second[name]))
        cell = cell_of(claim, columns, name, second[name][0], one if claim.kind == "exact" else other)
        statistic = (one if bound is None else bound) - other
        found.append(Pair(name, name.split(", ")[0], one, other, statistic, cell))
    return found


def cell_of(claim: Claim, columns: Columns, name: str, row: int, prediction: float) -> tuple[object, ...] | None:
    """What tells a pair apart from the others, whatever its seed; None where its prediction is the trivial bound."""
    if claim.trivial is None or not set(claim.trivial.sizes) <= set(columns):
        return (name.partition(", ")[2], prediction)
    sizes = tuple(columns[column][row] for column in claim.trivial.sizes)
    return (*sizes, prediction) if prediction < claim.trivial.bound(*sizes) else None


def reference_bound(reference: Reference, columns: Columns) -> float:
    """Upper end of the reference's 95 % interval; NaN when its rows are missing."""
    share, trials = (
        [columns["value"][row] for row in selected(columns, {**reference.where, "quantity": quantity})]
        for quantity in (reference.share, reference.trials)
    )
    return proportion_interval(fmean(share), round(fmean(trials))).high if share and trials else math.nan
