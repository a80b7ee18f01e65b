"""Circuits cut short after any number of levels, compared: what a level less costs in width.

Source: 1509.05009, Theorem 2, for every pair of depths.
"""

from collections.abc import Iterator
from itertools import product
from typing import Any

from convac.entanglement.generic_rank import TreeShape, generic_rank
from convac.entanglement.mincut import tree_min_cut
from convac.experiments.depth_efficiency.jobs import Depths
from convac.geometry.trees import PoolingTree
from convac.progress import reporter

LARGEST = 512  # cut of a rank that is computed


def cut_short(sites: int, levels: int) -> PoolingTree:
    """A tree of pairs over a line of 2^L sites whose level `levels` pools all that is left.

    >>> cut_short(16, 2).windows, cut_short(16, 1).windows, cut_short(16, 4).windows
    ((2, 8), (16,), (2, 2, 2, 2))
    """
    pairs = (2,) * (levels - 1)
    return PoolingTree.named("line", (sites,), (*pairs, sites // 2 ** (levels - 1)))


def blocks(sites: int, fewer: int) -> list[int]:
    """Every other block of 2^(fewer − 1) sites: what the last level of the shallower circuit pools.

    >>> blocks(8, 2)
    [0, 1, 4, 5]
    """
    return [site for site in range(sites) if site // 2 ** (fewer - 1) % 2 == 0]


def depths(job: Depths) -> Iterator[dict[str, Any]]:
    """Ranks of the deeper of two circuits, across blocks that the shallower one pools at its last level.

    There a shallower circuit has at most the rank of its last width. The theorem gives the deeper one, of equal widths
    r, at least min{r, M}^(2^(L − L_2)): so many channels the shallower one needs, almost always.
    """
    sizes = [
        (sites, fewer, levels)
        for sites in job.sites
        for fewer in range(1, sites.bit_length() - 1)
        for levels in range(fewer + 1, sites.bit_length())
    ]
    report = reporter(len(sizes), "pair of depths")
    for number, (sites, fewer, levels) in enumerate(sizes, start=1):
        inside = blocks(sites, fewer)
        for local_dimension, width, shared in product(job.local_dimensions, job.widths, (False, True)):
            labels = {
                "network": "cut short, shared" if shared else "cut short",
                "partition": f"blocks of {2 ** (fewer - 1)}",
                "sites": sites,
                "local_dimension": local_dimension,
                "width": width,
                "levels": levels,
                "fewer_levels": fewer,
                "seed": 0,
            }
            deeper, shallower = (
                TreeShape(cut_short(sites, each), local_dimension, (width,) * each, (shared,) * each)
                for each in (levels, fewer)
            )
            if tree_min_cut(deeper.tree, local_dimension, deeper.widths, inside).value > LARGEST:
                continue
            values = {
                "rank": generic_rank(deeper, inside).value,
                "proved_bound": min(width, local_dimension) ** (sites // 2**fewer),
                "shallower_rank": generic_rank(shallower, inside).value,
                "rank_bound": width,
            }
            for quantity, value in values.items():
                yield {**labels, "quantity": quantity, "value": float(value)}
        report(number, f"N={sites}, {levels} levels and {fewer}")
