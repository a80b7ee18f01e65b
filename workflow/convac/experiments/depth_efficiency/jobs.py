"""Jobs of depth_efficiency."""

import math
from collections.abc import Sequence
from typing import Annotated

from pydantic import Field, model_validator

from convac.errors import ArgumentError
from convac.specs.job import JobSpec
from convac.specs.spec import Positive

ENTRIES = 2**16  # of a grid tensor
Power = Annotated[Positive, Field(ge=4, multiple_of=4)]
Dimension = Annotated[Positive, Field(ge=2)]


def powers_of_two(key: str, numbers: Sequence[int]) -> None:
    """Refuse, by the key's name, a number that isn't a power of two."""
    if strange := [number for number in numbers if number & (number - 1)]:
        raise ArgumentError(f"{key}: {strange[0]}; accepted: powers of two, from 4 up")


class Ranks(JobSpec):
    """Exact ranks of deep and shallow circuits: every number of sites × M × r."""

    sites: tuple[Positive, ...]
    local_dimensions: tuple[Positive, ...]
    widths: tuple[Positive, ...]


class Epsilon(JobSpec):
    """ε-ranks of random deep circuits."""

    sites: tuple[Positive, ...]
    width: Positive
    draws: Positive


class Rectifiers(JobSpec):
    """Grid tensors of random rectifier networks."""

    sites: tuple[Positive, ...]
    width: Positive
    draws: Positive


class Depths(JobSpec):
    """Exact ranks of circuits cut short after any number of levels: every number of sites × M × r."""

    sites: tuple[Power, ...] = Field(min_length=1)
    local_dimensions: tuple[Dimension, ...] = Field(min_length=1)
    widths: tuple[Dimension, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _fits(self) -> "Depths":
        powers_of_two("sites", self.sites)
        return self


class Grids(JobSpec):
    """Grid tensors of rectifier networks of many sizes, beside theorems: every number of sites × M × r that fits."""

    sites: tuple[Power, ...] = Field(min_length=1)
    local_dimensions: tuple[Dimension, ...] = Field(min_length=1)
    widths: tuple[Positive, ...] = Field(min_length=1)
    draws: Positive = Field(description="number of random networks of each kind")

    @model_validator(mode="after")
    def _fits(self) -> "Grids":
        powers_of_two("sites", self.sites)
        if min(self.sites) * math.log2(min(self.local_dimensions)) > math.log2(ENTRIES):
            raise ArgumentError(f"sites: {list(self.sites)}; accepted: some with at most {ENTRIES} inputs M^N")
        return self
