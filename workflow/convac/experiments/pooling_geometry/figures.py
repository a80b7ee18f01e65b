"""Figures of pooling_geometry, drawn from its tidy table and its verdicts."""

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, MaxNLocator

from convac.plotting.gains import Line, above_gains, gains_below, judged
from convac.plotting.geometries import ANY, LOOKS, abreast, geometries, geometry_keys
from convac.plotting.looks import ordered, refuse_unknown
from convac.plotting.primitives import (
    curves,
    dots,
    drawn,
    final,
    first_draw,
    images,
    key,
    level_line,
    note,
    panel,
    per_seed,
    picture,
    plain_numbers,
    present,
    rows,
    steps_in,
)
from convac.plotting.style import BLACK, BLUE, GREEN, PAGE, VERMILLION, figure

COLUMNS = (
    "cell", "task", "network", "initialisation", "geometry", "width", "levels", "seed", "step", "phase", "level",
    "quantity", "value",
)  # fmt: skip
DEEP = ("ConvAC", "ConvRect max", "ConvRect average", "ConvAC signed")
SHALLOW = "shallow ConvAC"
NAMES = {  # the others break at their space
    "ConvAC": "ConvAC\npositive",
    "ConvRect max": "Conv-\nRect\nmax",
    "ConvRect average": "Conv-\nRect\naverage",
    SHALLOW: "shallow\nConvAC",
}
STARTS = {"calibrated": BLUE, "normal": VERMILLION}
START_MARKERS = {"calibrated": "o", "normal": "^"}
SPLITS = {"test_accuracy": True, "train_accuracy": False}  # quantity → filled marker and solid line
CLASSES = {"closedness": ("open", "closed"), "symmetry": ("asymmetric", "symmetric")}
CHANCE = 0.5
COUNT_DASHES = "-."
WIDTH_DASHES = {"ConvAC": "-", "ConvRect max": "--", "ConvRect average": ":"}
NEWLINE = "\n"
WINDOWS = "window_accuracy"  # of the baseline: least squares on counts in the windows


def draw(table: pd.DataFrame, claims: pd.DataFrame) -> dict[str, Figure]:
    """Every figure of the experiment by its part; a part without rows says so.

    Args:
        table: the experiment's tidy table.
        claims: its verdicts, as `convac.claims.claims.evaluate_all` gives them; may be empty.

    Returns:
        `""` the final comparison, `examples`, `curves`, `depth`.
    """
    refuse_unknown(table, network=(*DEEP, SHALLOW), initialisation=STARTS)
    tasks = ordered(present(table, "task"), list(CLASSES))
    read = [column for column in COLUMNS if column in table]
    pixels = rows(table, quantity="pixel")
    table = table.loc[table.index.difference(pixels.index), read] if read else table
    parts: dict[str, Callable[[pd.DataFrame], Figure | None]] = {
        "": lambda found: comparison(found, claims, tasks),
        "examples": lambda _: examples(first_draw(pixels), tasks),
        "curves": lambda found: learning(found, tasks),
        "depth": lambda found: depth(found, tasks),
    }
    return drawn(parts, table)


def networks(table: pd.DataFrame, task: str) -> list[tuple[str, int, pd.DataFrame]]:
    """Networks to compare on a task, each with its width and rows: the widest of each deep kind, every shallow one."""
    found = []
    levels = rows(table, network=DEEP[:3], task=task)["levels"].max() if "levels" in table else None
    for network in DEEP:
        chosen = rows(table, task=task, network=network)
        if network == "ConvAC signed":  # its other depths and its other start have a figure of their own
            chosen = rows(chosen, initialisation="calibrated")
            chosen = chosen if pd.isna(levels) else rows(chosen, levels=levels)
        if len(chosen):
            width = chosen["width"].max()
            found.append((network, int(width), rows(chosen, width=width)))
    shallow = rows(table, task=task, network=SHALLOW)
    found += [(SHALLOW, int(width), rows(shallow, width=width)) for width in present(shallow, "width")]
    return [group for group in found if len(rows(group[2], quantity="test_accuracy"))]


