"""One side of a dataset's tensor: what the products of the samples' features inside I (or outside) look like.

Row m of the matrix A is the product over the side's sites of a distinct half's features, in M^sites dimensions. No
singular value sees an isometry of these, so any X with X Xᵀ = A Aᵀ will do, the root: the square root of the Gram
matrix where that is well conditioned, else the rows themselves, multiplied in site by site and compressed by QR. The
square root of a Gram matrix halves the digits of halves that nearly coincide; QR keeps them all, at a higher price.

Sources: Higham, Accuracy and Stability of Numerical Algorithms (2002), theorem 19.4 (Householder QR moves each column
by a small fraction of its own length); Bhatia, Matrix Analysis (1997), chapter X (‖A^{1/2} − B^{1/2}‖ ≤ ‖A − B‖^{1/2},
and ≤ ‖A − B‖ / √λ where B ≥ λ).
"""

import math
from typing import NamedTuple

import numpy as np

from convac.entanglement.limits import Limits
from convac.entanglement.scales import ROUNDOFF

CONDITION = 100.0  # of a Gram matrix, beyond which its root isn't used
LISTED = 256  # dimensions that rows may have whatever their number, before they are compressed


class Side(NamedTuple):
    """One side of the partition.

    Attributes:
        number: of the distinct half that each sample has on this side, shape (n,).
        root: X with X Xᵀ the Gram matrix of the distinct halves, shape (m, k).
        error: how far rounding may have moved any row of X, up to one isometry of all; rows have lengths near 1.
    """

    number: np.ndarray
    root: np.ndarray
    error: float


def scaled(features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Features times powers of two, which is exact, such that their products over the first sites are all near 1.

    Args:
        features: shape (n, sites, M), no feature zero; of any size that a float64 has.

    Returns:
        The scaled features, products of whose lengths over the first k sites lie between 0.7 and 1.5, and what was
        taken out of each sample: its exponent of two, shape (n,).
    """
    own = np.frexp(np.abs(features).max(axis=2))[1].astype(np.int64)
    units = np.ldexp(features, -own[:, :, None])
    lengths = np.cumsum(np.log2(np.linalg.norm(units, axis=2)), axis=1)
    further = np.diff(np.rint(lengths), axis=1, prepend=0.0).astype(np.int64)
    return np.ldexp(units, -further[:, :, None]), (own + further).sum(axis=1)


def side_of(units: np.ndarray, limits: Limits) -> Side:
    """One side's distinct halves and a root of their Gram matrix.

    Merging equal halves is exact: repeated samples, and samples that cancel, leave no rounding behind.

    Args:
        units: scaled features, shape (n, sites, M).
        limits: on memory and time; where they forbid QR the root of an ill-conditioned Gram matrix is taken, whose
            error is that much larger.
    """
    found: dict[bytes, int] = {}
    rows = (units + 0.0).reshape(len(units), -1)  # a negative zero is a zero
    number = np.array([found.setdefault(row.tobytes(), len(found)) for row in rows])
    distinct = units[np.unique(number, return_index=True)[1]]
    root, error, condition = gram_root(distinct)
    if condition > CONDITION and limits.allow("data", *compressing(*distinct.shape)):
        root, error = compressed(distinct)
    return Side(number, root, error)


def gram_root(units: np.ndarray) -> tuple[np.ndarray, float, float]:
    """The square root of the Gram matrix of m halves, up to an isometry, shape (m, m); its error and condition."""
    matrix = gram(units)
    values, vectors = np.linalg.eigh(matrix)
    count, sites, dimension = units.shape
    # each overlap is off by M + 1 roundings of the sum of its terms' magnitudes; the eigenvalues by m of the whole
    moved = ((dimension + 1) * sites + count) * ROUNDOFF * float(gram(np.abs(units)).sum(axis=1).max())
    smallest, largest = float(values[0]), float(values[-1])
    error = math.sqrt(moved)
    if smallest > 2 * moved:
        error = min(error, moved / math.sqrt(smallest))
    root = vectors * np.sqrt(np.clip(values, 0.0, None))
    return root, error + count * ROUNDOFF * math.sqrt(largest), largest / smallest if smallest > 0 else math.inf


def gram(units: np.ndarray) -> np.ndarray:
    """Products over sites of the overlaps of features, (n, sites, M) to (n, n); each site enters once."""
    result = np.ones((len(units), len(units)))
    for site in range(units.shape[1]):
        result *= units[:, site] @ units[:, site].T
    return result


def compressed(units: np.ndarray) -> tuple[np.ndarray, float]:
    """The halves themselves up to an isometry, shape (m, k), and how far rounding may have moved any of them.

    Up to `LISTED` dimensions, or m, nothing but products of floats is taken.
    """
    count, sites, _ = units.shape
    rows, steps = np.ones((count, 1)), 0
    for site in range(sites):
        rows = (rows[:, :, None] * units[:, site, None, :]).reshape(count, -1)
        steps += 1
        if rows.shape[1] > max(count, LISTED):
            steps += rows.shape[1]
            rows = np.asarray(np.linalg.qr(rows.T, mode="r")).T
    return rows, steps * ROUNDOFF * 1.5


def compressing(count: int, sites: int, dimension: int) -> tuple[int, int]:
    """Bytes and operations of `compressed`: the longest rows thrice, and a QR step per site."""
    width = max(count, LISTED) * dimension
    return 8 * 3 * count * width, 2 * sites * count * count * width
