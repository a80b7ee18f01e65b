"""How far random Gaussian trees' Rényi entropies lie below the logarithm of the min-cut, by its minimal cuts.

Weights per location, standard normal, and an output of ones. In chains the g minimal cuts stand one behind the other,
between two of them a Gaussian matrix; elsewhere they stand side by side, or leave parts of the tree without sites. Per
case the number of ground states of n = 2 and 3 and the limits of wide networks (of the entropy, n = 1, for chains),
per χ the deficit of the exact means, n = 2 and 3 (`convac.entanglement.random_trees`), and where the cut is small
enough the mean deficit of sampled networks, n = 1, 2, 3.

    python benchmarks/degenerate_cuts.py [--widths 4 9 16] [--wide 100 10000 1000000] [--networks 40] [--seed 3]

Sources: 2506.23894 (degenerate cuts of random tensor networks); 1003.3075 (random graph states). Proof: docs/laws.md.
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
from convac.entanglement.random_trees import Averages, averages
from convac.entanglement.spectrum import spectrum
from convac.geometry.partitions import Partition
from convac.geometry.trees import PoolingTree

ORDERS = (1, 2, 3)


class Degenerate(NamedTuple):
    """A family of trees.

    Attributes:
        name: for a reader.
        windows: of every level.
        sizes: M, r_1, … by χ.
        inside: sites of I.
        chains: how many minimal cuts stand one behind the other in each chain, if any choice of one from each is a cut.
    """

    name: str
    windows: tuple[int, ...]
    sizes: Callable[[int], tuple[int, ...]]
    inside: tuple[int, ...]
    chains: tuple[int, ...] = ()

    @property
    def tree(self) -> PoolingTree:
        """Over a line of sites."""
        return PoolingTree.named("line", (math.prod(self.windows),), self.windows)


PAIRS, HALF = (2, 2), (0, 1)
CASES = (
    Degenerate("chain of 1: the root", PAIRS, lambda chi: (chi, chi**2, chi), HALF, (1,)),
    Degenerate("chain of 2: the root's children", PAIRS, lambda chi: (chi, chi, chi**2), HALF, (2,)),
    Degenerate("chain of 3: these and the root", PAIRS, lambda chi: (chi, chi, chi), HALF, (3,)),
    Degenerate("chain of 5: also either half's sites", PAIRS, lambda chi: (math.isqrt(chi), chi, chi), HALF, (5,)),
    Degenerate("a site, chain of 2: it or its pair", PAIRS, lambda chi: (chi, chi, chi), (0,), (2,)),
    Degenerate("8 sites, two chains that meet", (2, 2, 2), lambda chi: (chi, chi, chi, chi), (0, 1, 4, 5)),
    Degenerate(
        "12 sites, two chains of 2 apart", (2, 6), lambda chi: (math.isqrt(chi), chi, chi**3), (0, 1, 2, 3), (2, 2)
    ),
    Degenerate("8 sites, every second", (2, 2, 2), lambda chi: (chi, chi, chi, chi), (0, 2, 4, 6)),
    Degenerate("16 sites, every second", (2,) * 4, lambda chi: (chi,) * 5, tuple(range(0, 16, 2))),
)


def exact(case: Degenerate, chi: int, order: int) -> Averages:
    """The means of a case."""
    dimension, *widths = case.sizes(chi)
    return averages(case.tree, dimension, widths, case.inside, order)


def limit(case: Degenerate, chi: int, order: int) -> float:
    """ln cut − S_n of wide networks, in nats; NaN where it isn't known."""
    if order > 1:
        return exact(case, chi, order).limit
    return sum(1 / place for cuts in case.chains for place in range(2, cuts + 1)) if case.chains else math.nan


def sampled(case: Degenerate, chi: int, networks: int, generator: np.random.Generator) -> np.ndarray:
    """ln cut − S_n, n = 1, 2, 3, of every network, shape (networks, 3)."""
    tree, (dimension, *widths) = case.tree, case.sizes(chi)
    mask, cut = Partition.of(tree.shape, case.inside).mask, exact(case, chi, 2).cut
    found = []
    for _ in range(networks):
        maps = zip(tree.positions, pairwise((dimension, *widths)), strict=False)
        weights = [generator.normal(size=(positions, out, into)) for positions, (into, out) in maps]
        circuit = Circuit(tree, dimension, tuple(weights), np.ones((1, widths[-1])))
        values = spectrum(circuit, mask, Limits()).singular_values
        found.append([math.log(cut) - renyi(values, order) for order in ORDERS])
    return np.array(found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--widths", type=int, nargs="+", default=[4, 9, 16], help="squares; networks are sampled")
    parser.add_argument("--wide", type=int, nargs="*", default=[100, 10_000, 1_000_000], help="squares; means alone")
    parser.add_argument("--largest", type=int, default=128, help="cut of which networks are sampled")
    parser.add_argument("--networks", type=int, default=40)
    parser.add_argument("--seed", type=int, default=3)
    options = parser.parse_args()
    generator = np.random.default_rng(options.seed)
    for case in CASES:
        counts = " and ".join(str(exact(case, options.widths[0], order).ground_states) for order in ORDERS[1:])
        limits = "  ".join(f"{limit(case, options.widths[0], order):.3f}" for order in ORDERS)
        print(f"{case.name}: {counts} ground states; limits {limits}")
        for chi in (*options.widths, *options.wide):
            means = [exact(case, chi, order) for order in ORDERS[1:]]
            told = "  ".join(f"{each.deficit:.4f}" for each in means)
            print(f"  χ = {chi}: means {told}", end="", flush=True)
            if chi in options.widths and means[0].cut <= options.largest:
                found = sampled(case, chi, options.networks, generator)
                mean, error = found.mean(axis=0), found.std(axis=0, ddof=1) / math.sqrt(len(found))
                told = "  ".join(f"{one:.3f} ± {two:.3f}" for one, two in zip(mean, error, strict=True))
                print(f"; {options.networks} networks {told}", end="")
            print(flush=True)


if __name__ == "__main__":
    main()
