"""Schmidt spectra of every bond of a tree circuit, and the circuit with those inside cut to their top Schmidt vectors.

A bond is the edge above a pooled output: between level l at one position and the map of level l + 1 there, or the
output's. It parts the sites below it from all others and the class: the classes' tensors are one state Σ_y |y⟩|ψ_y⟩,
the class one more site beyond the root, sites in the one-hot basis or, with Gram matrices, in an orthonormal one of the
functions under that measure. The bond to the class is never cut: at one vector the answer would be the same for all.

With A (sites below × channels) and B (everything else × channels), `factors` of the tree, the state is A Bᵀ.

Source: hierarchical SVD, Grasedyck 2010 (10.1137/090764189); tree tensor networks, quant-ph/0511070.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from convac.arrays import given, integer, real
from convac.circuits.tree import Circuit
from convac.entanglement import measures, precision, rounding
from convac.entanglement.bond_costs import decomposing, evaluating
from convac.entanglement.factors import Factor, mapped, opened, products, units_of
from convac.entanglement.limits import MEMORY, SECONDS, Limits
from convac.entanglement.precision import LARGEST_ERROR, Spectrum
from convac.entanglement.scales import LOWEST, plus, times_power
from convac.entanglement.sources import orthonormal
from convac.errors import ArgumentError
from convac.progress import reporter

# No projector keeps Schmidt coefficients below this times the largest, or below their error. Dropping one adds its
# square to the squared error, less than rounding; keeping one divides the rounding of its projector by it.
FLOOR = 1e-8
# Numbers in the largest array of a block of images.
BLOCK = 2**21


class Bonds(NamedTuple):
    """Schmidt decomposition of the bonds of one level, up to isometries: A Bᵀ = U S Vᵀ.

    Attributes:
        below: A of each position, rows of U.
        above: B of each position, rows of V.
        left: U, shape (positions, rows, k).
        values: singular values in units of 2^tops, descending, shape (positions, k).
        right: Vᵀ, shape (positions, k, rows).
        tops: largest exponent of a channel in both, shape (positions,).
        errors: bound on ‖σ − σ̂‖₂ of the singular values of each position, shape (positions,).
    """

    below: Factor
    above: Factor
    left: np.ndarray
    values: np.ndarray
    right: np.ndarray
    tops: np.ndarray
    errors: np.ndarray

    def precision(self) -> np.ndarray:
        """Bound on the error of the entropies of each position, in nats, and of the geometric measure."""
        found = map(Spectrum, self.values, self.errors.tolist())
        return np.array([precision.measures_error(each) for each in found])


def bond_spectra(
    circuit: Circuit,
    bonds: list[Bonds] | None = None,
    largest_error: float = LARGEST_ERROR,
    memory_limit: float = MEMORY,
    time_limit: float = SECONDS,
) -> list[np.ndarray]:
    """Schmidt probabilities of every bond: the sites below it against all other sites and the class.

    Args:
        circuit: any tree circuit; time O(N r⁴) and blocks of r³ numbers for width r.
        bonds: what `bonds_of` gives for it, where that is known.
        largest_error: of the entropy of any bond, in nats.
        memory_limit: bytes.
        time_limit: seconds of one core.

    Returns:
        Per level 1..L, shape (positions after it, r_l): descending, sum 1, zeros where the bond has fewer. Relative
        probabilities below about 1e-28 are rounding.

    Raises:
        ArgumentError: the tensor is zero, or cancels below rounding.
        PrecisionError: rounding leaves a larger error.
        MemoryLimitError, TimeLimitError: the bonds would pass a limit; before allocating.
    """
    spectra = []
    known = bonds_of(circuit, memory_limit=memory_limit, time_limit=time_limit) if bonds is None else bonds
    for level, width in zip(known, circuit.widths, strict=True):
        precision.accepted(float(level.precision().max()), largest_error, "truncation", "cancelling channels")
        weights = (level.values / level.values[:, :1]) ** 2
        probabilities = np.zeros((len(weights), width))
        probabilities[:, : weights.shape[1]] = weights / weights.sum(axis=1, keepdims=True)
        spectra.append(probabilities)
    return spectra


def entropies(spectra: list[np.ndarray]) -> list[np.ndarray]:
    """Entanglement entropy of every bond in nats, per level shape (positions,), from `bond_spectra`.

    >>> [values.round(6).tolist() for values in entropies([np.array([[0.5, 0.5], [1.0, 0.0]])])]
    [[0.693147, 0.0]]
    """
    return [np.array([measures.entropy(np.sqrt(row)) for row in spectrum]) for spectrum in spectra]


def truncated(
    circuit: Circuit,
    rank: int,
    bonds: list[Bonds] | None = None,
    memory_limit: float = MEMORY,
    time_limit: float = SECONDS,
) -> Circuit:
    """The circuit with every bond but the class's cut to its top `rank` Schmidt vectors, all of the given circuit.

    On the sites below each bond acts the orthogonal projector on the top Schmidt vectors of the untruncated state,
    bonds near the root first. The squared error, relative to the squared norm of the state, is therefore at most
    the sum over these bonds of the probabilities that they discard, and at least the largest of them. Probabilities
    below 1e-16 of a bond's largest, and below their error, count as discarded. The projector on
    the channels, oblique, is absorbed into the map above the bond, whose entries are rounded: channels that cancel
    magnify that as they do any rounding of weights.

    Args:
        circuit: any tree circuit.
        rank: χ ≥ 1; a bond of at most that many channels, or classes beyond the root, is left as it is.
        bonds: what `bonds_of` gives for the circuit, where that is known, or in another basis: orthogonal projectors,
            and the error, are then those of the measure that its Gram matrices say.
        memory_limit: bytes.
        time_limit: seconds of one core.

    Returns:
        Same tree and widths; a map above a cut bond is per position, the others, level 1's and the output always, are
        the given ones.

    Raises:
        ArgumentError: the rank is below 1, the tensor is zero, or channels of a bond differ by more than floats hold.
        MemoryLimitError, TimeLimitError: the bonds would pass a limit; before allocating.
    """
    rank = integer(rank, "rank", least=1)
    if rank >= max(circuit.widths[:-1], default=1):
        return circuit
    weights = list(circuit.weights)
    known = bonds_of(circuit, memory_limit=memory_limit, time_limit=time_limit) if bonds is None else bonds
    for level, found in enumerate(known[:-1], start=1):
        if rank < min(circuit.widths[level - 1], found.values.shape[1]):
            weights[level] = weights[level] @ projectors(found, rank)
    return replace(circuit, weights=tuple(weights))


def answers(
    circuit: Circuit, inputs: np.ndarray, memory_limit: float = MEMORY, time_limit: float = SECONDS
) -> np.ndarray:
    """The class of largest h_y of every image, shape (n,); arguments as `amplitudes`."""
    return np.asarray(amplitudes(circuit, inputs, memory_limit, time_limit).argmax(axis=1))


def amplitudes(
    circuit: Circuit, inputs: np.ndarray, memory_limit: float = MEMORY, time_limit: float = SECONDS
) -> np.ndarray:
    """Values h_y of every class, each image up to its own positive factor: `Circuit.amplitudes` at any size.

    Args:
        circuit: any tree circuit.
        inputs: in row-major site order, symbols 0..M−1 of shape (n, N), integers that stand for one-hot vectors, or
            f(x) of each site, shape (n, N, M).
        memory_limit: bytes.
        time_limit: seconds of one core.

    Returns:
        Shape (n, classes). Images go through in blocks of some 50 MB.

    Raises:
        ArgumentError: shape, type or a symbol doesn't fit.
        MemoryLimitError, TimeLimitError: as stated before it starts.
    """
    return amplitudes_of([circuit], inputs, memory_limit, time_limit)[0]


def amplitudes_of(
    circuits: Sequence[Circuit], inputs: np.ndarray, memory_limit: float = MEMORY, time_limit: float = SECONDS
) -> list[np.ndarray]:
    """`amplitudes` of circuits that differ above level 1 alone, which is gone through once: of truncations of one.

    Raises:
        ArgumentError: trees or maps of level 1 differ, or as `amplitudes`.
    """
    first, *others = circuits
    if any(other.tree != first.tree or not np.array_equal(other.weights[0], first.weights[0]) for other in others):
        raise ArgumentError("circuits: trees or maps of level 1 differ; accepted: circuits that share both")
    inputs = given(inputs, "inputs")
    inputs = inputs if inputs.dtype.kind in "iu" else real(inputs, "inputs")
    sites, dimension = first.tree.sites, first.local_dimension
    symbols = np.issubdtype(inputs.dtype, np.integer) and inputs.ndim == 2
    if inputs.shape[1:] != ((sites,) if symbols else (sites, dimension)):
        raise ArgumentError(
            f"inputs: {inputs.dtype} of shape {list(inputs.shape)}; "
            f"accepted: integers [n, {sites}] or numbers [n, {sites}, {dimension}]"
        )
    if symbols and inputs.size and not 0 <= inputs.min() <= inputs.max() < dimension:
        raise ArgumentError(f"inputs: symbols {inputs.min()}..{inputs.max()}; accepted: 0..{dimension - 1}")
    limits = Limits(memory_limit, time_limit)
    limits.check("truncation", *evaluating(circuits, len(inputs), bool(symbols), BLOCK))
    report = reporter(len(inputs), "image", patient=True)
    widest = max(dimension, *(width for circuit in circuits for width in circuit.widths))
    step = max(1, BLOCK // (sites * widest))
    found = [np.empty((len(inputs), circuit.classes)) for circuit in circuits]
    for start in range(0, len(inputs), step):
        block = inputs[start : start + step, list(first.tree.order)]
        pooled = first_level(first, block.swapaxes(0, 1))
        for circuit, values in zip(circuits, found, strict=True):
            values[start : start + step] = propagated(circuit, pooled)
        report(min(start + step, len(inputs)), "amplitudes")
    return found


def first_level(circuit: Circuit, inputs: np.ndarray) -> np.ndarray:
    """Values (positions, out, n) after level 1, inputs (N, n) or (N, n, M) in tree order; images last.

    A maximum over channels is cheap there.
    """
    weight = circuit.weights[0]
    # the columns of a map are rescaled once, not at every image that takes one
    one_hot = inputs.ndim == 2
    values = looked_up(rescaled(weight), inputs) if one_hot else rescaled(weight @ inputs.astype(np.float64).mT)
    return pooled_values(values, circuit.tree.windows[0])


def propagated(circuit: Circuit, values: np.ndarray) -> np.ndarray:
    """`amplitudes` of one block from `first_level`, which several circuits may share."""
    for weight, window in zip(circuit.weights[1:], circuit.tree.windows[1:], strict=True):
        values = pooled_values(rescaled(weight @ values), window)
    return np.asarray(values[0].T @ circuit.output.T)


def looked_up(weight: np.ndarray, symbols: np.ndarray) -> np.ndarray:
    """Level 1's map of one-hot vectors, (N, out, n), from symbols (N, n)."""
    positions, count = symbols.shape
    tables = np.broadcast_to(weight, (positions, *weight.shape[-2:]))
    values = np.empty((positions, weight.shape[-2], count))
    for table, numbers, out in zip(tables, symbols, values, strict=True):
        table.take(numbers, axis=1, out=out, mode="clip")  # they fit; any other mode makes a copy first
    return values


