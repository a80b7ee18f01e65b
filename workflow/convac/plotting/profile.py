"""The figure of an entanglement profile: prefix blocks, bonds, mutual information."""

import math
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from convac.entanglement.profile import Profile
from convac.plotting.looks import by_rank
from convac.plotting.primitives import panel
from convac.plotting.style import GREY, PAGE, figure, house

TITLES = {"prefix": "Prefix blocks", "bond": "Bonds", "mutual": "Mutual information"}


def profile_figure(profile: Profile) -> Figure:
    """What was asked for, a panel each: entropy against the length of the prefix, and by bond; a matrix of blocks."""
    parts = [part for part in TITLES if any(row.part == part for row in profile.rows)]
    looks = by_rank([order_name(order) for order in profile.orders])
    with house():
        made = figure(PAGE, 2.6)
        for number, part in enumerate(parts):
            axes = made.add_subplot(1, len(parts), number + 1)
            if part == "mutual":
                mutual_panel(axes, made, profile)
            else:
                entropy_panel(axes, profile, part, looks)
            panel(axes, number, TITLES[part])
        legends = [axes.get_legend_handles_labels() for axes in made.axes]
        entries = {text: line for lines, texts in legends for line, text in zip(lines, texts, strict=True)}
        if entries:
            made.legend(entries.values(), entries, loc="outside upper center", ncols=len(entries))
    return made


def order_name(order: float) -> str:
    """The name of a Rényi entropy in a legend.

    >>> order_name(1.0), order_name(math.inf), order_name(0.5)
    ('S', 'S_∞', 'S_0.5')
    """
    return "S" if order == 1 else f"S_{'∞' if math.isinf(order) else f'{order:g}'}"


def entropy_panel(axes: Axes, profile: Profile, part: str, looks: dict[str, tuple[str, str]]) -> None:
    """Entropies of each order, and the bound of the cut: over prefix lengths a curve, over bonds by sites below."""
    for place, order in enumerate(profile.orders):
        rows = [row for row in profile.rows if row.part == part and row.order == order]
        colour, marker = looks[order_name(order)]
        at = [float(row.name) if part == "prefix" else row.sites for row in rows]
        values = [row.value for row in rows]
        style: dict[str, Any] = {
            "linestyle": "-" if part == "prefix" else "none",
            "markersize": 3.2 if len(rows) < 80 else 1.8,
        }
        if place == 0:
            cuts = sorted({(x, row.log_cut) for x, row in zip(at, rows, strict=True)})
            look: dict[str, Any] = (
                {"linestyle": "--"} if part == "prefix" else {"linestyle": "none", "marker": "_", "markersize": 7}
            )
            label = "ln min-cut" if part == "prefix" else "ln dimension"
            axes.plot(*zip(*cuts, strict=True), color=GREY, linewidth=0.9, label=label, **look)
        axes.plot(at, values, color=colour, marker=marker, label=order_name(order), linewidth=0.9, **style)
    axes.set_ylim(bottom=0)
    if part == "bond" and max(row.sites for row in profile.rows if row.part == "bond") > 8:
        axes.set_xscale("log", base=2)
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.set_xlabel("Sites in the block" if part == "prefix" else "Sites below the bond")
    axes.set_ylabel("Entropy (nats)")


def mutual_panel(axes: Axes, made: Figure, profile: Profile) -> None:
    """Mutual information of the first order, every two blocks."""
    order = profile.orders[0]
    values = profile.mutual(order)
    shown = np.where(np.eye(len(values), dtype=bool), np.nan, values)
    image = axes.imshow(shown, cmap="Purples", vmin=0)
    bar = made.colorbar(image, ax=axes, fraction=0.046, pad=0.03)
    bar.set_label(f"I of {order_name(order)} (nats)")
    single = all(len(block) == 1 for block in profile.blocks)
    axes.set_xlabel("Site" if single else "Block")
    axes.set_ylabel("Site" if single else "Block")
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    axes.yaxis.set_major_locator(MaxNLocator(6, integer=True))
