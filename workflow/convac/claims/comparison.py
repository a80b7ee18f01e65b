"""A run compared with the reference: what agrees, what differs within its interval, what contradicts.

Rows of two tidy tables are matched by their labels, whatever folders they were made in, and compared by kind:

- *computed*: what follows from the spec alone, by exact or double-precision arithmetic. Whole numbers must be equal;
  others to 1e-9, what another processor or library may change by summing in another order.
- *trained*: what depends on training (single precision, so that rounding grows to other weights). On one machine the
  same seeds give the same bits. Elsewhere the difference of the means over seeds is tested for every set of labels by
  Welch's test, not by pairs: a difference is small when it is small beside the spread of the seeds.

p-values are corrected over all comparisons of the run (Holm, Scand. J. Statist. 6, 65 (1979)), so that a run that is
as good as the reference is said to contradict it with a chance of at most 0.05. That makes a coarse sieve: of 2,000
comparisons over five seeds, a mean contradicts once it is off by five to six standard deviations of a seed.
"""

import math
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np
import pandas as pd

from convac.claims.ledger import markdown_row
from convac.claims.verdicts import CONTRADICTED, NOT_RUN, REPRODUCED
from convac.specs.tables import BY_CHANCE, CHOSEN, TRAINED
from convac.statistics import Moments, holm, welch

# Relative and absolute differences that count as none. Another BLAS kernel, of a processor without AVX, moved entropies
# by at most 2e-14.
TOLERANCE = {"computed": (1e-9, 1e-12), "trained": (1e-6, 1e-9)}
LEVEL = 0.05

AGREES = "agrees"
DIFFERS = "differs within its interval"
CONTRADICTS = "contradicts"
NEW = "not in the reference"

# What tells two rows of a table apart.
KEYS = ["quantity", "kind", "labels", "seed", "copy", "by_chance"]
# What training lowers: a cell that has one is of trained networks.
OBJECTIVES = ("loss", "relative_error")
# What a line of the comparison is about.
GROUP = ["experiment", "quantity", "kind"]


@dataclass(frozen=True)
class Results:
    """What an experiment ends in.

    Attributes:
        table: the tidy table, with columns `cell`, `quantity`, `value` and labels.
        verdicts: the verdicts of its claims, with columns `id` and `verdict`.
    """

    table: pd.DataFrame
    verdicts: pd.DataFrame


@dataclass(frozen=True)
class Line:
    """One line of the comparison: a quantity of an experiment, or the verdicts of its claims.

    Attributes:
        experiment, quantity: which; `verdicts` for those of its claims, and none where only one side has it at all.
        kind: `computed`, `trained` or `claims`.
        verdict: `agrees`, `differs within its interval`, `contradicts`, `not run` or `not in the reference`.
        compared: rows, sets of labels over their seeds if trained, or claims, that both sides have.
        identical: of these, equal to the last bit.
        agree, differ, contradict: how many of each; those that agree include the identical ones.
        missing, extra: rows or claims that only the reference or only the run has. What is missing contradicts.
        p_holm: the smallest Holm-adjusted p-value; NaN unless trained.
        worst: the comparison that is furthest apart, or else the first missing row.
    """

    experiment: str
    quantity: str
    kind: str
    verdict: str
    compared: int = 0
    identical: int = 0
    agree: int = 0
    differ: int = 0
    contradict: int = 0
    missing: int = 0
    extra: int = 0
    p_holm: float = math.nan
    worst: str = ""


COLUMNS = tuple(column.name for column in fields(Line))


def compare(reference: Mapping[str, Results], run: Mapping[str, Results], level: float = LEVEL) -> pd.DataFrame:
    """Everything that a run and the reference have in common, compared, and what one of them lacks.

    Args:
        reference, run: results by experiment, of the same scale.
        level: chance that any of the trained quantities contradicts although only chance is at work.

    Returns:
        A row per experiment and quantity with the fields of `Line`.
    """
    both = [name for name in reference if name in run]
    lines = [Line(name, "", "", NOT_RUN) for name in reference if name not in run]
    lines += [Line(name, "", "", NEW) for name in run if name not in reference]
    lines += [compared_verdicts(name, reference[name].verdicts, run[name].verdicts) for name in both]
    if both:
        pairs = [matched(reference[name].table, run[name].table).assign(experiment=name) for name in both]
        lines += compared_rows(pd.concat(pairs, ignore_index=True), level)
    order = list(dict.fromkeys([*reference, *run]))
    lines.sort(key=lambda line: order.index(line.experiment))
    return pd.DataFrame([asdict(line) for line in lines], columns=list(COLUMNS))


