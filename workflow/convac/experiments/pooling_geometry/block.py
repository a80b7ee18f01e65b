"""pooling_geometry: does the order in which sites are pooled decide which dependencies a network can learn?

Source: 1605.06743 (Cohen & Shashua, ICLR 2017), Experiments. Shared 1×1 weights with symmetric windows leave the
deep networks invariant to permuting the children of any node of their tree.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Annotated, Literal

import numpy as np
from pydantic import Field, model_validator

from convac.experiments.experiment import Cell, Experiment
from convac.geometry.partitions import Partition
from convac.geometry.trees import PoolingTree
from convac.specs.datasets.blobs import BlobsSpec
from convac.specs.geometry import TreeFile, geometry_label
from convac.specs.measurement import MeasureSpec
from convac.specs.measurements.dependence import DependenceSpec
from convac.specs.measurements.entanglement import EntanglementSpec
from convac.specs.network import NetworkSpec
from convac.specs.networks.arithmetic import ArithmeticSpec, Initialisation
from convac.specs.networks.rectifier import RectifierSpec
from convac.specs.run import RunSpec
from convac.specs.spec import INTEGER, Positive, Scalar
from convac.specs.training import Schedule, Seeds, TrainingSpec, seeds_of

FITTING = {"closedness": "square", "symmetry": "mirror"}  # the geometry that suits a task
LEFT_RIGHT = "left-right"  # the partition that the label of symmetry is about
# of the images; 0 made those of the pilot that thresholds were set by
DATA_SEED = 1

INITIALISATIONS: tuple[Initialisation, ...] = ("calibrated", "normal")  # ours, and the textbook's
POSITIVE = partial(ArithmeticSpec, weights="positive")

Task = Literal["closedness", "symmetry"]
Geometry = Literal["square", "mirror"] | TreeFile


class Block(Experiment):
    """Config of pooling_geometry."""

    tasks: tuple[Task, ...] = Field(min_length=1, description="what is asked of a blob")
    side: Annotated[Literal[16, 32, 64], INTEGER] = Field(description="pixels along each side of an image")
    rendered_train: Annotated[Positive, Field(ge=10)] = Field(
        description="blobs drawn for training; 80 % become examples"
    )
    rendered_test: Annotated[Positive, Field(ge=10)] = Field(
        description="blobs drawn for testing; 80 % become examples"
    )
    geometries: tuple[Geometry, ...] = Field(min_length=1, description="names, or paths of tree files")
    widths: tuple[Positive, ...] = Field(min_length=1, description="channels of every hidden level, one network each")
    seeds: Seeds = Field(description="training runs per network, or their seeds")
    further_seeds: Positive = Field(description="of these, how many train shallow networks and those of other depths")
    arithmetic: Schedule = Field(description="ConvAC, positive weights in log space")
    signed: Schedule = Field(description="ConvAC, real weights")
    rectifier: Schedule = Field(description="ConvRect")
    poolings: tuple[Literal["max", "average"], ...] = Field(description="of ConvRect")
    shallow_widths: tuple[Positive, ...] = Field(description="channels of the one level of each shallow ConvAC")
    shallow: Schedule = Field(description="shallow ConvAC")
    depths: tuple[Annotated[int, Field(ge=1, le=6)], ...] = Field(description="levels of the signed ConvACs compared")
    partitions: tuple[str, ...] = Field(min_length=1, description="partitions measured on every trained ConvAC")
    samples: Annotated[int, Field(ge=32)] = Field(description="halves of test images a side, for dependence on data")
    vectors: tuple[Positive, ...] = Field(min_length=1, description="Schmidt vectors that the posterior keeps")

    @model_validator(mode="after")
    def _fits(self) -> "Block":
        for geometry in self.geometries:
            PoolingTree.named(geometry, self.sites)
        labels = [geometry_label(geometry) for geometry in dict.fromkeys(self.geometries)]
        if len({*labels}) < len(labels):
            raise ValueError(f"geometries: {', '.join(labels)}; accepted: tree files of different names")
        for partition in self.partitions:
            Partition.named(self.sites, partition)
        return self

    @property
    def sites(self) -> tuple[int, int]:
        """Pixels along each axis."""
        return (self.side, self.side)


def cells(block: Block) -> list[Cell]:
    """The networks to train, each over its seeds; equal ones once."""
    further = block.model_copy(update={"seeds": seeds_of(block.seeds)[: block.further_seeds]})
    found = [cell for task in block.tasks for cell in (*deep(block, task), *shallow(further, task))]
    kept: dict[str, Cell] = {}
    for each in [*found, *by_depth(further)]:
        kept.setdefault(str(each.labels), each)  # labels tell networks apart
    return list(kept.values())


def deep(block: Block, task: Task) -> Iterator[Cell]:
    """Deep networks of both kinds, both geometries and every width."""
    for geometry in block.geometries:
        for width in block.widths:
            positive = cell(block, task, "ConvAC", geometry, width, block.arithmetic, POSITIVE)
            yield on_data(block, positive)
            for pooling in block.poolings:
                name, kind = f"ConvRect {pooling}", partial(RectifierSpec, pooling=pooling)
                yield on_data(block, cell(block, task, name, geometry, width, block.rectifier, kind))
        yield on_data(block, signed(block, task, geometry, None, "calibrated"))


def on_data(block: Block, cell: Cell) -> Cell:
    """The cell, whose networks' dependence on data is measured, too; with the label's own where the geometry fits."""
    fits = cell.labels["fits"] == "yes"
    dependence = DependenceSpec(
        partitions=(LEFT_RIGHT,), samples=block.samples, vectors=block.vectors, label_score=fits
    )
    others = cell.measure.measurements if cell.measure else ()
    return replace(cell, measure=MeasureSpec(measurements=(*others, dependence)))


def shallow(block: Block, task: Task) -> Iterator[Cell]:
    """Shallow ConvACs: one level whose window holds every site."""
    for width in block.shallow_widths:
        kind = partial(POSITIVE, initialisation="calibrated")
        yield cell(block, task, "shallow ConvAC", "square", width, block.shallow, kind, (block.side**2,))


def by_depth(block: Block) -> Iterator[Cell]:
    """Signed ConvACs of several depths on the first task, from our initialisation and from the textbook's."""
    for levels in block.depths:
        for initialisation in INITIALISATIONS:
            yield signed(block, block.tasks[0], "square", even_windows(block.side**2, levels), initialisation)


