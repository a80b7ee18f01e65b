"""The tensor of a labelled dataset, Σ_n y_n x_n1 ⊗ … ⊗ x_nN, from the Gram matrices of its two sides.

With rows a_m (the products of the distinct features inside I) and b_n (outside) the matricization is Aᵀ T B, T_mn the
sum of the labels of the samples with these two halves. Its singular values are those of K_A^{1/2} T K_B^{1/2} with the
Gram matrices K_A = A Aᵀ, K_B = B Bᵀ, whose entries are products over sites of ⟨x_ms, x_ns⟩: M^N never appears. Every
feature is normalised and its length goes to the label in logarithms, so that entries are at most 1 and nothing
overflows.

Source: 2303.11249 (entanglement of a dataset's tensor as a measure of what locally connected networks can learn).
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from convac.arrays import grid_shape, real
from convac.entanglement import measures
from convac.entanglement.limits import Limits
from convac.errors import ArgumentError

EPSILON = float(np.finfo(np.float64).eps)


@dataclass(frozen=True)
class DataTensor:
    """A labelled dataset as a tensor.

    Attributes:
        features: representation of every site of every sample, float64 (n, N, M).
        labels: y, shape (n,); ±1 for two classes, or ones.
        sites: shape of the site grid.

    Raises:
        ArgumentError: shapes don't fit, or something isn't a finite real number.
    """

    features: np.ndarray
    labels: np.ndarray
    sites: tuple[int, ...]

    def __post_init__(self) -> None:
        sites = grid_shape(self.sites)
        features = real(self.features, "features", ("samples", math.prod(sites), "M"))
        object.__setattr__(self, "sites", sites)
        object.__setattr__(self, "features", features)
        object.__setattr__(self, "labels", real(self.labels, "labels", (len(features),)))


class Spectrum(NamedTuple):
    """Singular values of a dataset's tensor and how far down they can be trusted.

    Attributes:
        singular_values: descending, up to a common positive factor; no more than either side has distinct halves.
        floor: bound on the absolute error of each, on the same scale. For one-hot features, whose distinct halves are
            orthogonal, it is of the order of 1e-13 of the largest; for features that nearly coincide the square root
            of a Gram matrix halves the digits, 1e-7. Where samples cancel it may exceed them all.
    """

    singular_values: np.ndarray
    floor: float


class Side(NamedTuple):
    """One side of the partition.

    Attributes:
        number: of the distinct half that each sample has on this side, shape (n,).
        root: X with X Xᵀ the Gram matrix of the distinct halves, shape (m, k).
        norm: largest singular value of X.
        error: how far rounding may have moved the Gram matrix's square root, in operator norm.
    """

    number: np.ndarray
    root: np.ndarray
    norm: float
    error: float


def singular_values(data: DataTensor, mask: np.ndarray, limits: Limits) -> np.ndarray:
    """Singular values of the matricization, descending, up to a common positive factor; 0 where only rounding is left.

    Args:
        data: n samples over N sites.
        mask: boolean, shape (N,), true inside I.
        limits: on memory and time.

    Raises:
        MemoryLimitError, TimeLimitError: the n × n Gram matrices pass a limit; before allocating.
        ArgumentError: the tensor is zero, or samples cancel so far that only rounding is left.
    """
    values, floor = spectrum(data, mask, limits)
    if values[0] <= floor:
        raise ArgumentError(measures.ZERO)
    return np.asarray(np.where(values > floor, values, 0.0))


def spectrum(data: DataTensor, mask: np.ndarray, limits: Limits) -> Spectrum:
    """Singular values of the matricization with the error that rounding may have made.

    Args:
        data: n samples over N sites.
        mask: boolean, shape (N,), true inside I.
        limits: on memory and time; n² numbers are kept six times and the features three times.

    Raises:
        MemoryLimitError, TimeLimitError: these pass a limit; before allocating.
        ArgumentError: every sample has a zero label or feature.
    """
    samples = len(data.labels)
    limits.check("data", 8 * (6 * samples**2 + 3 * data.features.size), operations(data))
    lengths = np.linalg.norm(data.features, axis=2)
    kept = (lengths > 0).all(axis=1) & (data.labels != 0)
    if not kept.any():
        raise ArgumentError("tensor: is zero; accepted: a sample with a non-zero label and non-zero features")
    units = data.features[kept] / lengths[kept][:, :, None]
    logs = np.log(lengths[kept]).sum(axis=1) + np.log(np.abs(data.labels[kept]))
    inside, outside = side_of(units[:, mask]), side_of(units[:, ~mask])
    table = np.zeros((len(inside.root), len(outside.root)))
    np.add.at(table, (inside.number, outside.number), np.sign(data.labels[kept]) * np.exp(logs - logs.max()))
    values = np.linalg.svd(inside.root.T @ table @ outside.root, compute_uv=False)
    absolute = np.abs(table)
    labels = math.sqrt(absolute.sum(axis=0).max() * absolute.sum(axis=1).max())  # bounds the operator norm of T
    product = (inside.norm + inside.error) * (outside.norm + outside.error) - inside.norm * outside.norm
    return Spectrum(values, labels * (product + samples * EPSILON * inside.norm * outside.norm))


def operations(data: DataTensor) -> int:
    """Operations: Gram matrices over all sites, two eigenvalue problems, three products and an SVD."""
    samples, sites, dimension = map(int, data.features.shape)
    return int(samples**2 * sites * (dimension + 1) + 30 * samples**3)


def side_of(units: np.ndarray) -> Side:
    """One side's distinct halves and the square root of their Gram matrix.

    Merging equal halves is exact: repeated samples, and samples that cancel, leave no rounding behind.

    Args:
        units: unit vectors, shape (n, sites, M).

    Source: Bhatia, Matrix Analysis (1997), chapter X (‖A^{1/2} − B^{1/2}‖ ≤ ‖A − B‖^{1/2}).
    """
    found: dict[bytes, int] = {}
    rows = (units + 0.0).reshape(len(units), -1)  # a negative zero is a zero
    number = np.array([found.setdefault(row.tobytes(), len(found)) for row in rows])
    matrix = gram(units[np.unique(number, return_index=True)[1]])
    values, vectors = np.linalg.eigh(matrix)
    moved = (units.shape[1] + len(matrix)) * EPSILON * float(np.abs(matrix).sum(axis=1).max())
    smallest = float(values[0])
    error = min(math.sqrt(moved), moved / math.sqrt(smallest)) if smallest > 2 * moved else math.sqrt(moved)
    root = vectors * np.sqrt(np.clip(values, 0.0, None))
    return Side(number, root, math.sqrt(float(values[-1])), error)


def gram(units: np.ndarray) -> np.ndarray:
    """Products over sites of the overlaps of unit vectors, (n, sites, M) to (n, n); each site enters once."""
    result = np.ones((len(units), len(units)))
    for site in range(units.shape[1]):
        result *= units[:, site] @ units[:, site].T
    return result


class EntropyError(NamedTuple):
    """How far the entropy of n samples may be from that of the distribution they are drawn from, in nats.

    Attributes:
        standard_error: spread from sample to sample.
        bias: expected offset from the entropy of ever more samples, to first order in 1/n. Distinct samples that
            overlap little have the entropy ln n of any sample: there the standard error is near 0 and the bias near
            −1, so neither number is of use without the other.
    """

    standard_error: float
    bias: float


def entropy_error(data: DataTensor, mask: np.ndarray, limits: Limits, parts: int = 8) -> EntropyError:
    """Standard error and bias of the entropy as an estimate from n samples, by the delete-a-group jackknife.

    Args:
        data: at least `parts` samples in random order.
        mask: boolean, shape (N,), true inside I.
        limits: on memory and time.
        parts: groups, each left out in turn.

    Raises:
        ArgumentError: fewer samples than groups, or a tensor that is zero without one of them.
        MemoryLimitError, TimeLimitError: as `spectrum`, all repetitions together.

    Source: Shao & Tu, The Jackknife and Bootstrap (1995).
    """
    samples = len(data.labels)
    if not 2 <= parts <= samples:
        raise ArgumentError(f"features: {samples} samples in {parts} groups; accepted: at least 2, none empty")
    limits.check_time("data", (parts + 1) * operations(data))
    group = np.arange(samples) % parts
    left = [measures.entropy(singular_values(subset(data, group != number), mask, limits)) for number in range(parts)]
    whole = measures.entropy(singular_values(data, mask, limits))
    spread = math.sqrt((parts - 1) / parts * float(np.sum((np.array(left) - np.mean(left)) ** 2)))
    return EntropyError(spread, (parts - 1) * (float(np.mean(left)) - whole))


def subset(data: DataTensor, chosen: np.ndarray) -> DataTensor:
    """The chosen samples."""
    return DataTensor(data.features[chosen], data.labels[chosen], data.sites)
