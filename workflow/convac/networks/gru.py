"""Gated recurrent units: reset r, update z and new state n, h_t = (1 − z) ⊙ n + z ⊙ h_{t−1}, h_0 = 0.

The cell is that of torch.nn.GRU, which has no axis of replicas: here all of them go side by side, six times as fast.

Source: 1406.1078, in the variant of torch.
"""

from collections.abc import Sequence

from convac.networks.recursions import Gates
from convac.networks.sequences import GATED, Layer, Recurrent, driven, gated
from convac.specs.networks.gru import GruSpec


class Gru(Recurrent):
    """A gated recurrent network; its arguments are those of `Recurrent`."""

    def initialise(self) -> None:
        """Register the parameters of every layer, and the output's."""
        gated(self, 3)
        self.linear_output()

    def layer(self, number: int, below: Layer) -> Layer:
        """The states of one layer, step by step."""
        inputs, memory, inputs_bias, memory_bias = (self.get_parameter(f"{name}_{number + 1}") for name in GATED)
        drives = driven(below.states, inputs) + inputs_bias[:, None, None]
        states = Gates.apply(drives, memory, memory_bias)  # type: ignore[no-untyped-call]
        return Layer(states)


def build(spec: GruSpec, seeds: Sequence[int]) -> Recurrent:
    """The network of a spec, one replica per seed."""
    return Gru.of(spec, seeds)
