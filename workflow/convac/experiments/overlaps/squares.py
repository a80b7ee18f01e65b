"""Overlapping networks in two dimensions: rectangles of grids, and squares with a volume law beside Boltzmann machines.

Source: 1803.09780: in two dimensions a volume law takes overlapping networks weights in proportion to the linear
dimension; Boltzmann machines the square of it (1701.04844), fully connected ones its fourth power. A block of α × α
sites stands in a torus of 2α × 2α here, M = 2, and a volume law means its full rank 2^(α²). Ours: machines whose hidden
units are the same everywhere, as the networks' windows are.
"""

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise, product
from typing import Any

import numpy as np

from convac.circuits.fields import PRIME_FIELD
from convac.circuits.overlapping import (
    OverlappingShape,
    OverlappingWeights,
    case_of,
    coefficient_tensor,
    draw,
    labels_of,
    name_of,
    word_of,
)
from convac.entanglement.block_rank import exact_rank, front_rank
from convac.entanglement.generic_rank import rank
from convac.experiments.overlaps.jobs import Rectangles, Squares
from convac.progress import reporter
from convac.seeds import stream

Row = dict[str, Any]
GRIDS = ((2, 3), (2, 4), (2, 5), (2, 6), (2, 7), (2, 8), (3, 3), (3, 4), (3, 5), (4, 4))
SPARE = 32  # configurations of the other sites beside the block's own
# of streams: seeds, not names
WORDS = {"sparse": "sparse", "per location": "per location", "shared pair": "pair"}
# what the weights of a volume law grow with: the exponent of the block's side
EXPONENTS = {
    ("overlapping", "shared"): 1,
    ("RBM", "sparse"): 2,
    ("RBM", "shared"): 2,
    ("RBM", "shared pair"): 0,
    ("RBM", "per location"): 4,
}


def rectangles(job: Rectangles) -> Iterator[Row]:
    """Rank and front formula of `networks` rectangles of grids, weights per location."""
    drawn = searched_rectangles(job.networks, job.entries)
    report = reporter(len(drawn), "network")
    for number, (shape, sides) in enumerate(drawn, start=1):
        inside = rectangle(shape.sites, sides)
        weights = draw(shape, PRIME_FIELD, stream("overlaps rectangle " + word_of(shape)))
        residues = coefficient_tensor(shape, weights, PRIME_FIELD)
        block = name_of(sides)
        labels = {**labels_of(shape), "network": "rectangles", "block": block, "block_sites": len(inside), "seed": 0}
        labels["case"] = f"{case_of(shape)} block {block}"
        values = {"block_rank": exact_rank(residues, inside), "front_rank": front_rank(shape, sides)}
        for quantity, value in values.items():
            yield {**labels, "quantity": quantity, "value": float(value)}
        report(number, f"{name_of(shape.sites)} sites")


def searched_rectangles(networks: int, entries: int) -> list[tuple[OverlappingShape, tuple[int, ...]]]:
    """Networks and rectangles of which the front's formula says less than M^|A|, the further below the likelier.

    Grids up to 2×8 and 4×4, kernels 2 and 3, two to four layers of one width from M to 63; every boundary;
    rectangles at a corner of at most half of the sites.
    """
    found, excesses = [], []
    for sites, kernel, layers, local_dimension, periodic in product(GRIDS, (2, 3), (2, 3, 4), (2, 3, 4), (True, False)):
        if local_dimension ** math.prod(sites) > entries or kernel > min(sites):
            continue
        for width in range(local_dimension, 64):
            shape = OverlappingShape(sites, kernel, (width,) * layers, local_dimension, periodic, shared=False)
            for sides in product(*(range(1, side + 1) for side in sites)):
                excess = math.log(local_dimension ** math.prod(sides) / front_rank(shape, sides))
                if 2 * math.prod(sides) <= shape.count and excess > 0:
                    found.append((shape, sides))
                    excesses.append(excess)
    if not found:
        return []
    weights = np.array(excesses)
    generator = stream("overlaps rectangles", entries)
    chosen = generator.choice(len(found), min(networks, len(found)), replace=False, p=weights / weights.sum())
    return [found[number] for number in sorted(chosen.tolist())]


def rectangle(sites: tuple[int, ...], sides: Sequence[int]) -> list[int]:
    """Site numbers of a rectangle at the grid's corner.

    >>> rectangle((3, 4), (2, 2))
    [0, 1, 4, 5]
    """
    numbers = np.arange(math.prod(sites)).reshape(sites)
    return [int(number) for number in numbers[tuple(slice(side) for side in sides)].ravel()]


