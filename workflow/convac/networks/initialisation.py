"""Initial weights: drawn by seed and by the word of a layer, whatever its parameters are called."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from convac.seeds import stream


def seed_words(levels: int) -> list[str]:
    """Words of the streams that levels 1 to L and the output are drawn from: seeds, whatever parameters are called."""
    return [*(f"level_{level}" for level in range(1, levels + 1)), "output"]


def draws(seeds: Sequence[int], word: str, shape: Sequence[int], low: float, high: float) -> Tensor:
    """Uniform float32 numbers (replicas, *shape); replica k depends on `seeds[k]` and `word` alone."""
    return torch.from_numpy(
        np.stack([stream("initialisation", seed, word).uniform(low, high, tuple(shape)) for seed in seeds])
    ).float()


def normals(seeds: Sequence[int], word: str, shape: Sequence[int], deviation: float) -> Tensor:
    """Normal float32 numbers (replicas, *shape); replica k depends on `seeds[k]` and `word` alone."""
    return torch.from_numpy(
        np.stack([stream("initialisation", seed, word).normal(0, deviation, tuple(shape)) for seed in seeds])
    ).float()


def orthonormal(seeds: Sequence[int], word: str, shape: Sequence[int]) -> Tensor:
    """Uniformly random maps (replicas, *shape) with orthonormal rows or columns, float32; seeded as `normals`.

    Source: 1312.6120 (random orthogonal initial conditions).
    """
    free = normals(seeds, word, shape, 1.0)
    wide = shape[-1] > shape[-2]
    columns, triangle = torch.linalg.qr(free.mT if wide else free)
    found: Tensor = columns * triangle.diagonal(dim1=-2, dim2=-1).sign().unsqueeze(-2)
    return found.mT if wide else found
