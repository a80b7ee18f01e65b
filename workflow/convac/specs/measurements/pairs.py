"""Baselines without training, for sequences of pairs: see `convac.measurement.pairs`."""

from convac.specs.measurement import Counts, MeasurementSpec, images_of
from convac.specs.run import RunSpec


class PairsSpec(MeasurementSpec):
    """Test accuracy of rules that are told which steps of a sequence are paired."""

    def counts(self, run: RunSpec) -> Counts:
        """What it computes: nothing by the networks; whether each pair is alike."""
        return Counts(held=2 * images_of(run))
