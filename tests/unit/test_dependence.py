"""Interaction share and posterior entropy of a matrix of scores, against exact marginals, and their error bars."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convac.entanglement import dependence as engine
from convac.entanglement import posterior
from convac.entanglement.dependence import averaged, dependence
from convac.errors import ArgumentError

SEEDS = st.integers(0, 2**32 - 1)


def exact(scores, rows, columns):
    """Share and entropy where each row and column has a probability: no sample at all."""
    scores = scores - scores.mean(axis=2, keepdims=True)
    weights = np.outer(rows, columns)[..., None]
    centred = scores - (weights * scores).sum(axis=(0, 1))
    above, beside = np.tensordot(rows, centred, 1), np.einsum("t,stk->sk", columns, centred)
    main = (rows[:, None] * beside**2).sum() + (columns[:, None] * above**2).sum()
    total = (weights * centred**2).sum()
    answers = np.exp(scores) / np.exp(scores).sum(axis=2, keepdims=True)
    entropy = norm = 0.0
    for answer in np.moveaxis(answers, 2, 0):
        operator = np.sqrt(weights[..., 0]) * (answer - (weights[..., 0] * answer).sum())
        values = np.linalg.svd(operator, compute_uv=False) ** 2
        shares = values[values > 1e-30] / values.sum()
        entropy -= values.sum() * (shares * np.log(shares)).sum()
        norm += values.sum()
    return (total - main) / total, entropy / norm


def population(generator, classes=2, strength=1.0):
    """Scores (12, 9, K) with an interaction, and probabilities of rows and columns."""
    left, right = generator.normal(size=(12, 1, classes)), generator.normal(size=(1, 9, classes))
    mixed = np.einsum("sa,tb,abk->stk", *(generator.normal(size=(n, 2)) for n in (12, 9)), np.ones((2, 2, classes)))
    mixed = mixed * generator.normal(size=classes)
    return left + right + strength * mixed, generator.dirichlet(np.full(12, 4.0)), generator.dirichlet(np.full(9, 4.0))


def drawn(generator, scores, rows, columns, size):
    chosen = generator.choice(len(rows), size, p=rows), generator.choice(len(columns), size, p=columns)
    return scores[np.ix_(*chosen)]


@pytest.mark.parametrize("classes", [2, 4])
def test_a_large_sample_gives_what_exact_marginals_do(classes):
    generator = np.random.default_rng(classes)
    source = population(generator, classes)
    share, entropy = exact(*source)
    found = [dependence(drawn(generator, *source, 128)) for _ in range(4)]
    for values, truth in (([each.share for each in found], share), ([each.entropy for each in found], entropy)):
        mean = np.mean([value.estimate for value in values])
        error = math.sqrt(np.mean([value.error**2 for value in values]) / len(values))
        assert abs(mean - truth) < 4 * error < 0.2


@pytest.mark.parametrize("size", [32, 96])
@pytest.mark.parametrize("strength", [0.2, 1.0, 5.0])
def test_the_intervals_of_shares_cover_the_truth(size, strength):
    generator = np.random.default_rng(round(10 * strength) + size)
    source = population(generator, 3, strength)
    samples = (engine.scores_of(drawn(generator, *source, size)) for _ in range(200))
    covered(exact(*source)[0], [engine.interaction_share(sample) for sample in samples])


@pytest.mark.parametrize("strength", [0.2, 5.0])
def test_the_intervals_of_entropies_cover_the_truth(strength):
    generator = np.random.default_rng(round(10 * strength))
    source = population(generator, 2, strength)
    samples = (posterior.softmax(engine.scores_of(drawn(generator, *source, 48))) for _ in range(200))
    covered(exact(*source)[1], [posterior.spectral_estimates(sample[1:])[0] for sample in samples])


def covered(truth, found):
    intervals = [each.interval for each in found]
    assert np.mean([low <= truth <= high for low, high in intervals]) >= 0.91


@given(SEEDS, st.integers(8, 40))
@settings(max_examples=30, deadline=None)
def test_evidence_that_adds_has_share_zero(seed, size):
    rows, columns = np.random.default_rng(seed).normal(size=(2, size, 3))
    assert abs(dependence(rows[:, None] + columns).share.value) < 1e-12


def test_exclusive_or_of_one_site_a_side_has_share_one():
    generator = np.random.default_rng(0)
    rows, columns = (generator.permutation(np.repeat([-1.0, 1.0], 64)) for _ in range(2))
    found = dependence(3 * np.outer(rows, columns))
    assert found.share.value == 1
    assert found.share.estimate == pytest.approx(1, abs=0.05)
    assert found.entropy.value == pytest.approx(0, abs=0.02)  # one Schmidt vector a side
    assert found.participation.value == pytest.approx(1, abs=0.02)


@given(SEEDS, st.floats(-4, 4), st.permutations(range(4)))
@settings(max_examples=20, deadline=None)
def test_neither_names_of_classes_nor_temperature_nor_a_common_number_count(seed, log, names):
    generator = np.random.default_rng(seed)
    scores = generator.normal(size=(16, 16, 4)) + 2 * generator.normal(size=(16, 1, 4))
    one = dependence(scores)
    other = dependence(math.exp(log) * scores[..., names] + generator.normal(size=(16, 16, 1)))
    for name in ("share", "matched_entropy", "matched_participation"):
        assert vars(other)[name].estimate == pytest.approx(vars(one)[name].estimate, rel=1e-5, abs=1e-9)
        assert vars(other)[name].error == pytest.approx(vars(one)[name].error, rel=1e-4, abs=1e-9)
    named = dependence(scores[..., names])
    assert named.entropy.estimate == pytest.approx(one.entropy.estimate)


def test_log_odds_are_logits_of_two_classes():
    odds = np.random.default_rng(3).normal(size=(20, 20))
    assert dependence(odds) == dependence(np.stack([-odds / 2, odds / 2], axis=2))
    assert dependence(-odds).entropy.estimate == pytest.approx(dependence(odds).entropy.estimate)


def test_rows_and_columns_change_places():
    scores = np.random.default_rng(4).normal(size=(24, 24, 3))
    one, other = dependence(scores), dependence(scores.swapaxes(0, 1))
    for name, value in one.estimates.items():
        assert vars(other)[name].estimate == pytest.approx(value.estimate)
        assert vars(other)[name].error == pytest.approx(value.error)


@given(SEEDS, st.integers(3, 12), st.integers(3, 12))
@settings(max_examples=30, deadline=None)
def test_a_share_without_a_row_is_that_of_the_matrix_without_it(seed, rows, columns):
    scores = np.random.default_rng(seed).normal(size=(2, rows, columns))
    direct = [engine.share_of(np.delete(scores, row, axis=1)) for row in range(rows)]
    np.testing.assert_allclose(engine.without_one_row(scores), direct, atol=1e-9)


def test_the_components_are_unbiased():
    generator = np.random.default_rng(5)
    rows, columns, width = (generator.normal(size=(2000, *shape)) for shape in ((9, 1), (1, 9), (9, 9)))
    found = np.array(
        [
            engine.components([np.sum(part**2) for part in engine.effects(matrix[None])], 9, 9)
            for matrix in 2 * rows + 3 * columns + 0.5 * width
        ]
    )
    np.testing.assert_allclose(found.mean(axis=0), [0.25, 4, 9], rtol=0.1)


def test_what_has_not_settled_is_no_value_but_told_with_the_sample_that_would_do():
    generator = np.random.default_rng(6)
    noise = dependence(generator.normal(size=(32, 32)))
    assert math.isnan(noise.entropy.value)
    assert noise.entropy.estimate > 3
    assert noise.entropy.needed > 32
    assert "entropy: 3." in noise.reason
    assert "at 32 a side" in noise.reason
    assert noise.share.value == pytest.approx(1, abs=0.1)
    few = np.outer(generator.normal(size=128), generator.normal(size=128))
    assert dependence(few).reason == ""


def test_draws_are_averaged_and_disjoint_ones_narrow_the_interval():
    generator = np.random.default_rng(7)
    source = population(generator)
    draws = [dependence(drawn(generator, *source, 64)) for _ in range(4)]
    apart, together = averaged(draws, disjoint=True), averaged(draws, disjoint=False)
    mean = np.mean([each.share.estimate for each in draws])
    assert apart.share.estimate == together.share.estimate == pytest.approx(mean)
    assert apart.share.error == pytest.approx(together.share.error / 2)
    assert np.ptp(apart.share.interval) < np.ptp(together.share.interval)


def test_confidence_is_matched():
    scores = 7 * np.random.default_rng(8).normal(size=(3, 32, 32))
    factor = posterior.temperature(scores, 0.3)
    assert posterior.confidence_of(posterior.softmax(factor * scores)) == pytest.approx(0.3)
    assert posterior.confidence_of(posterior.softmax(1e6 * scores)) == pytest.approx(1)


@pytest.mark.parametrize(
    ("logits", "named"),
    [
        (np.ones((7, 7)), "[S, S]"),
        (np.ones((9, 8)), "[S, S]"),
        (np.ones((9, 9, 1)), "K ≥ 2"),
        (np.full((9, 9), np.nan), "finite"),
        (np.full((9, 9), True), "booleans"),
        ([["a"] * 9] * 9, "text"),
        (1j * np.ones((9, 9)), "complex"),
    ],
)
def test_anything_else_is_refused(logits, named):
    with pytest.raises(ArgumentError, match=r"^logits: ") as caught:
        dependence(logits)
    assert named in str(caught.value)


@pytest.mark.parametrize("logits", [np.ones((9, 9)), np.tile(np.random.default_rng(0).normal(size=(9, 9, 1)), 3)])
def test_one_answer_to_everything_is_no_dependence(logits):
    found = dependence(logits)
    assert found.share.value == found.entropy.value == found.confidence == 0
    assert found.participation.value == 1


def test_a_single_row_that_differs_has_share_zero_and_no_temperature_that_matches():
    scores = np.zeros((16, 16))
    scores[3] = 2.0
    found = dependence(scores)
    assert found.share.value == 0
    assert np.isfinite(found.share.error)
    assert math.isnan(found.matched_entropy.value)
    assert "too many classes tie for confidence 0.5" in found.reason
    assert dependence(scores, confidence=0.05).matched_participation.value >= 1


def test_scores_of_any_size_are_taken():
    scores = np.random.default_rng(9).normal(size=(16, 16))
    for factor in (1e-300, 1e300):
        assert dependence(factor * scores).share.value == pytest.approx(dependence(scores).share.value)
