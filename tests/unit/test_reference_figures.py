"""Every figure of the committed reference, drawn from its table: legible, no title or footer a table of results."""

from functools import cache
from importlib import import_module
from pathlib import Path

import pandas as pd
import pytest

from convac.commands.figure import provenance
from convac.experiments.discovery import studies
from convac.files import read_table
from convac.plotting.checks import problems
from convac.plotting.primitives import NOTE, rows
from convac.plotting.style import stamp
from convac.specs.tables import joined

REFERENCE = Path(__file__).parents[2] / "results" / "reference"
LINES = 5  # of a footer
WORDS = ("reproduced", "contradicted", "smaller", "undecided", "not converged")


@cache
def drawn(study):
    """The figures of an experiment's reference by part."""
    claims = pd.read_csv(REFERENCE / f"claims/{study}.csv")
    draw = import_module(f"convac.experiments.{study}.figures").draw
    table, examples = (read_table(str(REFERENCE / f"{kind}/{study}.parquet")) for kind in ("tables", "examples"))
    return draw(joined(table, examples), claims)


def footer(made):
    """The lines below a figure's panels."""
    return [line for text in made.texts if text.get_gid() == NOTE for line in text.get_text().split("\n")]


@pytest.mark.parametrize("study", studies())
def test_figures_are_legible(study):
    for part, made in drawn(study).items():
        titles = [axes.get_title(loc="left") for axes in made.axes]
        assert not [title for title in titles if "\n" in title or any(word in title for word in WORDS)], part
        assert len(footer(made)) <= LINES, part
        stamp(made, provenance(study, "1a2b3c4d"))
        assert problems(made) == [], part


@pytest.mark.parametrize(
    ("study", "untrained"),
    [("dilated_mixing", {"ranks", "examples"}), ("layer_widths", {"examples"}), ("overlaps_trained", set())],
)
def test_only_figures_of_trained_networks_say_how_many_had_not_converged(study, untrained):
    figures = drawn(study)
    told = {part for part, made in figures.items() if any(line.startswith("Not converged") for line in footer(made))}
    converged = rows(read_table(str(REFERENCE / f"tables/{study}.parquet")), quantity="converged")["value"]
    assert told == (set() if (converged == 1).all() else set(figures) - untrained)


def test_a_law_stands_only_beside_points():
    table = read_table(str(REFERENCE / "tables/depth_channels.parquet"))
    reached = rows(table, network="product", target="mirror", quantity="smallest_width")
    starts = sorted(reached["one_layer_width"].unique())
    axes = next(axes for axes in drawn("depth_channels")["trained"].axes if "Product, mirror" in axes.get_title("left"))
    laws = [line for line in axes.get_lines() if len(line.get_xdata()) > 2]
    assert sorted({round(float(line.get_ydata()[0])) for line in laws}) == starts
    assert len(laws) == 2 * len(starts)  # the shift and the root law
