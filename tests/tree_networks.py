"""Random trees of tensors for tests: with unequal children, one-child nodes and sites at any level."""

import math

import numpy as np

from convac.circuits.tree_tensors import random_tree_network


def random_parents(sites, generator):
    """The parents of a random tree whose leaves are the sites."""
    parents, loose = [-1] * sites, list(range(sites))
    while True:
        count = int(generator.integers(1, min(4, len(loose)) + 1))
        picked = [loose.pop(int(generator.integers(len(loose)))) for _ in range(count)]
        for node in picked:
            parents[node] = len(parents)
        parents.append(-1)
        if not loose:
            return tuple(parents)
        loose.append(len(parents) - 1)


def random_network(seed, sites=None, classes=1):
    """A random network over 3 to 6 sites, or as many as are asked for; two of three seeds are complex."""
    generator = np.random.default_rng(seed)
    count = int(generator.integers(3, 7)) if sites is None else sites
    parents = random_parents(count, generator)
    widths = generator.integers(1, 5, len(parents) - count)
    complex_weights = seed % 3 > 0
    network = random_tree_network(
        (count,), parents, 2 + seed % 2, widths, generator, complex_weights=complex_weights, classes=classes
    )
    return network, random_mask(count, generator)


def random_mask(count, generator):
    """A proper subset of the sites."""
    mask = np.zeros(count, dtype=bool)
    mask[generator.permutation(count)[: generator.integers(1, count)]] = True
    return mask


def normal(generator, shape, complex_numbers):
    """Independent normal numbers of about unit length in all."""
    values = generator.normal(size=shape)
    values = values + 1j * generator.normal(size=shape) if complex_numbers else values
    return values / math.sqrt(math.prod(shape))


def random_tensors(seed, nodes=6):
    """Parents and tensors of a random tree in which some nodes have no site: axes parent, children, site."""
    generator = np.random.default_rng(seed)
    parents = (-1, *(int(generator.integers(node)) for node in range(1, nodes)))
    bonds = generator.integers(1, 5, nodes)
    tensors = []
    for node, parent in enumerate(parents):
        children = [child for child in range(nodes) if parents[child] == node]
        shape = ([bonds[node]] if parent >= 0 else []) + [bonds[child] for child in children]
        if not children or generator.random() < 0.7:
            shape.append(int(generator.integers(2, 4)))
        tensors.append(normal(generator, shape, seed % 2 == 1))
    return parents, tensors
