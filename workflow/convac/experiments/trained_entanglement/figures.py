"""Figures of trained_entanglement, drawn from its tidy table.

Entropies span decades, differ between seeds by as much, and are floored: they are shown by their median, which the
floor leaves alone, and every seed. From smallest to largest of five seeds is a 94 % interval of the median. Accuracies
have the house's means and intervals.
"""

import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, NullLocator

from convac.plotting.decades import (
    FLOOR,
    decades,
    middle,
    round_numbers,
    seeds_key,
    sequence,
    shifts,
    spread,
    training_steps,
)
from convac.plotting.looks import ordered, refuse_unknown
from convac.plotting.primitives import (
    curves,
    dots,
    drawn,
    final,
    key,
    level_line,
    panel,
    per_seed,
    plain_numbers,
    present,
    rows,
)
from convac.plotting.style import BLACK, BLUE, GREEN, GREY, PAGE, PURPLE, VERMILLION, figure

TASKS = {  # task → its name, colour and number of classes
    "symmetry": ("symmetry of blobs", VERMILLION, 2),
    "closedness": ("closedness of blobs", BLUE, 2),
    "local": ("small digits", GREEN, 10),
    "global": ("large digits", PURPLE, 10),
}
MARKERS = {"mirror": "D", "square": "s"}
POOLINGS = {"ConvRect max": (VERMILLION, "^"), "ConvRect average": (BLUE, "o")}
CONTROLS = {"none": "intact", "shuffled": "shuffled\nlabels", "permuted": "permuted\npixels"}
CONTROLLED = (("symmetry", "mirror"), ("global", "square"))
PARTITIONS = ("left-right", "interleaved")
SPLITS = {"test_accuracy": True, "train_accuracy": False}  # quantity → filled marker
UNTRAINED, TRAINING, TRAINED, MATCHED = "untrained", "training", "trained", "matched"
LOWEST_LOSS = 1e-6  # nats, lowest that a log axis shows: single precision rounds a loss to zero
LISTED_SITES = 16  # binary pixels that the small rectifier networks see
RENYI = "Rényi-2, left | right [nats]"
STAR: dict[str, Any] = {
    "marker": "*", "markersize": 8, "markeredgecolor": BLACK, "markeredgewidth": 0.6, "linestyle": "none"
}  # fmt: skip
KNEE: dict[str, Any] = {
    "marker": "v", "markersize": 5, "markerfacecolor": "white", "markeredgewidth": 0.8, "linestyle": "none"
}  # fmt: skip
BEFORE, BOUND = "--", ":"  # dashes of what was before training, and of bounds


def draw(table: pd.DataFrame, claims: pd.DataFrame) -> dict[str, Figure]:
    """Every figure of the experiment by its part; a part without rows says so."""
    table = rows(table, quantity=tuple(name for name in present(table, "quantity") if name != "pixel"))
    refuse_unknown(table, network=("ConvAC", *POOLINGS), control=CONTROLS)
    refuse_unknown(rows(table, network="ConvAC"), task=TASKS, geometry=MARKERS)
    parts = {"": through_training, "loss": loss, "controls": controls, "truncation": truncation}
    return drawn({**parts, "rectifiers": rectifiers}, table)


# ---- selections


def compared(table: pd.DataFrame) -> list[tuple[str, str, pd.DataFrame]]:
    """Task, geometry and rows of every ConvAC that nothing was taken away from."""
    circuits = rows(table, network="ConvAC", control="none")
    found = [(task, name, rows(circuits, task=task, geometry=name)) for name in MARKERS for task in TASKS]
    return [group for group in found if len(group[2])]


def entropies(
    table: pd.DataFrame, quantity: str, phase: tuple[str, ...] = (UNTRAINED, TRAINING, TRAINED), **labels: object
) -> pd.DataFrame:
    """Rows of an entropy, by default at every moment once, values floored for a logarithmic axis."""
    found = rows(table, quantity=quantity, phase=phase, **labels)
    found = found[np.isfinite(found["value"])] if len(found) else found
    return found.assign(value=found["value"].clip(lower=FLOOR)) if len(found) else found


