"""Figures of overlaps_trained, drawn from its tidy table and its verdicts."""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from convac.plotting.gains import Line, above_gains, gains_below, judged
from convac.plotting.looks import by_rank, refuse_unknown
from convac.plotting.primitives import (
    curves,
    dots,
    drawn,
    final,
    key,
    level_line,
    note,
    panel,
    per_seed,
    present,
    rows,
    steps_in,
)
from convac.plotting.style import BLUE, GREEN, PAGE, VERMILLION, figure

KINDS = ("ConvNet", "ConvAC")
ANYWHERE, IN_PLACE = "anywhere", "in place"
SPLITS = {"train_accuracy": True, "test_accuracy": False}  # quantity → filled marker and solid line
BASELINE = "least_squares_train_accuracy"
FIRST = ((VERMILLION, "o"), (BLUE, "s"), (GREEN, "^"))  # looks of kernels, the smallest first
CHANCE = 0.1
SCALES = {  # what a panel shows: task, column on the horizontal axis, and its label
    "channels": (ANYWHERE, "channels", "Channels per level, mean"),
    "parameters": (ANYWHERE, "weights", "Parameters"),
    "place": (IN_PLACE, "kernel", "Kernel K, equal parameters"),
}


def draw(table: pd.DataFrame, claims: pd.DataFrame) -> dict[str, Figure]:
    """Every figure of the experiment by its part; a part without rows says so.

    Args:
        table: the experiment's tidy table.
        claims: its verdicts, as `convac.claims.verdicts.evaluate_all` gives them; may be empty.
    """
    refuse_unknown(table, network=KINDS, task=(ANYWHERE, IN_PLACE))
    parts: dict[str, Callable[[pd.DataFrame], Figure | None]] = {
        "comparison": partial(comparison, claims=claims),
        "curves": learning,
    }
    found = drawn(parts, table)
    return {"": found["comparison"], "curves": found["curves"]}


def with_channels(table: pd.DataFrame) -> pd.DataFrame:
    """The table with a network's mean channels per level as a column."""
    if "widths" not in table:
        return table.iloc[:0]
    means = {widths: np.mean([int(width) for width in widths.split("-")]) for widths in present(table, "widths")}
    return table.assign(channels=table["widths"].map(means))


def comparison(table: pd.DataFrame, claims: pd.DataFrame) -> Figure | None:
    """Train and test accuracy against channels and parameters: a row per kind, a column per scale and task."""
    found = with_channels(final(rows(table, quantity=tuple(SPLITS), network=KINDS)))
    kinds, kernels = present(found, "network"), by_rank(present(found, "kernel"), FIRST)
    shown = [name for name, (task, column, _) in SCALES.items() if present(rows(found, task=task), column)]
    if not kinds or not kernels or not shown:
        return None
    gains = {f"gains, images {ANYWHERE}": compared(claims, [kind for kind in KINDS if kind in kinds], shown)}
    made, above, below = above_gains(0.9 + 2.1 * len(kinds), gains)
    grid = above.subplots(len(kinds), len(shown), squeeze=False)
    for row, kind in enumerate(kind for kind in KINDS if kind in kinds):
        for column, name in enumerate(shown):
            axes, (task, across, label) = grid[row, column], SCALES[name]
            own = rows(found, network=kind, task=task)
            if own.empty:
                axes.set_axis_off()
                continue
            for kernel, look in kernels.items():
                line(axes, rows(own, kernel=kernel), across, *look)
            baseline(axes, rows(table, quantity=BASELINE, task=task))
            panel(axes, row * len(shown) + column, f"{kind}, images {task}")
            axes.set(xlabel=label, ylabel="Accuracy", ylim=(0, 1.06))  # whole marks at 1
            axes.margins(x=0.12)
            if across != "kernel":
                axes.set_xlim(0, 1.12 * max(present(own, across)))
            axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
            axes.grid(axis="y")
    keys = [key(f"K = {kernel}", color=colour, marker=marker) for kernel, (colour, marker) in kernels.items()]
    keys += [key("train", marker="o"), key("test", marker="o", markerfacecolor="white", linestyle="--")]
    keys += [key("least squares on pixels, train", linestyle="-."), key(f"chance ({CHANCE:g})", linestyle=":")]
    made.legend(handles=keys, loc="outside upper center", ncols=4)
    seeds = len(present(found, "seed"))
    told = [f"bars: 95 % intervals over {seeds} seeds, each with its own images"] if seeds > 1 else []
    note(made, *told, *gains_below(below, len(kinds) * len(shown), gains, "Gain in train accuracy"))
    return made


