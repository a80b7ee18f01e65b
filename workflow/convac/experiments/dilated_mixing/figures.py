"""Figures of dilated_mixing, drawn from its tidy table and its verdicts."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from convac.plotting.gains import above_gains, gains_below, judged
from convac.plotting.looks import refuse_unknown
from convac.plotting.primitives import (
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
    steps_in,
)
from convac.plotting.style import BLACK, BLUE, GREEN, ORANGE, PAGE, PURPLE, VERMILLION, figure

OPERATORS = {"product": "Products", "rectifier": "Rectifiers"}
LOOKS = {  # (network, highest layer of an exchange) → colour and marker; further ones look like the last
    ("T alone", 0): (BLUE, "o"),
    ("T̄ alone", 0): (PURPLE, "s"),
    ("sum", 0): (ORANGE, "^"),
    ("mixed", 2): (GREEN, "D"),
    ("mixed", 4): (VERMILLION, "v"),
}
SPLITS = {"test_accuracy": True, "train_accuracy": False}  # quantity → filled marker
BASELINES = {"bayes_accuracy": ("--", "Bayes rule"), "additive_accuracy": ("-.", "counts of pairs, added up")}
CHANCE = 0.5
BOTH = 0.5  # share of distant pairs where the label needs both kinds
HALF = "hybrid of half the width"  # isn't drawn
STRUCTURES = {"T": "T", "companion": "T̄", "sum": "sum", "mixed": "mixed", "hybrid": "hybrid"}
SHARINGS = {"shared": "weights shared", "located": "weights per location"}
SIZES = ("o", "^", "s", "D", "v")  # markers of random index sets, by N and r
SIZE_COLOURS = (BLUE, VERMILLION, GREEN, PURPLE, ORANGE)
RANDOM = ("random", "separated")
SHOWN = 4  # example sequences of a class


def draw(table: pd.DataFrame, claims: pd.DataFrame) -> dict[str, Figure]:
    """Every figure of the experiment by its part; a part without rows says so."""
    refuse_unknown(table, operator=OPERATORS, sharing=SHARINGS, structure=(*STRUCTURES, HALF))
    parts = {"": lambda found: comparison(found, claims), "ranks": ranks, "curves": learning, "examples": examples}
    return drawn(parts, table, untrained=("ranks", "examples"))


def networks(table: pd.DataFrame) -> list[tuple[str, int]]:
    """Networks of the table in the order of the figure: trees alone, their sum, mixed ones the farther up the later."""
    if not {"network", "mixed_up_to"} <= set(table):
        return []
    known = table[["network", "mixed_up_to"]].dropna().drop_duplicates()
    found = {(str(name), int(level)) for name, level in zip(known["network"], known["mixed_up_to"], strict=True)}
    order = [name for name, _ in LOOKS]
    return sorted(found, key=lambda each: (order.index(each[0]) if each[0] in order else len(order), each[1]))


def look(network: tuple[str, int]) -> tuple[str, str]:
    """Colour and marker of a network."""
    return LOOKS.get(network, LOOKS["mixed", 4])


def named(network: tuple[str, int], line: str = "\n") -> str:
    """A network's name, on two lines.

    >>> named(("mixed", 4), " "), named(("sum", 0))
    ('mixed to layer 4', 'sum')
    """
    name, level = network
    return f"{name}{line}to layer {level}" if level else name.replace(" ", line)


def comparison(table: pd.DataFrame, claims: pd.DataFrame) -> Figure | None:
    """Accuracy where both kinds of pairs are needed, and that of single trees by the fraction of distant pairs."""
    found = final(rows(table, quantity=tuple(SPLITS), operator=tuple(OPERATORS)))
    both = rows(found, share=BOTH)
    operators = [operator for operator in OPERATORS if len(rows(both, operator=operator))]
    if not operators:
        return None
    named_gains = {f"dilated-mixing-{each}-mixed": f"{OPERATORS[each]}, mixed over sum" for each in operators}
    gains = {"gains, half of the pairs distant": judged(claims, named_gains)}
    made, above, below = above_gains(3.1, gains)
    widths = [*(1.35 for _ in operators), 1]
    panels = above.subplots(1, len(widths), squeeze=False, sharey=True, width_ratios=widths)[0]
    for number, operator in enumerate(operators):
        accuracies(panels[number], rows(both, operator=operator), table)
        panel(panels[number], number, f"{OPERATORS[operator]}, half of the pairs distant")
    by_share(panels[-1], rows(found, operator=operators[0]))
    panel(panels[-1], len(operators), f"{OPERATORS[operators[0]]}, trees alone")
    panels[0].set_ylabel("Accuracy")
    low = min(CHANCE, *(float(value) for value in found["value"]))
    panels[0].set_ylim(low - 0.03, 1.02)
    keys = [key("test (small: single seeds)", marker="o"), key("train", marker="o", markerfacecolor="white")]
    keys += [
        key(name, linestyle=style, linewidth=0.9)
        for quantity, (style, name) in BASELINES.items()
        if len(rows(table, quantity=quantity))
    ]
    made.legend(handles=[*keys, key("chance", linestyle=":", linewidth=0.9)], loc="outside upper center", ncols=5)
    alike = "bars: 95 % intervals over seeds; all networks of an operator are of equal size"
    note(made, alike, *gains_below(below, len(widths), gains, "Gain in test accuracy"))
    return made


def accuracies(axes: Axes, table: pd.DataFrame, whole: pd.DataFrame) -> None:
    """Means with intervals of every network, single seeds beside those of test, above the baselines."""
    for quantity, (style, _) in BASELINES.items():
        known = rows(whole, quantity=quantity)["value"]
        if len(known):
            level_line(axes, float(known.mean()), style)
    level_line(axes, CHANCE, ":")
    every = networks(table)
    for place, network in enumerate(every):
        colour, marker = look(network)
        own = rows(table, network=network[0], mixed_up_to=network[1])
        for split, solid in SPLITS.items():
            side = -0.1 if solid else 0.12
            values = per_seed(rows(own, quantity=split))
            dots(axes, place + side, values, colour, marker, filled=solid, aside=-0.14 if solid else None)
    on_a_line(axes, [named(network).replace(" layer", "\nlayer") for network in every])
    axes.set_xlim(-0.5, len(every) - 0.5)
    axes.grid(axis="y")


def on_a_line(axes: Axes, names: Sequence[str]) -> None:
    """Names below the places 0, 1, … whose first lines stand on one line, whatever accents they have."""
    most = 1 + max((name.count("\n") for name in names), default=0)
    equal = [name + "\n" * (most - 1 - name.count("\n")) for name in names]
    axes.set_xticks(range(len(names)), equal, fontsize=7, va="baseline")  # of the last line
    axes.tick_params(axis="x", length=0, pad=9 * most)


def by_share(axes: Axes, table: pd.DataFrame) -> None:
    """Test accuracy of either tree alone against the fraction of blocks with distant pairs."""
    level_line(axes, CHANCE, ":")
    for network in networks(table)[:2]:
        colour, marker = look(network)
        own = rows(table, network=network[0], quantity="test_accuracy")
        curves(axes, own, x="share", color=colour, marker=marker, label=named(network, " "))
    axes.set_xlabel("Fraction of distant pairs")
    axes.set_xlim(-0.08, 1.08)
    plain_numbers(axes, "x")
    axes.legend()
    axes.grid(axis="y")


def ranks(table: pd.DataFrame) -> Figure | None:
    """The source's example, structure by structure; of every random index set the mixed rank against the sum's."""
    found = rows(table, quantity="rank", structure=tuple(STRUCTURES))
    if found.empty:
        return None
    made = figure(PAGE, 3.0)
    axes, right, far = made.subplots(1, 3, width_ratios=(1.4, 1, 1))
    example(axes, rows(found, ensemble="example"))
    panel(axes, 0, "Source’s example, equal width")
    by_structure = rows(found, ensemble=RANDOM).assign(quantity=found["structure"])
    cases = aligned(by_structure, ("steps", "width", "sharing", "case"), list(STRUCTURES))
    scattered(right, cases, "sum", "mixed")
    panel(right, 1, "Random I: sum")
    scattered(far, cases, "hybrid", "mixed")
    panel(far, 2, "Random I: hybrid")
    made.legend(*axes.get_legend_handles_labels(), loc="outside upper left", ncols=1)
    made.legend(*right.get_legend_handles_labels(), loc="outside upper right", ncols=2)
    note(made, "T̄: the companion tree; I: a set of steps, against the rest; N: steps, r: channels of a layer")
    return made


def example(axes: Axes, table: pd.DataFrame) -> None:
    """Ranks on the source's index set, a bar a structure; with shared weights and without."""
    known = [name for name in STRUCTURES if len(rows(table, structure=name))]
    sharings = present(table, "sharing")
    for number, sharing in enumerate(sharings):
        values = [rows(table, structure=name, sharing=sharing)["value"].mean() for name in known]
        places = np.arange(len(known)) + (number - (len(sharings) - 1) / 2) * 0.4
        axes.bar(places, values, 0.38, color=(BLUE, ORANGE)[number % 2], label=SHARINGS[sharing])
    for place, name in enumerate(known):
        found = rows(table, structure=name).groupby("sharing")["value"].mean()
        words = " | ".join(f"{value:.0f}" for value in dict.fromkeys(found))  # one number where both are equal
        axes.annotate(words, (place, found.max()), (0, 2), textcoords="offset points", fontsize=7, ha="center")
    axes.margins(y=0.1)
    on_a_line(axes, [STRUCTURES[name] for name in known])
    axes.set_ylabel("Rank")


