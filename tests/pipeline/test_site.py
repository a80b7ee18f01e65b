"""The documentation as a site: built without a warning, complete, and readable from the file system without network."""

import doctest
import html
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from browser import MISSING, Browser, browser

import convac
from convac.experiments.discovery import studies

ROOT = Path(__file__).parents[2]
TAG = re.compile(r"<[^>]+>")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The site, built as `make site` does; a warning is an error."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "sphinx", "-q", "-E", "-W", "--keep-going", "-c", "docs/site", ".", str(folder)]
    make = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert " ".join(command[2:-1]) in make
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "workflow")}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    return folder


def text_of(page: Path) -> str:
    """What a page shows, as words with single spaces."""
    return " ".join(html.unescape(TAG.sub("", page.read_text(encoding="utf-8"))).split())


def targets(page: Path) -> Iterator[str]:
    """Whatever a page links to or loads."""
    return iter(re.findall(r"""(?:href|src)="([^"]*)\"""", page.read_text(encoding="utf-8")))


def test_every_public_name_is_there_with_its_examples(site):
    page = site / "docs/site/api.html"
    named = re.findall(r'<dt class="[^"]*" id="convac\.(\w+)">', page.read_text(encoding="utf-8"))
    assert set(named) == set(convac.__all__)
    shown = text_of(page).replace("... ", "")
    examples = 0
    for name in convac.__all__:
        own = doctest.DocTestParser().get_examples(getattr(convac, name).__doc__)
        assert own, name
        for example in own:
            source = " ".join(example.source.split("# doctest:")[0].split())
            assert source in shown, f"{name}: {source}"
            examples += 1
    assert examples > 50


def test_every_page_of_the_documentation_is_there(site):
    for page in sorted((ROOT / "docs").glob("*.md")):
        title = re.search(r"^# (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)[1]
        assert title.replace("`", "").split(":")[0] in text_of(site / f"docs/{page.stem}.html"), page.name


@pytest.mark.parametrize("study", studies())
def test_a_notebook_shows_its_figures_and_verdicts_of_the_reference(site, study):
    page = site / f"notebooks/{study}.html"
    source = page.read_text(encoding="utf-8")
    figures = [path.name for path in (ROOT / "results/reference/figures").glob("*.png")]
    own = {name for name in figures if re.fullmatch(rf"{study}(-.*)?\.png", name)}
    assert own
    assert {Path(target).name for target in targets(page) if "_images" in target} == own
    claims = (ROOT / f"results/reference/claims/{study}.csv").read_text(encoding="utf-8")
    for claim in re.findall(r"^([a-z0-9-]+),", claims, re.MULTILINE):
        assert claim in source


def test_links_lead_somewhere_and_nothing_is_loaded_from_elsewhere(site):
    pages = sorted(site.rglob("*.html"))
    anchors = {page: set(re.findall(r' (?:id|name)="([^"]+)"', page.read_text(encoding="utf-8"))) for page in pages}
    assert len(pages) > 40
    for page in pages:
        for target in targets(page):
            place = urlsplit(html.unescape(target))
            if place.scheme in {"http", "https"}:
                tag = re.search(rf'<(\w+)[^>]*"{re.escape(target)}"', page.read_text(encoding="utf-8"))[1]
                assert tag == "a", f"{page.name}: {target}"  # a link that the reader may follow
            elif place.scheme != "data":
                assert not place.path.startswith("/"), target
                found = (page.parent / unquote(place.path)).resolve() if place.path else page
                assert found.is_file(), f"{page.name}: {target}"
                assert place.fragment in {"", *anchors.get(found, {place.fragment})}, f"{page.name}: {target}"


@pytest.mark.skipif(bool(MISSING), reason=f"needs {' and '.join(MISSING)}")
def test_it_opens_from_the_file_system_and_is_searched_there(site, tmp_path):
    with browser(tmp_path) as window:
        assert_reads(window, site)


def assert_reads(window: Browser, site: Path) -> None:
    """The entrance leads to the first page, formulas are drawn, a search finds a page, and nothing fails."""
    window.visit(site / "index.html")
    window.wait("return document.title.includes('convac') && location.pathname.endsWith('/docs/site/index.html')")
    for name in ("docs/site/index", "docs/site/api", "docs/engines", "notebooks/overlaps"):
        window.visit(site / f"{name}.html")
        assert window.run("return [...document.images].every(image => image.complete && image.naturalWidth > 0)"), name
    window.visit(site / "docs/engines.html")
    assert window.run("return Math.min(...[...document.querySelectorAll('math')].map(m => m.clientHeight)) > 5")
    window.run(f"location.href = '{(site / 'search.html').as_uri()}?q=entanglement'")
    window.wait("return document.querySelectorAll('#search-results li a').length > 3")
    assert window.complaints() == []
