"""Images whose pixels have changed places: see `convac.datasets.swapped_images`."""

from typing import Literal

from pydantic import Field

from convac.specs.rendered_images import RenderedImagesSpec, Side
from convac.specs.spec import Natural, Positive


class SwappedImagesSpec(RenderedImagesSpec):
    """Images in two classes, some of whose pixels have changed places, perhaps rearranged by what goes together."""

    canvas: Side = Field(default=16, description="pixels along each side of an image, a power of two")
    train: Positive = Field(default=4000, description="images rendered for training")
    test: Positive = Field(default=1000, description="test images")
    swaps: Natural = Field(
        default=0, description="number of swaps of two pixels; one less than there are pixels: a random order"
    )
    places: Literal["swapped", "rearranged"] = Field(
        default="swapped", description="whether pixels stay swapped, or are then rearranged by their correlations alone"
    )

    @property
    def images(self) -> tuple[int, int, int]:
        """Images that are rendered for training, validation and testing."""
        return self.train, 0, self.test
