"""Atomic writes and verified reads: a half-written or damaged file never passes for a whole one.

Arrays go to safetensors with a sha256 of their bytes in the header, tables to parquet with page checksums and to CSV,
everything else to JSON. Nothing is ever pickled.
"""

import hashlib
import json
import os
import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from convac.errors import ArgumentError, FileError, one_line

if TYPE_CHECKING:
    import pandas as pd

Arrays = dict[str, np.ndarray]


def path_of(value: Any, name: str = "path") -> Path:
    """A path from a user; raises ArgumentError for what is none."""
    if not isinstance(value, str | os.PathLike) or isinstance(os.fspath(value), bytes) or "\0" in os.fspath(value):
        got = "an integer" if isinstance(value, int) else one_line(repr(value), 60)  # long ones have no text
        raise ArgumentError(f"{name}: got {got}; accepted: a path, as text or pathlib.Path")
    return Path(value)


@contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; rename it to `path` when the block ends well, delete it otherwise.

    The name carries the process id, so that a job and its orphan from a killed run never write the same file.

    Raises:
        FileError: the disk is full, or the folder can't be written; the old file stands as it was.
    """
    target = Path(path)
    if not target.name:
        raise FileError(f"{target}: is a folder; accepted: the name of a file")
    temporary = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        with temporary.open("rb") as handle:
            os.fsync(handle.fileno())
        temporary.replace(target)
    except OSError as error:
        # by its number: Arrow's own words are long, and begin with the path
        reason = os.strerror(error.errno) if error.errno else error
        raise FileError(f"{target}: can't be written: {reason}") from error
    finally:
        with suppress(OSError):  # in a folder that can't be written there is nothing to delete
            temporary.unlink(missing_ok=True)


class ContentError(Exception):
    """What is wrong with the content of a file, in a few words that follow its name."""


@contextmanager
def naming(path: str | Path, accepted: str, called: str = "") -> Iterator[None]:
    """Turn any failure to read `path` into a FileError that names its cause and what is `accepted` there.

    Args:
        path: the file.
        accepted: what it should be, with its article.
        called: what the line calls it; by default its path.
    """
    try:
        yield
    except FileError:
        raise
    except Exception as error:  # every reader fails in its own way on damaged bytes
        place = Path(path)
        if fault := place_fault(place, error):
            raise FileError(f"{called or path}: {fault}; expected {accepted}") from error
        fault = content_fault(place, error, accepted)
        raise FileError(f"{called or path}: {fault}; expected {accepted}", damaged=str(path)) from error


def place_fault(path: Path, error: Exception) -> str:
    """Why a file can't be read whatever is in it; empty where it can."""
    if isinstance(error, MemoryError):
        return "is larger than the memory"
    # by os.path: in a folder that may not be read pathlib raises
    if os.path.isfile(path):
        try:
            # by itself: readers tell of permissions and disks in words of their own
            with path.open("rb") as handle:
                handle.read(1)
        except OSError as found:
            error = found
        else:
            return ""
    if os.path.isdir(path):
        return "is a folder"
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return "no such file"
    return f"can't be read: {os.strerror(error.errno)}" if isinstance(error, OSError) and error.errno else ""


# how files of other kinds begin, and a word by which readers of that kind name it
KINDS = (
    (b"PAR1", "parquet", "a Parquet table"),
    (b"\x89PNG", "png", "a PNG image"),
    (b"%PDF", "pdf", "a PDF"),
    (b"PK\x03\x04", "npz", "a zip archive, as torch.save and numpy.savez write"),
    (b"\x93NUMPY", "numpy", "an array written by numpy.save"),
    (b"\x89HDF", "hdf", "an HDF5 file"),
    (b"\x1f\x8b", "archive", "packed by gzip"),
    (b"\x80\x02", "pickle", "a pickle"),
    (b"\x80\x04", "pickle", "a pickle"),
    (b"\x80\x05", "pickle", "a pickle"),
)


