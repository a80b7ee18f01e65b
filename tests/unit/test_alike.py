"""Equivalences and rank correlations: what they say of tables whose truth is known."""

import itertools
import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import kendalltau

from convac.claims.claims import Claim, equivalence, fall, rank_correlation
from convac.claims.ranks import kendall, resampled
from convac.claims.verdicts import evaluate
from convac.errors import ArgumentError

BASE = Claim(
    id="alike-example",
    statement="A is as B within 0.1",
    source="none",
    origin="ours",
    role="secondary",
    where={"quantity": "share"},
    first={"phase": "A"},
    second={"phase": "B"},
    by=("task",),
    threshold=-0.1,
    expected=(0.4, 0.4),
)
ALIKE = equivalence(BASE)
RANKED = rank_correlation(
    replace(BASE, where={}, first={"quantity": "vectors"}, second={"quantity": "entropy"}, threshold=0.5)
)


def table_of(differences):
    """A table in which A − B of task and seed is `differences`, shape (tasks, seeds)."""
    rows = [
        {"cell": "a", "quantity": "share", "task": f"t{task}", "seed": seed, "phase": phase, "value": value}
        for (task, seed), difference in np.ndenumerate(np.asarray(differences))
        for phase, value in (("A", 0.4 + difference), ("B", 0.4))
    ]
    return pd.DataFrame(rows)


def ranked_table(vectors, entropy):
    """A table of one cell a task, with a seed below and one above the median."""
    rows = [
        {"cell": "a", "quantity": quantity, "task": f"t{task}", "seed": seed, "value": value + seed - 1}
        for quantity, values in (("vectors", vectors), ("entropy", entropy))
        for (task, value), seed in itertools.product(enumerate(values), range(3))
    ]
    return pd.DataFrame(rows)


@pytest.mark.parametrize(
    ("centre", "verdict"), [(0.0, "reproduced"), (0.06, "reproduced"), (0.1, "undecided"), (-0.2, "contradicted")]
)
def test_where_the_interval_lies_decides(centre, verdict):
    spread = np.array([[-0.02, -0.01, 0.0, 0.01, 0.02]])
    assert evaluate(ALIKE, table_of(centre + spread)).verdict == verdict


@pytest.mark.parametrize("deviation", [0.02, 0.1, 0.3])
@pytest.mark.parametrize("edge", [-0.1, 0.1])
def test_seldom_reproduced_where_the_truth_is_at_the_margin(deviation, edge):
    generator = np.random.default_rng(1)
    tables = (table_of(generator.normal(edge, deviation, (1, 6))) for _ in range(300))
    assert sum(evaluate(ALIKE, table).verdict == "reproduced" for table in tables) <= 0.06 * 300


def test_power_where_the_truth_is_equality():
    generator = np.random.default_rng(2)
    tables = (table_of(generator.normal(0.0, 0.1 / 1.8, (1, 10))) for _ in range(200))
    assert sum(evaluate(ALIKE, table).verdict == "reproduced" for table in tables) >= 0.95 * 200


def test_one_pair_outside_is_enough_where_the_claim_is_about_every_one():
    spread = np.array([-0.02, -0.01, 0.0, 0.01, 0.02])
    table = table_of([spread, spread + 0.2, spread - 0.2])
    assert evaluate(ALIKE, table).verdict == "reproduced"  # their mean lies within
    found = evaluate(replace(ALIKE, every=True), table)
    assert (found.verdict, found.n) == ("contradicted", 5)
    assert abs(found.mean) == pytest.approx(0.2)


def test_every_pair_must_be_sure():
    sure, unsure = np.array([-0.01, 0.0, 0.01, 0.0, 0.0]), np.array([-0.2, 0.2, -0.1, 0.1, 0.0])
    assert evaluate(replace(ALIKE, every=True), table_of([sure, sure])).verdict == "reproduced"
    assert evaluate(replace(ALIKE, every=True), table_of([sure, unsure])).verdict == "undecided"
    # of a pair with a single seed nothing is known
    lonely = table_of([sure, sure])
    lonely = lonely[(lonely["task"] == "t0") | (lonely["seed"] == 0)]
    assert evaluate(replace(ALIKE, every=True), lonely).verdict == "undecided"


def test_seldom_contradicted_where_every_pair_is_at_a_margin():
    generator = np.random.default_rng(3)
    every = replace(ALIKE, every=True)
    tables = (table_of(generator.normal(0.0, 0.1, (6, 5)) + 0.1) for _ in range(200))
    assert sum(evaluate(every, table).verdict == "contradicted" for table in tables) <= 0.06 * 200


