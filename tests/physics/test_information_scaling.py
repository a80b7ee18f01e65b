"""Statements of the scaling law: known values, invariants of single mappings and of whole mixtures."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.integrate import quad

from convac.experiments.information_scaling import activations, mapping_statements
from convac.experiments.information_scaling.compute import Measured, digits, law, network_tree
from convac.experiments.information_scaling.mapping_statements import STATEMENTS, Channel, Draws, increase, lattice
from convac.mixtures.entropies import AVERAGES, Average, exact_mappings, sampled
from convac.mixtures.families import FAMILIES, codebook, one_component, random_mixture
from convac.mixtures.leaves import Categorical, Gaussian

SHARP = np.eye(2)[None]


def one(table, components, prior=(0.5, 0.5)):
    leaves = Categorical(np.array(components, dtype=float))
    return Draws(np.array([table], dtype=float), Channel(leaves), np.array([prior]))


def margin(name: str, draws: Draws, average: Average = "consistent") -> float:
    return float(STATEMENTS[name](draws, draws.mappings, average)[0])


def test_an_invertible_mapping_raises_the_entropy():
    draws = one([[0.9, 0.1], [0.1, 0.9]], SHARP)
    assert float(increase(draws.mappings, "consistent")[0]) == pytest.approx(0.325083, abs=1e-6)
    assert margin("eq. 32", draws) == pytest.approx(-0.325083, abs=1e-6)
    # an invertible one may lose all but a hundred-thousandth of what any can
    nearly = one([[0.501, 0.499], [0.499, 0.501]], SHARP)
    assert float(increase(nearly.mappings, "consistent")[0]) == pytest.approx(math.log(2), abs=1e-5)


def test_a_singular_mapping_loses_nothing():
    draws = one([[1, 0], [1, 0]], [[[1, 0], [0.5, 0.5]]])
    assert float(increase(draws.mappings, "consistent")[0]) == 0.0
    assert margin("Assumption 1", draws) < -0.2
    assert margin("Theorem 3", draws, "uniform") == pytest.approx(-math.log(2) / 2)
    assert margin("Theorem 3", draws, "maximum") == pytest.approx(-math.log(2))


def test_a_uniform_average_hides_a_broad_component():
    draws = one([[2 / 3, 1 / 3]] * 2, [[[2 / 3, 1 / 3, 0], [0, 0, 1]]])
    assert margin("eq. 33", draws, "uniform") == pytest.approx(-0.049453, abs=1e-6)
    assert margin("eq. 33", draws) > 0


@settings(max_examples=20)  # capacities take a thousand iterations each
@given(st.integers(0, 2**31), st.sampled_from(sorted(FAMILIES)), st.sampled_from([2, 3]))
def test_what_holds_for_every_single_mapping(seed, family, states):
    generator = np.random.default_rng(seed)
    table = FAMILIES[family]((3, states, states), generator)
    prior = generator.dirichlet(np.ones(states), 3)
    for components in mapping_statements.COMPONENTS.values():
        draws = Draws(table, Channel(components(3, states, generator)), prior)
        mappings = draws.mappings
        gained = increase(mappings, "consistent")
        assert (gained >= -1e-9).all()
        # what is lost is at most the uncertainty of the state below given the one above
        noise = np.where(table > 0, -table * np.log(np.where(table > 0, table, 1)), 0).sum(axis=-1)
        assert (gained <= (prior * noise).sum(axis=-1) + 1e-9).all()
        assert (increase(mappings, "maximum") <= math.log(states) + 1e-9).all()
        if isinstance(draws.channel.leaves, Categorical):
            assert (gained <= draws.channel.capacities + 1e-9).all()


def test_the_search_covers_its_lattice_and_finds_the_smallest():
    draws, components = lattice(2, 2)
    assert len(draws.tables) == 3**2 * 3**2
    assert draws.prior.min() > 0
    assert components.shape == (81, 2, 2)
    found = pd.DataFrame(mapping_statements.smallest_rows())
    margins = found[found["quantity"] == "smallest_margin"].set_index(["statement", "average"])
    assert margins.loc[("Theorem 3", "consistent"), "value"] == pytest.approx(0, abs=1e-9)
    assert margins.loc[("eq. 33", "maximum"), "value"] == pytest.approx(0, abs=1e-9)
    assert margins.loc[("Theorem 3", "uniform"), "value"] == pytest.approx(-math.log(2) / 2)
    assert margins.loc[("eq. 33", "uniform"), "value"] == pytest.approx(-0.049453, abs=1e-6)
    assert "A (1 0, 1 0), components (1 0, 1/2 1/2)" in margins.loc[("Theorem 3", "uniform"), "case"]


@given(st.integers(0, 2**31), st.sampled_from(sorted(FAMILIES)), st.sampled_from(["CP", "HT"]))
def test_what_holds_for_every_mixture(seed, family, network):
    generator = np.random.default_rng(seed)
    model = random_mixture(family, network_tree(network, (4,)), 3, "binary", generator)
    found = Measured(model, exact_mappings(model, 2**4), sampled(model, 2, generator))
    assert found.is_exact
    for average in AVERAGES:
        values = law(found, average)
        assert values["mapping_bound"] >= values["entropy_increase"] - 1e-9
        if "ratio_bound" in values:
            assert values["ratio_bound"] >= values["entropy_ratio"] - 1e-9
    values = law(found, "consistent")
    assert -1e-9 <= values["entropy_increase"] <= values["site_bound"] + 1e-9 <= values["width_bound"] + 1e-9
    assert values["input_entropy"] >= values["root_entropy"] - 1e-9 >= values["component_entropy"] - 2e-9
    # the sum of what each mapping adds
    gains = sum(float((above - below).sum()) for below, above in map(found.sides, range(len(model.mappings))))
    assert gains == pytest.approx(values["entropy_increase"], abs=1e-9)


def test_bounds_by_hand(rng):
    model = codebook(network_tree("HT", (8,)), 2, "symbols")
    values = law(Measured(model, exact_mappings(model, 2**16), sampled(model, 2, rng)), "consistent")
    assert values["entropy_increase"] == pytest.approx(15 * math.log(2))
    assert values["mapping_bound"] == pytest.approx(15 * math.log(2))
    assert values["width_bound"] == pytest.approx(15 * math.log(4))
    assert values["site_bound"] == pytest.approx(8 * math.log(4))
    assert "ratio_bound" not in values  # the components' entropy is zero: no β
    model = one_component(network_tree("HT", (4,)), broad=True)
    values = law(Measured(model, exact_mappings(model, 2**16), sampled(model, 2, rng)), "uniform")
    assert values["input_entropy"] == pytest.approx(4 * math.log(16))
    assert values["component_entropy"] == pytest.approx(2 * math.log(16))
    assert values["entropy_increase"] > values["width_bound"] == pytest.approx(7 * math.log(2))


@pytest.mark.parametrize("density", [stats.norm(0.3, 1.5), stats.laplace(), stats.uniform(-1, 3)])
def test_sigmoid_entropy_is_that_of_its_density(density):
    def integrand(y):
        value = density.pdf(math.log(y / (1 - y))) / (y * (1 - y))
        return -value * math.log(value) if value > 0 else 0.0

    ends = [1 / (1 + math.exp(-x)) for x in np.clip(density.support(), -12, 12)]
    middle = 1 / (1 + math.exp(-float(density.mean())))
    expected = quad(integrand, ends[0], middle, limit=200)[0] + quad(integrand, middle, ends[1], limit=200)[0]
    assert activations.sigmoid_entropy(density) == pytest.approx(expected, abs=1e-5)


def test_relu_leaves_what_is_positive_and_merges_the_rest():
    before, after = activations.relu_entropies(stats.uniform(0, 1))
    assert before == pytest.approx(math.log(256))
    assert after == before
    before, after = activations.relu_entropies(stats.uniform(-1, 2))
    assert before == pytest.approx(math.log(512))
    # half of the mass in the first bin
    first = 0.5 + 1 / 512
    assert after == pytest.approx(-first * math.log(first) + 255 / 512 * math.log(512))


def test_ratios_of_densities_have_no_bound():
    assert float(mapping_statements.ratio_margins(np.array([[1.0, 2.0]]), np.array([[1.5, 2.2]]))[0]) == pytest.approx(
        1.5**2 - 3.7 / 3
    )
    found = pd.DataFrame(mapping_statements.ratio_rows(50))
    violated = found[found["quantity"] == "share_violated"].groupby("leaves")["value"].max()
    assert violated["categorical"] == 0
    assert violated["Gaussian"] == 1  # the case on record
    leaves = Gaussian(np.array([[0.0, 40.0]]), np.full((1, 2), 0.06**2))
    assert float(leaves.mixed_entropies(np.array([[[0.5, 0.5]]]))[0, 0]) == pytest.approx(
        0.5 * math.log(2 * math.pi * math.e * 0.06**2) + math.log(2)
    )


@pytest.mark.parametrize("sites", [4, 8, 16, 32, 64])
def test_digits_are_binary_and_their_middle(sites):
    train, test, shape = digits(sites, 50)
    assert train.shape == (50, sites)
    assert len(test) > 100
    assert math.prod(shape) == sites
    assert set(np.unique(train)) == {0, 1}
    whole = digits(64, 50)[0].reshape(50, 8, 8)
    rows, columns = (slice(4 - length // 2, 4 + length // 2) for length in shape)
    assert (whole[:, rows, columns].reshape(50, -1) == train).all()
