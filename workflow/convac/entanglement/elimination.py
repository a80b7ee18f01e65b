"""Elimination modulo a prime below 2^23, in float64: sums of 128 products of residues are exact, so BLAS does the work.

A matrix is split by its columns, recursively: the left half is eliminated, the right half solved and updated by
products of blocks. Rank and pivots are exact; FLINT's elimination, one word a residue, is the oracle in the tests.

Source: Dumas, Giorgi & Pernet, ACM Trans. Math. Softw. 35, 19 (2008) (dense linear algebra over word-size prime
fields by floating-point BLAS).
"""

from typing import NamedTuple

import numpy as np

from convac.circuits.fields import EXACT, SMALL, PrimeField
from convac.errors import ArgumentError

LEAF = 16  # columns that are eliminated one by one
CACHED = 2**15  # numbers that stay in a processor's cache with their copies
SMALL_FIELD = PrimeField(8388593)  # of the largest prime below 2^23


class Pivots(NamedTuple):
    """Where a matrix isn't singular.

    Attributes:
        rows: numbers of as many rows as the rank, in the order in which they were taken.
        columns: numbers of as many columns, ascending; the minor of both is nonsingular.
    """

    rows: np.ndarray
    columns: np.ndarray


class Echelon(NamedTuple):
    """An elimination: the rows' order, pivots first; multipliers, shape (rows, rank), 1 at a pivot; its columns."""

    order: np.ndarray
    multipliers: np.ndarray
    columns: np.ndarray


def pivots(matrix: np.ndarray, field: PrimeField = SMALL_FIELD) -> Pivots:
    """Rows and columns of a nonsingular minor as large as the rank.

    Args:
        matrix: residues, shape (rows, columns).
        field: of a prime below 2^23.

    Raises:
        ArgumentError: the prime is larger.

    >>> pivots(np.array([[0, 2, 1], [0, 4, 2], [3, 0, 0]])).columns.tolist()
    [0, 1]
    """
    if field.prime > SMALL:
        raise ArgumentError(f"prime: got {field.prime}; accepted: a prime below 2^23")
    found = echelon(np.asarray(matrix, dtype=np.float64), field.prime)
    return Pivots(found.order[: len(found.columns)], found.columns)


def echelon(matrix: np.ndarray, prime: int) -> Echelon:
    """Eliminate a matrix of residues, float64, shape (rows, columns)."""
    if matrix.shape[1] <= LEAF:
        return eliminated(matrix, prime)
    half = matrix.shape[1] // 2
    left = echelon(matrix[:, :half], prime)
    rank = len(left.columns)
    right = matrix[left.order, half:]
    lower = left.multipliers[rank:]
    rest = echelon(less(right[rank:], lower, solved(left.multipliers[:rank], right[:rank], prime), prime), prime)
    below = np.hstack([lower[rest.order], rest.multipliers])
    above = np.hstack([left.multipliers[:rank], np.zeros((rank, len(rest.columns)))])
    return Echelon(
        np.concatenate([left.order[:rank], left.order[rank:][rest.order]]),
        np.vstack([above, below]),
        np.concatenate([left.columns, half + rest.columns]),
    )


def eliminated(matrix: np.ndarray, prime: int) -> Echelon:
    """`echelon` of a few columns, one by one."""
    values, order = matrix.copy(), np.arange(len(matrix))
    multipliers = np.zeros((len(matrix), min(matrix.shape)))
    columns: list[int] = []
    for column in range(matrix.shape[1]):
        rank = len(columns)
        places = np.flatnonzero(values[rank:, column])
        if not len(places):
            continue
        swapped = [rank, rank + int(places[0])]
        for array in (values, order, multipliers):
            array[swapped] = array[swapped[::-1]]
        inverse = pow(int(values[rank, column]), -1, prime)
        multipliers[rank:, rank] = reduced(values[rank:, column] * inverse, prime)
        multipliers[rank, rank] = 1
        product = multipliers[rank + 1 :, rank, None] * values[rank, None, column + 1 :]
        values[rank + 1 :, column + 1 :] = reduced(values[rank + 1 :, column + 1 :] + (prime**2 - product), prime)
        columns.append(column)
    return Echelon(order, multipliers[:, : len(columns)], np.array(columns, dtype=np.int64))


def solved(lower: np.ndarray, values: np.ndarray, prime: int) -> np.ndarray:
    """X of L X = values, for a unit lower triangular L of shape (n, n)."""
    count = len(lower)
    if count <= LEAF:
        found = values.copy()
        for row in range(1, count):
            found[row] = less(found[row : row + 1], lower[row : row + 1, :row], found[:row], prime)[0]
        return found
    half = count // 2
    first = solved(lower[:half, :half], values[:half], prime)
    second = solved(lower[half:, half:], less(values[half:], lower[half:, :half], first, prime), prime)
    return np.vstack([first, second])


def less(values: np.ndarray, first: np.ndarray, second: np.ndarray, prime: int) -> np.ndarray:
    """values − first · second, shapes (m, n), (m, k) and (k, n); sums of at most 128 products at a time."""
    for start in range(0, first.shape[1], EXACT):
        product = first[:, start : start + EXACT] @ second[start : start + EXACT]
        values = reduced(np.subtract(values, product, out=product), prime)
    return values


def reduced(numbers: np.ndarray, prime: int) -> np.ndarray:
    """Residues, in place, of whole numbers between −2^53 and 2^53: a quotient that rounding puts one off is mended."""
    step = max(1, CACHED * len(numbers) // max(1, numbers.size))
    for start in range(0, len(numbers), step):
        part = numbers[start : start + step]
        part -= np.floor(part * (1 / prime)) * prime
        part += (part < 0) * float(prime)
        part -= (part >= prime) * float(prime)
    return numbers
