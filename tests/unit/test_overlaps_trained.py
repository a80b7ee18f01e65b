"""overlaps_trained: networks in which only the overlap differs, and figures of tables of every shape."""

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from convac.claims.verdicts import evaluate_all
from convac.experiments.overlaps_trained.block import ANYWHERE, FIGURES, IN_PLACE, TOLERANCE, Block, cells
from convac.experiments.overlaps_trained.claims import CLAIMS
from convac.experiments.overlaps_trained.figures import compared, draw
from convac.measurement.least_squares import accuracies
from convac.planning.config import scaled
from convac.plotting.checks import problems
from convac.plotting.style import stamp
from convac.specs.parsing import parse

CONFIG = yaml.safe_load((Path(__file__).parents[2] / "config.yaml").read_text())["experiments"]["overlaps_trained"]
SCALES = ("smoke", "laptop", "paper")


@cache
def asked(scale):
    return cells(parse(Block, scaled(CONFIG, scale), "overlaps_trained"))


@cache
def trained(scale="laptop", seeds=10, points=5, kernels=(1, 2, 3, 4, 5)):
    """The table of a run: accuracies grow with training and with the kernel, in place they are the same."""
    generator, found = np.random.default_rng(3), []
    for cell in (cell for cell in asked(scale) if cell.labels["kernel"] in kernels):
        steps, place = cell.spec.training.steps, cell.labels["task"] == IN_PLACE
        best = 0.9 if place else 0.95 - 0.6 / cell.labels["kernel"]
        for seed in range(seeds):
            key = {"cell": str(cell.labels), **cell.labels, "seed": seed}
            for step in np.linspace(0, steps, points).astype(int):
                grown = 0.1 + (best - 0.1) * (1 - np.exp(-5 * step / steps)) + generator.normal(0, 0.008)
                for split, value in {"train_accuracy": grown, "test_accuracy": 0.95 * grown}.items():
                    found.append({**key, "step": step, "quantity": split, "value": float(np.clip(value, 0, 1))})
            if cell.measure:
                found.append({**key, "step": None, "quantity": "least_squares_train_accuracy", "value": 0.45})
    return pd.DataFrame(found)


def faults(table, claims=None):
    """What the checks find in every figure of a table, as it is printed."""
    figures = draw(table, evaluate_all(CLAIMS, table) if claims is None else claims)
    assert set(figures) == set(FIGURES)
    for made in figures.values():
        stamp(made, "overlaps_trained · table 1a2b3c4d · code 5e6f7a8b")
    return [fault for made in figures.values() for fault in problems(made)]


@pytest.mark.parametrize("scale", SCALES)
def test_networks_are_equal_in_what_they_say(scale):
    block = parse(Block, scaled(CONFIG, scale), "overlaps_trained")
    for cell in asked(scale):
        own = block.convnet if cell.labels["network"] == "ConvNet" else block.convac
        if cell.labels["equal"] in {"channels", "both"}:
            assert set(cell.spec.network.widths) == {own.channels}
        if cell.labels["equal"] in {"parameters", "both"}:
            assert cell.labels["weights"] == pytest.approx(own.parameters, rel=TOLERANCE), cell.labels


@pytest.mark.parametrize("scale", SCALES)
def test_only_the_overlap_differs(scale):
    for cell in asked(scale):
        kernel, network = cell.labels["kernel"], cell.spec.network
        convnet = cell.labels["network"] == "ConvNet"
        assert network.kind == ("convolutional" if convnet else "overlapping")
        assert network.kernel == (kernel if convnet else kernel + 1)
        others = [each.spec for each in asked(scale) if each.labels["network"] == cell.labels["network"]]
        assert {each.training for each in others} == {cell.spec.training}
        fixed = {each.network.model_copy(update={"kernel": 2, "widths": network.widths}) for each in others}
        assert fixed == {network.model_copy(update={"kernel": 2})}


