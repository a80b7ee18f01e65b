"""Convolutional arithmetic circuits (ConvACs): linear 1×1 convolutions and product pooling over a tree.

Real and positive weights share one implementation. Products of many values leave the range of floats, so that every
position is rescaled by its largest magnitude over channels after each level, and the logarithm of the scale is
carried along. Every level is homogeneous, so that a scale held constant leaves the gradient exact.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from convac.circuits.tree import Circuit
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

Linear = Callable[[Tensor], Tensor]

WEIGHTS = ("positive", "signed")
INITIALISATIONS = {"positive": ("uniform", "calibrated"), "signed": ("calibrated", "normal")}
# Products smaller than exp(FLOOR) of a position's largest count as that: below it floats lose their speed and digits.
FLOOR = -60.0
# Random images on which a calibrated initialisation sets its scales.
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
        initialisation: `uniform` (b from U(-1, 1), positive weights only), `calibrated` (exp(U(-s, s)) with
            s = min(1, 4 / window), divided so that the logarithm of the scale stays near 0 at every level) or
            `normal` (variance 1 / channels, signed weights only: the textbook's, for contrast); by default the
            first that the weights admit.
        seed: an integer, or one per replica; replicas lie along the leading axis of every parameter.

    Raises:
        ArgumentError: an argument is outside what is accepted.

    Source: 1509.05009 (convolutional arithmetic circuits); 1605.06743, Experiments (positive weights, log space).

    >>> import numpy as np
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
        *,
        weights: str = "positive",
        sharing: str = "shared",
        initialisation: str | None = None,
        seed: int | Sequence[int] = 0,
    ) -> None:
        seeds = (seed,) if isinstance(seed, int) else tuple(seed)
        self.kind = accept("weights", weights, WEIGHTS)
        sharing = accept("sharing", sharing, SHARINGS)
        initialisation = accept("initialisation", initialisation, INITIALISATIONS[self.kind])
        super().__init__(tree, local_dimension, widths, classes, seeds=seeds, sharing=sharing, distinct=False)
        shapes = {f"level_{level}": shape for level, shape in enumerate(self.shapes(), start=1)}
        shapes["output"] = (classes, self.widths[-1])
        for name, shape, window in zip(shapes, shapes.values(), (*tree.windows, 1), strict=True):
            if initialisation == "normal":
                initial = normals(seeds, name, shape, shape[-1] ** -0.5)
            else:
                # channels of a product over a large window would differ by hundreds of nats: one would rule alone
                spread = min(1.0, 4 / window) if initialisation == "calibrated" else 1.0
                initial = draws(seeds, name, shape, -spread, spread)
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
        signed = self.kind == "signed"
        if inputs.ndim == 4:
            values, log = inputs, inputs.new_zeros(1, 1, inputs.shape[2], 1)
        else:
            table = self.weight("level_1")
            log = table.new_zeros(len(table), 1, self.local_dimension)
            for (name, _), counts in zip(levels[1:], self.tables(), strict=False):
                table, log = counted_products(table, log, counts, signed)
                yield table.unsqueeze(3), log.unsqueeze(3)
                table = self.weight(name) @ table
            values, log = counted_products(table, log, inputs, signed)
            levels = levels[len(self.tables()) + 1 :]
            positions = self.tree.positions[self.tree.levels - len(levels)]
            values, log = (torch.unflatten(part, 2, (positions, -1)) for part in (values, log))
            yield values, log
        for name, window in levels:
            values, log = window_products(convolved(self.weight(name), values), log, window, signed)
            yield values, log

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
        """Divide each level's weights so that the mean of ln scale is 0 after it, over random images.

        Level 1 is divided per symbol first, so that every symbol's largest response is 1 and the scale hardly
        depends on how many sites hold which.
        """
        vectors = np.eye(self.local_dimension, dtype=np.float32)[reference_images(self.tree, self.local_dimension)]
        values = self.prepare(self.encode(vectors))
        log = values.new_zeros(1, 1, self.tree.sites, 1)
        for level, window in enumerate(self.tree.windows, start=1):
            weight = self.weight(f"level_{level}")
            weight = weight / (weight.amax(-2, keepdim=True) if level == 1 else weight.sum(-1, keepdim=True))
            values, log = window_products(convolved(weight, values), log, window, signed=False)
            shift = log.mean((1, 2, 3)) / window
            weight = weight / shift.exp().view(-1, *[1] * (weight.ndim - 1))
            log = log - (shift * window).view(-1, 1, 1, 1)
            self._set(f"level_{level}", weight)
        output = self.weight("output")
        self._set("output", output / output.sum(-1, keepdim=True))

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


class Products(torch.autograd.Function):
    """Products of values as sums of logarithms, with signs beside them, rescaled over channels (axis 1).

    `pool` sums over the factors of each product, `spread` is its transpose. Returns the products divided by their
    largest magnitude over channels, and its logarithm. The gradient takes that scale for a constant: the gradient
    with respect to a factor is the product over the factor.
    """

    @staticmethod
    def forward(ctx: Any, values: Tensor, pool: Linear, spread: Linear, signed: bool) -> tuple[Tensor, Tensor]:
        """Rescaled products and ln of the scale."""
        factors = values.abs().clamp_min(TINY)  # a zero has no logarithm; the product over it stays its gradient
        logs = pool(factors.log())
        peak = logs.amax(1, keepdim=True)
        products = (logs - peak).clamp_min_(FLOOR).exp_()
        if signed:
            products = products * (1 - 2 * (pool(values.signbit().to(values.dtype)) % 2))
            factors = factors.copysign(values)
        ctx.save_for_backward(factors, products)
        ctx.spread = spread
        ctx.mark_non_differentiable(peak)
        return products, peak

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None, None]:
        """Gradient with respect to the values."""
        factors, products = ctx.saved_tensors
        return ctx.spread(gradients[0] * products) / factors, None, None, None


rescaled_products: Callable[[Tensor, Linear, Linear, bool], tuple[Tensor, Tensor]] = Products.apply


def counted_products(values: Tensor, log: Tensor, counts: Tensor, signed: bool) -> tuple[Tensor, Tensor]:
    """Products in which symbol k stands counts[…, x, k] times.

    Args:
        values: (replicas, channels, symbols).
        log: ln of their scale, (replicas, 1, symbols).
        counts: (products, symbols), or with a replica axis before.
        signed: whether values may be negative.

    Returns:
        Products (replicas, channels, products), at most 1 in magnitude, and ln of their scale.
    """
    products, peak = rescaled_products(values, lambda logs: logs @ counts.mT, lambda each: each @ counts, signed)
    return products, log @ counts.mT + peak


def window_products(values: Tensor, log: Tensor, window: int, signed: bool) -> tuple[Tensor, Tensor]:
    """Products over windows of consecutive positions.

    Args:
        values: (replicas, channels, positions·window, batch).
        log: ln of their scale, (1 or replicas, 1, positions·window, 1 or batch).
        window: positions per window.
        signed: whether values may be negative.

    Returns:
        Products (replicas, channels, positions, batch), at most 1 in magnitude, and ln of their scale.
    """

    def pool(logs: Tensor) -> Tensor:
        return torch.unflatten(logs, 2, (-1, window)).sum(3)

    def spread(each: Tensor) -> Tensor:
        return each.unsqueeze(3).expand(-1, -1, -1, window, -1).flatten(2, 3)

    products, peak = rescaled_products(values, pool, spread, signed)
    return products, pool(log) + peak


def reference_images(tree: PoolingTree, local_dimension: int) -> np.ndarray:
    """Random images (n, N) for calibration, neither all fine nor all coarse, with any shares of the symbols.

    Image after image takes runs of one symbol as long as the windows below level 1, 2, … L have sites.
    """
    generator = stream("calibration")
    images = np.empty((CALIBRATION_IMAGES, tree.sites), dtype=np.int64)
    for number, image in enumerate(images):
        positions = tree.positions[number % tree.levels]
        share = generator.dirichlet(np.ones(local_dimension))
        image[list(tree.order)] = generator.choice(local_dimension, positions, p=share).repeat(tree.sites // positions)
    return images


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
        weights=accept("weights", spec.options.get("weights"), WEIGHTS),
        sharing=accept("sharing", spec.options.get("sharing"), SHARINGS),
        initialisation=str(spec.options["initialisation"]) if "initialisation" in spec.options else None,
        seed=tuple(seeds),
    )
