"""Networks: encoding, replicas, options and what they refuse."""

import numpy as np
import pytest
import torch
from network_specs import network_spec

from convac.errors import ArgumentError, ConvacError
from convac.geometry.trees import PoolingTree
from convac.networks import arithmetic, rectifier
from convac.networks.arithmetic import ConvAC
from convac.networks.rectifier import ConvRect
from convac.networks.symbols import symbol_tables
from convac.specs.network import SYMBOLS

TREE = PoolingTree.named("square", (4, 4))


def spec(architecture="arithmetic", **options):
    return network_spec(architecture, geometry="square", sites=(8, 8), widths=(3, 3, 3), **options)


@pytest.mark.parametrize(
    ("windows", "distinct", "sizes"),
    [((4,) * 5, False, [5, 70]), ((4,) * 5, True, [3, 7, 98]), ((1024,), False, []), ((64, 16), False, [65])],
)
def test_symbols_are_multisets_or_sets(windows, distinct, sizes):
    tables = symbol_tables(2, windows, distinct)
    assert [len(table) for table in tables] == sizes
    assert all(size <= SYMBOLS for size in sizes)
    for table, window in zip(tables, windows, strict=False):
        assert len(np.unique(table, axis=0)) == len(table)
        assert (table.max() == 1) if distinct else (table.sum(axis=1) == window).all()


def test_encoding_is_compact_and_in_tree_order():
    network = ConvAC(PoolingTree.named("square", (32, 32)), 2, (4,) * 5)
    encoded = network.encode(np.zeros((3, 32, 32), dtype=np.uint8))
    assert encoded.shape == (3, 64)
    assert encoded.dtype == torch.uint8
    shallow = ConvAC(PoolingTree.named("square", (32, 32), (1024,)), 2, (4,))
    images = np.zeros((1, 32, 32), dtype=np.uint8)
    images[0, :3, 0] = 1
    assert shallow.encode(images).tolist() == [[1021, 3]]


@pytest.mark.parametrize(
    "images",
    [
        np.zeros((2, 4, 5), dtype=int),
        np.full((2, 4, 4), 2),
        np.full((2, 4, 4), -1),
        np.zeros((2, 16, 3)),
        np.zeros((0, 4, 4), dtype=int),
    ],
    ids=["shape", "high", "low", "vectors", "none"],
)
def test_images_that_do_not_fit_are_refused_in_one_line(images):
    with pytest.raises(ArgumentError, match=r"^images: .*accepted: "):
        ConvAC(TREE, 2, (3, 3)).encode(images)


@pytest.mark.parametrize("architecture", ["arithmetic", "rectifier"])
def test_a_replica_depends_on_its_seed_alone(architecture):
    module = {"arithmetic": arithmetic, "rectifier": rectifier}[architecture]
    many = module.build(spec(architecture), (3, 1, 2))
    one = module.build(spec(architecture), (1,))
    images = np.random.default_rng(0).integers(0, 2, (5, 8, 8))
    for name, parameter in one.named_parameters():
        assert torch.equal(parameter[0], many.get_parameter(name)[1])
    torch.testing.assert_close(one(one.encode(images))[0], many(many.encode(images))[1])
    assert not torch.equal(many.get_parameter("level_1")[0], many.get_parameter("level_1")[1])


def test_replicas_may_see_their_own_images():
    network = arithmetic.build(spec(), (0, 1))
    encoded = network.encode(np.random.default_rng(0).integers(0, 2, (6, 8, 8)))
    own = torch.stack([encoded[:3], encoded[3:]])
    both = network(encoded)
    torch.testing.assert_close(network(own), torch.stack([both[0, :3], both[1, 3:]]))


@pytest.mark.parametrize(
    ("architecture", "options"),
    [
        ("arithmetic", {"weights": "complex"}),
        ("arithmetic", {"pooling": "max"}),
        ("arithmetic", {"weights": "signed", "initialisation": "uniform"}),
        ("arithmetic", {"initialisation": "normal"}),
        ("arithmetic", {"sharing": True}),
        ("rectifier", {"pooling": "product"}),
        ("rectifier", {"weights": "signed"}),
    ],
)
def test_unknown_options_are_refused_in_one_line(architecture, options):
    module = {"arithmetic": arithmetic, "rectifier": rectifier}[architecture]
    with pytest.raises(ConvacError, match=r"^(network\.)?\w+: .*(accepted: |did you mean)"):
        module.build(spec(architecture, **options), (0,))


def test_widths_and_seeds_must_fit():
    with pytest.raises(ArgumentError, match="widths: "):
        ConvAC(TREE, 2, (3,))
    with pytest.raises(ArgumentError, match="seeds: "):
        ConvAC(TREE, 2, (3, 3), seed=())


@pytest.mark.parametrize("sharing", ["shared", "located"])
def test_circuit_has_the_weights_themselves(sharing):
    network = ConvAC(TREE, 2, (3, 5), sharing=sharing, seed=(0, 1))
    circuit = network.circuit(1)
    assert circuit.widths == (3, 5)
    assert circuit.weights[0].shape == ((3, 2) if sharing == "shared" else (16, 3, 2))
    np.testing.assert_allclose(circuit.weights[1], network.weight("level_2")[1].detach().numpy(), rtol=1e-6)
    with pytest.raises(ArgumentError, match="replica: got 2"):
        network.circuit(2)


def test_calibrated_positive_weights_are_the_calibrated_signed_ones():
    positive = ConvAC(TREE, 2, (3, 3), initialisation="calibrated").circuit()
    signed = ConvAC(TREE, 2, (3, 3), weights="signed").circuit()
    for ours, theirs in zip(positive.weights, signed.weights, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5)


@pytest.mark.parametrize("network", [ConvAC(TREE, 2, (3, 3), seed=(0, 1)), ConvRect(TREE, 2, (3, 3), seed=(0, 1))])
def test_diagnose_names_the_first_layer_that_is_not_finite(network):
    inputs = network.prepare(network.encode(np.zeros((2, 4, 4), dtype=int)))
    assert all(bool(whole.all()) for _, whole in network.diagnose(inputs))
    with torch.no_grad():
        network.get_parameter("level_2")[1, 0, 0] = torch.nan
    found = {name: whole.tolist() for name, whole in network.diagnose(inputs)}
    assert found == {"level_1": [True, True], "level_2": [True, False], "output": [True, False]}
