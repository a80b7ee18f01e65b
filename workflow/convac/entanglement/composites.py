"""Dependence on data: a network on composites of held-out images, the I-part of one beside the J-part of another.

Rows and columns are parts of different images, drawn once for all seeds of a network; S × S composites are evaluated
in blocks, by parts where the network knows how (`convac.networks.split`). What is measured on the matrix of scores is
`convac.entanglement.dependence`.
"""

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from convac.arrays import boolean, given, grid_shape, integer, integers, kind
from convac.circuits.tree_tensors import TreeTensorNetwork
from convac.entanglement.calls import check_rows
from convac.entanglement.dependence import CONFIDENCE, Dependence, averaged, dependence
from convac.entanglement.limits import MEMORY, SECONDS, Limits, magnitude
from convac.entanglement.scorers import Scorer, numbers_held, scorer
from convac.errors import ArgumentError, MemoryLimitError, TimeLimitError
from convac.geometry.partitions import Choice, Partition
from convac.progress import LOG, Report, reporter
from convac.seeds import stream

SAMPLES = 256
LEAST_SAMPLES = 32  # from which the interaction share is unbiased
REAL = 2000  # real images that say where log-odds lie, at most
CENTRAL = 0.99
ROOM = 1e-5  # of the largest log-odds, for the rounding of single precision
CHANNELS = 4  # of a picture, at most
BLOCK = 2**23  # numbers that a block of composites may hold
BATCH = 4096  # composites in a block, at most
COPIES = 16  # of one seed's scores that the analysis may hold


@dataclass(frozen=True)
class HeldOut:
    """Images that a network wasn't trained on, and which of them make composites.

    Attributes:
        images: (n, …) as the network takes them: booleans, integers or floats. Sites are the last two axes (n, H, W),
            (n, C, H, W), or those that `sites` says; (n, N) is a line, or row by row the grid of a tree of N sites.
        labels: n integers from 0; None where there is no conditioning on classes.
        least_pixels: only images with at least so many pixels other than 0 in each half are taken.
        within_class: rows and columns are of one class, each class for itself, then averaged.
        draws: how many times rows and columns are drawn; averaged.

    Raises:
        ArgumentError: an attribute is outside what is accepted.

    >>> [rows.tolist() for rows in HeldOut(np.eye(4), [0, 0, 1, 1], within_class=True).groups(np.arange(4) < 2)]
    [[0, 1], [2, 3]]
    """

    images: np.ndarray
    labels: Sequence[int] | np.ndarray | None = None
    least_pixels: int = 0
    within_class: bool = False
    draws: int = 1

    def __post_init__(self) -> None:
        images = given(self.images, "data")
        if images.dtype.kind not in "biuf":
            raise ArgumentError(f"data: holds {kind(images)}; accepted: images of booleans, integers or floats")
        if not 2 <= images.ndim <= 4 or not images.size:
            raise ArgumentError(f"data: has shape {list(images.shape)}; accepted: [n, N], [n, H, W] or [n, C, H, W]")
        if images.dtype.kind == "f" and not np.isfinite(images).all():
            raise ArgumentError("data: has a value that isn't finite; accepted: finite numbers")
        object.__setattr__(self, "images", images)
        object.__setattr__(self, "least_pixels", integer(self.least_pixels, "least_pixels", least=0))
        object.__setattr__(self, "draws", integer(self.draws, "draws", least=1))
        object.__setattr__(self, "within_class", boolean(self.within_class, "within_class"))
        if self.labels is None:
            if self.within_class:
                raise ArgumentError("within_class: needs labels; accepted: with one label per image")
            return
        labels = integers(self.labels, "labels", least=0)
        if len(labels) != len(images):
            raise ArgumentError(f"labels: {len(labels)} given; accepted: one per image, {len(images)}")
        object.__setattr__(self, "labels", np.array(labels))

    @classmethod
    def of(cls, data: Any) -> "HeldOut":
        """Held-out images as they are, or plain images without any conditioning."""
        return data if isinstance(data, HeldOut) else cls(data)

    def groups(self, inside: np.ndarray) -> list[np.ndarray]:
        """Numbers of the images that are taken, by class if rows and columns are of one; `inside`: a boolean image."""
        lit = self.images != 0
        axes = tuple(range(1, lit.ndim))
        halves = [(lit & side).sum(axis=axes) for side in (inside, ~inside)]
        taken = np.minimum(*halves) >= self.least_pixels
        if not self.within_class:
            return [np.flatnonzero(taken)]
        labels = np.asarray(self.labels)
        return [np.flatnonzero(taken & (labels == label)) for label in np.unique(labels)]


