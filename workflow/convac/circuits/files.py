"""A circuit as a file, version 1: JSON that other programs can write, weights inline or in safetensors beside it.

docs/circuit-format.md describes every key.
"""

import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np

from convac.circuits.tree import Circuit
from convac.errors import ArgumentError, ConvacError, FileError
from convac.files import naming, path_of, read_json, read_tensors, replacing, sha256, write_json
from convac.geometry.trees import PoolingTree

FORMAT = "convac-circuit"
VERSION = 1
KEYS = ("format", "version", "sites", "order", "windows", "local_dimension", "layers", "output")
TENSORS = "tensors"  # an optional key: name of the safetensors file that holds layers and output
DIGEST = "tensors_sha256"  # an optional key beside it: hex sha256 of that file

RUN_FILES = ("spec.json", "model.safetensors")  # of a trained run, which is no circuit file


def write_circuit(path: str | Path, circuit: Circuit, weights: Literal["inline", "safetensors"] = "inline") -> None:
    """Write a circuit as JSON; large weights go to a safetensors file beside it.

    Args:
        path: of the JSON file.
        circuit: what to write; float64 comes back bit for bit either way.
        weights: where the numbers go: into the JSON, or beside it into a file of its name followed by `.safetensors`,
            whose checksum stands in the JSON.

    Raises:
        ArgumentError: `weights` is neither, `circuit` is none, or `path` is no path.
        FileError: a file can't be written.
    """
    if not isinstance(circuit, Circuit):
        raise ArgumentError(f"circuit: got {type(circuit).__name__}; accepted: a Circuit, of a network .circuit()")
    if not isinstance(weights, str) or weights not in {"inline", "safetensors"}:
        raise ArgumentError(f"weights: got {short(weights)}; accepted: inline, safetensors")
    tree, place = circuit.tree, path_of(path)
    content: dict[str, Any] = {
        "format": FORMAT,
        "version": VERSION,
        "sites": list(tree.shape),
        "order": list(tree.order),
        "windows": list(tree.windows),
        "local_dimension": circuit.local_dimension,
    }
    if weights == "inline":
        content["layers"] = [{"weight": weight.tolist()} for weight in circuit.weights]
        content["output"] = circuit.output.tolist()
    else:
        from safetensors.numpy import save_file

        # the whole name: two circuits in one folder never share their weights, whatever dots are in their names
        beside = place.with_name(f"{place.name}.safetensors")
        with replacing(beside) as temporary:
            save_file(dict(named_tensors(circuit)), temporary)
        content |= {TENSORS: beside.name, DIGEST: sha256(beside)}
    write_json(place, content)


def named_tensors(circuit: Circuit) -> list[tuple[str, np.ndarray]]:
    """The tensors of a circuit by their names in a safetensors file."""
    layers = [(f"layers.{number}.weight", weight) for number, weight in enumerate(circuit.weights)]
    return [(name, np.ascontiguousarray(array)) for name, array in [*layers, ("output", circuit.output)]]


def read_circuit(path: str | Path) -> Circuit:
    """The circuit in a file.

    Raises:
        FileError: the file is missing, damaged or malformed, or a trained run's; one line names it, the key at fault
            and what is accepted.
        ArgumentError: `path` is no path.
    """
    place = path_of(path)
    if is_of_a_run(place):
        raise FileError(
            f"{path}: belongs to a trained run; accepted: a circuit file; a run: convac measure --run FOLDER, load_run"
        )
    content = read_json(place)
    try:
        return circuit_from(content, place.parent)
    except ConvacError as error:
        raise FileError(f"{path}: {error}") from error


def is_of_a_run(path: Path) -> bool:
    """Whether a path is the folder of a trained run, or a file that makes it one."""
    folder = path.parent if path.name in RUN_FILES else path
    return all(os.path.isfile(folder / name) for name in RUN_FILES)


