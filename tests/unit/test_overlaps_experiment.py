"""The overlaps experiment on a small config: its rows, its claims and its figures."""

import pandas as pd
import pytest

from convac.claims.verdicts import evaluate_all
from convac.experiments.overlaps.block import FIGURES, Block, cells
from convac.experiments.overlaps.claims import CLAIMS
from convac.experiments.overlaps.compute import (
    compute,
    random_networks,
    smallest_filter,
    smallest_machine,
    smallest_overlapping,
)
from convac.experiments.overlaps.figures import draw
from convac.experiments.overlaps.jobs import Family, RandomNetworks
from convac.plotting.checks import problems

SMALL = Block(
    families=(
        Family(sites=(8,), kernels=(2, 3), layers=(1, 2), widths=(2,), draws=3),
        Family(sites=(3, 3), periodic=False, shared=False, kernels=(2,), layers=(1, 2), widths=(2,)),
        Family(sites=(6,), local_dimension=5, kernels=(2,), layers=(2,), widths=(3,), first_width=2),
    ),
    random=RandomNetworks(networks=6, subsets=2, entries=512),
    tree_sites=8,
    tree_widths=(2,),
    volume_sites=(4, 6, 8),
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
    machines = [name for name in verdicts.index if name.startswith("overlaps-volume")]
    assert verdicts[ends] == "contradicted"
    assert set(verdicts.drop([ends, *machines])) == {"reproduced"}


def test_figures_pass_the_checks(table):
    drawn = draw(table, pd.DataFrame())
    assert set(drawn) == set(FIGURES)
    assert {part: problems(made) for part, made in drawn.items()} == {part: [] for part in FIGURES}


def test_parts_without_rows_say_so():
    assert set(draw(pd.DataFrame(), pd.DataFrame())) == set(FIGURES)


def test_random_networks_are_the_same_every_time():
    parameters = {"networks": 3, "subsets": 2, "entries": 256}
    assert list(random_networks(parameters)) == list(random_networks(parameters))


@pytest.mark.parametrize("size", [4, 6, 8])
def test_machines_need_a_hidden_unit_per_site_of_the_half_on_either_side(size):
    assert smallest_machine(size) == size // 2 * (size + 1)
    assert smallest_filter(size) == -(-size // 4) + 2
    assert smallest_overlapping(size, shared=True) < smallest_overlapping(size, shared=False)
