"""Figures of overlaps, drawn from its tidy table."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, LogLocator, MaxNLocator

from convac.plotting.looks import by_rank, looks, nested, refuse_unknown
from convac.plotting.primitives import aligned, curves, drawn, key, panel, plain_numbers, present, rows, told_equal
from convac.plotting.style import (
    BLACK,
    BLUE,
    COLUMN,
    GREEN,
    GREY,
    ORANGE,
    PAGE,
    PURPLE,
    VERMILLION,
    figure,
)

LAYERS = {1: (BLUE, "o"), 2: (VERMILLION, "s"), 3: (GREEN, "^"), 4: (PURPLE, "D")}
NETWORKS = {"overlapping": (VERMILLION, "s"), "RBM": (BLUE, "o"), "tree": (BLACK, "^")}


def draw(table: pd.DataFrame, claims: pd.DataFrame) -> dict[str, Figure]:
    """Every figure of the experiment by its part; a part without rows says so."""
    refuse_unknown(table, network=(*NETWORKS, "random", "searched", "rectangles"))
    parts = {"": lines, "law": law, "grid": grid, "entropy": entropy, "volume": volume, "squares": squares}
    return drawn(parts, table)


def ring(table: pd.DataFrame, quantity: str) -> pd.DataFrame:
    """Rows of the longest ring of binary sites that has the quantity for the most networks."""
    labels = {"network": "overlapping", "weights": "shared", "boundary": "periodic", "local_dimension": 2}
    found = rows(table, quantity=quantity, **labels)
    if found.empty:
        return found
    found = found[~found["sites"].str.contains("×")]
    several = [sites for sites in present(found, "sites") if len(present(rows(found, sites=sites), "layers")) > 1]
    return rows(found, sites=max(several or present(found, "sites"), key=int)) if len(found) else found


def lines(table: pd.DataFrame) -> Figure | None:
    """Rank against n: a panel per kernel, a curve per depth at the smallest width; then trees."""
    found = ring(table, "block_rank")
    if found.empty:
        return None
    kernels, width = present(found, "kernel"), present(found, "width")[0]
    depths = nested(looks(present(found, "layers"), LAYERS))
    made = figure(PAGE, 2.8)
    panels = made.subplots(1, len(kernels) + 1, sharey=True, squeeze=False)[0]
    for number, (axes, kernel) in enumerate(zip(panels, kernels, strict=False)):
        for layers in present(found, "layers"):
            own = rows(found, kernel=kernel, layers=layers, width=width).sort_values("block_sites")
            axes.plot(own["block_sites"], own["value"], linewidth=1, **depths[layers])
        panel(axes, number, f"K = {kernel}, D = {width}")
    trees = rows(table, network="tree", quantity="block_rank")
    for tree_width, (shade, marker) in by_rank(present(trees, "width"), ((BLACK, "v"), (GREY, "v"))).items():
        own = rows(trees, width=tree_width).sort_values("block_sites")
        panels[-1].plot(
            own["block_sites"], own["value"], color=shade, marker=marker, markersize=3.6, label=f"r = {tree_width}"
        )
    panel(panels[-1], len(kernels), "trees of pairs")
    if len(trees):
        panels[-1].legend(loc="upper left")
    for axes in panels:
        sizes = np.arange(1, int(found["block_sites"].max()) + 1)
        axes.plot(sizes, 2.0**sizes, color=GREY, linewidth=0.8, linestyle=":")
        axes.set_yscale("log", base=2)
        axes.set_xlabel("Sites n in the block")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=5))
        plain_numbers(axes)
    panels[0].set_ylabel("Block rank")
    entries = [*depth_keys(depths), key("2ⁿ: volume law", linestyle=":")]
    made.legend(handles=entries, loc="outside upper center", ncols=len(entries))
    return made


LAWS = (  # rank, law, of which weights, title
    ("block_rank", "predicted_rank", None, "predicted rank"),
    ("random_rank", "random_prediction", None, "random networks"),
    ("block_rank", "front_rank", "per location", "front, per location"),
    ("block_rank", "front_rank", "shared", "front, shared"),
)


def law(table: pd.DataFrame) -> Figure | None:
    """Exact rank against the prediction (blocks, random subsets), and blocks against the front's formula for M ≤ D."""
    found = rows(table, network=("overlapping", "random", "searched"))
    if found.empty:
        return None
    made = figure(PAGE, 2.4)
    panels = made.subplots(1, len(LAWS), sharex=True, sharey=True)
    for number, (axes, (rank, form, weights, title)) in enumerate(zip(panels, LAWS, strict=True)):
        own = found if weights is None else rows(found, weights=weights, fits=True)
        against(axes, aligned(own, ("case",), (rank, form)), rank, form)
        panel(axes, number, title)
    panels[0].set_ylabel("Exact rank")
    entries = [
        key("equal", marker="o", color=BLUE, linestyle="none"),
        key("different", marker="X", color=VERMILLION, linestyle="none"),
    ]
    made.legend(handles=entries, loc="outside upper center", ncols=2)
    return made


