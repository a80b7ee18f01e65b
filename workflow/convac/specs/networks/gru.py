"""Gated recurrent networks: see `convac.networks.gru`."""

from typing import ClassVar

from convac.specs.recurrent import RecurrentSpec


class GruSpec(RecurrentSpec):
    """Gated recurrent units, numbers as torch.nn.GRU has them: two maps and two biases for each of three gates.

    >>> GruSpec(sites=(6,), widths=(3, 3), local_dimension=4).parameters()
    161
    """

    gates: ClassVar[int] = 3
