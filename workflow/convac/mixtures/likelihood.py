"""Maximum likelihood of tensorial mixtures by expectation-maximisation, with exact posteriors on the tree.

Sources: Dempster, Laird & Rubin, J. R. Statist. Soc. B 39, 1 (1977); 1610.04167 for the model.
"""

import math
from dataclasses import replace

import numpy as np

from convac.arrays import integer
from convac.entanglement.limits import MEMORY, SECONDS, Limits
from convac.mixtures import costs
from convac.mixtures.leaves import normalised
from convac.mixtures.model import LOST, TensorialMixture, largest
from convac.progress import reporter


def maximised(
    model: TensorialMixture,
    values: np.ndarray,
    steps: int,
    memory_limit: float = MEMORY,
    time_limit: float = SECONDS,
) -> tuple[TensorialMixture, list[float]]:
    """The model after so many steps of expectation-maximisation.

    Args:
        model: where to start.
        values: shape (batch, N), see `TensorialMixture.parts`.
        steps: how many.
        memory_limit: bytes.
        time_limit: seconds of one core, of all steps.

    Returns:
        The model, and the mean ln P(X) over the batch before every step and after the last, `steps` + 1 numbers in
        nats. They never fall, but for a first step from leaves outside the bounds of fitted ones.

    Raises:
        ArgumentError: the values don't fit.
        MemoryLimitError, TimeLimitError: the steps would pass a limit; before the first.
    """
    steps = integer(steps, "steps", least=0)
    Limits(memory_limit, time_limit).check("mixtures", *costs.improved(model, len(values), steps))
    history, report = [], reporter(steps, "step", patient=True)
    for step in range(1, steps + 1):
        model, likelihood = improved(model, values)
        history.append(likelihood)
        report(step, f"{likelihood:.6g} nats")
    return model, [*history, float(model.log_likelihood(values, math.inf, math.inf).mean())]


def improved(model: TensorialMixture, values: np.ndarray) -> tuple[TensorialMixture, float]:
    """One step: the model that is likeliest under the posteriors of the hidden states, and the mean ln P(X) before."""
    parts = model.parts(values, math.inf, math.inf)
    posterior = np.ones((1, len(values), 1))  # of the parents' states, shape (positions, batch, states)
    fitted = []
    for level in range(model.tree.levels, -1, -1):
        mapping = model.mappings[level]
        window = (*model.tree.windows, 1)[level]
        posterior = np.repeat(posterior, window, axis=0)
        # P(own, parent's state | X) = P(parent's | X) · table · P(φ | own) / P(φ | parent's)
        top = largest(parts.below[level])
        own, parent = np.exp(parts.below[level] - top), np.exp(parts.above[level] - top)
        lost = (posterior > 0) & (parent < LOST) & np.isfinite(parts.above[level])
        share = np.divide(posterior, parent, out=np.zeros_like(posterior), where=(parent > 0) & ~lost)
        counts = mapping * (share.transpose(0, 2, 1) @ own)
        below = own * (share @ mapping)
        if lost.any():  # what exp can't hold in units of the likeliest state, in its own
            place, draw, above = np.nonzero(lost)
            logs = parts.below[level][place, draw] - parts.above[level][lost][:, None]
            with np.errstate(divide="ignore"):
                pairs = posterior[lost][:, None] * np.exp(np.log(mapping[place, above]) + logs)
            np.add.at(counts, (place, above), pairs)
            np.add.at(below, (place, draw), pairs)
        fitted.append(normalised(counts, mapping))
        posterior = below
    prior, *tables = fitted
    in_site_order = np.empty_like(posterior)
    in_site_order[list(model.tree.order)] = posterior
    leaves = model.leaves.fitted(values, in_site_order)
    better = replace(model, leaves=leaves, tables=tuple(tables[::-1]), prior=prior[0, 0])
    return better, float(parts.above[-1].mean())


def independent_log_likelihood(train: np.ndarray, test: np.ndarray, symbols: int) -> float:
    """Mean ln P of `test` when sites are independent, with the shares of each symbol in `train` plus one count each.

    Args:
        train, test: symbols, shape (batch, N).
        symbols: V.
    """
    counts = (train[..., None] == np.arange(symbols)).sum(axis=0) + 1.0
    logs = np.log(counts / counts.sum(axis=-1, keepdims=True))
    return float(logs[np.arange(test.shape[1]), test].sum(axis=1).mean())
