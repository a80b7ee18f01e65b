"""Copying memory: see `convac.datasets.copying_memory`."""

from typing import Annotated

from pydantic import Field

from convac.specs.dataset import DatasetSpec
from convac.specs.spec import Natural, Positive


class CopyingMemorySpec(DatasetSpec):
    """Sequences whose first symbols are asked for at the end."""

    seed: Natural | None = None
    symbols: Annotated[Positive, Field(le=253)] = Field(default=4, description="number n of different symbols")
    length: Positive = Field(default=4, description="number M of symbols to be remembered")
    delay: Positive = Field(default=8, description="delay B: steps of a sequence beyond 2 M")
    train: Positive = Field(default=10_000, description="training sequences")
    test: Positive = Field(default=500, description="test sequences")

    @property
    def pixels(self) -> int:
        """Steps of a sequence, T."""
        return 2 * self.length + self.delay

    @property
    def images(self) -> tuple[int, int, int]:
        """Sequences for training, validation and testing."""
        return self.train, 0, self.test
