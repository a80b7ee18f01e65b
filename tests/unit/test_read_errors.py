"""A file that can't be read: its cause in one line, and never the advice to delete what a user made."""

import gzip
import json
import os
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from convac.circuits.files import read_circuit, write_circuit
from convac.circuits.tree import random_circuit
from convac.cli import main
from convac.datasets.formats import read_idx
from convac.datasets.layouts import member
from convac.errors import FileError
from convac.files import (
    check_whole,
    from_bfloat16,
    from_e4m3,
    from_e5m2,
    read_arrays,
    read_json,
    read_table,
    sha256,
    write_arrays,
    write_table,
)
from convac.geometry.trees import PoolingTree
from convac.planning import paths
from convac.planning.paths import made_again

RULES = Path(__file__).parents[2] / "workflow/rules"
TEXT = '{"a": [1, 2], "b": "é"}\n'
CSV = "a,é\n1,2\n3,4\n"


@pytest.fixture
def whole(tmp_path):
    """By reader, a whole file's name and content."""
    write_arrays(tmp_path / "x.safetensors", {"a": np.arange(30.0)})
    write_table(tmp_path / "x.parquet", pd.DataFrame({"value": np.arange(900.0)}))
    return {name: (tmp_path / name).read_bytes() for name in ("x.safetensors", "x.parquet")}


READERS = {
    "x.json": read_json,
    "x.csv": read_table,
    "x.parquet": read_table,
    "x.safetensors": read_arrays,
    "x.png": check_whole,
    "x.md": check_whole,
    "x.idx": read_idx,
    "x.idx.gz": read_idx,
    "x.tar.gz": lambda path: member(path, "data_batch_1.bin"),
    "net.json": read_circuit,
    "x.bin": sha256,
}


def refusal(path: Path) -> str:
    """What the reader of a file says, without its path; one short line without advice to delete anything."""
    with pytest.raises(FileError) as caught:
        READERS[path.name](path)
    line = str(caught.value)
    assert line.startswith(f"{path}: ")
    assert len(line) <= 200
    assert "\n" not in line
    assert "delete" not in line
    return line.removeprefix(f"{path}: ")


@pytest.mark.parametrize("name", READERS)
def test_folders_and_absent_files_are_told_as_such(tmp_path, name):
    assert "no such file; expected " in refusal(tmp_path / name)
    assert "no such file; expected " in refusal(tmp_path / "none" / name)
    (tmp_path / name).mkdir()
    assert "is a folder; expected " in refusal(tmp_path / name)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs the right to become another user, who may not read a file")
@pytest.mark.parametrize("place", ["file", "folder"])
@pytest.mark.parametrize("name", READERS)
def test_permissions_are_told_as_such(tmp_path, name, place):
    path = tmp_path / "private" / name
    path.parent.mkdir()
    path.write_bytes(b"x")
    for folder in (path.parent, *tmp_path.parents):
        if not folder.stat().st_mode & 1:
            folder.chmod(folder.stat().st_mode | 1)  # pytest's own folders
    (path if place == "file" else path.parent).chmod(0)
    os.seteuid(65534)
    try:
        told = refusal(path)
    finally:
        os.seteuid(0)
    assert told.startswith("can't be read: Permission denied; expected ")


@pytest.mark.parametrize("name", [name for name in READERS if name != "x.bin"])
def test_empty_files_are_told_as_such(tmp_path, name):
    (tmp_path / name).touch()
    assert "is empty; expected " in refusal(tmp_path / name)


