"""Controls: a dataset with one thing taken away, so that what depends on it shows.

- `shuffled`: the training labels in random order; nothing is left to learn but the images one by one;
- `permuted`: one permutation of the pixels for all images; what is local in them no longer is;
- `missing-points`, `missing-rectangles`: every training and validation image lacks a random share of its pixels, up to
  `LARGEST_RATE`, which are dark; what is learnt then knows how pixels will be missing.
"""

import numpy as np

from convac.datasets.missing import KINDS, missing_pixels
from convac.errors import ArgumentError
from convac.files import Arrays
from convac.seeds import stream

MISSING = "missing-"
CONTROLS = ("none", "shuffled", "permuted", *(f"{MISSING}{kind}" for kind in KINDS))
LEARNT = ("train_images", "validation_images")
LARGEST_RATE = 0.9  # of missing pixels
# of streams: seeds, not names
WORDS = {
    "missing-points": "missing-points",
    "missing-rectangles": "missing-rectangles",
    "train_images": "train_images",
    "validation_images": "validation_images",
}


def controlled(arrays: Arrays, control: str) -> Arrays:
    """The arrays of a dataset under a control.

    Args:
        arrays: images of shape (n, rows, columns) and labels (n,) of every part.
        control: one of `CONTROLS`.

    Raises:
        ArgumentError: the control is unknown.
    """
    if control not in CONTROLS:
        raise ArgumentError(f"control: {control!r} is unknown; accepted: {', '.join(CONTROLS)}")
    if control == "shuffled":
        labels = stream("controls", "shuffled").permutation(arrays["train_labels"])
        return {**arrays, "train_labels": labels}
    if control == "permuted":
        images = {name: array for name, array in arrays.items() if name.endswith("_images")}
        order = stream("controls", "permuted").permutation(int(np.prod(arrays["train_images"].shape[1:])))
        return {
            **arrays,
            **{name: array.reshape(len(array), -1)[:, order].reshape(array.shape) for name, array in images.items()},
        }
    if control.startswith(MISSING):
        return {**arrays, **{name: darkened(arrays[name], control, name) for name in LEARNT if name in arrays}}
    return arrays


def darkened(images: np.ndarray, control: str, name: str) -> np.ndarray:
    """Images (n, rows, columns) of which each lacks a share of its pixels, drawn from U(0, `LARGEST_RATE`)."""
    generator = stream("controls", WORDS[control], WORDS[name])
    count, rows, columns = images.shape
    rates = generator.uniform(0, LARGEST_RATE, count)
    missing = missing_pixels(control.removeprefix(MISSING), rates, (count, rows, columns), generator)
    return np.where(missing, 0, images).astype(images.dtype)
