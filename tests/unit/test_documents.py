"""Documents and metadata: links lead somewhere, citations are complete, the catalog is told what holds."""

import importlib
import re
import subprocess
import tomllib
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import yaml

from convac.advice import advise, pairs, search
from convac.claims.papers import AUTHORS, paper
from convac.commands.generate import config_keys
from convac.experiments.discovery import claims_of, studies, study_module
from convac.specs.tables import COLUMNS, QUANTITIES

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
ARXIV = re.compile(r"\b\d{4}\.\d{4,5}\b")  # a number of arXiv
README = (ROOT / "README.md").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
CITATION = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))


@pytest.mark.parametrize("page", [ROOT / "README.md", *sorted(DOCS.glob("*.md"))], ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\((?!https?:)([^)]+)\)", page.read_text(encoding="utf-8")):
        path, _, heading = target.partition("#")
        found = (page.parent / path).resolve() if path else page
        assert found.exists(), target
        if heading:
            titles = re.findall(r"^#+ (.+)$", found.read_text(encoding="utf-8"), re.MULTILINE)
            assert heading in {title.lower().replace(" ", "-") for title in titles}, target


def test_the_index_names_every_document():
    index = (DOCS / "README.md").read_text(encoding="utf-8")
    for page in DOCS.iterdir():
        assert page.is_dir() or page.name == "README.md" or f"({page.name})" in index, page.name


def resolved(name: str) -> object:
    """What a dotted name of the library stands for, a module or something in one; raises where it is nothing."""
    found: object = None
    for part in name.split("."):
        parent, found = found, getattr(found, part, None)
        if found is None:
            found = importlib.import_module(part if parent is None else f"{parent.__name__}.{part}")
    return found


@pytest.mark.parametrize("page", sorted(DOCS.glob("*.md")), ids=lambda page: page.name)
def test_names_of_the_library_are_those_of_the_code(page):
    blocks = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    for name in re.findall(r"`(convac(?:\.[A-Za-z_]\w*)+)[`(]", blocks):
        if not name.endswith((".linear", ".stripes", ".occlusion")):  # of the how-to page, which writes them
            assert resolved(name) is not None, name


def test_the_architecture_follows_a_pixel_a_width_a_weight_and_a_claim():
    page = (DOCS / "architecture.md").read_text(encoding="utf-8")
    for heading in ("One pixel", "One width", "One weight", "One claim"):
        part = page.split(f"## {heading} through the code")[1].split("\n## ")[0]
        assert len(set(re.findall(r"`(convac\.[\w.]+)`", part))) >= 5, heading


def defined(section: str) -> set[str]:
    """The names that a table of the glossary explains."""
    page = (DOCS / "glossary.md").read_text(encoding="utf-8")
    rows = page.split(f"## {section}\n")[1].split("\n## ")[0].splitlines()
    return {name.strip("` ") for row in rows if row.startswith("| ") for name in row.split("|")[1].split(",")}


def test_the_glossary_explains_every_label_and_every_key():
    named = defined("Labels, and keys without a description")
    # `generate` copies the descriptions of the others
    assert {name for _, name, text in config_keys() if not text} <= named
    for table in sorted((ROOT / "results/reference/tables").glob("*.parquet")):
        assert set(pq.read_schema(table).names) - set(COLUMNS) <= named, table.name


def test_the_glossary_explains_the_symbols_of_captions():
    captions = " ".join(text for study in studies() for text in study_module(study).FIGURES.values())
    symbols = set(re.findall(r"(?<![\w-])[A-Zα-ωΑ-Ω][₀-₉]?(?![\w-])", captions))
    assert "ε" in symbols
    assert symbols <= defined("Symbols in figures")


def test_the_citation_has_what_its_format_asks_for():
    # the Citation File Format 1.2.0, https://citation-file-format.github.io
    assert CITATION["cff-version"] == "1.2.0"
    assert {"message", "title", "authors"} <= set(CITATION)
    assert CITATION["type"] == "software"
    assert CITATION["license"] == PROJECT["license"]
    assert CITATION["version"] == PROJECT["version"]
    assert CITATION["keywords"] == PROJECT["keywords"]
    for entry in (CITATION, *CITATION["references"]):
        assert entry["title"]
        assert entry["authors"]
        for author in entry["authors"]:
            assert set(author) in ({"name"}, {"family-names", "given-names"}), author
    for entry in CITATION["references"]:
        assert entry["type"] in {"article", "conference-paper"}
        assert isinstance(entry["year"], int)
        assert {identifier["type"] for identifier in entry["identifiers"]} == {"other"}


def test_every_paper_that_a_claim_or_the_readme_names_is_cited():
    cited = [identifier["value"] for entry in CITATION["references"] for identifier in entry["identifiers"]]
    assert len(set(cited)) == len(cited)
    claims = " ".join(claim.source for study in studies() for claim in claims_of(study))
    assert {f"arXiv:{number}" for number in ARXIV.findall(f"{claims} {README}")} <= set(cited)


