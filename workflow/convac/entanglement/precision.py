"""What is known of the error of a spectrum, and what that leaves of the measures of entanglement.

Singular values that are off by at most ε in Euclidean norm, ‖σ − σ̂‖₂ ≤ ε, turn the unit vector u = σ/‖σ‖ by an angle
θ ≤ arcsin(ε/‖σ̂‖). The measures are functions of u that no turn changes fast, whatever the spectrum (k values):

- |S − Ŝ| ≤ 2θ √(1 + ln²(k − 1)/4), for |dS/dθ| ≤ 2 √Var(ln p) and no distribution on k outcomes has a larger variance;
- |e^{−S₂/4} − e^{−Ŝ₂/4}| ≤ θ, for e^{−S₂/4} is the 4-norm of u, and no p-norm with p ≥ 2 exceeds the Euclidean;
- |√p_1 − √p̂_1| ≤ θ, for √p_1 is the maximum norm of u.

Source: Mirsky 1960 (singular values of a perturbed matrix: ‖σ − σ̂‖₂ is at most the Frobenius norm of what was added;
each one alone: Weyl); Reeb & Wolf, 1304.0036 (the largest variance of ln p). The bounds from these are ours.
"""

import math
from typing import NamedTuple

import numpy as np

from convac.entanglement import measures
from convac.errors import ArgumentError, PrecisionError

EPSILON = float(np.finfo(np.float64).eps)
# an entropy that may be further off than this, in nats, is reported only where the caller raises the limit
LARGEST_ERROR = 1e-6
# rounding of a measure's own sums, relative to 1 + ln k
EVALUATION = 32 * EPSILON


class Spectrum(NamedTuple):
    """Singular values as an engine gives them, and what it knows of their error.

    Attributes:
        singular_values: descending, up to a common positive factor, shape (k,); the tensor has no others.
        error: bound on ‖σ − σ̂‖₂ on the same scale, and so on the error of each; √k times a bound on each is one.
    """

    singular_values: np.ndarray
    error: float


def decomposed(matrix: np.ndarray, moved: float, values: np.ndarray | None = None) -> Spectrum:
    """Singular values of a matrix that rounding has moved by that in Frobenius norm, and the error of finding them.

    LAPACK finds the exact ones of a matrix that is off by a modest multiple of the roundoff (Anderson et al., LAPACK
    Users' Guide (1999), 4.9); the multiple here, of the smaller side, is ten times what is seen.
    """
    found = np.linalg.svd(matrix, compute_uv=False) if values is None else values
    return Spectrum(found, moved + of_decomposition(*matrix.shape) * measures.norm(found))


def of_decomposition(rows: int, columns: int) -> float:
    """How far `decomposed` says that LAPACK is off, relative to the norm."""
    return (2 * min(rows, columns) + 2 * math.sqrt(max(rows, columns)) + 16) * EPSILON / 2


def nonzero(found: Spectrum) -> Spectrum:
    """The spectrum; raises ArgumentError where nothing tells it from that of a zero tensor."""
    if not measures.norm(found.singular_values) > found.error:
        raise ArgumentError(measures.ZERO)
    return found


def angle(found: Spectrum) -> float:
    """By how far the unit vector of singular values may be turned, in radians; π/2 where nothing is known."""
    norm = measures.norm(found.singular_values)
    return math.asin(found.error / norm) if found.error < norm else math.pi / 2


def entropy_error(turned: float, count: int) -> float:
    """Bound on the error of the entropy of `count` values after a turn by that angle, in nats."""
    most = math.log(count)
    slope = 2 * math.sqrt(1 + math.log(max(count - 1, 1)) ** 2 / 4)
    return min(slope * turned, most) + EVALUATION * (1 + most) if count > 1 else 0.0


def renyi2_error(turned: float, value: float, count: int) -> float:
    """Bound on the error of a Rényi-2 entropy `value` of `count` values after a turn by that angle, in nats."""
    most, moved = math.log(count), turned * math.exp(value / 4)
    return min(-4 * math.log1p(-moved) if moved < 1 else most, most) + EVALUATION * (1 + most) if count > 1 else 0.0


def renyi_error(turned: float, order: float, singular_values: np.ndarray) -> float:
    """Bound on the error of a Rényi entropy of any order after a turn by that angle, in nats.

    With u the unit vector of singular values and q = 2α, S_α = q/(1 − α) · ln ‖u‖_q. From α = 1 up no turn moves
    ‖u‖_q by more than θ; below, with k values, ‖u‖_q by at most k^(1/q − 1/2) θ for q ≥ 1, and Σ u^q by at most
    k^(1 − q/2) θ^q for q < 1.
    """
    count = len(singular_values)
    if order == 1 or count == 1:
        return entropy_error(turned, count)
    value, most = measures.renyi(singular_values, order), math.log(count)
    if order > 1:
        factor = 2.0 if math.isinf(order) else 2 * order / (order - 1)
        moved = turned * math.exp(value / factor)
    elif order >= 0.5:
        factor = 2 * order / (1 - order)
        moved = turned * math.exp((1 / (2 * order) - 0.5) * most - value / factor)
    else:
        factor = 1 / (1 - order)
        moved = turned ** (2 * order) * math.exp((1 - order) * (most - value))
    evaluation = EVALUATION * (1 + most) * max(1.0, 1 / abs(1 - order))
    return min(-factor * math.log1p(-moved) if moved < 1 else most, most) + evaluation


def geometric_error(turned: float, value: float) -> float:
    """Bound on the error of a geometric measure `value` after a turn by that angle."""
    return min(turned * (2 * math.sqrt(1 - value) + turned), 1.0) + EVALUATION


def measures_error(found: Spectrum) -> float:
    """Bound on the error of the entropy and of Rényi-2, in nats, and of the geometric measure: the largest of them."""
    values, turned = found.singular_values, angle(found)
    return max(
        entropy_error(turned, len(values)),
        renyi2_error(turned, measures.renyi(values, 2), len(values)),
        geometric_error(turned, measures.geometric_measure(values)),
    )


def resolved(found: Spectrum, tolerance: float) -> bool:
    """Whether the Schmidt number at `tolerance` is certain and set apart by a gap.

    Every value counted exceeds ten times the tolerance, every other one is no larger than its error, and that lies
    below half the tolerance.
    """
    values, error = measures.relative(found.singular_values), found.error / float(found.singular_values.max())
    counted = int(np.sum(values > min(10 * tolerance, 0.5)))
    return counted == int(np.sum(values > error)) and 2 * error <= tolerance * (1 - error)


def accepted(error: float, largest: float, engine: str, cause: str) -> float:
    """The error; raises PrecisionError where it exceeds what is accepted, naming what loses it."""
    if not error <= largest:
        raise PrecisionError(
            f"engine {engine}: {cause} leave an error of {error:.1e} nats; "
            f"accepted: up to {largest:.1e}, or a larger largest_error"
        )
    return error
