"""How far the run in this folder is: jobs done and left by experiment, minutes left, and what each job last said."""

import time
from argparse import ArgumentParser, Namespace
from collections.abc import Collection
from pathlib import Path

import pandas as pd

from convac.planning import workload
from convac.planning.workload import Job, Progress, Workload

SHOWN = 20  # jobs under way, the latest ones


def add_arguments(parser: ArgumentParser) -> None:
    """Options of `convac progress`: none."""


def run(options: Namespace) -> None:
    """Print the table and the jobs under way of each run; raise FileError when none has started here."""
    found = workload.runs()
    for number, current in enumerate(found):
        if len(found) > 1:
            asked = " ".join(current.targets) or "all"
            print(f"{chr(10) * (number > 0)}{asked}, since {time.strftime('%H:%M', time.localtime(current.started))}:")
        show(current)


def show(current: Workload) -> None:
    """Print the table and the jobs under way of one run."""
    now = current.progress()
    print(table(current.jobs, now).to_string(index=False))
    latest = sorted(now.begun, key=last_word, reverse=True)[:SHOWN]
    if latest:
        print("\nunder way or failed, and what each said last:")
    for job in latest:
        print(f"  {job.title}: {said(job)} ({time.time() - last_word(job):.0f} s ago)")


def table(jobs: Collection[Job], now: Progress) -> pd.DataFrame:
    """One row per experiment, and all: a job that several need counts for each, and once in all."""
    experiments = dict.fromkeys(name for job in jobs for name in job.experiments)
    rows = []
    for name in (*experiments, "all"):
        own = [job for job in jobs if name in (*job.experiments, "all")]
        left = [job for job in now.left if name in (*job.experiments, "all")]
        counts = {"done": len(own) - len(left), "left": len(left), "minutes left": now.minutes(left)}
        rows.append({"experiment": name, **counts})
    return pd.DataFrame(rows)


def last_word(job: Job) -> float:
    """When a job wrote into its log last, in seconds since the epoch."""
    return Path(job.log).stat().st_mtime


def said(job: Job) -> str:
    """The last line of a job's log."""
    lines = Path(job.log).read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return lines[-1] if lines else "nothing yet"
