"""overlaps_trained: do networks with overlapping windows learn what others of equal size do not?

The trained half of `overlaps`. Source: 1703.02065 (Sharir & Shashua, ICLR 2018), Experiments: train accuracy against
channels and against parameters, of images at random places, which need overlaps, and of others, which don't.

Only the overlap differs. At every level a position reads a window of (K + 1)×(K + 1) positions, two apart from the next
one, and weights are shared over all windows: a ConvNet convolves K×K and takes the largest of 2×2; a ConvAC has a map
for each place of the window, K = 1 as well, and multiplies. Windows overlap from K = 2 on, by K − 1 positions.
"""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from convac.errors import ArgumentError
from convac.experiments.experiment import Cell, Experiment
from convac.experiments.image_runs import GREY, NetworkKind
from convac.geometry.trees import PoolingTree
from convac.specs.datasets.digits import DigitsSpec
from convac.specs.measurement import MeasureSpec
from convac.specs.measurements.least_squares import LeastSquaresSpec
from convac.specs.network import NetworkSpec, Pixels
from convac.specs.networks.convolutional import ConvolutionalSpec
from convac.specs.networks.overlapping import OverlappingSpec
from convac.specs.own_images import Source, classes_of, originals
from convac.specs.rendered_images import Side
from convac.specs.run import RunSpec
from convac.specs.spec import INTEGER, Positive, Scalar, Spec
from convac.specs.training import Schedule, Seeds, TrainingSpec, seeds_of
from convac.specs.widths import matched

KINDS: tuple[NetworkKind, ...] = ("ConvNet", "ConvAC")
ANYWHERE, IN_PLACE = "anywhere", "in place"
PARAMETERS, CHANNELS, BOTH = "parameters", "channels", "both"  # what networks of several kernels have in common
TOLERANCE = 0.05  # of the number of parameters


class Images(Spec):
    """Real images, smaller than their canvas."""

    source: Source = Field(description="where the originals come from")
    canvas: Annotated[Literal[16, 32, 64], INTEGER] = Field(description="pixels along each side of an image")
    size: Side = Field(description="pixels along each side of what is to be classified")
    train: Positive = Field(description="images rendered for training")
    validation: Positive = Field(description="images by which a pilot chose learning rates")
    test: Positive = Field(description="test images")

    @model_validator(mode="after")
    def _fits(self) -> "Images":
        if self.size >= self.canvas:
            raise ArgumentError(f"images.size: {self.size}; accepted: less than the canvas, {self.canvas}")
        return self


class Kind(Spec):
    """Networks of one kind, and how they are trained."""

    channels: Positive | None = Field(
        description="channels of every level, whatever the kernel; null: equal parameters alone"
    )
    parameters: Positive = Field(description="parameters of every network, met within 5 %")
    schedule: Schedule = Field(description="training, the same for every network of the kind")


class Block(Experiment):
    """Config of overlaps_trained."""

    images: Images = Field(description="what is classified, at any place of the canvas or at one")
    patch: Annotated[Literal[1, 2, 4], INTEGER] = Field(description="pixels along each side of a site")
    seeds: Seeds = Field(description="number of training runs per network, or their seeds; each has its own images")
    kernels: tuple[Annotated[int, Field(ge=1, le=6)], ...] = Field(
        min_length=1, description="kernels K: windows hold (K + 1)×(K + 1) positions and overlap by K − 1"
    )
    in_place: tuple[NetworkKind, ...] = Field(description="kinds that are also trained on images in one place")
    convnet: Kind = Field(description="networks with ReLU and max pooling")
    convac: Kind = Field(description="networks with products of linear maps, real weights")

    def kind(self, network: NetworkKind) -> Kind:
        """The block of a kind of network."""
        return self.convnet if network == "ConvNet" else self.convac


def cells(block: Block) -> list[Cell]:
    """Every kind and kernel, equal in parameters on both tasks, equal in channels on images at any place."""
    found = []
    for kind in KINDS:
        for kernel in block.kernels:
            for equal, network in networks(block, kind, kernel).items():
                found.append(cell(block, kind, kernel, ANYWHERE, equal, network))
                if kind in block.in_place and equal != CHANNELS:
                    found.append(cell(block, kind, kernel, IN_PLACE, equal, network))
    return found


def networks(block: Block, kind: NetworkKind, kernel: int) -> dict[str, NetworkSpec]:
    """The networks of a kernel by what they have in common with those of the others."""
    own = block.kind(kind)
    alike = template(block, kind, kernel, own.channels or 1)
    fitted = matched(alike, "uniform", own.parameters, TOLERANCE)
    if own.channels is None:
        return {PARAMETERS: fitted}
    return {BOTH: fitted} if fitted == alike else {PARAMETERS: fitted, CHANNELS: alike}


def cell(block: Block, kind: NetworkKind, kernel: int, task: str, equal: str, network: NetworkSpec) -> Cell:
    """One network over all seeds, each on its own images, and its labels; beside one of a task, a baseline."""
    seeds = seeds_of(block.seeds)
    spec = RunSpec(
        dataset=dataset(block.images, task, seeds),
        network=network,
        training=TrainingSpec(**block.kind(kind).schedule.model_dump(), seeds=seeds),
    )
    labels: dict[str, Scalar] = {
        "network": kind,
        "task": task,
        "kernel": kernel,
        "equal": equal,
        "weights": network.parameters(),
        "widths": "-".join(map(str, network.widths)),
    }
    beside = (kind, kernel) == (KINDS[0], block.kernels[0]) and equal != CHANNELS
    return Cell(spec, labels, MeasureSpec(measurements=(LeastSquaresSpec(),)) if beside else None)


def dataset(images: Images, task: str, seeds: tuple[int, ...]) -> DigitsSpec:
    """Images drawn for each seed, of originals that it splits anew."""
    size = images.size
    own = {**images.model_dump(), **originals(images.source)}
    return DigitsSpec(seeds=seeds, resplit=True, grid=1 if task == ANYWHERE else size, **own)


def template(block: Block, kind: NetworkKind, kernel: int, channels: int) -> NetworkSpec:
    """The network of a kind whose windows hold (K + 1)×(K + 1) positions, as many channels at every level."""
    side, patch = block.images.canvas // block.patch, block.patch
    widths = (channels,) * PoolingTree.named("square", (side, side)).levels
    if kind == "ConvNet":
        return ConvolutionalSpec(
            geometry="square",
            sites=(side, side),
            widths=widths,
            classes=classes_of(block.images.source),
            kernel=kernel,
            patch=patch,
            brightest=GREY,
            local_dimension=patch**2,
        )
    return OverlappingSpec(
        geometry="square",
        sites=(side, side),
        widths=widths,
        classes=classes_of(block.images.source),
        kernel=kernel + 1,
        weights="signed",
        representation=Pixels(kind="affine", patch=patch, brightest=GREY),
        local_dimension=2 * patch**2,
    )


FIGURES = {
    "": "Train and test accuracy against channels and against parameters, by kernel side K, with 95 % intervals over "
    "seeds.",
    "curves": "Train accuracy against training step by kernel side K, at equal parameters, with 95 % intervals over "
    "seeds.",
}
