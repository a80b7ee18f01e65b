"""Figures of target_entropy, drawn from its tidy table."""

import math
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, MaxNLocator

from convac.plotting.decades import decades, round_numbers
from convac.plotting.looks import refuse_unknown
from convac.plotting.primitives import (
    dots,
    drawn,
    key,
    note,
    panel,
    per_seed,
    plain_numbers,
    present,
    rows,
)
from convac.plotting.style import BLACK, BLUE, GREEN, GREY, ORANGE, PAGE, PURPLE, VERMILLION, figure

TASKS = {  # in the order in which they stand
    "strict symmetry": (VERMILLION, "s"),
    "symmetry score": (GREEN, "D"),
    "percolation": (BLACK, "P"),
    "loop": (ORANGE, "v"),
    "pattern": (PURPLE, "^"),
    "majority": (BLUE, "o"),
    "parity": (GREY, "x"),
    "random": (GREY, "*"),
}
CONVENTIONS = {"centred": (BLUE, "o"), "sign": (VERMILLION, "s"), "indicator": (GREEN, "D")}
SHAPES = {"square": "square blocks", "strip": "strips"}
CLASSES = {
    "digits": "digits, even or odd",
    "closedness": "blobs, closedness",
    "symmetry": "blobs, symmetry",
}
# entropy of classes in the limit of ever more samples → what it is of so many, its look, and where it stands beside
LIMITS = {
    "extrapolated_entropy": ("data_entropy", BLUE, "o", 0.975),
    "extrapolated_shuffled_entropy": ("shuffled_entropy", VERMILLION, "s", 1.025),
}
SIZES = ((BLUE, "o"), (GREEN, "D"), (ORANGE, "v"), (PURPLE, "^"), (BLACK, "P"), (VERMILLION, "s"), (GREY, "x"))
LOWEST = 0.05  # nats, of the logarithmic axes
LN2 = math.log(2)


def draw(table: pd.DataFrame, claims: pd.DataFrame) -> dict[str, Figure]:
    """Every figure of the experiment by its part; a part without rows says so."""
    refuse_unknown(table, task=(*TASKS, *CLASSES), shape=SHAPES, convention=CONVENTIONS)
    parts = {
        "": growth,
        "rank": rank,
        "exponents": exponents,
        "conventions": conventions,
        "blocks": blocks,
        "boundary": boundary,
        "classes": classes,
        "samples": samples,
    }
    return drawn(parts, table)


def entries(names: list[str]) -> list[Line2D]:
    """The legend's entries of the tasks."""
    return [key(name, **look(name)) for name in TASKS if name in names]


def look(task: str) -> dict[str, Any]:
    """Colour and mark of a task; strict symmetry's is open and larger, since other tasks reach its ranks."""
    colour, marker = TASKS[task]
    behind = task == "strict symmetry"
    face = "none" if behind else colour
    return {"color": colour, "marker": marker, "markersize": 6.0 if behind else 3.4, "markerfacecolor": face}


def lines(axes: Axes, table: pd.DataFrame, lowest: float) -> list[str]:
    """A line per task against the block's size; which tasks have one. Values below `lowest` are left out."""
    found = []
    for task in TASKS:
        own = rows(table, task=task).sort_values("block_sites")
        own = own[own["value"] >= lowest]
        if len(own):
            axes.plot(own["block_sites"], own["value"], linewidth=0.9, **look(task))
            found.append(task)
    return found


def laws(axes: Axes, table: pd.DataFrame) -> None:
    """ln 2 per site of the block, and ln 2 per site of its boundary."""
    sizes = table.drop_duplicates("block_sites").sort_values("block_sites")
    for column, dash in (("block_sites", ":"), ("boundary", "--")):
        values = sizes[column].astype(float) * LN2
        axes.plot(sizes["block_sites"], values, color=GREY, linestyle=dash, linewidth=0.9, zorder=1)


def law_entries() -> list[Line2D]:
    """The legend's entries of those lines."""
    return [key("volume: |A| ln 2", linestyle=":"), key("area: |∂A| ln 2", linestyle="--")]


