"""The neutral description of a convolutional arithmetic circuit as data: what engines read and networks write."""

import math
from dataclasses import dataclass

import numpy as np

from convac.arrays import WIDEST, boolean, integer, integers, random_generator, real, series, short
from convac.errors import ArgumentError
from convac.geometry.trees import PoolingTree


@dataclass(frozen=True)
class Circuit:
    """A convolutional arithmetic circuit: per level a linear map of the channels, then product pooling.

    Level l maps the channels of each of its positions by `weights[l]`, then multiplies the positions of a window
    channel by channel; `output` maps the channels of the last position to classes. In a one-hot representation the
    value at an input is the entry of the coefficient tensor that the input names.

    Attributes:
        tree: geometry and windows over N sites.
        local_dimension: M, the dimension of a site's representation.
        weights: per level float64 `(out, in)` when shared over positions, else `(positions, out, in)`; the first
            `in` is M. Given as arrays, nested lists or torch tensors of any floating type.
        output: `(classes, channels)`.

    Raises:
        ArgumentError: a shape doesn't fit, or something isn't a finite real number, complex ones among them; names the
            level.

    Source: 1509.05009 (convolutional arithmetic circuits); 1704.01552 (as tensor networks).

    >>> parity = Circuit(PoolingTree.named("line", (2,)), 2, (np.array([[1.0, -1.0]]),), np.array([[1.0]]))
    >>> parity.coefficient_tensor().tolist()
    [[[1.0, -1.0], [-1.0, 1.0]]]
    """

    tree: PoolingTree
    local_dimension: int
    weights: tuple[np.ndarray, ...]
    output: np.ndarray

    def __post_init__(self) -> None:
        if not isinstance(self.tree, PoolingTree):
            raise ArgumentError(f"tree: got {short(self.tree)}; accepted: a PoolingTree")
        channels = integer(self.local_dimension, "local_dimension", least=1)
        object.__setattr__(self, "local_dimension", channels)
        levels = self.tree.levels
        given = series(self.weights, "layers", f"one array of weights per level, {levels}")
        weights = [real(weight, f"layers: level {level}") for level, weight in enumerate(given, start=1)]
        if len(weights) != levels:
            raise ArgumentError(f"layers: {len(weights)} given; accepted: one per level, {levels}")
        for level, (weight, positions) in enumerate(zip(weights, self.tree.positions, strict=False), start=1):
            shared, located = weight.ndim == 2, weight.ndim == 3 and weight.shape[0] == positions
            if not (shared or located) or weight.shape[-1] != channels:
                raise ArgumentError(
                    f"layers: level {level} has shape {list(weight.shape)}; "
                    f"accepted: [out, {channels}] or [{positions}, out, {channels}]"
                )
            channels = weight.shape[-2]
        object.__setattr__(self, "weights", tuple(weights))
        object.__setattr__(self, "output", real(self.output, "output", ("classes", channels)))

    @property
    def widths(self) -> tuple[int, ...]:
        """Channels after each level: r_1 … r_L."""
        return tuple(weight.shape[-2] for weight in self.weights)

    @property
    def classes(self) -> int:
        """Rows of the output map."""
        return int(self.output.shape[0])

    def amplitudes(self, representation: np.ndarray) -> np.ndarray:
        """Values h_y of every class.

        Args:
            representation: f(x) of each site in row-major order, shape (batch, N, M).

        Returns:
            Shape (batch, classes). Not rescaled: large circuits under- or overflow here; engines don't.

        Raises:
            ArgumentError: the representation isn't real, finite or of that shape.
        """
        shape = ("batch", self.tree.sites, self.local_dimension)
        values = real(representation, "representation", shape)[:, list(self.tree.order), :]
        for weight, window in zip(self.weights, self.tree.windows, strict=True):
            values = np.einsum("poi,bpi->bpo", np.broadcast_to(weight, (values.shape[1], *weight.shape[-2:])), values)
            values = values.reshape(len(values), -1, window, values.shape[-1]).prod(axis=2)
        return np.asarray(values[:, 0] @ self.output.T)

    def coefficient_tensor(self) -> np.ndarray:
        """All M^N coefficients per class in row-major site order, shape (classes, M, …, M); for tests, N ≤ 20."""
        count = self.local_dimension**self.tree.sites
        if count > 2**20:
            raise ArgumentError(f"circuit: {count:.3g} coefficients are too many to list; accepted: at most {2**20}")
        shape = (self.local_dimension,) * self.tree.sites
        inputs = np.indices(shape).reshape(self.tree.sites, count).T
        values = self.amplitudes(np.eye(self.local_dimension)[inputs])
        return values.T.reshape(self.classes, *shape)


def random_circuit(
    tree: PoolingTree,
    local_dimension: int,
    widths: tuple[int, ...],
    generator: np.random.Generator,
    *,
    shared: bool = False,
    positive: bool = False,
    classes: int = 1,
) -> Circuit:
    """A circuit with independent normal (or uniform positive) weights over `tree`, one width per level.

    Raises:
        ArgumentError: something isn't a positive integer, the widths aren't one per level, or the generator isn't one.

    >>> circuit = random_circuit(PoolingTree.named("mirror", (4, 4)), 2, (3, 2), np.random.default_rng(0), shared=True)
    >>> [weight.shape for weight in circuit.weights], circuit.output.shape
    ([(3, 2), (2, 3)], (1, 2))
    """
    if not isinstance(tree, PoolingTree):
        raise ArgumentError(f"tree: got {short(tree)}; accepted: a PoolingTree")
    channels = integer(local_dimension, "local_dimension", least=1, most=WIDEST)
    given = integers(widths, "widths", least=1, most=WIDEST)
    rows = integer(classes, "classes", least=1, most=WIDEST)
    if len(given) != tree.levels:
        raise ArgumentError(f"widths: {len(given)} given; accepted: one per level, {tree.levels}")
    random_generator(generator)
    shared, positive = boolean(shared, "shared"), boolean(positive, "positive")

    def draw(*shape: int) -> np.ndarray:
        return generator.uniform(0.1, 1.0, shape) if positive else generator.normal(size=shape) / math.sqrt(shape[-1])

    weights = []
    for positions, width in zip(tree.positions, given, strict=False):
        weights.append(draw(width, channels) if shared else draw(positions, width, channels))
        channels = width
    return Circuit(tree, local_dimension, tuple(weights), draw(rows, channels))
