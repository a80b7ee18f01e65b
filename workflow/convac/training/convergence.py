"""Whether a training run had converged, by one rule that looks at its history alone (docs/verdicts.md)."""

import numpy as np

from convac.specs.training import Schedule
from convac.training.history import History

CHANGE = 0.1  # of the training loss over the last fifth of the steps at the full rate, relative
ACCURATE = 0.99  # share of the training images: what answers so many has learnt them, whatever its loss does


def decisive_steps(schedule: Schedule) -> tuple[int, int]:
    """Where the last fifth of the steps before the rate's drop begins and ends.

    >>> decisive_steps(Schedule(steps=1000, lr=0.1)), decisive_steps(Schedule(steps=1, lr=0.1))
    ((640, 800), (0, 0))
    """
    last = int(schedule.drop_at * schedule.steps)
    return 4 * last // 5, last


def converged(history: History, schedule: Schedule) -> np.ndarray:
    """Of every replica, whether it had converged.

    Either its loss on training images changed by at most a tenth over the last fifth of the steps before the rate's
    drop, or at the end it answers 99 % of them.

    Args:
        history: with the losses after both `decisive_steps`, and the accuracies after the last step.
        schedule: of the run.

    Returns:
        shape (replicas,), boolean.
    """
    first, last = decisive_steps(schedule)
    before, after = (history.at(step, "loss") for step in (first, last))
    settled = (first < last) & (np.abs(after - before) <= CHANGE * np.abs(before))
    learnt = history.at(schedule.steps, "train_accuracy") >= ACCURATE
    return np.asarray(settled | learnt)
