"""What all networks over a pooling tree share: the encoding of images, 1×1 convolutions, replicas along a leading axis.

Activations have the axes (replicas, channels, positions, batch), positions in tree order. With weights shared over
space, pooling doesn't care for the order within a window, so that what a position holds depends only on *which
multiset* of values stands below it. The first levels have few multisets (binary pixels, windows of four: 5, then 70),
called *symbols* here: a network evaluates those levels once per symbol, not once per position, and images are encoded
as symbols once per dataset. The numbers are those of the direct evaluation, up to rounding.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from itertools import combinations, combinations_with_replacement

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from convac.circuits.tree import Circuit
from convac.errors import ArgumentError
from convac.geometry.trees import PoolingTree
from convac.seeds import stream
from convac.specs import NetworkSpec, Scalar

# More symbols than this cost more to tabulate and look up than the positions they stand for.
SYMBOL_LIMIT = 128
# Images encoded at a time, to bound the memory that encoding takes.
BLOCK = 1000
# Stands for 0 inside logarithms: far below the rounding of rescaled values, which are of order 1.
TINY = 1e-18

# Weights of a level are one for all positions, one per position within a window (a generalised convolution whose
# kernel is its stride), or one per position.
SHARINGS = ("shared", "windowed", "located")


def symbol_tables(local_dimension: int, windows: Sequence[int], distinct: bool) -> list[np.ndarray]:
    """Symbols of the leading levels, the last level excluded, while a level has at most `SYMBOL_LIMIT` of them.

    Args:
        local_dimension: M, the number of symbols below level 1.
        windows: positions pooled at each level.
        distinct: symbols are the sets of symbols in a window (enough for a maximum), not the multisets.

    Returns:
        Per level integers (symbols, symbols of the level below): how often each occurs in the window.

    >>> [len(table) for table in symbol_tables(2, (4, 4, 4), distinct=False)]
    [5, 70]
    """
    tables: list[np.ndarray] = []
    below = local_dimension
    for window in windows[:-1]:
        sizes = range(1, min(window, below) + 1)
        number = sum(math.comb(below, k) for k in sizes) if distinct else math.comb(below + window - 1, window)
        if number > SYMBOL_LIMIT:
            break
        members = (
            [list(subset) for k in sizes for subset in combinations(range(below), k)]
            if distinct
            else [list(multiset) for multiset in combinations_with_replacement(range(below), window)]
        )
        tables.append(np.array([np.bincount(symbols, minlength=below) for symbols in members]))
        below = number
    return tables


def pooled_symbols(symbols: np.ndarray, table: np.ndarray, window: int, distinct: bool) -> np.ndarray:
    """Symbols (n, positions) after pooling symbols (n, positions·window) of the level below."""
    digits = (2 if distinct else window + 1) ** np.arange(table.shape[1], dtype=np.int64)
    keys = table @ digits
    order = np.argsort(keys)
    parts = digits[symbols].reshape(len(symbols), -1, window)
    found = np.bitwise_or.reduce(parts, axis=2) if distinct else parts.sum(axis=2)
    pooled: np.ndarray = order[np.searchsorted(keys[order], found)]
    return pooled


def draws(seeds: Sequence[int], name: str, shape: Sequence[int], low: float, high: float) -> Tensor:
    """Uniform float32 numbers (replicas, *shape); replica k depends on `seeds[k]` and `name` alone."""
    return torch.from_numpy(
        np.stack([stream("initialisation", seed, name).uniform(low, high, tuple(shape)) for seed in seeds])
    ).float()


def normals(seeds: Sequence[int], name: str, shape: Sequence[int], deviation: float) -> Tensor:
    """Normal float32 numbers (replicas, *shape); replica k depends on `seeds[k]` and `name` alone."""
    return torch.from_numpy(
        np.stack([stream("initialisation", seed, name).normal(0, deviation, tuple(shape)) for seed in seeds])
    ).float()


def accept(name: str, value: Scalar | None, accepted: Sequence[str]) -> str:
    """`value` when it is one of the accepted words, the first of them for None; raises ArgumentError otherwise."""
    if value is None:
        return accepted[0]
    if value not in accepted:
        raise ArgumentError(f"options.{name}: {value!r} is unknown; accepted: {', '.join(accepted)}")
    return str(value)


def accept_options(options: Mapping[str, Scalar], accepted: Sequence[str]) -> None:
    """Raise ArgumentError for an option that isn't among the accepted names."""
    for name in options:
        if name not in accepted:
            raise ArgumentError(f"options.{name}: unknown key; accepted: {', '.join(accepted)}")


