"""Figures of pooling_geometry about dependence on data: shares and entropies of all networks side by side."""

from collections.abc import Iterator, Mapping
from statistics import fmean, median
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator

from convac.plotting.looks import ordered
from convac.plotting.primitives import (
    curves,
    dots,
    key,
    level_line,
    note,
    panel,
    per_seed,
    plain_numbers,
    present,
    rows,
    whiskers,
)
from convac.plotting.style import BLACK, GREY, PAGE, figure
from convac.statistics import mean_interval

Looks = Mapping[str, tuple[str, str]]  # of geometries: colour and marker

NETWORKS = {  # names on the axis
    "ConvAC": "ConvAC\npositive",
    "ConvAC signed": "ConvAC\nsigned",
    "ConvRect max": "ReLU\nmax",
    "ConvRect average": "ReLU\naverage",
}
CONDITIONS = {
    "conditioned": "pixels in each half",
    "unconditioned": "all images",
    "within class": "one class at a time",
}
SHARE, ENTROPY = "interaction_share", "posterior_entropy"
LABELS = {SHARE: "Interaction share of log-odds", ENTROPY: "Entropy of posterior (nats)"}
UNTRAINED, TRAINED, LABEL = "untrained", "trained", "label"
LABEL_DASHES = "--"
APART = 0.19  # of two geometries from the middle of their network
KEPT, WHOLE, NEEDED = "kept_accuracy", "kept_whole_accuracy", "kept_needed"
WHOLE_DASHES = ":"
MEASURED = "left | right halves of held-out images; bars: 95 % intervals over seeds"


def dependence(table: pd.DataFrame, tasks: list[str], looks: Looks) -> Figure | None:
    """Share and entropy of every network, trained and untrained, and the share of the label's own score; per task."""
    found = rows(table, condition="conditioned")
    quantities = [name for name in (SHARE, ENTROPY) if len(rows(found, quantity=name, phase=(UNTRAINED, TRAINED)))]
    tasks = [task for task in tasks if len(rows(found, task=task))]
    if not (tasks and quantities):
        return None
    made = figure(PAGE, 0.85 + 1.95 * len(quantities))
    grid = made.subplots(len(quantities), len(tasks), sharey="row", squeeze=False)
    for row, quantity in enumerate(quantities):
        for column, task in enumerate(tasks):
            axes, own = grid[row, column], rows(found, task=task, quantity=quantity)
            for place, network in networks(axes, own):
                beside(axes, rows(own, network=network), place, looks)
            label_level(axes, per_seed(rows(own, phase=LABEL)))
            panel(axes, row * len(tasks) + column, task.capitalize() if row == 0 else "")
        grid[row, 0].set_ylabel(LABELS[quantity])
    entries = geometry_keys(looks)
    entries.append(key("trained (open: untrained)", color=BLACK, marker="o", linestyle=""))
    if len(rows(found, phase=LABEL)):
        entries.append(key("the label’s own score", color=BLACK, linestyle=LABEL_DASHES, linewidth=0.9))
    made.legend(handles=entries, loc="outside upper center", ncols=len(entries))
    note(made, MEASURED)
    return made


def geometry_keys(looks: Looks) -> list[Line2D]:
    """An entry of the legend per geometry."""
    return [
        key(f"{name} pooling", color=colour, marker=marker, linestyle="") for name, (colour, marker) in looks.items()
    ]


def networks(axes: Axes, own: pd.DataFrame) -> Iterator[tuple[int, str]]:
    """The networks of an axes, from left to right, its scale set up for them."""
    names = ordered(present(rows(own, network=tuple(NETWORKS)), "network"), list(NETWORKS))
    axes.set_xticks(range(len(names)), [NETWORKS[name] for name in names])
    axes.set_xlim(-0.5, max(len(names), 1) - 0.5)
    axes.tick_params(axis="x", length=0)
    axes.grid(axis="y")
    yield from enumerate(names)


def beside(axes: Axes, own: pd.DataFrame, place: float, looks: Looks) -> None:
    """One network: geometries side by side, trained (filled) and untrained (open)."""
    for side, (geometry, (colour, marker)) in zip(shifts(len(looks)), looks.items(), strict=True):
        for phase, shift in ((UNTRAINED, -0.08), (TRAINED, 0.06)):
            values = per_seed(rows(own, geometry=geometry, phase=phase))
            aside = 0.07 if phase == TRAINED else None
            dots(axes, place + side + shift, values, colour, marker, filled=phase == TRAINED, aside=aside)


def shifts(count: int, reach: float = APART) -> list[float]:
    """Where several things stand about a place; a single one in its middle.

    >>> shifts(1), shifts(2, 0.2)
    ([0.0], [-0.2, 0.2])
    """
    return [reach * (2 * number - count + 1) / max(1, count - 1) for number in range(count)]


