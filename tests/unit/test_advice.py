"""`advise`: what is found, what is said where nothing is, and what is refused."""

import math
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import convac
from convac.advice import pairs, search
from convac.advice.advise import FREE, NOTHING, STRUCTURED, advise
from convac.advice.widths import advised_widths, class_ranks
from convac.datasets.blobs import generate
from convac.entanglement.limits import Limits
from convac.errors import ArgumentError, MemoryLimitError, TimeLimitError
from convac.geometry.trees import PoolingTree
from convac.networks.arithmetic import ConvAC


def agreeing(rng, partner, count=3000):
    """Random pixels (count, N) whose label says whether each site agrees with its partner more often than not."""
    labels = rng.integers(0, 2, count)
    images = rng.integers(0, 2, (count, len(partner)))
    first = np.flatnonzero(np.arange(len(partner)) < partner)
    flipped = rng.random((count, len(first))) < np.where(labels == 1, 0.25, 0.5)[:, None]
    images[:, partner[first]] = images[:, first] ^ flipped
    return images, labels


def z_of(images, labels, seed=0):
    return pairs.pair_dependence(pairs.sample_of(images[..., None], labels), Limits(), seed)


def brute(images, labels):
    """z of two classes, straight from its definition, variances not shrunk."""
    found = []
    for label in (0, 1):
        part = images[labels == label].astype(float)
        part -= part.mean(axis=0)
        products = part[:, :, None] * part[:, None, :]
        count = len(part)
        found.append((products.sum(axis=0) / (count - 1), (products**2).mean(axis=0) / count))
    z = (found[1][0] - found[0][0]) ** 2 / (found[0][1] + found[1][1])
    np.fill_diagonal(z, 0)
    return z


def test_z_is_its_definition(rng):
    images, labels = agreeing(rng, np.array([5, 4, 3, 2, 1, 0]), 4000)
    found, wanted = z_of(images, labels).z, brute(images, labels)
    np.testing.assert_allclose(found, wanted, rtol=0.05, atol=0.05)
    np.testing.assert_array_equal(found, found.T)
    blocks = pairs.BLOCK
    try:  # rows by rows it is the same
        pairs.BLOCK = 12
        np.testing.assert_allclose(z_of(images, labels).z, found, rtol=2e-3)  # in float32
    finally:
        pairs.BLOCK = blocks


def test_z_does_not_hang_on_scale_offset_or_the_classes_names(rng):
    images, labels = agreeing(rng, np.array([3, 2, 1, 0]))
    plain = z_of(images, labels)
    for others, names in ((images * 1e6 - 3e8, labels), (images, 1 - labels), (images, np.array(["b", "a"])[labels])):
        np.testing.assert_allclose(z_of(others, names).z, plain.z, rtol=2e-2, atol=2e-2)


@pytest.mark.parametrize("classes", [2, 5])
def test_noise_has_z_of_one_and_no_dependence(rng, classes):
    images = rng.integers(0, 2, (3000, 64))
    found = z_of(images, rng.integers(0, classes, 3000))
    assert found.p_value > 0.01
    assert found.z.sum() / (64 * 63) == pytest.approx(1, abs=0.06)


def test_the_null_is_kept(rng):
    """Over draws without dependence a p-value below 0.05 comes about as often as it says, not much more."""
    shares = rng.random(30) ** 2
    below = 0
    for draw in range(100):
        labels = (rng.random(400) < 0.3).astype(int)
        images = rng.random((400, 30)) < np.where(labels[:, None] == 1, shares, shares[::-1])
        below += z_of(images.astype(int), labels, seed=draw).p_value < 0.05
    assert below <= 12


@given(windows=st.lists(st.integers(2, 4), min_size=1, max_size=3), seed=st.integers(0, 99))
@settings(max_examples=30)
def test_the_score_is_the_mean_density_by_octaves(windows, seed):
    rng = np.random.default_rng(seed)
    count = math.prod(windows)
    z = rng.random((count, count))
    z = z + z.T
    np.fill_diagonal(z, 0)
    tree = PoolingTree((count,), rng.permutation(count), windows)
    place = {site: number for number, site in enumerate(tree.order)}
    met: list[list[float]] = [[] for _ in windows]
    for i, j in combinations(range(count), 2):
        size = 1
        for level, window in enumerate(windows):
            size *= window
            if place[i] // size == place[j] // size:
                met[level].append(z[i, j])
                break
    mean = np.mean([each for level in met for each in level])
    densities = [np.mean(level) / mean for level in met]
    np.testing.assert_allclose(search.level_densities(z, tree), densities)
    octaves = np.log2(windows)
    assert search.score(z, tree) == pytest.approx(np.dot(densities, octaves) / octaves.sum())


