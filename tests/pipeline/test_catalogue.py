"""What the workflow catalogue does with the repository: it draws the rule graph, reads the config's page and schema."""

import re
from pathlib import Path

import yaml
from clones import ROOT

from convac.planning.config import Config, config_mistakes

# the catalogue's own command
DRAW = ("snakemake", "-s", "workflow/Snakefile", "-d", ".test", "--forceall", "--rulegraph")


def test_the_catalogue_draws_the_rule_graph(fresh):
    printed = fresh.run(*DRAW).stdout
    assert printed.startswith("digraph")
    labels = set(re.findall(r'label = "(\w+)"', printed))
    rules = {"dataset", "train", "measure", "theory", "collect", "claims", "ledger", "explorer", "manifest", "all"}
    assert rules | {"figure_pooling_geometry", "figure_recurrent_memory"} <= labels


def test_its_config_is_the_workflows_own():
    config = yaml.safe_load((ROOT / ".test/config.yaml").read_text(encoding="utf-8"))
    assert config_mistakes(config) == []
    assert (ROOT / "config/config.yaml").read_bytes() == (ROOT / "config.yaml").read_bytes()


def test_the_page_and_the_schema_have_every_key():
    page = (ROOT / "config/README.md").read_text(encoding="utf-8")
    schema = yaml.safe_load((ROOT / "workflow/schemas/config.schema.yaml").read_text(encoding="utf-8"))
    assert re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE) == list(Config.model_fields) == list(schema["properties"])
    assert all("description" in key or name == "experiments" for name, key in schema["properties"].items())
    for link in re.findall(r"\]\(([^)#]+)", page):
        assert (ROOT / "config" / Path(link)).exists(), link
