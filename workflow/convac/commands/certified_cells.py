"""The cells of the exact experiments whose rank is what a bound predicts, each with the family that it is about."""

from collections.abc import Callable, Iterator
from math import prod
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from convac.circuits.overlapping import OverlappingShape
from convac.circuits.recurrent import RecurrentShape
from convac.commands.certified_dilations import jobs, tree_of_row
from convac.entanglement.certificates import Family
from convac.entanglement.generic_rank import TreeShape
from convac.geometry.partitions import Partition
from convac.geometry.trees import PoolingTree


class Cell(NamedTuple):
    """A cell of a table.

    Attributes:
        name: of the cell, for a reader.
        family: the architecture.
        inside: sites of I; empty for recurrent circuits, whose start is meant.
        rank: what the table says.
    """

    name: str
    family: Family
    inside: tuple[int, ...]
    rank: int


def line(sites: int, windows: tuple[int, ...] | None = None) -> PoolingTree:
    """A tree over a line of sites."""
    return PoolingTree.named("line", (sites,), windows)


def numbers(text: str) -> tuple[int, ...]:
    """The numbers of a label, however they are separated.

    >>> numbers("2 3"), numbers("2-3"), numbers("3×4")
    ((2, 3), (2, 3), (3, 4))
    """
    return tuple(int(word) for word in text.replace("-", " ").replace("×", " ").split())


def wide(table: pd.DataFrame, index: list[str], quantities: list[str]) -> list[dict[str, Any]]:
    """A row for each cell, a column for each quantity; cells that lack the first quantity are left out.

    Raises:
        KeyError: the table lacks a column, which it names.
    """
    for name in (*index, "quantity", "seed", "value"):
        if name not in table:
            raise KeyError(name)
    rows = table[table["quantity"].isin(quantities) & (table["seed"] == 0)]
    found = rows.drop_duplicates([*index, "quantity"]).set_index([*index, "quantity"])["value"].unstack()
    whole = found.reindex(columns=quantities).dropna(subset=quantities[:1]).reset_index()
    return [{str(name): value for name, value in row.items()} for row in whole.to_dict("records")]


def min_cut(table: pd.DataFrame) -> Iterator[Cell]:
    """Random trees: rank and cut, symmetric where weights are shared."""
    quantities = ["rank", "min_cut", "symmetric_min_cut", "trivial_bound"]
    index = ["ensemble", "case", "windows", "local_dimension", "widths", "sites_inside"]
    trees = table[table["ensemble"].isin(["powers", "mixed", "shared"])]
    for row in wide(trees, index, quantities):
        shared = row["ensemble"] == "shared"
        if 1 < row["rank"] == (row["symmetric_min_cut"] if shared else row["min_cut"]) < row["trivial_bound"]:
            windows, widths = numbers(row["windows"]), numbers(row["widths"])
            family = TreeShape(
                line(prod(windows), windows), int(row["local_dimension"]), widths, (shared,) * len(widths)
            )
            yield Cell(f"{row['ensemble']} {row['case']}", family, numbers(row["sites_inside"]), int(row["rank"]))


def overlaps(table: pd.DataFrame) -> Iterator[Cell]:
    """Overlapping circuits: rank and prediction."""
    index = ["case", "sites", "kernel", "widths", "local_dimension", "boundary", "weights"]
    for own, rank, prediction in (
        ("block", "block_rank", "predicted_rank"),
        ("sites", "random_rank", "random_prediction"),
    ):
        for row in wide(table[table["kernel"].notna()], index, [rank, prediction, "trivial_bound"]):
            value = row[rank]
            if 1 < value == row[prediction] < row["trivial_bound"]:
                family = OverlappingShape(
                    numbers(row["sites"]),
                    int(row["kernel"]),
                    numbers(row["widths"]),
                    int(row["local_dimension"]),
                    row["boundary"] == "periodic",
                    row["weights"] == "shared",
                )
                chosen = row["case"].split(f" {own} ")[-1]
                inside = numbers(chosen) if own == "sites" else corner(family.sites, numbers(chosen))
                yield Cell(row["case"], family, inside, int(value))


def corner(sites: tuple[int, ...], sides: tuple[int, ...]) -> tuple[int, ...]:
    """The sites of a block at the origin.

    >>> corner((3, 4), (2, 2))
    (0, 1, 4, 5)
    """
    rows, width = (range(sides[0]), sites[1]) if len(sites) > 1 else (range(1), sites[0])
    return tuple(row * width + column for row in rows for column in range(sides[-1]))


def recurrent_memory(table: pd.DataFrame) -> Iterator[Cell]:
    """Recurrent circuits: rank and what counting bounds it by, at every depth."""
    index = ["depth", "local_dimension", "width", "steps"]
    for row in wide(table, index, ["start_end_rank", "trivial_bound"]):
        if 1 < row["start_end_rank"] < row["trivial_bound"]:
            family = RecurrentShape(
                int(row["steps"]), int(row["depth"]), int(row["width"]), int(row["local_dimension"])
            )
            name = f"L={family.depth} M={family.local_dimension} R={family.width} T={family.steps}"
            yield Cell(name, family, (), int(row["start_end_rank"]))


def depth_efficiency(table: pd.DataFrame) -> Iterator[Cell]:
    """Pairs trees and shallow networks, odd against even sites."""
    index = ["network", "sites", "local_dimension", "width"]
    for row in wide(table[table["method"].notna()], index, ["rank", "closed_form"]):
        sites, dimension, width = int(row["sites"]), int(row["local_dimension"]), int(row["width"])
        if 1 < row["rank"] == row["closed_form"] < dimension ** (sites // 2):
            tree = line(sites, (sites,) if row["network"] == "shallow" else None)
            shared = row["network"] == "deep, shared"
            family = TreeShape(tree, dimension, (width,) * tree.levels, (shared,) * tree.levels)
            inside = Partition.of((sites,), "interleaved").inside
            yield Cell(f"{row['network']} N={sites} M={dimension} r={width}", family, inside, int(row["rank"]))


def dilated_mixing(table: pd.DataFrame) -> Iterator[Cell]:
    """Trees of dilations and their hybrids: rank and Theorem 7's bound from above."""
    index = ["cell", "case", "sharing", "structure", "smaller_side", "width"]
    known = jobs()
    for row in wide(table[table["structure"].notna()], index, ["rank", "rank_bound"]):
        if 1 < row["rank"] == row["rank_bound"] < int(row["width"]) ** int(row["smaller_side"]):
            mask, family = tree_of_row(row, known)
            inside = tuple(np.flatnonzero(mask).tolist())
            yield Cell(f"{row['case']} {row['sharing']} {row['structure']}", family, inside, int(row["rank"]))


CELLS: dict[str, Callable[[pd.DataFrame], Iterator[Cell]]] = {
    "min_cut": min_cut,
    "overlaps": overlaps,
    "recurrent_memory": recurrent_memory,
    "depth_efficiency": depth_efficiency,
    "dilated_mixing": dilated_mixing,
}
