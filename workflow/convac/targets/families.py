"""Target functions at any size: exact matricizations or Schmidt spectra of tasks that count pixels or mirrored pairs.

Counting tasks know of a side only how many of its pixels are set: few classes. Mirror tasks compare pairs of pixels;
where each pair has one pixel on either side their matricization is a function of s ⊕ t, diagonal in the characters of
the group of bit strings, and its Schmidt probabilities are squared Fourier coefficients: the entropy is the function's
Fourier (spectral) entropy. Those of a threshold are Krawtchouk sums, evaluated in exact integers.

Source: O'Donnell, Analysis of Boolean Functions (2014), chapters 1 and 5; Page, Phys. Rev. Lett. 71, 1291 (1993).
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate
from math import comb

import numpy as np

from convac.arrays import integer, integers, short
from convac.errors import ArgumentError, MemoryLimitError
from convac.targets.splits import Split, offset

PAIRS = 2**28  # of classes of both sides, that are listed at most


@dataclass(frozen=True)
class Levels:
    """A Schmidt spectrum with its degeneracies.

    Attributes:
        logs: logarithm of the sum of each level's Schmidt probabilities, up to a common term, shape (k,).
        multiplicities: Schmidt vectors of each level, exact; all have positive probability.
    """

    logs: np.ndarray
    multiplicities: tuple[int, ...]

    @property
    def weights(self) -> np.ndarray:
        """Sum of each level's Schmidt probabilities, shape (k,)."""
        shares = np.exp(self.logs - self.logs.max())
        return np.asarray(shares / shares.sum())

    @property
    def rank(self) -> int:
        """Schmidt number, exact."""
        return sum(self.multiplicities)


def majority(inside: int, outside: int) -> Split:
    """More than half of all pixels are set; classes by the number of set pixels, up to thousands of pixels a side.

    Raises:
        ArgumentError: a side has no pixel.
        MemoryLimitError: more than 2^28 pairs of classes; before anything is listed.

    >>> majority(1, 2).values.astype(int)
    array([[0, 0, 1],
           [0, 1, 1]])
    """
    inside, outside = pixels(inside, outside)
    if (inside + 1) * (outside + 1) > PAIRS:
        sides = f"got {short(inside)}, {short(outside)}"
        raise MemoryLimitError(f"inside, outside: {sides}; accepted: at most 2^28 pairs of classes, 16000 by 16000")
    values = 2 * np.add.outer(np.arange(inside + 1), np.arange(outside + 1)) > inside + outside
    return Split(values, *(tuple(comb(side, count) for count in range(side + 1)) for side in (inside, outside)))


def parity(inside: int, outside: int) -> Split:
    """An odd number of pixels is set; two classes a side. Raises as `majority`."""
    inside, outside = pixels(inside, outside)
    halves = [(2 ** (side - 1),) * 2 for side in (inside, outside)]
    return Split(np.array([[False, True], [True, False]]), *halves)


def pixels(inside: int, outside: int) -> tuple[int, int]:
    """Pixels of both sides as Python integers, of any size; raises ArgumentError unless both are positive."""
    return integer(inside, "inside", least=1), integer(outside, "outside", least=1)


def strict_symmetry(crossing: int, inside: int, outside: int, convention: str) -> Levels:
    """Every mirrored pair agrees: the spectrum of any partition, by where the pairs lie.

    The matricization is |a⟩⟨b| ⊗ 1, a and b the symmetric configurations of the pairs inside and outside and 1 the
    identity on the 2^crossing configurations of the pairs that are cut. The offset adds a uniform matrix, which acts
    on the uniform vector of the cut pairs alone: there a 2×2 matrix remains.

    Args:
        crossing: pairs with a pixel on either side.
        inside, outside: pairs whose pixels are both inside, both outside.
        convention: `centred`, `sign` or `indicator`.

    Raises:
        ArgumentError: a number of pairs is negative, there is none, or the convention is unknown.

    >>> strict_symmetry(3, 0, 0, "indicator").rank
    8
    """
    crossing, inside, outside = integers((crossing, inside, outside), "pairs", least=0)
    if crossing + inside + outside < 1:
        raise ArgumentError("pairs: got 0, 0, 0; accepted: integers ≥ 0, one at least positive")
    pairs = crossing + inside + outside
    shift = offset(convention, Fraction(1, 2**pairs))
    # in units of |a||b|: â b̂ᵀ − g e eᵀ on the uniform vector, x and y the overlaps of â and b̂ with their uniform ones
    uniform, log_g = shift * 2**crossing, -math.inf
    if uniform:
        logs_of = math.log(uniform.numerator), math.log(uniform.denominator)  # of integers of any size
        log_g = (inside + outside) / 2 * math.log(2) + logs_of[0] - logs_of[1]
    log_unit = max(0.0, log_g)  # g is huge by sign: all in units of the larger of 1 and g
    g, one = math.exp(log_g - log_unit), math.exp(-log_unit)
    x, y = 2.0 ** (-inside / 2), 2.0 ** (-outside / 2)
    square = one**2 - 2 * g * one * x * y + g**2  # of the Frobenius norm
    determinant = g * one * math.sqrt((1 - x * x) * (1 - y * y))
    logs, multiplicities = [], []
    if square > 0:
        largest = (square + math.sqrt(max(square**2 - 4 * determinant**2, 0.0))) / 2
        logs, multiplicities = [math.log(largest)], [1]
        if g and inside and outside:
            product = log_g - 2 * log_unit + 0.5 * (math.log1p(-x * x) + math.log1p(-y * y))
            logs, multiplicities = [*logs, 2 * product - logs[0]], [1, 1]
    if crossing:
        logs.append(math.log(2**crossing - 1) - 2 * log_unit)
        multiplicities.append(2**crossing - 1)
    return Levels(np.array(logs), tuple(multiplicities))


