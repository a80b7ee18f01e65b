"""What truncated networks still answer: see `convac.measurement.truncation`."""

from pydantic import Field

from convac.specs.measurement import Counts, MeasurementSpec, images_of
from convac.specs.run import RunSpec
from convac.specs.spec import Positive


class TruncationSpec(MeasurementSpec):
    """Accuracy of trained networks whose every bond keeps only its top Schmidt vectors."""

    ranks: tuple[Positive, ...] = Field(
        min_length=1, description="numbers of Schmidt vectors that each bond keeps in turn"
    )

    def counts(self, run: RunSpec) -> Counts:
        """What it computes on the networks of a run."""
        answered = len(run.training.seeds) * len(self.ranks) * run.dataset.images[2]
        return Counts(engine=True, truncated=answered, held=2 * images_of(run))
