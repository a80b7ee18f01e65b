"""Hierarchical tensor factorizations, descended to a function of which every input is known.

A factorization over a tree of windows is a convolutional arithmetic circuit with its own real weights at every
position and one output: its coefficient tensor is what is fitted, by gradient descent on the mean square of all
entries. The last level pools two halves, tabulated apart, A and B of shape (channels, inputs of a half): the tensor is
A^T diag(o) B, and the loss needs Gram matrices and the target's singular vectors alone.

Source: 2201.11729 (hierarchical tensor factorization; small initialisation; a step size that one number per network
sets, as there, so that the path is that of gradient flow, run through faster where gradients are small).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from convac.circuits.tree import Circuit
from convac.errors import ArgumentError
from convac.geometry.trees import PoolingTree
from convac.networks.maps import level_shapes
from convac.progress import reporter
from convac.seeds import stream
from convac.training.threads import one_thread

FORGET = 0.99  # share of the gradient's mean square, or of its largest of late, that a step keeps
REST = 0.3  # share of the steps, at the end, in which they become shorter
ZERO = 1e-12  # singular values of the target below this times the largest are rounding


@dataclass(frozen=True)
class Factorization:
    """A family of factorizations: everything but weights.

    Attributes:
        tree: over N sites; its last window is two.
        local_dimension: M.
        width: channels of every level.

    Raises:
        ArgumentError: the last level doesn't pool two halves.
    """

    tree: PoolingTree
    local_dimension: int
    width: int

    def __post_init__(self) -> None:
        if self.tree.windows[-1] != 2:
            raise ArgumentError(f"windows: the last is {self.tree.windows[-1]}; accepted: 2, halves of the sites")

    @property
    def shapes(self) -> list[tuple[int, ...]]:
        """Of every level's weights, (positions, out, in), and of the output's, (channels,)."""
        widths = (self.width,) * self.tree.levels
        return [*level_shapes(self.tree, self.local_dimension, widths, "located"), (self.width,)]

    @property
    def factors(self) -> int:
        """Weights that are multiplied in every term of an entry."""
        return sum(self.tree.positions)

    def deviation(self, scale: float) -> float:
        """Standard deviation of independent weights whose tensor has a root mean square of `scale` over its entries.

        A level's map adds `in` terms, each position's own: a mean square is the product of all weights' and of these
        numbers.
        """
        summed = sum(math.log(self.width) * positions for positions in self.tree.positions[1:])
        return math.exp((math.log(scale) - summed / 2) / self.factors)


class Path(NamedTuple):
    """A descent's states.

    Attributes:
        moments: steps, ascending.
        weights: by level and the output last, (moments, seeds, …).
        losses: (moments, seeds).
    """

    moments: tuple[int, ...]
    weights: list[np.ndarray]
    losses: np.ndarray

    def circuit(self, family: Factorization, moment: int, seed: int) -> Circuit:
        """One state as a circuit, moments and seeds counted from 0."""
        *maps, output = (weights[moment, seed] for weights in self.weights)
        return Circuit(family.tree, family.local_dimension, tuple(maps), output[None])


def starts(family: Factorization, seeds: Sequence[int], scale: float) -> list[Tensor]:
    """Normal weights (seeds, …) of every level and of the output, the same directions at any scale."""
    deviation = family.deviation(scale)
    generators = [stream("factorization start", seed) for seed in seeds]
    return [
        torch.from_numpy(deviation * np.stack([each.normal(size=shape) for each in generators]))
        for shape in family.shapes
    ]


def halves(family: Factorization, weights: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
    """Channels of both halves before they are pooled, on all inputs of each, (seeds, channels, M^(N/2)), tree order."""
    tables = weights[0]
    for maps, window in zip(weights[1:-1], family.tree.windows[:-1], strict=True):
        tables = maps @ joined(tables, window)
    return tables[:, 0], tables[:, 1]


def joined(tables: Tensor, window: int) -> Tensor:
    """Tables (seeds, positions, channels, inputs) of the products over windows, the last position varying fastest."""
    found = tables[:, 0::window]
    for place in range(1, window):
        found = (found.unsqueeze(4) * tables[:, place::window].unsqueeze(3)).flatten(3)
    return found


@one_thread()
def descended(
    family: Factorization,
    target: np.ndarray,
    seeds: Sequence[int],
    scale: float,
    *,
    rate: float,
    steps: int,
    moments: Sequence[int],
) -> Path:
    """Gradient descent of every seed's factorization to one target, all entries known.

    A step is as long as `rate` where the gradient is as large as it lately was, and shorter where it is smaller; over
    the last steps `rate` falls to zero.

    Args:
        family: of the factorizations.
        target: its entries, M^N numbers in the tree's order of sites, of mean square 1.
        seeds: of the first weights.
        scale: root mean square of the entries to begin with.
        rate: length of a step in the space of all weights.
        steps: how many.
        moments: steps whose weights are kept, 0 to `steps`.

    Raises:
        ArgumentError: the target has another size or mean square, or a moment isn't one.
    """
    half = family.local_dimension ** (family.tree.sites // 2)
    entries = np.asarray(target, dtype=np.float64).reshape(-1)
    if entries.size != half**2 or not math.isclose(float(np.mean(entries**2)), 1.0, rel_tol=1e-9):
        raise ArgumentError(f"target: {entries.size} entries; accepted: {half**2} of mean square 1")
    kept = tuple(sorted({*moments}))
    if not kept or kept[0] < 0 or kept[-1] > steps:
        raise ArgumentError(f"moments: got {list(kept)}; accepted: steps from 0 to {steps}")
    left, right = split(entries.reshape(half, half))
    weights = [each.requires_grad_() for each in starts(family, seeds, scale)]
    square, states, losses = torch.zeros(len(seeds), dtype=torch.float64), [], []
    report = reporter(steps, "step")
    for step in range(steps + 1):
        loss = mean_square(family, weights, left, right)
        if step in kept:
            states.append([each.detach().numpy().copy() for each in weights])
            losses.append(loss.detach().numpy().copy())
        if step == steps:
            break
        gradients = torch.autograd.grad(loss.sum(), weights)
        own = torch.stack([each.square().flatten(1).sum(1) for each in gradients]).sum(0)
        square = torch.maximum(FORGET * square, own)
        length = rate * min(1.0, (1 - step / steps) / REST)
        with torch.no_grad():
            for each, gradient in zip(weights, gradients, strict=True):
                each.sub_((length * square.rsqrt()).view(-1, *[1] * (each.ndim - 1)) * gradient)
        report(step + 1, f"loss {float(loss.detach().mean()):.4f}")
    return Path(kept, [np.stack(each) for each in zip(*states, strict=True)], np.stack(losses))


def split(target: np.ndarray) -> tuple[Tensor, Tensor]:
    """Factors (inputs, k) of both halves whose product is the target, k its rank."""
    left, values, right = np.linalg.svd(target)
    kept = values > ZERO * values[0]
    return torch.from_numpy(left[:, kept] * values[kept]), torch.from_numpy(right[kept].T.copy())


def mean_square(family: Factorization, weights: Sequence[Tensor], left: Tensor, right: Tensor) -> Tensor:
    """Mean square of factorization less target over all entries, (seeds,); the target left · rightᵀ has one of 1."""
    one, other = halves(family, weights)
    output = weights[-1]
    own = ((one @ one.mT) * (other @ other.mT) * output[:, :, None] * output[:, None, :]).sum((1, 2))
    shared = ((one @ left) * (other @ right)).sum(2) * output
    loss: Tensor = 1 + (own - 2 * shared.sum(1)) / (len(left) * len(right))
    return loss
