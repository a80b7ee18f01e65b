"""The trees of dilated_mixing, whose index sets are drawn again as their jobs drew them."""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

import numpy as np

from convac.entanglement.certificates import TiedTree
from convac.entanglement.generic_rank import TreeShape
from convac.entanglement.mixed_rank import Family, Hybrid, Node, tiling
from convac.errors import FileError
from convac.experiments.dilated_mixing import compute
from convac.experiments.dilated_mixing.block import Block, cells
from convac.experiments.dilated_mixing.jobs import Example, Ranks, Separations
from convac.geometry.trees import PoolingTree
from convac.planning.config import blocks
from convac.planning.config_files import read_config
from convac.planning.place import first_here
from convac.specs.run import folder

CONFIG = "config.yaml"
DRAWS = 20  # of a case, at most: jobs draw again where a rank turns out too large to list


def jobs() -> dict[str, Ranks | Separations | Example]:
    """Those of the config, at all scales, by what tables call them."""
    chosen = [block for _, block in blocks(read_config(first_here(CONFIG))).values() if isinstance(block, Block)]
    specs = [cell.spec for block in chosen for cell in cells(block)]
    return {folder(spec): spec for spec in specs if isinstance(spec, Ranks | Separations | Example)}


def tree_of_row(
    row: Mapping[str, Any], known: Mapping[str, Ranks | Separations | Example]
) -> tuple[np.ndarray, TreeShape | TiedTree]:
    """The index set of a row and the tree of its structure.

    Args:
        row: cell, case, sharing, structure, steps on the smaller side, and the bound on its rank.
        known: jobs, by cell.

    Raises:
        FileError: the config has no such job, or draws another index set.
    """
    job = known.get(row["cell"])
    if job is None:
        raise FileError(f"{row['cell']}: not in {CONFIG}, whose index sets are drawn again; accepted: cells that are")
    family = compute.family_of(job, row["sharing"] == "shared")
    if isinstance(job, Example):
        draws = iter([compute.example(job.steps, job.group)])
    else:
        draws = islice(compute.sets(job, int(row["case"].split()[-1])), DRAWS)
    for mask, mixture in draws:
        own, structure = compute.trees(family, mixture, mask)[row["structure"]]
        smaller = min(mask.sum(), (~mask).sum())
        if (smaller, tiling(own, structure, mask).bounds(own.width)[1]) == (row["smaller_side"], row["rank_bound"]):
            return mask, tree_of(own, structure)
    raise FileError(f"{row['case']}: drawn again it has another bound; accepted: tables of this version")


def tree_of(family: Family, structure: Hybrid) -> TreeShape | TiedTree:
    """A hybrid tree over its steps in the order of its leaves; shared maps are numbered level by level as they come."""
    levels = family.levels
    owners: list[list[tuple[str, int]]] = [[] for _ in range(levels)]  # of every map: the tree and which child

    def leaves(level: int, number: int, tree: str) -> Iterator[int]:
        if level == 0:
            yield number
            return
        own = structure.segments.get(Node(level, number), tree)
        for side, child in enumerate(family.children(own, level, number)):
            owners[level - 1].append((own, side))
            yield from leaves(level - 1, child, own)

    order = tuple(leaves(levels, 0, structure.root))
    tree = PoolingTree((family.steps,), order, (2,) * levels)
    shape = TreeShape(tree, family.local_dimension, (family.width,) * (levels - 1) + (1,), (False,) * levels)
    if not family.shared:
        return shape
    numbers = [{owner: number for number, owner in enumerate(dict.fromkeys(each))} for each in owners]
    maps = [tuple(known[owner] for owner in each) for known, each in zip(numbers, owners, strict=True)]
    return TiedTree(shape, tuple(maps))
