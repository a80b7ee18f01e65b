"""Small image sets in the files of published ones, and what is said of files that aren't."""

import gzip
import io
import struct
import tarfile
from pathlib import Path

import numpy as np
import pytest

from convac.errors import FileError

BATCHES = [f"data_batch_{batch}.bin" for batch in range(1, 6)]


def write_idx(path: Path, array: np.ndarray) -> None:
    """Write an IDX file of unsigned bytes, packed."""
    header = struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
    path.write_bytes(gzip.compress(header + array.astype(np.uint8).tobytes(), mtime=0))


def write_mnist(folder: Path, train: int = 24, test: int = 6) -> str:
    """Files of a small set whose image i, over both parts, is filled with grey value 5 + i and labelled i mod 10."""
    folder.mkdir(parents=True, exist_ok=True)
    for prefix, start, count in (("train", 0, train), ("t10k", train, test)):
        values = np.arange(start, start + count)
        images = np.broadcast_to(5 + values[:, None, None], (count, 28, 28))
        write_idx(folder / f"{prefix}-images-idx3-ubyte.gz", images)
        write_idx(folder / f"{prefix}-labels-idx1-ubyte.gz", values % 10)
    return str(folder)


def idx_bytes(array, magic=b"\0\0", code=8):
    return magic + struct.pack(f">BB{array.ndim}I", code, array.ndim, *array.shape) + array.tobytes()


def record_bytes(images, labels):
    """Records of the binary CIFAR-10, pixel by pixel as its readme tells."""
    planes = [[image[..., channel].tobytes() for channel in range(3)] for image in images]
    return b"".join(bytes([label]) + b"".join(three) for label, three in zip(labels, planes, strict=True))


def write_archive(path, members):
    with tarfile.open(path, "w:gz") as archive:
        for name, content in members.items():
            entry = tarfile.TarInfo(f"cifar-10-batches-bin/{name}")
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))


def small_cifar10(rng):
    """Images and labels of six batches of two images each, the last for testing, and the archive's members."""
    images = rng.integers(0, 256, (12, 32, 32, 3), dtype=np.uint8)
    labels = rng.integers(0, 10, 12)
    names = [*BATCHES, "test_batch.bin"]
    members = {name: record_bytes(images[2 * i : 2 * i + 2], labels[2 * i : 2 * i + 2]) for i, name in enumerate(names)}
    # in the real archive the members are out of order, among other files
    return images, labels, {"batches.meta.txt": b"airplane\n", **dict(reversed(members.items()))}


def assert_refused(path, call, *parts):
    """Assert that `call` raises one short line that names the file, says what is expected and holds `parts`."""
    with pytest.raises(FileError) as caught:
        call()
    line = str(caught.value)
    assert len(line.splitlines()) == 1
    assert len(line) <= 200
    assert all(part in line for part in (str(path), *parts))
    assert "expected" in line or "not a" in line or "not the" in line
