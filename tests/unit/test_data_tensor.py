"""The data engine against the dense tensor, and where the dense tensor can't go."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convac.entanglement import measures
from convac.entanglement.brute import matricization
from convac.entanglement.data import DataTensor, entropy_error, singular_values
from convac.errors import ArgumentError, MemoryLimitError

LIMIT = 2**30


def dense(data: DataTensor) -> np.ndarray:
    total = 0.0
    for sample, label in zip(data.features, data.labels, strict=True):
        product = np.array(label)
        for vector in sample:
            product = np.multiply.outer(product, vector)
        total = total + product
    return np.asarray(total)


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 12), st.integers(2, 6), st.integers(2, 3), st.booleans())
def test_equals_the_dense_tensor(seed, samples, sites, local, repeated):
    generator = np.random.default_rng(seed)
    features = generator.normal(size=(samples, sites, local))
    if repeated:
        features[samples // 2 :] = features[: samples - samples // 2]
    data = DataTensor(features, generator.normal(size=samples), (sites,))
    mask = np.zeros(sites, dtype=bool)
    mask[generator.permutation(sites)[: generator.integers(1, sites)]] = True
    exact = np.linalg.svd(matricization(dense(data), mask), compute_uv=False)
    size = min(len(exact), samples)
    found = singular_values(data, mask, LIMIT)[:size]
    if exact[0] > 1e-6 * np.prod(np.linalg.norm(features, axis=2), axis=1).max():
        assert found / found[0] == pytest.approx(exact[:size] / exact[0], abs=1e-6)


def test_thousands_of_sites_stay_in_range():
    generator = np.random.default_rng(0)
    features = generator.normal(size=(60, 1024, 3)) * np.exp(generator.normal(size=(60, 1024, 1)))
    features[1::2] = features[::2] + 0.02 * generator.normal(size=(30, 1024, 3))
    data = DataTensor(features, generator.choice([-1.0, 1.0], 60), (32, 32))
    mask = np.arange(1024) % 32 < 16
    one, other = (measures.entropy(singular_values(data, side, LIMIT)) for side in (mask, ~mask))
    assert 0 <= one <= math.log(60)
    assert one == pytest.approx(other, abs=1e-9)


def test_one_sample_is_a_product_and_orthogonal_ones_are_not():
    one_hot = np.eye(4)[:, None, :].repeat(6, axis=1)
    mask = np.arange(6) < 2
    assert measures.entropy(singular_values(DataTensor(one_hot[:1], np.ones(1), (6,)), mask, LIMIT)) == 0
    whole = singular_values(DataTensor(one_hot, np.array([1.0, -1.0, 1.0, -1.0]), (6,)), mask, LIMIT)
    assert measures.entropy(whole) == pytest.approx(math.log(4))


def test_the_jackknife_matches_the_spread_of_fresh_samples():
    generator = np.random.default_rng(1)
    mask = np.arange(8) < 4

    def draw() -> DataTensor:
        return DataTensor(np.eye(2)[generator.integers(0, 2, (96, 8))], np.ones(96), (8,))

    spread = np.std([measures.entropy(singular_values(draw(), mask, LIMIT)) for _ in range(60)], ddof=1)
    estimate = np.mean([entropy_error(draw(), mask, LIMIT) for _ in range(12)])
    assert 0.5 * spread < estimate < 2.0 * spread


@pytest.mark.parametrize(
    ("features", "labels", "says"),
    [
        (np.ones((2, 3, 2)), np.ones(2), "features: has shape"),
        (np.ones((2, 4, 2)), np.ones(3), "labels: has shape"),
        (np.full((2, 4, 2), np.nan), np.ones(2), "isn't finite"),
    ],
)
def test_bad_shapes_are_named(features, labels, says):
    with pytest.raises(ArgumentError, match=says):
        DataTensor(features, labels, (2, 2))


def test_limits_and_zero_tensors_are_told():
    data = DataTensor(np.ones((2, 4, 2)), np.zeros(2), (2, 2))
    mask = np.arange(4) < 2
    with pytest.raises(ArgumentError, match="is zero"):
        singular_values(data, mask, LIMIT)
    with pytest.raises(MemoryLimitError, match="engine data"):
        singular_values(data, mask, 10)
    with pytest.raises(ArgumentError, match="at least 8"):
        entropy_error(data, mask, LIMIT)
