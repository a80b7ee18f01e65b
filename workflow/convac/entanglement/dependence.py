"""How a network's answer depends on two parts of its input together, from its scores on composites of real images.

Rows of the S × S matrix are the I-parts of S images, columns the J-parts of S others: the product of the data's own
marginals, the world in which both parts are independent. Two measures of how the answer depends on them:

The *interaction share* of the log-odds, by a two-way analysis of variance. With the mean squares and components

    x_st = m + a_s + b_t + e_st,   MS_int = Σ e² / (S − 1)²,   σ²_row = Σ a² / (S − 1) − MS_int / S,   σ²_column alike,

it is MS_int / (MS_int + σ²_row + σ²_column): 0 exactly where p(y|x) ∝ u_y(x_I) v_y(x_J), both parts giving evidence
independently, and 1 where neither alone says anything. Names of classes and confidence don't change it. Of K classes
the logits are taken less their mean over classes, and the components summed over classes.

The *Schmidt entropy of the centred posterior*, of the operators F_y = p(y|x) − mean between the parts, each class's
entropy weighted by ‖F_y‖²; with its participation ratio, and both again at one temperature for all networks, since the
softmax of a confident network mixes what additive logits say apart.

Errors are those of a two-way jackknife: rows are left out, then columns, variances and first-order biases of both add.

Source: Searle, Casella & McCulloch, Variance Components (1992) (unbiased components of a two-way classification);
Owen, The pigeonhole bootstrap (2007) (rows and columns drawn both); Efron & Tibshirani, An Introduction to the
Bootstrap (1993) (jackknife, its estimate of bias).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from convac.arrays import given, number, real
from convac.entanglement.estimates import Estimate, halved, jackknifed, mean_estimate, quantile
from convac.entanglement.posterior import confidence_of, operators, softmax, spectral_estimates, temperature
from convac.errors import ArgumentError

LEAST = 8  # rows, and columns, below which there is nothing to leave out
# of the largest mean |p − 1/K| that there is: where temperatures are matched
CONFIDENCE = 0.5
# spread of log-odds, relative to their size, that rounding alone makes of a constant (in double precision)
CONSTANT = 1e-13
LINEAR = 1e-6  # scores at which the softmax is linear, to that share


@dataclass(frozen=True)
class Dependence:
    """How a network's answer depends on both parts of its input jointly.

    Attributes:
        share: interaction share of the log-odds, a fraction: 0 where the evidence of both parts adds, 1 where neither
            says anything alone.
        entropy: Schmidt entropy of the centred posterior, in nats.
        participation: its participation ratio 1/Σp², an effective number of Schmidt terms.
        matched_entropy: `entropy` at the temperature of `matched_confidence`; NaN where there is none, as classes tie.
        matched_participation: `participation` there.
        confidence: mean |p − 1/K| over that of certain answers, 2 (K − 1)/K², of the network itself; a fraction.
        matched_confidence: where temperatures are matched.
        classes: K.
        samples: S, rows and columns each.
    """

    share: Estimate
    entropy: Estimate
    participation: Estimate
    matched_entropy: Estimate
    matched_participation: Estimate
    confidence: float
    matched_confidence: float
    classes: int
    samples: int

    @property
    def estimates(self) -> dict[str, Estimate]:
        """The estimates by name."""
        return {name: value for name, value in vars(self).items() if isinstance(value, Estimate)}

    @property
    def reason(self) -> str:
        """Why a value is missing, with the number and the sample that would do; empty where none is."""
        lines = [
            f"{name}: {found.estimate:.3g} at {self.samples} a side, {found.half:.3g} at {self.samples // 2}; "
            f"settles at about {found.needed}"
            if found.estimate == found.estimate
            else f"{name}: too many classes tie for confidence {self.matched_confidence:g}"
            for name, found in self.estimates.items()
            if not found.settled
        ]
        return "; ".join(lines)


def dependence(logits: Any, *, confidence: float = CONFIDENCE) -> Dependence:
    """Measure a matrix of scores.

    Args:
        logits: log-odds (S, S) of two classes, or logits (S, S, K) up to a common number per entry, of rows and
            columns drawn independently; S ≥ 8 (the share is unbiased from 32 on). One answer to everything is
            u · v: its share and entropies are 0.
        confidence: at which temperatures are matched, in (0, 1).

    Raises:
        ArgumentError: another shape, or a value that isn't finite.

    >>> rows, columns = np.random.default_rng(0).normal(size=(2, 64))
    >>> abs(dependence(rows[:, None] + columns).share.value) < 1e-9
    True
    """
    scores = scores_of(logits)
    level = number(confidence, "confidence", above=0, below=1)
    # mantissas: squares of scores of any size are numbers
    top = float(np.abs(scores).max()) or 1.0
    units = scores / top
    # answers that hardly differ from 1/K are those of a linear softmax; rounding would hide them
    plain = softmax(units * max(top, LINEAR))
    matched = softmax(units * temperature(units, level))
    entropy, participation = spectral_estimates(operators(plain))
    matched_entropy, matched_participation = spectral_estimates(operators(matched))
    return Dependence(
        share=interaction_share(units),
        entropy=entropy,
        participation=participation,
        matched_entropy=matched_entropy,
        matched_participation=matched_participation,
        confidence=confidence_of(softmax(scores)),
        matched_confidence=level,
        classes=len(scores),
        samples=scores.shape[1],
    )


def averaged(draws: Sequence[Dependence], disjoint: bool) -> Dependence:
    """The mean of several draws; standard errors shrink with their number where no two share an image.

    >>> one = dependence(np.random.default_rng(0).normal(size=(16, 16)))
    >>> averaged([one], disjoint=False) == one
    True
    """
    if len(draws) == 1:
        return draws[0]
    names = draws[0].estimates
    means = {name: mean_estimate([vars(draw)[name] for draw in draws], disjoint) for name in names}
    own = float(np.mean([draw.confidence for draw in draws]))
    return Dependence(
        **means,
        confidence=own,
        matched_confidence=draws[0].matched_confidence,
        classes=draws[0].classes,
        samples=draws[0].samples,
    )


def scores_of(logits: Any) -> np.ndarray:
    """Scores (K, S, S) less their mean over classes; raises ArgumentError as `dependence`."""
    array = given(logits, "logits")
    shape: tuple[int | str, ...] = ("S", "S", "K") if array.ndim == 3 else ("S", "S")
    values = real(logits, "logits", shape)
    rows, columns = values.shape[:2]
    if rows != columns or rows < LEAST or values.shape[2:] == (1,):
        raise ArgumentError(
            f"logits: has shape {list(values.shape)}; accepted: [S, S] or [S, S, K], S ≥ {LEAST}, K ≥ 2"
        )
    # halved, so that no difference leaves the range of floats
    halves = np.stack([-values / 4, values / 4]) if values.ndim == 2 else np.moveaxis(values / 2, 2, 0)
    centred = 2 * (halves - halves.mean(axis=0))
    # what rounding alone parts is the same answer to everything
    constant = float(np.ptp(centred, axis=(1, 2)).max()) <= CONSTANT * float(np.abs(values).max())
    return np.zeros_like(centred) if constant else np.ascontiguousarray(centred)


# ---- interaction share


class Components(NamedTuple):
    """Unbiased components of variance, summed over classes: of the interaction, of rows and of columns."""

    interaction: np.ndarray | float
    rows: np.ndarray | float
    columns: np.ndarray | float

    @property
    def share(self) -> Any:
        """The interaction's part of all three; 0 where nothing varies."""
        total = np.asarray(self.interaction + self.rows + self.columns)
        return np.where(total > 0, self.interaction, 0) / np.where(total > 0, total, 1)


