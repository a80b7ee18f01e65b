"""Seconds of the dependence on data of five networks of pooling_geometry, S = 256, one thread; target 2 s each line.

Each line: network and geometry, seconds of one core for the evaluation on all 256 × 256 composites, and for all that
`data_dependence` does (real images and the analysis of five matrices, too); the smallest of the repetitions. A tree
that the partition cuts above level 1 alone (square) needs 256 passes a side; one that it cuts from level 1 on (mirror)
runs its cut part on every composite.

    python benchmarks/dependence.py [--repetitions 3]
"""

import argparse
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "1"
os.environ["MKL_NUM_THREADS"] = "1"
os.environ["OPENBLAS_NUM_THREADS"] = "1"
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "workflow"))

import numpy as np
import torch

from convac.datasets.blobs import generate
from convac.entanglement.composites import HeldOut, data_dependence
from convac.geometry.partitions import Partition
from convac.geometry.trees import PoolingTree
from convac.networks.arithmetic import ConvAC
from convac.networks.rectifier import ConvRect
from convac.networks.split import Splittable

SIDE, SAMPLES, WIDTH, SEEDS = (32, 32), 256, 16, range(5)
KINDS: dict[str, Callable[[PoolingTree], Splittable]] = {
    "ConvAC positive": lambda tree: ConvAC(tree, 2, (WIDTH,) * tree.levels, initialisation="calibrated", seed=SEEDS),
    "ConvAC signed": lambda tree: ConvAC(tree, 2, (WIDTH,) * tree.levels, weights="signed", seed=SEEDS),
    "ConvRect max": lambda tree: ConvRect(tree, 2, (WIDTH,) * tree.levels, pooling="max", seed=SEEDS),
    "ConvRect average": lambda tree: ConvRect(tree, 2, (WIDTH,) * tree.levels, pooling="average", seed=SEEDS),
}


def timed(network: Splittable, images: np.ndarray, inside: np.ndarray) -> tuple[float, float]:
    """Seconds of the evaluation, and of everything."""
    started = time.process_time()
    found = network.composite_logits(images[:SAMPLES], images[SAMPLES : 2 * SAMPLES], inside)
    assert found is not None
    np.concatenate(list(found), axis=1)
    evaluated = time.process_time()
    data_dependence(network, "left-right", HeldOut(images, least_pixels=20), samples=SAMPLES)
    return evaluated - started, time.process_time() - evaluated


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repetitions", type=int, default=3)
    options = parser.parse_args()
    torch.set_num_threads(1)
    images = generate("closedness", seed=0, rendered_train=20, rendered_test=2000)["test_images"]
    inside = Partition.named(SIDE, "left-right").mask.reshape(SIDE)
    for geometry in ("square", "mirror"):
        for name, make in KINDS.items():
            network = make(PoolingTree.named(geometry, SIDE))
            times = [timed(network, images, inside) for _ in range(options.repetitions)]
            evaluation, everything = (min(each[part] for each in times) for part in (0, 1))
            print(f"{name:18} {geometry:8} {evaluation:8.2f} s {everything:8.2f} s")


if __name__ == "__main__":
    main()
