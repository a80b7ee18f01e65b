"""True file formats of published image sets: IDX (MNIST, Fashion-MNIST) and the binary archive of CIFAR-10.

IDX: two zero bytes, a type code, the number of dimensions, each dimension as a big-endian uint32, then the items in C
order. CIFAR-10: a tar.gz whose members are records of one label byte and 3072 pixel bytes: the red, the green and the
blue plane. Whatever is not exactly that is refused. Nothing here downloads: see `convac.datasets.downloads`.
"""

import gzip
import math
import struct
import tarfile
from collections.abc import Callable
from pathlib import Path, PurePosixPath

import numpy as np

from convac.errors import ArgumentError, FileError
from convac.files import Arrays, ContentError, naming

UBYTE = 0x08  # the IDX type code of unsigned bytes
IDX = "an IDX file of unsigned bytes"
IDX_SIDE = 28
CLASSES = 10
CIFAR10_FILE = "cifar-10-binary.tar.gz"
CIFAR10 = "the binary archive of CIFAR-10"
CIFAR10_TRAIN = tuple(f"data_batch_{batch}.bin" for batch in range(1, 6))
CIFAR10_TEST = ("test_batch.bin",)
CIFAR10_SIDE = 32
RECORD = 1 + 3 * CIFAR10_SIDE**2  # bytes: the label, then three planes
LUMA = (299, 587, 114)  # thousandths of red, green and blue in Rec. 601 luma
DRAIN = 1 << 20  # bytes unpacked at a time after the last member


def image_set(name: str, folder: str | Path) -> Arrays:
    """The images and labels of one published set, from the original files in `folder`.

    Args:
        name: `mnist`, `fashion_mnist` or `cifar10`.
        folder: holds the set's files under their original names.

    Returns:
        `train_images`, `test_images`: uint8 in 0..255, shape (n, 28, 28), or (n, 32, 32) for cifar10, whose colours
        become grey by `luma`; `train_labels`, `test_labels`: shape (n,), int64 in 0..9.

    Raises:
        ArgumentError: the name is unknown.
        FileError: a file is missing, damaged or of another kind.
    """
    if name not in READERS:
        raise ArgumentError(f"name: {name!r} is unknown; accepted: {', '.join(READERS)}")
    arrays: Arrays = {}
    for part in ("train", "test"):
        arrays[f"{part}_images"], arrays[f"{part}_labels"] = READERS[name](Path(folder), part == "train")
    return arrays


def read_idx(path: str | Path) -> np.ndarray:
    """The array in an IDX file of unsigned bytes: uint8, of any number of dimensions.

    Args:
        path: unpacked as gzip if its name ends in `.gz`.

    Raises:
        FileError: the file is missing, truncated, too long, of another item type, or not IDX at all.
    """
    with naming(path, IDX):
        content = unpacked(Path(path))
        if not content:
            raise ContentError("is empty")
        shape = idx_shape(path, content)
        start = 4 + 4 * len(shape)
        if len(content) - start != math.prod(shape):
            raise FileError(f"{path}: {len(content) - start} bytes of items; expected {math.prod(shape)}, as in {IDX}")
        return np.frombuffer(content, np.uint8, offset=start).reshape(shape).copy()


def unpacked(path: Path) -> bytes:
    """All bytes of the file, unpacked if its name ends in `.gz`; raises as the reader does."""
    if path.name.endswith(".gz"):
        with gzip.open(path) as handle:
            return handle.read()
    return path.read_bytes()


def idx_shape(path: str | Path, content: bytes) -> tuple[int, ...]:
    """The dimensions in the header of IDX bytes; `path` is for the FileError that a wrong header raises."""
    if len(content) < 4:
        raise FileError(f"{path}: ends within its first 4 bytes; expected {IDX}")
    if content[:2] != b"\0\0":
        raise FileError(f"{path}: starts with bytes {content[:2].hex()}; expected 0000, as in {IDX}")
    if content[2] != UBYTE:
        raise FileError(f"{path}: items of type 0x{content[2]:02x}; expected 0x{UBYTE:02x}, as in {IDX}")
    dimensions = content[3]
    if len(content) < 4 + 4 * dimensions:
        raise FileError(f"{path}: ends within its {dimensions} dimensions; expected {IDX}")
    return struct.unpack_from(f">{dimensions}I", content, 4)