@given(shape=st.tuples(st.integers(1, 12), st.integers(2, 12)))
@settings(max_examples=40)
def test_every_move_pairs_every_position_once(shape):
    for move in search.moves(shape):
        assert sorted(move.partners.ravel().tolist()) == list(range(shape[0] * shape[1])), move.name
        assert len(move.partners) == math.prod(move.shape)


@given(shape=st.tuples(st.integers(1, 9), st.integers(2, 9)), seed=st.integers(0, 9))
@settings(max_examples=30)
def test_searches_end_in_trees_whose_merges_they_score(shape, seed):
    count = math.prod(shape)
    z = np.random.default_rng(seed).random((count, count))
    z = (z + z.T).astype(np.float32)
    np.fill_diagonal(z, 0)
    for found in (search.structured(z, shape)[0], search.free(z)):
        tree = PoolingTree(shape, found.members[0].tolist(), found.factors)
        np.testing.assert_allclose(search.level_densities(z, tree), found.densities, rtol=1e-4)


RELATIONS = {
    "reflected": lambda r, c: (r, 7 - c),
    "half turn": lambda r, c: (7 - r, 7 - c),
    "distant": lambda r, c: ((r + 4) % 8, c),
    "neighbours": lambda r, c: (r, c ^ 1),
    "glide": lambda r, c: ((r + 4) % 8, 7 - c),
    "diagonal": lambda r, c: ((r + 4) % 8, (c + 4) % 8),
    "quarters": lambda r, c: (r, c ^ 3),
}


@pytest.mark.parametrize("relation", RELATIONS)
def test_structure_finds_the_relation(rng, relation):
    rows, columns = np.divmod(np.arange(64), 8)
    partner = np.array(
        [8 * r + c for r, c in (RELATIONS[relation](*place) for place in zip(rows, columns, strict=True))]
    )
    images, labels = agreeing(rng, partner)
    found = advise(images.reshape(-1, 8, 8), labels, levels=6)
    assert found.found
    order = np.array(found.tree.order).reshape(-1, 2)
    np.testing.assert_array_equal(partner[order[:, 0]], order[:, 1])


def test_a_secret_permutation_is_met_by_a_free_tree(rng):
    partner = np.arange(64) ^ 1
    hidden = rng.permutation(64)
    images, labels = agreeing(rng, partner)
    found = advise(images[:, hidden].reshape(-1, 8, 8), labels, levels=6)
    assert found.geometry == FREE
    order = hidden[np.array(found.tree.order)].reshape(-1, 2)
    assert np.mean(partner[order[:, 0]] == order[:, 1]) > 0.9


