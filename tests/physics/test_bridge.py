"""The bridge's predictions against ranks of random matrices over a prime field."""

import numpy as np
import pytest

from convac.circuits.fields import PRIME_FIELD
from convac.entanglement.bridge import bridge_rank, generic_ext, predicted_rank, subspace_rank
from convac.entanglement.generic_rank import rank
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
