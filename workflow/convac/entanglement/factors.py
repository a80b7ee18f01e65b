"""Triangular factors of the channels at every position of a tree, up it for what is below, down for what is above.

A = Q R D with R kept: a QR step wherever product pooling makes rows longer than channels. Gram matrices AᵀA would
square the condition: factors resolve Schmidt coefficients, not probabilities, to rounding, relative probabilities to
about 1e-28 (more where channels of either sign cancel: what rounding may have done goes along, `rounding`). Channels
are in units of a power of two each, only ratios of which are kept, so that thousands of sites neither over- nor
underflow.

Source: hierarchical SVD, Grasedyck 2010 (10.1137/090764189); tree tensor networks, quant-ph/0511070.
"""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from convac.entanglement import rounding
from convac.entanglement.rounding import Channels, Rounding
from convac.entanglement.scales import LOWEST, plus, scaled_map, times_power

# Numbers in the largest array of a block of positions.
BLOCK = 2**21


class Factor(NamedTuple):
    """Channel vectors of every position, up to an isometry of the sites they live on and a scale of the position.

    Attributes:
        values: shape (…, rows, channels), columns of a length near 1, or 0 for a channel that is zero.
        exponents: of two, shape (…, channels), each channel's unit, the largest of a position 0; `LOWEST` for zero.
        rounding: what rounding may have added to the channels, in these units.
    """

    values: np.ndarray
    exponents: np.ndarray
    rounding: Rounding

    def at(self, index: Any) -> "Factor":
        """The positions that an index of the leading axes names."""
        return Factor(self.values[index], self.exponents[index], self.rounding.at(index))

    def shaped(self, *positions: int) -> "Factor":
        """The same positions in another shape."""
        values, exponents = self.values, self.exponents
        moved = self.rounding.moved.reshape(*positions, *self.rounding.moved.shape[-2:])
        return Factor(
            values.reshape(*positions, *values.shape[-2:]),
            exponents.reshape(*positions, exponents.shape[-1]),
            Rounding(moved, self.rounding.terms),
        )

    def everywhere(self, positions: int) -> "Factor":
        """The same at so many positions, from one or as many."""
        moved = np.broadcast_to(self.rounding.moved, (positions, *self.rounding.moved.shape[1:]))
        return Factor(
            np.broadcast_to(self.values, (positions, *self.values.shape[1:])),
            np.broadcast_to(self.exponents, (positions, *self.exponents.shape[1:])),
            Rounding(moved, self.rounding.terms),
        )

    def channels(self) -> Channels:
        """What bounds on products and maps need."""
        return rounding.channels_of(self.values, self.rounding)


def units_of(channels: int) -> Factor:
    """The identity: of a site, or of the classes."""
    exponents = np.zeros((1, channels), dtype=np.int64)
    return Factor(np.eye(channels)[None], exponents, rounding.exact(channels).at(np.s_[None]))


def normalised(factor: Factor) -> Factor:
    """A factor of at most `channels` rows, in units of about the length of each channel, its error included."""
    values, moved = factor.values, factor.rounding
    squares = np.sum(np.abs(values) ** 2, axis=-2)
    if values.shape[-2] > values.shape[-1]:
        share = rounding.of_triangle(values.shape[-2], values.shape[-1], rounding.roundoff(values))
        moved = moved.local(share * np.sqrt(squares))
        values = np.asarray(np.linalg.qr(values, mode="r"))
    squares = squares + moved.lengths() ** 2
    further = rounding.units(np.sqrt(squares))
    exponents = rounding.raised(factor.exponents, further, squares)
    top = exponents.max(axis=-1, keepdims=True)
    relative = np.where(exponents > LOWEST // 2, exponents - top, LOWEST)
    return Factor(times_power(values, -further[..., None, :]), relative, moved.shifted(further))


def mapped(factor: Factor, weight: np.ndarray) -> Factor:
    """The factor (positions, rows, in) after a linear map of the channels, (out, in) or (positions, out, in)."""
    rows, exponents = scaled_map(weight, factor.exponents)
    lengths = np.sqrt(np.sum(np.abs(factor.values) ** 2, axis=-2))
    moved = factor.rounding.mapped(rows).local(rounding.of_map(rows, lengths))
    return normalised(Factor(factor.values @ rows.mT, exponents, moved))


def joined(left: Factor, right: Factor) -> Factor:
    """Product pooling of two factors of equal leading shape: channels multiply, rows join; in blocks of positions."""
    shape, channels = left.exponents.shape[:-1], left.exponents.shape[-1]
    one, other = left.shaped(math.prod(shape)), right.shaped(math.prod(shape))
    rows = one.values.shape[1] * other.values.shape[1]
    step = max(1, BLOCK // (rows * channels))
    blocks = []
    for start in range(0, len(one.exponents), step):
        a, b = one.at(np.s_[start : start + step]), other.at(np.s_[start : start + step])
        values = (a.values[:, :, None, :] * b.values[:, None, :, :]).reshape(-1, rows, channels)
        moved = rounding.pooled(a.channels(), b.channels())
        blocks.append(normalised(Factor(values, plus(a.exponents, b.exponents), moved)))
    return concatenated(blocks, axis=0).shaped(*shape)


def concatenated(factors: Sequence[Factor], axis: int) -> Factor:
    """Factors of several positions as one."""
    moved = np.concatenate([factor.rounding.moved for factor in factors], axis)
    return Factor(
        np.concatenate([factor.values for factor in factors], axis),
        np.concatenate([factor.exponents for factor in factors], axis),
        Rounding(moved, max(factor.rounding.terms for factor in factors)),
    )


def products(factors: Factor) -> list[Factor]:
    """The factors of each window, (positions, window, …), then the products of pairs of them, until one is left."""
    rounds = [factors]
    while rounds[-1].exponents.shape[1] > 1:
        whole = paired(rounds[-1])
        rounds.append(joined(whole.at(np.s_[:, 0::2]), whole.at(np.s_[:, 1::2])))
    return rounds


def opened(rounds: list[Factor], above: Factor) -> Factor:
    """What each factor of a window sees, (positions, window, …): all the others, and what is above, (positions, …)."""
    environments = above.at(np.s_[:, None])
    for factors in rounds[-2::-1]:
        whole = paired(factors)
        twice = np.arange(whole.exponents.shape[1])
        seen = joined(environments.at(np.s_[:, twice // 2]), whole.at(np.s_[:, twice ^ 1]))
        environments = seen.at(np.s_[:, : factors.exponents.shape[1]])
    return environments


def paired(factors: Factor) -> Factor:
    """The factors of each window, with the unit of product pooling added to an odd number of them."""
    if factors.exponents.shape[1] % 2 == 0:
        return factors
    values, first = np.zeros_like(factors.values[:, :1]), factors.rounding.moved[:, :1]
    values[:, :, 0] = 1.0
    unit = Factor(values, np.zeros_like(factors.exponents[:, :1]), Rounding(np.zeros_like(first), 0))
    return concatenated([factors, unit], axis=1)
