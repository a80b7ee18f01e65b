import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from convac.errors import ArgumentError
from convac.statistics import (
    Moments,
    benjamini_hochberg,
    holm,
    mean_interval,
    one_sided_p,
    paired_interval,
    proportion_interval,
    slope_interval,
    student_interval,
    two_sided_p,
    welch,
)

samples = st.lists(st.floats(-100, 100).map(lambda value: round(value, 3)), min_size=2, max_size=19)


@settings(deadline=None, max_examples=60)
@given(samples, st.floats(-5, 5))
def test_small_samples_agree_with_scipys_t_test(values, threshold):
    result = paired_interval(values, threshold=threshold)
    if np.ptp(values) == 0:
        assert result.low == result.high == pytest.approx(values[0])
        assert result.p == (0.0 if result.mean > threshold else 1.0)
        return
    oracle = stats.ttest_1samp(values, threshold, alternative="greater")
    two_sided = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    assert result.p == pytest.approx(oracle.pvalue, rel=1e-6, abs=1e-12)
    assert (result.low, result.high) == pytest.approx(tuple(two_sided), rel=1e-6, abs=1e-6)


@settings(deadline=None, max_examples=30)
@given(samples, st.floats(-10, 10))
def test_intervals_move_with_the_values(values, shift):
    before, after = mean_interval(values), mean_interval(np.asarray(values) + shift)
    assert after.low - before.low == pytest.approx(shift, abs=1e-6)
    assert after.high - before.high == pytest.approx(shift, abs=1e-6)


def test_one_value_tells_nothing():
    result = paired_interval([0.3], threshold=0.05)
    assert (result.mean, result.low, result.high, result.n, result.p) == (0.3, -math.inf, math.inf, 1, 1.0)


def test_equal_values_have_no_spread_whatever_the_rounding():
    assert mean_interval([0.1] * 3).low == mean_interval([0.1] * 3).high
    assert one_sided_p([0.1] * 7, 0.05) == 0.0
    assert one_sided_p([0.1] * 7, 0.2) == 1.0
    assert paired_interval([0.5] * 30).high == 0.5


@pytest.mark.parametrize("values", [[], [math.nan], [1.0, math.inf], [[1.0, 2.0]]])
def test_values_that_no_mean_has_are_refused(values):
    with pytest.raises(ArgumentError, match="accepted"):
        mean_interval(values)


def test_level_is_checked():
    with pytest.raises(ArgumentError, match="level"):
        mean_interval([1.0, 2.0], level=95)


def test_bootstrap_from_twenty_values_is_repeatable_and_follows_the_skew():
    values = np.random.default_rng(1).exponential(size=40)
    first, second = mean_interval(values), mean_interval(values)
    assert repr(first) == repr(second)  # p is NaN here, which equals nothing
    assert first.low < values.mean() < first.high
    assert first.high - first.mean > first.mean - first.low
    student = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    assert first.high != pytest.approx(student.high, rel=1e-6)


def test_one_outlier_among_equal_values_still_has_an_interval():
    result = mean_interval([1.0] * 24 + [2.0])
    assert math.isfinite(result.low)
    assert result.low <= result.mean <= result.high


def test_student_interval_covers_as_it_says():
    generator = np.random.default_rng(0)
    draws = [mean_interval(generator.normal(size=5)) for _ in range(2000)]
    covered = np.mean([draw.low <= 0 <= draw.high for draw in draws])
    assert covered == pytest.approx(0.95, abs=0.015)


def test_wilson_interval_agrees_with_scipy():
    for successes, trials in [(0, 10), (7, 10), (10, 10), (2520, 4000)]:
        oracle = stats.binomtest(successes, trials).proportion_ci(0.95, method="wilson")
        result = proportion_interval(successes / trials, trials)
        assert (result.low, result.high) == pytest.approx((oracle.low, oracle.high), abs=1e-12)
    with pytest.raises(ArgumentError, match="share"):
        proportion_interval(1.2, 10)


