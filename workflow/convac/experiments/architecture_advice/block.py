"""architecture_advice: can a network's geometry and widths be tailored to a task before it is trained?

Source: ours (docs/advice.md); 1605.06743 and 1704.01552 ask it. For every task a ConvAC is trained over named trees and
those that were searched for, and the one that `convac.advise` chooses from the training images alone is compared with
the best of them. The published rival is 2303.11249's: pixels are rearranged by their correlations, then pooled with
their neighbours. Advised widths are compared on digits of all ten classes, with too few parameters for every level to
have as many channels as there are classes: signed weights that start near the diagonal learn small digits, too.

Whether to take short trials was decided on the tuned tasks; those held out were not looked at before.
"""

from collections.abc import Callable, Iterator
from typing import Annotated, Any, Literal, get_args

from pydantic import Field, model_validator

from convac.errors import ArgumentError
from convac.experiments.architecture_advice.jobs import Named, Profiles, Silence, Trees
from convac.experiments.experiment import Cell, Experiment
from convac.specs.dataset import Control, DatasetSpec
from convac.specs.datasets.agreement import AgreementSpec
from convac.specs.datasets.blobs import BlobsSpec, BlobTask
from convac.specs.datasets.digits import DigitsSpec
from convac.specs.datasets.patterns import PatternsSpec, Relation
from convac.specs.network import Sharing
from convac.specs.spec import INTEGER, Natural, Positive, Scalar, Spec
from convac.specs.training import Schedule, Seeds, seeds_of

Task = Literal[
    "closedness",
    "symmetry",
    "left-right",
    "top-bottom",
    "half turn",
    "halves",
    "agreement near",
    "agreement far",
    "digits local",
    "digits between",
    "digits global",
]
DigitsTask = Literal["digits local", "digits between", "digits global"]
NoTask = Literal["triples", "none"]
Part = Literal["tuned", "held out"]
CLASSES = 2  # where trees are compared labels count modulo these: of a digit it is asked whether it is odd
DIGITS = 10  # classes where widths are compared
BLOBS = ("closedness", "symmetry")
SCRAMBLED: tuple[Named, ...] = ("square",)  # among permuted pixels all named trees are alike
PERMUTED: Control = "permuted"
PLAIN: Control = "none"


class Asked(Spec):
    """A task whose networks are compared."""

    task: Task = Field(description="task, by which images are labelled")
    places: Literal["plain", "permuted"] = Field(
        "plain", description="order of the pixels: original, or a permutation common to all images"
    )
    part: Part = Field(description="whether the method was chosen on the task, or the task was held out")


class Larger(Spec):
    """What differs for blobs, which need larger images and more of them."""

    side: Annotated[Literal[16, 32], INTEGER] = Field(description="pixels along each side of an image of blobs")
    train: Annotated[Positive, Field(ge=50)] = Field(description="training images of blobs")
    steps: Positive = Field(description="steps of training on blobs")


class Block(Experiment):
    """Config of architecture_advice."""

    side: Annotated[Literal[16, 32], INTEGER] = Field(description="pixels along each side of an image")
    train: Annotated[Positive, Field(ge=50)] = Field(
        description="training images of each task, from which the advice is made, too"
    )
    validation: Positive = Field(description="images by which the best candidate is chosen")
    test: Positive = Field(description="test images")
    followed: Annotated[float, Field(gt=0, le=1)] = Field(
        description="chance that a pixel of a pattern follows another"
    )
    distances: tuple[Annotated[Positive, Field(ge=2)], Annotated[Positive, Field(ge=2)]] = Field(
        description="columns between two marks that agree, near and far"
    )
    sizes: tuple[Positive, Positive, Positive] = Field(description="side of a digit in pixels: local, between, global")
    blobs: Larger = Field(description="what differs for blobs")
    geometries: tuple[Named, ...] = Field(
        min_length=1, description="named trees to compare with those that were searched for"
    )
    compared: tuple[Asked, ...] = Field(min_length=1, description="tasks whose trees are compared")
    silent: tuple[NoTask, ...] = Field(description="tasks without pair dependence, for which the advice must find none")
    widened: tuple[DigitsTask, ...] = Field(description="tasks whose width profiles are compared")
    seeds: Seeds = Field(description="number of training runs per network, or their seeds; each has its own images")
    further_seeds: Positive = Field(
        description="number of the seeds used for trees on tuned tasks, and for width profiles"
    )
    width: Positive = Field(description="channels of every level, where trees are compared")
    trials: Natural = Field(description="number of best-scored candidates between which short trials decide; 0: none")
    budget: Annotated[Positive, Field(ge=100)] = Field(
        description="parameters of the networks whose width profiles are compared"
    )
    profiles: tuple[str, ...] = Field(
        min_length=1, description="width profiles compared with the advised one: wide-base, wide-tip, uniform"
    )
    training: Schedule = Field(description="training of networks over different trees")
    widths_training: Schedule = Field(description="training of networks of different width profiles")

    @model_validator(mode="after")
    def _fits(self) -> "Block":
        if max(self.sizes) > self.side or min(self.sizes) < 4:
            raise ArgumentError(f"sizes: {list(self.sizes)}; accepted: from 4 up to the side, {self.side}")
        if max(self.distances) > self.side - 2:
            raise ArgumentError(f"distances: {max(self.distances)}; accepted: up to the side less 2, {self.side - 2}")
        for name, schedule in (("training", self.training), ("widths_training", self.widths_training)):
            if schedule.trials:
                raise ArgumentError(f"{name}.trials: every seed has its own images; accepted: none, lr alone")
            if schedule.batch > min(self.train, self.blobs.train):
                raise ArgumentError(f"{name}.batch: {schedule.batch}; accepted: up to train, {self.train}")
        return self


