"""Figures of overlaps_trained, drawn from its tidy table and its verdicts."""

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from convac.plotting.looks import refuse_unknown
from convac.plotting.primitives import (
    ABOUT_VERDICTS,
    BAND,
    LINE,
    curves,
    dots,
    drawn,
    final,
    gain,
    key,
    level_line,
    note,
    panel,
    per_seed,
    present,
    rows,
    steps_in,
    verdict,
    whiskers,
)
from convac.plotting.style import GREY, PAGE, figure
from convac.statistics import mean_interval

KINDS = ("ConvNet", "ConvAC")
TASKS = ("local", "global")
SPLITS = {"test_accuracy": True, "train_accuracy": False}  # quantity → filled marker and solid line
OVERLAPPING = {"ConvNet": 2, "ConvAC": 3}  # smallest kernel whose windows overlap: they stand 1 and 2 sites apart
COMPARED = ((3, 1), (3, 2))  # kernels that the claims compare
# Seven steps from black to orange (matplotlib's inferno), told apart under colour-blindness.
SHADES = ("#000004", "#210c4a", "#57106e", "#8a226a", "#bc3754", "#e45a31", "#f98e09")
MARKERS = "ovsP^XD"
CHANCE = 0.1
ON_BAND = "#d2d2d2"  # grid lines that show on the band
SPELT = 5  # kernels whose tick labels have room for "K =" and "r ="
MARKED = 8  # markers on a curve, about

Groups = list[tuple[str, list[str]]]


def draw(table: pd.DataFrame, claims: pd.DataFrame) -> dict[str, Figure]:
    """Every figure of the experiment by its part; a part without rows says so.

    Args:
        table: the experiment's tidy table.
        claims: its verdicts, as `convac.claims.claims.evaluate_all` gives them; may be empty.

    Returns:
        `""` accuracy against the kernel, `curves`.
    """
    refuse_unknown(table, network=KINDS, task=TASKS)
    parts: dict[str, Callable[[pd.DataFrame], Figure | None]] = {
        "comparison": partial(comparison, claims=claims),
        "curves": learning,
    }
    found = drawn(parts, table)
    return {"": found["comparison"], "curves": found["curves"]}


def looks(table: pd.DataFrame) -> dict[int, tuple[str, str]]:
    """Colour and marker of every kernel in the table, the same ones in every figure; darker is smaller."""
    kernels = [int(kernel) for kernel in present(table, "kernel")]
    places = np.linspace(0, len(SHADES) - 1, len(kernels)).round().astype(int)
    return {kernel: (SHADES[place], MARKERS[place]) for kernel, place in zip(kernels, places, strict=True)}


def layout(table: pd.DataFrame) -> Groups:
    """Kinds of networks that the table has, a row each, and their tasks."""
    found = [(kind, [task for task in TASKS if len(rows(table, network=kind, task=task))]) for kind in KINDS]
    return [(kind, tasks) for kind, tasks in found if tasks]


def heading(kind: str, task: str, table: pd.DataFrame) -> str:
    """What a panel shows."""
    size = present(table, "size")
    return f"{kind}, {task} images" + (f" ({size[0]} px)" if size else "")


def verdicts(claims: pd.DataFrame, kind: str, task: str) -> list[str]:
    """Gain, interval, threshold and verdict of every claim about a panel; those that weren't run are left out.

    >>> found = {"mean": 0.2, "low": 0.1, "high": 0.3, "threshold": 0.05, "verdict": "reproduced"}
    >>> verdicts(pd.DataFrame([{"id": "overlaps-trained-convac-local-3-1", **found}]), "ConvAC", "local")
    ['3 vs 1: 0.20 [0.10, 0.30] > 0.05: reproduced']
    """
    lines = []
    for larger, smaller in COMPARED:
        line = verdict(claims, f"overlaps-trained-{kind.lower()}-{task}-{larger}-{smaller}")
        if line is not None:
            lines.append(f"{larger} vs {smaller}: {gain(line)} > {line['threshold']:g}: {line['verdict']}")
    return lines


