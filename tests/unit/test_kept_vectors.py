"""The causal test: Schmidt vectors that a posterior needs, read on images that they were not fitted on."""

import numpy as np
import pytest

from convac.entanglement.composites import crossed, data_dependence
from convac.entanglement.kept import kept_vectors
from convac.errors import ArgumentError

SIZE = 128
RANKS = (1, 2, 3, 4, 8, 16, 32)


def logits_of(terms, seed=0, size=SIZE):
    """Log-odds that are a sum of products, one term a pair of hidden values of either part; and what they say."""
    rows, columns = np.random.default_rng(seed).normal(size=(2, terms, size))
    odds = 0.05 * np.einsum("ks,kt->st", rows, columns)  # small: the softmax is linear
    return np.stack([np.zeros_like(odds), odds], axis=2), np.diagonal(odds) > 0


@pytest.mark.parametrize("terms", [1, 3])
def test_a_sum_of_products_needs_a_vector_each(terms):
    logits, labels = logits_of(terms)
    found = kept_vectors(logits, labels, RANKS)
    assert found.whole == 1
    assert found.needed == terms
    assert found.accuracies[terms] > 0.98
    assert min(found.accuracies[rank] for rank in RANKS if rank >= terms) > 0.95
    assert found.most == SIZE // 4


def test_noise_is_no_evidence_for_any_number_of_vectors():
    # every composite has an answer of its own: nothing carries over to the other half of the images
    odds = np.random.default_rng(1).normal(size=(SIZE, SIZE))
    found = kept_vectors(np.stack([-odds, odds], axis=2), np.diagonal(odds) > 0, RANKS)
    assert found.whole == 1
    assert found.needed is None
    assert max(found.accuracies.values()) < 0.7


def test_vectors_beyond_a_quarter_of_the_images_are_left_out():
    logits, labels = logits_of(1)
    assert set(kept_vectors(logits, labels, (1, 32, 33, 64)).accuracies) == {1, 32}


def test_two_classes_are_what_three_are_of_which_one_is_never_given():
    logits, labels = logits_of(2)
    third = np.concatenate([logits, np.full((SIZE, SIZE, 1), -60.0)], axis=2)
    two, three = (kept_vectors(each, labels, RANKS) for each in (logits, third))
    assert two.accuracies == pytest.approx(three.accuracies, abs=0.01)


def test_a_constant_answer_needs_no_vector():
    found = kept_vectors(np.zeros((32, 32, 2)), np.zeros(32, dtype=int), (1, 2))
    assert found.accuracies == {1: 1.0, 2: 1.0}


@pytest.mark.parametrize(
    ("logits", "labels", "says"),
    [
        (np.zeros((32, 31, 2)), np.zeros(32, int), "logits: has shape"),
        (np.zeros((15, 15, 2)), np.zeros(15, int), "S ≥ 16 and even"),
        (np.zeros((32, 32, 2)), np.zeros(31, int), "labels: 31 given; accepted: one per image, 32"),
        (np.full((32, 32, 2), np.nan), np.zeros(32, int), "logits"),
    ],
)
def test_what_does_not_fit_is_refused(logits, labels, says):
    with pytest.raises(ArgumentError, match=says):
        kept_vectors(logits, labels, (1,))


def test_crossed_images_are_composites_and_the_diagonal_the_images():
    images = np.random.default_rng(0).integers(0, 2, (16, 4, 4))

    def network(given):
        weights = np.arange(16).reshape(4, 4)
        return (given * weights).sum(axis=(1, 2)) * 0.1

    (logits,) = crossed(network, "left-right", images)
    odds = logits[..., 1] - logits[..., 0]
    assert np.allclose(np.diagonal(odds), network(images))
    composite = np.concatenate([images[3, :, :2], images[5, :, 2:]], axis=1)
    assert odds[3, 5] == pytest.approx(network(composite[None])[0])
    with pytest.raises(ArgumentError):
        data_dependence(network, "left-right", images)  # too few there, where halves are of different images
