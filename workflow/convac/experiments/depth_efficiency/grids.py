"""Grid tensors of rectifier networks of many sizes, beside what theorems say of their ranks, odd against even sites.

Source: 1603.00162: Claim 8 (average pooling), Claim 9 (some deep networks need exponentially wide shallow ones), Claim
10 (others, an open set of weights, need one channel). Networks have biases here.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import product
from typing import Any, NamedTuple

import numpy as np

from convac.circuits.fields import PRIME_FIELD
from convac.entanglement import measures
from convac.entanglement.brute import matricization
from convac.entanglement.generic_rank import rank
from convac.experiments.depth_efficiency.jobs import ENTRIES, Grids
from convac.geometry.partitions import Partition
from convac.geometry.trees import PoolingTree
from convac.progress import reporter
from convac.seeds import stream

Row = dict[str, Any]
TOLERANCE = 1e-10  # of ranks in floating point, relative
BALL = 0.02  # radius about a network that one channel replaces, of every weight
EXACT = 1e-9  # relative distance of two grid tensors that are equal but for rounding
POOLED: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "max": lambda values: values.max(axis=2),
    "average": lambda values: values.mean(axis=2),
}
# of streams: seeds, not names
WORDS = {"max": "max", "average": "average", "deep": "deep", "shallow": "shallow"}


class Layers(NamedTuple):
    """Weights of a rectifier network: per level maps (positions, r, in) and biases (positions, r); the output, (r,)."""

    maps: Sequence[np.ndarray]
    biases: Sequence[np.ndarray]
    output: np.ndarray


def network_values(tree: PoolingTree, layers: Layers, pooling: str, inputs: np.ndarray) -> np.ndarray:
    """Values on one-hot inputs, (batch, N, M) to (batch,)."""
    values = inputs
    for maps, bias, window in zip(layers.maps, layers.biases, tree.windows, strict=True):
        values = np.maximum(np.einsum("poi,bpi->bpo", maps, values) + bias, 0.0)
        values = POOLED[pooling](values.reshape(len(values), -1, window, values.shape[-1]))
    return np.asarray(values[:, 0] @ layers.output)


def listed(tree: PoolingTree, local_dimension: int, layers: Layers, pooling: str) -> np.ndarray:
    """The grid tensor, shape (M, …, M)."""
    codes = np.indices((local_dimension,) * tree.sites).reshape(tree.sites, -1).T
    values = network_values(tree, layers, pooling, np.eye(local_dimension)[codes])
    return values.reshape((local_dimension,) * tree.sites)


def random_layers(tree: PoolingTree, local_dimension: int, width: int, generator: np.random.Generator) -> Layers:
    """Normal weights, of He's scale, and normal biases."""
    maps, biases, channels = [], [], local_dimension
    for positions in tree.positions[:-1]:
        maps.append(np.sqrt(2 / channels) * generator.normal(size=(positions, width, channels)))
        biases.append(generator.normal(size=(positions, width)))
        channels = width
    return Layers(maps, biases, generator.normal(size=channels))


def equal_sites(tree: PoolingTree, local_dimension: int, width: int) -> Layers:
    """Weights of Claim 9: a deep network of maxima that is 0 where each odd site equals the even one beside it, else 1.

    Channel c of level 1 is 1 unless both sites of the pair are c. Their sum less r − 1 is 1 unless the sites are equal.
    Every later level takes the maximum. Only min{r, M} channels are used.
    """
    used = min(width, local_dimension)
    positions = tree.positions
    first = np.ones((positions[0], used, local_dimension)) - np.eye(used, local_dimension)
    maps = [first, np.ones((positions[1], 1, used))]
    biases = [np.zeros((positions[0], used)), np.full((positions[1], 1), 1.0 - used)]
    for each in positions[2:-1]:
        maps.append(np.ones((each, 1, 1)))
        biases.append(np.zeros((each, 1)))
    return Layers(maps, biases, np.ones(1))


def near_single(tree: PoolingTree, local_dimension: int, width: int, generator: np.random.Generator) -> Layers:
    """Weights of Claim 10: near a network whose channels all agree about which site is the largest, within `BALL`.

    Level 1 gives site and template a number of their own, all at least 1 apart, in every channel; all later maps take
    the mean. So every channel of every level has its maximum at the same site, also in a ball about these weights.
    """
    sites, centre = tree.sites, []
    ranks = 1.0 + generator.permutation(sites * local_dimension).reshape(sites, 1, local_dimension)
    centre.append(np.broadcast_to(ranks, (sites, width, local_dimension)))
    centre += [np.full((positions, width, width), 1 / width) for positions in tree.positions[1:-1]]
    step = BALL / (sites * local_dimension)
    maps = [each * (1 + step * generator.uniform(-1, 1, each.shape)) for each in centre]
    biases = [step * generator.uniform(-1, 1, each.shape[:2]) for each in centre]
    return Layers(maps, biases, (1 + step * generator.uniform(-1, 1, width)) / width)


