"""Measures of a spectrum: known values, extremes of scale, refusals."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from convac.entanglement import measures
from convac.errors import ArgumentError

SPECTRA = arrays(np.float64, st.integers(1, 12), elements=st.floats(0, 1e6, allow_subnormal=False)).filter(
    lambda values: values.max() > 1e-3
)
ALWAYS = settings(max_examples=150, deadline=None, derandomize=True)


def plain_entropy(values: np.ndarray) -> float:
    p = np.sort(values**2 / np.sum(values**2))
    p = p[p > 0]
    return float(-np.sum(p * np.log(p)))


@pytest.mark.parametrize("rank", [1, 2, 7, 1000])
def test_flat_spectra_give_the_logarithm_of_their_rank(rank):
    values = np.full(rank, 0.3)
    for found in (measures.entropy(values), *(measures.renyi(values, order) for order in (0.5, 1, 2, 5, math.inf))):
        assert found == pytest.approx(math.log(rank), abs=1e-12)
    assert measures.participation(values) == pytest.approx(rank)
    assert measures.geometric_measure(values) == pytest.approx(1 - 1 / rank)
    assert measures.schmidt_number(values, 1e-10) == rank


def test_two_terms_by_hand():
    values = np.array([0.6, 0.8])
    assert measures.entropy(values) == pytest.approx(-0.36 * math.log(0.36) - 0.64 * math.log(0.64))
    assert measures.renyi(values, 2) == pytest.approx(-math.log(0.36**2 + 0.64**2))
    assert measures.renyi(values, 3) == pytest.approx(-math.log(0.36**3 + 0.64**3) / 2)
    assert measures.renyi(values, math.inf) == pytest.approx(-math.log(0.64))
    assert measures.geometric_measure(values) == pytest.approx(0.36)
    assert measures.participation(values) == pytest.approx(1 / (0.36**2 + 0.64**2))
    assert measures.probabilities(values) == pytest.approx([0.64, 0.36])


@ALWAYS
@given(SPECTRA)
def test_entropies_agree_with_the_plain_formula_and_fall_with_the_order(values):
    found = [measures.renyi(values, order) for order in (0.5, 1, 2, 3, math.inf)]
    assert measures.entropy(values) == pytest.approx(plain_entropy(values), rel=1e-9, abs=1e-9)
    assert all(upper >= lower - 1e-9 for upper, lower in itertools.pairwise(found))
    assert found[-1] >= -1e-12
    assert found[0] <= math.log(np.count_nonzero(values)) + 1e-9
    assert 1 - 1e-12 <= measures.participation(values) <= np.count_nonzero(values) + 1e-9
    assert measures.probabilities(values).sum() == pytest.approx(1)


@ALWAYS
@given(SPECTRA, st.sampled_from([1e-250, 1e-3, 1e250]))
def test_a_common_factor_changes_nothing(values, factor):
    scaled = values * factor
    for name in ("entropy", "geometric_measure", "participation"):
        measure = getattr(measures, name)
        assert measure(scaled) == pytest.approx(measure(values), rel=1e-9, abs=1e-9)
    assert measures.schmidt_number(scaled, 1e-9) == measures.schmidt_number(values, 1e-9)


def test_a_nearly_pure_state_keeps_its_digits():
    small = 1e-12
    values = np.array([1.0, small])
    assert measures.geometric_measure(values) == pytest.approx(small**2, rel=1e-12)
    assert measures.entropy(values) == pytest.approx(small**2 * (1 - 2 * math.log(small)), rel=1e-9)
    assert measures.renyi(values, 2) == pytest.approx(2 * small**2, rel=1e-9)


def test_values_whose_squares_underflow_are_harmless():
    values = np.array([1e-200, 1e-300, 0.0])
    assert measures.entropy(values) == pytest.approx(0, abs=1e-100)
    assert measures.schmidt_number(values, 1e-150) == 2


@pytest.mark.parametrize("values", [[], [0.0, 0.0], [1.0, -1e-3], [math.nan, 1.0], [math.inf]])
def test_what_is_no_spectrum_is_refused(values):
    for measure in (measures.entropy, measures.geometric_measure, measures.participation, measures.probabilities):
        with pytest.raises(ArgumentError):
            measure(np.array(values))


@pytest.mark.parametrize("tolerance", [0, 1, -1e-3, math.nan])
def test_a_tolerance_outside_its_range_is_refused(tolerance):
    with pytest.raises(ArgumentError, match="tolerance"):
        measures.schmidt_number(np.ones(2), tolerance)


@pytest.mark.parametrize("order", [0, -2, math.nan])
def test_an_order_that_is_not_positive_is_refused(order):
    with pytest.raises(ArgumentError, match="order"):
        measures.renyi(np.ones(2), order)


@ALWAYS
@given(st.lists(st.tuples(st.floats(1e-3, 1e3), st.integers(1, 9)), min_size=1, max_size=6))
def test_levels_are_as_many_equal_values(levels):
    values = np.concatenate([np.full(many, np.sqrt(weight / many)) for weight, many in levels])
    weights, multiplicities = zip(*levels, strict=True)
    found = measures.degenerate_entropy(np.array(weights), multiplicities)
    assert found == pytest.approx(measures.entropy(values), abs=1e-12)


@pytest.mark.parametrize(
    ("weights", "multiplicities"),
    [([1.0], [1, 2]), ([-1.0], [1]), ([0.0], [1]), ([1.0], [0]), ([np.nan], [1]), ([], [])],
)
def test_levels_out_of_range_are_refused(weights, multiplicities):
    with pytest.raises(ArgumentError, match=r"weights|multiplicities"):
        measures.degenerate_entropy(np.array(weights), multiplicities)


def test_below_order_one_terms_count_whose_squares_underflow():
    # p = (1, 1e-400) to the power 0.001
    assert measures.renyi([1.0, 1e-200], 0.001) == pytest.approx(math.log1p(10**-0.4) / 0.999, rel=1e-12)
    assert measures.renyi([1e200, 1.0], 0.001) == pytest.approx(math.log1p(10**-0.4) / 0.999, rel=1e-12)
