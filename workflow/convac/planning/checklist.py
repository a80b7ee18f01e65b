"""The reproducibility checklist: splits, budgets, selection, seeds, intervals and compute of every experiment.

Everything in its tables follows from the config and from the record of the reference run; nothing is written by hand.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from convac.claims.ledger import markdown_row
from convac.claims.verdicts import LEVEL, PRIMARIES
from convac.planning.plan import Plan
from convac.specs.run import RunSpec

SCALE = "laptop"  # that of the reference
LISTED = 4  # different values that stand in a cell one by one

INTRODUCTION = f"""# Reproducibility checklist

What each experiment of [config.yaml](../config.yaml) does at `{SCALE}` scale, which the reference results have.
`make generate` writes this page from the config and from the
[record of the reference run](../results/reference/run.json).
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
    cells = {name: plan.studies[SCALE, name].cells.values() for name in plan.experiments}
    runs = {name: [cell.spec for cell in found if isinstance(cell.spec, RunSpec)] for name, found in cells.items()}
    trained = {name: specs for name, specs in runs.items() if specs}
    exact = [name for name in runs if name not in trained]
    sections = (
        (INTRODUCTION, ()),
        (
            SPLITS,
            table(("experiment", "datasets", "sets", "training", "validation", "test"), map(splits, *both(trained))),
        ),
        (BUDGETS, table(("experiment", "networks", "steps", "batch", "rate", "tried"), map(budgets, *both(trained)))),
        (SEEDS, table(("experiment", "seeds", "images drawn for each"), map(seeds, *both(trained)))),
        (f"Without training: {', '.join(f'`{name}`' for name in exact)}.\n", ()),
        (INTERVALS, ()),
        (COMPUTE, table(("experiment", "jobs", "core-seconds", "cores", "Python", "torch"), computed(plan, record))),
    )
    return "\n".join("\n".join([text, *([*lines, ""] if lines else [])]) for text, lines in sections)


def both(runs: Mapping[str, list[RunSpec]]) -> tuple[list[str], list[list[RunSpec]]]:
    """Names and specs, side by side."""
    return list(runs), list(runs.values())


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    """A table in Markdown, line by line."""
    return [markdown_row(head), "|---" * len(head) + "|", *map(markdown_row, rows)]


def splits(name: str, runs: list[RunSpec]) -> tuple[str, ...]:
    """What an experiment's networks are trained, validated and tested on."""
    sets = list({run.dataset.model_dump_json(exclude={"seed", "seeds"}): run.dataset for run in runs}.values())
    parts = (each_of(found.images[part] for found in sets) for part in range(3))
    return (f"`{name}`", each_of(f"`{found.kind}`" for found in sets), str(len(sets)), *parts)


def budgets(name: str, runs: list[RunSpec]) -> tuple[str, ...]:
    """How long an experiment's networks are trained, and how their rate is found."""
    tried = [run.training for run in runs if run.training.trials]
    rates = each_of(rate for run in runs for rate in run.training.trials or (run.training.lr,))
    how = f"{each_of(one.trial_steps for one in tried)} steps, seeds {spans(s for one in tried for s in one.tried)}"
    networks = {run.model_dump_json(exclude={"training": {"seeds"}, "dataset": {"seeds", "seed"}}) for run in runs}
    steps, batches = (each_of(getattr(run.training, key) for run in runs) for key in ("steps", "batch"))
    return (f"`{name}`", str(len(networks)), steps, batches, rates, how if tried else "–")


def seeds(name: str, runs: list[RunSpec]) -> tuple[str, ...]:
    """Which seeds an experiment's networks have, and whether these draw the images, too."""
    drawn = {bool(run.dataset.seeds) for run in runs}
    own = "some" if len(drawn) == 2 else "yes" if drawn == {True} else "no"
    return (f"`{name}`", spans(seed for run in runs for seed in run.training.seeds), own)


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
