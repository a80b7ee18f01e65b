"""What float64 rounding may do to the channels of a node, carried up the tree beside them.

Take the channels X_1 … X_r of a node as the columns of a matrix. Rounding adds to the columns an E = Σ_i E_i, a term
for every step that rounded, and Σ_i E_iᵀE_i ≼ B (Loewner: the difference is positive semidefinite) for an r × r matrix
B. Then ‖Σ_c w_c E_c‖² ≤ n wᵀBw for any combination of the channels, n the number of terms (Cauchy–Schwarz). B goes up
the tree as the Gram matrix of the channels does:

- a linear map W of the channels makes W̄ B Wᵀ of it;
- product pooling with channels of Gram matrix G makes B ∘ G (Schur: products of positive semidefinite matrices, entry
  by entry, are positive semidefinite);
- a step that may move channel c by a length d_c, whatever the others, adds (Σ_c d_c) diag(d).

Bounds on each channel alone would grow with Σ|W| at every level; these grow only as errors do. What the bounds
themselves lose by rounding is far below `SLACK`, by which they are raised.

The Gram matrices themselves, and tensors of four copies that are Gram matrices of pairs of channels, go up likewise
(`Bounded`): their E, not symmetric in floats, is bounded by F where |x·Ey| ≤ (x·Fx + y·Fy)/2 for all x and y.

Channels may be complex: transposes of vectors are then adjoints, and the matrices Hermitian.

Sources: Higham, Accuracy and Stability of Numerical Algorithms (2002), chapters 3 and 19 (sums, products, QR column by
column); Horn & Johnson, Topics in Matrix Analysis (1991), theorem 5.2.1 (Schur). The bounds from these are ours.
"""

import math
from typing import Any, NamedTuple

import numpy as np

from convac.entanglement.scales import LOWEST, ROUNDOFF, times_power

SLACK = 2.0**-16
COMPLEX = 4  # a product of complex numbers rounds by less than that many roundings of real ones


class Rounding(NamedTuple):
    """What rounding may have added to the channels of a node, or of many nodes alike.

    Attributes:
        moved: B, shape (…, r, r); Σ_i E_iᵀE_i ≼ B.
        terms: n, of the sum E = Σ_i E_i.
    """

    moved: np.ndarray
    terms: int

    def lengths(self) -> np.ndarray:
        """Bound on the length of each channel's error, shape (…, r)."""
        return np.asarray(np.sqrt(self.terms * diagonal(self.moved)))

    def local(self, lengths: np.ndarray) -> "Rounding":
        """After one more step, which may have moved each channel by that length, shape (…, r)."""
        return Rounding(self.moved + on_diagonal(lengths.sum(axis=-1, keepdims=True) * lengths), self.terms + 1)

    def mapped(self, rows: np.ndarray) -> "Rounding":
        """After an exact linear map of the channels, (…, out, in)."""
        slack = SLACK * (np.abs(rows) ** 2 @ diagonal(self.moved)[..., None])[..., 0]
        return Rounding(rows.conj() @ self.moved @ rows.mT + on_diagonal(slack), self.terms)

    def shifted(self, exponents: np.ndarray) -> "Rounding":
        """Of channels in units of a power of two each, shape (…, r)."""
        return Rounding(times_power(self.moved, -(exponents[..., :, None] + exponents[..., None, :])), self.terms)

    def at(self, index: Any) -> "Rounding":
        """Of the nodes that an index of the leading axes names."""
        return Rounding(self.moved[index], self.terms)


class Channels(NamedTuple):
    """What bounds need of a node: one on the Gram matrix of its channels, computed and exact, and their rounding."""

    gram: np.ndarray
    rounding: Rounding

    def lengths(self) -> np.ndarray:
        """Bound on the length of each channel, shape (…, r)."""
        return np.asarray(np.sqrt(diagonal(self.gram)))


def exact(channels: int) -> Rounding:
    """Of numbers as they are given."""
    return Rounding(np.zeros((channels, channels)), 0)


def channels_of(vectors: np.ndarray, rounding: Rounding) -> Channels:
    """Of channels that are the columns of `vectors`, shape (…, rows, r)."""
    gram = vectors.conj().mT @ vectors
    gram = gram + on_diagonal(SLACK * diagonal(gram))
    return Channels((1 + SLACK) * gram + (1 + 1 / SLACK) * rounding.terms * rounding.moved, rounding)


def pooled(one: Channels, other: Channels) -> Rounding:
    """After product pooling of two nodes in float64."""
    moved = one.rounding.moved * other.gram + one.gram * other.rounding.moved
    moved = moved + on_diagonal(SLACK * diagonal(moved))
    rounding = Rounding(moved, one.rounding.terms + other.rounding.terms)
    return rounding.local(roundoff(one.gram, other.gram) * one.lengths() * other.lengths())


