"""How a network is trained: a schedule, and the seeds that are trained by it."""

import operator
from typing import Annotated, Literal

from pydantic import Field, model_validator

from convac.specs.spec import Natural, Positive, Rate, Share, Spec

# training runs of one network: how many, with seeds from 0, or which seeds
Seeds = Annotated[int, Field(ge=1, le=1000)] | Annotated[tuple[Natural, ...], Field(min_length=1, max_length=1000)]

Decay = Annotated[float, Field(gt=0, lt=1)]  # of a moment: at 1 it would never move

# of each training image, on which a network that is trained on missing pixels is evaluated: with one, losses of 0.05
# nats scatter by 6 % between two steps, with eight by 2 %, so that a change of a tenth can be told from the draw
EVALUATED_MASKS = 8


class Schedule(Spec):
    """How a network is trained: Adam, its rate rising at first, falling evenly if asked to, dropping near the end."""

    may_repeat = frozenset({"betas"})

    steps: Positive
    batch: Positive = 64
    lr: Rate
    betas: tuple[Decay, Decay] = (0.9, 0.999)
    weight_decay: Annotated[float, Field(ge=0)] = 0.0
    clip: Rate | None = Field(None, description="largest norm of a gradient; longer ones are shortened to it")
    warm_up: Annotated[float, Field(ge=0, lt=1)] = Field(
        0.0, description="fraction of the steps during which the learning rate rises from 0"
    )
    decay: Annotated[float, Field(gt=0, le=1)] = Field(
        1.0,
        exclude_if=lambda factor: factor == 1,
        description="factor to which the learning rate falls evenly, until the last fifth of the steps before the drop",
    )
    drop_at: Share = Field(0.8, description="fraction of the steps after which the learning rate drops")
    drop_to: Share = Field(0.1, description="factor by which the learning rate drops")
    log_every: Positive = Field(100, description="steps between two rows of the history")
    trials: tuple[Rate, ...] = Field(
        (), description="learning rates to choose from by accuracy on validation images; none: `lr`"
    )
    trial_steps: Positive = Field(100, description="training steps for which each learning rate is tried")
    trial_seeds: Positive | Annotated[tuple[Natural, ...], Field(min_length=1)] = Field(
        2, description="seeds with which each learning rate is tried: how many, from 0, or which"
    )

    @model_validator(mode="after")
    def _rises_in_time(self) -> "Schedule":
        # the last fifth of the steps before the drop is at the full rate: convergence is judged by it
        latest = 4 * self.drop_at / 5
        if self.warm_up > latest:
            accepted = f"at most four fifths of drop_at, {latest:g}: the rate has risen before it drops"
            raise ValueError(f"warm_up: {self.warm_up:g}; accepted: {accepted}")
        return self


def seeds_of(seeds: int | tuple[int, ...]) -> tuple[int, ...]:
    """The seeds that a block asks for, ascending.

    >>> seeds_of(3), seeds_of((101, 100))
    ((0, 1, 2), (100, 101))
    """
    return tuple(range(seeds)) if isinstance(seeds, int) else tuple(sorted(seeds))


class TrainingSpec(Schedule):
    """A schedule and the seeds that are trained by it, one run each; a count of trial seeds is of the first of them."""

    seeds: tuple[Natural, ...] = Field(min_length=1)
    snapshots: tuple[Natural, ...] = Field((), description="steps at which a snapshot of the weights is kept")
    missing: Literal["points", "rectangles"] | None = Field(
        None,
        exclude_if=operator.not_,
        description="kind of missing pixels in training images, drawn anew for every batch",
    )

    @model_validator(mode="after")
    def _fits(self) -> "TrainingSpec":
        late = [step for step in self.snapshots if step >= self.steps]
        if late:
            raise ValueError(f"snapshots: {late[0]}; accepted: steps before the last, 0 to {self.steps - 1}")
        for key, seeds in (("seeds", self.seeds), ("trial_seeds", self.tried)):
            twice = [seed for number, seed in enumerate(seeds) if seed in seeds[:number]]
            if twice:
                raise ValueError(f"{key}: {twice[0]} stands twice; accepted: every seed once")
        return self

    @property
    def tried(self) -> tuple[int, ...]:
        """Seeds that rates are tried on."""
        return self.trial_seeds if isinstance(self.trial_seeds, tuple) else self.seeds[: self.trial_seeds]
