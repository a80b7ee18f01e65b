import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from pooling_table import pooling_table

from convac.errors import ArgumentError
from convac.experiments.pooling_geometry import figures as pooling_geometry
from convac.plotting import style
from convac.plotting.checks import colour_distance, problems
from convac.plotting.primitives import (
    Sample,
    curves,
    dots,
    final,
    first_draw,
    images,
    note,
    per_seed,
    picture,
    plain_numbers,
    rows,
)
from convac.plotting.style import BLACK, BLUE, GREEN, ORANGE, PURPLE, VERMILLION, figure, house, save

PARTS = {"", "examples", "curves", "depth"}
PROVENANCE = "pooling_geometry · laptop · config 1a2b3c4d · code 5e6f7a8b · commit 2d2bfbd"
VERDICTS = pd.DataFrame(
    {
        "id": ["pooling-geometry-convac-closedness", "pooling-geometry-convrect-max-closedness"],
        "mean": [0.15, -0.02],
        "low": [0.1, -0.03],
        "high": [0.2, -0.01],
        "threshold": [0.05, 0.02],
        "verdict": ["reproduced", "contradicted"],
    }
)


def sound():
    """A figure without fault: two labelled curves."""
    with house():
        made = figure()
        axes = made.subplots()
        axes.plot([0, 1], [0, 1], color=BLUE, label="one")
        axes.plot([0, 1], [1, 0], color=VERMILLION, label="two")
        axes.set(xlabel="Step", ylabel="Loss (nats)")
    return made


def faults(change):
    """What the checks find after `change(axes)` on a sound figure."""
    made = sound()
    with house():
        change(made.axes[0])
    return problems(made)


def test_sound_figure_passes():
    assert problems(sound()) == []


def test_small_type_is_found():
    assert any("6 pt" in fault for fault in faults(lambda axes: axes.set_xlabel("Step", fontsize=6)))
    assert any("5.6 pt" in fault for fault in faults(lambda axes: axes.set_xlabel("$10^{3}$ steps", fontsize=8)))


def test_overlapping_text_is_found():
    def overlap(axes):
        axes.text(0.5, 0.5, "first label")
        axes.text(0.52, 0.5, "second label")

    assert "text 'first label': overlaps 'second label'" in faults(overlap)


def test_crowded_tick_labels_are_found():
    assert any("overlaps" in fault for fault in faults(lambda axes: axes.set_xticks(np.linspace(0, 1, 40))))


def test_text_off_the_canvas_is_found():
    assert any("leaves the canvas" in fault for fault in faults(lambda axes: axes.figure.text(0.8, 0.5, "lost" * 9)))


def test_warnings_of_matplotlib_are_faults():
    assert any("Glyph" in fault for fault in faults(lambda axes: axes.set_xlabel("Step \u4e00")))


def test_missing_labels_are_found_only_where_numbers_stand():
    assert faults(lambda axes: axes.set_ylabel("")) == ["axes 1: y axis has no label"]
    for wrong in ("entropy (nats)", "a share", "Entropy [nats]"):
        told = f"axes 1: {wrong!r}; accepted: a capital first, units in round brackets"
        assert faults(lambda axes, wrong=wrong: axes.set_ylabel(wrong)) == [told]
        assert faults(lambda axes, wrong=wrong: axes.set_title(wrong, loc="left")) == [told]
    assert faults(lambda axes: axes.set_ylabel("ln D")) == []
    assert faults(lambda axes: axes.set(xlabel="", xticks=[0, 1], xticklabels=["left", "right"])) == []
    assert faults(lambda axes: axes.set_axis_off()) == []


def test_legend_over_data_is_found():
    assert any("legend covers" in fault for fault in faults(lambda axes: axes.legend(loc="upper right")))
    assert faults(lambda axes: axes.legend(loc="center left")) == []


def red_and_green(axes, **second):
    axes.plot([0, 1], [0.2, 0.3], color="#d62728", label="red")
    axes.plot([0, 1], [0.5, 0.6], **{"color": "#2ca02c", "label": "green", **second})


