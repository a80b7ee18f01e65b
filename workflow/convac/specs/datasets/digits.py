"""Digits and other photographed things: see `convac.datasets.digits`."""

import operator
from typing import Annotated

from pydantic import Field

from convac.specs.rendered_images import RenderedImagesSpec, Side
from convac.specs.spec import Natural, Positive


class DigitsSpec(RenderedImagesSpec):
    """Images of a published set or of the user, resampled and placed on a canvas."""

    canvas: Side = Field(default=32, description="pixels along each side of an image")
    train: Positive = Field(default=8000, description="images rendered for training")
    validation: Positive = Field(default=1000, description="validation images, by which learning rates are chosen")
    test: Positive = Field(default=1500, description="test images")
    grid: Positive = Field(default=1, description="distance of two places where an original may stand, in pixels")
    clutter: Natural = Field(default=0, description="patches of other originals in every image")
    shades: Annotated[int, Field(ge=2, le=256)] = Field(default=256, description="number of grey values")
    resplit: bool = Field(
        default=False,
        exclude_if=operator.not_,
        description="whether each seed splits the originals into training and test anew",
    )

    @property
    def images(self) -> tuple[int, int, int]:
        """Images that are rendered for training, validation and testing."""
        return self.train, self.validation, self.test
