"""Convolutional rectifier networks (ConvRects): 1×1 convolutions with ReLU and max or average pooling over a tree."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import torch
from torch import Tensor, nn

from convac.geometry.trees import PoolingTree
from convac.networks.arguments import accept, checked_seeds
from convac.networks.base import BiasedNetwork
from convac.networks.initialisation import normals, seed_words
from convac.networks.split import Splittable
from convac.specs.networks.rectifier import RectifierSpec

POOLINGS = ("max", "average")


class ConvRect(BiasedNetwork, Splittable):
    """A convolutional rectifier network over a pooling tree, weights shared over positions.

    Args:
        tree: geometry and windows over N sites.
        local_dimension: M, the dimension of a site's representation.
        widths: channels after each level.
        classes: number of classes.
        pooling: `max` or `average`.
        seed: an integer, or one per replica; replicas lie along the leading axis of every parameter. Weights start
            normal with variance 2 / channels, biases at 0 (1502.01852).

    Raises:
        ArgumentError: an argument is outside what is accepted.

    Source: 1603.00162 (convolutional rectifier networks).

    >>> import numpy as np
    >>> tree = PoolingTree.named("square", (4, 4))
    >>> network = ConvRect(tree, 2, (3, 3), pooling="average")
    >>> encoded = network.encode(np.zeros((5, 4, 4), dtype=int))
    >>> network(encoded).shape
    torch.Size([1, 5, 2])
    """

    def __init__(
        self,
        tree: PoolingTree,
        local_dimension: int,
        widths: Sequence[int],
        classes: int = 2,
        *,
        pooling: str = "max",
        seed: int | Sequence[int] = 0,
    ) -> None:
        seeds = checked_seeds(seed)
        self.pooling = accept("pooling", pooling, POOLINGS)
        super().__init__(
            tree, local_dimension, widths, classes, seeds=seeds, sharing="shared", distinct=self.pooling == "max"
        )
        shapes = [*self.shapes(), (self.classes, self.widths[-1])]
        for word, name, shape in zip(seed_words(tree.levels), self.names, shapes, strict=True):
            gain = 1 if name == "output" else 2
            self.register_parameter(name, nn.Parameter(normals(seeds, word, shape, (gain / shape[-1]) ** 0.5)))
            self.register_parameter(f"{name}_bias", nn.Parameter(torch.zeros(len(seeds), shape[0], 1)))

    @property
    def names(self) -> list[str]:
        """Layers from the sites up; each has a weight of that name and a bias."""
        return [*(f"level_{level}" for level in range(1, self.tree.levels + 1)), "output"]

    def propagate(self, inputs: Tensor) -> Iterator[Tensor]:
        """Activations after every level.

        Args:
            inputs: from `prepare`.

        Yields:
            (replicas, channels, positions·batch); a tabulated level has (replicas, channels, symbols) instead.
        """
        levels = list(zip(self.names, self.tree.windows, self.tree.positions, strict=False))
        if inputs.ndim == 4:
            values = inputs.flatten(2)
        else:
            # the first map of one-hot sites is its own table of values
            mapped: Tensor = self.get_parameter("level_1")
            for name, above, counts in zip(self.names, self.names[1:], self.tables(), strict=False):
                values = self._activated(name, mapped, partial(self._pool_symbols, counts=counts))
                yield values
                mapped = self.get_parameter(above) @ values
            levels = levels[len(self.tables()) :]
            values = self._activated(levels[0][0], mapped, partial(self._pool_inputs, inputs=inputs))
            yield values
            levels = levels[1:]
        for name, window, positions in levels:
            pool = partial(self._pool_windows, window=window, positions=positions)
            values = self._activated(name, self.get_parameter(name) @ values, pool)
            yield values

    def _activated(self, name: str, mapped: Tensor, pool: Callable[[Tensor], Tensor]) -> Tensor:
        """Bias, ReLU and pooling of mapped values (replicas, channels, …).

        A maximum commutes with both, and leaves them fewer values.
        """
        bias = self.get_parameter(f"{name}_bias")
        return (pool(mapped) + bias).relu() if self.pooling == "max" else pool((mapped + bias).relu())

    def _pool_symbols(self, table: Tensor, counts: Tensor) -> Tensor:
        """Pool a table (replicas, channels, symbols below) over the windows that symbols stand for."""
        if self.pooling == "average":
            shares = counts / counts.sum(1, keepdim=True)
            return table @ shares.mT.expand(len(table), -1, -1)  # one product a replica
        return table.unsqueeze(2).masked_fill(counts == 0, -torch.inf).amax(3)

    def _pool_inputs(self, table: Tensor, inputs: Tensor) -> Tensor:
        """Pool the first level that is evaluated position by position, from a table and prepared inputs."""
        looked_up = table @ inputs.mT
        if self.pooling == "average":
            return looked_up / self.symbol_window
        return self._pool_windows(looked_up, self.symbol_window, self.tree.positions[len(self.tables())])

    def _pool_windows(self, values: Tensor, window: int, positions: int) -> Tensor:
        """Pool (replicas, channels, positions·batch) over windows of consecutive positions."""
        values = torch.unflatten(values, 2, (positions // window, window, -1))
        if self.pooling == "average":
            return values.mean(3).flatten(2)
        while values.shape[3] > 1:  # pairwise maxima are many times faster than a reduction over few values
            half = values.shape[3] // 2
            pairs = torch.maximum(values[:, :, :, :half], values[:, :, :, half : 2 * half])
            values = torch.cat([pairs, values[:, :, :, 2 * half :]], dim=3) if values.shape[3] % 2 else pairs
        return values.flatten(2)

    def logits(self, inputs: Tensor) -> Tensor:
        """Logits (replicas, batch, classes) of prepared inputs."""
        for last in self.propagate(inputs):
            values = last
        return self.readout(values)

    def readout(self, values: Tensor) -> Tensor:
        """Logits (replicas, batch, classes) of the values after the last level."""
        return torch.baddbmm(self.get_parameter("output_bias"), self.get_parameter("output"), values).mT

    def level_weight(self, level: int, replica: int) -> Tensor:
        """The map (out, in) of a level, from 0 up."""
        return self.get_parameter(self.names[level])[replica]

    def factors(self, mapped: Tensor, level: int, replica: int) -> Tensor:
        """Bias and ReLU, channels last."""
        return (mapped + self.get_parameter(f"{self.names[level]}_bias")[replica, :, 0]).relu_()

    def from_pooled(self, pooled: Tensor, window: int) -> Tensor:
        """Maxima as they are, sums as means."""
        return pooled / window if self.pooling == "average" else pooled

    def top_logits(self, values: Tensor, replica: int) -> Tensor:
        """Logits (…, classes) of the values (…, channels) after the last level."""
        return values @ self.get_parameter("output")[replica].mT + self.get_parameter("output_bias")[replica, :, 0]


def build(spec: RectifierSpec, seeds: Sequence[int]) -> ConvRect:
    """The ConvRect of a spec, one replica per seed."""
    return ConvRect(spec.tree, spec.local_dimension, spec.widths, spec.classes, pooling=spec.pooling, seed=tuple(seeds))
