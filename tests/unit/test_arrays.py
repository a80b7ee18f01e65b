"""What users hand in is taken as it is given, or refused in one line that names the argument."""

import math
from collections import UserList, deque
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
import torch

from convac.arrays import boolean, grid_shape, integer, integers, number, numbers, real, series
from convac.circuits.tree import random_circuit
from convac.circuits.tree_tensors import TreeTensorNetwork
from convac.errors import ArgumentError
from convac.geometry.partitions import Partition
from convac.geometry.trees import PoolingTree

TENSORS = [torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.float8_e4m3fn, torch.float8_e5m2]
ARRAYS = [np.float64, np.float32, np.float16, np.longdouble, np.int8, np.uint64, ">f8", "<i4"]


@pytest.mark.parametrize("dtype", ARRAYS)
def test_real_numbers_of_numpy(dtype):
    found = real(np.array([[1, 2], [3, 4]], dtype=dtype), "weights", (2, "channels"))
    assert found.dtype == np.float64
    assert found.tolist() == [[1, 2], [3, 4]]


@pytest.mark.parametrize("dtype", [*TENSORS, torch.int64, torch.uint8])
def test_real_numbers_of_torch(dtype):
    found = real(torch.tensor([1.0, 0.5, 2.0]).to(dtype), "weights")
    assert found.dtype == np.float64
    assert found.tolist() == [1.0, 0.5 if dtype.is_floating_point else 0.0, 2.0]


def test_lists_tuples_and_what_has_gradients():
    leaf = torch.tensor([1.0, 2.0], requires_grad=True)
    assert real(leaf, "weights").tolist() == real([leaf, leaf], "weights")[0].tolist() == [1.0, 2.0]
    assert real((1, 2.5), "weights").tolist() == [1.0, 2.5]
    assert real(3, "weights").shape == ()
    assert real(range(3), "weights").tolist() == [0.0, 1.0, 2.0]
    assert real([True, False], "weights", booleans=True).tolist() == [1.0, 0.0]
    assert real(torch.eye(2).to_sparse(), "weights").tolist() == [[1, 0], [0, 1]]


def test_a_tensor_is_copied_and_an_array_is_not():
    tensor, array = torch.zeros(2, dtype=torch.float64), np.zeros(2)
    found = real(tensor, "weights")
    tensor += 1
    assert found.tolist() == [0.0, 0.0]
    assert real(array, "weights") is array


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (np.array([1, 1j]), "complex"),
        ([1, 1 + 0j], "complex"),
        (torch.tensor([1j]), "complex"),
        ("12", "text"),
        (["1", "2"], "text"),
        ([1, "2"], "text"),
        (None, "no plain numbers"),
        ([1, None], "no plain numbers"),
        ({1, 2}, "no plain numbers"),
        ([Fraction(1, 2)], "no plain numbers"),
        (np.array([(1, 2)], dtype=[("a", int), ("b", int)]), "no plain numbers"),
        (np.array(["2020-01-01"], dtype="M8[D]"), "dates"),
        ([True, False], "booleans"),
        ([True, 2.0], "booleans"),
        ([[1.0, 2.0], (3.0, np.bool_(True))], "booleans"),
        ([np.array([True]), np.array([2])], "booleans"),
        (torch.tensor([True]), "booleans"),
        ([[1, 2], [3]], "differ in length"),
        ([torch.ones(2), torch.ones(3)], "differ in length"),
        ([], "at least one"),
        (np.ones((2, 0)), "at least one"),
        ([1, math.nan], "finite"),
        (torch.tensor([math.inf]), "finite"),
        (np.ma.masked_array([1.0, 2.0], mask=[True, False]), "masked"),
        ([np.ma.masked_array([1.0, 2.0], mask=[True, False])], "masked"),
        (np.ma.masked_array(1.0, mask=True), "masked"),
        (deque([True, 2.0]), "booleans"),
        (UserList([1.0, False]), "booleans"),
        ([[torch.tensor(True), torch.tensor(2.0)]], "booleans"),
        (bytearray(b"01"), "bytes"),
        (memoryview(b"01"), "bytes"),
        (torch.ones(2, device="meta"), "meta"),
        (np.longdouble("1e400"), "range"),
        (np.longdouble("1e-400"), "range"),
    ],
)
def test_what_is_no_array_of_real_numbers_is_refused(value, words):
    with pytest.raises(ArgumentError, match=words) as refusal:
        real(value, "weights")
    assert str(refusal.value).startswith("weights: ")
    assert len(str(refusal.value)) <= 200


@pytest.mark.parametrize("shape", [(2, 2), (3,), (), ("n", "m"), (1, 2, 3)])
def test_shapes_are_asked_for(shape):
    with pytest.raises(ArgumentError, match=r"labels: has shape \[2\]; accepted: \["):
        real([1, 2], "labels", shape)


def test_complex_numbers_stay_complex_where_they_are_accepted():
    assert numbers([1, 1j], "state").dtype == np.complex128
    assert numbers(torch.tensor([1j], dtype=torch.complex64), "state").tolist() == [1j]
    assert numbers([1, 2], "state").dtype == np.float64
    for bad in ([1j, math.nan], ["1"], [True], [[1j], [1j, 2]], []):
        with pytest.raises(ArgumentError, match="state") as refusal:
            numbers(bad, "state")
        assert "real" not in str(refusal.value)


