"""Claims of depth_efficiency."""

import math

from convac.claims.claims import CHOSEN_AS_PRIMARY, LARGEST, Amendment, Claim, Trivial, equality
from convac.claims.papers import paper

DEPTH, RECTIFIERS = paper("1509.05009"), paper("1603.00162")
FULL = Trivial(("local_dimension", "sites", "width"), lambda dimension, sites, *_: dimension ** (sites / 2))
SIZE = ("network", "sites", "local_dimension", "width")

CUT = ("cut short", "cut short, shared")
LEVELS = ("network", "local_dimension", "sites", "width", "levels", "fewer_levels")


def grid_bound(
    name: str, statement: str, source: str, network: str, first: str = "rank_bound", second: str = "grid_rank"
) -> Claim:
    """What a theorem says of the grid tensors of a kind of network."""
    return Claim(
        id=f"depth-efficiency-{name}",
        statement=statement,
        source=source,
        origin="check",
        role="secondary",
        where={"network": network},
        first={"quantity": first},
        second={"quantity": second},
        by=SIZE,
        kind="exact",
        threshold=0.0,
        expected=(2.0, 1.0),
        trivial=FULL if "rank" in first else None,
    )


CLAIMS = (
    *equality(
        Claim(
            id="depth-efficiency-deep",
            statement="Deep circuits of pairs, almost all weights: the odd-even rank is min{r, M}^(N/2)",
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
            statement="Shallow circuits, almost all weights: the odd-even rank is min{r, M^(N/2)}",
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
        statement="Deep circuits with positive weights, most sites: the ε-rank at ε = 0.1 is below a quarter of the "
        "exact rank",
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
        by=SIZE,
        kind="exact",
        threshold=0.0,
        expected=(2.0, 1.0),
        trivial=FULL,
        amended=Amendment("2026-11-29", "scope", "two sizes made it an example: tried on many more"),
    ),
    grid_bound(
        "deep-average",
        "Deep ReLU networks of pairs with average pooling have rank at most 2·M^(N/4): they are not universal",
        f"{RECTIFIERS}, Claim 8",
        "deep average",
    ),
    grid_bound(
        "shallow-max",
        "Shallow ReLU networks with max pooling and r channels have rank at most r·M·N/2",
        f"{RECTIFIERS}, Claim 9",
        "shallow max",
    ),
    grid_bound(
        "max-needs-width",
        "Some deep ReLU-max networks have rank min{r_0, M}^(N/2); shallow ones need at least 2/(M·N) times as many "
        "channels",
        f"{RECTIFIERS}, Claim 9",
        "deep max, equal sites",
        "grid_rank",
        "proved_bound",
    ),
    grid_bound(
        "max-one-channel",
        "In a ball of weights, deep ReLU-max networks equal shallow ones with one channel",
        f"{RECTIFIERS}, Claim 10",
        "deep max, one channel",
        "rounding_limit",
        "single_channel_distance",
    ),
    Claim(
        id="depth-efficiency-every-depth",
        statement="2^L sites, every L_2 < L_1 ≤ L: to match some circuit of L_1 levels, L_2 levels need at least "
        "min{r, M}^(2^(L − L_2)) channels",
        source=f"{DEPTH}, Theorem 2",
        origin="check",
        role="secondary",
        where={"network": CUT},
        first={"quantity": "rank"},
        second={"quantity": "proved_bound"},
        by=LEVELS,
        kind="exact",
        threshold=0.0,
        expected=(16.0, 8.0),
        trivial=Trivial(LEVELS[1:], FULL.bound),
    ),
    Claim(
        id="depth-efficiency-last-width",
        statement="The rank of L_2 levels across the blocks that the last level pools is at most its width",
        source=f"{DEPTH}, Theorem 2",
        origin="check",
        role="secondary",
        where={"network": CUT},
        first={"quantity": "rank_bound"},
        second={"quantity": "shallower_rank"},
        by=LEVELS,
        kind="exact",
        threshold=0.0,
        expected=(3.0, 2.0),
        trivial=Trivial(LEVELS[1:], FULL.bound),
    ),
    Claim(
        id="depth-efficiency-max-incomplete",
        statement="Random networks, deep: the fraction whose rank is at most half of the full one is more than 0.01 "
        "higher for ReLU with max pooling than for ConvACs",
        source=f"ours, after {RECTIFIERS}: depth efficiency is not complete",
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
