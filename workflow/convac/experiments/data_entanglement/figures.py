"""Figures of data_entanglement, drawn from its tidy table and its verdicts."""

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from convac.plotting.gains import Line, above_gains, gains_below, judged
from convac.plotting.geometries import abreast, geometries, geometry_keys
from convac.plotting.looks import Look, ordered, refuse_unknown
from convac.plotting.primitives import (
    aligned,
    dots,
    drawn,
    final,
    first_draw,
    images,
    key,
    level_line,
    note,
    panel,
    per_seed,
    picture,
    plain_numbers,
    present,
    rows,
)
from convac.plotting.style import BLACK, BLUE, GREEN, PAGE, VERMILLION, figure

NETWORKS: dict[str, Look] = {
    "ConvNet": (BLUE, "o"),
    "ConvAC": (GREEN, "^"),
    "ConvAC signed": (VERMILLION, "s"),
}
NAMES = {"ConvNet": "ConvNet", "ConvAC": "ConvAC, positive", "ConvAC signed": "ConvAC, signed"}
IDS = {"ConvNet": "convnet", "ConvAC": "convac", "ConvAC signed": "signed"}
ENTROPY, CORRELATION = "dataset_entropy", "dataset_correlation"
TASKS = ("closedness", "symmetry")
CHANCE = 0.5
SHOWN = 5  # example images of either class


def draw(table: pd.DataFrame, claims: pd.DataFrame) -> dict[str, Figure]:
    """Every figure of the experiment by its part; a part without rows says so."""
    refuse_unknown(table, network=NETWORKS, places=("swapped", "rearranged"))
    parts = {"": lambda found: comparison(found, claims), "scatter": scatter, "trees": trees, "examples": examples}
    return drawn(parts, table, untrained=("trees", "examples"))


def stages(table: pd.DataFrame) -> list[tuple[int, str]]:
    """Numbers of swaps, ascending, and what is rearranged after the most of them, last."""
    if not {"swaps", "places"} <= set(table):
        return []
    known = table[["swaps", "places"]].dropna().drop_duplicates()
    found = {(int(swaps), str(done)) for swaps, done in zip(known["swaps"], known["places"], strict=True)}
    return sorted(found, key=lambda each: (each[1] == "rearranged", each[0]))


def of_stage(table: pd.DataFrame, stage: tuple[int, str]) -> pd.DataFrame:
    """Rows of images swapped so often, rearranged or not."""
    return rows(table, swaps=stage[0], places=stage[1])


def comparison(table: pd.DataFrame, claims: pd.DataFrame) -> Figure | None:
    """Entropy above, test accuracy of every kind of network below, a place per number of swaps."""
    accuracy, entropy = final(rows(table, quantity="test_accuracy")), rows(table, quantity=ENTROPY)
    order = stages(accuracy)
    if not order:
        return None
    shown = present(accuracy, "network")
    gains = {"what is claimed": stated(claims, shown)}
    made, above, below = above_gains(4.0, gains)
    upper, lower = above.subplots(2, 1, sharex=True, height_ratios=(1, 1.5))
    for place, stage in enumerate(order):
        own = of_stage(entropy, stage)
        dots(upper, place, per_seed(own), BLACK, "D", filled=stage[1] == "swapped", aside=0.14)
        for (network, look), shift in zip(NETWORKS.items(), abreast(len(NETWORKS), 0.24), strict=True):
            values = per_seed(of_stage(rows(accuracy, network=network), stage))
            dots(lower, place + shift, values, *look, filled=stage[1] == "swapped", aside=0.08)
    level_line(lower, CHANCE, ":")
    names = [f"{swaps}" if done == "swapped" else f"{swaps},\nrearranged" for swaps, done in order]
    lower.set_xticks(range(len(order)), names)
    lower.set_xlim(-0.5, len(order) - 0.5)
    for number, (axes, title) in enumerate(((upper, "Data entanglement"), (lower, "Networks"))):
        axes.tick_params(axis="x", length=0)
        axes.grid(axis="y")
        panel(axes, number, title)
    upper.set_ylabel("Entropy (nats)")
    lower.set_ylabel("Test accuracy")
    lower.set_ylim(min(CHANCE, float(accuracy["value"].min())) - 0.03, 1.02)
    lower.set_xlabel("Swaps of two pixels (the most: pixels in random order)")
    keys = [
        key(NAMES[name], color=colour, marker=marker, linestyle="")
        for name, (colour, marker) in NETWORKS.items()
        if name in shown
    ]
    keys += [key("open: rearranged", color=BLACK, marker="o", markerfacecolor="white", linestyle="")]
    made.legend(handles=[*keys, key("chance", linestyle=":", linewidth=0.9)], loc="outside upper center", ncols=5)
    told = gains_below(below, 2, gains, "−τ-b, or gain in test accuracy")
    note(made, "bars: 95 % intervals over seeds", *told)
    return made


