"""When Schmidt pairs enter, and what is said of it: on weights made up for the purpose."""

import numpy as np
import pytest

from convac.entanglement.measures import entropy
from convac.experiments.dynamics.compute import (
    DISTINCT,
    HALVES,
    ROWS,
    SIDES,
    TREE,
    Followed,
    compute,
    entries,
    moments_of,
    order,
    symbols,
    target,
    unfactorised,
)
from convac.experiments.dynamics.jobs import Descent
from convac.targets.functions import every_image, listed

SMALL = Descent(task="majority", start="small", scale=0.01, width=4, rate=0.05, steps=200, moments=8, seeds=(0, 1))


@pytest.fixture(scope="module")
def made():
    return compute(SMALL)


def test_a_pair_enters_for_good():
    weights = np.array([[0.0, 0.9, 1.0], [0.6, 0.1, 1.0], [0.4, 0.2, 1.0], [0.5, 0.6, 1.0], [1.0, 1.0, 1.0]])
    assert entries(weights).tolist() == [3, 3, 0]


def test_an_order_may_be_either_way_and_ties_count_for_nothing():
    sizes = np.array([0.9, 0.4, 0.1])
    assert order(sizes, np.array([1.0, 2.0, 3.0])) == 1
    assert order(sizes, np.array([3.0, 2.0, 1.0])) == -1
    assert order(sizes, np.array([2.0, 2.0, 2.0])) == 0


def test_an_unfactorised_tensor_learns_all_pairs_at_once():
    final = np.array([0.8, 0.5, 0.1])
    found = Followed(final, np.stack([np.zeros(3), final]), np.zeros(3))
    np.testing.assert_allclose(unfactorised(found), np.log(2))
    times = np.linspace(0, 3, 30001)
    begun = np.array([-0.2, 0.1, 0.08])
    weights = final + np.exp(-times)[:, None] * (begun - final)
    crossed = times[(weights >= final / 2).argmax(axis=0)]
    np.testing.assert_allclose(unfactorised(found._replace(weights=np.stack([begun, final]))), crossed, atol=2e-4)


def test_sites_are_pairs_of_pixels_and_bonds_are_rows_and_halves():
    images = every_image(SIDES)
    values = listed("loop", SIDES).ravel()
    found = target("loop").reshape((4,) * TREE.sites)
    again = found[tuple(symbols(images)[:, list(TREE.order)].T)]
    assert np.corrcoef(values, again)[0, 1] == pytest.approx(1)
    assert np.mean(found) == pytest.approx(0, abs=1e-12)
    assert [TREE.sites // TREE.positions[level] * 2 for level in (ROWS, HALVES)] == [4, 8]


def test_both_halves_have_one_cut():
    """Without classes to tell apart there is nothing beside the halves: their spectra are equal."""
    from convac.entanglement.tracking import tracked
    from convac.training.factorization import Factorization, descended

    family = Factorization(TREE, 4, 4)
    path = descended(family, target("loop"), (0,), 0.5, rate=0.05, steps=30, moments=(0, 30))
    found = tracked(path.circuit(family, 0, 0), path.circuit(family, 1, 0))[HALVES - 1]
    np.testing.assert_allclose(found.final[0], found.final[1], atol=1e-12)
    np.testing.assert_allclose(found.weights[0], found.weights[1], atol=1e-12)


def test_entropies_are_those_of_the_listed_tensor(made):
    from convac.training.factorization import Factorization, descended

    family = Factorization(TREE, 4, 4)
    moments = moments_of(SMALL.steps, SMALL.moments)
    path = descended(family, target("majority"), (0, 1), 0.01, rate=0.05, steps=200, moments=moments)
    at = 3
    tensor = path.circuit(family, at, 1).coefficient_tensor()[0].reshape((4,) * 8)
    rows = [np.moveaxis(tensor, [2 * row, 2 * row + 1], [0, 1]).reshape(16, -1) for row in range(4)]
    expected = {ROWS: rows, HALVES: [tensor.reshape(256, 256)]}
    for level in DISTINCT:
        mean = np.mean([entropy(np.linalg.svd(matrix, compute_uv=False)) for matrix in expected[level]])
        own = made[(made["quantity"] == "bond_entropy") & (made["level"] == level) & (made["seed"] == 1)]
        assert own.loc[own["moment"] == moments[at], "value"].item() == pytest.approx(mean, abs=1e-9)


def test_the_last_weights_are_the_coefficients(made):
    last = made[(made["quantity"] == "tracked_weight") & (made["moment"] == SMALL.steps)].set_index("vector")["value"]
    final = made[(made["quantity"] == "final_weight") & (made["level"] == HALVES) & (made["seed"] == 0)]
    np.testing.assert_allclose(last, final.set_index("vector")["value"].loc[last.index], atol=1e-12)


def test_seeds_are_independent_of_one_another(made):
    alone = compute(SMALL.model_copy(update={"seeds": (1,)}))
    names = ["fit_error", "bond_entropy"]
    first, second = (table[(table["seed"] == 1) & table["quantity"].isin(names)] for table in (made, alone))
    np.testing.assert_allclose(first["value"], second["value"], rtol=1e-9)
