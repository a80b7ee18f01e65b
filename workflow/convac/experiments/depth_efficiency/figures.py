"""Figures of depth_efficiency, drawn from its tidy table."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, LogLocator

from convac.errors import ArgumentError
from convac.plotting.looks import looks, refuse_unknown
from convac.plotting.primitives import curves, drawn, key, panel, plain_numbers, present, rows
from convac.plotting.style import BLACK, BLUE, GREEN, GREY, PAGE, VERMILLION, figure

WEIGHTS = {"normal": BLUE, "positive": VERMILLION}
EPSILONS = {0.5: ("^", ":"), 0.1: ("s", "--"), 0.01: ("o", "-")}
DIMENSIONS = {2: (BLUE, "o"), 3: (VERMILLION, "s"), 4: (GREEN, "^")}
POOLINGS = {"product": "arithmetic", "max": "ReLU, max", "average": "ReLU, average"}


def draw(table: pd.DataFrame, claims: pd.DataFrame) -> dict[str, Figure]:
    """Every figure of the experiment by its part; a part without rows says so."""
    refuse_unknown(table, weights=WEIGHTS, epsilon=EPSILONS, pooling=POOLINGS)
    return drawn({"": ranks, "epsilon": epsilon, "rectifiers": rectifiers}, table)


def ranks(table: pd.DataFrame) -> Figure | None:
    """Odd-even rank against N: deep by min{r, M}, shallow by width."""
    found = rows(table, quantity="rank", partition="interleaved", method=("direct", "certificate"))
    if found.empty:
        return None
    made = figure(PAGE, 2.9)
    panels = made.subplots(1, 2, sharex=True)
    deep = rows(found, network="deep")
    sizes = looks(present(deep, "local_dimension"), DIMENSIONS)
    for local_dimension, (colour, marker) in sizes.items():
        own = rows(deep, local_dimension=local_dimension, width=max(present(deep, "width"))).sort_values("sites")
        for axes in panels:
            axes.plot(own["sites"], own["value"], color=colour, linewidth=1, zorder=1)
        for method, face in (("direct", colour), ("certificate", "white")):
            chosen = rows(own, method=method)
            panels[0].plot(
                chosen["sites"], chosen["value"], marker, color=colour, markerfacecolor=face, markersize=4.5, zorder=3
            )
    beside = rows(found, network="shallow")
    widths = present(beside, "width")
    for width, (dash, marker) in lines(widths).items():
        # min{r, M^(N/2)} depends on M at few sites alone: the smallest stands for all
        own = rows(beside, width=width, local_dimension=min(present(beside, "local_dimension"))).sort_values("sites")
        panels[1].plot(own["sites"], own["value"], color=BLACK, linestyle=dash, marker=marker, markersize=3.5)
    for number, (axes, title) in enumerate(zip(panels, ("deep", "shallow beside deep"), strict=True)):
        axes.set_xscale("log", base=2)
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(LogLocator(10, numticks=6))
        axes.xaxis.set_major_locator(FixedLocator(present(found, "sites")))
        axes.set_xlabel("Sites N")
        plain_numbers(axes, "x")
        axes.yaxis.set_major_formatter(lambda value, _: f"1e{round(np.log10(value))}" if value > 0 else "")
        panel(axes, number, title)
        axes.set_ylabel("Rank of odd against even sites")
    top = max(present(deep, "width"))
    entries = [key(f"M = {size}, r = {top}", color=colour, marker=marker) for size, (colour, marker) in sizes.items()]
    marks = [
        key("by matrix", marker="o", linestyle="none"),
        key("by certificate", marker="o", markerfacecolor="white", linestyle="none"),
    ]
    panels[0].legend(handles=[*entries, *marks], loc="upper left")
    shallow = [
        key(f"shallow, r = {width}", color=BLACK, linestyle=dash, marker=marker)
        for width, (dash, marker) in lines(widths).items()
    ]
    panels[1].legend(handles=shallow, loc="upper left")
    return made


def lines(widths: list[int]) -> dict[int, tuple[str, str]]:
    """Dashes and marker of every width, told apart by dashes first; more than can be fail."""
    styles = [(dash, marker) for marker in "v^<>sDPX" for dash in ("-", "--", ":", "-.")]
    if len(widths) > len(styles):
        raise ArgumentError(f"table: {len(widths)} widths in a figure; accepted: up to {len(styles)}")
    return dict(zip(widths, styles, strict=False))


def epsilon(table: pd.DataFrame) -> Figure | None:
    """ε-rank against N by kind of weights, then the entropy."""
    found = rows(table, quantity="epsilon_rank")
    if found.empty:
        return None
    made = figure(PAGE, 2.7)
    panels = made.subplots(1, 3)
    for axes, weights in zip(panels, WEIGHTS, strict=False):
        for tolerance, (marker, dash) in EPSILONS.items():
            own = rows(found, weights=weights, epsilon=tolerance)
            curves(axes, own, x="sites", color=WEIGHTS[weights], marker=marker, markersize=3.5, linestyle=dash)
        exact = rows(table, quantity="rank", weights=weights, epsilon=0.1, seed=0).sort_values("sites")
        axes.plot(exact["sites"], exact["value"], color=BLACK, linewidth=1)
        axes.set_yscale("log", base=2)
        axes.set_ylabel("Rank")
        axes.set_ylim(0.8, 2 * float(exact["value"].max()) if len(exact) else None)
        plain_numbers(axes)
    for weights, colour in WEIGHTS.items():
        own = rows(table, quantity="entropy", weights=weights)
        curves(panels[2], own, x="sites", color=colour, marker="o", markersize=3.5, label=weights)
    panels[2].set_ylabel("Entropy (nats)")
    panels[2].set_ylim(bottom=0)
    panels[2].legend(loc="upper left")
    for number, (axes, title) in enumerate(zip(panels, ("normal", "positive", "entropy"), strict=True)):
        axes.set_xlabel("Sites N")
        axes.xaxis.set_major_locator(FixedLocator(present(found, "sites")))
        panel(axes, number, title)
    entries = [key("exact", color=BLACK)]
    entries += [key(f"ε = {tolerance:g}", marker=m, linestyle=d) for tolerance, (m, d) in sorted(EPSILONS.items())]
    made.legend(handles=entries, loc="outside upper center", ncols=4)
    return made


def rectifiers(table: pd.DataFrame) -> Figure | None:
    """Histograms of ranks: a row per number of sites, a column per pooling; deep and shallow side by side."""
    found = rows(table, quantity="grid_rank", pooling=tuple(POOLINGS))  # those of other sizes are for the claims
    if found.empty:
        return None
    sizes = present(found, "sites")
    made = figure(PAGE, 1.1 + 1.5 * len(sizes))
    grid = made.subplots(len(sizes), len(POOLINGS), sharex=True, sharey=True, squeeze=False)
    top = int(found["value"].max())
    for number, (axes, (sites, pooling)) in enumerate(
        zip(grid.ravel(), ((sites, pooling) for sites in sizes for pooling in POOLINGS), strict=True)
    ):
        for aside, depth, colour in ((-0.2, "deep", VERMILLION), (0.2, "shallow", BLUE)):
            values = rows(found, sites=sites, pooling=pooling, depth=depth)["value"].to_numpy()
            shares = np.bincount(values.astype(int), minlength=top + 1) / max(len(values), 1)
            axes.bar(np.arange(top + 1) + aside, 100 * shares, width=0.4, color=colour, linewidth=0)
        axes.axvline(top / 2 + 0.5, color=GREY, linewidth=0.8, linestyle=":")
        panel(axes, number, f"{POOLINGS[pooling]}, N = {sites}")
    for axes in grid[-1]:
        axes.set_xlabel("Rank of the grid tensor")
    for axes in grid[:, 0]:
        axes.set_ylabel("Draws (%)")
    bars = [key(name, color=colour, linewidth=5) for name, colour in (("deep", VERMILLION), ("shallow", BLUE))]
    made.legend(handles=[*bars, key("half of the full rank", linestyle=":")], loc="outside upper center", ncols=3)
    return made
