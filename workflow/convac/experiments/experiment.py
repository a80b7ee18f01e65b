"""The contract of an experiment: a typed config block, and the cells that it asks for.

A folder `convac.experiments.<name>` keeps it: `block` defines `Block`, `cells(block)` and `FIGURES`, `claims` defines
`CLAIMS`, `figures` defines `draw(table, claims)`, and where the experiment computes, `jobs` defines the types of its
jobs and `compute` defines `compute(job)`.
"""

from dataclasses import dataclass, field

from pydantic import Field, model_validator

from convac.specs.job import JobSpec
from convac.specs.measurement import MeasureSpec
from convac.specs.parsing import shown
from convac.specs.run import RunSpec
from convac.specs.spec import Name, Scalar, Spec


class Experiment(Spec):
    """Base of every experiment's config block; keys are the fields of the subclass."""

    study: Name | None = Field(None, description="the experiment whose code and defaults this variant uses")

    @model_validator(mode="after")
    def _names_each_once(self) -> "Experiment":
        # rows of what appears twice would count twice, in means, intervals and numbers of cases
        if fault := named_twice(self):
            raise ValueError(fault)
        return self


def named_twice(spec: Spec, where: str = "") -> str:
    """A line that names the first list in a spec that has an entry twice; empty where there is none."""
    for name in type(spec).model_fields:
        value, place = getattr(spec, name), f"{where}{name}"
        entries = value if isinstance(value, tuple) else ()
        twice = [entry for number, entry in enumerate(entries) if entry in entries[:number]]
        if twice and name not in spec.may_repeat:
            entry = twice[0].model_dump(mode="json") if isinstance(twice[0], Spec) else twice[0]
            return f"{place}: {shown(entry)} appears twice; accepted: every entry once"
        inner = {place: value, **{f"{place}.{number}": entry for number, entry in enumerate(entries)}}
        lines = (named_twice(each, f"{key}.") for key, each in inner.items() if isinstance(each, Spec))
        if fault := next(filter(None, lines), ""):
            return fault
    return ""


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
