"""What depth is worth: exact ranks of deep and shallow circuits, how well low ranks approximate, and rectifiers.

Sources: 1509.05009 (depth efficiency of convolutional arithmetic circuits); 1603.00162 (of rectifier networks, by grid
tensors).
"""

import math
from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from convac.circuits.tree import Circuit, random_circuit
from convac.entanglement import measures
from convac.entanglement.brute import matricization
from convac.entanglement.generic_rank import TreeShape, generic_rank
from convac.entanglement.grid import GridFunction, grid_tensor
from convac.entanglement.limits import Limits
from convac.entanglement.mincut import tree_min_cut
from convac.entanglement.spectrum import spectrum
from convac.experiments.depth_efficiency.depths import depths
from convac.experiments.depth_efficiency.grids import POOLED, grids, network_values, numerical_rank, random_layers
from convac.experiments.depth_efficiency.jobs import Depths, Epsilon, Grids, Ranks, Rectifiers
from convac.geometry.partitions import Partition
from convac.geometry.trees import PoolingTree
from convac.progress import reporter
from convac.seeds import stream
from convac.specs.job import JobSpec
from convac.specs.tables import table_of

Row = dict[str, Any]
DIRECT = 512  # largest cut whose rank is computed from a matrix
LIMITS = Limits(memory=2**30, seconds=math.inf)  # how long a job may take is its scheduler's to say
EPSILONS = (0.5, 0.1, 0.01)
POOLINGS = ("product", *POOLED)
# of streams: seeds, not names
WORDS = {
    "normal": "normal",
    "positive": "positive",
    "product": "product",
    "max": "max",
    "average": "average",
    "deep": "deep",
    "shallow": "shallow",
}


def compute(job: JobSpec) -> pd.DataFrame:
    """One job of the study.

    Returns:
        Columns network, sites, local_dimension, width, partition and what a part adds; seed, quantity, value.
    """
    return table_of({"seed": 0, **row} for row in ROWS[type(job)](job))


