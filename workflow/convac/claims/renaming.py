"""Names that were changed: from results as they were to results as they are called now.

Only names change. Two old names never become one, in one column or one folder: what they told apart would be lost.
"""

from collections.abc import Iterable, Mapping
from typing import Annotated

import pandas as pd
from pydantic import Field

from convac.claims.texts import worded
from convac.errors import ConfigError
from convac.specs.spec import Spec

Old = Annotated[str, Field(pattern="^[0-9a-f]{8}$")]
# of a cell: its digest alone, or the whole name of its folder, whose words may have changed as well
New = Annotated[str, Field(pattern="^([a-z0-9-]+-)?[0-9a-f]{8}$")]
DIGITS = 8  # of a digest, at the end of a cell's name


class Names(Spec):
    """What is called otherwise in tables and verdicts, old name: new name.

    Attributes:
        columns: names of columns.
        quantities: values of the column `quantity`; short for `values` there.
        values: by the old name of their column, values. Old ones are written as JSON has them: `16`, `true`, `square`.
    """

    columns: dict[str, str] = Field(default_factory=dict)
    quantities: dict[str, str] = Field(default_factory=dict)
    values: dict[str, dict[str, bool | int | float | str]] = Field(default_factory=dict)


class Renaming(Names):
    """A map of renamings, as `convac compare --exact --renamed` takes it: names of all experiments, and more.

    Attributes:
        experiments: names of experiments, which tables and verdicts are called by.
        digests: old digest of a cell: new digest, or new name of its folder.
        within: by an experiment's old name, names that changed there alone; they go before those of all.
    """

    experiments: dict[str, str] = Field(default_factory=dict)
    digests: dict[Old, New] = Field(default_factory=dict)
    within: dict[str, Names] = Field(default_factory=dict)

    def experiment(self, name: str) -> str:
        """What an experiment is called now."""
        return self.experiments.get(name, name)

    def names(self, experiment: str) -> Names:
        """What changed in an experiment, given its old name; quantities are among the values."""
        own = self.within.get(experiment, Names())
        parts = [values_of(part) for part in (self, own)]
        return Names(
            columns={**self.columns, **own.columns},
            values={
                column: {**parts[0].get(column, {}), **parts[1].get(column, {})} for column in {**parts[0], **parts[1]}
            },
        )

    def cell(self, name: str) -> str:
        """What a cell's folder is called now."""
        new = self.digests.get(name[-DIGITS:], name)
        return name[:-DIGITS] + new if len(new) == DIGITS else new


def values_of(names: Names) -> dict[str, dict[str, bool | int | float | str]]:
    """The values that changed, by column, with the quantities."""
    quantities = {**names.values.get("quantity", {}), **names.quantities}
    return {**names.values, "quantity": quantities}


def renamed(table: pd.DataFrame, renaming: Renaming, experiment: str) -> pd.DataFrame:
    """A table of texts with today's names, given the experiment that it belongs to by its old name.

    Raises:
        ConfigError: two columns, or two values of one column, would become one.
    """
    names = renaming.names(experiment)
    found = {column: renamed_texts(table[column], names.values.get(column, {})) for column in table.columns}
    if "cell" in found:
        old = list(dict.fromkeys(found["cell"]))
        cells = apart({text: worded(renaming.cell(text.strip('"'))) if text else text for text in old}, "digests")
        found["cell"] = found["cell"].map(cells)
    if "experiment" in found:
        found["experiment"] = renamed_texts(found["experiment"], dict(renaming.experiments))
    columns = apart({column: names.columns.get(column, column) for column in table.columns}, "columns")
    return pd.DataFrame({columns[column]: texts for column, texts in found.items()}, index=table.index)


def renamed_texts(texts: pd.Series, values: Mapping[str, bool | int | float | str]) -> pd.Series:
    """A column of texts with today's values."""
    if not values:
        return texts
    new = {text: worded(value) for old, value in values.items() for text in (old, worded(old)) if text}
    return texts.map(apart({text: new.get(text, text) for text in texts.unique()}, f"values.{texts.name}"))


def apart(new: Mapping[str, str], key: str) -> Mapping[str, str]:
    """The new name of every old one; raises ConfigError, naming the map's `key`, where two become one."""
    for name, before in several(new):
        raise ConfigError(f"{key}: {before[0]} and {before[1]} would both be {name}; accepted: names that stay apart")
    return new


def several(new: Mapping[str, str]) -> Iterable[tuple[str, list[str]]]:
    """New names that more than one old name has, with the old ones."""
    before: dict[str, list[str]] = {}
    for old, name in new.items():
        before.setdefault(name, []).append(old)
    return ((name, olds) for name, olds in before.items() if len(olds) > 1)
