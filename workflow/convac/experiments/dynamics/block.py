"""dynamics: in which order does a network learn its Schmidt vectors, and which bonds are learned last?

Sources: 2201.11729 (hierarchical tensor factorizations, circuits with real weights, learn one component after another
from a small initialisation, and so prefer low rank); 2103.11785 (entanglement and loss of trained networks). Circuits
over images of 4×4 pixels, pairs of which are sites, are fitted to a task's labels on all images by gradient descent, so
that every loss and spectrum is exact. Schmidt vectors are followed by identity: those of the final network, projected
on it at every moment. The large start is the control.
"""

from itertools import product
from typing import Annotated

from pydantic import Field

from convac.experiments.dynamics.jobs import Descent, Start, Task
from convac.experiments.experiment import Cell, Experiment
from convac.specs.spec import Positive, Rate, Spec
from convac.specs.training import Seeds, seeds_of


class Scale(Spec):
    """What a start is called, and how large the untrained function is."""

    start: Start
    scale: Rate = Field(description="root mean square of the untrained function; that of the labels is 1")


class Block(Experiment):
    """Config of dynamics."""

    tasks: tuple[Task, ...] = Field(min_length=1, description="labels of images of 4×4 pixels")
    starts: tuple[Scale, ...] = Field(min_length=1, description="scales of the initial weights")
    width: Annotated[Positive, Field(ge=2)] = Field(description="channels of every level")
    rate: Rate = Field(description="length of a step in the space of all weights")
    steps: Annotated[Positive, Field(ge=20)] = Field(description="steps of gradient descent")
    moments: Annotated[Positive, Field(ge=4)] = Field(
        description="number of steps at which spectra are taken, evenly spaced in their logarithm"
    )
    seeds: Seeds = Field(description="seeds of the initial weights: how many, from 0, or which")


def cells(block: Block) -> list[Cell]:
    """One job per task and start."""
    return [
        Cell(
            Descent(
                task=task,
                start=each.start,
                scale=each.scale,
                width=block.width,
                rate=block.rate,
                steps=block.steps,
                moments=block.moments,
                seeds=seeds_of(block.seeds),
            ),
            {"task": task, "start": each.start},
        )
        for task, each in product(block.tasks, block.starts)
    ]


FIGURES = {
    "": "Weight of every final Schmidt pair at the cut into halves during training, relative to its final weight; one "
    "network, a column per task, a row per start.",
    "order": "Kendall’s τ-b between the size of final Schmidt pairs and how early they enter, beside that of an "
    "unfactorised tensor; and the step at which the second pair enters at the cut into halves, relative to that at "
    "rows of pixels; by task and start.",
    "entropy": "Error and mean bond entropy during training, by task and start.",
}
