"""Schmidt decompositions of every bond of a tree tensor network, node by node, and its truncation.

A bond is the edge above a node: it parts the sites below from all others and the class, as for circuits
(`truncation`), whose arithmetic serves here too. Weights may be complex.

Source: hierarchical SVD, Grasedyck 2010 (10.1137/090764189); tree tensor networks, quant-ph/0511070.
"""

from collections.abc import Sequence
from itertools import accumulate

import numpy as np

from convac.arrays import integer
from convac.circuits.tree_tensors import TreeTensorNetwork
from convac.entanglement import precision
from convac.entanglement.bond_costs import PASSES, SVD
from convac.entanglement.factors import Factor, joined, mapped, units_of
from convac.entanglement.limits import HANDLING, MEMORY, SECONDS, Limits
from convac.entanglement.precision import LARGEST_ERROR
from convac.entanglement.truncation import Bonds, decomposed, projectors
from convac.progress import reporter


def network_bonds(
    network: TreeTensorNetwork, memory_limit: float = MEMORY, time_limit: float = SECONDS
) -> tuple[Bonds, ...]:
    """The Schmidt decomposition of the bond above every node, the root's parting the sites from the class.

    Raises:
        ArgumentError: the tensor is zero, or cancels below rounding.
        MemoryLimitError, TimeLimitError: the bonds would pass a limit; before allocating.
    """
    Limits(memory_limit, time_limit).check("truncation", *needed(network))
    count = len(network.order)
    report = reporter(2 * count, "node", patient=True)
    below: dict[int, Factor] = {}
    pooled: dict[int, list[Factor]] = {}
    for done, node in enumerate(network.order, start=1):
        if node < network.sites:
            below[node] = units_of(network.weights[node].shape[1])
        else:
            pooled[node] = from_each_on(
                [mapped(below[child], network.weights[child]) for child in network.children[node]]
            )
            below[node] = pooled[node][0]
        report(done, "bonds, up")
    above = {network.root: mapped(units_of(network.classes), network.weights[network.root].T)}
    found: list[Bonds | None] = [None] * count
    for done, node in enumerate(reversed(network.order), start=count + 1):
        found[node] = decomposed(below[node], above[node])
        if node >= network.sites:
            children = network.children[node]
            before, later = above.pop(node), [*pooled.pop(node)[1:], None]
            for child, after in zip(children, later, strict=True):
                weight = network.weights[child]
                above[child] = mapped(before if after is None else joined(before, after), weight.T)
                before = before if after is None else joined(before, mapped(below[child], weight))
        report(done, "bonds, down")
    return tuple(bond for bond in found if bond is not None)


def from_each_on(factors: Sequence[Factor]) -> list[Factor]:
    """The product pooling of each factor with all after it.

    One by one: each keeps its own count of roundings. Side by side, as windows of equal nodes go, all would have the
    largest, and down a chain it would double at every node.
    """
    return list(accumulate(reversed(factors), joined))[::-1]


def needed(network: TreeTensorNetwork) -> tuple[int, int]:
    """Bytes and operations of `network_bonds`, from shapes alone."""
    held = largest = operations = 0
    for node, weight in enumerate(network.weights):
        out, into = weight.shape
        many = len(network.children[node])
        held += (4 * many + 8) * into**2 + 2 * out * into
        largest = max(largest, 5 * many * into**3)
        operations += 3 * many * (2 * into**4 + PASSES * into**3 + 4 * HANDLING) + 4 * into * out * (into + out)
        operations += SVD * into**3 + 8 * HANDLING
    widen, slow = (2, 4) if network.is_complex else (1, 1)
    return 8 * widen * (held + largest), slow * operations


def network_bond_spectra(
    network: TreeTensorNetwork,
    largest_error: float = LARGEST_ERROR,
    memory_limit: float = MEMORY,
    time_limit: float = SECONDS,
) -> list[np.ndarray]:
    """Schmidt probabilities of the bond above every node, as of `truncation.bond_spectra`, shape (channels,) each."""
    spectra = []
    for bond, weight in zip(network_bonds(network, memory_limit, time_limit), network.weights, strict=True):
        precision.accepted(float(bond.precision().max()), largest_error, "truncation", "cancelling channels")
        weights = (bond.values[0] / bond.values[0, 0]) ** 2
        spectra.append(np.pad(weights / weights.sum(), (0, weight.shape[1] - len(weights))))
    return spectra


def truncated_network(
    network: TreeTensorNetwork, rank: int, memory_limit: float = MEMORY, time_limit: float = SECONDS
) -> TreeTensorNetwork:
    """The network with the bond above every inner node but the root cut to its top `rank` Schmidt vectors.

    The squared error is bounded as that of `truncation.truncated`. Shapes stay; sites' own bonds are left as they are.
    """
    rank = integer(rank, "rank", least=1)
    inner = [node for node in range(network.sites, len(network.parents)) if node != network.root]
    if rank >= max((network.weights[node].shape[1] for node in inner), default=1):
        return network
    bonds, weights = network_bonds(network, memory_limit, time_limit), list(network.weights)
    for node in inner:
        if rank < min(weights[node].shape[1], bonds[node].values.shape[1]):
            weights[node] = weights[node] @ projectors(bonds[node], rank)[0]
    return TreeTensorNetwork(network.shape, network.parents, tuple(weights))
