"""What a referee would return a figure for, found by code: small type, overlaps, missing labels, colours alike."""

import itertools
import re
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import PathCollection
from matplotlib.colors import to_rgb, to_rgba
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from convac.errors import one_line
from convac.plotting.style import house, sentence_case

SMALLEST = 7.0  # points
SLACK = 1.0  # pixels by which boxes may touch
DISTANCE = 12.0  # least CIE76 distance between two series that nothing but colour tells apart
SCRIPT = 0.7  # matplotlib sets sub- and superscripts at this share of the size

# Machado, Oliveira & Fernandes, IEEE TVCG 15, 1291 (2009), severity 1.0, for linear RGB.
VISION = {
    "normal vision": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}
# linear sRGB → CIE XYZ (D65), and its white
XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
WHITE = XYZ.sum(axis=1)


def problems(figure: Figure) -> list[str]:
    """Every fault found in a figure, a line each; empty for one that may be printed.

    Faults: type below 7 pt (sub- and superscripts count at their own size), text that overlaps text or leaves the
    canvas, axes with numbers but no label, labels and titles in another style than the house's (`sentence_case`, units
    in round brackets), legends over data, series of one axes that only colour tells apart, with colours that someone
    colour-blind would confuse, and whatever matplotlib warns of (a glyph that the font lacks).
    """
    if not isinstance(figure.canvas, FigureCanvasAgg):
        FigureCanvasAgg(figure)
    with house():
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            figure.draw_without_rendering()
        texts = list(_texts(figure))
        found = [*(f"matplotlib: {one_line(str(warning.message))}" for warning in caught)]
        found += [*_small(texts), *_overlapping(figure, texts)]
        for number, axes in enumerate(figure.axes, start=1):
            name = f"axes {number}"
            found += [*_unlabelled(axes, name), *_unstyled(axes, name), *_covered(axes, name), *_confusable(axes, name)]
    return found


def colour_distance(first: Any, second: Any, vision: str = "normal vision") -> float:
    """CIE76 distance of two matplotlib colours as seen with that vision.

    >>> colour_distance("white", "black") > 99
    True
    """
    return float(np.linalg.norm(lab(first, vision) - lab(second, vision)))


def lab(colour: Any, vision: str = "normal vision") -> np.ndarray:
    """CIE L*a*b* of a matplotlib colour as seen with that vision, shape (3,)."""
    encoded = np.asarray(to_rgb(colour))
    linear = np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
    relative = XYZ @ np.clip(VISION[vision] @ linear, 0, 1) / WHITE
    root = np.where(relative > 216 / 24389, np.cbrt(relative), (24389 / 27 * relative + 16) / 116)
    return np.array([116 * root[1] - 16, 500 * (root[0] - root[1]), 200 * (root[1] - root[2])])


def _texts(figure: Figure) -> Iterator[Text]:
    """Every text that is drawn; tick labels outside the view aren't."""
    drawn: set[int] = set()
    hidden: set[int] = set()
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            shown = {id(label) for label in _tick_labels(axis)} if axes.axison and axes.get_visible() else set()
            drawn |= shown
            every = [label for tick in _ticks(axis) for label in (tick.label1, tick.label2)]
            hidden |= {id(label) for label in every} - shown
            if not axes.axison:
                hidden |= {id(axis.label), id(axis.offsetText)}
    for text in figure.findobj(Text):
        if isinstance(text, Text) and text.get_visible() and text.get_text().strip() and id(text) not in hidden:
            yield text


def _ticks(axis: Axis) -> list[Any]:
    return [*axis.get_major_ticks(), *axis.get_minor_ticks()]


def _tick_labels(axis: Axis) -> Iterator[Text]:
    """Tick labels of an axis that are drawn: visible, not empty, inside the view."""
    low, high = sorted(axis.get_view_interval())
    slack = 1e-6 * (high - low)
    for tick in _ticks(axis):
        if axis.get_visible() and low - slack <= tick.get_loc() <= high + slack:
            yield from (text for text in (tick.label1, tick.label2) if text.get_visible() and text.get_text())


def _small(texts: list[Text]) -> Iterator[str]:
    for text in texts:
        size = float(text.get_fontsize())
        if re.search(r"\$[^$]*[\^_][^$]*\$", text.get_text()):
            size *= SCRIPT
        if size < SMALLEST - 1e-6:
            yield f"text {text.get_text()!r}: {size:g} pt; at least {SMALLEST:g} pt"


