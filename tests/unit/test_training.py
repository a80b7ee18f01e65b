"""The training loop: history, determinism, resume, checks, and what it refuses."""

import logging

import numpy as np
import pytest
import torch
from killing import Killed, killed_at
from network_specs import network_spec

from convac.errors import ArgumentError, ConfigError, FileError, NonFiniteError
from convac.files import read_arrays, write_arrays
from convac.seeds import stream
from convac.specs.datasets.blobs import BlobsSpec
from convac.specs.run import RunSpec
from convac.specs.training import TrainingSpec
from convac.training import loop
from convac.training.loop import Batches, build, clip_gradients, load, train


def spec(architecture="arithmetic", options=None, *, widths=(4, 4, 4), windows=None, **training):
    return RunSpec(
        dataset=BlobsSpec(task="closedness", seed=0),
        network=network_spec(
            architecture,
            geometry="square",
            sites=(8, 8),
            windows=windows,
            widths=widths,
            **(options or {}),
        ),
        training=TrainingSpec(**{"steps": 60, "batch": 16, "lr": 0.01, "log_every": 20, "seeds": (0, 1), **training}),
    )


@pytest.fixture(scope="module")
def arrays():
    """Images whose label says whether most of the upper half is filled: easy to learn."""
    generator = stream("training test")

    def part(count):
        labels = generator.integers(0, 2, count)
        shares = np.where(labels == 1, 0.75, 0.25)[:, None, None]
        return (generator.random((count, 8, 8)) < shares).astype(np.uint8), labels

    train_images, train_labels = part(200)
    test_images, test_labels = part(80)
    return {
        "train_images": train_images,
        "train_labels": train_labels,
        "test_images": test_images,
        "test_labels": test_labels,
    }


def same(first, second):
    return all(np.array_equal(first[name], second[name]) for name in first) and first.keys() == second.keys()


@pytest.mark.parametrize(
    ("architecture", "options"),
    [
        ("arithmetic", {}),
        ("arithmetic", {"weights": "signed"}),
        ("arithmetic", {"sharing": "located"}),
        ("rectifier", {"pooling": "max"}),
        ("rectifier", {"pooling": "average"}),
        ("mixture", {"leaves": "categorical", "sharing": "located"}),
        ("mixture", {"leaves": "gaussian", "sharing": "located", "objective": "hybrid"}),
    ],
)
def test_networks_learn_and_the_history_is_tidy(architecture, options, arrays):
    history = train(spec(architecture, options, widths=(8, 8, 8), steps=150, log_every=60, lr=0.005), arrays).history
    assert list(history.columns) == ["seed", "step", "quantity", "level", "value"]
    assert not history.duplicated(["seed", "step", "quantity", "level"]).any()
    rows = history[history["quantity"] == "test_accuracy"]
    assert sorted(rows["step"].unique()) == [0, 60, 96, 120, 150]
    assert set(rows["seed"]) == {0, 1}
    assert rows.loc[rows["step"] == 150, "value"].mean() > 0.9
    expected = {"loss", "train_accuracy", "test_accuracy", "learning_rate", "converged"}
    if architecture in {"arithmetic", "mixture"}:
        expected |= {"log_scale", "initial_log_scale"}
        first = history[history["quantity"] == "initial_log_scale"]
        assert set(first["level"]) == {1, 2, 3}
        assert set(first["step"]) == {0}
    assert set(history["quantity"]) == expected
    assert np.isfinite(history["value"]).all()


@pytest.mark.parametrize("levels", range(1, 7))
def test_signed_networks_neither_stick_at_chance_nor_overflow(levels, arrays):
    windows = {1: (64,), 2: (16, 4), 3: (4, 4, 4), 4: (4, 4, 2, 2), 5: (4, 2, 2, 2, 2), 6: (2,) * 6}[levels]
    run = spec(options={"weights": "signed"}, widths=(8,) * levels, windows=windows, clip=1.0, lr=0.003, steps=150)
    history = train(run, arrays).history
    last = history[(history["step"] == 150) & (history["quantity"] == "train_accuracy")]
    assert (last["value"] > 0.9).all()


def test_the_same_spec_gives_the_same_bits_and_another_seed_others(arrays):
    first, second = train(spec(), arrays), train(spec(), arrays)
    assert same(first.tensors, second.tensors)
    assert first.history.equals(second.history)
    assert not np.array_equal(first.tensors["level_1"][0], first.tensors["level_1"][1])


