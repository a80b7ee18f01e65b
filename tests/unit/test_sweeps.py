"""Sweeps: what values become, what is refused in one line, and which lines a curve has."""

from pathlib import Path

import pandas as pd
import pytest
import yaml

from convac.cli import main
from convac.planning.config import block_at, config_mistakes
from convac.planning.sweeps import sweep_of
from convac.plotting.sweep import apart, named, sweep_figure, usual_quantity

ROOT = Path(__file__).parents[2]
CONFIG = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))


def swept(study, *assignments):
    return sweep_of(study, assignments, CONFIG["experiments"])


def test_every_combination_is_a_variant_that_the_config_accepts():
    found = swept("pooling_geometry", "widths=8,16,32", "seeds=3", "arithmetic.lr=1e-2,1e-3")
    assert found.swept == ("widths", "arithmetic.lr")
    assert len(found.blocks) == len(found.points) == 6
    written = yaml.safe_load(found.text())
    assert written == {"experiments": found.blocks}
    assert "&" not in found.text()
    experiments = {**CONFIG["experiments"], **written["experiments"]}
    assert config_mistakes({**CONFIG, "experiments": experiments}) == []
    for name, point in found.points.items():
        block = block_at(name, experiments, "smoke")
        assert block["widths"] == [point["widths"]]
        assert block["seeds"] == 3
        assert block["arithmetic"]["lr"] == point["arithmetic.lr"]
        assert block["arithmetic"]["steps"] == block_at("pooling_geometry", experiments, "smoke")["arithmetic"]["steps"]


def test_lists_stand_in_brackets():
    found = swept("pooling_geometry", "widths=[8, 16],[32]")
    assert [block["widths"] for block in found.blocks.values()] == [[8, 16], [32]]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["pooling", "widths=8,16"], 'experiment: "pooling" is unknown; '),
        (["pooling_geometry", "widht=8,16"], "pooling_geometry.widht: unknown key; did you mean widths?"),
        (["pooling_geometry", "widths=8"], "widths=8: is one value; accepted: several of at least one key"),
        (["pooling_geometry", "widths=8,0"], "pooling_geometry.widths.0: 0 is not accepted; accepted: greater"),
        (["pooling_geometry", "arithmetic.lr=x,1"], 'pooling_geometry.arithmetic.lr: "x" is not accepted'),
        (["pooling_geometry", "widths"], '"widths": is not an assignment; accepted: KEY=VALUE,VALUE'),
        (["pooling_geometry", "widths="], '"widths=": is not an assignment'),
        (["pooling_geometry", "widths=8,,16"], '"widths=8,,16": '),
        (["pooling_geometry", "widths=8,8"], '"widths=8,8": a value is empty or appears twice'),
        (["pooling_geometry", "widths=[8"], '"widths=[8": its values can\'t be read'),
        (["pooling_geometry", "widths=8,16", "widths=4,2"], "widths: appears twice; accepted: each key once"),
        (["min_cut", "cases=1,2", "--quantity", "nope"], '--quantity: "nope" is unknown; accepted: a quantity of docs'),
        (["min_cut", "cases=1,2", "--quantity", "min-cut"], '--quantity: "min-cut" is unknown; did you mean min_cut?'),
        (["min_cut", "cases=1,2", "--quantity", ""], '--quantity: "" is unknown'),
        (
            ["overlaps", "tree_sites=8,16", "--quantity", "test_accuracy"],
            "--quantity: test_accuracy: overlaps trains nothing",
        ),
        (
            ["min_cut", f"cases={','.join(map(str, range(1, 202)))}"],
            "201 combinations of values; accepted: at most 200",
        ),
    ],
)
def test_a_mistake_is_one_line_and_writes_nothing(words, told, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit):
        main(["sweep", *words])
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"convac: {told}")
    assert not list(tmp_path.iterdir())


