"""From the config to checked blocks: every mistake becomes one line that names the key and what is accepted."""

import difflib
import os
import time
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, get_args

from pydantic import Field

from convac.contract.discovery import studies, study_module
from convac.contract.experiment import Experiment
from convac.errors import ConfigError, one_line
from convac.parsing import mistakes, parse, plain, shown
from convac.specs import Name, Spec

Scale = Literal["smoke", "laptop", "paper"]
SCALES: tuple[str, ...] = get_args(Scale)
BASE = "laptop"
CLOCKS = 60.0  # seconds that the clocks of two machines may differ by


class Config(Spec):
    """Top level of config.yaml."""

    scale: Scale = Field("laptop", description="what `snakemake` without a target makes")
    device: Literal["auto", "cpu", "cuda"] = Field("auto", description="where networks train")
    local_data: str | None = Field(None, description="folder with the original files of image sets; null: download")
    experiments: dict[Name, dict[str, Any]] = Field(min_length=1, description="one block per experiment")


def merged(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """`base` with `changes` laid over it, block by block; lists and values are replaced whole."""
    result = dict(base)
    for key, value in changes.items():
        old = result.get(key)
        result[key] = merged(old, value) if isinstance(old, Mapping) and isinstance(value, Mapping) else value
    return result


def raw_block(name: str, experiments: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """An experiment's block as written; a variant's lies over the block of its study."""
    block = experiments[name]
    study = block.get("study", name)
    if study == name:
        return dict(block)
    return merged(experiments.get(study, {}), block)


def scaled(block: Mapping[str, Any], scale: str) -> dict[str, Any]:
    """The block at one scale: what `scales` says of it lies over the rest."""
    base = {key: value for key, value in block.items() if key != "scales"}
    return merged(base, (block.get("scales") or {}).get(scale) or {})


def config_mistakes(raw: Mapping[str, Any]) -> list[str]:
    """Every mistake in the config, a line of at most 200 characters each; empty when there is none."""
    found = mistakes(Config, dict(raw))
    if found:
        return found
    # YAML reads `null:` and `yes:` as no text; JSON would make one of them
    if strange := [name for name in raw["experiments"] if not isinstance(name, str)]:
        return [one_line(f"experiments: {shown(strange[0])} is no name; accepted: text; write it in quotes")]
    experiments = plain(raw["experiments"])
    return [line for name in experiments for line in block_mistakes(name, experiments)]


def block_mistakes(name: str, experiments: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Mistakes in one experiment's block, at its base and at every scale."""
    where = f"experiments.{name}"
    study = experiments[name].get("study", name)
    known = studies()
    if study not in known:
        near = difflib.get_close_matches(str(study), known, n=1)
        hint = f"did you mean {near[0]}?" if near else f"accepted: {', '.join(known)}"
        key = f"{where}.study: {study!r} is an" if "study" in experiments[name] else f"{where}:"
        return [one_line(f"{key} unknown experiment; {hint}")]
    try:
        kind: type[Experiment] = study_module(study).Block
    except ConfigError as error:
        return [str(error)]
    block = raw_block(name, experiments)
    scales = {} if block.get("scales") is None else block["scales"]
    if not isinstance(scales, Mapping):
        return [f"{where}.scales: {shown(scales)} is no block; accepted: one for each of {', '.join(SCALES)}"]
    if wrong := [scale for scale, part in scales.items() if not isinstance(part, Mapping | None)]:
        return [
            one_line(f"{where}.scales.{scale}: {shown(scales[scale])} is no block; accepted: keys of {where}")
            for scale in wrong
        ]
    strange = [scale for scale in scales if scale not in SCALES]
    unknown = [f"{where}.scales.{scale}: unknown scale; accepted: {', '.join(SCALES)}" for scale in strange]
    base = mistakes(kind, scaled({**block, "scales": {}}, BASE), where)
    special = [
        line
        for scale in SCALES
        if scale in scales
        for line in mistakes(kind, scaled(block, scale), f"{where}.scales.{scale}")
        if line.replace(f".scales.{scale}", "") not in base
    ]
    return unknown + base + special


def place_mistakes(targets: Collection[str], raw: Mapping[str, Any], *, writes: bool = False) -> list[str]:
    """What is wrong with the place or with what was asked for: folders, notebooks, targets.

    Args:
        targets: that Snakemake was asked for.
        raw: the config.
        writes: whether jobs will run; to look at results takes no right to write them.
    """
    experiments = raw["experiments"]
    if Path("results").exists() and not Path("results").is_dir():
        return ["results: is a file; accepted: a folder, or nothing, which is made"]
    if not os.access(".", os.W_OK):
        return ["this folder can't be written; accepted: one that takes files: Snakemake keeps its records there"]
    if writes and Path("results").exists() and not os.access("results", os.W_OK):
        return ["results: can't be written; accepted: a folder that takes files"]
    local = raw.get("local_data")
    if local is not None and not os.path.isdir(local):  # which, unlike pathlib, takes any text
        accepted = "a folder with the original files of image sets, or null: they are downloaded"
        return [one_line(f"local_data: {shown(local)}: no such folder; accepted: {accepted}")]
    notebooks = [f"notebooks/{experiments[name].get('study', name)}.ipynb" for name in experiments]
    absent = [path for path in notebooks if not Path(path).is_file()]
    missing = [f"{path}: no such file; every experiment has its notebook" for path in absent]
    known = ["all", "redraw", *experiments]
    return missing + [
        one_line(f"{target}: unknown target; accepted: {', '.join(known)}, or a file of results/")
        for target in targets
        if target not in known and not target.startswith("results/")
    ]


def start_mistakes(jobs: Sequence[Any]) -> list[str]:
    """Inputs of Snakemake's jobs dated in the future: no output is newer, and Snakemake would delete it when made."""
    made = {path for job in jobs for path in job.output}
    inputs = sorted({path for job in jobs for path in job.input} - made)
    late = [(path, Path(path).stat().st_mtime) for path in inputs if Path(path).is_file()]
    return [
        f"{path}: dated {datetime.fromtimestamp(moment):%Y-%m-%d %H:%M}, in the future; set the clock right, "
        "or date every result anew: snakemake --touch --forceall --cores 1"
        for path, moment in late
        if moment > time.time() + CLOCKS
    ]


def blocks(raw: Mapping[str, Any]) -> dict[tuple[str, str], tuple[str, Experiment]]:
    """By (scale, experiment): the study's name and its typed block. The config must be free of mistakes."""
    experiments = raw["experiments"]
    found = {}
    for name in experiments:
        study = experiments[name].get("study", name)
        block = raw_block(name, experiments)
        for scale in SCALES:
            found[scale, name] = (study, parse(study_module(study).Block, scaled(block, scale), f"experiments.{name}"))
    return found
