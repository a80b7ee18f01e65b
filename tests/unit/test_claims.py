"""Every claim of the registry is tried on null, mirrored and planted tables made from the claim itself."""

import math
import re
import subprocess
import sys
from dataclasses import replace
from datetime import date
from itertools import islice
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from pooling_table import pooling_table

from convac.claims.claims import (
    COLUMNS,
    LARGEST,
    Claim,
    Reference,
    columns_of,
    evaluate,
    evaluate_all,
    pairs,
)
from convac.claims.ledger import ledger, to_html, to_markdown
from convac.claims.planted import mirrored, permuted, planted
from convac.errors import ArgumentError
from convac.experiments.discovery import claims_of, studies
from convac.files import read_table, write_table

WINS = Claim(
    id="example-wins",
    statement="A beats B by more than 0.05",
    source="none",
    origin="ours",
    role="secondary",
    where={"quantity": "test_accuracy", "task": "one"},
    first={"geometry": "A"},
    second={"geometry": "B"},
    by=("width",),
    threshold=0.05,
    expected=(0.9, 0.7),
)
BOUNDED = Claim(
    id="example-bounded",
    statement="B is no better than counting",
    source="none",
    origin="ours",
    role="secondary",
    where={"quantity": "test_accuracy", "task": "one", "width": LARGEST},
    first={"network": "deep"},
    second={"network": ("shallow", "flat")},
    threshold=0.0,
    expected=(0.95, 0.62),
    reference=Reference("count_accuracy", "test_images", {"task": "one"}, (0.63, 4000)),
)
EXACT = Claim(
    id="example-exact",
    statement="the entropy never exceeds the cut",
    source="none",
    origin="ours",
    role="secondary",
    where={},
    first={"quantity": "cut"},
    second={"quantity": "entropy"},
    by=("cell", "partition"),
    kind="exact",
    threshold=0.0,
    expected=(5.0, 2.0),
)
EXAMPLES = (WINS, BOUNDED, EXACT)


def registered():
    return [claim for study in studies() for claim in claims_of(study)]


REGISTRY = registered()
every_claim = pytest.mark.parametrize("claim", [*EXAMPLES, *REGISTRY], ids=lambda claim: claim.id)


@every_claim
def test_planted_table_reproduces_the_claim(claim):
    verdict = evaluate(claim, planted(claim, np.random.default_rng(0)))
    assert verdict.verdict == "reproduced"
    assert verdict.low >= claim.threshold
    assert verdict.counterexamples == ""
    if claim.kind == "interval":
        assert verdict.n == 5


@every_claim
def test_mirrored_table_contradicts_the_claim(claim):
    table = planted(claim, np.random.default_rng(0))
    assert evaluate(claim, mirrored(claim, table)).verdict == "contradicted"
    assert evaluate(claim, mirrored(claim, mirrored(claim, table))).verdict == "reproduced"


@every_claim
def test_null_tables_seldom_reproduce_the_claim(claim):
    # of exact claims a single exchanged pair makes a counterexample: few draws show it
    draws = 40 if claim.kind == "exact" else 200
    generator = np.random.default_rng(0)
    tables = islice(permuted(claim, planted(claim, generator), generator), draws)
    verdicts = [evaluate(claim, table).verdict for table in tables]
    assert verdicts.count("reproduced") <= 0.05 * draws


@every_claim
def test_empty_or_foreign_tables_leave_the_claim_not_run(claim):
    empty = evaluate(claim, pd.DataFrame())
    assert (empty.verdict, empty.n) == ("not run", 0)
    assert math.isnan(empty.p)
    table = planted(claim, np.random.default_rng(0))
    assert evaluate(claim, table.assign(quantity="another")).verdict == "not run"


@every_claim
def test_one_seed_is_never_enough(claim):
    if claim.kind == "interval":
        verdict = evaluate(claim, planted(claim, np.random.default_rng(0), seeds=1))
        assert (verdict.verdict, verdict.p) == ("inconclusive", 1.0)


