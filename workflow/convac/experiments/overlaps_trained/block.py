"""overlaps_trained: do networks whose windows overlap learn what others of equal size don't?

The trained half of `overlaps`. Sources: 1703.02065 (Sharir & Shashua, ICLR 2018), 1803.09780 (Levine, Sharir, Cohen &
Shashua). A ConvNet's kernel is that of its convolutions, before pooling; a ConvAC's that of its generalised
convolutions, whose windows stand two sites apart and overlap from 3 on.
"""

from typing import Annotated

from pydantic import Field, model_validator

from convac.errors import ArgumentError
from convac.experiments.experiment import Cell
from convac.experiments.image_runs import ImageExperiment, NetworkKind, template
from convac.specs.spec import Positive, Scalar, Spec
from convac.specs.widths import matched

KINDS: tuple[NetworkKind, ...] = ("ConvNet", "ConvAC")
LARGEST_KERNEL = 7


class Counts(Spec):
    """Parameters of the networks of each kind; every kernel is matched to them within 2 %."""

    convnet: Positive
    convac: Positive


class Block(ImageExperiment):
    """Config of overlaps_trained."""

    kernels: tuple[Annotated[int, Field(ge=1, le=LARGEST_KERNEL)], ...] = Field(min_length=1)
    parameters: Counts = Field(description="size of the networks")

    @model_validator(mode="after")
    def _fits(self) -> "Block":
        if self.images.sizes[-1] != self.images.canvas:
            raise ArgumentError(f"images.sizes: ends in {self.images.sizes[-1]}; accepted: the canvas at the end")
        return self


def cells(block: Block) -> list[Cell]:
    """Every kernel on every task, uniform widths."""
    found = []
    for kind in KINDS:
        count = block.parameters.convnet if kind == "ConvNet" else block.parameters.convac
        for kernel in block.kernels:
            start = template(kind, block.images.canvas, block.kind(kind).patch, kernel)
            network = matched(start, "uniform", count, tolerance=0.03)
            for size in block.images.sizes:
                labels: dict[str, Scalar] = {
                    "network": kind,
                    "task": block.task(size),
                    "size": size,
                    "kernel": kernel,
                    "parameters": count,
                    "weights": network.parameters(),
                    "widths": "-".join(map(str, network.widths)),
                }
                found.append(Cell(block.run(block.dataset(size, kind), network, kind, block.task(size)), labels))
    return found


FIGURES = {
    "": "Test and train accuracy against the kernel at equal parameters, with 95 % intervals over seeds.",
    "curves": "Test accuracy against training step by kernel.",
}
