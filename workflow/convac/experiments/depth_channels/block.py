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
    "": "Exact ranks: smallest width against the number of layers, by family, with root law and min-cut prediction.",
    "scaling": "Exact ranks: smallest width against the width of one layer, by number of layers.",
    "errors": "Trained networks: error on all inputs against the width, by number of layers, with 95 % intervals.",
    "trained": "Trained networks: width that reaches one layer's error against the number of layers, with fitted "
    "shift.",
    "models": "Misfit of the root law, the shift and the growth, with constants as stated and fitted.",
}
