"""ConvACs whose windows overlap: see `convac.networks.overlapping`."""

from typing import Annotated, ClassVar

from pydantic import Field

from convac.specs.network import NetworkSpec, Pixels, Weights, Work


class OverlappingSpec(NetworkSpec):
    """A ConvAC of generalised convolutions, K×K sites large and two sites apart."""

    work: ClassVar[Work] = Work(10, 2.75, 2.2)

    kernel: Annotated[int, Field(ge=2, le=7)] = Field(default=3, description="sites along each axis of a window")
    weights: Weights = "positive"
    representation: Pixels = Pixels()

    @property
    def pixels(self) -> Pixels:
        """How integer images become sites."""
        return self.representation

    @property
    def signed(self) -> bool:
        """Whether weights have signs, so that engines follow their rounding."""
        return self.weights == "signed"

    @property
    def maps(self) -> tuple[int, ...]:
        """Linear maps of every level, one for each entry of the kernel."""
        return (self.taps,) * len(self.widths)

    @property
    def taps(self) -> int:
        """Maps that a position of the level below goes through."""
        return self.kernel**2

    @property
    def factors(self) -> int:
        """Numbers that are kept of each value before values are pooled: one for each entry of the kernel."""
        return self.taps