def test_blobs_get_the_tree_of_their_task():
    local, symmetric = (generate(task, 3, 5000, 10, side=32) for task in ("closedness", "symmetry"))
    found = advise(local["train_images"], local["train_labels"])
    assert found.geometry == "square"
    assert max(found.ranks) == pytest.approx(2)  # of two classes there is one difference
    found = advise(symmetric["train_images"], symmetric["train_labels"])
    assert found.geometry == STRUCTURED
    assert found.scores["mirror"] > 1.1 > found.scores["square"]
    windows = np.array(found.tree.order).reshape(-1, 2)
    np.testing.assert_array_equal(windows[:, 0] // 32, windows[:, 1] // 32)
    np.testing.assert_array_equal(windows.sum(axis=1) % 32, 31 * np.ones(512))
    assert found.parameters <= 4000
    assert found.geometry in repr(found)


def nothing(found):
    assert not found.found
    assert found.geometry == "square"
    assert found.reasons[0].startswith(NOTHING)
    assert np.ptp(found.ranks) < 1e-6


def test_parity_of_three_and_noise_are_told_apart_from_pairs(rng):
    images = rng.integers(0, 2, (3000, 8, 8))
    nothing(advise(images, rng.integers(0, 2, 3000)))
    nothing(advise(images, images[:, 0, 1] ^ images[:, 3, 5] ^ images[:, 6, 2]))
    one_pair = advise(images, images[:, 0, 1] ^ images[:, 3, 5], levels=6)
    assert one_pair.found
    assert [1, 29] in np.sort(np.array(one_pair.tree.order).reshape(-1, 2)).tolist()


def test_what_sites_say_by_themselves_is_no_joint_dependence(rng):
    labels = rng.integers(0, 2, 3000)
    images = rng.random((3000, 8, 8)) < np.where(labels == 1, 0.3, 0.6)[:, None, None]
    nothing(advise(images, labels))


def test_copies_count_once(rng):
    images, labels = rng.integers(0, 2, (150, 64)), rng.integers(0, 2, 150)
    nothing(advise(np.tile(images, (20, 1)), np.tile(labels, 20)))
    images, labels = agreeing(rng, np.arange(64) ^ 1, 1000)
    assert advise(np.tile(images, (3, 1)), np.tile(labels, 3)).found


def test_few_unbalanced_and_partly_constant_images(rng):
    images, labels = agreeing(rng, np.arange(64) ^ 1, 6000)
    images[:, [7, 30, 31]] = 1
    kept = (labels == 0) | (rng.random(6000) < 0.06)
    few = rng.permutation(np.flatnonzero(kept))[:1500]
    found = advise(images[few], labels[few], levels=6)
    assert found.found
    assert np.isfinite(found.pairs).all()
    assert any("3 of 64 sites are constant" in reason for reason in found.reasons)
    order = np.array(found.tree.order).reshape(-1, 2)
    assert np.mean(order[:, 0] ^ 1 == order[:, 1]) > 0.8
    nothing(advise(rng.integers(0, 2, (20, 4, 4)), np.arange(20) % 2))


def test_several_classes_small_ones_left_out_and_colours(rng):
    images, labels = agreeing(rng, np.arange(16) ^ 1)
    names = np.array(["same", "other"])[labels]
    names[:3] = "rare"
    colour = np.stack([images, 255 * rng.integers(0, 2, images.shape)], axis=-1).reshape(-1, 4, 4, 2)
    found = advise(colour.astype(np.uint8), names, levels=4)
    assert found.found
    assert "3 images of classes with fewer than 8 different ones were left out" in found.reasons
    nothing(advise(images.reshape(-1, 4, 4), rng.integers(0, 10, len(images))))


def test_the_advised_network_runs(rng):
    images, labels = agreeing(rng, np.arange(24)[::-1], 1000)
    found = convac.advise(images, labels, budget=200)
    network = ConvAC(found.tree, 2, found.widths)
    assert sum(parameter.numel() for parameter in network.parameters()) == found.parameters <= 200
    assert network(network.encode(images[:3])).shape == (1, 3, 2)


def test_advice_is_the_same_again(rng):
    images, labels = agreeing(rng, np.arange(16) ^ 1)
    first, second = (advise(images.reshape(-1, 4, 4), labels) for _ in range(2))
    assert (first.tree, first.widths, first.scores, first.p_value) == (
        second.tree, second.widths, second.scores, second.p_value
    )  # fmt: skip


@given(
    ranks=st.lists(st.floats(0.05, 5), min_size=2, max_size=6),
    budget=st.integers(60, 20_000),
)
def test_widths_stay_within_the_budget_and_follow_the_ranks(ranks, budget):
    tree = PoolingTree.named("line", (4 ** len(ranks),), (4,) * len(ranks))
    widths, parameters = advised_widths(tree, ranks, budget, 2, 2)
    pairs_of = zip((2, *widths), widths, strict=False)
    assert parameters == sum(a * b for a, b in pairs_of) + 2 * widths[-1] <= budget
    assert min(widths) >= 2
    assert widths[0] <= 5  # functions of four binary sites that don't tell them apart
    for (a, b), (x, y) in zip(combinations(ranks[1:], 2), combinations(widths[1:], 2), strict=True):
        assert x <= y + 1 if a <= b else y <= x + 1


def test_widths_count_a_map_for_each_place_of_a_window():
    tree = PoolingTree.named("line", (16,), (4, 4))
    widths, parameters = advised_widths(tree, (1, 1), 10**5, 2, 3, "windowed")
    assert widths[0] == 16  # functions of four binary sites
    assert parameters == 4 * (2 * 16 + 16 * widths[1]) + 3 * widths[1] <= 10**5


@pytest.mark.parametrize("low", [(1, 1), (3, 0), (1, 2), (0, 0)])
def test_class_ranks_count_the_directions_in_which_class_means_differ(rng, low):
    """Four classes; their means differ in as many directions in either half, in all of these where halves meet."""
    tree, labels = PoolingTree.named("line", (8,), (4, 2)), rng.integers(0, 4, 4000)
    contrasts = np.array([[1, 1, -1, -1], [1, -1, 1, -1], [1, -1, -1, 1]])[:, labels].T  # orthogonal
    images = rng.normal(size=(4000, 8))
    for half, directions in enumerate(low):
        images[:, 4 * half : 4 * half + directions] += contrasts[:, :directions]
    ranks = class_ranks(pairs.sample_of(images[:, :, None], labels), tree)
    present = [each for each in low if each]
    expected = np.average(present, weights=present) if present else 0  # positions count by what they tell
    assert ranks == pytest.approx((1 + expected, 1 + max(low)), rel=0.1)


def test_noise_of_many_classes_has_rank_one(rng):
    tree = PoolingTree.named("square", (8, 8))
    for seed in range(5):
        images, labels = rng.integers(0, 2, (500, 64, 1)), rng.integers(0, 10, 500)
        ranks = class_ranks(pairs.sample_of(images, labels), tree)
        assert ranks[-1] == 1, seed


@pytest.mark.parametrize(
    ("images", "labels", "options", "line"),
    [
        (np.zeros((20, 4, 4)), np.zeros(20, int), {}, "labels: 1 class, 0 with 8 different images or more; "),
        (np.zeros((20, 4, 4)), np.arange(20), {}, "labels: 20 classes, 0 with 8 different images or more; "),
        (
            np.zeros((20, 4, 4)),
            np.zeros(19, int),
            {},
            r"labels: has shape \[19\]; accepted: integers, booleans or text",
        ),
        (np.zeros((20, 4, 4)), np.zeros(20), {}, "labels: holds real numbers; accepted: integers, booleans or text"),
        (np.zeros((20, 4, 4), complex), np.zeros(20, int), {}, "images: holds complex numbers; accepted: real numbers"),
        (np.full((20, 4, 4), np.nan), np.zeros(20, int), {}, "images: has a value that isn't finite"),
        (np.zeros((20, 4, 4, 5)), np.zeros(20, int), {}, r"images: has shape \[20, 4, 4, 5\]; accepted: real numbers"),
        (np.zeros(20), np.zeros(20, int), {}, r"images: has shape \[20\]; accepted: real numbers"),
        (np.zeros((20, 1)), np.zeros(20, int), {}, r"images: has shape \[20, 1\]; accepted: at least 2 sites"),
        (np.zeros((20, 4, 4)), np.arange(20) % 2, {"levels": 5}, "levels: got 5; accepted: an integer from 1 to 4"),
        (np.zeros((20, 4, 4)), np.arange(20) % 2, {"budget": 0}, "budget: got 0; accepted: an integer"),
        (
            np.arange(320).reshape(20, 4, 4),
            np.arange(20) % 2,
            {"sharing": "located"},
            "sharing: 'located'; accepted: shared or windowed",
        ),
        (
            np.arange(320).reshape(20, 4, 4),
            np.arange(20) % 2,
            {"budget": 3},
            "budget: 3; accepted: at least 12 parameters",
        ),
    ],
)
def test_what_does_not_fit_is_refused_in_a_line(images, labels, options, line):
    with pytest.raises(ArgumentError, match=f"^{line}") as caught:
        advise(images, labels, **options)
    assert len(str(caught.value)) <= 200


def test_limits_are_told_before_anything_is_allocated():
    large = np.broadcast_to(np.zeros((1, 1, 1), np.uint8), (100, 256, 256))
    with pytest.raises(MemoryLimitError, match=r"engine advice: needs .* bytes; accepted: up to memory_limit"):
        advise(large, np.arange(100) % 2)
    medium = np.broadcast_to(np.zeros((1, 1, 1), np.uint8), (10_000, 64, 64))
    with pytest.raises(TimeLimitError, match="engine advice: takes about"):
        advise(medium, np.arange(10_000) % 2, time_limit=1)
    bytes_needed, _ = pairs.needs(10_000, 64 * 64, 1, 10)
    assert bytes_needed < 2**31
