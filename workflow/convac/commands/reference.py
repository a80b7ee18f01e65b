"""Take a finished scale's tables, verdicts and figures as the reference results that are committed."""

import shutil
from argparse import ArgumentParser, Namespace
from pathlib import Path

from convac.errors import FileError
from convac.files import write_json
from convac.provenance import run_record

KEPT = ("tables/*.parquet", "claims/*.csv", "claims.csv", "claims.md", "figures/*")


def add_arguments(parser: ArgumentParser) -> None:
    """Options of `convac reference`."""
    parser.add_argument(
        "--results",
        default="results/laptop",
        help="folder to take from; results/redrawn has figures and verdicts alone",
    )
    parser.add_argument("--reference", default="results/reference", help="folder to write")


def run(options: Namespace) -> None:
    """Copy what is kept, and say where it comes from."""
    source, target = Path(options.results), Path(options.reference)
    files = [path for pattern in KEPT for path in sorted(source.glob(pattern))]
    if not files:
        raise FileError(f"{source}: has no results; run the workflow at that scale first")
    for path in files:
        copy = target / path.relative_to(source)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
    if any(path.suffix == ".parquet" for path in files):
        write_json(target / "run.json", run_record(results=str(source)))
    print(f"{target}: {len(files)} files from {source}")
