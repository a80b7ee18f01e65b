"""Claims of recurrent_memory."""

from convac.claims.claims import CHOSEN_AS_PRIMARY, LARGEST, Amendment, Trivial
from convac.claims.papers import paper
from convac.claims.sentences import Sentences

PAPER = paper("1710.09431")
# one channel carries nothing, and n steps have M^n sequences
FULL = Trivial(
    ("local_dimension", "steps", "width", "depth"),
    lambda dimension, steps, width, _: dimension ** (steps / 2) if width > 1 else 1,
)
ENDS = Amendment("2026-11-29", "scope", "the form of four layers had been stated until M = 11, R = 2, T = 6 was tried")
FOUR = "Π min{M, C(R + d_k − 1, d_k)} over k = 1 … n = T/2, with d_k = k(k + 1)(k + 2)/6"

SAID = Sentences("recurrent-memory", source=PAPER, by=("depth", "local_dimension", "width", "steps"))
LAWS = SAID.about(source=f"ours, after {PAPER}, which bounds it from below", expected=(45.0, 27.0), trivial=FULL)
PRIMARY = LAWS.about(role="primary", amended=CHOSEN_AS_PRIMARY)
GROWTH = SAID.about(source=f"{PAPER}: the rank of two layers grows as T^(R − 1)", expected=(1.0, 0.5))

CLAIMS = (
    *(
        sentences.equals(name, statement, "start_end_rank", "closed_form", where=where)
        for sentences, name, statement, where in (
            (LAWS, "depth-1", "The start-end rank of one layer is min{R, Mⁿ}, n = T/2", {"depth": 1}),
            (PRIMARY, "depth-2", "The start-end rank of two layers equals its closed form", {"depth": 2}),
            (
                PRIMARY,
                "depth-3",
                "The start-end rank of three layers equals its closed form where M ≥ R",
                {"depth": 3, "fits": True},
            ),
            (
                LAWS,
                "depth-3-narrow",
                "Three layers, M < R: the start-end rank is Mⁿ, as the closed form says",
                {"depth": 3, "fits": False},
            ),
            (
                LAWS.about(amended=ENDS),
                "depth-4",
                f"Four layers, all sizes: the start-end rank is {FOUR}",
                {"depth": 4},
            ),
            (
                LAWS.about(amended=ENDS),
                "depth-4-stated",
                f"Four layers, T ≤ 4 or M < C(R + d_n − 1, d_n): the start-end rank is {FOUR}",
                {"depth": 4, "stated": True},
            ),
            (
                LAWS,
                "held-back",
                "The closed forms hold, within their stated conditions, on networks that they were not found on",
                {"held_back": True, "stated": True},
            ),
        )
    ),
    SAID.reaches(
        "proved-bound",
        "The start-end rank of two layers is at least C(min{M, R} + n − 1, n), n = T/2",
        "start_end_rank",
        "proved_bound",
        origin="check",
        where={"depth": 2},
        expected=(45.0, 15.0),
    ),
    SAID.reaches(
        "depth",
        "For the longest sequence, two layers have more than twice the start-end rank of one",
        {"depth": 2},
        {"depth": 1},
        times=2,
        origin="check",
        where={"quantity": "start_end_rank", "depth": (1, 2), "width": (2, 3), "searched": False, "steps": LARGEST},
        by=("local_dimension", "width"),
        expected=(22.0, 2.0),
    ),
    GROWTH.equals(
        "growth",
        "Two layers, M ≥ R: for the longest sequences, ln rank grows as (R − 1)·ln T, exponent within 15 %",
        "growth_exponent",
        "growth_law",
        0.15,
        where={"longest": True},
        amended=Amendment("2026-11-29", "threshold and scope", "15 % and the sizes were chosen by the closed form"),
    ),
    GROWTH.never_exceeds(
        "growth-bound",
        "Two layers, M ≥ R: ln rank never grows faster than (R − 1)·ln T",
        "growth_exponent",
        "growth_law",
        origin="check",
    ),
)
