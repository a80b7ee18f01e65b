"""Limits on bytes and seconds: what is refused, in which words, before anything is allocated."""

import logging
import math
import subprocess
import sys
import tracemalloc
from functools import partial

import numpy as np
import pytest

from convac import progress
from convac.circuits.fields import PRIME_FIELD
from convac.circuits.files import write_circuit
from convac.circuits.tree import random_circuit
from convac.cli import main
from convac.entanglement import bond_costs, truncation
from convac.entanglement.generic_rank import TreeShape, generic_rank, needed, sampled_rows
from convac.entanglement.limits import RATES, Limits, seconds
from convac.entanglement.measure import measure
from convac.errors import ArgumentError, MemoryLimitError, TimeLimitError
from convac.geometry.partitions import Partition
from convac.geometry.trees import PoolingTree
from convac.mixtures import costs, entropies
from convac.mixtures.families import random_mixture
from convac.mixtures.likelihood import maximised


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
        for memory in (0, 10**5000):
            if memory > limits.memory or seconds(engine, operations) > limits.seconds:
                with pytest.raises((MemoryLimitError, TimeLimitError)) as refusal:
                    limits.check(engine, memory, operations)
                assert not limits.allow(engine, memory, operations)
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


# geometry, sites, windows, M, widths, whether shared, partition
FAMILIES = {
    "two levels": ("line", (4,), (2, 2), 3, (256, 256), False, "left-right"),
    "one level": ("line", (16,), (16,), 3, (256,), False, "interleaved"),
    "pairs": ("line", (32,), None, 4, (16,) * 5, False, "interleaved"),
    "shared": ("square", (16, 16), None, 4, (32,) * 4, True, "checkerboard"),
    "some sites": ("line", (8,), None, 4, (64,) * 3, False, [0, 3, 4, 5]),
    "uneven widths": ("line", (8,), None, 4, (300, 20, 200), False, [0, 3, 4, 5]),
    "wide columns": ("line", (8,), None, 8, (32,) * 3, False, [0]),
}


@pytest.mark.parametrize("name", FAMILIES)
def test_the_memory_of_listing_a_rank_is_as_stated(name):
    geometry, sites, windows, dimension, widths, shared, chosen = FAMILIES[name]
    family = TreeShape(PoolingTree.named(geometry, sites, windows), dimension, widths, (shared,) * len(widths))
    mask, samples = Partition.of(sites, chosen).mask, 128
    stated, _ = needed(family, mask, samples)
    tracemalloc.start()
    rows = next(sampled_rows(family, mask, samples, 0, PRIME_FIELD))
    peak = tracemalloc.get_traced_memory()[1] + 8 * samples**2
    tracemalloc.stop()
    assert rows.shape[1] == samples
    assert peak / 1.1 < stated < 1.3 * peak


