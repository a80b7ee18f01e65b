"""Channels for a tree: where sites meet that depend on one another, within a budget of parameters."""

import math
from collections.abc import Callable, Sequence

from convac.errors import ArgumentError
from convac.geometry.trees import PoolingTree
from convac.specs.network import NetworkSpec
from convac.specs.networks.arithmetic import ArithmeticSpec

HALVINGS = 60
LEAST = 2  # channels: one alone is a product of sites, which relates nothing


def advised_widths(
    tree: PoolingTree, densities: Sequence[float], budget: int, local_dimension: int, classes: int
) -> tuple[tuple[int, ...], int]:
    """Channels after each level, and the parameters of a ConvAC that has them, weights shared over positions.

    Channels are in proportion to the density of the level that multiplies them (`convac.advice.search`), from 2 up to
    M^n for a position over n sites: more channels than functions of these sites widen no min-cut.

    Args:
        tree: L levels.
        densities: L positive numbers.
        budget: parameters at most.
        local_dimension: M.
        classes: of the output.

    Raises:
        ArgumentError: the budget doesn't reach for 2 channels a level.
    """
    count = network(tree, local_dimension, classes).counter()
    caps = capacities(tree, local_dimension)

    def at(scale: float) -> tuple[int, ...]:
        return tuple(
            max(min(LEAST, cap), min(cap, round(scale * part))) for part, cap in zip(densities, caps, strict=True)
        )

    if count(at(0)) > budget:
        raise ArgumentError(f"budget: {budget}; accepted: at least {count(at(0))} parameters, {LEAST} channels a level")
    low, high = 0.0, float(budget) / max(densities)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if count(at(middle)) <= budget else (low, middle)
    widths = filled(at(low), at(high), densities, budget, count)
    return widths, count(widths)


def filled(
    widths: tuple[int, ...], above: Sequence[int], densities: Sequence[float], budget: int, count: Callable[..., int]
) -> tuple[int, ...]:
    """Widths with single channels more, where they fall short most: towards those just above the budget, no further."""
    while True:
        options = [(*widths[:level], width + 1, *widths[level + 1 :]) for level, width in enumerate(widths)]
        fitting = [
            (densities[level] / widths[level], option)
            for level, option in enumerate(options)
            if option[level] <= above[level] and count(option) <= budget
        ]
        if not fitting:
            return widths
        widths = max(fitting)[1]


def capacities(tree: PoolingTree, local_dimension: int) -> list[int]:
    """Per level, functions of the sites below one of the positions that it multiplies: M^n, at most a million."""
    below, found = 1, []
    for window in tree.windows:
        symmetric = math.comb(local_dimension + window - 1, window) if below == 1 else 10**6
        found.append(min(10**6, max(local_dimension**below, symmetric) if below < 64 else 10**6))
        below *= window
    return found


def network(tree: PoolingTree, local_dimension: int, classes: int) -> NetworkSpec:
    """The spec of a ConvAC over a tree, whose parameters are counted; its sites as a line, since places don't count."""
    return ArithmeticSpec(
        geometry="line",
        sites=(tree.sites,),
        windows=tree.windows,
        widths=(1,) * tree.levels,
        local_dimension=local_dimension,
        classes=classes,
    )