def ranks(job: Ranks) -> Iterator[Row]:
    """Exact ranks of deep pairs trees, located and shared, and of shallow networks."""
    grid = list(product(job.sites, job.local_dimensions, job.widths))
    report = reporter(len(grid), "size")
    for number, (sites, local_dimension, width) in enumerate(grid, start=1):
        own = {"sites": sites, "local_dimension": local_dimension, "width": width}
        tree = PoolingTree.named("line", (sites,))
        for network, shared in (("deep", False), ("deep, shared", True)):
            shape = TreeShape(tree, local_dimension, (width,) * tree.levels, (shared,) * tree.levels)
            value, how = odd_even_rank(shape)
            labels = {**own, "network": network, "partition": "interleaved", "method": how}
            yield {**labels, "quantity": "rank", "value": float(value)}
            yield {**labels, "quantity": "closed_form", "value": float(min(width, local_dimension) ** (sites // 2))}
        shallow = TreeShape(PoolingTree.named("line", (sites,), (sites,)), local_dimension, (width,), (False,))
        labels = {**own, "network": "shallow", "partition": "interleaved", "method": "direct"}
        yield {**labels, "quantity": "rank", "value": float(generic_rank(shallow, "interleaved").value)}
        bound = min(width, local_dimension ** (sites // 2))
        yield {**labels, "quantity": "closed_form", "value": float(bound)}
        report(number, f"N={sites}, M={local_dimension}, r={width}")


def odd_even_rank(shape: TreeShape) -> tuple[int, str]:
    """Exact generic rank of odd against even sites, and how: `direct`, or `certificate` where the matrix is too large.

    The min-cut bounds the rank from above. From below: let the second level's maps send a weighted sum of all channels
    to one channel and every later map pass that one. Then the matricization is a Kronecker product of the first level's
    pairs, whose rank is computed; one member of the family has no more than the generic rank. Where both meet, that is
    the rank. It holds for shared weights, too: the same pair at every position.

    Raises:
        ArithmeticError: the bounds don't meet.
    """
    cut = tree_min_cut(shape.tree, shape.local_dimension, shape.widths, "interleaved").value
    if cut <= DIRECT:
        return generic_rank(shape, "interleaved").value, "direct"
    pair = TreeShape(PoolingTree.named("line", (2,)), shape.local_dimension, shape.widths[:1], shape.shared[:1])
    below = generic_rank(pair, "interleaved").value ** (shape.tree.sites // 2)
    if below != cut:
        raise ArithmeticError(f"rank of odd against even sites lies between {below} and {cut}")
    return cut, "certificate"


def epsilon(job: Epsilon) -> Iterator[Row]:
    """ε-ranks and entropies of random deep circuits, odd against even sites, by kind of weights."""
    for sites, weights, seed in product(job.sites, ("normal", "positive"), range(job.draws)):
        tree = PoolingTree.named("line", (sites,))
        generator = stream("depth", WORDS[weights], sites, seed)
        circuit = random_circuit(tree, 2, (job.width,) * tree.levels, generator, positive=weights == "positive")
        mask = Partition.of((sites,), "interleaved").mask
        values = spectrum(circuit, mask, LIMITS).singular_values
        own = {"network": "deep", "sites": sites, "local_dimension": 2, "width": job.width}
        labels = {**own, "partition": "interleaved", "weights": weights, "seed": seed}
        yield {**labels, "quantity": "entropy", "value": measures.entropy(values)}
        for tolerance in EPSILONS:
            yield {**labels, "epsilon": tolerance, "quantity": "epsilon_rank", "value": epsilon_rank(values, tolerance)}
            full = float(min(job.width, 2) ** (sites // 2))
            yield {**labels, "epsilon": tolerance, "quantity": "rank", "value": full}


def epsilon_rank(values: np.ndarray, tolerance: float) -> float:
    """Smallest rank of a matrix within a relative distance ε in Frobenius norm, from descending singular values.

    >>> epsilon_rank(np.array([3.0, 4.0e-1, 1e-3]), 0.1)
    2.0
    """
    weights = measures.probabilities(values)
    tails = 1 - np.concatenate([[0.0], np.cumsum(weights)])
    return float(np.argmax(tails <= tolerance**2 + 1e-15))


def rectifiers(job: Rectifiers) -> Iterator[Row]:
    """Ranks of grid tensors, odd against even sites, of random networks by activation, pooling and depth."""
    settings = list(product(job.sites, POOLINGS, ("deep", "shallow")))
    report = reporter(len(settings), "setting")
    for number, (sites, pooling, depth) in enumerate(settings, start=1):
        local_dimension = 4 if sites == 4 else 2
        windows = None if depth == "deep" else (sites,)
        tree = PoolingTree.named("line", (sites,), windows)
        mask = Partition.of((sites,), "interleaved").mask
        full = local_dimension ** (sites // 2)
        labels = {"network": f"{depth} {pooling}", "sites": sites, "local_dimension": local_dimension}
        labels = {
            **labels,
            "width": job.width,
            "partition": "interleaved",
            "depth": depth,
            "pooling": pooling,
        }
        for seed in range(job.draws):
            generator = stream("rectifiers", sites, WORDS[pooling], WORDS[depth], seed)
            network = random_network(tree, local_dimension, job.width, pooling, generator)
            tensor = grid_tensor(GridFunction(network, (sites,), np.eye(local_dimension)))
            value = numerical_rank(matricization(tensor, mask))
            yield {**labels, "seed": seed, "quantity": "grid_rank", "value": float(value)}
            yield {**labels, "seed": seed, "quantity": "is_low_rank", "value": float(2 * value <= full)}
            if (depth, pooling) == ("shallow", "average"):
                yield {**labels, "seed": seed, "quantity": "rank_bound", "value": 2.0}
        report(number, f"{depth} {pooling}")


def random_network(
    tree: PoolingTree, local_dimension: int, width: int, pooling: str, generator: np.random.Generator
) -> Callable[[np.ndarray], np.ndarray]:
    """A network of one-hot inputs, (batch, N, M) to (batch,), with normal weights per location.

    With product pooling it is an arithmetic circuit; otherwise maps have biases and end in a ReLU.
    """
    if pooling == "product":
        circuit: Circuit = random_circuit(tree, local_dimension, (width,) * tree.levels, generator)
        return lambda inputs: circuit.amplitudes(inputs)[:, 0]
    layers = random_layers(tree, local_dimension, width, generator)
    return lambda inputs: network_values(tree, layers, pooling, inputs)


ROWS: dict[type[JobSpec], Callable[[Any], Iterator[Row]]] = {
    Ranks: ranks,
    Epsilon: epsilon,
    Rectifiers: rectifiers,
    Depths: depths,
    Grids: grids,
}
