"""Images in two classes whose pixels have changed places, the same for all images of a seed.

An image's class is whether the number of its original's class is odd. Pixels are swapped as Fisher and Yates shuffle:
visited in random order, each changes places with one that hasn't been visited, or stays. The first swaps of a seed are
the same however many follow; N − 1 of them put N pixels in any order alike. *Rearranged* images have their pixels where
recursive balanced min-cuts of the correlations between training pixels put them (`convac.geometry.rearrangement`): what
stood where is not asked.

Source: 2303.11249 (random position swaps raise a dataset's entanglement; rearrangement lowers it).
"""

import numpy as np

from convac.datasets import digits
from convac.datasets.blobs import require_integer
from convac.errors import ArgumentError
from convac.files import Arrays
from convac.geometry.rearrangement import correlations, rearranged_order
from convac.seeds import stream

PLACES = ("swapped", "rearranged")


def generate(
    source: str,
    seed: int,
    size: int,
    canvas: int = 16,
    train: int = 4000,
    test: int = 1000,
    swaps: int = 0,
    places: str = "swapped",
    folder: str | None = None,
) -> Arrays:
    """Train and test images of one source, at random places of a canvas, whose pixels then change places.

    Args:
        source: as in `convac.datasets.digits.generate`, as are the next three and the last.
        seed: non-negative integer: of originals and their parts, of places, and of swaps.
        size: pixels along each side of the resampled original.
        canvas: pixels along each axis, a power of two.
        train, test: numbers of images, from 1 up.
        swaps: from 0 to all pixels less one.
        places: `swapped`, or `rearranged` by their correlations in training images when they have been swapped.
        folder: holds the original files of the source; not read for `digits`.

    Returns:
        `train_images`, `test_images`: shape (n, canvas, canvas), uint8; `train_labels`, `test_labels`: shape (n,),
        int64, 0 or 1.

    Raises:
        ArgumentError: an argument is outside what is accepted.
        FileError: an original file is missing, damaged or of another kind.

    >>> arrays = generate("digits", seed=0, size=8, train=5, test=3, swaps=2)
    >>> arrays["train_images"].shape, sorted(set(arrays["test_labels"].tolist()))
    ((5, 16, 16), [0, 1])
    """
    require_integer("canvas", canvas, least=digits.SMALLEST)
    if canvas & (canvas - 1):
        raise ArgumentError(f"canvas: {canvas}; accepted: a power of two")
    digits.require_range("swaps", swaps, 0, canvas**2 - 1)
    if places not in PLACES:
        raise ArgumentError(f"places: {places!r} is unknown; accepted: {', '.join(PLACES)}")
    made = digits.generate(source, seed, size, canvas, train, validation=1, test=test, resplit=True, folder=folder)
    order = swapped_order(canvas**2, swaps, seed)
    if places == "rearranged":
        pixels = made["train_images"].reshape(train, -1)[:, order].astype(np.float64)
        order = order[rearranged_order(correlations(pixels), (canvas, canvas))]
    arrays: Arrays = {}
    for part in ("train", "test"):
        images = made[f"{part}_images"]
        arrays[f"{part}_images"] = images.reshape(len(images), -1)[:, order].reshape(images.shape)
        arrays[f"{part}_labels"] = made[f"{part}_labels"] % 2
    return arrays


def swapped_order(count: int, swaps: int, seed: int) -> np.ndarray:
    """Which pixel stands at every place after the first swaps of a seed, shape (count,).

    >>> swapped_order(4, 0, seed=0).tolist(), sorted(swapped_order(4, 3, seed=0).tolist())
    ([0, 1, 2, 3], [0, 1, 2, 3])
    """
    generator = stream("swapped images", seed)
    visited, order = generator.permutation(count), np.arange(count)
    partners = generator.integers(np.arange(count - 1), count)
    for turn, partner in enumerate(partners[:swaps].tolist()):
        places = visited[[turn, partner]]
        order[places] = order[places[::-1]]
    return order
