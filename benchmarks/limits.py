"""Seconds that engines state before they start, beside those of the processor that they take; one thread.

Each line: engine and case, seconds stated, taken, and their quotient. `RATES` of `convac.entanglement.limits` are such
that a slow core's quotients lie between a third and three; where it is above, the engine refuses what it could do.

    python benchmarks/limits.py [ENGINE ...]
"""

import math
import os
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "1"
os.environ["MKL_NUM_THREADS"] = "1"
os.environ["OPENBLAS_NUM_THREADS"] = "1"
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "workflow"))

import numpy as np
import torch

from convac.circuits.tree import Circuit, random_circuit
from convac.circuits.tree_tensors import TreeTensorNetwork
from convac.entanglement import (
    bond_costs,
    brute,
    data,
    differentiable,
    generic_rank,
    grid,
    grid_sample,
    renyi2,
    spectrum,
    tree_bonds,
    tree_engines,
    truncation,
)
from convac.entanglement.bridge import contained
from convac.entanglement.bridge import needed as bridge_needed
from convac.entanglement.limits import Limits, seconds
from convac.entanglement.mincut import tree_min_cut
from convac.geometry.partitions import Partition
from convac.geometry.trees import PoolingTree
from convac.mixtures import costs
from convac.mixtures.entropies import exact_mappings, sampled
from convac.mixtures.families import random_mixture
from convac.mixtures.likelihood import maximised

FREE = Limits(math.inf, math.inf)
ANY = (math.inf, math.inf)
RNG = np.random.default_rng(0)
Action = Callable[[], object]
Case = tuple[str, str, int, Action]


def drawn(side: int, local_dimension: int, width: int, shared: bool = True, positive: bool = True) -> Circuit:
    """A random circuit on a square."""
    tree = PoolingTree.named("square", (side, side))
    return random_circuit(tree, local_dimension, (width,) * tree.levels, RNG, shared=shared, positive=positive)


def of_circuits() -> list[Case]:
    """Circuits: the spectrum, Rényi-2, exact ranks, brute force, every bond and images."""
    cases: list[Case] = []
    for name, circuit, partition in [
        ("64×64, M=4, r=16, shared", drawn(64, 4, 16), "left-right"),
        ("8×8, M=2, r=40", drawn(8, 2, 40, shared=False), "left-right"),
        ("4×4, M=2, r=10", drawn(4, 2, 10, shared=False), "checkerboard"),
    ]:
        mask = Partition.of(circuit.tree.shape, partition).mask
        steps = spectrum.plan(circuit, spectrum.circuit_parts(circuit, mask)).operations
        cases.append(("spectrum", f"{name}, {partition}", steps, partial(spectrum.spectrum, circuit, mask, FREE)))
    for name, circuit, partition in [
        ("64×64, M=4, r=16, shared", drawn(64, 4, 16), "checkerboard"),
        ("16×16, M=2, r=16", drawn(16, 2, 16, shared=False, positive=False), "checkerboard"),
        ("16×16, M=2, r=40, shared", drawn(16, 2, 40), "interleaved"),
    ]:
        mask = Partition.of(circuit.tree.shape, partition).mask
        steps = renyi2.parts_operations(circuit, spectrum.circuit_parts(circuit, mask))
        cases.append(("renyi2", f"{name}, {partition}", steps, partial(renyi2.renyi2, circuit, mask, FREE)))
    for name, tree, dimension, widths, shared, samples in [
        ("line of 24", PoolingTree.named("line", (24,), (2, 12)), 2, (2, 2), False, 1024),
        ("8×8, r=64", PoolingTree.named("square", (8, 8)), 2, (64,) * 3, False, 128),
        ("16×16, r=16, shared", PoolingTree.named("square", (16, 16)), 4, (16,) * 4, True, 192),
    ]:
        family = generic_rank.TreeShape(tree, dimension, widths, (shared,) * len(widths))
        chosen = Partition.of(tree.shape, "interleaved" if len(tree.shape) == 1 else "checkerboard")
        assert tree_min_cut(tree, dimension, widths, chosen).value >= samples
        steps = generic_rank.needed(family, chosen.mask, samples)[1]
        action: Action = partial(generic_rank.generic_rank, family, chosen, samples=samples)
        cases.append(("generic_rank", f"{name}, {samples} samples", steps, action))
    small = random_circuit(PoolingTree.named("line", (16,)), 2, (4,) * 4, RNG)
    mask = Partition.of((16,), "left-right").mask
    cases.append(
        ("brute", "16 sites", brute.needed_operations(small, mask), partial(brute.spectrum, small, mask, FREE))
    )
    for name, circuit in [("32×32, r=6, shared", drawn(32, 2, 6)), ("16×16, r=32", drawn(16, 4, 32, shared=False))]:
        steps = bond_costs.decomposing(circuit, truncation.BLOCK)[1]
        cases.append(("truncation", f"{name}, bonds", steps, partial(truncation.bonds_of, circuit, *ANY)))
        inputs = RNG.integers(circuit.local_dimension, size=(500, circuit.tree.sites))
        steps = bond_costs.evaluating([circuit], 500, True, truncation.BLOCK)[1]
        action = partial(truncation.amplitudes, circuit, inputs, *ANY)
        cases.append(("truncation", f"{name}, 500 images", steps, action))
    return cases