def growth(table: pd.DataFrame) -> Figure | None:
    """Entropy against the block's size: a row per shape, a column per convention."""
    found = rows(table, quantity="entropy", shape=tuple(SHAPES))
    if found.empty:
        return None
    made = figure(PAGE, 4.7)
    grid = made.subplots(2, len(CONVENTIONS), sharex="row", sharey=True)
    names: list[str] = []
    for row, (shape, title) in enumerate(SHAPES.items()):
        for column, convention in enumerate(CONVENTIONS):
            axes, own = grid[row, column], rows(found, shape=shape, convention=convention)
            names += lines(axes, own, LOWEST)
            laws(axes, rows(found, shape=shape))
            logarithmic(axes, found[found["shape"] == shape]["block_sites"])
            panel(axes, row * len(CONVENTIONS) + column, f"{title}, {convention}")
            axes.set_xlabel("Sites |A| of the block")
        grid[row, 0].set_ylabel("Entropy (nats)")
    top = 1.5 * float(found["value"].max())
    for axes in grid.ravel():
        axes.set_ylim(LOWEST, top)
        axes.yaxis.set_major_locator(FixedLocator(round_numbers(LOWEST, top)))
    made.legend(handles=[*entries(names), *law_entries()], loc="outside upper center", ncols=5)
    note(made, f"Entropies below {LOWEST:g} nats are left out: parity’s is 0 except as indicator")
    return made


def logarithmic(axes: Axes, sites: pd.Series) -> None:
    """Both axes logarithmic, plain numbers, few ticks."""
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    low, high = float(sites.min()), float(sites.max())
    powers = np.arange(math.ceil(math.log2(low)), math.floor(math.log2(high)) + 1, 2)
    axes.xaxis.set_major_locator(FixedLocator([float(2.0**power) for power in powers]))
    plain_numbers(axes, "xy")


def rank(table: pd.DataFrame) -> Figure | None:
    """Logarithm of the rank against the block's size, centred, a panel per shape."""
    found = rows(table, quantity="target_rank", shape=tuple(SHAPES), convention="centred")
    if found.empty:
        return None
    found = found.assign(value=np.log(found["value"].astype(float)))
    made = figure(PAGE, 2.9)
    panels = made.subplots(1, 2, sharey=True)
    names: list[str] = []
    for number, (axes, (shape, title)) in enumerate(zip(panels, SHAPES.items(), strict=True)):
        own = rows(found, shape=shape)
        names += lines(axes, own, LOWEST)
        laws(axes, own)
        logarithmic(axes, own["block_sites"])
        axes.set_xlabel("Sites |A| of the block")
        panel(axes, number, title)
    top = 1.5 * float(found["value"].max())
    panels[0].set_ylim(0.8, top)
    panels[0].yaxis.set_major_locator(FixedLocator(round_numbers(0.8, top)))
    panels[0].set_ylabel("ln rank (nats), centred")
    made.legend(handles=[*entries(names), *law_entries()], loc="outside upper center", ncols=4)
    return made


def exponents(table: pd.DataFrame) -> Figure | None:
    """Fitted exponents with their intervals: a panel per shape, a row per task, a mark per convention."""
    found = rows(table, quantity=("exponent", "exponent_low", "exponent_high"), shape=tuple(SHAPES))
    if found.empty:
        return None
    names = [task for task in TASKS if len(rows(found, task=task))]
    made = figure(PAGE, 1.1 + 0.34 * len(names))
    panels = made.subplots(1, 2, sharex=True, sharey=True)
    for number, (axes, (shape, title)) in enumerate(zip(panels, SHAPES.items(), strict=True)):
        for place, task in enumerate(names):
            for aside, (convention, (colour, marker)) in zip((0.22, 0, -0.22), CONVENTIONS.items(), strict=True):
                own = rows(found, shape=shape, task=task, convention=convention)
                values = dict(zip(own["quantity"], own["value"], strict=True))
                if len(values) == 3:
                    middle = values["exponent"]
                    ends = [[middle - values["exponent_low"]], [values["exponent_high"] - middle]]
                    axes.errorbar(
                        middle,
                        aside - place,
                        xerr=ends,
                        color=colour,
                        marker=marker,
                        markersize=3.4,
                        elinewidth=0.9,
                        capsize=2,
                        linestyle="none",
                    )
        for value, dash in ((1.0, ":"), (0.5 if shape == "square" else 0.0, "--")):
            axes.axvline(value, color=GREY, linestyle=dash, linewidth=0.9, zorder=1)
        axes.set_xlabel("Exponent of the entropy in |A|")
        panel(axes, number, title)
    panels[0].set_yticks([-place for place in range(len(names))], names)
    legend = [key(name, color=c, marker=m, linestyle="none") for name, (c, m) in CONVENTIONS.items()]
    legend += [key("volume law", linestyle=":"), key("area law", linestyle="--")]
    made.legend(handles=legend, loc="outside upper center", ncols=5)
    note(made, "No exponent where the entropy vanishes (below 0.001 nats at one of the four sizes)")
    return made


