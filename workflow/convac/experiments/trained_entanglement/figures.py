"""Figures of trained_entanglement, drawn from its tidy table."""

from collections.abc import Callable, Iterator, Mapping

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from convac.experiments.trained_entanglement.kept_figure import kept
from convac.plotting.decades import FLOOR, decades, training_steps
from convac.plotting.geometries import abreast, geometries, geometry_keys
from convac.plotting.looks import Look, ordered, refuse_unknown
from convac.plotting.primitives import (
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
    whiskers,
)
from convac.plotting.style import BLACK, GREY, PAGE, figure
from convac.statistics import mean_interval

Looks = Mapping[str, Look]  # of geometries
Draw = Callable[[pd.DataFrame, list[str], Looks], Figure | None]

TASKS = ("closedness", "symmetry")
NETWORKS = {  # names on the axis
    "ConvAC": "ConvAC\npositive",
    "ConvAC signed": "ConvAC\nsigned",
    "ConvRect max": "ConvRect\nmax",
    "ConvRect average": "ConvRect\naverage",
}
CONDITIONS = {
    "conditioned": "pixels in each half",
    "unconditioned": "all images",
    "within class": "one class at a time",
}
CONTROLS = {"shuffled": "shuffled\nlabels", "permuted": "permuted\npixels", "none": "intact"}
SHARE, ENTROPY = "interaction_share", "posterior_entropy"
LABELS = {SHARE: "Interaction share of log-odds", ENTROPY: "Entropy of posterior (nats)"}
MEASURES = {
    "renyi2": "Rényi-2, uniform\nmeasure (nats)",
    "data_renyi2": "Rényi-2, data’s\nbasis (nats)",
    ENTROPY: "Entropy of centred\nposterior (nats)",
}
UNTRAINED, TRAINING, TRAINED, MATCHED, LEARNT, LABEL = (
    "untrained", "training", "trained", "matched", "learnt", "label",
)  # fmt: skip
LABEL_DASHES = "--"
APART = 0.19  # of two geometries from the middle of their network
TOP = 0.975  # height at which learnt seeds are counted, of an axes
MEMORISED = 0.95  # accuracy on training images from which on shuffled labels are a control
OPEN = {"markerfacecolor": "white", "linestyle": ""}
MEASURED = "left | right halves of held-out images with pixels in each; bars: 95 % intervals over seeds"
COUNTED = "above the points: seeds of test accuracy 0.9 or more, of all"


def draw(table: pd.DataFrame, claims: pd.DataFrame) -> dict[str, Figure]:
    """Every figure of the experiment by its part; a part without rows says so."""
    table = rows(table, quantity=tuple(name for name in present(table, "quantity") if name != "pixel"))
    refuse_unknown(table, network=NETWORKS, control=CONTROLS)
    tasks, shown = ordered(present(table, "task"), TASKS), geometries(table)
    parts: dict[str, Draw] = {
        "": dependence, "training": training, "controls": controls, "conditions": conditions, "measures": measures
    }  # fmt: skip

    def made(part: Draw) -> Callable[[pd.DataFrame], Figure | None]:
        return lambda found: part(found, tasks, shown)

    every = {name: made(part) for name, part in parts.items()}
    every["kept"] = lambda found: kept(intact(found), tasks, shown, NETWORKS)
    return drawn(every, table)


def intact(table: pd.DataFrame) -> pd.DataFrame:
    """Rows of networks that nothing was taken away from, of each kind the widest."""
    found = rows(table, control="none")
    if found.empty or "width" not in found:
        return found
    return found[found["width"] == found.groupby("network")["width"].transform("max")]


def dependence(table: pd.DataFrame, tasks: list[str], looks: Looks) -> Figure | None:
    """Share and entropy of every network, trained and untrained, and the share of the label's own score; per task."""
    found = rows(intact(table), condition="conditioned")
    quantities = [name for name in (SHARE, ENTROPY) if len(rows(found, quantity=name, phase=(UNTRAINED, TRAINED)))]
    tasks = [task for task in tasks if len(rows(found, task=task))]
    if not (tasks and quantities):
        return None
    made = figure(PAGE, 0.95 + 2.05 * len(quantities))
    grid = made.subplots(len(quantities), len(tasks), sharey="row", squeeze=False)
    for row, quantity in enumerate(quantities):
        for column, task in enumerate(tasks):
            axes, own = grid[row, column], rows(found, task=task, quantity=quantity)
            for place, network in networks(axes, own):
                both = rows(own, network=network)
                beside(axes, both, place, looks)
                if quantity == SHARE:
                    count_learnt(axes, both, place, looks)
            label_level(axes, per_seed(rows(own, phase=LABEL)))
            panel(axes, row * len(tasks) + column, task.capitalize() if row == 0 else "")
        grid[row, 0].set_ylabel(LABELS[quantity])
    if SHARE in quantities:
        raised(grid[0, 0])
    entries = [*geometry_keys(looks), key("trained (open: untrained)", color=BLACK, marker="o", linestyle="")]
    made.legend(handles=[*entries, *label_keys(found)], loc="outside upper center", ncols=len(entries) + 1)
    note(made, MEASURED, COUNTED)
    return made


