"""The contract of an experiment: a typed config block, and the cells that it asks for.

A folder `convac.experiments.<name>` keeps it: `block` defines `Block`, `cells(block)` and `FIGURES`, `claims` defines
`CLAIMS`, `figures` defines `draw(table, claims)`, and where the experiment computes, `jobs` defines the types of its
jobs and `compute` defines `compute(job)`.
"""

from dataclasses import dataclass, field

from pydantic import Field

from convac.specs.job import JobSpec
from convac.specs.measurement import MeasureSpec
from convac.specs.run import RunSpec
from convac.specs.spec import Name, Scalar, Spec


class Experiment(Spec):
    """Base of every experiment's config block; keys are the fields of the subclass."""

    study: Name | None = Field(None, description="the experiment whose code and defaults this variant uses")


@dataclass(frozen=True)
class Cell:
    """One job of an experiment, and what its rows are called in the experiment's tidy table.

    Attributes:
        spec: what to train or compute; cells with equal specs are run once, whoever asks.
        labels: values of the table's label columns for every row of the cell.
        measure: what is measured on each trained network; None measures nothing.
    """

    spec: RunSpec | JobSpec
    labels: dict[str, Scalar] = field(default_factory=dict)
    measure: MeasureSpec | None = None