def power(node: Channels, count: int, exponents: np.ndarray) -> Rounding:
    """After exact product pooling of `count` equal nodes, in units of a power of two for each channel, shape (r,)."""
    squares = diagonal(node.gram)
    units = np.where(squares > 0, np.sqrt(squares), 1.0)
    pairs = units[:, None] * units
    cosines = np.clip(node.gram / pairs, -1.0, 1.0)
    scales = np.exp(count * np.log(units) - exponents * math.log(2))
    moved = count * node.rounding.moved / pairs * cosines ** (count - 1) * (scales[:, None] * scales)
    return Rounding(moved + on_diagonal(SLACK * diagonal(moved)), count * node.rounding.terms)


def of_map(rows: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """How far a linear map in float64, (…, out, in), may move each of its results for channels of these lengths."""
    terms = np.count_nonzero(rows, axis=-1) + 1
    return np.asarray(roundoff(rows) * terms * (np.abs(rows) @ lengths[..., None])[..., 0])


def of_triangle(rows: int, columns: int, relative: float = ROUNDOFF) -> float:
    """How far the triangular factor of a QR step moves a column, relative to its length, up to an isometry of all.

    The multiple is some ten times what is seen, as for singular values (`precision.decomposed`).
    """
    return relative * (2 * min(rows, columns) + 2 * math.sqrt(rows) + 16)


def roundoff(*arrays: np.ndarray) -> float:
    """Relative error of a product of numbers of these arrays."""
    return ROUNDOFF * COMPLEX if any(map(np.iscomplexobj, arrays)) else ROUNDOFF


def units(lengths: np.ndarray) -> np.ndarray:
    """Exponents of two that bring lengths to between ½ and 1; 0 for lengths of zero."""
    return np.asarray(np.frexp(lengths)[1].astype(np.int64))


def raised(exponents: np.ndarray, further: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Sums of exponents, `LOWEST` for channels that are zero."""
    return np.where((lengths > 0) & (exponents > LOWEST // 2), exponents + further, LOWEST)


def diagonal(matrix: np.ndarray) -> np.ndarray:
    """Diagonals of (…, r, r) matrices that are symmetric, or Hermitian, shape (…, r): real numbers."""
    return np.diagonal(matrix, axis1=-2, axis2=-1).real


def on_diagonal(values: np.ndarray) -> np.ndarray:
    """Diagonal matrices of shape (…, r, r)."""
    return values[..., :, None] * np.eye(values.shape[-1])


# ---- Gram matrices


class Bounded(NamedTuple):
    """A positive semidefinite matrix, or several, as float64 has them, and how far it may be off.

    Attributes:
        values: G + E, shape (…, r, r), or (r, r, r, r) of pairs of channels, (c1, c2) against (c4, c3).
        errors: F of the same shape, |x·Ey| ≤ (x·Fx + y·Fy)/2; None where no bound is asked for.
    """

    values: np.ndarray
    errors: np.ndarray | None

    def upper(self) -> np.ndarray:
        """G + E + 2F: what bounds, in this sense, G and G + E alike."""
        return self.values if self.errors is None else self.values + 2 * self.errors

    def times(self, other: "Bounded") -> "Bounded":
        """Entry by entry; but for the rounding of the products."""
        if self.errors is None or other.errors is None:
            return Bounded(self.values * other.values, None)
        errors = self.errors * other.upper()
        errors += self.upper() * other.errors
        return Bounded(self.values * other.values, errors)

    def power(self, count: int) -> "Bounded":
        """Entry by entry; likewise."""
        if count == 1:
            return self
        errors = None if self.errors is None else count * self.errors * self.upper() ** (count - 1)
        return Bounded(self.values**count, errors)


def of_pairs(inside: Bounded, outside: Bounded, first: int) -> tuple[np.ndarray, np.ndarray]:
    """Bounds on G12 G34 H32 H14 for Gram matrices G inside I and H outside, at one channel c1, shapes (r, r, r).

    With pairs (c1, c2), (c4, c3) for rows and columns, the part outside I is a Kronecker product. The one inside is
    g gᴴ, and its error g eᴴ + e gᴴ is bounded by t g gᴴ + e eᴴ/t for every t, with e eᴴ ≼ r F ⊗ F̄.

    Returns:
        A bound on the product, and one on its error.
    """
    if inside.errors is None or outside.errors is None:
        raise ValueError("bounds of numbers without errors")
    wide, moved = outside.upper(), outside.errors
    upper = wide[:, :, None].conj() * wide[first]
    error = moved[:, :, None].conj() * wide[first] + wide[:, :, None].conj() * moved[first]
    pairs = inside.values[first][:, None, None] * inside.values
    channels = len(inside.values)
    step = max(math.sqrt(channels) * float(np.abs(inside.errors).max()), 1e-300)
    both = inside.errors[:, :, None].conj() * inside.errors[first]
    turned = 4 * step * pairs + (2 / step + 4 * step) * channels * both
    wider = pairs + 2 * turned
    return wider * upper, turned * upper + wider * error