def circuit_from(content: Any, folder: Path) -> Circuit:
    """The circuit that a parsed document describes; `folder` holds its tensors.

    Raises:
        ConvacError: one line that names the key at fault and what is accepted.
    """
    if not isinstance(content, Mapping):
        raise FileError(f"document: is {type(content).__name__}; accepted: an object with {', '.join(KEYS)}")
    if content.get("format") != FORMAT:
        raise FileError(f"format: got {short(content.get('format'))}; accepted: {FORMAT}")
    if not is_integer(content.get("version")) or content["version"] != VERSION:
        raise FileError(f"version: got {short(content.get('version'))}; accepted: {VERSION}")
    required = KEYS[:-2] + ((TENSORS,) if TENSORS in content else KEYS[-2:])
    for key in required:
        if key not in content:
            raise FileError(f"{key}: is missing; accepted: {', '.join(required)}")
    known = (*required, DIGEST) if TENSORS in content else required
    for key in content:
        if key not in known:
            raise FileError(f"{key}: unknown key; accepted: {', '.join(known)}")
    sites, windows = positive_integers(content, "sites"), positive_integers(content, "windows")
    if not 1 <= len(sites) <= 2:
        raise FileError(f"sites: {len(sites)} sides given; accepted: 1 (a line) or 2 (a grid)")
    order = content["order"]
    if not isinstance(order, list) or not all(is_integer(site) for site in order):
        raise FileError("order: accepted: a list of site numbers, each once")
    if len(order) != math.prod(sites):  # before anything is sorted or multiplied
        raise FileError(f"order: has {len(order)} sites; accepted: each of the {math.prod(sites)} sites once")
    tree = PoolingTree(sites, tuple(order), windows)
    if not is_integer(content["local_dimension"]) or content["local_dimension"] < 1:
        raise FileError(f"local_dimension: got {short(content['local_dimension'])}; accepted: a positive integer")
    weights, output = tensors_beside(content, folder, tree) if TENSORS in content else inline(content)
    return Circuit(tree, content["local_dimension"], weights, output)


def inline(content: Mapping[str, Any]) -> tuple[tuple[np.ndarray, ...], np.ndarray]:
    """Weights and output that stand in the document itself."""
    layers = content["layers"]
    if not isinstance(layers, list):
        raise FileError('layers: accepted: a list with one {"weight": …} per level')
    weights = []
    for number, layer in enumerate(layers):
        if not isinstance(layer, Mapping) or set(layer) != {"weight"}:
            raise FileError(f'layers[{number}]: accepted: an object with the one key "weight"')
        weights.append(array_of(layer["weight"], f"layers[{number}].weight", "[out][in] or [position][out][in]"))
    return tuple(weights), array_of(content["output"], "output", "[class][channel]")


def tensors_beside(
    content: Mapping[str, Any], folder: Path, tree: PoolingTree
) -> tuple[tuple[np.ndarray, ...], np.ndarray]:
    """Weights and output from the safetensors file that the document names."""
    name, digest = content[TENSORS], content.get(DIGEST)
    if not isinstance(name, str) or Path(name).name != name or name in {"", ".", ".."}:
        raise FileError(f"{TENSORS}: got {short(name)}; accepted: the name of a file in the same folder")
    with naming(folder / name, "a safetensors file", called=f"{TENSORS}: {name}"):
        arrays, _ = read_tensors(folder / name)
        if DIGEST in content and digest != sha256(folder / name):
            raise FileError(
                f"{TENSORS}: {name}: belongs to another circuit; accepted: the one with sha256 {short(digest)}"
            )
    wanted = [*(f"layers.{number}.weight" for number in range(tree.levels)), "output"]
    odd = sorted(arrays.keys() ^ set(wanted))
    if odd:
        fault = "is missing" if odd[0] in wanted else "is not asked for"
        raise FileError(f"{TENSORS}: {name}: tensor {odd[0]} {fault}; accepted: {', '.join(wanted)}")
    for key in wanted:
        if arrays[key].dtype.kind not in "iuf":
            raise FileError(f"{TENSORS}: {name}: tensor {key} is {arrays[key].dtype}; accepted: real numbers")
    return tuple(arrays[key].astype(np.float64) for key in wanted[:-1]), arrays["output"].astype(np.float64)


def array_of(value: Any, key: str, accepted: str) -> np.ndarray:
    """Nested lists of numbers as a float64 array; no strings, booleans, ragged rows or infinities."""
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise FileError(f"{key}: its rows differ in length; accepted: {accepted}") from error
    if array.dtype.kind not in "iuf" or array.size == 0 or has_boolean(value):
        raise FileError(f"{key}: is no array of numbers; accepted: {accepted}")
    if not np.isfinite(array).all():
        raise FileError(f"{key}: has a value that isn't finite; accepted: finite numbers")
    return array.astype(np.float64)


def has_boolean(value: Any) -> bool:
    """Whether nested lists hold a boolean, which numpy would take for a number."""
    return any(map(has_boolean, value)) if isinstance(value, list) else isinstance(value, bool)


def positive_integers(content: Mapping[str, Any], key: str) -> tuple[int, ...]:
    """A non-empty list of positive integers."""
    value = content[key]
    if not isinstance(value, list) or not value or not all(is_integer(entry) and entry > 0 for entry in value):
        raise FileError(f"{key}: got {short(value)}; accepted: a list of positive integers")
    return tuple(value)


def is_integer(value: Any) -> bool:
    """Whether a JSON value is an integer; true and false aren't."""
    return isinstance(value, int) and not isinstance(value, bool)


def short(value: Any) -> str:
    """A JSON value for an error line."""
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:39]}…"