def read_cifar10(path: str | Path, train: bool) -> tuple[np.ndarray, np.ndarray]:
    """The train part (`data_batch_1.bin` to `data_batch_5.bin`) or the test part (`test_batch.bin`) of CIFAR-10.

    Members are read in memory; nothing is extracted to disk. A member has any whole number of records from 1 up.

    Args:
        path: the archive, `cifar-10-binary.tar.gz`.
        train: which part.

    Returns:
        Images: shape (n, 32, 32, 3), uint8, red, green and blue last; labels: shape (n,), int64 in 0..9.

    Raises:
        FileError: the archive is missing or damaged, lacks a member, or a member isn't whole records with labels 0..9.
    """
    names = CIFAR10_TRAIN if train else CIFAR10_TEST
    with naming(path, CIFAR10):
        found = tar_members(Path(path), names)
    for name in names:
        if name not in found:
            raise FileError(f"{path}: no member {name}; expected {CIFAR10}")
        if not found[name] or len(found[name]) % RECORD:
            raise FileError(f"{path}: {name} has {len(found[name])} bytes; expected whole records of {RECORD} bytes")
    records = np.frombuffer(b"".join(found[name] for name in names), np.uint8).reshape(-1, RECORD)
    planes = records[:, 1:].reshape(-1, 3, CIFAR10_SIDE, CIFAR10_SIDE)
    return np.ascontiguousarray(planes.transpose(0, 2, 3, 1)), checked_labels(path, records[:, 0])


def tar_members(path: Path, names: tuple[str, ...]) -> dict[str, bytes]:
    """Content of those of the files `names` that a tar.gz holds in any folder; raises as the readers do.

    One pass in the archive's own order, up to the checksum at the end of the gzip stream.
    """
    found: dict[str, bytes] = {}
    with gzip.open(path) as stream:
        with tarfile.open(fileobj=stream, mode="r:") as archive:
            for member in archive:
                name = PurePosixPath(member.name).name
                handle = archive.extractfile(member) if member.isfile() and name in names else None
                if handle is not None:
                    found[name] = handle.read()
        while stream.read(DRAIN):
            pass
    return found


def checked_labels(path: str | Path, labels: np.ndarray) -> np.ndarray:
    """Labels as int64; raises FileError that names `path` if one is above 9."""
    if labels.max(initial=0) >= CLASSES:
        raise FileError(f"{path}: label {labels.max()}; expected labels from 0 to {CLASSES - 1}")
    return labels.astype(np.int64)


def luma(images: np.ndarray) -> np.ndarray:
    """Grey images of coloured ones, by Rec. 601 luma: 0.299 R + 0.587 G + 0.114 B, rounded, halves up.

    Args:
        images: shape (..., 3), uint8.

    Returns:
        Shape (...), uint8. Exact: the sum is of integers.

    >>> luma(np.array([[255, 255, 255], [255, 0, 0], [0, 0, 255]], dtype=np.uint8))
    array([255,  76,  29], dtype=uint8)
    """
    thousandths = np.full(images.shape[:-1], 500, dtype=np.uint32)
    for channel, weight in enumerate(LUMA):
        thousandths += np.multiply(images[..., channel], weight, dtype=np.uint32)
    return np.asarray(thousandths // 1000).astype(np.uint8)


def idx_part(folder: Path, train: bool) -> tuple[np.ndarray, np.ndarray]:
    """Images and labels of one part of MNIST, or of a set with its file names; raises FileError unless they match."""
    prefix = "train" if train else "t10k"
    images_path, labels_path = folder / f"{prefix}-images-idx3-ubyte.gz", folder / f"{prefix}-labels-idx1-ubyte.gz"
    images, labels = read_idx(images_path), read_idx(labels_path)
    if images.shape[1:] != (IDX_SIDE, IDX_SIDE) or not len(images):
        raise FileError(f"{images_path}: shape {images.shape}; expected (n, {IDX_SIDE}, {IDX_SIDE}), n from 1 up")
    if labels.shape != images.shape[:1]:
        raise FileError(f"{labels_path}: shape {labels.shape}; expected ({len(images)},), a label for every image")
    return images, checked_labels(labels_path, labels)


def cifar10_part(folder: Path, train: bool) -> tuple[np.ndarray, np.ndarray]:
    """Grey images and labels of one part of CIFAR-10."""
    images, labels = read_cifar10(folder / CIFAR10_FILE, train)
    return luma(images), labels


READERS: dict[str, Callable[[Path, bool], tuple[np.ndarray, np.ndarray]]] = {
    "mnist": idx_part,
    "fashion_mnist": idx_part,
    "cifar10": cifar10_part,
}
