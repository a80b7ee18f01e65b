"""A baseline without training, by the windows of a network's tree: see `convac.measurement.windows`."""

from convac.specs.measurement import Counts, MeasurementSpec, images_of
from convac.specs.run import RunSpec


class WindowsSpec(MeasurementSpec):
    """Test accuracy of least squares on the counts of set pixels in the tree's windows."""

    def counts(self, run: RunSpec) -> Counts:
        """What it computes: nothing by the networks; the windows of all levels together hold few numbers a pixel."""
        return Counts(held=2 * images_of(run))
