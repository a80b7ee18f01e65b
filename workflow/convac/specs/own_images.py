"""The user's images in specs: what is in them stands for them, wherever the file or folder is."""

import hashlib
import io
import os
import struct
from functools import cache
from pathlib import Path
from typing import Annotated, NamedTuple

import numpy as np
from pydantic import AfterValidator, Field

from convac.errors import FileError
from convac.files import ContentError, naming, read_npz
from convac.specs.dataset import DOWNLOADED

PUBLISHED = ("digits", *DOWNLOADED)
CLASSES = 10  # of every one of them
PIXELS = "booleans, numbers from 0 to 1, or integers from 0 to 255"
ACCEPTED = "an .npz file with images and labels, or a folder of PNG images by class"
SMALLEST = 4  # pixels along each side
FEWEST = 60  # images, of which a sixth each is for validation and testing
SIGNATURE = b"\x89PNG\r\n\x1a\n"
GREY = 0  # colour type of a PNG image without colours
OWN = r"own-[0-9a-f]{12}"  # what a spec calls them: by the start of the sha256 of all that is read


NAMES = rf"^({'|'.join(PUBLISHED)}|{OWN})$"  # of sources, as specs have them


class OwnImages(NamedTuple):
    """What a spec says of the user's images.

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
    if source in PUBLISHED or os.path.isfile(path) or os.path.isdir(path):
        return source if source in PUBLISHED else path
    raise ValueError(f"{source!r} is unknown and no path; accepted: {', '.join(PUBLISHED)}, {ACCEPTED}")


# of a config's images
Source = Annotated[str, Field(min_length=1), AfterValidator(source_written)]


def originals(source: str) -> dict[str, str]:
    """What a dataset's spec says of the source of a config: its name and, of the user's images, their path."""
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
        FileError: nothing is there, it can't be read, it holds fewer than two classes, or its images or labels have a
            form that no dataset is made of.
    """
    place = Path(path)
    digest, classes = folder_content(place) if place.is_dir() else file_content(place)
    if classes < 2:
        raise FileError(f"{path}: holds {classes} class{'' if classes == 1 else 'es'}; expected two or more")
    return OwnImages(f"own-{digest[:12]}", classes, path)


def file_content(path: Path) -> tuple[str, int]:
    """The sha256 of an .npz file, and how many labels there are; of its images the form alone is read."""
    with naming(path, ACCEPTED):
        content = path.read_bytes()
        found = read_npz(io.BytesIO(content), ["labels"])
        form = npz_form(content, "images")
    for name, there in (("images", form), ("labels", found)):
        if not there:
            raise FileError(f"{path}: has no array {name}; expected {ACCEPTED}")
    if form:
        check_form(*form, found["labels"], str(path))
    return hashlib.sha256(content).hexdigest(), len(np.unique(found["labels"]))


def npz_form(content: bytes, name: str) -> tuple[tuple[int, ...], np.dtype] | None:
    """Shape and type of an array in the bytes of an .npz file, without its numbers; None where it isn't there."""
    with np.load(io.BytesIO(content)) as file:
        if name not in file.files:
            return None
        with file.zip.open(f"{name}.npy") as member:
            first = np.lib.format.read_magic(member) == (1, 0)
            header = np.lib.format.read_array_header_1_0 if first else np.lib.format.read_array_header_2_0
            shape, _, kind = header(member)
            return shape, kind


def check_form(shape: tuple[int, ...], kind: np.dtype, labels: np.ndarray, path: str) -> None:
    """Refuse images, by their shape and type alone, and labels that no dataset is made of.

    Raises:
        FileError: one line that says what doesn't fit and what is expected; `path` is what it calls them.
    """
    if len(shape) not in {3, 4} or shape[1] != shape[2] or shape[1] < SMALLEST:
        sides = " by ".join(map(str, shape[1:])) or "single numbers"
        raise FileError(f"{path}: images are {sides}; expected squares of {SMALLEST} pixels or more along each side")
    if kind.kind not in "biuf":
        raise FileError(f"{path}: pixels are no finite real numbers; expected {PIXELS}")
    if len(shape) == 4 and shape[3] not in {1, 3, 4}:
        raise FileError(f"{path}: images have {shape[3]} colours; expected 1, or red, green and blue")
    if labels.shape != shape[:1] or labels.dtype.kind not in "iuU":
        raise FileError(f"{path}: labels don't fit; expected an integer or a word for each of {shape[0]} images")
    if shape[0] < FEWEST:
        raise FileError(f"{path}: holds {shape[0]} images; expected {FEWEST} or more")


def folder_content(folder: Path) -> tuple[str, int]:
    """The sha256 of the names and bytes of the PNG images of a folder, and how many folders hold some."""
    found = class_files(folder)
    total, forms = hashlib.sha256(), []
    for path, kind in found:
        with naming(path, "a PNG image"):
            content = path.read_bytes()
            forms.append(png_form(content))
        if forms[-1] != forms[0]:
            told = [f"{sides[0]} by {sides[1]} in {'grey' if grey else 'colours'}" for *sides, grey in forms[-2:]]
            raise FileError(f"{path}: is {told[1]}, others are {told[0]}; expected images of one size and kind")
        total.update(f"{kind}/{path.name}\n".encode() + hashlib.sha256(content).digest())
    classes = len({kind for _, kind in found})
    if classes > 1:
        width, height, _ = forms[0]
        check_form((len(forms), height, width), np.dtype(np.uint8), np.zeros(len(forms), int), str(folder))
    return total.hexdigest(), classes


def png_form(content: bytes) -> tuple[int, int, bool]:
    """Width and height of a PNG image, and whether it is grey, by its header; raises ContentError for anything else."""
    if len(content) < 26 or not content.startswith(SIGNATURE):
        raise ContentError("is no PNG image" if content else "is empty")
    width, height, _, colours = struct.unpack(">IIBB", content[16:26])
    return width, height, colours == GREY


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
