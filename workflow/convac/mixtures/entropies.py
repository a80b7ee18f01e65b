"""Entropies of what lies below every node of a tensorial mixture, given the node's state or its parent's.

Sources: 1802.04473 (Liu), section 4: a mapping replaces the condition on a node's own state, H(v) = H(φ|d^(l−1)), by
that on its parent's, H(u) = H(φ|d^l). How H(φ|d) averages over the states d isn't said there; here are three ways.
"""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import entr

from convac.arrays import integer, random_generator
from convac.entanglement.limits import MEMORY, SECONDS, Limits
from convac.errors import ArgumentError
from convac.mixtures import costs
from convac.mixtures.leaves import Categorical
from convac.mixtures.model import TensorialMixture

Average = Literal["consistent", "uniform", "maximum"]
AVERAGES: tuple[Average, ...] = ("consistent", "uniform", "maximum")


@dataclass(frozen=True)
class Mappings:
    """Entropies on both sides of mappings, state by state, in nats.

    Attributes:
        below: H(φ | d = state), shape (mappings, states).
        above: H(φ | d of the parent = state), shape (mappings, states of the parent).
        prior_below, prior_above: the consistent prior of these states, of the same shapes.
    """

    below: np.ndarray
    above: np.ndarray
    prior_below: np.ndarray
    prior_above: np.ndarray

    def averaged(self, average: Average) -> tuple[np.ndarray, np.ndarray]:
        """H(v) and H(u) of every mapping, each of shape (mappings,), in nats.

        `consistent` weighs states by the prior that the model gives them (the usual conditional entropy), `uniform`
        weighs them alike, `maximum` takes the largest.
        """
        return (
            averaged(self.below, self.prior_below, average),
            averaged(self.above, self.prior_above, average),
        )


def averaged(entropies: np.ndarray, prior: np.ndarray, average: Average) -> np.ndarray:
    """Entropies by state averaged over the last axis."""
    if average == "consistent":
        return np.asarray((prior * entropies).sum(axis=-1))
    return np.asarray(entropies.mean(axis=-1) if average == "uniform" else entropies.max(axis=-1))


def exact_mappings(
    model: TensorialMixture, configurations: int, memory_limit: float = MEMORY, time_limit: float = SECONDS
) -> list[Mappings]:
    """Exact entropies by enumeration, level by level from the sites up.

    Args:
        model: the mixture.
        configurations: levels whose parts have more values than this are left out, and all above; Gaussian leaves
            have level 0 alone, by quadrature.
        memory_limit: bytes.
        time_limit: seconds of one core.

    Returns:
        Per level 0 … at most L its mappings; the last one's `above` is H(X), shape (1, 1), if all are there.

    Raises:
        ArgumentError: Gaussian leaves whose deviations lie too far apart for the quadrature.
        MemoryLimitError, TimeLimitError: the tables or the quadrature would pass a limit; before allocating.
    """
    Limits(memory_limit, time_limit).check("mixtures", *costs.enumerated(model, configurations))
    order = list(model.tree.order)
    priors = [*model.state_priors(), np.ones((1, 1))]
    below = model.leaves.entropies()[order]
    # P(φ | d) of every node, shape (positions, states, configurations of φ)
    tables = model.leaves.probabilities[order] if isinstance(model.leaves, Categorical) else None
    found: list[Mappings] = []
    for level, (mapping, window) in enumerate(zip(model.mappings, (*model.tree.windows, 1), strict=True)):
        parents = np.repeat(priors[level + 1], window, axis=0)
        if tables is None:
            in_site_order = np.empty_like(mapping)
            in_site_order[order] = mapping
            above = model.leaves.mixed_entropies(in_site_order)[order]
            return [Mappings(below, above, priors[level], parents)]
        mixed = mapping @ tables
        above = np.asarray(entr(mixed).sum(axis=-1))
        found.append(Mappings(below, above, priors[level], parents))
        if mixed.shape[-1] ** window > configurations:
            return found
        tables = products(mixed, window)
        # given the parent's state its children are independent: entropies add
        below = above.reshape(-1, window, above.shape[-1]).sum(axis=1)
    return found


def products(tables: np.ndarray, window: int) -> np.ndarray:
    """Joint distributions of the children of every parent, given its state.

    Shape (positions, states, k) → (positions / window, states, k**window).
    """
    children = tables.reshape(-1, window, *tables.shape[1:])
    joint = children[:, 0]
    for child in range(1, window):
        joint = (joint[..., :, None] * children[:, child, :, None, :]).reshape(*joint.shape[:2], -1)
    return np.asarray(joint)


