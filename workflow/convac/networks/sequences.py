"""What recurrent networks share: sequences of symbols at the door, layers that go through them, answers at the end.

Layers run one after another, each over all steps. Their states have the axes (replicas, steps, batch, channels).

Every step's symbol is a one-hot vector. A network answers after the last step, or after every step; then its labels
are those of the last `answers` steps, and class 0, silence, is expected before them. Its loss is the mean over all
steps, and its accuracy that of the labels alone: the memoryless rule, which is silent and then guesses among n
symbols, has the loss answers · ln n / steps (1710.09431, copying memory).
"""

from abc import abstractmethod
from collections.abc import Callable, Hashable, Sequence
from typing import ClassVar, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, one_hot

from convac import arrays
from convac.circuits.recurrent import RecurrentShape, RecurrentWeights
from convac.errors import ArgumentError
from convac.networks.arguments import checked_seeds
from convac.networks.base import Network, finite
from convac.networks.initialisation import draws, normals, orthonormal
from convac.networks.inputs import Images, whole_images
from convac.specs.recurrent import RecurrentSpec

GATED = ("inputs", "memory", "inputs_bias", "memory_bias")  # parameters of a layer


class Layer(NamedTuple):
    """What one layer gives.

    Attributes:
        states: (replicas, steps, batch, channels), divided by their scales.
        logs: ln of the scales, (replicas, steps, batch, 1), without gradient; None where there is no scale.
    """

    states: Tensor
    logs: Tensor | None = None


