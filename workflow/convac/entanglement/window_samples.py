"""Overlapping circuits on chosen configurations of either side of a partition: rows and columns of a matricization.

Every position of layer L − 1 is tabulated over the sites that it sees. The value multiplies them, so that most stand on
one side and are looked up by row or by column alone; the others by what they see of both, once for each pattern that
the rows show them. A network may thus have far more inputs than can be listed.

Source: 1703.02065 (the networks); the proofs of what rows and columns suffice stand in docs/laws.md.
"""

from collections.abc import Sequence
from functools import reduce

import numpy as np

from convac.circuits.fields import PrimeField
from convac.circuits.overlapping import (
    ENTRIES,
    OverlappingShape,
    OverlappingWeights,
    Table,
    checked,
    draw,
    pooled,
)
from convac.entanglement.block_rank import frames
from convac.entanglement.elimination import SMALL_FIELD, pivots
from convac.errors import ArgumentError

CHUNK = 2**17  # entries of patterns by columns at once: what stays in a processor's cache
SPARE = 4  # configurations beside those that are needed


def values_on(
    shape: OverlappingShape,
    weights: OverlappingWeights,
    inside: Sequence[int],
    rows: np.ndarray,
    columns: np.ndarray,
    field: PrimeField,
) -> np.ndarray:
    """Values of a circuit where some configurations of I meet some of the others.

    Args:
        shape: the family.
        weights: residues.
        inside: the sites of I, ascending.
        rows: templates of these sites, shape (R, |I|).
        columns: templates of the others, ascending, shape (C, N − |I|).
        field: of the residues.

    Returns:
        Residues, shape (R, C).

    Raises:
        ArgumentError: a position sees so many sites that what it sees can't be listed, or weights aren't the family's.
    """
    weights = checked(shape, weights, field)
    outside = sorted({*range(shape.count)} - {*inside})
    sides = [dict(zip(sites, each.T, strict=True)) for sites, each in ((inside, rows), (outside, columns))]
    alone = [np.ones((len(each), 1), dtype=np.int64) for each in (rows, columns)]
    across = []
    for table in factors(shape, weights, field):
        parts = [[site for site in table.support if site in own] for own in sides]
        if all(parts):
            across.append((parts, table))
            continue
        side = 0 if parts[0] else 1
        shown = table.values[tuple(sides[side][site] for site in table.support)]
        alone[side] = field.multiply(alone[side], shown)
    alone[1] = field.multiply(alone[1], weights.output)
    return met(alone, across, sides, field)


def factors(shape: OverlappingShape, weights: OverlappingWeights, field: PrimeField) -> list[Table]:
    """Per position of layer L − 1 what all windows of the last layer make of it: the value is their product, mapped."""
    tables = [Table((site,), field.one_hot(shape.local_dimension)) for site in range(shape.count)]
    for maps in weights.layers[:-1]:
        seen = max(len({site for _, q in shape.window(p) for site in tables[q].support}) for p in range(shape.count))
        if shape.local_dimension**seen > ENTRIES:
            raise ArgumentError(f"widths: a position sees {seen} sites; accepted: {ENTRIES} of their inputs")
        tables = pooled(shape, maps, tables, field)
    readers: list[list[np.ndarray]] = [[] for _ in tables]  # each is read, by the window at its own place if no other
    last = weights.layers[-1]
    for position in range(shape.count):
        for offset, child in shape.window(position):
            readers[child].append(field.linear(last[position % len(last), offset], tables[child].values))
    return [Table(table.support, reduce(field.multiply, own)) for table, own in zip(tables, readers, strict=True)]


