"""Overlapping circuits on sampled rows and columns: their values, their ranks, and what is refused."""

from itertools import product

import numpy as np
import pytest

from convac.circuits.fields import PRIME_FIELD, PrimeField
from convac.circuits.overlapping import OverlappingShape, coefficient_tensor, draw
from convac.entanglement.block_rank import exact_rank, frame_bound, frames, front_rank, mask_of
from convac.entanglement.brute import matricization
from convac.entanglement.window_samples import framed, front_is_proved, sampled_rank, values_on
from convac.errors import ArgumentError

SHAPES = (
    OverlappingShape((3, 3), 2, (3, 2), 2, True, False),
    OverlappingShape((3, 4), 2, (2, 3, 2), 2, False, True),
    OverlappingShape((2, 4), 2, (3,), 2, False, False),
    OverlappingShape((5,), 3, (2, 2), 3, True, True),
)


def templates(sites, dimension):
    return np.indices((dimension,) * sites).reshape(sites, -1).T


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("inside", [[0], [0, 2], [1, 2, 4]])
@pytest.mark.parametrize("prime", [2**31 - 1, 8388593])
def test_sampled_values_are_those_of_the_listed_tensor(shape, inside, prime):
    field, generator = PrimeField(prime), np.random.default_rng(4)
    weights = draw(shape, field, generator)
    whole = matricization(coefficient_tensor(shape, weights, field), mask_of(shape.count, inside))
    rows, columns = (generator.permutation(size)[:7] for size in whole.shape)
    shown = [templates(len(inside), shape.local_dimension), templates(shape.count - len(inside), shape.local_dimension)]
    found = values_on(shape, weights, inside, shown[0][rows], shown[1][columns], field)
    assert (found == whole[np.ix_(rows, columns)]).all()


@pytest.mark.parametrize("shape", SHAPES)
def test_sampled_ranks_are_those_of_all_configurations(shape):
    for inside in ([0, 1], [0, 2, 3], [1, 2, 4]):
        tensor = coefficient_tensor(shape, draw(shape, PRIME_FIELD, np.random.default_rng(1)), PRIME_FIELD)
        exact = exact_rank(tensor, inside)
        assert sampled_rank(shape, inside, frame_bound(shape, inside)) == exact


def test_rows_show_every_pattern_of_the_frame_with_others():
    shape, inside = OverlappingShape((5, 5), 2, (2, 2), 2, False, False), [0, 1, 2, 5, 6, 7, 10, 11, 12]
    frame = [place for place, site in enumerate(inside) if site in frames(shape, inside)[0]]
    rows = framed(np.random.default_rng(0), shape, inside, 3)
    assert len(rows) == len({*map(tuple, rows.tolist())}) == 3 * 2 ** len(frame)
    assert len({*map(tuple, rows[:, frame].tolist())}) == 2 ** len(frame) == 32


def test_a_grid_of_36_sites_has_the_rank_of_its_front():
    shape, sides = OverlappingShape((6, 6), 2, (3, 3), shared=False, periodic=False), (3, 3)
    inside = [row * 6 + column for row in range(3) for column in range(3)]
    assert front_is_proved(shape, sides)
    assert sampled_rank(shape, inside, 512) == front_rank(shape, sides) == 96


def test_what_a_position_sees_must_be_listable():
    shape = OverlappingShape((6, 6), 3, (2, 2, 2, 2), shared=False)
    with pytest.raises(ArgumentError, match=r"^widths: a position sees 25 sites; accepted: 2097152 of their inputs$"):
        sampled_rank(shape, [0], 2)


def test_the_front_is_proved_where_the_argument_reaches_and_holds_there():
    for sides, periodic in product(((2, 2), (1, 3)), (True, False)):
        for widths in ((3, 1), (2, 3, 1), (1, 3)):
            shape = OverlappingShape((3, 4), 2, widths, 2, periodic, False)
            inside = [row * 4 + column for row in range(sides[0]) for column in range(sides[1])]
            tensor = coefficient_tensor(shape, draw(shape, PRIME_FIELD, np.random.default_rng(2)), PRIME_FIELD)
            proved = front_is_proved(shape, sides)
            assert proved <= (exact_rank(tensor, inside) == front_rank(shape, sides))
            assert not (proved and widths == (1, 3))
    assert not front_is_proved(OverlappingShape((3, 4), 2, (2, 2)), (1, 2))
