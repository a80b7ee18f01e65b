"""Circuits as files: what is written comes back, and whatever is malformed is refused by its key."""

import copy
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convac.circuits.files import KEYS, circuit_from, read_circuit, write_circuit
from convac.circuits.tree import random_circuit
from convac.circuits.tree_tensors import TreeTensorNetwork, random_tree_network
from convac.cli import main
from convac.entanglement.measure import measure
from convac.errors import ConvacError, FileError
from convac.geometry.trees import PoolingTree

TREE = PoolingTree.named("mirror", (4, 4))


def example(shared: bool = False):
    return random_circuit(TREE, 2, (3, 2), np.random.default_rng(0), shared=shared, classes=2)


@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize("weights", ["inline", "safetensors"])
def test_a_circuit_comes_back_bit_for_bit(tmp_path, shared, weights):
    circuit = example(shared)
    write_circuit(tmp_path / "net.json", circuit, weights)
    again = read_circuit(tmp_path / "net.json")
    assert again.tree == circuit.tree
    for one, other in zip((*circuit.weights, circuit.output), (*again.weights, again.output), strict=True):
        assert np.array_equal(one, other)
    assert (tmp_path / "net.json.safetensors").exists() == (weights == "safetensors")


def document(tmp_path, weights="inline"):
    write_circuit(tmp_path / "net.json", example(), weights)
    return json.loads((tmp_path / "net.json").read_text())


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        ("format", "other", "format: got 'other'; accepted: convac-circuit"),
        ("version", 3, "version: got 3; accepted: 1 or 2"),
        ("version", 1.0, "version: got 1.0; accepted: 1 or 2"),
        ("version", True, "version: got True; accepted: 1 or 2"),
        ("sites", [4.0, 4], "sites: got [4.0, 4]"),
        ("sites", [True, 16], "sites: got [True, 16]"),
        ("order", [0.0, *range(1, 16)], "order: accepted"),
        ("windows", [4.0, 4], "windows: got [4.0, 4]"),
        ("local_dimension", 2.0, "local_dimension: got 2.0"),
        ("local_dimension", True, "local_dimension: got True"),
        ("sites", [4, "4"], "sites: "),
        ("sites", [2, 2, 4], "sites: 3 sides given"),
        ("sites", [4, 5], "order: has 16 sites; accepted: each of the 20"),
        ("order", list(range(1, 17)), "order: must list each"),
        ("order", "0123", "order: accepted"),
        ("windows", [4, 3], "windows: [4, 3] doesn't fit"),
        ("windows", [], "windows: got []"),
        ("local_dimension", 0, "local_dimension: got 0"),
        ("local_dimension", 3, "layers: level 1 has shape"),
        ("layers", [], "layers: 0 given"),
        ("layers", [{"weight": [[1.0, 2.0]]}, {"wait": 1}], "layers[1]: accepted"),
        ("layers", [{"weight": [[1.0, 2.0], [3.0]]}, {"weight": [[1.0]]}], "layers[0].weight: its rows"),
        ("layers", [{"weight": [["1", "2"]]}, {"weight": [[1.0]]}], "layers[0].weight: is not an array"),
        ("layers", [{"weight": [[True, False]]}, {"weight": [[1.0]]}], "layers[0].weight: is not an array"),
        ("output", [[float("nan"), 1.0]], "output: has a value that isn't finite"),
        ("output", [1.0, 1.0], "output: has shape [2]"),
        ("colour", "red", "colour: unknown key"),
        ("tensors", "net.safetensors", "layers: unknown key"),
    ],
)
def test_a_malformed_key_is_named(tmp_path, key, value, says):
    content = document(tmp_path)
    (tmp_path / "net.json").write_text(json.dumps({**content, key: value}))
    with pytest.raises(FileError) as error:
        read_circuit(tmp_path / "net.json")
    assert says in str(error.value)
    assert "net.json" in str(error.value)


@pytest.mark.parametrize("key", KEYS)
def test_a_missing_key_is_named(tmp_path, key):
    content = document(tmp_path)
    del content[key]
    with pytest.raises(ConvacError, match=key):
        circuit_from(content, tmp_path)


def test_damaged_files_are_refused(tmp_path):
    with pytest.raises(FileError, match="no such file"):
        read_circuit(tmp_path / "absent.json")
    content = document(tmp_path, "safetensors")
    path = tmp_path / "net.json.safetensors"
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(FileError, match=r"tensors: net\.json\.safetensors: is cut short"):
        read_circuit(tmp_path / "net.json")
    path.unlink()
    with pytest.raises(FileError, match="no such file"):
        read_circuit(tmp_path / "net.json")
    for outside in ("../net.safetensors", "/etc/passwd", "", 3):
        with pytest.raises(ConvacError, match="tensors: got"):
            circuit_from({**content, "tensors": outside}, tmp_path)
    (tmp_path / "net.json").write_text(json.dumps(content)[:-5])
    with pytest.raises(FileError, match="is cut short"):
        read_circuit(tmp_path / "net.json")


