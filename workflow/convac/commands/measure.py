"""Measure the entanglement of a circuit file, or of your own network, across a partition; or its dependence on data."""

import json
from argparse import ArgumentParser, Namespace
from math import isfinite
from typing import Any

from convac.circuits.files import read_circuit
from convac.circuits.tree import Circuit
from convac.circuits.tree_tensors import TreeTensorNetwork
from convac.commands import dependence
from convac.commands.own_network import named, own_code
from convac.entanglement.generic_rank import generic_rank
from convac.entanglement.limits import MEMORY, SECONDS
from convac.entanglement.measure import Measurement, measure
from convac.entanglement.mincut import MinCut
from convac.entanglement.sources import Source
from convac.errors import ArgumentError
from convac.specs.results import RUN, filled

LISTED = 64  # a spectrum of at most so many singular values is printed
PRINTED = 10**640  # integers below it are converted to text whatever Python's limit is


def add_arguments(parser: ArgumentParser) -> None:
    """Options of `convac measure`."""
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--circuit", help="a circuit file, JSON (docs/circuit-format.md)")
    source.add_argument("--network", help="module:name or file.py:name, the network or a function that makes it")
    source.add_argument("--run", help=f"a trained run's folder, {filled(RUN, cell='CELL')}")
    parser.add_argument("--replica", type=int, help="which seed of a run, counted from 0")
    parser.add_argument("--partition", required=True, help="a name (left-right, …) or sites: 0,2,5")
    parser.add_argument("--class", dest="label", type=int, help="the class whose score is measured, 0")
    parser.add_argument("--combination", help="one coefficient per class instead: 1,-1")
    parser.add_argument("--engine", default="auto", help="force an engine: brute, spectrum, renyi2, grid, grid-sampled")
    parser.add_argument("--tolerance", type=float, help="relative tolerance of the Schmidt number")
    parser.add_argument(
        "--memory-limit", type=float, default=MEMORY, help="bytes that an engine may use; inf: no limit"
    )
    parser.add_argument(
        "--time-limit", type=float, default=SECONDS, help="seconds that an engine may take; inf: no limit"
    )
    parser.add_argument(
        "--largest-error", type=float, help="largest error of the entropies in nats; above it nothing is reported"
    )
    parser.add_argument(
        "--samples", type=int, help="samples per side: of grid-sampled 512, of images, with --data, 256"
    )
    parser.add_argument("--seed", type=int, default=0, help="seed of the samples")
    parser.add_argument("--sites", help="shape of the sites of a function, 4,4")
    parser.add_argument("--templates", help="values of a site of a function, 0,1 by default")
    parser.add_argument("--generic", action="store_true", help="also compute the rank for almost all weights")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    dependence.add_arguments(parser)


def run(options: Namespace) -> None:
    """Measure and print."""
    dependence.check_options(options)
    with own_code(options.network):
        result = on_data(options) if options.data is not None else measured(options)
    said = dependence.readable if options.data is not None else readable
    print(json.dumps(result, allow_nan=False) if options.json else said(result))


def on_data(options: Namespace) -> dict[str, Any]:
    """The dependence on data that the options ask for, as plain data."""
    return dependence.measured(options, source_of(options), sites_of(options))


def measured(options: Namespace) -> dict[str, Any]:
    """The measurement that the options ask for, as plain data."""
    source = source_of(options)
    if options.generic and not has_weights(source):
        raise ArgumentError("generic: is for circuits; a function has no weights to replace")
    found = measure(
        source,
        options.partition,
        output=output_of(options),
        engine=options.engine,
        tolerance=options.tolerance,
        memory_limit=options.memory_limit,
        time_limit=options.time_limit,
        largest_error=options.largest_error,
        sites=sites_of(options),
        templates=values(options.templates, "templates") if options.templates is not None else None,
        samples=options.samples,
        seed=options.seed,
    )
    result = described(found)
    if options.generic:
        rank = generic_rank(source, options.partition, memory_limit=options.memory_limit, time_limit=options.time_limit)  # type: ignore[arg-type]  # has weights, so it is a circuit
        result["generic_rank"], result["generic_rank_exact"] = rank.value, rank.exact
    return result


