"""The training loop: all seeds of a run at once along the leading axis, with history, checks and resume.

Every number follows from the spec: initial weights from each seed alone, and each seed's own order of the training
images. Neither replica batching nor a kill and resume changes which seed sees which image.
"""

import importlib
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from convac.errors import ArgumentError, FileError
from convac.networks.base import Network
from convac.progress import LOG, reporter
from convac.seeds import stream
from convac.specs.run import RunSpec
from convac.specs.training import EVALUATED_MASKS, Schedule
from convac.training.checkpoints import Checkpoint
from convac.training.checks import Snapshot, all_finite, replay
from convac.training.convergence import converged, decisive_steps
from convac.training.history import History
from convac.training.masks import Masks, hidden
from convac.training.optimizer import Adam
from convac.training.threads import one_thread

# Seconds between two checkpoints.
INTERVAL = 8.0
# Steps between two checks that every weight is finite; the loss is looked at in each.
CHECK_EVERY = 50
# Images evaluated at a time: activations of a block stay in the processor's cache.
BLOCK = 200
# Parts of a dataset that no network learns from; validation, where there is one, chooses the rate.
HELD_OUT = ("validation", "test")

Arrays = dict[str, np.ndarray]


@dataclass(frozen=True)
class Result:
    """What a training run leaves.

    Attributes:
        history: one row per seed, step, quantity and level: `loss` (nats, over a fixed part of the training set as
            large as the test set, with `EVALUATED_MASKS` draws of missing pixels each where it is trained on such),
            `train_accuracy` (over the same part), `test_accuracy`, `validation_accuracy` where
            there are such images, at step 0 the `learning_rate` that was chosen by them, at the last one whether the
            seed had `converged` (0 or 1), `log_scale` (largest
            |ln scale| over the levels and the test images, nats), and at step 0 `initial_log_scale` per level; level
            0 is the whole network.
        tensors: parameters by name, replicas along the leading axis; those of a snapshot as `step_<step>.<name>`.
        seconds: time that this process spent training.
    """

    history: pd.DataFrame
    tensors: Arrays
    seconds: float


def build(spec: RunSpec) -> Network:
    """The untrained network of a run, one replica per seed; raises ArgumentError for a kind that no file builds."""
    *_, module = spec.network.modules
    try:
        make = importlib.import_module(module).build
    except (ModuleNotFoundError, AttributeError) as error:
        raise ArgumentError(f"network: {spec.network.kind} has no build(); accepted: one in {module}") from error
    network = make(spec.network, spec.training.seeds)
    if not isinstance(network, Network):
        raise ArgumentError(f"network: {spec.network.kind} builds no network; accepted: a Network")
    return network


def load(spec: RunSpec, tensors: Mapping[str, np.ndarray], where: str = "model", step: int | None = None) -> Network:
    """The trained network of a run from `Result.tensors`, or the one of a snapshot's step as it was trained then.

    Raises:
        FileError: a tensor is missing, unknown or of another shape; the line starts with `where`.
    """
    network = build(spec)
    parameters = dict(network.named_parameters())
    if step is None:
        tensors = {name: tensor for name, tensor in tensors.items() if not name.startswith("step_")}
    else:
        tensors = {name.split(".")[-1]: tensor for name, tensor in tensors.items() if name.startswith(f"step_{step}.")}
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
    if step:
        network.advance(step / spec.training.steps)
    return network


def drawn(spec: RunSpec, arrays: Arrays, number: int) -> Arrays:
    """The images and labels of one of a run's seeds, counted from 0; the same for all where they are drawn once."""
    return {name: array[number] for name, array in arrays.items()} if spec.dataset.seeds else arrays


class Batches:
    """Each seed's own order of the training images: a new permutation every epoch, batches across their seams."""

    def __init__(self, seeds: tuple[int, ...], images: int, batch: int) -> None:
        self.seeds, self.images, self.batch = seeds, images, batch
        self._epochs: dict[int, np.ndarray] = {}

    def epoch(self, number: int) -> np.ndarray:
        """Permutations (replicas, images) of one epoch."""
        if number not in self._epochs:
            orders = [stream("batches", seed, number).permutation(self.images) for seed in self.seeds]
            before = {number - 1: self._epochs[number - 1]} if number - 1 in self._epochs else {}
            self._epochs = {**before, number: np.stack(orders)}
        return self._epochs[number]

    def __call__(self, step: int) -> np.ndarray:
        """Image numbers (replicas, batch) of one step, the first step being 0."""
        places = np.arange(step * self.batch, (step + 1) * self.batch)
        epochs, offsets = np.divmod(places, self.images)
        parts = [self.epoch(number)[:, offsets[epochs == number]] for number in np.unique(epochs).tolist()]
        return np.concatenate(parts, axis=1)


