"""The front door: measure entanglement across a partition with the exact engine that fits."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from convac.arrays import as_integer, integer, number, short
from convac.circuits.exchange import selected
from convac.circuits.tree import Circuit
from convac.circuits.tree_tensors import TreeTensorNetwork
from convac.entanglement import brute, grid, grid_sample, measures, precision, renyi2, spectrum, tree_engines
from convac.entanglement.data import DataTensor
from convac.entanglement.data import spectrum as data_spectrum
from convac.entanglement.grid import GridFunction
from convac.entanglement.limits import MEMORY, SECONDS, Limits, Planned, preferred
from convac.entanglement.mincut import MinCut, min_cut
from convac.entanglement.precision import LARGEST_ERROR, Spectrum
from convac.entanglement.sources import Source, combined, orthonormal, orthonormal_network, resolved
from convac.errors import ArgumentError, NotConvergedError
from convac.geometry.partitions import Choice, Partition

if TYPE_CHECKING:
    from convac.entanglement.composites import DataDependence, HeldOut

# a sampled entropy that may be further off than this, in nats, isn't reported
SAMPLING_ERROR = 0.1
LARGEST_EXPONENT = 709
# of the Schmidt number, by kind of source
TOLERANCE, DATA_TOLERANCE = 1e-10, 1e-6
# what loses digits, by engine
CIRCUIT_LOSSES = "cancelling channels or scales far apart"
LOSSES = {
    "brute": CIRCUIT_LOSSES,
    "spectrum": CIRCUIT_LOSSES,
    "renyi2": f"{CIRCUIT_LOSSES}, to the fourth power,",
    "grid": "cancelling values",
    "data": "cancelling samples",
}


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
        resolved: whether the Schmidt number is certain and set apart by a gap: every singular value counted exceeds
            ten times the tolerance, every other one is no larger than its error, and that stays below half the
            tolerance. Where there is no gap the spectrum has no rank in floating point; what lies below rounding no
            floating-point engine sees.
        spectrum: singular values, descending, of unit norm; None where the engine can't give them.
        min_cut: the bound on the Schmidt number by the smallest cut; None where there is no tree.
        error: bound on the error of every entropy that is given, in nats, and of the geometric measure: rounding,
            cancellation, scales and sampling. The participation's is its own times e^error − 1.

    >>> found = measure(np.eye(2) / math.sqrt(2), [0])  # a Bell pair
    >>> round(found.entropy, 6), round(found.participation, 6), found.schmidt_number, found.error < 1e-12
    (0.693147, 2.0, 2, True)
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
    error: float


Engine = Callable[[Circuit, np.ndarray, Limits], Spectrum | renyi2.Renyi2]

# each takes a circuit of one class, the mask of I and the limits
CIRCUIT_ENGINES: dict[str, Engine] = {
    "brute": brute.spectrum,
    "spectrum": spectrum.spectrum,
    "renyi2": renyi2.renyi2,
}
GRID_ENGINES = ("grid", "grid-sampled")
DATA_ENGINES = ("data",)
COMPOSITE_ENGINES = ("composites",)
ENGINES = (*CIRCUIT_ENGINES, *GRID_ENGINES, *DATA_ENGINES, *COMPOSITE_ENGINES)
GRID_SAMPLES = 512


@overload
def measure(
    source: Source,
    partition: Choice,
    *,
    data: None = None,
    output: int | Sequence[float] | np.ndarray = 0,
    engine: str = "auto",
    tolerance: float | None = None,
    memory_limit: float = MEMORY,
    time_limit: float = SECONDS,
    gram: np.ndarray | Sequence[Any] | None = None,
    sites: Sequence[int] | None = None,
    templates: np.ndarray | Sequence[float] | None = None,
    samples: int | None = None,
    seed: int = 0,
    largest_error: float | None = None,
) -> Measurement: ...


@overload
def measure(
    source: Source,
    partition: Choice,
    *,
    data: "HeldOut | np.ndarray",
    engine: str = "auto",
    memory_limit: float = MEMORY,
    time_limit: float = SECONDS,
    sites: Sequence[int] | None = None,
    samples: int | None = None,
    seed: int = 0,
) -> "DataDependence": ...


def measure(
    source: Source,
    partition: Choice,
    *,
    data: "HeldOut | np.ndarray | None" = None,
    output: int | Sequence[float] | np.ndarray = 0,
    engine: str = "auto",
    tolerance: float | None = None,
    memory_limit: float = MEMORY,
    time_limit: float = SECONDS,
    gram: np.ndarray | Sequence[Any] | None = None,
    sites: Sequence[int] | None = None,
    templates: np.ndarray | Sequence[float] | None = None,
    samples: int | None = None,
    seed: int = 0,
    largest_error: float | None = None,
) -> "Measurement | DataDependence":
    """Measure the entanglement that a function has across a partition of its sites, or its dependence on data.

    The measures are those of the coefficient tensor: of the function itself when its representation is orthonormal
    (one-hot pixels) or `gram` is given. With `data`, what is measured is how a network's answers depend on both parts
    of held-out images together: see `convac.data_dependence`; of a network of several seeds, the first one's.

    Args:
        source: a circuit over N sites, a `TreeTensorNetwork`, anything with `.circuit()` (a ConvAC), a function or
            torch module of the sites' values (with `sites`), a `GridFunction`, a state as an array of shape
            (M, …, M), an axis per site in row-major order, or a `DataTensor`. Trees, functions and states may be
            complex. A torch module is called in evaluation mode; its modes, buffers and gradients and all random
            states are left as they were.
        partition: a name (`left-right`, …), or the sites of I: numbers ([5], or text, `0, 1`), coordinates, a boolean
            mask of the grid's shape or of its N entries, or a partition.
        data: held-out images (n, …) as the network takes them, or `convac.HeldOut` images with their labels and
            conditions; the source is then any torch module or function of images, a circuit or a tree.
        output: a class, or one coefficient per class for a linear combination; complex ones for trees and functions
            alone.
        engine: for circuits `brute`, `spectrum`, `renyi2`; for functions `grid` or, only when asked for,
            `grid-sampled`; for a `DataTensor` `data`; with `data` `composites`; `auto` takes the exact one that fits,
            for circuits the spectrum where it does, else Rényi-2 alone.
        tolerance: of the Schmidt number, relative to the largest singular value; 1e-10, for data 1e-6.
        memory_limit: bytes that an engine may use; `math.inf` for no limit.
        time_limit: seconds of one core that an engine may take, by counted operations; likewise.
        gram: Gram matrix (M, M) of a circuit's or tree's representation, where that isn't orthonormal; symmetric,
            positive definite. Nearly singular ones add to the error. Or one per site (N, M, M), as of the data's own
            marginals: `convac.site_grams`; a list of them where sites differ in M.
        sites: shape of the site grid, for a function, one or two sides; of a state, a line by default.
        templates: the M values that a site of a function is tried on, `(M, *features)`; pixels 0 and 1 by default.
            Integers arrive as integers: at a function, and at a torch module that has an embedding.
        samples: configurations a side of `grid-sampled`, 512; rows and columns of composites, 256.
        seed: of that sample.
        largest_error: of the result, in nats, 1e-6; of `grid-sampled` 0.1.

    Raises:
        ArgumentError: an argument outside what is accepted, or the tensor is zero or cancels below rounding.
        MemoryLimitError, TimeLimitError: the engine (under `auto`: every one) would pass a limit; before allocating.
        PrecisionError: rounding leaves an error larger than `largest_error`.
        NotConvergedError: a sampled entropy may be further off than `largest_error`.

    Source: 1704.01552; 1605.06743, Separation rank (separation rank across a partition).

    >>> from convac.circuits.tree import random_circuit
    >>> from convac.geometry.trees import PoolingTree
    >>> tree = PoolingTree.named("square", (4, 4))
    >>> result = measure(random_circuit(tree, 2, (3, 3), np.random.default_rng(0)), "left-right")
    >>> result.engine, result.schmidt_number, result.min_cut.value
    ('spectrum', 3, 3)
    """
    relative = None if tolerance is None else number(tolerance, "tolerance", above=0, below=1)
    most = None if largest_error is None else number(largest_error, "largest_error", above=0, infinite=True)
    largest = LARGEST_ERROR if most is None else most
    if not isinstance(engine, str) or engine not in (*ENGINES, "auto"):
        raise ArgumentError(f"engine: {short(engine)} is unknown; accepted: auto, {', '.join(ENGINES)}")
    if data is not None:
        others = {"tolerance": tolerance, "gram": gram, "templates": templates, "largest_error": largest_error}
        foreign = [name for name, value in others.items() if value is not None]
        if foreign or as_integer(output) != 0:
            raise ArgumentError(f"{(*foreign, 'output')[0]}: given with data; accepted: for coefficient tensors alone")
        accepted(engine, COMPOSITE_ENGINES, "network on data")
        from convac.entanglement.composites import data_dependence  # scipy is loaded where it is asked for alone

        own = {"memory_limit": memory_limit, "time_limit": time_limit}
        return data_dependence(source, partition, data, samples=samples, sites=sites, seed=seed, **own)[0]
    if samples is not None and engine != "grid-sampled":
        raise ArgumentError("samples: nothing is sampled here; accepted: with engine grid-sampled, or with data")
    limits = Limits(memory_limit, time_limit)
    draws = GRID_SAMPLES if samples is None else integer(samples, "samples", least=1)
    start = integer(seed, "seed")
    known = resolved(source, sites, templates)
    if gram is not None and not isinstance(known, Circuit | TreeTensorNetwork):
        raise ArgumentError("gram: given for a source without a representation; accepted: with a circuit or tree alone")
    if isinstance(known, Circuit):
        circuit, moved = (known, 0.0) if gram is None else orthonormal(known, gram)
        chosen = accepted(engine, CIRCUIT_ENGINES, "circuit")
        return of_circuit(combined(circuit, output), partition, chosen, relative, limits, largest, moved)
    if isinstance(known, TreeTensorNetwork):
        network, moved = (known, 0.0) if gram is None else orthonormal_network(known, gram)
        chosen = accepted(engine, CIRCUIT_ENGINES, "tree tensor network")
        return of_network(selected(network, output), partition, chosen, relative, limits, largest, moved)
    mask = Partition.of(known.sites, partition).mask
    if isinstance(known, DataTensor):
        accepted(engine, DATA_ENGINES, "dataset")
        if as_integer(output) != 0:
            raise ArgumentError(f"output: got {short(output)}; accepted: 0, a dataset has one tensor")
        found = data_spectrum(known, mask, limits)
        return from_spectrum("data", "a dataset", found, relative or DATA_TOLERANCE, None, largest)
    if accepted(engine, GRID_ENGINES, "function") == "grid-sampled":
        open_error = SAMPLING_ERROR if most is None else most
        return from_sample(known, mask, limits, output, draws, start, open_error)
    found = grid.spectrum(known, mask, limits, output)
    reason = f"a function on {known.local_dimension} templates at each of {known.count} sites"
    return from_spectrum("grid", reason, found, relative, None, largest)


def accepted(engine: str, engines: Iterable[str], kind: str) -> str:
    """The engine; raises ArgumentError when it isn't one for this kind of source."""
    if engine not in (*engines, "auto"):
        raise ArgumentError(f"engine: {engine} doesn't measure a {kind}; accepted: auto, {', '.join(engines)}")
    return engine


