"""Bonds and truncations of circuits that are hard for floating point, against listings without rounding.

`python tests/exact_bonds.py 10000` checks that many; `tests/physics/test_exact_listing.py` some.
"""

import math

from exact_listing import exact_tensor, hard_circuit
from exact_tables import entropy, matricized, report, spectrum, wide

from convac.entanglement import measures
from convac.entanglement.precision import LARGEST_ERROR
from convac.entanglement.truncation import bond_spectra, bonds_of, entropies, truncated
from convac.errors import ArgumentError, PrecisionError


def below(circuit, level, position):
    """Axes of the tensor of all classes that lie below a bond."""
    size = circuit.tree.sites // circuit.tree.positions[level]
    return [1 + site for site in circuit.tree.order[position * size : (position + 1) * size]]


def checked_bonds(seed, counts):
    """What is wrong with the entropies of a hard circuit's bonds."""
    circuit, _ = hard_circuit(seed, classes=1 + seed % 3)
    tensor = exact_tensor(circuit)
    try:
        bonds = bonds_of(circuit)
    except ArgumentError as error:
        counts["zero"] += 1
        return [] if str(error) == measures.ZERO else [str(error)]
    if not tensor.any():
        return ["a zero tensor was decomposed"]
    found, wrong = entropies(bond_spectra(circuit, bonds, math.inf)), []
    for level, values in enumerate(found, start=1):
        for position, (value, error) in enumerate(zip(values, bonds[level - 1].precision(), strict=True)):
            counts["refused" if error > LARGEST_ERROR else "measured"] += 1
            right = entropy(spectrum(wide(matricized(tensor, below(circuit, level, position)))))
            if not counts.within(value, right, error):
                wrong.append(f"level {level} position {position}: {value!r}, right {right!r}, error {error:.2e}")
    return wrong


def checked_truncation(seed, counts):
    """Whether a truncation's distance lies between the largest and the sum of what it discards."""
    circuit, _ = hard_circuit(seed, classes=1 + seed % 3)
    rank = 1 + seed % 2
    try:
        bonds = bonds_of(circuit)
        spectra = bond_spectra(circuit, bonds)
        cut = truncated(circuit, rank, bonds)
    except PrecisionError:
        counts["refused"] += 1
        return []
    except ArgumentError as error:
        counts["zero"] += 1
        return [] if str(error) == measures.ZERO else [str(error)]
    counts["cut"] += 1
    given, kept = exact_tensor(circuit).ravel(), exact_tensor(cut).ravel()
    distance = math.sqrt(float(sum((given - kept) ** 2) / sum(given**2)))
    inner = spectra[:-1]  # the bond to the class isn't cut
    tails = [math.sqrt(level[:, rank:].sum(axis=1).max()) for level in inner]
    total = math.sqrt(sum(level[:, rank:].sum() for level in inner))
    least = max(tails, default=0.0)
    if not counts.within(distance, min(max(distance, least), total), LARGEST_ERROR):
        return [f"distance {distance:.3e} for {least:.3e} to {total:.3e}"]
    return []


if __name__ == "__main__":
    report([checked_bonds, checked_truncation])
