"""Make one dataset from its spec."""

import importlib
from argparse import ArgumentParser, Namespace

from convac.datasets.controls import controlled
from convac.datasets.summaries import summarise
from convac.files import read_json, write_arrays, write_json, write_table
from convac.progress import LOG
from convac.provenance import run_record, source_hash
from convac.specs.dataset import DatasetSpec
from convac.specs.kinds import of_kind
from convac.specs.spec import digest


def add_arguments(parser: ArgumentParser) -> None:
    """Options of `convac dataset`."""
    parser.add_argument("--spec", required=True, help="JSON: kind of the dataset and its fields")
    parser.add_argument("--data", required=True, help="safetensors to write")
    parser.add_argument("--summary", required=True, help="parquet to write: counts, baseline, example images")
    parser.add_argument("--record", required=True, help="JSON to write: commit, versions, host, time")
    parser.add_argument("--folder", help="original files that the images are made from; not part of the spec")


def run(options: Namespace) -> None:
    """Generate the arrays and write them with their summary."""
    spec = of_kind(DatasetSpec, read_json(options.spec), options.spec)
    *_, module = spec.modules
    place = {} if spec.originals is None else {"folder": options.folder}
    arrays = controlled(importlib.import_module(module).generate(**spec.arguments, **place), spec.control)
    code = source_hash(__spec__.name, *spec.modules)
    write_arrays(options.data, arrays, {"spec": digest(spec), "code": code})
    write_table(options.summary, summarise(arrays))
    write_json(options.record, run_record(spec=digest(spec), code=code))
    LOG.info("%d training and %d test images", len(arrays["train_labels"]), len(arrays["test_labels"]))
