"""Trees as pictures: sites in their geometry, the tree in its order, bonds by width, cuts in colour, entropies as tint.

A tree with more nodes than can be told apart is folded: what lies below the lowest level that is drawn is one wedge,
filled by the fraction of its sites that are in I.
"""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.collections import LineCollection
from matplotlib.colors import Colormap, LinearSegmentedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Polygon, Rectangle

from convac.arrays import boolean
from convac.circuits.exchange import network_of, selected
from convac.circuits.tree_tensors import TreeTensorNetwork
from convac.entanglement.limits import MEMORY
from convac.entanglement.measures import entropy
from convac.entanglement.mincut import MinCut, min_cut, powers
from convac.entanglement.profile import Profile
from convac.entanglement.tree_bonds import network_bond_spectra
from convac.errors import ArgumentError, ConvacError
from convac.geometry.partitions import Choice, Partition
from convac.geometry.trees import PoolingTree
from convac.plotting.profile import profile_figure
from convac.plotting.style import BLACK, GREY, PAGE, VERMILLION, figure, house

LEAVES = 64  # sites or wedges side by side that can be told apart
NAMED = 32  # sites at the foot that have room for their numbers
NUMBERED = 16  # sides of a grid whose cells hold a number
SECONDS = 20.0  # for the tint: beyond, trees are drawn without
INSIDE, OUTSIDE = "#3a3a3a", "#ffffff"
LINE = "#b4b4b4"


@dataclass(frozen=True)
class Layout:
    """Where the nodes that are drawn stand.

    Attributes:
        place: of every node drawn its x (in units of leaves) and y (its height).
        leaves: the nodes at the foot, from left to right: sites, or inner nodes that stand for all below.
        below: of every node its sites.
    """

    place: Mapping[int, tuple[float, float]]
    leaves: tuple[int, ...]
    below: Mapping[int, tuple[int, ...]]


def draw(source: Any, partition: Choice | None = None, *, output: int = 0, entropies: bool = True) -> Figure:
    """A tree as a picture: the sites in their geometry beside the tree in its order, or a profile's curves.

    Sites of I are filled. A bond is as wide as log2 of its dimension; those that the smallest cut goes through are in
    colour, and a node's tint is the entropy of the bond above it.

    Args:
        source: a network with `.circuit()`, a circuit, a tree tensor network, a pooling tree (without dimensions:
            all bonds are alike and there is no cut), or a `Profile`.
        partition: a name, the sites of I, or a partition; by default none, and no cut is drawn.
        output: the class whose entropies are the tint.
        entropies: whether to tint; trees whose bonds take more than some 20 seconds aren't.

    Returns:
        A matplotlib figure, to save with `savefig` or to show in a notebook.

    Raises:
        ArgumentError: the source, the partition or the class isn't one.

    >>> from convac import PoolingTree, random_circuit
    >>> circuit = random_circuit(PoolingTree.named("mirror", (4, 4)), 2, (3, 2), np.random.default_rng(0))
    >>> picture = draw(circuit, "left-right")
    >>> len(picture.axes) >= 2
    True
    """
    if isinstance(source, Profile):
        if partition is not None:
            raise ArgumentError("partition: given with a profile; accepted: with a network or a tree")
        return profile_figure(source)
    tinted = boolean(entropies, "entropies")
    bare = isinstance(source, PoolingTree)
    network = outline(source) if isinstance(source, PoolingTree) else selected(network_of(source), output)
    chosen = None if partition is None else Partition.of(network.shape, partition)
    cut = None if bare or chosen is None else min_cut(network, chosen)
    tints = bond_entropies(network) if tinted and not bare else {}
    with house():
        return drawn(network, chosen, cut, tints, bare)


def outline(tree: PoolingTree) -> TreeTensorNetwork:
    """A pooling tree with one channel everywhere."""
    from convac.circuits.tree import random_circuit

    widths = (1,) * tree.levels
    return TreeTensorNetwork.of(random_circuit(tree, 1, widths, np.random.default_rng(0), shared=True, positive=True))


