"""Figures of layer_widths, drawn from its tidy table and its verdicts."""

import math
from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, MaxNLocator, NullLocator

from convac.plotting.example_images import SCALES, Sets, examples, scales
from convac.plotting.gains import Line, above_gains, gains_below, judged
from convac.plotting.looks import refuse_unknown
from convac.plotting.primitives import (
    BAND,
    curves,
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
    plain_numbers,
    present,
    rows,
)
from convac.plotting.style import BLACK, BLUE, GREEN, GREY, ORANGE, PAGE, PURPLE, VERMILLION, figure
from convac.statistics import mean_interval

PUBLISHED = "ConvNet 1×1"
KINDS = (PUBLISHED, "ConvNet 3×3", "ConvAC")
TASKS = ("local", "global")
PROFILES = {"wide-base": (BLUE, "s"), "wide-tip": (VERMILLION, "D"), "uniform": (GREEN, "o")}
# profiles that are lists
OTHERS = tuple(((PURPLE, ORANGE, BLACK)[n % 3], "^vPX<>"[(2 * (n % 3) + n // 3) % 6]) for n in range(18))
PIXELS = ("cell", "task", "size", "label", "example", "site", "value")
SPLITS = {"test_accuracy": True, "train_accuracy": False}  # quantity → filled marker and solid line
BETTER = {"local": ("base", "tip"), "global": ("tip", "base")}  # the profile expected to suit the task, the other one
BASELINE = "least_squares_accuracy"  # of the pixels, without training
BASELINE_DASHES = "-."
IDS = {PUBLISHED: "published", "ConvNet 3×3": "convnet", "ConvAC": "convac"}  # kind of network → in a claim
X_AXES = {PUBLISHED: ("narrowest", "Channels of the narrowest level, r")}
STORY = (  # rows of the story: label and heading
    ("Window of the level (px)", "channels"),
    ("Test accuracy (logit scale)", "accuracy"),
    ("Min-cut at this scale\n(nats per square)", "min-cut"),
)
EXPECTED = "Expected: the larger the min-cut at a length scale, the higher the accuracy"
CHANCE = 0.1
LEARNT = 0.2  # train accuracy; what stays below is counted as stuck at chance
TICKS = (0.01, 0.03, 0.1, 0.3, 0.5, 0.7, 0.9, 0.97, 0.99, 0.997, 0.999)
HIGHEST = 0.9995  # accuracy that the logit axis shows


def draw(table: pd.DataFrame, claims: pd.DataFrame) -> dict[str, Figure]:
    """Every figure of the experiment by its part; a part without rows says so.

    Args:
        table: the experiment's tidy table.
        claims: its verdicts, as `convac.claims.claims.evaluate_all` gives them; may be empty.

    Returns:
        `""` accuracy by the size of networks, `story`, `examples`.
    """
    refuse_unknown(table, network=KINDS, task=SCALES)
    pixels = first_draw(rows(table, quantity="pixel"))
    pixels = pixels[[column for column in PIXELS if column in pixels]]
    runs = rows(table, quantity=(*SPLITS, BASELINE, "converged"))
    sets = scales(pixels)
    parts: dict[str, Callable[[pd.DataFrame], Figure | None]] = {
        "comparison": partial(comparison, claims=claims),
        "story": partial(story, sets=sets),
        "examples": partial(examples, sets=sets),
    }
    found = drawn(parts, runs)
    return {"": found.pop("comparison"), **found}


def looks(table: pd.DataFrame) -> dict[str, tuple[str, str]]:
    """Colour and marker of every profile in the table, the same ones in every figure."""
    names = present(table, "profile")
    ordered = [*(name for name in PROFILES if name in names), *(name for name in names if name not in PROFILES)]
    others = iter(OTHERS * (1 + len(names) // len(OTHERS)))
    return {name: PROFILES.get(name) or next(others) for name in ordered}


def entries(table: pd.DataFrame) -> list[Line2D]:
    """The legend's entries of the profiles."""
    return [key(name, color=colour, marker=marker, linestyle="") for name, (colour, marker) in looks(table).items()]


def compared(claims: pd.DataFrame, tasks: Sequence[str]) -> list[Line]:
    """What the profile expected to suit a task gains over the other one, by task and kind of network."""
    return judged(
        claims,
        {
            f"layer-widths-{word}-{task}": f"{task}, {kind}, {BETTER[task][0]} over {BETTER[task][1]}"
            for task in tasks
            for kind, word in IDS.items()
        },
    )


def stuck(table: pd.DataFrame) -> list[str]:
    """Networks that ended at chance on their training images: seeds by kind, task and profile; nothing without any."""
    found = final(rows(table, quantity="train_accuracy"))
    told = []
    for network in present(found, "network"):
        lines = []
        for (task, profile), own in rows(found, network=network).groupby(["task", "profile"]):
            low = own[own["value"].astype(float) < LEARNT]
            seeds = "all" if len(low) == len(own) else ", ".join(map(str, sorted(low["seed"].unique())))
            lines += [f"{task} {profile} {seeds}"] if len(low) else []
        told += [f"{network} {'; '.join(lines)}"] if lines else []
    return [f"At chance in training, by seed: {' · '.join(told)}"] if told else []


def comparison(table: pd.DataFrame, claims: pd.DataFrame) -> Figure | None:
    """Test and train accuracy by the size of networks: a column per kind of network, a row per task."""
    found = final(rows(table, quantity=tuple(SPLITS), task=TASKS, network=KINDS))
    if found.empty or "parameters" not in found:
        return None
    kinds = [kind for kind in KINDS if len(rows(found, network=kind))]
    tasks = [task for task in TASKS if len(rows(found, task=task))]
    gains = {"gains of the profile expected to suit the task": compared(claims, tasks)}
    made, above, below = above_gains(0.75 + 2.05 * len(tasks), gains)
    grid = above.subplots(len(tasks), len(kinds), sharey=True, squeeze=False)
    for row, task in enumerate(tasks):
        shown = rows(found, task=task)
        levels = {BASELINE_DASHES: rows(table, task=task, quantity=BASELINE)["value"].astype(float).mean(), ":": CHANCE}
        for column, kind in enumerate(kinds):
            axes, own = grid[row, column], rows(shown, network=kind)
            panel(axes, row * len(kinds) + column, f"{kind}, {task}" + sizes_in(shown))
            size, label = X_AXES.get(kind, ("parameters", "Parameters"))
            axes.set_xlabel(label)
            if len(own):
                against(axes, own, size, looks(table))
            for dashes, level in levels.items():
                level_line(axes, level, dashes)
            axes.set_ylim(0, 1.05)  # whole marks at 1
        grid[row, 0].set_ylabel("Accuracy")
    keys = [*entries(found), *splits(found), key("least squares on pixels", linestyle=BASELINE_DASHES, linewidth=0.9)]
    made.legend(handles=[*keys, key("chance", linestyle=":", linewidth=0.9)], loc="outside upper center", ncols=6)
    note(made, *gains_below(below, len(tasks) * len(kinds), gains, "Gain in test accuracy"), *stuck(found))
    return made


def sizes_in(table: pd.DataFrame) -> str:
    """Pixels along a side of what is classified, in brackets."""
    size = present(table, "size")
    return f" ({size[0]} px)" if size else ""


def splits(table: pd.DataFrame) -> list[Line2D]:
    """The legend's entries of test and train."""
    shown = present(table, "quantity")
    filled = [key("test (small: single seeds)", color=BLACK, marker="o")] if "test_accuracy" in shown else []
    dashed = {"color": BLACK, "marker": "o", "markerfacecolor": "white", "linestyle": "--"}
    return [*filled, *([key("train", **dashed)] if "train_accuracy" in shown else [])]


def against(axes: Axes, table: pd.DataFrame, x: str, profiles: dict[str, tuple[str, str]]) -> None:
    """Accuracies against a column on a log axis: lines, means with intervals; single seeds beside those of test."""
    places = present(table, x)
    room = nearest(places)
    for number, (name, (colour, marker)) in enumerate(profiles.items()):
        outward = 1 if 2 * number >= len(profiles) - 1 else -1
        for split, solid in SPLITS.items():
            own = rows(table, profile=name, quantity=split)
            # beside each other: profiles, and train on the inner side of test
            aside = math.exp(room * (away(number, len(profiles)) + (0.03 if solid else -0.03) * outward))
            style: dict[str, Any] = {"linestyle": "-" if solid else "--", "linewidth": 1.1 if solid else 0.8}
            curves(axes, own, x=x, unit=1 / aside, band=False, color=colour, **style)
            for place in present(own, x):
                values = per_seed(rows(own, **{x: place}))
                beside = 0.05 * room * outward * place if solid else None
                dots(axes, place * aside, values, colour, marker, filled=solid, aside=beside)
    log_places(axes, places)
    axes.grid(axis="y")


def nearest(places: Sequence[float]) -> float:
    """What stands at one place shares this room: the logarithm of the smallest ratio of two, at most a third of all."""
    gaps = [math.log(high / low) for low, high in pairwise(places)]
    return min(*gaps, sum(gaps) / 3) if gaps else 0.4


def away(number: int, profiles: int) -> float:
    """How far a profile stands beside its place, as a fraction of the room."""
    return 0.12 * (number - (profiles - 1) / 2)


def log_places(axes: Axes, places: Sequence[float]) -> None:
    """A log axis with a tick at each of these places, or at some of many."""
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(FixedLocator(list(places)[:: math.ceil(len(places) / 6)]))
    margin = math.exp(max(0.35 * nearest(places), 0.06 * math.log(max(places) / min(places))))
    axes.set_xlim(min(places) / margin, max(places) * margin)
    plain_numbers(axes, "x")


def logit_scale(panels: Sequence[Axes], table: pd.DataFrame, chance: float) -> bool:
    """The same logit scale for all panels, on which 0.3 and 0.99 have neighbours; whether it shows chance, as a line.

    Accuracies of 0 and 1 lie outside it: values are taken within 1 − `HIGHEST` and `HIGHEST`.
    """
    values = np.clip(table["value"].to_numpy(dtype=float), 1 - HIGHEST, HIGHEST)
    bottom, top = (np.log(value / (1 - value)) for value in (values.min(), values.max()))
    margin = max(0.15, 0.06 * (top - bottom))
    limits = [1 / (1 + math.exp(-end)) for end in (bottom - margin, top + margin)]
    ticks = [tick for tick in TICKS if limits[0] <= tick <= limits[1]]
    for axes in panels:
        axes.set_yscale("logit", nonpositive="clip")
        axes.set_ylim(*limits)
        axes.yaxis.set_major_locator(FixedLocator(ticks) if len(ticks) > 2 else MaxNLocator(4))
        axes.yaxis.set_minor_locator(NullLocator())
        plain_numbers(axes)
        if limits[0] <= chance <= limits[1]:
            level_line(axes, chance, ":")
    return limits[0] <= chance <= limits[1]


def story(table: pd.DataFrame, sets: Sets) -> Figure | None:
    """A block for each length scale: what it looks like, where networks are wide, their accuracy and their min-cut."""
    found = final(rows(table, quantity="test_accuracy", task=SCALES, network=KINDS))
    if found.empty or not {"size", "parameters", "profile", "widths", "cut"} <= set(found.columns):
        return None
    kinds = {kind: everywhere(rows(found, network=kind)) for kind in KINDS if kind in present(found, "network")}
    found = pd.concat([rows(found, network=kind, parameters=count) for kind, count in kinds.items()])
    sizes = present(found, "size")
    made = figure(PAGE, 6.8)
    panels: list[Axes] = []
    # a column for each kind of network, and a gap after each length scale
    grid = made.add_gridspec(
        4,
        len(sizes) * (len(kinds) + 1) - 1,
        height_ratios=(0.75, 1.0, 1.2, 0.8),
        width_ratios=([1.0] * len(kinds) + [0.04]) * (len(sizes) - 1) + [1.0] * len(kinds),
    )
    for block, size in enumerate(sizes):
        first = block * (len(kinds) + 1)
        top = made.add_subplot(grid[0, first : first + len(kinds)])
        pictures = sets.get(int(size), [])
        if pictures:
            images(top, [image for _, image in pictures[:3]], columns=3)
        else:
            top.set_axis_off()
        title = f"{size} px: {present(rows(found, size=size), 'task')[0]}"
        top.set_title(f"(a) {title}" if block == 0 else title)
        for column, kind in enumerate(kinds, first):
            own = rows(found, size=size, network=kind)
            tower, reached, cut = (made.add_subplot(grid[row, column]) for row in (1, 2, 3))
            towers(tower, own, looks(found), canvas=sizes[-1], widest=widest(found), deepest=deepest(found))
            accuracies(reached, own, looks(found))
            panels.append(reached)
            cuts(cut, own, looks(found), largest=float(found["cut"].max()))
            cut.set_xlabel(kind.split()[-1])
            for number, (axes, (label, heading)) in enumerate(zip((tower, reached, cut), STORY, strict=True), 1):
                axes.set_xlim(-0.6, len(looks(found)) - 0.4)
                axes.set_xticks([])
                axes.tick_params(labelleft=column == 0)
                if column == 0:
                    axes.set_ylabel(label)
                    panel(axes, number, heading)
    keys = story_keys(found, kinds, logit_scale(panels, found, CHANCE))
    made.legend(handles=keys, loc="outside upper center", ncols=1)
    counts = ", ".join(f"{kind} of about {count}" for kind, count in kinds.items())
    note(made, EXPECTED, f"Parameters: {counts}")
    return made


def widest(table: pd.DataFrame) -> int:
    """Channels of the widest level of any network."""
    return max(int(width) for widths in present(table, "widths") for width in widths.split("-"))


def deepest(table: pd.DataFrame) -> int:
    """Levels of the deepest network."""
    return max(len(widths.split("-")) for widths in present(table, "widths"))


def everywhere(table: pd.DataFrame) -> int:
    """The size of network that was run at the most length scales; of several, the middle one."""
    scales = {count: len(present(rows(table, parameters=count), "size")) for count in present(table, "parameters")}
    most = [count for count, number in scales.items() if number == max(scales.values())]
    return int(most[len(most) // 2])


def story_keys(table: pd.DataFrame, kinds: dict[str, int], chance: bool) -> list[Line2D]:
    """Profiles with their channels per level, what the grey bands are, and chance where it is in range."""
    found = []
    for name, (colour, marker) in looks(table).items():
        widths = {kind: present(rows(table, profile=name, network=kind), "widths")[:1] for kind in kinds}
        channels = ", ".join(f"{kind} {width[0].replace('-', '–')}" for kind, width in widths.items() if width)
        found.append(key(f"{name}: {channels}", color=colour, marker=marker, linestyle=""))
    found.append(
        key("level whose windows have the task’s length scale", color=BAND, linewidth=6, solid_capstyle="butt")
    )
    return [*found, *([key("chance", linestyle=":", linewidth=0.9)] if chance else [])]


def towers(
    axes: Axes, table: pd.DataFrame, profiles: dict[str, tuple[str, str]], canvas: int, widest: int, deepest: int
) -> None:
    """Every network as a tower: a bar per level, as wide as its channels, as high as its windows."""
    for size in present(table, "size"):
        axes.axhspan(math.log2(size) - 0.5, math.log2(size) + 0.5, color=BAND, linewidth=0, zorder=0, label="_scale")
    for number, (name, (colour, _)) in enumerate(profiles.items()):
        for label in present(rows(table, profile=name), "widths")[:1]:
            widths = np.array(label.split("-"), dtype=float)
            heights = math.log2(canvas) - np.arange(len(widths))[::-1]
            lengths = 0.92 * widths / widest
            axes.barh(
                heights, lengths, left=number - lengths / 2, height=0.72, color=colour, linewidth=0, label=f"_{name}"
            )
    levels = [math.log2(canvas) - level for level in range(deepest)]
    axes.set_yticks(levels, [f"{2**level:g}" for level in levels])
    axes.set_ylim(levels[-1] - 0.6, levels[0] + 0.6)
    axes.tick_params(axis="y", length=0)


def accuracies(axes: Axes, table: pd.DataFrame, profiles: dict[str, tuple[str, str]]) -> None:
    """Means with intervals and single seeds, joined by a line."""
    line = []
    for number, (name, (colour, marker)) in enumerate(profiles.items()):
        values = [min(max(value, 1 - HIGHEST), HIGHEST) for value in per_seed(rows(table, profile=name))]
        dots(axes, number, values, colour, marker, aside=0.2 if 2 * number >= len(profiles) - 1 else -0.2)
        line += [(number, mean_interval(values).mean)] if values else []
    if line:
        axes.plot(*zip(*line, strict=True), color=GREY, linewidth=0.8, zorder=1, label="_joined")
    axes.grid(axis="y")


def cuts(axes: Axes, table: pd.DataFrame, profiles: dict[str, tuple[str, str]], largest: float) -> None:
    """The min-cut of every network as a bar."""
    for number, (name, (colour, _)) in enumerate(profiles.items()):
        for cut in present(rows(table, profile=name), "cut")[:1]:
            axes.bar(number, cut, width=0.7, color=colour, linewidth=0, label=f"_{name}")
    axes.set_ylim(0, 1.05 * largest or 1.0)
    axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    axes.grid(axis="y")
