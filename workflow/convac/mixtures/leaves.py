"""Densities of one site given its hidden state: the leaves of tensorial mixture models.

Sources: 1610.04167 (Sharir, Tamari, Cohen & Shashua), whose mixing components these are; 1802.04473 (Liu), eq. 3.
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import entr

from convac.arrays import given, real
from convac.errors import ArgumentError

ROUNDING = 1e-9  # by which the sum of a distribution may miss 1
# Bounds of fitted leaves: a single value would make a density infinite, an unseen symbol a likelihood zero.
LEAST_VARIANCE = 1e-4
LEAST_PROBABILITY = 1e-3
REACH = 12.01  # of the trapezoidal rule, in standard deviations
NODES = 16  # of it a standard deviation: right to 1e-8 nats up to the factor below by which another state is narrower
NARROWER = 8.0
PER_RATIO = 4.0  # beyond, as many times more nodes as the ratio over this: exact to rounding
NARROWEST = 1000.0  # standard deviations of one site may differ by so much


def require_distributions(name: str, values: np.ndarray) -> None:
    """Raise ArgumentError unless the last axis holds distributions: nothing negative, sums of 1."""
    if values.size == 0 or not (values >= 0).all() or np.abs(values.sum(axis=-1) - 1).max() > ROUNDING:
        raise ArgumentError(f"{name}: holds no distributions; accepted: non-negative numbers that sum to 1 in each row")


@dataclass(frozen=True)
class Categorical:
    """A distribution over V symbols for every site and state.

    Attributes:
        probabilities: shape (sites, states, symbols); rows sum to 1.

    Raises:
        ArgumentError: rows that aren't distributions, or another number of axes.

    >>> leaves = Categorical(np.array([[[1.0, 0.0], [0.5, 0.5]]]))
    >>> leaves.entropies().round(3).tolist()
    [[0.0, 0.693]]
    """

    probabilities: np.ndarray

    def __post_init__(self) -> None:
        shape = ("sites", "states", "symbols")
        object.__setattr__(self, "probabilities", real(self.probabilities, "probabilities", shape))
        require_distributions("probabilities", self.probabilities)

    @property
    def shape(self) -> tuple[int, int]:
        """Sites and states."""
        return self.probabilities.shape[0], self.probabilities.shape[1]

    @property
    def symbols(self) -> int:
        """V, the number of symbols."""
        return int(self.probabilities.shape[2])

    def log_likelihoods(self, values: np.ndarray) -> np.ndarray:
        """ln P(x | d) of every state.

        Args:
            values: integers from 0 to V − 1, shape (batch, sites).

        Returns:
            Shape (sites, batch, states), −∞ where a state can't give the symbol.

        Raises:
            ArgumentError: something else than such integers, booleans and whole floats among them.
        """
        values = given(values, "values")
        odd = values.dtype.kind not in "iu" or values.shape[1:] != self.shape[:1]
        if odd or values.min(initial=0) < 0 or values.max(initial=0) >= self.symbols:
            raise ArgumentError(f"values: accepted: integers [batch, {self.shape[0]}] from 0 to {self.symbols - 1}")
        with np.errstate(divide="ignore"):
            by_symbol = np.log(self.probabilities).transpose(0, 2, 1)
        return np.asarray(by_symbol[np.arange(len(by_symbol))[:, None], values.T])

    def sample(self, states: np.ndarray, generator: np.random.Generator) -> np.ndarray:
        """A symbol for every site and state given, shape (sites, batch) → (batch, sites)."""
        return drawn_states(self.probabilities, states, generator).T

    def entropies(self) -> np.ndarray:
        """H(x | d) of every state, shape (sites, states), in nats."""
        return np.asarray(entr(self.probabilities).sum(axis=-1))

    def mixed_entropies(self, weights: np.ndarray) -> np.ndarray:
        """Entropies of mixtures of a site's states: weights (sites, mixtures, states) → (sites, mixtures), in nats."""
        return np.asarray(entr(weights @ self.probabilities).sum(axis=-1))

    def fitted(self, values: np.ndarray, weights: np.ndarray) -> "Categorical":
        """Leaves of the largest likelihood when value b of a site counts `weights[site, b, state]` times."""
        if self.symbols * LEAST_PROBABILITY >= 1:
            raise ArgumentError(
                f"symbols: {self.symbols} of at least {LEAST_PROBABILITY} each; accepted: fewer symbols"
            )
        symbols = np.eye(self.symbols)[values.T]
        return Categorical(bounded(normalised(weights.transpose(0, 2, 1) @ symbols, self.probabilities)))


