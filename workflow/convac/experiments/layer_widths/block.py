"""layer_widths: does it matter at which level a network is wide, and does the min-cut predict it?

Source: 1704.01552 (Levine, Yakira, Cohen & Shashua, ICLR 2018), Experiments: networks with wide first layers beside
networks with wide last ones, on images whose features are small or as large as the canvas. Its networks have 1×1
convolutions of pixels, ReLU and 2×2 max pooling down to one position, r channels where they are narrowest and 4r where
they are widest; they are compared with 3×3 convolutions and ConvACs over patches, matched in parameters, on the same
images.
The min-cut at a task's length scale is that of the pooling tree for stripes half as wide as what is to be classified,
per square of that size.
"""

import math
from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field, model_validator

from convac.entanglement.mincut import tree_min_cut
from convac.errors import ArgumentError
from convac.experiments.experiment import Cell, Experiment
from convac.experiments.image_runs import GLOBAL, GREY, LOCAL, Images, template
from convac.geometry.partitions import Partition
from convac.specs.datasets.digits import DigitsSpec
from convac.specs.measurement import MeasureSpec
from convac.specs.measurements.least_squares import LeastSquaresSpec
from convac.specs.network import NetworkSpec
from convac.specs.own_images import classes_of, originals
from convac.specs.run import RunSpec
from convac.specs.spec import INTEGER, Positive, Scalar, Spec
from convac.specs.training import Schedule, Seeds, TrainingSpec, seeds_of
from convac.specs.widths import matched, profile

PUBLISHED, CONVNET, CONVAC = "ConvNet 1×1", "ConvNet 3×3", "ConvAC"
KINDS = (PUBLISHED, CONVNET, CONVAC)


class Kind(Spec):
    """Networks of one kind and how they are trained."""

    patch: Annotated[Literal[1, 2, 4], INTEGER] = Field(description="pixels along each side of a site")
    schedule: Schedule = Field(description="training, the same for every network of the kind")
    local_steps: Positive = Field(description="steps on the smallest size, which takes longer to learn")


class Published(Kind):
    """Networks as published, by the channels of their narrowest level."""

    narrowest: tuple[Positive, ...] = Field(min_length=1, description="channels of the narrowest level, r")


class Matched(Kind):
    """Networks that are equal in parameters."""

    parameters: tuple[Positive, ...] = Field(min_length=1, description="parameters, met by every profile within 2 %")


class Block(Experiment):
    """Config of layer_widths."""

    images: Images = Field(description="images to classify, different for every seed")
    seeds: Seeds = Field(description="number of training runs of each 3×3 network, or their seeds")
    further_seeds: Positive = Field(description="number of the seeds with which other networks are trained")
    profiles: tuple[str, ...] = Field(min_length=2, description="wide-base, wide-tip, uniform, or a list such as 4-2-1")
    published: Published = Field(description="networks of 1×1 convolutions, ReLU, max pooling")
    convnet: Matched = Field(description="networks of 3×3 convolutions, ReLU, max pooling")
    convac: Matched = Field(description="networks of linear maps and product pooling, real weights")

    @model_validator(mode="after")
    def _fits(self) -> "Block":
        canvas = self.images.canvas
        if self.images.sizes[-1] != canvas:
            raise ArgumentError(f"images.sizes: ends in {self.images.sizes[-1]}; accepted: the canvas at the end")
        for name in KINDS:
            levels, patch = len(start(self, name).widths), self.kind(name).patch
            for each in self.profiles:
                profile(each, levels)
            for size in self.images.sizes:
                if size % (2 * patch) or canvas % size:
                    raise ArgumentError(
                        f"images.sizes: {size}; accepted: divisors of the canvas, multiples of two {name} patches"
                    )
            if self.kind(name).schedule.trials:
                raise ArgumentError("schedule.trials: every seed has its own images; accepted: none, lr alone")
        return self

    def kind(self, name: str) -> Kind:
        """The block of a kind of network."""
        return {PUBLISHED: self.published, CONVNET: self.convnet, CONVAC: self.convac}[name]

    def chosen_seeds(self, name: str) -> tuple[int, ...]:
        """The seeds of a kind of network."""
        seeds = seeds_of(self.seeds)
        return seeds if name == CONVNET else seeds[: self.further_seeds]

    def task(self, size: int) -> str:
        """What a size is called: local, global, or between."""
        if size == self.images.canvas:
            return GLOBAL
        return LOCAL if size == self.images.sizes[0] else "between"


