"""Write the manifest of a scale's results: every file with its size and sha256."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from convac.files import check_whole, sha256, write_json


def add_arguments(parser: ArgumentParser) -> None:
    """Options of `convac manifest`."""
    parser.add_argument("--files", required=True, nargs="+", help="files to list")
    parser.add_argument("--output", required=True, help="JSON to write")


def run(options: Namespace) -> None:
    """Hash every listed file; raises FileError for one that isn't whole, which no manifest should vouch for."""
    paths = sorted(set(options.files))
    for path in paths:
        check_whole(path)
    files = {path: {"bytes": Path(path).stat().st_size, "sha256": sha256(path)} for path in paths}
    write_json(options.output, {"files": files})
