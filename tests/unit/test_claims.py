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
from hypothesis import given, settings
from hypothesis import strategies as st
from pooling_table import pooling_table

from convac.claims.claims import (
    LARGEST,
    Amendment,
    Claim,
    Reference,
    Trivial,
    columns_of,
    equivalence,
    fall,
    pairs,
    rank_correlation,
    sides,
)
from convac.claims.ledger import counts, ledger, to_html, to_markdown
from convac.claims.planted import mirrored, permuted, planted
from convac.claims.verdicts import COLUMNS, PRIMARIES, evaluate, evaluate_all
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
EQUAL = replace(EXACT, id="example-equal", kind="equality", trivial=Trivial(("cell",), lambda cell: 4.0))
ALIKE = equivalence(replace(WINS, id="example-alike", threshold=-0.15, expected=(0.4, 0.4)))
RANKED = rank_correlation(
    replace(
        WINS,
        id="example-ranked",
        where={},
        first={"quantity": "vectors"},
        second={"quantity": "entropy"},
        by=("network",),
        threshold=0.5,
        expected=(9.0, 1.0),
    )
)
FALLS = fall(replace(RANKED, id="example-falls", kind="interval"))
EXAMPLES = (WINS, BOUNDED, EXACT, EQUAL, ALIKE, RANKED, FALLS)


def registered():
    return [claim for study in studies() for claim in claims_of(study)]


REGISTRY = registered()
every_claim = pytest.mark.parametrize("claim", [*EXAMPLES, *REGISTRY], ids=lambda claim: claim.id)


@every_claim
def test_planted_table_reproduces_the_claim(claim):
    verdict = evaluate(claim, planted(claim, np.random.default_rng(0)))
    assert verdict.verdict == "reproduced"
    assert verdict.mean == 1 if claim.kind == "equality" else verdict.low >= claim.threshold
    assert verdict.counterexamples == ""
    if claim.kind == "interval":
        assert verdict.n == 5


@every_claim
def test_mirrored_table_contradicts_the_claim(claim):
    table = planted(claim, np.random.default_rng(0))
    if claim.kind == "equality":
        last = next(iter(sides(claim, columns_of([claim], table))[0].values()))[0]
        for other in (-1.0, 1.0):
            changed = table.assign(value=table["value"].where(table.index != last, table["value"] + other))
            assert evaluate(claim, changed).verdict == "contradicted"
        return
    assert evaluate(claim, mirrored(claim, table)).verdict == "contradicted"
    if claim.kind != "equivalence":
        assert evaluate(claim, mirrored(claim, mirrored(claim, table))).verdict == "reproduced"


@every_claim
def test_half_of_the_threshold_is_smaller_than_claimed(claim):
    """Where the effect is there and half as large as claimed, it is neither reproduced nor contradicted."""
    if claim.kind == "interval" and claim.threshold > 0 and claim.reference is None:
        low = claim.expected[1]
        half = low * math.exp(claim.threshold / 2) if claim.logarithmic else low + claim.threshold / 2
        weak = replace(claim, expected=(half, low))
        assert evaluate(claim, planted(weak, np.random.default_rng(0))).verdict == "smaller"


@every_claim
def test_null_tables_seldom_reproduce_the_claim(claim):
    if claim.kind in {"equality", "equivalence"}:
        return  # exchanging equal values changes nothing
    # of exact claims a single exchanged pair makes a counterexample, and a τ-b is resampled: few draws show it
    draws = 200 if claim.kind == "interval" else 40
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
    if claim.kind in {"interval", "equivalence", "fall"}:
        verdict = evaluate(claim, planted(claim, np.random.default_rng(0), seeds=1))
        assert (verdict.verdict, verdict.p) == ("undecided", 1.0)


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
    assert 1 <= len(primaries) <= 3
    assert all(claim.threshold > 0 for claim in primaries if claim.kind == "interval"), "a primary has an effect size"


def test_the_family_of_primaries_has_room_for_all():
    assert sum(claim.role == "primary" for claim in REGISTRY) <= PRIMARIES


def test_registry_repeats_no_id():
    assert len({claim.id for claim in REGISTRY}) == len(REGISTRY)


def test_effect_below_the_threshold_is_not_reproduced():
    small = replace(WINS, expected=(0.73, 0.70))
    assert evaluate(small, planted(small, np.random.default_rng(0))).verdict == "smaller"
    opposite = replace(WINS, expected=(0.68, 0.70))
    assert evaluate(opposite, planted(opposite, np.random.default_rng(0))).verdict == "contradicted"