def test_all_networks_see_the_same_images_drawn_for_each_seed():
    for task in (ANYWHERE, IN_PLACE):
        (dataset,) = {cell.spec.dataset for cell in asked("paper") if cell.labels["task"] == task}
        assert dataset.seeds == asked("paper")[0].spec.training.seeds
        assert dataset.resplit
        assert (dataset.grid == 1) == (task == ANYWHERE)


def test_every_task_has_its_baseline_once():
    measured = [cell.labels["task"] for cell in asked("paper") if cell.measure]
    assert sorted(measured) == [ANYWHERE, IN_PLACE]


def test_least_squares_answers_what_is_linear_and_no_more():
    images = np.array([[0, 0], [0, 9], [9, 0], [9, 9]] * 5)
    linear, parity = images[:, 0] // 9, (images.sum(1) == 9).astype(int)
    for labels, wanted in ((linear, 1.0), (parity, 0.5)):
        data = {"train_images": images, "train_labels": labels, "test_images": images, "test_labels": labels}
        assert accuracies(data)["least_squares_accuracy"] == pytest.approx(wanted, abs=0.26 if wanted < 1 else 0)
        assert accuracies(data)["least_squares_train_accuracy"] == accuracies(data)["least_squares_accuracy"]


def test_figures_are_legible():
    assert faults(trained()) == []


def test_figures_of_claims_that_fail_are_legible():
    table = trained()
    changed = table.assign(value=table["value"].where(table["kernel"] != 3, table["value"] * 0.4))
    claims = evaluate_all(CLAIMS, changed)
    assert set(claims["verdict"]) == {"contradicted"}
    assert faults(changed, claims) == []


@pytest.mark.parametrize("seeds", [1, 2])
def test_figures_of_small_runs_are_legible(seeds):
    assert faults(trained(seeds=seeds, points=3, kernels=(1, 3))) == []
    assert faults(trained(seeds=seeds, points=3, kernels=(3,))) == []


def test_figures_of_long_runs_with_every_kernel_are_legible():
    assert faults(trained("paper", seeds=3, points=21)) == []


@pytest.mark.parametrize(("column", "value"), [("network", "ConvAC"), ("task", IN_PLACE)])
def test_figures_of_a_part_of_the_table_are_legible(column, value):
    table = trained("paper", seeds=3)
    assert faults(table[table[column] == value]) == []


@pytest.mark.parametrize("missing", ["test_accuracy", "train_accuracy", "least_squares_train_accuracy"])
def test_missing_quantities_do_no_harm(missing):
    table = trained(seeds=2, points=3)
    assert faults(table[table["quantity"] != missing]) == []


@pytest.mark.parametrize("columns", [["widths"], ["weights"], ["step"], ["kernel"], ["equal"], ["task"]])
def test_missing_columns_do_no_harm(columns):
    assert faults(trained(seeds=2, points=3).drop(columns=columns), pd.DataFrame()) == []


def test_parts_without_rows_say_so():
    assert faults(trained().iloc[:0]) == []
    assert faults(pd.DataFrame(), pd.DataFrame()) == []


def test_verdicts_stand_beside_the_gains_and_in_no_title():
    table = trained()
    claims = evaluate_all(CLAIMS, table)
    made = draw(table, claims)[""]
    (gains,) = (axes for axes in made.axes if axes.get_xlabel() == "Gain in train accuracy")
    above = [axes for axes in made.axes if axes is not gains]
    assert not [axes for axes in above if any(word in axes.get_title("left") for word in set(claims["verdict"]))]
    told = [label.get_text() for label in gains.get_yticklabels()]
    lines = compared(claims, ("ConvNet", "ConvAC"), ("channels", "parameters"))
    assert told == [f"{words}: {line['verdict']}" for words, line in lines]
    assert len(told) == len(CLAIMS)
    assert told[-1] == "ConvAC, equal parameters, K = 3 over 2: reproduced"


def test_without_verdicts_there_is_no_panel_of_gains():
    table = trained()
    assert len(draw(table, pd.DataFrame())[""].axes) == len(draw(table, evaluate_all(CLAIMS, table))[""].axes) - 1
