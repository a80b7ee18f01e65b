"""The figure of `convac advise`: what depends on what, which sites the tree joins, with how many channels."""

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from convac.advice.advise import Advice
from convac.plotting.primitives import panel
from convac.plotting.style import BLUE, ORANGE, PAGE, VERMILLION, figure, house

SHOWN = 4  # levels over the image, from the sites up
LABELLED = 3  # windows that are drawn of each
GROUND = "Greys"


def draw_advice(found: Advice, images: np.ndarray, path: str | Path) -> None:
    """Draw the figure into a file; its suffix says the format."""
    from convac.files import replacing

    with house():
        made = advice_figure(found, images)
        with replacing(path) as temporary:
            made.savefig(temporary, format=Path(path).suffix.removeprefix("."))


def advice_figure(found: Advice, images: np.ndarray) -> Figure:
    """Pair dependence by distance and by distance from the reflection; the lowest levels; widths."""
    made = figure(PAGE, 4.6)
    levels = min(SHOWN, found.tree.levels)
    grid = made.add_gridspec(2, 2 * levels)
    distances, widths = made.add_subplot(grid[0, :levels]), made.add_subplot(grid[0, levels:])
    draw_distances(distances, found)
    draw_widths(widths, found)
    picture = np.abs(np.asarray(images, dtype=float)).mean(axis=0).reshape(*grid_of(found.tree.shape), -1).mean(axis=2)
    for level in range(levels):
        draw_level(made.add_subplot(grid[1, 2 * level : 2 * level + 2]), found, picture, level)
    for number, axes in enumerate(made.axes):
        panel(axes, number)
    return made


def grid_of(shape: tuple[int, ...]) -> tuple[int, int]:
    """A line as a grid of one row."""
    return (1, shape[0]) if len(shape) == 1 else (shape[0], shape[1])


def offsets(found: Advice) -> dict[str, np.ndarray]:
    """Mean pair dependence by distance: along the rows and the columns, and from a site's reflection."""
    rows, columns = grid_of(found.tree.shape)
    z = found.pairs.reshape(rows, columns, rows, columns)
    along_columns, along_rows = np.einsum("rarb->ab", z) / rows, np.einsum("ajbj->ab", z) / columns
    names = {"columns apart": along_columns, "columns from the reflection": along_columns[:, ::-1]}
    if rows > 1:
        names |= {"rows apart": along_rows, "rows from the reflection": along_rows[:, ::-1]}
    return {name: by_distance(between) for name, between in names.items() if len(between) > 1}


def by_distance(between: np.ndarray) -> np.ndarray:
    """Mean of a matrix over |i − j|, by that distance."""
    places = np.arange(len(between))
    apart = np.abs(places[:, None] - places)
    return np.bincount(apart.ravel(), between.ravel()) / np.bincount(apart.ravel())


def draw_distances(axes: Axes, found: Advice) -> None:
    """Pair dependence in the same row or column, by distance from the site and from its reflection."""
    for name, values in offsets(found).items():
        away = np.arange(len(values))
        kept = away > 0 if "apart" in name else away >= 0  # a site and itself are no pair
        axes.plot(
            away[kept],
            values[kept],
            color=BLUE if "columns" in name else VERMILLION,
            linestyle="-" if "apart" in name else "--",
            marker="o",
            markersize=2.5,
            label=name,
        )
    axes.set_xlabel("Distance (sites)")
    axes.set_ylabel("Mean pair dependence z")
    axes.set_ylim(bottom=0)
    axes.legend()


def draw_widths(axes: Axes, found: Advice) -> None:
    """Channels and the density of every level."""
    levels = np.arange(1, found.tree.levels + 1)
    axes.bar(levels, found.widths, color=ORANGE, width=0.6)
    for level, width in zip(levels, found.widths, strict=True):
        axes.annotate(str(width), (level, width), ha="center", va="bottom")
    axes.set_xticks(levels)
    axes.set_xlabel("Level")
    axes.set_ylabel("Width (channels)")
    axes.margins(y=0.15)


def draw_level(axes: Axes, found: Advice, picture: np.ndarray, level: int) -> None:
    """Some windows of a level over the mean image: the sites that meet there have one colour."""
    size = int(np.prod(found.tree.windows[: level + 1]))
    order = np.array(found.tree.order).reshape(-1, size)
    axes.imshow(picture, cmap=GROUND, aspect="auto" if len(found.tree.shape) == 1 else "equal")
    chosen = np.linspace(0, len(order) - 1, min(LABELLED, len(order))).round().astype(int)
    for window, colour in zip(order[chosen], (BLUE, VERMILLION, ORANGE), strict=False):
        rows, columns = np.divmod(window, picture.shape[1])
        axes.scatter(columns, rows, s=6, color=colour, marker="s", linewidths=0)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.set_xlabel(f"Level {level + 1}: windows of {size} sites")
