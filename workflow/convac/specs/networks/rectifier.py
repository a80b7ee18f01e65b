"""Rectifier networks over a tree: see `convac.networks.rectifier`."""

from typing import ClassVar

from convac.specs.network import NetworkSpec, Pooling, Work


class RectifierSpec(NetworkSpec):
    """A ConvRect over a tree of one-hot sites."""

    work: ClassVar[Work] = Work(8, 1, 2.2)
    biases: ClassVar[bool] = True

    pooling: Pooling = "max"

    @property
    def one_hot(self) -> bool:
        """Whether every position sees one of few symbols: one-hot sites below, weights shared over positions."""
        return True

    @property
    def averages(self) -> bool:
        """Whether log-odds are an average over the windows of the root."""
        return self.pooling == "average"

    @property
    def sets(self) -> bool:
        """Whether the set of symbols in a window is enough, not the multiset: pooling takes the largest."""
        return self.pooling == "max"
