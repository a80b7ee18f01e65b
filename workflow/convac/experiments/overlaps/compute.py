"""Exact block ranks and entropies of overlapping circuits and of trees, and the parameters that a volume law takes.

Source: 1703.02065 (overlaps and expressivity); 1803.09780 (volume law of overlapping circuits).
"""

import math
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise, product
from typing import Any

import numpy as np
import pandas as pd

from convac.circuits.fields import PRIME_FIELD, REALS
from convac.circuits.overlapping import OverlappingShape, case_of, coefficient_tensor, draw, labels_of, name_of, word_of
from convac.entanglement.block_rank import exact_rank, front_rank, mask_of, predicted_rank
from convac.entanglement.brute import matricization
from convac.entanglement.generic_rank import TreeShape, generic_rank
from convac.entanglement.measures import entropy
from convac.experiments.overlaps.jobs import (
    Family,
    RandomNetworks,
    Rectangles,
    SearchedNetworks,
    Squares,
    Trees,
    Volume,
)
from convac.experiments.overlaps.random_networks import random_networks
from convac.experiments.overlaps.squares import rectangles, squares
from convac.geometry.trees import PoolingTree
from convac.progress import reporter
from convac.seeds import stream
from convac.specs.job import JobSpec
from convac.specs.tables import table_of

Row = dict[str, Any]
SEARCHED = ((6,), (7,), (8,), (9,), (10,), (11,), (12,), (3, 3), (3, 4))


def compute(job: JobSpec) -> pd.DataFrame:
    """One job of the study.

    Returns:
        Columns network, weights, boundary, sites, kernel, layers, width, widths, local_dimension, block, block_sites,
        case, held_back, uniform, fits, seed, quantity, value; those that a part doesn't have are missing.
    """
    return table_of(ROWS[type(job)](job))


def blocks(job: Family) -> Iterator[Row]:
    """Ranks (and entropies of `draws` networks) of every block, for all kernels × layers × widths."""
    sites = job.sites
    grid = list(product(job.kernels, job.layers, job.widths))
    report = reporter(len(grid), "network")
    for number, (kernel, layers, width) in enumerate(grid, start=1):
        shape = OverlappingShape(
            sites,
            kernel,
            (job.first_width or width, *(width,) * (layers - 1)),
            job.local_dimension,
            job.periodic,
            job.shared,
        )
        yield from block_rows(shape, job.draws)
        report(number, f"K={kernel}, L={layers}, D={width}")


def block_rows(shape: OverlappingShape, draws: int) -> Iterator[Row]:
    """One network's blocks: exact rank, prediction, the front's formula, entropies in nats and as shares of ln rank."""
    word = "overlaps " + word_of(shape)
    residues = coefficient_tensor(shape, draw(shape, PRIME_FIELD, stream(word)), PRIME_FIELD)
    real = [coefficient_tensor(shape, draw(shape, REALS, stream(word, seed)), REALS) for seed in range(draws)]
    labels = network_labels(shape, "overlapping")
    for name, sides, inside in block_sites(shape.sites):
        own = {**labels, "block": name, "block_sites": len(inside), "case": f"{case_of(shape)} block {name}"}
        exact = exact_rank(residues, inside)
        values = [
            ("block_rank", 0, float(exact)),
            ("predicted_rank", 0, float(predicted_rank(shape, inside))),
            ("front_rank", 0, float(front_rank(shape, sides))),
            ("trivial_bound", 0, float(shape.local_dimension ** len(inside))),
        ]
        for seed, tensor in enumerate(real):
            found = entropy(np.linalg.svd(matricization(tensor, mask_of(shape.count, inside)), compute_uv=False))
            values += [("entropy", seed, found), ("entropy_share", seed, found / math.log(exact) if exact > 1 else 0.0)]
        for quantity, seed, value in values:
            yield {**own, "seed": seed, "quantity": quantity, "value": value}


def network_labels(shape: OverlappingShape, network: str) -> Row:
    """Label columns of a network, with what the claims tell apart."""
    ring = shape.periodic and len(shape.sites) == 1
    return {
        **labels_of(shape),
        "network": network,
        "width": shape.widths[-1],
        "held_back": not ring or not shape.shared or shape.count != 16 or shape.local_dimension != 2,
        "uniform": len(set(shape.widths)) == 1,
        "fits": shape.local_dimension <= min(shape.widths),
    }


