"""Base of all networks: images and labels at the door, replicas along a leading axis.

Activations have the axes (replicas, channels, positions, batch).
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Iterator
from typing import ClassVar, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from convac import arrays
from convac.circuits.tree import Circuit
from convac.errors import ArgumentError
from convac.networks.arguments import (
    checked_replica,
)
from convac.networks.inputs import (
    Encoded,
    Encoding,
    Images,
    as_numbers,
    is_floating,
    whole_labels,
)


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
    def reads_missing(self) -> bool:
        """Whether a pixel of an image may be missing: of what marginalises it may."""
        return self.marginalises

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

    def advance(self, done: float) -> None:
        """What changes with the share of the training's steps that were made, in [0, 1]: by default nothing."""

    @abstractmethod
    def logits(self, inputs: Tensor) -> Tensor:
        """Logits (replicas, batch, classes) of prepared inputs; what the classes share may be left out of them."""

    def scores(self, inputs: Tensor) -> Tensor:
        """Logits of prepared inputs with what the classes share: each class's is a function of its own."""
        return self.logits(inputs)

    @torch.no_grad()
    def evaluate(self, inputs: Tensor) -> tuple[Tensor, Tensor]:
        """Logits and, per level, the largest |ln scale| (replicas, levels), without gradient; by default no scales."""
        logits = self.logits(inputs)
        return logits, logits.new_empty(len(logits), 0)

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

    def right(self, logits: Tensor, labels: Tensor) -> Tensor:
        """Whether, or to what share, images are answered right (replicas, batch); labels as in `loss`."""
        return (logits.argmax(2) == labels).double()

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
            A function of whole numbers (n, …), images as `encode` takes them; it gives `scores` (n, classes), float64.

        Raises:
            ArgumentError: there is no such replica; the function's, an image doesn't fit the network.
        """
        number = checked_replica(replica, self.seeds)

        def scores(images: np.ndarray) -> np.ndarray:
            found = arrays.given(images, "images")
            whole = found.astype(np.int64) if found.dtype.kind == "f" and (found == np.rint(found)).all() else found
            with torch.no_grad():
                return np.asarray(self.scores(self.prepare(self.encode(whole)))[number].cpu().double().numpy())

        return scores


class BiasedNetwork(Network):
    """Base of networks whose every layer has a weight of its name and a bias beside it."""

    @property
    @abstractmethod
    def names(self) -> list[str]:
        """Layers from the sites up, the output last."""

    @abstractmethod
    def propagate(self, inputs: Tensor) -> Iterator[Tensor]:
        """Activations after every level, from prepared inputs."""

    @abstractmethod
    def readout(self, values: Tensor) -> Tensor:
        """Logits (replicas, batch, classes) of the values after the last level."""

    @torch.no_grad()
    def diagnose(self, inputs: Tensor) -> list[tuple[str, Tensor]]:
        """Name of every layer, in order, with whether its weights and values are finite in each replica."""
        found = []
        for name, last in zip(self.names, self.propagate(inputs), strict=False):
            values = last
            found.append((name, self._whole(name) & finite(values)))
        return [*found, ("output", self._whole("output") & finite(self.readout(values)))]

    def _whole(self, name: str) -> Tensor:
        return finite(self.get_parameter(name)) & finite(self.get_parameter(f"{name}_bias"))
