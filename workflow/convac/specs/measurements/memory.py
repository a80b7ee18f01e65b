"""What a recurrent network remembers: see `convac.measurement.memory`."""

from typing import Annotated

from pydantic import Field

from convac.specs.measurement import Counts, MeasurementSpec, images_of
from convac.specs.run import RunSpec
from convac.specs.spec import Positive, Share


class MemorySpec(MeasurementSpec):
    """When a recurrent network has learnt its task, its gradients over time, and the rank of a RAC's amplitude."""

    solved: Share = Field(default=0.99, description="test accuracy from which a task counts as solved")
    sequences: Positive = Field(default=200, description="number of test sequences over which gradients are averaged")
    halves: Annotated[int, Field(ge=2, le=1000)] = Field(
        default=64,
        description="number of random first halves, and of second ones, from whose composites the rank is found",
    )

    def counts(self, run: RunSpec) -> Counts:
        """What it computes on the networks of a run: forward alone, and three times as much for gradients."""
        seeds = len(run.training.seeds)
        composites = self.halves**2 * (run.network.kind == "rac")
        return Counts(images=3 * self.sequences + composites, cuts=seeds, held=2 * images_of(run) + 64 * composites)
