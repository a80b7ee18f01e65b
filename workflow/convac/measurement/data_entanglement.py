"""How entangled the images that networks are trained on are, seed by seed: no network is asked.

Beside the entropy of the dataset's tensor stands what takes its place at a fraction of the cost, the mean magnitude of
the correlation between pixels inside a partition and outside; both are means over the quarters of the canvas, the
canonical partitions just below the root.

Source: 2303.11249 (entanglement under canonical partitions, and its surrogate).
"""

from collections.abc import Iterator

import numpy as np

from convac.entanglement.canonical import canonical_partitions, data_entropy
from convac.geometry.rearrangement import correlations, surrogate
from convac.geometry.trees import PoolingTree
from convac.measurement.trained import Row, Trained
from convac.progress import reporter
from convac.specs.measurements.data_entanglement import DataEntanglementSpec

BASELINE = "baseline"  # the phase of what needs no training


def rows(trained: Trained, wanted: DataEntanglementSpec) -> Iterator[Row]:
    """Two rows for each seed, on its first training images."""
    report = reporter(len(trained.seeds), "dataset")
    for number, seed in enumerate(trained.seeds):
        data = trained.images(number)
        images, labels = data["train_images"][: wanted.samples], data["train_labels"][: wanted.samples]
        tree = PoolingTree.named("square", images.shape[1:])
        weights = correlations(images.reshape(len(images), -1).astype(np.float64))
        mean = float(np.mean([surrogate(weights, mask) for mask in canonical_partitions(tree, 1)]))
        values = {"dataset_entropy": data_entropy(images, labels, tree), "dataset_correlation": mean}
        yield from (
            {"seed": seed, "phase": BASELINE, "quantity": name, "value": value} for name, value in values.items()
        )
        report(number + 1, f"seed {seed}")
