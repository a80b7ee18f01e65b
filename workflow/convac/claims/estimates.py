"""What is known of a claim's statistic: its p-value against the threshold, and its interval at any error."""

import math
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from statistics import fmean, median

import numpy as np

from convac.claims.claims import Claim, Pair
from convac.claims.ranks import FEWEST, Resampled, kendall, resampled
from convac.statistics import Interval, paired_interval, two_sided_p


@dataclass(frozen=True)
class Estimate:
    """The statistic of a claim that is an estimate.

    Attributes:
        p: the smallest error at which the interval leaves out the threshold; of equivalences, both margins.
        interval: error → mean and interval.
    """

    p: float
    interval: Callable[[float], Interval]


def estimate(claim: Claim, found: list[Pair]) -> Estimate | None:
    """The claim's estimate from its pairs; None where there are none, or one of them has no finite statistic."""
    if claim.kind == "rank correlation":
        return rank_estimate(claim, found) if found else None
    if claim.kind == "fall":
        return fall_estimate(claim, found) if found else None
    if not found or not all(math.isfinite(pair.statistic) for pair in found):
        return None
    return equivalence_estimate(claim, found) if claim.kind == "equivalence" else mean_estimate(claim, found)


def mean_estimate(claim: Claim, found: list[Pair]) -> Estimate:
    """The mean over seeds; of every seed's pairs the mean counts, or the least."""
    combined = min if claim.every else fmean
    sample = [combined(values) for values in by_seed(found).values()]
    return Estimate(two_sided_p(sample, claim.threshold), lambda error: paired_interval(sample, 1 - error))


def equivalence_estimate(claim: Claim, found: list[Pair]) -> Estimate:
    """The mean over seeds whose distance from the margins decides.

    Of claims about every pair, each has its own mean. All must lie within the margins, so that the one that is least
    sure to do so decides (Berger, Technometrics 24, 295 (1982)); one that lies outside is enough to contradict, at an
    error divided by how many there are.
    """
    groups: dict[str, list[Pair]] = defaultdict(list)
    for pair in found:
        groups[pair.name.partition(", ")[2] if claim.every else ""].append(pair)
    samples = [[fmean(values) for values in by_seed(group).values()] for group in groups.values()]
    p = [max(two_sided_p(sample, edge) for edge in (claim.threshold, -claim.threshold)) for sample in samples]
    outside = [at for at, sample in enumerate(samples) if abs(fmean(sample)) > -claim.threshold]
    share = len(samples) if outside else 1
    at = min(outside, key=p.__getitem__) if outside else max(range(len(samples)), key=p.__getitem__)
    return Estimate(min(1.0, share * p[at]), lambda error: paired_interval(samples[at], 1 - error / share))


def rank_estimate(claim: Claim, found: list[Pair]) -> Estimate:
    """Kendall's τ-b over cells, from the medians over seeds of each; nothing is known of fewer than eight cells."""
    medians = cell_medians(found).values()
    first, second = ([pair[side] for pair in medians] for side in (0, 1))
    if len(first) < FEWEST:
        return Estimate(1.0, lambda _: Interval(math.nan, -1.0, 1.0, len(first)))
    ranks: Resampled = resampled(first, second)
    return Estimate(ranks.p(claim.threshold), ranks.interval)


def fall_estimate(claim: Claim, found: list[Pair]) -> Estimate:
    """The mean over seeds of −τ-b over the cells of each; 0 for a seed with a single cell, or with ties alone."""
    seeds: dict[str, list[Pair]] = defaultdict(list)
    for pair in found:
        seeds[pair.seed].append(pair)
    sample = [
        0.0 - float(kendall(np.ones((1, len(own))), *np.array([(pair.first, pair.second) for pair in own]).T)[0])
        for own in seeds.values()
    ]
    return Estimate(two_sided_p(sample, claim.threshold), lambda error: paired_interval(sample, 1 - error))


def by_seed(found: list[Pair]) -> dict[str, list[float]]:
    """The statistics of each seed's pairs."""
    seeds: dict[str, list[float]] = defaultdict(list)
    for pair in found:
        seeds[pair.seed].append(pair.statistic)
    return dict(seeds)


def cell_medians(found: list[Pair]) -> dict[str, tuple[float, float]]:
    """Medians over seeds of first and second, by what tells a cell apart."""
    cells: dict[str, list[Pair]] = defaultdict(list)
    for pair in found:
        cells[pair.name.partition(", ")[2]].append(pair)
    return {
        name: (median(pair.first for pair in own), median(pair.second for pair in own)) for name, own in cells.items()
    }
