"""layer_widths: does it matter at which level a network is wide, and does the min-cut say so beforehand?

Source: 1704.01552 (Levine, Yakira, Cohen & Shashua, ICLR 2018), Experiments: networks with wide first layers beside
networks with wide last ones, on images whose features are small or as large as the canvas. The min-cut at a task's
length scale is that of the pooling tree for stripes half as wide as what is to be classified, per square of that size.
"""

import math
from collections.abc import Iterator
from typing import Annotated

from pydantic import Field, model_validator

from convac.entanglement.mincut import tree_min_cut
from convac.errors import ArgumentError
from convac.experiments.experiment import Cell
from convac.experiments.image_runs import GLOBAL, LOCAL, ImageExperiment, NetworkKind, template
from convac.geometry.partitions import Partition
from convac.specs.datasets.agreement import AgreementSpec
from convac.specs.network import NetworkSpec
from convac.specs.spec import Positive, Scalar, Spec
from convac.specs.widths import matched, profile

KINDS: tuple[NetworkKind, ...] = ("ConvNet", "ConvAC")
# positions along each axis of a ConvNet's convolution, and of a ConvAC's window
KERNELS = {"ConvNet": 3, "ConvAC": 2}


class Counts(Spec):
    """Parameters of the networks of each kind; both profiles are matched to them within 2 %."""

    convnet: tuple[Positive, ...] = Field(min_length=1)
    convac: tuple[Positive, ...] = Field(min_length=1)


class Control(Spec):
    """Pairs of marks at an exact distance, for ConvNets of one size."""

    distances: tuple[Annotated[Positive, Field(ge=2)], ...] = Field(description="columns between the marks of a pair")
    parameters: Positive


class Block(ImageExperiment):
    """Config of layer_widths."""

    profiles: tuple[str, ...] = Field(min_length=2, description="wide-base, wide-tip, uniform, or a list such as 4-2-1")
    parameters: Counts = Field(description="sizes of the networks, one each")
    control: Control = Field(description="the synthetic control, whose length scale is exact")

    @model_validator(mode="after")
    def _fits(self) -> "Block":
        if self.images.sizes[-1] != self.images.canvas:
            raise ArgumentError(f"images.sizes: ends in {self.images.sizes[-1]}; accepted: the canvas at the end")
        far = [gap for gap in self.control.distances if gap > self.images.canvas - 2]
        if far:
            raise ArgumentError(f"control.distances: {far[0]}; accepted: 2 to {self.images.canvas - 2}, on the canvas")
        for kind in KINDS:
            levels = len(template(kind, self.images.canvas, self.kind(kind).patch, KERNELS[kind]).widths)
            for name in self.profiles:
                profile(name, levels)
            for size in self.images.sizes:
                if size % (2 * self.kind(kind).patch) or self.images.canvas % size:
                    raise ArgumentError(
                        f"images.sizes: {size}; accepted: divisors of the canvas, multiples of two {kind} patches"
                    )
        return self

    def counts(self, kind: NetworkKind) -> tuple[int, ...]:
        """Sizes of the networks of a kind."""
        return self.parameters.convnet if kind == "ConvNet" else self.parameters.convac


def cells(block: Block) -> list[Cell]:
    """Every profile at every size of network on the local and the global task; at one size on those between."""
    found = []
    for kind in KINDS:
        counts = block.counts(kind)
        for size in block.images.sizes:
            between = block.task(size) not in {LOCAL, GLOBAL}
            for count in counts[len(counts) // 2 :][:1] if between else counts:
                found += list(compared(block, kind, size, count))
    return [*found, *control(block)]


def compared(block: Block, kind: NetworkKind, size: int, count: int) -> Iterator[Cell]:
    """One network per profile, equal in parameters, on one task."""
    patch = block.kind(kind).patch
    start = template(kind, block.images.canvas, patch, KERNELS[kind])
    networks = {name: matched(start, name, count) for name in block.profiles}
    labels: dict[str, Scalar] = {"network": kind, "task": block.task(size), "size": size}
    for name, label in described(networks, size // patch).items():
        run = block.run(block.dataset(size, kind), networks[name], kind, block.task(size))
        yield Cell(run, {**labels, "parameters": count, **label})


def control(block: Block) -> Iterator[Cell]:
    """One ConvNet per profile on pairs of marks at each distance."""
    patch, count = block.convnet.patch, block.control.parameters
    start = template("ConvNet", block.images.canvas, patch, KERNELS["ConvNet"], classes=2, brightest=1)
    networks = {name: matched(start, name, count, tolerance=0.05) for name in block.profiles}
    for gap in block.control.distances:
        dataset = AgreementSpec(
            task="agreement",
            seed=0,
            distance=gap,
            canvas=block.images.canvas,
            train=block.images.train,
            validation=block.images.validation,
            test=block.images.test,
        )
        words = {max(block.control.distances): "longest", min(block.control.distances): "shortest"}
        labels: dict[str, Scalar] = {"network": "ConvNet", "task": "agreement", "size": gap, "parameters": count}
        labels |= {"gap": words.get(gap, "between")}
        for name, label in described(networks, max(2, gap // patch)).items():
            yield Cell(block.run(dataset, networks[name], "ConvNet", "agreement"), {**labels, **label})


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
    its halves. Overlaps are left out, as in the paper: the tree is that of the pooling windows.
    """
    rows, columns = network.sites
    inside = [site for site in range(rows * columns) if site % columns // (side // 2) % 2 == 0]
    cut = tree_min_cut(network.tree, network.local_dimension, network.widths, Partition.of(network.sites, inside))
    return cut.log / math.prod((rows / side, columns / side))


FIGURES = {
    "": "Test and train accuracy against parameters, wide-base beside wide-tip, with 95 % intervals over seeds.",
    "story": "Length scale of the task, where the network is wide, its accuracy and its min-cut at that scale.",
    "examples": "Example images of the local and the global task, and of the control.",
    "control": "Pairs of marks at an exact distance: accuracy of both profiles against the distance.",
}
