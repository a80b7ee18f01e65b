"""depth_efficiency: how wide must a shallow network be to match a deep one?

Sources: 1509.05009 (Cohen, Sharir & Shashua), 1603.00162 (Cohen & Shashua). Ranks of odd against even sites: exact over
a prime field for arithmetic circuits, numerical (relative tolerance 1e-10) for the grid tensors of rectifiers.
"""

import math

from pydantic import Field, model_validator

from convac.errors import ArgumentError
from convac.experiments.depth_efficiency.jobs import (
    Depths,
    Dimension,
    Epsilon,
    Grids,
    Power,
    Ranks,
    Rectifiers,
    powers_of_two,
)
from convac.experiments.experiment import Cell, Experiment
from convac.specs.spec import Positive

EXPONENT = 1000  # of two: ranks up to there are floats, as tables hold them


class Block(Experiment):
    """Config of depth_efficiency."""

    sites: tuple[Power, ...] = Field(min_length=1, description="sites N of the trees, powers of two")
    local_dimensions: tuple[Dimension, ...] = Field(min_length=1, description="local dimensions M")
    widths: tuple[Positive, ...] = Field(min_length=1, description="channels of every level, r")
    epsilon_sites: tuple[Power, ...] = Field(min_length=1, description="sites of the circuits whose ε-rank is measured")
    epsilon_width: Positive = Field(description="channels of the circuits whose ε-rank is measured")
    rectifier_sites: tuple[Power, ...] = Field(min_length=1, description="sites of the grid tensors, 4 or 8")
    rectifier_width: Positive = Field(description="channels of the rectifier networks")
    draws: Positive = Field(description="random networks of each kind")
    depths: Depths = Field(description="circuits cut short after any number of levels, for every pair of depths")
    grids: Grids = Field(description="grid tensors of many sizes, compared with theorems")

    @model_validator(mode="after")
    def _fits(self) -> "Block":
        for key in ("sites", "epsilon_sites", "rectifier_sites"):
            powers_of_two(key, getattr(self, key))
        base = min(max(self.widths), max(self.local_dimensions))
        if max(self.sites) / 2 * math.log2(base) > EXPONENT:
            raise ArgumentError(f"sites: {max(self.sites)}; accepted: ranks min(r, M)^(N/2) up to 2^{EXPONENT}")
        return self


def cells(block: Block) -> list[Cell]:
    """One job each for ranks, ε-ranks, rectifiers, pairs of depths and grid tensors of many sizes."""
    return [
        Cell(Ranks(sites=block.sites, local_dimensions=block.local_dimensions, widths=block.widths)),
        Cell(Epsilon(sites=block.epsilon_sites, width=block.epsilon_width, draws=block.draws)),
        Cell(Rectifiers(sites=block.rectifier_sites, width=block.rectifier_width, draws=block.draws)),
        Cell(block.depths),
        Cell(block.grids),
    ]


FIGURES = {
    "": "Odd-even rank of deep circuits, and of shallow ones beside them, against the number N of sites, with r "
    "channels and M values per site; exact, by matrix or by certificate (a lower bound that meets the upper one).",
    "epsilon": "Smallest rank that approximates a random deep circuit of N sites to a relative error ε, beside its "
    "exact rank, and its entropy, for normal and for positive weights.",
    "rectifiers": "Ranks of random networks’ grid tensors by pooling, deep and shallow, on N sites.",
}
