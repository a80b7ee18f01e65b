"""Rényi-2 in torch on circuits that are hard for floating point: values and slopes against listings without rounding.

Tr ρ² is a ratio of polynomials of the weights, exact in integers: a difference quotient with a step of 2^-200 is a
slope.

`python tests/exact_slopes.py 1000` checks that many; `tests/physics/test_exact_listing.py` some.
"""

from fractions import Fraction

import numpy as np
import torch
from exact_listing import exact_tensor, exact_weights, hard_circuit
from exact_tables import matricized, renyi2, report, spectrum, wide

from convac.entanglement.differentiable import renyi2 as differentiable
from convac.entanglement.precision import LARGEST_ERROR

STEP = 2**200


def whole(numbers):
    """Fractions whose denominators are powers of two as integers, up to a common factor."""
    factor = max(number.denominator for number in numbers.ravel())
    return np.array([int(number * factor) for number in numbers.ravel()], dtype=object).reshape(numbers.shape)


def moments(circuit, weights, inside):
    """‖A‖² and Tr (A Aᵀ)², exact."""
    matrix = matricized(exact_tensor(circuit, weights)[0], inside)
    gram = matrix.dot(matrix.T)
    return gram.trace(), (gram * gram).sum()


def exact_slope(circuit, inside, level, place):
    """dS₂ / d ln w for one weight, to some fifty digits: the moments are of a low degree in it."""
    weights = [whole(array) for array in exact_weights(circuit)]
    weights[level] = weights[level] * STEP
    before = moments(circuit, weights, inside)
    weights[level][place] += weights[level][place] // STEP
    after = moments(circuit, weights, inside)
    norm, copies = (Fraction(new - old, old) * STEP for new, old in zip(after, before, strict=True))
    return float(2 * norm - copies)


def weights_of(circuit):
    """All weights of a circuit, the output last."""
    return [*circuit.weights, circuit.output]


def checked_slopes(seed, counts):
    """What is wrong with the value and some slopes of one hard circuit."""
    circuit, inside = hard_circuit(seed)
    leaves = [
        torch.tensor(array[None] if level < circuit.tree.levels else array).requires_grad_()
        for level, array in enumerate(weights_of(circuit))
    ]
    value = differentiable(circuit.tree, leaves[:-1], leaves[-1], inside)
    value.sum().backward()
    if value.isnan().all():
        counts["refused"] += 1
        slopes = torch.cat([leaf.grad.ravel() for leaf in leaves])
        return [] if slopes.isnan().all() else ["slopes of a refused value"]
    truth = exact_tensor(circuit)[0]
    if not truth.any():
        return ["a zero tensor has a value"]
    counts["measured"] += 1
    right, wrong = renyi2(spectrum(wide(matricized(truth, inside)))), []
    if not counts.within(value.item(), right, LARGEST_ERROR):
        wrong.append(f"value {value.item()!r}, right {right!r}")
    level = seed % len(leaves)
    array = weights_of(circuit)[level]
    place = tuple(np.random.default_rng(seed).permutation(np.argwhere(array))[0])
    slope = leaves[level].grad.numpy().reshape(array.shape)[place] * array[place]
    exact = exact_slope(circuit, inside, level, place)
    if not counts.within(slope, exact, 1e-5 * (1 + abs(exact))):
        wrong.append(f"level {level} {place}: slope {slope!r}, right {exact!r}")
    return wrong


if __name__ == "__main__":
    report([checked_slopes])
