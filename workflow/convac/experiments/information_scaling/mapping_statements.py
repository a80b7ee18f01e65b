"""One mapping of 1802.04473 at a time: which statements hold for the entropies on its two sides, and where they end.

Source: 1802.04473 (Liu), section 4: Theorem 3 (eq. 26), eqs. 29 to 34 and Assumption 1. A mapping (eq. 27) turns the
components v into mixtures u = A v. Exact entropies of random draws; counterexamples by search on small grids.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import product
from typing import Any

import numpy as np

from convac.mixtures.entropies import AVERAGES, Average, Mappings, capacity
from convac.mixtures.families import FAMILIES, categorical, dirichlet, gaussian
from convac.mixtures.leaves import Categorical, Gaussian, Leaves
from convac.seeds import stream

Row = dict[str, Any]
ROUNDING = 1e-9  # nats, by which an exact statement may be missed
INVERTIBLE = 1e-6  # least |determinant|
SIZES = (2, 3, 4)  # states above and below
SYMBOLS = 5
LATTICES = [(symbols, steps) for symbols in (2, 3) for steps in (2, 3, 4)]
SMALLEST = "smallest"  # family of the counterexamples
# of streams: seeds, not names
WORDS = {
    "dirichlet": "dirichlet",
    "sparse": "sparse",
    "near-permutation": "near-permutation",
    "near-singular": "near-singular",
    "doubly stochastic": "doubly stochastic",
    "selection": "selection",
    "equal rows": "equal rows",
    "categorical": "categorical",
    "categorical, equal entropies": "categorical, equal entropies",
    "Gaussian": "Gaussian",
    "Gaussian, equal entropies": "Gaussian, equal entropies",
}


@dataclass(frozen=True)
class Channel:
    """The components v of several mappings.

    Attributes:
        leaves: their densities, one "site" per mapping.
    """

    leaves: Leaves

    @cached_property
    def capacities(self) -> np.ndarray:
        """Largest information between component and value, shape (mappings,); NaN for Gaussian components."""
        if isinstance(self.leaves, Gaussian):
            return np.full(self.leaves.shape[0], np.nan)
        components, which = np.unique(self.leaves.probabilities, axis=0, return_inverse=True)
        return np.asarray(capacity(components)[0][which.reshape(-1)])


@dataclass(frozen=True)
class Draws:
    """Mappings of equal size.

    Attributes:
        tables: A, shape (draws, states above, states below); rows sum to 1.
        channel: the components.
        prior: of the states above, shape (draws, states above).
    """

    tables: np.ndarray
    channel: Channel
    prior: np.ndarray

    @property
    def mappings(self) -> Mappings:
        """Entropies on both sides."""
        below = np.einsum("dj,dja->da", self.prior, self.tables)
        leaves = self.channel.leaves
        return Mappings(leaves.entropies(), leaves.mixed_entropies(self.tables), below, self.prior)

    @property
    def determinants(self) -> np.ndarray:
        """|det A| of square tables, shape (draws,)."""
        return np.asarray(np.abs(np.linalg.det(self.tables)))


# By how much the left side of a statement exceeds its right side, in nats; NaN where the statement says nothing.
Margin = Callable[[Draws, Mappings, Average], np.ndarray]


def increase(mappings: Mappings, average: Average) -> np.ndarray:
    """H(u) − H(v)."""
    below, above = mappings.averaged(average)
    return np.asarray(above - below)


STATEMENTS: dict[str, Margin] = {
    # eq. 26
    "Theorem 3": lambda draws, mappings, average: increase(mappings, average),
    # H(φ | d^l = j) ≥ H(φ | d^(l−1)) for every j
    "eq. 29": lambda draws, mappings, average: mappings.above.min(axis=1) - mappings.averaged(average)[0],
    # A invertible: H(u) = H(v); that it isn't less is Theorem 3
    "eq. 32": lambda draws, mappings, average: np.where(
        draws.determinants > INVERTIBLE, -increase(mappings, average), np.nan
    ),
    # with C = ln r, r the number of components
    "eq. 33": lambda draws, mappings, average: np.log(draws.tables.shape[2]) - increase(mappings, average),
    # A singular: no other A loses more
    "Assumption 1": lambda draws, mappings, average: np.where(
        draws.determinants < ROUNDING, increase(mappings, average) - draws.channel.capacities, np.nan
    ),
    # ours: C = the components' capacity
    "capacity": lambda draws, mappings, average: draws.channel.capacities - increase(mappings, average),
    # ours: nothing is lost, whether A is invertible or not
    "no loss": lambda draws, mappings, average: -increase(mappings, average),
}
CONSISTENT_ONLY = ("Assumption 1", "capacity", "no loss")
CASES: list[tuple[str, Average]] = [
    (statement, average)
    for statement, average in product(STATEMENTS, AVERAGES)
    if average == "consistent" or statement not in CONSISTENT_ONLY
]


def random_rows(number: int) -> Iterator[Row]:
    """Per family of tables and kind of components, the worst of `number` draws and the share that violates.

    All families map the same components.
    """
    count = -(-number // len(SIZES))
    channels = {
        (kind, states): Channel(components(count, states, stream("mapping", WORDS[kind], states)))
        for kind, components in COMPONENTS.items()
        for states in SIZES
    }
    for (family, table), kind in product(FAMILIES.items(), COMPONENTS):
        generator = stream("mapping", WORDS[family], WORDS[kind])
        draws = []
        for states in SIZES:
            shape = (count, states, states)
            draws.append(Draws(table(shape, generator), channels[kind, states], dirichlet(shape[:2], generator)))
        evaluated = [(each, each.mappings) for each in draws]
        for statement, average in CASES:
            margins = np.concatenate([STATEMENTS[statement](*each, average) for each in evaluated])
            margins = margins[~np.isnan(margins)]
            if len(margins):
                labels = {"leaves": kind, "family": family, "statement": statement, "average": average}
                yield from verdict_rows({**labels, "case": "worst draw"}, margins)


def equal_categorical(count: int, states: int, generator: np.random.Generator) -> Categorical:
    """Components that are cyclic shifts of one distribution: equal entropies."""
    shifts = (np.arange(SYMBOLS) + np.arange(states)[:, None]) % SYMBOLS
    return Categorical(dirichlet((count, 1, SYMBOLS), generator)[:, 0, shifts])


def equal_gaussian(count: int, states: int, generator: np.random.Generator) -> Gaussian:
    """Components of one variance at each draw: equal entropies."""
    leaves = gaussian(count, states, generator)
    return Gaussian(leaves.means, np.repeat(leaves.variances[:, :1], states, axis=1))


COMPONENTS: dict[str, Callable[[int, int, np.random.Generator], Leaves]] = {
    "categorical": lambda count, states, generator: categorical(count, states, SYMBOLS, generator),
    "categorical, equal entropies": equal_categorical,
    "Gaussian": gaussian,
    "Gaussian, equal entropies": equal_gaussian,
}


def verdict_rows(labels: Row, margins: np.ndarray) -> Iterator[Row]:
    """Smallest margin of some draws, what it must reach, how many draws, and the share that doesn't."""
    values = {
        "smallest_margin": margins.min(),
        "required_margin": 0.0,
        "share_violated": np.mean(margins < -ROUNDING),
        "mappings": len(margins),
    }
    for quantity, value in values.items():
        yield {**labels, "quantity": quantity, "value": float(value)}


