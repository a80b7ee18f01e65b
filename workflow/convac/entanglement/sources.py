"""What can be measured: circuits, networks with a circuit, any function of the sites, labelled data."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from convac.circuits.tree import Circuit
from convac.entanglement.data import DataTensor
from convac.entanglement.grid import PIXELS, Function, GridFunction, coefficients
from convac.entanglement.mincut import HasCircuit, circuit_of
from convac.errors import ArgumentError

Source = Circuit | HasCircuit | GridFunction | DataTensor | Callable[..., Any]


def resolved(
    source: Source, sites: Sequence[int] | None, templates: np.ndarray | Sequence[float] | None
) -> Circuit | GridFunction | DataTensor:
    """The source as something that an engine takes.

    Raises:
        ArgumentError: it is nothing that can be measured, or sites and templates are missing or don't belong.
    """
    if isinstance(source, Circuit | GridFunction | DataTensor) or hasattr(source, "circuit") or not callable(source):
        if sites is not None or templates is not None:
            raise ArgumentError("sites: given for a source that has its own; accepted: with a function alone")
        return source if isinstance(source, GridFunction | DataTensor) else circuit_of(source)
    if sites is None:
        raise ArgumentError("sites: is missing; a function needs the shape of its sites, e.g. sites=(4, 4)")
    chosen = PIXELS if templates is None else templates
    return GridFunction(as_function(source), tuple(int(side) for side in sites), chosen)


def as_function(source: Callable[..., Any]) -> Function:
    """A function of numpy arrays; a torch module is called in evaluation mode, in its own precision and place."""
    if not (hasattr(source, "parameters") and hasattr(source, "state_dict")):
        return source
    import torch

    module: Any = source
    like = next(iter(module.parameters()), torch.zeros(()))

    def function(inputs: np.ndarray) -> np.ndarray:
        training = module.training
        module.eval()
        try:
            with torch.no_grad():
                found = module(torch.as_tensor(inputs, dtype=like.dtype, device=like.device))
        finally:
            module.train(training)
        return np.asarray(found.double().cpu().numpy())

    return function


def combined(circuit: Circuit, output: int | Sequence[float] | np.ndarray) -> Circuit:
    """The circuit with the one output that `output` names: a class, or a linear combination of classes."""
    chosen = coefficients(output, circuit.classes)
    if isinstance(output, int | np.integer):
        return replace(circuit, output=circuit.output[output : output + 1])
    return replace(circuit, output=chosen[None, :] @ circuit.output)


def orthonormal(circuit: Circuit, gram: np.ndarray | Sequence[Sequence[float]]) -> Circuit:
    """The circuit in an orthonormal representation: A' = (G^{1/2})^{⊗N} A, by the maps of the first level.

    Args:
        circuit: whose coefficients refer to a representation f_1 … f_M.
        gram: its Gram matrix ⟨f_d, f_e⟩, shape (M, M), symmetric and positive definite.

    Raises:
        ArgumentError: the matrix isn't one.
    """
    matrix, size = np.asarray(gram, dtype=np.float64), circuit.local_dimension
    if matrix.shape != (size, size) or not np.isfinite(matrix).all() or not np.allclose(matrix, matrix.T):
        raise ArgumentError(f"gram: accepted: a symmetric matrix of shape [{size}, {size}]")
    values, vectors = np.linalg.eigh(matrix)
    if values[0] <= 0:
        raise ArgumentError("gram: isn't positive definite; accepted: linearly independent representation functions")
    root = (vectors * np.sqrt(values)) @ vectors.T
    return replace(circuit, weights=(circuit.weights[0] @ root, *circuit.weights[1:]))
