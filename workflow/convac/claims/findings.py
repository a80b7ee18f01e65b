"""What was found, in sentences: primary claims with their numbers, for the README and the report."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from convac.claims.ledger import number
from convac.claims.verdicts import CONTRADICTED, NOT_CONVERGED, REPRODUCED, SMALLER, UNDECIDED

if TYPE_CHECKING:
    import pandas as pd

# heading, origin, verdicts, and how many are told: at most ten in all
GROUPS = (
    ("Claims of the papers that are reproduced", "paper", (REPRODUCED,), 4),
    ("Claims of the papers that do not hold as stated", "paper", (CONTRADICTED, SMALLER), 2),
    ("New results", "ours", (REPRODUCED,), 2),
    ("Our own rules that have exceptions", "ours", (CONTRADICTED,), 2),
)


def findings(gathered: "pd.DataFrame") -> dict[str, list[dict[str, Any]]]:
    """The primaries to tell by heading, as rows of the ledger: of every experiment the first that is decided.

    Examples, exact claims on fewer than ten non-trivial cells, are left out.

    Args:
        gathered: what `ledger` gives, or the same read back from CSV.
    """
    own = gathered[(gathered["role"] == "primary") & ~gathered["example"].astype(bool)]
    found = {}
    for heading, origin, verdicts, most in GROUPS:
        chosen = own[(own["origin"] == origin) & own["verdict"].isin(verdicts)]
        found[heading] = [
            {str(name): value for name, value in row.items()}
            for row in chosen.drop_duplicates("experiment").head(most).to_dict("records")
        ]
    return found


def undecided(gathered: "pd.DataFrame") -> int:
    """How many primaries are undecided, those about networks that have not converged among them."""
    return int(((gathered["role"] == "primary") & gathered["verdict"].isin([UNDECIDED, NOT_CONVERGED])).sum())


def sentence(row: Mapping[str, Any]) -> str:
    """A claim's statement with what was found.

    >>> import math
    >>> row = {"statement": "A beats B by more than 0.05", "kind": "interval", "verdict": "reproduced"}
    >>> sentence({**row, "mean": 0.2, "low": 0.1, "high": 0.3, "n": 5, "nontrivial": math.nan, "counterexamples": ""})
    'A beats B by more than 0.05 (found: 0.2 [0.1, 0.3], 5 seeds).'
    >>> exact = {**row, "kind": "equality", "mean": 0.5, "n": 4, "nontrivial": 3.0, "counterexamples": "a; b"}
    >>> sentence({**exact, "statement": "A is B", "verdict": "contradicted"})
    'A is B; this fails in 2 of 4 cases, 3 of which are non-trivial.'
    """
    if row["kind"] in {"exact", "equality"}:
        against = str(row["counterexamples"]).count(";") + 1
        told = f"fails in {against} of" if row["verdict"] == CONTRADICTED else "holds in all"
        nontrivial = number(row["nontrivial"], whole=True)
        tested = "" if nontrivial == str(row["n"]) else f", {nontrivial} of which are non-trivial"
        return f"{row['statement']}; this {told} {row['n']} cases{tested}."
    over = "cells" if row["kind"] == "rank correlation" else "seeds"
    mean, low, high = (number(row[name]) for name in ("mean", "low", "high"))
    return f"{row['statement']} (found: {mean} [{low}, {high}], {row['n']} {over})."
