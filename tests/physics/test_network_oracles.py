"""Networks against independent evaluations: the circuit in float64, the textbook log-sum-exp, plain convolutions."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from convac.geometry.trees import PoolingTree
from convac.networks.arithmetic import ConvAC
from convac.networks.products import Products
from convac.networks.rectifier import ConvRect
from convac.seeds import stream

TREES = {
    "mirror": PoolingTree.named("mirror", (4, 4)),
    "three levels, two tabulated": PoolingTree.named("square", (8, 8)),
    "large window": PoolingTree.named("random", (8, 8), (16, 4)),
    "odd windows": PoolingTree.named("line", (12,), (3, 2, 2)),
    "shallow": PoolingTree.named("line", (12,), (12,)),
}


def images(tree: PoolingTree, local_dimension: int = 2, count: int = 6) -> np.ndarray:
    return stream("test images").integers(0, local_dimension, (count, *tree.shape))


def one_hot(tree: PoolingTree, values: np.ndarray, local_dimension: int) -> np.ndarray:
    return np.eye(local_dimension)[values.reshape(len(values), tree.sites)]


def relative(logits: np.ndarray) -> np.ndarray:
    """Logits without what is common to the classes."""
    return logits - logits[..., :1]


@pytest.mark.parametrize("name", TREES)
@pytest.mark.parametrize("local_dimension", [2, 3])
@pytest.mark.parametrize("sharing", ["shared", "located"])
@pytest.mark.parametrize(("weights", "initialisation"), [("positive", None), ("signed", None), ("signed", "normal")])
def test_logits_are_logarithms_of_the_circuits_amplitudes(name, local_dimension, sharing, weights, initialisation):
    tree = TREES[name]
    widths = tuple(range(3, 3 + tree.levels))
    network = ConvAC(
        tree, local_dimension, widths, 3, weights=weights, sharing=sharing, initialisation=initialisation, seed=(0, 7)
    ).double()
    values = images(tree, local_dimension)
    vectors = one_hot(tree, values, local_dimension)
    for encoded in (network.encode(values), network.encode(vectors)):
        logits = network(encoded).detach().numpy()
        for replica in range(2):
            amplitudes = network.circuit(replica).amplitudes(vectors)
            expected = np.log(np.abs(amplitudes)) * (2 if weights == "signed" else 1)
            np.testing.assert_allclose(relative(logits[replica]), relative(expected), atol=1e-8)
            np.testing.assert_allclose(network.function(replica)(values), expected, atol=1e-8)


def test_general_representation_vectors_follow_the_circuit():
    tree = TREES["mirror"]
    network = ConvAC(tree, 3, (4, 2), weights="signed", initialisation="normal").double()
    vectors = stream("vectors").normal(size=(5, tree.sites, 3))
    logits = network(network.encode(vectors)).detach().numpy()[0]
    expected = 2 * np.log(np.abs(network.circuit().amplitudes(vectors)))
    np.testing.assert_allclose(relative(logits), relative(expected), atol=1e-9)


def test_scale_and_values_give_back_the_amplitudes_themselves():
    tree = TREES["mirror"]
    network = ConvAC(tree, 2, (4, 3), weights="signed", initialisation="normal").double()
    values = images(tree)
    *_, (last, log) = network.propagate(network.prepare(network.encode(values)))
    amplitudes = (network.get_parameter("output") @ last.flatten(2) * log.flatten(2).exp()).mT[0].detach().numpy()
    np.testing.assert_allclose(amplitudes, network.circuit().amplitudes(one_hot(tree, values, 2)), rtol=1e-9)


def log_sum_exp(network: ConvAC, vectors: torch.Tensor) -> torch.Tensor:
    """Textbook log-space ConvAC of one replica, (batch, classes)."""
    log = vectors[:, list(network.tree.order)].log()
    for name, window in zip(network.names, network.tree.windows, strict=False):
        log = torch.logsumexp(network.get_parameter(name)[0] + log[:, :, None], dim=3)
        log = log.reshape(len(log), -1, window, log.shape[2]).sum(2)
    return torch.logsumexp(network.get_parameter("output")[0] + log, dim=2)


def test_gradients_are_those_of_the_textbook_log_sum_exp():
    tree = TREES["three levels, two tabulated"]
    network = ConvAC(tree, 2, (3, 4, 3)).double()
    values = images(tree)
    labels = torch.tensor([0, 1, 0, 1, 1, 0])
    gradients = []
    for logits in (
        network(network.encode(values))[0],
        log_sum_exp(network, torch.from_numpy(one_hot(tree, values, 2))),
    ):
        loss = torch.nn.functional.cross_entropy(logits, labels)
        gradients.append(torch.autograd.grad(loss, list(network.parameters())))
    for ours, textbook in zip(*gradients, strict=True):
        torch.testing.assert_close(ours, textbook, atol=1e-10, rtol=1e-8)


@pytest.mark.parametrize("sharing", ["shared", "located"])
def test_gradients_of_signed_networks_are_exact(sharing):
    tree = TREES["mirror"]
    network = ConvAC(tree, 2, (2, 2), weights="signed", sharing=sharing, initialisation="normal").double()
    encoded = network.encode(images(tree, count=3))
    names, parameters = zip(*network.named_parameters(), strict=True)

    def log_odds(*tensors: torch.Tensor) -> torch.Tensor:
        logits = torch.func.functional_call(network, dict(zip(names, tensors, strict=True)), (encoded,))
        return logits[..., 1] - logits[..., 0]

    assert torch.autograd.gradcheck(log_odds, parameters, eps=1e-7, atol=1e-4, rtol=1e-4)


def test_a_factor_of_zero_has_the_product_over_it_as_gradient():
    values = torch.tensor([[[0.0, 2.0, 3.0]], [[0.0, 0.0, 3.0]]], dtype=torch.float64, requires_grad=True)
    products, peak = Products.apply(values, lambda x: x.sum(2, keepdim=True), lambda x: x.expand(-1, -1, 3), True)
    (products * peak.exp()).sum().backward()
    torch.testing.assert_close(values.grad, torch.tensor([[[6.0, 0, 0]], [[0, 0, 0]]], dtype=torch.float64))


@pytest.mark.parametrize("pooling", ["max", "average"])
@pytest.mark.parametrize("name", TREES)
def test_rectifiers_are_plain_convolutions_over_the_tree(name, pooling):
    tree = TREES[name]
    network = ConvRect(tree, 2, (3,) * tree.levels, pooling=pooling, seed=(0, 7)).double()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.normal_(generator=torch.Generator().manual_seed(parameter.numel()))
    values = images(tree)
    logits = network(network.encode(values))
    torch.testing.assert_close(logits, network(network.encode(one_hot(tree, values, 2))))
    parameters = dict(network.named_parameters())
    gradients = torch.autograd.grad(logits.square().sum(), list(parameters.values()))
    expected = []
    for replica in range(2):
        state = torch.from_numpy(one_hot(tree, values, 2))[:, list(tree.order)]
        for layer, window in zip(network.names, tree.windows, strict=False):
            state = (state @ parameters[layer][replica].T + parameters[f"{layer}_bias"][replica, :, 0]).relu()
            windows = state.reshape(len(state), -1, window, state.shape[2])
            state = windows.amax(2) if pooling == "max" else windows.mean(2)
        expected.append(state[:, 0] @ parameters["output"][replica].T + parameters["output_bias"][replica, :, 0])
    torch.testing.assert_close(logits, torch.stack(expected))
    plain = torch.autograd.grad(torch.stack(expected).square().sum(), list(parameters.values()))
    for ours, theirs in zip(gradients, plain, strict=True):
        torch.testing.assert_close(ours, theirs)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from(["positive", "signed"]))
def test_shared_weights_cannot_tell_children_of_a_node_apart(seed, weights):
    tree = PoolingTree.named("line", (8,), (4, 2))
    network = ConvAC(tree, 2, (3, 3), weights=weights).double()
    generator = np.random.default_rng(seed)
    values = generator.integers(0, 2, (1, 8))
    blocks = [generator.permutation(block) for block in values.reshape(2, 4)]
    swapped = np.concatenate([blocks[index] for index in generator.permutation(2)])[None]
    torch.testing.assert_close(network(network.encode(values)), network(network.encode(swapped)))


LEVELS = ((1024,), (64, 16), (16, 16, 4), (4, 4, 4, 16), (4,) * 5, (4, 4, 4, 4, 2, 2))


@pytest.mark.parametrize("windows", LEVELS, ids=len)
def test_calibrated_scales_stay_near_one_at_every_depth(windows):
    """The logarithm of a product of n numbers strays from 0 by at most 0.3 n; uncalibrated, by more than twice that."""
    tree = PoolingTree.named("square", (32, 32), windows)
    generator = stream("calibration test")
    values = (generator.random((30, 32, 32)) < generator.random((30, 1, 1))).astype(int)
    strays = {}
    for initialisation in ("calibrated", "normal"):
        network = ConvAC(tree, 2, (16,) * len(windows), weights="signed", initialisation=initialisation, seed=(0, 1, 2))
        strays[initialisation] = network.log_scales(network.encode(values)).numpy()
    sites = np.cumprod(windows)
    assert (strays["calibrated"] < 0.3 * sites).all()
    assert (strays["normal"][:, -1] > 2 * strays["calibrated"][:, -1]).all()


@pytest.mark.parametrize("windows", LEVELS, ids=len)
def test_float32_forward_and_backward_stay_finite_where_plain_products_do_not(windows):
    tree = PoolingTree.named("mirror", (32, 32), windows)
    network = ConvAC(tree, 2, (16,) * len(windows), weights="signed", initialisation="normal")
    values = images(tree, count=8)
    logits = network(network.encode(values))
    logits.square().sum().backward()
    assert logits.isfinite().all()
    assert all(parameter.grad.isfinite().all() for parameter in network.parameters())
    reference = ConvAC(tree, 2, (16,) * len(windows), weights="signed", initialisation="normal").double()
    exact = reference(reference.encode(values)).detach().numpy()
    np.testing.assert_allclose(relative(logits.detach().numpy()), relative(exact), atol=0.05)