@pytest.mark.parametrize("tied", [False, True])
def test_kendall_is_that_of_scipy(tied):
    generator = np.random.default_rng(4)
    for _ in range(20):
        first, second = generator.normal(size=(2, 12))
        first = np.round(first) if tied else first
        assert kendall(np.ones((1, 12)), first, second)[0] == pytest.approx(kendalltau(first, second).statistic)
        repeats = generator.multinomial(12, np.full(12, 1 / 12))
        many = kendalltau(np.repeat(first, repeats), np.repeat(second, repeats)).statistic
        assert kendall(repeats[None], first, second)[0] == pytest.approx(many)


def test_ranks_know_the_largest_and_no_order():
    assert kendall(np.ones((1, 4)), np.array([1, 2, math.inf, math.inf]), np.array([1, 2, 3, 3])).tolist() == [1.0]
    assert kendall(np.ones((1, 3)), np.array([2, 2, 2]), np.array([1, 2, 3])).tolist() == [0.0]


def drawn(generator, correlation, cells, tied):
    first, noise = generator.normal(size=(2, cells))
    second = correlation * first + math.sqrt(1 - correlation**2) * noise
    return np.clip(np.round(first), -1, 1) if tied else first, second


@pytest.mark.parametrize("cells", [8, 16])
@pytest.mark.parametrize("tied", [False, True])
def test_the_interval_of_ranks_covers_the_truth(cells, tied):
    generator = np.random.default_rng(5)
    # τ-b of very many cells
    truth = kendalltau(*drawn(generator, 0.8, 100_000, tied)).statistic
    intervals = [resampled(*drawn(generator, 0.8, cells, tied)).interval(0.05) for _ in range(200)]
    assert sum(interval.low <= truth <= interval.high for interval in intervals) >= 0.93 * 200


def test_interval_and_p_of_ranks_agree():
    generator = np.random.default_rng(6)
    for _ in range(40):
        ranks = resampled(*drawn(generator, 0.9, 14, tied=True))
        for threshold, error in itertools.product((0.0, 0.3, 0.5, 0.7), (0.2, 0.05, 0.01)):
            interval = ranks.interval(error)
            assert (interval.low > threshold or interval.high < threshold) == (ranks.p(threshold) <= error)
            assert interval.low <= ranks.tau <= interval.high


def test_cells_are_ranked_by_medians_and_not_by_seeds():
    values = np.arange(10.0) * 10
    found = evaluate(RANKED, ranked_table(values, values**2))
    assert (found.verdict, found.n, found.mean) == ("reproduced", 10, 1.0)
    assert evaluate(RANKED, ranked_table(values, -values)).verdict == "contradicted"
    assert evaluate(RANKED, ranked_table(values[:7], values[:7])).verdict == "undecided"


def test_a_fall_is_the_mean_over_seeds_of_their_own_ranks():
    generator = np.random.default_rng(5)
    entropy = np.arange(8.0)
    rows, expected = [], []
    for seed in range(10):
        accuracy = -entropy + generator.normal(0, 2, 8)
        expected.append(-kendalltau(entropy, accuracy).statistic)
        for quantity, values in (("vectors", entropy + 100 * seed), ("entropy", accuracy - 50 * seed)):
            for task, value in enumerate(values):
                rows.append({"cell": "a", "quantity": quantity, "task": f"t{task}", "seed": seed, "value": value})
    claim = fall(replace(RANKED, kind="interval", threshold=0.2))
    found = evaluate(claim, pd.DataFrame(rows))
    assert (found.verdict, found.n) == ("reproduced", 10)
    assert found.mean == pytest.approx(np.mean(expected))
    turned = pd.DataFrame(rows).assign(value=lambda table: table["value"] * (1 - 2 * (table["quantity"] == "entropy")))
    assert evaluate(claim, turned).verdict == "contradicted"
    alone = pd.DataFrame([row for row in rows if row["task"] == "t0"])
    assert evaluate(claim, alone).mean == 0.0  # a single cell has no order


def test_what_makes_no_claim_is_refused():
    with pytest.raises(ArgumentError, match=r"threshold: got 0\.1 for alike-example; accepted: −margin, below 0"):
        equivalence(replace(BASE, threshold=0.1))
    with pytest.raises(ArgumentError, match="accepted: columns that tell cells apart"):
        rank_correlation(replace(BASE, by=(), threshold=0.5))
    with pytest.raises(ArgumentError, match="accepted: numbers of at least two cells"):
        resampled([1.0, math.nan], [1.0, 2.0])


@pytest.mark.parametrize("value", [math.inf, -math.inf])
@pytest.mark.parametrize("claim", [BASE, ALIKE, replace(ALIKE, every=True)], ids=["interval", "equivalence", "every"])
def test_an_infinite_difference_is_no_statistic(claim, value):
    found = evaluate(claim, table_of([[0.0, 0.01, value], [0.0, 0.01, 0.02]]))
    assert (found.verdict, found.p_adjusted) == ("undecided", 1.0)
    assert math.isnan(found.mean)
