"""Sentences: each verb is one kind of claim, with its sides in the right places."""

import math

import pytest

from convac.claims.claims import Amendment
from convac.claims.sentences import Sentences
from convac.errors import ArgumentError

SAID = Sentences("cuts", source="ours", where={"network": "tree"}, by=("case",), expected=(4.0, 2.0))
RANK, CUT = {"quantity": "rank"}, {"quantity": "cut"}


@pytest.mark.parametrize(
    ("verb", "numbers", "kind", "sides", "threshold", "logarithmic"),
    [
        ("beats", {"margin": 0.5}, "interval", (RANK, CUT), 0.5, False),
        ("beats", {"times": 4}, "interval", (RANK, CUT), math.log(4), True),
        ("reaches", {}, "exact", (RANK, CUT), 0.0, False),
        ("reaches", {"times": 1}, "exact", (RANK, CUT), 0.0, True),
        ("never_exceeds", {"slack": 0.1}, "exact", (CUT, RANK), -0.1, False),
        ("equals", {"slack": 0.1}, "equality", (RANK, CUT), -0.1, False),
        ("resembles", {"within": 0.1}, "equivalence", (RANK, CUT), -0.1, False),
        ("ranks_like", {"tau": 0.3}, "rank correlation", (RANK, CUT), 0.3, False),
        ("falls_with", {"tau": 0.3}, "fall", (CUT, RANK), 0.3, False),
    ],
)
def test_a_verb_is_a_kind_of_claim(verb, numbers, kind, sides, threshold, logarithmic):
    claim = getattr(SAID, verb)("name", "A statement", "rank", "cut", **numbers)
    assert (claim.id, claim.statement, claim.kind) == ("cuts-name", "A statement", kind)
    assert (claim.first, claim.second) == sides
    assert (claim.threshold, claim.logarithmic) == (threshold, logarithmic)
    assert math.copysign(1, SAID.equals("name", "Equal", "rank", "cut").threshold) == 1  # no -0.0 in the ledger


def test_what_sentences_share_is_added_to_and_overruled():
    amended = Amendment("2026-11-30", "scope", "why")
    trees = SAID.about(where={"width": 2}, role="primary", amended=amended, source="1704.01552")
    claim = trees.beats(
        "name", "A statement", {"kernel": 3}, {"kernel": 1}, where={"width": 4}, amended=None, every=True
    )
    assert claim.where == {"network": "tree", "width": 4}
    assert (claim.role, claim.amended, claim.every, claim.by) == ("primary", None, True, ("case",))
    assert (claim.first, claim.second) == ({"kernel": 3}, {"kernel": 1})
    assert claim.origin == "paper"
    assert trees.beats("name", "A statement", "rank", "cut", source="ours, after a paper").origin == "ours"
    assert trees.beats("name", "A statement", "rank", "cut", origin="check").origin == "check"
    assert SAID.shared["where"] == {"network": "tree"}


def test_numbers_that_make_no_claim_are_refused():
    with pytest.raises(ArgumentError, match="accepted: −margin, below 0"):
        SAID.resembles("name", "A statement", "rank", "cut", 0.0)
    with pytest.raises(ArgumentError, match="accepted: columns that tell cells apart, 0 to 1"):
        SAID.ranks_like("name", "A statement", "rank", "cut", 1.0)
