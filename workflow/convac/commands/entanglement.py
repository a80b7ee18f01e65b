"""Measure every trained network of a cell: its entanglement, through training, and what its accuracy rests on."""

import importlib
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from typing import Any

from convac.entanglement.limits import MEMORY
from convac.errors import ArgumentError, FileError
from convac.files import ContentError, parsed_json, read_arrays, read_json, read_table, write_json, write_table
from convac.measurement.trained import Row, Trained
from convac.provenance import run_record, source_hash
from convac.specs.measurement import MeasureSpec
from convac.specs.parsing import parse
from convac.specs.run import RunSpec
from convac.specs.spec import digest
from convac.specs.tables import table_of


def add_arguments(parser: ArgumentParser) -> None:
    """Options of `convac entanglement`."""
    parser.add_argument("--spec", required=True, help="JSON: the run's spec")
    parser.add_argument("--measure", required=True, help="JSON text: the measurements, each of a kind")
    parser.add_argument("--model", required=True, help="safetensors with the trained weights of all seeds")
    parser.add_argument("--history", required=True, help="parquet: loss by seed and step")
    parser.add_argument("--data", required=True, help="the dataset's safetensors")
    parser.add_argument("--memory", type=int, default=MEMORY // 2**20, help="MB that an engine may use")
    parser.add_argument("--output", required=True, help="parquet to write")
    parser.add_argument("--record", required=True, help="JSON to write: commit, versions, host, time, seconds")


def run(options: Namespace) -> None:
    """Measure each seed's network as every measurement says and write one tidy table."""
    spec = parse(RunSpec, read_json(options.spec), options.spec)
    wanted = parse(MeasureSpec, parsed(options.measure), "measure")
    tensors, metadata = read_arrays(options.model)
    if metadata.get("spec") != digest(spec):
        raise FileError(f"{options.model}: belongs to another run; accepted: the one with digest {digest(spec)}")
    history = read_table(options.history, ("seed", "step", "quantity", "value"))
    data = read_arrays(options.data)[0] if any(each.on_images for each in wanted.measurements) else {}
    started = time.monotonic()
    rows = list(measured(Trained(spec, tensors, history, data, options.memory * 2**20), wanted))
    seconds = round(time.monotonic() - started, 3)
    write_table(options.output, table_of(rows))
    code = source_hash(__spec__.name, *spec.modules, *wanted.modules)
    write_json(options.record, run_record(spec=digest(spec), code=code, seconds=seconds))


def parsed(text: str) -> Any:
    """The value that a JSON text stands for; raises ArgumentError where it is none."""
    try:
        return parsed_json(text)
    except (ValueError, RecursionError, ContentError) as error:
        raise ArgumentError(f"--measure: {error}; accepted: a JSON object") from error


def measured(trained: Trained, wanted: MeasureSpec) -> Iterator[Row]:
    """Rows of every measurement."""
    for each in wanted.measurements:
        *_, module = each.modules
        yield from importlib.import_module(module).rows(trained, each)
