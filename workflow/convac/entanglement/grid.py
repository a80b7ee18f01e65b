"""Grid tensors: any function of the sites, listed on M templates per site; whole, or a sample of it.

Source: 1603.00162 (grid tensors of convolutional rectifier networks).
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from convac.entanglement import measures
from convac.entanglement.brute import matricization
from convac.errors import ArgumentError, MemoryLimitError
from convac.seeds import stream

PIXELS = (0.0, 1.0)
BATCH = 4096  # configurations that the function is called with at once
ENTRIES = 2**22  # of the largest grid tensor that is listed whole

Function = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class GridFunction:
    """A function of N sites and the values that it is listed on.

    Attributes:
        function: takes float64 of shape (batch, *sites, *features), returns (batch,) or (batch, classes).
        sites: shape of the site grid; sites are numbered row-major.
        templates: the M values that each site takes, shape (M, *features); pixels 0 and 1 by default. The measures
            are those of the function under equal weight on the templates.
    """

    function: Function
    sites: tuple[int, ...]
    templates: np.ndarray | Sequence[float] = PIXELS

    def __post_init__(self) -> None:
        templates = np.asarray(self.templates, dtype=np.float64)
        if templates.ndim < 1 or len(templates) < 2 or not np.isfinite(templates).all():
            raise ArgumentError("templates: accepted: at least 2 finite values (or arrays of one shape)")
        if not self.sites or min(self.sites) < 1:
            raise ArgumentError(f"sites: got {list(self.sites)}; accepted: 1 or 2 positive sides")
        object.__setattr__(self, "templates", templates)

    @property
    def local_dimension(self) -> int:
        """M, the number of templates."""
        return len(self.templates)

    @property
    def count(self) -> int:
        """N, the number of sites."""
        return math.prod(self.sites)

    def values(self, configurations: np.ndarray, output: int | Sequence[float] | np.ndarray) -> np.ndarray:
        """One class (or combination of classes) on configurations, template numbers of shape (n, N); returns (n,).

        Raises:
            ArgumentError: the function returns a wrong shape or a value that isn't finite, or `output` doesn't fit.
        """
        templates = np.asarray(self.templates)
        found = [
            self.scores(templates[batch].reshape(len(batch), *self.sites, *templates.shape[1:]), output)
            for batch in batches(configurations)
        ]
        return np.concatenate(found)

    def scores(self, inputs: np.ndarray, output: int | Sequence[float] | np.ndarray) -> np.ndarray:
        """One class (or combination) on a batch of inputs."""
        values = np.asarray(self.function(inputs), dtype=np.float64)
        if values.shape[:1] != (len(inputs),) or values.ndim > 2:
            raise ArgumentError(f"network: returns shape {list(values.shape)}; accepted: [{len(inputs)}(, classes)]")
        if not np.isfinite(values).all():
            raise ArgumentError("network: returns a value that isn't finite; accepted: finite numbers")
        table = values.reshape(len(inputs), -1)
        return np.asarray(table @ coefficients(output, table.shape[1]))


def coefficients(output: int | Sequence[float] | np.ndarray, classes: int) -> np.ndarray:
    """A class, or a linear combination of classes, as one coefficient per class.

    Raises:
        ArgumentError: there is no such class, or the coefficients don't fit.
    """
    if isinstance(output, int | np.integer):
        if not 0 <= output < classes:
            raise ArgumentError(f"output: got class {output}; accepted: 0 to {classes - 1}")
        return np.asarray(np.eye(classes)[output])
    given = np.asarray(output, dtype=np.float64)
    if given.shape != (classes,) or not np.isfinite(given).all():
        raise ArgumentError(f"output: accepted: a class, or {classes} finite coefficients, one per class")
    return given


def batches(configurations: np.ndarray) -> Iterator[np.ndarray]:
    """The configurations in runs that bound the function's memory."""
    for start in range(0, len(configurations), BATCH):
        yield configurations[start : start + BATCH]


