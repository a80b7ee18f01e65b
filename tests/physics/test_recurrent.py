"""Recurrent arithmetic circuits: against the recurrence itself, and their ranks against closed forms."""

import math
from collections import Counter
from itertools import product
from pathlib import Path

import numpy as np
import pytest
import yaml

from convac.circuits.fields import PRIME_FIELD, REALS, PrimeField
from convac.circuits.recurrent import CHUNK, RecurrentShape, draw, matricization
from convac.entanglement.generic_rank import rank
from convac.entanglement.measures import entropy
from convac.entanglement.start_end_rank import closed_form, proved_bound, stated
from convac.errors import ArgumentError
from convac.experiments.recurrent_memory.block import Block, cells
from convac.experiments.recurrent_memory.compute import excess, is_held_back, networks, searched, start_end_rank
from convac.experiments.recurrent_memory.jobs import Grid, Search
from convac.specs.parsing import parse

# sizes at laptop whose form lies below M^n, as the search is to find them; all others say nothing of the form
NONTRIVIAL = {
    "depth-1": 285,
    "depth-2": 246,
    "depth-3": 233,
    "depth-3-narrow": 0,
    "depth-4": 234,
    "depth-4-stated": 218,
}

CONFIG = yaml.safe_load((Path(__file__).parents[2] / "config.yaml").read_text())["experiments"]["recurrent_memory"]


def naive(shape, weights, sequence):
    """The recurrence, sequence by sequence."""
    memory = [np.ones(shape.width)] * shape.depth
    for template in sequence:
        signal = np.eye(shape.local_dimension)[template]
        for layer in range(shape.depth):
            state = (weights.inputs[layer] @ signal) * memory[layer]
            memory[layer], signal = weights.memory[layer] @ state, state
    return (weights.output @ signal)[0]


@pytest.mark.parametrize("depth", [1, 2, 3])
@pytest.mark.parametrize("start", [1, 2, 4])
def test_every_sequence_has_the_value_of_the_recurrence(depth, start):
    shape = RecurrentShape(5, depth, 3, 2)
    weights = draw(shape, REALS, np.random.default_rng(depth))
    values = [naive(shape, weights, sequence) for sequence in product(range(2), repeat=5)]
    wanted = np.array(values).reshape(2**start, -1)
    found = matricization(shape, weights, REALS, start)
    scale = wanted.ravel() @ found.ravel() / (found.ravel() @ found.ravel())
    assert scale * found == pytest.approx(wanted)


def test_blocks_of_rows_are_the_whole():
    shape = RecurrentShape(18, 2, 2, 2)
    assert 2**shape.steps > 2 * CHUNK
    weights = draw(shape, PRIME_FIELD, np.random.default_rng(0))
    whole = matricization(shape, weights, PRIME_FIELD, 9)
    assert whole.shape == (512, 512)
    other = matricization(shape, weights, PRIME_FIELD, 1)
    assert np.array_equal(whole.ravel(), other.ravel())


@pytest.mark.parametrize(
    ("depth", "local_dimension", "width", "halves", "wanted"),
    [
        (1, 2, 3, (1, 2, 3), (2, 3, 3)),
        (2, 3, 3, (3, 4, 5), (27, 45, 63)),
        (2, 2, 3, (3, 4, 5, 6), None),
        (2, 2, 5, (4, 5, 6), None),
        (3, 4, 2, (2, 3, 4), None),
        (3, 3, 4, (2, 3), None),
    ],
)
@pytest.mark.parametrize(("seed", "prime"), [(0, 2**31 - 1), (1, 2**31 - 1), (0, 2**31 - 19)])
def test_exact_ranks_are_those_of_the_closed_forms(depth, local_dimension, width, halves, wanted, seed, prime):
    field = PrimeField(prime)
    found = []
    for half in halves:
        shape = RecurrentShape(2 * half, depth, width, local_dimension)
        weights = draw(shape, field, np.random.default_rng(seed))
        found.append(rank(matricization(shape, weights, field, half), field))
    assert found == [closed_form(depth, local_dimension, width, half) for half in halves]
    assert wanted is None or tuple(found) == wanted


