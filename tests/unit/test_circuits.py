"""Circuits from what users hand in: right as given, or refused by the level at fault."""

import numpy as np
import pytest
import torch

from convac.circuits.tree import Circuit, random_circuit
from convac.errors import ArgumentError
from convac.geometry.trees import PoolingTree

TREE = PoolingTree.named("square", (2, 2), windows=(4,))
W, OUT = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[1.0, 1.0]])


@pytest.mark.parametrize(
    "weight", [W.astype(np.float32), W.astype(int), W.tolist(), torch.tensor(W).bfloat16(), torch.tensor(W).half()]
)
def test_weights_of_every_real_kind_are_the_same_numbers(weight):
    found = Circuit(TREE, np.int64(2), [weight], torch.tensor(OUT, requires_grad=True))
    assert [array.tolist() for array in found.weights] == [W.tolist()]
    assert found.output.tolist() == OUT.tolist()
    assert type(found.local_dimension) is int


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"weights": (W + 1j,)}, "layers: level 1: holds complex"),
        ({"weights": (torch.tensor(W) * 1j,)}, "layers: level 1: holds complex"),
        ({"weights": (W > 0,)}, "layers: level 1: holds booleans"),
        ({"weights": ([[1, 2], [3]],)}, "layers: level 1: rows differ"),
        ({"weights": ([[1, 2], [3, True]],)}, "layers: level 1: holds booleans"),
        ({"weights": "foo"}, "layers: got 'foo'; accepted: one array of weights per level"),
        ({"weights": (W.astype(str),)}, "layers: level 1: holds text"),
        ({"weights": None}, "layers: got None"),
        ({"weights": 3}, "layers: got 3"),
        ({"weights": ()}, "layers: 0 given"),
        ({"weights": (W, W)}, "layers: 2 given"),
        ({"weights": (np.ones((0, 2)),)}, r"layers: level 1: has shape \[0, 2\]"),
        ({"weights": (W * np.nan,)}, "layers: level 1: has a value that isn't finite"),
        ({"weights": (np.ones((2, 3)),)}, r"level 1 has shape \[2, 3\]; accepted: \[out, 2\] or \[4, out, 2\]"),
        ({"weights": (np.ones((3, 2, 2)),)}, "level 1 has shape"),
        ({"weights": (np.ones(2),)}, "level 1 has shape"),
        ({"output": OUT * 1j}, "output: holds complex"),
        ({"output": "cat"}, "output: holds text"),
        ({"output": [1, 1]}, r"output: has shape \[2\]; accepted: \[classes, 2\]"),
        ({"output": np.ones((0, 2))}, "output: has shape"),
        ({"local_dimension": 0}, "local_dimension: got 0; accepted: an integer ≥ 1"),
        ({"local_dimension": 2.0}, "local_dimension: got 2.0"),
        ({"local_dimension": True}, "local_dimension: got True"),
        ({"tree": (2, 2)}, "tree: "),
    ],
)
def test_what_is_no_circuit_is_refused_by_name(changes, words):
    arguments = {"tree": TREE, "local_dimension": 2, "weights": (W,), "output": OUT} | changes
    with pytest.raises(ArgumentError, match=words) as refusal:
        Circuit(**arguments)
    assert len(str(refusal.value)) <= 200


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"local_dimension": 0}, "local_dimension"),
        ({"local_dimension": 2.5}, "local_dimension"),
        ({"widths": 3}, "widths"),
        ({"widths": (0,)}, "widths: got 0; accepted: integers from 1"),
        ({"widths": (2.0,)}, "widths"),
        ({"widths": (2, 2)}, "widths: 2 given"),
        ({"classes": 0}, "classes"),
        ({"generator": 0}, "generator"),
    ],
)
def test_random_circuits_have_positive_integers(changes, words):
    arguments = {"local_dimension": 2, "widths": (3,), "generator": np.random.default_rng(0)} | changes
    with pytest.raises(ArgumentError, match=f"^{words}"):
        random_circuit(TREE, **arguments)


def test_integers_of_numpy_draw_the_same_circuit():
    plain = random_circuit(TREE, 2, (3,), np.random.default_rng(0), classes=2)
    numpy = random_circuit(TREE, np.int64(2), np.array([3]), np.random.default_rng(0), classes=np.int8(2))
    assert np.array_equal(plain.weights[0], numpy.weights[0])
    assert np.array_equal(plain.output, numpy.output)


@pytest.mark.parametrize("inputs", [np.ones((3, 4, 2)) * 1j, np.ones((3, 4)), np.ones((3, 4, 3)), "x", [[True] * 4]])
def test_representations_are_real_and_of_the_circuits_shape(inputs):
    circuit = Circuit(TREE, 2, (W,), OUT)
    with pytest.raises(ArgumentError, match=r"^representation: "):
        circuit.amplitudes(inputs)
    assert circuit.amplitudes(np.ones((3, 4, 2)).tolist()).shape == (3, 1)
