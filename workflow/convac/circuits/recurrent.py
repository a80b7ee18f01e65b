"""Recurrent arithmetic circuits: a recurrent network whose activation is the product of input and memory.

Layer l at step t: h_t^l = (W_in^l h_t^{l−1}) ⊙ (W_h^l h_{t−1}^l), with h_t^0 the representation of x_t; before the
first step W_h^l h_0^l is a vector of ones. The value is a linear map of h_T^L.

Source: 1710.09431 (recurrent arithmetic circuits and their start-end separation rank).
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from convac.arrays import integer
from convac.circuits.fields import Field, PrimeField
from convac.errors import ArgumentError

CHUNK = 2**16  # sequences whose states are held at once
ENTRIES = 10**9  # sequences that are listed at most


@dataclass(frozen=True)
class RecurrentShape:
    """A family of recurrent arithmetic circuits: everything but the values of the weights.

    Attributes:
        steps: T, the length of the sequence.
        depth: L, stacked layers.
        width: R, channels of every layer.
        local_dimension: M, templates of a step.

    Raises:
        ArgumentError: a number isn't a positive integer.
    """

    steps: int
    depth: int
    width: int
    local_dimension: int

    def __post_init__(self) -> None:
        for name, value in list(vars(self).items()):
            object.__setattr__(self, name, integer(value, name, least=1))


class RecurrentWeights(NamedTuple):
    """Weights over a field: per layer `inputs` (R, M or R) and `memory` (R, R); `output` (1, R)."""

    inputs: tuple[np.ndarray, ...]
    memory: tuple[np.ndarray, ...]
    output: np.ndarray


def draw(shape: RecurrentShape, field: Field, generator: np.random.Generator) -> RecurrentWeights:
    """Independent random weights."""
    width = shape.width
    inputs = [
        field.draw(generator, (width, shape.local_dimension if layer == 0 else width)) for layer in range(shape.depth)
    ]
    memory = [field.draw(generator, (width, width)) for _ in range(shape.depth)]
    return RecurrentWeights(tuple(inputs), tuple(memory), field.draw(generator, (1, width)))


def checked(shape: RecurrentShape, weights: RecurrentWeights, field: Field) -> RecurrentWeights:
    """The weights as elements of the field; raises ArgumentError unless they have the family's shapes."""
    width = shape.width
    for name, maps in (("inputs", weights.inputs), ("memory", weights.memory)):
        if len(maps) != shape.depth:
            raise ArgumentError(f"{name}: {len(maps)} layers given; accepted: {shape.depth}")
    inputs = [
        field.read(maps, f"inputs: layer {layer + 1}", (width, width if layer else shape.local_dimension))
        for layer, maps in enumerate(weights.inputs)
    ]
    memory = [
        field.read(maps, f"memory: layer {layer + 1}", (width, width)) for layer, maps in enumerate(weights.memory)
    ]
    return RecurrentWeights(tuple(inputs), tuple(memory), field.read(weights.output, "output", (1, width)))


# per layer the recalled memory W_h h of every sequence, shape (sequences, R)
Recalled = list[np.ndarray]


def matricization(shape: RecurrentShape, weights: RecurrentWeights, field: Field, start: int) -> np.ndarray:
    """Values at all template sequences: rows are the first `start` steps, columns the others, both row-major.

    A deep circuit reads a step more than once: its rank is that of the whole matrix over templates, no less.

    Args:
        shape: T steps, M templates.
        weights: as `draw` gives them.
        field: the numbers to compute over.
        start: steps of the rows, from 1 to T − 1.

    Returns:
        Shape (M^start, M^(T − start)).

    Raises:
        ArgumentError: there are more than 10^9 sequences, `start` is out of range, or weights aren't the field's or of
            the family's shapes.
    """
    if shape.steps * math.log2(shape.local_dimension) > math.log2(ENTRIES):
        given = f"{shape.local_dimension}^{shape.steps}"
        raise ArgumentError(f"steps: {given} sequences are too many; accepted: {ENTRIES}")
    start = integer(start, "start", 1, shape.steps - 1)
    weights = checked(shape, weights, field)
    ones = np.ones_like(weights.output)
    rows: Recalled = [ones] * shape.depth
    for _ in range(start):
        rows = [remembered(weights, field, layer, new) for layer, new in enumerate(extended(weights, field, rows))]
    count = shape.local_dimension ** (shape.steps - start)
    # floats are rescaled by a factor common to all sequences, so these stay together
    step = max(1, CHUNK // count) if isinstance(field, PrimeField) else len(rows[0])
    blocks = []
    for first in range(0, len(rows[0]), step):
        states = [layer[first : first + step] for layer in rows]
        for _ in range(shape.steps - start - 1):
            new = extended(weights, field, states)
            states = [remembered(weights, field, layer, values) for layer, values in enumerate(new)]
        values = field.linear(weights.output, extended(weights, field, states)[-1])
        blocks.append(values.reshape(-1, count))
    return np.concatenate(blocks)


def remembered(weights: RecurrentWeights, field: Field, layer: int, values: np.ndarray) -> np.ndarray:
    """W_h h of one layer."""
    return field.linear(weights.memory[layer], values)


def extended(weights: RecurrentWeights, field: Field, recalled: Recalled) -> list[np.ndarray]:
    """States of every layer after one more step, for each sequence and each template: (sequences · M, R)."""
    local_dimension = weights.inputs[0].shape[1]
    signal = field.linear(weights.inputs[0], field.one_hot(local_dimension))
    states: list[np.ndarray] = []
    for layer, memory in enumerate(recalled):
        if layer:
            signal = field.linear(weights.inputs[layer], states[-1]).reshape(-1, local_dimension, memory.shape[1])
        values = field.rescaled(field.multiply(signal, memory[:, None, :]))
        states.append(values.reshape(-1, memory.shape[1]))
    return states
