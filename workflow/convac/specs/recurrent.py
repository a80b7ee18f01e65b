"""What a recurrent network is, whatever its kind: layers that read a sequence step by step.

A step's symbol is one of `local_dimension` many, and every layer has a width. There is no pooling tree: the geometry is
a chain.
"""

from collections.abc import Callable, Sequence
from typing import ClassVar, Literal

from pydantic import Field, model_validator

from convac.geometry.trees import PoolingTree
from convac.specs.network import Level, NetworkSpec, Work
from convac.specs.spec import Positive


class RecurrentSpec(NetworkSpec):
    """Base of the recurrent networks; a kind says how many numbers a layer has.

    Attributes:
        gates: maps of its input and of its memory that a layer has.
    """

    work: ClassVar[Work] = Work(17, 12, 12.0)
    gates: ClassVar[int] = 1

    geometry: Literal["chain"] = "chain"
    answers: Positive | None = Field(
        default=None,
        description="number of last steps that each have an answer (before them: class 0); none: the last step alone",
    )

    @model_validator(mode="after")
    def _one_width_per_level(self) -> "RecurrentSpec":
        if len(self.sites) != 1 or not self.widths:
            raise ValueError(f"sites: {list(self.sites)}; accepted: one number of steps, and a width for each layer")
        if self.answers is not None and self.answers > self.steps:
            raise ValueError(f"answers: {self.answers}; accepted: steps of the sequence, at most {self.steps}")
        return self

    @property
    def steps(self) -> int:
        """Length of the sequence, T."""
        return self.sites[0]

    @property
    def labels(self) -> tuple[int, ...]:
        """Shape of the labels of one sequence."""
        return () if self.answers is None else (self.answers,)

    @property
    def tree(self) -> PoolingTree:
        """One window over all steps, which is no part of the network: what is asked of sites alone finds them."""
        return PoolingTree(self.sites, tuple(range(self.steps)), self.sites)

    def layer(self, inputs: int, width: int) -> int:
        """Trained numbers of a layer: by default a map and a bias of each gate, for its input and for its memory."""
        return self.gates * width * (inputs + width + 2)

    def readout(self, width: int) -> int:
        """Trained numbers of the map from the last layer to the classes."""
        return self.classes * (width + 1)

    def counter(self) -> Callable[[Sequence[int]], int]:
        """Trained numbers of one replica as a function of the widths."""

        def count(widths: Sequence[int]) -> int:
            pairs = zip((self.local_dimension, *widths), widths, strict=False)
            return sum(self.layer(*pair) for pair in pairs) + self.readout(widths[-1])

        return count

    def levels(self) -> list[Level]:
        """The work of every layer, over all steps."""
        pairs = zip((self.local_dimension, *self.widths), self.widths, strict=False)
        return [
            Level(self.gates * self.steps * out * (into + out), self.gates * self.steps * out, self.layer(into, out))
            for into, out in pairs
        ]

    def tabulated(self) -> int:
        """None of its layers is tabulated."""
        return 0
