"""Which fraction of the time that jobs took, they spent inside their loops: training, measuring, computing theory."""

from argparse import ArgumentParser, Namespace
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from convac.arrays import number
from convac.errors import FileError
from convac.files import naming, read_json
from convac.planning.benchmarks import whole_seconds
from convac.specs.results import RESULTS

RULES = ("train", "measure", "theory")


class Job(NamedTuple):
    """A job of one of the rules.

    Attributes:
        rule: its name.
        name: the cell's, followed by the digest of what is measured.
    """

    rule: str
    name: str

    @property
    def benchmark(self) -> str:
        """Snakemake's file with the seconds of the whole job, under the results."""
        return f"benchmarks/{self.rule}/{self.name}.tsv"

    @property
    def record(self) -> str:
        """The job's own file with the seconds inside its loop, under the results."""
        if self.rule == "measure":
            cell, digest = self.name.rsplit("-", 1)
            return f"runs/{cell}/entanglement-{digest}.json"
        return f"{'runs' if self.rule == 'train' else 'theory'}/{self.name}/run.json"


Spans = dict[Job, tuple[float, float]]  # seconds of a whole job, and inside its loop


def add_arguments(parser: ArgumentParser) -> None:
    """Options of `convac shares`."""
    parser.add_argument("--results", default=RESULTS, help="folder of the results")
    parser.add_argument("--experiment", help="only the jobs of this experiment")
    parser.add_argument("--scale", help="only the jobs of this scale")


def run(options: Namespace) -> None:
    """Print one row per rule and their total; raise FileError naming the first file that can't be read."""
    results = Path(options.results)
    if options.experiment or options.scale:
        jobs = jobs_of(listed(results, options.scale or "*", options.experiment or "*"))
    else:
        jobs = found(results)
    spans = spans_of(results, jobs)
    if not spans:
        raise FileError(f"{results}: {nothing(results, jobs)}; accepted: the results of a run (--results FOLDER)")
    print(summary(spans).to_string(index=False, formatters={"share": "{:.1%}".format}))
    if missing := jobs - spans.keys():
        print(f"\nleft out, without a benchmark of their run (by hand, or not yet): {counted(missing)}")


def nothing(results: Path, jobs: Iterable[Job]) -> str:
    """Why there is nothing to tell of the results."""
    if not results.is_dir():
        return "no such folder"
    return f"no benchmark of {counted(jobs)}, of no run or made by hand" if jobs else "no job has run"


def job_of(table: Path) -> Job | None:
    """The job that wrote a cell's table; None for any other table."""
    folder, cell, file = table.parts[-3:]
    kind, _, digest = Path(file).stem.partition("-")
    jobs = {
        ("runs", "history"): Job("train", cell),
        ("runs", "entanglement"): Job("measure", f"{cell}-{digest}"),
        ("theory", "table"): Job("theory", cell),
    }
    return jobs.get((folder, kind))


def jobs_of(tables: Iterable[Path]) -> set[Job]:
    """The jobs that wrote these tables."""
    return {job for table in tables if (job := job_of(table))}


def listed(results: Path, scale: str, experiment: str) -> list[Path]:
    """The tables of an experiment's cells at a scale; `*` stands for all.

    Raises:
        FileError: there is no list of them.
    """
    pattern = f"{scale}/tables/{experiment}.cells.json"
    paths = sorted(results.glob(pattern))
    if not paths:
        raise FileError(f"{results / pattern}: no such file; accepted: an experiment and a scale that ran")
    tables = []
    for path in paths:
        with naming(path, "a list of cells"):
            tables += [Path(table) for entry in read_json(path) for table in entry["tables"]]
    return tables


def found(results: Path) -> set[Job]:
    """Every job that left a table or a benchmark."""
    timed = {Job(rule, path.stem) for rule in RULES for path in (results / "benchmarks" / rule).glob("*.tsv")}
    return timed | jobs_of(path for folder in ("runs", "theory") for path in (results / folder).glob("*/*.parquet"))


def spans_of(results: Path, jobs: Iterable[Job]) -> Spans:
    """Seconds of the jobs that have a benchmark of their run, and of their loops.

    Raises:
        FileError: a record is missing or damaged; the others are printed.
    """
    spans, wrong = {}, []
    for job in sorted(jobs):
        try:
            whole = whole_seconds(results / job.benchmark)
            if whole is not None:
                spans[job] = whole, loop_seconds(results / job.record)
        except FileError as error:
            wrong.append(str(error))
    for line in wrong[1:]:
        print(line)
    if wrong:
        raise FileError(f"{wrong[0]}; {len(wrong)} of {len(wrong) + len(spans)} jobs can't be read")
    # a loop that took longer than its job is of a later run, by hand
    return {job: (whole, inside) for job, (whole, inside) in spans.items() if inside <= whole}


def loop_seconds(path: Path) -> float:
    """What a job timed its loop at."""
    with naming(path, "a record with its seconds"):
        if not path.is_file():
            raise FileNotFoundError(path)
        return number(read_json(path)["seconds"], "seconds", least=0)


def summary(spans: Spans) -> pd.DataFrame:
    """One row per rule that has jobs, and their total, from the seconds of jobs and of their loops."""
    rows = []
    for name in (*RULES, "total"):
        own = [span for job, span in spans.items() if name in {job.rule, "total"}]
        if own:
            whole, inside = (sum(each) for each in zip(*own, strict=True))
            facts = {"seconds of jobs": round(whole, 1), "seconds in loops": round(inside, 1), "share": inside / whole}
            rows.append({"rule": name, "jobs": len(own), **facts})
    return pd.DataFrame(rows)


def counted(jobs: Iterable[Job]) -> str:
    """How many jobs there are of each rule, as text."""
    counts = Counter(job.rule for job in jobs)
    return ", ".join(f"{counts[rule]} {rule}" for rule in RULES if counts[rule])