@settings(max_examples=100)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_holm_agrees_with_its_definition(values):
    adjusted = holm(values)
    order = sorted(range(len(values)), key=lambda index: values[index])
    running = 0.0
    for rank, index in enumerate(order):
        running = max(running, values[index] * (len(values) - rank))
        assert adjusted[index] == pytest.approx(min(running, 1.0))
    assert (adjusted >= np.asarray(values) - 1e-15).all()


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_benjamini_and_hochberg_agree_with_scipy(values):
    assert benjamini_hochberg(values) == pytest.approx(stats.false_discovery_control(values))
    assert benjamini_hochberg([0.01, math.nan]) == pytest.approx([0.01, math.nan], nan_ok=True)


def test_a_larger_family_counts_those_that_are_not_given_as_one():
    assert holm([0.01, 0.02], count=4) == pytest.approx(holm([0.01, 0.02, 1.0, 1.0])[:2])
    with pytest.raises(ArgumentError, match="count: 1; accepted: at least 2"):
        holm([0.01, 0.02], count=1)


@settings(deadline=None, max_examples=60)
@given(samples, st.floats(-5, 5))
def test_two_sided_p_values_invert_the_interval(values, centre):
    p = two_sided_p(values, centre)
    if 1e-6 < p < 0.98:
        inside, outside = (student_interval(values, 1 - p * factor) for factor in (0.99, 1.01))
        assert inside.low < centre < inside.high
        assert not outside.low <= centre <= outside.high
    assert two_sided_p([0.3]) == 1.0


def test_holm_leaves_missing_values_out():
    assert holm([0.01, math.nan, 0.02]) == pytest.approx([0.02, math.nan, 0.02], nan_ok=True)
    assert holm([]).size == 0


@given(st.integers(3, 12), st.integers(0, 10**6))
def test_slopes_agree_with_scipy(count, seed):
    x, y = np.random.default_rng(seed).normal(size=(2, count))
    exact, found = stats.linregress(x, y), slope_interval(x, y)
    half = stats.t.ppf(0.975, count - 2) * exact.stderr
    assert (found.mean, found.low, found.high) == pytest.approx((exact.slope, exact.slope - half, exact.slope + half))


@pytest.mark.parametrize(
    ("x", "y"), [([1, 2], [1, 2]), ([1, 1, 1], [1, 2, 3]), ([1, 2, 3], [1, 2]), ([1, 2, 3], [1, 2, np.inf])]
)
def test_points_without_a_slope_are_refused(x, y):
    with pytest.raises(ArgumentError, match="accepted"):
        slope_interval(x, y)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(samples, samples), min_size=1, max_size=4), st.floats(0.5, 0.999))
def test_differences_of_means_agree_with_scipys_welch_test(pairs, level):
    pairs = [pair for pair in pairs if min(map(np.ptp, pair)) > 0]
    first, second = (
        Moments(*(np.array([measure(pair[side]) for pair in pairs]) for measure in (np.mean, unbiased, len)))
        for side in (0, 1)
    )
    found = welch(first, second, level)
    for number, (one, other) in enumerate(pairs):
        oracle = stats.ttest_ind(other, one, equal_var=False)
        interval = oracle.confidence_interval(level)
        assert found.p[number] == pytest.approx(oracle.pvalue, rel=1e-6, abs=1e-12)
        assert (found.low[number], found.high[number]) == pytest.approx(tuple(interval), rel=1e-6, abs=1e-6)


def unbiased(values):
    return np.var(values, ddof=1)


@pytest.mark.parametrize(
    ("mean", "variance", "p", "half"),
    [(1.0, 0.0, 0.0, 0.0), (0.0, 0.0, 1.0, 0.0), (1.0, math.nan, 1.0, math.inf), (math.inf, math.nan, 0.0, math.inf)],
)
def test_means_without_spread_or_with_an_unknown_one(mean, variance, p, half):
    one, other = (Moments(np.array([value]), np.array([variance]), np.array([3])) for value in (0.0, mean))
    found = welch(one, other)
    assert found.p[0] == p
    if math.isfinite(mean):
        assert (found.low[0], found.high[0]) == (mean - half, mean + half)
