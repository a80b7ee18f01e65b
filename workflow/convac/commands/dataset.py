"""Make one dataset from its spec."""

import importlib
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from convac.datasets.controls import controlled
from convac.datasets.summaries import summarise_draws
from convac.files import Arrays, read_json, write_arrays, write_json, write_table
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
    arrays, summary = made(spec, importlib.import_module(module).generate, place)
    code = source_hash(__spec__.name, *spec.modules)
    write_arrays(options.data, arrays, {"spec": digest(spec), "code": code})
    write_table(options.summary, summary)
    write_json(options.record, run_record(spec=digest(spec), code=code))
    LOG.info("%d training and %d test images", arrays["train_labels"].size, arrays["test_labels"].size)


def made(spec: DatasetSpec, generate: Callable[..., Arrays], place: Mapping[str, str]) -> tuple[Arrays, pd.DataFrame]:
    """The arrays of a dataset, with a leading axis of draws where it has seeds, and their summary.

    Args:
        spec: of the dataset.
        generate: of its module.
        place: `folder`, that of the original files, where `generate` takes one.
    """
    sources = [{"seed": seed} for seed in spec.seeds] or [{}]
    drawn = [controlled(generate(**spec.arguments, **source, **place), spec.control) for source in sources]
    arrays = {name: np.stack([each[name] for each in drawn]) for name in drawn[0]} if spec.seeds else drawn[0]
    return arrays, summarise_draws(drawn, spec.seeds)
