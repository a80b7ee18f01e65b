"""Entropies of target functions: exact families and scans against listed functions, known values, and laws."""

import math
from math import comb

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convac.datasets.blobs import SCORES
from convac.entanglement import measures
from convac.errors import ArgumentError
from convac.experiments.target_entropy import data_entropy
from convac.experiments.target_entropy.compute import Size, boundary, entropy_of, exponents, left_columns, rank_of
from convac.experiments.target_entropy.data_entropy import data_rows, extrapolated, samples, side_entropies
from convac.experiments.target_entropy.data_entropy import exponents as exponents_of
from convac.experiments.target_entropy.jobs import ImageClasses
from convac.geometry.partitions import Partition
from convac.specs.tables import QUANTITIES
from convac.targets import families
from convac.targets.frontier import SCANS, states, strip
from convac.targets.functions import TASKS, listed
from convac.targets.splits import CONVENTIONS, split

SITES = [(2, 2), (2, 3), (3, 3), (2, 4), (3, 4), (4, 3), (2, 6)]


def entropy_of_levels(levels):
    return measures.degenerate_entropy(levels.weights, levels.multiplicities)


def random_mask(count, generator):
    mask = np.zeros(count, dtype=bool)
    mask[generator.permutation(count)[: generator.integers(1, count)]] = True
    return mask


@pytest.mark.parametrize("pairs", [40, 3000])
def test_strict_symmetry_keeps_its_digits_at_any_size(pairs):
    centred = families.strict_symmetry(pairs, 0, 0, "centred")
    assert entropy_of_levels(centred) == pytest.approx(math.log(2**pairs - 1))
    assert centred.rank == 2**pairs - 1
    sign = families.strict_symmetry(pairs, 0, 0, "sign")  # 1 − J/2: one large singular value beside 2^n − 1 ones
    small = (2**pairs - 1) / ((2 ** (pairs - 1) - 1) ** 2 + 2**pairs - 1)
    expected = small * (1 + (math.log(2**pairs - 1) - math.log(small))) if small else 0.0
    assert entropy_of_levels(sign) == pytest.approx(expected, rel=1e-9)
    for convention, more in (("indicator", 0), ("centred", 1), ("sign", 1)):
        assert families.strict_symmetry(pairs, 2, 3, convention).rank == 2**pairs + more


def test_the_convention_turns_the_ranking_over():
    mask = left_columns((4, 4)).mask
    strict, majority = (split(listed(task, (4, 4)), mask) for task in ("strict symmetry", "majority"))
    bits = {convention: entropy_of(strict, convention) / math.log(2) for convention in CONVENTIONS}
    assert bits["sign"] == pytest.approx(0.2402, abs=1e-4)
    assert bits["indicator"] == pytest.approx(8.0, abs=1e-9)
    assert bits["centred"] == pytest.approx(math.log2(255), abs=1e-9)
    assert entropy_of(majority, "sign") > 5 * entropy_of(strict, "sign")
    assert entropy_of(majority, "indicator") < entropy_of(strict, "indicator") / 5


@pytest.mark.parametrize("sites", SITES)
@pytest.mark.parametrize("task", ["majority", "parity"])
def test_counting_tasks_need_nothing_but_the_count(task, sites):
    tensor, count = listed(task, sites), math.prod(sites)
    for inside in range(1, count):
        mask = np.random.default_rng(inside).permutation(count) < inside
        exact, own = split(tensor, mask), getattr(families, task)(inside, count - inside)
        assert own.mean == exact.mean
        for convention in CONVENTIONS:
            assert entropy_of(own, convention) == pytest.approx(entropy_of(exact, convention), abs=1e-11)
            assert rank_of(own, convention) == rank_of(exact, convention)


def pairs_of(sites, mask):
    """Mirrored pairs that the partition cuts, that lie inside, that lie outside."""
    grid, half = mask.reshape(sites), sites[1] // 2
    left, right = grid[:, :half], grid[:, ::-1][:, :half]
    return tuple(int(part.sum()) for part in (left != right, left & right, ~left & ~right))


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(SITES), st.integers(0, 10**6))
def test_strict_symmetry_has_its_spectrum_at_every_partition(sites, seed):
    mask = random_mask(math.prod(sites), np.random.default_rng(seed))
    exact = split(listed("strict symmetry", sites), mask)
    for convention in CONVENTIONS:
        own = families.strict_symmetry(*pairs_of(sites, mask), convention)
        assert entropy_of_levels(own) == pytest.approx(entropy_of(exact, convention), abs=1e-10)
        assert own.rank == rank_of(exact, convention)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(SITES), st.integers(0, 10**6))
