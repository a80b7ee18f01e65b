"""Dependence on data: see `convac.measurement.dependence`."""

from typing import Annotated

from pydantic import Field

from convac.specs.measurement import Counts, MeasurementSpec, images_of
from convac.specs.run import RunSpec
from convac.specs.spec import Natural, Positive, Rate, Share

DOUBLE, COPIES = 8, 20  # bytes; copies of all scores in the analysis


class DependenceSpec(MeasurementSpec):
    """How dependence on data is measured: on composites of test images, by parts of different ones."""

    partitions: tuple[str, ...] = Field(min_length=1, description="names of partitions of the pixels")
    samples: Annotated[int, Field(ge=32, le=10_000)] = Field(
        description="largest number of rows, and of columns, of composites in a draw"
    )
    least_pixels: Natural = Field(default=20, description="pixels other than 0 that an image has in each half")
    controls: bool = Field(default=True, description="whether trained networks are also measured without a condition")
    vectors: tuple[Positive, ...] = Field(
        default=(), description="numbers of Schmidt vectors of the posterior that are kept"
    )
    label_score: bool = Field(default=False, description="whether the score behind the label is also measured")
    learnt: Share = Field(
        default=0.9, description="test accuracy from which a network counts as having learnt its task"
    )
    matched_loss: Rate | None = Field(
        default=None, description="training loss at whose first snapshot networks are also measured [nats]"
    )

    def counts(self, run: RunSpec) -> Counts:
        """What it computes on the networks of a run."""
        moments = {0, *run.training.snapshots, run.training.steps}
        # of the trained ones without a condition, and of each class, by half as many rows and columns
        controls = (1 + run.network.classes) / 4 * self.controls
        draws = len(moments) + controls + self.label_score + bool(self.vectors)
        scores = run.network.classes * self.samples**2
        return Counts(
            composites=len(run.training.seeds) * len(self.partitions) * draws * self.samples**2,
            held=DOUBLE * COPIES * scores + images_of(run),
        )
