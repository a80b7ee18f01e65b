"""How series look: those with their own look keep it, others take theirs by rank; none vanishes without a word."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import islice
from typing import Any, TypeVar

import pandas as pd

from convac.errors import ArgumentError
from convac.plotting.primitives import present
from convac.plotting.style import BLACK, BLUE, GREEN, ORANGE, PURPLE, VERMILLION

Look = tuple[str, str]  # colour and marker
Name = TypeVar("Name", str, int)

_COLOURS, _MARKERS = (ORANGE, PURPLE, BLACK, GREEN, BLUE, VERMILLION), "vPX^<>ph*d8"
# As many lengths without a common factor: neighbours differ in both, and no pair comes twice.
SPARE = tuple((_COLOURS[n % len(_COLOURS)], _MARKERS[n % len(_MARKERS)]) for n in range(66))


def by_rank(names: Sequence[Name], first: Sequence[Look] = ()) -> dict[Name, Look]:
    """A look for every name, in order: the given ones first, then spare ones.

    Raises:
        ArgumentError: there are more than can be told apart.

    >>> by_rank([4, 8], first=(("#000000", "o"),))
    {4: ('#000000', 'o'), 8: ('#E69F00', 'v')}
    """
    return assigned(names, [*first, *(look for look in SPARE if look not in first)])


def assigned(names: Sequence[Name], choice: Sequence[Look]) -> dict[Name, Look]:
    """The first looks of a choice, one for every name; raises ArgumentError where it has too few."""
    if len(names) > len(choice):
        raise ArgumentError(f"table: {len(names)} series in a figure; accepted: up to {len(choice)}")
    return dict(zip(names, islice(choice, len(names)), strict=True))


def looks(names: Iterable[Name], known: Mapping[Name, Look]) -> dict[Name, Look]:
    """A look for every name: the known ones in their order with their own, then the others, sorted, by rank.

    >>> looks(["hilbert", "mirror"], {"square": ("#0072B2", "s"), "mirror": ("#D55E00", "D")})
    {'mirror': ('#D55E00', 'D'), 'hilbert': ('#E69F00', 'v')}
    """
    found = set(names)
    others = assigned(sorted(found - set(known)), [look for look in SPARE if look not in known.values()])
    return {**{name: look for name, look in known.items() if name in found}, **others}


def nested(found: Mapping[Name, Look], step: float = 2.6) -> dict[Name, dict[str, Any]]:
    """Properties of marks that all show where values are equal: the last small and filled, within larger open ones.

    Args:
        found: colour and marker of every name, those behind first.
        step: by how many points a mark is wider than the next.

    >>> found = nested({1: ("#000000", "o"), 2: ("#0072B2", "s")})
    >>> found[1]["markersize"] > found[2]["markersize"], found[1]["markerfacecolor"], found[2]["markerfacecolor"]
    (True, 'none', '#0072B2')
    """
    last = len(found) - 1
    return {
        name: {
            "color": colour,
            "marker": marker,
            "markersize": 3.2 + step * (last - place),
            "markerfacecolor": colour if place == last else "none",
        }
        for place, (name, (colour, marker)) in enumerate(found.items())
    }


def ordered(names: Iterable[str], first: Sequence[str]) -> list[str]:
    """Names in the order of `first`, then those that aren't among them, sorted.

    >>> ordered(["b", "c", "a"], first=["c", "d"])
    ['c', 'a', 'b']
    """
    found = set(names)
    return [*(name for name in first if name in found), *sorted(found - set(first))]


def refuse_unknown(table: pd.DataFrame, **accepted: Collection[object]) -> None:
    """Raise ArgumentError for a value of a column that the figures have no place for; it would vanish.

    >>> refuse_unknown(pd.DataFrame({"network": ["tree", "forest"]}), network=("tree",))
    Traceback (most recent call last):
    convac.errors.ArgumentError: table: network 'forest' has no place in the figures; accepted: tree
    """
    for column, values in accepted.items():
        for value in present(table, column):
            if value not in values:
                words = ", ".join(map(str, values))
                raise ArgumentError(f"table: {column} {value!r} has no place in the figures; accepted: {words}")
