"""Measure every trained network of a cell: its entanglement, through training, and what its accuracy rests on."""

import time
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from math import inf, isnan, nan
from typing import Any

import numpy as np
import pandas as pd

from convac.circuits.tree import Circuit
from convac.entanglement import measures
from convac.entanglement.limits import MEMORY
from convac.entanglement.measure import Measurement, measure
from convac.entanglement.precision import LARGEST_ERROR
from convac.entanglement.truncation import bond_spectra, bonds_of, entropies
from convac.errors import ArgumentError, FileError, PrecisionError
from convac.files import Arrays, ContentError, parsed_json, read_arrays, read_json, read_table, write_json, write_table
from convac.geometry.partitions import Partition
from convac.measurement.dependence import CONDITIONED, dependence_rows, kept_rows, label_rows
from convac.measurement.missing import missing_rows
from convac.measurement.truncation import truncation_rows
from convac.networks.arithmetic import ConvAC
from convac.networks.layers import Network
from convac.progress import LOG, reporter
from convac.provenance import run_record, source_hash
from convac.specs.measure import DependenceSpec, MeasureSpec
from convac.specs.parsing import parse
from convac.specs.run import RunSpec
from convac.specs.spec import digest
from convac.specs.tables import LEARNT, MATCHED, table_of
from convac.training.loop import build, load
from convac.training.runs import measurable, of_seed, weights_of_seed

Row = dict[str, Any]

UNTRAINED, TRAINING, TRAINED = "untrained", "training", "trained"


