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
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from convac.errors import ArgumentError
from convac.seeds import stream

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


class Fit(NamedTuple):
    """The best of a network's restarts, by target.

    Attributes:
        errors: squared error over the target's square, shape (targets,).
        maps: of every layer, (targets, N, K, D, in).
    """

    errors: np.ndarray
    maps: list[Tensor]


def fitted(
    network: RingNetwork,
    targets: np.ndarray,
    seeds: Sequence[int],
    width: int,
    rates: Sequence[float],
    steps: int,
    shallower: Fit | None = None,
) -> Fit:
    """Networks of one width, fitted by Adam to each target on all inputs, the best of the restarts.

    Args:
        network: kind, ring and depth.
        targets: real functions, shape (targets, 2^N), not zero.
        seeds: of the first weights, one for each target.
        width: channels of every layer.
        rates: a restart each, from random weights; a rate falls linearly to zero.
        steps: of each restart.
        shallower: a fit with one layer less and no more channels. The last restart then begins with its function, at
            the first rate, so that the deeper network is never worse.

    Raises:
        ArgumentError: targets of another size, or a seed too many or too few.
    """
    if targets.ndim != 2 or targets.shape[1] != 2**network.sites:
        raise ArgumentError(f"targets: shape {targets.shape}; accepted: (targets, {2**network.sites})")
    if len(seeds) != len(targets):
        raise ArgumentError(f"seeds: got {len(seeds)}; accepted: one for each of {len(targets)} targets")
    begun = [starts(network, width, seeds, restart) for restart in range(len(rates))]
    speeds = list(rates)
    if shallower is not None:
        begun[-1], speeds[-1] = embedded(network, shallower.maps, begun[-1]), rates[0]
    first = [torch.cat(layers) for layers in zip(*begun, strict=True)]
    scale = torch.tensor(speeds).repeat_interleave(len(targets))[:, None, None, None, None]
    wanted = torch.from_numpy(targets).double().repeat(len(begun), 1)
    found = descended(network, first, scale, wanted, steps)
    errors = found.errors.reshape(len(begun), len(targets))
    places = torch.from_numpy(errors.argmin(0) * len(targets) + np.arange(len(targets)))
    return Fit(errors.min(0), [maps[places] for maps in found.maps])


def descended(network: RingNetwork, first: Sequence[Tensor], scale: Tensor, wanted: Tensor, steps: int) -> Fit:
    """Every replica's lowest error on its way down, and the maps there.

    Args:
        network: kind, ring and depth.
        first: maps to begin with, (replicas, N, K, D, in) for every layer.
        scale: rates, broadcast against maps.
        wanted: targets, (replicas, 2^N).
        steps: of Adam.
    """
    scales = [scale * gentleness(network, level) for level in range(network.layers)]
    moves = [torch.zeros_like(maps, requires_grad=True) for maps in first]
    optimizer = torch.optim.Adam(moves, lr=1.0, betas=BETAS)
    lowest, best = torch.full((len(wanted),), math.inf, dtype=torch.float64), [maps.clone() for maps in first]
    for step in range(steps):
        optimizer.param_groups[0]["lr"] = min(1.0, (step + 1) / WARM_UP) * (1 - step / steps)
        optimizer.zero_grad()
        maps = [begun + each * move for begun, each, move in zip(first, scales, moves, strict=True)]
        errors = residuals(features(network, maps).double(), wanted)
        torch.autograd.backward(errors.sum())
        optimizer.step()
        lower = errors.detach() < lowest
        lowest = torch.where(lower, errors.detach(), lowest)
        for kept, made in zip(best, maps, strict=True):
            kept[lower] = made.detach()[lower]
    return Fit(lowest.numpy(), best)


def embedded(network: RingNetwork, shallower: Sequence[Tensor], first: Sequence[Tensor]) -> list[Tensor]:
    """Maps whose columns include those of a network with one layer less: a first layer that hands the sites on.

    Args:
        network: the deeper one.
        shallower: the other one's maps, of no more channels.
        first: the deeper one's random maps, kept where the shallower one has none.
    """
    made = [maps.clone() for maps in first]
    made[0][:, :, :, :2] = 1.0 if network.kind == "product" else 0.0
    made[0][:, :, 0, :2] = torch.eye(2)
    bias = network.kind == "rectifier"
    for level, (maps, old) in enumerate(zip(made[1:], shallower, strict=True)):
        channels = old.shape[3]
        maps[:, :, :, :channels] = 0.0
        read = 2 if level == 0 else channels  # the first layer has no bias
        maps[:, :, :, :channels, :read] = old[..., :read]
        if bias and level > 0:
            maps[:, :, :, :channels, -1] = old[..., -1]
    return made


def gentleness(network: RingNetwork, level: int) -> float:
    """Scale of a layer's first noise and steps: in a product a weight counts K^(layers above) times."""
    return float(network.kernel ** (level + 1 - network.layers)) if network.kind == "product" else 1.0


def starts(network: RingNetwork, width: int, seeds: Sequence[int], restart: int) -> list[Tensor]:
    """Random maps of every layer, (seeds, N, K, D, in): near ones that pass channels on, or He's (1502.01852)."""
    generators = [stream("ring start", seed, restart) for seed in seeds]
    layers = []
    for level in range(network.layers):
        into = 2 if level == 0 else width + (network.kind == "rectifier")
        size = (network.sites, network.kernel, width, into)
        noise = torch.from_numpy(np.stack([each.normal(size=size) for each in generators])).float()
        if level > 0:
            noise = noise / math.sqrt(width)
        if network.kind == "product":
            passing = torch.ones(width, into) if level == 0 else torch.eye(width)
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
    values = placed(table[:, 0], 0, seen, network.sites)
    for position in range(1, table.shape[1]):
        values = network.pool(values, placed(table[:, position], position * step, seen, network.sites))
    return values.flatten(2).mT


def placed(table: Tensor, start: int, seen: int, sites: int) -> Tensor:
    """A table (replicas, 2^seen, D) over the sites from `start` on, round the ring, as one over all of them.

    Shape (replicas, D, 1 or 2, …, 1 or 2), an axis for every site of the ring in its order, so that tables of different
    places broadcast against each other.
    """
    inside = [(start + step) % sites for step in range(seen)]
    axes = torch.unflatten(table, 1, (2,) * seen)
    ordered = axes.permute(0, seen + 1, *(1 + inside.index(site) for site in sorted(inside)))
    sides = [2 if site in inside else 1 for site in range(sites)]
    placed_at: Tensor = ordered.reshape(len(table), table.shape[-1], *sides)
    return placed_at


def residuals(columns: Tensor, targets: Tensor) -> Tensor:
    """Fraction of the target's square that no linear combination of the columns explains, shape (replicas,).

    Args:
        columns: (replicas, inputs, D), float64; a column of zeros counts for nothing.
        targets: (replicas, inputs).
    """
    with torch.no_grad():
        gram, overlap = columns.mT @ columns, columns.mT @ targets[..., None]
        norms = gram.diagonal(dim1=1, dim2=2).clamp_min(1e-60).sqrt()[..., None]
        gram, overlap = gram / norms / norms.mT, overlap / norms
        gram = gram + RIDGE * torch.eye(columns.shape[-1], dtype=columns.dtype)
        weights = torch.linalg.solve(gram, overlap) / norms
        penalty = RIDGE * (norms * weights)[..., 0].square().sum(1)
    # at the best weights the error has no slope in them; the ridge's own slope, a millionth, is left out
    left = targets - (columns @ weights)[..., 0]
    share: Tensor = (left.square().sum(1) + penalty) / targets.square().sum(1)
    return share
