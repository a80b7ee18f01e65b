"""Claims of recurrent_memory."""

import math

from convac.claims.claims import (
    CHOSEN_AS_PRIMARY,
    LARGEST,
    Amendment,
    Claim,
    Kind,
    Labels,
    Origin,
    Trivial,
    Value,
    equality,
)
from convac.claims.papers import paper

PAPER = paper("1710.09431")
PRIMARY = ("depth-2", "depth-3")
# one channel carries nothing, and n steps have M^n sequences
FULL = Trivial(
    ("local_dimension", "steps", "width", "depth"),
    lambda dimension, steps, width, _: dimension ** (steps / 2) if width > 1 else 1,
)
SIZE = ("depth", "local_dimension", "width", "steps")


ENDS = Amendment("2026-11-29", "scope", "the form of four layers had been stated until M = 11, R = 2, T = 6 was tried")

FOUR = "Π min{M, C(R + d_k − 1, d_k)} over k = 1 … n = T/2, with d_k = k(k + 1)(k + 2)/6"


def law_claims(name: str, statement: str, where: Labels) -> tuple[Claim]:
    """The closed form equals the exact rank."""
    amended = ENDS if name.startswith("depth-4") else CHOSEN_AS_PRIMARY if name in PRIMARY else None
    return equality(
        Claim(
            id=f"recurrent-memory-{name}",
            statement=statement,
            source=f"ours, after {PAPER}, which bounds it from below",
            origin="ours",
            role="primary" if name in PRIMARY else "secondary",
            amended=amended,
            where=where,
            first={"quantity": "start_end_rank"},
            second={"quantity": "closed_form"},
            by=SIZE,
            kind="exact",
            threshold=0.0,
            expected=(45.0, 27.0),
            trivial=FULL,
        )
    )


def growth_claim(name: str, statement: str, origin: Origin, kind: Kind, **where: Value) -> Claim:
    """The exponent of T in the rank of two layers, in units of R − 1."""
    equal = kind == "equality"
    seen = Amendment("2026-11-29", "threshold and scope", "15 % and the sizes were chosen by the closed form")
    return Claim(
        id=f"recurrent-memory-{name}",
        statement=statement,
        source=f"{PAPER}: the rank of two layers grows as T^(R − 1)",
        origin=origin,
        role="secondary",
        amended=seen if equal else None,
        where=where,
        first={"quantity": "growth_exponent" if equal else "growth_law"},
        second={"quantity": "growth_law" if equal else "growth_exponent"},
        by=SIZE,
        kind=kind,
        threshold=-0.15 if equal else 0.0,
        expected=(1.0, 0.5),
    )


CLAIMS = (
    *law_claims("depth-1", "The start-end rank of one layer is min{R, Mⁿ}, n = T/2", {"depth": 1}),
    *law_claims("depth-2", "The start-end rank of two layers equals its closed form", {"depth": 2}),
    *law_claims(
        "depth-3", "The start-end rank of three layers equals its closed form where M ≥ R", {"depth": 3, "fits": True}
    ),
    *law_claims(
        "depth-3-narrow",
        "Three layers, M < R: the start-end rank is Mⁿ, as the closed form says",
        {"depth": 3, "fits": False},
    ),
    *law_claims(
        "depth-4",
        f"Four layers, all sizes: the start-end rank is {FOUR}",
        {"depth": 4},
    ),
    *law_claims(
        "depth-4-stated",
        f"Four layers, T ≤ 4 or M < C(R + d_n − 1, d_n): the start-end rank is {FOUR}",
        {"depth": 4, "stated": True},
    ),
    *law_claims(
        "held-back",
        "The closed forms hold, within their stated conditions, on networks that they were not found on",
        {"held_back": True, "stated": True},
    ),
    Claim(
        id="recurrent-memory-proved-bound",
        statement="The start-end rank of two layers is at least C(min{M, R} + n − 1, n), n = T/2",
        source=PAPER,
        origin="check",
        role="secondary",
        where={"depth": 2},
        first={"quantity": "start_end_rank"},
        second={"quantity": "proved_bound"},
        by=SIZE,
        kind="exact",
        threshold=0.0,
        expected=(45.0, 15.0),
    ),
    Claim(
        id="recurrent-memory-depth",
        statement="For the longest sequence, two layers have more than twice the start-end rank of one",
        source=PAPER,
        origin="check",
        role="secondary",
        where={"quantity": "start_end_rank", "depth": (1, 2), "width": (2, 3), "searched": False, "steps": LARGEST},
        first={"depth": 2},
        second={"depth": 1},
        by=("local_dimension", "width"),
        kind="exact",
        logarithmic=True,
        threshold=math.log(2),
        expected=(22.0, 2.0),
    ),
    growth_claim(
        "growth",
        "Two layers, M ≥ R: for the longest sequences, ln rank grows as (R − 1)·ln T, exponent within 15 %",
        "paper",
        "equality",
        longest=True,
    ),
    growth_claim("growth-bound", "Two layers, M ≥ R: ln rank never grows faster than (R − 1)·ln T", "check", "exact"),
)
