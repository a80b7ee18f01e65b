"""Recurrent networks of hyperbolic tangents: see `convac.networks.tanh`."""

from convac.specs.recurrent import RecurrentSpec


class TanhSpec(RecurrentSpec):
    """An Elman network, numbers as torch.nn.RNN has them: two maps and two biases a layer.

    >>> TanhSpec(sites=(6,), widths=(3, 3), local_dimension=4).parameters()
    59
    """