def start(block: Block, kind: str) -> NetworkSpec:
    """A network of a kind over the canvas, one channel per level; the published ones see pixels as (x, 1 − x)."""
    canvas, patch, classes = block.images.canvas, block.kind(kind).patch, classes_of(block.images.source)
    if kind == PUBLISHED:
        seen = {"affine": True, "local_dimension": 2 * patch**2, "initialisation": "calibrated"}
        return template("ConvNet", canvas, patch, 1, classes).model_copy(update=seen)
    return template("ConvNet" if kind == CONVNET else "ConvAC", canvas, patch, 3 if kind == CONVNET else 2, classes)


def cells(block: Block) -> list[Cell]:
    """Every profile at every size of network on the local and the global task; at one size on those between."""
    found = []
    for size in block.images.sizes:
        for kind in KINDS:
            found += list(compared(block, kind, size))
    return found


def compared(block: Block, kind: str, size: int) -> Iterator[Cell]:
    """Networks of one kind on images of one size; the baseline stands beside the first that is published."""
    beside = MeasureSpec(measurements=(LeastSquaresSpec(),)) if kind == PUBLISHED else None
    every = list(sized(block, kind))
    chosen = every if block.task(size) in {LOCAL, GLOBAL} else every[len(every) // 2 :][:1]
    for labels, networks in chosen:
        for name, label in described(networks, size // block.kind(kind).patch).items():
            own: dict[str, Scalar] = {"network": kind, "task": block.task(size), "size": size, **labels, **label}
            yield Cell(run(block, kind, size, networks[name]), own, beside)
            beside = None


def sized(block: Block, kind: str) -> Iterator[tuple[dict[str, Scalar], dict[str, NetworkSpec]]]:
    """The networks of a kind by profile, and what is common to them: as published, or equal in parameters."""
    base = start(block, kind)
    for r in block.published.narrowest if kind == PUBLISHED else ():
        networks = {name: multiple(base, name, r) for name in block.profiles}
        mean = sum(network.parameters() for network in networks.values()) / len(networks)
        yield {"narrowest": r, "parameters": round(mean)}, networks
    matching = {CONVNET: block.convnet, CONVAC: block.convac}.get(kind)
    for count in matching.parameters if matching else ():
        yield {"parameters": count}, {name: matched(base, name, count) for name in block.profiles}


def multiple(base: NetworkSpec, name: str, r: int) -> NetworkSpec:
    """The network whose widths are r times those of a profile, whose least is taken as 1."""
    shape = profile(name, len(base.widths))
    return base.model_copy(update={"widths": tuple(round(r * part / min(shape)) for part in shape)})


def run(block: Block, kind: str, size: int, network: NetworkSpec) -> RunSpec:
    """A network trained over all seeds of its kind, each on its own images, the same ones for every kind."""
    images, schedule, seeds = block.images, block.kind(kind).schedule, block.chosen_seeds(kind)
    if block.task(size) == LOCAL:
        schedule = schedule.model_copy(update={"steps": block.kind(kind).local_steps})
    own = {**images.model_dump(exclude={"sizes"}), **originals(images.source)}
    dataset = DigitsSpec(seeds=seeds, resplit=True, size=size, **own)
    return RunSpec(dataset=dataset, network=network, training=TrainingSpec(**schedule.model_dump(), seeds=seeds))


def described(networks: dict[str, NetworkSpec], side: int) -> dict[str, dict[str, Scalar]]:
    """Labels of each profile's network: its widths, and its min-cut at the length scale of `side` sites."""
    cuts = {name: scale_cut(network, side) for name, network in networks.items()}
    most, least = max(cuts.values()), min(cuts.values())
    ranks = {most: "even"} if most == least else {most: "larger", least: "smaller"}
    return {
        name: {
            "profile": name,
            "widths": "-".join(map(str, network.widths)),
            "weights": network.parameters(),
            "cut": round(cuts[name], 6),
            "cut_rank": ranks.get(cuts[name], "between"),
        }
        for name, network in networks.items()
    }


def scale_cut(network: NetworkSpec, side: int) -> float:
    """ln of the min-cut of the pooling tree, per square of `side`×`side` sites, for stripes half as wide [nats].

    The stripes part every such square into its left and right half: what a network must relate to see in it more than
    its halves. Overlaps are left out, as in the paper: the tree is that of the pooling windows. A site has as many
    states as a pixel has grey values, so that no cut is made there.
    """
    rows, columns = network.sites
    inside = [site for site in range(rows * columns) if site % columns // (side // 2) % 2 == 0]
    cut = tree_min_cut(network.tree, GREY + 1, network.widths, Partition.of(network.sites, inside))
    return cut.log / math.prod((rows / side, columns / side))


FIGURES = {
    "": "Test and train accuracy against network size, wide-base beside wide-tip, with 95 % intervals over seeds.",
    "story": "Length scale of the task, widths by level, and the network's accuracy and min-cut at that scale.",
    "examples": "Example images of the local and the global task.",
}
