"""Entanglement of labelled blobs under the canonical partitions of square and mirror pooling: no network is trained.

Source: 2303.11249 (a dataset suits a locally connected network whose canonical partitions entangle it little).
"""

import pandas as pd

from convac.datasets.blobs import generate
from convac.entanglement.canonical import data_entropy
from convac.experiments.data_entanglement.jobs import Geometries
from convac.geometry.trees import PoolingTree
from convac.progress import reporter


def compute(job: Geometries) -> pd.DataFrame:
    """One task: columns seed, geometry, quantity, value."""
    trees = {name: PoolingTree.named(name, (job.side, job.side)) for name in job.geometries}
    report = reporter(len(job.seeds), "dataset")
    rows = []
    for number, seed in enumerate(job.seeds):
        data = generate(job.task, seed, job.rendered, job.rendered, side=job.side)
        for name, tree in trees.items():
            value = data_entropy(data["train_images"], data["train_labels"], tree)
            rows.append({"seed": seed, "geometry": name, "quantity": "dataset_entropy", "value": value})
        report(number + 1, f"seed {seed}")
    return pd.DataFrame(rows)