def test_a_dry_run_writes_the_variants_and_prints_the_command(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    main(["sweep", "pooling_geometry", "widths=8,16", "--scale", "smoke", "-n"])
    (path,) = (path for path in tmp_path.rglob("*") if path.is_file())
    assert list(yaml.safe_load(path.read_text())["experiments"]) == [
        "pooling_geometry_widths_8",
        "pooling_geometry_widths_16",
    ]
    command = capsys.readouterr().out
    assert command.startswith("snakemake results/smoke/tables/pooling_geometry_widths_8.parquet ")
    assert command.endswith("--configfile results/smoke/sweeps/pooling_geometry-widths.yaml --config scale=smoke\n")


@pytest.mark.parametrize(
    ("study", "assignment", "quantity"),
    [
        ("overlaps", "tree_sites=8,16", "entropy"),  # of a network, and computed here
        ("min_cut", "cases=1,2", "closed_form"),
        ("pooling_geometry", "widths=8,16", "schmidt_number"),  # some measurement may give it
        ("target_entropy", "draws=1,2", "entropy"),
    ],
)
def test_a_quantity_that_the_table_may_have_is_accepted(study, assignment, quantity, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    main(["sweep", study, assignment, "--quantity", quantity, "--dry-run"])
    assert capsys.readouterr().out.startswith("snakemake ")


def test_variants_lie_over_the_config_files_that_are_given(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("mine.yaml").write_text("scale: paper\nexperiments: {pooling_geometry: {seeds: 7, arithmetic: {lr: 0.5}}}\n")
    Path("later.yaml").write_text("scale: smoke\nexperiments: {pooling_geometry: {widths: [3]}}\n")
    main(["sweep", "pooling_geometry", "arithmetic.lr=0.1,0.2", "--configfile", "mine.yaml", "later.yaml", "-n"])
    stem = "results/smoke/sweeps/pooling_geometry-arithmetic.lr"
    files = f"--configfile mine.yaml later.yaml {stem}.yaml --config scale=smoke\n"
    assert capsys.readouterr().out.endswith(files)
    # what a key accepts is decided with those files, too
    Path("bad.yaml").write_text("experiments: {pooling_geometry: {steps: many}}\n")
    for file, says in (("bad.yaml", "steps"), ("none.yaml", "none.yaml: no such file")):
        with pytest.raises(SystemExit):
            main(["sweep", "pooling_geometry", "widths=2,4", "--configfile", file, "-n"])
        told = capsys.readouterr().err
        assert says in told
        assert len(told.splitlines()) == 1


def table(widths=(4, 8)):
    """Two networks whose width is swept, one in which it isn't, and a label that follows the width."""
    found = []
    for width in widths:
        for network, own, cell in (("tree", width, f"tree-{width}"), ("flat", 64, "flat-64")):
            for task in ("a", "b"):
                labels = {"network": network, "width": own, "weights": own**2, "task": task, "cell": f"{cell}-{task}"}
                for seed in range(3):
                    for step in (0, 10):
                        value = width / 10 + seed / 100 + step
                        found.append({"sweep_widths": width, **labels, "seed": seed, "step": step, "value": value})
    return pd.DataFrame(found).assign(quantity="test_accuracy", missing=None)


def test_lines_are_of_what_the_sweep_changes():
    found, labels = apart(table().assign(at=table()["sweep_widths"]), "sweep_widths", "widths")
    assert labels == ["task"]
    assert set(found["network"]) == {"tree"}


def test_a_curve_has_the_mean_over_seeds_at_the_last_step():
    made = sweep_figure(table(), "widths", "test_accuracy")
    (axes,) = made.axes
    assert axes.get_xlabel() == "Widths"
    assert sorted(line.get_label() for line in axes.lines) == ["a", "b"]
    for line in axes.lines:
        assert line.get_xdata() == pytest.approx([4, 8])
        assert line.get_ydata() == pytest.approx([10.41, 10.81])


def test_texts_stand_side_by_side_in_their_order():
    swapped = table().assign(sweep_widths=lambda rows: rows["sweep_widths"].map({4: "wide", 8: "narrow"}))
    (axes,) = sweep_figure(swapped, "widths", "test_accuracy").axes
    assert [text.get_text() for text in axes.get_xticklabels()] == ["wide", "narrow"]


def test_many_lines_stand_in_panels():
    many = pd.concat([table().assign(task=f"t{n}", cell=lambda rows, n=n: rows["cell"] + str(n)) for n in range(9)])
    made = sweep_figure(many, "widths", "test_accuracy")
    assert len(made.axes) == 9
    assert all(len(axes.lines) == 1 for axes in made.axes)


def crossed():
    """Twelve lines: trees of two geometries and two depths, three tasks; `fits` says what geometry and task say."""
    parts = []
    for geometry in ("square", "mirror"):
        for levels in (1, 5):
            for task in ("a", "b", "c"):
                own = {
                    "geometry": geometry,
                    "levels": levels,
                    "fits": "yes" if (geometry == "square") == (task == "a") else "no",
                }
                own |= {"task": task, "cell": lambda rows, own=f"{geometry}{levels}{task}": rows["cell"] + own}
                parts.append(table().assign(**own))
    return pd.concat(parts)


def test_panels_share_their_lines_and_one_legend():
    made = sweep_figure(crossed(), "widths", "test_accuracy")
    assert [axes.get_title(loc="left") for axes in made.axes] == ["(a) Square", "(b) Mirror"]
    assert len({axes.get_ylim() for axes in made.axes}) == 1
    assert not any(axes.get_legend() for axes in made.axes)
    (legend,) = made.legends
    named_lines = {text.get_text() for text in legend.get_texts()}
    assert named_lines == {f"{task}, levels {levels}" for levels in (1, 5) for task in "abc"}
    for axes in made.axes:
        assert len(axes.lines) == len({(line.get_color(), line.get_marker()) for line in axes.lines}) == 6


def test_names_and_first_quantities():
    assert named({"network": "tree", "width": 16, "task": "–"}) == "tree, width 16"
    assert usual_quantity(pd.DataFrame({"quantity": ["loss", "loss", "rank"]})) == "rank"
    assert usual_quantity(pd.DataFrame({"quantity": ["loss", "loss", "gap"]})) == "loss"
