"""Take a finished scale's tables, example images, verdicts and figures as the reference results that are committed."""

import shutil
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

from convac.commands.shares import jobs_of
from convac.errors import FileError
from convac.files import read_json, write_json
from convac.planning.benchmarks import core_seconds
from convac.planning.paths import redrawn, reference
from convac.specs.results import RESULTS, SCALE, filled

KEPT = ("tables/*.parquet", "examples/*.parquet", "claims/*.csv", "claims.csv", "claims.md", "figures/*.png")


def add_arguments(parser: ArgumentParser) -> None:
    """Options of `convac reference`."""
    parser.add_argument(
        "--results",
        default=filled(SCALE, scale="laptop"),
        help=f"folder of the results; {filled(SCALE, scale=redrawn('laptop'))} has only figures and verdicts",
    )
    parser.add_argument("--reference", help="folder to write; by default that of the run's scale")


def run(options: Namespace) -> None:
    """Copy what is kept, and say of every experiment where it comes from."""
    source = Path(options.results)
    target = Path(options.reference or reference(source.name))
    files = [path for pattern in KEPT for path in sorted(source.glob(pattern))]
    if not files:
        raise FileError(f"{source}: has no results; run the workflow at that scale first")
    for path in files:
        copy = target / path.relative_to(source)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
    origins = {
        path.name.removesuffix(".cells.json"): {
            "scale": source.name,
            **origin(records(path)),
            "core_seconds": processor_time(path),
        }
        for path in cell_lists(source)
    }
    record = target / "run.json"
    known = {**(read_json(record) if record.exists() else {}), **origins}
    for path in figure_records(source):
        known.setdefault(path.name.removesuffix(".run.json"), {})["figures"] = drawn(read_json(path))
    write_json(record, known)
    print(f"{target}: {len(files)} files from {source}")


def cell_lists(source: Path) -> list[Path]:
    """The lists of cells beside the tables, one per experiment; none in a folder of redrawn figures."""
    return sorted(source.glob("tables/*.cells.json"))


def figure_records(source: Path) -> list[Path]:
    """The sidecars of the jobs that drew the figures, one per experiment."""
    return sorted(source.glob("notebooks/*.run.json"))


def drawn(record: dict[str, Any]) -> dict[str, Any]:
    """When an experiment's figures were drawn, and by what code: the figures themselves name their table alone."""
    return {name: record[name] for name in ("table", "examples", "code", "time")}


def records(cells: Path) -> list[dict[str, Any]]:
    """The sidecars of the jobs that an experiment's table was collected from."""
    folders = {Path(table).parent for entry in read_json(cells) for table in entry["tables"]}
    return [read_json(folder / "run.json") for folder in sorted(folders)]


def processor_time(cells: Path) -> int | None:
    """Core-seconds of the jobs that an experiment's table was collected from; None where one has no benchmark."""
    jobs = jobs_of(Path(table) for entry in read_json(cells) for table in entry["tables"])
    times = [core_seconds(Path(RESULTS) / job.benchmark) for job in jobs]
    known = [time for time in times if time is not None]
    return round(sum(known)) if len(known) == len(times) else None


def origin(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Where and when the jobs ran, and on what code."""
    times = sorted(record["time"] for record in runs)
    shared = ("commit", "code", "dirty", "python", "platform", "cores")
    return {
        **{name: sorted({record[name] for record in runs}, key=str) for name in shared},
        "versions": runs[0]["versions"],
        "first": times[0],
        "last": times[-1],
        "jobs": len(runs),
    }
