"""The notebook for people with their own network runs from start to end, and shows what it says."""

from pathlib import Path

import nbformat
import papermill
import pytest

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "measure_your_network.ipynb"


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")  # of jupyter_client's sockets
def test_it_runs_and_draws(tmp_path):
    papermill.execute_notebook(
        NOTEBOOK, tmp_path / "done.ipynb", kernel_name="python3", cwd=NOTEBOOK.parent, progress_bar=False
    )
    cells = nbformat.read(tmp_path / "done.ipynb", 4).cells
    outputs = [output for cell in cells if cell.cell_type == "code" for output in cell.outputs]
    text = "".join(output.get("text", "") for output in outputs)
    for engine in ("grid", "spectrum", "GenericRank(value=8, exact=True"):
        assert engine in text
    assert any("image/png" in output.get("data", {}) for output in outputs)
