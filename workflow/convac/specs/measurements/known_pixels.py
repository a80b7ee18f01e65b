"""Baselines without training for images with missing pixels: see `convac.measurement.known_pixels`."""

from typing import Literal

from pydantic import Field

from convac.specs.measurement import DOUBLE, Counts, MeasurementSpec, each_seed, images_of
from convac.specs.run import RunSpec
from convac.specs.spec import Share


class KnownPixelsSpec(MeasurementSpec):
    """Naive Bayes and nearest neighbour on the known pixels: test accuracy by kind and fraction of missing ones."""

    kinds: tuple[Literal["points", "rectangles"], ...] = Field(
        description="kinds of missing pixels: independent ones, or one rectangle"
    )
    rates: tuple[Share, ...] = Field(description="fractions of missing pixels")

    def counts(self, run: RunSpec) -> Counts:
        """What it computes on the images of a run; nothing by its networks."""
        tests, pixels = 1 + len(self.kinds) * len(self.rates), images_of(run)
        return Counts(compared=tests * run.dataset.images[2] * each_seed(run), held=(2 + 2 * DOUBLE) * pixels)
