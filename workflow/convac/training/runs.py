"""Trained networks of finished runs, from the folders that the workflow keeps them in, and as what engines measure."""

import os
from pathlib import Path

from convac.circuits.tree import Circuit
from convac.entanglement.grid import GridFunction
from convac.errors import FileError
from convac.files import Arrays, path_of, read_arrays, read_json
from convac.networks.arguments import checked_replica
from convac.networks.base import Network
from convac.specs.parsing import parse
from convac.specs.run import RunSpec
from convac.specs.spec import digest
from convac.training.loop import load

SPEC, MODEL = "spec.json", "model.safetensors"


def load_run(folder: str | Path, replica: int | None = 0) -> Network:
    """The trained network of a finished run.

    Args:
        folder: of the run, `results/runs/<cell>`; holds the run's spec, `spec.json`, and the weights after the last
            step, `model.safetensors`.
        replica: which of the run's seeds, counted from 0 in the order of the spec; None for all side by side.

    Returns:
        A ConvAC, ConvRect, TensorialMixture, … on the CPU: it takes images (n, …) as it was trained on, and gives
        logits (replicas, n, classes). Its `seeds` says which seeds were loaded, its `circuit()` or `function()` is
        what engines measure.

    Raises:
        FileError: the folder holds no trained run, a file is damaged, or the weights belong to another run.
        ArgumentError: there is no such replica, or `folder` isn't a path.

    >>> network = load_run("results/runs/blobs-arithmetic-square-w16-0f0f0f0f", replica=2)  # doctest: +SKIP
    >>> measure(network, "left-right").entropy  # doctest: +SKIP
    """
    place = path_of(folder, "folder")
    for name in (SPEC, MODEL):
        if not os.path.exists(place / name):  # false of a name too long, too
            raise FileError(f"{place}: has no {name}; accepted: a run that was trained, results/runs/<cell>")
    spec = parse(RunSpec, read_json(place / SPEC), str(place / SPEC))
    tensors, header = read_arrays(place / MODEL)
    if header.get("spec") != digest(spec):
        raise FileError(f"{place / MODEL}: belongs to another run; accepted: the one with digest {digest(spec)}")
    if replica is not None:
        number = checked_replica(replica, spec.training.seeds)
        spec, tensors = of_seed(spec, number), weights_of_seed(tensors, number)
    return load(spec, tensors, str(place / MODEL))


def of_seed(spec: RunSpec, number: int) -> RunSpec:
    """The run of one of a run's seeds, counted from 0."""
    one = spec.training.model_copy(update={"seeds": (spec.training.seeds[number],)})
    return spec.model_copy(update={"training": one})


def weights_of_seed(tensors: Arrays, number: int) -> Arrays:
    """The weights of one of a run's seeds, counted from 0."""
    return {name: tensor[number : number + 1] for name, tensor in tensors.items()}


def measurable(network: Network, replica: int = 0) -> Circuit | GridFunction:
    """What engines measure of a network: its circuit, or the function of its pixels if it isn't a tree circuit.

    Pixels take the values of one-hot sites, or the darkest and the brightest.

    Raises:
        ArgumentError: there is no such replica.
    """
    source = network.source(replica)
    return source if isinstance(source, Circuit) else GridFunction(*source)
