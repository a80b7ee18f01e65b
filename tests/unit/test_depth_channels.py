"""Widths by depth: ranks that never fall, laws, models, target functions and the config's checks."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convac.circuits.overlapping import OverlappingShape
from convac.entanglement.block_rank import exact_rank
from convac.entanglement.root_law import MODELS, fitted, misfit, predicted, stated_constant
from convac.errors import ConfigError
from convac.experiments.depth_channels.block import Block, cells
from convac.experiments.depth_channels.compute import (
    block_widths,
    compute,
    deepened,
    reached_rows,
    residues,
    smallest,
    target_function,
    width_reaching,
)
from convac.experiments.depth_channels.searched import sought, widths_of
from convac.specs.parsing import parse

FAMILY = {
    "sites": 8,
    "periodic": False,
    "kernel": 2,
    "local_dimension": 2,
    "layers": 3,
    "blocks": [4],
    "one_layer_widths": [4, 8, 16],
}
TRAINED = {
    "network": "product",
    "sites": 6,
    "kernel": 2,
    "widths": [[4, 6], [2, 4, 8]],
    "targets": ["random"],
    "seeds": 2,
    "rates": [0.08],
    "steps": 30,
}
BLOCK = {
    "families": [FAMILY],
    "search": {"cells": 5, "entries": 256},
    "trained": [TRAINED, {**TRAINED, "network": "rectifier"}],
}


def rank_of(shape, block):
    return exact_rank(residues(shape), range(block))


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_ranks_never_fall_with_width_or_depth(data):
    sites, kernel = data.draw(st.sampled_from([(6, 2), (8, 2), (7, 3)]))
    periodic, shared = data.draw(st.booleans()), data.draw(st.booleans())
    one = OverlappingShape((sites,), kernel, (1,), data.draw(st.integers(2, 3)), periodic, shared)
    if one.local_dimension**sites > 2**11:
        return
    block, width, depth = (
        data.draw(st.integers(1, sites - 1)),
        data.draw(st.integers(1, 4)),
        data.draw(st.integers(1, 3)),
    )
    here = rank_of(deepened(one, depth, width), block)
    assert here <= rank_of(deepened(one, depth, width + 1), block)
    assert here <= rank_of(deepened(one, depth + 1, width), block)


@given(st.lists(st.integers(0, 30), min_size=1, max_size=12), st.integers(0, 40))
def test_search_finds_the_first_width(steps, target):
    ranks = np.cumsum(steps)
    most = len(ranks)
    wanted = next((width for width in range(1, most) if ranks[width - 1] >= target), most)
    assert smallest(lambda width: ranks[width - 1], target, most) == wanted


@pytest.mark.parametrize(("periodic", "boundaries"), [(False, 1), (True, 2)])
@pytest.mark.parametrize("local_dimension", [2, 3])
def test_a_layer_divides_the_width_by_the_sites_that_its_front_passes(periodic, boundaries, local_dimension):
    one = OverlappingShape((8 if local_dimension == 2 else 6,), 2, (1,), local_dimension, periodic, shared=False)
    found = list(block_widths(one, one.count // 2, (4, 9, 16), (1, 2, 3), residues))
    assert {start for start, _, _ in found} == {4, 9, 16}
    for start, depth, widths in found:
        factor = local_dimension ** (boundaries * (depth - 1))
        assert widths["front_width"] == widths["smallest_width"] == max(2, -(-start // factor))


def test_widths_that_one_layer_cannot_show_are_left_out():
    shared = OverlappingShape((8,), 2, (1,), periodic=False, shared=True)  # a symmetric function of 4 sites: rank 5
    assert {start for start, _, _ in block_widths(shared, 4, (4, 5, 6, 9), (1, 2), residues)} == {4, 5}


@pytest.mark.parametrize("shared", [False, True])
def test_searched_widths_are_those_of_bisection(shared):
    drawn = sought(shared, 12, 1024)
    assert len(set(drawn)) == len(drawn) > 5
    for cell in drawn:
        found = widths_of(cell)
        assert 3 <= found["front_width"] <= found["cut_width"] <= found["smallest_width"] < cell.start
        assert shared or found["front_width"] >= cell.one.local_dimension
        ((_, _, wanted),) = block_widths(cell.one, cell.block, (cell.start,), (cell.layers,), residues)
        assert {name: wanted[name] for name in found} == found
    assert sought(shared, 3, 31) == []


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(MODELS)), st.floats(0.05, 2.0), st.integers(0, 2**32 - 1))
def test_a_fit_finds_a_planted_constant(model, constant, seed):
    layers = np.array([2, 2, 3, 3, 4, 4])
    start = np.log(np.random.default_rng(seed).uniform(2000, 8000, 6))
    found = predicted(model, layers, start, np.array(constant), whole=False)
    made = fitted(model, layers, start, found, whole=False)
    assert made.constant == pytest.approx(constant, abs=0.006)
    assert made.misfit <= misfit(model, layers, start, found, round(constant / 0.005) * 0.005, whole=False) + 1e-12


@given(st.floats(2, 1e4), st.integers(1, 6))
def test_models_agree_where_they_must(width, layers):
    start, depth = np.log(width), np.array(layers)
    for model in MODELS:
        assert predicted(model, np.array(1), start, np.array(0.7), whole=False) == pytest.approx(start)
    root = predicted("root", depth, start, np.array(0.0), whole=False)
    assert root == pytest.approx(predicted("growth", depth, start, np.array(1.0), whole=False))
    assert root >= math.log(2)
    assert np.exp(root) <= np.exp(predicted("root", depth, start, np.array(0.0), whole=True)) * (1 + 1e-6)


def test_whole_channels_are_rounded_up_but_not_by_rounding_errors():
    found = np.exp(predicted("root", np.array([2, 2, 3, 6]), np.log([64, 65, 64, 3]), np.array(0.0), whole=True))
    assert found == pytest.approx([8, 9, 4, 2])


def test_stated_constants():
    assert stated_constant("root", 3, 5) == 0
    assert stated_constant("shift", 3, 5, 2) == pytest.approx(4 * math.log(5))
    assert stated_constant("growth", 2, 5, 2) == 4


def test_targets_are_functions_of_mean_zero():
    for name in ("random", "run", "mirror"):
        assert target_function(name, 6, 0).mean() == pytest.approx(0, abs=1e-12)
    assert (target_function("mirror", 6, 0) > 0).sum() == 8
    assert (target_function("run", 6, 0) > 0).sum() == 25  # 0111 at one of six places, two sites free; all ones
    assert (target_function("random", 6, 0) != target_function("random", 6, 1)).all()
    assert (target_function("run", 6, 0) == target_function("run", 6, 1)).all()


@pytest.mark.parametrize(
    ("bar", "wanted"), [(0.9, 2), (0.8, 2), (0.4, 4), (0.2, math.sqrt(32)), (0.1, 8), (0.05, None)]
)
def test_width_that_reaches_a_bar(bar, wanted):
    found = width_reaching((2, 4, 8, 16), np.array([0.8, 0.4, 0.1, 0.1]), bar)
    assert found is None if wanted is None else math.exp(found) == pytest.approx(wanted)


PLANTED = {  # D_0, D, exponent, models that cannot describe them
    "root": ((4, 9, 16), (2, 3, 4), 0.5, ["shift"]),
    "shift": ((4, 8, 16), (2, 4, 8), 1.0, ["root", "growth"]),
}


@pytest.mark.parametrize("model", sorted(PLANTED))
def test_a_planted_law_is_found(model):
    starts, widths, exponent, rivals = PLANTED[model]
    errors = np.array([0.5, 0.3, 0.1])
    tried = {1: starts, 2: (1, *widths)}  # none of them at the least that was tried
    table = pd.DataFrame(reached_rows({"seed": 0}, tried, {1: errors, 2: np.array([0.9, *errors])}))
    values = table[table["model"].isna()].groupby("quantity")["value"].apply(list)
    assert values["smallest_width"] == pytest.approx(widths)
    assert values["root_width"] == pytest.approx(np.sqrt(starts))
    assert values["width_exponent"] == pytest.approx([exponent])
    assert values["root_exponent"] == [0.5]
    assert values["width_prefactor"] == pytest.approx([widths[0] / starts[0] ** exponent])
    misfits = table[(table["quantity"] == "misfit") & (table["constants"] == "fitted")].set_index("model")["value"]
    assert misfits[model] == pytest.approx(0, abs=0.003)
    assert (misfits[rivals] > 0.05).all()


def test_widths_at_the_least_that_was_tried_give_no_exponent():
    errors = np.array([0.5, 0.3, 0.1])
    table = pd.DataFrame(reached_rows({"seed": 0}, {1: (4, 9, 16), 2: (2, 3, 4)}, {1: errors, 2: errors}))
    assert "width_exponent" not in set(table["quantity"])


def test_an_exponent_takes_every_bar():
    errors = {1: np.array([0.5, 0.3, 0.1]), 2: np.array([0.4, 0.2])}
    table = pd.DataFrame(reached_rows({"seed": 0}, {1: (4, 8, 16), 2: (2, 3)}, errors))
    assert (table["quantity"] == "smallest_width").sum() == 2
    assert "width_exponent" not in set(table["quantity"])


def test_trained_widths_come_from_the_errors():
    cell = next(cell for cell in cells(parse(Block, BLOCK, "depth_channels")) if cell.spec.job == "Trained")
    table = compute(cell.spec)
    errors = table[table["quantity"] == "relative_error"].set_index(["seed", "layers", "width"])["value"].sort_index()
    widths = table[table["quantity"] == "smallest_width"]
    assert len(widths)
    for seed, start, width in widths[["seed", "one_layer_width", "value"]].itertuples(index=False):
        tried = errors.loc[seed, 2]
        bar = errors.loc[seed, 1, start]
        above = tried[tried <= bar].index.min()
        assert width <= above
        assert all(width >= below for below in tried[tried > bar].index)
    assert set(table["model"].dropna()) == set(MODELS)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"families": [{**FAMILY, "blocks": [8]}]}, "blocks: 8 of 8 sites"),
        ({"families": [{**FAMILY, "kernel": 9}]}, "kernel: 9 on 8 sites"),
        ({"families": [{**FAMILY, "layers": 9}]}, "layers: 9 on 8 sites"),
        ({"families": [{**FAMILY, "layers": 10**30}]}, "layers: 10+ is not accepted"),
        ({"trained": [{**TRAINED, "widths": [[6, 4], [2]]}]}, "widths: a list isn't ascending"),
        ({"trained": [{**TRAINED, "widths": [[4, 6], [3]]}]}, "lists that begin with 2"),
        ({"trained": [{**TRAINED, "kernel": 4, "widths": [[4], [2]]}]}, "see the whole ring"),
        ({"trained": [{**TRAINED, "targets": ["parity"]}]}, "targets"),
    ],
)
def test_mistakes_in_the_block_are_named(changes, says):
    with pytest.raises(ConfigError, match=says):
        parse(Block, {**BLOCK, **changes}, "depth_channels")


def test_one_job_per_family_and_kind():
    block = parse(Block, {**BLOCK, "families": [FAMILY, {**FAMILY, "kernel": 3}]}, "depth_channels")
    jobs = [cell.spec.job for cell in cells(block)]
    assert jobs == ["Family", "Family", "SearchedFamilies", "Trained", "Trained"]
