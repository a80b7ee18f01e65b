"""Whole runs: side by side, identical, by hand, from another environment, with failures."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from clones import ROOT, assert_told, planned_counts

EXPERIMENT = "results/smoke/tables/pooling_geometry"


def test_a_finished_run_has_everything_and_runs_nothing_again(clone):
    assert clone.planned() == set()
    assert "Nothing to be done" in clone.snakemake()
    figures = clone.files("results/smoke/figures/*")
    assert {path.rsplit(".", 1)[1] for path in figures} == {"pdf", "svg", "png"}
    table = pd.read_parquet(clone.path / f"{EXPERIMENT}.parquet")
    quantities = {"loss", "train_accuracy", "test_accuracy", "log_scale", "converged", "window_accuracy"}
    assert quantities <= set(table["quantity"])
    assert "example" not in table
    examples = pd.read_parquet(clone.path / "results/smoke/examples/pooling_geometry.parquet")
    assert set(examples["quantity"]) == {"pixel"}
    ledger = pd.read_csv(clone.path / "results/smoke/claims.csv")
    assert set(ledger["verdict"]) == {"smoke"}
    record = json.loads(next(clone.path.glob("results/runs/*/run.json")).read_text())
    assert {"commit", "versions", "host", "time", "code", "spec"} <= set(record)


def test_scales_and_variants_stand_side_by_side(clone):
    before = clone.files("results/smoke/tables/*")
    variant = {"study": "pooling_geometry", "widths": [5]}
    clone.configure({"experiments": {"pooling_geometry_wide": variant}})
    assert clone.planned("pooling_geometry") == set()
    clone.snakemake("pooling_geometry_wide")
    assert {path: clone.files()[path] for path in before} == before
    table = pd.read_parquet(clone.path / "results/smoke/tables/pooling_geometry_wide.parquet")
    # the variant's own widths win over the scale's; its tables, verdicts and figures are its own
    assert set(table.loc[table["network"] == "ConvAC", "width"].dropna()) == {5}
    assert (clone.path / "results/smoke/figures/pooling_geometry_wide.pdf").exists()
    assert not table.empty
    laptop = clone.snakemake("pooling_geometry", "-n", "--config", "scale=laptop")
    assert "results/laptop/tables/pooling_geometry.parquet" in laptop
    assert clone.planned("pooling_geometry") == set()


def test_more_seeds_are_trained_beside_those_that_are_there(clone):
    before = clone.files("results/runs/**/*")
    clone.configure({"experiments": {"pooling_geometry": {"scales": {"smoke": {"seeds": [100, 0]}}}}})
    networks = sum(path.endswith("model.safetensors") for path in before)
    counts = planned_counts(clone.snakemake("-n", "pooling_geometry"))
    assert counts["train"] == networks
    clone.snakemake("pooling_geometry")
    after = clone.files("results/runs/**/*")
    assert {path: after[path] for path in before} == before
    assert sum(path.endswith("model.safetensors") for path in after) == 2 * networks
    table = pd.read_parquet(clone.path / f"{EXPERIMENT}.parquet")
    seeds = table[table["quantity"] == "loss"].groupby("cell")["seed"].unique()
    assert len(seeds) == networks
    assert all(set(found) == {0, 100} for found in seeds)
    clone.configure({})
    assert "train" not in clone.planned("pooling_geometry")


def test_forcing_one_experiment_reruns_it_on_one_core_to_the_same_files(finished, clone):
    assert {"dataset", "train", "measure", "collect"} <= clone.planned("-F", "pooling_geometry")
    printed = clone.snakemake("-F", "pooling_geometry", "--verbose", cores=1)
    # Snakemake looks for jobs when one ends, not again and again while one runs
    ended = printed.count("Finished jobid: ")
    assert ended > 10
    assert printed.count("Ready jobs: ") <= 2 * ended
    for files in (
        "smoke/tables/*",
        "smoke/examples/*",
        "smoke/figures/*",
        "smoke/claims/*",
        "runs/*/*.parquet",
        "runs/*/*.safetensors",
    ):
        before = finished.files(f"results/{files}")
        assert before
        assert clone.files(f"results/{files}") == before


def test_a_figure_is_a_target(clone):
    shutil.rmtree(clone.path / "results/smoke/figures")
    clone.snakemake("results/smoke/figures/pooling_geometry.pdf")
    assert (clone.path / "results/smoke/figures/pooling_geometry.pdf").stat().st_size > 1000


def test_a_pasted_command_reruns_a_job_by_hand(clone):
    model = next(clone.path.glob("results/runs/*arithmetic*/model.safetensors"))
    before = model.read_bytes()
    # the numbers are those of one thread, whatever threads a profile sets
    options = ("-n", "-p", "--forcerun", "train", "--set-threads", "train=2")
    dry = clone.snakemake(str(model.relative_to(clone.path)), *options, cores=2)
    line = next(line for line in dry.splitlines() if f"--model {model.relative_to(clone.path)}" in line)
    command = line.strip().removeprefix("Shell command: ")
    model.unlink()
    clone.run("env", "OMP_NUM_THREADS=2", "bash", "-c", command)
    assert model.read_bytes() == before


def test_another_clones_environment_runs_this_clones_code(clone):
    # the tests' environment holds another checkout's library, installed for editing
    clone.edit(
        "workflow/convac/specs/tables.py", '"value": "the observation"', '"value": "the observation", "edited": ""'
    )
    clone.edit(
        "workflow/convac/specs/tables.py", "    labels = [", '    table = table.assign(edited="here")\n    labels = ['
    )
    clone.snakemake(f"{EXPERIMENT}.parquet")
    assert set(pd.read_parquet(clone.path / f"{EXPERIMENT}.parquet")["edited"]) == {"here"}


def test_a_new_experiment_by_the_contract_changes_only_its_own_jobs(clone):
    folder = clone.path / "workflow/convac/experiments/product_states"
    folder.mkdir()
    (folder / "block.py").write_text(
        '"""product_states: does a constant stay constant?"""\n'
        "from convac.experiments.experiment import Cell, Experiment\n"
        "from convac.experiments.product_states.jobs import Size\nfrom convac.specs.spec import Positive\n\n\n"
        'class Block(Experiment):\n    """Config."""\n\n    sizes: tuple[Positive, ...]\n\n\n'
        "def cells(block):\n"
        '    return [Cell(Size(size=n), {"size": n})'
        " for n in block.sizes]\n\n\n"
        'FIGURES = {"": "Entropy against size."}\n'
    )
    (folder / "claims.py").write_text("CLAIMS = ()\n")
    (folder / "jobs.py").write_text("from convac.specs.job import JobSpec\n\n\nclass Size(JobSpec):\n    size: int\n")
    (folder / "compute.py").write_text(
        "import pandas as pd\n\n\ndef compute(job):\n"
        '    return pd.DataFrame({"quantity": ["entropy"], "value": [0.0 * job.size]})\n'
    )
    (folder / "figures.py").write_text(
        "from matplotlib.figure import Figure\n\n\ndef draw(table, claims):\n"
        '    figure = Figure()\n    figure.subplots().plot(table["size"], table["value"])\n    return {"": figure}\n'
    )
    notebook = (clone.path / "notebooks/pooling_geometry.ipynb").read_text()
    (clone.path / "notebooks/product_states.ipynb").write_text(notebook.replace("pooling_geometry", "product_states"))
    clone.configure({"experiments": {"product_states": {"sizes": [2, 3], "scales": {"paper": {"sizes": [9]}}}}})
    dry = clone.snakemake("-n")
    rules = set(planned_counts(dry))
    own = {"spec", "theory", "cells", "collect", "claims", "figure_product_states", "product_states"}
    assert rules <= own | {"ledger", "explorer", "manifest", "all"}
    assert "tables/pooling_geometry.parquet" not in "".join(
        line for line in dry.splitlines() if line.strip().startswith("output:")
    )
    clone.snakemake()
    assert (clone.path / "results/smoke/figures/product_states.pdf").exists()
    assert len(pd.read_parquet(clone.path / "results/smoke/tables/product_states.parquet")) == 2


def test_a_forgotten_part_of_an_experiment_is_named_in_one_line(clone):
    folder = clone.path / "workflow/convac/experiments/halfway"
    folder.mkdir()
    (clone.path / "notebooks/halfway.ipynb").write_text((clone.path / "notebooks/min_cut.ipynb").read_text())
    clone.configure({"experiments": {"halfway": {}}})
    jobs = "from convac.specs.job import JobSpec\n\n\nclass Half(JobSpec):\n    pass\n"
    block = (
        "from convac.experiments.experiment import Cell, Experiment\n"
        "from convac.experiments.halfway.jobs import Half\n\n\n"
        'class Block(Experiment):\n    """Config."""\n\n\n'
        "def cells(block):\n    return [Cell(Half())]\n\n\nFIGURES = {}\n"
    )
    # what is written, one after the other, and what is missed then
    for part, text, missed in (
        ("figures", "", "block.py: is missing; it says what halfway runs"),
        ("block", "", "claims.py: is missing; it says what halfway claims"),
        ("claims", "", "block.py: Block is missing"),
        ("block", block, "block.py: can't be imported: No module named 'convac.experiments.halfway.jobs'"),
        ("jobs", jobs, "compute.py: is missing"),
        ("compute", "", None),
    ):
        (folder / f"{part}.py").write_text(f'"""halfway: is it done?"""\n\n{text}')
        printed = clone.snakemake("-n", "results/smoke/claims/halfway.csv", ok=missed is None)
        assert missed is None or f"workflow/convac/experiments/halfway/{missed}" in printed
    done = clone.convac("claims", "--study", "halfway", "--table", f"{EXPERIMENT}.parquet", "--output", "c", ok=False)
    assert_told(done, "workflow/convac/experiments/halfway/claims.py: CLAIMS is missing")


def test_a_failed_notebook_survives_in_the_logs_and_costs_nothing_else(clone):
    variant = {"study": "pooling_geometry"}
    clone.configure({"experiments": {"pooling_geometry_again": variant}})
    figures = "workflow/convac/experiments/pooling_geometry/figures.py"
    clone.edit(figures, "def draw(", 'raise RuntimeError("broken pen")\ndef draw(')
    before = clone.files("results/runs/**/*")
    printed = clone.snakemake("--keep-going", ok=False)
    assert "notebooks/pooling_geometry.ipynb: cell" in printed
    assert "broken pen" in (clone.path / "results/logs/figure/smoke-pooling_geometry.ipynb").read_text()
    assert not (clone.path / "results/smoke/figures/pooling_geometry.pdf").exists()
    assert clone.files("results/runs/**/*") == before
    # --keep-going saved what didn't need the figure
    assert (clone.path / "results/smoke/claims/pooling_geometry_again.csv").exists()
    assert (clone.path / "results/smoke/claims.csv").exists()


@pytest.mark.parametrize("scale", ["laptop", "paper"])
def test_the_default_scales_plan_without_a_run(fresh, scale):
    (fresh.path / "tiny.yaml").write_text("{}")
    assert {"dataset", "train", "measure"} <= fresh.planned("--config", f"scale={scale}")


def test_reference_figures_redraw_on_a_fresh_clone_without_training(fresh):
    shutil.copy2(ROOT / "config.yaml", fresh.path)  # with every experiment
    assert "train" not in fresh.planned("redraw")
    # one experiment by the rule; tests/physics/test_reference.py draws all of them
    fresh.snakemake("results/redrawn/figures/min_cut.png")
    redrawn = fresh.files("results/redrawn/figures/*.png")
    assert len(redrawn) > 1
    for path, content in redrawn.items():
        assert content == (ROOT / "results/reference/figures" / Path(path).name).read_bytes(), path


def test_plan_and_resume_and_verify(clone):
    assert (
        "nothing to run" in clone.run(sys.executable, "-m", "convac", "plan", "--", "--configfile", "tiny.yaml").stdout
    )
    table = clone.path / f"{EXPERIMENT}.parquet"
    assert "files as written" in clone.run("convac", "verify").stdout
    table.write_bytes(table.read_bytes()[:-10])
    assert "tables/pooling_geometry.parquet" in clone.run("convac", "verify", ok=False).stderr
    clone.configure({"experiments": {"pooling_geometry": {"scales": {"smoke": {"shallow_widths": [5]}}}}})
    done = clone.run(sys.executable, "-m", "convac", "plan", "--", "--configfile", "tiny.yaml")
    assert "would train" in done.stdout
    assert "MB memory" in done.stdout
    told = clone.convac("plan", "--", "results/smoke/nothing.csv", "--configfile", "tiny.yaml", ok=False)
    assert "results/smoke/nothing.csv" in told
    assert "SNAKEMAKE" not in told


def test_orphans_are_listed_and_waited_for(clone):
    os.mkfifo(clone.path / "pipe.json")  # a reader of it waits until somebody writes
    job = subprocess.Popen([sys.executable, "-m", "convac", "verify", "pipe.json"], cwd=clone.path)
    wait, piped = ["convac", "orphans", "--wait"], {"stdout": subprocess.PIPE, "text": True}
    try:
        assert f"process {job.pid}, verify pipe.json" in clone.run("convac", "orphans").stdout
        with subprocess.Popen(wait, cwd=clone.path, env=clone.environment, **piped) as waiting:
            told, waits = waiting.stdout.readline(), waiting.poll() is None
            job.kill()
        assert f"waiting for: process {job.pid}" in told
        assert waits
        assert waiting.returncode == 0
    finally:
        job.kill()
    assert clone.run("convac", "orphans").stdout == ""
