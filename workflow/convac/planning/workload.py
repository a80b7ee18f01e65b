"""What a run of the workflow has to do, written down as it starts: how far it is, and about how long it still takes.

A job is done when its output is newer than the start of the run. That needs no messenger: jobs on other machines, other
shells and a killed run's successor read the same files.
"""

import contextlib
import os
import platform
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from convac.errors import FileError
from convac.files import read_json, write_json
from convac.planning.paths import WORKLOADS

TRUSTED = 60.0  # seconds of one core after which a run's own pace counts as much as the estimates
FORGOTTEN = 7 * 24 * 3600.0  # seconds after which a run of another machine that never said how it ended is over


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
        targets: that it was asked for; none for the workflow's own.
        host: the machine that Snakemake runs on.
        process: and its number there.
        ended: seconds since the epoch, or None before it says so.
    """

    started: float
    parallel: int
    jobs: tuple[Job, ...]
    targets: tuple[str, ...] = ()
    host: str = ""
    process: int = 0
    ended: float | None = None

    @classmethod
    def begun(cls, parallel: int, jobs: Iterable[Job], targets: Iterable[str]) -> "Workload":
        """A run of this process, from now on."""
        return cls(time.time(), parallel, tuple(jobs), tuple(targets), platform.node(), os.getpid())

    @property
    def path(self) -> Path:
        """Where it is written down. Snakemake runs whose files differ may go on side by side."""
        return Path(WORKLOADS, f"{self.host.replace('/', '-')}-{self.process}.json")

    @property
    def alive(self) -> bool:
        """Whether it goes on: its process does or, where that is another machine's, nobody knows better."""
        if self.ended is not None:
            return False
        if self.host != platform.node():
            return time.time() - self.started < FORGOTTEN
        import psutil

        try:
            return bool(psutil.Process(self.process).create_time() <= self.started)  # the number isn't another's by now
        except psutil.NoSuchProcess:
            return False

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
    """Write the run down instead of those that are over; where that can't be, its jobs will say so themselves."""
    with contextlib.suppress(FileError, OSError):
        for path in Path(WORKLOADS).glob("*.json"):
            if path != run.path and not going_on(path):
                path.unlink(missing_ok=True)
        write_json(run.path, asdict(run))


def going_on(path: Path) -> bool:
    """Whether the run of a file is alive; a damaged file is none's."""
    with contextlib.suppress(FileError):
        return read(path).alive
    return False


def read(path: Path) -> Workload:
    """The run of a file; raises FileError when it is damaged."""
    facts = read_json(path)
    try:
        jobs = [Job(**{**job, "experiments": tuple(job["experiments"])}) for job in facts["jobs"]]
        whole = {"jobs": tuple(jobs), "targets": tuple(facts["targets"]), "started": float(facts["started"])}
        return Workload(**{**facts, **whole})
    except (KeyError, TypeError, ValueError) as error:
        raise FileError(f"{path}: isn't the workload of a run; the next run rewrites it") from error


def runs() -> list[Workload]:
    """The runs that go on in this folder, or else the last one, in the order of their starts.

    Raises:
        FileError: none has started here, or a file is damaged.
    """
    found = sorted(map(read, Path(WORKLOADS).glob("*.json")), key=lambda run: run.started)
    if not found:
        raise FileError(
            f"{WORKLOADS}: no run has started in this folder; accepted: the folder that the workflow runs in"
        )
    return [run for run in found if run.alive] or found[-1:]


def opening(run: Workload) -> str:
    """What is said when a run starts."""
    cores = f"{run.parallel} core{'s' * (run.parallel > 1)}"
    about = f"{len(run.jobs)} jobs, about {run.progress().minutes(run.jobs)} min on {cores}"
    return f"convac: {about}; `convac progress` in another shell shows the progress"


def line(log: str) -> str:
    """What a job says when it starts: its experiments, its cell, jobs and minutes left; empty if no run knows it.

    Of two runs that go on side by side one alone has it: Snakemake locks the files of each.
    """
    with contextlib.suppress(FileError):
        for run in reversed(runs()):
            if job := next((job for job in run.jobs if job.log == log), None):
                now = run.progress()
                left = f"{len(now.left)} of {len(run.jobs)} jobs left, about {now.minutes(now.left)} min"
                return f"convac: {job.title}; {left}"
    return ""


def closing(run: Workload | None, well: bool, interrupted: bool = False) -> str:
    """What is said when a run ends, which is written down, too.

    Args:
        run: what it had to do; None if it didn't come so far.
        well: whether it has done it.
        interrupted: whether somebody stopped it.
    """
    if run is None:
        return "convac: done" if well else "convac: stopped"
    with contextlib.suppress(FileError):
        write_json(run.path, asdict(replace(run, ended=time.time())))
    spent = max(1, round((time.time() - run.started) / 60))
    if well:
        return f"convac: done, {len(run.jobs)} jobs in {spent} min"
    left = f"after {spent} min, {len(run.progress().left)} of {len(run.jobs)} jobs left; what is done is kept"
    if interrupted:
        return f"convac: interrupted {left}: the same command goes on, by hand with --rerun-incomplete"
    return f"convac: stopped {left}: mend what failed and give the same command, after a crash `make resume`"
