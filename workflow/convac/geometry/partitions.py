"""Partitions of the sites into I and its complement, named or given as a set of sites."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from convac.errors import ArgumentError


@dataclass(frozen=True)
class Partition:
    """A non-trivial subset I of the sites; its complement is implied.

    Attributes:
        shape: sites along each axis; sites are numbered row-major from 0.
        inside: the sites of I, ascending.

    Raises:
        ArgumentError: I is empty, holds every site, repeats one or names one out of range.

    >>> Partition.of((2, 2), "left-right").inside
    (0, 2)
    """

    shape: tuple[int, ...]
    inside: tuple[int, ...]

    def __post_init__(self) -> None:
        count = math.prod(self.shape)
        if not self.inside:
            raise ArgumentError("partition: is empty; accepted: at least one site")
        outside = [site for site in self.inside if not 0 <= site < count]
        if outside:
            raise ArgumentError(f"partition: site {outside[0]} is out of range; accepted: 0 to {count - 1}")
        if len(set(self.inside)) < len(self.inside):
            raise ArgumentError("partition: names a site twice; accepted: each site at most once")
        if len(self.inside) == count:
            raise ArgumentError(f"partition: holds all {count} sites; accepted: a proper subset")
        object.__setattr__(self, "inside", tuple(sorted(self.inside)))

    @classmethod
    def of(cls, shape: Sequence[int], choice: "str | Iterable[int] | Partition") -> "Partition":
        """The partition that `choice` names, or the one whose I is the given set of sites.

        Args:
            shape: sites along each axis.
            choice: a name of `PARTITIONS`, site numbers, or a partition, which must fit the shape.
        """
        sides = tuple(int(side) for side in shape)
        if isinstance(choice, Partition):
            if choice.shape != sides:
                raise ArgumentError(f"partition: is over {list(choice.shape)} sites; accepted: {list(sides)}")
            return choice
        if not isinstance(choice, str):
            return cls(sides, tuple(int(site) for site in choice))
        if choice not in PARTITIONS:
            raise ArgumentError(f"partition: {choice!r} is unknown; accepted: {', '.join(PARTITIONS)} or site numbers")
        rows, columns = np.indices((1, *sides)[-2:])
        chosen = PARTITIONS[choice](rows, columns, rows.shape[0], rows.shape[1]).ravel()
        return cls(sides, tuple(int(site) for site in np.flatnonzero(chosen)))

    @property
    def mask(self) -> np.ndarray:
        """Boolean array over the sites, shape (N,), true inside I."""
        mask = np.zeros(math.prod(self.shape), dtype=bool)
        mask[list(self.inside)] = True
        return mask


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
