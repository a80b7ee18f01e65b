"""Example images stand in a table of their own, and nothing is lost by it."""

from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convac.files import read_table
from convac.specs.tables import QUANTITIES, joined, parted, tidy

REFERENCE = Path(__file__).parents[2] / "results" / "reference"
FILES = [path for folder in (REFERENCE, REFERENCE / "images") for path in sorted(folder.glob("tables/*.parquet"))]
PIXELS = {name for name in QUANTITIES if "pixel" in name.split("_")}

rows = st.fixed_dictionaries(
    {
        "cell": st.sampled_from("ab"),
        "width": st.one_of(st.none(), st.integers(1, 3)),
        "seed": st.one_of(st.none(), st.integers(0, 2)),
        "example": st.one_of(st.none(), st.integers(0, 1)),
        "site": st.one_of(st.none(), st.integers(0, 3)),
        "quantity": st.sampled_from(["pixel", "test_accuracy"]),
        "value": st.floats(0, 1),
    }
)


@given(st.lists(rows, min_size=1, max_size=12))
def test_both_parts_together_are_the_whole(found):
    whole = tidy(pd.DataFrame(found))
    table, examples = parted(whole)
    assert len(table) + len(examples) == len(whole)
    assert "example" not in table or table["example"].isna().all()
    assert not len(examples) or examples["example"].notna().all()
    again = joined(table, examples)
    kept = [name for name in whole if name in again]
    assert whole.drop(columns=kept).isna().all(axis=None)
    pd.testing.assert_frame_equal(again[kept], whole[kept], check_dtype=False)


@pytest.mark.parametrize("path", FILES, ids=[f"{path.parts[-3]}-{path.stem}" for path in FILES])
def test_committed_tables_have_no_pixels_and_committed_examples_nothing_else(path):
    table, examples = read_table(path), read_table(path.parents[1] / "examples" / path.name)
    assert not PIXELS & set(table["quantity"])
    assert "example" not in table
    assert set(examples["quantity"]) <= PIXELS