def against(axes: Axes, pairs: pd.DataFrame, rank: str, form: str) -> None:
    """Every pair of rank and law, those that differ on top; how many agree."""
    top = 2.0**11
    axes.plot([1.5, top], [1.5, top], color=BLACK, linewidth=0.6, zorder=1)
    agreeing = 0
    if len(pairs):
        agrees = pairs[rank] == pairs[form]
        agreeing = int(agrees.sum())
        for chosen, colour, marker, size in ((pairs[agrees], BLUE, "o", 3.5), (pairs[~agrees], VERMILLION, "X", 4.5)):
            axes.plot(chosen[form], chosen[rank], marker, color=colour, markersize=size, linestyle="none")
    axes.set_xscale("log", base=2)
    axes.set_yscale("log", base=2)
    axes.xaxis.set_major_locator(FixedLocator([2, 16, 128, 1024]))
    axes.yaxis.set_major_locator(FixedLocator([2, 16, 128, 1024]))
    axes.set_xlabel("Prediction")
    told_equal(axes, agreeing, len(pairs))
    plain_numbers(axes, "xy")


def grid(table: pd.DataFrame) -> Figure | None:
    """Rank of rectangles against their area, a panel per grid and boundary."""
    found = rows(table, network="overlapping", quantity="block_rank")
    found = found[found["sites"].str.contains("×")] if len(found) else found
    if found.empty:
        return None
    groups = sorted({(str(sites), str(boundary)) for sites, boundary in found[["sites", "boundary"]].to_numpy()})
    made = figure(PAGE, 2.6)
    panels = made.subplots(1, len(groups), sharey=True, squeeze=False)[0]
    depths = nested(looks(present(found, "layers"), LAYERS))
    for number, (axes, (sites, boundary)) in enumerate(zip(panels, groups, strict=True)):
        own = rows(found, sites=sites, boundary=boundary)
        for layers in present(own, "layers"):
            chosen = rows(own, layers=layers, width=present(own, "width")[0], kernel=present(own, "kernel")[0])
            axes.plot(chosen["block_sites"], chosen["value"], linestyle="none", **depths[layers])
        areas = np.arange(1, int(own["block_sites"].max()) + 1)
        axes.plot(areas, 2.0**areas, color=GREY, linewidth=0.8, linestyle=":")
        axes.set_yscale("log", base=2)
        axes.set_xlabel("Sites in the rectangle")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=5))
        plain_numbers(axes)
        panel(axes, number, f"{sites}, {boundary}")
    panels[0].set_ylabel("Block rank")
    panels[0].legend(
        handles=[*depth_keys(depths, linestyle="none"), key("2ⁿ: volume law", linestyle=":")], loc="upper left"
    )
    return made


def entropy(table: pd.DataFrame) -> Figure | None:
    """Entropy against n, a panel per kernel, in nats and as a fraction of the logarithm of the rank."""
    found = ring(table, "entropy")
    if found.empty:
        return None
    kernels, width = present(found, "kernel"), present(found, "width")[0]
    depths, small = nested(looks(present(found, "layers"), LAYERS)), {"markersize": 3}
    made = figure(PAGE, 3.8)
    panels = made.subplots(2, len(kernels), sharex=True, sharey="row", squeeze=False)
    for row, (quantity, name) in enumerate((("entropy", "Entropy (nats)"), ("entropy_share", "Entropy / ln rank"))):
        for number, kernel in enumerate(kernels):
            axes = panels[row, number]
            for layers in present(found, "layers"):
                own = rows(ring(table, quantity), kernel=kernel, layers=layers, width=width)
                curves(axes, own, x="block_sites", **depths[layers] | small)
            panel(axes, row * len(kernels) + number, f"K = {kernel}, D = {width}")
        panels[row, 0].set_ylabel(name)
        panels[row, 0].set_ylim(bottom=0)  # once all panels of the row have set its scale
    for axes in panels[-1]:
        axes.set_xlabel("Sites n in the block")
    entries = depth_keys(depths, **small)
    made.legend(handles=entries, loc="outside upper center", ncols=len(entries))
    return made


