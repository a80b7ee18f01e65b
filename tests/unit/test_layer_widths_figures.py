"""The figures of layer_widths on synthetic tables of every scale, of list profiles, and with tasks left out."""

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from convac.claims.verdicts import evaluate_all
from convac.experiments.layer_widths.block import FIGURES, Block, cells
from convac.experiments.layer_widths.claims import CLAIMS
from convac.experiments.layer_widths.figures import compared, draw, everywhere, logit_scale, looks, stuck
from convac.planning.config import scaled
from convac.plotting.checks import problems
from convac.plotting.example_images import scales
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
        kinds = {"published": {"patch": 2}, "convac": {"patch": 2}}
        kinds = {kind: {**config[kind], **changes} for kind, changes in kinds.items()}
        config = {**config, "profiles": CASES[case], **kinds}
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
            if cell.measure:
                baseline = {"phase": "baseline", "quantity": "least_squares_accuracy", "value": 0.3}
                found.append({**labels, "seed": seed, **baseline})
    parts = [pd.DataFrame(found), *(seen(f"data-{n}", given) for n, given in enumerate(datasets.values()))]
    return tidy(pd.concat(parts, ignore_index=True))


def seen(cell, given):
    """Pixel rows of a data set: squares at random places."""
    generator, size, free = np.random.default_rng(5), given["size"], given["canvas"] - given["size"]
    chosen = []
    for label in range(3):
        for example in range(2):
            row, column = generator.integers(free + 1, size=2)
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


@pytest.mark.parametrize("missing", ["local", "global"])
def test_figures_survive_missing_tasks(missing):
    table = made("laptop")
    assert faults(table[table["task"] != missing]) == {}
    assert faults(table[(table["task"] == missing) & (table["quantity"] != "pixel")], pd.DataFrame()) == {}


def test_figures_survive_missing_kinds_profiles_and_seeds():
    table = made("smoke")
    assert faults(table[table["network"] != "ConvAC"]) == {}
    assert faults(table[~((table["network"] == "ConvNet 3×3") & (table["task"] == "local"))]) == {}
    assert faults(table[(table["profile"] != "wide-base") & (table["seed"].isna() | (table["seed"] == 1))]) == {}
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


def test_verdicts_stand_beside_the_gains():
    table = made("laptop")
    claims = evaluate_all(CLAIMS, table)
    lines = compared(claims, ("local", "global"))
    assert [words for words, _ in lines] == [
        "local, ConvNet 1×1, base over tip",
        "local, ConvNet 3×3, base over tip",
        "global, ConvNet 1×1, tip over base",
        "global, ConvNet 3×3, tip over base",
        "global, ConvAC, tip over base",
    ]
    (gains,) = (axes for axes in draw(table, claims)[""].axes if axes.get_xlabel() == "Gain in test accuracy")
    told = [label.get_text() for label in gains.get_yticklabels()]
    assert told == [f"{words}: {line['verdict']}" for words, line in lines]
    assert len(draw(table, pd.DataFrame())[""].axes) == len(draw(table, claims)[""].axes) - 1


def test_networks_that_ended_at_chance_are_named():
    table = made("smoke")
    assert stuck(table) == []
    of = (table["network"] == "ConvAC") & (table["task"] == "local") & (table["profile"] == "wide-tip")
    low = table.assign(value=table["value"].where(~of | (table["quantity"] != "train_accuracy"), 0.1))
    assert stuck(low) == ["At chance in training, by seed: ConvAC local wide-tip all"]
    assert stuck(low)[0] in texts(draw(low, pd.DataFrame())[""])
    assert faults(low) == {}
    one = table.assign(value=table["value"].where(~of | (table["seed"] != 1) | low["value"].ne(0.1), 0.1))
    assert stuck(one) == ["At chance in training, by seed: ConvAC local wide-tip 1"]


def test_the_footer_is_short():
    table = made("laptop")
    low = table.assign(value=table["value"].where(table["quantity"] != "train_accuracy", 0.1))
    notes = [text.get_text() for text in draw(low, evaluate_all(CLAIMS, table))[""].texts]
    assert max(note.count("\n") for note in notes) < 4


def test_the_story_takes_the_network_that_was_run_at_every_length_scale():
    assert everywhere(made("paper")[made("paper")["network"] == "ConvNet 3×3"]) == 30000


def test_examples_of_several_groups_of_seeds_are_those_of_the_first():
    table = made("laptop")
    assert set(scales(table[table["quantity"] == "pixel"])) == {8, 32}


def test_the_logit_scale_shows_chance_only_in_range():
    with house():
        axes = figure().subplots()
        assert logit_scale([axes], pd.DataFrame({"value": [0.05, 0.99]}), 0.1)
        assert not logit_scale([axes], pd.DataFrame({"value": [0.6, 1.0]}), 0.1)
    assert axes.get_ylim()[0] > 0.4
