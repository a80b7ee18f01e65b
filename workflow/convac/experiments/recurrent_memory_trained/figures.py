"""Figures of recurrent_memory_trained, drawn from its tidy table and its verdicts."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from convac.plotting.gains import above_gains, gains_below, judged
from convac.plotting.looks import looks, refuse_unknown
from convac.plotting.primitives import (
    SETTLED,
    aligned,
    curves,
    dots,
    drawn,
    final,
    first_draw,
    key,
    level_line,
    note,
    one_image,
    panel,
    per_seed,
    plain_numbers,
    present,
    rows,
)
from convac.plotting.style import BLACK, BLUE, GREEN, GREY, ORANGE, PAGE, PURPLE, VERMILLION, figure

NETWORKS = ("RAC", "orthogonal", "tanh", "GRU")
TASKS = ("copying", "similarity")
DEPTHS = {1: (BLUE, "o"), 2: (VERMILLION, "s"), 3: (GREEN, "^")}
# of networks where depths have their colours beside them: none of theirs
KINDS = {"RAC": (BLACK, "P"), "orthogonal": (PURPLE, "X"), "tanh": (ORANGE, "*"), "GRU": (GREY, "h")}
COMPARED = ("RAC", "orthogonal")
CHANCE = 1 / 3  # of three classes
BAR = 0.99
GROUND, SYMBOLS = "#e9e9e9", (BLUE, ORANGE, GREEN, PURPLE, VERMILLION)
EXAMPLES = 4  # sequences of a task
BOUND: dict[str, Any] = {"marker": "_", "markersize": 18, "linestyle": "none"}


def draw(table: pd.DataFrame, claims: pd.DataFrame) -> dict[str, Figure]:
    """Every figure of the experiment by its part; a part without rows says so.

    Args:
        table: the experiment's tidy table.
        claims: its verdicts, as `convac.claims.claims.evaluate_all` gives them; may be empty.
    """
    refuse_unknown(table, network=NETWORKS, task=TASKS)
    parts: dict[str, Callable[[pd.DataFrame], Figure | None]] = {
        "copying": partial(copying, claims=claims),
        "curves": learning,
        "similarity": similarity,
        "rank": ranks,
        "gradients": gradients,
        "examples": examples,
    }
    found = drawn(parts, table)
    return {"" if part == "copying" else part: made for part, made in found.items()}


def networks(table: pd.DataFrame) -> list[str]:
    """Networks of the table, in the house's order."""
    return [name for name in NETWORKS if name in present(table, "network")]


def asides(depths: Sequence[int]) -> dict[int, float]:
    """How far beside its place on a logarithmic axis a depth's mark stands, as a factor."""
    return {depth: 1.07 ** (2 * place - len(depths) + 1) for place, depth in enumerate(depths)}


def depth_keys(table: pd.DataFrame) -> list[Line2D]:
    """Entries of a legend, one for each depth."""
    entries = looks(present(table, "depth"), DEPTHS).items()
    return [
        key(f"{depth} layer{'s' * (depth > 1)}", color=colour, marker=marker) for depth, (colour, marker) in entries
    ]


