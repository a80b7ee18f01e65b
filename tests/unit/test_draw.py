"""Pictures of trees: what is filled, coloured, folded and said, at any size; and what they refuse."""

import math

import numpy as np
import pytest
from matplotlib.collections import LineCollection
from matplotlib.colors import to_hex
from tree_networks import random_network

from convac import PoolingTree, draw, min_cut, profile, random_circuit
from convac.circuits.tree_tensors import TreeTensorNetwork
from convac.errors import ArgumentError
from convac.plotting.checks import problems
from convac.plotting.draw import INSIDE, LEAVES, layout, line_width
from convac.plotting.style import VERMILLION, house


def circuit(geometry, side, windows=None, width=3):
    tree = PoolingTree.named(geometry, (side, side), windows)
    return random_circuit(tree, 2, (width,) * tree.levels, np.random.default_rng(0), shared=True)


def tree_of(made):
    """The axes with the tree."""
    return next(axes for axes in made.axes if "Tree" in axes.get_title(loc="left"))


def marked(axes, marker):
    return [line for line in axes.lines if line.get_marker() == marker]


@pytest.mark.parametrize("partition", ["left-right", "checkerboard", "centre", [0, 5]])
def test_sites_of_i_are_filled_and_cut_bonds_coloured(partition):
    source = circuit("mirror", 4)
    cut = min_cut(source, partition)
    axes = tree_of(draw(source, partition))
    squares = marked(axes, "s")
    inside = [line for line in squares if to_hex(line.get_markerfacecolor()) == INSIDE]
    assert len(squares) == 16
    numbers = [int(text.get_text()) for text in axes.texts]
    drawn = {number for number, line in zip(numbers, squares, strict=True) if line in inside}
    sites = {"left-right": 8, "checkerboard": 8, "centre": 4}
    assert len(inside) == (2 if isinstance(partition, list) else sites[partition])
    if isinstance(partition, list):
        assert drawn == {0, 5}
    nodes = [
        line for line in (*squares, *marked(axes, "o")) if to_hex(line.get_markeredgecolor()) == VERMILLION.lower()
    ]
    assert len(nodes) == len(cut.bonds)
    assert cut.product in axes.get_title(loc="left")


def test_bonds_are_as_wide_as_the_logarithm_of_their_dimension():
    axes = tree_of(draw(circuit("square", 4, width=8)))
    (lines,) = [artist for artist in axes.collections if isinstance(artist, LineCollection)]
    assert sorted(set(lines.get_linewidths())) == pytest.approx([line_width(2), line_width(8)])
    assert line_width(8) == pytest.approx(3 * line_width(2))
    assert line_width(1) > 0


@pytest.mark.parametrize(("side", "height"), [(2, 0), (8, 0), (16, 1), (64, 3)])
def test_large_trees_are_folded(side, height):
    network = TreeTensorNetwork.of(circuit("square", side, width=1))
    found = layout(network)
    assert len(found.leaves) == min(side**2, LEAVES)
    assert {network.heights[node] for node in found.leaves} == {height}
    assert sorted(site for node in found.leaves for site in found.below[node]) == list(range(side**2))
    left = [found.place[node][0] for node in found.leaves]
    assert left == sorted(left)


@pytest.mark.parametrize("seed", range(6))
def test_any_tree_is_drawn_whole(seed):
    network, mask = random_network(seed)
    found = layout(network)
    assert set(found.place) == set(range(len(network.parents)))
    axes = tree_of(draw(network, mask))
    assert len(marked(axes, "s")) == network.sites
    assert len(marked(axes, "o")) == len(network.widths)
    # a parent stands above its children, between the first and the last
    for node, children in enumerate(network.children):
        if children:
            across = [found.place[child][0] for child in children]
            assert min(across) <= found.place[node][0] <= max(across)
            assert found.place[node][1] > max(found.place[child][1] for child in children)


def test_a_node_of_many_sites_is_one_wedge():
    rows = np.ones((2, 2))
    star = TreeTensorNetwork((100,), (*[100] * 100, -1), (*[rows] * 100, rows))
    assert list(layout(star).leaves) == [star.root]
    picture = draw(star, range(3))
    assert [len(axes.get_title(loc="left")) > 0 for axes in picture.axes if axes is tree_of(picture)] == [True]


@pytest.mark.parametrize(("inside", "hidden"), [([0], 1), ([0, 255], 2), (range(64), 0)])
def test_wedges_that_hide_the_cut_are_coloured(inside, hidden):
    network = circuit("square", 16, width=4)
    sites = sorted(np.ravel(network.tree.order)[list(inside)].tolist())
    axes = tree_of(draw(network, sites))
    outlines = [patch for patch in axes.patches if not patch.get_fill()]
    assert len(outlines) == LEAVES
    coloured = [patch for patch in outlines if to_hex(patch.get_edgecolor()).upper() == VERMILLION.upper()]
    assert len(coloured) == hidden


def test_a_pooling_tree_has_no_dimensions_and_no_cut():
    axes = tree_of(draw(PoolingTree.named("random", (4, 4)), "left-right"))
    assert axes.get_title(loc="left") == "(b) Tree"
    assert axes.get_legend() is None
    assert len(marked(axes, "s")) == 16


@pytest.mark.parametrize(
    "source",
    [circuit("mirror", 8), circuit("square", 64, width=2), random_network(4)[0], PoolingTree.named("line", (12,))],
    ids=["mirror", "folded", "tree", "geometry"],
)
def test_pictures_keep_the_rules_of_the_house(source):
    with house():
        assert problems(draw(source, [0, 1])) == []


def test_a_profile_is_a_figure_too():
    found = profile(circuit("square", 4), orders=[1, 2, math.inf])
    made = draw(found)
    with house():
        assert problems(made) == []
    titles = [axes.get_title(loc="left") for axes in made.axes if axes.get_title(loc="left")]
    assert titles == ["(a) Prefix blocks", "(b) Bonds", "(c) Mutual information"]
    values = made.axes[0].lines[1].get_ydata()
    assert values == pytest.approx([row.value for row in found.rows if row.part == "prefix" and row.order == 1])
    assert len(draw(profile(circuit("square", 4), parts="prefixes")).axes) == 1


def test_what_cannot_be_drawn_is_named():
    with pytest.raises(ArgumentError, match="network: got int; accepted: a Circuit"):
        draw(3)
    with pytest.raises(ArgumentError, match="partition: "):
        draw(circuit("square", 4), "diagonal")
    with pytest.raises(ArgumentError, match="output: got 7"):
        draw(circuit("square", 4), output=7)
