"""How many channels do n_c layers need to do what one layer of D_0 does: exact by block ranks, trained by the loss.

Source: 1710.05520 (abstract: D ~ D_0^(1/n_c) channels at equal expressive power); what equal power means is ours. All
layers have D channels, and windows of stride 1 (1703.02065).
"""

import math
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache, partial
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from convac.circuits.fields import PRIME_FIELD
from convac.circuits.overlapping import OverlappingShape, case_of, coefficient_tensor, draw, labels_of, word_of
from convac.entanglement.block_rank import exact_rank, front_rank, predicted_rank
from convac.entanglement.root_law import MODELS, Fit, fitted, misfit, predicted, stated_constant
from convac.experiments.depth_channels import searched
from convac.experiments.depth_channels.jobs import Family, SearchedFamilies, Trained
from convac.progress import reporter
from convac.seeds import stream
from convac.specs.job import JobSpec
from convac.specs.tables import table_of
from convac.specs.training import seeds_of

Row = dict[str, Any]
Point = tuple[int, float, float]  # n_c, ln D_0, ln D
TINY = 1e-9  # of an error whose logarithm is taken


def compute(job: JobSpec) -> pd.DataFrame:
    """One job of the study.

    Returns:
        Columns network, sites, kernel, local_dimension, layers, one_layer_width and what a part adds (weights,
        boundary, block_sites, fits, case; target, width); model and constants of fits; seed, quantity, value.
    """
    return table_of(ROWS[type(job)](job))


def ranks(job: Family) -> Iterator[Row]:
    """Smallest widths of one family by exact block ranks, what laws say of them, weights, and the models' misfits."""
    one = OverlappingShape(
        (job.sites,),
        job.kernel,
        (1,),
        job.local_dimension,
        job.periodic,
        job.shared,
    )
    labels = {key: value for key, value in labels_of(one).items() if key not in {"layers", "widths"}}
    name = case_of(one).replace(" D=1", "")
    family = {"network": "exact", **labels, "seed": 0}
    report = reporter(len(job.blocks), "block")
    tensor_of = cache(residues)
    found: list[Point] = []
    for number, block in enumerate(job.blocks, start=1):
        depths = range(1, job.layers + 1)
        for start, depth, widths in block_widths(one, block, job.one_layer_widths, depths, tensor_of):
            case = f"{name} block {block} D_0={start} n_c={depth}"
            own = {**family, "block_sites": block, "layers": depth, "one_layer_width": start, "case": case}
            own["fits"] = widths["front_width"] >= one.local_dimension
            if depth > 1:
                found.append((depth, math.log(start), math.log(widths["smallest_width"])))
            for quantity, value in widths.items():
                yield {**own, "quantity": quantity, "value": float(value)}
        report(number, f"{block} sites")
    boundaries = 2 if one.periodic else 1
    stated = {model: stated_constant(model, one.kernel, one.local_dimension, boundaries) for model in MODELS}
    yield from model_rows({**family, "case": name}, found, stated, whole=True)


def block_widths(
    one: OverlappingShape,
    block: int,
    starts: Sequence[int],
    depths: Sequence[int],
    tensor_of: Callable[[OverlappingShape], np.ndarray],
) -> Iterator[tuple[int, int, dict[str, int]]]:
    """D_0, n_c, and the smallest width by exact rank, by the front's formula and by the min-cut, the root law's width,
    and for more than one layer the weights that this takes beside those of one layer.

    Args:
        one: the family's network of one layer.
        block: how many of the first sites are on one side of the partition.
        starts: widths D_0 of one layer, whose ranks are to be reached; those above their rank are left out.
        depths: numbers of layers.
        tensor_of: a network's coefficient tensor over the prime field.
    """
    inside = range(block)
    laws: dict[str, Callable[[int, int], int]] = {
        "smallest_width": cache(lambda depth, width: exact_rank(tensor_of(deepened(one, depth, width)), inside)),
        "front_width": lambda depth, width: front(deepened(one, depth, width), block),
        "cut_width": cache(lambda depth, width: predicted_rank(deepened(one, depth, width), inside)),
    }
    for start, depth in product(starts, depths):
        target = laws["smallest_width"](1, start)
        if target < start:  # the block can't show so many channels
            continue
        widths = {name: smallest(partial(law, depth), target, start) for name, law in laws.items()}
        root = predicted("root", np.asarray(depth), np.log(start), np.asarray(0.0), whole=True)
        widths["root_width"] = round(math.exp(float(root)))
        if depth > 1:
            widths["needed_weights"] = deepened(one, depth, widths["smallest_width"]).parameters
            widths["one_layer_weights"] = deepened(one, 1, start).parameters
        yield start, depth, widths


