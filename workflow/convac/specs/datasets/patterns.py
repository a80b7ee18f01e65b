"""Patterns of random pixels: see `convac.datasets.patterns`."""

from typing import Annotated, Literal

from pydantic import Field

from convac.specs.dataset import DatasetSpec
from convac.specs.spec import Natural, Positive

Relation = Literal["left-right", "top-bottom", "half turn", "halves", "triples", "none"]


class PatternsSpec(DatasetSpec):
    """Binary images of random pixels, of which one class has pixels that follow from others."""

    relation: Relation = Field(description="relation by which a pixel follows from others")
    seed: Natural
    side: Annotated[Positive, Field(ge=2)] = Field(
        default=16, description="pixels along each side of an image, an even number"
    )
    followed: Annotated[float, Field(ge=0, le=1)] = Field(
        default=0.5, description="probability that a pixel follows from the others"
    )
    train: Positive = Field(default=4000, description="images rendered for training")
    validation: Positive = Field(default=1000, description="validation images, by which candidates are chosen")
    test: Positive = Field(default=1000, description="test images")

    @property
    def pixels(self) -> int:
        """Pixels of an image."""
        return self.side**2

    @property
    def images(self) -> tuple[int, int, int]:
        """Images that are rendered for training, validation and testing."""
        return self.train, self.validation, self.test
