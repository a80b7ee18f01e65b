"""Write the histories of trained networks for other programs: as CSV, or as event files that TensorBoard reads."""

from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from convac.errors import FileError
from convac.files import naming, read_table, replacing, write_table
from convac.planning.paths import HISTORY
from convac.progress import LOG
from convac.specs.results import RESULTS, RUN, filled
from convac.training.event_files import NAME, Scalar, event_file

FOLDER, EVERY = filled(RUN, cell="CELL"), filled(HISTORY, cell="*")
FILE = Path(HISTORY).name
OUT = f"{RESULTS}/histories"
COLUMNS = ("seed", "step", "quantity", "level", "value")


def add_arguments(parser: ArgumentParser) -> None:
    """Options of `convac histories`."""
    parser.add_argument("runs", nargs="*", help=f"folders of runs, {FOLDER}; by default all of them")
    parser.add_argument("--format", choices=FORMATS, default="csv", help="by default csv")
    parser.add_argument("--out", default=OUT, help=f"folder to write to; by default {OUT}")


def run(options: Namespace) -> None:
    """Write the histories of every run that is named."""
    found = sorted(Path().glob(EVERY))
    runs = [Path(folder) for folder in options.runs] or [path.parent for path in found]
    if not runs:
        raise FileError(f"{Path(EVERY).parents[1]}: has no {FILE}; accepted: folders of trained runs, {FOLDER}")
    for folder in runs:
        if not (folder / FILE).is_file():
            raise FileError(f"{folder}: has no {FILE}; accepted: a run that was trained, {FOLDER}")
    for folder in runs:
        FORMATS[options.format](folder / FILE, Path(options.out) / folder.resolve().name)
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
