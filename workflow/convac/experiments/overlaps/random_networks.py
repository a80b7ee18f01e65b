"""Random overlapping networks and random subsets of their sites: where does the law of block ranks end?

Source: 1803.09780 (entanglement of overlapping circuits); the prediction and both ensembles are ours.
"""

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from convac.circuits.fields import PRIME_FIELD
from convac.circuits.overlapping import OverlappingShape, case_of, coefficient_tensor, draw, labels_of, name_of
from convac.entanglement.block_rank import exact_rank, frame_bound, predicted_rank
from convac.experiments.overlaps.jobs import RandomNetworks
from convac.progress import reporter
from convac.seeds import stream

Row = dict[str, Any]
Chosen = tuple[int, ...]  # sites


def random_networks(job: RandomNetworks) -> Iterator[Row]:
    """Rank and prediction of random networks and random subsets of their sites: where does the law end?

    `networks` × `subsets` drawn alike, of which nearly all have no cut below the sites of a side, and `below` cases
    drawn by how far a bound lies below.
    """
    generator = stream("overlaps random", job.entries)
    report = reporter(job.networks + job.below, "network")
    for number in range(1, job.networks + 1):
        shape = random_shape(generator, job.entries)
        residues = coefficient_tensor(shape, draw(shape, PRIME_FIELD, generator), PRIME_FIELD)
        subsets = {random_subset(generator, shape.count) for _ in range(job.subsets)}
        for inside in sorted(subsets):
            yield from rows(number, shape, residues, inside)
        report(number, f"{name_of(shape.sites)} sites")
    generator = stream("overlaps random below", job.entries)
    for number in range(job.networks + 1, job.networks + job.below + 1):
        shape, inside = case_below(generator, job.entries)
        residues = coefficient_tensor(shape, draw(shape, PRIME_FIELD, generator), PRIME_FIELD)
        yield from rows(number, shape, residues, inside)
        report(number, f"{name_of(shape.sites)} sites")


def rows(number: int, shape: OverlappingShape, residues: np.ndarray, inside: Chosen) -> Iterator[Row]:
    """Rank, prediction and what the sites allow, of one network and subset."""
    block = " ".join(map(str, inside))
    case = f"{number}: {case_of(shape)} sites {block}"
    own = {**labels_of(shape), "network": "random", "block": block, "case": case, "seed": 0}
    yield {**own, "quantity": "random_rank", "value": float(exact_rank(residues, inside))}
    yield {**own, "quantity": "random_prediction", "value": float(predicted_rank(shape, inside))}
    yield {**own, "quantity": "trivial_bound", "value": float(allowed(shape, inside))}


def allowed(shape: OverlappingShape, inside: Sequence[int]) -> int:
    """M^n, n the sites of the smaller side."""
    return int(shape.local_dimension ** min(len(inside), shape.count - len(inside)))


def random_subset(generator: np.random.Generator, count: int) -> Chosen:
    """A proper subset of the sites, of any size alike."""
    order = generator.permutation(count)
    return tuple(sorted(order[: generator.integers(1, count)].tolist()))


def random_shape(generator: np.random.Generator, entries: int) -> OverlappingShape:
    """A random family whose inputs can be listed: lines of 6 to 10 sites, 2×3 and 3×3, one to four layers."""
    grids = ((6,), (7,), (8,), (9,), (10,), (2, 3), (3, 3))
    while True:
        sites = grids[generator.integers(len(grids))]
        local_dimension = int(generator.integers(2, 6))
        if local_dimension ** math.prod(sites) <= entries:
            break
    kernel = int(generator.integers(2, 1 + min(3, *sites)))
    widths = tuple(int(width) for width in generator.integers(2, 6, size=generator.integers(1, 5)))
    periodic, shared = (bool(flag) for flag in generator.integers(2, size=2))
    return OverlappingShape(sites, kernel, widths, local_dimension, periodic, shared)


def case_below(generator: np.random.Generator, entries: int) -> tuple[OverlappingShape, Chosen]:
    """A network of several layers and a subset whose frame says less than the sites, the further below the likelier.

    Lines of 6 to 12 sites, 2×3 to 3×4, each layer of 2 to 8 channels of its own, 2 to 4 templates, any boundary,
    weights shared or not; half of the sites, or one less, in a run from anywhere, and for every other case one of
    them exchanged for one outside.
    """
    grids = ((6,), (7,), (8,), (9,), (10,), (11,), (12,), (2, 3), (2, 4), (2, 5), (3, 3), (3, 4))
    while True:
        sites = grids[generator.integers(len(grids))]
        local_dimension = int(generator.integers(2, 5))
        kernel = int(generator.integers(2, 1 + min(3, *sites)))
        widths = tuple(int(width) for width in generator.integers(2, 9, size=generator.integers(2, 4)))
        periodic, shared, exchanged = (bool(flag) for flag in generator.integers(2, size=3))
        if local_dimension ** math.prod(sites) > entries:
            continue
        shape = OverlappingShape(sites, kernel, widths, local_dimension, periodic, shared)
        inside = random_run(generator, shape.count, exchanged)
        excess = math.log(allowed(shape, inside) / frame_bound(shape, inside))
        if generator.random() < excess / math.log(local_dimension):  # always where a site's worth lies between
            return shape, inside


def random_run(generator: np.random.Generator, count: int, exchanged: bool) -> Chosen:
    """Half of the sites or one less, one after the other by number, or all but one of them and one of the others."""
    size = count // 2 - int(generator.integers(2))
    turned = np.roll(np.arange(count), -int(generator.integers(count)))
    if exchanged:
        places = [int(generator.integers(size)), int(generator.integers(size, count))]
        turned[places] = turned[places[::-1]]
    return tuple(sorted(turned[:size].tolist()))