def beside_losses(table: pd.DataFrame, found: pd.DataFrame) -> pd.DataFrame:
    """Entropies beside the training loss of the same network at the same step, as the column `loss`."""
    losses = rows(table, quantity="loss")
    if losses.empty or found.empty:
        return pd.DataFrame()
    losses = losses[["cell", "seed", "step", "value"]].rename(columns={"step": "moment", "value": "loss"})
    both = found.merge(losses, on=["cell", "seed", "moment"])
    finite: pd.DataFrame = both[np.isfinite(both["loss"])]
    return finite.assign(loss=finite["loss"].clip(lower=LOWEST_LOSS))


def task_keys(tasks: Iterable[str]) -> list[Line2D]:
    """An entry of the legend per task."""
    chosen = set(tasks)
    return [key(name, color=colour) for task, (name, colour, _) in TASKS.items() if task in chosen]


# ---- through training


def through_training(table: pd.DataFrame) -> Figure | None:
    """Rényi-2 across left | right through training, and bond entropies by level: a column per geometry."""
    groups = [
        (task, geometry, entropies(own, "renyi2", partition="left-right"), entropies(own, "bond_entropy"))
        for task, geometry, own in compared(table)
    ]
    groups = [group for group in groups if len(group[2])]
    if not groups:
        return None
    geometries = list(dict.fromkeys(group[1] for group in groups))
    every_bond = [value for group in groups if len(group[3]) for value in group[3]["value"]]
    down = 2 if every_bond else 1
    made = figure(PAGE, 0.65 + 2.1 * down)
    grid = made.subplots(down, len(geometries), squeeze=False)
    for column, geometry in enumerate(geometries):
        own = [group for group in groups if group[1] == geometry]
        cuts = rows(table, network="ConvAC", geometry=geometry, partition="left-right", quantity="min_cut_log")
        snapshots(grid[0, column], {task: found for task, _, found, _ in own}, present(cuts, "value"), geometry)
        grid[0, column].set_ylabel(RENYI)
        panel(grid[0, column], column, f"{geometry} pooling")
        if every_bond:
            bonds_by_level(grid[1, column], {task: bonds for task, _, _, bonds in own}, geometry)
            decades(grid[1, column], every_bond)
            grid[1, column].set_ylabel("mean bond entropy [nats]")
            panel(grid[1, column], len(geometries) + column, f"{geometry} pooling, trained, by level")
    entries = [*task_keys(group[0] for group in groups), seeds_key()]
    entries.append(key("bound: ln min-cut", color=BLACK, linestyle=BOUND))
    entries += [key("median before training", linestyle=BEFORE)] if every_bond else []
    made.legend(handles=entries, loc="outside upper center", ncols=4)
    return made


def snapshots(axes: Axes, found: Mapping[str, pd.DataFrame], cuts: list[float], geometry: str) -> None:
    """An entropy through training, a sequence per task, below the bound."""
    places = training_steps(axes, sorted({moment for own in found.values() for moment in present(own, "moment")}))
    for (task, own), shift in zip(found.items(), shifts(len(found)), strict=True):
        sequence(axes, own, "moment", places, shift, TASKS[task][1], MARKERS[geometry])
    for cut in cuts:
        axes.axhline(max(cut, FLOOR), color=BLACK, linestyle=BOUND, linewidth=0.9, zorder=1)
    decades(axes, [*cuts, *(value for own in found.values() for value in own["value"])])


def bonds_by_level(axes: Axes, found: Mapping[str, pd.DataFrame], geometry: str) -> None:
    """Mean bond entropy of trained networks against the level, a sequence per task; dashed before training."""
    levels = sorted({level for own in found.values() for level in present(own, "level")})
    places = {level: float(level) for level in levels}
    for (task, own), shift in zip(found.items(), shifts(len(found), 0.11), strict=True):
        colour = TASKS[task][1]
        sequence(axes, rows(own, phase=TRAINED), "level", places, shift, colour, MARKERS[geometry])
        before = rows(own, phase=UNTRAINED)
        ends = [(level + shift, middle(per_seed(rows(before, level=level)))) for level in present(before, "level")]
        if ends:
            axes.plot(*zip(*ends, strict=True), color=colour, linestyle=BEFORE, linewidth=0.8, zorder=1)
    axes.set_xticks(levels)
    axes.set_xlabel("level of the bonds, 1 next to the input")


# ---- against loss


