"""Figures of trained_entanglement: legible for a table of laptop shape, and for what is left of one."""

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from matplotlib.text import Text

from convac.claims.verdicts import evaluate_all
from convac.experiments.trained_entanglement import block as experiment
from convac.experiments.trained_entanglement.claims import CLAIMS
from convac.experiments.trained_entanglement.figures import LISTED_SITES, TASKS, draw
from convac.planning.config import scaled
from convac.plotting import style
from convac.plotting.checks import problems
from convac.plotting.primitives import rows
from convac.specs.parsing import parse
from convac.specs.tables import QUANTITIES, tidy

CONFIG = yaml.safe_load((Path(__file__).parents[2] / "config.yaml").read_text())["experiments"]["trained_entanglement"]
MOMENTS = (0, 20, 60, 180, 700)
PROVENANCE = "trained_entanglement · laptop · config 1a2b3c4d · code 5e6f7a8b · commit 2d2bfbd"


def block(scale="laptop"):
    return parse(experiment.Block, scaled(CONFIG, scale), "trained_entanglement")


def laptop_table(seeds=5, moments=MOMENTS, networks=experiment.NETWORKS, ranks=(1, 2, 3, 4, 6, 8, 12)):
    """A tidy table with the rows that a run of these networks gives; values are typical."""
    generator = np.random.default_rng(3)
    made = []
    for task, geometry, control in networks:
        labels = {"task": task, "network": "ConvAC", "geometry": geometry, "control": control}
        made += circuit_rows(labels, seeds, moments, ranks if control == "none" else (), generator)
    for pooling in ("max", "average"):
        labels = {"task": "tiny digits", "network": f"ConvRect {pooling}", "geometry": "square", "control": "none"}
        made += rectifier_rows(labels, seeds, moments, generator)
    made += [{"cell": "blobs", "task": "symmetry", "quantity": "pixel", "value": 1.0}]
    return tidy(pd.DataFrame(made))


def circuit_rows(labels, seeds, moments, ranks, generator):
    two, cut = labels["task"] in experiment.BLOBS, 355.0 if labels["geometry"] == "mirror" else math.log(16)
    strength = {"symmetry": 0.9, "closedness": 0.3, "local": 0.8, "global": 0.5}[labels["task"]]
    strength *= 1 if labels["control"] == "none" else 0.3
    start = math.log(2) if two else math.log(10)
    for seed in range(seeds):
        matched = False
        yield from history(labels, seed, moments, start, 0.5 if two else 0.1, generator)
        for moment in moments:
            grown = moment / moments[-1]
            phase = {moments[0]: "untrained", moments[-1]: "trained"}.get(moment, "training")
            untrained = {"mirror": 0.4, "square": 1e-12}[labels["geometry"]]
            entropy = untrained ** (1 - grown) * (min(strength * cut, 2.0)) ** grown * generator.uniform(0.7, 1.4)
            values = [
                {"partition": "left-right", "quantity": "renyi2", "value": entropy},
                {"partition": "left-right", "quantity": "min_cut_log", "value": cut},
                {"partition": "left-right", "quantity": "cut_share", "value": entropy / cut},
                {"partition": "interleaved", "quantity": "renyi2", "value": 0.4 + grown},
                {"partition": "interleaved", "quantity": "min_cut_log", "value": 355.0},
                {"quantity": "largest_bond_entropy", "value": 0.2 + strength * grown},
            ]
            values += [{"partition": "left-right", "quantity": "entropy", "value": 1.3 * entropy}] * (cut < 10)
            values += [
                {"level": level, "quantity": "bond_entropy", "value": strength * 10.0 ** (-2 * level * (1 - grown))}
                for level in range(1, 5)
            ]
            near = not matched and start * math.exp(-3 * grown) < block().matched_loss
            matched |= near
            for name in [phase] + ["matched"] * near:
                yield from ({"cell": cell(labels), **labels, "seed": seed, "phase": name, "moment": moment, **row}
                            for row in values)  # fmt: skip
        whole, least = 0.9 - generator.uniform(0, 0.05), 0.5 if two else 0.1
        totals = {"full_accuracy": whole, "effective_rank": 2 + generator.uniform(0, 1), "rule_accuracy": whole - 0.03}
        totals["knee_accuracy"] = whole - 0.02
        totals["knee"] = (4.0, 6.0, 4.0, 16.0, 8.0)[seed % 5]
        rows = [{"quantity": name, "value": value} for name, value in totals.items()] * bool(ranks)
        rows += [
            {"quantity": "truncated_accuracy", "rank": rank, "value": whole - (whole - least) / rank**2}
            for rank in ranks
        ]
        shared = {"cell": cell(labels), **labels, "seed": seed, "phase": "trained", "moment": moments[-1]}
        yield from ({**shared, **row} for row in rows)


def rectifier_rows(labels, seeds, moments, generator):
    for seed in range(seeds):
        yield from history(labels, seed, moments, math.log(10), 0.1, generator)
        for moment in moments:
            phase = {moments[0]: "untrained", moments[-1]: "trained"}.get(moment, "training")
            for number, partition in enumerate(("left-right", "interleaved")):
                value = 10.0 ** (-4 + number) * (1 + moment) ** 0.5 * generator.uniform(0.5, 2)
                for quantity in ("entropy", "renyi2"):
                    row = {"partition": partition, "quantity": quantity, "value": value}
                    yield {"cell": cell(labels), **labels, "seed": seed, "phase": phase, "moment": moment, **row}


