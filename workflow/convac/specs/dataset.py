"""What a dataset is, whatever its kind: see `convac.specs.datasets`."""

from typing import Any, ClassVar, Literal

from pydantic import Field, model_validator

from convac.specs.kinds import Kind
from convac.specs.spec import Natural

Control = Literal["none", "shuffled", "permuted"]

# Image sets whose original files are downloaded; what else is known of one stands under its name in convac.datasets.
DOWNLOADED = ("mnist", "fashion_mnist", "cifar10")


def is_empty(value: object) -> bool:
    """Whether there is nothing to write of a key."""
    return value is None or value == ()


class DatasetSpec(Kind):
    """Base of the datasets: the fields of a kind are the arguments of its `generate`.

    With `seeds`, images are drawn for the training run of each: its arrays have a leading axis of draws.
    """

    folder: ClassVar[str] = "datasets"
    room: ClassVar[str] = "datasets"

    control: Control = Field(default="none", description="what is taken away from the images or labels")
    seeds: tuple[Natural, ...] = Field(default=(), exclude_if=is_empty, description="of draws, in place of `seed`")
    path: str | None = Field(default=None, exclude=True, description="of the user's own images, where it is known")

    @model_validator(mode="after")
    def _seeded(self) -> "DatasetSpec":
        if self.seeds and getattr(self, "seed", None) is not None:
            raise ValueError("seed: stands beside `seeds`; accepted: one of the two")
        return self

    @property
    def arguments(self) -> dict[str, Any]:
        """What `generate` takes: the fields of the kind itself; the seed of a draw where there is one of all."""
        own = {name: getattr(self, name) for name in type(self).model_fields if name not in DatasetSpec.model_fields}
        return {name: value for name, value in own.items() if name != "seed" or value is not None}

    @property
    def draws(self) -> int:
        """How many times the images are drawn."""
        return max(1, len(self.seeds))

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
        """Images of a draw that are rendered for training, validation and testing."""
        raise NotImplementedError