def single_channel(tree: PoolingTree, local_dimension: int, layers: Layers) -> np.ndarray:
    """Grid tensor of a shallow network of one channel: the maximum over sites of what the network gives each."""
    numbers: list[np.ndarray] = []
    for site in range(tree.sites):
        values, place = np.eye(local_dimension), site
        for maps, bias, window in zip(layers.maps, layers.biases, tree.windows, strict=True):
            values = np.maximum(values @ maps[place].T + bias[place], 0.0)
            place //= window
        numbers.append((values @ layers.output).reshape([-1 if axis == site else 1 for axis in range(tree.sites)]))
    whole = numbers[0]
    for each in numbers[1:]:
        whole = np.maximum(whole, each)
    return whole


def numerical_rank(matrix: np.ndarray) -> int:
    """Singular values above 1e-10 of the largest; 0 for a zero matrix (a network whose rectifiers are all off)."""
    values = np.linalg.svd(matrix, compute_uv=False)
    return measures.schmidt_number(values, TOLERANCE) if values[0] > 0 else 0


def grids(job: Grids) -> Iterator[Row]:
    """Ranks of random and of constructed networks' grid tensors for every size, with the bounds of the theorems."""
    sizes = [
        (sites, local_dimension, width)
        for sites, local_dimension, width in product(job.sites, job.local_dimensions, job.widths)
        if local_dimension**sites <= ENTRIES
    ]
    report = reporter(len(sizes), "size")
    for number, (sites, local_dimension, width) in enumerate(sizes, start=1):
        labels = {"sites": sites, "local_dimension": local_dimension, "width": width, "partition": "interleaved"}
        for row in (*random_rows(*sizes[number - 1], job.draws), *constructed_rows(*sizes[number - 1], job.draws)):
            yield {**labels, **row}
        report(number, f"N={sites}, M={local_dimension}, r={width}")


def random_rows(sites: int, local_dimension: int, width: int, draws: int) -> Iterator[Row]:
    """Random networks: average pooling, deep and shallow, and shallow maxima, each with its bound."""
    mask = Partition.of((sites,), "interleaved").mask
    bounds = {
        ("deep", "average"): 2 * local_dimension ** (sites // 4),
        ("shallow", "average"): 2,
        ("shallow", "max"): width * local_dimension * sites // 2,
    }
    for (depth, pooling), bound in bounds.items():
        tree = PoolingTree.named("line", (sites,), None if depth == "deep" else (sites,))
        for seed in range(draws):
            words = (sites, local_dimension, width, WORDS[pooling], WORDS[depth], seed)
            layers = random_layers(tree, local_dimension, width, stream("grid bounds", *words))
            found = numerical_rank(matricization(listed(tree, local_dimension, layers, pooling), mask))
            own = {"network": f"{depth} {pooling}", "seed": seed}
            yield {**own, "quantity": "grid_rank", "value": float(found)}
            yield {**own, "quantity": "rank_bound", "value": float(bound)}


def constructed_rows(sites: int, local_dimension: int, width: int, draws: int) -> Iterator[Row]:
    """Networks of Claim 9, with their exact rank, and of Claim 10, with their distance from one channel's."""
    tree, mask = PoolingTree.named("line", (sites,)), Partition.of((sites,), "interleaved").mask
    equal = listed(tree, local_dimension, equal_sites(tree, local_dimension, width), "max")
    exact = rank(matricization(np.rint(equal).astype(np.int64) % PRIME_FIELD.prime, mask))
    own = {"network": "deep max, equal sites", "seed": 0}
    yield {**own, "quantity": "grid_rank", "value": float(exact)}
    yield {**own, "quantity": "proved_bound", "value": float(min(width, local_dimension) ** (sites // 2))}
    for seed in range(draws):
        layers = near_single(
            tree, local_dimension, width, stream("single channel", sites, local_dimension, width, seed)
        )
        deep = listed(tree, local_dimension, layers, "max")
        distance = np.linalg.norm(deep - single_channel(tree, local_dimension, layers)) / np.linalg.norm(deep)
        own = {"network": "deep max, one channel", "seed": seed}
        yield {**own, "quantity": "single_channel_distance", "value": float(distance)}
        yield {**own, "quantity": "rounding_limit", "value": EXACT}
