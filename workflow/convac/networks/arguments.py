"""Checks of what networks are made of: seeds, widths, replicas, words, and grids that pool 2×2 neighbours."""

from collections.abc import Sequence

from convac import arrays
from convac.errors import ArgumentError
from convac.geometry.trees import PoolingTree
from convac.specs.network import NetworkSpec


def accept(name: str, value: object, accepted: Sequence[str]) -> str:
    """`value` when it is one of the accepted words, the first of them for None; raises ArgumentError otherwise."""
    if value is None:
        return accepted[0]
    if not isinstance(value, str) or value not in accepted:
        raise ArgumentError(f"{name}: {arrays.short(value)} is unknown; accepted: {', '.join(accepted)}")
    return str(value)


def checked_seeds(seed: object) -> tuple[int, ...]:
    """The seeds of all replicas from one integer or several; raises ArgumentError where there is none."""
    single = arrays.as_integer(seed)
    seeds = arrays.integers(seed, "seeds") if single is None else (single,)
    if not seeds:
        raise ArgumentError("seeds: none given; accepted: at least one")
    return seeds


def checked_widths(tree: PoolingTree, widths: Sequence[int]) -> tuple[int, ...]:
    """Channels after each level; raises ArgumentError unless a tree has one positive width per level."""
    if not isinstance(tree, PoolingTree):
        raise ArgumentError(f"tree: {arrays.short(tree)}; accepted: a PoolingTree")
    found = arrays.integers(widths, "widths", least=1, most=arrays.WIDEST)
    if len(found) != tree.levels:
        raise ArgumentError(f"widths: {arrays.short(found)}; accepted: {tree.levels} positive integers")
    return found


def checked_pyramid(sites: Sequence[int], widths: Sequence[int]) -> tuple[tuple[int, ...], tuple[int, ...], int]:
    """Sites along each axis, channels after each level, and the side 2^levels of what a position at the top sees.

    Raises:
        ArgumentError: there is no level, a width isn't positive, or the sites aren't a grid of such blocks.
    """
    channels = arrays.integers(widths, "widths", least=1, most=arrays.WIDEST)
    if not channels:
        raise ArgumentError("widths: []; accepted: one positive integer per level")
    block = int(2 ** len(channels))
    sides = arrays.integers(sites, "sites")
    if len(sides) != 2 or min(sides) < 1 or any(side % block for side in sides):
        raise ArgumentError(f"sites: {arrays.short(list(sides))}; accepted: two multiples of 2^levels, {block}")
    return sides, channels, block


def accept_pyramid(spec: NetworkSpec, local_dimension: int) -> None:
    """Raise ArgumentError unless the spec's tree pools 2×2 neighbours at every level, and its M is the given one."""
    if spec.geometry != "square" or set(spec.tree.windows) != {4}:
        given = f"{spec.geometry_name} with windows {list(spec.tree.windows)}"
        raise ArgumentError(f"geometry: {given}; accepted for {spec.kind}: square with windows of 4")
    if spec.local_dimension != local_dimension:
        raise ArgumentError(f"local_dimension: {spec.local_dimension}; accepted: {local_dimension}")


def checked_replica(replica: int, seeds: Sequence[int]) -> int:
    """The number of a replica; raises ArgumentError unless there is such a one."""
    return arrays.integer(replica, "replica", 0, len(seeds) - 1)
