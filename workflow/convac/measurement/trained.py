"""The trained networks of a run, as measurements ask for them: at every moment of training, all seeds or one."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

from convac.entanglement.limits import MEMORY
from convac.files import Arrays
from convac.networks.base import Network
from convac.specs.run import RunSpec
from convac.training.loop import build, drawn, load
from convac.training.runs import of_seed, weights_of_seed

Row = dict[str, Any]

UNTRAINED, TRAINING, TRAINED = "untrained", "training", "trained"


@dataclass(frozen=True)
class Trained:
    """What training leaves behind, and what may be used to measure it.

    Attributes:
        spec: of the run.
        tensors: weights of all seeds, also those of snapshots.
        history: rows with seed, step, quantity and value.
        data: arrays of the dataset; none where no measurement asks for images.
        memory_limit: bytes that an engine may use.
    """

    spec: RunSpec
    tensors: Arrays
    history: pd.DataFrame
    data: Arrays
    memory_limit: float = MEMORY

    @property
    def seeds(self) -> tuple[int, ...]:
        """Seeds of the networks."""
        return self.spec.training.seeds

    @property
    def last(self) -> int:
        """The last step of training."""
        return self.spec.training.steps

    @property
    def moments(self) -> list[int]:
        """Steps whose weights are kept, ascending."""
        return sorted({*self.spec.training.snapshots, self.last})

    def phase(self, moment: int) -> str:
        """What tables call a moment."""
        return {0: UNTRAINED, self.last: TRAINED}.get(moment, TRAINING)

    def images(self, number: int) -> Arrays:
        """Arrays of the dataset as one seed has them, counted from 0."""
        return drawn(self.spec, self.data, number)

    def matched(self, loss: float | None) -> dict[int, int]:
        """By seed, the first moment whose training loss is at most `loss`; seeds that never reach it are left out."""
        if loss is None:
            return {}
        rows = self.history[(self.history["quantity"] == "loss") & self.history["step"].isin(self.moments)]
        first = rows[rows["value"] <= loss].groupby("seed", as_index=False)["step"].min()
        return dict(zip(first["seed"].tolist(), first["step"].tolist(), strict=True))

    def network(self, moment: int) -> Network:
        """The network of all seeds at a moment."""
        return load(self.spec, self.tensors, step=None if moment == self.last else moment)

    def network_of(self, number: int, moment: int) -> Network:
        """The network of one seed, counted from 0; untrained it is built again where no snapshot was taken."""
        one, weights = of_seed(self.spec, number), weights_of_seed(self.tensors, number)
        if moment not in self.moments:
            return build(one)
        return load(one, weights, step=None if moment == self.last else moment)


def at(trained: Trained, seed: int, moment: int, rows: Iterable[Row]) -> Iterator[Row]:
    """Rows of a seed's network at a moment."""
    for row in rows:
        yield {"seed": seed, "phase": trained.phase(moment), "moment": moment, **row}
