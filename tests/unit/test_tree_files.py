import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convac.circuits.files import read_circuit, write_circuit
from convac.circuits.tree import random_circuit
from convac.entanglement.measure import measure
from convac.entanglement.mincut import min_cut
from convac.errors import ArgumentError, ConvacError, FileError
from convac.geometry.tree_files import flattened
from convac.geometry.trees import PoolingTree
from convac.networks.arithmetic import ConvAC
from convac.specs.geometry import geometry_label
from convac.specs.kinds import of_kind
from convac.specs.network import NetworkSpec
from convac.specs.networks.arithmetic import ArithmeticSpec
from convac.specs.parsing import mistakes
from convac.specs.spec import canonical, digest

HEAD = {"format": "convac-tree", "version": 1, "sites": [4]}
SHORT = {**HEAD, "order": [0, 3, 1, 2], "windows": [2, 2]}


@st.composite
def trees(draw):
    windows = draw(st.lists(st.integers(2, 4), min_size=1, max_size=4))
    count = math.prod(windows)
    shape = draw(st.sampled_from([(count,), (windows[0], count // windows[0])]))
    return PoolingTree(shape, draw(st.permutations(range(count))), windows)


def nested(tree: PoolingTree) -> list:
    nodes: list = list(tree.order)
    for window in tree.windows:
        nodes = [nodes[start : start + window] for start in range(0, len(nodes), window)]
    return nodes[0]


def spec(geometry, sites=(4, 4), widths=(2, 3)) -> NetworkSpec:
    return ArithmeticSpec(geometry=geometry, sites=sites, widths=widths)


@given(tree=trees())
def test_short_and_long_form_come_back(tmp_path_factory, tree):
    path = tmp_path_factory.mktemp("trees") / "tree.json"
    tree.write(path)
    assert PoolingTree.read(path) == PoolingTree.named(str(path), tree.shape) == tree
    document = {**HEAD, "sites": list(tree.shape), "root": nested(tree)}
    path.write_text(json.dumps(document))
    assert PoolingTree.read(path) == tree


def test_named_trees_are_a_special_case(tmp_path):
    named = PoolingTree.named("mirror", (8, 8))
    named.write(tmp_path / "tree.json")
    assert PoolingTree.read(tmp_path / "tree.json") == named


@pytest.mark.parametrize(
    ("root", "line"),
    [
        (3, "root: got 3; accepted: the list of the root's children"),
        ([[0, 1], 2], "root: site 2 is 1 nodes deep, others are deeper; accepted: a balanced tree"),
        ([0, [1, 2]], r"root: \[1, 2\] is deeper than other sites; accepted: a balanced tree"),
        ([[0, 1, 2], [3, 4]], "root: nodes 1 below it have 2 and 3 children; accepted: a balanced tree"),
        ([[0], [1]], "root: nodes 1 below it have one child; accepted: a balanced tree"),
        ([], "root: nodes 0 below it have no child; accepted: a balanced tree"),
        ([0, 1.0], "root: 1.0 is no site's number"),
        ([0, True], "root: True is no site's number"),
    ],
)
def test_other_trees_are_refused(root, line):
    with pytest.raises(ArgumentError, match=f"^{line}"):
        flattened(root)


@pytest.mark.parametrize(
    ("document", "line"),
    [
        ([], "document: is no object; accepted: one with format, version, sites, order, windows"),
        ({**SHORT, "format": "tree"}, "format: got 'tree'; accepted: convac-tree"),
        ({**SHORT, "version": 2}, "version: got 2; accepted: 1"),
        ({**SHORT, "version": True}, "version: got True; accepted: 1"),
        ({**SHORT, "version": 1.0}, "version: got 1.0; accepted: 1"),
        ({**SHORT, "sites": [4.0]}, "sites: got [4.0]"),
        ({**SHORT, "windows": [2, 2.0]}, "windows: got 2.0"),
        ({**SHORT, "order": [0, True, 2, 3]}, "order: got True"),
        (HEAD, "order: is missing; accepted: format, version, sites and order, windows or root"),
        ({**SHORT, "note": ""}, "note: unknown key; accepted: format, version, sites, order, windows"),
        ({**SHORT, "root": [[0, 1], [2, 3]]}, "order: unknown key; accepted: format, version, sites, root"),
        ({**SHORT, "sites": [2, 2, 1]}, "sites: got [2, 2, 1]; accepted: 1 or 2 positive sides"),
        ({**SHORT, "order": [0, 1, 2, 2]}, "order: must list each of the 4 sites once"),
        ({**SHORT, "order": [0, 1, 2, 3.0]}, "order: got 3.0; accepted: integers"),
        ({**SHORT, "order": "0123"}, "order: got '0123'; accepted: integers"),
        ({**SHORT, "windows": [4, 1]}, "windows: [4, 1] doesn't fit; accepted: integers ≥ 2 with product 4"),
    ],
)
def test_a_malformed_file_is_refused_in_a_line(tmp_path, document, line):
    path = tmp_path / "tree.json"
    path.write_text(json.dumps(document))
    with pytest.raises(FileError) as caught:
        PoolingTree.read(path)
    assert line in f"{caught.value.args[0]}"
    assert str(caught.value).startswith(str(path)[:100])


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("", "is empty"),
        ('{"format": ', "is cut short"),
        ('{"sites": [4], "sites": [4]}', "twice"),
        ("[" * 100_000, "is nested too deeply"),
    ],
)
def test_a_damaged_file_is_refused(tmp_path, content, line):
    (tmp_path / "tree.json").write_text(content)
    with pytest.raises(FileError, match=line):
        PoolingTree.read(tmp_path / "tree.json")


def test_a_tree_over_other_sites_is_refused(tmp_path):
    path = tmp_path / "tree.json"
    PoolingTree.named("square", (4, 8)).write(path)
    with pytest.raises(FileError, match="is a tree over 4 by 8 sites; accepted: one over 8 by 4"):
        PoolingTree.named(str(path), (8, 4))
    line = mistakes(ArithmeticSpec, {"geometry": str(path), "sites": [8, 4], "widths": [1]})
    assert line == ["sites: [8, 4]; accepted: the tree file's, [4, 8]"]
    with pytest.raises(FileError, match="no such file"):
        PoolingTree.named("nowhere.json", (4, 4))
    with pytest.raises(ArgumentError, match=r"accepted: square, .*, or a tree file, PATH\.json"):
        PoolingTree.named("hilbert", (4, 4))


def test_a_spec_holds_what_the_file_says_and_not_its_path(tmp_path, rng):
    tree = PoolingTree((4, 4), rng.permutation(16), (4, 4))
    for name in ("a.json", "b.json"):
        tree.write(tmp_path / name)
    first, second = (spec(str(tmp_path / name)) for name in ("a.json", "b.json"))
    assert canonical(first) == canonical(second)
    assert str(tmp_path) not in canonical(first)
    for path in tmp_path.iterdir():
        path.unlink()
    assert first.tree == tree
    assert of_kind(NetworkSpec, json.loads(canonical(first)), "network") == first
    PoolingTree((4, 4), rng.permutation(16), (4, 4)).write(tmp_path / "a.json")
    assert digest(spec(str(tmp_path / "a.json"))) != digest(first)
    # a name is written as it always was: nothing that is trained is trained again
    assert json.loads(canonical(spec("square")))["geometry"] == "square"
    windows = ArithmeticSpec(geometry=first.geometry, sites=(4, 4), windows=(2, 2, 2, 2), widths=(1, 2, 3, 4))
    assert windows.tree == PoolingTree((4, 4), tree.order, (2, 2, 2, 2))


def test_a_spec_with_a_tree_that_does_not_fit_is_refused():
    wrong = {"sites": [2, 2], "order": [0, 1, 1, 2], "windows": [2, 2]}
    given = {"geometry": wrong, "sites": [2, 2], "widths": [1, 1]}
    assert mistakes(ArithmeticSpec, given) == ["order: must list each of the 4 sites once"]
    lines = mistakes(ArithmeticSpec, {**given, "geometry": {"sites": [2, 2], "windows": [2, 2]}})
    assert any(line.startswith("geometry.order: is missing") for line in lines)


def test_tables_call_a_tree_by_its_files_name():
    assert geometry_label("trees/mine.json") == "mine"
    with pytest.raises(ArgumentError, match="is called as a named geometry"):
        geometry_label("trees/square.json")


def test_a_free_tree_measures_and_is_cut_as_the_named_one_that_it_permutes(tmp_path, rng):
    """Permuting the sites of tree and partition alike changes no value."""
    named, moved = PoolingTree.named("square", (4, 4)), rng.permutation(16)
    PoolingTree((4, 4), moved[list(named.order)], named.windows).write(tmp_path / "tree.json")
    free = PoolingTree.named(str(tmp_path / "tree.json"), (4, 4))
    circuits = [random_circuit(tree, 2, (2, 3), generator=np.random.default_rng(0)) for tree in (named, free)]
    write_circuit(tmp_path / "net.json", circuits[1])
    circuits[1] = read_circuit(tmp_path / "net.json")
    assert circuits[1].tree == free
    sites = [0, 1, 4, 9, 14]
    parts = [sites, [int(moved[site]) for site in sites]]
    first, second = (measure(circuit, part) for circuit, part in zip(circuits, parts, strict=True))
    assert first.entropy == pytest.approx(second.entropy)
    cuts = [min_cut(circuit, part) for circuit, part in zip(circuits, parts, strict=True)]
    assert cuts[0].value == cuts[1].value


def test_a_network_over_a_free_tree_is_the_named_one_on_permuted_images(tmp_path, rng):
    named, moved = PoolingTree.named("mirror", (4, 4)), rng.permutation(16)
    PoolingTree((4, 4), moved[list(named.order)], named.windows).write(tmp_path / "tree.json")
    free = PoolingTree.named(tmp_path / "tree.json", (4, 4))
    images = rng.integers(0, 2, (5, 4, 4))
    scattered = np.empty((5, 16), dtype=int)
    scattered[:, moved] = images.reshape(5, 16)
    networks = [ConvAC(tree, 2, (3, 3), seed=1, initialisation="uniform") for tree in (named, free)]
    first, second = (
        network(network.encode(shown)).detach().numpy()
        for network, shown in zip(networks, (images, scattered.reshape(5, 4, 4)), strict=True)
    )
    np.testing.assert_array_equal(first, second)


def test_lines_are_short(tmp_path):
    (tmp_path / "tree.json").write_text(json.dumps({**HEAD, "root": [list(range(4096)), 1]}))
    with pytest.raises(ConvacError) as caught:
        PoolingTree.read(tmp_path / "tree.json")
    assert len(str(caught.value)) <= 200
