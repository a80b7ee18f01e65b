"""Means over random trees: against quadrature, sampled networks, enumerated cuts and Fuss-Catalan numbers."""

from itertools import pairwise, product
from math import comb, exp, log, prod

import numpy as np
import pytest

from convac.circuits.tree import Circuit
from convac.entanglement.mincut import tree_min_cut
from convac.entanglement.random_trees import averages, joins
from convac.errors import ArgumentError
from convac.geometry.trees import PoolingTree


def line(*windows):
    return PoolingTree.named("line", (prod(windows),), windows)


def tensors(windows, dimension, widths, weights):
    """Coefficients with an output of ones, the weights' last axis over networks: shape (M, …, M, networks)."""
    positions, used = prod(windows), 0
    nodes = [np.eye(dimension)[:, :, None]] * positions
    channels = (dimension, *widths)
    for window, (into, out) in zip(windows, pairwise(channels), strict=True):
        mapped = []
        for node in nodes:
            own = weights[used : used + out * into].reshape(out, into, -1)
            used += out * into
            mapped.append(np.einsum("oin,...in->...on", own, node))
        nodes = []
        for start in range(0, len(mapped), window):
            whole = mapped[start]
            for other in mapped[start + 1 : start + window]:
                left = whole.reshape(*whole.shape[:-2], *[1] * (other.ndim - 2), *whole.shape[-2:])
                whole = left * other
            nodes.append(whole)
    return nodes[0].sum(axis=-2)


def moments(tensor, inside, order):
    """Tr (A Aᵀ)ⁿ and ‖A‖^2n of each network."""
    sites = tensor.ndim - 1
    outside = [site for site in range(sites) if site not in inside]
    networks = np.moveaxis(tensor, -1, 0).transpose(0, *(1 + site for site in (*inside, *outside)))
    rows = prod(tensor.shape[site] for site in inside)
    matrices = networks.reshape(len(networks), rows, -1)
    gram = matrices @ matrices.transpose(0, 2, 1)
    power = np.linalg.matrix_power(gram, order)
    return np.trace(power, axis1=1, axis2=2), np.trace(gram, axis1=1, axis2=2) ** order


@pytest.mark.parametrize(
    ("windows", "dimension", "widths", "inside", "order"),
    [
        ((2,), 2, (2,), (0,), 2),
        ((2,), 2, (2,), (0,), 3),
        ((2,), 2, (2,), (1,), 4),
        ((3,), 2, (1,), (0, 2), 3),
        ((3,), 3, (1,), (1,), 2),
        ((2, 2), 2, (1, 1), (0, 2), 2),
        ((2, 2), 1, (2, 1), (0, 1), 2),
    ],
)
def test_means_are_those_of_gaussian_quadrature(windows, dimension, widths, inside, order):
    """Hermite nodes, one more than the order, average polynomials of degree 2n in each weight exactly."""
    nodes, chances = np.polynomial.hermite_e.hermegauss(order + 1)
    chances = chances / chances.sum()
    channels = (dimension, *widths)
    positions = [prod(windows[level:]) for level in range(len(windows))]
    count = sum(place * into * out for place, (into, out) in zip(positions, pairwise(channels), strict=True))
    places = np.indices((order + 1,) * count).reshape(count, -1)
    found = moments(tensors(windows, dimension, widths, nodes[places]), inside, order)
    trace, norm = (float(np.prod(chances[places], axis=0) @ each) for each in found)
    means = averages(line(*windows), dimension, widths, inside, order)
    assert trace == pytest.approx(means.trace, rel=1e-9)
    assert norm == pytest.approx(means.norm, rel=1e-9)


@pytest.mark.parametrize("inside", [(0, 1), (0, 2), (0,)])
def test_means_of_two_levels_are_those_of_sampled_networks(inside):
    windows, widths, networks = (2, 2), (3, 2), 40_000
    weights = np.random.default_rng(5).normal(size=(4 * 6 + 2 * 6, networks))
    means = averages(line(*windows), 2, widths, inside)
    for found, mean in zip(moments(tensors(windows, 2, widths, weights), inside, 2), means[1:3], strict=True):
        assert abs(found.mean() - mean) < 4 * found.std() / networks**0.5


def test_the_tensors_are_those_of_the_library():
    tree, generator = line(2, 2), np.random.default_rng(0)
    weights = [generator.normal(size=shape) for shape in ((4, 3, 2), (2, 2, 3))]
    circuit = Circuit(tree, 2, tuple(weights), np.ones((1, 2)))
    flat = np.concatenate([each.reshape(-1) for each in weights])[:, None]
    found = tensors((2, 2), 2, (3, 2), flat)[..., 0]
    assert np.allclose(found, coefficients(circuit))