def test_red_and_green_of_one_style_are_found():
    assert any("deuteranopia" in fault and "'red'" in fault for fault in faults(red_and_green))


@pytest.mark.parametrize("second", [{"linestyle": "--"}, {"marker": "o"}, {"color": BLACK}])
def test_another_style_or_colour_mends_red_and_green(second):
    assert not [fault for fault in faults(lambda axes: red_and_green(axes, **second)) if "'red' and 'green'" in fault]


def test_red_and_green_points_and_bars_are_found():
    def points(axes):
        axes.scatter([0], [0.2], color="#d62728", label="red")
        axes.scatter([1], [0.2], color="#2ca02c", label="green")

    def bars(axes):
        axes.bar([0.2], [0.2], 0.1, color="#d62728", label="red")
        axes.bar([0.6], [0.2], 0.1, color="#2ca02c", label="green")

    assert any("'red' and 'green'" in fault for fault in faults(points))
    assert any("under deuteranopia" in fault for fault in faults(bars))


def test_two_series_that_look_the_same_are_found():
    def same(axes):
        axes.plot([0, 1], [0.5, 0.6], color=BLUE, label="three")

    assert faults(same) == ["axes 1: 'one' and 'three' look the same"]


def test_palette_is_told_apart_by_everyone():
    palette = (BLUE, VERMILLION, GREEN, PURPLE, ORANGE, BLACK)
    for vision in ("normal vision", "protanopia", "deuteranopia", "tritanopia"):
        distances = [colour_distance(one, two, vision) for one in palette for two in palette if one < two]
        assert min(distances) > 15


def test_colour_distance_agrees_with_known_values():
    assert colour_distance("white", "black") == pytest.approx(100, abs=0.01)
    assert colour_distance("red", "lime") == pytest.approx(170.6, abs=0.2)
    for vision in ("protanopia", "deuteranopia", "tritanopia"):
        assert colour_distance("0.3", "0.7", vision) == pytest.approx(colour_distance("0.3", "0.7"), abs=0.5)


@pytest.fixture(scope="module")
def drawn():
    return pooling_geometry.draw(pooling_table(steps=3000), VERDICTS)


def test_house_figures_have_every_part_and_no_fault(drawn):
    assert set(drawn) == PARTS
    for part, made in drawn.items():
        style.stamp(made, PROVENANCE)
        assert problems(made) == [], part


def test_comparison_shows_the_verdicts(drawn):
    gains, accuracies, _ = sorted(drawn[""].axes, key=lambda axes: axes.get_xlabel(), reverse=True)
    labels = [label.get_text() for label in accuracies.get_xticklabels()]
    assert labels[0] == "ConvAC\npositive\nr = 16"
    told = [label.get_text() for label in gains.get_yticklabels()]
    assert told == ["closedness, ConvAC positive: reproduced", "closedness, ConvRect max: contradicted"]
    assert labels[-2:] == ["shallow\nConvAC\nr = 256", "window\ncounts,\nlinear"]


@pytest.mark.parametrize(
    "reduced",
    [
        {"seeds": 1, "steps": 150, "side": 16, "signed": False},
        {"seeds": 2, "steps": 15, "side": 8, "deep_widths": (8, 32)},
    ],
)
def test_small_and_wide_runs_are_drawn_too(reduced):
    table = pooling_table(**reduced)
    parts = pooling_geometry.draw(table, pd.DataFrame())
    assert set(parts) == PARTS
    assert {part: problems(made) for part, made in parts.items()} == {part: [] for part in PARTS}


@pytest.mark.parametrize(
    "missing", ["window_accuracy", "test_accuracy", "count_accuracy", "initial_log_scale", "pixel"]
)
def test_missing_quantities_do_no_harm(missing):
    table = pooling_table(seeds=1, steps=15, side=8)
    table = table[(table["quantity"] != missing) & (table["task"] == "closedness")]
    assert set(pooling_geometry.draw(table, VERDICTS)) == PARTS