@dataclass(frozen=True)
class Sample:
    """What independent draws say of the entropies, under the consistent prior, in nats.

    Attributes:
        below: per level 0 … L, −ln P(φ | d) of each draw at the state that it has, shape (positions, draws).
        above: likewise −ln P(φ | d of the parent).
    """

    below: list[np.ndarray]
    above: list[np.ndarray]

    @property
    def surprise(self) -> np.ndarray:
        """−ln P(X) of each draw, shape (draws,); its mean estimates H(X)."""
        return np.asarray(self.above[-1][0])

    @property
    def increase(self) -> np.ndarray:
        """Σ_i ln P(x_i | d_i) − ln P(X) of each draw; its mean estimates H(X) − Σ_i H(x_i | d_i)."""
        return np.asarray(self.surprise - self.below[0].sum(axis=0))


def sampled(
    model: TensorialMixture,
    draws: int,
    generator: np.random.Generator,
    memory_limit: float = MEMORY,
    time_limit: float = SECONDS,
) -> Sample:
    """Draw from the model and evaluate it exactly at every draw.

    States are drawn from the root down, so that they follow the consistent prior; both sides of a mapping are evaluated
    at the same draw, so that their difference has the small error of a paired one.

    Args:
        model: the mixture.
        draws: how many.
        generator: of the draws.
        memory_limit: bytes.
        time_limit: seconds of one core.

    Raises:
        ArgumentError: the number of draws isn't a positive integer, or the generator none of numpy.
        MemoryLimitError, TimeLimitError: they would pass a limit; before allocating.
    """
    draws = integer(draws, "draws", least=1)
    random_generator(generator)
    memory, operations = map(sum, zip(costs.drawn(model, draws), costs.evaluated(model, draws), strict=True))
    Limits(memory_limit, time_limit).check("mixtures", memory, operations)
    values, states = model.sample(draws, generator, math.inf, math.inf)
    parts = model.parts(values, math.inf, math.inf)
    below = [-chosen(logs, own) for logs, own in zip(parts.below, states, strict=True)]
    windows = (*model.tree.windows, 1)
    parents = [*states[1:], np.zeros((1, draws), dtype=np.int64)]
    above = [
        -chosen(logs, np.repeat(parent, window, axis=0))
        for logs, parent, window in zip(parts.above, parents, windows, strict=True)
    ]
    return Sample(below, above)


def chosen(logs: np.ndarray, states: np.ndarray) -> np.ndarray:
    """The entry of each draw's state: (positions, draws, states) and (positions, draws) → (positions, draws)."""
    return np.asarray(np.take_along_axis(logs, states[..., None], axis=-1)[..., 0])


def standard_error(values: np.ndarray) -> float:
    """Standard error of the mean of independent draws, shape (draws,); at least 2, or an ArgumentError."""
    if len(values) < 2:
        raise ArgumentError(f"draws: got {len(values)}; accepted: at least 2, of which a spread can be told")
    return float(values.std(ddof=1) / np.sqrt(len(values)))


def capacity(components: np.ndarray, iterations: int = 1000) -> tuple[np.ndarray, np.ndarray]:
    """The largest information that a symbol can carry about its state: the capacity of the channel state → symbol.

    Source: Blahut (1972) and Arimoto (1972), IEEE Trans. Inf. Theory 18, 460 and 14.

    Args:
        components: P(symbol | state), shape (channels, states, symbols).
        iterations: of the algorithm.

    Returns:
        An upper bound on the capacity that iterating brings down to it, shape (channels,), in nats; and the prior of
        the states that nearly reaches it, shape (channels, states).

    >>> bound, prior = capacity(np.array([[[1.0, 0.0], [0.0, 1.0]]]))
    >>> bound.round(6).tolist(), prior.tolist()
    ([0.693147], [[0.5, 0.5]])
    """
    prior = np.full(components.shape[:2], 1 / components.shape[1])
    for _ in range(iterations):
        prior = prior * np.exp(divergences(components, prior))
        prior /= prior.sum(axis=1, keepdims=True)
    return divergences(components, prior).max(axis=1), prior


def divergences(components: np.ndarray, prior: np.ndarray) -> np.ndarray:
    """Relative entropy of every component to the mixture, shape (channels, states), in nats."""
    mixture = np.einsum("cs,csv->cv", prior, components)
    logs = np.log(np.where(components > 0, components / np.where(mixture > 0, mixture, 1)[:, None], 1.0))
    return np.asarray((components * logs).sum(axis=-1))
