"""Overlapping convolutional arithmetic circuits: generalised convolutions with stride 1, then a product over all sites.

Each channel of a position is the product, over the K (on a grid K × K) positions of its window, of linear maps of the
channels there; after the last layer the positions multiply channel by channel, and a linear map gives the value.

Source: 1703.02065 (overlapping architectures, the generalised convolution); 1803.09780 (their entanglement).
"""

import math
from dataclasses import dataclass
from functools import reduce
from itertools import pairwise, product
from typing import NamedTuple

import numpy as np

from convac.arrays import grid_shape, integer, integers
from convac.circuits.fields import Field
from convac.errors import ArgumentError

ENTRIES = 2**21


@dataclass(frozen=True)
class OverlappingShape:
    """A family of overlapping circuits: everything but the values of the weights.

    Attributes:
        sites: N on a line, or (height, width) of a grid; numbered row-major.
        kernel: K, positions of a window along each axis.
        widths: channels of each layer, D_1 … D_L.
        local_dimension: M, templates of a site.
        periodic: whether windows go round (a ring, a torus) or end at the boundary.
        shared: whether all positions of a layer have the same maps, or each its own.

    Raises:
        ArgumentError: a number isn't a positive integer, or the kernel is longer than an axis.
    """

    sites: tuple[int, ...]
    kernel: int
    widths: tuple[int, ...]
    local_dimension: int = 2
    periodic: bool = True
    shared: bool = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "sites", grid_shape(self.sites))
        object.__setattr__(self, "kernel", integer(self.kernel, "kernel", 1, min(self.sites)))
        object.__setattr__(self, "widths", integers(self.widths, "widths", least=1))
        object.__setattr__(self, "local_dimension", integer(self.local_dimension, "local_dimension", least=1))
        if not self.widths:
            raise ArgumentError("widths: got none; accepted: one positive integer per layer")

    @property
    def count(self) -> int:
        """N, the number of sites and of positions of every layer."""
        return math.prod(self.sites)

    @property
    def offsets(self) -> list[tuple[int, ...]]:
        """Positions of a window relative to its corner."""
        return list(product(range(self.kernel), repeat=len(self.sites)))

    @property
    def parameters(self) -> int:
        """Number of weights; a map that no window uses doesn't count."""
        channels = (self.local_dimension, *self.widths)
        used = len(self.offsets) if self.shared else sum(len(self.window(each)) for each in range(self.count))
        return used * sum(into * out for into, out in pairwise(channels)) + self.widths[-1]

    def window(self, position: int) -> list[tuple[int, int]]:
        """The window of a position: (number of the offset, position below), those outside an open boundary left out."""
        corner = np.unravel_index(position, self.sites)
        found = []
        for number, offset in enumerate(self.offsets):
            place = [int(start) + step for start, step in zip(corner, offset, strict=True)]
            if self.periodic or all(each < side for each, side in zip(place, self.sites, strict=True)):
                found.append((number, int(np.ravel_multi_index(place, self.sites, mode="wrap"))))
        return found


def case_of(shape: OverlappingShape) -> str:
    """The network in words: the name of a pair in the claims."""
    labels = labels_of(shape)
    numbers = f"K={shape.kernel} D={labels['widths']} M={shape.local_dimension}"
    return f"{labels['sites']} {labels['boundary']} {numbers} {labels['weights']}"


def word_of(shape: OverlappingShape) -> str:
    """The network in the word of its stream: a seed, whatever labels are called."""
    sites, widths = "×".join(map(str, shape.sites)), "-".join(map(str, shape.widths))
    boundary, weights = "periodic" if shape.periodic else "open", "shared" if shape.shared else "per location"
    return f"{sites} {boundary} K={shape.kernel} D={widths} M={shape.local_dimension} {weights}"