def stated(claims: pd.DataFrame, networks: list[str]) -> list[Line]:
    """What claims about the networks state, with their lines in the ledger: falls, and gains by rearrangement."""
    of = {"fall": "−τ-b of entropy and accuracy", "rearranged": "gain by rearrangement"}
    return judged(
        claims,
        {
            f"data-entanglement-{claim}-{IDS[network]}": f"{name}, {words}"
            for claim, words in of.items()
            for network, name in NAMES.items()
            if network in networks
        },
    )


def scatter(table: pd.DataFrame) -> Figure | None:
    """Accuracy against entropy for every kind of network, and the surrogate against entropy, a point per dataset."""
    accuracy = final(rows(table, quantity="test_accuracy"))
    measured = aligned(table, ("swaps", "places", "seed"), (ENTROPY, CORRELATION))
    shown = [name for name in NETWORKS if len(rows(accuracy, network=name))]
    if measured.empty or not shown:
        return None
    made = figure(PAGE, 2.8)
    left, right = made.subplots(1, 2)
    for name in shown:
        own = rows(accuracy, network=name)[["swaps", "places", "seed", "value"]]
        both = own.merge(measured, on=["swaps", "places", "seed"])
        points(left, both, "value", NETWORKS[name], name)
    points(right, measured, CORRELATION, (BLACK, "D"), "")
    level_line(left, CHANCE, ":")
    left.set_ylabel("Test accuracy")
    left.set_ylim(CHANCE - 0.05, 1.02)
    right.set_ylabel("Mean |correlation| across")
    for number, (axes, title) in enumerate(((left, "Accuracy"), (right, "Surrogate"))):
        axes.set_xlabel("Entropy of the dataset (nats)")
        axes.grid(axis="y")
        panel(axes, number, title)
    plain_numbers(right)
    keys = [
        key(NAMES[name], color=colour, marker=marker, linestyle="")
        for name, (colour, marker) in NETWORKS.items()
        if name in shown
    ]
    keys += [key("open: rearranged", color=BLACK, marker="o", markerfacecolor="white", linestyle="")]
    made.legend(handles=[*keys, key("chance", linestyle=":", linewidth=0.9)], loc="outside upper center", ncols=5)
    note(made, "a point: one seed and number of swaps")
    return made


def points(axes: Axes, table: pd.DataFrame, column: str, look: Look, label: str) -> None:
    """A column against entropy, rearranged images open."""
    colour, marker = look
    for done, face in (("swapped", colour), ("rearranged", "white")):
        own = table[table["places"] == done]
        line: dict[str, Any] = {
            "color": colour,
            "marker": marker,
            "markerfacecolor": face,
            "label": label,
            "alpha": 0.7,
        }
        axes.plot(own[ENTROPY], own[column], linestyle="", markersize=3.2, **line)


def trees(table: pd.DataFrame) -> Figure | None:
    """Entropy of blobs under each tree's canonical partitions, a place per task."""
    found = rows(table, quantity=ENTROPY, task=tuple(present(table, "task")))
    tasks = ordered(present(found, "task"), TASKS)
    if not tasks:
        return None
    made = figure(PAGE / 2, 2.6)
    axes = made.subplots()
    series = geometries(found)
    for place, task in enumerate(tasks):
        for (geometry, look), shift in zip(series.items(), abreast(len(series), 0.16), strict=True):
            dots(axes, place + shift, per_seed(rows(found, task=task, geometry=geometry)), *look, aside=0.1)
    axes.set_xticks(range(len(tasks)), tasks)
    axes.set_xlim(-0.5, len(tasks) - 0.5)
    axes.tick_params(axis="x", length=0)
    axes.set_ylabel("Entropy of the dataset (nats)")
    axes.grid(axis="y")
    made.legend(handles=geometry_keys(series), loc="outside upper center", ncols=len(series))
    note(made, "bars: 95 % intervals over seeds")
    return made


def examples(table: pd.DataFrame) -> Figure | None:
    """The same images without swaps, with most, and rearranged, odd classes and even ones."""
    pixels = rows(table, quantity="pixel")
    order = stages(pixels)
    order = list(dict.fromkeys([each for each in (order[:1] + order[-2:]) if each]))
    if not order:
        return None
    made = figure(PAGE, 0.5 + 0.75 * len(order))
    grid = made.subplots(len(order), 1, squeeze=False)[:, 0]
    for number, (axes, stage) in enumerate(zip(grid, order, strict=True)):
        own = of_stage(pixels, stage)
        own = first_draw(rows(own, cell=present(own, "cell")[0]))  # of images that several kinds of networks have
        pictures = [
            picture(group) for label in (1, 0) for _, group in list(rows(own, label=label).groupby("example"))[:SHOWN]
        ]
        if pictures:
            images(axes, pictures, columns=len(pictures))
        else:
            axes.set_axis_off()
        panel(axes, number, f"{stage[0]} swaps" + (", rearranged" if stage[1] == "rearranged" else ""))
    return made
