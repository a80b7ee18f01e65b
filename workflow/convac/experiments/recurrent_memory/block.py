"""recurrent_memory: how much of a sequence's start can a recurrent network's output depend on, by depth?

Source: 1710.09431 (Levine, Sharir, Ziv & Shashua): the start-end separation rank of recurrent arithmetic circuits grows
with depth. Exact generic ranks over a prime field; closed forms are ours.
"""

from pydantic import Field

from convac.experiments.experiment import Cell, Experiment
from convac.experiments.recurrent_memory.jobs import Depth, Even, Grid, Growth, Network, Search
from convac.specs.spec import Positive


class Block(Experiment):
    """Config of recurrent_memory."""

    depths: tuple[Depth, ...] = Field(min_length=1, description="numbers of stacked layers, L")
    local_dimensions: tuple[Positive, ...] = Field(min_length=1, description="numbers of templates per step, M")
    widths: tuple[Positive, ...] = Field(min_length=1, description="channels of every layer, R")
    steps: Even = Field(description="longest sequence, T")
    entries: Positive = Field(description="largest number M^T of listed sequences; longer sequences are left out")
    draws: Positive = Field(description="number of networks whose entropy is measured, per cell")
    search: Search = Field(description="networks whose closed form lies below M^(T/2), ranks only")
    reach: tuple[Network, ...] = Field(description="larger networks, ranks only, one job each")
    growth: tuple[Growth, ...] = Field(description="two layers over sequences that double in length, one job each")


def cells(block: Block) -> list[Cell]:
    """One job per depth, the grid and then the search; one per network of the reach, and one per entry of `growth`."""
    grid = [
        Grid(
            depth=depth,
            local_dimensions=block.local_dimensions,
            widths=block.widths,
            shortest=1,
            longest=block.steps // 2,
            entries=block.entries,
            draws=block.draws,
            search=block.search,
        )
        for depth in block.depths
    ]
    reach = [
        Grid(
            depth=network.depth,
            local_dimensions=(network.local_dimension,),
            widths=(network.width,),
            shortest=network.steps // 2,
            longest=network.steps // 2,
            entries=network.local_dimension**network.steps,
            draws=0,
        )
        for network in block.reach
    ]
    cells = [Cell(job, {"depth": job.depth}) for job in (*grid, *reach)]
    return [*cells, *(Cell(job, {"depth": 2}) for job in block.growth)]


FIGURES = {
    "": "Exact start-end rank (marks) and closed form (lines) against the length T of the sequence, for L layers of R "
    "channels and sequences of M symbols.",
    "law": "Exact rank against closed form, by the number L of layers, for every network whose form lies below the "
    "number of half sequences; open: the networks on which the form was found.",
    "entropy": "Entropy between the halves of a sequence against its length T, for L layers of R channels and "
    "sequences of M symbols, with 95 % intervals over networks.",
}
