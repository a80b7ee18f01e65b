"""data_entanglement: does a dataset's entanglement predict how well locally connected networks learn it?

Source: 2303.11249 (Alexander, De La Vega, Razin & Cohen, NeurIPS 2023). Pixels of images change places, from none to
all; the entanglement of the dataset's tensor under canonical partitions rises, and networks that see neighbours first
are trained on the results. Rearranging pixels by their correlations, with no knowledge of where they were, lowers
the entanglement.

Three kinds of networks: a ConvNet, which shares its weights over places, and ConvACs with positive or real weights per
location, the locally connected tensor networks that the theory is about.
"""

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from convac.errors import ArgumentError
from convac.experiments.data_entanglement.jobs import Geometries
from convac.experiments.experiment import Cell, Experiment
from convac.experiments.image_runs import GREY
from convac.geometry.trees import PoolingTree
from convac.specs.datasets.blobs import BlobTask
from convac.specs.datasets.swapped_images import SwappedImagesSpec
from convac.specs.measurement import MeasureSpec
from convac.specs.measurements.data_entanglement import DataEntanglementSpec
from convac.specs.network import NetworkSpec, Pixels
from convac.specs.networks.arithmetic import ArithmeticSpec
from convac.specs.networks.convolutional import ConvolutionalSpec
from convac.specs.own_images import Source, originals
from convac.specs.rendered_images import Side
from convac.specs.run import RunSpec
from convac.specs.spec import INTEGER, Natural, Positive, Scalar, Spec
from convac.specs.training import Schedule, Seeds, TrainingSpec, seeds_of

NetworkName = Literal["ConvNet", "ConvAC", "ConvAC signed"]
CONVNET: NetworkName = "ConvNet"
POSITIVE: NetworkName = "ConvAC"
SIGNED: NetworkName = "ConvAC signed"
Places = Literal["swapped", "rearranged"]
SWAPPED: Places = "swapped"
REARRANGED: Places = "rearranged"
CLASSES = 2


class Images(Spec):
    """Real images at random places of a canvas."""

    source: Source = Field(description="where the originals come from")
    canvas: Annotated[Literal[8, 16, 32, 64], INTEGER] = Field(description="pixels along each side of an image")
    size: Side = Field(description="pixels along each side of what is to be classified")
    train: Positive = Field(description="images rendered for training")
    test: Positive = Field(description="test images")

    @model_validator(mode="after")
    def _fits(self) -> "Images":
        if self.size > self.canvas:
            raise ArgumentError(f"images.size: {self.size}; accepted: up to the canvas, {self.canvas}")
        return self


class Blobs(Spec):
    """Labelled blobs, whose entanglement is compared under trees that networks learn them with or don't."""

    tasks: tuple[BlobTask, ...] = Field(description="what blobs are labelled by")
    side: Annotated[Literal[16, 32], INTEGER] = Field(description="pixels along each side of an image")
    rendered: Annotated[Positive, Field(ge=10)] = Field(description="blobs drawn; 80 % become examples")
    geometries: tuple[Literal["square", "mirror"], ...] = Field(min_length=1, description="names of trees")