JSON_FAULTS = {
    "is text in UTF-16": TEXT.encode("utf-16"),
    "is text in UTF-16, not UTF-8": TEXT.encode("utf-16-le"),
    "is text in UTF-32": TEXT.encode("utf-32"),
    "is text in UTF-32, not UTF-8": TEXT.encode("utf-32-be"),
    "isn't UTF-8 text: byte 0xe9 at 20": TEXT.encode("latin-1"),
    "is cut short": TEXT.encode()[:9],
    "is empty": b" \n\n",
    "isn't JSON at line 2, column 6": b'{"a": 1,\n"b": nothing}',
    "isn't JSON at line 1, column 1": CSV.encode(),
    'has the key "a" twice': b'{"a": 1, "b": 2, "a": 1}',
    'has the key "c" twice': b'[{"b": {"c": 1, "c": 2}}]',
    "is nested too deeply": b"[" * 100_000,
    "is damaged: Exceeds the limit (4300 digits)": b"1" * 5000,
    "is a PNG image": b"\x89PNG\r\n\x1a\n",
    "is a zip archive, as torch.save": b"PK\x03\x04abc",
    "is a pickle": b"\x80\x04abc",
    "is packed by gzip": gzip.compress(TEXT.encode()),
    "is a Parquet table": b"PAR1abc",
}


@pytest.mark.parametrize("fault", JSON_FAULTS)
@pytest.mark.parametrize("name", ["x.json", "net.json"])
def test_what_is_wrong_with_a_json_file_is_told(tmp_path, name, fault):
    (tmp_path / name).write_bytes(JSON_FAULTS[fault])
    assert fault in refusal(tmp_path / name)


TABLE_FAULTS = {
    "isn't UTF-8 text: byte 0xe9 at 2": CSV.encode("latin-1"),
    "is text in UTF-16": CSV.encode("utf-16"),
    "is cut short": CSV.encode()[:-2],
    "is damaged: Expected 2 fields in line 3, saw 3": b"a,b\n1,2\n1,2,3\n",
    "is a Parquet table": b"PAR1\n",
}


@pytest.mark.parametrize("fault", TABLE_FAULTS)
def test_what_is_wrong_with_a_csv_table_is_told(tmp_path, fault):
    (tmp_path / "x.csv").write_bytes(TABLE_FAULTS[fault])
    assert f"{fault}" in refusal(tmp_path / "x.csv")


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_byte_order_mark_is_no_fault(tmp_path, end):
    (tmp_path / "x.json").write_bytes(b"\xef\xbb\xbf" + TEXT.replace("\n", end).encode())
    assert read_json(tmp_path / "x.json") == json.loads(TEXT)
    (tmp_path / "x.csv").write_bytes(b"\xef\xbb\xbf" + CSV.replace("\n", end).encode())
    assert list(read_table(tmp_path / "x.csv", ("a",)).columns) == ["a", "é"]
    write_circuit(tmp_path / "net.json", CIRCUIT)
    (tmp_path / "net.json").write_bytes(b"\xef\xbb\xbf" + (tmp_path / "net.json").read_bytes())
    assert np.array_equal(read_circuit(tmp_path / "net.json").output, CIRCUIT.output)


@pytest.mark.parametrize(
    ("name", "change", "fault"),
    [
        ("x.safetensors", lambda content: content[:5], "is cut short; "),
        ("x.safetensors", lambda content: content[:40], "is cut short; "),
        ("x.safetensors", lambda content: content[:-1], "is cut short, or goes on"),
        ("x.safetensors", lambda content: content + b"0", "is cut short, or goes on"),
        ("x.safetensors", lambda content: content[:-1] + b"?", "is damaged: its checksum differs"),
        ("x.safetensors", lambda content: b'{"format": "convac-circuit"}', "is of another kind"),
        ("x.safetensors", lambda content: b"PK\x03\x04" + content, "is a zip archive, as torch.save"),
        ("x.parquet", lambda content: content[:5], "is cut short; "),
        ("x.parquet", lambda content: content[:-9], "is cut short; "),
        ("x.parquet", lambda content: content[:99] + bytes([content[99] ^ 1]) + content[100:], "its checksum differs"),
        ("x.parquet", lambda content: CSV.encode(), "of another kind"),
        ("x.parquet", gzip.compress, "is packed by gzip"),
    ],
)
def test_what_is_wrong_with_arrays_and_tables_is_told(tmp_path, whole, name, change, fault):
    (tmp_path / name).write_bytes(change(whole[name]))
    assert fault in refusal(tmp_path / name)


