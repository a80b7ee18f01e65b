"""Entropies over decades: logarithmic axes with a floor; and axes of training steps."""

import math
from collections.abc import Iterable

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

FLOOR = 1e-8  # nats, lowest entropy that the log axes show


def decades(axes: Axes, values: Iterable[float]) -> None:
    """A logarithmic axis of entropies that shows all the values; the floor's tick stands for all below, too."""
    shown = np.maximum(np.fromiter(values, dtype=float), FLOOR)
    low, high = float(shown.min()) / 1.8, float(shown.max()) * 1.8
    axes.set_yscale("log")
    axes.set_ylim(low, high)
    axes.yaxis.set_major_locator(FixedLocator(round_numbers(low, high)))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: plain(value)))
    axes.grid(visible=True, axis="y")


def round_numbers(low: float, high: float) -> list[float]:
    """At most six ticks of a logarithmic axis, the finest of 1-2-5, decades, every second one and so on.

    >>> round_numbers(0.4, 6), round_numbers(0.005, 20)
    ([0.5, 1.0, 2.0, 5.0], [0.01, 0.1, 1.0, 10.0])
    """
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    found: list[float] = []
    for parts, step in (((1, 2, 5), 1), ((1,), 1), *(((1,), step) for step in range(2, 30))):
        powers = [power for power in range(first, last + 1) if power % step == 0]
        found = [float(f"{part}e{power}") for power in powers for part in parts]
        found = [value for value in found if low <= value <= high]
        if len(found) <= 6:
            break
    return found


def plain(value: float) -> str:
    """A number in plain type; the floor with all that is below it.

    >>> plain(100.0), plain(0.02), plain(1e-6), plain(1e-8)
    ('100', '0.02', '1e−6', '≤ 1e−8')
    """
    power = math.floor(math.log10(value) + 1e-9)
    text = f"{value:g}" if power >= -2 else f"{value / 10.0**power:g}e{power}"
    return ("≤ " if value < 1.5 * FLOOR else "") + text.replace("-", "−")


def training_steps(axes: Axes, moments: list[int]) -> dict[int, float]:
    """An axis of steps as log(1 + step / first), so that the untrained network has a place; where each stands."""
    first = min((moment for moment in moments if moment), default=1)
    places = {moment: math.log2(1 + moment / first) for moment in moments}
    axes.set_xticks(list(places.values()), [f"{moment:,}" for moment in moments])
    axes.set_xlim(-0.55, max(places.values()) + 0.55)
    axes.set_xlabel("Training step")
    return places
