"""Blobs: see `convac.datasets.blobs`."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from convac.specs.dataset import DatasetSpec, is_empty
from convac.specs.spec import Natural, Positive

LEAST_SIDE = 16  # pixels
BlobTask = Literal["closedness", "symmetry"]


class BlobsSpec(DatasetSpec):
    """Binary images of one torn blob each, classified by how closed or how left-right symmetric it is."""

    task: BlobTask
    seed: Natural | None = Field(
        default=None,
        exclude_if=is_empty,
        description="seed of one dataset for all networks; none where `seeds` gives each its own",
    )
    rendered_train: Positive = Field(default=25_000, description="images rendered for training, before selection")
    rendered_test: Positive = Field(default=5_000, description="images rendered for testing, before selection")
    keep: Annotated[float, Field(gt=0, le=0.5)] = Field(
        default=0.4, description="fraction of the rendered images that is kept as each class"
    )
    side: Annotated[Positive, Field(ge=LEAST_SIDE)] = Field(
        default=32, description="pixels along each side of an image, a power of two"
    )

    @model_validator(mode="after")
    def _drawn(self) -> "BlobsSpec":
        if self.seed is None and not self.seeds:
            raise ValueError("seed: is missing; accepted: an integer, or `seeds`")
        return self

    @property
    def pixels(self) -> int:
        """Pixels of an image."""
        return self.side**2

    @property
    def images(self) -> tuple[int, int, int]:
        """Images that are rendered for training, validation and testing."""
        return self.rendered_train, 0, self.rendered_test
