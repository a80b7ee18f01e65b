"""What enters by Python in families, fields, mixtures, targets and laws: refused by name unless it is what is asked."""

import math
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
import torch

from convac.circuits import overlapping, recurrent
from convac.circuits.fields import PRIME_FIELD, REALS, PrimeField, is_prime
from convac.circuits.files import read_circuit, write_circuit
from convac.circuits.tree import Circuit, random_circuit
from convac.entanglement import differentiable, measures
from convac.entanglement.bridge import predicted_rank
from convac.entanglement.generic_rank import TreeShape, generic_rank
from convac.entanglement.graphs import graph_min_cut, tree_network
from convac.entanglement.measure import measure
from convac.entanglement.mincut import symmetric_min_cut, tree_min_cut
from convac.entanglement.truncation import amplitudes, truncated
from convac.errors import ArgumentError
from convac.geometry.trees import PoolingTree
from convac.mixtures import entropies
from convac.mixtures.families import random_mixture
from convac.mixtures.leaves import Categorical, Gaussian
from convac.networks.arithmetic import ConvAC
from convac.targets import families, frontier, functions, splits
from convac.training.runs import load_run

TREE = PoolingTree.named("line", (4,))
RNG = np.random.default_rng(0)
CIRCUIT = random_circuit(TREE, 2, (3, 3), RNG)
FAMILY = TreeShape(TREE, 2, (3, 3), (False, False))
RECURRENT = recurrent.RecurrentShape(4, 1, 2, 2)
MEMORY = recurrent.draw(RECURRENT, REALS, RNG)
OVERLAPPING = overlapping.OverlappingShape((4,), 2, (3,))
MAPS = overlapping.draw(OVERLAPPING, PRIME_FIELD, RNG)
HALF = np.full((4, 2, 2), 0.5)
MIXTURE = random_mixture("dirichlet", TREE, 2, "binary", RNG)
DENSITIES = random_mixture("dirichlet", TREE, 2, "Gaussian", RNG)
WEIGHTS = [torch.ones(1, 3, 2), torch.ones(1, 3, 3)]
OUTPUT = torch.ones(1, 3)
NO_COUNTS = (0, -1, 2.0, True, "2", 1j, None)
NO_WIDTHS = (3, (0, 3), (3.0, 3), (True, 3), "33", (), None)
NO_GENERATORS = (0, None, "0", np.random.RandomState(0), np.random)
NAN = math.nan
# the name that is told, what is called, and what it is called with
REFUSED = [
    ("prime", PrimeField, (4, 1, 0, -3, 25, 2**31, 2**31 - 3, 2.0, "3", True)),
    ("tree", lambda value: random_circuit(value, 2, (3, 3), RNG), (None, (4,), "line", FAMILY)),
    ("generator", lambda value: random_circuit(TREE, 2, (3, 3), value), NO_GENERATORS),
    ("generator", lambda value: random_mixture("dirichlet", TREE, 2, "binary", value), NO_GENERATORS),
    ("generator", lambda value: MIXTURE.sample(3, value), NO_GENERATORS),
    ("generator", lambda value: entropies.sampled(MIXTURE, 3, value), NO_GENERATORS),
    ("widths", lambda value: ConvAC(TREE, 2, (value, 3)), (0, 10**30, 2**20 + 1, 2.0)),
    ("circuit", lambda value: write_circuit("net.json", value), (None, "net", TREE, [CIRCUIT])),
    ("weights", lambda value: write_circuit("net.json", CIRCUIT, value), (None, "foo", ["inline"], True)),
    ("path", lambda value: write_circuit(value, CIRCUIT), (None, 5, b"net.json", "a\0b", ["net.json"])),
    ("path", read_circuit, (None, 5, b"net.json", "a\0b", ["net.json"])),
    ("folder", load_run, (None, 5, b"net.json", "a\0b", ["net.json"])),
    ("network", lambda value: measure(value, [0]), (None, "net.json", [[1, 0], [0, 1]], 1.0, TREE)),
    ("steps", lambda value: recurrent.RecurrentShape(value, 1, 2, 2), NO_COUNTS),
    ("depth", lambda value: recurrent.RecurrentShape(4, value, 2, 2), NO_COUNTS),
    ("width", lambda value: recurrent.RecurrentShape(4, 1, value, 2), NO_COUNTS),
    ("local_dimension", lambda value: recurrent.RecurrentShape(4, 1, 2, value), NO_COUNTS),
    ("start", lambda value: recurrent.matricization(RECURRENT, MEMORY, REALS, value), (*NO_COUNTS, 4)),
    (
        "inputs: layer 1",
        lambda value: recurrent.matricization(RECURRENT, MEMORY._replace(inputs=(value,)), REALS, 2),
        (np.ones((2, 3)), np.eye(2) * 1j, "x", np.eye(2) > 0, [[1, 2], [3]], np.full((2, 2), NAN)),
    ),
    ("memory", lambda value: recurrent.matricization(RECURRENT, MEMORY._replace(memory=value), REALS, 2), [()]),
    ("output", lambda value: recurrent.matricization(RECURRENT, MEMORY._replace(output=value), REALS, 2), [[1, 1]]),
    ("sites", lambda value: overlapping.OverlappingShape(value, 1, (2,)), (4, (2, 2, 2), (4.0,), (0,), "4", None)),
    ("kernel", lambda value: overlapping.OverlappingShape((4,), value, (2,)), (*NO_COUNTS, 5)),
    ("widths", lambda value: overlapping.OverlappingShape((4,), 2, value), NO_WIDTHS),
    ("local_dimension", lambda value: overlapping.OverlappingShape((4,), 2, (3,), value), NO_COUNTS),
    (
        "weights: layer 1",
        lambda value: overlapping.coefficient_tensor(OVERLAPPING, MAPS._replace(layers=(value,)), PRIME_FIELD),
        (MAPS.layers[0] * 1.0, -MAPS.layers[0] - 1, MAPS.layers[0][0], MAPS.layers[0] > 0, "x"),
    ),
    ("widths", lambda value: TreeShape(TREE, 2, value, (False, False)), NO_WIDTHS),
    ("local_dimension", lambda value: TreeShape(TREE, value, (3, 3), (False, False)), NO_COUNTS),
    ("shared", lambda value: TreeShape(TREE, 2, (3, 3), value), [(False,)]),
    ("samples", lambda value: generic_rank(FAMILY, [0], samples=value), NO_COUNTS),
    ("seed", lambda value: generic_rank(FAMILY, [0], seed=value), (0.5, None, "0", True)),
    ("field", lambda value: generic_rank(FAMILY, [0], field=value), (7, None, REALS)),
    ("partition", lambda value: generic_rank(FAMILY, value), ([0.7], None, 3)),
    ("widths", lambda value: tree_min_cut(TREE, 2, value, [0]), NO_WIDTHS),
    ("local_dimension", lambda value: tree_min_cut(TREE, value, (3, 3), [0]), NO_COUNTS),
    ("partition", lambda value: tree_min_cut(TREE, 2, (3, 3), value), ([0.7], None, 3)),
    ("widths", lambda value: symmetric_min_cut(TREE, 2, value, [0]), NO_WIDTHS),
    ("partition", lambda value: symmetric_min_cut(TREE, 2, (3, 3), value), ([0.7], None, 3)),
    ("widths", lambda value: predicted_rank(TREE, 2, value, [0]), NO_WIDTHS),
    ("partition", lambda value: predicted_rank(TREE, 2, (3, 3), value), ([0.7], None, 3)),
    ("partition", lambda value: differentiable.renyi2(TREE, WEIGHTS, OUTPUT, value), ([0.7], None, 3)),
    ("output", lambda value: differentiable.renyi2(TREE, WEIGHTS, value, [0]), (OUTPUT * 1j, [[1.0] * 3])),
    (
        "weights: level 1",
        lambda value: differentiable.renyi2(TREE, [value, WEIGHTS[1]], OUTPUT, [0]),
        (WEIGHTS[0] * 1j, WEIGHTS[0].int(), WEIGHTS[0] > 0, WEIGHTS[0].numpy(), None),
    ),
    ("rank", lambda value: truncated(CIRCUIT, value), NO_COUNTS),
    (
        "inputs",
        lambda value: amplitudes(CIRCUIT, value),
        (np.ones((2, 4, 2)) * 1j, np.ones((2, 4)), np.zeros((2, 4), bool), "x", [[0, 1], [0]], np.full((2, 4), 2)),
    ),
    ("singular values", measures.entropy, ([1j, 1], [], [-1.0], ["a"], [NAN], [True], None)),
    ("order", lambda value: measures.renyi(np.ones(2), value), (0, -1, NAN, "2", True, None, 2j)),
    ("multiplicities", lambda value: measures.degenerate_entropy([1.0], value), ([0], [1.5], ["1"], [True], 1)),
    ("weights", lambda value: measures.degenerate_entropy(value, [1]), ([1j], [0.0], [-1.0], [1, 1], ["1"], [NAN])),
    ("probabilities", Categorical, (HALF * 1j, HALF[0], HALF * 0.9, "x", HALF > 0, [[[1], [1, 2]]], -HALF)),
    ("means", lambda value: Gaussian(value, np.ones((1, 2))), ([[1j, 0]], [0, 0], [["a", "b"]], [[NAN, 0]])),
    ("variances", lambda value: Gaussian(np.ones((1, 2)), value), ([[1j, 1]], [1, 1], [[math.inf, 1]])),
    ("means, variances", lambda value: Gaussian(np.ones((1, 2)), value), ([[0, 1]], [[-1, 1]], [[1, 1, 1]])),
    (
        "tables",
        lambda value: replace(MIXTURE, tables=value),
        (None, "x", (MIXTURE.tables[0] * 1j, MIXTURE.tables[1]), ([[1], [1, 2]], MIXTURE.tables[1])),
    ),
    ("partition", lambda value: graph_min_cut(tree_network(TREE, 2, (3, 3)), value), ([0.0], [True], 3, "0", [4], [])),
    ("dimensions", lambda value: tree_network(TREE, value, (3, 3)), NO_COUNTS[:-1]),
    ("prior", lambda value: replace(MIXTURE, prior=value), ([0.5, 0.5j], 1.0, "x", [True, False], [0.9, 0.2])),
    ("tree, leaves", lambda value: replace(MIXTURE, tree=value), ((4,), None)),
    ("tree, leaves", lambda value: replace(MIXTURE, leaves=value), (HALF, None)),
    (
        "values",
        MIXTURE.log_likelihood,
        (np.zeros((3, 4)), np.zeros((3, 4), bool), np.full((3, 4), 2), [[0, 1]], "x", [[0], [0, 1]]),
    ),
    (
        "values",
        DENSITIES.log_likelihood,
        (np.zeros((3, 4)) * 1j, np.full((3, 4), NAN), np.zeros((3, 5)), np.zeros((3, 4), bool)),
    ),
    ("count", lambda value: MIXTURE.sample(value, RNG), NO_COUNTS),
    ("family", lambda value: random_mixture(value, TREE, 2, "binary", RNG), ("x", None, [])),
    ("kind", lambda value: random_mixture("dirichlet", TREE, 2, value, RNG), ("x", None, "gaussian")),
    ("states", lambda value: random_mixture("dirichlet", TREE, value, "binary", RNG), NO_COUNTS),
    ("inside", lambda value: families.majority(value, 2), NO_COUNTS),
    ("outside", lambda value: families.parity(2, value), NO_COUNTS),
    ("height", lambda value: frontier.strip("percolation", value, 2, 2), (*NO_COUNTS, 13, 40)),
    ("inside", lambda value: families.random_entropy(value, 2), NO_COUNTS),
    ("pairs", lambda value: families.strict_symmetry(*value, "sign"), ((0, 0, 0), (-1, 1, 1), (1.5, 0, 0))),
    ("crossing", lambda value: families.symmetry_score(value, 0, "sign"), NO_COUNTS),
    ("task", lambda value: functions.listed(value, (2, 2)), ("x", None, ["parity"])),
    ("sites", lambda value: functions.listed("parity", value), ((2,), (2, 2, 1), (2.0, 2), 4, (2, 0))),
    ("task", lambda value: frontier.states(value, 2, 2), ("parity", None, ["loop"])),
    ("height", lambda value: frontier.states("loop", value, 2), NO_COUNTS),
    ("width", lambda value: frontier.states("loop", 2, value), NO_COUNTS),
    ("values", lambda value: splits.Split(value, (1,), (1, 1)), ([[0, 1]], [[True], [True]], None)),
    ("inside", lambda value: splits.Split([[True, False]], value, (1, 1)), ((0,), (1.0,), 1)),
    ("tensor", lambda value: splits.split(value, [True, False]), (np.eye(2), [[1, 0], [0, 1]])),
    ("mask", lambda value: splits.split(np.eye(2) > 0, value), ([1, 0], [True], None)),
    ("convention", lambda value: splits.offset(value, Fraction(0)), ("x", None, ["sign"])),
]


