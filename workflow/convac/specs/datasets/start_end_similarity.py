"""Start-end similarity: see `convac.datasets.start_end_similarity`."""

from typing import Annotated

from pydantic import Field

from convac.specs.dataset import DatasetSpec
from convac.specs.spec import Natural, Positive


class StartEndSimilaritySpec(DatasetSpec):
    """Sequences whose second half repeats some of the first."""

    seed: Natural | None = None
    symbols: Annotated[Positive, Field(ge=2, le=254)] = Field(default=4, description="that differ, n")
    length: Annotated[Positive, Field(ge=3)] = Field(default=4, description="symbols of a half, M")
    steps: Annotated[Positive, Field(multiple_of=2)] = Field(default=12, description="of a sequence, T, at least 2 M")
    train: Positive = Field(default=10_000, description="training sequences")
    test: Positive = Field(default=500, description="sequences that are tested on")

    @property
    def pixels(self) -> int:
        """Steps of a sequence, T."""
        return self.steps

    @property
    def images(self) -> tuple[int, int, int]:
        """Sequences for training, validation and testing."""
        return self.train, 0, self.test
