"""Entanglement of a run's networks under uniform inputs: across partitions and bonds, through training."""

from collections.abc import Iterator
from math import inf, isnan, nan

import numpy as np

from convac.circuits.tree import Circuit
from convac.entanglement import measures
from convac.entanglement.measure import Measurement, measure
from convac.entanglement.precision import LARGEST_ERROR
from convac.entanglement.truncation import entropies
from convac.errors import ArgumentError
from convac.geometry.partitions import Partition
from convac.measurement.bonds import decomposed
from convac.measurement.trained import Row, Trained
from convac.networks.base import Network
from convac.progress import LOG, reporter
from convac.specs.measurements.entanglement import EntanglementSpec
from convac.specs.tables import MATCHED
from convac.training.runs import measurable


def rows(trained: Trained, wanted: EntanglementSpec) -> Iterator[Row]:
    """Rows of every moment, seed and partition; those of a matched loss stand a second time, under that phase."""
    seeds, moments = trained.seeds, trained.moments
    report = reporter(len(seeds) * len(moments), "network")
    matched = trained.matched(wanted.matched_loss)
    for number, moment in enumerate(moments):
        network = trained.network(moment)
        for replica, seed in enumerate(seeds):
            found = list(across_partitions(network, replica, wanted, trained.memory_limit))
            bonds = decomposed(network, replica) if wanted.bonds else None
            found += bond_rows(entropies(bonds.spectra)) if bonds else []
            for phase in [trained.phase(moment)] + ([MATCHED] if matched.get(seed) == moment else []):
                yield from ({"seed": seed, "phase": phase, "moment": moment, **row} for row in found)
            report(number * len(seeds) + replica + 1, f"seed {seed} at step {moment}")


def across_partitions(network: Network, replica: int, wanted: EntanglementSpec, memory_limit: float) -> Iterator[Row]:
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
