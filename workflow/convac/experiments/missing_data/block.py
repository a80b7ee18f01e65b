"""missing_data: what is it worth to leave missing pixels out exactly, where others put something in their place?

Source: 1610.04167 (Sharir, Tamari, Cohen & Shashua): tensorial mixture models marginalise whatever is missing, so that
they are optimal classifiers, if the model is right, whatever the distribution of missing pixels; a network that
answers for filled-in images, or was trained on one kind of missing pixels, isn't. All networks have equal parameters.
"""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field, model_validator

from convac.errors import ArgumentError
from convac.experiments.experiment import Cell, Experiment
from convac.experiments.image_runs import CLASSES, GREY, template
from convac.geometry.trees import PoolingTree
from convac.specs.dataset import Control
from convac.specs.datasets.digits import DigitsSpec
from convac.specs.measurement import MeasureSpec
from convac.specs.measurements.missing import Imputation, MissingSpec
from convac.specs.network import NetworkSpec
from convac.specs.networks.mixture import MixtureSpec, Objective
from convac.specs.own_images import Source
from convac.specs.run import RunSpec
from convac.specs.spec import INTEGER, Positive, Scalar, Share, Spec
from convac.specs.training import Schedule, Seeds, TrainingSpec, seeds_of
from convac.specs.widths import matched

Kind = Literal["points", "rectangles"]
CONTROLS: dict[str, Control] = {"points": "missing-points", "rectangles": "missing-rectangles"}
IMPUTATIONS: tuple[Imputation, ...] = ("zero", "mean", "neighbour")
HT, CP, CONVNET = "HT mixture", "CP mixture", "ConvNet"
COMPLETE = "complete"  # what a network was trained on, where nothing was missing
KERNEL = 3
MIXTURE_IMPUTATIONS: tuple[Imputation, ...] = ("marginalised", *IMPUTATIONS)
TOLERANCE = 0.02  # of equal parameters


class Images(Spec):
    """Grey images as large as the canvas."""

    source: Source = Field(description="where the originals come from")
    canvas: Annotated[Literal[8, 16, 32, 64], INTEGER] = Field(description="pixels along each side of an image")
    train: Positive = Field(description="images rendered for training")
    validation: Positive = Field(description="images that rates are chosen by")
    test: Positive = Field(description="images that are tested on")


class Block(Experiment):
    """Config of missing_data."""

    images: Images = Field(description="what is classified")
    seeds: Seeds = Field(description="training runs per network, or their seeds")
    patch: Annotated[Literal[1, 2, 4], INTEGER] = Field(description="pixels along each side of a site")
    components: Positive = Field(description="Gaussians that a mixture's sites draw from")
    parameters: Positive = Field(description="of every network, met within 2 %")
    objectives: tuple[Objective, ...] = Field(min_length=1, description="of the HT mixtures")
    shallow: bool = Field(description="whether there is a CP mixture, of one level, with the first objective")
    trained_on: tuple[Kind, ...] = Field(description="missing pixels that further ConvNets are trained on")
    kinds: tuple[Kind, ...] = Field(min_length=1, description="of missing pixels in the test images")
    rates: tuple[Annotated[float, Field(gt=0, lt=1)], ...] = Field(min_length=1, description="shares of missing pixels")
    example_rate: Share = Field(description="share of missing pixels in the example images")
    mixture: Schedule = Field(description="the same for every mixture")
    convnet: Schedule = Field(description="the same for every ConvNet")

    @model_validator(mode="after")
    def _fits(self) -> "Block":
        if self.images.canvas < 4 * self.patch:
            raise ArgumentError(f"patch: {self.patch}; accepted: at most a quarter of the canvas, {self.images.canvas}")
        return self


def cells(block: Block) -> list[Cell]:
    """Mixtures by objective and decomposition, a ConvNet, and ConvNets that know one kind of missing pixels."""
    return [*mixtures(block), *convnets(block)]


def mixtures(block: Block) -> Iterator[Cell]:
    """HT mixtures of every objective, and a CP mixture with the first; examples come from the first of all."""
    side = block.images.canvas // block.patch
    windows = PoolingTree.named("square", (side, side)).windows
    for number, objective in enumerate(block.objectives):
        yield mixture(block, HT, windows, objective, block.example_rate if number == 0 else None)
    if block.shallow:
        yield mixture(block, CP, (side**2,), block.objectives[0], None)


def mixture(block: Block, name: str, windows: tuple[int, ...], objective: Objective, examples: float | None) -> Cell:
    """A mixture of Gaussian patches, mixing weights of each location."""
    side = block.images.canvas // block.patch
    start = MixtureSpec(
        geometry="square",
        sites=(side, side),
        windows=windows,
        widths=(1,) * len(windows),
        local_dimension=block.components,
        classes=CLASSES,
        leaves="gaussian",
        sharing="located",
        objective=objective,
        patch=block.patch,
        brightest=GREY,
    )
    network = matched(start, "uniform", block.parameters, TOLERANCE)
    labels: dict[str, Scalar] = {"network": name, "objective": objective, "trained_on": COMPLETE}
    return cell(block, network, block.mixture, labels, MIXTURE_IMPUTATIONS, examples)


def convnets(block: Block) -> Iterator[Cell]:
    """ConvNets on the same patches; missing pixels are dark where they are trained on."""
    start = template("ConvNet", block.images.canvas, block.patch, KERNEL)
    network = matched(start, "uniform", block.parameters, TOLERANCE)
    for known in (COMPLETE, *block.trained_on):
        labels: dict[str, Scalar] = {"network": CONVNET, "objective": "discriminative", "trained_on": known}
        yield cell(block, network, block.convnet, labels, IMPUTATIONS if known == COMPLETE else ("zero",), None)


def cell(
    block: Block,
    network: NetworkSpec,
    schedule: Schedule,
    labels: dict[str, Scalar],
    imputations: tuple[Imputation, ...],
    examples: float | None,
) -> Cell:
    """A network over all seeds, tested at every rate."""
    images, known = block.images, str(labels["trained_on"])
    control: Control = "none" if known == COMPLETE else CONTROLS[known]
    dataset = DigitsSpec(seed=0, size=images.canvas, control=control, **images.model_dump())
    spec = RunSpec(
        dataset=dataset,
        network=network,
        training=TrainingSpec(**schedule.model_dump(), seeds=seeds_of(block.seeds)),
    )
    missing = MissingSpec(kinds=block.kinds, rates=block.rates, imputations=imputations, examples=examples)
    described: dict[str, Scalar] = {
        "parameters": block.parameters,
        "weights": network.parameters(),
        "widths": "-".join(map(str, network.widths)),
    }
    return Cell(spec, {**labels, **described}, MeasureSpec(measurements=(missing,)))


FIGURES = {
    "": "Test accuracy against the share of missing pixels: exact marginals, imputations, and ConvNets.",
    "objectives": "Test accuracy of the marginalised mixtures by what they were trained for.",
    "examples": "Test images with missing pixels, what the mixture expects there, and samples of the mixture.",
}
