"""Figures of dynamics, drawn from its tidy table and its verdicts."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator

from convac.plotting.decades import round_numbers
from convac.plotting.gains import above_gains, gains_below, judged
from convac.plotting.geometries import abreast
from convac.plotting.looks import Look, looks, ordered, refuse_unknown
from convac.plotting.primitives import (
    curves,
    dots,
    drawn,
    key,
    level_line,
    note,
    panel,
    per_seed,
    plain_numbers,
    present,
    rows,
)
from convac.plotting.style import BLACK, BLUE, GREEN, GREY, ORANGE, PAGE, PURPLE, VERMILLION, figure

TASKS = ("majority", "percolation", "loop", "symmetry score", "pattern", "parity", "strict symmetry")
STARTS: Mapping[str, Look] = {"small": (BLUE, "o"), "middle": (GREEN, "^"), "large": (VERMILLION, "s")}
PAIRS = (BLACK, BLUE, VERMILLION, GREEN, PURPLE, ORANGE)
LEVELS: Mapping[int, tuple[str, str]] = {1: ("rows | rest", "--"), 2: ("upper | lower half", "-")}
ENTERED = 0.5
LATER = (0.45, 2.2)  # of ratios of steps, at least
LOW, HIGH = -0.6, 1.6  # of weights over their final ones


def draw(table: pd.DataFrame, claims: pd.DataFrame) -> dict[str, Figure]:
    """Every figure of the experiment by its part; a part without rows says so."""
    refuse_unknown(table, task=TASKS, start=STARTS)
    parts = {
        "": entries,
        "order": lambda found: order(found, claims),
        "entropy": lambda found: entropy(found, claims),
    }
    return drawn(parts, table)


def tasks_of(table: pd.DataFrame) -> list[str]:
    """Tasks of the table in the house's order."""
    return ordered(present(table, "task"), TASKS)


def starts_of(table: pd.DataFrame) -> dict[str, Look]:
    """Starts of the table from the smallest on, with their looks."""
    return looks(ordered(present(table, "start"), tuple(STARTS)), STARTS)


def entries(table: pd.DataFrame) -> Figure | None:
    """Weights of final Schmidt pairs over their final ones: a row per start, a column per task, of the first seed."""
    found = rows(table, quantity="tracked_weight")
    if found.empty:
        return None
    first = found["seed"].min()
    found, errors = rows(found, seed=first), rows(table, quantity="fit_error", seed=first)
    tasks, starts = tasks_of(found), list(starts_of(found))
    made = figure(PAGE, 0.8 + 1.6 * len(starts))
    grid = made.subplots(len(starts), len(tasks), sharex=True, sharey=True, squeeze=False)
    for row, start in enumerate(starts):
        for column, task in enumerate(tasks):
            axes = grid[row, column]
            own = rows(found, task=task, start=start)
            for vector, colour in enumerate(PAIRS, start=1):
                weights = own[(own["vector"] == vector) & (own["moment"] > 0)].sort_values("moment")
                if len(weights):
                    values = weights["value"] / weights["value"].iloc[-1]
                    axes.plot(weights["moment"], values, color=colour, linewidth=1.1)
            error = rows(errors, task=task, start=start).sort_values("moment")
            error = error[error["moment"] > 0]
            axes.plot(error["moment"], error["value"], color=GREY, linestyle="--", linewidth=0.9, zorder=1)
            level_line(axes, ENTERED, ":")
            axes.set_xscale("log")
            axes.set_ylim(LOW, HIGH)
            panel(axes, row * len(tasks) + column, f"{task.capitalize()}, {start} start")
    for axes in grid[:, 0]:
        axes.set_ylabel("Weight / final weight")
    for axes in grid[-1]:
        axes.set_xlabel("Step of gradient descent")
        plain_numbers(axes, "x")
    keys = [key(f"pair {vector}", color=colour) for vector, colour in enumerate(PAIRS, start=1)]
    keys.append(key("error on all images", color=GREY, linestyle="--", linewidth=0.9))
    made.legend(handles=keys, loc="outside upper center", ncols=7)
    note(
        made,
        f"upper | lower half, seed {first}; pairs from the largest final weight on; dotted: a pair has entered",
        f"weights beyond {LOW:g} and {HIGH:g} are cut off".replace("-", "−"),
    )
    return made


def abscissa(axes: Axes, tasks: list[str]) -> None:
    """A place for every task."""
    axes.set_xticks(range(len(tasks)), tasks)
    axes.set_xlim(-0.5, len(tasks) - 0.5)
    axes.tick_params(axis="x", length=0)
    axes.grid(axis="y")