def coefficients(circuit):
    """A tree of two levels, entry by entry."""
    first, second = circuit.weights
    pairs = [np.einsum("oi,oj->ijo", *first[start : start + 2]) for start in (0, 2)]
    halves = [pair @ own.T for pair, own in zip(pairs, second, strict=True)]
    return np.einsum("ijc,klc->ijkl", *halves)


def drawn(number):
    generator = np.random.default_rng(number)
    windows = [(2,), (3,), (2, 2), (2, 3), (3, 2)][number % 5]
    sizes = [int(size) for size in generator.integers(2, 5, len(windows) + 1)]
    sites = prod(windows)
    inside = np.flatnonzero(generator.permutation(sites) < generator.integers(1, sites)).tolist()
    return line(*windows), sizes[0], sizes[1:], inside


def minimal_cuts(tree, dimension, widths, inside):
    """The min-cut by listing all sets of copy tensors; per minimal set how many parts of the rest hold no site."""
    sizes, parents, below = [dimension] * tree.sites, {}, list(range(tree.sites))
    for window, width in zip(tree.windows, widths, strict=True):
        nodes = [len(sizes) + place for place in range(len(below) // window)]
        parents |= {child: nodes[place // window] for place, child in enumerate(below)}
        sizes, below = sizes + [width] * len(nodes), nodes
    found = []
    for chosen in product((False, True), repeat=len(sizes)):
        ends = [
            [(child, "up") if chosen[child] else child, (above, "down", child) if chosen[above] else above]
            for child, above in parents.items()
        ]
        names = {end: end for pair in ends for end in pair}

        def top(end, names=names):
            return end if names[end] == end else top(names[end])

        for one, other in ends:
            names[top(one)] = top(other)
        sides = {}
        for site in range(tree.sites):
            if not chosen[site]:
                sides.setdefault(top(site), set()).add(site in inside)
        if all(len(side) == 1 for side in sides.values()):
            parts = {top(end) for pair in ends for end in pair}
            found.append((prod(size for size, cut in zip(sizes, chosen, strict=True) if cut), len(parts - {*sides})))
    least = min(value for value, _ in found)
    return least, [free for value, free in found if value == least]


@pytest.mark.parametrize("number", range(30))
def test_ground_states_are_minimal_cuts(number):
    """Each counts once, three times for every part without sites that it leaves."""
    tree, dimension, widths, inside = drawn(number)
    least, free = minimal_cuts(tree, dimension, widths, set(inside))
    for order in (2, 3):
        found = averages(tree, dimension, widths, inside, order)
        assert found.cut == least == tree_min_cut(tree, dimension, widths, inside).value
        spins = len(joins(order).pairings) ** sum(tree.positions[:-1])
        greatest = prod(size**places for size, places in zip((dimension, *widths), tree.positions, strict=True))
        assert found.trace * least ** (order - 1) <= spins * greatest**order
        assert found.norm >= greatest**order
    assert averages(tree, dimension, widths, inside).ground_states == sum(3**each for each in free)


@pytest.mark.parametrize(("sizes", "cuts"), [((9, 81, 9), 1), ((9, 9, 81), 2), ((9, 9, 9), 3), ((3, 9, 9), 5)])
@pytest.mark.parametrize("order", [2, 3, 4])
def test_chains_have_fuss_catalan_many_ground_states(sizes, cuts, order):
    found = averages(line(2, 2), sizes[0], sizes[1:], (0, 1), order)
    assert found.ground_states == comb(cuts * order, order) // ((cuts - 1) * order + 1)


@pytest.mark.parametrize("order", [2, 3])
def test_the_deficit_tends_to_the_logarithm_of_the_ground_states(order):
    apart = [abs(found.deficit - found.limit) for found in wide(order)]
    assert apart[0] > apart[1] > apart[2] > 0
    assert apart[2] < 1e-3


def wide(order):
    for size in (10**2, 10**3, 10**6):
        found = averages(line(2, 2, 2), size, (size,) * 3, (0, 1, 4, 5), order)
        assert found.cut == size**2
        yield found


def test_a_part_without_sites_counts_three_times():
    """Seven minimal cuts; that of both quarters leaves the root alone."""
    found = averages(line(2, 2, 2), 5, (5, 5, 5), (0, 1, 4, 5))
    assert found.ground_states == 6 + 3
    assert found.limit == pytest.approx(log(9))
    assert exp(averages(line(2, 2), 5, (5, 5), (0, 1)).limit) == pytest.approx(3)


@pytest.mark.parametrize(("order", "words"), [(1, "order"), (5, "accepted: 2 to 4"), (2.0, "order")])
def test_odd_orders_are_refused(order, words):
    with pytest.raises(ArgumentError, match=words):
        averages(line(2), 2, (2,), (0,), order)