@dataclass(frozen=True)
class Gaussian:
    """A normal density over the reals for every site and state.

    Attributes:
        means, variances: shape (sites, states); variances are positive.

    Raises:
        ArgumentError: shapes differ, or a variance isn't positive.
    """

    means: np.ndarray
    variances: np.ndarray

    def __post_init__(self) -> None:
        object.__setattr__(self, "means", real(self.means, "means", ("sites", "states")))
        object.__setattr__(self, "variances", real(self.variances, "variances", ("sites", "states")))
        if self.means.shape != self.variances.shape:
            raise ArgumentError("means, variances: shapes differ; accepted: both of sites, states")
        if not (self.variances > 0).all():
            raise ArgumentError("means, variances: accepted: finite means and positive variances")

    @property
    def shape(self) -> tuple[int, int]:
        """Sites and states."""
        return self.means.shape[0], self.means.shape[1]

    def log_likelihoods(self, values: np.ndarray) -> np.ndarray:
        """ln of the density of every state: values (batch, sites) → (sites, batch, states)."""
        return log_normal(
            real(values, "values", ("batch", self.shape[0])).T[:, :, None], self.means[:, None], self.variances[:, None]
        )

    def sample(self, states: np.ndarray, generator: np.random.Generator) -> np.ndarray:
        """A number for every site and state given, shape (sites, batch) → (batch, sites)."""
        sites = np.arange(len(states))[:, None]
        noise = generator.standard_normal(states.shape)
        return np.asarray(self.means[sites, states] + np.sqrt(self.variances[sites, states]) * noise).T

    def entropies(self) -> np.ndarray:
        """Differential entropies ½ ln(2πe σ²), shape (sites, states), in nats."""
        return np.asarray(0.5 * np.log(2 * math.pi * math.e * self.variances))

    def mixed_entropies(self, weights: np.ndarray) -> np.ndarray:
        """Differential entropies of mixtures of a site's states, by quadrature.

        The expectation of −ln of the mixture under each state, by the trapezoidal rule in its own standard deviation:
        right to 1e-8 nats; where one state is over 8 times narrower than another, with more nodes, to rounding.

        Args:
            weights: shape (sites, mixtures, states).

        Returns:
            Shape (sites, mixtures), in nats.

        Raises:
            ArgumentError: standard deviations of a site differ by more than a factor of 1000.
        """
        finer = refinement(self.variances)
        deviations = np.sqrt(self.variances)[..., None]
        nodes = np.arange(-12, REACH, 1 / (NODES * finer))
        places = self.means[..., None] + deviations * nodes  # (sites, states, nodes)
        logs = log_normal(places[:, :, None], self.means[:, None, :, None], self.variances[:, None, :, None])
        rule = np.exp(-(nodes**2) / 2)
        expected = np.empty((*weights.shape[:2], self.shape[1]))
        for mixture in range(weights.shape[1]):
            with np.errstate(divide="ignore"):
                mixed = logs + np.log(weights[:, mixture])[:, None, :, None]
            expected[:, mixture] = -np.logaddexp.reduce(mixed, axis=2) @ (rule / rule.sum())
        # a state of weight 0 is left out: where its nodes lie, the mixture may underflow to nothing
        return np.asarray(np.where(weights > 0, weights * expected, 0.0).sum(axis=-1))

    def fitted(self, values: np.ndarray, weights: np.ndarray) -> "Gaussian":
        """Leaves of the largest likelihood when value b of a site counts `weights[site, b, state]` times."""
        counts = np.maximum(weights.sum(axis=1), np.finfo(float).tiny)
        places = values.T[:, :, None]
        means = (weights * places).sum(axis=1) / counts
        variances = (weights * (places - means[:, None]) ** 2).sum(axis=1) / counts
        return Gaussian(means, np.maximum(variances, LEAST_VARIANCE))


Leaves = Categorical | Gaussian


def refinement(variances: np.ndarray) -> int:
    """How many times more nodes the quadrature needs, from the ratio of a site's deviations, (sites, states).

    Raises:
        ArgumentError: it exceeds 1000.
    """
    deviations = np.sqrt(variances)
    ratio = float((deviations.max(axis=1) / deviations.min(axis=1)).max())
    if ratio > NARROWEST:
        raise ArgumentError(
            f"variances: deviations of a site differ by a factor of {ratio:.1e}; accepted: up to {NARROWEST:g}"
        )
    return 1 if ratio <= NARROWER else math.ceil(ratio / PER_RATIO)


def log_normal(values: np.ndarray, means: np.ndarray, variances: np.ndarray) -> np.ndarray:
    """ln of normal densities; shapes broadcast."""
    return np.asarray(-0.5 * ((values - means) ** 2 / variances + np.log(2 * math.pi * variances)))


def drawn_states(tables: np.ndarray, given: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """A state for each place by its row of a table.

    Tables (places, given states, states) and given (places, batch) → (places, batch).
    """
    rows = tables.cumsum(axis=-1)[np.arange(len(tables))[:, None], given]
    return np.asarray((generator.random(given.shape)[..., None] >= rows[..., :-1]).sum(axis=-1))


def normalised(counts: np.ndarray, otherwise: np.ndarray) -> np.ndarray:
    """Counts as distributions along the last axis; a row without counts stays as it is in `otherwise`."""
    totals = counts.sum(axis=-1, keepdims=True)
    return np.where(totals > 0, counts / np.where(totals > 0, totals, 1), otherwise)


def bounded(shares: np.ndarray) -> np.ndarray:
    """The likeliest distributions for these shares of counts whose entries are all at least 0.001.

    Entries below are raised to the bound, the others keep their proportions.

    >>> bounded(np.array([0.0, 0.25, 0.75])).tolist()
    [0.001, 0.24975, 0.74925]
    """
    low = shares < LEAST_PROBABILITY
    while True:
        rest = np.where(low, 0.0, shares)
        free = 1 - LEAST_PROBABILITY * low.sum(axis=-1, keepdims=True)
        result = np.where(low, LEAST_PROBABILITY, rest * (free / rest.sum(axis=-1, keepdims=True)))
        if (result >= LEAST_PROBABILITY).all():
            return result
        low |= result < LEAST_PROBABILITY
