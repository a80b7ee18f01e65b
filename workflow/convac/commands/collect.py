"""Collect the tables of an experiment's cells into one tidy table: one row, one observation."""

from argparse import ArgumentParser, Namespace
from typing import Any

import pandas as pd

from convac.files import read_json, read_table, write_table
from convac.tables import tidy


def add_arguments(parser: ArgumentParser) -> None:
    """Options of `convac collect`."""
    parser.add_argument("--cells", required=True, help="JSON: per cell its name, labels and tables")
    parser.add_argument("--table", required=True, help="parquet to write")
    parser.add_argument("--csv", required=True, help="the same table as CSV")


def run(options: Namespace) -> None:
    """Read every table, put the cell's labels beside its rows, and write them in one order."""
    frames = [labelled(entry, path) for entry in read_json(options.cells) for path in entry["tables"]]
    table = tidy(pd.concat(frames, ignore_index=True))
    write_table(options.table, table)
    write_table(options.csv, table)


def labelled(entry: dict[str, Any], path: str) -> pd.DataFrame:
    """One table with the cell's name and labels as its first columns."""
    table = read_table(path, ("quantity", "value"))
    return table.assign(cell=entry["cell"], **entry["labels"])[["cell", *entry["labels"], *table.columns]]
