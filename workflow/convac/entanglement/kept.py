"""The causal test: how many Schmidt vectors of its posterior a network needs, read on images they were not fitted on.

Both parts of S real images make an S × S matrix of p(y|x), whose diagonal are the images themselves. The centred block
of one half of them is decomposed, F = U σ Vᵀ, and its singular functions are extended to the other half,

    u(x_I) = F(x_I, ·) V / σ,   v(x_J) = F(·, x_J)ᵀ U / σ,   p_χ(y|x) = mean + Σ_{k ≤ χ} σ_k u_k(x_I) v_k(x_J),

χ ≤ S/4, since the last vectors of a sample are noise. Then both halves change places. Read on the diagonal of the block
that was fitted, enough vectors would give every network back.

Source: Williams & Seeger, Using the Nyström method to speed up kernel machines (2001) (extended singular functions).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from convac.arrays import integers, real
from convac.entanglement.posterior import operators, softmax
from convac.errors import ArgumentError

LOSS = 0.02  # of accuracy, below which nothing counts as lost
SMALLEST = 1e-10  # singular value, relative to the largest, that is told from rounding


@dataclass(frozen=True)
class Kept:
    """What a network answers with few Schmidt vectors.

    Attributes:
        whole: accuracy of the network itself on the S images, a fraction.
        accuracies: with the top χ vectors, by χ.
        needed: fewest vectors tried that lose at most 0.02 of the accuracy; None if none of them does.
        most: the most vectors that S images resolve, S/4.
    """

    whole: float
    accuracies: dict[int, float]
    needed: int | None
    most: int


def kept_vectors(logits: Any, labels: Any, ranks: Sequence[int]) -> Kept:
    """Accuracy on real images against the Schmidt vectors kept, each image by vectors fitted on the other half.

    Args:
        logits: (S, S, K), entry (s, t) of the I-part of image s beside the J-part of image t; S ≥ 16 and even.
        labels: of the S images, integers.
        ranks: numbers of vectors χ; those beyond S/4 are left out.

    Raises:
        ArgumentError: shapes don't fit, or a value isn't finite.

    >>> rows, columns = np.random.default_rng(0).normal(size=(2, 64))
    >>> logits = np.stack([np.zeros((64, 64)), rows[:, None] * columns], axis=2)
    >>> kept_vectors(logits, rows * columns > 0, [1]).accuracies[1] > 0.9
    True
    """
    scores = real(logits, "logits", ("S", "S", "K"))
    size = len(scores)
    if scores.shape[1] != size or size < 16 or size % 2 or scores.shape[2] < 2:
        raise ArgumentError(f"logits: has shape {list(scores.shape)}; accepted: [S, S, K], S ≥ 16 and even, K ≥ 2")
    answers = np.asarray(integers(np.asarray(labels) + 0, "labels", least=0))
    if answers.shape != (size,):
        raise ArgumentError(f"labels: {len(answers)} given; accepted: one per image, {size}")
    posterior = softmax(np.moveaxis(scores, 2, 0))
    whole = float((np.diagonal(scores).argmax(axis=0) == answers).mean())
    chosen = sorted({rank for rank in ranks if 1 <= rank <= size // 4})
    first, second = np.arange(size // 2), np.arange(size // 2, size)
    right = np.zeros(len(chosen))
    for fitted, held in ((first, second), (second, first)):
        right += (predicted(posterior, fitted, held, chosen) == answers[held]).sum(axis=1)
    accuracies = dict(zip(chosen, (right / size).tolist(), strict=True))
    enough = [rank for rank, value in accuracies.items() if value >= whole - LOSS]
    return Kept(whole, accuracies, min(enough, default=None), size // 4)


def predicted(posterior: np.ndarray, fitted: np.ndarray, held: np.ndarray, ranks: Sequence[int]) -> np.ndarray:
    """Classes (ranks, held) that the top vectors of one block give for images outside it; posterior (K, S, S)."""
    found = np.stack([extended(matrix, fitted, held, ranks) for matrix in operators(posterior)])
    if len(found) == 1:  # of two classes the second alone
        return np.asarray(found[0] > 0.5, dtype=int)
    return np.asarray(found.argmax(axis=0))


def extended(matrix: np.ndarray, fitted: np.ndarray, held: np.ndarray, ranks: Sequence[int]) -> np.ndarray:
    """Values (ranks, held) on the diagonal outside a block, by the top vectors of that block."""
    block = matrix[np.ix_(fitted, fitted)]
    mean = float(block.mean())
    left, values, right = np.linalg.svd(block - mean)
    kept = int((values > SMALLEST * values[0]).sum()) if values[0] > 0 else 0
    rows = (matrix[np.ix_(held, fitted)] - mean) @ right[:kept].T
    columns = (matrix[np.ix_(fitted, held)] - mean).T @ left[:, :kept]
    terms = np.cumsum(np.pad(rows * columns / values[:kept], ((0, 0), (1, 0))), axis=1)
    return np.asarray(mean + np.stack([terms[:, min(rank, kept)] for rank in ranks]).reshape(len(ranks), len(held)))