def test_arrays_of_another_program_are_told_as_such(tmp_path):
    from safetensors.numpy import save_file

    save_file({"a": np.ones(2)}, tmp_path / "x.safetensors")
    assert "was written by another program; expected a safetensors file written by convac" in refusal(
        tmp_path / "x.safetensors"
    )


CIRCUIT = random_circuit(PoolingTree.named("square", (2, 2)), 2, (3,), np.random.default_rng(0), classes=2)


@pytest.mark.parametrize("kind", ["float16", "bfloat16", "float8_e4m3fn", "float8_e5m2", "float32", "int8"])
def test_weights_of_every_real_type_are_read_as_they_are(tmp_path, kind):
    torch = pytest.importorskip("torch")
    from safetensors.torch import save_file

    write_circuit(tmp_path / "net.json", CIRCUIT, weights="safetensors")
    tensors = {"layers.0.weight": CIRCUIT.weights[0], "output": CIRCUIT.output}
    small = {name: (4 * torch.from_numpy(array)).to(getattr(torch, kind)) for name, array in tensors.items()}
    save_file(small, tmp_path / "net.json.safetensors")
    forget_digest(tmp_path / "net.json")
    found = read_circuit(tmp_path / "net.json")
    assert np.array_equal(found.weights[0], small["layers.0.weight"].double().numpy())
    assert np.array_equal(found.output, small["output"].double().numpy())


@pytest.mark.parametrize("kind", ["complex64", "bool", "float8_e8m0fnu"])
def test_weights_of_other_types_are_refused_by_name(tmp_path, kind):
    torch = pytest.importorskip("torch")
    from safetensors.torch import save_file

    write_circuit(tmp_path / "net.json", CIRCUIT, weights="safetensors")
    shapes = {"layers.0.weight": CIRCUIT.weights[0].shape, "output": CIRCUIT.output.shape}
    save_file(
        {name: torch.ones(shape).to(getattr(torch, kind)) for name, shape in shapes.items()},
        tmp_path / "net.json.safetensors",
    )
    forget_digest(tmp_path / "net.json")
    word = "F8_E8M0" if kind == "float8_e8m0fnu" else kind
    assert re.search(rf"net.json.safetensors: tensor [\w.]+ is (of type )?{word}", refusal(tmp_path / "net.json"))


def forget_digest(path: Path) -> None:
    """Drop the checksum of the weights from a circuit's document, as other programs write it."""
    content = json.loads(path.read_text())
    del content["tensors_sha256"]
    path.write_text(json.dumps(content))


def test_every_value_of_the_small_types_is_read():
    torch = pytest.importorskip("torch")
    codes = torch.arange(256, dtype=torch.uint8)
    for kind, read in ((torch.float8_e4m3fn, from_e4m3), (torch.float8_e5m2, from_e5m2)):
        assert np.array_equal(read(bytes(range(256))), codes.view(kind).float().numpy(), equal_nan=True)
    words = np.arange(65536, dtype="<u2")
    expected = torch.from_numpy(words.view(np.int16)).view(torch.bfloat16).float().numpy()
    assert np.array_equal(from_bfloat16(words.tobytes()), expected, equal_nan=True)


@pytest.mark.parametrize("names", [("net-lr0.1", "net-lr0.2"), ("net", "net.json"), ("a.json", "a.safetensors")])
def test_two_circuits_in_a_folder_have_weights_of_their_own(tmp_path, names):
    circuits = [random_circuit(PoolingTree.named("square", (2, 2)), 2, (3,), np.random.default_rng(n)) for n in (1, 2)]
    for name, circuit in zip(names, circuits, strict=True):
        write_circuit(tmp_path / name, circuit, weights="safetensors")
    for name, circuit in zip(names, circuits, strict=True):
        assert np.array_equal(read_circuit(tmp_path / name).output, circuit.output)
    # a pair of which one half is of another circuit
    one, other = (tmp_path / f"{name}.safetensors" for name in names)
    one.write_bytes(other.read_bytes())
    with pytest.raises(FileError, match="belongs to another circuit; accepted: the one with sha256"):
        read_circuit(tmp_path / names[0])


