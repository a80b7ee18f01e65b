"""The start-end rank's form on cells that the repository doesn't hold: a certificate of each, or a counterexample.

Depths 2 to 6, widths 2 to 4, T from 4 to 10, M to 60, drawn where the form is below M^n and at most 400; those of
recurrent_memory's reference table are left out. One line a cell that isn't certified, then counts by bound.

    python benchmarks/laws.py [--cells 250] [--seed 7]
"""

import argparse
import random
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "workflow"))

from convac.circuits.recurrent import RecurrentShape
from convac.entanglement.certificates import certificate
from convac.entanglement.start_end_rank import form
from convac.files import read_table

ROOT = Path(__file__).resolve().parent.parent
LARGEST = 400
Cell = tuple[int, int, int, int]


def known() -> set[Cell]:
    """Depth, M, R and T of the cells in the reference."""
    names = ("depth", "local_dimension", "width", "steps")
    table = read_table(ROOT / "results/reference/tables/recurrent_memory.parquet", names)
    return {(int(depth), int(m), int(r), int(t)) for depth, m, r, t in table[list(names)].drop_duplicates().to_numpy()}


def cells(seed: int) -> Iterator[Cell]:
    """Different ones, without end."""
    drawn, found = random.Random(seed), known()
    while True:
        depth, half = drawn.choice([2, 3, 3, 4, 4, 4, 5, 5, 6]), drawn.choice([2, 2, 3, 3, 3, 4, 5])
        width, dimension = drawn.choice([2, 2, 3, 3, 4]), drawn.randint(2, 60)
        cell = (depth, dimension, width, 2 * half)
        if cell not in found and form(depth, dimension, width, half) < min(LARGEST, dimension**half):
            found.add(cell)
            yield cell


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cells", type=int, default=250)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    counts: Counter[str] = Counter()
    for _, (depth, dimension, width, steps) in zip(range(options.cells), cells(options.seed), strict=False):
        try:
            found = certificate(RecurrentShape(steps, depth, width, dimension))
            ((bound, taken),) = found["bound"].items()
            counts["product of inputs" if (bound, taken) == ("inputs", 1) else bound] += 1
        except ArithmeticError as error:
            counts["not certified"] += 1
            print(f"L={depth} M={dimension} R={width} T={steps}: {error}")
    print(", ".join(f"{count} {word}" for word, count in sorted(counts.items())))


if __name__ == "__main__":
    main()
