"""Numbers from a sample of rows and columns, with their two-way jackknife.

Rows are left out, then columns; variances and first-order biases of both add.

Source: Owen, The pigeonhole bootstrap (2007) (rows and columns drawn both); Efron & Tibshirani, An Introduction to the
Bootstrap (1993) (the jackknife and its estimate of bias).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import special

SETTLED = 0.05  # relative change from S/2 to S …
FINE = 0.01  # … or an absolute one, in nats (or Schmidt terms), below which an entropy counts as settled
LEVEL = 0.95  # of the intervals


@dataclass(frozen=True)
class Estimate:
    """A number from a sample of rows and columns.

    Attributes:
        estimate: bias-corrected; unbiased, it may leave the range by what its error allows.
        error: standard error.
        half: what S/2 rows and columns give, a mean of two parts that share neither.
        settled: whether S/2 → S moves it by less than 5 %. The interaction share is unbiased and always is.
        needed: about how many rows and columns would settle it; S where it is settled.
        quantile: standard errors on either side of the interval.
        range: smallest and largest value that there is.
    """

    estimate: float
    error: float
    half: float
    settled: bool
    needed: int
    quantile: float
    range: tuple[float, float]

    @property
    def value(self) -> float:
        """The estimate, brought into the range; NaN where it hasn't settled."""
        return self.bounded(self.estimate) if self.settled else math.nan

    @property
    def interval(self) -> tuple[float, float]:
        """Of 95 %, brought into the range."""
        reach = self.quantile * self.error
        return self.bounded(self.estimate - reach), self.bounded(self.estimate + reach)

    def bounded(self, value: float) -> float:
        """The nearest value in the range."""
        return min(max(value, self.range[0]), self.range[1])


def mean_estimate(found: Sequence[Estimate], disjoint: bool) -> Estimate:
    """The mean of estimates from several draws, each as wide as its own interval says."""
    error = math.sqrt(float(np.mean([each.error**2 for each in found])) / (len(found) if disjoint else 1))
    estimate, half = (float(np.mean([getattr(each, name) for each in found])) for name in ("estimate", "half"))
    settled, needed = all(each.settled for each in found), max(each.needed for each in found)
    return replace(found[0], estimate=estimate, error=error, half=half, settled=settled, needed=needed)


def quantile(parts: int) -> float:
    """Standard errors on either side of a 95 % interval by a jackknife of so many parts."""
    return float(special.stdtrit(parts - 1, (1 + LEVEL) / 2))


def jackknifed(value: np.ndarray, fewer: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Bias-corrected values (k,) and standard errors from those without a part of the rows, of the columns, (g, k)."""
    variance, corrected = np.zeros_like(value), value.copy()
    for values in fewer:
        groups, mean = len(values), values.mean(axis=0)
        corrected = corrected + (groups - 1) * (value - mean)
        variance = variance + (groups - 1) / groups * np.sum((values - mean) ** 2, axis=0)
    return corrected, np.sqrt(variance)


def rounded_up(size: float) -> int:
    """A size to two digits, upwards.

    >>> rounded_up(1234.5), rounded_up(64)
    (1300, 64)
    """
    unit = int(10 ** max(0, math.floor(math.log10(size)) - 1))
    return math.ceil(size / unit) * unit


def halved(values: np.ndarray) -> list[np.ndarray]:
    """Two parts (…, S/2, S/2) of matrices (…, S, S) that share neither rows nor columns."""
    half = values.shape[-1] // 2
    return [values[..., :half, :half], values[..., half : 2 * half, half : 2 * half]]
