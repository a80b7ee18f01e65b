"""A sample of a grid tensor's matricization: its spectrum, and how far the entropy may be off."""

import math
from typing import NamedTuple

import numpy as np

from convac.entanglement import measures, precision
from convac.entanglement.grid import NUMBERS, GridFunction
from convac.entanglement.limits import Limits
from convac.entanglement.listed import Output, joined
from convac.errors import ArgumentError
from convac.progress import reporter
from convac.seeds import stream

SAMPLES = 32  # the smallest sample
EFFECTIVE = 10.0  # rows (or columns) that must share a sample's norm for its errors to mean anything
RESOLVED = 1e-10  # singular values of a sample below this, relative to the largest, are rounding


class Sampled(NamedTuple):
    """The spectrum of a sample of the matricization. Its rank is a lower bound only.

    Attributes:
        singular_values: of the sample, descending, shape (S,); up to the sampling error those of the whole, rescaled.
        error: in nats, how far the entropy may be off: bias, two standard errors, what the unresolved share could hide,
            and rounding; ∞ where the sample can't tell.
        unresolved: fraction of ‖f‖² that no low-rank approximation from one part of the sample predicted in another; it
            may be spread over as many dimensions as the smaller side has.
    """

    singular_values: np.ndarray
    error: float
    unresolved: float

    def converged(self, tolerance: float) -> bool:
        """Whether the entropy is known to `tolerance` nats.

        This is a judgement from the values that were drawn: peaks so rare that a sample never meets them can't be
        seen by any sample.
        """
        return self.error <= tolerance


def needed(grid: GridFunction, samples: int) -> tuple[int, int]:
    """Bytes and operations of `sampled`, those of the function itself left out."""
    memory = 8 * (6 * samples**2 + 3 * samples * grid.count + 3 * NUMBERS)
    return memory, 40 * samples**3 + 4 * samples**2 * grid.count


def sampled(
    grid: GridFunction,
    mask: np.ndarray,
    limits: Limits,
    output: Output = 0,
    samples: int = 512,
    seed: int = 0,
) -> Sampled:
    """Spectrum from S random configurations of I times S of its complement, drawn by the templates' weights.

    Args:
        grid: the function, its templates and their weights.
        mask: boolean, shape (N,), true inside I.
        limits: on memory and time.
        output: a class, or one coefficient per class.
        samples: S.
        seed: of the sample.

    Raises:
        MemoryLimitError, TimeLimitError: the S² values pass a limit; before the function is called.
        ArgumentError: too few samples, or what the function returns isn't accepted.
    """
    if samples < SAMPLES:
        raise ArgumentError(f"samples: got {samples}; accepted: at least {SAMPLES}")
    limits.check("grid-sampled", *needed(grid, samples))
    grid.check_rows()
    generator = stream("grid", seed)
    weights = np.asarray(grid.weights)
    inside = generator.choice(grid.local_dimension, (samples, int(mask.sum())), p=weights)
    outside = generator.choice(grid.local_dimension, (samples, int((~mask).sum())), p=weights)
    configurations = np.empty((samples, grid.count), dtype=np.int64)
    configurations[:, ~mask] = outside
    rows, report = [], reporter(samples, "row", patient=True)
    for own in inside:
        configurations[:, mask] = own
        rows.append(grid.values(configurations, output))
        report(len(rows), "the function's values")
    values, error = joined(rows).together()
    smaller = min(int(mask.sum()), int((~mask).sum()))
    return judged(values.reshape(samples, samples), smaller * math.log(grid.local_dimension), error)