def loss(table: pd.DataFrame) -> Figure | None:
    """Rényi-2 across left | right against training loss, a point per seed and snapshot, medians joined in order."""
    found = []
    for task, geometry, own in compared(table):
        points = beside_losses(table, entropies(own, "renyi2", partition="left-right"))
        matched = beside_losses(table, entropies(own, "renyi2", (MATCHED,), partition="left-right"))
        if len(points):
            found.append((task, geometry, points, matched))
    if not found:
        return None
    geometries = list(dict.fromkeys(group[1] for group in found))
    # the largest loss of a network that is compared: each stands just below what it was to reach
    reached = [value for group in found if len(group[3]) for value in group[3]["loss"]]
    losses = [*reached, *(value for group in found for value in group[2]["loss"])]
    made = figure(PAGE, 2.9)
    panels = made.subplots(1, len(geometries), squeeze=False)[0]
    for number, (axes, geometry) in enumerate(zip(panels, geometries, strict=True)):
        shown = [group for group in found if group[1] == geometry]
        for task, _, points, matched in shown:
            trajectory(axes, points, matched, TASKS[task][1], MARKERS[geometry])
        if reached:
            axes.axvline(max(reached), color=GREY, linestyle="-.", linewidth=0.9, zorder=1)
        decades(axes, [value for group in shown for value in group[2]["value"]])
        falling_loss(axes, losses)
        axes.set_ylabel(RENYI)
        panel(axes, number, f"{geometry} pooling")
    entries = [
        *task_keys(group[0] for group in found),
        key("untrained: median", marker="o", markerfacecolor="white", linestyle="none"),
        key("later: medians", marker="o", linestyle="none"),
        key("single seeds", marker=".", markersize=3.5, linestyle="none"),
    ]
    if reached:
        entries.append(key(f"matched loss, {max(reached):.2g} nats", linestyle="-.", linewidth=0.9))
        entries.append(key("first snapshots\nbelow it: median", **STAR))
    made.legend(handles=entries, loc="outside upper center", ncols=5)
    return made


def trajectory(axes: Axes, points: pd.DataFrame, matched: pd.DataFrame, colour: str, marker: str) -> None:
    """Single seeds as points, medians joined from the untrained network (open) on, a star for those at equal loss."""
    medians = points.groupby("moment").agg(loss=("loss", middle), value=("value", middle))
    axes.scatter(points["loss"], points["value"], s=5, color=colour, alpha=0.55, linewidths=0, zorder=2)
    line: dict[str, Any] = {"color": colour, "marker": marker, "markersize": 3.4, "linewidth": 0.9}
    axes.plot(medians["loss"], medians["value"], zorder=3, **line)
    start = medians.loc[medians.index == 0]
    axes.plot(start["loss"], start["value"], zorder=3.5, **{**line, "markerfacecolor": "white", "linestyle": "none"})
    if len(matched):
        axes.plot(middle(matched["loss"]), middle(matched["value"]), color=colour, zorder=4, **STAR)


def falling_loss(axes: Axes, losses: list[float]) -> None:
    """A logarithmic axis of losses that falls to the right, as training goes."""
    axes.set_xscale("log")
    axes.set_xlim(max(losses) * 1.15, min(losses) / 1.15)
    axes.xaxis.set_major_locator(FixedLocator(round_numbers(min(losses) / 1.15, max(losses) * 1.15)))
    axes.xaxis.set_minor_locator(NullLocator())
    plain_numbers(axes, "x")
    axes.set_xlabel("loss of the training batch [nats], falling")


# ---- controls


