"""Explain a claim: what it says and by whom, on which rows it rests, what was found of each seed, and its verdict."""

import difflib
import math
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import fmean

import pandas as pd

from convac.claims.claims import Claim, Pair, columns_of, pairs, sides
from convac.claims.estimates import cell_medians
from convac.claims.ledger import number, read_verdicts, shortened, threshold
from convac.claims.verdicts import ESTIMATED, NOT_RUN
from convac.errors import ArgumentError, FileError
from convac.experiments.discovery import claims_of, studies
from convac.files import read_table
from convac.planning.paths import IMAGES, reference
from convac.specs.results import REFERENCE

WHAT = {
    "interval": "mean [corrected interval]",
    "equivalence": "mean [corrected interval]",
    "rank correlation": "τ-b [corrected interval]",
    "fall": "mean of −τ-b [corrected interval]",
    "exact": "mean [smallest, largest]",
    "equality": "fraction equal [smallest, largest difference]",
}
NAMES = 3  # of similar claims, told where one isn't known


def add_arguments(parser: ArgumentParser) -> None:
    """Options of `convac explain`."""
    parser.add_argument("claim", help="id of the claim, as in every ledger and docs/experiments.md")
    parser.add_argument("--experiment", help="block whose run is read, if it is a variant, with `study:`")
    parser.add_argument("--results", help="folder of results to read; by default the reference that has them")


def run(options: Namespace) -> None:
    """Print the explanation."""
    study, claim = known(options.claim)
    name = options.experiment or study
    results = Path(options.results or kept(name))
    table, verdicts, ledger = (
        results / f"tables/{name}.parquet",
        results / f"claims/{name}.csv",
        results / "claims.csv",
    )
    for path in (table, verdicts):
        if not path.is_file():
            raise FileError(
                f"{path}: is missing; accepted: --results with a folder that has {name}'s table and verdicts"
            )
    found = read_verdicts(verdicts)
    own = found[found["id"] == claim.id]
    if own.empty:
        raise FileError(f"{verdicts}: has no {claim.id}; accepted: verdicts of this version; rerun the claims")
    print("\n".join(explanation(name, claim, read_table(table, ("cell", "quantity", "value")), own.iloc[0])))
    print(f"figure: {results / f'figures/{name}.png'}; ledger: {ledger}; words: docs/verdicts.md")


def kept(experiment: str) -> str:
    """The committed results that have an experiment's table: those on published images where they have, or the rest."""
    images = reference(IMAGES)
    return images if Path(images, f"tables/{experiment}.parquet").is_file() else REFERENCE


def known(name: str) -> tuple[str, Claim]:
    """The experiment and the claim of an id; raises ArgumentError naming ids that look like it."""
    every = {claim.id: (study, claim) for study in studies() for claim in claims_of(study)}
    if name not in every:
        close = difflib.get_close_matches(name, every, NAMES, cutoff=0.3) or list(every)[:NAMES]
        raise ArgumentError(f"claim: {name!r} is unknown; accepted: an id of the ledger, such as {', '.join(close)}")
    return every[name]


