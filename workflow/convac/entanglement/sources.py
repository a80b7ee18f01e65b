"""What can be measured: circuits, networks with a circuit, any function of the sites, states as arrays, data."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from convac.arrays import as_integer, given, grid_shape, integer, is_tensor, numbers, real
from convac.circuits.tree import Circuit
from convac.circuits.tree_tensors import TreeTensorNetwork
from convac.entanglement.data import DataTensor
from convac.entanglement.grid import PIXELS, GridFunction
from convac.entanglement.listed import coefficients
from convac.entanglement.mincut import HasCircuit, circuit_of
from convac.entanglement.precision import EPSILON
from convac.errors import ArgumentError

SMALLEST_SQUARE = 1e-280  # above it no square of a length has lost digits to underflow
MEASURED = (
    "a circuit, a tree tensor network, a network with .circuit(), a torch module or function, "
    "a state as an array, or a DataTensor"
)
Source = Circuit | TreeTensorNetwork | HasCircuit | GridFunction | DataTensor | np.ndarray | Callable[..., Any]


def resolved(
    source: Source, sites: Sequence[int] | None, templates: np.ndarray | Sequence[float] | None
) -> Circuit | TreeTensorNetwork | GridFunction | DataTensor:
    """The source as something that an engine takes.

    Raises:
        ArgumentError: it is nothing that can be measured, or sites and templates are missing or don't belong.
    """
    if isinstance(source, np.ndarray) or is_tensor(source):
        if templates is not None:
            raise ArgumentError("templates: given for a state; accepted: with a function alone")
        return state(source, sites)
    whole = isinstance(source, TreeTensorNetwork | GridFunction | DataTensor)
    known = whole or isinstance(source, Circuit) or callable(getattr(source, "circuit", None))
    if known or not callable(source):
        if not known:
            raise ArgumentError(f"network: got {type(source).__name__}; accepted: {MEASURED}")
        if sites is not None or templates is not None:
            name = "templates" if sites is None else "sites"
            raise ArgumentError(f"{name}: given for a source that has its own; accepted: with a function alone")
        return source if isinstance(source, TreeTensorNetwork | GridFunction | DataTensor) else circuit_of(source)
    if sites is None:
        raise ArgumentError("sites: is missing; a function needs the shape of its sites, e.g. sites=(4, 4)")
    return GridFunction(source, grid_shape(sites), PIXELS if templates is None else templates)


def state(values: Any, sites: Sequence[int] | None = None) -> GridFunction:
    """A state of N sites as the function that looks its entries up.

    Args:
        values: shape (M, …, M), an axis per site in row-major order; real, complex or boolean.
        sites: shape of the site grid; a line of N by default.

    Raises:
        ArgumentError: axes differ in length, or don't fit the sites.
    """
    array = numbers(values, "state", booleans=True)
    shape = (array.ndim,) if sites is None else grid_shape(sites)
    if len(set(array.shape)) != 1 or array.shape[0] < 2 or array.ndim != int(np.prod(shape, dtype=object)):
        wanted = "" if sites is None else f", {len(shape)} sides {list(shape)}"
        raise ArgumentError(
            f"state: has shape {list(array.shape)}; accepted: an axis per site{wanted}, each of the same length M ≥ 2"
        )

    def entries(inputs: np.ndarray) -> np.ndarray:
        return np.asarray(array[tuple(inputs.reshape(len(inputs), -1).T)])

    return GridFunction(entries, shape, np.arange(array.shape[0]))


def combined(circuit: Circuit, output: int | Sequence[float] | np.ndarray) -> Circuit:
    """The circuit with the one output that `output` names: a class, or a linear combination of classes."""
    chosen, label = coefficients(output, circuit.classes, real), as_integer(output)
    if label is not None:
        return replace(circuit, output=circuit.output[label : label + 1])
    return replace(circuit, output=chosen[None, :] @ circuit.output)


def orthonormal(circuit: Circuit, gram: np.ndarray | Sequence[Any]) -> tuple[Circuit, float]:
    """The circuit in an orthonormal representation, A' = (⊗_i L_iᵀ) A with G_i = L_i L_iᵀ, by the maps of level 1.

    Lᵀ is the square root of G up to an isometry of each site, which no singular value sees. G is factored with a unit
    diagonal, so that functions of very different lengths lose nothing.

    Args:
        circuit: whose coefficients refer to a representation f_1 … f_M.
        gram: its Gram matrix ⟨f_d, f_e⟩, shape (M, M), symmetric and positive definite; or one for each site in
            row-major order, (N, M, M), as of the data's own marginals (`site_grams`). There a function may be 0 at
            some sites, its row and column 0: it drops out.

    Returns:
        The circuit, and a bound on what rounding in L does to A', relative to its norm.

    Raises:
        ArgumentError: the matrix isn't one; one that rounding can't tell from singular isn't positive definite.

    Source: Demmel (1989), On floating point errors in Cholesky (a factor's error goes with the scaled condition).
    """
    size, sites = circuit.local_dimension, circuit.tree.sites
    located = given(gram, "gram").ndim == 3
    matrices = real(gram, "gram", (sites, size, size) if located else (size, size)).reshape(-1, size, size)
    roots, smallest = zip(*(gram_root(matrix, vanishing=located) for matrix in matrices), strict=True)
    root = np.array(roots)[list(circuit.tree.order)] if located else roots[0]
    first = (circuit.weights[0].astype(np.longdouble) @ root).astype(np.float64)
    copies = 1 if located else sites
    moved = sum(copies * 4 * size**2 * EPSILON / least for least in smallest)
    return replace(circuit, weights=(first, *circuit.weights[1:])), float(np.expm1(moved))


def orthonormal_network(
    network: TreeTensorNetwork, gram: np.ndarray | Sequence[Any]
) -> tuple[TreeTensorNetwork, float]:
    """`orthonormal` of a tree of tensors, by the map of each site; its sites may differ in their M_i.

    Args:
        network: whose coefficients, real or complex, refer to real representations.
        gram: one Gram matrix (M, M) for all sites, where these have the same M; or one per site, (M_i, M_i) each.

    Returns:
        The network, and a bound on what rounding does to its tensor, relative to its norm.

    Raises:
        ArgumentError: as `orthonormal`; or there isn't one matrix per site.
    """
    listed = isinstance(gram, list | tuple) and len(gram) > 0 and given(gram[0], "gram").ndim == 2
    matrices: Any = gram if listed else given(gram, "gram")
    located = listed or matrices.ndim == 3
    if located and len(matrices) != network.sites:
        raise ArgumentError(f"gram: {len(matrices)} matrices; accepted: one per site, {network.sites}, or one for all")
    weights, moved = list(network.weights), 0.0
    for site, size in enumerate(network.local_dimensions):
        matrix = (
            real(matrices[site], f"gram: site {site}", (size, size)) if located else real(gram, "gram", (size,) * 2)
        )
        root, least = gram_root(matrix, vanishing=located)
        weights[site] = (weights[site].astype(np.clongdouble) @ root).astype(np.complex128)
        weights[site] = weights[site] if np.iscomplexobj(network.weights[site]) else weights[site].real
        moved += 4 * size**2 * EPSILON / least
    return TreeTensorNetwork(network.shape, network.parents, tuple(weights)), float(np.expm1(moved))


def gram_root(matrix: np.ndarray, vanishing: bool) -> tuple[np.ndarray, float]:
    """L of a Gram matrix G = L Lᵀ up to a power of two, and the smallest eigenvalue of G with a unit diagonal.

    Args:
        matrix: (M, M).
        vanishing: whether a row and column may be 0.

    Raises:
        ArgumentError: it isn't symmetric, or not positive definite.
    """
    size = len(matrix)
    diagonal = np.diagonal(matrix)
    null = (diagonal == 0) & (matrix == 0).all(axis=0) & (matrix == 0).all(axis=1) & vanishing
    indefinite = ArgumentError("gram: isn't positive definite; accepted: linearly independent representation functions")
    if not ((diagonal > 0) | null).all() or null.all():
        raise indefinite
    lengths = np.sqrt(diagonal)
    unit = np.where(null, 1.0, lengths)
    scaled = matrix / unit[:, None] / unit + np.diag(null.astype(float))
    if not np.abs(scaled - scaled.T).max() <= 8 * size * EPSILON:
        raise ArgumentError(f"gram: isn't symmetric; accepted: a symmetric matrix of shape [{size}, {size}]")
    smallest = float(np.linalg.eigvalsh(scaled)[0])
    if not smallest > 16 * size * EPSILON:
        raise indefinite
    units = lengths / 2.0 ** np.frexp(lengths.max())[1]
    return (units[:, None] * np.linalg.cholesky(scaled)).astype(np.longdouble), smallest


def site_grams(inputs: np.ndarray | Sequence[Any], local_dimension: int) -> np.ndarray:
    """Gram matrix of the representation at every site under the data's own marginal there, E[f fᵀ].

    With one-hot sites it is the diagonal of p_i(d), so that an amplitude is measured as Π_i √p_i(d_i) A_d: in the
    inner product of functions under the product of the data's marginals.

    Args:
        inputs: of n images, sites in row-major order: integers 0..M−1 (n, N), one-hot, or f(x) of each (n, N, M).
        local_dimension: M.

    Returns:
        (N, M, M), for `gram`.

    Raises:
        ArgumentError: shape, type or a symbol doesn't fit, or a square leaves float64's range.

    >>> site_grams([[0, 1], [0, 0]], 2)[1]
    array([[0.5, 0. ],
           [0. , 0.5]])
    """
    size = integer(local_dimension, "local_dimension", least=1)
    array = given(inputs, "inputs")
    if array.ndim == 2 and array.dtype.kind in "biu" and array.size:
        if array.min() < 0 or array.max() >= size:
            raise ArgumentError(f"inputs: symbols {array.min()}..{array.max()}; accepted: 0..{size - 1}")
        shares = np.stack([(array == symbol).mean(axis=0) for symbol in range(size)], axis=1)
        return np.asarray(shares[:, :, None] * np.eye(size))
    vectors = real(inputs, "inputs", ("images", "sites", size))
    with np.errstate(over="ignore", under="ignore"):
        grams = np.einsum("nid,nie->ide", vectors, vectors) / len(vectors)
    squares = np.diagonal(grams, axis1=1, axis2=2)
    lost = (squares < SMALLEST_SQUARE) & (vectors != 0).any(axis=0)
    if lost.any() or not np.isfinite(grams).all():
        raise ArgumentError("inputs: their squares leave float64's range; accepted: lengths from 1e-140 to 1e150")
    return np.asarray(grams)