def blobs(task: BlobTask) -> Callable[[Block, int], DatasetSpec]:
    """Blobs, of which validation comes out of training."""
    return lambda block, seed: BlobsSpec(
        task=task,
        seed=seed,
        side=block.blobs.side,
        rendered_train=rendered(block.blobs.train + block.validation),
        rendered_test=rendered(block.test),
    )


def rendered(examples: int) -> int:
    """Blobs that are drawn for so many examples or a few more: of five, one becomes none; at least one of each class.

    >>> rendered(1000), rendered(1)
    (1250, 3)
    """
    return max(3, -(-5 * examples // 4))


def patterns(relation: Relation) -> Callable[[Block, int], DatasetSpec]:
    """Random pixels of a relation."""
    return lambda block, seed: PatternsSpec(
        relation=relation, seed=seed, side=block.side, followed=block.followed, **images(block)
    )


def agreement(number: int) -> Callable[[Block, int], DatasetSpec]:
    """Pairs of marks at the near or the far distance."""
    return lambda block, seed: AgreementSpec(
        task="agreement", seed=seed, distance=block.distances[number], canvas=block.side, **images(block)
    )


def digits(number: int) -> Callable[[Block, int], DatasetSpec]:
    """Digits of one of the sizes, black and white, in one of the corners of the image."""
    return lambda block, seed: DigitsSpec(
        source="digits",
        seed=seed,
        size=block.sizes[number],
        canvas=block.side,
        grid=max(1, block.side - block.sizes[number]),
        shades=2,
        resplit=True,
        **images(block),
    )


def images(block: Block) -> dict[str, Any]:
    """Numbers of images."""
    return {"train": block.train, "validation": block.validation, "test": block.test}


DATASETS: dict[str, Callable[[Block, int], DatasetSpec]] = {
    "closedness": blobs("closedness"),
    "symmetry": blobs("symmetry"),
    **{name: patterns(name) for name in get_args(Relation)},
    "agreement near": agreement(0),
    "agreement far": agreement(1),
    "digits local": digits(0),
    "digits between": digits(1),
    "digits global": digits(2),
}


def dataset_of(block: Block, task: str, seed: int, control: Control = PLAIN) -> DatasetSpec:
    """The images of a task."""
    return DATASETS[task](block, seed).model_copy(update={"control": control})


def cells(block: Block) -> list[Cell]:
    """Trees of every task, width profiles, and what advice says where there is nothing."""
    return [*trees(block), *profiles(block), *silence(block)]


def trees(block: Block) -> Iterator[Cell]:
    """A job for each task, whose trees are compared."""
    for asked in block.compared:
        every = seeds_of(block.seeds)
        seeds = every if asked.part == "held out" else every[: block.further_seeds]
        control, named = (PERMUTED, SCRAMBLED) if asked.places == "permuted" else (PLAIN, block.geometries)
        longer = {"steps": block.blobs.steps} if asked.task in BLOBS else {}
        job = Trees(
            dataset=dataset_of(block, asked.task, seeds[0], control),
            seeds=seeds,
            classes=CLASSES,
            sharing=sharing_of(asked.task),
            initialisation="calibrated",
            width=block.width,
            geometries=named,
            training=block.training.model_copy(update=longer),
            trials=block.trials,
        )
        yield Cell(job, labels(asked.task, asked.part, asked.places))


def profiles(block: Block) -> Iterator[Cell]:
    """A job for each task whose width profiles are compared."""
    for task in block.widened:
        seeds = seeds_of(block.seeds)[: block.further_seeds]
        job = Profiles(
            dataset=dataset_of(block, task, seeds[0]),
            seeds=seeds,
            classes=DIGITS,
            sharing=sharing_of(task),
            weights="signed",
            initialisation="diagonal",
            budget=block.budget,
            profiles=block.profiles,
            training=block.widths_training,
        )
        yield Cell(job, labels(task, "widths", "plain"))


def silence(block: Block) -> Iterator[Cell]:
    """A job for each task without dependence of pairs."""
    for task in block.silent:
        seeds = seeds_of(block.seeds)
        job = Silence(dataset=dataset_of(block, task, seeds[0]), seeds=seeds, classes=CLASSES)
        yield Cell(job, labels(task, "silent", "plain"))


def labels(task: str, part: str, places: str) -> dict[str, Scalar]:
    """Labels of a job's rows."""
    return {"task": task, "part": part, "places": places}


def sharing_of(task: str) -> Sharing:
    """How weights are shared: strokes of a digit are told by where pixels stand in a window, not by their number."""
    return "windowed" if task in get_args(DigitsTask) else "shared"


FIGURES = {
    "": "Test accuracy of ConvACs over every candidate tree, by task: sorted by score, the advised tree marked.",
    "regret": "Test accuracy of the advised network less that of the best candidate, by task; and Kendall’s τ of test "
    "accuracy with the scores, and with low correlation across the trees.",
    "widths": "Test accuracy on ten classes of width profiles of equal parameters over the square tree, by task.",
}