def comparison(table: pd.DataFrame, claims: pd.DataFrame, tasks: list[str]) -> Figure | None:
    """Final test and train accuracy of every network by geometry, beside the pixel count; then against width."""
    tasks = [task for task in tasks if networks(table, task)]
    if not tasks:
        return None
    deep = rows(table, network=DEEP[:3])
    by_width = len(present(deep, "width")) > 1
    gained = {"gains by the geometry that fits the task": gains(claims, tasks)}
    made, above, below = above_gains(5.2 if by_width else 2.9, gained)
    grid = above.subplots(1 + by_width, len(tasks), sharey=True, squeeze=False)
    for column, task in enumerate(tasks):
        axes = grid[0, column]
        final_accuracies(axes, table, task)
        baselines(axes, table, task)
        panel(axes, column, task.capitalize())
        if by_width:
            against_width(grid[1, column], table, task)
            panel(grid[1, column], len(tasks) + column, f"{task.capitalize()}, test images")
    for axes in grid[:, 0]:
        axes.set_ylabel("Accuracy")
    styles = [key(name, color=BLACK, linestyle=dashes) for name, dashes in WIDTH_DASHES.items()] if by_width else []
    columns = 5 if by_width else 6
    made.legend(handles=[*comparison_keys(table), *styles], loc="outside upper center", ncols=columns)
    note(made, *gains_below(below, grid.size, gained, "Gain in test accuracy"))
    return made


def comparison_keys(table: pd.DataFrame) -> list[object]:
    """The legend's entries."""
    entries = geometry_keys(geometries(table))
    if len(rows(table, network=SHALLOW)):
        entries.append(key("global pooling", color=GREEN, marker="o", linestyle=""))
    entries.append(key("test (open: train)", color=BLACK, marker="o", linestyle=""))
    if len(rows(table, quantity="count_accuracy")):
        entries.append(key("pixel count alone", linestyle=COUNT_DASHES, linewidth=0.9))
    entries.append(key("chance", linestyle=":", linewidth=0.9))
    return list(entries)


def final_accuracies(axes: Axes, table: pd.DataFrame, task: str) -> None:
    """Means with intervals and single seeds: a group per network, test filled and train open."""
    groups, shown = networks(table, task), geometries(table)
    narrow = min(1.0, 2 / max(1, len(shown)))
    labels = []
    for position, (network, width, chosen) in enumerate(groups):
        series = {ANY: LOOKS[ANY]} if network == SHALLOW else shown
        for (geometry, (colour, marker)), shift in zip(series.items(), abreast(len(series), 0.22), strict=True):
            ours = chosen if network == SHALLOW else rows(chosen, geometry=geometry)
            for (split, filled), side in zip(SPLITS.items(), (-1, 1), strict=True):
                values = per_seed(final(rows(ours, quantity=split)))
                at, aside = position + shift + 0.06 * side * narrow, 0.09 * side * narrow
                dots(axes, at, values, colour, marker, filled=filled, aside=aside)
        labels.append(f"{NAMES.get(network, network.replace(' ', NEWLINE, 1))}\nr = {width}")
    counted = rows(table, task=task, quantity=WINDOWS)
    if len(counted):
        for (geometry, look), shift in zip(shown.items(), abreast(len(shown), 0.22), strict=True):
            dots(axes, len(labels) + shift, per_seed(rows(counted, geometry=geometry)), *look, aside=0.09)
        labels.append("window\ncounts,\nlinear")
    axes.set_xticks(range(len(labels)), labels)
    axes.set_xlim(-0.5, len(labels) - 0.5)
    axes.tick_params(axis="x", length=0)
    accuracy_scale(axes, final(table))


def accuracy_scale(axes: Axes, table: pd.DataFrame) -> None:
    """From just below the lowest accuracy (or chance) to 1: the interval of two seeds may reach far outside."""
    lowest = rows(table, quantity=tuple(SPLITS))["value"].min()
    axes.set_ylim(min(CHANCE, lowest) - 0.03, 1.02)
    axes.grid(axis="y")


