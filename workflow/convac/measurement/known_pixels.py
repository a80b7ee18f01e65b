"""Baselines without training, for images with missing pixels: what the known pixels say by themselves.

Naive Bayes takes the pixels as independent and normal given the class, and leaves the missing ones out: the mixture
model with one component a class. The nearest neighbour is the training image that differs least in the known pixels.

Source: 1610.04167, Experiments (nearest neighbours among its baselines); naive Bayes is ours.
"""

from collections.abc import Iterator

import numpy as np

from convac.datasets.missing import missing_at, nearest
from convac.measurement.trained import Row, Trained
from convac.specs.measurements.known_pixels import KnownPixelsSpec

BASELINE = "baseline"  # the phase of what needs no training
LEAST_VARIANCE = 0.01  # of a pixel, a share of the brightest squared: that of the mixtures


def rows(trained: Trained, wanted: KnownPixelsSpec) -> Iterator[Row]:
    """Rows for each seed, on the images that it has, with the missing pixels that its networks are tested with."""
    for number, seed in enumerate(trained.seeds):
        data = trained.images(number)
        images, labels = data["test_images"], data["test_labels"]
        bayes = NaiveBayes(data["train_images"], data["train_labels"])
        train, first = np.unique(data["train_images"], axis=0, return_index=True)  # originals are drawn again and again
        tests = [("none", 0.0), *((kind, rate) for kind in wanted.kinds for rate in wanted.rates)]
        for kind, rate in tests:
            mask = missing_at(kind, rate, seed, images.shape) if rate else np.zeros(images.shape, dtype=bool)
            answers = {
                "naive_bayes_accuracy": bayes(images, mask),
                "neighbour_accuracy": data["train_labels"][first[nearest(train, images, mask)]],
            }
            for quantity, answer in answers.items():
                place = {"seed": seed, "phase": BASELINE, "missing": kind, "rate": rate}
                yield {**place, "quantity": quantity, "value": float((answer == labels).mean())}


class NaiveBayes:
    """Independent normal pixels given the class, fitted to training images.

    Args:
        images: (n, rows, columns), whole numbers.
        labels: (n,), 0 to the largest class.

    >>> bayes = NaiveBayes(np.array([[[0, 9]], [[9, 0]]]), np.array([0, 1]))
    >>> image = np.array([[[8, 9]]])
    >>> [int(bayes(image, np.array([[missing]]))[0]) for missing in ([False, True], [True, False])]
    [1, 0]
    """

    def __init__(self, images: np.ndarray, labels: np.ndarray) -> None:
        self.brightest = max(1, int(images.max()))
        shares = images.reshape(len(images), -1) / self.brightest
        classes = [shares[labels == label] for label in range(int(labels.max()) + 1)]
        self.prior = np.log([max(len(own), 1) / len(shares) for own in classes])
        self.mean = np.stack([own.mean(axis=0) if len(own) else shares.mean(axis=0) for own in classes])
        spread = np.stack([own.var(axis=0) if len(own) else shares.var(axis=0) for own in classes])
        self.variance = np.maximum(spread, LEAST_VARIANCE)

    def __call__(self, images: np.ndarray, missing: np.ndarray) -> np.ndarray:
        """The likeliest class of each image (n,), from its known pixels.

        Args:
            images: (n, rows, columns); what stands at missing pixels isn't looked at.
            missing: booleans of that shape.
        """
        known = ~missing.reshape(len(missing), -1)
        shares = np.where(known, images.reshape(len(images), -1) / self.brightest, 0)
        constant = -0.5 * (self.mean**2 / self.variance + np.log(2 * np.pi * self.variance))
        logs = known @ constant.T + shares @ (self.mean / self.variance).T - 0.5 * shares**2 @ (1 / self.variance).T
        return np.asarray((logs + self.prior).argmax(axis=1))