def has_weights(source: Source) -> bool:
    """Whether a source is a circuit or a tree, or has one."""
    return isinstance(source, Circuit | TreeTensorNetwork) or callable(getattr(source, "circuit", None))


def source_of(options: Namespace) -> Source:
    """What is measured: a circuit of a file, a trained network of a run, or what the user's own code makes."""
    if options.replica is not None and options.run is None:
        raise ArgumentError("replica: given without a run; accepted: with --run")
    if options.circuit is not None:
        return read_circuit(options.circuit)
    if options.network is not None:
        return named(options.network)
    from convac.training.runs import load_run, measurable

    return measurable(load_run(options.run, options.replica or 0))


def output_of(options: Namespace) -> int | list[float]:
    """The class that is measured, or one coefficient per class."""
    if options.combination is None:
        return options.label or 0
    if options.label is not None:
        raise ArgumentError("class: given with a combination; accepted: one of the two")
    return numbers(options.combination, "combination", float)


def sites_of(options: Namespace) -> list[int] | None:
    """The shape of the sites, where it is given; an empty text is given, too, as by a variable that isn't set."""
    return numbers(options.sites, "sites", int) if options.sites is not None else None


def numbers(text: str, key: str, kind: type) -> list[Any]:
    """Numbers separated by commas; raises ArgumentError naming the option."""
    try:
        return [kind(part) for part in text.split(",")]
    except ValueError as error:
        raise ArgumentError(f"{key}: got {text!r}; accepted: numbers separated by commas") from error


def values(text: str, key: str) -> list[Any]:
    """Integers where all are, for a network with an embedding; else real numbers."""
    whole = all(part.strip().lstrip("+-").isdigit() for part in text.split(","))
    return numbers(text, key, int if whole else float)


def described(found: Measurement) -> dict[str, Any]:
    """The measurement as plain data; what an engine can't give is null."""
    values = {
        "engine": found.engine,
        "reason": found.reason,
        "entropy": found.entropy,
        "renyi2": found.renyi2,
        "geometric_measure": found.geometric_measure,
        "participation": found.participation,
        "schmidt_number": found.schmidt_number,
        "schmidt_number_resolved": found.resolved,
        "tolerance": found.tolerance,
        "error": found.error,
        "min_cut": cut_described(found.min_cut) if found.min_cut else None,
    }
    if found.spectrum is not None and len(found.spectrum) <= LISTED:
        values["spectrum"] = list(found.spectrum)
    return {key: None if isinstance(value, float) and not isfinite(value) else value for key, value in values.items()}


def cut_described(cut: MinCut) -> dict[str, Any]:
    """The cut as plain data: its exact value, as a product, too, its logarithm and the bonds it goes through.

    The value is null where it has more digits than readers of JSON take.
    """
    value = cut.value if cut.value < PRINTED else None
    return {"value": value, "product": cut.product, "log": cut.log, "edges": [bond._asdict() for bond in cut.bonds]}


def readable(result: dict[str, Any]) -> str:
    """A few lines with units."""
    return "\n".join(f"{key.replace('_', ' '):24} {shown(key, value)}" for key, value in result.items())


def shown(key: str, value: Any) -> str:
    """One value with its unit."""
    if value is None:
        return "–"
    if key == "min_cut":
        exact = value["product"] if value["value"] is None or value["value"] >= 10**15 else value["value"]
        return f"{exact} (log {value['log']:.6g} nats, {len(value['edges'])} bonds)"
    if key == "spectrum":
        return " ".join(f"{number:.4g}" for number in value)
    unit = " nats" if key in {"entropy", "renyi2", "error"} else ""
    return f"{value:.6g}{unit}" if isinstance(value, float) else str(value)
