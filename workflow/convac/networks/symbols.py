"""Symbols: the multisets, or sets, of what stands below a position, where there are few of them.

What a position holds depends on its symbol alone, so that a network evaluates its first levels once per symbol.
"""

import math
from collections.abc import Sequence
from itertools import combinations, combinations_with_replacement

import numpy as np

from convac.specs.network import SYMBOLS


def symbol_tables(local_dimension: int, windows: Sequence[int], distinct: bool) -> list[np.ndarray]:
    """Symbols of the leading levels, the last level excluded, while a level has at most `SYMBOLS` of them.

    Args:
        local_dimension: M, the number of symbols below level 1.
        windows: positions pooled at each level.
        distinct: symbols are the sets of symbols in a window (enough for a maximum), not the multisets.

    Returns:
        Per level integers (symbols, symbols of the level below): how often each occurs in the window.

    >>> [len(table) for table in symbol_tables(2, (4, 4, 4), distinct=False)]
    [5, 70]
    """
    tables: list[np.ndarray] = []
    below = local_dimension
    for window in windows[:-1]:
        sizes = range(1, min(window, below) + 1)
        number = sum(math.comb(below, k) for k in sizes) if distinct else math.comb(below + window - 1, window)
        if number > SYMBOLS:
            break
        members = (
            [list(subset) for k in sizes for subset in combinations(range(below), k)]
            if distinct
            else [list(multiset) for multiset in combinations_with_replacement(range(below), window)]
        )
        tables.append(np.array([np.bincount(symbols, minlength=below) for symbols in members]))
        below = number
    return tables


def pooled_symbols(symbols: np.ndarray, table: np.ndarray, window: int, distinct: bool) -> np.ndarray:
    """Symbols (n, positions) after pooling symbols (n, positions·window) of the level below."""
    digits = (2 if distinct else window + 1) ** np.arange(table.shape[1], dtype=np.int64)
    keys = table @ digits
    order = np.argsort(keys)
    parts = digits[symbols].reshape(len(symbols), -1, window)
    found = np.bitwise_or.reduce(parts, axis=2) if distinct else parts.sum(axis=2)
    pooled: np.ndarray = order[np.searchsorted(keys[order], found)]
    return pooled
