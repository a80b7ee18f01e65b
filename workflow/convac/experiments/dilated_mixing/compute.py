"""Exact ranks of mixed decompositions beside those of their trees, their sum and their hybrids.

Source: 1703.06846, Section 5: Theorem 7 (ranks by tilings), Claim 5 (mixed decompositions realise hybrid trees),
Corollary 8 and its example.
"""

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import Any

import numpy as np
import pandas as pd

from convac.entanglement.mixed_rank import (
    PLAIN,
    SWAPPED,
    TREES,
    Family,
    Hybrid,
    Mixed,
    Node,
    Structure,
    mixed_rank,
    segment,
    steps_below,
    tiling,
    tree_alone,
)
from convac.experiments.dilated_mixing.jobs import Example, Ranks, Separations
from convac.progress import reporter
from convac.seeds import stream
from convac.specs.tables import table_of

Row = dict[str, Any]
PARTS, BLOCKS = (2, 6), (2, 4)  # nodes or blocks that make up a random index set, fewest and most
FURTHER = 2  # halved nodes besides one of either way, at most
HALF = "hybrid of half the width"
ATTEMPTS = 1000  # of a case, at most; of the sizes of config.yaml about forty are needed
DRAWS = 20  # of a case, at most: one is drawn again where a rank turns out too large to list


def compute(job: Ranks | Separations | Example) -> pd.DataFrame:
    """Columns case, smaller_side, separated, sharing, structure, seed, quantity, value.

    Weights are every node's own in the first half of the cases, and a layer's in the second; both in the example.
    """
    if isinstance(job, Example):
        mask, mixture = example(job.steps, job.group)
        families = [family_of(job, shared) for shared in (False, True)]
        found = [observed(family, mask, mixture, ("example", job.steps, job.width)) for family in families]
        return table_of(row for rows in found for row in rows)
    report, rows = reporter(job.cases, "case"), []
    for number in range(job.cases):
        rows += case(job, number)
        report(number + 1, f"N = {job.steps}, r = {job.width}")
    return table_of(rows)


def family_of(job: Ranks | Separations | Example, shared: bool) -> Family:
    """The trees of a job; vectors of a step have as many dimensions as there are channels."""
    return Family(job.steps, job.group, job.width, job.width, shared)


def case(job: Ranks | Separations, number: int) -> list[Row]:
    """One random index set and mixture set; drawn again where a rank would be too large to list."""
    family = family_of(job, 2 * number >= job.cases)
    words = ("separated" if isinstance(job, Separations) else "random", job.steps, job.width, number)
    every = (observed(family, mask, mixture, words) for mask, mixture in sets(job, number))
    return next(filter(None, every), [])


def sets(job: Ranks | Separations, number: int) -> Iterator[tuple[np.ndarray, frozenset[Node]]]:
    """Random index sets and mixture sets of a case, of which no bound on a rank is too large; maybe none."""
    family, apart = family_of(job, 2 * number >= job.cases), isinstance(job, Separations)
    words = "separations" if apart else "mixed decompositions"
    for attempt in range(ATTEMPTS):
        generator = stream(words, job.steps, job.group, job.width, number, attempt)
        mask, mixture = pieces(family, generator) if apart else any_sets(family, number, generator)
        if not mixture or largest_bound(family, mixture, mask) > job.largest:
            continue
        if not apart or separated_below_full(family, mixture, mask):
            yield mask, mixture


def drawn_again(
    job: Ranks | Separations | Example, number: int, shared: bool, name: str, told: tuple[int, int]
) -> tuple[np.ndarray, Family, Hybrid] | None:
    """The index set of a case and one of its trees, drawn as for the table; None where none of the first draws fits.

    Args:
        job: that drew them.
        number: of the case.
        shared: whether maps are a layer's own.
        name: of the tree.
        told: what the table says: steps on the smaller side, and the bound from above on the rank.
    """
    family = family_of(job, shared)
    draws = iter([example(job.steps, job.group)]) if isinstance(job, Example) else islice(sets(job, number), DRAWS)
    for mask, mixture in draws:
        own, structure = trees(family, mixture, mask)[name]
        if (min(mask.sum(), (~mask).sum()), tiling(own, structure, mask).bounds(own.width)[1]) == told:
            return mask, own, structure
    return None


def any_sets(family: Family, number: int, generator: np.random.Generator) -> tuple[np.ndarray, frozenset[Node]]:
    """A random I, and half of the common nodes as mixture nodes."""
    mask = index_set(family, number, generator)
    return mask, frozenset(node for node in family.common if generator.random() < 0.5)


def pieces(family: Family, generator: np.random.Generator) -> tuple[np.ndarray, frozenset[Node]]:
    """A random I, boolean (N,), and mixture set with which a hybrid tree often exceeds both trees.

    The steps below a few random common nodes, which are mixture nodes, are halved: some so that T separates their pairs
    first and some so that T̄ does. What is halved are the 2^k common nodes, or steps, next below. The other steps are
    outside, or inside and outside by random common nodes.
    """
    level = family.common[generator.integers(len(family.common))].level
    mask = np.repeat(generator.random(family.steps >> level) < generator.choice([0, 0.5]), 1 << level)
    ways = [*generator.permutation(2), *generator.integers(2, size=generator.integers(FURTHER, endpoint=True))]
    tops = {family.common[place] for place in generator.integers(len(family.common), size=len(ways))}
    for way, top in zip(ways, sorted(tops), strict=False):
        first, unit = top.number << top.level, 1 << (top.level - family.group)
        mask[first : first + (1 << top.level)] = np.repeat(halved(2**family.group)[way], unit)
    return mask, frozenset(tops | {node for node in family.common if generator.random() < 0.3})


