"""The report of a small run, opened in a real browser: every section, figure, caption, table and verdict is there."""

import pandas as pd
import pytest
from browser import MISSING, browser
from clones import KEPT

from convac.experiments.discovery import study_module

pytestmark = pytest.mark.skipif(
    bool(MISSING), reason=f"needs {' and '.join(MISSING)} (Debian: chromium, chromium-driver)"
)
SECTIONS = ("claims", *KEPT)
EXPLORER = "charts of every table; cuts and bounds"
VERDICTS, TABLE = "claims and verdicts", "tidy table, to download"
ROWS = "return [...document.querySelectorAll('nav tbody tr')].map(row => row.cells[0].textContent)"
PICTURE = """
const one = document.querySelector("div.p-3 > img");
return one && one.src.includes(arguments[0]) && one.complete && one.naturalWidth;
"""


def figures(experiment):
    """Names and captions of an experiment's figures."""
    parts = study_module(experiment).FIGURES
    return {"-".join(filter(None, (experiment, part))): caption for part, caption in parts.items()}


def expected(section):
    """The results that a section must list."""
    if section == "claims":
        return {"claims of every experiment"}
    return {VERDICTS, TABLE, *(f"figure {figure}" for figure in figures(section))}


@pytest.fixture(scope="module")
def report(finished, tmp_path_factory):
    """A window with the report open, and the folder of the run."""
    folder = tmp_path_factory.mktemp("report")
    # a report changes no result; the run's folder stays as it is for other tests
    finished.snakemake("--report", str(folder / "report.html"), "--report-stylesheet", "workflow/report/report.css")
    with browser(folder / "profile") as window:
        window.visit(folder / "report.html")
        yield window, finished.path


def enter(window, section):
    """Open a section from the start page."""
    window.click("nav nav a", seen="document.querySelector('nav li a')")  # back to the start page
    window.click("nav li a", section, seen="document.querySelector('nav tbody tr')")


def look(window, result, seen, button=0):
    """Press the button of a result, 0 shows it and 1 tells what it is, until `seen` is true of the page."""
    row = window.run(ROWS).index(result) + 1
    window.click(f"nav tbody tr:nth-child({row}) td:last-child a:nth-of-type({button + 1})", seen=seen)


def test_the_start_page_says_what_this_is_and_lists_every_section(report):
    window, _ = report
    window.wait("return document.querySelector('#rulegraph svg, #rulegraph canvas')")
    listed = window.run("return [...document.querySelectorAll('nav li a')].map(one => one.textContent)")
    assert {*SECTIONS, "explorer"} <= set(listed)
    text = window.run("return document.querySelector('.prose').innerText")
    assert "What dependencies can a convolutional network model" in text
    assert "smoke scale" in text
    assert "Primary claims of papers" in text
    assert text.index("Primary claims of papers") < text.index("Secondary claims")
    window.wait("return [...document.querySelectorAll('.prose img')].every(one => one.complete && one.naturalWidth)")
    assert window.run("return document.querySelectorAll('.prose img').length") == 2
    window.click("nav li a", "Statistics", seen="document.querySelector('#runtimes canvas, #runtimes svg')")
    window.click("nav li a", "Workflow")
    assert window.complaints() == []


PLACES = """
const [bar, shown] = ["nav", arguments[0]].map(css => document.querySelector(css).getBoundingClientRect());
return [bar.right, shown.left, shown.top, shown.right];
"""


@pytest.mark.parametrize("width", [1440, 800])
def test_nothing_begins_out_of_reach(report, width):
    """Neither below the side bar nor above the window, where nobody can scroll to."""
    window, _ = report
    window.resize(width, 600)
    try:
        enter(window, KEPT[0])
        figure = next(iter(figures(KEPT[0])))
        look(window, f"figure {figure}", f"document.querySelector('div.p-3 > img[src*=\"filename={figure}.svg;\"]')")
        window.wait(PICTURE, f"filename={figure}.svg;")
        window.wait("return Math.abs(document.querySelector('nav').getBoundingClientRect().left) < 1")
        places = {"figure": window.run(PLACES, "div.p-3 > img")}
        window.click("nav nav a", seen="document.querySelector('nav li a')")
        window.click("nav li a", "Workflow", seen="document.querySelector('.prose h1')")
        places["opening"] = window.run(PLACES, ".prose h1")
        for name, (bar, left, top, right) in places.items():
            assert left >= bar, name
            assert top >= 0, name
            assert right <= width, name
    finally:
        window.resize(1440, 900)


