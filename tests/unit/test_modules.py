"""Torch modules as functions of the sites: right in their own types, and left as they were."""

import random

import numpy as np
import pytest
import torch
from torch import nn

from convac.entanglement.grid import GridFunction
from convac.entanglement.measure import measure
from convac.errors import ArgumentError


def frozen_in_training():
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(4, 6), nn.BatchNorm1d(6), nn.Dropout(0.5), nn.ReLU(), nn.Linear(6, 2)).train()
    network[1].eval()
    return network


class Counting(nn.Module):
    """Moves a buffer, puts another in its place and draws random numbers in evaluation mode, too."""

    def __init__(self):
        super().__init__()
        self.register_buffer("calls", torch.zeros(1, dtype=torch.int64))
        self.register_buffer("last", torch.zeros(1))

    def forward(self, inputs):
        self.calls += 1
        self.last = inputs[:1].sum(dim=1)
        for draw in (torch.rand, np.random.rand):
            draw(1)
        random.random()
        return inputs.prod(dim=1)


class Failing(nn.Sequential):
    def forward(self, inputs):
        super().forward(inputs)
        raise RuntimeError("no")


class Overridden(nn.Sequential):
    """Keeps its first part in evaluation mode, as frozen backbones do, and refuses to leave training."""

    def train(self, mode=True):
        if not mode:
            raise NotImplementedError
        super().train(True)
        self[0].eval()
        return self


def remembered(network):
    states = random.getstate(), str(np.random.get_state()), torch.get_rng_state().tolist()  # noqa: NPY002
    tensors = {name: tensor.tolist() for name, tensor in network.state_dict().items()}
    gradients = [None if weight.grad is None else weight.grad.tolist() for weight in network.parameters()]
    modes = [part.training for part in network.modules()]
    return states, tensors, gradients, modes, [id(buffer) for buffer in network.buffers()]


@pytest.mark.parametrize("engine", ["grid", "grid-sampled"])
def test_a_network_is_left_as_it_was(engine):
    networks = [
        frozen_in_training(),
        frozen_in_training().eval(),
        nn.Sequential(frozen_in_training(), Counting()),
        Counting(),
        Overridden(nn.BatchNorm1d(4), nn.Dropout(), nn.Linear(4, 1)).train(),
    ]
    for network in networks:
        if any(True for _ in network.parameters()):
            network(torch.rand(8, 4)).sum().backward()
        before = remembered(network)
        samples = 32 if engine == "grid-sampled" else None
        measure(network, [0, 1], sites=(4,), engine=engine, samples=samples, largest_error=np.inf)
        assert remembered(network) == before


def test_a_network_that_fails_is_left_as_it_was():
    network = Failing(*frozen_in_training(), Counting())
    before = remembered(network)
    with pytest.raises(ArgumentError, match="network: RuntimeError: no"):
        measure(network, [0, 1], sites=(4,))
    assert remembered(network) == before


def test_values_are_those_of_evaluation_mode():
    network = frozen_in_training()
    found = measure(network, [0, 1], sites=(4,), output=[1, -1])
    double = frozen_in_training().eval()
    assert found == measure(double, [0, 1], sites=(4,), output=[1, -1])
    with torch.no_grad():
        listed = double(torch.cartesian_prod(*[torch.tensor([0.0, 1.0])] * 4)) @ torch.tensor([1.0, -1.0])
    assert found.entropy == pytest.approx(measure(listed.reshape(2, 2, 2, 2), [0, 1]).entropy, abs=1e-6)


class Table(nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(1)
        self.rows = nn.Embedding(3, 5)
        self.values = nn.Linear(5, 1)

    def forward(self, tokens):
        return self.values(torch.tanh(self.rows(tokens).sum(dim=1))).squeeze(1)


@pytest.mark.parametrize("templates", [[0, 1, 2], np.array([0, 1, 2], dtype=np.uint8), torch.tensor([0, 1, 2]), None])
def test_integers_arrive_as_integers_at_an_embedding(templates):
    network = Table()
    symbols = 2 if templates is None else 3
    tokens = torch.cartesian_prod(*[torch.arange(symbols)] * 4)
    with torch.no_grad():
        listed = network(tokens).reshape((symbols,) * 4)
    found = measure(network, [0, 2], sites=(4,), templates=templates)
    assert found.entropy == pytest.approx(measure(listed, [0, 2]).entropy, abs=1e-6)


def test_integers_and_floats_are_the_same_pixels_elsewhere():
    network = nn.Sequential(nn.Linear(4, 3), nn.Tanh(), nn.Linear(3, 1))
    floats = measure(network, [0, 1], sites=(4,), templates=[0.0, 1.0])
    assert measure(network, [0, 1], sites=(4,), templates=[0, 1]) == floats
    assert measure(GridFunction(network, (4,)), [0, 1]) == floats
    assert measure(network.double(), [0, 1], sites=(4,)).entropy == pytest.approx(floats.entropy, abs=1e-5)
    assert measure(network.bfloat16(), [0, 1], sites=(4,)).engine == "grid"


def test_a_module_without_parameters_computes_in_float64():
    class Waves(nn.Module):
        def forward(self, inputs):
            assert inputs.dtype == torch.float64
            return torch.sin(inputs @ torch.arange(1.0, 5.0, dtype=torch.float64))

    assert measure(Waves(), [0, 1], sites=(4,)).schmidt_number == 2


def test_what_depends_on_its_batch_or_has_no_shape_yet_is_refused():
    with pytest.raises(ArgumentError, match="network: normalises over the batch"):
        measure(nn.Sequential(nn.BatchNorm1d(4, track_running_stats=False), nn.Linear(4, 1)), [0], sites=(4,))
    with pytest.raises(ArgumentError, match="network: has lazy parameters"):
        measure(nn.LazyLinear(1), [0], sites=(4,))
