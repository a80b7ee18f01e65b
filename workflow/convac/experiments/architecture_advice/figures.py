"""Figures of architecture_advice, drawn from its tidy table and its verdicts."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from convac.plotting.gains import above_gains, gains_below, judged
from convac.plotting.geometries import abreast
from convac.plotting.looks import Look, looks, ordered, refuse_unknown
from convac.plotting.primitives import dots, drawn, key, level_line, note, panel, per_seed, present, rows, whiskers
from convac.plotting.style import BLACK, BLUE, GREEN, GREY, ORANGE, PAGE, PURPLE, VERMILLION, figure
from convac.statistics import mean_interval

ADVISED, BEST = "advised", "best"
CANDIDATES: dict[str, Look] = {
    "square": (BLUE, "s"),
    "mirror": (VERMILLION, "D"),
    "mirror columns": (ORANGE, "d"),
    "line": (BLUE, "<"),
    "dilated": (GREEN, "v"),
    "random": (ORANGE, "X"),
    "rearranged": (PURPLE, "P"),
    "structured": (BLACK, "o"),
    "free": (GREEN, "^"),
}
RANKINGS: dict[str, Look] = {"score": (BLUE, "o"), "correlation": (PURPLE, "P")}
RANKING_NAMES = {"score": "score of the advice", "correlation": "low correlation across the tree"}
PROFILES: dict[str, Look] = {
    ADVISED: (BLACK, "o"),
    "uniform": (GREEN, "^"),
    "wide-base": (BLUE, "s"),
    "wide-tip": (VERMILLION, "D"),
}
PARTS = ("tuned", "held out", "widths", "silent")
COLUMNS = 5  # panels abreast
CHANCE = 0.5  # of two classes
KEY = ["task", "places"]


def draw(table: pd.DataFrame, claims: pd.DataFrame) -> dict[str, Figure]:
    """Every figure of the experiment by its part; a part without rows says so."""
    refuse_unknown(table, geometry=(*CANDIDATES, ADVISED, BEST), part=PARTS, ranking=(*RANKINGS, "chance"))
    parts = {
        "": candidates,
        "regret": lambda found: regret(found, claims),
        "widths": lambda found: widths(found, claims),
    }
    return drawn(parts, table)


def tasks(table: pd.DataFrame) -> list[tuple[str, str, str]]:
    """Tasks whose trees are compared: part, task, places; tuned ones first, plain ones before permuted ones."""
    if not {"part", *KEY} <= set(table):
        return []
    found = rows(table, part=PARTS[:2])[["part", *KEY]].drop_duplicates()
    kinds = [(str(part), str(task), str(places)) for part, task, places in found.itertuples(index=False)]
    return sorted(kinds, key=lambda kind: (PARTS.index(kind[0]), kind[2] == "permuted", kind[1]))


def shown(task: str, places: str) -> str:
    """A task as figures call it."""
    return task if places == "plain" else f"{task} †"


def candidates(table: pd.DataFrame) -> Figure | None:
    """Test accuracy of every candidate, a panel for each task, by ascending score; the advised network's as a line."""
    kinds = tasks(table)
    if not kinds:
        return None
    lines = -(-len(kinds) // COLUMNS)
    made = figure(PAGE, 1.0 + 1.65 * lines)
    grid = made.subplots(lines, COLUMNS, squeeze=False, sharey=True)
    for number, axes in enumerate(grid.ravel()):
        if number >= len(kinds):
            axes.set_axis_off()
            continue
        part, task, places = kinds[number]
        one_task(axes, rows(table, part=part, task=task, places=places))
        panel(axes, number, shown(task, places) + (" *" if part == "held out" else ""))
        if number % COLUMNS == 0:
            axes.set_ylabel("Test accuracy")
    names = ordered(set(present(table, "geometry")) & set(CANDIDATES), tuple(CANDIDATES))
    keys = [key(name, color=CANDIDATES[name][0], marker=CANDIDATES[name][1], linestyle="") for name in names]
    made.legend(
        handles=[*keys, key("advised", color=BLACK), key("chance", linestyle=":", linewidth=0.9)],
        loc="outside upper center",
        ncols=5,
    )
    note(
        made,
        "from left to right by ascending score of the tree; bars: 95 % intervals over seeds",
        "triangle at the foot: chosen by the advice, the larger the more often",
        "*: held-out task; †: pixels permuted alike in all images",
    )
    return made


def one_task(axes: Axes, table: pd.DataFrame) -> None:
    """Candidates of one task by their mean score, the advised accuracy as a line, what was advised marked below."""
    accuracy, scores = rows(table, quantity="test_accuracy"), rows(table, quantity="advice_score")
    means = scores.groupby("geometry")["value"].mean().astype(float).sort_values()
    advised = rows(accuracy, geometry=ADVISED)
    for place, name in enumerate(means.index):
        dots(axes, place, per_seed(rows(accuracy, geometry=name)), *CANDIDATES[name], aside=None)
        share = float((advised["chosen"] == name).mean()) if len(advised) else 0.0
        if share:
            axes.plot(
                [place], [0.06], marker="^", markersize=2 + 4 * share, color=BLACK, transform=axes.get_xaxis_transform()
            )
    if len(advised):
        level_line(axes, float(advised["value"].astype(float).mean()), "-")
    level_line(axes, CHANCE, ":")
    axes.set_ylim(0.38, 1.02)
    axes.set_xticks([])
    axes.set_xlim(-0.7, max(len(means) - 0.3, 0.7))


def regret(table: pd.DataFrame, claims: pd.DataFrame) -> Figure | None:
    """Advised less best candidate, and how rankings order candidates, task by task; the claims about both below."""
    kinds = tasks(table)
    if not kinds:
        return None
    gains = {"claims": judged(claims, REGRETS)}
    made, upper, below = above_gains(1.2 + 0.2 * len(kinds), gains)
    left, right = upper.subplots(1, 2, sharey=True)
    for place, (part, task, places) in enumerate(kinds):
        own = rows(table, part=part, task=task, places=places)
        sideways(left, place, differences(own), (BLACK, "o"))
        agreement = rows(own, quantity="rank_agreement")
        for (name, look), shift in zip(RANKINGS.items(), abreast(len(RANKINGS), 0.2), strict=True):
            sideways(right, place + shift, rows(agreement, ranking=name).groupby("seed")["value"].mean(), look)
    names = [
        f"{task}{', permuted' if places == 'permuted' else ''}{' *' if part == 'held out' else ''}"
        for part, task, places in kinds
    ]
    left.set_yticks(range(len(kinds)), names)
    left.set_ylim(len(kinds) - 0.5, -0.5)
    for each, level in ((left, -0.01), (right, 0.7)):
        each.axvline(0, color=GREY, linewidth=0.8, zorder=1)
        each.axvline(level, color=VERMILLION, linestyle="--", linewidth=0.9, zorder=1)
        each.grid(axis="x")
    left.set_xlabel("Test accuracy, advised − best candidate")
    right.set_xlabel("Kendall’s τ with test accuracy")
    panel(left, 0, "Advised and best")
    panel(right, 1, "Order of candidates")
    keys = [key(RANKING_NAMES[name], color=look[0], marker=look[1], linestyle="") for name, look in RANKINGS.items()]
    upper.legend(handles=keys, loc="outside upper center", ncols=2)
    note(
        made,
        "bars: 95 % intervals over seeds; *: held-out task; dashed: −0.01, and τ = 0.7",
        *gains_below(below, 2, gains, "Gain in test accuracy, or τ"),
    )
    return made


REGRETS = {
    "architecture-advice-regret-held-out": "advised − best, held-out tasks",
    "architecture-advice-regret-all": "advised − best, all tasks",
    "architecture-advice-rival": "advised − rearranged, held-out tasks",
    "architecture-advice-order-held-out": "τ with the score, held-out tasks",
    "architecture-advice-order-all": "τ with the score, all tasks",
    "architecture-advice-order-correlation": "τ, score − correlation",
    "architecture-advice-permuted-closedness": "closedness, permuted − plain",
    "architecture-advice-permuted-digits-local": "digits local, permuted − plain",
    "architecture-advice-permuted-symmetry": "symmetry, permuted − plain",
}
GAINS = {
    f"architecture-advice-widths-{rival}": f"advised over {rival}" for rival in ("uniform", "wide-base", "wide-tip")
}


def differences(table: pd.DataFrame) -> pd.Series:
    """Test accuracy of the advised network less that of the best candidate, by seed."""
    accuracy = rows(table, quantity="test_accuracy")
    one, other = (rows(accuracy, geometry=name).set_index("seed")["value"].astype(float) for name in (ADVISED, BEST))
    return (one - other).dropna()


def sideways(axes: Axes, place: float, values: pd.Series, look: Look) -> None:
    """A mean with its 95 % interval along the horizontal axis; differences of accuracies and τ lie within ±1."""
    if values.empty:
        return
    interval = mean_interval(values.astype(float).tolist())
    below, above = whiskers(interval)
    colour, marker = look
    axes.errorbar(
        interval.mean,
        place,
        xerr=[[min(below, interval.mean + 1)], [min(above, 1 - interval.mean)]],
        color=colour,
        marker=marker,
        markersize=3.2,
        elinewidth=0.9,
        capsize=2,
    )


def widths(table: pd.DataFrame, claims: pd.DataFrame) -> Figure | None:
    """Test and train accuracy of width profiles, a place for each task; what the advised one gains below."""
    found = rows(table, part="widths", quantity="test_accuracy")
    names = ordered(present(found, "task"), ("digits local", "digits between", "digits global"))
    if not names:
        return None
    gains = {"gains": judged(claims, GAINS)}
    made, upper, below = above_gains(2.4, gains)
    axes = upper.subplots()
    series = looks(present(found, "profile"), PROFILES)
    for place, task in enumerate(names):
        for (name, look), shift in zip(series.items(), abreast(len(series), 0.16), strict=True):
            dots(axes, place + shift, per_seed(rows(found, task=task, profile=name)), *look, aside=0.05)
    axes.set_xticks(range(len(names)), [f"{name}\n{advised_widths(found, name)}" for name in names])
    axes.set_xlim(-0.5, len(names) - 0.5)
    axes.tick_params(axis="x", length=0)
    axes.set_ylabel("Test accuracy")
    axes.grid(axis="y")
    panel(axes, 0, "Profiles of equal parameters")
    keys = [key(name, color=look[0], marker=look[1], linestyle="") for name, look in series.items()]
    upper.legend(handles=keys, loc="outside upper center", ncols=len(keys))
    note(
        made,
        "bars: 95 % intervals over seeds; below a task: the advised widths, from the sites up",
        *gains_below(below, 1, gains, "Gain in test accuracy"),
    )
    return made


def advised_widths(table: pd.DataFrame, task: str) -> str:
    """The advised widths of a task."""
    return ", ".join(str(each).replace("-", " ") for each in present(rows(table, task=task, profile=ADVISED), "widths"))
