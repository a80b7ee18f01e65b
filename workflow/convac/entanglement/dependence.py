"""How a network's answer depends on two parts of its input together, from its scores on composites of real images.

Rows of the S × S matrix are the I-parts of S images, columns the J-parts of S others: the product of the data's own
marginals, the world in which both parts are independent. Two measures of what the answer makes of them:

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

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from scipy import optimize, special, stats

from convac.arrays import given, number, real
from convac.errors import ArgumentError

LEAST = 8  # rows, and columns, below which there is nothing to leave out
GROUPS = 10  # of rows, and of columns, that the jackknife of an entropy leaves out in turn
SETTLED = 0.05  # relative change from S/2 to S …
FINE = 0.01  # … or an absolute one, in nats (or Schmidt terms), below which an entropy counts as settled
# of the largest mean |p − 1/K| that there is: where temperatures are matched
CONFIDENCE = 0.5
LEVEL = 0.95  # of the intervals
# spread of log-odds, relative to their size, that rounding alone makes of a constant (in double precision)
CONSTANT = 1e-13
LINEAR = 1e-6  # scores at which the softmax is linear, to that share


@dataclass(frozen=True)
class Estimate:
    """A number from a sample of rows and columns.

    Attributes:
        estimate: bias-corrected; unbiased, it may leave the range by what its error allows.
        error: standard error.
        half: what S/2 rows and columns give, a mean of the four quarters of the sample.
        settled: whether S/2 → S moves it by less than 5 %. The interaction share is unbiased and always is.
        needed: about how many rows and columns would settle it; S where it is settled.
        quantile: standard errors on either side of the interval.
        range: smallest and largest value that there is.
    """

    estimate: float
    error: float
    half: float
    settled: bool
    needed: int
    quantile: float
    range: tuple[float, float]

    @property
    def value(self) -> float:
        """The estimate, brought into the range; NaN where it hasn't settled."""
        return self.bounded(self.estimate) if self.settled else math.nan

    @property
    def interval(self) -> tuple[float, float]:
        """Of 95 %, brought into the range."""
        reach = self.quantile * self.error
        return self.bounded(self.estimate - reach), self.bounded(self.estimate + reach)

    def bounded(self, value: float) -> float:
        """The nearest value in the range."""
        return min(max(value, self.range[0]), self.range[1])


@dataclass(frozen=True)
class Dependence:
    """What a network's answer makes of both parts of its input together.

    Attributes:
        share: interaction share of the log-odds, a fraction: 0 where the evidence of both parts adds, 1 where neither
            says anything alone.
        entropy: Schmidt entropy of the centred posterior, in nats.
        participation: its participation ratio 1/Σp², an effective number of Schmidt terms.
        matched_entropy: `entropy` at the temperature at which mean |p − 1/K| has `confidence`.
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
            for name, found in self.estimates.items()
            if not found.settled
        ]
        return "; ".join(lines)


def dependence(logits: Any, *, confidence: float = CONFIDENCE) -> Dependence:
    """Measure a matrix of scores.

    Args:
        logits: log-odds (S, S) of two classes, or logits (S, S, K) up to a common number per entry, of rows and
            columns drawn independently; S ≥ 8 (the share is unbiased from 32 on).
        confidence: at which temperatures are matched, in (0, 1).

    Raises:
        ArgumentError: another shape, a value that isn't finite, or scores that don't depend on the input.

    >>> rows, columns = np.random.default_rng(0).normal(size=(2, 64))
    >>> abs(dependence(rows[:, None] + columns).share.value) < 1e-9
    True
    """
    scores = scores_of(logits)
    level = number(confidence, "confidence", above=0, below=1)
    # mantissas: squares of scores of any size are numbers
    top = float(np.abs(scores).max())
    units = scores / top
    # answers that confidence hardly parts from 1/K are those of a linear softmax; rounding would hide them
    entropy, participation = spectral_estimates(posteriors(units * max(top, LINEAR)))
    matched_entropy, matched_participation = spectral_estimates(posteriors(units * temperature(units, level)))
    return Dependence(
        share=interaction_share(units),
        entropy=entropy,
        participation=participation,
        matched_entropy=matched_entropy,
        matched_participation=matched_participation,
        confidence=confidence_of(softmax(scores)),
        matched_confidence=level,
        classes=scores.shape[2],
        samples=len(scores),
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


def mean_estimate(found: Sequence[Estimate], disjoint: bool) -> Estimate:
    """The mean of estimates from several draws, each as wide as its own interval says."""
    error = math.sqrt(float(np.mean([each.error**2 for each in found])) / (len(found) if disjoint else 1))
    estimate, half = (float(np.mean([getattr(each, name) for each in found])) for name in ("estimate", "half"))
    settled, needed = all(each.settled for each in found), max(each.needed for each in found)
    return replace(found[0], estimate=estimate, error=error, half=half, settled=settled, needed=needed)


def scores_of(logits: Any) -> np.ndarray:
    """Scores (S, S, K) less their mean over classes; raises ArgumentError as `dependence`."""
    array = given(logits, "logits")
    shape: tuple[int | str, ...] = ("S", "S", "K") if array.ndim == 3 else ("S", "S")
    values = real(logits, "logits", shape)
    rows, columns = values.shape[:2]
    if rows != columns or rows < LEAST or values.shape[2:] == (1,):
        raise ArgumentError(
            f"logits: has shape {list(values.shape)}; accepted: [S, S] or [S, S, K], S ≥ {LEAST}, K ≥ 2"
        )
    if values.ndim == 2:
        values = np.stack([-values / 2, values / 2], axis=2)
    size = float(np.abs(values).max())
    # halved first, so that no difference leaves the range of floats
    values = values / 2
    values = 2 * (values - values.mean(axis=2, keepdims=True))
    if float(np.ptp(values, axis=(0, 1)).max()) <= CONSTANT * size:
        raise ArgumentError("logits: don't depend on the input; accepted: scores that differ between composites")
    return np.asarray(values)


# ---- interaction share


class Components(NamedTuple):
    """Unbiased components of variance, summed over classes: of the interaction, of rows and of columns."""

    interaction: np.ndarray | float
    rows: np.ndarray | float
    columns: np.ndarray | float

    @property
    def share(self) -> Any:
        """The interaction's part of all three; NaN where nothing varies."""
        total = self.interaction + self.rows + self.columns
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(total > 0, self.interaction / total, np.nan)