def squares(job: Squares) -> Iterator[Row]:
    """Fewest weights of a volume law by exact rank, by bounds, and the exponent of the side in the latter."""
    for side in job.sides:
        for kind, value in measured(side).items():
            yield {**square_labels(kind, side), "quantity": "square_parameters", "value": float(value)}
    bounds = {side: bounded(side) for side in sorted({*job.sides, *job.bounded})}
    for side, found in bounds.items():
        for kind, value in found.items():
            yield {**square_labels(kind, side), "quantity": "square_bound", "value": float(value)}
    for smaller, larger in pairwise(job.bounded):
        for kind, law in EXPONENTS.items():
            exponent = math.log2(bounds[larger][kind] / bounds[smaller][kind])
            yield {**square_labels(kind, larger), "quantity": "square_exponent", "value": exponent}
            yield {**square_labels(kind, larger), "quantity": "square_exponent_law", "value": float(law)}


def square_labels(kind: tuple[str, str], side: int) -> Row:
    """Network, weights and sizes of a square block."""
    sites = name_of((2 * side, 2 * side))
    return {"network": kind[0], "weights": kind[1], "sites": sites, "side": side, "seed": 0}


def bounded(side: int) -> dict[tuple[str, str], int]:
    """Fewest weights with which the bounds allow a volume law.

    Overlapping networks: by the front's formula, kernels 2 and 3, widths 2 to 4. Machines: a hidden unit doubles the
    rank at most, where it reads both sides. A sparse one reads a site on either, two weights and a bias; a fully
    connected one has a weight for every site and a bias. A filter, the same at every site, of F × F weights and a bias
    has the frame of an overlapping network whose layers but the last see F × F sites; one of two sites a weight each.
    """
    sites, units = 4 * side**2, side**2
    return {
        ("overlapping", "shared"): min(shape.parameters for shape in fitting_shapes(side)),
        ("RBM", "sparse"): 3 * units,
        ("RBM", "shared"): next(size**2 + 1 for size in range(1, 2 * side + 1) if filter_fits(side, size)),
        ("RBM", "shared pair"): 3,
        ("RBM", "per location"): units * (sites + 1),
    }


def filter_fits(side: int, size: int) -> bool:
    """Whether enough filters of size × size read both sides, and their frame is the whole block.

    >>> [next(size for size in range(1, 2 * side + 1) if filter_fits(side, size)) for side in (1, 2, 3, 4)]
    [2, 2, 3, 3]
    """
    return straddling(side, size) >= side**2 and 2 * (size - 1) >= side


def fitting_shapes(side: int) -> Iterator[OverlappingShape]:
    """Of every kernel and width the fewest layers with which the front's formula gives the full rank."""
    for kernel, width in product((2, 3), (2, 3, 4)):
        if kernel <= 2 * side:
            layers = 1
            while not volume_law(shape := OverlappingShape((2 * side,) * 2, kernel, (width,) * layers), side):
                layers += 1
            yield shape


def volume_law(shape: OverlappingShape, side: int) -> bool:
    """Whether the front's formula gives a square block its full rank: by logarithms, 2^(α²) has many digits."""
    reach = (len(shape.widths) - 1) * (shape.kernel - 1)
    left = max(0, side - 2 * reach) ** 2  # sites of the block that aren't in the frame
    return math.log2(shape.widths[-1]) >= left


def straddling(side: int, size: int) -> int:
    """Filters of size × size on the torus that read both sides of a square block.

    >>> straddling(2, 1), straddling(2, 2), straddling(3, 2)
    (0, 8, 12)
    """
    return int(min(side + size - 1, 2 * side) ** 2 - max(side - size + 1, 0) ** 2)


def measured(side: int) -> dict[tuple[str, str], int]:
    """Fewest weights with the full rank by exact rank on all configurations of the block and some of the others."""
    sites, units = 4 * side**2, side**2
    configurations = split_configurations(side)
    shapes = [
        OverlappingShape((2 * side,) * 2, kernel, (width,) * layers)
        for kernel, layers, width in product((2, 3), range(1, 2 * side + 1), (2, 3, 4))
        if kernel <= 2 * side
    ]
    found = {
        ("overlapping", "shared"): next(
            shape.parameters
            for shape in sorted(shapes, key=lambda each: each.parameters)
            if volume_law(shape, side) and full(overlapping_values(shape, configurations), side)
        ),
        ("RBM", "shared"): next(
            size**2 + 1 for size in range(1, 2 * side + 1) if full(filter_values(side, size, configurations), side)
        ),
    }
    for weights, reads in (("sparse", opposite_sites(side)), ("per location", [list(range(sites))] * units)):
        if not full(machine_values(side, weights, reads, configurations), side):
            raise ArithmeticError(f"machine of {units} hidden units, {weights}: less than the full rank")
        found["RBM", weights] = sum(len(read) + 1 for read in reads)
    if not full(pair_values(side, configurations), side):
        raise ArithmeticError("machine of pairs of sites, shared: less than the full rank")
    found["RBM", "shared pair"] = 3
    return found


