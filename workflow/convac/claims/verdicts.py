"""Verdicts: what a table says about claims, corrected for how many there are (docs/verdicts.md)."""

import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields, replace
from statistics import fmean
from typing import TYPE_CHECKING

from convac.claims.claims import Claim, Columns, Pair, columns_of, pairs
from convac.claims.estimates import Estimate, estimate
from convac.claims.trained import ENOUGH, runs, share_converged
from convac.errors import ArgumentError
from convac.statistics import benjamini_hochberg, holm

if TYPE_CHECKING:
    import pandas as pd

REPRODUCED = "reproduced"
CONTRADICTED = "contradicted"
SMALLER = "smaller"
UNDECIDED = "undecided"
NOT_CONVERGED = "not converged"
NOT_RUN = "not run"
SMOKE = "smoke"
VERDICTS = (REPRODUCED, CONTRADICTED, SMALLER, UNDECIDED, NOT_CONVERGED, NOT_RUN, SMOKE)

LEVEL = 0.05  # two-sided, of a family
# The family of the primaries: three for each of eighteen experiments. The number is fixed, whatever a config runs or
# however few primaries an experiment has, so that a verdict doesn't depend on what else was run.
PRIMARIES = 54
NON_TRIVIAL = 10  # cells that make more than an example
ESTIMATED = ("interval", "equivalence", "rank correlation", "fall")  # kinds of claims that chance has a part in


@dataclass(frozen=True)
class Verdict:
    """What a table says about a claim.

    Attributes:
        id, statement, source, origin, role, kind, threshold, amended: the claim's.
        mean, low, high: of the statistic over seeds, or τ-b over cells, with its interval at the family's corrected
            level; for exact claims mean, smallest and largest over the pairs; for equalities the fraction that is
            equal, and the smallest and largest difference.
        n: seeds, cells for rank correlations, pairs for exact claims and equalities.
        nontrivial: of pairs, different ones that say more than the trivial bound; NaN for all that is estimated.
        example: an exact claim or equality of fewer than ten of them.
        p: two-sided p-value of "the mean is the threshold", or a margin; NaN for exact claims.
        p_adjusted: corrected for the family.
        verdict: one of `VERDICTS`.
        counterexamples: every pair that violates an exact claim, separated by semicolons.
    """

    id: str
    statement: str
    source: str
    origin: str
    role: str
    kind: str
    threshold: float
    mean: float = math.nan
    low: float = math.nan
    high: float = math.nan
    n: int = 0
    nontrivial: float = math.nan
    example: bool = False
    p: float = math.nan
    p_adjusted: float = math.nan
    verdict: str = NOT_RUN
    amended: str = ""
    counterexamples: str = ""


COLUMNS = tuple(column.name for column in fields(Verdict))


def evaluate(claim: Claim, table: "pd.DataFrame") -> Verdict:
    """The verdict of one tidy table on one claim, as if it were its experiment's only one."""
    return verdicts([claim], columns_of([claim], table))[0]


def evaluate_all(claims: Iterable[Claim], table: "pd.DataFrame", smoke: bool = False) -> "pd.DataFrame":
    """A row per claim of an experiment with the fields of `Verdict`, each corrected for its family.

    Args:
        claims: all claims of the experiment: its secondaries are a family.
        table: its tidy table; an empty one gives `not run` throughout.
        smoke: the table is of a run that is too small to say anything: every verdict is `smoke`.

    Raises:
        ArgumentError: two claims have the same id.
    """
    import pandas as pd

    claims = list(claims)
    found = verdicts(claims, columns_of(claims, table))
    ids = [each.id for each in found]
    repeated = sorted({name for name in ids if ids.count(name) > 1})
    if repeated:
        raise ArgumentError(f"claims: id {repeated[0]} appears twice; accepted: each id once")
    rows = [asdict(replace(each, verdict=SMOKE) if smoke else each) for each in found]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def verdicts(claims: list[Claim], columns: Columns) -> list[Verdict]:
    """The verdicts of the claims of an experiment on the columns of its table."""
    found = [pairs(claim, columns) for claim in claims]
    estimated = [
        estimate(claim, own) if claim.kind in ESTIMATED else None for claim, own in zip(claims, found, strict=True)
    ]
    networks = runs(columns)
    early = [
        # theorems hold of any network
        claim.kind in ESTIMATED and claim.origin != "check" and share_converged(claim, columns, networks) < ENOUGH
        for claim in claims
    ]
    # a claim without its rows, without a statistic, or about networks that had not converged counts as 1
    p = [1.0 if known is None or early[at] else known.p for at, known in enumerate(estimated)]
    errors = dict.fromkeys(range(len(claims)), LEVEL)
    adjusted = dict(enumerate(p))
    for role, correct in (("primary", primary_family), ("secondary", secondary_family)):
        members = [
            at
            for at, claim in enumerate(claims)
            # a check is no hypothesis: it belongs to no family
            if claim.role == role and claim.kind in ESTIMATED and claim.origin != "check"
        ]
        corrected, allowed = correct([p[at] for at in members])
        adjusted.update(zip(members, corrected, strict=True))
        errors.update(zip(members, allowed, strict=True))
    lines = [
        _estimated(claim, found[at], estimated[at], adjusted[at], errors[at])
        if claim.kind in ESTIMATED
        else _exact(claim, found[at])
        for at, claim in enumerate(claims)
    ]
    return [replace(line, verdict=NOT_CONVERGED) if early[at] else line for at, line in enumerate(lines)]


