"""Measure the entanglement of every trained network of a cell."""

from argparse import ArgumentParser, Namespace
from math import isnan
from typing import Any

import pandas as pd

from convac.entanglement.measure import Measurement, measure
from convac.errors import FileError
from convac.files import read_arrays, read_json, write_table
from convac.geometry.partitions import Partition
from convac.parsing import parse
from convac.progress import LOG, reporter
from convac.specs import RunSpec, digest
from convac.training.loop import load

LABEL = 1  # the class whose score is measured: of a closed or symmetric blob


def add_arguments(parser: ArgumentParser) -> None:
    """Options of `convac entanglement`."""
    parser.add_argument("--spec", required=True, help="JSON: the run's spec")
    parser.add_argument("--model", required=True, help="safetensors with the trained weights of all seeds")
    parser.add_argument("--partitions", required=True, nargs="+", help="names of partitions of the sites")
    parser.add_argument("--output", required=True, help="parquet to write")


def run(options: Namespace) -> None:
    """Measure each seed's network at each partition and write one tidy table."""
    spec = parse(RunSpec, read_json(options.spec), options.spec)
    tensors, metadata = read_arrays(options.model)
    if metadata.get("spec") != digest(spec):
        raise FileError(f"{options.model}: belongs to another run; accepted: the one with digest {digest(spec)}")
    network = load(spec, tensors)
    partitions = {name: Partition.of(spec.network.sites, name) for name in options.partitions}
    report = reporter(len(spec.training.seeds) * len(partitions), "measurement")
    rows: list[dict[str, Any]] = []
    done = 0
    for replica, seed in enumerate(spec.training.seeds):
        circuit = network.circuit(replica)
        for name, partition in partitions.items():
            found = measure(circuit, partition, output=LABEL)
            rows += [{"seed": seed, "partition": name, "label": LABEL, **row} for row in observations(found)]
            done += 1
            report(done, f"{name}: {found.engine}")
            LOG.info("seed %d, %s: %s %s", seed, name, found.engine, found.reason)
    write_table(options.output, pd.DataFrame(rows))


def observations(found: Measurement) -> list[dict[str, Any]]:
    """One row per quantity that the engine gives."""
    values = {
        "entropy": found.entropy,
        "renyi2": found.renyi2,
        "geometric_measure": found.geometric_measure,
        "schmidt_number": found.schmidt_number,
        "min_cut_log": found.min_cut.log if found.min_cut else None,
    }
    known = {name: float(value) for name, value in values.items() if value is not None and not isnan(value)}
    return [{"engine": found.engine, "quantity": name, "value": value} for name, value in known.items()]
