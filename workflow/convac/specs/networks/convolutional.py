"""Convolutional networks of rectifiers: see `convac.networks.convolutional`."""

import operator
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from convac.specs.network import Brightest, NetworkSpec, Patch, Pixels, Pooling, Work


class ConvolutionalSpec(NetworkSpec):
    """A ConvNet: K×K convolutions, rectifiers, and pooling over 2×2 windows.

    >>> ConvolutionalSpec(geometry="square", sites=(4, 4), widths=(2, 3)).levels()
    [Level(products=576, values=32, parameters=36), Level(products=216, values=12, parameters=54)]
    """

    work: ClassVar[Work] = Work(17, 1.25, 2.2)
    biases: ClassVar[bool] = True

    kernel: Annotated[int, Field(ge=1, le=15)] = Field(
        default=3, description="sites along each axis of a convolution’s kernel"
    )
    pooling: Pooling = "max"
    patch: Patch = 1
    brightest: Brightest = 1
    initialisation: Literal["normal", "calibrated"] = Field(
        default="normal", exclude_if="normal".__eq__, description="distribution from which weights and biases are drawn"
    )
    affine: bool = Field(
        default=False,
        exclude_if=operator.not_,
        description="whether a site is represented by its pixels x and 1 − x, not by x alone",
    )
    mask_channel: bool = Field(
        default=False,
        exclude_if=operator.not_,
        description="whether pixels may be missing, which a further channel marks",
    )

    @property
    def pixels(self) -> Pixels:
        """How integer images become sites."""
        return Pixels(kind="affine", patch=self.patch, brightest=self.brightest)

    @property
    def calibrated(self) -> bool:
        """Whether the initialisation evaluates images to set its scales."""
        return self.initialisation == "calibrated"

    @property
    def maps(self) -> tuple[int, ...]:
        """Linear maps of every level, one for each entry of the kernel."""
        return (self.taps,) * len(self.widths)

    @property
    def taps(self) -> int:
        """Maps that a position of the level below goes through."""
        return self.kernel**2
