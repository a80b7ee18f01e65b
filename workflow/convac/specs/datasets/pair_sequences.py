"""Sequences whose label relates pairs of two distances: see `convac.datasets.pair_sequences`."""

from typing import Annotated

from pydantic import Field

from convac.specs.dataset import DatasetSpec, is_empty
from convac.specs.spec import Natural, Positive


class PairSequencesSpec(DatasetSpec):
    """Sequences of symbols whose label needs adjacent pairs, distant pairs, or both."""

    seed: Natural | None = Field(
        default=None,
        exclude_if=is_empty,
        description="seed of one dataset for all networks; none where `seeds` gives each its own",
    )
    steps: Annotated[Positive, Field(ge=8)] = Field(
        default=64, description="length of a sequence in steps, a power of two"
    )
    group: Annotated[Positive, Field(ge=2, le=6)] = Field(
        default=2, description="exponent: a block has 2 to this power of steps"
    )
    symbols: Annotated[Positive, Field(ge=2)] = Field(default=4, description="letters of the alphabet")
    share: Annotated[float, Field(ge=0, le=1)] = Field(
        default=0.5, description="fraction of the blocks that have distant pairs"
    )
    often: Annotated[float, Field(ge=0, le=1)] = Field(
        default=0.75, description="probability that a pair is alike where pairs often are"
    )
    train: Positive = Field(default=8000, description="sequences drawn for training")
    test: Positive = Field(default=1000, description="test sequences")

    @property
    def pixels(self) -> int:
        """Symbols of a sequence."""
        return self.steps

    @property
    def images(self) -> tuple[int, int, int]:
        """Sequences that are drawn for training, validation and testing."""
        return self.train, 0, self.test
