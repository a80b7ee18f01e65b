"""Power of primaries: the deviation that a ledger gives away, and how often an effect of the size stated is found."""

import math

import numpy as np
import pandas as pd
import pytest

from convac.claims.claims import Claim
from convac.claims.power import HEADER, POWER, deviation, power_rows, smallest_effect
from convac.claims.verdicts import PRIMARIES, REPRODUCED, evaluate_all

PRIMARY = Claim(
    id="example-wins",
    statement="A beats B by more than 0.05",
    source="none",
    origin="ours",
    role="primary",
    where={"quantity": "test_accuracy"},
    first={"network": "A"},
    second={"network": "B"},
    threshold=0.05,
    expected=(0.9, 0.7),
)


def evaluated(differences, claim=PRIMARY):
    n = len(differences)
    table = pd.DataFrame(
        {
            "quantity": "test_accuracy",
            "network": ["A"] * n + ["B"] * n,
            "seed": [*range(n), *range(n)],
            "value": [*(0.5 + np.asarray(differences)), *[0.5] * n],
        }
    )
    return evaluate_all([claim], table)


@pytest.mark.parametrize("n", [2, 5, 16])
@pytest.mark.parametrize("mean", [-0.3, 0.1, 2.0])
def test_a_verdict_gives_away_the_deviation_of_its_seeds(rng, n, mean):
    values = rng.normal(mean, 0.2, n)
    row = evaluated(values).iloc[0].to_dict()
    assert deviation(row) == pytest.approx(np.std(values, ddof=1), rel=1e-6)


def test_an_effect_of_the_size_stated_is_found_as_often_as_stated(rng):
    draws = [0.05 + smallest_effect(10) + rng.normal(size=10) for _ in range(400)]
    found = np.mean([evaluated(values)["verdict"].iloc[0] == REPRODUCED for values in draws])
    assert abs(found - POWER) < 0.07  # 3.5 deviations of 400 draws


def test_the_effect_falls_with_seeds_and_rises_with_power_and_with_a_stricter_error():
    effects = [smallest_effect(n) for n in (2, 3, 5, 10, 40, 1000)]
    assert effects == sorted(effects, reverse=True)
    assert smallest_effect(10, power=0.9) > smallest_effect(10) > smallest_effect(10, error=0.05)
    # many seeds: the normal law, z of the error and z of the power
    assert smallest_effect(1000, 0.05, 0.8) * math.sqrt(1000) == pytest.approx(1.96 + 0.8416, rel=5e-3)


def test_rows_are_of_primaries_alone_and_exact_ones_need_no_power(rng):
    values = rng.normal(0.5, 0.1, 10)
    gathered = pd.concat([evaluated(values).assign(experiment="one"), evaluated([0.2]).assign(experiment="two")])
    secondary = gathered.assign(role="secondary")
    exact = gathered.tail(1).assign(kind="exact", id="law")
    rows = list(power_rows(pd.concat([gathered, secondary, exact]), {"one": 1234.4, "two": None}))
    assert [len(row) for row in rows] == [len(HEADER)] * 3
    effect = 0.05 + smallest_effect(10, 0.05 / PRIMARIES) * np.std(values, ddof=1)
    assert rows[0][:5] == ("`one`", "1,234", "`example-wins`", "10", f"{effect:.3g}")
    assert rows[1][:5] == ("`two`", "", "`example-wins`", "", "")  # one seed has no deviation
    assert rows[2][:2] == ("", "")
    assert rows[2][-1] == "exact"
