"""A baseline without training, on pixels as they are: see `convac.measurement.least_squares`."""

from convac.specs.measurement import Counts, MeasurementSpec, images_of
from convac.specs.run import RunSpec


class LeastSquaresSpec(MeasurementSpec):
    """Train and test accuracy of least squares on the pixels."""

    def counts(self, run: RunSpec) -> Counts:
        """What it computes: nothing by the networks; one seed's pixels are held in float64, with a copy."""
        return Counts(held=images_of(run) + 16 * images_of(run) // run.dataset.draws)
