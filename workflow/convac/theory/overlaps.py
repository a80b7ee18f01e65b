"""Exact block ranks and entropies of overlapping circuits and of trees, and the parameters that a volume law takes.

Source: 1703.02065 (overlaps and expressivity); 1803.09780 (volume law of overlapping circuits).
"""

from collections.abc import Callable, Iterator
from itertools import pairwise, product
from typing import Any

import numpy as np
import pandas as pd

from convac.circuits.fields import PRIME_FIELD, REALS
from convac.circuits.overlapping import OverlappingShape, coefficient_tensor, draw
from convac.entanglement.brute import matricization
from convac.entanglement.generic_rank import TreeShape, generic_rank, rank
from convac.entanglement.measures import entropy
from convac.geometry.trees import PoolingTree
from convac.progress import reporter
from convac.seeds import stream
from convac.specs import TheorySpec
from convac.theory.overlap_laws import front_rank, predicted_rank

Row = dict[str, Any]
Parameters = dict[str, Any]


def compute(spec: TheorySpec) -> pd.DataFrame:
    """One part of the study, as the parameter `part` says: `blocks`, `trees` or `volume`.

    Returns:
        Columns network, boundary, sites, kernel, layers, width, local_dimension, block, block_sites, held_back, fits,
        seed, quantity, value; those that a part doesn't have are missing.
    """
    parameters: Parameters = dict(spec.parameters)
    parts: dict[str, Callable[[Parameters], Iterator[Row]]] = {"blocks": blocks, "trees": trees, "volume": volume}
    return pd.DataFrame(list(parts[parameters.pop("part")](parameters)))


def blocks(parameters: Parameters) -> Iterator[Row]:
    """Ranks (and entropies of `draws` networks) of every block, for all kernels × layers × widths."""
    sites = tuple(parameters["sites"])
    grid = list(product(parameters["kernels"], parameters["layers"], parameters["widths"]))
    report = reporter(len(grid), "network")
    for number, (kernel, layers, width) in enumerate(grid, start=1):
        shape = OverlappingShape(
            sites, kernel, (width,) * layers, parameters["local_dimension"], parameters["periodic"]
        )
        yield from block_rows(shape, parameters["draws"])
        report(number, f"K={kernel}, L={layers}, D={width}")


def block_rows(shape: OverlappingShape, draws: int) -> Iterator[Row]:
    """One network's blocks: exact rank, prediction, on a ring the front's formula, and entropies."""
    key = (*shape.sites, shape.kernel, *shape.widths, shape.local_dimension, int(shape.periodic))
    residues = coefficient_tensor(shape, draw(shape, PRIME_FIELD, stream("overlaps", *key)), PRIME_FIELD)
    real = [
        coefficient_tensor(shape, draw(shape, REALS, stream("overlaps", seed, *key)), REALS) for seed in range(draws)
    ]
    ring = shape.periodic and len(shape.sites) == 1
    labels = {
        "network": "overlapping",
        "boundary": "periodic" if shape.periodic else "open",
        "sites": name_of(shape.sites),
        "kernel": shape.kernel,
        "layers": len(shape.widths),
        "width": shape.widths[-1],
        "local_dimension": shape.local_dimension,
        "held_back": not ring or shape.count != 16 or shape.local_dimension != 2,
        "fits": shape.local_dimension <= shape.widths[-1],
    }
    for name, inside in block_sites(shape.sites):
        mask = np.zeros(shape.count, dtype=bool)
        mask[inside] = True
        own = {**labels, "block": name, "block_sites": len(inside)}
        values = [
            ("block_rank", 0, rank(matricization(residues, mask))),
            ("predicted_rank", 0, predicted_rank(shape, inside)),
        ]
        if ring:
            values.append(("front_rank", 0, front_rank(shape, len(inside))))
        for quantity, seed, value in values:
            yield {**own, "seed": seed, "quantity": quantity, "value": float(value)}
        for seed, tensor in enumerate(real):
            found = entropy(np.linalg.svd(matricization(tensor, mask), compute_uv=False))
            yield {**own, "seed": seed, "quantity": "entropy", "value": found}