def depth_keys(depths: dict[int, dict[str, Any]], **line: Any) -> list[Line2D]:
    """The legend's entries of depths."""
    return [key(f"L = {layers}", **mark | line) for layers, mark in depths.items()]


def volume(table: pd.DataFrame) -> Figure | None:
    """Parameters of the cheapest network with full rank at half of the sites, by whether weights are shared."""
    found = rows(table, quantity="volume_parameters")
    if found.empty:
        return None
    made = figure(COLUMN, 2.9)
    axes = made.subplots()
    for network in present(found, "network"):
        for weights in present(rows(found, network=network), "weights"):
            own = rows(found, network=network, weights=weights)
            own = own.assign(size=2 * own["block_sites"]).sort_values("size")
            colour, marker = NETWORKS[network]
            shared = weights == "shared"
            axes.plot(
                own["size"],
                own["value"],
                color=colour,
                marker=marker,
                markersize=4,
                markerfacecolor="white" if shared else colour,
                linestyle="--" if shared else "-",
            )
    axes.set_yscale("log")
    axes.set_xlabel("Sites N of a ring")
    axes.set_ylabel("Parameters for full rank at N/2")
    axes.xaxis.set_major_locator(FixedLocator(sorted({2 * int(size) for size in found["block_sites"]})))
    plain_numbers(axes)
    entries = [
        key(network, color=NETWORKS[network][0], marker=NETWORKS[network][1], linestyle="none")
        for network in present(found, "network")
    ]
    entries += [key("weights per location"), key("weights shared", linestyle="--", marker="o", markerfacecolor="white")]
    made.legend(handles=entries, loc="outside upper center", ncols=2)
    return made


SQUARES = {  # network and weights: colour, marker, dashes, name
    ("overlapping", "shared"): (VERMILLION, "s", "-", "overlapping, shared"),
    ("RBM", "shared"): (BLUE, "o", "--", "RBM, one filter"),
    ("RBM", "shared pair"): (ORANGE, "v", "-", "RBM, one pair"),
    ("RBM", "sparse"): (GREEN, "^", ":", "RBM, two sites per unit"),
    ("RBM", "per location"): (PURPLE, "D", "-.", "RBM, fully connected"),
}


def squares(table: pd.DataFrame) -> Figure | None:
    """Parameters of a volume law of a square block against its side: by bounds (lines), by exact rank (markers)."""
    found = rows(table, quantity=("square_parameters", "square_bound"))
    if found.empty:
        return None
    made = figure(COLUMN, 3.1)
    axes = made.subplots()
    for (network, weights), (colour, marker, dash, name) in SQUARES.items():
        own = rows(found, network=network, weights=weights).sort_values("side")
        bound, exact = rows(own, quantity="square_bound"), rows(own, quantity="square_parameters")
        axes.plot(bound["side"], bound["value"], color=colour, linestyle=dash, linewidth=1)
        axes.plot(exact["side"], exact["value"], marker, color=colour, markersize=4, label=name)
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    axes.set_xlabel("Side α of the square block")
    axes.set_ylabel("Parameters for full rank")
    plain_numbers(axes, "x")
    axes.yaxis.set_major_locator(LogLocator(10, numticks=8))
    axes.yaxis.set_major_formatter(lambda value, _: f"1e{round(np.log10(value))}" if value > 0 else "")
    entries = [
        key(name, color=colour, marker=marker, linestyle=dash) for colour, marker, dash, name in SQUARES.values()
    ]
    made.legend(handles=entries, loc="outside upper center", ncols=2)
    return made