def searched_networks(job: SearchedNetworks) -> Iterator[Row]:
    """Rank, prediction and front formula of a block each, of `networks` with shared weights and as many without."""
    drawn = [each for shared in (True, False) for each in searched(shared, job.networks, job.entries)]
    report = reporter(len(drawn), "network")
    for number, (shape, name, sides, inside) in enumerate(drawn, start=1):
        word = "overlaps search " + word_of(shape)
        residues = coefficient_tensor(shape, draw(shape, PRIME_FIELD, stream(word)), PRIME_FIELD)
        own = {"block": name, "block_sites": len(inside), "case": f"searched: {case_of(shape)} block {name}", "seed": 0}
        values = {
            "block_rank": exact_rank(residues, inside),
            "predicted_rank": predicted_rank(shape, inside),
            "front_rank": front_rank(shape, sides),
            "trivial_bound": shape.local_dimension ** len(inside),
        }
        for quantity, value in values.items():
            yield {**network_labels(shape, "searched"), **own, "quantity": quantity, "value": float(value)}
        report(number, f"{name_of(shape.sites)} sites")


def searched(
    shared: bool, networks: int, entries: int
) -> list[tuple[OverlappingShape, str, tuple[int, ...], list[int]]]:
    """Networks and blocks of which the front's formula says less than M^|A|, the further below the likelier.

    Lines of 6 to 12 sites, 3×3 and 3×4, kernels 2 and 3, two to four layers of one width from M to 31; every boundary;
    M^N up to `entries`. Of every network the largest block of at most half of the sites. Of one layer the formula is
    the width, which bounds any rank: there is nothing to find.
    """
    found = []
    for sites, kernel, layers, local_dimension, periodic in product(
        SEARCHED, (2, 3), (2, 3, 4), (2, 3, 4), (True, False)
    ):
        if local_dimension ** math.prod(sites) > entries:
            continue
        for width in range(local_dimension, 32):
            shape = OverlappingShape(sites, kernel, (width,) * layers, local_dimension, periodic, shared)
            found += [(shape, *block) for block in block_sites(sites)[-1:] if excess(shape, block[1]) > 0]
    weights = np.array([excess(shape, sides) for shape, _, sides, _ in found])
    if not len(weights):
        return []
    generator = stream("overlaps search", entries, int(shared))
    chosen = generator.choice(len(found), min(networks, len(found)), replace=False, p=weights / weights.sum())
    return [found[number] for number in sorted(chosen.tolist())]


def excess(shape: OverlappingShape, sides: Sequence[int]) -> float:
    """ln(M^|A| / formula): how far the front's formula lies below what the block's sites allow."""
    return math.log(shape.local_dimension ** math.prod(sides) / front_rank(shape, sides))


def block_sites(sites: tuple[int, ...]) -> list[tuple[str, tuple[int, ...], list[int]]]:
    """Blocks of at most half of the sites, with their sides: the first n of a line, rectangles at a grid's corner."""
    numbers = np.arange(math.prod(sites)).reshape(sites)
    return [
        (name_of(sides), sides, numbers[tuple(slice(side) for side in sides)].ravel().tolist())
        for sides in product(*(range(1, side + 1) for side in sites))
        if math.prod(sides) <= numbers.size // 2
    ]


def trees(job: Trees) -> Iterator[Row]:
    """Ranks of the first n sites of shared pairs trees of uniform width: no overlap."""
    tree = PoolingTree.named("line", job.sites)
    for width in job.widths:
        shape = TreeShape(tree, job.local_dimension, (width,) * tree.levels, (True,) * tree.levels)
        for name, _, inside in block_sites(tree.shape):
            yield {
                "network": "tree",
                "weights": "shared",
                "sites": name_of(tree.shape),
                "layers": tree.levels,
                "width": width,
                "local_dimension": job.local_dimension,
                "block": name,
                "block_sites": len(inside),
                "seed": 0,
                "quantity": "block_rank",
                "value": float(generic_rank(shape, inside).value),
            }