def smallest_rows() -> Iterator[Row]:
    """Of every statement the smallest counterexample: two states, fewest symbols, smallest denominator, worst margin.

    Where no grid has one, the case of the last grid that comes closest.
    """
    found: dict[tuple[str, Average], Row] = {}
    for symbols, steps in LATTICES:
        draws, components = lattice(symbols, steps)
        mappings = draws.mappings
        for case in CASES:
            if case in found and found[case]["value"] < -ROUNDING:
                continue
            margins = STATEMENTS[case[0]](draws, mappings, case[1])
            worst = int(np.nanargmin(np.round(margins, 12)))
            found[case] = {"case": told(draws, components, mappings, case[1], worst), "value": float(margins[worst])}
    for (statement, average), row in found.items():
        labels = {"leaves": "categorical", "family": SMALLEST, "statement": statement, "average": average}
        yield {**labels, **row, "quantity": "smallest_margin"}
        yield {**labels, **row, "quantity": "required_margin", "value": 0.0}


def lattice(symbols: int, steps: int) -> tuple[Draws, np.ndarray]:
    """All tables, components and priors (without zeros) of two states whose entries are multiples of 1 / steps.

    Returns:
        The mappings, and their components as an array of shape (draws, 2, symbols).
    """
    pairs, values = compositions(2, steps), compositions(symbols, steps)
    priors = [pair for pair in pairs if min(pair) > 0]
    grid = list(product(priors, product(pairs, repeat=2), product(values, repeat=2)))
    prior, tables, components = (np.array([case[part] for case in grid]) / steps for part in range(3))
    return Draws(tables, Channel(Categorical(components)), prior), components


