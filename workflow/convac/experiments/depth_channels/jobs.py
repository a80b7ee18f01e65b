"""Jobs of depth_channels: the families of its config."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from convac.specs.job import JobSpec
from convac.specs.spec import Natural, Positive, Rate
from convac.specs.training import Seeds

FEWEST = 2  # channels: one makes a product over sites
Width = Annotated[Positive, Field(ge=2)]


class Family(JobSpec):
    """Networks over one line or ring whose block ranks are exact, one job."""

    sites: Width
    periodic: bool = Field(description="whether windows go round (a ring) or end at the boundary (a line)")
    kernel: Width
    local_dimension: Width
    shared: bool = Field(False, description="whether weights are shared over positions")
    layers: Width = Field(description="largest number of convolution layers, n_c")
    blocks: tuple[Positive, ...] = Field(min_length=1, description="sizes of the block, first sites against the rest")
    one_layer_widths: tuple[Width, ...] = Field(min_length=1, description="D_0; those above the rank are left out")

    @model_validator(mode="after")
    def _fits(self) -> "Family":
        if max(self.blocks) >= self.sites:
            raise ValueError(f"blocks: {max(self.blocks)} of {self.sites} sites; accepted: fewer than the sites")
        if self.kernel > self.sites:
            raise ValueError(f"kernel: {self.kernel} on {self.sites} sites; accepted: no more than the sites")
        if self.layers > self.sites:
            raise ValueError(f"layers: {self.layers} on {self.sites} sites; accepted: no more than the sites")
        return self


class SearchedFamilies(JobSpec):
    """Families, blocks and widths D_0 drawn by how far the front's formula lies below D_0."""

    cells: Natural = Field(
        description="number of networks with weights per location, if there are as many; a third as many share theirs"
    )
    entries: Annotated[Positive, Field(ge=64)] = Field(description="largest number M^N of listed inputs")


class Trained(JobSpec):
    """Small networks of a kind on a ring of binary sites, fitted to functions on all inputs, one job."""

    may_repeat = frozenset({"widths"})

    network: Literal["product", "rectifier"] = Field(description="products throughout, or sums, ReLU and a maximum")
    sites: Annotated[int, Field(ge=4, le=12)]
    kernel: Width
    widths: tuple[tuple[Width, ...], ...] = Field(
        min_length=2, description="channels tried at n_c = 1, 2, …; those of one layer are D_0"
    )
    targets: tuple[Literal["random", "run", "mirror"], ...] = Field(min_length=1)
    seeds: Seeds = Field(description="seeds of random functions and initial weights: how many, from 0, or which")
    rates: tuple[Rate, ...] = Field(
        min_length=1,
        description="Adam's learning rates, a restart each; of several layers the last begins with one layer less",
    )
    steps: Positive = Field(description="steps of every restart")

    @model_validator(mode="after")
    def _fits(self) -> "Trained":
        if any(not row or list(row) != sorted(set(row)) for row in self.widths):
            raise ValueError("widths: a list isn't ascending; accepted: ascending lists, one for each number of layers")
        if any(row[0] != FEWEST for row in self.widths[1:]):
            raise ValueError(f"widths: several layers begin above {FEWEST}; accepted: lists that begin with {FEWEST}")
        if len(self.widths) * (self.kernel - 1) >= self.sites:
            raise ValueError(f"widths: {len(self.widths)} layers see the whole ring; accepted: fewer, or more sites")
        return self
