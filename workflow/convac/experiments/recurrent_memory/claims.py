"""Claims of recurrent_memory."""

import math

from convac.claims.claims import CHOSEN_AS_PRIMARY, LARGEST, Claim, Labels, Trivial, equality

PAPER = "1710.09431 (Levine, Sharir, Ziv & Shashua)"
PRIMARY = ("depth-2", "depth-3")
# one channel carries nothing, and n steps have M^n sequences
FULL = Trivial(
    ("local_dimension", "steps", "width", "depth"),
    lambda dimension, steps, width, _: dimension ** (steps / 2) if width > 1 else 1,
)
SIZE = ("depth", "local_dimension", "width", "steps")


def law_claims(name: str, statement: str, where: Labels) -> tuple[Claim]:
    """The closed form equals the exact rank."""
    return equality(
        Claim(
            id=f"recurrent-memory-{name}",
            statement=statement,
            source="ours; 1710.09431 bounds it from below",
            origin="ours",
            role="primary" if name in PRIMARY else "secondary",
            amended=CHOSEN_AS_PRIMARY if name in PRIMARY else None,
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


CLAIMS = (
    *law_claims("depth-1", "Start-end rank of one layer is min(R, Mⁿ)", {"depth": 1}),
    *law_claims("depth-2", "Start-end rank of two layers has its closed form", {"depth": 2}),
    *law_claims(
        "depth-3", "Start-end rank of three layers has its closed form where M ≥ R", {"depth": 3, "fits": True}
    ),
    *law_claims("depth-3-narrow", "The form of three layers goes on where M < R", {"depth": 3, "fits": False}),
    *law_claims("depth-4", "Start-end rank of four layers is the pattern’s first two factors", {"depth": 4}),
    *law_claims("held-back", "The forms hold on networks that they weren't found on", {"held_back": True}),
    Claim(
        id="recurrent-memory-proved-bound",
        statement="Start-end rank of two layers is at least C(min(M, R) + n − 1, n)",
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
        statement="At the longest sequence two layers have more than twice the start-end rank of one",
        source=PAPER,
        origin="check",
        role="secondary",
        where={"quantity": "start_end_rank", "depth": (1, 2), "width": (2, 3), "steps": LARGEST},
        first={"depth": 2},
        second={"depth": 1},
        by=("local_dimension", "width"),
        kind="exact",
        logarithmic=True,
        threshold=math.log(2),
        expected=(22.0, 2.0),
    ),
)
