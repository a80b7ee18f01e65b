"""What the block rank of an overlapping circuit with shared weights is: the smaller of a cut and of what it can see.

Ours, found from exact ranks: a bound by construction, a claim where it says "equal". 1803.09780 has the volume law.
"""

from collections import Counter
from collections.abc import Sequence
from itertools import product
from typing import NamedTuple

import numpy as np

from convac.circuits.overlapping import OverlappingShape
from convac.entanglement.graphs import graph_min_cut, overlapping_network

LISTED = 2**11  # a side with more configurations is taken to tell all of them apart


class Sight(NamedTuple):
    """What the last hidden layer's positions see: per position its sites by offset, and whether its window is whole."""

    sites: tuple[int, ...]
    whole: bool


def sights(shape: OverlappingShape) -> list[Sight]:
    """The sites below every position of layer L − 1, in an order that depends on offsets alone."""
    found = [Sight((site,), True) for site in range(shape.count)]
    for _ in shape.widths[:-1]:
        found = [above(shape, found, position) for position in range(shape.count)]
    return found


def above(shape: OverlappingShape, below: Sequence[Sight], position: int) -> Sight:
    """What a position sees through its window, repeated sites kept: they tell the offsets apart."""
    window = shape.window(position)
    sites = tuple(site for _, child in window for site in below[child].sites)
    whole = len(window) == len(shape.offsets) and all(below[child].whole for _, child in window)
    return Sight(sites, whole)


def distinguishable(shape: OverlappingShape, inside: Sequence[int]) -> int:
    """How many configurations of the given sites a network with shared weights can tell apart: a bound on the rank.

    Two that show equal patterns equally often to the whole windows inside, and the same to every other window, have
    the same value whatever stands outside.
    """
    if shape.local_dimension ** len(inside) > LISTED:
        return int(shape.local_dimension ** len(inside))
    place = {site: number for number, site in enumerate(inside)}
    if not shape.periodic:  # a position at the boundary is read by fewer windows: all are told apart
        inner: list[Sight] = []
        others = sights(shape)
    else:
        seen = sights(shape)
        inner = [sight for sight in seen if sight.whole and all(site in place for site in sight.sites)]
        others = [sight for sight in seen if sight not in inner]
    kept = [[place[site] for site in sight.sites if site in place] for sight in others]
    patterns = [[place[site] for site in sight.sites] for sight in inner]
    classes = set()
    for configuration in product(range(shape.local_dimension), repeat=len(inside)):
        counted = Counter(tuple(configuration[number] for number in pattern) for pattern in patterns)
        classes.add((frozenset(counted.items()), tuple(configuration[number] for each in kept for number in each)))
    return len(classes)


def predicted_rank(shape: OverlappingShape, inside: Sequence[int]) -> int:
    """The smallest of the network's min-cut and of what either side can tell apart."""
    mask = np.zeros(shape.count, dtype=bool)
    mask[list(inside)] = True
    sides = [np.flatnonzero(mask).tolist(), np.flatnonzero(~mask).tolist()]
    cut = graph_min_cut(overlapping_network(shape), inside).value
    return min(cut, *(distinguishable(shape, side) for side in sides))


def front_rank(shape: OverlappingShape, size: int) -> int:
    """min{Mⁿ, D·M^{2(L−1)(K−1)}} on a ring: the front moves (L − 1)(K − 1) sites at either end of the block."""
    reach = 2 * (len(shape.widths) - 1) * (shape.kernel - 1)
    smaller = min(size, shape.count - size)
    return int(min(shape.local_dimension**smaller, shape.widths[-1] * shape.local_dimension**reach))
