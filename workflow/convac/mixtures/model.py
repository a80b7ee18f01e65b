"""Tensorial mixture models: hidden states on a tree over the sites, and a density for every site given its state.

Sources: 1610.04167 (Sharir, Tamari, Cohen & Shashua); 1802.04473 (Liu), eq. 10 (CP: one level) and eq. 20 (HT).
"""

from dataclasses import dataclass

import numpy as np

from convac.arrays import given, integer, random_generator, real, short
from convac.entanglement.limits import MEMORY, SECONDS, Limits
from convac.errors import ArgumentError
from convac.geometry.trees import PoolingTree
from convac.mixtures import costs
from convac.mixtures.leaves import Categorical, Gaussian, Leaves, drawn_states, require_distributions

LOST = 1e-250  # sums below it, in units of the largest likelihood, have lost digits or all


@dataclass(frozen=True)
class Parts:
    """Log-likelihoods of what lies below every node, with φ the sites below a node and d its hidden state.

    Attributes:
        below: per level 0 … L, ln P(φ | d), shape (positions, batch, states).
        above: per level 0 … L, ln P(φ | d of the parent), shape (positions, batch, states of the parent); the root has
            no parent: ln P(X), shape (1, batch, 1).
    """

    below: list[np.ndarray]
    above: list[np.ndarray]


