"""Figures of missing_data, drawn from its tidy table and its verdicts."""

import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from convac.plotting.gains import above_gains, gains_below, judged
from convac.plotting.looks import refuse_unknown
from convac.plotting.primitives import (
    curves,
    drawn,
    final,
    first_draw,
    images,
    key,
    level_line,
    note,
    one_image,
    panel,
    per_seed,
    present,
    rows,
    whiskers,
)
from convac.plotting.style import BLACK, BLUE, COLUMN, GREEN, GREY, ORANGE, PAGE, PURPLE, VERMILLION, figure
from convac.statistics import mean_interval

KINDS = {"points": "single pixels missing", "rectangles": "a rectangle missing"}
CHANCE = 0.1
HT, CP, CONVNET = "HT mixture", "CP mixture", "ConvNet"
Labels = Mapping[str, str]
Line = tuple[Labels, dict[str, Any]]

ACCURACY = "missing_accuracy"
MIXTURE = {"quantity": ACCURACY, "network": HT, "objective": "hybrid"}
COMPLETE = {"quantity": ACCURACY, "network": CONVNET, "trained_on": "complete"}
# what is done about missing pixels → how its curve looks
LOOKS: dict[str, dict[str, Any]] = {
    "marginalised": {"color": BLUE, "marker": "o"},
    "neighbour": {"color": GREEN, "marker": "s", "linestyle": (0, (5, 1.5))},
    "mean": {"color": ORANGE, "marker": "^", "linestyle": "--"},
    "zero": {"color": VERMILLION, "marker": "v", "linestyle": "-."},
}
INFORMED: dict[str, dict[str, Any]] = {
    "points": {"color": PURPLE, "marker": "P", "linestyle": (0, (1, 1))},
    "rectangles": {"color": BLACK, "marker": "X", "linestyle": (0, (3, 1, 1, 1))},
}
CP_LINE: Line = ({**MIXTURE, "network": CP}, {"color": BLACK, "marker": "D", "linestyle": "--"})
BASELINES: dict[str, Line] = {
    "nearest neighbour": ({"quantity": "neighbour_accuracy"}, {"color": GREY, "marker": "<", "linestyle": "-."}),
    "naive Bayes": ({"quantity": "naive_bayes_accuracy"}, {"color": GREY, "marker": ">", "linestyle": (0, (1, 1))}),
}
OBJECTIVES: dict[str, Line] = {
    "HT, hybrid": (MIXTURE, LOOKS["marginalised"]),
    "HT, likelihood": (
        {**MIXTURE, "objective": "likelihood"},
        {"color": PURPLE, "marker": "P", "linestyle": (0, (1, 1))},
    ),
    "HT, discriminative": (
        {**MIXTURE, "objective": "discriminative"},
        {"color": BLACK, "marker": "X", "linestyle": (0, (3, 1, 1, 1))},
    ),
}
SPLITS = {"test_accuracy": (True, -0.12), "train_accuracy": (False, 0.12)}  # quantity → filled marker, and its place
NOTHING = "#c6dbef"  # where a pixel is missing


def draw(table: pd.DataFrame, claims: pd.DataFrame) -> dict[str, Figure]:
    """Every figure of the experiment by its part; a part without rows says so.

    Args:
        table: the experiment's tidy table.
        claims: its verdicts, as `convac.claims.claims.evaluate_all` gives them; may be empty.

    Returns:
        `""` accuracy against the fraction of missing pixels, `objectives`, `training`, `examples`.
    """
    handled = ("none", "mask channel", *LOOKS)
    refuse_unknown(table, network=(HT, CP, CONVNET), missing=("none", *KINDS), imputation=handled)
    parts: dict[str, Callable[[pd.DataFrame], Figure | None]] = {
        "comparison": partial(comparison, claims=claims),
        "objectives": partial(objectives, claims=claims),
        "training": training,
        "examples": examples,
    }
    found = drawn(parts, table)
    return {"": found.pop("comparison"), **found}


def comparison(table: pd.DataFrame, claims: pd.DataFrame) -> Figure | None:
    """The mixture beside ConvNets; and beside one of one level, and what needs no training."""
    marginal = marginalised((MIXTURE, LOOKS["marginalised"]))
    fillings = {name: look for name, look in LOOKS.items() if name != "marginalised"}
    networks: list[Line] = [({**COMPLETE, "imputation": name}, look) for name, look in fillings.items()]
    informed = {"quantity": ACCURACY, "network": CONVNET, "imputation": "mask channel"}
    networks += [({**informed, "trained_on": name}, look) for name, look in INFORMED.items()]
    panels = {
        "against ConvNets": [*networks, marginal],
        "against simpler models": [marginalised(CP_LINE), *BASELINES.values(), marginal],
    }
    gains = {
        "against ConvNets": [
            *((f"convnet-{name}", f"ConvNet, {name}") for name in fillings),
            *((f"trained-{name}", f"ConvNet, trained on {name}") for name in INFORMED),
        ],
        "against simpler models": [("depth", CP), ("nearest", "nearest neighbour"), ("naive-bayes", "naive Bayes")],
    }
    keys = [key("mixture (HT), marginalised", **LOOKS["marginalised"])]
    keys += [key(f"ConvNet, {name} imputation", **look) for name, look in fillings.items()]
    keys += [key(f"ConvNet trained on {name}", **look) for name, look in INFORMED.items()]
    keys += [key("CP mixture, marginalised", **CP_LINE[1])]
    keys += [key(f"{name}, known pixels", **look) for name, (_, look) in BASELINES.items()]
    return against_rate(table, claims, panels, gains, keys, "the marginalised mixture")