def accept_tree(tree: PoolingTree, widths: Sequence[int], seeds: Sequence[int]) -> None:
    """Raise ArgumentError unless there is one positive width per level and at least one seed."""
    if len(widths) != tree.levels or min(widths) < 1:
        raise ArgumentError(f"widths: {list(widths)} doesn't fit; accepted: {tree.levels} positive integers")
    if not seeds:
        raise ArgumentError("seeds: none given; accepted: at least one")


def level_shapes(tree: PoolingTree, local_dimension: int, widths: Sequence[int], sharing: str) -> list[tuple[int, ...]]:
    """Shape of every level's weight, without the replica axis: `(out, in)`, or with window or positions first.

    >>> level_shapes(PoolingTree.named("line", (4,)), 3, (5, 7), "located")
    [(4, 5, 3), (2, 7, 5)]
    """
    places = {"windowed": tree.windows, "located": tree.positions[:-1]}.get(sharing)
    pairs = zip(widths, (local_dimension, *widths), strict=False)
    return [(*(() if places is None else (places[level],)), *pair) for level, pair in enumerate(pairs)]


def checked_pyramid(sites: Sequence[int], widths: Sequence[int], seeds: Sequence[int]) -> int:
    """Positions along each axis that one position of the last level stands for, 2^levels.

    Raises:
        ArgumentError: there is no seed or level, a width isn't positive, or the sites aren't a grid of such blocks.
    """
    if not seeds:
        raise ArgumentError("seeds: none given; accepted: at least one")
    if not widths or min(widths) < 1:
        raise ArgumentError(f"widths: {list(widths)}; accepted: one positive integer per level")
    block = 2 ** len(widths)
    if len(sites) != 2 or min(sites) < 1 or any(side % block for side in sites):
        raise ArgumentError(f"sites: {list(sites)}; accepted: two multiples of 2^levels, {block}")
    return int(block)


def accept_pyramid(spec: NetworkSpec, local_dimension: int) -> None:
    """Raise ArgumentError unless the spec's tree pools 2×2 neighbours at every level, and its M is the given one."""
    if spec.geometry != "square" or set(spec.tree.windows) != {4}:
        given = f"{spec.geometry} with windows {list(spec.tree.windows)}"
        raise ArgumentError(f"geometry: {given}; accepted for {spec.architecture}: square with windows of 4")
    if spec.local_dimension != local_dimension:
        raise ArgumentError(f"local_dimension: {spec.local_dimension}; accepted: {local_dimension}")


def convolved(weight: Tensor, values: Tensor) -> Tensor:
    """1×1 convolution of values (replicas, in, positions, batch).

    `weight` is (replicas, out, in) when shared over positions, else (replicas, positions, out, in).
    """
    if weight.ndim == 3:
        return torch.unflatten(weight @ values.flatten(2), 2, values.shape[2:])
    return torch.einsum("rpoi,ripb->ropb", weight, values.expand(len(weight), -1, -1, -1))


