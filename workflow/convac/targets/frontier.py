"""Tasks on strips that a scan of columns decides: what one side of a cut knows of an image is its frontier's state.

The state after the last column of a side is a label per row and nothing else: 0 where the pixel is closed, 1 where it
is joined to the side's border, from 2 up for the other components in the order in which they appear. Open pixels are
the set ones for percolation and the unset ones for loops. Counting the configurations of every state column by column
gives the function's matricization at strips of any length, exactly; the states are noncrossing partitions, so that
their number is at most exponential in the height: whatever such a scan decides has entropy O(boundary).

Source: Temperley & Lieb, Proc. R. Soc. A 322, 251 (1971); Derrida & Vannimenus, J. Phys. Lett. 41, 473 (1980)
(connectivity states of a transfer matrix).
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from itertools import pairwise, product

import numpy as np

from convac.arrays import integer, short
from convac.errors import ArgumentError
from convac.targets.splits import Split

Labels = tuple[int, ...]  # a label per row of the frontier
HIGHEST = 12  # rows of a strip: there are 2^height columns, each tried on every state
BORDER = 1  # label of what is joined to the side's border

DEAD: Labels = (-1,)  # percolation: nothing is joined to the border any more
FOUND: Labels = (-2,)  # pattern, loop: the function is true whatever follows


@dataclass(frozen=True)
class Scan:
    """A task that a scan of columns decides, symmetric under left-right reflection.

    Attributes:
        first: state after the first column (its pixels, top to bottom).
        advance: state after one more column.
        joined: the function's value from the states of both sides of a cut, each scanned from its own border.
    """

    first: Callable[[Labels], Labels]
    advance: Callable[[Labels, Labels], Labels]
    joined: Callable[[Labels, Labels], bool]


def components(left: Labels, right: Labels) -> list[set[tuple[int, int]]]:
    """Components of two adjacent columns: sets of (side, label), side 0 or 1, joined where both are open in a row.

    >>> components((1, 0, 2), (2, 0, 2)) == [{(0, 1), (1, 2), (0, 2)}]
    True
    """
    found: list[set[tuple[int, int]]] = []
    for one, other in zip(left, right, strict=True):
        own = {(side, label) for side, label in ((0, one), (1, other)) if label}
        for old in [component for component in found if component & own]:
            found.remove(old)
            own |= old
        if own:
            found.append(own)
    return found


def runs(opened: Iterable[bool], on_border: Callable[[int], bool]) -> Labels:
    """Labels of one column on its own: runs of open pixels; a run with a pixel on the border is joined to it."""
    column = list(opened)
    starts = [row for row, value in enumerate(column) if value and not (row and column[row - 1])]
    labels = [0] * len(column)
    fresh = BORDER + 1
    for start in starts:
        rows = [start]
        while rows[-1] + 1 < len(column) and column[rows[-1] + 1]:
            rows.append(rows[-1] + 1)
        bordering = any(on_border(row) for row in rows)
        for row in rows:
            labels[row] = BORDER if bordering else fresh
        fresh += not bordering
    return tuple(labels)


def carried(labels: Labels, column: Labels) -> tuple[Labels, bool]:
    """Labels of the next column once it is joined to the state, and whether a component off the border was closed."""
    names: dict[tuple[int, int], int] = {}
    closed = False
    fresh = BORDER + 1
    for component in components(labels, column):
        bordering = (0, BORDER) in component or (1, BORDER) in component
        ahead = [member for member in component if member[0] == 1]
        closed |= not ahead and not bordering
        names.update(dict.fromkeys(ahead, BORDER if bordering else fresh))
        fresh += not bordering
    # numbered as they appear, so that equal states are equal tuples
    order: dict[int, int] = {}
    found = [names[1, label] if label else 0 for label in column]
    for label in found:
        if label > BORDER:
            order.setdefault(label, BORDER + 1 + len(order))
    return tuple(order.get(label, label) for label in found), closed


def first_percolation(column: Labels) -> Labels:
    """Set pixels of the first column stand on the border."""
    return tuple(map(int, column)) if any(column) else DEAD


def advance_percolation(state: Labels, column: Labels) -> Labels:
    """Joined through set neighbours; dead once nothing of the border is left."""
    if state == DEAD:
        return DEAD
    labels, _ = carried(state, runs(map(bool, column), lambda row: False))
    return labels if BORDER in labels else DEAD


def joined_percolation(left: Labels, right: Labels) -> bool:
    """Whether a component has both borders."""
    if DEAD in {left, right}:
        return False
    return any({(0, BORDER), (1, BORDER)} <= component for component in components(left, right))


def first_loop(column: Labels) -> Labels:
    """Unset pixels of the first column stand on the border."""
    return tuple(1 - pixel for pixel in column)


def advance_loop(state: Labels, column: Labels) -> Labels:
    """Joined through unset neighbours, the top and bottom rows to the border; found once a component is closed off."""
    if state == FOUND:
        return FOUND
    own = runs((not pixel for pixel in column), lambda row: row in {0, len(column) - 1})
    labels, closed = carried(state, own)
    return FOUND if closed else labels


def joined_loop(left: Labels, right: Labels) -> bool:
    """Whether a side has found one or a component has no border."""
    if FOUND in {left, right}:
        return True
    return any(not component & {(0, BORDER), (1, BORDER)} for component in components(left, right))


def advance_pattern(state: Labels, column: Labels) -> Labels:
    """The column itself; found once two neighbouring rows are set in it and in the one before."""
    return FOUND if joined_pattern(state, column) else column


def joined_pattern(left: Labels, right: Labels) -> bool:
    """Whether a side has found one or one stands across the cut."""
    if FOUND in {left, right}:
        return True
    both = [one and other for one, other in zip(left, right, strict=True)]
    return any(upper and lower for upper, lower in pairwise(both))


SCANS = {
    "pattern": Scan(lambda column: column, advance_pattern, joined_pattern),
    "loop": Scan(first_loop, advance_loop, joined_loop),
    "percolation": Scan(first_percolation, advance_percolation, joined_percolation),
}


def states(task: str, height: int, width: int) -> dict[Labels, int]:
    """Configurations of `width` columns in each state, exact integers that sum to 2^(height · width).

    Raises:
        ArgumentError: the task is unknown, a side isn't positive, or the height exceeds 12.

    >>> states("percolation", 1, 2)
    {(-1,): 3, (1,): 1}
    """
    if not isinstance(task, str) or task not in SCANS:
        raise ArgumentError(f"task: {short(task)} is unknown; accepted: {', '.join(SCANS)}")
    height, width = integer(height, "height", 1, HIGHEST), integer(width, "width", least=1)
    scan = SCANS[task]
    columns = list(product((0, 1), repeat=height))
    advance = cache(lambda state: Counter(scan.advance(state, column) for column in columns))
    counts = Counter(scan.first(column) for column in columns)
    for _ in range(width - 1):
        following: Counter[Labels] = Counter()
        for state, count in counts.items():
            for reached, ways in advance(state).items():
                following[reached] += count * ways
        counts = following
    return dict(counts)


def strip(task: str, height: int, inside: int, outside: int) -> Split:
    """The task on height × (inside + outside) pixels, cut between the columns: exact, at any length.

    Raises as `states`.
    """
    left, right = states(task, height, inside), states(task, height, outside)
    joined = SCANS[task].joined
    values = np.array([[joined(one, other) for other in right] for one in left])
    return Split(values, tuple(left.values()), tuple(right.values()))
