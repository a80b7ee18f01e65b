"""Jobs of target_entropy: the families of its config."""

from typing import Annotated, Literal

from pydantic import Field

from convac.specs.job import JobSpec
from convac.specs.spec import Natural, Positive
from convac.specs.training import Seeds

Sides = tuple[Positive, Positive]


class ImageClasses(JobSpec):
    """Image classes that are known by samples: their images are shrunk and binarised."""

    tasks: tuple[Literal["digits", "closedness", "symmetry"], ...] = Field(
        min_length=1, description="digits (even or odd), or blobs by closedness or symmetry"
    )
    sides: tuple[Annotated[int, Field(ge=2, le=8)], ...] = Field(
        min_length=4, description="sides of the images in pixels"
    )
    samples: Annotated[Positive, Field(ge=32)] = Field(
        description="number of images of each seed; no two seeds share an image"
    )
    seeds: Seeds = Field(description="sets of images, or their seeds")


class Listed(JobSpec):
    """Functions of images that are listed, beside random ones."""

    images: tuple[Sides, ...]
    draws: Positive


class Blocks(JobSpec):
    """Rectangles, named partitions and random halves of one image."""

    sites: Sides
    halves: Natural


class Subsets(JobSpec):
    """Random subsets of the pixels of listed images, for tasks whose rank or entropy has a closed form."""

    images: tuple[Sides, ...]


class Families(JobSpec):
    """Square blocks and strips, of tasks with exact spectra."""

    heights: tuple[Positive, ...]
    strip_height: Positive
    lengths: tuple[Positive, ...]


class Scans(JobSpec):
    """Square blocks and strips, of tasks that a scan of columns decides."""

    heights: tuple[Positive, ...]
    strip_height: Positive
    lengths: tuple[Positive, ...]
