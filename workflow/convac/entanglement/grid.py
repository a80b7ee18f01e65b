"""Grid tensors: any function of the sites, listed on M templates per site.

Source: 1603.00162 (grid tensors of convolutional rectifier networks).
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from convac.arrays import given, grid_shape, numbers, real, short
from convac.entanglement import precision
from convac.entanglement.brute import matricization
from convac.entanglement.calls import TRIED, called, check_rows
from convac.entanglement.limits import Limits
from convac.entanglement.listed import Listed, Output, combination, joined
from convac.entanglement.modules import as_function, embeds
from convac.entanglement.precision import Spectrum
from convac.entanglement.scales import ROUNDOFF, times_power
from convac.errors import ArgumentError, MemoryLimitError
from convac.progress import reporter

PIXELS = (0.0, 1.0)
BATCH = 4096  # configurations that the function is called with at once, at most
NUMBERS = 2**22  # and the numbers that they may hold together
ENTRIES = 2**22  # of the largest grid tensor that is listed whole

Function = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class GridFunction:
    """A function of N sites and the values that it is listed on.

    Attributes:
        function: takes arrays of shape `(batch, *sites, *features)`, returns (batch,) or (batch, classes), real or
            complex; a torch module is called in evaluation mode and left as it was.
        sites: shape of the site grid; sites are numbered row-major.
        templates: the M values that each site takes, shape `(M, *features)`; pixels 0 and 1 by default. The function
            gets integers as int64, real numbers as float64, complex ones as complex128.
        weights: the M templates' weights in the inner product of functions, ‖f‖² = Σ Π_i w_{d_i} f_d²; equal by
            default. Only their ratios count.

    Raises:
        ArgumentError: an attribute doesn't fit; names it.

    >>> from convac import measure
    >>> product = GridFunction(lambda x: x[:, 0] * x[:, 1] + x[:, 2], (3,), templates=[-1.0, 0.0, 1.0])
    >>> measure(product, [0]).schmidt_number, measure(product, [0, 1]).schmidt_number
    (2, 2)
    """

    function: Function
    sites: tuple[int, ...]
    templates: np.ndarray | Sequence[float] = PIXELS
    weights: np.ndarray | Sequence[float] | None = None

    def __post_init__(self) -> None:
        if not callable(self.function):
            raise ArgumentError(f"function: got {short(self.function)}; accepted: a function or a torch module")
        whole = (0, 1) if self.templates is PIXELS and embeds(self.function) else self.templates
        templates = numbers(whole, "templates")
        if templates.ndim < 1 or len(templates) < 2:
            raise ArgumentError(f"templates: has shape {list(templates.shape)}; accepted: at least 2 values of a site")
        kept = given(whole, "templates")
        size = len(templates)
        weights = real(np.ones(size) if self.weights is None else self.weights, "weights", (size,))
        if weights.min() <= 0:
            raise ArgumentError(f"weights: accepted: {size} positive numbers, one per template")
        object.__setattr__(self, "sites", grid_shape(self.sites))
        object.__setattr__(self, "function", as_function(self.function))
        object.__setattr__(self, "templates", kept.astype(np.int64) if kept.dtype.kind in "iu" else templates)
        object.__setattr__(self, "weights", weights / weights.sum())

    @property
    def local_dimension(self) -> int:
        """M, the number of templates."""
        return len(np.asarray(self.templates))

    @property
    def count(self) -> int:
        """N, the number of sites."""
        return math.prod(self.sites)

    @property
    def batch(self) -> int:
        """Configurations that the function is called with at once."""
        return max(1, min(BATCH, NUMBERS // (self.count * math.prod(np.shape(self.templates)[1:]))))

    def values(self, configurations: np.ndarray, output: Output) -> Listed:
        """One class (or combination of classes) on configurations, template numbers of shape (n, N).

        Raises:
            ArgumentError: the function fails, returns a wrong shape or a value that isn't finite, or `output` doesn't
                fit.
        """
        templates = np.asarray(self.templates)
        found = [
            self.scores(templates[batch].reshape(len(batch), *self.sites, *templates.shape[1:]), output)
            for batch in batches(configurations, self.batch)
        ]
        return joined(found)

    def scores(self, inputs: np.ndarray, output: Output) -> Listed:
        """One class (or combination) on a batch of inputs."""
        return combination(self.returned(inputs), output)

    def check_rows(self) -> None:
        """Raise ArgumentError unless the function's rows stand alone: tried where templates differ."""
        last = self.local_dimension - 1
        rows = np.stack([np.zeros(self.count, dtype=np.int64), np.arange(self.count) % (last + 1)])
        templates = np.asarray(self.templates)[np.vstack([rows, np.full(self.count, last)])]
        check_rows(self.returned, templates.reshape(TRIED, *self.sites, *templates.shape[2:]))

    def returned(self, inputs: np.ndarray) -> np.ndarray:
        """What the function returns on a batch of inputs, shape (n, classes)."""
        values = numbers(called(self.function, inputs), "network: what it returns", booleans=True)
        if values.shape[:1] != (len(inputs),) or values.ndim > 2:
            raise ArgumentError(f"network: returns shape {list(values.shape)}; accepted: [{len(inputs)}(, classes)]")
        return np.asarray(values.reshape(len(inputs), -1))


