"""What all arithmetic circuits that train share: products of many values, weights of either sign, and the readout.

Products of many values leave the range of floats, so that every position is rescaled by its largest magnitude over
channels after each level, and the logarithm of the scale is carried along. Every level is homogeneous, so that a
scale held constant leaves the gradient exact.
"""

import math
from abc import abstractmethod
from collections.abc import Callable, Iterator
from functools import reduce
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import hardshrink

from convac.networks.base import Network, finite
from convac.networks.maps import TINY, convolved

Linear = Callable[[Tensor], Tensor]

WEIGHTS = ("positive", "signed")
# Products smaller than exp(FLOOR) of a position's largest count as that or 0: below it floats lose their speed and
# digits.
FLOOR = -60.0
# Windows of at most LONGEST factors, of at least LARGE numbers a replica, are multiplied, GROUP of them before the next
# rescaling: it is faster than adding logarithms where numbers cost more than calls (benchmarks/train_step.py) …
LONGEST, LARGE, GROUP = 16, 2**14, 4
# … unless the largest product of a position is beyond exp(±RANGE) [nats]: of factors up to e^15, a product that floats
# lose on the way is less than e^-27 of one that isn't.
RANGE = 30.0
# Of the `diagonal` initialisation: spread of the logarithms of weights, and what the diagonal has beyond them [nats].
SPREAD, BOOST = 1.0, 3.0


