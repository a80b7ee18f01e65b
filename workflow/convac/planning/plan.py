"""From checked blocks to jobs: which datasets, runs, measurements and theory tables every scale needs, by folder."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from convac.errors import ConfigError, ConvacError
from convac.experiments.discovery import study_module
from convac.experiments.experiment import Cell
from convac.files import write_text
from convac.planning import costs, paths
from convac.planning.benchmarks import Timings
from convac.planning.config import BASE, Blocks, Config, blocks
from convac.planning.groups import groups
from convac.planning.place import first_here
from convac.planning.workload import Job, Workload
from convac.provenance import module_file
from convac.specs.dataset import DatasetSpec
from convac.specs.job import JobSpec
from convac.specs.measurement import MeasureSpec
from convac.specs.parsing import lines, parse, plain
from convac.specs.results import CLAIMS, EXAMPLES, SCALE, TABLE, filled
from convac.specs.run import RunSpec, folder
from convac.specs.spec import Spec, canonical, digest

SUFFIXES = tuple(paths.WILDCARDS["suffix"].split("|"))
NAMING = ("cell", "job", "dataset", "experiment", "source", "scale")  # the wildcard that names a job, the first it has


@dataclass(frozen=True)
class Study:
    """One experiment at one scale.

    Attributes:
        study: the module that defines it.
        cells: its jobs, by folder; a cell's groups of seeds are a job each.
        names: what the table calls the job's cell, by folder: the folder of its first group; and likewise datasets.
    """

    study: str
    cells: dict[str, Cell]
    names: dict[str, str]

    @classmethod
    def of(cls, study: str, cells: Iterable[Cell]) -> "Study":
        """The study of some cells, over all their seeds."""
        parts = [groups(cell) for cell in cells]
        jobs = {folder(part.spec): part for group in parts for part in group}
        names = {folder(part.spec): folder(group[0].spec) for group in parts for part in group}
        datasets = [[part.spec.dataset for part in group if isinstance(part.spec, RunSpec)] for group in parts]
        names |= {folder(spec): folder(group[0]) for group in datasets for spec in group}
        return cls(study, jobs, names)

    @property
    def datasets(self) -> dict[str, DatasetSpec]:
        """Datasets of the cells, by folder."""
        specs = [cell.spec.dataset for cell in self.cells.values() if isinstance(cell.spec, RunSpec)]
        return {folder(spec): spec for spec in specs}

    def tables(self) -> list[str]:
        """Files that the experiment's tidy table is collected from."""
        return [path for entry in self.entries() for path in entry["tables"]]

    def entries(self) -> list[dict[str, Any]]:
        """What `collect` reads, as plain data: per cell or dataset its name, its labels and its tables."""
        columns = {column for cell in self.cells.values() for column in cell.labels}
        found = [
            {"cell": self.names[name], "labels": cell.labels, "tables": cell_tables(name, cell)}
            for name, cell in self.cells.items()
        ]
        for name, spec in self.datasets.items():
            labels = {key: value for key, value in spec.arguments.items() if key in columns}
            found.append(
                {
                    "cell": self.names.get(name, name),
                    "labels": labels,
                    "tables": [filled(paths.SUMMARY, dataset=name)],
                }
            )
        return found


def cell_tables(name: str, cell: Cell) -> list[str]:
    """The tables that a cell's jobs write."""
    if isinstance(cell.spec, JobSpec):
        return [filled(paths.THEORY_TABLE, cell=name)]
    tables = [filled(paths.HISTORY, cell=name)]
    return tables + ([measured(name, cell.measure)] if cell.measure else [])


def measured(name: str, measure: MeasureSpec) -> str:
    """The table of one measurement of a cell's networks."""
    return filled(paths.MEASURED, cell=name, digest=digest(measure))


class JobKey(NamedTuple):
    """What tells a job that isn't tiny from all others: its rule and the values of its wildcards.

    Attributes:
        rule: dataset, train, measure, theory or figure.
        name: the folder of what it makes; an experiment's name.
        number: a measurement's digest.
    """

    rule: str
    name: str
    number: str = ""


