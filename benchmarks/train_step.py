"""Milliseconds per training step and replica: our networks beside textbook versions of equal widths, on one thread.

A step is zero_grad, forward, loss, backward and Adam on 64 random binary 32×32 images, width 16, 5 levels. Encoding a
dataset once is outside the step, as in training (its cost per image is printed); picking the batch and building its
input (counts of symbols; one-hot channels for the textbook versions) is inside. Repetitions are interleaved, so that
a machine that slows down slows all of them; medians of processor time are compared. Of ConvNets it also counts what
torch's operations read and write in a step: where that is much for their products, memory is the limit.

    python benchmarks/train_step.py [--repetitions 30] [--replicas 10]
"""

import argparse
import math
import statistics
import sys
import time
from collections.abc import Callable
from itertools import pairwise, product
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, one_hot
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "workflow"))

from convac.geometry.trees import PoolingTree
from convac.networks import convolutional, products
from convac.networks.arithmetic import ConvAC
from convac.networks.base import Network
from convac.networks.convolutional import ConvNet
from convac.networks.rectifier import ConvRect
from convac.networks.representations import Representation

LEVELS, WIDTH, BATCH, IMAGES, SIDE = 5, 16, 64, 2000, 32
PATCHES = Representation("affine", 2, 1)
WIDE_BASE = (21, 21, 5, 5)  # of layer_widths
PROFILES = ((13, 13, 3, 3), (3, 3, 14, 14))
KERNELS = (1, 2, 3, 5)
MATRIX = 1024
STEPS = 5  # per repetition
CONVOLVED, LOGARITHMIC = "ConvNet, no convolution as a matrix", "ConvAC of patches, by logarithms"


class LogSumExpConvAC(nn.Module):
    """The textbook ConvAC in log space: logsumexp over a broadcast, then sums over windows.

    Channels first and images last, the fastest order of axes for `torch.logsumexp`; in the usual order
    (image, channel, row, column) it takes several times as long.
    """

    def __init__(self) -> None:
        super().__init__()
        channels = [2, *[WIDTH] * LEVELS]
        pairs = pairwise(channels)
        self.levels = nn.ParameterList([torch.empty(out, into).uniform_(-1, 1) for into, out in pairs])
        self.output = nn.Parameter(torch.empty(2, WIDTH).uniform_(-1, 1))

    def forward(self, images: Tensor) -> Tensor:
        """Logits (batch, 2) of one-hot images (batch, 2, 32, 32), sites in any fixed order."""
        batch = len(images)
        log = images.flatten(2).permute(1, 2, 0).reshape(2, -1).clamp_min(1e-30).log()
        for weight in self.levels:
            log = torch.logsumexp(weight[:, :, None] + log, dim=1)
            log = log.view(WIDTH, -1, 4, batch).sum(2).flatten(1)
        return torch.logsumexp(self.output[:, :, None] + log, dim=1).T


def plain_network() -> nn.Module:
    """A plain network of nn.Conv2d 1×1, ReLU and MaxPool2d."""
    channels = [2, *[WIDTH] * LEVELS]
    layers: list[nn.Module] = []
    for into, out in pairwise(channels):
        layers += [nn.Conv2d(into, out, 1), nn.ReLU(), nn.MaxPool2d(2)]
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(WIDTH, 2))


def textbook_step(network: nn.Module, images: Tensor, labels: Tensor) -> Callable[[], None]:
    """A training step of a network on one-hot images."""
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3, fused=True)

    def step() -> None:
        rows = torch.randint(len(images), (BATCH,))
        inputs = one_hot(images[rows], 2).permute(0, 3, 1, 2).float()
        optimizer.zero_grad()
        torch.autograd.backward(cross_entropy(network(inputs), labels[rows]))
        optimizer.step()

    return step


def our_step(network: Network, images: Tensor, labels: Tensor) -> Callable[[], None]:
    """A training step of one of our networks on encoded images, its own batch for each replica."""
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3, fused=True)
    encoded = network.encode(images)

    def step() -> None:
        rows = torch.randint(len(images), (len(network.seeds), BATCH))
        optimizer.zero_grad()
        torch.autograd.backward(network.loss(network(encoded[rows]), labels[rows]).sum())
        optimizer.step()

    return step


def without(step: Callable[[], None], module: ModuleType, limit: str) -> Callable[[], None]:
    """The same step with a module's limit at 0, up to which something is computed in a way of its own."""

    def other() -> None:
        kept = getattr(module, limit)
        setattr(module, limit, 0)
        try:
            step()
        finally:
            setattr(module, limit, kept)

    return other


def milliseconds(step: Callable[[], object]) -> float:
    """Milliseconds per step, over a few steps."""
    started = time.process_time()
    for _ in range(STEPS):
        step()
    return 1e3 * (time.process_time() - started) / STEPS


