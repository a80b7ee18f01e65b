"""A baseline without training: one linear map of the pixels for each class, by least squares."""

from collections.abc import Iterator

import numpy as np

from convac.files import Arrays
from convac.measurement.trained import Row, Trained
from convac.specs.measurements.least_squares import LeastSquaresSpec

BASELINE = "baseline"  # the phase of what needs no training


def rows(trained: Trained, wanted: LeastSquaresSpec) -> Iterator[Row]:
    """Two rows for each seed, on the images that it has: of training, and of test."""
    for number, seed in enumerate(trained.seeds):
        for quantity, value in accuracies(trained.images(number)).items():
            yield {"seed": seed, "phase": BASELINE, "quantity": quantity, "value": value}


def accuracies(data: Arrays) -> dict[str, float]:
    """Shares of images that the class with the largest linear score answers right, by quantity.

    Args:
        data: `train_images` (n, …), `train_labels` (n,), `test_images`, `test_labels`. Scores are fitted to 1 for an
            image's class and 0 for the others.

    >>> images, labels = np.array([[0], [1], [2]]), np.array([0, 0, 1])
    >>> accuracies({"train_images": images, "train_labels": labels, "test_images": images, "test_labels": labels})
    {'least_squares_train_accuracy': 1.0, 'least_squares_accuracy': 1.0}
    """

    def pixels(part: str) -> np.ndarray:
        flat = data[f"{part}_images"].reshape(len(data[f"{part}_images"]), -1)
        return np.column_stack([flat / max(1.0, float(flat.max())), np.ones(len(flat))])

    labels = data["train_labels"]
    weights = np.linalg.lstsq(pixels("train"), np.eye(labels.max() + 1)[labels], rcond=None)[0]
    names = {"train": "least_squares_train_accuracy", "test": "least_squares_accuracy"}
    right = {name: (pixels(part) @ weights).argmax(1) == data[f"{part}_labels"] for part, name in names.items()}
    return {name: float(each.mean()) for name, each in right.items()}
