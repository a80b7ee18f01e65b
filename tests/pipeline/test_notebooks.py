"""Notebooks run where they lie, in the folder that Jupyter starts them in, with nothing edited in them."""

import json
import os
import re
import shutil
from pathlib import Path

import nbformat
import papermill
import pytest

from convac.commands.figure import own_kernel
from convac.errors import FileError
from convac.experiments.discovery import studies
from convac.plotting.notebook import inputs

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "results/reference"
NOTEBOOKS = {path.stem: path for path in (ROOT / "notebooks").glob("*.ipynb")}
# of jupyter_client's sockets
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")


def executed(notebook: Path, folder: Path) -> list:
    """Outputs of the notebook, run by the interpreter that runs the tests, in the folder that it lies in."""
    papermill.execute_notebook(
        notebook,
        folder / "done.ipynb",
        kernel_name="python3",
        kernel_manager_class=own_kernel(str(folder / "profile")),
        cwd=notebook.parent,
        progress_bar=False,
    )
    cells = nbformat.read(folder / "done.ipynb", 4).cells
    return [output for cell in cells if cell.cell_type == "code" for output in cell.outputs]


def results(folder: Path, study: str) -> Path:
    """Put the tables and verdicts of an experiment into a folder of results."""
    for path in (f"tables/{study}.parquet", f"examples/{study}.parquet", f"claims/{study}.csv"):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(REFERENCE / path, folder / path)
    return folder


@pytest.fixture
def notebooks(tmp_path, monkeypatch):
    """The folder `notebooks` of an empty checkout, which is the working folder."""
    (tmp_path / "notebooks").mkdir()
    monkeypatch.chdir(tmp_path / "notebooks")
    return tmp_path / "notebooks"


def test_your_own_network_is_measured_and_drawn(tmp_path):
    outputs = executed(NOTEBOOKS["measure_your_network"], tmp_path)
    text = "".join(output.get("text", "") for output in outputs)
    for engine in ("grid", "spectrum", "GenericRank(value=8, exact=True"):
        assert engine in text
    assert any("image/png" in output.get("data", {}) for output in outputs)


def test_a_network_is_trained_on_arrays_measured_and_drawn(tmp_path):
    outputs = executed(NOTEBOOKS["train_on_your_arrays"], tmp_path)
    text = "".join(output.get("text", "") for output in outputs)
    assert float(re.search(r"step 300: .*test accuracy (\S+)", text)[1]) > 0.8
    for partition in ("left-right", "top-bottom"):
        engine, entropy, most = re.search(rf"{partition}: (\w+), entropy (\S+), at most (\S+)", text).groups()
        assert engine == "spectrum"
        assert 0 < float(entropy) < float(most)
    assert 0 < float(re.search(r"both halves: (\S+)", text)[1]) < 1
    assert any("image/png" in output.get("data", {}) for output in outputs)


def test_an_experiment_is_drawn_from_the_reference_where_nothing_was_run(tmp_path, notebooks):
    results(tmp_path / "results/reference", "recurrent_memory")
    notebook = shutil.copy(NOTEBOOKS["recurrent_memory"], notebooks)
    outputs = executed(Path(notebook), tmp_path)
    drawn = {path.name for path in (tmp_path / "results/notebooks").glob("*.png")}
    committed = {path.name for path in (REFERENCE / "figures").glob("recurrent_memory[-.]*")}
    assert drawn == {name for name in committed if name.endswith(".png")}
    assert sum("image/png" in output.get("data", {}) for output in outputs) == len(drawn)
    # what is committed, and the folder that it lies in, stand as they were
    assert os.listdir(notebooks) == ["recurrent_memory.ipynb"]
    assert not (tmp_path / "results/reference/figures").exists()


@pytest.mark.parametrize("study", studies())
def test_every_notebook_finds_its_own_results(study):
    cells = json.loads(NOTEBOOKS[study].read_text())["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    assert all(f'{name} = ""' in code[0] for name in ("table", "examples", "claims", "stem", "provenance"))
    assert f'show("{study}", table, examples, claims, stem, provenance)' in code[1]
    assert len(code) == 2, "prose and two cells: the files, and what draws them"


def test_the_last_run_comes_first_then_the_reference(tmp_path, notebooks):
    with pytest.raises(FileError, match="results: no table and verdicts of mine; accepted: results of a run, or"):
        inputs("mine")
    results(tmp_path / "results/reference", "min_cut")
    assert inputs("min_cut")[0] == tmp_path / "results/reference/tables/min_cut.parquet"
    for time, scale in enumerate(("laptop", "smoke", "paper")):
        run = results(tmp_path / "results" / scale, "min_cut")
        os.utime(run / "claims/min_cut.csv", (time % 2 + 10, time % 2 + 10))
    table, examples, claims, stem = inputs("min_cut")
    assert table == tmp_path / "results/smoke/tables/min_cut.parquet"
    assert examples == tmp_path / "results/smoke/examples/min_cut.parquet"
    assert claims == tmp_path / "results/smoke/claims/min_cut.csv"
    assert stem == tmp_path / "results/notebooks/min_cut"
    # what a cell says holds
    assert inputs("min_cut", claims="mine.csv") == (table, examples, Path("mine.csv"), stem)


def test_a_notebook_that_a_job_wrote_draws_what_the_job_drew(tmp_path, monkeypatch):
    run = results(tmp_path / "results/laptop", "min_cut")
    files = ("tables/min_cut.parquet", "examples/min_cut.parquet", "claims/min_cut.csv", "figures/x")
    given = [f"results/laptop/{file}" for file in files]
    monkeypatch.chdir(tmp_path)
    assert inputs("min_cut", *given) == tuple(map(Path, given))
    (run / "notebooks").mkdir()
    monkeypatch.chdir(run / "notebooks")
    assert inputs("min_cut", *given) == tuple(tmp_path / path for path in given)
