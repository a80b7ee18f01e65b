"""Start-end ranks and entropies of recurrent arithmetic circuits, beside their closed forms.

Source: 1710.09431 (start-end separation rank as a measure of long-term memory).
"""

from typing import Any

import numpy as np
import pandas as pd

from convac.circuits.fields import PRIME_FIELD, REALS
from convac.circuits.recurrent import RecurrentShape, draw, matricization
from convac.entanglement.generic_rank import rank
from convac.entanglement.measures import entropy
from convac.entanglement.start_end_rank import closed_form, proved_bound
from convac.progress import reporter
from convac.seeds import stream
from convac.specs.spec import TheorySpec
from convac.specs.tables import table_of

# the closed forms were found on cells no larger than these
SEEN_HALF, SEEN_DIMENSION, SEEN_WIDTH = 4, 3, 3


def compute(spec: TheorySpec) -> pd.DataFrame:
    """One depth over a grid of M, R and T = 2n.

    Parameters of the spec: depth; local_dimensions; widths; shortest and longest (n); entries, the largest number of
    sequences M^T that is listed; draws, float64 networks whose entropy is measured.

    Returns:
        Columns local_dimension, width, steps, held_back, seed, quantity, value.
    """
    parameters: dict[str, Any] = dict(spec.parameters)
    depth = parameters["depth"]
    shapes = [
        RecurrentShape(2 * half, depth, width, local_dimension)
        for local_dimension in parameters["local_dimensions"]
        for width in parameters["widths"]
        for half in range(parameters["shortest"], parameters["longest"] + 1)
        if local_dimension ** (2 * half) <= parameters["entries"]
    ]
    report = reporter(len(shapes), "cell")
    rows: list[dict[str, Any]] = []
    for number, shape in enumerate(shapes, start=1):
        rows += observations(shape, parameters["draws"])
        report(number, f"M={shape.local_dimension}, R={shape.width}, T={shape.steps}")
    return table_of(rows)


def observations(shape: RecurrentShape, draws: int) -> list[dict[str, Any]]:
    """Rank, closed form and bound of one family, and the entropies of `draws` of its members."""
    half = shape.steps // 2
    size = (shape.local_dimension, shape.width, half)
    values = [("start_end_rank", 0, float(start_end_rank(shape))), ("closed_form", 0, closed_form(shape.depth, *size))]
    if shape.depth == 2:
        values.append(("proved_bound", 0, proved_bound(*size)))
    values += [("entropy", seed, start_end_entropy(shape, seed)) for seed in range(draws)]
    labels = {
        "local_dimension": shape.local_dimension,
        "width": shape.width,
        "steps": shape.steps,
        "held_back": half > SEEN_HALF or shape.local_dimension > SEEN_DIMENSION or shape.width > SEEN_WIDTH,
        "fits": shape.local_dimension >= shape.width,
    }
    return [{**labels, "seed": seed, "quantity": name, "value": float(value)} for name, seed, value in values]


def sizes(shape: RecurrentShape) -> tuple[int, int, int, int]:
    """A circuit's numbers in the order that its streams know."""
    return shape.steps, shape.depth, shape.width, shape.local_dimension


def start_end_rank(shape: RecurrentShape) -> int:
    """Exact generic rank of the first half of the steps against the second."""
    weights = draw(shape, PRIME_FIELD, stream("recurrent rank", *sizes(shape)))
    return rank(matricization(shape, weights, PRIME_FIELD, shape.steps // 2))


def start_end_entropy(shape: RecurrentShape, seed: int) -> float:
    """Entropy in nats of the first half of the steps against the second, for normal weights."""
    weights = draw(shape, REALS, stream("recurrent entropy", seed, *sizes(shape)))
    return entropy(np.linalg.svd(matricization(shape, weights, REALS, shape.steps // 2), compute_uv=False))
