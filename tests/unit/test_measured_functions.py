"""The front door for what is no circuit: functions, data, and states as arrays, real and complex."""

import math

import numpy as np
import pytest
import torch

from convac.circuits.tree import random_circuit
from convac.circuits.tree_tensors import TreeTensorNetwork
from convac.entanglement.data import DataTensor
from convac.entanglement.measure import measure
from convac.entanglement.measures import entropy
from convac.errors import ArgumentError, MemoryLimitError, NotConvergedError
from convac.geometry.trees import PoolingTree

CIRCUIT = random_circuit(PoolingTree.named("square", (8, 8)), 2, (4, 4, 4), np.random.default_rng(0), classes=3)


def test_functions_and_data_go_to_their_own_engines():
    values = measure(lambda inputs: inputs.sum(axis=1), "start-end", sites=(6,))
    assert (values.engine, values.schmidt_number, values.min_cut) == ("grid", 2, None)
    one_hot = np.eye(2)[np.array([[0, 0], [1, 1]])]
    states = measure(DataTensor(one_hot, np.ones(2), (2,)), [0])
    assert states.engine == "data"
    assert states.entropy == pytest.approx(math.log(2))
    for engine, source in [("data", CIRCUIT), ("brute", DataTensor(one_hot, np.ones(2), (2,)))]:
        with pytest.raises(ArgumentError, match="doesn't measure"):
            measure(source, [0], engine=engine)
    with pytest.raises(ArgumentError, match="gram: given for a source"):
        measure(lambda inputs: inputs.sum(axis=1), "start-end", sites=(6,), gram=np.eye(2))


def test_a_sample_is_taken_only_when_asked_for_and_refused_when_it_is_too_small():
    def function(inputs):
        return 1 + 0.1 * inputs[:, 0] * inputs[:, -1]

    with pytest.raises(MemoryLimitError, match="grid-sampled"):
        measure(function, "start-end", sites=(40,))
    found = measure(function, "start-end", sites=(40,), engine="grid-sampled", samples=64)
    assert found.error < 0.1
    assert found.schmidt_number is None
    noise = np.random.default_rng(0).normal(size=2**20)
    powers = 2 ** np.arange(19, -1, -1)
    with pytest.raises(NotConvergedError, match="engine grid-sampled"):
        measure(
            lambda inputs: noise[(inputs @ powers).astype(int)],
            "start-end",
            sites=(20,),
            engine="grid-sampled",
            samples=64,
        )


def test_a_state_is_an_array_with_an_axis_per_site():
    generator = np.random.default_rng(0)
    for shape, inside in (((2,) * 6, [0, 3]), ((3,) * 4, [1, 2]), ((5, 5), [0])):
        psi = generator.normal(size=shape)
        outside = [site for site in range(len(shape)) if site not in inside]
        exact = np.linalg.svd(psi.transpose(*inside, *outside).reshape(shape[0] ** len(inside), -1), compute_uv=False)
        for values in (psi, torch.tensor(psi, requires_grad=True), np.asfortranarray(psi)):
            found = measure(values, inside)
            assert found.engine == "grid"
            assert found.entropy == pytest.approx(entropy(exact), abs=1e-10)
            assert found.schmidt_number == len(exact)
    bell = np.eye(2, dtype=int)
    assert measure(bell, [0]).entropy == measure(bell > 0, [0]).entropy == pytest.approx(math.log(2))
    grid = generator.normal(size=(2,) * 6)
    assert measure(grid, "top-bottom", sites=(2, 3)) == measure(grid, [0, 1, 2])
    assert measure(grid, [(0, 0), (0, 1), (0, 2)], sites=np.array([2, 3])) == measure(grid, [0, 1, 2])
    assert measure(grid, "left-right", sites=(2, 3)) == measure(grid, [0, 1, 3, 4])
    sampled = measure(np.ones((2,) * 12), "left-right", engine="grid-sampled", samples=64)
    assert sampled.entropy == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(
    ("state", "options", "words"),
    [
        (np.ones((2, 3)), {}, "same length M"),
        (np.ones(16), {"sites": (4,)}, "an axis per site"),
        (np.ones((2,) * 4), {"sites": (2, 3)}, "an axis per site"),
        (np.ones((2,) * 8), {"sites": (2, 2, 2)}, "1 or 2 positive sides"),
        (np.ones((1, 1, 1)), {}, "M ≥ 2"),
        (np.ones((0, 0)), {}, "state: has shape"),
        (np.ones(()), {}, "state: has shape"),
        (np.zeros((2, 2)), {}, "zero"),
        (np.array([["a", "b"], ["c", "d"]]), {}, "state: holds text"),
        (np.full((2, 2), np.nan), {}, "finite"),
        (np.ones((2, 2)), {"templates": (0, 1)}, "templates: given for a state"),
        (np.ones((2, 2)), {"gram": np.eye(2)}, "gram: given for a source"),
        (np.ones((2, 2)), {"engine": "spectrum"}, "doesn't measure a function"),
        (np.ones((2, 2)), {"output": 1}, "output: got class 1"),
    ],
)
def test_what_is_no_state_is_refused(state, options, words):
    with pytest.raises(ArgumentError, match=words):
        measure(state, [0], **options)


