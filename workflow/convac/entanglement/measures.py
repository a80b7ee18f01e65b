"""Measures of entanglement from the singular values of a matricization; entropies in nats, always normalised.

With singular values σ, p = σ²/‖σ‖² are the Schmidt probabilities. All functions take σ in any order and up to a common
positive factor, and work with q = (σ/σ_max)², so that nothing over- or underflows and nearly pure states keep their
digits.

Source: 1704.01552 (entanglement entropy, geometric measure, Schmidt number of a matricization).
"""

import math
from collections.abc import Sequence

import numpy as np

from convac.arrays import integers, number, real
from convac.errors import ArgumentError

ZERO = "tensor: is zero, or cancels below rounding; accepted: a tensor that rounding leaves something of"


def norm(singular_values: np.ndarray) -> float:
    """√Σσ², of finite numbers of any size."""
    top = float(np.max(singular_values, initial=0.0))
    return top * float(np.linalg.norm(np.asarray(singular_values) / top)) if top > 0 else 0.0


def relative(singular_values: np.ndarray) -> np.ndarray:
    """σ/σ_max in descending order, shape (k,); the first is 1.

    Raises:
        ArgumentError: there is none, one is negative or not finite, or all are zero (a zero tensor has no spectrum).
    """
    values = real(singular_values, "singular values").ravel()
    if values.min() < 0:
        raise ArgumentError("singular values: one is negative; accepted: at least one, all finite and ≥ 0")
    values = np.sort(values)[::-1]
    if values[0] == 0:
        raise ArgumentError(ZERO)
    return np.asarray(values / values[0])


def probabilities(singular_values: np.ndarray) -> np.ndarray:
    """Schmidt probabilities p = σ²/‖σ‖² in descending order, shape (k,).

    >>> probabilities(np.array([3.0, 4.0]))
    array([0.64, 0.36])
    """
    weights = relative(singular_values) ** 2
    return np.asarray(weights / weights.sum())


def entropy(singular_values: np.ndarray) -> float:
    """Entanglement entropy −Σ p ln p in nats.

    >>> round(entropy(np.ones(8)) / math.log(2), 12)
    3.0
    """
    ratio = relative(singular_values)[1:]
    weights = ratio**2
    tail = float(weights.sum())
    # −Σ q ln q over q < 1, from σ so that q itself may underflow
    spread = -2 * float(np.sum(weights[ratio > 0] * np.log(ratio[ratio > 0])))
    return math.log1p(tail) + max(spread, 0.0) / (1 + tail)


def degenerate_entropy(weights: np.ndarray, multiplicities: Sequence[int]) -> float:
    """Entropy −Σ w ln(w/m) in nats of a spectrum in levels: m equal Schmidt probabilities each, w in sum.

    Args:
        weights: of the levels, shape (k,), non-negative, in sum positive; up to a common factor.
        multiplicities: k positive integers of any size.

    Raises:
        ArgumentError: shapes don't fit, or a number is out of range.

    >>> round(degenerate_entropy(np.array([1.0]), [2**2000]) / math.log(2), 9)
    2000.0
    """
    counts = integers(multiplicities, "multiplicities", least=1)
    values = real(weights, "weights", (len(counts),))
    if values.min() < 0 or values.max() == 0:
        raise ArgumentError("weights: accepted: numbers ≥ 0, one at least positive")
    shares = values / values.sum()
    levels = [(share, many) for share, many in zip(shares.tolist(), counts, strict=True) if share]
    return max(math.fsum(share * (math.log(many) - math.log(share)) for share, many in levels), 0.0) + 0.0


def renyi(singular_values: np.ndarray, order: float) -> float:
    """Rényi entropy ln(Σ pⁿ)/(1 − n) in nats; order 1 is the entropy and ∞ the min-entropy −ln p_1.

    Raises:
        ArgumentError: the order isn't positive.

    >>> round(renyi(np.ones(8), 2) / math.log(2), 12)
    3.0
    """
    order = number(order, "order", above=0, infinite=True)
    if order == 1:
        return entropy(singular_values)
    ratio = relative(singular_values)[1:]
    weights = ratio**2
    total = math.log1p(float(weights.sum()))
    if math.isinf(order):
        return total
    # below order 1 from σ, as q may underflow where qⁿ counts
    powers = weights**order if order > 1 else ratio ** (2 * order)
    # a product's is 0, not −0
    return (math.log1p(float(np.sum(powers))) - order * total) / (1 - order) + 0.0


def geometric_measure(singular_values: np.ndarray) -> float:
    """1 − p_1, the squared distance to the nearest product across the partition.

    >>> round(geometric_measure(np.array([3.0, 4.0])), 12)
    0.36
    """
    tail = float(np.sum(relative(singular_values)[1:] ** 2))
    return tail / (1 + tail)


def participation(singular_values: np.ndarray) -> float:
    """1/Σp², the effective number of Schmidt terms.

    >>> round(participation(np.ones(5)), 12)
    5.0
    """
    weights = relative(singular_values) ** 2
    return float(weights.sum() ** 2 / np.sum(weights**2))


def schmidt_number(singular_values: np.ndarray, tolerance: float) -> int:
    """How many singular values exceed `tolerance` times the largest: a numerical rank, not an exact one.

    Raises:
        ArgumentError: the tolerance isn't in (0, 1).

    >>> schmidt_number(np.array([1.0, 1e-3, 1e-17]), 1e-10)
    2
    """
    tolerance = number(tolerance, "tolerance", above=0, below=1)
    return int(np.sum(relative(singular_values) > tolerance))
