"""Recurrent networks whose memory is an orthogonal matrix, by the scaled Cayley transform, with modReLU.

h_t = modReLU(W_in x_t + W h_{t−1}), h_0 = 0, W = (1 + A)⁻¹ (1 − A) D: A antisymmetric and trained, D diagonal and
fixed, half of its entries −1, so that W may have eigenvalues −1. modReLU(z) = sign(z) max(|z| + b, 0).

Source: 1707.09520 (scaled Cayley transform), which 1710.09431 stacks in its experiments.
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from convac.networks.initialisation import draws
from convac.networks.recursions import Thresholds
from convac.networks.sequences import Layer, Recurrent, driven
from convac.specs.networks.orthogonal import OrthogonalSpec

NEGATIVE = 0.5  # share of D's entries that are −1


class Orthogonal(Recurrent):
    """A recurrent network with an orthogonal memory; its arguments are those of `Recurrent`.

    A starts in blocks ((0, s), (−s, 0)), s = √((1 − cos φ) / (1 + cos φ)) with angles φ uniform in [0, π/2]; the maps
    of inputs uniform in ± √(6 / (in + out)) (Glorot), the biases of modReLU uniform in ± 0.01.
    """

    def initialise(self) -> None:
        """Register the parameters of every layer, and the output's."""
        for number, (into, out) in enumerate(self.sizes, start=1):
            bound = (6 / (into + out)) ** 0.5
            self.parameter(f"inputs_{number}", draws(self.seeds, f"inputs_{number}", (out, into), -bound, bound))
            angles = draws(self.seeds, f"angles_{number}", (out // 2,), 0.0, np.pi / 2)
            self.parameter(f"antisymmetric_{number}", below_diagonal(angles, out))
            self.parameter(f"threshold_{number}", draws(self.seeds, f"threshold_{number}", (out,), -0.01, 0.01))
        self.linear_output()

    def memory(self, number: int) -> Tensor:
        """The orthogonal matrices W of one layer, from 0, (replicas, channels, channels)."""
        width = self.widths[number]
        rows, columns = torch.tril_indices(width, width, -1, device=self.get_parameter("output").device)
        entries = self.get_parameter(f"antisymmetric_{number + 1}")
        lower = entries.new_zeros(len(entries), width, width).index_put(
            (torch.arange(len(entries), device=entries.device)[:, None], rows, columns), entries
        )
        whole, one = lower - lower.mT, torch.eye(width, dtype=entries.dtype, device=entries.device)
        scaling = torch.ones_like(one[0])
        scaling[: int(NEGATIVE * width)] = -1
        cayley: Tensor = torch.linalg.solve(one + whole, one - whole)
        return cayley * scaling

    def layer(self, number: int, below: Layer) -> Layer:
        """The states of one layer, step by step."""
        inputs, threshold = (self.get_parameter(f"{name}_{number + 1}") for name in ("inputs", "threshold"))
        states = Thresholds.apply(driven(below.states, inputs), self.memory(number), threshold)  # type: ignore[no-untyped-call]
        return Layer(states)


def below_diagonal(angles: Tensor, width: int) -> Tensor:
    """Entries below the diagonal, row by row, of antisymmetric 2×2 blocks, (replicas, width (width − 1) / 2)."""
    sizes = ((1 - angles.cos()) / (1 + angles.cos())).sqrt()
    lower = angles.new_zeros(len(angles), width, width)
    first = 2 * torch.arange(width // 2)
    lower[:, first + 1, first] = -sizes
    rows, columns = torch.tril_indices(width, width, -1)
    return lower[:, rows, columns]


def build(spec: OrthogonalSpec, seeds: Sequence[int]) -> Recurrent:
    """The network of a spec, one replica per seed."""
    return Orthogonal.of(spec, seeds)
