"""Figures of simnets, drawn from its tidy table and its verdicts."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from convac.plotting.gains import above_gains, gains_below, judged
from convac.plotting.geometries import abreast, geometries, geometry_keys
from convac.plotting.looks import Look, looks, ordered, refuse_unknown
from convac.plotting.primitives import (
    curves,
    dots,
    drawn,
    final,
    key,
    level_line,
    note,
    panel,
    per_seed,
    present,
    rows,
    steps_in,
)
from convac.plotting.style import BLACK, BLUE, GREEN, PAGE, VERMILLION, figure

TASKS = ("closedness", "symmetry")
SPLITS = {"test_accuracy": True, "train_accuracy": False}  # quantity → filled marker
BETA_LOOKS: Mapping[str, Look] = {"1": (BLUE, "o"), "4": (GREEN, "^"), "inf": (VERMILLION, "s")}
GEOMETRY_DASHES = ("-", "--", ":", "-.")
CHANCE = 0.5
STUCK = 0.55  # accuracy below which a network counts as at chance
TOP = 1.1  # of the scale of shares, which are unbiased: where nothing is learnt a few lie far above 1
SHARE = "interaction_share"
UNTRAINED, TRAINED, LABEL = "untrained", "trained", "label"
THROUGH = ("untrained", "training", "trained")


def draw(table: pd.DataFrame, claims: pd.DataFrame) -> dict[str, Figure]:
    """Every figure of the experiment by its part; a part without rows says so."""
    refuse_unknown(table, network=("SimNet",))
    table = rows(table, quantity=tuple(name for name in present(table, "quantity") if name != "pixel"))
    tasks = ordered(present(table, "task"), TASKS)
    parts = {
        "": lambda found: comparison(found, claims, tasks),
        "dependence": lambda found: dependence(found, claims, tasks),
        "training": lambda found: training(found, tasks),
    }
    return drawn(parts, table)


def betas(table: pd.DataFrame) -> list[str]:
    """Values of β in the table, ascending, as it writes them."""
    return sorted(present(table, "beta"), key=float)


def named(beta: str) -> str:
    """β as an axis has it.

    >>> named("4"), named("inf")
    ('4', '∞')
    """
    return "∞" if beta == "inf" else beta


def abscissa(axes: Axes, shown: list[str]) -> None:
    """A place for every β."""
    axes.set_xticks(range(len(shown)), [named(beta) for beta in shown])
    axes.set_xlim(-0.5, len(shown) - 0.5)
    axes.tick_params(axis="x", length=0)
    axes.set_xlabel("β of MEX (1: arithmetic circuit, ∞: maximum)")
    axes.grid(axis="y")


def comparison(table: pd.DataFrame, claims: pd.DataFrame, tasks: list[str]) -> Figure | None:
    """Final test and train accuracy of every β and geometry, a panel per task."""
    found = final(rows(table, quantity=tuple(SPLITS)))
    tasks = [task for task in tasks if len(rows(found, task=task))]
    if not tasks:
        return None
    named_gains = {f"simnets-geometry-{task}-inf": f"{task}, β = ∞" for task in tasks}
    gains = {"gains by the geometry that fits the task": judged(claims, named_gains)}
    made, above, below = above_gains(2.9, gains)
    panels = above.subplots(1, len(tasks), sharey=True, squeeze=False)[0]
    shown, series = betas(found), geometries(found)
    for number, (axes, task) in enumerate(zip(panels, tasks, strict=True)):
        for place, beta in enumerate(shown):
            for (geometry, look), shift in zip(series.items(), abreast(len(series), 0.2), strict=True):
                own = rows(found, task=task, beta=beta, geometry=geometry)
                for (split, filled), side in zip(SPLITS.items(), (-1, 1), strict=True):
                    values = per_seed(rows(own, quantity=split))
                    dots(axes, place + shift + 0.06 * side, values, *look, filled=filled, aside=0.07 * side)
        level_line(axes, CHANCE, ":")
        abscissa(axes, shown)
        panel(axes, number, task.capitalize())
    panels[0].set_ylabel("Accuracy")
    panels[0].set_ylim(min(CHANCE, float(found["value"].min())) - 0.03, 1.02)
    keys = [*geometry_keys(series), key("test (open: train)", color=BLACK, marker="o", linestyle="")]
    made.legend(handles=[*keys, key("chance", linestyle=":", linewidth=0.9)], loc="outside upper center", ncols=5)
    told = gains_below(below, len(tasks), gains, "Gain in test accuracy")
    note(made, "bars: 95 % intervals over seeds", *told, *at_chance(found))
    return made


def at_chance(table: pd.DataFrame) -> list[str]:
    """How many networks of each β ended at chance; nothing where none did."""
    tested = rows(table, quantity="test_accuracy")
    counts = {beta: rows(tested, beta=beta)["value"] for beta in betas(tested)}
    told = [f"{(own < STUCK).sum()} of {len(own)} at β = {named(beta)}" for beta, own in counts.items()]
    stuck = bool((tested["value"] < STUCK).any())
    return [f"ended below {STUCK:g} in test accuracy: {', '.join(told)}"] if stuck else []


def dependence(table: pd.DataFrame, claims: pd.DataFrame, tasks: list[str]) -> Figure | None:
    """Interaction share by β and geometry, untrained and trained, and that of the label's own score."""
    found = rows(table, quantity=SHARE, condition="conditioned")
    tasks = [task for task in tasks if len(rows(found, task=task, phase=(UNTRAINED, TRAINED)))]
    if not tasks:
        return None
    named_gains = {
        "simnets-share-geometry-symmetry-inf": "symmetry, β = ∞",
        "simnets-share-geometry": "least over β and tasks",
    }
    gains = {"gain in share by mirror over square pooling": judged(claims, named_gains)}
    made, above, below = above_gains(2.8, gains)
    panels = above.subplots(1, len(tasks), sharey=True, squeeze=False)[0]
    shown, series = betas(found), geometries(found)
    for number, (axes, task) in enumerate(zip(panels, tasks, strict=True)):
        for place, beta in enumerate(shown):
            for (geometry, look), shift in zip(series.items(), abreast(len(series), 0.2), strict=True):
                own = rows(found, task=task, beta=beta, geometry=geometry)
                for phase, side in ((TRAINED, -1), (UNTRAINED, 1)):
                    values = per_seed(rows(own, phase=phase))
                    filled = phase == TRAINED
                    dots(axes, place + shift + 0.06 * side, values, *look, filled=filled, aside=0.07 * side)
        label = per_seed(rows(found, task=task, phase=LABEL))
        if len(label):
            level_line(axes, sum(label) / len(label), "--")
        abscissa(axes, shown)
        panel(axes, number, task.capitalize())
    panels[0].set_ylabel("Interaction share of log-odds")
    single = rows(found, phase=(UNTRAINED, TRAINED))["value"]
    panels[0].set_ylim(min(-0.05, float(single.min()) - 0.05), TOP)
    outside = int((single > TOP).sum())
    beyond = [f"{outside} of {len(single)} single values lie above the scale"] if outside else []
    keys = [*geometry_keys(series), key("trained (open: untrained)", color=BLACK, marker="o", linestyle="")]
    if len(rows(found, phase=LABEL)):
        keys.append(key("the label’s own score", linestyle="--", linewidth=0.9))
    made.legend(handles=keys, loc="outside upper center", ncols=4)
    halves = "left | right halves of held-out images with pixels in each; bars: 95 % intervals"
    told = gains_below(below, len(tasks), gains, "Gain in interaction share")
    note(made, halves, *told, *beyond)
    return made


