"""Integers of more digits than Python prints, and grids larger than memory: told, written or refused in one line."""

import json
import math
import tracemalloc

import numpy as np
import pytest

from convac.arrays import SITES, grid_shape, integer, number, short
from convac.circuits.fields import PRIME_FIELD
from convac.circuits.files import write_circuit
from convac.circuits.overlapping import OverlappingShape
from convac.circuits.recurrent import RecurrentShape, draw, matricization
from convac.circuits.tree import random_circuit
from convac.cli import main
from convac.entanglement.generic_rank import TreeShape
from convac.entanglement.graphs import Network, graph_min_cut
from convac.entanglement.limits import Limits
from convac.entanglement.measure import measure
from convac.entanglement.mincut import Bond, MinCut, min_cut, powers, symmetric_min_cut, tree_min_cut
from convac.errors import ArgumentError
from convac.experiments.depth_efficiency.block import Block
from convac.experiments.depth_efficiency.jobs import Depths, Grids
from convac.geometry.partitions import Partition
from convac.geometry.trees import PoolingTree

LINE = PoolingTree.named("line", (2**15,))
HUGE = 10**5000
SMALL = PoolingTree.named("line", (4,))


@pytest.fixture(scope="module")
def deep():
    return random_circuit(LINE, 2, (2,) * LINE.levels, np.random.default_rng(0), shared=True, positive=True)


@pytest.mark.parametrize("form", [["--json"], []], ids=["json", "text"])
def test_a_cut_of_ten_thousand_digits_is_printed(deep, form, tmp_path, capsys):
    write_circuit(tmp_path / "deep.json", deep)
    main(["measure", "--circuit", str(tmp_path / "deep.json"), "--partition", "interleaved", *form])
    said = capsys.readouterr().out
    if not form:
        assert "min cut                  2^16384 (log 11356.5 nats, 16384 bonds)" in said
        return
    cut = json.loads(said)["min_cut"]
    assert (cut["value"], cut["product"], len(cut["edges"])) == (None, "2^16384", 2**14)
    assert cut["log"] == pytest.approx(2**14 * math.log(2))


def test_the_library_keeps_the_exact_value_and_prints_the_rest(deep):
    cut = min_cut(deep, "interleaved")
    assert cut.value == 2 ** (2**14)
    assert cut.product == "2^16384"
    assert "log=11356.5" in repr(cut)
    found = measure(deep, "interleaved")
    assert "log=11356.5" in repr(found.min_cut)
    assert repr(found).startswith("Measurement(engine='renyi2'")
    assert symmetric_min_cut(LINE, 2, (2,) * LINE.levels, "interleaved") <= cut.value


@pytest.mark.parametrize("digits", [3, 639, 640, 4299, 4300, 4301, 20000])
def test_a_value_is_written_where_every_reader_takes_it(digits):
    from convac.commands.measure import cut_described, shown

    factors = (10,) * (digits - 1)
    cut = MinCut(10 ** (digits - 1), (digits - 1) * math.log(10), tuple(Bond("pool", 1, 0, each) for each in factors))
    plain = json.loads(json.dumps(cut_described(cut)))
    assert plain["value"] == (cut.value if digits <= 640 else None)
    assert eval(plain["product"].replace("^", "**")) == cut.value
    assert len(shown("min_cut", plain)) < 80


def test_products_of_powers():
    assert powers([2, 3, 2, 1]) == "2^2 · 3"
    assert powers([1, 1]) == powers([]) == "1"


def test_graphs_print_their_cuts():
    sizes = {("site", number): 2**14000 for number in range(4)}
    graph = Network({**sizes, "pool": 2**14200}, tuple((site, "pool") for site in sizes))
    assert graph_min_cut(graph, [0, 1]).value == 2**14200
    pairs = Network(sizes, ((("site", 0), ("site", 2)), (("site", 1), ("site", 3))))
    found = graph_min_cut(pairs, [0, 1])
    assert found.value == 2**28000
    assert "log=19408" in repr(found)