def named(table: pd.DataFrame) -> pd.DataFrame:
    """The rows of a tidy table that have a value, by what tells them apart in any run.

    Returns:
        `value` and the columns `KEYS`: the `kind` is `trained` for quantities in cells that have a training objective;
        `labels` are the row's labels as words; rows that nothing tells apart are numbered by `copy`, the smallest
        value first; and `by_chance` says whether training decides that there is such a row at all.
    """
    table = table[table["value"].notna()]
    by_chance = table["phase"].isin(BY_CHANCE) if "phase" in table else pd.Series(False, table.index)
    names = sorted(set(table.columns) - {"cell", "seed", "quantity", "value"})
    words = [worded(table[name], hidden=by_chance if name == "moment" else None) for name in names]
    seeds = worded(table["seed"]) if "seed" in table else [""] * len(table)
    in_training = table["cell"].isin(table.loc[table["quantity"].isin(OBJECTIVES), "cell"])
    rows = pd.DataFrame(
        {
            "quantity": table["quantity"].astype(object),
            "kind": np.where(in_training & table["quantity"].isin(list(TRAINED)), "trained", "computed"),
            "labels": [", ".join(filter(None, row)) for row in zip(*words, strict=True)] if words else "",
            "seed": seeds,
            "by_chance": by_chance.astype(bool),
            "value": table["value"].astype(float),
        }
    ).sort_values("value", kind="stable")
    rows["copy"] = rows.groupby(["quantity", "kind", "labels", "seed"]).cumcount()
    return rows


def worded(column: pd.Series, hidden: pd.Series | None = None) -> list[str]:
    """A label column as words such as `width 16`, whatever its type; empty where there is no value or it is hidden."""
    words = {value: f"{column.name} {text}" if (text := plain(value)) else "" for value in column.dropna().unique()}
    found = column.map(words).astype(object)
    return found.where(column.notna() if hidden is None else column.notna() & ~hidden, "").tolist()


def plain(value: Any) -> str:
    """A label as text; 2 and 2.0 are the same."""
    return f"{value:.12g}" if isinstance(value, int | float | np.number) and not isinstance(value, bool) else str(value)


def matched(reference: pd.DataFrame, run: pd.DataFrame) -> pd.DataFrame:
    """The rows of two tidy tables side by side.

    Returns:
        The columns `KEYS`, `first` and `second` (values of the reference and of the run) and `found`: `both`,
        `left_only` (missing in the run) or `right_only` (extra). Rows that are there by chance count in both or not.
    """
    first, second = (
        named(table).rename(columns={"value": side}) for table, side in ((reference, "first"), (run, "second"))
    )
    pairs = first.merge(second, how="outer", on=KEYS, indicator="found")
    return pairs[(pairs["found"] == "both") | ~pairs["by_chance"]]


def compared_rows(pairs: pd.DataFrame, level: float) -> list[Line]:
    """A line per experiment and quantity of the rows that `matched` put side by side."""
    shared = pairs[pairs["found"] == "both"]
    kinds = {kind: shared[shared["kind"] == kind] for kind in TOLERANCE}
    comparisons = pd.concat([by_value(kinds["computed"]), over_seeds(kinds["trained"], level)], ignore_index=True)
    comparisons["p_holm"] = holm(comparisons["p"].to_numpy(dtype=float))
    tenable = comparisons["p_holm"] > level  # never for computed ones, which have no p-value
    comparisons["contradicts"] = ~(comparisons["agrees"] | tenable)
    grouped = dict(list(comparisons.groupby(GROUP)))
    return [line(key, part, grouped.get(key, comparisons.iloc[:0])) for key, part in pairs.groupby(GROUP)]


