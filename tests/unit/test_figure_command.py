"""`convac figure`: what a job leaves behind and says on the screen, by notebooks that draw nothing."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd
import pytest

from convac.commands.figure import check_parameters
from convac.experiments.discovery import studies
from convac.files import sha256, write_table
from convac.provenance import LIBRARY, source_hash


def figure(
    folder: Path, *cells: str, change: Callable[[Any], object] | None = None, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run a notebook of these cells as the job of one experiment, with these environment variables."""
    notebook = nbformat.v4.new_notebook(metadata={"language_info": {"name": "python"}})
    parameters = "\n".join(f'{name} = ""' for name in ("table", "examples", "claims", "stem", "provenance"))
    notebook.cells = [nbformat.v4.new_code_cell(cell) for cell in (parameters, *cells)]
    notebook.cells[0].metadata["tags"] = ["parameters"]
    if change is not None:
        change(notebook)
    (folder / "made.ipynb").write_text(json.dumps(notebook))
    write_table(folder / "table.parquet", pd.DataFrame({"cell": ["a"], "quantity": ["rank"], "value": [1.0]}))
    write_table(folder / "examples.parquet", pd.DataFrame({"cell": [], "quantity": [], "value": []}))
    write_table(folder / "claims.csv", pd.DataFrame({"id": ["a"], "verdict": ["reproduced"]}))
    names = {
        "notebook": "made.ipynb",
        "study": "min_cut",
        "table": "table.parquet",
        "examples": "examples.parquet",
        "claims": "claims.csv",
        "stem": "figures/made",
        "attempt": "logs/made.ipynb",
        "output": "done.ipynb",
        "record": "done.run.json",
        "log": "logs/made.log",
    }
    options = [part for name, value in names.items() for part in (f"--{name}", value)]
    command = [sys.executable, "-m", "convac", "figure", *options]
    environment = os.environ | variables
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_a_notebook_is_executed_without_a_warning(tmp_path):
    done = figure(tmp_path, "stem", "print(6 * 7)")
    assert done.returncode == 0
    assert "WARNING" not in done.stderr
    *_, shown, printed = json.loads((tmp_path / "done.ipynb").read_text())["cells"]
    assert "figures/made" in str(shown["outputs"])
    assert "42" in str(printed["outputs"])


def test_figures_name_their_table_and_the_record_what_drew_them(tmp_path):
    assert figure(tmp_path, "print(provenance)").returncode == 0
    table, examples = (sha256(tmp_path / f"{name}.parquet") for name in ("table", "examples"))
    printed = json.loads((tmp_path / "done.ipynb").read_text())["cells"][-1]["outputs"][0]["text"]
    assert "".join(printed).strip() == f"made · table {table[:8]}"
    record = json.loads((tmp_path / "done.run.json").read_text())
    drawing = ("convac.experiments.min_cut.figures", "convac.experiments.notebook")
    code = source_hash("convac.commands.figure", *drawing)
    assert (record["table"], record["examples"], record["code"]) == (table, examples, code)


@pytest.mark.parametrize(
    ("cell", "told"),
    [("1 / 0", "ZeroDivisionError"), ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "kernel died")],
)
def test_a_notebook_that_fails_is_told_in_the_last_line_and_kept(tmp_path, cell, told):
    done = figure(tmp_path, cell)
    assert done.returncode == 1
    assert told in done.stderr.splitlines()[-1]
    assert (tmp_path / "logs/made.ipynb").exists()
    assert not (tmp_path / "done.ipynb").exists()
    assert not (tmp_path / "done.run.json").exists()


def test_the_kernel_is_the_interpreter_of_the_job_with_its_library_whatever_jupyter_finds(tmp_path):
    kernels = tmp_path / "jupyter/kernels/python3"
    kernels.mkdir(parents=True)
    argv = ["/bin/false", "{connection_file}"]
    (kernels / "kernel.json").write_text(json.dumps({"argv": argv, "display_name": "other", "language": "python"}))
    startup = tmp_path / "ipython/profile_default/startup"
    startup.mkdir(parents=True)
    (startup / "first.py").write_text("raise SystemExit")
    variables = {"JUPYTER_PATH": str(tmp_path / "jupyter"), "IPYTHONDIR": str(tmp_path / "ipython")}
    shown = "import sys, os, convac; print(sys.executable, convac.__file__, os.environ['PYTHONPATH'], sep='|')"
    done = figure(tmp_path, shown, **variables)
    assert done.returncode == 0, done.stderr
    output = json.loads((tmp_path / "done.ipynb").read_text())["cells"][-1]["outputs"][0]["text"]
    executable, library, path = "".join(output).strip().split("|")
    assert Path(executable).samefile(sys.executable)
    assert Path(library).parent == LIBRARY
    assert path == str(LIBRARY.parent)


def test_a_kernel_that_does_not_start_is_named_in_one_line(tmp_path):
    # an interpreter whose ipykernel ends at once, as one does that lacks it
    (tmp_path / "ipykernel_launcher.py").write_text("raise SystemExit(1)")
    done = figure(tmp_path, "1")
    assert done.returncode == 1
    told = done.stderr.splitlines()[-1]
    assert "kernel didn't start" in told
    assert "ipykernel" in told
    assert "Traceback" not in told


CELL = nbformat.v4.new_code_cell("table = 1", metadata={"tags": ["parameters"]})
UNTAGGED = {
    "no tag": lambda made: made.cells[0].metadata.pop("tags"),
    "another tag": lambda made: made.cells[0].metadata.update(tags=["parameter"]),
    "two": lambda made: made.cells.append(CELL),
    "markdown": lambda made: made.cells[0].update(cell_type="markdown"),
    "a name less": lambda made: made.cells[0].update(source="table = claims = stem = 1"),
    "no cells": lambda made: made.pop("cells"),
}


@pytest.mark.parametrize("name", UNTAGGED)
def test_a_notebook_that_takes_no_parameters_is_refused_before_it_draws(tmp_path, name):
    done = figure(tmp_path, "open('drawn', 'w').close()", change=UNTAGGED[name])
    assert done.returncode == 1
    line = done.stderr.splitlines()[-1]
    assert "made.ipynb: " in line
    assert "accepted: " in line
    assert not (tmp_path / "drawn").exists()
    assert not (tmp_path / "logs/made.ipynb").exists()


def test_every_notebook_of_an_experiment_takes_the_parameters():
    root = LIBRARY.parents[1]
    for path in (*(root / f"notebooks/{study}.ipynb" for study in studies()), root / "docs/experiment.ipynb"):
        check_parameters(json.loads(path.read_text()), str(path))
