"""overlaps: which blocks can a network entangle with the rest when its windows overlap?

Sources: 1703.02065 (Sharir & Shashua), 1803.09780 (Levine, Sharir, Cohen & Shashua). Exact generic block ranks over a
prime field; the prediction is ours: the smaller of a min-cut and of what shared weights can tell apart.
"""

import math
from typing import Annotated

from pydantic import Field, model_validator

from convac.circuits.overlapping import OverlappingShape
from convac.claims.claims import LARGEST, Claim, Labels, equality
from convac.contract.experiment import Cell, Experiment
from convac.errors import ArgumentError
from convac.geometry.trees import PoolingTree
from convac.specs import MOST, Natural, Positive, Scalar, Spec, TheorySpec

Parameters = dict[str, Scalar | tuple[Scalar, ...]]


class Family(Spec):
    """Networks over one line or grid of sites: every kernel × layers × width, one job."""

    sites: tuple[Positive, ...] = Field(min_length=1, max_length=2)
    periodic: bool = True
    local_dimension: Annotated[Positive, Field(ge=2)] = 2
    kernels: tuple[Positive, ...] = Field(min_length=1)
    layers: tuple[Positive, ...] = Field(min_length=1)
    widths: tuple[Positive, ...] = Field(min_length=1)
    first_width: Natural = Field(0, description="channels of the first layer; 0: as the others")
    shared: bool = Field(True, description="whether weights are shared over positions")
    draws: Natural = Field(0, description="float64 networks whose entropy is measured")

    @model_validator(mode="after")
    def _fits(self) -> "Family":
        count = math.prod(self.sites)
        # by logarithms: the number itself may have a thousand million digits
        if count < 2 or count * math.log2(self.local_dimension) > math.log2(MOST):
            raise ArgumentError(f"sites: {list(self.sites)}; accepted: two or more, with up to {MOST} inputs M^N")
        for kernel in self.kernels:
            OverlappingShape(self.sites, kernel, (1,), self.local_dimension, self.periodic, self.shared)
        return self


class RandomNetworks(Spec):
    """Random small networks."""

    networks: Positive
    subsets: Positive = Field(description="of the sites, for each network")
    # 2^6 are those of the smallest network that is drawn
    entries: Annotated[Positive, Field(ge=64)] = Field(description="most inputs M^N that are listed")


class Block(Experiment):
    """Config of overlaps."""

    families: tuple[Family, ...] = Field(min_length=1, description="overlapping networks whose blocks are measured")
    random: RandomNetworks = Field(description="networks and subsets of sites at random: where does the law end?")
    tree_sites: Annotated[Positive, Field(ge=4)] = Field(description="sites of the trees beside them, a power of two")
    tree_widths: tuple[Positive, ...] = Field(min_length=1, description="channels of every level of those trees")
    volume_sites: tuple[Annotated[int, Field(ge=4, le=20, multiple_of=2)], ...] = Field(
        description="rings whose cheapest network with a volume law is searched for"
    )

    @model_validator(mode="after")
    def _fits(self) -> "Block":
        PoolingTree.named("line", (self.tree_sites,))
        return self


def cells(block: Block) -> list[Cell]:
    """One job per family, one for random networks, one for the trees, one for the parameters of a volume law."""
    families = [
        TheorySpec(study="overlaps", parameters={"part": "blocks", **family.model_dump()}) for family in block.families
    ]
    drawn: Parameters = {"part": "random", **block.random.model_dump()}
    trees: Parameters = {
        "part": "trees",
        "sites": (block.tree_sites,),
        "local_dimension": 2,
        "widths": block.tree_widths,
    }
    volume: Parameters = {"part": "volume", "sizes": block.volume_sites}
    specs = [*families, *(TheorySpec(study="overlaps", parameters=part) for part in (drawn, trees, volume))]
    return [Cell(spec) for spec in specs]


FIGURES = {
    "": "Exact rank of the first n sites of a line, for overlapping networks by kernel and depth, and for trees.",
    "law": "Exact block rank against the prediction, for every network and block.",
    "grid": "Exact rank of rectangles of a grid against their area.",
    "entropy": "Entropy of the first n sites, in nats and as a share of ln rank, with 95 % intervals over networks.",
    "volume": "Parameters with which half of the sites reach the full rank, against the number of sites.",
}

OURS = "ours; 1803.09780 (Levine, Sharir, Cohen & Shashua)"
RBM = "1803.09780; 1701.04844 (volume law of restricted Boltzmann machines)"


def law_claims(name: str, statement: str, where: Labels, law: str = "predicted_rank") -> tuple[Claim, Claim]:
    """The rank of every block equals the law."""
    return equality(
        Claim(
            id=f"overlaps-{name}",
            statement=statement,
            source=OURS,
            where={"network": "overlapping", **where},
            first={"quantity": "block_rank"},
            second={"quantity": law},
            by=("case",),
            kind="exact",
            threshold=0.0,
            expected=(64.0, 32.0),
        )
    )


def machine_claim(name: str, statement: str, machine: str, network: str) -> Claim:
    """A volume law takes a machine more than twice the parameters that it takes an overlapping network."""
    return Claim(
        id=f"overlaps-volume-{name}",
        statement=statement,
        source=RBM,
        where={"quantity": "volume_parameters", "block_sites": LARGEST},
        first={"network": "RBM", "weights": machine},
        second={"network": "overlapping", "weights": network},
        by=("sites",),
        kind="exact",
        logarithmic=True,
        threshold=math.log(2),
        expected=(136.0, 38.0),
    )


FRONT = "the block rank is min{M^|A|, D·M^frame}, a frame of (L − 1)(K − 1) sites, where M ≤ D"
TWICE = "takes over twice the parameters of an overlapping network"

CLAIMS = (
    *law_claims(
        "prediction",
        "Equal widths: block rank is the smaller of min-cut and distinguishable configurations",
        {"uniform": True},
    ),
    *law_claims(
        "prediction-held-back",
        "Equal widths: the prediction holds on sizes, grids and boundaries that it wasn't found on",
        {"uniform": True, "held_back": True},
    ),
    *law_claims("prediction-narrow", "The prediction goes on where the first layer is narrower", {"uniform": False}),
    *law_claims("front", f"Weights per location: {FRONT}", {"fits": True, "weights": "per location"}, "front_rank"),
    *law_claims("front-shared", f"Weights shared: {FRONT}", {"fits": True, "weights": "shared"}, "front_rank"),
    *equality(
        Claim(
            id="overlaps-random",
            statement="The prediction holds for random widths, boundaries and subsets of the sites",
            source=OURS,
            where={},
            first={"quantity": "random_rank"},
            second={"quantity": "random_prediction"},
            by=("case",),
            kind="exact",
            threshold=0.0,
            expected=(64.0, 32.0),
        )
    ),
    Claim(
        id="overlaps-tree",
        statement="Half of a ring under windows of 3 and 2 or more layers has over 4 times the rank of a tree as wide",
        source="1703.02065; 1803.09780",
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
        f"Largest ring, volume law, neither shares: a Boltzmann machine {TWICE}",
        "per location",
        "per location",
    ),
)
