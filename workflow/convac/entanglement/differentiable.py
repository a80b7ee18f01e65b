"""Rényi-2 entropy in torch: differentiable, for a batch of networks at once.

The algorithm of `convac.entanglement.renyi2`: four copies of the tree with swaps on I. The entropy doesn't depend on
the scales that are split off on the way, so that they may be constants of the graph: gradients flow through the numbers
alone. What rounding did to values is bounded by `convac.entanglement.renyi2` on the weights alone.

Source: 1001.2335 (the replica trick for Rényi-2), on the tree of 1509.05009.
"""

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from convac.arrays import number
from convac.circuits.tree import Circuit
from convac.entanglement import renyi2 as bounded
from convac.entanglement.limits import HANDLING, MEMORY, SECONDS, Limits
from convac.entanglement.precision import LARGEST_ERROR
from convac.entanglement.sub_partitions import Node, SubPartitions, fold, sub_partitions
from convac.errors import ArgumentError
from convac.geometry.partitions import Choice, Partition
from convac.geometry.trees import PoolingTree

ABOVE = 150.0  # by which a channel that is zero may exceed the others, in logarithms


class Replica(NamedTuple):
    """A node: overlaps (batch, r, r) on one side, replica tensor (batch, r, r, r, r) when mixed; log scales; side."""

    values: Tensor
    logs: Tensor
    side: bool | None


def renyi2(
    tree: PoolingTree,
    weights: Sequence[Tensor],
    output: Tensor,
    partition: Choice,
    memory_limit: float = MEMORY,
    time_limit: float = SECONDS,
    largest_error: float = LARGEST_ERROR,
) -> Tensor:
    """Rényi-2 entropy −ln Σ p² of one class of every network of a batch, in nats, shape (batch,).

    Args:
        tree: geometry and windows over N sites.
        weights: per level (batch, out, in) when shared over positions, else (batch, positions, out, in); computed in
            float64 whatever they are. Those of a ConvAC are `network.weight("level_1")`, …, its replicas the batch.
        output: coefficients of the last channels, (batch, channels), e.g. `network.weight("output")[:, 0]`.
        partition: a name, the sites of I, or a partition.
        memory_limit: bytes; the backward pass keeps some ten tensors of r⁴ numbers for each mixed node.
        time_limit: seconds of one core, the backward pass included.
        largest_error: of a value, in nats; `math.inf` for all that are finite.

    Returns:
        Float64, differentiable. NaN, with slopes that are NaN, for a network whose tensor is zero, or whose channels
        cancel so far that rounding may have moved the value further than `largest_error`: four copies raise
        cancellation to its fourth power.

    Raises:
        ArgumentError: shapes don't fit, or the partition isn't one.
        MemoryLimitError, TimeLimitError: the replica tensors would pass a limit; before allocating.

    >>> tree = PoolingTree.named("line", (4,))
    >>> copies = [torch.eye(2, dtype=torch.float64)[None]] * 2
    >>> value = renyi2(tree, copies, torch.ones(1, 2, dtype=torch.float64), "left-right")
    >>> round(value.exp().item(), 6)
    2.0
    """
    check(tree, weights, output)
    parts, whole = both(tree, weights, partition)
    needs = [needed(nodes, weights) for nodes in (parts, whole)]
    limits = Limits(memory_limit, time_limit)
    limits.check("differentiable.renyi2", sum(memory for memory, _ in needs), sum(steps for _, steps in needs))
    exact = [weight.double() for weight in weights]
    most = number(largest_error, "largest_error", above=0, infinite=True)
    known = certain(tree, exact, output.double(), Partition.of(tree.shape, partition).mask, most)
    norms, purities = (contraction(tree, nodes, exact, output.double()) for nodes in (whole, parts))
    found = 2 * norms - purities
    kept = found.isfinite() & ((found - known).abs() <= most)
    return found * torch.where(kept, 1.0, torch.nan)


