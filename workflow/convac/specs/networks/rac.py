"""Recurrent arithmetic circuits: see `convac.networks.rac`."""

from convac.specs.recurrent import RecurrentSpec


class RacSpec(RecurrentSpec):
    """A recurrent arithmetic circuit: maps without biases, products of input and memory.

    >>> RacSpec(sites=(6,), widths=(3, 3), local_dimension=4).parameters()
    45
    """

    @property
    def signed(self) -> bool:
        """Weights have signs."""
        return True

    def layer(self, inputs: int, width: int) -> int:
        """A map of the input, and one of the memory."""
        return width * (inputs + width)

    def readout(self, width: int) -> int:
        """A map to the classes."""
        return self.classes * width
