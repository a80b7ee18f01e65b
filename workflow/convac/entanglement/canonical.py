"""How entangled a dataset is under the canonical partitions of a pooling tree: what a tree's network has to carry.

A canonical partition is what stands below one position of the tree against all else. On the square tree these are the
blocks of halves of every axis, of halves of these, and so on.

Source: 2303.11249 (data entanglement under canonical partitions; its features have the inner product
cos(π·0.085·(x − x′)); there they are tensors of the samples' features, here with a label of ±1 on one side).
"""

import math

import numpy as np

from convac.entanglement.data import DataTensor
from convac.entanglement.measure import measure
from convac.geometry.trees import PoolingTree

FREQUENCY = 0.085  # of a feature's angle, in half turns for each standard deviation of the pixels
# the root of a Gram matrix is good to this; QR, which is good to rounding, takes ten times as long
ERROR = 1e-3  # nats


def canonical_partitions(tree: PoolingTree, depth: int) -> np.ndarray:
    """Masks of the sites below each position of a depth under the root, boolean, shape (positions, N).

    Args:
        tree: whose positions are meant.
        depth: levels below the root, from 1, whose children they are, to the tree's levels, the sites.

    >>> canonical_partitions(PoolingTree.named("line", (4,)), 1).astype(int).tolist()
    [[1, 1, 0, 0], [0, 0, 1, 1]]
    """
    positions = math.prod(tree.windows[tree.levels - depth :])
    masks = np.zeros((positions, tree.sites), dtype=bool)
    for mask, inside in zip(masks, np.array(tree.order).reshape(positions, -1), strict=True):
        mask[inside] = True
    return masks


def features(images: np.ndarray) -> np.ndarray:
    """The unit vectors that stand for pixels, shape (n, N, 2); their inner products are cosines of the difference.

    Args:
        images: (n, …), real. All pixels together have mean 0 and standard deviation 1 first.
    """
    values = images.reshape(len(images), -1).astype(np.float64)
    angles = math.pi * FREQUENCY * (values - values.mean()) / (values.std() or 1.0)
    return np.stack([np.cos(angles), np.sin(angles)], axis=2)


def data_entropy(images: np.ndarray, labels: np.ndarray, tree: PoolingTree, depth: int = 1) -> float:
    """Mean entropy of a dataset's tensor over the canonical partitions of a depth, in nats.

    Args:
        images: (n, …), as many pixels as the tree has sites.
        labels: (n,), 0 or 1, which become −1 and 1.
        tree: whose partitions are taken.
        depth: see `canonical_partitions`.

    Raises:
        PrecisionError, TimeLimitError, MemoryLimitError: it can't be told to 0.001, or takes too long or much.
    """
    data = DataTensor(features(images), 2.0 * labels - 1, tree.shape)
    seconds = 2 * 10**-9 * len(labels) ** 3 + 10.0**-9 * len(labels) ** 2 * tree.sites + 1
    found = [
        measure(data, mask, time_limit=seconds, largest_error=ERROR).entropy
        for mask in canonical_partitions(tree, depth)
    ]
    return float(np.mean(found))
