"""The bridge's predictions against ranks of random matrices over a prime field."""

import math
import tracemalloc

import numpy as np
import pytest

from convac.circuits.fields import PRIME_FIELD
from convac.entanglement.bridge import bridge_rank, contained, generic_ext, needed, predicted_rank, subspace_rank
from convac.entanglement.generic_rank import TreeShape, generic_rank, rank
from convac.entanglement.limits import Limits
from convac.errors import MemoryLimitError, TimeLimitError
from convac.geometry.partitions import Partition
from convac.geometry.trees import PoolingTree


def kronecker(one, other):
    """A ⊗ B of residues."""
    (a, b), (d, e) = one.shape, other.shape
    return PRIME_FIELD.multiply(one[:, None, :, None], other[None, :, None, :]).reshape(a * d, b * e)


@pytest.mark.parametrize("seed", range(200))
def test_sums_of_products_of_generic_matrices(seed):
    generator = np.random.default_rng(seed)
    channels, (a, b, d, e) = int(generator.integers(1, 5)), map(int, generator.integers(1, 6, 4))
    first = PRIME_FIELD.draw(generator, (channels, a, b))
    second = PRIME_FIELD.draw(generator, (channels, d, e))
    total = sum(kronecker(one, other) for one, other in zip(first, second, strict=True)) % PRIME_FIELD.prime
    assert rank(total) == bridge_rank(channels, (a, b), (d, e)) == bridge_rank(channels, (d, e), (a, b))


@pytest.mark.parametrize("seed", range(60))
def test_sums_of_products_of_generic_subspaces(seed):
    generator = np.random.default_rng(seed)
    channels, (b, e) = int(generator.integers(1, 4)), map(int, generator.integers(1, 5, 2))
    own, other = int(generator.integers(1, b + 1)), int(generator.integers(1, e + 1))
    first = PRIME_FIELD.draw(generator, (channels, own, b))
    second = PRIME_FIELD.draw(generator, (channels, other, e))
    rows = np.concatenate([kronecker(one, two) for one, two in zip(first, second, strict=True)])
    assert rank(rows) == subspace_rank((own, b), (other, e), channels)


def test_generic_extensions_of_a_single_arrow():
    # representations of one arrow are sums of three indecomposables: Ext between generic ones is easy to see
    arrow = ((0, 1),)
    assert generic_ext(arrow, (1, 0), (0, 1)) == 1
    assert generic_ext(arrow, (0, 1), (1, 0)) == 0
    assert generic_ext(arrow, (1, 1), (1, 1)) == 0


def test_known_deficits_are_predicted():
    nine = PoolingTree.named("line", (9,), (3, 3))
    assert predicted_rank(nine, 2, (3, 2), Partition((9,), (2, 5, 6, 7, 8))) == 7
    sixteen = PoolingTree.named("line", (16,))
    inside = (4, 5, 6, 8, 9, 10, 11, 15)
    assert predicted_rank(sixteen, 3, (3, 5, 16, 2), Partition((16,), inside)) == 126


def test_there_is_no_prediction_without_two_mixed_children():
    tree = PoolingTree.named("line", (8,))
    assert predicted_rank(tree, 2, (2, 2, 2), Partition.of((8,), "left-right")) is None


def test_a_star_of_four_subspaces_is_gone_through():
    tree, inside = PoolingTree.named("line", (9,), (3, 3)), (1, 3, 4, 5, 7)
    predicted = predicted_rank(tree, 3, (6, 4), Partition((9,), inside))
    assert predicted == generic_rank(TreeShape(tree, 3, (6, 4), (False, False)), inside).value == 36


def test_generic_subrepresentations_are_those_that_random_ones_have():
    # two subspaces of dimension 1 in a plane differ: no line holds both, and any line holds at most one
    star = ((0, 2), (1, 2))
    assert contained(star, (1, 1, 2)).tolist() == [
        [0, 0, 0],
        [0, 0, 1],
        [0, 0, 2],
        [0, 1, 1],
        [0, 1, 2],
        [1, 0, 1],
        [1, 0, 2],
        [1, 1, 2],
    ]


def test_long_recursions_are_refused_before_they_start():
    tree = PoolingTree.named("line", (9,), (3, 3))
    partition = Partition((9,), (1, 3, 4, 5, 7))
    tracemalloc.start()
    seconds = r"^engine bridge: takes about [\d.e+^-]+ s; accepted: up to time_limit, "
    memory = r"^engine bridge: needs [\d.e+^]+ bytes; accepted: up to memory_limit, "
    with pytest.raises(TimeLimitError, match=seconds):
        predicted_rank(tree, 3, (6, 4), partition, time_limit=1e-3)
    with pytest.raises(MemoryLimitError, match=memory):
        predicted_rank(tree, 3, (6, 4), partition, memory_limit=1e5)
    with pytest.raises(MemoryLimitError, match=memory):
        subspace_rank((3, 9), (3, 9), 12)
    with pytest.raises(TimeLimitError, match=seconds):
        subspace_rank((3, 9), (3, 9), 1200, Limits(memory=math.inf))
    assert tracemalloc.get_traced_memory()[1] < 2**20
    tracemalloc.stop()
    assert predicted_rank(tree, 3, (6, 4), partition, time_limit=10) == 36


@pytest.mark.parametrize("whole", [(20, 30), (2, 2, 2, 6), (1,) * 5 + (3,), (200,)])
def test_memory_is_as_stated(whole):
    star = tuple((leaf, len(whole) - 1) for leaf in range(len(whole) - 1))
    contained.cache_clear()
    tracemalloc.start()
    contained(star, whole)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak / 1.3 < needed(whole)[0] < 2 * peak + 2**16