def test_empty_table_gives_placeholders():
    parts = pooling_geometry.draw(pd.DataFrame(), pd.DataFrame())
    assert set(parts) == PARTS
    assert {part: problems(made) for part, made in parts.items()} == {part: [] for part in PARTS}
    assert "curves: no rows" in parts["curves"].texts[0].get_text()


def test_saving_twice_gives_the_same_bytes(tmp_path, drawn):
    first = save(drawn["depth"], tmp_path / "a" / "depth", PROVENANCE)
    second = save(drawn["depth"], tmp_path / "b" / "depth", PROVENANCE)
    assert [path.name for path in first] == ["depth.pdf", "depth.svg", "depth.png"]
    for one, two in zip(first, second, strict=True):
        assert one.read_bytes() == two.read_bytes()
    assert {path.name for path in (tmp_path / "a").iterdir()} == {path.name for path in first}


def test_bytes_are_the_same_in_another_process_under_other_settings(tmp_path):
    code = """
import sys, matplotlib
matplotlib.rcParams.update({"font.size": 20, "svg.fonttype": "none", "lines.linewidth": 5})
from convac.plotting.primitives import dots
from convac.plotting.style import figure, house, save
with house():
    made = figure()
    axes = made.subplots()
    dots(axes, 0.0, [0.1, 0.2, 0.4], "#0072B2", "o")
    axes.set(xlabel="x", ylabel="y")
save(made, sys.argv[1], "process")
"""
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "a")], check=True)
    with house():
        made = figure()
        axes = made.subplots()
        dots(axes, 0.0, [0.1, 0.2, 0.4], BLUE, "o")
        axes.set(xlabel="x", ylabel="y")
    save(made, tmp_path / "b", "process")
    for suffix in style.FORMATS:
        assert (tmp_path / f"a.{suffix}").read_bytes() == (tmp_path / f"b.{suffix}").read_bytes()


def test_files_carry_the_provenance_and_no_date(tmp_path):
    long = f"{PROVENANCE} · {'more ' * 30}"
    made = sound()
    pdf, svg, png = save(made, tmp_path / "figure", long)
    assert b"CreationDate" not in pdf.read_bytes()
    assert "<dc:date>" not in svg.read_text()
    assert PROVENANCE in svg.read_text()
    assert PROVENANCE.encode("latin-1") in png.read_bytes()
    assert problems(made) == []
    assert len([text for text in made.texts if text.get_gid() == style.PROVENANCE]) == 1


def test_settings_outside_are_left_alone():
    import matplotlib

    before = matplotlib.rcParams["font.size"]
    with house():
        assert matplotlib.rcParams["font.size"] == 7.5
    assert matplotlib.rcParams["font.size"] == before


def test_no_pyplot_state_is_made():
    heavy = ("matplotlib.pyplot", "torch")
    module = "convac.experiments.pooling_geometry.figures"
    code = f"import sys, {module}; print([name for name in {heavy} if name in sys.modules])"
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
    )


def test_selections():
    table = pd.DataFrame({"cell": "a", "seed": [0, 0, 1, 1], "step": [1, 2, 1, 3], "value": [0.0, 1.0, 2.0, 3.0]})
    assert list(final(table)["value"]) == [1.0, 3.0]
    assert per_seed(table) == [0.5, 2.5]
    assert len(rows(table, step=(1, 3))) == 3
    assert rows(table, absent=1).empty


def test_curves_draw_the_mean_and_its_interval():
    values = [0.0, 1.0, 2.0, 0.5, 0.5, 0.5]
    table = pd.DataFrame({"seed": [0, 1, 2] * 2, "step": [0] * 3 + [10] * 3, "value": values})
    axes = Figure().subplots()
    curves(axes, table, unit=10.0, color=BLUE)
    line = axes.get_lines()[0]
    assert list(line.get_xdata()) == [0.0, 1.0]
    assert list(line.get_ydata()) == [1.0, 0.5]
    band = axes.collections[0].get_paths()[0].vertices
    assert band[:, 1].max() == pytest.approx(1 + 4.303 / 3**0.5, abs=0.01)  # Student-t with 2 degrees of freedom
    curves(axes, table.iloc[:0])
    assert len(axes.get_lines()) == 1


