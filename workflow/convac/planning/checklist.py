"""The reproducibility checklist: splits, budgets, selection, seeds, intervals and compute of every experiment.

Everything in its tables follows from the config and from the record of the reference run; nothing is written by hand.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from convac.claims.ledger import markdown_row
from convac.claims.verdicts import LEVEL, PRIMARIES
from convac.planning.plan import Plan
from convac.specs.dataset import DatasetSpec
from convac.specs.results import REFERENCE
from convac.specs.run import RunSpec
from convac.specs.spec import Spec
from convac.specs.training import Schedule, seeds_of

SCALE = "laptop"  # that of the reference
LISTED = 4  # different values that stand in a cell one by one

INTRODUCTION = f"""# Reproducibility checklist

What each experiment of [config.yaml](../config.yaml) does at `{SCALE}` scale, which the reference results have.
`make generate` writes this page from the config and from the
[record of the reference run](../{REFERENCE}/run.json).
"""
SPLITS = """## Splits

Images per draw. Training, validation and test images are drawn or split independently. *Sets* are different datasets
(task, size, control); where images are drawn for each seed, every seed has its own split.
"""
BUDGETS = """## Budgets and selection

A rate is fixed by the config, or the best on validation images of several that are *tried*, for the given steps and
seeds, and then used for all seeds of the network. Architectures, steps and batches are in the config. Reported is the
network after its last step, not its best step.
"""
SEEDS = """## Seeds

