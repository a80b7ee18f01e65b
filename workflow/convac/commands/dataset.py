"""Make one dataset from its spec."""

import importlib
import inspect
from argparse import ArgumentParser, Namespace

from convac.datasets.controls import controlled
from convac.datasets.summaries import summarise
from convac.errors import ConfigError
from convac.files import read_json, write_arrays, write_json, write_table
from convac.progress import LOG
from convac.provenance import run_record, source_hash
from convac.specs.parsing import parse
from convac.specs.spec import DatasetSpec, digest


def add_arguments(parser: ArgumentParser) -> None:
    """Options of `convac dataset`."""
    parser.add_argument("--spec", required=True, help="JSON: name of the generator and its parameters")
    parser.add_argument("--data", required=True, help="safetensors to write")
    parser.add_argument("--summary", required=True, help="parquet to write: counts, baseline, example images")
    parser.add_argument("--record", required=True, help="JSON to write: commit, versions, host, time")
    parser.add_argument("--folder", help="original files that the images are made from; not part of the spec")


def run(options: Namespace) -> None:
    """Generate the arrays and write them with their summary."""
    spec = parse(DatasetSpec, read_json(options.spec), options.spec)
    generate = importlib.import_module(spec.modules[0]).generate
    known = inspect.signature(generate).parameters
    accepted = [name for name in known if name != "folder"]
    for name in spec.parameters:
        if name not in accepted:
            raise ConfigError(f"{options.spec}: parameters.{name}: unknown key; accepted: {', '.join(accepted)}")
    place = {"folder": options.folder} if "folder" in known else {}
    arrays = controlled(generate(**spec.parameters, **place), spec.control)
    code = source_hash(__spec__.name, *spec.modules)
    write_arrays(options.data, arrays, {"spec": digest(spec), "code": code})
    write_table(options.summary, summarise(arrays))
    write_json(options.record, run_record(spec=digest(spec), code=code))
    LOG.info("%d training and %d test images", len(arrays["train_labels"]), len(arrays["test_labels"]))
