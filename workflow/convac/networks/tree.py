"""What networks over a pooling tree share: images as symbols, and levels that are tabulated.

Activations have the axes (replicas, channels, positions, batch), positions in tree order. With weights shared over
space, pooling doesn't care for the order within a window, so that what a position holds depends only on *which
multiset* of values stands below it. The first levels have few multisets (binary pixels, windows of four: 5, then 70),
called *symbols* here: a network evaluates those levels once per symbol, not once per position, and images are encoded
as symbols once per dataset. The numbers are those of the direct evaluation, up to rounding.
"""

from collections.abc import Hashable, Sequence

import numpy as np
import torch
from torch import Tensor

from convac import arrays
from convac.geometry.trees import PoolingTree
from convac.networks.arguments import checked_widths
from convac.networks.base import Network
from convac.networks.inputs import Images, is_floating, vectors, whole_images
from convac.networks.maps import level_shapes
from convac.networks.symbols import pooled_symbols, symbol_tables

# Images encoded at a time, to bound the memory that encoding takes.
BLOCK = 1000


class TreeNetwork(Network):
    """Base of the networks over a pooling tree; a subclass adds parameters, `propagate` and `logits`.

    Attributes:
        tree: geometry and windows over N sites.
        local_dimension: M, the dimension of a site's representation.
        widths: channels after each level.
        classes: number of classes.
        seeds: one per replica.
        sharing: `shared` (one weight per level), `windowed` (one per level and position within a window) or `located`
            (one per level and position).
    """

    def __init__(
        self,
        tree: PoolingTree,
        local_dimension: int,
        widths: Sequence[int],
        classes: int,
        *,
        seeds: Sequence[int],
        sharing: str,
        distinct: bool,
    ) -> None:
        super().__init__()
        self.widths = checked_widths(tree, widths)
        self.tree = tree
        self.local_dimension = arrays.integer(local_dimension, "local_dimension", least=1, most=arrays.WIDEST)
        self.classes = arrays.integer(classes, "classes", least=1, most=arrays.WIDEST)
        self.seeds = tuple(seeds)
        self.sharing = sharing
        self.distinct = distinct
        self._order = np.array(tree.order)
        self._tables = symbol_tables(local_dimension, tree.windows, distinct) if sharing == "shared" else []
        for level, table in enumerate(self._tables, start=1):
            self.register_buffer(f"symbols_{level}", torch.from_numpy(table).float(), persistent=False)
        # few symbols in a large window are stored as counts: 2 numbers for 1,024 pooled binary pixels
        self._counted = sharing == "shared" and not distinct and self.symbols <= self.symbol_window

    @property
    def symbols(self) -> int:
        """Symbols below the first level that is evaluated position by position."""
        return len(self._tables[-1]) if self._tables else self.local_dimension

    @property
    def symbol_window(self) -> int:
        """Window of the first level that is evaluated position by position."""
        return self.tree.windows[len(self._tables)]

    def tables(self) -> list[Tensor]:
        """Per tabulated level (symbols, symbols of the level below): how often each occurs in the window."""
        return [self.get_buffer(f"symbols_{level}") for level in range(1, len(self._tables) + 1)]

    def shapes(self) -> list[tuple[int, ...]]:
        """Shape of every level's weight: see `level_shapes`."""
        return level_shapes(self.tree, self.local_dimension, self.widths, self.sharing)

    @property
    def reader(self) -> tuple[Hashable, ...]:
        """The tree and what stands at its sites, and whether symbols stand for sets, multisets or single sites."""
        return (self.tree, self.local_dimension, self.sharing == "shared", self.distinct)

    @property
    def hint(self) -> str:
        """What an error line says to who has grey values."""
        return f"; grey values x: vectors (x, 1 − x) as floats [n, {self.tree.sites}, 2]"

    def shape_of(self, floating: bool) -> tuple[int, ...]:
        """Integers are one-hot sites in the tree's shape; floats are representation vectors (N, M)."""
        return (self.tree.sites, self.local_dimension) if floating else self.tree.shape

    def encoded(self, images: Images) -> Tensor:
        """Integers (n, *sites) in 0..M-1 as symbols, or vectors (n, N, M) as floats, sites in row-major order.

        Returns:
            Shape (n, columns), one row per image; integers for integer images, else floats.

        Raises:
            ArgumentError: the shape or a value doesn't fit the network.
        """
        sites, dimension = self.tree.sites, self.local_dimension
        if is_floating(images) and images.shape[1:] != self.tree.shape:
            return vectors(images, sites, dimension, self._order)
        array = whole_images(images, self.tree.shape, 0, dimension - 1, self.hint if dimension == 2 else "")
        blocks = np.split(array.reshape(len(array), sites), range(BLOCK, len(array), BLOCK))
        return torch.from_numpy(np.concatenate([self._encoded(block[:, self._order]) for block in blocks]))

    def site_values(self, images: Images) -> np.ndarray:
        """Images as integers (n, N), or representation vectors (n, N, M), sites in tree order."""
        if is_floating(images) and images.shape[1:] != self.tree.shape:
            rows = vectors(images, self.tree.sites, self.local_dimension, self._order)
            return rows.view(len(rows), self.tree.sites, -1).numpy()
        array = whole_images(images, self.tree.shape, 0, self.local_dimension - 1, self.hint)
        return np.asarray(array.reshape(len(array), self.tree.sites)[:, self._order])

    def site_mask(self, inside: np.ndarray) -> np.ndarray | None:
        """Pixels inside I, boolean, of an image's shape, as sites in tree order; None where a site is cut."""
        mask = inside.reshape(self.tree.sites, -1)[self._order]
        return np.asarray(mask[:, 0]) if (mask == mask[:, :1]).all() else None

    @property
    def pixel_values(self) -> list[int]:
        """The values of one-hot sites."""
        return list(range(self.local_dimension))

    def _encoded(self, symbols: np.ndarray) -> np.ndarray:
        for table, window in zip(self._tables, self.tree.windows, strict=False):
            symbols = pooled_symbols(symbols, table, window, self.distinct)
        highest = self.symbols - 1
        if self._counted:
            windows = symbols.reshape(len(symbols), -1, self.symbol_window)
            symbols = np.stack([(windows == symbol).sum(axis=2) for symbol in range(self.symbols)], axis=2)
            symbols, highest = symbols.reshape(len(symbols), -1), self.symbol_window
        return symbols.astype(np.min_scalar_type(highest) if highest < 256 else np.int32)

    def prepared(self, rows: Tensor) -> Tensor:
        """Turn encoded images into the input of `propagate`.

        Args:
            rows: (1 or replicas, batch, columns).

        Returns:
            Representation vectors (1 or replicas, M, N, batch) when every level is evaluated position by position;
            else how often each symbol occurs, (1 or replicas, positions·batch, symbols), positions being those after
            the first such level (before it for maximum pooling).
        """
        kind = self.get_parameter("output").dtype
        if rows.is_floating_point():
            return torch.unflatten(rows, 2, (self.tree.sites, -1)).permute(0, 3, 2, 1).to(kind)
        if self._counted:
            counts = torch.unflatten(rows, 2, (-1, self.symbols)).transpose(1, 2)
            return counts.reshape(len(rows), -1, self.symbols).to(kind)
        window = self.symbol_window if self.sharing == "shared" and not self.distinct else 1
        places = torch.unflatten(rows, 2, (-1, window)).transpose(1, 2).reshape(len(rows), -1, window).long()
        counts = torch.zeros(*places.shape[:2], self.symbols, dtype=kind, device=rows.device)
        counts.scatter_add_(2, places, torch.ones((), dtype=kind, device=rows.device).expand(places.shape))
        if self.sharing == "shared":
            return counts
        return torch.unflatten(counts, 1, (self.tree.sites, -1)).permute(0, 3, 1, 2)