def test_no_logarithm_is_taken_of_rounding():
    claim = replace(WINS, logarithmic=True, threshold=0.1, expected=(2.0, 1.0))
    table = planted(claim, np.random.default_rng(0))
    assert evaluate(claim, table).verdict == "reproduced"
    low = (table["geometry"] == "B") & (table["seed"] == 0) & (table["step"] == 2)
    for rounding in (1e-13, 0.0, -1e-16):
        verdict = evaluate(claim, table.assign(value=table["value"].where(~low, rounding)))
        assert (verdict.verdict, verdict.n, verdict.p_adjusted) == ("undecided", 5, 1.0)
        assert math.isnan(verdict.mean)


def test_a_primary_needs_more_than_a_secondary():
    generator = np.random.default_rng(0)
    table = planted(WINS, generator)
    at = (table["geometry"] == "A") & (table["step"] == 2)
    table.loc[at, "value"] = 0.95 + 0.1 * (table.loc[at, "seed"] - 2.0)  # p is about 0.03
    secondary, primary = evaluate(WINS, table), evaluate(replace(WINS, role="primary"), table)
    assert (secondary.verdict, primary.verdict) == ("reproduced", "undecided")
    assert primary.p == secondary.p
    assert primary.p_adjusted == pytest.approx(min(1.0, primary.p * PRIMARIES))
    assert primary.low < secondary.low < secondary.high < primary.high


@given(st.lists(st.tuples(st.floats(-1, 1), st.booleans()), min_size=1, max_size=8), st.integers(0, 10**6))
@settings(deadline=None, max_examples=60)
def test_corrected_intervals_and_p_values_agree(effects, seed):
    """An interval leaves the threshold out exactly where the corrected p-value is at most 0.05."""
    generator = np.random.default_rng(seed)
    claims, tables = [], []
    for number, (effect, is_primary) in enumerate(effects):
        role = "primary" if is_primary else "secondary"
        claims.append(replace(WINS, id=f"a-{number}", role=role, where={"quantity": "test_accuracy", "task": number}))
        rows = planted(claims[-1], generator)
        rows["value"] = generator.normal(0.0, 0.5, len(rows)) + effect * (rows["geometry"] == "A")
        tables.append(rows)
    found = evaluate_all(claims, pd.concat(tables))
    decided = (found["low"] > WINS.threshold) | (found["high"] < WINS.threshold)
    assert (decided == (found["p_adjusted"] <= 0.05)).all()
    assert (decided == (found["verdict"] != "undecided")).all()


def test_checks_belong_to_no_family():
    generator = np.random.default_rng(0)
    crowd = [replace(WINS, id=f"check-{number}", origin="check") for number in range(30)]
    table = planted(WINS, generator)
    found = evaluate_all([WINS, *crowd], table).set_index("id")
    assert found.loc[WINS.id, "p_adjusted"] == found.loc[WINS.id, "p"]


def test_smoke_says_nothing_else():
    found = evaluate_all(EXAMPLES, planted(WINS, np.random.default_rng(0)), smoke=True)
    assert set(found["verdict"]) == {"smoke"}


def test_an_equality_is_one_line_with_its_fraction():
    table = planted(EQUAL, np.random.default_rng(0))
    verdict = evaluate(EQUAL, table)
    assert (verdict.mean, verdict.low, verdict.high, verdict.verdict) == (1.0, 0.0, 0.0, "reproduced")
    assert (verdict.nontrivial, verdict.example) == (2, True)  # two cells; seeds and partitions repeat them
    last = (table["quantity"] == "cut") & (table["cell"] == 2) & (table["seed"] == 1) & (table["step"] == 2)
    verdict = evaluate(EQUAL, table.assign(value=table["value"] + last))
    assert (verdict.verdict, verdict.counterexamples.count(";")) == ("contradicted", 1)
    assert verdict.mean == pytest.approx(1 - 2 / 20)
    high = replace(EQUAL, trivial=Trivial(("cell",), lambda cell: 2.0 if cell == 2 else 3.0))
    assert evaluate(high, table).nontrivial == 1


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


