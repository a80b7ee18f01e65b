"""images.yaml: the experiments on published images, with sets that are added by a line each."""

import re
from functools import cache
from pathlib import Path

import pytest
import yaml

from convac.experiments.discovery import studies
from convac.planning import paths
from convac.planning.config import config_mistakes, hidden_blocks, merged
from convac.planning.plan import Plan
from convac.specs.run import RunSpec

ROOT = Path(__file__).parents[2]
DEFAULT = yaml.safe_load((ROOT / "config.yaml").read_text())
TEXT = (ROOT / "images.yaml").read_text()
# what stands behind a # and is a block in one line
ADDED = re.compile(r"^  # (?=\w+: \{)", re.MULTILINE)
STUDIES = ("layer_widths", "overlaps_trained", "missing_data")
TRAINED_BEFORE = range(10)  # seeds of pilots


@cache
def planned(text: str = TEXT) -> Plan:
    own = yaml.safe_load(text)
    config, hidden = merged(DEFAULT, own), hidden_blocks([DEFAULT, own])
    assert config_mistakes(config, hidden) == []
    return Plan(config, hidden)


def test_every_other_experiment_is_left_out():
    blocks = yaml.safe_load(TEXT)["experiments"]
    assert {name for name, block in blocks.items() if block is None} == set(studies())
    assert sorted(planned().study(name) for name in planned().experiments) == sorted(STUDIES)


def test_all_networks_see_published_images():
    plan = planned()
    for name in plan.experiments:
        for cell in plan.studies[paths.IMAGES, name].cells.values():
            assert isinstance(cell.spec, RunSpec)
            assert cell.spec.dataset.originals == "fashion_mnist"
            assert not set(cell.spec.training.seeds) & set(TRAINED_BEFORE)


@pytest.mark.parametrize("source", ["mnist", "cifar10"])
def test_a_set_is_added_by_taking_away_a_sign(source):
    plan = planned(ADDED.sub("  ", TEXT))
    for study in STUDIES:
        own = plan.studies[paths.IMAGES, f"{study}_{source}"]
        like = plan.studies[paths.IMAGES, f"{study}_fashion_mnist"]
        assert {spec.originals for spec in own.datasets.values()} == {source}
        for cell, twin in zip(own.cells.values(), like.cells.values(), strict=True):
            dataset = cell.spec.dataset.model_copy(update={"source": "fashion_mnist"})
            assert cell.spec.model_copy(update={"dataset": dataset}) == twin.spec


def test_larger_images_are_added_likewise():
    plan = planned(ADDED.sub("  ", TEXT))
    for name, canvas in (("layer_widths_fashion_mnist_64", 64), ("missing_data_fashion_mnist_32", 32)):
        datasets = plan.studies[paths.IMAGES, name].datasets.values()
        assert {spec.canvas for spec in datasets} == {canvas}
        assert {spec.originals for spec in datasets} == {"fashion_mnist"}


def test_its_smoke_is_small():
    plan = planned()
    for name in plan.experiments:
        for cell in plan.studies["smoke", name].cells.values():
            assert cell.spec.training.steps <= 10
            assert max(cell.spec.dataset.images) <= 400


def test_results_and_reference_stand_apart():
    plan = planned()
    (name, *_) = plan.experiments
    assert plan.table("images", name) == f"results/images/tables/{name}.parquet"
    assert plan.table(paths.redrawn("images"), name).endswith(f"results/reference/images/tables/{name}.parquet")
    pixels = plan.table("images", name, paths.EXAMPLES)
    assert pixels == f"results/images/examples/{name}.parquet"
    assert Plan(DEFAULT).table("redrawn", "min_cut").endswith("results/reference/tables/min_cut.parquet")
