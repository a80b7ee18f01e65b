"""Geometries of networks in specs: a named one, or the tree of a file of the user's."""

from pathlib import Path
from typing import Annotated

from pydantic import Field

from convac.errors import ArgumentError
from convac.geometry import tree_files
from convac.geometry.trees import GEOMETRIES, PoolingTree
from convac.specs.spec import Natural, Positive, Spec

OWN = "own"  # what the geometry of a tree file is called where its file isn't known
TREE_FILE = r"\.json$"
TreeFile = Annotated[str, Field(pattern=TREE_FILE, description="path of a tree file")]


class TreeSpec(Spec):
    """A geometry that the user made: what its tree file says, which counts wherever the file is."""

    sites: tuple[Positive, ...]
    # a spec travels as one argument of a command, which holds 2^17 bytes
    order: tuple[Natural, ...] = Field(max_length=2**14)
    windows: tuple[Positive, ...]


def tree_read(geometry: str) -> str | TreeSpec:
    """The name of a geometry as it is, the path of a tree file as the tree; raises FileError where it can't be read."""
    if not tree_files.is_file(geometry):
        return geometry
    tree = PoolingTree.read(geometry)
    return TreeSpec(sites=tree.shape, order=tree.order, windows=tree.windows)


def geometry_label(geometry: str) -> str:
    """What tables and figures call a geometry of the config: its name, or that of its tree file.

    Raises:
        ArgumentError: a tree file that is called as a named geometry is.

    >>> geometry_label("mirror"), geometry_label("trees/advised.json")
    ('mirror', 'advised')
    """
    if not tree_files.is_file(geometry):
        return geometry
    label = Path(geometry).stem
    if label in GEOMETRIES:
        raise ArgumentError(f"geometry: {geometry}: is called as a named geometry; accepted: a name of its own")
    return label
