"""Brute force: the dense coefficient tensor, matricized, and its singular values. The oracle for every other engine."""

import math

import numpy as np

from convac.circuits.tree import Circuit
from convac.errors import MemoryLimitError

COEFFICIENTS = 2**20


def needed_bytes(circuit: Circuit) -> int:
    """Bytes that listing all M^N coefficients takes at its peak: a forward pass over every one-hot input."""
    largest = max(circuit.local_dimension, *circuit.widths, circuit.tree.sites)
    return 8 * 2 * coefficients(circuit) * circuit.tree.sites * largest


def coefficients(circuit: Circuit) -> int:
    """M^N, exact."""
    return math.prod([circuit.local_dimension] * circuit.tree.sites)


def singular_values(circuit: Circuit, mask: np.ndarray, memory_limit: int) -> np.ndarray:
    """Singular values of the matricization of the first class's coefficient tensor, descending.

    Args:
        circuit: a circuit of few sites; nothing is rescaled, so extreme weights over- or underflow here.
        mask: boolean, shape (N,), true inside I.
        memory_limit: bytes.

    Raises:
        MemoryLimitError: the tensor has more than 2^20 entries or the pass needs more than the limit; before
            allocating.
    """
    if coefficients(circuit) > COEFFICIENTS or needed_bytes(circuit) > memory_limit:
        raise MemoryLimitError(
            f"engine brute: {circuit.local_dimension}^{circuit.tree.sites} coefficients are too many; "
            f"accepted: at most {COEFFICIENTS} within memory_limit"
        )
    return np.linalg.svd(matricization(circuit.coefficient_tensor()[0], mask), compute_uv=False)


def matricization(tensor: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """[[A]]_I: rows are the inputs of the sites in I, columns those of the others, both in row-major site order."""
    inside, outside = np.flatnonzero(mask), np.flatnonzero(~mask)
    rows = int(np.prod([tensor.shape[axis] for axis in inside]))
    return tensor.transpose(*inside, *outside).reshape(rows, -1)