class Recurrent(Network):
    """Base of the recurrent networks.

    Args:
        steps: T, the length of a sequence.
        symbols: that a step may have, M.
        widths: channels of every layer, R.
        classes: number of classes.
        answers: last steps whose classes are the labels, with class 0 at all before; None for one label, after the
            last step.
        seed: an integer, or one per replica.

    Raises:
        ArgumentError: an argument is outside what is accepted.

    Attributes:
        steps, symbols, widths, answers: as given.
        multiplicative: whether one class's amplitude is a circuit over the steps, which `weights` gives.
    """

    multiplicative: ClassVar[bool] = False

    def __init__(
        self,
        steps: int,
        symbols: int,
        widths: Sequence[int],
        classes: int = 2,
        *,
        answers: int | None = None,
        seed: int | Sequence[int] = 0,
    ) -> None:
        super().__init__()
        self.seeds = checked_seeds(seed)
        most = arrays.WIDEST
        self.steps = arrays.integer(steps, "steps", 1, arrays.SITES)
        self.symbols = arrays.integer(symbols, "symbols", 1, most)
        self.widths = arrays.integers(widths, "widths", least=1, most=most)
        self.classes = arrays.integer(classes, "classes", 1, most)
        if not self.widths:
            raise ArgumentError("widths: []; accepted: one positive integer per layer")
        self.answers = None if answers is None else arrays.integer(answers, "answers", 1, self.steps)
        self.initialise()

    @abstractmethod
    def initialise(self) -> None:
        """Register the parameters, replicas along the leading axis, drawn by seed."""

    @classmethod
    def of(cls, spec: RecurrentSpec, seeds: Sequence[int]) -> "Recurrent":
        """The network of a spec, one replica per seed."""
        return cls(spec.steps, spec.local_dimension, spec.widths, spec.classes, answers=spec.answers, seed=tuple(seeds))

    @property
    def sizes(self) -> list[tuple[int, int]]:
        """Channels into and out of every layer."""
        return list(zip((self.symbols, *self.widths), self.widths, strict=False))

    def weights(self, replica: int = 0, label: int = 0) -> tuple[RecurrentShape, RecurrentWeights]:
        """One class's amplitude of one replica as a circuit over the reals; raises ArgumentError where it is none."""
        raise ArgumentError(f"network: {type(self).__name__} is no circuit; accepted: a recurrent arithmetic circuit")

    def parameter(self, name: str, initial: Tensor) -> None:
        """Register a parameter, replicas along its leading axis."""
        self.register_parameter(name, nn.Parameter(initial))

    def linear_output(self) -> None:
        """Register a map with bias to the classes, normal with variance 1 / channels."""
        width = self.widths[-1]
        self.parameter("output", normals(self.seeds, "output", (self.classes, width), width**-0.5))
        self.parameter("output_bias", torch.zeros(len(self.seeds), self.classes))

    @property
    def reader(self) -> tuple[Hashable, ...]:
        """Steps and symbols."""
        return ("sequence", self.steps, self.symbols)

    def shape_of(self, floating: bool) -> tuple[int, ...]:
        """Symbols are integers, one a step."""
        return (self.steps,)

    @property
    def pixel_values(self) -> list[int]:
        """The symbols."""
        return list(range(self.symbols))

    def encoded(self, images: Images) -> Tensor:
        """Sequences as rows of bytes, or of whole numbers where there are more symbols."""
        whole = whole_images(images, (self.steps,), 0, self.symbols - 1)
        return torch.from_numpy(whole.astype(np.uint8 if self.symbols <= 2**8 else np.int64))

    def prepared(self, rows: Tensor) -> Tensor:
        """One-hot vectors (replicas, steps, batch, symbols)."""
        hot = one_hot(rows.mT.long(), self.symbols).to(self.get_parameter("output").dtype)
        return hot.expand(len(self.seeds), -1, -1, -1)

    @abstractmethod
    def layer(self, number: int, below: Layer) -> Layer:
        """One layer, from 0, over all steps."""

    def readout(self, states: Tensor) -> Tensor:
        """Logits (replicas, rows, classes) of the last layer's states (replicas, rows, channels)."""
        return torch.baddbmm(self.get_parameter("output_bias").unsqueeze(1), states, self.get_parameter("output").mT)

    def propagate(self, inputs: Tensor) -> list[Layer]:
        """Every layer of prepared inputs."""
        found = [Layer(inputs)]
        for number in range(len(self.widths)):
            found.append(self.layer(number, found[-1]))
        return found[1:]

    def logits(self, inputs: Tensor) -> Tensor:
        """Logits (replicas, batch, classes) after the last step, or (replicas, batch, steps, classes) of all."""
        return self.answered(self.propagate(inputs)[-1].states)

    def answered(self, states: Tensor) -> Tensor:
        """Logits of the last layer's states."""
        if self.answers is None:
            return self.readout(states[:, -1])
        return torch.unflatten(self.readout(states.flatten(1, 2)), 1, states.shape[1:3]).transpose(1, 2)

    def whole(self, labels: Tensor, logits: Tensor) -> Tensor:
        """Labels of every answer (replicas, batch) or (replicas, batch, steps); raises ArgumentError where unfit."""
        asked = logits.shape[1:-1] if self.answers is None else (logits.shape[1], self.answers)
        accepted = f"integers 0..{self.classes - 1} of shape {list(asked)} or [{len(logits)}, {list(asked)[1:]}]"
        if not isinstance(labels, Tensor) or labels.is_floating_point() or tuple(labels.shape[-len(asked) :]) != asked:
            raise ArgumentError(f"labels: {arrays.short(labels)}; accepted: {accepted}")
        if labels.ndim > len(asked) + 1 or not 0 <= int(labels.min()) <= int(labels.max()) < self.classes:
            raise ArgumentError(f"labels: of shape {list(labels.shape)}; accepted: {accepted}")
        full = labels.to(logits.device, torch.int64).expand(len(logits), *asked)
        if self.answers is None:
            return full
        silence = full.new_zeros(*full.shape[:2], logits.shape[2] - self.answers)
        return torch.cat([silence, full], dim=2)

    def loss(self, logits: Tensor, labels: Tensor) -> Tensor:
        """Mean cross-entropy of all answers, silence included, per replica (replicas,) in nats."""
        each = cross_entropy(logits.flatten(0, -2), self.whole(labels, logits).flatten(), reduction="none")
        return each.view(len(logits), -1).mean(1)

    def right(self, logits: Tensor, labels: Tensor) -> Tensor:
        """Share of a sequence's labels that are answered (replicas, batch)."""
        if self.answers is None:
            return super().right(logits, labels)
        return (logits[:, :, -self.answers :].argmax(-1) == labels).double().mean(-1)

    @torch.no_grad()
    def evaluate(self, inputs: Tensor) -> tuple[Tensor, Tensor]:
        """Logits and, of every layer that has scales, the largest |ln scale| (replicas, layers)."""
        layers = self.propagate(inputs)
        logits = self.answered(layers[-1].states)
        scales = [each.logs.abs().flatten(1).amax(1) for each in layers if each.logs is not None]
        return logits, torch.stack(scales, dim=1) if scales else logits.new_empty(len(logits), 0)

    @torch.no_grad()
    def diagnose(self, inputs: Tensor) -> list[tuple[str, Tensor]]:
        """Name of every layer with whether its states are finite in each replica, and of the output."""
        layers = self.propagate(inputs)
        found = [(f"layer_{number}", finite(each.states)) for number, each in enumerate(layers, start=1)]
        return [*found, ("output", finite(self.answered(layers[-1].states)))]

    def function(self, replica: int = 0) -> Callable[[np.ndarray], np.ndarray]:
        """One replica as a function of sequences (n, steps); it gives the logits after the last step (n, classes)."""
        every = super().function(replica)
        return every if self.answers is None else lambda sequences: every(sequences)[:, -1]


def driven(inputs: Tensor, weight: Tensor) -> Tensor:
    """Inputs (replicas, steps, batch, in) of all steps mapped by (replicas, out, in) at once."""
    return torch.unflatten(inputs.flatten(1, 2) @ weight.mT, 1, inputs.shape[1:3])


def gated(network: Recurrent, gates: int) -> None:
    """Register maps and biases of every layer.

    Every gate's memory starts orthogonal, as all kinds' do; maps of inputs are uniform in ± √(6 / (in + out)) (Glorot),
    biases 0. Where torch draws memories uniformly in ± 1/√channels, a step shrinks them by √3: after a dozen nothing is
    left of the first symbols (1312.6120).
    """
    for number, (into, out) in enumerate(network.sizes, start=1):
        bound = (6 / (into + out)) ** 0.5
        memory = orthonormal(network.seeds, f"memory_{number}", (gates, out, out)).flatten(1, 2)
        nothing = memory.new_zeros(len(memory), gates * out)
        inputs = draws(network.seeds, f"inputs_{number}", (gates * out, into), -bound, bound)
        for name, initial in zip(GATED, (inputs, memory, nothing, nothing.clone()), strict=True):
            network.parameter(f"{name}_{number}", initial)
