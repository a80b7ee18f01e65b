"""Claims of target_entropy."""

import math
from typing import Any

from convac.claims.claims import CHOSEN_AS_PRIMARY, Amendment, Claim, Labels, Origin, Trivial, equality
from convac.claims.papers import paper

PRIMARY = ("sub-volume", "closedness-shuffled", "symmetry-shuffled")
PAPER = f"{paper('1710.05520', 'abstract')}; tasks and thresholds are ours"
OURS = "ours"
BELOW_SHUFFLED, BELOW_RANDOM = 0.15, 0.25  # exponents
EXTRAPOLATED = Amendment(
    "2026-11-29",
    "entropies extrapolated in 1/n, of 11,200 blobs in place of 350, images of up to 7×7 pixels, other seeds; where it "
    "was a primary, secondary",
    "of 350 blobs entropies were up to twice their limit; a random function says nothing of what the labels do",
)
CONTROLLED = Amendment(
    "2026-11-29",
    "new: the control is the same images under shuffled labels; for blobs a primary, in place of two comparisons with "
    "a random function",
    "images that repeat hold any entropy down, whatever their labels; a pilot with seeds 0 to 4 had been seen",
)
GRADED = ("majority", "symmetry score", "pattern", "loop", "percolation")
LARGER = ("3×4", "4×4", "4×5")  # listed images that claims are about


def origin_of(source: str) -> Origin:
    """Whose statement it is."""
    return "paper" if source == PAPER else "ours"


def slower(name: str, statement: str, tasks: tuple[str, ...], margin: float, where: Labels, source: str) -> Claim:
    """The exponent's upper end lies below that of a random function's entropy by at least a margin."""
    return Claim(
        id=f"target-entropy-{name}",
        statement=f"{statement}, the upper end of its exponent being at least {margin:g} below a random function’s",
        source=source,
        origin=origin_of(source),
        role="primary" if name in PRIMARY else "secondary",
        amended=CHOSEN_AS_PRIMARY if name in PRIMARY else None,
        where={"convention": "centred", "task": tasks, **where},
        first={"quantity": "random_exponent"},
        second={"quantity": "exponent_high"},
        by=("task", "shape"),
        kind="exact",
        threshold=margin,
        expected=(1.0, 0.05),
    )


def order(
    name: str, statement: str, where: Labels, first: Labels, second: Labels, by: tuple[str, ...], source: str = OURS
) -> Claim:
    """One entropy exceeds another on every listed image by at least 0.25 nats."""
    return Claim(
        id=f"target-entropy-{name}",
        statement=f"{statement} by at least 0.25 nats, on images of 12 to 20 pixels",
        source=source,
        origin=origin_of(source),
        role="secondary",
        where={"method": "listed", "sites": LARGER, **where},
        first=first,
        second=second,
        by=by,
        kind="exact",
        threshold=0.25,
        expected=(5.0, 1.2),
    )


def equal(
    name: str, statement: str, first: str, second: str, where: Labels, slack: float, by: tuple[str, ...], **parts: Any
) -> tuple[Claim]:
    """Two quantities agree up to a slack."""
    return equality(
        Claim(
            id=f"target-entropy-{name}",
            statement=statement,
            source=OURS,
            origin="ours",
            role="secondary",
            where=where,
            first={"quantity": first},
            second={"quantity": second},
            by=by,
            kind="exact",
            threshold=-slack,
            expected=(8.0, 4.0),
            **parts,
        )
    )


def sampled(name: str, statement: str, source: str, where: Labels, quantities: tuple[str, str], margin: float) -> Claim:
    """A comparison over independent samples of images: first − second of two quantities is above a margin."""
    first, second = quantities
    return Claim(
        id=f"target-entropy-class-{name}",
        statement=statement,
        source=source,
        origin=origin_of(source),
        role="primary" if name in PRIMARY else "secondary",
        amended=CONTROLLED if name.endswith("shuffled") else EXTRAPOLATED,
        where={"method": "data", **where},
        first={"quantity": first},
        second={"quantity": second},
        by=("task",),
        threshold=margin,
        expected=(1.0, 0.5),
    )


def growth(task: str, words: str) -> tuple[Claim, Claim]:
    """How the entropy of an image class grows, against shuffled labels and against a random function."""
    told = f"{words}, extrapolated in the number of samples: entropy grows more slowly with the block than"
    shuffled, random = (("shuffled_exponent", "data_exponent"), ("random_exponent", "data_exponent"))
    where, below = {"task": task}, "exponent more than"
    control = f"{told} under shuffled labels: {below} {BELOW_SHUFFLED:g} lower"
    function = f"{told} a random function’s: {below} {BELOW_RANDOM:g} lower"
    return (
        sampled(f"{task}-shuffled", control, OURS, where, shuffled, BELOW_SHUFFLED),
        sampled(task, function, PAPER, where, random, BELOW_RANDOM),
    )


