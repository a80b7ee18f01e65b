"""quimb as a second oracle: the same tree as a general tensor network, contracted and measured by its own code."""

import math

import numpy as np
import pytest

from convac.circuits.tree import random_circuit
from convac.entanglement.measure import measure
from convac.geometry.trees import PoolingTree


def network(circuit):
    """The circuit as a quimb network of maps and copy tensors; index k{site} is open."""
    import quimb.tensor as qtn

    tensors, tree = [], circuit.tree
    below = [f"k{site}" for site in tree.order]
    for level, (weight, window) in enumerate(zip(circuit.weights, tree.windows, strict=True), start=1):
        above = []
        width = weight.shape[-2]
        copy = np.zeros((width,) * (window + 1))
        copy[(np.arange(width),) * (window + 1)] = 1.0
        for position, index in enumerate(below):
            own = weight if weight.ndim == 2 else weight[position]
            tensors.append(qtn.Tensor(own, (f"m{level}_{position}", index)))
        for position in range(len(below) // window):
            legs = [f"m{level}_{position * window + leg}" for leg in range(window)]
            above.append(f"p{level}_{position}")
            tensors.append(qtn.Tensor(copy, (*legs, above[-1])))
        below = above
    tensors.append(qtn.Tensor(circuit.output[0], (below[0],)))
    return qtn.TensorNetwork(tensors)


@pytest.mark.parametrize("seed", range(24))
def test_quimb_sees_the_same_entropy(seed):
    import quimb

    generator = np.random.default_rng(seed)
    windows = [(2, 2, 2), (4, 2), (2, 4), (3, 2)][seed % 4]
    count = math.prod(windows)
    tree = PoolingTree.named("random", (count,), windows, seed=seed)
    widths = tuple(int(width) for width in generator.integers(1, 5, tree.levels))
    circuit = random_circuit(tree, 2, widths, generator, shared=bool(seed % 2), positive=seed % 3 == 0)
    dense = network(circuit).contract(output_inds=[f"k{site}" for site in range(count)])
    state = np.asarray(dense.data).reshape(-1, 1)
    assert state.ravel() == pytest.approx(circuit.coefficient_tensor()[0].ravel())
    inside = sorted(generator.permutation(count)[: generator.integers(1, count)].tolist())
    # quimb measures in bits and takes states as they are: normalise
    bits = quimb.entropy_subsys(quimb.qarray(state / np.linalg.norm(state)), [2] * count, inside)
    assert measure(circuit, inside, engine="spectrum").entropy == pytest.approx(bits * math.log(2), abs=1e-8)
