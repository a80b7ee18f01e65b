"""Entanglement engines of trees: against brute force on random small circuits, and against exactly known facts."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convac.circuits.tree import Circuit, random_circuit
from convac.entanglement import measures, renyi2, spectrum
from convac.entanglement.limits import Limits
from convac.entanglement.measure import measure
from convac.geometry.partitions import Partition
from convac.geometry.trees import PoolingTree

WINDOWS = [(2,), (5,), (8,), (2, 2), (2, 3), (3, 2), (4, 2), (2, 4), (3, 3), (2, 2, 2)]
ALWAYS = settings(max_examples=60, deadline=None, derandomize=True)


def drawn(seed):
    """A random small circuit (any windows, order, sharing, sign), a proper subset of its sites, and an output."""
    generator = np.random.default_rng(seed)
    windows = WINDOWS[generator.integers(len(WINDOWS))]
    count = math.prod(windows)
    tree = PoolingTree((count,), tuple(generator.permutation(count).tolist()), windows)
    local_dimension = int(generator.integers(1, 5 if count <= 6 else 3 if count == 8 else 2 + (count < 8)))
    widths = tuple(generator.integers(1, 6, size=len(windows)).tolist())
    shared, positive = generator.integers(2, size=2).astype(bool).tolist()
    circuit = random_circuit(
        tree,
        local_dimension,
        widths,
        generator,
        shared=shared,
        positive=positive,
        classes=int(generator.integers(1, 4)),
    )
    inside = generator.permutation(count)[: generator.integers(1, count)].tolist()
    if generator.integers(2):
        return circuit, inside, int(generator.integers(circuit.classes))
    return circuit, inside, generator.normal(size=circuit.classes)


def mixed_sharing(seed):
    """A circuit whose levels are shared and per location in turn."""
    generator = np.random.default_rng(seed)
    tree = PoolingTree.named("line", (8,))
    shared, located = (random_circuit(tree, 2, (3, 4, 2), generator, shared=kind) for kind in (True, False))
    pattern = generator.integers(2, size=3)
    weights = tuple((shared, located)[kind].weights[level] for level, kind in enumerate(pattern))
    return Circuit(tree, 2, weights, shared.output)


def pairs_tree(sites):
    return PoolingTree((sites,), tuple(range(sites)), (2,) * int(math.log2(sites)))


# ---- engines against brute force


@pytest.mark.parametrize("chunk", range(8))
def test_every_engine_agrees_with_brute_force(chunk):
    for seed in range(50 * chunk, 50 * chunk + 50):
        circuit, inside, output = drawn(seed)
        oracle = measure(circuit, inside, output=output, engine="brute")
        exact = measure(circuit, inside, output=output, engine="spectrum")
        # four copies lose the most: one of these circuits cancels to what they bound to 9e-5 nats alone
        replica = measure(circuit, inside, output=output, engine="renyi2", largest_error=1e-4)
        assert exact.entropy == pytest.approx(oracle.entropy, abs=1e-9), seed
        assert exact.geometric_measure == pytest.approx(oracle.geometric_measure, abs=1e-9), seed
        assert exact.schmidt_number == oracle.schmidt_number, seed
        short = min(len(exact.spectrum), len(oracle.spectrum))
        assert exact.spectrum[:short] == pytest.approx(oracle.spectrum[:short], abs=1e-9), seed
        assert replica.renyi2 == pytest.approx(oracle.renyi2, abs=1e-7), seed


@pytest.mark.parametrize("seed", range(12))
def test_levels_may_differ_in_sharing(seed):
    circuit = mixed_sharing(seed)
    inside = np.flatnonzero(np.random.default_rng(seed).integers(2, size=8) | (np.arange(8) == seed % 8))
    inside = inside[:7]
    oracle = measure(circuit, inside, engine="brute")
    assert measure(circuit, inside, engine="spectrum").entropy == pytest.approx(oracle.entropy, abs=1e-9)
    assert measure(circuit, inside, engine="renyi2").renyi2 == pytest.approx(oracle.renyi2, abs=1e-8)


@pytest.mark.parametrize("shared", [True, False])
def test_both_tree_engines_agree_beyond_brute_force(shared):
    tree = PoolingTree.named("square", (16, 16))
    generator = np.random.default_rng(2)
    circuit = random_circuit(tree, 3, (6, 5, 6, 4), generator, shared=shared)
    two_blocks = [site for site in range(256) if site // 16 < 8 and site % 16 >= 8] + [0, 255]
    for partition in ("left-right", "block", "start-end", two_blocks):
        by_spectrum = measure(circuit, partition, engine="spectrum")
        by_renyi2 = measure(circuit, partition, engine="renyi2")
        assert by_renyi2.renyi2 == pytest.approx(by_spectrum.renyi2, abs=1e-8)


# ---- invariants


@ALWAYS
@given(st.integers(0, 2**32))
def test_entropy_rank_and_cut_bound_one_another(seed):
    circuit, inside, output = drawn(seed)
    result = measure(circuit, inside, output=output, engine="spectrum")
    assert -1e-12 <= result.renyi2 <= result.entropy + 1e-9
    assert result.entropy <= math.log(result.schmidt_number) + 1e-7
    assert result.schmidt_number <= result.min_cut.value
    assert 0 <= result.geometric_measure <= 1 - 1 / result.schmidt_number + 1e-9
    assert result.participation == pytest.approx(math.exp(result.renyi2))


@ALWAYS
@given(st.integers(0, 2**32))
def test_i_and_its_complement_are_equally_entangled(seed):
    circuit, inside, output = drawn(seed)
    complement = sorted(set(range(circuit.tree.sites)) - set(inside))
    one, other = (measure(circuit, side, output=output, engine="spectrum") for side in (inside, complement))
    assert other.entropy == pytest.approx(one.entropy, abs=1e-9)
    assert other.schmidt_number == one.schmidt_number
    one, other = (measure(circuit, side, output=output, engine="renyi2") for side in (inside, complement))
    assert other.renyi2 == pytest.approx(one.renyi2, abs=1e-7)


@ALWAYS
@given(st.integers(0, 2**32))
def test_relabelling_the_sites_of_tree_and_partition_changes_nothing(seed):
    circuit, inside, output = drawn(seed)
    names = np.random.default_rng(seed).permutation(circuit.tree.sites)
    tree = replace(circuit.tree, order=tuple(int(names[site]) for site in circuit.tree.order))
    renamed = measure(replace(circuit, tree=tree), names[inside], output=output, engine="spectrum")
    result = measure(circuit, inside, output=output, engine="spectrum")
    assert renamed.entropy == pytest.approx(result.entropy, abs=1e-9)
    assert renamed.min_cut.value == result.min_cut.value


@ALWAYS
@given(st.integers(0, 2**32))
def test_swapping_the_children_of_windows_under_shared_weights_changes_nothing(seed):
    generator = np.random.default_rng(seed)
    tree = PoolingTree.named("square", (4, 4))
    circuit = random_circuit(tree, 2, (3, 4), generator, shared=True)
    order = np.array(tree.order).reshape(4, 4)[generator.permutation(4)]
    order = np.stack([generator.permutation(row) for row in order]).ravel()
    swapped = replace(circuit, tree=replace(tree, order=tuple(order.tolist())))
    inside = generator.permutation(16)[: generator.integers(1, 16)]
    result, other = (measure(net, inside, engine="renyi2") for net in (circuit, swapped))
    assert other.renyi2 == pytest.approx(result.renyi2, abs=1e-7)


@ALWAYS
@given(st.integers(0, 2**32))
def test_a_change_of_basis_at_the_sites_keeps_the_rank_and_a_unitary_one_the_entropy(seed):
    circuit, inside, output = drawn(seed)
    generator = np.random.default_rng(seed)
    sites, dimension = circuit.tree.sites, circuit.local_dimension
    first = np.broadcast_to(circuit.weights[0], (sites, *circuit.weights[0].shape[-2:]))
    bases, _ = np.linalg.qr(generator.normal(size=(sites, dimension, dimension)))
    stretched = bases * generator.uniform(0.5, 2, size=(sites, 1, dimension))
    result, rotated, skewed = (
        measure(replace(circuit, weights=(weight, *circuit.weights[1:])), inside, output=output, engine="spectrum")
        for weight in (first, first @ bases, first @ stretched)
    )
    assert rotated.entropy == pytest.approx(result.entropy, abs=1e-9)
    assert rotated.schmidt_number == skewed.schmidt_number == result.schmidt_number


@ALWAYS
@given(st.integers(0, 2**32), st.floats(-200, 200))
def test_a_factor_on_any_level_changes_nothing(seed, exponent):
    circuit, inside, output = drawn(seed)
    scaled = replace(circuit, weights=(circuit.weights[0] * math.exp(exponent), *circuit.weights[1:]))
    for engine, name in (("spectrum", "entropy"), ("renyi2", "renyi2")):
        result, other = (measure(net, inside, output=output, engine=engine) for net in (circuit, scaled))
        assert getattr(other, name) == pytest.approx(getattr(result, name), abs=1e-7)


# ---- exactly known values


@pytest.mark.parametrize("engine", ["brute", "spectrum", "renyi2"])
def test_a_product_state_has_no_entanglement(engine):
    circuit = random_circuit(pairs_tree(8), 2, (1, 1, 1), np.random.default_rng(0))
    result = measure(circuit, [0, 3, 5], engine=engine)
    assert result.renyi2 == pytest.approx(0, abs=1e-12)
    assert result.min_cut.value == 1
    if engine != "renyi2":
        assert result.entropy == pytest.approx(0, abs=1e-12)
        assert result.schmidt_number == 1


@pytest.mark.parametrize("engine", ["brute", "spectrum", "renyi2"])
@pytest.mark.parametrize(("terms", "dimension"), [(2, 2), (2, 4), (3, 4), (4, 4)])
def test_equal_orthonormal_terms_give_the_logarithm_of_their_number(engine, terms, dimension):
    basis, _ = np.linalg.qr(np.random.default_rng(terms).normal(size=(dimension, dimension)))
    tree = PoolingTree((6,), tuple(range(6)), (6,))
    circuit = Circuit(tree, dimension, (basis[:terms],), np.ones((1, terms)))
    for inside in ([0], [1, 4], [0, 2, 5], range(5)):
        result = measure(circuit, inside, engine=engine)
        assert result.renyi2 == pytest.approx(math.log(terms))
        if engine != "renyi2":
            assert result.entropy == pytest.approx(math.log(terms))
            assert result.schmidt_number == terms


def test_mirror_swaps_what_square_sees():
    square, mirror = (PoolingTree.named(geometry, (8, 8)) for geometry in ("square", "mirror"))
    for shared in (True, False):
        circuit = random_circuit(square, 2, (3, 4, 3), np.random.default_rng(3), shared=shared)
        folded = replace(circuit, tree=mirror)
        for partition in ("left-right", "top-bottom", "interleaved", "checkerboard", "centre"):
            mask = Partition.of((8, 8), partition).mask
            seen = np.zeros(64, dtype=bool)
            seen[list(square.order)] = mask[list(mirror.order)]
            in_mirror = measure(folded, partition, engine="renyi2")
            in_square = measure(circuit, np.flatnonzero(seen), engine="renyi2")
            assert in_mirror.renyi2 == pytest.approx(in_square.renyi2, abs=1e-8)
            assert in_mirror.min_cut.value == in_square.min_cut.value
    left_right = {tree: measure(replace(circuit, tree=tree), "left-right").min_cut.value for tree in (square, mirror)}
    assert left_right == {square: 3, mirror: 3**16}


@pytest.mark.parametrize("seed", range(10))
def test_pairs_tree_left_right_and_odd_even_ranks(seed):
    """Per-location generic weights, all dimensions powers of two: 1605.06743 §5, 1704.01552 §4."""
    generator = np.random.default_rng(seed)
    for sites in (4, 8, 16):
        tree = pairs_tree(sites)
        local_dimension, *widths = (2 ** generator.integers(1, 3, size=tree.levels + 1)).tolist()
        circuit = random_circuit(tree, local_dimension, tuple(widths), generator)
        bounds = [widths[-1], local_dimension ** (sites // 2)]
        bounds += [width ** (sites // 4 >> level) for level, width in enumerate(widths[:-1])]
        halves = measure(circuit, "left-right", engine="spectrum")
        assert halves.schmidt_number == min(bounds) == halves.min_cut.value
        if sites < 16:
            comb = measure(circuit, "interleaved", engine="spectrum", tolerance=1e-12)
            assert comb.schmidt_number == min(widths[0], local_dimension) ** (sites // 2) == comb.min_cut.value


@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize("width", [1, 3, 5, 12])
def test_a_shallow_rank_is_at_most_its_width_and_the_smaller_side(shared, width):
    tree = PoolingTree((7,), tuple(range(7)), (7,))
    circuit = random_circuit(tree, 2, (width,), np.random.default_rng(width), shared=shared)
    for size in range(1, 7):
        result = measure(circuit, range(size), engine="spectrum", tolerance=1e-12)
        bound = min(width, 2 ** min(size, 7 - size))
        assert result.schmidt_number <= bound == result.min_cut.value
        # under shared weights a side of n sites sees symmetric tensors alone, n + 1 dimensions for M = 2
        assert result.schmidt_number == (min(bound, 1 + min(size, 7 - size)) if shared else bound)


@pytest.mark.parametrize("seed", range(5))
def test_the_smallest_tree_whose_rank_is_below_its_cut(seed):
    tree = PoolingTree((9,), tuple(range(9)), (3, 3))
    circuit = random_circuit(tree, 2, (3, 2), np.random.default_rng(seed))
    result = measure(circuit, [2, 5, 6, 7, 8], engine="spectrum")
    assert (result.schmidt_number, result.min_cut.value) == (7, 8)
    assert measure(circuit, [2, 5, 6, 7, 8], engine="brute").schmidt_number == 7


def test_weight_sharing_lowers_ranks_of_the_pairs_tree():
    generator = np.random.default_rng(0)
    shared, located = (random_circuit(pairs_tree(16), 2, (4,) * 4, generator, shared=kind) for kind in (True, False))
    ranks = [
        [measure(circuit, range(size), engine="spectrum").schmidt_number for size in range(1, 9)]
        for circuit in (shared, located)
    ]
    assert ranks == [[2, 3, 6, 4, 8, 12, 8, 4], [2, 4, 8, 4, 8, 16, 8, 4]]


# ---- large circuits and large dynamic ranges


@pytest.fixture(scope="module")
def large_circuits():
    generator = np.random.default_rng(7)
    shapes = [(16, 2), *[(16, 16)] * 4]
    weights = tuple(np.exp(generator.uniform(-1, 1, shape)) for shape in shapes)
    output = np.exp(generator.uniform(-1, 1, (2, 16)))
    return {name: Circuit(PoolingTree.named(name, (32, 32)), 2, weights, output) for name in ("square", "mirror")}


@pytest.mark.parametrize("geometry", ["square", "mirror"])
@pytest.mark.parametrize("partition", ["left-right", "top-bottom", "interleaved"])
def test_positive_weights_over_a_thousand_sites_stay_finite(large_circuits, geometry, partition):
    circuit = large_circuits[geometry]
    for output in (0, [0.5, 0.5]):
        result = measure(circuit, partition, output=output)
        assert math.isfinite(result.renyi2)
        assert 0 <= result.renyi2 <= result.min_cut.log
        mask = Partition.of((32, 32), partition).mask
        assert renyi2.needed_bytes(circuit, mask) < 2**24
        if result.engine == "spectrum":
            assert math.isfinite(result.entropy)
            replica = measure(circuit, partition, output=output, engine="renyi2")
            assert replica.renyi2 == pytest.approx(result.renyi2, abs=1e-8)
    assert result.engine == ("spectrum" if (geometry, partition) in TRACTABLE else "renyi2")


TRACTABLE = {("square", "left-right"), ("square", "top-bottom")}


@pytest.mark.parametrize("spread", [1, 30, 300])
@pytest.mark.parametrize("positive", [True, False])
def test_huge_dynamic_ranges_neither_overflow_nor_underflow(spread, positive):
    generator = np.random.default_rng(spread)
    tree = PoolingTree.named("line", (64,))
    weights = []
    for width in (2, *[3] * 5):
        sign = 1 if positive else generator.choice([-1, 1], size=(3, width))
        weights.append(sign * np.exp(generator.uniform(-spread, spread, (3, width))))
    circuit = Circuit(tree, 2, tuple(weights), np.ones((1, 3)))
    for partition in ("left-right", range(5), [0, 40]):
        mask = Partition.of((64,), partition).mask
        values = spectrum.spectrum(circuit, mask, Limits()).singular_values
        found = renyi2.renyi2(circuit, mask, Limits())
        assert np.isfinite(values).all()
        assert found.error < 1e-6
        assert found.value == pytest.approx(measures.renyi(values, 2), abs=1e-7)


@pytest.mark.parametrize("positive", [False, True])
@pytest.mark.parametrize(("dimension", "window"), [(2, 12), (3, 8), (4, 6)])
def test_equal_blocks_pooled_at_once_are_those_pooled_one_by_one(rng, dimension, window, positive):
    tree = PoolingTree.named("line", (window,), (window,))
    circuit = random_circuit(tree, dimension, (7,), rng, shared=True, positive=positive)
    for inside in (range(window // 2), range(1, window), [0, 2, 3]):
        partition = Partition.of((window,), inside)
        found = measure(circuit, partition, engine="spectrum")
        assert found.entropy == pytest.approx(measure(circuit, partition, engine="brute").entropy, abs=1e-9)
