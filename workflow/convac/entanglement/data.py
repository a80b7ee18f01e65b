"""The tensor of a labelled dataset, Σ_n y_n x_n1 ⊗ … ⊗ x_nN, from the Gram matrices of its two sides.

With rows a_n (product of the features inside I) and b_n (outside), the matricization is Σ_n y_n a_n b_nᵀ, Aᵀ diag(y) B.
Its singular values are those of K_A^{1/2} diag(y) K_B^{1/2} with the n × n Gram matrices K_A = A Aᵀ, K_B = B Bᵀ, whose
entries are products over sites of ⟨x_ms, x_ns⟩: M^N never appears. Every feature is normalised, its length goes to the
label, so that entries are at most 1 and nothing overflows.

Source: 2303.11249 (entanglement of a dataset's tensor as a measure of what locally connected networks can learn).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from convac.entanglement import measures
from convac.errors import ArgumentError, MemoryLimitError


@dataclass(frozen=True)
class DataTensor:
    """A labelled dataset as a tensor.

    Attributes:
        features: representation of every site of every sample, float64 (n, N, M).
        labels: y, shape (n,); ±1 for two classes, or ones.
        sites: shape of the site grid.

    Raises:
        ArgumentError: shapes don't fit, or a value isn't finite.
    """

    features: np.ndarray
    labels: np.ndarray
    sites: tuple[int, ...]

    def __post_init__(self) -> None:
        features, labels = np.asarray(self.features, dtype=np.float64), np.asarray(self.labels, dtype=np.float64)
        if features.ndim != 3 or features.shape[1] != math.prod(self.sites) or not len(features):
            wanted = f"[samples, {math.prod(self.sites)}, M]"
            raise ArgumentError(f"features: has shape {list(features.shape)}; accepted: {wanted}")
        if labels.shape != features.shape[:1]:
            raise ArgumentError(f"labels: has shape {list(labels.shape)}; accepted: [{len(features)}]")
        if not (np.isfinite(features).all() and np.isfinite(labels).all()):
            raise ArgumentError("features: a value or label isn't finite; accepted: finite numbers")
        object.__setattr__(self, "features", features)
        object.__setattr__(self, "labels", labels)


def singular_values(data: DataTensor, mask: np.ndarray, memory_limit: int) -> np.ndarray:
    """Singular values of the matricization, descending, shape (n,), up to a common positive factor.

    Square roots of Gram matrices halve the digits: values below about 1e-8 of the largest are rounding.

    Args:
        data: n samples over N sites.
        mask: boolean, shape (N,), true inside I.
        memory_limit: bytes.

    Raises:
        MemoryLimitError: the n × n Gram matrices pass the limit; before allocating.
        ArgumentError: every sample has a zero label or feature.
    """
    samples = len(data.labels)
    needed = 8 * 6 * samples**2
    if needed > memory_limit:
        raise MemoryLimitError(
            f"engine data: {samples} samples need {needed:.3g} bytes; accepted: memory_limit, {memory_limit:.3g}"
        )
    lengths = np.linalg.norm(data.features, axis=2)
    kept = (lengths > 0).all(axis=1) & (data.labels != 0)
    if not kept.any():
        raise ArgumentError("tensor: is zero; accepted: a sample with a non-zero label and non-zero features")
    units = data.features[kept] / lengths[kept][:, :, None]
    logs = np.log(lengths[kept]).sum(axis=1) + np.log(np.abs(data.labels[kept]))
    weights = np.sign(data.labels[kept]) * np.exp(logs - logs.max())
    inside, outside = (square_root(gram(units[:, side])) for side in (mask, ~mask))
    return np.linalg.svd((inside.T * weights) @ outside, compute_uv=False)


def gram(units: np.ndarray) -> np.ndarray:
    """Products over sites of the overlaps of unit vectors, (n, sites, M) to (n, n); each site enters once."""
    result = np.ones((len(units), len(units)))
    for site in range(units.shape[1]):
        result *= units[:, site] @ units[:, site].T
    return result


def square_root(matrix: np.ndarray) -> np.ndarray:
    """X with X Xᵀ = matrix, for a positive semi-definite matrix; rounding's negative eigenvalues count as zero."""
    values, vectors = np.linalg.eigh(matrix)
    return np.asarray(vectors * np.sqrt(np.clip(values, 0.0, None)))


def entropy_error(data: DataTensor, mask: np.ndarray, memory_limit: int, parts: int = 8) -> float:
    """Standard error, in nats, of the entropy as an estimate from n samples, by the delete-a-group jackknife.

    Args:
        data: at least `parts` samples in random order.
        mask: boolean, shape (N,), true inside I.
        memory_limit: bytes.
        parts: groups, each left out in turn.

    Raises:
        ArgumentError: fewer samples than groups.

    Source: Shao & Tu, The Jackknife and Bootstrap (1995).
    """
    samples = len(data.labels)
    if samples < parts:
        raise ArgumentError(f"features: {samples} samples; accepted: at least {parts} for an error estimate")
    group = np.arange(samples) % parts
    left: Sequence[float] = [
        measures.entropy(singular_values(subset(data, group != number), mask, memory_limit)) for number in range(parts)
    ]
    return math.sqrt((parts - 1) / parts * float(np.sum((np.array(left) - np.mean(left)) ** 2)))


def subset(data: DataTensor, chosen: np.ndarray) -> DataTensor:
    """The chosen samples."""
    return DataTensor(data.features[chosen], data.labels[chosen], data.sites)
