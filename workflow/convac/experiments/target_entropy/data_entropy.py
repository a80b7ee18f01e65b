"""Entropy of image classes that are known by samples alone: digits and blobs, shrunk to a few binary pixels.

The tensor is Σ_n y_n over the samples, so that an image counts as often as it occurs: class times density of images,
where the listed functions weigh all images alike. Of few samples the entropy tells little: what chance adds to the
labels' tensor is of order 1/n. Entropies of n, n/2, n/4 samples are therefore extrapolated in 1/n, to second order. The
control is the same images under shuffled labels, whose tensor is chance alone: a random function of those images.

Source: 2303.11249 (entanglement of a dataset's tensor); classes, sizes and the extrapolation are ours.
"""

import math
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import product
from statistics import fmean
from typing import Any

import numpy as np

from convac.datasets import blobs
from convac.datasets.digits import BRIGHTEST, quantised, read_digits
from convac.entanglement import measures
from convac.errors import ArgumentError
from convac.experiments.target_entropy.jobs import ImageClasses
from convac.progress import reporter
from convac.seeds import stream
from convac.specs.training import seeds_of
from convac.statistics import slope_interval
from convac.targets.families import random_entropy

WORDS = {"digits": "digits", "closedness": "closedness", "symmetry": "symmetry"}  # of streams: seeds, not names
ROUNDING = 1e-12  # of the labels' sum: a tensor without a larger entry is one of samples that cancel
VANISHING = 1e-3  # nats; an entropy below it has no logarithm worth fitting
KEEP = 0.4  # share of the rendered blobs that is the class of high scores, and of low ones
PARTS = (1, 2, 4, 8)  # disjoint parts of the samples, whose entropies are averaged
SHUFFLES = 4  # orders of the labels that the control is a mean over


def samples(task: str, seeds: Sequence[int], number: int, count: int) -> tuple[np.ndarray, np.ndarray, int]:
    """Grey images, centred labels y − ȳ from y = ±1, and the images' full scale; seeds share no image.

    Args:
        task: `digits` (even against odd), `closedness` or `symmetry` (blobs).
        seeds: of all sets.
        number: which of these seeds, from 0.
        count: images.

    Raises:
        ArgumentError: there are fewer digits than all sets take.
    """
    if task == "digits":
        images, digits = read_digits()
        if len(seeds) * count > len(images):
            told = f"{len(seeds)} × {count} digits are wanted; accepted: at most {len(images)} in all"
            raise ArgumentError(f"samples: {told}")
        order = stream("data entropy", "digits", seeds[0]).permutation(len(images))
        chosen = order[number * count : (number + 1) * count]
        images, labels, brightest = images[chosen], digits[chosen] % 2 == 0, BRIGHTEST[task]
    else:
        images, labels = blob_class(task, seeds[number], count)
        brightest = 1
    signs = np.where(labels, 1.0, -1.0)
    return images, signs - signs.mean(), brightest


