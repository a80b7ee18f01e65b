"""recurrent_memory: how much of a sequence's start can a recurrent network's end depend on, by depth?

Source: 1710.09431 (Levine, Sharir, Ziv & Shashua): the start-end separation rank of recurrent arithmetic circuits grows
with depth. Exact generic ranks over a prime field; closed forms are ours.
"""

import math
from typing import Annotated

from pydantic import Field, model_validator

from convac.claims.claims import LARGEST, Claim, Labels, equality
from convac.contract.experiment import Cell, Experiment
from convac.errors import ArgumentError
from convac.specs import MOST, Positive, Spec, TheorySpec

Depth = Annotated[int, Field(ge=1, le=4)]
Even = Annotated[Positive, Field(ge=2, multiple_of=2)]


class Network(Spec):
    """One network beyond the grid."""

    depth: Depth
    local_dimension: Positive
    width: Positive
    steps: Even

    @model_validator(mode="after")
    def _fits(self) -> "Network":
        # by logarithms: the number itself may have a thousand million digits
        if self.steps * math.log2(self.local_dimension) > math.log2(MOST):
            raise ArgumentError(f"steps: {self.steps}; accepted: at most {MOST} sequences local_dimension^steps")
        return self


class Block(Experiment):
    """Config of recurrent_memory."""

    depths: tuple[Depth, ...] = Field(min_length=1, description="stacked layers, L")
    local_dimensions: tuple[Positive, ...] = Field(min_length=1, description="templates of a step, M")
    widths: tuple[Positive, ...] = Field(min_length=1, description="channels of every layer, R")
    steps: Even = Field(description="longest sequence, T")
    entries: Positive = Field(description="most sequences M^T that are listed; longer ones are left out")
    draws: Positive = Field(description="networks whose entropy is measured, per cell")
    reach: tuple[Network, ...] = Field(description="larger networks, ranks only, one job each")


def cells(block: Block) -> list[Cell]:
    """One job per depth, and one per network of the reach."""
    grid = [
        Cell(
            TheorySpec(
                study="recurrent_memory",
                parameters={
                    "depth": depth,
                    "local_dimensions": block.local_dimensions,
                    "widths": block.widths,
                    "shortest": 1,
                    "longest": block.steps // 2,
                    "entries": block.entries,
                    "draws": block.draws,
                },
            ),
            {"depth": depth},
        )
        for depth in block.depths
    ]
    return grid + [
        Cell(
            TheorySpec(
                study="recurrent_memory",
                parameters={
                    "depth": network.depth,
                    "local_dimensions": (network.local_dimension,),
                    "widths": (network.width,),
                    "shortest": network.steps // 2,
                    "longest": network.steps // 2,
                    "entries": network.local_dimension**network.steps,
                    "draws": 0,
                },
            ),
            {"depth": network.depth},
        )
        for network in block.reach
    ]


FIGURES = {
    "": "Start-end rank against the length of the sequence, by depth, with the closed forms.",
    "law": "Exact rank against closed form for every network, those that the forms weren't found on apart.",
    "entropy": "Entropy across the middle against the length of the sequence, by depth, with 95 % intervals.",
}

PAPER = "1710.09431 (Levine, Sharir, Ziv & Shashua)"
SIZE = ("depth", "local_dimension", "width", "steps")


def law_claims(name: str, statement: str, where: Labels) -> tuple[Claim, Claim]:
    """The closed form equals the exact rank."""
    return equality(
        Claim(
            id=f"recurrent-memory-{name}",
            statement=statement,
            source="ours; 1710.09431 bounds it from below",
            where=where,
            first={"quantity": "start_end_rank"},
            second={"quantity": "closed_form"},
            by=SIZE,
            kind="exact",
            threshold=0.0,
            expected=(45.0, 27.0),
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
