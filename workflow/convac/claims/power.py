"""What a primary on trained networks could have found: the power that its seeds give it."""

import math
from collections.abc import Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from scipy.optimize import brentq
from scipy.stats import nct, t

from convac.claims.ledger import number
from convac.claims.verdicts import LEVEL, PRIMARIES

if TYPE_CHECKING:
    import pandas as pd

POWER = 0.8
HEADER = ("experiment", "core-seconds", "primary", "seeds", "found from", "found")


@cache
def smallest_effect(n: int, error: float = LEVEL / PRIMARIES, power: float = POWER) -> float:
    """How far above its threshold a mean must lie, in standard deviations of a seed, to be found with this power.

    Args:
        n: seeds, at least 2.
        error: two-sided, of Student's t-test; by default that of the first of all primaries in Holm's order.
        power: probability.

    >>> [round(smallest_effect(n, error=0.001), 2) for n in (10, 16)]
    [1.87, 1.26]
    """
    needed = t.isf(error / 2, n - 1)
    centre = brentq(lambda shift: nct.sf(needed, n - 1, shift) - power, 0.0, 3 * needed + 10)
    return float(centre / math.sqrt(n))


def deviation(row: Mapping[Any, Any]) -> float:
    """Standard deviation of a claim's statistic over seeds, from its mean, threshold and p-value; NaN without one."""
    n, p = int(row["n"]), float(row["p"])
    if n < 2 or not 0 < p < 1:
        return math.nan
    return abs(float(row["mean"]) - float(row["threshold"])) * math.sqrt(n) / float(t.isf(p / 2, n - 1))


def power_rows(gathered: "pd.DataFrame", seconds: Mapping[str, float | None]) -> Iterator[tuple[str, ...]]:
    """A row for each primary of a ledger, in its order, under `HEADER`; exact ones need no power.

    Args:
        gathered: what `ledger` gives, or the same read back from CSV.
        seconds: processor time of an experiment's jobs, where it is known.
    """
    last = ""
    for row in gathered[gathered["role"] == "primary"].to_dict("records"):
        name = str(row["experiment"])
        took = seconds.get(name)
        first = (f"`{name}`", "" if took is None else f"{took:,.0f}") if name != last else ("", "")
        last = name
        chance = row["kind"] == "interval" and not math.isnan(deviation(row))
        effect = float(row["threshold"]) + smallest_effect(int(row["n"])) * deviation(row) if chance else math.nan
        told = number(row["mean"]) if row["kind"] in {"interval", "equivalence", "rank correlation"} else "exact"
        yield (*first, f"`{row['id']}`", str(row["n"]) if chance else "", number(effect) if chance else "", told)