All seeds that were used are reported, including networks that failed to converge
([Converged](verdicts.md#converged)). A seed decides initial weights, batches and, where drawn, images. Alone or
among others, on one core or many, it gives the same network, bit for bit on the same machine.
"""
FITTED = """## Fits without a split

Jobs of exact experiments fit functions to all of their inputs, so that nothing is left to test on, or mixtures to
training images by expectation-maximisation. Of several rates the one that fits best counts.
"""
INTERVALS = f"""## Intervals

Primary claims are one family of {PRIMARIES}, corrected by Holm's procedure at {LEVEL} whatever is run; secondary ones
by Benjamini and Hochberg's within an experiment. A claim changed after its result was seen is marked `amended`.
[Verdicts](verdicts.md) has the rules, [experiments](experiments.md) every claim with its threshold, role and verdict.
"""
COMPUTE = """## Compute

Jobs behind each reference table and their processor time, on a machine with the given cores; empty if not
recorded. Experiments that share networks both count them.
"""


def checklist(plan: Plan, record: Mapping[str, Mapping[str, Any]]) -> str:
    """The page.

    Args:
        plan: of the config.
        record: by experiment what the reference keeps of its run, `run.json`.
    """
    cells = {name: [cell.spec for cell in plan.studies[SCALE, name].cells.values()] for name in plan.experiments}
    runs = {name: [run for spec in found if (run := trained(spec))] for name, found in cells.items()}
    fits = {name: [spec for spec in found if is_fit(spec)] for name, found in cells.items()}
    learning, fitting = ({name: found for name, found in each.items() if found} for each in (runs, fits))
    exact = [name for name in plan.experiments if name not in {*learning, *fitting}]
    sections = (
        (INTRODUCTION, ()),
        (
            SPLITS,
            table(("experiment", "datasets", "sets", "training", "validation", "test"), map(splits, *both(learning))),
        ),
        (BUDGETS, table(("experiment", "networks", "steps", "batch", "rate", "tried"), map(budgets, *both(learning)))),
        (SEEDS, table(("experiment", "seeds", "images drawn for each"), map(seeds, *both(learning)))),
        (FITTED, table(("experiment", "fitted to", "steps", "rate", "seeds"), map(fitted, *both(fitting)))),
        (f"Without training: {', '.join(f'`{name}`' for name in exact)}.\n", ()),
        (INTERVALS, ()),
        (COMPUTE, table(("experiment", "jobs", "core-seconds", "cores", "Python", "torch"), computed(plan, record))),
    )
    return "\n".join("\n".join([text, *([*lines, ""] if lines else [])]) for text, lines in sections)


@dataclass(frozen=True)
class Trained:
    """What a cell trains.

    Attributes:
        dataset: of all seeds, or of the first where every seed has its own.
        schedule: of every network.
        seeds: of the networks.
        drawn: whether a seed draws the images, too.
        network: what tells it from others; None of a job that trains several.
        tried: seeds that rates are tried on, where there are several.
    """

    dataset: DatasetSpec
    schedule: Schedule
    seeds: tuple[int, ...]
    drawn: bool
    network: str | None
    tried: tuple[int, ...] = ()


def trained(spec: Spec) -> Trained | None:
    """What a cell trains on images: a network of a run, or those of a job that has its own loop; None where nothing."""
    if isinstance(spec, RunSpec):
        network = spec.model_dump_json(exclude={"training": {"seeds"}, "dataset": {"seeds", "seed"}})
        return Trained(
            spec.dataset, spec.training, spec.training.seeds, bool(spec.dataset.seeds), network, spec.training.tried
        )
    schedule, dataset = getattr(spec, "training", None), getattr(spec, "dataset", None)
    if isinstance(schedule, Schedule) and isinstance(dataset, DatasetSpec):
        return Trained(dataset, schedule, getattr(spec, "seeds", ()), True, None)
    return None


def is_fit(spec: Spec) -> bool:
    """Whether a job fits functions or mixtures without a split of its own."""
    given = {name for name in ("rate", "rates", "training") if hasattr(spec, name)}
    return bool(given) and hasattr(spec, "seeds") and trained(spec) is None


def both(runs: Mapping[str, list[Any]]) -> tuple[list[str], list[list[Any]]]:
    """Names and what they have, side by side."""
    return list(runs), list(runs.values())


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    """A table in Markdown, line by line."""
    return [markdown_row(head), "|---" * len(head) + "|", *map(markdown_row, rows)]


def splits(name: str, runs: list[Trained]) -> tuple[str, ...]:
    """What an experiment's networks are trained, validated and tested on."""
    sets = list({run.dataset.model_dump_json(exclude={"seed", "seeds"}): run.dataset for run in runs}.values())
    parts = (each_of(found.images[part] for found in sets) for part in range(3))
    return (f"`{name}`", each_of(f"`{found.kind}`" for found in sets), str(len(sets)), *parts)


def budgets(name: str, runs: list[Trained]) -> tuple[str, ...]:
    """How long an experiment's networks are trained, and how their rate is found."""
    schedules = [run.schedule for run in runs]
    tried = [run for run in runs if run.schedule.trials]
    rates = each_of(rate for one in schedules for rate in one.trials or (one.lr,))
    numbers = spans(seed for run in tried for seed in run.tried)
    how = f"{each_of(run.schedule.trial_steps for run in tried)} steps, seeds {numbers}"
    networks = {run.network for run in runs}
    count = f"several in each of {len(runs)} jobs" if None in networks else str(len(networks))
    steps, batches = (each_of(getattr(one, key) for one in schedules) for key in ("steps", "batch"))
    return (f"`{name}`", count, steps, batches, rates, how if tried else "–")


def seeds(name: str, runs: list[Trained]) -> tuple[str, ...]:
    """Which seeds an experiment's networks have, and whether these draw the images, too."""
    drawn = {run.drawn for run in runs}
    own = "some" if len(drawn) == 2 else "yes" if drawn == {True} else "no"
    return (f"`{name}`", spans(seed for run in runs for seed in run.seeds), own)


def fitted(name: str, jobs: list[Any]) -> tuple[str, ...]:
    """What an experiment's exact jobs fit, how long, at which rates and from which seeds."""
    images = {job.training.images for job in jobs if hasattr(job, "training")}
    steps = (getattr(job, "training", job).steps for job in jobs)
    rates = each_of(rate for job in jobs for rate in getattr(job, "rates", (getattr(job, "rate", None),)) if rate)
    numbers = spans(seed for job in jobs for seed in seeds_of(job.seeds))
    return (f"`{name}`", f"{each_of(images)} images" if images else "all inputs", each_of(steps), rates or "–", numbers)


def computed(plan: Plan, record: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, ...]]:
    """What each experiment took in the reference run, and with which versions."""
    for name in plan.experiments:
        kept = record.get(name, {})
        took, versions = kept.get("core_seconds"), kept.get("versions", {})
        yield (
            f"`{name}`",
            str(kept.get("jobs", "")),
            "" if took is None else f"{took:,.0f}",
            each_of(kept.get("cores", [])),
            each_of(kept.get("python", [])),
            str(versions.get("torch", "")),
        )


def each_of(values: Iterable[Any]) -> str:
    """Different values, ascending: one by one where they are few, else the first and the last.

    >>> each_of([8, 4, 8]), each_of(range(9)), each_of(["b", "a"])
    ('4, 8', '0 to 8', 'a, b')
    """
    found = sorted(set(values))
    shown = [f"{value:,}" if isinstance(value, int) else str(value) for value in found]
    return ", ".join(shown) if len(shown) <= LISTED or isinstance(found[0], str) else f"{shown[0]} to {shown[-1]}"


def spans(numbers: Iterable[int]) -> str:
    """Different integers, ascending, neighbours as a span.

    >>> spans([3, 1, 2, 7]), spans([0, 1])
    ('1 to 3, 7', '0, 1')
    """
    found: list[list[int]] = []
    for number in sorted(set(numbers)):
        if found and number == found[-1][-1] + 1:
            found[-1].append(number)
        else:
            found.append([number])
    return ", ".join(f"{span[0]} to {span[-1]}" if len(span) > 2 else ", ".join(map(str, span)) for span in found)
