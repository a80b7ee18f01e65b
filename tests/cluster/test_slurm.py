"""The SLURM profile on a real cluster of two nodes: results, limits, and what happens when things go wrong."""

import re
import signal
from collections import Counter

import pytest
import yaml
from clones import ROOT
from on_slurm import PATIENCE, PROFILE, assert_same_tables
from slurm import NODES

TABLE = "results/smoke/tables/pooling_geometry.parquet"
MODELS = "results/runs/*/model.safetensors"


def test_an_experiment_runs_on_both_nodes_to_the_tables_of_a_local_run(login, finished):
    login.submit("pooling_geometry")
    jobs = login.slurm.completed()
    assert {job["JobState"] for job in jobs} == {"COMPLETED"}
    assert len(jobs) <= 15
    assert {job["NodeList"] for job in jobs} == set(NODES)
    # the partition is the profile's, what a job may take its rule's: one processor, and never SLURM's own defaults
    assert {job["Partition"] for job in jobs} == {"chosen"}
    assert {job["ProcCnt"] for job in jobs} == {"1"}
    memory = [int(re.search(r"mem=(\d+)M", job["Tres"])[1]) for job in jobs]
    assert all(300 < each <= 2000 for each in memory), memory
    assert all(int(job["TimeLimit"]) <= 30 for job in jobs)
    assert_same_tables(login, finished, TABLE)
    assert_same_tables(login, finished, "results/runs/*/*.parquet")
    assert (login.path / "results/smoke/figures/pooling_geometry.pdf").stat().st_size > 1000
    assert "Nothing to be done" in login.submit("pooling_geometry")


def test_theory_jobs_run_as_one_array(login, finished):
    target = "results/smoke/tables/recurrent_memory.parquet"
    printed = login.submit(target, "--slurm-array-jobs", "theory")
    assert printed.count("Submitted array job") == 1
    jobs = login.slurm.completed()
    assert len(jobs) == len(list(login.path.glob("results/theory/*/table.parquet"))) > 1
    assert {job["JobState"] for job in jobs} == {"COMPLETED"}
    assert_same_tables(login, finished, target)


def test_a_job_that_overruns_its_memory_is_retried_with_more(login, finished):
    login.adopt(finished)
    model = sorted(login.path.glob(MODELS))[0]
    before = model.read_bytes()
    model.unlink()
    # an estimate that is too low: enough for Snakemake, not for torch
    login.edit("workflow/convac/planning/costs.py", "TORCH, MEASURE, NUMPY = 440", "TORCH, MEASURE, NUMPY = 20")
    login.edit("workflow/convac/planning/costs.py", "SUBMITTED = 300", "SUBMITTED = 150")
    login.submit(str(model.relative_to(login.path)))
    first, *others = login.slurm.completed()
    asked = [int(re.search(r"mem=(\d+)M", job["Tres"])[1]) for job in (first, *others)]
    assert first["JobState"] != "COMPLETED"
    assert others[-1]["JobState"] == "COMPLETED"
    assert asked == [asked[0] * 2**attempt for attempt in range(len(asked))]
    assert int(others[-1]["TimeLimit"]) > int(first["TimeLimit"])
    assert model.read_bytes() == before


def test_after_an_interrupt_a_plain_rerun_completes(login, finished):
    snakemake = login.start(TABLE)
    login.wait(lambda: list(login.path.glob(MODELS)))
    snakemake.send_signal(signal.SIGINT)
    assert snakemake.wait(timeout=PATIENCE) != 0
    login.wait(lambda: not login.slurm.queue())
    assert "CANCELLED" in {job["JobState"] for job in login.slurm.completed()}
    assert not (login.path / TABLE).exists()
    login.submit(TABLE)
    assert_same_tables(login, finished, TABLE)


def test_after_a_kill_the_documented_commands_complete(login, finished):
    snakemake = login.start(TABLE)
    login.wait(lambda: list(login.path.glob(MODELS)))
    snakemake.kill()
    snakemake.wait()
    orphans = login.slurm.queue()
    assert orphans
    assert "lock" in login.submit(TABLE, ok=False)
    recover, again = documented("After a kill")
    printed = login.run("bash", "-c", f"{recover} --configfile tiny.yaml").stdout
    assert all(f"SLURM job {number.split('_')[0]}" in printed for number in orphans)
    assert not login.slurm.queue()
    assert again == f"snakemake {' '.join(PROFILE)}"
    login.submit(TABLE)
    assert_same_tables(login, finished, TABLE)


def test_training_asks_for_a_gpu_where_the_config_does(login, finished):
    login.adopt(finished)
    model = sorted(login.path.glob(MODELS))[0]
    model.unlink()
    login.slurm.run("scontrol", "update", "PartitionName=chosen", "State=DOWN")  # jobs wait
    snakemake = login.start(str(model.relative_to(login.path)), "--config", "device=cuda")
    login.wait(login.slurm.queue)
    (number,) = login.slurm.queue()
    assert "TresPerJob=gres:gpu:1" in login.slurm.run("scontrol", "show", "job", number)
    snakemake.send_signal(signal.SIGINT)
    snakemake.wait(timeout=PATIENCE)
    login.wait(lambda: not login.slurm.queue())


def test_a_cluster_known_by_its_commands_alone(login, finished):
    """The generic profile, with SLURM's commands in the place of PBS's."""
    target = sorted(path for path in finished.files("results/datasets/*/data.safetensors"))[0]
    submit = "sbatch --parsable --output=/dev/null --mem={resources.mem_mb} --time={resources.runtime}"
    command = ["--workflow-profile", "workflow/profiles/generic", "--cluster-generic-submit-cmd", submit]
    login.run("snakemake", target, *command, "--cluster-generic-cancel-cmd", "scancel", "--configfile", "tiny.yaml")
    assert Counter(job["JobState"] for job in login.slurm.completed()) == {"COMPLETED": 1}
    assert (login.path / target).read_bytes() == (finished.path / target).read_bytes()


def documented(heading: str) -> list[str]:
    """Commands of the shell block that follows a heading of the documentation."""
    text = (ROOT / "docs/cluster.md").read_text().split(f"## {heading}")[1]
    return [line for line in text.split("```sh\n")[1].split("```")[0].splitlines() if line]


@pytest.mark.parametrize("profile", ["local", "slurm", "generic"])
def test_every_entry_of_a_profile_is_explained(profile):
    text = (ROOT / "workflow/profiles/README.md").read_text()
    for key in yaml.safe_load((ROOT / f"workflow/profiles/{profile}/config.yaml").read_text()):
        assert f"`{key}`" in text, key
