"""Calls of the user's functions of rows: inputs stay the caller's, faults are told in one line, rows stand alone."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

from convac.errors import ArgumentError, ConvacError, one_line

TRIED = 3  # rows that tell whether each stands alone
SAME = 1e-2  # by which a row's values may differ beside others, relative to the largest: half precision rounds
REPEATED = 1e-6  # and when the same rows are asked for again, where nothing rounds differently
FAULT = 90  # characters of what a function fails with

Rows = Callable[[np.ndarray], np.ndarray]


def called(function: Callable[[np.ndarray], Any], inputs: np.ndarray) -> Any:
    """What a function returns on a copy of the inputs, which it may change.

    Raises:
        ArgumentError: whatever the function raises, in one line.
    """
    try:
        return function(inputs.copy())
    except ConvacError:
        raise
    except Exception as error:  # whatever a user's function raises
        fault, shape = one_line(f"{type(error).__name__}: {error}", FAULT), list(inputs.shape)
        raise ArgumentError(f"network: {fault}; accepted: a function of an array {shape}") from error


def check_rows(function: Rows, inputs: np.ndarray, axis: int = 0) -> None:
    """Raise ArgumentError unless rows have their values whatever stands beside them, whenever they are asked for.

    Few rows are tried: what depends on its batch nearly always shows it at once.

    Args:
        function: of rows (n, …), with values that have an axis of rows.
        inputs: two rows or more, as different as can be; the first three are tried.
        axis: of the rows among the values'.
    """
    rows = inputs[:TRIED]
    # halved: no difference leaves the range of floats
    together, again = (np.moveaxis(function(rows), axis, 0) / 2 for _ in range(2))
    top = float(np.abs(together).max())
    pairs = [[second, first] for first, second in pairwise(range(len(rows)))]
    beside = [np.moveaxis(function(rows[pair]), axis, 0) / 2 for pair in pairs]
    apart = [differ(together[pair], found, SAME * top) for pair, found in zip(pairs, beside, strict=True)]
    if differ(together, again, REPEATED * top) or any(apart):
        raise ArgumentError(
            "network: a row's value depends on the batch that it stands in, or on chance; "
            "accepted: a function of each row alone"
        )


def differ(one: np.ndarray, other: np.ndarray, most: float) -> bool:
    """Whether two arrays differ in shape, or any of their values by more than `most`."""
    return one.shape != other.shape or bool((np.abs(one - other) > most).any())
