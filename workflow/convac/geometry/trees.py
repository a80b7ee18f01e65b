"""Pooling trees: an order of the sites and a window size per level, so that pooling is one reshape and one reduction.

Whatever the geometry, level 1 pools consecutive runs of `windows[0]` sites of the ordered input, level 2 consecutive
runs of `windows[1]` of the results, and so on. A geometry only chooses which sites stand next to one another. It has a
name, or is a tree file (`convac.geometry.tree_files`).
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

import numpy as np

from convac.arrays import grid_shape, integer, integers, short
from convac.errors import ArgumentError, FileError
from convac.geometry import tree_files
from convac.geometry.tree_files import TreeContent
from convac.seeds import stream

# An array of the sites of one level: a grid of positions, each with the ordered sites below it on the last axis.
Grid = np.ndarray


@dataclass(frozen=True)
class PoolingTree:
    """A tree of pooling windows over the sites of a line or a grid.

    Attributes:
        shape: sites along each axis, e.g. `(32, 32)`; sites are numbered row-major from 0.
        order: the N site numbers in tree order.
        windows: how many positions level 1, 2, … pools into one; their product is N.

    Raises:
        ArgumentError: something isn't an integer, `order` isn't a permutation of the sites, or the windows don't
            multiply to their number.

    Source: 1605.06743 (pooling geometry as the mode tree of a hierarchical decomposition).

    >>> tree = PoolingTree.named("mirror", (4, 4))
    >>> tree.order[:4], tree.windows
    ((0, 3, 12, 15), (4, 4))
    """

    shape: tuple[int, ...]
    order: tuple[int, ...]
    windows: tuple[int, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "shape", grid_shape(self.shape))
        object.__setattr__(self, "order", integers(self.order, "order"))
        object.__setattr__(self, "windows", integers(self.windows, "windows"))
        if len(self.order) != self.sites or sorted(self.order) != list(range(self.sites)):
            raise ArgumentError(f"order: must list each of the {self.sites} sites once")
        if math.prod(self.windows) != self.sites or min(self.windows, default=0) < 2:
            raise ArgumentError(
                f"windows: {short(list(self.windows))} doesn't fit; accepted: integers ≥ 2 with product {self.sites}"
            )

    @classmethod
    def named(
        cls, geometry: str | Path, shape: Sequence[int], windows: Sequence[int] | None = None, seed: int = 0
    ) -> "PoolingTree":
        """The tree of a geometry, which a name or a file tells, over a line or grid of sites.

        Args:
            geometry: `square` (neighbouring blocks), `mirror` (a site with its reflections, at every level),
                `line` (consecutive sites), `dilated` (the most distant sites first) or `random`; or the path of a tree
                file, which ends in `.json`.
            shape: sites along each axis.
            windows: positions pooled at each level; by default those of the file, else one smallest prime factor per
                axis and level, 2×2 on a grid whose sides are powers of two.
            seed: of the `random` geometry.

        Raises:
            ArgumentError: the geometry is unknown or doesn't fit the shape.
            FileError: a tree file is missing, damaged, malformed or over other sites.
        """
        sides = grid_shape(shape)
        if math.prod(sides) < 2:
            raise ArgumentError(f"sites: got {list(sides)}; accepted: at least 2 sites")
        if tree_files.is_file(geometry):
            tree = cls.read(geometry, sides)
            return tree if windows is None else cls(sides, tree.order, integers(windows, "windows"))
        if not isinstance(geometry, str) or geometry not in GEOMETRIES:
            known = ", ".join(GEOMETRIES)
            raise ArgumentError(f"geometry: {short(geometry)} is unknown; accepted: {known}, or a tree file, PATH.json")
        if geometry == "mirror" and any(side & (side - 1) for side in sides):
            raise ArgumentError(f"geometry: mirror doesn't fit {list(sides)} sites; accepted: sides of 2, 4, 8, …")
        natural, drawn = natural_windows(sides), integer(seed, "seed")
        if geometry == "random":
            order = stream("geometry", "random", drawn, *sides).permutation(math.prod(sides))
        else:
            order = merged(sides, GEOMETRIES[geometry]).ravel()
        return cls(sides, tuple(order.tolist()), natural if windows is None else integers(windows, "windows"))

    @classmethod
    def read(cls, path: str | Path, shape: Sequence[int] | None = None) -> "PoolingTree":
        """The tree in a tree file (docs/tree-format.md).

        Args:
            path: of the file, JSON.
            shape: the sites along each axis that it must be over; by default any.

        Raises:
            ArgumentError: the path or the shape isn't one.
            FileError: it is missing, damaged, malformed, not balanced, or over other sites.
        """
        sides = None if shape is None else grid_shape(shape)
        content = tree_files.read_content(path)
        if sides is not None and content.sites != sides:
            there, wanted = (" by ".join(map(str, each)) for each in (content.sites, sides))
            raise FileError(f"{path}: is a tree over {there} sites; accepted: one over {wanted}")
        try:
            return cls(*content)
        except ArgumentError as error:
            raise FileError(f"{path}: {error}") from error

    def write(self, path: str | Path) -> None:
        """Write the tree as a file that `read` takes, wherever a geometry is named.

        Raises:
            ArgumentError, FileError: the path isn't one, or can't be written.
        """
        tree_files.write_content(path, TreeContent(self.shape, self.order, self.windows))

    @property
    def sites(self) -> int:
        """N, the number of sites."""
        return math.prod(self.shape)

    @property
    def levels(self) -> int:
        """L, the number of pooling levels."""
        return len(self.windows)

    @property
    def positions(self) -> tuple[int, ...]:
        """Positions that enter level 1, 2, …, and the single one that leaves the last: L + 1 numbers."""
        counts = [self.sites]
        for window in self.windows:
            counts.append(counts[-1] // window)
        return tuple(counts)


def prime_factors(number: int) -> list[int]:
    """Prime factors from the smallest up.

    >>> prime_factors(28)
    [2, 2, 7]
    """
    factors: list[int] = []
    divisor = 2
    while number > 1:
        while number % divisor == 0:
            factors.append(divisor)
            number //= divisor
        divisor += 1
    return factors


def level_factors(shape: tuple[int, ...]) -> list[tuple[int, ...]]:
    """Per level, how many positions each axis merges."""
    return list(zip_longest(*map(prime_factors, shape), fillvalue=1))


def natural_windows(shape: tuple[int, ...]) -> tuple[int, ...]:
    """The window of each level when every axis merges one prime factor at a time."""
    return tuple(math.prod(factors) for factors in level_factors(shape))


def neighbours(axis: int, length: int, factor: int) -> list[np.ndarray]:
    """Positions that merge along one axis, adjacent ones together."""
    return [np.arange(offset, length, factor) for offset in range(factor)]


def distant(axis: int, length: int, factor: int) -> list[np.ndarray]:
    """Positions that merge along one axis, those a `factor`-th of it apart together."""
    return list(np.arange(length).reshape(factor, -1))


def reflections(axis: int, length: int, factor: int) -> list[np.ndarray]:
    """Positions that merge along one axis, each with its reflection."""
    if factor == 1:
        return [np.arange(length)]
    return [np.arange(length // 2), np.arange(length - 1, length // 2 - 1, -1)]


Rule = Callable[[int, int, int], list[np.ndarray]]


def merged(shape: tuple[int, ...], rule: Rule | None) -> Grid:
    """Sites in tree order when every level merges positions by `rule`; row-major order without one."""
    grid: Grid = np.arange(math.prod(shape)).reshape(*shape, 1)
    if rule is None:
        return grid
    for factors in level_factors(shape):
        for axis, factor in reversed(list(enumerate(factors))):
            groups = rule(axis, grid.shape[axis], factor)
            grid = np.concatenate([grid.take(group, axis=axis) for group in groups], axis=-1)
    return grid


GEOMETRIES: dict[str, Rule | None] = {
    "square": neighbours,
    "mirror": reflections,
    "line": None,
    "dilated": distant,
    "random": None,
}