def add_arguments(parser: ArgumentParser) -> None:
    """Options of `convac entanglement`."""
    parser.add_argument("--spec", required=True, help="JSON: the run's spec")
    parser.add_argument("--measure", required=True, help="JSON text: partitions, label, bonds, ranks, …")
    parser.add_argument("--model", required=True, help="safetensors with the trained weights of all seeds")
    parser.add_argument("--history", required=True, help="parquet: loss by seed and step")
    parser.add_argument("--data", required=True, help="the dataset's safetensors")
    parser.add_argument("--memory", type=int, default=MEMORY // 2**20, help="MB that an engine may use")
    parser.add_argument("--output", required=True, help="parquet to write")
    parser.add_argument("--record", required=True, help="JSON to write: commit, versions, host, time, seconds")


def run(options: Namespace) -> None:
    """Measure each seed's network at each moment and partition and write one tidy table."""
    spec = parse(RunSpec, read_json(options.spec), options.spec)
    wanted = parse(MeasureSpec, parsed(options.measure), "measure")
    tensors, metadata = read_arrays(options.model)
    if metadata.get("spec") != digest(spec):
        raise FileError(f"{options.model}: belongs to another run; accepted: the one with digest {digest(spec)}")
    history = read_table(options.history, ("seed", "step", "quantity", "value"))
    data = read_arrays(options.data)[0] if wanted.ranks or wanted.missing or wanted.dependence else {}
    started = time.monotonic()
    rows = list(measured(spec, wanted, tensors, history, data, options.memory * 2**20))
    seconds = round(time.monotonic() - started, 3)
    write_table(options.output, table_of(rows))
    code = source_hash(__spec__.name, *spec.modules)
    write_json(options.record, run_record(spec=digest(spec), code=code, seconds=seconds))


def parsed(text: str) -> Any:
    """The value that a JSON text stands for; raises ArgumentError where it is none."""
    try:
        return parsed_json(text)
    except (ValueError, RecursionError, ContentError) as error:
        raise ArgumentError(f"--measure: {error}; accepted: a JSON object") from error


def measured(
    spec: RunSpec,
    wanted: MeasureSpec,
    tensors: Arrays,
    history: pd.DataFrame,
    data: Arrays,
    memory_limit: int = MEMORY,
) -> Iterator[Row]:
    """Rows of every moment, seed and partition; of truncations and missing pixels, of the trained networks alone."""
    last, seeds = spec.training.steps, spec.training.seeds
    moments = sorted({*spec.training.snapshots, last})
    report = reporter(len(seeds) * len(moments), "network")
    matched = matched_moments(history, moments, wanted.matched_loss)
    for number, moment in enumerate(moments):
        network = load(spec, tensors, step=None if moment == last else moment)
        phase = {0: UNTRAINED, last: TRAINED}.get(moment, TRAINING)
        for replica, seed in enumerate(seeds):
            across = list(across_partitions(network, replica, wanted, memory_limit))
            tested = data if wanted.ranks and moment == last else {}
            bonds, truncations = of_bonds(network, replica, wanted, tested)
            found = [*across, *bonds]
            for name in [phase] + ([MATCHED] if matched.get(seed) == moment else []):
                yield from ({"seed": seed, "phase": name, "moment": moment, **row} for row in found)
            yield from ({"seed": seed, "phase": phase, "moment": moment, **row} for row in truncations)
            report(number * len(seeds) + replica + 1, f"seed {seed} at step {moment}")
        if wanted.missing and moment == last:
            for row in missing_rows(network, data, wanted.missing):
                yield {"phase": phase, "moment": moment, **row}
    if wanted.dependence:
        yield from on_data(spec, wanted.dependence, tensors, history, data, memory_limit)


def on_data(
    spec: RunSpec, wanted: DependenceSpec, tensors: Arrays, history: pd.DataFrame, data: Arrays, memory_limit: int
) -> Iterator[Row]:
    """Dependence on data of every seed: untrained, at every snapshot and trained; and of the score behind the label."""
    last, seeds = spec.training.steps, spec.training.seeds
    learnt = learnt_seeds(history, last, wanted.learnt)
    moments = sorted({0, *spec.training.snapshots, last})
    report = reporter(len(seeds) * len(moments), "network on data")
    for number, seed in enumerate(seeds):
        if wanted.label_score:
            yield from ({"seed": seed, **row} for row in label_rows(spec.dataset, seed, data, wanted, memory_limit))
        one, weights = of_seed(spec, number), weights_of_seed(tensors, number)
        for place, moment in enumerate(moments):
            # where no snapshot was taken of it, a network is built untrained again: its seed says how
            kept = moment in {*spec.training.snapshots, last}
            network = load(one, weights, step=None if moment == last else moment) if kept else build(one)
            phase = {0: UNTRAINED, last: TRAINED}.get(moment, TRAINING)
            controls = wanted.controls and moment == last
            for row in dependence_rows(network, seed, data, wanted, controls, memory_limit):
                yield {"seed": seed, "phase": phase, "moment": moment, **row}
                share = row["quantity"] == "interaction_share" and row["condition"] == CONDITIONED
                if share and moment == last and seed in learnt:
                    yield {"seed": seed, "phase": LEARNT, "moment": moment, **row}
            if moment == last:
                kept_vectors = kept_rows(network, seed, data, wanted, memory_limit)
                yield from ({"seed": seed, "phase": phase, "moment": moment, **row} for row in kept_vectors)
            report(number * len(moments) + place + 1, f"seed {seed} at step {moment}")


def learnt_seeds(history: pd.DataFrame, last: int, bar: float) -> set[int]:
    """Seeds whose accuracy on test images, after the last step, is at least the bar."""
    final = history[(history["quantity"] == "test_accuracy") & (history["step"] == last) & (history["value"] >= bar)]
    return set(final["seed"].tolist())


def matched_moments(history: pd.DataFrame, moments: list[int], loss: float | None) -> dict[int, int]:
    """By seed, the first moment whose training loss is at most `loss`; seeds that never reach it are left out."""
    if loss is None:
        return {}
    low = history[(history["quantity"] == "loss") & (history["value"] <= loss) & history["step"].isin(moments)]
    first = low.groupby("seed", as_index=False)["step"].min()
    return dict(zip(first["seed"].tolist(), first["step"].tolist(), strict=True))


def across_partitions(network: Network, replica: int, wanted: MeasureSpec, memory_limit: int) -> Iterator[Row]:
    """Measures of one class' score across every partition, by engines of at most `memory_limit` bytes."""
    source = measurable(network, replica)
    sites = source.tree.shape if isinstance(source, Circuit) else source.sites
    for name in wanted.partitions:
        partition = Partition.of(sites, name)
        try:
            # how long a job may take is its scheduler's to say
            found = measure(
                source, partition, output=wanted.label, memory_limit=memory_limit, time_limit=inf, largest_error=inf
            )
        except ArgumentError as error:
            # a score whose every unit is dead is zero everywhere: there is nothing to measure, and nothing wrong
            if str(error) != measures.ZERO:
                raise
            LOG.info("seed %d, %s: %s", network.seeds[replica], name, error)
            continue
        LOG.info(
            "seed %d, %s: %s %s, error %.1e", network.seeds[replica], name, found.engine, found.reason, found.error
        )
        yield from ({"partition": name, "label": wanted.label, **row} for row in observations(found))


def symbols(network: Network, images: np.ndarray) -> np.ndarray:
    """One-hot sites of integer images, (n, N) in row-major order."""
    if not isinstance(network, ConvAC):
        raise ArgumentError(f"measure.ranks: {type(network).__name__} has no bonds; accepted: a ConvAC")
    representation = network.representation
    if representation is None:
        return images.reshape(len(images), -1).astype(np.int64)
    if representation.affine:
        pixels = representation.sites(images, network.tree.shape) / representation.brightest
        return np.concatenate([pixels, 1 - pixels], axis=2)
    return representation.sites(images, network.tree.shape).reshape(len(images), -1)


def of_bonds(network: Network, replica: int, wanted: MeasureSpec, data: Arrays) -> tuple[list[Row], list[Row]]:
    """Rows of the bonds' entropies, where wanted, and of truncations, where there is data: by one decomposition.

    There are none of a tensor that is zero or whose entropies rounding may have moved too far.
    """
    if not wanted.bonds and not data:
        return [], []
    circuit = network.circuit(replica)
    entropy_rows, cut_rows = [], []
    try:
        bonds = bonds_of(circuit, memory_limit=inf, time_limit=inf)  # a job's limits are its scheduler's
        spectra = bond_spectra(circuit, bonds)
    except (ArgumentError, PrecisionError) as error:
        if isinstance(error, ArgumentError) and str(error) != measures.ZERO:
            raise
        LOG.info("seed %d, bonds: %s", network.seeds[replica], error)
        return [], []
    if wanted.bonds:
        entropy_rows = bond_rows(entropies(spectra))
    if data:
        inputs = symbols(network, data["test_images"])
        cut_rows = truncation_rows(circuit, inputs, data["test_labels"], wanted.ranks, bonds)
    return entropy_rows, cut_rows


def bond_rows(levels: list[np.ndarray]) -> list[Row]:
    """Mean entropy of every level's bonds, and the largest of all."""
    means = [
        {"level": level, "quantity": "bond_entropy", "value": float(values.mean())}
        for level, values in enumerate(levels, start=1)
    ]
    return [*means, {"quantity": "largest_bond_entropy", "value": max(float(values.max()) for values in levels)}]


def observations(found: Measurement) -> list[Row]:
    """One row per quantity that the engine gives; of values that rounding may have moved too far, the cut alone."""
    certain = found.error <= LARGEST_ERROR
    values = {
        "entropy": found.entropy,
        "renyi2": found.renyi2,
        "geometric_measure": found.geometric_measure,
        "schmidt_number": found.schmidt_number,
    }
    if found.min_cut is not None:
        entropy = found.renyi2 if isnan(found.entropy) else found.entropy
        values["min_cut_log"] = found.min_cut.log
        values["cut_share"] = entropy / found.min_cut.log if found.min_cut.log else nan
    given = {
        name: float(value)
        for name, value in values.items()
        if value is not None and not isnan(value) and (certain or name == "min_cut_log")
    }
    return [{"engine": found.engine, "quantity": name, "value": value} for name, value in given.items()]
