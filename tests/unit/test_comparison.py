"""A run against the reference: equal tables agree, planted differences are found, chance alone seldom contradicts."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from comparison_tables import CLAIMS, SEEDS, theory, training
from hypothesis import given, settings
from hypothesis import strategies as st

from convac.claims.comparison import COLUMNS, Results, compare
from convac.claims.verdicts import VERDICTS
from convac.commands.comparison import results
from convac.files import read_table
from convac.specs.tables import CHOSEN, COMPUTED, QUANTITIES, TRAINED
from convac.statistics import Moments, holm, welch
from convac.training import history

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "results" / "reference"


@pytest.fixture(scope="module")
def reference():
    return results(
        *(sorted(REFERENCE.glob(kind)) for kind in ("tables/*.parquet", "examples/*.parquet", "claims/*.csv"))
    )


def of(table, verdicts=CLAIMS):
    return {"example": Results(table, verdicts)}


def lines(first, second):
    """The comparison of two tables, by quantity."""
    return compare(of(first), of(second)).set_index("quantity")


def changed(table, row, value):
    """The table with another value in the first row of these labels."""
    chosen = table.index[np.logical_and.reduce([table[name] == label for name, label in row.items()])][0]
    return table.assign(value=table["value"].where(table.index != chosen, value))


# --- equal tables -----------------------------------------------------------------------------------------------------


def test_the_reference_agrees_with_itself(reference):
    found = compare(reference, reference)
    assert set(found["experiment"]) == set(reference)
    assert set(found["verdict"]) == {"agrees"}
    assert (found["identical"] == found["compared"]).all()
    assert not found[["differ", "contradict", "missing", "extra"]].to_numpy().any()
    assert set(found["worst"]) == {""}
    rows = found[found["kind"] == "computed"].groupby("experiment")["compared"].sum()
    for name in ("depth_efficiency", "min_cut", "overlaps", "recurrent_memory"):
        assert rows[name] == len(reference[name].table)  # all of it, row by row


@settings(deadline=None, max_examples=10)
@given(order=st.randoms(use_true_random=False), trained=st.booleans())
def test_rows_are_matched_by_labels_whatever_order_folder_or_type(order, trained):
    table = training() if trained else theory()
    shuffled = table.sample(frac=1.0, random_state=order.randrange(2**32))
    columns = order.sample(list(table.columns), len(table.columns))
    other = shuffled[columns].assign(cell="x-" + shuffled["cell"], width=shuffled["width"].astype("Float64"))
    found = lines(table, other.assign(column_without_values=pd.NA))
    assert set(found["verdict"]) == {"agrees"}
    assert (found["identical"] == found["compared"]).all()


def test_rows_that_no_label_tells_apart_are_compared_as_sets():
    def table(*values):
        return pd.DataFrame({"cell": [f"d{n}" for n in range(len(values))], "quantity": "test_images", "value": values})

    assert lines(table(3.0, 5.0), table(5.0, 3.0)).loc["test_images", "verdict"] == "agrees"
    found = lines(table(3.0, 5.0), table(5.0, 4.0)).loc["test_images"]
    assert (found["verdict"], found["contradict"]) == ("contradicts", 1)
    assert "3, in the run 4" in found["worst"]


# --- computed quantities ----------------------------------------------------------------------------------------------


@settings(deadline=None, max_examples=10)
@given(number=st.integers(0, 5), factor=st.floats(1e-6, 10.0))
def test_one_computed_value_that_differs_contradicts(number, factor):
    table = theory()
    row = table.iloc[number]
    found = lines(table, changed(table, {"width": row["width"], "quantity": row["quantity"]}, row["value"] + factor))
    line = found.loc[row["quantity"]]
    assert (line["verdict"], line["contradict"], line["compared"]) == ("contradicts", 1, 3)
    assert f"network deep, width {row['width']}, seed 0: " in line["worst"]
    others = found.drop(index=row["quantity"])
    assert set(others["verdict"]) == {"agrees"}


def test_rounding_of_computed_values_agrees_and_whole_numbers_must_be_equal():
    table = theory().assign(value=lambda rows: rows["value"].where(rows["quantity"] == "entropy", 2.0**50))
    found = lines(table, table.assign(value=table["value"] * (1 + 1e-12)))
    assert found.loc["entropy", "verdict"] == "agrees"
    assert (found.loc["entropy", "identical"], found.loc["entropy", "agree"]) == (0, 3)
    assert found.loc["entropy", "worst"] != ""
    assert found.loc["rank", "verdict"] == "contradicts"  # 2⁵⁰ and 2⁵⁰ + 1126


def test_an_entropy_of_zero_agrees_with_rounding_noise():
    table = theory().assign(value=0.0)
    assert set(lines(table, table.assign(value=1e-30))["verdict"]) == {"agrees"}


def test_data_and_cuts_of_trained_networks_are_computed():
    table = training()
    found = lines(table, changed(table, {"quantity": "test_images"}, 199.0))
    assert (found.loc["test_images", "kind"], found.loc["test_images", "verdict"]) == ("computed", "contradicts")
    assert found.loc["test_images", "worst"] == "the only row: 200, in the run 199"


# --- trained quantities -----------------------------------------------------------------------------------------------


def test_other_draws_of_the_same_distribution_differ_within_their_interval():
    found = lines(training(draw=0), training(draw=1))
    for quantity in ("loss", "test_accuracy"):
        line = found.loc[quantity]
        assert (line["kind"], line["verdict"]) == ("trained", "differs within its interval")
        assert (line["compared"], line["differ"], line["identical"], line["contradict"]) == (6, 6, 0, 0)
        low, high = map(float, re.search(r"\[(.*), (.*)\]$", line["worst"]).groups())
        assert low < 0 < high


def test_a_shifted_cell_contradicts_and_is_named():
    found = lines(training(draw=0), training(draw=1, shift=0.2))
    line = found.loc["test_accuracy"]
    assert (line["verdict"], line["contradict"], line["differ"]) == ("contradicts", 1, 5)
    assert line["p_holm"] < 0.05
    assert line["worst"].startswith("step 10, width 1: 0.9")
    assert found.loc["loss", "verdict"] == "differs within its interval"


def test_single_precision_rounding_of_trained_values_agrees():
    table = training()
    rounded = table.assign(value=table["value"].astype(np.float32).astype(float))
    found = lines(table, rounded)
    assert set(found["verdict"]) == {"agrees"}
    assert found.loc["loss", "identical"] == 0


def test_the_same_quantity_is_computed_where_nothing_trains():
    rows = {"seed": range(SEEDS), "step": 0, "value": np.linspace(0.5, 0.6, SEEDS)}
    tables = [
        pd.concat([pd.DataFrame({"cell": "a", "quantity": name, **rows}) for name in names], ignore_index=True)
        for names in (("entropy",), ("entropy", "loss"))
    ]
    kinds = [lines(table, table).loc["entropy", "kind"] for table in tables]
    assert kinds == ["computed", "trained"]


def test_one_seed_tells_nothing_and_values_without_spread_do():
    assert set(lines(training(0, seeds=1), training(1, seeds=1))["contradict"]) == {0}
    constant = training().assign(value=1.0)
    found = lines(constant, constant.assign(value=lambda rows: rows["value"].mask(rows["width"] == 1, 0.5)))
    assert found.loc["test_accuracy", "contradict"] == 2


def test_accuracies_in_steps_that_chance_makes_equal_for_all_seeds_do_not_contradict():
    generator = np.random.default_rng(0)
    first, second = (
        training(cells=500).assign(value=lambda rows: 1 - generator.integers(0, 2, len(rows)) / 100) for _ in range(2)
    )
    spread = [
        table[table["quantity"] == "test_accuracy"].groupby(["width", "step"])["value"].agg(["min", "max"])
        for table in (first, second)
    ]
    separate = (spread[0]["max"] < spread[1]["min"]) | (spread[0]["min"] > spread[1]["max"])
    assert separate.any()  # without regard to the steps their p-value would be 0
    assert lines(first, second).loc["test_accuracy", "contradict"] == 0
    far = second.assign(value=second["value"].mask(second["width"] == 7, 0.5))
    assert lines(first, far).loc["test_accuracy", "contradict"] == 2


def test_a_rate_chosen_once_for_all_seeds_never_contradicts():
    table = training()
    other = table.assign(value=table["value"].mask(table["quantity"].isin(CHOSEN), 0.003))
    line = lines(table, other).loc["learning_rate"]
    assert (line["verdict"], line["differ"]) == ("differs within its interval", 3)


def test_rows_at_a_moment_that_training_decides_are_matched_without_it():
    rows = [
        {"seed": seed, "phase": phase, "moment": moment, "quantity": "renyi2", "value": 1 + seed / 10 + len(phase)}
        for seed in range(SEEDS)
        for phase, moment in (("trained", 100), ("matched", 50))
    ]
    table = pd.DataFrame([*rows, {"seed": 0, "quantity": "loss", "value": 1.0}]).assign(cell="a")
    matched = table["phase"] == "matched"
    later = table.assign(moment=table["moment"].mask(matched, 75))
    assert lines(table, later).loc["renyi2", "verdict"] == "agrees"
    without = lines(table, table[~(matched & (table["seed"] == 0))]).loc["renyi2"]
    assert (without["verdict"], without["missing"]) == ("agrees", 0)
    other = table.assign(moment=table["moment"].mask(~matched, 75))
    assert lines(table, other).loc["renyi2", "missing"] == SEEDS


# --- missing and extra ------------------------------------------------------------------------------------------------


def test_missing_rows_contradict_and_extra_ones_do_not():
    table = theory()
    fewer = table[table["width"] != 3]
    found = lines(table, fewer)
    for quantity in ("rank", "entropy"):
        assert (found.loc[quantity, "verdict"], found.loc[quantity, "missing"]) == ("contradicts", 1)
        assert found.loc[quantity, "worst"] == "missing: network deep, width 3, seed 0"
    found = lines(fewer, table)
    assert (found.loc["rank", "verdict"], found.loc["rank", "extra"]) == ("agrees", 1)
    assert lines(table[table["quantity"] == "rank"], table).loc["entropy", "verdict"] == "not in the reference"
    assert lines(table, table[table["quantity"] == "rank"]).loc["entropy", "verdict"] == "contradicts"


def test_a_seed_that_was_not_trained_is_missing():
    found = lines(training(), training(seeds=SEEDS - 1))
    assert (found.loc["loss", "verdict"], found.loc["loss", "missing"]) == ("contradicts", 6)


def test_whole_experiments_are_named_and_do_not_contradict():
    one, other = Results(theory(), CLAIMS), Results(training(), CLAIMS)
    found = compare({"old": one, "both": other}, {"both": other, "new": one})
    assert found["experiment"].drop_duplicates().tolist() == ["old", "both", "new"]
    alone = found[found["quantity"] == ""].set_index("experiment")["verdict"].to_dict()
    assert alone == {"old": "not run", "new": "not in the reference"}
    assert set(found.loc[found["experiment"] == "both", "verdict"]) == {"agrees"}
    nothing = compare({"old": one}, {})
    assert (nothing["verdict"].tolist(), list(nothing.columns)) == (["not run"], list(COLUMNS))


def test_tables_without_a_common_row_contradict():
    found = lines(theory(widths=(2,)), theory(widths=(3,)))
    assert set(found["verdict"]) == {"contradicts", "agrees"}  # the verdicts of the claims agree
    assert found.loc["rank", ["compared", "missing", "extra"]].tolist() == [0, 1, 1]


# --- verdicts of claims -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "verdict", "worst"),
    [
        (["reproduced", "undecided"], "agrees", ""),
        (["undecided", "undecided"], "differs within its interval", "one: reproduced, in the run undecided"),
        (["contradicted", "reproduced"], "contradicts", "one: reproduced, in the run contradicted"),
        (["reproduced"], "contradicts", "missing: two"),
    ],
)
def test_verdicts_are_compared_claim_by_claim(now, verdict, worst):
    verdicts = pd.DataFrame({"id": ["one", "two"][: len(now)], "verdict": now})
    line = compare(of(theory()), of(theory(), verdicts)).set_index("quantity").loc["verdicts"]
    assert (line["kind"], line["verdict"], line["worst"]) == ("claims", verdict, worst)


# --- the chance of a false contradiction ------------------------------------------------------------------------------


@pytest.mark.parametrize("distribution", ["normal", "exponential"])
def test_chance_contradicts_in_at_most_one_run_of_twenty(distribution):
    generator = np.random.default_rng(0)
    runs, comparisons = 200, 2000

    def sample():
        values = getattr(generator, distribution)(size=(SEEDS, comparisons))
        return Moments(values.mean(axis=0), values.var(axis=0, ddof=1), np.full(comparisons, SEEDS))

    smallest = [holm(welch(sample(), sample()).p).min() for _ in range(runs)]
    assert np.mean(np.array(smallest) <= 0.05) <= 0.05


def test_two_thousand_comparisons_of_tables_by_chance_alone():
    found = lines(training(0, cells=500), training(1, cells=500))
    assert found.loc[["loss", "test_accuracy"], "compared"].sum() == 2000
    assert found.loc[["loss", "test_accuracy"], "contradict"].sum() == 0
    shifted = lines(training(0, cells=500), training(1, shift=0.5, cells=500))
    assert shifted.loc["test_accuracy", "contradict"] == 1


# --- declarations -----------------------------------------------------------------------------------------------------


def test_every_quantity_is_declared_once(reference):
    assert not set(TRAINED) & set(COMPUTED)
    assert {**TRAINED, **COMPUTED} == QUANTITIES
    assert set(history.QUANTITIES) <= set(TRAINED)
    assert set(CHOSEN) <= set(TRAINED)
    for name, kept in reference.items():
        assert set(kept.table["quantity"]) <= set(QUANTITIES), name


def test_in_the_reference_training_decides_what_is_declared_as_trained_and_nothing_else(reference):
    """Over the seeds of a cell, computed and chosen quantities are constant; others vary somewhere."""
    varying, found = set(), set()
    for kept in reference.values():
        table = kept.table
        runs = table[table["cell"].isin(table.loc[table["quantity"] == "loss", "cell"])]
        labels = [name for name in runs if name not in {"seed", "value"}]
        values = runs.groupby(labels, dropna=False)["value"].agg(low="min", high="max", seeds="count").reset_index()
        values = values[values["seeds"] > 1]  # pictures are drawn of one seed
        varying |= set(values.loc[values["low"] < values["high"], "quantity"])
        found |= set(values["quantity"])
    # of the images, which are a seed's own
    drawn = {"dataset_entropy", "dataset_correlation", "advice_score"}
    assert drawn <= set(COMPUTED)
    assert varying - drawn == (found & set(TRAINED)) - set(CHOSEN)
    assert "min_cut_log" in found - varying


# --- the README -------------------------------------------------------------------------------------------------------


def test_the_readme_shows_every_experiment_of_the_reference(reference):
    section = (ROOT / "README.md").read_text().split("<!-- reference results")[1].split("<!-- end of reference")[0]
    shown = re.findall(r'<img src="([^"]+)"', section)
    assert [Path(path).stem for path in shown] == sorted(reference)
    assert all((ROOT / path).is_file() for path in shown)
    ledger = read_table(REFERENCE / "claims.csv", ("origin", "verdict"))
    words = "|".join(VERDICTS)
    groups, parts = (
        [sum(map(int, re.findall(rf"(\d+) (?:{words})", line))) for line in re.findall(pattern, section)]
        for pattern in (r"claims of [^|\n]*", r"<br>[^|\n]*")
    )
    assert sum(groups) == sum(parts) == (ledger["origin"] != "check").sum()
    assert section.index("Primary claims of papers") < section.index("Primary claims of ours")
