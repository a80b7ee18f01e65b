"""How far a run is, as it says on the screen at its start, with each job and at its end, and as the command says."""

import os
import re
import signal
import subprocess
import time

import pytest
from clones import Clone

from convac.commands.plan import planned
from convac.planning.benchmarks import whole_seconds
from convac.planning.paths import log_of

COMMAND = ("bash", "-c", "PYTHONPATH=workflow python -m convac progress")
EXPERIMENTS = {"pooling_geometry", "recurrent_memory"}


def counts(clone: Clone) -> dict[str, tuple[int, int]]:
    """Jobs done and left by experiment."""
    rows = [line.split() for line in clone.run(*COMMAND).stdout.split("\n\n")[0].splitlines()[1:]]
    return {name: (int(done), int(left)) for name, done, left, _ in rows}


def said(printed: str) -> list[str]:
    """The lines that are for people."""
    return [line for line in printed.splitlines() if line.startswith("convac: ")]


def test_a_run_tells_how_far_it_is(clone):
    lines = said(clone.snakemake("--forcerun", "claims"))
    # verdicts and figures of two experiments, the ledger, the manifest
    assert re.match(r"convac: 6 jobs, about \d+ min on 1 core;", lines[0])
    for name in EXPERIMENTS:
        assert any(re.match(rf"convac: {name}: claims; \d of 6 jobs left, about \d+ min$", line) for line in lines)
    assert any(re.match(r"convac: ledger smoke; \d of 6 jobs left", line) for line in lines)
    left = [int(found[1]) for line in lines if (found := re.search(r"; (\d) of 6 jobs left", line))]
    assert left == [6, 5, 4, 3, 2, 1]
    assert re.match(r"convac: done, 6 jobs in \d+ min$", lines[-2])
    assert lines[-1].startswith("convac: look at results/smoke/figures; results/smoke/claims.md; ")
    assert counts(clone) == {**dict.fromkeys(EXPERIMENTS, (2, 0)), "all": (6, 0)}


def test_a_stopped_run_tells_what_is_left_and_what_failed(clone):
    table = clone.path / "results/smoke/tables/pooling_geometry.parquet"
    table.write_bytes(table.read_bytes()[:-10])
    lines = said(clone.snakemake("--forcerun", "claims", "--rerun-triggers", "mtime", "--keep-going", ok=False))
    assert re.match(r"convac: stopped after \d+ min, 5 of 7 jobs left; ", lines[-1])
    assert counts(clone) == {"pooling_geometry": (0, 2), "recurrent_memory": (2, 0), "all": (2, 5)}
    quoted = clone.run(*COMMAND).stdout.split("under way or failed")[1]
    assert re.search(r"pooling_geometry: claims: .*pooling_geometry\.parquet", quoted)


def test_nothing_to_do_is_no_run(clone):
    before = counts(clone)  # of the run that made everything
    assert "Nothing to be done" in clone.snakemake()
    assert counts(clone) == before
    assert {left for _, left in before.values()} == {0}
    # these experiments share no job; the ledger, the explorer and the manifest are nobody's own
    assert before["all"][0] == sum(before[name][0] for name in EXPERIMENTS) + 3


QUIET = ("--quiet", "host", "rules", "progress", "reason")


def test_a_quiet_run_says_a_line_a_job(clone):
    printed = clone.snakemake("--forcerun", "claims", *QUIET)
    run = printed.split("shows the progress\n")[1].split("convac: done")[0].splitlines()
    own = [line for line in run if line.startswith("convac: ")]
    assert sum("jobs left" in line for line in own) == 6
    assert run == own


def test_after_one_experiment_the_ledger_and_the_manifest_are_said_to_be_of_an_earlier_run(clone):
    clone.edit("workflow/convac/experiments/pooling_geometry/claims.py", "task, 0.05)", "task, 0.9)")
    lines = said(clone.snakemake("pooling_geometry", *QUIET))
    assert lines[-2] == "convac: look at results/smoke/figures; results/smoke/claims"
    stale = "results/smoke/claims.md is from an earlier run and lacks the new verdicts of pooling_geometry"
    assert lines[-1].startswith(f"convac: {stale}")
    first, second = clone.convac("verify").splitlines()[:2]
    assert re.match(r"results/smoke/manifest.json: \d+ of \d+ files as written", first)
    assert re.search("made again since, by a run of a part or of another config: results/smoke/", second)
    assert not any("earlier run" in line for line in said(clone.snakemake(*QUIET)))
    assert "of" not in clone.convac("verify").split(": ")[1].split(" files")[0]


@pytest.mark.parametrize("quiet", [(), QUIET])
def test_an_interruption_is_told_as_one_and_the_run_goes_on(clone, quiet):
    command = ("snakemake", "--forcerun", "train", *quiet, "--cores", "2", "--configfile", "tiny.yaml")
    path = clone.path / "printed"
    with path.open("wb") as file:
        to = {"stdout": file, "stderr": file, "start_new_session": True}
        run = subprocess.Popen(command, cwd=clone.path, env=clone.environment, **to)
    deadline = time.monotonic() + 300
    while "train " not in "".join(said(path.read_text())) and run.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    os.killpg(run.pid, signal.SIGINT)  # as a terminal does, to Snakemake and its jobs alike
    assert run.wait(timeout=300) == 1
    printed = path.read_text()
    assert "Error in rule" not in printed
    assert "CalledProcessError" not in printed
    assert re.match(r"convac: interrupted after \d+ min, \d+ of \d+ jobs left; what is done is kept", said(printed)[-1])
    clone.snakemake("--rerun-incomplete")
    assert clone.planned() == set()


def test_a_plan_knows_what_jobs_took_and_what_they_write(finished, monkeypatch):
    monkeypatch.chdir(finished.path)
    monkeypatch.delenv("PYTHONPATH", raising=False)
    jobs = planned(["-n", "--cores", "1", "-F", "--configfile", "tiny.yaml"])
    assert {log_of(job["output"]) for job in jobs} == {job["log"] for job in jobs}
    assert all(log_of(job["output"]) == job["log"] for job in jobs)
    benchmarks = [whole_seconds(path) for path in finished.path.glob("results/benchmarks/*/*.tsv")]
    untimed = {"cells", "ledger", "explorer", "manifest"}
    timed = [job for job in jobs if job["rule"] not in untimed and "spec" not in job["rule"]]
    assert len(timed) == len(benchmarks)
    assert 1 / 1.5 < sum(job["seconds"] for job in jobs) / sum(benchmarks) < 1.5
    assert {job["reason"] for job in jobs} == {"Forced execution"}
    assert max(job["mem_mb"] for job in jobs if job["rule"] == "train") > 500