class Part:
    """Images (n, columns) and labels (n, …) on which a network is evaluated, prepared once; or such of each replica."""

    def __init__(self, network: Network, encoded: Tensor, labels: Tensor) -> None:
        each = torch.split(encoded, BLOCK, -2), torch.split(labels, BLOCK, encoded.ndim - 2)
        self.blocks = [(network.prepare(rows), row_labels) for rows, row_labels in zip(*each, strict=True)]
        self.images = encoded.shape[-2]

    @torch.no_grad()
    def evaluate(self, network: Network) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Loss (replicas,) in nats, accuracy (replicas,) and the largest |ln scale| (replicas, levels)."""
        loss = torch.zeros((), dtype=torch.float64, device=self.blocks[0][1].device)
        right, scales = loss, []
        for inputs, labels in self.blocks:
            logits, scale = network.evaluate(inputs)
            loss = loss + network.loss(logits, labels).double() * logits.shape[1]
            right = right + network.right(logits, labels).sum(1)
            scales.append(scale)
        largest = torch.stack(scales).amax(0) if scales[0].shape[1] else scales[0]
        return (loss / self.images).cpu().numpy(), (right / self.images).cpu().numpy(), largest.cpu().double().numpy()


@torch.no_grad()
def clip_gradients(parameters: list[Tensor], bound: float) -> None:
    """Scale each replica's gradient to a norm of at most `bound`."""
    gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
    # added one by one: the order of a reduction would depend on the number of replicas
    squares = reduce(torch.add, [gradient.square().flatten(1).sum(1) for gradient in gradients])
    factors = (bound / (squares.sqrt() + 1e-6)).clamp(max=1)
    for gradient in gradients:
        gradient.mul_(factors.view(-1, *[1] * (gradient.ndim - 1)))


def rate_factor(schedule: Schedule, step: int) -> float:
    """The rate of a step, counted from 1, as a multiple of the schedule's: a rise, a fall, a plateau, a drop."""
    rising = schedule.warm_up * schedule.steps
    settled, last = decisive_steps(schedule)
    if step > last:
        return schedule.decay * schedule.drop_to
    if step <= rising:
        return step / rising
    fallen = (step - rising) / (settled - rising) if step < settled else 1.0
    return 1 - (1 - schedule.decay) * fallen


