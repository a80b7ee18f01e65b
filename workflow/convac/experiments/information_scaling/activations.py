"""What sigmoid and ReLU do to the entropy of one variable.

Source: 1802.04473 (Liu), Theorem 1 (sigmoid lowers it) and Theorem 2 (ReLU leaves it). An increasing, smooth y = g(x)
changes a differential entropy by E[ln g'(x)]; ln σ' = −softplus(x) − softplus(−x) ≤ −ln 4. A discrete entropy changes
only where values merge.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
from scipy.special import entr, expit

Row = dict[str, Any]
BIN = 1 / 256  # width of the bins in which a density's entropy is counted where ReLU makes it an atom
RANGE = 40.0  # quadrature and bins stop here: tails beyond are below rounding

# Values and probabilities.
DISCRETE = {
    "two values, one below 0": ([-1.0, 1.0], [0.5, 0.5]),
    "three values, two below 0": ([-2.0, -1.0, 1.0], [0.25, 0.25, 0.5]),
    "five values, two below 0": ([-2.0, -1.0, 0.0, 1.0, 2.0], [0.2] * 5),
    "0, 1, 2": ([0.0, 1.0, 2.0], [0.5, 0.25, 0.25]),
}


def densities() -> dict[str, Any]:
    """Distributions of scipy.stats by what a label calls them; two of them are non-negative."""
    from scipy import stats

    return {
        **{f"normal, deviation {scale:g}": stats.norm(0, scale) for scale in (0.01, 0.1, 0.3, 1, 2, 4)},
        **{f"normal around {mean:g}": stats.norm(mean, 1) for mean in (-3, -1, 1, 3)},
        "uniform on (−1, 1)": stats.uniform(-1, 2),
        "Laplace": stats.laplace(),
        "exponential": stats.expon(),
        "uniform on (0, 1)": stats.uniform(0, 1),
    }


def rows() -> Iterator[Row]:
    """Entropy before and after each activation, for every density and discrete variable, and P(X ≤ 0)."""
    for case, density in densities().items():
        entropies = {
            "sigmoid": (float(density.entropy()), sigmoid_entropy(density)),
            "ReLU": relu_entropies(density),
        }
        yield from case_rows("density", case, float(density.cdf(0.0)), float(density.cdf(0.0)) > 0, entropies)
    for case, (values, weights) in DISCRETE.items():
        points, shares = np.array(values), np.array(weights)
        before = discrete_entropy(points, shares)
        entropies = {
            "sigmoid": (before, discrete_entropy(expit(points), shares)),
            "ReLU": (before, discrete_entropy(np.maximum(points, 0), shares)),
        }
        yield from case_rows("discrete", case, float(shares[points <= 0].sum()), bool(points.min() < 0), entropies)


def case_rows(
    variable: str, case: str, not_positive: float, negative: bool, entropies: dict[str, tuple[float, float]]
) -> Iterator[Row]:
    """One variable: entropies before and after each activation, and the probability that ReLU moves to 0."""
    for activation, (before, after) in entropies.items():
        own = {"activation": activation, "variable": variable, "case": case}
        labels = {**own, "sign": "either" if negative else "non-negative"}
        for quantity, value in (("entropy_before", before), ("entropy_after", after), ("share_at_zero", not_positive)):
            yield {**labels, "quantity": quantity, "value": value}


def sigmoid_entropy(density: Any) -> float:
    """Differential entropy of y = 1 / (1 + e^−x) in nats, by quadrature of −ln f_y(y(x)) over x.

    Args:
        density: of x, a frozen distribution of scipy.stats.
    """
    from scipy.integrate import quad

    low, high = (float(end) for end in density.support())
    low, high = max(low, -RANGE), min(high, RANGE)
    middle, spread = float(density.mean()), float(density.std())
    breaks = sorted({low, high, *(middle + k * spread for k in range(-12, 13) if low < middle + k * spread < high)})

    def integrand(x: float) -> float:
        slope = float(np.logaddexp(0, x) + np.logaddexp(0, -x))  # −ln dy/dx
        return float(-density.pdf(x) * (density.logpdf(x) + slope))

    return float(sum(quad(integrand, start, end, epsabs=1e-13)[0] for start, end in pairwise(breaks)))


def relu_entropies(density: Any) -> tuple[float, float]:
    """Entropies of x and of max(0, x), both counted in bins of 1/256, in nats.

    Below zero all values become one: an atom, of which there is no differential entropy.
    """
    edges = np.arange(-RANGE, RANGE + BIN / 2, BIN)
    shares = np.diff(density.cdf(edges))
    left = round(RANGE / BIN)  # bins below zero
    merged = shares[left:].copy()
    merged[0] += shares[:left].sum()  # values at 0 fall into the first bin
    return float(entr(shares).sum()), float(entr(merged).sum())


def discrete_entropy(values: np.ndarray, shares: np.ndarray) -> float:
    """Entropy of values with these probabilities, equal ones counted as one, in nats.

    >>> round(discrete_entropy(np.array([0.0, 0.0, 1.0]), np.array([0.25, 0.25, 0.5])), 4)
    0.6931
    """
    _, which = np.unique(values, return_inverse=True)
    return float(entr(np.bincount(which, weights=shares)).sum())