def symmetry_score(crossing: int, outside: int, convention: str) -> Levels:
    """More than half of the mirrored pairs agree: the spectrum of a block that holds one pixel of each of `crossing`.

    With j disagreeing pairs outside the block the function is a threshold on the weight of s ⊕ t; its Fourier
    coefficients at level k ≥ 1 are Krawtchouk numbers, Σ_{d≤τ} K_d(k; n) = K_τ(k − 1; n − 1). The Gram matrices of
    all j commute, so that their eigenvalues add.

    Args:
        crossing: pairs with a pixel on either side of the partition.
        outside: pairs outside the block.
        convention: `centred`, `sign` or `indicator`.

    Raises:
        ArgumentError: a number of pairs is out of range, or the convention is unknown.

    >>> symmetry_score(3, 0, "sign").weights.round(4)
    array([0.75, 0.25])
    """
    crossing, outside = integer(crossing, "crossing", least=1), integer(outside, "outside", least=0)
    pairs = crossing + outside
    most = (pairs - 1) // 2  # disagreeing pairs of an image that the function is true on, at most
    shift = offset(convention, Fraction(sum(comb(pairs, d) for d in range(most + 1)), 2**pairs))
    true = list(accumulate(comb(crossing, d) for d in range(crossing + 1)))
    # what is left of the threshold after j disagreements outside, with the number of ways
    left = [(most - j, comb(outside, j)) for j in range(min(most, outside) + 1)]
    beyond = sum(
        comb(outside, j) for j in range(most + 1, outside + 1)
    )  # ways that leave the function false throughout
    uniform = shift.numerator * 2**crossing
    lowest = sum(ways * (shift.denominator * true[min(d, crossing)] - uniform) ** 2 for d, ways in left)
    weights = [lowest + beyond * uniform**2]
    for k, row in enumerate(krawtchouk(crossing - 1), start=1):
        squares = sum(ways * row[d] ** 2 for d, ways in left if d < crossing)
        weights.append(shift.denominator**2 * comb(crossing, k) * squares)
    kept = [k for k, weight in enumerate(weights) if weight]
    return Levels(np.array([math.log(weights[k]) for k in kept]), tuple(comb(crossing, k) for k in kept))


def krawtchouk(degree: int) -> Iterator[list[int]]:
    """Rows k = 0 … n of Krawtchouk numbers K_0(k; n) … K_n(k; n): coefficients of (1 − z)^k (1 + z)^(n − k).

    >>> list(krawtchouk(2))
    [[1, 2, 1], [1, 0, -1], [1, -2, 1]]
    """
    row = [comb(degree, d) for d in range(degree + 1)]
    yield row
    for _ in range(degree):
        following = [1]
        for d in range(1, degree + 1):
            following.append(row[d] - row[d - 1] - following[-1])
        row = following
        yield row


def random_entropy(inside: int, outside: int) -> float:
    """Entropy in nats of a random function between sides of that many pixels: ln m − m / 2n for m = 2^a ≤ n = 2^b.

    The leading terms of Page's formula; what a random function of a mean away from 0 and 1 has, centred.

    >>> round(random_entropy(8, 8), 3)
    5.045
    """
    small, large = sorted(pixels(inside, outside))
    return small * math.log(2) - 2.0 ** (small - large - 1)
