"""Limits on bytes and seconds: what is refused, in which words, before anything is allocated."""

import math
import tracemalloc

import numpy as np
import pytest

from convac.circuits.tree import random_circuit
from convac.entanglement.generic_rank import TreeShape, generic_rank
from convac.entanglement.limits import RATES, Limits, seconds
from convac.entanglement.measure import measure
from convac.errors import ArgumentError, MemoryLimitError, TimeLimitError
from convac.geometry.trees import PoolingTree


def drawn(width, side=8, shared=False):
    tree = PoolingTree.named("square", (side, side))
    return random_circuit(tree, 2, (width,) * tree.levels, np.random.default_rng(0), shared=shared)


@pytest.mark.parametrize("value", [0, -1, math.nan, None, True, "2e9", [1e9], 1j, -math.inf])
@pytest.mark.parametrize("name", ["memory_limit", "time_limit"])
def test_a_limit_is_a_positive_number(name, value):
    with pytest.raises(ArgumentError, match=rf"^{name}: got .*; accepted: a positive number"):
        measure(drawn(2), "left-right", **{name: value})


@pytest.mark.parametrize("value", [math.inf, 2**31, np.int64(2**31), np.float32(1e9), 1e9])
@pytest.mark.parametrize("name", ["memory_limit", "time_limit"])
def test_numbers_of_numpy_and_infinity_are_limits(name, value):
    assert measure(drawn(2), "left-right", **{name: value}).engine == "spectrum"


@pytest.mark.parametrize("engine", RATES)
@pytest.mark.parametrize("operations", [10**15, 10**300, 10**5000], ids=["many", "more", "astronomical"])
def test_refusals_are_one_line_however_large_the_numbers(engine, operations):
    for limits in (Limits(), Limits(1e-300, 1e-300), Limits(math.inf, 1e9)):
        for needed in (0, 10**5000):
            if needed > limits.memory or seconds(engine, operations) > limits.seconds:
                with pytest.raises((MemoryLimitError, TimeLimitError)) as refusal:
                    limits.check(engine, needed, operations)
                assert not limits.allow(engine, needed, operations)
                said = str(refusal.value)
                assert said.startswith(f"engine {engine}: ")
                assert "accepted: up to memory_limit, " in said or "accepted: up to time_limit, " in said
                assert len(said) < 200
    Limits(math.inf, math.inf).check(engine, 10**5000, operations)


def test_seconds_are_stated_and_the_limit_can_be_raised():
    circuit = drawn(40, side=16)
    tracemalloc.start()
    with pytest.raises(TimeLimitError, match=r"engine renyi2: takes about [\d.e+]+ s; accepted: up to time_limit, 3 s"):
        measure(circuit, "interleaved", engine="renyi2", time_limit=3)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2**22
    with pytest.raises(TimeLimitError, match="time_limit"):
        measure(drawn(2), "left-right", engine="spectrum", time_limit=1e-9)


def test_auto_takes_an_engine_within_both_limits():
    circuit = drawn(6)
    free = measure(circuit, "left-right")
    assert free.engine == "spectrum"
    with pytest.raises(TimeLimitError):
        measure(circuit, "left-right", time_limit=1e-9)
    mixed = measure(circuit, "interleaved", memory_limit=math.inf)
    assert (mixed.engine, math.isnan(mixed.entropy)) == ("renyi2", True)


def test_exact_ranks_have_limits():
    family = TreeShape(PoolingTree.named("square", (64, 64)), 4, (16,) * 6, (True,) * 6)
    with pytest.raises(TimeLimitError, match="engine generic_rank"):
        generic_rank(family, "checkerboard", memory_limit=math.inf)
    large = TreeShape(PoolingTree.named("square", (256, 256)), 4, (16,) * 8, (True,) * 8)
    with pytest.raises(MemoryLimitError, match="engine generic_rank"):
        generic_rank(large, "checkerboard")
