"""What the start-end rank of a recurrent arithmetic circuit is, in closed form, and the bound that was proved.

T = 2n steps, the first n against the last n; M templates, width R, depth L. The closed forms are ours, found from exact
ranks: bounds that are proved (docs/laws.md), claims where they say "equal". That of four layers is false where M is
large (`stated`); `form` is that of every depth, and explains it. The lower bound is 1710.09431's.
"""

from math import comb, prod
from typing import NamedTuple


def depth_1(local_dimension: int, width: int, half: int) -> int:
    """min(R, M^n): a matrix product of bond dimension R.

    >>> depth_1(3, 4, 5)
    4
    """
    return min(width, int(local_dimension**half))


def depth_2(local_dimension: int, width: int, half: int) -> int:
    """Rank of two layers, M templates, width R, n = half.

    >>> [depth_2(3, 3, half) for half in (3, 4, 5)]
    [27, 45, 63]
    """
    top = width * (comb(width + half - 1, half) - missing(width - local_dimension, half))
    rows = prod(min(local_dimension, comb(width + step - 1, step)) for step in range(1, half + 1))
    return min(int(local_dimension**half), rows, top)


def missing(excess: int, half: int) -> int:
    """C(R − M + n − 1, n), zero when M ≥ R."""
    return comb(excess + half - 1, half) if excess > 0 else 0


def depth_3(local_dimension: int, width: int, half: int) -> int:
    """Rank of three layers, for M ≥ R.

    >>> depth_3(2, 2, 2)
    4
    """
    degree = half * (half + 1) // 2
    rows = prod(
        min(local_dimension, comb(width + step * (step + 1) // 2 - 1, step * (step + 1) // 2))
        for step in range(1, half + 1)
    )
    both = comb(width + half - 1, half) * comb(width + degree - 1, degree)
    return min(int(local_dimension**half), rows, width * (both - lost(width, degree, half)))


def lost(width: int, first: int, second: int) -> int:
    """Q_R(a, b) = Σ_j C(R, j) C(a − 1, j − 1) C(b + R − j − 1, b), j from 1 to R − 1."""
    return sum(comb(width, j) * comb(first - 1, j - 1) * comb(second + width - j - 1, second) for j in range(1, width))


def depth_4(local_dimension: int, width: int, half: int) -> int:
    """The pattern's first two factors for four layers: not the rank where M is large, where something else bounds it.

    Exact ranks at R = 2, T = 6: 100 for M = 10, as here; 106 from M = 11 on, where this is 110.

    >>> [depth_4(local_dimension, 2, 3) for local_dimension in (10, 11, 12)]
    [100, 110, 110]
    """
    rows = prod(min(local_dimension, symmetric(width, pyramid(step))) for step in range(1, half + 1))
    return min(int(local_dimension**half), rows)


def symmetric(width: int, degree: int) -> int:
    """C(R + d − 1, d), the dimension of symmetric tensors of degree d over R channels."""
    return comb(width + degree - 1, degree)


def pyramid(step: int) -> int:
    """k(k + 1)(k + 2)/6, how many times the first of k steps is read by the fourth layer's memory."""
    return step * (step + 1) * (step + 2) // 6


def stated(depth: int, local_dimension: int, width: int, half: int) -> bool:
    """Whether the form is a claim there: always but for four layers, whose last factor must be M from T = 6 on.

    >>> [stated(4, local_dimension, 2, 3) for local_dimension in (10, 11, 12)]
    [True, False, False]
    """
    return depth < 4 or half <= 2 or local_dimension < symmetric(width, pyramid(half))


def closed_form(depth: int, local_dimension: int, width: int, half: int) -> int:
    """The closed form of a depth from 1 to 4; that of four layers holds where it is `stated`."""
    return (depth_1, depth_2, depth_3, depth_4)[depth - 1](local_dimension, width, half)


def proved_bound(local_dimension: int, width: int, half: int) -> int:
    """C(min(M, R) + n − 1, n), a lower bound on the start-end rank of two layers (1710.09431).

    >>> proved_bound(3, 3, 3)
    10
    """
    smaller = min(local_dimension, width)
    return comb(smaller + half - 1, half)


class CountingBound(NamedTuple):
    """A bound on the start-end rank, by counting monomials.

    Attributes:
        value: the bound.
        of: what the last `steps` steps are taken by: their `inputs`, or the `states` that reach them.
        steps: how many; every step before them counts as its own input.
    """

    value: int
    of: str
    steps: int


def form(depth: int, local_dimension: int, width: int, half: int) -> int:
    """The start-end rank of any depth: the smallest of M^n and of all counting bounds.

    >>> [form(4, local_dimension, 2, 3) for local_dimension in (10, 11, 12)]
    [100, 106, 106]
    """
    counted = counting_bounds(depth, local_dimension, width, half)
    return min(int(local_dimension**half), *(bound.value for bound in counted))


def counting_bounds(depth: int, local_dimension: int, width: int, half: int) -> list[CountingBound]:
    """Upper bounds on the start-end rank, the last steps of the end taken together (docs/laws.md has the proof).

    The k-th step from the end is read C(k + L − 2, L − 1) times: min{M, C(R + d − 1, d)} functions of its input. Of
    the last steps together fewer: the coefficient of the last input lies in an ideal of R forms, one per channel that
    the first of them passes on; and so does the coefficient of the top state in what the states say.
    """
    degrees = [comb(step + depth - 2, depth - 1) for step in range(1, half + 1)]
    alone = [min(local_dimension, symmetric(width, degree)) for degree in degrees]
    least, found = min(local_dimension, width), []
    for steps in range(1, half + 1):
        before = prod(alone[steps:])
        states = [comb(steps + below - 1, below) for below in range(1, depth)]
        found.append(CountingBound(least * generated(width, degrees[1:steps], width) * before, "inputs", steps))
        found.append(CountingBound(width * generated(width, states, least) * before, "states", steps))
    return found


def generated(width: int, degrees: list[int], forms: int) -> int:
    """Dimension of an ideal's part of the given degrees, one for each group of R variables; 1 without groups.

    The ideal is that of a regular sequence of forms linear in every group: by inclusion and exclusion.

    >>> generated(2, [10, 4], 2), generated(3, [4], 2)
    (53, 14)
    """
    if not degrees:
        return 1
    signs = ((-1) ** (taken + 1) * comb(forms, taken) for taken in range(1, forms + 1))
    shifted = (prod(comb(width + degree - taken - 1, width - 1) for degree in degrees) for taken in range(1, forms + 1))
    return sum(sign * count for sign, count in zip(signs, shifted, strict=True))
