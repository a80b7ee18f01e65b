"""Start-end similarity: see `convac.datasets.start_end_similarity`."""

from typing import Annotated

from pydantic import Field

from convac.specs.dataset import DatasetSpec
from convac.specs.spec import Natural, Positive


class StartEndSimilaritySpec(DatasetSpec):
    """Sequences whose second half repeats some of the first."""

    seed: Natural | None = None
    symbols: Annotated[Positive, Field(ge=2, le=254)] = Field(default=4, description="number n of different symbols")
    length: Annotated[Positive, Field(ge=3)] = Field(default=4, description="number M of symbols in each half")
    steps: Annotated[Positive, Field(multiple_of=2)] = Field(
        default=12, description="length T of a sequence in steps, at least 2 M"
    )
    train: Positive = Field(default=10_000, description="training sequences")
    test: Positive = Field(default=500, description="test sequences")

    @property
    def pixels(self) -> int:
        """Steps of a sequence, T."""
        return self.steps

    @property
    def images(self) -> tuple[int, int, int]:
        """Sequences for training, validation and testing."""
        return self.train, 0, self.test
