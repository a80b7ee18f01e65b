"""A network over a pooling tree on all composites of two sets of images: parts I of rows beside parts J of columns.

What stands at a position that has its sites wholly in I is the same in a whole row of composites: it is evaluated once
per row image, wholly in J once per column image, and only positions that the partition cuts once per composite. A tree
that is cut above level 1 alone needs S passes a side and its top S × S times.

Pooling is a sum or a maximum of what `Splittable.factors` makes of mapped values (logarithms, where values multiply),
so that parts of a window from either side are pooled apart, and then together. Levels that the network tabulates are
gone through as symbols, integers, once for all replicas. The numbers are those of the network itself, up to rounding.

Positions stand along the first axis, then rows and columns of composites, each of length 1 where nothing depends on
them, and channels last.
"""

from abc import abstractmethod
from collections.abc import Callable, Iterator
from functools import partial, reduce
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import embedding

from convac.networks.inputs import Images
from convac.networks.tree import TreeNetwork

# Numbers that a block of rows may hold at its widest level: few enough for caches.
BLOCK = 2**19
COLUMN, ROW, CUT = 0, 1, 2  # where the sites of a position come from

# The k-th positions of some windows: which windows, and which positions.
Turn = tuple[np.ndarray, np.ndarray]
# What pooling takes from some positions of a side, all of them or a block of rows.
Take = Callable[[np.ndarray], Tensor]


class Level(NamedTuple):
    """How one level of the tree is parted. Positions and windows are numbered within their sides.

    Attributes:
        positions: of each side below the level, their numbers in the tree.
        whole: of each side but the cut, its windows that lie wholly there.
        cut: of each side, its positions in windows that are cut.
        windows: how many lie on each side.
        window: positions below each.
    """

    positions: tuple[np.ndarray, ...]
    whole: tuple[list[Turn], ...]
    cut: tuple[list[Turn], ...]
    windows: tuple[int, ...]
    window: int


