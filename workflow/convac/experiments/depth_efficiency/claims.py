"""Claims of depth_efficiency."""

from convac.claims.claims import CHOSEN_AS_PRIMARY, LARGEST, Amendment, Trivial
from convac.claims.papers import paper
from convac.claims.sentences import Sentences

DEPTH, RECTIFIERS = paper("1509.05009"), paper("1603.00162")
FULL = Trivial(("local_dimension", "sites", "width"), lambda dimension, sites, *_: dimension ** (sites / 2))
LEVELS = ("network", "local_dimension", "sites", "width", "levels", "fewer_levels")

SAID = Sentences("depth-efficiency")
RANKS = SAID.about(
    source=DEPTH, origin="check", by=("network", "sites", "local_dimension", "width"), expected=(2.0, 1.0), trivial=FULL
)
FEWER_LEVELS = RANKS.about(
    source=f"{DEPTH}, Theorem 2",
    where={"network": ("cut short", "cut short, shared")},
    by=LEVELS,
    trivial=Trivial(LEVELS[1:], FULL.bound),
)
PRIMARY = SAID.about(role="primary", amended=CHOSEN_AS_PRIMARY)

CLAIMS = (
    RANKS.equals(
        "deep",
        "Deep circuits of pairs, almost all weights: the odd-even rank is min{r, M}^(N/2)",
        "rank",
        "closed_form",
        where={
            "network": ("deep", "deep, shared"),
            "partition": "interleaved",
            "method": ("direct", "certificate"),
        },
        expected=(256.0, 16.0),
    ),
    RANKS.equals(
        "shallow",
        "Shallow circuits, almost all weights: the odd-even rank is min{r, M^(N/2)}",
        "rank",
        "closed_form",
        where={"network": "shallow"},
        expected=(8.0, 4.0),
    ),
    PRIMARY.beats(
        "epsilon",
        "Deep circuits with positive weights, most sites: the ε-rank at ε = 0.1 is below a quarter of the exact rank",
        "rank",
        "epsilon_rank",
        times=4,
        source="ours",
        where={"weights": "positive", "epsilon": 0.1, "sites": LARGEST},
        expected=(256.0, 8.0),
    ),
    RANKS.never_exceeds(
        "shallow-average",
        "Shallow ReLU networks with average pooling have rank at most 2: they are not universal",
        "grid_rank",
        "rank_bound",
        source=RECTIFIERS,
        where={"network": "shallow average"},
        amended=Amendment("2026-11-29", "scope", "two sizes made it an example: tried on many more"),
    ),
    RANKS.never_exceeds(
        "deep-average",
        "Deep ReLU networks of pairs with average pooling have rank at most 2·M^(N/4): they are not universal",
        "grid_rank",
        "rank_bound",
        source=f"{RECTIFIERS}, Claim 8",
        where={"network": "deep average"},
    ),
    RANKS.never_exceeds(
        "shallow-max",
        "Shallow ReLU networks with max pooling and r channels have rank at most r·M·N/2",
        "grid_rank",
        "rank_bound",
        source=f"{RECTIFIERS}, Claim 9",
        where={"network": "shallow max"},
    ),
    RANKS.reaches(
        "max-needs-width",
        "Some deep ReLU-max networks have rank min{r_0, M}^(N/2); shallow ones need at least 2/(M·N) times as many "
        "channels",
        "grid_rank",
        "proved_bound",
        source=f"{RECTIFIERS}, Claim 9",
        where={"network": "deep max, equal sites"},
    ),
    RANKS.never_exceeds(
        "max-one-channel",
        "In a ball of weights, deep ReLU-max networks equal shallow ones with one channel",
        "single_channel_distance",
        "rounding_limit",
        source=f"{RECTIFIERS}, Claim 10",
        where={"network": "deep max, one channel"},
        trivial=None,
    ),
    FEWER_LEVELS.reaches(
        "every-depth",
        "2^L sites, every L_2 < L_1 ≤ L: to match some circuit of L_1 levels, L_2 levels need at least "
        "min{r, M}^(2^(L − L_2)) channels",
        "rank",
        "proved_bound",
        expected=(16.0, 8.0),
    ),
    FEWER_LEVELS.never_exceeds(
        "last-width",
        "The rank of L_2 levels across the blocks that the last level pools is at most its width",
        "shallower_rank",
        "rank_bound",
        expected=(3.0, 2.0),
    ),
    PRIMARY.beats(
        "max-incomplete",
        "Random networks, deep: the fraction whose rank is at most half of the full one is more than 0.01 "
        "higher for ReLU with max pooling than for ConvACs",
        {"pooling": "max"},
        {"pooling": "product"},
        0.01,
        source=f"ours, after {RECTIFIERS}: depth efficiency is not complete",
        where={"quantity": "is_low_rank", "depth": "deep"},
        by=("sites",),
        expected=(0.5, 0.0),
    ),
)
