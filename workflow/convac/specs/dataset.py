"""What a dataset is, whatever its kind: see `convac.specs.datasets`."""

from typing import Any, ClassVar, Literal

from pydantic import Field

from convac.specs.kinds import Kind

Control = Literal["none", "shuffled", "permuted", "missing-points", "missing-rectangles"]

# Image sets whose original files are downloaded; what else is known of one stands under its name in convac.datasets.
DOWNLOADED = ("mnist", "fashion_mnist", "cifar10")


class DatasetSpec(Kind):
    """Base of the datasets: the fields of a kind are the arguments of its `generate`."""

    folder: ClassVar[str] = "datasets"
    room: ClassVar[str] = "datasets"

    control: Control = Field(default="none", description="what is taken away from the images or labels")

    @property
    def arguments(self) -> dict[str, Any]:
        """What `generate` takes: the fields of the kind itself."""
        return {name: getattr(self, name) for name in type(self).model_fields if name not in DatasetSpec.model_fields}

    @property
    def originals(self) -> str | None:
        """The image set whose original files must be there before it is made; None if it needs none."""
        return None

    @property
    def pixels(self) -> int:
        """Pixels of an image."""
        raise NotImplementedError

    @property
    def images(self) -> tuple[int, int, int]:
        """Images that are rendered for training, validation and testing."""
        raise NotImplementedError