def of_circuit(
    circuit: Circuit,
    partition: Choice,
    engine: str,
    tolerance: float | None,
    limits: Limits,
    largest_error: float,
    moved: float = 0.0,
) -> Measurement:
    """Measure a circuit of one class, whose tensor is known up to `moved` times its norm."""
    chosen_partition = Partition.of(circuit.tree.shape, partition)
    mask = chosen_partition.mask
    chosen, reason = choose(circuit, mask, limits)[:2] if engine == "auto" else (engine, "asked for")
    cut = min_cut(circuit, chosen_partition)
    found = shifted(CIRCUIT_ENGINES[chosen](circuit, mask, limits), moved, cut)
    if isinstance(found, renyi2.Renyi2):
        return from_renyi2(chosen, reason, found, cut, largest_error)
    return from_spectrum(chosen, reason, found, tolerance, cut, largest_error)


def of_network(
    network: TreeTensorNetwork,
    partition: Choice,
    engine: str,
    tolerance: float | None,
    limits: Limits,
    largest_error: float,
    moved: float = 0.0,
) -> Measurement:
    """Measure a tree tensor network of one class, node by node; its tensor is known up to `moved` times its norm."""
    chosen = Partition.of(network.shape, partition)
    taken = tree_engines.chosen(network, chosen.mask, engine, limits)
    cut = min_cut(network, chosen)
    found = shifted(taken.found, moved, cut)
    if isinstance(found, renyi2.Renyi2):
        return from_renyi2(taken.engine, taken.reason, found, cut, largest_error)
    return from_spectrum(taken.engine, taken.reason, found, tolerance, cut, largest_error)


