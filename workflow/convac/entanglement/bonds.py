"""The bonds of any tree: their Schmidt spectra, and the tree with them cut, for circuits and tree tensor networks."""

from typing import overload

import numpy as np

from convac.arrays import number
from convac.circuits.tree import Circuit
from convac.circuits.tree_tensors import TreeTensorNetwork
from convac.entanglement import tree_bonds, truncation
from convac.entanglement.limits import MEMORY, SECONDS, Limits
from convac.entanglement.mincut import HasCircuit, circuit_of
from convac.entanglement.precision import LARGEST_ERROR


def bond_spectra(
    source: Circuit | TreeTensorNetwork | HasCircuit,
    *,
    largest_error: float = LARGEST_ERROR,
    memory_limit: float = MEMORY,
    time_limit: float = SECONDS,
) -> list[np.ndarray]:
    """Schmidt probabilities of every bond: the sites below it against all other sites and the class.

    Args:
        source: a circuit, anything with `.circuit()`, or a tree tensor network.
        largest_error: of the entropy of any bond, in nats.
        memory_limit: bytes.
        time_limit: seconds of one core.

    Returns:
        Descending, sum 1, zeros where a bond has fewer. Of a circuit one array per level 1..L, shape (positions after
        it, width); of a tree tensor network one per node, shape (channels,), the sites' first.

    Raises:
        ArgumentError: the tensor is zero, or cancels below rounding, or the source isn't one.
        PrecisionError: rounding leaves a larger error.
        MemoryLimitError, TimeLimitError: the bonds would pass a limit; before allocating.

    Source: hierarchical SVD, Grasedyck 2010 (10.1137/090764189).

    >>> from convac.circuits.exchange import from_mps
    >>> bond_spectra(from_mps([np.eye(2)[None], np.eye(2)[:, None, :]]))[0].round(12).tolist()
    [0.5, 0.5]
    """
    largest = number(largest_error, "largest_error", above=0, infinite=True)
    if isinstance(source, TreeTensorNetwork):
        return tree_bonds.network_bond_spectra(source, largest, memory_limit, time_limit)
    return truncation.bond_spectra(circuit_of(source), None, largest, memory_limit, time_limit)


@overload
def truncated(
    source: TreeTensorNetwork, rank: int, *, memory_limit: float = MEMORY, time_limit: float = SECONDS
) -> TreeTensorNetwork: ...


@overload
def truncated(
    source: Circuit | HasCircuit, rank: int, *, memory_limit: float = MEMORY, time_limit: float = SECONDS
) -> Circuit: ...


def truncated(
    source: Circuit | TreeTensorNetwork | HasCircuit,
    rank: int,
    *,
    memory_limit: float = MEMORY,
    time_limit: float = SECONDS,
) -> Circuit | TreeTensorNetwork:
    """A tree with every bond but the class's and the sites' cut to its top `rank` Schmidt vectors.

    The squared error, relative to the squared norm of the state, is at most the sum over these bonds of the
    probabilities that they discard (`bond_spectra`), and at least the largest of them. Widths stay as they are.

    Args:
        source: a circuit, anything with `.circuit()`, or a tree tensor network.
        rank: χ ≥ 1.
        memory_limit: bytes.
        time_limit: seconds of one core.

    Raises:
        ArgumentError: the rank is below 1, the tensor is zero, or channels of a bond differ by more than floats hold.
        MemoryLimitError, TimeLimitError: the bonds would pass a limit; before allocating.

    Source: hierarchical SVD, Grasedyck 2010 (10.1137/090764189); tree tensor networks, quant-ph/0511070.

    >>> from convac import PoolingTree, measure, random_circuit
    >>> circuit = random_circuit(PoolingTree.named("line", (8,)), 2, (3, 3, 3), np.random.default_rng(0))
    >>> measure(truncated(circuit, 2), [0, 1, 2, 3]).schmidt_number
    2
    """
    Limits(memory_limit, time_limit)  # refused even where nothing has to be cut
    if isinstance(source, TreeTensorNetwork):
        return tree_bonds.truncated_network(source, rank, memory_limit, time_limit)
    return truncation.truncated(circuit_of(source), rank, None, memory_limit, time_limit)
