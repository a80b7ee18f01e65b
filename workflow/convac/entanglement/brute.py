"""Brute force: the dense coefficient tensor, matricized, and its singular values. The oracle for every other engine."""

import math

import numpy as np

from convac.circuits.tree import Circuit
from convac.entanglement import measures
from convac.entanglement.limits import Limits
from convac.entanglement.precision import Spectrum
from convac.errors import MemoryLimitError

COEFFICIENTS = 2**20


def needed_bytes(circuit: Circuit) -> int:
    """Bytes that listing all M^N coefficients takes at its peak: a forward pass over every one-hot input."""
    largest = max(circuit.local_dimension, *circuit.widths, circuit.tree.sites)
    return 8 * 2 * coefficients(circuit) * circuit.tree.sites * largest


def needed_operations(circuit: Circuit, mask: np.ndarray) -> int:
    """Operations of listing all coefficients and of the SVD."""
    count, inside = coefficients(circuit), int(mask.sum())
    smaller = math.prod([circuit.local_dimension] * min(inside, circuit.tree.sites - inside))
    channels = (circuit.local_dimension, *circuit.widths)
    maps = zip(circuit.tree.positions, channels, channels[1:], strict=False)
    return count * (sum(positions * into * out for positions, into, out in maps) + 4 * smaller)


def coefficients(circuit: Circuit) -> int:
    """M^N, exact."""
    return math.prod([circuit.local_dimension] * circuit.tree.sites)


def spectrum(circuit: Circuit, mask: np.ndarray, limits: Limits) -> Spectrum:
    """Singular values of the matricization of the first class's coefficient tensor, descending.

    Args:
        circuit: a circuit of few sites; nothing is rescaled, so extreme weights over- or underflow here.
        mask: boolean, shape (N,), true inside I.
        limits: on memory and time.

    Raises:
        MemoryLimitError: the tensor has more than 2^20 entries, or the pass needs more than the limit.
        TimeLimitError: it takes longer than the limit; both before allocating.
    """
    if coefficients(circuit) > COEFFICIENTS:
        raise MemoryLimitError(
            f"engine brute: {circuit.local_dimension}^{circuit.tree.sites} coefficients are too many; "
            f"accepted: at most {COEFFICIENTS}"
        )
    limits.check("brute", needed_bytes(circuit), needed_operations(circuit, mask))
    values = np.linalg.svd(matricization(circuit.coefficient_tensor()[0], mask), compute_uv=False)
    return Spectrum(values, 1e-14 * measures.norm(values))


def matricization(tensor: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """[[A]]_I: rows are the inputs of the sites in I, columns those of the others, both in row-major site order."""
    inside, outside = np.flatnonzero(mask), np.flatnonzero(~mask)
    rows = int(np.prod([tensor.shape[axis] for axis in inside]))
    return tensor.transpose(*inside, *outside).reshape(rows, -1)
