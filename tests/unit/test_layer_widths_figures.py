"""The figures of layer_widths on synthetic tables of every scale, of list profiles, and with tasks left out."""

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from convac.claims.verdicts import evaluate_all
from convac.datasets.agreement import generate
from convac.experiments.layer_widths.block import FIGURES, Block, cells
from convac.experiments.layer_widths.claims import CLAIMS
from convac.experiments.layer_widths.figures import draw, everywhere, judged_gain, logit_scale, looks
from convac.planning.config import scaled
from convac.plotting.checks import problems
from convac.plotting.example_images import gap, scales, shots, tiled
from convac.plotting.style import BLUE, VERMILLION, figure, house
from convac.specs.parsing import parse
from convac.specs.tables import tidy

CONFIG = yaml.safe_load((Path(__file__).parents[2] / "config.yaml").read_text())["experiments"]["layer_widths"]
# profiles by name, each at a scale, and four networks whose levels are lists
CASES = {"smoke": (), "laptop": (), "paper": (), "lists": ("8-4-2-1", "1-2-4-8", "1-4-4-1", "uniform")}


@cache
def made(case):
    """A tidy table: runs with accuracies of their own, and what data sets of every size and grid look like."""
    config = scaled(CONFIG, "laptop" if CASES[case] else case)
    if CASES[case]:
        config = {**config, "profiles": CASES[case], "convac": {**config["convac"], "patch": 2}}
    block = parse(Block, config, "layer_widths")
    generator = np.random.default_rng(3)
    found, datasets = [], {}
    for number, cell in enumerate(cells(block)):
        run, labels = cell.spec, {"cell": f"run-{number}", **cell.labels}
        datasets[repr(run.dataset)] = run.dataset.arguments
        middle = 0.93 - 0.25 * (cell.labels["task"] == "local") + 0.02 * (cell.labels["cut_rank"] == "larger")
        for seed in run.training.seeds:
            for step in (0, 10):
                test = float(np.clip(middle + generator.normal(0, 0.02), 0, 1)) if step else 0.1
                values = {"test_accuracy": test, "train_accuracy": min(1.0, test + 0.03)}
                found += [{**labels, "seed": seed, "step": step, "quantity": k, "value": v} for k, v in values.items()]
    parts = [pd.DataFrame(found), *(seen(f"data-{n}", given) for n, given in enumerate(datasets.values()))]
    return tidy(pd.concat(parts, ignore_index=True))


