"""dilated_mixing: what do two dilated networks gain by exchanging channels?

Source: 1703.06846 (Cohen, Tamari & Shashua, ICLR 2018). A dilated network and a companion with other dilations are two
trees over one sequence. Exact ranks show what mixing them adds to their sum; trained networks, at equal
parameters, show what it is worth on sequences whose label needs pairs that either tree joins early.
"""

from typing import Annotated, Any

from pydantic import Field, model_validator

from convac.errors import ArgumentError
from convac.experiments.dilated_mixing.jobs import Example, Ranks, Separations
from convac.experiments.experiment import Cell, Experiment
from convac.geometry.dilations import common_levels, levels_of
from convac.specs.datasets.pair_sequences import PairSequencesSpec
from convac.specs.measurement import MeasureSpec
from convac.specs.measurements.pairs import PairsSpec
from convac.specs.networks.dilated import DilatedSpec, Operator
from convac.specs.run import RunSpec
from convac.specs.spec import Positive, Scalar, Spec
from convac.specs.training import Schedule, Seeds, TrainingSpec, seeds_of
from convac.specs.widths import matched

OPERATORS: tuple[Operator, ...] = ("product", "rectifier")
ALONE = {"plain": "T alone", "swapped": "T̄ alone"}
SUM, MIXED = "sum", "mixed"
MIXED_SHARE = 0.5  # of the blocks have distant pairs where the label needs both kinds
LEAST_TILES = 3  # in the larger tiling of two halves of blocks
TOLERANCE = 0.1  # of the number of parameters of a tree alone


class RankCases(Spec):
    """Random index sets and mixture sets of trees of one size."""

    steps: Annotated[Positive, Field(ge=16)] = Field(description="steps N of a sequence, a power of two")
    width: Annotated[Positive, Field(ge=2, multiple_of=2)] = Field(description="channels of every node, r")
    cases: Positive = Field(description="number of random index sets, each with mixture sets")
    largest: Positive = Field(description="largest bound on a rank, at least r^3; cases above it are drawn again")

    @model_validator(mode="after")
    def _fits(self) -> "RankCases":
        if self.largest < self.width**LEAST_TILES:
            raise ArgumentError(f"largest: {self.largest}; accepted: from {self.width**LEAST_TILES} up, width^3")
        return self


class Sequences(Spec):
    """Sequences whose label needs adjacent pairs, distant pairs, or both."""

    steps: Annotated[Positive, Field(ge=16)] = Field(description="steps N of a sequence, a power of two")
    symbols: Annotated[Positive, Field(ge=2)] = Field(description="letters of the alphabet")
    often: Annotated[float, Field(gt=0, lt=1)] = Field(description="chance that a pair is alike, where it often is")
    shares: tuple[Annotated[float, Field(ge=0, le=1)], ...] = Field(
        description="fractions of blocks with distant pairs, besides one half"
    )
    train: Positive = Field(description="sequences drawn for training")
    test: Positive = Field(description="test sequences")


class Block(Experiment):
    """Config of dilated_mixing."""

    group: Annotated[Positive, Field(ge=2)] = Field(description="layers within which the companion swaps dilations, k")
    ranks: tuple[RankCases, ...] = Field(
        min_length=1, description="sizes of the networks whose exact ranks are taken, a job each"
    )
    separations: tuple[RankCases, ...] = Field(
        description="likewise, of index sets on which a hybrid tree must exceed both trees, below the full rank"
    )
    sequences: Sequences = Field(description="sequences on which networks are trained")
    width: Annotated[Positive, Field(ge=2, multiple_of=2)] = Field(
        description="channels of every layer of both trees; a single tree has more, at equal parameters"
    )
    seeds: Seeds = Field(description="number of training runs per network, or their seeds; each has its own sequences")
    further_seeds: Positive = Field(
        description="number of the seeds with which networks other than the sum and the most mixed are trained"
    )
    product: Schedule = Field(description="training of product networks, positive weights in log space")
    rectifier: Schedule = Field(description="training of rectifier networks")

    @model_validator(mode="after")
    def _fits(self) -> "Block":
        for steps in (self.sequences.steps, *(each.steps for each in (*self.ranks, *self.separations))):
            if not common_levels(levels_of(steps), self.group):
                raise ArgumentError(
                    f"group: {self.group}; accepted: less than the {levels_of(steps)} layers of {steps}"
                )
        return self


