"""How often a verdict is wrong where chance alone is at work, and how often a primary finds what is there.

Each line: shape of a seed's statistic, number of seeds, how often a secondary whose mean is its threshold is
`reproduced`, how often its interval covers the mean, and how often a primary is `reproduced` whose effect lies some
standard deviations above its threshold: 4.9 with five seeds, 1.9 with ten, 1.3 with sixteen. A second table has
equivalences, whose truth is a margin or equality, and rank correlations of cells. For docs/verdicts.md.

    python benchmarks/verdicts.py [DRAWS]
"""

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "workflow"))

import numpy as np
from scipy.stats import kendalltau

from convac.claims.claims import Claim, Columns, equivalence
from convac.claims.ranks import resampled
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
MARGINS = {5: 5.6, 10: 2.2, 16: 1.5}  # seeds → margin of an equivalence, in standard deviations
LEVEL = 0.05
CELLS = (8, 12, 16, 24)
RANKS = 0.5  # threshold of the rank correlations
# seeds → standard deviations that a primary's effect lies above its threshold
EFFECTS = {5: 4.9, 10: 1.9, 16: 1.3}
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


def intervals(generator: np.random.Generator, draws: int) -> None:
    """Print the table of interval claims."""
    print("| shape | seeds | false `reproduced` | coverage | power of a primary |\n|---|---|---|---|---|")
    for shape, sample in SHAPES.items():
        for seeds, effect in EFFECTS.items():
            nulls = [verdicts([CLAIM], columns(THRESHOLD + sample(generator, seeds)))[0] for _ in range(draws)]
            effects = (THRESHOLD + effect + sample(generator, seeds) for _ in range(draws))
            found = sum(verdicts([PRIMARY], columns(values))[0].verdict == REPRODUCED for values in effects)
            wrong = sum(verdict.verdict == REPRODUCED for verdict in nulls)
            covered = sum(verdict.low <= THRESHOLD <= verdict.high for verdict in nulls)
            told(shape, seeds, draws, (wrong, covered, found))


def equivalences(generator: np.random.Generator, draws: int) -> None:
    """Print the lines of equivalences: the truth is a margin; then it is equality, and the claim is a primary."""
    for seeds, margin in MARGINS.items():
        claim = equivalence(replace(CLAIM, threshold=-margin))
        nulls = [verdicts([claim], columns(margin + generator.normal(size=seeds)))[0] for _ in range(draws)]
        equal = (columns(generator.normal(size=seeds)) for _ in range(draws))
        primary = replace(claim, role="primary")
        found = sum(verdicts([primary], values)[0].verdict == REPRODUCED for values in equal)
        wrong = sum(verdict.verdict == REPRODUCED for verdict in nulls)
        covered = sum(verdict.low <= margin <= verdict.high for verdict in nulls)
        told(f"equivalence, margin {margin:g} sd", seeds, draws, (wrong, covered, found))


def rank_correlations(generator: np.random.Generator, draws: int) -> None:
    """Print the lines of rank correlations, of values without and with ties: the truth is τ-b = 0.5, then 0.8."""
    for tied in (False, True):
        at_threshold, above = (correlated(generator, tied, truth) for truth in (RANKS, 0.8))
        for cells in CELLS:
            nulls = [resampled(*at_threshold(cells)) for _ in range(draws)]
            ends = [ranks.interval(LEVEL) for ranks in nulls]
            found = sum(resampled(*above(cells)).interval(LEVEL).low > RANKS for _ in range(draws))
            wrong = sum(interval.low > RANKS for interval in ends)
            covered = sum(interval.low <= RANKS <= interval.high for interval in ends)
            told(f"τ-b, {'ties' if tied else 'no ties'}", cells, draws, (wrong, covered, found))


def correlated(
    generator: np.random.Generator, tied: bool, truth: float
) -> Callable[[int], tuple[np.ndarray, np.ndarray]]:
    """Draws of two normal quantities, one in four classes where `tied`; over many cells their τ-b is `truth`."""

    def draw(cells: int, correlation: float) -> tuple[np.ndarray, np.ndarray]:
        first, noise = generator.normal(size=(2, cells))
        second = correlation * first + (1 - correlation**2) ** 0.5 * noise
        return (np.clip(np.round(first), -1, 2) if tied else first), second

    # τ-b rises with the correlation
    low, high = 0.0, 1.0
    for _ in range(12):
        middle = (low + high) / 2
        below = kendalltau(*draw(100_000, middle)).statistic < truth
        low, high = (middle, high) if below else (low, middle)
    return lambda cells: draw(cells, low)


def told(what: str, count: int, draws: int, found: tuple[int, ...]) -> None:
    """Print a line: how many of the draws, in per cent."""
    print(f"| {what} | {count} | {' | '.join(f'{100 * number / draws:.1f} %' for number in found)} |")


def main(draws: int) -> None:
    """Print the tables."""
    intervals(np.random.default_rng(0), draws)
    generator = np.random.default_rng(0)
    print("\n| kind | seeds or cells | false `reproduced` | coverage | power |\n|---|---|---|---|---|")
    equivalences(generator, draws)
    rank_correlations(generator, draws)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000)
