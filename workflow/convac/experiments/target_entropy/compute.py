"""Entropy and rank of target functions of images: listed, exact at any size, by scans of columns, and from data.

Source: 1710.05520 (a sub-volume bound on the entropy of target functions of image classification), of which only the
abstract is known: every definition is ours.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from convac.circuits.fields import PRIME_FIELD, PrimeField
from convac.entanglement import measures
from convac.entanglement.generic_rank import rank
from convac.entanglement.scales import LOWEST, Scaled, common
from convac.errors import ArgumentError
from convac.experiments.target_entropy.data_entropy import data_rows
from convac.experiments.target_entropy.jobs import Blocks, Families, ImageClasses, Listed, Scans, Subsets
from convac.experiments.target_entropy.laws import counting_rank, mirror_entropy, placements
from convac.geometry.partitions import PARTITIONS, Partition
from convac.progress import reporter
from convac.seeds import stream
from convac.specs.job import JobSpec
from convac.specs.tables import table_of
from convac.statistics import slope_interval
from convac.targets import families
from convac.targets.families import Levels
from convac.targets.frontier import SCANS, strip
from convac.targets.functions import TASKS, control, listed
from convac.targets.splits import CONVENTIONS, Split, offset, split

Row = dict[str, Any]

FITTED = 4  # largest sizes that an exponent is fitted to
OTHER_FIELD = PrimeField(2**31 - 19)
VANISHING = 1e-3  # nats; an entropy that falls below it has no exponent
# what the entropy is a power of in the limit, by (task, shape): derived in the notebook
PREDICTED = {
    **dict.fromkeys((("strict symmetry", "square"), ("strict symmetry", "strip")), 1.0),
    **dict.fromkeys((("symmetry score", "square"), ("symmetry score", "strip")), 0.5),
    **dict.fromkeys((("majority", "square"), ("majority", "strip"), ("parity", "square"), ("parity", "strip")), 0.0),
}


def compute(job: JobSpec) -> pd.DataFrame:
    """One job of the study.

    Returns:
        Columns method, task, convention, shape, sites, height, length, block, block_sites, boundary, draw and side;
        seed, quantity, value; those that a part doesn't have are missing.
    """
    return table_of({"seed": 0, **row} for row in ROWS[type(job)](job))


def observations(labels: Row, values: dict[str, float]) -> Iterator[Row]:
    """A row per quantity."""
    for quantity, value in values.items():
        yield {**labels, "quantity": quantity, "value": float(value)}


def entropy_of(found: Split, convention: str) -> float:
    """Entropy in nats, from the Gram matrix of the side with fewer classes: its rounding, 1e-16, is far below any."""
    matrix = relative_matrix(found, offset(convention, found.mean))
    if not matrix.any():
        raise ArgumentError(f"values: the function is zero, {convention}; accepted: one that isn't")
    matrix /= np.abs(matrix).max()
    gram = matrix @ matrix.T if matrix.shape[0] <= matrix.shape[1] else matrix.T @ matrix
    return measures.entropy(np.sqrt(np.clip(np.linalg.eigvalsh(gram), 0.0, None)))


def relative_matrix(found: Split, shift: Fraction) -> np.ndarray:
    """`found.matrix` up to a power of two, whatever the shares: a function may be true on one of 2^4000 images."""

    def roots(counts: tuple[int, ...]) -> Scaled:
        total = sum(counts)
        halves = [(count.bit_length() - total.bit_length()) // 2 for count in counts]
        shares = [count * 4**-half / total for count, half in zip(counts, halves, strict=True)]
        return Scaled(np.sqrt(shares), np.array(halves))

    def entry(value: Fraction) -> tuple[float, int]:
        power = abs(value.numerator).bit_length() - value.denominator.bit_length()
        return float(value / Fraction(2) ** power), power

    (high, above), (low, below) = entry(1 - shift), entry(-shift)
    left, right = roots(found.inside), roots(found.outside)
    values = left.values[:, None] * np.where(found.values, high, low) * right.values
    exponents = left.exponents[:, None] + np.where(found.values, above, below) + right.exponents
    return common(Scaled(values, np.where(values != 0, exponents, LOWEST))).values


def rank_of(found: Split, convention: str) -> int:
    """Rank over the rationals, by prime fields: never more, and less for unlucky primes alone.

    Classes often hold 2^k configurations, and 2^31 is 1 modulo the first prime: where it leaves room another is asked.
    """
    shift = offset(convention, found.mean)
    first = rank(found.residues(shift, PRIME_FIELD.prime))
    if first == min(found.values.shape):
        return first
    return max(first, rank(found.residues(shift, OTHER_FIELD.prime), OTHER_FIELD))


def is_constant(found: Split) -> bool:
    """Whether the function is, which leaves nothing to centre."""
    return found.mean in {0, 1}


def boundary(partition: Partition) -> int:
    """Pairs of neighbouring sites that the partition separates.

    >>> boundary(Partition.of((4, 4), "checkerboard"))
    24
    """
    inside = partition.mask.reshape(partition.shape)
    return sum(int(np.count_nonzero(np.diff(inside, axis=axis))) for axis in range(inside.ndim))


def name_of(sides: Sequence[int]) -> str:
    """The sides of an image or a block as a label."""
    return "×".join(map(str, sides))


def left_columns(sites: tuple[int, int]) -> Partition:
    """The first half of the columns, without the one in the middle."""
    numbers = np.arange(math.prod(sites)).reshape(sites)
    return Partition(sites, tuple(numbers[:, : sites[1] // 2].ravel().tolist()))


def partition_labels(partition: Partition, block: str) -> Row:
    """Label columns of a block."""
    return {"block": block, "block_sites": len(partition.inside), "boundary": boundary(partition)}


def listed_rows(job: Listed) -> Iterator[Row]:
    """Every task on every image, left columns against the others, beside `draws` random functions of its mean."""
    report = reporter(len(job.images) * len(TASKS), "task")
    for number, (sites, task) in enumerate(product(job.images, TASKS), start=1):
        partition = left_columns(sites)
        tensor = listed(task, sites)
        found = split(tensor, partition.mask)
        labels = {"method": "listed", "task": task, "sites": name_of(sites)}
        labels.update(partition_labels(partition, "left columns"))
        if not is_constant(found):
            yield from split_rows(labels, found)
            if task == "strict symmetry":
                yield from mirror_rows(labels, partition)
            controls = [split(control(tensor, draw), partition.mask) for draw in range(job.draws)]
            # the left columns are never more than half
            values = {"largest_entropy": len(partition.inside) * math.log(2), "true_share": float(found.mean)}
            for convention in CONVENTIONS:
                own = {**labels, "convention": convention}
                yield from observations(own, values)
                for draw, other in enumerate(controls):
                    yield from observations({**own, "draw": draw}, {"control_entropy": entropy_of(other, convention)})
        report(number, f"{task}, {name_of(sites)}")


def split_rows(labels: Row, found: Split) -> Iterator[Row]:
    """Entropy and rank in every convention."""
    for convention in CONVENTIONS:
        values = {"entropy": entropy_of(found, convention), "target_rank": rank_of(found, convention)}
        yield from observations({**labels, "convention": convention}, values)


def block_rows(job: Blocks) -> Iterator[Row]:
    """Every task on one image: rectangles at its corner, named partitions and `halves` random halves of its pixels."""
    sites = job.sites
    numbers = np.arange(math.prod(sites)).reshape(sites)
    rectangles = {
        name_of(sides): Partition(sites, tuple(numbers[: sides[0], : sides[1]].ravel().tolist()))
        for sides in product(*(range(1, side + 1) for side in sites))
        if sides != sites
    }
    named = {name: Partition.of(sites, name) for name in PARTITIONS}
    orders = [stream("target halves", *sites, number).permutation(numbers.size) for number in range(job.halves)]
    halves = {
        f"half {number}": Partition(sites, tuple(order[: numbers.size // 2].tolist()))
        for number, order in enumerate(orders)
    }
    report = reporter(len(TASKS), "task")
    for number, task in enumerate(TASKS, start=1):
        tensor = listed(task, sites)
        for block, partition in {**rectangles, **named, **halves}.items():
            found = split(tensor, partition.mask)
            if not is_constant(found):
                labels = {"method": "blocks", "task": task, "sites": name_of(sites)}
                yield from split_rows({**labels, **partition_labels(partition, block)}, found)
        report(number, task)


def mirror_rows(labels: Row, partition: Partition) -> Iterator[Row]:
    """What strict mirror symmetry's entropy is, by indicator."""
    yield from observations({**labels, "convention": "indicator"}, {"entropy_law": mirror_entropy(partition)})


