"""The data engine against the dense tensor, and where the dense tensor can't go."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from convac.entanglement import measures
from convac.entanglement.brute import matricization
from convac.entanglement.data import DataTensor, singular_values, spectrum
from convac.entanglement.limits import Limits
from convac.errors import ArgumentError, MemoryLimitError

LIMITS = Limits(2**30)


def dense(data: DataTensor) -> np.ndarray:
    total = 0.0
    for sample, label in zip(data.features, data.labels, strict=True):
        product = np.array(label)
        for vector in sample:
            product = np.multiply.outer(product, vector)
        total = total + product
    return np.asarray(total)


def exact_and_rounding(data, mask):
    """Singular values of the dense tensor, and what listing it loses."""
    terms = np.abs(data.labels) * np.prod(np.linalg.norm(data.features, axis=2), axis=1)
    return np.linalg.svd(matricization(dense(data), mask), compute_uv=False), 1e-14 * terms.sum()


def random_mask(sites, generator):
    mask = np.zeros(sites, dtype=bool)
    mask[generator.permutation(sites)[: generator.integers(1, sites)]] = True
    return mask


def padded(values, size):
    return np.pad(values[:size], (0, max(0, size - len(values))))


@settings(max_examples=300, deadline=None)
@given(
    st.integers(0, 10**6),
    st.integers(1, 12),
    st.integers(2, 6),
    st.integers(1, 3),
    st.sampled_from(("distinct", "repeated", "close", "one-hot", "half shared")),
)
def test_equals_the_dense_tensor_within_the_stated_error(seed, samples, sites, local, kind):
    generator = np.random.default_rng(seed)
    features = generator.normal(size=(samples, sites, local))
    half = samples // 2
    if kind == "one-hot":
        features = np.eye(local)[generator.integers(0, local, (samples, sites))]
    elif kind == "half shared":
        features[half:, : sites // 2] = features[: samples - half, : sites // 2]
    elif kind != "distinct":
        features[half:] = features[: samples - half]
    if kind == "close":
        features += 10.0 ** generator.uniform(-12, -1) * generator.normal(size=features.shape)
    data = DataTensor(features, generator.normal(size=samples), (sites,))
    mask = random_mask(sites, generator)
    values, error = spectrum(data, mask, LIMITS)
    exact, rounding = exact_and_rounding(data, mask)
    unit = 2.0 ** round(math.log2(values[0] / exact[0]))  # the engine's scale is a power of two
    exact, floor = exact * unit, error + rounding * unit
    assert np.linalg.norm(padded(values, len(exact)) - exact) <= floor
    assert np.abs(values[len(exact) :]).max(initial=0.0) <= floor
    assert error < 1e-11 * unit * rounding / 1e-14
    if exact[0] > 2 * floor:
        kept = singular_values(data, mask, LIMITS)
        assert measures.schmidt_number(kept, 1e-15) <= np.sum(exact > 0)
        assert padded(kept, len(exact)) == pytest.approx(exact, abs=2 * floor + 1e-15 * exact[0])


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 20))
def test_sides_and_order_of_samples_do_not_matter(seed, samples):
    generator = np.random.default_rng(seed)
    data = DataTensor(generator.normal(size=(samples, 6, 3)), generator.choice([-1.0, 1.0], samples), (2, 3))
    mask = random_mask(6, generator)
    shuffled = generator.permutation(samples)
    other = DataTensor(data.features[shuffled], data.labels[shuffled], (2, 3))
    entropy = measures.entropy(singular_values(data, mask, LIMITS))
    assert measures.entropy(singular_values(other, ~mask, LIMITS)) == pytest.approx(entropy, abs=1e-6)
    assert 0 <= entropy <= math.log(samples) + 1e-12


@pytest.mark.parametrize("change", [0.0, 4e-16])
def test_samples_that_cancel_leave_no_spectrum_of_rounding(change):
    features = np.random.default_rng(0).normal(size=(4, 6, 3))
    both = np.concatenate([features, features * (1 + change)])
    data = DataTensor(both, np.repeat([1.0, -1.0], 4), (6,))
    with pytest.raises(ArgumentError, match="tensor: is zero, or cancels"):
        singular_values(data, np.arange(6) < 3, LIMITS)


def test_what_is_left_after_cancelling_is_exact():
    one_hot = np.eye(3)[np.array([[0, 1, 2, 0], [0, 1, 2, 0], [1, 1, 0, 2], [2, 0, 0, 1]])]
    mask = np.arange(4) < 2
    whole = singular_values(DataTensor(one_hot, np.array([1.0, -1.0, 1.0, 1.0]), (4,)), mask, LIMITS)
    assert measures.schmidt_number(whole, 1e-12) == 2
    assert measures.entropy(whole) == pytest.approx(math.log(2), abs=1e-12)


def test_thousands_of_sites_stay_in_range():
    generator = np.random.default_rng(0)
    features = generator.normal(size=(200, 1024, 3)) * np.exp(generator.normal(size=(200, 1024, 1)))
    features[1::2] = features[::2] + 0.02 * generator.normal(size=(100, 1024, 3))
    data = DataTensor(features, generator.choice([-1.0, 1.0], 200), (32, 32))
    mask = np.arange(1024) % 32 < 16
    one, other = (measures.entropy(singular_values(data, side, LIMITS)) for side in (mask, ~mask))
    assert 0 <= one <= math.log(200)
    assert one == pytest.approx(other, abs=1e-9)


def test_one_sample_is_a_product_and_orthogonal_ones_are_not():
    one_hot = np.eye(4)[:, None, :].repeat(6, axis=1)
    mask = np.arange(6) < 2
    assert measures.entropy(singular_values(DataTensor(one_hot[:1], np.ones(1), (6,)), mask, LIMITS)) == 0
    whole = singular_values(DataTensor(one_hot, np.array([1.0, -1.0, 1.0, -1.0]), (6,)), mask, LIMITS)
    assert measures.entropy(whole) == pytest.approx(math.log(4))


@pytest.mark.parametrize(
    ("features", "labels", "says"),
    [
        (np.ones((2, 3, 2)), np.ones(2), "features: has shape"),
        (np.ones((2, 4, 2)), np.ones(3), "labels: has shape"),
        (np.full((2, 4, 2), np.nan), np.ones(2), "features: has a value that isn't finite"),
        (np.ones((2, 4, 2)), np.full(2, np.inf), "labels: has a value that isn't finite"),
        (np.ones((0, 4, 2)), np.ones(0), "features: has shape"),
        (np.ones((2, 4, 0)), np.ones(2), "features: has shape"),
        (np.ones((2, 4, 2)) * 1j, np.ones(2), "features: holds complex numbers; accepted: real numbers"),
        (torch.ones(2, 4, 2) * 1j, np.ones(2), "features: holds complex"),
        (np.ones((2, 4, 2), dtype=bool), np.ones(2), "features: holds booleans"),
        ([[[1, 0]] * 4, [[1, 0]] * 3], np.ones(2), "features: rows differ"),
        (np.ones((2, 4, 2)), np.array([1, 1j]), "labels: holds complex"),
        (np.ones((2, 4, 2)), ["a", "b"], "labels: holds text"),
        (np.ones((2, 4, 2)), [True, False], "labels: holds booleans"),
        (np.ones((2, 4, 2)), [None, 1], "labels: holds no plain numbers"),
    ],
)
def test_bad_shapes_are_named(features, labels, says):
    with pytest.raises(ArgumentError, match=says):
        DataTensor(features, labels, (2, 2))


@pytest.mark.parametrize("sites", [4, (2, 2, 1), (2.0, 2.0), (), None, "22"])
def test_the_shape_of_the_sites_is_checked(sites):
    with pytest.raises(ArgumentError, match=r"^sites: "):
        DataTensor(np.ones((2, 4, 2)), np.ones(2), sites)


def test_features_of_every_real_kind_are_the_same_numbers():
    features = np.random.default_rng(0).integers(-3, 4, (3, 4, 2))
    plain = DataTensor(features.astype(float), [1.0, -1.0, 1.0], (2, 2))
    for kind in (features, features.tolist(), features.astype(np.float32), torch.tensor(features).bfloat16()):
        found = DataTensor(kind, torch.tensor([1, -1, 1]), np.array([2, 2]))
        assert np.array_equal(found.features, plain.features)
        assert found.features.dtype == found.labels.dtype == np.float64
        assert found.sites == (2, 2)


def test_limits_and_zero_tensors_are_told():
    data = DataTensor(np.ones((2, 4, 2)), np.zeros(2), (2, 2))
    mask = np.arange(4) < 2
    with pytest.raises(ArgumentError, match="is zero"):
        singular_values(data, mask, LIMITS)
    with pytest.raises(MemoryLimitError, match="engine data"):
        singular_values(data, mask, Limits(10))
