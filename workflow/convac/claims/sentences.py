"""Claims as sentences: a subject, a verb, an object, and once what the sentences about one thing share.

`RANKS.never_exceeds("bound", "Rank never exceeds the min-cut", "rank", "min_cut", source=PAPER)` is a `Claim`. Its id
is the stem of `RANKS` and "bound", and it has all that claims of `RANKS` share. Subject and object are quantities, or
labels that tell the two sides apart.
"""

import math
from collections.abc import Mapping
from typing import Any, TypedDict, Unpack

from convac.claims.claims import (
    Amendment,
    Claim,
    Kind,
    Labels,
    Origin,
    Reference,
    Role,
    Trivial,
    equivalence,
    fall,
    rank_correlation,
)

Side = str | Labels


class Parts(TypedDict, total=False):
    """What a claim has beside its sentence: see `Claim`. Without an origin it is `ours` where its source says so."""

    source: str
    origin: Origin
    role: Role
    where: Labels
    by: tuple[str, ...]
    expected: tuple[float, float]
    every: bool
    logarithmic: bool
    reference: Reference | None
    amended: Amendment | None
    trivial: Trivial | None


class Sentences:
    """Sentences about one thing.

    Args:
        stem: how their ids begin.
        shared: what they share; a sentence's own parts prevail, and its filters `where` are added.

    >>> ranks = Sentences("cuts", source="ours", by=("case",), expected=(4.0, 2.0))
    >>> found = ranks.never_exceeds("bound", "Rank never exceeds the min-cut", "rank", "min_cut")
    >>> found.id, found.first, found.second, found.kind, found.origin
    ('cuts-bound', {'quantity': 'min_cut'}, {'quantity': 'rank'}, 'exact', 'ours')
    """

    def __init__(self, stem: str, **shared: Unpack[Parts]) -> None:
        self.stem, self.shared = stem, shared

    def about(self, **parts: Unpack[Parts]) -> "Sentences":
        """Sentences that share more."""
        return Sentences(self.stem, **joined(self.shared, parts))

    def beats(
        self,
        name: str,
        statement: str,
        subject: Side,
        other: Side,
        margin: float = 0.0,
        times: float | None = None,
        **parts: Unpack[Parts],
    ) -> Claim:
        """The subject exceeds the other on average over seeds: by more than a margin, or more than so many times."""
        return self._claim(name, statement, subject, other, "interval", margin, times, parts)

    def reaches(
        self,
        name: str,
        statement: str,
        subject: Side,
        other: Side,
        margin: float = 0.0,
        times: float | None = None,
        **parts: Unpack[Parts],
    ) -> Claim:
        """In every single pair the subject is at least the other, by at least a margin or so many times."""
        return self._claim(name, statement, subject, other, "exact", margin, times, parts)

    def never_exceeds(
        self, name: str, statement: str, subject: Side, bound: Side, slack: float = 0.0, **parts: Unpack[Parts]
    ) -> Claim:
        """In every single pair the subject is at most the bound, up to a slack."""
        return self._claim(name, statement, bound, subject, "exact", 0.0 - slack, None, parts)

    def equals(
        self, name: str, statement: str, subject: Side, other: Side, slack: float = 0.0, **parts: Unpack[Parts]
    ) -> Claim:
        """In every single pair both are equal, up to a slack."""
        return self._claim(name, statement, subject, other, "equality", 0.0 - slack, None, parts)

    def resembles(
        self, name: str, statement: str, subject: Side, other: Side, within: float, **parts: Unpack[Parts]
    ) -> Claim:
        """On average over seeds both are alike, within a margin above 0 (else ArgumentError)."""
        return equivalence(self._claim(name, statement, subject, other, "interval", -within, None, parts))

    def ranks_like(
        self, name: str, statement: str, subject: Side, other: Side, tau: float, **parts: Unpack[Parts]
    ) -> Claim:
        """Both rank the cells alike, Kendall's τ-b above `tau`, from 0 to 1 (else ArgumentError)."""
        return rank_correlation(self._claim(name, statement, subject, other, "interval", tau, None, parts))

    def falls_with(
        self, name: str, statement: str, subject: Side, rising: Side, tau: float, **parts: Unpack[Parts]
    ) -> Claim:
        """The subject falls as the other rises, seed by seed, −τ-b above `tau`, from 0 to 1 (else ArgumentError)."""
        return fall(self._claim(name, statement, rising, subject, "interval", tau, None, parts))

    def _claim(
        self,
        name: str,
        statement: str,
        first: Side,
        second: Side,
        kind: Kind,
        margin: float,
        times: float | None,
        parts: Parts,
    ) -> Claim:
        fields: dict[str, Any] = {**joined(self.shared, parts)}
        fields.setdefault("origin", "ours" if fields["source"].startswith("ours") else "paper")
        if times is not None:
            margin, fields["logarithmic"] = math.log(times), True
        fields |= {"first": labels(first), "second": labels(second), "kind": kind, "threshold": margin}
        return Claim(f"{self.stem}-{name}", statement, **fields)


def labels(side: Side) -> Labels:
    """What selects a side: labels, or a quantity's name."""
    return side if isinstance(side, Mapping) else {"quantity": side}


def joined(shared: Parts, parts: Parts) -> Parts:
    """Parts of a sentence and what it shares with others: its own prevail, filters are added up."""
    return {**shared, **parts, "where": {**shared.get("where", {}), **parts.get("where", {})}}
