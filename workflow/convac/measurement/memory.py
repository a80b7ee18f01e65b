"""What a trained recurrent network remembers.

- `solved_steps`: the first recorded step whose test accuracy reaches the bar; the last step where none does, which
  `solved` tells apart.
- `input_gradient`: norm of the gradient of the last answer's cross-entropy with respect to the one-hot vector of each
  step, root mean square over test sequences. Where it vanishes nothing is learnt of that step.
- `amplitude_rank`, `start_end_bound`: of a recurrent arithmetic circuit, the numerical rank of the last class's
  amplitude between the halves of the steps on all composites of S random first and S random second halves, and the
  smaller of S and the exact rank of such circuits, which no weights exceed (1710.09431;
  `convac.entanglement.start_end_rank`).
"""

from collections.abc import Iterator

import numpy as np
import torch
from torch.nn.functional import cross_entropy

from convac.circuits.recurrent import RecurrentShape, RecurrentWeights
from convac.entanglement.start_end_rank import form
from convac.errors import ArgumentError
from convac.measurement.trained import Row, Trained, at
from convac.networks.sequences import Recurrent
from convac.seeds import stream
from convac.specs.measurements.memory import MemorySpec

TOLERANCE = 1e-10  # of a singular value, relative to the largest: float64 over some dozens of steps


def rows(trained: Trained, wanted: MemorySpec) -> Iterator[Row]:
    """Rows of every seed's trained network."""
    for number, seed in enumerate(trained.seeds):
        network, last = trained.network_of(number, trained.last), trained.last
        if not isinstance(network, Recurrent):
            raise ArgumentError(f"measure.memory: {type(network).__name__} has no steps; accepted: a recurrent network")
        found = list(learning_rows(trained, seed, wanted.solved))
        data = trained.images(number)
        images, labels = (data[f"test_{part}"][: wanted.sequences] for part in ("images", "labels"))
        for step, norm in enumerate(input_gradients(network, images, labels)):
            found.append({"site": step, "quantity": "input_gradient", "value": float(norm)})
        if network.multiplicative:
            found += rank_rows(network, seed, wanted.halves)
        yield from at(trained, seed, last, found)


def learning_rows(trained: Trained, seed: int, bar: float) -> Iterator[Row]:
    """When a seed's test accuracy first reached the bar."""
    history = trained.history
    chosen = history[(history["quantity"] == "test_accuracy") & (history["seed"] == seed)]
    reached = chosen.loc[chosen["value"] >= bar, "step"]
    steps = trained.last if reached.empty else int(reached.min())
    yield {"quantity": "solved_steps", "value": float(max(1, steps))}
    yield {"quantity": "solved", "value": float(not reached.empty)}


def input_gradients(network: Recurrent, images: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Norms (steps,) of the gradient of the last answer's loss with respect to every step's input.

    Args:
        network: of one seed.
        images: sequences (n, steps).
        labels: (n,), or (n, answers), of which the last counts.
    """
    inputs = network.prepare(network.encode(images)).detach().clone().requires_grad_()
    logits = network.logits(inputs)[0].reshape(len(images), -1, network.classes)[:, -1]
    wanted = torch.from_numpy(labels.reshape(len(labels), -1)[:, -1].astype(np.int64))
    (gradient,) = torch.autograd.grad(cross_entropy(logits, wanted, reduction="sum"), inputs)
    norms: np.ndarray = gradient[0].double().square().sum(-1).mean(-1).sqrt().numpy()
    return norms


def rank_rows(network: Recurrent, seed: int, halves: int) -> Iterator[Row]:
    """Numerical start-end rank of the last class's amplitude, and the bound on it."""
    shape, weights = network.weights(label=network.classes - 1)
    first = shape.steps // 2
    start = stream("memory rank", seed, "start").integers(shape.local_dimension, size=(halves, first))
    end = stream("memory rank", seed, "end").integers(shape.local_dimension, size=(halves, shape.steps - first))
    sizes = np.linalg.svd(amplitudes(shape, weights, start, end), compute_uv=False)
    rank = int((sizes > TOLERANCE * sizes[0]).sum())
    bound = min(halves, form(shape.depth, shape.local_dimension, shape.width, shape.steps - first))
    yield {"partition": "start-end", "quantity": "amplitude_rank", "value": float(rank)}
    yield {"partition": "start-end", "quantity": "start_end_bound", "value": float(bound)}


def amplitudes(shape: RecurrentShape, weights: RecurrentWeights, start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Values of a circuit over the reals on all composites of starts (S, n) and ends (S', T − n), up to one factor.

    Returns:
        Shape (S, S').
    """
    hot = np.eye(shape.local_dimension)
    recalled = [np.ones((1, 1, shape.width))] * shape.depth
    for inputs in [*(hot[step][:, None] for step in start.T), *(hot[step][None] for step in end.T)]:
        state = inputs
        for layer, (into, memory) in enumerate(zip(weights.inputs, weights.memory, strict=True)):
            state = (state @ into.T) * recalled[layer]
            state = state / (np.abs(state).max() or 1.0)
            recalled[layer] = state @ memory.T
    return np.asarray((state @ weights.output.T)[..., 0])
