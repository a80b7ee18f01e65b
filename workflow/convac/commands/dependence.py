"""`convac measure --data`: a network's dependence on data, from a file of held-out images."""

import math
import os
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

import numpy as np

from convac.datasets.labelled_images import DATASET
from convac.errors import ArgumentError, FileError
from convac.files import Arrays, naming, read_arrays, read_npz

ACCEPTED = "an .npz file with images (n, …) and, if any, labels (n,), or a dataset of a run"
# names of arrays, the first that is there; those of the workflow's datasets among them
IMAGES, LABELS = ("images", "test_images"), ("labels", "test_labels")
UNITS = {"entropy": " nats", "matched_entropy": " nats"}
# of `convac measure`, and no part of this
FOREIGN = ("combination", "tolerance", "largest_error", "templates", "generic", "label")


def add_arguments(parser: ArgumentParser) -> None:
    """Options that go with `--data`."""
    group = parser.add_argument_group("dependence on data")
    group.add_argument("--data", help="held-out images: .npz with images and labels, or a dataset of a run")
    group.add_argument("--draws", type=int, default=1, help="how many times they are drawn, 1; averaged")
    group.add_argument(
        "--least-pixels", type=int, default=0, help="only images with so many pixels other than 0 in each half"
    )
    group.add_argument("--within-class", action="store_true", help="both halves of a composite from one class")


def check_options(options: Namespace) -> None:
    """Raise ArgumentError for an option that is given without `--data`, or with it and doesn't belong."""
    if options.data is None:
        for name, default in {"draws": 1, "least_pixels": 0, "within_class": False}.items():
            if getattr(options, name) != default:
                raise ArgumentError(f"{name}: given without data; accepted: with --data")
        return
    for name in FOREIGN:
        if getattr(options, name) not in {None, False}:
            shown = "class" if name == "label" else name
            raise ArgumentError(f"{shown}: given with data; accepted: for coefficient tensors alone")
    if options.engine not in {"auto", "composites"}:
        raise ArgumentError(f"engine: {options.engine} doesn't measure a network on data; accepted: auto, composites")


def measured(options: Namespace, network: Any, sites: list[int] | None) -> dict[str, Any]:
    """What the options ask for, as plain data: one entry per seed of the network."""
    from convac.entanglement.composites import HeldOut, data_dependence

    arrays = of_draw(read_images(options.data), options)
    images = array_of(arrays, IMAGES, options.data)
    labels = array_of(arrays, LABELS, options.data) if options.within_class else None
    found = data_dependence(
        network,
        options.partition,
        HeldOut(images, labels, options.least_pixels, options.within_class, options.draws),
        samples=options.samples,
        sites=sites,
        seed=options.seed,
        memory_limit=options.memory_limit,
        time_limit=options.time_limit,
    )
    return {"engine": "composites", "seeds": [described(each) for each in found]}


def read_images(path: str) -> Arrays:
    """The arrays of an .npz file, or of a safetensors file as the workflow writes its datasets, or of its folder.

    Raises:
        FileError: it isn't there, is damaged or of another kind.
    """
    path = os.path.join(path, DATASET) if os.path.isfile(os.path.join(path, DATASET)) else path
    if Path(path).suffix == ".safetensors":
        return read_arrays(path)[0]
    with naming(path, ACCEPTED), open(path, "rb") as opened:
        return read_npz(opened, {*IMAGES, *LABELS})


def of_draw(arrays: Arrays, options: Namespace) -> Arrays:
    """Held-out images of one draw: of a dataset that is drawn for every seed the run's replica's, or all joined.

    Raises:
        ArgumentError: the replica has no draw there.
    """
    labels = arrays.get("test_labels")
    if labels is None or labels.ndim != 2 or "images" in arrays:
        return arrays
    held = {name: arrays[name] for name in (IMAGES[1], LABELS[1]) if name in arrays}
    if options.run is None:
        return {name: np.concatenate(array) for name, array in held.items()}
    number = options.replica or 0
    if number >= len(labels):
        raise ArgumentError(f"data: holds {len(labels)} draws, replica {number} has none; accepted: the run's dataset")
    return {name: array[number] for name, array in held.items()}


def array_of(arrays: Arrays, names: tuple[str, ...], path: str) -> np.ndarray:
    """The first array of these names; raises FileError where there is none."""
    for name in names:
        if name in arrays:
            return arrays[name]
    raise FileError(f"{path}: has no array {' or '.join(names)}; expected {ACCEPTED}")


def described(found: Any) -> dict[str, Any]:
    """One seed's dependence as plain data; what hasn't settled has no value, but its number and the sample it needs."""
    estimates = {
        name: {
            "value": known(each.value),
            "error": known(each.error),
            "interval": [known(end) for end in each.interval],
            "estimate": known(each.estimate),
            "half": known(each.half),
            "settled": each.settled,
            "samples_needed": each.needed,
        }
        for name, each in found.estimates.items()
    }
    names = "confidence", "matched_confidence", "outside", "spread", "classes", "samples", "draws", "images", "disjoint"
    numbers = {name: getattr(found, name) for name in names}
    return estimates | numbers | {"spread": known(found.spread)}


def known(value: float) -> float | None:
    """The number; None for NaN."""
    return None if math.isnan(value) else value


def readable(result: dict[str, Any]) -> str:
    """A few lines with units, seed after seed."""
    several = len(result["seeds"]) > 1
    return "\n".join(
        line
        for number, seed in enumerate(result["seeds"])
        for line in [*([f"seed {number}"] if several else []), *lines(seed)]
    )


def lines(seed: dict[str, Any]) -> list[str]:
    """The lines of one seed."""
    return [f"{name.replace('_', ' '):24} {shown(name, value, seed['samples'])}" for name, value in seed.items()]


def shown(name: str, value: Any, samples: int) -> str:
    """One value with its unit and 95 % interval."""
    if not isinstance(value, dict):
        return "–" if value is None else f"{value:.6g}" if isinstance(value, float) else str(value)
    unit = UNITS.get(name, "")
    if value["estimate"] is None:
        return "–"
    if not value["settled"]:
        numbers = f"{value['estimate']:.3g}{unit} at {samples} a side, {value['half']:.3g} at {samples // 2}"
        return f"not settled: {numbers}; about {value['samples_needed']} would do"
    low, high = value["interval"]
    return f"{value['value']:.6g}{unit}, 95 % from {low:.4g} to {high:.4g}"
