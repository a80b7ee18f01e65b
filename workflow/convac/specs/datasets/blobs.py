"""Blobs: see `convac.datasets.blobs`."""

from typing import Annotated, Literal

from pydantic import Field

from convac.specs.dataset import DatasetSpec
from convac.specs.spec import Natural, Positive

LEAST_SIDE = 16  # pixels
BlobTask = Literal["closedness", "symmetry"]


class BlobsSpec(DatasetSpec):
    """Binary images of one torn blob each, classified by how closed or how left-right symmetric it is."""

    task: BlobTask
    seed: Natural
    rendered_train: Positive = Field(default=25_000, description="images rendered for training, before selection")
    rendered_test: Positive = Field(default=5_000, description="images rendered for testing, before selection")
    keep: Annotated[float, Field(gt=0, le=0.5)] = Field(default=0.4, description="share of them that each class is")
    side: Annotated[Positive, Field(ge=LEAST_SIDE)] = Field(
        default=32, description="pixels along each axis, a power of two"
    )

    @property
    def pixels(self) -> int:
        """Pixels of an image."""
        return self.side**2

    @property
    def images(self) -> tuple[int, int, int]:
        """Images that are rendered for training, validation and testing."""
        return self.rendered_train, 0, self.rendered_test
