"""From the config to checked blocks: every mistake becomes one line that names the key and what is accepted."""

import difflib
import itertools
import shutil
import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, get_args

from pydantic import Field, model_validator

from convac.errors import ConfigError, one_line
from convac.experiments.discovery import studies, study_module
from convac.experiments.experiment import Experiment
from convac.specs.parsing import mistakes, parse, plain, shown
from convac.specs.spec import Name, Spec

Scale = Literal["smoke", "laptop", "paper", "images"]
SCALES: tuple[str, ...] = get_args(Scale)
BASE = "laptop"
Blocks = Mapping[str, Mapping[str, Any]]  # an experiment's block as written, by name
SUBMITS = {"slurm": "sbatch"}  # what an executor submits jobs by
CLOCKS = 60.0  # seconds that the clocks of two machines may differ by


class Config(Spec):
    """Top level of config.yaml."""

    scale: Scale = Field(
        "laptop", description="scale that `snakemake` runs without a target; images: that of images.yaml"
    )
    device: Literal["auto", "cpu", "cuda"] = Field("auto", description="where networks train")
    local_data: str | None = Field(None, description="folder with the original files of image sets; null: download")
    experiments: dict[Name, dict[str, Any] | None] = Field(
        min_length=1, description="one block per experiment; null leaves one out"
    )

    @model_validator(mode="after")
    def _fits(self) -> "Config":
        if all(block is None for block in self.experiments.values()):
            raise ValueError("experiments: all are null; accepted: at least one block")
        return self


