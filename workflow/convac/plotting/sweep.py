"""The curve of a sweep: a quantity at the end of training against the values of a key, a line for each network."""

import math
import textwrap
from collections.abc import Sequence
from itertools import chain, combinations
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from convac.errors import ArgumentError
from convac.plotting.looks import by_rank
from convac.plotting.primitives import SETTLED, curves, drawn, final, panel, rows
from convac.plotting.style import COLUMN, PAGE, figure, sentence_case

SWEPT = "sweep_"  # begins the columns of swept keys
LINES = 8  # in a panel, or in all where these have one legend
PANELS = 9
LETTERS = 30  # in a line of a panel's own legend
TICKS = 8  # values that have room for their numbers
USUAL = ("test_accuracy", "rank", "block_rank", "start_end_rank", "entropy")
# columns that tell observations of one line apart
OWN = {"cell", "seed", "step", "example", "site", "quantity", "value", SETTLED}
NONE = "–"  # the label of rows that have none
AS_SWEPT = "as swept"
FLAGS = ("yes", "no")  # labels that mean nothing without their column's name


def in_words(name: str) -> str:
    """A key of the config or a quantity as an axis has it.

    >>> in_words("test_accuracy")
    'Test accuracy'
    """
    return sentence_case(name.replace("_", " "))


def column(key: str) -> str:
    """The column of a swept key."""
    return SWEPT + key.replace(".", "_")


def usual_quantity(table: pd.DataFrame) -> str:
    """The quantity that is drawn unless another one is asked for."""
    counts = table["quantity"].value_counts()
    return next((name for name in USUAL if name in counts), str(counts.index[0]))


def sweep_figure(table: pd.DataFrame, key: str, quantity: str) -> Figure:
    """Mean over seeds with its 95 % interval, where training had ended.

    Args:
        table: the sweep's tidy table, with a column for each swept key.
        key: the key on the horizontal axis.
        quantity: what is drawn.

    Raises:
        ArgumentError: the table has no such quantity.
    """
    known = sorted(table["quantity"].unique())
    if quantity not in known:
        raise ArgumentError(f"--quantity: {quantity} isn't in the table; accepted: {', '.join(known)}")
    return drawn({"": lambda marked: picture(marked, key, quantity)}, table)[""]


def picture(table: pd.DataFrame, key: str, quantity: str) -> Figure:
    """The panels; drawn in the house's style."""
    x = column(key)
    own = final(rows(table, quantity=quantity)).copy()
    values = list(dict.fromkeys(own[x]))
    numeric = all(isinstance(value, int | float) for value in values)
    own["at"] = own[x] if numeric else own[x].map(values.index)
    own, labels = apart(own, x, key)
    split, rest = panels_by(own, labels)
    panels, lines = records(own, split), records(own, rest)
    shown, across = panels[:PANELS], {1: 1, 2: 2, 4: 2}.get(len(panels), 3)
    down = math.ceil(len(shown) / across)
    alike = len(lines) <= LINES and any(lines)
    columns = 2 if across > 1 else 1
    strip = alike * 0.17 * math.ceil(len(lines) / columns)
    made = figure(PAGE if across > 1 else COLUMN, 0.5 + 2.2 * down + strip)
    for number, chosen in enumerate(shown):
        axes = made.add_subplot(down, across, number + 1, sharey=made.axes[0] if number else None)
        draw_lines(axes, rows(own, **chosen), lines)
        if not numeric or len(values) <= TICKS:
            axes.set_xticks(values if numeric else range(len(values)), [str(value) for value in values])
        axes.set(xlabel=in_words(key), ylabel="" if number % across else in_words(quantity))
        if len(shown) > 1:
            panel(axes, number, named(chosen))
        if any(lines) and not alike:
            axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.25), fontsize="x-small")
    if alike:
        entries = dict(pair[::-1] for axes in made.axes for pair in zip(*axes.get_legend_handles_labels(), strict=True))
        made.legend(entries.values(), entries, loc="outside upper left", ncols=columns)
    if len(panels) > PANELS:
        made.suptitle(f"{len(panels) - PANELS} further panels are in the table")
    return made


