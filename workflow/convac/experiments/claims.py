"""Claims: what a paper says, as a statistic of the tidy table with a verdict, and the ledger that gathers them.

A claim compares two selections of rows, `first` and `second`, pair by pair. Its statistic is first − second, or the
upper end of a reference's interval − second for claims of the form "no better than". All of it is declared, so that
null, mirrored and planted tables for the tests follow from the claim itself.
"""

import itertools
import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import TYPE_CHECKING, Literal

from convac.errors import ArgumentError
from convac.statistics import holm, paired_interval, proportion_interval

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

Value = str | int | float
# A selection of rows: label column → the value it must have, or a tuple of accepted values.
Labels = Mapping[str, Value | tuple[Value, ...]]

LARGEST = "largest"  # as a value in `Labels`: the largest value that the other filters leave

REPRODUCED = "reproduced"
CONTRADICTED = "contradicted"
INCONCLUSIVE = "inconclusive"
NOT_RUN = "not run"


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
class Claim:
    """One line of the ledger.

    Attributes:
        id: unique, hyphenated, starts with the experiment's name.
        statement: the claim in one line, with its effect size.
        source: the paper and its section.
        where: filters common to both sides, `quantity` among them.
        first, second: what tells the two sides apart. Runs are taken at their last step.
        threshold: effect size fixed beforehand, in the unit of the quantity.
        expected: typical values of the two sides, for planted tables.
        by: columns that identify a pair together with the seed. The unit of replication is the seed: the statistics
            of its pairs are averaged.
        kind: `interval`, a Student-t interval over seeds; `exact`, every single pair must reach the threshold.
        reference: where given, the statistic is the upper end of the 95 % interval of its share, minus second.
    """

    id: str
    statement: str
    source: str
    where: Labels
    first: Labels
    second: Labels
    threshold: float
    expected: tuple[float, float]
    by: tuple[str, ...] = ()
    kind: Literal["interval", "exact"] = "interval"
    reference: Reference | None = None


@dataclass(frozen=True)
class Verdict:
    """What a table says about a claim.

    Attributes:
        id, statement, source, kind, threshold: the claim's.
        mean, low, high: of the statistic over seeds with its 95 % interval; smallest and largest for exact claims.
        n: seeds, or pairs for exact claims.
        p: one-sided p-value of "at most the threshold"; NaN for exact claims.
        verdict: `reproduced`, `contradicted`, `inconclusive` or `not run`.
        counterexamples: every pair that violates an exact claim, separated by semicolons.
    """

    id: str
    statement: str
    source: str
    kind: str
    threshold: float
    mean: float = math.nan
    low: float = math.nan
    high: float = math.nan
    n: int = 0
    p: float = math.nan
    verdict: str = NOT_RUN
    counterexamples: str = ""


COLUMNS = tuple(column.name for column in fields(Verdict))


def selected(table: "pd.DataFrame", labels: Labels) -> "pd.DataFrame":
    """Rows of the tidy table that pass the filters; none when the table lacks a column."""
    chosen = table
    for column, value in labels.items():
        if column not in chosen:
            return table.iloc[:0]
        if value != LARGEST:
            chosen = chosen[chosen[column].isin(value if isinstance(value, tuple) else (value,))]
    for column in (column for column, value in labels.items() if value == LARGEST):
        chosen = chosen[(chosen[column] == chosen[column].max()).fillna(False)]
    return chosen


def last_step(rows: "pd.DataFrame") -> "pd.DataFrame":
    """Rows at the last step of their run, and rows without a step."""
    keys = [column for column in ("cell", "seed", "quantity") if column in rows]
    if "step" not in rows or rows.empty or not keys:
        return rows
    last = rows.groupby(keys, dropna=False)["step"].transform("max")
    return rows[(rows["step"] == last).fillna(False) | rows["step"].isna()]


def sides(claim: Claim, table: "pd.DataFrame") -> tuple["pd.DataFrame", "pd.DataFrame"]:
    """The rows of `first` and of `second`, each with a column `pair` that names its pair."""
    first, second = (_side(claim, table, labels) for labels in (claim.first, claim.second))
    matched = set(first["pair"]) & set(second["pair"])
    return first[first["pair"].isin(matched)], second[second["pair"].isin(matched)]


def _side(claim: Claim, table: "pd.DataFrame", labels: Labels) -> "pd.DataFrame":
    rows = last_step(selected(table, {**claim.where, **labels}))
    keys = ("seed", *claim.by)
    if rows.empty or not set(keys) <= set(rows.columns):
        return rows.iloc[:0].assign(pair="")
    return rows.assign(pair=[", ".join(map(str, key)) for key in zip(*(rows[key] for key in keys), strict=True)])


