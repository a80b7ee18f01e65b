"""Two runs at once, and notebooks that fail: the other results are unharmed."""

import json
import re

import pytest
from clones import assert_told
from harness import (
    PATIENCE,
    assert_no_half_result,
    assert_undisturbed,
    begun,
    commands,
    printed,
    started,
    stopped,
    stopped_afterwards,
    waited,
)

NOTEBOOK = "notebooks/recurrent_memory.ipynb"


def test_two_at_once(clone, undisturbed):
    (clone.path / "results/smoke/manifest.json").unlink()
    with stopped_afterwards(started(clone)) as first:
        waited(lambda: "convac manifest" in commands(first))
        held = stopped(first)
        assert_told(clone.snakemake(ok=False), "Directory cannot be locked", "no other Snakemake process")
        assert f"process {first.pid}, snakemake" in clone.convac("orphans")
        assert first.poll() is None
        # what `make resume` begins with: it doesn't take the lock from a run that is alive
        wait = "env", "PYTHONPATH=workflow", "python", "-m", "convac", "orphans", "--wait"
        with stopped_afterwards(begun(clone, *wait)) as waiting:
            waited(lambda: f"waiting for: process {first.pid}, snakemake" in printed(clone))
            for process in held:
                process.resume()
            assert first.wait(timeout=PATIENCE) == 0
            assert waiting.wait(timeout=PATIENCE) == 0
    assert_undisturbed(clone, undisturbed)


FAILURES = {
    "it raises": ('raise ValueError("torn page")', "cell", "torn page"),
    "its kernel dies": ("import os; os.kill(os.getpid(), 9)", "kernel died"),
    "it is cut short": (None, "is cut short; expected a JSON file"),
}


@pytest.mark.parametrize(
    "failure", ["it raises", *(pytest.param(failure, marks=pytest.mark.long) for failure in list(FAILURES)[1:])]
)
def test_a_notebook_fails(clone, undisturbed, failure):
    source, *words = FAILURES[failure]
    path = clone.path / NOTEBOOK
    whole = path.read_text()
    broken = whole[: len(whole) // 2]
    if source is not None:
        notebook = json.loads(whole)
        code = next(cell for cell in reversed(notebook["cells"]) if cell["cell_type"] == "code")
        code["source"] = source
        broken = json.dumps(notebook)
    path.write_text(broken)
    line = assert_told(clone.snakemake("--keep-going", ok=False), f"convac figure: {NOTEBOOK}: ", *words)
    assert_no_half_result(clone, undisturbed)
    assert (clone.path / "results/smoke/figures/pooling_geometry.pdf").exists()
    for log in re.findall(r"see (\S+)", line):
        assert (clone.path / log).exists()
    path.write_text(whole)
    clone.snakemake()
    assert_undisturbed(clone, undisturbed)
