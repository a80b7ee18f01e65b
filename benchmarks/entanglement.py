"""Seconds of every entanglement engine, beside brute force, quimb, cotengra and TeNPy where these can go; one run.

One thread. Each line: what, seconds (smallest of the repetitions), the target where there is one, and how many times
faster than a rival. Up to 16 sites that is quimb's dense route (contract the whole tensor, then its singular values),
which none of ours may be slower than; of the replica trick cotengra's contraction of the same network, its search of a
path aside; of matrix product states quimb and TeNPy (`pip install physics-tenpy`; left out if it isn't there); of
max-flow networkx; of elimination FLINT. `--large` adds 16 sites with M = 3 for quimb: 43 million amplitudes, about a
minute and 4 GB.

    python benchmarks/entanglement.py [--repetitions 3] [--sides 8 16 32 64 128 256] [--large]
"""

import argparse
import os
import sys
import time
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

os.environ["OMP_NUM_THREADS"] = "1"
os.environ["MKL_NUM_THREADS"] = "1"
os.environ["OPENBLAS_NUM_THREADS"] = "1"
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "workflow"))

import numpy as np

from convac.circuits.exchange import from_mps
from convac.circuits.fields import PRIME_FIELD
from convac.circuits.overlapping import OverlappingShape, coefficient_tensor
from convac.circuits.overlapping import draw as draw_overlapping
from convac.circuits.recurrent import RecurrentShape, matricization
from convac.circuits.recurrent import draw as draw_recurrent
from convac.circuits.tree import Circuit, random_circuit
from convac.entanglement import brute, renyi2, spectrum
from convac.entanglement.bonds import bond_spectra
from convac.entanglement.elimination import SMALL_FIELD
from convac.entanglement.generic_rank import TreeShape, generic_rank, rank
from convac.entanglement.graphs import capacities, graph_min_cut, overlapping_network
from convac.entanglement.limits import Limits
from convac.geometry.partitions import Partition
from convac.geometry.trees import PoolingTree

if TYPE_CHECKING:
    import quimb.tensor as qtn

PAIRS = PoolingTree.named("line", (16,))
LOCATED: dict[int, dict[str, float]] = {
    64: {"left-right spectrum": 0.1, "checkerboard Rényi-2": 0.5},
    256: {"left-right spectrum": 2, "checkerboard Rényi-2": 8},
}


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


def line(name: str, found: float, target: float | None = None, rivals: dict[str, float] | None = None) -> None:
    """One row of the table."""
    wanted = "" if target is None else f"target {target:g} s" + (" MISSED" if found > target else "")
    ratios = (f"{rival / found:.2g} × {who} ({rival:.3g} s)" for who, rival in (rivals or {}).items())
    print(f"{name:62} {found:10.4f} s  {wanted:22} {', '.join(ratios)}", flush=True)


def by_size(sides: list[int], repetitions: int) -> None:
    """Squares of sites, M = 4, width 16, weights per location and shared: spectrum, Rényi-2 and all bonds."""
    for side, shared in product(sides, (False, True)):
        tree = PoolingTree.named("square", (side, side))
        widths = (16,) * tree.levels
        circuit = random_circuit(tree, 4, widths, np.random.default_rng(0), shared=shared, positive=True)
        left, board = (Partition.of((side, side), name).mask for name in ("left-right", "checkerboard"))
        name = f"{side}×{side}, M=4, r=16, {'shared' if shared else 'located'}"
        wanted = {} if shared else LOCATED.get(side, {})
        for what, action in (
            ("left-right spectrum", partial(spectrum.spectrum, circuit, left, Limits())),
            ("checkerboard Rényi-2", partial(renyi2.renyi2, circuit, board, Limits())),
            ("all bonds", partial(bond_spectra, circuit)),
        ):
            line(f"{name}: {what}", seconds(action, repetitions), wanted.get(what))


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
    line("tree of 24 sites: rank of a 4096 × 4096 sample", seconds(lambda: generic_rank(wide, "interleaved"), 1), 60)
    matrices = [field.draw(np.random.default_rng(0), (4096, 4096)) for field in (SMALL_FIELD, PRIME_FIELD)]
    flint = seconds(lambda: rank(matrices[1], PRIME_FIELD), 1)
    line("elimination, 4096 × 4096", seconds(lambda: rank(matrices[0], SMALL_FIELD), 1), 60, {"FLINT": flint})


def beside_quimb(sites: int, local_dimension: int, repetitions: int) -> None:
    """Up to 16 sites, width 4: spectra and Rényi-2 by our engines, brute force where it goes, and quimb."""
    tree = PoolingTree.named("line", (sites,), (2, 2, 3) if sites == 12 else None)
    circuit = random_circuit(tree, local_dimension, (4,) * tree.levels, np.random.default_rng(0))
    for partition in ("left-right", "interleaved"):
        mask = Partition.of((sites,), partition).mask
        # its first run compiles; of the largest it would only take a minute more
        dense = seconds(partial(quimb_dense, circuit, mask), repetitions if local_dimension == 2 else 1)
        engines = {"spectrum": spectrum.spectrum, "Rényi-2": renyi2.renyi2}
        if local_dimension**sites <= brute.COEFFICIENTS:
            engines["brute force"] = brute.spectrum
        for what, engine in engines.items():
            found = seconds(partial(engine, circuit, mask, Limits()), repetitions)
            line(f"{sites} sites, M={local_dimension}, r=4: {partition} {what}", found, dense, {"quimb": dense})


