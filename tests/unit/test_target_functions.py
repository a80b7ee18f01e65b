"""Target functions, their splits and conventions, against one image at a time and dense tensors."""

from fractions import Fraction
from itertools import product
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from convac.circuits.fields import PrimeField
from convac.entanglement.brute import matricization
from convac.entanglement.generic_rank import rank
from convac.errors import ArgumentError, MemoryLimitError
from convac.experiments.target_entropy.block import Block
from convac.specs.parsing import mistakes
from convac.targets import families
from convac.targets.functions import TASKS, control, every_image, listed
from convac.targets.splits import CONVENTIONS, Split, offset, split

PRIMES = (2**31 - 1, 2147483629)
small_images = st.tuples(st.integers(1, 5), st.integers(1, 5), st.integers(0, 10**6)).map(
    lambda drawn: np.random.default_rng(drawn[2]).random(drawn[:2]) < 0.6
)


def more_than_half(values):
    return 2 * sum(values) > len(values)


def joins_left_to_right(image):
    components, _ = ndimage.label(image)
    return bool(set(components[:, 0]) & set(components[:, -1]) - {0})


def mirrored_pairs(image):
    height, width = image.shape
    return [image[row, left] == image[row, width - 1 - left] for row in range(height) for left in range(width // 2)]


def has_a_square(image):
    corners = product(range(image.shape[0] - 1), range(image.shape[1] - 1))
    return any(image[row : row + 2, column : column + 2].all() for row, column in corners)


# the tasks on one image, by other means than the library's
ORACLES = {
    "majority": lambda image: more_than_half(image.ravel().tolist()),
    "parity": lambda image: sum(image.ravel().tolist()) % 2 == 1,
    "strict symmetry": lambda image: np.array_equal(image, np.fliplr(image)),
    "symmetry score": lambda image: more_than_half(mirrored_pairs(image)),
    "pattern": has_a_square,
    "loop": lambda image: bool((ndimage.binary_fill_holes(image) != image).any()),
    "percolation": joins_left_to_right,
}


@settings(max_examples=300, deadline=None)
@given(small_images)
def test_tasks_say_of_one_image_what_they_are_defined_to(image):
    assert ORACLES.keys() == TASKS.keys() - {"random"}
    for task, oracle in ORACLES.items():
        assert bool(TASKS[task](image[None])[0]) == oracle(image), task


@settings(max_examples=50, deadline=None)
@given(small_images)
def test_tasks_have_the_symmetries_of_their_definitions(image):
    for task, moved in product(("pattern", "loop", "percolation", "majority"), (image[::-1], image[:, ::-1])):
        assert TASKS[task](image[None])[0] == TASKS[task](moved[None])[0], task
    for task in ("strict symmetry", "symmetry score"):
        assert TASKS[task](image[None])[0] == TASKS[task](~image[None])[0], task
    if image.size % 2:
        assert TASKS["majority"](image[None])[0] != TASKS["majority"](~image[None])[0]


def test_axes_are_pixels_row_by_row():
    tensor = listed("percolation", (2, 3))
    assert tensor.shape == (2,) * 6
    assert tensor[0, 0, 0, 1, 1, 1]
    assert not tensor[1, 1, 0, 0, 0, 1]
    assert every_image((2, 2))[6].astype(int).tolist() == [[0, 1], [1, 0]]
    counts = {"majority": 5, "parity": 8, "strict symmetry": 4, "symmetry score": 4, "pattern": 1, "loop": 0}
    assert {task: int(listed(task, (2, 2)).sum()) for task in counts} == counts


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: listed("parities", (2, 2)), ArgumentError, "task: 'parities' is unknown; accepted: majority, "),
        (lambda: listed("parity", (3, 7)), MemoryLimitError, "sites: 21 pixels .* accepted: at most 20"),
        (lambda: listed("parity", (0, 3)), ArgumentError, "sites: got .0, 3.; accepted: 1 or 2 positive sides"),
        (lambda: offset("signs", Fraction(1, 2)), ArgumentError, "convention: 'signs' .* accepted: centred, sign, ind"),
        (
            lambda: split(listed("parity", (2, 2)), np.ones(3, bool)),
            ArgumentError,
            "mask: has shape .3.; accepted: .4.",
        ),
        (lambda: Split(np.ones((2, 1), bool), (1,), (1,)), ArgumentError, "values: .* accepted: .1, 1., one per pair"),
        (lambda: Split(np.ones((1, 1), bool), (0,), (1,)), ArgumentError, "inside, outside: a class is empty"),
    ],
)
def test_mistakes_are_one_line(call, error, words):
    with pytest.raises(error, match=words):
        call()


