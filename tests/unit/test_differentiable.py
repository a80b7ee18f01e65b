"""Rényi-2 in torch: the numpy engine's values, and gradients of them."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from convac.circuits.tree import random_circuit
from convac.entanglement.differentiable import renyi2
from convac.entanglement.measure import measure
from convac.errors import ArgumentError, MemoryLimitError
from convac.geometry.trees import PoolingTree
from convac.networks.arithmetic import ConvAC

TREE = PoolingTree.named("square", (2, 4))


def tensors(circuits):
    levels = [torch.tensor(np.stack(level)) for level in zip(*(circuit.weights for circuit in circuits), strict=True)]
    return levels, torch.tensor(np.stack([circuit.output[0] for circuit in circuits]))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.booleans(), st.booleans(), st.integers(1, 3))
def test_equals_the_numpy_engine_on_every_network_of_a_batch(seed, shared, positive, batch):
    generator = np.random.default_rng(seed)
    circuits = [random_circuit(TREE, 2, (3, 2), generator, shared=shared, positive=positive) for _ in range(batch)]
    chosen = generator.permutation(8)[: generator.integers(1, 8)].tolist()
    found = renyi2(TREE, *tensors(circuits), chosen)
    wanted = [measure(circuit, chosen, engine="spectrum").renyi2 for circuit in circuits]
    assert found.tolist() == pytest.approx(wanted, abs=1e-6)


def test_gradients_are_those_of_finite_differences():
    tree = PoolingTree.named("line", (4,))
    weights, output = tensors([random_circuit(tree, 2, (2, 2), np.random.default_rng(seed)) for seed in (0, 1)])
    leaves = [tensor.requires_grad_() for tensor in (*weights, output)]
    assert torch.autograd.gradcheck(lambda *given: renyi2(tree, given[:-1], given[-1], [0, 2]), leaves)


def test_climbing_the_gradient_entangles_a_network():
    network = ConvAC(TREE, 2, [4, 4], 2, weights="positive", seed=(0, 1))
    levels = [network.get_parameter(f"level_{level}") for level in (1, 2)]
    optimiser = torch.optim.Adam(network.parameters(), lr=0.1)
    values = []
    for _ in range(30):
        optimiser.zero_grad()
        output = network.get_parameter("output").double().exp()[:, 0]
        entropy = renyi2(TREE, [level.double().exp() for level in levels], output, "left-right")
        values.append(entropy.detach().tolist())
        (-entropy.sum()).backward()
        optimiser.step()
    assert np.all(np.array(values[-1]) > np.array(values[0]) + 0.05)
    assert measure(network.circuit(1), "left-right").renyi2 > values[0][1]


def test_extreme_scales_stay_in_range():
    circuit = random_circuit(PoolingTree.named("square", (16, 16)), 2, (3, 3, 3, 3), np.random.default_rng(0))
    weights, output = tensors([circuit])
    plain = renyi2(circuit.tree, weights, output, "top-bottom")
    scaled = renyi2(circuit.tree, [weights[0] * 1e30, weights[1] * 1e-40, *weights[2:]], output, "top-bottom")
    assert scaled.item() == pytest.approx(plain.item(), abs=1e-9)


def test_bad_shapes_and_limits_are_told():
    weights, output = tensors([random_circuit(TREE, 2, (3, 2), np.random.default_rng(0))])
    with pytest.raises(ArgumentError, match="weights: 1 given"):
        renyi2(TREE, weights[:1], output, "left-right")
    with pytest.raises(ArgumentError, match="weights: level 2"):
        renyi2(TREE, [weights[0], weights[1][..., :2]], output, "left-right")
    with pytest.raises(ArgumentError, match="output: has shape"):
        renyi2(TREE, weights, output[:, :1], "left-right")
    with pytest.raises(MemoryLimitError, match="renyi2: needs"):
        renyi2(TREE, weights, output, "left-right", memory_limit=1000)
