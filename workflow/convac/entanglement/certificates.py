"""Certificates of exact generic ranks: a nonsingular minor mod p from below, a cut or a count from above.

The determinant of a minor is a polynomial in the weights with integer coefficients. Where it isn't 0 mod p at one
choice of weights it isn't the zero polynomial, so that almost all weights have at least its rank: no probability is
left. Weights follow from a seed, so that a certificate holds two lists of configurations and a witness of the bound.
`certify/check.py` recomputes all of it without this library. Format: docs/certificates.md.

Source: Schwartz, J. ACM 27, 701 (1980); the bounds' proofs stand in docs/laws.md.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from convac.arrays import short
from convac.circuits.overlapping import ENTRIES, OverlappingShape, OverlappingWeights, coefficient_tensor
from convac.circuits.recurrent import RecurrentShape
from convac.entanglement.block_rank import LISTED, distinguishable, mask_of
from convac.entanglement.brute import matricization
from convac.entanglement.elimination import SMALL_FIELD, pivots
from convac.entanglement.generic_rank import Contraction, TreeShape
from convac.entanglement.graphs import graph_min_cut, overlapping_network
from convac.entanglement.mincut import symmetric_cut, tree_min_cut
from convac.entanglement.start_end_rank import counting_bounds
from convac.entanglement.window_samples import SPARE as SPARE_PATTERNS
from convac.entanglement.window_samples import coded, framed, values_on
from convac.errors import ArgumentError
from convac.geometry.partitions import Choice, Partition


class TiedTree(NamedTuple):
    """A family of trees some of whose positions have one map.

    Attributes:
        shape: of the trees, weights per location.
        maps: per level the number of the map of every position that enters it, in tree order; numbers have no gaps.
    """

    shape: TreeShape
    maps: tuple[tuple[int, ...], ...]


Family = TreeShape | TiedTree | OverlappingShape | RecurrentShape
Bound = tuple[int, dict[str, Any]]  # an upper bound on the rank, and its witness
Values = Callable[[list[int], list[int]], np.ndarray]  # of rows and columns by number
SPARE = 32  # configurations beside twice the rank in a first sample
ATTEMPTS = 3  # seeds
MOST = 2**13  # configurations of a side that are tried
CHUNK = 2**16  # entries of a matrix that are listed at once


def certificate(family: Family, partition: Choice = ()) -> dict[str, Any]:
    """A certificate that the generic rank between the sites of I and the others is what the bounds say.

    Args:
        family: trees of weights per location, shared throughout or tied, overlapping or recurrent circuits.
        partition: a name, the sites of I, or a partition; of recurrent circuits always the first half of the steps.

    Returns:
        As docs/certificates.md has it, ready for JSON. Sites of a tree are numbered in tree order.

    Raises:
        ArgumentError: no such family or partition, a tree shares the weights of some levels alone, a recurrent circuit
            has an odd number of steps, or a position of an overlapping circuit sees too many sites to be listed.
        ArithmeticError: the minor found is smaller than every bound.

    >>> certificate(RecurrentShape(steps=6, depth=2, width=3, local_dimension=3))["rank"]
    27
    """
    inside = sites_inside(family, partition)
    described, below, above = description(family, inside), 0, math.inf
    for attempt in range(ATTEMPTS):
        minor: dict[str, Any] = {}
        for bound, witness in bounds(family, inside):
            minor = minor or largest_minor(family, inside, str(attempt), bound)
            below, above = max(below, minor["rank"]), min(above, bound)
            if minor["rank"] == bound:
                return {**described, **minor, "bound": witness}
    raise ArithmeticError(f"rank lies between {below} and {above}")


def sites_inside(family: Family, partition: Choice) -> tuple[int, ...]:
    """The sites of I, ascending; none for recurrent circuits."""
    if isinstance(family, TiedTree):
        return sites_inside(family.shape, partition)
    if isinstance(family, TreeShape | OverlappingShape):
        return Partition.of(family.tree.shape if isinstance(family, TreeShape) else family.sites, partition).inside
    if not isinstance(family, RecurrentShape):
        raise ArgumentError(f"family: got {short(family)}; accepted: a TreeShape, OverlappingShape or RecurrentShape")
    if family.steps % 2:
        raise ArgumentError(f"steps: got {family.steps}; accepted: an even number")
    return ()


def description(family: Family, inside: Sequence[int]) -> dict[str, Any]:
    """The architecture's fields."""
    if isinstance(family, RecurrentShape):
        return {"family": "recurrent", **vars(family)}
    if isinstance(family, OverlappingShape):
        own = {name: list(value) if isinstance(value, tuple) else value for name, value in vars(family).items()}
        return {"family": "overlapping", **own, "inside": list(inside)}
    if isinstance(family, TiedTree):
        own = description(family.shape, inside)
        del own["shared"]
        return {**own, "family": "tied", "maps": [list(each) for each in family.maps]}
    if len(set(family.shared)) > 1:
        raise ArgumentError(f"shared: got {list(family.shared)}; accepted: all levels alike")
    places = {site: place for place, site in enumerate(family.tree.order)}
    return {
        "family": "tree",
        "windows": list(family.tree.windows),
        "widths": list(family.widths),
        "local_dimension": family.local_dimension,
        "shared": family.shared[0],
        "inside": sorted(places[site] for site in inside),
    }


