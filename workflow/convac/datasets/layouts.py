"""Layouts in which the files of published image sets are kept: folders, names, packings.

A set's files are its contents, unpacked: IDX files (MNIST, Fashion-MNIST), or batches of records (CIFAR-10). They are
found as torchvision, Debian, the binary and the Python version of CIFAR-10 lay them out, packed or not. The Python
version's batches are pickles, of which labels and pixels are read without unpickling.
"""

import gzip
import os
import pickletools
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath

import numpy as np

from convac.files import ContentError, naming

PIXELS = 3 * 32**2  # bytes of an image of CIFAR-10: the red, the green and the blue plane
RECORD = 1 + PIXELS  # bytes: the label, then the planes
CIFAR10, CIFAR10_ARCHIVE = "a batch of CIFAR-10", "an archive of CIFAR-10"
IDX = "an IDX file of unsigned bytes"
BINARY, PYTHON = "cifar-10-binary.tar.gz", "cifar-10-python.tar.gz"
DRAIN = 1 << 20  # bytes unpacked at a time after the last member
# folders within the one that is named, a set's own ones first: two sets share their names of files
BASES = {
    "mnist": ("mnist", "MNIST", ""),
    "fashion_mnist": ("fashion_mnist", "FashionMNIST", "fashion-mnist", ""),
    "cifar10": ("cifar10", ""),
}
INNER = {
    "mnist": ("", "raw"),
    "fashion_mnist": ("", "raw"),
    "cifar10": ("", "cifar-10-batches-bin", "cifar-10-batches-py"),
}


@dataclass(frozen=True)
class Found:
    """A file that holds a content of a set.

    Attributes:
        path: the file.
        read: gives the content, unpacked; raises FileError where the file is damaged or of another kind.
    """

    path: Path
    read: Callable[[], bytes]


def found(name: str, content: str, folder: str | Path) -> Iterator[Found]:
    """The files in a folder that may hold a content of a set, whatever is in them.

    Args:
        name: of the set, a key of BASES.
        content: `train-images-idx3-ubyte` or `data_batch_1.bin`, for instance.
        folder: in it or in folders in it, as `places` says.
    """
    for place in places(name):
        for file, reader in readers(name, content):
            path = Path(folder) / place / file
            if os.path.isfile(path):  # which tells nothing of a folder that may not be read
                yield Found(path, partial(reader, path, content))


def places(name: str) -> list[str]:
    """Folders that a set is looked for in, relative to the one that is named."""
    return [str(Path(base) / inner) for base in BASES[name] for inner in INNER[name]]


def readers(name: str, content: str) -> list[tuple[str, Callable[[Path, str], bytes]]]:
    """Names of files that may hold a content of a set, and what reads it from a file of that name."""
    if name != "cifar10":
        return [(file, unpacked) for file in idx_names(content)]
    packed = {BINARY: member, BINARY.removesuffix(".gz"): member, PYTHON: batch, PYTHON.removesuffix(".gz"): batch}
    return [(content, unpacked), (pickled(content), python_batch), *packed.items()]


def idx_names(content: str) -> list[str]:
    """Names of an IDX file, with a hyphen or a point before `idx`, packed or not.

    >>> idx_names("x-idx1-ubyte")
    ['x-idx1-ubyte', 'x-idx1-ubyte.gz', 'x.idx1-ubyte', 'x.idx1-ubyte.gz']
    """
    return [stem + suffix for stem in (content, content.replace("-idx", ".idx")) for suffix in ("", ".gz")]


def looked_for(name: str, content: str) -> str:
    """What a content of a set was looked for as: names of files, then of folders, in a few words.

    >>> looked_for("mnist", "train-labels-idx1-ubyte")
    'train-labels-idx1-ubyte, train-labels.idx1-ubyte (or .gz) in it, mnist, MNIST, raw'
    """
    if name == "cifar10":
        files = f"{BINARY}, {PYTHON}, .tar, {content}, {pickled(content)}"
    else:
        files = f"{content}, {content.replace('-idx', '.idx')} (or .gz)"
    return f"{files} in {', '.join(['it', *filter(None, BASES[name] + INNER[name])])}"


def pickled(content: str) -> str:
    """The name that a batch has in the Python version."""
    return content.removesuffix(".bin")


def unpacked(path: Path, content: str = "") -> bytes:
    """All bytes of the file, unpacked if its name ends in `.gz`."""
    kind = IDX if "idx" in path.name else CIFAR10
    with naming(path, f"{kind} in a gzip archive" if path.name.endswith(".gz") else kind):
        if path.name.endswith(".gz"):
            with gzip.open(path) as handle:
                return handle.read()
        return path.read_bytes()


def member(path: Path, content: str) -> bytes:
    """The file of that name in any folder of a tar archive, packed or not.

    One pass in the archive's own order, up to the checksum at the end of the gzip stream.
    """
    data = None
    with naming(path, CIFAR10_ARCHIVE):
        with gzip.open(path) if path.name.endswith(".gz") else path.open("rb") as stream:
            with tarfile.open(fileobj=stream, mode="r:") as archive:
                for entry in archive:
                    handle = archive.extractfile(entry) if entry.isfile() and named(entry, content) else None
                    data = handle.read() if handle else data
            while stream.read(DRAIN):
                pass
        if data is None:
            raise ContentError(f"no member {content}")
    return data


def named(entry: tarfile.TarInfo, name: str) -> bool:
    """Whether an archive's member has this name, in whatever folder."""
    return PurePosixPath(entry.name).name == name


def batch(path: Path, content: str) -> bytes:
    """Records of a batch in an archive of the Python version."""
    data = member(path, pickled(content))
    with naming(path, CIFAR10):
        return records(data)


def python_batch(path: Path, content: str = "") -> bytes:
    """Records of a batch of the Python version."""
    data = unpacked(path)
    with naming(path, CIFAR10):
        return records(data)


def records(content: bytes) -> bytes:
    """Labels and pixels of a pickled batch, in the order and form of the binary version; raises ContentError.

    The pickle's instructions are read, none is carried out: `labels` stands before the numbers, and the pixels are its
    one long string.
    """
    labels: list[int] = []
    pixels = b""
    text = ""
    for operation, argument, _ in pickletools.genops(content):
        if isinstance(argument, str | bytes | bytearray) and len(argument) >= PIXELS:
            pixels = argument.encode("latin-1") if isinstance(argument, str) else bytes(argument)
        elif isinstance(argument, str):
            text = argument
        elif operation.name == "BININT1" and isinstance(argument, int) and text == "labels":
            labels.append(argument)
    if not labels or len(pixels) != len(labels) * PIXELS:
        raise ContentError(f"holds {len(labels)} labels and {len(pixels)} bytes of pixels")
    rows = np.frombuffer(pixels, np.uint8).reshape(-1, PIXELS)
    return np.column_stack([np.array(labels, np.uint8), rows]).tobytes()
