"""Products of linear maps over windows that overlap: every position is mapped once, and no window is copied.

Windows of K×K positions stand two apart. The entries of such a kernel whose rows and columns have the same parity read
the same grid of positions, that of a *phase*: one matrix product maps it for all of them, and an entry's factors are
those of a window, shifted.
"""

import math
from collections.abc import Iterator, Sequence
from functools import reduce
from typing import Any, NamedTuple

import torch
from torch import Tensor

from convac.networks.maps import TINY
from convac.networks.products import FLOOR, GROUP, RANGE

STRIDE = 2


class Tap(NamedTuple):
    """One entry of a kernel.

    Attributes:
        number: its place in the kernel, row by row.
        phase: parity of the rows and of the columns that it reads.
        windows: index of the windows whose entry lies inside the image.
        positions: index of what it reads for them in the phase's grid.
    """

    number: int
    phase: tuple[int, int]
    windows: tuple[Any, ...]
    positions: tuple[Any, ...]

    @property
    def inner(self) -> bool:
        """Whether it reads the 2×2 positions that a window is centred on, which every window has."""
        return self.windows == self.positions


def before(kernel: int) -> int:
    """Positions that a window reaches beyond the 2×2 that it is centred on, upwards and to the left.

    >>> [before(kernel) for kernel in (2, 3, 4, 5)]
    [0, 1, 1, 2]
    """
    return (kernel - 1) // 2


def taps(kernel: int, rows: int, columns: int) -> list[Tap]:
    """The entries of a kernel that read anything on rows × columns windows, those that every window has first."""

    def axis(size: int) -> Iterator[tuple[int, slice, slice]]:
        for entry in range(kernel):
            shift, phase = divmod(entry - before(kernel), STRIDE)
            start, stop = max(0, -shift), min(size, size - shift)
            yield phase, slice(start, stop), slice(start + shift, stop + shift)

    found = []
    for number, ((down, *vertical), (along, *horizontal)) in enumerate(
        (row, column) for row in axis(rows) for column in axis(columns)
    ):
        to, source = zip(vertical, horizontal, strict=True)
        if all(part.start < part.stop for part in to):
            found.append(Tap(number, (down, along), (..., *to, slice(None)), (..., *source, slice(None))))
    return sorted(found, key=lambda tap: not tap.inner)


