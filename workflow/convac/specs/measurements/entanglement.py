"""Entanglement of networks under uniform inputs: see `convac.measurement.entanglement`."""

from typing import ClassVar

from pydantic import Field

from convac.specs.measurement import Counts, MeasurementSpec
from convac.specs.run import RunSpec
from convac.specs.spec import Natural, Rate


class EntanglementSpec(MeasurementSpec):
    """Entanglement across partitions and bonds, of the trained networks and of the snapshots of their training."""

    on_images: ClassVar[bool] = False

    partitions: tuple[str, ...] = Field(default=(), description="names of partitions of the sites")
    label: Natural = Field(default=1, description="class whose score is measured")
    bonds: bool = Field(default=False, description="whether the entropy of every bond is measured")
    matched_loss: Rate | None = Field(
        default=None, description="training loss at whose first snapshot networks are also measured [nats]"
    )

    def counts(self, run: RunSpec) -> Counts:
        """What it computes on the networks of a run."""
        networks = len(run.training.seeds) * (1 + len(run.training.snapshots))
        return Counts(cuts=networks * len(self.partitions), engine=bool(self.partitions) or self.bonds)
