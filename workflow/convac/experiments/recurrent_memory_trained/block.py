"""recurrent_memory_trained: do deeper recurrent networks of equal size remember for longer?

The trained half of `recurrent_memory`. Source: 1710.09431 (Levine, Sharir, Ziv & Shashua), Experiments: copying memory
and start-end similarity. Recurrent arithmetic circuits (RAC) and networks with an orthogonal memory are the source's;
hyperbolic tangents and gated units stand beside them. Sizes here are small: the source's figures can't be had.
"""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field, model_validator

from convac.errors import ArgumentError
from convac.experiments.experiment import Cell, Experiment
from convac.specs.dataset import DatasetSpec
from convac.specs.datasets.copying_memory import CopyingMemorySpec
from convac.specs.datasets.start_end_similarity import StartEndSimilaritySpec
from convac.specs.measurement import MeasurementSpec, MeasureSpec
from convac.specs.measurements.dependence import DependenceSpec
from convac.specs.measurements.memory import MemorySpec
from convac.specs.networks.gru import GruSpec
from convac.specs.networks.orthogonal import OrthogonalSpec
from convac.specs.networks.rac import RacSpec
from convac.specs.networks.tanh import TanhSpec
from convac.specs.recurrent import RecurrentSpec
from convac.specs.run import RunSpec
from convac.specs.spec import Positive, Rate, Scalar, Spec
from convac.specs.training import Schedule, Seeds, TrainingSpec, seeds_of
from convac.specs.widths import matched

KINDS: dict[str, type[RecurrentSpec]] = {
    "RAC": RacSpec,
    "orthogonal": OrthogonalSpec,
    "tanh": TanhSpec,
    "GRU": GruSpec,
}
COMPARED = ("RAC", "orthogonal")  # networks that the source compares by depth
TOLERANCE = 0.08  # widths are few, and whole numbers
CLASSES = 3  # of start-end similarity

Network = Literal["RAC", "orthogonal", "tanh", "GRU"]
Task = Literal["copying", "similarity"]


class Rates(Spec):
    """Learning rates of every kind of network (benchmarks/recurrent_rates.py compares others)."""

    rac: Rate = Field(description="of recurrent arithmetic circuits")
    orthogonal: Rate = Field(description="of orthogonal networks")
    tanh: Rate = Field(description="of networks of hyperbolic tangents")
    gru: Rate = Field(description="of gated recurrent units")


def chosen(further: tuple[int, ...], delays: tuple[int, ...]) -> None:
    """Raise ArgumentError where a further delay is none of the delays."""
    other = [delay for delay in further if delay not in delays]
    if other:
        raise ArgumentError(f"further_delays: {other[0]}; accepted: some of delays, {list(delays)}")


class Copying(Spec):
    """The copying memory task."""

    symbols: Annotated[Positive, Field(le=253)] = Field(description="that differ, n")
    length: Positive = Field(description="symbols to remember, M")
    delays: tuple[Positive, ...] = Field(min_length=1, description="steps beyond twice as many, B")
    further_delays: tuple[Positive, ...] = Field(description="of these, those on which tanh and GRU are trained")
    training: Schedule = Field(description="steps, batch and what else is the same for every network")
    further_steps: Positive = Field(description="of tanh and GRU, in place of those of training")
    rates: Rates = Field(description="learning rates by kind of network")

    @model_validator(mode="after")
    def _further_fit(self) -> "Copying":
        chosen(self.further_delays, self.delays)
        return self


class Similarity(Spec):
    """The start-end similarity task."""

    symbols: Annotated[Positive, Field(ge=2, le=254)] = Field(description="that differ, n")
    length: Annotated[Positive, Field(ge=3)] = Field(description="symbols of a half, M")
    delays: tuple[Positive, ...] = Field(description="steps between a symbol and its counterpart, T / 2; none: not run")
    further_delays: tuple[Positive, ...] = Field(description="of these, those on which tanh and GRU are trained")
    training: Schedule = Field(description="steps, batch and what else is the same for every network")
    rates: Rates = Field(description="learning rates by kind of network")

    @model_validator(mode="after")
    def _fits(self) -> "Similarity":
        short = [delay for delay in self.delays if delay < self.length]
        if short:
            raise ArgumentError(f"delays: {short[0]}; accepted: at least the length, {self.length}")
        chosen(self.further_delays, self.delays)
        return self


