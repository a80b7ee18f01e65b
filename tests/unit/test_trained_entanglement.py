"""Figures of trained_entanglement: legible for a table of laptop shape, and for what is left of one."""

import itertools
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from convac.claims.verdicts import evaluate_all
from convac.experiments.pooling_geometry import block as pooling_geometry
from convac.experiments.trained_entanglement import block as experiment
from convac.experiments.trained_entanglement.claims import CLAIMS, KINDS
from convac.experiments.trained_entanglement.figures import draw, memorised
from convac.planning.config import scaled
from convac.plotting import style
from convac.plotting.checks import problems
from convac.specs.parsing import parse
from convac.specs.run import folder
from convac.specs.tables import QUANTITIES, tidy

CONFIG = yaml.safe_load((Path(__file__).parents[2] / "config.yaml").read_text())["experiments"]
MOMENTS = {0: "untrained", 250: "training", 750: "training", 3500: "trained"}
FITTING = {"closedness": "square", "symmetry": "mirror"}
LABEL = {"closedness": 0.02, "symmetry": 0.48}
RANKS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64)
PROVENANCE = "trained_entanglement · laptop · config 1a2b3c4d · code 5e6f7a8b · commit 2d2bfbd"


def block(study, name, scale="laptop"):
    return parse(study.Block, scaled(CONFIG[name], scale), name)


def laptop_table(seeds=10, moments=MOMENTS):
    """A tidy table with the rows that a run gives; shares are those of a pilot."""
    generator = np.random.default_rng(3)
    made = []
    for task, network, geometry in itertools.product(FITTING, KINDS, ("square", "mirror")):
        made += intact(labels(task, network, geometry, "none"), seeds, moments, generator)
    for network, control in itertools.product(KINDS, experiment.CONTROLS):
        made += tampered(labels("symmetry", network, "mirror", control), min(seeds, 5), generator)
    made += [{"cell": "blobs", "task": "symmetry", "quantity": "pixel", "value": 1.0}]
    return tidy(pd.DataFrame(made))


def labels(task, network, geometry, control):
    fits = "yes" if FITTING[task] == geometry else "no"
    found = {"task": task, "network": network, "geometry": geometry, "control": control, "fits": fits, "width": 16}
    return {"cell": f"{task}-{network}-{geometry}-{control}", **found, "levels": 5}


def share_of(run):
    unfit = {("closedness", "mirror"): 0.6, ("symmetry", "square"): 0.1}
    return unfit.get((run["task"], run["geometry"]), LABEL[run["task"]])


def intact(run, seeds, moments, generator):
    share, fits = share_of(run), run["fits"] == "yes"
    for seed in range(seeds):
        own = {**run, "seed": seed, "partition": "left-right"}
        for moment, phase in moments.items():
            value = 0.1 + (share - 0.1) * moment / 3500 + generator.normal(0, 0.02)
            names = [phase] + (["learnt"] if phase == "trained" and fits else [])
            names += ["matched"] if moment == 750 else []
            for name in names:
                shared = {**own, "phase": name, "moment": moment, "condition": "conditioned"}
                yield {**shared, "quantity": "interaction_share", "value": value}
            yield {**own, "phase": phase, "moment": moment, "condition": "conditioned",
                   "quantity": "posterior_entropy", "value": 0.5 + 2 * value}  # fmt: skip
        last = {**own, "phase": "trained", "moment": 3500}
        for condition in ("unconditioned", "within class"):
            yield {**last, "condition": condition, "quantity": "interaction_share", "value": share}
        if fits:
            label = LABEL[run["task"]] + generator.normal(0, 0.02)
            shared = {**own, "phase": "label", "condition": "conditioned"}
            yield {**shared, "quantity": "interaction_share", "value": label}
        if run["network"].startswith("ConvAC"):
            spread = 10.0 ** generator.uniform(-9, 1)
            for name, value in (("renyi2", spread), ("data_renyi2", 0.2 * spread**0.2), ("min_cut_log", 300.0)):
                yield {**last, "quantity": name, "value": value}
        yield from vectors({**last, "condition": "conditioned"}, share)
        yield from accuracies(run, seed, 0.95 if fits else 0.78)