def judged(matrix: np.ndarray, log_dimension: float, rounding: float = 0.0) -> Sampled:
    """The spectrum of a sample, shape (S, S), and how far its entropy may be off.

    Args:
        matrix: values at random rows and columns, the largest near 1.
        log_dimension: ln of the smaller side's dimension, the largest entropy that there can be.
        rounding: bound on the Frobenius norm of what rounding may have added to the values.
    """
    left, values, right = np.linalg.svd(matrix)
    squares = np.abs(matrix) ** 2
    if min(effective(squares.sum(axis=1)), effective(squares.sum(axis=0))) < EFFECTIVE:
        return Sampled(values, math.inf, 1.0)
    half = len(matrix) // 2
    slices = slice(0, half), slice(half, 2 * half)
    entropies, shares = [], []
    for rows in (0, 1):
        for columns in (0, 1):
            part = matrix[slices[rows], slices[columns]]
            if not part.any():
                return Sampled(values, math.inf, 1.0)
            factors = np.linalg.svd(part)
            entropies.append(measures.entropy(factors[1]))
            across = matrix[slices[rows], slices[1 - columns]]
            down = matrix[slices[1 - rows], slices[columns]]
            shares.append(unpredicted(*factors, across, down, matrix[slices[1 - rows], slices[1 - columns]]))
    # to first order the bias is inverse in the size, so that it is what halving adds to it
    bias = abs(measures.entropy(values) - float(np.mean(entropies)))
    unresolved = max(shares)
    hidden = min(unresolved * log_dimension + binary_entropy(unresolved), log_dimension)
    turned = precision.angle(precision.decomposed(matrix, rounding, values))
    rounded = precision.entropy_error(turned, len(values))
    return Sampled(values, bias + 2 * standard_error(left, values, right) + hidden + rounded, unresolved)


def effective(weights: np.ndarray) -> float:
    """(Σw)²/Σw², how many of the weights carry the sum; 0 when all are zero."""
    top = weights.max()
    return float(weights.sum() ** 2 / np.sum(weights**2)) if top > 0 else 0.0


def standard_error(left: np.ndarray, values: np.ndarray, right: np.ndarray) -> float:
    """Standard error of a sample's entropy under a fresh choice of rows and of columns, in nats.

    The infinitesimal jackknife: a row's weight w_i moves σ_k² by σ_k² u_ik² dw_i, hence the entropy by
    −Σ_k p_k (ln p_k + S) u_ik² dw_i; columns likewise.

    Args:
        left: singular vectors u_ik, shape (S, S).
        values: singular values, shape (S,).
        right: singular vectors, transposed, shape (S, S).

    Source: Efron & Tibshirani, An Introduction to the Bootstrap (1993) (the infinitesimal jackknife).
    """
    weights = measures.probabilities(values)
    logs = np.log(np.where(weights > 0, weights, 1.0))
    moves = -weights * (logs + measures.entropy(values))
    rows, columns = np.abs(left) ** 2 @ moves, moves @ np.abs(right) ** 2
    return math.sqrt(float(np.sum(rows**2) + np.sum(columns**2)))


def unpredicted(
    left: np.ndarray,
    values: np.ndarray,
    right: np.ndarray,
    across: np.ndarray,
    down: np.ndarray,
    fresh: np.ndarray,
) -> float:
    """Fraction of the norm of `fresh` that the best low-rank approximation from the other three parts doesn't predict.

    The approximation f_k = down · part_k⁺ · across has rank k and knows nothing of `fresh`, whose rows and columns
    are drawn independently: its error there is an unbiased estimate of ‖f − f_k‖², and that is at least the sum of
    all squared singular values after the k-th.

    Args:
        left: singular vectors of the part that is known, of shape (n, n) like the parts themselves.
        values: its singular values.
        right: its other singular vectors, transposed.
        across: its rows at the fresh columns.
        down: its columns at the fresh rows.
        fresh: the fresh rows and columns.

    Source: pseudo-skeleton approximations, Goreinov, Tyrtyshnikov & Zamarashkin (1997).
    """
    total = float(np.sum(np.abs(fresh) ** 2))
    if total == 0:
        return 1.0
    number = int(np.sum(values > RESOLVED * values[0]))
    # powers of two, and the rank itself: with it a function of low rank is predicted exactly
    ranks = sorted({number, *(2**power for power in range(int(math.log2(number)) + 1))})
    rows, columns = (down @ right.conj().T)[:, :number] / values[:number], (left.conj().T @ across)[:number]
    errors = [float(np.sum(np.abs(fresh - rows[:, :rank] @ columns[:rank]) ** 2)) for rank in ranks]
    return min(1.0, min(errors) / total)


def binary_entropy(share: float) -> float:
    """Entropy of (p, 1 − p) in nats, at its maximum ln 2 from p = 1/2 on."""
    if share >= 0.5:
        return math.log(2)
    return -share * math.log(share) - (1 - share) * math.log1p(-share) if share > 0 else 0.0