def test_controls_are_true_as_often_and_differ_by_draw():
    tensor = listed("pattern", (3, 4))
    draws = [control(tensor, draw) for draw in range(3)]
    assert [int(draw.sum()) for draw in draws] == [int(tensor.sum())] * 3
    assert not np.array_equal(draws[0], draws[1])
    assert np.array_equal(control(tensor, 1), draws[1])
    assert draws[0].shape == tensor.shape


def random_mask(count, seed):
    generator = np.random.default_rng(seed)
    mask = np.zeros(count, dtype=bool)
    mask[generator.permutation(count)[: generator.integers(1, count)]] = True
    return mask


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([*TASKS]), st.sampled_from([(2, 3), (3, 3), (2, 5), (3, 4)]), st.integers(0, 10**6))
def test_classes_have_the_spectrum_and_the_rank_of_the_dense_tensor(task, sites, seed):
    tensor, mask = listed(task, sites), random_mask(sites[0] * sites[1], seed)
    found = split(tensor, mask)
    assert found.mean == Fraction(int(tensor.sum()), tensor.size)
    assert sum(found.inside) == 2 ** int(mask.sum())
    for convention in CONVENTIONS:
        shift = offset(convention, found.mean)
        dense = matricization(tensor - float(shift), mask) / np.sqrt(tensor.size)
        exact = np.linalg.svd(dense, compute_uv=False)
        own = np.linalg.svd(found.matrix(shift), compute_uv=False)
        size = max(len(exact), len(own))
        assert np.pad(own, (0, size - len(own))) == pytest.approx(np.pad(exact, (0, size - len(exact))), abs=1e-12)
        ranks = {rank(found.residues(shift, prime), PrimeField(prime)) for prime in PRIMES}
        assert ranks == {int(np.sum(exact > 1e-9))}


@pytest.mark.parametrize("task", [*TASKS])
def test_centring_forgets_the_labels_and_so_does_the_sign(task):
    tensor, mask = listed(task, (3, 3)), np.arange(9) % 3 == 0
    first, second = split(tensor, mask), split(~tensor, mask)
    for convention in ("centred", "sign"):
        one, other = (np.abs(f.matrix(offset(convention, f.mean))) for f in (first, second))
        values = [np.sort(np.linalg.svd(part, compute_uv=False)) for part in (one, other)]
        assert np.linalg.norm(one) == pytest.approx(np.linalg.norm(other))
        assert values[0] == pytest.approx(values[1])


CLASSES = {"tasks": ["digits"], "sides": [4, 5, 6, 7], "samples": 32, "seeds": 1}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"images": [[5, 5]]},
            "images, subset_images, block_image: [5, 5]; accepted: 2 columns or more, 20 pixels at most",
        ),
        (
            {"block_image": [4, 1]},
            "images, subset_images, block_image: [4, 1]; accepted: 2 columns or more, 20 pixels at most",
        ),
        ({"lengths": [2, 4, 8, 1000]}, "lengths: 1000; accepted: strip_height × length up to 1000"),
        ({"classes": [{"tasks": ["cats"], "sides": [4, 5, 6, 7], "samples": 32, "seeds": 1}]}, "accepted: 'digits'"),
        (
            {"classes": [{**CLASSES, "sides": [4, 5]}]},
            "classes.0.sides: [4, 5] is not accepted; accepted: entries, at least 4",
        ),
        (
            {"classes": [{**CLASSES, "sides": [4, 4, 5, 5]}]},
            "classes.0.sides: 4 appears twice; accepted: every entry once",
        ),
        ({"classes": [{**CLASSES, "samples": 31}]}, "samples: 31"),
        ({"classes": []}, "classes: "),
    ],
)
def test_blocks_out_of_reach_are_refused_in_a_line(changes, words):
    block = yaml.safe_load((Path(__file__).parents[2] / "config.yaml").read_text())["experiments"]["target_entropy"]
    own = {key: value for key, value in block.items() if key != "scales"}
    assert mistakes(Block, own) == []
    assert words in mistakes(Block, {**own, **changes})[0]


@pytest.mark.parametrize("task", [task for task in TASKS if task != "random"])
def test_images_that_are_not_binary_are_refused(task):
    binary = np.random.default_rng(0).random((5, 3, 4)) < 0.5
    for images in (binary * 0.5, binary.astype(np.uint8) * 255, -1 * binary, binary[0], binary.astype(str), "x", None):
        with pytest.raises(ArgumentError, match=r"^images: .*accepted: booleans"):
            TASKS[task](images)
    for images in (torch.from_numpy(binary), binary.tolist()):
        assert np.array_equal(TASKS[task](images), TASKS[task](binary))


def test_majorities_of_any_size_are_refused_before_they_are_listed():
    with pytest.raises(MemoryLimitError, match=r"^inside, outside: got 1000000000, 2; accepted: "):
        families.majority(10**9, 2)
