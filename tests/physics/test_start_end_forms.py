"""The start-end rank's form at any depth: against exact ranks, the closed forms of few layers, and counted ideals."""

from itertools import combinations_with_replacement, product
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convac.circuits.fields import PRIME_FIELD
from convac.circuits.recurrent import RecurrentShape, draw, matricization
from convac.entanglement.certificates import certificate
from convac.entanglement.generic_rank import rank
from convac.entanglement.start_end_rank import closed_form, counting_bounds, form, generated
from convac.seeds import stream

# depth, M, R, n; none is in the tables of the experiment but the first two
CELLS = [
    (4, 10, 2, 3),
    (4, 11, 2, 3),
    (4, 13, 2, 3),
    (4, 6, 2, 4),
    (5, 7, 2, 3),
    (5, 16, 2, 3),
    (6, 8, 3, 2),
    (3, 8, 2, 4),
    (3, 30, 3, 2),
    (2, 13, 4, 3),
    (2, 5, 3, 4),
]


@pytest.mark.parametrize("cell", CELLS)
def test_the_form_is_the_certified_rank(cell):
    depth, dimension, width, half = cell
    found = certificate(RecurrentShape(2 * half, depth, width, dimension))
    assert found["rank"] == form(*cell) < dimension**half


@pytest.mark.parametrize(("width", "half"), [(1, 3), (2, 2), (2, 3), (2, 4), (3, 2)])
def test_two_layers_of_many_templates_have_the_proved_rank(width, half):
    """docs/laws.md, lower bound: with C(R + n, n + 1) templates R·C(R + n − 1, n), of which the form is no less."""
    dimension = comb(width + half, half + 1)
    proved = width * comb(width + half - 1, half)
    assert form(2, dimension, width, half) == proved
    if width > 1:
        assert certificate(RecurrentShape(2 * half, 2, width, dimension))["rank"] == proved


def test_where_four_layers_end():
    assert [form(4, dimension, 2, 3) for dimension in range(9, 14)] == [90, 100, 106, 106, 106]


sizes = st.tuples(st.integers(1, 4), st.integers(1, 4), st.integers(1, 3))


@given(st.integers(1, 4), sizes)
def test_no_rank_exceeds_a_bound(depth, size):
    dimension, width, half = size
    shape = RecurrentShape(2 * half, depth, width, dimension)
    weights = draw(shape, PRIME_FIELD, stream("test of forms", depth, *size))
    found = rank(matricization(shape, weights, PRIME_FIELD, half))
    assert found <= min(bound.value for bound in counting_bounds(depth, *size))
    assert found == form(depth, *size)


@given(st.integers(1, 3), st.integers(1, 40), st.integers(1, 12), st.integers(1, 7))
def test_few_layers_have_their_closed_forms(depth, dimension, width, half):
    if depth < 3 or dimension >= width:
        assert form(depth, dimension, width, half) == closed_form(depth, dimension, width, half)


@pytest.mark.parametrize("degrees", [[1], [4], [3, 2], [2, 2, 1], [5, 3, 2]])
@pytest.mark.parametrize("width", [1, 2, 3])
def test_an_ideal_of_products_of_variables_is_counted(width, degrees):
    """x_f y_f …, one for every channel: monomials that have a channel in every group."""
    for forms in range(width + 1):
        groups = [combinations_with_replacement(range(width), degree) for degree in degrees]
        inside = sum(bool(set.intersection(*map(set, chosen)) & set(range(forms))) for chosen in product(*groups))
        assert generated(width, degrees, forms) == inside
