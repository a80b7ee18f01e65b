"""Tree tensor networks as data: nodes with any number of children, sites at any level, weights real or complex."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, reduce

import numpy as np

from convac.arrays import (
    WIDEST,
    as_integer,
    boolean,
    given,
    grid_shape,
    integer,
    integers,
    is_array,
    numbers,
    random_generator,
    series,
    short,
)
from convac.circuits.tree import Circuit
from convac.errors import ArgumentError

ROOT = -1  # what stands for the parent of the root
LISTED = 2**22  # coefficients at most


@dataclass(frozen=True, eq=False)
class TreeTensorNetwork:
    """A tree of product nodes with a linear map on every edge: a `Circuit` whose nodes need not be alike.

    Nodes 0 … N − 1 are the sites in row-major order, the others inner nodes, each with one child or more. The edge
    above node i maps its channels by `weights[i]` to those of its parent, which multiplies what its children give it,
    channel by channel; the root's edge leads to the classes. So a node's product is a copy tensor, and a node with
    one child a bond. Matrix product states and every other tree of tensors are such networks: `convac.from_mps`,
    `convac.from_tree`.

    Attributes:
        shape: sites along each axis, `(N,)` or `(H, W)`.
        parents: of every node the number of the node above it, −1 of the root.
        weights: of every node, float64 or complex128: `(channels of the parent, channels)`, for a site `(…, M_i)`,
            for the root `(classes, channels)`. Sites may differ in their M_i.

    Raises:
        ArgumentError: the parents aren't a tree over these sites, or a weight's shape or numbers don't fit; names the
            node.

    Source: 1509.05009 (products and linear maps over a tree); quant-ph/0511070 (tree tensor networks).

    >>> rows = np.array([[1.0, 1.0], [1.0, -1.0]])
    >>> network = TreeTensorNetwork((3,), (3, 3, 4, 4, -1), (rows, rows, rows, rows, np.ones((1, 2))))
    >>> network.children[4], network.widths, network.local_dimensions
    ((2, 3), (2, 2), (2, 2, 2))
    """

    shape: tuple[int, ...]
    parents: tuple[int, ...]
    weights: tuple[np.ndarray, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "shape", grid_shape(self.shape))
        object.__setattr__(self, "parents", integers(self.parents, "parents"))
        check_tree(self.sites, self.parents)
        if not isinstance(self.weights, list | tuple) or len(self.weights) != len(self.parents):
            raise ArgumentError(f"weights: accepted: one matrix per node, {len(self.parents)} in all")
        known: dict[int, np.ndarray] = {}  # the same array at many nodes is read once
        for node, weight in enumerate(self.weights):
            if id(weight) not in known:
                known[id(weight)] = numbers(weight, f"weights: node {node}", ("out", "in"))
        weights = tuple(known[id(weight)] for weight in self.weights)
        object.__setattr__(self, "weights", weights)
        for node in range(self.sites, len(self.parents)):
            into = weights[node].shape[1]
            for child in self.children[node]:
                if weights[child].shape[0] != into:
                    raise ArgumentError(
                        f"weights: node {child} maps to {weights[child].shape[0]} channels, "
                        f"the edge above node {node} takes {into}; accepted: as many"
                    )

    @property
    def sites(self) -> int:
        """N, the number of sites."""
        return math.prod(self.shape)

    @cached_property
    def children(self) -> tuple[tuple[int, ...], ...]:
        """Of every node its children, ascending; none of a site."""
        found: list[list[int]] = [[] for _ in self.parents]
        for node, parent in enumerate(self.parents):
            if parent != ROOT:
                found[parent].append(node)
        return tuple(map(tuple, found))

    @property
    def root(self) -> int:
        """The number of the root."""
        return self.parents.index(ROOT)

    @cached_property
    def order(self) -> tuple[int, ...]:
        """All nodes, depth first, children before their parent and the root last."""
        found, waiting = [], [self.root]
        while waiting:
            node = waiting.pop()
            found.append(node)
            waiting.extend(self.children[node])
        return tuple(reversed(found))

    @cached_property
    def heights(self) -> tuple[int, ...]:
        """Of every node the longest way down to a site, 0 of a site."""
        found = [0] * len(self.parents)
        for node in self.order:
            found[node] = 1 + max((found[child] for child in self.children[node]), default=-1)
        return tuple(found)

    @property
    def local_dimensions(self) -> tuple[int, ...]:
        """M_i of every site."""
        return tuple(weight.shape[1] for weight in self.weights[: self.sites])

    @property
    def widths(self) -> tuple[int, ...]:
        """Channels of the inner nodes, from number N up."""
        return tuple(weight.shape[1] for weight in self.weights[self.sites :])

    @property
    def classes(self) -> int:
        """Rows of the root's weight."""
        return int(self.weights[self.root].shape[0])

    @property
    def is_complex(self) -> bool:
        """Whether a weight is complex."""
        return any(map(np.iscomplexobj, self.weights))

    @classmethod
    def of(cls, circuit: Circuit) -> "TreeTensorNetwork":
        """A circuit node by node: sites, then the nodes of level 1, 2, …; a shared map stands at each of its nodes."""
        if not isinstance(circuit, Circuit):
            raise ArgumentError(f"circuit: got {type(circuit).__name__}; accepted: a Circuit, of a network .circuit()")
        tree = circuit.tree
        parents, weights = [ROOT] * sum(tree.positions), [circuit.output] * sum(tree.positions)
        below = list(tree.order)
        for weight, window, start in zip(circuit.weights, tree.windows, starts(tree.positions), strict=True):
            for position, node in enumerate(below):
                parents[node] = start + position // window
                weights[node] = weight if weight.ndim == 2 else weight[position]
            below = list(range(start, start + len(below) // window))
        return cls(tree.shape, tuple(parents), tuple(weights))

    def with_output(self, output: np.ndarray) -> "TreeTensorNetwork":
        """The same network with another root's weight, (classes, channels)."""
        weights = list(self.weights)
        weights[self.root] = output
        return TreeTensorNetwork(self.shape, self.parents, tuple(weights))

    def amplitudes(self, representation: Sequence[np.ndarray] | np.ndarray) -> np.ndarray:
        """Values h_y of every class.

        Args:
            representation: f(x) of each site in row-major order, (batch, M_i) each; an array (batch, N, M) where all
                sites have the same M.

        Returns:
            Shape (batch, classes). Not rescaled: large networks under- or overflow here; engines don't.

        Raises:
            ArgumentError: there isn't one per site, or its shape or numbers don't fit.
        """
        return self.propagated(representation, lambda values: values)

    def scaled_amplitudes(self, representation: Sequence[np.ndarray] | np.ndarray) -> np.ndarray:
        """`amplitudes`, each image up to its own positive factor, at any size."""
        return self.propagated(representation, in_units)

    def propagated(
        self, representation: Sequence[np.ndarray] | np.ndarray, kept: Callable[[np.ndarray], np.ndarray]
    ) -> np.ndarray:
        """Values of every class (batch, classes), from the sites up, as `kept` leaves those of every node."""
        wanted = f"one array per site, {self.sites}"
        array = given(representation, "representation") if is_array(representation) else None
        each = series(representation if array is None else array, "representation", wanted)
        if array is not None and array.ndim == 3:
            each = list(array.swapaxes(0, 1))
        if len(each) != self.sites:
            raise ArgumentError(f"representation: of {len(each)} sites; accepted: {wanted}")
        shapes = [("batch", dimension) for dimension in self.local_dimensions]
        own = [numbers(values, f"representation: site {site}", shapes[site]) for site, values in enumerate(each)]
        odd = [site for site, rows in enumerate(own) if len(rows) != len(own[0])]
        if odd:
            raise ArgumentError(
                f"representation: site {odd[0]} has {len(own[odd[0]])} rows, site 0 {len(own[0])}; accepted: as many"
            )
        values: dict[int, np.ndarray] = {}
        for node in self.order:
            if node < self.sites:
                pooled = own[node]
            else:
                pooled = reduce(lambda one, other: kept(one * other), map(values.pop, self.children[node]))
            values[node] = kept(pooled @ self.weights[node].T)
        return np.asarray(values[self.root])

    def coefficient_tensor(self) -> np.ndarray:
        """All coefficients per class, shape (classes, M_1, …, M_N), sites in row-major order; at most 2^22 of them."""
        count = math.prod(self.local_dimensions)
        if count > LISTED:
            raise ArgumentError(f"network: {count:.3g} coefficients are too many to list; accepted: at most {LISTED}")
        shape = self.local_dimensions
        inputs = np.indices(shape).reshape(self.sites, count)
        each = [np.eye(dimension)[symbols] for dimension, symbols in zip(shape, inputs, strict=True)]
        return self.amplitudes(each).T.reshape(self.classes, *shape)


def in_units(values: np.ndarray) -> np.ndarray:
    """Every row divided by the power of two above its largest entry, which rounds nothing.

    >>> in_units(np.array([[6.0, -1.0], [0.0, 0.0]])).tolist()
    [[0.75, -0.125], [0.0, 0.0]]
    """
    largest = np.maximum(np.abs(values.real), np.abs(values.imag)).max(axis=1)
    exponents = np.frexp(largest)[1].clip(-1000, 1000)
    return np.asarray(values * np.ldexp(1.0, -exponents)[:, None])


def starts(positions: Sequence[int]) -> list[int]:
    """Number of the first node of every level, the sites' left out.

    >>> starts((8, 4, 2, 1))
    [8, 12, 14]
    """
    return [sum(positions[: level + 1]) for level in range(len(positions) - 1)]


def check_tree(sites: int, parents: tuple[int, ...]) -> None:
    """Raise ArgumentError unless the parents are one tree whose leaves are the sites."""
    inner = range(sites, len(parents))
    roots = [node for node, parent in enumerate(parents) if parent == ROOT]
    if len(roots) != 1 or roots[0] < sites:
        raise ArgumentError(f"parents: has {len(roots)} roots (-1); accepted: one, an inner node, {sites} or more")
    odd = [node for node, parent in enumerate(parents) if parent not in inner and parent != ROOT]
    if odd:
        named = short(parents[odd[0]])
        raise ArgumentError(
            f"parents: of node {odd[0]} is {named}; accepted: an inner node, {sites} to {inner.stop - 1}"
        )
    bare = set(inner) - set(parents)
    if bare:
        raise ArgumentError(f"parents: node {min(bare)} has no child; accepted: inner nodes with at least one")
    rooted: dict[int, bool] = {roots[0]: True}
    for node in range(len(parents)):
        way, place = [], node
        while place not in rooted:
            rooted[place] = False
            way.append(place)
            place = parents[place]
        if not rooted[place]:
            raise ArgumentError(f"parents: node {place} is above itself; accepted: a tree")
        rooted.update(dict.fromkeys(way, True))


def random_tree_network(
    shape: Sequence[int],
    parents: Sequence[int],
    local_dimension: int,
    widths: int | Sequence[int],
    generator: np.random.Generator,
    *,
    complex_weights: bool = False,
    classes: int = 1,
) -> TreeTensorNetwork:
    """A network with independent normal weights over the given tree.

    Args:
        shape: sites along each axis.
        parents: as of `TreeTensorNetwork`.
        local_dimension: M of every site.
        widths: channels of the inner nodes, one number for all, or one each.
        generator: of numpy.
        complex_weights: whether real and imaginary parts are drawn.
        classes: rows of the root's weight.

    Raises:
        ArgumentError: the parents aren't a tree, or a number isn't a positive integer.

    >>> comb = random_tree_network((3,), (3, 3, 4, 4, -1), 2, 3, np.random.default_rng(0), complex_weights=True)
    >>> comb.is_complex, comb.coefficient_tensor().shape
    (True, (1, 2, 2, 2))
    """
    sides, above, rows = grid_shape(shape), integers(parents, "parents"), integer(classes, "classes", 1, WIDEST)
    sites = math.prod(sides)
    check_tree(sites, above)
    inner = len(above) - sites
    single = as_integer(widths)
    own = integers(widths, "widths", 1, WIDEST) if single is None else (integer(single, "widths", 1, WIDEST),) * inner
    if len(own) != inner:
        raise ArgumentError(f"widths: {len(own)} given; accepted: one per inner node, {inner}")
    channels = (integer(local_dimension, "local_dimension", 1, WIDEST),) * sites + own
    random_generator(generator)
    complex_weights = boolean(complex_weights, "complex_weights")
    weights = []
    for node, parent in enumerate(above):
        size = (rows if parent == ROOT else channels[parent], channels[node])
        weight = generator.normal(size=size)
        weights.append((weight + 1j * generator.normal(size=size) if complex_weights else weight) / math.sqrt(size[1]))
    return TreeTensorNetwork(sides, above, tuple(weights))
