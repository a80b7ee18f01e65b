"""Write the histories of trained networks for other programs: as CSV, or as event files that TensorBoard reads."""

from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from convac.errors import FileError
from convac.files import naming, read_table, replacing, write_table
from convac.progress import LOG
from convac.training.event_files import NAME, Scalar, event_file

HISTORY = "history.parquet"
COLUMNS = ("seed", "step", "quantity", "level", "value")


def add_arguments(parser: ArgumentParser) -> None:
    """Options of `convac histories`."""
    parser.add_argument("runs", nargs="*", help="folders of runs, results/runs/CELL; by default all of results/runs")
    parser.add_argument("--format", choices=FORMATS, default="csv", help="by default csv")
    parser.add_argument("--out", default="results/histories", help="folder to write to; by default results/histories")


def run(options: Namespace) -> None:
    """Write the histories of every run that is named."""
    found = sorted(Path("results/runs").glob(f"*/{HISTORY}"))
    runs = [Path(folder) for folder in options.runs] or [path.parent for path in found]
    if not runs:
        raise FileError(f"results/runs: has no {HISTORY}; accepted: folders of trained runs, results/runs/CELL")
    for folder in runs:
        if not (folder / HISTORY).is_file():
            raise FileError(f"{folder}: has no {HISTORY}; accepted: a run that was trained, results/runs/CELL")
    for folder in runs:
        FORMATS[options.format](folder / HISTORY, Path(options.out) / folder.resolve().name)
    LOG.info("%s: histories of %d runs, %s", options.out, len(runs), options.format)


def as_csv(history: Path, out: Path) -> None:
    """One tidy table a run: seed, step, quantity, level, value."""
    write_table(f"{out}.csv", read_table(str(history), COLUMNS)[list(COLUMNS)])


def as_events(history: Path, out: Path) -> None:
    """One event file for each seed of a run, in its own folder, which TensorBoard shows as a curve each."""
    with naming(str(history), "a history"):
        seconds = history.stat().st_mtime
    for seed, rows in read_table(str(history), COLUMNS).groupby("seed"):
        with replacing(out / f"seed-{seed}" / NAME) as place:
            place.write_bytes(event_file(scalars(rows), seconds))


def scalars(rows: pd.DataFrame) -> list[Scalar]:
    """Points of one seed; what is recorded of a level has its number in the tag."""
    ordered = rows.sort_values("step", kind="stable")
    columns = (ordered[name].tolist() for name in ("quantity", "level", "step", "value"))
    return [
        Scalar(f"{quantity}/level {level}" if level else quantity, step, value)
        for quantity, level, step, value in zip(*columns, strict=True)
    ]


FORMATS: dict[str, Callable[[Path, Path], None]] = {"csv": as_csv, "tensorboard": as_events}
