"""The front door: measure entanglement across a partition with the exact engine that fits."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from convac.circuits.tree import Circuit
from convac.entanglement import brute, data, grid, measures, renyi2, spectrum
from convac.entanglement.data import DataTensor
from convac.entanglement.grid import GridFunction
from convac.entanglement.limits import MEMORY, SECONDS, Limits, magnitude, stated_seconds
from convac.entanglement.mincut import MinCut, min_cut
from convac.entanglement.sources import Source, combined, orthonormal, resolved
from convac.errors import ArgumentError, NotConvergedError
from convac.geometry.partitions import Partition

# beyond about a minute of one core the automatic choice prefers the Rényi-2 entropy
OPERATIONS = 10**11
# a Rényi-2 entropy that rounding may have moved further than this, in nats, isn't reported
RENYI2_ERROR = 1e-6
# nor is a sampled entropy that may be further off than this
SAMPLING_ERROR = 0.1
LARGEST_EXPONENT = 709
# relative singular values below these are rounding, by engine; a tolerance must stay above
FLOORS = {"brute": 1e-13, "spectrum": 1e-13, "grid": 1e-13, "grid-sampled": 1e-13, "data": 1e-7}
TOLERANCE = 1e-10
DECADE = 10.0


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
            can't give it. The exact rank for almost all weights is `convac.generic_rank`.
        tolerance: of the Schmidt number, relative.
        resolved: whether a gap sets the Schmidt number apart: no singular value between the engine's rounding and ten
            times the tolerance. Where there is none the spectrum has no rank in floating point; what lies below
            rounding no floating-point engine sees.
        spectrum: singular values, descending, of unit norm; None where the engine can't give them.
        min_cut: the bound on the Schmidt number by the smallest cut; None where there is no tree.
        error: how far sampling may have moved the entropy, in nats; 0 for the exact engines.
    """

    engine: str
    reason: str
    entropy: float
    renyi2: float
    geometric_measure: float
    participation: float
    schmidt_number: int | None
    tolerance: float
    resolved: bool
    spectrum: tuple[float, ...] | None = field(repr=False)
    min_cut: MinCut | None = field(repr=False)
    error: float = 0.0


Engine = Callable[[Circuit, np.ndarray, Limits], np.ndarray | renyi2.Renyi2]

# each takes a circuit of one class, the mask of I and the limits
CIRCUIT_ENGINES: dict[str, Engine] = {
    "brute": brute.singular_values,
    "spectrum": spectrum.singular_values,
    "renyi2": renyi2.renyi2,
}
GRID_ENGINES = ("grid", "grid-sampled")
DATA_ENGINES = ("data",)
ENGINES = (*CIRCUIT_ENGINES, *GRID_ENGINES, *DATA_ENGINES)


def measure(
    source: Source,
    partition: "str | Iterable[int] | Partition",
    *,
    output: int | Sequence[float] | np.ndarray = 0,
    engine: str = "auto",
    tolerance: float | None = None,
    memory_limit: float = MEMORY,
    time_limit: float = SECONDS,
    gram: np.ndarray | Sequence[Sequence[float]] | None = None,
    sites: Sequence[int] | None = None,
    templates: np.ndarray | Sequence[float] | None = None,
    samples: int = 512,
    seed: int = 0,
) -> Measurement:
    """Measure the entanglement that a function has across a partition of its sites.

    The measures are those of the coefficient tensor: of the function itself when its representation is orthonormal
    (one-hot pixels) or `gram` is given.

    Args:
        source: a circuit over N sites, anything with `.circuit()` (a ConvAC), a function or torch module of the
            sites' values (with `sites`), a `GridFunction`, or a `DataTensor`.
        partition: a name (`left-right`, …), the sites of I, or a partition.
        output: a class, or one coefficient per class for a linear combination.
        engine: for circuits `brute`, `spectrum`, `renyi2`; for functions `grid` or, only when asked for,
            `grid-sampled`; for data `data`; `auto` takes the exact one that fits, for circuits the spectrum where it
            does, else Rényi-2 alone.
        tolerance: of the Schmidt number, relative to the largest singular value; 1e-10, for data 1e-6.
        memory_limit: bytes that an engine may use; `math.inf` for no limit.
        time_limit: seconds of one core that an engine may take, by counted operations; likewise.
        gram: Gram matrix (M, M) of a circuit's representation, where that isn't orthonormal.
        sites: shape of the site grid, for a function.
        templates: the M values that a site of a function is tried on, (M, *features); pixels 0 and 1 by default.
        samples: configurations a side of `grid-sampled`.
        seed: of that sample.

    Raises:
        ArgumentError: an argument outside what is accepted, or the tensor is zero.
        MemoryLimitError, TimeLimitError: the engine (under `auto`: every one) would pass a limit; before allocating.
        NotConvergedError: a sampled entropy may be more than 0.1 nats off.

    Source: 1704.01552; 1605.06743, Separation rank (separation rank across a partition).

    >>> from convac.circuits.tree import random_circuit
    >>> from convac.geometry.trees import PoolingTree
    >>> tree = PoolingTree.named("square", (4, 4))
    >>> result = measure(random_circuit(tree, 2, (3, 3), np.random.default_rng(0)), "left-right")
    >>> result.engine, result.schmidt_number, result.min_cut.value
    ('spectrum', 3, 3)
    """
    if tolerance is not None and not 0 < tolerance < 1:
        raise ArgumentError(f"tolerance: got {tolerance}; accepted: a number between 0 and 1")
    if engine not in (*ENGINES, "auto"):
        raise ArgumentError(f"engine: {engine!r} is unknown; accepted: auto, {', '.join(ENGINES)}")
    limits = Limits(memory_limit, time_limit)
    known = resolved(source, sites, templates)
    if gram is not None and not isinstance(known, Circuit):
        raise ArgumentError("gram: given for a source without a representation; accepted: with a circuit alone")
    if isinstance(known, Circuit):
        circuit = combined(known if gram is None else orthonormal(known, gram), output)
        return of_circuit(circuit, partition, accepted(engine, CIRCUIT_ENGINES, "circuit"), tolerance, limits)
    mask = Partition.of(known.sites, partition).mask
    if isinstance(known, DataTensor):
        accepted(engine, DATA_ENGINES, "dataset")
        values = data.singular_values(known, mask, limits)
        return from_singular_values("data", "a dataset", values, tolerance, None)
    if accepted(engine, GRID_ENGINES, "function") == "grid-sampled":
        return from_sample(known, mask, limits, output, samples, seed)
    values = grid.singular_values(known, mask, limits, output)
    reason = f"a function on {known.local_dimension} templates at each of {known.count} sites"
    return from_singular_values("grid", reason, values, tolerance, None)