def bounds(family: Family, inside: Sequence[int]) -> Iterator[Bound]:
    """Upper bounds with their witnesses, those that take long to count last."""
    if isinstance(family, RecurrentShape):
        counted = counting_bounds(family.depth, family.local_dimension, family.width, family.steps // 2)
        yield from ((value, {of: steps}) for value, of, steps in sorted(counted))
    elif isinstance(family, TreeShape | TiedTree):
        yield from tree_bounds(family if isinstance(family, TreeShape) else family.shape, inside)
    else:
        cut = graph_min_cut(overlapping_network(family), inside)
        yield cut.value, {"cut": [node_name(node) for node in cut.nodes]}
        outside = sorted({*range(family.count)} - {*inside})
        for side, sites in {"inside": list(inside), "outside": outside}.items():
            if family.shared and family.local_dimension ** len(sites) <= LISTED:
                yield distinguishable(family, sites), {"distinguishable": side}


def tree_bounds(family: TreeShape, inside: Sequence[int]) -> list[Bound]:
    """The min-cut or, where weights are shared and it is less, the symmetric one."""
    places = {site: place for place, site in enumerate(family.tree.order)}
    numbers = (family.tree, family.local_dimension, family.widths, tuple(inside))
    plain = tree_min_cut(*numbers)
    found = [("cut", plain.value, plain.bonds)]
    if all(family.shared):
        found.append(("symmetric", *symmetric_cut(*numbers)))
    return [
        (value, {kind: [f"pool {level} {at}" if level else f"site {places[at]}" for _, level, at, _ in bonds]})
        for kind, value, bonds in sorted(found, key=lambda each: each[1])
    ]


def node_name(node: Any) -> str:
    """A copy tensor of an unfolded overlapping network in words.

    >>> node_name(("position", 1, (4, 5))), node_name(("site", 3)), node_name("output")
    ('position 1 4 5', 'site 3', 'output')
    """
    if isinstance(node, str):
        return node
    kind, *numbers = node
    return " ".join([kind, *(str(each) for part in numbers for each in (part if isinstance(part, tuple) else [part]))])


def largest_minor(family: Family, inside: Sequence[int], seed: str, enough: int) -> dict[str, Any]:
    """A nonsingular minor of `enough` rows or, where there is none, of as many as there are: its fields.

    More and more configurations are taken of either side, at random, until they do.
    """
    values, sizes = evaluated(family, inside, seed)
    count = 2 * enough + SPARE
    while True:
        rows, columns = (chosen(f"{seed} {side}", size, count) for side, size in zip("rc", sizes, strict=True))
        if isinstance(family, OverlappingShape) and not is_listed(family):
            rows = framed_codes(family, inside, seed)
        found = pivots(values(rows, columns), SMALL_FIELD)
        if len(found.rows) == enough or count >= max(sizes) or count > MOST:
            break
        count *= 4
    return {
        "prime": SMALL_FIELD.prime,
        "seed": seed,
        "rank": len(found.rows),
        "rows": [rows[place] for place in found.rows],
        "columns": [columns[place] for place in found.columns],
    }


def chosen(word: str, size: int, count: int) -> list[int]:
    """`count` different numbers below `size`, hashed from a word; all of them where there are no more."""
    if size <= count:
        return list(range(size))
    numbers = dict.fromkeys(hashed(f"{word} {place}") % size for place in range(2 * count))
    return sorted(list(numbers)[:count])


def hashed(text: str) -> int:
    """The SHA-256 of a text as a number."""
    return int.from_bytes(sha256(text.encode()).digest(), "big")


class Weights:
    """Weights one after the other: number i is SHA-256("seed:i") mod p."""

    def __init__(self, seed: str) -> None:
        self.seed = seed
        self.drawn = 0

    def __call__(self, *shape: int) -> np.ndarray:
        """The next ones, row-major."""
        words = range(self.drawn, self.drawn + math.prod(shape))
        self.drawn += len(words)
        numbers = [hashed(f"{self.seed}:{word}") % SMALL_FIELD.prime for word in words]
        return np.array(numbers, dtype=np.int64).reshape(shape)


def evaluated(family: Family, inside: Sequence[int], seed: str) -> tuple[Values, tuple[int, int]]:
    """The function on one-hot configurations of either side, and how many these are."""
    weights = Weights(seed)
    if isinstance(family, TreeShape):
        numbers = [
            (0,) * positions if shared else tuple(range(positions))
            for shared, positions in zip(family.shared, family.tree.positions, strict=False)
        ]
        return tree_values(TiedTree(family, tuple(numbers)), inside, weights)
    if isinstance(family, TiedTree):
        return tree_values(family, inside, weights)
    if isinstance(family, RecurrentShape):
        return recurrent_values(family, weights)
    return overlapping_values(family, inside, weights)


def is_listed(family: OverlappingShape) -> bool:
    """Whether all coefficients are listed, rather than those that are asked for."""
    return bool(family.local_dimension**family.count <= ENTRIES)


def framed_codes(family: OverlappingShape, inside: Sequence[int], seed: str) -> list[int]:
    """Rows that show the rank where random ones would have to be many: every pattern of the frame of I with some more.

    Where these are too many to be tried, some of them.
    """
    generator = np.random.default_rng(hashed(seed))
    rows = framed(generator, family, inside, family.widths[-1] + SPARE_PATTERNS)
    kept = np.sort(generator.permutation(len(rows))[:MOST])
    return [int(code) for code in coded(list(rows[kept].T), family.local_dimension)]


def overlapping_values(
    family: OverlappingShape, inside: Sequence[int], weights: Weights
) -> tuple[Values, tuple[int, int]]:
    """`evaluated` of an overlapping circuit."""
    channels, positions = (family.local_dimension, *family.widths), 1 if family.shared else family.count
    layers = tuple(weights(positions, len(family.offsets), out, into) for into, out in pairwise(channels))
    drawn = OverlappingWeights(layers, weights(1, channels[-1]))
    sizes = family.local_dimension ** len(inside), family.local_dimension ** (family.count - len(inside))
    if is_listed(family):
        whole = matricization(coefficient_tensor(family, drawn, SMALL_FIELD), mask_of(family.count, inside))
        return lambda rows, columns: whole[np.ix_(rows, columns)], sizes

    def values(rows: list[int], columns: list[int]) -> np.ndarray:
        places = zip((rows, columns), (len(inside), family.count - len(inside)), strict=True)
        own, others = (digits_of(codes, count, family.local_dimension).T for codes, count in places)
        return values_on(family, drawn, inside, own, others, SMALL_FIELD)

    return values, sizes


def digits_of(codes: Sequence[int], places: int, dimension: int) -> np.ndarray:
    """The templates that configurations spell, the first place the most significant digit, shape (places, codes).

    >>> digits_of([5, 2], 3, 2).T.tolist()
    [[1, 0, 1], [0, 1, 0]]
    """
    left, digits = list(codes), np.empty((places, len(codes)), dtype=np.int64)
    for place in reversed(range(places)):
        digits[place] = [code % dimension for code in left]
        left = [code // dimension for code in left]
    return digits


def tree_values(tied: TiedTree, inside: Sequence[int], weights: Weights) -> tuple[Values, tuple[int, int]]:
    """`evaluated` of a tree; digits go by sites in tree order."""
    family, tree, dimension = tied.shape, tied.shape.tree, tied.shape.local_dimension
    channels, mask = (dimension, *family.widths), mask_of(tree.sites, inside)
    maps = [
        weights(max(own) + 1, out, into)[list(own)]
        for own, (into, out) in zip(tied.maps, pairwise(channels), strict=True)
    ]
    output = weights(channels[-1])
    sides = [[site for site in tree.order if mask[site] == side] for side in (True, False)]

    def values(rows: list[int], columns: list[int]) -> np.ndarray:
        digits = np.zeros((tree.sites, max(len(rows), len(columns))), dtype=np.int64)
        for sites, codes in zip(sides, (rows, columns), strict=True):
            digits[sites, : len(codes)] = digits_of(codes, len(sites), dimension)
        vectors = SMALL_FIELD.one_hot(dimension)[digits]
        found = Contraction(family, mask, maps, output, vectors, SMALL_FIELD)(slice(0, len(rows)))
        return found[:, : len(columns)]

    return values, (dimension ** len(sides[0]), dimension ** len(sides[1]))


def recurrent_values(family: RecurrentShape, weights: Weights) -> tuple[Values, tuple[int, int]]:
    """`evaluated` of a recurrent circuit."""
    width, dimension, half = family.width, family.local_dimension, family.steps // 2
    inputs = [weights(width, width if layer else dimension) for layer in range(family.depth)]
    memory = [weights(width, width) for _ in range(family.depth)]
    output, times, through = weights(1, width), SMALL_FIELD.multiply, SMALL_FIELD.linear

    def stepped(recalled: list[np.ndarray], templates: np.ndarray) -> list[np.ndarray]:
        """The states after one more step, from what is recalled of those before, (rows, columns, R) each."""
        states = [times(inputs[0].T[templates], recalled[0])]
        for maps, own in zip(inputs[1:], recalled[1:], strict=True):
            states.append(times(through(maps, states[-1]), own))
        return states

    def values(rows: list[int], columns: list[int]) -> np.ndarray:
        starts, ends = (digits_of(codes, half, dimension) for codes in (rows, columns))
        recalled = [np.ones((1, 1, width), dtype=np.int64)] * family.depth
        for templates in starts:
            states = stepped(recalled, templates[:, None])
            recalled = [through(maps, state) for maps, state in zip(memory, states, strict=True)]
        found = np.empty((len(rows), len(columns)), dtype=np.int64)
        for start in range(0, len(rows), step := max(1, CHUNK // len(columns))):
            held = [state[start : start + step] for state in recalled]
            for templates in ends:
                states = stepped(held, templates[None, :])
                held = [through(maps, state) for maps, state in zip(memory, states, strict=True)]
            found[start : start + step] = through(output, states[-1])[..., 0]
        return found

    return values, (dimension**half, dimension**half)
