"""A pooling tree and widths for labelled images, before training: from how their sites depend on one another."""

import json
import math
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

from convac.advice.advise import BUDGET, SHARINGS, TRIALS, Advice, Candidate, advise
from convac.commands.outputs import check_writable
from convac.datasets.labelled_images import read_labelled
from convac.entanglement.limits import MEMORY, SECONDS
from convac.errors import ArgumentError

SUFFIXES = (".png", ".svg", ".pdf")


def add_arguments(parser: ArgumentParser) -> None:
    """Options of `convac advise`."""
    parser.add_argument(
        "--data", required=True, help=".npz with images and labels, or a folder: of PNGs by class, of a dataset"
    )
    parser.add_argument("--budget", type=int, default=BUDGET, help=f"largest number of parameters, {BUDGET}")
    parser.add_argument(
        "--levels", type=int, help="levels of the tree; by default as many as the longer side has prime factors"
    )
    parser.add_argument(
        "--trials",
        type=int,
        help="number of best-scored trees between which short runs decide; 0: none; by default "
        f"{TRIALS} for images of two values, where torch is installed, else none",
    )
    parser.add_argument(
        "--sharing",
        choices=SHARINGS,
        default=SHARINGS[0],
        help="weights that the budget counts and trials train: shared over all positions, or over those at equal "
        "places in windows",
    )
    parser.add_argument("--out", help="tree file to write, JSON (docs/tree-format.md)")
    parser.add_argument("--figure", help=f"file to draw, {', '.join(SUFFIXES)}")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--seed", type=int, default=0, help="seed of the halves of the images and of the test")
    parser.add_argument("--memory-limit", type=float, default=MEMORY, help="bytes that may be used; inf: no limit")
    parser.add_argument("--time-limit", type=float, default=SECONDS, help="seconds that it may take; inf: no limit")


def run(options: Namespace) -> None:
    """Advise, write what is asked for, print."""
    if options.out and Path(options.out).suffix != ".json":
        raise ArgumentError(f"out: {options.out}; accepted: a tree file's name, which ends in .json")
    if options.figure and Path(options.figure).suffix not in SUFFIXES:
        raise ArgumentError(f"figure: {options.figure}; accepted: a name that ends in {', '.join(SUFFIXES)}")
    for path in filter(None, (options.out, options.figure)):
        check_writable(path)
    images, labels = read_labelled(options.data)
    found = advise(
        images,
        labels,
        budget=options.budget,
        levels=options.levels,
        sharing=options.sharing,
        trials=options.trials,
        seed=options.seed,
        memory_limit=options.memory_limit,
        time_limit=options.time_limit,
    )
    if options.out:
        found.tree.write(options.out)
    if options.figure:
        from convac.plotting.advice import draw_advice

        draw_advice(found, images, options.figure)
    print(json.dumps(described(found), allow_nan=False) if options.json else readable(found))


def described(found: Advice) -> dict[str, Any]:
    """The advice as plain data."""
    return {
        "geometry": found.geometry,
        "sites": list(found.tree.shape),
        "order": list(found.tree.order),
        "windows": list(found.tree.windows),
        "widths": list(found.widths),
        "parameters": found.parameters,
        "ranks": list(found.ranks),
        "dependence_found": found.found,
        "p_value": found.p_value,
        "tried": found.tried,
        "candidates": [candidate_described(each) for each in found.candidates],
        "reasons": list(found.reasons),
        "seconds": found.seconds,
    }


def candidate_described(candidate: Candidate) -> dict[str, Any]:
    """A candidate as plain data."""
    return {
        "name": candidate.name,
        "score": candidate.score,
        "windows": list(candidate.tree.windows),
        "densities": list(candidate.densities),
        "moves": list(candidate.moves),
    }


def readable(found: Advice) -> str:
    """The advice in a few lines."""
    scores = ", ".join(f"{name} {score:.3f}" for name, score in found.scores.items())
    lines = {
        "geometry": found.geometry,
        "windows": " ".join(map(str, found.tree.windows)),
        "widths": f"{' '.join(map(str, found.widths))} ({found.parameters} parameters)",
        "scores": f"{scores} (1 by chance)",
        "seconds": f"{math.ceil(10 * found.seconds) / 10:.1f}",
    }
    told = [f"{key:10} {text}" for key, text in lines.items()]
    return "\n".join([*told, *(f"- {reason}" for reason in found.reasons)])
