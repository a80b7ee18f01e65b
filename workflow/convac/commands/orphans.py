"""What runs in this checkout, Snakemake or jobs that outlived theirs, here and in SLURM's queue; await or cancel it."""

import os
import re
import subprocess
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable
from pathlib import Path

import psutil

from convac.errors import ConfigError
from convac.specs.results import RESULTS

EVERY = 2.0  # seconds between two looks
PATIENCE = 60.0  # seconds within which SLURM answers
# how its executor leaves traces in a folder that it submitted jobs from
SUBMITTED = Path(".snakemake/slurm_logs")
# a line of the queue that was asked for; whatever else a site's squeue prints has no such beginning
MARK = "convac-job"
QUEUED = re.compile(rf"{MARK}\|(\d+)(\S*?)\|([A-Z_]+)\|(.*)")


def add_arguments(parser: ArgumentParser) -> None:
    """Options of `convac orphans`."""
    parser.add_argument(
        "--wait", action="store_true", help="return when none is left, and delete their unfinished files"
    )
    parser.add_argument("--cancel", action="store_true", help="cancel those in SLURM's queue, then wait")


def run(options: Namespace) -> None:
    """Print what works in this folder; with --wait or --cancel, until there is nothing, and tidy up after it."""
    here = Path.cwd()
    told: set[str] = set()
    if options.cancel:
        cancelled = queued(here)
        if cancelled is None:
            raise ConfigError("--cancel: no SLURM answers here; accepted: where squeue shows a queue")
        if cancelled:
            cancel(cancelled, here)
        for name, what in cancelled.items():
            print(f"cancelled: {what}")
            told.add(name)
    while jobs := running(here) | (queued(here) or {}):
        for name, what in jobs.items():
            if name not in told:
                print(f"{'waiting for' if options.wait or options.cancel else 'running'}: {what}", flush=True)
                told.add(name)
        if not options.wait and not options.cancel:
            return
        time.sleep(EVERY)
    if options.wait or options.cancel:
        # what a kill in the middle of a write left; nobody writes now
        for part in Path(RESULTS).rglob("*.part"):
            part.unlink(missing_ok=True)


def running(folder: Path) -> dict[str, str]:
    """By number, each process of Snakemake or a job whose working folder is `folder`, this process excepted."""
    found = {}
    for process in psutil.process_iter():
        try:
            words = process.cmdline()
            if process.pid == os.getpid() or "python" not in Path(words[0] if words else "").name:
                continue
            if (command := command_of(words)) and Path(process.cwd()) == folder:
                found[str(process.pid)] = f"process {process.pid}, {command}"
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return found


def queued(folder: Path) -> dict[str, str] | None:
    """By number, what each job is that this user has in SLURM's queue from `folder`; None where no SLURM answers.

    Raises:
        ConfigError: SLURM doesn't answer, though jobs were submitted from here: they may run.
    """
    # the comment last: it may hold the separator
    status, printed, why = asked("squeue", f"--user={os.getuid()}", "--noheader", f"--format={MARK}|%i|%T|%Z|%k")
    if status is None or status:
        if status is not None and (folder / SUBMITTED).exists():
            raise ConfigError(f"squeue: {why}; accepted: an answer: jobs that were submitted from here may still run")
        return None
    return dict(found for line in printed.split("\n") if (found := queued_job(line, folder)))


def queued_job(line: str, folder: Path) -> tuple[str, str] | None:
    """Number and description of the job in a line of the queue; None for one from elsewhere, and for other words.

    >>> queued_job("convac-job|7_2|RUNNING|/home/me|train: a|b", Path("/home/me"))
    ('7', 'SLURM job 7_2, running, train: a|b')
    >>> queued_job("Welcome! | 3 nodes are down", Path("/home/me"))
    """
    if not (match := QUEUED.fullmatch(line.strip())):
        return None
    # a task of an array is <job>_<task>, or <job>_[<tasks>] while it waits: the job's own number cancels them all
    number, task, state, rest = match.groups()
    *place, comment = rest.split("|", str(folder).count("|") + 1)
    if os.path.realpath("|".join(place)) != os.path.realpath(folder):
        return None
    return number, f"SLURM job {number}{task}, {state.lower()}, {comment}"


def cancel(jobs: Iterable[str], folder: Path) -> None:
    """Cancel jobs by their numbers; raises ConfigError where some are left that SLURM didn't take the order for."""
    status, _, why = asked("scancel", *jobs)
    if status != 0 and (left := set(jobs) & set(queued(folder) or {})):
        raise ConfigError(f"scancel: {why}; {len(left)} jobs are left: {', '.join(sorted(left))}")


def asked(*command: str) -> tuple[int | None, str, str]:
    """Exit status of a command of SLURM (None: there is no such command), what it prints, and why it failed.

    Bytes that aren't text stay what they are, as in names of folders. Variables of squeue's own, which change what it
    lists, are kept from it.
    """
    environment = {key: value for key, value in os.environ.items() if not key.startswith("SQUEUE_")}
    try:
        done = subprocess.run(command, capture_output=True, check=False, timeout=PATIENCE, env=environment)
    except subprocess.TimeoutExpired:
        return 1, "", f"no answer within {PATIENCE:.0f} s"
    except OSError as error:
        return None, "", error.strerror or str(error)
    words = os.fsdecode(done.stderr).strip().splitlines()
    return done.returncode, os.fsdecode(done.stdout), words[-1] if words else f"failed with status {done.returncode}"


def command_of(words: list[str]) -> str:
    """What a Python process runs, of Snakemake and our jobs; empty for all others.

    >>> command_of(["python3", "-m", "convac", "train", "--spec", "a.json", "--data", "b"])
    'train --spec'
    >>> command_of(["python3", "/usr/bin/snakemake", "--cores", "2"]), command_of(["python3", "-m", "pip"])
    ('snakemake', '')
    """
    program, *rest = words[2:] if words[1:2] == ["-m"] else words[1:] or [""]
    if Path(program).name == "snakemake":
        return "snakemake"
    return " ".join(rest[:2]) if Path(program).name == "convac" and rest[:1] != ["orphans"] else ""
