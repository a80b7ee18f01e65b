"""missing_data: networks of equal size at every scale, and figures of tables of every shape."""

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from convac.claims.verdicts import evaluate_all
from convac.experiments.missing_data import block as experiment
from convac.experiments.missing_data import claims as claimed
from convac.experiments.missing_data import figures as plotting
from convac.experiments.missing_data.block import FIGURES, Block, cells
from convac.experiments.missing_data.claims import CLAIMS
from convac.experiments.missing_data.figures import draw
from convac.networks.mixture import build
from convac.planning.config import scaled
from convac.plotting.checks import problems
from convac.plotting.style import stamp
from convac.specs.parsing import mistakes, parse
from convac.specs.tables import QUANTITIES, tidy

CONFIG = yaml.safe_load((Path(__file__).parents[2] / "config.yaml").read_text())["experiments"]["missing_data"]
SCALES = ("smoke", "laptop", "paper")
# how much of the accuracy is lost where everything is missing, in shares of it at a rate of 1
LOST = {"marginalised": 0.5, "mask channel": 0.7, "neighbour": 0.45, "mean": 0.8, "zero": 0.9}
BASELINES = ("naive_bayes_accuracy", "neighbour_accuracy")


@cache
def asked(scale):
    return cells(parse(Block, scaled(CONFIG, scale), "missing_data"))


def example_rows(generator, side=8, classes=10):
    for label in range(classes):
        for site in range(side**2):
            place = {"label": label, "example": 0, "site": site}
            for kind in ("points", "rectangles"):
                quantity = "known_pixel" if generator.random() < 0.5 else "expected_pixel"
                yield {**place, "missing": kind, "rate": 0.5, "quantity": quantity, "value": generator.random()}
            yield {**place, "quantity": "sampled_pixel", "value": generator.normal(0.5, 0.5)}


@cache
def trained(scale="laptop", seeds=5):
    """The table of a run: accuracies fall with the rate."""
    generator, found = np.random.default_rng(5), []
    for cell in asked(scale):
        key = {"cell": str(cell.labels), **cell.labels, "phase": "trained", "moment": 500}
        wanted, *baselines = cell.measure.measurements
        for seed in range(seeds):
            whole = 0.97 + generator.normal(0, 0.005)
            for part in ("train", "test"):
                found.append({**key, "seed": seed, "step": 800, "quantity": f"{part}_accuracy", "value": whole})
            first = {"missing": "none", "rate": 0.0, "imputation": "none"}
            found.append({**key, **first, "seed": seed, "quantity": "missing_accuracy", "value": whole})
            for quantity in BASELINES if baselines else ():
                found.append({**key, "missing": "none", "rate": 0.0, "seed": seed, "quantity": quantity, "value": 0.9})
            for kind in wanted.kinds:
                for rate in wanted.rates:
                    for quantity in BASELINES if baselines else ():
                        row = {"missing": kind, "rate": rate, "quantity": quantity, "phase": "baseline"}
                        found.append(
                            {**key, **row, "seed": seed, "value": 0.9 - 0.5 * rate + generator.normal(0, 0.01)}
                        )
                    for name in wanted.imputations:
                        value = whole * (1 - LOST[name] * rate ** (2 if kind == "points" else 1))
                        row = {"missing": kind, "rate": rate, "imputation": name, "quantity": "missing_accuracy"}
                        found.append({**key, **row, "seed": seed, "value": value + generator.normal(0, 0.01)})
        if wanted.examples:
            found += [{**key, "seed": 0, **row} for row in example_rows(generator)]
    for label in range(10):
        for site in range(64):
            place = {"label": label, "example": 0, "site": site, "quantity": "pixel"}
            found.append({"cell": "digits", **place, "value": generator.random()})
    return tidy(pd.DataFrame(found))


def faults(table, claims=None):
    """What the checks find in every figure of a table, as it is printed."""
    figures = draw(table, evaluate_all(CLAIMS, table) if claims is None else claims)
    assert set(figures) == set(FIGURES)
    for made in figures.values():
        stamp(made, "missing_data · table 1a2b3c4d · code 5e6f7a8b")
    return [fault for made in figures.values() for fault in problems(made)]


@pytest.mark.parametrize("scale", SCALES)
def test_networks_are_of_equal_size(scale):
    for cell in asked(scale):
        assert cell.labels["weights"] == pytest.approx(cell.labels["parameters"], rel=experiment.TOLERANCE)


def test_the_mixtures_are_those_of_the_labels():
    for cell in asked("laptop"):
        if cell.spec.network.kind == "mixture":
            network = build(cell.spec.network, (0,))
            assert network.objective == cell.labels["objective"]
            assert len(network.widths) == (3 if cell.labels["network"] == experiment.HT else 1)
            assert sum(part[0].numel() for part in network.parameters()) == cell.labels["weights"]


@pytest.mark.parametrize("scale", SCALES)
def test_networks_that_know_complete_images_have_the_same_budget(scale):
    budgets = {
        (training.steps, len(training.trials), training.batch, training.seeds)
        for training in (cell.spec.training for cell in asked(scale))
        if training.missing is None
    }
    assert len(budgets) == 1


