"""Does the advice hold? Test accuracies of ConvACs over advised, named and other trees, on the blobs and scrambled.

Advice is taken from the training images alone, the networks are trained on them, accuracies are of test images. Under
a secret permutation the pixels of all images are scrambled alike; named trees then know nothing of their places. Each
line: task, candidate, its score, and the mean test accuracy over seeds with each seed's; last, how scores and
accuracies rank alike (Kendall's τ) over pairs of candidates whose accuracies differ by more than 0.02. With --widths,
uniform, wide-base and wide-tip widths of equal parameters beside the advised ones, over the advised tree.

    python benchmarks/advice.py [--side 32] [--steps 4500] [--seeds 2] [--tasks closedness symmetry] [--widths]
"""

import argparse
import os
import sys
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "1"
os.environ["MKL_NUM_THREADS"] = "1"
os.environ["OPENBLAS_NUM_THREADS"] = "1"
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "workflow"))

import numpy as np

from convac.advice.advise import Advice, advise
from convac.datasets.blobs import generate
from convac.errors import ArgumentError
from convac.files import Arrays
from convac.geometry.trees import PoolingTree
from convac.seeds import stream
from convac.specs.datasets.blobs import BlobsSpec
from convac.specs.geometry import TreeSpec
from convac.specs.networks.arithmetic import ArithmeticSpec
from convac.specs.run import RunSpec
from convac.specs.training import TrainingSpec
from convac.specs.widths import matched
from convac.training.loop import train

WIDTH = 16  # channels of every level where geometries are compared
DIFFERENT = 0.02  # accuracy by which two candidates differ


def main() -> None:
    """Print every line as it is known."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--side", type=int, default=32)
    parser.add_argument("--steps", type=int, default=4500)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--rendered", type=int, default=12_500, help="blobs drawn for training; 80 %% are used")
    parser.add_argument("--tasks", nargs="+", default=["closedness", "symmetry"])
    parser.add_argument("--budget", type=int, default=4000, help="parameters where widths are compared")
    parser.add_argument("--widths", action="store_true", help="compare widths, not trees")
    options = parser.parse_args()
    for task in options.tasks:
        plain = generate(task, 11, options.rendered, 3000, side=options.side)
        if options.widths:
            compare_widths(task, plain, options)
        else:
            for name, arrays in ((task, plain), (f"{task}, scrambled", scrambled(plain))):
                compare_trees(name, arrays, options)


def scrambled(arrays: Arrays) -> Arrays:
    """The same with the pixels of all images in another order."""
    shape = arrays["train_images"].shape[1:]
    order = stream("advice benchmark").permutation(int(np.prod(shape)))
    moved = {
        name: arrays[name].reshape(len(arrays[name]), -1)[:, order].reshape(-1, *shape)
        for name in ("train_images", "test_images")
    }
    return {**arrays, **moved}


def compare_trees(task: str, arrays: Arrays, options: argparse.Namespace) -> None:
    """Accuracies of every candidate, and how well the scores rank them."""
    advice = advise(arrays["train_images"], arrays["train_labels"])
    print(f"{task}: advised {advice.geometry} in {advice.seconds:.1f} s", flush=True)
    found = []
    for candidate in advice.candidates:
        accuracies = trained(candidate.tree, (WIDTH,) * candidate.tree.levels, arrays, options)
        found.append((candidate.score, accuracies.mean()))
        mark = " <- advised" if candidate.name == advice.geometry else ""
        tell(task, candidate.name, f"score {candidate.score:.3f}", accuracies, mark)
    ranks = [np.sign((a[0] - b[0]) * (a[1] - b[1])) for a, b in combinations(found, 2) if abs(a[1] - b[1]) > DIFFERENT]
    print(f"{task}: tau {np.mean(ranks):.2f} over {len(ranks)} pairs", flush=True)


def compare_widths(task: str, arrays: Arrays, options: argparse.Namespace) -> None:
    """Accuracies of the advised widths and of three profiles of as many parameters, over the advised tree."""
    advice = advise(arrays["train_images"], arrays["train_labels"], budget=options.budget)
    for name, widths in profiles(advice):
        accuracies = trained(advice.tree, widths, arrays, options)
        tell(task, name, " ".join(map(str, widths)), accuracies, f" {parameters(advice.tree, widths)} parameters")


def profiles(advice: Advice) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Names and widths, all of about as many parameters."""
    yield "advised", advice.widths
    for name in ("uniform", "wide-base", "wide-tip"):
        try:
            yield name, matched(network(advice.tree, (1,) * advice.tree.levels), name, advice.parameters).widths
        except ArgumentError as error:
            print(f"{name}: {error}")


def parameters(tree: PoolingTree, widths: tuple[int, ...]) -> int:
    """Of a ConvAC."""
    return network(tree, widths).parameters()


def network(tree: PoolingTree, widths: tuple[int, ...]) -> ArithmeticSpec:
    """A ConvAC of positive weights."""
    geometry = TreeSpec(sites=tree.shape, order=tree.order, windows=tree.windows)
    return ArithmeticSpec(geometry=geometry, sites=tree.shape, widths=widths)


def trained(tree: PoolingTree, widths: tuple[int, ...], arrays: Arrays, options: argparse.Namespace) -> np.ndarray:
    """Final test accuracy of every seed."""
    seeds = tuple(range(options.seeds))
    spec = RunSpec(
        dataset=BlobsSpec(task="closedness", seed=0),
        network=network(tree, widths),
        training=TrainingSpec.model_validate(
            {"steps": options.steps, "lr": 0.003, "betas": (0.9, 0.9), "log_every": options.steps, "seeds": seeds}
        ),
    )
    history = train(spec, arrays, device="cpu").history
    rows = history[(history["quantity"] == "test_accuracy") & (history["step"] == options.steps)]
    return np.asarray(rows["value"])


def tell(task: str, name: str, what: str, accuracies: np.ndarray, more: str) -> None:
    """One line."""
    each = " ".join(f"{accuracy:.3f}" for accuracy in accuracies)
    print(f"{task:24} {name:12} {what:16} accuracy {accuracies.mean():.3f} ({each}){more}", flush=True)


if __name__ == "__main__":
    main()