@torch.no_grad()
def certain(tree: PoolingTree, weights: Sequence[Tensor], output: Tensor, mask: np.ndarray, most: float) -> Tensor:
    """The Rényi-2 entropy of every network that rounding may have moved by at most that, NaN for others, (batch,)."""
    arrays = [weight.detach().cpu().numpy() for weight in weights]
    found = torch.full((len(output),), torch.nan, dtype=torch.float64)
    for network, coefficients in enumerate(output.detach().cpu().numpy()):
        own = tuple(array[network] for array in arrays)
        try:
            circuit = Circuit(tree, own[0].shape[-1], own, coefficients[None])
            value, error = bounded.renyi2(circuit, mask, Limits(math.inf, math.inf))
        except ArgumentError:  # zero, or weights that aren't finite
            continue
        if error <= most and not math.isnan(value):
            found[network] = value
    return found.to(output.device)


def both(tree: PoolingTree, weights: Sequence[Tensor], partition: Choice) -> tuple[SubPartitions, SubPartitions]:
    """The nodes under the partition, and with every site on one side: there the root holds the squared norm."""
    mask = Partition.of(tree.shape, partition).mask
    located = [weight.ndim == 4 for weight in weights]
    return sub_partitions(tree, mask, located), sub_partitions(tree, np.ones_like(mask), located)


def needed(parts: SubPartitions, weights: Sequence[Tensor]) -> tuple[int, int]:
    """What a contraction takes, forward and backward.

    Returns:
        A bound on the bytes that it keeps for its backward pass and that one step needs, and the operations.
    """
    channels = (weights[0].shape[-1], *(weight.shape[-2] for weight in weights), 1)
    kept = largest = operations = 0
    for level, nodes in enumerate(parts.nodes):
        width, above = channels[level], channels[level + 1]
        for node in nodes:
            legs = 4 if node.side is None else 2
            # two factors for each multiplication by a child, the input of the map of each leg, the result twice
            steps = [width ** (legs - done) * above**done for done in range(legs + 1)]
            kept += 4 * len(set(node.children)) * steps[0] + sum(steps) + 2 * steps[-1] + 8 * width * above
            largest = max(largest, *steps)
            # twice as many backward as forward, and bounds: a product of matrices a leg, some of entries a child
            operations += 10 * above * sum(steps[:-1]) + 10 * len(set(node.children)) * steps[0]
    count = len(weights[0])
    return 8 * count * (kept + 4 * largest), count * operations + HANDLING * sum(map(len, parts.nodes))


def check(tree: PoolingTree, weights: Sequence[Tensor], output: Tensor) -> None:
    """Raise ArgumentError unless the weights are real, fit the tree and one another."""
    named = [("output", output), *((f"weights: level {level}", weight) for level, weight in enumerate(weights, 1))]
    for name, tensor in named:
        if not isinstance(tensor, Tensor) or not tensor.is_floating_point():
            kind = tensor.dtype if isinstance(tensor, Tensor) else type(tensor).__name__
            raise ArgumentError(f"{name}: is {kind}; accepted: a torch tensor of a real floating type")
    if output.ndim != 2:
        raise ArgumentError(f"output: has shape {list(output.shape)}; accepted: [batch, channels]")
    if len(weights) != tree.levels:
        raise ArgumentError(f"weights: {len(weights)} given; accepted: one per level, {tree.levels}")
    for level, (weight, positions) in enumerate(zip(weights, tree.positions, strict=False), start=1):
        shaped = weight.ndim == 3 or (weight.ndim == 4 and weight.shape[1] == positions)
        fits = shaped and (level == 1 or weight.shape[-1] == weights[level - 2].shape[-2])
        if not fits or len(weight) != len(output):
            raise ArgumentError(
                f"weights: level {level} has shape {list(weight.shape)}; "
                f"accepted: [{len(output)}, out, in] or [{len(output)}, {positions}, out, in]"
            )
    if output.shape[1] != weights[-1].shape[-2]:
        raise ArgumentError(f"output: has shape {list(output.shape)}; accepted: [batch, {weights[-1].shape[-2]}]")