class Run:
    """A network, its optimizer and the images that it learns from."""

    def __init__(self, spec: RunSpec, arrays: Arrays, device: torch.device, rate: float | None = None) -> None:
        self.training, self.asked = spec.training, spec.network.labels
        self.rate = spec.training.lr if rate is None else rate
        self.network = build(spec).to(device)
        self.optimizer = Adam(self.network.parameters(), spec.training.betas, spec.training.weight_decay)
        # images of one draw (n, columns), or of one for each replica (replicas, n, columns)
        images, labels = self.encoded(arrays, "train", device)
        axis, total = images.ndim - 2, images.shape[-2]
        tested = arrays["test_labels"].shape[axis]
        self.batches = Batches(spec.training.seeds, total, spec.training.batch)
        self.masks = Masks(self.training.missing, self.network) if self.training.missing else None
        chosen = torch.from_numpy(np.sort(stream("evaluation").permutation(total)[:tested])).to(device)
        self.parts = {"train": self.part("train", images.index_select(-2, chosen), labels.index_select(axis, chosen))}
        for name in HELD_OUT:
            if f"{name}_images" in arrays:
                self.parts[name] = self.part(name, *self.encoded(arrays, name, device))
        self.images, self.labels = images.reshape(-1, images.shape[-1]), labels.flatten(0, axis)
        draws = np.arange(len(spec.training.seeds))[:, None] if axis else 0
        self.network.advance(0.0)
        self.first = draws * total  # number of a replica's first image among all

    def encoded(self, arrays: Arrays, part: str, device: torch.device) -> tuple[Tensor, Tensor]:
        """Encoded images and labels of a part."""
        images, labels = arrays[f"{part}_images"], torch.from_numpy(arrays[f"{part}_labels"].astype(np.int64))
        before = images.shape[: labels.ndim - len(self.asked)]  # draws, where each replica has its own, and images
        rows = self.network.encode(images.reshape(-1, *images.shape[len(before) :])).to(device)
        return rows.view(*before, -1), labels.to(device)

    def part(self, name: str, images: Tensor, labels: Tensor) -> Part:
        """What the network is evaluated on, without pixels where it is trained so: training images several times."""
        if self.masks is not None:
            axis = images.ndim - 2
            copies = EVALUATED_MASKS if name == "train" else 1
            images, labels = torch.cat([images] * copies, axis), torch.cat([labels] * copies, axis)
            images = hidden(self.network, images, self.masks.of_part(name, images.shape[-2]))
            labels = labels if axis else labels.expand(len(images), *labels.shape)
        return Part(self.network, images, labels)

    def rows(self, step: int) -> Tensor:
        """Image numbers (replicas, batch) of a step; steps count from 1."""
        return torch.from_numpy(self.batches(step - 1) + self.first).to(self.images.device)

    def inputs(self, step: int) -> Tensor:
        """Prepared images of a step, for which the network is made ready."""
        self.network.advance(step / self.training.steps)
        return self.network.prepare(self.chosen(self.rows(step), step))

    def chosen(self, rows: Tensor, step: int) -> Tensor:
        """Encoded images (replicas, batch, …) of these numbers, without the pixels that they lack in a step."""
        images = self.images.index_select(0, rows.flatten()).view(*rows.shape, *self.images.shape[1:])
        return images if self.masks is None else hidden(self.network, images, self.masks.of_step(step, rows.shape[1]))

    def update(self, step: int) -> float:
        """Make one step; the sum of the replicas' losses before it, in nats."""
        rows = self.rows(step)
        self.network.advance(step / self.training.steps)
        self.optimizer.zero_grad()
        # replicas share no parameter, so that the gradient of the sum is each one's own
        loss = self.network.loss(self.network(self.chosen(rows, step)), self.labels[rows]).sum()
        torch.autograd.backward(loss)
        if self.training.clip is not None:
            clip_gradients(list(self.network.parameters()), self.training.clip)
        self.optimizer.step(self.rate * rate_factor(self.training, step))
        return float(loss.detach())

    def record(self, history: History, step: int) -> None:
        """Evaluate the network as it stands after a step."""
        for name, part in self.parts.items():
            loss, accuracy, scales = part.evaluate(self.network)
            history.record(step, f"{name}_accuracy", accuracy)
            if name == "train":
                history.record(step, "loss", loss)
        if scales.shape[1]:
            history.record(step, "log_scale", scales.max(axis=1))
        if step == 0:
            for level, values in enumerate(scales.T, start=1):
                history.record(step, "initial_log_scale", values, level)


def checked(spec: RunSpec, arrays: Arrays) -> None:
    """Raise ArgumentError when images and labels don't fit one another, the seeds or the number of classes."""
    draws = {len(array) for array in arrays.values()}
    if spec.dataset.seeds and draws != {spec.dataset.draws}:
        raise ArgumentError(f"dataset: holds {sorted(draws)} draws; accepted: one per seed, {spec.dataset.draws}")
    for number in range(spec.dataset.draws):
        checked_draw(spec, drawn(spec, arrays, number))


def checked_draw(spec: RunSpec, arrays: Arrays) -> None:
    """Raise ArgumentError when images and labels of one draw don't fit one another or the number of classes."""
    parts = ["train", "test"] + (["validation"] if "validation_images" in arrays else [])
    for part in parts:
        for kind in ("images", "labels"):
            if f"{part}_{kind}" not in arrays:
                raise ArgumentError(f"dataset: {part}_{kind} is missing; accepted: train and test images and labels")
        images, labels = arrays[f"{part}_images"], arrays[f"{part}_labels"]
        if not (isinstance(images, np.ndarray) and isinstance(labels, np.ndarray) and labels.dtype.kind in "biu"):
            given = f"{type(images).__name__} and {type(labels).__name__} of {getattr(labels, 'dtype', 'no type')}"
            raise ArgumentError(f"dataset: {part} images and labels are {given}; accepted: arrays, labels of integers")
        asked = spec.network.labels
        if labels.shape[1:] != asked or not labels.ndim or len(images) != len(labels) or not len(labels):
            raise ArgumentError(
                f"dataset: {len(images)} {part}_images with {part}_labels of shape {list(labels.shape)}; "
                f"accepted: {f'labels of shape {list(asked)} for each image' if asked else 'one label per image'}"
            )
        if labels.min() < 0 or labels.max() >= spec.network.classes:
            raise ArgumentError(
                f"dataset: {part}_labels {labels.min()}..{labels.max()}; accepted: 0..{spec.network.classes - 1}"
            )