def pooled_values(values: np.ndarray, window: int) -> np.ndarray:
    """Product pooling of (positions, channels, n), rescaled over channels, two by two and again after each step."""
    values = values.reshape(-1, window, *values.shape[1:])
    while values.shape[1] > 1:
        even = values.shape[1] // 2 * 2
        pairs = rescaled(values[:, 0:even:2] * values[:, 1:even:2])
        values = np.concatenate([pairs, values[:, even:]], axis=1) if even < values.shape[1] else pairs
    return values[:, 0]


def rescaled(values: np.ndarray) -> np.ndarray:
    """Values (…, channels, n) divided by their largest magnitude over channels."""
    top = np.maximum(values.max(axis=-2), -values.min(axis=-2))[..., None, :]
    return np.asarray(values / np.where(top > 0, top, 1.0))


# ---- Schmidt decompositions


def bonds_of(
    circuit: Circuit, memory_limit: float = MEMORY, time_limit: float = SECONDS, *, gram: np.ndarray | None = None
) -> list[Bonds]:
    """The Schmidt decomposition of every bond, per level 1..L, the class's last.

    Args:
        circuit: any tree circuit.
        gram: Gram matrices of its representation, (M, M) or one per site (N, M, M), where that isn't orthonormal: as of
            the data's own marginals, `site_grams`.
        memory_limit: bytes.
        time_limit: seconds of one core.

    Raises:
        ArgumentError: the tensor is zero, or cancels below rounding, or the matrices aren't positive definite.
        MemoryLimitError, TimeLimitError: the bonds would pass a limit; before allocating.
    """
    Limits(memory_limit, time_limit).check("truncation", *decomposing(circuit, BLOCK))
    circuit = circuit if gram is None else orthonormal(circuit, gram)[0]
    report = reporter(2 * circuit.tree.levels, "level", patient=True)
    below = units_of(circuit.local_dimension)
    pooled, rounds = [], []
    for weight, window, positions in zip(circuit.weights, circuit.tree.windows, circuit.tree.positions, strict=False):
        # only level 1 under one shared map: all sites look the same
        rounds.append(products(mapped(below, weight).everywhere(positions).shaped(-1, window)))
        below = rounds[-1][-1].at(np.s_[:, 0])
        pooled.append(below)
        report(len(pooled), "bonds, up")
    above = mapped(units_of(circuit.classes), circuit.output.T)
    bonds = [decomposed(pooled[-1], above)]
    for level in range(circuit.tree.levels - 1, 0, -1):
        environments = opened(rounds[level], above)
        above = mapped(environments.shaped(circuit.tree.positions[level]), circuit.weights[level].mT)
        bonds.append(decomposed(pooled[level - 1], above))
        report(circuit.tree.levels + len(bonds), "bonds, down")
    return bonds[::-1]


