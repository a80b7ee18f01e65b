"""Products over windows that overlap: multiplied or by logarithms, with their gradients, against brute force."""

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from convac.networks import window_products as module
from convac.networks.overlapping import OverlappingConvAC
from convac.networks.products import FLOOR
from convac.networks.window_products import multiplied, reads, summed, taps, window_products

KERNELS = (2, 3, 4, 5, 7)


def brute(weight: Tensor, values: Tensor, kernel: int) -> Tensor:
    """The products, window by window and entry by entry."""
    rows, columns = values.shape[2] // 2, values.shape[3] // 2
    made = weight.new_ones(len(weight), weight.shape[2], rows, columns, values.shape[4])
    reach = (kernel - 1) // 2
    parts = []
    for row in range(rows):
        for column in range(columns):
            product = made[:, :, 0, 0]
            for number in range(kernel**2):
                down = 2 * row + number // kernel - reach
                along = 2 * column + number % kernel - reach
                if 0 <= down < 2 * rows and 0 <= along < 2 * columns:
                    product = product * (weight[:, number] @ values[:, :, down, along])
            parts.append(product)
    return torch.stack(parts, dim=2).view_as(made)


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("side", [2, 4, 8])
@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize("logarithms", [True, False])
def test_products_and_their_gradients_are_those_of_brute_force(monkeypatch, kernel, side, shared, logarithms):
    generator = torch.Generator().manual_seed(kernel * side)
    weight = torch.randn(2, kernel**2, 3, 2, dtype=torch.double, generator=generator).requires_grad_()
    values = torch.randn(1 if shared else 2, 2, side, side, 4, dtype=torch.double, generator=generator).requires_grad_()
    used = []
    if logarithms:
        monkeypatch.setattr(module, "RANGE", 1e-12)
    monkeypatch.setattr(module, "by_logarithms", lambda each, ours=module.by_logarithms: used.append(1) or ours(each))
    products, log = window_products(weight, values, kernel)
    assert bool(used) == logarithms
    assert torch.allclose(products.abs().amax(1), torch.ones((), dtype=products.dtype))
    exact = brute(weight, values.expand(2, -1, -1, -1, -1), kernel)
    assert torch.allclose(products * log.exp(), exact, rtol=1e-9, atol=1e-14 * float(exact.detach().abs().max()))
    probe = torch.randn(exact.shape, dtype=torch.double, generator=generator)
    ours = torch.autograd.grad((products * log.exp() * probe).sum(), (weight, values))
    theirs = torch.autograd.grad((exact * probe).sum(), (weight, values))
    for one, other in zip(ours, theirs, strict=True):
        assert torch.allclose(one, other, rtol=1e-6, atol=1e-10 * float(other.abs().max()))


def test_a_zero_factor_has_the_product_of_the_others_as_its_gradient():
    weight = torch.full((1, 9, 2, 1), 0.5)
    weight[0, 4, 0] = 0.0
    products, _ = window_products(weight.requires_grad_(), torch.ones(1, 1, 2, 2, 1), 3)
    assert products[0, 1].item() == 1.0
    products[0, 0].sum().backward()
    assert weight.grad[0, 4, 0].item() == pytest.approx(2.0, rel=1e-4)  # a scale of 1/16 divided out of 1/8


def test_channels_far_below_the_largest_stay_at_the_floor():
    weight = torch.ones(1, 25, 2, 1)
    weight[:, :, 1] = math.exp(FLOOR / 4 - 1)
    products, _ = window_products(weight, torch.ones(1, 1, 2, 2, 1), 5)
    assert products.flatten().tolist() == pytest.approx([1.0, math.exp(FLOOR)])


def test_what_is_not_finite_is_left_to_the_checks():
    factors = [(tap, torch.full((1, 2, 1, 1, 1), math.nan)) for tap in taps(3, 1, 1)]
    assert multiplied(factors) is None


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("side", [2, 4, 8])
def test_reads_and_sums_count_what_windows_hold(kernel, side):
    ones = torch.ones(1, 1, side, side, 1)
    assert float(summed(ones, kernel).sum()) == pytest.approx(reads(kernel, side) * side**2)


@pytest.mark.parametrize("kernel", [2, 3, 5])
@pytest.mark.parametrize("weights", ["positive", "signed"])
def test_weights_start_the_nearer_to_those_that_say_nothing_the_more_paths_there_are(kernel, weights):
    network = OverlappingConvAC((8, 8), (3, 3, 3), kernel=kernel, weights=weights, seed=(0, 1))
    assert network.paths() == pytest.approx(reads(kernel, 8) * reads(kernel, 4))
    first = network.weight("level_1").detach().log()
    assert 0.5 < float(first.abs().max()) * math.sqrt(network.paths()) <= 2
    assert np.allclose(network.weight("level_2").detach().sum(-1), 1)


@pytest.mark.parametrize("kernel", [2, 3])
@pytest.mark.parametrize("weights", ["positive", "signed"])
def test_the_function_of_a_network_has_the_scale_that_its_logits_leave_out(kernel, weights, rng):
    network = OverlappingConvAC((4, 4), (3, 2), kernel=kernel, weights=weights, seed=(0, 1)).double()
    images = rng.integers(0, 2, (5, 4, 4))
    values = torch.from_numpy(np.eye(2)[images]).permute(3, 1, 2, 0)[None]
    for name in network.names[:-1]:
        values = brute(network.weight(name)[1:].detach(), values, kernel)
    wanted = (network.weight("output")[1].detach() @ values.flatten(2)[0]).abs().log().T
    np.testing.assert_allclose(network.function(1)(images), wanted * (1 if weights == "positive" else 2), atol=1e-9)


def test_a_step_moves_an_amplitude_by_as_much_at_every_level():
    """All weights of a level moved alike, where windows don't overlap."""
    network = OverlappingConvAC((8, 8), (3, 3, 3), kernel=2, weights="signed", seed=(0,)).double()
    read = {"level_1": 1, "level_2": 3, "level_3": 3}  # inputs of a map that aren't 0, each 1
    for name, inputs in read.items():
        network.get_parameter(name).data.fill_(1 / (network.unit(name) * inputs))
    for name, inputs in read.items():
        scales = []
        for step in (-1e-4, 1e-4):
            network.get_parameter(name).data += step
            *_, (_, log) = network.propagate(network.prepare(np.zeros((1, 8, 8), dtype=int)))
            scales.append(float(log))
            network.get_parameter(name).data -= step
        assert (scales[1] - scales[0]) / 2e-4 == pytest.approx(4 * inputs, rel=1e-3)