def comparison(table: pd.DataFrame, claims: pd.DataFrame) -> Figure | None:
    """Test and train accuracy against the kernel: a row per kind of network, a column per task."""
    found = final(rows(table, quantity=tuple(SPLITS), network=KINDS, task=TASKS))
    groups = layout(found)
    if not groups or not present(found, "kernel"):
        return None
    heads = {(kind, task): verdicts(claims, kind, task) for kind, tasks in groups for task in tasks}
    lines = max(map(len, heads.values()))
    made = figure(PAGE, 1.2 + 2 * LINE * (lines > 0) + (2.05 + LINE * lines) * len(groups))
    across = max(len(tasks) for _, tasks in groups)
    grid = made.subplots(len(groups), across, squeeze=False)
    marked = []
    for row, (kind, tasks) in enumerate(groups):
        for column, task in enumerate(tasks):
            axes, own = grid[row, column], rows(found, network=kind, task=task)
            kernels(axes, own, kind, looks(found))
            marked.append(accuracy_scale(axes, own, "kernel"))
            panel(axes, row * across + column, "\n".join([heading(kind, task, own), *heads[kind, task]]))
            axes.set_ylabel("Accuracy")
        for axes in grid[row, len(tasks) :]:
            axes.set_axis_off()
    made.legend(handles=comparison_keys(found, any(marked)), loc="outside upper center", ncols=4)
    about = ["3 vs 1: gain in test accuracy by K = 3 over K = 1", ABOUT_VERDICTS] if lines else []
    chance = [] if any(marked) else [f"chance is {CHANCE:g}"]
    note(
        made,
        *counts(found, groups),
        "; ".join([*intervals(found, "bars"), "scales of accuracy differ", *chance]),
        *about,
    )
    return made


def comparison_keys(table: pd.DataFrame, chance: bool) -> list[Line2D]:
    """The legend's entries."""
    shown = present(table, "quantity")
    keys = [key("test (small: single seeds)", marker="o")] if "test_accuracy" in shown else []
    if "train_accuracy" in shown:
        keys.append(key("train", marker="o", markerfacecolor="white", linestyle="--"))
    if any(overlapping(kind, present(rows(table, network=kind), "kernel")) for kind in KINDS):
        keys.append(key("windows overlap", color=BAND, linewidth=6, solid_capstyle="butt"))
    return [*keys, *([key(f"chance ({CHANCE:g})", linestyle=":", linewidth=0.9)] if chance else [])]


def overlapping(kind: str, every: Sequence[int]) -> list[int]:
    """Kernels whose windows reach into one another.

    >>> overlapping("ConvNet", [1, 2, 3]), overlapping("ConvAC", [1, 2, 3])
    ([2, 3], [3])
    """
    return [kernel for kernel in every if kernel >= OVERLAPPING[kind]]


def counts(table: pd.DataFrame, groups: Groups) -> list[str]:
    """A line that says how many parameters the networks have, where the table tells."""
    found = []
    for kind, _ in groups:
        weights = present(rows(table, network=kind), "weights")
        if weights:
            ends = sorted({int(weights[0]), int(weights[-1])})
            found.append(f"{kind}s of {' to '.join(map(str, ends))} parameters")
    return [f"{' and '.join(found)}; K × K maps in a window, r channels per level"] if found else []


def intervals(table: pd.DataFrame, what: str) -> list[str]:
    """What the intervals are of, where there are several seeds.

    >>> intervals(pd.DataFrame({"seed": [0, 1]}), "bars"), intervals(pd.DataFrame({"seed": [0]}), "bars")
    (['bars: 95 % intervals over 2 seeds'], [])
    """
    seeds = len(present(table, "seed"))
    return [f"{what}: 95 % intervals over {seeds} seeds"] if seeds > 1 else []


def channels(table: pd.DataFrame) -> str:
    """Channels of the levels of networks: one number, or the smallest and the largest.

    >>> channels(pd.DataFrame({"widths": ["8-8-8"]})), channels(pd.DataFrame({"widths": ["9-8-9"]}))
    ('8', '8–9')
    """
    every = {int(width) for widths in present(table, "widths") for width in widths.split("-")}
    return "–".join(str(width) for width in sorted({min(every), max(every)})) if every else ""