@pytest.mark.parametrize("training", [{"clip": 0.5}, {"weight_decay": 1e-3}], ids=["clipped", "decayed"])
@pytest.mark.parametrize(
    ("architecture", "options"),
    [
        ("arithmetic", {}),
        ("arithmetic", {"weights": "signed"}),
        ("arithmetic", {"weights": "signed", "sharing": "windowed"}),
        ("arithmetic", {"sharing": "located"}),
        ("rectifier", {"pooling": "max"}),
        ("rectifier", {"pooling": "average"}),
        ("convolutional", {"kernel": 1, "local_dimension": 1}),
        ("convolutional", {"kernel": 2, "local_dimension": 1}),
        ("convolutional", {"kernel": 3, "local_dimension": 1}),
        ("convolutional", {"kernel": 3, "local_dimension": 1, "pooling": "average"}),
        ("overlapping", {"kernel": 3, "weights": "signed"}),
    ],
)
@pytest.mark.parametrize("widths", [(4, 4, 4), (13, 7, 3)])
def test_a_seed_has_the_same_bits_alone_and_among_others(arrays, architecture, options, widths, training):
    given = {"architecture": architecture, "options": options, "widths": widths, "steps": 12, **training}
    many = train(spec(seeds=(5, 3, 4), **given), arrays)
    one = train(spec(seeds=(3,), **given), arrays)
    for name, tensor in one.tensors.items():
        assert np.array_equal(tensor[0], many.tensors[name][1]), name
    ours = many.history[many.history["seed"] == 3].reset_index(drop=True)
    alone = one.history.reset_index(drop=True)
    # a logarithm's last bit depends on its place in the processor's vector; this one is shown, and trains nothing
    shown = ours["quantity"] == "log_scale"
    assert ours[~shown].equals(alone[~shown])
    assert np.allclose(ours["value"], alone["value"], rtol=1e-6, atol=0)


def test_a_seed_has_the_same_bits_whatever_threads_torch_was_given_before(arrays):
    run = spec("convolutional", {"kernel": 3, "local_dimension": 1}, widths=(13, 7, 3), steps=12)
    found = []
    for threads in (1, 2):
        torch.set_num_threads(threads)
        found.append(train(run, arrays))
        assert torch.get_num_threads() == threads  # the caller's setting is the caller's
    assert same(found[0].tensors, found[1].tensors)


@pytest.mark.parametrize("stop", [2, 20, 21, 55])
def test_a_killed_run_goes_on_to_the_same_bits(tmp_path, monkeypatch, arrays, stop):
    run = spec("rectifier", weight_decay=1e-4, clip=1.0)
    whole = train(run, arrays)
    path = tmp_path / "checkpoint.safetensors"
    with monkeypatch.context() as patch:
        killed_at(patch, stop)
        with pytest.raises(Killed):
            train(run, arrays, checkpoint=path)
    assert int(read_arrays(path)[0]["step"][0]) == stop - 1
    resumed = train(run, arrays, checkpoint=path)
    assert same(whole.tensors, resumed.tensors)
    assert whole.history.equals(resumed.history)


@pytest.mark.parametrize("fault", ["damaged", "empty", "spec", "code", "foreign"])
def test_a_checkpoint_that_cannot_be_trusted_is_passed_over(tmp_path, monkeypatch, arrays, caplog, fault):
    path = tmp_path / "checkpoint.safetensors"
    with monkeypatch.context() as patch:
        killed_at(patch, 30)
        with pytest.raises(Killed):
            train(spec(), arrays, checkpoint=path, code="a")
    if fault == "damaged":
        content = bytearray(path.read_bytes())
        content[-3] ^= 1
        path.write_bytes(content)
    elif fault == "empty":
        path.write_bytes(b"")
    elif fault == "foreign":
        write_arrays(path, {"step": np.array([30])}, {"made": "elsewhere"})
    run = spec(lr=0.02) if fault == "spec" else spec()
    with caplog.at_level(logging.WARNING, logger="convac"):
        result = train(run, arrays, checkpoint=path, code="b" if fault == "code" else "a")
    assert "checkpoint passed over" in caplog.text
    assert same(result.tensors, train(run, arrays).tensors)


@pytest.mark.parametrize("architecture", ["arithmetic", "rectifier"])
def test_a_value_that_is_not_finite_stops_the_run_with_layer_seed_and_step(monkeypatch, arrays, architecture):
    original = loop.Run.update

    def update(run, step):
        if step == 37:
            with torch.no_grad():
                run.network.get_parameter("level_2")[1, 0, 0] = torch.inf
        return original(run, step)

    monkeypatch.setattr(loop.Run, "update", update)
    monkeypatch.setattr(loop.Run, "inputs", inputs_with_fault)
    with pytest.raises(NonFiniteError, match=r"layer level_2 isn't finite for seed 1 at step 37; accepted: ") as caught:
        train(spec(architecture), arrays)
    assert len(str(caught.value)) <= 200


def inputs_with_fault(run, step):
    """The replay's view of step 37, before which a weight became infinite."""
    if step == 37:
        with torch.no_grad():
            run.network.get_parameter("level_2")[1, 0, 0] = torch.inf
    return run.network.prepare(run.images[run.rows(step)])


def test_a_rate_that_is_too_high_is_told_truthfully(arrays):
    with pytest.raises(NonFiniteError, match=r"layer \w+ isn't finite for seed 0 at step \d+;"):
        train(spec(lr=1e30, seeds=(0,)), arrays)