MEASURED = """
import re, sys
from convac.entanglement.generic_rank import TreeShape, generic_rank, needed
from convac.geometry.partitions import Partition
from convac.geometry.trees import PoolingTree

def peak():
    return 1024 * int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1])

generic_rank(TreeShape(PoolingTree.named("line", (4,)), 2, (2, 2), (False,) * 2), "interleaved")
family = TreeShape(PoolingTree.named("line", (24,), (2, 12)), 2, (2, 2), (False, False))
before, samples = peak(), 1280
assert generic_rank(family, "interleaved", samples=samples).value == samples
print(needed(family, Partition.of((24,), "interleaved").mask, samples)[0], peak() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads the peak from /proc")
def test_the_memory_of_a_rank_is_as_stated():
    done = subprocess.run([sys.executable, "-c", MEASURED], capture_output=True, text=True, check=True)
    stated, peak = map(int, done.stdout.split())
    assert peak / 1.3 < stated < 1.3 * peak


ANY = {"memory_limit": math.inf, "time_limit": math.inf}
RNG = np.random.default_rng(0)
WIDE = random_circuit(PoolingTree.named("square", (8, 8)), 2, (8,) * 3, RNG, classes=3)
IMAGES = RNG.integers(2, size=(300, 64))
MIXTURES = {
    kind: random_mixture("dirichlet", PoolingTree.named("square", (8, 8)), 6, kind, RNG)
    for kind in ("binary", "Gaussian")
}
VALUES = {kind: model.sample(200, RNG)[0] for kind, model in MIXTURES.items()}
DOORS = {
    "bond_spectra": lambda **limits: truncation.bond_spectra(WIDE, **limits),
    "truncated": lambda **limits: truncation.truncated(WIDE, 2, **limits),
    "amplitudes": lambda **limits: truncation.amplitudes(WIDE, IMAGES, **limits),
    "answers": lambda **limits: truncation.answers(WIDE, IMAGES, **limits),
    "generic_rank": lambda **limits: generic_rank(WIDE, "left-right", **limits),
    "measure": lambda **limits: measure(WIDE, "left-right", engine="spectrum", **limits),
    "grid": lambda **limits: measure(lambda x: x.sum(1), [0, 3], sites=(8,), **limits),
    "grid-sampled": lambda **limits: measure(
        lambda x: 1 + x.sum(1), [0, 3], sites=(40,), engine="grid-sampled", samples=64, largest_error=9, **limits
    ),
    **{
        f"{name}, {kind}": partial(action, MIXTURES[kind], VALUES[kind])
        for kind in MIXTURES
        for name, action in {
            "parts": lambda model, values, **limits: model.parts(values, **limits),
            "log_likelihood": lambda model, values, **limits: model.log_likelihood(values, **limits),
            "sample": lambda model, values, **limits: model.sample(200, RNG, **limits),
            "sampled": lambda model, values, **limits: entropies.sampled(model, 200, RNG, **limits),
            "maximised": lambda model, values, **limits: maximised(model, values, 2, **limits),
            "exact_mappings": lambda model, values, **limits: entropies.exact_mappings(model, 4096, **limits),
        }.items()
    },
}


@pytest.mark.parametrize("name", DOORS)
def test_every_door_has_both_limits_and_checks_them_before_it_allocates(name):
    DOORS[name](**ANY)
    DOORS[name]()
    for limit, error in (("memory_limit", MemoryLimitError), ("time_limit", TimeLimitError)):
        tracemalloc.start()
        with pytest.raises(error, match=rf"^engine [\w.-]+: (needs|takes about) .*; accepted: up to {limit}, "):
            DOORS[name](**{**ANY, limit: 1e-9})
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 2**18, peak
        with pytest.raises(ArgumentError, match=f"^{limit}: got 0; accepted: a positive number"):
            DOORS[name](**{limit: 0})


STATED = {
    "bonds": (lambda: truncation.bonds_of(WIDE), bond_costs.decomposing(WIDE, truncation.BLOCK)),
    "images": (
        lambda: truncation.amplitudes(WIDE, IMAGES),
        bond_costs.evaluating([WIDE], len(IMAGES), True, truncation.BLOCK),
    ),
    **{
        f"{name}, {kind}": (partial(action, MIXTURES[kind], VALUES[kind]), stated(MIXTURES[kind]))
        for kind in MIXTURES
        for name, action, stated in [
            ("parts", lambda model, values: model.parts(values), lambda model: costs.evaluated(model, 200)),
            ("sample", lambda model, values: model.sample(200, RNG), lambda model: costs.drawn(model, 200)),
            ("steps", lambda model, values: maximised(model, values, 2), lambda model: costs.improved(model, 200, 2)),
            (
                "exact",
                lambda model, values: entropies.exact_mappings(model, 4096),
                lambda model: costs.enumerated(model, 4096),
            ),
        ]
    },
}


@pytest.mark.parametrize("name", STATED)
def test_the_memory_that_is_stated_bounds_what_is_taken(name):
    action, (stated, _) = STATED[name]
    action()
    tracemalloc.start()
    kept = action()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert kept is not None
    assert peak < 1.1 * stated + 2**16
    assert stated < 4 * peak


@pytest.mark.parametrize("limit", ["--time-limit", "--memory-limit"])
def test_the_command_takes_both_limits(limit, tmp_path, capsys):
    write_circuit(tmp_path / "net.json", WIDE)
    base = ["measure", "--circuit", str(tmp_path / "net.json"), "--partition", "left-right"]
    main([*base, limit, "inf", "--json"])
    capsys.readouterr()
    with pytest.raises(SystemExit):
        main([*base, limit, "1e-9"])
    said = capsys.readouterr().err
    assert f"accepted: up to {limit[2:].replace('-', '_')}, 1e-09" in said
    assert len(said.splitlines()) == 1


def test_long_computations_say_how_far_they_are(caplog, monkeypatch):
    monkeypatch.setattr(progress, "EVERY", 0.0)
    for name in ("measure", "grid", "generic_rank", "bond_spectra", "amplitudes", "maximised, binary"):
        caplog.clear()
        with caplog.at_level(logging.INFO, logger="convac"):
            DOORS[name]()
        assert any(" of " in line and " left" in line for line in caplog.messages), name
