"""`convac dataset` and `convac download`: what they hand on, write, and refuse."""

import gzip
import hashlib
import json

import pytest
from image_sets import write_mnist

from convac.cli import main
from convac.datasets import downloads
from convac.datasets.digits import generate
from convac.datasets.downloads import SOURCES, Source, idx_files
from convac.files import arrays_digest, read_arrays, write_json
from convac.specs.datasets.digits import DigitsSpec
from convac.specs.spec import digest

SMALL = {"seed": 0, "size": 8, "canvas": 8, "train": 4, "validation": 3, "test": 2}
WRITTEN = ("data.safetensors", "run.json", "summary.parquet")


@pytest.fixture
def dataset(tmp_path):
    """Run the command for a generator and its parameters; returns the folder that it writes into."""
    folder = tmp_path / "made"

    def make(name, parameters, *rest):
        write_json(tmp_path / "spec.json", {"kind": name, **parameters})
        paths = ("--data", "--record", "--summary")
        options = [word for key, file in zip(paths, WRITTEN, strict=True) for word in (key, str(folder / file))]
        main(["dataset", "--spec", str(tmp_path / "spec.json"), *options, *rest])
        return folder

    return make


@pytest.fixture
def local(tmp_path, monkeypatch):
    """A folder with a small set, taken for the published one; there is no network."""
    folder = tmp_path / "local"
    write_mnist(folder)
    contents = {
        name.removesuffix(".gz"): gzip.decompress((folder / name).read_bytes()) for name in SOURCES["mnist"].files
    }
    sums = {name: ("0" * 64, hashlib.sha256(content).hexdigest()) for name, content in contents.items()}
    monkeypatch.setitem(SOURCES, "mnist", Source((), idx_files(sums)))
    return folder


@pytest.fixture
def refused(capsys):
    """Assert that a call exits with 1 and a last line that is short and holds all words."""

    def check(call, *words):
        with pytest.raises(SystemExit) as caught:
            call()
        assert caught.value.code == 1
        printed = capsys.readouterr().err
        assert "Traceback" not in printed
        line = printed.splitlines()[-1].removeprefix("convac: ")
        assert len(line) <= 200
        assert all(word in line for word in words), line

    return check


def test_the_folder_reaches_the_generator_and_not_the_spec(dataset, tmp_path):
    parameters = {"source": "mnist", **SMALL}
    folder = write_mnist(tmp_path / "originals")
    arrays, metadata = read_arrays(dataset("digits", parameters, "--folder", folder) / WRITTEN[0])
    assert arrays_digest(arrays) == arrays_digest(generate(**parameters, folder=folder))
    assert metadata["spec"] == digest(DigitsSpec(**parameters))


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("digits", {"source": "digits", **SMALL}),
        ("blobs", {"task": "symmetry", "seed": 0, "rendered_train": 10, "rendered_test": 5}),
        ("agreement", {"task": "parity", "distance": 3, **{key: SMALL[key] for key in SMALL if key != "size"}}),
    ],
)
def test_other_datasets_need_no_folder(dataset, name, parameters):
    first = (dataset(name, parameters) / WRITTEN[0]).read_bytes()
    made = dataset(name, parameters, "--folder", "none")
    assert (made / WRITTEN[0]).read_bytes() == first
    assert sorted(path.name for path in made.iterdir()) == list(WRITTEN)


@pytest.mark.parametrize(
    ("more", "rest", "words"),
    [
        ({}, [], ["folder: None; accepted: the folder with the original files of mnist"]),
        ({}, ["--folder", "none"], ["none: no train-images-idx3-ubyte; expected train-images-idx3-ubyte, "]),
        ({"folder": "x"}, [], ["spec.json.folder: unknown key; accepted: control, seeds, path, source, seed, "]),
    ],
    ids=["no folder", "missing folder", "folder in the spec"],
)
def test_mistakes_with_the_folder(dataset, refused, tmp_path, more, rest, words):
    refused(lambda: dataset("digits", {"source": "mnist", **SMALL, **more}, *rest), *words)
    assert not (tmp_path / "made").exists()


def download(folder, *rest):
    main(["download", "--name", "mnist", "--folder", str(folder), *rest])


def test_a_record_is_the_same_whenever_it_is_written(local, tmp_path):
    download(tmp_path / "new", "--local", str(local))
    record = (tmp_path / "new" / "record.json").read_bytes()
    sums = {name: digest for file in SOURCES["mnist"].files.values() for name, digest in file.contents.items()}
    assert json.loads(record) == {"name": "mnist", "files": sums}
    assert {path.name for path in (tmp_path / "new").iterdir()} == {"record.json", *sums}
    # the files are there: neither the folder nor network is needed
    download(tmp_path / "new", "--local", "")
    assert (tmp_path / "new" / "record.json").read_bytes() == record


def test_a_download_that_fails_leaves_no_record(local, refused, tmp_path, monkeypatch):
    monkeypatch.delenv(downloads.LOCAL_VARIABLE, raising=False)
    (local / "t10k-labels-idx1-ubyte.gz").unlink()
    refused(lambda: download(tmp_path / "new", "--local", str(local)), "no t10k-labels-idx1-ubyte, ", "no download")
    assert not (tmp_path / "new" / "record.json").exists()
    refused(lambda: download(tmp_path / "new", "--name", "svhn"), "name: 'svhn' is unknown; accepted: mnist, ")
