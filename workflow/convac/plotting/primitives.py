"""Building blocks of the house's figures: selections of the tidy table, curves, dots, image grids, keys."""

import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from textwrap import wrap
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter

from convac.claims.trained import ENOUGH
from convac.errors import ArgumentError
from convac.plotting.style import BLACK, CHARACTERS, FOOTER, GREY, house, placeholder, sentence_case
from convac.specs.tables import FRACTIONS
from convac.statistics import Interval, mean_interval

BAND = "#e9e9e9"
FEWEST = 3  # values of an interval that is drawn
LINE = 0.13  # inches, of a note
NOTE = "note"
RING = "not converged"  # of a mark around a mean
RINGED = f"Ringed: fewer than {ENOUGH:.0%} of the networks behind the point had converged".replace("%", " %")
SETTLED = "settled"  # a column: whether the network of a row had converged
BEFORE = ("untrained", "training", "matched", "label", "baseline")  # phases that aren't the end of a training


def rows(table: pd.DataFrame, **labels: object) -> pd.DataFrame:
    """Rows of the tidy table with these labels (a tuple accepts several); none when it lacks a column.

    >>> len(rows(pd.DataFrame({"task": ["a", "b"]}), task="a")), len(rows(pd.DataFrame(), task="a"))
    (1, 0)
    """
    chosen = table
    for column, value in labels.items():
        if column not in chosen:
            return table.iloc[:0]
        chosen = chosen[chosen[column].isin(list(value) if isinstance(value, tuple) else [value])]
    return chosen


def verdict(claims: pd.DataFrame, name: str) -> pd.Series | None:
    """The ledger's line of a claim; None where it has no statistic, as when it wasn't run."""
    found = rows(claims, id=name)
    return None if found.empty or not math.isfinite(found["mean"].iloc[0]) else found.iloc[0]


def final(table: pd.DataFrame) -> pd.DataFrame:
    """Rows at the last step of their run, and rows without a step."""
    if table.empty or "step" not in table:
        return table
    last = table.groupby(["cell", "seed"], dropna=False)["step"].transform("max")
    return table[(table["step"] == last).fillna(False) | table["step"].isna()]


def present(table: pd.DataFrame, column: str) -> list[Any]:
    """Values of a column as Python's own, ascending, without missing and empty ones."""
    if column not in table:
        return []
    return sorted(value for value in table[column].dropna().unique().tolist() if value != "")


def aligned(table: pd.DataFrame, index: Sequence[str], quantities: Sequence[str]) -> pd.DataFrame:
    """One row a case, with a column for each of some quantities; cases that lack one of them are left out.

    Args:
        table: rows of the tidy table.
        index: columns that tell a case.
        quantities: which become columns, beside those of the index.

    >>> found = pd.DataFrame({"case": [1, 1, 2], "quantity": ["rank", "cut", "rank"], "value": [2.0, 4.0, 8.0]})
    >>> aligned(found, ["case"], ["rank", "cut"]).to_numpy().tolist()
    [[1.0, 2.0, 4.0]]
    """
    found = rows(table, quantity=tuple(quantities))
    if found.empty or not set(index) <= set(found):
        return pd.DataFrame(columns=[*index, *quantities])
    wide = found.pivot_table(index=list(index), columns="quantity", values="value")
    return wide.reindex(columns=list(quantities)).dropna().reset_index()


class Sample(list[float]):
    """Independent observations, one per seed, and what a figure must say of their mean.

    Attributes:
        fraction: whether they are fractions, so that their interval ends at 0 and 1.
        settled: whether enough of the networks behind them had converged, as the ledger demands.
    """

    def __init__(self, values: Iterable[float], *, fraction: bool = False, settled: bool = True) -> None:
        super().__init__(values)
        self.fraction = fraction
        self.settled = settled

    @classmethod
    def of(cls, values: Sequence[float]) -> "Sample":
        """Values as a sample, plain ones as those of no bounds and no training."""
        return values if isinstance(values, cls) else cls(values)

    def ends(self, interval: Interval) -> tuple[float, float]:
        """Ends of an interval of their mean, those of a fraction between 0 and 1; the mean where it is infinite."""
        below, above = whiskers(interval, fraction=self.fraction)
        return interval.mean - below, interval.mean + above