def gains(claims: pd.DataFrame, tasks: list[str]) -> list[Line]:
    """What the geometry that fits a task gains, by task and network, with its line in the ledger."""
    of = {
        f"pooling-geometry-{name.lower().replace(' ', '-')}-{task}": f"{task}, {label(name)}"
        for task in tasks
        for name in DEEP
    }
    return judged(claims, of)


def label(network: str) -> str:
    """A network's name on one line, as the axes have it on two."""
    return NAMES.get(network, network).replace("-\n", "").replace(NEWLINE, " ")


def against_width(axes: Axes, table: pd.DataFrame, task: str) -> None:
    """Final test accuracy against width, a line per network and geometry."""
    ours = final(rows(table, task=task, quantity="test_accuracy"))
    for network, style in WIDTH_DASHES.items():
        for geometry, (colour, marker) in geometries(table).items():
            line: dict[str, Any] = {
                "color": colour,
                "linestyle": style,
                "marker": marker,
                "label": f"{network}, {geometry}",
            }
            curves(axes, rows(ours, network=network, geometry=geometry), x="width", **line)
    curves(axes, rows(ours, network=SHALLOW), x="width", color=GREEN, linestyle="-", marker="o", label=SHALLOW)
    baselines(axes, table, task)
    axes.set_xscale("log", base=2)
    axes.xaxis.set_major_locator(FixedLocator(present(rows(ours, network=(*DEEP[:3], SHALLOW)), "width")))
    plain_numbers(axes, "x")
    axes.set_xlabel("Width r (channels)")
    accuracy_scale(axes, final(table))


def baselines(axes: Axes, table: pd.DataFrame, task: str) -> None:
    """Lines at the pixel count's accuracy and at chance."""
    level_line(axes, CHANCE, ":")
    count = rows(table, task=task, quantity="count_accuracy")
    if len(count):
        level_line(axes, float(count["value"].mean()), COUNT_DASHES)


def examples(pixels: pd.DataFrame, tasks: list[str]) -> Figure | None:
    """Example images of each task and class."""
    tasks = [task for task in tasks if len(rows(pixels, task=task))]
    if not tasks:
        return None
    made = figure(PAGE, 1.75)
    grid = made.subplots(2, len(tasks), squeeze=False)
    for column, task in enumerate(tasks):
        for row, label in enumerate((1, 0)):
            chosen = rows(pixels, task=task, label=label)
            names = CLASSES.get(task, ("class 0", "class 1"))
            if len(chosen):
                pictures = [picture(group) for _, group in chosen.groupby("example")][:6]
                images(grid[row, column], pictures, columns=len(pictures), label=names[label])
            else:
                grid[row, column].set_axis_off()
        panel(grid[0, column], column, task.capitalize())
    return made


def learning(table: pd.DataFrame, tasks: list[str]) -> Figure | None:
    """Accuracy against step: a row per task, a column per network."""
    # the widest of several shallow networks comes last and stays
    shown = {task: {network: chosen for network, _, chosen in networks(table, task)} for task in tasks}
    names = [name for name in (*DEEP, SHALLOW) if any(name in shown[task] for task in tasks)]
    tasks = [task for task in tasks if shown[task]]
    if not names:
        return None
    # a column counts its steps as its own networks need it, in all rows
    units = {name: steps_in(*(found[name] for found in shown.values() if name in found)) for name in names}
    made = figure(PAGE, 0.75 + 1.45 * len(tasks))
    grid = made.subplots(len(tasks), len(names), sharex="col", sharey=True, squeeze=False)
    for row, task in enumerate(tasks):
        for column, name in enumerate(names):
            axes = grid[row, column]
            if name in shown[task]:
                learning_curves(axes, shown[task][name], units[name][0], geometries(table))
            baselines(axes, table, task)
            title = name.replace("average", "avg.").replace(SHALLOW, "shallow")
            panel(axes, row * len(names) + column, title if row == 0 else "")
            axes.xaxis.set_major_locator(MaxNLocator(4, integer=True))
            accuracy_scale(axes, table)
        grid[row, 0].set_ylabel(f"{task.capitalize()}:\naccuracy")
    for axes, (_, label) in zip(grid[-1], units.values(), strict=True):
        axes.set_xlabel(label)
    keys = [key(f"{name} pooling", color=colour) for name, (colour, _) in geometries(table).items()]
    keys += [key("global pooling", color=GREEN)] if len(rows(table, network=SHALLOW)) else []
    keys += [key("test", color=BLACK), key("train", color=BLACK, linestyle="--")]
    keys += [
        key("pixel count alone", linestyle=COUNT_DASHES, linewidth=0.9),
        key("chance", linestyle=":", linewidth=0.9),
    ]
    made.legend(handles=keys, loc="outside upper center", ncols=7)
    return made


