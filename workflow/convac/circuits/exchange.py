"""Networks in the forms of other programs: quimb, opt_einsum and cotengra, dense arrays; matrix product states, trees.

Maps are matrices, and a product node is an index that all of them share: a hyperedge, instead of a copy tensor of
width^legs numbers. Weights go out as they are given, without rescaling.
"""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from convac.arrays import as_integer, grid_shape, integer, integers, numbers, short
from convac.circuits.tree import Circuit
from convac.circuits.tree_tensors import ROOT, TreeTensorNetwork
from convac.errors import ArgumentError, ConvacError

if TYPE_CHECKING:
    from quimb.tensor import TensorNetwork

LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
AXES = "lrp"  # of a matrix product state's tensors: left bond, right bond, physical


class Einsum(NamedTuple):
    """A network as a sum over products.

    Attributes:
        equation: subscripts of the arrays, then those of the sites in row-major order; beyond 52 indices with the
            symbols of opt_einsum.
        arrays: one matrix per edge of the tree, of the root's edge one vector.
    """

    equation: str
    arrays: tuple[np.ndarray, ...]


def network_of(source: Any) -> TreeTensorNetwork:
    """A tree tensor network from one, from a circuit, or from anything with `.circuit()`.

    Raises:
        ArgumentError: the source is none of these, or its `circuit()` fails.
    """
    if isinstance(source, TreeTensorNetwork):
        return source
    described = getattr(source, "circuit", None)
    try:
        circuit = source if isinstance(source, Circuit) or not callable(described) else described()
    except ConvacError:
        raise
    except Exception as error:  # whatever a user's method raises
        raise ArgumentError(f"network: circuit(): {type(error).__name__}: {error}; accepted: a Circuit") from error
    if not isinstance(circuit, Circuit):
        raise ArgumentError(
            f"network: got {type(source).__name__}; "
            "accepted: a Circuit, a TreeTensorNetwork or an object with .circuit()"
        )
    return TreeTensorNetwork.of(circuit)


def selected(network: TreeTensorNetwork, output: int | Sequence[complex] | np.ndarray) -> TreeTensorNetwork:
    """The network with the one output that `output` names: a class, or one coefficient per class, complex ones too.

    Raises:
        ArgumentError: there is no such class, or the coefficients aren't one per class.
    """
    label, rows = as_integer(output), network.weights[network.root]
    if label is not None:
        chosen = integer(label, "output", least=0, most=network.classes - 1)
        return network if network.classes == 1 else network.with_output(rows[chosen : chosen + 1])
    return network.with_output(numbers(output, "output", (network.classes,))[None, :] @ rows)


def to_einsum(source: Any, output: int | Sequence[complex] | np.ndarray = 0) -> Einsum:
    """The equation and the arrays of a network, for `opt_einsum.contract`, cotengra or, up to 52 indices, numpy.einsum.

    Args:
        source: a circuit, a tree tensor network, or anything with `.circuit()`.
        output: a class, or one coefficient per class.

    Returns:
        What contracts to the coefficient tensor of that class, shape (M_1, …, M_N). As it is a tree, the best order
        is found at once.

    Raises:
        ArgumentError: the source or the output isn't one.

    >>> from convac import PoolingTree, random_circuit
    >>> circuit = random_circuit(PoolingTree.named("line", (4,)), 2, (2, 3), np.random.default_rng(0))
    >>> equation, arrays = to_einsum(circuit)
    >>> equation
    'ea,eb,fc,fd,ge,gf,g->abcd'
    >>> np.allclose(np.einsum(equation, *arrays), circuit.coefficient_tensor()[0])
    True
    """
    network = selected(network_of(source), output)
    terms = [
        symbol(node) if parent == ROOT else symbol(parent) + symbol(node) for node, parent in enumerate(network.parents)
    ]
    arrays = [
        weight[0] if parent == ROOT else weight for weight, parent in zip(network.weights, network.parents, strict=True)
    ]
    return Einsum(",".join(terms) + "->" + "".join(map(symbol, range(network.sites))), tuple(arrays))


