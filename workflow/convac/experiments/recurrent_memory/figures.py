"""Figures of recurrent_memory, drawn from its tidy table."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from convac.plotting.looks import looks, nested
from convac.plotting.primitives import aligned, curves, drawn, key, panel, plain_numbers, present, rows, told_equal
from convac.plotting.style import BLACK, BLUE, GREEN, PAGE, PURPLE, VERMILLION, figure

LOOKS = {1: (BLUE, "o"), 2: (VERMILLION, "s"), 3: (GREEN, "^"), 4: (PURPLE, "D")}  # by depth
SHOWN = ((2, 2), (3, 2), (3, 3), (4, 3))  # (M, R) of the panels


def draw(table: pd.DataFrame, claims: pd.DataFrame) -> dict[str, Figure]:
    """Every figure of the experiment by its part; a part without rows says so."""
    return drawn({"": ranks, "law": law, "entropy": entropy}, table)


def sizes(table: pd.DataFrame) -> list[tuple[int, int]]:
    """(M, R) to show: those of `SHOWN` that the table has, else its first."""
    if not {"local_dimension", "width"} <= set(table):
        return []
    known = sorted(set(zip(table["local_dimension"].tolist(), table["width"].tolist(), strict=True)))
    return [size for size in SHOWN if size in known] or known[:1]


def ranks(table: pd.DataFrame) -> Figure | None:
    """Rank against T, one panel per (M, R); lines are the closed forms, markers exact ranks."""
    found = rows(table, quantity=("start_end_rank", "closed_form"))
    if found.empty:
        return None
    depths = nested(looks(present(found, "depth"), LOOKS), step=1.6)
    made = figure(PAGE, 2.5)
    panels = made.subplots(1, len(sizes(found)), sharey=True, squeeze=False)[0]
    for number, (axes, (local_dimension, width)) in enumerate(zip(panels, sizes(found), strict=True)):
        own = rows(found, local_dimension=local_dimension, width=width)
        for depth in present(own, "depth"):
            form = rows(own, depth=depth, quantity="closed_form").sort_values("steps")
            exact = rows(own, depth=depth, quantity="start_end_rank").sort_values("steps")
            axes.plot(form["steps"], form["value"], color=depths[depth]["color"], linewidth=1)
            axes.plot(exact["steps"], exact["value"], linestyle="none", **depths[depth])
        axes.set_yscale("log", base=2)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=5))
        axes.set_xlabel("Steps T")
        plain_numbers(axes)
        panel(axes, number, f"M = {local_dimension}, R = {width}")
    panels[0].set_ylabel("Start-end rank")
    entries = [key(f"L = {depth}", **mark) for depth, mark in depths.items()]
    panels[0].legend(handles=entries, loc="upper left")
    return made


def law(table: pd.DataFrame) -> Figure | None:
    """Exact rank against closed form, a panel per depth, where the form is below M^n; those that differ are marked."""
    size = ("depth", "local_dimension", "width", "steps", "held_back")
    pairs = aligned(table, size, ("start_end_rank", "closed_form", "trivial_bound"))
    pairs = pairs[pairs["closed_form"] < pairs["trivial_bound"]] if len(pairs) else pairs
    if pairs.empty:
        return None
    depths = present(pairs, "depth")
    made = figure(PAGE, 2.4)
    panels = made.subplots(1, len(depths), sharex=True, sharey=True, squeeze=False)[0]
    limit = float(pairs["closed_form"].max()) * 1.5
    for number, (axes, depth) in enumerate(zip(panels, depths, strict=True)):
        own = rows(pairs, depth=depth)
        agrees = own["start_end_rank"] == own["closed_form"]
        axes.plot([0.8, limit], [0.8, limit], color=BLACK, linewidth=0.6, zorder=1)
        for chosen, colour, marker, face in (
            (own[agrees & ~own["held_back"]], BLUE, "o", "white"),
            (own[agrees & own["held_back"]], BLUE, "o", BLUE),
            (own[~agrees], VERMILLION, "X", VERMILLION),
        ):
            axes.plot(
                chosen["closed_form"],
                chosen["start_end_rank"],
                marker,
                color=colour,
                markerfacecolor=face,
                markersize=3.4,
                markeredgewidth=0.7,
                linestyle="none",
            )
        axes.set_xscale("log", base=2)
        axes.set_yscale("log", base=2)
        axes.set_xlabel("Closed form")
        told_equal(axes, int(agrees.sum()), len(own))
        plain_numbers(axes, "xy")
        panel(axes, number, f"L = {depth}")
    panels[0].set_ylabel("Exact start-end rank")
    entries = [
        key("equal, found on", marker="o", color=BLUE, markerfacecolor="white", linestyle="none"),
        key("equal, held back", marker="o", color=BLUE, linestyle="none"),
        key("different", marker="X", color=VERMILLION, linestyle="none"),
    ]
    made.legend(handles=entries, loc="outside upper center", ncols=3)
    return made


def entropy(table: pd.DataFrame) -> Figure | None:
    """Entropy against T, one panel per (M, R)."""
    found = rows(table, quantity="entropy")
    if found.empty:
        return None
    depths = looks(present(found, "depth"), LOOKS)
    made = figure(PAGE, 2.4)
    panels = made.subplots(1, len(sizes(found)), sharey=True, squeeze=False)[0]
    for number, (axes, (local_dimension, width)) in enumerate(zip(panels, sizes(found), strict=True)):
        own = rows(found, local_dimension=local_dimension, width=width)
        for depth in present(own, "depth"):
            curves(
                axes,
                rows(own, depth=depth),
                x="steps",
                label=f"L = {depth}",
                color=depths[depth][0],
                marker=depths[depth][1],
                markersize=3,
                linewidth=1,
            )
        axes.set_xlabel("Steps T")
        axes.set_ylim(bottom=0)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=5))
        panel(axes, number, f"M = {local_dimension}, R = {width}")
    panels[0].set_ylabel("Entropy across the middle (nats)")
    panels[0].legend(loc="upper left")
    top = float(np.nanmax(found["value"]))
    panels[0].set_ylim(0, 1.15 * top)
    return made
