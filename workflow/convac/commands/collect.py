"""Collect the tables of an experiment's cells into one tidy table: one row, one observation; example images apart."""

from argparse import ArgumentParser, Namespace
from collections.abc import Iterable
from typing import Any

import pandas as pd

from convac.files import read_json, read_table, write_table
from convac.specs.tables import KEYS, parted, tidy


def add_arguments(parser: ArgumentParser) -> None:
    """Options of `convac collect`."""
    parser.add_argument("--cells", required=True, help="JSON: per cell its name, labels and tables")
    parser.add_argument("--table", required=True, help="parquet to write")
    parser.add_argument("--csv", required=True, help="the same table as CSV")
    parser.add_argument("--examples", required=True, help="parquet to write: pixels of example images; may be empty")


def run(options: Namespace) -> None:
    """Read every table, put the cell's labels beside its rows, and write them in one order."""
    table, examples = parted(
        collected((entry, read_table(path, KEYS[1:])) for entry in read_json(options.cells) for path in entry["tables"])
    )
    write_table(options.table, table)
    write_table(options.csv, table)
    write_table(options.examples, examples)


def collected(parts: Iterable[tuple[dict[str, Any], pd.DataFrame]]) -> pd.DataFrame:
    """The tidy table of cells' tables, each given with what is known of its cell: name and labels."""
    frames = [labelled(entry, table) for entry, table in parts]
    # where nothing was found there are no rows, which say nothing of the columns' types
    return tidy(pd.concat([frame for frame in frames if len(frame)] or frames[:1], ignore_index=True))


def labelled(entry: dict[str, Any], table: pd.DataFrame) -> pd.DataFrame:
    """One table with the cell's name and labels as its first columns."""
    return table.assign(cell=entry["cell"], **entry["labels"])[["cell", *entry["labels"], *table.columns]]
