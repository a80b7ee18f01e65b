"""depth_channels: how does the number of channels that a network needs fall with its number of layers?

Source: 1710.05520 (Zhang), of which only the abstract was available: at equal expressive power channels scale as
D ~ D_0^(1/n_c) with the convolution layers n_c. Ours: D(n_c) is the smallest width whose exact block rank, or whose
loss on all inputs, reaches that of one layer of D_0 channels. Rivals of this root law: a shift, every layer worth a
constant factor, and ln D = ln D_0 / g with the growth g of the rank's power of D.
"""

from pydantic import Field

from convac.experiments.depth_channels.jobs import Family, SearchedFamilies, Trained
from convac.experiments.experiment import Cell, Experiment


class Block(Experiment):
    """Config of depth_channels."""

    families: tuple[Family, ...] = Field(min_length=1, description="families of networks whose exact ranks are taken")
    search: SearchedFamilies = Field(description="further networks, drawn where the front formula lies below D_0")
    trained: tuple[Trained, ...] = Field(min_length=1, description="networks that are trained to compare losses")


def cells(block: Block) -> list[Cell]:
    """One job per family, one for the searched ones, and one per entry of `trained`."""
    return [*map(Cell, (*block.families, block.search, *block.trained))]


FIGURES = {
    "": "Exact ranks: smallest width D with which n layers match one layer of width D₀, with the root law and the "
    "min-cut’s prediction; lines and rings of sites, kernels of K sites, M values per site.",
    "scaling": "Exact ranks: smallest width D against the width D₀ of one layer, by number n of layers; lines and "
    "rings of sites, kernels of K sites, M values per site.",
    "errors": "Trained networks: error on all inputs against the width D, by number n of layers, with 95 % intervals.",
    "trained": "Trained networks: width D that reaches the error of one layer of width D₀ against the number n of "
    "layers, with the root law and a fitted shift.",
    "models": "Misfit of the root law, the shift (each layer divides the width by the same factor) and the growth (ln "
    "D falls as 1 / (1 + a(n − 1))), with constants as stated and fitted; K sites per kernel, M values per site.",
}
