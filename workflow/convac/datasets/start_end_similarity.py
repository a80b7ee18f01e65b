"""Start-end similarity: how much of a sequence's first half recurs in its second?

M symbols out of n stand at a random place of the first half, and M at the same place of the second; all else is blank.
Of them A stand at the same places and are equal. The label is 0 where A / M is less than 1/3, 2 where it is more than
2/3, else 1. Every label is as likely, and so is, within a label, every A; every symbol is uniform, in either half and
in every class, so that neither half alone says anything of the label.

Symbols are 1 to n, 0 is the blank. Between a symbol and its counterpart are T / 2 steps.

Source: 1710.09431, Experiments (start-end similarity task); classes by thirds are ours.
"""

import numpy as np

from convac.arrays import integer
from convac.errors import ArgumentError
from convac.files import Arrays
from convac.seeds import stream

CLASSES = 3
MOST_SYMBOLS = 254  # and the blank: a byte


def generate(
    seed: int, symbols: int = 4, length: int = 4, steps: int = 12, train: int = 10_000, test: int = 500
) -> Arrays:
    """Training and test sequences; sequence i depends on the other arguments and its part, not on how many are made.

    Args:
        seed: non-negative integer.
        symbols: n, how many differ; from 2 up.
        length: M, symbols of a half; from 3 up, so that every label occurs.
        steps: T, even, at least 2 M.
        train: number of sequences.
        test: likewise.

    Returns:
        `train_images`, `test_images`: shape (n, T), uint8, one symbol a step; `train_labels`, `test_labels`: shape
        (n,), int64 in 0 to 2.

    Raises:
        ArgumentError: an argument is outside what is accepted.

    >>> generate(seed=0, train=1, test=1)["test_images"].shape
    (1, 12)
    """
    integer(seed, "seed", 0)
    integer(symbols, "symbols", 2, MOST_SYMBOLS)
    integer(length, "length", 3)
    if not isinstance(steps, int) or isinstance(steps, bool) or steps < 2 * length or steps % 2:
        raise ArgumentError(f"steps: {steps!r}; accepted: an even integer from {2 * length} up")
    arrays: Arrays = {}
    for part, count in (("train", train), ("test", test)):
        integer(count, part, 1)
        names = ("start-end similarity", seed, part)
        labels = stream(*names, "label").integers(CLASSES, size=count)
        start = stream(*names, "start").integers(1, symbols + 1, size=(count, length), dtype=np.uint8)
        shift = stream(*names, "shift").integers(1, symbols, size=(count, length), dtype=np.uint8)
        other = (start - 1 + shift) % symbols + 1
        end = np.where(equal_places(labels, length, names), start, other)
        places = stream(*names, "place").integers(steps // 2 - length + 1, size=(count, 1)) + np.arange(length)
        sequences = np.zeros((count, steps), dtype=np.uint8)
        np.put_along_axis(sequences, places, start, axis=1)
        np.put_along_axis(sequences, places + steps // 2, end, axis=1)
        arrays[f"{part}_images"], arrays[f"{part}_labels"] = sequences, labels
    return arrays


def equal_places(labels: np.ndarray, length: int, names: tuple[str | int, ...]) -> np.ndarray:
    """Which symbols recur, boolean (n, M): as many as the labels ask for, at random places."""
    of_class = np.array([label_of(equal, length) for equal in range(length + 1)])
    least, most = (
        np.array([choose(np.flatnonzero(of_class == label)) for label in range(CLASSES)]) for choose in (min, max)
    )
    share = stream(*names, "equal").random(len(labels))
    equal = least[labels] + (share * (most - least + 1)[labels]).astype(int)
    ranks = stream(*names, "order").random((len(labels), length)).argsort(axis=1)
    return np.asarray(ranks < equal[:, None])


def label_of(equal: int, length: int) -> int:
    """The label of `equal` equal symbols among `length`.

    >>> [label_of(equal, 4) for equal in range(5)]
    [0, 0, 1, 2, 2]
    """
    return int(3 * equal >= length) + int(3 * equal > 2 * length)