@one_thread()
def train(
    spec: RunSpec,
    arrays: Arrays,
    *,
    device: str = "auto",
    checkpoint: Path | None = None,
    code: str = "",
) -> Result:
    """Train all seeds of a run at once, on one thread of the processor.

    Args:
        spec: the run.
        arrays: `train_images`, `train_labels`, `test_images`, `test_labels`: images that the network encodes, (n, …),
            and integer labels (n,).
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
    started = saved = time.monotonic()
    where = chosen_device(device)
    kept = Checkpoint(checkpoint, spec, code)
    rows = kept.history()
    history = History(spec.training.seeds, rows)
    rate = history.first("learning_rate") if rows is not None else tuned(spec, arrays, where)
    run = Run(spec, arrays, where, rate)
    network, optimizer = run.network, run.optimizer
    start, snapshots = kept.read(network, optimizer)
    steps, kept_steps = spec.training.steps, set(spec.training.snapshots)
    looked_at = {*kept_steps, *decisive_steps(spec.training), steps}
    if not start:
        history = History(spec.training.seeds)
        run.record(history, 0)
        history.record(0, "learning_rate", np.full(len(spec.training.seeds), rate))
        snapshots |= weights(network, 0) if 0 in kept_steps else {}
    snapshot = Snapshot(network, optimizer, start)
    report, state = reporter(steps, "step"), "not evaluated yet"
    for step in range(start + 1, steps + 1):
        loss = run.update(step)
        if not math.isfinite(loss) or step - snapshot.step >= CHECK_EVERY or step == steps:
            if not (math.isfinite(loss) and all_finite(network)):
                replay(network, optimizer, snapshot, last=step, inputs=run.inputs, update=run.update)
            snapshot = Snapshot(network, optimizer, step)
        if step % spec.training.log_every == 0 or step in looked_at:
            run.record(history, step)
            state = f"loss {history.last('loss'):.4f}, test accuracy {history.last('test_accuracy'):.4f}"
        if step in kept_steps:
            snapshots |= weights(network, step)
        report(step, state)
        if time.monotonic() - saved > INTERVAL and step < steps and all_finite(network):
            kept.write(network, optimizer, step, history.array(), snapshots)
            saved = time.monotonic()
    history.record(steps, "converged", converged(history, spec.training))
    return Result(history.frame(), weights(network) | snapshots, time.monotonic() - started)


def weights(network: Network, step: int | None = None) -> Arrays:
    """A copy of the parameters by name, as a snapshot where a step is given."""
    prefix = "" if step is None else f"step_{step}."
    return {f"{prefix}{name}": each.detach().cpu().numpy().copy() for name, each in network.named_parameters()}


def tuned(spec: RunSpec, arrays: Arrays, device: torch.device) -> float:
    """The rate of the schedule's trials with the least validation loss, mean over the seeds that they are tried on.

    Each is tried as a separate short run, from the same start on the same images; every architecture that lists as
    many trials gets the same budget. A trial that stops being finite is out.

    Raises:
        ArgumentError: there are trials, but no validation images.
    """
    training = spec.training
    if not training.trials:
        return training.lr
    if "validation_images" not in arrays:
        raise ArgumentError("training.trials: the dataset has no validation images; accepted: none, use training.lr")
    changes = {"steps": training.trial_steps, "seeds": training.tried}
    short = spec.model_copy(update={"training": training.model_copy(update=changes)})
    scores = []
    for rate in training.trials:
        run = Run(short, arrays, device, rate)
        for step in range(1, training.trial_steps + 1):
            run.update(step)
        loss, accuracy, _ = run.parts["validation"].evaluate(run.network)
        scores.append(float(loss.mean()) if np.isfinite(loss).all() else math.inf)
        LOG.info("trial of rate %g: validation loss %.4f, accuracy %.4f", rate, scores[-1], accuracy.mean())
    return training.trials[int(np.argmin(scores))]


def chosen_device(name: str) -> torch.device:
    """The torch device of a name; raises ArgumentError for one that isn't here."""
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    if name not in {"cpu", "cuda"} or (name == "cuda" and not torch.cuda.is_available()):
        raise ArgumentError(f"device: {name!r} isn't here; accepted: auto, cpu, cuda where there is one")
    return torch.device(name)