def pairs(claim: Claim, table: "pd.DataFrame") -> "pd.DataFrame":
    """One row per pair, indexed by its name: `seed`, `first`, `second` and `statistic`; empty when rows are missing.

    Several rows on one side of a pair count by their mean; in an exact claim by the one that speaks most against it.
    """
    import pandas as pd

    exact = claim.kind == "exact"
    first, second = (rows.groupby("pair") for rows in sides(claim, table))
    left, right = first["value"].agg("min" if exact else "mean"), second["value"].agg("max" if exact else "mean")
    found = pd.DataFrame({"seed": first["seed"].first(), "first": left, "second": right})
    bound = found["first"] if claim.reference is None else reference_bound(claim.reference, table)
    return found.assign(statistic=bound - found["second"]).dropna(subset=["statistic"])


def reference_bound(reference: Reference, table: "pd.DataFrame") -> float:
    """Upper end of the reference's 95 % interval; NaN when its rows are missing."""
    share, trials = (
        selected(table, {**reference.where, "quantity": quantity})
        for quantity in (reference.share, reference.trials)
    )
    if share.empty or trials.empty:
        return math.nan
    return proportion_interval(float(share["value"].mean()), round(float(trials["value"].mean()))).high


def evaluate(claim: Claim, table: "pd.DataFrame") -> Verdict:
    """The verdict of one tidy table on one claim; `not run` when the table lacks its rows."""
    stated = Verdict(claim.id, claim.statement, claim.source, claim.kind, claim.threshold)
    found = pairs(claim, table) if {"seed", "value"} <= set(table.columns) else None
    if found is None or found.empty:
        return stated
    return _exact(claim, stated, found) if claim.kind == "exact" else _interval(claim, stated, found)


def _interval(claim: Claim, stated: Verdict, found: "pd.DataFrame") -> Verdict:
    per_seed = found.groupby("seed", dropna=False)["statistic"].mean().to_numpy(dtype=float)
    result = paired_interval(per_seed, threshold=claim.threshold)
    verdict = INCONCLUSIVE
    if result.low > claim.threshold:
        verdict = REPRODUCED
    elif result.high < claim.threshold:
        verdict = CONTRADICTED
    return Verdict(**{**asdict(stated), **asdict(result), "verdict": verdict})


def _exact(claim: Claim, stated: Verdict, found: "pd.DataFrame") -> Verdict:
    values = found["statistic"]
    against = found[~(values >= claim.threshold)]
    listed = "; ".join(
        f"{name}: {first:.6g} and {second:.6g}"
        for name, first, second in zip(against.index, against["first"], against["second"], strict=True)
    )
    return Verdict(
        **{
            **asdict(stated),
            "mean": float(values.mean()),
            "low": float(values.min()),
            "high": float(values.max()),
            "n": len(values),
            "verdict": REPRODUCED if against.empty else CONTRADICTED,
            "counterexamples": listed,
        }
    )


def evaluate_all(claims: Iterable[Claim], table: "pd.DataFrame") -> "pd.DataFrame":
    """A row per claim with the fields of `Verdict`; an empty table gives `not run` throughout.

    Raises:
        ArgumentError: two claims have the same id.
    """
    import pandas as pd

    verdicts = [evaluate(claim, table) for claim in claims]
    ids = [verdict.id for verdict in verdicts]
    repeated = sorted({name for name in ids if ids.count(name) > 1})
    if repeated:
        raise ArgumentError(f"claims: id {repeated[0]} stands twice; accepted: each id once")
    return pd.DataFrame([asdict(verdict) for verdict in verdicts], columns=list(COLUMNS))


def ledger(frames: Mapping[str, "pd.DataFrame"], level: float = 0.05) -> "pd.DataFrame":
    """All experiments' verdicts in one table, corrected for the number of claims.

    Args:
        frames: experiment → what `evaluate_all` gave, or the same read back from CSV.
        level: a `reproduced` whose Holm-adjusted p-value exceeds it becomes `inconclusive`.

    Returns:
        The columns of `Verdict` after `experiment`, and `p_holm`.
    """
    import pandas as pd

    empty = pd.DataFrame(columns=["experiment", *COLUMNS])
    parts = [frame.assign(experiment=name)[list(empty.columns)] for name, frame in frames.items() if len(frame)]
    gathered = pd.concat(parts, ignore_index=True) if parts else empty
    adjusted = holm(gathered["p"].to_numpy(dtype=float))
    gathered["p_holm"] = adjusted
    gathered["counterexamples"] = gathered["counterexamples"].fillna("")
    gathered.loc[(gathered["verdict"] == REPRODUCED) & (adjusted > level), "verdict"] = INCONCLUSIVE
    return gathered