def deepened(one: OverlappingShape, layers: int, width: int) -> OverlappingShape:
    """The family's network of so many layers of that width."""
    return replace(one, widths=(width,) * layers)


def residues(shape: OverlappingShape) -> np.ndarray:
    """Coefficient tensor of random weights over the prime field, shape (M, …, M)."""
    generator = stream("depth channels " + word_of(shape))
    return coefficient_tensor(shape, draw(shape, PRIME_FIELD, generator), PRIME_FIELD)


def front(shape: OverlappingShape, block: int) -> int:
    """Rank by the front's formula; it knows nothing of networks of one channel, which are products over the sites."""
    return front_rank(shape, (block,)) if shape.widths[0] > 1 else 1


def smallest(rank_of: Callable[[int], int], target: int, most: int) -> int:
    """Smallest width from 1 to `most` whose rank reaches the target, for ranks that never fall as the width rises.

    They never do: a network is a wider one some of whose channels have zero weights.

    >>> smallest(lambda width: 4 * width, target=18, most=18)
    5
    """
    return 1 + bisect_left(range(1, most), target, key=rank_of)


def model_rows(labels: Row, found: Sequence[Point], stated: Mapping[str, float], whole: bool) -> Iterator[Row]:
    """Constant and misfit of every model over (n_c, ln D_0, ln D), n_c ≥ 2: fitted, and as stated for those given."""
    if not found:  # no block showed the channels of any D_0
        return
    layers, start, widths = (np.asarray(column) for column in zip(*found, strict=True))
    kinds = [
        ("stated", model, Fit(value, misfit(model, layers, start, widths, value, whole)))
        for model, value in stated.items()
    ]
    kinds += [("fitted", model, fitted(model, layers, start, widths, whole)) for model in MODELS]
    for kind, model, fit in kinds:
        own = {**labels, "model": model, "constants": kind}
        yield {**own, "quantity": "model_constant", "value": fit.constant}
        yield {**own, "quantity": "misfit", "value": fit.misfit}


