"""A baseline without training: least squares on how many windows of a pooling tree hold how many set pixels.

A network whose weights are shared over space and whose windows are symmetric sees an image through such counts alone,
level by level. What a linear map of them answers is what its geometry gives away at once.
"""

from collections.abc import Iterator

import numpy as np

from convac.errors import ArgumentError
from convac.files import Arrays
from convac.geometry.trees import PoolingTree
from convac.measurement.trained import Row, Trained
from convac.specs.measurements.windows import WindowsSpec

LARGEST = 64  # sites of a window whose set pixels are counted
BASELINE = "baseline"  # the phase of what needs no training


def rows(trained: Trained, wanted: WindowsSpec) -> Iterator[Row]:
    """A row for each seed, on the images that it has."""
    for number, seed in enumerate(trained.seeds):
        value = window_accuracy(trained.spec.network.tree, trained.images(number))
        yield {"seed": seed, "phase": BASELINE, "quantity": "window_accuracy", "value": value}


def window_counts(tree: PoolingTree, images: np.ndarray) -> np.ndarray:
    """How many windows of each level hold 0, 1, 2, … set pixels, after a column of ones; shape (n, columns).

    Args:
        tree: whose windows of up to 64 sites are taken, those of every level.
        images: (n, …) of as many pixels as the tree has sites, 0 or 1.

    Raises:
        ArgumentError: other pixels, or as many of them as the tree has no sites for.

    >>> window_counts(PoolingTree.named("line", (4,)), np.array([[1, 1, 0, 1]]))[0].tolist()
    [1.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0]
    """
    pixels = images.reshape(len(images), -1)
    if pixels.shape[1] != tree.sites or not ((pixels == 0) | (pixels == 1)).all():
        raise ArgumentError(f"images: of shape {list(images.shape)}; accepted: {tree.sites} pixels each, 0 or 1")
    pixels = pixels[:, list(tree.order)].astype(np.uint8)
    columns = [np.ones((len(pixels), 1))]
    for size in np.cumprod(tree.windows):
        if size <= LARGEST:
            filled = pixels.reshape(len(pixels), -1, size).sum(axis=2, dtype=np.uint8)
            columns.append(np.stack([(filled == count).sum(axis=1) for count in range(size + 1)], axis=1))
    return np.concatenate(columns, axis=1).astype(np.float64)


def window_accuracy(tree: PoolingTree, data: Arrays) -> float:
    """Fraction of test images that least squares on the window counts of the training images answers right.

    Args:
        tree: as in `window_counts`.
        data: `train_images`, `train_labels`, `test_images`, `test_labels` of two classes, 0 and 1.
    """
    known = window_counts(tree, data["train_images"])
    weights = np.linalg.lstsq(known, 2.0 * data["train_labels"] - 1, rcond=None)[0]
    answers = window_counts(tree, data["test_images"]) @ weights > 0
    return float((answers == data["test_labels"]).mean())
