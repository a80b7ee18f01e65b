"""Circuits and tree tensor networks as files: JSON that other programs can write, weights inline or in safetensors.

Version 1 holds a circuit, version 2 any tree tensor network; docs/circuit-format.md describes every key.
"""

import math
import os
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Any, Literal

import numpy as np

from convac.arrays import short
from convac.circuits.tree import Circuit
from convac.circuits.tree_tensors import TreeTensorNetwork
from convac.errors import ArgumentError, ConvacError, FileError
from convac.files import naming, path_of, read_json, read_tensors, replacing, sha256, write_json
from convac.geometry.trees import PoolingTree

FORMAT = "convac-circuit"
VERSION, NODES = 1, 2
KEYS = ("format", "version", "sites", "order", "windows", "local_dimension", "layers", "output")
NODE_KEYS = ("format", "version", "sites", "parents", "weights")
PARTS = ("real", "imaginary")  # of a complex weight
TENSORS = "tensors"  # an optional key: name of the safetensors file that holds layers and output
DIGEST = "tensors_sha256"  # an optional key beside it: hex sha256 of that file

RUN_FILES = ("spec.json", "model.safetensors")  # of a trained run, which is no circuit file


def write_circuit(
    path: str | Path, circuit: Circuit | TreeTensorNetwork, weights: Literal["inline", "safetensors"] = "inline"
) -> None:
    """Write a circuit, or a tree tensor network, as JSON; large weights go to a safetensors file beside it.

    Args:
        path: of the JSON file.
        circuit: what to write; float64 and complex128 come back bit for bit either way.
        weights: where the numbers go: into the JSON, or beside it into a file of its name followed by `.safetensors`,
            whose checksum stands in the JSON.

    Raises:
        ArgumentError: `weights` is neither, `circuit` isn't one, or `path` isn't a path.
        FileError: a file can't be written.

    >>> from tempfile import TemporaryDirectory
    >>> from convac import PoolingTree, random_circuit
    >>> circuit = random_circuit(PoolingTree.named("line", (4,)), 2, (2, 3), np.random.default_rng(0))
    >>> with TemporaryDirectory() as folder:
    ...     write_circuit(f"{folder}/net.json", circuit, weights="safetensors")
    ...     sorted(path.name for path in Path(folder).iterdir())
    ...     np.array_equal(read_circuit(f"{folder}/net.json").output, circuit.output)
    ['net.json', 'net.json.safetensors']
    True
    """
    if not isinstance(circuit, Circuit | TreeTensorNetwork):
        raise ArgumentError(
            f"circuit: got {type(circuit).__name__}; "
            "accepted: a Circuit, of a network .circuit(), or a TreeTensorNetwork"
        )
    if not isinstance(weights, str) or weights not in {"inline", "safetensors"}:
        raise ArgumentError(f"weights: got {short(weights)}; accepted: inline, safetensors")
    place = path_of(path)
    content = described(circuit) if isinstance(circuit, Circuit) else nodes_described(circuit)
    if weights == "inline":
        content |= inline_weights(circuit)
    else:
        from safetensors.numpy import save_file

        # the whole name: two circuits in one folder never share their weights, whatever dots are in their names
        beside = place.with_name(f"{place.name}.safetensors")
        with replacing(beside) as temporary:
            save_file({name: np.ascontiguousarray(array) for name, array in named_tensors(circuit)}, temporary)
        content |= {TENSORS: beside.name, DIGEST: sha256(beside)}
    write_json(place, content)