def target_function(name: str, sites: int, seed: int) -> np.ndarray:
    """A function of a ring's 2^N configurations, less its mean, shape (2^N,).

    `random`: independent normal values, another function for each seed. `run`: whether half of the ring's sites, side
    by side, are ones: the ring is crossed. `mirror`: whether the configuration is its own mirror image.
    """
    bits = np.indices((2,) * sites).reshape(sites, -1)
    if name == "random":
        values = stream("depth channels target", sites, seed).normal(size=2**sites)
    elif name == "run":
        half = [bits[(start + np.arange(sites // 2)) % sites].all(axis=0) for start in range(sites)]
        values = np.any(half, axis=0).astype(float)
    else:
        values = (bits == bits[::-1]).all(axis=0).astype(float)
    return np.asarray(values - values.mean())


def trained(job: Trained) -> Iterator[Row]:
    """Errors of fitted networks by depth and width, and what follows for the widths that reach one layer's error.

    A ring of binary sites, weights per location. Every network has the same steps and restarts. One restart of several
    layers begins with the function of one layer less of as many channels, or the most below.
    """
    from convac.training.full_batch import Fit, RingNetwork, fitted

    seeds = seeds_of(job.seeds)
    owners = list(product(job.targets, seeds))
    targets = np.stack([target_function(name, job.sites, seed) for name, seed in owners])
    labels = {"network": job.network, "sites": str(job.sites), "kernel": job.kernel, "local_dimension": 2}
    tried = dict(enumerate(job.widths, start=1))
    errors: dict[int, np.ndarray] = {}
    below: dict[int, Fit] = {}
    report = reporter(len(tried), "depth")
    for depth, widths in tried.items():
        network, fits = RingNetwork(job.network, job.sites, job.kernel, depth), {}
        for width in widths:
            shallower = below.get(max((known for known in below if known <= width), default=0))
            own_seeds = [seed for _, seed in owners]
            fits[width] = fitted(network, targets, own_seeds, width, job.rates, job.steps, shallower)
        made = np.stack([fit.errors for fit in fits.values()], axis=1)
        errors[depth] = np.minimum.accumulate(made, axis=1)  # a wide network can be a narrow one
        yield from error_rows(labels, owners, tried, errors, depth)
        below = fits
        report(depth, f"n_c={depth}")
    for number, (target, seed) in enumerate(owners):
        own = {**labels, "target": target, "seed": seed}
        yield from reached_rows(own, tried, {depth: values[number] for depth, values in errors.items()})


def error_rows(
    labels: Row,
    owners: Sequence[tuple[str, int]],
    tried: Mapping[int, Sequence[int]],
    errors: Mapping[int, np.ndarray],
    depth: int,
) -> Iterator[Row]:
    """Errors of one depth and, of widths that were tried there, too, those of one layer less."""
    widths, fewer = tried[depth], tried.get(depth - 1, ())
    for number, (target, seed) in enumerate(owners):
        for place, width in enumerate(widths):
            own = {**labels, "target": target, "layers": depth, "width": width, "seed": seed}
            yield {**own, "quantity": "relative_error", "value": float(errors[depth][number, place])}
            if width in fewer:
                value = float(errors[depth - 1][number, fewer.index(width)])
                yield {**own, "quantity": "shallower_error", "value": value}


def reached_rows(labels: Row, tried: Mapping[int, Sequence[int]], errors: Mapping[int, np.ndarray]) -> Iterator[Row]:
    """Widths that reach the errors of one layer, the exponents of D_0 in them, and the models' misfits.

    Args:
        labels: of every row.
        tried: widths by depth, 1 for those of one layer, D_0.
        errors: of these widths, by depth.
    """
    found: list[Point] = []
    for depth in sorted(set(tried) - {1}):
        reached = [width_reaching(tried[depth], errors[depth], float(bar)) for bar in errors[1]]
        points = [
            (depth, math.log(start), width) for start, width in zip(tried[1], reached, strict=True) if width is not None
        ]
        for _, start, width in points:
            own = {**labels, "layers": depth, "one_layer_width": round(math.exp(start))}
            root = predicted("root", np.asarray(depth), np.asarray(start), np.asarray(0.0), whole=False)
            yield {**own, "quantity": "smallest_width", "value": math.exp(width)}
            yield {**own, "quantity": "root_width", "value": math.exp(float(root))}
        above = [point for point in points if point[2] > math.log(tried[depth][0])]
        # of some bars alone, or with widths at the least that was tried, the exponent would be another one
        if len(above) == len(reached) > 1:
            own = {**labels, "layers": depth}
            slope, start = np.polyfit([start for _, start, _ in points], [width for _, _, width in points], 1)
            yield {**own, "quantity": "width_exponent", "value": float(slope)}
            yield {**own, "quantity": "width_prefactor", "value": math.exp(start)}
            yield {**own, "quantity": "root_exponent", "value": 1 / depth}
        found += points
    if found:
        yield from model_rows(labels, found, {"root": 0.0}, whole=False)


def width_reaching(widths: Sequence[int], errors: np.ndarray, bar: float) -> float | None:
    """ln of the width at which the error reaches the bar, None where no width does.

    Between two widths ln D is interpolated along ln error; the first width tried stands for all below.

    Args:
        widths: ascending.
        errors: of these widths, never rising.
        bar: an error.

    >>> width = width_reaching((2, 4, 8), np.array([0.8, 0.4, 0.1]), 0.2)
    >>> round(math.exp(width), 3)
    5.657
    """
    if errors[-1] > bar:
        return None
    first = int(np.argmax(errors <= bar))
    if first == 0:
        return math.log(widths[0])
    between = slice(first - 1, first + 1)
    logs = np.log(np.maximum(errors[between], TINY))
    return float(np.interp(-math.log(max(bar, TINY)), -logs, np.log(widths[between])))


ROWS: dict[type[JobSpec], Callable[[Any], Iterator[Row]]] = {
    Family: ranks,
    SearchedFamilies: searched.ranks,
    Trained: trained,
}