def label_level(axes: Axes, values: list[float]) -> None:
    """A line at the mean of the label's own score, with its interval over seeds."""
    if not values:
        return
    interval = mean_interval(values)
    below, above = whiskers(interval)
    axes.axhline(interval.mean, color=BLACK, linestyle=LABEL_DASHES, linewidth=0.9, zorder=1, label="_label")
    axes.axhspan(interval.mean - below, interval.mean + above, color=GREY, alpha=0.25, linewidth=0, zorder=0)


def conditions(table: pd.DataFrame, tasks: list[str], looks: Looks) -> Figure | None:
    """Shares of trained networks by what their composites are made of: a row per condition, a column per task."""
    found = rows(table, quantity=SHARE, phase=TRAINED)
    shown = [name for name in CONDITIONS if len(rows(found, condition=name))]
    tasks = [task for task in tasks if len(rows(found, task=task))]
    if not (tasks and shown):
        return None
    made = figure(PAGE, 0.85 + 1.45 * len(shown))
    grid = made.subplots(len(shown), len(tasks), sharex=True, sharey=True, squeeze=False)
    for row, condition in enumerate(shown):
        for column, task in enumerate(tasks):
            axes, own = grid[row, column], rows(found, task=task, condition=condition)
            for place, network in networks(axes, own):
                for side, (geometry, look) in zip(shifts(len(looks)), looks.items(), strict=True):
                    dots(axes, place + side, per_seed(rows(own, network=network, geometry=geometry)), *look, aside=0.07)
            level_line(axes, 0.0, ":")
            panel(axes, row * len(tasks) + column, task.capitalize() if row == 0 else "")
        grid[row, 0].set_ylabel(f"Share,\n{CONDITIONS[condition]}")
    entries = geometry_keys(looks)
    made.legend(handles=entries, loc="outside upper center", ncols=len(entries))
    note(made, MEASURED)
    return made


def kept(table: pd.DataFrame, tasks: list[str], looks: Looks) -> Figure | None:
    """Accuracy against the Schmidt vectors kept: a row per task and geometry, a column per network."""
    found = rows(table, quantity=(KEPT, WHOLE, NEEDED))
    names = ordered(present(rows(found, network=tuple(NETWORKS)), "network"), list(NETWORKS))
    groups = [(task, name) for task in tasks for name in looks if len(rows(found, task=task, geometry=name))]
    if not (names and groups):
        return None
    ranks = present(rows(found, quantity=KEPT), "rank")
    made = figure(PAGE, 0.95 + 1.25 * len(groups))
    grid = made.subplots(len(groups), len(names), sharex=True, sharey=True, squeeze=False)
    for row, (task, geometry) in enumerate(groups):
        for column, name in enumerate(names):
            own = rows(found, task=task, geometry=geometry, network=name)
            accuracy_kept(grid[row, column], own, looks[geometry])
            panel(grid[row, column], row * len(names) + column, NETWORKS[name].replace("\n", " ") if row == 0 else "")
        grid[row, 0].set_ylabel(f"{task.capitalize()},\n{geometry}: accuracy")
    for axes in grid[-1]:
        axes.set_xlabel("Schmidt vectors kept")
    grid[0, 0].set_xscale("log", base=2)
    grid[0, 0].xaxis.set_major_locator(FixedLocator([rank for rank in ranks if (rank & (rank - 1)) == 0][::2] or ranks))
    plain_numbers(grid[0, 0], "x")
    grid[0, 0].set_ylim(0.45, 1.02)
    entries = [*geometry_keys(looks), key("all vectors", color=BLACK, linestyle=WHOLE_DASHES)]
    entries.append(key("needed: median (open: more than shown)", color=BLACK, marker="v", linestyle=""))
    made.legend(handles=entries, loc="outside upper center", ncols=len(entries))
    note(made, "read on images that the vectors were not fitted on; bands: 95 % intervals over seeds")
    return made


def accuracy_kept(axes: Axes, own: pd.DataFrame, look: tuple[str, str]) -> None:
    """One network: the curve, its own accuracy, and the median of the vectors needed at the foot."""
    colour, marker = look
    curve = rows(own, quantity=KEPT)
    curves(axes, curve, x="rank", color=colour, marker=marker, markersize=2.6, linewidth=0.9)
    whole, needed = per_seed(rows(own, quantity=WHOLE)), per_seed(rows(own, quantity=NEEDED))
    if whole:
        axes.axhline(fmean(whole), color=BLACK, linestyle=WHOLE_DASHES, linewidth=0.9, label="_whole")
    if needed and len(curve):
        middle, most = median(needed), float(curve["rank"].max())
        face = colour if middle <= most else "white"
        mark: dict[str, Any] = {"marker": "v", "markersize": 4, "markerfacecolor": face, "linestyle": ""}
        axes.plot(min(middle, most), 0.48, color=colour, label="_needed", **mark)
    axes.grid(axis="y")
