"""The causal test: what a trained circuit still answers when every bond keeps only its top Schmidt vectors."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from convac.circuits.tree import Circuit
from convac.entanglement.truncation import amplitudes, bond_spectra, entropies, truncated

LOSS = 0.02  # of accuracy that a knee allows


def truncation_rows(
    circuit: Circuit, inputs: np.ndarray, labels: np.ndarray, ranks: Sequence[int]
) -> list[dict[str, Any]]:
    """Accuracy against the number of Schmidt vectors per bond, the knee, and exp of the largest bond entropy.

    Args:
        circuit: over N sites.
        inputs: symbols (n, N) or representation vectors (n, N, M), sites in row-major order.
        labels: shape (n,).
        ranks: numbers of Schmidt vectors, one truncation each.

    Returns:
        Rows with `quantity`, `value` and, for `truncated_accuracy`, `rank`.
    """
    largest = max(float(level.max()) for level in entropies(bond_spectra(circuit)))
    whole = accuracy(circuit, inputs, labels)
    found = {rank: accuracy(truncated(circuit, rank), inputs, labels) for rank in sorted(set(ranks))}
    rule = math.ceil(math.exp(largest) - 1e-9)
    good = [rank for rank, value in found.items() if value >= whole - LOSS]
    totals = {
        "full_accuracy": whole,
        "knee_accuracy": whole - LOSS,
        "knee": float(min(good, default=max(circuit.widths))),
        "effective_rank": math.exp(largest),
        "rule_accuracy": accuracy(truncated(circuit, rule), inputs, labels),
    }
    rows: list[dict[str, Any]] = [
        {"quantity": "truncated_accuracy", "rank": rank, "value": value} for rank, value in found.items()
    ]
    return rows + [{"quantity": name, "value": value} for name, value in totals.items()]


def accuracy(circuit: Circuit, inputs: np.ndarray, labels: np.ndarray) -> float:
    """Share of images whose largest |h_y| is their label's: the answer of positive and of Born readouts alike."""
    return float((np.abs(amplitudes(circuit, inputs)).argmax(axis=1) == labels).mean())
