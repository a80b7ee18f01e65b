"""What Snakemake tells of a run, as records of Python's logging: jobs of a dry run, and what is left off the screen.

Records carry an `event` and its facts (Snakemake's interface of logger plugins); no text is searched.
"""

import json
import logging
import signal
import threading
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, NoReturn

from convac.planning.workload import Job

PLANNED = "CONVAC_PLAN"  # environment variable with the file that a dry run's jobs are written to
SELECTION = "Select jobs to execute..."  # the one message between jobs without an event
FAILURES = {"error", "job_error", "group_error"}
HEARD = 0.5  # seconds in which this process hears of an interruption that has ended a job


class JobLines(logging.Handler):
    """Writes a line of JSON for every job that Snakemake announces, in a dry run all that would run.

    Args:
        path: the file, which is made; empty when there is nothing to run.
        described: the job, by its rule, wildcards, outputs, logs and benchmark.
    """

    def __init__(self, path: str, described: Callable[..., Job]) -> None:
        super().__init__()
        self.path, self.described = Path(path), described
        self.path.write_text("", encoding="utf-8")

    def emit(self, record: logging.LogRecord) -> None:
        """Write the job of a record; targets, which make nothing themselves, are left out."""
        told = vars(record)
        if event_of(record) != "job_info" or not told["output"]:
            return
        files = (told["output"], told["log"], told["benchmark"])
        job = self.described(told["rule_name"], told["wildcards"], *files)
        limits = {name: told["resources"].get(name, 0) for name in ("mem_mb", "disk_mb")}
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(job) | limits | {"reason": str(told["reason"])}) + "\n")


class Screen(logging.Filter):
    """What a run leaves off the screen.

    That Snakemake looks for jobs and starts some, where it is to be quiet about progress: the jobs say so themselves.
    And that jobs failed which an interruption ended, of which they get word as well as Snakemake.

    Args:
        quiet: whether it is quiet about progress.
    """

    def __init__(self, quiet: bool) -> None:
        super().__init__()
        self.quiet, self._interruption = quiet, threading.Event()

    @property
    def interrupted(self) -> bool:
        """Whether somebody pressed Ctrl-C."""
        return self._interruption.is_set()

    def listen(self) -> None:
        """Hear of interruptions from now on; Snakemake, which is interrupted by them, still is."""
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, self.interrupt)

    def interrupt(self, number: int, frame: Any) -> NoReturn:
        """Note the interruption, and interrupt."""
        self._interruption.set()
        raise KeyboardInterrupt

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether a record is for the screen."""
        event = event_of(record)
        # jobs and their threads may hear of an interruption before the main thread, which is told of signals
        if event in FAILURES and self._interruption.wait(HEARD):
            return False
        return not (self.quiet and (event == "job_started" or record.msg == SELECTION))


def event_of(record: logging.LogRecord) -> str:
    """Which of Snakemake's events a record tells; empty for none."""
    return str(getattr(record, "event", None) or "")
