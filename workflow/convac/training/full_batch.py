"""Small stride-1 networks on a ring, fitted to a function on all of its 2^N inputs at once.

Layers of windows of K sites, weights per location, then a pooling over all positions and a linear output. A `product`
network multiplies the linear maps of a window, and all positions at the end: an overlapping circuit of
`convac.circuits.overlapping`. A `rectifier` network adds them, applies max(0, ·) and pools by the maximum; a constant
channel stands for the biases. Positions are tabulated on the sites that they see. The output's weights are solved for
exactly at every step (variable projection: Golub & Pereyra, SIAM J. Numer. Anal. 10, 413 (1973)), so that only the
layers are left to descent.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from convac.errors import ArgumentError

KINDS = ("product", "rectifier")
RIDGE = 1e-6  # of the output's least squares, beside columns of norm 1
WARM_UP = 20  # steps in which the rate rises
BETAS = (0.8, 0.95)  # of Adam, short-sighted: a restart has a few hundred steps


@dataclass(frozen=True)
class RingNetwork:
    """A family of networks: everything but the widths.

    Attributes:
        kind: `product` or `rectifier`.
        sites: N of the ring; its inputs are the 2^N binary configurations, row-major.
        kernel: K, sites of a window.
        layers: convolution layers, n_c.

    Raises:
        ArgumentError: an unknown kind, a number that isn't positive, or layers that see round the ring.
    """

    kind: str
    sites: int
    kernel: int
    layers: int

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ArgumentError(f"kind: got {self.kind!r}; accepted: {', '.join(KINDS)}")
        if min(self.sites, self.kernel, self.layers) < 1:
            raise ArgumentError("sites, kernel, layers: accepted: positive integers")
        if self.layers * (self.kernel - 1) >= self.sites:
            raise ArgumentError(
                f"layers: {self.layers} of kernel {self.kernel}; accepted: what doesn't see round the ring"
            )

    @property
    def pool(self) -> Callable[[Tensor, Tensor], Tensor]:
        """What joins the positions of the last layer."""
        return torch.mul if self.kind == "product" else torch.maximum


def fitted_errors(
    network: RingNetwork,
    targets: np.ndarray,
    widths: Sequence[int],
    rates: Sequence[float],
    steps: int,
    seed: int = 0,
) -> np.ndarray:
    """Squared error over the target's square, the lowest of the restarts, shape (targets, widths).

    All are fitted side by side by Adam on all inputs; a narrow network is a wide one whose other channels are zero.

    Args:
        network: kind, ring and depth.
        targets: real functions, shape (targets, 2^N), not zero.
        widths: channels of every layer.
        rates: one restart each; a rate falls linearly to zero.
        steps: of each restart.
        seed: of the first weights.

    Raises:
        ArgumentError: targets of another size.
    """
    if targets.ndim != 2 or targets.shape[1] != 2**network.sites:
        raise ArgumentError(f"targets: shape {targets.shape}; accepted: (targets, {2**network.sites})")
    owners = torch.cartesian_prod(*(torch.arange(len(each)) for each in (targets, widths, rates)))
    wanted = torch.from_numpy(targets).double()[owners[:, 0]]
    channels = torch.tensor(widths)[owners[:, 1]]
    speeds = torch.tensor(rates)[owners[:, 2]][:, None, None, None, None]
    present = (torch.arange(max(widths)) < channels[:, None]).float()[:, None, None, :, None]
    first = starts(network, channels, torch.Generator().manual_seed(seed))
    moves = [torch.zeros_like(maps, requires_grad=True) for maps in first]
    scales = [speeds * gentleness(network, level) for level in range(network.layers)]
    optimizer = torch.optim.Adam(moves, lr=1.0, betas=BETAS)
    lowest = torch.full((len(owners),), math.inf, dtype=torch.float64)
    for step in range(steps):
        optimizer.param_groups[0]["lr"] = min(1.0, (step + 1) / WARM_UP) * (1 - step / steps)
        optimizer.zero_grad()
        maps = [present * (begun + scale * move) for begun, scale, move in zip(first, scales, moves, strict=True)]
        errors = residuals(features(network, maps).double(), wanted)
        torch.autograd.backward(errors.sum())
        optimizer.step()
        lowest = torch.minimum(lowest, errors.detach())
    shape = (len(targets), len(widths), len(rates))
    return np.asarray(lowest.reshape(shape).amin(2).numpy())


def gentleness(network: RingNetwork, level: int) -> float:
    """Scale of a layer's first noise and steps: in a product a weight counts K^(layers above) times."""
    return float(network.kernel ** (level + 1 - network.layers)) if network.kind == "product" else 1.0