def order(table: pd.DataFrame, claims: pd.DataFrame) -> Figure | None:
    """Rank correlations of size and earliness by task and start, and how much later the halves' second pairs enter."""
    ranks, controls = rows(table, quantity="entry_order"), rows(table, quantity="unfactorised_order")
    tasks, series = tasks_of(ranks), starts_of(ranks)
    if not tasks:
        return None
    named = {"dynamics-order": "above an unfactorised tensor’s, all tasks"}
    named |= {f"dynamics-order-{task}": f"above an unfactorised tensor’s, {task}" for task in tasks}
    named |= {"dynamics-order-start": "above that of a large start, all tasks"}
    gains = {"order of entry from a small start": judged(claims, named)}
    made, above, below = above_gains(2.7, gains)
    left, right = above.subplots(1, 2)
    for place, task in enumerate(tasks):
        for (start, look), shift in zip(series.items(), abreast(len(series), 0.2), strict=True):
            at = place + shift
            dots(left, at - 0.05, per_seed(rows(ranks, task=task, start=start)), *look, aside=-0.07)
            dots(left, at + 0.05, per_seed(rows(controls, task=task, start=start)), *look, filled=False, aside=0.07)
            dots(right, at, later(rows(table, task=task, start=start)), *look, aside=0.07, logarithmic=True)
    level_line(left, 0.0, ":")
    level_line(right, 1.0, ":")
    left.set_ylabel("τ-b of size and earliness")
    right.set_ylabel("Second pair enters: halves / rows")
    right.set_yscale("log")
    bottom, top = (end(own, edge) for end, own, edge in zip((min, max), right.get_ylim(), LATER, strict=True))
    right.set_ylim(bottom, top)
    right.yaxis.set_major_locator(FixedLocator(round_numbers(bottom, top)))
    plain_numbers(right)
    for number, (axes, title) in enumerate(
        ((left, "Do larger pairs enter first?"), (right, "Are long-range bonds later?"))
    ):
        abscissa(axes, tasks)
        panel(axes, number, title)
    keys = [key(f"{start} start", color=look[0], marker=look[1], linestyle="") for start, look in series.items()]
    keys.append(key("unfactorised tensor", color=BLACK, marker="o", linestyle="", markerfacecolor="white"))
    made.legend(handles=keys, loc="outside upper center", ncols=4)
    told = gains_below(below, 2, gains, "Difference of τ-b")
    note(made, "(a): mean over bonds; (b): ratio of steps; bars: 95 % intervals over seeds", *told)
    return made


def later(table: pd.DataFrame) -> list[float]:
    """How many times later the second pair of the cut into halves enters than those of rows, by seed."""
    steps = rows(table, quantity="second_entry").pivot_table(index="seed", columns="level", values="value")
    return (steps[2] / steps[1]).dropna().tolist() if {1, 2} <= set(steps) else []


def entropy(table: pd.DataFrame, claims: pd.DataFrame) -> Figure | None:
    """Error and mean bond entropy against the step, a column per task, a line per start and level."""
    errors, found = rows(table, quantity="fit_error"), rows(table, quantity="bond_entropy")
    tasks, series = tasks_of(found), starts_of(found)
    if not tasks:
        return None
    named = {"dynamics-product": "smallest in training", "dynamics-rank": "at half of the initial error"}
    gains = {"entropy, large start − small start": judged(claims, named)}
    made, above, below = above_gains(3.6, gains)
    grid = above.subplots(2, len(tasks), sharex=True, sharey="row", squeeze=False)
    for column, task in enumerate(tasks):
        top, bottom = grid[:, column]
        for start, (colour, _) in series.items():
            own = rows(errors, task=task, start=start)
            curves(top, own[own["moment"] > 0], x="moment", color=colour, linewidth=1.1)
            for level, (_, dashes) in LEVELS.items():
                own = rows(found, task=task, start=start, level=level)
                curves(
                    bottom,
                    own[own["moment"] > 0],
                    x="moment",
                    band=level > 1,
                    color=colour,
                    linestyle=dashes,
                    linewidth=1.1,
                )
        panel(top, column, task.capitalize())
        panel(bottom, len(tasks) + column)
        bottom.set_xlabel("Step of gradient descent")
        top.set_xscale("log")
        plain_numbers(bottom, "x")
        for axes in (top, bottom):
            axes.grid(axis="y")
            axes.set_ylim(bottom=0)
    grid[0, 0].set_ylabel("Error on all images")
    grid[1, 0].set_ylabel("Bond entropy (nats)")
    keys = [key(f"{start} start", color=colour) for start, (colour, _) in series.items()]
    keys += [key(name, color=BLACK, linestyle=dashes) for name, dashes in LEVELS.values()]
    made.legend(handles=keys, loc="outside upper center", ncols=5)
    told = gains_below(below, 2 * len(tasks), gains, "Entropy (nats)")
    note(made, "means over seeds, bands: 95 % intervals; error 1: of the mean label", *told)
    return made