@dataclass(frozen=True)
class TensorialMixture:
    """A distribution of the values of N sites, by hidden states on a pooling tree.

    The root's state is drawn from `prior`, every other node's from its table given its parent's, every site's value
    from its leaf given the state of level 0. One level makes the CP-model, pairs the HT-model.

    Attributes:
        tree: the sites and their windows.
        leaves: densities of the sites in row-major order, given the states of level 0.
        tables: per level of the tree, P(state of a position | state of its parent), shape (positions, states above,
            states below); positions in tree order.
        prior: of the root's state, shape (states,).

    Raises:
        ArgumentError: shapes don't fit one another, or rows aren't distributions; names the table.
    """

    tree: PoolingTree
    leaves: Leaves
    tables: tuple[np.ndarray, ...]
    prior: np.ndarray

    def __post_init__(self) -> None:
        if not isinstance(self.tree, PoolingTree) or not isinstance(self.leaves, Categorical | Gaussian):
            kinds = f"{type(self.tree).__name__}, {type(self.leaves).__name__}"
            raise ArgumentError(f"tree, leaves: got {kinds}; accepted: a PoolingTree, Categorical or Gaussian leaves")
        if not isinstance(self.tables, list | tuple):
            raise ArgumentError(f"tables: got {short(self.tables)}; accepted: one array per level, {self.tree.levels}")
        tables = [real(table, f"tables: level {level}") for level, table in enumerate(self.tables, start=1)]
        object.__setattr__(self, "tables", tuple(tables))
        object.__setattr__(self, "prior", real(self.prior, "prior", ("states",)))
        sites, states = self.leaves.shape
        if sites != self.tree.sites or len(self.tables) != self.tree.levels:
            given = f"{sites} sites, {len(self.tables)} tables"
            raise ArgumentError(f"leaves, tables: {given}; accepted: {self.tree.sites} and {self.tree.levels}")
        named = [(f"tables: level {level}", table) for level, table in enumerate(self.tables, start=1)]
        for (name, table), positions in zip(
            [*named, ("prior", self.prior[None, None])], self.tree.positions, strict=True
        ):
            if table.ndim != 3 or (table.shape[0], table.shape[2]) != (positions, states):
                shape = f"{positions} positions, states above, {states} states"
                raise ArgumentError(f"{name}: has shape {list(table.shape)}; accepted: {shape}")
            require_distributions(name, table)
            states = table.shape[1]

    @property
    def mappings(self) -> tuple[np.ndarray, ...]:
        """The tables of levels 0 … L − 1, then the prior as the root's, shape (1, 1, states)."""
        return (*self.tables, self.prior[None, None])

    def state_priors(self) -> list[np.ndarray]:
        """The consistent prior: the distribution of every node's state, per level 0 … L shape (positions, states)."""
        priors = [self.prior[None]]
        for table, window in zip(self.tables[::-1], self.tree.windows[::-1], strict=True):
            priors.append(np.einsum("pj,pja->pa", np.repeat(priors[-1], window, axis=0), table))
        return priors[::-1]

    def parts(self, values: np.ndarray, memory_limit: float = MEMORY, time_limit: float = SECONDS) -> Parts:
        """Log-likelihoods of what lies below every node.

        Args:
            values: of the sites in row-major order, shape (batch, N): symbols for categorical leaves, else numbers.
            memory_limit: bytes.
            time_limit: seconds of one core.

        Raises:
            ArgumentError: the values don't fit.
            MemoryLimitError, TimeLimitError: all levels would pass a limit; before allocating.
        """
        values = given(values, "values")
        if values.ndim != 2 or values.shape[1] != self.tree.sites:
            raise ArgumentError(f"values: have shape {list(values.shape)}; accepted: [batch, {self.tree.sites}]")
        Limits(memory_limit, time_limit).check("mixtures", *costs.evaluated(self, len(values)))
        below, above = [self.leaves.log_likelihoods(values)[list(self.tree.order)]], []
        for table, window in zip(self.mappings, (*self.tree.windows, 1), strict=True):
            above.append(log_mixed(table, below[-1]))
            below.append(above[-1].reshape(-1, window, *above[-1].shape[1:]).sum(axis=1))
        return Parts(below[:-1], above)

    def log_likelihood(
        self, values: np.ndarray, memory_limit: float = MEMORY, time_limit: float = SECONDS
    ) -> np.ndarray:
        """ln P(X) in nats: values (batch, N) → (batch,); limits and errors as `parts`."""
        return np.asarray(self.parts(values, memory_limit, time_limit).above[-1][0, :, 0])

    def sample(
        self, count: int, generator: np.random.Generator, memory_limit: float = MEMORY, time_limit: float = SECONDS
    ) -> tuple[np.ndarray, list[np.ndarray]]:
        """Values of `count` independent draws, shape (count, N), and all states, per level (positions, count).

        Raises:
            ArgumentError: the count isn't a positive integer, or the generator none of numpy's.
            MemoryLimitError, TimeLimitError: they would pass a limit; before allocating.
        """
        count = integer(count, "count", least=1)
        random_generator(generator)
        Limits(memory_limit, time_limit).check("mixtures", *costs.drawn(self, count))
        chosen = np.zeros((1, count), dtype=np.int64)
        states: list[np.ndarray] = []
        for table, window in zip(self.mappings[::-1], (1, *self.tree.windows[::-1]), strict=True):
            chosen = drawn_states(table, np.repeat(chosen, window, axis=0), generator)
            states.append(chosen)
        in_site_order = np.empty_like(chosen)
        in_site_order[list(self.tree.order)] = chosen
        return self.leaves.sample(in_site_order, generator), states[::-1]


def log_mixed(table: np.ndarray, logs: np.ndarray) -> np.ndarray:
    """ln Σ_a table[p, j, a] exp(logs[p, b, a]) without underflow, shape (positions, batch, states above).

    Where the likeliest state is one that the table all but forbids, the sum is taken again by its own largest term.
    """
    top = largest(logs)
    sums = np.exp(logs - top) @ table.transpose(0, 2, 1)
    with np.errstate(divide="ignore"):
        found = np.log(sums) + top
        lost = sums < LOST
        if lost.any():
            lost &= np.isfinite(logs).astype(float) @ (table > 0).astype(float).transpose(0, 2, 1) > 0
            place, draw, above = np.nonzero(lost)
            found[lost] = np.logaddexp.reduce(np.log(table[place, above]) + logs[place, draw], axis=-1)
    return np.asarray(found)


def largest(logs: np.ndarray) -> np.ndarray:
    """The largest of the last axis, kept as an axis; 0 where all are −∞."""
    top = logs.max(axis=-1, keepdims=True)
    return np.where(np.isfinite(top), top, 0.0)
