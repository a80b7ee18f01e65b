"""The SLURM profile on a real cluster of two nodes: results, limits, and what happens when things go wrong."""

import re
import signal
from collections import Counter

import pytest
import yaml
from clones import ROOT
from on_slurm import FEWER, PATIENCE, PROFILE, assert_same_tables
from slurm import NODES

MODELS = "results/runs/*/model.safetensors"


def test_an_experiment_that_is_killed_ends_in_the_tables_of_a_local_run(login, local):
    login.configure(FEWER)
    snakemake = login.start("pooling_geometry")
    # the dataset is there, both groups are at work
    login.wait(lambda: len(login.slurm.queue("RUNNING")) == len(NODES), during=snakemake)
    snakemake.kill()
    snakemake.wait()
    orphans = login.slurm.queue()
    assert len(orphans) == len(NODES)
    recover, again = documented("After a kill")
    # the environment that runs the tests may be another checkout's
    recovery = ["env", "PYTHONPATH=workflow", "bash", "-c", f"{recover} --configfile tiny.yaml"]
    printed = login.run(*recovery).stdout
    assert all(f"SLURM job {number}" in printed for number in orphans)
    assert not login.slurm.queue()
    assert again == f"snakemake {' '.join(PROFILE)}"
    before = len(login.ended)
    login.submit("pooling_geometry")
    jobs = login.ended
    assert {job["JobState"] for job in jobs[before:]} == {"COMPLETED"}
    assert "CANCELLED" in {job["JobState"] for job in jobs[:before]}
    assert len(jobs) <= 15
    assert {job["NodeList"] for job in jobs} == set(NODES)
    # the partition is the profile's, what a job may take its rule's: one processor, and never SLURM's own defaults
    assert {job["Partition"] for job in jobs} == {"chosen"}
    assert {job["ProcCnt"] for job in jobs} == {"1"}
    assert all(300 < memory(job) <= 2000 for job in jobs), jobs
    assert all(int(job["TimeLimit"]) <= 60 for job in jobs), jobs
    assert_same_tables(login, local, "results/smoke/tables/pooling_geometry.parquet")
    assert_same_tables(login, local, "results/runs/*/*.parquet")
    assert (login.path / "results/smoke/figures/pooling_geometry.pdf").stat().st_size > 1000
    assert "Nothing to be done" in login.submit("pooling_geometry")


def test_an_array_that_is_interrupted_completes_when_the_command_is_given_again(login, finished):
    login.adopt(finished)
    target = "results/smoke/tables/recurrent_memory.parquet"
    tables = sorted(login.path.glob("results/theory/*/table.parquet"))[:2]
    for path in (*tables, login.path / target):
        path.unlink()
    command = [target, "--slurm-array-jobs", "theory"]
    snakemake = login.start(*command)
    login.wait(lambda: len(login.slurm.queue("RUNNING")) == len(tables), during=snakemake)
    snakemake.send_signal(signal.SIGINT)
    assert snakemake.wait(timeout=PATIENCE) != 0
    login.wait(lambda: not login.slurm.queue())
    assert Counter(job["JobState"] for job in login.ended) == {"CANCELLED": len(tables)}
    # a table that a cancelled job still wrote, whole, isn't made again; an array takes two
    printed = login.submit(*command)
    states = Counter(job["JobState"] for job in login.ended)
    assert states["CANCELLED"] == len(tables)
    assert states["COMPLETED"] <= len(tables)
    assert printed.count("Submitted array job") == (states["COMPLETED"] > 1)
    assert_same_tables(login, finished, "results/theory/*/table.parquet")
    assert_same_tables(login, finished, target)


def test_a_job_that_overruns_its_memory_is_retried_with_more(login, finished):
    login.adopt(finished)
    model = sorted(login.path.glob(MODELS))[0]
    before = model.read_bytes()
    model.unlink()
    # an estimate that is too low: enough for Snakemake (105 MB), not for torch beside it (280 MB, held for two seconds)
    login.edit("workflow/convac/planning/costs.py", "TORCH, MEASURE, NUMPY = 440", "TORCH, MEASURE, NUMPY = 20")
    login.edit("workflow/convac/planning/costs.py", "SUBMITTED = 300", "SUBMITTED = 150")
    login.submit(str(model.relative_to(login.path)))
    first, *others = login.ended
    assert first["JobState"] != "COMPLETED"
    assert others[-1]["JobState"] == "COMPLETED"
    assert [memory(job) for job in others] == [memory(first) * 2 ** (retry + 1) for retry in range(len(others))]
    assert int(others[-1]["TimeLimit"]) > int(first["TimeLimit"])
    assert model.read_bytes() == before


def test_training_asks_for_a_gpu_where_the_config_does(login, finished):
    login.adopt(finished)
    model = sorted(login.path.glob(MODELS))[0]
    model.unlink()
    # jobs of the closed partition wait for ever; the command line wins over the profile
    partition = ["--set-resources", "train:slurm_partition=closed"]
    snakemake = login.start(str(model.relative_to(login.path)), *partition, "--config", "device=cuda")
    login.wait(login.slurm.queue, during=snakemake)
    (number,) = login.slurm.queue()
    shown = login.slurm.run("scontrol", "show", "job", number)
    assert "TresPerJob=gres:gpu:1" in shown
    assert "Partition=closed" in shown
    snakemake.send_signal(signal.SIGINT)
    snakemake.wait(timeout=PATIENCE)
    login.wait(lambda: not login.slurm.queue())


def test_a_cluster_known_by_its_commands_alone(login, finished):
    """The generic profile, with SLURM's commands in the place of PBS's."""
    target = sorted(path for path in finished.files("results/datasets/*/data.safetensors"))[0]
    submit = "sbatch --parsable --output=/dev/null --mem={resources.mem_mb} --time={resources.runtime}"
    command = ["--workflow-profile", "workflow/profiles/generic", "--cluster-generic-submit-cmd", submit]
    login.run("snakemake", target, *command, "--cluster-generic-cancel-cmd", "scancel", "--configfile", "tiny.yaml")
    assert Counter(job["JobState"] for job in login.ended) == {"COMPLETED": 1}
    assert (login.path / target).read_bytes() == (finished.path / target).read_bytes()


@pytest.mark.parametrize("profile", ["local", "slurm", "generic"])
def test_every_entry_of_a_profile_is_explained(profile):
    text = (ROOT / "workflow/profiles/README.md").read_text()
    for key in yaml.safe_load((ROOT / f"workflow/profiles/{profile}/profile.yaml").read_text()):
        assert f"`{key}`" in text, key


def documented(heading: str) -> list[str]:
    """Commands of the shell block that follows a heading of the documentation."""
    text = (ROOT / "docs/cluster.md").read_text().split(f"## {heading}")[1]
    return [line for line in text.split("```sh\n")[1].split("```")[0].splitlines() if line]


def memory(job: dict[str, str]) -> int:
    """MB that a job asked for."""
    return int(re.search(r"mem=(\d+)M", job["Tres"])[1])
