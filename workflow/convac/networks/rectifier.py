"""Convolutional rectifier networks (ConvRects): 1×1 convolutions with ReLU and max or average pooling over a tree."""

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from convac.geometry.trees import PoolingTree
from convac.networks.layers import TreeNetwork, accept, accept_options, convolved, finite, normals
from convac.specs import NetworkSpec

POOLINGS = ("max", "average")


class ConvRect(TreeNetwork):
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

    Source: 1603.00162 §3 (convolutional rectifier networks).

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
        pooling: str = "max",
        seed: int | Sequence[int] = 0,
    ) -> None:
        seeds = (seed,) if isinstance(seed, int) else tuple(seed)
        self.pooling = accept("pooling", pooling, POOLINGS)
        super().__init__(tree, local_dimension, widths, classes, seeds, "shared", distinct=self.pooling == "max")
        shapes = [*self.shapes(), (classes, self.widths[-1])]
        for name, shape in zip(self.names, shapes, strict=True):
            gain = 1 if name == "output" else 2
            self.register_parameter(name, nn.Parameter(normals(seeds, name, shape, (gain / shape[-1]) ** 0.5)))
            self.register_parameter(f"{name}_bias", nn.Parameter(torch.zeros(len(seeds), shape[0], 1)))

    @property
    def names(self) -> list[str]:
        """Layers from the sites up; each has a weight of that name and a bias."""
        return [*(f"level_{level}" for level in range(1, self.tree.levels + 1)), "output"]

    def _rectified(self, name: str, values: Tensor) -> Tensor:
        """ReLU of the 1×1 convolution of values (replicas, in, positions)."""
        return torch.baddbmm(self.get_parameter(f"{name}_bias"), self.get_parameter(name), values).relu()

    def propagate(self, inputs: Tensor) -> Iterator[Tensor]:
        """Activations after every level.

        Args:
            inputs: from `prepare`.

        Yields:
            (replicas, channels, positions, batch); a tabulated level has (replicas, channels, symbols, 1) instead.
        """
        names, windows = self.names[:-1], self.tree.windows
        if inputs.ndim == 4:
            start, values = 0, inputs.expand(len(self.seeds), -1, -1, -1)
        else:
            table = self.get_parameter("level_1") + self.get_parameter("level_1_bias")
            table = table.relu()
            for name, counts in zip(names[1:], self.tables(), strict=False):
                table = self._pool_symbols(table, counts)
                yield table.unsqueeze(3)
                table = self._rectified(name, table)
            start = len(self.tables()) + 1
            values = self._pool_inputs(table, inputs)
            yield values
        for name, window in list(zip(names, windows, strict=True))[start:]:
            shape = values.shape[2:]
            values = self._rectified(name, values.flatten(2)).unflatten(2, shape)
            values = self._pool_windows(values, window)
            yield values

    def _pool_symbols(self, table: Tensor, counts: Tensor) -> Tensor:
        """Pool a table (replicas, channels, symbols below) over the windows that symbols stand for."""
        if self.pooling == "average":
            return table @ (counts / counts.sum(1, keepdim=True)).mT
        return table.unsqueeze(2).masked_fill(counts == 0, -torch.inf).amax(3)

    def _pool_inputs(self, table: Tensor, inputs: Tensor) -> Tensor:
        """Pool the first level that is evaluated position by position, from a table and prepared inputs."""
        level = len(self.tables())
        looked_up = table @ inputs.mT
        if self.pooling == "average":
            return (looked_up / self.symbol_window).unflatten(2, (self.tree.positions[level + 1], -1))
        return self._pool_windows(looked_up.unflatten(2, (self.tree.positions[level], -1)), self.symbol_window)

    def _pool_windows(self, values: Tensor, window: int) -> Tensor:
        """Pool (replicas, channels, positions·window, batch) over windows of consecutive positions."""
        values = values.unflatten(2, (-1, window))
        if self.pooling == "average":
            return values.mean(3)
        while values.shape[3] > 1:  # pairwise maxima are many times faster than a reduction over few values
            half = values.shape[3] // 2
            pairs = torch.maximum(values[:, :, :, :half], values[:, :, :, half : 2 * half])
            values = torch.cat([pairs, values[:, :, :, 2 * half :]], dim=3) if values.shape[3] % 2 else pairs
        return values.squeeze(3)

    def logits(self, inputs: Tensor) -> Tensor:
        """Logits (replicas, batch, classes) of prepared inputs."""
        for last in self.propagate(inputs):
            values = last
        return self._readout(values)

    def _readout(self, values: Tensor) -> Tensor:
        return torch.baddbmm(self.get_parameter("output_bias"), self.get_parameter("output"), values.flatten(2)).mT

    @torch.no_grad()
    def evaluate(self, inputs: Tensor) -> tuple[Tensor, Tensor]:
        """Logits (replicas, batch, classes) and scales (replicas, 0): rectifiers carry none."""
        logits = self.logits(inputs)
        return logits, logits.new_empty(len(logits), 0)

    @torch.no_grad()
    def diagnose(self, inputs: Tensor) -> list[tuple[str, Tensor]]:
        """Name of every layer, in order, with whether its weights and values are finite in each replica."""
        found = []
        for name, last in zip(self.names, self.propagate(inputs), strict=False):
            values = last
            found.append((name, self._whole(name) & finite(values)))
        return [*found, ("output", self._whole("output") & finite(self._readout(values)))]

    def _whole(self, name: str) -> Tensor:
        return finite(self.get_parameter(name)) & finite(self.get_parameter(f"{name}_bias"))


def build(spec: NetworkSpec, seeds: Sequence[int]) -> ConvRect:
    """The ConvRect of a spec, one replica per seed; option: pooling.

    Raises:
        ArgumentError: an option is unknown.
    """
    accept_options(spec.options, ("pooling",))
    pooling = accept("pooling", spec.options.get("pooling"), POOLINGS)
    return ConvRect(spec.tree, spec.local_dimension, spec.widths, spec.classes, pooling, tuple(seeds))
