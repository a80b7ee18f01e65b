"""Smallest widths on families that no law was found on, drawn by how far the front's formula lies below D_0.

Source: 1803.09780 (the front of overlapping circuits); the ensemble is ours.
"""

import math
from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from typing import Any, NamedTuple

import numpy as np

from convac.circuits.fields import PRIME_FIELD
from convac.circuits.overlapping import OverlappingShape, case_of, coefficient_tensor, draw, labels_of, word_of
from convac.entanglement.block_rank import exact_rank, front_rank, predicted_rank
from convac.entanglement.root_law import predicted
from convac.experiments.depth_channels.jobs import SearchedFamilies
from convac.progress import reporter
from convac.seeds import stream

Row = dict[str, Any]
SITES, KERNELS, DIMENSIONS, DEPTHS = range(5, 13), (2, 3), (2, 3, 4), (2, 3, 4)
WIDEST = 64  # D_0
SHARED = 3  # of so many cells one more has shared weights: their widths are small


class Sought(NamedTuple):
    """One cell: a network of one layer of D_0 channels, the block and the layers whose width is sought."""

    one: OverlappingShape
    block: int
    layers: int

    @property
    def start(self) -> int:
        """D_0."""
        return self.one.widths[0]

    def of(self, width: int, layers: int | None = None) -> OverlappingShape:
        """The network of so many layers of a width."""
        return replace(self.one, widths=(width,) * (layers or self.layers))


def ranks(job: SearchedFamilies) -> Iterator[Row]:
    """D_0, n_c, the smallest width by exact rank, by both laws and by the root law; `families` has the columns."""
    drawn = [*sought(False, job.cells, job.entries), *sought(True, job.cells // SHARED, job.entries)]
    report = reporter(len(drawn), "width")
    for number, cell in enumerate(drawn, start=1):
        labels = {key: value for key, value in labels_of(cell.one).items() if key not in {"layers", "widths"}}
        own = {**labels, "network": "searched", "seed": 0, "block_sites": cell.block, "layers": cell.layers}
        name = case_of(cell.one).replace(f" D={cell.start} ", " ")
        own |= {"one_layer_width": cell.start, "case": f"{name} block {cell.block} D_0={cell.start} n_c={cell.layers}"}
        widths = widths_of(cell)
        own["fits"] = widths["front_width"] >= cell.one.local_dimension
        for quantity, value in widths.items():
            yield {**own, "quantity": quantity, "value": float(value)}
        report(number, f"{cell.one.count} sites")


def widths_of(cell: Sought) -> dict[str, int]:
    """The smallest width whose exact rank reaches that of one layer, and what the laws say of it.

    Both laws bound the rank of every width from above: no width below theirs reaches what their own does not, so that
    each search begins where the bound before it ends.
    """
    target = exact(cell.of(cell.start, layers=1), cell.block)
    if target < cell.start:
        raise ArithmeticError(f"{case_of(cell.one)}: rank {target}, less than what was drawn")
    front = reaching(target, front_width(cell), lambda width: front_rank(cell.of(width), (cell.block,)))
    cut = reaching(target, front, lambda width: predicted_rank(cell.of(width), range(cell.block)))
    smallest = reaching(target, cut, lambda width: exact(cell.of(width), cell.block))
    root = predicted("root", np.asarray(cell.layers), np.log(cell.start), np.asarray(0.0), whole=True)
    return {
        "smallest_width": smallest,
        "front_width": front,
        "cut_width": cut,
        "root_width": round(math.exp(float(root))),
    }


def reaching(target: int, first: int, rank_of: Any) -> int:
    """The first width from `first` on whose rank reaches the target.

    >>> reaching(18, 3, lambda width: 4 * width)
    5
    """
    width = first
    while rank_of(width) < target:
        width += 1
    return width


def front_width(cell: Sought) -> int:
    """The smallest width by the front's formula, from two channels on: one makes a product over sites."""
    return reaching(cell.start, 2, lambda width: front_rank(cell.of(width), (cell.block,)))


def exact(shape: OverlappingShape, block: int) -> int:
    """Rank of the first sites against the others, of random weights over the prime field."""
    weights = draw(shape, PRIME_FIELD, stream("depth channels search " + word_of(shape)))
    return exact_rank(coefficient_tensor(shape, weights, PRIME_FIELD), range(block))


def sought(shared: bool, cells: int, entries: int) -> list[Sought]:
    """Cells whose width by the front's formula is less than D_0, the further below the likelier, all different.

    Lines and rings of 5 to 12 sites, kernels 2 and 3, M from 2 to 4, two to four layers, blocks of half of the sites
    and one less, D_0 from 3 to 64, where one layer shows them all. The width by the formula is above the floor of two,
    that any network of several channels has, and with weights per location at least M, where the formula is thought to
    hold. M^N up to `entries`.
    """
    found = []
    settings = product(SITES, KERNELS, DIMENSIONS, (True, False), (0, 1))
    for sites, kernel, dimension, periodic, less in settings:
        block = sites // 2 - less
        if dimension**sites > entries:
            continue
        for start in range(3, 1 + min(WIDEST, one_layer(dimension, block, shared))):
            one = OverlappingShape((sites,), kernel, (start,), dimension, periodic, shared)
            cells_of = [Sought(one, block, layers) for layers in DEPTHS if layers <= sites]
            found += [cell for cell in cells_of if front_width(cell) >= (3 if shared else max(3, dimension))]
    excesses = np.array([math.log(cell.start / front_width(cell)) for cell in found])
    below = np.flatnonzero(excesses > 0)
    if not len(below):
        return []
    generator = stream("depth channels search", entries, int(shared))
    weights = excesses[below] / excesses[below].sum()
    chosen = generator.choice(below, min(cells, len(below)), replace=False, p=weights)
    return [found[number] for number in sorted(chosen.tolist())]


def one_layer(dimension: int, block: int, shared: bool) -> int:
    """The most channels of one layer that a block can show: M^n; with shared weights the symmetric ones."""
    return math.comb(dimension + block - 1, block) if shared else int(dimension**block)