def labels_of(shape: OverlappingShape) -> dict[str, str | int]:
    """Label columns of a network."""
    return {
        "weights": "shared" if shape.shared else "per location",
        "boundary": "periodic" if shape.periodic else "open",
        "sites": name_of(shape.sites),
        "kernel": shape.kernel,
        "layers": len(shape.widths),
        "widths": "-".join(map(str, shape.widths)),
        "local_dimension": shape.local_dimension,
    }


def name_of(sites: tuple[int, ...]) -> str:
    """A site grid's shape as a label."""
    return "×".join(map(str, sites))


class OverlappingWeights(NamedTuple):
    """Per layer the maps of each window's positions, (1 or N, K or K², out, in); the output, (1, D_L)."""

    layers: tuple[np.ndarray, ...]
    output: np.ndarray


def draw(shape: OverlappingShape, field: Field, generator: np.random.Generator) -> OverlappingWeights:
    """Independent random weights."""
    channels = (shape.local_dimension, *shape.widths)
    positions = 1 if shape.shared else shape.count
    layers = [field.draw(generator, (positions, len(shape.offsets), out, into)) for into, out in pairwise(channels)]
    return OverlappingWeights(tuple(layers), field.draw(generator, (1, channels[-1])))


def checked(shape: OverlappingShape, weights: OverlappingWeights, field: Field) -> OverlappingWeights:
    """The weights as elements of the field; raises ArgumentError unless they have the family's shapes."""
    channels = (shape.local_dimension, *shape.widths)
    positions = 1 if shape.shared else shape.count
    if len(weights.layers) != len(shape.widths):
        raise ArgumentError(f"weights: {len(weights.layers)} layers given; accepted: {len(shape.widths)}")
    layers = [
        field.read(maps, f"weights: layer {number}", (positions, len(shape.offsets), out, into))
        for number, (maps, (into, out)) in enumerate(zip(weights.layers, pairwise(channels), strict=True), start=1)
    ]
    return OverlappingWeights(tuple(layers), field.read(weights.output, "output", (1, channels[-1])))


class Table(NamedTuple):
    """A position's channels as a function of the sites that it sees: `values` has an axis per site, then channels."""

    support: tuple[int, ...]
    values: np.ndarray


def coefficient_tensor(shape: OverlappingShape, weights: OverlappingWeights, field: Field) -> np.ndarray:
    """Values on all one-hot inputs, shape (M, …, M), row-major sites.

    A site is read more than once, so that nothing less than the templates shows the rank. Every position is tabulated
    over the sites that it sees, no more.

    Raises:
        ArgumentError: there are more than 2^21 inputs, or weights aren't the field's or of the family's shapes.
    """
    if shape.local_dimension**shape.count > ENTRIES:
        raise ArgumentError(f"sites: {shape.local_dimension}^{shape.count} inputs are too many; accepted: {ENTRIES}")
    weights = checked(shape, weights, field)
    tables = [Table((site,), field.one_hot(shape.local_dimension)) for site in range(shape.count)]
    for maps in weights.layers:
        tables = pooled(shape, maps, tables, field)
    whole = multiplied(tables, field)
    return field.linear(weights.output, whole.values)[..., 0]


def pooled(shape: OverlappingShape, maps: np.ndarray, tables: list[Table], field: Field) -> list[Table]:
    """The tables of a layer's positions from those below."""
    return [
        multiplied(
            [
                Table(tables[q].support, field.linear(maps[p % len(maps), k], tables[q].values))
                for k, q in shape.window(p)
            ],
            field,
        )
        for p in range(shape.count)
    ]


def multiplied(tables: list[Table], field: Field) -> Table:
    """Entrywise product of tables over the union of their sites."""
    return reduce(lambda one, other: joined(one, other, field), tables)


def joined(one: Table, other: Table, field: Field) -> Table:
    """Entrywise product of two tables."""
    support = tuple(sorted({*one.support, *other.support}))
    first, second = (
        table.values.reshape(
            [table.values.shape[0] if site in table.support else 1 for site in support] + [table.values.shape[-1]]
        )
        for table in (one, other)
    )
    return Table(support, field.rescaled(field.multiply(first, second)))
