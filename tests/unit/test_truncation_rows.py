"""The causal test's rows: accuracy against Schmidt vectors per bond, the knee, exp of the largest bond entropy."""

import math

import numpy as np
import pandas as pd
import pytest

from convac.circuits.tree import random_circuit
from convac.entanglement.truncation import bond_spectra, bonds_of, entropies, truncated
from convac.errors import ArgumentError
from convac.geometry.trees import PoolingTree
from convac.measurement.trained import Trained
from convac.measurement.truncation import accuracies, truncation_rows
from convac.seeds import stream
from convac.specs.datasets.blobs import BlobsSpec
from convac.specs.networks.arithmetic import ArithmeticSpec
from convac.specs.run import RunSpec
from convac.specs.training import TrainingSpec


@pytest.fixture
def circuit():
    tree = PoolingTree.named("square", (4, 4))
    return random_circuit(tree, 2, (4, 3), stream("truncation rows"), classes=3)


def test_rows(circuit):
    inputs = stream("inputs").integers(0, 2, (200, 16))
    amplitudes = circuit.amplitudes(np.eye(2)[inputs])
    labels = np.abs(amplitudes).argmax(1)
    rows = truncation_rows(circuit, inputs, labels, (1, 2, 4))
    values = {(row["quantity"], row.get("rank")): row["value"] for row in rows}
    assert values["full_accuracy", None] == 1
    assert values["knee_accuracy", None] == pytest.approx(0.98)
    assert values["truncated_accuracy", 4] == 1
    assert values["truncated_accuracy", 1] < 0.98
    largest = max(float(level.max()) for level in entropies(bond_spectra(circuit)))
    assert values["effective_rank", None] == pytest.approx(math.exp(largest))
    good = [rank for rank in (1, 2, 4) if values["truncated_accuracy", rank] >= 0.98]
    assert values["knee", None] == good[0]


def test_ranks_that_cut_nothing_give_the_whole_accuracy(circuit):
    generator = stream("inputs")
    inputs, labels = generator.integers(0, 2, (200, 16)), generator.integers(0, 3, 200)
    rows = truncation_rows(circuit, inputs, labels, (4, 9, 1, 4), bonds_of(circuit))
    shares = {row["rank"]: row["value"] for row in rows if row["quantity"] == "truncated_accuracy"}
    (whole,) = [row["value"] for row in rows if row["quantity"] == "full_accuracy"]
    (alone,) = accuracies([truncated(circuit, 1)], inputs, labels)
    assert shares == {1: alone, 4: whole, 9: whole}
    with pytest.raises(ArgumentError, match="rank: got 0"):
        truncation_rows(circuit, inputs, labels, (0, 4))


def test_the_sign_of_an_amplitude_does_not_count(circuit):
    inputs = stream("inputs").integers(0, 2, (50, 16))
    amplitudes = circuit.amplitudes(np.eye(2)[inputs])
    assert accuracies([circuit], inputs, np.abs(amplitudes).argmax(1)) == [1]


def test_matched_moments_are_the_first_low_enough_snapshots():
    history = pd.DataFrame(
        {
            "seed": [0, 0, 0, 1, 1, 1],
            "step": [0, 10, 20, 0, 10, 20],
            "quantity": "loss",
            "value": [0.7, 0.5, 0.4, 0.7, 0.69, 0.6],
        }
    )

    def matched(snapshots, loss):
        training = TrainingSpec(steps=20, lr=0.1, seeds=(0, 1), snapshots=snapshots)
        network = ArithmeticSpec(geometry="square", sites=(4, 4), widths=(2, 2))
        run = RunSpec(dataset=BlobsSpec(task="closedness", seed=0), network=network, training=training)
        return Trained(run, {}, history, {}).matched(loss)

    assert matched((0, 10), 0.55) == {0: 10}
    assert matched((0,), 0.65) == {0: 20, 1: 20}
    assert matched((0,), None) == {}
