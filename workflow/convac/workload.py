"""What a run of the workflow has to do, written down as it starts: how far it is, and about how long it still takes.

A job is done when its output is newer than the start of the run. That needs no messenger: jobs on other machines, other
shells and a killed run's successor read the same files.
"""

import contextlib
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from convac.errors import FileError
from convac.files import read_json, write_json

WORKLOAD = "results/logs/workload.json"
TRUSTED = 60.0  # seconds of one core after which a run's own pace counts as much as the estimates


@dataclass(frozen=True)
class Job:
    """One job.

    Attributes:
        rule: its rule.
        name: the cell, dataset, experiment or scale that it is for.
        experiments: those that need it; none for what gathers them all.
        seconds: expected on one core.
        output: the first file that it makes.
        log: its log, the file that tells jobs apart.
    """

    rule: str
    name: str
    experiments: tuple[str, ...]
    seconds: float
    output: str
    log: str

    @property
    def title(self) -> str:
        """The job in a few words, after its experiments.

        >>> Job("train", "blobs-1", ("one", "two"), 1.0, "a", "b").title
        'one, two: train blobs-1'
        """
        words = self.rule if self.name in self.experiments else f"{self.rule} {self.name}"
        return f"{', '.join(self.experiments)}: {words}" if self.experiments else words


@dataclass(frozen=True)
class Workload:
    """The jobs of one run of the workflow.

    Attributes:
        started: seconds since the epoch.
        parallel: jobs of one core that run at once.
        jobs: all that it has to do.
    """

    started: float
    parallel: int
    jobs: tuple[Job, ...]

    def newer(self, path: str) -> bool:
        """Whether a file was written since the run started."""
        try:
            return Path(path).stat().st_mtime >= self.started
        except OSError:
            return False

    def progress(self) -> "Progress":
        """How far the run is now."""
        left = tuple(job for job in self.jobs if not self.newer(job.output))
        begun = tuple(job for job in left if self.newer(job.log))
        done = sum(job.seconds for job in self.jobs) - sum(map(remaining(begun), left))
        spent = (time.time() - self.started) * self.parallel
        return Progress(self.parallel, left, begun, (TRUSTED + spent) / (TRUSTED + done))


@dataclass(frozen=True)
class Progress:
    """How far a run is.

    Attributes:
        parallel: jobs of one core that run at once.
        left: jobs that aren't done.
        begun: those of them that are under way or have failed.
        pace: seconds that the run takes for each that was expected.
    """

    parallel: int
    left: tuple[Job, ...]
    begun: tuple[Job, ...]
    pace: float

    def minutes(self, jobs: Iterable[Job]) -> int:
        """About how many minutes these jobs still take, jobs under way half of their time."""
        seconds = list(map(remaining(self.begun), jobs))
        slowest = max(sum(seconds) / self.parallel, max(seconds, default=0.0))
        return max(1, round(self.pace * slowest / 60)) if seconds else 0


def remaining(begun: Iterable[Job]) -> Callable[[Job], float]:
    """The seconds that a job still takes when these are under way, on average half done."""
    logs = {job.log for job in begun}
    return lambda job: job.seconds / 2 if job.log in logs else job.seconds


def write(run: Workload) -> None:
    """Write the run down; where nothing can be written, its jobs will say so themselves."""
    with contextlib.suppress(FileError):
        write_json(WORKLOAD, asdict(run))


def read() -> Workload:
    """The run that started last in this folder; raises FileError when there is none or its file is damaged."""
    if not Path(WORKLOAD).exists():
        raise FileError(
            f"{WORKLOAD}: no run has started in this folder; accepted: the folder that the workflow runs in"
        )
    facts = read_json(WORKLOAD)
    try:
        jobs = [Job(**{**job, "experiments": tuple(job["experiments"])}) for job in facts["jobs"]]
        return Workload(float(facts["started"]), int(facts["parallel"]), tuple(jobs))
    except (KeyError, TypeError, ValueError) as error:
        raise FileError(f"{WORKLOAD}: isn't the workload of a run; the next run writes it anew") from error


def opening(run: Workload) -> str:
    """What is said when a run starts."""
    cores = f"{run.parallel} core{'s' * (run.parallel > 1)}"
    about = f"{len(run.jobs)} jobs, about {run.progress().minutes(run.jobs)} min on {cores}"
    return f"convac: {about}; `convac progress` in another shell tells how far it is"


def line(log: str) -> str:
    """What a job says when it starts: its experiments, its cell, jobs and minutes left; empty if no run knows it."""
    with contextlib.suppress(FileError):
        run = read()
        if job := next((job for job in run.jobs if job.log == log), None):
            now = run.progress()
            left = f"{len(now.left)} of {len(run.jobs)} jobs left, about {now.minutes(now.left)} min"
            return f"convac: {job.title}; {left}"
    return ""


def closing(well: bool) -> str:
    """What is said when a run ends."""
    with contextlib.suppress(FileError):
        run = read()
        spent = max(1, round((time.time() - run.started) / 60))
        if well:
            return f"convac: done, {len(run.jobs)} jobs in {spent} min"
        kept = "what is done is kept: mend what failed and give the same command, after a crash `make resume`"
        return f"convac: stopped after {spent} min, {len(run.progress().left)} of {len(run.jobs)} jobs left; {kept}"
    return "convac: done" if well else "convac: stopped"
