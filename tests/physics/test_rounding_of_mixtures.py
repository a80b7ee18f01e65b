"""Mixtures and target functions where likelihoods, widths or shares lie far apart, against sums in other ways."""

import math
from itertools import pairwise

import numpy as np
import pytest
from exact_mixtures import checked_entropies, checked_likelihood, checked_step
from exact_tables import Tally, run
from exact_targets import checked_family, checked_split, checked_task
from scipy.integrate import quad
from scipy.special import logsumexp

from convac.errors import ArgumentError
from convac.experiments.target_entropy.compute import entropy_of
from convac.geometry.trees import PoolingTree
from convac.mixtures.entropies import standard_error
from convac.mixtures.families import FAMILIES, dirichlet
from convac.mixtures.leaves import Categorical, Gaussian, log_normal
from convac.mixtures.likelihood import improved
from convac.mixtures.model import TensorialMixture, log_mixed
from convac.targets.splits import Split

FOUR = PoolingTree((4,), (0, 1, 2, 3), (2, 2))


def hard_mixture(seed):
    """Gaussian leaves up to 10^8 deviations apart, tables with zeros, and values at and off the means."""
    generator = np.random.default_rng(seed)
    states = int(generator.integers(2, 4))
    spread = 10.0 ** generator.uniform(-1, 8)
    leaves = Gaussian(spread * generator.normal(size=(4, states)), np.ones((4, states)))
    family = FAMILIES[generator.choice(["selection", "sparse", "dirichlet", "near-permutation"])]
    tables = tuple(family((count, states, states), generator) for count in (4, 2))
    prior = generator.choice([np.eye(states)[0], dirichlet((1, states), generator)[0]])
    model = TensorialMixture(FOUR, leaves, tables, prior)
    values = leaves.means[np.arange(4), generator.integers(0, states, (5, 4))] + generator.normal(size=(5, 4))
    return model, values


def by_configurations(model, values):
    """ln of the joint probability of X and all states: two levels, (batch, root, two states, four states)."""
    with np.errstate(divide="ignore"):
        prior, lower, upper = np.log(model.prior), np.log(model.tables[0]), np.log(model.tables[1])
    logs = model.leaves.log_likelihoods(values)
    states = len(prior)
    total = np.full((len(values),) + (states,) * 7, -np.inf)
    for index in np.ndindex(*(states,) * 7):
        root, pair, sites = index[0], index[1:3], index[3:]
        found = prior[root] + sum(upper[p, root, pair[p]] for p in (0, 1))
        found = found + sum(lower[s, pair[s // 2], sites[s]] + logs[s, :, sites[s]] for s in range(4))
        total[(slice(None), *index)] = found
    return total


@pytest.mark.parametrize("seed", range(12))
def test_likelihoods_and_posteriors_of_states_far_apart(seed):
    model, values = hard_mixture(seed)
    joint = by_configurations(model, values)
    exact = logsumexp(joint, axis=tuple(range(1, 8)))
    assert model.log_likelihood(values) == pytest.approx(exact, rel=1e-12)
    if np.isfinite(exact).all():
        posterior = np.exp(joint - exact.reshape(-1, *(1,) * 7))
        better, _ = improved(model, values)
        assert better.prior == pytest.approx(posterior.sum(axis=(0, 2, 3, 4, 5, 6, 7)) / len(values), abs=1e-9)
        pairs = posterior.sum(axis=(0, 3, 4, 5, 6, 7))  # states of the root and of the first pair
        for state in range(len(model.prior)):
            if pairs[state].sum() > 1e-6:
                assert better.tables[1][0, state] == pytest.approx(pairs[state] / pairs[state].sum(), abs=1e-9)


def test_a_state_that_the_table_forbids_leaves_the_others_their_likelihood():
    found = log_mixed(np.array([[[0.0, 1.0], [1e-300, 1 - 1e-300]]]), np.array([[[0.0, -800.0], [-np.inf, -3.0]]]))
    assert found[0, 0] == pytest.approx([-800.0, math.log(1e-300)])
    assert found[0, 1] == pytest.approx([-3.0, -3.0])
    assert log_mixed(np.array([[[0.0, 1.0]]]), np.array([[[0.0, -np.inf]]]))[0, 0, 0] == -np.inf


@pytest.mark.parametrize("ratio", [1.0, 7.5, 30.0, 300.0])
def test_entropies_of_densities_of_unequal_width(ratio):
    leaves = Gaussian(np.array([[0.0, 0.3]]), np.array([[1.0, 1 / ratio**2]]))
    weights = np.array([[[0.7, 0.3], [1.0, 0.0]]])

    def integrand(place):
        logs = log_normal(place, leaves.means[0], leaves.variances[0]) + np.log(weights[0, 0])
        return -np.exp(logsumexp(logs)) * logsumexp(logs)

    ends = [-12, *(0.3 + np.array([-12, -3, 0, 3, 12]) / ratio), 13.0] if ratio > 1 else [-12, 0, 13]
    exact = sum(quad(integrand, a, b, epsabs=1e-12, limit=500)[0] for a, b in pairwise(ends))
    assert leaves.mixed_entropies(weights)[0] == pytest.approx([exact, leaves.entropies()[0, 0]], abs=1e-8)
    with pytest.raises(ArgumentError, match="variances: deviations of a site"):
        Gaussian(np.zeros((1, 2)), np.array([[1.0, 1e-7]])).mixed_entropies(weights)


def test_what_has_no_value_is_refused():
    with pytest.raises(ArgumentError, match="draws: got 1"):
        standard_error(np.ones(1))
    many = Categorical(np.full((1, 1, 1000), 1e-3))
    with pytest.raises(ArgumentError, match="symbols: 1000"):
        many.fitted(np.zeros((3, 1), dtype=int), np.ones((1, 3, 1)))


@pytest.mark.parametrize("check", [checked_split, checked_task, checked_family])
def test_target_functions_have_the_entropies_and_ranks_of_exact_listings(check):
    counts, wrong = run(check, range(100))
    assert wrong == []
    assert counts["measured"] > 200


@pytest.mark.parametrize("seed", [4481, 9053])
def test_sizes_that_are_one_modulo_a_prime_hide_no_rank(seed):
    assert checked_split(seed, Tally()) == []


@pytest.mark.parametrize(
    ("check", "kept"), [(checked_likelihood, "possible"), (checked_entropies, "listed"), (checked_step, "fitted")]
)
def test_mixtures_have_the_likelihoods_entropies_and_steps_of_exact_sums(check, kept):
    counts, wrong = run(check, range(150))
    assert wrong == []
    assert counts[kept] > 300


def test_a_strip_of_thousands_of_pixels_that_is_true_once_is_a_product():
    split = Split(np.array([[False, False], [False, True]]), (2**4000 - 1, 1), (2**4000 - 1, 1))
    assert entropy_of(split, "indicator") == 0
    assert entropy_of(split, "centred") == pytest.approx(0.0, abs=1e-12)