def marginalised(line: Line) -> Line:
    """The line of a mixture that leaves missing pixels out."""
    labels, look = line
    return {**labels, "imputation": "marginalised"}, look


def objectives(table: pd.DataFrame, claims: pd.DataFrame) -> Figure | None:
    """Marginalised mixtures by objective; the mixture beside itself on filled-in images."""
    fillings = {name: look for name, look in LOOKS.items() if name != "marginalised"}
    itself: list[Line] = [({**MIXTURE, "imputation": name}, look) for name, look in fillings.items()]
    panels = {
        "objectives, marginalised": [marginalised(line) for line in OBJECTIVES.values()],
        "one mixture": [*itself, marginalised((MIXTURE, LOOKS["marginalised"]))],
    }
    gains = {
        "objectives": [("likelihood", "HT, likelihood"), ("objective", "HT, discriminative")],
        "one mixture": [(f"same-{name}", f"{name} imputation") for name in fillings],
    }
    keys = [key(name, **look) for name, (_, look) in OBJECTIVES.items()]
    keys += [key(f"HT, hybrid, {name} imputation", **look) for name, look in fillings.items()]
    return against_rate(table, claims, panels, gains, keys, "HT, hybrid, marginalised")


def training(table: pd.DataFrame) -> Figure | None:
    """Accuracy of every network on training and test images such as it was trained on."""
    found = final(rows(table, quantity=tuple(SPLITS)))
    names = [column for column in ("network", "objective", "trained_on") if column in found]
    if found.empty or len(names) < 3:
        return None
    cases = found.drop_duplicates(names)[names].to_numpy().tolist()
    made = figure(COLUMN, 1.0 + 0.3 * len(cases))
    axes = made.subplots()
    for place, case in enumerate(cases):
        own = rows(found, **dict(zip(names, case, strict=True)))
        for quantity, (filled, aside) in SPLITS.items():
            values = per_seed(rows(own, quantity=quantity))
            if not values:
                continue
            interval = mean_interval(values)
            below, above = whiskers(interval)
            ends = [[min(below, interval.mean)], [min(above, 1 - interval.mean)]]  # an accuracy lies within 0 and 1
            face = BLUE if filled else "white"
            axes.errorbar(
                interval.mean,
                place + aside,
                xerr=ends,
                color=BLUE,
                marker="o",
                markerfacecolor=face,
                markersize=4,
                capsize=2,
            )
    axes.set_yticks(range(len(cases)), [told(*case) for case in cases])
    axes.set_ylim(len(cases) - 0.5, -0.5)
    axes.set_xlim(right=1.0 + 0.02 * (1.0 - axes.get_xlim()[0]))
    axes.set_xlabel("Accuracy")
    axes.grid(axis="x")
    legend = [key(name, color=BLUE, marker="o", linestyle="none", markerfacecolor=face) for name, face in
              (("test", BLUE), ("train", "white"))]  # fmt: skip
    made.legend(handles=legend, loc="outside upper center", ncols=2)
    note(made, "95 % intervals over seeds")
    return made


def told(network: str, objective: str, trained_on: str) -> str:
    """A network in a few words.

    >>> told("HT mixture", "hybrid", "complete"), told("ConvNet", "discriminative", "points")
    ('HT mixture, hybrid', 'ConvNet, missing points')
    """
    if network != CONVNET:
        return f"{network}, {objective}"
    return f"{network}, {'complete' if trained_on == 'complete' else f'missing {trained_on}'}"