def replicas(circuit: Circuit, mask: np.ndarray) -> "qtn.TensorNetwork":
    """Four copies of a tree, joined at the sites: a copy tensor is an index that more than two tensors share."""
    import quimb.tensor as qtn

    pairs = {True: (0, 0, 1, 1), False: (0, 1, 1, 0)}
    tensors = []
    for copy in range(4):
        below = [f"k{site}_{pairs[bool(mask[site])][copy]}" for site in circuit.tree.order]
        for level, (weight, window) in enumerate(zip(circuit.weights, circuit.tree.windows, strict=True)):
            above = [f"p{level}_{place // window}_{copy}" for place in range(len(below))]
            for place, (out, into) in enumerate(zip(above, below, strict=True)):
                tensors.append(qtn.Tensor(weight if weight.ndim == 2 else weight[place], (out, into)))
            below = above[::window]
        tensors.append(qtn.Tensor(circuit.output[0], (below[0],)))
    return qtn.TensorNetwork(tensors)


def beside_cotengra(repetitions: int) -> None:
    """The replica trick as one network, contracted by quimb along cotengra's path."""
    tree = PoolingTree.named("square", (8, 8))
    circuit = random_circuit(tree, 2, (4,) * tree.levels, np.random.default_rng(0))
    mask = Partition.of((8, 8), "checkerboard").mask
    network = replicas(circuit, mask)
    options = {"output_inds": (), "optimize": "auto-hq"}
    search = seconds(partial(network.contraction_tree, **options), 1)
    found = network.contraction_tree(**options)
    rival = seconds(partial(network.contract, output_inds=(), optimize=found), repetitions)
    ours = seconds(partial(renyi2.renyi2, circuit, mask, Limits()), repetitions)
    line(f"8×8, M=2, r=4: checkerboard Rényi-2 (its search {search:.1f} s)", ours, None, {"cotengra": rival})


def matrix_products(repetitions: int) -> None:
    """Spectra of all bonds of a matrix product state."""
    import quimb.tensor as qtn

    sites, bond = 256, 16
    state = qtn.MPS_rand_state(sites, bond, phys_dim=2, seed=0)
    network = from_mps(state.arrays)
    rivals = {"quimb": seconds(lambda: quimb_bonds(state.copy()), repetitions)}
    if find_spec("tenpy"):
        rivals["TeNPy"] = seconds(partial(tenpy_bonds, state.arrays), repetitions)
    line(
        f"state of {sites} sites, bond {bond}: all bonds",
        seconds(lambda: bond_spectra(network), repetitions),
        None,
        rivals,
    )


def quimb_bonds(state: "qtn.MatrixProductState") -> list[np.ndarray]:
    """Schmidt values from left to right, the centre moved along."""
    info: dict[str, object] = {}
    return [state.schmidt_values(place, info=info) for place in range(1, state.L)]


def tenpy_bonds(arrays: list[np.ndarray]) -> list[np.ndarray]:
    """Schmidt values of the canonical form."""
    from tenpy.networks.mps import MPS
    from tenpy.networks.site import SpinHalfSite

    first, *rest, last = arrays
    cores = [first[None], *rest, last[:, None]]
    flat = [np.asarray(core).transpose(2, 0, 1) for core in cores]
    state = MPS.from_Bflat([SpinHalfSite(conserve=None)] * len(flat), flat, form=None)
    state.canonical_form()
    return [state.get_SL(place) for place in range(1, state.L)]


def max_flow(repetitions: int) -> None:
    """The cut of an unfolded overlapping circuit, by scipy and by networkx on the same graph."""
    import networkx

    network = overlapping_network(OverlappingShape((64,), 3, (4, 4, 4)))
    inside = {("site", site) for site in range(32)}
    sites = {("site", site) for site in range(64)}
    edges = capacities(network, inside, sites).tocoo()
    graph = networkx.DiGraph()
    graph.add_weighted_edges_from(
        zip(edges.coords[0].tolist(), edges.coords[1].tolist(), edges.data.tolist(), strict=True), weight="capacity"
    )
    ends = edges.shape[0] - 2, edges.shape[0] - 1
    rival = seconds(lambda: networkx.minimum_cut_value(graph, *ends), 1)
    found = seconds(lambda: graph_min_cut(network, range(32)), repetitions)
    line("64 sites, K=3, L=3, D=4: min-cut of the unfolded circuit", found, None, {"networkx": rival})


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--sides", type=int, nargs="*", default=[8, 16, 32, 64, 128, 256], help="of squares of sites")
    parser.add_argument("--large", action="store_true", help="quimb's dense route with M = 3, too")
    options = parser.parse_args()
    by_size(options.sides, options.repetitions)
    beside_quimb(12, 2, options.repetitions)
    beside_quimb(16, 2, options.repetitions)
    beside_cotengra(options.repetitions)
    matrix_products(options.repetitions)
    max_flow(options.repetitions)
    exact_ranks()
    if options.large:
        beside_quimb(16, 3, options.repetitions)


if __name__ == "__main__":
    main()