@dataclass(frozen=True)
class DataDependence(Dependence):
    """A network's dependence on data, the mean of all draws.

    Attributes:
        spread: standard deviation of the share over draws, a fraction; NaN for a single draw.
        outside: fraction of composites whose log-odds (of K classes, mean over classes) lie outside the central 99 % of
            those of real images: how foreign composites are to the network.
        draws: of rows and columns.
        images: how many were taken to draw from.
        disjoint: whether no two draws share an image, so that the standard error shrinks with their number.

    >>> images = np.random.default_rng(0).integers(0, 2, (200, 4, 4))
    >>> found, = data_dependence(lambda x: x[:, 0, 0] * x[:, 3, 3], "left-right", HeldOut(images, draws=2))
    >>> found.draws, found.disjoint, found.share.value > 0.1
    (2, False, True)
    """

    spread: float
    outside: float
    draws: int
    images: int
    disjoint: bool


def data_dependence(
    network: Any,
    partition: Choice,
    data: Any,
    *,
    samples: int | None = None,
    sites: Sequence[int] | None = None,
    seed: int = 0,
    confidence: float = CONFIDENCE,
    memory_limit: float = MEMORY,
    time_limit: float = SECONDS,
) -> tuple[DataDependence, ...]:
    """How a network's answers depend on two parts of images together, for each of its seeds.

    Args:
        network: a network of this library, all of its seeds side by side; a torch module (n, …) → log-odds (n,) or
            logits (n, K); a function of numpy arrays alike; a circuit or tree of tensors.
        partition: as `measure` takes it, of the pixels: both halves of an image.
        data: images (n, …), or `HeldOut`.
        samples: S, rows and columns each; 256, or half of the images where these are fewer.
        sites: shape of the sites where it isn't that of the images' last axes.
        seed: of the draws.
        confidence: at which temperatures are matched.
        memory_limit: bytes, checked before the composites are evaluated.
        time_limit: seconds, compared with the pace of the first block.

    Returns:
        One per seed of the network; a single one for anything else.

    Raises:
        ArgumentError: an argument outside what is accepted, too few images, or a network that fails on them.
        MemoryLimitError, TimeLimitError: a limit would be passed.

    >>> images = np.random.default_rng(0).integers(0, 2, (200, 4, 4))
    >>> found, = data_dependence(lambda x: x.sum(axis=(1, 2)), "left-right", images)
    >>> round(found.share.value, 9), found.samples
    (0.0, 100)
    """
    held, limits, start = HeldOut.of(data), Limits(memory_limit, time_limit), integer(seed, "seed")
    inside = pixel_mask(network, held.images, partition, sites)
    groups = held.groups(inside)
    size = samples_of(samples, groups, held)
    halves, disjoint = drawn(groups, size, held.draws, start), apart(groups, size, held.draws)
    draws = len(groups) * held.draws
    score = scorer(network)
    shown = held.images[np.concatenate(groups)]
    shown = shown[:: math.ceil(len(shown) / REAL)]
    parts = getattr(network, "composite_bytes", lambda *_: None)(size, inside)
    pace = Pace(limits, draws * size**2 + (len(shown) if parts is None else 0))
    real = real_scores(score, network, shown, pace if parts is None else None)
    check_memory(network, limits, size, real, shown, parts)
    low, high = central(real)
    found: list[list[Dependence]] = [[] for _ in real]
    outside = np.zeros(len(real))
    for rows, columns in halves:
        blocks = composites(network, score, held.images[rows], held.images[columns], inside)
        for number, scores in enumerate(gathered(blocks, (*real.shape[::2], size), pace)):
            found[number].append(dependence(scores, confidence=confidence))
            away = (centred(scores) < low[number]) | (centred(scores) > high[number])
            outside[number] += float(away.mean()) / draws
    return tuple(
        summary(each, float(away), held.draws, sum(map(len, groups)), disjoint)
        for each, away in zip(found, outside, strict=True)
    )


def summary(found: list[Dependence], outside: float, draws: int, images: int, disjoint: bool) -> DataDependence:
    """The mean of all draws of one seed, classes one after the other."""
    shares = np.array([each.share.estimate for each in found]).reshape(-1, draws).mean(axis=0)
    mean = averaged(found, disjoint)
    return DataDependence(
        **{each.name: getattr(mean, each.name) for each in fields(Dependence)},
        spread=float(np.std(shares, ddof=1)) if draws > 1 else math.nan,
        outside=outside,
        draws=draws,
        images=images,
        disjoint=disjoint,
    )


