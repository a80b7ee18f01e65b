"""The tensor of a labelled dataset, Σ_n y_n x_n1 ⊗ … ⊗ x_nN, from its distinct halves on either side.

With rows a_m (the products of the distinct features inside I) and b_n (outside) the matricization is Aᵀ T B, T_mn the
sum of the labels of the samples with these two halves. Its singular values are those of Xᵀ T Y with any roots
X Xᵀ = A Aᵀ, Y Yᵀ = B Bᵀ (`halves`): M^N never appears. Features are scaled by powers of two, which go to the labels as
integers, and labels of equal halves are added exactly: nothing overflows, and what cancels exactly is gone.

Source: 2303.11249 (entanglement of a dataset's tensor as a measure of what locally connected networks can learn).
"""

import math
from dataclasses import dataclass

import numpy as np

from convac.arrays import grid_shape, real
from convac.entanglement import measures, precision
from convac.entanglement.halves import scaled, side_of
from convac.entanglement.limits import Limits
from convac.entanglement.precision import Spectrum
from convac.entanglement.scales import ROUNDOFF
from convac.errors import ArgumentError


@dataclass(frozen=True)
class DataTensor:
    """A labelled dataset as a tensor.

    Attributes:
        features: representation of every site of every sample, float64 (n, N, M).
        labels: y, shape (n,); ±1 for two classes, or ones.
        sites: shape of the site grid.

    Raises:
        ArgumentError: shapes don't fit, or something isn't a finite real number.

    >>> from convac import measure
    >>> pixels = np.array([[0, 0], [1, 1]])  # two images of two sites, each its own class
    >>> round(measure(DataTensor(np.eye(2)[pixels], [1.0, -1.0], (2,)), [0]).entropy, 6)  # ln 2
    0.693147
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
    values, error = precision.nonzero(spectrum(data, mask, limits))
    return np.asarray(np.where(values > error, values, 0.0))


def spectrum(data: DataTensor, mask: np.ndarray, limits: Limits) -> Spectrum:
    """Singular values of the matricization with the error that rounding may have made.

    Args:
        data: n samples over N sites.
        mask: boolean, shape (N,), true inside I.
        limits: on memory and time; n² numbers are kept six times and the features four times. Halves that nearly
            coincide are compressed by QR, which keeps all digits, where the limits allow that.

    Raises:
        MemoryLimitError, TimeLimitError: these pass a limit; before allocating.
        ArgumentError: the tensor is zero: a feature or label of every sample is, or they cancel exactly.
    """
    samples = len(data.labels)
    limits.check("data", 8 * (6 * samples**2 + 4 * data.features.size), operations(data))
    kept = (data.features != 0).any(axis=2).all(axis=1) & (data.labels != 0)
    if not kept.any():
        raise ArgumentError(measures.ZERO)
    features = data.features[kept]
    (units, one), (others, other) = scaled(features[:, mask]), scaled(features[:, ~mask])
    inside, outside = side_of(units, limits), side_of(others, limits)
    labels, exponents = np.frexp(data.labels[kept])
    table = summed(np.stack([inside.number, outside.number], axis=1), labels, exponents + one + other)
    if not table.any():
        raise ArgumentError(measures.ZERO)
    lengths, widths = np.linalg.norm(inside.root, axis=1), np.linalg.norm(outside.root, axis=1)
    # each term |T_mn| ‖a_m‖ ‖b_n‖ is off by the errors of its halves and the roundings of two products
    roundings = ROUNDOFF * (len(lengths) + len(widths) + 2)
    moved = np.abs(table) * (inside.error * widths + lengths[:, None] * (outside.error + roundings * widths))
    return precision.decomposed(inside.root.T @ table @ outside.root, float(moved.sum()))


def operations(data: DataTensor) -> int:
    """Operations: Gram matrices over all sites, two eigenvalue problems, three products and an SVD."""
    samples, sites = len(data.labels), math.prod(data.sites)
    return 2 * samples**2 * (data.features.size // samples) + 2 * samples**2 * sites + 30 * samples**3


def summed(places: np.ndarray, labels: np.ndarray, exponents: np.ndarray) -> np.ndarray:
    """The matrix of the sums of labels at each place, up to a common power of two; each sum is exact, then rounded.

    Args:
        places: row and column of each label, shape (n, 2).
        labels: mantissas, shape (n,).
        exponents: of two, integers of any size, shape (n,).
    """
    groups: dict[tuple[int, int], list[tuple[float, int]]] = {}
    for place, label, exponent in zip(places.tolist(), labels.tolist(), exponents.tolist(), strict=True):
        groups.setdefault(tuple(place), []).append((label, exponent))
    sums = {place: exact_sum(terms) for place, terms in groups.items()}
    top = max((exponent for value, exponent in sums.values() if value), default=0)
    table = np.zeros(places.max(axis=0, initial=0) + 1)
    for place, (value, exponent) in sums.items():
        table[place] = math.ldexp(value, exponent - top)
    return table


def exact_sum(terms: list[tuple[float, int]]) -> tuple[float, int]:
    """Σ value · 2^exponent, rounded once, as a value near 1 and its exponent.

    >>> exact_sum([(0.5, 4000), (0.5, 0), (-0.5, 4000)])
    (0.5, 0)
    """
    low = min(exponent for _, exponent in terms) - 53
    total = sum(int(math.ldexp(value, 53)) << (exponent - 53 - low) for value, exponent in terms)
    excess = max(total.bit_length() - 512, 0)  # far below the roundoff of what is left
    value, exponent = math.frexp(total >> excess)
    return value, exponent + excess + low if value else 0
