"""Closed forms of target functions of images: ranks of counting tasks, the entropy of strict mirror symmetry.

Source: ours; of 1710.05520, which bounds the entropy of target functions, only the abstract is known.
"""

import math
from itertools import product

import numpy as np

from convac.geometry.partitions import Partition


def counting_rank(task: str, inside: int, outside: int, convention: str) -> int:
    """The rank of majority or parity between sides of that many pixels.

    Majority: a side's pixels count by how many are set. Rows by that count are staircases, the smaller side's all
    different, one of them zero where the sides are equal: rank min + 1, by indicator one less there. Subtracting a
    constant adds a column of ones, that of no pixel set, which makes up for the zero row. Parity: ± 1 is a product.

    >>> counting_rank("majority", 3, 3, "indicator"), counting_rank("majority", 2, 5, "indicator")
    (3, 3)
    """
    indicator = convention == "indicator"
    if task == "parity":
        return 2 if indicator else 1
    return min(inside, outside) + int(inside != outside or not indicator)


def mirrored_pairs(sites: tuple[int, int]) -> list[tuple[int, int]]:
    """Site numbers of pixels that left-right reflection exchanges; a column in the middle belongs to no pair.

    >>> mirrored_pairs((1, 4))
    [(0, 3), (1, 2)]
    """
    numbers = np.arange(math.prod(sites)).reshape(sites)
    half = sites[1] // 2
    left, right = numbers[:, :half].ravel(), numbers[:, ::-1][:, :half].ravel()
    return list(zip(left.tolist(), right.tolist(), strict=True))


def mirror_entropy(partition: Partition) -> float:
    """Entropy in nats of strict mirror symmetry, by indicator: ln 2 for every mirrored pair that is cut.

    The indicator is a product over pairs. A pair on one side is a vector there; one that is cut is the identity, two
    equal Schmidt coefficients.
    """
    mask = partition.mask
    first, second = partition.shape
    return math.log(2) * sum(bool(mask[one] != mask[other]) for one, other in mirrored_pairs((first, second)))


def placements(sites: tuple[int, int], generator: np.random.Generator) -> list[Partition]:
    """For every way to place mirrored pairs, one at least cut, some random partition: (cut, inside, outside) differ.

    Pixels without a partner stand on random sides.
    """
    pairs, count = mirrored_pairs(sites), math.prod(sites)
    found = []
    for cut, inside in product(range(1, len(pairs) + 1), range(len(pairs))):
        if cut + inside > len(pairs):
            continue
        mask = generator.integers(0, 2, count).astype(bool)
        order = [pairs[number] for number in generator.permutation(len(pairs))]
        for number, (one, other) in enumerate(order):
            mask[other] = not mask[one] if number < cut else number < cut + inside
            mask[one] = not mask[other] if number < cut else mask[other]
        found.append(Partition(sites, tuple(np.flatnonzero(mask).tolist())))
    return found
