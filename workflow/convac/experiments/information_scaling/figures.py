"""Figures of information_scaling, drawn from its tidy table."""

import math
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator

from convac.plotting.looks import by_rank, refuse_unknown
from convac.plotting.primitives import aligned, curves, drawn, key, note, panel, per_seed, plain_numbers, present, rows
from convac.plotting.style import BLACK, BLUE, GREEN, GREY, ORANGE, PAGE, PURPLE, VERMILLION, figure

Style = dict[str, Any]
DARK = "#4d4d4d"

# Families of weights: colour and marker.
FAMILIES = {
    "codebook": (BLACK, "*"),
    "near-permutation": (BLUE, "o"),
    "dirichlet": (GREEN, "s"),
    "sparse": (ORANGE, "^"),
    "near-singular": (PURPLE, "D"),
    "selection": (DARK, "v"),
    "trained": (VERMILLION, "P"),
}
# Colour and marker by number of sites.
SIZES = ((BLUE, "o"), (GREEN, "s"), (ORANGE, "^"), (PURPLE, "D"), (VERMILLION, "P"))
DISCRETE = ("binary", "symbols")
AVERAGES = {"consistent": "prior", "uniform": "uniform", "maximum": "maximum"}
# Rows of the statements' figure: its name there, and how it stands in the table.
MAPPINGS = {
    "Theorem 3": "Theorem 3: H(u) ≥ H(v)",
    "eq. 29": "eq. 29: H(u|j) ≥ H(v), all j",
    "eq. 32": "eq. 32: H(u) = H(v), A invertible",
    "eq. 33": "eq. 33: H(u) ≤ H(v) + ln r",
    "Assumption 1": "Assumption 1: A singular, largest gain",
    "eqs. 36, 49": "eqs. 36, 49: ratio ≤ β², two sites",
}
# name → network, left and right quantity of ≥
MIXTURES = {
    "eq. 19: H(X) ≥ H(X|z)": ("CP", "input_entropy", "root_entropy"),
    "eq. 19: H(X|z) ≥ Σ H(x|d)": ("CP", "root_entropy", "component_entropy"),
    "eq. 22: H(X) ≥ Σ H(x|d)": ("HT", "input_entropy", "component_entropy"),
    "eq. 35: gain ≤ (2N − 1) ln r": ("HT", "width_bound", "entropy_increase"),
    "eq. 48: gain ≤ (N + 1) ln r": ("CP", "width_bound", "entropy_increase"),
    "eq. 36: ratio ≤ βᴸ⁺¹": ("HT", "ratio_bound", "entropy_ratio"),
    "eq. 49: ratio ≤ β²": ("CP", "ratio_bound", "entropy_ratio"),
}
SHADES = LinearSegmentedColormap.from_list("shares", ["#ffffff", "#f6c9a8", VERMILLION])
ROUNDING = 1e-9  # nats


def draw(table: pd.DataFrame, claims: pd.DataFrame) -> dict[str, Figure]:
    """Every figure of the experiment by its part; a part without rows says so."""
    refuse_unknown(table, network=("CP", "HT"), average=AVERAGES)
    parts = {"": law, "statements": statements, "levels": levels, "activations": activations, "checks": checks}
    return drawn(parts, table)


def families(table: pd.DataFrame) -> list[str]:
    """Families that the table has, in the figures' order."""
    return [family for family in FAMILIES if family in present(table, "family")]


def legend(names: list[str]) -> list[Line2D]:
    """Entries of the families."""
    return [key(name, color=FAMILIES[name][0], marker=FAMILIES[name][1]) for name in names]


def sizes(axes: Axes, table: pd.DataFrame) -> None:
    """Numbers of sites on a logarithmic axis."""
    axes.set_xscale("log", base=2)
    axes.xaxis.set_major_locator(FixedLocator(present(table, "sites")))
    plain_numbers(axes, "x")
    axes.set_xlabel("Sites N")