def history(labels, seed, moments, start, chance, generator):
    for step in moments:
        grown = step / moments[-1]
        values = {"loss": start * math.exp(-3 * grown) * generator.uniform(0.9, 1.1),
                  "test_accuracy": chance + (0.9 - chance) * grown,
                  "train_accuracy": chance + (0.95 - chance) * grown}  # fmt: skip
        shared = {"cell": cell(labels), **labels, "seed": seed, "step": step}
        yield from ({**shared, "quantity": name, "value": value} for name, value in values.items())


def cell(labels):
    return "-".join(labels.values()).replace(" ", "-")


@pytest.fixture(scope="module")
def table():
    return laptop_table()


def faults(table, claims=None):
    figures = draw(table, pd.DataFrame() if claims is None else claims)
    assert set(figures) == set(experiment.FIGURES)
    for figure in figures.values():
        style.stamp(figure, PROVENANCE)
    return {part: problems(figure) for part, figure in figures.items()}


NONE = {part: [] for part in experiment.FIGURES}


def test_figures_of_the_laptop_shape_are_legible(table):
    assert set(table["quantity"]) <= set(QUANTITIES)
    assert faults(table, evaluate_all(CLAIMS, table)) == NONE


def test_every_claim_is_known_and_finds_its_rows(table):
    verdicts = evaluate_all(CLAIMS, table)
    assert len(set(verdicts["id"])) == len(verdicts)
    assert all(name.startswith("trained-entanglement-") for name in verdicts["id"])
    assert "not run" not in set(verdicts["verdict"])


@pytest.mark.parametrize(
    "reduced",
    [
        {"seeds": 2, "moments": (0, 6), "networks": experiment.NETWORKS[:3], "ranks": (1, 2)},
        {"seeds": 1, "networks": experiment.NETWORKS[4:5]},
        {"moments": (0, 10, 30, 100, 300, 1000, 3000, 15000), "ranks": (1, 2, 3, 4, 6, 8, 12, 16, 24)},
        {"seeds": 2, "networks": ()},
    ],
)
def test_figures_of_other_shapes_are_legible(reduced):
    assert faults(laptop_table(**reduced)) == NONE


@pytest.fixture(scope="module")
def small():
    return laptop_table(seeds=2, moments=(0, 20, 700), ranks=(1, 4))


@pytest.mark.parametrize("task", ["symmetry", "global"])
def test_figures_without_a_task_are_legible(small, task):
    assert faults(small[small["task"] != task]) == NONE


@pytest.mark.parametrize("missing", [["renyi2"], ["loss", "bond_entropy"], ["min_cut_log", "knee", "test_accuracy"]])
def test_missing_quantities_do_no_harm(small, missing):
    assert faults(small[~small["quantity"].isin(missing)]) == NONE


def test_empty_tables_give_placeholders(table):
    for empty in (table.iloc[:0], pd.DataFrame()):
        assert "loss: no rows" in draw(empty, pd.DataFrame())["loss"].texts[0].get_text()
        assert faults(empty) == NONE


def test_entropies_are_shown_by_medians_above_a_floor(table):
    square = draw(table, pd.DataFrame())[""].axes[1]
    assert square.get_title(loc="left") == "(b) square pooling"
    assert square.get_ylim()[0] < 1e-8
    assert "≤ 1e−8" in [label.get_text() for label in square.get_yticklabels()]
    own = table[(table["task"] == "global") & (table["control"] == "none") & (table["phase"] == "trained")]
    median = own[(own["quantity"] == "renyi2") & (own["partition"] == "left-right")]["value"].median()
    assert any(np.isclose(line.get_ydata()[-1], median) for line in square.get_lines())


def test_the_constants_are_the_experiments():
    assert experiment.SMALL**2 == LISTED_SITES
    assert set(TASKS) == {task for task, _, _ in experiment.NETWORKS}


@pytest.mark.parametrize("scaled_by", [0.5, 1.0, 2.0])
def test_what_is_matched_and_allowed_is_read_from_the_table(scaled_by):
    table = laptop_table(seeds=2)
    losses = table["quantity"] == "loss"
    table.loc[losses, "value"] *= scaled_by
    knees = table["quantity"] == "knee_accuracy"
    table.loc[knees, "value"] -= 0.02 * (scaled_by - 1)
    found = rows(table, phase="matched", network="ConvAC", control="none", quantity="renyi2", partition="left-right")
    moments = found[["cell", "seed", "moment"]].rename(columns={"moment": "step"})
    compared = table[losses].merge(moments, on=["cell", "seed", "step"])["value"].max()
    labels = {text.get_text() for made in draw(table, pd.DataFrame()).values() for text in made.findobj(Text)}
    assert f"matched loss, {compared:.2g} nats" in labels
    assert f"knee: within {0.02 * scaled_by:.2g} of the whole" in labels


def test_partitions_that_no_list_names_are_drawn():
    renamed = laptop_table(seeds=2).replace({"partition": {"interleaved": "top-bottom"}})
    panels = draw(renamed, pd.DataFrame())["rectifiers"].axes
    titles = [axes.get_title(loc="left") or axes.get_title() for axes in panels]
    assert titles == ["(a) left-right partition", "(b) top-bottom partition"]
