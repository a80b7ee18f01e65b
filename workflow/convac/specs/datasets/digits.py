"""Digits and other photographed things: see `convac.datasets.digits`."""

import operator
from typing import Annotated

from pydantic import Field, model_validator

from convac.specs.dataset import DatasetSpec, is_empty
from convac.specs.own_images import NAMES
from convac.specs.spec import Natural, Positive

Side = Annotated[Positive, Field(ge=4)]


class DigitsSpec(DatasetSpec):
    """Images of a published set or of the user's own, resampled and placed on a canvas."""

    source: Annotated[str, Field(pattern=NAMES)] = Field(description="a published set, or own- and the images' content")
    seed: Natural | None = Field(default=None, exclude_if=is_empty, description="of all images; none beside `seeds`")
    size: Side = Field(description="pixels along each side of a resampled original")
    canvas: Side = Field(default=32, description="pixels along each axis")
    train: Positive = Field(default=8000, description="images rendered for training")
    validation: Positive = Field(default=1000, description="images that rates are chosen by")
    test: Positive = Field(default=1500, description="images that are tested on")
    grid: Positive = Field(default=1, description="pixels between two places")
    clutter: Natural = Field(default=0, description="patches of other originals in every image")
    shades: Annotated[int, Field(ge=2, le=256)] = Field(default=256, description="grey values")
    resplit: bool = Field(
        default=False, exclude_if=operator.not_, description="whether each seed parts the originals anew"
    )

    @model_validator(mode="after")
    def _drawn(self) -> "DigitsSpec":
        if self.seed is None and not self.seeds:
            raise ValueError("seed: is missing; accepted: an integer, or `seeds`")
        return self

    @property
    def originals(self) -> str | None:
        """The image set whose original files must be there before it is made; None if it needs none."""
        return None if self.source == "digits" else self.source

    @property
    def pixels(self) -> int:
        """Pixels of an image."""
        return self.canvas**2

    @property
    def images(self) -> tuple[int, int, int]:
        """Images that are rendered for training, validation and testing."""
        return self.train, self.validation, self.test