def symbol(number: int) -> str:
    """The symbol of an index: opt_einsum's and cotengra's.

    >>> symbol(0), symbol(51), symbol(52)
    ('a', 'Z', 'À')
    """
    if number < len(LETTERS):
        return LETTERS[number]
    return chr(number + (2048 if number >= 55296 else 140))


def to_quimb(source: Any, output: int | Sequence[complex] | np.ndarray = 0) -> "TensorNetwork":
    """A network as a quimb TensorNetwork, whose contraction is the coefficient tensor of one class.

    Args:
        source: a circuit, a tree tensor network, or anything with `.circuit()`.
        output: a class, or one coefficient per class.

    Returns:
        One tensor per edge of the tree, tagged `NODE{number}`, sites `SITE{number}` as well; indices `k{site}` are
        open, `n{node}` are those of the products: hyperindices, as quimb calls an index of several tensors. Name
        the open ones where it contracts, `output_inds=["k0", …]`.

    Raises:
        ArgumentError: quimb isn't installed, or the source or the output isn't one.

    >>> from convac import PoolingTree, random_circuit
    >>> circuit = random_circuit(PoolingTree.named("line", (4,)), 2, (2, 3), np.random.default_rng(0))
    >>> dense = to_quimb(circuit).contract(output_inds=["k0", "k1", "k2", "k3"])
    >>> np.allclose(dense.data, circuit.coefficient_tensor()[0])
    True
    """
    try:
        from quimb.tensor import Tensor, TensorNetwork
    except ImportError as error:
        raise ArgumentError("to_quimb: quimb isn't installed; accepted: an environment with quimb") from error
    network = selected(network_of(source), output)
    tensors = []
    for node, (parent, weight) in enumerate(zip(network.parents, network.weights, strict=True)):
        index, tags = (f"k{node}", (f"SITE{node}",)) if node < network.sites else (f"n{node}", ())
        own = (index,) if parent == ROOT else (f"n{parent}", index)
        data = weight[0] if parent == ROOT else weight
        tensors.append(Tensor(data, own, (f"NODE{node}", *tags)))
    return TensorNetwork(tensors)


def to_numpy(source: Any, output: int | Sequence[complex] | np.ndarray = 0) -> np.ndarray:
    """The coefficient tensor of one class as a dense array, which `measure` and every other program take as a state.

    Args:
        source: a circuit, a tree tensor network, or anything with `.circuit()`.
        output: a class, or one coefficient per class.

    Returns:
        Shape (M_1, …, M_N), sites in row-major order; float64 or complex128, as large as the weights make it.

    Raises:
        ArgumentError: more than 2^22 coefficients, one above float64's range or all below it; or the source or the
            output isn't one.

    >>> from convac import PoolingTree, random_circuit
    >>> to_numpy(random_circuit(PoolingTree.named("line", (4,)), 2, (2, 3), np.random.default_rng(0))).shape
    (2, 2, 2, 2)
    """
    network = selected(network_of(source), output)
    with np.errstate(over="ignore", invalid="ignore"):
        tensor = network.coefficient_tensor()[0]
    lost = np.abs(tensor).max() < np.finfo(np.float64).tiny and of_unit_size(network).coefficient_tensor()[0].any()
    if lost or not np.isfinite(tensor).all():
        raise ArgumentError("network: coefficients leave float64's range; accepted: weights of another scale")
    return np.asarray(tensor)


def of_unit_size(network: TreeTensorNetwork) -> TreeTensorNetwork:
    """The network with its weights divided by their largest magnitude each: the same tensor up to a factor."""
    sizes = [np.abs(weight).max() for weight in network.weights]
    weights = (weight / size if size else weight for weight, size in zip(network.weights, sizes, strict=True))
    return TreeTensorNetwork(network.shape, network.parents, tuple(weights))