def merged(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """`base` with `changes` laid over it, block by block; lists and values are replaced whole."""
    result = dict(base)
    for key, value in changes.items():
        old = result.get(key)
        result[key] = merged(old, value) if isinstance(old, Mapping) and isinstance(value, Mapping) else value
    return result


def hidden_blocks(layers: Iterable[Mapping[str, Any]]) -> Blocks:
    """Blocks by name as the files of a config write them, the later over the earlier, whatever a `null` leaves out."""
    found: dict[str, Any] = {}
    for layer in layers:
        written = layer.get("experiments")
        if isinstance(written, Mapping):
            found = merged(found, {name: block for name, block in written.items() if isinstance(block, Mapping)})
    return found


def written_blocks(experiments: Mapping[str, Any], hidden: Blocks) -> tuple[list[str], Blocks]:
    """Names of the experiments that run, and every block that one of them may lie over."""
    present = {name: block for name, block in experiments.items() if block is not None}
    return list(present), merged(hidden, present)


def scaled(block: Mapping[str, Any], scale: str) -> dict[str, Any]:
    """The block at one scale: what `scales` says of it lies over the rest."""
    base = {key: value for key, value in block.items() if key != "scales"}
    return merged(base, (block.get("scales") or {}).get(scale) or {})


def block_at(name: str, written: Blocks, scale: str | None) -> dict[str, Any]:
    """An experiment's block at one scale, None: without any scale's changes.

    A variant lies over its study at that scale: what it says itself wins, and what it says of the scale wins over that.
    """
    block = written[name]
    study = block.get("study", name)
    parts = [block] if study == name else [written.get(study, {}), block]
    found: dict[str, Any] = {}
    for part in parts:
        found = merged(found, scaled(part if scale else {**part, "scales": {}}, scale or BASE))
    return found


def config_mistakes(raw: Mapping[str, Any], hidden: Blocks | None = None) -> list[str]:
    """Every mistake in the config, a line of at most 200 characters each; empty when there is none.

    Args:
        raw: the config as Snakemake has merged it.
        hidden: blocks that a `null` leaves out (`hidden_blocks`); variants of them lie over them all the same.
    """
    found = mistakes(Config, dict(raw))
    if found:
        return found
    # YAML reads `null:` and `yes:` as no text; JSON would make one of them
    if strange := [name for name in raw["experiments"] if not isinstance(name, str)]:
        return [one_line(f"experiments: {shown(strange[0])} is not a name; accepted: text; write it in quotes")]
    experiments, hidden = plain(raw["experiments"]), plain(hidden or {})
    names, written = written_blocks(experiments, hidden)
    known = sorted({*studies(), *written})
    absent = [
        one_line(f"experiments.{name}: null leaves out an experiment, and there is none; {meant(name, known)}")
        for name, block in experiments.items()
        if block is None and name not in known
    ]
    return absent + [line for name in names for line in block_mistakes(name, written)]


def meant(name: str, known: list[str]) -> str:
    """A hint at the name that may have been meant, or at all of them."""
    near = difflib.get_close_matches(name, known, n=1)
    return f"did you mean {near[0]}?" if near else f"accepted: {', '.join(known)}"


def study_mistake(name: str, block: Mapping[str, Any]) -> str:
    """What to write where an experiment's study is unknown: a slip of the pen, or a variant that names none."""
    where, known = f"experiments.{name}", studies()
    if "study" in block:
        study = block["study"]
        return one_line(f"{where}.study: {shown(study)} is an unknown experiment; {meant(str(study), known)}")
    if slips := difflib.get_close_matches("study", block, n=1):
        return one_line(f"{where}.{slips[0]}: unknown key; did you mean study?")
    if near := difflib.get_close_matches(name, known, n=1):
        return one_line(f"{where}: unknown experiment; did you mean {near[0]}? A variant says study: {near[0]}")
    keys = {*block} - {"scales"}
    alike = [study for study in known if keys and keys <= {*block_type(study).model_fields}]
    hint = f"its keys are those of {alike[0]}: study: {alike[0]}" if alike else f"accepted: {', '.join(known)}"
    return one_line(f"{where}: unknown experiment; a variant names its study; {hint}")


def block_type(study: str) -> type[Experiment]:
    """The type of a study's block; raises ConfigError for a module that breaks the contract."""
    kind: type[Experiment] = study_module(study).Block
    return kind


def block_mistakes(name: str, written: Blocks) -> list[str]:
    """Mistakes in one experiment's block, at its base and at every scale."""
    where, block = f"experiments.{name}", written[name]
    study = block.get("study", name)
    try:
        if study not in studies():
            return [study_mistake(name, block)]
        kind = block_type(study)
    except ConfigError as error:
        return [str(error)]
    if slips := difflib.get_close_matches("scales", {*block} - {*kind.model_fields, "scales"}, n=1):
        return [one_line(f"{where}.{slips[0]}: unknown key; did you mean scales?")]
    if unusable := scales_mistakes(where, block.get("scales")):
        return unusable
    theirs = written.get(study, {}).get("scales")
    scales = {**(theirs if isinstance(theirs, Mapping) else {}), **(block.get("scales") or {})}
    strange = [scale for scale in block.get("scales") or {} if scale not in SCALES]
    unknown = [f"{where}.scales.{scale}: unknown scale; accepted: {', '.join(SCALES)}" for scale in strange]
    base = mistakes(kind, block_at(name, written, None), where)
    # a block under a slip of its name leaves each scale's part of it alone, without the keys that it should have had
    slipped = any(": unknown key; " in line for line in base)
    special = [
        line
        for scale in SCALES
        if scale in scales
        for line in mistakes(kind, block_at(name, written, scale), f"{where}.scales.{scale}")
        if line.replace(f".scales.{scale}", "") not in base and not (slipped and ": is missing; " in line)
    ]
    return unknown + base + special


def scales_mistakes(where: str, scales: Any) -> list[str]:
    """Mistakes in the form of a block's `scales`."""
    if not isinstance(scales, Mapping | None):
        return [
            one_line(f"{where}.scales: {shown(scales)} is not a block; accepted: one for each of {', '.join(SCALES)}")
        ]
    return [
        one_line(f"{where}.scales.{scale}: {shown(part)} is not a block; accepted: keys of {where}")
        for scale, part in (scales or {}).items()
        if not isinstance(part, Mapping | None)
    ]


def executor_mistakes(executor: str) -> list[str]:
    """What is wrong with the executor that a profile names: without a scheduler's command every job fails by itself."""
    command = SUBMITS.get(executor)
    if command is None or shutil.which(command):
        return []
    return [f"executor {executor}: no {command} on this machine; accepted: a login node of the cluster, or no profile"]


def start_mistakes(jobs: Sequence[Any]) -> list[str]:
    """Inputs of Snakemake's jobs dated in the future: no output is newer, and Snakemake would delete it when made."""
    made = {path for job in jobs for path in job.output}
    inputs = sorted({path for job in jobs for path in job.input} - made)
    late = [(path, Path(path).stat().st_mtime) for path in inputs if Path(path).is_file()]
    return [
        f"{path}: dated {datetime.fromtimestamp(moment):%Y-%m-%d %H:%M}, in the future; set the clock right, "
        "or renew the dates of all results: snakemake --touch --forceall --cores 1"
        for path, moment in late
        if moment > time.time() + CLOCKS
    ]


def blocks(raw: Mapping[str, Any], hidden: Blocks | None = None) -> dict[tuple[str, str], tuple[str, Experiment]]:
    """By (scale, experiment): the study's name and its typed block. The config must be free of mistakes."""
    names, written = written_blocks(raw["experiments"], hidden or {})
    found = {}
    for name, scale in itertools.product(names, SCALES):
        study = written[name].get("study", name)
        block = parse(study_module(study).Block, block_at(name, written, scale), f"experiments.{name}")
        found[scale, name] = (study, block)
    return found
