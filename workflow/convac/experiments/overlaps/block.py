"""overlaps: which blocks can a network entangle with the rest when its windows overlap?

Sources: 1703.02065 (Sharir & Shashua), 1803.09780 (Levine, Sharir, Cohen & Shashua). Exact generic block ranks over a
prime field; the prediction is ours: the smaller of a min-cut and the number of configurations that shared weights
distinguish.
"""

from typing import Annotated

from pydantic import Field, model_validator

from convac.experiments.experiment import Cell, Experiment
from convac.experiments.overlaps.jobs import (
    Family,
    RandomNetworks,
    Rectangles,
    SearchedNetworks,
    Squares,
    Trees,
    Volume,
)
from convac.geometry.trees import PoolingTree
from convac.specs.spec import Positive


class Block(Experiment):
    """Config of overlaps."""

    families: tuple[Family, ...] = Field(min_length=1, description="overlapping networks whose blocks are measured")
    random: RandomNetworks = Field(
        description="random networks and subsets of sites, to find where the prediction fails"
    )
    search: SearchedNetworks = Field(description="networks whose front formula lies below what the block's sites allow")
    tree_sites: Annotated[Positive, Field(ge=4)] = Field(
        description="sites of the trees for comparison, a power of two"
    )
    tree_widths: tuple[Positive, ...] = Field(
        min_length=1, description="channels of every level of the trees for comparison"
    )
    volume_sites: tuple[Annotated[int, Field(ge=4, le=20, multiple_of=2)], ...] = Field(
        description="sizes of rings for which the smallest network with a volume law is sought"
    )
    rectangles: Rectangles = Field(description="rectangles of grids for which the front formula lies below M^|A|")
    squares: Squares = Field(description="square blocks for which the smallest network with a volume law is sought")

    @model_validator(mode="after")
    def _fits(self) -> "Block":
        PoolingTree.named("line", (self.tree_sites,))
        return self


def cells(block: Block) -> list[Cell]:
    """One job per family, one each for random and searched networks, trees, volume laws, rectangles and squares."""
    trees = Trees(sites=(block.tree_sites,), local_dimension=2, widths=block.tree_widths)
    volume = Volume(sizes=block.volume_sites)
    jobs = (*block.families, block.random, block.search, trees, volume, block.rectangles, block.squares)
    return [*map(Cell, jobs)]


FIGURES = {
    "": "Exact rank of n consecutive sites of a ring, for overlapping networks of L layers with kernels of K sites and "
    "D channels, and for trees of pairs with r channels; dotted: the volume law.",
    "law": "Exact rank against its prediction: of blocks, of random subsets of the sites of random networks, and of "
    "blocks against the front’s closed form for M ≤ D, with weights per location and with shared weights.",
    "grid": "Exact rank of rectangles of a grid against their area, by the number L of layers; dotted: the volume law.",
    "entropy": "Entropy of n consecutive sites of a ring by kernel K and number L of layers, with D channels, in nats "
    "and as a fraction of ln rank, with 95 % intervals over networks.",
    "volume": "Parameters with which half of a ring of N sites reaches the full rank: overlapping networks, restricted "
    "Boltzmann machines (RBM) and trees, with weights per location and with shared weights.",
    "squares": "Parameters with which a square block of side α reaches the full rank: by exact ranks (marks) and by "
    "bounds (lines), for overlapping networks and restricted Boltzmann machines (RBM).",
}