class Block(Experiment):
    """Config of data_entanglement."""

    images: Images = Field(description="images to classify by whether the number of their class is odd")
    swaps: tuple[Natural, ...] = Field(
        min_length=1, description="numbers of swaps of two pixels; networks are trained for each"
    )
    further_swaps: tuple[Natural, ...] = Field(
        min_length=1, description="of these, those for networks other than the first kind; the largest is one"
    )
    samples: Annotated[Positive, Field(ge=2)] = Field(description="training images whose entanglement is measured")
    networks: tuple[NetworkName, ...] = Field(min_length=1, description="kinds of networks")
    width: Positive = Field(description="channels of every level")
    seeds: Seeds = Field(
        description="number of training runs per network, or their seeds; each has its own images and swaps"
    )
    further_seeds: Positive = Field(
        description="number of the seeds for networks other than the first kind, and for blobs"
    )
    convnet: Schedule = Field(description="training of ConvNets: 3×3 convolutions, ReLU, max pooling")
    positive: Schedule = Field(description="training of ConvACs with positive weights per location")
    signed: Schedule = Field(description="training of ConvACs with real weights per location")
    blobs: Blobs = Field(description="blobs whose entanglement is compared between trees")

    @model_validator(mode="after")
    def _fits(self) -> "Block":
        most = self.images.canvas**2 - 1
        if max(self.swaps) > most:
            raise ArgumentError(f"swaps: {max(self.swaps)}; accepted: up to all pixels less one, {most}")
        other = [each for each in self.further_swaps if each not in self.swaps]
        if other or max(self.swaps) not in self.further_swaps:
            shown = ", ".join(map(str, self.further_swaps))
            raise ArgumentError(f"further_swaps: {shown}; accepted: some of swaps, with the most, {max(self.swaps)}")
        return self

    def swaps_of(self, network: NetworkName) -> tuple[int, ...]:
        """Numbers of swaps for which a kind of network is trained."""
        return self.swaps if network == self.networks[0] else self.further_swaps

    def own_seeds(self, network: NetworkName) -> tuple[int, ...]:
        """Seeds with which a kind of network is trained."""
        return seeds_of(self.seeds) if network == self.networks[0] else self.few_seeds

    @property
    def few_seeds(self) -> tuple[int, ...]:
        """Seeds of other networks than the first kind, and of blobs."""
        return seeds_of(self.seeds)[: self.further_seeds]


def cells(block: Block) -> list[Cell]:
    """Every kind of network on every number of swaps, and on the most, rearranged; then blobs under trees."""
    found = [
        cell(block, network, swaps, places)
        for network in block.networks
        for swaps, places in (*((each, SWAPPED) for each in block.swaps_of(network)), (max(block.swaps), REARRANGED))
    ]
    for task in block.blobs.tasks:
        fields: dict[str, Any] = block.blobs.model_dump(exclude={"tasks"})
        found.append(Cell(Geometries(task=task, seeds=block.few_seeds, **fields), {"task": task}))
    return found


def cell(block: Block, network: NetworkName, swaps: int, places: Places) -> Cell:
    """One network over its seeds, and its labels; beside the first kind, the entanglement of its images."""
    images, seeds = block.images, block.own_seeds(network)
    own: dict[str, Any] = {**images.model_dump(), **originals(images.source)}
    made = network_of(block, network)
    schedule = {CONVNET: block.convnet, POSITIVE: block.positive, SIGNED: block.signed}[network]
    spec = RunSpec(
        dataset=SwappedImagesSpec(seeds=seeds, swaps=swaps, places=places, **own),
        network=made,
        training=TrainingSpec(**schedule.model_dump(), seeds=seeds),
    )
    labels: dict[str, Scalar] = {
        "network": network,
        "swaps": swaps,
        "most_swaps": "yes" if swaps == max(block.swaps) else "no",
        "places": places,
        "width": block.width,
        "weights": made.parameters(),
    }
    measure = MeasureSpec(measurements=(DataEntanglementSpec(samples=block.samples),))
    return Cell(spec, labels, measure if network == block.networks[0] else None)


def network_of(block: Block, network: NetworkName) -> NetworkSpec:
    """A network of a kind over the pixels."""
    side = block.images.canvas
    levels = PoolingTree.named("square", (side, side)).levels
    common: dict[str, Any] = {
        "geometry": "square",
        "sites": (side, side),
        "widths": (block.width,) * levels,
        "classes": CLASSES,
    }
    if network == CONVNET:
        return ConvolutionalSpec(kernel=3, patch=1, brightest=GREY, local_dimension=1, **common)
    return ArithmeticSpec(
        weights="positive" if network == POSITIVE else "signed",
        sharing="located",
        initialisation="diagonal",
        representation=Pixels(kind="affine", patch=1, brightest=GREY),
        local_dimension=2,
        **common,
    )


FIGURES = {
    "": "Data entanglement, and test accuracy of networks, against swaps of pixels; also rearranged.",
    "scatter": "Test accuracy, and mean correlation across the partitions, against data entanglement: a point per seed "
    "and number of swaps.",
    "trees": "Entanglement of blobs under the canonical partitions of square and mirror pooling, by task.",
    "examples": "Example images: original, with pixels swapped, and rearranged.",
}