def kernels(axes: Axes, table: pd.DataFrame, kind: str, shown: dict[int, tuple[str, str]]) -> None:
    """Means with intervals at every kernel, joined, single seeds beside those of test; a band where windows overlap."""
    for split, solid in SPLITS.items():
        side, line = -0.07 if solid else 0.07, []
        for place, (kernel, (colour, marker)) in enumerate(shown.items()):
            values = per_seed(rows(table, kernel=kernel, quantity=split))
            dots(axes, place + side, values, colour, marker, filled=solid, aside=-0.09 if solid else None)
            line += [(place + side, float(np.mean(values)))] if values else []
        if line:
            style = "-" if solid else "--"
            axes.plot(*zip(*line, strict=True), color=GREY, linestyle=style, linewidth=0.8, zorder=1, label="_joined")
    labels = []
    for place, kernel in enumerate(shown):
        width = channels(rows(table, kernel=kernel))
        texts = [f"K = {kernel}", f"r = {width}"] if len(shown) <= SPELT else [str(kernel), width]
        labels.append("\n".join(texts if width else texts[:1]))
        if overlapping(kind, [kernel]):
            axes.axvspan(place - 0.5, place + 0.5, color=BAND, linewidth=0, zorder=0, label="_overlap")
    axes.set_xticks(range(len(shown)), labels)
    axes.tick_params(axis="x", length=0)
    axes.set_xlim(-0.5, len(shown) - 0.5)
    if len(shown) > SPELT:
        axes.set_xlabel("Kernel K, below it channels r per level")
    axes.grid(axis="y", color=ON_BAND)


def accuracy_scale(axes: Axes, table: pd.DataFrame, *by: str) -> bool:
    """From below the lowest value or interval to above the largest; whether that shows chance, then as a line.

    What intervals hold below 0 or above 1 is left out. Chance is in unless it would take over a third of the scale.

    Args:
        axes: whose vertical scale is set.
        table: rows that are drawn there.
        by: columns that tell the means apart, besides the quantity.
    """
    values = [float(value) for value in table["value"].dropna()]
    for _, group in table.groupby([*by, "quantity"]):
        interval = mean_interval(per_seed(group))
        below, above = whiskers(interval)
        values += [max(interval.mean - below, 0.0), min(interval.mean + above, 1.0)]
    low, high = min(values), max(values)
    near = low - CHANCE < (high - low) / 2
    low = min(low, CHANCE) if near else low
    margin = max(0.01, 0.06 * (high - low))
    axes.set_ylim(low - margin, min(high + margin, 1 + 0.8 * margin))
    if near:
        level_line(axes, CHANCE, ":")
    return near


def learning(table: pd.DataFrame) -> Figure | None:
    """Test accuracy against step, a line per kernel: a row per kind of network, a column per task."""
    found = rows(table, quantity="test_accuracy", network=KINDS, task=TASKS)
    groups = layout(found)
    if not groups or not present(found, "kernel") or not present(found, "step"):
        return None
    (unit, steps), shown = steps_in(found), looks(found)
    made = figure(PAGE, 1.0 + 1.95 * len(groups))
    across = max(len(tasks) for _, tasks in groups)
    grid = made.subplots(len(groups), across, squeeze=False)
    marked = []
    for row, (kind, tasks) in enumerate(groups):
        for column, task in enumerate(tasks):
            axes, own = grid[row, column], rows(found, network=kind, task=task)
            every = math.ceil(len(present(own, "step")) / MARKED)
            for kernel, (colour, marker) in shown.items():
                line: dict[str, Any] = {"color": colour, "marker": marker, "markersize": 3.4, "markevery": every}
                curves(axes, rows(own, kernel=kernel), unit=unit, **line)
            marked.append(accuracy_scale(axes, own, "kernel", "step"))
            panel(axes, row * across + column, heading(kind, task, own))
            axes.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10], integer=True))
            axes.set(xlabel=steps, ylabel="Test accuracy")
            axes.grid(axis="y")
        for axes in grid[row, len(tasks) :]:
            axes.set_axis_off()
    keys = [key(f"K = {kernel}", color=colour, marker=marker) for kernel, (colour, marker) in shown.items()]
    keys += [key(f"chance ({CHANCE:g})", linestyle=":", linewidth=0.9)] if any(marked) else []
    made.legend(handles=keys, loc="outside upper center", ncols=8)
    note(made, "; ".join([*intervals(found, "bands"), "scales of accuracy differ"]))
    return made
