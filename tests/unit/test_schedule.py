"""Warm-up, rates chosen on validation images, and snapshots through training."""

import math

import numpy as np
import pytest

from convac.errors import ArgumentError, ConvacError
from convac.seeds import stream
from convac.specs.datasets.blobs import BlobsSpec
from convac.specs.networks.arithmetic import ArithmeticSpec
from convac.specs.parsing import parse
from convac.specs.run import RunSpec
from convac.specs.training import Schedule, TrainingSpec
from convac.training.convergence import decisive_steps
from convac.training.loop import chosen_device, load, rate_factor, train, tuned


def spec(**training):
    return RunSpec(
        dataset=BlobsSpec(task="closedness", seed=0),
        network=ArithmeticSpec(geometry="square", sites=(4, 4), widths=(3, 3)),
        training=TrainingSpec(**{"steps": 40, "batch": 16, "lr": 0.01, "log_every": 20, "seeds": (0, 1), **training}),
    )


@pytest.fixture(scope="module")
def arrays():
    generator = stream("schedule test")

    def part(count):
        labels = generator.integers(0, 2, count)
        shares = np.where(labels == 1, 0.75, 0.25)[:, None, None]
        return (generator.random((count, 4, 4)) < shares).astype(np.uint8), labels

    found = {}
    for name, count in (("train", 200), ("validation", 60), ("test", 80)):
        found[f"{name}_images"], found[f"{name}_labels"] = part(count)
    return found


def test_the_rate_rises_stays_and_drops():
    schedule = Schedule(steps=100, lr=1.0, warm_up=0.2, drop_at=0.8, drop_to=0.5)
    factors = [rate_factor(schedule, step) for step in (1, 10, 20, 21, 80, 81, 100)]
    assert factors == pytest.approx([0.05, 0.5, 1, 1, 1, 0.5, 0.5])
    assert rate_factor(Schedule(steps=100, lr=1.0), 1) == 1


def test_the_rate_falls_evenly_until_the_steps_that_convergence_is_judged_by():
    schedule = Schedule(steps=1000, lr=1.0, warm_up=0.1, decay=0.2, drop_at=0.9, drop_to=0.5)
    assert decisive_steps(schedule) == (720, 900)
    factors = [rate_factor(schedule, step) for step in (50, 100, 410, 719, 720, 900, 901)]
    assert factors == pytest.approx([0.5, 1, 0.6, 0.2, 0.2, 0.2, 0.1], abs=2e-3)


def test_the_rate_with_the_least_validation_loss_is_taken(arrays):
    slow, good = 1e-6, 0.05
    chosen = spec(trials=(slow, good), trial_steps=30, trial_seeds=1)
    assert tuned(chosen, arrays, chosen_device("cpu")) == good
    result = train(chosen, arrays)
    rates = result.history[result.history["quantity"] == "learning_rate"]
    assert rates["value"].tolist() == [good, good]
    assert set(rates["step"]) == {0}
    plain = train(spec(lr=good), arrays)
    assert all(np.array_equal(plain.tensors[name], result.tensors[name]) for name in plain.tensors)
    shares = result.history[result.history["quantity"] == "validation_accuracy"]["value"]
    assert len(shares) == 10  # twice at 5 steps: those of the log, and those that tell whether it has converged
    assert ((shares >= 0) & (shares <= 1)).all()


def test_without_trials_the_rate_is_the_schedules(arrays):
    assert tuned(spec(lr=0.03), arrays, chosen_device("cpu")) == 0.03


def test_trials_need_validation_images(arrays):
    few = {name: array for name, array in arrays.items() if not name.startswith("validation")}
    with pytest.raises(ArgumentError, match=r"training\.trials: the dataset has no validation images"):
        train(spec(trials=(0.1, 0.2)), few)


def test_snapshots_are_the_weights_of_their_step(arrays):
    result = train(spec(snapshots=(0, 20), drop_at=1.0), arrays)
    shorter = train(spec(steps=20, drop_at=1.0), arrays)
    for name in shorter.tensors:
        assert np.array_equal(result.tensors[f"step_20.{name}"], shorter.tensors[name])
        assert not np.array_equal(result.tensors[f"step_0.{name}"], result.tensors[name])
    recorded = result.history[result.history["quantity"] == "loss"]["step"].unique().tolist()
    assert recorded == [0, 20, 32, 40]  # 32: the last fifth, which tells whether it has converged
    chosen = spec(snapshots=(0, 20), drop_at=1.0)
    network = load(chosen, result.tensors, step=20)
    values = {name: parameter.detach().numpy() for name, parameter in network.named_parameters()}
    assert all(np.array_equal(values[name], shorter.tensors[name]) for name in values)
    assert math.isfinite(result.seconds)


def test_a_snapshot_beyond_the_last_step_is_refused():
    with pytest.raises(ConvacError, match=r"snapshots: 40; accepted: steps before the last, 0 to 39"):
        parse(TrainingSpec, {"steps": 40, "lr": 0.1, "seeds": [0], "snapshots": [0, 40]}, "training")
