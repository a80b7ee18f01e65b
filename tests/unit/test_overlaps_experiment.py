"""The overlaps experiment on a small config: its rows, its claims and its figures."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from convac.circuits.fields import PRIME_FIELD, PrimeField
from convac.circuits.overlapping import OverlappingShape, coefficient_tensor
from convac.circuits.overlapping import draw as draw_weights
from convac.claims.verdicts import evaluate_all
from convac.entanglement.block_rank import exact_rank, frame_bound, front_rank, mask_of, predicted_rank
from convac.entanglement.brute import matricization
from convac.entanglement.generic_rank import rank
from convac.experiments.overlaps.block import FIGURES, Block, cells
from convac.experiments.overlaps.claims import CLAIMS, SEARCHED
from convac.experiments.overlaps.compute import (
    compute,
    excess,
    searched,
    searched_networks,
    smallest_filter,
    smallest_machine,
    smallest_overlapping,
)
from convac.experiments.overlaps.figures import draw
from convac.experiments.overlaps.jobs import Family, RandomNetworks, Rectangles, SearchedNetworks, Squares
from convac.experiments.overlaps.random_networks import allowed, case_below, random_networks, random_run
from convac.experiments.overlaps.squares import (
    bounded,
    evaluated,
    filter_fits,
    filter_values,
    fitting_shapes,
    measured,
    searched_rectangles,
    split_configurations,
    straddling,
)
from convac.plotting.checks import problems

SMALL = Block(
    families=(
        Family(sites=(8,), kernels=(2, 3), layers=(1, 2), widths=(2, 4), draws=3),
        Family(sites=(3, 3), periodic=False, shared=False, kernels=(2,), layers=(1, 2), widths=(2,)),
        Family(sites=(6,), local_dimension=5, kernels=(2,), layers=(2,), widths=(3,), first_width=2),
    ),
    random=RandomNetworks(networks=6, subsets=2, below=4, entries=512),
    search=SearchedNetworks(networks=4, entries=512),
    tree_sites=8,
    tree_widths=(2,),
    volume_sites=(4, 6, 8),
    rectangles=Rectangles(networks=4, entries=4096),
    squares=Squares(sides=(1, 2), bounded=(256, 512)),
)


@pytest.fixture(scope="module")
def table():
    return pd.concat([compute(cell.spec).assign(cell=str(number)) for number, cell in enumerate(cells(SMALL))])


def test_rows_are_told_apart_by_their_labels(table):
    assert not table.duplicated([column for column in table if column != "value"]).any()
    assert table["value"].notna().all()


def test_verdicts(table):
    verdicts = evaluate_all(CLAIMS, table).set_index("id")["verdict"]
    ends = "overlaps-prediction-narrow"  # 24 where the prediction is 25
    dents = "overlaps-front-shared"  # 3 where the front formula says 4
    machines = [name for name in verdicts.index if name.startswith(("overlaps-volume", "overlaps-square-machine"))]
    assert set(verdicts[[ends, dents]]) == {"contradicted"}
    assert set(verdicts.drop([ends, dents, *machines])) == {"reproduced"}


def test_figures_pass_the_checks(table):
    drawn = draw(table, pd.DataFrame())
    assert set(drawn) == set(FIGURES)
    assert {part: problems(made) for part, made in drawn.items()} == {part: [] for part in FIGURES}


def test_parts_without_rows_say_so():
    assert set(draw(pd.DataFrame(), pd.DataFrame())) == set(FIGURES)


def test_random_networks_are_the_same_every_time():
    job = RandomNetworks(networks=3, subsets=2, below=2, entries=256)
    assert list(random_networks(job)) == list(random_networks(job))


def test_cases_are_drawn_where_a_bound_lies_below_what_the_sites_allow():
    generator = np.random.default_rng(5)
    for _ in range(12):
        shape, inside = case_below(generator, 512)
        bound = frame_bound(shape, inside)
        assert predicted_rank(shape, inside) <= bound < allowed(shape, inside)
        weights = draw_weights(shape, PRIME_FIELD, generator)
        assert exact_rank(coefficient_tensor(shape, weights, PRIME_FIELD), inside) <= bound


@pytest.mark.parametrize("exchanged", [False, True])
def test_runs_are_of_half_of_the_sites_or_one_less(exchanged):
    generator = np.random.default_rng(2)
    for count in (6, 9):
        runs = [random_run(generator, count, exchanged) for _ in range(40)]
        assert {len(set(run)) for run in runs} == {count // 2, count // 2 - 1}
        neighbours = [{(site + 1) % count for site in run} for run in runs]
        ends = {len(set(run) - after) for run, after in zip(runs, neighbours, strict=True)}
        assert ends == ({1} if not exchanged else ends | {2})


@pytest.mark.parametrize("shared", [False, True])
def test_the_frame_of_a_block_is_that_of_its_formula(shared):
    for sites, sides in (((9,), (4,)), ((3, 4), (2, 2)), ((8,), (3,))):
        for periodic in (False, True):
            shape = OverlappingShape(sites, 2, (2, 2), 2, periodic, shared)
            numbers = np.arange(shape.count).reshape(sites)
            inside = numbers[tuple(slice(side) for side in sides)].ravel().tolist()
            assert frame_bound(shape, inside) <= front_rank(shape, sides)


@pytest.mark.parametrize("size", [4, 6, 8])
def test_machines_need_a_hidden_unit_per_site_of_the_half_on_either_side(size):
    assert smallest_machine(size) == size // 2 * (size + 1)
    assert smallest_filter(size) == -(-size // 4) + 2
    assert smallest_overlapping(size, shared=True) < smallest_overlapping(size, shared=False)


@pytest.mark.parametrize("shared", [True, False])
def test_networks_are_searched_where_the_front_formula_says_something(shared):
    found = searched(shared, SEARCHED, 8192)
    assert len({shape for shape, *_ in found}) == SEARCHED
    for shape, _, sides, inside in found:
        assert shape.shared is shared
        assert shape.local_dimension**shape.count <= 8192
        assert shape.local_dimension <= min(shape.widths)
        assert len(shape.widths) > 1
        assert len(inside) <= shape.count // 2
        assert excess(shape, sides) > 0
    assert len(searched(shared, 10**6, 8192)) > SEARCHED
    assert searched(shared, 5, 15) == []


def test_the_laptop_config_draws_as_many_networks_as_the_claims_say():
    config = yaml.safe_load((Path(__file__).parents[2] / "config.yaml").read_text())["experiments"]["overlaps"]
    assert config["search"] == {"networks": SEARCHED, "entries": 8192}


def test_searched_networks_have_ranks_below_what_their_sites_allow():
    table = pd.DataFrame(searched_networks(SearchedNetworks(networks=12, entries=512)))
    wide = table.pivot_table(index=["weights", "case"], columns="quantity", values="value").reset_index()
    assert len(wide) == 24
    assert (wide["front_rank"] < wide["trivial_bound"]).all()
    assert (wide["block_rank"] == wide["predicted_rank"]).all()
    located = wide[wide["weights"] == "per location"]
    assert (located["block_rank"] == located["front_rank"]).all()
    assert (wide["block_rank"] <= wide["front_rank"]).all()


@pytest.mark.parametrize(("seed", "prime"), [(0, 2**31 - 1), (1, 2**31 - 19)])
def test_the_prediction_ends_on_a_ring_of_twelve_with_shared_weights(seed, prime):
    """30 of 32: neither the cut nor what can be told apart."""
    shape, field, inside = OverlappingShape((12,), 2, (8, 8)), PrimeField(prime), range(6)
    residues = coefficient_tensor(shape, draw_weights(shape, field, np.random.default_rng(seed)), field)
    assert rank(matricization(residues, mask_of(12, list(inside))), field) == 30
    assert predicted_rank(shape, list(inside)) == 32 == front_rank(shape, (6,))


def test_rectangles_are_drawn_where_the_front_formula_says_less():
    found = searched_rectangles(1000, 4096)
    assert len(found) >= 20
    for shape, sides in found:
        assert front_rank(shape, sides) < shape.local_dimension ** (sides[0] * sides[1])
        assert not shape.shared
        assert len(shape.widths) > 1


def test_an_overlapping_network_on_chosen_inputs_has_the_values_of_its_tensor():
    shape = OverlappingShape((2, 2), 2, (3, 2))
    weights = draw_weights(shape, PRIME_FIELD, np.random.default_rng(0))
    bits = np.indices((2,) * 4).reshape(4, -1).T
    assert (evaluated(shape, weights, bits) == coefficient_tensor(shape, weights, PRIME_FIELD).ravel()).all()


@pytest.mark.parametrize("side", [1, 2])
def test_small_squares_take_what_the_bounds_allow(side):
    assert measured(side) == bounded(side)


@pytest.mark.parametrize("side", [2, 3])
def test_a_filter_shows_no_more_than_its_frame(side):
    """Units of 2 × 2 sites that read both sides of a 3 × 3 square are 24, but the frame is of eight sites."""
    size = next(size for size in range(1, 2 * side + 1) if filter_fits(side, size))
    configurations = split_configurations(side)
    frame = side**2 - max(0, side - 2 * (size - 2)) ** 2
    assert rank(filter_values(side, size, configurations)) == 2 ** (side**2)
    assert rank(filter_values(side, size - 1, configurations)) <= 2**frame < 2 ** (side**2)


def test_bounds_of_large_squares():
    found = bounded(64)
    assert found["RBM", "sparse"] == 3 * 64**2
    assert found["RBM", "per location"] == 64**2 * (4 * 64**2 + 1)
    size = int((found["RBM", "shared"] - 1) ** 0.5)
    assert straddling(64, size) >= 64**2
    assert 2 * (size - 1) >= 64 > 2 * (size - 2)
    assert found["RBM", "shared pair"] == 3
    assert found["overlapping", "shared"] == min(shape.parameters for shape in fitting_shapes(64)) < 20 * 64