@pytest.mark.parametrize("value", [3, np.int8(3), np.uint64(3), np.array(3), torch.tensor(3)])
def test_integers_of_every_library(value):
    assert integer(value, "seed") == 3
    assert type(integer(value, "seed")) is int
    assert integers([value, value], "order") == (3, 3)


@pytest.mark.parametrize("value", [3.0, True, np.True_, "3", None, [3], np.array([3]), torch.tensor(True), 3j])
def test_what_is_no_integer_is_refused(value):
    with pytest.raises(ArgumentError, match=r"seed: got .*; accepted: an integer"):
        integer(value, "seed")
    with pytest.raises(ArgumentError, match=r"order: .*; accepted: integers"):
        integers([1, value], "order")


def test_integers_come_from_any_series():
    for value in ((1, 2), [1, 2], range(1, 3), {1: 0, 2: 0}.keys(), iter([1, 2]), np.array([1, 2], dtype=np.uint8)):
        assert integers(value, "order") == (1, 2)
    assert integers(torch.tensor([1, 2]), "order") == (1, 2)
    assert integers([], "order") == ()
    for bad in (3, None, "12", b"12", {1: 2}, np.array([1.0]), np.array([[1]]), np.array([True]), torch.ones(2)):
        with pytest.raises(ArgumentError, match="order"):
            integers(bad, "order")


def test_ranges_of_integers():
    for least, most, words in ((1, None, "≥ 1"), (None, -1, "≤ -1"), (1, 5, "from 1 to 5")):
        with pytest.raises(ArgumentError, match=words):
            integer(0, "seed", least, most)
        with pytest.raises(ArgumentError, match=words):
            integers([0], "seed", least, most)


def test_shapes_of_lines_and_grids():
    assert grid_shape((4,)) == (4,)
    assert grid_shape(np.array([4, 5])) == (4, 5)
    for bad in (4, (), (2, 2, 2), (0, 4), (4.0, 4.0), "44", (True, 2), None, [[2, 2]], (-1,)):
        with pytest.raises(ArgumentError, match=r"sites: got .*; accepted: 1 or 2 positive sides"):
            grid_shape(bad)


@pytest.mark.parametrize("value", [0.5, np.float32(0.5), np.array(0.5), torch.tensor(0.5, dtype=torch.bfloat16)])
def test_finite_numbers(value):
    assert number(value, "tolerance", above=0, below=1) == 0.5
    assert number(1, "limit", least=1, most=1) == 1.0


@pytest.mark.parametrize("value", [0, 1, -1.0, math.nan, math.inf, "0.5", None, True, 0.5j, [0.5], 10**400])
def test_what_is_no_finite_number_in_range_is_refused(value):
    with pytest.raises(ArgumentError, match=r"tolerance: got .*; accepted: a finite number > 0 and < 1$"):
        number(value, "tolerance", above=0, below=1)


def test_a_data_frame_is_its_numbers_not_the_names_of_its_columns():
    mask = pd.DataFrame([[True, False], [False, False]])
    assert Partition.of((2, 2), mask).inside == (0,)
    assert real(pd.DataFrame(np.eye(2)), "weights").tolist() == [[1, 0], [0, 1]]
    assert integers(pd.Series([3, 1], index=["a", "b"]), "widths") == (3, 1)
    for frame in (mask, pd.DataFrame([[0, 1], [1, 0]])):
        with pytest.raises(ArgumentError, match=r"widths: .* of shape"):
            integers(frame, "widths")


def test_tensors_in_nested_lists_keep_their_numbers():
    nested = [[torch.tensor(1.0, requires_grad=True), torch.tensor(2.0, dtype=torch.bfloat16)], [3, np.float32(4)]]
    assert real(nested, "weights").tolist() == [[1, 2], [3, 4]]


@pytest.mark.parametrize("value", [0, 1, None, "False", "", [], [True], np.array(True), torch.tensor(True), 1.0])
def test_a_boolean_is_true_or_false_alone(value):
    with pytest.raises(ArgumentError, match=r"shared: got .*; accepted: True or False"):
        boolean(value, "shared")
    with pytest.raises(ArgumentError, match="accepted: True or False"):
        random_circuit(PoolingTree.named("line", (4,)), 2, (2, 2), np.random.default_rng(0), shared=value)
    assert boolean(np.True_, "shared") is True


@pytest.mark.parametrize("value", [5, None, "12", b"12", bytearray(b"12"), {"a": 1}, np.array(3), torch.tensor(3)])
def test_what_has_no_entries_is_no_series(value):
    with pytest.raises(ArgumentError, match=r"orders: got .*; accepted: numbers"):
        series(value, "orders", "numbers")
    assert series((entry for entry in (1, 2)), "orders", "numbers") == [1, 2]


def test_a_tensor_of_images_is_no_list_of_sites():
    network = TreeTensorNetwork.of(random_circuit(PoolingTree.named("line", (4,)), 2, (2, 2), np.random.default_rng(0)))
    images = np.random.default_rng(1).normal(size=(4, 4, 2))  # as many images as sites
    right = network.amplitudes(images)
    assert np.array_equal(network.amplitudes(torch.tensor(images)), right)
    assert np.array_equal(network.amplitudes(list(images.swapaxes(0, 1))), right)
    with pytest.raises(ArgumentError, match="site 1 has 1 rows, site 0 4; accepted: as many"):
        network.amplitudes([np.ones((4, 2)), np.ones((1, 2)), np.ones((4, 2)), np.ones((4, 2))])