def shifted(found: Spectrum | renyi2.Renyi2, moved: float, cut: MinCut) -> Spectrum | renyi2.Renyi2:
    """What an engine found of a tensor that is known up to `moved` times its norm alone."""
    if isinstance(found, renyi2.Renyi2):
        more = precision.renyi2_error(math.asin(min(moved, 1.0)), found.value, cut.value) if moved else 0.0
        return renyi2.Renyi2(found.value, found.error + more)
    return Spectrum(found.singular_values, found.error + moved * measures.norm(found.singular_values))


def choose(circuit: Circuit, mask: np.ndarray, limits: Limits) -> Planned:
    """The engine that fits a circuit, and what it needs."""
    parts = spectrum.circuit_parts(circuit, mask)
    plan = spectrum.plan(circuit, parts)
    return preferred(
        (plan.bytes, plan.operations),
        lambda: (renyi2.parts_bytes(circuit, parts), renyi2.parts_operations(circuit, parts)),
        limits,
    )


def from_spectrum(
    engine: str, reason: str, found: Spectrum, tolerance: float | None, cut: MinCut | None, largest_error: float
) -> Measurement:
    """All measures of a spectrum, and their error; refused where that is too large."""
    values = precision.nonzero(found).singular_values
    error = precision.accepted(precision.measures_error(found), largest_error, engine, LOSSES[engine])
    chosen = TOLERANCE if tolerance is None else tolerance
    return Measurement(
        engine=engine,
        reason=reason,
        entropy=measures.entropy(values),
        renyi2=measures.renyi(values, 2),
        geometric_measure=measures.geometric_measure(values),
        participation=measures.participation(values),
        schmidt_number=measures.schmidt_number(values, chosen),
        tolerance=chosen,
        resolved=precision.resolved(found, chosen),
        spectrum=tuple(np.sqrt(measures.probabilities(values)).tolist()),
        min_cut=cut,
        error=error,
    )


def from_renyi2(engine: str, reason: str, found: renyi2.Renyi2, cut: MinCut, largest_error: float) -> Measurement:
    """The Rényi-2 entropy, and the participation e^S2 where that is a floating-point number; refused as above."""
    value = found.value
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
        error=precision.accepted(found.error, largest_error, engine, LOSSES[engine]),
    )


def from_sample(
    source: GridFunction,
    mask: np.ndarray,
    limits: Limits,
    output: int | Sequence[float] | np.ndarray,
    samples: int,
    seed: int,
    largest_error: float,
) -> Measurement:
    """Measures of a sampled grid tensor with their error; refused where that is large. A sample has no rank."""
    found = grid_sample.sampled(source, mask, limits, output, samples, seed)
    if not found.converged(largest_error):
        seen = f"{measures.entropy(found.singular_values):.3g} nats" if found.singular_values.any() else "only zeros"
        raise NotConvergedError(
            f"engine grid-sampled: {seen} by {samples} samples, "
            f"{found.error:.2g} nats open, {found.unresolved:.1%} of the norm unpredicted; "
            f"accepted: at most {largest_error} (more samples)"
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