def content_fault(path: Path, error: Exception, accepted: str) -> str:
    """What is wrong with the content of a file that can be read, and that a reader of `accepted` failed on."""
    head = beginning(path)
    if not head:
        return "is empty"
    kind = next((kind for start, word, kind in KINDS if head.startswith(start) and word not in accepted.lower()), "")
    return f"is {kind}" if kind else text_fault(error, head) or foreign_fault(error, head)


def beginning(path: Path) -> bytes:
    """The first bytes of a file; of anything else, such as a pipe, that can be read once alone, a question mark."""
    if not os.path.isfile(path):
        return b"?"
    with path.open("rb") as handle:
        return handle.read(16)


def text_fault(error: Exception, head: bytes) -> str:
    """What is wrong with a text, as it begins; empty where the error tells of something else."""
    text = isinstance(error, json.JSONDecodeError | UnicodeError)
    if head[:4] in {b"\xff\xfe\0\0", b"\0\0\xfe\xff"} or (text and head[:4].count(0) == 3):
        return "is text in UTF-32, not UTF-8"
    if head[:2] in {b"\xff\xfe", b"\xfe\xff"} or (text and 0 in head[:2]):
        return "is text in UTF-16, not UTF-8"
    if isinstance(error, UnicodeDecodeError):
        return f"isn't UTF-8 text: byte 0x{error.object[error.start]:02x} at {error.start}"
    return json_fault(error) if isinstance(error, json.JSONDecodeError) else ""


def json_fault(error: json.JSONDecodeError) -> str:
    """Where a text stops being JSON."""
    if not error.doc.strip():
        return "is empty"
    if error.pos >= len(error.doc.rstrip()) or error.msg.startswith("Unterminated"):
        return "is cut short"
    return f"isn't JSON at line {error.lineno}, column {error.colno}"


# words of a library's error, and what they mean; the first that is found counts
MEANINGS = {
    "header too small": "is cut short",
    "magic bytes not found": "is cut short or of another kind",
    "minimum file footer": "is cut short",
    "invalid header length": "is cut short or of another kind",
    "incomplete metadata": "is cut short, or goes on after its end",
    "header too large": "is of another kind",
    "end-of-stream": "is cut short",
    "unexpected end": "is cut short",
    "crc": "is damaged: its checksum differs",
    "not a gzipped file": "isn't packed by gzip",
    "not a zip file": "is cut short",
    "pickled (object)": "is of another kind",
    "object arrays": "holds objects, which aren't read: unpickling runs code",
}


def foreign_fault(error: Exception, head: bytes) -> str:
    """What an error of a reader says of a file's content."""
    if isinstance(error, ContentError):
        return str(error)
    if isinstance(error, RecursionError):
        return "is nested too deeply"
    if isinstance(error, KeyError):
        return f"has no {error}"
    if isinstance(error, TypeError | AttributeError | IndexError | StopIteration):
        return "has other content"
    text = str(error) or type(error).__name__
    for words, meaning in MEANINGS.items():
        if words in text.lower():
            # a reader finds the end of a file first: where the beginning is right, it is the end that is missing
            return meaning.removesuffix(" or of another kind") if head[:4] == b"PAR1" or head[8:9] == b"{" else meaning
    # Arrow's words begin with the path, those of pandas with what it did
    return "is damaged: " + one_line(re.split("' ?: |C error: ", text)[-1], 60)


