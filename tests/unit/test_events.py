"""What is made of Snakemake's log records: the jobs of a dry run as data, and what is left off the screen."""

import json
import logging
import signal
import threading

import pytest

from convac.planning.events import SELECTION, JobLines, Screen
from convac.planning.workload import Job

logger = logging.getLogger("test of events")


def record(message="", **facts):
    return logger.makeRecord(logger.name, logging.INFO, "file", 1, message, (), None, extra=facts)


def job(**facts):
    told = {
        "event": "job_info",
        "rule_name": "train",
        "wildcards": {"cell": "one"},
        "output": ["results/a", "results/b"],
        "log": ["results/logs/a.log"],
        "benchmark": None,
        "resources": {"mem_mb": 500, "disk_mb": 2, "_cores": 1},
        "reason": 'Missing output files: "results/a"\nand more',
    }
    return record(**told | facts)


def described(rule, wildcards, output, log, benchmark):
    return Job(rule, wildcards.get("cell", ""), (), 1.5, output[0], log[0] if log else "")


def test_every_job_is_a_line_of_json(tmp_path):
    path = tmp_path / "jobs"
    handler = JobLines(str(path), described)
    assert path.read_text() == ""  # nothing to run
    for each in (job(), record("Job stats:"), job(rule_name="all", output=[]), job(resources={}, log=[])):
        handler.handle(each)
    first, second = map(json.loads, path.read_text().splitlines())
    assert first == {
        "rule": "train",
        "name": "one",
        "experiments": [],
        "seconds": 1.5,
        "output": "results/a",
        "log": "results/logs/a.log",
        "mem_mb": 500,
        "disk_mb": 2,
        "reason": 'Missing output files: "results/a"\nand more',
    }
    assert (second["mem_mb"], second["log"]) == (0, "")


@pytest.mark.parametrize("quiet", [True, False])
def test_a_quiet_screen_has_no_lines_between_jobs(quiet):
    screen = Screen(quiet)
    assert bool(screen.filter(record(SELECTION))) != quiet
    assert bool(screen.filter(record("Execute 1 jobs...", event="job_started"))) != quiet
    for kept in (record("Trying to restart job 3."), record("Nothing to be done"), record("", event="run_info"), job()):
        assert screen.filter(kept)


@pytest.fixture
def listening():
    before = signal.getsignal(signal.SIGINT)
    screen = Screen(quiet=False)
    screen.listen()
    yield screen
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("event", ["job_error", "group_error", "error"])
def test_failures_are_told_unless_they_are_an_interruption_s(listening, event):
    assert listening.filter(record("Error in rule train", event=event))
    assert not listening.interrupted
    told = []
    # the thread of a job hears of its end before this one hears of the signal
    thread = threading.Thread(target=lambda: told.append(listening.filter(record("Error in rule train", event=event))))
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
    thread.join()
    assert told == [False]
    assert listening.interrupted
    assert not listening.filter(record("At least one job did not complete successfully.", event="error"))
    assert listening.filter(record("Terminating processes on user request"))


def test_outside_the_main_thread_no_signal_is_taken():
    before, screen = signal.getsignal(signal.SIGINT), Screen(quiet=False)
    thread = threading.Thread(target=screen.listen)
    thread.start()
    thread.join()
    assert signal.getsignal(signal.SIGINT) is before
