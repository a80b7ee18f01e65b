"""True file formats of published image sets: IDX (MNIST, Fashion-MNIST) and the binary batches of CIFAR-10.

IDX: two zero bytes, a type code, the number of dimensions, each dimension as a big-endian uint32, then the items in C
order. A batch of CIFAR-10: records of one label byte and 3072 pixel bytes: the red, the green and the blue plane.
Whatever is not exactly that is refused. Where files are found: see `convac.datasets.layouts`.
"""

import math
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np

from convac.datasets.layouts import IDX, RECORD, found, looked_for, unpacked
from convac.errors import ArgumentError, FileError
from convac.files import Arrays, ContentError, naming

UBYTE = 0x08  # the IDX type code of unsigned bytes
IDX_SIDE = 28
CLASSES = 10
CIFAR10_TRAIN = tuple(f"data_batch_{batch}.bin" for batch in range(1, 6))
CIFAR10_TEST = ("test_batch.bin",)
CIFAR10_SIDE = 32
LUMA = (299, 587, 114)  # thousandths of red, green and blue in Rec. 601 luma


def image_set(name: str, folder: str | Path) -> Arrays:
    """The images and labels of one published set, from the original files in `folder`.

    Args:
        name: `mnist`, `fashion_mnist` or `cifar10`.
        folder: holds the set's files in any of its layouts.

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
        arrays[f"{part}_images"], arrays[f"{part}_labels"] = READERS[name](name, Path(folder), part == "train")
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


def read_cifar10(folder: str | Path, train: bool) -> tuple[np.ndarray, np.ndarray]:
    """The train part (`data_batch_1.bin` to `data_batch_5.bin`) or the test part (`test_batch.bin`) of CIFAR-10.

    A batch has any whole number of records from 1 up. Nothing is extracted to disk.

    Args:
        folder: holds the batches or an archive of them.
        train: which part.

    Returns:
        Images: shape (n, 32, 32, 3), uint8, red, green and blue last; labels: shape (n,), int64 in 0..9.

    Raises:
        FileError: a batch is missing, damaged, or isn't whole records with labels 0..9.
    """
    batches = []
    for name in CIFAR10_TRAIN if train else CIFAR10_TEST:
        batch = next(found("cifar10", name, folder), None)
        if batch is None:
            raise absent("cifar10", name, folder)
        content = batch.read()
        if not content or len(content) % RECORD:
            place = batch.path if batch.path.name == name else f"{batch.path}: {name}"
            raise FileError(f"{place} has {len(content)} bytes; expected whole records of {RECORD} bytes")
        batches.append(content)
    records = np.frombuffer(b"".join(batches), np.uint8).reshape(-1, RECORD)
    planes = records[:, 1:].reshape(-1, 3, CIFAR10_SIDE, CIFAR10_SIDE)
    return np.ascontiguousarray(planes.transpose(0, 2, 3, 1)), checked_labels(folder, records[:, 0])


def absent(name: str, content: str, folder: str | Path) -> FileError:
    """The error that a content of a set isn't in a folder."""
    return FileError(f"{folder}: no {content}; expected {looked_for(name, content)}")


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


def idx_part(name: str, folder: Path, train: bool) -> tuple[np.ndarray, np.ndarray]:
    """Images and labels of one part of MNIST, or of a set with its file names; raises FileError unless they match."""
    paths = []
    for kind in ("images-idx3", "labels-idx1"):
        content = f"{'train' if train else 't10k'}-{kind}-ubyte"
        file = next(found(name, content, folder), None)
        if file is None:
            raise absent(name, content, folder)
        paths.append(file.path)
    images, labels = map(read_idx, paths)
    if images.shape[1:] != (IDX_SIDE, IDX_SIDE) or not len(images):
        raise FileError(f"{paths[0]}: shape {images.shape}; expected (n, {IDX_SIDE}, {IDX_SIDE}), n from 1 up")
    if labels.shape != images.shape[:1]:
        raise FileError(f"{paths[1]}: shape {labels.shape}; expected ({len(images)},), a label for every image")
    return images, checked_labels(paths[1], labels)


def cifar10_part(name: str, folder: Path, train: bool) -> tuple[np.ndarray, np.ndarray]:
    """Grey images and labels of one part of CIFAR-10."""
    images, labels = read_cifar10(folder, train)
    return luma(images), labels


READERS: dict[str, Callable[[str, Path, bool], tuple[np.ndarray, np.ndarray]]] = {
    "mnist": idx_part,
    "fashion_mnist": idx_part,
    "cifar10": cifar10_part,
}
