"""Atomic writes and verified reads: a half-written or damaged file never passes for a whole one.

Arrays go to safetensors with a sha256 of their bytes in the header, tables to parquet with page checksums and to CSV,
everything else to JSON. Nothing is ever pickled.
"""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from convac.errors import FileError

if TYPE_CHECKING:
    import pandas as pd

Arrays = dict[str, np.ndarray]


@contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; rename it to `path` when the block ends well, delete it otherwise.

    The name carries the process id, so that a job and its orphan from a killed run never write the same file.

    Raises:
        FileError: the disk is full, or the folder can't be written; the old file stands as it was.
    """
    target = Path(path)
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


@contextmanager
def naming(path: str | Path, accepted: str) -> Iterator[None]:
    """Turn any failure to read `path` into a FileError that says what is `accepted` there."""
    try:
        yield
    except FileError:
        raise
    except FileNotFoundError as error:
        raise FileError(f"{path}: no such file; expected {accepted}") from error
    except Exception as error:  # every reader fails in its own way on damaged bytes
        raise FileError(f"{path}: damaged or not {accepted}; delete it and rerun") from error


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
    """The value in a JSON file; raises FileError when it is missing or damaged."""
    with naming(path, "a JSON file"):
        return json.loads(Path(path).read_text(encoding="utf-8"))


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
    from safetensors import safe_open

    accepted = "a safetensors file written by convac"
    with naming(path, accepted):
        if not Path(path).is_file():
            raise FileNotFoundError(path)
        with safe_open(path, framework="numpy") as handle:
            header = json.loads(handle.metadata()["convac"])
            arrays = {name: handle.get_tensor(name) for name in handle.keys()}  # noqa: SIM118 - the handle is no mapping
        if header.pop("sha256") != arrays_digest(arrays):
            raise ValueError("checksum")
    return arrays, header


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
    """Raise ValueError where a text or figure stops before its end."""
    if not Path(path).read_bytes().endswith(ENDS[Path(path).suffix]):
        raise ValueError("end")


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
    with naming(path, f"a {suffix.removeprefix('.')} table"):
        if suffix == ".csv":
            check_end(path)
            table = pd.read_csv(path)
        else:
            import pyarrow.parquet

            table = pyarrow.parquet.read_table(path, page_checksum_verification=True).to_pandas()
    missing = [name for name in columns if name not in table.columns]
    if missing:
        raise FileError(f"{path}: column {missing[0]} is missing; expected {', '.join(columns)}")
    return table
