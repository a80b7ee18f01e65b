"""pooling_geometry: does the order in which sites are pooled decide which dependencies a network can learn?

Source: 1605.06743 (Cohen & Shashua, ICLR 2017), Experiments. Shared 1×1 weights with symmetric windows make the
deep networks invariant to permuting the children of any node of their tree.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Annotated

import numpy as np
from pydantic import Field

from convac.experiments.blob_runs import BlobExperiment, cell, deep, first_seeds, signed
from convac.experiments.experiment import Cell
from convac.specs.datasets.blobs import BlobTask
from convac.specs.measurement import MeasureSpec
from convac.specs.measurements.windows import WindowsSpec
from convac.specs.networks.arithmetic import ArithmeticSpec, Initialisation
from convac.specs.spec import Positive
from convac.specs.training import Schedule

INITIALISATIONS: tuple[Initialisation, ...] = ("calibrated", "normal")  # ours, and the textbook's


class Block(BlobExperiment):
    """Config of pooling_geometry."""

    shallow_widths: tuple[Positive, ...] = Field(description="channels of shallow ConvACs, which have one level")
    shallow: Schedule = Field(description="training of shallow ConvACs")
    depths: tuple[Annotated[int, Field(ge=1, le=6)], ...] = Field(
        description="numbers of levels of the signed ConvACs that are compared"
    )


def cells(block: Block) -> list[Cell]:
    """The networks to train, each over its seeds; equal ones once."""
    further = first_seeds(block)
    found = [cell for task in block.tasks for cell in (*compared(block, task), *shallow(further, task))]
    kept: dict[str, Cell] = {}
    for each in [*found, *by_depth(further)]:
        kept.setdefault(str(each.labels), each)  # labels tell networks apart
    return list(kept.values())


def compared(block: Block, task: BlobTask) -> Iterator[Cell]:
    """Deep networks of every kind, geometry and width; beside one kind, the baseline of the geometry's windows."""
    for geometry in block.geometries:
        for each in deep(block, task, geometry):
            beside = (each.labels["network"], each.labels["width"]) == ("ConvAC", block.widths[0])
            yield replace(each, measure=MeasureSpec(measurements=(WindowsSpec(),))) if beside else each


def shallow(block: Block, task: BlobTask) -> Iterator[Cell]:
    """Shallow ConvACs: one level whose window holds every site."""
    for width in block.shallow_widths:
        kind = partial(ArithmeticSpec, weights="positive", initialisation="calibrated")
        yield cell(block, task, "shallow ConvAC", "square", width, block.shallow, kind, (block.side**2,))


def by_depth(block: Block) -> Iterator[Cell]:
    """Signed ConvACs of several depths on the first task, from our initialisation and from the textbook's."""
    for levels in block.depths:
        for initialisation in INITIALISATIONS:
            yield signed(block, block.tasks[0], "square", even_windows(block.side**2, levels), initialisation)


def even_windows(sites: int, levels: int) -> tuple[int, ...]:
    """Windows of a tree with that many levels over 2^n sites, as equal as they can be.

    >>> even_windows(1024, 6)
    (4, 4, 4, 4, 2, 2)
    """
    bits = np.array_split(np.ones(sites.bit_length() - 1), levels)
    return tuple(2 ** len(part) for part in bits)


FIGURES = {
    "": "Test and train accuracy of every network by pooling geometry, with 95 % intervals over seeds.",
    "examples": "Example images of each task and class.",
    "curves": "Accuracy against training step, with 95 % intervals over seeds.",
    "depth": "Signed ConvACs of several depths: log-scale at initialisation, and accuracy after training.",
}
