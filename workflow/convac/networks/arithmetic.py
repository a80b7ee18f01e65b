"""Convolutional arithmetic circuits (ConvACs): linear 1×1 convolutions and product pooling over a tree.

Real and positive weights share one implementation. Products of many values leave the range of floats, so that every
position is rescaled by its largest magnitude over channels after each level, and the logarithm of the scale is
carried along. Every level is homogeneous, so that a scale held constant leaves the gradient exact.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from convac.circuits import Circuit
from convac.errors import ArgumentError
from convac.geometry.trees import PoolingTree
from convac.networks.layers import (
    SHARINGS,
    TINY,
    TreeNetwork,
    accept,
    accept_options,
    convolved,
    draws,
    finite,
    normals,
)
from convac.seeds import stream
from convac.specs import NetworkSpec

WEIGHTS = ("positive", "signed")
INITIALISATIONS = {"positive": ("uniform", "calibrated"), "signed": ("calibrated", "normal")}
# Random one-hot images on which a calibrated initialisation sets its scales.
CALIBRATION_IMAGES = 32


class ConvAC(TreeNetwork):
    """A convolutional arithmetic circuit over a pooling tree.

    Args:
        tree: geometry and windows over N sites.
        local_dimension: M, the dimension of a site's representation.
        widths: channels after each level.
        classes: number of classes.
        weights: `positive` (every weight is exp(b); logits ln h_y) or `signed` (real weights; Born readout,
            p(y|x) ∝ h_y², logits 2 ln|h_y|).
        sharing: weights `shared` over positions or `located` at each.
        initialisation: `uniform` (b from U(-1, 1), positive weights only), `calibrated` (exp(U(-1, 1)), normalised
            so that the logarithm of the scale stays near 0 at every level) or `normal` (variance 1 / channels,
            signed weights only: the textbook's, for contrast); by default the first that the weights admit.
        seed: an integer, or one per replica; replicas lie along the leading axis of every parameter.

    Raises:
        ArgumentError: an argument is outside what is accepted.

    Source: 1509.05009 §3 (convolutional arithmetic circuits); 1605.06743 §6 (positive weights, log space).

    >>> tree = PoolingTree.named("square", (4, 4))
    >>> network = ConvAC(tree, 2, (3, 3))
    >>> encoded = network.encode(np.zeros((5, 4, 4), dtype=int))
    >>> network(encoded).shape
    torch.Size([1, 5, 2])
    >>> network.circuit().widths
    (3, 3)
    """

    def __init__(
        self,
        tree: PoolingTree,
        local_dimension: int,
        widths: Sequence[int],
        classes: int = 2,
        weights: str = "positive",
        sharing: str = "shared",
        initialisation: str | None = None,
        seed: int | Sequence[int] = 0,
    ) -> None:
        seeds = (seed,) if isinstance(seed, int) else tuple(seed)
        self.kind = accept("weights", weights, WEIGHTS)
        sharing = accept("sharing", sharing, SHARINGS)
        initialisation = accept("initialisation", initialisation, INITIALISATIONS[self.kind])
        super().__init__(tree, local_dimension, widths, classes, seeds, sharing, distinct=False)
        shapes = {f"level_{level}": shape for level, shape in enumerate(self.shapes(), start=1)}
        shapes["output"] = (classes, self.widths[-1])
        for name, shape in shapes.items():
            if initialisation == "normal":
                initial = normals(seeds, name, shape, shape[-1] ** -0.5)
            else:
                initial = draws(seeds, name, shape, -1, 1)
                initial = initial if self.kind == "positive" else initial.exp()
            self.register_parameter(name, nn.Parameter(initial))
        if initialisation == "calibrated":
            self._calibrate()

    @property
    def names(self) -> list[str]:
        """Parameters from the sites up."""
        return [*(f"level_{level}" for level in range(1, self.tree.levels + 1)), "output"]

    def weight(self, name: str) -> Tensor:
        """The weight that a parameter stands for: itself, or its exponential when weights are positive."""
        parameter = self.get_parameter(name)
        return parameter.exp() if self.kind == "positive" else parameter

    def propagate(self, inputs: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
        """Values and logarithm of their scale after every level.

        Args:
            inputs: from `prepare`.

        Yields:
            Rescaled values (replicas, channels, positions, batch), at most 1 in magnitude, and ln of the scale
            (replicas, 1, positions, batch), without gradient. A tabulated level has (…, symbols, 1) instead.
        """
        levels = list(zip(self.names, self.tree.windows, strict=False))
        if inputs.ndim == 4:
            values, log = inputs, inputs.new_zeros(1, 1, inputs.shape[2], 1)
        else:
            table = self.weight("level_1")
            log = table.new_zeros(1, 1, self.local_dimension)
            for (name, _), counts in zip(levels[1:], self.tables(), strict=False):
                table, log = self._pool_symbols(table, log, counts.unsqueeze(0))
                yield table.unsqueeze(3), log.unsqueeze(3)
                table = self.weight(name) @ table
            values, log = self._pool_symbols(table, log, inputs)
            levels = levels[len(self.tables()) + 1 :]
            positions = self.tree.positions[self.tree.levels - len(levels)]
            values, log = values.unflatten(2, (positions, -1)), log.unflatten(2, (positions, -1))
            yield values, log
        for name, window in levels:
            values, log = pool_windows(convolved(self.weight(name), values), log, window)
            yield values, log

    def _pool_symbols(self, values: Tensor, log: Tensor, counts: Tensor) -> tuple[Tensor, Tensor]:
        """Products of values (replicas, channels, symbols), symbol k taken counts[…, x, k] times."""
        exponents = counts.mT
        values = values + TINY * (values == 0)  # a zero has no logarithm; its gradient stays that of the product
        products = values.abs().log() @ exponents
        peak = products.detach().amax(1, keepdim=True)
        pooled = (products - peak).exp()
        if self.kind == "signed":
            pooled = pooled * (1 - 2 * (((values < 0).to(values.dtype) @ exponents) % 2))
        return pooled, log @ exponents + peak

    def logits(self, inputs: Tensor) -> Tensor:
        """Logits (replicas, batch, classes) of prepared inputs: ln h_y or 2 ln|h_y|, up to the common scale."""
        for last, _ in self.propagate(inputs):
            values = last
        return self._readout(values)

    def _readout(self, values: Tensor) -> Tensor:
        amplitudes = (self.weight("output") @ values.flatten(2)).mT
        if self.kind == "positive":
            return amplitudes.log()
        return 2 * (amplitudes + TINY * (amplitudes == 0)).abs().log()

    @torch.no_grad()
    def evaluate(self, inputs: Tensor) -> tuple[Tensor, Tensor]:
        """Logits (replicas, batch, classes) and, per level, the largest |ln scale| (replicas, levels).

        A tabulated level's scale is taken over all its symbols, whether or not they occur in the images.
        """
        scales = []
        for last, log in self.propagate(inputs):
            values = last
            scales.append(log.abs().flatten(1).amax(1))
        return self._readout(values), torch.stack([scale.expand(len(values)) for scale in scales], dim=1)

    def log_scales(self, encoded: Tensor) -> Tensor:
        """Largest |ln scale| over images and positions after every level, (replicas, levels), in nats."""
        return self.evaluate(self.prepare(encoded))[1]

    @torch.no_grad()
    def diagnose(self, inputs: Tensor) -> list[tuple[str, Tensor]]:
        """Name of every layer, in order, with whether its weights and values are finite in each replica."""
        found = []
        for name, (last, log) in zip(self.names, self.propagate(inputs), strict=False):
            values = last
            whole = finite(self.weight(name)) & finite(values) & finite(log)
            found.append((name, whole))
        return [*found, ("output", finite(self.weight("output")) & finite(self._readout(values)))]

    @torch.no_grad()
    def _calibrate(self) -> None:
        """Divide each level's weights so that the mean of ln scale is 0 after it, over random one-hot images.

        Level 1 is divided per symbol first, so that every symbol's largest response is 1 and the scale doesn't
        depend on how many sites hold which.
        """
        shape = (CALIBRATION_IMAGES, *self.tree.shape)
        images = stream("calibration").integers(0, self.local_dimension, shape)
        values = self.prepare(self.encode(images)) if self.sharing == "located" else self._one_hot(images)
        log = values.new_zeros(1, 1, self.tree.sites, 1)
        for level, window in enumerate(self.tree.windows, start=1):
            weight = self.weight(f"level_{level}")
            weight = weight / (weight.amax(-2, keepdim=True) if level == 1 else weight.sum(-1, keepdim=True))
            values, log = pool_windows(convolved(weight, values), log, window)
            shift = log.mean((1, 2, 3)) / window
            weight = weight / shift.exp().view(-1, *[1] * (weight.ndim - 1))
            log = log - (shift * window).view(-1, 1, 1, 1)
            self._set(f"level_{level}", weight)
        output = self.weight("output")
        self._set("output", output / output.sum(-1, keepdim=True))

    def _one_hot(self, images: np.ndarray) -> Tensor:
        vectors = np.eye(self.local_dimension, dtype=np.float32)[images.reshape(len(images), -1)]
        return self.prepare(self.encode(vectors))

    def _set(self, name: str, weight: Tensor) -> None:
        self.get_parameter(name).copy_(weight.log() if self.kind == "positive" else weight)

    def circuit(self, replica: int = 0) -> Circuit:
        """One replica as data for the engines: float64 weights, exp(b) when they are positive.

        Raises:
            ArgumentError: there is no such replica, or a weight isn't finite.
        """
        if not 0 <= replica < len(self.seeds):
            raise ArgumentError(f"replica: {replica} is unknown; accepted: 0..{len(self.seeds) - 1}")
        arrays = [self.get_parameter(name)[replica].detach().cpu().double().numpy() for name in self.names]
        *weights, output = [np.exp(array) if self.kind == "positive" else array for array in arrays]
        return Circuit(self.tree, self.local_dimension, tuple(weights), output)


def pool_windows(values: Tensor, log: Tensor, window: int) -> tuple[Tensor, Tensor]:
    """Products over each window of consecutive positions, rescaled.

    Args:
        values: (replicas, channels, positions·window, batch).
        log: ln of their scale, (1 or replicas, 1, positions·window, 1 or batch).
        window: positions per window; products of more than four values are rescaled on the way.

    Returns:
        Values (replicas, channels, positions, batch), at most 1 in magnitude, and ln of their scale.
    """
    values, log = values.unflatten(2, (-1, window)), log.unflatten(2, (-1, window)).sum(3)
    factors = 1
    while values.shape[3] > 1:
        half = values.shape[3] // 2
        pairs = values[:, :, :, :half] * values[:, :, :, half : 2 * half]
        values = torch.cat([pairs, values[:, :, :, 2 * half :]], dim=3) if values.shape[3] % 2 else pairs
        factors *= 2
        if factors == 4 and values.shape[3] > 1:
            values, scale = rescaled(values)
            log, factors = log + scale.sum(3), 1
    values, scale = rescaled(values.squeeze(3))
    return values, log + scale


def rescaled(values: Tensor) -> tuple[Tensor, Tensor]:
    """Values divided by their largest magnitude over channels (axis 1), and its logarithm, without gradient."""
    scale = values.detach().abs().amax(1, keepdim=True).clamp_min(TINY)
    return values / scale, scale.log()


def build(spec: NetworkSpec, seeds: Sequence[int]) -> ConvAC:
    """The ConvAC of a spec, one replica per seed; options: weights, sharing, initialisation.

    Raises:
        ArgumentError: an option is unknown.
    """
    accept_options(spec.options, ("weights", "sharing", "initialisation"))
    return ConvAC(
        spec.tree,
        spec.local_dimension,
        spec.widths,
        spec.classes,
        accept("weights", spec.options.get("weights"), WEIGHTS),
        accept("sharing", spec.options.get("sharing"), SHARINGS),
        str(spec.options["initialisation"]) if "initialisation" in spec.options else None,
        tuple(seeds),
    )