def line(group: tuple[Hashable, ...], pairs: pd.DataFrame, comparisons: pd.DataFrame) -> Line:
    """The line of one quantity, from its rows on both sides and their comparisons."""
    experiment, quantity, kind = map(str, group)
    missing, extra = (pairs[pairs["found"] == side] for side in ("left_only", "right_only"))
    agree, contradict = int(comparisons["agrees"].sum()), int(comparisons["contradicts"].sum())
    differ = len(comparisons) - agree - contradict
    worst = furthest(comparisons)
    if len(missing) and not contradict:
        name = missing.iloc[0]
        worst = f"missing: {', '.join(filter(None, (name['labels'], name['seed']))) or 'the only row'}"
    return Line(
        experiment,
        quantity,
        kind,
        verdict(len(comparisons), differ, contradict + len(missing)),
        compared=len(comparisons),
        identical=int(comparisons["identical"].sum()),
        agree=agree,
        differ=differ,
        contradict=contradict,
        missing=len(missing),
        extra=len(extra),
        p_holm=float(comparisons["p_holm"].min()) if len(comparisons) else math.nan,
        worst=worst,
    )


def verdict(compared: int, differ: int, contradict: int) -> str:
    """What a line says: the worst of its comparisons; `not in the reference` where there are none."""
    if contradict:
        return CONTRADICTS
    if differ:
        return DIFFERS
    return AGREES if compared else NEW


def close(first: pd.Series, second: pd.Series, kind: str) -> np.ndarray:
    """Whether values are equal, or equal within the kind's tolerance and not both whole numbers, shape (rows,)."""
    one, other = first.to_numpy(dtype=float), second.to_numpy(dtype=float)
    relative, absolute = TOLERANCE[kind]
    with np.errstate(invalid="ignore"):
        whole = (one % 1 == 0) & (other % 1 == 0)
    return np.asarray((one == other) | (~whole & np.isclose(one, other, rtol=relative, atol=absolute)))


def by_value(pairs: pd.DataFrame) -> pd.DataFrame:
    """Computed quantities, row by row."""
    first, second = (pairs[side].to_numpy(dtype=float) for side in ("first", "second"))
    relative, absolute = TOLERANCE["computed"]
    with np.errstate(invalid="ignore"):
        tolerated = absolute + relative * np.maximum(np.abs(first), np.abs(second))
        distance = np.nan_to_num(np.abs(first - second) / tolerated, nan=math.inf, posinf=math.inf)
    return pairs[[*GROUP, "labels", "seed", "first", "second"]].assign(
        identical=first == second,
        agrees=close(pairs["first"], pairs["second"], "computed"),
        distance=distance,
        p=math.nan,
        low=math.nan,
        high=math.nan,
    )


def over_seeds(pairs: pd.DataFrame, level: float) -> pd.DataFrame:
    """Trained quantities: the difference of the means over seeds, for every set of labels.

    Its interval is widened for the number of comparisons, so that it holds 0 where the difference doesn't contradict.
    Values in steps, such as accuracies on few images, can be equal for all seeds by chance: their variance counts as
    that of rounding to the step at least, step² / 12.
    """
    pairs = pairs.assign(
        identical=pairs["first"] == pairs["second"], agrees=close(pairs["first"], pairs["second"], "trained")
    )
    groups = pairs.groupby([*GROUP, "labels", "copy"])
    sizes = groups.size()
    every = groups[["identical", "agrees"]].all()
    means, variances = groups[["first", "second"]].mean(), groups[["first", "second"]].var()
    steps = {group: step(part[["first", "second"]].to_numpy()) for group, part in pairs.groupby(GROUP)}
    rounding = np.array([steps[labels[: len(GROUP)]] ** 2 / 12 for labels in sizes.index])
    variances = variances.clip(lower=pd.Series(rounding, sizes.index), axis=0)
    variances[variances.index.get_level_values("quantity").isin(CHOSEN)] = math.nan
    one, other = (
        Moments(means[side].to_numpy(), variances[side].to_numpy(), sizes.to_numpy()) for side in ("first", "second")
    )
    difference = welch(one, other, 1 - level / max(len(sizes), 1))
    p = np.where(every["agrees"], 1.0, difference.p)
    found = means.join(every).assign(
        seed="", distance=-np.log(np.maximum(p, np.finfo(float).tiny)), p=p, low=difference.low, high=difference.high
    )
    return found.reset_index().drop(columns="copy")