def law(table: pd.DataFrame) -> Figure | None:
    """Increase per site against N, a panel per network and kind of leaves, with the bounds."""
    found = rows(table, average="consistent", quantity=("entropy_increase", "mapping_bound"))
    found = rows(found, family=tuple(FAMILIES))
    if found.empty:
        return None
    made = figure(PAGE, 3.3)
    shown = (("HT", DISCRETE, "HT, discrete"), ("CP", DISCRETE, "CP, discrete"), ("HT", ("Gaussian",), "HT, densities"))
    panels = made.subplots(1, len(shown), sharex=True, sharey=True)
    for number, (axes, (network, leaves, title)) in enumerate(zip(panels, shown, strict=True)):
        own = rows(found, network=network, leaves=leaves)
        own = own.assign(value=own["value"] / own["sites"].astype(float))
        for family in families(own):
            colour, marker = FAMILIES[family]
            line: Style = {"color": colour, "marker": marker, "markersize": 4, "linewidth": 0.8}
            curves(axes, rows(own, family=family, quantity="entropy_increase"), x="sites", **line)
            line |= {"linestyle": ":", "markersize": 2.4, "markerfacecolor": "white", "markeredgewidth": 0.6}
            if family != "codebook":
                curves(axes, rows(own, family=family, quantity="mapping_bound"), x="sites", band=False, **line)
        for quantity, dash in (("width_bound", "-"), ("site_bound", "--")):
            # that of the random families: all have the same states
            bound = rows(table, quantity=quantity, average="consistent", network=network, family="dirichlet", seed=0)
            bound = bound.drop_duplicates("sites").sort_values("sites")
            axes.plot(bound["sites"], bound["value"] / bound["sites"].astype(float), color=BLACK, linestyle=dash)
        axes.set_yscale("log")
        axes.set_ylim(bottom=0.003)
        sizes(axes, found)
        panel(axes, number, title)
    panels[0].set_ylabel("(H(X) − Σ H(x|d)) / N (nats)")
    plain_numbers(panels[0])
    entries = [
        key("(2N − 1) ln r, CP (N + 1) ln r", color=BLACK),
        key("N ln r (ours)", color=BLACK, linestyle="--"),
        key("the same with measured C", linestyle=":", marker="o", markersize=2.4, markerfacecolor="white"),
    ]
    made.legend(handles=[*entries, *legend(families(found))], loc="outside upper center", ncols=5)
    return made


def statements(table: pd.DataFrame) -> Figure | None:
    """Shares of violations: statements of single mappings by kind of components, and of whole mixtures."""
    single = rows(table, quantity="share_violated", statement=tuple(MAPPINGS), case="worst draw")
    if single.empty:
        return None
    made = figure(PAGE, 3.6)
    places = made.add_gridspec(2, 2)
    shown = {"categorical": "single mappings, discrete", "Gaussian": "single mappings, densities"}
    for number, (leaves, title) in enumerate(shown.items()):
        axes = made.add_subplot(places[number, 0])
        names = [name for name in MAPPINGS if len(rows(single, statement=name, leaves=leaves))]
        grid = [[mapping_share(table, name, average, leaves) for average in AVERAGES] for name in names]
        found = [[known_counterexample(table, name, average, leaves) for average in AVERAGES] for name in names]
        matrix(axes, np.array(grid), [MAPPINGS[name] for name in names], np.array(found))
        panel(axes, number, title)
    axes = made.add_subplot(places[:, 1])
    grid = [[mixture_share(table, *case, average) for average in AVERAGES] for case in MIXTURES.values()]
    matrix(axes, np.array(grid), list(MIXTURES), np.zeros((len(MIXTURES), len(AVERAGES)), dtype=bool))
    panel(axes, 2, "whole mixtures, discrete")
    note(made, "* none of the draws, but a counterexample was found by search")
    return made


