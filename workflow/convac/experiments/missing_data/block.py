"""missing_data: does marginalising missing pixels exactly beat filling them in?

Source: 1610.04167 (Sharir, Tamari, Cohen & Shashua): tensorial mixture models marginalise whatever is missing, so that
they are optimal classifiers, if the model is right, whatever the distribution of missing pixels; a network that
answers for filled-in images, or was trained on one kind of missing pixels, isn't. All networks have equal parameters,
and those of a seed have the same images, drawn and split separately for each seed.
"""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field, model_validator

from convac.errors import ArgumentError
from convac.experiments.experiment import Cell, Experiment
from convac.experiments.image_runs import GREY, template
from convac.geometry.trees import PoolingTree
from convac.specs.datasets.digits import DigitsSpec
from convac.specs.measurement import MeasurementSpec, MeasureSpec
from convac.specs.measurements.known_pixels import KnownPixelsSpec
from convac.specs.measurements.missing import MARGINALISED, MARKED, Imputation, MissingSpec
from convac.specs.network import NetworkSpec
from convac.specs.networks.mixture import MixtureSpec, Objective
from convac.specs.own_images import Source, classes_of, originals
from convac.specs.run import RunSpec
from convac.specs.spec import INTEGER, Positive, Scalar, Share, Spec
from convac.specs.training import Schedule, Seeds, TrainingSpec, seeds_of
from convac.specs.widths import matched

Kind = Literal["points", "rectangles"]
IMPUTATIONS: tuple[Imputation, ...] = ("zero", "mean", "neighbour")
HT, CP, CONVNET = "HT mixture", "CP mixture", "ConvNet"
COMPLETE = "complete"  # what a network was trained on, where nothing was missing
KERNEL = 3
MIXTURE_IMPUTATIONS: tuple[Imputation, ...] = (MARGINALISED, *IMPUTATIONS)
TOLERANCE = 0.02  # of equal parameters


class Images(Spec):
    """Grey images as large as the canvas."""

    source: Source = Field(description="where the originals come from")
    canvas: Annotated[Literal[8, 16, 32, 64], INTEGER] = Field(description="pixels along each side of an image")
    train: Positive = Field(description="images rendered for training")
    validation: Positive = Field(description="images by which learning rates are chosen")
    test: Positive = Field(description="test images")


class Block(Experiment):
    """Config of missing_data."""

    images: Images = Field(description="what is classified")
    seeds: Seeds = Field(description="number of training runs per network, or their seeds; each has its own images")
    patch: Annotated[Literal[1, 2, 4], INTEGER] = Field(description="pixels along each side of a site")
    components: Positive = Field(description="Gaussians that a mixture's sites draw from")
    parameters: Positive = Field(description="parameters of every network, met within 2 %")
    objectives: tuple[Objective, ...] = Field(min_length=1, description="training objectives of the HT mixtures")
    trained_on: tuple[Kind, ...] = Field(description="kinds of missing pixels on which further ConvNets are trained")
    kinds: tuple[Kind, ...] = Field(min_length=1, description="kinds of missing pixels in the test images")
    rates: tuple[Annotated[float, Field(gt=0, lt=1)], ...] = Field(
        min_length=1, description="fractions of missing pixels"
    )
    example_rate: Share = Field(description="fraction of missing pixels in the example images")
    mixture: Schedule = Field(description="training of every HT mixture")
    shallow: Schedule = Field(description="training of the CP mixture (one level), with the first objective")
    convnet: Schedule = Field(description="training of the ConvNet on complete images")
    masked: Schedule = Field(description="training of the ConvNets on missing pixels, which takes longer")

    @model_validator(mode="after")
    def _fits(self) -> "Block":
        if self.images.canvas < 4 * self.patch:
            raise ArgumentError(f"patch: {self.patch}; accepted: at most a quarter of the canvas, {self.images.canvas}")
        return self


def cells(block: Block) -> list[Cell]:
    """Mixtures by objective and decomposition, a ConvNet, and ConvNets that know one kind of missing pixels."""
    return [*mixtures(block), *convnets(block)]


