"""Sweep keys of an experiment: write its variants, run them, and end in one tidy table and one curve."""

import difflib
import shlex
import subprocess
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from convac.errors import ArgumentError, ConvacError
from convac.files import read_table, write_table, write_text
from convac.planning.config import SCALES, hidden_blocks
from convac.planning.config_files import read_config
from convac.planning.place import first_here, source
from convac.planning.sweeps import Sweep, sweep_of
from convac.progress import LOG
from convac.specs.parsing import shown
from convac.specs.results import REFERENCE, SCALE, TABLE, filled
from convac.specs.tables import COMPUTED, QUANTITIES

QUIET = ("--quiet", "host", "rules", "progress", "reason", "--show-failed-logs", "--rerun-incomplete")


def add_arguments(parser: ArgumentParser) -> None:
    """Options of `convac sweep`."""
    parser.add_argument("experiment", help="experiment whose keys are swept, as in config.yaml")
    parser.add_argument(
        "keys", nargs="+", metavar="KEY=VALUE,VALUE", help="key and values, as in widths=8,16,32 or arithmetic.lr=0.01"
    )
    parser.add_argument(
        "--configfile", nargs="+", default=[], help="config files that extend config.yaml, as for Snakemake"
    )
    parser.add_argument("--scale", choices=SCALES, help="scale; by default that of the config files")
    parser.add_argument("--cores", default="all", help="cores for Snakemake; by default all")
    parser.add_argument("--quantity", help="quantity of the curve; by default test accuracy, or a rank")
    parser.add_argument("--dry-run", "-n", action="store_true", help="only write the variants and print the command")


def run(options: Namespace) -> None:
    """Write the variants, run Snakemake on them, gather their tables, draw."""
    layers = [read_config(path) for path in (first_here("config.yaml"), *options.configfile)]
    scale = options.scale or next((layer["scale"] for layer in reversed(layers) if "scale" in layer), "laptop")
    experiments = hidden_blocks(layers)
    sweep = sweep_of(options.experiment, options.keys, experiments)
    if options.quantity is not None:
        check_quantity(options.quantity, sweep, experiments, scale)
    stem = f"{filled(SCALE, scale=scale)}/sweeps/{sweep.name}"
    write_text(f"{stem}.yaml", sweep.text())
    words = snakemake_words(sweep, [*options.configfile, f"{stem}.yaml"], scale, options.cores)
    LOG.info("%s: %d variants", f"{stem}.yaml", len(sweep.blocks))
    if options.dry_run:
        print(shlex.join(["snakemake", *words]))
        return
    if subprocess.run([sys.executable, "-m", "snakemake", *words], check=False).returncode:
        raise ConvacError(f"{stem}.yaml: its run stopped; the lines above say why, and the same command goes on")
    gather(sweep, scale, stem, options.quantity)


def check_quantity(quantity: str, sweep: Sweep, experiments: Mapping[str, Any], scale: str) -> None:
    """Refuse a quantity that the sweep's table can't have, before anything runs.

    Raises:
        ArgumentError: no experiment has it; or only training gives it, and this experiment trains nothing.
    """
    if quantity not in QUANTITIES:
        near = difflib.get_close_matches(quantity, QUANTITIES, n=1)
        hint = f"did you mean {near[0]}?" if near else "accepted: a quantity of docs/data.md"
        raise ArgumentError(f"--quantity: {shown(quantity)} is unknown; {hint}")
    kept = Path(first_here(f"{REFERENCE}/tables/{sweep.study}.parquet"))
    if quantity in COMPUTED or sweep.trains(experiments, scale) or not kept.is_file():
        return
    usual = sorted(read_table(kept, ("quantity",))["quantity"].unique())
    if quantity not in usual:
        raise ArgumentError(f"--quantity: {quantity}: {sweep.study} trains nothing; accepted: {', '.join(usual)}")


def snakemake_words(sweep: Sweep, files: list[str], scale: str, cores: str) -> list[str]:
    """What Snakemake is given: the variants' tables first, options that take several words last."""
    place = [] if Path("Snakefile").is_file() else ["--snakefile", source("Snakefile")]
    tables = [filled(TABLE, scale=scale, experiment=name) for name in sweep.blocks]
    return [*tables, *place, "--cores", cores, *QUIET, "--configfile", *files, "--config", f"scale={scale}"]


def gather(sweep: Sweep, scale: str, stem: str, quantity: str | None) -> None:
    """Write the sweep's table and its curve."""
    from convac.plotting.style import save
    from convac.plotting.sweep import sweep_figure, usual_quantity

    table = swept_table(sweep, scale)
    for suffix in ("parquet", "csv"):
        write_table(f"{stem}.{suffix}", table)
    drawn = quantity or usual_quantity(table)
    save(sweep_figure(table, sweep.swept[0], drawn), stem, f"{sweep.name}, {scale} scale, {drawn}")
    LOG.info("%s.csv: %d rows; %s.png: %s by %s", stem, len(table), stem, drawn, sweep.swept[0])


def swept_table(sweep: Sweep, scale: str) -> pd.DataFrame:
    """The tidy tables of all variants as one, their values of the swept keys in their own columns, first."""
    from convac.plotting.sweep import column

    parts = []
    for name, point in sweep.points.items():
        table = read_table(filled(TABLE, scale=scale, experiment=name), ("cell", "quantity", "value"))
        for place, (key, value) in enumerate(point.items()):
            table.insert(place, column(key), in_cell(value))
        parts.append(table)
    return pd.concat(parts, ignore_index=True)


def in_cell(value: Any) -> Any:
    """A value as a table has it: a list as text.

    >>> in_cell([8, 16]), in_cell(0.1)
    ('8 16', 0.1)
    """
    return " ".join(map(str, value)) if isinstance(value, list) else value
