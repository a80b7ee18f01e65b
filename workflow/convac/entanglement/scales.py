"""Numbers of any size: float64 mantissas beside integer exponents of two, so that products neither over- nor underflow.

Scaling by powers of two is exact. Complex numbers have one exponent for both parts.
"""

from typing import NamedTuple

import numpy as np

ROUNDOFF = 2.0**-53
LOWEST = -(2**61)  # exponent of a zero, below that of any number


class Scaled(NamedTuple):
    """Numbers values · 2^exponents.

    Attributes:
        values: float64 or complex128, the larger part of each between ½ and 1 in magnitude, or zero.
        exponents: int64, of the same shape.
    """

    values: np.ndarray
    exponents: np.ndarray


def parts(values: np.ndarray) -> np.ndarray:
    """Real and imaginary parts along a last axis of length 2, or 1 for real numbers."""
    array = np.ascontiguousarray(values)
    return array.reshape(*array.shape, 1).view(np.float64)


def scaled(values: np.ndarray) -> Scaled:
    """Each number with its own exponent; exact.

    >>> scaled(np.array([3.0, 0.0])).values
    array([0.75, 0.  ])
    """
    split = parts(values)
    exponents = np.frexp(np.abs(split).max(axis=-1))[1].astype(np.int64)
    return Scaled(times_power(values, -exponents), np.where(split.any(axis=-1), exponents, LOWEST))


def times_power(values: np.ndarray, exponents: np.ndarray) -> np.ndarray:
    """values · 2^exponents; what is far below float64's range is 0."""
    found = np.ldexp(parts(values), np.clip(exponents, -(2**30), 2**30)[..., None])
    return np.asarray(found.view(values.dtype)[..., 0])


def common(numbers: Scaled, axis: int | None = None) -> Scaled:
    """The numbers in units of the largest one's power of two, along an axis or of all; `exponents` lose that axis.

    What lies 2^-1074 below is 0: far below the rounding of the largest.
    """
    top = numbers.exponents.max(axis=axis, keepdims=True, initial=LOWEST)
    values = times_power(numbers.values, numbers.exponents - top)
    return Scaled(values, top.reshape(()) if axis is None else np.squeeze(top, axis))


def scaled_map(weight: np.ndarray, exponents: np.ndarray) -> Scaled:
    """The map of channels in units of 2^exponents: exact, every row in units of the power of two of its largest entry.

    Args:
        weight: shape (…, out, in).
        exponents: shape (…, in).

    Returns:
        Rows (…, out, in) and their exponents (…, out).
    """
    values, own = scaled(weight)
    return common(Scaled(values, plus(own, exponents[..., None, :])), axis=-1)


def times(one: Scaled, other: Scaled) -> Scaled:
    """Products of real numbers, each off by one rounding."""
    values, exponents = scaled(one.values * other.values)
    return Scaled(values, plus(plus(one.exponents, other.exponents), exponents))


def power(numbers: Scaled, count: int) -> Scaled:
    """numbers^count, for count ≥ 1, each off by fewer than 2 count roundings."""
    found = numbers
    for digit in f"{count:b}"[1:]:
        found = times(found, found)
        found = times(found, numbers) if digit == "1" else found
    return found


def plus(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Exponents of products; those of zero stay `LOWEST`."""
    return np.asarray(np.maximum(one + other, LOWEST))


def product(left: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Products of real numbers near 1 and what rounding took from them: exact in sum (Dekker 1971)."""
    rounded = left * right
    (a, b), (c, d) = halved(left), halved(right)
    return rounded, b * d - (((rounded - a * c) - b * c) - a * d)


def halved(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Two numbers of half the digits whose sum is the given one."""
    spread = values * (2.0**27 + 1)
    high = spread - (spread - values)
    return high, values - high


def addition(left: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sums and what rounding took from them: exact in sum (Knuth 1969)."""
    rounded = left + right
    shadow = rounded - left
    return rounded, (left - (rounded - shadow)) + (right - shadow)