def contraction(tree: PoolingTree, parts: SubPartitions, weights: Sequence[Tensor], output: Tensor) -> Tensor:
    """Logarithm of the root's contraction: Tr (A Aᵀ)², or the squared norm when all sites are on one side."""
    batch, sites = len(output), weights[0].shape[-1]
    identity = torch.eye(sites, dtype=output.dtype, device=output.device).expand(batch, sites, sites)

    def level_map(level: int, node: Node) -> Tensor:
        weight = weights[level]
        return weight[:, node.position] if weight.ndim == 4 else weight

    def combine(level: int, node: Node, children: Iterator[tuple[Replica, int]]) -> Replica:
        if level == 0:
            pooled = Replica(identity, torch.zeros_like(identity[:, 0]), node.side)
        else:
            pooled = product(children, node.side)
        return pooled if level == tree.levels else mapped(pooled, level_map(level, node))

    root = fold(parts, combine)
    rows, top = scaled_map(output[:, None], root)
    legs = root.values.ndim - 1
    return contracted(root.values, rows).reshape(batch).log() + legs * top[:, 0]


def scaled_map(weight: Tensor, node: Replica) -> tuple[Tensor, Tensor]:
    """The map (batch, out, in) of a node's scaled channels: rows scaled to 1, and the rows' log scales.

    Channels that are zero count for no scale: they could take all others below underflow. A row of zeros has the scale
    of the smallest other.
    """
    with torch.no_grad():
        sizes = weight.abs().log() + node.logs[:, None]
        alive = (diagonal(node.values) > 0)[:, None]
        top = torch.where(alive, sizes, -torch.inf).amax(-1)
        known = torch.isfinite(top)
        least = torch.where(known, top, torch.inf).amin(-1, keepdim=True)
        top = torch.where(known, top, torch.where(torch.isfinite(least), least, 0.0))[..., None]
        # four factors of what multiplies a zero stay in range
        excess = (sizes - top - ABOVE).clamp(min=0.0)
        shift = (node.logs[:, None] - top - excess).clamp(max=700.0).exp()
    return weight * shift, top[..., 0]


def diagonal(values: Tensor) -> Tensor:
    """The entries (batch, r) of values (batch, r, …, r) whose indices are equal."""
    step = sum(values.shape[1] ** leg for leg in range(values.ndim - 1))
    return values.flatten(1)[:, ::step]


def contracted(values: Tensor, weight: Tensor) -> Tensor:
    """Apply `weight`, (batch, out, in), to every leg of `values`, (batch, in, …, in)."""
    batch, out, channels = weight.shape
    legs = values.ndim - 1
    for _ in range(legs):
        # contracts the first leg and appends the new one: after as many turns the legs stand in their old order
        values = (weight @ values.reshape(batch, channels, -1)).transpose(1, 2)
    return values.reshape(batch, *(out,) * legs)


def mapped(node: Replica, weight: Tensor) -> Replica:
    """The node after a linear map of its channels, scaled to a diagonal of 1."""
    rows, logs = scaled_map(weight, node)
    values = contracted(node.values, rows)
    legs = values.ndim - 1
    with torch.no_grad():
        sizes = diagonal(values)
        scale = torch.where(sizes > 0, sizes, torch.ones_like(sizes)).log() / legs
    for leg in range(legs):
        shape = (len(values), *(1,) * leg, -1, *(1,) * (legs - 1 - leg))
        values = values * (-scale).exp().reshape(shape)
    return Replica(values, logs + scale, node.side)


def product(children: Iterator[tuple[Replica, int]], side: bool | None) -> Replica:
    """Product pooling: entries multiply; a child on one side enters a mixed node through two pairs of legs."""
    values, logs = torch.ones(()), torch.zeros(())
    for child, count in children:
        factor = child.values**count
        logs = logs + count * child.logs
        if side is not None or child.side is None:
            values = values * factor
        elif child.side:
            values = values * factor[:, :, :, None, None] * factor[:, None, None, :, :]
        else:
            values = values * factor[:, None, :, :, None] * factor[:, :, None, None, :]
    return Replica(values, logs, side)
