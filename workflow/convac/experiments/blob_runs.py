"""What experiments on blobs share: the config of their images and networks, and the cells that follow.

Two experiments whose blocks say the same of both train every network once.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Annotated, Literal, TypeVar

from pydantic import Field, model_validator

from convac.errors import ArgumentError
from convac.experiments.experiment import Cell, Experiment
from convac.geometry.trees import PoolingTree
from convac.specs.dataset import Control
from convac.specs.datasets.blobs import BlobsSpec, BlobTask
from convac.specs.geometry import TreeFile, geometry_label
from convac.specs.network import NetworkSpec
from convac.specs.networks.arithmetic import ArithmeticSpec, Initialisation
from convac.specs.networks.rectifier import RectifierSpec
from convac.specs.run import RunSpec
from convac.specs.spec import INTEGER, Natural, Positive, Scalar
from convac.specs.training import Schedule, Seeds, TrainingSpec, seeds_of

FITTING = {"closedness": "square", "symmetry": "mirror"}  # the geometry that suits a task

Geometry = Literal["square", "mirror"] | TreeFile


class BlobImages(Experiment):
    """Base of the blocks whose networks are trained on blobs, over pooling trees of several geometries."""

    tasks: tuple[BlobTask, ...] = Field(min_length=1, description="what blobs are labelled by")
    side: Annotated[Literal[16, 32, 64], INTEGER] = Field(description="pixels along each side of an image")
    rendered_train: Annotated[Positive, Field(ge=10)] = Field(
        description="blobs drawn for training; 80 % become examples"
    )
    rendered_test: Annotated[Positive, Field(ge=10)] = Field(
        description="blobs drawn for testing; 80 % become examples"
    )
    geometries: tuple[Geometry, ...] = Field(min_length=1, description="pooling trees: names, or paths of tree files")
    seeds: Seeds = Field(description="number of training runs per network, or their seeds; each has its own blobs")
    snapshots: tuple[Natural, ...] = Field((), description="steps at which the deep networks' weights are kept")

    @model_validator(mode="after")
    def _trees_fit(self) -> "BlobImages":
        for geometry in self.geometries:
            PoolingTree.named(geometry, self.sites)
        labels = [geometry_label(geometry) for geometry in dict.fromkeys(self.geometries)]
        if len({*labels}) < len(labels):
            raise ValueError(f"geometries: {', '.join(labels)}; accepted: tree files of different names")
        steps = min(schedule.steps for schedule in self.snapped)
        late = [step for step in self.snapshots if step >= steps]
        if late:
            raise ArgumentError(f"snapshots: {late[0]}; accepted: steps before the last of any network, {steps}")
        return self

    @property
    def snapped(self) -> tuple[Schedule, ...]:
        """Schedules of the networks whose weights are kept at snapshots."""
        raise NotImplementedError

    @property
    def sites(self) -> tuple[int, int]:
        """Pixels along each axis."""
        return (self.side, self.side)


class BlobExperiment(BlobImages):
    """Base of the blocks that compare networks of four kinds on blobs."""

    widths: tuple[Positive, ...] = Field(min_length=1, description="channels of every hidden level, one network each")
    further_seeds: Positive = Field(
        description="number of the seeds with which other networks than deep ones on plain blobs are trained"
    )
    arithmetic: Schedule = Field(description="training of ConvACs with positive weights in log space")
    signed: Schedule = Field(description="training of ConvACs with real weights")
    rectifier: Schedule = Field(description="training of ConvRects")
    poolings: tuple[Literal["max", "average"], ...] = Field(description="poolings of ConvRects")

    @property
    def snapped(self) -> tuple[Schedule, ...]:
        """Schedules of the deep networks."""
        return self.arithmetic, self.signed, self.rectifier


Block = TypeVar("Block", bound=BlobExperiment)


def first_seeds(block: Block) -> Block:
    """The block with the seeds of the further networks alone."""
    return block.model_copy(update={"seeds": seeds_of(block.seeds)[: block.further_seeds]})


def deep(block: BlobExperiment, task: BlobTask, geometry: str) -> Iterator[Cell]:
    """Deep networks of every kind and width in one geometry; of signed ConvACs the first width alone."""
    kept = block.snapshots
    for width in block.widths:
        positive = partial(ArithmeticSpec, weights="positive")
        yield cell(block, task, "ConvAC", geometry, width, block.arithmetic, positive, snapshots=kept)
        for pooling in block.poolings:
            name, kind = f"ConvRect {pooling}", partial(RectifierSpec, pooling=pooling)
            yield cell(block, task, name, geometry, width, block.rectifier, kind, snapshots=kept)
    yield signed(block, task, geometry, None, "calibrated", kept)


def signed(
    block: BlobExperiment,
    task: BlobTask,
    geometry: str,
    windows: tuple[int, ...] | None,
    initialisation: Initialisation,
    snapshots: tuple[int, ...] = (),
) -> Cell:
    """A ConvAC with real weights."""
    kind = partial(ArithmeticSpec, weights="signed", initialisation=initialisation)
    width = block.widths[0]
    return cell(block, task, "ConvAC signed", geometry, width, block.signed, kind, windows, snapshots=snapshots)


def cell(
    block: BlobImages,
    task: BlobTask,
    name: str,
    geometry: str,
    width: int,
    schedule: Schedule,
    kind: Callable[..., NetworkSpec],
    windows: tuple[int, ...] | None = None,
    *,
    snapshots: tuple[int, ...] = (),
) -> Cell:
    """One network over all seeds, each on its own blobs, and its labels."""
    tree = PoolingTree.named(geometry, block.sites, windows)
    seeds = seeds_of(block.seeds)
    network = kind(geometry=geometry, sites=block.sites, windows=tree.windows, widths=(width,) * tree.levels)
    spec = RunSpec(
        dataset=BlobsSpec(
            task=task,
            seeds=seeds,
            side=block.side,
            rendered_train=block.rendered_train,
            rendered_test=block.rendered_test,
        ),
        network=network,
        training=TrainingSpec(**schedule.model_dump(), seeds=seeds, snapshots=snapshots),
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
    return Cell(spec, labels)


def under(cell: Cell, control: Control, images: Mapping[str, int], training: Mapping[str, float]) -> RunSpec:
    """The run of a cell on a dataset that something is taken away from.

    Args:
        cell: of a network that is trained.
        control: what is taken away.
        images, training: fields of the dataset and of the schedule that are others, too.
    """
    spec = cell.spec
    if not isinstance(spec, RunSpec):
        raise ArgumentError("cell: trains nothing; accepted: a cell that trains a network")
    changes = {
        "dataset": spec.dataset.model_copy(update={"control": control, **images}),
        "training": spec.training.model_copy(update=training),
    }
    return spec.model_copy(update=changes)
