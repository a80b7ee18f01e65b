"""The causal test as a figure: accuracy on held-out images against the Schmidt vectors that a posterior keeps."""

from collections.abc import Mapping
from statistics import fmean, median
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator

from convac.plotting.geometries import geometry_keys
from convac.plotting.looks import Look, ordered
from convac.plotting.primitives import curves, key, note, panel, per_seed, present, rows
from convac.plotting.style import BLACK, GREY, PAGE, figure

KEPT, WHOLE, NEEDED = "kept_accuracy", "kept_whole_accuracy", "kept_needed"
WHOLE_DASHES = ":"
FOOT = 0.48  # accuracy at which the vectors needed are marked, below chance
READ = "read on images that the vectors were not fitted on; needed: loses at most 0.02; bands: 95 % over seeds"


def kept(table: pd.DataFrame, tasks: list[str], looks: Mapping[str, Look], names: Mapping[str, str]) -> Figure | None:
    """A row per task and geometry, a column per network; vectors beyond those tried are a separate category."""
    found = rows(table, quantity=(KEPT, WHOLE, NEEDED), phase="trained")
    networks = ordered(present(rows(found, network=tuple(names)), "network"), list(names))
    groups = [(task, name) for task in tasks for name in looks if len(rows(found, task=task, geometry=name))]
    ranks = present(rows(found, quantity=KEPT), "rank")
    if not (networks and groups and ranks):
        return None
    made = figure(PAGE, 0.95 + 1.25 * len(groups))
    grid = made.subplots(len(groups), len(networks), sharex=True, sharey=True, squeeze=False)
    for row, (task, geometry) in enumerate(groups):
        for column, name in enumerate(networks):
            own = rows(found, task=task, geometry=geometry, network=name)
            accuracy_kept(grid[row, column], own, looks[geometry], max(ranks))
            title = names[name].replace("\n", " ") if row == 0 else ""
            panel(grid[row, column], row * len(networks) + column, title)
        grid[row, 0].set_ylabel(f"{task.capitalize()},\n{geometry}: accuracy")
    for axes in grid[-1]:
        axes.set_xlabel("Schmidt vectors kept")
    scale(grid[0, 0], ranks)
    entries = [*geometry_keys(looks), key("all vectors", color=BLACK, linestyle=WHOLE_DASHES)]
    entries.append(key("needed: median of seeds (open: more than tried)", color=BLACK, marker="v", linestyle=""))
    made.legend(handles=entries, loc="outside upper center", ncols=len(entries))
    note(made, READ)
    return made


def scale(axes: Axes, ranks: list[int]) -> None:
    """Powers of two, and the category of more than the most that were tried."""
    axes.set_xscale("log", base=2)
    powers = [rank for rank in ranks if (rank & (rank - 1)) == 0][::2] or ranks
    axes.set_xlim(min(ranks) / 1.3, beyond(max(ranks)) * 1.5)
    axes.xaxis.set_major_locator(FixedLocator([*powers, beyond(max(ranks))]))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xticklabels([*map(str, powers), f">{max(ranks)}"])
    axes.set_ylim(0.45, 1.02)


def beyond(most: int) -> float:
    """Where more than the most vectors that were tried stand."""
    return 2.5 * most


def accuracy_kept(axes: Axes, own: pd.DataFrame, look: Look, most: int) -> None:
    """One network: the curve, its own accuracy, and the median of the vectors needed at the foot."""
    colour, marker = look
    curves(axes, rows(own, quantity=KEPT), x="rank", color=colour, marker=marker, markersize=2.6, linewidth=0.9)
    whole, needed = per_seed(rows(own, quantity=WHOLE)), per_seed(rows(own, quantity=NEEDED))
    axes.axvline(most * 1.6, color=GREY, linewidth=0.5, label="_most")
    if whole:
        axes.axhline(fmean(whole), color=BLACK, linestyle=WHOLE_DASHES, linewidth=0.9, label="_whole")
    if needed:
        middle = median(needed)
        enough = middle <= most
        mark: dict[str, Any] = {"marker": "v", "markersize": 4, "markerfacecolor": colour if enough else "white"}
        axes.plot(middle if enough else beyond(most), FOOT, color=colour, linestyle="", label="_needed", **mark)
    axes.grid(axis="y")
