"""The explorer's page: what goes into it, what stays out, and its arithmetic against the library's, in node."""

import base64
import json
import re
import shutil
import subprocess
import zlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from cut_cases import ASK, assert_equal, drawn_cases

from convac.cli import main
from convac.errors import FileError
from convac.plotting.explorer import LIBRARIES, SCRIPTS, packed, page

ROOT = Path(__file__).parents[2]
RESOURCES = ROOT / "workflow/convac/plotting/page"
TABLES = ROOT / "results" / "reference" / "tables"
CASES = 500


@pytest.fixture(scope="module")
def made():
    tables = {name: pd.read_parquet(TABLES / f"{name}.parquet") for name in ("min_cut", "layer_widths")}
    return page(tables, "two tables", RESOURCES)


def contained(text, experiment):
    """The table that a page has of an experiment."""
    code = re.search(rf'id="table-{experiment}">([^<]*)<', text)[1]
    return json.loads(zlib.decompress(base64.b64decode(code)))


def test_the_page_has_every_row(made):
    for name in ("min_cut", "layer_widths"):
        table = pd.read_parquet(TABLES / f"{name}.parquet")
        found = contained(made, name)
        quantity = found["labels"]["quantity"]
        assert [quantity["values"][code] for code in quantity["codes"]] == table["quantity"].tolist()
        assert np.allclose(found["values"], table["value"], rtol=1e-5, atol=0, equal_nan=True)
        assert len(table) > 0


def test_labels_are_whole_numbers_texts_or_nothing():
    table = pd.DataFrame(
        {"cell": "a", "seed": pd.array([0, None], "Int64"), "task": ["x", "y"], "value": [np.inf, 1e-9]}
    )
    assert packed(table) == {
        "labels": {"seed": {"values": [0], "codes": [0, -1]}, "task": {"values": ["x", "y"], "codes": [0, 1]}},
        "values": ["inf", 1e-9],
    }


def test_the_page_asks_nobody_for_anything(made):
    ours = made
    for name in LIBRARIES:
        ours = ours.replace((RESOURCES / f"vendor/{name}.min.js").read_text(), "").replace(
            (RESOURCES / f"vendor/{name}.LICENSE").read_text(), ""
        )
    assert len(made) - len(ours) > 800_000
    ours = ours.replace("http://www.w3.org/2000/svg", "")  # a name, no address
    assert not re.search(r"https?://|\bsrc=|<link|@import|\bimport\(|fetch\(", ours)
    assert "<!-- " not in ours


def test_every_script_of_the_folder_is_in_the_page_once(made):
    assert {path.stem for path in RESOURCES.glob("*.js")} == set(SCRIPTS)
    for name in SCRIPTS:
        assert made.count((RESOURCES / f"{name}.js").read_text()) == 1


def test_a_library_that_is_not_as_published_is_refused(tmp_path):
    copy = Path(shutil.copytree(RESOURCES, tmp_path / "explorer"))
    altered = copy / "vendor/vega.min.js"
    altered.write_bytes(altered.read_bytes() + b"\n")
    with pytest.raises(FileError, match=r"vega\.min\.js: its sha256"):
        page({}, "", copy)
    altered.unlink()
    with pytest.raises(FileError, match=r"vega\.min\.js: no such file"):
        page({}, "", copy)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--results", "nowhere"], "nowhere: has no tables; accepted: "),
        (["--output", "page.txt"], "--output: page.txt; accepted: a name that ends in .html"),
        (["--tables", "absent.parquet", "--output", "/dev/null/p.html"], "/dev/null/p.html: can't be written: "),
        (["--tables", "claims.csv"], "--tables: claims.csv; accepted: tidy tables"),
        (["--tables", "absent.parquet"], "absent.parquet: no such file"),
        (["--resources", "."], "vendor/SHA256SUMS: no such file"),
    ],
)
def test_a_mistake_is_one_line(arguments, told, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit):
        main(["explorer", *arguments])
    (line,) = capsys.readouterr().err.splitlines()
    assert told in line
    assert not list(tmp_path.iterdir())


def test_a_folder_of_results_makes_a_page(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    main(["explorer", "--results", str(TABLES.parent)])
    text = (tmp_path / "results/explorer.html").read_text()
    assert set(re.findall(r'id="table-(\w+)"', text)) == {path.stem for path in TABLES.glob("*.parquet")}
    assert len(text) < 2_000_000


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node; a browser test asks the same")
def test_cuts_and_bounds_are_the_librarys():
    cases = drawn_cases(CASES)
    scripts = "".join((RESOURCES / f"{name}.js").read_text() for name in ("cuts", "bounds"))
    program = f"{scripts}\nprocess.stdout.write(JSON.stringify({json.dumps(cases)}.map({ASK.strip()})));"
    done = subprocess.run(["node", "-"], input=program, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    assert len(found) == CASES
    for one, case in zip(found, cases, strict=True):
        assert_equal(one, case)
    assert sum(case["partition"] is not None for case in cases) > CASES / 5
    assert max(len(one["cut"]) for one in found) > 20  # beyond what a float holds
