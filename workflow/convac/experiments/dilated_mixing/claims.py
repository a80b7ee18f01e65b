"""Claims of dilated_mixing."""

from typing import NamedTuple

from convac.claims.claims import Amendment, Claim, Labels, Origin, Trivial
from convac.claims.papers import paper
from convac.experiments.dilated_mixing.block import ALONE, MIXED, MIXED_SHARE, OPERATORS, SUM
from convac.experiments.dilated_mixing.compute import HALF

PAPER = paper("1703.06846")
DATA = f"{PAPER}, Experiments; there on TIMIT, which can't be had: here on sequences made after Section 5"
NEEDS_BOTH: Labels = {"quantity": "test_accuracy", "share": MIXED_SHARE}
# trained gains are no primaries: in a pilot of products mixing gained 0.023, five seeds, standard deviation 0.017
PRIMARY = "separation"
WIDENED = Amendment(
    "2026-11-30",
    "scope: index sets on which a hybrid tree must exceed both trees and is below the full rank, N to 256, too; cells "
    "are told apart by N and by sharing, too",
    "where a hybrid tree must exceed both trees, nearly all mixed ranks were full: 2 of 57 cells were non-trivial",
)
# no more than r to the power of the steps on the smaller side
FULL = Trivial(("steps", "width", "sharing", "smaller_side"), lambda _, width, __, smaller: width**smaller)


class Claimed(NamedTuple):
    """Both sides of a claim about ranks, what is common to them, and the threshold."""

    first: Labels
    second: Labels
    where: Labels
    threshold: float


def mixing_claim(operator: str, threshold: float, expected: tuple[float, float]) -> Claim:
    """The most mixed network of an operator beats the sum of its two trees."""
    return Claim(
        id=f"dilated-mixing-{operator}-mixed",
        statement=f"Labels that need both trees, {operator} networks: exchanging channels at every common layer "
        "beats the "
        f"sum of both trees by more than {threshold:g} in test accuracy at equal parameters",
        source=DATA,
        origin="paper",
        role="secondary",
        where={**NEEDS_BOTH, "operator": operator},
        first={"network": MIXED, "most_mixed": "yes"},
        second={"network": SUM},
        threshold=threshold,
        expected=expected,
    )


def alone_claim(operator: str, tree: str, name: str) -> Claim:
    """The most mixed network beats a tree alone, of as many parameters."""
    return Claim(
        id=f"dilated-mixing-{operator}-{tree.split(maxsplit=1)[0].lower()}",
        statement=f"Labels that need both trees, {operator} networks: exchanging channels at every common layer beats "
        f"{tree} by more than 0.02 in test accuracy at equal parameters",
        source=DATA,
        origin="paper",
        role="secondary",
        where={**NEEDS_BOTH, "operator": operator},
        first={"network": MIXED, "most_mixed": "yes"},
        second={"network": tree},
        threshold=0.02,
        expected=(0.95, 0.8),
    )


def farther_up(operator: str) -> Claim:
    """Exchanging farther up adds to exchanging at the lowest common layer alone."""
    return Claim(
        id=f"dilated-mixing-{operator}-farther-up",
        statement=f"Labels that need both trees, {operator} networks: exchanging channels at every common layer beats "
        "exchanging them at the lowest alone by more than 0.01 in test accuracy",
        source=DATA,
        origin="paper",
        role="secondary",
        where={**NEEDS_BOTH, "operator": operator, "network": MIXED},
        first={"most_mixed": "yes"},
        second={"most_mixed": "no"},
        threshold=0.01,
        expected=(0.96, 0.9),
    )


def own_pairs(share: float, better: str, other: str) -> Claim:
    """A label of one kind of pairs is learnt by the tree that joins them first."""
    pairs = "adjacent" if share == 0.0 else "distant"
    return Claim(
        id=f"dilated-mixing-{pairs}-pairs",
        statement=f"Labels of {pairs} pairs, product networks: {better} beats {other} by more than 0.02 in test "
        "accuracy",
        source=f"ours, after {PAPER}, Theorem 7",
        origin="ours",
        role="secondary",
        where={"quantity": "test_accuracy", "share": share, "operator": "product"},
        first={"network": better},
        second={"network": other},
        threshold=0.02,
        expected=(0.98, 0.85),
    )


def rank_claim(name: str, statement: str, source: str, origin: Origin, claimed: Claimed) -> Claim:
    """An exact claim about every index set, on which `first` has to be at least `second` plus the threshold."""
    first, second, where, threshold = claimed
    told_apart = () if "structure" in first else ("structure",)
    return Claim(
        id=f"dilated-mixing-{name}",
        statement=statement,
        source=source,
        origin=origin,
        role="primary" if name == PRIMARY else "secondary",
        where=where,
        first=first,
        second=second,
        by=("ensemble", "steps", "width", "sharing", "case", *told_apart),
        kind="exact",
        threshold=threshold,
        expected=(64.0, 40.0),
        trivial=FULL,
        amended=WIDENED,
    )


def ranks_of(structure: str) -> Labels:
    """Rows with the ranks of a structure."""
    return {"quantity": "rank", "structure": structure}


BOUNDED: Labels = {"structure": ("T", "companion", "hybrid", HALF)}
CLAIMS = (
    mixing_claim("product", 0.01, (0.93, 0.81)),
    mixing_claim("rectifier", 0.02, (0.96, 0.9)),
    *(alone_claim(operator, tree, name) for operator in OPERATORS for name, tree in ALONE.items()),
    *(farther_up(operator) for operator in OPERATORS),
    own_pairs(0.0, "T alone", "T̄ alone"),
    own_pairs(1.0, "T̄ alone", "T alone"),
    rank_claim(
        "upper-bound",
        "A tree's rank is at most r^min{|Θ(I)|, |Θ(J)|}",
        f"{PAPER}, Theorem 7",
        "check",
        Claimed({"quantity": "rank_bound"}, {"quantity": "rank"}, BOUNDED, 0.0),
    ),
    rank_claim(
        "lower-bound",
        "A tree's rank is at least r to the number of pairs of sibling tiles, one of I and one of J",
        f"{PAPER}, Theorem 7",
        "check",
        Claimed({"quantity": "rank"}, {"quantity": "proved_bound"}, BOUNDED, 0.0),
    ),
    rank_claim(
        "half-width",
        "A mixed decomposition of width r has at least the rank of its best hybrid tree of width r/2",
        f"{PAPER}, Claim 5",
        "check",
        Claimed(ranks_of("mixed"), ranks_of(HALF), {}, 0.0),
    ),
    rank_claim(
        "equal-width",
        "A mixed decomposition has at least the rank of its best hybrid tree of the same width",
        f"ours, after {PAPER}, Claim 5, which is about half the width",
        "ours",
        Claimed(ranks_of("mixed"), ranks_of("hybrid"), {}, 0.0),
    ),
    rank_claim(
        "separation",
        "Where a hybrid tree must exceed both trees, a mixed decomposition exceeds the rank of their sum at equal "
        "width",
        f"ours, after {PAPER}, Corollary 8, which is about larger widths",
        "ours",
        Claimed(ranks_of("mixed"), ranks_of("sum"), {"separated": "yes"}, 1.0),
    ),
)
