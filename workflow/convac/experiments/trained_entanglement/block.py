"""trained_entanglement: is the entanglement of a trained network what its task needs, and does the network use it?

Sources: the lectures' "Measuring Dependence"; 2103.11785 (entanglement of trained networks); 1605.06743 (pooling
geometry). One kind of ConvAC, real weights, over patches of 2×2 binary pixels, so that a site's representation is
orthonormal and entropies are those of the function. Truncating every bond to its top Schmidt vectors asks what of the
entanglement is used.
"""

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from convac.errors import ArgumentError
from convac.experiments.experiment import Cell, Experiment
from convac.experiments.image_runs import CLASSES, GLOBAL, LOCAL
from convac.geometry.partitions import Partition
from convac.geometry.trees import PoolingTree
from convac.specs.dataset import Control, DatasetSpec
from convac.specs.datasets.blobs import BlobsSpec, BlobTask
from convac.specs.datasets.digits import DigitsSpec
from convac.specs.measurement import MeasureSpec
from convac.specs.measurements.entanglement import EntanglementSpec
from convac.specs.measurements.truncation import TruncationSpec
from convac.specs.network import Pixels, Pooling
from convac.specs.networks.arithmetic import ArithmeticSpec
from convac.specs.networks.rectifier import RectifierSpec
from convac.specs.run import RunSpec
from convac.specs.spec import INTEGER, Natural, Positive, Scalar, Spec
from convac.specs.training import Schedule, Seeds, TrainingSpec, seeds_of

BLOBS: dict[str, BlobTask] = {"closedness": "closedness", "symmetry": "symmetry"}
# task, geometry and control of every network; the first six are those compared, the others take something away
NETWORKS: tuple[tuple[str, str, Control], ...] = (
    ("symmetry", "mirror", "none"),
    ("symmetry", "square", "none"),
    ("closedness", "mirror", "none"),
    ("closedness", "square", "none"),
    (LOCAL, "square", "none"),
    (GLOBAL, "square", "none"),
    ("symmetry", "mirror", "shuffled"),
    ("symmetry", "mirror", "permuted"),
    (GLOBAL, "square", "permuted"),
)
PATCH = 2  # pixels along each side of a site
SMALL = 4  # pixels along each side of the images whose grid tensors are listed whole


class Blobs(Spec):
    """Blobs whose label is local (closedness) or mirror-symmetric (symmetry), as in pooling_geometry."""

    rendered_train: Annotated[Positive, Field(ge=10)]
    rendered_test: Annotated[Positive, Field(ge=10)]


class Digits(Spec):
    """Binary digits, small in one of the canvas' squares or as large as the canvas."""

    local_size: Annotated[Positive, Field(ge=4)] = Field(description="pixels along each side of a small digit")
    train: Positive
    validation: Positive
    test: Positive


class Rectifiers(Spec):
    """ConvRects on images of 4×4 binary pixels, where all 65,536 inputs can be listed."""

    width: Positive
    schedule: Schedule


