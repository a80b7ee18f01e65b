"""Pages with examples in Python say what happens: they are run."""

import doctest
import re
from pathlib import Path

import pytest
import yaml

from convac.planning.config import config_mistakes, merged
from convac.planning.config_files import read_config
from convac.planning.plan import Plan

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(("page", "fewest"), [("exchange", 20), ("verdict-to-rows", 5)])
def test_the_examples_of_a_page_give_what_it_says(page, fewest, monkeypatch):
    monkeypatch.chdir(ROOT)
    # the fences stand on lines of their own, after an empty one
    found = doctest.testfile(str(ROOT / f"docs/{page}.md"), module_relative=False, encoding="utf-8")
    assert found.attempted >= fewest
    assert found.failed == 0


def test_a_geometry_is_added_as_the_page_says(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    page = ROOT / "docs/tree-format.md"
    found = doctest.testfile(str(page), module_relative=False, encoding="utf-8")
    assert found.attempted >= 5
    assert found.failed == 0
    mine = yaml.safe_load(re.search(r"```yaml\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)[1])
    config = merged(read_config(ROOT / "config.yaml"), {**mine, "scale": "smoke"})
    assert config_mistakes(config) == []
    (name,) = mine["experiments"]
    cells = Plan(config).studies["smoke", name].cells.values()
    assert {"square", "columns"} <= {cell.labels.get("geometry") for cell in cells}