@dataclass(frozen=True)
class Limits:
    """What a scheduler holds the jobs of a rule to, as functions that Snakemake calls.

    Attributes:
        needs: what a job is expected to take, by the values of its wildcards.
    """

    needs: Callable[..., costs.Needs]

    def mem_mb(self, wildcards: Sequence[str], attempt: int) -> int:
        """Memory in MB, twice as much with every attempt."""
        return self.needs(*wildcards).mem_mb(attempt)

    def runtime(self, wildcards: Sequence[str], attempt: int) -> int:
        """Minutes, twice as many with every attempt."""
        return self.needs(*wildcards).runtime(attempt)

    def disk_mb(self, wildcards: Sequence[str]) -> int:
        """Disk in MB."""
        return self.needs(*wildcards).disk_mb


@contextmanager
def placing(where: str) -> Iterator[None]:
    """Put `where` before what the cells of a block can't be made of, as a ConfigError: keys that don't fit together."""
    try:
        yield
    except ValidationError as error:
        raise ConfigError(lines(error, Spec, where)[0]) from error
    except ConvacError as error:
        raise ConfigError(f"{where}: {error}") from error


def present(cell: Cell) -> Cell:
    """The cell, whose spec names modules of the library; raises ConfigError for one that isn't there."""
    for module in cell.spec.modules:
        if module_file(module) is None:
            raise ConfigError(f"workflow/{module.replace('.', '/')}.py: is missing; a job of the experiment needs it")
    return cell


