"""Images of the user's own in specs: what is in them stands for them, wherever the file or folder is."""

import hashlib
import io
import os
from functools import cache
from pathlib import Path
from typing import Annotated, NamedTuple

import numpy as np
from pydantic import AfterValidator, Field

from convac.errors import FileError
from convac.files import naming, read_npz
from convac.specs.dataset import DOWNLOADED

PUBLISHED = ("digits", *DOWNLOADED)
CLASSES = 10  # of every one of them
ACCEPTED = "an .npz file with images and labels, or a folder of PNG images by class"
OWN = r"own-[0-9a-f]{12}"  # what a spec calls them: by the start of the sha256 of all that is read


NAMES = rf"^({'|'.join(PUBLISHED)}|{OWN})$"  # of sources, as specs have them


class OwnImages(NamedTuple):
    """What a spec says of images of the user's own.

    Attributes:
        name: `own-` and 12 hex digits of their content.
        classes: different labels.
        path: of the file or folder.
    """

    name: str
    classes: int
    path: str


def source_written(source: str) -> str:
    """The source of a config, which names a published set or a path where something is, `~` and `$VARIABLES` expanded.

    Raises:
        ValueError: it is neither.
    """
    path = os.path.expandvars(os.path.expanduser(source))
    if source in PUBLISHED or os.path.exists(path):
        return source if source in PUBLISHED else path
    raise ValueError(f"{source!r} is unknown and no path; accepted: {', '.join(PUBLISHED)}, {ACCEPTED}")


# of a config's images
Source = Annotated[str, Field(min_length=1), AfterValidator(source_written)]


def originals(source: str) -> dict[str, str]:
    """What a dataset's spec says of the source of a config: its name and, of images of the user's own, their path."""
    if source in PUBLISHED:
        return {"source": source}
    own = own_images(source)
    return {"source": own.name, "path": own.path}


def classes_of(source: str) -> int:
    """Different labels of the originals of a config's images."""
    return CLASSES if source in PUBLISHED else own_images(source).classes


@cache  # a plan asks once for every job
def own_images(path: str) -> OwnImages:
    """Names images by their content, and counts their classes.

    Raises:
        FileError: nothing is there, it can't be read, or it holds fewer than two classes.
    """
    place = Path(path)
    digest, classes = folder_content(place) if place.is_dir() else file_content(place)
    if classes < 2:
        raise FileError(f"{path}: holds {classes} class{'' if classes == 1 else 'es'}; expected two or more")
    return OwnImages(f"own-{digest[:12]}", classes, path)


def file_content(path: Path) -> tuple[str, int]:
    """The sha256 of an .npz file, and how many labels there are."""
    with naming(path, ACCEPTED):
        content = path.read_bytes()
        found = read_npz(io.BytesIO(content), ["labels"])
    if not found:
        raise FileError(f"{path}: has no array labels; expected {ACCEPTED}")
    return hashlib.sha256(content).hexdigest(), len(np.unique(found["labels"]))


def folder_content(folder: Path) -> tuple[str, int]:
    """The sha256 of the names and bytes of the PNG images of a folder, and how many folders hold some."""
    found = class_files(folder)
    total = hashlib.sha256()
    for path, kind in found:
        with naming(path, "a PNG image"):
            total.update(f"{kind}/{path.name}\n".encode() + hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest(), len({kind for _, kind in found})


def class_files(folder: Path) -> list[tuple[Path, str]]:
    """PNG images of a folder with one folder a class, in order of their names, each with its class.

    Raises:
        FileError: it holds anything else that isn't hidden, which would be left out without a word, or no image at all.
    """
    found: list[tuple[Path, str]] = []
    with naming(folder, ACCEPTED):
        for kind in shown(folder):
            images = shown(kind) if kind.is_dir() else []
            if not images:
                raise FileError(f"{kind}: isn't a folder of PNG images; expected {ACCEPTED}")
            for path in images:
                if path.suffix.lower() != ".png":
                    raise FileError(f"{path}: isn't a PNG image; expected {ACCEPTED}")
            found += [(path, kind.name) for path in images]
    return found


def shown(folder: Path) -> list[Path]:
    """What a folder holds, in order, but for hidden entries, which file managers leave."""
    return sorted(path for path in folder.iterdir() if not path.name.startswith("."))