def test_batches_visit_every_image_once_an_epoch_in_an_order_of_the_seed_alone():
    many, one = Batches((0, 1), 10, 4), Batches((1,), 10, 4)
    seen = np.concatenate([many(step) for step in range(5)], axis=1)
    for row in seen.reshape(2, 2, 10).reshape(4, 10):
        assert sorted(row) == list(range(10))
    assert not np.array_equal(seen[0], seen[1])
    assert np.array_equal(np.concatenate([one(step) for step in range(5)], axis=1)[0], seen[1])
    assert np.array_equal(Batches((1,), 10, 4)(3), one(3))
    assert np.array_equal(np.sort(Batches((1,), 3, 6)(0)[0]), [0, 0, 1, 1, 2, 2])


def test_gradients_are_clipped_per_replica():
    parameters = [torch.zeros(2, 3, requires_grad=True), torch.zeros(2, 1, requires_grad=True)]
    parameters[0].grad = torch.tensor([[3.0, 0, 0], [0.1, 0, 0]])
    parameters[1].grad = torch.tensor([[4.0], [0.2]])
    clip_gradients(parameters, 1.0)
    torch.testing.assert_close(parameters[0].grad, torch.tensor([[0.6, 0, 0], [0.1, 0, 0]]))
    torch.testing.assert_close(parameters[1].grad, torch.tensor([[0.8], [0.2]]))


def test_the_loss_is_a_mean_cross_entropy_per_replica():
    logits = torch.zeros(2, 3, 4)
    logits[1, :, 2] = 50
    found = build(spec()).loss(logits, torch.tensor([[0, 1, 2], [2, 2, 2]]))
    torch.testing.assert_close(found, torch.tensor([np.log(4), 0.0], dtype=torch.float32))


def test_a_model_is_rebuilt_from_its_tensors(arrays):
    run = spec()
    result = train(run, arrays)
    network = load(run, result.tensors)
    images = arrays["test_images"]
    right = network(network.encode(images)).argmax(2).numpy() == arrays["test_labels"]
    history = result.history
    rows = history[(history["quantity"] == "test_accuracy") & (history["step"] == 60)]
    np.testing.assert_allclose(right.mean(axis=1), rows["value"])
    assert network.circuit(1).widths == (4, 4, 4)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda tensors: tensors.pop("output"), "tensor output is missing"),
        (lambda tensors: tensors.update(extra=np.zeros(1)), "tensor extra is unknown"),
        (lambda tensors: tensors.update(output=np.zeros((2, 2, 5))), r"tensor output has shape \[2, 2, 5\]"),
    ],
)
def test_tensors_of_another_network_are_refused_in_one_line(change, message):
    tensors = {name: parameter.detach().numpy() for name, parameter in loop.build(spec()).named_parameters()}
    change(tensors)
    with pytest.raises(FileError, match=rf"^model\.safetensors: {message}; expected "):
        load(spec(), tensors, "model.safetensors")


@pytest.mark.parametrize(
    "change",
    [
        {"train_labels": np.zeros(3, dtype=int)},
        {"test_labels": np.full(80, 2)},
        {"test_images": None},
        {"train_images": np.zeros((200, 4, 4), dtype=int)},
        {"train_images": np.full((200, 8, 8), 0.5)},
        {"test_images": np.zeros((80, 8, 8), dtype=complex)},
        {"train_labels": np.full(200, 0.7)},
        {"test_labels": np.zeros(80, dtype=complex)},
        {"test_labels": np.full(80, "0")},
        {"test_labels": [0] * 80},
    ],
)
def test_datasets_that_do_not_fit_are_refused_in_one_line(arrays, change):
    broken = {name: array for name, array in (arrays | change).items() if array is not None}
    with pytest.raises(ArgumentError, match="accepted: "):
        train(spec(), broken)


def test_boolean_images_and_labels_train_to_the_same_bits(arrays):
    as_booleans = {name: array.astype(bool) for name, array in arrays.items()}
    first, second = train(spec(steps=10), arrays), train(spec(steps=10), as_booleans)
    assert same(first.tensors, second.tensors)
    assert first.history.equals(second.history)


@pytest.mark.parametrize("architecture", ["nothing", "layers"])
def test_an_unknown_kind_is_refused_in_one_line(architecture):
    with pytest.raises(ConfigError, match=f'network.kind: "{architecture}" is unknown; accepted: arithmetic, '):
        loop.build(spec(architecture))


def test_an_absent_device_is_refused_in_one_line(arrays):
    with pytest.raises(ArgumentError, match="device: 'abacus' isn't here; accepted: "):
        train(spec(), arrays, device="abacus")


def test_a_run_tells_where_it_is(arrays, caplog):
    with caplog.at_level(logging.INFO, logger="convac"):
        train(spec(), arrays)
    assert "60 of 60 steps, loss " in caplog.text
    assert "test accuracy" in caplog.text
