"""Every argument of every public function with odd values: accepted, or refused in one line of the library's own."""

import collections
import decimal
import fractions
import inspect
import math

import numpy as np
import pandas as pd
import pytest
import torch

import convac
from convac.circuits.tree import Circuit
from convac.circuits.tree_tensors import TreeTensorNetwork
from convac.errors import LIMIT, ConvacError
from convac.geometry.partitions import Partition
from convac.geometry.trees import PoolingTree


class Own:
    """Nothing that the library knows."""


ODD = {
    "none": None,
    "true": True,
    "numpy true": np.True_,
    "negative": -1,
    "large": 10**30,
    "unprintable": 10**5000,
    "uint64": np.uint64(2**64 - 1),
    "float": 1.5,
    "nan": math.nan,
    "-inf": -math.inf,
    "float16": np.float16(0.5),
    "longdouble": np.longdouble("1e-4000"),
    "complex": np.complex64(1j),
    "fraction": fractions.Fraction(1, 2),
    "decimal": decimal.Decimal("0.5"),
    "no text": "",
    "text": "abc\ndef",
    "long text": "9" * 5000,
    "null": "a\0b",
    "bytes": b"0",
    "bytearray": bytearray(b"01"),
    "memoryview": memoryview(b"01"),
    "no list": [],
    "nested": [[[[[0]]]]],
    "ragged": [[1, 2], [3]],
    "mapping": {"a": 1},
    "set": {0, 1},
    "range": range(2),
    "mixed deque": collections.deque([True, 2]),
    "mixed list": collections.UserList([True, 2]),
    "of no axes": np.array(1),
    "bfloat16": torch.eye(2, dtype=torch.bfloat16),
    "big-endian": np.eye(2, dtype=">f8"),
    "complex64": np.eye(2, dtype=np.complex64),
    "booleans": np.array([True, False, False]),
    "empty": np.zeros((0, 2)),
    "objects": np.array([0, None]),
    "record": np.zeros(2, dtype=[("a", int)]),
    "dates": np.array(["2020-01-01"], dtype="M8[D]"),
    "masked": np.ma.array([0, 1], mask=[True, False]),
    "masked in a list": [np.ma.array([0, 1], mask=[True, False])],
    "masked, of no axes": np.ma.array(1, mask=True),
    "series": pd.Series([0, 1], index=["a", "b"]),
    "frame": pd.DataFrame([[1.0, 0.0], [0.0, 1.0]]),
    "missing": pd.Series([0, pd.NA], dtype="Int64"),
    "NA": pd.NA,
    "tensor of no axes": torch.tensor(1),
    "gradients": torch.eye(2, requires_grad=True),
    "conjugate": torch.eye(2, dtype=torch.complex64).conj(),
    "meta": torch.empty(2, device="meta"),
    "sparse": torch.eye(2).to_sparse(),
    "tensors": [[torch.tensor(True), torch.tensor(2.0)]],
    "object": Own(),
    "type": Own,
    "module": math,
    "generator": np.random.RandomState(0),
    "network": torch.nn.Linear(4, 2),
}
LINE = PoolingTree.named("line", (4,))
CIRCUIT = convac.random_circuit(LINE, 2, (2, 2), np.random.default_rng(1))
NETWORK = TreeTensorNetwork.of(CIRCUIT)
IMAGES = np.random.default_rng(0).integers(0, 2, (64, 2, 2))
LABELS = np.arange(64) % 2


def odds(images):
    """A network's answers."""
    return np.asarray(images).reshape(len(images), -1) @ np.array([1.0, -2.0, 0.5, 1.0])


def cosine(inputs):
    """A function of the sites."""
    return np.cos(inputs.sum(axis=-1))


def forward(kind):
    """Images through a new network."""
    network = kind(LINE, 2, (2, 2))

    def answers(images):
        return network(images)

    return answers


