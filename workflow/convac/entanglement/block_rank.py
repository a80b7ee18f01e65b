"""What the block rank of an overlapping circuit is: the smaller of a cut and, with shared weights, of what it can see.

Ours, found from exact ranks: a bound by construction, a claim where it says "equal". 1803.09780 has the volume law.
"""

from collections import Counter
from collections.abc import Hashable, Sequence
from itertools import product
from math import prod
from typing import NamedTuple

import numpy as np

from convac.circuits.overlapping import OverlappingShape
from convac.entanglement.brute import matricization
from convac.entanglement.generic_rank import rank
from convac.entanglement.graphs import graph_min_cut, overlapping_network

LISTED = 2**11  # a side with more configurations is taken to tell all of them apart


# The kind of a position: which windows read it or how its own is cut short; equal kinds are equal functions.
Kind = Hashable


class Sight(NamedTuple):
    """What a position sees: its sites by offset, repeated ones kept, and its kind."""

    sites: tuple[int, ...]
    kind: Kind


def sights(shape: OverlappingShape) -> list[Sight]:
    """What every position of layer L − 1 sees, the offsets at which the last layer reads it in its kind."""
    found = [Sight((site,), "site") for site in range(shape.count)]
    for _ in shape.widths[:-1]:
        found = [above(shape, found, position) for position in range(shape.count)]
    readers: list[list[int]] = [[] for _ in found]
    for position in range(shape.count):
        for offset, child in shape.window(position):
            readers[child].append(offset)
    return [Sight(sites, (kind, *sorted(offsets))) for (sites, kind), offsets in zip(found, readers, strict=True)]


def above(shape: OverlappingShape, below: Sequence[Sight], position: int) -> Sight:
    """What a position of the next layer sees through its window."""
    window = shape.window(position)
    sites = tuple(site for _, child in window for site in below[child].sites)
    return Sight(sites, tuple((offset, below[child].kind) for offset, child in window))


def distinguishable(shape: OverlappingShape, inside: Sequence[int]) -> int:
    """How many configurations of the given sites a network with shared weights can tell apart: a bound on the rank.

    The value is a product over the positions of layer L − 1, equal functions of what they see where their kinds are
    equal. Two configurations that show equal patterns equally often to those that see inside alone, and the same to
    every other position, have the same value whatever stands outside.
    """
    if shape.local_dimension ** len(inside) > LISTED:
        return int(shape.local_dimension ** len(inside))
    place = {site: number for number, site in enumerate(inside)}
    inner: dict[Kind, list[list[int]]] = {}
    kept: set[int] = set()
    for sight in sights(shape):
        seen = [place[site] for site in sight.sites if site in place]
        if len(seen) == len(sight.sites):
            inner.setdefault(sight.kind, []).append(seen)
        else:
            kept.update(seen)
    classes = set()
    for configuration in product(range(shape.local_dimension), repeat=len(inside)):
        counts = [
            frozenset(Counter(tuple(configuration[number] for number in pattern) for pattern in patterns).items())
            for patterns in inner.values()
        ]
        classes.add((*counts, tuple(configuration[number] for number in sorted(kept))))
    return len(classes)


def mask_of(count: int, inside: Sequence[int]) -> np.ndarray:
    """True at the given sites, shape (N,)."""
    mask = np.zeros(count, dtype=bool)
    mask[list(inside)] = True
    return mask


def exact_rank(residues: np.ndarray, inside: Sequence[int]) -> int:
    """Rank of the given sites against the others, of a tensor of residues."""
    return rank(matricization(residues, mask_of(residues.ndim, inside)))


def predicted_rank(shape: OverlappingShape, inside: Sequence[int]) -> int:
    """The smallest of the network's min-cut and, where weights are shared, of what either side can tell apart.

    An upper bound on the rank, and nearly always the rank: not on a ring of 12 binary sites with shared weights, K = 2
    and two layers of 8, whose half has rank 30 where this is 32.
    """
    cut = graph_min_cut(overlapping_network(shape), inside).value
    if not shape.shared:
        return cut
    mask = np.zeros(shape.count, dtype=bool)
    mask[list(inside)] = True
    sides = [np.flatnonzero(mask).tolist(), np.flatnonzero(~mask).tolist()]
    return min(cut, *(distinguishable(shape, side) for side in sides))


def frames(shape: OverlappingShape, inside: Sequence[int]) -> tuple[set[int], set[int]]:
    """The sites of either side that a position of layer L − 1 sees together with sites of the other side.

    >>> frames(OverlappingShape((6,), 2, (2, 2), periodic=False), [0, 1, 2])
    ({2}, {3})
    """
    chosen, found = set(inside), (set[int](), set[int]())
    for sight in sights(shape):
        seen = set(sight.sites)
        if seen & chosen and seen - chosen:
            found[0].update(seen & chosen)
            found[1].update(seen - chosen)
    return found


def frame_bound(shape: OverlappingShape, inside: Sequence[int]) -> int:
    """min{M^|A|, M^(N − |A|), D_L·M^frame}: `front_rank`'s bound for any subset of the sites.

    The frame of a side are its sites that a position of layer L − 1 sees together with sites of the other side: with
    these and the end cut, no such position depends on both. The smaller frame counts.

    Args:
        shape: the network.
        inside: sites of A, any of them.

    >>> frame_bound(OverlappingShape((8,), 2, (3, 3)), range(4)), front_rank(OverlappingShape((8,), 2, (3, 3)), (4,))
    (12, 12)
    """
    smaller = min(len(set(inside)), shape.count - len(set(inside)))
    through = shape.widths[-1] * shape.local_dimension ** min(map(len, frames(shape, inside)))
    return int(min(shape.local_dimension**smaller, through))


def front_rank(shape: OverlappingShape, sides: Sequence[int]) -> int:
    """min{M^|A|, M^(N − |A|), D·M^(frame)}, the frame being the block's sites within (L − 1)(K − 1) of its boundary.

    What a window of all layers but the last sees across the boundary is at most that far from it; all else stands on
    one side. A frame holds 2(L − 1)(K − 1) sites of a ring's block, as many times the perimeter (less corners) of a
    rectangle.

    Args:
        shape: the network.
        sides: sites of the block along each axis; it starts at the origin.
    """
    reach = (len(shape.widths) - 1) * (shape.kernel - 1)
    ends = 2 if shape.periodic else 1  # boundaries of the block along an axis that it doesn't fill
    depth = [0 if side == whole else ends * reach for side, whole in zip(sides, shape.sites, strict=True)]
    size = prod(sides)
    frame = size - prod(max(0, side - each) for side, each in zip(sides, depth, strict=True))
    smaller = min(size, shape.count - size)
    return int(min(shape.local_dimension**smaller, shape.widths[-1] * shape.local_dimension**frame))
