"""Tables in which a claim holds, is turned round or is left to chance, made from the claim alone: for tests."""

import itertools
import math
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from convac.claims.claims import LARGEST, Claim, Labels, Value, columns_of, sides

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd


RANKED = ("rank correlation", "fall")  # kinds of claims about the order of cells


def mirrored(claim: Claim, table: "pd.DataFrame") -> "pd.DataFrame":
    """The table turned round: it must contradict the claim.

    The values of first and second are exchanged in every pair; of rank correlations and falls the cells' order is
    reversed on one side, and of equivalences first is moved to twice the margin.
    """
    if claim.kind == "equivalence":
        moved = list(itertools.chain.from_iterable(sides(claim, columns_of([claim], table))[0].values()))
        return table.assign(value=table["value"] - 2 * claim.threshold * table.index.isin(table.index[moved]))
    if claim.kind in RANKED:
        return _reordered(claim, table, lambda cells: cells[::-1])
    return next(_exchanged(claim, table, lambda: True))


def permuted(claim: Claim, table: "pd.DataFrame", generator: "np.random.Generator") -> "Iterator[pd.DataFrame]":
    """Tables, without end, as the claim's null draws them.

    The values are exchanged in each pair with chance ½; of rank correlations the cells stand in any order on one side,
    of falls in another one for each seed.
    """
    if claim.kind in RANKED:
        while True:
            yield _reordered(claim, table, generator.permutation)
    yield from _exchanged(claim, table, lambda: generator.random() < 0.5)


def _reordered(claim: Claim, table: "pd.DataFrame", order: Callable[[list[int]], Iterable[int]]) -> "pd.DataFrame":
    """The table with the cells' values of first in another order, the same for all seeds but in falls."""
    first, _ = sides(claim, columns_of([claim], table))
    cells = list(dict.fromkeys(name.partition(", ")[2] for name in first))

    def drawn() -> dict[str, str]:
        return dict(zip(cells, (cells[at] for at in order(list(range(len(cells))))), strict=True))

    common = drawn()
    own = dict.fromkeys(name.partition(", ")[0] for name in first)
    orders = {seed: drawn() if claim.kind == "fall" else common for seed in own}
    old = table["value"].to_numpy(dtype=float)
    values = old.copy()
    for name, rows in first.items():
        seed, _, cell = name.partition(", ")
        values[rows] = old[first[f"{seed}, {orders[seed][cell]}"]].mean()
    return table.assign(value=values)


def _exchanged(claim: Claim, table: "pd.DataFrame", chosen: Callable[[], bool]) -> "Iterator[pd.DataFrame]":
    """Tables with the (mean) values of first and second exchanged in the chosen pairs."""
    first, second = sides(claim, columns_of([claim], table))
    while True:
        values = table["value"].to_numpy(dtype=float, copy=True)
        for name in filter(lambda _: chosen(), first):
            own, other = values[first[name]].mean(), values[second[name]].mean()
            values[first[name]], values[second[name]] = other, own
        yield table.assign(value=values)


def planted(claim: Claim, generator: "np.random.Generator", seeds: int = 5) -> "pd.DataFrame":
    """A small tidy table in which the claim holds, from the claim alone.

    Both sides of an equality or an equivalence have the second's expected value, and both sides of a rank correlation
    rise from cell to cell, from the lower expected value to the other; second sinks where it is to fall. Of other
    claims each side has its own, with a spread of 2 % of their distance (of their logarithms where the claim is about
    those), over `seeds` seeds and two values of every column in `by`, where cells are ranked four to eight. Decoys
    with the sides exchanged stand at an earlier step, and below a `LARGEST`.
    """
    import pandas as pd

    rows: list[dict[str, object]] = []
    high, low = map(math.log, claim.expected) if claim.logarithmic else claim.expected
    high = low if claim.kind in {"equality", "equivalence"} else high
    ranked = claim.kind in RANKED
    spread = 0.02 * (-claim.threshold if claim.kind == "equivalence" else 0.0 if ranked else abs(high - low))
    for labels, own, other in ((claim.first, high, low), (claim.second, low, high)):
        start, end = (high, low) if claim.kind == "fall" and labels is claim.second else (low, high)
        sizes = claim.trivial.sizes if claim.trivial else ()
        letters = tuple("abcdefgh"[: 4 if len(claim.by) > 2 else 8] if ranked else "ab")
        grid = _grid({**claim.where, **labels}, claim.by, letters, sizes, above=_largest_named(claim))
        for (at, (chosen, decoy)), seed, step in itertools.product(enumerate(grid), range(seeds), (1, 2)):
            typical = own if step == 2 and not decoy else other
            typical = start + (end - start) * at / len(grid) if ranked else typical
            value = typical + generator.normal(0.0, spread)
            value = math.exp(value) if claim.logarithmic else value
            rows.append({"cell": "a", **chosen, "seed": seed, "step": step, "value": value})
    reference = claim.reference
    if reference is not None:
        for name, number in zip((reference.share, reference.trials), reference.expected, strict=True):
            rows.append({"cell": "baseline", **reference.where, "quantity": name, "value": float(number)})
    return pd.DataFrame(rows)


def _largest_named(claim: Claim) -> int:
    """A whole number that no number among the claim's labels exceeds."""
    named = itertools.chain.from_iterable(labels.values() for labels in (claim.where, claim.first, claim.second))
    values = itertools.chain.from_iterable(value if isinstance(value, tuple) else (value,) for value in named)
    return math.ceil(max((value for value in values if isinstance(value, int | float)), default=0))


def _grid(
    labels: Labels, by: tuple[str, ...], letters: tuple[Value, ...], numbers: tuple[str, ...], above: int
) -> list[tuple[dict[str, Value], bool]]:
    """Label combinations that pass the filters, and decoys (marked True) that pass all but a `LARGEST`.

    Columns in `numbers` are sizes; others of `by` without a filter take every letter. The largest values are greater
    than `above`, so that they are the largest beside every number that a claim names.
    """
    choices: dict[str, tuple[Value, ...]] = {
        column: (2, 3) if column in numbers else letters for column in by if column not in labels
    }
    for column, value in labels.items():
        choices[column] = (
            (above + 1, above + 2) if value == LARGEST else value if isinstance(value, tuple) else (value,)
        )
    largest = [column for column, value in labels.items() if value == LARGEST]
    combinations = (dict(zip(choices, values, strict=True)) for values in itertools.product(*choices.values()))
    return [(chosen, any(chosen[column] == above + 1 for column in largest)) for chosen in combinations]