def raised(axes: Axes) -> None:
    """Room for the counts above all points."""
    low, high = axes.get_ylim()
    axes.set_ylim(low, high + 0.12 * (high - low))


def label_keys(table: pd.DataFrame) -> list[Line2D]:
    """The legend's entry of the label's own score, where there is one."""
    known = len(rows(table, phase=LABEL)) > 0
    return [key("the label’s own score", color=BLACK, linestyle=LABEL_DASHES, linewidth=0.9)] if known else []


def networks(axes: Axes, own: pd.DataFrame) -> Iterator[tuple[int, str]]:
    """The networks of an axes, from left to right, its scale set up for them."""
    names = ordered(present(rows(own, network=tuple(NETWORKS)), "network"), list(NETWORKS))
    axes.set_xticks(range(len(names)), [NETWORKS[name] for name in names])
    axes.set_xlim(-0.5, max(len(names), 1) - 0.5)
    axes.tick_params(axis="x", length=0)
    axes.grid(axis="y")
    yield from enumerate(names)


def beside(axes: Axes, own: pd.DataFrame, place: float, looks: Looks) -> None:
    """One network: geometries side by side, trained (filled) and untrained (open)."""
    for side, (geometry, (colour, marker)) in zip(abreast(len(looks), APART), looks.items(), strict=True):
        for phase, shift in ((UNTRAINED, -0.08), (TRAINED, 0.06)):
            values = per_seed(rows(own, geometry=geometry, phase=phase))
            aside = 0.07 if phase == TRAINED else None
            dots(axes, place + side + shift, values, colour, marker, filled=phase == TRAINED, aside=aside)


def count_learnt(axes: Axes, own: pd.DataFrame, place: float, looks: Looks) -> None:
    """How many of the seeds have learnt, above each geometry's points."""
    for side, (geometry, (colour, _)) in zip(abreast(len(looks), APART), looks.items(), strict=True):
        trained = len(per_seed(rows(own, geometry=geometry, phase=TRAINED)))
        count = len(per_seed(rows(own, geometry=geometry, phase=LEARNT)))
        where = axes.get_xaxis_transform()
        if trained:
            text = f"{count}/{trained}"
            axes.text(place + side, TOP, text, color=colour, fontsize=7, ha="center", va="top", transform=where)


def label_level(axes: Axes, values: list[float]) -> None:
    """A line at the mean of the label's own score, with its interval over seeds."""
    if not values:
        return
    interval = mean_interval(values)
    below, above = whiskers(interval)
    axes.axhline(interval.mean, color=BLACK, linestyle=LABEL_DASHES, linewidth=0.9, zorder=1, label="_label")
    axes.axhspan(interval.mean - below, interval.mean + above, color=GREY, alpha=0.25, linewidth=0, zorder=0)


def training(table: pd.DataFrame, tasks: list[str], looks: Looks) -> Figure | None:
    """Shares through training: a row per task, a column per network; last the moments of equal loss."""
    found = rows(intact(table), quantity=SHARE, condition="conditioned")
    moments = present(rows(found, phase=(UNTRAINED, TRAINING, TRAINED)), "moment")
    names = ordered(present(found, "network"), list(NETWORKS))
    tasks = [task for task in tasks if len(rows(found, task=task))]
    if not (names and tasks and len(moments) > 1):
        return None
    made = figure(PAGE, 0.95 + 1.7 * len(tasks))
    grid = made.subplots(len(tasks), len(names), sharey=True, squeeze=False)
    for row, task in enumerate(tasks):
        for column, name in enumerate(names):
            axes, own = grid[row, column], rows(found, task=task, network=name)
            through(axes, own, moments, looks)
            label_level(axes, per_seed(rows(found, task=task, phase=LABEL)))
            axes.set_xlabel("Training step")
            title = NETWORKS[name].replace("\n", " ") if row == 0 else ""
            panel(axes, row * len(names) + column, title)
        grid[row, 0].set_ylabel(f"{task.capitalize()}:\nshare")
    entries = [*geometry_keys(looks), *label_keys(found)]
    if len(rows(found, phase=MATCHED)):
        entries.append(key("at equal loss", color=BLACK, marker="*", linestyle="", markersize=5))
    made.legend(handles=entries, loc="outside upper center", ncols=len(entries))
    note(made, MEASURED)
    return made


