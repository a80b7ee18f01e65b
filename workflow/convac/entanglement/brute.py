"""Brute force: the dense coefficient tensor, matricized, and its singular values. The oracle for every other engine."""

import math
from functools import reduce

import numpy as np

from convac.circuits.tree import Circuit
from convac.entanglement import precision, rounding
from convac.entanglement.limits import Limits
from convac.entanglement.precision import Spectrum
from convac.entanglement.scales import plus, scaled_map, times_power
from convac.errors import MemoryLimitError

COEFFICIENTS = 2**20
Values = tuple[np.ndarray, np.ndarray, np.ndarray]  # of (positions, entries, channels), errors; exponents of channels


def needed_bytes(circuit: Circuit) -> int:
    """Bytes that listing all M^N coefficients takes at its peak: of one level all values, their errors and copies."""
    weights = sum(weight.size for weight in circuit.weights)
    return 8 * (8 * sum(sizes(circuit)) + 8 * weights)


def needed_operations(circuit: Circuit, mask: np.ndarray) -> int:
    """Operations of listing all coefficients and of the SVD."""
    count, inside = coefficients(circuit), int(mask.sum())
    smaller = math.prod([circuit.local_dimension] * min(inside, circuit.tree.sites - inside))
    widest = max(circuit.local_dimension, *circuit.widths)
    return 4 * widest * sum(sizes(circuit)) + 4 * count * smaller


def sizes(circuit: Circuit) -> list[int]:
    """Per level the numbers of all its nodes: entries of the tensors over the sites below, times channels."""
    channels = (circuit.local_dimension, *circuit.widths)
    found = []
    for level, positions in enumerate(circuit.tree.positions):
        entries = math.prod([circuit.local_dimension] * (circuit.tree.sites // positions))
        found.append(positions * entries * max(channels[level : level + 2]))
    return found


def coefficients(circuit: Circuit) -> int:
    """M^N, exact."""
    return math.prod([circuit.local_dimension] * circuit.tree.sites)


def spectrum(circuit: Circuit, mask: np.ndarray, limits: Limits) -> Spectrum:
    """Singular values of the matricization of the first class's coefficient tensor, up to a common positive factor.

    Args:
        circuit: a circuit of few sites, weights of any size.
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
    tensor, error = listed(circuit)
    return precision.decomposed(matricization(tensor, mask), error)


def listed(circuit: Circuit) -> tuple[np.ndarray, float]:
    """The first class's tensor in row-major site order, up to a factor, and the norm of what rounding may have moved.

    Values go with a bound on the error of each: that of sums and products of floats, entry by entry.
    """
    sites, dimension = circuit.tree.sites, circuit.local_dimension
    values = np.broadcast_to(np.eye(dimension), (sites, dimension, dimension))
    errors, exponents = np.zeros_like(values), np.zeros((sites, dimension), dtype=np.int64)
    *below, (top, window) = zip(circuit.weights, circuit.tree.windows, strict=True)
    for weight, each in below:
        values, errors, exponents = mapped(values, errors, exponents, weight)
        values, errors = pooled(values, errors, each)
        exponents = pooled_exponents(exponents, each)
    values, errors, exponents = mapped(values, errors, exponents, top)
    rows, _ = scaled_map(circuit.output[:1], pooled_exponents(exponents, window))
    first, wrong = (part[0] for part in pooled(values[: window - 1], errors[: window - 1], window - 1))
    matrix, moved = closed(first, wrong, values[-1], errors[-1], rows[0])
    return matrix.reshape((dimension,) * sites).transpose(np.argsort(circuit.tree.order)), float(np.linalg.norm(moved))


def closed(
    one: np.ndarray, wrong: np.ndarray, other: np.ndarray, astray: np.ndarray, output: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Every entry of the one times every entry of the other, (entries, channels), summed by the output; their errors.

    As `multiplied` and a map, but the products of the channels are never held one by one.
    """
    magnitudes, several = np.abs(output), (len(output) + 6) * rounding.roundoff(one, other, output)
    values = (one * output) @ other.T
    moved = (wrong * magnitudes) @ (np.abs(other) + astray).T
    moved += (np.abs(one) * magnitudes) @ (astray + several * np.abs(other)).T
    return values, moved


def mapped(values: np.ndarray, errors: np.ndarray, exponents: np.ndarray, weight: np.ndarray) -> Values:
    """Values (positions, entries, in) and their errors after a map of the channels, in units of about the largest."""
    rows, exponents = scaled_map(weight, exponents)
    magnitudes = np.abs(rows).mT
    moved = errors @ magnitudes
    moved += (len(weight[-1]) + 2) * rounding.roundoff(values, rows) * (np.abs(values) @ magnitudes)
    values = values @ rows.mT
    top = np.abs(values).max(axis=1) + moved.max(axis=1)
    further = rounding.units(top)
    powers = -further[:, None, :]
    return times_power(values, powers), np.ldexp(moved, powers), rounding.raised(exponents, further, top)


def pooled_exponents(exponents: np.ndarray, window: int) -> np.ndarray:
    """Exponents (positions, channels) after product pooling."""
    return reduce(plus, exponents.reshape(-1, window, exponents.shape[1]).swapaxes(0, 1))


def pooled(values: np.ndarray, errors: np.ndarray, window: int) -> tuple[np.ndarray, np.ndarray]:
    """Product pooling of (positions, entries, channels) values: entries join, the first site's slowest."""
    shape = (-1, window, *values.shape[1:])
    each, wrong = values.reshape(shape), errors.reshape(shape)
    found, moved = each[:, 0], wrong[:, 0]
    for place in range(1, window):
        found, moved = multiplied(found, moved, each[:, place], wrong[:, place])
    return found, moved


def multiplied(
    one: np.ndarray, wrong: np.ndarray, other: np.ndarray, astray: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Products, channel by channel, of every entry of the one with every entry of the other, and their errors."""
    first, second = one[:, :, None, :], other[:, None]
    moved = wrong[:, :, None, :] * (np.abs(second) + astray[:, None])
    moved += np.abs(first) * (astray[:, None] + 2 * rounding.roundoff(one, other) * np.abs(second))
    found = (first * second).reshape(len(one), -1, one.shape[2])
    return found, moved.reshape(found.shape)


def joined(one: Values, other: Values) -> Values:
    """Product pooling of two nodes."""
    return *multiplied(*one[:2], *other[:2]), plus(one[2], other[2])


def matricization(tensor: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """[[A]]_I: rows are the inputs of the sites in I, columns those of the others, both in row-major site order."""
    inside, outside = np.flatnonzero(mask), np.flatnonzero(~mask)
    rows = int(np.prod([tensor.shape[axis] for axis in inside]))
    return tensor.transpose(*inside, *outside).reshape(rows, -1)