def seen(cell, given):
    """Pixel rows of a data set: squares at its places, or the control's images."""
    if "distance" in given:
        arrays = generate("agreement", 0, given["distance"], given["canvas"], 1, 1, 30)
        labels = arrays["test_labels"]
        chosen = [(label, n, arrays["test_images"][labels == label][n]) for label in (0, 1) for n in range(4)]
        return pixels(cell, chosen, {"task": "agreement"})
    generator, size, free = np.random.default_rng(5), given["size"], given["canvas"] - given["size"]
    chosen = []
    for label in range(3):
        for example in range(2):
            row, column = generator.integers(free // given["grid"] + 1, size=2) * given["grid"]
            image = np.zeros((given["canvas"],) * 2)
            image[row : row + size, column : column + size] = generator.random((size, size)) + 0.1
            chosen.append((label, example, np.minimum(image, 1)))
    return pixels(cell, chosen, {"size": size})


def pixels(cell, chosen, labels):
    parts = [
        pd.DataFrame({"label": label, "example": example, "site": range(image.size), "value": image.ravel() * 1.0})
        for label, example, image in chosen
    ]
    return pd.concat(parts, ignore_index=True).assign(cell=cell, quantity="pixel", **labels)


def faults(table, claims=None):
    figures = draw(table, evaluate_all(CLAIMS, table) if claims is None else claims)
    assert set(figures) == set(FIGURES)
    return {part: found for part, shown in figures.items() if (found := problems(shown))}


def texts(drawn):
    return " ".join([*(text.get_text() for text in drawn.texts), *(axes.get_title(loc="left") for axes in drawn.axes)])


@pytest.mark.parametrize("case", CASES)
def test_figures_are_legible(case):
    assert faults(made(case)) == {}


@pytest.mark.parametrize("missing", ["local", "between", "global", "agreement"])
def test_figures_survive_missing_tasks(missing):
    table = made("laptop")
    assert faults(table[table["task"] != missing]) == {}
    assert faults(table[(table["task"] == missing) & (table["quantity"] != "pixel")], pd.DataFrame()) == {}


def test_figures_survive_missing_kinds_profiles_and_seeds():
    table = made("smoke")
    assert faults(table[table["network"] != "ConvAC"]) == {}
    assert faults(table[~((table["network"] == "ConvNet") & (table["task"] == "local"))]) == {}
    assert faults(table[(table["profile"] != "wide-base") & (table["seed"].isna() | (table["seed"] == 0))]) == {}
    assert faults(table[table["quantity"] != "train_accuracy"]) == {}


def test_figures_survive_accuracies_of_zero_and_one():
    table = made("smoke")
    for extreme in (0.0, 1.0):
        assert faults(table.assign(value=table["value"].where(table["quantity"] == "pixel", extreme))) == {}


def test_parts_without_rows_say_so():
    for table in (pd.DataFrame(), made("smoke").iloc[:0]):
        for part, empty in draw(table, pd.DataFrame()).items():
            assert "no rows" in texts(empty), part


def test_a_profile_looks_the_same_everywhere():
    assert looks(made("laptop")) == {"wide-base": (BLUE, "s"), "wide-tip": (VERMILLION, "D")}
    assert len(set(looks(made("lists")).values())) == 4
    many = looks(pd.DataFrame({"profile": [f"{number}-1" for number in range(20)]}))
    assert len(set(many.values())) == 18  # every colour with every marker


def test_verdicts_stand_in_their_panels():
    table = made("laptop")
    figures = draw(table, evaluate_all(CLAIMS, table))
    assert "base − tip: 0.0" in texts(figures[""])
    assert "shortest: base − tip:" in texts(figures["control"])
    assert texts(figures["story"]).count("larger − smaller min-cut") == 2
    assert "> 0.0" not in texts(draw(table, pd.DataFrame())[""])


def test_a_verdict_tells_gain_interval_threshold_and_word():
    entry = {"id": "layer-widths-x", "mean": -0.05, "low": -0.07, "high": -0.03, "threshold": 0.01}
    claims = pd.DataFrame([{**entry, "verdict": "contradicted"}])
    assert judged_gain(claims, "x") == "−0.05 [−0.07, −0.03] > 0.01: contradicted"
    assert judged_gain(claims.assign(low=-np.inf, high=np.inf), "x") == "−0.05 > 0.01: contradicted"
    assert judged_gain(claims.assign(mean=np.nan, verdict="not run"), "x") == judged_gain(claims, "y") == ""


def test_the_story_takes_the_network_that_was_run_at_every_length_scale():
    table = made("laptop")
    assert everywhere(table[(table["network"] == "ConvNet") & (table["task"] != "agreement")]) == 6000


def test_data_sets_of_one_size_are_told_apart():
    table = made("laptop")
    assert set(scales(table[table["quantity"] == "pixel"])) == {
        (8, "anywhere"), (8, "in squares"), (16, "anywhere"), (16, "in squares"), (32, ""),
    }  # fmt: skip
    assert not tiled([(0, np.zeros((8, 8)))], 4)


def test_the_distance_of_pairs_is_read_off_their_images():
    for distance in (2, 5, 16):
        table = seen("a", {"distance": distance, "canvas": 32})
        assert gap(shots(table)) == distance
    assert gap([]) == 0


def test_the_logit_scale_shows_chance_only_in_range():
    with house():
        axes = figure().subplots()
        assert logit_scale([axes], pd.DataFrame({"value": [0.05, 0.99]}), 0.1)
        assert not logit_scale([axes], pd.DataFrame({"value": [0.6, 1.0]}), 0.1)
    assert axes.get_ylim()[0] > 0.4
