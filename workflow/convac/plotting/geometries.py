"""Pooling geometries in figures: one look for each, side by side at a place."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.lines import Line2D

from convac.plotting.looks import Look, looks
from convac.plotting.primitives import key, present
from convac.plotting.style import BLUE, GREEN, VERMILLION

ANY = "any"  # the geometry of one level
LOOKS: Mapping[str, Look] = {"square": (BLUE, "s"), "mirror": (VERMILLION, "D"), ANY: (GREEN, "o")}


def geometries(table: pd.DataFrame) -> dict[str, Look]:
    """Colour and marker of every geometry in the table, the same ones in every figure."""
    return {name: look for name, look in looks(present(table, "geometry"), LOOKS).items() if name != ANY}


def geometry_keys(shown: Mapping[str, Look]) -> list[Line2D]:
    """An entry of the legend per geometry."""
    return [
        key(f"{name} pooling", color=colour, marker=marker, linestyle="") for name, (colour, marker) in shown.items()
    ]


def abreast(count: int, reach: float) -> list[float]:
    """Where several things stand about a place, none further than `reach`; a single one in its middle.

    >>> abreast(1, 0.2), abreast(2, 0.2)
    ([0.0], [-0.2, 0.2])
    """
    return [reach * (2 * number - count + 1) / max(1, count - 1) for number in range(count)]
