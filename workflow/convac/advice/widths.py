"""Channels for a tree: as what its positions say about the class has directions, within a budget of parameters.

A network over a tree that computes h_y(x) ∝ p(x, y) exactly has, above a position over the sites A, at least as many
channels as the matrix p(x_A | y), rows x_A and columns y, has rank: it is what is left of h where all other sites are
summed over. The class means of (1, x_i), i ∈ A, bound that rank from below, by 1 + the rank of their differences.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate
from operator import mul

import numpy as np

from convac.advice.pairs import Sample, distinct
from convac.errors import ArgumentError
from convac.geometry.trees import PoolingTree
from convac.seeds import stream
from convac.specs.network import NetworkSpec, Sharing
from convac.specs.networks.arithmetic import ArithmeticSpec

HALVINGS = 60
LEAST = 2  # channels: one alone is a product of sites, which relates nothing
PERMUTED = 19  # permutations of the labels that tell what chance gives
CLEAR = 5  # their standard deviations by which class means are further apart, where they count


def class_ranks(sample: Sample, tree: PoolingTree) -> tuple[float, ...]:
    """Per level, 1 + the effective rank of the differences between class means on the sites of a position.

    Directions count by the squared canonical correlations λ of sites with classes, less what these are on average
    under permuted labels: the effective rank is (Σλ)²/Σλ², that of a level the mean over its positions with weights
    Σλ. 1 where single sites tell no classes apart.

    Args:
        sample: images and labels; of copies of an image one counts.
        tree: over its sites, L levels.

    Returns:
        L numbers from 1 to K, the number of classes.
    """
    chosen = distinct(sample)
    labels, generator = sample.labels[chosen], stream("advice", "ranks")
    values = np.moveaxis(sample.values[:, chosen][:, :, list(tree.order)], 0, 2)  # images, sites, colours
    drawn = [labels, *(generator.permutation(labels) for _ in range(PERMUTED))]
    means = np.stack([[values[each == name].mean(axis=0) for name in range(sample.classes)] for each in drawn])
    shares = np.bincount(labels) / len(labels)
    centre = values.mean(axis=0)
    values, apart = values - centre, (means - centre) * np.sqrt(shares)[:, None, None]
    spread = explained(values, apart).sum(axis=1)
    if spread[0] < spread[1:].mean() + CLEAR * spread[1:].std():
        return (1.0,) * tree.levels
    found = []
    for size in accumulate(tree.windows, mul):
        starts = range(0, tree.sites, size)
        every = [explained(values[:, at : at + size], apart[:, :, at : at + size]) for at in starts]
        clear = [np.maximum(each[0] - each[1:].mean(axis=0), 0) for each in every]
        totals = np.array([each.sum() for each in clear])
        ranks = [total**2 / np.square(each).sum() if total else 0.0 for each, total in zip(clear, totals, strict=True)]
        found.append(1 + float(np.average(ranks, weights=totals) if totals.any() else 0.0))
    return tuple(found)


def explained(values: np.ndarray, apart: np.ndarray) -> np.ndarray:
    """Squared canonical correlations of sites with classes, ascending; (draws, classes).

    Args:
        values: (n, sites, colours), less their mean.
        apart: (draws, classes, sites, colours), class means less the mean, times the root of the class's share.
    """
    rows = values.reshape(len(values), -1).astype(np.float64)
    differences = apart.reshape(*apart.shape[:2], -1).astype(np.float64)
    count = rows.shape[1]
    shrunk = count / (count + len(rows))  # the fewer images a direction has, the less its variance is believed
    variance = (1 - shrunk) * rows.T @ rows / len(rows) + shrunk * np.eye(count)
    whitened = np.linalg.solve(variance, differences.reshape(-1, count).T).T.reshape(differences.shape)
    return np.asarray(np.linalg.eigvalsh(differences @ np.swapaxes(whitened, 1, 2)))


def advised_widths(
    tree: PoolingTree,
    ranks: Sequence[float],
    budget: int,
    local_dimension: int,
    classes: int,
    sharing: Sharing = "shared",
) -> tuple[tuple[int, ...], int]:
    """Channels after each level, and the parameters of a ConvAC that has them.

    Channels are in proportion to the rank that a level's positions have to pass on, from 2 up to the number of
    functions of their sites that such a network can tell apart: more channels widen no min-cut.

    Args:
        tree: L levels.
        ranks: L positive numbers, see `class_ranks`.
        budget: parameters at most.
        local_dimension: M.
        classes: of the output.
        sharing: of weights, over all positions or over those at equal places in their windows.

    Raises:
        ArgumentError: the budget doesn't reach for 2 channels a level.
    """
    count = network(tree, local_dimension, classes, sharing).counter()
    caps = list(capacities(tree, local_dimension, sharing))

    def at(scale: float) -> tuple[int, ...]:
        return tuple(max(min(LEAST, cap), min(cap, round(scale * part))) for part, cap in zip(ranks, caps, strict=True))

    if count(at(0)) > budget:
        raise ArgumentError(f"budget: {budget}; accepted: at least {count(at(0))} parameters, {LEAST} channels a level")
    low, high = 0.0, float(budget) / max(ranks)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if count(at(middle)) <= budget else (low, middle)
    widths = filled(at(low), at(high), ranks, budget, count)
    return widths, count(widths)


def filled(
    widths: tuple[int, ...], above: Sequence[int], ranks: Sequence[float], budget: int, count: Callable[..., int]
) -> tuple[int, ...]:
    """Widths with single channels more, where they fall short most: towards those just above the budget, no further."""
    while True:
        options = [(*widths[:level], width + 1, *widths[level + 1 :]) for level, width in enumerate(widths)]
        fitting = [
            (ranks[level] / widths[level], option)
            for level, option in enumerate(options)
            if option[level] <= above[level] and count(option) <= budget
        ]
        if not fitting:
            return widths
        widths = max(fitting)[1]


def capacities(tree: PoolingTree, local_dimension: int, sharing: Sharing) -> Iterator[int]:
    """Per level, functions of a position's n sites that its channels can tell apart: M^n, at most a million.

    A product of one map, shared over the w sites of a window, is symmetric in them: C(M + w − 1, w) functions.
    """
    for number, size in enumerate(accumulate(tree.windows, mul)):
        symmetric = number == 0 and sharing == "shared"
        functions = math.comb(local_dimension + size - 1, size) if symmetric else local_dimension ** min(size, 64)
        yield min(10**6, functions)


def network(tree: PoolingTree, local_dimension: int, classes: int, sharing: Sharing) -> NetworkSpec:
    """The spec of a ConvAC over a tree, whose parameters are counted; its sites as a line, since places don't count."""
    return ArithmeticSpec(
        geometry="line",
        sites=(tree.sites,),
        windows=tree.windows,
        widths=(1,) * tree.levels,
        local_dimension=local_dimension,
        classes=classes,
        sharing=sharing,
    )