SIZE = ("method", "task", "shape", "sites")


def full(chosen: float, sites: str) -> float:
    """The rank that no function of binary pixels exceeds."""
    return math.pow(2, min(chosen, math.prod(map(int, sites.split("×"))) - chosen))


CLAIMS = (
    slower(
        "sub-volume",
        "Reasonable tasks (all but strict symmetry): entropy grows more slowly than the block",
        GRADED,
        0.25,
        {},
        PAPER,
    ),
    slower(
        "unqualified-sub-volume",
        "All tasks, reasonable or not: entropy grows more slowly than the block",
        (*GRADED, "strict symmetry"),
        0.25,
        {},
        OURS,
    ),
    slower(
        "area",
        "Majority and scanned tasks: entropy does not grow with the length of a strip",
        ("majority", "pattern", "loop", "percolation"),
        0.9,
        {"shape": "strip"},
        OURS,
    ),
    slower(
        "unqualified-area",
        "Symmetry score: entropy does not grow with the length of a strip",
        ("symmetry score",),
        0.9,
        {"shape": "strip"},
        OURS,
    ),
    *equal(
        "exponent",
        "The exponent is within 0.05 of 1 for strict symmetry, ½ for the symmetry score, 0 for majority and parity",
        "exponent",
        "predicted_exponent",
        {"method": "closed form"},
        0.05,
        ("task", "shape", "convention"),
    ),
    *equal(
        "volume",
        "Strict mirror symmetry, indicator: entropy is ln 2 for each mirrored pair that is cut, n ln 2 for a half",
        "entropy",
        "entropy_law",
        {"task": "strict symmetry", "convention": "indicator"},
        1e-9,
        (*SIZE, "block"),
        amended=Amendment("2026-11-30", "scope", "21 halves were few: pairs placed in every way on listed images, too"),
    ),
    order(
        "flip-sign",
        "Sign convention: majority has more entropy than strict symmetry",
        {"quantity": "entropy", "convention": "sign"},
        {"task": "majority"},
        {"task": "strict symmetry"},
        ("sites",),
    ),
    order(
        "flip-indicator",
        "Indicator convention: strict symmetry has more entropy than majority",
        {"quantity": "entropy", "convention": "indicator"},
        {"task": "strict symmetry"},
        {"task": "majority"},
        ("sites",),
    ),
    order(
        "control",
        "All tasks but strict symmetry have less entropy than random functions of their mean",
        {"convention": "centred", "task": (*GRADED, "parity")},
        {"quantity": "control_entropy"},
        {"quantity": "entropy"},
        ("task", "sites"),
    ),
    order(
        "control-strict",
        "Strict symmetry has more entropy than random functions of its mean",
        {"convention": "centred", "task": "strict symmetry"},
        {"quantity": "entropy"},
        {"quantity": "control_entropy"},
        ("task", "sites"),
    ),
    *equal(
        "rank",
        "Ranks of counting tasks: majority’s is one more than the pixels of the smaller side (not as indicator on "
        "halves), parity’s is 1 (2 as indicator)",
        "target_rank",
        "rank_law",
        {"task": ("majority", "parity")},
        0.0,
        (*SIZE, "convention", "block"),
        trivial=Trivial(("block_sites", "sites", "task", "convention"), lambda chosen, sites, *_: full(chosen, sites)),
        amended=Amendment(
            "2026-11-30", "scope", "90 halves were few: random subsets of every size on listed images, too"
        ),
    ),
    *equal(
        "percolation-rank",
        "The rank of percolation is 2^height (one less as indicator)",
        "target_rank",
        "rank_law",
        {"task": "percolation"},
        0.0,
        (*SIZE, "convention"),
    ),
    sampled(
        "labels",
        "4×4 pixels, extrapolated in the number of samples: shuffled labels have over 0.1 nats more entropy than "
        "the true labels of digits and blobs",
        OURS,
        {"side": 4},
        ("extrapolated_shuffled_entropy", "extrapolated_entropy"),
        0.1,
    ),
    *growth("digits", "Digits, even or odd"),
    *growth("closedness", "Blobs’ closedness"),
    *growth("symmetry", "Blobs’ symmetry"),
)
