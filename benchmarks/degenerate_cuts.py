"""How far random Gaussian trees' Rényi entropies lie below the logarithm of the min-cut, by its degeneracy.

Pairs trees of four sites, weights per location, standard normal, and an output of ones: left against right, with the
minimal cuts one behind the other, a chain. Between g minimal cuts of χ there are g − 1 Gaussian matrices, whose
spectrum is, wide, Fuss and Catalan's: Σ pⁿ is C(gn, n) / ((g − 1)n + 1) times χ^(1 − n) in the mean, so that Rényi-2
lies ln g below. Per case and χ the mean over networks beside the prediction. (An output of normal numbers is a factor
of its own where the root is cut: E o^2n = (2n − 1)!! in place of 1.)

    python benchmarks/degenerate_cuts.py [--widths 4 9 16] [--networks 40] [--seed 3]

Sources: 2506.23894 (degenerate cuts of random tensor networks); 1003.3075 (random graph states).
"""

import argparse
import math
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "workflow"))

from convac.circuits.tree import Circuit
from convac.entanglement.limits import Limits
from convac.entanglement.measures import renyi
from convac.entanglement.mincut import tree_min_cut
from convac.entanglement.spectrum import spectrum
from convac.geometry.partitions import Partition
from convac.geometry.trees import PoolingTree

TREE = PoolingTree.named("line", (4,), (2, 2))
LEFT = Partition.of((4,), "left-right")
ORDERS = (1, 2, 3)


class Degenerate(NamedTuple):
    """A family of trees: M, r_1 and r_2 by χ, and how many minimal cuts it has."""

    name: str
    sizes: Callable[[int], tuple[int, int, int]]
    cuts: int


CASES = (
    Degenerate("1: the root", lambda chi: (chi, chi**2, chi), 1),
    Degenerate("2: the root's children", lambda chi: (chi, chi, chi**2), 2),
    Degenerate("3: these and the root", lambda chi: (chi, chi, chi), 3),
    Degenerate("5: also either half's sites", lambda chi: (math.isqrt(chi), chi, chi), 5),
)


def deficit(cuts: int, order: int) -> float:
    """ln cut − S_n of wide networks with so many minimal cuts in a chain, in nats.

    >>> round(math.exp(deficit(4, 2))), round(math.exp(2 * deficit(4, 3)))
    (4, 22)
    """
    if order == 1:
        return sum(1 / place for place in range(2, cuts + 1))
    return math.log(math.comb(cuts * order, order) / ((cuts - 1) * order + 1)) / (order - 1)


def measured(case: Degenerate, chi: int, networks: int, generator: np.random.Generator) -> np.ndarray:
    """ln cut − S_n, n = 1, 2, 3, of every network, shape (networks, 3)."""
    dimension, *widths = case.sizes(chi)
    cut = tree_min_cut(TREE, dimension, widths, LEFT).value
    if cut != chi:
        raise ArithmeticError(f"{case.name}: cut {cut} at χ = {chi}; accepted: squares")
    found = []
    for _ in range(networks):
        maps = zip(TREE.positions, pairwise((dimension, *widths)), strict=False)
        weights = [generator.normal(size=(positions, out, into)) for positions, (into, out) in maps]
        circuit = Circuit(TREE, dimension, tuple(weights), np.ones((1, widths[-1])))
        values = spectrum(circuit, LEFT.mask, Limits()).singular_values
        found.append([math.log(cut) - renyi(values, order) for order in ORDERS])
    return np.array(found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--widths", type=int, nargs="+", default=[4, 9, 16], help="squares")
    parser.add_argument("--networks", type=int, default=40)
    parser.add_argument("--seed", type=int, default=3)
    options = parser.parse_args()
    generator = np.random.default_rng(options.seed)
    for case in CASES:
        print(f"{case.name}; wide: " + "  ".join(f"{deficit(case.cuts, order):.3f}" for order in ORDERS))
        for chi in options.widths:
            found = measured(case, chi, options.networks, generator)
            mean, error = found.mean(axis=0), found.std(axis=0, ddof=1) / math.sqrt(len(found))
            told = "  ".join(f"{one:.3f} ± {two:.3f}" for one, two in zip(mean, error, strict=True))
            print(f"  χ = {chi}: {told}", flush=True)


if __name__ == "__main__":
    main()