def controls(table: pd.DataFrame) -> Figure | None:
    """Rényi-2 of two networks under each control, a panel each, and the accuracy of all."""
    circuits = rows(table, network="ConvAC")
    groups = {
        (task, geometry): {
            control: own
            for control in CONTROLS
            if len(own := rows(circuits, task=task, geometry=geometry, control=control))
        }
        for task, geometry in CONTROLLED
    }
    groups = {network: found for network, found in groups.items() if found}
    if not groups:
        return None
    made = figure(PAGE, 2.9)
    sizes = [len(found) for found in groups.values()]
    panels = made.subplots(1, len(groups) + 1, width_ratios=[*sizes, sum(sizes) + 0.5], squeeze=False)[0]
    places: list[float] = []
    for number, ((task, geometry), found) in enumerate(groups.items()):
        axes, colour, marker = panels[number], TASKS[task][1], MARKERS[geometry]
        values = [value for at, own in enumerate(found.values()) for value in tampered(axes, own, at, colour, marker)]
        if values:
            decades(axes, values)
        axes.set_ylabel(RENYI)
        ticks(axes, list(range(len(found))), list(found))
        panel(axes, number, TASKS[task][0])
        start = places[-1] + 1.5 if places else 0.0
        for at, own in enumerate(found.values()):
            accuracies(panels[-1], own, start + at, colour, marker)
            chance = [1 / TASKS[task][2]] * 2
            panels[-1].plot([start + at - 0.4, start + at + 0.4], chance, color=GREY, linestyle=BOUND, linewidth=1.0)
            places.append(start + at)
    ticks(panels[-1], places, [control for found in groups.values() for control in found])
    panels[-1].set_ylim(0, 1.03)
    panels[-1].set_ylabel("accuracy [share]")
    panels[-1].grid(visible=True, axis="y")
    panel(panels[-1], len(groups), "accuracy")
    entries = [
        key(f"{TASKS[task][0]}, {geometry} pooling", color=TASKS[task][1], marker=MARKERS[geometry], linestyle="none")
        for task, geometry in groups
    ]
    entries += [
        key("entropy: median (bar: all seeds)", marker="o", linestyle="none"),
        key("entropy: median before training", linestyle=BEFORE, linewidth=1.0),
        key("accuracy: test (open: train)", marker="o", linestyle="none"),
        key("chance", linestyle=BOUND, linewidth=1.0),
    ]
    made.legend(handles=entries, loc="outside upper center", ncols=3)
    return made


def tampered(axes: Axes, own: pd.DataFrame, at: float, colour: str, marker: str) -> list[float]:
    """Rényi-2 of one trained network and, as a grey line, before training; all the values."""
    found = entropies(own, "renyi2", partition="left-right")
    after, before = per_seed(rows(found, phase=TRAINED)), per_seed(rows(found, phase=UNTRAINED))
    spread(axes, at, after, colour, marker)
    if before:
        axes.plot([at - 0.33, at + 0.33], [middle(before)] * 2, color=GREY, linestyle=BEFORE, linewidth=1.0, zorder=1)
    return [*after, *([middle(before)] if before else [])]


def accuracies(axes: Axes, own: pd.DataFrame, at: float, colour: str, marker: str) -> None:
    """Final test (filled) and train (open) accuracy of one network."""
    for (split, filled), side in zip(SPLITS.items(), (-1, 1), strict=True):
        values = per_seed(final(rows(own, quantity=split)))
        dots(axes, at + 0.12 * side, values, colour, marker, filled=filled, aside=0.16 * side)


def ticks(axes: Axes, places: list[float] | list[int], names: list[str]) -> None:
    """An axis of controls."""
    axes.set_xticks(places, [CONTROLS[name] for name in names])
    axes.set_xlim(places[0] - 0.6, places[-1] + 0.6)
    axes.tick_params(axis="x", length=0)


# ---- truncation


