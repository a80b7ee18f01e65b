"""How often a verdict is wrong where chance alone is at work, and how often a primary finds what is there.

Each line: shape of a seed's statistic, number of seeds, how often a secondary whose mean is its threshold is
`reproduced`, how often its interval covers the mean, and how often a primary is `reproduced` whose effect lies some
standard deviations above its threshold: 4.5 with five seeds, 1.8 with ten, 1.25 with sixteen. For docs/verdicts.md.

    python benchmarks/verdicts.py [DRAWS]
"""

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "workflow"))

import numpy as np

from convac.claims.claims import Claim, Columns
from convac.claims.verdicts import REPRODUCED, verdicts

THRESHOLD = 0.05
CLAIM = Claim(
    id="chance",
    statement="A beats B by more than 0.05",
    source="none",
    origin="ours",
    role="secondary",
    where={"quantity": "test_accuracy"},
    first={"network": "A"},
    second={"network": "B"},
    threshold=THRESHOLD,
    expected=(0.9, 0.8),
)
PRIMARY = replace(CLAIM, role="primary")
# seeds → standard deviations that a primary's effect lies above its threshold
EFFECTS = {5: 4.5, 10: 1.8, 16: 1.25}
# mean 0 and standard deviation 1 each
SHAPES: dict[str, Callable[[np.random.Generator, int], np.ndarray]] = {
    "normal": lambda generator, n: generator.normal(size=n),
    "uniform": lambda generator, n: generator.uniform(-(3**0.5), 3**0.5, n),
    "heavy tails (t, 5)": lambda generator, n: generator.standard_t(5, n) / (5 / 3) ** 0.5,
    "skewed upwards": lambda generator, n: generator.gamma(4.0, size=n) / 2 - 2,
    "skewed downwards": lambda generator, n: 2 - generator.gamma(4.0, size=n) / 2,
}


def columns(differences: np.ndarray) -> Columns:
    """A tidy table in which first − second is a seed's difference."""
    seeds = list(range(len(differences)))
    return {
        "quantity": ["test_accuracy"] * 2 * len(seeds),
        "network": ["A"] * len(seeds) + ["B"] * len(seeds),
        "seed": seeds * 2,
        "value": [*(0.5 + differences).tolist(), *([0.5] * len(seeds))],
    }


def main(draws: int) -> None:
    """Print the table."""
    generator = np.random.default_rng(0)
    print("| shape | seeds | false `reproduced` | coverage | power of a primary |\n|---|---|---|---|---|")
    for shape, sample in SHAPES.items():
        for seeds, effect in EFFECTS.items():
            nulls = [verdicts([CLAIM], columns(THRESHOLD + sample(generator, seeds)))[0] for _ in range(draws)]
            effects = (THRESHOLD + effect + sample(generator, seeds) for _ in range(draws))
            found = sum(verdicts([PRIMARY], columns(values))[0].verdict == REPRODUCED for values in effects)
            wrong = sum(verdict.verdict == REPRODUCED for verdict in nulls)
            covered = sum(verdict.low <= THRESHOLD <= verdict.high for verdict in nulls)
            cells = [f"{100 * count / draws:.1f} %" for count in (wrong, covered, found)]
            print(f"| {shape} | {seeds} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000)