def phases(inputs):
    """exp(iπ/2 · x0 · x1), x0 and x1 the first two sites."""
    angles = inputs.reshape(len(inputs), -1)
    return np.exp(0.5j * np.pi * angles[:, 0] * angles[:, 1])


class Phases(torch.nn.Module):
    def forward(self, inputs):
        angles = inputs.reshape(len(inputs), -1)
        return torch.exp(0.5j * torch.pi * angles[:, 0] * angles[:, 1])


def test_complex_functions_and_states_are_measured_as_they_are():
    listed = phases(np.indices((2,) * 4).reshape(4, -1).T).reshape((2,) * 4)
    chosen = {"sites": (2, 2)}
    found = [measure(phases, [0, 2], **chosen), measure(Phases(), [0, 2], **chosen), measure(listed, [0, 2], **chosen)]
    found += [measure(torch.tensor(listed).to(torch.complex64), [0, 2]), measure(listed.conj() * 2j, [0, 2])]
    for result in found:
        assert result.entropy == pytest.approx(0.416496, abs=1e-6)
        assert result.schmidt_number == 2
    generator = np.random.default_rng(0)
    psi = generator.normal(size=(3,) * 4) + 1j * generator.normal(size=(3,) * 4)
    exact = np.linalg.svd(psi.transpose(0, 3, 1, 2).reshape(9, 9), compute_uv=False)
    assert measure(psi, [0, 3]).entropy == pytest.approx(entropy(exact), abs=1e-10)
    assert measure(psi.conj(), [0, 3]).entropy == pytest.approx(entropy(exact), abs=1e-10)


def test_classes_of_a_function_are_combined_by_complex_numbers_too():
    def function(inputs):
        return np.stack([np.ones(len(inputs)), inputs[:, 0] * inputs[:, 1]], axis=1)

    phase = np.exp(0.5j * np.pi) - 1
    found = measure(function, [0], sites=(2,), output=[1, phase])
    assert found.entropy == pytest.approx(measure(phases, [0], sites=(2,)).entropy, abs=1e-12)
    with pytest.raises(ArgumentError, match="output: holds complex numbers; accepted: real numbers"):
        measure(CIRCUIT, "left-right", output=[1, 1j, 0])


def test_complex_samples_tell_what_real_ones_do():
    def function(inputs):
        return 1 + 0.1 * inputs[:, 0] * inputs[:, -1]

    def turned(inputs):
        return function(inputs) * np.exp(1j * inputs.sum(axis=1))  # a phase of each site: the same spectrum

    arguments = {"sites": (40,), "engine": "grid-sampled", "samples": 64}
    real, turned_too = (measure(each, "start-end", **arguments) for each in (function, turned))
    assert turned_too.entropy == pytest.approx(real.entropy, abs=1e-9)
    assert turned_too.error == pytest.approx(real.error, rel=1e-6)


@pytest.mark.parametrize("engine", ["auto", "grid", "spectrum", "brute", "renyi2", "data"])
@pytest.mark.parametrize("source", ["circuit", "tree", "function", "state", "data"])
def test_what_nothing_is_sampled_for_takes_no_samples(source, engine):
    circuit = random_circuit(PoolingTree.named("line", (4,)), 2, (3, 3), np.random.default_rng(0))
    sources = {
        "circuit": circuit,
        "tree": TreeTensorNetwork.of(circuit),
        "function": lambda inputs: inputs.sum(axis=1),
        "state": np.ones((2, 2, 2, 2)),
        "data": DataTensor(np.ones((2, 4, 2)), [1.0, 2.0], (4,)),
    }
    with pytest.raises(ArgumentError, match=r"^samples: nothing is sampled here; accepted: with engine grid-sampled"):
        measure(sources[source], [0, 1], engine=engine, samples=64, sites=(4,) if source == "function" else None)


def test_a_dataset_has_one_class():
    data = DataTensor(np.ones((2, 4, 2)), [1.0, 2.0], (4,))
    for output in (1, [1.0], [0.0, 1.0], "0"):
        with pytest.raises(ArgumentError, match=r"^output: got .*; accepted: 0"):
            measure(data, [0, 1], output=output)
