"""Series that no figure's code lists: drawn with a look of their own, by rank, or refused in one line."""

from importlib import import_module
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from matplotlib.legend import Legend
from matplotlib.lines import Line2D
from pooling_table import pooling_table

from convac.errors import ArgumentError
from convac.experiments.discovery import studies
from convac.experiments.pooling_geometry import figures as pooling_geometry
from convac.files import read_table
from convac.plotting.looks import SPARE, by_rank, looks

REFERENCE = Path(__file__).parents[2] / "results" / "reference" / "tables"
NO_CLAIMS = pd.DataFrame({"id": [], "verdict": [], "mean": [], "threshold": []})


def draw(study, table):
    return import_module(f"convac.experiments.{study}.figures").draw(table, NO_CLAIMS)


def legend_looks(made):
    """Colour, marker and dashes of every line of a figure's legends, by its text."""
    found = {}
    for legend in made.findobj(Legend):
        for text, line in zip(legend.get_texts(), legend.legend_handles, strict=True):
            if isinstance(line, Line2D):
                found[text.get_text()] = to_hex(line.get_color()), line.get_marker(), line.get_linestyle()
    return found


def test_looks_are_told_apart_and_known_ones_are_kept():
    assert len(set(SPARE)) == len(SPARE) > 50
    known = {"square": SPARE[3], "mirror": SPARE[0]}
    found = looks([*"zyxwvu", "mirror"], known)
    assert list(found) == ["mirror", *"uvwxyz"]
    assert found["mirror"] == known["mirror"]
    assert len({*found.values(), SPARE[3]}) == len(found) + 1
    with pytest.raises(ArgumentError, match=r"^table: 67 series in a figure; accepted: up to 66$"):
        by_rank(list(range(67)))


@pytest.mark.parametrize("names", [["hilbert"], ["dilated", "hilbert", "line"], []])
def test_every_geometry_of_the_table_is_drawn(names):
    table = pooling_table(seeds=2, steps=300)
    square = table[(table["geometry"] == "square") & (table["network"] != pooling_geometry.SHALLOW)]
    copies = [square.assign(geometry=name, cell=square["cell"] + name) for name in names]
    shown = ["square", "mirror", *names]
    if not names:
        table, shown = table.drop(square.index), ["mirror"]
    shallow = table["network"] == pooling_geometry.SHALLOW
    table = pd.concat([table.assign(geometry=table["geometry"].mask(shallow)), *copies], ignore_index=True)
    figures = draw("pooling_geometry", table)
    for part in ("", "curves"):
        entries = {name: look for name, look in legend_looks(figures[part]).items() if name.endswith(" pooling")}
        entries.pop("global pooling", None)
        assert list(entries) == [f"{name} pooling" for name in shown]
        coloured = {to_hex(line.get_color()) for axes in figures[part].axes for line in axes.lines}
        assert len({look[0] for look in entries.values()}) == len(shown)
        assert {look[0] for look in entries.values()} <= coloured


# study → a column and what its values become: more of them, or others, than the figures' code lists
MORE = {
    "recurrent_memory": ("depth", {3: 5, 4: 8}),
    "recurrent_memory_trained": ("depth", {1: 3, 2: 8}),
    "overlaps_trained": ("kernel", {2: 5, 3: 6}),
    "overlaps": ("layers", {3: 5, 4: 6}),
    "depth_channels": ("layers", {3: 5, 4: 6}),
    "depth_efficiency": ("local_dimension", {3: 5, 4: 7}),
    "information_scaling": ("sites", {4: 3}),
}


@pytest.mark.parametrize("study", MORE)
def test_values_beyond_those_that_are_listed_have_looks_of_their_own(study):
    table = read_table(REFERENCE / f"{study}.parquet")
    column, others = MORE[study]
    before = [legend_looks(made) for made in draw(study, table).values()]
    after = [legend_looks(made) for made in draw(study, table.replace({column: others})).values()]
    assert sum(map(len, before)) > 0
    for old, new in zip(before, after, strict=True):
        assert len(new) == len(old)
        assert len(set(new.values())) == len(set(old.values()))


