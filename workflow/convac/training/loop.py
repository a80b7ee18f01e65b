"""The training loop: all seeds of a run at once along the leading axis, with history, checks and resume.

Every number follows from the spec: initial weights from each seed alone, and each seed's own order of the training
images. Neither replica batching nor a kill and resume changes which seed sees which image.
"""

import importlib
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from convac.errors import ArgumentError, FileError
from convac.networks.layers import TreeNetwork
from convac.progress import reporter
from convac.seeds import stream
from convac.specs import RunSpec
from convac.training.checkpoints import Checkpoint
from convac.training.checks import Snapshot, all_finite, replay
from convac.training.history import History

# Seconds between two checkpoints.
INTERVAL = 8.0
# Steps between two checks that every weight is finite; the loss is looked at in each.
CHECK_EVERY = 50
# Images evaluated at a time: activations of a block stay in the processor's cache.
BLOCK = 500

Arrays = dict[str, np.ndarray]


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
            for rows, row_labels in zip(torch.split(encoded, BLOCK), torch.split(labels, BLOCK), strict=True)
        ]
        self.images = len(labels)

    @torch.no_grad()
    def evaluate(self, network: TreeNetwork) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Loss (replicas,) in nats, accuracy (replicas,) and the largest |ln scale| (replicas, levels)."""
        loss = torch.zeros((), dtype=torch.float64, device=self.blocks[0][1].device)
        right, scales = loss, []
        for inputs, labels in self.blocks:
            logits, scale = network.evaluate(inputs)
            loss = loss + losses(logits, labels.expand(len(logits), -1)).double() * len(labels)
            right = right + (logits.argmax(2) == labels).double().sum(1)
            scales.append(scale)
        largest = torch.stack(scales).amax(0) if scales[0].shape[1] else scales[0]
        return (loss / self.images).cpu().numpy(), (right / self.images).cpu().numpy(), largest.cpu().double().numpy()


def losses(logits: Tensor, labels: Tensor) -> Tensor:
    """Mean cross-entropy (replicas,) in nats, of logits (replicas, batch, classes) and labels (replicas, batch)."""
    each = cross_entropy(logits.flatten(0, 1), labels.flatten(), reduction="none")
    return each.view(labels.shape).mean(1)


@torch.no_grad()
def clip_gradients(parameters: list[Tensor], bound: float) -> None:
    """Scale each replica's gradient to a norm of at most `bound`."""
    gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
    squares = torch.stack([gradient.square().flatten(1).sum(1) for gradient in gradients]).sum(0)
    factors = (bound / (squares.sqrt() + 1e-6)).clamp(max=1)
    for gradient in gradients:
        gradient.mul_(factors.view(-1, *[1] * (gradient.ndim - 1)))


class Run:
    """A network, its optimizer and the images that it learns from."""

    def __init__(self, spec: RunSpec, arrays: Arrays, device: torch.device) -> None:
        self.training = spec.training
        self.network = build(spec).to(device)
        # decay enters the gradient (L2), as in the papers; `fused` makes one pass over all parameters
        self.optimizer = torch.optim.Adam(
            self.network.parameters(),
            lr=spec.training.lr,
            betas=spec.training.betas,
            weight_decay=spec.training.weight_decay,
            fused=True,
        )
        self.images = self.network.encode(arrays["train_images"]).to(device)
        self.labels = torch.from_numpy(arrays["train_labels"].astype(np.int64)).to(device)
        self.batches = Batches(spec.training.seeds, len(self.images), spec.training.batch)
        count = min(len(arrays["test_images"]), len(self.images))
        chosen = torch.from_numpy(np.sort(stream("evaluation").permutation(len(self.images))[:count])).to(device)
        test_labels = torch.from_numpy(arrays["test_labels"].astype(np.int64)).to(device)
        self.train_part = Part(self.network, self.images[chosen], self.labels[chosen])
        self.test_part = Part(self.network, self.network.encode(arrays["test_images"]).to(device), test_labels)

    def rows(self, step: int) -> Tensor:
        """Image numbers (replicas, batch) of a step; steps count from 1."""
        return torch.from_numpy(self.batches(step - 1)).to(self.images.device)

    def inputs(self, step: int) -> Tensor:
        """Prepared images of a step."""
        return self.network.prepare(self.images[self.rows(step)])

    def update(self, step: int) -> float:
        """Make one step; the sum of the replicas' losses before it, in nats."""
        drop = self.training.drop_to if step > self.training.drop_at * self.training.steps else 1.0
        for group in self.optimizer.param_groups:
            group["lr"] = self.training.lr * drop
        rows = self.rows(step)
        self.optimizer.zero_grad()
        # replicas share no parameter, so that the gradient of the sum is each one's own
        loss = losses(self.network(self.images[rows]), self.labels[rows]).sum()
        torch.autograd.backward(loss)
        if self.training.clip is not None:
            clip_gradients(list(self.network.parameters()), self.training.clip)
        self.optimizer.step()
        return float(loss.detach())

    def record(self, history: History, step: int) -> None:
        """Evaluate the network as it stands after a step."""
        loss, accuracy, _ = self.train_part.evaluate(self.network)
        _, test_accuracy, scales = self.test_part.evaluate(self.network)
        history.record(step, "loss", loss)
        history.record(step, "train_accuracy", accuracy)
        history.record(step, "test_accuracy", test_accuracy)
        if scales.shape[1]:
            history.record(step, "log_scale", scales.max(axis=1))
        if step == 0:
            for level, values in enumerate(scales.T, start=1):
                history.record(step, "initial_log_scale", values, level)


