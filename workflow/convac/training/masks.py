"""Training on missing pixels: every batch lacks other pixels, drawn anew by seed and step.

Each image of a batch lacks a fraction of its pixels that is drawn from U(0, `LARGEST_RATE`), independent points or one
rectangle. What a network is evaluated on while it trains lacks pixels, too, the same ones at every evaluation; training
images are evaluated with several draws each, since convergence is judged by their loss.

Source: 1610.04167, Experiments (networks that are trained on missing pixels); the law of the shares is ours.
"""

import numpy as np
import torch

from convac.datasets.missing import missing_pixels
from convac.errors import ArgumentError
from convac.networks.base import Network
from convac.networks.inputs import MISSING, Encoded
from convac.seeds import stream

LARGEST_RATE = 0.9  # of missing pixels
# of streams: seeds, not names
WORDS = {"points": "points", "rectangles": "rectangles"}
PARTS = {"train": "train", "validation": "validation", "test": "test"}


class Masks:
    """The missing pixels of a training run, by seed.

    Args:
        kind: `points` or `rectangles`.
        network: reads missing pixels; has the seeds.

    Raises:
        ArgumentError: the network can't tell a missing pixel from a dark one, or doesn't read images.
    """

    def __init__(self, kind: str, network: Network) -> None:
        if not network.reads_missing:
            name = type(network).__name__
            raise ArgumentError(f"training.missing: {name} doesn't read missing pixels; accepted: a mask channel")
        self.kind, self.network = kind, network

    def of_step(self, step: int, batch: int) -> np.ndarray:
        """Which pixels of a step's images are missing, (replicas, batch, rows, columns); steps count from 1."""
        return self._drawn(batch, "training masks", step)

    def of_part(self, name: str, images: int) -> np.ndarray:
        """Which pixels are missing of the images that networks are evaluated on, likewise."""
        return self._drawn(images, "evaluation masks", PARTS[name])

    def _drawn(self, count: int, purpose: str, word: str | int) -> np.ndarray:
        rows, columns = self.network.shape_of(False)
        shape = (count, rows, columns)
        return np.stack([masks(self.kind, shape, purpose, word, seed) for seed in self.network.seeds])


def masks(kind: str, shape: tuple[int, int, int], purpose: str, *words: str | int) -> np.ndarray:
    """Booleans of a shape (n, rows, columns): pixels of which each image lacks its own fraction."""
    generator = stream(purpose, WORDS[kind], *words)
    return missing_pixels(kind, generator.uniform(0, LARGEST_RATE, shape[0]), shape, generator)


def hidden(network: Network, encoded: torch.Tensor, missing: np.ndarray) -> Encoded:
    """Encoded images without some of their pixels.

    Args:
        network: that encoded them.
        encoded: (replicas, n, columns), or (n, columns) for the same images in every replica.
        missing: booleans (replicas, n, rows, columns).

    Returns:
        (replicas, n, columns).
    """
    marked = network.encode(np.concatenate(missing.astype(np.uint8)))
    rows = encoded.as_subclass(torch.Tensor)
    there = marked.as_subclass(torch.Tensor).view(*missing.shape[:2], -1).to(rows.device) == 1
    return Encoded.of(torch.where(there, MISSING, rows), marked.encoding)