def split_configurations(side: int) -> np.ndarray:
    """All configurations of the block with as many, and a few, of the others: bits, shape (rows, columns, N).

    The others are random but for the sites opposite, which take every configuration.
    """
    sites, inside = 4 * side**2, rectangle((2 * side,) * 2, (side, side))
    every = np.indices((2,) * len(inside)).reshape(len(inside), -1).T
    columns = stream("square columns", side).integers(0, 2, (len(every) + SPARE, sites))
    columns[: len(every), [opposite for _, opposite in opposite_sites(side)]] = every
    bits = np.broadcast_to(columns, (len(every), *columns.shape)).astype(np.int8)
    bits[:, :, inside] = every[:, None]
    return bits


def full(values: np.ndarray, side: int) -> bool:
    """Whether a matrix of residues has the rank 2^(α²)."""
    return bool(rank(values) == 2 ** (side**2))


def overlapping_values(shape: OverlappingShape, configurations: np.ndarray) -> np.ndarray:
    """Values of random weights over the prime field on given bits (…, N), shared over positions of a torus."""
    weights: OverlappingWeights = draw(shape, PRIME_FIELD, stream("square " + word_of(shape)))
    return np.stack([evaluated(shape, weights, each) for each in configurations])


def evaluated(shape: OverlappingShape, weights: OverlappingWeights, bits: np.ndarray) -> np.ndarray:
    """Values on bits (batch, N), shape (batch,)."""
    values = np.eye(2, dtype=np.int64)[bits].reshape(len(bits), *shape.sites, 2)
    for maps in weights.layers:
        pooled = np.ones((1,), dtype=np.int64)
        for number, offset in enumerate(shape.offsets):
            read = np.roll(values, [-step for step in offset], axis=(1, 2))
            pooled = PRIME_FIELD.multiply(pooled, PRIME_FIELD.linear(maps[0, number], read))
        values = pooled
    channels = values.reshape(len(bits), shape.count, -1)
    whole = channels[:, 0]
    for position in range(1, shape.count):
        whole = PRIME_FIELD.multiply(whole, channels[:, position])
    return PRIME_FIELD.linear(weights.output, whole)[..., 0]


def machine_values(side: int, word: str, reads: Sequence[Sequence[int]], configurations: np.ndarray) -> np.ndarray:
    """A machine's values: a factor 1 + b Π w_i^{x_i} for every hidden unit over the sites that it reads."""
    generator = stream("square machine", side, WORDS[word])
    weights = [PRIME_FIELD.draw(generator, (len(read) + 1,)) for read in reads]
    return hidden_units(reads, weights, configurations)


def filter_values(side: int, size: int, configurations: np.ndarray) -> np.ndarray:
    """The same of a filter of size × size that stands at every site of the torus, all with the same weights."""
    width = 2 * side
    weights = PRIME_FIELD.draw(stream("square filter", side, size), (size**2 + 1,))
    numbers = np.arange(width**2).reshape(width, width)
    reads = [
        np.roll(numbers, (-row, -column), (0, 1))[:size, :size].ravel().tolist()
        for row, column in np.ndindex(width, width)
    ]
    return hidden_units(reads, [weights] * len(reads), configurations)


def pair_values(side: int, configurations: np.ndarray) -> np.ndarray:
    """The same of a hidden unit at every site that reads it and the site α to its right, all with the same weights."""
    numbers = np.arange(4 * side**2).reshape((2 * side,) * 2)
    reads = np.stack([numbers, np.roll(numbers, -side, axis=1)], axis=-1).reshape(-1, 2).tolist()
    weights = PRIME_FIELD.draw(stream("square machine", side, WORDS["shared pair"]), (3,))
    return hidden_units(reads, [weights] * len(reads), configurations)


def hidden_units(reads: Sequence[Sequence[int]], weights: Sequence[np.ndarray], bits: np.ndarray) -> np.ndarray:
    """Π_h (1 + b_h Π_i w_{h,i}^{x_i}) on bits (…, N), over the prime field; biases stand last in a unit's weights."""
    values = np.ones(bits.shape[:-1], dtype=np.int64)
    for read, own in zip(reads, weights, strict=True):
        term = np.broadcast_to(own[-1:], values.shape[-1:])
        for site, weight in zip(read, own[:-1], strict=True):
            term = PRIME_FIELD.multiply(term, np.where(bits[..., site] == 1, weight, 1))
        values = PRIME_FIELD.multiply(values, (1 + term) % PRIME_FIELD.prime)
    return values


def opposite_sites(side: int) -> list[list[int]]:
    """Every site of the block with the site as far beyond its right edge.

    >>> opposite_sites(1)
    [[0, 1]]
    """
    width = 2 * side
    return [[row * width + column, row * width + column + side] for row in range(side) for column in range(side)]