def training(table: pd.DataFrame, tasks: list[str]) -> Figure | None:
    """Test accuracy and interaction share against step: a column per task, a line per β and geometry."""
    accuracy = rows(table, quantity="test_accuracy")
    share = rows(table, quantity=SHARE, condition="conditioned", phase=THROUGH)
    if "moment" in share:
        share = share.assign(step=share["moment"])
    parts = [(found, label) for found, label in ((accuracy, "Test accuracy"), (share, "Interaction share"))]
    parts = [(found, label) for found, label in parts if len(found)]
    tasks = [task for task in tasks if any(len(rows(found, task=task)) for found, _ in parts)]
    if not tasks:
        return None
    unit, label = steps_in(accuracy if len(accuracy) else share)
    made = figure(PAGE, 0.9 + 1.75 * len(parts))
    grid = made.subplots(len(parts), len(tasks), sharex=True, sharey="row", squeeze=False)
    colours, series = looks(betas(table), BETA_LOOKS), list(geometries(table))
    for row, (found, name) in enumerate(parts):
        for column, task in enumerate(tasks):
            axes = grid[row, column]
            for beta, (colour, _) in colours.items():
                for place, geometry in enumerate(series):
                    own = rows(found, task=task, beta=beta, geometry=geometry)
                    dashes = GEOMETRY_DASHES[place % len(GEOMETRY_DASHES)]
                    curves(axes, own, unit=unit, band=False, color=colour, linestyle=dashes, linewidth=1.1)
            axes.xaxis.set_major_locator(MaxNLocator(5, integer=unit > 1))
            axes.grid(axis="y")
            panel(axes, row * len(tasks) + column, task.capitalize() if row == 0 else "")
        grid[row, 0].set_ylabel(name)
    for axes in grid[-1]:
        axes.set_xlabel(label)
    keys = [key(f"β = {named(beta)}", color=colour) for beta, (colour, _) in colours.items()]
    keys += [
        key(f"{name} pooling", color=BLACK, linestyle=GEOMETRY_DASHES[place % len(GEOMETRY_DASHES)])
        for place, name in enumerate(series)
    ]
    made.legend(handles=keys, loc="outside upper center", ncols=5)
    note(made, "means over seeds")
    return made