def per_seed(table: pd.DataFrame) -> Sample:
    """The mean value of each seed: the independent observations of a selection."""
    if table.empty:
        return Sample([])
    values = [float(value) for value in table.groupby("seed")["value"].mean()]
    return Sample(values, fraction=fractions(table), settled=settled(table))


def fractions(table: pd.DataFrame) -> bool:
    """Whether all rows are of quantities between 0 and 1.

    >>> fractions(pd.DataFrame({"quantity": ["test_accuracy"]})), fractions(pd.DataFrame({"quantity": ["loss"]}))
    (True, False)
    """
    return "quantity" in table and set(table["quantity"]) <= FRACTIONS


def settled(table: pd.DataFrame) -> bool:
    """Whether enough of the networks behind some rows had converged; true of rows without any that is known."""
    if SETTLED not in table:
        return True
    known = table.drop_duplicates(["cell", "seed"])[SETTLED].dropna()
    return known.empty or float(known.mean()) >= ENOUGH


def with_convergence(table: pd.DataFrame) -> pd.DataFrame:
    """The table with a column that says of rows of networks at the end of training whether they had converged."""
    known = rows(table, quantity="converged")
    if known.empty:
        return table
    states = known[["cell", "seed", "value"]].drop_duplicates(["cell", "seed"]).rename(columns={"value": SETTLED})
    marked = table.drop(columns=SETTLED, errors="ignore").merge(states, on=["cell", "seed"], how="left")
    early = ~marked.index.isin(final(marked).index)
    if "phase" in marked:
        early |= marked["phase"].isin(BEFORE)
    marked.loc[early, SETTLED] = float("nan")
    return marked


def drawn(
    parts: Mapping[str, Callable[[pd.DataFrame], Figure | None]],
    table: pd.DataFrame,
    untrained: Collection[str] = ("examples",),
) -> dict[str, Figure]:
    """Every part's figure in the house's style; a part without rows (None) says so.

    Points whose networks had not converged are ringed. How many those were stands below every part but the
    `untrained` ones, in which no trained network is drawn.
    """
    figures = {}
    marks = not_converged(table)
    table = with_convergence(table)
    for part, draw in parts.items():
        with house():
            made = None if table.empty else draw(table)
            if made and marks and part not in untrained:
                rings = made.findobj(lambda artist: artist.get_gid() == RING)
                note(made, marks, *([RINGED] if rings else []))
        figures[part] = made or placeholder(f"{part or draw.__name__}: no rows in this table")
    return figures


def not_converged(table: pd.DataFrame) -> str:
    """How many networks had not converged, by kind where there are several; empty where all had.

    >>> found = {"cell": ["a", "b"], "seed": 0, "quantity": "converged", "value": [0.0, 1.0]}
    >>> not_converged(pd.DataFrame(found)), not_converged(pd.DataFrame(found).assign(network=["ConvAC", "ConvNet"]))
    ('Not converged: 1 of 2 networks', 'Not converged: 1 of 1 ConvAC')
    """
    found = rows(table, quantity="converged")
    if found.empty:
        return ""
    kinds = found.groupby("network") if "network" in found else [("networks", found)]
    told = [f"{(own['value'] == 0).sum()} of {len(own)} {kind}" for kind, own in kinds if (own["value"] == 0).any()]
    return f"Not converged: {', '.join(told)}" if told else ""


def ring(axes: Axes, at: float, value: float) -> None:
    """A ring around a mean whose networks had not converged."""
    axes.scatter([at], [value], s=52, facecolors="none", edgecolors=BLACK, linewidths=0.8, zorder=4, gid=RING)