def as_circuit(tree: PoolingTree, weights: Sequence[np.ndarray], output: np.ndarray, sharing: str) -> Circuit:
    """Weights of the levels (see `level_shapes`) and of the output (classes, in) as data for the engines."""
    if sharing == "windowed":
        places = zip(weights, tree.positions, strict=False)
        weights = [np.tile(weight, (positions // len(weight), 1, 1)) for weight, positions in places]
    return Circuit(tree, weights[0].shape[-1], tuple(weights), output)


def accept_replica(replica: int, seeds: Sequence[int]) -> None:
    """Raise ArgumentError unless there is such a replica."""
    if not 0 <= replica < len(seeds):
        raise ArgumentError(f"replica: {replica} is unknown; accepted: 0..{len(seeds) - 1}")


def finite(values: Tensor) -> Tensor:
    """Whether all numbers are finite in each replica (replicas,)."""
    return values.isfinite().flatten(1).all(1)


class Network(nn.Module, ABC):
    """Base of everything that the loop trains: replicas side by side, one per seed.

    Attributes:
        seeds: one per replica.
        classes: number of classes.
    """

    seeds: tuple[int, ...]
    classes: int

    @abstractmethod
    def encode(self, images: np.ndarray | Tensor) -> Tensor:
        """Images as the rows (n, columns) that are kept and cut into batches; raises ArgumentError where unfit."""

    @abstractmethod
    def prepare(self, encoded: Tensor) -> Tensor:
        """Input of the layers from encoded images (batch, columns) or (replicas, batch, columns)."""

    @abstractmethod
    def logits(self, inputs: Tensor) -> Tensor:
        """Logits (replicas, batch, classes) of prepared inputs."""

    @abstractmethod
    def evaluate(self, inputs: Tensor) -> tuple[Tensor, Tensor]:
        """Logits and, per level, the largest |ln scale| (replicas, levels), without gradient."""

    @abstractmethod
    def diagnose(self, inputs: Tensor) -> list[tuple[str, Tensor]]:
        """Name of every layer, in order, with whether its values are finite in each replica (replicas,)."""

    def forward(self, encoded: Tensor) -> Tensor:
        """Logits (replicas, batch, classes) of encoded images (batch, columns) or (replicas, batch, columns)."""
        return self.logits(self.prepare(encoded))

    def loss(self, logits: Tensor, labels: Tensor) -> Tensor:
        """What training makes small, a mean per replica (replicas,) in nats: by default the cross-entropy.

        Args:
            logits: (replicas, batch, classes).
            labels: (replicas, batch).
        """
        each = cross_entropy(logits.flatten(0, 1), labels.flatten(), reduction="none")
        return each.view(labels.shape).mean(1)

    def circuit(self, replica: int = 0) -> Circuit:
        """One replica as data for the engines; raises ArgumentError for a network that is no circuit over a tree."""
        raise ArgumentError(f"network: {type(self).__name__} is no arithmetic circuit over a tree; accepted: a ConvAC")


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
        accept_tree(tree, widths, seeds)
        self.tree = tree
        self.local_dimension = local_dimension
        self.widths = tuple(widths)
        self.classes = classes
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

    def encode(self, images: np.ndarray | Tensor) -> Tensor:
        """Encode images once, for any number of forward passes.

        Args:
            images: integers (n, *sites) in 0..M-1, read as one-hot sites, or representation vectors (n, N, M) as
                floats, sites in row-major order.

        Returns:
            Shape (n, columns), one row per image; integers for integer images, else floats.

        Raises:
            ArgumentError: the shape or a value doesn't fit the network.
        """
        array = np.asarray(images)
        sites, dimension = self.tree.sites, self.local_dimension
        if np.issubdtype(array.dtype, np.floating):
            if array.shape[1:] != (sites, dimension):
                raise ArgumentError(f"images: shape {list(array.shape)}; accepted: floats [n, {sites}, {dimension}]")
            return torch.from_numpy(np.ascontiguousarray(array[:, self._order])).flatten(1)
        if array.shape[1:] != self.tree.shape or not len(array):
            raise ArgumentError(f"images: shape {list(array.shape)}; accepted: [n ≥ 1, *{list(self.tree.shape)}]")
        if array.min() < 0 or array.max() >= dimension:
            raise ArgumentError(f"images: values {array.min()}..{array.max()}; accepted: 0..{dimension - 1}")
        blocks = np.split(array.reshape(len(array), sites), range(BLOCK, len(array), BLOCK))
        return torch.from_numpy(np.concatenate([self._encoded(block[:, self._order]) for block in blocks]))

    def _encoded(self, symbols: np.ndarray) -> np.ndarray:
        for table, window in zip(self._tables, self.tree.windows, strict=False):
            symbols = pooled_symbols(symbols, table, window, self.distinct)
        highest = self.symbols - 1
        if self._counted:
            windows = symbols.reshape(len(symbols), -1, self.symbol_window)
            symbols = np.stack([(windows == symbol).sum(axis=2) for symbol in range(self.symbols)], axis=2)
            symbols, highest = symbols.reshape(len(symbols), -1), self.symbol_window
        return symbols.astype(np.min_scalar_type(highest) if highest < 256 else np.int32)

    def prepare(self, encoded: Tensor) -> Tensor:
        """Turn encoded images into the input of `propagate`.

        Args:
            encoded: (batch, columns) for the same images in every replica, or (replicas, batch, columns).

        Returns:
            Representation vectors (1 or replicas, M, N, batch) when every level is evaluated position by position;
            else how often each symbol occurs, (1 or replicas, positions·batch, symbols), positions being those after
            the first such level (before it for maximum pooling).
        """
        rows = encoded if encoded.ndim == 3 else encoded.unsqueeze(0)
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