def met(
    alone: list[np.ndarray],
    across: list[tuple[list[list[int]], Table]],
    sides: list[dict[int, np.ndarray]],
    field: PrimeField,
) -> np.ndarray:
    """Σ_c of what each side shows alone times what positions that see both sides show, shape (R, C)."""
    patterns, of_row = distinct([sides[0][site] for site in union(across, 0)], len(alone[0]))
    places = {site: number for number, site in enumerate(union(across, 0))}
    lookups = []
    for (inner, outer), table in across:
        order = [table.support.index(site) for site in (*inner, *outer)]
        values = table.values.transpose(*order, len(order))
        dimension = values.shape[0]
        flat = values.reshape(dimension ** len(inner), dimension ** len(outer), values.shape[-1])
        lookups.append((flat, coded(patterns[:, [places[site] for site in inner]].T, dimension), outer, dimension))
    found = np.empty((len(alone[0]), len(alone[1])), dtype=np.int64)
    step = max(1, CHUNK // max(1, len(patterns)))
    for start in range(0, len(alone[1]), step):
        chosen = slice(start, start + step)
        columns = alone[1][chosen]
        total = np.zeros((len(alone[0]), len(columns)), dtype=np.int64)
        codes = [coded([sides[1][site][chosen] for site in outer], size) for _, _, outer, size in lookups]
        for channel in range(columns.shape[1]):
            product = np.broadcast_to(columns[:, channel], (len(patterns), len(columns)))
            for (flat, row_codes, _, _), column_codes in zip(lookups, codes, strict=True):
                product = field.multiply(product, flat[:, :, channel][row_codes[:, None], column_codes])
            own = alone[0][:, min(channel, alone[0].shape[1] - 1)]  # one column of ones where nothing stands alone
            total = (total + field.multiply(own[:, None], product[of_row])) % field.prime
        found[:, chosen] = total
    return found


def union(across: list[tuple[list[list[int]], Table]], side: int) -> list[int]:
    """The sites of a side that any of these positions sees together with the other."""
    return sorted({site for parts, _ in across for site in parts[side]})


def distinct(digits: list[np.ndarray], count: int) -> tuple[np.ndarray, np.ndarray]:
    """The different patterns that `count` configurations show at these sites, and the number of each one's."""
    if not digits:
        return np.zeros((1, 0), dtype=np.int64), np.zeros(count, dtype=np.int64)
    patterns, numbers = np.unique(np.stack(digits, axis=1), axis=0, return_inverse=True)
    return patterns, numbers.reshape(-1)


def coded(digits: Sequence[np.ndarray] | np.ndarray, dimension: int) -> np.ndarray:
    """Digits as numbers to the base M, the first the most significant.

    >>> coded(np.array([[1, 0], [1, 1]]), 2).tolist()
    [3, 1]
    """
    return np.asarray(reduce(lambda number, digit: number * dimension + digit, digits))


def sampled_rank(
    shape: OverlappingShape, inside: Sequence[int], enough: int, seed: int = 0, field: PrimeField = SMALL_FIELD
) -> int:
    """Rank of random weights on sampled configurations of both sides: certainly no more than the generic rank.

    Rows: every pattern of the frame of I, each with as many patterns of its other sites as the last layer has
    channels, and a few. Columns: `enough` at random, and twice as many until the rank is `enough` or they are 8 times
    as many. Everything follows from the seed.

    Args:
        shape: the family.
        inside: the sites of I, ascending.
        enough: an upper bound of the rank.
        seed: of weights and configurations.
        field: of a prime below 2^23.

    >>> sampled_rank(OverlappingShape((4, 4), 2, (2, 2), shared=False), [0, 1, 4, 5], 16)
    16
    """
    generator = np.random.default_rng(seed)
    weights = draw(shape, field, generator)
    rows = framed(generator, shape, inside, shape.widths[-1] + SPARE)
    outside, count = shape.count - len(inside), enough + SPARE
    while True:
        columns = generator.integers(0, shape.local_dimension, (count, outside))
        found = len(pivots(values_on(shape, weights, inside, rows, columns, field), field).rows)
        if found >= enough or count >= 8 * enough:
            return found
        count *= 2


def framed(generator: np.random.Generator, shape: OverlappingShape, inside: Sequence[int], others: int) -> np.ndarray:
    """Every pattern of the frame of I with up to `others` of its other sites: templates, shape (rows, |I|)."""
    dimension, frame = shape.local_dimension, sorted(frames(shape, inside)[0])
    rest = [site for site in inside if site not in frame]
    first = np.indices((dimension,) * len(frame)).reshape(len(frame), dimension ** len(frame)).T
    every = dimension ** len(rest)
    numbers = generator.choice(every, min(others, every), replace=False)
    second = np.stack([numbers // dimension**place % dimension for place in range(len(rest) + 1)], axis=1)[:, :-1]
    both = np.concatenate([np.repeat(first, len(second), axis=0), np.tile(second, (len(first), 1))], axis=1)
    return np.asarray(both[:, [[*frame, *rest].index(site) for site in inside]])


def front_is_proved(shape: OverlappingShape, sides: Sequence[int]) -> bool:
    """Whether `front_rank` is a theorem for a network and a block at the origin (docs/laws.md, *Overlap front*).

    Weights per location, no layer but the last narrower than M, and beside the block, along every axis that it doesn't
    fill, room for as many sites as its frame has there.

    >>> shape = OverlappingShape((6, 6), 2, (2, 2), shared=False)
    >>> front_is_proved(shape, (3, 3)), front_is_proved(shape, (3, 5)), front_is_proved(shape, (3, 6))
    (True, False, True)
    """
    reach = (len(shape.widths) - 1) * (shape.kernel - 1)
    ends = 2 if shape.periodic else 1
    room = all(
        side == whole or whole - side >= min(side, ends * reach) for side, whole in zip(sides, shape.sites, strict=True)
    )
    return room and not shape.shared and all(width >= shape.local_dimension for width in shape.widths[:-1])