REFUSED = {
    "function": lambda: measure(lambda x: x.sum((1, 2)), [0], sites=(10**6, 10**6)),
    "names": lambda: measure(lambda x: x.sum((1, 2)), "checkerboard", sites=(10**6, 10**6)),
    "limitless": lambda: measure(lambda x: x.sum((1, 2)), [0], sites=(10**6, 10**6), memory_limit=math.inf),
    "tree": lambda: PoolingTree.named("square", (10**6, 10**6)),
    "random tree": lambda: PoolingTree.named("random", (10**12,)),
    "prime": lambda: PoolingTree.named("line", (10**12 + 39,)),
    "bare tree": lambda: PoolingTree((10**6, 10**6), (0, 1), (2,)),
    "partition": lambda: Partition.of((10**6, 10**6), "checkerboard"),
    "mask": lambda: Partition((10**6, 10**6), (0,)).mask,
    "overlapping": lambda: OverlappingShape((10**6, 10**6), 2, (2,)),
    "just too large": lambda: grid_shape((SITES + 1,)),
    "digits": lambda: grid_shape((HUGE,)),
}


@pytest.mark.parametrize("name", REFUSED)
def test_huge_grids_are_refused_before_anything_is_allocated(name):
    tracemalloc.start()
    with pytest.raises(ArgumentError, match=r"^sites: .*; accepted: ") as refusal:
        REFUSED[name]()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2**20
    assert len(str(refusal.value)) < 200


def test_the_largest_grid_is_accepted():
    assert math.prod(grid_shape((2**11, 2**11))) == SITES


UNPRINTABLE = {
    "integer": lambda: integer(HUGE, "x", most=3),
    "number": lambda: number(HUGE, "x"),
    "limit": lambda: Limits(memory=-HUGE),
    "site": lambda: Partition((4,), (HUGE,)),
    "sites": lambda: Partition.of((4,), [HUGE]),
    "text": lambda: Partition.of((4,), "1" * 5000),
    "windows": lambda: PoolingTree.named("line", (4,), (HUGE, 2)),
    "widths": lambda: tree_min_cut(SMALL, 2, (HUGE, 2, 2), [0]),
    "local dimension": lambda: TreeShape(SMALL, HUGE, (2, 2), (True, True)),
    "class": lambda: measure(lambda x: x.sum(1), [0], sites=(2,), output=HUGE),
    "seed": lambda: measure(lambda x: x.sum(1), [0], sites=(2,), seed=HUGE),
    "tolerance": lambda: measure(lambda x: x.sum(1), [0], sites=(2,), tolerance=HUGE),
}


@pytest.mark.parametrize("name", UNPRINTABLE)
def test_integers_that_python_does_not_print_are_refused_in_one_line(name):
    with pytest.raises(ArgumentError, match=r": .*; accepted: |unknown") as refusal:
        UNPRINTABLE[name]()
    assert len(str(refusal.value)) <= 200


def test_values_for_error_lines():
    assert short([HUGE]) == "list with an integer of more than 4300 digits"
    assert integer(10**4299, "x") == 10**4299


def test_sequences_are_listed_up_to_a_number():
    shape = RecurrentShape(10**6, 1, 2, 2)
    weights = draw(shape, PRIME_FIELD, np.random.default_rng(0))
    with pytest.raises(ArgumentError, match=r"steps: 2\^1000000 sequences are too many; accepted: 1000000000"):
        matricization(shape, weights, PRIME_FIELD, 5 * 10**5)


def test_ranks_that_a_table_can_not_hold_are_refused_with_the_config():
    sizes = {
        "local_dimensions": (2,),
        "widths": (2,),
        "epsilon_sites": (8,),
        "epsilon_width": 2,
        "rectifier_sites": (4,),
        "depths": Depths(sites=(4,), local_dimensions=(2,), widths=(2,)),
        "grids": Grids(sites=(4,), local_dimensions=(2,), widths=(2,), draws=1),
    }
    assert Block(sites=(512,), **sizes, rectifier_width=2, draws=1).sites == (512,)
    with pytest.raises(ValueError, match=r"sites: 4096; accepted: ranks min\(r, M\)\^\(N/2\) up to 2\^1000"):
        Block(sites=(4096,), **sizes, rectifier_width=2, draws=1)
