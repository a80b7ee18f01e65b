"""What all networks share: images and labels at the door, 1×1 convolutions, replicas along a leading axis.

Activations have the axes (replicas, channels, positions, batch).
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Sequence
from typing import ClassVar, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from convac import arrays
from convac.circuits.tree import Circuit
from convac.errors import ArgumentError
from convac.geometry.trees import PoolingTree
from convac.networks.inputs import (
    Encoded,
    Encoding,
    Images,
    as_numbers,
    is_floating,
    whole_labels,
)
from convac.seeds import stream
from convac.specs.network import NetworkSpec

WIDEST = 2**20  # channels of a level
# Stands for 0 inside logarithms: far below the rounding of rescaled values, which are of order 1.
TINY = 1e-18

# Weights of a level are one for all positions, one per position within a window (a generalised convolution whose
# kernel is its stride), or one per position.
SHARINGS = ("shared", "windowed", "located")


def seed_words(levels: int) -> list[str]:
    """Words of the streams that levels 1 to L and the output are drawn from: seeds, whatever parameters are called."""
    return [*(f"level_{level}" for level in range(1, levels + 1)), "output"]


def draws(seeds: Sequence[int], word: str, shape: Sequence[int], low: float, high: float) -> Tensor:
    """Uniform float32 numbers (replicas, *shape); replica k depends on `seeds[k]` and `word` alone."""
    return torch.from_numpy(
        np.stack([stream("initialisation", seed, word).uniform(low, high, tuple(shape)) for seed in seeds])
    ).float()


def normals(seeds: Sequence[int], word: str, shape: Sequence[int], deviation: float) -> Tensor:
    """Normal float32 numbers (replicas, *shape); replica k depends on `seeds[k]` and `word` alone."""
    return torch.from_numpy(
        np.stack([stream("initialisation", seed, word).normal(0, deviation, tuple(shape)) for seed in seeds])
    ).float()


def accept(name: str, value: object, accepted: Sequence[str]) -> str:
    """`value` when it is one of the accepted words, the first of them for None; raises ArgumentError otherwise."""
    if value is None:
        return accepted[0]
    if not isinstance(value, str) or value not in accepted:
        raise ArgumentError(f"{name}: {arrays.short(value)} is unknown; accepted: {', '.join(accepted)}")
    return str(value)


def checked_seeds(seed: object) -> tuple[int, ...]:
    """The seeds of all replicas from one integer or several; raises ArgumentError where there is none."""
    single = arrays.as_integer(seed)
    seeds = arrays.integers(seed, "seeds") if single is None else (single,)
    if not seeds:
        raise ArgumentError("seeds: none given; accepted: at least one")
    return seeds


def checked_widths(tree: PoolingTree, widths: Sequence[int]) -> tuple[int, ...]:
    """Channels after each level; raises ArgumentError unless a tree has one positive width per level."""
    if not isinstance(tree, PoolingTree):
        raise ArgumentError(f"tree: {arrays.short(tree)}; accepted: a PoolingTree")
    found = arrays.integers(widths, "widths", least=1, most=WIDEST)
    if len(found) != tree.levels:
        raise ArgumentError(f"widths: {arrays.short(found)}; accepted: {tree.levels} positive integers")
    return found


def level_shapes(tree: PoolingTree, local_dimension: int, widths: Sequence[int], sharing: str) -> list[tuple[int, ...]]:
    """Shape of every level's weight, without the replica axis: `(out, in)`, or with window or positions first.

    >>> level_shapes(PoolingTree.named("line", (4,)), 3, (5, 7), "located")
    [(4, 5, 3), (2, 7, 5)]
    """
    places = {"windowed": tree.windows, "located": tree.positions[:-1]}.get(sharing)
    pairs = zip(widths, (local_dimension, *widths), strict=False)
    return [(*(() if places is None else (places[level],)), *pair) for level, pair in enumerate(pairs)]


def checked_pyramid(sites: Sequence[int], widths: Sequence[int]) -> tuple[tuple[int, ...], tuple[int, ...], int]:
    """Sites along each axis, channels after each level, and the side 2^levels of what a position at the top sees.

    Raises:
        ArgumentError: there is no level, a width isn't positive, or the sites aren't a grid of such blocks.
    """
    channels = arrays.integers(widths, "widths", least=1)
    if not channels:
        raise ArgumentError("widths: []; accepted: one positive integer per level")
    block = int(2 ** len(channels))
    sides = arrays.integers(sites, "sites")
    if len(sides) != 2 or min(sides) < 1 or any(side % block for side in sides):
        raise ArgumentError(f"sites: {arrays.short(list(sides))}; accepted: two multiples of 2^levels, {block}")
    return sides, channels, block


def accept_pyramid(spec: NetworkSpec, local_dimension: int) -> None:
    """Raise ArgumentError unless the spec's tree pools 2×2 neighbours at every level, and its M is the given one."""
    if spec.geometry != "square" or set(spec.tree.windows) != {4}:
        given = f"{spec.geometry_name} with windows {list(spec.tree.windows)}"
        raise ArgumentError(f"geometry: {given}; accepted for {spec.kind}: square with windows of 4")
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


