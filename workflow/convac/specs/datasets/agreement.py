"""Pairs of marks at an exact distance: see `convac.datasets.agreement`."""

from typing import Annotated, Literal

from pydantic import Field

from convac.specs.dataset import DatasetSpec
from convac.specs.spec import Natural, Positive


class AgreementSpec(DatasetSpec):
    """Binary images whose label depends only on pairs of marks at one exact distance."""

    task: Literal["parity", "agreement"]
    seed: Natural
    distance: Annotated[Positive, Field(ge=2)] = Field(description="distance between the marks of a pair, in columns")
    canvas: Annotated[Positive, Field(ge=4)] = Field(default=32, description="pixels along each side of an image")
    train: Positive = Field(default=8000, description="images rendered for training")
    validation: Positive = Field(default=1000, description="validation images, by which learning rates are chosen")
    test: Positive = Field(default=1500, description="test images")
    density: Annotated[float, Field(ge=0, le=1)] = Field(
        default=0.0, description="probability of clutter at a place away from all marks"
    )

    @property
    def pixels(self) -> int:
        """Pixels of an image."""
        return self.canvas**2

    @property
    def images(self) -> tuple[int, int, int]:
        """Images that are rendered for training, validation and testing."""
        return self.train, self.validation, self.test
