"""List what runs in this checkout, Snakemake or jobs that outlived theirs, or wait until it has ended."""

import os
import time
from argparse import ArgumentParser, Namespace
from pathlib import Path

import psutil

EVERY = 2.0  # seconds between two looks


def add_arguments(parser: ArgumentParser) -> None:
    """Options of `convac orphans`."""
    parser.add_argument("--wait", action="store_true", help="return when none is left, and delete their half files")


def run(options: Namespace) -> None:
    """Print each process that works in this folder; with --wait, until there is none, and tidy up after them."""
    told: set[int] = set()
    while jobs := running(Path.cwd()):
        for process, command in jobs.items():
            if process not in told:
                print(f"{'waiting for' if options.wait else 'running'}: process {process}, {command}", flush=True)
                told.add(process)
        if not options.wait:
            return
        time.sleep(EVERY)
    if options.wait:
        # what a kill in the middle of a write left; nobody writes now
        for part in Path("results").rglob("*.part"):
            part.unlink(missing_ok=True)


def running(folder: Path) -> dict[int, str]:
    """Process number and command of each Snakemake and job whose working folder is `folder`, this process excepted."""
    found = {}
    for process in psutil.process_iter():
        try:
            words = process.cmdline()
            if process.pid == os.getpid() or "python" not in Path(words[0] if words else "").name:
                continue
            if (command := command_of(words)) and Path(process.cwd()) == folder:
                found[process.pid] = command
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return found


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
