"""A run against the reference by Snakemake: the table is always written, the verdict is a command on it."""

import json
import shutil
import sys

from clones import Clone

from convac.files import read_table, write_table

TARGET = "results/smoke/comparison.csv"


def convac(clone: Clone, *arguments: str, ok: bool = True) -> str:
    """Everything that a command of the clone's own library prints."""
    done = clone.run("env", "PYTHONPATH=workflow", sys.executable, "-m", "convac", *arguments, ok=ok)
    return done.stdout + done.stderr


def test_a_run_is_compared_with_the_reference(clone):
    shutil.rmtree(clone.path / "results/reference")
    convac(clone, "reference", "--results", "results/smoke")
    assert json.loads((clone.path / "results/reference/run.json").read_text())["pooling_geometry"]["scale"] == "smoke"
    assert clone.planned() == set()  # the comparison is made where it is asked for
    assert clone.planned(TARGET) == {"comparison"}
    clone.snakemake(TARGET)
    comparison = read_table(clone.path / TARGET)
    assert set(comparison["verdict"]) == {"agrees"}
    assert comparison["identical"].equals(comparison["compared"])
    assert "0 contradict" in convac(clone, "compare", TARGET)
    assert clone.planned(TARGET) == set()

    path = clone.path / "results/reference/tables/recurrent_memory.parquet"
    table = read_table(path)
    ranks = table.index[table["quantity"] == "start_end_rank"]
    write_table(path, table.assign(value=table["value"] + (table.index == ranks[0])))
    clone.snakemake(TARGET)
    printed = convac(clone, "compare", TARGET, ok=False)
    assert "1 of" in printed
    assert "contradict, the first recurrent_memory, start_end_rank" in printed
    assert (
        "| recurrent_memory | start_end_rank | computed | contradicts |"
        in (clone.path / "results/smoke/comparison.md").read_text()
    )

    clone.edit("results/reference/run.json", '"scale": "smoke"', '"scale": "laptop"')
    printed = clone.snakemake(TARGET, ok=False)
    assert "is of scale laptop; accepted: smoke" in printed
    assert "Traceback" not in printed