def bond_entropies(network: TreeTensorNetwork) -> dict[int, float]:
    """Entropy of every bond in nats; none where they take too long or rounding leaves nothing of them."""
    try:
        spectra = network_bond_spectra(network, math.inf, MEMORY, SECONDS)
    except ConvacError:
        return {}
    return {node: entropy(np.sqrt(values)) for node, values in enumerate(spectra) if node != network.root}


def layout(network: TreeTensorNetwork, most: int = LEAVES) -> Layout:
    """Places of the nodes of a tree, folded from the sites up until at most so many stand at the foot."""
    below: dict[int, tuple[int, ...]] = {}
    for node in network.order:
        below[node] = tuple(s for child in network.children[node] for s in below[child]) or (node,)
    heights = network.heights
    foot: list[int] = []
    for height in range(max(heights) + 1):
        foot = [node for node in depth_first(network) if heights[node] <= height and not covered(network, node, height)]
        if len(foot) <= most:
            break
    place: dict[int, tuple[float, float]] = {}
    for at, node in enumerate(foot):
        place[node] = (float(at), float(heights[node]))
    for node in network.order:
        known = [place[child] for child in network.children[node] if child in place]
        if node not in place and len(known) == len(network.children[node]) > 0:
            place[node] = ((known[0][0] + known[-1][0]) / 2, float(heights[node]))
    return Layout(place, tuple(foot), below)


def depth_first(network: TreeTensorNetwork) -> list[int]:
    """All nodes, from the first child to the last, parents before their children."""
    found, waiting = [], [network.root]
    while waiting:
        node = waiting.pop()
        found.append(node)
        waiting.extend(reversed(network.children[node]))
    return found


def covered(network: TreeTensorNetwork, node: int, height: int) -> bool:
    """Whether a node lies below another one of at most that height."""
    parent = network.parents[node]
    return parent >= 0 and network.heights[parent] <= height


def drawn(
    network: TreeTensorNetwork,
    chosen: Partition | None,
    cut: MinCut | None,
    tints: Mapping[int, float],
    bare: bool,
) -> Figure:
    """The picture: on a grid the sites in their geometry at the left, the tree at the right."""
    places = layout(network)
    grid = len(network.shape) == 2 and min(network.shape) > 1
    made = figure(PAGE, 3.3)
    panels = made.add_gridspec(1, 2, width_ratios=(1, 1.9)) if grid else made.add_gridspec(1, 1)
    mask = np.zeros(network.sites, dtype=bool) if chosen is None else chosen.mask
    if grid:
        sites_panel(made.add_subplot(panels[0]), network, places, mask)
    axes = made.add_subplot(panels[-1])
    ramp, scale = tint_scale(tints, places)
    tree_panel(axes, network, places, mask, cut, tints, ramp, scale, bare)
    if tints:
        bar = made.colorbar(ScalarMappable(scale, ramp), ax=axes, fraction=0.03, pad=0.01, aspect=30)
        bar.set_label("Entropy of the bond above a node (nats)")
        bar.outline.set_visible(False)
    axes.set_title(heading(network, cut, grid))
    return made


def heading(network: TreeTensorNetwork, cut: MinCut | None, grid: bool) -> str:
    """The tree's title, with the cut's value where it is short."""
    words = "(b) Tree" if grid else "Tree"
    if cut is None:
        return words
    product = powers(bond.dimension for bond in cut.bonds)
    exact = f"{product} = {cut.value}" if cut.value < 10**6 and not product.isdigit() else product
    return f"{words}, min-cut {exact} (ln {cut.log:.3g})"


def tint_scale(tints: Mapping[int, float], places: Layout) -> tuple[Colormap, Normalize]:
    """Pale to strong, from 0 to the largest entropy that is drawn."""
    ramp = LinearSegmentedColormap.from_list("entropy", ["#f4f1fa", "#b3a2d8", "#5b3f99"])
    top = max((value for node, value in tints.items() if node in places.place), default=0.0)
    return ramp, Normalize(0.0, max(top, 1e-9))