def starts(network: RingNetwork, widths: Tensor, generator: torch.Generator) -> list[Tensor]:
    """Random maps of every layer, (replicas, N, K, D, in): near ones that pass channels on, or He's (1502.01852)."""
    most = int(widths.max())
    layers = []
    for level in range(network.layers):
        into = 2 if level == 0 else most + (network.kind == "rectifier")
        noise = torch.randn(len(widths), network.sites, network.kernel, most, into, generator=generator)
        if level > 0:
            noise = noise / widths[:, None, None, None, None].sqrt()
        if network.kind == "product":
            passing = torch.ones(most, into) if level == 0 else torch.eye(most)
            layers.append(passing + gentleness(network, level) * noise)
        else:
            layers.append(math.sqrt(2 / network.kernel) * noise)
    return layers


def features(network: RingNetwork, layers: Sequence[Tensor]) -> Tensor:
    """Channels after the pooling at all inputs, (replicas, 2^N, channels), products up to a common positive factor.

    Args:
        network: kind, ring and depth.
        layers: maps of every layer, (replicas, N, K, out, in); a rectifier's later ones have a column more, the bias.
    """
    table = torch.eye(2).expand(len(layers[0]), network.sites, 2, 2)
    for maps in layers:
        table = windows(network, maps, table)
    return pooled(network, table)


def windows(network: RingNetwork, maps: Tensor, below: Tensor) -> Tensor:
    """One layer: from tables (replicas, N, 2^s, in) over s sites to (replicas, N, 2^(s + K − 1), out)."""
    combine = torch.mul if network.kind == "product" else torch.add
    values = below @ maps[:, :, 0].mT
    for offset in range(1, network.kernel):
        values = joined(values, below.roll(-offset, 1) @ maps[:, :, offset].mT, offset, combine)
    if network.kind == "rectifier":
        return torch.nn.functional.pad(values.relu(), (0, 1), value=1.0)
    # a factor common to the channels of a position leaves the fit as it is, and keeps long products in range
    return values / values.detach().abs().amax((2, 3), keepdim=True).clamp_min(1e-30)


def joined(first: Tensor, second: Tensor, shift: int, combine: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
    """Tables (…, 2^s, D), (…, 2^t, D), the second from `shift` ≤ s sites on, over the shift + t ≥ s sites of both."""
    left = 2**shift
    shared = first.shape[2] // left
    one, other = torch.unflatten(first, 2, (left, shared, 1)), torch.unflatten(second, 2, (1, shared, -1))
    return combine(one, other).flatten(2, 4)


def pooled(network: RingNetwork, table: Tensor) -> Tensor:
    """All positions joined, (replicas, N, 2^s, D) to (replicas, 2^N, D): in pairs while they fit the ring, then all."""
    step, seen = 1, int(math.log2(table.shape[2]))
    while table.shape[1] % 2 == 0 and seen + step <= network.sites:
        table = joined(table[:, 0::2], table[:, 1::2], step, network.pool)
        step, seen = 2 * step, seen + step
    numbers = torch.from_numpy(patterns(network.sites, seen, step))
    values = table[:, 0][:, numbers[0]]
    for position in range(1, len(numbers)):
        values = network.pool(values, table[:, position][:, numbers[position]])
    return values


def patterns(sites: int, seen: int, step: int) -> np.ndarray:
    """What windows of `seen` sites, one every `step` sites of the ring, show at all inputs, as numbers (N / step, 2^N).

    >>> patterns(2, 1, 1).tolist()
    [[0, 0, 1, 1], [0, 1, 0, 1]]
    """
    bits = np.indices((2,) * sites).reshape(sites, -1)
    weights = 2 ** np.arange(seen)[::-1]
    return np.stack([weights @ bits[(start + np.arange(seen)) % sites] for start in range(0, sites, step)])


def residuals(columns: Tensor, targets: Tensor) -> Tensor:
    """Share of the target's square that no linear combination of the columns explains, shape (replicas,).

    Args:
        columns: (replicas, inputs, D), float64; a column of zeros counts for nothing.
        targets: (replicas, inputs).
    """
    gram, overlap = columns.mT @ columns, columns.mT @ targets[..., None]
    norms = gram.diagonal(dim1=1, dim2=2).clamp_min(1e-60).sqrt()[..., None]
    gram, overlap = gram / norms / norms.mT, overlap / norms
    gram = gram + RIDGE * torch.eye(columns.shape[-1], dtype=columns.dtype)
    explained: Tensor = (overlap * torch.linalg.solve(gram, overlap)).sum((1, 2))
    return 1 - explained / targets.square().sum(1)
