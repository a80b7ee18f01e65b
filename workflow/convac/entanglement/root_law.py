"""Rival models of how many channels n_c layers need where one needs D_0, and how well each describes what was found.

`root`: ln D = ln D_0 / n_c (1710.05520, abstract), channels counted one by one, or in units of κ.
`shift`: ln D = ln D_0 − c (n_c − 1), every layer is worth a constant.
`growth`: ln D = ln D_0 / g(n_c), g = 1 + a (n_c − 1), the power of D that a rank of n_c layers can grow with; a = 1 is
the root law. The last two are ours. All three have one constant and give D_0 at one layer.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

# ln D from n_c, ln D_0 and the model's constant; the root law's is ln κ, for D / κ = (D_0 / κ)^(1/n_c)
Model = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]
MODELS: dict[str, Model] = {
    "root": lambda layers, start, constant: constant + (start - constant) / layers,
    "shift": lambda layers, start, constant: start - constant * (layers - 1),
    "growth": lambda layers, start, constant: start / (1 + constant * (layers - 1)),
}
TRIED = {"root": (-10.0, 5.0), "shift": (-1.0, 5.0), "growth": (-0.2, 19.8)}  # constants, in steps of 0.005
FEWEST = 2  # channels: with one, a network is a product over sites, whatever its depth


class Fit(NamedTuple):
    """A model's constant and its misfit, the root-mean-square of what it leaves of ln D [nats]."""

    constant: float
    misfit: float


def stated_constant(model: str, kernel: int, local_dimension: int, boundaries: int = 1) -> float:
    """A model's constant without a fit.

    The root law counts channels one by one, κ = 1. Every layer moves the front by K − 1 sites a boundary, each worth
    ln M while D ≥ M: the shift. Where channels are cut instead of sites, it adds K − 1 positions a boundary, each a
    polynomial of degree K in D channels: the growth.

    Args:
        model: `root`, `shift` or `growth`.
        kernel: K.
        local_dimension: M.
        boundaries: of the block, 2 on a ring.

    >>> round(stated_constant("shift", kernel=2, local_dimension=2, boundaries=2), 3)
    1.386
    """
    shift = boundaries * (kernel - 1) * math.log(local_dimension)
    return {"root": 0.0, "shift": shift, "growth": float(boundaries * kernel * (kernel - 1))}[model]


def predicted(model: str, layers: np.ndarray, start: np.ndarray, constant: np.ndarray, whole: bool) -> np.ndarray:
    """ln D by a model, no less than ln 2; of the next whole number of channels where `whole`.

    Args:
        model: `root`, `shift` or `growth`.
        layers: n_c.
        start: ln D_0.
        constant: the model's; the three broadcast.
        whole: whether D is a whole number.
    """
    found = MODELS[model](np.asarray(layers), np.asarray(start), np.asarray(constant))
    if whole:  # what rounding puts just above a whole number is that number
        found = np.log(np.ceil(np.exp(np.minimum(found, 50.0)) * (1 - 1e-9)))
    return np.maximum(found, math.log(FEWEST))


def misfit(model: str, layers: np.ndarray, start: np.ndarray, found: np.ndarray, constant: float, whole: bool) -> float:
    """Root-mean-square of found − predicted, both ln D [nats]; arguments as of `predicted`, `found` of shape (n,)."""
    left = found - predicted(model, layers, start, np.asarray(constant), whole)
    return float(np.sqrt(np.mean(left**2)))


def fitted(model: str, layers: np.ndarray, start: np.ndarray, found: np.ndarray, whole: bool) -> Fit:
    """The constant with the least misfit, the smallest of equal ones, on a grid: rounding leaves no slope to follow.

    >>> fitted("shift", np.array([2, 3]), np.log([64.0, 64.0]), np.log([32.0, 16.0]), whole=False).constant
    0.695
    """
    low, high = TRIED[model]
    constants = np.linspace(low, high, round((high - low) / 0.005) + 1)
    left = found - predicted(model, layers, start, constants[:, None], whole)
    squares = np.mean(left**2, axis=1)
    best = int(np.argmin(squares))
    return Fit(round(float(constants[best]), 3), float(np.sqrt(squares[best])))
