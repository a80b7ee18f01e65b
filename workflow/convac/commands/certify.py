"""Certificates of the exact ranks in a scale's tables, for certify/check.py: one for each distinct architecture."""

import gzip
import json
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from convac.commands.certified_cells import CELLS, Cell
from convac.entanglement.certificates import certificate, description
from convac.errors import FileError
from convac.files import naming, read_table, replacing
from convac.progress import reporter
from convac.specs.results import REFERENCE

LARGEST = 512  # a rank beyond it takes a checker in pure Python too long


def add_arguments(parser: ArgumentParser) -> None:
    """Options of `convac certify`."""
    parser.add_argument("--results", default=REFERENCE, help="folder whose tables are certified")
    parser.add_argument("--experiment", nargs="*", choices=list(CELLS), default=list(CELLS), help="by default all")


def run(options: Namespace) -> None:
    """Write certificates/EXPERIMENT.jsonl.gz beside the tables; say how many, and what has none."""
    folder = Path(options.results)
    chosen = {experiment: read_cells(folder, experiment) for experiment in options.experiment}
    for experiment, cells in chosen.items():
        lines = list(certificates(cells))
        path = folder / "certificates" / f"{experiment}.jsonl.gz"
        write_lines(path, lines)
        without = sum("unchecked" in line for line in lines)
        print(f"{path}: {len(lines) - without} certificates, {without} not checked")


def read_cells(folder: Path, experiment: str) -> list[Cell]:
    """The cells of an experiment's table; raises FileError where it isn't there or is another's."""
    table = folder / "tables" / f"{experiment}.parquet"
    if not table.exists():
        raise FileError(f"{table}: no such file; run the workflow at that scale first")
    found = read_table(table)
    with naming(table, f"the parquet table of {experiment}"):
        return list(CELLS[experiment](found))


def write_lines(path: Path, lines: list[dict[str, Any]]) -> None:
    """JSON lines, gzipped; the same bytes for the same lines, whenever they are written."""
    text = "".join(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n" for line in lines)
    with replacing(path) as temporary:
        temporary.write_bytes(gzip.compress(text.encode(), mtime=0))


def certificates(cells: list[Cell]) -> Iterator[dict[str, Any]]:
    """A certificate for each architecture, the cells that it is of named; where there is none, why."""
    distinct: dict[str, list[Cell]] = {}
    for cell in cells:
        distinct.setdefault(json.dumps([description(cell.family, cell.inside), cell.rank]), []).append(cell)
    report = reporter(len(distinct), "architecture")
    for number, alike in enumerate(distinct.values(), start=1):
        names = [cell.name for cell in alike]
        yield {"cells": names, **certified(alike[0])}
        report(number, names[0])


def certified(cell: Cell) -> dict[str, Any]:
    """The certificate of a cell, or its architecture and why it has none."""
    lacking = {**description(cell.family, cell.inside), "rank": cell.rank}
    if cell.rank > LARGEST:
        return {**lacking, "unchecked": f"rank {cell.rank} is above {LARGEST}"}
    try:
        found = certificate(cell.family, cell.inside)
    except ArithmeticError as error:
        return {**lacking, "unchecked": str(error)}
    if found["rank"] != cell.rank:
        return {**lacking, "unchecked": f"the table's rank isn't the certified one, {found['rank']}"}
    return found
