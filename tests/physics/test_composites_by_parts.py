"""Networks over a tree on all composites of two sets of images: by parts, and image by image."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from convac.geometry.trees import PoolingTree
from convac.networks.arithmetic import ConvAC
from convac.networks.rectifier import ConvRect
from convac.networks.representations import Representation
from convac.networks.split import levels_of

SHAPE = (4, 8)
GEOMETRIES = ("square", "line", "dilated", "random")


def directly(network, rows, columns, inside):
    """Logits (replicas, R, C, classes), one composite after the other."""
    images = np.where(inside, rows[:, None], columns)
    found = network(images.reshape(-1, *images.shape[2:])).detach().double().numpy()
    return found.reshape(len(found), len(rows), len(columns), -1)


def by_parts(network, rows, columns, inside):
    return np.concatenate(list(network.composite_logits(rows, columns, inside)), axis=1)


def same(network, images, inside, tolerance=1e-10):
    network = network.double()
    rows, columns = images[:5], images[5:]
    found = by_parts(network, rows, columns, inside)
    np.testing.assert_allclose(found, directly(network, rows, columns, inside), rtol=tolerance, atol=tolerance)


KINDS = {
    "positive": lambda tree, size, widths: ConvAC(tree, size, widths, 3, seed=(0, 1)),
    "signed": lambda tree, size, widths: ConvAC(
        tree, size, widths, 3, weights="signed", initialisation="normal", seed=(2, 3)
    ),
    "windowed": lambda tree, size, widths: ConvAC(tree, size, widths, 3, sharing="windowed", seed=(0, 1)),
    "located": lambda tree, size, widths: ConvAC(tree, size, widths, 3, sharing="located", weights="signed", seed=4),
    "maximum": lambda tree, size, widths: ConvRect(tree, size, widths, 3, pooling="max", seed=(0, 1)),
    "average": lambda tree, size, widths: ConvRect(tree, size, widths, 3, pooling="average", seed=(0, 1)),
}


@pytest.mark.parametrize("kind", KINDS)
@given(st.integers(0, 2**32 - 1))
@settings(max_examples=25, deadline=None)
def test_any_partition_of_any_tree_gives_the_logits_of_the_network(kind, seed):
    generator = np.random.default_rng(seed)
    windows = [(2, 2, 2, 2, 2), (4, 4, 2), (2, 4, 4), (32,), (2, 16), (8, 4)][generator.integers(6)]
    size = int(generator.integers(2, 4))
    tree = PoolingTree.named(str(generator.choice(GEOMETRIES)), SHAPE, windows, seed=int(generator.integers(9)))
    widths = tuple(generator.integers(1, 5, size=len(windows)).tolist())
    inside = generator.random(SHAPE) < generator.choice([0.1, 0.5])
    blocky = np.repeat(generator.random((4, 2)) < 0.5, 4, axis=1)  # leaves some subtrees whole
    inside = blocky if generator.random() < 0.5 else inside
    inside[0, 0], inside[-1, -1] = True, False
    same(KINDS[kind](tree, size, widths), generator.integers(0, size, (9, *SHAPE)), inside)


@pytest.mark.parametrize("geometry", ["square", "mirror"])
@pytest.mark.parametrize("kind", ["positive", "signed", "maximum", "average"])
def test_networks_of_pooling_geometry(geometry, kind):
    generator = np.random.default_rng(0)
    network = KINDS[kind](PoolingTree.named(geometry, (16, 16)), 2, (6,) * 4)
    inside = np.zeros((16, 16), dtype=bool)
    inside[:, :8] = True
    same(network, generator.integers(0, 2, (9, 16, 16)), inside)


def test_vectors_and_patches():
    generator = np.random.default_rng(1)
    tree = PoolingTree.named("square", (4, 4))
    inside = np.repeat(np.arange(8) < 4, 8).reshape(8, 8)
    for representation in (Representation(patch=2), Representation("affine", patch=2, brightest=255)):
        network = ConvAC(tree, representation.dimension(), (3, 4), representation=representation, seed=(0, 1))
        images = generator.integers(0, representation.brightest + 1, (9, 8, 8))
        same(network, images, inside)
        halfway = np.tile(np.arange(8) < 3, (8, 1))  # through patches
        assert network.double().composite_logits(images[:5], images[5:], halfway) is None
        assert network.composite_bytes(5, halfway) is None
    vectors = generator.random((9, 16, 3))
    same(ConvAC(tree, 3, (3, 4)), vectors, np.repeat(np.arange(16) < 7, 3).reshape(16, 3))
    same(ConvRect(tree, 3, (3, 4)), vectors, np.repeat(np.arange(16) < 7, 3).reshape(16, 3))


def test_each_whole_subtree_is_evaluated_once_per_image(monkeypatch):
    tree = PoolingTree.named("square", (16, 16))
    network, seen = ConvAC(tree, 2, (3,) * 4, sharing="located"), []
    real = ConvAC.factors
    monkeypatch.setattr(
        ConvAC, "factors", lambda self, mapped, *rest: seen.append(mapped[..., 0].numel()) or real(self, mapped, *rest)
    )
    inside = np.tile(np.arange(16) < 8, (16, 1))
    images = np.random.default_rng(2).integers(0, 2, (40, 16, 16))
    by_parts(network, images[:20], images[20:], inside)
    # every position below the root once per image of its side; nothing is mapped for a composite but the readout
    assert sum(seen) == 20 * (256 + 64 + 16 + 4)


def test_blocks_are_consecutive_rows(monkeypatch):
    generator = np.random.default_rng(3)
    network = ConvRect(PoolingTree.named("mirror", (8, 8)), 2, (3, 3, 3), seed=(0, 1)).double()
    inside = np.tile(np.arange(8) < 4, (8, 1))
    rows, columns = generator.integers(0, 2, (2, 7, 8, 8))
    whole = by_parts(network, rows, columns, inside)
    monkeypatch.setattr("convac.networks.split.BLOCK", 100)
    parts = list(network.composite_logits(rows, columns, inside))
    assert len(parts) > 1
    np.testing.assert_allclose(np.concatenate(parts, axis=1), whole, rtol=1e-12)


def test_levels_are_parted_as_their_sites_are():
    first, second = levels_of(np.array([True, True, False, False, True, False, True, True]), (2, 4))
    assert first.windows == (1, 2, 1)
    assert second.windows == (0, 0, 1)
    assert [len(parents) for parents, _ in first.cut[1]] == [1]
    assert [len(parents) for parents, _ in first.whole[1]] == [2, 2]


def test_gradients_are_not_kept():
    network = ConvRect(PoolingTree.named("square", (4, 4)), 2, (3, 3))
    before = torch.is_grad_enabled()
    by_parts(network, *np.zeros((2, 3, 4, 4), dtype=int), np.tile(np.arange(4) < 2, (4, 1)))
    assert torch.is_grad_enabled() == before