def test_dots_show_every_seed_and_survive_one():
    axes = Figure().subplots()
    dots(axes, 0.0, [0.1, 0.2, 0.3], BLUE, "o")
    assert len(axes.collections[0].get_offsets()) == 3
    dots(axes, 1.0, [0.5], BLUE, "o", filled=False)
    dots(axes, 2.0, [], BLUE, "o")
    assert len(axes.containers) == 2


def ends_of(axes):
    """Lower and upper end of the whiskers of the first errorbar."""
    (bars,) = axes.containers[0].lines[2]
    return tuple(bars.get_segments()[0][:, 1])


@pytest.mark.parametrize(("quantity", "top"), [("test_accuracy", 1.0), ("loss", pytest.approx(1.31, abs=1e-3))])
def test_whiskers_and_bands_of_fractions_end_at_one(quantity, top):
    table = pd.DataFrame({"seed": [0, 1, 2], "step": 10, "quantity": quantity, "value": [1.0, 0.98, 0.7]})
    axes = Figure().subplots()
    dots(axes, 0.0, per_seed(table), BLUE, "o")
    assert ends_of(axes)[1] == top
    curves(axes, table, color=BLUE)
    band = axes.collections[-1].get_paths()[0].vertices
    assert band[:, 1].max() == top


def test_whiskers_of_fractions_end_at_zero_and_on_log_scales_at_one():
    low = Sample([0.0, 0.02, 0.3], fraction=True)
    axes = Figure().subplots()
    dots(axes, 0.0, low, BLUE, "o")
    assert ends_of(axes)[0] == 0
    dots(axes := Figure().subplots(), 0.0, Sample([1.0, 0.9, 0.5], fraction=True), BLUE, "o", logarithmic=True)
    assert ends_of(axes)[1] == 1


def test_an_example_is_of_one_draw():
    site = np.arange(4)
    drawn = [pd.DataFrame({"seed": seed, "site": site, "value": site / 4 + seed / 100}) for seed in (12, 11)]
    both = pd.concat(drawn)
    np.testing.assert_allclose(picture(first_draw(both)), [[0.11, 0.36], [0.61, 0.86]])
    assert first_draw(both.drop(columns="seed")).equals(both.drop(columns="seed"))
    with pytest.raises(ArgumentError, match="pixels of several images in one"):
        picture(both)


def test_long_notes_are_broken_at_the_edge_of_the_canvas():
    with house():
        made = figure(3.3, 3)
        made.subplots().set(xlabel="x", ylabel="y")
        note(made, "word " * 60, "short")
    assert not any("canvas" in fault for fault in problems(made))
    assert made.texts[-1].get_text().endswith("word\nShort")


def test_image_grid_keeps_every_picture():
    axes = Figure().subplots()
    images(axes, [np.eye(3), np.zeros((3, 3)), np.ones((3, 3))], columns=2, label="class")
    sheet = np.asarray(axes.get_images()[0].get_array())
    assert sheet.shape == (9, 9)
    assert np.array_equal(sheet[1:4, 1:4], 1 - np.eye(3))
    assert np.array_equal(sheet[5:8, 1:4], np.zeros((3, 3)))


def test_numbers_on_log_axes_have_no_exponents():
    made = sound()
    with house():
        made.axes[0].set(yscale="log", ylim=(0.01, 100))
        plain_numbers(made.axes[0])
        made.draw_without_rendering()
    assert "100" in [label.get_text() for label in made.axes[0].get_yticklabels()]
    assert problems(made) == []


def test_style_file_ships_with_the_package():
    assert Path(style.STYLE).is_file()