def test_shallow_networks_are_drawn_whatever_their_local_dimensions():
    table = read_table(REFERENCE / "depth_efficiency.parquet")
    before, after = (
        [len(line.get_xdata()) for line in draw("depth_efficiency", found)[""].axes[1].lines]
        for found in (table, table.assign(local_dimension=table["local_dimension"] + 1))
    )
    assert after == before
    assert 0 not in after


def widened(study, part, start, column, more, **labels):
    """Legend entries that start so, of a figure whose series stand also with other values of a column."""
    table = read_table(REFERENCE / f"{study}.parquet")
    own = table
    for name, value in labels.items():
        own = own[own[name] == value]
    copies = [own.assign(**{column: own[column] + 10 * n}) for n in range(1, more + 1)]
    made = draw(study, pd.concat([table, *copies], ignore_index=True))[part]
    found = {name: look for name, look in legend_looks(made).items() if name.startswith(start)}
    return found, (more + 1) * own[column].nunique()


@pytest.mark.parametrize(
    ("study", "part", "start", "column", "labels"),
    [
        ("overlaps", "", "r = ", "width", {"network": "tree"}),
        ("depth_efficiency", "", "shallow, ", "width", {"network": "shallow"}),
        ("depth_channels", "trained", "D₀ = ", "one_layer_width", {"network": "product", "quantity": "smallest_width"}),
    ],
)
def test_more_series_than_looks_that_are_listed_are_all_drawn(study, part, start, column, labels):
    found, number = widened(study, part, start, column, 2, **labels)
    assert len(found) == number > 5
    assert len(set(found.values())) == number


LISTED = {  # study → columns whose values are all known to its figures
    "architecture_advice": ("geometry", "part", "ranking"),
    "data_entanglement": ("network", "places"),
    "depth_channels": ("network", "model"),
    "depth_efficiency": ("weights", "epsilon", "pooling"),
    "dilated_mixing": ("operator", "structure"),
    "dynamics": ("task", "start"),
    "information_scaling": ("network", "average"),
    "layer_widths": ("network", "task"),
    "min_cut": ("ensemble",),
    "missing_data": ("network", "missing", "imputation"),
    "overlaps": ("network",),
    "overlaps_trained": ("network", "task"),
    "pooling_geometry": ("network", "initialisation"),
    "recurrent_memory_trained": ("network", "task"),
    "simnets": ("network",),
    "target_entropy": ("task", "shape", "convention"),
    "trained_entanglement": ("network", "control"),
}


def test_every_study_is_looked_at():
    assert set(LISTED) | set(MORE) == set(studies())


@pytest.mark.parametrize("study", LISTED)
def test_a_series_without_a_place_is_refused_in_one_line(study):
    table = read_table(REFERENCE / f"{study}.parquet")
    for column in LISTED[study]:
        known = table[column].notna() & (table[column].astype(str) != "")
        values = table[column].astype(object)
        one = table.index[known][0]
        values[one] = 0.25 if isinstance(values[one], float | np.floating) else "unheard of"
        with pytest.raises(ArgumentError) as caught:
            draw(study, table.assign(**{column: values}))
        assert str(caught.value).startswith(f"table: {column} ")
        assert " has no place in the figures; accepted: " in str(caught.value)
        assert len(str(caught.value)) <= 200


def test_a_column_counts_its_steps_as_its_label_says():
    table = pooling_table(seeds=2, steps=3000)
    table.loc[table["network"] == pooling_geometry.SHALLOW, "step"] //= 2
    panels = [axes for axes in draw("pooling_geometry", table)["curves"].axes if axes.get_xlabel()]
    assert [axes.get_xlabel() for axes in panels] == ["Step (1,000)"] * (len(panels) - 1) + ["Step"]
    for axes in panels:
        largest = max(max(line.get_xdata()) for line in axes.lines if len(line.get_xdata()) > 2)
        assert largest == (1500 if axes.get_xlabel() == "Step" else 3)