def test_symmetry_score_has_its_spectrum_at_every_block_of_a_half(sites, seed):
    generator = np.random.default_rng(seed)
    left = np.flatnonzero(np.arange(math.prod(sites)) % sites[1] < sites[1] // 2)
    block = generator.permutation(left)[: generator.integers(1, len(left) + 1)]
    mask = np.isin(np.arange(math.prod(sites)), block)
    exact = split(listed("symmetry score", sites), mask)
    for convention in CONVENTIONS:
        own = families.symmetry_score(len(block), len(left) - len(block), convention)
        assert entropy_of_levels(own) == pytest.approx(entropy_of(exact, convention), abs=1e-10)
        assert own.rank == rank_of(exact, convention)


@pytest.mark.parametrize("pairs", [1, 3, 9, 101])
def test_symmetry_score_has_the_fourier_weights_of_majority(pairs):
    # O'Donnell, Analysis of Boolean Functions, theorem 5.19: squared coefficients of majority over an odd number
    half = (pairs - 1) // 2
    logs = {
        k: 2 * (math.log(comb(half, (k - 1) // 2)) - math.log(comb(pairs - 1, k - 1)) + math.log(comb(pairs - 1, half)))
        for k in range(1, pairs + 1, 2)
    }
    weights = [comb(pairs, k) * math.exp(logs[k] + 2 * (1 - pairs) * math.log(2)) for k in logs]
    own = families.symmetry_score(pairs, 0, "sign")
    assert sum(weights) == pytest.approx(1)
    assert own.weights == pytest.approx(weights, rel=1e-9)
    assert own.multiplicities == tuple(comb(pairs, k) for k in logs)


def test_symmetry_score_grows_with_the_root_of_the_block():
    entropies = {pairs: entropy_of_levels(families.symmetry_score(pairs, 0, "centred")) for pairs in (257, 513)}
    exponent = math.log(entropies[513] / entropies[257]) / math.log(513 / 257)
    assert exponent == pytest.approx(0.514, abs=5e-4)


@pytest.mark.parametrize("degree", [0, 1, 5, 12])
def test_krawtchouk_numbers_are_their_own_inverse(degree):
    table = np.array(list(families.krawtchouk(degree)), dtype=object)
    assert (table @ table == 2**degree * np.eye(degree + 1, dtype=int)).all()


@pytest.mark.parametrize("task", [*SCANS])
@pytest.mark.parametrize(
    ("height", "inside", "outside"), [(1, 3, 4), (2, 2, 3), (3, 2, 2), (3, 1, 3), (4, 2, 1), (4, 1, 2), (2, 5, 1)]
)
def test_scans_count_what_lists_hold(task, height, inside, outside):
    mask = np.arange(height * (inside + outside)) % (inside + outside) < inside
    exact, own = split(listed(task, (height, inside + outside)), mask), strip(task, height, inside, outside)
    assert own.mean == exact.mean
    if own.mean in {0, 1}:
        return
    for convention in CONVENTIONS:
        assert entropy_of(own, convention) == pytest.approx(entropy_of(exact, convention), abs=1e-11)
        assert rank_of(own, convention) == rank_of(exact, convention)


@settings(max_examples=40, deadline=None)
@given(st.sampled_from([*SCANS]), st.integers(1, 5), st.integers(1, 12))
def test_states_hold_every_configuration_once(task, height, width):
    assert sum(states(task, height, width).values()) == 2 ** (height * width)


def test_scans_have_means_that_are_known():
    assert strip("percolation", 1, 30, 41).mean == pytest.approx(2.0**-71)
    without = [1, 4]  # two rows and no square: columns of four kinds, no two full ones in a row
    for _ in range(20):
        without.append(3 * (without[-1] + without[-2]))
    assert 1 - strip("pattern", 2, 12, 9).mean == pytest.approx(without[21] / 4**21)


def test_a_path_that_winds_lifts_the_rank_of_percolation():
    ranks = {height: rank_of(strip("percolation", height, height, height), "centred") for height in range(1, 6)}
    assert ranks == {1: 2, 2: 4, 3: 8, 4: 16, 5: 34}
    assert rank_of(split(listed("percolation", (5, 4)), np.arange(20) % 4 < 2), "centred") == 34


@pytest.mark.parametrize("task", [*SCANS])
def test_long_strips_converge_and_keep_their_digits(task):
    entropies = [entropy_of(strip(task, 3, length, length), "centred") for length in (400, 800)]
    assert entropies[0] == pytest.approx(entropies[1], abs=1e-9)
    assert 0.1 < entropies[0] <= math.log(rank_of(strip(task, 3, 20, 20), "centred"))


@pytest.mark.parametrize("task", [*TASKS])
def test_both_sides_see_the_same_and_no_more_than_the_rank(task):
    tensor = listed(task, (3, 4))
    for seed in range(5):
        mask = random_mask(12, np.random.default_rng(seed))
        inside, outside = split(tensor, mask), split(tensor, ~mask)
        for convention in CONVENTIONS:
            entropy = entropy_of(inside, convention)
            assert entropy == pytest.approx(entropy_of(outside, convention), abs=1e-10)
            assert rank_of(inside, convention) == rank_of(outside, convention)
            assert -1e-12 <= entropy <= math.log(rank_of(inside, convention)) + 1e-10


def test_parity_is_a_product_and_its_indicator_two():
    found = families.parity(30, 50)
    assert entropy_of(found, "sign") == pytest.approx(0, abs=1e-12)
    assert entropy_of(found, "centred") == pytest.approx(0, abs=1e-12)
    assert entropy_of(found, "indicator") == pytest.approx(math.log(2))


def test_random_functions_have_the_entropy_of_random_states():
    own = entropy_of(split(listed("random", (4, 4)), np.arange(16) < 8), "centred")
    assert own == pytest.approx(families.random_entropy(8, 8), abs=0.02)
    assert families.random_entropy(3, 9) == families.random_entropy(9, 3)


def test_majority_converges_while_its_rank_grows():
    entropies = [entropy_of(families.majority(side, side), "centred") for side in (100, 200, 400)]
    gains = np.diff(entropies)
    assert 0 < gains[1] < gains[0] < 0.05
    assert [rank_of(families.majority(side, side), "centred") for side in (25, 50)] == [26, 51]


@pytest.mark.parametrize("name", ["left-right", "checkerboard", "centre", "interleaved"])
def test_boundary_counts_neighbours(name):
    partition = Partition.of((4, 6), name)
    inside = {divmod(site, 6) for site in partition.inside}
    near = [(row + down, column + 1 - down) in inside for row, column in inside for down in (0, 1)]
    far = [(row - down, column - 1 + down) in inside for row, column in inside for down in (0, 1)]
    every = sum(
        0 <= row + down < 4 and 0 <= column + right < 6
        for row, column in inside
        for down, right in ((0, 1), (1, 0), (0, -1), (-1, 0))
    )
    assert boundary(partition) == every - sum(near) - sum(far)


def test_exponents_of_power_laws():
    sizes = [Size("square", height, height) for height in (2, 3, 4, 6, 8)]
    found = exponents("symmetry score", "square", [(size, 1.3 * size.pixels**0.5) for size in sizes])
    assert [found[name] for name in ("exponent", "exponent_low", "exponent_high")] == pytest.approx([0.5] * 3)
    assert found["predicted_exponent"] == 0.5
    assert found["random_exponent"] == pytest.approx(1, abs=0.05)
    assert exponents("loop", "square", [(size, 0.5) for size in sizes[:3]]) == {}
    assert exponents("loop", "square", [(size, 1e-9) for size in sizes]) == {}


def test_samples_of_digits_share_no_image():
    sets = [samples("digits", (7, 8, 9), number, 40) for number in range(3)]
    seen = {image.tobytes() for images, _, _ in sets for image in images}
    assert len(seen) >= 118  # two of the 1,797 may be alike
    for _, labels, _ in sets:
        assert labels.sum() == pytest.approx(0, abs=1e-12)
        assert len(set(labels)) == 2
    with pytest.raises(ArgumentError, match="samples: 5 × 400 digits are wanted; accepted: at most 1797 in all"):
        samples("digits", range(5), 0, 400)


@pytest.mark.parametrize("task", ["closedness", "symmetry"])
def test_samples_of_blobs_are_as_many_as_asked_for(task):
    images, labels, brightest = samples(task, (3, 4), 0, 31)
    assert (len(images), len(labels), brightest) == (31, 31, 1)
    assert len(set(labels)) == 2
    assert not np.array_equal(images, samples(task, (3, 4), 1, 31)[0])
    drawn = data_entropy.rendered(3, 41)
    scores = dict(zip(map(bytes, drawn.images), SCORES[task](drawn), strict=True))
    high, low = ([scores[bytes(image)] for image in images[labels * sign > 0]] for sign in (1, -1))
    assert min(high) >= max(low)


def dense_entropy(pixels, labels):
    """Entropy of left against right of Σ y_n x_n, from the whole tensor of 3×3 images."""
    tensor = np.zeros((2,) * 9)
    for image, label in zip(pixels, labels, strict=True):
        tensor[tuple(image.ravel())] += label
    matrix = tensor.transpose(0, 3, 6, 1, 2, 4, 5, 7, 8).reshape(8, 64)
    return measures.entropy(np.linalg.svd(matrix, compute_uv=False))


def test_the_entropy_of_samples_is_that_of_their_sum():
    generator = np.random.default_rng(0)
    pixels = generator.integers(0, 2, (64, 3, 3), dtype=np.uint8)
    labels = generator.normal(size=64)
    orders = [generator.permutation(labels) for _ in range(2)]
    found = side_entropies(pixels, labels, orders)
    for parts, (own, shuffled) in zip(data_entropy.PARTS, found, strict=True):
        cuts = [slice(first, None, parts) for first in range(parts)]
        assert own == pytest.approx(np.mean([dense_entropy(pixels[cut], labels[cut]) for cut in cuts]))
        expected = [dense_entropy(pixels[cut], order[cut]) for cut in cuts for order in orders]
        assert shuffled == pytest.approx(np.mean(expected))
        assert own <= math.log(64 // parts)


def test_samples_that_cancel_have_no_entropy():
    pixels = np.ones((8, 2, 2), dtype=np.uint8)
    labels = np.tile([1.0, -1.0], 4)
    pixels[4:, 0, 0], labels[4:] = 0, [1.0, 1.0, -1.0, 1.0]
    found = side_entropies(pixels, labels, [np.tile([1.0, -1.0], 4)])
    assert found[0] == pytest.approx([0.0, math.nan], abs=1e-9, nan_ok=True)
    assert found[-1] == pytest.approx([0.0, 0.0])


def test_extrapolation_finds_the_entropy_of_the_class():
    """Noise on a product state: of n samples its entropy is too large, by extrapolation nearly 0."""
    generator = np.random.default_rng(1)
    found = []
    for _ in range(8):
        pixels = generator.integers(0, 2, (4096, 2, 2), dtype=np.uint8)
        labels = np.prod(1.0 - 2.0 * pixels, axis=(1, 2))
        found.append(side_entropies(pixels, labels, [labels]))
    measured = np.mean(found, axis=0)[:, 0]
    assert (np.diff(measured) > 0).all()
    assert abs(extrapolated(measured[:-1])) < 0.2 * measured[0]


def test_exponents_of_samples_are_those_of_power_laws():
    blocks = np.array([8.0, 10.0, 18.0, 21.0])
    found = exponents_of(np.stack([blocks, 2 * blocks**0.5, blocks**0.75, 0.6 * blocks], axis=1))
    assert found == pytest.approx({"data_exponent": 0.5, "shuffled_exponent": 0.75, "random_exponent": 1.0})
    vanished = exponents_of(np.stack([blocks, blocks - 8.5, blocks, blocks], axis=1))
    assert set(vanished) == {"shuffled_exponent", "random_exponent"}


def test_rows_of_samples_say_how_many_they_are_of():
    table = pd.DataFrame(data_rows(ImageClasses(tasks=("digits",), sides=(4, 5, 6, 7), samples=64, seeds=(3, 5))))
    assert set(table["quantity"]) <= set(QUANTITIES)
    measured = table[table["quantity"] == "data_entropy"]
    assert sorted(measured["samples"].unique()) == [8, 16, 32, 64]
    assert sorted(table["seed"].unique()) == [3, 5]
    own = measured[(measured["seed"] == 5) & (measured["side"] == 6)].set_index("samples")["value"]
    limit = table[(table["quantity"] == "extrapolated_entropy") & (table["seed"] == 5) & (table["side"] == 6)]
    assert limit["value"].item() == pytest.approx((8 * own[64] - 6 * own[32] + own[16]) / 3)
