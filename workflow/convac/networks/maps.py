"""Linear maps of the levels of a tree: their shapes, their application at all positions, and as a circuit."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from convac.circuits.tree import Circuit
from convac.geometry.trees import PoolingTree

# Stands for 0 inside logarithms: far below the rounding of rescaled values, which are of order 1.
TINY = 1e-18
# Weights of a level are one for all positions, one per position within a window (a generalised convolution whose
# kernel is its stride), or one per position.
SHARINGS = ("shared", "windowed", "located")


def level_shapes(tree: PoolingTree, local_dimension: int, widths: Sequence[int], sharing: str) -> list[tuple[int, ...]]:
    """Shape of every level's weight, without the replica axis: `(out, in)`, or with window or positions first.

    >>> level_shapes(PoolingTree.named("line", (4,)), 3, (5, 7), "located")
    [(4, 5, 3), (2, 7, 5)]
    """
    places = {"windowed": tree.windows, "located": tree.positions[:-1]}.get(sharing)
    pairs = zip(widths, (local_dimension, *widths), strict=False)
    return [(*(() if places is None else (places[level],)), *pair) for level, pair in enumerate(pairs)]


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
