"""Say what Snakemake would run, rule by rule: jobs, minutes, memory and disk. Runs nothing."""

import re
import subprocess
import sys
from argparse import REMAINDER, ArgumentParser, Namespace
from math import ceil
from typing import Any

import pandas as pd

from convac.errors import ConfigError
from convac.planning.costs import seconds_of

JOB = re.compile(r"^(?:local)?rule (\S+):$")
FIELD = re.compile(r"^    (\w+): (.*)$")


def add_arguments(parser: ArgumentParser) -> None:
    """Options of `convac plan`."""
    parser.add_argument("--cores", default="all", help="cores that the run would have")
    parser.add_argument("rest", nargs=REMAINDER, help="-- and what else Snakemake is given: targets, --config …")


def run(options: Namespace) -> None:
    """Print the plan."""
    rest = [word for word in options.rest if word != "--"]
    command = [sys.executable, "-m", "snakemake", "-n", "--cores", options.cores, *rest]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ConfigError((done.stderr.strip().splitlines() or ["snakemake failed"])[-1])
    jobs = planned_jobs(done.stdout + done.stderr)
    if not jobs:
        print("nothing to run: every result is up to date")
        return
    print(summary(jobs).to_string(index=False))
    total = sum(job["seconds"] for job in jobs)
    print(f"\n{len(jobs)} jobs, about {ceil(total / 60)} min of one core; divide by the cores you give")
    for job in jobs:
        if job["rule"] == "train":
            print(f"would train {job.get('wildcards', '')}: {job.get('reason', '')}")


def planned_jobs(text: str) -> list[dict[str, Any]]:
    """Jobs of a dry run, from what Snakemake prints: rule, reason, wildcards, resources."""
    jobs: list[dict[str, Any]] = []
    for line in text.splitlines():
        if match := JOB.match(line):
            jobs.append({"rule": match[1]})
        elif jobs and (match := FIELD.match(line)):
            jobs[-1].setdefault(match[1], match[2])
    for job in jobs:
        resources = dict(re.findall(r"(\w+)=(\d+)", str(job.get("resources", ""))))
        job["memory"] = float(resources.get("mem_mb", 0))
        job["disk"] = float(resources.get("disk_mb", 0))
        job["seconds"] = seconds_of(str(job["rule"]), float(resources.get("runtime", 0)))
    return jobs


def summary(jobs: list[dict[str, Any]]) -> pd.DataFrame:
    """One row per rule: how many jobs, minutes of one core in all, memory of the largest, disk in all."""
    table = pd.DataFrame(jobs)
    grouped = table.groupby("rule", sort=False)
    return pd.DataFrame(
        {
            "rule": list(grouped.groups),
            "jobs": grouped.size().to_list(),
            "minutes": (grouped["seconds"].sum() / 60).round(1).to_list(),
            "MB memory each": grouped["memory"].max().astype(int).to_list(),
            "MB disk": grouped["disk"].sum().astype(int).to_list(),
        }
    )
