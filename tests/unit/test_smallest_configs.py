"""What a config accepts runs: every key of every experiment at its smallest, one by one and all together.

The blocks are derived from the experiments' types. Each goes through cells, jobs, table and claims in this process;
what can't run must have been refused in one line that names a key.
"""

import importlib
import json
import warnings
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from smallest import changed, keys, lists, value_at

from convac.claims.verdicts import VERDICTS, evaluate_all
from convac.commands.collect import collected
from convac.commands.dataset import made
from convac.commands.entanglement import measured
from convac.errors import ConvacError
from convac.experiments.discovery import claims_of, studies, study_module
from convac.experiments.experiment import Cell
from convac.files import Arrays
from convac.measurement.trained import Trained
from convac.planning.config import merged, scaled
from convac.planning.plan import Study, placing
from convac.specs.dataset import DatasetSpec
from convac.specs.job import JobSpec
from convac.specs.kinds import of_kind
from convac.specs.parsing import parse
from convac.specs.run import RunSpec
from convac.specs.spec import canonical
from convac.specs.tables import table_of
from convac.training.loop import train

CONFIG = yaml.safe_load((Path(__file__).parents[2] / "config.yaml").read_text())["experiments"]
# less of what would only take longer
LESS: dict[str, dict[str, Any]] = {
    "architecture_advice": {
        "train": 60,
        "compared": [{"task": "half turn", "part": "held out"}],
        "widened": [],
        "training": {"steps": 2, "log_every": 2},
        "trials": 0,
        "blobs": {"side": 16, "train": 60, "steps": 2},
    },
    "information_scaling": {"sites": [4, 8], "seeds": 2, "draws": 50, "configurations": 4096, "mappings": 5},
    "pooling_geometry": {"side": 16, "widths": [4], "depths": [1, 3]},
    "target_entropy": {
        "images": [[2, 3], [3, 3]],
        "block_image": [2, 3],
        "subset_images": [[2, 3]],
        "heights": [2, 3, 4, 5],
        "scan_heights": [2, 3, 4, 5],
        "lengths": [2, 4, 8, 16],
        "scan_lengths": [4, 8, 16, 32],
        "classes": [{"tasks": ["digits", "symmetry"], "samples": 32, "seeds": 2, "sides": [2, 3, 4, 5]}],
    },
    "trained_entanglement": {
        "side": 16,
        "widths": [4],
        "samples": 32,
        "vectors": [1, 8],
    },
}
# keys of work alone, at their smallest from the start where networks train: they would only take longer
SIZES = {"train", "validation", "test", "rendered_train", "rendered_test"}
WORK = {"steps", "local_steps", "trial_steps", "memorised_steps", *SIZES}
RATES = {"lr", "warm_up", "decay", "drop_at", "drop_to", "trials", "trial_seeds"}
SCHEDULE = {"batch", "betas", "weight_decay", "clip", *RATES}


def refusal(study: str, block: dict[str, Any]) -> str:
    """Why a block is refused; empty where it is accepted."""
    try:
        cells_of(study, block)
    except ConvacError as error:
        return str(error)
    return ""


def cells_of(study: str, block: dict[str, Any]) -> list[Cell]:
    """What a block asks for; raises ConvacError where it is refused."""
    module = study_module(study)
    with placing(study):
        found: list[Cell] = module.cells(parse(module.Block, block, study))
    return found


@cache
def dataset(text: str) -> tuple[Arrays, pd.DataFrame]:
    """Arrays of a dataset and their summary, once for all networks."""
    spec = of_kind(DatasetSpec, json.loads(text), "dataset")
    return made(spec, importlib.import_module(spec.modules[-1]).generate, {})


TABLES: dict[str, list[pd.DataFrame]] = {}


def tables(cell: Cell) -> list[pd.DataFrame]:
    """What the jobs of a cell write, once for all blocks that ask for it."""
    key = canonical(cell.spec) + (canonical(cell.measure) if cell.measure else "")
    if key not in TABLES:
        if isinstance(cell.spec, JobSpec):
            TABLES[key] = [importlib.import_module(cell.spec.modules[-1]).compute(cell.spec)]
            return TABLES[key]
        arrays, _ = dataset(canonical(cell.spec.dataset))
        found = train(cell.spec, arrays, device="cpu")
        TABLES[key] = [found.history]
        if cell.measure:
            rows = measured(Trained(cell.spec, found.tensors, found.history, arrays), cell.measure)
            TABLES[key].append(table_of(rows))
    return TABLES[key]


def check(study: str, block: dict[str, Any]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Table and verdicts of every job of a block; asserts that the table is whole and every verdict one."""
    whole = Study.of(study, cells_of(study, block))
    made = {name: tables(cell) for name, cell in whole.cells.items()}
    made |= {name: [dataset(canonical(spec))[1]] for name, spec in whole.datasets.items()}
    assert all({"quantity", "value"} <= set(table.columns) for parts in made.values() for table in parts)
    jobs = [(entry, Path(entry["tables"][0]).parent.name) for entry in whole.entries()]
    table = collected((entry, part) for entry, job in jobs for part in made[job])
    assert {"cell", "quantity", "value"} <= set(table.columns)
    assert np.isfinite(table["value"].astype(float)).all()
    verdicts = evaluate_all(claims_of(study), table)
    assert set(verdicts["verdict"]) <= set(VERDICTS)
    # one seed has no spread, so that no interval says anything
    if table.get("seed", pd.Series(dtype=float)).nunique() < 2:
        assert set(verdicts.loc[verdicts["kind"] == "interval", "verdict"]) <= {"undecided", "not run", "not converged"}
    return table, verdicts


def base(study: str) -> dict[str, Any]:
    """The smoke block, with the least work where networks train."""
    block = merged(scaled(CONFIG[study], "smoke"), LESS.get(study, {}))
    if isinstance(cells_of(study, block)[0].spec, RunSpec):
        for path, value in keys(study_module(study).Block):
            if path[-1] in WORK and value_at(block, path) is not None:
                block = changed(block, path, 10 if path[-1].startswith("rendered") else value)
    return block


def one_by_one(study: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Blocks with one key at its smallest; of several schedules, all at once."""
    start = base(study)
    schedules: dict[str, dict[str, Any]] = {}
    for path, value in keys(study_module(study).Block):
        if value_at(start, path) == value:
            continue
        if path[-1] in SCHEDULE:
            schedules[path[-1]] = changed(schedules.get(path[-1], start), path, value)
        else:
            yield ".".join(path), changed(start, path, value)
    yield from schedules.items()
    for name, kind in lists(study_module(study).Block):
        first = (CONFIG[study][name] if not start[name] else start[name])[0]
        for path, value in keys(kind):
            yield f"{name}.{'.'.join(path)}", {**start, name: [changed(first, path, value)]}


@pytest.mark.parametrize("study", studies())
def test_every_key_at_its_smallest(study):
    for name, block in one_by_one(study):
        if why := refusal(study, block):
            assert "accepted: " in why, (name, why)
            assert len(why) <= 200
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("error", RuntimeWarning)
            try:
                check(study, block)
            except Exception as error:
                raise AssertionError(f"{study}, {name}: {error}") from error


@pytest.mark.parametrize("study", studies())
def test_all_keys_at_their_smallest(study):
    block = base(study)
    for path, value in keys(study_module(study).Block):
        trial = changed(block, path, value)
        block = block if refusal(study, trial) else trial
    found = check(study, block)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # an axis of zeros alone, which matplotlib widens
        made = importlib.import_module(f"convac.experiments.{study}.figures").draw(*found)
    assert set(made) == set(study_module(study).FIGURES)