@pytest.mark.parametrize(("name", "call", "values"), REFUSED)
def test_what_is_not_asked_for_is_refused_by_name(name, call, values):
    for value in values:
        with pytest.raises(ArgumentError, match=f"^{name}") as refusal:
            call(value)
        assert "accepted: " in str(refusal.value)
        assert len(str(refusal.value)) <= 200


def test_primes_are_told_from_other_numbers():
    sieve = [number for number in range(2, 2000) if all(number % low for low in range(2, int(number**0.5) + 1))]
    assert [number for number in range(2, 2000) if is_prime(number)] == sieve
    # Carmichael numbers and strong pseudoprimes to single bases
    for number in (561, 41041, 2047, 1373653, 25326001, 46341**2, 2147483629 - 2):
        assert not is_prime(number)
    for number in (2147483629, 2**31 - 1, 65537):
        assert PrimeField(np.int64(number)).prime == number


def test_integers_of_numpy_are_never_of_64_bits():
    wide = [np.int64(2**40), np.int64(2**40)]
    assert tree_min_cut(TREE, np.int64(2**40), wide, [0, 2]).value == 2**80
    assert symmetric_min_cut(TREE, np.int64(2**40), wide, [0, 2]) == 2**80
    assert families.majority(np.int64(80), np.int8(2)).inside[40] == math.comb(80, 40)
    assert families.parity(np.int64(90), np.int64(3)).inside == (2**89, 2**89)
    assert (
        families.strict_symmetry(np.int64(100), 0, 0, "sign").rank == families.strict_symmetry(100, 0, 0, "sign").rank
    )
    assert generic_rank(TreeShape(TREE, np.int64(2), np.array([2, 2]), (False, False)), np.array([0, 1])).value == 2


def test_zero_entropy_has_no_sign():
    product = Circuit(TREE, 2, (np.ones((1, 2)), np.ones((1, 1))), np.ones((1, 1)))
    for engine in ("brute", "spectrum", "renyi2"):
        found = measure(product, "left-right", engine=engine)
        assert found.renyi2 >= 0
        assert math.copysign(1, found.renyi2) == 1
        assert engine == "renyi2" or math.copysign(1, found.entropy) == 1
    for order in (0.5, 1, 2, 3, math.inf):
        for values in ([1.0], [1.0, 0.0], [3.0, 1e-300]):
            assert math.copysign(1, measures.renyi(np.array(values), order)) == 1
    assert math.copysign(1, measures.degenerate_entropy([1.0], [1])) == 1