def crossed(network: Any, partition: Choice, images: np.ndarray, memory_limit: float = MEMORY) -> np.ndarray:
    """Logits (seeds, S, S, K) of both parts of S images: the I-part of image s beside the other part of image t.

    Args:
        network, partition, memory_limit: as `data_dependence` takes them.
        images: (S, …); the diagonal are the images as they are.

    Raises:
        ArgumentError: the partition or the images don't fit, or a score isn't finite.
        MemoryLimitError: the limit would be passed.
    """
    limits, size = Limits(memory_limit, math.inf), len(images)
    inside, score = pixel_mask(network, images, partition, None), scorer(network)
    real = real_scores(score, network, images[:2], None)
    check_memory(network, limits, size, real, images[:2], None)
    blocks = composites(network, score, images, images, inside)
    return gathered(blocks, (*real.shape[::2], size), Pace(limits, size**2))


# ---- halves of images


def pixel_mask(network: Any, images: np.ndarray, partition: Choice, sites: Sequence[int] | None) -> np.ndarray:
    """What of an image lies inside I, boolean; raises ArgumentError where partition or sites don't fit its shape."""
    shape = images.shape[1:]
    own, dimension = fed(network)
    vectors = images.dtype.kind == "f" and shape == (math.prod(own), dimension)
    if sites is not None:
        sides = grid_shape(sites)
    elif isinstance(partition, Partition):
        sides = partition.shape
    else:
        sides = own if own and (vectors or math.prod(shape) == math.prod(own)) else last_axes(shape)
    mask = Partition.of(sides, partition).mask
    count = len(mask)
    if shape[-len(sides) :] == sides:
        return np.broadcast_to(mask.reshape(sides), shape)
    if shape[: len(sides)] == sides or shape[:1] == (count,):
        return np.broadcast_to(mask.reshape(count, 1), (count, math.prod(shape) // count)).reshape(shape)
    raise ArgumentError(f"sites: {list(sides)} aren't those of images {list(shape)}; accepted: axes of an image")


def last_axes(shape: tuple[int, ...]) -> tuple[int, ...]:
    """The sites of an image of this shape; raises ArgumentError where its last axis looks like its channels."""
    if len(shape) == 3 and shape[2] <= CHANNELS and shape[2] < shape[0]:
        raise ArgumentError(
            f"sites: aren't given, and images {list(shape)} look as if their channels were last; "
            f"accepted: [n, C, H, W], or sites, {list(shape[:2])} or {list(shape[1:])}"
        )
    return shape[-2:]


def fed(network: Any) -> tuple[tuple[int, ...], int]:
    """Shape of the sites of a circuit or tree, and how many numbers a site takes; () and 0 of anything else."""
    if isinstance(network, TreeTensorNetwork):
        return network.shape, max(network.local_dimensions)
    return getattr(getattr(network, "tree", None), "shape", ()), getattr(network, "local_dimension", 0)


def samples_of(samples: int | None, groups: list[np.ndarray], held: HeldOut) -> int:
    """Rows, and columns, of a draw; raises ArgumentError where there are too few images."""
    few = min(map(len, groups))
    wanted = SAMPLES if samples is None else integer(samples, "samples", least=LEAST_SAMPLES)
    size = min(wanted, few // 2) if samples is None else wanted
    if size < LEAST_SAMPLES or 2 * size > few:
        which = f" with {held.least_pixels} pixels in each half" if held.least_pixels else ""
        which += " of a class" if held.within_class else ""
        least = 2 * (LEAST_SAMPLES if samples is None else wanted)
        raise ArgumentError(f"data: {few} images{which} are too few; accepted: at least {least}, twice the samples")
    return size


def drawn(groups: list[np.ndarray], size: int, draws: int, seed: int) -> Iterator[list[np.ndarray]]:
    """Rows and columns of every draw, of each group in turn: different images, of all draws where there are as many."""
    generator = stream("composites", seed)
    for group in groups:
        if apart(groups, size, draws):
            parts = np.split(generator.permutation(group)[: 2 * size * draws], 2 * draws)
            yield from (parts[2 * draw : 2 * draw + 2] for draw in range(draws))
        else:  # one by one: a limit on time may stop any number of them
            yield from (np.split(generator.permutation(group)[: 2 * size], 2) for _ in range(draws))


def apart(groups: list[np.ndarray], size: int, draws: int) -> bool:
    """Whether no two draws share an image."""
    return all(len(group) >= 2 * size * draws for group in groups)


def centred(scores: np.ndarray) -> np.ndarray:
    """Scores (…, K) less their mean over classes."""
    return np.asarray(scores - scores.mean(axis=-1, keepdims=True))


def central(real: np.ndarray) -> np.ndarray:
    """Bounds (2, seeds, K) of the central 99 % of log-odds (seeds, n, K), with room for the rounding of equal ones."""
    values = centred(real)
    room = ROOM * np.abs(values).max(axis=1)
    low, high = np.quantile(values, [(1 - CENTRAL) / 2, (1 + CENTRAL) / 2], axis=1)
    return np.stack([low - room, high + room])


# ---- evaluation


def batch_of(network: Any, images: np.ndarray) -> int:
    """Images in a block."""
    return max(1, min(BATCH, BLOCK // numbers_held(network, images)))


def real_scores(score: Scorer, network: Any, images: np.ndarray, pace: "Pace | None") -> np.ndarray:
    """Logits (seeds, n, K) of images as they are; raises ArgumentError where an image's depend on the others."""
    check_rows(score, images, axis=1)
    step, found = batch_of(network, images), []
    for start in range(0, len(images), step):
        found.append(score(images[start : start + step]))
        if pace is not None:
            pace.keep(found[-1].shape[1])
    return np.concatenate(found, axis=1)


def check_memory(
    network: Any, limits: Limits, size: int, real: np.ndarray, images: np.ndarray, parts: int | None
) -> None:
    """Say what the composites of a draw take; raises MemoryLimitError where that passes the limit.

    `real`, logits (seeds, n, K), say how many seeds and classes there are; `images` are two or more, `parts` the bytes
    of an evaluation by parts, None where every composite is evaluated whole.
    """
    block = 8 * batch_of(network, images) * numbers_held(network, images) if parts is None else parts
    needed = 8 * size**2 * real.shape[2] * (len(real) + COPIES) + block
    if needed > limits.memory:
        raise MemoryLimitError(
            f"engine composites: needs {magnitude(needed)} bytes for {size} × {size} composites; "
            f"accepted: up to memory_limit, {magnitude(limits.memory)}"
        )
    LOG.info("draws of %d × %d composites, %s bytes", size, size, magnitude(needed))


def composites(
    network: Any, score: Scorer, rows: np.ndarray, columns: np.ndarray, inside: np.ndarray
) -> Iterator[np.ndarray]:
    """Logits (seeds, block, K) of all composites, columns within rows: by parts where the network knows how."""
    parts = getattr(network, "composite_logits", lambda *_: None)(rows, columns, inside)
    if parts is not None:
        yield from (block.reshape(len(block), -1, block.shape[-1]) for block in parts)
        return
    step, count = batch_of(network, rows), len(rows) * len(columns)
    for start in range(0, count, step):
        row, column = np.divmod(np.arange(start, min(start + step, count)), len(columns))
        yield score(np.where(inside, rows[row], columns[column]))


def gathered(blocks: Iterator[np.ndarray], sizes: tuple[int, int, int], pace: "Pace") -> np.ndarray:
    """Logits (seeds, S, S, K) from blocks; sizes are seeds, K and S.

    Raises:
        ArgumentError: one isn't finite.
        TimeLimitError: at the pace so far all draws would take longer than the limit.
    """
    seeds, classes, size = sizes
    found, filled = np.empty((seeds, size**2, classes)), 0
    for block in blocks:
        found[:, filled : filled + block.shape[1]] = block
        filled += block.shape[1]
        pace.keep(block.shape[1])
    if not np.isfinite(found).all():
        raise ArgumentError("network: a score of a composite isn't finite; accepted: finite logits")
    return found.reshape(seeds, size, size, classes)


class Pace:
    """Evaluations of a network, counted, told of, and compared with the limit on time.

    Args:
        limits: the limits.
        total: evaluations of all draws.
    """

    def __init__(self, limits: Limits, total: int) -> None:
        self.limits, self.total, self.done, self.started = limits, total, 0, time.monotonic()
        self.report: Report = reporter(total, "composite", patient=True)

    def keep(self, more: int) -> None:
        """Count more; raises TimeLimitError where all would take longer than the limit at the pace so far."""
        self.done += more
        self.report(self.done, "evaluated")
        expected = (time.monotonic() - self.started) / self.done * self.total
        if expected > self.limits.seconds:
            raise TimeLimitError(
                f"engine composites: takes about {expected:.2g} s for {self.total} composites; "
                f"accepted: up to time_limit, {magnitude(self.limits.seconds)} s (fewer samples or draws)"
            )
