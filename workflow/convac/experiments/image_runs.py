"""What experiments on image classification share: blocks for their data and networks, and the specs that follow."""

from typing import Annotated, Any, Literal

from pydantic import Field

from convac.experiments.experiment import Experiment
from convac.geometry.trees import PoolingTree
from convac.specs.dataset import DatasetSpec
from convac.specs.datasets.digits import DigitsSpec
from convac.specs.network import NetworkSpec, Pixels, Sharing
from convac.specs.networks.arithmetic import ArithmeticSpec
from convac.specs.networks.convolutional import ConvolutionalSpec
from convac.specs.networks.overlapping import OverlappingSpec
from convac.specs.own_images import Source
from convac.specs.run import RunSpec
from convac.specs.spec import INTEGER, Natural, Positive, Spec
from convac.specs.training import Schedule, Seeds, TrainingSpec, seeds_of

NetworkKind = Literal["ConvNet", "ConvAC"]
LOCAL, GLOBAL = "local", "global"
CLASSES = 10
GREY = 255  # brightest value of a grey pixel
WINDOWS: tuple[Sharing, ...] = ("shared", "windowed")  # a ConvAC's maps by its kernel, where windows don't overlap


class Images(Spec):
    """Real images at several length scales: small on a large canvas is local, as large as the canvas is global."""

    source: Source = Field(description="where the originals come from")
    canvas: Annotated[Literal[16, 32, 64], INTEGER] = Field(description="pixels along each side of an image")
    sizes: tuple[Annotated[Positive, Field(ge=4)], ...] = Field(
        min_length=1,
        description="pixels along each side of what is to be classified: the local task's, …, the global's",
    )
    clutter: Natural = Field(0, description="patches of other originals in every image")
    train: Positive = Field(description="images rendered for training")
    validation: Positive = Field(description="images that rates are chosen by")
    test: Positive = Field(description="images that are tested on")


class Kind(Spec):
    """Networks of one kind and how they are trained."""

    patch: Annotated[Literal[1, 2, 4], INTEGER] = Field(description="pixels along each side of a site")
    aligned: bool = Field(description="whether small images stand in the squares of their size, or anywhere")
    schedule: Schedule = Field(description="the same for every network of the kind")
    local_steps: Positive = Field(description="steps on the smallest size, which takes longer to learn")


class ImageExperiment(Experiment):
    """Base of the blocks: images, and one kind of network each way."""

    images: Images = Field(description="what is classified")
    seeds: Seeds = Field(description="training runs per network, or their seeds")
    convnet: Kind = Field(description="ReLU and max pooling")
    convac: Kind = Field(description="linear maps and product pooling, real weights")

    def kind(self, network: NetworkKind) -> Kind:
        """The block of a kind of network."""
        return self.convnet if network == "ConvNet" else self.convac

    def task(self, size: int) -> str:
        """What a size is called: local, global, or between."""
        if size == self.images.canvas:
            return GLOBAL
        return LOCAL if size == self.images.sizes[0] else "between"

    def dataset(self, size: int, network: NetworkKind) -> DatasetSpec:
        """Grey images at one length scale, at the places that a kind of network is given."""
        images = self.images
        return DigitsSpec(
            source=images.source,
            seed=0,
            size=size,
            canvas=images.canvas,
            grid=size if self.kind(network).aligned and size < images.canvas else 1,
            clutter=images.clutter,
            train=images.train,
            validation=images.validation,
            test=images.test,
        )

    def run(self, dataset: DatasetSpec, network: NetworkSpec, kind: NetworkKind, task: str) -> RunSpec:
        """A network of a kind, trained on the dataset of a task over all seeds."""
        schedule = self.kind(kind).schedule.model_dump()
        if task == LOCAL:
            schedule["steps"] = self.kind(kind).local_steps
        training = TrainingSpec(**schedule, seeds=seeds_of(self.seeds))
        return RunSpec(dataset=dataset, network=network, training=training)


def template(
    network: NetworkKind, canvas: int, patch: int, kernel: int, classes: int = CLASSES, brightest: int = GREY
) -> NetworkSpec:
    """A network of one channel per level over the patches of a square canvas; widths are for the caller to set.

    A ConvNet convolves K×K sites and pools 2×2. A ConvAC's kernel is that of its generalised convolutions, which
    stand two sites apart: 1 shares one map within a window of 2×2, 2 has one for each position, 3 and more overlap.
    """
    side = canvas // patch
    levels = PoolingTree.named("square", (side, side)).levels
    shared: dict[str, Any] = {"geometry": "square", "sites": (side, side), "widths": (1,) * levels, "classes": classes}
    if network == "ConvNet":
        return ConvolutionalSpec(kernel=kernel, patch=patch, brightest=brightest, local_dimension=patch**2, **shared)
    shared |= {"local_dimension": 2 * patch**2, "weights": "signed"}
    pixels = Pixels(kind="affine", patch=patch, brightest=brightest)
    if kernel > len(WINDOWS):
        return OverlappingSpec(kernel=kernel, representation=pixels, **shared)
    sharing = WINDOWS[kernel - 1]
    return ArithmeticSpec(sharing=sharing, initialisation="diagonal", representation=pixels, **shared)
