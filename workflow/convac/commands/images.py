"""Take the user's own images as the originals of datasets: read, checked, and made grey squares of 0 to 255."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

import numpy as np

from convac.datasets.labelled_images import ORIGINALS, grey_squares, read_labelled
from convac.errors import FileError
from convac.files import write_arrays, write_json
from convac.specs.own_images import own_images


def add_arguments(parser: ArgumentParser) -> None:
    """Options of `convac images`."""
    parser.add_argument(
        "--path", required=True, help=".npz file with images and labels, or folder of PNG images by class"
    )
    parser.add_argument("--name", required=True, help="own- and the start of the sha256 of their content")
    parser.add_argument("--folder", required=True, help="folder to put them in, and record.json: what they are")


def run(options: Namespace) -> None:
    """Write the images and their record, which doesn't name the path: it is the same wherever they lie."""
    if own_images(options.path).name != options.name:
        raise FileError(f"{options.path}: changed since the workflow began; start it again")
    images, labels, names = grey_squares(*read_labelled(options.path), options.path)
    write_arrays(Path(options.folder) / ORIGINALS, {"images": images, "labels": labels})
    counts = np.bincount(labels).tolist()
    record = {"name": options.name, "side": images.shape[1], "classes": dict(zip(names, counts, strict=True))}
    write_json(Path(options.folder) / "record.json", record)