def accepted(engine: str, engines: Iterable[str], kind: str) -> str:
    """The engine; raises ArgumentError when it isn't one for this kind of source."""
    if engine not in (*engines, "auto"):
        raise ArgumentError(f"engine: {engine} doesn't measure a {kind}; accepted: auto, {', '.join(engines)}")
    return engine


def of_circuit(
    circuit: Circuit,
    partition: "str | Iterable[int] | Partition",
    engine: str,
    tolerance: float | None,
    limits: Limits,
) -> Measurement:
    """Measure a circuit of one class."""
    chosen_partition = Partition.of(circuit.tree.shape, partition)
    mask = chosen_partition.mask
    chosen, reason = choose(circuit, mask, limits) if engine == "auto" else (engine, "asked for")
    found = CIRCUIT_ENGINES[chosen](circuit, mask, limits)
    cut = min_cut(circuit, chosen_partition)
    if isinstance(found, renyi2.Renyi2):
        return from_renyi2(chosen, reason, found, cut)
    return from_singular_values(chosen, reason, found, tolerance, cut)


def choose(circuit: Circuit, mask: np.ndarray, limits: Limits) -> tuple[str, str]:
    """The engine that fits, and why: the spectrum if its blocks do, else Rényi-2, the one for any partition."""
    parts = spectrum.circuit_parts(circuit, mask)
    plan = spectrum.plan(circuit, parts)
    about = stated_seconds("spectrum", plan.operations)
    needs = f"the spectrum needs {magnitude(plan.bytes)} bytes, about {about} s"
    fits = limits.allow("spectrum", plan.bytes, plan.operations)
    if fits and plan.operations <= OPERATIONS:
        return "spectrum", needs
    needed = renyi2.parts_bytes(circuit, parts), renyi2.parts_operations(circuit, parts)
    if limits.allow("renyi2", *needed) or not fits:
        return "renyi2", f"{needs}: too many, so Rényi-2 only"
    return "spectrum", f"{needs}; Rényi-2 would pass a limit"


def from_singular_values(
    engine: str, reason: str, values: np.ndarray, tolerance: float | None, cut: MinCut | None
) -> Measurement:
    """All measures of a spectrum."""
    unit = np.sqrt(measures.probabilities(values))
    chosen = max(TOLERANCE, DECADE * FLOORS[engine]) if tolerance is None else tolerance
    number = measures.schmidt_number(values, chosen)
    floor = FLOORS[engine]
    gap = measures.schmidt_number(values, min(chosen * DECADE, 0.5)) == measures.schmidt_number(values, floor)
    return Measurement(
        engine=engine,
        reason=reason,
        entropy=measures.entropy(values),
        renyi2=measures.renyi(values, 2),
        geometric_measure=measures.geometric_measure(values),
        participation=measures.participation(values),
        schmidt_number=number,
        tolerance=chosen,
        resolved=gap and chosen >= floor,
        spectrum=tuple(unit.tolist()),
        min_cut=cut,
    )


def from_renyi2(engine: str, reason: str, found: renyi2.Renyi2, cut: MinCut) -> Measurement:
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
        tolerance=math.nan,
        resolved=False,
        spectrum=None,
        min_cut=cut,
    )


def from_sample(
    source: GridFunction,
    mask: np.ndarray,
    limits: Limits,
    output: int | Sequence[float] | np.ndarray,
    samples: int,
    seed: int,
) -> Measurement:
    """Measures of a sampled grid tensor with their error; refused where that is large. A sample has no rank."""
    found = grid.sampled(source, mask, limits, output, samples, seed)
    if not found.converged(SAMPLING_ERROR):
        raise NotConvergedError(
            f"engine grid-sampled: {samples} samples leave {found.error:.2g} nats open, "
            f"{found.unresolved:.1%} of the norm unpredicted; accepted: at most {SAMPLING_ERROR} (more samples)"
        )
    values = found.singular_values
    return Measurement(
        engine="grid-sampled",
        reason=f"asked for; {samples} configurations a side, which show no rank",
        entropy=measures.entropy(values),
        renyi2=measures.renyi(values, 2),
        geometric_measure=measures.geometric_measure(values),
        participation=measures.participation(values),
        schmidt_number=None,
        tolerance=math.nan,
        resolved=False,
        spectrum=tuple(np.sqrt(measures.probabilities(values)).tolist()),
        min_cut=None,
        error=found.error,
    )
