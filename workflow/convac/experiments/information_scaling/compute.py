"""How much entropy a tensorial mixture adds between its components and its inputs, against the bounds of a scaling law.

Source: 1802.04473 (Liu), eqs. 19, 22, 35, 36, 48 and 49, on mixtures of several families and trained on digits; single
mappings and activations are in their own modules.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from math import inf, isqrt, log, prod
from typing import Any

import numpy as np
import pandas as pd

from convac.datasets.digits import read_originals
from convac.experiments.information_scaling import activations, mapping_statements
from convac.experiments.information_scaling.jobs import Mixtures, Statements, Trained
from convac.geometry.trees import PoolingTree
from convac.mixtures.entropies import (
    AVERAGES,
    Average,
    Mappings,
    Sample,
    averaged,
    exact_mappings,
    sampled,
    standard_error,
)
from convac.mixtures.families import codebook, one_component, random_mixture
from convac.mixtures.leaves import Categorical
from convac.mixtures.likelihood import independent_log_likelihood, maximised
from convac.mixtures.model import TensorialMixture
from convac.progress import reporter
from convac.seeds import stream
from convac.specs.job import JobSpec
from convac.specs.tables import table_of

Row = dict[str, Any]
NETWORKS = ("CP", "HT")
FIXED = ("codebook", "broad", "narrow")  # families in which nothing is drawn
UNLIMITED = (inf, inf)  # what a job may take is its scheduler's to say
# of streams: seeds, not names
WORDS = {
    "dirichlet": "dirichlet",
    "sparse": "sparse",
    "near-permutation": "near-permutation",
    "near-singular": "near-singular",
    "selection": "selection",
    "codebook": "codebook",
    "broad": "broad",
    "narrow": "narrow",
    "Gaussian": "Gaussian",
    "symbols": "symbols",
    "binary": "binary",
    "CP": "CP",
    "HT": "HT",
}
SIDE = 8  # pixels of a digit
DEVIATIONS = 4.0  # standard errors by which a sampled entropy may miss the exact one
ROUNDING = 1e-9  # nats
Entropies = dict[Average, float]


def compute(job: JobSpec) -> pd.DataFrame:
    """One job of the study.

    Returns:
        The part's label columns (activation and variable; statement, average and case; network, family and sites);
        seed, quantity, value.
    """
    return table_of({"seed": 0, **row} for row in ROWS[type(job)](job))


def statements(job: Statements) -> Iterator[Row]:
    """Activations; and single mappings: random draws, the smallest counterexamples, the capacity, ratios."""
    yield from activations.rows()
    yield from mapping_statements.random_rows(job.draws)
    yield from mapping_statements.smallest_rows()
    yield from mapping_statements.capacity_rows(job.draws)
    yield from mapping_statements.ratio_rows(job.draws)


def network_tree(network: str, shape: tuple[int, ...]) -> PoolingTree:
    """All sites at once (CP), or neighbours in pairs (HT)."""
    count = prod(shape)
    windows = (count,) if network == "CP" else (2,) * (count.bit_length() - 1)
    return PoolingTree.named("square" if len(shape) == 2 else "line", shape, windows)


def mixtures(job: Mixtures) -> Iterator[Row]:
    """Mixtures of some families, discrete or with densities, over every number of sites."""
    states = job.states
    grid = list(product(job.families, NETWORKS, job.sites, range(job.seeds)))
    report = reporter(len(grid), "mixture")
    for number, (family, network, sites, seed) in enumerate(grid, start=1):
        if family in FIXED and seed > 0:
            continue
        tree = network_tree(network, (sites,))
        kind = "Gaussian" if job.densities else "symbols" if family in FIXED else "binary"
        words = ("mixture", WORDS[family], WORDS[kind], WORDS[network], sites, seed)
        if family == "codebook":
            model = codebook(tree, isqrt(states), kind)
        elif family in FIXED:
            model = one_component(tree, family == "broad")
        else:
            model = random_mixture(family, tree, states, kind, stream(*words))
        labels = {"network": network, "family": family, "leaves": kind, "sites": sites, "seed": seed}
        yield from mixture_rows(model, labels, job, stream(*words, "draws"))
        report(number, f"{family}, {network}, N={sites}")


def trained(job: Trained) -> Iterator[Row]:
    """Mixtures trained by likelihood on binary digits, or on the middle of them; seeds differ in where they start."""
    grid = list(product(NETWORKS, job.sites, range(job.seeds)))
    report = reporter(len(grid), "mixture")
    for number, (network, sites, seed) in enumerate(grid, start=1):
        train, test, shape = digits(sites, job.training.images)
        words = ("mixture", "trained", WORDS[network], sites, seed)
        # nearly a permutation: from flat tables it takes several times as many steps
        tree = network_tree(network, shape)
        start = random_mixture("near-permutation", tree, job.states, "binary", stream(*words))
        model, history = maximised(start, train, job.training.steps, *UNLIMITED)
        labels = {"network": network, "family": "trained", "leaves": "binary", "sites": sites, "seed": seed}
        for step, value in enumerate(history):
            yield {**labels, "step": step, "quantity": "log_likelihood", "value": value / sites}
        held_out = {
            "test_log_likelihood": float(model.log_likelihood(test, *UNLIMITED).mean()),
            "independent_log_likelihood": independent_log_likelihood(train, test, 2),
        }
        for quantity, value in held_out.items():
            yield {**labels, "quantity": quantity, "value": value / sites}
        yield from mixture_rows(model, labels, job, stream(*words, "draws"))
        report(number, f"{network}, N={sites}")


def digits(sites: int, images: int) -> tuple[np.ndarray, np.ndarray, tuple[int, int]]:
    """Training and test images of scikit-learn's digits, binary at half the full scale, their middle `sites` pixels.

    Returns:
        Two arrays of shape (images, sites), 0 or 1, and the shape of the middle.
    """
    originals = read_originals("digits")
    half = (sites.bit_length() - 1) // 2
    shape = (2**half, sites // 2**half)
    rows, columns = (slice((SIDE - length) // 2, (SIDE + length) // 2) for length in shape)
    pixels = (2 * originals.images >= originals.brightest).astype(np.int64)[:, rows, columns].reshape(-1, sites)
    return pixels[originals.pools["train"][:images]], pixels[originals.pools["test"]], shape


@dataclass(frozen=True)
class Measured:
    """Entropies of one mixture, in nats.

    Attributes:
        model: the mixture.
        exact: mappings of the levels that can be enumerated.
        sample: independent draws.
    """

    model: TensorialMixture
    exact: list[Mappings]
    sample: Sample

    @property
    def is_exact(self) -> bool:
        """Whether H(X) is."""
        return len(self.exact) == len(self.model.mappings)

    @property
    def entropy(self) -> float:
        """H(X), exact where it can be."""
        return float(self.exact[-1].above[0, 0] if self.is_exact else self.sample.surprise.mean())

    @property
    def components(self) -> Entropies:
        """Σ_i H(x_i | d_i) by average, exact."""
        return {average: float(self.exact[0].averaged(average)[0].sum()) for average in AVERAGES}

    @property
    def given_root(self) -> Entropies | None:
        """H(X | state of the root) by average, exact; None where it can't be enumerated."""
        levels = self.model.tree.levels
        if len(self.exact) < levels:
            return None
        by_state = self.exact[levels - 1].above.sum(axis=0)
        return {average: float(averaged(by_state, self.model.prior, average)) for average in AVERAGES}

    def increase(self, average: Average) -> float:
        """H(X) − Σ_i H(x_i | d_i)."""
        if self.is_exact or average != "consistent":
            return self.entropy - self.components[average]
        return float(self.sample.increase.mean())

    def sides(self, level: int, average: Average = "consistent") -> tuple[np.ndarray, np.ndarray]:
        """H(v) and H(u) of the mappings of a level from 0; beyond enumeration sampled, under the consistent prior."""
        if level < len(self.exact):
            return self.exact[level].averaged(average)
        return self.sample.below[level].mean(axis=1), self.sample.above[level].mean(axis=1)


