"""Circuits that are hard for floating point, and their tensors listed without rounding, as `exact_tables` does it.

`python tests/exact_listing.py 10000` checks that many; `tests/physics/test_exact_listing.py` some.
"""

import math
from functools import reduce

import numpy as np
from exact_tables import faults, fractions, matricized, part, report, spectrum, wide

from convac.circuits.tree import Circuit
from convac.entanglement.measure import measure
from convac.geometry.trees import PoolingTree

WINDOWS = [(2,), (3,), (5,), (2, 2), (2, 3), (3, 2), (2, 2, 2), (4, 2), (6,)]


def hard_weights(generator, shape):
    """Weights whose rows cancel, coincide nearly, are degenerate, or of any size."""
    weights = generator.normal(size=shape)
    for _ in range(generator.integers(0, 4)):
        change = generator.integers(7)
        rows = weights.shape[-2]
        if change == 0:  # all rows near one
            weights = weights[..., :1, :] + part(generator) * generator.normal(size=shape)
        elif change == 1:  # a row that is nearly the negative of another, or zero
            weights[..., rows - 1, :] = -weights[..., 0, :] * (1 + part(generator))
        elif change == 2:
            weights = generator.integers(-2, 3, shape).astype(float)
        elif change == 3:  # one column the negative of another: channels that cancel if they are equal
            weights[..., -1] = -weights[..., 0] * (1 + part(generator))
        elif change == 4:
            size = [shape, (*shape[:-1], 1), (1, shape[-1]), (1,)][generator.integers(4)]
            weights = weights * 10.0 ** generator.uniform(-100, 100, size)
        elif change == 5:
            weights = np.broadcast_to(np.eye(*shape[-2:]), shape).copy()
        else:
            weights = np.abs(weights)
    return weights


def hard_circuit(seed, classes=1):
    """A small circuit, and some of its sites."""
    generator = np.random.default_rng(seed)
    windows = WINDOWS[generator.integers(len(WINDOWS))]
    sites = math.prod(windows)
    tree = PoolingTree((sites,), tuple(generator.permutation(sites).tolist()), windows)
    channels = local = int(generator.integers(2, 4 if sites < 6 else 3))
    weights = []
    for positions in tree.positions[: tree.levels]:
        shape = (int(generator.integers(1, 5)), channels)
        weights.append(hard_weights(generator, (positions, *shape) if generator.integers(2) else shape))
        channels = shape[0]
    output = hard_weights(generator, (classes, channels))
    if generator.integers(2) and channels > 1:  # what is left is small
        output[0, 0] = -output[0, 1:].sum() * (1 + part(generator))
    inside = generator.permutation(sites)[: generator.integers(1, sites)].tolist()
    return Circuit(tree, local, tuple(weights), output), inside


def exact_weights(circuit):
    """All weights of a circuit in fractions, the output last."""
    return [fractions(array) for array in (*circuit.weights, circuit.output)]


def exact_tensor(circuit, weights=None):
    """The coefficient tensors of all classes in fractions, shape (classes, M, …, M), sites in row-major order.

    Of the circuit's own weights, or of others of the same shapes, as `exact_weights` gives them.
    """
    sites, local = circuit.tree.sites, circuit.local_dimension
    *maps, output = exact_weights(circuit) if weights is None else weights
    nodes = [fractions(np.eye(local))] * sites
    for weight, window in zip(maps, circuit.tree.windows, strict=True):
        located = np.broadcast_to(weight, (len(nodes), *weight.shape[-2:]))
        mapped = [node.dot(each.T) for node, each in zip(nodes, located, strict=True)]
        nodes = [reduce(pooled, mapped[start : start + window]) for start in range(0, len(mapped), window)]
    values = nodes[0].dot(output.T).T
    tensor = values.reshape(circuit.classes, *(local,) * sites)
    return tensor.transpose(0, *(1 + np.argsort(circuit.tree.order)))


def pooled(left, right):
    """Product pooling of (entries, channels): entries join, the first node's slowest."""
    return (left[:, None, :] * right[None, :, :]).reshape(-1, left.shape[1])


def checked_engine(engine):
    """A check of one engine."""

    def check(seed, counts):
        circuit, inside = hard_circuit(seed)
        truth = spectrum(wide(matricized(exact_tensor(circuit)[0], inside)))
        return faults(lambda: measure(circuit, inside, engine=engine, largest_error=math.inf), truth, counts)

    check.__name__ = engine
    return check


if __name__ == "__main__":
    report([checked_engine(engine) for engine in ("brute", "spectrum", "renyi2")])