def test_images_are_the_same_for_all_and_drawn_with_the_seed():
    (dataset,) = {cell.spec.dataset for cell in asked("laptop")}
    assert dataset.resplit
    assert dataset.seeds == tuple(range(20, 30))


def test_only_convnets_with_a_mask_channel_are_trained_on_missing_pixels():
    known = {
        cell.labels["trained_on"]: (cell.spec.training.missing, cell.spec.network.mask_channel)
        for cell in asked("laptop")
        if cell.spec.network.kind == "convolutional"
    }
    assert known == {"complete": (None, False), "points": ("points", True), "rectangles": ("rectangles", True)}
    assert all(cell.spec.training.missing is None for cell in asked("laptop") if cell.spec.network.kind == "mixture")


def test_baselines_are_measured_once():
    kinds = [each.kind for cell in asked("laptop") for each in cell.measure.measurements]
    assert kinds.count("known_pixels") == 1
    assert kinds.count("missing") == len(asked("laptop"))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"patch": 4, "images": {**CONFIG["images"], "canvas": 8}}, "patch: 4; accepted: at most a quarter"),
        ({"rates": [0.5, 1.0]}, "rates"),
        ({"kinds": ["points", "circles"]}, "kinds"),
        ({"objectives": []}, "objectives"),
    ],
)
def test_mistakes_are_told_in_one_line(change, says):
    found = mistakes(Block, scaled({**CONFIG, **change}, "laptop"), "experiments.missing_data")
    assert len(found) == 1
    assert says in found[0]
    assert "accepted: " in found[0]


def test_every_claim_finds_its_rows():
    table = trained()
    assert set(table["quantity"]) <= set(QUANTITIES)
    found = evaluate_all(CLAIMS, table).set_index("id")["verdict"]
    not_run = set(found[found == "not run"].index)
    assert not_run == {claim.id for claim in CLAIMS if "mnist" in claim.id}
    mnist = evaluate_all(CLAIMS, table.assign(source="mnist")).set_index("id")["verdict"]
    assert "not run" not in set(mnist)
    assert found["missing-data-points-same-zero"] == "reproduced"
    assert found["missing-data-points-same-neighbour"] == "contradicted"


def test_figures_are_legible():
    assert faults(trained()) == []


@pytest.mark.parametrize("seeds", [1, 2])
def test_figures_of_small_runs_are_legible(seeds):
    assert faults(trained("smoke", seeds=seeds)) == []


@pytest.mark.parametrize(
    ("column", "value"), [("network", "ConvNet"), ("network", "CP mixture"), ("missing", "points")]
)
def test_figures_of_a_part_of_the_table_are_legible(column, value):
    table = trained()
    assert faults(table[table[column] == value]) == []


@pytest.mark.parametrize("missing", [["missing_accuracy"], ["known_pixel"], ["pixel", "expected_pixel"]])
def test_missing_quantities_do_no_harm(missing):
    table = trained("smoke", seeds=2)
    assert faults(table[~table["quantity"].isin(missing)]) == []


@pytest.mark.parametrize("columns", [["weights", "rate"], ["imputation"], ["example", "site", "label"]])
def test_missing_columns_do_no_harm(columns):
    assert faults(trained("smoke", seeds=2).drop(columns=columns), pd.DataFrame()) == []


def test_parts_without_rows_say_so():
    assert faults(trained().iloc[:0]) == []
    assert faults(pd.DataFrame(), pd.DataFrame()) == []


def test_curves_start_where_nothing_is_missing():
    table = trained()
    axes = draw(table, pd.DataFrame())[""].axes[0]
    marginal = next(line for line in axes.get_lines() if line.get_color() == plotting.LOOKS["marginalised"]["color"])
    assert list(marginal.get_xdata()) == [0.0, 0.25, 0.5, 0.75, 0.9]
    own = table[(table["network"] == "HT mixture") & (table["objective"] == "hybrid")]
    own = own[own["quantity"] == "missing_accuracy"]
    assert marginal.get_ydata()[0] == pytest.approx(own[own["missing"] == "none"]["value"].mean())
    half = own[(own["missing"] == "points") & (own["rate"] == 0.9) & (own["imputation"] == "marginalised")]
    assert marginal.get_ydata()[-1] == pytest.approx(half["value"].mean())


def test_the_networks_in_the_figures_are_those_of_the_experiment():
    assert (plotting.HT, plotting.CP, plotting.CONVNET) == (experiment.HT, experiment.CP, experiment.CONVNET)
    assert set(plotting.KINDS) == set(plotting.INFORMED) == set(claimed.KINDS)
    assert set(plotting.LOOKS) == {"marginalised", *experiment.IMPUTATIONS}


def test_the_threshold_in_a_figure_is_that_of_the_verdicts():
    table = trained()
    found = evaluate_all(CLAIMS, table)
    for claims, told in ((found, {claimed.DEPTH, claimed.THRESHOLD}), (found.assign(threshold=0.07), {0.07})):
        below = [axes for axes in draw(table, claims)[""].axes if "Gain of" in axes.get_title("left")]
        dashed = [line for axes in below for line in axes.lines if line.get_linestyle() == "--"]
        assert {float(line.get_xdata()[0]) for line in dashed} == told
