"""Pair dependence: how much the label changes what two sites have to do with one another.

For sites i, j and classes y let C^y_ij be the covariance within the class and V^y_ij the sampling variance of its
estimate. The pair dependence

    z_ij = 1/(K − 1) · Σ_y (C^y_ij − C_ij)² / V^y_ij,    C_ij the mean of the C^y_ij with weights 1/V^y_ij,

is that of a χ² variable over its degrees of freedom: 1 on average where the classes' covariances agree, for two classes
the square of a z-score. What a class says of each site by itself doesn't enter: that needs no tree.
"""

from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from convac.entanglement.limits import Limits
from convac.errors import ArgumentError
from convac.seeds import stream

FEW_COPIES = 1.5  # mean number of equal images, itself included, up to which none counts as a copy
BY_CHANCE = 0.1  # expected number of others that an image equals, were its sites independent, from which it is natural
LEAST = 8  # different images of a class that counts: fewer tell no covariance
PRIOR = 20  # images whose products the variances are shrunk by
KERNEL = 2000  # images of the permutation test
PERMUTATIONS = 999
BLOCK = 2**20  # entries of a block of rows


@dataclass(frozen=True)
class Sample:
    """Images and labels as the statistics take them.

    Attributes:
        values: per colour (images, sites), float32, centred and scaled site by site; constant sites are 0.
        labels: class numbers from 0, those of classes with enough images.
        effective: by how much fewer images a class has where some are copies of others, per class.
        constant: sites that have one value throughout, boolean.
        dropped: images of classes with too few.
        kept: whether each of all images counts, boolean.
    """

    values: np.ndarray
    labels: np.ndarray
    effective: np.ndarray
    constant: np.ndarray
    dropped: int
    kept: np.ndarray

    @property
    def classes(self) -> int:
        """K, the number of classes that count."""
        return len(self.effective)

    @property
    def sites(self) -> int:
        """N."""
        return int(self.values.shape[2])


@dataclass(frozen=True)
class PairDependence:
    """What `pair_dependence` finds.

    Attributes:
        z: (N, N) float32, symmetric, 0 on the diagonal and at constant sites.
        halves: the same from either half of the images alone: what is chosen on one is judged on the other.
        p_value: of the null that all classes have the same covariances.
    """

    z: np.ndarray
    halves: tuple[np.ndarray, np.ndarray]
    p_value: float


def sample_of(images: np.ndarray, labels: np.ndarray) -> Sample:
    """Images (n, N, colours) of numbers with their labels (n,), made ready.

    Raises:
        ArgumentError: fewer than two classes have images enough.
    """
    names = np.unique(labels)
    kept = np.array([each for each in names if len(copies_of(images[labels == each])) >= LEAST], dtype=names.dtype)
    if len(kept) < 2:
        few = f"{len(names)} class{'es' if len(names) > 1 else ''}, {len(kept)} with {LEAST} different images or more"
        raise ArgumentError(f"labels: {few}; accepted: two such classes")
    chosen = np.isin(labels, kept)
    images, numbers = images[chosen], np.searchsorted(kept, labels[chosen])
    effective = np.array([effective_fraction(images[numbers == each]) for each in range(len(kept))])
    kind = np.float64 if images.dtype.itemsize > 2 else np.float32
    values = np.moveaxis(images, 2, 0).astype(kind)
    values = values - values.mean(axis=1, keepdims=True)
    spread = values.std(axis=1, keepdims=True)
    largest = np.abs(values).max(axis=1, keepdims=True)
    moving = spread > 1e-6 * np.maximum(largest, 1e-30)
    values = np.where(moving, values / np.where(moving, spread, 1), 0).astype(np.float32)
    return Sample(values, numbers, effective, ~moving[:, 0].any(axis=0), int((~chosen).sum()), chosen)


def effective_fraction(images: np.ndarray) -> float:
    """By how much fewer images there are where some are copies: (Σ c)² / (n Σ c²) over the numbers c of copies.

    1 where images are so small that equal ones come up by chance, or where hardly any are equal.
    """
    copies = copies_of(images)
    seen = float((copies**2).sum() / copies.sum())
    if seen < FEW_COPIES or len(images) * chance_of_equals(images) > BY_CHANCE:
        return 1.0
    return 1 / seen


