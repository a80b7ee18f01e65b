"""How far a run is: from a written workload and the times of outputs and logs, on a made-up results folder."""

import os
import re
import time
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convac.cli import main
from convac.errors import FileError
from convac.planning import workload
from convac.planning.paths import WORKLOADS
from convac.planning.workload import TRUSTED, Job, Workload
from convac.progress import LOG

AGO = 600.0  # seconds since the run began


def job(name, *experiments, rule="train", seconds=60.0):
    return Job(rule, name, experiments, seconds, f"results/{name}.parquet", f"results/logs/{name}.log")


FIRST, SECOND, SHARED = job("first", "one"), job("second", "two"), job("shared", "one", "two", rule="dataset")
LEDGER = job("smoke", rule="ledger", seconds=1.0)


def touch(path, after=1.0, text=""):
    """Write a file that many seconds after the run began."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(text)
    moment = time.time() - AGO + after
    os.utime(path, (moment, moment))


def begun(parallel, jobs, **facts):
    """A run that began ten minutes ago; this process is as old."""
    return replace(Workload.begun(parallel, jobs, ()), started=time.time() - AGO, **facts)


@pytest.fixture(autouse=True)
def old_process(monkeypatch):
    """This process began before the runs that it is said to be."""
    monkeypatch.setattr(psutil.Process, "create_time", lambda self: time.time() - 2 * AGO)


@pytest.fixture
def run(tmp_path, monkeypatch):
    """A run of four jobs on two cores, ten minutes old: one done, one under way, an old output of a third."""
    monkeypatch.chdir(tmp_path)
    made = begun(2, (SHARED, FIRST, SECOND, LEDGER))
    workload.write(made)
    touch(SHARED.log)
    touch(SHARED.output, after=100)
    touch(FIRST.log, after=500, text="10:00:00 starts\n10:00:05 5 of 10 steps\n")
    touch(SECOND.output, after=-50)
    touch(SECOND.log, after=-60)
    return made


def test_a_workload_is_read_as_it_was_written(run):
    assert workload.runs() == [run]
    assert workload.read(run.path) == run


def test_done_is_what_has_been_written_since_the_start(run):
    now = run.progress()
    assert now.left == (FIRST, SECOND, LEDGER)
    assert now.begun == (FIRST,)


def test_minutes_follow_estimates_at_the_pace_of_the_run(run):
    now = run.progress()
    # ten minutes of two cores for one job and a half of a minute each
    assert now.pace == pytest.approx((TRUSTED + 2 * AGO) / (TRUSTED + 60 + 30), rel=1e-2)
    paced = workload.Progress(2, now.left, now.begun, pace=2.0)
    assert paced.minutes([SECOND]) == 2  # one job has one core
    assert paced.minutes([FIRST]) == 1
    assert paced.minutes([job(str(number)) for number in range(6)]) == 6
    assert paced.minutes([]) == 0


def test_a_fresh_run_takes_what_was_estimated(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    fresh = Workload(time.time(), 2, tuple(job(str(number)) for number in range(20)))
    assert "20 jobs, about 10 min on 2 cores" in workload.opening(fresh)
    assert "on 1 core;" in workload.opening(Workload(time.time(), 1, (FIRST,)))


@given(st.lists(st.booleans(), max_size=12), st.integers(1, 8))
def test_more_done_is_less_left(tmp_path_factory, written, parallel):
    folder = tmp_path_factory.mktemp("run")
    jobs = tuple(
        Job("train", str(n), ("one",), 30.0, str(folder / f"{n}"), str(folder / f"{n}.log")) for n in range(12)
    )
    whole = Workload(time.time() - AGO, parallel, jobs)
    before = whole.progress()
    for one, done in zip(jobs, written, strict=False):
        if done:
            touch(one.output)
    after = whole.progress()
    assert len(after.left) == len(jobs) - sum(written)
    assert set(after.left) <= set(before.left)
    assert after.minutes(after.left) <= before.minutes(before.left)


def test_a_job_says_its_experiments_its_cell_and_what_is_left(run):
    assert workload.line(FIRST.log).startswith("convac: one: train first; 3 of 4 jobs left, about ")
    assert workload.line(SHARED.log).startswith("convac: one, two: dataset shared; ")
    assert workload.line(LEDGER.log).startswith("convac: ledger smoke; ")
    assert workload.line("results/logs/strange.log") == ""


@pytest.mark.parametrize("content", [None, "{", "{}", '{"started": 0, "parallel": 1, "jobs": [{"rule": "train"}]}'])
def test_without_a_workload_jobs_keep_silent_and_the_command_names_it(tmp_path, monkeypatch, content, capsys):
    monkeypatch.chdir(tmp_path)
    if content is not None:
        touch(f"{WORKLOADS}/here-1.json", text=content)
    assert workload.line(FIRST.log) == ""
    with pytest.raises(FileError, match=r"results/logs/workload"):
        workload.runs()
    with pytest.raises(SystemExit):
        main(["progress"])
    printed = capsys.readouterr().err
    assert WORKLOADS in printed
    assert len(printed.splitlines()) == 1


def test_where_nothing_can_be_written_the_run_goes_on(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("results").write_text("a file, no folder")
    workload.write(Workload(0.0, 1, ()))
    assert Path("results").read_text() == "a file, no folder"
    assert [path.name for path in tmp_path.iterdir()] == ["results"]


def test_the_command_counts_by_experiment_and_quotes_the_logs(run, capsys):
    main(["progress"])
    printed = capsys.readouterr().out
    rows = {line.split()[0]: [int(word) for word in line.split()[1:3]] for line in printed.splitlines()[1:4]}
    assert rows == {"one": [1, 1], "two": [1, 1], "all": [1, 3]}
    assert "  one: train first: 10:00:05 5 of 10 steps (1" in printed  # a hundred seconds ago
    assert "second" not in printed  # its log is of an earlier run


def test_what_is_said_at_the_end(run):
    assert workload.closing(run, well=True) == "convac: done, 4 jobs in 10 min"
    assert "stopped after 10 min, 3 of 4 jobs left; what is done is kept: mend what" in workload.closing(
        run, well=False
    )
    told = workload.closing(run, well=False, interrupted=True)
    assert told.startswith("convac: interrupted after 10 min, 3 of 4 jobs left; what is done is kept: the same command")
    assert workload.closing(None, well=True) == "convac: done"
    assert workload.closing(None, well=False) == "convac: stopped"


def test_two_runs_side_by_side_are_each_told_right(run, capsys):
    other = begun(1, (job("third", "three"),), host="elsewhere", process=7, targets=("three",))
    later = replace(other, started=other.started + 60)
    workload.write(later)
    assert workload.runs() == [run, later]
    assert "3 of 4 jobs left" in workload.line(FIRST.log)
    assert "three: train third; 1 of 1 jobs left" in workload.line(later.jobs[0].log)
    main(["progress"])
    first, second = capsys.readouterr().out.split("\n\n")[0::2]
    assert re.match(r"all, since \d\d:\d\d:\n", first)
    assert re.match(r"three, since \d\d:\d\d:\n", second)
    assert [line.split()[0] for line in second.splitlines()[2:]] == ["three", "all"]
    assert workload.closing(later, well=True) == "convac: done, 1 jobs in 9 min"
    assert workload.runs() == [run]
    workload.closing(run, well=True)
    assert [found.targets for found in workload.runs()] == [("three",)]  # the one that started last
    assert {path.name for path in Path(WORKLOADS).iterdir()} == {run.path.name, later.path.name}
    workload.write(begun(1, (SECOND,), process=os.getppid()))
    assert len(list(Path(WORKLOADS).iterdir())) == 1


@pytest.mark.parametrize("facts", [{"process": 2**22 + 1}, {"host": "elsewhere", "started": 0.0}, {"ended": 1.0}])
def test_a_run_that_is_over_makes_room_for_the_next(run, facts):
    over = replace(run, **facts)
    run.path.unlink()
    workload.write(over)
    assert not over.alive
    assert [found.jobs for found in workload.runs()] == [over.jobs]  # until another starts it is the last one
    following = begun(2, (FIRST,))
    workload.write(following)
    assert workload.runs() == [following]
    assert [path.name for path in Path(WORKLOADS).iterdir()] == [following.path.name]


def test_a_process_that_only_has_the_number_of_a_run_is_not_it(run, monkeypatch):
    assert run.alive
    monkeypatch.setattr(psutil.Process, "create_time", lambda self: time.time())
    assert not run.alive


@pytest.mark.parametrize("workflow", [True, False])
def test_jobs_speak_on_a_shared_screen_only(run, monkeypatch, capsys, workflow):
    monkeypatch.delenv("CONVAC_WORKFLOW", raising=False)
    if workflow:
        monkeypatch.setenv("CONVAC_WORKFLOW", "1")
    main(["manifest", "--files", str(run.path), "--output", "results/manifest.json", "--log", LEDGER.log])
    LOG.handlers[0].close()
    assert ("convac: ledger smoke; " in capsys.readouterr().err) == workflow
