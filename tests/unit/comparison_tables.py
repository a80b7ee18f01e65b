"""Small tables of a run, to be compared."""

import math

import numpy as np
import pandas as pd

from convac.specs.tables import tidy

CLAIMS = pd.DataFrame({"id": ["one", "two"], "verdict": ["reproduced", "undecided"]})
SEEDS = 5


def theory(widths=(2, 3, 4)):
    """A table without training: ranks and an entropy by width."""
    rows = [
        {"cell": "theory-1a", "width": width, "network": "deep", "seed": 0, "quantity": quantity, "value": value}
        for width in widths
        for quantity, value in (("rank", float(width**2)), ("entropy", math.log(width) / 3))
    ]
    return tidy(pd.DataFrame(rows))


def training(draw=0, shift=0.0, seeds=SEEDS, cells=3):
    """A table of trained networks: curves of several cells, a chosen rate, and their dataset's numbers."""
    generator = np.random.default_rng(draw)
    rows = [
        {"cell": f"run-{cell}", "width": cell, "seed": seed, "step": step, "quantity": quantity, "value": value}
        for cell in range(cells)
        for seed in range(seeds)
        for step in (0, 10)
        for quantity, value in (
            ("loss", generator.normal(1.0, 0.01)),
            ("test_accuracy", generator.normal(0.9, 0.01) - shift * (cell == 1 and step == 10)),
        )
    ]
    rows += [
        {"cell": f"run-{cell}", "width": cell, "seed": seed, "step": 0, "quantity": "learning_rate", "value": 0.01}
        for cell in range(cells)
        for seed in range(seeds)
    ]
    rows += [{"cell": "data-0", "quantity": "test_images", "value": 200.0}]
    return tidy(pd.DataFrame(rows))