def test_a_claim_about_every_pair_stands_by_the_least():
    every = replace(WINS, every=True)
    table = planted(every, np.random.default_rng(0))
    values, last = pairs(every, columns_of([every], table)), table["step"] == 2
    least = [min(pair.statistic for pair in values if pair.seed == seed) for seed in {pair.seed for pair in values}]
    assert evaluate(every, table).mean == pytest.approx(np.mean(least))
    # one width that shows nothing: the mean hides it
    table.loc[(table["geometry"] == "B") & (table["width"] == "a") & last, "value"] = 0.88
    assert evaluate(WINS, table).verdict == "reproduced"
    assert evaluate(every, table).verdict == "smaller"


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


def test_ledger_gathers_and_changes_nothing(tmp_path):
    generator = np.random.default_rng(0)
    strong = evaluate_all([WINS, EXACT], pd.concat([planted(WINS, generator), planted(EXACT, generator)]))
    write_table(tmp_path / "strong.csv", strong)
    gathered = ledger({"one": read_table(tmp_path / "strong.csv", COLUMNS), "two": strong})
    assert gathered["verdict"].tolist() == strong["verdict"].tolist() * 2
    assert gathered["p_adjusted"].tolist() == pytest.approx(strong["p_adjusted"].tolist() * 2, nan_ok=True)
    assert list(gathered["experiment"]) == ["one"] * 2 + ["two"] * 2


def test_ledger_keeps_what_was_not_run_and_prints():
    gathered = ledger({"one": evaluate_all(EXAMPLES, pd.DataFrame())})
    assert list(gathered["verdict"]) == ["not run"] * len(EXAMPLES)
    page = to_markdown(gathered)
    assert f"Secondary claims of ours ({len(EXAMPLES)}): {len(EXAMPLES)} not run" in page
    assert "| – | ±0.15 | 0 |" in page
    assert (
        "| not run | `example-wins` A beats B by more than 0.05 (none) | ours | secondary | – | 0.05 | 0 | – |" in page
    )
    assert to_markdown(ledger({})).startswith("# Claims")


def test_checks_are_counted_apart():
    table = planted(EXACT, np.random.default_rng(0))
    check = replace(EXACT, id="example-check", origin="check")
    own, apart = counts(ledger({"one": evaluate_all([EXACT, check], table)}))
    assert own == "Secondary claims of ours (1): 1 reproduced"
    assert apart == "Checks (1): 1 hold"


def test_markdown_shows_amendments_counterexamples_and_escapes_bars():
    table = mirrored(EXACT, planted(EXACT, np.random.default_rng(0)))
    claim = replace(EXACT, statement="odd|even", amended=Amendment("2026-01-02", "threshold", "a slip"))
    page = to_markdown(ledger({"one": evaluate_all([claim], table)}))
    assert "odd\\|even" in page
    assert "## Counterexamples" in page
    assert "`example-exact`: 2026-01-02: threshold: a slip" in page


def test_html_has_every_claim_once_and_lets_nothing_through():
    table = mirrored(EXACT, planted(EXACT, np.random.default_rng(0)))
    verdicts = evaluate_all([replace(EXACT, statement="a < b & <script>")], table)
    gathered = ledger({"one": verdicts, "two": evaluate_all([WINS], pd.DataFrame())})
    page = to_html(gathered, "Claims of <one>")
    root = ElementTree.fromstring(page.replace("<!doctype html>", "").replace('<meta charset="utf-8">', ""))
    assert root.findtext("body/h1") == "Claims of <one>"
    assert root.findtext("body/ul/li") == "Secondary claims of ours (2): 1 contradicted, 1 not run"
    rows = [["".join(cell.itertext()) for cell in row] for row in root.iterfind("body/table/tbody/tr")]
    assert [row[1].split(EXACT.id)[0] for row in rows[:1]] == ["a < b & <script>"]
    assert WINS.id in rows[1][1]
    assert [row[0] for row in rows] == ["contradicted", "not run"]
    first = verdicts["counterexamples"][0].split("; ")[0]
    assert first in rows[0][1]
    assert "Counterexamples" not in to_html(ledger({}), "Claims")


def test_registered_pooling_claims_hold_on_a_table_shaped_like_a_run():
    claims = [claim for claim in REGISTRY if claim.id.startswith("pooling-geometry")]
    verdicts = evaluate_all(claims, pooling_table())
    assert set(verdicts["verdict"]) <= {"reproduced"}


def test_module_imports_no_heavy_library():
    heavy = ("torch", "matplotlib", "scipy", "pandas")
    code = f"import sys, convac.claims.verdicts; print([name for name in {heavy} if name in sys.modules])"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert loaded.strip() == "[]"