def whiskers(interval: Interval, *, fraction: bool = False) -> tuple[float, float]:
    """Lengths of the interval below and above its mean; zero where it is infinite or of fewer than three seeds.

    Student's interval of a fraction may reach beyond 0 or 1, where no value can lie: it ends there. That of two seeds
    reaches six times their distance to either side: the two points say more.

    >>> whiskers(Interval(0.9, 0.7, 1.1, 5))[1] > 0.1, round(whiskers(Interval(0.9, 0.7, 1.1, 5), fraction=True)[1], 3)
    (True, 0.1)
    >>> whiskers(Interval(0.9, 0.1, 1.7, 2))
    (0.0, 0.0)
    """
    low, high = (max(interval.low, 0.0), min(interval.high, 1.0)) if fraction else (interval.low, interval.high)
    if interval.n < FEWEST or not (math.isfinite(interval.low) and math.isfinite(interval.high)):
        return 0.0, 0.0
    return max(interval.mean - low, 0.0), max(high - interval.mean, 0.0)


def curves(axes: Axes, table: pd.DataFrame, x: str = "step", unit: float = 1.0, band: bool = True, **line: Any) -> None:
    """The mean over seeds against a column, with a band of its 95 % interval.

    Points are ringed where the networks had not converged; of a curve of steps, the last at most.

    Args:
        axes: where to draw.
        table: rows of one curve.
        x: the column on the horizontal axis.
        unit: its values are divided by it.
        band: whether to draw the interval.
        line: properties of the line (color, linestyle, label, …).
    """
    if table.empty or x not in table:
        return
    samples = {float(place) / unit: per_seed(table[table[x] == place]) for place in present(table, x)}
    at = list(samples)
    intervals = [mean_interval(sample) for sample in samples.values()]
    drawn = axes.plot(at, [interval.mean for interval in intervals], **line)[0]
    for place, interval in zip(at, intervals, strict=True):
        if not samples[place].settled:
            ring(axes, place, interval.mean)
    ends = [sample.ends(interval) for sample, interval in zip(samples.values(), intervals, strict=True)]
    if band and any(high > low for low, high in ends):
        low, high = zip(*ends, strict=True)
        axes.fill_between(at, low, high, color=drawn.get_color(), alpha=0.2, linewidth=0)


def dots(
    axes: Axes,
    at: float,
    values: Sequence[float],
    colour: str,
    marker: str,
    *,
    filled: bool = True,
    aside: float | None = 0.0,
    logarithmic: bool = False,
) -> None:
    """One mean with its 95 % interval over seeds, the single seeds as points beside it.

    The interval of a fraction ends at 0 and 1, and a ring stands around the mean of networks that had not converged:
    both are known of values from `per_seed`.

    Args:
        axes: where to draw.
        at: position on the horizontal axis.
        values: one per seed; nothing is drawn without any.
        colour, marker, filled: of the mean.
        aside: how far beside the mean the single seeds stand; None leaves them out.
        logarithmic: mean and interval are of the logarithm, for positive values that span decades.
    """
    if not values:
        return
    sample = Sample.of(values)
    interval = mean_interval([math.log(value) for value in values] if logarithmic else values)
    middle, (low, high) = interval.mean, sample.ends(interval)
    if logarithmic:
        below, above = whiskers(interval)
        middle, low, high = (math.exp(end) for end in (middle, middle - below, middle + above))
        high = max(middle, min(high, 1.0)) if sample.fraction else high
    if aside is not None and len(values) > 1:
        axes.scatter([at + aside] * len(values), values, s=3.5, color=colour, alpha=0.55, linewidths=0, zorder=2)
    axes.errorbar(
        at,
        middle,
        yerr=[[middle - low], [high - middle]],
        color=colour,
        marker=marker,
        markerfacecolor=colour if filled else "white",
        markersize=3.6,
        markeredgewidth=0.8,
        elinewidth=0.9,
        capsize=2.5,
        capthick=0.9,
        zorder=3,
    )
    if not sample.settled:
        ring(axes, at, middle)


def first_draw(pixels: pd.DataFrame) -> pd.DataFrame:
    """Of images that are drawn for every seed, those of the first."""
    seeds = present(pixels, "seed")
    return rows(pixels, seed=seeds[0]) if seeds else pixels


def one_image(pixels: pd.DataFrame) -> pd.DataFrame:
    """The pixel rows of one image by site; raises ArgumentError where a site appears twice: images would be mixed."""
    if pixels["site"].duplicated().any():
        raise ArgumentError("table: pixels of several images in one; accepted: those of one draw and example")
    return pixels.sort_values("site")


