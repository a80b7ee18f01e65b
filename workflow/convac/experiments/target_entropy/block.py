"""target_entropy: how much entanglement do target functions of image classification have, and how does it scale?

Source: 1710.05520 (Zhang), which proves a sub-volume bound for target functions of reasonable image classification
problems. Only its abstract was available: tasks, conventions and thresholds are ours. All values are exact, except for
image classes that are known by samples.
"""

import math
from typing import Annotated

from pydantic import Field, model_validator

from convac.experiments.experiment import Cell, Experiment
from convac.experiments.target_entropy.jobs import Blocks, Families, ImageClasses, Listed, Scans, Sides, Subsets
from convac.specs.job import JobSpec
from convac.specs.spec import Natural, Positive

PIXELS = 20  # of an image whose functions are listed
BLOCK = 1000  # pixels of the largest block, whose rank must fit a float


class Block(Experiment):
    """Config of target_entropy."""

    may_repeat = frozenset({"block_image"})

    images: tuple[Sides, ...] = Field(
        min_length=1, description="image sizes on which functions are listed on all images; up to 20 pixels"
    )
    draws: Positive = Field(description="number of random functions with the same mean, for each function")
    block_image: Sides = Field(description="image size whose rectangles and named partitions are measured")
    halves: Natural = Field(description="number of random halves of the pixels of block_image that are measured")
    subset_images: tuple[Sides, ...] = Field(
        min_length=1, description="image sizes for random partitions, to test closed forms; up to 20 pixels"
    )
    heights: tuple[Annotated[int, Field(ge=2, le=31)], ...] = Field(
        min_length=4, description="heights of square blocks, half of an image, for tasks with exact spectra"
    )
    scan_heights: tuple[Annotated[int, Field(ge=2, le=8)], ...] = Field(
        min_length=4, description="heights of square blocks for tasks that a scan of columns decides"
    )
    strip_height: Annotated[int, Field(ge=2, le=6)] = Field(description="height of strips, which grow in length")
    lengths: tuple[Positive, ...] = Field(min_length=4, description="lengths of strips for tasks with exact spectra")
    scan_lengths: tuple[Annotated[int, Field(ge=1, le=1024)], ...] = Field(
        min_length=4, description="lengths of strips for tasks that a scan of columns decides"
    )
    classes: tuple[ImageClasses, ...] = Field(
        min_length=1, description="image classes that are known by samples, a job each"
    )

    @model_validator(mode="after")
    def _fits(self) -> "Block":
        for sides in (*self.images, *self.subset_images, self.block_image):
            if not sides[1] >= 2 or not math.prod(sides) <= PIXELS:
                raise ValueError(
                    f"images, subset_images, block_image: {list(sides)}; accepted: 2 columns or more, 20 pixels at most"
                )
        if self.strip_height * max(self.lengths) > BLOCK:
            raise ValueError(f"lengths: {max(self.lengths)}; accepted: strip_height × length up to {BLOCK}")
        return self


def cells(block: Block) -> list[Cell]:
    """One job each for listed functions, blocks of an image, random subsets, exact families, scans, image classes."""
    jobs: tuple[JobSpec, ...] = (
        Listed(images=block.images, draws=block.draws),
        Blocks(sites=block.block_image, halves=block.halves),
        Subsets(images=block.subset_images),
        Families(heights=block.heights, strip_height=block.strip_height, lengths=block.lengths),
        Scans(heights=block.scan_heights, strip_height=block.strip_height, lengths=block.scan_lengths),
        *block.classes,
    )
    return [*map(Cell, jobs)]


FIGURES = {
    "": "Entropy between a block A of an image’s pixels and the others against the block’s size, by task and "
    "convention: square blocks and strips; |∂A|: pairs of neighbours that the block’s boundary cuts.",
    "rank": "Logarithm of the exact rank of the same blocks, a bound on the entropy under any weights of the pixels.",
    "exponents": "Exponent of the entropy's growth with the block, over the four largest sizes, with 95 % intervals.",
    "conventions": "Entropy of every task on all images of a size by convention, beside random functions of its mean.",
    "blocks": "Entropy and logarithm of the rank of rectangles at an image's corner against their size.",
    "boundary": "Entropy and logarithm of the rank of half of an image's pixels against the boundary of that half.",
    "classes": "Entropy of digits and blobs, extrapolated in the number of samples, beside that under shuffled labels.",
    "samples": "Entropy of digits and blobs against 1 / samples, by the size in pixels that images are shrunk to.",
}