def copying(table: pd.DataFrame, claims: pd.DataFrame) -> Figure | None:
    """Steps until the bar, and accuracy at the end, against the delay; a column for each network."""
    found = rows(final(table), task="copying", quantity=("solved_steps", "test_accuracy", "solved"))
    if found.empty:
        return None
    names, depths = networks(found), present(found, "depth")
    named_gains = {f"recurrent-memory-trained-{each.lower()}-sooner": each for each in COMPARED}
    gains = {"gain of two layers over one": judged(claims, named_gains)}
    made, above, below = above_gains(3.6, gains)
    panels = above.subplots(2, len(names), sharex=True, sharey="row", squeeze=False)
    for column, name in enumerate(names):
        own = rows(found, network=name)
        for depth, (colour, marker) in looks(depths, DEPTHS).items():
            for delay in present(own, "delay"):
                cell = rows(own, depth=depth, delay=delay)
                at = delay * asides(depths)[depth]
                all_solved = bool((rows(cell, quantity="solved")["value"] == 1).all())
                steps, accuracy = (per_seed(rows(cell, quantity=each)) for each in ("solved_steps", "test_accuracy"))
                dots(panels[0, column], at, steps, colour, marker, filled=all_solved, logarithmic=True)
                dots(panels[1, column], at, accuracy, colour, marker, filled=all_solved)
        panel(panels[0, column], column, name)
        panels[1, column].set_xlabel("Delay B (steps)")
        on_delays(panels[1, column], found)
    tested = rows(found, quantity="test_accuracy")
    ends = [max(map(float, present(rows(tested, network=name), "step")), default=0.0) for name in names]
    solved = rows(found, quantity="solved_steps")["value"]
    for axes, end in zip(panels[0], ends, strict=True):
        if len(tested) and len(solved):
            axes.set_ylim(float(solved.min()) / 2, 2 * max(ends))  # before the scale: 0 is on no logarithmic axis
            axes.set_yscale("log")
            plain_numbers(axes)
            level_line(axes, end, ":")
    for axes in panels[1]:
        level_line(axes, guessed(found, "copying"), ":")
        axes.set_ylim(0, 1.03)
    panels[0, 0].set_ylabel(f"Steps until {BAR:.0%}\nare right".replace("%", " %"))
    panels[1, 0].set_ylabel("Symbols right\nat the end")
    chance = key("end of training; chance", linestyle=":")
    some = key("not every seed got there", marker="o", markerfacecolor="white", linestyle="none")
    made.legend(handles=[*depth_keys(found), some, chance], loc="outside upper center", ncols=4 + (len(depths) > 2))
    label = f"ln of the steps until {BAR:.0%} are right, one layer less two".replace("%", " %")
    note(made, *gains_below(below, len(names), gains, label))
    return made


def guessed(table: pd.DataFrame, task: str) -> float:
    """Accuracy of who guesses: among the symbols of copying memory, or the classes of start-end similarity."""
    return 1 / max(present(rows(table, task=task), "symbols")) if task == "copying" else CHANCE


def on_delays(axes: Axes, table: pd.DataFrame) -> None:
    """Ticks at the delays of a table, on a logarithmic axis."""
    delays = present(table, "delay")
    axes.set_xscale("log", base=2)
    axes.set_xticks(delays)
    axes.set_xlim(delays[0] / 1.5, 1.5 * delays[-1])
    axes.minorticks_off()
    plain_numbers(axes, "x")


def shared_delay(table: pd.DataFrame) -> int:
    """The longest delay at which every network was trained, or the longest of any where they share none."""
    delays = [set(present(rows(table, network=name), "delay")) for name in networks(table)]
    return int(max(set.intersection(*delays) or set.union(*delays)))


def learning(table: pd.DataFrame) -> Figure | None:
    """Accuracy on held-out sequences against step: a row for each task, at the longest delay that all share."""
    found = rows(table, quantity="test_accuracy")
    if found.empty or "step" not in found:
        return None
    names, tasks = networks(found), [task for task in TASKS if task in present(found, "task")]
    made = figure(PAGE, 1.0 + 1.65 * len(tasks))
    panels = made.subplots(len(tasks), len(names), sharex="row", sharey=True, squeeze=False)
    for row, task in enumerate(tasks):
        own = rows(found, task=task)
        longest = shared_delay(own)
        for column, name in enumerate(names):
            axes = panels[row, column]
            for depth, (colour, _) in looks(present(found, "depth"), DEPTHS).items():
                curves(axes, rows(own, network=name, depth=depth, delay=longest), color=colour, linewidth=1)
            level_line(axes, guessed(own, task), ":")
            level_line(axes, BAR, "--")
            panel(axes, row * len(names) + column, name)
        panels[row, 0].set_ylabel(f"{task.capitalize()}, delay {longest}:\naccuracy")
    for axes in panels.flat:
        axes.set_xlabel("Step")
    panels[0, 0].set_ylim(0, 1)  # no interval goes further
    entries = [*depth_keys(found), key("chance", linestyle=":"), key(f"{BAR:.0%}".replace("%", " %"), linestyle="--")]
    for entry in entries[: len(present(found, "depth"))]:
        entry.set_marker("")
    made.legend(handles=entries, loc="outside upper center", ncols=len(entries))
    return made