def reads(kernel: int, side: int) -> float:
    """How many windows read a position, on average over a square image of side × side positions.

    >>> reads(2, 8), reads(5, 8), reads(5, 2)
    (1.0, 4.515625, 1.0)
    """
    first = [STRIDE * window - before(kernel) for window in range(side // STRIDE)]
    inside = sum(0 <= start + entry < side for start in first for entry in range(kernel))
    return (inside / side) ** 2


class Phase(NamedTuple):
    """A grid of positions and what the kernel's entries of one phase make of it.

    Attributes:
        taps: those entries.
        values: (replicas, in, positions·batch).
        mapped: (replicas, taps, out, rows, columns, batch).
    """

    taps: list[Tap]
    values: Tensor
    mapped: Tensor


def phases(weight: Tensor, values: Tensor, kernel: int) -> Iterator[Phase]:
    """The phases of values (1 or replicas, in, rows, columns, batch) under weights (replicas, K², out, in)."""
    into, rows, columns, batch = values.shape[1:]
    half = (rows // STRIDE, columns // STRIDE)
    entries = taps(kernel, *half)
    for phase in sorted({tap.phase for tap in entries}):
        own = [tap for tap in entries if tap.phase == phase]
        grid = values[:, :, phase[0] :: STRIDE, phase[1] :: STRIDE].reshape(-1, into, half[0] * half[1] * batch)
        mapped = weight[:, [tap.number for tap in own]].flatten(1, 2) @ grid
        yield Phase(own, grid, mapped.view(len(weight), len(own), -1, *half, batch))


class WindowProducts(torch.autograd.Function):
    """Products over windows of linear maps, one for each entry of the kernel, rescaled over channels (axis 1).

    What lies outside the image counts as a factor of 1. As in `convac.networks.products.Products`, the gradient takes
    the scale for a constant: with respect to a factor it is the product over the factor.
    """

    @staticmethod
    def forward(ctx: Any, weight: Tensor, values: Tensor, kernel: int) -> tuple[Tensor, Tensor]:
        """Products (replicas, out, rows/2, columns/2, batch), at most 1 in magnitude, and ln of their scale.

        Args:
            weight: (replicas, K², out, in).
            values: (1 or replicas, in, rows, columns, batch).
            kernel: K.
        """
        found = list(phases(weight, values, kernel))
        factors = [(tap, phase.mapped[:, place]) for phase in found for place, tap in enumerate(phase.taps)]
        factors.sort(key=lambda pair: not pair[0].inner)
        products, log = multiplied(factors) or by_logarithms(factors)
        ctx.save_for_backward(weight, products, *(part for phase in found for part in phase[1:]))
        ctx.taps, ctx.shape = [phase.taps for phase in found], values.shape
        ctx.mark_non_differentiable(log)
        return products, log

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor | None, None]:
        """Gradients with respect to weights and values."""
        weight, products, *saved = ctx.saved_tensors
        spread = gradients[0] * products
        of_weight = torch.zeros_like(weight)
        of_values = spread.new_zeros(len(weight), *ctx.shape[1:]) if ctx.needs_input_grad[1] else None
        for entries, grid, mapped in zip(ctx.taps, saved[::2], saved[1::2], strict=True):
            each = torch.zeros_like(mapped)
            for place, tap in enumerate(entries):
                each[:, place][tap.positions] = spread[tap.windows] / whole(mapped[:, place][tap.positions])
            numbers, flat = [tap.number for tap in entries], each.flatten(3).flatten(1, 2)
            of_weight[:, numbers] = torch.unflatten(flat @ grid.mT, 1, (len(numbers), -1))
            if of_values is not None:
                down, along = entries[0].phase
                place = of_values[:, :, down::STRIDE, along::STRIDE]
                place.copy_((weight[:, numbers].flatten(1, 2).mT @ flat).view(place.shape))
        if of_values is not None and ctx.shape[0] == 1:
            of_values = of_values.sum(0, keepdim=True)
        return of_weight, of_values, None


def whole(factors: Tensor) -> Tensor:
    """Factors that one can divide by: zeros are `TINY`, as in the product that is divided."""
    return factors + TINY * (factors == 0)


Factors = Sequence[tuple[Tap, Tensor]]


def multiplied(factors: Factors) -> tuple[Tensor, Tensor] | None:
    """Products of factors (replicas, channels, rows, columns, batch), each shifted as its tap says, by multiplication.

    Returns:
        Products, rescaled over channels, and ln of the scale; None where floats don't hold it: a scale is beyond
        exp(±`RANGE`), or a factor is zero, whose gradient is the product of the others.
    """
    inner = [factor for tap, factor in factors if tap.inner]
    products, log = reduce(torch.mul, inner), torch.zeros(())
    for start in range(len(inner), len(factors) + GROUP, GROUP):
        scale = products.abs().amax(1, keepdim=True)
        logs = scale.log()
        if not bool((logs.abs() < RANGE).all()):
            return None
        products, log = products / scale, log + logs
        for tap, factor in factors[start : start + GROUP]:
            products[tap.windows] *= factor[tap.positions]
    small = products.abs() < math.exp(FLOOR)
    if bool(small.any()):
        if any(bool((factor == 0).any()) for _, factor in factors):
            return None
        products = torch.where(small, products.new_tensor(math.exp(FLOOR)).copysign(products), products)
    return products, log


def by_logarithms(factors: Factors) -> tuple[Tensor, Tensor]:
    """The same by adding logarithms, with signs beside them, whatever their range."""
    logs, negative = torch.zeros_like(factors[0][1]), torch.zeros_like(factors[0][1])
    for tap, factor in factors:
        logs[tap.windows] += factor[tap.positions].abs().clamp_min(TINY).log()
        negative[tap.windows] += factor[tap.positions].signbit()
    peak = logs.amax(1, keepdim=True)
    return (logs - peak).clamp_min(FLOOR).exp() * (1 - 2 * (negative % 2)), peak


def summed(log: Tensor, kernel: int) -> Tensor:
    """Sums over each window of what (replicas, 1, rows, columns, batch) holds; nothing outside the image."""
    rows, columns = (side // STRIDE for side in log.shape[2:4])
    total = log.new_zeros(*log.shape[:2], rows, columns, log.shape[-1])
    for tap in taps(kernel, rows, columns):
        down, along = tap.phase
        total[tap.windows] += log[:, :, down::STRIDE, along::STRIDE][tap.positions]
    return total


window_products = WindowProducts.apply