def components(sums: Sequence[np.ndarray | float], rows: int, columns: int) -> Components:
    """Components from the sums Σ e², Σ a² and Σ b² over that many rows and columns."""
    interaction = sums[0] / ((rows - 1) * (columns - 1))
    return Components(
        interaction, sums[1] / (rows - 1) - interaction / columns, sums[2] / (columns - 1) - interaction / rows
    )


def effects(scores: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Interactions e (K, R, C), effects of rows a (K, R) and of columns b (K, C)."""
    residual = scores - scores.mean(axis=(1, 2), keepdims=True)
    rows = residual.mean(axis=2)
    residual = residual - rows[:, :, None]
    columns = residual.mean(axis=1)
    return residual - columns[:, None], rows, columns


def without_one_row(scores: np.ndarray) -> np.ndarray:
    """Interaction share of scores (K, R, C) without each row in turn, (R,), from the effects of the whole."""
    residual, rows, columns = effects(scores)
    count, width = scores.shape[1:]
    squares, of_row = np.sum(residual**2, axis=(0, 2)), np.sum(rows**2, axis=0)
    # a column's mean interaction is 0: without row s it is −e_st / (R − 1), which moves the column's effect
    moved = columns[:, None] - residual / (count - 1)
    sums = (
        squares.sum() - squares * count / (count - 1),
        of_row.sum() - of_row * count / (count - 1),
        np.sum(moved**2, axis=(0, 2)),
    )
    return np.asarray(components(sums, count - 1, width).share)


def interaction_share(scores: np.ndarray) -> Estimate:
    """The share with its jackknife; scores (K, S, S) less their mean over classes."""
    size = scores.shape[1]
    fewer = without_one_row(scores), without_one_row(scores.mT)
    corrected, error = jackknifed(np.array([share_of(scores)]), [each[:, None] for each in fewer])
    half = float(np.mean([share_of(part) for part in halved(scores)]))
    return Estimate(float(corrected[0]), float(error[0]), half, True, size, quantile(size), (0.0, 1.0))


def share_of(scores: np.ndarray) -> float:
    """The interaction share of scores (K, R, C), without an error."""
    parts = effects(scores)
    return float(components([float(np.sum(part**2)) for part in parts], *scores.shape[1:]).share)
