"""Jobs of recurrent_memory: the families of its config."""

import math
from typing import Annotated

from pydantic import Field, model_validator

from convac.errors import ArgumentError
from convac.specs.job import JobSpec
from convac.specs.spec import MOST, Natural, Positive, Spec

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

    cells: Natural = Field(description="networks of each depth; fewer where there are no more")
    entries: Annotated[Positive, Field(le=MOST)] = Field(description="most sequences M^T that are listed")
    widest: Annotated[Positive, Field(ge=2)] = Field(description="largest width R; from 2")


class Grid(JobSpec):
    """Networks of one depth: every M × R × T = 2n with few enough sequences M^T, and then those of a search."""

    depth: Depth
    local_dimensions: tuple[Positive, ...]
    widths: tuple[Positive, ...]
    shortest: Positive = Field(description="n of the shortest sequence")
    longest: Positive = Field(description="n of the longest one")
    entries: Positive = Field(description="most sequences that are listed")
    draws: Natural = Field(description="float64 networks whose entropy is measured")
    search: Search | None = None
