"""A tree file as a geometry of the config: its own jobs and no others, known by what it says."""

import numpy as np
import pandas as pd
from clones import assert_told, planned_counts

from convac.geometry.trees import PoolingTree

TREE = "trees/mine.json"


def test_a_tree_file_is_a_geometry_and_runs_its_own_jobs_alone(clone):
    trained = clone.files("results/runs/*/model.safetensors")
    side = 32  # of the config
    order = np.random.default_rng(0).permutation(side * side)
    tree = PoolingTree((side, side), order, PoolingTree.named("square", (side, side)).windows)
    block = {"scales": {"smoke": {"geometries": ["square", TREE]}}}
    clone.configure({"experiments": {"pooling_geometry": block}})
    assert_told(clone.snakemake("-n", ok=False), TREE, "no such file")
    (clone.path / "trees").mkdir()
    tree.write(clone.path / TREE)
    counts = planned_counts(clone.snakemake("-n", "pooling_geometry"))
    assert "dataset" not in counts
    clone.snakemake("pooling_geometry")
    after = clone.files("results/runs/*/model.safetensors")
    assert {path: after[path] for path in trained} == trained
    assert len(after) == len(trained) + counts["train"]
    table = pd.read_parquet(clone.path / "results/smoke/tables/pooling_geometry.parquet")
    own = table[table["geometry"] == "mine"]
    assert {"test_accuracy", "window_accuracy"} <= set(own["quantity"])
    # another place and name: the same runs, trained once; another order: others
    (clone.path / TREE).rename(clone.path / "moved.json")
    clone.configure(
        {"experiments": {"pooling_geometry": {"scales": {"smoke": {"geometries": ["square", "moved.json"]}}}}}
    )
    assert "train" not in clone.planned("pooling_geometry")
    PoolingTree(tree.shape, tree.order[::-1], tree.windows).write(clone.path / "moved.json")
    assert planned_counts(clone.snakemake("-n", "pooling_geometry"))["train"] == counts["train"]