def against_rate(
    table: pd.DataFrame,
    claims: pd.DataFrame,
    panels: Mapping[str, list[Line]],
    gains: Mapping[str, list[tuple[str, str]]],
    keys: list[Any],
    about: str,
) -> Figure | None:
    """Accuracy against the fraction of missing pixels: a row per panel name, a column per kind; below, what is gained.

    Args:
        table: the tidy table.
        claims: the verdicts.
        panels: by row, labels of its curves' rows and how they look.
        gains: by row, the claims (their ids after the kind) whose gains are drawn, and over what.
        keys: the legend's entries.
        about: whose gains those are.
    """
    found = rows(table, quantity=(ACCURACY, *(labels["quantity"] for labels, _ in BASELINES.values())))
    kinds = [kind for kind in KINDS if len(rows(found, missing=kind))]
    if not kinds or "rate" not in found:
        return None
    over = [each for every in gains.values() for each in every]
    compared = {
        f"gain of {about}, mean over rates: {KINDS[kind]}": judged(
            claims, {f"missing-data-{kind}-{name}": words for name, words in over}
        )
        for kind in kinds
    }
    made, above, below = above_gains(0.9 + 2.0 * len(panels), compared)
    grid = above.subplots(len(panels), len(kinds), squeeze=False, sharex=True, sharey=True)
    for down, (row, shown) in enumerate(panels.items()):
        for across, kind in enumerate(kinds):
            axes = grid[down, across]
            for labels, look in shown:
                curve(axes, found, kind, labels, look)
            level_line(axes, CHANCE, ":")
            panel(axes, down * len(kinds) + across, f"{row}: {KINDS[kind]}")
            axes.set_ylim(0, 1.02)
            axes.grid(axis="y")
            if across == 0:
                axes.set_ylabel("Test accuracy")
            if down == len(panels) - 1:
                axes.set_xlabel("Fraction of missing pixels")
    made.legend(handles=[*keys, key(f"chance ({CHANCE:g})", linestyle=":")], loc="outside upper center", ncols=3)
    seeds = len(present(found, "seed"))
    intervals = [f"bands: 95 % intervals over {seeds} seeds"] if seeds > 1 else []
    gained = gains_below(below, len(panels) * len(kinds), compared, "Gain in test accuracy")
    note(made, "; ".join([*weights(found), *intervals]), *gained)
    return made


def curve(axes: Axes, table: pd.DataFrame, kind: str, labels: Labels, look: dict[str, Any]) -> None:
    """Mean and interval against the rate, from where nothing is missing."""
    own = rows(table, **labels, missing=kind)
    if own.empty:
        return
    complete = {name: value for name, value in labels.items() if name != "imputation"}
    start = rows(table, **complete, missing="none")
    curves(axes, pd.concat([start, own]), x="rate", **{"markersize": 4, **look})


def weights(table: pd.DataFrame) -> list[str]:
    """How many parameters the networks have, where the table tells.

    >>> weights(pd.DataFrame({"weights": [8370, 8420]}))
    ['networks of 8370 to 8420 parameters']
    """
    found = present(table, "weights")
    ends = sorted({int(found[0]), int(found[-1])}) if found else []
    return [f"networks of {' to '.join(map(str, ends))} parameters"] if ends else []


def examples(table: pd.DataFrame) -> Figure | None:
    """Strips of ten digits: complete, with missing pixels, with those expected, and samples."""
    known = rows(table, quantity="known_pixel")
    if known.empty or not {"label", "example", "site", "rate"} <= set(known.columns):
        return None
    strips = [("test images", whole(table))]
    for kind, words in KINDS.items():
        own = rows(known, missing=kind)
        if len(own):
            rate = f"{own['rate'].iloc[0]:.0%}".replace("%", " %")
            strips.append((f"{words} ({rate} of the image)", pictures(own)))
            filled = pd.concat([own, rows(table, quantity="expected_pixel", missing=kind)])
            strips.append(("expectation of the mixture, given the rest", pictures(filled)))
    strips.append(("samples of the mixture, one of each class", pictures(rows(table, quantity="sampled_pixel"))))
    strips = [(title, every) for title, every in strips if every]
    made = figure(PAGE, 0.45 + 0.92 * len(strips))
    grid = made.subplots(len(strips), 1, squeeze=False).ravel()
    for number, (axes, (title, every)) in enumerate(zip(grid, strips, strict=True)):
        images(axes, [image.clip(0, 1) for image in every], columns=len(every))
        axes.set_facecolor(NOTHING)
        panel(axes, number, title)
    note(made, "blue: missing; samples are clipped to the range of the pixels")
    return made


def whole(table: pd.DataFrame) -> list[np.ndarray]:
    """The first test image of every class, of the first data set that has them."""
    pixels = first_draw(rows(table, quantity="pixel", example=0))
    return pictures(rows(pixels, cell=present(pixels, "cell")[0])) if len(pixels) else []


def pictures(pixels: pd.DataFrame) -> list[np.ndarray]:
    """A square image per class, NaN where it has no pixel."""
    if pixels.empty:
        return []
    side = math.isqrt(int(pixels["site"].max())) + 1
    found = []
    for label in present(pixels, "label"):
        own, image = one_image(rows(pixels, label=label)), np.full(side**2, np.nan)
        image[own["site"].to_numpy(dtype=int)] = own["value"].to_numpy(dtype=float)
        found.append(image.reshape(side, side))
    return found
