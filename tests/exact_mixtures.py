"""Tensorial mixtures whose probabilities are of any size, against sums over all states in fractions.

`python tests/exact_mixtures.py 10000` checks that many; `tests/physics/test_rounding_of_mixtures.py` some.
"""

import math
from fractions import Fraction
from functools import reduce
from itertools import product

import numpy as np
from exact_tables import WIDE, fractions, report

from convac.geometry.trees import PoolingTree
from convac.mixtures.entropies import exact_mappings
from convac.mixtures.leaves import LEAST_PROBABILITY, Categorical
from convac.mixtures.likelihood import improved
from convac.mixtures.model import TensorialMixture

WINDOWS = [(2,), (3,), (4,), (2, 2)]
SEEN = 1e-100  # counts below it may have lost digits: what is fitted to them is left open


def hard_rows(generator, shape):
    """Distributions along the last axis whose shares are alike, apart by up to 10^300, or zero."""
    logs = generator.uniform(-generator.choice([0.0, 3.0, 300.0]), 0, shape)
    shares = 10.0**logs * (generator.random(shape) < generator.choice([1.0, 0.7]))
    if generator.integers(2):  # nothing but extremes, so that what one table all but forbids another all but demands
        shares = generator.choice([0.0, 1e-300, 1e-150, 1.0], shape)
    shares[..., 0] = np.where(shares.sum(axis=-1) > 0, shares[..., 0], 1.0)
    if generator.integers(4) == 0:  # rows that all but coincide
        shares = shares[..., :1, :] * (1 + 10.0 ** -generator.uniform(5, 17) * generator.random(shape))
    return shares / shares.sum(axis=-1, keepdims=True)


def hard_mixture(seed):
    """A small mixture over symbols, and images that may be impossible."""
    generator = np.random.default_rng(seed)
    windows = WINDOWS[generator.integers(len(WINDOWS))]
    sites = math.prod(windows)
    tree = PoolingTree((sites,), tuple(generator.permutation(sites).tolist()), windows)
    states = int(generator.integers(1, 3 if sites == 4 else 4))
    symbols = int(generator.integers(2, 4))
    alike = bool(generator.integers(2))  # then what sets states apart adds up over the sites
    leaves = hard_rows(generator, (1 if alike else sites, states, symbols))
    leaves = Categorical(np.broadcast_to(leaves, (sites, states, symbols)).copy())
    tables = [hard_rows(generator, (positions, states, states)) for positions in tree.positions[: tree.levels]]
    prior = hard_rows(generator, (1, states))[0]
    values = generator.integers(0, symbols, (4, 1 if alike else sites)) * np.ones((1, sites), dtype=int)
    return TensorialMixture(tree, leaves, tuple(tables), prior), values


def log_of(value):
    """ln of a fraction of any size; −∞ of 0."""
    if not value:
        return -math.inf
    power = value.numerator.bit_length() - value.denominator.bit_length()
    return math.log(value / Fraction(2) ** power) + power * math.log(2)


def nodes(model):
    """Tables of all nodes in fractions, from the sites up: per level (positions, states above, states)."""
    return [fractions(table) for table in model.mappings]


def below(model, values):
    """P(φ | d) in fractions, per level 0 … L + 1 rows of states by position; the last is P(X)."""
    order, leaves = model.tree.order, fractions(model.leaves.probabilities)
    found = [[leaves[site, :, values[site]] for site in order]]
    for table, window in zip(nodes(model), (*model.tree.windows, 1), strict=True):
        mixed = [each.dot(own) for each, own in zip(table, found[-1], strict=True)]
        found.append([reduce(np.multiply, mixed[start : start + window]) for start in range(0, len(mixed), window)])
    return found


def checked_likelihood(seed, counts):
    """What is wrong with ln P of some images."""
    model, images = hard_mixture(seed)
    wrong = []
    for image, value in zip(images, model.log_likelihood(images), strict=True):
        right = log_of(below(model, image)[-1][0][0])
        counts["possible" if right > -math.inf else "impossible"] += 1
        if not (value == right or counts.within(value, right, 1e-12 * (1 + abs(right)))):
            wrong.append(f"{image}: {value!r}, right {right!r}")
    return wrong