def scattered(axes: Axes, cases: pd.DataFrame, across: str, up: str) -> None:
    """The rank of one structure against another's, a point an index set, on logarithmic scales with their diagonal."""
    kinds = sorted(set(zip(cases["steps"].astype(int), cases["width"].astype(int), strict=True)))
    for number, (steps, width) in enumerate(kinds):
        own = rows(cases, steps=steps, width=width)
        colour, marker = SIZE_COLOURS[number % len(SIZE_COLOURS)], SIZES[number % len(SIZES)]
        shape: dict[str, Any] = {"color": colour, "marker": marker, "markerfacecolor": "none"}
        label = f"N = {steps}, r = {width}"
        axes.plot(own[across], own[up], linestyle="none", markersize=3.6, alpha=0.7, label=label, **shape)
    if len(cases):
        ends = [1, 2 * float(cases[[across, up]].to_numpy().max())]
        axes.plot(ends, ends, color=BLACK, linewidth=0.8, zorder=1)
    axes.set_xscale("log", base=2)
    axes.set_yscale("log", base=2)
    plain_numbers(axes, "xy")
    axes.set_xlabel(f"Rank, {STRUCTURES[across]}")
    axes.set_ylabel(f"Rank, {STRUCTURES[up]}")


def learning(table: pd.DataFrame) -> Figure | None:
    """Test accuracy against step where both kinds of pairs are needed: a panel per operator, a line per network."""
    found = rows(table, quantity="test_accuracy", share=BOTH)
    operators = [operator for operator in OPERATORS if len(rows(found, operator=operator))]
    if not operators:
        return None
    unit, label = steps_in(found)
    made = figure(PAGE, 2.7)
    panels = made.subplots(1, len(operators), sharey=True, squeeze=False)[0]
    for number, (axes, operator) in enumerate(zip(panels, operators, strict=True)):
        own = rows(found, operator=operator)
        for network in networks(own):
            colour, marker = look(network)
            line = rows(own, network=network[0], mixed_up_to=network[1])
            curves(axes, line, unit=unit, color=colour, marker=marker, markersize=3, label=named(network, " "))
        level_line(axes, CHANCE, ":")
        axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
        axes.set_xlabel(label)
        axes.grid(axis="y")
        panel(axes, number, OPERATORS[operator])
    panels[0].set_ylabel("Test accuracy")
    panels[0].set_ylim(min(CHANCE, float(found["value"].min())) - 0.03, 1.02)
    panels[0].legend(loc="upper left")
    note(made, "bands: 95 % intervals over seeds; dotted: chance")
    return made


def examples(table: pd.DataFrame) -> Figure | None:
    """Sequences of either class as rows of coloured symbols, where both kinds of pairs are needed."""
    pixels = rows(table, quantity="pixel", share=BOTH)
    if pixels.empty:
        return None
    shown = first_draw(rows(pixels, cell=present(pixels, "cell")[0]))
    made = figure(PAGE, 1.9)
    panels = made.subplots(2, 1, sharex=True)
    for number, (axes, label) in enumerate(zip(panels, (1, 0), strict=True)):
        own = rows(shown, label=label)
        rows_of = [one_image(group)["value"].to_numpy() for _, group in own.groupby("example")][:SHOWN]
        if rows_of:
            axes.imshow(np.stack(rows_of), cmap="viridis", vmin=0, vmax=1, aspect="auto", interpolation="nearest")
        axes.set_yticks([])
        axes.set_ylabel(f"Label {label}")
        panel(axes, number, "Both kinds of pairs alike as often" if label else "One kind alike more often")
    panels[-1].set_xlabel("Step; a colour per symbol")
    return made