class Block(Experiment):
    """Config of recurrent_memory_trained."""

    copying: Copying = Field(description="the copying memory task")
    similarity: Similarity = Field(description="the start-end similarity task")
    networks: tuple[Network, ...] = Field(min_length=1, description="networks that are trained")
    depths: tuple[Annotated[int, Field(ge=1, le=8)], ...] = Field(min_length=1, description="layers")
    parameters: Annotated[Positive, Field(ge=300)] = Field(description="of each network, met within 8 %")
    seeds: Seeds = Field(description="training runs of RACs and orthogonal networks on copying memory, or their seeds")
    further_seeds: Positive = Field(description="of these, how many train the others")
    test: Annotated[Positive, Field(ge=20)] = Field(description="sequences that are tested on")
    halves: Annotated[int, Field(ge=2, le=1000)] = Field(description="random halves that a RAC's rank is measured on")
    samples: Annotated[int, Field(ge=32, le=10_000)] = Field(description="halves of test sequences for the dependence")


def cells(block: Block) -> list[Cell]:
    """Every network and depth on every delay of copying memory, and on every length of start-end similarity."""
    found = []
    for network in dict.fromkeys(block.networks):
        for depth in dict.fromkeys(block.depths):
            found += list(copying(block, network, KINDS[network], depth))
            found += list(similarity(block, network, KINDS[network], depth))
    return found


def copying(block: Block, network: str, kind: type[RecurrentSpec], depth: int) -> Iterator[Cell]:
    """One network on copying memory, a cell for each delay."""
    task, seeds = block.copying, seeds_of(block.seeds)
    own = seeds if network in COMPARED else seeds[: block.further_seeds]
    steps = task.training.steps if network in COMPARED else task.further_steps
    schedule = task.training.model_copy(update={"steps": steps})
    for delay in task.delays if network in COMPARED else task.further_delays:
        dataset = CopyingMemorySpec(
            symbols=task.symbols,
            length=task.length,
            delay=delay,
            train=schedule.steps * schedule.batch,
            test=block.test,
            seeds=own,
        )
        spec = sized(block, kind, depth, dataset.pixels, task.symbols + 2, task.symbols + 1, task.length)
        run = trained(dataset, spec, schedule, task.rates, own)
        yield labelled(run, "copying", network, delay, [MemorySpec(halves=block.halves)])


def similarity(block: Block, network: str, kind: type[RecurrentSpec], depth: int) -> Iterator[Cell]:
    """One network on start-end similarity, a cell for each length of the sequence."""
    task, own = block.similarity, seeds_of(block.seeds)[: block.further_seeds]
    for delay in task.delays if network in COMPARED else task.further_delays:
        steps = 2 * delay
        dataset = StartEndSimilaritySpec(
            symbols=task.symbols,
            length=task.length,
            steps=steps,
            train=task.training.steps * task.training.batch,
            test=block.test,
            seeds=own,
        )
        spec = sized(block, kind, depth, steps, task.symbols + 1, CLASSES, None)
        run = trained(dataset, spec, task.training, task.rates, own)
        # the halves of every sequence hold as many symbols: no condition is needed
        dependence = DependenceSpec(
            partitions=("start-end",), samples=block.samples, least_pixels=0, controls=False, learnt=1.0
        )
        yield labelled(run, "similarity", network, delay, [MemorySpec(halves=block.halves), dependence])


def sized(
    block: Block,
    kind: type[RecurrentSpec],
    depth: int,
    steps: int,
    symbols: int,
    classes: int,
    answers: int | None,
) -> RecurrentSpec:
    """A network with as many parameters as the block says."""
    start = kind(sites=(steps,), widths=(1,) * depth, local_dimension=symbols, classes=classes, answers=answers)
    return matched(start, "uniform", block.parameters, TOLERANCE)


def trained(
    dataset: DatasetSpec, network: RecurrentSpec, schedule: Schedule, rates: Rates, seeds: tuple[int, ...]
) -> RunSpec:
    """The run of a network: as many training sequences as its steps take, so that each is seen once."""
    training = TrainingSpec(**{**schedule.model_dump(), "lr": getattr(rates, network.kind)}, seeds=seeds)
    return RunSpec(dataset=dataset, network=network, training=training)


def labelled(run: RunSpec, task: Task, network: str, delay: int, measurements: list[MeasurementSpec]) -> Cell:
    """A cell with its labels."""
    labels: dict[str, Scalar] = {
        "task": task,
        "network": network,
        "depth": len(run.network.widths),
        "delay": delay,
        "steps": run.network.sites[0],
        "symbols": run.dataset.arguments["symbols"],
        "weights": run.network.parameters(),
        "widths": "-".join(map(str, run.network.widths)),
    }
    return Cell(run, labels, MeasureSpec(measurements=tuple(measurements)))


FIGURES = {
    "": "Copying memory: steps until 99 % of the symbols are right, and accuracy at the end, against the delay.",
    "curves": "Accuracy on held-out sequences against training step, by network and depth, with 95 % intervals.",
    "similarity": "Start-end similarity: accuracy, and what the log-odds make of both halves together.",
    "rank": "Rank of a RAC's amplitude between the halves of a sequence, beside the exact bound.",
    "gradients": "Gradient of the last answer with respect to every step's input, after training.",
    "examples": "Sequences of both tasks.",
}
