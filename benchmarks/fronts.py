"""Ranks of rectangles of grids of up to 6 × 6 sites, more than can be listed, by sampled rows and columns.

Networks of every boundary, weights shared or per location, M = 2 or 3, kernels 2 and 3, two to four layers of one width
up to 32, all but the last of M at least, whose front formula is less than what its sites allow. Of each
grid, boundary and kind of weights as many are drawn, one from every equal share of those ordered by formula. The rank
found is certain from below (a minor mod p), the smaller of the front formula and the unfolded cut from above: where
they meet the rank is certain. One line a cell, then counts. `--certificates` writes those up to a rank of 512, for
certify/check.py, which has the unfolded cut from above.

    python benchmarks/fronts.py [--cells 5] [--seed 3] [--smallest 32] [--largest 4096] [--certificates FILE.jsonl.gz]
"""

import argparse
import math
import sys
import time
from collections import Counter
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "workflow"))

from convac.circuits.overlapping import ENTRIES, OverlappingShape, case_of, name_of
from convac.commands.certified_cells import Cell as Named
from convac.commands.certify import LARGEST, certified, write_lines
from convac.entanglement.block_rank import front_rank, predicted_rank
from convac.entanglement.window_samples import front_is_proved, sampled_rank
from convac.experiments.overlaps.squares import rectangle

GRIDS = ((4, 4), (4, 5), (5, 5), (4, 6), (5, 6), (6, 6))
Cell = tuple[OverlappingShape, tuple[int, ...], int]


def candidates(sites: tuple[int, int], periodic: bool, shared: bool, ranks: tuple[int, int]) -> Iterator[Cell]:
    """Networks and rectangles of at most half of the sites, with the front formula, from the least to the largest."""
    for kernel, layers, dimension in product((2, 3), (2, 3, 4), (2, 3)):
        if dimension ** ((layers - 1) * (kernel - 1) + 1) ** 2 > ENTRIES:
            continue
        for width in range(1, 33):
            widths = (max(width, dimension),) * (layers - 1) + (width,)
            shape = OverlappingShape(sites, kernel, widths, dimension, periodic, shared)
            for sides in product(*(range(1, side + 1) for side in sites)):
                front = front_rank(shape, sides)
                allowed = dimension ** math.prod(sides) if 2 * math.prod(sides) <= shape.count else 0
                if ranks[0] <= front <= ranks[1] and front < allowed:
                    yield shape, sides, front


def drawn(cells: list[Cell], count: int, generator: np.random.Generator) -> list[Cell]:
    """As many, one from each of as many equal shares of the cells by formula."""
    ordered = sorted(cells, key=lambda each: each[2])
    shares = np.array_split(np.arange(len(ordered)), min(count, len(ordered))) if ordered else []
    return [ordered[int(generator.choice(share))] for share in shares]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cells", type=int, default=5, help="of each grid, boundary and kind of weights")
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--smallest", type=int, default=32, help="rank")
    parser.add_argument("--largest", type=int, default=4096, help="rank")
    parser.add_argument("--certificates", type=Path, help="file to write them to")
    options = parser.parse_args()
    generator, counts, lines = np.random.default_rng(options.seed), Counter[str](), []
    for sites, periodic, shared in product(GRIDS, (False, True), (False, True)):
        found = list(candidates(sites, periodic, shared, (options.smallest, options.largest)))
        for shape, sides, front in drawn(found, options.cells, generator):
            start, inside = time.process_time(), rectangle(sites, sides)
            bound = min(front, predicted_rank(shape, inside))
            rank = sampled_rank(shape, inside, bound)
            met = "above the bound" if rank > bound else "certain" if rank == bound else "below the bound"
            law = "the formula" if rank == front else "less than the formula"
            kind = "shared" if shared else "proved" if front_is_proved(shape, sides) else "per location, not proved"
            counts[f"{kind}: {law}, {met}"] += 1
            name = f"{case_of(shape)} block {name_of(sides)}"
            if options.certificates and rank == bound <= LARGEST:
                lines.append({"cells": [name], **certified(Named(name, shape, tuple(inside), rank))})
            seconds = time.process_time() - start
            print(
                f"{name}: {rank}, formula {front}, bound {bound}: {met}, {kind} ({seconds:.1f} s)",
                flush=True,
            )
    for word, count in sorted(counts.items()):
        print(f"{count} {word}")
    if options.certificates:
        write_lines(options.certificates, lines)


if __name__ == "__main__":
    main()
