"""overlaps: which blocks can a network entangle with the rest when its windows overlap?

Sources: 1703.02065 (Sharir & Shashua), 1803.09780 (Levine, Sharir, Cohen & Shashua). Exact generic block ranks over a
prime field, networks with shared weights; the prediction is ours: the smaller of a min-cut and of what the weights can
tell apart.
"""

import math
from typing import Annotated

from pydantic import Field

from convac.contract.claims import LARGEST, Claim, equality
from convac.contract.experiment import Cell, Experiment
from convac.specs import Positive, Scalar, Spec, TheorySpec

Parameters = dict[str, Scalar | tuple[Scalar, ...]]


class Family(Spec):
    """Networks over one line or grid of sites: every kernel × layers × width, one job."""

    sites: tuple[Positive, ...] = Field(min_length=1, max_length=2)
    periodic: bool = True
    local_dimension: Annotated[int, Field(ge=2)] = 2
    kernels: tuple[Positive, ...] = Field(min_length=1)
    layers: tuple[Positive, ...] = Field(min_length=1)
    widths: tuple[Positive, ...] = Field(min_length=1)
    draws: Annotated[int, Field(ge=0)] = 0


class Block(Experiment):
    """Config of overlaps."""

    families: tuple[Family, ...] = Field(min_length=1, description="overlapping networks whose blocks are measured")
    tree_sites: Annotated[int, Field(ge=4)] = Field(description="sites of the trees beside them, a power of two")
    tree_widths: tuple[Positive, ...] = Field(min_length=1, description="channels of every level of those trees")
    volume_sites: tuple[Annotated[int, Field(ge=4, le=20, multiple_of=2)], ...] = Field(
        description="rings whose cheapest network with a volume law is searched for"
    )


def cells(block: Block) -> list[Cell]:
    """One job per family, one for the trees, one for the parameters of a volume law."""
    families = [
        TheorySpec(study="overlaps", parameters={"part": "blocks", **family.model_dump()}) for family in block.families
    ]
    trees: Parameters = {
        "part": "trees",
        "sites": (block.tree_sites,),
        "local_dimension": 2,
        "widths": block.tree_widths,
    }
    volume: Parameters = {"part": "volume", "sizes": block.volume_sites}
    specs = [*families, *(TheorySpec(study="overlaps", parameters=part) for part in (trees, volume))]
    return [Cell(spec) for spec in specs]


FIGURES = {
    "": "Exact rank of the first n sites of a line, for overlapping networks by kernel and depth, and for trees.",
    "law": "Exact block rank against the prediction, for every network and block.",
    "grid": "Exact rank of rectangles of a grid against their area.",
    "entropy": "Entropy of the first n sites, in nats, with 95 % intervals over networks.",
    "volume": "Parameters with which half of the sites reach the full rank, against the number of sites.",
}

OURS = "ours; 1803.09780 (Levine, Sharir, Cohen & Shashua)"
PLACE = ("boundary", "sites", "local_dimension", "kernel", "layers", "width", "block")
PREDICTED = Claim(
    id="overlaps-prediction",
    statement="Block rank is the smaller of min-cut and distinguishable configurations",
    source=OURS,
    where={"network": "overlapping"},
    first={"quantity": "block_rank"},
    second={"quantity": "predicted_rank"},
    by=PLACE,
    kind="exact",
    threshold=0.0,
    expected=(64.0, 32.0),
)

CLAIMS = (
    *equality(PREDICTED),
    *equality(
        Claim(
            id="overlaps-prediction-held-back",
            statement="The prediction holds on sizes, grids and boundaries that it wasn't found on",
            source=OURS,
            where={"network": "overlapping", "held_back": True},
            first=PREDICTED.first,
            second=PREDICTED.second,
            by=PLACE,
            kind="exact",
            threshold=0.0,
            expected=(64.0, 32.0),
        )
    ),
    *equality(
        Claim(
            id="overlaps-front",
            statement="On a ring with M ≤ D the block rank is min{Mⁿ, D·M^(2(L−1)(K−1))}",
            source=OURS,
            where={"network": "overlapping", "fits": True},
            first={"quantity": "block_rank"},
            second={"quantity": "front_rank"},
            by=PLACE,
            kind="exact",
            threshold=0.0,
            expected=(64.0, 32.0),
        )
    ),
    Claim(
        id="overlaps-volume-parameters",
        statement="On the largest ring a volume law takes a restricted Boltzmann machine over twice the parameters",
        source="1803.09780; 1701.04844 (volume law of restricted Boltzmann machines)",
        where={"quantity": "volume_parameters", "block_sites": LARGEST},
        first={"network": "RBM"},
        second={"network": "overlapping"},
        by=("sites",),
        kind="exact",
        logarithmic=True,
        threshold=math.log(2),
        expected=(136.0, 38.0),
    ),
)
