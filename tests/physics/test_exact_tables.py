"""Datasets and functions that are hard for floating point: errors that bound, ranks that are right, no scale lost."""

import math

import numpy as np
import pytest
from exact_tables import checked_data, checked_table, data_truth, entropy, run

from convac.entanglement import measures
from convac.entanglement.data import DataTensor
from convac.entanglement.grid import GridFunction
from convac.entanglement.grid_sample import sampled
from convac.entanglement.limits import Limits
from convac.entanglement.measure import measure
from convac.errors import ArgumentError, NotConvergedError, PrecisionError


@pytest.mark.parametrize("check", [checked_data, checked_table])
def test_answers_are_within_their_errors_of_exact_listings(check):
    counts, wrong = run(check, range(600))
    assert wrong == []
    assert counts["resolved"] > 300
    assert counts["refused"] < 100


def nearly_equal(distance):
    """Four samples, labels that cancel but for the distances between them."""
    generator = np.random.default_rng(0)
    first = generator.normal(size=(1, 6, 2))
    features = np.concatenate([first, first + distance * generator.normal(size=(3, 6, 2))])
    return DataTensor(features, np.array([3.0, -1, -1, -1]), (6,))


@pytest.mark.parametrize("distance", [1e-1, 1e-3, 1e-5, 1e-7])
def test_samples_that_nearly_coincide_and_cancel_keep_their_digits(distance):
    data = nearly_equal(distance)
    found, exact = measure(data, [0, 1, 2]), entropy(data_truth(data, [0, 1, 2]))
    assert abs(found.entropy - exact) <= found.error < 1e-6
    assert found.entropy == pytest.approx(0.314051, abs=1e-5) or distance != 1e-7


def test_samples_that_cancel_to_a_few_digits_are_refused_with_the_cause():
    with pytest.raises(PrecisionError, match="cancelling samples leave an error"):
        measure(nearly_equal(1e-11), [0, 1, 2])
    data = nearly_equal(1e-11)
    found = measure(data, [0, 1, 2], largest_error=0.1)
    assert abs(found.entropy - entropy(data_truth(data, [0, 1, 2]))) <= found.error
    assert not found.resolved


def test_without_time_for_compression_the_larger_error_is_told():
    # 300 samples of 2^300 dimensions a side that nearly coincide: QR at every site would take a minute
    generator = np.random.default_rng(0)
    features = 1 + 1e-4 * generator.normal(size=(300, 300, 2))
    data = DataTensor(features, np.ones(300), (300,))
    with pytest.raises(PrecisionError, match="engine data"):
        measure(data, range(150), time_limit=0.5)
    loose = measure(data, range(150), time_limit=0.5, largest_error=1.0)
    assert 1e-6 < loose.error <= 1.0


@pytest.mark.parametrize("large", [1e150, 1e160, 1e-160, 1e-200, 1e300, 5e-324])
def test_lengths_of_any_size_are_measured(large):
    features = np.zeros((2, 4, 2))
    features[0, :, 0], features[1, :, 1] = large, large
    assert measure(DataTensor(features, np.ones(2), (4,)), [0]).entropy == pytest.approx(math.log(2))
    assert measure(DataTensor(np.sign(features), np.full(2, large), (4,)), [0]).entropy == pytest.approx(math.log(2))
    mixed = np.array([[[1 / max(large, 1e-300), 0], [large, 0]], [[0, 1.0], [0, 1.0]]])
    scale = 1.0 if large > 1e-300 else large * 1e300
    found = measure(DataTensor(mixed, np.array([1.0, scale]), (2,)), [0])
    assert found.entropy == pytest.approx(math.log(2))


def test_samples_that_cancel_exactly_leave_the_others_however_small():
    features = np.zeros((4, 2, 2))
    features[:2, :, 0] = 1e200
    features[2, :, 0], features[3, :, 1] = 1e-250, 1e-250
    found = measure(DataTensor(features, np.array([1.0, -1, 1, 1]), (2,)), [0])
    assert (found.schmidt_number, found.resolved) == (2, True)
    assert found.entropy == pytest.approx(math.log(2))
    with pytest.raises(ArgumentError, match=measures.ZERO[:20]):
        measure(DataTensor(features[:2], np.array([1.0, -1]), (2,)), [0])


@pytest.mark.parametrize("scale", [1e-310, 1e-200, 1.0, 1e200, 1e308])
def test_functions_of_any_size_are_measured(scale):
    def function(inputs):
        agree = inputs[:, 0] == inputs[:, 1]
        return np.stack([scale * agree, -scale * agree, scale * agree], axis=1)

    grid = GridFunction(function, (2,))
    assert measure(grid, [0]).entropy == pytest.approx(math.log(2))
    assert measure(grid, [0], output=[1e300, -1e300, 1e-300]).entropy == pytest.approx(math.log(2))
    unequal = GridFunction(function, (2,), weights=(1e-300, 1.0))
    assert measure(unequal, [0]).schmidt_number == 1
    with pytest.raises(ArgumentError, match="is zero, or cancels below rounding"):
        measure(grid, [0], output=[1.0, 1.0, 0.0])
    with pytest.raises(ArgumentError, match="is zero, or cancels below rounding"):
        measure(lambda inputs: 0 * inputs[:, 0], [0], sites=(2,))


def test_classes_that_cancel_keep_what_is_left():
    def function(inputs):
        common = 1 + inputs[:, 0] / 3
        return np.stack([common, common * (1 + 2.0**-40 * inputs[:, 0] * inputs[:, 1])], axis=1)

    found = measure(GridFunction(function, (2,)), [0], output=[-1.0, 1.0])
    assert (found.schmidt_number, found.resolved) == (1, True)
    turned = measure(GridFunction(function, (2,)), [0], output=[-1j, 1j])
    assert turned.spectrum == pytest.approx(found.spectrum)


@pytest.mark.parametrize("scale", [1e-300, 1e160, 1e300])
@pytest.mark.parametrize("phase", [1.0, 1j])
def test_samples_of_functions_of_any_size(scale, phase):
    def function(inputs):
        signs = 1 - 2 * inputs
        return scale * phase * (2 + signs[:, 0] * signs[:, 6])

    found = sampled(GridFunction(function, (12,)), np.arange(12) < 6, Limits(), samples=128)
    exact = measures.entropy(np.array([2.0, 1.0]))
    assert abs(measures.entropy(found.singular_values) - exact) <= found.error < 0.1
    with pytest.raises(NotConvergedError, match="only zeros by"):
        measure(lambda inputs: 0 * inputs[:, 0], [0], sites=(4,), engine="grid-sampled")
