"""Tensorial mixture models: see `convac.networks.mixture`."""

from math import prod
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from convac.specs.network import Brightest, Level, NetworkSpec, Patch, Pixels, Sharing, Work, maps_of

Objective = Literal["likelihood", "hybrid", "discriminative"]


class MixtureSpec(NetworkSpec):
    """A tensorial mixture model; its local dimension is M, the components of a site."""

    work: ClassVar[Work] = Work(8, 4.75, 5.0)
    circuit: ClassVar[bool] = True

    leaves: Literal["gaussian", "categorical"] = "gaussian"
    sharing: Sharing = "shared"
    objective: Objective = "likelihood"
    patch: Patch = 1
    brightest: Brightest = 1
    least_variance: Annotated[float, Field(gt=0)] = 0.01

    @property
    def pixels(self) -> Pixels:
        """How integer images become sites."""
        return Pixels(kind="affine", patch=self.patch, brightest=self.brightest)

    @property
    def states(self) -> int:
        """Local dimension of the circuit that engines measure: with categorical leaves, the values of a pixel."""
        return self.brightest + 1 if self.leaves == "categorical" else self.local_dimension

    @property
    def maps(self) -> tuple[int, ...]:
        """Linear maps of every level: one, or one for each position of a window or of the level."""
        return maps_of(self, self.sharing)

    @property
    def beside(self) -> int:
        """Means and variances, or tables of values, of the components, and the classes' fractions."""
        numbers = self.brightest + 1 if self.leaves == "categorical" else 2 * self.patch**2
        return self.local_dimension * numbers + self.classes

    def levels(self) -> list[Level]:
        """The work of the components at every site, and of every level.

        A component takes from a square, a value and a one of each of its pixels.
        """
        pixels, values = self.patch**2, prod(self.sites) * self.local_dimension
        return [Level(3 * pixels * values, values, 2 * pixels * self.local_dimension), *super().levels()]