def primary_family(p: list[float]) -> tuple[list[float], list[float]]:
    """Holm over all primaries: adjusted p-values, and the error that each one's interval may have.

    Those of other experiments count as 1, as what wasn't run does: so few are known beside one experiment's table.
    """
    adjusted = holm(p, PRIMARIES).tolist()
    order = sorted(range(len(p)), key=p.__getitem__)
    decided = sum(value <= LEVEL for value in adjusted)
    return adjusted, [LEVEL / (PRIMARIES - min(order.index(at), decided)) for at in range(len(p))]


def secondary_family(p: list[float]) -> tuple[list[float], list[float]]:
    """Benjamini and Hochberg over an experiment's secondaries, with intervals that leave out what is rejected.

    Source: Benjamini & Yekutieli, JASA 100, 71 (2005).
    """
    adjusted = benjamini_hochberg(p).tolist()
    decided = sum(value <= LEVEL for value in adjusted)
    return adjusted, [LEVEL * max(decided, 1) / len(p) for _ in p]


def _stated(claim: Claim) -> Verdict:
    amended = "" if claim.amended is None else str(claim.amended)
    own = (claim.id, claim.statement, claim.source, claim.origin, claim.role, claim.kind, claim.threshold)
    return Verdict(*own, amended=amended)


def _estimated(claim: Claim, found: list[Pair], known: Estimate | None, adjusted: float, error: float) -> Verdict:
    stated = replace(_stated(claim), p_adjusted=adjusted)
    if known is None:
        seeds = len({pair.seed for pair in found})
        return replace(stated, n=seeds, verdict=UNDECIDED) if found else stated
    interval = known.interval(error)
    low, high = interval.low, interval.high
    return replace(
        stated, mean=interval.mean, low=low, high=high, n=interval.n, p=known.p, verdict=word(claim, low, high)
    )


def word(claim: Claim, low: float, high: float) -> str:
    """The verdict of an interval from `low` to `high`."""
    if claim.kind == "equivalence":
        if max(-low, high) < -claim.threshold:
            return REPRODUCED
        return CONTRADICTED if max(low, -high) > -claim.threshold else UNDECIDED
    if low > claim.threshold:
        return REPRODUCED
    if high < 0:
        return CONTRADICTED
    return SMALLER if high < claim.threshold else UNDECIDED


def _exact(claim: Claim, found: list[Pair]) -> Verdict:
    if not found:
        return _stated(claim)
    values = [pair.statistic for pair in found]
    equal = claim.kind == "equality"
    against = [pair for pair in found if not holds(claim, pair)]
    nontrivial = len({pair.cell for pair in found} - {None})
    return replace(
        _stated(claim),
        mean=1 - len(against) / len(found) if equal else fmean(values),
        low=min(values),
        high=max(values),
        n=len(values),
        nontrivial=nontrivial,
        example=nontrivial < NON_TRIVIAL,
        verdict=CONTRADICTED if against else REPRODUCED,
        counterexamples="; ".join(f"{pair.name}: {pair.first:.6g} and {pair.second:.6g}" for pair in against),
    )


def holds(claim: Claim, pair: Pair) -> bool:
    """Whether a pair is as an exact claim or an equality has it."""
    return (-abs(pair.statistic) if claim.kind == "equality" else pair.statistic) >= claim.threshold