def learning_curves(axes: Axes, chosen: pd.DataFrame, unit: float, series: Mapping[str, tuple[str, str]]) -> None:
    """Test (solid) and train (dashed) accuracy of one network, a colour per geometry; steps are divided by `unit`."""
    shallow = chosen["network"].iloc[0] == SHALLOW
    for geometry, (colour, _) in ({ANY: LOOKS[ANY]} if shallow else series).items():
        ours = chosen if shallow else rows(chosen, geometry=geometry)
        for split, solid in SPLITS.items():
            line: dict[str, Any] = {
                "color": colour,
                "linestyle": "-" if solid else "--",
                "linewidth": 1.1 if solid else 0.8,
            }
            curves(axes, rows(ours, quantity=split), unit=unit, **line)


def depth(table: pd.DataFrame, tasks: list[str]) -> Figure | None:
    """Signed ConvACs of several depths: log-scale level by level before training, accuracy after it."""
    signed = rows(table, network="ConvAC signed")
    plain = rows(signed, initialisation="normal")
    plain = plain if len(plain) else signed
    tasks = [task for task in tasks if len(rows(plain, task=task))]
    if not tasks:
        return None
    signed = rows(signed, task=tuple(tasks), geometry=tuple(present(plain, "geometry")))
    made = figure(PAGE, 2.7)
    grid = made.subplots(1, 1 + len(tasks), squeeze=False)[0]
    log_scales(grid[0], rows(signed, quantity="initial_log_scale"))
    panel(grid[0], 0, "Before training")
    for number, (task, axes) in enumerate(zip(tasks, grid[1:], strict=True), start=1):
        accuracy_by_depth(axes, rows(signed, task=task))
        panel(axes, number, f"After training, {task}")
    keys = [key(f"{name} start", color=colour, marker=START_MARKERS[name]) for name, colour in STARTS.items()]
    keys += [key("train", color=BLACK, linestyle="--"), key("chance", linestyle=":", linewidth=0.9)]
    made.legend(handles=keys, loc="outside upper center", ncols=4)
    return made


def log_scales(axes: Axes, table: pd.DataFrame) -> None:
    """Largest |log-scale| at each level of every network, a line per depth and start."""
    for start, colour in STARTS.items():
        for levels in present(rows(table, initialisation=start), "levels"):
            line: dict[str, Any] = {"color": colour, "marker": START_MARKERS[start], "markersize": 3, "linewidth": 0.9}
            curves(axes, rows(table, initialisation=start, levels=levels), x="level", band=False, **line)
    axes.set_yscale("symlog", linthresh=1)
    axes.set_ylim(bottom=0)
    plain_numbers(axes)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set(xlabel="Level (a line per network)", ylabel="Largest |log-scale| (nats)")
    axes.grid(axis="y")


def accuracy_by_depth(axes: Axes, table: pd.DataFrame) -> None:
    """Final test and train accuracy against the number of levels, a colour per start."""
    for start, colour in STARTS.items():
        for split, solid in SPLITS.items():
            chosen = final(rows(table, initialisation=start, quantity=split))
            line: dict[str, Any] = {
                "color": colour,
                "linestyle": "-" if solid else "--",
                "linewidth": 1.1 if solid else 0.8,
            }
            curves(axes, chosen, x="levels", band=False, **line)
            for levels in present(chosen, "levels"):
                values = per_seed(rows(chosen, levels=levels))
                dots(axes, float(levels), values, colour, START_MARKERS[start], filled=solid, aside=None)
    level_line(axes, CHANCE, ":")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set(xlabel="Number of levels", ylabel="Accuracy")
    accuracy_scale(axes, final(table))
