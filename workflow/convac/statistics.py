"""Intervals over seeds, p-values and their corrections for many claims.

Of means: Student-t below 20 values (a 95 % bootstrap over 5 seeds covers only about 84 %), the bias-corrected and
accelerated bootstrap from 20 up. Of paired differences: Student-t, whose ends lie where the p-values say.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from convac.errors import ArgumentError

BOOTSTRAP_FROM = 20
RESAMPLES = 9999


@dataclass(frozen=True)
class Interval:
    """A mean with its confidence interval.

    Attributes:
        mean: of the n values, in their unit.
        low, high: ends of the interval; infinite for a single value.
        n: how many values.
        p: one-sided p-value of "the mean is at most the threshold"; NaN where no threshold was asked for.
    """

    mean: float
    low: float
    high: float
    n: int
    p: float = math.nan


def mean_interval(values: Sequence[float] | np.ndarray, level: float = 0.95) -> Interval:
    """The mean of independent values with its two-sided confidence interval.

    Args:
        values: shape (n,), finite, n ≥ 1.
        level: coverage, between 0 and 1.

    Raises:
        ArgumentError: no value, or one that isn't finite.

    >>> interval = mean_interval([1.0, 2.0, 3.0])
    >>> round(interval.low, 3), round(interval.high, 3)
    (-0.484, 4.484)
    """
    student = student_interval(values, level)
    if student.n >= BOOTSTRAP_FROM and student.high > student.low:
        low, high = _bootstrap(_sample(values), level)
        if math.isfinite(low) and math.isfinite(high):
            return replace(student, low=low, high=high)
    return student


def student_interval(values: Sequence[float] | np.ndarray, level: float = 0.95) -> Interval:
    """`mean_interval` by Student-t, whatever their number.

    Raises:
        ArgumentError: no value, or one that isn't finite, or the level.
    """
    sample = _sample(values)
    if not 0 < level < 1:
        raise ArgumentError(f"level: {level}; accepted: between 0 and 1")
    mean, n = float(sample.mean()), len(sample)
    if n == 1:
        return Interval(mean, -math.inf, math.inf, n)
    error = _standard_error(sample)
    if error == 0:
        return Interval(mean, mean, mean, n)
    from scipy.special import stdtrit

    half = float(stdtrit(n - 1, 0.5 + level / 2)) * error
    return Interval(mean, mean - half, mean + half, n)


def paired_interval(differences: Sequence[float] | np.ndarray, level: float = 0.95, threshold: float = 0.0) -> Interval:
    """The mean of paired differences, its interval, and the p-value against "at most `threshold`".

    Args:
        differences: shape (n,), one per independent pair (a seed).
        level: coverage of the interval.
        threshold: effect size that the mean is tested against, in the unit of the differences.

    Raises:
        ArgumentError: no difference, or one that isn't finite.
    """
    return replace(student_interval(differences, level), p=one_sided_p(differences, threshold))


def slope_interval(x: Sequence[float] | np.ndarray, y: Sequence[float] | np.ndarray, level: float = 0.95) -> Interval:
    """Slope of the least-squares line through points, with its Student-t interval from the residuals.

    For exact values the interval tells how straight the points lie, not how well they are known.

    Args:
        x, y: shape (n,), finite, n ≥ 3; at least two different x.
        level: coverage, between 0 and 1.

    Raises:
        ArgumentError: too few points, points that aren't finite, in one place or not in pairs, or the level.

    >>> interval = slope_interval([0, 1, 2, 3], [1, 3, 5, 7])
    >>> round(interval.mean, 9), round(interval.high - interval.low, 9)
    (2.0, 0.0)
    """
    across, up = _sample(x), _sample(y)
    if len(across) != len(up) or len(across) < 3 or np.ptp(across) == 0:
        raise ArgumentError(f"x, y: {len(across)} and {len(up)} given; accepted: at least 3 pairs, different x")
    if not 0 < level < 1:
        raise ArgumentError(f"level: {level}; accepted: between 0 and 1")
    centred = across - across.mean()
    slope = float(centred @ up / (centred @ centred))
    residuals = up - up.mean() - slope * centred
    from scipy.special import stdtrit

    free = len(across) - 2
    error = math.sqrt(float(residuals @ residuals) / free / float(centred @ centred))
    half = float(stdtrit(free, 0.5 + level / 2)) * error
    return Interval(slope, slope - half, slope + half, len(across))


def one_sided_p(values: Sequence[float] | np.ndarray, threshold: float = 0.0) -> float:
    """Student-t p-value of the null "the mean is at most `threshold`"; 1 for a single value, which tells nothing.

    Values without spread give the limit of the test: 0 above the threshold, 1 otherwise.
    """
    sample = _sample(values)
    if len(sample) == 1:
        return 1.0
    excess, error = float(sample.mean()) - threshold, _standard_error(sample)
    if error == 0:
        return 0.0 if excess > 0 else 1.0
    from scipy.special import stdtr

    return float(stdtr(len(sample) - 1, -excess / error))


def two_sided_p(values: Sequence[float] | np.ndarray, centre: float = 0.0) -> float:
    """Student-t p-value of the null "the mean is `centre`": the smallest error at which the interval leaves it out.

    1 for a single value; values without spread give the limit, 0 unless they are the centre.

    >>> round(two_sided_p([1.0, 2.0, 3.0]), 3)
    0.074
    """
    sample = _sample(values)
    if len(sample) == 1 or (np.ptp(sample) == 0 and sample[0] == centre):
        return 1.0
    p = one_sided_p(sample, centre)
    return 2 * min(p, 1 - p) if p > 0.5 else 2 * p


@dataclass(frozen=True)
class Moments:
    """Means, variances and sizes of many samples of independent values.

    Attributes:
        mean, variance: shape (k,); the variance over size − 1, NaN where it isn't known.
        size: how many values, shape (k,).
    """

    mean: np.ndarray
    variance: np.ndarray
    size: np.ndarray


@dataclass(frozen=True)
class Differences:
    """Differences of the means of many pairs of samples.

    Attributes:
        mean: second − first, shape (k,), in the values' unit.
        low, high: ends of their confidence intervals, shape (k,); infinite where a variance isn't known.
        p: two-sided p-values of "the means are equal", shape (k,).
    """

    mean: np.ndarray
    low: np.ndarray
    high: np.ndarray
    p: np.ndarray


def welch(first: Moments, second: Moments, level: float = 0.95) -> Differences:
    """Differences of means whose samples may differ in spread and size (Welch, Biometrika 34, 28 (1947)).

    Where a variance isn't known the p-value is 1, since one value tells nothing; samples without any spread give the
    limit of the test, 0 for different means and 1 for equal ones; a mean that isn't finite gives 0.

    Args:
        first, second: moments of k samples each.
        level: coverage of every single interval.

    >>> one, other = (Moments(np.array([mean]), np.array([1.0]), np.array([5])) for mean in (0.0, 3.0))
    >>> difference = welch(one, other)
    >>> [round(float(end[0]), 2) for end in (difference.low, difference.high, difference.p)]
    [1.54, 4.46, 0.0]
    """
    from scipy.special import stdtr, stdtrit

    difference = second.mean - first.mean
    with np.errstate(divide="ignore", invalid="ignore"):
        one, other = (sample.variance / sample.size for sample in (first, second))
        freedom = (one + other) ** 2 / (one**2 / (first.size - 1) + other**2 / (second.size - 1))
        error = np.sqrt(one + other)
        p = 2 * stdtr(freedom, -np.abs(difference) / error)
        half = stdtrit(freedom, 0.5 + level / 2) * error
        p = np.where(error == 0, np.where(difference == 0, 1.0, 0.0), np.where(np.isnan(error), 1.0, p))
        half = np.where(error == 0, 0.0, np.where(np.isnan(error), np.inf, half))
        low, high = difference - half, difference + half
    return Differences(difference, low, high, np.where(np.isfinite(difference), p, 0.0))


def proportion_interval(share: float, trials: int, level: float = 0.95) -> Interval:
    """A measured share (an accuracy) with its Wilson score interval (Wilson, JASA 22, 209 (1927)).

    Args:
        share: successes / trials, between 0 and 1.
        trials: how many independent trials (test images), at least 1.
        level: coverage of the interval.

    Raises:
        ArgumentError: the share or the number of trials is out of range.
    """
    if not (0 <= share <= 1 and trials >= 1):
        raise ArgumentError(f"share: {share} of {trials}; accepted: 0 to 1 of at least 1 trial")
    from scipy.special import ndtri

    z = float(ndtri(0.5 + level / 2))
    scale = 1 + z**2 / trials
    centre = (share + z**2 / (2 * trials)) / scale
    half = z * math.sqrt(share * (1 - share) / trials + z**2 / (4 * trials**2)) / scale
    # rounding can put a share of 0 or 1 just outside
    return Interval(share, min(centre - half, share), max(centre + half, share), trials)


def holm(p_values: Sequence[float] | np.ndarray, count: int | None = None) -> np.ndarray:
    """p-values adjusted for their number (Holm, Scand. J. Statist. 6, 65 (1979)); NaN stays NaN and isn't counted.

    Args:
        p_values: shape (n,).
        count: size of the family, of which those that aren't given count as 1; as many as there are numbers by default.

    Raises:
        ArgumentError: more p-values than the family has.

    >>> [round(float(p), 3) for p in holm([0.01, 0.04, 0.03])], holm([0.01], count=5).tolist()
    ([0.03, 0.06, 0.06], [0.05])
    """
    given = np.asarray(p_values, dtype=float)
    adjusted = np.full(given.shape, math.nan)
    tested = np.flatnonzero(~np.isnan(given))
    order = tested[np.argsort(given[tested], kind="stable")]
    size = len(order) if count is None else count
    if size < len(order):
        raise ArgumentError(f"count: {count}; accepted: at least {len(order)}, the p-values given")
    steps = given[order] * np.arange(size, size - len(order), -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return adjusted


def benjamini_hochberg(p_values: Sequence[float] | np.ndarray) -> np.ndarray:
    """p-values adjusted for the false discovery rate (Benjamini & Hochberg, J. R. Stat. Soc. B 57, 289 (1995)).

    NaN stays NaN and isn't counted.

    >>> [round(float(p), 3) for p in benjamini_hochberg([0.01, 0.04, 0.03])]
    [0.03, 0.04, 0.04]
    """
    given = np.asarray(p_values, dtype=float)
    adjusted = np.full(given.shape, math.nan)
    tested = np.flatnonzero(~np.isnan(given))
    order = tested[np.argsort(-given[tested], kind="stable")]
    steps = given[order] * len(order) / np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(np.minimum.accumulate(steps), 1.0)
    return adjusted


def _sample(values: Sequence[float] | np.ndarray) -> np.ndarray:
    """The values as a float vector; raises ArgumentError when it is empty or not finite."""
    sample = np.asarray(values, dtype=float)
    if sample.ndim != 1 or len(sample) == 0 or not np.isfinite(sample).all():
        raise ArgumentError(f"values: {len(np.atleast_1d(sample))} given; accepted: a list of at least 1 finite number")
    return sample


def _standard_error(sample: np.ndarray) -> float:
    """Standard error of the mean; exactly 0 for equal values, whatever the rounding of their mean."""
    if np.ptp(sample) == 0:
        return 0.0
    return float(sample.std(ddof=1)) / math.sqrt(len(sample))


def _bootstrap(sample: np.ndarray, level: float) -> tuple[float, float]:
    """Ends of the BCa bootstrap interval of the mean (Efron, JASA 82, 171 (1987)), from a fixed stream."""
    from scipy.stats import bootstrap

    result = bootstrap(
        (sample,),
        np.mean,
        confidence_level=level,
        n_resamples=RESAMPLES,
        batch=1000,
        method="BCa",
        rng=np.random.default_rng(0),
    )
    return float(result.confidence_interval.low), float(result.confidence_interval.high)