def checked(spec: RunSpec, arrays: Arrays) -> None:
    """Raise ArgumentError when images and labels don't fit one another or the number of classes."""
    for part in ("train", "test"):
        for kind in ("images", "labels"):
            if f"{part}_{kind}" not in arrays:
                raise ArgumentError(f"dataset: {part}_{kind} is missing; accepted: train and test images and labels")
        images, labels = arrays[f"{part}_images"], arrays[f"{part}_labels"]
        if labels.ndim != 1 or len(images) != len(labels) or not len(labels):
            raise ArgumentError(
                f"dataset: {len(images)} {part}_images with {part}_labels of shape {list(labels.shape)}; "
                f"accepted: one label per image"
            )
        if labels.min() < 0 or labels.max() >= spec.network.classes:
            raise ArgumentError(
                f"dataset: {part}_labels {labels.min()}..{labels.max()}; accepted: 0..{spec.network.classes - 1}"
            )


def train(
    spec: RunSpec,
    arrays: Arrays,
    *,
    threads: int = 1,
    device: str = "auto",
    checkpoint: Path | None = None,
    code: str = "",
) -> Result:
    """Train all seeds of a run at once.

    Args:
        spec: the run.
        arrays: `train_images`, `train_labels`, `test_images`, `test_labels`: integer images (n, *sites) or float
            vectors (n, N, M), integer labels (n,).
        threads: of the processor; the numbers are the same for 1 thread whatever else the machine does.
        device: `cpu`, `cuda`, or `auto` for the latter where there is one.
        checkpoint: file in which the state is kept every few seconds and from which a killed run goes on with the
            same numbers; the caller deletes it once the result is written.
        code: any text that changes with the code; a checkpoint of other code isn't used.

    Raises:
        NonFiniteError: a value became infinite or not a number; names layer, seed and step.
        ArgumentError: the images don't fit the network.

    Source: 1605.06743, Experiments.
    """
    checked(spec, arrays)
    torch.set_num_threads(threads)
    started = saved = time.monotonic()
    run = Run(spec, arrays, chosen_device(device))
    network, optimizer = run.network, run.optimizer
    kept = Checkpoint(checkpoint, spec, code)
    start, rows = kept.read(network, optimizer)
    history = History(spec.training.seeds, rows)
    if not start:
        run.record(history, 0)
    snapshot = Snapshot(network, optimizer, start)
    steps = spec.training.steps
    report, state = reporter(steps, "step"), "not evaluated yet"
    for step in range(start + 1, steps + 1):
        loss = run.update(step)
        if not math.isfinite(loss) or step - snapshot.step >= CHECK_EVERY or step == steps:
            if not (math.isfinite(loss) and all_finite(network)):
                replay(network, optimizer, snapshot, last=step, inputs=run.inputs, update=run.update)
            snapshot = Snapshot(network, optimizer, step)
        if step % spec.training.log_every == 0 or step == steps:
            run.record(history, step)
            state = f"loss {history.last('loss'):.4f}, test accuracy {history.last('test_accuracy'):.4f}"
        report(step, state)
        if time.monotonic() - saved > INTERVAL and step < steps:
            kept.write(network, optimizer, step, history.array())
            saved = time.monotonic()
    tensors = {name: parameter.detach().cpu().numpy() for name, parameter in network.named_parameters()}
    return Result(history.frame(), tensors, time.monotonic() - started)


def chosen_device(name: str) -> torch.device:
    """The torch device of a name; raises ArgumentError for one that isn't here."""
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    if name not in {"cpu", "cuda"} or (name == "cuda" and not torch.cuda.is_available()):
        raise ArgumentError(f"device: {name!r} isn't here; accepted: auto, cpu, cuda where there is one")
    return torch.device(name)