def levels_of(mask: np.ndarray, windows: tuple[int, ...]) -> list[Level]:
    """How a mask of the sites in tree order parts every level."""
    found, below = [], np.where(mask, ROW, COLUMN)
    for window in windows:
        grouped = below.reshape(-1, window)
        above = np.where((grouped == grouped[:, :1]).all(axis=1), grouped[:, 0], CUT)
        sides = [np.flatnonzero(below == side) for side in (COLUMN, ROW, CUT)]
        found.append(
            Level(
                tuple(sides),
                tuple(turns(positions // window, above, side) for side, positions in enumerate(sides[:CUT])),
                tuple(turns(positions // window, above, CUT) for positions in sides),
                tuple(int(np.sum(above == side)) for side in (COLUMN, ROW, CUT)),
                window,
            )
        )
        below = above
    return found


def turns(parents: np.ndarray, above: np.ndarray, side: int) -> list[Turn]:
    """The first position below each window of a side, the second, …, of positions whose windows are `parents`."""
    chosen = np.flatnonzero(above[parents] == side)
    numbers = (np.cumsum(above == side) - 1)[parents[chosen]]
    order = np.arange(len(numbers)) - np.searchsorted(numbers, numbers)
    return [(numbers[order == turn], chosen[order == turn]) for turn in range(int(order.max(initial=-1)) + 1)]


class Splittable(TreeNetwork):
    """Base of networks over a tree that are evaluated on composites by parts; a subclass says how it pools."""

    @abstractmethod
    def level_weight(self, level: int, replica: int) -> Tensor:
        """The map of a level, from 0 up: (out, in) or (positions, out, in)."""

    def mapped(self, values: Tensor, weight: Tensor, level: int, replica: int) -> Tensor:
        """Values (…, in) of a level after its map, (…, out); by default linear."""
        return values @ weight.mT

    @abstractmethod
    def factors(self, mapped: Tensor, level: int, replica: int) -> Tensor:
        """What pooling sums, or takes the maximum of (then none is negative), of mapped values (…, channels)."""

    @abstractmethod
    def from_pooled(self, pooled: Tensor, window: int) -> Tensor:
        """Values (…, channels) from sums or maxima of factors."""

    @abstractmethod
    def top_logits(self, values: Tensor, replica: int) -> Tensor:
        """Logits (…, classes) of the values (…, channels) after the last level."""

    def composite_bytes(self, count: int, inside: np.ndarray) -> int | None:
        """Bytes that `composite_logits` takes for `count` images a side, at most; None where I cuts a site."""
        mask = self.site_mask(inside)
        if mask is None:
            return None
        channels = [2 * width for width in self.widths]  # logarithms and signs
        levels = levels_of(mask, self.tree.windows)
        windows = [sum(level.windows) * width for level, width in zip(levels, channels, strict=True)]
        kept = sum(level.windows[CUT] * width for level, width in zip(levels, channels, strict=True))
        sides = 4 * max(self.tree.sites * self.local_dimension, *windows) + kept * len(self.seeds)
        block = 6 * max(BLOCK, count * widest(levels, channels))
        return int(self.get_parameter("output").element_size() * (2 * count * sides + block))

    def composite_logits(self, rows: Images, columns: Images, inside: np.ndarray) -> Iterator[np.ndarray] | None:
        """Logits on the composites of all rows with all columns.

        Args:
            rows: raw images (R, …) whose pixels inside I are taken.
            columns: raw images (C, …) whose other pixels are taken.
            inside: boolean, of an image's shape.

        Returns:
            Blocks (replicas, rows, C, classes) of consecutive rows, float64; None where I cuts a site.

        Raises:
            ArgumentError: images don't fit the network.
        """
        mask = self.site_mask(inside)
        if mask is None:
            return None
        return Composites(self, self.site_values(rows), self.site_values(columns), mask).blocks()


def widest(levels: list[Level], channels: list[int]) -> int:
    """Numbers a composite that the widest level of cut positions holds."""
    return max(1, *(level.windows[CUT] * width for level, width in zip(levels, channels, strict=True)))


class Keys(NamedTuple):
    """How a tabulated level names what it pools: a window's key is the sum of digits, or their union.

    Attributes:
        digits: of each symbol below.
        names: the symbol of each key.
        parts: of cut windows, what columns (windows, 1, C) and rows (windows, R, 1) add; None where nothing.
    """

    digits: Tensor
    names: Tensor
    parts: list[Tensor | None]


class Composites:
    """The evaluation by parts of one network on one set of composites.

    Args:
        network: it.
        rows: sites of the row images, integers (R, N) or vectors (R, N, M), in tree order.
        columns: those of the column images, (C, N) or (C, N, M).
        mask: the sites inside I, boolean, in tree order.
    """

    @torch.no_grad()
    def __init__(self, network: Splittable, rows: np.ndarray, columns: np.ndarray, mask: np.ndarray) -> None:
        self.network, self.count = network, len(rows)
        self.levels = levels_of(mask, network.tree.windows)
        output = network.get_parameter("output")
        self.device, self.kind = output.device, output.dtype
        # vectors, and maps that differ between positions, are evaluated position by position from the sites on
        self.tabulated = rows.ndim == 2 and network.sharing == "shared"
        self.first = len(network.tables()) if self.tabulated else 0
        values = [self.sites(columns[:, ~mask]).unsqueeze(1), self.sites(rows[:, mask]).unsqueeze(2)]
        self.keys: list[Keys] = []
        for level, counts in self.tabulated_levels():
            self.keys.append(self.pool_symbols(level, counts, values))
        replicas = range(len(network.seeds))
        self.tables = [self.table(replica) if self.tabulated else None for replica in replicas]
        self.parts = [self.pool_parts(list(values), replica) for replica in replicas]
        # a tabulated level holds one number a position; elsewhere there are logarithms and signs
        channels = [1] * self.first + [2 * width for width in network.widths[self.first :]]
        self.step = max(1, BLOCK // (len(columns) * widest(self.levels, channels)))

    def tabulated_levels(self) -> Iterator[tuple[Level, Tensor]]:
        """The levels that are gone through as symbols, with their tables."""
        return zip(self.levels[: self.first], self.network.tables()[: self.first], strict=True)

    def sites(self, values: np.ndarray) -> Tensor:
        """Sites of one side, (positions, images), or with their vectors last."""
        found = torch.from_numpy(np.ascontiguousarray(values.swapaxes(0, 1))).to(self.device)
        if found.is_floating_point():
            return found.to(self.kind)
        if self.tabulated:
            return found.int()
        return torch.eye(self.network.local_dimension, dtype=self.kind, device=self.device)[found.long()]

    def pooled(self, found: list[Turn], take: Take, windows: int, union: bool) -> Tensor | None:
        """What is taken, pooled over the positions of each window, (windows, …); None where there is no position."""
        into: Tensor | None = None
        for parents, children in found:
            more = take(children)
            everywhere = len(parents) == windows
            if into is None and everywhere:
                into = more
            elif into is None:
                into = more.new_zeros(windows, *more.shape[1:])
                into[parents] = more
            elif everywhere:
                into = together(into, more, union)
            else:
                into[parents] = together(into[parents], more, union)
        return into

    # ---- levels that the network tabulates: a position holds the number of a symbol

    def pool_symbols(self, level: Level, counts: Tensor, symbols: list[Tensor]) -> Keys:
        """What rows and columns add to the keys of cut windows; the symbols of theirs alone are pooled in place."""
        distinct = self.network.distinct
        base = 2 if distinct else level.window + 1
        digits = (base ** torch.arange(counts.shape[1], device=self.device)).int()
        keys = counts.long() @ digits.long()
        names = torch.zeros(int(keys.max()) + 1, dtype=torch.int32, device=self.device)
        names[keys] = torch.arange(len(keys), dtype=torch.int32, device=self.device)
        parts = []
        for side in (COLUMN, ROW):
            take = taking(digits, symbols[side])
            parts.append(self.pooled(level.cut[side], take, level.windows[CUT], distinct))
            whole = self.pooled(level.whole[side], take, level.windows[side], distinct)
            if whole is not None:
                symbols[side] = embedding(whole, names[:, None])[..., 0]
        return Keys(digits, names, parts)

    def cut_symbols(self, rows: slice) -> Tensor | None:
        """Symbols (positions, rows, C) of the cut positions below the first level that isn't tabulated."""
        symbols: Tensor | None = None
        distinct = self.network.distinct
        for level, (digits, names, parts) in zip(self.levels, self.keys, strict=False):
            keys = of_rows(parts, rows)
            if symbols is not None:
                keys.append(self.pooled(level.cut[CUT], taking(digits, symbols), level.windows[CUT], distinct))
            whole = united(keys, distinct)
            symbols = None if whole is None else names.index_select(0, whole.flatten()).view(whole.shape)
        return symbols

    def table(self, replica: int) -> Tensor:
        """Factors (symbols, channels) of the first level that isn't tabulated, for each symbol below it."""
        network = self.network
        values = torch.eye(network.local_dimension, dtype=self.kind, device=self.device)
        for number, (level, counts) in enumerate(self.tabulated_levels()):
            factors = self.factors(values, network.level_weight(number, replica), number, replica)
            if network.distinct:
                pooled = torch.where((counts > 0)[:, :, None], factors, 0).amax(1)
            else:
                pooled = counts.to(self.kind) @ factors
            values = network.from_pooled(pooled, level.window)
        return self.factors(values, network.level_weight(self.first, replica), self.first, replica)

    def factors(self, values: Tensor, weight: Tensor, level: int, replica: int) -> Tensor:
        """What pooling takes of values (…, in) of a level."""
        return self.network.factors(self.network.mapped(values, weight, level, replica), level, replica)

    # ---- levels that hold values

    def pool_parts(self, values: list[Tensor], replica: int) -> list[list[Tensor | None]]:
        """Per level, what columns (windows, 1, C, …) and rows (windows, R, 1, …) add to the factors of cut windows."""
        found = []
        for number, level in enumerate(self.levels[self.first :], start=self.first):
            parts = []
            for side in (COLUMN, ROW):
                take = self.factors_of(values[side], number, side, replica)
                parts.append(self.pooled(level.cut[side], take, level.windows[CUT], self.network.distinct))
                whole = self.pooled(level.whole[side], take, level.windows[side], self.network.distinct)
                if whole is not None:
                    values[side] = self.network.from_pooled(whole, level.window)
            found.append(parts)
        return found

    def factors_of(self, values: Tensor, number: int, side: int, replica: int) -> Take:
        """The factors at some positions of a side, from the symbols or values at all of them."""
        table = self.tables[replica]
        if number == self.first and table is not None:
            return taking(table, values)
        weight = self.network.level_weight(number, replica)
        if weight.ndim == 3:
            weight = weight[self.levels[number].positions[side]].unsqueeze(1)

        def take(chosen: np.ndarray) -> Tensor:
            own = weight[chosen] if weight.ndim == 4 else weight
            return self.factors(values[chosen], own, number, replica)

        return take

    def top(self, symbols: Tensor | None, replica: int, rows: slice) -> Tensor:
        """Logits (rows, C, classes) of one replica on a block of rows, from what `cut_symbols` gives for it."""
        values = symbols
        distinct = self.network.distinct
        for number, level in enumerate(self.levels[self.first :], start=self.first):
            parts = of_rows(self.parts[replica][number - self.first], rows)
            if values is not None:
                take = self.factors_of(values, number, CUT, replica)
                parts.append(self.pooled(level.cut[CUT], take, level.windows[CUT], distinct))
            whole = united(parts, distinct)
            values = None if whole is None else self.network.from_pooled(whole, level.window)
        assert values is not None  # a partition leaves neither side empty: the last window is cut
        return self.network.top_logits(values[0], replica)

    def blocks(self) -> Iterator[np.ndarray]:
        """Logits (replicas, rows, C, classes), block by block of rows."""
        for start in range(0, self.count, self.step):
            rows = slice(start, min(start + self.step, self.count))
            yield self.block(rows).double().cpu().numpy()

    @torch.no_grad()
    def block(self, rows: slice) -> Tensor:
        """Logits (replicas, rows, C, classes) of a block of rows."""
        symbols = self.cut_symbols(rows)
        return torch.stack([self.top(symbols, replica, rows) for replica in range(len(self.network.seeds))])


def taking(table: Tensor, symbols: Tensor) -> Take:
    """The entries (or rows) of a table at the symbols of some positions."""

    def take(chosen: np.ndarray) -> Tensor:
        own = symbols[chosen]
        return table.index_select(0, own.flatten()).view(*own.shape, *table.shape[1:])

    return take


def together(one: Tensor, other: Tensor, union: bool) -> Tensor:
    """Two parts of windows pooled: sums of factors or keys; a maximum of factors, a union of keys."""
    if not union:
        return one + other
    return torch.maximum(one, other) if one.is_floating_point() else one | other


def of_rows(parts: list[Tensor | None], rows: slice) -> list[Tensor | None]:
    """What columns and a block of rows add."""
    columns, own = parts
    return [columns, None if own is None else own[:, rows]]


def united(parts: list[Tensor | None], union: bool) -> Tensor | None:
    """The parts of cut windows pooled; None where no window is cut."""
    found = [part for part in parts if part is not None]
    return reduce(partial(together, union=union), found) if found else None