@pytest.mark.parametrize(("seed", "prime"), [(0, 2**31 - 1), (1, 2**31 - 19)])
def test_the_form_of_four_layers_ends_where_its_last_factor_is_no_longer_m(seed, prime):
    field, found = PrimeField(prime), {}
    for local_dimension in (9, 10, 11):
        shape = RecurrentShape(6, 4, 2, local_dimension)
        weights = draw(shape, field, np.random.default_rng(seed))
        found[local_dimension] = rank(matricization(shape, weights, field, 3), field)
    assert found == {9: 90, 10: 100, 11: 106}
    assert [closed_form(4, local_dimension, 2, 3) for local_dimension in found] == [90, 100, 110]
    assert [stated(4, local_dimension, 2, 3) for local_dimension in found] == [True, True, False]
    assert stated(3, 11, 2, 3)
    assert stated(4, 36, 2, 2)


@pytest.mark.parametrize("depth", [1, 2, 3, 4])
def test_networks_are_searched_where_the_form_says_something(depth):
    known = [RecurrentShape(4, depth, 2, local_dimension) for local_dimension in (6, 7)]
    found = searched(depth, known, Search(cells=12, entries=4096, widest=4))
    assert found == searched(depth, known, Search(cells=12, entries=4096, widest=4))
    assert len(set(found)) == 12
    assert not set(found) & set(known)
    for shape in found:
        half = shape.steps // 2
        assert half >= 2
        assert 2 <= shape.width <= 4
        assert shape.local_dimension**shape.steps <= 4096
        assert excess(shape) > 0
        assert start_end_rank(shape) == closed_form(depth, shape.local_dimension, shape.width, half)
    everything = searched(depth, known, Search(cells=10**6, entries=4096, widest=4))
    assert set(found) < set(everything)
    assert searched(depth, everything, Search(cells=3, entries=4096, widest=4)) == [
        shape for shape in known if excess(shape)
    ]


def test_claims_tell_how_many_sizes_test_a_form():
    block = parse(Block, {key: value for key, value in CONFIG.items() if key != "scales"})
    counts, held_back = Counter(), Counter()
    for cell in cells(block):
        for shape, _, _ in networks(cell.spec) if isinstance(cell.spec, Grid) else ():
            size = (shape.depth, shape.local_dimension, shape.width, shape.steps // 2)
            names = [f"depth-{shape.depth}", f"depth-{shape.depth}-stated" if stated(*size) else ""]
            names[0] += "-narrow" if shape.depth == 3 and shape.width > shape.local_dimension else ""
            counts.update(name for name in names if name in NONTRIVIAL and excess(shape) > 0)
            held_back[shape.depth] += is_held_back(shape) and excess(shape) > 0
    assert {name: counts[name] for name in NONTRIVIAL} == NONTRIVIAL
    assert all(count >= 200 for name, count in NONTRIVIAL.items() if name != "depth-3-narrow")
    assert all(4 * held_back[depth] >= NONTRIVIAL[f"depth-{depth}"] for depth in block.depths)


def test_the_form_of_two_layers_is_never_below_the_theorem():
    for local_dimension, width, half in product(range(1, 7), range(1, 7), range(1, 9)):
        assert closed_form(2, local_dimension, width, half) >= proved_bound(local_dimension, width, half)


@pytest.mark.parametrize("depth", [1, 2, 3, 4])
def test_entropies_are_finite_and_below_the_logarithm_of_the_rank(depth):
    shape = RecurrentShape(12, depth, 3, 2)
    for seed in range(3):
        matrix = matricization(shape, draw(shape, REALS, np.random.default_rng(seed)), REALS, 6)
        found = entropy(np.linalg.svd(matrix, compute_uv=False))
        assert 0 <= found <= math.log(closed_form(depth, 2, 3, 6)) + 1e-9


def test_bad_sizes_are_named():
    with pytest.raises(ArgumentError, match="width: got 0"):
        RecurrentShape(4, 1, 0, 2)
    shape = RecurrentShape(4, 1, 2, 2)
    for start in (0, 4):
        with pytest.raises(ArgumentError, match="start: got"):
            matricization(shape, draw(shape, REALS, np.random.default_rng(0)), REALS, start)