def described(circuit: Circuit) -> dict[str, Any]:
    """What a file says of a circuit but for its weights."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "sites": list(circuit.tree.shape),
        "order": list(circuit.tree.order),
        "windows": list(circuit.tree.windows),
        "local_dimension": circuit.local_dimension,
    }


def nodes_described(network: TreeTensorNetwork) -> dict[str, Any]:
    """What a file says of a tree tensor network but for its weights."""
    return {"format": FORMAT, "version": NODES, "sites": list(network.shape), "parents": list(network.parents)}


def inline_weights(circuit: Circuit | TreeTensorNetwork) -> dict[str, Any]:
    """The weights as nested lists."""
    if isinstance(circuit, Circuit):
        layers = [{"weight": weight.tolist()} for weight in circuit.weights]
        return {"layers": layers, "output": circuit.output.tolist()}
    return {
        "weights": [
            dict(zip(PARTS, (weight.real.tolist(), weight.imag.tolist()), strict=True))
            if np.iscomplexobj(weight)
            else weight.tolist()
            for weight in circuit.weights
        ]
    }


def named_tensors(circuit: Circuit | TreeTensorNetwork) -> list[tuple[str, np.ndarray]]:
    """The tensors by their names in a safetensors file; a complex one in two parts."""
    if isinstance(circuit, Circuit):
        layers = [(f"layers.{number}.weight", weight) for number, weight in enumerate(circuit.weights)]
        return [*layers, ("output", circuit.output)]
    return [
        (f"weights.{node}.{part}", values)
        for node, weight in enumerate(circuit.weights)
        for part, values in zip(PARTS, (weight.real, weight.imag), strict=True)
        if part == "real" or np.iscomplexobj(weight)
    ]


def read_circuit(path: str | Path) -> Circuit | TreeTensorNetwork:
    """The circuit in a file, or of version 2 the tree tensor network.

    Raises:
        FileError: the file is missing, damaged or malformed, or a trained run's; one line names it, the key at fault
            and what is accepted.
        ArgumentError: `path` isn't a path.

    >>> from tempfile import TemporaryDirectory
    >>> text = '{"format": "convac-circuit", "version": 1, "sites": [2], "order": [0, 1], "windows": [2],'
    >>> text += '"local_dimension": 2, "layers": [{"weight": [[1, -1]]}], "output": [[1]]}'
    >>> with TemporaryDirectory() as folder:
    ...     place = Path(folder, "parity.json")
    ...     _ = place.write_text(text)
    ...     read_circuit(place).coefficient_tensor().tolist()
    [[[1.0, -1.0], [-1.0, 1.0]]]
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


def circuit_from(content: Any, folder: Path) -> Circuit | TreeTensorNetwork:
    """The circuit, or the network, that a parsed document describes; `folder` holds its tensors.

    Raises:
        ConvacError: one line that names the key at fault and what is accepted.
    """
    if not isinstance(content, Mapping):
        raise FileError(f"document: is {type(content).__name__}; accepted: an object with {', '.join(KEYS)}")
    if content.get("format") != FORMAT:
        raise FileError(f"format: got {short(content.get('format'))}; accepted: {FORMAT}")
    if not is_integer(content.get("version")) or content["version"] not in {VERSION, NODES}:
        raise FileError(f"version: got {short(content.get('version'))}; accepted: {VERSION} or {NODES}")
    if content["version"] == NODES:
        return network_from(content, folder)
    check_keys(content, KEYS[:-2], KEYS[-2:])
    return circuit_of_levels(content, folder)


def check_keys(content: Mapping[str, Any], head: tuple[str, ...], weights: tuple[str, ...]) -> None:
    """Raise FileError unless a document has these keys, its weights inline or beside it, and no others."""
    required = head + ((TENSORS,) if TENSORS in content else weights)
    for key in required:
        if key not in content:
            raise FileError(f"{key}: is missing; accepted: {', '.join(required)}")
    known = (*required, DIGEST) if TENSORS in content else required
    for key in content:
        if key not in known:
            raise FileError(f"{key}: unknown key; accepted: {', '.join(known)}")


def sides_of(content: Mapping[str, Any]) -> tuple[int, ...]:
    """The shape of the sites."""
    sites = positive_integers(content, "sites")
    if not 1 <= len(sites) <= 2:
        raise FileError(f"sites: {len(sites)} sides given; accepted: 1 (a line) or 2 (a grid)")
    return sites


def network_from(content: Mapping[str, Any], folder: Path) -> TreeTensorNetwork:
    """The tree tensor network of a document of version 2."""
    check_keys(content, NODE_KEYS[:-1], NODE_KEYS[-1:])
    sites, parents = sides_of(content), content["parents"]
    if not isinstance(parents, list) or not all(map(is_integer, parents)):
        raise FileError("parents: accepted: a list with the number of every node's parent, -1 of the root")
    if TENSORS in content:
        arrays = arrays_beside(content, folder)
        wanted = {f"weights.{node}.real" for node in range(len(parents))}
        check_names(content, arrays, sorted(wanted), {f"weights.{node}.imaginary" for node in range(len(parents))})
        weights = [joined(arrays, f"weights.{node}") for node in range(len(parents))]
    else:
        given = content["weights"]
        if not isinstance(given, list):
            raise FileError("weights: accepted: a list with one matrix per node")
        weights = [matrix_of(weight, f"weights[{node}]") for node, weight in enumerate(given)]
    return TreeTensorNetwork(sites, tuple(parents), tuple(weights))


