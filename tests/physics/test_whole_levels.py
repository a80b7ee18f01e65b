"""Nodes on one side by whole levels: the same spectra as node by node, and as brute force."""

import math

import numpy as np
import pytest

from convac.circuits.tree import random_circuit
from convac.entanglement import brute, spectrum
from convac.entanglement.limits import Limits
from convac.geometry.partitions import Partition
from convac.geometry.trees import PoolingTree

FREE = Limits(math.inf, math.inf)
CASES = [
    ("line", (8,), None, "left-right", False),
    ("line", (8,), None, [0, 1, 2, 5], False),
    ("line", (12,), (3, 2, 2), [0, 1, 2, 3, 7], True),
    ("square", (4, 4), None, "block", False),
    ("mirror", (4, 4), None, "top-bottom", True),
]


def normalised(found):
    return found.singular_values / np.linalg.norm(found.singular_values)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("seed", range(3))
def test_whole_levels_have_the_spectrum_of_brute_force(case, seed, monkeypatch):
    geometry, sites, windows, chosen, positive = case
    tree = PoolingTree.named(geometry, sites, windows)
    widths = tuple(2 + (seed + level) % 3 for level in range(tree.levels))
    circuit = random_circuit(tree, 2, widths, np.random.default_rng(seed), shared=False, positive=positive)
    mask = Partition.of(sites, chosen).mask
    nodes = normalised(spectrum.spectrum(circuit, mask, FREE))
    monkeypatch.setattr(spectrum, "WHOLE", 1)
    assert spectrum.whole_levels(circuit, spectrum.circuit_parts(circuit, mask))
    levels = spectrum.spectrum(circuit, mask, FREE)
    expected = normalised(brute.spectrum(circuit, mask, FREE))[: len(nodes)]
    assert normalised(levels) == pytest.approx(expected, abs=1e-12)
    assert normalised(levels) == pytest.approx(nodes, abs=1e-12)
    assert np.abs(normalised(levels) - expected).max() <= levels.error / np.linalg.norm(levels.singular_values) + 1e-15


def test_few_sites_and_shared_maps_go_node_by_node():
    tree = PoolingTree.named("square", (16, 16))
    mask = Partition.of((16, 16), "left-right").mask
    for shared in (True, False):
        circuit = random_circuit(tree, 2, (2,) * tree.levels, np.random.default_rng(0), shared=shared)
        found = spectrum.whole_levels(circuit, spectrum.circuit_parts(circuit, mask))
        assert len(found) == (0 if shared else tree.levels)
    small = random_circuit(PoolingTree.named("line", (8,)), 2, (2,) * 3, np.random.default_rng(0), shared=False)
    assert spectrum.whole_levels(small, spectrum.circuit_parts(small, Partition.of((8,), "left-right").mask)) == []
