"""A function of binary sites seen from the two sides of a partition: classes of configurations and their sizes.

Configurations of one side form a class when the function can't tell them apart, whatever the other side holds. The
singular values of the function's matricization, uniform over all configurations, are those of
√(share inside) · (value − offset) · √(share outside) over pairs of classes.

The definitions are ours: of 1710.05520 only the abstract is known.
"""

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import prod
from typing import Any

import numpy as np

from convac.arrays import given, integers, short
from convac.errors import ArgumentError

CONVENTIONS = ("centred", "sign", "indicator")


@dataclass(frozen=True)
class Split:
    """A Boolean function over two sides.

    Attributes:
        values: of the function on pairs of classes, bool, shape (a, b).
        inside, outside: configurations in each class, exact integers, lengths a and b.

    Raises:
        ArgumentError: shapes don't fit, a class is empty, or a value isn't a boolean.
    """

    values: np.ndarray
    inside: tuple[int, ...]
    outside: tuple[int, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", boolean(self.values, "values"))
        object.__setattr__(self, "inside", integers(self.inside, "inside"))
        object.__setattr__(self, "outside", integers(self.outside, "outside"))
        if self.values.shape != (len(self.inside), len(self.outside)):
            wanted = [len(self.inside), len(self.outside)]
            raise ArgumentError(f"values: has shape {list(self.values.shape)}; accepted: {wanted}, one per pair")
        if not self.values.size or min(*self.inside, *self.outside) < 1:
            raise ArgumentError("inside, outside: a class is empty; accepted: at least one configuration in each")

    @cached_property
    def mean(self) -> Fraction:
        """Fraction of all configurations on which the function is true."""
        total = sum(self.inside) * sum(self.outside)
        kind = np.int64 if total < 2**63 else object  # integers of any size where they need it
        true = np.array(self.inside, dtype=kind) @ (self.values @ np.array(self.outside, dtype=kind))
        return Fraction(int(true), total)

    def matrix(self, offset: Fraction) -> np.ndarray:
        """√(share inside) · (value − offset) · √(share outside), float64, shape (a, b); its squares sum to ‖f‖²."""
        totals = sum(self.inside), sum(self.outside)
        left = np.sqrt([count / totals[0] for count in self.inside])
        right = np.sqrt([count / totals[1] for count in self.outside])
        # each value rounded once: a mean next to 1 leaves differences that float64 can't take from 1
        return np.asarray(left[:, None] * np.where(self.values, float(1 - offset), float(-offset)) * right)

    def residues(self, offset: Fraction, prime: int) -> np.ndarray:
        """value − offset, times the offset's denominator, modulo a prime: a matrix of the same rank over the rationals.

        int64, shape (a, b). Its rank over the field is at most that over the rationals, and equal but for unlucky
        primes.
        """
        low, high = -offset.numerator % prime, (offset.denominator - offset.numerator) % prime
        return np.where(self.values, high, low)


def offset(convention: str, mean: Fraction) -> Fraction:
    """What is subtracted from a Boolean function, up to a factor.

    `indicator` leaves f itself; `sign` takes 2f − 1; `centred` takes f − mean, which is independent of relabelling:
    a·f + b gives the same for any a ≠ 0 and b.

    Raises:
        ArgumentError: the convention is unknown.

    >>> offset("sign", Fraction(1, 8))
    Fraction(1, 2)
    """
    found = {"centred": mean, "sign": Fraction(1, 2), "indicator": Fraction(0)}
    if not isinstance(convention, str) or convention not in found:
        raise ArgumentError(f"convention: {short(convention)} is unknown; accepted: {', '.join(CONVENTIONS)}")
    return found[convention]


def split(tensor: np.ndarray, mask: np.ndarray) -> Split:
    """A listed function over the sides of a partition, equal rows and equal columns merged into classes.

    Args:
        tensor: bool, one axis of length 2 per site.
        mask: boolean, shape (N,), true inside I.

    Raises:
        ArgumentError: shapes don't fit, or a value isn't a boolean.
    """
    tensor, mask = boolean(tensor, "tensor"), boolean(mask, "mask")
    if mask.shape != (tensor.ndim,):
        raise ArgumentError(f"mask: has shape {list(mask.shape)}; accepted: [{tensor.ndim}], one per site")
    inside, outside = np.flatnonzero(mask), np.flatnonzero(~mask)
    rows = prod(tensor.shape[axis] for axis in inside)
    values, rows_merged = merged(tensor.transpose(*inside, *outside).reshape(rows, -1))
    columns, columns_merged = merged(values.T)
    return Split(columns.T, rows_merged, columns_merged)


def boolean(values: Any, name: str) -> np.ndarray:
    """The values as a boolean array; raises ArgumentError for anything else, zeros and ones among them."""
    array = given(values, name)
    if array.dtype.kind != "b":
        raise ArgumentError(f"{name}: holds {array.dtype}; accepted: booleans")
    return array


def merged(matrix: np.ndarray) -> tuple[np.ndarray, tuple[int, ...]]:
    """The distinct rows of a Boolean matrix, and how often each stands in it."""
    packed = np.packbits(matrix, axis=1)
    _, first, counts = np.unique(packed, axis=0, return_index=True, return_counts=True)
    return matrix[first], tuple(counts.tolist())