def test_a_tensor_too_few_or_too_many_is_named(tmp_path):
    from safetensors.numpy import save_file

    content = document(tmp_path, "safetensors")
    del content["tensors_sha256"]
    save_file({"output": np.ones((1, 2))}, tmp_path / "net.json.safetensors")
    with pytest.raises(ConvacError, match=r"tensor layers\.0\.weight is missing"):
        circuit_from(content, tmp_path)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 20) | st.floats() | st.text(max_size=3),
    lambda children: st.lists(children, max_size=4) | st.dictionaries(st.text(max_size=3), children, max_size=2),
    max_leaves=8,
)
SMALL = {
    "format": "convac-circuit",
    "version": 1,
    "sites": [4],
    "order": [0, 1, 2, 3],
    "windows": [2, 2],
    "local_dimension": 2,
    "layers": [{"weight": [[1.0, 2.0]]}, {"weight": [[1.0]]}],
    "output": [[1.0]],
}


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(SMALL)), JSON_VALUES)
def test_any_mutation_is_read_or_refused_in_one_line(tmp_path_factory, key, value):
    told = refusal({**copy.deepcopy(SMALL), key: value}, tmp_path_factory.getbasetemp())
    assert "\n" not in told
    assert len(told) <= 200


def refusal(content, folder) -> str:
    try:
        circuit_from(content, folder)
    except ConvacError as error:
        return str(error)
    return ""


# ---- version 2: trees with unequal children


def tree_example(complex_weights: bool = True):
    generator = np.random.default_rng(0)
    return random_tree_network(
        (2, 2), (4, 4, 5, 6, 5, 6, -1), 2, (3, 2, 4), generator, complex_weights=complex_weights, classes=2
    )


@pytest.mark.parametrize("complex_weights", [True, False])
@pytest.mark.parametrize("weights", ["inline", "safetensors"])
def test_a_tree_comes_back_bit_for_bit(tmp_path, complex_weights, weights):
    network = tree_example(complex_weights)
    first = network.weights[0].copy()
    first[0, 0] = complex(-0.0, -0.0) if complex_weights else -0.0
    network = TreeTensorNetwork(network.shape, network.parents, (first, *network.weights[1:]))
    write_circuit(tmp_path / "net.json", network, weights)
    again = read_circuit(tmp_path / "net.json")
    assert isinstance(again, TreeTensorNetwork)
    assert (again.shape, again.parents) == (network.shape, network.parents)
    for one, other in zip(network.weights, again.weights, strict=True):
        assert one.dtype == other.dtype
        assert one.tobytes() == other.tobytes()


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        ("version", True, "version: got True; accepted: 1 or 2"),
        ("sites", [2, 2, 1], "sites: 3 sides given"),
        ("parents", [4, 4, 5, 6, 5, 6], "parents: "),
        ("parents", [4, 4, 5, 6, 5, 5, -1], "parents: "),
        ("parents", "4456", "parents: accepted: a list"),
        ("parents", [4, 4, 5, 6, 5, 6, -1.0], "parents: accepted: a list"),
        ("weights", [], "weights: accepted: one matrix per node, 7"),
        ("weights", {}, "weights: accepted: a list"),
        ("weights", [[[1.0, 2.0]]] * 7, "weights: node"),
        ("weights", [{"real": [[1.0]]}] * 7, "weights[0]: has keys real; accepted: [out][in], or an object"),
        ("weights", [{"real": [[1.0]], "imaginary": [[1.0, 2.0]]}] * 7, "weights[0]: its parts differ"),
        ("weights", [{"real": [[1.0]], "imaginary": [["x"]]}] * 7, "weights[0].imaginary: is not an array"),
        ("windows", [2, 2], "windows: unknown key"),
        ("tensors", "net.safetensors", "weights: unknown key"),
    ],
)
def test_a_malformed_key_of_a_tree_is_named(tmp_path, key, value, says):
    write_circuit(tmp_path / "net.json", tree_example())
    content = json.loads((tmp_path / "net.json").read_text())
    (tmp_path / "net.json").write_text(json.dumps({**content, key: value}))
    with pytest.raises(FileError) as error:
        read_circuit(tmp_path / "net.json")
    assert says in str(error.value)
    assert len(str(error.value)) - len(str(tmp_path)) <= 200


def test_tensors_of_a_tree_are_its_own(tmp_path):
    write_circuit(tmp_path / "one.json", tree_example(), "safetensors")
    write_circuit(tmp_path / "other.json", tree_example(False), "safetensors")
    content = json.loads((tmp_path / "one.json").read_text())
    swapped = {**content, "tensors": "other.json.safetensors"}
    with pytest.raises(ConvacError, match="belongs to another circuit"):
        circuit_from(swapped, tmp_path)
    del swapped["tensors_sha256"]
    assert not circuit_from(swapped, tmp_path).is_complex
    with pytest.raises(ConvacError, match=r"tensor weights\.6\.real is not asked for"):
        circuit_from({**swapped, "parents": content["parents"][:6]}, tmp_path)


def test_a_tree_in_a_file_is_measured_from_the_shell(tmp_path, capsys):
    network = tree_example()
    write_circuit(tmp_path / "net.json", network)
    options = ["--partition", "0,3", "--class", "1", "--generic", "--json"]
    main(["measure", "--circuit", str(tmp_path / "net.json"), *options])
    said = json.loads(capsys.readouterr().out)
    found = measure(network, [0, 3], output=1)
    assert said["entropy"] == found.entropy
    assert said["min_cut"]["value"] == found.min_cut.value
    assert said["generic_rank"] == found.schmidt_number
