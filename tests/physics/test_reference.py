"""The committed reference run against what the theory and the paper lead one to expect."""

import math
from importlib import import_module
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from PIL import Image

from convac.claims.ledger import ledger
from convac.claims.verdicts import evaluate_all
from convac.commands.figure import provenance
from convac.experiments.discovery import claims_of, studies
from convac.files import read_table, sha256
from convac.plotting import style
from convac.specs.tables import joined

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "results" / "reference"
PUBLISHED = REFERENCE / "images"
# experiment → study, of the run on published images
STUDIES = {
    name: block["study"]
    for name, block in yaml.safe_load((ROOT / "images.yaml").read_text())["experiments"].items()
    if block
}
# what is drawn from which folder: folder, experiment, study
DRAWN = [
    *((REFERENCE, name, name) for name in sorted(studies())),
    *((PUBLISHED, name, study) for name, study in STUDIES.items()),
]


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return read_table(REFERENCE / "tables/pooling_geometry.parquet", ("cell", "quantity", "value"))


def accuracy(table: pd.DataFrame, **labels: object) -> pd.Series:
    """Final test accuracy by seed."""
    chosen = table[(table["quantity"] == "test_accuracy") & (table["step"] > 0)]
    for column, value in labels.items():
        chosen = chosen[chosen[column] == value]
    return chosen.sort_values("step").groupby("seed")["value"].last()


@pytest.mark.parametrize(
    ("task", "geometry", "low", "high"),
    [
        ("closedness", "square", 0.93, 1.0),
        ("closedness", "mirror", 0.5, 0.85),
        ("symmetry", "mirror", 0.88, 1.0),
        ("symmetry", "square", 0.5, 0.88),
    ],
)
def test_a_convac_learns_what_its_geometry_fits(table, task, geometry, low, high):
    found = accuracy(table, network="ConvAC", task=task, geometry=geometry)
    assert len(found) >= 5
    assert low <= found.mean() <= high


@pytest.mark.parametrize("network", ["ConvNet 3×3", "ConvAC"])
def test_global_digits_are_learned_by_both_kinds(network):
    found = read_table(REFERENCE / "tables/layer_widths.parquet")
    found = found[(found["network"] == network) & (found["task"] == "global") & (found["quantity"] == "test_accuracy")]
    last = found[found["step"] == found.groupby("cell")["step"].transform("max")]
    by_cell = last.groupby("cell")["value"].agg(["mean", "size"])
    assert (by_cell["size"] >= 5).all()
    assert by_cell["mean"].max() >= 0.85


def test_a_shared_shallow_network_reaches_the_pixel_count_and_no_more(table):
    for task in ("closedness", "symmetry"):
        count = table[(table["quantity"] == "count_accuracy") & (table["task"] == task)]["value"].mean()
        for width in (64, 256):
            found = accuracy(table, network="shallow ConvAC", task=task, width=width)
            assert count - 0.06 < found.mean() < count + 0.015


def test_signed_networks_train_at_every_depth_but_as_one_product(table):
    depths = sorted(table.loc[table["network"] == "ConvAC signed", "levels"].unique())
    assert {1, 3, 5} <= set(depths)
    for levels in depths:
        found = accuracy(
            table,
            network="ConvAC signed",
            task="closedness",
            geometry="square",
            levels=levels,
            initialisation="calibrated",
        )
        # a single level multiplies 1,024 factors, and stays near chance at the rate that suits deep networks
        assert found.min() > 0.9 if levels > 2 else found.mean() < 0.8


def test_entropies_keep_their_order_and_bound():
    table = read_table(REFERENCE / "tables/trained_entanglement.parquet")
    found = table[table["quantity"].isin(["renyi2", "entropy", "schmidt_number", "min_cut_log"])]
    index = ["cell", "seed", "phase", "moment", "partition"]
    exact = found.pivot_table(index=index, columns="quantity", values="value").dropna()
    assert len(exact) > 50
    assert (exact["renyi2"] <= exact["entropy"] + 1e-9).all()
    assert (exact["entropy"] <= exact["schmidt_number"].map(math.log) + 1e-9).all()
    assert (exact["schmidt_number"].map(math.log) <= exact["min_cut_log"] + 1e-9).all()


@pytest.mark.parametrize(
    ("folder", "named"),
    [(REFERENCE, {name: name for name in studies()}), (PUBLISHED, STUDIES)],
    ids=["default", "images"],
)
def test_the_committed_verdicts_follow_from_the_committed_tables(folder, named):
    stored = pd.read_csv(folder / "claims.csv")
    tables = {name: read_table(folder / f"tables/{name}.parquet") for name in stored["experiment"].unique()}
    assert sorted(tables) == sorted(named)
    again = ledger({name: evaluate_all(claims_of(named[name]), found) for name, found in tables.items()})
    assert stored["id"].tolist() == again["id"].tolist()
    assert stored["verdict"].tolist() == again["verdict"].tolist()
    for column in ("mean", "low", "high", "nontrivial", "p_adjusted"):
        assert stored[column].tolist() == pytest.approx(again[column].tolist(), nan_ok=True), column