def through(axes: Axes, own: pd.DataFrame, moments: list[int], looks: Looks) -> None:
    """One network's share at every moment, a line per geometry, and at the right at equal loss."""
    places = training_steps(axes, moments)
    last = max(places.values()) + 1.7
    equal = rows(own, phase=MATCHED)
    for side, (geometry, (colour, marker)) in zip(abreast(len(looks), 0.12), looks.items(), strict=True):
        line = []
        for moment, place in places.items():
            values = per_seed(rows(own, geometry=geometry, moment=moment, phase=(UNTRAINED, TRAINING, TRAINED)))
            dots(axes, place + side, values, colour, marker, filled=moment > 0, aside=None)
            line += [(place + side, mean_interval(values).mean)] if values else []
        if line:
            axes.plot(*zip(*line, strict=True), color=colour, linewidth=0.9, zorder=2)
        dots(axes, last + side, per_seed(rows(equal, geometry=geometry)), colour, "*", aside=None)
    if len(equal):
        axes.set_xticks([*places.values(), last], [*map(str, places), "equal\nloss"])
        axes.set_xlim(-0.55, last + 0.55)
    axes.grid(axis="y")


def controls(table: pd.DataFrame, tasks: list[str], looks: Looks) -> Figure | None:
    """Share and accuracy of every kind of network under each control, before training, and intact."""
    tampered = rows(table, control=("shuffled", "permuted"))
    names = ordered(present(tampered, "network"), list(NETWORKS))
    if not names:
        return None
    task, geometry = present(tampered, "task")[-1], present(tampered, "geometry")[-1]
    own = rows(table, task=task, geometry=geometry, width=tuple(present(tampered, "width")))
    made = figure(PAGE, 4.1)
    grid = made.subplots(2, len(names), sharex=True, sharey="row", squeeze=False)
    for column, name in enumerate(names):
        found = rows(own, network=name)
        shares = rows(found, quantity=SHARE, condition="conditioned")
        label_level(grid[0, column], per_seed(rows(own, quantity=SHARE, phase=LABEL)))
        untrained = per_seed(rows(shares, control="none", phase=UNTRAINED))
        dots(grid[0, column], 0, untrained, *looks[geometry], filled=False, aside=0.16)
        for place, control in enumerate(CONTROLS, start=1):
            own_control = rows(shares, control=control, phase=TRAINED)
            values = per_seed(memorised(own_control, found) if control == "shuffled" else own_control)
            dots(grid[0, column], place, values, *looks[geometry], aside=0.16)
            for quantity, filled, side in (("test_accuracy", True, -0.15), ("train_accuracy", False, 0.15)):
                reached = per_seed(final(rows(found, quantity=quantity, control=control)))
                dots(grid[1, column], place + side, reached, *looks[geometry], filled=filled, aside=None)
        level_line(grid[1, column], 0.5, ":")
        count_memorised(grid[0, column], final(rows(found, quantity="train_accuracy", control="shuffled")))
        for row in (0, 1):
            panel(grid[row, column], row * len(names) + column, NETWORKS[name].replace("\n", " ") if row == 0 else "")
            grid[row, column].grid(axis="y")
        grid[1, column].set_xticks(range(1 + len(CONTROLS)), ["untrained", *CONTROLS.values()], rotation=90)
        grid[1, column].set_xlim(-0.5, len(CONTROLS) + 0.5)
    grid[1, 0].set_ylim(top=1.02)
    raised(grid[0, 0])
    grid[0, 0].set_ylabel("Interaction share")
    grid[1, 0].set_ylabel("Accuracy")
    entries = [*geometry_keys({geometry: looks[geometry]}), *label_keys(own)]
    entries.append(key("open: untrained; accuracy on training images", color=BLACK, marker="o", **OPEN))
    made.legend(handles=entries, loc="outside upper center", ncols=len(entries))
    note(
        made,
        f"{task}; {MEASURED}",
        f"shuffled labels: share of seeds that know {MEMORISED:g} of them, whose number stands above",
    )
    return made