def of_trees() -> list[Case]:
    """Trees, node by node: the spectrum, Rényi-2 and every bond."""
    cases: list[Case] = []
    for name, network in [
        ("32×32, r=4", TreeTensorNetwork.of(drawn(32, 2, 4, positive=False))),
        ("8×8, r=16", TreeTensorNetwork.of(drawn(8, 2, 16, positive=False))),
    ]:
        mask = Partition.of(network.shape, "left-right").mask
        spectral = tree_engines.spectrum_needs(tree_engines.well_rooted(network, mask), mask)[1]
        copies, bonds = tree_engines.renyi2_needs(network, mask)[1], tree_bonds.needed(network)[1]
        cases += [
            ("spectrum", f"tree of {name}", spectral, partial(tree_engines.spectrum, network, mask, FREE)),
            ("renyi2", f"tree of {name}", copies, partial(tree_engines.renyi2_of, network, mask, FREE)),
            ("truncation", f"tree of {name}, bonds", bonds, partial(tree_bonds.network_bonds, network, *ANY)),
        ]
    return cases


def of_others() -> list[Case]:
    """Functions, data, mixtures, gradients, and the bridge."""
    cases: list[Case] = []
    for sites in (12, 16):
        function, mask = grid.GridFunction(lambda x: np.cos(x.sum(1) ** 2), (sites,)), np.arange(sites) < sites // 2
        steps = grid.needed(function, mask)[1]
        cases.append(("grid", f"{sites} sites", steps, partial(grid.spectrum, function, mask, FREE)))
    function, mask = grid.GridFunction(lambda x: np.cos(x.sum((1, 2)) ** 2), (16, 16)), np.arange(256) < 128
    steps = grid_sample.needed(function, 256)[1]
    cases.append(("grid-sampled", "256 × 256", steps, partial(grid_sample.sampled, function, mask, FREE, samples=256)))
    samples = data.DataTensor(RNG.normal(size=(400, 64, 3)), RNG.choice([-1.0, 1.0], 400), (8, 8))
    halves = np.arange(64) < 32
    steps = data.operations(samples)
    cases.append(("data", "400 samples, 64 sites", steps, partial(data.spectrum, samples, halves, FREE)))
    tree = PoolingTree.named("square", (8, 8))
    weights = [torch.rand(2, 12, 2 if level == 0 else 12, dtype=torch.float64) for level in range(tree.levels)]
    output = torch.rand(2, 12, dtype=torch.float64, requires_grad=True)
    steps = sum(
        differentiable.needed(parts, weights)[1] for parts in differentiable.both(tree, weights, "checkerboard")
    )

    def backward() -> None:
        differentiable.renyi2(tree, weights, output, "checkerboard", *ANY).sum().backward()  # type: ignore[no-untyped-call]

    cases.append(("differentiable.renyi2", "8×8, r=12, two networks", steps, backward))
    for kind in ("binary", "Gaussian"):
        model = random_mixture("dirichlet", PoolingTree.named("square", (16, 16)), 4, kind, RNG)
        values = model.sample(500, RNG)[0]
        both = costs.drawn(model, 500)[1] + costs.evaluated(model, 500)[1]
        measures: list[tuple[str, int, Action]] = [
            ("500 draws", both, partial(sampled, model, 500, RNG, *ANY)),
            ("2 steps", costs.improved(model, 500, 2)[1], partial(maximised, model, values, 2, *ANY)),
            ("exact", costs.enumerated(model, 4096)[1], partial(exact_mappings, model, 4096, *ANY)),
        ]
        cases += [("mixtures", f"{kind}, {name}", steps, action) for name, steps, action in measures]
    for whole in ((60, 40), (2, 2, 2, 2, 9)):
        star = tuple((leaf, len(whole) - 1) for leaf in range(len(whole) - 1))
        cases.append(("bridge", f"γ = {whole}", bridge_needed(whole)[1], partial(contained, star, whole)))
    return cases


def taken(action: Action) -> float:
    """Processor seconds of a second run, after one that compiles and fills caches."""
    for _ in range(2):
        contained.cache_clear()
        started = time.process_time()
        action()
        found = time.process_time() - started
    return found


def main() -> None:
    """Print the table."""
    for engine, name, operations, action in (*of_circuits(), *of_trees(), *of_others()):
        if len(sys.argv) == 1 or engine in sys.argv[1:]:
            stated, own = seconds(engine, operations), taken(action)
            print(f"{engine:22} {name:44} {stated:9.3g} s stated {own:9.3g} s taken {stated / own:7.2f}", flush=True)


if __name__ == "__main__":
    main()
