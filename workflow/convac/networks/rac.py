"""Recurrent arithmetic circuits (RACs): the product of input and memory, with signs, and a Born readout.

Layer l at step t: h_t = (W_in x_t) ⊙ (W_h h_{t−1}), x_t the symbol's one-hot vector or the state of the layer below;
before the first step W_h h_0 is a vector of ones. p(y | x) ∝ h_y², h_y a linear map of the last layer's state: the
logits are 2 ln|h_y|, in which a scale that the classes share cancels. So every state is divided by its largest
magnitude, which counts as a constant in the gradient: each layer is homogeneous in all that it reads.

It starts about the vector of ones: every map but the first keeps its direction and turns what deviates from it, the
first maps each symbol to ones and normal noise of deviation σ. To first order a symbol u steps before the end reaches
the last state by C(u + L − 1, L − 1) paths, all of them turned independently, so that this deviates from ones by
σ √C(T + L − 1, L) in every channel; σ makes that 1 for any length T and depth L. With less, products of two symbols,
which comparing them takes, lie far below what is linear in each; with more, every sequence has a state of its own. All
classes start nearly as likely, away from the logarithm's poles.

Every layer is homogeneous, so that scales of maps are free: they say how far a step of Adam, which moves all numbers
alike, turns a map. Beside the first map with its entries about 1, orthogonal ones would be turned √channels times as
fast, and a product of T of them by T times that; so all maps have entries of order 1 (benchmarks/recurrent_rates.py).

Source: 1710.09431 (recurrent arithmetic circuits); the readout is ours.
"""

import math
from collections.abc import Sequence
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from convac import arrays
from convac.circuits.recurrent import RecurrentShape, RecurrentWeights
from convac.networks.arguments import checked_replica
from convac.networks.initialisation import normals, orthonormal
from convac.networks.maps import TINY
from convac.networks.recursions import Products
from convac.networks.sequences import Layer, Recurrent, driven
from convac.specs.networks.rac import RacSpec

DEVIATION = 1.0  # of the last state from ones at the start, to first order
UNEVEN = 0.1  # deviation of the output's initial weights, classes starting nearly alike


class Rac(Recurrent):
    """A recurrent arithmetic circuit over real numbers; its arguments are those of `Recurrent`.

    >>> network = Rac(6, 3, (4, 4), seed=(0, 1))
    >>> network(np.zeros((5, 6), dtype=int)).shape
    torch.Size([2, 5, 2])
    """

    multiplicative: ClassVar[bool] = True

    def initialise(self) -> None:
        """Register the parameters of every layer, and the output's."""
        depth = len(self.widths)
        spread = DEVIATION / math.comb(self.steps + depth - 1, depth) ** 0.5
        for number, (into, out) in enumerate(self.sizes, start=1):
            word = f"inputs_{number}"
            first = 1 + normals(self.seeds, word, (out, into), spread) if number == 1 else None
            self.parameter(word, keeping_ones(self.seeds, word, out, into) if first is None else first)
            self.parameter(f"memory_{number}", keeping_ones(self.seeds, f"memory_{number}", out, out))
        width = self.widths[-1]
        self.parameter("output", width**-0.5 + normals(self.seeds, "output", (self.classes, width), UNEVEN))

    def layer(self, number: int, below: Layer) -> Layer:
        """Products of input and memory, step by step."""
        inputs, memory = (self.get_parameter(f"{name}_{number + 1}") for name in ("inputs", "memory"))
        states, scales = Products.apply(driven(below.states, inputs), memory)  # type: ignore[no-untyped-call]
        logs = scales.log()
        logs = logs if below.logs is None else logs + below.logs
        return Layer(states, logs.cumsum(1))

    def readout(self, states: Tensor) -> Tensor:
        """2 ln|h_y|, up to the scale that the classes share."""
        amplitudes = states @ self.get_parameter("output").mT
        return 2 * (amplitudes + TINY * (amplitudes == 0)).abs().log()

    def scores(self, inputs: Tensor) -> Tensor:
        """2 ln|h_y| with the scale, after the last step or of all steps as in `logits`."""
        last = self.propagate(inputs)[-1]
        logs = 2 * torch.as_tensor(last.logs)
        return self.answered(last.states) + (logs[:, -1] if self.answers is None else logs.transpose(1, 2))

    def weights(self, replica: int = 0, label: int = 0) -> tuple[RecurrentShape, RecurrentWeights]:
        """One class's amplitude of one replica as a circuit over the reals, for `convac.circuits.recurrent`.

        Layers narrower than the widest one are filled up with channels that are 0.

        Raises:
            ArgumentError: there is no such replica or class.
        """
        number, chosen = checked_replica(replica, self.seeds), arrays.integer(label, "label", 0, self.classes - 1)
        layers, width = range(1, len(self.widths) + 1), max(self.widths)

        def found(name: str) -> np.ndarray:
            """A map of float64, filled up with zeros."""
            own = self.get_parameter(name)[number].detach().cpu().double().numpy()
            inputs = own.shape[1] if name == "inputs_1" else width
            return np.pad(own, ((0, 0 if name == "output" else width - len(own)), (0, inputs - own.shape[1])))

        inputs, memory = (tuple(found(f"{name}_{layer}") for layer in layers) for name in ("inputs", "memory"))
        shape, output = RecurrentShape(self.steps, len(self.widths), width, self.symbols), found("output")
        return shape, RecurrentWeights(inputs, memory, output[chosen : chosen + 1])


def keeping_ones(seeds: Sequence[int], word: str, out: int, into: int) -> Tensor:
    """√in times random maps (replicas, out, in) with orthonormal rows or columns: ones go to √in times ones."""
    whole = torch.zeros(len(seeds), out, into)
    whole[:, 0, 0] = (out / into) ** 0.5
    whole[:, 1:, 1:] = orthonormal(seeds, word, (out - 1, into - 1))
    found: Tensor = into**0.5 * ones_first(out) @ whole @ ones_first(into).mT
    return found


def ones_first(size: int) -> Tensor:
    """An orthogonal matrix whose first column is 1 / √size: a reflection."""
    axis = torch.full((size,), size**-0.5)
    axis[0] -= 1
    length = axis.square().sum()
    return torch.eye(size) - (2 * torch.outer(axis, axis) / length if size > 1 else 0)


def build(spec: RacSpec, seeds: Sequence[int]) -> Recurrent:
    """The circuit of a spec, one replica per seed."""
    return Rac.of(spec, seeds)