def vectors(shared, share):
    yield {**shared, "quantity": "kept_whole_accuracy", "value": 0.95}
    yield {**shared, "quantity": "kept_needed", "value": 65.0 if share > 0.55 else 4.0}
    for rank in RANKS:
        yield {**shared, "rank": rank, "quantity": "kept_accuracy", "value": 0.95 - share / (1 + rank)}


def tampered(run, seeds, generator):
    for seed in range(seeds):
        shared = {**run, "seed": seed, "phase": "trained", "moment": 3500, "condition": "conditioned"}
        value = 0.3 + generator.normal(0, 0.05)
        yield {**shared, "partition": "left-right", "quantity": "interaction_share", "value": value}
        yield from accuracies(run, seed, 0.5, train=0.99)


def accuracies(run, seed, test, train=None):
    for name, value in (("test_accuracy", test), ("train_accuracy", train or test + 0.01)):
        yield {**run, "seed": seed, "step": 3500, "quantity": name, "value": value}


@pytest.fixture(scope="module")
def table():
    return laptop_table()


def test_house_figures_have_every_part_and_no_fault(table):
    drawn = draw(table, evaluate_all(CLAIMS, table))
    assert set(drawn) == set(experiment.FIGURES)
    for part, made in drawn.items():
        style.stamp(made, PROVENANCE)
        assert problems(made) == [], part


@pytest.mark.parametrize("seeds", [1, 2])
def test_few_seeds_are_drawn_too(seeds):
    drawn = draw(laptop_table(seeds, {0: "untrained", 3500: "trained"}), pd.DataFrame())
    assert {part: problems(made) for part, made in drawn.items()} == {part: [] for part in experiment.FIGURES}


def test_empty_table_gives_placeholders():
    drawn = draw(pd.DataFrame(), pd.DataFrame())
    assert set(drawn) == set(experiment.FIGURES)
    assert "kept: no rows" in drawn["kept"].texts[0].get_text()


def test_what_more_vectors_than_tried_are_needed_for_is_a_category(table):
    made = draw(table, pd.DataFrame())["kept"]
    assert [label.get_text() for label in made.axes[-1].get_xticklabels()][-1] == ">64"
    places = [line.get_xdata()[0] for axes in made.axes for line in axes.get_lines() if line.get_label() == "_needed"]
    assert set(places) == {4.0, 160.0}


def test_learnt_seeds_are_counted_in_the_picture(table):
    told = [text.get_text() for text in draw(table, pd.DataFrame())[""].axes[0].texts]
    assert told == ["10/10", "0/10"] * 4


def test_only_seeds_that_know_their_shuffled_labels_are_a_control():
    shares = pd.DataFrame({"seed": [30, 31, 32], "value": [0.7, 0.8, 0.9]})
    reached = [(30, 4000, 0.9), (30, 6000, 1.0), (31, 6000, 0.94), (32, 6000, 0.95)]
    known = pd.DataFrame(reached, columns=["seed", "step", "value"])
    known = known.assign(cell="a", quantity="train_accuracy", control="shuffled")
    assert memorised(shares, known)["seed"].tolist() == [30, 32]


def test_claims_name_quantities_of_the_table(table):
    quantities = {claim.where.get("quantity") for claim in CLAIMS} - {None}
    assert quantities <= set(QUANTITIES) & set(table["quantity"])


@pytest.mark.parametrize("scale", ["smoke", "laptop"])
def test_networks_of_both_experiments_are_trained_once(scale):
    measured = experiment.cells(block(experiment, "trained_entanglement", scale))
    trained = {folder(cell.spec) for cell in pooling_geometry.cells(block(pooling_geometry, "pooling_geometry", scale))}
    plain = [cell for cell in measured if cell.labels["control"] == "none"]
    assert len(plain) == 4 * len({cell.labels["network"] for cell in plain})
    assert {folder(cell.spec) for cell in plain} <= trained


def test_shuffled_labels_stand_on_few_images_and_pixels_are_permuted_on_all():
    cells = experiment.cells(block(experiment, "trained_entanglement"))
    found = {cell.labels["control"]: cell.spec.dataset for cell in cells}
    assert [found[name].control for name in experiment.CONTROLS] == list(experiment.CONTROLS)
    assert 2 * int(0.4 * found["shuffled"].rendered_train) == 16
    assert found["permuted"].arguments == found["none"].arguments
    assert {cell.labels["geometry"] for cell in cells if cell.labels["control"] != "none"} == {"mirror"}
