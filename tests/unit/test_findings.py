"""What is told of the ledger first: at most ten primaries, each as it was decided."""

import pandas as pd
import pytest

from convac.claims.findings import GROUPS, findings, sentence, undecided
from convac.claims.ledger import ledger
from convac.claims.verdicts import COLUMNS
from convac.files import read_table

LEDGER = read_table("results/reference/claims.csv", ("experiment", *COLUMNS))


def test_at_most_ten_primaries_are_told_and_each_under_what_was_decided():
    found = findings(LEDGER)
    told = [row for rows in found.values() for row in rows]
    assert 1 <= len(told) <= 10
    assert len({row["id"] for row in told}) == len(told)
    for heading, origin, verdicts, most in GROUPS:
        rows = found[heading]
        assert len(rows) <= most
        assert len({row["experiment"] for row in rows}) == len(rows)
        assert all((row["role"], row["origin"]) == ("primary", origin) for row in rows)
        assert all(row["verdict"] in verdicts and not row["example"] for row in rows)


def test_a_verdict_that_changes_moves_its_sentence():
    first = findings(LEDGER)[GROUPS[0][0]][0]
    changed = LEDGER.assign(verdict=LEDGER["verdict"].where(LEDGER["id"] != first["id"], "undecided"))
    assert first["id"] not in {row["id"] for rows in findings(changed).values() for row in rows}
    assert undecided(changed) == undecided(LEDGER) + 1


def test_nothing_is_told_of_a_run_that_says_nothing():
    assert not any(findings(LEDGER.assign(verdict="smoke")).values())
    assert not any(findings(ledger({})).values())


@pytest.mark.parametrize("kind", ["interval", "rank correlation", "exact"])
def test_sentences_have_their_numbers(kind):
    row = {"statement": "A beats B", "verdict": "reproduced", "mean": 0.25, "low": 0.125, "high": 0.5, "n": 12}
    told = sentence({**row, "kind": kind, "nontrivial": 11.0, "counterexamples": ""})
    assert told.startswith("A beats B")
    assert ("holds in all 12 cases, 11 " in told) == (kind == "exact")
    assert ("(found: 0.25 [0.125, 0.5], 12 " in told) == (kind != "exact")


def test_the_readme_has_them():
    with open("README.md", encoding="utf-8") as page:
        text = page.read()
    told = pd.Series([sentence(row) for rows in findings(LEDGER).values() for row in rows])
    assert told.map(text.__contains__).all()
