"""What is drawn never changes: every place that draws, held to the first number of each of its streams.

The words given to `stream` are seeds: whatever is renamed, moved or reordered around a draw, they stay.
"""

import ast
import sys
from collections.abc import Callable, Iterator
from functools import cache

import numpy as np
import pytest
import torch

from convac import seeds
from convac.advice import pairs, trials, widths
from convac.circuits.fields import PRIME_FIELD
from convac.circuits.overlapping import OverlappingShape
from convac.circuits.recurrent import RecurrentShape
from convac.circuits.tree import random_circuit
from convac.circuits.tree_tensors import TreeTensorNetwork
from convac.claims import ranks
from convac.commands import probe
from convac.datasets import (
    agreement,
    blobs,
    controls,
    copying_memory,
    digits,
    pair_sequences,
    patterns,
    start_end_similarity,
    swapped_images,
)
from convac.entanglement import composites, generic_rank, grid_sample, mixed_rank
from convac.entanglement.grid import GridFunction
from convac.entanglement.limits import Limits
from convac.entanglement.node_bridge import bridged_rank
from convac.experiments.depth_channels import compute as depth_channels
from convac.experiments.depth_channels import searched as depth_searched
from convac.experiments.depth_efficiency import compute as depth_efficiency
from convac.experiments.depth_efficiency import grids
from convac.experiments.depth_efficiency.jobs import Epsilon, Rectifiers
from convac.experiments.dilated_mixing import compute as dilated_mixing
from convac.experiments.dilated_mixing.jobs import Ranks
from convac.experiments.information_scaling import compute as information_scaling
from convac.experiments.information_scaling import mapping_statements
from convac.experiments.information_scaling.jobs import Mixtures, Trained, Training
from convac.experiments.min_cut import compute as min_cut
from convac.experiments.min_cut import pairs as min_cut_pairs
from convac.experiments.min_cut.jobs import Ensemble, Loop, Pairs
from convac.experiments.overlaps import compute as overlaps
from convac.experiments.overlaps import random_networks, squares
from convac.experiments.overlaps.jobs import RandomNetworks, Rectangles, SearchedNetworks
from convac.experiments.recurrent_memory import compute as recurrent_memory
from convac.experiments.recurrent_memory.jobs import Search
from convac.experiments.target_entropy import compute as target_entropy
from convac.experiments.target_entropy import data_entropy
from convac.experiments.target_entropy.jobs import Blocks, ImageClasses, Subsets
from convac.geometry.trees import PoolingTree
from convac.measurement import dependence, memory, missing
from convac.networks import arithmetic, calibration
from convac.networks.arithmetic import ConvAC
from convac.networks.convolutional import ConvNet
from convac.networks.dilated import DilatedNetwork
from convac.networks.gru import Gru
from convac.networks.mixture import TensorialMixture
from convac.networks.orthogonal import Orthogonal
from convac.networks.overlapping import OverlappingConvAC
from convac.networks.rac import Rac
from convac.networks.rectifier import ConvRect
from convac.networks.representations import Representation
from convac.networks.tanh import Tanh
from convac.provenance import LIBRARY
from convac.specs.datasets.blobs import BlobsSpec
from convac.specs.networks.arithmetic import ArithmeticSpec
from convac.specs.run import RunSpec
from convac.specs.training import TrainingSpec
from convac.targets import functions
from convac.training import factorization, full_batch, loop, masks

ADVISED = pairs.sample_of(np.random.default_rng(0).integers(0, 2, (40, 4, 1)), np.arange(40) % 2)
LINE, SQUARE = PoolingTree.named("line", (4,)), PoolingTree.named("square", (4, 4))
RING = OverlappingShape((4,), 2, (2, 3), 2, True, True)
ALONE = {"networks": 1, "subsets": 1, "entries": 64}
OPEN = OverlappingShape((2, 3), 2, (3,), 2, False, False)
CELLS = RecurrentShape(steps=4, depth=1, width=2, local_dimension=3)
IMAGES = {f"{part}_images": np.zeros((12, 4, 4), np.uint8) for part in ("train", "validation", "test")}
ARRAYS = {**IMAGES, **{f"{part}_labels": np.arange(12) % 2 for part in ("train", "validation", "test")}}
CIRCUIT = random_circuit(LINE, 2, (2, 2), np.random.default_rng(0))
TREE = generic_rank.TreeShape(LINE, 2, (2, 2), (True, True))
HALF = np.array([True, False, True, False])
SMALL = {"canvas": 16, "train": 2, "validation": 2, "test": 2}
RUN = RunSpec(
    dataset=BlobsSpec(task="closedness", seed=0),
    network=ArithmeticSpec(geometry="square", sites=(4, 4), widths=(2, 2)),
    training=TrainingSpec(steps=1, batch=2, lr=0.1, seeds=(3,), log_every=1),
)
FAMILIES = ("dirichlet", "sparse", "near-permutation", "near-singular", "selection", "codebook", "broad", "narrow")
MIXTURES = {"states": 4, "sites": (4,), "seeds": 1, "draws": 10, "configurations": 16}