def test_claims_cite_papers_in_one_way():
    listed = {}
    for entry in CITATION["references"]:
        *others, last = (author["family-names"] for author in entry["authors"])
        number = entry["identifiers"][0]["value"].removeprefix("arXiv:")
        listed[number] = f"{', '.join(others)} & {last}" if others else last
    assert AUTHORS.items() <= listed.items()
    claims = [claim for study in studies() for claim in claims_of(study)]
    for claim in claims:
        assert all(paper(number) in claim.source for number in re.findall(r"\b\d{4}\.\d{4,5}\b", claim.source)), (
            claim.id
        )
        assert claim.origin == "check" or claim.source.startswith("ours") == (claim.origin == "ours"), claim.id
    assert all(any(number in claim.source for claim in claims) for number in AUTHORS)


def test_the_catalog_is_told_what_holds():
    usage = yaml.safe_load((ROOT / ".snakemake-workflow-catalog.yml").read_text(encoding="utf-8"))["usage"]
    assert set(usage) == {"mandatory-flags", "software-stack-deployment"}
    assert usage["mandatory-flags"]["flags"] is None
    rules = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "workflow/rules").glob("*.smk"))
    jobs = len(re.findall(r"^ +shell:$", rules, re.MULTILINE))
    container = "container:" in rules
    environments = (DOCS / "environments.md").read_text(encoding="utf-8").splitlines()
    (conda,) = (line for line in environments if line.startswith("| `snakemake --sdm conda`"))
    ready = len(re.findall(r"^ +conda:$", rules, re.MULTILINE)) == jobs > 0
    assert usage["software-stack-deployment"] == {
        "conda": ready and "not run here" not in conda,
        "apptainer": container,
        "apptainer+conda": container,
        "report": "report(" in rules,
    }
    # it finds a workflow by these words and this file
    assert "snakemake" in README.lower()
    assert "workflow" in README.lower()
    assert (ROOT / "workflow/Snakefile").is_file()


def test_the_checklist_says_of_every_experiment_how_it_trains():
    page = (DOCS / "checklist.md").read_text(encoding="utf-8")

    def named(text: str) -> set[str]:
        return {name for name in studies() if f"`{name}`" in text}

    parts = {part.split("\n")[0]: part for part in page.split("\n## ")[1:]}
    learning = named(parts["Splits"])
    assert learning == named(parts["Budgets and selection"]) == named(parts["Seeds"])
    fits, _, rest = parts["Fits without a split"].partition("Without training:")
    assert len(learning) + len(named(fits)) + len(named(rest)) == len(studies())
    # trained by jobs with a loop of their own, on images or on all inputs
    assert "architecture_advice" in learning
    assert {"depth_channels", "dynamics", "information_scaling"} == named(fits)
    # whatever has a test accuracy was trained
    for name in named(rest):
        table = pq.read_table(ROOT / f"results/reference/tables/{name}.parquet", columns=["quantity"])
        assert "test_accuracy" not in table["quantity"].unique().to_pylist()


def test_badges_are_files_of_this_repository():
    badges = re.findall(r"!\[([^]]+)\]\(([^)]+\.svg)\)", README.split("\n\n")[1])
    assert [name for name, _ in badges] == ["Snakemake ≥ 9.24", "Python ≥ 3.11", "licence Apache-2.0"]
    for name, path in badges:
        assert f"<title>{name}</title>" in (ROOT / path).read_text(encoding="utf-8")


def test_make_help_lists_every_target():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = re.findall(r"^([a-z-]+):", makefile, re.MULTILINE)
    (phony,) = re.findall(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    assert sorted(phony.split()) == sorted(targets)
    done = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    listed = dict(line.strip().split(None, 1) for line in done.stdout.splitlines() if line.startswith("  "))
    assert sorted(listed) == sorted(targets)


def test_the_advice_names_its_constants_as_the_code_has_them():
    page = " ".join((DOCS / "advice.md").read_text(encoding="utf-8").split())
    told = page.split("## Constants that were tuned")[1].split("## ")[0]
    assert f"{advise.CLOSE} was kept" in told
    assert f"counts of a free tree's score above 1: {advise.REGULARITY}," in told
    for module in (search, pairs):
        for name, value in vars(module).items():
            if name.isupper() and isinstance(value, int | float) and name not in {"CHUNK", "BLOCK"}:
                assert f"`{name}` {value:,}" in told, name


@pytest.mark.parametrize("entry", sorted({**COLUMNS, **QUANTITIES}.items()), ids=lambda entry: entry[0])
def test_an_entry_of_the_data_dictionary_stands_alone(entry):
    name, text = entry
    leaning = r"\b(that|those) \w+( \[|;|,|$)|\bof (that|it)\b|\bthe same\b|^(its|of|that|those) "
    assert not re.search(leaning, text), f"{name}: {text}"
