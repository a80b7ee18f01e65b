"""Schmidt vectors followed by identity, against singular value decompositions of listed coefficient tensors."""

from dataclasses import replace

import numpy as np
import pytest

from convac.circuits.tree import Circuit, random_circuit
from convac.entanglement.sources import site_grams
from convac.entanglement.tracking import tracked
from convac.errors import ArgumentError
from convac.geometry.trees import PoolingTree

TREE = PoolingTree.named("square", (2, 4), (2, 2, 2))
SYMBOLS = np.random.default_rng(5).integers(0, 3, (40, TREE.sites))
GRAM = site_grams(SYMBOLS, 3)


def drawn(seed: int, width: int = 3, classes: int = 2, shared: bool = False) -> Circuit:
    """A small circuit with signed weights."""
    generator = np.random.default_rng(seed)
    return random_circuit(TREE, 3, (width,) * 3, generator, classes=classes, shared=shared)


def listed(circuit: Circuit, level: int, position: int) -> np.ndarray:
    """The coefficient tensor in the data's basis, sites below a bond against all others and the class."""
    tensor = circuit.coefficient_tensor()
    for site in range(TREE.sites):
        scale = np.sqrt(np.diagonal(GRAM[site])).reshape((-1,) + (1,) * (TREE.sites - 1 - site))
        tensor = tensor * scale
    many = TREE.sites // TREE.positions[level]
    below = [1 + site for site in TREE.order[position * many : (position + 1) * many]]
    return np.moveaxis(tensor, below, range(many)).reshape(3**many, -1)


@pytest.mark.parametrize("shared", [False, True])
def test_pairs_of_every_bond(shared: bool) -> None:
    now, final = drawn(1, width=2, shared=shared), drawn(2, shared=shared)
    for level, found in enumerate(tracked(now, final, GRAM), start=1):
        for position in range(TREE.positions[level]):
            matrix, last = listed(now, level, position), listed(final, level, position)
            left, values, right = np.linalg.svd(last, full_matrices=False)
            count = found.final.shape[1]
            np.testing.assert_allclose(found.final[position], values[:count] / np.linalg.norm(values), atol=1e-12)
            expected = [left[:, k] @ matrix @ right[k] / np.linalg.norm(values) for k in range(count)]
            np.testing.assert_allclose(found.weights[position], expected, atol=1e-12)
            own = np.linalg.svd(matrix, compute_uv=False)[:count]
            np.testing.assert_allclose(found.values[position], own / np.linalg.norm(own), atol=1e-12)


def test_pairs_of_the_final_circuit_itself() -> None:
    final = drawn(3)
    for found in tracked(final, final, GRAM):
        np.testing.assert_allclose(found.weights, found.final, atol=1e-12)


def test_a_sign_and_a_scale_are_told() -> None:
    final = drawn(4, classes=1)
    smaller = replace(final, output=-1e-3 * final.output)
    for found in tracked(smaller, final):
        np.testing.assert_allclose(found.weights, -1e-3 * found.final, atol=1e-15)


def test_order_by_index_is_not_identity() -> None:
    """Two product terms that change places: the second pair of the end was the first one before."""
    first, second = np.array([1.0, 0.0]), np.array([0.0, 1.0])
    tree = PoolingTree.named("line", (2,))
    before, after = (Circuit(tree, 2, (np.stack([first, second]),), np.array([each])) for each in ((1, 0.2), (0.2, 1)))
    np.testing.assert_allclose(tracked(before, after)[0].final[:, :1], [[1.0]])  # the sites against the class alone
    tree = PoolingTree.named("line", (4,))
    units, pairs = np.stack([first, second]), np.eye(2)
    before, after = (Circuit(tree, 2, (units, pairs), np.array([each])) for each in ((1.0, 0.2), (0.2, 1.0)))
    found = tracked(before, after)[0]
    ratio = found.weights[0] / found.final[0]
    np.testing.assert_allclose(ratio, [0.2, 5.0])


def test_circuits_that_do_not_fit() -> None:
    with pytest.raises(ArgumentError, match="circuits: trees, sites or classes differ"):
        tracked(drawn(1), drawn(1, classes=1))
