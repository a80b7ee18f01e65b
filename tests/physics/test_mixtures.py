"""Tensorial mixtures against sums over all hidden states, entropies against definitions, likelihood that rises."""

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad

from convac.circuits.tree import Circuit
from convac.errors import ArgumentError
from convac.geometry.trees import PoolingTree
from convac.mixtures.entropies import AVERAGES, Mappings, capacity, exact_mappings, sampled, standard_error
from convac.mixtures.families import (
    FAMILIES,
    categorical,
    codebook,
    doubly_stochastic,
    gaussian,
    one_component,
    permutation,
    random_mixture,
)
from convac.mixtures.leaves import LEAST_PROBABILITY, Categorical, Gaussian, bounded
from convac.mixtures.likelihood import improved, independent_log_likelihood, maximised
from convac.mixtures.model import TensorialMixture

SHAPES = [("line", (4,), None), ("line", (4,), (4,)), ("square", (2, 4), None), ("dilated", (8,), (4, 2))]


def tree_of(geometry, shape, windows):
    return PoolingTree.named(geometry, shape, windows)


def all_inputs(sites, symbols=2):
    return np.array(list(itertools.product(range(symbols), repeat=sites)))


def entropy(shares):
    shares = shares[shares > 0]
    return float(-(shares * np.log(shares)).sum())


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("family", FAMILIES)
def test_likelihoods_sum_to_one_and_are_the_circuits(family, shape, rng):
    model = random_mixture(family, tree_of(*shape), 3, "binary", rng)
    inputs = all_inputs(model.tree.sites)
    logs = model.log_likelihood(inputs)
    assert np.exp(logs).sum() == pytest.approx(1.0, abs=1e-12)
    # the tables are a convolutional arithmetic circuit over the leaves' likelihoods
    circuit = Circuit(model.tree, 3, model.tables, model.prior[None])
    representation = np.exp(model.leaves.log_likelihoods(inputs)).transpose(1, 0, 2)
    assert np.exp(logs) == pytest.approx(circuit.amplitudes(representation)[:, 0], abs=1e-14)