def entropy_of(probabilities):
    """−Σ p ln p of fractions in 80 bits."""
    kept = [value for value in probabilities if value]
    return float(-sum((WIDE(float(value)) * WIDE(log_of(value)) for value in kept), start=WIDE(0)))


def checked_entropies(seed, counts):
    """What is wrong with the entropies of all parts, state by state, listed image by image."""
    model, _ = hard_mixture(seed)
    leaves = fractions(model.leaves.probabilities)
    tables = [[list(leaves[site, state]) for state in range(leaves.shape[1])] for site in model.tree.order]
    wrong, found = [], exact_mappings(model, 10**6)
    for level, (mapping, window) in enumerate(zip(nodes(model), (*model.tree.windows, 1), strict=True)):
        mixed = [[list(row.dot(np.array(own, dtype=object))) for row in table]
                 for table, own in zip(mapping, tables, strict=True)]  # fmt: skip
        for side, right in (("below", tables), ("above", mixed)):
            exact = np.array([[entropy_of(state) for state in position] for position in right])
            counts["listed"] += exact.size
            apart = np.abs(getattr(found[level], side) - exact).max()
            if not counts.within(apart, 0.0, 1e-12 * (1 + exact.max())):
                wrong.append(f"level {level} {side}: {getattr(found[level], side).tolist()}, right {exact.tolist()}")
        tables = [
            [[math.prod(each) for each in product(*(child[state] for child in mixed[start : start + window]))]
             for state in range(len(mixed[0]))]
            for start in range(0, len(mixed), window)
        ]  # fmt: skip
    return wrong


def exact_counts(model, values):
    """Expected counts of (state of the parent, own state) at every node, and of (state, symbol) at every site.

    Per level (positions, states above, states), and (sites, states, symbols), in fractions.
    """
    counts = [table * 0 for table in nodes(model)]
    seen = fractions(model.leaves.probabilities) * 0
    for image in values:
        parts = below(model, image)
        if not parts[-1][0][0]:
            continue
        # P(parent's state, all that isn't below the node), the root's parent being certain
        around = [np.array([Fraction(1)], dtype=object)]
        for level in range(model.tree.levels, -1, -1):
            window = (*model.tree.windows, 1)[level]
            mixed = [table.dot(own) for table, own in zip(nodes(model)[level], parts[level], strict=True)]
            inner = []
            for place, table in enumerate(nodes(model)[level]):
                start = place - place % window
                others = [mixed[other] for other in range(start, start + window) if other != place]
                beside = reduce(np.multiply, others, around[place // window])
                counts[level][place] += np.multiply.outer(beside, parts[level][place]) * table / parts[-1][0][0]
                inner.append(beside.dot(table))
            around = inner
        for place, site in enumerate(model.tree.order):
            seen[site, :, image[site]] += around[place] * parts[0][place] / parts[-1][0][0]
    return counts, seen


def checked_step(seed, counts):
    """What is wrong with a step of expectation-maximisation."""
    model, images = hard_mixture(seed)
    possible = np.array([image for image in images if below(model, image)[-1][0][0]])
    if not len(possible):
        counts["impossible"] += 1
        return []
    better, _ = improved(model, possible)
    exact, seen = exact_counts(model, possible)
    wrong = []
    for level, (table, expected) in enumerate(zip(better.mappings, exact, strict=True)):
        wrong += rows_apart(f"level {level}", table, expected, counts)
    fitted = better.leaves.probabilities
    free = (fitted > LEAST_PROBABILITY * 1.5).all(axis=-1)  # others are raised to the bound
    return wrong + rows_apart("leaves", fitted[free], seen[free], counts)


def rows_apart(name, table, expected, counts):
    """Rows of a table that aren't those of the counts."""
    wrong = []
    for place in np.ndindex(*table.shape[:-1]):
        total = sum(expected[place])
        if total < SEEN:
            counts["unseen"] += 1
            continue
        counts["fitted"] += 1
        right = [float(value / total) for value in expected[place]]
        if not counts.within(np.abs(table[place] - right).max(), 0.0, 1e-9):
            wrong.append(f"{name} {place}: {table[place].tolist()}, right {right}")
    return wrong


if __name__ == "__main__":
    report((checked_likelihood, checked_entropies, checked_step))