def downloaded() -> object:
    """The split of a source that is downloaded."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(digits, "image_set", lambda *_: ARRAYS)
        return digits.read_originals("mnist", "anywhere")


def own() -> object:
    """The split of images of the user's own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(digits, "read_arrays", lambda _: ({"images": np.zeros((60, 4, 4)), "labels": np.zeros(60)}, {}))
        return digits.read_originals("own-0123456789ab", "anywhere")


# what draws, and the first number below 10,000 of every stream that it opens, in order
DRAWS: dict[str, tuple[Callable[[], object], list[int]]] = {
    "ConvAC, two seeds": (lambda: ConvAC(LINE, 2, (2, 2), seed=(3, 5)), [5557, 3389, 3023, 5047, 6509, 869]),
    "ConvAC, normal": (
        lambda: ConvAC(LINE, 2, (2, 2), weights="signed", initialisation="normal", seed=3),
        [5557, 3023, 6509],
    ),
    "ConvAC, diagonal": (
        lambda: ConvAC(SQUARE, 2, (2, 2), representation=Representation("affine", 1, 1), seed=3),
        [5557, 3023, 6509],
    ),
    "ConvRect": (lambda: ConvRect(LINE, 2, (2, 2), seed=3), [5557, 3023, 6509]),
    "ConvNet": (lambda: ConvNet((4, 4), (2, 2), seed=3), [5557, 3023, 6509]),
    "ConvNet, calibrated": (lambda: calibration.grey_images((4, 4), 1), [4231]),
    "overlapping ConvAC": (lambda: OverlappingConvAC((4, 4), (2, 2), seed=3), [5557, 3023, 6509]),
    "dilated network, product": (lambda: DilatedNetwork(4, (2, 2), 2, seed=3), [5557, 3023, 6509, 4101, 7511, 721]),
    "dilated network, rectifier": (
        lambda: DilatedNetwork(4, (2, 2), 2, operator="rectifier", trees="swapped", seed=3),
        [4101, 7511, 721],
    ),
    "mixture, Gaussian": (lambda: TensorialMixture(LINE, 2, (2, 2), seed=3), [6260, 5557, 3023, 6509]),
    "mixture, categorical": (
        lambda: TensorialMixture(LINE, 2, (2, 2), leaves="categorical", seed=3),
        [6682, 5557, 3023, 6509],
    ),
    "images of a mixture": (
        lambda: TensorialMixture(LINE, 2, (2, 2), seed=3).sample(2, seed=7),
        [6260, 5557, 3023, 6509, 2744],
    ),
    "calibration": (lambda: arithmetic.reference_images(LINE, 2), [22]),
    "masks": (lambda: masks.masks("points", (2, 4, 4), "training masks", 7, 3), [4373]),
    "missing points": (lambda: missing.missing_at("points", 0.25, 3, (2, 4, 4)), [8157]),
    "missing rectangles": (lambda: missing.missing_at("rectangles", 0.5, 0, (2, 4, 4)), [4477]),
    "batches": (lambda: loop.Batches((3, 5), 4, 2).epoch(1), [5002, 728]),
    "evaluation": (lambda: loop.Run(RUN, ARRAYS, torch.device("cpu")), [5557, 3023, 6509, 8280]),
    "grid": (
        lambda: grid_sample.sampled(
            GridFunction(lambda inputs: inputs.reshape(len(inputs), -1).sum(axis=1), (4,), np.eye(2)),
            HALF,
            Limits(),
            seed=7,
        ),
        [4990],
    ),
    "advice, halves": (lambda: pairs.balanced_halves(ADVISED, 7), [6567]),
    "advice, permutations": (lambda: pairs.permutation_p_value(ADVISED, 7), [2219]),
    "advice, ranks": (lambda: widths.class_ranks(ADVISED, LINE), [5129]),
    "advice, trials": (lambda: trials.trained([trials.Trial(LINE, np.eye(4, dtype=int), np.arange(4) % 2, 2)]), [6694]),
    "rank correlation": (lambda: ranks.resampled(range(9), range(9)), [5924]),
    "composites": (lambda: list(composites.drawn([np.arange(40)], 10, 2, 7)), [1699]),
    "kept": (lambda: dependence.drawn_images(np.arange(40), 10, 7), [4350]),
    "generic rank": (lambda: generic_rank.sampled_rows(TREE, HALF, 4, 7, PRIME_FIELD), [4630]),
    "generic rank of a tree": (
        lambda: list(generic_rank.network_rows(TreeTensorNetwork.of(CIRCUIT), HALF, 4, 7, PRIME_FIELD)),
        [9060],
    ),
    "target random": (lambda: functions.random(np.zeros((3, 4, 4))), [7453]),
    "target control": (lambda: functions.control(np.array([[True, False], [True, True]]), 2), [6851]),
    "random geometry": (lambda: PoolingTree.named("random", (4, 4), seed=3), [6302]),
    "parity": (
        lambda: agreement.generate("parity", 3, 2, **SMALL),
        [2069, 8020, 9736, 5155, 3160, 4810, 1521, 7670, 9926, 4139, 9456, 734, 6729, 5126, 8209, 1919, 6005, 1187],
    ),
    "agreement": (lambda: agreement.generate("agreement", 3, 2, **SMALL), [9604, 4145, 179, 4051, 8233, 2997]),
    "pair sequences": (
        lambda: pair_sequences.generate(3, 8, train=2, test=2),
        [1016, 1359, 3389, 1181, 3079, 3349, 1773, 4078, 6567, 6673],
    ),
    "patterns": (
        lambda: patterns.generate("triples", 3, 4, train=2, validation=2, test=2),
        [9729, 14, 5174, 7743, 1644, 4568, 3017, 7947, 3469, 4520],
    ),
    "digits": (
        lambda: digits.generate("digits", 3, 8, grid=2, clutter=1, **SMALL),
        [4578, 6668, 6643, 7513, 7025, 1377, 9030, 6213, 9134, 8436, 5668, 7087],
    ),
    "swapped images": (lambda: swapped_images.swapped_order(16, 3, 3), [1461]),
    "digits parted by a seed": (lambda: digits.read_originals("digits", seed=3), [9854]),
    "downloaded digits": (downloaded, [8966]),
    "own digits": (own, [8523]),
    "shuffled": (lambda: controls.controlled(ARRAYS, "shuffled"), [8111]),
    "permuted": (lambda: controls.controlled(ARRAYS, "permuted"), [3149]),
    "closedness": (lambda: blobs.generate("closedness", 3, 5, 5), [6742, 6301, 1682, 9131]),
    "symmetry": (lambda: blobs.generate("symmetry", 3, 5, 5, side=16), [6105, 9300, 4055, 1114]),
    "mixtures": (
        lambda: information_scaling.mixtures(Mixtures(**MIXTURES, densities=False, families=FAMILIES)),
        [
            1223,
            1196,
            8670,
            3500,
            2202,
            2376,
            5247,
            9090,
            4640,
            2709,
            6339,
            560,
            6291,
            8491,
            966,
            6835,
            4562,
            1899,
            6283,
            3611,
            1029,
            8457,
            660,
            2545,
            1650,
            4134,
        ],
    ),
    "mixtures with densities": (
        lambda: information_scaling.mixtures(Mixtures(**MIXTURES, densities=True, families=FAMILIES[:6])),
        [
            3190,
            9047,
            1113,
            1019,
            1443,
            7316,
            4146,
            4998,
            4944,
            4222,
            475,
            4075,
            7023,
            5803,
            9164,
            8053,
            8774,
            8444,
            9125,
            9995,
            7452,
            2065,
        ],
    ),
    "trained mixtures": (
        lambda: information_scaling.trained(Trained(**MIXTURES, training=Training(images=10, steps=1))),
        [4578, 9883, 320, 4578],
    ),
    "mappings": (
        lambda: mapping_statements.random_rows(3),
        [
            4926,
            9806,
            5036,
            7701,
            3967,
            703,
            6309,
            6986,
            633,
            5631,
            8677,
            1449,
            9213,
            5030,
            6540,
            34,
            4416,
            7399,
            5522,
            9325,
            4350,
            5787,
            2261,
            4175,
            8746,
            5765,
            5347,
            6771,
            3896,
            6891,
            9768,
            9085,
            9015,
            6000,
            4777,
            1660,
            376,
            2963,
            7557,
            2638,
        ],
    ),
    "capacity": (lambda: mapping_statements.capacity_rows(3), [9592]),
    "ratios": (lambda: mapping_statements.ratio_rows(3), [8219, 2494]),
    "samples of digits": (lambda: data_entropy.samples("digits", (7, 8), 0, 10), [8407]),
    "shuffled samples": (
        lambda: data_entropy.data_rows(
            ImageClasses(tasks=("symmetry", "digits"), samples=32, seeds=1, sides=(2, 2, 4, 8))
        ),
        [6735, 1063, 2220, 8994, 1872],
    ),
    "exact channels, ring": (lambda: depth_channels.residues(RING), [513]),
    "exact channels, grid": (lambda: depth_channels.residues(OPEN), [1209]),
    "fitted start": (lambda: full_batch.starts(full_batch.RingNetwork("product", 4, 2, 1), 2, (3, 5), 0), [474, 503]),
    "exact channels, searched": (lambda: depth_searched.sought(False, 2, 1024), [9655]),
    "exact channels, searched ranks": (lambda: depth_searched.exact(RING, 2), [3124]),
    "fitted target": (lambda: depth_channels.target_function("random", 4, 1), [4420]),
    "factorization start": (
        lambda: factorization.starts(factorization.Factorization(PoolingTree.named("line", (2,)), 2, 1), (3, 5), 1.0),
        [7518, 7156],
    ),
    "deep circuits": (
        lambda: depth_efficiency.epsilon(Epsilon(sites=(4,), width=2, draws=2)),
        [841, 8972, 9814, 7423],
    ),
    "grid bounds": (lambda: list(grids.random_rows(4, 2, 1, 1)), [969, 349, 4533]),
    "single channel": (lambda: list(grids.constructed_rows(4, 2, 1, 1)), [7229]),
    "deep rectifiers": (
        lambda: depth_efficiency.rectifiers(Rectifiers(sites=(4,), width=2, draws=1)),
        [294, 9352, 5441, 6287, 6594, 7975],
    ),
    "mixed ranks": (
        lambda: dilated_mixing.compute(Ranks(steps=16, group=2, width=2, cases=1, largest=256)),
        [7739, 4777, 4777, 4777, 4777, 4777, 4777],
    ),
    "mixed rank": (
        lambda: mixed_rank.mixed_rank(
            mixed_rank.Family(4, 2, 2, 2), mixed_rank.Mixed(), np.array([True, False, True, False]), ("any",)
        ),
        [6576],
    ),
    "min-cut, powers": (lambda: min_cut.ensemble(Ensemble(ensemble="powers", cases=1, largest=16)), [1900]),
    "min-cut, mixed": (lambda: min_cut.ensemble(Ensemble(ensemble="mixed", cases=1, largest=16)), [5106]),
    "min-cut, shared": (lambda: min_cut.ensemble(Ensemble(ensemble="shared", cases=1, largest=16)), [3816]),
    "min-cut, pairs": (lambda: min_cut_pairs.drawn("left-right", True, Pairs(cases=1, largest=16)), [1791]),
    "rings": (lambda: min_cut.loop(Loop(cases=1)), [8545]),
    "overlaps, ring": (lambda: overlaps.block_rows(RING, 2), [4841, 5598, 2297]),
    "overlaps, grid": (lambda: overlaps.block_rows(OPEN, 1), [7053, 6520]),
    "overlaps, random": (lambda: random_networks.random_networks(RandomNetworks(**ALONE, below=0)), [6170]),
    "overlaps, below": (lambda: random_networks.random_networks(RandomNetworks(**ALONE, below=1)), [6170, 8122]),
    "overlaps, search": (lambda: list(overlaps.searched(True, 1, 64)), [5598]),
    "overlaps, searched": (
        lambda: overlaps.searched_networks(SearchedNetworks(networks=1, entries=64)),
        [5598, 5473, 538],
    ),
    "rectangles": (lambda: squares.rectangles(Rectangles(networks=1, entries=4096)), [6741, 786]),
    "squares": (lambda: squares.measured(1), [7032, 3809, 7871, 4536, 3620]),
    "pairs of squares": (lambda: squares.pair_values(1, np.zeros((1, 1, 4), dtype=np.int8)), [8113]),
    "volume": (lambda: overlaps.smallest_overlapping(4, shared=True), [1618]),
    "volume, per location": (lambda: overlaps.smallest_overlapping(4, shared=False), [4500]),
    "machine": (lambda: overlaps.smallest_machine(4), [8925]),
    "filter": (lambda: overlaps.smallest_filter(4), [109]),
    "subsets": (lambda: list(target_entropy.subset_rows(Subsets(images=((1, 2),)))), [5550]),
    "node bridge": (lambda: bridged_rank(PoolingTree.named("line", (4,)), 2, (2, 2), [0, 2]), [9272]),
    "halves": (lambda: target_entropy.block_rows(Blocks(sites=(2, 4), halves=2)), [2030, 1413]),
    "recurrent rank": (lambda: recurrent_memory.start_end_rank(CELLS), [1577]),
    "recurrent entropy": (lambda: recurrent_memory.start_end_entropy(CELLS, 5), [6473]),
    "recurrent search": (lambda: recurrent_memory.searched(2, [], Search(cells=1, entries=256, widest=2)), [6985]),
    "RAC": (lambda: Rac(6, 3, (4, 4), seed=3), [1911, 8681, 5257, 1825, 6509]),
    "orthogonal": (lambda: Orthogonal(6, 3, (4,), seed=3), [1911, 6226, 5335, 6509]),
    "tanh": (lambda: Tanh(6, 3, (4,), seed=3), [8681, 1911, 6509]),
    "GRU": (lambda: Gru(6, 3, (4,), seed=3), [8681, 1911, 6509]),
    "copying memory": (lambda: copying_memory.generate(3, train=2, test=2), [2494, 6024]),
    "start-end similarity": (
        lambda: start_end_similarity.generate(3, train=2, test=2),
        [2788, 1657, 8136, 618, 5118, 5160, 54, 4086, 9920, 7158, 1884, 6659],
    ),
    "halves of a RAC's rank": (
        lambda: list(memory.rank_rows(Rac(6, 3, (4,), seed=3), 3, 4)),
        [1911, 8681, 6509, 8396, 7046],
    ),
    "probe": (lambda: probe.random_images(RUN), [7296]),
}
CALLERS: set[tuple[str, int]] = set()