def picture(pixels: pd.DataFrame) -> np.ndarray:
    """One square image from its pixel rows, shape (side, side)."""
    values = one_image(pixels)["value"].to_numpy(dtype=float)
    side = round(len(values) ** 0.5)
    return values[: side**2].reshape(side, side)


def images(axes: Axes, pictures: Sequence[np.ndarray], columns: int, label: str = "") -> None:
    """Binary or grey pictures of equal size, row by row on a pale ground, in one axes without scales.

    Args:
        axes: where to draw.
        pictures: arrays of shape (height, width), values from 0 to 1; 1 is drawn black.
        columns: pictures in a row.
        label: stands left of the grid.
    """
    gap = 1
    height, width = pictures[0].shape
    down = math.ceil(len(pictures) / columns)
    sheet = np.full((down * (height + gap) + gap, columns * (width + gap) + gap), np.nan)
    for number, picture in enumerate(pictures):
        top, left = gap + number // columns * (height + gap), gap + number % columns * (width + gap)
        sheet[top : top + height, left : left + width] = 1 - picture
    axes.set_facecolor("#b8b8b8")
    axes.imshow(sheet, cmap="gray", vmin=0, vmax=1, aspect="equal")
    axes.set(xticks=[], yticks=[], ylabel=sentence_case(label))
    axes.spines[:].set_visible(False)


def level_line(axes: Axes, value: float, linestyle: str, label: str = "_level") -> None:
    """A horizontal grey line: a baseline or chance."""
    axes.axhline(value, color=GREY, linestyle=linestyle, linewidth=0.9, zorder=1, label=label)


def key(label: str, **properties: Any) -> Line2D:
    """An entry of a legend that stands for several artists."""
    return Line2D([], [], label=label, **{"color": GREY, **properties})


def panel(axes: Axes, number: int, title: str = "") -> None:
    """Head an axes with (a), (b), … and a short title."""
    axes.set_title(f"({chr(ord('a') + number)}) {sentence_case(title)}".strip())


def plain_numbers(axes: Axes, letters: Iterable[str] = "y") -> None:
    """Tick labels as plain numbers, also on log scales: powers of ten would set their exponents too small."""
    for letter in letters:
        axis = axes.xaxis if letter == "x" else axes.yaxis
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}".replace("-", "−")))
        axis.set_minor_formatter(FuncFormatter(lambda value, _: ""))


def told_equal(axes: Axes, equal: int, count: int) -> None:
    """Below the diagonal of a panel: how many of its points lie on it."""
    axes.text(0.97, 0.04, f"{equal} of {count}\nequal", transform=axes.transAxes, fontsize=7, ha="right", va="bottom")


def note(made: Figure, *lines: str) -> None:
    """Small lines below the panels and below earlier notes, above the strip of the provenance; long ones are broken."""
    lines = tuple(sentence_case(line) for line in lines)
    for earlier in [text for text in made.texts if text.get_gid() == NOTE]:
        lines = (*earlier.get_text().split("\n"), *lines)
        earlier.remove()
    most = int(made.get_figwidth() * CHARACTERS)
    lines = tuple(part for line in lines for part in wrap(line, most))
    height = made.get_figheight()
    share = (FOOTER + LINE * len(lines) + 0.05) / height
    made.set_layout_engine(ConstrainedLayoutEngine(rect=(0, share, 1, 1 - share)))
    made.text(0.5, (FOOTER + 0.02) / height, "\n".join(lines), fontsize=7, ha="center", va="bottom", gid=NOTE)


def steps_in(*tables: pd.DataFrame) -> tuple[float, str]:
    """What the steps of an axis are divided by, and its label: long runs are counted in thousands.

    >>> short, long = pd.DataFrame({"step": [0, 1500]}), pd.DataFrame({"step": [0, 2000]})
    >>> steps_in(short), steps_in(short, long)
    ((1.0, 'Step'), (1000.0, 'Step (1,000)'))
    """
    return (1000.0, "Step (1,000)") if max(table["step"].max() for table in tables) >= 2000 else (1.0, "Step")
