"""Claims of overlaps."""

import math

from convac.claims.claims import CHOSEN_AS_PRIMARY, LARGEST, Amendment, Trivial
from convac.claims.papers import paper
from convac.claims.sentences import Sentences

BRIDGING = paper("1803.09780")
OURS = f"ours, after {BRIDGING}"
RBM = f"{OURS}, in two dimensions, and {paper('1701.04844')}: volume law of Boltzmann machines; here on rings"
SEARCH = (
    "wider networks are searched, and none of one layer, whose width bounds any rank: of those searched before, less "
    "than a third said more"
)
WIDER = Amendment("2026-11-30", "scope", SEARCH)


def full_rank(dimension: int, sites: str, widths: str, chosen: float) -> float:
    """The rank that no matrix of `chosen` sites against the others exceeds, nor one layer its width."""
    largest = math.pow(dimension, min(chosen, math.prod(map(int, sites.split("×"))) - chosen))
    return largest if "-" in widths else min(largest, float(widths))


NETWORK = ("local_dimension", "sites", "widths", "weights", "boundary", "kernel")
FULL = Trivial(
    ("block_sites", *NETWORK),
    lambda chosen, dimension, sites, widths, *_: full_rank(dimension, sites, widths, chosen),
)
SUBSET = Trivial(
    ("block", *NETWORK),
    lambda block, dimension, sites, widths, *_: full_rank(dimension, sites, widths, len(block.split())),
)

SAID = Sentences("overlaps")
RANKS = SAID.about(source=OURS, by=("case",), expected=(64.0, 32.0), trivial=FULL)
LAWS = RANKS.about(where={"network": ("overlapping", "searched")})
PRIMARY = LAWS.about(
    role="primary", amended=Amendment("2026-11-30", "scope; made a primary", f"{SEARCH}; {CHOSEN_AS_PRIMARY.why}")
)
# a volume law takes a machine more than twice the parameters that it takes an overlapping network
MACHINES = SAID.about(
    source=RBM,
    where={"quantity": "volume_parameters", "block_sites": LARGEST},
    by=("sites",),
    expected=(136.0, 38.0),
)
SQUARES = Sentences(
    "overlaps-square",
    source=OURS,
    amended=Amendment("2026-11-29", "scope", "squares of up to nine sites had been computed before"),
    expected=(136.0, 38.0),
)
# proved, but not before 10 parameters had been seen at α = 3 where the bound said 5
FRAMED = Amendment(
    "2026-11-30",
    "bound of the filter; scope",
    "a filter's frame is counted, and machines whose filter reads two sites, which were computed before, are added",
)
FRONT = "the block rank is min{M^|A|, D·M^frame}, with a frame (L − 1)(K − 1) sites wide, where M ≤ D"
SEARCHED = 250  # networks of each kind of weights at laptop, drawn where the formula lies below M^|A|
DRAWN = f"{SEARCHED} networks drawn where the front formula is below M^|A|"
TWICE = "needs over twice the parameters of an overlapping network"

CLAIMS = (
    LAWS.equals(
        "prediction",
        "Equal widths: the block rank is the smaller of the min-cut and the number of distinguishable configurations",
        "block_rank",
        "predicted_rank",
        where={"uniform": True},
        amended=WIDER,
    ),
    PRIMARY.equals(
        "prediction-held-back",
        "Equal widths: the predicted block rank holds for sizes, grids and boundaries that it was not found on (2 × "
        f"{DRAWN})",
        "block_rank",
        "predicted_rank",
        where={"uniform": True, "held_back": True},
    ),
    LAWS.equals(
        "prediction-narrow",
        "The predicted block rank also holds where the first layer is narrower",
        "block_rank",
        "predicted_rank",
        where={"uniform": False},
    ),
    PRIMARY.equals(
        "front",
        f"Weights per location: {FRONT} ({DRAWN})",
        "block_rank",
        "front_rank",
        where={"fits": True, "weights": "per location"},
    ),
    LAWS.equals(
        "front-shared",
        f"Weights shared: {FRONT} ({DRAWN})",
        "block_rank",
        "front_rank",
        where={"fits": True, "weights": "shared"},
        amended=WIDER,
    ),
    RANKS.equals(
        "random",
        "The predicted block rank holds for random widths, boundaries and subsets of the sites",
        "random_rank",
        "random_prediction",
        trivial=SUBSET,
        amended=Amendment(
            "2026-11-30", "scope", "28 non-trivial cells were few: 260 are drawn where a bound is below the sites"
        ),
    ),
    SAID.reaches(
        "tree",
        "Half of a ring: networks of kernel 3 and 2 or more layers have over 4 times the rank of a tree of equal width",
        {"network": "overlapping", "boundary": "periodic", "kernel": 3, "layers": (2, 3)},
        {"network": "tree"},
        times=4,
        source=f"{OURS} and {paper('1703.02065')}",
        where={"quantity": "block_rank", "weights": "shared", "block_sites": LARGEST, "sites": ("8", "16")},
        by=("sites", "local_dimension", "width"),
        expected=(64.0, 4.0),
    ),
    *(
        MACHINES.reaches(
            f"volume-{name}",
            f"Largest ring, volume law{words} Boltzmann machine {TWICE}{ending}",
            {"network": "RBM", "weights": machine},
            {"network": "overlapping", "weights": network},
            times=2,
        )
        for name, words, ending, machine, network in (
            ("machine", ": a fully connected", " with shared weights", "per location", "shared"),
            ("machine-shared", ", weights shared by both: a", "", "shared", "shared"),
            ("machine-per-location", ", no weights shared: a", "", "per location", "per location"),
        )
    ),
    RANKS.equals(
        "rectangles",
        f"Two dimensions, weights per location: {FRONT} (networks drawn where the front formula is below M^|A|)",
        "block_rank",
        "front_rank",
        where={"network": "rectangles"},
        amended=Amendment("2026-11-30", "scope", "88 non-trivial cells were few: wider networks and 2×8 grids, too"),
    ),
    SQUARES.equals(
        "growth",
        "Two dimensions, by bounds: the parameters of a volume law grow as the side of a square for overlapping "
        "networks, as its second power for Boltzmann machines of two sites per unit or of one square filter, as "
        "its fourth for fully connected ones, and not at all where one filter reads two sites",
        {"quantity": "square_exponent", "side": LARGEST},
        {"quantity": "square_exponent_law", "side": LARGEST},
        0.05,
        source=BRIDGING,
        by=("network", "weights"),
        expected=(2.0, 1.0),
        amended=FRAMED,
    ),
    SQUARES.equals(
        "bound",
        "Squares up to 3 × 3: the fewest parameters by exact rank are as few as the bounds allow",
        "square_parameters",
        "square_bound",
        source="ours",
        by=("network", "weights", "side"),
        expected=(34.0, 10.0),
        amended=FRAMED,
    ),
    *(
        SQUARES.reaches(
            f"machine-{name}",
            f"Largest square: a Boltzmann machine ({words}) {TWICE} with shared weights",
            {"quantity": "square_parameters", "side": LARGEST, "network": "RBM", "weights": weights},
            {"quantity": "square_parameters", "side": LARGEST, "network": "overlapping", "weights": "shared"},
            times=2,
            by=("side",),
        )
        for name, weights, words in (
            ("full", "per location", "fully connected"),
            ("sparse", "sparse", "two sites per hidden unit"),
            ("filter", "shared", "one shared filter"),
        )
    ),
)
