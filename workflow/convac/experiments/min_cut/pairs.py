"""Pairs trees across the two partitions whose min-cuts have closed forms, for powers of one integer and any widths.

Source: 1704.01552, corollaries of Theorem 2: left against right min{r_{L−1}, r_{L−2}, r_{L−3}², …}, odd against even
min{r_0, M}^(N/2). Its levels count from 0, so that its r_0 is our r_1.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from convac.entanglement.generic_rank import TreeShape, generic_rank
from convac.experiments.min_cut.jobs import Pairs
from convac.geometry.partitions import Partition
from convac.geometry.trees import PoolingTree
from convac.progress import reporter
from convac.seeds import stream

LEVELS = (2, 5)  # least levels, and one more than the most
DRAWN = 100  # draws for each case that is wanted: of small cuts there are few
Shape = tuple[int, tuple[int, ...]]  # M and widths


def left_right(local_dimension: int, widths: tuple[int, ...]) -> int:
    """min{r_L, r_{L−1}, r_{L−2}², …, r_1^(N/4), M^(N/2)}.

    >>> left_right(2, (3, 9, 5)), left_right(2, (2, 3))
    (5, 2)
    """
    halves = (width**2 ** max(0, len(widths) - 2 - place) for place, width in enumerate(widths))
    return int(min(*halves, local_dimension**2 ** (len(widths) - 1)))


def interleaved(local_dimension: int, widths: tuple[int, ...]) -> int:
    """min{r_1, M}^(N/2).

    >>> interleaved(4, (3, 1, 1))
    81
    """
    return int(min(widths[0], local_dimension) ** 2 ** (len(widths) - 1))


FORMS: dict[str, Callable[[int, tuple[int, ...]], int]] = {"left-right": left_right, "interleaved": interleaved}
# of streams: seeds, not names
WORDS = {"left-right": "left-right", "interleaved": "interleaved"}


def pairs(job: Pairs) -> Iterator[dict[str, Any]]:
    """Ranks and forms of `cases` different trees of each partition, of powers of one integer and of any widths."""
    settings = [(partition, powers) for partition in FORMS for powers in (True, False)]
    report = reporter(len(settings), "setting")
    for number, (partition, powers) in enumerate(settings, start=1):
        for case, shape in enumerate(drawn(partition, powers, job)):
            yield from rows(f"{partition} {case}", partition, powers, *shape)
        report(number, partition)


def drawn(partition: str, powers: bool, job: Pairs) -> list[Shape]:
    """Different trees whose form lies between 1 and M^(N/2) and doesn't exceed `largest`."""
    generator = stream("min cut", "pairs", WORDS[partition], int(powers))
    found: dict[Shape, None] = {}
    for _ in range(DRAWN * job.cases):
        local_dimension, widths = random_widths(generator, powers)
        form = FORMS[partition](local_dimension, widths)
        if 1 < form < local_dimension**2 ** (len(widths) - 1) and form <= job.largest:
            found[local_dimension, widths] = None
        if len(found) == job.cases:
            break
    return list(found)


def random_widths(generator: np.random.Generator, powers: bool) -> Shape:
    """M and widths of a tree of 4 to 16 sites: powers of 2 up to 16 or of 3 up to 27, or M up to 6, widths to 12."""
    levels = int(generator.integers(*LEVELS))
    if powers:
        base, most = ((2, 5), (3, 4))[generator.integers(2)]
        return base ** int(generator.integers(1, most)), tuple(
            base ** int(power) for power in generator.integers(0, most, levels)
        )
    return int(generator.integers(2, 7)), tuple(int(width) for width in generator.integers(1, 13, levels))


def rows(
    name: str, partition: str, powers: bool, local_dimension: int, widths: tuple[int, ...]
) -> Iterator[dict[str, Any]]:
    """Rank, form and trivial bound of one tree."""
    tree = PoolingTree.named("line", (2 ** len(widths),))
    chosen = Partition.of(tree.shape, partition)
    labels = {
        "case": f"{name}: M {local_dimension}, widths {' '.join(map(str, widths))}",
        "windows": " ".join(map(str, tree.windows)),
        "local_dimension": local_dimension,
        "widths": " ".join(map(str, widths)),
        "sites_inside": " ".join(map(str, chosen.inside)),
        "partition": partition,
        "powers": powers,
    }
    family = TreeShape(tree, local_dimension, widths, (False,) * tree.levels)
    values = {
        "rank": generic_rank(family, chosen).value,
        "closed_form": FORMS[partition](local_dimension, widths),
        "trivial_bound": local_dimension ** (tree.sites // 2),
    }
    for quantity, value in values.items():
        yield {**labels, "quantity": quantity, "value": float(value)}
