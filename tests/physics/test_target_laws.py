"""Closed forms of target functions against what is listed: counting ranks, cut mirrored pairs."""

import math

import numpy as np
import pytest

from convac.experiments.target_entropy.compute import entropy_of, rank_of
from convac.experiments.target_entropy.laws import counting_rank, mirror_entropy, mirrored_pairs, placements
from convac.geometry.partitions import Partition
from convac.targets.families import majority
from convac.targets.functions import listed
from convac.targets.splits import CONVENTIONS, split


@pytest.mark.parametrize("convention", CONVENTIONS)
@pytest.mark.parametrize("task", ["majority", "parity"])
def test_ranks_of_counting_tasks_on_every_size_of_a_subset(task, convention):
    tensor = listed(task, (3, 3))
    for size in range(1, 9):
        found = split(tensor, np.arange(9) < size)
        assert rank_of(found, convention) == counting_rank(task, size, 9 - size, convention)
    even = split(listed(task, (2, 3)), np.arange(6) < 3)
    assert rank_of(even, convention) == counting_rank(task, 3, 3, convention)


@pytest.mark.parametrize("convention", CONVENTIONS)
@pytest.mark.parametrize(("inside", "outside"), [(7, 30), (30, 7), (12, 12), (1, 1)])
def test_majority_of_many_pixels(inside, outside, convention):
    assert rank_of(majority(inside, outside), convention) == counting_rank("majority", inside, outside, convention)


@pytest.mark.parametrize("sites", [(2, 4), (3, 3), (2, 3)])
def test_every_placement_of_mirrored_pairs_has_its_entropy(sites):
    tensor = listed("strict symmetry", sites)
    drawn = placements(sites, np.random.default_rng(1))
    pairs = mirrored_pairs(sites)
    kinds = set()
    for partition in drawn:
        sides = [(bool(partition.mask[one]), bool(partition.mask[other])) for one, other in pairs]
        cut = sum(one != other for one, other in sides)
        kinds.add((cut, sides.count((True, True))))
        assert mirror_entropy(partition) == pytest.approx(cut * math.log(2))
        assert entropy_of(split(tensor, partition.mask), "indicator") == pytest.approx(cut * math.log(2), abs=1e-9)
    assert len(kinds) == len(drawn) == len(pairs) * (len(pairs) + 1) // 2


def test_mirror_symmetry_between_rows_cuts_nothing():
    assert mirror_entropy(Partition((2, 4), (0, 1, 2, 3))) == 0
