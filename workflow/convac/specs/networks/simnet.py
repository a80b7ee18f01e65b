"""SimNets over a tree: see `convac.networks.simnet`."""

from collections.abc import Mapping
from math import inf
from types import MappingProxyType
from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from convac.specs.network import NetworkSpec, Work

# JSON has no infinities
LIMITS: Mapping[str, float] = MappingProxyType({"max": inf, "min": -inf})
# of |β|: nearer to 0 MEX is the mean, further from it the maximum or minimum, up to what float32 tells apart
RANGE = (1e-6, 1e6)
FINITE = "0 or a magnitude from {:g} to {:g}".format(*RANGE)

ANNEALED = "0, or a share below 1 where beta is positive"


def is_beta(beta: float) -> bool:
    """Whether MEX is computed at that β: 0, a magnitude in the range, or ±∞."""
    return beta == 0 or abs(beta) == inf or RANGE[0] <= abs(beta) <= RANGE[1]


class SimNetSpec(NetworkSpec):
    """A SimNet over a tree of one-hot sites.

    >>> SimNetSpec(geometry="square", sites=(4, 4), widths=(2, 3), similarity="l2").parameters()
    20
    """

    work: ClassVar[Work] = Work(8, 4, 5.0)  # exponentials and logarithms

    beta: float | Literal["max", "min"] = Field(
        default=1.0, description="parameter β of MEX: at 1 it adds, its limits are the maximum and the minimum"
    )
    annealed: Annotated[float, Field(ge=0, lt=1)] = Field(
        default=0.0,
        description="fraction of the steps during which 1/β goes evenly from 1 to its final value; 0: β is fixed",
    )
    similarity: Literal["linear", "l1", "l2"] = Field(
        default="linear", description="similarity between a site and the templates of the first level"
    )

    @model_validator(mode="after")
    def _computed(self) -> "SimNetSpec":
        if not isinstance(self.beta, str) and not is_beta(self.beta):
            raise ValueError(f"beta: {self.beta:g}; accepted: max, min, {FINITE}")
        beta = LIMITS[self.beta] if isinstance(self.beta, str) else self.beta
        if self.annealed and beta <= 0:
            raise ValueError(f"annealed: {self.annealed:g}, beta: {self.beta}; accepted: {ANNEALED}")
        return self

    @property
    def one_hot(self) -> bool:
        """Whether every position sees one of few symbols: one-hot sites below, weights shared over positions."""
        return True

    @property
    def maps(self) -> tuple[int, ...]:
        """Templates, and their weights where there are some, then the offsets of every level."""
        return (1 if self.similarity == "linear" else 2, *(1,) * (len(self.widths) - 1))
