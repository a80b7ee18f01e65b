import contextlib

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convac.errors import ConvacError, FileError, one_line
from convac.files import (
    arrays_digest,
    check_whole,
    read_arrays,
    read_json,
    read_table,
    replacing,
    sha256,
    write_arrays,
    write_json,
    write_table,
    write_text,
)

ARRAYS = {"a": np.arange(600, dtype=np.float64).reshape(20, 30), "b": np.array([1, 2], dtype=np.uint8)}


def test_a_failing_block_leaves_the_old_file_and_no_part(tmp_path):
    path = tmp_path / "x.txt"
    path.write_text("old")

    def fail() -> None:
        with replacing(path) as temporary:
            temporary.write_text("half")
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError):
        fail()
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["x.txt"]


def test_arrays_come_back_with_their_metadata(tmp_path):
    path = tmp_path / "folder" / "x.safetensors"
    write_arrays(path, ARRAYS, {"spec": "12", "code": "ab"})
    arrays, metadata = read_arrays(path)
    assert metadata == {"spec": "12", "code": "ab"}
    assert all(np.array_equal(arrays[name], ARRAYS[name]) for name in ARRAYS)
    first = path.read_bytes()
    write_arrays(path, dict(reversed(ARRAYS.items())), {"code": "ab", "spec": "12"})
    assert path.read_bytes() == first


@given(place=st.integers(0, 10**6), bit=st.integers(0, 7))
def test_any_flipped_bit_in_arrays_is_found(tmp_path_factory, place, bit):
    path = tmp_path_factory.mktemp("arrays") / "x.safetensors"
    write_arrays(path, ARRAYS, {})
    content = bytearray(path.read_bytes())
    content[place % len(content)] ^= 1 << bit
    path.write_bytes(content)
    # a flip may hit the layout of the header alone: then the arrays are whole all the same
    with contextlib.suppress(FileError):
        arrays, _ = read_arrays(path)
        assert arrays_digest(arrays) == arrays_digest(ARRAYS)


@pytest.mark.parametrize("suffix", ["parquet", "csv"])
def test_tables_come_back_and_truncated_ones_do_not(tmp_path, suffix):
    path = tmp_path / f"x.{suffix}"
    table = pd.DataFrame({"quantity": ["a", "b"] * 500, "value": np.arange(1000.0)})
    write_table(path, table)
    pd.testing.assert_frame_equal(read_table(path, ("value",)), table, check_dtype=False)
    with pytest.raises(FileError, match="column seed is missing"):
        read_table(path, ("seed",))
    if suffix == "parquet":
        content = path.read_bytes()
        path.write_bytes(content[: len(content) // 2])
        with pytest.raises(FileError, match="is cut short"):
            read_table(path)
        damaged = bytearray(content)
        damaged[100] ^= 1
        path.write_bytes(damaged)
        with pytest.raises(FileError, match="damaged"):
            read_table(path)


@pytest.mark.parametrize("name", ["x.json", "x.csv", "x.parquet", "x.safetensors", "x.md"])
def test_a_place_that_takes_no_file_is_named(tmp_path, name):
    (tmp_path / "taken").touch()
    path = tmp_path / "taken" / name
    writers = {
        ".json": lambda: write_json(path, [1]),
        ".safetensors": lambda: write_arrays(path, ARRAYS),
        ".md": lambda: write_text(path, "text"),
    }
    write = writers.get(path.suffix, lambda: write_table(path, pd.DataFrame({"value": [1.0]})))
    with pytest.raises(FileError, match=f"{path}: can't be written: "):
        write()


WHOLE = {
    "x.svg": b"<svg></svg>\n",
    "x.pdf": b"%PDF-1.4\n%%EOF\n",
    "x.md": b"| a |\n",
    "x.html": b"<html></html>\n",
    "x.csv": b"a,b\n1,2\n3,4\n",
    "x.json": b'{"a": [1, 2]}\n',
    "x.ipynb": b'{"cells": []}',
}


@pytest.mark.parametrize("name", WHOLE)
def test_a_result_cut_short_is_told(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(WHOLE[name])
    check_whole(path)
    for kept in range(len(WHOLE[name]) - 1):
        if name == "x.csv" and WHOLE[name][:kept].endswith(b"\n"):
            continue  # a table with fewer rows
        path.write_bytes(WHOLE[name][:kept])
        with pytest.raises(FileError, match=f"{name}: is (cut short|empty)"):
            check_whole(path)
    path.unlink()
    with pytest.raises(FileError, match="no such file"):
        check_whole(path)


def test_missing_and_broken_json(tmp_path):
    with pytest.raises(FileError, match="no such file"):
        read_json(tmp_path / "none.json")
    (tmp_path / "x.json").write_text('{"a":')
    with pytest.raises(FileError, match="is cut short"):
        read_json(tmp_path / "x.json")
    write_json(tmp_path / "x.json", {"b": 1, "a": [2]})
    assert read_json(tmp_path / "x.json") == {"a": [2], "b": 1}
    assert len(sha256(tmp_path / "x.json")) == 64


@given(st.text(max_size=400))
def test_error_lines_are_single_and_short(text):
    assert len(str(ConvacError(text)).splitlines()) <= 1
    assert len(one_line(text)) <= 200
