"""min_cut: when is a network's rank the min-cut of its tensor network, and what explains the exceptions?

Sources: 1704.01552 (Levine, Yakira, Cohen & Shashua): the min-cut bounds the rank; 1508.04644 (quantum max-flow).
Exact generic ranks over a prime field on stated ensembles of random trees.
"""

import math
from typing import Annotated, Literal

from pydantic import Field, model_validator

from convac.errors import ArgumentError
from convac.experiments.experiment import Cell, Experiment
from convac.experiments.min_cut.jobs import Drawing, Ensemble, Loop, Pairs, Search
from convac.geometry.partitions import Partition
from convac.specs.job import JobSpec
from convac.specs.spec import Natural, Positive

DRAWN = 1024  # sites of a tree that can be read in a figure
ENSEMBLES: tuple[Literal["powers", "mixed", "shared"], ...] = ("powers", "mixed", "shared")


class Block(Experiment):
    """Config of min_cut."""

    may_repeat = frozenset({"drawn_windows", "drawn_widths"})

    cases: Positive = Field(description="number of random trees with partitions in each ensemble")
    largest: Annotated[Positive, Field(ge=4)] = Field(description="largest min-cut; cases above it are drawn again")
    loop_cases: Positive = Field(description="number of random rings of tensors")
    pair_cases: Positive = Field(
        description="number of pairs trees for each partition with a closed form and each kind of widths"
    )
    search_sites: Annotated[Positive, Field(ge=4)] = Field(
        description="sites of the largest tree whose partitions are all searched"
    )
    search_widest: Annotated[Positive, Field(ge=2)] = Field(description="largest M and width of that search")
    drawn_windows: tuple[Annotated[Positive, Field(ge=2)], ...] = Field(
        min_length=1, description="windows of the tree in the drawing"
    )
    drawn_widths: tuple[Positive, ...] = Field(min_length=1, description="widths of the tree in the drawing")
    drawn_inside: tuple[Natural, ...] = Field(min_length=1, description="sites of I in the drawing; M = 2")

    @model_validator(mode="after")
    def _fits(self) -> "Block":
        levels, sites = len(self.drawn_windows), math.prod(self.drawn_windows)
        if len(self.drawn_widths) != levels:
            raise ArgumentError(f"drawn_widths: {list(self.drawn_widths)}; accepted: one for each of {levels} windows")
        if sites > DRAWN:
            raise ArgumentError(f"drawn_windows: a tree over {sites} sites; accepted: up to {DRAWN}")
        Partition.of((sites,), self.drawn_inside)
        return self


def cells(block: Block) -> list[Cell]:
    """One job per ensemble, one each for the search, the rings, the pairs trees and the drawing."""
    found: list[tuple[str, JobSpec]] = [
        (kind, Ensemble(ensemble=kind, cases=block.cases, largest=block.largest)) for kind in ENSEMBLES
    ]
    found += [
        ("loop", Loop(cases=block.loop_cases)),
        ("pairs", Pairs(cases=block.pair_cases, largest=2 * block.largest)),  # 2^8 of 16 sites among them
        ("search", Search(sites=block.search_sites, widest=block.search_widest, largest=block.largest)),
        (
            "drawing",
            Drawing(
                windows=block.drawn_windows,
                local_dimension=2,
                widths=block.drawn_widths,
                inside=block.drawn_inside,
            ),
        ),
    ]
    return [Cell(spec, {"ensemble": name}) for name, spec in found]


FIGURES = {
    "": "Exact rank against min-cut for random trees and partitions, by ensemble; ranks below the cut marked.",
    "deficits": "Fraction of cases whose rank falls below the bound, with 95 % Wilson intervals.",
    "counterexamples": "Smallest cut with a deficit, tree by tree, named by its windows and widths from the sites up, "
    "the M values of a site and the sites of I: exact rank, min-cut and the bridge graph’s prediction.",
    "drawing": "A tree network and its min-cut: sites of I are filled, copy tensors that are cut are ringed.",
}
