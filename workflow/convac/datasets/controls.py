"""Controls: a dataset with one thing taken away, so that what depends on it shows.

- `shuffled`: the training labels in random order; nothing is left to learn but the images one by one;
- `permuted`: one permutation of the pixels for all images; what is local in them no longer is.
"""

import numpy as np

from convac.errors import ArgumentError
from convac.files import Arrays
from convac.seeds import stream

CONTROLS = ("none", "shuffled", "permuted")


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
    return arrays