def line(axes: Axes, table: pd.DataFrame, across: str, colour: str, marker: str) -> None:
    """Means with intervals of one kernel's networks, joined, for train and test images."""
    for quantity, solid in SPLITS.items():
        joined = []
        own = rows(table, quantity=quantity)
        for place in present(own, across):
            values = per_seed(own[own[across] == place])
            dots(axes, float(place), values, colour, marker, filled=solid, aside=None)
            joined.append((float(place), float(np.mean(values))))
        if joined:
            style = "-" if solid else "--"
            axes.plot(*zip(*joined, strict=True), color=colour, linestyle=style, linewidth=0.9, label="_joined")


def baseline(axes: Axes, table: pd.DataFrame) -> None:
    """The mean of the baseline, where it was measured, and chance."""
    if len(table):
        level_line(axes, float(np.mean(per_seed(table))), "-.")
    level_line(axes, CHANCE, ":")


def compared(claims: pd.DataFrame, kinds: Sequence[str], equals: Sequence[str]) -> list[Line]:
    """What larger kernels gain over smaller ones, by kind of network and by what is equal.

    >>> found = {"mean": 0.2, "low": 0.1, "high": 0.3, "threshold": 0.05, "verdict": "reproduced"}
    >>> claims = pd.DataFrame([{"id": "overlaps-trained-convac-channels-3-1", **found}])
    >>> [words for words, _ in compared(claims, ["ConvNet", "ConvAC"], ["channels"])]
    ['ConvAC, equal channels, K = 3 over 1']
    """
    return judged(
        claims,
        {
            f"overlaps-trained-{kind.lower()}-{equal}-{larger}-{smaller}": (
                f"{kind}, equal {equal}, K = {larger} over {smaller}"
            )
            for kind in kinds
            for equal in equals
            for larger, smaller in ((3, 1), (3, 2))
        },
    )


def learning(table: pd.DataFrame) -> Figure | None:
    """Train accuracy against step, a line per kernel: a row per kind of network, a column per task."""
    found = rows(table, quantity="train_accuracy", network=KINDS, equal=("parameters", "both"))
    kinds, tasks = present(found, "network"), [task for task in (ANYWHERE, IN_PLACE) if len(rows(found, task=task))]
    kernels = by_rank(present(found, "kernel"), FIRST)
    if not kinds or not kernels or not tasks or not present(found, "step"):
        return None
    unit, steps = steps_in(found)
    made = figure(PAGE, 0.9 + 1.9 * len(kinds))
    grid = made.subplots(len(kinds), len(tasks), squeeze=False)
    for row, kind in enumerate(kind for kind in KINDS if kind in kinds):
        for column, task in enumerate(tasks):
            axes, own = grid[row, column], rows(found, network=kind, task=task)
            if own.empty:
                axes.set_axis_off()
                continue
            for kernel, (colour, marker) in kernels.items():
                curves(axes, rows(own, kernel=kernel), unit=unit, color=colour, marker=marker, markersize=3)
            level_line(axes, CHANCE, ":")
            panel(axes, row * len(tasks) + column, f"{kind}, images {task}")
            axes.set(xlabel=steps, ylabel="Train accuracy", ylim=(0, 1.02))
            axes.grid(axis="y")
    keys = [key(f"K = {kernel}", color=colour, marker=marker) for kernel, (colour, marker) in kernels.items()]
    made.legend(handles=[*keys, key(f"chance ({CHANCE:g})", linestyle=":")], loc="outside upper center", ncols=6)
    seeds = len(present(found, "seed"))
    note(made, *([f"bands: 95 % intervals over {seeds} seeds; equal parameters"] if seeds > 1 else []))
    return made