@pytest.mark.parametrize("windows", [None, (4,)])
def test_hidden_states_sum_up_by_hand(windows, rng):
    model = random_mixture("dirichlet", tree_of("line", (4,), windows), 2, "Gaussian", rng)
    values = rng.normal(size=(1, 4))
    leaf = np.exp(model.leaves.log_likelihoods(values)[:, 0])
    total = 0.0
    for below in itertools.product(range(2), repeat=4):
        density = math.prod(leaf[site, state] for site, state in enumerate(below))
        for root in range(2):
            if windows:
                chain = math.prod(model.tables[0][site, root, state] for site, state in enumerate(below))
                total += model.prior[root] * chain * density
                continue
            for pair in itertools.product(range(2), repeat=2):
                first, second = model.tables
                chain = math.prod(first[site, pair[site // 2], state] for site, state in enumerate(below))
                total += model.prior[root] * second[0, root, pair[0]] * second[1, root, pair[1]] * chain * density
    assert model.log_likelihood(values)[0] == pytest.approx(math.log(total))


def test_impossible_inputs_have_likelihood_zero():
    model = one_component(tree_of("line", (4,), None), broad=False)
    assert model.log_likelihood(np.array([[0, 0, 0, 0], [0, 3, 0, 0]])).tolist() == [0.0, -math.inf]


def test_samples_follow_the_model(rng):
    model = random_mixture("dirichlet", tree_of("dilated", (4,), None), 3, "binary", rng)
    inputs = all_inputs(4)
    values, states = model.sample(40000, rng)
    shares = np.bincount(values @ [8, 4, 2, 1], minlength=16) / len(values)
    expected = np.exp(model.log_likelihood(inputs))
    assert np.abs(shares - expected).max() < 5 * math.sqrt(0.25 / len(values))
    for level, prior in enumerate(model.state_priors()):
        found = (states[level][..., None] == np.arange(3)).mean(axis=1)
        assert np.abs(found - prior).max() < 5 * math.sqrt(0.25 / len(values))


def test_gaussian_samples_have_the_moments_of_their_state(rng):
    leaves = gaussian(2, 2, rng)
    values = leaves.sample(np.array([[0] * 20000, [1] * 20000]), rng)
    means, variances = leaves.means[[0, 1], [0, 1]], leaves.variances[[0, 1], [0, 1]]
    assert values.mean(axis=0) == pytest.approx(means, abs=0.03)
    assert values.var(axis=0) == pytest.approx(variances, rel=0.06)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_exact_entropies_are_their_definition(shape, rng):
    model = random_mixture("sparse", tree_of(*shape), 3, "binary", rng)
    found = exact_mappings(model, 2**8)
    inputs = all_inputs(model.tree.sites)
    parts = model.parts(inputs)
    assert len(found) == model.tree.levels + 1
    for level, mappings in enumerate(found):
        size = model.tree.sites // model.tree.positions[level]
        for position in range(model.tree.positions[level]):
            inside = list(model.tree.order[position * size : (position + 1) * size])
            # every configuration of the sites below once: the other sites at 0
            chosen = (np.delete(inputs, inside, axis=1) == 0).all(axis=1)
            for logs, entropies in ((parts.below, mappings.below), (parts.above, mappings.above)):
                for state in range(entropies.shape[1]):
                    shares = np.exp(logs[level][position, chosen, state])
                    assert shares.sum() == pytest.approx(1.0)
                    assert entropies[position, state] == pytest.approx(entropy(shares), abs=1e-12)
    assert found[-1].above[0, 0] == pytest.approx(entropy(np.exp(model.log_likelihood(inputs))))


def test_enumeration_stops_where_it_is_told(rng):
    model = random_mixture("dirichlet", tree_of("line", (16,), None), 2, "binary", rng)
    assert [len(exact_mappings(model, limit)) for limit in (2, 4, 255, 2**16)] == [1, 2, 3, 5]
    densities = random_mixture("dirichlet", tree_of("line", (16,), None), 2, "Gaussian", rng)
    assert len(exact_mappings(densities, 2**16)) == 1


@pytest.mark.parametrize("geometry", ["line", "dilated"])
def test_densities_of_one_site_are_integrated_exactly(geometry, rng):
    model = random_mixture("dirichlet", tree_of(geometry, (4,), None), 3, "Gaussian", rng)
    (level,) = exact_mappings(model, 2**16)
    for position, site in enumerate(model.tree.order):
        means, variances = model.leaves.means[site], model.leaves.variances[site]
        weights = model.tables[0][position, 1]

        def integrand(x, means=means, variances=variances, weights=weights):
            density = (weights * np.exp(-((x - means) ** 2) / (2 * variances)) / np.sqrt(2 * np.pi * variances)).sum()
            return -density * np.log(density)

        points = sorted(means)
        ends = (means.min() - 8, means.max() + 8)
        expected = quad(integrand, *ends, points=points, limit=400, epsabs=1e-11)[0]
        assert level.above[position, 1] == pytest.approx(expected, abs=1e-8)
        assert level.below[position] == pytest.approx(0.5 * np.log(2 * np.pi * np.e * variances))


@given(st.integers(0, 2**31), st.sampled_from(sorted(FAMILIES)), st.sampled_from(["binary", "Gaussian"]))
def test_draws_agree_with_exact_entropies(seed, family, kind):
    generator = np.random.default_rng(seed)
    model = random_mixture(family, tree_of("line", (4,), None), 3, kind, generator)
    exact, sample = exact_mappings(model, 2**4), sampled(model, 500, generator)
    for level, mappings in enumerate(exact):
        below, above = mappings.averaged("consistent")
        for values, expected in ((sample.below[level], below), (sample.above[level], above)):
            for position, entropies in enumerate(values):
                limit = 6 * standard_error(entropies) + 1e-9
                assert abs(entropies.mean() - expected[position]) < limit
    if len(exact) == 3:
        increase = exact[-1].above[0, 0] - exact[0].averaged("consistent")[0].sum()
        assert abs(sample.increase.mean() - increase) < 6 * standard_error(sample.increase) + 1e-9


@given(st.integers(0, 2**31))
def test_averages_by_hand(seed):
    generator = np.random.default_rng(seed)
    values, prior = generator.random((2, 3)), generator.dirichlet(np.ones(3), 2)
    mappings = Mappings(values, values, prior, prior)
    expected = {
        "consistent": (values * prior).sum(axis=1),
        "uniform": values.mean(axis=1),
        "maximum": values.max(axis=1),
    }
    for average in AVERAGES:
        assert mappings.averaged(average)[0] == pytest.approx(expected[average])


@pytest.mark.parametrize("windows", [None, (8,)])
@pytest.mark.parametrize("kind", ["symbols", "Gaussian"])
@pytest.mark.parametrize("alphabet", [1, 2, 3])
def test_a_codebook_gains_the_same_at_every_mapping(alphabet, kind, windows, rng):
    tree = tree_of("line", (8,), windows)
    sample = sampled(codebook(tree, alphabet, kind), 50, rng)
    for below, above in zip(sample.below, sample.above, strict=True):
        assert (above - below).mean(axis=1) == pytest.approx(math.log(alphabet), abs=1e-9)
    assert sample.increase == pytest.approx(sum(tree.positions) * math.log(alphabet), abs=1e-9)


@pytest.mark.parametrize("kind", ["binary", "Gaussian"])
@pytest.mark.parametrize("windows", [None, (8,)])
@given(seed=st.integers(0, 2**31))
def test_expectation_maximisation_never_lowers_the_likelihood(kind, windows, seed):
    generator = np.random.default_rng(seed)
    tree = tree_of("line", (8,), windows)
    values = random_mixture("near-permutation", tree, 3, kind, generator).sample(60, generator)[0]
    start = random_mixture("dirichlet", tree, 2, kind, generator)
    if kind == "binary":
        start = replace(start, leaves=Categorical(bounded(start.leaves.probabilities)))
    assert (np.diff(maximised(start, values, 6)[1]) >= -1e-9).all()


@pytest.mark.parametrize("windows", [None, (4,)])
def test_a_step_uses_the_posteriors_of_all_hidden_states(windows, rng):
    model = random_mixture("dirichlet", tree_of("dilated", (4,), windows), 2, "binary", rng)
    values = model.sample(7, rng)[0]
    better, likelihood = improved(model, values)
    assert likelihood == pytest.approx(model.log_likelihood(values).mean())
    # by brute force: the weight of every assignment of states, for every input
    below, leaf = model.tables[0], np.exp(model.leaves.log_likelihoods(values))[list(model.tree.order)]
    parents = 1 if windows else 2
    counts, prior = np.zeros_like(below), np.zeros(2)
    for number in range(len(values)):
        weights = {}
        for root, above, states in itertools.product(
            range(2), itertools.product(range(2), repeat=parents), itertools.product(range(2), repeat=4)
        ):
            if windows and above != (root,):
                continue
            weight = model.prior[root]
            if not windows:
                weight *= math.prod(model.tables[1][place, root, state] for place, state in enumerate(above))
            for place, state in enumerate(states):
                weight *= below[place, above[place * parents // 4], state] * leaf[place, number, state]
            weights[root, above, states] = weight
        total = sum(weights.values())
        for (root, above, states), weight in weights.items():
            prior[root] += weight / total
            for place, state in enumerate(states):
                counts[place, above[place * parents // 4], state] += weight / total
    assert better.prior == pytest.approx(prior / len(values))
    assert better.tables[0] == pytest.approx(counts / counts.sum(axis=-1, keepdims=True))


@given(st.lists(st.floats(0, 1), min_size=2, max_size=6).filter(lambda shares: sum(shares) > 0.1))
def test_bounded_shares_are_the_likeliest(weights):
    shares = np.array(weights) / sum(weights)
    found = bounded(shares)
    assert found.sum() == pytest.approx(1.0)
    assert found.min() >= LEAST_PROBABILITY - 1e-15
    # no allowed distribution is likelier
    generator = np.random.default_rng(0)
    others = LEAST_PROBABILITY + (1 - len(shares) * LEAST_PROBABILITY) * generator.dirichlet(np.ones(len(shares)), 200)
    near = 0.99 * found + 0.01 * others
    assert (np.log(near) @ shares <= np.log(found) @ shares + 1e-12).all()


def test_independent_pixels_by_hand():
    train, test = np.array([[0, 1], [1, 1]]), np.array([[0, 0]])
    assert independent_log_likelihood(train, test, 2) == pytest.approx(math.log(2 / 4) + math.log(1 / 4))


def test_families_are_what_they_say(rng):
    for family, table in FAMILIES.items():
        made = table((20, 3, 3), rng)
        assert made.shape == (20, 3, 3)
        assert made.min() >= 0
        assert made.sum(axis=-1) == pytest.approx(1.0), family
    assert doubly_stochastic((20, 4, 4), rng).sum(axis=1) == pytest.approx(1.0)
    assert (np.linalg.matrix_rank(FAMILIES["equal rows"]((20, 3, 3), rng)) == 1).all()
    with pytest.raises(ArgumentError, match="square"):
        permutation((1, 2, 3), rng)


def test_capacities_of_known_channels():
    noise = 0.1
    symmetric = np.array([[1 - noise, noise], [noise, 1 - noise]])
    erasure = np.array([[0.7, 0.0, 0.3], [0.0, 0.7, 0.3]])
    useless = np.array([[0.4, 0.6], [0.4, 0.6]])
    bounds = [capacity(channel[None])[0][0] for channel in (symmetric, erasure, useless)]
    loss = entropy(np.array([noise, 1 - noise]))
    assert bounds == pytest.approx([math.log(2) - loss, 0.7 * math.log(2), 0.0], abs=1e-9)


def test_mistakes_are_named(rng):
    tree = tree_of("line", (4,), None)
    model = random_mixture("dirichlet", tree, 2, "binary", rng)
    for change, words in [
        ({"tables": model.tables[:1]}, "4 sites, 1 tables"),
        ({"tables": (model.tables[0], model.tables[1][:, :, :1])}, "level 2"),
        ({"tables": (model.tables[0] * 2, model.tables[1])}, "level 1"),
        ({"prior": np.array([0.5, 0.4])}, "prior"),
        ({"leaves": categorical(3, 2, 2, rng)}, "3 sites"),
    ]:
        fields = {"tree": tree, "leaves": model.leaves, "tables": model.tables, "prior": model.prior, **change}
        with pytest.raises(ArgumentError, match=words):
            TensorialMixture(**fields)
    for wrong in (np.zeros((3, 5), dtype=int), np.full((3, 4), 2), np.full((3, 4), -1)):
        with pytest.raises(ArgumentError, match="values"):
            model.log_likelihood(wrong)
    with pytest.raises(ArgumentError, match="probabilities"):
        Categorical(np.ones((2, 2)) / 2)
    with pytest.raises(ArgumentError, match="positive variances"):
        Gaussian(np.zeros((1, 1)), np.zeros((1, 1)))
    with pytest.raises(ArgumentError, match="shapes differ"):
        Gaussian(np.zeros((1, 1)), np.ones((1, 2)))
