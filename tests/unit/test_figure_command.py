"""`convac figure`: what a job leaves behind and says on the screen, by notebooks that draw nothing."""

import json
import subprocess
import sys
from pathlib import Path

import nbformat
import pandas as pd
import pytest

from convac.files import write_table


def figure(folder: Path, *cells: str) -> subprocess.CompletedProcess[str]:
    """Run a notebook of these cells as the job of one experiment."""
    notebook = nbformat.v4.new_notebook(metadata={"language_info": {"name": "python"}})
    parameters = "\n".join(f'{name} = ""' for name in ("table", "claims", "stem", "provenance"))
    notebook.cells = [nbformat.v4.new_code_cell(cell) for cell in (parameters, *cells)]
    notebook.cells[0].metadata["tags"] = ["parameters"]
    nbformat.write(notebook, folder / "made.ipynb")
    write_table(folder / "table.parquet", pd.DataFrame({"cell": ["a"], "quantity": ["rank"], "value": [1.0]}))
    write_table(folder / "claims.csv", pd.DataFrame({"id": ["a"], "verdict": ["reproduced"]}))
    names = {
        "notebook": "made.ipynb",
        "study": "min_cut",
        "table": "table.parquet",
        "claims": "claims.csv",
        "stem": "figures/made",
        "attempt": "logs/made.ipynb",
        "output": "done.ipynb",
        "log": "logs/made.log",
    }
    options = [part for name, value in names.items() for part in (f"--{name}", value)]
    return subprocess.run(
        [sys.executable, "-m", "convac", "figure", *options], cwd=folder, capture_output=True, text=True, check=False
    )


def test_a_notebook_is_executed_without_a_warning(tmp_path):
    done = figure(tmp_path, "stem", "print(6 * 7)")
    assert done.returncode == 0
    assert "WARNING" not in done.stderr
    *_, shown, printed = json.loads((tmp_path / "done.ipynb").read_text())["cells"]
    assert "figures/made" in str(shown["outputs"])
    assert "42" in str(printed["outputs"])


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