def joined(arrays: Mapping[str, np.ndarray], name: str) -> np.ndarray:
    """A weight from its parts."""
    real = arrays[f"{name}.real"].astype(np.float64)
    if f"{name}.imaginary" not in arrays:
        return real
    imaginary = arrays[f"{name}.imaginary"].astype(np.float64)
    if imaginary.shape != real.shape:
        raise FileError(f"{TENSORS}: {name}: its parts differ in shape; accepted: the same")
    return complex_of(real, imaginary)


def complex_of(real: np.ndarray, imaginary: np.ndarray) -> np.ndarray:
    """Complex numbers of these parts, bit for bit: real + 1j · imaginary would lose signs of zeros."""
    return np.ascontiguousarray(np.stack([real, imaginary], axis=-1)).view(np.complex128)[..., 0]


def matrix_of(value: Any, key: str) -> np.ndarray:
    """A weight that stands in the document: nested lists of real numbers, or those of both parts."""
    accepted = '[out][in], or an object with "real" and "imaginary"'
    if not isinstance(value, Mapping):
        return array_of(value, key, accepted)
    if set(value) != set(PARTS):
        raise FileError(f"{key}: has keys {', '.join(map(str, value)) or 'none'}; accepted: {accepted}")
    real, imaginary = (array_of(value[part], f"{key}.{part}", "[out][in]") for part in PARTS)
    if real.shape != imaginary.shape:
        raise FileError(f"{key}: its parts differ in shape; accepted: the same")
    return complex_of(real, imaginary)


def circuit_of_levels(content: Mapping[str, Any], folder: Path) -> Circuit:
    """The circuit of a document of version 1."""
    sites, windows = sides_of(content), positive_integers(content, "windows")
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
    """Weights and output of a circuit from the safetensors file that the document names."""
    arrays = arrays_beside(content, folder)
    wanted = [*(f"layers.{number}.weight" for number in range(tree.levels)), "output"]
    check_names(content, arrays, wanted)
    return tuple(arrays[key].astype(np.float64) for key in wanted[:-1]), arrays["output"].astype(np.float64)


def arrays_beside(content: Mapping[str, Any], folder: Path) -> Mapping[str, np.ndarray]:
    """The arrays of the safetensors file that the document names."""
    name, digest = content[TENSORS], content.get(DIGEST)
    if not isinstance(name, str) or Path(name).name != name or name in {"", ".", ".."}:
        raise FileError(f"{TENSORS}: got {short(name)}; accepted: the name of a file in the same folder")
    with naming(folder / name, "a safetensors file", called=f"{TENSORS}: {name}"):
        arrays, _ = read_tensors(folder / name)
        if DIGEST in content and digest != sha256(folder / name):
            raise FileError(
                f"{TENSORS}: {name}: belongs to another circuit; accepted: the one with sha256 {short(digest)}"
            )
    return arrays


def check_names(
    content: Mapping[str, Any],
    arrays: Mapping[str, np.ndarray],
    wanted: list[str],
    besides: AbstractSet[str] = frozenset(),
) -> None:
    """Raise FileError unless a file holds the wanted arrays, of real numbers, and no others but those `besides`."""
    name = content[TENSORS]
    odd = sorted(set(wanted) - arrays.keys() | arrays.keys() - set(wanted) - besides)
    if odd:
        fault = "is missing" if odd[0] in wanted else "is not asked for"
        raise FileError(f"{TENSORS}: {name}: tensor {odd[0]} {fault}; accepted: {short_list(wanted)}")
    for key, array in arrays.items():
        if array.dtype.kind not in "iuf":
            raise FileError(f"{TENSORS}: {name}: tensor {key} is {array.dtype}; accepted: real numbers")


def short_list(names: list[str]) -> str:
    """Names for an error line, the middle left out of many."""
    return ", ".join(names if len(names) <= 8 else [*names[:3], "…", names[-1]])


def array_of(value: Any, key: str, accepted: str) -> np.ndarray:
    """Nested lists of numbers as a float64 array; no strings, booleans, ragged rows or infinities."""
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise FileError(f"{key}: its rows differ in length; accepted: {accepted}") from error
    if array.dtype.kind not in "iuf" or array.size == 0 or has_boolean(value):
        raise FileError(f"{key}: is not an array of numbers; accepted: {accepted}")
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
