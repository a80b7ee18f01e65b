"""What an error of singular values leaves of the measures: bounds that hold for every spectrum, and are reached."""

import math

import numpy as np
import pytest

from convac.entanglement import measures, precision
from convac.entanglement.precision import Spectrum
from convac.errors import ArgumentError, PrecisionError


def spectra(count):
    """Spectra of every kind: flat, steep, degenerate, of the largest variance of ln p."""
    generator = np.random.default_rng(count)
    for number in range(count):
        size = int(generator.integers(1, 30))
        values = 10.0 ** (-generator.uniform(0, 14) * np.sort(generator.uniform(size=size)))
        if number % 3 == 0:
            values = np.full(size, 0.5 / math.sqrt(max(size - 1, 1)))
            values[0] = 0.95
        yield values, generator


@pytest.mark.parametrize("error", [1e-15, 1e-9, 1e-4, 0.03, 0.6, 2.0])
def test_bounds_hold_for_every_spectrum_and_every_error(error):
    for values, generator in spectra(300):
        away = generator.normal(size=len(values))
        # also along the direction that changes the entropy fastest
        probabilities = measures.probabilities(values)
        steepest = np.sqrt(probabilities) * (np.log(probabilities) + measures.entropy(values))
        for direction in (away, steepest, -steepest):
            length = np.linalg.norm(direction)
            moved = np.abs(values + error * direction / (length if length else 1.0))
            if not moved.any():
                continue
            found = Spectrum(values, error)
            known = precision.measures_error(found)
            assert abs(measures.entropy(moved) - measures.entropy(values)) <= known
            assert abs(measures.renyi(moved, 2) - measures.renyi(values, 2)) <= known
            assert abs(measures.geometric_measure(moved) - measures.geometric_measure(values)) <= known


def test_the_bound_is_nearly_reached():
    values = np.full(31, math.sqrt(0.06 / 30))
    values[0] = math.sqrt(0.94)
    probabilities = values**2
    steepest = values * (np.log(probabilities) + measures.entropy(values))
    moved = values - 1e-6 * steepest / np.linalg.norm(steepest)
    change = abs(measures.entropy(moved) - measures.entropy(values))
    assert change > 0.5 * precision.entropy_error(1e-6, 31)


def test_nothing_known_is_at_most_the_logarithm_of_the_count():
    assert precision.measures_error(Spectrum(np.ones(4), 10.0)) == pytest.approx(math.log(4))
    assert precision.angle(Spectrum(np.ones(4), 2.0)) == math.pi / 2


@pytest.mark.parametrize("size", [1e-300, 1.0, 1e300])
def test_bounds_know_no_scale(size):
    values = size * np.array([1.0, 0.5, 0.1])
    assert precision.measures_error(Spectrum(values, size * 1e-9)) == pytest.approx(
        precision.measures_error(Spectrum(values / size, 1e-9)), rel=1e-6
    )


@pytest.mark.parametrize(("values", "error"), [([0.0, 0.0], 0.0), ([1e-20, 0.0], 1e-20), ([3.0, 4.0], 6.0)])
def test_what_nothing_tells_from_zero_is_refused(values, error):
    with pytest.raises(ArgumentError, match="tensor: is zero, or cancels below rounding"):
        precision.nonzero(Spectrum(np.array(values), error))


def test_a_rank_is_resolved_where_a_gap_and_the_error_leave_no_doubt():
    values = np.array([1.0, 0.5, 1e-6, 1e-14])
    assert precision.resolved(Spectrum(values, 2e-14), 1e-10)
    assert not precision.resolved(Spectrum(values, 1e-15), 1e-10)  # 1e-14 is there: no gap
    assert not precision.resolved(Spectrum(values, 1e-10), 1e-10)  # the error reaches the tolerance
    assert not precision.resolved(Spectrum(values, 2e-14), 2e-7)  # 1e-6 is less than ten times it
    assert precision.resolved(Spectrum(values[:2], 1e-14), 0.3) is False


def test_a_large_error_is_refused_in_one_line():
    assert precision.accepted(1e-7, 1e-6, "spectrum", "cancelling channels") == 1e-7
    for error in (1.1e-6, math.inf, math.nan):
        with pytest.raises(PrecisionError, match=r"engine spectrum: cancelling channels leave .*largest_error") as told:
            precision.accepted(error, 1e-6, "spectrum", "cancelling channels")
        assert len(str(told.value)) <= 200
