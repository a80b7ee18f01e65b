"""The explorer of the reference tables in a real browser: every chart, cuts and bounds, by mouse and by keyboard."""

import os
from pathlib import Path

import pandas as pd
import pytest
from browser import DOWN, MISSING, RIGHT, SPACE, TAB, browser
from cut_cases import ASK, assert_equal, drawn_cases

from convac.cli import main
from convac.entanglement.mincut import tree_min_cut
from convac.geometry.trees import PoolingTree

pytestmark = pytest.mark.skipif(
    bool(MISSING), reason=f"needs {' and '.join(MISSING)} (Debian: chromium, chromium-driver)"
)
ROOT = Path(__file__).parents[2]
WIDTHS = (1440, 800)  # of a page, pixels
DRAWN = "return document.querySelector('#chart svg, #chart canvas') && document.getElementById('told').textContent"
CUT = "return document.getElementById('network-cut').textContent"
MISTAKE = "return document.getElementById('network-mistake').textContent"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A window with the page open."""
    folder = tmp_path_factory.mktemp("explorer")
    main(["explorer", "--results", str(ROOT / "results/reference"), "--output", str(folder / "explorer.html")])
    with browser(folder / "profile") as window:
        window.visit(folder / "explorer.html")
        window.wait(DRAWN)
        yield window


@pytest.fixture
def window(made):
    """The page as it opens."""
    made._call("POST", f"{made.session}/refresh", {})
    made.wait(DRAWN)
    yield made
    assert made.complaints() == []


def enter(window, field, text):
    """Write into a field as a reader does, so that the page notices."""
    script = "const one = document.getElementById(arguments[0]); one.value = arguments[1];"
    events = "for (const kind of ['input', 'change']) one.dispatchEvent(new Event(kind))"
    window.run(script + events, field, text)


def test_every_experiment_is_drawn(window):
    """First choices leave no chart empty, and nothing on the console."""
    for experiment in window.run("return MEANINGS.experiments"):
        window.run("CHART.experiment.value = arguments[0]; return chooseExperiment().then(() => 1)", experiment)
        quantities = window.run("return [...CHART.quantity.options].map(one => one.value)")
        for quantity in {window.run("return CHART.quantity.value"), quantities[0], quantities[-1]}:
            window.run("CHART.quantity.value = arguments[0]; return chooseQuantity().then(() => 1)", quantity)
            assert window.run(DRAWN), f"{experiment}: {quantity}"
            assert window.run("return CHART.meaning.textContent"), f"{quantity}: without its meaning"
            assert window.run("return CHART.points.rows.length") > 1


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_is_wider_than_the_page(window, width):
    window.resize(width, 900)
    window.wait("return innerWidth === arguments[0]", width)
    window.wait("const one = document.querySelector('#chart svg'); return one && one.clientWidth <= innerWidth")
    enter(window, "network-rows", "64")
    enter(window, "network-columns", "64")
    enter(window, "network-widths", "8")
    assert window.run("return document.documentElement.scrollWidth") <= width
    if folder := os.environ.get("CONVAC_PICTURES"):
        window.picture(Path(folder, f"explorer-{width}.png"))


def test_a_chart_says_what_it_averages_and_filters_narrow_it(window):
    told = window.wait(DRAWN)
    assert "rows that differ in seed;" in told
    assert "width" not in told
    rows = int(told.split()[0])
    window.run("CHART.filters.querySelector('[name=seed]').selectedIndex = 1; return draw().then(() => 1)")
    narrowed = window.run(DRAWN)
    assert 0 < int(narrowed.split()[0]) < rows
    assert "mean" not in narrowed
    window.run("CHART['log-x'].checked = true; return draw().then(() => 1)")
    assert "have no place on these axes" in window.run(DRAWN)  # step 0


def test_means_and_extremes_are_those_of_the_table(window):
    table = pd.read_parquet(ROOT / "results/reference/tables/pooling_geometry.parquet")
    own = table[(table["quantity"] == "test_accuracy") & (table["network"] == "ConvAC")]
    last = sorted(own["seed"].unique())[4]  # the first five alone
    expected = own[own["seed"] <= last].groupby(["step", "geometry"])["value"].agg(["mean", "min", "max", "count"])
    points = window.run(
        "return unpacked('pooling_geometry').then(table => {"
        " const rows = rowsOf(table, 'test_accuracy');"
        " const own = filtered(table, rows, {network: 'ConvAC', seed: `..${arguments[0]}`}, new Set(['seed']));"
        " return gathered(table, own, ['step', 'geometry', ''], false)})",
        int(last),
    )
    assert len(points) == len(expected) > 4
    for point in points:
        found = (point["mean"], point["low"], point["high"], point["rows"])
        assert found == pytest.approx(tuple(expected.loc[(point["x"], point["colour"])]), rel=1e-5)


def test_cuts_change_with_every_choice(window):
    for rows, columns, geometry, widths in ((4, 4, "mirror", "3, 5"), (1, 8, "line", "2"), (32, 32, "dilated", "9")):
        for field, text in (("rows", rows), ("columns", columns), ("geometry", geometry), ("widths", widths)):
            enter(window, f"network-{field}", str(text))
        tree = PoolingTree.named(geometry, (rows, columns))
        given = [int(width) for width in widths.split(",")]
        own = given if len(given) == tree.levels else given * tree.levels
        for partition in ("left-right", "interleaved", "checkerboard"):
            enter(window, "network-partition", partition)
            cut = tree_min_cut(tree, 2, own, partition)
            assert window.run(MISTAKE) == ""
            assert window.run(CUT).startswith(f"The smallest cut is {cut.product}: ")


def test_cuts_and_bounds_are_the_librarys(window):
    cases = drawn_cases(500)
    for found, case in zip(window.run(f"return arguments[0].map({ASK.strip()})", cases), cases, strict=True):
        assert_equal(found, case)


MISTAKES = [
    ("rows", "0", "rows: 0; accepted: a whole number from 1 to 64"),
    ("columns", "", "columns: nothing; accepted: "),
    ("dimension", "2.5", "M: 2.5; accepted: "),
    ("widths", "2, 3, 4", "widths: 3 numbers; accepted: one, or one for each of 2 levels"),
    ("widths", "2, x", "widths: x; accepted: "),
    ("inside", "0, 16", "sites of I: 16; accepted: numbers from 0 to 15"),
    ("inside", "", "sites of I: all or none; accepted: "),
]


def test_a_mistake_is_one_line_and_the_picture_stays(window):
    before = window.run(CUT)
    for field, text, told in MISTAKES:
        right = window.run("return document.getElementById(arguments[0]).value", f"network-{field}")
        enter(window, f"network-{field}", text)
        assert window.run(MISTAKE).startswith(told)
        assert window.run(CUT) == before
        enter(window, f"network-{field}", right)
        assert window.run(MISTAKE) == ""


def test_all_is_done_by_keyboard(window):
    reached = []
    window.run("document.activeElement.blur()")
    for _ in range(60):
        window.press(TAB)
        reached.append(window.run("const one = document.activeElement; return one.id || one.name || one.tagName"))
        if reached[-1] == "network-inside":
            break
    assert {"experiment", "quantity", "x", "colour", "panel", "apart", "seed", "SUMMARY", "network-rows"} <= {*reached}
    window.press(TAB)  # the first site
    before = window.run(CUT)
    window.press(RIGHT, DOWN, SPACE)
    site = "document.activeElement"
    assert window.run(f"return [{site}.title, {site}.getAttribute('aria-pressed')]") == ["site 5", "false"]
    assert window.run("return NETWORK.inside.value") == "0, 1, 4, 8, 9, 12, 13"
    assert window.run("return NETWORK.partition.value") == "own choice"
    assert window.run("return document.querySelectorAll('.sites button[tabindex=\"0\"]').length") == 1
    window.press(SPACE)
    assert window.run(CUT) == before
    window.run("CHART.experiment.focus()")
    window.press(DOWN)
    window.wait("return CHART.experiment.value !== 'pooling_geometry'")
    window.wait("return CHART.chart.textContent.includes(CHART.quantity.value)")
