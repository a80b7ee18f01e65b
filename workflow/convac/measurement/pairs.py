"""Baselines without training, for sequences of pairs: what the numbers of alike pairs say, together and added up.

Both rules are told which steps are paired. `bayes_accuracy` is that of the label's posterior, which nothing exceeds but
by chance; `additive_accuracy` that of least squares on the numbers of alike pairs of either kind, to which neither says
more for what the other says.
"""

from collections.abc import Iterator

import numpy as np

from convac.datasets.pair_sequences import alike_pairs, log_odds
from convac.errors import ArgumentError
from convac.files import Arrays
from convac.measurement.trained import Row, Trained
from convac.specs.datasets.pair_sequences import PairSequencesSpec
from convac.specs.measurements.pairs import PairsSpec

BASELINE = "baseline"  # the phase of what needs no training


def rows(trained: Trained, wanted: PairsSpec) -> Iterator[Row]:
    """Two rows for each seed, on the sequences that it has; raises ArgumentError for another dataset."""
    spec = trained.spec.dataset
    if not isinstance(spec, PairSequencesSpec):
        raise ArgumentError(f"measurements: pairs on {spec.kind}; accepted: a network trained on pair_sequences")
    for number, seed in enumerate(trained.seeds):
        data = trained.images(number)
        labels = data["test_labels"]
        known = log_odds(data["test_images"], spec.group, spec.symbols, spec.share, spec.often) > 0
        values = {"bayes_accuracy": float((known == labels).mean()), "additive_accuracy": additive(spec, data)}
        for name, value in values.items():
            yield {"seed": seed, "phase": BASELINE, "quantity": name, "value": value}


def additive(spec: PairSequencesSpec, data: Arrays) -> float:
    """Fraction of test sequences that least squares on both numbers of alike pairs answers right."""

    def counts(images: np.ndarray) -> np.ndarray:
        found = alike_pairs(images, spec.group, spec.share)
        return np.stack([np.ones(len(images)), *(each.sum(axis=1) for each in found)], axis=1)

    weights = np.linalg.lstsq(counts(data["train_images"]), 2.0 * data["train_labels"] - 1, rcond=None)[0]
    return float(((counts(data["test_images"]) @ weights > 0) == data["test_labels"]).mean())