def subset_rows(job: Subsets) -> Iterator[Row]:
    """Strict symmetry on partitions that place its pairs in every way; counting tasks on a random subset of each size.

    Counting tasks see the number of pixels alone: the first image of every number stands for all.
    """
    report = reporter(len(job.images), "image")
    numbers: set[int] = set()
    for number, sites in enumerate(job.images, start=1):
        generator = stream("target subsets", *sites)
        labels = {"method": "subsets", "sites": name_of(sites)}
        tensor = listed("strict symmetry", sites)
        for place, partition in enumerate(placements(sites, generator)):
            own = {**labels, "task": "strict symmetry", **partition_labels(partition, f"subset {place}")}
            yield from split_rows(own, split(tensor, partition.mask))
            yield from mirror_rows(own, partition)
        count = math.prod(sites)
        if count not in numbers:
            yield from counting_rows(labels, sites, generator)
        numbers.add(count)
        report(number, name_of(sites))


def counting_rows(labels: Row, sites: tuple[int, int], generator: np.random.Generator) -> Iterator[Row]:
    """Ranks of counting tasks for a random subset of every size up to half of the pixels, and what they are."""
    count = math.prod(sites)
    for task, size in product(("majority", "parity"), range(1, 1 + count // 2)):
        partition = Partition(sites, tuple(sorted(generator.permutation(count)[:size].tolist())))
        found = split(listed(task, sites), partition.mask)
        own = {**labels, "task": task, **partition_labels(partition, f"{size} of {count}")}
        for convention in CONVENTIONS:
            values: dict[str, float] = {
                "target_rank": rank_of(found, convention),
                "rank_law": counting_rank(task, size, count - size, convention),
            }
            yield from observations({**own, "convention": convention}, values)


@dataclass(frozen=True)
class Size:
    """An image of height × 2·length pixels whose left half is the block: its boundary is its height."""

    shape: str
    height: int
    length: int

    @property
    def pixels(self) -> int:
        """Of the block, which are also the pairs of mirrored pixels, all of them cut."""
        return self.height * self.length

    @property
    def labels(self) -> Row:
        """Label columns."""
        sites = name_of((self.height, 2 * self.length))
        own = {"shape": self.shape, "sites": sites, "height": self.height, "length": self.length}
        return {**own, "block": "left columns", "block_sites": self.pixels, "boundary": self.height}


def sizes_of(job: Families | Scans) -> dict[str, list[Size]]:
    """By shape: `square` blocks of growing height, and a `strip` of one height and growing length."""
    return {
        "square": [Size("square", height, height) for height in sorted(set(job.heights))],
        "strip": [Size("strip", job.strip_height, length) for length in sorted(set(job.lengths))],
    }


def family_rows(job: Families) -> Iterator[Row]:
    """Tasks with exact spectra at any size."""
    counting: dict[str, Callable[[int, int], Split]] = {"majority": families.majority, "parity": families.parity}
    mirrored: dict[str, Callable[[int, str], Levels]] = {
        "strict symmetry": lambda pairs, convention: families.strict_symmetry(pairs, 0, 0, convention),
        "symmetry score": lambda pairs, convention: families.symmetry_score(pairs, 0, convention),
    }

    @cache
    def counted(task: str, size: Size) -> Split:
        return counting[task](size.pixels, size.pixels)

    def measured(task: str, size: Size, convention: str) -> tuple[float, int]:
        if task in counting:
            found = counted(task, size)
            return entropy_of(found, convention), rank_of(found, convention)
        levels = mirrored[task](size.pixels, convention)
        return measures.degenerate_entropy(levels.weights, levels.multiplicities), levels.rank

    for task in (*counting, *mirrored):
        yield from scaling_rows({"method": "closed form", "task": task}, sizes_of(job), measured)


def scan_rows(job: Scans) -> Iterator[Row]:
    """Tasks that a scan of columns decides."""

    @cache
    def scanned(task: str, size: Size) -> Split:
        return strip(task, size.height, size.length, size.length)

    def measured(task: str, size: Size, convention: str) -> tuple[float, int] | None:
        found = scanned(task, size)
        return None if is_constant(found) else (entropy_of(found, convention), rank_of(found, convention))

    for task in SCANS:
        yield from scaling_rows({"method": "scan", "task": task}, sizes_of(job), measured)


Measured = Callable[[str, Size, str], tuple[float, int] | None]


def scaling_rows(labels: Row, sizes: dict[str, list[Size]], measured: Measured) -> Iterator[Row]:
    """Entropy and rank of one task at every size, and the exponents with which its entropy grows with the block."""
    task = labels["task"]
    report = reporter(len(CONVENTIONS) * sum(map(len, sizes.values())), "size")
    done = 0
    for (shape, own), convention in product(sizes.items(), CONVENTIONS):
        entropies: list[tuple[Size, float]] = []
        for size in own:
            found = measured(task, size, convention)
            done += 1
            report(done, f"{task}, {size.labels['sites']}")
            if found is None:
                continue
            values = {"entropy": found[0], "target_rank": found[1], "largest_entropy": size.pixels * math.log(2)}
            if task == "strict symmetry" and convention == "indicator":
                values["entropy_law"] = size.pixels * math.log(2)  # every pair is cut
            law = rank_law(task, size, convention)
            yield from observations(
                {**labels, "convention": convention, **size.labels},
                values if law is None else {**values, "rank_law": law},
            )
            entropies.append((size, found[0]))
        yield from observations({**labels, "convention": convention, "shape": shape}, exponents(task, shape, entropies))


def rank_law(task: str, size: Size, convention: str) -> int | None:
    """What is known, or thought, of the rank; None where nothing is.

    Percolation's 2^height was found on small heights.
    """
    if task in {"majority", "parity"}:
        return counting_rank(task, size.pixels, size.pixels, convention)
    # a constant is added to f, which may raise the rank by one
    return int(2**size.height) - int(convention == "indicator") if task == "percolation" else None


def exponents(task: str, shape: str, entropies: list[tuple[Size, float]]) -> dict[str, float]:
    """Exponent of the entropy in the block's sites over the largest sizes, beside a random function's; {} for none.

    The interval comes from the scatter about a power law: values are exact, laws are not.
    """
    largest = entropies[-FITTED:]
    if len(largest) < FITTED or min(entropy for _, entropy in largest) < VANISHING:
        return {}
    sites = np.log([size.pixels for size, _ in largest])
    own = slope_interval(sites, np.log([entropy for _, entropy in largest]))
    random = slope_interval(sites, np.log([families.random_entropy(size.pixels, size.pixels) for size, _ in largest]))
    values = {"exponent": own.mean, "exponent_low": own.low, "exponent_high": own.high, "random_exponent": random.mean}
    return {**values, "predicted_exponent": PREDICTED[task, shape]} if (task, shape) in PREDICTED else values


ROWS: dict[type[JobSpec], Callable[[Any], Iterator[Row]]] = {
    Listed: listed_rows,
    Blocks: block_rows,
    Subsets: subset_rows,
    Families: family_rows,
    Scans: scan_rows,
    ImageClasses: data_rows,
}