DRAWN = {"generator": np.random.default_rng(0), "classes": 1}
LIMITS = {"memory_limit": 1e9, "time_limit": 60}
CHAIN = [np.eye(2)[None], np.eye(2)[:, None, :]]
ZEROS = {"images": torch.zeros((3, 4), dtype=torch.int64)}
CALLS = {
    "PoolingTree": (PoolingTree, {"shape": (4,), "order": range(4), "windows": (2, 2)}),
    "PoolingTree.named": (PoolingTree.named, {"geometry": "line", "shape": (4,), "windows": None, "seed": 0}),
    "PoolingTree.read": (PoolingTree.read, {"path": "tree.json", "shape": (4,)}),
    "PoolingTree.write": (LINE.write, {"path": "tree.json"}),
    "Partition": (Partition, {"shape": (2, 2), "inside": (0, 1)}),
    "Partition.of": (Partition.of, {"shape": (2, 2), "choice": [0, 1]}),
    "Circuit": (Circuit, {"tree": LINE, "local_dimension": 2, "weights": CIRCUIT.weights, "output": np.eye(2)}),
    "Circuit.amplitudes": (CIRCUIT.amplitudes, {"representation": np.ones((3, 4, 2))}),
    "random_circuit": (
        convac.random_circuit,
        {"tree": LINE, "local_dimension": 2, "widths": (2, 2), "shared": True, "positive": False} | DRAWN,
    ),
    "TreeTensorNetwork": (
        TreeTensorNetwork,
        {"shape": (2,), "parents": (2, 2, -1), "weights": [np.eye(2), np.eye(2), np.ones((1, 2))]},
    ),
    "TreeTensorNetwork.amplitudes": (NETWORK.amplitudes, {"representation": np.ones((3, 4, 2))}),
    "TreeTensorNetwork.with_output": (NETWORK.with_output, {"output": np.ones((1, 2))}),
    "random_tree_network": (
        convac.random_tree_network,
        {"shape": (2,), "parents": (2, 2, -1), "local_dimension": 2, "widths": 2, "complex_weights": True} | DRAWN,
    ),
    "measure": (
        convac.measure,
        {"source": CIRCUIT, "partition": [0], "data": None, "output": 0, "engine": "auto", "tolerance": 1e-10}
        | {"gram": np.eye(2), "sites": None, "templates": None, "samples": None, "seed": 0, "largest_error": 1e-6}
        | LIMITS,
    ),
    "measure, of a function": (
        convac.measure,
        {"source": cosine, "partition": [0], "sites": (4,), "templates": [0, 1], "engine": "grid"},
    ),
    "measure, of a state": (convac.measure, {"source": np.ones((2, 2)), "partition": [0], "sites": (2,)}),
    "measure, of data": (convac.measure, {"source": odds, "partition": [0], "data": IMAGES, "samples": 32}),
    "data_dependence": (
        convac.data_dependence,
        {"network": odds, "partition": [0], "data": IMAGES, "samples": 32, "sites": (2, 2), "confidence": 0.5} | LIMITS,
    ),
    "HeldOut": (
        convac.HeldOut,
        {"images": IMAGES, "labels": LABELS, "least_pixels": 0, "within_class": False, "draws": 1},
    ),
    "DataTensor": (convac.DataTensor, {"features": np.ones((3, 4, 2)), "labels": np.ones(3), "sites": (4,)}),
    "GridFunction": (
        convac.GridFunction,
        {"function": cosine, "sites": (4,), "templates": [0, 1], "weights": [0.5, 0.5]},
    ),
    "generic_rank": (convac.generic_rank, {"source": CIRCUIT, "partition": [0], "seed": 0, "samples": 8} | LIMITS),
    "min_cut": (convac.min_cut, {"source": CIRCUIT, "partition": [0]}),
    "profile": (
        convac.profile,
        {"source": CIRCUIT, "orders": (1,), "parts": ["mutual"], "blocks": [[0], [1, 2]], "output": 0, "gram": None}
        | {"largest_error": 1e-6}
        | LIMITS,
    ),
    "Profile.mutual": (convac.profile(CIRCUIT).mutual, {"order": 1}),
    "bond_spectra": (convac.bond_spectra, {"source": CIRCUIT, "largest_error": 1e-6} | LIMITS),
    "truncated": (convac.truncated, {"source": CIRCUIT, "rank": 1} | LIMITS),
    "site_grams": (convac.site_grams, {"inputs": np.eye(2)[LABELS[:8].reshape(2, 4)], "local_dimension": 2}),
    "from_mps": (convac.from_mps, {"arrays": CHAIN, "shape": "lrp", "sites": (2,)}),
    "from_tree": (convac.from_tree, {"parents": (2, 2, -1), "tensors": [np.eye(2)] * 3, "sites": (2,)}),
    "to_numpy": (convac.to_numpy, {"source": CIRCUIT, "output": 0}),
    "to_einsum": (convac.to_einsum, {"source": CIRCUIT, "output": 0}),
    "to_quimb": (convac.to_quimb, {"source": CIRCUIT, "output": 0}),
    "write_circuit": (convac.write_circuit, {"path": "circuit.json", "circuit": CIRCUIT, "weights": "inline"}),
    "read_circuit": (convac.read_circuit, {"path": "circuit.json"}),
    "load_run": (convac.load_run, {"folder": "runs", "replica": 0}),
    "draw": (convac.draw, {"source": LINE, "partition": [0], "output": 0, "entropies": False}),
    "advise": (convac.advise, {"images": IMAGES, "labels": LABELS, "budget": 99, "levels": None, "seed": 0} | LIMITS),
    "ConvAC": (
        convac.ConvAC,
        {"tree": LINE, "local_dimension": 2, "widths": (2, 2), "classes": 2, "weights": "positive", "seed": 0}
        | {"sharing": "shared", "representation": None, "initialisation": None},
    ),
    "ConvAC, of images": (forward(convac.ConvAC), ZEROS),
    "ConvRect": (
        convac.ConvRect,
        {"tree": LINE, "local_dimension": 2, "widths": (2, 2), "classes": 2, "pooling": "max", "seed": 0},
    ),
    "ConvRect, of images": (forward(convac.ConvRect), ZEROS),
    "TensorialMixture": (
        convac.TensorialMixture,
        {"tree": LINE, "components": 2, "widths": (2, 2), "classes": 2, "leaves": "gaussian", "sharing": "shared"}
        | {"objective": "likelihood", "patch": 1, "brightest": 1, "least_variance": 0.01, "seed": 0},
    ),
    "TensorialMixture, of images": (forward(convac.TensorialMixture), ZEROS),
}
RESULTS = {"Advice", "DataDependence", "Measurement", "Profile"}  # what is returned; nobody makes them


def test_every_public_function_is_tried():
    assert {name.partition(",")[0].partition(".")[0] for name in CALLS} | RESULTS == set(convac.__all__)
    for call, arguments in CALLS.values():
        assert set(arguments) <= set(inspect.signature(call).parameters)


@pytest.mark.parametrize("name", CALLS)
def test_an_odd_argument_is_accepted_or_refused_in_one_line(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    call, arguments = CALLS[name]
    LINE.write("tree.json")
    convac.write_circuit("circuit.json", CIRCUIT)
    if name != "load_run":  # there is no run: a missing folder is refused, too
        call(**arguments)
    wrong = []
    for argument in arguments:
        for kind, value in ODD.items():
            try:
                call(**arguments | {argument: value})
            except ConvacError as error:
                if len(str(error)) > LIMIT or "\n" in str(error):
                    wrong.append(f"{argument} {kind}: {error}")
            except Exception as error:
                wrong.append(f"{argument} {kind}: {type(error).__name__}: {error}")
    assert not wrong