DAMAGED = "results/runs/blobs-arithmetic-1/model.safetensors"


@pytest.mark.parametrize("workflow", [True, False])
@pytest.mark.parametrize("path", [DAMAGED, "mine/model.safetensors", "results/mine.json", "results/reference/run.json"])
def test_only_a_job_advises_to_delete_and_only_what_is_made_again(tmp_path, monkeypatch, capsys, path, workflow):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CONVAC_WORKFLOW", "1") if workflow else monkeypatch.delenv("CONVAC_WORKFLOW", raising=False)
    Path(path).parent.mkdir(parents=True)
    Path(path).write_bytes(b"?")
    with pytest.raises(SystemExit) as stopped:
        main(["manifest", "--files", path, "--output", "manifest.json", "--log", "log"])
    line = str(stopped.value)
    assert line.startswith(f"convac manifest: {path}: is")
    assert line.endswith("; delete it and rerun") == (workflow and path == DAMAGED)
    assert len(line) <= 200
    assert line.endswith("delete it and rerun") == Path("log").read_text().endswith("delete it and rerun\n")


def test_what_may_be_deleted_is_what_rules_declare():
    words = {
        "cell": "blobs-w2-0123abcd",
        "dataset": "blobs-0123abcd",
        "digest": "0123abcd",
        "experiment": "min_cut",
        "job": "blobs-w2-0123abcd",
        "name": "min_cut",
        "room": "runs",
        "scale": "smoke",
        "source": "mnist",
        "own": "own-0123456789ab",
        "part": "-law",
        "suffix": "pdf",
    }
    declared = [template for templates in paths.OUTPUTS.values() for template in templates]
    for template in declared:
        assert made_again(template.format(**words)), template
    rules = "\n".join(path.read_text() for path in RULES.glob("*.smk"))
    written = "".join(re.findall(r"\n +output:\n(.*?)\n +\w+:", rules, re.DOTALL))
    named = re.findall(r"\bpaths\.([A-Z_]+)", written)
    assert len(named) > 20
    for name in named:  # of an output, or of the folder that it is in
        assert any(template.startswith(getattr(paths, name)) for template in declared), name
    assert "results/" not in written
    figures = ["min_cut", "min_cut-counterexamples", "layer_widths-story"]
    assert all(
        made_again(f"results/laptop/figures/{name}.{kind}") for name in figures for kind in ("pdf", "svg", "png")
    )
    assert made_again("results/laptop/pages/min_cut.html")
    kept = ["checkpoint.safetensors", "../../mine.json", "notes.md", "model.safetensors.bak", "sub/model.safetensors"]
    assert not any(made_again(f"results/runs/blobs-1/{name}") for name in kept)
    assert not any(map(made_again, ("results", "net.json", "results/reference/tables/min_cut.parquet", "config.yaml")))


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (None, "is a folder; expected a manifest"),
        (CSV, "isn't JSON at line 1, column 1; expected a manifest"),
        ("{}", "has no 'files'; expected a manifest"),
        ('{"files": ["a"]}', "has other content; expected a manifest"),
        ('{"files": {"a": 1}}', "has other content; expected a manifest"),
        ('{"files": {"a": {"bytes": 1}}}', "has no 'sha256'; expected a manifest"),
    ],
)
def test_verify_says_what_it_was_given(tmp_path, monkeypatch, capsys, content, fault):
    monkeypatch.chdir(tmp_path)
    Path("results").mkdir()
    if content is not None:
        Path("results").rmdir()
        Path("results").write_text(content)
    with pytest.raises(SystemExit):
        main(["verify", "results"])
    assert capsys.readouterr().err == f"convac: results: {fault}, as results/laptop/manifest.json\n"


def test_progress_in_another_folder_says_so(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit):
        main(["progress"])
    assert (
        "no run has started in this folder; accepted: the folder that the workflow runs in" in capsys.readouterr().err
    )
