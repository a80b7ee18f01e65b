"""trained_entanglement: does a trained network depend on its inputs as its task requires, and does its answer need it?

Sources: the lectures' "Measuring Dependence"; 2103.11785 (entanglement of trained networks); 1605.06743 (pooling
geometry). The networks are those of pooling_geometry. Their dependence between the left and the right half of an image
is measured on composites of held-out images, through training and under controls; and, once, as the
entanglement of one class's amplitude under the uniform measure on all inputs.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated

from pydantic import Field

from convac.experiments.blob_runs import FITTING, BlobExperiment, deep, first_seeds, under
from convac.experiments.experiment import Cell
from convac.specs.dataset import Control
from convac.specs.datasets.blobs import BlobTask
from convac.specs.measurement import MeasureSpec
from convac.specs.measurements.data_basis import DataBasisSpec
from convac.specs.measurements.dependence import DependenceSpec
from convac.specs.measurements.entanglement import EntanglementSpec
from convac.specs.spec import Positive, Rate

PARTITIONS = ("left-right",)  # what the label of symmetry is about
CONTROLS: tuple[Control, ...] = ("shuffled", "permuted")


class Block(BlobExperiment):
    """Config of trained_entanglement."""

    memorised: Annotated[Positive, Field(ge=10)] = Field(
        description="blobs drawn for training under shuffled labels, few enough to be memorised"
    )
    memorised_steps: Positive = Field(description="training steps under shuffled labels, until they are memorised")
    matched_loss: Rate = Field(description="training loss at which networks are also compared [nats]")
    samples: Annotated[Positive, Field(ge=32)] = Field(
        description="halves of test images per side, for dependence on data"
    )
    vectors: tuple[Positive, ...] = Field(
        min_length=1, description="numbers of Schmidt vectors that the posterior keeps"
    )


def cells(block: Block) -> list[Cell]:
    """Networks of every kind, task and geometry, measured through training; then the controls of the last task."""
    found = [
        replace(each, labels={**each.labels, "control": "none"}, measure=measured(block, each))
        for task in block.tasks
        for geometry in block.geometries
        for each in deep(block, task, geometry)
    ]
    return [*found, *controlled(first_seeds(block), block.tasks[-1])]


def measured(block: Block, cell: Cell) -> MeasureSpec:
    """Dependence on data, the label's own where the geometry fits; of ConvACs also the entanglement of an amplitude."""
    dependence = DependenceSpec(
        partitions=PARTITIONS,
        samples=block.samples,
        vectors=block.vectors,
        label_score=cell.labels["fits"] == "yes",
        matched_loss=block.matched_loss,
    )
    if not str(cell.labels["network"]).startswith("ConvAC"):
        return MeasureSpec(measurements=(dependence,))
    uniform = EntanglementSpec(partitions=PARTITIONS, matched_loss=block.matched_loss)
    return MeasureSpec(measurements=(uniform, DataBasisSpec(partitions=PARTITIONS), dependence))


def controlled(block: Block, task: BlobTask) -> Iterator[Cell]:
    """Every kind of network in the task's own geometry, under each control: few images with shuffled labels, for steps
    of their own, or pixels in one other order.
    """
    geometry = FITTING[task]
    dependence = DependenceSpec(partitions=PARTITIONS, samples=block.samples, controls=False)
    unobserved = block.model_copy(update={"snapshots": ()})
    for each in deep(unobserved, task, geometry) if geometry in block.geometries else ():
        for control in CONTROLS:
            images = {"rendered_train": block.memorised} if control == "shuffled" else {}
            training = {"steps": block.memorised_steps} if control == "shuffled" else {}
            labels = {**each.labels, "control": control}
            spec = under(each, control, images, training)
            yield Cell(spec, labels, MeasureSpec(measurements=(dependence,)))


FIGURES = {
    "": "Interaction share of the log-odds and entropy of the centred posterior, left | right, on composites of "
    "held-out images: every network, trained and untrained, beside the label’s score.",
    "kept": "Accuracy on held-out images against the number of Schmidt vectors of the posterior that are kept, which "
    "are fitted on other images; a panel per network, geometry and task.",
    "training": "Interaction share during training, and at equal training loss.",
    "controls": "Interaction share and accuracy of every kind of network under each control, beside the original data.",
    "conditions": "Interaction share by the images that composites are made of.",
    "measures": "Three measures of trained ConvACs, left | right: the amplitude’s Rényi-2 entropy under the uniform "
    "measure on all inputs, given up since; the same in the data’s basis; the centred posterior on held-out images.",
}
