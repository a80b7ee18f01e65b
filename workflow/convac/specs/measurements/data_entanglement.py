"""Entanglement of the images that networks are trained on: see `convac.measurement.data_entanglement`."""

from typing import Annotated

from pydantic import Field

from convac.specs.measurement import DOUBLE, Counts, MeasurementSpec, images_of
from convac.specs.run import RunSpec
from convac.specs.spec import Positive


class DataEntanglementSpec(MeasurementSpec):
    """Entropy of the training images' tensor, and correlations in its place, under the tree's canonical partitions."""

    samples: Annotated[Positive, Field(ge=2)] = Field(
        description="number of training images of each seed whose entanglement is measured"
    )

    def counts(self, run: RunSpec) -> Counts:
        """What it computes: nothing by the networks; matrices of samples by samples and of pixels by pixels."""
        held = 6 * self.samples**2 + 3 * run.dataset.pixels**2 + 8 * self.samples * run.dataset.pixels
        return Counts(held=2 * images_of(run) + DOUBLE * held)
