"""What runs in this checkout, Snakemake or jobs that outlived theirs, here and in SLURM's queue; await or cancel it."""

import getpass
import os
import subprocess
import time
from argparse import ArgumentParser, Namespace
from pathlib import Path

import psutil

from convac.errors import ConfigError

EVERY = 2.0  # seconds between two looks


def add_arguments(parser: ArgumentParser) -> None:
    """Options of `convac orphans`."""
    parser.add_argument("--wait", action="store_true", help="return when none is left, and delete their half files")
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
            subprocess.run(["scancel", *cancelled], check=True)
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
        for part in Path("results").rglob("*.part"):
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
    """By number, what each job is that this user has in SLURM's queue from `folder`; None where no SLURM answers."""
    command = ["squeue", f"--user={getpass.getuser()}", "--noheader", "--format=%i|%T|%k|%Z"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    except (FileNotFoundError, subprocess.CalledProcessError):
        return None
    jobs = [line.split("|") for line in done.stdout.splitlines()]
    # a task of an array is <job>_<task>, or <job>_[<tasks>] while it waits: the job's own number cancels them all
    return {
        number.split("_")[0]: f"SLURM job {number}, {state.lower()}, {comment}"
        for number, state, comment, place in jobs
        if Path(place) == folder
    }


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
