"""Claims of overlaps."""

import math
from typing import Any

from convac.claims.claims import CHOSEN_AS_PRIMARY, LARGEST, Amendment, Claim, Labels, Origin, Trivial, equality
from convac.claims.papers import paper

BRIDGING = paper("1803.09780")
OURS = f"ours, after {BRIDGING}"
RBM = f"{OURS}, in two dimensions, and {paper('1701.04844')}: volume law of Boltzmann machines; here on rings"
PRIMARY = ("prediction-held-back", "front")
SEARCH = (
    "wider networks are searched, and none of one layer, whose width bounds any rank: of those searched before, less "
    "than a third said more"
)
AMENDED = {
    **dict.fromkeys(("front-shared", "prediction"), Amendment("2026-11-30", "scope", SEARCH)),
    **dict.fromkeys(PRIMARY, Amendment("2026-11-30", "scope; made a primary", f"{SEARCH}; {CHOSEN_AS_PRIMARY.why}")),
}


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


def law_claims(name: str, statement: str, where: Labels, law: str = "predicted_rank") -> tuple[Claim]:
    """The rank of every block equals the law."""
    return equality(
        Claim(
            id=f"overlaps-{name}",
            statement=statement,
            source=OURS,
            origin="ours",
            role="primary" if name in PRIMARY else "secondary",
            amended=AMENDED.get(name),
            where={"network": ("overlapping", "searched"), **where},
            first={"quantity": "block_rank"},
            second={"quantity": law},
            by=("case",),
            kind="exact",
            threshold=0.0,
            expected=(64.0, 32.0),
            trivial=FULL,
        )
    )


def machine_claim(name: str, statement: str, machine: str, network: str) -> Claim:
    """A volume law takes a machine more than twice the parameters that it takes an overlapping network."""
    return Claim(
        id=f"overlaps-volume-{name}",
        statement=statement,
        source=RBM,
        origin="ours",
        role="secondary",
        where={"quantity": "volume_parameters", "block_sites": LARGEST},
        first={"network": "RBM", "weights": machine},
        second={"network": "overlapping", "weights": network},
        by=("sites",),
        kind="exact",
        logarithmic=True,
        threshold=math.log(2),
        expected=(136.0, 38.0),
    )


BEFORE = Amendment("2026-11-29", "scope", "squares of up to nine sites had been computed before")
# proved, but not before 10 parameters had been seen at α = 3 where the bound said 5
FRAMED = "a filter's frame is counted, and machines whose filter reads two sites, which were computed before, are added"


def square_claim(
    name: str,
    statement: str,
    source: str,
    origin: Origin,
    first: Labels,
    second: Labels,
    amended: Amendment = BEFORE,
    **parts: Any,
) -> Claim:
    """A claim about square blocks of a torus."""
    return Claim(
        id=f"overlaps-square-{name}",
        statement=statement,
        source=source,
        origin=origin,
        role="secondary",
        amended=amended,
        where={},
        first=first,
        second=second,
        **parts,
    )


FRONT = "the block rank is min{M^|A|, D·M^frame}, with a frame (L − 1)(K − 1) sites wide, where M ≤ D"
SEARCHED = 250  # networks of each kind of weights at laptop, drawn where the formula lies below M^|A|
DRAWN = f"{SEARCHED} networks drawn where the front formula is below M^|A|"
TWICE = "needs over twice the parameters of an overlapping network"