def _overlapping(figure: Figure, texts: list[Text]) -> Iterator[str]:
    boxes = [(text.get_text(), text.get_window_extent()) for text in texts]
    canvas = figure.bbox
    for text, box in boxes:
        if (
            box.x0 < canvas.x0 - SLACK
            or box.y0 < canvas.y0 - SLACK
            or box.x1 > canvas.x1 + SLACK
            or box.y1 > canvas.y1 + SLACK
        ):
            yield f"text {text!r}: leaves the canvas"
    for (first, box), (second, other) in itertools.combinations(boxes, 2):
        if _overlap(box, other):
            yield f"text {first!r}: overlaps {second!r}"


def _overlap(box: Bbox, other: Bbox) -> bool:
    across = min(box.x1, other.x1) - max(box.x0, other.x0)
    down = min(box.y1, other.y1) - max(box.y0, other.y0)
    return bool(across > SLACK and down > SLACK)


def _unlabelled(axes: Axes, name: str) -> Iterator[str]:
    """An axis that shows numbers needs a label; one that shows words speaks for itself."""
    if not (axes.axison and axes.get_visible()):
        return
    for letter, axis in (("x", axes.xaxis), ("y", axes.yaxis)):
        numbers = [label for label in _tick_labels(axis) if re.fullmatch(r"[-−+]?[\d.,]+.*", label.get_text())]
        if numbers and not axis.get_label_text().strip():
            yield f"{name}: {letter} axis has no label"


def _unstyled(axes: Axes, name: str) -> Iterator[str]:
    """A label or title that doesn't start with a capital or a symbol, or has its unit in square brackets."""
    titles = [axes.get_title(loc) for loc in ("left", "center", "right")]
    words = [axes.get_xlabel(), axes.get_ylabel(), *(re.sub(r"^\([a-z]\) ", "", title) for title in titles)]
    for text in words:
        if text != sentence_case(text) or re.search(r"\[\w+\]", text):
            yield f"{name}: {text!r}; accepted: a capital first, units in round brackets"


def _covered(axes: Axes, name: str) -> Iterator[str]:
    """Data points, or texts of the axes, below its legend."""
    legend = axes.get_legend()
    if legend is None:
        return
    box = legend.get_window_extent()
    for line in axes.get_lines():
        points = line.get_transform().transform(np.column_stack(line.get_data()).astype(float))
        if line.get_visible() and any(box.contains(x, y) for x, y in points):
            yield f"{name}: legend covers data of {line.get_label()!r}"


def _series(axes: Axes) -> Iterator[tuple[tuple[float, ...], tuple[object, ...], str]]:
    """Colour, everything else that tells it apart, and label of each line and scatter of an axes."""
    for line in axes.get_lines():
        if line.get_visible() and np.size(line.get_xdata()) and _shows(line):
            marker, style = _marker(line), line.get_linestyle()
            filled = marker != "None" and to_rgba(line.get_markerfacecolor()) == to_rgba(line.get_markeredgecolor())
            colour = line.get_color() if style != "None" else line.get_markeredgecolor()
            yield to_rgba(colour), ("line", style, marker, filled, _dashes(line)), str(line.get_label())
    for points in axes.collections:
        if isinstance(points, PathCollection) and points.get_visible() and np.size(points.get_facecolor()):
            face = np.atleast_2d(np.asarray(points.get_facecolor(), dtype=float))[0]
            shape = tuple(np.size(path.vertices) for path in points.get_paths())
            yield tuple(float(part) for part in face), ("points", shape), str(points.get_label())
    for patch in axes.patches:
        if patch.get_visible():
            yield to_rgba(patch.get_facecolor()), ("patch", patch.get_hatch(), patch.get_fill()), str(patch.get_label())


def _shows(line: Line2D) -> bool:
    return line.get_linestyle() != "None" or _marker(line) != "None"


def _marker(line: Line2D) -> str:
    marker = line.get_marker()
    return "None" if marker in {None, "", " ", "None", "none"} else str(marker)


def _dashes(line: Line2D) -> object:
    """The dash pattern, which `get_linestyle` doesn't tell for patterns of one's own."""
    return str(getattr(line, "_unscaled_dash_pattern", None))


def _confusable(axes: Axes, name: str) -> Iterator[str]:
    series = list(dict.fromkeys(_series(axes)))
    for (colour, shape, label), (other, other_shape, other_label) in itertools.combinations(series, 2):
        if shape != other_shape:
            continue
        if colour == other:
            if label != other_label and not (label.startswith("_") or other_label.startswith("_")):
                yield f"{name}: {label!r} and {other_label!r} look the same"
            continue
        for vision in VISION:
            distance = colour_distance(colour, other, vision)
            if distance < DISTANCE:
                yield f"{name}: colours of {label!r} and {other_label!r} are {distance:.1f} apart under {vision}"
                break
