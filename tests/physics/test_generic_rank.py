"""Exact generic ranks: field arithmetic, dense ranks, known values, formulas and bounds."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convac.circuits.fields import PRIME_FIELD, PrimeField
from convac.circuits.tree import random_circuit
from convac.entanglement.brute import matricization
from convac.entanglement.generic_rank import TreeShape, generic_rank, rank, shape_of
from convac.entanglement.mincut import symmetric_min_cut, tree_min_cut
from convac.errors import ArgumentError, MemoryLimitError
from convac.geometry.partitions import Partition
from convac.geometry.trees import PoolingTree

OTHER = PrimeField(2**31 - 19)
RUNS = [(0, PRIME_FIELD), (1, PRIME_FIELD), (0, OTHER)]


@pytest.mark.parametrize("field", [PRIME_FIELD, OTHER])
def test_field_arithmetic_is_that_of_python_integers(field):
    generator = np.random.default_rng(0)
    weight, values = field.draw(generator, (5, 40)), field.draw(generator, (7, 40))
    weight[0], values[0] = field.prime - 1, field.prime - 1  # the largest products
    exact = [[sum(int(a) * int(b) for a, b in zip(w, v, strict=True)) % field.prime for w in weight] for v in values]
    assert field.linear(weight, values).tolist() == exact
    stacked = field.linear(np.stack([weight, weight + 0]), values[:2])
    assert stacked.tolist() == [exact[0], exact[1]]
    both = [int(a) * int(b) % field.prime for a, b in zip(values[0], values[1], strict=True)]
    assert field.multiply(values[0], values[1]).tolist() == both


def test_a_modulus_out_of_range_is_refused():
    with pytest.raises(ArgumentError, match="prime"):
        PrimeField(2**31)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.booleans())
def test_equals_the_rank_of_a_dense_random_circuit(seed, shared):
    generator = np.random.default_rng(seed)
    tree = PoolingTree.named("random", (8,), [(2, 2, 2), (2, 4), (4, 2)][seed % 3], seed=seed)
    widths = tuple(int(width) for width in generator.integers(1, 5, tree.levels))
    circuit = random_circuit(tree, 2, widths, generator, shared=shared)
    inside = generator.permutation(8)[: generator.integers(1, 8)].tolist()
    mask = Partition.of((8,), inside).mask
    # small integers are exact in a prime field, so the circuit's own numbers needn't be
    dense = np.linalg.matrix_rank(matricization(circuit.coefficient_tensor()[0], mask), rtol=1e-9)
    found = generic_rank(circuit, inside, seed=seed)
    assert found.exact
    assert found.value == dense


PAIRS = PoolingTree.named("line", (16,))


@pytest.mark.parametrize(("seed", "field"), RUNS)
def test_known_ranks_of_the_pairs_tree(seed, field):
    shared, located = (TreeShape(PAIRS, 2, (4,) * 4, (sharing,) * 4) for sharing in (True, False))
    sizes = range(1, 9)
    ranks = [generic_rank(shared, range(n), seed=seed, field=field).value for n in sizes]
    assert ranks == [2, 3, 6, 4, 8, 12, 8, 4] == [symmetric_min_cut(PAIRS, 2, (4,) * 4, range(n)) for n in sizes]
    plain = [generic_rank(located, range(n), seed=seed, field=field).value for n in sizes]
    assert plain == [2, 4, 8, 4, 8, 16, 8, 4] == [tree_min_cut(PAIRS, 2, (4,) * 4, range(n)).value for n in sizes]


@pytest.mark.parametrize(("seed", "field"), RUNS)
def test_known_deficits(seed, field):
    nine = TreeShape(PoolingTree.named("line", (9,), (3, 3)), 2, (3, 2), (False,) * 2)
    assert generic_rank(nine, [2, 5, 6, 7, 8], seed=seed, field=field).value == 7
    assert tree_min_cut(nine.tree, 2, nine.widths, [2, 5, 6, 7, 8]).value == 8
    inside = [4, 5, 6, 8, 9, 10, 11, 15]
    sixteen = TreeShape(PAIRS, 3, (3, 5, 16, 2), (False,) * 4)
    assert generic_rank(sixteen, inside, seed=seed, field=field).value == 126
    assert tree_min_cut(PAIRS, 3, sixteen.widths, inside).value == 135


@pytest.mark.parametrize("base", [2, 3])
@pytest.mark.parametrize("seed", range(6))
def test_left_right_and_odd_even_of_the_pairs_tree(base, seed):
    generator = np.random.default_rng(seed)
    tree = PoolingTree.named("line", (8,))
    widths = tuple(int(base**power) for power in generator.integers(0, 3, 3))
    shape = TreeShape(tree, base, widths, (False,) * 3)
    # r_{L−1}, r_{L−2}, r_{L−3}², …, M^{N/2}, with widths[l] after level l + 1
    assert generic_rank(shape, "left-right").value == min(widths[2], widths[1], widths[0] ** 2, base**4)
    assert generic_rank(shape, "interleaved").value == min(widths[0], base) ** 4


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_rank_cut_and_symmetric_cut_keep_their_order(data):
    windows = tuple(data.draw(st.sampled_from([(2, 2), (2, 3), (3, 2), (3, 3), (2, 2, 2), (2, 2, 3)])))
    tree = PoolingTree.named("line", (int(np.prod(windows)),), windows)
    base = data.draw(st.sampled_from([2, 3]))
    powers = data.draw(st.booleans())
    sizes = st.sampled_from([base, base**2]) if powers else st.integers(1, 5)
    widths = tuple(data.draw(sizes) for _ in windows)
    inside = sorted(data.draw(st.sets(st.integers(0, tree.sites - 1), min_size=1, max_size=tree.sites - 1)))
    cut = tree_min_cut(tree, base, widths, inside).value
    if cut > 256:
        return
    symmetric = symmetric_min_cut(tree, base, widths, inside)
    located = generic_rank(TreeShape(tree, base, widths, (False,) * len(windows)), inside).value
    shared = generic_rank(TreeShape(tree, base, widths, (True,) * len(windows)), inside).value
    assert shared <= symmetric <= cut
    assert shared <= located <= cut
    if powers:
        assert located == cut


def test_too_few_samples_give_a_lower_bound_and_say_so():
    shape = TreeShape(PAIRS, 2, (2,) * 4, (False,) * 4)
    few = generic_rank(shape, "interleaved", samples=100)
    assert (few.value, few.exact, few.samples) == (100, False, 100)
    assert generic_rank(shape, "interleaved").value == 256
    with pytest.raises(MemoryLimitError, match="engine generic_rank"):
        generic_rank(shape, "interleaved", memory_limit=10**6)
    with pytest.raises(ArgumentError, match="samples"):
        generic_rank(shape, "interleaved", samples=0)


def test_shapes_keep_sharing():
    circuit = random_circuit(PAIRS, 2, (2, 3, 2, 2), np.random.default_rng(0), shared=True)
    assert shape_of(circuit) == TreeShape(PAIRS, 2, (2, 3, 2, 2), (True,) * 4)
    assert rank(np.zeros((3, 4), dtype=np.int64)) == 0