CLAIMS = (
    *law_claims(
        "prediction",
        "Equal widths: the block rank is the smaller of the min-cut and the number of distinguishable configurations",
        {"uniform": True},
    ),
    *law_claims(
        "prediction-held-back",
        "Equal widths: the predicted block rank holds for sizes, grids and boundaries that it was not found on (2 × "
        f"{DRAWN})",
        {"uniform": True, "held_back": True},
    ),
    *law_claims(
        "prediction-narrow", "The predicted block rank also holds where the first layer is narrower", {"uniform": False}
    ),
    *law_claims(
        "front", f"Weights per location: {FRONT} ({DRAWN})", {"fits": True, "weights": "per location"}, "front_rank"
    ),
    *law_claims(
        "front-shared", f"Weights shared: {FRONT} ({DRAWN})", {"fits": True, "weights": "shared"}, "front_rank"
    ),
    *equality(
        Claim(
            id="overlaps-random",
            statement="The predicted block rank holds for random widths, boundaries and subsets of the sites",
            source=OURS,
            origin="ours",
            role="secondary",
            amended=Amendment(
                "2026-11-30", "scope", "28 non-trivial cells were few: 260 are drawn where a bound is below the sites"
            ),
            where={},
            first={"quantity": "random_rank"},
            second={"quantity": "random_prediction"},
            by=("case",),
            kind="exact",
            threshold=0.0,
            expected=(64.0, 32.0),
            trivial=SUBSET,
        )
    ),
    Claim(
        id="overlaps-tree",
        statement="Half of a ring: networks of kernel 3 and 2 or more layers have over 4 times the rank of a tree of "
        "equal width",
        source=f"{OURS} and {paper('1703.02065')}",
        origin="ours",
        role="secondary",
        where={"quantity": "block_rank", "weights": "shared", "block_sites": LARGEST, "sites": ("8", "16")},
        first={"network": "overlapping", "boundary": "periodic", "kernel": 3, "layers": (2, 3)},
        second={"network": "tree"},
        by=("sites", "local_dimension", "width"),
        kind="exact",
        logarithmic=True,
        threshold=math.log(4),
        expected=(64.0, 4.0),
    ),
    machine_claim(
        "machine",
        f"Largest ring, volume law: a fully connected Boltzmann machine {TWICE} with shared weights",
        "per location",
        "shared",
    ),
    machine_claim(
        "machine-shared",
        f"Largest ring, volume law, weights shared by both: a Boltzmann machine {TWICE}",
        "shared",
        "shared",
    ),
    machine_claim(
        "machine-per-location",
        f"Largest ring, volume law, no weights shared: a Boltzmann machine {TWICE}",
        "per location",
        "per location",
    ),
    *equality(
        Claim(
            id="overlaps-rectangles",
            statement=f"Two dimensions, weights per location: {FRONT} (networks drawn where the front formula is "
            "below M^|A|)",
            source=OURS,
            origin="ours",
            role="secondary",
            amended=Amendment(
                "2026-11-30", "scope", "88 non-trivial cells were few: wider networks and 2×8 grids, too"
            ),
            where={"network": "rectangles"},
            first={"quantity": "block_rank"},
            second={"quantity": "front_rank"},
            by=("case",),
            kind="exact",
            threshold=0.0,
            expected=(64.0, 32.0),
            trivial=FULL,
        )
    ),
    *equality(
        square_claim(
            "growth",
            "Two dimensions, by bounds: the parameters of a volume law grow as the side of a square for overlapping "
            "networks, as its second power for Boltzmann machines of two sites per unit or of one square filter, as "
            "its fourth for fully connected ones, and not at all where one filter reads two sites",
            BRIDGING,
            "paper",
            {"quantity": "square_exponent", "side": LARGEST},
            {"quantity": "square_exponent_law", "side": LARGEST},
            Amendment("2026-11-30", "bound of the filter; scope", FRAMED),
            by=("network", "weights"),
            threshold=-0.05,
            expected=(2.0, 1.0),
        )
    ),
    *equality(
        square_claim(
            "bound",
            "Squares up to 3 × 3: the fewest parameters by exact rank are as few as the bounds allow",
            "ours",
            "ours",
            {"quantity": "square_parameters"},
            {"quantity": "square_bound"},
            Amendment("2026-11-30", "bound of the filter; scope", FRAMED),
            by=("network", "weights", "side"),
            threshold=0.0,
            expected=(34.0, 10.0),
        )
    ),
    *(
        square_claim(
            f"machine-{name}",
            f"Largest square: a Boltzmann machine ({words}) {TWICE} with shared weights",
            OURS,
            "ours",
            {"quantity": "square_parameters", "side": LARGEST, "network": "RBM", "weights": weights},
            {"quantity": "square_parameters", "side": LARGEST, "network": "overlapping", "weights": "shared"},
            by=("side",),
            kind="exact",
            logarithmic=True,
            threshold=math.log(2),
            expected=(136.0, 38.0),
        )
        for name, weights, words in (
            ("full", "per location", "fully connected"),
            ("sparse", "sparse", "two sites per hidden unit"),
            ("filter", "shared", "one shared filter"),
        )
    ),
)
