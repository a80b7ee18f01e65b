"""Jobs of recurrent_memory: the families of its config."""

import math
from itertools import pairwise
from typing import Annotated

from pydantic import Field, model_validator

from convac.errors import ArgumentError
from convac.specs.job import JobSpec
from convac.specs.spec import MOST, Natural, Positive, Spec

LISTED = 2000  # rank of a certificate: twice as many sequences are listed on either side
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


class Search(Spec):
    """Networks beyond the grid, drawn for every depth by how far the closed form lies below M^(T/2)."""

    cells: Natural = Field(description="number of networks of each depth, if there are as many")
    entries: Annotated[Positive, Field(le=MOST)] = Field(description="largest number M^T of listed sequences")
    widest: Annotated[Positive, Field(ge=2)] = Field(description="largest width R; from 2")


class Grid(JobSpec):
    """Networks of one depth: every M × R × T = 2n with few enough sequences M^T, and then those of a search."""

    depth: Depth
    local_dimensions: tuple[Positive, ...]
    widths: tuple[Positive, ...]
    shortest: Positive = Field(description="n of the shortest sequence")
    longest: Positive = Field(description="n of the longest one")
    entries: Positive = Field(description="largest number of listed sequences")
    draws: Natural = Field(description="float64 networks whose entropy is measured")
    search: Search | None = None


class Growth(JobSpec):
    """Networks of two layers over sequences that double in length, ranks by certificates."""

    local_dimension: Positive
    width: Annotated[Positive, Field(ge=2)]
    steps: tuple[Even, ...] = Field(min_length=2, description="lengths of the sequences, each twice the one before")

    @model_validator(mode="after")
    def _fits(self) -> "Growth":
        if any(longer != 2 * shorter for shorter, longer in pairwise(self.steps)):
            raise ArgumentError(f"steps: {list(self.steps)}; accepted: lengths, each twice the one before")
        largest = self.width * math.comb(self.width + self.steps[-1] // 2 - 1, self.width - 1)
        if self.local_dimension < self.width or largest > LISTED:
            raise ArgumentError(
                f"width: {self.width}; accepted: at most local_dimension, and ranks up to {LISTED} at the most steps"
            )
        return self
