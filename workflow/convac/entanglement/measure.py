"""The front door: measure the entanglement of a circuit across a partition with the exact engine that fits."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from convac.circuits.tree import Circuit
from convac.entanglement import brute, measures, renyi2, spectrum
from convac.entanglement.mincut import HasCircuit, MinCut, circuit_of, min_cut
from convac.errors import ArgumentError
from convac.geometry.partitions import Partition

MEMORY_LIMIT = 2**31
# beyond about a minute of one core the automatic choice prefers the Rényi-2 entropy
OPERATIONS = 10**11
# a Rényi-2 entropy that rounding may have moved further than this, in nats, isn't reported
RENYI2_ERROR = 1e-6
LARGEST_EXPONENT = 709


@dataclass(frozen=True)
class Measurement:
    """The entanglement of one class (or combination of classes) across a partition; entropies in nats.

    Attributes:
        engine: the engine that was taken.
        reason: why that one, and why anything below is missing.
        entropy: −Σ p ln p; NaN where the engine can't give it.
        renyi2: −ln Σ p²; NaN where rounding leaves it unreliable.
        geometric_measure: 1 − p_1; NaN where the engine can't give it.
        participation: 1/Σp²; NaN where it leaves floating-point range.
        schmidt_number: singular values above `tolerance` times the largest, a numerical rank; None where the engine
            can't give it.
        tolerance: of the Schmidt number, relative.
        spectrum: singular values, descending, of unit norm; None where the engine can't give them.
        min_cut: the bound on the Schmidt number by the smallest cut.
    """

    engine: str
    reason: str
    entropy: float
    renyi2: float
    geometric_measure: float
    participation: float
    schmidt_number: int | None
    tolerance: float
    spectrum: tuple[float, ...] | None = field(repr=False)
    min_cut: MinCut = field(repr=False)


Engine = Callable[[Circuit, np.ndarray, int], np.ndarray | renyi2.Renyi2]

# each takes a circuit of one class, the mask of I and a memory limit in bytes
ENGINES: dict[str, Engine] = {
    "brute": brute.singular_values,
    "spectrum": spectrum.singular_values,
    "renyi2": renyi2.renyi2,
}


def measure(
    source: Circuit | HasCircuit,
    partition: "str | Iterable[int] | Partition",
    *,
    output: int | Sequence[float] | np.ndarray = 0,
    engine: str = "auto",
    tolerance: float = 1e-10,
    memory_limit: int = MEMORY_LIMIT,
) -> Measurement:
    """Measure the entanglement that a circuit's function has across a partition of its sites.

    The measures are those of the coefficient tensor, that is of the function in an orthonormal representation.

    Args:
        source: a circuit over N sites, or anything with `.circuit()`.
        partition: a name (`left-right`, …), the sites of I, or a partition.
        output: a class, or one coefficient per class for a linear combination.
        engine: `brute`, `spectrum`, `renyi2`, or `auto`: the spectrum where it fits, else Rényi-2 alone.
        tolerance: of the Schmidt number, relative to the largest singular value.
        memory_limit: bytes that an engine may use.

    Raises:
        ArgumentError: an argument outside what is accepted, or the tensor is zero.
        MemoryLimitError: the engine (under `auto`: every one) would pass the limit; before allocating.

    Source: 1704.01552; 1605.06743, Separation rank (separation rank across a partition).

    >>> from convac.circuits.tree import random_circuit
    >>> from convac.geometry.trees import PoolingTree
    >>> tree = PoolingTree.named("square", (4, 4))
    >>> result = measure(random_circuit(tree, 2, (3, 3), np.random.default_rng(0)), "left-right")
    >>> result.engine, result.schmidt_number, result.min_cut.value
    ('spectrum', 3, 3)
    """
    circuit = combined(circuit_of(source), output)
    mask = Partition.of(circuit.tree.shape, partition).mask
    if engine not in (*ENGINES, "auto"):
        raise ArgumentError(f"engine: {engine!r} is unknown; accepted: auto, {', '.join(ENGINES)}")
    if not 0 < tolerance < 1:
        raise ArgumentError(f"tolerance: got {tolerance}; accepted: a number between 0 and 1")
    chosen, reason = choose(circuit, mask, memory_limit) if engine == "auto" else (engine, "asked for")
    found = ENGINES[chosen](circuit, mask, memory_limit)
    cut = min_cut(circuit, partition)
    if isinstance(found, renyi2.Renyi2):
        return from_renyi2(chosen, reason, found, tolerance, cut)
    return from_singular_values(chosen, reason, found, tolerance, cut)


def combined(circuit: Circuit, output: int | Sequence[float] | np.ndarray) -> Circuit:
    """The circuit with the one output that `output` names: a class, or a linear combination of classes."""
    if isinstance(output, int | np.integer):
        if not 0 <= output < circuit.classes:
            raise ArgumentError(f"output: got class {output}; accepted: 0 to {circuit.classes - 1}")
        return replace(circuit, output=circuit.output[output : output + 1])
    coefficients = np.asarray(output, dtype=np.float64)
    if coefficients.shape != (circuit.classes,) or not np.isfinite(coefficients).all():
        raise ArgumentError(f"output: accepted: a class, or {circuit.classes} finite coefficients, one per class")
    return replace(circuit, output=coefficients[None, :] @ circuit.output)


def choose(circuit: Circuit, mask: np.ndarray, memory_limit: int) -> tuple[str, str]:
    """The engine that fits, and why: the spectrum if its blocks do, else Rényi-2, the one for any partition."""
    plan = spectrum.plan(circuit, spectrum.circuit_parts(circuit, mask))
    memory, operations = spectrum.magnitude(plan.bytes), spectrum.magnitude(plan.operations)
    needs = f"the spectrum needs {memory} bytes, {operations} operations"
    fits = plan.bytes <= memory_limit
    if fits and plan.operations <= OPERATIONS:
        return "spectrum", needs
    if renyi2.needed_bytes(circuit, mask) <= memory_limit or not fits:
        return "renyi2", f"{needs}: too many, so Rényi-2 only"
    return "spectrum", f"{needs}; Rényi-2 would need more memory"


def from_singular_values(engine: str, reason: str, values: np.ndarray, tolerance: float, cut: MinCut) -> Measurement:
    """All measures of a spectrum."""
    unit = np.sqrt(measures.probabilities(values))
    return Measurement(
        engine=engine,
        reason=reason,
        entropy=measures.entropy(values),
        renyi2=measures.renyi(values, 2),
        geometric_measure=measures.geometric_measure(values),
        participation=measures.participation(values),
        schmidt_number=measures.schmidt_number(values, tolerance),
        tolerance=tolerance,
        spectrum=tuple(unit.tolist()),
        min_cut=cut,
    )


def from_renyi2(engine: str, reason: str, found: renyi2.Renyi2, tolerance: float, cut: MinCut) -> Measurement:
    """The Rényi-2 entropy, and the participation e^S2 where that is a floating-point number."""
    value = found.value
    if found.error > RENYI2_ERROR:
        value, reason = math.nan, f"{reason}; cancelling channels leave an error of {found.error:.1g} nats"
    return Measurement(
        engine=engine,
        reason=reason,
        entropy=math.nan,
        renyi2=value,
        geometric_measure=math.nan,
        participation=math.exp(value) if value < LARGEST_EXPONENT else math.nan,
        schmidt_number=None,
        tolerance=tolerance,
        spectrum=None,
        min_cut=cut,
    )
