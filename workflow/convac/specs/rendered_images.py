"""Images of published or own originals that are rendered for a task, seed by seed."""

from typing import Annotated

from pydantic import Field, model_validator

from convac.specs.dataset import DatasetSpec, is_empty
from convac.specs.own_images import NAMES
from convac.specs.spec import Natural, Positive

Side = Annotated[Positive, Field(ge=4)]


class RenderedImagesSpec(DatasetSpec):
    """What every such dataset has; those that inherit it say what is done with the originals on the canvas."""

    source: Annotated[str, Field(pattern=NAMES)] = Field(
        description="source of the originals: a published dataset, or `own-` and a digest of your images"
    )
    seed: Natural | None = Field(
        default=None,
        exclude_if=is_empty,
        description="seed of one dataset for all networks; none where `seeds` gives each its own",
    )
    size: Side = Field(description="pixels along each side of an original after resampling")
    canvas: Side

    @model_validator(mode="after")
    def _drawn(self) -> "RenderedImagesSpec":
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
