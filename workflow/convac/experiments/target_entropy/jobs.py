"""Jobs of target_entropy: the families of its config."""

from typing import Annotated, Literal

from pydantic import Field

from convac.specs.spec import Positive, Spec


class ImageClasses(Spec):
    """Image classes that are known by samples: their images are shrunk and binarised."""

    tasks: tuple[Literal["digits", "closedness", "symmetry"], ...] = Field(
        min_length=1, description="digits (even or odd), or one of the two tasks on blobs"
    )
    sides: tuple[Annotated[int, Field(ge=2, le=8)], ...] = Field(min_length=4, description="pixels along an image")
    samples: Annotated[Positive, Field(ge=8)] = Field(description="images of each seed, no two seeds share one")
    seeds: Positive