def similarity(table: pd.DataFrame) -> Figure | None:
    """Accuracy by depth and length; interaction share of the halves against it, untrained ones beside."""
    own = rows(final(table), task="similarity", quantity="test_accuracy")
    if own.empty:
        return None
    names, depths = networks(own), present(own, "depth")
    lengths = present(own, "steps")
    made = figure(PAGE, 2.7)
    panels = made.subplots(1, len(lengths) + 1, squeeze=False)[0]
    for number, (axes, steps) in enumerate(zip(panels, lengths, strict=False)):
        for place, name in enumerate(names):
            for shift, (depth, (colour, marker)) in enumerate(looks(depths, DEPTHS).items()):
                values = per_seed(rows(own, steps=steps, network=name, depth=depth))
                dots(axes, place + 0.24 * (shift - (len(depths) - 1) / 2), values, colour, marker)
        level_line(axes, CHANCE, ":")
        axes.set_xticks(range(len(names)), names)
        axes.set_xlim(-0.5, len(names) - 0.5)
        axes.set_ylim(0, 1.03)
        axes.set_ylabel("Accuracy at the end")
        panel(axes, number, f"T = {steps}")
    shares(panels[-1], table, own)
    panel(panels[-1], len(lengths), "dependence on data")
    kinds = [key(name, color=KINDS[name][0], marker=KINDS[name][1], linestyle="none") for name in names]
    entries = [*depth_keys(own), key("chance", linestyle=":"), *kinds, key("untrained", linestyle="--")]
    for entry in entries[: len(depths)]:
        entry.set_linestyle("none")
    made.legend(handles=entries, loc="outside upper center", ncols=len(entries))
    return made


def shares(axes: Axes, table: pd.DataFrame, accuracies: pd.DataFrame) -> None:
    """Interaction share of every trained network against its accuracy; the dashed line is the untrained ones' mean."""
    found = rows(table, quantity="interaction_share", condition="conditioned")
    trained = rows(found, phase="trained")
    both = pd.concat([trained, accuracies])
    wide = aligned(both, ["network", "depth", "steps", "seed"], ["interaction_share", "test_accuracy"])
    for name, (colour, marker) in KINDS.items():
        own = rows(wide, network=name)
        axes.plot(
            own["test_accuracy"],
            own["interaction_share"],
            marker,
            color=colour,
            markersize=3,
            linestyle="none",
            alpha=0.7,
            markeredgewidth=0,
        )
    untrained = rows(found, phase="untrained")["value"]
    if len(untrained):
        level_line(axes, float(untrained.mean()), "--")
    axes.set_xlabel("Accuracy at the end")
    axes.set_ylabel("Interaction share of halves")


def ranks(table: pd.DataFrame) -> Figure | None:
    """Numerical rank of the amplitude of every RAC against the delay, beside the bound; a panel for each task."""
    found = rows(table, quantity=("amplitude_rank", "start_end_bound"))
    if found.empty:
        return None
    tasks, depths = [task for task in TASKS if task in present(found, "task")], present(found, "depth")
    made = figure(PAGE, 2.5)
    panels = made.subplots(1, len(tasks), sharey=True, squeeze=False)[0]
    top = 1.1 * float(found["value"].max())
    for number, (axes, task) in enumerate(zip(panels, tasks, strict=True)):
        own = rows(found, task=task)
        for depth, (colour, marker) in looks(depths, DEPTHS).items():
            for delay in present(own, "delay"):
                cell, at = rows(own, depth=depth, delay=delay), delay * asides(depths)[depth]
                bounds = per_seed(rows(cell, quantity="start_end_bound"))
                axes.plot([at] * len(bounds), bounds, color=colour, **BOUND)
                dots(axes, at, per_seed(rows(cell, quantity="amplitude_rank")), colour, marker)
        on_delays(axes, own)
        axes.set_ylim(0, top)
        axes.set_xlabel("Delay (steps)")
        panel(axes, number, task)
    panels[0].set_ylabel("Rank of start against end")
    entries = [*depth_keys(found), key("exact bound", **{**BOUND, "markersize": 10})]
    for entry in entries[:-1]:
        entry.set_linestyle("none")
    made.legend(handles=entries, loc="outside upper center", ncols=len(entries))
    return made


