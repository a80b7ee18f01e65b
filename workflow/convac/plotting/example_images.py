"""Example images of tasks at several length scales, from the pixels in a tidy table."""

import math

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from convac.plotting.primitives import images, panel, picture, present, rows
from convac.plotting.style import PAGE, figure

SCALES = ("local", "between", "global")
SHOWN = 6  # example images in a strip
Pictures = list[tuple[int, np.ndarray]]  # classes and images
Sets = dict[int, Pictures]


def scales(pixels: pd.DataFrame) -> Sets:
    """Examples by size, of the first data set of each size."""
    found: Sets = {}
    for size in present(pixels, "size"):
        own = rows(pixels, size=size)
        found[int(size)] = shots(rows(own, cell=present(own, "cell")[0]))
    return found


def shots(pixels: pd.DataFrame) -> Pictures:
    """Every example of a data set with its class, a round of all classes at a time."""
    found = []
    for example in present(pixels, "example"):
        own = rows(pixels, example=example)
        found += [(int(label), picture(rows(own, label=label))) for label in present(own, "label")]
    return found


def examples(table: pd.DataFrame, sets: Sets) -> Figure | None:
    """Strips of example images, one for every length scale."""
    tasks = {int(size): task for task in SCALES for size in present(rows(table, task=task), "size")}
    strips = [(f"{tasks.get(size, 'images')}: {size} px", every[:SHOWN]) for size, every in sets.items()]
    if not strips:
        return None
    down = math.ceil(len(strips) / 2)
    made = figure(PAGE, 0.2 + 0.92 * down)
    grid = made.subplots(down, 2, squeeze=False).ravel()
    for number, (axes, (title, shown)) in enumerate(zip(grid, strips, strict=False)):
        side = len(shown[0][1])
        images(axes, [image for _, image in shown], columns=len(shown))
        middles = [1 + (side + 1) * order + side / 2 - 0.5 for order in range(len(shown))]
        axes.set_xticks(middles, [f"class {label}" for label, _ in shown])
        axes.tick_params(axis="x", length=0, pad=1)
        panel(axes, number, title)
    for axes in grid[len(strips) :]:
        axes.set_axis_off()
    return made