def mapping_share(table: pd.DataFrame, statement: str, average: str, leaves: str) -> float:
    """Fraction of all mappings, whatever their family, that violate a statement; NaN where it wasn't tried."""
    own = rows(table, statement=statement, average=average, leaves=leaves, case="worst draw")
    violated, count = (
        rows(own, quantity=quantity).set_index("family")["value"] for quantity in ("share_violated", "mappings")
    )
    return float((violated * count).sum() / count.sum()) if len(count) else math.nan


def known_counterexample(table: pd.DataFrame, statement: str, average: str, leaves: str) -> bool:
    """Whether the smallest case on record violates a statement."""
    own = rows(table, statement=statement, average=average, leaves=leaves, family="smallest")
    return bool((rows(own, quantity="smallest_margin")["value"] < -ROUNDING).any())


def mixture_share(table: pd.DataFrame, network: str, left: str, right: str, average: str) -> float:
    """Fraction of the exact mixtures whose left quantity falls below the right one."""
    own = rows(table, network=network, average=average, method="exact")
    wide = aligned(own, ("family", "leaves", "sites", "seed"), (left, right))
    return float((wide[left] < wide[right] - ROUNDING).mean()) if len(wide) else math.nan


def matrix(axes: Axes, shares: np.ndarray, names: list[str], found: np.ndarray) -> None:
    """Shares as shaded cells with their numbers: a dash where nothing was tried, a star where only a search `found`."""
    axes.imshow(np.nan_to_num(shares), cmap=SHADES, vmin=0, vmax=1.3, aspect="auto")
    for (row, column), share in np.ndenumerate(shares):
        text = "–" if math.isnan(share) else f"{100 * share:.2g} %" if 0 < share < 1 else f"{100 * share:g} %"
        text += "*" if share == 0 and found[row, column] else ""
        axes.text(column, row, text, ha="center", va="center", fontsize=7.5)
    axes.set_xticks(range(len(AVERAGES)), list(AVERAGES.values()))
    axes.set_yticks(range(len(shares)), names)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    axes.set_xlabel("Violations, by average")


def levels(table: pd.DataFrame) -> Figure | None:
    """C and β by level at the largest N, and the ratio of the whole beside its bound against N."""
    found = rows(table, network="HT", leaves=DISCRETE, average="consistent")
    if found.empty:
        return None
    deep = rows(found, sites=max(present(found, "sites")))
    made = figure(PAGE, 4.6)
    panels = made.subplots(2, 2).ravel()
    for family in families(found):
        colour, marker = FAMILIES[family]
        line: Style = {"color": colour, "marker": marker, "markersize": 4, "linewidth": 0.9}
        curves(panels[0], rows(deep, family=family, quantity="mapping_increase"), x="level", **line)
        for axes, chosen, quantity, x in (
            (panels[1], deep, "mapping_ratio", "level"),
            (panels[2], found, "entropy_ratio", "sites"),
            (panels[3], found, "ratio_bound", "sites"),
        ):
            own = rows(chosen, family=family, quantity=quantity)
            curves(axes, own.assign(value=np.log(own["value"])), x=x, **line)
    width = rows(deep, quantity="site_bound", family="dirichlet")["value"]
    if len(width):
        panels[0].axhline(width.iloc[0] / max(present(found, "sites")), color=BLACK, linestyle="--", linewidth=0.9)
    titles = ("C by level", "β by level", "ratio of the whole network", "its bound, βᴸ⁺¹")
    labels = ("Largest H(u) − H(v) (nats)", "Largest ln(H(u) / H(v))", "ln(H(X) / Σ H(x|d))", "(L + 1) ln β")
    for number, (axes, title, label) in enumerate(zip(panels, titles, labels, strict=True)):
        panel(axes, number, title)
        axes.set_ylabel(label)
        axes.set_ylim(bottom=0)
    for axes in panels[:2]:
        axes.xaxis.set_major_locator(FixedLocator(present(deep, "level")))
        axes.set_xlabel("Level of the mapping")
    for axes in panels[2:]:
        sizes(axes, found)
    entries = [key("ln r", color=BLACK, linestyle="--"), *legend(families(found))]
    made.legend(handles=entries, loc="outside upper center", ncols=4)
    return made


