"""Overlapping circuits: against their formula, known ranks, and the bound that predicts them."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convac.circuits.fields import PRIME_FIELD, REALS, PrimeField
from convac.circuits.overlapping import OverlappingShape, coefficient_tensor, draw
from convac.entanglement.block_rank import distinguishable, front_rank, predicted_rank
from convac.entanglement.brute import matricization
from convac.entanglement.generic_rank import rank
from convac.errors import ArgumentError


def naive(shape, weights, configuration):
    """The network's formula on one input."""
    channels = np.eye(shape.local_dimension)[list(configuration)]
    for maps in weights.layers:
        channels = np.array(
            [
                np.prod([maps[0 if shape.shared else p, k] @ channels[q] for k, q in shape.window(p)], axis=0)
                for p in range(shape.count)
            ]
        )
    return float(weights.output[0] @ channels.prod(axis=0))


@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize("periodic", [True, False])
@pytest.mark.parametrize(("sites", "kernel", "widths"), [((5,), 2, (2, 3)), ((6,), 3, (2, 2)), ((2, 3), 2, (3, 2))])
def test_every_input_has_the_value_of_the_formula(sites, kernel, widths, periodic, shared):
    shape = OverlappingShape(sites, kernel, widths, 2, periodic, shared)
    weights = draw(shape, REALS, np.random.default_rng(0))
    found = coefficient_tensor(shape, weights, REALS).ravel()
    wanted = np.array([naive(shape, weights, each) for each in product(range(2), repeat=shape.count)])
    assert found * (wanted @ found) / (found @ found) == pytest.approx(wanted)


def ranks(shape, seed=0, field=PRIME_FIELD):
    tensor = coefficient_tensor(shape, draw(shape, field, np.random.default_rng(seed)), field)
    masks = [np.arange(shape.count) < size for size in range(1, shape.count // 2 + 1)]
    return [rank(matricization(tensor, mask), field) for mask in masks]


KNOWN = {
    (2, (2, 2)): [2, 4, 8, 8, 8, 8, 8, 8],
    (2, (2, 2, 2)): [2, 4, 8, 16, 32, 32, 32, 32],
    (2, (4, 4, 4)): [2, 4, 8, 16, 32, 60, 64, 64],
    (3, (2, 2, 2)): [2, 4, 8, 16, 32, 64, 128, 256],
}


@pytest.mark.parametrize(("kernel", "widths"), KNOWN)
@pytest.mark.parametrize(("seed", "prime"), [(0, 2**31 - 1), (1, 2**31 - 1), (0, 2**31 - 19)])
def test_known_block_ranks_of_a_ring(kernel, widths, seed, prime):
    shape = OverlappingShape((16,), kernel, widths)
    assert ranks(shape, seed, PrimeField(prime)) == KNOWN[kernel, widths]


@pytest.mark.parametrize("kernel", [1, 2, 3])
def test_one_layer_has_no_more_than_its_width(kernel):
    assert max(ranks(OverlappingShape((10,), kernel, (3,)))) == 3


def test_half_of_a_ring_with_fewer_channels_than_templates():
    # D · min(M, C(D + 1, 2))² at K = L = 2
    assert ranks(OverlappingShape((8,), 2, (2, 2), 3))[-1] == 18


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_the_prediction_is_a_bound_on_any_subset(data):
    sites = data.draw(st.sampled_from([(6,), (8,), (2, 3), (3, 3), (2, 4)]))
    widths = tuple(data.draw(st.lists(st.integers(1, 4), min_size=1, max_size=3)))
    periodic, shared = data.draw(st.booleans()), data.draw(st.booleans())
    shape = OverlappingShape(sites, data.draw(st.integers(1, 2)), widths, 2, periodic, shared)
    inside = sorted(data.draw(st.sets(st.integers(0, shape.count - 1), min_size=1, max_size=shape.count - 1)))
    mask = np.zeros(shape.count, dtype=bool)
    mask[inside] = True
    tensor = coefficient_tensor(shape, draw(shape, PRIME_FIELD, np.random.default_rng(0)), PRIME_FIELD)
    assert rank(matricization(tensor, mask)) <= predicted_rank(shape, inside)


def test_dents_are_configurations_that_shared_weights_cannot_tell_apart():
    shape = OverlappingShape((16,), 2, (4, 4))
    assert front_rank(shape, (4,)) == 16
    assert distinguishable(shape, range(4)) == 14  # 0010 and 0100, 1011 and 1101
    assert ranks(shape)[3] == 14


def test_many_templates_are_cut_below_a_narrow_first_layer():
    # two positions of the first layer straddle, each read once from either side: C(3, 2)² · C(3, 2)² · D
    shape = OverlappingShape((8,), 2, (2, 2, 2), 4)
    assert ranks(shape)[-1] == predicted_rank(shape, range(4)) == 162 < front_rank(shape, (4,))


def test_inner_sites_of_an_open_line_are_read_alike():
    # every site but the first two has the same factor, so that only their number of ones counts
    shape = OverlappingShape((6,), 3, (5,), 2, False)
    assert distinguishable(shape, [2, 3, 4]) == 4
    assert ranks(shape)[-1] == predicted_rank(shape, range(3)) == 4


@pytest.mark.parametrize(("periodic", "wanted"), [(False, 64), (True, 512)])
def test_front_of_a_rectangle_holds_its_perimeter(periodic, wanted):
    # 3×3 in a corner of 4×5: a front of one site leaves 2×2 inside where two sides are the grid's own, else 1
    shape = OverlappingShape((4, 5), 2, (2, 2), 2, periodic)
    assert front_rank(shape, (3, 3)) == wanted


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_blocks_have_the_rank_of_the_front_where_weights_are_per_location(data):
    sites = data.draw(st.sampled_from([(8,), (10,), (2, 4), (3, 3), (3, 4)]))
    width = data.draw(st.integers(2, 4))
    kernel, layers = data.draw(st.integers(2, min(3, *sites))), data.draw(st.integers(1, 3))
    shape = OverlappingShape(sites, kernel, (width,) * layers, 2, data.draw(st.booleans()), shared=False)
    sides = tuple(data.draw(st.integers(1, side)) for side in sites)
    if np.prod(sides) == shape.count:
        sides = (1, *sides[1:])
    inside = np.zeros(sites, dtype=bool)
    inside[tuple(slice(side) for side in sides)] = True
    if 2 * inside.sum() > shape.count:
        return
    tensor = coefficient_tensor(shape, draw(shape, PRIME_FIELD, np.random.default_rng(0)), PRIME_FIELD)
    assert rank(matricization(tensor, inside.ravel())) == front_rank(shape, sides)


def test_parameters_count_maps_that_are_used():
    assert OverlappingShape((8,), 2, (3, 4)).parameters == 2 * (2 * 3 + 3 * 4) + 4
    assert OverlappingShape((8,), 2, (3, 4), shared=False).parameters == 8 * 2 * (2 * 3 + 3 * 4) + 4
    assert OverlappingShape((8,), 2, (3, 4), periodic=False, shared=False).parameters == 15 * (2 * 3 + 3 * 4) + 4


def test_bad_sizes_are_named():
    for arguments, says in [
        (((0,), 1, (2,)), "sites"),
        (((4,), 5, (2,)), "kernel: got 5"),
        (((4,), 2, ()), "widths"),
    ]:
        with pytest.raises(ArgumentError, match=says):
            OverlappingShape(*arguments)
    shape = OverlappingShape((24,), 2, (2,))
    with pytest.raises(ArgumentError, match="too many"):
        coefficient_tensor(shape, draw(shape, REALS, np.random.default_rng(0)), REALS)
