"""Digits and other photographed things: see `convac.datasets.digits`."""

from typing import Annotated, Literal

from pydantic import Field

from convac.specs.dataset import DOWNLOADED, DatasetSpec
from convac.specs.spec import Natural, Positive

Source = Literal["digits", "mnist", "fashion_mnist", "cifar10"]
Side = Annotated[Positive, Field(ge=4)]


class DigitsSpec(DatasetSpec):
    """Images of a published set, resampled and placed on a canvas, in ten classes."""

    source: Source = Field(description="where the originals come from")
    seed: Natural
    size: Side = Field(description="pixels along each side of a resampled original")
    canvas: Side = Field(default=32, description="pixels along each axis")
    train: Positive = Field(default=8000, description="images rendered for training")
    validation: Positive = Field(default=1000, description="images that rates are chosen by")
    test: Positive = Field(default=1500, description="images that are tested on")
    grid: Positive = Field(default=1, description="pixels between two places")
    clutter: Natural = Field(default=0, description="patches of other originals in every image")
    shades: Annotated[int, Field(ge=2, le=256)] = Field(default=256, description="grey values")

    @property
    def originals(self) -> str | None:
        """The image set whose original files must be there before it is made; None if it needs none."""
        return self.source if self.source in DOWNLOADED else None

    @property
    def pixels(self) -> int:
        """Pixels of an image."""
        return self.canvas**2

    @property
    def images(self) -> tuple[int, int, int]:
        """Images that are rendered for training, validation and testing."""
        return self.train, self.validation, self.test