def step(values: np.ndarray) -> float:
    """The smallest distance between different values; 0 where all are equal."""
    different = np.unique(values)
    distances = np.diff(different)
    distances = distances[distances > TOLERANCE["trained"][0] * np.abs(different).max()]
    return float(distances.min()) if len(distances) else 0.0


def furthest(comparisons: pd.DataFrame) -> str:
    """The comparison that is furthest apart, in words; empty where all are identical."""
    if comparisons["identical"].all():
        return ""
    candidates = comparisons[~comparisons["identical"]]
    if candidates["contradicts"].any():
        candidates = candidates[candidates["contradicts"]]
    entry = candidates.iloc[int(candidates["distance"].to_numpy().argmax())]
    name = ", ".join(filter(None, (entry["labels"], entry["seed"]))) or "the only row"
    if entry["kind"] == "computed":
        return f"{name}: {entry['first']:.12g}, in the run {entry['second']:.12g}"
    difference = f"difference {entry['second'] - entry['first']:.3g} [{entry['low']:.3g}, {entry['high']:.3g}]"
    return f"{name}: {entry['first']:.6g}, in the run {entry['second']:.6g}, {difference}"


def compared_verdicts(experiment: str, reference: pd.DataFrame, run: pd.DataFrame) -> Line:
    """The verdicts of claims: `reproduced` against `contradicted` contradicts, any other change is a difference."""
    first, second = (dict(zip(side["id"], side["verdict"], strict=True)) for side in (reference, run))
    shared = [name for name in first if name in second]
    changed = [name for name in shared if first[name] != second[name]]
    opposite = [name for name in changed if {first[name], second[name]} == {REPRODUCED, CONTRADICTED}]
    missing = [name for name in first if name not in second]
    telling = [f"{name}: {first[name]}, in the run {second[name]}" for name in opposite or changed]
    lost = [f"missing: {name}" for name in missing]
    return Line(
        experiment,
        "verdicts",
        "claims",
        verdict(len(shared), len(changed), len(opposite) + len(missing)),
        compared=len(shared),
        identical=len(shared) - len(changed),
        agree=len(shared) - len(changed),
        differ=len(changed) - len(opposite),
        contradict=len(opposite),
        missing=len(missing),
        extra=len(second) - len(shared),
        worst=next(iter([*(telling if opposite else []), *lost, *telling]), ""),
    )


def counted(comparison: pd.DataFrame) -> str:
    """How many lines have each verdict, in words."""
    verdicts = comparison["verdict"].tolist()
    words = {AGREES: "agree", DIFFERS: "differ within their intervals", CONTRADICTS: "contradict"}
    counts = [f"{verdicts.count(name)} {text}" for name, text in words.items()]
    lacking = (f"{verdicts.count(name)} {name}" for name in (NOT_RUN, NEW) if name in verdicts)
    return ", ".join([*counts, *lacking])


def to_markdown(comparison: pd.DataFrame) -> str:
    """The comparison as a Markdown page: counts, a table, and how to read it."""
    heads = [*(name for name in COLUMNS if name not in {"p_holm", "worst"}), "p (Holm)", "furthest apart"]
    lines = ["# The run against the reference", "", f"{counted(comparison)}.", "", markdown_row(heads)]
    lines += [markdown_row(["---"] * len(heads)), *map(markdown_row, entries(comparison))]
    computed, trained = (TOLERANCE[kind][0] for kind in ("computed", "trained"))
    about = (
        f"*Computed* quantities follow from the spec: whole numbers must be equal, others to a relative {computed:g}. "
        f"*Trained* ones depend on training: where they differ by more than a relative {trained:g}, the means over "
        "seeds are compared for every set of labels (Welch's test, Holm's correction over all of them; the interval is "
        f"widened likewise, to {1 - LEVEL:.0%} for all together). Of *verdicts*, `reproduced` against `contradicted` "
        "contradicts. What the run lacks of an experiment contradicts; an experiment that wasn't run doesn't."
    )
    return "\n".join([*lines, "", about, ""])


def entries(comparison: pd.DataFrame) -> Iterable[list[str]]:
    """The cells of each line, as text."""
    for entry in comparison.to_dict("records"):
        p = "–" if math.isnan(entry["p_holm"]) else f"{entry['p_holm']:.3g}"
        yield [*(str(value) for name, value in entry.items() if name not in {"p_holm", "worst"}), p, entry["worst"]]
