"""Grid tensors: any function of the sites, listed on M templates per site; whole, or a sample of it.

Source: 1603.00162 (grid tensors of convolutional rectifier networks).
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from convac.arrays import given, grid_shape, numbers, real, short
from convac.entanglement import measures, precision
from convac.entanglement.brute import matricization
from convac.entanglement.limits import Limits
from convac.entanglement.listed import Listed, Output, combination, joined
from convac.entanglement.modules import as_function, embeds
from convac.entanglement.precision import Spectrum
from convac.entanglement.scales import ROUNDOFF, times_power
from convac.errors import ArgumentError, ConvacError, MemoryLimitError
from convac.progress import reporter
from convac.seeds import stream

PIXELS = (0.0, 1.0)
BATCH = 4096  # configurations that the function is called with at once, at most
NUMBERS = 2**22  # and the numbers that they may hold together
ENTRIES = 2**22  # of the largest grid tensor that is listed whole
SAMPLES = 32  # the smallest sample
EFFECTIVE = 10.0  # rows (or columns) that must share a sample's norm for its errors to mean anything
SAME = 1e-2  # by which a row's values may differ, relative to the largest: half-precision networks round
RESOLVED = 1e-10  # singular values of a sample below this, relative to the largest, are rounding

Function = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class GridFunction:
    """A function of N sites and the values that it is listed on.

    Attributes:
        function: takes arrays of shape (batch, *sites, *features), returns (batch,) or (batch, classes), real or
            complex; a torch module is called in evaluation mode and left as it was.
        sites: shape of the site grid; sites are numbered row-major.
        templates: the M values that each site takes, shape (M, *features); pixels 0 and 1 by default. The function
            gets integers as int64, real numbers as float64, complex ones as complex128.
        weights: the M templates' weights in the inner product of functions, ‖f‖² = Σ Π_i w_{d_i} f_d²; equal by
            default. Only their ratios count.

    Raises:
        ArgumentError: an attribute doesn't fit; names it.
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
        """Raise ArgumentError unless rows have their values whatever stands beside them, whenever they are asked for.

        Few rows are tried: what depends on its batch nearly always shows it at once.
        """
        last = self.local_dimension - 1
        rows = np.stack([np.zeros(self.count, dtype=np.int64), np.arange(self.count) % (last + 1)])
        templates = np.asarray(self.templates)[np.vstack([rows, np.full(self.count, last)])]
        inputs = templates.reshape(3, *self.sites, *templates.shape[2:])
        together, pairs = self.returned(inputs), [self.returned(inputs[[1, 0]]), self.returned(inputs[[2, 1]])]
        top = float(np.abs(together).max())
        again = np.vstack([pairs[0][::-1], pairs[1][:1]])
        if top > 0 and np.abs(again / top - together / top).max() > SAME:
            raise ArgumentError(
                "network: a row's value depends on the batch that it stands in, or on chance; "
                "accepted: a function of each row alone"
            )

    def returned(self, inputs: np.ndarray) -> np.ndarray:
        """What the function returns on a batch of inputs, shape (n, classes)."""
        try:
            returned = self.function(inputs)
        except ConvacError:
            raise
        except Exception as error:  # whatever a user's function raises
            raise ArgumentError(
                f"network: {type(error).__name__}: {error}; accepted: a function of an array {list(inputs.shape)}"
            ) from error
        values = numbers(returned, "network: what it returns", booleans=True)
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


def sample_needed(grid: GridFunction, samples: int) -> tuple[int, int]:
    """Bytes and operations of `sampled`, those of the function itself left out."""
    memory = 8 * (6 * samples**2 + 3 * samples * grid.count + 3 * NUMBERS)
    return memory, 40 * samples**3 + 4 * samples**2 * grid.count


class Sampled(NamedTuple):
    """The spectrum of a sample of the matricization. Its rank is a lower bound only.

    Attributes:
        singular_values: of the sample, descending, shape (S,); up to the sampling error those of the whole, rescaled.
        error: in nats, how far the entropy may be off: bias, two standard errors, what the unresolved share could hide,
            and rounding; ∞ where the sample can't tell.
        unresolved: share of ‖f‖² that no low-rank approximation from one part of the sample predicted in another; it
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
    limits.check("grid-sampled", *sample_needed(grid, samples))
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
    """Share of the norm of `fresh` that the best low-rank approximation from the other three parts doesn't predict.

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
