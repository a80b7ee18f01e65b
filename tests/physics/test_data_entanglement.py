"""Entanglement of datasets against tensors that are listed, swaps and rearrangements against what they promise."""

import itertools
import math
from pathlib import Path

import numpy as np
import pytest
import yaml

from convac.datasets.digits import generate as digits
from convac.datasets.swapped_images import generate, swapped_order
from convac.entanglement.canonical import FREQUENCY, canonical_partitions, data_entropy, features
from convac.errors import ArgumentError
from convac.experiments.data_entanglement.block import CONVNET, POSITIVE, Block, cells
from convac.geometry.partitions import Partition
from convac.geometry.rearrangement import correlations, halved, rearranged_order, surrogate
from convac.geometry.trees import PoolingTree
from convac.planning.config import blocks

TREES = [
    PoolingTree.named("square", (2, 4)),
    PoolingTree.named("mirror", (2, 4)),
    PoolingTree.named("line", (8,)),
    PoolingTree.named("dilated", (9,)),
]


def listed_entropy(images, labels, mask):
    """The entropy of Σ y x₁ ⊗ … ⊗ x_N, every entry of which is computed."""
    vectors, total = features(images), 0.0
    for sample, label in zip(vectors, labels, strict=True):
        tensor = np.array(1.0)
        for vector in sample:
            tensor = np.multiply.outer(tensor, vector)
        total = total + (2 * label - 1) * tensor
    inside, outside = np.flatnonzero(mask), np.flatnonzero(~mask)
    matrix = np.transpose(total, (*inside, *outside)).reshape(2 ** len(inside), -1)
    weights = np.linalg.svd(matrix, compute_uv=False) ** 2
    weights = weights[weights > 1e-30 * weights.max()] / weights.sum()
    return float(-(weights * np.log(weights)).sum())


@pytest.mark.parametrize("tree", TREES, ids=str)
def test_the_entropy_of_a_batch_is_that_of_its_tensor(tree, rng):
    images, labels = rng.integers(0, 256, (9, *tree.shape)), rng.integers(0, 2, 9)
    labels[:2] = 0, 1
    for depth in range(1, tree.levels + 1):
        wanted = [listed_entropy(images, labels, mask) for mask in canonical_partitions(tree, depth)]
        assert data_entropy(images, labels, tree, depth) == pytest.approx(np.mean(wanted), abs=2e-3)


def test_inner_products_of_features_are_cosines_of_the_difference(rng):
    images = rng.normal(size=(6, 5)) * 40 + 100
    vectors, values = features(images), (images - images.mean()) / images.std()
    for one, other, site in itertools.product(range(6), range(6), range(5)):
        wanted = math.cos(math.pi * FREQUENCY * (values[one, site] - values[other, site]))
        assert vectors[one, site] @ vectors[other, site] == pytest.approx(wanted)
    assert np.isfinite(features(np.full((2, 3), 7))).all()


def test_canonical_partitions_are_halves_of_every_axis():
    square = PoolingTree.named("square", (8, 8))
    quarters = {Partition((8, 8), tuple(np.flatnonzero(mask))) for mask in canonical_partitions(square, 1)}
    assert Partition.of((8, 8), "block") in quarters
    assert len(quarters) == 4
    for tree in TREES:
        for depth in range(1, tree.levels + 1):
            masks = canonical_partitions(tree, depth)
            assert (masks.sum(axis=0) == 1).all()  # every site stands below one position
            if depth > 1:
                coarser = canonical_partitions(tree, depth - 1)
                assert all(any((mask <= above).all() for above in coarser) for mask in masks)


def test_swaps_are_nested_and_the_last_ones_forget_the_order():
    for seed in range(5):
        orders = [swapped_order(64, swaps, seed) for swaps in range(64)]
        moved = [int((one != other).sum()) for one, other in itertools.pairwise(orders)]
        assert set(moved) <= {0, 2}
        assert all(sorted(order) == list(range(64)) for order in orders)
    # every pixel ends at every place alike
    ends = np.array([swapped_order(4, 3, seed) for seed in range(3000)])
    shares = np.stack([(ends == pixel).mean(axis=0) for pixel in range(4)])
    assert np.abs(shares - 0.25).max() < 0.04
    assert len({tuple(end) for end in ends}) == 24