def gradients(table: pd.DataFrame) -> Figure | None:
    """Gradients against the step of the sequence, at the longest delay that all networks share; a row for each task."""
    found = rows(table, quantity="input_gradient")
    found = found[found["value"] > 0] if len(found) else found
    if found.empty:
        return None
    names, tasks = networks(found), [task for task in TASKS if task in present(found, "task")]
    made = figure(PAGE, 1.0 + 1.65 * len(tasks))
    panels = made.subplots(len(tasks), len(names), sharex="row", sharey="row", squeeze=False)
    for row, task in enumerate(tasks):
        own = rows(found, task=task)
        longest = shared_delay(own)
        for column, name in enumerate(names):
            axes = panels[row, column]
            for depth, (colour, _) in looks(present(found, "depth"), DEPTHS).items():
                chosen = rows(own, network=name, depth=depth, delay=longest)
                logs = chosen.assign(value=np.log10(chosen["value"]), place=chosen["site"] + 1)
                # the same networks at every step of the sequence: one ring says whether they had converged
                logs.loc[logs["place"] < logs["place"].max(), SETTLED] = float("nan")
                curves(axes, logs, x="place", color=colour, linewidth=1)
            panel(axes, row * len(names) + column, name)
        panels[row, 0].set_ylabel(f"{task.capitalize()}, delay {longest}:\nlog₁₀ of the gradient")
    for axes in panels.flat:
        axes.set_xlabel("Step of the sequence")
    entries = depth_keys(found)
    for entry in entries:
        entry.set_marker("")
    made.legend(handles=entries, loc="outside upper center", ncols=len(entries))
    return made


def examples(table: pd.DataFrame) -> Figure | None:
    """The first sequences of both tasks, a row each: symbols in colours, blanks pale, the mark black."""
    found = first_draw(rows(table, quantity="pixel"))
    cells = [cell for word in ("copying", "start-end") for cell in present(found, "cell") if cell.startswith(word)]
    if not cells:
        return None
    shown = [next(cell for cell in cells if cell.startswith(word)) for word in ("copying", "start-end") if
             any(cell.startswith(word) for cell in cells)]  # fmt: skip
    made = figure(PAGE, 2.2)
    panels = made.subplots(1, len(shown), squeeze=False)[0]
    for number, (axes, cell) in enumerate(zip(panels, shown, strict=True)):
        sequences(axes, rows(found, cell=cell), mark=cell.startswith("copying"))
        panel(axes, number, "copying memory" if cell.startswith("copying") else "start-end similarity")
        axes.set_xlabel("Step of the sequence")
    panels[0].set_ylabel("Example")
    return made


def sequences(axes: Axes, pixels: pd.DataFrame, mark: bool) -> None:
    """Sequences as rows of coloured cells, their numbers in them; classes one below the other."""
    largest = int(pixels["symbols"].iloc[0]) + mark  # that a brightness of 1 stands for
    labels = present(pixels, "label")
    each = max(1, EXAMPLES // len(labels)) if len(labels) > 1 else EXAMPLES
    chosen = [rows(pixels, label=label, example=place) for label in labels for place in range(each)]
    chosen = [one_image(own) for own in chosen if len(own)]
    for row, own in enumerate(chosen):
        whole = (own["value"] * largest).round().astype(int).tolist()
        for step, value in enumerate(whole, start=1):
            marked = mark and value == largest
            colour = BLACK if marked else GROUND if not value else SYMBOLS[(value - 1) % len(SYMBOLS)]
            axes.bar(step, 0.9, 0.9, bottom=row - 0.45, color=colour)
            if value:
                axes.text(step, row, "?" if marked else str(value), color="white", ha="center", va="center", fontsize=7)
    axes.set_ylim(len(chosen) - 0.5, -0.5)
    axes.set_xlim(0.4, len(whole) + 0.6)
    names = (
        [f"class {own['label'].iloc[0]}" for own in chosen]
        if len(labels) > 1
        else [str(n) for n in range(1, len(chosen) + 1)]
    )
    axes.set_yticks(range(len(chosen)), names)
    axes.grid(visible=False)
