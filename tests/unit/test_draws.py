"""Images drawn anew with every seed: each replica learns, and is tested, on those of its own seed."""

import json

import numpy as np
import pytest
from network_specs import network_spec
from pydantic import ValidationError

from convac.commands import dataset
from convac.datasets.blobs import generate
from convac.datasets.summaries import summarise_draws
from convac.errors import ArgumentError
from convac.experiments.experiment import Cell
from convac.files import read_arrays
from convac.geometry.trees import PoolingTree
from convac.measurement.windows import window_accuracy, window_counts
from convac.planning.groups import groups
from convac.specs.datasets.blobs import BlobsSpec
from convac.specs.run import RunSpec
from convac.specs.spec import canonical, digest
from convac.specs.training import TrainingSpec
from convac.training.loop import train

PARAMETERS = {"task": "symmetry", "side": 16, "rendered_train": 60, "rendered_test": 30}
TREE = PoolingTree.named("mirror", (16, 16))
KINDS = {
    "arithmetic": {"weights": "signed", "initialisation": "calibrated"},
    "rectifier": {"pooling": "average"},
}


def spec_of(seeds, architecture="rectifier", **training):
    return RunSpec(
        dataset=BlobsSpec(**PARAMETERS, seeds=seeds),
        network=network_spec(
            architecture, geometry="mirror", sites=(16, 16), widths=(3,) * TREE.levels, **KINDS[architecture]
        ),
        training=TrainingSpec(steps=6, batch=8, lr=0.01, seeds=seeds, log_every=3, **training),
    )  # fmt: skip


def draws_of(seeds):
    drawn = [generate(seed=seed, **PARAMETERS) for seed in seeds]
    return {name: np.stack([each[name] for each in drawn]) for name in drawn[0]}


@pytest.mark.parametrize("architecture", KINDS)
def test_a_replica_is_trained_as_if_its_seed_stood_alone(architecture):
    together = train(spec_of((3, 5), architecture), draws_of((3, 5)), device="cpu")
    alone = train(spec_of((5,), architecture), draws_of((5,)), device="cpu")
    both = together.history[together.history["seed"] == 5]["value"].to_numpy()
    np.testing.assert_allclose(both, alone.history["value"].to_numpy(), rtol=1e-4, atol=1e-5)
    for name, tensor in alone.tensors.items():
        np.testing.assert_allclose(together.tensors[name][1:], tensor, rtol=1e-3, atol=1e-5)


def test_draws_differ_and_one_too_few_is_refused():
    arrays = draws_of((3, 5))
    assert (arrays["test_images"][0] != arrays["test_images"][1]).any()
    with pytest.raises(ArgumentError, match=r"dataset: holds \[1\] draws; accepted: one per seed, 2"):
        train(spec_of((3, 5)), {name: array[:1] for name, array in arrays.items()}, device="cpu")


def test_seeds_of_images_are_those_of_training_and_leave_no_trials():
    spec = spec_of((3, 5))
    with pytest.raises(ValidationError, match=r"dataset.seeds: \[3, 5\]; accepted: those of training, \[3\]"):
        RunSpec(dataset=spec.dataset, network=spec.network, training=spec_of((3,)).training)
    with pytest.raises(ValidationError, match=r"training\.trials"):
        spec_of((3, 5), trials=(0.1, 0.2))
    with pytest.raises(ValidationError, match="seed: stands beside `seeds`"):
        BlobsSpec(**PARAMETERS, seed=1, seeds=(3,))
    with pytest.raises(ValidationError, match="seed: is missing; accepted: an integer, or `seeds`"):
        BlobsSpec(**PARAMETERS)


def test_datasets_without_draws_keep_their_digest():
    plain = BlobsSpec(**PARAMETERS, seed=1)
    assert "seeds" not in json.loads(canonical(plain))
    assert "seed" not in json.loads(canonical(BlobsSpec(**PARAMETERS, seeds=(1,))))
    assert digest(plain) != digest(BlobsSpec(**PARAMETERS, seeds=(1,)))


def test_a_group_of_seeds_has_the_images_of_its_own():
    found = groups(Cell(spec_of((9, 15, 16))))
    assert [part.spec.dataset.seeds for part in found] == [(9,), (15, 16)]
    assert [part.spec.training.seeds for part in found] == [(9,), (15, 16)]


def test_the_command_stacks_draws_and_tells_of_each(tmp_path):
    spec = spec_of((3, 5)).dataset
    (tmp_path / "spec.json").write_text(canonical(spec))
    places = {name: str(tmp_path / name) for name in ("data.safetensors", "summary.parquet", "run.json")}
    options = dataset.Namespace(
        spec=str(tmp_path / "spec.json"), data=places["data.safetensors"], summary=places["summary.parquet"],
        record=places["run.json"], folder=None,
    )  # fmt: skip
    dataset.run(options)
    arrays, header = read_arrays(places["data.safetensors"])
    assert header["spec"] == digest(spec)
    for name, array in draws_of((3, 5)).items():
        np.testing.assert_array_equal(arrays[name], array)


def test_summaries_tell_of_every_draw_and_show_examples_of_the_first():
    drawn = [generate(seed=seed, **PARAMETERS) for seed in (3, 5)]
    table = summarise_draws(drawn, (3, 5))
    assert table[table["quantity"] == "count_accuracy"]["seed"].tolist() == [3, 5]
    assert set(table[table["quantity"] == "pixel"]["seed"]) == {3}


def test_window_counts_tell_what_a_window_tells():
    generator = np.random.default_rng(0)
    images = generator.integers(0, 2, (400, 4, 4))
    tree = PoolingTree.named("square", (4, 4))
    full = images.reshape(400, 2, 2, 2, 2).sum(axis=(2, 4)).reshape(400, 4) == 4
    assert window_counts(tree, images)[:, 5].tolist() == full.sum(axis=1).tolist()
    labels = full.any(axis=1).astype(int)
    data = {"train_images": images[:300], "train_labels": labels[:300]}
    data |= {"test_images": images[300:], "test_labels": labels[300:]}
    assert window_accuracy(tree, data) > max(labels[300:].mean(), 1 - labels[300:].mean()) + 0.05
    with pytest.raises(ArgumentError, match="accepted: 16 pixels each, 0 or 1"):
        window_counts(tree, images * 2)
