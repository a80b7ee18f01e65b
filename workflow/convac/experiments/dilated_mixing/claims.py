"""Claims of dilated_mixing."""

from convac.claims.claims import Amendment, Claim, Labels, Trivial
from convac.claims.papers import paper
from convac.claims.sentences import Sentences
from convac.experiments.dilated_mixing.block import ALONE, MIXED, MIXED_SHARE, OPERATORS, SUM
from convac.experiments.dilated_mixing.compute import HALF

PAPER = paper("1703.06846")
DATA = f"{PAPER}, Experiments; there on TIMIT, which can't be had: here on sequences made after Section 5"
MOST: Labels = {"network": MIXED, "most_mixed": "yes"}
BOUNDED: Labels = {"structure": ("T", "companion", "hybrid", HALF)}

SAID = Sentences("dilated-mixing", source=DATA, where={"quantity": "test_accuracy"})
# trained gains are no primaries: in a pilot of products mixing gained 0.023, five seeds, standard deviation 0.017
NEEDS_BOTH = SAID.about(where={"share": MIXED_SHARE})
RANKS = Sentences(
    "dilated-mixing",
    by=("ensemble", "steps", "width", "sharing", "case"),
    expected=(64.0, 40.0),
    # no more than r to the power of the steps on the smaller side
    trivial=Trivial(("steps", "width", "sharing", "smaller_side"), lambda _, width, __, smaller: width**smaller),
    amended=Amendment(
        "2026-11-30",
        "scope: index sets on which a hybrid tree must exceed both trees and is below the full rank, N to 256, too; "
        "cells are told apart by N and by sharing, too",
        "where a hybrid tree must exceed both trees, nearly all mixed ranks were full: 2 of 57 cells were non-trivial",
    ),
)
TREES = RANKS.about(source=f"{PAPER}, Theorem 7", origin="check", where=BOUNDED, by=(*RANKS.shared["by"], "structure"))


def mixing_claim(operator: str, threshold: float, expected: tuple[float, float]) -> Claim:
    """The most mixed network of an operator beats the sum of its two trees."""
    return NEEDS_BOTH.beats(
        f"{operator}-mixed",
        f"Labels that need both trees, {operator} networks: exchanging channels at every common layer beats the "
        f"sum of both trees by more than {threshold:g} in test accuracy at equal parameters",
        MOST,
        {"network": SUM},
        threshold,
        where={"operator": operator},
        expected=expected,
    )


def own_pairs(share: float, better: str, other: str) -> Claim:
    """A label of one kind of pairs is learnt by the tree that joins them first."""
    pairs = "adjacent" if share == 0.0 else "distant"
    return SAID.beats(
        f"{pairs}-pairs",
        f"Labels of {pairs} pairs, product networks: {better} beats {other} by more than 0.02 in test accuracy",
        {"network": better},
        {"network": other},
        0.02,
        source=f"ours, after {PAPER}, Theorem 7",
        where={"share": share, "operator": "product"},
        expected=(0.98, 0.85),
    )


def ranks_of(structure: str) -> Labels:
    """Rows with the ranks of a structure."""
    return {"quantity": "rank", "structure": structure}


CLAIMS = (
    mixing_claim("product", 0.01, (0.93, 0.81)),
    mixing_claim("rectifier", 0.02, (0.96, 0.9)),
    *(
        NEEDS_BOTH.beats(
            f"{operator}-{name.split(maxsplit=1)[0].lower()}",
            f"Labels that need both trees, {operator} networks: exchanging channels at every common layer beats "
            f"{name} by more than 0.02 in test accuracy at equal parameters",
            MOST,
            {"network": name},
            0.02,
            where={"operator": operator},
            expected=(0.95, 0.8),
        )
        for operator in OPERATORS
        for name in ALONE.values()
    ),
    *(
        NEEDS_BOTH.beats(
            f"{operator}-farther-up",
            f"Labels that need both trees, {operator} networks: exchanging channels at every common layer beats "
            "exchanging them at the lowest alone by more than 0.01 in test accuracy",
            {"most_mixed": "yes"},
            {"most_mixed": "no"},
            0.01,
            where={"operator": operator, "network": MIXED},
            expected=(0.96, 0.9),
        )
        for operator in OPERATORS
    ),
    own_pairs(0.0, "T alone", "T̄ alone"),
    own_pairs(1.0, "T̄ alone", "T alone"),
    TREES.never_exceeds("upper-bound", "A tree's rank is at most r^min{|Θ(I)|, |Θ(J)|}", "rank", "rank_bound"),
    TREES.reaches(
        "lower-bound",
        "A tree's rank is at least r to the number of pairs of sibling tiles, one of I and one of J",
        "rank",
        "proved_bound",
    ),
    RANKS.reaches(
        "half-width",
        "A mixed decomposition of width r has at least the rank of its best hybrid tree of width r/2",
        ranks_of("mixed"),
        ranks_of(HALF),
        source=f"{PAPER}, Claim 5",
        origin="check",
    ),
    RANKS.reaches(
        "equal-width",
        "A mixed decomposition has at least the rank of its best hybrid tree of the same width",
        ranks_of("mixed"),
        ranks_of("hybrid"),
        source=f"ours, after {PAPER}, Claim 5, which is about half the width",
    ),
    RANKS.reaches(
        "separation",
        "Where a hybrid tree must exceed both trees, a mixed decomposition exceeds the rank of their sum at equal "
        "width",
        ranks_of("mixed"),
        ranks_of("sum"),
        1.0,
        source=f"ours, after {PAPER}, Corollary 8, which is about larger widths",
        role="primary",
        where={"separated": "yes"},
    ),
)