def test_images_are_digits_whose_pixels_have_changed_places():
    plain = digits("digits", 3, 8, 16, train=20, validation=1, test=10, resplit=True)
    for swaps, places in ((0, "swapped"), (40, "swapped"), (255, "rearranged")):
        found = generate("digits", 3, 8, 16, train=20, test=10, swaps=swaps, places=places)
        assert (found["train_labels"] == plain["train_labels"] % 2).all()
        columns = [found[f"{part}_images"].reshape(-1, 256).T for part in ("train", "test")]
        known = [plain[f"{part}_images"].reshape(-1, 256).T for part in ("train", "test")]
        moved, whole = np.hstack(columns), np.hstack(known)
        assert sorted(map(tuple, moved)) == sorted(map(tuple, whole))  # the same pixels of both parts together
        assert (moved == whole).all() == (swaps == 0)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"swaps": 256}, r"swaps: 256; accepted: an integer from 0 to 255"),
        ({"swaps": 1.0}, r"swaps: 1\.0; accepted"),
        ({"canvas": 12}, r"canvas: 12; accepted: a power of two"),
        ({"places": "sorted"}, r"places: 'sorted' is unknown; accepted: swapped, rearranged"),
        ({"size": 17}, r"size: 17; accepted"),
    ],
)
def test_what_is_no_dataset_is_refused(changes, told):
    with pytest.raises(ArgumentError, match=f"^{told}"):
        generate(**{"source": "digits", "seed": 0, "size": 8, "train": 4, "test": 2, **changes})


def cut(weights, inside):
    return float(weights[np.ix_(inside, ~inside)].sum())


def test_halves_of_small_graphs_are_near_the_smallest_balanced_cut(rng):
    shares = []
    for _ in range(30):
        weights = np.triu(rng.random((8, 8)), 1)
        weights += weights.T
        found = halved(weights)
        assert found.sum() == 4
        assert found[0]
        every = [np.isin(np.arange(8), chosen) for chosen in itertools.combinations(range(8), 4)]
        shares.append(cut(weights, found) / min(cut(weights, each) for each in every))
    assert max(shares) < 1.1
    assert np.mean(np.array(shares) < 1 + 1e-9) > 0.6


def test_two_groups_are_parted_and_stand_in_two_halves(rng):
    groups = rng.permutation(np.repeat([0, 1], 8))
    weights = np.where(groups[:, None] == groups, 1.0, 0.1) * (1 - np.eye(16))
    halves = groups[rearranged_order(weights, (4, 4))].reshape(4, 4)
    assert any((axis == axis[:, :1]).all() and len(set(axis[:, 0])) == 2 for axis in (halves, halves.T))


def test_a_shuffled_line_is_put_in_order_again(rng):
    """Up to a reflection: nothing tells left from right."""
    order = rng.permutation(32)
    place = np.argsort(order)
    weights = np.exp(-np.abs(place[:, None] - place) / 3.0) * (1 - np.eye(32))
    found = place[rearranged_order(weights, (32,))]
    assert min(np.abs(found - np.arange(32)).mean(), np.abs(found[::-1] - np.arange(32)).mean()) < 2


def test_rearranged_images_have_smaller_correlations_across_than_shuffled_ones():
    tree = PoolingTree.named("square", (16, 16))
    masks = canonical_partitions(tree, 1)

    def across(**changes):
        images = generate("digits", 1, 8, train=300, test=1, **changes)["train_images"]
        weights = correlations(images.reshape(300, -1).astype(float))
        return np.mean([surrogate(weights, mask) for mask in masks])

    plain, shuffled = across(), across(swaps=255)
    assert across(swaps=255, places="rearranged") < plain + 0.25 * (shuffled - plain)
    assert shuffled > 1.2 * plain


def test_correlations_are_those_of_numpy(rng):
    values = rng.normal(size=(40, 5))
    wanted = np.abs(np.corrcoef(values.T)) * (1 - np.eye(5))
    np.testing.assert_allclose(correlations(values), wanted, atol=1e-12)


@pytest.mark.parametrize(
    ("count", "shape", "told"),
    [(9, (3, 3), r"shape: \[3, 3\]; accepted: sides of 2, 4, 8"), (8, (4, 4), r"weights: of shape \[8, 8\]; accepted")],
)
def test_what_has_no_places_is_refused(count, shape, told):
    with pytest.raises(ArgumentError, match=f"^{told}"):
        rearranged_order(np.zeros((count, count)), shape)


CONFIG = Path(__file__).parents[2] / "config.yaml"


def test_networks_other_than_the_first_kind_take_some_of_the_swaps_and_seeds():
    block = blocks(yaml.safe_load(CONFIG.read_text()))["laptop", "data_entanglement"][1]
    found = cells(block)
    for network, swaps, seeds in (
        (CONVNET, block.swaps, block.seeds),
        (POSITIVE, block.further_swaps, block.seeds[: block.further_seeds]),
    ):
        own = [cell for cell in found if cell.labels.get("network") == network]
        assert [cell.labels["swaps"] for cell in own] == [*swaps, max(block.swaps)]
        assert {cell.spec.training.seeds for cell in own} == {seeds}
    for wrong in ((0, 64), (0, 3, 255)):
        with pytest.raises(ValueError, match=r"further_swaps: .*; accepted: some of swaps, with the most, 255"):
            Block(**{**block.model_dump(), "further_swaps": wrong})
