"""Start-end ranks and entropies of recurrent arithmetic circuits, beside their closed forms.

Source: 1710.09431 (start-end separation rank as a measure of long-term memory).
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from convac.circuits.fields import PRIME_FIELD, REALS
from convac.circuits.recurrent import RecurrentShape, draw, matricization
from convac.entanglement.generic_rank import rank
from convac.entanglement.measures import entropy
from convac.entanglement.start_end_rank import closed_form, proved_bound, stated
from convac.experiments.recurrent_memory.growth import growth
from convac.experiments.recurrent_memory.jobs import Grid, Growth, Search
from convac.progress import reporter
from convac.seeds import stream
from convac.specs.tables import table_of

# the closed forms were found on cells no larger than these
SEEN_HALF, SEEN_DIMENSION, SEEN_WIDTH = 4, 3, 3


def compute(job: Grid | Growth) -> pd.DataFrame:
    """One depth over a grid of M, R and T = 2n, and networks beyond the grid, ranks only (`searched`); or growth.

    Returns:
        Columns local_dimension, width, steps, held_back, stated, fits, searched, seed, quantity, value; of growth
        longest instead of the flags.
    """
    if isinstance(job, Growth):
        return table_of(growth(job))
    jobs = networks(job)
    report = reporter(len(jobs), "cell")
    rows: list[dict[str, Any]] = []
    for number, (shape, draws, drawn) in enumerate(jobs, start=1):
        rows += [{**row, "searched": drawn} for row in observations(shape, draws)]
        report(number, f"M={shape.local_dimension}, R={shape.width}, T={shape.steps}")
    return table_of(rows)


def networks(job: Grid) -> list[tuple[RecurrentShape, int, bool]]:
    """What a spec asks for, with draws of entropies and whether it was searched: the grid, then what lies beyond."""
    depth = job.depth
    grid = [
        RecurrentShape(2 * half, depth, width, local_dimension)
        for local_dimension in job.local_dimensions
        for width in job.widths
        for half in range(job.shortest, job.longest + 1)
        if local_dimension ** (2 * half) <= job.entries
    ]
    beyond = searched(depth, grid, job.search) if job.search else []
    return [*((shape, job.draws, False) for shape in grid), *((shape, 0, True) for shape in beyond)]


def searched(depth: int, known: Sequence[RecurrentShape], search: Search) -> list[RecurrentShape]:
    """Networks whose closed form is below M^n, at random: those of few templates or short sequences say little.

    Drawn without replacement from all that aren't known, T ≥ 4, M ≥ 2, 2 ≤ R ≤ `widest`, M^T ≤ `entries`; the chance
    grows with ln(M^n / form).
    """
    found = [
        shape
        for half in range(2, search.entries.bit_length() // 2 + 1)
        for local_dimension in range(2, int(search.entries ** (0.5 / half)) + 2)
        if local_dimension ** (2 * half) <= search.entries
        for shape in (RecurrentShape(2 * half, depth, width, local_dimension) for width in range(2, search.widest + 1))
        if shape not in known and excess(shape) > 0
    ]
    if not found:
        return []
    weights = np.array([excess(shape) for shape in found])
    generator = stream("recurrent search", depth, search.entries, search.widest)
    chosen = generator.choice(len(found), min(search.cells, len(found)), replace=False, p=weights / weights.sum())
    return [found[number] for number in sorted(chosen.tolist())]


def excess(shape: RecurrentShape) -> float:
    """ln(M^n / form): how far the closed form lies below what no matrix over n steps exceeds."""
    half = shape.steps // 2
    return math.log(shape.local_dimension**half / closed_form(shape.depth, shape.local_dimension, shape.width, half))


def observations(shape: RecurrentShape, draws: int) -> list[dict[str, Any]]:
    """Rank, closed form and bound of one family, and the entropies of `draws` of its members."""
    half = shape.steps // 2
    size = (shape.local_dimension, shape.width, half)
    values = [
        ("start_end_rank", 0, float(start_end_rank(shape))),
        ("closed_form", 0, closed_form(shape.depth, *size)),
        ("trivial_bound", 0, shape.local_dimension**half),
    ]
    if shape.depth == 2:
        values.append(("proved_bound", 0, proved_bound(*size)))
    values += [("entropy", seed, start_end_entropy(shape, seed)) for seed in range(draws)]
    labels = {
        "local_dimension": shape.local_dimension,
        "width": shape.width,
        "steps": shape.steps,
        "held_back": is_held_back(shape),
        "stated": stated(shape.depth, *size),
        "fits": shape.local_dimension >= shape.width,
    }
    return [{**labels, "seed": seed, "quantity": name, "value": float(value)} for name, seed, value in values]


def is_held_back(shape: RecurrentShape) -> bool:
    """Whether the closed forms were found without the network."""
    small = shape.local_dimension <= SEEN_DIMENSION and shape.width <= SEEN_WIDTH
    return not small or shape.steps > 2 * SEEN_HALF


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