def to_markdown(gathered: "pd.DataFrame") -> str:
    """The ledger as a Markdown page: counts, a table, and the counterexamples of exact claims."""
    counts = ", ".join(
        f"{int((gathered['verdict'] == verdict).sum())} {verdict}"
        for verdict in (REPRODUCED, CONTRADICTED, INCONCLUSIVE, NOT_RUN)
    )
    heads = ("experiment", "claim", "source", "statistic", "threshold", "n", "p (Holm)", "verdict")
    lines = ["# Claims", "", f"{counts}.", "", _row(heads), _row(["---"] * len(heads))]
    notes = []
    for entry in gathered.to_dict("records"):
        cells = (entry["experiment"], entry["statement"], entry["source"], _statistic(entry))
        numbers = (f"{entry['threshold']:g}", str(entry["n"]), _number(entry["p_holm"]), entry["verdict"])
        lines.append(_row([*map(str, cells), *map(str, numbers)]))
        if entry["counterexamples"]:
            notes.append(f"- {entry['experiment']}, {entry['id']}: {entry['counterexamples']}")
    about = (
        "The statistic is the mean over seeds with its 95 % interval (paired Student-t; bootstrap from 20 seeds), for "
        "exact claims the mean with the smallest and largest value over all pairs. *Reproduced*: the interval lies "
        "above the threshold and the Holm-adjusted p-value is at most 0.05; *contradicted*: it lies below."
    )
    return "\n".join([*lines, "", about, *(["", "## Counterexamples", "", *notes] if notes else []), ""])


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _statistic(entry: Mapping[str, object]) -> str:
    mean, low, high = (_number(entry[name]) for name in ("mean", "low", "high"))
    return mean if mean == "–" else f"{mean} [{low}, {high}]"


def _number(value: object) -> str:
    number = float(str(value))
    return "–" if math.isnan(number) else f"{number:.3g}".replace("inf", "∞").replace("-", "−")


def mirrored(claim: Claim, table: "pd.DataFrame") -> "pd.DataFrame":
    """The table with the labels of first and second exchanged in every pair: it must contradict the claim."""
    return _exchanged(claim, table, set(sides(claim, table)[0]["pair"]))


def permuted(claim: Claim, table: "pd.DataFrame", generator: "np.random.Generator") -> "pd.DataFrame":
    """The table with the labels exchanged in each pair with chance ½: a draw of the claim's null."""
    names = sorted(set(sides(claim, table)[0]["pair"]))
    flips = generator.random(len(names)) < 0.5
    return _exchanged(claim, table, set(itertools.compress(names, flips)))


def _exchanged(claim: Claim, table: "pd.DataFrame", names: set[str]) -> "pd.DataFrame":
    """The table with the values of first and second exchanged in the named pairs."""
    result = table.reset_index(drop=True)
    first, second = sides(claim, result)
    for own, other in ((first, second), (second, first)):
        rows = own[own["pair"].isin(names)]
        values = rows["pair"].map(other.groupby("pair")["value"].mean())
        result.loc[rows.index, "value"] = values
    return result


def planted(claim: Claim, generator: "np.random.Generator", seeds: int = 5) -> "pd.DataFrame":
    """A small tidy table in which the claim holds, from the claim alone.

    Each side has its expected value with a spread of 2 % of their distance over `seeds` seeds and two values of every
    column in `by`. Decoys with the sides exchanged stand at an earlier step, and below a `LARGEST`.
    """
    import pandas as pd

    rows: list[dict[str, object]] = []
    spread = 0.02 * abs(claim.expected[0] - claim.expected[1])
    for labels, own, other in ((claim.first, *claim.expected), (claim.second, *reversed(claim.expected))):
        grid = _grid({**claim.where, **labels}, claim.by)
        for (chosen, decoy), seed, step in itertools.product(grid, range(seeds), (1, 2)):
            typical = own if step == 2 and not decoy else other
            value = typical + generator.normal(0.0, spread)
            rows.append({"cell": "a", **chosen, "seed": seed, "step": step, "value": value})
    if claim.reference is not None:
        for name, value in zip((claim.reference.share, claim.reference.trials), claim.reference.expected, strict=True):
            rows.append({"cell": "baseline", **claim.reference.where, "quantity": name, "value": float(value)})
    return pd.DataFrame(rows)


def _grid(labels: Labels, by: tuple[str, ...]) -> list[tuple[dict[str, Value], bool]]:
    """Label combinations that pass the filters, and decoys (marked True) that pass all but a `LARGEST`."""
    choices: dict[str, tuple[Value, ...]] = {column: ("a", "b") for column in by if column not in labels}
    for column, value in labels.items():
        choices[column] = (1, 2) if value == LARGEST else value if isinstance(value, tuple) else (value,)
    largest = [column for column, value in labels.items() if value == LARGEST]
    combinations = (dict(zip(choices, values, strict=True)) for values in itertools.product(*choices.values()))
    return [(chosen, any(chosen[column] == 1 for column in largest)) for chosen in combinations]
