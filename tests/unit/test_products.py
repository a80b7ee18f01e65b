"""Products over windows: by multiplication where it pays and floats hold it, by logarithms elsewhere."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from convac.networks import products as module
from convac.networks.products import FLOOR, LONGEST, RANGE, direct_products, mapped_products, window_products

WINDOWS = st.integers(1, LONGEST + 3)


@pytest.fixture(autouse=True, scope="module")
def _small_ones_too():
    """Few numbers are multiplied as well."""
    with pytest.MonkeyPatch.context() as changed:
        changed.setattr(module, "LARGE", 1)
        yield


def drawn(seed: int, *shape: int, decades: float = 2.0, signed: bool = True) -> Tensor:
    """Float64 numbers of at most 1 in magnitude, over so many decades."""
    generator = np.random.default_rng(seed)
    values = 10.0 ** generator.uniform(-decades, 0, shape)
    return torch.from_numpy(values * generator.choice([-1, 1], shape) if signed else values)


def restored(products: Tensor, log: Tensor) -> Tensor:
    """Products times their scale."""
    return products * log.exp()


@given(st.integers(0, 2**32 - 1), WINDOWS, st.booleans())
def test_products_over_windows_are_those_of_brute_force(seed, window, signed):
    values = drawn(seed, 2, 3, 2 * window, 4, signed=signed)
    products, log = window_products(values, torch.zeros(1, 1, 2 * window, 1), window, signed)
    expected = values.reshape(2, 3, 2, window, 4).prod(3)
    assert torch.allclose(restored(products, log), expected, rtol=1e-9, atol=0)
    assert torch.allclose(products.abs().amax(1), torch.ones(2, 2, 4, dtype=products.dtype))


@given(st.integers(0, 2**32 - 1), WINDOWS, st.booleans())
def test_mapped_products_and_their_gradients_are_those_of_brute_force(seed, window, signed):
    weight = 3 * drawn(seed, 2, window, 3, 2, signed=signed)
    values = drawn(seed + 1, 2, window, 2, 5, 4, signed=signed)
    found = []
    for brute in (False, True):
        leaves = [weight.clone().requires_grad_(), values.clone().requires_grad_()]
        mapped = torch.einsum("rwoi,rwipb->rwopb", *leaves).prod(1)
        if not brute:
            scales = torch.zeros(1, window, 1, 5, 1)
            products, log = mapped_products(leaves[0], leaves[1], scales, signed)
            assert torch.allclose(restored(products, log), mapped, rtol=1e-8, atol=0)
            # a scale held constant: the loss is taken of what is rescaled by it
            mapped = restored(products, log.detach())
        mapped.sum().backward()
        found.append([leaf.grad for leaf in leaves])
    for ours, exact in zip(*found, strict=True):
        assert torch.allclose(ours, exact, rtol=1e-7, atol=1e-12 * float(exact.abs().max()))


@pytest.mark.parametrize("faint", [-5.0, -7.4, -7.6, -40.0])
def test_products_that_floats_would_lose_go_by_logarithms(faint):
    values = torch.full((1, 2, 4, 1), math.exp(faint))
    values[:, 1] *= 0.5
    assert (direct_products(values, 2) is None) == (4 * faint < -RANGE)
    products, log = window_products(values, torch.zeros(1, 1, 4, 1), 4, signed=False)
    assert float(log) == pytest.approx(4 * faint, rel=1e-5)
    assert products.flatten().tolist() == pytest.approx([1.0, 0.5**4], rel=1e-4)


def test_disjoint_channels_leave_nothing_to_multiply_and_go_by_logarithms():
    values = torch.tensor([[1.0, 0.0], [0.0, 1.0]]).view(1, 2, 2, 1)
    assert direct_products(values, 2) is None
    products, log = window_products(values, torch.zeros(1, 1, 2, 1), 2, signed=True)
    assert products.isfinite().all()
    assert log.isfinite().all()


def test_a_channel_far_below_the_largest_counts_as_zero():
    values = torch.tensor([1.0, math.exp(FLOOR / 2 - 1)]).view(1, 2, 1, 1).repeat(1, 1, 2, 1)
    products, _ = direct_products(values, 2)
    assert products.flatten().tolist() == [1.0, 0.0]


def test_the_gradient_of_a_zero_factor_is_the_product_of_the_others():
    values = torch.tensor([[0.0, 0.5, 0.5, 1.0], [1.0, 1.0, 1.0, 1.0]]).view(1, 2, 4, 1).requires_grad_()
    products, _ = window_products(values, torch.zeros(1, 1, 4, 1), 4, signed=True)
    products[0, 0].sum().backward()
    assert values.grad[0, 0].flatten().tolist() == [0.25, 0.0, 0.0, 0.0]


def test_something_infinite_is_left_to_the_checks():
    values = torch.tensor([math.nan, 1.0]).view(1, 2, 1, 1).repeat(1, 1, 2, 1)
    assert direct_products(values, 2) is None


def test_few_numbers_and_long_windows_go_by_logarithms(monkeypatch):
    monkeypatch.setattr(module, "LARGE", 2 * 4)
    assert direct_products(torch.ones(1, 2, 4, 1), 2) is not None
    assert direct_products(torch.ones(1, 2, 3, 1), 2) is None
    assert direct_products(torch.ones(1, 2, LONGEST, 1), 2) is not None
    assert direct_products(torch.ones(1, 2, LONGEST + 1, 1), 2) is None