def sha256(path: str | Path) -> str:
    """Hex sha256 of the file's bytes."""
    with naming(path, "a readable file"), Path(path).open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def write_text(path: str | Path, text: str) -> None:
    """Write `text` as UTF-8, atomically."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: str | Path, value: Any) -> None:
    """Write `value` as indented JSON with sorted keys, atomically."""
    write_text(path, json.dumps(value, indent=1, sort_keys=True, allow_nan=False) + "\n")


def read_json(path: str | Path) -> Any:
    """The value in a JSON file, UTF-8 with or without a byte order mark.

    Raises:
        FileError: it is missing, damaged, in another encoding, or has a key twice.
    """
    with naming(path, "a JSON file"):
        return parsed_json(Path(path).read_text(encoding="utf-8-sig"))


def parsed_json(text: str) -> Any:
    """The value that a JSON text stands for; raises ContentError for a key that appears twice, else as `json` does."""
    return json.loads(text, object_pairs_hook=each_once)


def each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object's keys and values; raises ContentError where one would replace another."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ContentError(f"has the key {one_line(json.dumps(twice), 40)} twice")
    return found


def arrays_digest(arrays: Mapping[str, np.ndarray]) -> str:
    """Hex sha256 over names, shapes, types and bytes of `arrays`, independent of their order."""
    digest = hashlib.sha256()
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        digest.update(f"{name} {array.shape} {array.dtype.str}".encode())
        digest.update(array.data if array.size else b"")
    return digest.hexdigest()


def write_arrays(path: str | Path, arrays: Mapping[str, np.ndarray], metadata: Mapping[str, str] | None = None) -> None:
    """Write named arrays and string metadata to a safetensors file, atomically; same arrays, same bytes."""
    from safetensors.numpy import save

    whole = {name: np.ascontiguousarray(array) for name, array in sorted(arrays.items())}
    header = {**(metadata or {}), "sha256": arrays_digest(whole)}
    # one JSON value: safetensors writes several metadata keys in an order that changes from process to process
    with replacing(path) as temporary:
        temporary.write_bytes(save(whole, {"convac": json.dumps(header, sort_keys=True)}))


def read_arrays(path: str | Path) -> tuple[Arrays, dict[str, str]]:
    """Arrays and metadata of a file made by `write_arrays`; raises FileError unless every byte is as written."""
    with naming(path, "a safetensors file written by convac"):
        arrays, metadata = read_tensors(path)
        if "convac" not in metadata:
            raise ContentError("was written by another program")
        header = json.loads(metadata["convac"])
        if header.pop("sha256") != arrays_digest(arrays):
            raise ContentError("is damaged: its checksum differs")
    return arrays, header


def read_npz(opened: IO[bytes], names: Collection[str]) -> Arrays:
    """Arrays of an .npz file, opened before as numpy leaves a torn one open; refuses pickles; raises as numpy does."""
    with np.load(opened) as file:
        if isinstance(file, np.ndarray):
            raise ContentError("is a single array")
        return {name: file[name] for name in file.files if name in names}


# by their names in safetensors, the types that numpy has
NUMPY_TYPES = {"F64", "F32", "F16", "C64", "I64", "I32", "I16", "I8", "U64", "U32", "U16", "U8", "BOOL"}


def read_tensors(path: str | Path) -> tuple[Arrays, dict[str, str]]:
    """Arrays and metadata of any safetensors file; bfloat16 and fp8 become float32, which holds them exactly.

    Raises as the readers do, and ContentError for a tensor of a type that is neither these nor numpy's.
    """
    from safetensors import deserialize, safe_open

    if not Path(path).is_file():
        raise FileNotFoundError(path)
    with safe_open(path, framework="numpy") as handle:
        kinds = {name: handle.get_slice(name).get_dtype() for name in handle.keys()}  # noqa: SIM118 - no mapping
        metadata = handle.metadata() or {}
        arrays = {name: handle.get_tensor(name) for name, kind in kinds.items() if kind in NUMPY_TYPES}
    for name, kind in kinds.items():
        if kind not in NUMPY_TYPES | WIDENED.keys():
            raise ContentError(
                f"tensor {name} is of type {kind}, which isn't read; bfloat16, fp8 and numpy's types are"
            )
    if len(arrays) < len(kinds):
        parts = dict(deserialize(Path(path).read_bytes()))  # type: ignore[no-untyped-call]
        for name in kinds.keys() - arrays.keys():
            arrays[name] = WIDENED[kinds[name]](parts[name]["data"]).reshape(parts[name]["shape"])
    return arrays, metadata


def from_bfloat16(content: bytes) -> np.ndarray:
    """Little-endian bfloat16, the upper half of float32, as float32."""
    return (np.frombuffer(content, "<u2").astype(np.uint32) << 16).view(np.float32)


def from_e5m2(content: bytes) -> np.ndarray:
    """Bytes of 1 sign, 5 exponent and 2 mantissa bits, the upper half of float16, as float32."""
    return (np.frombuffer(content, np.uint8).astype(np.uint16) << 8).view(np.float16).astype(np.float32)


def from_e4m3(content: bytes) -> np.ndarray:
    """Bytes of 1 sign, 4 exponent and 3 mantissa bits without infinities, as float32; 2209.05433, table 1."""
    codes = np.arange(256)
    exponent, mantissa = codes >> 3 & 15, codes & 7
    size = np.where(exponent, np.ldexp(8.0 + mantissa, exponent - 10), np.ldexp(1.0 * mantissa, -9))
    values = np.where(codes & 128, -size, size)
    values[codes & 127 == 127] = np.nan
    return np.asarray(values.astype(np.float32)[np.frombuffer(content, np.uint8)])


WIDENED = {"BF16": from_bfloat16, "F8_E5M2": from_e5m2, "F8_E4M3": from_e4m3}


# the last bytes of a file that is whole, by suffix
ENDS = {
    ".csv": b"\n",
    ".md": b"\n",
    ".html": b"</html>\n",
    ".svg": b"</svg>\n",
    ".pdf": b"%%EOF\n",
    ".png": b"IEND\xaeB`\x82",
}


def check_end(path: str | Path) -> None:
    """Raise ContentError where a text or figure stops before its end."""
    if not Path(path).read_bytes().endswith(ENDS[Path(path).suffix]):
        raise ContentError("is cut short")


def check_whole(path: str | Path) -> None:
    """Read a result of any kind; raises FileError when it is missing, damaged, or cut short."""
    suffix = Path(path).suffix
    if suffix == ".safetensors":
        read_arrays(path)
    elif suffix in {".parquet", ".csv"}:
        read_table(path)
    elif suffix in {".json", ".ipynb"}:
        read_json(path)
    else:
        with naming(path, f"a whole {suffix.removeprefix('.')} file"):
            check_end(path)


def write_table(path: str | Path, table: "pd.DataFrame") -> None:
    """Write a table by its suffix, atomically: `.parquet` with page checksums, or `.csv`."""
    with replacing(path) as temporary:
        if Path(path).suffix == ".csv":
            table.to_csv(temporary, index=False, lineterminator="\n")
        else:
            import pyarrow
            import pyarrow.parquet

            content = pyarrow.Table.from_pandas(table, preserve_index=False)
            pyarrow.parquet.write_table(content, temporary, write_page_checksum=True, compression="zstd")


def read_table(path: str | Path, columns: tuple[str, ...] = ()) -> "pd.DataFrame":
    """The table in a parquet or CSV file; raises FileError when it is damaged or lacks one of `columns`.

    Parquet has checksums. A CSV file has none: what is told is an end in the middle of a line.
    """
    import pandas as pd

    suffix = Path(path).suffix
    with naming(path, f"a {suffix[1:]} table" if suffix in {".csv", ".parquet"} else "a table, .csv or .parquet"):
        if suffix == ".csv":
            if beginning(Path(path)).startswith(tuple(start for start, _, _ in KINDS)):
                raise ContentError("is no text")
            check_end(path)
            table = pd.read_csv(path, encoding="utf-8-sig", low_memory=False)  # a column's type from all rows
        else:
            import pyarrow.parquet

            if not Path(path).is_file():  # a folder would be read as a table in parts
                raise FileNotFoundError(path)
            table = pyarrow.parquet.read_table(path, page_checksum_verification=True).to_pandas()
    missing = [name for name in columns if name not in table.columns]
    if missing:
        raise FileError(f"{path}: column {missing[0]} is missing; expected {', '.join(columns)}")
    return table
