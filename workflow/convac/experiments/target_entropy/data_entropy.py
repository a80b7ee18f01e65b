"""Entropy of image classes that are known by samples alone: digits and blobs, shrunk to a few binary pixels.

The tensor is Σ_n y_n over the samples, so that an image counts as often as it occurs: class times density of images,
where the listed functions weigh all images alike. n samples hold at most ln n nats: each value stands beside that
ceiling, its jackknife error and bias, and the entropy of the same images under shuffled labels.

Source: 2303.11249 (entanglement of a dataset's tensor); classes and sizes are ours.
"""

import math
from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np

from convac.datasets import blobs
from convac.datasets.digits import BRIGHTEST, quantised, read_digits
from convac.entanglement import measures
from convac.entanglement.data import DataTensor, entropy_error, singular_values
from convac.entanglement.limits import Limits
from convac.errors import ArgumentError
from convac.experiments.target_entropy.jobs import ImageClasses
from convac.progress import reporter
from convac.seeds import stream
from convac.statistics import slope_interval
from convac.targets.families import random_entropy

LIMITS = Limits(memory=2**30, seconds=math.inf)  # how long a job may take is its scheduler's to say
WORDS = {"digits": "digits", "closedness": "closedness", "symmetry": "symmetry"}  # of streams: seeds, not names
VANISHING = 1e-3  # nats; an entropy below it has no logarithm worth fitting
KEEP = 0.4  # share of the rendered blobs that is the class of high scores, and of low ones


def samples(task: str, seed: int, count: int, seeds: int) -> tuple[np.ndarray, np.ndarray, int]:
    """Grey images, centred labels y − ȳ from y = ±1, and the images' full scale; seeds share no image.

    Args:
        task: `digits` (even against odd), `closedness` or `symmetry` (blobs).
        seed: from 0 to `seeds` − 1.
        count: images.
        seeds: how many sets are drawn in all.

    Raises:
        ArgumentError: there are fewer digits than that.
    """
    if task == "digits":
        images, digits = read_digits()
        if seeds * count > len(images):
            raise ArgumentError(f"samples: {seeds} × {count} digits are wanted; accepted: at most {len(images)} in all")
        chosen = stream("data entropy", "digits").permutation(len(images))[seed * count : (seed + 1) * count]
        images, labels, brightest = images[chosen], digits[chosen] % 2 == 0, BRIGHTEST[task]
    else:
        rendered = math.ceil(count / (2 * KEEP)) + 2
        arrays = blobs.generate(task, seed, rendered, rendered_test=math.ceil(1 / KEEP), keep=KEEP)
        images, labels, brightest = arrays["train_images"][:count], arrays["train_labels"][:count] == 1, 1
    signs = np.where(labels, 1.0, -1.0)
    return images, signs - signs.mean(), brightest


def data_rows(job: ImageClasses) -> Iterator[dict[str, Any]]:
    """Every image class and seed against the side that the images are shrunk to, and how the entropy grows with it."""
    runs = list(product(job.tasks, range(job.seeds)))
    report = reporter(len(runs), "sample")
    for number, (task, seed) in enumerate(runs, start=1):
        images, labels, brightest = samples(task, seed, job.samples, job.seeds)
        shuffled = stream("data entropy shuffle", WORDS[task], seed).permutation(labels)
        found = []
        for side in job.sides:
            pixels = quantised(images, brightest, side, 2)
            values = side_values(pixels, labels, shuffled)
            block = side * (side // 2)
            own = {"task": task, "sites": f"{side}×{side}", "side": side, "block_sites": block, "boundary": side}
            yield from labelled(own, seed, values)
            found.append((block, values["data_entropy"], random_entropy(block, side**2 - block)))
        if min(entropy for _, entropy, _ in found) >= VANISHING:
            sites, own_entropies, random_entropies = np.log(np.transpose(found))
            fits = {
                "data_exponent": slope_interval(sites, own_entropies).mean,
                "random_exponent": slope_interval(sites, random_entropies).mean,
            }
            yield from labelled({"task": task}, seed, fits)
        report(number, f"{task}, seed {seed}")


def side_values(pixels: np.ndarray, labels: np.ndarray, shuffled: np.ndarray) -> dict[str, float]:
    """Entropies and sampling errors [nats] of the left columns of binary images, shape (n, side, side)."""
    count, side = pixels.shape[:2]
    mask = np.arange(side**2) % side < side // 2
    features = np.eye(2)[pixels.reshape(count, -1)]
    tensor = DataTensor(features, labels, (side, side))
    error = entropy_error(tensor, mask, LIMITS)
    return {
        "data_entropy": entropy_of(tensor, mask),
        "shuffled_entropy": entropy_of(DataTensor(features, shuffled, (side, side)), mask),
        "sampling_error": error.standard_error,
        "sampling_bias": error.bias,
        "sample_ceiling": math.log(count),
    }


def entropy_of(tensor: DataTensor, mask: np.ndarray) -> float:
    """Entropy in nats."""
    return measures.entropy(singular_values(tensor, mask, LIMITS))


def labelled(labels: dict[str, Any], seed: int, values: dict[str, float]) -> Iterator[dict[str, Any]]:
    """A row per quantity."""
    for quantity, value in values.items():
        own = {"method": "data", "convention": "centred", **labels, "seed": seed}
        yield {**own, "quantity": quantity, "value": float(value)}
