"""Say what Snakemake would run, rule by rule: jobs, minutes, memory and disk. Runs nothing."""

import os
import re
import subprocess
import sys
from argparse import REMAINDER, ArgumentParser, Namespace
from math import ceil
from typing import Any

import pandas as pd

from convac.errors import ConfigError, one_line
from convac.planning.arguments import after_dashes, argument_mistakes
from convac.planning.costs import seconds_of
from convac.progress import LOG

# What Snakemake prints of a dry run: a table of counts, then every job with its rule's message and the reason.
COUNT = re.compile(r"^(\w+) +(\d+)$")
NOTICES = ("Using ", "Config file config.yaml is ", "Building DAG", "host: ", "Assuming unrestricted")
JOB = re.compile(r"^Job \d+: (\w+) (\S+) \[(\d+) min, (\d+) MB memory, (\d+) MB disk at most\]$")


def add_arguments(parser: ArgumentParser) -> None:
    """Options of `convac plan`."""
    parser.add_argument("--cores", default="all", help="cores that the run would have")
    parser.add_argument("rest", nargs=REMAINDER, help="-- and what else Snakemake is given: targets, --config …")


def run(options: Namespace) -> None:
    """Print the plan."""
    rest = after_dashes(options.rest)
    stop(argument_mistakes(rest))
    command = [sys.executable, "-m", "snakemake", "-n", "--cores", options.cores, *rest]
    # in UTF-8 both here and there, whatever the locale
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(
        command, capture_output=True, encoding="utf-8", errors="replace", check=False, env=environment
    )
    if done.returncode:
        stop(refusal(done.stderr, done.stdout))
    text = done.stdout + done.stderr
    counts = planned_counts(text)
    if not counts:
        print("nothing to run: every result is up to date")
        return
    jobs = planned_jobs(text)
    table = summary(counts, jobs)
    print(table.to_string(index=False))
    print(f"\n{sum(counts.values())} jobs, about {ceil(table['minutes'].sum())} min of one core; divide by your cores")
    for job in jobs:
        if job["rule"] == "train":
            print(f"would train {job['name']}: {job['reason']}")


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


def planned_counts(text: str) -> dict[str, int]:
    """Jobs by rule, from the table of a dry run."""
    lines = text.split("Job stats:")[1].splitlines() if "Job stats:" in text else []
    found = {match[1]: int(match[2]) for line in lines if (match := COUNT.match(line))}
    found.pop("total", None)
    return found


def planned_jobs(text: str) -> list[dict[str, Any]]:
    """Jobs of a dry run that state what they need: rule, name, limits, and why they would run."""
    jobs: list[dict[str, Any]] = []
    for line in text.splitlines():
        if match := JOB.match(line):
            rule, name, *limits = match.groups()
            runtime, memory, disk = map(int, limits)
            seconds = seconds_of(rule, runtime)
            jobs.append({"rule": rule, "name": name, "memory": memory, "disk": disk, "seconds": seconds, "reason": ""})
        elif jobs and line.startswith("Reason: ") and not jobs[-1]["reason"]:
            jobs[-1]["reason"] = one_line(line.removeprefix("Reason: "), 100)
    return jobs


def summary(counts: dict[str, int], jobs: list[dict[str, Any]]) -> pd.DataFrame:
    """One row per rule: how many jobs, minutes of one core in all, memory of the largest, disk in all."""
    rows = []
    for rule, count in counts.items():
        own = [job for job in jobs if job["rule"] == rule]
        seconds = sum(job["seconds"] for job in own) or count * seconds_of(rule, 0)
        rows.append(
            {
                "rule": rule,
                "jobs": count,
                "minutes": round(seconds / 60, 1),
                "MB memory each": max((job["memory"] for job in own), default=0),
                "MB disk": sum(job["disk"] for job in own),
            }
        )
    return pd.DataFrame(rows)
