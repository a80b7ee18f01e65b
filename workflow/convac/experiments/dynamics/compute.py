"""Bond spectra of factorizations on their way down, and when each Schmidt pair of the last one enters.

Source: 2201.11729 (small initialisation); following pairs by identity is ours.
"""

import math
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from convac.claims.ranks import kendall
from convac.entanglement.measures import entropy
from convac.entanglement.sources import site_grams
from convac.entanglement.tracking import Tracked, tracked
from convac.experiments.dynamics.jobs import Descent
from convac.geometry.trees import PoolingTree
from convac.progress import reporter
from convac.specs.tables import table_of
from convac.targets.functions import every_image, listed

Row = dict[str, Any]

SIDES = (4, 4)  # pixels of an image
PATCH = 2  # pixels of a row that are a site
TREE = PoolingTree.named("square", (SIDES[0], SIDES[1] // PATCH), (2, 2, 2))
ROWS, HALVES = 1, 2  # levels: rows of pixels against all others, and the upper against the lower half
DISTINCT = {ROWS: TREE.positions[1], HALVES: 1}  # both halves have one cut
FIRST = 10  # the first step after the start at which spectra are taken
ENTERED = 0.5  # of a pair's final weight: it has entered
SMALLEST = 0.01  # Schmidt coefficient of a final pair that is followed
HALF = 0.5  # of the error to begin with, at which starts are compared
PAIRS = 6  # of the first seed's curves


class Followed(NamedTuple):
    """The Schmidt pairs of one bond of the final network.

    Attributes:
        final: coefficients, descending, shape (k,).
        weights: at every moment, shape (moments, k).
        entries: number of the moment from which a pair has entered, shape (k,).
    """

    final: np.ndarray
    weights: np.ndarray
    entries: np.ndarray


def compute(job: Descent) -> pd.DataFrame:
    """One task from one start: columns level, bond, vector, moment, seed, quantity, value."""
    from convac.training.factorization import Factorization, descended

    family = Factorization(TREE, 2**PATCH, job.width)
    moments = moments_of(job.steps, job.moments)
    path = descended(family, target(job.task), job.seeds, job.scale, rate=job.rate, steps=job.steps, moments=moments)
    gram = site_grams(symbols(every_image(SIDES)), family.local_dimension)
    report = reporter(len(job.seeds), "seed")
    found: list[Row] = []
    for number, seed in enumerate(job.seeds):
        final = path.circuit(family, len(path.moments) - 1, number)
        states = [tracked(path.circuit(family, at, number), final, gram) for at in range(len(path.moments))]
        errors = path.losses[:, number]
        rows = [*through(path.moments, states, errors), *entered(path.moments, states)]
        rows += curves(path.moments, states) if number == 0 else []
        found += [{**row, "seed": seed} for row in rows]
        report(number + 1, f"error {errors[-1]:.3f}")
    return table_of(found)


def moments_of(steps: int, count: int) -> tuple[int, ...]:
    """The start and at most `count` steps to the last one, evenly in their logarithm.

    >>> moments_of(1000, 3)
    (0, 10, 100, 1000)
    """
    return (0, *sorted({round(step) for step in np.geomspace(min(FIRST, steps), steps, count)}))


def target(task: str) -> np.ndarray:
    """Labels of all images less their mean, of mean square 1, shape (2^16,), sites in the tree's order."""
    values = listed(task, SIDES).astype(float).reshape((2**PATCH,) * TREE.sites).transpose(TREE.order).ravel()
    values = values - values.mean()
    return np.asarray(values / np.sqrt(np.mean(values**2)))


def symbols(images: np.ndarray) -> np.ndarray:
    """Images as their sites: the pixels of a site as a binary number, shape (n, N).

    >>> symbols(np.array([[[True, False, False, True]]])).tolist()
    [[2, 1]]
    """
    pixels = images.reshape(len(images), -1, PATCH)
    return np.asarray(pixels @ (1 << np.arange(PATCH)[::-1]))


def through(moments: Sequence[int], states: Sequence[Sequence[Tracked]], errors: np.ndarray) -> Iterator[Row]:
    """Error and mean bond entropy of every level at every moment, the least entropy, and that at half of the error."""
    for moment, error in zip(moments, errors, strict=True):
        yield {"moment": moment, "quantity": "fit_error", "value": float(error)}
    early = next((at for at, error in enumerate(errors) if error <= HALF), None)
    for level, count in DISTINCT.items():
        means = [float(np.mean([entropy(own) for own in levels[level - 1].values[:count]])) for levels in states]
        for moment, mean in zip(moments, means, strict=True):
            yield {"moment": moment, "level": level, "quantity": "bond_entropy", "value": mean}
        yield {"level": level, "quantity": "least_entropy", "value": min(means)}
        if early is not None:
            yield {"level": level, "quantity": "early_entropy", "value": means[early]}


def entered(moments: Sequence[int], states: Sequence[Sequence[Tracked]]) -> Iterator[Row]:
    """When the pairs of every bond enter, how they rank, and when a level's second pairs do."""
    for level, count in DISTINCT.items():
        orders, controls, seconds = [], [], []
        for bond in range(count):
            found = followed(states, level, bond)
            steps = [max(moments[entry], 1) for entry in found.entries]
            for vector, (size, step) in enumerate(zip(found.final, steps, strict=True), start=1):
                pair = {"level": level, "bond": bond, "vector": vector}
                yield {**pair, "quantity": "final_weight", "value": float(size)}
                yield {**pair, "quantity": "entry_step", "value": float(step)}
            if len(steps) > 1:
                seconds.append(math.log(steps[1]))
            if len(steps) > 2:
                orders.append(order(found.final, np.array(steps, dtype=float)))
                controls.append(order(found.final, unfactorised(found)))
        if seconds:
            yield {"level": level, "quantity": "second_entry", "value": math.exp(np.mean(seconds))}
        if orders:
            yield {"level": level, "quantity": "entry_order", "value": float(np.mean(orders))}
            yield {"level": level, "quantity": "unfactorised_order", "value": float(np.mean(controls))}


def followed(states: Sequence[Sequence[Tracked]], level: int, bond: int) -> Followed:
    """The final pairs of one bond that are large enough, at every moment."""
    final = states[-1][level - 1].final[bond]
    kept = final >= SMALLEST
    weights = np.stack([levels[level - 1].weights[bond] for levels in states])[:, kept]
    return Followed(final[kept], weights, entries(weights))


def entries(weights: np.ndarray) -> np.ndarray:
    """Number of the moment from which each column stays at or above `ENTERED` of its last value.

    >>> entries(np.array([[0.0, 0.6], [0.7, 0.2], [1.0, 1.0]])).tolist()
    [1, 2]
    """
    below = weights < ENTERED * weights[-1]
    return np.asarray((len(below) - np.argmax(below[::-1], axis=0)) * below.any(axis=0))


def unfactorised(found: Followed) -> np.ndarray:
    """When each pair would enter if the tensor itself were descended, from the same start to the same end, shape (k,).

    Its gradient flow is A(t) = A(∞) + e^{-t} (A(0) − A(∞)), so that a pair has half of its weight σ from the moment on
    when e^{-t} (σ − w) = σ / 2, w its weight at the start: nearly at once for all where w is small.
    """
    left = 1 - found.weights[0] / found.weights[-1]
    return np.asarray(np.log(np.maximum(left / (1 - ENTERED), 1.0)))


def order(sizes: np.ndarray, steps: np.ndarray) -> float:
    """Kendall's τ-b between the size of pairs and how early they enter: 1 where larger ones come first.

    >>> order(np.array([0.9, 0.4, 0.1]), np.array([10.0, 20.0, 30.0]))
    1.0
    """
    return float(kendall(np.ones((1, len(sizes))), sizes, -steps)[0])


def curves(moments: Sequence[int], states: Sequence[Sequence[Tracked]]) -> Iterator[Row]:
    """Weights of the largest final pairs of the cut into halves, at every moment."""
    found = followed(states, HALVES, 0)
    for moment, weights in zip(moments, found.weights, strict=True):
        for vector, value in enumerate(weights[:PAIRS], start=1):
            pair = {"level": HALVES, "bond": 0, "vector": vector, "moment": moment}
            yield {**pair, "quantity": "tracked_weight", "value": float(value)}
