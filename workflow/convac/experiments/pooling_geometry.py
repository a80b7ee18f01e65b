"""pooling_geometry: does the order in which sites are pooled decide which dependencies a network can learn?

Source: 1605.06743 (Cohen & Shashua, ICLR 2017), Experiments. Shared 1×1 weights with symmetric windows leave the
deep networks invariant to permuting the children of any node of their tree.
"""

import math
from collections.abc import Iterator
from typing import Annotated, Literal

import numpy as np
from pydantic import Field, model_validator

from convac.claims.claims import LARGEST, Claim, Reference
from convac.contract.experiment import Cell, Experiment
from convac.geometry.partitions import Partition
from convac.geometry.trees import PoolingTree
from convac.specs import (
    DatasetSpec,
    MeasureSpec,
    NetworkSpec,
    Positive,
    Replicas,
    RunSpec,
    Scalar,
    Schedule,
    TrainingSpec,
)

Task = Literal["closedness", "symmetry"]
Geometry = Literal["square", "mirror"]


class Block(Experiment):
    """Config of pooling_geometry."""

    tasks: tuple[Task, ...] = Field(min_length=1, description="what is asked of a blob")
    side: Literal[16, 32, 64] = Field(description="pixels along each side of an image")
    rendered_train: Annotated[Positive, Field(ge=10)] = Field(
        description="blobs drawn for training; 80 % become examples"
    )
    rendered_test: Annotated[Positive, Field(ge=10)] = Field(
        description="blobs drawn for testing; 80 % become examples"
    )
    geometries: tuple[Geometry, ...] = Field(min_length=1)
    widths: tuple[Positive, ...] = Field(min_length=1, description="channels of every hidden level, one network each")
    seeds: Replicas = Field(description="training runs per network")
    arithmetic: Schedule = Field(description="ConvAC, positive weights in log space")
    signed: Schedule = Field(description="ConvAC, real weights")
    rectifier: Schedule = Field(description="ConvRect")
    poolings: tuple[Literal["max", "average"], ...] = Field(description="of ConvRect")
    shallow_widths: tuple[Positive, ...] = Field(description="channels of the one level of each shallow ConvAC")
    shallow: Schedule = Field(description="shallow ConvAC")
    depths: tuple[Annotated[int, Field(ge=1, le=6)], ...] = Field(description="levels of the signed ConvACs compared")
    partitions: tuple[str, ...] = Field(min_length=1, description="partitions measured on every trained ConvAC")

    @model_validator(mode="after")
    def _fits(self) -> "Block":
        for geometry in self.geometries:
            PoolingTree.named(geometry, self.sites)
        for partition in self.partitions:
            Partition.named(self.sites, partition)
        return self

    @property
    def sites(self) -> tuple[int, int]:
        """Pixels along each axis."""
        return (self.side, self.side)


def cells(block: Block) -> list[Cell]:
    """The networks to train, each over all seeds; equal ones once."""
    found = [cell for task in block.tasks for cell in (*deep(block, task), *shallow(block, task))]
    return list({(str(cell.spec), str(cell.labels)): cell for cell in [*found, *by_depth(block)]}.values())


def deep(block: Block, task: Task) -> Iterator[Cell]:
    """Deep networks of both kinds, both geometries and every width."""
    for geometry in block.geometries:
        for width in block.widths:
            yield cell(block, task, "ConvAC", geometry, width, block.arithmetic, {"weights": "positive"})
            for pooling in block.poolings:
                yield cell(block, task, f"ConvRect {pooling}", geometry, width, block.rectifier, {"pooling": pooling})
        yield signed(block, task, geometry, None, "calibrated")


def shallow(block: Block, task: Task) -> Iterator[Cell]:
    """Shallow ConvACs: one level whose window holds every site."""
    for width in block.shallow_widths:
        options = {"weights": "positive", "initialisation": "calibrated"}
        yield cell(block, task, "shallow ConvAC", "square", width, block.shallow, options, (block.side**2,))


def by_depth(block: Block) -> Iterator[Cell]:
    """Signed ConvACs of several depths on the first task, from our initialisation and from the textbook's."""
    for levels in block.depths:
        for initialisation in ("calibrated", "normal"):
            yield signed(block, block.tasks[0], "square", even_windows(block.side**2, levels), initialisation)


def signed(block: Block, task: Task, geometry: str, windows: tuple[int, ...] | None, initialisation: str) -> Cell:
    """A ConvAC with real weights."""
    options = {"weights": "signed", "initialisation": initialisation}
    return cell(block, task, "ConvAC signed", geometry, block.widths[0], block.signed, options, windows)


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
    options: dict[str, str],
    windows: tuple[int, ...] | None = None,
) -> Cell:
    """One network over all seeds, its labels, and what is measured on it."""
    tree = PoolingTree.named(geometry, block.sites, windows)
    arithmetic = "weights" in options
    spec = RunSpec(
        dataset=DatasetSpec(
            name="blobs",
            parameters={
                "task": task,
                "seed": 0,
                "side": block.side,
                "rendered_train": block.rendered_train,
                "rendered_test": block.rendered_test,
            },
        ),
        network=NetworkSpec(
            architecture="arithmetic" if arithmetic else "rectifier",
            geometry=geometry,
            sites=block.sites,
            windows=tree.windows,
            widths=(width,) * tree.levels,
            options=dict(options),
        ),
        training=TrainingSpec(**schedule.model_dump(), seeds=tuple(range(block.seeds))),
    )
    labels: dict[str, Scalar] = {
        "task": task,
        "network": name,
        "initialisation": options.get("initialisation", ""),
        "geometry": geometry,
        "width": width,
        "levels": tree.levels,
    }
    return Cell(spec, labels, MeasureSpec(partitions=block.partitions) if arithmetic else None)


