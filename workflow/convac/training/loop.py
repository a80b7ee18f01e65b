"""The training loop: all seeds of a run at once along the leading axis, with history, checks and resume.

Every number follows from the spec: initial weights from each seed alone, and each seed's own order of the training
images. Neither replica batching nor a kill and resume changes which seed sees which image.
"""

import importlib
import logging
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from convac.errors import ArgumentError, FileError
from convac.networks.layers import TreeNetwork
from convac.seeds import stream
from convac.specs import RunSpec
from convac.training.checks import Guard
from convac.training.checkpoints import Checkpoint
from convac.training.history import History

LOG = logging.getLogger("convac")
# Seconds between two log lines, and between two checkpoints.
INTERVAL = 8.0
# Images evaluated at a time: activations of a block stay in the processor's cache.
BLOCK = 500

Arrays = dict[str, np.ndarray]
Report = Callable[[str], None]
Progress = Callable[[int], None]


@dataclass(frozen=True)
class Result:
    """What a training run leaves.

    Attributes:
        history: one row per seed, step, quantity and level: `loss` (nats, over a fixed part of the training set as
            large as the test set), `train_accuracy` (over the same part), `test_accuracy`, `log_scale` (largest
            |ln scale| over the levels and the test images, nats), and at step 0 `initial_log_scale` per level; level
            0 is the whole network.
        tensors: parameters by name, replicas along the leading axis.
        seconds: time that this process spent training.
    """

    history: pd.DataFrame
    tensors: Arrays
    seconds: float


def build(spec: RunSpec) -> TreeNetwork:
    """The untrained network of a run, one replica per seed; raises ArgumentError for an architecture without one."""
    name = spec.network.architecture
    try:
        module = importlib.import_module(f"convac.networks.{name}")
    except ModuleNotFoundError:
        module = None
    make = getattr(module, "build", None)
    if make is None:
        raise ArgumentError(f"architecture: {name!r} is unknown; accepted: a module of convac.networks with build()")
    network = make(spec.network, spec.training.seeds)
    if not isinstance(network, TreeNetwork):
        raise ArgumentError(f"architecture: {name!r} builds no network over a tree; accepted: a TreeNetwork")
    return network


def load(spec: RunSpec, tensors: Mapping[str, np.ndarray], where: str = "model") -> TreeNetwork:
    """The trained network of a run from `Result.tensors`.

    Raises:
        FileError: a tensor is missing, unknown or of another shape; the line starts with `where`.
    """
    network = build(spec)
    parameters = dict(network.named_parameters())
    for name in sorted(set(parameters) ^ set(tensors)):
        state = "missing" if name in parameters else "unknown"
        raise FileError(f"{where}: tensor {name} is {state}; expected {', '.join(parameters)}")
    with torch.no_grad():
        for name, parameter in parameters.items():
            if tensors[name].shape != tuple(parameter.shape):
                raise FileError(
                    f"{where}: tensor {name} has shape {list(tensors[name].shape)}; expected {list(parameter.shape)}"
                )
            parameter.copy_(torch.from_numpy(np.array(tensors[name])))
    return network


class Batches:
    """Each seed's own order of the training images: a new permutation every epoch, batches across their seams."""

    def __init__(self, seeds: tuple[int, ...], images: int, batch: int) -> None:
        self.seeds, self.images, self.batch = seeds, images, batch
        self._epochs: dict[int, np.ndarray] = {}

    def epoch(self, number: int) -> np.ndarray:
        """Permutations (replicas, images) of one epoch."""
        if number not in self._epochs:
            orders = [stream("batches", seed, number).permutation(self.images) for seed in self.seeds]
            self._epochs = {number - 1: self._epochs.get(number - 1, orders[0]), number: np.stack(orders)}
        return self._epochs[number]

    def __call__(self, step: int) -> np.ndarray:
        """Image numbers (replicas, batch) of one step, the first step being 0."""
        places = np.arange(step * self.batch, (step + 1) * self.batch)
        epochs, offsets = np.divmod(places, self.images)
        parts = [self.epoch(number)[:, offsets[epochs == number]] for number in np.unique(epochs).tolist()]
        return np.concatenate(parts, axis=1)


class Part:
    """Images and labels on which a network is evaluated, prepared once."""

    def __init__(self, network: TreeNetwork, encoded: Tensor, labels: Tensor) -> None:
        self.blocks = [
            (network.prepare(rows), row_labels)
            for rows, row_labels in zip(encoded.split(BLOCK), labels.split(BLOCK), strict=True)
        ]
        self.images = len(labels)

    @torch.no_grad()
    def evaluate(self, network: TreeNetwork) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Loss (replicas,) in nats, accuracy (replicas,) and the largest |ln scale| (replicas, levels)."""
        loss, right, scales = 0.0, 0.0, []
        for inputs, labels in self.blocks:
            logits, scale = network.evaluate(inputs)
            loss = loss + losses(logits, labels.expand(len(logits), -1)).double() * len(labels)
            right = right + (logits.argmax(2) == labels).double().sum(1)
            scales.append(scale)
        largest = torch.stack(scales).amax(0) if scales[0].shape[1] else scales[0]
        return (loss / self.images).cpu().numpy(), (right / self.images).cpu().numpy(), largest.cpu().double().numpy()


def losses(logits: Tensor, labels: Tensor) -> Tensor:
    """Mean cross-entropy (replicas,) in nats, of logits (replicas, batch, classes) and labels (replicas, batch)."""
    return cross_entropy(logits.flatten(0, 1), labels.flatten(), reduction="none").unflatten(0, labels.shape).mean(1)


@torch.no_grad()
def clip_gradients(parameters: list[Tensor], bound: float) -> None:
    """Scale each replica's gradient to a norm of at most `bound`."""
    gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
    squares = torch.stack([gradient.square().flatten(1).sum(1) for gradient in gradients]).sum(0)
    factors = (bound / (squares.sqrt() + 1e-6)).clamp(max=1)
    for gradient in gradients:
        gradient.mul_(factors.view(-1, *[1] * (gradient.ndim - 1)))
