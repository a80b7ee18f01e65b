"""Tables of no row or of one: every claim has its verdict, and every figure is drawn or says that it has no rows."""

import warnings
from importlib import import_module
from pathlib import Path

import pandas as pd
import pytest
from matplotlib.figure import Figure

from convac.claims.verdicts import evaluate_all
from convac.commands.collect import collected
from convac.experiments.discovery import claims_of, studies, study_module
from convac.files import read_table
from convac.plotting.primitives import aligned
from convac.specs.tables import table_of

REFERENCE = Path(__file__).parents[2] / "results" / "reference" / "tables"
BARE = pd.DataFrame({"cell": [], "quantity": [], "value": []}).astype({"cell": str, "quantity": str, "value": float})


def smallest_tables(study):
    """Tables by what they hold: nothing, nothing and no labels, or one row, of each quantity in turn."""
    table = read_table(REFERENCE / f"{study}.parquet")
    yield "no rows", table.iloc[:0]
    yield "no rows, no labels", BARE
    for quantity, rows in table.groupby("quantity"):
        yield f"one row of {quantity}", rows.iloc[:1]


@pytest.mark.parametrize("study", studies())
def test_the_smallest_tables_have_verdicts_and_figures(study):
    module, draw = study_module(study), import_module(f"convac.experiments.{study}.figures").draw
    for name, table in smallest_tables(study):
        with warnings.catch_warnings():
            warnings.simplefilter("error", RuntimeWarning)
            warnings.simplefilter("ignore", UserWarning)  # a legend without entries
            try:
                verdicts = evaluate_all(claims_of(study), table)
                figures = draw(table, verdicts)
            except Exception as error:
                raise AssertionError(f"{study}, {name}: {error!r}") from error
        assert set(figures) == set(module.FIGURES)
        assert all(isinstance(made, Figure) for made in figures.values())
        if table.empty:
            assert set(verdicts["verdict"]) <= {"not run"}


def test_cells_in_which_nothing_was_found_make_a_table():
    entries = [{"cell": name, "labels": {"width": 2}} for name in "ab"]
    nothing, one = table_of([]), table_of([{"seed": 0, "quantity": "rank", "value": 2.0}])
    empty = collected((entry, nothing) for entry in entries)
    assert {"cell", "width", "quantity", "value"} <= set(empty.columns)
    assert empty.empty
    assert len(collected(zip(entries, (nothing, one), strict=True))) == 1


@pytest.mark.parametrize("table", [BARE, BARE.assign(case=[]), pd.DataFrame()])
def test_quantities_that_are_not_there_are_columns_all_the_same(table):
    assert list(aligned(table, ["case"], ["rank", "cut"]).columns) == ["case", "rank", "cut"]
    assert aligned(table, ["case"], ["rank", "cut"]).empty