def compositions(parts: int, total: int) -> list[tuple[int, ...]]:
    """Non-negative integers that sum to `total`, the largest first ones first.

    >>> compositions(2, 2)
    [(2, 0), (1, 1), (0, 2)]
    """
    if parts == 1:
        return [(total,)]
    return [(first, *rest) for first in range(total, -1, -1) for rest in compositions(parts - 1, total - first)]


def told(draws: Draws, components: np.ndarray, mappings: Mappings, average: Average, number: int) -> str:
    """One mapping with its numbers, as a label."""
    below, above = (values[number] for values in mappings.averaged(average))
    named = {"A": draws.tables, "components": components, "prior": draws.prior[:, None]}
    parts = [f"{name} {fractions(values[number])}" for name, values in named.items()]
    return f"{', '.join(parts)}, H(v) {below:.4f}, H(u) {above:.4f}"


def fractions(rows: np.ndarray) -> str:
    """Rows as text.

    >>> fractions(np.array([[1.0, 0.0], [0.5, 0.5]]))
    '(1 0, 1/2 1/2)'
    """
    return f"({', '.join(' '.join(str(Fraction(value).limit_denominator(100)) for value in row) for row in rows)})"


def capacity_rows(number: int) -> Iterator[Row]:
    """The charitable reading of Assumption 1: all rows of A equal to the best prior reach the capacity."""
    generator = stream("mapping", "capacity")
    for states in SIZES:
        leaves = categorical(number, states, SYMBOLS, generator)
        bound, best = capacity(leaves.probabilities)
        tables = np.repeat(best[:, None], states, axis=1)
        draws = Draws(tables, Channel(leaves), dirichlet((number, states), generator))
        margins = increase(draws.mappings, "consistent") - bound
        labels = {"leaves": "categorical", "family": "best rows", "statement": "capacity reached"}
        yield from verdict_rows({**labels, "average": "consistent", "case": f"{states} states"}, margins)


def ratio_rows(number: int) -> Iterator[Row]:
    """Eqs. 36 and 49 at their smallest: two sites, each a mixture of its own, under a root with a single state.

    H(X) is the sum of the mixtures' entropies, so that its ratio to the components' has a bound β² by the two sites'
    own ratios (the root's is 1).
    """
    makers = {"categorical": COMPONENTS["categorical"], "Gaussian": gaussian}
    for kind, components in makers.items():
        generator = stream("mapping", "ratio", WORDS[kind])
        states = SIZES[0]
        count = 2 * number
        leaves = components(count, states, generator)
        draws = Draws(dirichlet((count, 1, states), generator), Channel(leaves), np.ones((count, 1)))
        below, above = (values.reshape(-1, 2) for values in draws.mappings.averaged("consistent"))
        labels = {"leaves": kind, "family": "dirichlet", "statement": "eqs. 36, 49", "average": "consistent"}
        yield from verdict_rows({**labels, "case": "worst draw"}, ratio_margins(below, above))
    leaves = Gaussian(np.array([[0.0, 40.0]] * 2), np.array([[1.0] * 2, [0.06**2] * 2]))
    draws = Draws(np.full((2, 1, 2), 0.5), Channel(leaves), np.ones((2, 1)))
    below, above = draws.mappings.averaged("consistent")
    case = "two far components of deviation 1 and two of deviation 0.06, H(v) "
    case += " and ".join(f"{v:.4f}" for v in below) + ", H(u) " + " and ".join(f"{u:.4f}" for u in above)
    labels = {"leaves": "Gaussian", "family": SMALLEST, "statement": "eqs. 36, 49", "average": "consistent"}
    yield from verdict_rows({**labels, "case": case}, ratio_margins(below[None], above[None]))


def ratio_margins(below: np.ndarray, above: np.ndarray) -> np.ndarray:
    """β² less the ratio of the sums, shape (pairs,), from entropies of shape (pairs, 2)."""
    bound = np.maximum(1.0, (above / below).max(axis=1)) ** 2
    return np.asarray(bound - above.sum(axis=1) / below.sum(axis=1))
