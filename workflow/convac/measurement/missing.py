"""What a trained network answers when pixels of the test images are missing.

A tensorial mixture model leaves missing pixels out, `marginalised`; any network takes what an imputation puts in their
place. Every seed has its own missing pixels, the same ones for every network.

Source: 1610.04167, Experiments.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import torch

from convac.datasets.missing import Imputer, missing_at
from convac.errors import ArgumentError
from convac.files import Arrays
from convac.measurement.trained import Row, Trained
from convac.networks.base import Network
from convac.networks.inputs import MISSING
from convac.specs.measurements.missing import MARGINALISED, MARKED, MissingSpec

LEFT_OUT = (MARGINALISED, MARKED)  # pixels aren't filled in
BLOCK = 500  # images evaluated at a time


def rows(trained: Trained, wanted: MissingSpec) -> Iterator[Row]:
    """Rows of the trained networks, each on the images of its seed."""
    network = trained.network(trained.last)
    images = [trained.images(number) for number in range(len(trained.seeds))]
    for row in missing_rows(network, images, wanted):
        yield {"phase": trained.phase(trained.last), "moment": trained.last, **row}


def missing_rows(network: Network, images: Sequence[Arrays], wanted: MissingSpec) -> Iterator[Row]:
    """Accuracy of every seed on complete test images and at each kind and rate of missing pixels; examples.

    Args:
        network: trained, one replica per seed.
        images: arrays of each seed: `train_images` (imputations learn from them), `test_images` and `test_labels`.
        wanted: kinds, rates, imputations, and the rate of the examples.

    Yields:
        Rows with `quantity` and `value`: `missing_accuracy` with `seed`, `missing`, `rate` and `imputation`; and pixels
        of the examples, see `example_rows`.

    Raises:
        ArgumentError: pixels are to be marginalised or marked for a network that can't take it.
    """
    name = type(network).__name__
    if not network.marginalises and (MARGINALISED in wanted.imputations or wanted.examples):
        raise ArgumentError(f"measure.missing: {name} can't marginalise; accepted: imputations, no examples")
    if not network.reads_missing and MARKED in wanted.imputations:
        raise ArgumentError(f"measure.missing: {name} has no mask channel; accepted: imputations")
    tests = [(arrays["test_images"], Imputer(arrays["train_images"])) for arrays in images]
    labels = np.stack([arrays["test_labels"] for arrays in images])

    def answered(filled: Iterable[np.ndarray], **columns: str | float) -> Iterator[Row]:
        encoded = torch.stack([network.encode(each) for each in filled])
        yield from accuracies(network, encoded, labels, **columns)

    yield from answered((test for test, _ in tests), missing="none", rate=0.0, imputation="none")
    for kind in wanted.kinds:
        for rate in wanted.rates:
            masks = [missing_at(kind, rate, seed, tests[0][0].shape) for seed in network.seeds]
            for method in wanted.imputations:
                filled = (
                    without(test, mask) if method in LEFT_OUT else imputer(test, mask, method)
                    for (test, imputer), mask in zip(tests, masks, strict=True)
                )
                yield from answered(filled, missing=kind, rate=rate, imputation=method)
    if wanted.examples:
        yield from example_rows(network, tests[0][0], labels[0], wanted.kinds, wanted.examples)


def without(images: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Images with `MISSING` in the place of the masked pixels, int16."""
    return np.where(mask, MISSING, images.astype(np.int16))


@torch.no_grad()
def accuracies(network: Network, encoded: torch.Tensor, labels: np.ndarray, **columns: str | float) -> Iterator[Row]:
    """One row per seed: accuracy on encoded images (replicas, n, columns) with labels (replicas, n)."""
    cuts, tested = range(BLOCK, labels.shape[1], BLOCK), labels.shape[1]
    blocks = zip(torch.split(encoded, BLOCK, dim=1), np.split(labels, cuts, axis=1), strict=True)
    right = sum((network(part).argmax(2).numpy() == own).sum(1) for part, own in blocks)
    for seed, share in zip(network.seeds, np.asarray(right) / tested, strict=True):
        yield {"seed": seed, **columns, "quantity": "missing_accuracy", "value": float(share)}


def example_rows(
    network: Any, images: np.ndarray, labels: np.ndarray, kinds: tuple[str, ...], rate: float
) -> Iterator[Row]:
    """The first seed's view of the first test image of every class, and a sample of every class.

    Rows carry `seed`, `label`, `example`, `site`: `known_pixel` (none where missing), `expected_pixel` (of a missing
    pixel, given the known ones) and `sampled_pixel`, as shares of the largest value; the first two also the kind and
    rate of what is missing.
    """
    seed, brightest = network.seeds[0], network.leaves.brightest
    classes = np.unique(labels)
    first = np.array([int(np.flatnonzero(labels == label)[0]) for label in classes])

    def pixels(quantity: str, found: np.ndarray, **columns: str | float) -> Iterator[Row]:
        for label, image in zip(classes.tolist(), found.reshape(len(found), -1), strict=True):
            for site, value in enumerate(image.tolist()):
                if not np.isnan(value):
                    row = {"seed": seed, **columns, "label": label, "example": 0, "site": site}
                    yield {**row, "quantity": quantity, "value": value / brightest}

    for kind in kinds:
        mask = missing_at(kind, rate, seed, images.shape)[first]
        seen = images[first]
        yield from pixels("known_pixel", np.where(mask, np.nan, seen), missing=kind, rate=rate)
        expected = network.expected(without(seen, mask))[0]
        yield from pixels("expected_pixel", np.where(mask, expected, np.nan), missing=kind, rate=rate)
    samples, _ = network.sample(len(classes), seed=seed, labels=classes.tolist())
    yield from pixels("sampled_pixel", samples)
