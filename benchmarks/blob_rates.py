"""Learning rates of pooling_geometry's networks: what each kind reaches on another draw of images, and its CPU seconds.

    python benchmarks/blob_rates.py --task symmetry --geometry mirror --steps 3500 --rates 0.002 0.005

Blobs are drawn with seed 100 and networks with seeds 20 to 22, which no experiment uses: the images that a rate is
judged by are validation images. Every kind gets the same number of rates and steps.
"""

import argparse
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from convac.datasets.blobs import generate
from convac.errors import NonFiniteError
from convac.geometry.trees import PoolingTree
from convac.specs.datasets.blobs import BlobsSpec, BlobTask
from convac.specs.network import NetworkSpec
from convac.specs.networks.arithmetic import ArithmeticSpec
from convac.specs.networks.rectifier import RectifierSpec
from convac.specs.run import RunSpec
from convac.specs.training import TrainingSpec
from convac.training.loop import Arrays, train

DATA_SEED, SEEDS = 100, (20, 21, 22)
SIDE, WIDTH = 32, 16
SIGNED = partial(ArithmeticSpec, weights="signed", initialisation="calibrated")
KINDS: dict[str, tuple[Callable[..., NetworkSpec], dict[str, Any]]] = {  # with the rest of the schedule
    "ConvAC positive": (partial(ArithmeticSpec, weights="positive"), {"betas": (0.9, 0.9)}),
    "ConvAC signed": (SIGNED, {"clip": 1.0}),
    "ReLU max": (partial(RectifierSpec, pooling="max"), {"weight_decay": 0.0001}),
    "ReLU average": (partial(RectifierSpec, pooling="average"), {"weight_decay": 0.0001}),
}


def run_spec(task: BlobTask, geometry: str, kind: str, rate: float, steps: int) -> RunSpec:
    """Three seeds of one kind of network at one rate."""
    network, schedule = KINDS[kind]
    tree = PoolingTree.named(geometry, (SIDE, SIDE))
    return RunSpec(
        dataset=BlobsSpec(task=task, seed=DATA_SEED, side=SIDE),
        network=network(geometry=geometry, sites=tree.shape, windows=tree.windows, widths=(WIDTH,) * tree.levels),
        training=TrainingSpec(steps=steps, lr=rate, warm_up=0.05, log_every=steps, seeds=SEEDS, **schedule),
    )


def reached(spec: RunSpec, arrays: Arrays) -> str:
    """Accuracy of every seed, worst last, and CPU seconds of all."""
    started = time.process_time()
    try:
        history = train(spec, arrays, device="cpu").history
    except NonFiniteError as error:
        return str(error)
    last = history[(history["step"] == spec.training.steps) & (history["quantity"] == "test_accuracy")]
    values = " ".join(f"{value:.3f}" for value in np.sort(last["value"])[::-1])
    return f"{values}, {time.process_time() - started:.1f} s"


def main() -> None:
    """A line per kind and rate."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--task", choices=["closedness", "symmetry"], required=True)
    parser.add_argument("--geometry", choices=["square", "mirror"], required=True)
    parser.add_argument("--steps", type=int, default=3500)
    parser.add_argument("--rates", type=float, nargs="+", required=True)
    parser.add_argument("--kinds", nargs="+", choices=list(KINDS), default=list(KINDS))
    options = parser.parse_args()
    arrays = generate(options.task, seed=DATA_SEED, side=SIDE)
    for kind in options.kinds:
        for rate in options.rates:
            spec = run_spec(options.task, options.geometry, kind, rate, options.steps)
            print(f"{options.task}, {options.geometry}, {kind}, rate {rate:g}: {reached(spec, arrays)}", flush=True)


if __name__ == "__main__":
    main()
