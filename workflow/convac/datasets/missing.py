"""Missing pixels: which are missing, and what is put in their place by those who can't leave them out.

Source: 1610.04167, Experiments (classification with missing pixels: independent ones, and rectangles). Ours is one
rectangle of any proportions that covers a given fraction of the image.
"""

import numpy as np

from convac.errors import ArgumentError
from convac.seeds import stream

KINDS = ("points", "rectangles")
IMPUTATIONS = ("zero", "mean", "neighbour")
WORDS = {"points": "points", "rectangles": "rectangles"}  # of streams: seeds, not names
BLOCK = 500  # images whose neighbours are sought at a time; bounds the memory and changes nothing else


def missing_at(kind: str, rate: float, seed: int, shape: tuple[int, ...]) -> np.ndarray:
    """Which pixels are missing, for a seed; booleans of that shape."""
    count, rows, columns = shape
    return missing_pixels(kind, rate, (count, rows, columns), stream("missing", WORDS[kind], str(rate), seed))


def missing_pixels(
    kind: str, rates: float | np.ndarray, shape: tuple[int, int, int], generator: np.random.Generator
) -> np.ndarray:
    """Which pixels of images are missing, whatever is on them.

    Args:
        kind: `points` (each with that chance, independently) or `rectangles` (one in every image at a random place,
            its height drawn from those that leave room for the share, its width rounded).
        rates: fraction of missing pixels, from 0 to below 1; one for all images or one each, shape (n,).
        shape: (n, rows, columns).
        generator: of the draw.

    Returns:
        Booleans of that shape, true where missing.

    Raises:
        ArgumentError: the kind is unknown, or a rate outside what is accepted.

    >>> missing_pixels("rectangles", 0.25, (3, 8, 8), np.random.default_rng(0)).mean(axis=(1, 2))
    array([0.21875 , 0.28125 , 0.234375])
    """
    if kind not in KINDS:
        raise ArgumentError(f"missing: {kind!r} is unknown; accepted: {', '.join(KINDS)}")
    count, rows, columns = shape
    shares = np.broadcast_to(np.asarray(rates, dtype=float), (count,))
    if (shares < 0).any() or (shares >= 1).any():
        raise ArgumentError(f"rates: {shares.min():g}..{shares.max():g}; accepted: from 0 to below 1")
    if kind == "points":
        return np.asarray(generator.random(shape) < shares[:, None, None])
    heights = generator.integers(np.ceil(shares * rows).astype(int), rows, endpoint=True)
    widths = np.rint(shares * rows * columns / np.maximum(heights, 1)).astype(int)
    tops = generator.integers(rows - heights, endpoint=True)
    lefts = generator.integers(columns - widths, endpoint=True)
    row, column = np.arange(rows), np.arange(columns)
    inside = (row >= tops[:, None]) & (row < (tops + heights)[:, None])
    across = (column >= lefts[:, None]) & (column < (lefts + widths)[:, None])
    return np.asarray(inside[:, :, None] & across[:, None, :])


class Imputer:
    """Puts something in the place of missing pixels, learnt from training images alone.

    Args:
        train: images (n, rows, columns), uint8, without missing pixels.

    Raises:
        ArgumentError: there is no image.

    >>> imputer = Imputer(np.array([[[0, 4]], [[2, 8]]], dtype=np.uint8))
    >>> image, missing = np.array([[[2, 5]]], dtype=np.uint8), np.array([[[False, True]]])
    >>> [int(imputer(image, missing, method)[0, 0, 1]) for method in IMPUTATIONS]
    [0, 6, 8]
    """

    def __init__(self, train: np.ndarray) -> None:
        if not len(train):
            raise ArgumentError("train: no image; accepted: at least one")
        self.mean = np.rint(train.mean(axis=0)).astype(np.uint8)
        self.train = np.unique(train.reshape(len(train), -1), axis=0)

    def __call__(self, images: np.ndarray, missing: np.ndarray, method: str) -> np.ndarray:
        """Images without missing pixels, uint8.

        Args:
            images: (n, rows, columns), uint8; what stands at missing pixels isn't looked at.
            missing: booleans of that shape.
            method: `zero` (dark), `mean` (of the training images, at that place) or `neighbour` (what the training
                image has there that is nearest in the known pixels, by Euclidean distance).

        Raises:
            ArgumentError: the method is unknown.
        """
        if method not in IMPUTATIONS:
            raise ArgumentError(f"imputation: {method!r} is unknown; accepted: {', '.join(IMPUTATIONS)}")
        if method == "zero":
            return np.where(missing, 0, images).astype(np.uint8)
        filling = self.mean if method == "mean" else self._nearest(images, missing)
        return np.where(missing, filling, images).astype(np.uint8)

    def _nearest(self, images: np.ndarray, missing: np.ndarray) -> np.ndarray:
        """The nearest training image of each image, (n, rows, columns)."""
        return np.asarray(self.train[nearest(self.train, images, missing)].reshape(images.shape))


def nearest(train: np.ndarray, images: np.ndarray, missing: np.ndarray) -> np.ndarray:
    """Numbers of the training images that are nearest in the known pixels, by Euclidean distance, shape (n,).

    Args:
        train: images without missing pixels, (m, …) or (m, pixels).
        images: (n, …), of as many pixels; what stands at missing ones isn't looked at.
        missing: booleans of the shape of `images`.
    """
    count = len(images)
    known = ~missing.reshape(count, -1)
    flat = np.where(known, images.reshape(count, -1).astype(float), 0)
    other = train.reshape(len(train), -1).astype(float)
    squares = other**2
    found = [
        (known[block] @ squares.T - 2 * flat[block] @ other.T).argmin(axis=1)
        for block in np.array_split(np.arange(count), -(-count // BLOCK))
    ]
    return np.concatenate(found)