def cells(block: Block) -> list[Cell]:
    """The exact ranks, networks that need both kinds of pairs, and single trees on sequences of one kind."""
    least = block.ranks[0]
    example = Example(steps=least.steps, group=block.group, width=least.width)
    found = [Cell(example, {"ensemble": "example", "steps": least.steps, "width": least.width})]
    for each in block.ranks:
        job = Ranks(group=block.group, **each.model_dump())
        found.append(Cell(job, {"ensemble": "random", "steps": each.steps, "width": each.width}))
    for each in block.separations:
        separations = Separations(group=block.group, **each.model_dump())
        found.append(Cell(separations, {"ensemble": "separated", "steps": each.steps, "width": each.width}))
    for operator in OPERATORS:
        found += trained(block, operator)
    for share in block.sequences.shares:
        found += [cell(block, "product", trees, (), share) for trees in ALONE]
    return found


def trained(block: Block, operator: Operator) -> list[Cell]:
    """Trees alone, their sum, and mixed ones the farther up the more, where the label needs both kinds of pairs."""
    common = common_levels(levels_of(block.sequences.steps), block.group)
    mixed = [common[:count] for count in range(len(common) + 1)]
    found = [cell(block, operator, trees, (), MIXED_SHARE) for trees in ALONE]
    found += [cell(block, operator, "both", levels, MIXED_SHARE) for levels in mixed]
    return found


def cell(block: Block, operator: Operator, trees: str, mixed: tuple[int, ...], share: float) -> Cell:
    """One network over its seeds, and its labels; beside the most mixed network of products, the baselines."""
    sequences = block.sequences
    common = common_levels(levels_of(sequences.steps), block.group)
    compared = share == MIXED_SHARE and trees == "both" and mixed in ((), common)
    every = seeds_of(block.seeds)
    seeds = every if compared else every[: block.further_seeds]
    network = network_of(block, operator, trees, mixed)
    fields: dict[str, Any] = sequences.model_dump(exclude={"shares"})
    spec = RunSpec(
        dataset=PairSequencesSpec(seeds=seeds, group=block.group, share=share, **fields),
        network=network,
        training=TrainingSpec(**getattr(block, operator).model_dump(), seeds=seeds),
    )
    labels: dict[str, Scalar] = {
        "operator": operator,
        "network": ALONE.get(trees, MIXED if mixed else SUM),
        "mixed_up_to": max(mixed, default=0),
        "most_mixed": "yes" if mixed == common and trees == "both" else "no",
        "share": share,
        "width": network.widths[0],
        "weights": network.parameters(),
    }
    beside = compared and mixed == common and operator == OPERATORS[0]
    return Cell(spec, labels, MeasureSpec(measurements=(PairsSpec(),)) if beside else None)


def network_of(block: Block, operator: Operator, trees: str, mixed: tuple[int, ...]) -> DilatedSpec:
    """Two trees of the block's width, or one with as many parameters."""
    levels = levels_of(block.sequences.steps)
    both = DilatedSpec.model_validate(
        {
            "geometry": "line",
            "sites": (block.sequences.steps,),
            "widths": (block.width,) * levels,
            "local_dimension": block.sequences.symbols,
            "operator": operator,
            "group": block.group,
        }
    )
    if trees == "both":
        return both.model_copy(update={"mixed": mixed})
    single = both.model_copy(update={"trees": trees})
    return matched(single, "uniform", both.parameters(), tolerance=TOLERANCE)


FIGURES = {
    "": "Test and train accuracy of dilated networks of equal size: of a tree T and its companion T̄, of their sum, and "
    "mixed, by the highest layer where the trees exchange channels.",
    "ranks": "Exact ranks of two trees, their sum and mixed decomposition: the source's example, and random index "
    "sets.",
    "curves": "Accuracy of the tree T, its companion T̄, their sum and mixed networks against training step, with 95 % "
    "intervals over seeds.",
    "examples": "Example sequences of each class.",
}
