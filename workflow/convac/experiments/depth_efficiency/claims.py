"""Claims of depth_efficiency."""

import math

from convac.claims.claims import CHOSEN_AS_PRIMARY, LARGEST, Claim, Trivial, equality

DEPTH = "1509.05009 (Cohen, Sharir & Shashua)"
RECTIFIERS = "1603.00162 (Cohen & Shashua)"
FULL = Trivial(("local_dimension", "sites", "width"), lambda dimension, sites, *_: dimension ** (sites / 2))
SIZE = ("network", "sites", "local_dimension", "width")


CLAIMS = (
    *equality(
        Claim(
            id="depth-efficiency-deep",
            statement="Odd-even rank of a deep circuit is min{r, M}^(N/2)",
            source=DEPTH,
            origin="check",
            role="secondary",
            where={
                "network": ("deep", "deep, shared"),
                "partition": "interleaved",
                "method": ("direct", "certificate"),
            },
            first={"quantity": "rank"},
            second={"quantity": "closed_form"},
            by=SIZE,
            kind="exact",
            threshold=0.0,
            expected=(256.0, 16.0),
            trivial=FULL,
        )
    ),
    *equality(
        Claim(
            id="depth-efficiency-shallow",
            statement="Odd-even rank of a shallow circuit is min{r, M^(N/2)}",
            source=DEPTH,
            origin="check",
            role="secondary",
            where={"network": "shallow"},
            first={"quantity": "rank"},
            second={"quantity": "closed_form"},
            by=SIZE,
            kind="exact",
            threshold=0.0,
            expected=(8.0, 4.0),
            trivial=FULL,
        )
    ),
    Claim(
        id="depth-efficiency-epsilon",
        statement="Positive weights, most sites: rank for a relative error of 0.1 is below a quarter of the exact rank",
        source="ours",
        origin="ours",
        role="primary",
        amended=CHOSEN_AS_PRIMARY,
        where={"weights": "positive", "epsilon": 0.1, "sites": LARGEST},
        first={"quantity": "rank"},
        second={"quantity": "epsilon_rank"},
        logarithmic=True,
        threshold=math.log(4),
        expected=(256.0, 8.0),
    ),
    Claim(
        id="depth-efficiency-shallow-average",
        statement="Shallow ReLU networks with average pooling have rank at most 2: they are not universal",
        source=RECTIFIERS,
        origin="check",
        role="secondary",
        where={"network": "shallow average"},
        first={"quantity": "rank_bound"},
        second={"quantity": "grid_rank"},
        by=("sites",),
        kind="exact",
        threshold=0.0,
        expected=(2.0, 1.0),
        trivial=FULL,
    ),
    Claim(
        id="depth-efficiency-max-incomplete",
        statement="Over 1 % more of deep ReLU-max than of deep arithmetic draws have at most half of the full rank",
        source=f"ours, after {RECTIFIERS}: depth efficiency isn’t complete",
        origin="ours",
        role="primary",
        amended=CHOSEN_AS_PRIMARY,
        where={"quantity": "is_low_rank", "depth": "deep"},
        first={"pooling": "max"},
        second={"pooling": "product"},
        by=("sites",),
        threshold=0.01,
        expected=(0.5, 0.0),
    ),
)
