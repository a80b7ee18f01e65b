"""Rényi-2 in torch: the numpy engine's values, and gradients of them."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from convac.circuits.tree import random_circuit
from convac.entanglement.differentiable import needed, renyi2
from convac.entanglement.limits import Limits
from convac.entanglement.measure import measure
from convac.entanglement.renyi2 import renyi2 as numpy_renyi2
from convac.entanglement.sub_partitions import sub_partitions
from convac.errors import ArgumentError, MemoryLimitError
from convac.geometry.partitions import Partition
from convac.geometry.trees import PoolingTree
from convac.networks.arithmetic import ConvAC

TREE = PoolingTree.named("square", (2, 4))


def tensors(circuits):
    levels = [torch.tensor(np.stack(level)) for level in zip(*(circuit.weights for circuit in circuits), strict=True)]
    return levels, torch.tensor(np.stack([circuit.output[0] for circuit in circuits]))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.booleans(), st.booleans(), st.integers(1, 3), st.booleans())
def test_equals_the_numpy_engine_on_every_network_of_a_batch(seed, shared, positive, batch, square):
    generator = np.random.default_rng(seed)
    tree = TREE if square else PoolingTree.named("line", (8,))
    widths = (3, 2) if square else (2, 4, 3)
    circuits = [random_circuit(tree, 2, widths, generator, shared=shared, positive=positive) for _ in range(batch)]
    weights, output = tensors(circuits)
    chosen = generator.permutation(8)[: generator.integers(1, 8)].tolist()
    mask = np.isin(np.arange(8), chosen)
    found = renyi2(tree, weights, output, chosen)
    for number, circuit in enumerate(circuits):
        wanted = numpy_renyi2(circuit, mask, Limits(2**30))
        assert found[number].item() == pytest.approx(wanted.value, abs=wanted.error + 1e-9)
        spectral = measure(circuit, chosen, engine="spectrum").renyi2
        assert found[number].item() == pytest.approx(spectral, abs=wanted.error + 1e-9)
        alone = slice(number, number + 1)
        single = renyi2(tree, [weight[alone] for weight in weights], output[alone], chosen)
        assert single.item() == pytest.approx(found[number].item(), abs=wanted.error + 1e-12)


@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize("positive", [True, False])
@pytest.mark.parametrize("partition", [[0, 2], [1, 2, 3]])
def test_gradients_are_those_of_finite_differences(shared, positive, partition):
    tree = PoolingTree.named("line", (4,))
    networks = [
        random_circuit(tree, 2, (3, 2), np.random.default_rng(seed), shared=shared, positive=positive)
        for seed in (0, 1)
    ]
    weights, output = tensors(networks)
    leaves = [tensor.requires_grad_() for tensor in (*weights, output)]
    assert torch.autograd.gradcheck(lambda *given: renyi2(tree, given[:-1], given[-1], partition), leaves)


@pytest.mark.parametrize("factor", [1e-30, 1e30])
def test_gradients_stay_exact_across_extreme_scales(factor):
    """The entropy doesn't change when a level's weights are multiplied: its gradient is divided by the factor."""
    tree = PoolingTree.named("line", (16,))
    weights, output = tensors([random_circuit(tree, 2, (3,) * 4, np.random.default_rng(0))])
    gradients = []
    for scale in (1.0, factor):
        scaled = [weights[0], (weights[1] * scale).requires_grad_(), *weights[2:]]
        renyi2(tree, scaled, output, "interleaved").sum().backward()
        gradients.append(scaled[1].grad * scale)
    assert torch.allclose(*gradients, rtol=1e-9, atol=1e-10)
    assert gradients[0].abs().max() > 0.1


@pytest.mark.parametrize("weights", ["positive", "signed"])
def test_climbing_the_gradient_entangles_a_network(weights):
    network = ConvAC(TREE, 2, [4, 4], 2, weights=weights, seed=(0, 1))
    optimiser = torch.optim.Adam(network.parameters(), lr=0.1)
    values = []
    for _ in range(30):
        optimiser.zero_grad()
        levels = [network.weight(f"level_{level}") for level in (1, 2)]
        entropy = renyi2(TREE, levels, network.weight("output")[:, 0], "left-right")
        values.append(entropy.detach().tolist())
        (-entropy.sum()).backward()
        optimiser.step()
    assert np.all(np.array(values[-1]) > np.array(values[0]) + 0.05)
    after = renyi2(
        TREE, [network.weight(f"level_{level}") for level in (1, 2)], network.weight("output")[:, 0], "block"
    )
    wanted = [measure(network.circuit(replica), "block").renyi2 for replica in (0, 1)]
    assert after.dtype == torch.float64
    assert after.tolist() == pytest.approx(wanted, abs=1e-5)  # exp of float32 parameters, in float32 here


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
    with pytest.raises(ArgumentError, match="output: has shape"):
        renyi2(TREE, weights, output[0], "left-right")
    with pytest.raises(ArgumentError, match="weights: level 1"):
        renyi2(TREE, [weights[0][0], weights[1]], output, "left-right")


@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize("widths", [(4, 4), (8, 8), (2, 10), (10, 2)])
@pytest.mark.parametrize("partition", ["checkerboard", "left-right", [5]])
def test_the_memory_that_is_stated_bounds_what_the_backward_pass_keeps(shared, widths, partition):
    tree = PoolingTree.named("square", (4, 4))
    circuits = [random_circuit(tree, 2, widths, np.random.default_rng(seed), shared=shared) for seed in range(3)]
    weights, output = tensors(circuits)
    weights = [weight.requires_grad_() for weight in weights]
    kept = {}

    def pack(tensor):
        storage = tensor.untyped_storage()
        kept[storage.data_ptr()] = (storage.nbytes(), tensor)  # kept alive, so that addresses aren't used again
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        renyi2(tree, weights, output, partition)
    mask = Partition.of((4, 4), partition).mask
    parts = [sub_partitions(tree, side, [not shared] * 2) for side in (mask, np.ones_like(mask))]
    stated = sum(needed(nodes, weights)[0] for nodes in parts)
    assert stated / 12 < sum(size for size, _ in kept.values()) <= stated


def test_a_tensor_that_is_zero_or_cancels_is_not_a_number_nor_are_its_slopes():
    weights, output = tensors([random_circuit(TREE, 2, (3, 2), np.random.default_rng(0))])
    assert renyi2(TREE, weights, 0 * output, "left-right").isnan().all()
    two = PoolingTree((2,), (0, 1), (2,))
    level = torch.tensor([[[-2.0, -2, -2], [2, 2, 2]]] * 2, dtype=torch.float64).requires_grad_()
    coefficients = torch.tensor([[4.0, -4], [4, -3]], dtype=torch.float64).requires_grad_()
    values = renyi2(two, [level], coefficients, [0])
    values.sum().backward()
    assert values.isnan().tolist() == [True, False]
    assert values[1].item() == pytest.approx(0.0, abs=1e-9)
    for slopes in (level.grad, coefficients.grad):
        assert slopes[0].isnan().all()
        assert slopes[1].abs().max() < 1e-9
    nearly = renyi2(two, [level], torch.tensor([[4.0, -4 + 1e-6], [4, -3]], dtype=torch.float64), [0])
    assert nearly.isnan().tolist() == [True, False]


def test_scales_that_leave_the_range_of_floats_are_not_infinite():
    two = PoolingTree((2,), (0, 1), (2,))
    level = torch.tensor([[[1e-200, 0], [0, 1e200]]], dtype=torch.float64)
    for coefficients in ([1.0, 0.0], [1e-300, 1e-300], [1e300, 1e-300]):
        value = renyi2(two, [level], torch.tensor([coefficients], dtype=torch.float64), [0])
        assert value.isnan() or value.item() == pytest.approx(0.0, abs=1e-6)
