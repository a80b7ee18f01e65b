"""Figures of depth_channels, drawn from its tidy table."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, LogLocator, MaxNLocator

from convac.plotting.looks import by_rank, looks, nested, refuse_unknown
from convac.plotting.primitives import curves, dots, drawn, key, note, panel, per_seed, plain_numbers, present, rows
from convac.plotting.style import BLACK, BLUE, GREEN, GREY, ORANGE, PAGE, PURPLE, VERMILLION, figure

LAYERS = {1: (BLUE, "o"), 2: (VERMILLION, "s"), 3: (GREEN, "^"), 4: (PURPLE, "D")}
STARTS = ((BLUE, "o"), (VERMILLION, "s"), (GREEN, "^"), (PURPLE, "D"), (ORANGE, "v"))  # widths, or families
MODELS = {"root": (VERMILLION, "s", "root law"), "shift": (BLUE, "o", "shift"), "growth": (GREEN, "^", "growth")}
FAMILY = ["local_dimension", "kernel", "boundary", "weights", "sites"]
FEWEST = 2  # channels


def draw(table: pd.DataFrame, claims: pd.DataFrame) -> dict[str, Figure]:
    """Every figure of the experiment by its part; a part without rows says so."""
    refuse_unknown(table, network=("exact", "searched", "product", "rectifier"), model=MODELS)
    parts = {"": exact, "scaling": scaling, "errors": errors, "trained": trained, "models": models}
    return drawn(parts, table)


def families(table: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """Name and rows of every family of exact widths, at its largest block."""
    found = rows(table, network="exact", quantity=("smallest_width", "cut_width"))
    if found.empty:
        return []
    made = []
    for (local_dimension, kernel, boundary, weights, sites), own in found.groupby(FAMILY, sort=True):
        shape = "ring" if boundary == "periodic" else "line"
        name = f"{shape} of {sites}, K = {kernel}, M = {local_dimension}" + ", shared" * (weights == "shared")
        made.append((name, own[own["block_sites"] == own["block_sites"].max()]))
    return made


def shown(starts: list[int]) -> list[int]:
    """At most three of the widths of one layer, the largest and those about half as large."""
    chosen: list[int] = []
    for start in reversed(starts):
        if not chosen or 2 * start <= chosen[-1]:
            chosen.append(start)
    return sorted(chosen[:3])


def channels(axes: Axes, letters: str = "y") -> None:
    """Channels on a scale of powers of two."""
    for letter in letters:
        scale, axis = (axes.set_xscale, axes.xaxis) if letter == "x" else (axes.set_yscale, axes.yaxis)
        scale("log", base=2)
        axis.set_major_locator(LogLocator(base=2, numticks=12))
    plain_numbers(axes, letters)


def root_law(axes: Axes, start: float, depths: np.ndarray, colour: str) -> None:
    """D_0^(1/n_c), dashed."""
    axes.plot(depths, np.maximum(FEWEST, start ** (1 / depths)), color=colour, linestyle="--", linewidth=0.9)


def exact(table: pd.DataFrame) -> Figure | None:
    """Exact width against n_c, a panel per family: markers; lines are the min-cut's widths, dashes the root law."""
    found = families(table)
    if not found:
        return None
    across = min(3, len(found))
    down = -(-len(found) // across)
    made = figure(PAGE, 0.5 + 2.0 * down)
    panels = made.subplots(down, across, sharex=True, sharey=True, squeeze=False).ravel()
    for axes in panels[len(found) :]:
        axes.set_visible(False)
    for number, (axes, (name, own)) in enumerate(zip(panels, found, strict=False)):
        handles: list[Line2D] = []
        for start, (colour, marker) in by_rank(shown(present(own, "one_layer_width")), STARTS).items():
            chosen = rows(own, one_layer_width=start).sort_values("layers")
            depths = np.linspace(1, int(chosen["layers"].max()), 61)
            root_law(axes, start, depths, colour)
            cut, width = rows(chosen, quantity="cut_width"), rows(chosen, quantity="smallest_width")
            axes.plot(cut["layers"], cut["value"], color=colour, linewidth=0.9)
            axes.plot(width["layers"], width["value"], marker, color=colour, markersize=4.2, linestyle="none")
            handles.append(key(f"D₀ = {start}", color=colour, marker=marker, linestyle="none"))
        channels(axes)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.legend(handles=handles, loc="upper right")
        panel(axes, number, name)
        if number >= len(found) - across:
            axes.set_xlabel("Convolution layers n")
            axes.tick_params(labelbottom=True)
    for axes in panels[::across]:
        axes.set_ylabel("Channels D")
    entries = [
        key("exact rank", marker="o", linestyle="none"),
        key("min-cut", linestyle="-"),
        key("root law ⁿ√D₀", linestyle="--"),
    ]
    made.legend(handles=entries, loc="outside upper center", ncols=3)
    return made


def scaling(table: pd.DataFrame) -> Figure | None:
    """Exact width against D_0, a panel per depth: families by marker, with slopes of the shift and the root law."""
    found = [(name, rows(own, quantity="smallest_width")) for name, own in families(table)]
    found = [(name, own) for name, own in found if rows(own, weights="per location").shape[0]]
    depths = [depth for depth in present(table, "layers") if depth > 1]
    if not found or not depths:
        return None
    made = figure(PAGE, 2.7)
    panels = made.subplots(1, len(depths), sharex=True, sharey=True, squeeze=False)[0]
    top = max(float(own["one_layer_width"].max()) for _, own in found)
    series = nested(by_rank([name for name, _ in found], STARTS), step=1.5)
    starts = np.geomspace(FEWEST, top, 61)
    for number, (axes, depth) in enumerate(zip(panels, depths, strict=True)):
        axes.plot(starts, starts, color=GREY, linestyle=":", linewidth=0.9)
        axes.plot(starts, np.maximum(FEWEST, starts ** (1 / depth)), color=BLACK, linestyle="--", linewidth=0.9)
        for (_, own), mark in zip(found, series.values(), strict=True):
            chosen = rows(own, layers=depth).sort_values("one_layer_width")
            axes.plot(chosen["one_layer_width"], chosen["value"], linestyle="none", **mark)
        channels(axes, "xy")
        axes.set_xlabel("Channels of one layer, D₀")
        panel(axes, number, f"n = {depth}")
    panels[0].set_ylabel("Channels D")
    entries = [key(name, linestyle="none", **mark) for name, mark in series.items()]
    entries += [key("D = D₀", linestyle=":"), key("root law ⁿ√D₀", color=BLACK, linestyle="--")]
    made.legend(handles=entries, loc="outside upper center", ncols=3)
    return made


def grid(table: pd.DataFrame) -> tuple[list[tuple[str, str]], int]:
    """Trained networks and targets, a panel each, and how many stand in a row."""
    networks, targets = (
        [name for name in present(table, "network") if name in {"product", "rectifier"}],
        present(table, "target"),
    )
    return [(network, target) for network in networks for target in targets], max(1, len(targets))


def errors(table: pd.DataFrame) -> Figure | None:
    """Error against width, a panel per network and target, a curve per depth."""
    found = rows(table, quantity="relative_error")
    if found.empty:
        return None
    pairs, across = grid(found)
    depths = looks(present(found, "layers"), LAYERS)
    made = figure(PAGE, 0.6 + 2.0 * (len(pairs) // across))
    panels = made.subplots(len(pairs) // across, across, sharex=True, sharey=True, squeeze=False)
    for number, (axes, (network, target)) in enumerate(zip(panels.ravel(), pairs, strict=True)):
        own = rows(found, network=network, target=target)
        for depth in present(own, "layers"):
            colour, marker = depths[depth]
            curves(axes, rows(own, layers=depth), x="width", color=colour, marker=marker, markersize=3.6, linewidth=1)
        channels(axes, "x")
        axes.set_ylim(0, 1)
        panel(axes, number, f"{network}, {target}")
    for axes in panels[-1]:
        axes.set_xlabel("Channels D")
    for axes in panels[:, 0]:
        axes.set_ylabel("Relative squared error")
    entries = [key(f"n = {depth}", color=colour, marker=marker) for depth, (colour, marker) in depths.items()]
    made.legend(handles=entries, loc="outside upper center", ncols=len(entries))
    return made


def trained(table: pd.DataFrame) -> Figure | None:
    """Width that reaches one layer's error against n_c, a panel per network and target; hollow: not by all seeds."""
    found = rows(table, network=("product", "rectifier"), quantity="smallest_width")
    if found.empty:
        return None
    pairs, across = grid(found)
    starts = by_rank(present(found, "one_layer_width"), STARTS)
    deepest, seeds = int(found["layers"].max()), len(present(found, "seed"))
    depths = np.linspace(1, deepest, 61)
    made = figure(PAGE, 0.6 + 2.0 * (len(pairs) // across))
    panels = made.subplots(len(pairs) // across, across, sharex=True, sharey=True, squeeze=False)
    for number, (axes, (network, target)) in enumerate(zip(panels.ravel(), pairs, strict=True)):
        own = rows(found, network=network, target=target)
        shift = fitted_shift(table, network, target)
        for place, (start, (colour, marker)) in enumerate(starts.items()):
            if not len(rows(own, one_layer_width=start)):
                continue  # no law without a point to hold it against
            root_law(axes, start, depths, colour)
            line = np.maximum(FEWEST, start * np.exp(-shift * (depths - 1)))
            axes.plot(depths, line, color=colour, linewidth=0.9)
            axes.plot(1, start, marker, color=colour, markersize=3.6)
            aside = 0.07 * (place - (len(starts) - 1) / 2)
            for depth in range(2, deepest + 1):
                values = per_seed(rows(own, one_layer_width=start, layers=depth))
                whole = len(values) == seeds
                dots(axes, depth + aside, values, colour, marker, filled=whole, aside=None, logarithmic=True)
        channels(axes)
        axes.set_ylim(0.85 * FEWEST, 1.2 * max(starts))
        axes.xaxis.set_major_locator(FixedLocator(list(range(1, deepest + 1))))
        panel(axes, number, f"{network}, {target}")
    for axes in panels[-1]:
        axes.set_xlabel("Convolution layers n")
    for axes in panels[:, 0]:
        axes.set_ylabel("Channels D")
    entries = [
        key(f"D₀ = {start}", color=colour, marker=marker, linestyle="none")
        for start, (colour, marker) in starts.items()
    ]
    entries += [
        key("not by all seeds", marker="o", linestyle="none", markerfacecolor="white"),
        key("shift, fitted"),
        key("root law ⁿ√D₀", linestyle="--"),
    ]
    made.legend(handles=entries, loc="outside upper center", ncols=len(entries))
    note(made, "left out: D₀ whose error no deeper network reached; bars: 95 % intervals over seeds")
    return made


def fitted_shift(table: pd.DataFrame, network: str, target: str) -> float:
    """Constant of the shift as fitted, mean over seeds [nats per layer]."""
    labels = {"network": network, "target": target, "model": "shift", "constants": "fitted"}
    return float(rows(table, quantity="model_constant", **labels)["value"].mean())


def models(table: pd.DataFrame) -> Figure | None:
    """Misfit of every model, as stated and fitted: exact families on the left, trained networks on the right."""
    found = rows(table, quantity="misfit")
    if found.empty:
        return None
    made = figure(PAGE, 3.0)
    panels = made.subplots(1, 2, sharey=True)
    for number, (axes, kind) in enumerate(zip(panels, ("exact ranks", "trained networks"), strict=True)):
        exactly = kind == "exact ranks"
        own = found[(found["network"] == "exact") == exactly]
        names = [short(row) for row in own.to_dict("records")]
        places = list(dict.fromkeys(names))
        for place, name in enumerate(places):
            chosen = own[[each == name for each in names]]
            for step, (model, (colour, marker, _)) in enumerate(MODELS.items()):
                for fitted in (False, True):
                    values = per_seed(rows(chosen, model=model, constants="fitted" if fitted else "stated"))
                    at = place + 0.24 * (step - 1) + 0.09 * (fitted - 0.5)
                    if len(values) > 1:
                        dots(axes, at, values, colour, marker, filled=fitted, aside=None)
                    else:  # exact: no interval
                        look = {"color": colour, "markerfacecolor": colour if fitted else "white"}
                        axes.plot([at] * len(values), values, marker, markersize=3.6, **look)
        axes.set_xticks(range(len(places)), places)
        axes.set_xlim(-0.6, max(len(places), 1) - 0.4)
        panel(axes, number, kind)
    panels[0].set_ylim(bottom=-0.02)
    panels[0].set_ylabel("Misfit of ln D (nats)")
    entries = [key(label, color=colour, marker=marker, linestyle="none") for colour, marker, label in MODELS.values()]
    entries += [
        key("as stated", marker="o", linestyle="none", markerfacecolor="white"),
        key("constant fitted", marker="o", linestyle="none"),
    ]
    made.legend(handles=entries, loc="outside upper center", ncols=len(entries))
    return made


def short(row: Mapping[Any, object]) -> str:
    """Family or trained network of a row, in two or three short lines."""
    if row["network"] != "exact":
        return f"{row['network']}\n{row['target']}"
    shape = "ring" if row["boundary"] == "periodic" else "line"
    lines = [shape, f"K = {row['kernel']}", f"M = {row['local_dimension']}"]
    return "\n".join([*lines, "shared"] if row["weights"] == "shared" else lines)