def test_the_reference_is_small():
    sizes = {path: path.stat().st_size for path in REFERENCE.rglob("*") if path.is_file()}
    images = sum(size for path, size in sizes.items() if PUBLISHED in path.parents)
    assert images < 3 * 2**20
    assert sum(sizes.values()) < 9 * 2**20


def test_networks_on_published_images_had_converged():
    for name in STUDIES:
        table = read_table(PUBLISHED / f"tables/{name}.parquet")
        ended = table[table["quantity"] == "converged"]
        assert len(ended) >= 20
        assert ended["value"].mean() >= 0.9


def test_converged_networks_on_clothes_beat_those_that_were_stopped():
    # what networks of this size that had been stopped early reached
    table = read_table(PUBLISHED / "tables/layer_widths_fashion_mnist.parquet")
    for task, reached in (("local", 0.64), ("global", 0.80)):
        own = table[(table["network"] == "ConvNet 3×3") & (table["task"] == task)]
        found = accuracy(own[own["profile"] == "wide-base"])
        assert len(found) >= 10
        assert found.min() > reached


def verdicts(experiment: str) -> dict[str, str]:
    stored = pd.read_csv(REFERENCE / "claims.csv")
    return stored[stored["experiment"] == experiment].set_index("id")["verdict"].to_dict()


# what is known to end somewhere: the statement fails, and its counterexamples are listed
ENDS = {
    "min-cut-mixed",
    "min-cut-node-bridges",
    "min-cut-symmetric-equal",
    "overlaps-prediction",
    "overlaps-prediction-held-back",
    "overlaps-prediction-narrow",
    "overlaps-random",
    "overlaps-front-shared",
    "overlaps-volume-machine-shared",
    "overlaps-volume-machine-per-location",
    "overlaps-square-machine-sparse",
    "overlaps-square-machine-filter",
    "recurrent-memory-depth-4",
}


@pytest.mark.parametrize("experiment", ["depth_efficiency", "min_cut", "overlaps", "recurrent_memory"])
def test_exact_claims_hold_but_for_those_that_end(experiment):
    found = verdicts(experiment)
    assert {name for name, verdict in found.items() if verdict == "contradicted"} == ENDS & set(found)
    assert set(found.values()) <= {"reproduced", "contradicted"}


def test_laws_were_tested_far_beyond_where_they_were_found():
    ranks = read_table(REFERENCE / "tables/recurrent_memory.parquet")
    exact = ranks[ranks["quantity"] == "start_end_rank"]
    assert exact["held_back"].sum() >= 150
    assert exact[exact["local_dimension"] == 2]["steps"].max() >= 20
    assert (exact["width"] > exact["local_dimension"]).sum() > 30
    trees = read_table(REFERENCE / "tables/min_cut.parquet")
    assert (trees[trees["quantity"] == "rank"].groupby("ensemble").size() >= 1000).sum() == 3


def assert_same_picture(drawn: Path, committed: Path) -> None:
    """Asserts that pictures say the same of their table and are equal but for what processors' last bits move."""
    with Image.open(drawn) as first, Image.open(committed) as second:
        assert first.info == second.info, drawn.name
        assert first.size == second.size, drawn.name
        levels = [np.asarray(each, dtype=int) for each in (first, second)]
    different = np.abs(levels[0] - levels[1])
    assert different.max() <= 8, drawn.name  # of 255
    assert (different > 0).mean() < 1e-4, drawn.name


@pytest.mark.parametrize(("folder", "name", "study"), DRAWN, ids=[name for _, name, _ in DRAWN])
def test_the_committed_figures_follow_from_the_committed_tables(folder, name, study, tmp_path, monkeypatch):
    monkeypatch.setattr(style, "FORMATS", ("png",))
    table, claims = folder / f"tables/{name}.parquet", folder / f"claims/{name}.csv"
    observations = joined(read_table(table), read_table(folder / f"examples/{name}.parquet"))
    figures = import_module(f"convac.experiments.{study}.figures")
    for part, figure in figures.draw(observations, read_table(claims)).items():
        (drawn,) = style.save(figure, tmp_path / "-".join(filter(None, (name, part))), provenance(name, sha256(table)))
        assert_same_picture(drawn, folder / "figures" / drawn.name)
    committed = {path.name for path in (folder / "figures").glob(f"{name}*.png") if path.stem.split("-")[0] == name}
    assert {path.name for path in tmp_path.glob("*.png")} == committed
