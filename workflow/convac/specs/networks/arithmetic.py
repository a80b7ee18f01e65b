"""Convolutional arithmetic circuits: see `convac.networks.arithmetic`."""

from typing import ClassVar, Literal

from convac.specs.network import NetworkSpec, Pixels, Sharing, Weights, Work, maps_of

Initialisation = Literal["uniform", "calibrated", "diagonal", "normal"]


class ArithmeticSpec(NetworkSpec):
    """A ConvAC over a tree; without a representation it is given sites, not images.

    >>> ArithmeticSpec(geometry="square", sites=(4, 4), widths=(2, 3)).parameters()
    16
    """

    work: ClassVar[Work] = Work(8, 4, 5.0)  # logarithms and scales
    circuit: ClassVar[bool] = True

    weights: Weights = "positive"
    sharing: Sharing = "shared"
    initialisation: Initialisation | None = None
    representation: Pixels | None = None

    @property
    def pixels(self) -> Pixels:
        """How integer images become sites."""
        return self.representation or Pixels()

    @property
    def signed(self) -> bool:
        """Whether weights have signs, so that engines follow their rounding."""
        return self.weights == "signed"

    @property
    def calibrated(self) -> bool:
        """Whether the initialisation evaluates images to set its scales."""
        return self.initialisation == "calibrated"

    @property
    def one_hot(self) -> bool:
        """Whether every position sees one of few symbols: one-hot sites below, weights shared over positions."""
        return self.sharing == "shared" and self.pixels.kind == "one-hot"

    @property
    def maps(self) -> tuple[int, ...]:
        """Linear maps of every level: one, or one for each position of a window or of the level."""
        return maps_of(self, self.sharing)