def sites_panel(axes: Axes, network: TreeTensorNetwork, places: Layout, mask: np.ndarray) -> None:
    """The grid of sites, those of I filled; lines part the groups that stand at the foot, numbers name them."""
    height, width = network.shape
    group = np.zeros(network.sites, dtype=int)
    parents = places.leaves if len(places.leaves) < network.sites else grouped(network, places)
    for number, node in enumerate(parents):
        group[list(places.below[node])] = number
    cells, groups = mask.reshape(height, width), group.reshape(height, width)
    axes.imshow(np.where(cells, 0.23, 1.0), cmap="gray", vmin=0, vmax=1, extent=(0, width, height, 0))
    thin = 0.5 if max(height, width) <= NUMBERED else 0.0
    axes.add_collection(LineCollection(all_lines(height, width), colors=LINE, linewidths=thin))
    axes.add_collection(LineCollection(borders(groups), colors=BLACK, linewidths=1.0 if thin else 0.6))
    axes.add_patch(Rectangle((0, 0), width, height, fill=False, edgecolor=BLACK, linewidth=1.0, clip_on=False))
    if max(height, width) <= NUMBERED:
        for (row, column), number in np.ndenumerate(groups):
            colour = OUTSIDE if cells[row, column] else GREY
            size = 7 if max(height, width) <= 8 else 5
            axes.text(column + 0.5, row + 0.5, str(number), color=colour, fontsize=size, ha="center", va="center")
    axes.set(xticks=[], yticks=[], xlim=(0, width), ylim=(height, 0))
    axes.spines[:].set_visible(False)
    axes.set_title("(a) Sites" + (", those of I filled" if mask.any() else ""))
    axes.set_xlabel("Numbers: nodes, left to right" if max(height, width) <= NUMBERED else "")


def grouped(network: TreeTensorNetwork, places: Layout) -> list[int]:
    """The parents of the sites, from left to right, where all sites are drawn."""
    found: dict[int, None] = {}
    for site in places.leaves:
        found[network.parents[site]] = None
    lowest = [node for node in found if all(child < network.sites for child in network.children[node])]
    return lowest if sum(len(places.below[node]) for node in lowest) == network.sites else list(places.leaves)


Lines = list[list[tuple[float, float]]]


def all_lines(height: int, width: int) -> Lines:
    """The lines of a grid."""
    rows: Lines = [[(0, row), (width, row)] for row in range(1, height)]
    return rows + [[(column, 0), (column, height)] for column in range(1, width)]


def borders(groups: np.ndarray) -> Lines:
    """The edges between cells of different groups."""
    down, across = np.argwhere(groups[1:] != groups[:-1]), np.argwhere(groups[:, 1:] != groups[:, :-1])
    lines: Lines = [[(column, row + 1), (column + 1, row + 1)] for row, column in down.tolist()]
    return lines + [[(column + 1, row), (column + 1, row + 1)] for row, column in across.tolist()]


def tree_panel(
    axes: Axes,
    network: TreeTensorNetwork,
    places: Layout,
    mask: np.ndarray,
    cut: MinCut | None,
    tints: Mapping[int, float],
    ramp: Colormap,
    scale: Normalize,
    bare: bool,
) -> None:
    """Bonds, nodes and what stands at the foot."""
    severed = {bond.position for bond in cut.bonds} if cut else set()
    channels = [weight.shape[1] for weight in network.weights]
    lines, widths, colours = [], [], []
    for node, (x, y) in places.place.items():
        parent = network.parents[node]
        if parent >= 0 and parent in places.place:
            lines.append([(x, y), places.place[parent]])
            widths.append(1.0 if bare else line_width(channels[node]))
            colours.append(VERMILLION if node in severed else LINE)
    axes.add_collection(LineCollection(lines, linewidths=widths, colors=colours, capstyle="round", zorder=1))
    inner = [node for node in places.place if node not in places.leaves]
    size = max(3.0, min(9.0, 320 / max(len(places.leaves), 1)))
    for node in inner:
        face = ramp(scale(tints[node])) if node in tints else "#ffffff"
        edge = VERMILLION if node in severed else BLACK
        axes.plot(
            *places.place[node],
            marker="o",
            markersize=size,
            markerfacecolor=face,
            markeredgecolor=edge,
            markeredgewidth=1.8 if node in severed else 0.7,
            zorder=3,
        )
    within = hiding(network, places, severed)
    for node in places.leaves:
        foot(axes, network, places, node, mask, node in severed, node in within, size, tints, ramp, scale)
    levels = max(network.heights)
    lowest = min(y for _, y in places.place.values())
    axes.set_xlim(-0.7, len(places.leaves) - 0.3)
    axes.set_ylim(lowest - (0.5 if len(places.leaves) <= NAMED or lowest else 0.3), levels + 0.35)
    axes.set(xticks=[], yticks=range(math.ceil(lowest), levels + 1))
    axes.set_ylabel("Height above the sites")
    axes.spines["bottom"].set_visible(False)
    entries = legend(channels, places, network, cut, bare)
    if entries:
        axes.legend(handles=entries, loc="upper center", bbox_to_anchor=(0.5, 0.0), ncols=len(entries))


