"""Seconds of every entanglement engine, beside brute force and quimb where these can go at all; one thread, one run.

Each line: what, seconds (smallest of the repetitions), the target where there is one, and how many times faster than
quimb's dense route (contract the whole tensor, then its singular values). `--large` adds 16 sites with M = 3 there:
43 million amplitudes, about a minute and 4 GB.

    python benchmarks/entanglement.py [--repetitions 3] [--large]
"""

import argparse
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

from convac.circuits.fields import PRIME_FIELD
from convac.circuits.overlapping import OverlappingShape, coefficient_tensor
from convac.circuits.overlapping import draw as draw_overlapping
from convac.circuits.recurrent import RecurrentShape, matricization
from convac.circuits.recurrent import draw as draw_recurrent
from convac.circuits.tree import Circuit, random_circuit
from convac.entanglement import brute, renyi2, spectrum
from convac.entanglement.generic_rank import TreeShape, generic_rank, rank
from convac.entanglement.limits import Limits
from convac.entanglement.measure import measure
from convac.geometry.partitions import Partition
from convac.geometry.trees import PoolingTree

PAIRS = PoolingTree.named("line", (16,))


def seconds(action: Callable[[], object], repetitions: int) -> float:
    """The fastest of several runs, after one that is not counted when there are several."""
    times = []
    for _ in range(repetitions + (repetitions > 1)):
        started = time.perf_counter()
        action()
        times.append(time.perf_counter() - started)
    return min(times[1:] or times)


def quimb_dense(circuit: Circuit, mask: np.ndarray) -> np.ndarray:
    """Singular values by quimb: the whole tensor contracted, then matricized."""
    import quimb.tensor as qtn

    tensors = []
    below = [f"k{site}" for site in circuit.tree.order]
    for level, (weight, window) in enumerate(zip(circuit.weights, circuit.tree.windows, strict=True)):
        width = weight.shape[-2]
        copy = np.zeros((width,) * (window + 1))
        copy[(np.arange(width),) * (window + 1)] = 1.0
        for position, index in enumerate(below):
            own = weight if weight.ndim == 2 else weight[position]
            tensors.append(qtn.Tensor(own, (f"m{level}_{position}", index)))
        above = [f"p{level}_{position}" for position in range(len(below) // window)]
        for position, index in enumerate(above):
            legs = [f"m{level}_{position * window + leg}" for leg in range(window)]
            tensors.append(qtn.Tensor(copy, (*legs, index)))
        below = above
    tensors.append(qtn.Tensor(circuit.output[0], (below[0],)))
    inside = [f"k{site}" for site in np.flatnonzero(mask)]
    outside = [f"k{site}" for site in np.flatnonzero(~mask)]
    dense = qtn.TensorNetwork(tensors).contract(output_inds=[*inside, *outside]).data
    rows = int(np.prod(dense.shape[: len(inside)]))
    return np.linalg.svd(dense.reshape(rows, -1), compute_uv=False)


def line(name: str, found: float, target: float | None = None, rival: float | None = None) -> None:
    """One row of the table."""
    wanted = "" if target is None else f"target {target:g} s"
    ratio = "" if rival is None else f"{rival / found:.0f} × quimb ({rival:.3g} s)"
    print(f"{name:62} {found:10.4f} s  {wanted:14} {ratio}")


def large_circuit(repetitions: int) -> None:
    """64 × 64 sites, M = 4, width 16, shared weights."""
    tree = PoolingTree.named("square", (64, 64))
    circuit = random_circuit(tree, 4, (16,) * tree.levels, np.random.default_rng(0), shared=True, positive=True)
    left, board = (Partition.of((64, 64), name).mask for name in ("left-right", "checkerboard"))
    plan = spectrum.plan(circuit, spectrum.circuit_parts(circuit, left))
    found = seconds(lambda: spectrum.spectrum(circuit, left, Limits()), repetitions)
    line(f"64×64, M=4, r=16: left-right spectrum ({plan.bytes / 2**20:.1f} MiB)", found, 1)
    found = seconds(lambda: renyi2.renyi2(circuit, board, Limits()), repetitions)
    line(f"64×64, M=4, r=16: checkerboard Rényi-2 ({renyi2.needed_bytes(circuit, board) / 2**20:.1f} MiB)", found, 10)


def exact_ranks() -> None:
    """All block sizes of 16 sites, M = 2, by exact rank."""
    tree = TreeShape(PAIRS, 2, (4,) * 4, (False,) * 4)
    line("tree, r=4: ranks of 8 blocks", seconds(lambda: [generic_rank(tree, range(n)) for n in range(1, 9)], 1), 3)
    shape = OverlappingShape((16,), 3, (4, 4, 4))

    def overlapping() -> list[int]:
        weights = draw_overlapping(shape, PRIME_FIELD, np.random.default_rng(0))
        tensor = coefficient_tensor(shape, weights, PRIME_FIELD)
        return [rank(brute.matricization(tensor, np.arange(16) < n)) for n in range(1, 9)]

    line("overlapping, K=3, L=3, D=4: ranks of 8 blocks", seconds(overlapping, 1), 3)
    steps = RecurrentShape(16, 3, 4, 2)

    def recurrent() -> list[int]:
        weights = draw_recurrent(steps, PRIME_FIELD, np.random.default_rng(0))
        whole = matricization(steps, weights, PRIME_FIELD, 8)
        return [rank(whole.reshape(2**n, -1)) for n in range(1, 9)]

    line("recurrent, L=3, R=4: ranks of 8 starts", seconds(recurrent, 1), 3)
    wide = TreeShape(PoolingTree.named("line", (24,), (2, 12)), 2, (2, 2), (False, False))
    line("tree of 24 sites: rank of a 4096 × 4096 sample", seconds(lambda: generic_rank(wide, "interleaved"), 1))


def beside_quimb(local_dimension: int, repetitions: int) -> None:
    """16 sites, width 4: the same spectrum by our engines, brute force (M = 2) and quimb."""
    circuit = random_circuit(PAIRS, local_dimension, (4,) * 4, np.random.default_rng(0))
    left, mixed = (Partition.of((16,), name).mask for name in ("left-right", "interleaved"))
    # its first run compiles; the largest would only take a minute more
    dense = seconds(lambda: quimb_dense(circuit, left), repetitions if local_dimension == 2 else 1)
    name = f"16 sites, M={local_dimension}, r=4"
    line(
        f"{name}: left-right spectrum",
        seconds(lambda: spectrum.spectrum(circuit, left, Limits()), repetitions),
        None,
        dense,
    )
    for partition, mask in (("left-right", left), ("interleaved", mixed)):
        found = seconds(partial(renyi2.renyi2, circuit, mask, Limits()), repetitions)
        line(f"{name}: {partition} Rényi-2", found, None, dense)
    if local_dimension == 2:
        line(f"{name}: brute force", seconds(lambda: brute.spectrum(circuit, left, Limits()), 1), None, dense)
    assert measure(circuit, "left-right").schmidt_number == 4


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--large", action="store_true", help="quimb's dense route with M = 3, too")
    options = parser.parse_args()
    large_circuit(options.repetitions)
    exact_ranks()
    beside_quimb(2, options.repetitions)
    if options.large:
        beside_quimb(3, options.repetitions)


if __name__ == "__main__":
    main()