def conventions(table: pd.DataFrame) -> Figure | None:
    """Entropy of every task on one image: a panel per convention, random functions of the same mean beside it."""
    found = rows(table, method="listed", quantity=("entropy", "control_entropy"))
    if found.empty:
        return None
    sites = "4×4" if len(rows(found, sites="4×4")) else str(found["sites"].iloc[-1])
    found = rows(found, sites=sites)
    names = [task for task in TASKS if len(rows(found, task=task))]
    made = figure(PAGE, 2.7)
    panels = made.subplots(1, len(CONVENTIONS), sharex=True, sharey=True)
    for number, (axes, convention) in enumerate(zip(panels, CONVENTIONS, strict=True)):
        for place, task in enumerate(names):
            colour, marker = TASKS[task]
            own = rows(found, task=task, convention=convention)
            controls = rows(own, quantity="control_entropy")["value"].astype(float).tolist()
            if controls:
                axes.plot([min(controls), max(controls)], [-place] * 2, color=GREY, linewidth=1)
                axes.plot(np.mean(controls), -place, "|", color=GREY, markersize=9, markeredgewidth=1.2)
            entropies = rows(own, quantity="entropy")["value"].astype(float)
            axes.plot(
                entropies,
                [-place] * len(entropies),
                marker if marker not in "x*" else "o",
                color=colour,
                markersize=4.5,
            )
        axes.set_xlim(-0.3, 6.2)
        axes.grid(axis="y")
        axes.set_xlabel("Entropy (nats)")
        panel(axes, number, convention)
    panels[0].set_yticks([-place for place in range(len(names))], names)
    legend = [
        key(f"task on all {sites} images", marker="o", linestyle="none"),
        key(
            "random functions of its mean (bar: all draws)",
            marker="|",
            markersize=9,
            markeredgewidth=1.2,
            linestyle="none",
        ),
    ]
    made.legend(handles=legend, loc="outside upper center", ncols=2)
    return made


def measured_blocks(table: pd.DataFrame) -> tuple[pd.DataFrame, list[str], int]:
    """Rows of the image whose every block is measured, its tasks, and its pixels."""
    found = rows(table, method="blocks", convention="centred", quantity=("entropy", "target_rank"))
    names = [task for task in TASKS if task != "parity" and len(rows(found, task=task))]
    return found, names, math.prod(map(int, str(found["sites"].iloc[0]).split("×"))) if names else 0


def multiples(names: list[str], label: str) -> tuple[Figure, dict[str, Axes]]:
    """A figure with a panel per task, eight at most."""
    made = figure(PAGE, 4.1)
    grid = made.subplots(2, 4, sharex=True, sharey=True).ravel()
    panels = dict(zip(names, grid, strict=False))
    for number, (task, axes) in enumerate(panels.items()):
        panel(axes, number, task)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=5))
        if number + 4 >= len(names):
            axes.set_xlabel(label)
            axes.tick_params(labelbottom=True)
    for axes in grid[len(names) :]:
        axes.set_axis_off()
    for axes in grid[::4]:
        axes.set_ylabel("Entropy or ln rank (nats)")
    return made, panels


def points(axes: Axes, table: pd.DataFrame, x: str) -> None:
    """ln rank as rings, entropy as dots."""
    ranks, entropies = rows(table, quantity="target_rank"), rows(table, quantity="entropy")
    values = np.log(ranks["value"].astype(float))
    axes.plot(ranks[x], values, "o", color=GREY, markerfacecolor="white", markersize=4, markeredgewidth=0.7)
    axes.plot(entropies[x], entropies["value"], "o", color=BLUE, markersize=3)


POINTS = (
    key("entropy", marker="o", color=BLUE, markersize=3, linestyle="none"),
    key("ln rank", marker="o", color=GREY, markerfacecolor="white", linestyle="none"),
)


def blocks(table: pd.DataFrame) -> Figure | None:
    """Entropy and ln rank of every rectangle at a corner against its size, centred: a panel per task."""
    found, names, count = measured_blocks(table)
    if not names:
        return None
    found = found[found["block"].str.contains("×")]
    sizes = np.arange(1, count)
    made, panels = multiples(names, "Sites |A| of the rectangle")
    for task, axes in panels.items():
        axes.plot(sizes, np.minimum(sizes, count - sizes) * LN2, color=GREY, linestyle=":", linewidth=0.9, zorder=1)
        points(axes, rows(found, task=task), "block_sites")
    legend = [*POINTS, key("volume: ln 2 per site of the smaller side", linestyle=":")]
    made.legend(handles=legend, loc="outside upper center", ncols=3)
    return made


