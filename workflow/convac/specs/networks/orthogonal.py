"""Recurrent networks with an orthogonal memory: see `convac.networks.orthogonal`."""

from convac.specs.recurrent import RecurrentSpec


class OrthogonalSpec(RecurrentSpec):
    """An orthogonal memory by the scaled Cayley transform, and modReLU.

    >>> OrthogonalSpec(sites=(6,), widths=(3, 3), local_dimension=4).parameters()
    41
    """

    def layer(self, inputs: int, width: int) -> int:
        """A map of the input, the entries below the diagonal of an antisymmetric matrix, a bias."""
        return width * inputs + width * (width - 1) // 2 + width
