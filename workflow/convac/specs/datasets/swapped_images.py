"""Images whose pixels have changed places: see `convac.datasets.swapped_images`."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from convac.specs.dataset import DatasetSpec, is_empty
from convac.specs.own_images import NAMES
from convac.specs.spec import Natural, Positive

Side = Annotated[Positive, Field(ge=4)]


class SwappedImagesSpec(DatasetSpec):
    """Images in two classes, some of whose pixels have changed places, perhaps rearranged by what goes together."""

    source: Annotated[str, Field(pattern=NAMES)] = Field(description="a published set, or own- and the images' content")
    seed: Natural | None = Field(default=None, exclude_if=is_empty, description="of all images; none beside `seeds`")
    size: Side = Field(description="pixels along each side of a resampled original")
    canvas: Side = Field(default=16, description="pixels along each axis, a power of two")
    train: Positive = Field(default=4000, description="images rendered for training")
    test: Positive = Field(default=1000, description="images that are tested on")
    swaps: Natural = Field(default=0, description="of two pixels' places; as many as pixels less one: any order")
    places: Literal["swapped", "rearranged"] = Field(
        default="swapped", description="of pixels; rearranged ones are then found anew, from correlations alone"
    )

    @model_validator(mode="after")
    def _drawn(self) -> "SwappedImagesSpec":
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
        return self.train, 0, self.test