def components(sums: Sequence[np.ndarray | float], rows: int, columns: int) -> Components:
    """Components from the sums Σ e², Σ a² and Σ b² over that many rows and columns."""
    interaction = sums[0] / ((rows - 1) * (columns - 1))
    return Components(
        interaction, sums[1] / (rows - 1) - interaction / columns, sums[2] / (columns - 1) - interaction / rows
    )


def effects(scores: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Interactions e (R, C, K), effects of rows a (R, K) and of columns b (C, K)."""
    residual = scores - scores.mean(axis=(0, 1))
    rows = residual.mean(axis=1)
    residual = residual - rows[:, None]
    columns = residual.mean(axis=0)
    return residual - columns, rows, columns


def without_one_row(scores: np.ndarray) -> np.ndarray:
    """Interaction share without each row in turn, (R,): in closed form, from the effects of the whole matrix."""
    residual, rows, columns = effects(scores)
    count, width = scores.shape[:2]
    squares = np.sum(residual**2, axis=(1, 2))
    share_of_row = np.sum(rows**2, axis=1)
    # a column's mean interaction is 0: without row s it is −e_st / (R − 1), which moves the column's effect
    moved = columns - residual / (count - 1)
    sums = (
        squares.sum() - squares * count / (count - 1),
        share_of_row.sum() - share_of_row * count / (count - 1),
        np.sum(moved**2, axis=(1, 2)),
    )
    return np.asarray(components(sums, count - 1, width).share)


def interaction_share(scores: np.ndarray) -> Estimate:
    """The share with its jackknife; scores (S, S, K) less their mean over classes."""
    size, half = len(scores), len(scores) // 2
    value = share_of(scores)
    fewer = without_one_row(scores), without_one_row(scores.swapaxes(0, 1))
    corrected, error = jackknifed(np.array([value]), [each[:, None] for each in fewer])
    quarters = float(np.mean([share_of(part) for part in quartered(scores, half)]))
    return Estimate(float(corrected[0]), float(error[0]), quarters, True, size, quantile(size), (0.0, 1.0))


def quantile(parts: int) -> float:
    """Standard errors on either side of a 95 % interval by a jackknife of so many parts."""
    return float(stats.t.ppf((1 + LEVEL) / 2, parts - 1))


def share_of(scores: np.ndarray) -> float:
    """The interaction share of scores (R, C, K), without an error."""
    parts = effects(scores)
    return float(components([float(np.sum(part**2)) for part in parts], *scores.shape[:2]).share)


# ---- Schmidt entropy of the centred posterior


def softmax(scores: np.ndarray) -> np.ndarray:
    """Posterior p(y|x), shape (S, S, K)."""
    return np.asarray(special.softmax(scores, axis=2))


def posteriors(scores: np.ndarray) -> np.ndarray:
    """p(y|x) as matrices, (K, S, S); one of two classes, whose centred operators differ by a sign."""
    matrices = np.moveaxis(softmax(scores), 2, 0)
    return np.ascontiguousarray(matrices[1:] if len(matrices) == 2 else matrices)


def confidence_of(posterior: np.ndarray) -> float:
    """Mean |p − 1/K| over what it is where answers are certain."""
    classes = int(posterior.shape[2])
    return float(np.abs(posterior - 1 / classes).mean()) * classes * classes / (2 * (classes - 1))


def temperature(scores: np.ndarray, confidence: float) -> float:
    """The factor of the scores that gives the posterior this confidence.

    Raises:
        ArgumentError: there is none: ties between classes keep the posterior from it.
    """
    unit = float(np.abs(scores).mean())

    def excess(log: float) -> float:
        return confidence_of(softmax(scores * (math.exp(log) / unit))) - confidence

    low, high = -20.0, 20.0
    if excess(low) > 0 or excess(high) < 0:
        raise ArgumentError(
            f"confidence: {confidence:g} is out of reach of these logits; accepted: less, as classes tie"
        )
    log = float(optimize.brentq(excess, low, high, xtol=1e-9, rtol=1e-12))
    return math.exp(log) / unit


def spectral(matrices: np.ndarray) -> np.ndarray:
    """Entropy and participation of centred matrices (K, R, C), means over classes by ‖F_y‖²; shape (2,)."""
    centred = matrices - matrices.mean(axis=(1, 2), keepdims=True)
    centred = centred if centred.shape[1] <= centred.shape[2] else centred.mT
    squares = np.linalg.eigvalsh(centred @ centred.mT).clip(min=0)
    norms = squares.sum(axis=1)
    kept = norms > 0
    if not kept.any():
        return np.array([0.0, 1.0])
    weights = squares[kept] / norms[kept, None]
    entropies = special.entr(weights).sum(axis=1)
    terms = 1 / np.sum(weights**2, axis=1)
    return np.asarray(norms[kept] @ np.stack([entropies, terms], axis=1) / norms.sum())


def spectral_estimates(matrices: np.ndarray) -> tuple[Estimate, Estimate]:
    """Entropy and participation of posteriors (K, S, S) with their grouped jackknife."""
    size, half = matrices.shape[1], matrices.shape[1] // 2
    corrected, error = grouped(matrices)
    parts = [np.moveaxis(part, 2, 0) for part in quartered(np.moveaxis(matrices, 0, 2), half)]
    halves = np.mean([grouped(part)[0] for part in parts], axis=0)
    found = []
    values = (each.tolist() for each in (corrected, error, halves))
    for estimate, own, smaller, least in zip(*values, (0.0, 1.0), strict=True):
        change = abs(estimate - smaller)
        settled = change < max(SETTLED * estimate, FINE)
        # to first order what is missing is inverse in the size
        needed = size if settled else rounded_up(size * change / max(SETTLED * estimate, FINE))
        reach = quantile(min(GROUPS, size))
        found.append(Estimate(estimate, own, smaller, settled, needed, reach, (least, math.inf)))
    return found[0], found[1]


def rounded_up(size: float) -> int:
    """A size to two digits, upwards.

    >>> rounded_up(1234.5), rounded_up(64)
    (1300, 64)
    """
    unit = int(10 ** max(0, math.floor(math.log10(size)) - 1))
    return math.ceil(size / unit) * unit


def grouped(matrices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Entropy and participation, corrected, and their errors, by leaving out groups of rows, then of columns."""
    fewer = [leave_groups_out(each, spectral) for each in (matrices, matrices.mT)]
    return jackknifed(spectral(matrices), fewer)


def leave_groups_out(matrices: np.ndarray, statistic: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """A statistic of matrices (K, R, C) without each group of rows in turn, (groups, …)."""
    count = matrices.shape[1]
    groups = np.arange(count) % min(GROUPS, count)
    return np.array([statistic(matrices[:, groups != group]) for group in range(groups.max() + 1)])


def jackknifed(value: np.ndarray, fewer: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Bias-corrected values (k,) and standard errors from those without a part of the rows, of the columns, (g, k)."""
    variance, corrected = np.zeros_like(value), value.copy()
    for values in fewer:
        groups, mean = len(values), values.mean(axis=0)
        corrected = corrected + (groups - 1) * (value - mean)
        variance = variance + (groups - 1) / groups * np.sum((values - mean) ** 2, axis=0)
    return corrected, np.sqrt(variance)


def quartered(values: np.ndarray, half: int) -> list[np.ndarray]:
    """The four quarters (half, half, …) of a matrix."""
    spans = slice(0, half), slice(half, 2 * half)
    return [values[rows, columns] for rows in spans for columns in spans]