class Block(Experiment):
    """Config of trained_entanglement."""

    side: Annotated[Literal[16, 32, 64], INTEGER] = Field(description="pixels along each side of an image")
    blobs: Blobs
    digits: Digits
    networks: Annotated[int, Field(ge=1, le=len(NETWORKS))] = Field(description="how many of the networks, in order")
    width: Positive = Field(description="channels of every level")
    seeds: Seeds = Field(description="training runs per network, or their seeds")
    schedule: Schedule
    snapshots: tuple[Natural, ...] = Field(min_length=1, description="steps that are measured")
    partitions: tuple[str, ...] = Field(min_length=1, description="of the sites")
    ranks: tuple[Positive, ...] = Field(min_length=1, description="Schmidt vectors that bonds are truncated to")
    matched_loss: Annotated[float, Field(gt=0)] = Field(description="training loss at which tasks are compared [nats]")
    rectifiers: Rectifiers

    @model_validator(mode="after")
    def _fits(self) -> "Block":
        for partition in self.partitions:
            Partition.named(self.sites, partition)
        late = [step for step in self.snapshots if step >= min(self.schedule.steps, self.rectifiers.schedule.steps)]
        if late:
            raise ArgumentError(f"snapshots: {late[0]} isn't before the last step; accepted: 0 to the steps of both")
        return self

    @property
    def sites(self) -> tuple[int, int]:
        """Sites along each axis."""
        return (self.side // PATCH, self.side // PATCH)


def cells(block: Block) -> list[Cell]:
    """ConvACs on every task, with controls, and small ConvRects on an exact one."""
    poolings: tuple[Pooling, ...] = ("max", "average")
    circuits = [circuit(block, *network) for network in NETWORKS[: block.networks]]
    return [*circuits, *(rectifier(block, pooling) for pooling in poolings)]


def circuit(block: Block, task: str, geometry: str, control: Control) -> Cell:
    """A ConvAC over all seeds, measured through training, its bonds truncated where nothing is taken away."""
    tree = PoolingTree.named(geometry, block.sites)
    network = ArithmeticSpec(
        geometry=geometry,
        sites=block.sites,
        windows=tree.windows,
        widths=(block.width,) * tree.levels,
        local_dimension=2 ** (PATCH**2),
        classes=2 if task in BLOBS else CLASSES,
        weights="signed",
        sharing="windowed",
        initialisation="diagonal",
        representation=Pixels(patch=PATCH),
    )
    across = EntanglementSpec(partitions=block.partitions, bonds=True, matched_loss=block.matched_loss)
    cuts = (TruncationSpec(ranks=block.ranks),) if control == "none" else ()
    labels: dict[str, Scalar] = {"task": task, "network": "ConvAC", "geometry": geometry, "control": control}
    training = TrainingSpec(**block.schedule.model_dump(), seeds=seeds_of(block.seeds), snapshots=block.snapshots)
    spec = RunSpec(dataset=dataset(block, task, control), network=network, training=training)
    return Cell(spec, labels, MeasureSpec(measurements=(across, *cuts)))


def dataset(block: Block, task: str, control: Control) -> DatasetSpec:
    """Blobs, or binary digits at one of two length scales, under a control."""
    if task in BLOBS:
        return BlobsSpec(task=BLOBS[task], seed=0, side=block.side, control=control, **block.blobs.model_dump())
    size = block.digits.local_size if task == LOCAL else block.side
    grid = size if task == LOCAL else 1
    return digits(block, size=size, canvas=block.side, grid=grid, control=control)


def digits(block: Block, **given: Any) -> DigitsSpec:
    """Binary digits."""
    counts = block.digits.model_dump(exclude={"local_size"})
    return DigitsSpec(source="digits", seed=0, shades=2, **counts, **given)


def rectifier(block: Block, pooling: Pooling) -> Cell:
    """A ConvRect on tiny digits, small enough that its grid tensor is listed whole."""
    tree = PoolingTree.named("square", (SMALL, SMALL))
    network = RectifierSpec(
        geometry="square",
        sites=tree.shape,
        windows=tree.windows,
        widths=(block.rectifiers.width,) * tree.levels,
        classes=CLASSES,
        pooling=pooling,
    )
    schedule = block.rectifiers.schedule
    training = TrainingSpec(**schedule.model_dump(), seeds=seeds_of(block.seeds), snapshots=block.snapshots)
    spec = RunSpec(dataset=digits(block, size=SMALL, canvas=SMALL), network=network, training=training)
    labels: dict[str, Scalar] = {
        "task": "tiny digits",
        "network": f"ConvRect {pooling}",
        "geometry": "square",
        "control": "none",
    }
    return Cell(spec, labels, MeasureSpec(measurements=(EntanglementSpec(partitions=block.partitions),)))


FIGURES = {
    "": "Entropy through training: Rényi-2 across the left-right partition, and the mean entropy of each level.",
    "loss": "Rényi-2 entropy against training loss, snapshot by snapshot.",
    "controls": "Entropy and accuracy of the controls beside the networks that they take something away from.",
    "truncation": "Test accuracy against the Schmidt vectors that every bond keeps, and the knee against exp(S).",
    "rectifiers": "Entropy of small rectifier networks' grid tensors through training.",
}
