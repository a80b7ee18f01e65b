"""Partitions of the sites into I and its complement: named, or given by site numbers, coordinates or a mask."""

import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Union

import numpy as np

from convac.arrays import given, grid_shape, has_boolean, integers, is_array, series, short
from convac.errors import ArgumentError

# what `Partition.of` takes: a name or text, a partition, site numbers, coordinates, a mask
Choice = Union[str, "Partition", np.ndarray, Iterable[int], Iterable[Iterable[int]]]
SITES = re.compile(r"\s*[-+]?\d{1,18}\s*(,\s*[-+]?\d{1,18}\s*)*,?\s*")


@dataclass(frozen=True)
class Partition:
    """A non-trivial subset I of the sites; its complement is implied.

    Attributes:
        shape: sites along each axis; sites are numbered row-major from 0.
        inside: the sites of I, ascending.

    Raises:
        ArgumentError: I is empty, holds every site, repeats one, names one out of range or by no integer.

    >>> Partition.of((2, 2), "left-right").inside
    (0, 2)
    >>> Partition.of((2, 2), [(0, 0), (1, 0)]) == Partition.of((2, 2), np.array([[True, False], [True, False]]))
    True
    """

    shape: tuple[int, ...]
    inside: tuple[int, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "shape", grid_shape(self.shape))
        object.__setattr__(self, "inside", tuple(sorted(integers(self.inside, "partition"))))
        count = math.prod(self.shape)
        if not self.inside:
            raise ArgumentError("partition: is empty; accepted: at least one site")
        outside = [site for site in self.inside if not 0 <= site < count]
        if outside:
            raise ArgumentError(f"partition: site {short(outside[0])} is out of range; accepted: 0 to {count - 1}")
        if len(set(self.inside)) < len(self.inside):
            raise ArgumentError("partition: names a site twice; accepted: each site at most once")
        if len(self.inside) == count:
            raise ArgumentError(f"partition: holds all {count} sites; accepted: a proper subset")

    @classmethod
    def of(cls, shape: Sequence[int], choice: Choice) -> "Partition":
        """The partition that `choice` names, or the one whose I is the given set of sites.

        Args:
            shape: sites along each axis.
            choice: a name of `PARTITIONS`; site numbers, in any series or as text, `0, 1`; coordinates, one integer
                per axis each, e.g. (row, column); a mask, boolean, of the grid's shape or of its N entries; or a
                partition, which must fit the shape. Numbers are integers of any library, and one site is `[5]`.

        Raises:
            ArgumentError: anything else, floats and a bare number among them.
        """
        sides = grid_shape(shape)
        if isinstance(choice, Partition):
            if choice.shape != sides:
                raise ArgumentError(f"partition: is over {list(choice.shape)} sites; accepted: {list(sides)}")
            return choice
        if not isinstance(choice, str):
            return cls(sides, numbered(choice, sides))
        if SITES.fullmatch(choice):
            return cls(sides, tuple(int(site) for site in choice.rstrip(", ").split(",")))
        return cls.named(sides, choice)

    @classmethod
    def named(cls, shape: Sequence[int], name: str) -> "Partition":
        """The partition of that name; raises ArgumentError for any other text."""
        sides = grid_shape(shape)
        if name not in PARTITIONS:
            raise ArgumentError(
                f"partition: {short(name)} is unknown; accepted: {', '.join(PARTITIONS)} or site numbers"
            )
        rows, columns = np.indices((1, *sides)[-2:])
        chosen = PARTITIONS[name](rows, columns, rows.shape[0], rows.shape[1]).ravel()
        return cls(sides, tuple(np.flatnonzero(chosen).tolist()))

    @property
    def mask(self) -> np.ndarray:
        """Boolean array over the sites, shape (N,), true inside I."""
        mask = np.zeros(math.prod(self.shape), dtype=bool)
        mask[list(self.inside)] = True
        return mask


def numbered(choice: object, sides: tuple[int, ...]) -> tuple[int, ...]:
    """Row-major numbers of the sites that numbers, coordinates or a mask choose; a number is checked where it enters.

    Raises:
        ArgumentError: the choice is none of these.
    """
    accepted = "a name, site numbers, coordinates or a boolean mask"
    entries = choice if is_array(choice) else series(choice, "partition", accepted)
    array = given(entries, "partition", accepted)
    if array.size == 0:
        return ()
    if array.dtype.kind == "b":
        shapes = dict.fromkeys((sides, (math.prod(sides),)))
        if array.shape not in shapes:
            wanted = " or ".join(str(list(shape)) for shape in shapes)
            raise ArgumentError(
                f"partition: is a mask of shape {list(array.shape)}; accepted: a mask of shape {wanted}"
            )
        return tuple(np.flatnonzero(array).tolist())
    if array.dtype.kind not in "iu" or has_boolean(entries) or array.ndim not in {1, 2}:
        raise ArgumentError(f"partition: got {short(choice)}; accepted: {accepted}")
    if array.ndim == 1:
        return tuple(array.tolist())
    if array.shape[1] != len(sides):
        wanted = f"coordinates [sites, {len(sides)}] or a boolean mask"
        raise ArgumentError(f"partition: integers of shape {list(array.shape)}; accepted: {wanted}")
    odd = ((array < 0) | (array >= sides)).any(axis=1)
    if odd.any():
        first = array[odd][0].tolist()
        raise ArgumentError(f"partition: site {first} is out of range; accepted: coordinates on {list(sides)} sites")
    return tuple(np.ravel_multi_index(array.T, sides).tolist())


Rule = Callable[[np.ndarray, np.ndarray, int, int], np.ndarray]

# Each is a test of row and column; a line of sites is a grid of one row.
PARTITIONS: dict[str, Rule] = {
    "left-right": lambda row, column, height, width: column < width / 2,
    "top-bottom": lambda row, column, height, width: row < height / 2,
    "interleaved": lambda row, column, height, width: column % 2 == 0,
    "checkerboard": lambda row, column, height, width: (row + column) % 2 == 0,
    "block": lambda row, column, height, width: (row < height / 2) & (column < width / 2),
    "start-end": lambda row, column, height, width: row * width + column < height * width / 2,
    "centre": lambda row, column, height, width: (
        (abs(2 * row + 1 - height) <= height / 2) & (abs(2 * column + 1 - width) <= width / 2)
    ),
}
