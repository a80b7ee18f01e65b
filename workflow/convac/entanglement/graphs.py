"""Min-cut of any tensor network of copy tensors, by max-flow: each copy tensor is a node that counts once when cut.

A network is given by its copy tensors, each with a dimension (a site has M), and by links between those that a linear
map joins. Separating I from the rest costs the product of the dimensions of the copy tensors that are cut.

Source: 1704.01552 (copy tensors counted once); vertex cuts by node splitting (Ford & Fulkerson, Flows in Networks).
"""

import math
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from math import comb

from convac.arrays import integer, integers
from convac.circuits.overlapping import OverlappingShape
from convac.errors import ArgumentError
from convac.geometry.trees import PoolingTree

# flows are integers, so that no rounding decides a cut: logarithms in units of 2^-40
UNIT = 2**40


@dataclass(frozen=True)
class Network:
    """Copy tensors and the linear maps between them.

    Attributes:
        dimensions: of every copy tensor, by name; sites are named ("site", number). None: it can't be cut.
        links: pairs of names.

    Raises:
        ArgumentError: a dimension is no positive integer.
    """

    dimensions: Mapping[Hashable, int | None]
    links: tuple[tuple[Hashable, Hashable], ...]

    def __post_init__(self) -> None:
        known = {
            name: None if size is None else integer(size, f"dimensions: {name}", least=1)
            for name, size in self.dimensions.items()
        }
        object.__setattr__(self, "dimensions", known)


@dataclass(frozen=True)
class GraphCut:
    """A smallest cut.

    Attributes:
        value: product of the dimensions of what is cut, exact: an upper bound on the Schmidt number.
        log: its natural logarithm, in nats.
        nodes: names of the copy tensors cut.
    """

    value: int = field(repr=False)
    log: float
    nodes: tuple[Hashable, ...]


def graph_min_cut(network: Network, inside: Iterable[int]) -> GraphCut:
    """Min-cut between the sites of I and the others.

    Args:
        network: its copy tensors and links.
        inside: numbers of the sites of I.

    Raises:
        ArgumentError: a site that isn't there, or nothing on one side.
    """
    import networkx

    chosen = {("site", site) for site in integers(inside, "partition")}
    sites = {name for name in network.dimensions if isinstance(name, tuple) and name[0] == "site"}
    if not chosen or not chosen < sites:
        raise ArgumentError(f"partition: {len(chosen)} of {len(sites)} sites; accepted: a proper subset of them")
    graph = networkx.DiGraph()
    for name, dimension in network.dimensions.items():
        capacity = {} if dimension is None else {"capacity": round(math.log(dimension) * UNIT)}
        graph.add_edge((name, "in"), (name, "out"), **capacity)
    for one, other in network.links:  # without a capacity: never cut
        graph.add_edge((one, "out"), (other, "in"))
        graph.add_edge((other, "out"), (one, "in"))
    for name in sites:
        if name in chosen:
            graph.add_edge("source", (name, "in"))
        else:
            graph.add_edge((name, "out"), "sink")
    reached = networkx.minimum_cut(graph, "source", "sink")[1][0]
    cut = tuple(name for name in network.dimensions if (name, "in") in reached and (name, "out") not in reached)
    value = math.prod(network.dimensions[name] or 1 for name in cut)
    return GraphCut(value, math.log(value), cut)


def tree_network(tree: PoolingTree, local_dimension: int, widths: Iterable[int]) -> Network:
    """The network of a tree circuit: a copy tensor per site and per pooling node."""
    dimensions: dict[Hashable, int | None] = {("site", site): local_dimension for site in range(tree.sites)}
    links: list[tuple[Hashable, Hashable]] = []
    below: list[Hashable] = [("site", site) for site in tree.order]
    for level, (width, window) in enumerate(zip(widths, tree.windows, strict=True), start=1):
        nodes: list[Hashable] = [("pool", level, position) for position in range(len(below) // window)]
        dimensions.update(dict.fromkeys(nodes, width))
        links += [(child, nodes[position // window]) for position, child in enumerate(below)]
        below = nodes
    return Network(dimensions, tuple(links))


def overlapping_network(shape: OverlappingShape) -> Network:
    """The network of an overlapping circuit, unfolded: sites, positions once for every way up, the product at the end.

    The value is a product over the positions of layer L − 1, each entering every channel as a polynomial of degree m,
    the number of windows that read it. What depends on sites alone that are cut is known to both sides, whoever reads
    it: so a position further down is taken apart for each of its readers, and every position of layer L − 1 becomes a
    tree of its own; the trees share the sites. A node's channels are products of what either side gives, and of its D
    channels no more than C(D + m − 1, m) monomials pass. A site passes M, the product at the end D_L.
    """
    dimensions: dict[Hashable, int | None] = {("site", site): shape.local_dimension for site in range(shape.count)}
    dimensions["output"] = shape.widths[-1]
    links: list[tuple[Hashable, Hashable]] = []

    def grow(layer: int, way: tuple[int, ...], degree: int) -> Hashable:
        """The node of a position, named by the way down to it, and all that stands below."""
        if layer == 0:
            return ("site", way[-1])
        node = ("position", layer, way)
        dimensions[node] = comb(shape.widths[layer - 1] + degree - 1, degree)
        links.extend((grow(layer - 1, (*way, child), degree), node) for _, child in shape.window(way[-1]))
        return node

    readers = Counter(child for position in range(shape.count) for _, child in shape.window(position))
    links += [(grow(len(shape.widths) - 1, (position,), readers[position]), "output") for position in readers]
    return Network(dimensions, tuple(links))
