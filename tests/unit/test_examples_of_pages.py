"""Pages with examples in Python say what happens: they are run."""

import doctest
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(("page", "fewest"), [("exchange", 20), ("verdict-to-rows", 5)])
def test_the_examples_of_a_page_give_what_it_says(page, fewest, monkeypatch):
    monkeypatch.chdir(ROOT)
    # the fences stand on lines of their own, after an empty one
    found = doctest.testfile(str(ROOT / f"docs/{page}.md"), module_relative=False, encoding="utf-8")
    assert found.attempted >= fewest
    assert found.failed == 0