def from_mps(arrays: Sequence[Any], shape: str = AXES, sites: Sequence[int] | None = None) -> TreeTensorNetwork:
    """A matrix product state with open ends as a tree tensor network; its root is at the first site.

    Args:
        arrays: one tensor per site, from the first to the last; a bond of dimension 1 may be left out at both ends.
        shape: what its axes are: l (left bond), r (right bond), p (physical): quimb's `lrp`, TeNPy's `lpr`.
        sites: shape of the site grid; a line by default.

    Raises:
        ArgumentError: axes, bonds or ends don't fit one another, or numbers aren't finite; names the site.

    Source: 1008.3477 (matrix product states).

    >>> bell = [np.eye(2)[None], np.eye(2)[:, None, :]]
    >>> network = from_mps(bell)
    >>> to_numpy(network).tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """
    if not isinstance(shape, str) or sorted(shape) != sorted(AXES):
        raise ArgumentError(f"shape: got {short(shape)}; accepted: l, r and p in the order of the axes: lrp, lpr, …")
    if not isinstance(arrays, list | tuple) or len(arrays) < 2:
        raise ArgumentError("arrays: accepted: a list of tensors, one per site, two at least")
    last = len(arrays) - 1
    cores = []
    for site, array in enumerate(arrays):
        values = numbers(array, f"arrays: site {site}")
        if site in {0, last} and values.ndim == 2:
            values = np.expand_dims(values, shape.index("l" if site == 0 else "r"))
        if values.ndim != 3:
            raise ArgumentError(f"arrays: site {site} has {values.ndim} axes; accepted: {shape}, one fewer at the ends")
        cores.append(values.transpose([shape.index(letter) for letter in AXES]))
    for end, axis in ((0, 0), (last, 1)):
        if cores[end].shape[axis] != 1:
            raise ArgumentError(
                f"arrays: site {end} has an end of dimension {cores[end].shape[axis]}; accepted: 1, open"
            )
    for site, (one, other) in enumerate(pairwise(cores)):
        if one.shape[1] != other.shape[0]:
            raise ArgumentError(
                f"arrays: sites {site} and {site + 1} have bonds of {one.shape[1]} and {other.shape[0]}; "
                "accepted: the same"
            )
    return from_tree((ROOT, *range(last)), [cores[0][0], *cores[1:-1], cores[-1][:, 0]], sites)


def from_tree(parents: Sequence[int], tensors: Sequence[Any], sites: Sequence[int] | None = None) -> TreeTensorNetwork:
    """A tree of tensors, each with at most one open axis, as a tree tensor network.

    Every tensor becomes a product node as wide as its legs but the parent's have dimensions together, with a bond
    node, of the bond's dimension, above it: min-cuts are those of the given network.

    Args:
        parents: of every tensor the number of the one above it, −1 of the root.
        tensors: axes: the bond to the parent (not of the root), those to the children by ascending number, then the
            open one, where it has a site. Sites are numbered in the order of their tensors.
        sites: shape of the site grid; a line by default.

    Raises:
        ArgumentError: the parents aren't a tree, or axes or bonds don't fit; names the tensor.

    Source: quant-ph/0511070 (tree tensor networks).

    >>> network = from_tree((-1, 0, 0), [np.eye(2), np.eye(2), np.array([[1.0, 0.0], [0.0, 2.0]])])
    >>> to_numpy(network).tolist()
    [[1.0, 0.0], [0.0, 2.0]]
    """
    above = integers(parents, "parents", least=ROOT)
    if not isinstance(tensors, list | tuple) or len(tensors) != len(above):
        told = f"{len(tensors)}" if isinstance(tensors, list | tuple) else type(tensors).__name__
        raise ArgumentError(f"tensors: got {told}; accepted: a list of one per node, {len(above)} in all")
    below = children_of(above)
    cores = [numbers(tensor, f"tensors: node {node}") for node, tensor in enumerate(tensors)]
    physical = []
    for node, core in enumerate(cores):
        legs = len(below[node]) + (above[node] != ROOT)
        if core.ndim not in {legs, legs + 1} or core.ndim == (above[node] != ROOT):
            wanted = f"{legs} bonds" if below[node] else "the bond to its parent"
            raise ArgumentError(f"tensors: node {node} has {core.ndim} axes; accepted: {wanted}, and an open axis")
        if core.ndim > legs:
            physical.append(node)
    for node, core in enumerate(cores):
        for place, child in enumerate(below[node], start=int(above[node] != ROOT)):
            if core.shape[place] != cores[child].shape[0]:
                raise ArgumentError(
                    f"tensors: nodes {node} and {child} have bonds of {core.shape[place]} and {cores[child].shape[0]}; "
                    "accepted: the same"
                )
    shape = grid_shape((len(physical),) if sites is None else sites)
    if math.prod(shape) != len(physical):
        raise ArgumentError(f"tensors: {len(physical)} have an open axis; accepted: one per site, {math.prod(shape)}")
    return assembled(shape, above, below, cores, {node: site for site, node in enumerate(physical)})


