"""List the jobs of this checkout that outlived their Snakemake, or wait until they have ended."""

import os
import time
from argparse import ArgumentParser, Namespace
from pathlib import Path

import psutil

EVERY = 2.0  # seconds between two looks


def add_arguments(parser: ArgumentParser) -> None:
    """Options of `convac orphans`."""
    parser.add_argument("--wait", action="store_true", help="return only when none is left")


def run(options: Namespace) -> None:
    """Print each job that runs in this folder; with --wait, until there is none."""
    told: set[int] = set()
    while jobs := running(Path.cwd()):
        for process, command in jobs.items():
            if process not in told:
                print(f"{'waiting for' if options.wait else 'running'}: process {process}, {command}")
                told.add(process)
        if not options.wait:
            return
        time.sleep(EVERY)


def running(folder: Path) -> dict[int, str]:
    """Process number and command of each convac job whose working folder is `folder`, this process excepted."""
    found = {}
    for process in psutil.process_iter():
        try:
            words = process.cmdline()
            if process.pid == os.getpid() or "python" not in Path(words[0] if words else "").name:
                continue
            if words[1:3] == ["-m", "convac"] and words[3] != "orphans" and Path(process.cwd()) == folder:
                found[process.pid] = " ".join(words[3:5])
        except (psutil.NoSuchProcess, psutil.AccessDenied, IndexError):
            continue
    return found