def panels_by(own: pd.DataFrame, labels: Sequence[str]) -> tuple[list[str], list[str]]:
    """The labels that tell panels apart, and those that tell their lines apart.

    The fewest panels that have no more lines each than can be told apart; if possible the same lines in all, so that
    one legend is enough; and no more panels than are shown.
    """

    def badness(split: tuple[str, ...]) -> tuple[bool, bool, bool, int]:
        rest = [name for name in labels if name not in split]
        panels, different = len(records(own, split)), len(records(own, rest))
        return (lines_in(own, split, rest) > LINES, panels > PANELS, different > LINES, panels)

    subsets = chain.from_iterable(combinations(labels, size) for size in range(len(labels) + 1))
    split = min(subsets, key=badness)
    return list(split), [name for name in labels if name not in split]


def records(own: pd.DataFrame, labels: Sequence[str]) -> list[dict[str, Any]]:
    """The combinations of some labels that there are; without labels the one that all rows have."""
    if not labels:
        return [{}]
    return [dict(zip(labels, values, strict=True)) for values in own[list(labels)].drop_duplicates().to_numpy()]


def draw_lines(axes: Axes, own: pd.DataFrame, lines: Sequence[dict[str, Any]]) -> None:
    """A curve for every line that a panel has rows of; the same line looks alike in all panels where looks suffice."""
    present = [line for line in lines if len(rows(own, **line))]
    looks = by_rank([named(line) for line in (lines if len(lines) <= LINES else present)])
    for line in present:
        colour, marker = looks[named(line)]
        label = named(line) if len(lines) <= LINES else textwrap.fill(named(line), LETTERS)
        curves(axes, rows(own, **line), "at", color=colour, marker=marker, markersize=3.5, label=label)


def lines_in(own: pd.DataFrame, panels: Sequence[str], rest: Sequence[str]) -> int:
    """The most lines in a panel."""
    different = own[[*panels, *rest]].drop_duplicates()
    return int(different.groupby(list(panels)).size().max()) if panels else len(different)


def named(labels: dict[str, Any]) -> str:
    """What a panel or a line is called.

    >>> named({"network": "ConvAC", "width": 16, "task": "–", "fits": "no"})
    'ConvAC, width 16, fits no'
    """
    told = {name: value for name, value in labels.items() if value not in (NONE, AS_SWEPT)}
    plain = {name: isinstance(value, str) and value not in FLAGS for name, value in told.items()}
    return ", ".join(value if plain[name] else f"{name} {value}" for name, value in told.items())


def apart(own: pd.DataFrame, x: str, key: str) -> tuple[pd.DataFrame, list[str]]:
    """The rows of what the sweep changes, and the columns that tell their lines apart.

    Columns that only follow the swept key, such as a number of parameters, or other columns tell none apart; networks
    that are the same at every value, shared by all variants, are left out.
    """
    labels = [str(name) for name in own if name not in OWN | {x, "at"}]
    found = own.copy()
    for name in labels:
        found[name] = own[name].astype(object).where(own[name].notna(), NONE).replace("", NONE)
    word = key.rpartition(".")[2]
    for name in labels:
        if name in (word, word.removesuffix("s")):
            same = found[name].astype(str) == found[x].astype(str)
            found.loc[same, name] = AS_SWEPT
    labels = [name for name in labels if found[name].nunique() > 1]
    for name in list(labels):
        others = [other for other in labels if other != name]
        if follows(found, name, others, x):
            labels = others
    for name in sorted(labels, key=lambda name: not set(found[name]) <= {*FLAGS, NONE}):  # flags say the least
        others = [other for other in labels if other != name]
        if others and found.groupby(others)[name].nunique().max() == 1:  # the others say it already
            labels = others
    if labels:
        changed = found.groupby(labels).filter(lambda part: moves(part, x))
        found = changed if len(changed) else found
    return found, [name for name in labels if found[name].nunique() > 1]


def follows(table: pd.DataFrame, name: str, others: Sequence[str], x: str) -> bool:
    """Whether a column has one value wherever the swept key and the others have theirs, and changes with the key."""
    at_each = table.groupby([x, *others])[name].nunique().max()
    over_all = table.groupby(list(others))[name].nunique().max() if others else table[name].nunique()
    return bool(at_each == 1 and over_all > 1)


def moves(part: pd.DataFrame, x: str) -> bool:
    """Whether the jobs of a line aren't the same at every value of the swept key."""
    return len({frozenset(cells) for _, cells in part.groupby(x)["cell"]}) > 1
