"""`convac compare --exact`: two folders of results that must be the same up to names."""

import json
import math
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from comparison_tables import CLAIMS, theory, training
from hypothesis import given
from hypothesis import strategies as st

from convac.claims.exact import differences
from convac.claims.renaming import Renaming, renamed
from convac.claims.texts import as_texts
from convac.cli import main
from convac.commands.compare import read_renaming
from convac.errors import ConfigError
from convac.files import read_table, write_table, write_text
from convac.specs.tables import parted

DOCS = Path(__file__).parents[2] / "docs"
RUN, REFERENCE = Path("results/laptop"), Path("results/reference")
CELL = "drawn-0a1b2c3d"


def drawn():
    """A table without training, in a cell with a digest."""
    return theory().assign(cell=CELL)


def ledger(**names):
    return pd.concat([CLAIMS.assign(experiment=names.get(name, name)) for name in ("drawn", "trained")])


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder with a reference and a run of two experiments, the same."""
    monkeypatch.chdir(tmp_path)
    for folder in (RUN, REFERENCE):
        for name, table in (("drawn", drawn()), ("trained", training())):
            write_table(folder / f"tables/{name}.parquet", table)
            write_table(folder / f"examples/{name}.parquet", parted(table)[1])
            write_table(folder / f"claims/{name}.csv", CLAIMS)
        write_table(folder / "claims.csv", ledger())
    return tmp_path


def rewritten(path, change):
    """Write a result of the run anew, changed."""
    write_table(RUN / path, change(read_table(RUN / path)))


def exact(*arguments):
    """Exit status of the comparison."""
    try:
        main(["compare", "--exact", *map(str, arguments)])
    except SystemExit as stopped:
        return stopped.code
    return 0


def test_the_same_results_are_identical_in_whatever_order(place, capsys):
    rewritten("tables/drawn.parquet", lambda table: table.sample(frac=1, random_state=0).iloc[:, ::-1])
    rewritten("claims/drawn.csv", lambda claims: claims.iloc[::-1])
    assert exact() == 0
    printed = capsys.readouterr().out
    assert "tables/drawn.parquet: identical, 6 rows\n" in printed
    assert printed.endswith("results/laptop: 7 of 7 files are identical to those of results/reference\n")


def changed_value(table):
    """One value moved by its last bit."""
    values = table["value"].to_numpy(copy=True)
    values[-1] = np.nextafter(values[-1], math.inf)
    return table.assign(value=values)


@pytest.mark.parametrize(
    ("file", "change", "told"),
    [
        ("tables/drawn.parquet", changed_value, "0 missing, 0 added, 1 of 6 rows changed"),
        ("tables/drawn.parquet", lambda table: table.iloc[1:], "1 missing, 0 added, 0 of 6 rows changed"),
        ("tables/drawn.parquet", lambda table: pd.concat([table, table.iloc[:1]]), "0 missing, 1 added, 0 of 6 rows"),
        ("tables/drawn.parquet", lambda table: table.drop(columns="network"), "missing: column network"),
        ("tables/drawn.parquet", lambda table: table.assign(other=1), "added: column other"),
        ("tables/drawn.parquet", lambda table: table.assign(width=table["width"] * 1.0), "missing: cell"),
        (
            "tables/trained.parquet",
            lambda table: table.replace({"seed": {4: 5}}),
            'added: cell "run-0", width 0, seed 5',
        ),
        (
            "claims/drawn.csv",
            lambda claims: claims.replace("undecided", "contradicted"),
            'in the run "contradicted"',
        ),
        ("claims.csv", lambda claims: claims.iloc[1:], 'missing: id "one", experiment "drawn"'),
    ],
)
def test_what_differs_is_told_and_fails(place, capsys, file, change, told):
    rewritten(file, change)
    assert exact() == 1
    printed = capsys.readouterr()
    assert told in printed.out
    assert printed.err.strip() == (
        f"convac: results/laptop: 1 of 7 files differ from results/reference, the first {file}"
    )


def test_zero_and_minus_zero_and_nothing_differ(place):
    for one, other in ((0.0, -0.0), (0.0, math.nan)):
        for folder, value in ((RUN, one), (REFERENCE, other)):
            write_table(folder / "tables/drawn.parquet", drawn().assign(value=value))
        assert exact() == 1
    write_table(RUN / "tables/drawn.parquet", drawn().assign(value=math.nan))
    assert exact() == 0


def test_an_experiment_or_file_of_one_side_alone_differs(place, capsys):
    (RUN / "tables/trained.parquet").unlink()
    assert exact() == 1
    assert "tables/trained.parquet: 76 missing" in capsys.readouterr().out
    assert exact("--experiment", "drawn") == 0
    (REFERENCE / "claims/drawn.csv").unlink()
    assert exact("--experiment", "drawn") == 1
    assert "claims/drawn.csv: 0 missing, 2 added" in capsys.readouterr().out


def test_any_two_folders_are_compared(place):
    RUN.rename("new")
    REFERENCE.rename("old")
    assert exact("--results", "new", "--reference", "old") == 0


def test_names_may_change_by_the_map_alone(place, capsys):
    renaming = {
        "experiments": {"drawn": "exact_ranks"},
        "columns": {"width": "channels", "source": "origin"},
        "quantities": {"entropy": "entanglement_entropy"},
        "digests": {"0a1b2c3d": "ranks-ffffffff"},
        "within": {"drawn": {"values": {"network": {"deep": "tree"}, "id": {"one": "first", "two": "one"}}}},
    }
    write_text("map.json", json.dumps(renaming))
    write_text("map.yaml", "# what was renamed\n" + json.dumps(renaming))
    for kind in ("tables/{}.parquet", "examples/{}.parquet", "claims/{}.csv"):
        (RUN / kind.format("drawn")).rename(RUN / kind.format("exact_ranks"))
    names = {
        "quantity": {"entropy": "entanglement_entropy"},
        "network": {"deep": "tree"},
        "cell": {CELL: "ranks-ffffffff"},
    }
    rewritten("tables/exact_ranks.parquet", lambda table: table.replace(names).rename(columns={"width": "channels"}))
    rewritten("tables/trained.parquet", lambda table: table.rename(columns={"width": "channels"}))
    rewritten("claims/exact_ranks.csv", lambda claims: claims.replace({"id": {"one": "first", "two": "one"}}))
    rewritten("claims.csv", lambda _: ledger(drawn="exact_ranks").assign(id=["first", "one", "one", "two"]))
    assert exact("--renamed", "map.json") == exact("--renamed", "map.yaml") == 0
    assert exact("--renamed", "map.yaml", "--experiment", "exact_ranks") == 0
    capsys.readouterr()
    assert exact() == 1
    rewritten("tables/exact_ranks.parquet", changed_value)
    assert exact("--renamed", "map.yaml") == 1
    assert "1 of 6 rows changed" in capsys.readouterr().out


def test_values_of_every_type_are_renamed():
    table = as_texts(pd.DataFrame({"shared": [True, False], "width": [2, 16], "rate": [0.5, 1.0]}))
    values = {"shared": {"true": "shared", "false": "per_position"}, "width": {"16": 32}, "rate": {"0.5": 0.25}}
    found = renamed(table, Renaming(values=values), "any")
    assert found.to_dict("list") == {
        "shared": ['"shared"', '"per_position"'],
        "width": ["2", "32"],
        "rate": ["0.25", "1.0"],
    }


def test_names_may_change_places_but_never_become_one():
    table = as_texts(pd.DataFrame({"one": ["a", "b"], "two": ["a", "b"]}))
    swapped = renamed(
        table, Renaming(columns={"one": "two", "two": "one"}, values={"one": {"a": "b", "b": "a"}}), "any"
    )
    assert swapped.to_dict("list") == {"two": ['"b"', '"a"'], "one": ['"a"', '"b"']}
    for lossy in (Renaming(columns={"one": "two"}), Renaming(values={"one": {"a": "b"}})):
        with pytest.raises(ConfigError, match="would both be"):
            renamed(table, lossy, "any")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("columns: [a]", "map.yaml.columns: "),
        (
            "- a",
            "map.yaml: is not a block; accepted: the keys columns, quantities, values, experiments, digests, within",
        ),
        ("column: {a: b}", "map.yaml.column: unknown key; did you mean columns?"),
        ("digests: {0a1b: 0a1b2c3d}", "map.yaml.digests.0a1b: "),
        ("digests: {0a1b2c3d: new}", "map.yaml.digests.0a1b2c3d: "),
        ("columns: {a: 1}", "map.yaml.columns.a: 1 is not accepted"),
        ("columns: {a: b, a: c}", "map.yaml: columns.a: appears twice, in line 1"),
        ("columns: {a: b", "map.yaml, line 1: "),
        ("quantities: {rank: entropy}", "map.yaml.values.quantity: "),
        ("columns: {width: cell}", "map.yaml.columns: cell and width would both be cell"),
        ("experiments: {drawn: trained}", "map.yaml.experiments: two of results/reference become one"),
        (None, "map.yaml: no such file or directory"),
    ],
)
def test_a_map_that_can_not_be_used_is_refused_in_one_line(place, capsys, text, told):
    if text is not None:
        write_text("map.yaml", text)
    assert exact("--renamed", "map.yaml") == 1
    printed = capsys.readouterr()
    assert told in printed.err
    assert "accepted" in printed.err or "did you mean" in printed.err
    assert len(printed.err.strip().splitlines()) == 1
    assert printed.out == ""


def test_the_map_of_the_document_is_one(tmp_path):
    (text,) = re.findall(r"```yaml\n(.*?)```", (DOCS / "compare.md").read_text(encoding="utf-8"), re.DOTALL)
    write_text(tmp_path / "map.yaml", text)
    found = read_renaming(str(tmp_path / "map.yaml"))
    assert found.names("missing_data").columns == {"width": "channels", "rate": "missing_fraction"}
    assert found.cell("min-cut-0a1b2c3d") == "min-cut-4e5f6a7b"
    assert set(found.model_fields_set) == set(Renaming.model_fields)


@pytest.mark.parametrize("text", ["", "# nothing was renamed\n", "{}", "columns: {}"])
def test_an_empty_map_renames_nothing(place, text):
    write_text("map.yaml", text)
    assert exact("--renamed", "map.yaml") == 0


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--exact", "results/laptop/comparison.csv"], "comparison: isn't read with --exact"),
        (["--renamed", "map.yaml"], "--renamed: has no effect alone; accepted: with --exact"),
        (["--experiment", "drawn"], "--experiment: has no effect alone; accepted: with --exact"),
        (["--exact", "--experiment", "absent"], "--experiment: absent is in neither folder; accepted: drawn, trained"),
        (["--exact", "--results", "absent"], "absent: has no tables; accepted: a folder such as results/laptop"),
        (["--exact", "--reference", "absent"], "absent: has no tables; accepted: a folder such as results/laptop"),
    ],
)
def test_options_that_do_not_go_together_are_refused_in_one_line(place, capsys, arguments, told):
    with pytest.raises(SystemExit) as stopped:
        main(["compare", *arguments])
    printed = capsys.readouterr().err
    assert stopped.value.code == 1
    assert told in printed
    assert len(printed.strip().splitlines()) == 1


ROWS = st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from([0, 1]), st.floats(allow_nan=False)), max_size=8)


@given(ROWS, st.randoms(use_true_random=False), st.integers(0, 7))
def test_tables_are_identical_exactly_where_their_sorted_rows_are(rows, random, index):
    def table(rows):
        return as_texts(pd.DataFrame(rows, columns=["label", "seed", "value"]))

    mixed = random.sample(rows, len(rows))
    assert not differences(table(rows), table(mixed), ["value"])
    assert not differences(table(rows), table(mixed))
    fewer = mixed[:index] + mixed[index + 1 :]
    assert bool(differences(table(rows), table(fewer), ["value"])) == (len(fewer) < len(rows))
    if rows:
        label, seed, value = mixed[0]
        other = [(label, seed, math.nextafter(value, math.inf if value < 0 else -math.inf)), *mixed[1:]]
        found = differences(table(rows), table(other), ["value"])
        assert found.changed >= 1
        assert (found.missing, found.added) == (0, 0)
