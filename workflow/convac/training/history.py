"""History of a training run as plain arrays, so that it travels in a checkpoint."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

# Codes of the quantities in the array form.
QUANTITIES = (
    "loss",
    "train_accuracy",
    "test_accuracy",
    "log_scale",
    "initial_log_scale",
    "validation_accuracy",
    "learning_rate",
    "converged",
)


class History:
    """Rows (seed, step, quantity, level, value) in the order of recording."""

    def __init__(self, seeds: Sequence[int], rows: np.ndarray | None = None) -> None:
        self.seeds = tuple(seeds)
        self._rows: list[tuple[float, ...]] = [] if rows is None else [tuple(row) for row in rows.tolist()]

    def record(self, step: int, quantity: str, values: np.ndarray, level: int = 0) -> None:
        """Add one value per replica; level 0 is the whole network."""
        code = QUANTITIES.index(quantity)
        self._rows += [(seed, step, code, level, float(value)) for seed, value in enumerate(values)]

    def array(self) -> np.ndarray:
        """All rows as float64 (rows, 5), seeds by position and quantities by code."""
        return np.array(self._rows, dtype=np.float64).reshape(-1, 5)

    def last(self, quantity: str) -> float:
        """Mean over replicas of the last values of a quantity; NaN when there is none."""
        code = QUANTITIES.index(quantity)
        values = [row[4] for row in self._rows if row[2] == code][-len(self.seeds) :]
        return float(np.mean(values)) if values else float("nan")

    def at(self, step: int, quantity: str) -> np.ndarray:
        """What was recorded of a quantity after a step, shape (replicas,), NaN where nothing was."""
        code = QUANTITIES.index(quantity)
        values = np.full(len(self.seeds), np.nan)
        for seed, when, which, _, value in self._rows:
            if (when, which) == (step, code):
                values[int(seed)] = value
        return values

    def first(self, quantity: str) -> float:
        """The first value of a quantity; NaN when there is none."""
        code = QUANTITIES.index(quantity)
        return next((row[4] for row in self._rows if row[2] == code), float("nan"))

    def frame(self) -> pd.DataFrame:
        """Tidy table with the columns seed, step, quantity, level, value."""
        rows = self.array()
        whole = rows[:, :4].astype(np.int64)
        return pd.DataFrame(
            {
                "seed": np.array(self.seeds, dtype=np.int64)[whole[:, 0]],
                "step": whole[:, 1],
                "quantity": np.array(QUANTITIES)[whole[:, 2]],
                "level": whole[:, 3],
                "value": rows[:, 4],
            }
        )
