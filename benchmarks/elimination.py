"""CPU seconds of a rank modulo a prime: FLINT at 2^31 − 1 against blocks of float64 below 2^23; one thread, one run.

Each line: rows of a square random matrix, seconds of both, their ratio. `--listing` adds the listing of a generic
rank's matrix over both fields: odd against even sites of a line of 16, M = 4, widths 16.

    python benchmarks/elimination.py [--sizes 512 1024 2048] [--listing]
"""

import argparse
import os
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "1"
os.environ["OPENBLAS_NUM_THREADS"] = "1"
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "workflow"))

import numpy as np

from convac.circuits.fields import PRIME_FIELD, PrimeField
from convac.entanglement.elimination import SMALL_FIELD
from convac.entanglement.generic_rank import TreeShape, rank, sampled_rows
from convac.geometry.partitions import Partition
from convac.geometry.trees import PoolingTree


def seconds(action: Callable[[], object]) -> float:
    """CPU seconds of one call: what else the machine does counts little."""
    started = time.process_time()
    action()
    return time.process_time() - started


def matrix_of(family: TreeShape, mask: np.ndarray, samples: int, field: PrimeField) -> np.ndarray:
    """The values on product vectors."""
    return np.concatenate(list(sampled_rows(family, mask, samples, 0, field)))


def listed(samples: int) -> list[float]:
    """Seconds of listing a matrix over either field."""
    family = TreeShape(PoolingTree.named("line", (16,)), 4, (16,) * 4, (False,) * 4)
    mask = Partition.of((16,), "interleaved").mask
    return [seconds(partial(matrix_of, family, mask, samples, field)) for field in (PRIME_FIELD, SMALL_FIELD)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="*", default=[512, 1024, 2048])
    parser.add_argument("--listing", action="store_true")
    options = parser.parse_args()
    generator = np.random.default_rng(0)
    for size in options.sizes:
        matrices = [(field.draw(generator, (size, size)), field) for field in (PRIME_FIELD, SMALL_FIELD)]
        flint, blocks = (seconds(partial(rank, matrix, field)) for matrix, field in matrices)
        print(f"elimination {size}: FLINT {flint:.2f} s, blocks {blocks:.2f} s, {flint / blocks:.1f} times as fast")
        if options.listing:
            large, small = listed(size)
            print(f"listing {size}: {large:.2f} s, {small:.2f} s, {large / small:.1f} times as fast")


if __name__ == "__main__":
    main()
