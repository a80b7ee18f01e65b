"""Entanglement of amplitudes in the data's own basis: see `convac.measurement.data_basis`."""

from pydantic import Field

from convac.specs.measurement import Counts, MeasurementSpec, images_of
from convac.specs.run import RunSpec
from convac.specs.spec import Natural


class DataBasisSpec(MeasurementSpec):
    """Rényi-2 entropy of trained networks' amplitudes in the basis of the data's own marginals."""

    partitions: tuple[str, ...] = Field(min_length=1, description="names of partitions of the sites")
    label: Natural = Field(default=1, description="class whose amplitude is measured")

    def counts(self, run: RunSpec) -> Counts:
        """What it computes on the networks of a run."""
        return Counts(cuts=len(run.training.seeds) * len(self.partitions), engine=True, held=2 * images_of(run))