class Plan:
    """Every job of every experiment at every scale, found by folder.

    Attributes:
        studies: by (scale, experiment).
        datasets, runs, theories: specs by folder.
        measures: by (run's folder, digest).
        scales: the smallest scale that asks for a theory job, by folder.
        config: its top level, with the defaults of what isn't written.

    Raises:
        ConfigError: the keys of a block are right one by one, but no network meets them all.
    """

    def __init__(self, raw: Mapping[str, Any], hidden: Blocks | None = None) -> None:
        self.studies: dict[tuple[str, str], Study] = {}
        self.datasets: dict[str, DatasetSpec] = {}
        self.runs: dict[str, RunSpec] = {}
        self.theories: dict[str, JobSpec] = {}
        self.measures: dict[tuple[str, str], MeasureSpec] = {}
        self.scales: dict[str, str] = {}
        self.config = parse(Config, plain(raw))
        for (scale, name), (study, block) in blocks(raw, hidden).items():
            with placing(f"experiments.{name}, scale {scale}"):
                made = Study.of(study, map(present, study_module(study).cells(block)))
            self._add(scale, name, made)

    def _add(self, scale: str, name: str, study: Study) -> None:
        self.studies[scale, name] = study
        self.datasets.update(study.datasets)
        for cell_name, cell in study.cells.items():
            if isinstance(cell.spec, JobSpec):
                self.theories[cell_name] = cell.spec
                self.scales.setdefault(cell_name, scale)  # scales come from the smallest up
                continue
            self.runs[cell_name] = cell.spec
            if cell.measure:
                self.measures[cell_name, digest(cell.measure)] = cell.measure

    @property
    def experiments(self) -> list[str]:
        """Names of the config's experiments."""
        return list(dict.fromkeys(name for _, name in self.studies))

    def study(self, name: str) -> str:
        """The module that an experiment's code stands in."""
        return self.studies[BASE, name].study

    @property
    def specs(self) -> dict[str, Mapping[str, Spec]]:
        """Specs by folder, by the kind of job that reads them."""
        return {"datasets": self.datasets, "runs": self.runs, "theory": self.theories}

    def spec(self, kind: str, name: str) -> str:
        """The canonical text of a dataset's, run's or theory job's spec."""
        return canonical(self.specs[kind][name])

    def restore(self, placed: Callable[[str], str] = str) -> list[str]:
        """Rewrite each spec in `results` that isn't the one its folder is named after; a line for each.

        Specs are damaged, or missing beside what was made from them. Snakemake would make all that again, or delete it
        before it starts a job that reads the spec and fails.

        Args:
            placed: where a result stands, from its name.
        """
        restored = []
        for kind, name in ((kind, name) for kind, specs in self.specs.items() for name in specs):
            path = Path(placed(filled(paths.SPEC, room=kind, job=name)))
            if not path.exists() and not path.with_name("run.json").exists():
                continue
            text = self.spec(kind, name) + "\n"
            if not path.exists() or path.read_bytes() != text.encode():
                write_text(path, text)
                restored.append(f"{path}: was damaged or missing; rewritten")
        return restored

    def measured(self, cell: str, number: str) -> str:
        """The canonical text of what is measured on a run's networks."""
        return canonical(self.measures[cell, number])

    def needs(self, rule: str, name: str, number: str = "") -> costs.Needs:
        """What a job of a rule is expected to take, by its folder and, of a measurement, its digest."""
        if rule == "dataset":
            return costs.dataset(self.datasets[name])
        if rule == "train":
            return costs.train(self.runs[name])
        if rule == "measure":
            return costs.measure(self.runs[name], self.measures[name, number])
        return costs.FIGURE if rule == "figure" else costs.theory(self.scales[name])

    def expected(self, rule: str, name: str) -> tuple[float, str] | None:
        """Seconds that a job is expected to take, and the kind of jobs whose estimates err as its own does.

        Args:
            rule: the folder of its benchmark.
            name: and its name.

        Returns:
            None for a job that this plan doesn't have.
        """
        cell, _, number = name.rpartition("-")
        if rule == "dataset" and name in self.datasets:
            return self.needs(rule, name).seconds, f"{rule} {self.datasets[name].kind}"
        if rule == "train" and name in self.runs:
            return self.needs(rule, name).seconds, f"{rule} {self.runs[name].network.kind}"
        if rule == "measure" and (cell, number) in self.measures:
            return self.needs(rule, cell, number).seconds, f"{rule} {self.runs[cell].network.kind}"
        if rule == "theory" and name in self.theories:
            return costs.MEAN[self.scales[name]], f"{rule} {self.theories[name].study}"
        return (costs.EQUAL[rule], rule) if rule in costs.EQUAL else None

    def jobs(self, scale: str, name: str) -> list[JobKey]:
        """Every job that an experiment needs at a scale, but the tiny ones and downloads."""
        cells = self.studies[scale, name].cells
        found = [JobKey("dataset", dataset) for dataset in self.studies[scale, name].datasets]
        for folder_name, cell in cells.items():
            found.append(JobKey("theory" if isinstance(cell.spec, JobSpec) else "train", folder_name))
            found += [JobKey("measure", folder_name, digest(cell.measure))] if cell.measure else []
        return [*found, JobKey("figure", name)]

    def limits(self, rule: str) -> Limits:
        """What a scheduler holds the jobs of a rule to."""
        return Limits(partial(self.needs, rule))

    def engine_mb(self, cell: str) -> int:
        """MB that engines may use on a run's networks: what any of them is content with, more where widths need it."""
        return max(2048, costs.engine_mb(self.runs[cell].network))

    def group(self, cell: str) -> str | None:
        """The group of a run's jobs: short ones share a cluster's job, with one another and with other cells.

        None where they take long, or training takes a GPU, which measuring would hold.
        """
        measures = [self.needs("measure", *key) for key in self.measures if key[0] == cell]
        seconds = self.needs("train", cell).seconds + sum(needs.seconds for needs in measures)
        return "short" if seconds <= costs.SHORT and self.config.device != "cuda" else None

    def data(self, cell: str) -> str:
        """The dataset file of a run."""
        return filled(paths.DATA, dataset=folder(self.runs[cell].dataset))

    def originals(self, dataset: str) -> list[str]:
        """The record of the original files that a dataset is made from; none if it needs none."""
        originals = self.datasets[dataset].originals
        return [f"{filled(paths.DOWNLOADS, source=originals)}/record.json"] if originals else []

    @property
    def own_images(self) -> dict[str, str]:
        """Paths of the user's images, by what specs call them."""
        specs = self.datasets.values()
        return {spec.originals: spec.path for spec in specs if spec.originals and spec.path}

    def entries(self, scale: str, name: str, placed: Callable[[str], str] = str) -> str:
        """What `collect` reads of an experiment, as JSON; `placed` says where a result stands, from its name."""
        found = self.studies[scale, name].entries()
        return json.dumps([{**entry, "tables": [*map(placed, entry["tables"])]} for entry in found], sort_keys=True)

    def table(self, scale: str, name: str, kind: str = TABLE) -> str:
        """An experiment's tidy table, or its example images; figures are redrawn from the committed ones."""
        room = first_here(paths.reference(scale)) if scale in paths.REDRAWN else filled(SCALE, scale=scale)
        return room + filled(kind, experiment=name).removeprefix(SCALE)

    def reference(self) -> list[str]:
        """Experiments whose table is committed."""
        scale = paths.redrawn(self.config.scale)
        return [name for name in self.experiments if Path(self.table(scale, name)).is_file()]

    def figures(self, scale: str, name: str, suffix: str) -> list[str]:
        """The files of an experiment's figures in one format."""
        parts = [figure.removeprefix(name) for figure in self.captions(name)]
        return [filled(paths.FIGURE, scale=scale, experiment=name, part=part, suffix=suffix) for part in parts]

    def captions(self, name: str) -> dict[str, str]:
        """The captions of an experiment's figures by the figures' names."""
        parts = study_module(self.study(name)).FIGURES
        return {"-".join(filter(None, (name, part))): caption for part, caption in parts.items()}

    def pages(self, scale: str) -> list[str]:
        """Per experiment, the page with the verdicts of its claims."""
        return [filled(paths.PAGE, scale=scale, experiment=name) for name in self.experiments]

    def products(self, scale: str, name: str) -> list[str]:
        """What an experiment ends in: table, example images, verdicts, executed notebook, figures."""
        own = (TABLE, paths.TABLE_CSV, EXAMPLES, CLAIMS, paths.NOTEBOOK)
        return [
            *(filled(path, scale=scale, experiment=name) for path in own),
            *(path for suffix in SUFFIXES for path in self.figures(scale, name, suffix)),
        ]

    def owners(self, scale: str) -> dict[str, list[str]]:
        """Cells and datasets of a scale by folder, and the experiments that need each."""
        found: dict[str, list[str]] = {}
        for name in self.experiments:
            study = self.studies[scale, name]
            for key in (*study.cells, *study.datasets):
                found.setdefault(key, []).append(name)
        return found

    def describer(
        self, scale: str
    ) -> Callable[[str, Mapping[str, str], Sequence[str], Sequence[str], str | None], Job]:
        """What tells of a job of a run: a function of its rule, its wildcards, its outputs, logs and its benchmark."""
        timings, owners = Timings(self.expected), self.owners(scale)

        def described(
            rule: str, wildcards: Mapping[str, str], output: Sequence[str], log: Sequence[str], benchmark: str | None
        ) -> Job:
            own = rule.removeprefix("figure_") if rule.startswith("figure_") else wildcards.get("experiment")
            name = next((wildcards[key] for key in NAMING if key in wildcards), "")
            timed = Path(benchmark or "")
            seconds = timings.seconds(timed.parent.name, timed.stem) or costs.BARE.get(rule, 0.0)
            experiments = (own,) if own else tuple(owners.get(name, ()))
            return Job(rule, name, experiments, seconds + costs.HANDLING, str(output[0]), str(log[-1]))

        return described

    def workload(self, scale: str, jobs: Iterable[Any], parallel: int, targets: Iterable[str] = ()) -> Workload:
        """The jobs that Snakemake is about to run, from now on; targets, which make nothing themselves, left out."""
        described = self.describer(scale)
        making = [job for job in jobs if job.output]
        found = [described(job.rule.name, job.wildcards_dict, job.output, job.log, job.benchmark) for job in making]
        return Workload.begun(max(1, min(parallel, len(found))), found, targets)

    def everything(self, scale: str) -> list[str]:
        """Every file of a scale that its manifest lists, from the datasets to the ledger."""
        ledger = (paths.LEDGER_CSV, paths.LEDGER, paths.LEDGER_PAGE, paths.EXPLORER)
        found = [*(filled(path, scale=scale) for path in ledger), *self.pages(scale)]
        for name in self.experiments:
            study = self.studies[scale, name]
            found += [*self.products(scale, name), filled(paths.FIGURE_RECORD, scale=scale, experiment=name)]
            found += study.tables()
            for cell_name, cell in study.cells.items():
                computed = isinstance(cell.spec, JobSpec)
                found.append(filled(paths.SPEC, room="theory" if computed else "runs", job=cell_name))
                own = (paths.THEORY_RECORD,) if computed else (paths.RUN_RECORD, paths.MODEL)
                found += [filled(path, cell=cell_name) for path in own]
            for dataset in study.datasets:
                found.append(filled(paths.SPEC, room="datasets", job=dataset))
                found += [filled(path, dataset=dataset) for path in (paths.DATA, paths.DATA_RECORD)]
        return sorted(set(found))
