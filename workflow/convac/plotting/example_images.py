"""Example images of tasks at several length scales, from the pixels in a tidy table."""

import math

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from convac.plotting.primitives import images, panel, picture, present, rows
from convac.plotting.style import PAGE, figure

SCALES = ("local", "between", "global")
CONTROL = "agreement"
CLASSES = {0: "unlike", 1: "alike"}  # of the pairs in an image of the control
SHOWN = 6  # example images in a strip
Pictures = list[tuple[int, np.ndarray]]  # classes and images
Sets = dict[tuple[int, str], Pictures]


def scales(pixels: pd.DataFrame) -> Sets:
    """Examples by size and, where data sets of a size differ in it, by where they stand; without the control's."""
    found: Sets = {}
    for size in present(pixels, "size"):
        own = rows(pixels, size=size)
        own = own[own["task"].isna() | own["task"].isin(SCALES)] if "task" in own else own
        sets = [shots(rows(own, cell=cell)) for cell in present(own, "cell")]
        places = ["in squares" if tiled(every, int(size)) else "anywhere" for every in sets]
        for name in ("anywhere", "in squares"):
            if name in places:
                found[int(size), name if len(set(places)) > 1 else ""] = sets[places.index(name)]
    return found


def shots(pixels: pd.DataFrame) -> Pictures:
    """Every example of a data set with its class, a round of all classes at a time."""
    found = []
    for example in present(pixels, "example"):
        own = rows(pixels, example=example)
        found += [(int(label), picture(rows(own, label=label))) for label in present(own, "label")]
    return found


def tiled(pictures: Pictures, size: int) -> bool:
    """Whether all that is lit in any image stands within one of the squares of that size that tile the canvas."""
    lit = [np.argwhere(image > 0) // size for _, image in pictures if image.any()]
    return bool(lit) and all((squares == squares[0]).all() for squares in lit)


def examples(table: pd.DataFrame, pixels: pd.DataFrame, sets: Sets) -> Figure | None:
    """Strips of example images: every length scale, and the control at every distance."""
    tasks = {int(size): task for task in SCALES for size in present(rows(table, task=task), "size")}
    strips: list[tuple[str, Pictures, dict[int, str]]] = []
    for (size, where), every in sets.items():
        title = f"{tasks.get(size, 'images')}: {size} px" + (f", {where}" if where else "")
        strips.append((title, every[:SHOWN], {}))
    pairs = rows(pixels, task=CONTROL)
    for every in sorted((shots(rows(pairs, cell=cell)) for cell in present(pairs, "cell")), key=gap):
        chosen = sorted(every[:SHOWN], key=lambda shot: -shot[0])
        strips.append((f"control: pairs of marks {gap(every)} px apart", chosen, CLASSES))
    if not strips:
        return None
    down = math.ceil(len(strips) / 2)
    made = figure(PAGE, 0.2 + 0.92 * down)
    grid = made.subplots(down, 2, squeeze=False).ravel()
    for number, (axes, (title, shown, names)) in enumerate(zip(grid, strips, strict=False)):
        side = len(shown[0][1])
        images(axes, [image for _, image in shown], columns=len(shown))
        middles = [1 + (side + 1) * order + side / 2 - 0.5 for order in range(len(shown))]
        axes.set_xticks(middles, [names.get(label, f"class {label}") for label, _ in shown])
        axes.tick_params(axis="x", length=0, pad=1)
        panel(axes, number, title)
    for axes in grid[len(strips) :]:
        axes.set_axis_off()
    return made


def gap(pictures: Pictures) -> int:
    """Pixels between the marks of a pair: pairs have rows of their own, and where alike both marks light one column."""
    lit = [np.flatnonzero(row) for label, image in pictures if label == 1 for row in image if row.any()]
    return int(np.median([np.ptp(columns) for columns in lit])) if lit else 0
