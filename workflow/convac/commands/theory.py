"""Compute one cell of a theory study: no training."""

import importlib
import time
from argparse import ArgumentParser, Namespace

from convac.files import read_json, write_json, write_table
from convac.provenance import run_record, source_hash
from convac.specs.job import read_job
from convac.specs.spec import digest


def add_arguments(parser: ArgumentParser) -> None:
    """Options of `convac theory`."""
    parser.add_argument("--spec", required=True, help="JSON: the study, its job, and the job's fields")
    parser.add_argument("--output", required=True, help="parquet to write")
    parser.add_argument("--record", required=True, help="JSON to write: commit, versions, host, time, seconds")


def run(options: Namespace) -> None:
    """Compute the study's table and write it."""
    spec = read_job(read_json(options.spec), options.spec)
    *_, module = spec.modules
    compute = importlib.import_module(module).compute
    started = time.monotonic()
    table = compute(spec)
    seconds = round(time.monotonic() - started, 3)
    code = source_hash(__spec__.name, *spec.modules)
    write_table(options.output, table)
    write_json(options.record, run_record(spec=digest(spec), code=code, seconds=seconds))