def activations(table: pd.DataFrame) -> Figure | None:
    """Change of entropy: by sigmoid against the entropy before, by ReLU against P(X ≤ 0)."""
    wide = aligned(table, ("activation", "variable", "case"), ("entropy_before", "entropy_after", "share_at_zero"))
    if wide.empty:
        return None
    wide["change"] = wide["entropy_after"] - wide["entropy_before"]
    made = figure(PAGE, 2.5)
    panels = made.subplots(1, 2)
    marks = {"density": (BLUE, "o"), "discrete": (VERMILLION, "s")}
    across = {"sigmoid": ("entropy_before", "H(X) (nats)"), "ReLU": ("share_at_zero", "P(X ≤ 0)")}
    for axes, (activation, (quantity, label)) in zip(panels, across.items(), strict=True):
        for variable, (colour, marker) in marks.items():
            own = rows(wide, activation=activation, variable=variable)
            axes.plot(own[quantity], own["change"], marker, color=colour, markersize=4.5, alpha=0.8, label=variable)
        axes.axhline(0, color=GREY, linewidth=0.8, linestyle=":")
        axes.set_xlabel(label)
        axes.set_ylabel("H(Y) − H(X) (nats)")
    panel(panels[0], 0, "sigmoid")
    panel(panels[1], 1, "ReLU, densities in bins of 1/256")
    panels[0].axhline(-math.log(4), color=BLACK, linewidth=0.9, linestyle="--", label="−ln 4")
    panels[0].legend(loc="lower left")
    return made


def checks(table: pd.DataFrame) -> Figure | None:
    """Deviations of sampled entropies in standard errors, and likelihood against steps of training."""
    wide = aligned(table, ("network", "family", "leaves", "sites", "seed"), ("sampling_deviation", "sampling_limit"))
    training = rows(table, family="trained", network="HT", quantity="log_likelihood")
    if wide.empty or training.empty:
        return None
    made = figure(PAGE, 2.5)
    panels = made.subplots(1, 2)
    # the limit is four standard errors; where every draw says the same there is none
    errors = wide["sampling_limit"] / 4
    distances = (wide["sampling_deviation"] / errors)[errors > ROUNDING]
    edges = np.linspace(0, 4, 17)
    panels[0].hist(distances, edges, density=True, color=BLUE, alpha=0.7, label=f"{len(distances)} mixtures")
    at = np.linspace(0, 4, 81)
    panels[0].plot(at, 2 * np.exp(-(at**2) / 2) / math.sqrt(2 * math.pi), color=BLACK, label="normal")
    panels[0].set_xlabel("|sampled − exact H(X)| / standard error")
    panels[0].set_ylabel("Density")
    panels[0].legend()
    panel(panels[0], 0, "entropies from draws")
    last = int(training["step"].max())
    shown = by_rank(present(training, "sites"), SIZES)
    for sites, (colour, marker) in shown.items():
        line: Style = {"color": colour, "marker": marker, "markersize": 3.5, "markevery": 5, "linewidth": 0.9}
        curves(panels[1], rows(training, sites=sites), x="step", **line)
        held_out = rows(table, family="trained", network="HT", sites=sites)
        for quantity, face in (("test_log_likelihood", "full"), ("independent_log_likelihood", "none")):
            if seeds := per_seed(rows(held_out, quantity=quantity)):
                panels[1].plot(1.08 * last, np.mean(seeds), marker, color=colour, fillstyle=face, markersize=5)
    panels[1].set_xlabel("Step of expectation-maximisation")
    panels[1].set_ylabel("ln P(X) / N (nats)")
    panel(panels[1], 1, "digits, HT")
    entries = [key(f"N = {sites}", color=colour, marker=marker) for sites, (colour, marker) in shown.items()]
    marks = [
        key("test images", marker="o", linestyle="none"),
        key("the same,\nindependent pixels", marker="o", fillstyle="none", linestyle="none"),
    ]
    made.legend(handles=[*entries, *marks], loc="outside right center")
    return made
