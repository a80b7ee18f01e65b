"""Jobs of overlaps: the families of its config."""

import math
from itertools import pairwise
from typing import Annotated

from pydantic import Field, model_validator

from convac.circuits.overlapping import OverlappingShape
from convac.errors import ArgumentError
from convac.specs.job import JobSpec
from convac.specs.spec import MOST, Natural, Positive


class Family(JobSpec):
    """Networks over one line or grid of sites: every kernel × layers × width, one job."""

    may_repeat = frozenset({"sites"})

    sites: tuple[Positive, ...] = Field(min_length=1, max_length=2)
    periodic: bool = True
    local_dimension: Annotated[Positive, Field(ge=2)] = 2
    kernels: tuple[Positive, ...] = Field(min_length=1)
    layers: tuple[Positive, ...] = Field(min_length=1)
    widths: tuple[Positive, ...] = Field(min_length=1)
    first_width: Natural = Field(0, description="channels of the first layer; 0: as in the others")
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


class RandomNetworks(JobSpec):
    """Random small networks."""

    networks: Positive
    subsets: Positive = Field(description="number of subsets of the sites for each network")
    below: Natural = Field(
        description="number of further cases, drawn by how far the front formula lies below what the sites allow"
    )
    # 2^6 are those of the smallest network that is drawn
    entries: Annotated[Positive, Field(ge=64)] = Field(description="largest number M^N of listed inputs")


class SearchedNetworks(JobSpec):
    """Networks drawn by how far the front's formula lies below M^|A|, a block of each."""

    networks: Natural = Field(
        description="number of networks with shared weights, and as many without, if there are as many"
    )
    entries: Annotated[Positive, Field(ge=64)] = Field(description="largest number M^N of listed inputs")


class Trees(JobSpec):
    """Shared pairs trees of uniform width, beside the overlapping networks."""

    sites: tuple[Positive, ...]
    local_dimension: Positive
    widths: tuple[Positive, ...]


class Volume(JobSpec):
    """Rings whose cheapest network with a volume law is searched for."""

    sizes: tuple[Positive, ...]


class Rectangles(JobSpec):
    """Networks over grids and rectangles in them, drawn by how far the front's formula lies below M^|A|."""

    networks: Natural = Field(description="number of networks with weights per location, if there are as many")
    entries: Annotated[Positive, Field(ge=64)] = Field(description="largest number M^N of listed inputs")


class Squares(JobSpec):
    """Square blocks of a torus twice as wide, whose cheapest network with a volume law is searched for."""

    sides: tuple[Annotated[Positive, Field(le=3)], ...] = Field(
        description="sides of square blocks whose exact ranks are taken"
    )
    bounded: tuple[Positive, ...] = Field(
        min_length=1, description="sides of square blocks for which only bounds are computed, each twice the one before"
    )

    @model_validator(mode="after")
    def _fits(self) -> "Squares":
        if any(larger != 2 * smaller for smaller, larger in pairwise(self.bounded)):
            raise ArgumentError(f"bounded: {list(self.bounded)}; accepted: sides, each twice the one before")
        return self