def children_of(above: Sequence[int]) -> list[list[int]]:
    """Of every node of a tree its children, ascending; raises ArgumentError where the parents aren't a tree."""
    below: list[list[int]] = [[] for _ in above]
    roots = [node for node, parent in enumerate(above) if parent == ROOT]
    if len(roots) != 1 or max(above) >= len(above):
        raise ArgumentError(f"parents: accepted: one root (-1), other numbers from 0 to {len(above) - 1}")
    for node, parent in enumerate(above):
        if parent != ROOT:
            below[parent].append(node)
    reached = roots
    for node in reached:
        reached.extend(below[node])
    if len(reached) < len(above):
        loose = min(set(range(len(above))) - set(reached))
        raise ArgumentError(f"parents: node {loose} is above itself, or below such a node; accepted: a tree")
    return below


def assembled(
    shape: tuple[int, ...],
    above: Sequence[int],
    below: Sequence[Sequence[int]],
    cores: Sequence[np.ndarray],
    number: dict[int, int],
) -> TreeTensorNetwork:
    """The network of a tree of tensors: per tensor a bond node, and under it a product node where it has more legs."""
    parents, weights = [ROOT] * len(number), [np.ones((1, 1))] * len(number)
    top, joint = [0] * len(cores), [0] * len(cores)  # of every tensor the nodes above and below its map
    for node, core in enumerate(cores):
        rooted = above[node] == ROOT
        top[node] = joint[node] = len(parents)
        parents.append(ROOT)
        weights.append(core.reshape(1, -1))
        if not rooted and core.ndim > 2:
            joint[node] = len(parents)
            parents.append(top[node])
            weights.append(core.reshape(len(core), -1))
    for node, core in enumerate(cores):
        rooted = above[node] == ROOT
        lower = core.shape[int(not rooted) :]
        legs = [*(top[child] for child in below[node]), *([number[node]] if node in number else [])]
        for place, leg in enumerate(legs):
            parents[leg] = joint[node]
            weights[leg] = core if core.ndim == 2 and not rooted else picked(lower, place)
    return TreeTensorNetwork(shape, tuple(parents), tuple(weights))


def picked(dimensions: Sequence[int], place: int) -> np.ndarray:
    """The map of one leg to the joint index of all, shape (product of the dimensions, own dimension): zeros and ones.

    >>> picked((2, 2), 1).tolist()
    [[1.0, 0.0], [0.0, 1.0], [1.0, 0.0], [0.0, 1.0]]
    """
    joint = np.arange(math.prod(dimensions))
    return np.eye(dimensions[place])[np.unravel_index(joint, dimensions)[place]]