class Traffic(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Bytes of the tensors that operations take and give, whatever a cache holds; views move none."""

    moved = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Run an operation, and count."""
        found = func(*args, **(kwargs or {}))
        if not func.is_view:
            tensors = [leaf for leaf in tree_leaves((args, kwargs, found)) if isinstance(leaf, Tensor)]
            self.moved += sum(each.numel() * each.element_size() for each in tensors)
        return found


def megabytes(step: Callable[[], None]) -> float:
    """MB that a step moves."""
    traffic = Traffic()  # type: ignore[no-untyped-call]
    with traffic:
        step()
    return traffic.moved / 1e6


def products_of(network: ConvNet) -> int:
    """Products of one image and replica in a step: two for each weight and position at level 1, three above."""
    shapes = [network.get_parameter(name).shape[1:] for name in network.names[:-1]]
    sites = math.prod(network.sites)
    return sum((3 if level else 2) * shape.numel() * sites // 4**level for level, shape in enumerate(shapes))


def fractions(repetitions: int, seeds: tuple[int, ...], images: Tensor, labels: Tensor) -> None:
    """Print the table of ConvNets beside a product of matrices."""
    square = torch.randn(2, MATRIX, MATRIX)
    print(f"{'ConvNet':28}{'ms / step / replica':>20}{'of a matrix product':>22}{'MB':>8}{'MFLOP':>8}")
    for widths, kernel in product(PROFILES, KERNELS):
        network = ConvNet((SIDE // 2,) * 2, widths, kernel=kernel, seed=seeds, representation=PATCHES)
        steps = our_step(network, images, labels), lambda: square[0] @ square[1]
        for step in steps:
            milliseconds(step)
        times = zip(*([milliseconds(step) for step in steps] for _ in range(repetitions)), strict=True)
        ours, matrix = (statistics.median(values) for values in times)
        share = products_of(network) * BATCH * len(seeds) / ours / (MATRIX**3 / matrix)
        moved, work = megabytes(steps[0]) / len(seeds), 2e-6 * products_of(network) * BATCH
        print(f"{f'{widths}, K = {kernel}':28}{ours / len(seeds):20.2f}{share:22.3f}{moved:8.1f}{work:8.1f}")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repetitions", type=int, default=30)
    parser.add_argument("--replicas", type=int, default=10, help="seeds trained at once in the batched rows")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    images = torch.from_numpy(np.random.default_rng(0).integers(0, 2, (IMAGES, SIDE, SIDE)))
    labels = torch.randint(2, (IMAGES,))
    tree, widths = PoolingTree.named("square", (SIDE, SIDE)), (WIDTH,) * LEVELS
    many = tuple(range(arguments.replicas))
    ours: dict[str, Network] = {
        "ConvAC": ConvAC(tree, 2, widths),
        "ConvAC, signed": ConvAC(tree, 2, widths, weights="signed"),
        "ConvRect, max": ConvRect(tree, 2, widths, pooling="max"),
        "ConvRect, average": ConvRect(tree, 2, widths, pooling="average"),
        f"ConvAC, {len(many)} replicas": ConvAC(tree, 2, widths, seed=many),
        f"ConvRect, max, {len(many)} replicas": ConvRect(tree, 2, widths, pooling="max", seed=many),
        f"ConvAC of patches, {len(many)} replicas": ConvAC(
            PoolingTree.named("square", (SIDE // 2,) * 2),
            PATCHES.dimension(),
            (WIDTH,) * (LEVELS - 1),
            weights="signed",
            sharing="windowed",
            representation=PATCHES,
            seed=many,
        ),
        f"ConvNet, {len(many)} replicas": ConvNet((SIDE // 2,) * 2, WIDE_BASE, seed=many, representation=PATCHES),
    }
    steps = {name: our_step(network, images, labels) for name, network in ours.items()}
    replicas = {name: len(network.seeds) for name, network in ours.items()}
    for variant, name, module, limit in (
        (CONVOLVED, f"ConvNet, {len(many)} replicas", convolutional, "SMALL"),
        (LOGARITHMIC, f"ConvAC of patches, {len(many)} replicas", products, "LONGEST"),
    ):
        replicas[variant], steps[variant] = len(many), without(steps[name], module, limit)
    plain, textbook = "plain Conv2d + ReLU + MaxPool2d", "textbook log-sum-exp ConvAC"
    steps[plain] = textbook_step(plain_network(), images, labels)
    steps[textbook] = textbook_step(LogSumExpConvAC(), images, labels)
    for step in steps.values():
        milliseconds(step)  # the first steps allocate memory
    times: dict[str, list[float]] = {name: [] for name in steps}
    for _ in range(arguments.repetitions):
        for name, step in steps.items():
            times[name].append(milliseconds(step) / replicas.get(name, 1))
    medians = {name: statistics.median(values) for name, values in times.items()}
    print(f"{'':36}{'ms / step / replica':>20}{'plain / it':>12}{'textbook / it':>15}")
    for name, value in medians.items():
        print(f"{name:36}{value:20.2f}{medians[plain] / value:12.1f}{medians[textbook] / value:15.1f}")
    started = time.process_time()
    ours["ConvAC"].encode(images)
    print(f"encoding, once per dataset: {1e6 * (time.process_time() - started) / IMAGES:.0f} µs per image")
    print("targets: ConvAC at least 5 × textbook and 1 × plain; ConvRect at least 2 × plain")
    fractions(arguments.repetitions, many, images, labels)


if __name__ == "__main__":
    main()