def memorised(shares: pd.DataFrame, found: pd.DataFrame) -> pd.DataFrame:
    """Rows of the seeds that know their shuffled labels by heart: the others are no control."""
    reached = final(rows(found, quantity="train_accuracy", control="shuffled"))
    return shares[shares["seed"].isin(reached.loc[reached["value"] >= MEMORISED, "seed"])]


def count_memorised(axes: Axes, found: pd.DataFrame) -> None:
    """How many seeds have memorised their shuffled labels, of all."""
    values = per_seed(found)
    if values:
        told = f"{sum(value >= MEMORISED for value in values)}/{len(values)}"
        axes.text(1, TOP, told, fontsize=7, ha="center", va="top", transform=axes.get_xaxis_transform())


def conditions(table: pd.DataFrame, tasks: list[str], looks: Looks) -> Figure | None:
    """Shares of trained networks by what their composites are made of: a row per condition, a column per task."""
    found = rows(intact(table), quantity=SHARE, phase=TRAINED)
    shown = [name for name in CONDITIONS if len(rows(found, condition=name))]
    tasks = [task for task in tasks if len(rows(found, task=task))]
    if not (tasks and shown):
        return None
    made = figure(PAGE, 0.85 + 1.45 * len(shown))
    grid = made.subplots(len(shown), len(tasks), sharex=True, sharey=True, squeeze=False)
    for row, condition in enumerate(shown):
        for column, task in enumerate(tasks):
            axes, own = grid[row, column], rows(found, task=task, condition=condition)
            for place, network in networks(axes, own):
                for side, (geometry, look) in zip(abreast(len(looks), APART), looks.items(), strict=True):
                    dots(axes, place + side, per_seed(rows(own, network=network, geometry=geometry)), *look, aside=0.07)
            level_line(axes, 0.0, ":")
            panel(axes, row * len(tasks) + column, task.capitalize() if row == 0 else "")
        grid[row, 0].set_ylabel(f"Share,\n{CONDITIONS[condition]}")
    made.legend(handles=geometry_keys(looks), loc="outside upper center", ncols=len(looks))
    note(made, "left | right halves of held-out images; bars: 95 % intervals over seeds")
    return made


def measures(table: pd.DataFrame, tasks: list[str], looks: Looks) -> Figure | None:
    """ConvACs by three measures: the uniform one spans decades over seeds, those on data don't."""
    found = rows(intact(table), phase=TRAINED, network=("ConvAC", "ConvAC signed"), partition="left-right")
    shown = [name for name in MEASURES if len(rows(found, quantity=name))]
    tasks = [task for task in tasks if len(rows(found, task=task))]
    if not (shown and tasks):
        return None
    made = figure(PAGE, 0.85 + 1.55 * len(shown))
    grid = made.subplots(len(shown), len(tasks), sharex=True, sharey="row", squeeze=False)
    for row, quantity in enumerate(shown):
        own = rows(found, quantity=quantity)
        values = [max(value, FLOOR) for value in own["value"]]
        for column, task in enumerate(tasks):
            axes, here = grid[row, column], rows(own, task=task)
            for place, network in networks(axes, here):
                for side, (geometry, look) in zip(abreast(len(looks), APART), looks.items(), strict=True):
                    seeds = per_seed(rows(here, network=network, geometry=geometry))
                    every_seed(axes, place + side, [max(value, FLOOR) for value in seeds], look)
            panel(axes, row * len(tasks) + column, task.capitalize() if row == 0 else "")
        decades(grid[row, 0], values)
        grid[row, 0].set_ylabel(MEASURES[quantity])
    made.legend(handles=geometry_keys(looks), loc="outside upper center", ncols=len(looks))
    note(made, "trained ConvACs, left | right: every seed, and its median as a large mark")
    return made


def every_seed(axes: Axes, at: float, values: list[float], look: Look) -> None:
    """All seeds beside the median of a network."""
    if values:
        colour, marker = look
        axes.scatter([at + 0.08] * len(values), values, s=5, color=colour, alpha=0.6, linewidths=0, zorder=2)
        axes.plot(at, float(pd.Series(values).median()), color=colour, marker=marker, markersize=4, zorder=3)