def mixture_rows(
    model: TensorialMixture, labels: Row, job: Mixtures | Trained, generator: np.random.Generator
) -> Iterator[Row]:
    """Everything that is measured of one mixture."""
    sample = sampled(model, job.draws, generator, *UNLIMITED)
    found = Measured(model, exact_mappings(model, job.configurations, *UNLIMITED), sample)
    method = "exact" if found.is_exact else "sampled"
    for average in AVERAGES:
        for quantity, value in law(found, average).items():
            yield {**labels, "method": method, "average": average, "quantity": quantity, "value": value}
    errors = {
        "input_entropy_error": standard_error(sample.surprise),
        "entropy_increase_error": 0.0 if found.is_exact else standard_error(sample.increase),
    }
    if found.is_exact:
        errors["sampling_deviation"] = abs(float(sample.surprise.mean()) - found.entropy)
        errors["sampling_limit"] = DEVIATIONS * errors["input_entropy_error"] + ROUNDING
    for quantity, value in errors.items():
        yield {**labels, "method": method, "average": "consistent", "quantity": quantity, "value": value}
    if labels["network"] == "HT":
        yield from level_rows(found, labels)


def law(found: Measured, average: Average) -> dict[str, float]:
    """Both sides of the scaling law under one average, in nats or as ratios."""
    model = found.model
    widths = [mapping.shape[2] for mapping in model.mappings]
    per_position = list(zip(model.tree.positions, widths, strict=True))
    components = found.components[average]
    values = {
        "input_entropy": found.entropy,
        "component_entropy": components,
        "entropy_increase": found.increase(average),
        "width_bound": sum(count * log(width) for count, width in per_position),
        "site_bound": model.tree.sites * log(widths[0]),
    }
    if found.given_root is not None:
        values["root_entropy"] = found.given_root[average]
    # beyond enumeration single mappings are sampled under the consistent prior alone
    if not found.is_exact and average != "consistent":
        return values
    sides = [found.sides(level, average) for level in range(len(widths))]
    values["mapping_bound"] = sum(model.tree.positions) * max(float((above - below).max()) for below, above in sides)
    # a ratio has a meaning for positive entropies only: discrete ones, none of them zero
    if isinstance(model.leaves, Categorical) and min(float(below.min()) for below, _ in sides) > ROUNDING:
        largest = max(float((above / below).max()) for below, above in sides)
        values["entropy_ratio"] = 1 + values["entropy_increase"] / components
        values["ratio_bound"] = max(1.0, largest) ** len(widths)
        values["ratio_limit"] = 1 + values["site_bound"] / components
    return values


def level_rows(found: Measured, labels: Row) -> Iterator[Row]:
    """C and β of every level's mappings, consistent prior; level 1 maps the sites' states, the last one the root's."""
    last = len(found.model.mappings) - 1
    for level in range(last + 1):
        below, above = found.sides(level)
        values = {"mapping_increase": float((above - below).max()), "mean_increase": float((above - below).mean())}
        if isinstance(found.model.leaves, Categorical) and below.min() > ROUNDING:
            values["mapping_ratio"] = float((above / below).max())
        method = "exact" if level < len(found.exact) else "sampled"
        for quantity, value in values.items():
            place = {0: "first", last: "last"}.get(level, "inner")
            own = {**labels, "average": "consistent", "level": level + 1, "place": place, "method": method}
            yield {**own, "quantity": quantity, "value": value}


ROWS: dict[type[JobSpec], Callable[[Any], Iterator[Row]]] = {
    Statements: statements,
    Mixtures: mixtures,
    Trained: trained,
}