def chance_of_equals(images: np.ndarray) -> float:
    """Chance that two images are equal, had sites nothing to do with one another."""
    log = 0.0
    for site in images.reshape(len(images), -1).T:
        log += float(np.log(np.square(np.unique(site, return_counts=True)[1] / len(site)).sum()))
    return float(np.exp(log))


def copies_of(images: np.ndarray) -> np.ndarray:
    """How often each different image is there."""
    return np.unique(as_bytes(images.reshape(len(images), -1)), return_counts=True)[1]


def needs(images: int, sites: int, colours: int, classes: int) -> tuple[int, int]:
    """Bytes and multiplications that `pair_dependence` and the searches on it take."""
    block = rows_of(sites) * sites
    kernel = min(KERNEL, images)
    held = 4 * (3 * sites**2 + 4 * images * sites * colours + block * (8 * classes + 12) + 4 * kernel**2)
    searched = 16 * sites**2  # sorted pairs of the free search, and sums over merged positions
    products = colours * (4 * images * sites**2 + 2 * kernel**2 * sites) + 2 * PERMUTATIONS * kernel**2
    return held + searched, products


def rows_of(sites: int) -> int:
    """Rows of the pair dependence that are computed at a time."""
    return max(1, min(sites, BLOCK // sites))


def pair_dependence(sample: Sample, limits: Limits, seed: int = 0) -> PairDependence:
    """The pair dependence of all sites, averaged over colours, and whether there is any.

    Two tests, whose smaller p-value is doubled: a permutation test of the squared differences of all covariances
    together, and the pair with the largest z of one half of the images, looked at in the other half.

    Args:
        sample: images and labels.
        limits: on bytes and seconds.
        seed: of the halves, and of the images and permutations of the test.

    Raises:
        MemoryLimitError, TimeLimitError: it would take more than the limits; told before anything is allocated.
    """
    limits.check("advice", *needs(len(sample.labels), sample.sites, len(sample.values), sample.classes))
    half = balanced_halves(sample, seed)
    z = np.zeros((3, sample.sites, sample.sites), dtype=np.float32)
    strongest = (0.0, 0.0)
    for values in sample.values:
        parts = [
            [values[(sample.labels == each) & (half == side)] for each in range(sample.classes)] for side in (0, 1)
        ]
        centred = [[part - part.mean(axis=0) for part in side] for side in parts]
        pooled = [sum(np.square(part).sum(axis=0) for part in side) / sum(map(len, side)) for side in centred]
        for start in range(0, sample.sites, rows_of(sample.sites)):
            rows = slice(start, start + rows_of(sample.sites))
            moments = [
                moments_of(side, variance, sample.effective, rows)
                for side, variance in zip(centred, pooled, strict=True)
            ]
            found = [contrast(covariance, variance) for covariance, variance in (*moments, joined(*moments))]
            for part in found:
                part[np.arange(part.shape[0]), np.arange(start, start + part.shape[0])] = 0
            z[:, rows] += np.stack(found) / len(sample.values)
            strongest = max(strongest, held_out(found[0], *moments), key=lambda pair: pair[0])
    chance = min(float(norm.sf(strongest[1])), permutation_p_value(sample, seed))
    return PairDependence(z[2], (z[0], z[1]), min(1.0, 2 * chance))


def balanced_halves(sample: Sample, seed: int) -> np.ndarray:
    """0 or 1 for every image: of each class as many, give or take one, and copies of an image together."""
    first, copies = np.unique(identities(sample), return_index=True, return_inverse=True)[1:]
    labels = sample.labels[first]
    order = stream("advice", "halves", seed).permutation(len(labels))
    half = np.empty(len(labels), dtype=np.int64)
    half[order[np.argsort(labels[order], kind="stable")]] = np.arange(len(labels)) % 2
    return np.asarray(half[copies.ravel()])


Moments = tuple[np.ndarray, np.ndarray]  # per class covariances and their sampling variances, (classes, rows, sites)


def moments_of(classes: list[np.ndarray], variance: np.ndarray, effective: np.ndarray, rows: slice) -> Moments:
    """Covariances within each class of some rows' sites with all, and the variance of these estimates.

    The variance of a product of two sites, over the images, is shrunk towards that of all classes, and that towards
    what independent sites have: a class that never shows a pair says little, not everything.
    """
    counts = np.array([len(part) for part in classes], dtype=np.float32)
    covariance = np.stack([part[:, rows].T @ part for part in classes])
    squares = np.stack([np.square(part[:, rows]).T @ np.square(part) for part in classes])
    prior = (squares.sum(axis=0) + PRIOR * np.outer(variance[rows], variance)) / (counts.sum() + PRIOR)
    spread = (squares + PRIOR * prior) / (counts + PRIOR)[:, None, None]
    # with few images a covariance about the class's own mean comes out small
    return covariance / np.maximum(counts - 1, 1)[:, None, None], spread / (counts * effective.astype(np.float32))[
        :, None, None
    ]


def joined(first: Moments, second: Moments) -> Moments:
    """Moments of both halves together."""
    return (first[0] + second[0]) / 2, (first[1] + second[1]) / 4


def contrast(covariance: np.ndarray, variance: np.ndarray) -> np.ndarray:
    """z of covariances per class: their squared distance from their mean, per degree of freedom."""
    weight = inverse(variance)
    mean = (covariance * weight).sum(axis=0) * inverse(weight.sum(axis=0))
    return np.asarray((np.square(covariance - mean) * weight).sum(axis=0) / (len(covariance) - 1))


def inverse(values: np.ndarray) -> np.ndarray:
    """1/x, 0 where x is."""
    return np.asarray(np.divide(1, values, out=np.zeros_like(values), where=values > 0))


def held_out(z: np.ndarray, first: Moments, second: Moments) -> tuple[float, float]:
    """The largest z of the first half, and how far the second goes the same way, in standard deviations."""
    row, column = divmod(int(z.argmax()), z.shape[1])
    one, other, variance = (each[:, row, column] for each in (first[0], second[0], second[1]))
    way = one - np.average(one, weights=inverse(first[1][:, row, column]) + 1e-30)
    seen = float((way * (other - other.mean())).sum())
    noise = float(np.sqrt((np.square(way - way.mean()) * variance).sum()))
    return float(z[row, column]), seen / noise if noise > 0 else 0.0


def permutation_p_value(sample: Sample, seed: int) -> float:
    """Chance of so large a squared difference between the classes' covariances, summed over all pairs of sites.

    The sum is Σ_kl w_k w_l [(x_k·x_l)² − Σ_a x_ka² x_la²] over images k, l with the weights of a contrast: a Gram
    matrix of images, which serves all permutations of the labels. Images are centred by class first, so that what
    sites say by themselves doesn't count.
    """
    generator = stream("advice", "permutations", seed)
    chosen = generator.permutation(distinct(sample))[:KERNEL]
    labels = sample.labels[chosen]
    gram = np.zeros((len(chosen), len(chosen)), dtype=np.float32)
    for values in sample.values[:, chosen]:
        for each in range(sample.classes):
            if (labels == each).any():
                values[labels == each] -= values[labels == each].mean(axis=0)
        gram += np.square(values @ values.T) - np.square(values) @ np.square(values).T
    np.fill_diagonal(gram, 0)
    drawn = [labels, *(generator.permutation(labels) for _ in range(PERMUTATIONS))]
    totals = np.zeros(len(drawn))
    for each in range(sample.classes):
        inside = np.stack([numbers == each for numbers in drawn], axis=1).astype(np.float32)
        count = max(1, int((labels == each).sum()))
        weight = inside / count - (1 - inside) / max(1, len(labels) - count)
        totals += np.einsum("kp,kp->p", weight, gram @ weight, dtype=np.float64)
    return float((totals >= totals[0] * (1 - 1e-9)).sum() / len(totals))


def distinct(sample: Sample) -> np.ndarray:
    """Numbers of images of which none is another's copy in the same class: copies would be counted as news."""
    return np.unique(identities(sample), return_index=True)[1]


def identities(sample: Sample) -> np.ndarray:
    """One opaque value per image, equal for the copies of an image in one class; all differ where none is a copy."""
    if (sample.effective == 1).all():
        return np.arange(len(sample.labels))
    return as_bytes(np.concatenate([*sample.values, sample.labels[:, None].astype(np.float32)], axis=1))


def as_bytes(rows: np.ndarray) -> np.ndarray:
    """One opaque value per row, equal for equal rows."""
    flat = np.ascontiguousarray(rows)
    return np.asarray(flat.view(np.dtype((np.void, flat.dtype.itemsize * flat.shape[1]))).ravel())