def batches(configurations: np.ndarray, size: int) -> Iterator[np.ndarray]:
    """The configurations in runs that bound the function's memory."""
    for start in range(0, len(configurations), size):
        yield configurations[start : start + size]


def configurations_of(local_dimension: int, numbers: np.ndarray, count: int) -> np.ndarray:
    """Template numbers of the sites, shape (n, count), from row-major configuration numbers below M^count."""
    powers = local_dimension ** np.arange(count - 1, -1, -1, dtype=np.int64)
    return np.asarray(numbers[:, None] // powers % local_dimension)


def listed(grid: GridFunction, output: Output = 0) -> Listed:
    """All M^N values of one class in row-major site order, without the templates' weights.

    Raises:
        MemoryLimitError: there are more than 2^22; before the function is called.
        ArgumentError: values depend on the batch, or what the function returns isn't accepted.
    """
    total = grid.local_dimension**grid.count
    if total > ENTRIES:
        raise MemoryLimitError(
            f"engine grid: {grid.local_dimension}^{grid.count} values are too many; accepted: at most {ENTRIES}, "
            "or the engine grid-sampled"
        )
    grid.check_rows()
    report, found, done = reporter(total, "value", patient=True), [], 0
    for run in np.array_split(np.arange(total), -(-total // (16 * BATCH))):
        found.append(grid.values(configurations_of(grid.local_dimension, run, grid.count), output))
        done += len(run)
        report(done, "the function's values")
    return joined(found)


def grid_tensor(grid: GridFunction, output: Output = 0) -> np.ndarray:
    """All M^N values of one class in row-major site order, shape (M, …, M); without the templates' weights.

    Raises:
        MemoryLimitError: there are more than 2^22; before the function is called.
        ArgumentError: a combination of classes leaves float64's range.
    """
    found = listed(grid, output)
    with np.errstate(over="ignore"):
        values = times_power(found.values, found.exponents)
    if not np.isfinite(values).all():
        raise ArgumentError("output: the combination of classes leaves float64's range; accepted: smaller coefficients")
    return values.reshape((grid.local_dimension,) * grid.count)


def weighted(found: Listed, grid: GridFunction) -> Listed:
    """All values, each times the square roots of its templates' weights; equal weights change nothing."""
    roots = np.sqrt(np.asarray(grid.weights) * grid.local_dimension)
    if (roots == 1).all():
        return found
    values, exponents = np.frexp(roots)
    factors, powers = np.ones(1), np.zeros(1, dtype=np.int64)
    for _ in range(grid.count):
        factors, powers = np.multiply.outer(factors, values).ravel(), np.add.outer(powers, exponents).ravel()
    moved = np.abs(found.values) * factors * (4 * ROUNDOFF * (grid.count + 1))
    return Listed(found.values * factors, found.exponents + powers, found.errors * factors + moved)


def spectrum(grid: GridFunction, mask: np.ndarray, limits: Limits, output: Output = 0) -> Spectrum:
    """Singular values of the matricization of the whole grid tensor, descending, up to a common positive factor.

    The values that the function returns count as exact.

    Args:
        grid: the function, its templates and their weights.
        mask: boolean, shape (N,), true inside I.
        limits: on memory and time.
        output: a class, or one coefficient per class.

    Raises:
        MemoryLimitError: the tensor has more than 2^22 values or passes the limit.
        TimeLimitError: the singular values take longer than the limit; both before anything is computed.
        ArgumentError: what the function returns isn't accepted.
    """
    if grid.local_dimension**grid.count <= ENTRIES:
        limits.check("grid", *needed(grid, mask))
    values, error = weighted(listed(grid, output), grid).together()
    tensor = values.reshape((grid.local_dimension,) * grid.count)
    return precision.decomposed(matricization(tensor, mask), error)


def needed(grid: GridFunction, mask: np.ndarray) -> tuple[int, int]:
    """Bytes and operations of `spectrum`, those of the function itself left out."""
    total, inside = grid.local_dimension**grid.count, int(mask.sum())
    smaller = grid.local_dimension ** min(inside, grid.count - inside)
    return 8 * (12 * total + 3 * NUMBERS), 4 * total * (smaller + grid.count)