def signed(
    block: Block, task: Task, geometry: str, windows: tuple[int, ...] | None, initialisation: Initialisation
) -> Cell:
    """A ConvAC with real weights."""
    kind = partial(ArithmeticSpec, weights="signed", initialisation=initialisation)
    return cell(block, task, "ConvAC signed", geometry, block.widths[0], block.signed, kind, windows)


def even_windows(sites: int, levels: int) -> tuple[int, ...]:
    """Windows of a tree with that many levels over 2^n sites, as equal as they can be.

    >>> even_windows(1024, 6)
    (4, 4, 4, 4, 2, 2)
    """
    bits = np.array_split(np.ones(sites.bit_length() - 1), levels)
    return tuple(2 ** len(part) for part in bits)


def cell(
    block: Block,
    task: Task,
    name: str,
    geometry: str,
    width: int,
    schedule: Schedule,
    kind: Callable[..., NetworkSpec],
    windows: tuple[int, ...] | None = None,
) -> Cell:
    """One network over all seeds, its labels, and what is measured on it."""
    tree = PoolingTree.named(geometry, block.sites, windows)
    network = kind(geometry=geometry, sites=block.sites, windows=tree.windows, widths=(width,) * tree.levels)
    spec = RunSpec(
        dataset=BlobsSpec(
            task=task,
            seed=DATA_SEED,
            side=block.side,
            rendered_train=block.rendered_train,
            rendered_test=block.rendered_test,
        ),
        network=network,
        training=TrainingSpec(**schedule.model_dump(), seeds=seeds_of(block.seeds)),
    )
    labels: dict[str, Scalar] = {
        "task": task,
        "network": name,
        "initialisation": network.initialisation or "" if isinstance(network, ArithmeticSpec) else "",
        "geometry": geometry_label(geometry),
        "fits": "yes" if FITTING[task] == geometry else "no",
        "width": width,
        "levels": tree.levels,
    }
    across = MeasureSpec(measurements=(EntanglementSpec(partitions=block.partitions),))
    return Cell(spec, labels, across if isinstance(network, ArithmeticSpec) else None)


FIGURES = {
    "": "Test and train accuracy of every network by pooling geometry, with 95 % intervals over seeds.",
    "dependence": "Interaction share of the log-odds and entropy of the centred posterior, left | right, on composites "
    "of held-out images: every network, trained and untrained, beside the label's own score.",
    "kept": "Accuracy on held-out images against the Schmidt vectors of the posterior that are kept, fitted on others; "
    "a panel per network, geometry and task.",
    "conditions": "The interaction shares by the images that composites are made of.",
    "examples": "Example images of each task and class.",
    "curves": "Accuracy against training step, with 95 % intervals over seeds.",
    "entanglement": "Entanglement of the trained ConvACs under the uniform measure on all inputs, against the min-cut.",
    "depth": "ConvACs with real weights from one to six levels: log-scale at the start, and accuracy after training.",
}