@pytest.mark.parametrize("claim", REGISTRY, ids=lambda claim: claim.id)
def test_registered_claims_are_well_stated(claim):
    assert claim.id == claim.id.lower()
    assert "\n" not in claim.statement
    assert claim.statement
    assert claim.source
    assert "quantity" in {**claim.where, **claim.first}


@pytest.mark.parametrize("claim", REGISTRY, ids=lambda claim: claim.id)
def test_registered_claims_say_whose_they_are(claim):
    assert claim.origin in {"paper", "ours", "check"}
    assert claim.role in {"primary", "secondary"}
    if claim.origin == "paper":
        assert re.match(r"\d{4}\.\d{5}", claim.source), "a paper's claim starts with its number"
    if claim.origin == "check":
        assert claim.role == "secondary", "what can't fail is not what an experiment is about"
    if claim.amended is not None:
        assert date.fromisoformat(claim.amended.date)
        assert claim.amended.what
        assert claim.amended.why


@pytest.mark.parametrize("study", studies())
def test_every_experiment_is_about_one_to_three_claims(study):
    primaries = [claim for claim in claims_of(study) if claim.role == "primary"]
    assert 1 <= len({claim.id.removesuffix("-at-least").removesuffix("-at-most") for claim in primaries}) <= 3
    assert all(claim.threshold > 0 for claim in primaries if claim.kind == "interval"), "a primary has an effect size"


def test_registry_repeats_no_id():
    assert len({claim.id for claim in REGISTRY}) == len(REGISTRY)


def test_effect_below_the_threshold_is_not_reproduced():
    small = replace(WINS, expected=(0.73, 0.70))
    assert evaluate(small, planted(small, np.random.default_rng(0))).verdict == "contradicted"


def test_only_the_last_step_counts_and_unpaired_rows_do_not():
    table = planted(WINS, np.random.default_rng(0))
    last = table[table["step"] == 2]
    difference = last[last["geometry"] == "A"]["value"].mean() - last[last["geometry"] == "B"]["value"].mean()
    assert evaluate(WINS, table).mean == pytest.approx(difference)
    lonely = pd.concat([table, table[table["geometry"] == "A"].assign(seed=99, value=0.0)])
    assert evaluate(WINS, lonely) == evaluate(WINS, table)


def test_pairs_of_one_seed_are_averaged_not_counted():
    table = planted(WINS, np.random.default_rng(0), seeds=4)
    assert len(pairs(WINS, columns_of([WINS], table))) == 8
    assert evaluate(WINS, table).n == 4


def test_order_of_rows_does_not_matter():
    table = planted(WINS, np.random.default_rng(0))
    shuffled = table.sample(frac=1, random_state=3)
    assert evaluate(WINS, shuffled).low == pytest.approx(evaluate(WINS, table).low, rel=1e-12)


def test_exact_claims_list_every_counterexample():
    table = planted(EXACT, np.random.default_rng(0))
    cell, seed = table["cell"] == "a", table["seed"]
    table.loc[(table["quantity"] == "entropy") & cell & seed.isin([1, 3]) & (table["step"] == 2), "value"] = 7.0
    verdict = evaluate(EXACT, table)
    assert verdict.verdict == "contradicted"
    assert verdict.counterexamples.count(";") + 1 == 4  # two seeds, two partitions
    assert "and 7" in verdict.counterexamples


def test_exact_claims_take_the_worst_row_of_a_pair():
    table = planted(EXACT, np.random.default_rng(0))
    worst = table[(table["quantity"] == "entropy") & (table["step"] == 2)].head(1).assign(value=9.0)
    assert evaluate(EXACT, pd.concat([table, worst])).verdict == "contradicted"


def test_reference_bound_includes_its_interval():
    table = planted(BOUNDED, np.random.default_rng(0))
    fewer = table.copy()
    fewer.loc[fewer["quantity"] == "test_images", "value"] = 100.0
    assert evaluate(BOUNDED, fewer).mean > evaluate(BOUNDED, table).mean + 0.05
    assert evaluate(BOUNDED, table[table["quantity"] != "count_accuracy"]).verdict == "not run"


