"""Whether two quantities rank cells alike: Kendall's τ-b, with an interval by resampling cells."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from convac.errors import ArgumentError
from convac.seeds import stream
from convac.statistics import Interval

RESAMPLES = 9999
FEWEST = 8  # cells: of fewer, equal ranks are no surprise and every resample repeats them


@dataclass(frozen=True)
class Resampled:
    """τ-b of some cells and of resamples of them.

    Attributes:
        tau: of the cells themselves.
        draws: of the resamples, shape (RESAMPLES,), ascending.
        cells: how many cells.
    """

    tau: float
    draws: np.ndarray
    cells: int

    def interval(self, error: float) -> Interval:
        """τ-b with its two-sided interval: quantiles of the resamples, widened for few cells.

        An end that even the outermost resamples don't tell is −1 or 1. Source: Hesterberg, Am. Stat. 69, 371 (2015),
        §3.3 (expanded percentile interval).
        """
        left_out = math.floor(self._tail(error) * (len(self.draws) + 1)) - 1
        if left_out < 0:
            return Interval(self.tau, -1.0, 1.0, self.cells)
        return Interval(self.tau, float(self.draws[left_out]), float(self.draws[-1 - left_out]), self.cells)

    def p(self, threshold: float) -> float:
        """The smallest error at which the interval leaves the threshold out."""
        from scipy.special import ndtri, stdtr

        outside = min(np.count_nonzero(self.draws <= threshold), np.count_nonzero(self.draws >= threshold))
        tail = (outside + 1) / (len(self.draws) + 1)
        if tail >= 0.5:
            return 1.0
        return float(2 * stdtr(self.cells - 1, ndtri(tail) * math.sqrt((self.cells - 1) / self.cells)))

    def _tail(self, error: float) -> float:
        """The fraction of resamples to leave out at each end."""
        from scipy.special import ndtr, stdtrit

        return float(ndtr(stdtrit(self.cells - 1, error / 2) * math.sqrt(self.cells / (self.cells - 1))))


def resampled(first: Sequence[float] | np.ndarray, second: Sequence[float] | np.ndarray) -> Resampled:
    """τ-b between two quantities of the same cells, and of resamples of the cells.

    Args:
        first, second: shape (cells,); infinite values are the largest.

    Raises:
        ArgumentError: fewer than two cells, different numbers of them, or a value that is none.
    """
    one, other = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    if one.ndim != 1 or one.shape != other.shape or len(one) < 2 or np.isnan(one).any() or np.isnan(other).any():
        raise ArgumentError(
            f"first, second: {one.size} and {other.size} values; accepted: numbers of at least two cells, in pairs"
        )
    cells = len(one)
    weights = stream("rank correlation", cells).multinomial(cells, np.full(cells, 1 / cells), size=RESAMPLES)
    alone = np.ones((1, cells))
    return Resampled(float(kendall(alone, one, other)[0]), np.sort(kendall(weights, one, other)), cells)


def kendall(weights: np.ndarray, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Kendall's τ-b of cells that are counted several times; 0 where all are tied.

    Args:
        weights: how often each cell is counted, shape (draws, cells).
        first, second: shape (cells,).

    Source: Kendall, Biometrika 33, 239 (1945).

    >>> kendall(np.ones((1, 4)), np.array([1, 2, 3, 3]), np.array([1, 3, 2, 2])).tolist()
    [0.2]
    """
    # no differences: that of two infinite values is none
    orders = [np.greater.outer(values, values) * 1.0 - np.less.outer(values, values) for values in (first, second)]
    weights = weights.astype(float)
    agreeing, *untied = (
        np.einsum("ij,ij->i", weights @ matrix, weights) for matrix in (orders[0] * orders[1], *map(np.abs, orders))
    )
    scale = np.sqrt(untied[0] * untied[1])
    return np.asarray(np.where(scale > 0, agreeing / np.maximum(scale, 1.0), 0.0))
