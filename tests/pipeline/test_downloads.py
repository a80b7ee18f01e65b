"""A dataset of published images, by real Snakemake: from a local folder, from a wrong one, without network."""

import gzip
import hashlib
import time

import pytest
from clones import Clone, assert_told
from image_sets import write_mnist

from convac.datasets.downloads import LOCAL_VARIABLE, SOURCES
from convac.files import read_arrays, read_json
from convac.specs.datasets.digits import DigitsSpec
from convac.specs.run import folder

DATASET = DigitsSpec(source="mnist", seed=0, size=8, canvas=8, train=4, validation=3, test=2)
FOLDER = f"results/datasets/{folder(DATASET)}"
DATA = f"{FOLDER}/data.safetensors"
FILES = {name: digest for file in SOURCES["mnist"].files.values() for name, digest in file.contents.items()}
STUDY = f'''"""borrowed: what is in published images?"""

from convac.experiments.experiment import Cell, Experiment
from convac.specs.datasets.digits import DigitsSpec
from convac.specs.networks.arithmetic import ArithmeticSpec
from convac.specs.run import RunSpec
from convac.specs.training import TrainingSpec


class Block(Experiment):
    """Config."""


def cells(block):
    network = ArithmeticSpec(geometry="square", sites=(8, 8), widths=(2, 2, 2), classes=10)
    training = TrainingSpec(steps=1, lr=0.1, seeds=(0,))
    dataset = DigitsSpec(**{DATASET.arguments!r})
    return [Cell(RunSpec(dataset=dataset, network=network, training=training))]


FIGURES = {{}}
'''


@pytest.fixture
def borrowing(fresh: Clone, monkeypatch: pytest.MonkeyPatch) -> Clone:
    """A clone, without network, with an experiment on published images."""
    for variable in ("http_proxy", "https_proxy"):
        monkeypatch.setenv(variable, "http://127.0.0.1:9")  # where nobody listens
    for variable in ("no_proxy", "NO_PROXY", LOCAL_VARIABLE):
        monkeypatch.delenv(variable, raising=False)
    library = fresh.path / "workflow/convac/experiments/borrowed"
    library.mkdir()
    (library / "block.py").write_text(STUDY)
    (library / "claims.py").write_text('"""Nothing."""\n\nCLAIMS = ()\n')
    (library / "figures.py").write_text('"""Nothing."""\n')
    (fresh.path / "notebooks/borrowed.ipynb").write_text("{}")
    return fresh


def configure(clone: Clone, local: str | None) -> None:
    """Take original files from the folder, if there is one."""
    clone.configure({"local_data": local, "experiments": {"borrowed": {}}})


def test_a_local_folder_makes_the_dataset_and_then_is_no_longer_needed(borrowing, monkeypatch):
    write_mnist(borrowing.path / "my files/MNIST/raw")
    for name, published in FILES.items():
        content = gzip.decompress((borrowing.path / f"my files/MNIST/raw/{name}.gz").read_bytes())
        borrowing.edit("workflow/convac/datasets/downloads.py", published, hashlib.sha256(content).hexdigest())
    monkeypatch.setenv("PICTURES", "my files")
    configure(borrowing, "$PICTURES")
    assert {"download", "spec", "dataset"} <= borrowing.planned(DATA)
    borrowing.snakemake(DATA)
    arrays, _ = read_arrays(borrowing.path / DATA)
    assert [len(arrays[f"{part}_images"]) for part in ("train", "validation", "test")] == [4, 3, 2]
    # every pixel of original i is 5 + i, and i mod 10 its label
    assert ((arrays["test_images"][:, 0, 0].astype(int) - 5) % 10 == arrays["test_labels"]).all()
    assert "folder" not in read_json(borrowing.path / FOLDER / "spec.json")
    fetched = {path.rsplit("/", 1)[1] for path in borrowing.files("results/downloads/mnist/*")}
    assert fetched == {"record.json", *FILES}
    configure(borrowing, None)
    assert borrowing.planned(DATA) == set()
    # a record that is lost is written again from the files that are there, to the same bytes
    (borrowing.path / "results/downloads/mnist/record.json").unlink()
    before = borrowing.files(f"{FOLDER}/data*")
    borrowing.snakemake("results/downloads/mnist/record.json")
    assert borrowing.planned(DATA) == set()
    assert borrowing.files(f"{FOLDER}/data*") == before


def test_local_files_with_other_content_are_refused(borrowing):
    write_mnist(borrowing.path / "mine")
    configure(borrowing, "mine")
    printed = borrowing.snakemake(DATA, ok=False)
    assert_told(
        printed, "convac download: mine/train-images-idx3-ubyte.gz: sha256 of", "expected ba891046", "as published"
    )
    assert not borrowing.files("results/downloads/**/*")
    assert not borrowing.files(DATA)


def test_without_network_one_line_tells_what_to_do(borrowing):
    configure(borrowing, None)
    printed = borrowing.snakemake(DATA, ok=False)
    assert_told(
        printed, "convac download: mnist/train-images-idx3-ubyte.gz: no download from", "the folder of local_data"
    )
    assert not borrowing.files("results/downloads/**/*")


def test_giving_up_takes_seconds(borrowing):
    start = time.monotonic()
    done = borrowing.run("convac", "download", "--name", "mnist", "--folder", "new", "--log", "log", ok=False)
    assert time.monotonic() - start < 60
    assert_told(done.stderr, "no download from", "the folder of local_data")
    assert not borrowing.files("new/*")


def test_a_local_folder_that_is_not_there(borrowing):
    configure(borrowing, "none")
    assert_told(
        borrowing.snakemake("-n", ok=False), 'local_data: "none": no such folder; accepted: a folder with', "or null"
    )
