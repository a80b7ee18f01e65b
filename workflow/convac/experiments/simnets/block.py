"""simnets: does pooling geometry decide what a network learns, from arithmetic circuits to maxima?

Sources: 1410.0781 and 1506.03059 (SimNets: similarities, and MEX_β, a mean that is an arithmetic circuit's sum at β = 1
and a maximum at β = ∞); 1605.06743 (pooling geometry). One family of networks leads from a ConvAC with positive weights
to one that adds and takes maxima: while it is trained, each is led from β = 1 to its own (benchmarks/simnet_starts.py).
The blobs and the four cells, two tasks by two geometries, are pooling_geometry's.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Annotated, Literal

from pydantic import Field, model_validator

from convac.errors import ArgumentError
from convac.experiments.blob_runs import BlobImages, cell
from convac.experiments.experiment import Cell
from convac.specs.datasets.blobs import BlobTask
from convac.specs.measurement import MeasureSpec
from convac.specs.measurements.dependence import DependenceSpec
from convac.specs.networks.simnet import LIMITS, SimNetSpec
from convac.specs.spec import Natural, Positive
from convac.specs.training import Schedule

PARTITION = "left-right"  # what the label of symmetry is about
NETWORK = "SimNet"
Beta = Annotated[float, Field(gt=0)] | Literal["max"]


class Block(BlobImages):
    """Config of simnets."""

    betas: tuple[Beta, ...] = Field(min_length=1, description="β of MEX: 1 is an arithmetic circuit, max the limit ∞")
    annealed: Annotated[float, Field(ge=0, lt=1)] = Field(
        description="fraction of the steps in which 1/β changes evenly from 1 to its value; 0: none"
    )
    width: Positive = Field(description="channels of every level")
    training: Schedule = Field(description="training, the same for every network")
    samples: Annotated[Positive, Field(ge=32)] = Field(
        description="halves of test images per side, for dependence on data"
    )
    least_pixels: Natural = Field(description="fewest set pixels in each half of an image, for dependence on data")

    @model_validator(mode="after")
    def _told_apart(self) -> "Block":
        shown = [beta_label(beta) for beta in self.betas]
        if len({*shown}) < len(shown):
            raise ArgumentError(f"betas: {', '.join(shown)}; accepted: each value once")
        return self

    @property
    def snapped(self) -> tuple[Schedule, ...]:
        """The schedule of every network."""
        return (self.training,)


def cells(block: Block) -> list[Cell]:
    """A network for every task, geometry and β, over all seeds."""
    return [each for task in block.tasks for geometry in block.geometries for each in compared(block, task, geometry)]


def compared(block: Block, task: BlobTask, geometry: str) -> Iterator[Cell]:
    """Networks of one task and geometry, measured through training; beside those of the fitting one, the label's."""
    for beta in block.betas:
        kind = partial(SimNetSpec, beta=beta, annealed=block.annealed)
        made = cell(block, task, NETWORK, geometry, block.width, block.training, kind, snapshots=block.snapshots)
        labels = {name: value for name, value in made.labels.items() if name != "initialisation"}
        dependence = DependenceSpec(
            partitions=(PARTITION,),
            samples=block.samples,
            least_pixels=block.least_pixels,
            controls=False,
            label_score=labels["fits"] == "yes" and beta == block.betas[0],
        )
        measure = MeasureSpec(measurements=(dependence,))
        yield replace(made, labels={**labels, "beta": beta_label(beta)}, measure=measure)


def beta_label(beta: float | str) -> str:
    """How tables write β.

    >>> beta_label(4.0), beta_label("max")
    ('4', 'inf')
    """
    return f"{LIMITS.get(beta, 0.0) if isinstance(beta, str) else beta:g}"


FIGURES = {
    "": "Test and train accuracy of SimNets by β, and gain of the suitable geometry, with 95 % intervals over seeds.",
    "dependence": "Interaction share of the log-odds, left | right, on composites of held-out images, by β, untrained "
    "and trained, beside that of the label’s score.",
    "training": "Accuracy and interaction share during training, a line per β.",
}
