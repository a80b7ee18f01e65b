"""Where a network's channels are: profiles over its levels, and widths that bring networks to equal parameter counts.

Source: 1704.01552, Experiments (wide-base and wide-tip networks compared at equal counts).
"""

import math
from collections.abc import Callable, Iterator, Sequence
from itertools import product
from typing import TypeVar

from convac.errors import ArgumentError
from convac.specs.network import NetworkSpec

Count = Callable[[Sequence[int]], int]
N = TypeVar("N", bound=NetworkSpec)

# Relative widths of a third of the levels each, from the sites up; with an odd level out in the middle.
PROFILES = {"uniform": (1.0, 1.0, 1.0), "wide-base": (4.0, 2.0, 1.0), "wide-tip": (1.0, 2.0, 4.0)}
TOLERANCE = 0.02
HALVINGS = 40  # of the range in which the profile's multiple is sought
NEARBY = 2  # channels that a level may move away from its profile to meet a count


def profile(name: str, levels: int) -> tuple[float, ...]:
    """Relative widths of the levels, from the sites up.

    Args:
        name: `uniform`, `wide-base`, `wide-tip`, or one number per level, e.g. `4-2-1`.
        levels: of the network.

    Raises:
        ArgumentError: the name is unknown, or a list doesn't fit the levels.

    >>> profile("wide-base", 4), profile("wide-tip", 5), profile("4-2-1", 3)
    ((4.0, 4.0, 1.0, 1.0), (1.0, 1.0, 2.0, 4.0, 4.0), (4.0, 2.0, 1.0))
    """
    if name in PROFILES:
        first, middle, last = PROFILES[name]
        ends = max(1, (levels + 1) // 3) if levels != 4 else 2
        return ((first,) * ends + (middle,) * (levels - 2 * ends) + (last,) * ends)[:levels]
    try:
        found = tuple(float(part) for part in name.split("-"))
    except ValueError:
        found = ()
    if len(found) != levels or min(found, default=0.0) <= 0 or not all(map(math.isfinite, found)):
        accepted = f"{', '.join(PROFILES)}, or {levels} positive numbers, e.g. {'-'.join(['1'] * levels)}"
        raise ArgumentError(f"profile: {name!r} doesn't fit {levels} levels; accepted: {accepted}")
    return found


def matched(spec: N, name: str, wanted: int, tolerance: float = TOLERANCE) -> N:
    """The spec with widths of a profile such that its parameters are as many as wanted.

    The widths are the profile's multiple that comes closest; where rounding leaves it outside the tolerance, single
    levels move by up to two channels.

    Args:
        spec: its widths' number of levels counts, not their values.
        name: of the profile, see `profile`.
        wanted: parameters.
        tolerance: relative distance from the wanted count that is accepted.

    Raises:
        ArgumentError: the profile doesn't fit, or no widths come that close.

    >>> from convac.specs.networks.rectifier import RectifierSpec
    >>> spec = RectifierSpec(geometry="square", sites=(8, 8), widths=(1, 1, 1))
    >>> matched(spec, "wide-tip", 1000).widths
    (9, 18, 37)
    """
    shape, count = profile(name, len(spec.widths)), spec.counter()

    def distance(widths: tuple[int, ...]) -> float:
        return abs(count(widths) / wanted - 1)

    near = min(multiples(shape, count, wanted), key=distance)
    steps = sorted(product(range(-NEARBY, NEARBY + 1), repeat=len(near)), key=lambda step: sum(map(abs, step)))
    for step in steps:
        widths = tuple(max(1, width + change) for width, change in zip(near, step, strict=True))
        if distance(widths) <= tolerance:
            return spec.model_copy(update={"widths": widths})
    accepted = f"a count that widths meet within {tolerance:.0%}, such as {count(near)}"
    raise ArgumentError(f"parameters: {wanted} isn't met by any {name} network; accepted: {accepted}")


def multiples(shape: tuple[float, ...], count: Count, wanted: int) -> Iterator[tuple[int, ...]]:
    """Rounded multiples of a profile, closing in on the one with the wanted count."""
    low, high = 0.0, float(wanted)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        widths = tuple(max(1, round(middle * part)) for part in shape)
        yield widths
        low, high = (middle, high) if count(widths) < wanted else (low, middle)