class Arithmetic(Network):
    """Base of the arithmetic circuits; a subclass adds parameters and `propagate`.

    Attributes:
        kind: `positive` (every weight is exp(b); logits ln h_y) or `signed` (real weights; Born readout,
            p(y|x) ∝ h_y², logits 2 ln|h_y|).
    """

    kind: str

    @property
    @abstractmethod
    def names(self) -> list[str]:
        """Parameters from the sites up, `output` last."""

    @abstractmethod
    def propagate(self, inputs: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
        """Rescaled values (replicas, channels, …) after every level, and ln of their scale (replicas, 1, …)."""

    def weight(self, name: str) -> Tensor:
        """The weight that a parameter stands for: itself, or its exponential when weights are positive."""
        parameter = self.get_parameter(name)
        return parameter.exp() if self.kind == "positive" else parameter

    def logits(self, inputs: Tensor) -> Tensor:
        """Logits (replicas, batch, classes) of prepared inputs: ln h_y or 2 ln|h_y|, up to the common scale."""
        for last in self.propagate(inputs):
            values, log = last
        return self._readout(values, log)

    def scores(self, inputs: Tensor) -> Tensor:
        """Logits with the scale: ln h_y or 2 ln|h_y| itself."""
        for last in self.propagate(inputs):
            values, log = last
        return self._readout(values, log) + (1 if self.kind == "positive" else 2) * log.flatten(2).mT

    def _readout(self, values: Tensor, log: Tensor) -> Tensor:
        """Logits of what the last level yields; `log` is common to the classes, and left out."""
        return self.readout((self.weight("output") @ values.flatten(2)).mT)

    def readout(self, amplitudes: Tensor) -> Tensor:
        """Logits of amplitudes h_y, ln h_y or 2 ln|h_y|."""
        if self.kind == "positive":
            return amplitudes.log()
        return 2 * (amplitudes + TINY * (amplitudes == 0)).abs().log()

    @torch.no_grad()
    def evaluate(self, inputs: Tensor) -> tuple[Tensor, Tensor]:
        """Logits (replicas, batch, classes) and, per level, the largest |ln scale| (replicas, levels).

        A tabulated level's scale is taken over all its symbols, whether or not they occur in the images.
        """
        scales = []
        for last in self.propagate(inputs):
            values, log = last
            scales.append(log.abs().flatten(1).amax(1))
        return self._readout(values, log), torch.stack([scale.expand(len(values)) for scale in scales], dim=1)

    def log_scales(self, encoded: Tensor) -> Tensor:
        """Largest |ln scale| over images and positions after every level, (replicas, levels), in nats."""
        return self.evaluate(self.prepare(encoded))[1]

    @torch.no_grad()
    def diagnose(self, inputs: Tensor) -> list[tuple[str, Tensor]]:
        """Name of every layer, in order, with whether its weights and values are finite in each replica."""
        found = []
        for name, last in zip(self.names, self.propagate(inputs), strict=False):
            values, log = last
            whole = finite(self.weight(name)) & finite(values) & finite(log)
            found.append((name, whole))
        return [*found, ("output", finite(self.weight("output")) & finite(self._readout(values, log)))]


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
    # one product a replica: of all at once, their number would decide how it rounds
    each = counts.expand(len(values), -1, -1)
    products, peak = rescaled_products(values, lambda logs: logs @ each.mT, lambda spread: spread @ each, signed)
    return products, log @ each.mT + peak


def direct_products(factors: Tensor, axis: int) -> tuple[Tensor, Tensor] | None:
    """Products over an axis of factors (replicas, …), rescaled over channels, by multiplication.

    Returns:
        Products (replicas, channels, …), at most 1 in magnitude, 0 where they are below e^`FLOOR`, and ln of their
        scale (replicas, 1, …), without gradient. None where that doesn't pay, or floats don't hold it.
    """
    if factors.shape[axis] > LONGEST or factors[0].numel() < LARGE:
        return None
    parts, log = factors.unbind(axis), factors.new_zeros(())
    while True:
        groups = [reduce(torch.mul, parts[start : start + GROUP]) for start in range(0, len(parts), GROUP)]
        scales = [group.detach().abs().amax(1, keepdim=True) for group in groups]
        logs = torch.stack(scales).log()
        if not bool((logs.abs() < RANGE).all()):
            return None
        log = log + logs.sum(0)
        parts = tuple(floored(group / scale) for group, scale in zip(groups, scales, strict=True))
        if len(parts) == 1:
            return parts[0], log


def pooled_products(
    factors: Tensor, axis: int, by_logarithms: Callable[[Tensor], tuple[Tensor, Tensor]]
) -> tuple[Tensor, Tensor]:
    """Products as `direct_products`, or by logarithms where it has none; which of the two, every replica decides."""
    found = direct_products(factors, axis)
    if found is not None:
        return found
    if len(factors) == 1 or factors.shape[axis] > LONGEST or factors[0].numel() < LARGE:
        return by_logarithms(factors)
    products, logs = zip(*(pooled_products(own, axis, by_logarithms) for own in torch.split(factors, 1)), strict=True)
    return torch.cat(products), torch.cat(logs)


def floored(values: Tensor) -> Tensor:
    """The values, 0 where they are below e^`FLOOR` in magnitude; their gradient is as if they stayed."""
    kept = values.detach()
    return values + (hardshrink(kept, math.exp(FLOOR)) - kept)


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

    def by_logarithms(factors: Tensor) -> tuple[Tensor, Tensor]:
        return rescaled_products(factors.flatten(2, 3), pool, spread, signed)

    products, peak = pooled_products(torch.unflatten(values, 2, (-1, window)), 3, by_logarithms)
    return products, pool(log) + peak


def windows_first(values: Tensor, window: int) -> Tensor:
    """Values (replicas, channels, positions·window, batch) as (replicas, window, channels, positions, batch)."""
    return torch.unflatten(values, 2, (-1, window)).permute(0, 3, 1, 2, 4)


def mapped_products(weight: Tensor, values: Tensor, log: Tensor, signed: bool) -> tuple[Tensor, Tensor]:
    """Products over a window of linear maps, one for each position within it.

    Args:
        weight: (replicas, window, out, in).
        values: (1 or replicas, window, in, positions, batch).
        log: ln of their scale, (1 or replicas, window, 1, positions, 1 or batch).
        signed: whether values may be negative.

    Returns:
        Products (replicas, out, positions, batch), at most 1 in magnitude, and ln of their scale.
    """
    mapped = torch.unflatten(weight @ values.flatten(3), 3, values.shape[3:])

    def by_logarithms(factors: Tensor) -> tuple[Tensor, Tensor]:
        def spread(each: Tensor) -> Tensor:
            return each.unsqueeze(1).expand(factors.shape)

        return rescaled_products(factors, lambda logs: logs.sum(1), spread, signed)

    products, peak = pooled_products(mapped, 1, by_logarithms)
    return products, log.sum(1) + peak


def tree_level(
    weight: Tensor, values: Tensor, log: Tensor, window: int, *, sharing: str, signed: bool
) -> tuple[Tensor, Tensor]:
    """One level of a tree: map and pool values (replicas, in, positions·window, batch) with ln of their scale."""
    if sharing == "windowed":
        return mapped_products(weight, windows_first(values, window), windows_first(log, window), signed)
    return window_products(convolved(weight, values), log, window, signed)


def dark_response(logs: Tensor, pixels: int | None) -> Tensor:
    """Logarithms of weights (…, out, in) of level 1, such that every channel's response to a dark site is 1.

    `pixels` is the number of a site's pixels where its vector is affine in them; None for one-hot sites.
    """
    if pixels is None:
        return logs - logs[..., :1]
    bright, dark = logs.chunk(2, dim=-1)
    return torch.cat([bright, torch.zeros_like(dark)], dim=-1) - math.log(pixels)


def passing_on(logs: Tensor) -> Tensor:
    """Logarithms of weights (…, out, in) that sum to one over inputs, the diagonal larger by `BOOST` nats."""
    out, into = logs.shape[-2:]
    diagonal = torch.arange(max(out, into))
    logs = logs.clone()
    logs[..., diagonal % out, diagonal % into] += BOOST
    return logs.log_softmax(-1)