def must_exceed(family: Family, hybrid: Hybrid, mask: np.ndarray) -> bool:
    """Whether the bound from below on a hybrid tree's rank lies above those from above on both trees' ranks."""
    alone = max(tiling(family, tree_alone(tree), mask).bounds(family.width)[1] for tree in TREES)
    return tiling(family, hybrid, mask).bounds(family.width)[0] > alone


def separated_below_full(family: Family, mixture: frozenset[Node], mask: np.ndarray) -> bool:
    """Whether the best hybrid tree must exceed both trees, and has fewer tiles than the smaller side has steps."""
    hybrid = best_hybrid(family, mixture, mask)
    found, smaller = tiling(family, hybrid, mask), min(int(mask.sum()), int((~mask).sum()))
    return min(found.inside, found.outside) < smaller and must_exceed(family, hybrid, mask)


def index_set(family: Family, number: int, generator: np.random.Generator) -> np.ndarray:
    """A random I, boolean (N,), of a case.

    In even cases the steps below a few nodes of either tree, each of two steps to a quarter of them; in odd ones half
    of a few blocks of 2^k steps, chosen as in the source's example, so that T separates its pairs first or T̄ does.
    """
    mask, size = np.zeros(family.steps, dtype=bool), 2**family.group
    if number % 2:
        for block in generator.permutation(family.steps // size)[: generator.integers(*BLOCKS, endpoint=True)]:
            mask[block * size : (block + 1) * size] = halved(size)[generator.integers(2)]
        return mask
    for _ in range(generator.integers(*PARTS, endpoint=True)):
        tree, level = TREES[generator.integers(2)], int(generator.integers(1, family.levels - 1))
        mask[steps_below(family, tree, level, int(generator.integers(family.steps >> level)))] = True
    return mask


def halved(size: int) -> np.ndarray:
    """Two ways to take half of a block, boolean (2, size): every second step, and the first half."""
    step = np.arange(size)
    return np.stack([step % 2 == 0, step < size // 2])


def example(steps: int, group: int) -> tuple[np.ndarray, frozenset[Node]]:
    """The source's I and all mixture nodes of the lowest common layer.

    In every block of 2^k steps half of the steps are in I: in even blocks one of each two neighbours, in odd ones the
    first half. So T separates the pairs of even blocks first and T̄ those of odd ones.

    >>> example(16, 2)[0].astype(int).tolist()
    [1, 0, 1, 0, 1, 1, 0, 0, 1, 0, 1, 0, 1, 1, 0, 0]
    """
    size = 2**group
    mask = np.tile(halved(size).ravel(), steps // size // 2)
    return mask, frozenset(Node(group, number) for number in range(steps // size))


def largest_bound(family: Family, mixture: frozenset[Node], mask: np.ndarray) -> int:
    """The largest bound from above on the rank of either tree and of their best hybrid."""
    structures = [*map(tree_alone, TREES), best_hybrid(family, mixture, mask)]
    return max(tiling(family, structure, mask).bounds(family.width)[1] for structure in structures)


def best_hybrid(family: Family, mixture: frozenset[Node], mask: np.ndarray) -> Hybrid:
    """The hybrid tree with the most sibling pairs: those of segments add up, so that each is chosen by itself.

    Of segments with equally many the one with more tiles counts.
    """

    def better(top: Node) -> str:
        def worth(tree: str) -> tuple[int, int]:
            found = segment(family, top, tree, mixture, mask)
            return found.siblings, min(found.inside, found.outside)

        return max(TREES, key=worth)

    return Hybrid({node: better(node) for node in sorted(mixture)}, better(Node(family.levels, 0)))


def trees(family: Family, mixture: frozenset[Node], mask: np.ndarray) -> dict[str, tuple[Family, Hybrid]]:
    """The structures that are trees, with their widths: both trees, the best hybrid, and that of half the width."""
    hybrid, narrow = best_hybrid(family, mixture, mask), replace(family, width=family.width // 2)
    alone = {name: (family, tree_alone(tree)) for name, tree in (("T", PLAIN), ("companion", SWAPPED))}
    return {**alone, "hybrid": (family, hybrid), HALF: (narrow, hybrid)}


def observed(family: Family, mask: np.ndarray, mixture: frozenset[Node], words: tuple[str | int, ...]) -> list[Row]:
    """Rows of one index set; none where a rank is too large to list.

    All structures have the same weights, but for the hybrid of half the width, which has fewer.
    """
    bounded = trees(family, mixture, mask)
    tilings = {name: tiling(own, structure, mask) for name, (own, structure) in bounded.items()}
    expected = {name: tilings[name].bounds(own.width)[1] for name, (own, _) in bounded.items()}
    expected["sum"] = expected["T"] + expected["companion"]
    expected["mixed"] = max(expected["hybrid"], expected["sum"])
    structures: dict[str, tuple[Family, Structure]] = {"sum": (family, Mixed()), "mixed": (family, Mixed(mixture))}
    structures |= bounded
    separated = must_exceed(family, best_hybrid(family, mixture, mask), mask)
    smaller = min(int(mask.sum()), int((~mask).sum()))
    rows: list[Row] = []
    for name, (own, structure) in structures.items():
        found = mixed_rank(own, structure, mask, words, expected[name] + 1)
        if found is None:
            return []
        values = {"rank": found}
        if name in tilings:
            values["proved_bound"], values["rank_bound"] = tilings[name].bounds(own.width)
        labels = {
            "case": " ".join(map(str, words)),
            "smaller_side": smaller,
            "separated": "yes" if separated else "no",
            "sharing": "shared" if family.shared else "located",
            "structure": name,
        }
        rows += [{**labels, "seed": 0, "quantity": key, "value": float(value)} for key, value in values.items()]
    return rows
