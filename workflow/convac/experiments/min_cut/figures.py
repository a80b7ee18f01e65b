"""Figures of min_cut, drawn from its tidy table."""

from functools import partial

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from convac.plotting.looks import refuse_unknown
from convac.plotting.primitives import aligned, drawn, key, panel, plain_numbers, rows
from convac.plotting.style import BLACK, BLUE, COLUMN, GREEN, GREY, PAGE, VERMILLION, figure
from convac.statistics import proportion_interval

# powers: M and all widths powers of one integer; mixed: any widths
TITLES = {"powers": "powers", "mixed": "any widths", "shared": "shared weights", "loop": "rings"}
BOUNDS = {"powers": "min_cut", "mixed": "min_cut", "shared": "symmetric_min_cut", "loop": "min_cut"}
CASE = ["ensemble", "case"]


def draw(table: pd.DataFrame, claims: pd.DataFrame) -> dict[str, Figure]:
    """Every figure of the experiment by its part; a part without rows says so."""
    refuse_unknown(table, ensemble=(*TITLES, "search", "drawing", "pairs"))
    return drawn({"": ranks, "deficits": deficits, "counterexamples": counterexamples, "drawing": drawing}, table)


def wide(table: pd.DataFrame, ensemble: str) -> pd.DataFrame:
    """One row per case of an ensemble, with rank, cut and what bounds the rank there."""
    return aligned(rows(table, ensemble=ensemble), CASE, sorted({"rank", "min_cut", BOUNDS[ensemble]}))


def known(table: pd.DataFrame) -> list[str]:
    """Ensembles that the table has."""
    return [name for name in TITLES if len(wide(table, name))]


def ranks(table: pd.DataFrame) -> Figure | None:
    """Rank against cut, a panel per ensemble; areas grow with the number of equal cases."""
    names = known(table)
    if not names:
        return None
    made = figure(PAGE, 2.5)
    panels = made.subplots(1, len(names), sharex=True, sharey=True, squeeze=False)[0]
    for number, (axes, name) in enumerate(zip(panels, names, strict=True)):
        cases = wide(table, name)
        counts = cases.groupby(["min_cut", "rank"]).size().reset_index(name="count")
        below = counts["rank"] < counts["min_cut"]
        top = float(cases["min_cut"].max()) * 1.4
        axes.plot([1.5, top], [1.5, top], color=BLACK, linewidth=0.6, zorder=1)
        for chosen, colour, marker in ((~below, BLUE, "o"), (below, VERMILLION, "X")):
            own = counts[chosen]
            axes.scatter(
                own["min_cut"], own["rank"], s=5 + 5 * np.log2(own["count"]), color=colour, marker=marker, linewidths=0
            )
        axes.set_xscale("log", base=2)
        axes.set_yscale("log", base=2)
        axes.set_xlabel("Min-cut")
        plain_numbers(axes, "xy")
        panel(axes, number, f"{TITLES[name]}: {len(cases)}")
    panels[0].set_ylabel("Exact rank")
    entries = [
        key("equal", marker="o", color=BLUE, linestyle="none"),
        key("below", marker="X", color=VERMILLION, linestyle="none"),
    ]
    panels[0].legend(handles=entries, loc="upper left")
    return made


def deficits(table: pd.DataFrame) -> Figure | None:
    """Fraction of cases below the plain cut, and for shared weights below the symmetric one."""
    bars: list[tuple[str, float, int, str]] = []
    for name in known(table):
        cases = wide(table, name)
        for bound in dict.fromkeys(("min_cut", BOUNDS[name])):
            share = float((cases["rank"] < cases[bound]).mean())
            bars.append((TITLES[name], share, len(cases), bound))
    if not bars:
        return None
    made = figure(COLUMN, 2.4)
    axes = made.subplots()
    for place, (_, share, trials, bound) in enumerate(bars):
        interval = proportion_interval(share, trials)
        colour, marker = (BLUE, "o") if bound == "min_cut" else (GREEN, "s")
        ends = [[100 * (share - interval.low)], [100 * (interval.high - share)]]
        axes.errorbar(100 * share, -place, xerr=ends, color=colour, marker=marker, markersize=4, capsize=2.5)
        axes.annotate(
            f"{round(share * trials)} of {trials}",
            (100 * interval.high, -place),
            xytext=(6, 0),
            textcoords="offset points",
            va="center",
        )
    axes.set_yticks([-place for place in range(len(bars))], [name for name, *_ in bars])
    axes.set_xlim(-0.5, 1.55 * max(100 * proportion_interval(share, trials).high for _, share, trials, _ in bars))
    axes.set_ylim(-len(bars) + 0.4, 1.4)
    axes.set_xlabel("Cases with rank below the bound (%)")
    entries = [
        key("min-cut", marker="o", color=BLUE, linestyle="none"),
        key("symmetric min-cut", marker="s", color=GREEN, linestyle="none"),
    ]
    axes.legend(handles=entries, loc="upper right", ncols=2)
    return made


