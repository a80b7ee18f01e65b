"""Trees whose rank falls below the min-cut: which share the bridges of their nodes explain, and the smallest of them.

Random trees over up to 18 sites, M from 2 to 4, widths from 2 to 7, weights per location or shared, partitions with two
mixed children at some node and cuts up to 64. Per location the rank is the min-cut where Theorem 2 of 1704.01552 says
so (widths rounded down to powers); elsewhere it is computed, and below the cut compared with the bridges at the root
and at every node. Shared: the rank against the symmetric min-cut, bridges, and blocks of equal children. `--exhaustive`
takes every tree of equal windows over up to 9 sites, M up to 3, widths from 2 to 5 and every partition.

    python benchmarks/tree_deficits.py [--trees 100000] [--seed 11] [--shared] [--exhaustive]
"""

import argparse
import sys
from collections import Counter
from collections.abc import Iterator
from itertools import islice, product
from math import prod
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "workflow"))

from convac.entanglement import bridge
from convac.entanglement.mincut import power_below, symmetric_min_cut
from convac.entanglement.node_bridge import bridged_rank
from convac.entanglement.symmetric_blocks import block_bound
from convac.errors import MemoryLimitError, TimeLimitError
from convac.experiments.min_cut.compute import Case, distinct_partitions
from convac.geometry.partitions import Partition

LARGEST = 64
WINDOWS = (
    *((2, 2), (2, 3), (3, 2), (3, 3), (2, 4), (4, 2), (4, 4), (2, 2, 2), (2, 2, 3), (2, 3, 2), (3, 2, 2)),
    *((2, 2, 2, 2), (2, 5), (3, 4), (4, 3), (2, 2, 4), (2, 3, 3), (3, 3, 2), (3, 2, 3)),
)


def mixed_children(windows: tuple[int, ...], inside: np.ndarray) -> int:
    """The most mixed children that a node of the tree has."""
    most, sites = 0, len(inside)
    size = windows[0]
    for window in windows[1:]:
        counts = inside.reshape(sites // size, size).sum(axis=1)
        mixed = (counts > 0) & (counts < size)
        most = max(most, int(mixed.reshape(-1, window).sum(axis=1).max()))
        size *= window
    return most


def cut_of(windows: tuple[int, ...], sides: list[bool], dimensions: tuple[int, ...]) -> int:
    """The min-cut's value alone: `tree_min_cut`'s recursion in a tenth of its time."""
    costs = [(dimensions[0], 1) if side else (1, dimensions[0]) for side in sides]
    for window, width in zip(windows, dimensions[1:], strict=True):
        groups = [costs[start : start + window] for start in range(0, len(costs), window)]
        costs = [
            (min(prod(out for out, _ in group), through), min(prod(into for _, into in group), through))
            for group in groups
            for through in [width * prod(map(min, group))]
        ]
    return min(costs[0])


def proved(case: Case, cut: int) -> bool:
    """Whether `rounded_min_cut` is the cut, so that Theorem 2 says what the rank is."""
    sides, sizes = sides_of(case), (case.local_dimension, *case.widths)
    rounded = ([power_below(size, base) for size in sizes] for base in range(2, max(sizes) + 1))
    return any(cut_of(case.windows, sides, tuple(each)) == cut for each in rounded)


def sides_of(case: Case) -> list[bool]:
    """Whether each site is inside."""
    chosen = set(case.inside)
    return [site in chosen for site in range(prod(case.windows))]


def drawn(seed: int) -> Iterator[Case]:
    """Random cases without end."""
    generator = np.random.default_rng(seed)
    while True:
        windows = WINDOWS[generator.integers(len(WINDOWS))]
        widths = tuple(int(width) for width in generator.integers(2, 8, len(windows)))
        local_dimension, inside = int(generator.integers(2, 5)), generator.integers(0, 2, prod(windows))
        if mixed_children(windows, inside) >= 2:
            cut = cut_of(windows, (inside == 1).tolist(), (local_dimension, *widths))
            if 2 <= cut <= LARGEST:
                yield Case(windows, local_dimension, widths, tuple(np.flatnonzero(inside).tolist()))


def every() -> Iterator[Case]:
    """Every tree over up to 9 sites with every M up to 3, widths up to 5 and partition, by size."""
    for windows in sorted((each for each in WINDOWS if prod(each) <= 9), key=lambda each: (prod(each), each)):
        for inside in distinct_partitions(windows):
            for dimension, *widths in product((2, 3), *[range(2, 6)] * len(windows)):
                yield Case(windows, dimension, tuple(widths), inside)


def at_root(case: Case) -> int | None:
    """The bridge's prediction at the root alone."""
    try:
        partition = Partition.of(case.tree.shape, case.inside)
        return bridge.predicted_rank(case.tree, case.local_dimension, case.widths, partition)
    except (MemoryLimitError, TimeLimitError):
        return None


def located(case: Case) -> tuple[str, ...]:
    """What is found of a tree with weights per location."""
    sizes = (case.tree, case.local_dimension, case.widths, case.inside)
    cut = cut_of(case.windows, sides_of(case), (case.local_dimension, *case.widths))
    if proved(case, cut):
        return ("the cut, by Theorem 2",)
    found = case.rank(shared=False)
    if found == cut:
        return ("the cut",)
    bound, root = bridged_rank(*sizes), at_root(case)
    words = "explained" if bound == found else "NOT EXPLAINED" if bound > found else "ABOVE THE BOUND"
    print(f"{case} rank {found} cut {cut} bridges {bound} at the root {root}: {words}", flush=True)
    return ("below the cut", f"below: {words} at every node", f"below: {'' if root == found else 'not '}by the root")


def shared(case: Case) -> tuple[str, ...]:
    """What is found of a tree with shared weights."""
    bound = symmetric_min_cut(case.tree, case.local_dimension, case.widths, case.inside)
    found = case.rank(shared=True)
    if found == bound:
        return ("the symmetric min-cut",)
    sizes = (case.tree, case.local_dimension, case.widths, case.inside)
    bridges, blocks = bridged_rank(*sizes, shared=True), block_bound(*sizes)
    by = " and ".join(word for word, each in (("bridges", bridges), ("blocks", blocks)) if each == found)
    words = "ABOVE A BOUND" if found > min(bridges, blocks) else f"explained by {by}" if by else "NOT EXPLAINED"
    print(
        f"{case} rank {found} symmetric {bound} cut {case.cut} bridges {bridges} blocks {blocks}: {words}", flush=True
    )
    return ("below the symmetric min-cut", f"below: {words}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trees", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--shared", action="store_true")
    parser.add_argument("--exhaustive", action="store_true")
    options = parser.parse_args()
    cases = every() if options.exhaustive else islice(drawn(options.seed), options.trees)
    judge = shared if options.shared else located
    counts: Counter[str] = Counter()
    for number, case in enumerate(cases, start=1):
        counts.update(judge(case))
        if number % 5000 == 0:
            print(f"{number}: {dict(counts)}", flush=True)
    for word, count in sorted(counts.items()):
        print(f"{count} {word}")


if __name__ == "__main__":
    main()
