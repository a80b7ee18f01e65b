"""Elimination in float64 modulo a small prime, against FLINT."""

import numpy as np
import pytest
from flint import nmod_mat
from hypothesis import given, settings
from hypothesis import strategies as st

from convac.circuits.fields import PRIME_FIELD, PrimeField
from convac.entanglement.elimination import LEAF, SMALL_FIELD, pivots
from convac.errors import ArgumentError

FIELDS = [SMALL_FIELD, PrimeField(2), PrimeField(101)]


def flint_rank(matrix, field):
    return nmod_mat(*matrix.shape, matrix.ravel().tolist(), field.prime).rank()


def low_rank(generator, rows, columns, rank, prime):
    """A product of two random matrices, some of its columns repeated."""
    first = generator.integers(0, prime, (rows, rank)).astype(object)
    second = generator.integers(0, prime, (rank, columns)).astype(object)
    matrix = (first @ second % prime).astype(np.int64).reshape(rows, columns)
    matrix[:, generator.permutation(columns)[: columns // 4]] = matrix[:, :1]
    return matrix


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 70), st.integers(1, 70), st.integers(1, 70), st.sampled_from(FIELDS), st.integers(0, 2**32))
def test_pivots_are_a_nonsingular_minor_as_large_as_the_rank(rows, columns, rank, field, seed):
    matrix = low_rank(np.random.default_rng(seed), rows, columns, rank, field.prime)
    found = pivots(matrix, field)
    assert len(found.rows) == len(found.columns) == flint_rank(matrix, field)
    assert sorted(set(found.columns.tolist())) == found.columns.tolist()
    if len(found.rows):
        assert flint_rank(matrix[np.ix_(found.rows, found.columns)], field) == len(found.rows)


@pytest.mark.parametrize("columns", [LEAF, LEAF + 1, 300])
def test_blocks_deeper_than_what_is_exact_at_once(columns):
    matrix = low_rank(np.random.default_rng(columns), 280, columns, 270, SMALL_FIELD.prime)
    matrix[:5] = SMALL_FIELD.prime - 1  # the largest residues there are
    assert len(pivots(matrix).rows) == flint_rank(matrix, SMALL_FIELD)


def test_nothing_has_no_pivots():
    assert len(pivots(np.zeros((3, 40), dtype=np.int64)).rows) == 0


def test_larger_primes_are_refused():
    with pytest.raises(ArgumentError, match="below 2\\^23"):
        pivots(np.eye(2, dtype=np.int64), PRIME_FIELD)
