"""Say what Snakemake would run, rule by rule: jobs, minutes, memory and disk. Runs nothing."""

import json
import os
import subprocess
import sys
from argparse import REMAINDER, ArgumentParser, Namespace
from math import ceil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd

from convac.errors import ConfigError, one_line
from convac.planning.arguments import after_dashes, argument_mistakes
from convac.planning.events import PLANNED
from convac.progress import LOG

NOTICES = ("Using ", "Config file config.yaml is ", "Building DAG", "host: ", "Assuming unrestricted")


def add_arguments(parser: ArgumentParser) -> None:
    """Options of `convac plan`."""
    parser.add_argument("--cores", default="all", help="cores that the run would have")
    parser.add_argument("rest", nargs=REMAINDER, help="-- and further arguments for Snakemake: targets, --config …")


def run(options: Namespace) -> None:
    """Print the plan."""
    rest = after_dashes(options.rest)
    stop(argument_mistakes(rest))
    # as `make` runs it: what was half done is made again
    jobs = planned(["-n", "--rerun-incomplete", "--quiet", "host", "--cores", options.cores, *rest])
    if not jobs:
        print("nothing to run: every result is up to date")
        return
    print(summary(jobs).to_string(index=False))
    print(f"\n{duration(jobs, cores_of(options.cores))}")
    for job in jobs:
        if job["rule"] == "train":
            print(f"would train {job['name']}: {one_line(job['reason'], 100)}")


def planned(words: list[str]) -> list[dict[str, Any]]:
    """The jobs of a dry run, as its own Snakefile writes them down (`convac.planning.events`).

    Args:
        words: for Snakemake.

    Raises:
        ConfigError: Snakemake refuses; what it says is told.
    """
    with TemporaryDirectory() as folder:
        path = Path(folder, "jobs.jsonl")
        command = [sys.executable, "-m", "snakemake", *words]
        # in UTF-8 both here and there, whatever the locale
        environment = {**os.environ, PLANNED: str(path), "PYTHONIOENCODING": "utf-8:backslashreplace"}
        done = subprocess.run(
            command, capture_output=True, encoding="utf-8", errors="replace", check=False, env=environment
        )
        if done.returncode:
            stop(refusal(done.stderr, done.stdout))
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def stop(mistakes: list[str]) -> None:
    """Tell every mistake in its line and fail; nothing without one."""
    for line in mistakes[:-1]:
        LOG.error("%s", one_line(line))
    if mistakes:
        raise ConfigError(mistakes[-1])


def refusal(*printed: str) -> list[str]:
    """Why Snakemake refused to plan: what it says first on the error stream, then elsewhere, without its notices.

    >>> refusal("Using profile local for …\\n", "Building DAG of jobs...\\nMissingInputException:\\nnone.csv\\n")
    ['MissingInputException:', 'none.csv']
    """
    for text in printed:
        lines = [line for line in text.splitlines() if line.strip() and not line.startswith(NOTICES)]
        if lines:
            return lines[-1:] if "Traceback" in text else lines
    return ["snakemake failed and said nothing"]


def cores_of(given: str) -> int:
    """How many cores Snakemake takes for its option."""
    return int(given) if given.isdecimal() and int(given) else available_cores()


def available_cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def duration(jobs: list[dict[str, Any]], cores: int) -> str:
    """How long the jobs take on so many cores, and on one; no core does better than the longest job.

    >>> duration([{"seconds": 60.0}, {"seconds": 180.0}, {"seconds": 120.0}], 2)
    '3 jobs, about 3 min on 2 cores (6 min of one core)'
    """
    seconds = [job["seconds"] for job in jobs]
    slowest = max(sum(seconds) / min(cores, len(jobs)), *seconds, 0.0)
    many = f"{cores} core{'s' * (cores > 1)}"
    return f"{len(jobs)} jobs, about {ceil(slowest / 60)} min on {many} ({ceil(sum(seconds) / 60)} min of one core)"


def summary(jobs: list[dict[str, Any]]) -> pd.DataFrame:
    """One row per rule: how many jobs, minutes of one core in all, memory of the largest, disk in all."""
    rows = []
    for rule in dict.fromkeys(job["rule"] for job in jobs):
        own = [job for job in jobs if job["rule"] == rule]
        rows.append(
            {
                "rule": rule,
                "jobs": len(own),
                "minutes": round(sum(job["seconds"] for job in own) / 60, 1),
                "MB memory each": max(job["mem_mb"] for job in own),
                "MB disk": sum(job["disk_mb"] for job in own),
            }
        )
    return pd.DataFrame(rows)