def boundary(table: pd.DataFrame) -> Figure | None:
    """Entropy and ln rank of halves of the pixels against the boundary of the half, centred: a panel per task."""
    found, names, count = measured_blocks(table)
    if not names:
        return None
    found = rows(found, block_sites=count // 2)
    made, panels = multiples(names, "Pairs of neighbours cut, |∂A|")
    for task, axes in panels.items():
        points(axes, rows(found, task=task), "boundary")
        axes.axhline(count // 2 * LN2, color=GREY, linestyle=":", linewidth=0.9, zorder=1)
    legend = [*POINTS, key("volume: ln 2 per site", linestyle=":")]
    made.legend(handles=legend, loc="outside upper center", ncols=3)
    return made


def classes(table: pd.DataFrame) -> Figure | None:
    """Extrapolated entropy of image classes against the block, beside shuffled labels: a panel per class."""
    found = rows(table, method="data", quantity=(*LIMITS, "data_entropy", "shuffled_entropy"))
    names = [task for task in CLASSES if len(rows(found, task=task, quantity="extrapolated_entropy"))]
    if not names:
        return None
    made = figure(PAGE, 2.9)
    panels = made.subplots(1, len(names), sharex=True, sharey=True, squeeze=False)[0]
    for number, (axes, task) in enumerate(zip(panels, names, strict=True)):
        for quantity, (raw, colour, marker, aside) in LIMITS.items():
            for block in present(rows(found, task=task), "block_sites"):
                own = rows(found, task=task, block_sites=block)
                dots(axes, block * aside, per_seed(rows(own, quantity=quantity)), colour, marker)
                measured = rows(own, quantity=raw)
                most = rows(measured, samples=max(present(measured, "samples"), default=0))
                if len(most):
                    mean = float(np.mean(per_seed(most)))
                    axes.plot(block * aside, mean, "_", color=colour, markersize=9, markeredgewidth=1.2, zorder=4)
        sites = present(rows(found, task=task), "block_sites")
        axes.plot(sites, [block * LN2 for block in sites], color=GREY, linestyle=":", linewidth=0.9)
        axes.set_xscale("log")
        axes.set_xticks(sites)
        axes.minorticks_off()
        plain_numbers(axes, "x")
        decades(axes, [*found["value"], max(sites) * LN2])
        axes.set_xlabel("Sites of the block, |A|")
        panel(axes, number, CLASSES[task])
    panels[0].set_ylabel("Entropy (nats)")
    legend = [
        key("labels, extrapolated", marker="o", color=BLUE, linestyle="none"),
        key("labels shuffled, extrapolated", marker="s", color=VERMILLION, linestyle="none"),
        key("of all samples", marker="_", color=BLACK, markersize=9, linestyle="none"),
        key("volume: |A| ln 2", linestyle=":"),
    ]
    made.legend(handles=legend, loc="outside upper center", ncols=4)
    return made


def samples(table: pd.DataFrame) -> Figure | None:
    """Entropy against the inverse number of samples, with what it is extrapolated to: a row each for the labels."""
    shown = tuple(name for quantity, (raw, *_) in LIMITS.items() for name in (quantity, raw))
    found = rows(table, method="data", quantity=shown)
    names = [task for task in CLASSES if len(rows(found, task=task, quantity="extrapolated_entropy"))]
    if not names or "samples" not in found:
        return None
    made = figure(PAGE, 4.2)
    grid = made.subplots(2, len(names), sharex="col", sharey=True, squeeze=False)
    sides = present(found, "side")
    for across, task in enumerate(names):
        for down, (quantity, (raw, *_)) in enumerate(LIMITS.items()):
            axes = grid[down, across]
            for side, (colour, marker) in zip(sides, SIZES, strict=False):
                own = rows(found, task=task, side=side)
                measured = rows(own, quantity=raw).groupby("samples")["value"].mean()
                axes.plot(1 / measured.index.to_numpy(float), measured, color=colour, marker=marker, markersize=3.4)
                dots(axes, 0.0, per_seed(rows(own, quantity=quantity)), colour, marker)
            axes.grid(axis="y")
            panel(axes, down * len(names) + across, f"{CLASSES[task]}{', shuffled' if down else ''}")
        grid[1, across].set_xlabel("1 / samples")
    for axes in grid[:, 0]:
        axes.set_ylabel("Entropy (nats)")
    legend = [
        key(f"{side}×{side} pixels", color=colour, marker=marker)
        for side, (colour, marker) in zip(sides, SIZES, strict=False)
    ]
    made.legend(handles=legend, loc="outside upper center", ncols=len(legend))
    note(made, "at 0: extrapolated to second order from the three points beside it, with 95 % intervals over seeds")
    return made
