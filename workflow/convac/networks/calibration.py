"""Grey images on which a ConvNet's initialisation is calibrated: like photographed things, they are no data."""

from collections.abc import Sequence

import numpy as np

from convac.seeds import stream

IMAGES = 64


def grey_images(shape: Sequence[int], brightest: int) -> np.ndarray:
    """Random images (n, rows, columns) of integers from 0 to `brightest`, each with one thing on a dark ground.

    Things fill from an eighth of each axis to all of it, at any place, in grains of 1, 2, 4, … pixels, with any share
    of bright ones.
    """
    generator = stream("grey calibration")
    images = np.zeros((IMAGES, *shape), dtype=np.int64)
    for number, image in enumerate(images):
        extent = [max(1, round(side * generator.uniform(0.125, 1))) for side in shape]
        corner = [generator.integers(side - length + 1) for side, length in zip(shape, extent, strict=True)]
        grain = 2 ** (number % max(1, min(extent).bit_length() - 1))
        fine = [length // grain + 1 for length in extent]
        shares = np.clip(generator.uniform(0, 1, fine) + generator.uniform(-1, 1), 0, 1)
        drawn = np.kron(shares, np.ones((grain, grain)))[: extent[0], : extent[1]]
        where = tuple(slice(start, start + length) for start, length in zip(corner, extent, strict=True))
        image[where] = np.rint(brightest * drawn)
    return images
