"""A pooling tree as a file, version 1: JSON that a program or a person writes; docs/tree-format.md describes every key.

A document holds the `sites` and either the tree itself, its `root`, or the short form of a balanced one, its `order`
and `windows`. A node is the list of its children, each a node or a site's number. Networks and engines take balanced
trees: every site below equally many nodes, and the nodes of one level with equally many children, two or more.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from convac.arrays import SITES, as_integer, grid_shape, integers, short
from convac.errors import ArgumentError, ConvacError, FileError
from convac.files import path_of, read_json, write_json

FORMAT = "convac-tree"
VERSION = 1
SUFFIX = ".json"  # what tells a file from a geometry's name
HEAD = ("format", "version", "sites")
SHORT, LONG = ("order", "windows"), ("root",)
BALANCED = "a balanced tree: all sites equally deep, the nodes of a level with equally many children, two or more"


class TreeContent(NamedTuple):
    """What a tree file says of a balanced tree: the arguments of `PoolingTree`."""

    sites: tuple[int, ...]
    order: tuple[int, ...]
    windows: tuple[int, ...]


def read_content(path: str | Path) -> TreeContent:
    """What stands in a tree file; that the order and the windows fit one another is left to `PoolingTree`.

    Raises:
        FileError: the file is missing, damaged or malformed, or holds a tree that isn't balanced.
    """
    document = read_json(path_of(path))
    try:
        return content_from(document)
    except ConvacError as error:
        raise FileError(f"{path}: {error}") from error


def write_content(path: str | Path, content: TreeContent) -> None:
    """Write the short form of a tree; raises FileError where the file can't be written."""
    parts = {key: list(values) for key, values in content._asdict().items()}
    write_json(path_of(path), {"format": FORMAT, "version": VERSION, **parts})


def content_from(document: Any) -> TreeContent:
    """The tree that a parsed document describes.

    Raises:
        ConvacError: one line that names the key at fault and what is accepted.

    >>> content_from({"format": "convac-tree", "version": 1, "sites": [4], "root": [[0, 3], [1, 2]]})
    TreeContent(sites=(4,), order=(0, 3, 1, 2), windows=(2, 2))
    """
    if not isinstance(document, Mapping):
        raise FileError(f"document: is no object; accepted: one with {', '.join(HEAD + SHORT)}")
    for key, wanted in (("format", FORMAT), ("version", VERSION)):
        if type(document.get(key)) is not type(wanted) or document[key] != wanted:  # 1.0 and true equal 1
            raise FileError(f"{key}: got {short(document.get(key))}; accepted: {wanted}")
    keys = HEAD + (LONG if "root" in document else SHORT)
    for key in keys:
        if key not in document:
            raise FileError(f"{key}: is missing; accepted: {', '.join(HEAD)} and order, windows or root")
    for key in document:
        if key not in keys:
            raise FileError(f"{key}: unknown key; accepted: {', '.join(keys)}")
    sites = grid_shape(document["sites"])
    if "root" in document:
        return TreeContent(sites, *flattened(document["root"]))
    return TreeContent(sites, integers(document["order"], "order"), integers(document["windows"], "windows"))


def flattened(root: Any) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Order and windows of a balanced tree, from nested lists of children; windows from the sites up.

    Raises:
        ArgumentError: something is neither a node nor a site's number, or the tree isn't balanced.
    """
    if not isinstance(root, list):
        raise ArgumentError(f"root: got {short(root)}; accepted: the list of the root's children")
    windows: list[int] = []
    nodes: list[Any] = [root]
    while isinstance(nodes[0], list):
        for node in nodes:
            if not isinstance(node, list):
                raise ArgumentError(
                    f"root: {named(node)} is {len(windows)} nodes deep, others are deeper; {accepted()}"
                )
        counts = sorted({len(node) for node in nodes})
        if len(counts) > 1:
            raise ArgumentError(
                f"root: nodes {len(windows)} below it have {counts[0]} and {counts[-1]} children; {accepted()}"
            )
        if counts[0] < 2:
            children = "one child" if counts[0] else "no child"
            raise ArgumentError(f"root: nodes {len(windows)} below it have {children}; {accepted()}")
        windows.append(counts[0])
        nodes = [child for node in nodes for child in node]
        if len(nodes) > SITES:
            raise ArgumentError(f"root: holds more than {SITES} nodes a level; accepted: at most {SITES} sites")
    for node in nodes:
        if as_integer(node) is None:
            what = "is deeper than other sites" if isinstance(node, list) else "is no site's number"
            raise ArgumentError(f"root: {named(node)} {what}; {accepted()}")
    return tuple(nodes), tuple(reversed(windows))


def accepted() -> str:
    """What an error line ends in."""
    return f"accepted: {BALANCED}"


def named(node: Any) -> str:
    """A child for an error line."""
    return f"site {node}" if as_integer(node) is not None else short(node)


def is_file(geometry: object) -> bool:
    """Whether a geometry is told by a tree file's path.

    >>> is_file("trees/mine.json"), is_file("mirror")
    (True, False)
    """
    return isinstance(geometry, Path) or (isinstance(geometry, str) and geometry.endswith(SUFFIX))
