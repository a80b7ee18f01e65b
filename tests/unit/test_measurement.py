"""Dependence on data of a run's networks, as rows: which there are, of which images, and that seeds draw alone."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from convac.commands.entanglement import measured
from convac.datasets import blobs
from convac.entanglement.composites import HeldOut, data_dependence
from convac.errors import ArgumentError
from convac.measurement.dependence import dependence_rows, label_rows
from convac.measurement.trained import Trained
from convac.specs.datasets.blobs import BlobsSpec
from convac.specs.datasets.digits import DigitsSpec
from convac.specs.measurement import MeasureSpec
from convac.specs.measurements.dependence import DependenceSpec
from convac.specs.networks.arithmetic import ArithmeticSpec
from convac.specs.run import RunSpec
from convac.specs.tables import QUANTITIES
from convac.specs.training import TrainingSpec
from convac.training.loop import load, train
from convac.training.runs import of_seed, weights_of_seed

SEEDS = (3, 8)
WANTED = DependenceSpec(partitions=("left-right",), samples=40, least_pixels=2, learnt=0.6)
RUN = RunSpec(
    dataset=BlobsSpec(task="closedness", seed=0),
    network=ArithmeticSpec(geometry="square", sites=(4, 4), widths=(3, 3)),
    training=TrainingSpec(steps=4, batch=8, lr=0.01, seeds=SEEDS, snapshots=(0, 2)),
)


def images_of(count, seed=0):
    generator = np.random.default_rng(seed)
    return generator.integers(0, 2, (count, 4, 4)).astype(np.uint8)


ARRAYS = {
    "train_images": images_of(60, 1), "train_labels": np.arange(60) % 2,
    "test_images": images_of(240), "test_labels": np.arange(240) % 2,
}  # fmt: skip


@pytest.fixture(scope="module")
def trained():
    return train(RUN, ARRAYS)


def rows_of(spec, trained, wanted, data=ARRAYS, accuracy=(0.5, 0.7)):
    history = trained.history.copy()
    for seed, value in zip(SEEDS, accuracy, strict=True):
        final = (history["quantity"] == "test_accuracy") & (history["step"] == 4) & (history["seed"] == seed)
        history.loc[final, "value"] = value
    measure = MeasureSpec(measurements=(wanted,))
    return pd.DataFrame(list(measured(Trained(spec, trained.tensors, history, data), measure)))


@pytest.fixture(scope="module")
def table(trained):
    return rows_of(RUN, trained, WANTED)


def test_every_seed_and_snapshot_is_measured_and_trained_ones_under_every_condition(table):
    shares = table[table["quantity"] == "interaction_share"]
    found = set(shares[["seed", "phase", "moment", "condition"]].itertuples(index=False, name=None))
    expected = set()
    for seed in SEEDS:
        moments = {("untrained", 0), ("training", 2), ("trained", 4)}
        expected |= {(seed, phase, moment, "conditioned") for phase, moment in moments}
        expected |= {(seed, "trained", 4, name) for name in ("unconditioned", "within class")}
    # one of them reached the bar
    assert found == expected | {(8, "learnt", 4, "conditioned")}
    assert set(table["quantity"]) <= set(QUANTITIES)
    assert set(table["engine"]) == {"composites"}


def test_rows_are_what_the_engine_gives_for_the_seed(trained, table):
    for number, seed in enumerate(SEEDS):
        network = load(of_seed(RUN, number), weights_of_seed(trained.tensors, number))
        held = HeldOut(ARRAYS["test_images"], least_pixels=2)
        (found,) = data_dependence(network, "left-right", held, samples=40, seed=seed)
        own = table[(table["seed"] == seed) & (table["phase"] == "trained") & (table["condition"] == "conditioned")]
        values = dict(zip(own["quantity"], own["value"], strict=True))
        assert values["interaction_share"] == found.share.estimate
        assert values["interaction_share_error"] == found.share.error
        assert values["outside_share"] == found.outside
        assert ("posterior_entropy" in values) == found.entropy.settled


def test_an_untrained_network_without_a_snapshot_is_the_one_that_had_one(trained, table):
    training = RUN.training.model_copy(update={"snapshots": ()})
    spec = RUN.model_copy(update={"training": training})
    again = replace(trained, tensors={k: v for k, v in trained.tensors.items() if not k.startswith("step_")})
    found = rows_of(spec, again, WANTED)
    first, second = (each[each["phase"] == "untrained"].reset_index(drop=True) for each in (found, table))
    pd.testing.assert_frame_equal(first, second[first.columns])


def test_seeds_draw_halves_of_their_own_the_same_for_every_network():
    seen = {}

    def watching(name):
        def function(images):
            seen.setdefault(name, []).append(images.copy())
            return images.sum(axis=(1, 2)) + 0.0

        return function

    for name, seed in (("one", 3), ("another", 3), ("third", 8)):
        list(dependence_rows(watching(name), seed, ARRAYS, WANTED, controls=False, memory_limit=1e9))
    one, another, third = (np.concatenate(seen[name]) for name in ("one", "another", "third"))
    assert np.array_equal(one, another)
    assert not np.array_equal(one, third)


def test_vectors_kept_are_read_on_trained_networks_alone(trained):
    found = rows_of(RUN, trained, WANTED.model_copy(update={"vectors": (1, 4, 10, 11)}))
    kept = found[found["quantity"].isin(["kept_accuracy", "kept_whole_accuracy", "kept_needed"])]
    assert set(kept["phase"]) == {"trained"}
    assert set(kept["rank"].dropna()) == {1, 4, 10}  # a quarter of 40 images
    assert len(kept) == len(SEEDS) * 5
    assert set(found["quantity"]) <= set(QUANTITIES)


def test_too_few_images_leave_no_rows(trained, caplog):
    few = {name: array[:60] if name.startswith("test") else array for name, array in ARRAYS.items()}
    with caplog.at_level("INFO"):
        assert rows_of(RUN, trained, WANTED, few).empty
    assert "too few images" in caplog.text


def test_the_score_behind_the_label_is_measured_by_seed(trained):
    found = rows_of(RUN, trained, WANTED.model_copy(update={"label_score": True}))
    label = found[found["phase"] == "label"]
    assert set(label["seed"]) == set(SEEDS)
    assert set(label["quantity"]) == {"interaction_share", "interaction_share_error"}
    assert label["moment"].isna().all()


def test_a_dataset_without_a_score_is_refused():
    with pytest.raises(ArgumentError, match=r"label_score: digits has labels without a score; accepted: false"):
        list(label_rows(DigitsSpec(source="digits", seed=0, size=8), 0, ARRAYS, WANTED, 1e9))


@pytest.mark.parametrize("task", ["closedness", "symmetry"])
def test_label_scores_of_whole_frames_are_those_that_labels_are_made_of(task):
    rendered = blobs.render(40, np.random.default_rng(0))
    whole = rendered.width == 32
    expected = blobs.SCORES[task](rendered)[whole]
    assert np.array_equal(blobs.label_score(rendered.images[whole], task), expected)
    # a smaller region has nothing in one half of the frame
    empty = ~(rendered.images[~whole][:, :, :16].any(axis=(1, 2)) & rendered.images[~whole][:, :, 16:].any(axis=(1, 2)))
    assert empty.all()
