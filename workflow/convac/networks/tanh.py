"""Recurrent networks of hyperbolic tangents, h_t = tanh(W_in x_t + b_in + W_h h_{t−1} + b_h), h_0 = 0.

The cell is that of torch.nn.RNN, which has no axis of replicas: here all of them go side by side.

Source: 1710.09431, Experiments (a baseline here).
"""

from collections.abc import Sequence

from convac.networks.recursions import Tangents
from convac.networks.sequences import GATED, Layer, Recurrent, driven, gated
from convac.specs.networks.tanh import TanhSpec


class Tanh(Recurrent):
    """An Elman network; its arguments are those of `Recurrent`."""

    def initialise(self) -> None:
        """Register the parameters of every layer, and the output's."""
        gated(self, 1)
        self.linear_output()

    def layer(self, number: int, below: Layer) -> Layer:
        """The states of one layer, step by step."""
        inputs, memory, of_inputs, of_memory = (self.get_parameter(f"{name}_{number + 1}") for name in GATED)
        drives = driven(below.states, inputs) + (of_inputs + of_memory)[:, None, None]
        states = Tangents.apply(drives, memory)  # type: ignore[no-untyped-call]
        return Layer(states)


def build(spec: TanhSpec, seeds: Sequence[int]) -> Recurrent:
    """The network of a spec, one replica per seed."""
    return Tanh.of(spec, seeds)
