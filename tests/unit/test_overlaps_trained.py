"""overlaps_trained: networks of equal size at every kernel, and figures of tables of every shape."""

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from convac.claims.verdicts import evaluate_all
from convac.experiments.overlaps_trained.block import FIGURES, Block, cells
from convac.experiments.overlaps_trained.claims import CLAIMS
from convac.experiments.overlaps_trained.figures import draw, looks, verdicts
from convac.planning.config import scaled
from convac.plotting.checks import problems
from convac.plotting.style import stamp
from convac.specs.parsing import parse

CONFIG = yaml.safe_load((Path(__file__).parents[2] / "config.yaml").read_text())["experiments"]["overlaps_trained"]
SCALES = ("smoke", "laptop", "paper")
REACHED = {
    ("ConvNet", "local"): 0.62,
    ("ConvNet", "global"): 0.97,
    ("ConvAC", "local"): 0.45,
    ("ConvAC", "global"): 0.9,
}


@cache
def asked(scale):
    return cells(parse(Block, scaled(CONFIG, scale), "overlaps_trained"))


@cache
def trained(scale="laptop", seeds=5, points=5, kernels=(1, 2, 3, 5)):
    """The table of a run: accuracies grow with training and with the kernel; larger ones overfit."""
    generator, found = np.random.default_rng(3), []
    for cell in (cell for cell in asked(scale) if cell.labels["kernel"] in kernels):
        steps = cell.spec.training.steps
        best = REACHED[cell.labels["network"], cell.labels["task"]] - 0.25 / cell.labels["kernel"] ** 2
        for seed in range(seeds):
            end = best + generator.normal(0, 0.012)
            for step in np.linspace(0, steps, points).astype(int):
                grown = 0.1 + (end - 0.1) * (1 - np.exp(-5 * step / steps)) + generator.normal(0, 0.006)
                for split, value in {"test_accuracy": grown, "train_accuracy": min(1.0, 1.05 * grown)}.items():
                    key = {"cell": str(cell.labels), **cell.labels, "seed": seed, "step": step, "quantity": split}
                    found.append({**key, "value": float(np.clip(value, 0, 1))})
    return pd.DataFrame(found)


def faults(table, claims=None):
    """What the checks find in every figure of a table, as it is printed."""
    figures = draw(table, evaluate_all(CLAIMS, table) if claims is None else claims)
    assert set(figures) == set(FIGURES)
    for made in figures.values():
        stamp(made, "overlaps_trained · table 1a2b3c4d · code 5e6f7a8b")
    return [fault for made in figures.values() for fault in problems(made)]


@pytest.mark.parametrize("scale", SCALES)
def test_networks_have_the_parameters_that_were_asked_for(scale):
    for cell in asked(scale):
        assert cell.labels["weights"] == pytest.approx(cell.labels["parameters"], rel=0.03), cell.labels


@pytest.mark.parametrize("scale", SCALES)
def test_only_windows_that_overlap_need_an_overlapping_circuit(scale):
    for cell in asked(scale):
        kernel, network = cell.labels["kernel"], cell.spec.network
        if cell.labels["network"] == "ConvAC":
            assert network.kind == ("arithmetic" if kernel <= 2 else "overlapping")
        else:
            assert (network.kind, network.kernel) == ("convolutional", kernel)


def test_figures_are_legible():
    assert faults(trained()) == []


def test_figures_of_claims_that_fail_are_legible():
    table = trained()
    changed = table["value"].where(table["kernel"] != 3, table["value"] * 0.4)
    claims = evaluate_all(CLAIMS, table.assign(value=changed))
    assert set(claims["verdict"]) == {"contradicted"}
    assert faults(table.assign(value=changed), claims) == []


@pytest.mark.parametrize("seeds", [1, 2])
def test_figures_of_small_runs_are_legible(seeds):
    assert faults(trained(seeds=seeds, points=3, kernels=(1, 3))) == []
    assert faults(trained(seeds=seeds, points=3, kernels=(3,))) == []


def test_figures_of_long_runs_with_every_kernel_are_legible():
    table = trained("paper", seeds=3, points=21)
    largest = table[table["kernel"] == 5]
    more = [largest.assign(kernel=kernel, cell=largest["cell"] + f" {kernel}") for kernel in (4, 6, 7)]
    assert faults(pd.concat([table, *more], ignore_index=True)) == []


@pytest.mark.parametrize(("column", "value"), [("network", "ConvAC"), ("task", "global")])
def test_figures_of_a_part_of_the_table_are_legible(column, value):
    table = trained(seeds=3)
    assert faults(table[table[column] == value]) == []


@pytest.mark.parametrize("missing", ["test_accuracy", "train_accuracy"])
def test_missing_quantities_do_no_harm(missing):
    table = trained(seeds=2, points=3, kernels=(1, 3))
    assert faults(table[table["quantity"] != missing]) == []


@pytest.mark.parametrize("columns", [["widths"], ["weights", "size"], ["step"], ["kernel"]])
def test_missing_columns_do_no_harm(columns):
    assert faults(trained(seeds=2, points=3, kernels=(1, 3)).drop(columns=columns), pd.DataFrame()) == []


def test_parts_without_rows_say_so():
    assert faults(trained().iloc[:0]) == []
    assert faults(pd.DataFrame(), pd.DataFrame()) == []


def test_panels_tell_the_verdicts_and_the_widths():
    table = trained()
    claims = evaluate_all(CLAIMS, table)
    panels = draw(table, claims)[""].axes
    heads = [axes.get_title("left").split("\n") for axes in panels]
    shown = ["(a) ConvNet, local", "(b) ConvNet, global", "(c) ConvAC, local", "(d) ConvAC, global"]
    assert [head[0] for head in heads] == [
        f"{name} images ({size} px)" for name, size in zip(shown, (8, 32, 8, 32), strict=True)
    ]
    assert [head[1:] for head in heads[:2]] == [verdicts(claims, "ConvNet", task) for task in ("local", "global")]
    assert heads[0][1].endswith("> 0.05: reproduced")
    assert [label.get_text() for label in panels[2].get_xticklabels()] == [
        "K = 1\nr = 35",
        "K = 2\nr = 15–16",
        "K = 3\nr = 8–9",
        "K = 5\nr = 4",
    ]


def test_bands_mark_the_kernels_whose_windows_overlap():
    panels = draw(trained(), pd.DataFrame())[""].axes
    assert [len(axes.patches) for axes in panels] == [3, 3, 2, 2]  # of kernels 1, 2, 3, 5


def test_every_kernel_looks_its_own():
    found = looks(pd.DataFrame({"kernel": range(1, 8)}))
    assert len(set(found.values())) == 7
    assert list(looks(pd.DataFrame({"kernel": [1, 3]}))) == [1, 3]
    assert list(looks(pd.DataFrame({"kernel": [3]}))) == [3]