def counterexamples(table: pd.DataFrame) -> Figure | None:
    """Cut, rank and prediction of each tree's smallest deficit."""
    found = rows(table, ensemble="search")
    names = ["case", "windows", "local_dimension", "widths", "sites_inside"]
    cases = aligned(found, names, ("rank", "min_cut"))
    if cases.empty:
        return None
    cases = cases.merge(aligned(found, names, ("bridge_rank",)), how="left", on=names)
    made = figure(PAGE, 1.0 + 0.26 * len(cases))
    axes = made.subplots()
    places = -np.arange(len(cases))
    axes.plot(cases["min_cut"], places, "|", color=BLACK, markersize=11, markeredgewidth=1.4, label="min-cut")
    axes.plot(cases["rank"], places, "o", color=VERMILLION, markersize=4.5, label="exact rank")
    if cases["bridge_rank"].notna().any():
        axes.plot(
            cases["bridge_rank"],
            places,
            "s",
            color=BLUE,
            markerfacecolor="none",
            markersize=8,
            label="bridge prediction",
        )
    beside = partial(axes.annotate, textcoords="offset points", va="center", fontsize=7)
    for place, rank, cut in zip(places, cases["rank"], cases["min_cut"], strict=True):
        beside(f"{rank:.0f}", (rank, place), xytext=(-8, 0), ha="right")
        beside(f"{cut:.0f}", (cut, place), xytext=(5, 0), ha="left")
    axes.margins(x=0.1)
    labels = [
        f"windows {listed(case['windows'])}, M = {case['local_dimension']}, widths {listed(case['widths'])}, "
        f"I = {{{listed(case['sites_inside'])}}}"
        for case in cases.to_dict("records")
    ]
    axes.set_yticks(places, labels)
    axes.set_ylim(places[-1] - 0.6, 0.6)
    axes.set_xlabel("Rank or min-cut")
    axes.set_xscale("log", base=2)
    plain_numbers(axes, "x")
    axes.grid(axis="x", color="#dddddd", linewidth=0.5)
    made.legend(loc="outside upper right", ncols=3)
    return made


def listed(numbers: str) -> str:
    """Numbers of a label with commas between them."""
    return numbers.replace(" ", ", ")


def drawing(table: pd.DataFrame) -> Figure | None:
    """The tree, from its sites up; what is cut is ringed and carries its dimension."""
    found = rows(table, ensemble="drawing")
    place = ["level", "position"]
    nodes = aligned(found, place, ("dimension", "is_cut")).merge(
        aligned(found, place, ("is_inside",)), how="left", on=place
    )
    if nodes.empty:
        return None
    count = int((nodes["level"] == 0).sum())
    size = nodes.groupby("level")["position"].transform("count")
    nodes["x"] = (nodes["position"].astype(float) + 0.5) * count / size
    made = figure(PAGE, 2.6)
    axes = made.subplots()
    for level in range(1, int(nodes["level"].max()) + 1):
        below, above = rows(nodes, level=level - 1), rows(nodes, level=level)
        window = len(below) // len(above)
        for child in below.to_dict("records"):
            parent = above[above["position"] == child["position"] // window]["x"].item()
            axes.plot([child["x"], parent], [level - 1, level], color=GREY, linewidth=0.9, zorder=1)
    for node in nodes.to_dict("records"):
        site = node["level"] == 0
        face = BLUE if site and node["is_inside"] else "white"
        axes.plot(
            node["x"],
            node["level"],
            "o" if site else "s",
            color=BLUE if site else BLACK,
            markerfacecolor=face,
            markersize=6,
            zorder=3,
        )
        if node["is_cut"]:
            axes.plot(node["x"], node["level"], "o", color=VERMILLION, markerfacecolor="none", markersize=13, zorder=2)
            left = node["position"] % 2 == 0  # its parent stands on the right, and the edge to it
            axes.annotate(
                f"{node['dimension']:g}",
                (node["x"], node["level"]),
                xytext=(-9 if left else 9, 4),
                textcoords="offset points",
                ha="right" if left else "left",
            )
    value = float(np.prod(nodes.loc[nodes["is_cut"] == 1, "dimension"]))
    axes.set_title(f"Min-cut {value:g} = " + " × ".join(f"{d:g}" for d in nodes.loc[nodes["is_cut"] == 1, "dimension"]))
    axes.set_ylim(-0.6, float(nodes["level"].max()) + 0.6)
    axes.set_yticks(range(int(nodes["level"].max()) + 1))
    axes.set_ylabel("Level")
    axes.set_xticks([place + 0.5 for place in range(count)], [str(place) for place in range(count)])
    axes.set_xlabel("Site")
    entries = [
        key("site of I", marker="o", color=BLUE, linestyle="none"),
        key("other site", marker="o", color=BLUE, markerfacecolor="white", linestyle="none"),
        key("pooling", marker="s", color=BLACK, markerfacecolor="white", linestyle="none"),
        key("cut, with its dimension", marker="o", color=VERMILLION, markerfacecolor="none", linestyle="none"),
    ]
    made.legend(handles=entries, loc="outside upper right", ncols=4)
    return made