def first_numbers(monkeypatch: pytest.MonkeyPatch, draw: Callable[[], object], count: int) -> list[int]:
    """First numbers of the first `count` streams that a call opens; nothing runs beyond them."""
    found: list[int] = []

    class EnoughError(Exception):
        pass

    def recorded(*words: str | int) -> np.random.Generator:
        caller = sys._getframe(1)
        CALLERS.add((caller.f_globals["__name__"], caller.f_lineno))
        if len(found) == count:
            raise EnoughError
        found.append(int(seeds.stream(*words).integers(10_000)))
        return seeds.stream(*words)

    for module in drawing():
        monkeypatch.setattr(f"{module}.stream", recorded)
    try:
        made = draw()
        if isinstance(made, Iterator):
            list(made)
    except EnoughError:
        pass
    return found


@cache
def drawing() -> dict[str, list[int]]:
    """Modules that draw, with the lines where they open a stream."""
    found = {}
    for path in sorted(LIBRARY.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        if any(isinstance(node, ast.ImportFrom) and node.module == "convac.seeds" for node in ast.walk(tree)):
            calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
            lines = [call.lineno for call in calls if isinstance(call.func, ast.Name) and call.func.id == "stream"]
            found[".".join(("convac", *path.relative_to(LIBRARY).with_suffix("").parts))] = lines
    return found


@pytest.mark.parametrize("name", DRAWS)
def test_draws_are_what_they_were(monkeypatch, name):
    draw, numbers = DRAWS[name]
    assert first_numbers(monkeypatch, draw, len(numbers)) == numbers


def test_every_place_that_draws_is_among_them(monkeypatch):
    for draw, numbers in DRAWS.values():
        first_numbers(monkeypatch, draw, len(numbers))
    for module, lines in drawing().items():
        covered = {line for name, line in CALLERS if name == module}
        assert covered == set(lines), f"{module}: lines {sorted(set(lines) ^ covered)}"


def test_a_stream_is_a_function_of_its_words():
    assert seeds.stream("blobs", 0, "train").integers(10_000) == seeds.stream("blobs", 0, "train").integers(10_000)
    assert seeds.stream("a", "b").integers(10_000) != seeds.stream("ab").integers(10_000)
