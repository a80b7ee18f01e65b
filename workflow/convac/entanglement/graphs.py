"""Min-cut of any tensor network of copy tensors, by max-flow: each copy tensor is a node that counts once when cut.

A network is given by its copy tensors, each with a dimension (a site has M), and by links between those that a linear
map joins. Separating I from the rest costs the product of the dimensions of the copy tensors that are cut.

Source: 1704.01552 (copy tensors counted once); vertex cuts by node splitting (Ford & Fulkerson, Flows in Networks).
"""

import math
from collections import Counter
from collections.abc import Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Context, Decimal
from math import comb
from typing import TYPE_CHECKING

import numpy as np

from convac.arrays import integer, integers
from convac.circuits.overlapping import OverlappingShape
from convac.errors import ArgumentError
from convac.geometry.trees import PoolingTree

if TYPE_CHECKING:
    from scipy.sparse import csr_array

LOGARITHMS = Context(prec=40)
BITS = 61  # of the sum of all flows, which are integers of 64 bits


@dataclass(frozen=True)
class Network:
    """Copy tensors and the linear maps between them.

    Attributes:
        dimensions: of every copy tensor, by name; sites are named ("site", number). None: it can't be cut.
        links: pairs of names.

    Raises:
        ArgumentError: a dimension isn't a positive integer.
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
    chosen = {("site", site) for site in integers(inside, "partition")}
    sites = {name for name in network.dimensions if isinstance(name, tuple) and name[0] == "site"}
    if not chosen or not chosen < sites:
        raise ArgumentError(f"partition: {len(chosen)} of {len(sites)} sites; accepted: a proper subset of them")
    apart = sink_side(capacities(network, chosen, sites))
    cut = tuple(
        name
        for name, (into, out) in zip(network.dimensions, apart[:-2].reshape(-1, 2), strict=True)
        if out and not into
    )
    value = math.prod(network.dimensions[name] or 1 for name in cut)
    return GraphCut(value, math.log(value), cut)


def capacities(network: Network, chosen: Collection[Hashable], sites: Collection[Hashable]) -> "csr_array":
    """The directed graph whose min-cut is wanted: per copy tensor what enters and what leaves; source and sink last."""
    from scipy.sparse import csr_array

    numbers = {name: 2 * place for place, name in enumerate(network.dimensions)}
    source, sink = 2 * len(numbers), 2 * len(numbers) + 1
    weights = whole_logs({name: size for name, size in network.dimensions.items() if size is not None})
    never = sum(weights.values()) + 1  # more than all that can be cut
    edges = [(number, number + 1, weights.get(name, never)) for name, number in numbers.items()]
    for one, other in {*network.links, *(link[::-1] for link in network.links)}:
        edges.append((numbers[one] + 1, numbers[other], never))
    for name in sites:
        ends = (source, numbers[name]) if name in chosen else (numbers[name] + 1, sink)
        edges.append((*ends, never))
    tails, heads, flows = np.array(edges, dtype=np.int64).T
    return csr_array((flows, (tails, heads)), shape=(sink + 1, sink + 1))


def whole_logs(sizes: Mapping[Hashable, int]) -> dict[Hashable, int]:
    """Logarithms as whole numbers, in the finest unit in which their sum has at most `BITS` bits.

    A product of n sizes is rounded by at most n/2 units: two are told apart where their logarithms differ by more than
    n units. At sums of up to 128 nats a unit is 2^-54, at 1,024 nats 2^-51.

    >>> one, other = whole_logs({"a": 824521, "b": 824523}), whole_logs({"a": 824522, "b": 824522})
    >>> sum(one.values()) < sum(other.values())
    True
    """
    logs = {size: LOGARITHMS.ln(Decimal(size)) for size in set(sizes.values())}
    whole = math.ceil(sum(logs[size] for size in sizes.values()))
    unit = 2 ** (BITS - whole.bit_length())
    return {name: round(logs[size] * unit) for name, size in sizes.items()}


def sink_side(capacity: "csr_array") -> np.ndarray:
    """Which nodes can still send something to the last one, beside a largest flow from the last but one; boolean.

    scipy's flows are of 32 bits: the leading bits first, what they leave unused afterwards, until none is left.
    """
    from scipy.sparse.csgraph import breadth_first_order, maximum_flow

    count, room = capacity.shape[0], 30 - (2 * capacity.nnz).bit_length()
    left, shift = capacity, max(0, int(capacity.data.max()).bit_length() - room)
    while True:
        # what a stage leaves of the largest flow is less than 2^shift for every edge, forth and back
        part = left.copy()
        part.data = np.minimum(part.data >> shift, 2**30)
        flow = maximum_flow(part.astype(np.int32), count - 2, count - 1).flow.astype(np.int64)
        left = left - flow * 2**shift
        left.eliminate_zeros()
        if shift == 0:
            break
        shift = max(0, shift - room)
    side = np.zeros(count, dtype=bool)
    side[breadth_first_order(left.T.tocsr(), count - 1, return_predecessors=False)] = True
    return side


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