def mixtures(block: Block) -> Iterator[Cell]:
    """HT mixtures of every objective, and a CP mixture with the first; the first has examples and baselines, too."""
    side = block.images.canvas // block.patch
    windows = PoolingTree.named("square", (side, side)).windows
    baselines = KnownPixelsSpec(kinds=block.kinds, rates=block.rates)
    for number, objective in enumerate(block.objectives):
        first = number == 0
        missing = missing_spec(block, MIXTURE_IMPUTATIONS, block.example_rate if first else None)
        yield mixture(block, block.mixture, HT, windows, objective, (missing, *((baselines,) if first else ())))
    measured = (missing_spec(block, MIXTURE_IMPUTATIONS),)
    yield mixture(block, block.shallow, CP, (side**2,), block.objectives[0], measured)


def mixture(
    block: Block,
    schedule: Schedule,
    name: str,
    windows: tuple[int, ...],
    objective: Objective,
    measured: tuple[MeasurementSpec, ...],
) -> Cell:
    """A mixture of Gaussian patches, mixing weights of each location."""
    side = block.images.canvas // block.patch
    start = MixtureSpec(
        geometry="square",
        sites=(side, side),
        windows=windows,
        widths=(1,) * len(windows),
        local_dimension=block.components,
        classes=classes_of(block.images.source),
        leaves="gaussian",
        sharing="located",
        objective=objective,
        patch=block.patch,
        brightest=GREY,
    )
    network = matched(start, "uniform", block.parameters, TOLERANCE)
    labels: dict[str, Scalar] = {"network": name, "objective": objective, "trained_on": COMPLETE}
    return cell(block, network, schedule, labels, measured)


def convnets(block: Block) -> Iterator[Cell]:
    """ConvNets on the same patches; those that are trained on missing pixels have a mask channel."""
    start = template("ConvNet", block.images.canvas, block.patch, KERNEL, classes_of(block.images.source))
    labels: dict[str, Scalar] = {"network": CONVNET, "objective": "discriminative", "trained_on": COMPLETE}
    whole = matched(start, "uniform", block.parameters, TOLERANCE)
    yield cell(block, whole, block.convnet, labels, (missing_spec(block, IMPUTATIONS),))
    changes = {"mask_channel": True, "local_dimension": 2 * start.local_dimension}
    marked = matched(start.model_copy(update=changes), "uniform", block.parameters, TOLERANCE)
    for known in block.trained_on:
        own = {**labels, "trained_on": known}
        yield cell(block, marked, block.masked, own, (missing_spec(block, (MARKED,)),), known)


def missing_spec(block: Block, imputations: tuple[Imputation, ...], examples: float | None = None) -> MissingSpec:
    """Every kind and rate of missing pixels."""
    return MissingSpec(kinds=block.kinds, rates=block.rates, imputations=imputations, examples=examples)


def cell(
    block: Block,
    network: NetworkSpec,
    schedule: Schedule,
    labels: dict[str, Scalar],
    measured: tuple[MeasurementSpec, ...],
    missing: Kind | None = None,
) -> Cell:
    """A network over all seeds, each on its own images, and what is measured on it."""
    seeds = seeds_of(block.seeds)
    own = {**block.images.model_dump(), **originals(block.images.source)}
    dataset = DigitsSpec(seeds=seeds, resplit=True, size=block.images.canvas, **own)
    spec = RunSpec(
        dataset=dataset,
        network=network,
        training=TrainingSpec(**schedule.model_dump(), seeds=seeds, missing=missing),
    )
    described: dict[str, Scalar] = {
        "source": dataset.source,
        "parameters": block.parameters,
        "weights": network.parameters(),
        "widths": "-".join(map(str, network.widths)),
    }
    return Cell(spec, {**labels, **described}, MeasureSpec(measurements=measured))


FIGURES = {
    "": "Test accuracy against the fraction of missing pixels: mixtures, ConvNets, and baselines on the known pixels.",
    "objectives": "Test accuracy of mixtures by training objective, and of one mixture on imputed images.",
    "training": "Accuracy of every network on training and test images of the kind that it was trained on.",
    "examples": "Test images with missing pixels, the mixture's expectation of them, and samples of the mixture.",
}