@pytest.mark.parametrize("section", SECTIONS)
def test_a_section_lists_all_of_its_results(report, section):
    window, _ = report
    enter(window, section)
    assert sorted(window.run(ROWS)) == sorted(expected(section))
    assert window.complaints() == []


@pytest.mark.parametrize("section", KEPT)
def test_every_figure_is_shown_and_has_its_caption(report, section):
    window, _ = report
    enter(window, section)
    for figure in figures(section):
        look(window, f"figure {figure}", f"document.querySelector('div.p-3 > img[src*=\"filename={figure}.svg;\"]')")
        assert window.wait(PICTURE, f"filename={figure}.svg;") > 100, figure
    for figure, caption in figures(section).items():
        enter(window, section)
        look(window, f"figure {figure}", "document.querySelector('nav .prose')", button=1)
        told = window.wait("const one = document.querySelector('nav .prose'); return one && one.textContent")
        told = " ".join(told.split())
        assert told.startswith(" ".join(caption.split()))
        others = set(figures(section).values()) - {caption}
        assert not any(" ".join(other.split()) in told for other in others), (
            "a figure stands with its own caption alone"
        )
    assert window.complaints() == []


@pytest.mark.parametrize("section", SECTIONS)
def test_every_verdict_of_the_ledger_is_shown(report, section):
    window, folder = report
    ledger = pd.read_csv(folder / "results/smoke/claims.csv")
    own = ledger if section == "claims" else ledger[ledger["experiment"] == section]
    enter(window, section)
    shown = f"[...document.querySelectorAll('iframe')].some(one => one.src.includes('filename={section}.html;'))"
    look(window, "claims of every experiment" if section == "claims" else VERDICTS, shown)
    with window.frame():
        rows = window.wait(
            "const rows = [...document.querySelectorAll('tbody tr')];"
            "return rows.length && rows.map(row => [...row.cells].map(cell => cell.innerText))"
        )
    told = {name: next(row[1] for row in rows if name in row[1].split()) for name in own["id"]}
    assert all(told[name].startswith(statement) for name, statement in zip(own["id"], own["statement"], strict=True))
    assert sorted(row[0] for row in rows) == sorted(own["verdict"])
    assert window.complaints() == []


@pytest.mark.parametrize("section", KEPT)
def test_the_tidy_table_can_be_taken_away_whole(report, section):
    window, folder = report
    enter(window, section)
    place = window.run(ROWS).index(TABLE) + 1
    link = window.run(
        "const one = document.querySelector(`nav tbody tr:nth-child(${arguments[0]}) td:last-child a`);"
        "return [one.download, one.href]",
        place,
    )
    assert link[0] == f"{section}.csv"
    text = window.run(
        "const coded = arguments[0].split('base64,')[1];"
        "return new TextDecoder().decode(Uint8Array.from(atob(coded), one => one.charCodeAt(0)))",
        link[1],
    )
    assert text == (folder / f"results/smoke/tables/{section}.csv").read_text(encoding="utf-8")


def test_the_explorer_works_inside_the_report(report):
    window, _ = report
    enter(window, "explorer")
    assert window.run(ROWS) == [EXPLORER]
    look(window, EXPLORER, "document.querySelector('iframe')")
    with window.frame():
        window.wait("return document.querySelector('#chart svg, #chart canvas')")
        assert window.run("return document.getElementById('source').textContent") == "the run at smoke scale"
        listed = window.run("return [...document.getElementById('experiment').options].map(one => one.value)")
        assert set(listed) == set(KEPT)
        assert window.run("return document.querySelectorAll('#network-tree circle').length") == 5
    assert window.complaints() == []


def test_no_caption_has_a_mistake_of_markup(report):
    window, _ = report
    captions = window.run("return Object.values(results).map(one => one.caption)")
    assert len(captions) == sum(len(expected(section)) for section in SECTIONS) + 1  # the explorer
    for caption in captions:
        assert caption.strip()
        assert "system-message" not in caption
        assert "problematic" not in caption
