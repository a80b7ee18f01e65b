"""What is gained over what, with the ledger's intervals and verdicts: a row a claim, in its own panel."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from convac.plotting.primitives import panel, verdict
from convac.plotting.style import BLACK, GREY, PAGE, VERMILLION, figure

Line = tuple[str, pd.Series]  # what a gain is of, in a few words, and its claim's line in the ledger
Groups = Mapping[str, Sequence[Line]]  # gains by the title of their panel

ABOUT_GAINS = "bars of gains: corrected intervals; dashed: claimed threshold; verdicts: docs/verdicts.md"


def judged(claims: pd.DataFrame, named: Mapping[str, str]) -> list[Line]:
    """The ledger's lines of claims by id, with words for each; those that weren't run are left out.

    >>> found = {"mean": -0.02, "low": -0.03, "high": -0.01, "verdict": "contradicted"}
    >>> claims = pd.DataFrame([{"id": "tips", **found}])
    >>> [(words, float(line["mean"])) for words, line in judged(claims, {"tips": "wide tips", "bases": "wide bases"})]
    [('wide tips', -0.02)]
    """
    lines = [(words, verdict(claims, name)) for name, words in named.items()]
    return [(words, line) for words, line in lines if line is not None]


def forest_height(lines: Sequence[Line]) -> float:
    """Inches that a panel of so many gains takes, with its title and its axis."""
    return 0.7 + 0.18 * len(lines)


def forest(axes: Axes, lines: Sequence[Line]) -> None:
    """Gains with their corrected intervals and thresholds, a row each, and the verdicts beside them."""
    for place, (_, line) in enumerate(lines):
        ends = [[line["mean"] - line["low"]], [line["high"] - line["mean"]]]
        axes.errorbar(line["mean"], place, xerr=np.nan_to_num(ends, posinf=0), fmt="o", color=BLACK, markersize=3)
        axes.plot([line["threshold"]] * 2, [place - 0.4, place + 0.4], color=VERMILLION, linestyle="--", linewidth=0.9)
    axes.axvline(0, color=GREY, linewidth=0.8, zorder=1)
    axes.set_yticks(range(len(lines)), [f"{words}: {line['verdict']}" for words, line in lines])
    axes.set_ylim(len(lines) - 0.5, -0.5)


def above_gains(height: float, groups: Groups) -> tuple[Figure, SubFigure, list[Axes]]:
    """A page-wide figure, its upper part of so many inches for panels, and axes below, one for each group of gains.

    The parts stand apart, so that the long names of gains don't narrow the panels above.
    """
    below = [forest_height(lines) for lines in groups.values() if lines]
    heights = [height, sum(below)][: 1 + (len(below) > 0)]
    made = figure(PAGE, sum(heights) + 0.2)
    parts = made.subfigures(len(heights), 1, height_ratios=heights, squeeze=False).ravel()
    if not below:
        return made, parts[0], []
    axes = parts[1].subplots(len(below), 1, squeeze=False, sharex=True, height_ratios=below)
    return made, parts[0], list(axes.ravel())


def gains_below(axes: Sequence[Axes], number: int, groups: Groups, label: str) -> list[str]:
    """Draw each group of gains as a panel, and give the line of the figure's note about them; nothing without any.

    Args:
        axes: from `above_gains`, of the same groups.
        number: of the first panel, from 0.
        groups: lines from `judged` by the title of their panel.
        label: of the axis.
    """
    shown = [(title, lines) for title, lines in groups.items() if lines]
    for place, (each, (title, lines)) in enumerate(zip(axes, shown, strict=True)):
        forest(each, lines)
        panel(each, number + place, title)
    if not shown:
        return []
    axes[-1].set_xlabel(label)
    return [ABOUT_GAINS]