FIGURES = {
    "": "Test and train accuracy of every network by pooling geometry, with 95 % intervals over seeds.",
    "examples": "Example images of each task and class.",
    "curves": "Accuracy against training step, with 95 % intervals over seeds.",
    "entanglement": "Entanglement of the trained ConvACs by geometry and partition, against the min-cut bound.",
    "depth": "ConvACs with real weights from one to six levels: log-scale at the start, and accuracy after training.",
}

GEOMETRY_SOURCE = "1605.06743 (Cohen & Shashua, ICLR 2017), Experiments"
SHALLOW_SOURCE = "1605.06743, Experiments; 1509.05009 (depth); the count baseline is ours"

# task → the geometry that suits it, the other one, and typical accuracies of a ConvAC under the two
TASKS = {"closedness": ("square", "mirror", 0.95, 0.78), "symmetry": ("mirror", "square", 0.945, 0.83)}
# task → accuracy of the Bayes classifier on the number of pixels alone
COUNT_ACCURACY = {"closedness": 0.630, "symmetry": 0.774}


def geometry_claim(network: str, task: str, threshold: float) -> Claim:
    """The geometry that suits the task wins by more than `threshold` in test accuracy."""
    better, other, high, low = TASKS[task]
    return Claim(
        id=f"pooling-geometry-{network.lower().replace(' ', '-')}-{task}",
        statement=f"{network} on {task}: {better} pooling beats {other} by more than {threshold:g} in test accuracy",
        source=GEOMETRY_SOURCE,
        where={"quantity": "test_accuracy", "task": task, "network": network},
        first={"geometry": better},
        second={"geometry": other},
        by=("width",),
        threshold=threshold,
        expected=(high, low),
    )


def shallow_claim(task: str) -> Claim:
    """The widest shallow ConvAC is no better than the pixel count plus its binomial interval."""
    better, _, high, _ = TASKS[task]
    return Claim(
        id=f"pooling-geometry-shallow-{task}",
        statement=f"Shallow ConvAC on {task}: test accuracy stays below the pixel count's plus its 95 % interval",
        source=SHALLOW_SOURCE,
        where={"quantity": "test_accuracy", "task": task, "width": LARGEST},
        first={"network": "ConvAC", "geometry": better},
        second={"network": "shallow ConvAC"},
        threshold=0.0,
        expected=(high, COUNT_ACCURACY[task] - 0.01),
        reference=Reference("count_accuracy", "test_images", {"task": task}, (COUNT_ACCURACY[task], 4000)),
    )


def entanglement_claim(task: str) -> Claim:
    """Mirror pooling entangles the left half with the right half more than square pooling does, after training.

    Entropies of trained networks span decades over seeds, so the comparison is of logarithms.
    """
    return Claim(
        id=f"pooling-geometry-renyi2-{task}",
        statement=f"ConvAC trained on {task}: left-right Rényi-2 of mirror is more than twice that of square",
        source="1605.06743, Inductive bias through pooling geometry; 1704.01552",
        where={"quantity": "renyi2", "task": task, "network": "ConvAC", "partition": "left-right"},
        first={"geometry": "mirror"},
        second={"geometry": "square"},
        by=("width",),
        threshold=math.log(2),
        logarithmic=True,
        expected=(6.0, 0.1),
    )


CLAIMS = (
    *(geometry_claim("ConvAC", task, 0.05) for task in TASKS),
    *(geometry_claim(network, task, 0.02) for network in ("ConvRect max", "ConvRect average") for task in TASKS),
    *(shallow_claim(task) for task in TASKS),
    *(entanglement_claim(task) for task in TASKS),
    Claim(
        id="pooling-geometry-signed-initialisation",
        statement="Signed ConvAC, mean over depths: calibrated start beats normal by more than 0.05 in test accuracy",
        source="ours; 1605.06743 trains in log space",
        where={"quantity": "test_accuracy", "network": "ConvAC signed"},
        first={"initialisation": "calibrated"},
        second={"initialisation": "normal"},
        by=("task", "geometry", "width", "levels"),
        threshold=0.05,
        expected=(0.85, 0.55),
    ),
    Claim(
        id="pooling-geometry-renyi2-min-cut",
        statement="Rényi-2 entropy never exceeds the logarithm of the min-cut (to 1e-9 nats)",
        source="1704.01552 (min-cut bound on the rank)",
        where={},
        first={"quantity": "min_cut_log"},
        second={"quantity": "renyi2"},
        by=("cell", "partition"),
        kind="exact",
        threshold=-1e-9,
        expected=(8.0, 2.0),
    ),
)