def blob_class(task: str, seed: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Blobs in random order, and which of them have a high score of a task; both tasks choose among the same blobs."""
    drawn = rendered(seed, math.ceil(count / (2 * KEEP)) + 2)
    chosen, labels = blobs.extremes(blobs.SCORES[task](drawn), KEEP)
    order = stream("data entropy", WORDS[task], seed).permutation(len(chosen))[:count]
    return drawn.images[chosen[order]], labels[order] == 1


@lru_cache(maxsize=1)
def rendered(seed: int, count: int) -> blobs.Blobs:
    """The blobs of a seed, 32×32 pixels."""
    return blobs.render(count, stream("data entropy", "blobs", seed))


def data_rows(job: ImageClasses) -> Iterator[dict[str, Any]]:
    """Every image class and seed against the side that the images are shrunk to, and how the entropy grows with it."""
    seeds = seeds_of(job.seeds)
    runs = list(product(range(len(seeds)), job.tasks))
    report = reporter(len(runs), "sample")
    for done, (number, task) in enumerate(runs, start=1):
        images, labels, brightest = samples(task, seeds, number, job.samples)
        generator = stream("data entropy shuffle", WORDS[task], seeds[number])
        shuffled = [generator.permutation(labels) for _ in range(SHUFFLES)]
        found = []
        for side in job.sides:
            block = side * (side // 2)
            own = {"task": task, "sites": f"{side}×{side}", "side": side, "block_sites": block, "boundary": side}
            entropies = side_entropies(quantised(images, brightest, side, 2), labels, shuffled)
            for parts, each in zip(PARTS, entropies, strict=True):
                count = job.samples // parts
                values = {"data_entropy": each[0], "shuffled_entropy": each[1], "sample_ceiling": math.log(count)}
                yield from labelled({**own, "samples": count}, seeds[number], values)
            limits = extrapolated(entropies[:-1])
            found.append((block, *limits, random_entropy(block, side**2 - block)))
            values = {"extrapolated_entropy": limits[0], "extrapolated_shuffled_entropy": limits[1]}
            with np.errstate(divide="ignore", invalid="ignore"):
                moved = np.abs(extrapolated(entropies[1:]) / limits - 1)
            values |= {"extrapolation_change": moved[0], "shuffled_extrapolation_change": moved[1]}
            yield from labelled(own, seeds[number], values)
        yield from labelled({"task": task}, seeds[number], exponents(np.array(found)))
        report(done, f"{task}, seed {seeds[number]}")


def exponents(found: np.ndarray) -> dict[str, float]:
    """Exponents in the block's sites of the entropy of labels, of shuffled labels and of a random function.

    Args:
        found: columns block, and the three entropies [nats]; one that nearly vanishes, or by extrapolation falls below
            0, leaves its exponent out.
    """
    names = ("data_exponent", "shuffled_exponent", "random_exponent")
    return {
        name: slope_interval(np.log(found[:, 0]), np.log(values)).mean
        for name, values in zip(names, found[:, 1:].T, strict=True)
        if values.min() >= VANISHING
    }


def side_entropies(pixels: np.ndarray, labels: np.ndarray, shuffled: Sequence[np.ndarray]) -> np.ndarray:
    """Entropies [nats] of the left columns of binary images, of all samples and of fewer.

    Args:
        pixels: shape (n, side, side), 0 or 1.
        labels: shape (n,).
        shuffled: the same labels in random orders, whose entropies are averaged.

    Returns:
        shape (parts, 2): a row for each of `PARTS`, the mean over that many disjoint parts of the samples; the labels'
        entropy and the shuffled labels'. Parts whose samples cancel are left out; NaN where all do.
    """
    side = pixels.shape[2]
    inside, outside = (numbered(part) for part in np.split(pixels, [side // 2], axis=2))

    def mean(orders: Sequence[np.ndarray], parts: int) -> float:
        cuts = [slice(first, None, parts) for first in range(parts)]
        found = [entropy_of(inside[cut], outside[cut], own[cut]) for own in orders for cut in cuts]
        known = [value for value in found if not math.isnan(value)]
        return fmean(known) if known else math.nan

    return np.array([[mean([labels], parts), mean(shuffled, parts)] for parts in PARTS])


def extrapolated(entropies: np.ndarray) -> np.ndarray:
    """The limit of ever more samples, to second order in 1/n.

    Args:
        entropies: of n, n/2 and n/4 samples along the first axis.

    >>> float(extrapolated(np.array([2 - 3 / n + 5 / n**2 for n in (100, 50, 25)])).round(9))
    2.0
    """
    return np.asarray((8 * entropies[0] - 6 * entropies[1] + entropies[2]) / 3)


def numbered(parts: np.ndarray) -> np.ndarray:
    """Binary parts of images (n, rows, columns) as numbers (n,): equal ones have the same."""
    flat = parts.reshape(len(parts), -1).astype(np.int64)
    return np.asarray(flat @ (1 << np.arange(flat.shape[1])))


def entropy_of(inside: np.ndarray, outside: np.ndarray, labels: np.ndarray) -> float:
    """Entropy in nats of Σ_n y_n |inside_n⟩⟨outside_n|, from the Gram matrix of the side with fewer different parts.

    NaN where the samples cancel: then there is no tensor.
    """
    (rows, row), (columns, column) = (np.unique(each, return_inverse=True) for each in (inside, outside))
    places = row.ravel() * len(columns) + column.ravel()
    matrix = np.bincount(places, labels, len(rows) * len(columns)).reshape(len(rows), len(columns))
    if np.abs(matrix).max() <= ROUNDING * np.abs(labels).sum():
        return math.nan
    gram = matrix @ matrix.T if len(rows) <= len(columns) else matrix.T @ matrix
    return measures.entropy(np.sqrt(np.clip(np.linalg.eigvalsh(gram), 0.0, None)))


def labelled(labels: dict[str, Any], seed: int, values: dict[str, float]) -> Iterator[dict[str, Any]]:
    """A row per quantity that has a value."""
    for quantity, value in ((name, value) for name, value in values.items() if math.isfinite(value)):
        own = {"method": "data", "convention": "centred", **labels, "seed": seed}
        yield {**own, "quantity": quantity, "value": float(value)}
