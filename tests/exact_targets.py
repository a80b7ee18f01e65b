"""Boolean functions that are hard for floating point: entropies and ranks against fractions, as `exact_tables` does it.

`python tests/exact_targets.py 10000` checks that many; `tests/physics/test_rounding_of_mixtures.py` some.
"""

import math
from fractions import Fraction

import numpy as np
from exact_tables import entropy, report, spectrum, wide

from convac.entanglement import measures
from convac.errors import ArgumentError
from convac.experiments.target_entropy.compute import entropy_of, rank_of
from convac.targets import families
from convac.targets.functions import TASKS, listed
from convac.targets.splits import CONVENTIONS, Split, offset, split

SAME = 1e-9  # nats


def hard_split(seed):
    """A Boolean function over classes of sizes up to 2^3000 on either side."""
    generator = np.random.default_rng(seed)
    shape = generator.integers(1, 5, 2)
    values = generator.random(shape) < generator.random()
    largest = int(generator.choice([2, 60, 3000]))
    sizes = [tuple(int(2 ** int(power)) for power in generator.integers(0, largest, side)) for side in shape]
    return Split(values, *sizes)


def exact_spectrum(found, shift):
    """Singular values of a function less its offset, up to a common factor; None for the zero function."""
    shares = [[Fraction(count, sum(counts)) for count in counts] for counts in (found.inside, found.outside)]
    exact = np.where(found.values, 1 - shift, -shift)
    squares = np.multiply.outer(*(np.array(side, dtype=object) for side in shares)) * exact**2
    return spectrum(np.where(exact > 0, 1, -1) * np.sqrt(wide(squares))) if squares.any() else None


def exact_rank(found, shift):
    """Rank over the rationals, by elimination."""
    rows, rank = [list(row) for row in np.where(found.values, 1 - shift, -shift)], 0
    for column in range(found.values.shape[1]):
        pivot = next((row for row in range(rank, len(rows)) if rows[row][column]), None)
        if pivot is None:
            continue
        rows[rank], rows[pivot] = rows[pivot], rows[rank]
        for row in range(rank + 1, len(rows)):
            factor = rows[row][column] / rows[rank][column]
            rows[row] = [entry - factor * other for entry, other in zip(rows[row], rows[rank], strict=True)]
        rank += 1
    return rank


def checked_split(seed, counts):
    """What is wrong with the entropies and ranks of a hard function."""
    found, wrong = hard_split(seed), []
    for convention in CONVENTIONS:
        shift = offset(convention, found.mean)
        truth = exact_spectrum(found, shift)
        if (rank := rank_of(found, convention)) != exact_rank(found, shift):
            wrong.append(f"{convention}: rank {rank}, right {exact_rank(found, shift)}")
        try:
            value = entropy_of(found, convention)
        except ArgumentError as error:
            counts["zero"] += 1
            wrong += [] if truth is None and "the function is zero" in str(error) else [f"{convention}: {error}"]
            continue
        counts["measured"] += 1
        if truth is None or not counts.within(value, entropy(truth), SAME):
            wrong.append(f"{convention}: {value!r}, right {truth is not None and entropy(truth)!r}")
    return wrong


def small_image(generator):
    """A task on all images of a small size, and some of the pixels."""
    sites = [(2, 2), (1, 6), (2, 3), (3, 2), (2, 4), (3, 3)][generator.integers(6)]
    task = str(generator.choice([name for name in TASKS if name != "random"]))
    count = math.prod(sites)
    mask = np.zeros(count, dtype=bool)
    mask[generator.permutation(count)[: generator.integers(1, count)]] = True
    return task, sites, mask


def checked_task(seed, counts):
    """What is wrong with the classes of a listed task: its entropies and ranks against the whole table's."""
    generator = np.random.default_rng(seed)
    task, sites, mask = small_image(generator)
    tensor, wrong = listed(task, sites), []
    inside, outside = np.flatnonzero(mask), np.flatnonzero(~mask)
    table = tensor.transpose(*inside, *outside).reshape(2 ** len(inside), -1)
    whole, classes = Split(table, *((1,) * side for side in table.shape)), split(tensor, mask)
    for convention in CONVENTIONS:
        shift = offset(convention, whole.mean)
        truth = exact_spectrum(classes, shift)
        counts["zero" if truth is None else "measured"] += 1
        if rank_of(classes, convention) != exact_rank(whole, shift):
            wrong.append(f"{task} {convention}: rank {rank_of(classes, convention)}, right {exact_rank(whole, shift)}")
        for each in (whole, classes) if truth is not None else ():
            if not counts.within(entropy_of(each, convention), entropy(truth), SAME):
                wrong.append(f"{task} {convention}: {entropy_of(each, convention)!r}, right {entropy(truth)!r}")
    return wrong


def checked_family(seed, counts):
    """What is wrong with the closed spectra of both symmetries, against classes of their listed functions."""
    generator = np.random.default_rng(seed)
    pairs, wrong = int(generator.integers(1, 6)), []
    # a pair's pixels: one inside, both inside, none
    kinds = generator.integers(0, 3, pairs)
    crossing, inside, outside = (int(np.sum(kinds == kind)) for kind in range(3))
    left, right = kinds != 2, kinds == 1
    mask = np.concatenate([left, right[::-1]])
    if mask.all() or not mask.any():
        return []
    for task in ("strict symmetry", "symmetry score"):
        if task == "symmetry score" and (inside or not crossing):
            continue
        found = split(listed(task, (1, 2 * pairs)), mask)
        for convention in CONVENTIONS:
            shift = offset(convention, found.mean)
            if (truth := exact_spectrum(found, shift)) is None:
                continue
            counts["measured"] += 1
            levels = (
                families.strict_symmetry(crossing, inside, outside, convention)
                if task == "strict symmetry"
                else families.symmetry_score(crossing, outside, convention)
            )
            value = measures.degenerate_entropy(levels.weights, levels.multiplicities)
            if not counts.within(value, entropy(truth), SAME) or levels.rank != exact_rank(found, shift):
                wrong.append(f"{task} {kinds} {convention}: {value!r} of rank {levels.rank}, right {entropy(truth)!r}")
    return wrong


if __name__ == "__main__":
    report((checked_split, checked_task, checked_family))