def test_repeated_ids_are_refused():
    with pytest.raises(ArgumentError, match="example-wins"):
        evaluate_all([WINS, WINS], pd.DataFrame())


def test_ledger_corrects_for_the_number_of_claims(tmp_path):
    generator = np.random.default_rng(0)
    strong = evaluate_all([WINS, EXACT], pd.concat([planted(WINS, generator), planted(EXACT, generator)]))
    weak = strong[strong["id"] == WINS.id].assign(p=0.03)
    write_table(tmp_path / "strong.csv", strong)
    frames = {"strong": read_table(tmp_path / "strong.csv", COLUMNS), "weak": weak, "missing": weak.assign(p=0.02)}
    gathered = ledger(frames).set_index(["experiment", "id"])
    assert gathered.loc[("strong", WINS.id), "verdict"] == "reproduced"
    assert gathered.loc[("strong", EXACT.id), "verdict"] == "reproduced"
    assert math.isnan(gathered.loc[("strong", EXACT.id), "p_holm"])
    assert gathered.loc[("missing", WINS.id), "p_holm"] == pytest.approx(0.04)
    assert gathered.loc[("weak", WINS.id), "p_holm"] == pytest.approx(0.04)
    crowd = {f"weak{index}": weak for index in range(3)}
    assert set(ledger(crowd)["verdict"]) == {"inconclusive"}


def test_ledger_keeps_what_was_not_run_and_prints():
    frames = {"one": evaluate_all(EXAMPLES, pd.DataFrame())}
    gathered = ledger(frames)
    assert list(gathered["verdict"]) == ["not run"] * 3
    page = to_markdown(gathered)
    assert "3 not run" in page
    assert "| one | A beats B by more than 0.05 | none | – | 0.05 | 0 | – | not run |" in page
    assert to_markdown(ledger({})).startswith("# Claims")


def test_markdown_shows_counterexamples_and_escapes_bars():
    table = mirrored(EXACT, planted(EXACT, np.random.default_rng(0)))
    claim = replace(EXACT, statement="odd|even")
    page = to_markdown(ledger({"one": evaluate_all([claim], table)}))
    assert "odd\\|even" in page
    assert "## Counterexamples" in page


def test_html_has_every_claim_once_and_lets_nothing_through():
    table = mirrored(EXACT, planted(EXACT, np.random.default_rng(0)))
    verdicts = evaluate_all([replace(EXACT, statement="a < b & <script>")], table)
    gathered = ledger({"one": verdicts, "two": evaluate_all([WINS], pd.DataFrame())})
    page = to_html(gathered, "Claims of <one>")
    root = ElementTree.fromstring(page.replace("<!doctype html>", "").replace('<meta charset="utf-8">', ""))
    assert root.findtext("body/h1") == "Claims of <one>"
    assert root.findtext("body/p") == "0 reproduced, 1 contradicted, 0 inconclusive, 1 not run."
    rows = [["".join(cell.itertext()) for cell in row] for row in root.iterfind("body/table/tbody/tr")]
    assert [row[1] for row in rows] == ["a < b & <script>", WINS.statement]
    assert [row[-1] for row in rows] == ["✗ contradicted", "– not run"]
    assert verdicts["counterexamples"][0] in root.findtext("body/ul/li")
    assert "Counterexamples" not in to_html(ledger({}), "Claims")


def test_registered_pooling_claims_hold_on_a_table_shaped_like_a_run():
    claims = [claim for claim in REGISTRY if claim.id.startswith("pooling-geometry")]
    verdicts = evaluate_all(claims, pooling_table())
    assert set(verdicts["verdict"]) <= {"reproduced"}


def test_module_imports_no_heavy_library():
    heavy = ("torch", "matplotlib", "scipy", "pandas")
    code = f"import sys, convac.claims.claims; print([name for name in {heavy} if name in sys.modules])"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert loaded.strip() == "[]"
