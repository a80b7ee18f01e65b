"""The page on exchange says what happens: its examples are run."""

import doctest
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "exchange.md"


def test_the_examples_of_the_page_give_what_it_says():
    # the fences stand on lines of their own, after an empty one
    found = doctest.testfile(str(PAGE), module_relative=False, encoding="utf-8")
    assert found.attempted > 20
    assert found.failed == 0