def explanation(study: str, claim: Claim, table: pd.DataFrame, verdict: pd.Series) -> Iterator[str]:
    """The explanation's lines, given the table and the claim's line of its verdicts."""
    columns = columns_of([claim], table)
    first, second = sides(claim, columns)
    found = pairs(claim, columns)
    yield f"{claim.id}: {claim.statement}"
    yield f"source: {claim.source}"
    yield f"origin: {claim.origin}; role: {claim.role}; kind: {claim.kind}; experiment: {study}"
    if claim.amended is not None:
        yield f"amended: {claim.amended}"
    yield f"rows: {filters(claim)}; {sum(map(len, first.values()))} against {sum(map(len, second.values()))}"
    if claim.kind == "rank correlation":
        yield from cell_lines(found)
    elif claim.kind in ESTIMATED:
        yield from per_seed_lines(claim, found)
    else:
        yield f"pairs: {len(found)}, {number(verdict['nontrivial'], whole=True)} of them non-trivial"
    if verdict["verdict"] != NOT_RUN:
        mean, low, high = (number(verdict[name]) for name in ("mean", "low", "high"))
        yield f"{WHAT[claim.kind]}: {mean} [{low}, {high}]"
    if claim.kind in ESTIMATED:
        family = {
            "primary": "Holm over all primaries",
            "secondary": "Benjamini–Hochberg over the experiment's secondaries",
        }
        how = "none: a check" if claim.origin == "check" else family[claim.role]
        yield f"p: {number(verdict['p'])}; corrected: {number(verdict['p_adjusted'])} ({how})"
    if isinstance(verdict["counterexamples"], str) and verdict["counterexamples"]:
        yield f"counterexamples: {shortened(verdict['counterexamples'])}"
    yield f"threshold: {threshold({'kind': claim.kind, 'threshold': claim.threshold})}; verdict: {verdict['verdict']}"


def filters(claim: Claim) -> str:
    """Which rows are compared, in words."""

    def worded(labels: dict[str, object]) -> str:
        return ", ".join(
            f"{column} {' or '.join(map(str, value)) if isinstance(value, tuple) else value}"
            for column, value in labels.items()
        )

    parts = [worded(dict(labels)) for labels in (claim.where, claim.first, claim.second)]
    by = f"; by {', '.join(('seed', *claim.by))}"
    return f"{parts[0] + ': ' if parts[0] else ''}{parts[1]} against {parts[2]}{by}"


def per_seed_lines(claim: Claim, found: list[Pair]) -> Iterator[str]:
    """A line per seed: the mean of each side and of the statistic over its pairs, or what decides in their place.

    Claims about every pair are decided by each seed's least one, equivalences by the pairs that have the farthest mean.
    """
    if claim.every and claim.kind == "equivalence":
        yield from group_lines(found)
        return
    unit = "logarithms of first and second, difference" if claim.logarithmic else "first, second, difference"
    if found:
        yield f"per seed ({unit}{', of the pair with the least' if claim.every else ''}):"
    seeds = grouped(found, lambda pair: pair.seed)
    for seed, own in sorted(seeds.items(), key=lambda item: (len(item[0]), item[0])):
        if claim.every and all(math.isfinite(pair.statistic) for pair in own):
            least = min(own, key=lambda pair: pair.statistic)
            yield f"  seed {seed}: {means([least])} ({labels_of(least)})"
        else:
            yield f"  seed {seed}: {means(own)}"


def group_lines(found: list[Pair]) -> Iterator[str]:
    """A line for all pairs that differ in their seed alone: means over seeds, and the statistic of every seed."""
    if found:
        yield "per pair (means over seeds: first, second, difference; then the difference of every seed):"
    for name, own in grouped(found, labels_of).items():
        every = ", ".join(f"{pair.seed}: {number(pair.statistic)}" for pair in own)
        yield f"  {name}: {means(own)}; {every}"


def grouped(found: list[Pair], key: Callable[[Pair], str]) -> dict[str, list[Pair]]:
    """The pairs by a key, in their order."""
    groups: dict[str, list[Pair]] = {}
    for pair in found:
        groups.setdefault(key(pair), []).append(pair)
    return groups


def labels_of(pair: Pair) -> str:
    """What tells a pair apart from the others of its seed."""
    return pair.name.partition(", ")[2]


def means(found: list[Pair]) -> str:
    """The means of first, second and statistic, as text; nothing where one of the pairs has none."""
    sides = zip(*((pair.first, pair.second, pair.statistic) for pair in found), strict=True)
    return ", ".join(number(fmean(values)) for values in sides)


def cell_lines(found: list[Pair]) -> Iterator[str]:
    """A line per cell: the medians over seeds that are ranked."""
    if found:
        yield "per cell (medians over seeds, first and second):"
    for cell, (first, second) in cell_medians(found).items():
        yield f"  {cell}: {number(first)}, {number(second)}"
