"""Two tables of results compared bit for bit: what is missing, added or other.

For results that must be the same, as before and after code was moved. What another machine or another draw may change
is for `convac.claims.comparison`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from convac.errors import one_line

SHOWN = 3  # rows of each kind that are told


@dataclass(frozen=True)
class Differences:
    """How two tables differ.

    Attributes:
        rows: rows of the reference.
        missing, added: rows and columns that only the reference or only the run has.
        changed: rows that both have, with other values.
        examples: the first ones of each kind, a line each.
    """

    rows: int
    missing: int
    added: int
    changed: int
    examples: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.missing or self.added or self.changed)

    def __str__(self) -> str:
        counts = f"{self.missing} missing, {self.added} added, {self.changed} of {self.rows} rows changed"
        return counts if self else f"identical, {self.rows} rows"


def differences(reference: pd.DataFrame, run: pd.DataFrame, observed: Sequence[str] = ()) -> Differences:
    """Compare two tables of texts, in whatever order their rows and columns stand.

    Args:
        reference, run: tables of `as_texts`.
        observed: columns of values; all others tell rows apart. Rows that nothing tells apart are put side by side in
            the order of their values.
    """
    lost = [column for column in reference.columns if column not in run.columns]
    new = [column for column in run.columns if column not in reference.columns]
    shared = [column for column in reference.columns if column in run.columns]
    keys = [column for column in shared if column not in observed]
    values = [column for column in shared if column in observed]
    first, second = (keyed(table, keys, values) for table in (reference, run))
    pairs = first.merge(second, how="outer", on=["key", "copy"], indicator="found", suffixes=("", " in the run"))
    both = pairs[pairs["found"] == "both"]
    other = {column: both[column] != both[f"{column} in the run"] for column in values}
    changed = both[pd.DataFrame(other, index=both.index).any(axis=1)] if other else both.iloc[:0]
    missing, added = (pairs[pairs["found"] == side] for side in ("left_only", "right_only"))
    examples = [f"missing: column {column}" for column in lost] + [f"added: column {column}" for column in new]
    for word, rows in (("missing", missing), ("added", added)):
        examples += [f"{word}: {told(key, keys)}" for key in rows["key"].head(SHOWN)]
    for _, row in changed.head(SHOWN).iterrows():
        cells = [column for column in values if row[column] != row[f"{column} in the run"]]
        said = [f"{name} {shown(row[name])}, in the run {shown(row[f'{name} in the run'])}" for name in cells]
        examples.append(f"changed: {'; '.join(said)}: {told(row['key'], keys)}")
    return Differences(
        len(reference), len(lost) + len(missing), len(new) + len(added), len(changed), tuple(map(one_line, examples))
    )


def keyed(table: pd.DataFrame, keys: Sequence[str], values: Sequence[str]) -> pd.DataFrame:
    """The columns `values`, `key` (all that tells a row apart, as one text) and `copy`, which numbers equal keys."""
    # no JSON holds the separator: it would be escaped
    key = ["\0".join(row) for row in zip(*(table[name] for name in keys), strict=True)]
    rows = table[list(values)].assign(key=key)
    rows = rows.sort_values(["key", *values], kind="stable")
    return rows.assign(copy=rows.groupby("key").cumcount())


def told(key: str, names: Sequence[str]) -> str:
    """What tells a row apart, in words."""
    return ", ".join(f"{name} {text}" for name, text in zip(names, key.split("\0"), strict=True) if text) or "the row"


def shown(text: str) -> str:
    """A value, or that there is none."""
    return text or "none"
