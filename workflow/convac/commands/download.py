"""Fetch the files of one image set, unpacked, every byte verified."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from convac.datasets.downloads import SOURCES, fetch
from convac.files import sha256, write_json


def add_arguments(parser: ArgumentParser) -> None:
    """Options of `convac download`."""
    parser.add_argument("--name", required=True, help=f"image set: {', '.join(SOURCES)}")
    parser.add_argument("--folder", required=True, help="folder to put the files in, and record.json: their sha256")
    parser.add_argument("--local", help="folder that has the files, packed or not, or some: these aren't downloaded")


def run(options: Namespace) -> None:
    """Put the files into the folder, then their record, equal whenever and from wherever they came."""
    files = {path.name: sha256(path) for path in fetch(options.name, options.folder, options.local)}
    write_json(Path(options.folder) / "record.json", {"name": options.name, "files": files})
