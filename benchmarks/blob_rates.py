"""Schedules of the networks on blobs: what each kind reaches by rate, how many seeds converge, and CPU seconds.

    python benchmarks/blob_rates.py --task symmetry --geometry mirror --rates 0.5 1
    python benchmarks/blob_rates.py --task symmetry --geometry mirror --rates 1 --shuffled 40

Rates are multiples of those of `SCHEDULES`, as many for each kind, whose steps and images are the same for all.
Networks and their images are drawn with the pilot's seeds, which no experiment uses: the images that a rate is judged
by are validation images. With `--shuffled`, so many blobs are drawn for training under shuffled labels: what is asked
is whether they are learnt by heart.
"""

import argparse
import importlib
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from convac.commands.dataset import made
from convac.errors import NonFiniteError
from convac.geometry.trees import PoolingTree
from convac.specs.datasets.blobs import BlobsSpec
from convac.specs.network import NetworkSpec
from convac.specs.networks.arithmetic import ArithmeticSpec
from convac.specs.networks.rectifier import RectifierSpec
from convac.specs.run import RunSpec
from convac.specs.training import TrainingSpec
from convac.training.convergence import decisive_steps
from convac.training.loop import Arrays, train

SIDE, WIDTH, RENDERED = 32, 16, 12_500
SHARED: dict[str, Any] = {"batch": 32, "drop_at": 0.95, "warm_up": 0.1}
DECAY = 0.05
SIGNED = partial(ArithmeticSpec, weights="signed", initialisation="calibrated")
SCHEDULES: dict[str, tuple[Callable[..., NetworkSpec], dict[str, Any]]] = {
    "ConvAC positive": (partial(ArithmeticSpec, weights="positive"), {"lr": 0.01, "betas": (0.9, 0.9)}),
    "ConvAC signed": (SIGNED, {"lr": 0.002, "clip": 1.0}),
    "ReLU max": (partial(RectifierSpec, pooling="max"), {"lr": 0.0075, "weight_decay": 0.0001}),
    "ReLU average": (partial(RectifierSpec, pooling="average"), {"lr": 0.0075, "weight_decay": 0.0001}),
}


def images(options: argparse.Namespace) -> BlobsSpec:
    """The images of every seed."""
    return BlobsSpec(
        task=options.task,
        seeds=tuple(range(options.seeds)),
        side=SIDE,
        rendered_train=options.shuffled or RENDERED,
        control="shuffled" if options.shuffled else "none",
    )


def run_spec(options: argparse.Namespace, kind: str, factor: float) -> RunSpec:
    """All seeds of one kind of network at one rate."""
    network, own = SCHEDULES[kind]
    tree = PoolingTree.named(options.geometry, (SIDE, SIDE))
    widths = (WIDTH,) * tree.levels
    length = {"steps": options.steps, "log_every": options.steps}
    schedule = {**SHARED, **own, **length, "lr": own["lr"] * factor, "decay": DECAY}
    return RunSpec(
        dataset=images(options),
        network=network(geometry=options.geometry, sites=tree.shape, windows=tree.windows, widths=widths),
        training=TrainingSpec(**schedule, seeds=tuple(range(options.seeds))),
    )


def reached(spec: RunSpec, arrays: Arrays) -> str:
    """Seeds that converged, the changes that this is judged by, accuracies of every seed, and CPU seconds of all."""
    started = time.process_time()
    try:
        history = train(spec, arrays, device="cpu").history
    except NonFiniteError as error:
        return str(error)
    spent, last = time.process_time() - started, spec.training.steps

    def at(step: int, quantity: str) -> np.ndarray:
        found = history[(history["step"] == step) & (history["quantity"] == quantity)]
        return found.sort_values("seed")["value"].to_numpy()

    first, decisive = (at(step, "loss") for step in decisive_steps(spec.training))
    told = {
        "change of loss": np.round(decisive / first - 1, 3),
        "train": np.round(at(last, "train_accuracy"), 3),
        "test": np.round(at(last, "test_accuracy"), 3),
    }
    converged = at(last, "converged")
    words = ", ".join(f"{name} {' '.join(map(str, values))}" for name, values in told.items())
    return f"{int(converged.sum())} of {len(converged)} converged, {words}, {spent:.0f} s"


def main() -> None:
    """A line per kind and rate."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--task", choices=["closedness", "symmetry"], required=True)
    parser.add_argument("--geometry", choices=["square", "mirror"], required=True)
    parser.add_argument("--steps", type=int, default=4000)
    parser.add_argument("--seeds", type=int, default=5, help="seeds from 0 on")
    parser.add_argument("--rates", type=float, nargs="+", required=True, help="multiples of each kind's rate")
    parser.add_argument("--shuffled", type=int, default=0, help="blobs drawn for training under shuffled labels")
    parser.add_argument("--kinds", nargs="+", choices=list(SCHEDULES), default=list(SCHEDULES))
    options = parser.parse_args()
    spec = images(options)
    arrays, _ = made(spec, importlib.import_module(spec.modules[-1]).generate, {})
    for kind in options.kinds:
        for factor in options.rates:
            rate = SCHEDULES[kind][1]["lr"] * factor
            told = reached(run_spec(options, kind, factor), arrays)
            print(f"{options.task}, {options.geometry}, {kind}, rate {rate:g}: {told}", flush=True)


if __name__ == "__main__":
    main()