def block_sites(sites: tuple[int, ...]) -> list[tuple[str, list[int]]]:
    """Blocks of at most half of the sites: the first n of a line, rectangles at the corner of a grid."""
    if len(sites) == 1:
        return [(str(size), list(range(size))) for size in range(1, sites[0] // 2 + 1)]
    height, width = sites
    return [
        (f"{rows}×{columns}", [row * width + column for row in range(rows) for column in range(columns)])
        for rows, columns in product(range(1, height + 1), range(1, width + 1))
        if rows * columns <= height * width // 2
    ]


def trees(parameters: Parameters) -> Iterator[Row]:
    """Ranks of the first n sites of shared pairs trees of uniform width: no overlap."""
    tree = PoolingTree.named("line", tuple(parameters["sites"]))
    for width in parameters["widths"]:
        shape = TreeShape(tree, parameters["local_dimension"], (width,) * tree.levels, (True,) * tree.levels)
        for name, inside in block_sites(tree.shape):
            yield {
                "network": "tree",
                "sites": name_of(tree.shape),
                "layers": tree.levels,
                "width": width,
                "local_dimension": parameters["local_dimension"],
                "block": name,
                "block_sites": len(inside),
                "seed": 0,
                "quantity": "block_rank",
                "value": float(generic_rank(shape, inside).value),
            }


def name_of(sites: tuple[int, ...]) -> str:
    """A site grid's shape as a label."""
    return "×".join(map(str, sites))


def volume(parameters: Parameters) -> Iterator[Row]:
    """Fewest parameters with which half of the sites of a ring reaches the full rank 2^(N/2), M = 2, by exact rank."""
    for size in parameters["sizes"]:
        found = {"overlapping": smallest_overlapping(size), "RBM": smallest_machine(size)}
        if size & (size - 1) == 0:
            found["tree"] = smallest_tree(size)
        for network, value in found.items():
            labels = {"network": network, "sites": str(size), "block_sites": size // 2, "seed": 0}
            yield {**labels, "quantity": "volume_parameters", "value": float(value)}


def smallest_overlapping(size: int) -> int:
    """Over kernels 2 to 4, up to N/2 layers and widths 2 to 4 on a ring, weights shared."""
    half = list(range(size // 2))
    shapes = [
        OverlappingShape((size,), kernel, (width,) * layers)
        for kernel, layers, width in product((2, 3, 4), range(1, size // 2 + 1), (2, 3, 4))
        if kernel <= size
    ]
    mask = np.arange(size) < size // 2
    for shape in sorted(shapes, key=lambda shape: shape.parameters):
        if predicted_rank(shape, half) == 2 ** (size // 2):  # an upper bound: nothing below it is tried in vain
            weights = draw(shape, PRIME_FIELD, stream("volume", size, shape.kernel, *shape.widths))
            if rank(matricization(coefficient_tensor(shape, weights, PRIME_FIELD), mask)) == 2 ** (size // 2):
                return shape.parameters
    raise ArithmeticError(f"no overlapping circuit over {size} sites reaches the full rank")


def smallest_machine(size: int) -> int:
    """Weights and hidden biases of a fully connected restricted Boltzmann machine (1701.04844).

    With weights in the exponent, ψ(x) = Π_j (1 + b_j Π_i w_ij^{x_i}) is polynomial in their exponentials.
    """
    configurations = np.indices((2,) * size).reshape(size, -1).T
    mask = np.arange(size) < size // 2
    generator = stream("machine", size)
    values = np.ones(len(configurations), dtype=np.int64)
    for hidden in range(1, size + 1):
        factors = PRIME_FIELD.draw(generator, (size,))
        term = PRIME_FIELD.draw(generator, (1,))
        for site in range(size):
            term = PRIME_FIELD.multiply(term, np.where(configurations[:, site] == 1, factors[site], 1))
        values = PRIME_FIELD.multiply(values, (1 + term) % PRIME_FIELD.prime)
        if rank(matricization(values.reshape((2,) * size), mask)) == 2 ** (size // 2):
            return size * hidden + hidden
    raise ArithmeticError(f"no machine over {size} sites reaches the full rank")


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