def hiding(network: TreeTensorNetwork, places: Layout, severed: Collection[int]) -> set[int]:
    """The wedges that hide bonds of the cut."""
    found = set()
    for node in severed:
        above = node
        while above >= 0 and above not in places.place:
            above = network.parents[above]
        if above != node:
            found.add(above)
    return found


def foot(
    axes: Axes,
    network: TreeTensorNetwork,
    places: Layout,
    node: int,
    mask: np.ndarray,
    severed: bool,
    crossed: bool,
    size: float,
    tints: Mapping[int, float],
    ramp: Colormap,
    scale: Normalize,
) -> None:
    """A site as a square, filled inside I; or a wedge for a node with what lies below, coloured if the cut does."""
    x, y = places.place[node]
    edge, wide = (VERMILLION, 1.6) if severed else (BLACK, 0.7)
    if node < network.sites:
        face = INSIDE if mask[node] else OUTSIDE
        axes.plot(x, y, marker="s", markersize=size, markerfacecolor=face, markeredgecolor=edge, markeredgewidth=wide)
        if len(places.leaves) <= NAMED:
            axes.annotate(
                str(node), (x, y), (0, -size / 2 - 3), textcoords="offset points", fontsize=7, ha="center", va="top"
            )
        return
    share = float(mask[list(places.below[node])].mean())
    half, deep = 0.38, 0.5
    axes.add_patch(Polygon([(x, y), (x - half, y - deep), (x + half, y - deep)], facecolor=OUTSIDE, edgecolor="none"))
    inner = share**0.5  # by area
    axes.add_patch(
        Polygon(
            [(x, y), (x - half * inner, y - deep * inner), (x + half * inner, y - deep * inner)],
            facecolor=INSIDE,
            edgecolor="none",
        )
    )
    outline = VERMILLION if crossed else BLACK
    axes.add_patch(
        Polygon([(x, y), (x - half, y - deep), (x + half, y - deep)], fill=False, edgecolor=outline, linewidth=0.6)
    )
    tint = ramp(scale(tints[node])) if node in tints else OUTSIDE
    look: dict[str, Any] = {
        "markersize": size * 0.8,
        "markerfacecolor": tint,
        "markeredgecolor": edge,
        "markeredgewidth": wide,
    }
    axes.plot(x, y, marker="o", zorder=3, **look)


def line_width(dimension: int) -> float:
    """Points of a bond's line: log2 of its dimension, thin for 1.

    >>> line_width(2), line_width(16), line_width(1)
    (0.9, 3.6, 0.4)
    """
    return round(max(0.9 * math.log2(dimension), 0.4), 6)


def legend(
    channels: list[int], places: Layout, network: TreeTensorNetwork, cut: MinCut | None, bare: bool
) -> list[Line2D]:
    """What widths, colours and wedges say."""
    entries = []
    if not bare:
        drawn = sorted({channels[node] for node in places.place if node != network.root})
        for dimension in sorted({*drawn[:1], *drawn[-1:]}):  # none where all is one wedge
            entries.append(Line2D([], [], color=LINE, linewidth=line_width(dimension), label=f"bond of {dimension}"))
    if cut:
        entries.append(Line2D([], [], color=VERMILLION, marker="o", markerfacecolor="white", label="cut"))
    folded = [len(places.below[node]) for node in places.leaves if node >= network.sites]
    if folded:
        count = f"{folded[0]}" if len(set(folded)) == 1 else f"{min(folded)}–{max(folded)}"
        label = f"{count} sites, filled by those in I"
        entries.append(Line2D([], [], color="none", marker="^", markeredgecolor=BLACK, label=label))
    return entries
