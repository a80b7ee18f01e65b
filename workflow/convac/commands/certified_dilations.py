"""The trees of dilated_mixing, whose index sets are drawn again as their jobs drew them."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from convac.entanglement.certificates import TiedTree
from convac.entanglement.generic_rank import TreeShape
from convac.entanglement.mixed_rank import Family, Hybrid, Node
from convac.errors import FileError
from convac.experiments.discovery import imported, study_module
from convac.geometry.trees import PoolingTree
from convac.planning.place import first_here
from convac.specs.job import JobSpec
from convac.specs.run import folder

CONFIG, STUDY = "config.yaml", "dilated_mixing"


def jobs() -> dict[str, JobSpec]:
    """Those of the config, at all scales, by what tables call them."""
    # reading a config needs yaml, which the library alone lacks: certificates of other experiments do without
    from convac.planning.config import blocks
    from convac.planning.config_files import read_config

    chosen = [block for study, block in blocks(read_config(first_here(CONFIG))).values() if study == STUDY]
    specs = [cell.spec for block in chosen for cell in study_module(STUDY).cells(block)]
    return {folder(spec): spec for spec in specs if isinstance(spec, JobSpec)}


def tree_of_row(row: Mapping[str, Any], known: Mapping[str, JobSpec]) -> tuple[np.ndarray, TreeShape | TiedTree]:
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
    number, told = int(row["case"].split()[-1]), (row["smaller_side"], row["rank_bound"])
    drawn_again = imported(STUDY, "compute").drawn_again
    found = drawn_again(job, number, row["sharing"] == "shared", row["structure"], told)
    if found is None:
        raise FileError(f"{row['case']}: drawn again it has another bound; accepted: tables of this version")
    mask, own, structure = found
    return mask, tree_of(own, structure)


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