def decomposed(below: Factor, above: Factor) -> Bonds:
    """The Schmidt decomposition of the bonds of one level."""
    exponents = plus(below.exponents, above.exponents)
    tops = exponents.max(axis=1)
    weights = np.ldexp(1.0, np.maximum(exponents - tops[:, None], -(2**30))) * (tops > LOWEST // 2)[:, None]
    core = (below.values * weights[:, None, :]) @ above.values.mT
    left, values, right = np.linalg.svd(core, full_matrices=False)
    one, other, rows = below.channels(), above.channels(), weights[:, None, :]
    summed = rounding.of_map(rows, one.lengths() * other.lengths())
    errors = rounding.pooled(one, other).mapped(rows).local(summed).lengths()[:, 0]
    norms = np.linalg.norm(values, axis=1)
    errors = errors + precision.of_decomposition(*core.shape[1:]) * norms
    if not (norms > errors).all():
        raise ArgumentError(measures.ZERO)
    return Bonds(below, above, left, values, right, tops, errors)


def projectors(bonds: Bonds, rank: int) -> np.ndarray:
    """What the map above a bond is multiplied by from the right, shape (positions, channels, channels).

    With A Bᵀ = U S Vᴴ this is P = Aᵀ Ū S⁻¹ Vᵀ B over the top `rank`: P² = P, and A Pᵀ = U Uᴴ A, the orthogonal
    projection of the channel vectors. Nothing but Schmidt coefficients that are kept is divided by.
    """
    left, values, right = bonds.left[..., :rank].conj(), bonds.values[:, :rank], bonds.right[:, :rank].conj()
    kept = values > np.maximum(FLOOR * values[:, :1], bonds.errors[:, None])
    inverse = np.where(kept, 1 / np.where(kept, values, 1.0), 0.0)
    plain = (bonds.below.values.mT @ (left * inverse[:, None, :])) @ (right @ bonds.above.values)
    exponents = plus(bonds.below.exponents[:, :, None], bonds.above.exponents[:, None, :]) - bonds.tops[:, None, None]
    with np.errstate(over="ignore"):  # the circuit that they enter refuses what isn't finite
        return times_power(plain, exponents)
