"""Copying memory: sequences whose first symbols are asked for again after a delay.

M symbols out of n stand first, then blanks, then a mark at step T − M, then M blanks, T = 2 M + B: over the last M
steps the symbols are asked for, in their order, each M + B steps after it was read. The end itself, a mark and blanks,
is the same in every sequence.

Symbols are 1 to n, 0 is the blank and n + 1 the mark. A network's class 0 is silence.

Source: 1710.09431, Experiments (copying memory task).
"""

import numpy as np

from convac.arrays import integer
from convac.files import Arrays
from convac.seeds import stream

MOST_SYMBOLS = 253  # and blank and mark: a byte


def generate(
    seed: int, symbols: int = 4, length: int = 4, delay: int = 8, train: int = 10_000, test: int = 500
) -> Arrays:
    """Training and test sequences; sequence i depends on the other arguments and its part, not on how many are made.

    Args:
        seed: non-negative integer.
        symbols: n, how many differ.
        length: M, symbols of a sequence.
        delay: B, steps beyond 2 M.
        train: number of sequences.
        test: likewise.

    Returns:
        `train_images`, `test_images`: shape (n, T), uint8, one symbol a step; `train_labels`, `test_labels`: shape
        (n, M), uint8 in 1 to n, the answers of the last M steps.

    Raises:
        ArgumentError: an argument is outside what is accepted.

    >>> generate(seed=0, length=2, delay=3, train=1, test=1)["train_images"].shape
    (1, 7)
    """
    integer(seed, "seed", 0)
    for name, value in (("length", length), ("delay", delay), ("train", train), ("test", test)):
        integer(value, name, 1)
    integer(symbols, "symbols", 1, MOST_SYMBOLS)
    arrays: Arrays = {}
    for part, count in (("train", train), ("test", test)):
        data = stream("copying memory", seed, part).integers(1, symbols + 1, size=(count, length), dtype=np.uint8)
        sequences = np.zeros((count, 2 * length + delay), dtype=np.uint8)
        sequences[:, :length] = data
        sequences[:, -length - 1] = symbols + 1
        arrays[f"{part}_images"], arrays[f"{part}_labels"] = sequences, data
    return arrays