def configurations_of(local_dimension: int, numbers: np.ndarray, count: int) -> np.ndarray:
    """Template numbers of the sites, shape (n, count), from row-major configuration numbers below M^count."""
    powers = local_dimension ** np.arange(count - 1, -1, -1, dtype=np.int64)
    return np.asarray(numbers[:, None] // powers % local_dimension)


def grid_tensor(grid: GridFunction, output: int | Sequence[float] | np.ndarray = 0) -> np.ndarray:
    """All M^N values of one class in row-major site order, shape (M, …, M).

    Raises:
        MemoryLimitError: there are more than 2^22; before the function is called.
    """
    total = grid.local_dimension**grid.count
    if total > ENTRIES:
        raise MemoryLimitError(
            f"engine grid: {grid.local_dimension}^{grid.count} values are too many; accepted: at most {ENTRIES}, "
            "or the engine grid-sampled"
        )
    values = np.concatenate(
        [
            grid.values(configurations_of(grid.local_dimension, numbers, grid.count), output)
            for numbers in np.array_split(np.arange(total), -(-total // (16 * BATCH)))
        ]
    )
    return values.reshape((grid.local_dimension,) * grid.count)


def singular_values(
    grid: GridFunction, mask: np.ndarray, memory_limit: int, output: int | Sequence[float] | np.ndarray = 0
) -> np.ndarray:
    """Singular values of the matricization of the whole grid tensor, descending.

    Args:
        grid: the function and its templates.
        mask: boolean, shape (N,), true inside I.
        memory_limit: bytes.
        output: a class, or one coefficient per class.

    Raises:
        MemoryLimitError: the tensor has more than 2^22 values or passes the limit; before anything is computed.
    """
    needed = 8 * 4 * grid.local_dimension**grid.count
    if needed > memory_limit:
        raise MemoryLimitError(f"engine grid: needs {needed:.3g} bytes; accepted: memory_limit, {memory_limit:.3g}")
    return np.linalg.svd(matricization(grid_tensor(grid, output), mask), compute_uv=False)


class Sampled(NamedTuple):
    """The spectrum of a sample of the matricization.

    Attributes:
        singular_values: of the sample, descending, shape (S,); up to the sampling error those of the whole, rescaled.
        error: in nats, how far the entropy may be off: the larger of its distance to the mean over samples of half
            the size, which estimates the bias, and two standard errors of that mean.
    """

    singular_values: np.ndarray
    error: float


def sampled(
    grid: GridFunction,
    mask: np.ndarray,
    memory_limit: int,
    output: int | Sequence[float] | np.ndarray = 0,
    samples: int = 512,
    seed: int = 0,
) -> Sampled:
    """Spectrum from S random configurations of I times S of its complement.

    Halving the sample both ways gives four independent quarters: were the sample large enough, they would agree with
    one another and with the whole. The rank of a sample is only a lower bound.

    Raises:
        MemoryLimitError: S² values pass the limit; before the function is called.
        ArgumentError: fewer than 8 samples.
    """
    if samples < 8:
        raise ArgumentError(f"samples: got {samples}; accepted: at least 8")
    needed = 8 * 4 * samples**2
    if needed > memory_limit:
        raise MemoryLimitError(
            f"engine grid-sampled: {samples} samples need {needed:.3g} bytes; "
            f"accepted: memory_limit, {memory_limit:.3g}"
        )
    generator = stream("grid", seed)
    inside = generator.integers(0, grid.local_dimension, (samples, int(mask.sum())))
    outside = generator.integers(0, grid.local_dimension, (samples, int((~mask).sum())))
    matrix = np.empty((samples, samples))
    configurations = np.empty((samples, grid.count), dtype=np.int64)
    configurations[:, ~mask] = outside
    for row, own in enumerate(inside):
        configurations[:, mask] = own
        matrix[row] = grid.values(configurations, output)
    whole = np.linalg.svd(matrix, compute_uv=False)
    half = samples // 2
    quarters = [matrix[rows, columns] for rows in halves(half) for columns in halves(half)]
    entropies = [measures.entropy(np.linalg.svd(quarter, compute_uv=False)) for quarter in quarters if quarter.any()]
    if len(entropies) < len(quarters):
        return Sampled(whole, math.inf)
    bias = abs(measures.entropy(whole) - float(np.mean(entropies)))
    return Sampled(whole, max(bias, 2 * float(np.std(entropies, ddof=1)) / 2))


def halves(half: int) -> tuple[slice, slice]:
    """The first and the second half of a sample."""
    return slice(0, half), slice(half, 2 * half)
