"""What networks answer when pixels are missing: see `convac.measurement.missing`."""

from typing import Literal, Self

from pydantic import Field

from convac.specs.measurement import DOUBLE, Counts, MeasurementSpec, each_seed, images_of
from convac.specs.run import RunSpec
from convac.specs.spec import Share

# what is done about missing pixels in place of an imputation: a mixture model marginalises, a ConvNet has them marked
MARGINALISED: Literal["marginalised"] = "marginalised"
MARKED: Literal["mask channel"] = "mask channel"
Imputation = Literal["marginalised", "mask channel", "zero", "mean", "neighbour"]


class MissingSpec(MeasurementSpec):
    """Test images with missing pixels: which, how many, and what is done about them."""

    kinds: tuple[Literal["points", "rectangles"], ...] = Field(
        description="kinds of missing pixels: independent ones, or one rectangle"
    )
    rates: tuple[Share, ...] = Field(description="fractions of missing pixels")
    imputations: tuple[Imputation, ...] = Field(min_length=1)
    examples: Share | None = Field(
        default=None, description="fraction of missing pixels in the example images that are shown"
    )

    def counts(self, run: RunSpec) -> Counts:
        """What it computes on the networks of a run."""
        tests, tested, pixels = len(self.kinds) * len(self.rates), run.dataset.images[2], images_of(run)
        neighbours = "neighbour" in self.imputations
        return Counts(
            images=(1 + tests * len(self.imputations)) * tested,
            compared=neighbours * tests * tested * each_seed(run),
            held=2 * pixels + neighbours * 2 * DOUBLE * pixels,
        )

    def of_group(self, first: bool) -> Self:
        """What of it is measured on a group of the seeds: example images are those of the first seed of all."""
        return self if first else self.model_copy(update={"examples": None})