def checked_replica(replica: int, seeds: Sequence[int]) -> int:
    """The number of a replica; raises ArgumentError unless there is such a one."""
    return arrays.integer(replica, "replica", 0, len(seeds) - 1)


def finite(values: Tensor) -> Tensor:
    """Whether all numbers are finite in each replica (replicas,)."""
    return values.isfinite().flatten(1).all(1)


class PixelFunction(NamedTuple):
    """A network as a function of its pixels.

    Attributes:
        scores: of images (n, *shape); gives logits (n, classes).
        shape: of an image.
        values: that a pixel is listed on.
    """

    scores: Callable[[np.ndarray], np.ndarray]
    shape: tuple[int, ...]
    values: list[int]


class Network(nn.Module, ABC):
    """Base of everything that the loop trains: replicas side by side, one per seed.

    Attributes:
        seeds: one per replica.
        classes: number of classes.
        marginalises: whether missing pixels can be left out of an image; such a network has `expected` and `sample`.
    """

    seeds: tuple[int, ...]
    classes: int
    marginalises: ClassVar[bool] = False

    @property
    @abstractmethod
    def reader(self) -> tuple[Hashable, ...]:
        """What encoded images depend on: networks with equal ones read one another's."""

    @abstractmethod
    def shape_of(self, floating: bool) -> tuple[int, ...]:
        """Shape of one raw image of floating-point numbers, or of integers."""

    @abstractmethod
    def encoded(self, images: Images) -> Tensor:
        """Raw images (n, …) as rows (n, columns); raises ArgumentError where unfit."""

    @abstractmethod
    def prepared(self, rows: Tensor) -> Tensor:
        """Input of the layers from encoded images (1 or replicas, batch, columns)."""

    def encode(self, images: Images) -> Encoded:
        """Encode images once, for any number of forward passes.

        Args:
            images: (n, …), of the types and values that the network says; booleans count as 0 and 1.

        Returns:
            Shape (n, columns), one row per image, of a type of its own: see `convac.networks.inputs.Encoded`.

        Raises:
            ArgumentError: they are encoded already, or the type, the shape or a value doesn't fit the network.
        """
        if isinstance(images, Encoded):
            raise ArgumentError(f"images: encoded already; accepted: raw images [n, *{list(self.shape_of(False))}]")
        found = as_numbers(images)
        rows = self.encoded(found)
        rows = rows.to(found.device) if isinstance(found, Tensor) else rows
        return Encoded.of(rows, Encoding(self.reader, rows.shape[1], rows.is_floating_point()))

    def prepare(self, images: Encoded | Images) -> Tensor:
        """Input of the layers.

        Args:
            images: encoded ones (batch, columns) for the same in every replica, or (replicas, batch, columns); or raw
                ones, as `encode` takes them, with a leading axis of replicas where each has its own.

        Raises:
            ArgumentError: the shape or a value doesn't fit, or another network encoded them.
        """
        encoded = images if isinstance(images, Encoded) else self._encode_all(images)
        rows = encoded if encoded.ndim == 3 else encoded.unsqueeze(0)
        if encoded.encoding.reader != self.reader:
            raise ArgumentError("images: another network encoded them; accepted: what this one's `encode` gives")
        columns, replicas = encoded.encoding.columns, len(self.seeds)
        if rows.ndim != 3 or rows.shape[2] != columns or rows.shape[0] not in {1, replicas}:
            raise ArgumentError(
                f"images: encoded, of shape {list(encoded.shape)}; "
                f"accepted: [batch, {columns}] or [{replicas}, batch, {columns}]"
            )
        return self.prepared(rows.as_subclass(Tensor))

    def _encode_all(self, images: Images) -> Encoded:
        """Raw images, of each replica where they have such an axis, encoded."""
        found = as_numbers(images)
        for shape in (self.shape_of(is_floating(found)), self.shape_of(False)):
            before = tuple(found.shape[: max(0, found.ndim - len(shape))])
            if len(before) in {1, 2} and (*before, *shape) == tuple(found.shape):
                rows = self.encode(found.reshape(-1, *shape))
                return Encoded.of(rows.view(*before, -1), rows.encoding)
        raise ArgumentError(
            f"images: {found.dtype} of shape {list(found.shape)}; "
            f"accepted: what `encode` gives, or raw ones [batch, *{list(self.shape_of(False))}]"
        )

    @abstractmethod
    def logits(self, inputs: Tensor) -> Tensor:
        """Logits (replicas, batch, classes) of prepared inputs."""

    @abstractmethod
    def evaluate(self, inputs: Tensor) -> tuple[Tensor, Tensor]:
        """Logits and, per level, the largest |ln scale| (replicas, levels), without gradient."""

    @abstractmethod
    def diagnose(self, inputs: Tensor) -> list[tuple[str, Tensor]]:
        """Name of every layer, in order, with whether its values are finite in each replica (replicas,)."""

    def forward(self, images: Encoded | Images) -> Tensor:
        """Logits (replicas, batch, classes) of encoded or raw images: see `prepare`."""
        return self.logits(self.prepare(images))

    def loss(self, logits: Tensor, labels: Tensor) -> Tensor:
        """What training makes small, a mean per replica (replicas,) in nats: by default the cross-entropy.

        Args:
            logits: (replicas, batch, classes).
            labels: integers (replicas, batch), or (batch,) for the same in every replica.

        Raises:
            ArgumentError: labels aren't integers, aren't as many, or are no classes.
        """
        labels = whole_labels(labels, logits)
        each = cross_entropy(logits.flatten(0, 1), labels.flatten(), reduction="none")
        return each.view(labels.shape).mean(1)

    def source(self, replica: int = 0) -> Circuit | PixelFunction:
        """What engines measure of one replica: its circuit, or the function of its pixels where it has none.

        Raises:
            ArgumentError: there is no such replica.
        """
        return PixelFunction(self.function(replica), self.shape_of(False), self.pixel_values)

    @property
    def pixel_values(self) -> list[int]:
        """The values that a pixel is listed on: those of one-hot sites, or the darkest and the brightest."""
        return [0, 1]

    def circuit_inputs(self, images: np.ndarray) -> np.ndarray:
        """Images as the network's circuit takes them, sites in row-major order: symbols (n, N) or vectors (n, N, M).

        Raises:
            ArgumentError: the network has no bonds between its inputs.
        """
        raise ArgumentError(f"measure.ranks: {type(self).__name__} has no bonds; accepted: a ConvAC")

    def circuit(self, replica: int = 0) -> Circuit:
        """One replica as data for the engines; raises ArgumentError for a network that is no circuit over a tree."""
        raise ArgumentError(
            f"network: {type(self).__name__} is no arithmetic circuit over a tree; accepted: its function, "
            f"measure(network.function(), …, sites={self.shape_of(False)})"
        )

    def function(self, replica: int = 0) -> Callable[[np.ndarray], np.ndarray]:
        """One replica as a function of raw images, for the engines that take one.

        Returns:
            A function of whole numbers (n, …), images as `encode` takes them; it gives logits (n, classes), float64.

        Raises:
            ArgumentError: there is no such replica; the function's, an image doesn't fit the network.
        """
        number = checked_replica(replica, self.seeds)

        def scores(images: np.ndarray) -> np.ndarray:
            found = arrays.given(images, "images")
            whole = found.astype(np.int64) if found.dtype.kind == "f" and (found == np.rint(found)).all() else found
            with torch.no_grad():
                return np.asarray(self(self.encode(whole))[number].cpu().double().numpy())

        return scores
