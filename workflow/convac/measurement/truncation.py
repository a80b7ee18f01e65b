"""The causal test: what a trained circuit still answers when every bond keeps only its top Schmidt vectors."""

import math
from collections.abc import Iterator, Sequence

import numpy as np

from convac.circuits.tree import Circuit
from convac.entanglement.truncation import Bonds, amplitudes_of, bond_spectra, bonds_of, entropies, truncated
from convac.measurement.bonds import decomposed
from convac.measurement.trained import Row, Trained, at
from convac.progress import reporter
from convac.specs.measurements.truncation import TruncationSpec

LOSS = 0.02  # of accuracy that a knee allows


def rows(trained: Trained, wanted: TruncationSpec) -> Iterator[Row]:
    """Rows of the trained networks alone; of a tensor that is zero there are none."""
    network, last = trained.network(trained.last), trained.last
    report = reporter(len(trained.seeds), "truncated network")
    for replica, seed in enumerate(trained.seeds):
        found = decomposed(network, replica)
        data = trained.images(replica)
        if found is not None:
            inputs, labels = network.circuit_inputs(data["test_images"]), data["test_labels"]
            yield from at(
                trained, seed, last, truncation_rows(found.circuit, inputs, labels, wanted.ranks, found.bonds)
            )
        report(replica + 1, f"seed {seed}")


def truncation_rows(
    circuit: Circuit, inputs: np.ndarray, labels: np.ndarray, ranks: Sequence[int], bonds: list[Bonds] | None = None
) -> list[Row]:
    """Accuracy against the number of Schmidt vectors per bond, the knee, and exp of the largest bond entropy.

    Args:
        circuit: over N sites.
        inputs: symbols (n, N) or representation vectors (n, N, M), sites in row-major order.
        labels: shape (n,).
        ranks: numbers of Schmidt vectors, one truncation each.
        bonds: the circuit's, where they are known.

    Returns:
        Rows with `quantity`, `value` and, for `truncated_accuracy`, `rank`.
    """
    bonds = bonds_of(circuit, memory_limit=math.inf, time_limit=math.inf) if bonds is None else bonds
    # the bond to the class, the last, is never cut
    inner = entropies(bond_spectra(circuit, bonds))[:-1]
    largest = max((float(level.max()) for level in inner), default=0.0)
    rule, full = math.ceil(math.exp(largest) - 1e-9), max(circuit.widths[:-1], default=1)
    # from the largest width on nothing is cut
    cuts = sorted({min(rank, full) for rank in (*ranks, rule, full)})
    shares = accuracies([truncated(circuit, rank, bonds) for rank in cuts], inputs, labels)
    by_cut = dict(zip(cuts, shares, strict=True))
    found = {rank: by_cut[min(rank, full)] for rank in sorted(set(ranks))}
    whole = by_cut[full]
    good = [rank for rank, value in found.items() if value >= whole - LOSS]
    totals = {
        "full_accuracy": whole,
        "knee_accuracy": whole - LOSS,
        "knee": float(min(good, default=full)),
        "effective_rank": math.exp(largest),
        "rule_accuracy": by_cut[min(rule, full)],
    }
    rows: list[Row] = [
        {"quantity": "truncated_accuracy", "rank": rank, "value": value} for rank, value in found.items()
    ]
    return rows + [{"quantity": name, "value": value} for name, value in totals.items()]


def accuracies(circuits: Sequence[Circuit], inputs: np.ndarray, labels: np.ndarray) -> list[float]:
    """Fraction of images whose largest |h_y| is their label's: the answer of positive and of Born readouts alike.

    Args:
        circuits: that share the map of level 1.
        inputs: as in `truncation_rows`.
        labels: shape (n,).
    """
    return [
        float((np.abs(values).argmax(axis=1) == labels).mean())
        for values in amplitudes_of(circuits, inputs, math.inf, math.inf)
    ]