def truncation(table: pd.DataFrame) -> Figure | None:
    """Test accuracy against the Schmidt vectors that every bond keeps, a panel per compared network."""
    groups = [group for group in compared(table) if len(rows(group[2], quantity="truncated_accuracy"))]
    if not groups:
        return None
    columns = min(3, len(groups))
    down = math.ceil(len(groups) / columns)
    made = figure(PAGE, 0.75 + 1.75 * down)
    grid = made.subplots(down, columns, sharex=True, sharey=True, squeeze=False)
    panels = list(grid.flat)[: len(groups)]
    for number, (axes, (task, geometry, own)) in enumerate(zip(panels, groups, strict=True)):
        truncated_accuracy(axes, own, TASKS[task][1], MARKERS[geometry])
        level_line(axes, 1 / TASKS[task][2], BOUND)
        panel(axes, number, f"{TASKS[task][0]}, {geometry}")
        axes.grid(visible=True, axis="y")
    for axes in list(grid.flat)[len(groups) :]:
        axes.set_axis_off()
    grid[0, 0].set_xscale("log", base=2)
    shown = pd.concat([own for _, _, own in groups])
    ranks = sorted({*map(float, present(shown, "rank")), *present(rows(shown, quantity="knee"), "value")})
    grid[0, 0].set_xlim(0.87, 1.17 * max([*ranks, *present(rows(shown, quantity="effective_rank"), "value")]))
    grid[0, 0].set_ylim(0, 1.03)
    for axes in grid[:, 0]:
        axes.set_ylabel("test accuracy [share]")
    for axes in panels:
        axes.xaxis.set_major_locator(FixedLocator(ranks))
        plain_numbers(axes, "x")
    for axes in panels[-columns:]:
        axes.set_xlabel("Schmidt vectors per bond")
        axes.tick_params(labelbottom=True)
    entries = [
        key("truncated", marker="o"),
        key("whole network", color=BLACK, linestyle="--", linewidth=0.9),
        key("exp S, largest bond entropy S", linewidth=3.0, alpha=0.55),
        key(f"knee: within {knee_loss(shown):.2g} of the whole", color=BLACK, **KNEE),
        key("chance", linestyle=BOUND, linewidth=0.9),
    ]
    made.legend(handles=entries, loc="outside upper center", ncols=len(entries))
    return made


def knee_loss(table: pd.DataFrame) -> float:
    """Accuracy that a knee allows to be lost, from the whole networks' and the knees'."""
    whole, knees = (rows(table, quantity=name)["value"].mean() for name in ("full_accuracy", "knee_accuracy"))
    return float(whole - knees)


def truncated_accuracy(axes: Axes, own: pd.DataFrame, colour: str, marker: str) -> None:
    """One network: the curve, the whole network, medians and ranges of exp S and the knee."""
    curves(
        axes, rows(own, quantity="truncated_accuracy"), x="rank", color=colour, marker=marker, markersize=3.2, zorder=3
    )
    effective = per_seed(rows(own, quantity="effective_rank"))
    if effective:
        axes.axvspan(min(effective), max(effective), color=GREY, alpha=0.25, linewidth=0, zorder=0)
        axes.axvline(middle(effective), color=GREY, linewidth=1.2, zorder=1)
    whole, knees = per_seed(rows(own, quantity="full_accuracy")), per_seed(rows(own, quantity="knee"))
    if whole:
        axes.axhline(float(np.mean(whole)), color=BLACK, linestyle="--", linewidth=0.9, zorder=2)
    if whole and knees:
        height = float(np.mean(whole)) - knee_loss(own)
        axes.plot(sorted(knees), [height] * len(knees), color=BLACK, linewidth=0.9, marker="|", zorder=2.5)
        axes.plot(middle(knees), height, color=BLACK, zorder=4, **KNEE)


# ---- rectifiers


def rectifiers(table: pd.DataFrame) -> Figure | None:
    """Entropy of the small rectifier networks through training, a panel per partition."""
    found = entropies(rows(table, network=tuple(POOLINGS), control="none"), "entropy")
    partitions = ordered(present(found, "partition"), PARTITIONS)
    if not partitions:
        return None
    most = LISTED_SITES / 2 * math.log(2)
    shown = [name for name in POOLINGS if name in present(found, "network")]
    made = figure(PAGE, 2.6)
    panels = made.subplots(1, len(partitions), sharey=True, squeeze=False)[0]
    for number, (axes, partition) in enumerate(zip(panels, partitions, strict=True)):
        places = training_steps(axes, present(found, "moment"))
        for network, shift in zip(shown, shifts(len(shown)), strict=True):
            own = rows(found, network=network, partition=partition)
            sequence(axes, own, "moment", places, shift, *POOLINGS[network])
        axes.axhline(most, color=BLACK, linestyle=BOUND, linewidth=0.9)
        decades(axes, [*found["value"], most])
        panel(axes, number, f"{partition} partition")
    panels[0].set_ylabel("entanglement entropy [nats]")
    entries = [key(name, color=POOLINGS[name][0], marker=POOLINGS[name][1]) for name in shown]
    bound = f"largest possible, {LISTED_SITES // 2} ln 2"
    entries += [seeds_key(), key(bound, color=BLACK, linestyle=BOUND, linewidth=0.9)]
    made.legend(handles=entries, loc="outside upper center", ncols=len(entries))
    return made