def volume(job: Volume) -> Iterator[Row]:
    """Fewest parameters with which half of the sites of a ring reaches the full rank 2^(N/2), M = 2, by exact rank.

    Each network in two versions: weights shared over translations, and per location.
    """
    for size in job.sizes:
        found = {
            ("overlapping", "shared"): smallest_overlapping(size, shared=True),
            ("overlapping", "per location"): smallest_overlapping(size, shared=False),
            ("RBM", "shared"): smallest_filter(size),
            ("RBM", "per location"): smallest_machine(size),
        }
        if size & (size - 1) == 0:
            found["tree", "per location"] = smallest_tree(size)
        for (network, weights), value in found.items():
            labels = {"network": network, "weights": weights, "sites": str(size), "block_sites": size // 2, "seed": 0}
            yield {**labels, "quantity": "volume_parameters", "value": float(value)}


def smallest_overlapping(size: int, shared: bool) -> int:
    """Over kernels 2 to 4, up to N/2 layers and equal widths 2 to 4 on a ring."""
    half = list(range(size // 2))
    shapes = [
        OverlappingShape((size,), kernel, (width,) * layers, shared=shared)
        for kernel, layers, width in product((2, 3, 4), range(1, size // 2 + 1), (2, 3, 4))
        if kernel <= size
    ]
    for shape in sorted(shapes, key=lambda shape: shape.parameters):
        # both are upper bounds: what they rule out is not tried
        if front_rank(shape, (len(half),)) == 2 ** len(half) == predicted_rank(shape, half):
            weights = draw(shape, PRIME_FIELD, stream("volume", size, shape.kernel, *shape.widths, int(shared)))
            if exact_rank(coefficient_tensor(shape, weights, PRIME_FIELD), half) == 2 ** len(half):
                return shape.parameters
    raise ArithmeticError(f"no overlapping circuit over {size} sites reaches the full rank")


def hidden_unit(size: int, sites: Sequence[int], weights: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """Factor 1 + b Π_i w_i^{x_i} of a restricted Boltzmann machine at all 2^N inputs, shape (2^N,).

    Weights stand for the exponentials of the usual ones: the amplitude is a polynomial in them.
    """
    configurations = np.indices((2,) * size).reshape(size, -1)
    term = bias
    for site, weight in zip(sites, weights, strict=True):
        term = PRIME_FIELD.multiply(term, np.where(configurations[site] == 1, weight, 1))
    return np.asarray((1 + term) % PRIME_FIELD.prime)


def smallest_machine(size: int) -> int:
    """Weights and hidden biases of a fully connected restricted Boltzmann machine, a hidden unit more at a time.

    Visible biases are a product over sites: no rank comes from them. The rank is at most 2^(hidden units).
    """
    generator = stream("machine", size)
    values = np.ones(2**size, dtype=np.int64)
    for hidden in range(1, size + 1):
        weights, bias = PRIME_FIELD.draw(generator, (size,)), PRIME_FIELD.draw(generator, (1,))
        values = PRIME_FIELD.multiply(values, hidden_unit(size, range(size), weights, bias))
        if exact_rank(values.reshape((2,) * size), range(size // 2)) == 2 ** (size // 2):
            return hidden * (size + 1)
    raise ArithmeticError(f"no machine over {size} sites reaches the full rank")


def smallest_filter(size: int) -> int:
    """Weights and bias of the shortest filter of a translation-invariant machine, one hidden unit at each site.

    Hidden units that read both sides of a cut at two ends: 2(k − 1) with k weights, so that N/4 + 1 could do.
    """
    for length in range(1, size + 1):
        generator = stream("filter", size, length)
        weights, bias = PRIME_FIELD.draw(generator, (length,)), PRIME_FIELD.draw(generator, (1,))
        values = np.ones(2**size, dtype=np.int64)
        for start in range(size):
            sites = [(start + step) % size for step in range(length)]
            values = PRIME_FIELD.multiply(values, hidden_unit(size, sites, weights, bias))
        if exact_rank(values.reshape((2,) * size), range(size // 2)) == 2 ** (size // 2):
            return length + 1
    raise ArithmeticError(f"no filter over {size} sites reaches the full rank")


def smallest_tree(size: int) -> int:
    """A pairs tree whose every level keeps all that the sites below can say; one map per location.

    Shared weights would never do: they can't tell 01 from 10 inside a window.
    """
    tree = PoolingTree.named("line", (size,))
    widths = tuple(2 ** min(2**level, size // 2) for level in range(1, tree.levels + 1))
    if generic_rank(TreeShape(tree, 2, widths, (False,) * tree.levels), "left-right").value != 2 ** (size // 2):
        raise ArithmeticError(f"the tree over {size} sites misses the full rank")
    channels = (2, *widths)
    maps = [positions * into * out for positions, (into, out) in zip(tree.positions, pairwise(channels), strict=False)]
    return int(sum(maps) + channels[-1])


ROWS: dict[type[JobSpec], Callable[[Any], Iterator[Row]]] = {
    Family: blocks,
    RandomNetworks: random_networks,
    SearchedNetworks: searched_networks,
    Trees: trees,
    Volume: volume,
    Rectangles: rectangles,
    Squares: squares,
}
