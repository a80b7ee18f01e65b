"""Sequences whose dependence has a controlled length, and recurrent networks that train on them."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml

from convac.circuits.fields import REALS
from convac.circuits.recurrent import RecurrentShape, draw, matricization
from convac.datasets import copying_memory, start_end_similarity
from convac.datasets.summaries import summarise
from convac.entanglement.start_end_rank import form
from convac.errors import ArgumentError
from convac.experiments.recurrent_memory_trained.block import Copying, Similarity, cells
from convac.measurement import memory
from convac.networks.rac import Rac
from convac.planning.config import blocks
from convac.specs.datasets.copying_memory import CopyingMemorySpec
from convac.specs.datasets.start_end_similarity import StartEndSimilaritySpec
from convac.specs.kinds import kind_named
from convac.specs.network import NetworkSpec
from convac.specs.networks.rac import RacSpec
from convac.specs.run import RunSpec
from convac.specs.training import TrainingSpec
from convac.training.loop import build, train

CONFIG = Path(__file__).parents[2] / "config.yaml"
KINDS = ("rac", "orthogonal", "tanh", "gru")


def test_copying_memory_asks_for_its_first_symbols():
    found = copying_memory.generate(seed=3, symbols=5, length=3, delay=4, train=200, test=20)
    sequences, labels = found["train_images"], found["train_labels"]
    assert sequences.shape == (200, 10)
    assert np.array_equal(sequences[:, :3], labels)
    assert set(labels.ravel()) == {1, 2, 3, 4, 5}
    rest = sequences[:, 3:].copy()
    assert (rest[:, 3] == 6).all()  # the mark, at step T − M
    rest[:, 3] = 0
    assert not rest.any()
    fewer = copying_memory.generate(seed=3, symbols=5, length=3, delay=4, train=50, test=20)
    assert np.array_equal(fewer["train_images"], sequences[:50])


@pytest.mark.parametrize(("length", "steps"), [(3, 6), (4, 12), (7, 20)])
def test_start_end_similarity_counts_what_comes_again(length, steps):
    found = start_end_similarity.generate(seed=1, symbols=3, length=length, steps=steps, train=3000, test=10)
    sequences, labels = found["train_images"], found["train_labels"]
    start, end = sequences[:, : steps // 2], sequences[:, steps // 2 :]
    assert np.array_equal(start > 0, end > 0)
    assert ((start > 0).sum(axis=1) == length).all()
    equal = ((start == end) & (start > 0)).sum(axis=1)
    assert labels.tolist() == [start_end_similarity.label_of(each, length) for each in equal]
    assert np.abs(np.bincount(labels) / 3000 - 1 / 3).max() < 0.05
    # within a label every number is as likely, and neither half tells the label
    for label in range(3):
        counts = np.array(list(Counter(equal[labels == label].tolist()).values()))
        assert counts.min() > 0.75 * counts.max()
        for half in (start, end):
            symbols = np.bincount(half[labels == label].ravel(), minlength=4)[1:]
            assert np.abs(symbols / symbols.sum() - 1 / 3).max() < 0.03
    assert len({tuple(np.flatnonzero(each)) for each in start}) == steps // 2 - length + 1


@pytest.mark.parametrize(
    ("made", "name"),
    [
        (lambda: copying_memory.generate(seed=-1), "seed"),
        (lambda: copying_memory.generate(seed=0, symbols=254), "symbols"),
        (lambda: copying_memory.generate(seed=0, delay=0), "delay"),
        (lambda: start_end_similarity.generate(seed=0, symbols=1), "symbols"),
        (lambda: start_end_similarity.generate(seed=0, length=2), "length"),
        (lambda: start_end_similarity.generate(seed=0, steps=13), "steps"),
        (lambda: start_end_similarity.generate(seed=0, steps=6), "steps"),
        (lambda: start_end_similarity.generate(seed=0, train=0), "train"),
    ],
)
def test_what_does_not_fit_is_named(made, name):
    with pytest.raises(ArgumentError, match=f"^{name}: .*accepted: "):
        made()


def test_sequences_have_a_summary_like_images():
    table = summarise(copying_memory.generate(seed=0, train=10, test=10))
    pixels = table[table["quantity"] == "pixel"]
    assert pixels["label"].unique().tolist() == [0]
    assert pixels["site"].max() == 15
    assert set((5 * pixels["value"]).round(6)) <= {0.0, 1.0, 2.0, 3.0, 4.0, 5.0}
    classes = summarise(start_end_similarity.generate(seed=0, train=50, test=50))
    assert set(classes["label"].dropna()) == {0, 1, 2}


# of a task: symbols, their number, length of the sequence, steps of training, batch, rate and width
TASKS = {
    "easiest copying": (2, 1, 3, 250, 16, 0.01, 12),
    "easiest similarity": (2, 3, 6, 1000, 16, 0.005, 24),
    "similarity over 6 steps": (4, 4, 12, 800, 32, 0.003, 32),
}


def run_of(kind, task, depth):
    """A run of one kind of network."""
    symbols, length, sites, steps, batch, rate, width = TASKS[task]
    drawn = {"symbols": symbols, "length": length, "train": batch * steps, "test": 100, "seeds": (0, 1)}
    if "copying" in task:
        dataset = CopyingMemorySpec(delay=sites - 2 * length, **drawn)
        sizes = {"sites": (sites,), "local_dimension": symbols + 2, "classes": symbols + 1, "answers": length}
    else:
        dataset = StartEndSimilaritySpec(steps=sites, **drawn)
        sizes = {"sites": (sites,), "local_dimension": symbols + 1, "classes": 3}
    schedule = {"steps": steps, "batch": batch, "lr": rate, "clip": 1.0, "warm_up": 0.05, "log_every": steps}
    network = kind_named(NetworkSpec, kind)(widths=(width,) * depth, **sizes)
    return RunSpec(dataset=dataset, network=network, training=TrainingSpec(**schedule, seeds=(0, 1)))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("task", "depth", "bar"),
    [
        ("easiest copying", 1, 0.99),
        ("easiest copying", 2, 0.99),
        ("easiest similarity", 1, 0.95),
        ("similarity over 6 steps", 1, 0.5),
    ],
)
def test_no_seed_stays_at_chance(kind, task, depth, bar):
    spec = run_of(kind, task, depth)
    module = copying_memory if "copying" in task else start_end_similarity
    drawn = [module.generate(**spec.dataset.arguments, seed=seed) for seed in spec.dataset.seeds]
    found = train(spec, {name: np.stack([each[name] for each in drawn]) for name in drawn[0]}, device="cpu")
    last = found.history[found.history["step"] == spec.training.steps]
    assert np.isfinite(last["value"]).all()
    assert (last.loc[last["quantity"] == "test_accuracy", "value"] >= bar).all()
    assert all(np.isfinite(tensor).all() for tensor in found.tensors.values())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("widths", [(7,), (5, 4), (3, 4, 2)])
def test_parameters_are_those_of_the_network(kind, widths):
    network = kind_named(NetworkSpec, kind)(sites=(6,), widths=widths, local_dimension=4, classes=3)
    spec = RunSpec(
        dataset=StartEndSimilaritySpec(seed=0, symbols=3, length=3, steps=6),
        network=network,
        training=TrainingSpec(steps=1, lr=0.1, seeds=(0, 1)),
    )
    made = build(spec)
    assert network.parameters() == sum(each[0].numel() for each in made.parameters())
    assert sum(level.parameters for level in network.levels()) == network.parameters() - network.readout(widths[-1])


def test_labels_of_another_shape_are_refused():
    spec = RunSpec(
        dataset=CopyingMemorySpec(seed=0, length=2, delay=1, train=4, test=4),
        network=RacSpec(sites=(5,), widths=(3,), local_dimension=6, classes=5, answers=3),
        training=TrainingSpec(steps=1, batch=2, lr=0.1, seeds=(0,)),
    )
    with pytest.raises(ArgumentError, match=r"accepted: labels of shape \[3\] for each image"):
        train(spec, copying_memory.generate(**spec.dataset.arguments), device="cpu")


@pytest.mark.parametrize("depth", [1, 2])
def test_amplitudes_of_composites_are_those_of_the_matricization(depth):
    shape = RecurrentShape(4, depth, 3, 2)
    weights = draw(shape, REALS, np.random.default_rng(depth))
    halves = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    found = memory.amplitudes(shape, weights, halves, halves)
    expected = matricization(shape, weights, REALS, 2)
    assert np.allclose(found / found[0, 0], expected / expected[0, 0])


@pytest.mark.parametrize("depth", [1, 2])
def test_ranks_of_racs_reach_their_bound(depth):
    network = Rac(6, 4, (2,) * depth, 3, seed=5)
    generator = torch.Generator().manual_seed(depth)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator))
    rank, bound = (row["value"] for row in memory.rank_rows(network, 5, 40))
    assert rank == bound == min(40, form(depth, 4, 2, 3))


def test_gradients_are_differences_of_the_loss():
    network = Rac(6, 4, (3, 3), 3, seed=5).double()
    images, labels = np.array([[0, 1, 2, 3, 0, 1]]), np.array([2])
    norms = memory.input_gradients(network, images, labels)
    inputs = network.prepare(network.encode(images)).clone()
    for step in range(6):
        slopes = []
        for symbol in range(4):
            losses = []
            for sign in (1, -1):
                moved = inputs.clone()
                moved[0, step, 0, symbol] += sign * 1e-5
                losses.append(-float(network.logits(moved)[0, 0].detach().log_softmax(-1)[2]))
            slopes.append((losses[0] - losses[1]) / 2e-5)
        assert norms[step] == pytest.approx(np.linalg.norm(slopes), rel=1e-5)


@pytest.mark.parametrize(("task", "own"), [(Copying, {"further_steps": 2}), (Similarity, {})])
def test_further_delays_are_some_of_the_delays(task, own):
    rates = dict.fromkeys(KINDS, 0.01)
    fields = {"symbols": 4, "length": 4, "delays": (4, 8), "training": {"steps": 1, "lr": 0.1}, "rates": rates, **own}
    assert task(**fields, further_delays=(8,)).further_delays == (8,)
    with pytest.raises(ValueError, match=r"further_delays: 6; accepted: some of delays, \[4, 8\]"):
        task(**fields, further_delays=(6,))


def test_tanh_and_gru_take_steps_of_their_own():
    block = blocks(yaml.safe_load(CONFIG.read_text()))["laptop", "recurrent_memory_trained"][1]
    found = {}
    for cell in cells(block):
        if cell.labels["task"] == "copying":
            assert cell.spec.dataset.arguments["train"] == cell.spec.training.steps * cell.spec.training.batch
            found.setdefault(cell.labels["network"], set()).add(cell.spec.training.steps)
    compared, others = block.copying.training.steps, block.copying.further_steps
    assert compared != others
    assert found == {"RAC": {compared}, "orthogonal": {compared}, "tanh": {others}, "GRU": {others}}
