"""Schmidt entropy of a network's centred posterior between two parts of its input, and temperatures that match.

Matrices have the classes first: (K, S, S).
"""

import math

import numpy as np
from scipy import optimize, special

from convac.entanglement.estimates import FINE, SETTLED, Estimate, halved, jackknifed, quantile, rounded_up

GROUPS = 8  # of rows, and of columns, that are left out in turn


def softmax(scores: np.ndarray) -> np.ndarray:
    """Posterior p(y|x) of scores (K, …)."""
    return np.asarray(special.softmax(scores, axis=0))


def operators(posterior: np.ndarray) -> np.ndarray:
    """The matrices p(y|x), (K, S, S), to be measured; one of two classes, whose centred operators differ by a sign."""
    return posterior[1:] if len(posterior) == 2 else posterior


def confidence_of(posterior: np.ndarray) -> float:
    """Mean |p − 1/K| of p (K, …) over what it is where answers are certain."""
    classes = len(posterior)
    return float(np.abs(posterior - 1 / classes).mean()) * classes * classes / (2 * (classes - 1))


def temperature(scores: np.ndarray, confidence: float) -> float:
    """The factor of the scores (K, …) that gives the posterior this confidence; NaN where ties keep it from that."""
    unit = float(np.abs(scores).mean())

    def excess(log: float) -> float:
        return confidence_of(softmax(scores * (math.exp(log) / unit))) - confidence

    low, high = -20.0, 20.0
    if unit == 0 or excess(low) > 0 or excess(high) < 0:
        return math.nan
    log = float(optimize.brentq(excess, low, high, xtol=1e-9, rtol=1e-9))
    return math.exp(log) / unit


def spectral(matrices: np.ndarray) -> np.ndarray:
    """Entropy and participation of centred matrices (K, R, C), means over classes by ‖F_y‖²; shape (2,)."""
    centred = matrices - matrices.mean(axis=(1, 2), keepdims=True)
    centred = centred if centred.shape[1] <= centred.shape[2] else centred.mT
    squares = np.linalg.eigvalsh(centred @ centred.mT).clip(min=0)
    norms = squares.sum(axis=1)
    kept = norms > 0
    if not kept.any():
        return np.array([0.0, 1.0])
    weights = squares[kept] / norms[kept, None]
    entropies = special.entr(weights).sum(axis=1)
    terms = 1 / np.sum(weights**2, axis=1)
    return np.asarray(norms[kept] @ np.stack([entropies, terms], axis=1) / norms.sum())


def spectral_estimates(matrices: np.ndarray) -> tuple[Estimate, Estimate]:
    """Entropy and participation of posteriors (K, S, S) with their grouped jackknife; NaN where these are."""
    size = matrices.shape[1]
    if np.isnan(matrices).any():
        absent = Estimate(math.nan, math.nan, math.nan, False, size, math.nan, (0.0, math.inf))
        return absent, absent
    corrected, error = grouped(matrices)
    halves = np.mean([grouped(part)[0] for part in halved(matrices)], axis=0)
    found = []
    values = (each.tolist() for each in (corrected, error, halves))
    for estimate, own, smaller, least in zip(*values, (0.0, 1.0), strict=True):
        change = abs(estimate - smaller)
        settled = change < max(SETTLED * estimate, FINE)
        # to first order what is missing is inverse in the size
        needed = size if settled else rounded_up(size * change / max(SETTLED * estimate, FINE))
        reach = quantile(min(GROUPS, size))
        found.append(Estimate(estimate, own, smaller, settled, needed, reach, (least, math.inf)))
    return found[0], found[1]


def grouped(matrices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Entropy and participation, corrected, and their errors, by leaving out groups of rows, then of columns."""
    return jackknifed(spectral(matrices), [without_groups(each) for each in (matrices, matrices.mT)])


def without_groups(matrices: np.ndarray) -> np.ndarray:
    """Entropy and participation of matrices (K, R, C) without each group of rows in turn, (groups, 2)."""
    count = matrices.shape[1]
    groups = np.arange(count) % min(GROUPS, count)
    return np.array([spectral(matrices[:, groups != group]) for group in range(groups.max() + 1)])
