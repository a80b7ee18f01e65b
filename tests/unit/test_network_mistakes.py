"""Windowed and overlapping ConvACs and ConvNets: what their specs and readers accept, and how they refuse the rest."""

import inspect
import re

import numpy as np
import pytest
import torch
from network_specs import spec_of

from convac.errors import ArgumentError, ConvacError
from convac.geometry.trees import PoolingTree
from convac.networks import arithmetic, convolutional, overlapping
from convac.networks.arithmetic import INITIALISATIONS, ConvAC
from convac.networks.convolutional import ConvNet
from convac.networks.dilated import DilatedNetwork
from convac.networks.gru import Gru
from convac.networks.mixture import TensorialMixture
from convac.networks.orthogonal import Orthogonal
from convac.networks.overlapping import OverlappingConvAC
from convac.networks.rac import Rac
from convac.networks.rectifier import ConvRect
from convac.networks.representations import Representation
from convac.networks.simnet import SimNet
from convac.networks.tanh import Tanh
from convac.specs.networks.arithmetic import ArithmeticSpec

BUILD = {"arithmetic": arithmetic.build, "overlapping": overlapping.build, "convolutional": convolutional.build}
# what a line begins with, and what it says of numbers and keys
FIELD = r"network\.(representation\.)?"
NUMBER = ": .* is not accepted; accepted: .*(integer|equal to [0-9]+)"
KEY = ": unknown key; (accepted: |did you mean )"
# Fields that make the sites grey; the sites of a ConvNet always are.
SHADES = {"arithmetic": {"representation": "affine"}, "overlapping": {"representation": "affine"}, "convolutional": {}}


def built(architecture, options, **given):
    return BUILD[architecture](spec_of(architecture, options, **given), (0,))


@pytest.mark.parametrize(
    ("architecture", "options", "line"),
    [
        (
            "overlapping",
            {"kernel": 1},
            f"{FIELD}kernel{NUMBER}",
        ),
        (
            "overlapping",
            {"kernel": 8},
            f"{FIELD}kernel{NUMBER}",
        ),
        (
            "convolutional",
            {"kernel": 0},
            f"{FIELD}kernel{NUMBER}",
        ),
        (
            "convolutional",
            {"kernel": 16},
            f"{FIELD}kernel{NUMBER}",
        ),
        (
            "convolutional",
            {"pooling": "sum"},
            f"{FIELD}pooling: .sum. is not accepted; accepted: .*max. or .average",
        ),
        (
            "overlapping",
            {"weights": "real"},
            f"{FIELD}weights: .real. is not accepted; accepted: .*positive. or .signed",
        ),
        (
            "overlapping",
            {"pooling": "max"},
            f"{FIELD}pooling{KEY}",
        ),
        (
            "convolutional",
            {"weights": "signed"},
            f"{FIELD}weights{KEY}",
        ),
        ("arithmetic", {"kernel": 3}, f"{FIELD}kernel{KEY}"),
        ("arithmetic", {"sharing": "window"}, r"network\.sharing: .* accepted: .shared., .windowed. or .located."),
        ("arithmetic", {"initialisation": "normal"}, r"initialisation: .* accepted: .*diagonal"),
        ("arithmetic", {"brightest": 2}, f"{FIELD}brightest: 2; accepted: 1 with one-hot"),
        (
            "overlapping",
            {"brightest": 255},
            f"{FIELD}brightest: 255; accepted: 1 with one-hot",
        ),
        (
            "overlapping",
            {"kernel": "three"},
            f"{FIELD}kernel{NUMBER}",
        ),
        (
            "convolutional",
            {"kernel": 2.5},
            f"{FIELD}kernel{NUMBER}",
        ),
        (
            "convolutional",
            {"kernel": True},
            f"{FIELD}kernel{NUMBER}",
        ),
        (
            "convolutional",
            {"patch": 1.9},
            f"{FIELD}patch{NUMBER}",
        ),
        (
            "arithmetic",
            {"brightest": "white"},
            f"{FIELD}brightest{NUMBER}",
        ),
    ],
)
def test_options_are_refused_in_one_line(architecture, options, line):
    with pytest.raises(ConvacError, match=f"^{line}"):
        built(architecture, options)


@pytest.mark.parametrize("architecture", BUILD)
@pytest.mark.parametrize(
    ("options", "line"),
    [
        ({"patch": 0}, f"{FIELD}patch{NUMBER}"),
        ({"patch": 5}, f"{FIELD}patch{NUMBER}"),
        (
            {"brightest": 0},
            f"{FIELD}brightest{NUMBER}",
        ),
        (
            {"brightest": 256},
            f"{FIELD}brightest{NUMBER}",
        ),
        ({"representation": "grey"}, r"network\.representation(\.kind)?: .*accepted: "),
    ],
)
def test_representations_are_refused_in_one_line(architecture, options, line):
    with pytest.raises(ConvacError, match=f"^{line}"):
        built(architecture, {**SHADES[architecture], **options})


@pytest.mark.parametrize(
    ("architecture", "options", "local_dimension"),
    [
        ("arithmetic", {"patch": 2}, 16),
        ("arithmetic", {"patch": 2, "representation": "affine", "brightest": 15}, 8),
        ("overlapping", {}, 2),
        ("overlapping", {"patch": 2}, 16),
        ("overlapping", {"patch": 2, "representation": "affine", "brightest": 15}, 8),
        ("convolutional", {}, 1),
        ("convolutional", {"patch": 2, "brightest": 15}, 4),
        ("convolutional", {"patch": 3}, 9),
    ],
)
def test_a_spec_gives_the_dimension_of_its_sites(architecture, options, local_dimension):
    network = built(architecture, options, local_dimension=local_dimension)
    sides = [4 * network.representation.patch] * 2
    values = np.full((3, *sides), network.representation.brightest)
    assert network(network.encode(values)).shape == (1, 3, 2)
    for other in {1, 2, 4, 8, 9, 16} - {local_dimension}:
        with pytest.raises(ArgumentError) as caught:
            built(architecture, options, local_dimension=other)
        assert str(caught.value) == f"local_dimension: {other}; accepted: {local_dimension}"


@pytest.mark.parametrize("architecture", ["overlapping", "convolutional"])
@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({"geometry": "mirror"}, "mirror with windows [4, 4]"),
        ({"geometry": "line", "sites": (16,)}, "line with windows [2, 2, 2, 2]"),
        ({"windows": (16,)}, "square with windows [16]"),
        ({"sites": (6, 6)}, "square with windows [4, 9]"),
    ],
    ids=["mirror", "line", "one level", "threes"],
)
def test_networks_without_a_tree_take_2_by_2_neighbours_alone(architecture, given, found):
    tree = PoolingTree.named(given.get("geometry", "square"), given.get("sites", (4, 4)), given.get("windows"))
    with pytest.raises(ArgumentError) as caught:
        built(architecture, {}, widths=(3,) * tree.levels, **given)
    assert str(caught.value) == f"geometry: {found}; accepted for {architecture}: square with windows of 4"


@pytest.mark.parametrize("sharing", ["shared", "windowed", "located"])
@pytest.mark.parametrize("weights", ["positive", "signed"])
def test_affine_sites_refuse_a_calibrated_start(sharing, weights):
    options = {"sharing": sharing, "weights": weights, "initialisation": "calibrated"}
    for patch, local_dimension in ((1, 2), (2, 8)):
        affine = {"representation": "affine", "patch": patch}
        with pytest.raises(ArgumentError, match=r"^initialisation: calibrated .*accepted: .*diagonal"):
            built("arithmetic", {**options, **affine}, local_dimension=local_dimension)
    assert isinstance(built("arithmetic", options), ConvAC)
    for accepted in set(INITIALISATIONS[weights]) - {"calibrated"}:
        options |= {"representation": "affine", "initialisation": accepted}
        assert isinstance(built("arithmetic", options), ConvAC)


@pytest.mark.parametrize(
    ("make", "sites", "accepted"),
    [
        (ConvNet, (6, 4), "two multiples of 2^levels, 4"),
        (ConvNet, (4, 4, 4), "two multiples of 2^levels, 4"),
        (OverlappingConvAC, (8, 8), "both 2^levels, 4"),
        (OverlappingConvAC, (4, 8), "both 2^levels, 4"),
        (OverlappingConvAC, (16,), "two multiples of 2^levels, 4"),
        (ConvNet, (0, 4), "two multiples of 2^levels, 4"),
        (OverlappingConvAC, (0, 0), "two multiples of 2^levels, 4"),
    ],
)
def test_sites_must_halve_at_every_level(make, sites, accepted):
    with pytest.raises(ArgumentError) as caught:
        make(sites, (3, 3))
    assert str(caught.value) == f"sites: {list(sites)}; accepted: {accepted}"


GREY = Representation("affine", 2, 15)
READERS = {
    "windowed": ConvAC(PoolingTree.named("square", (4, 4)), 8, (3, 3), sharing="windowed", representation=GREY),
    "overlapping": OverlappingConvAC((4, 4), (3, 3), representation=GREY),
    "convolutional": ConvNet((4, 4), (3, 3), representation=GREY),
}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize(
    ("values", "line"),
    [
        (np.zeros((2, 4, 4), dtype=int), "images: shape [2, 4, 4]; accepted: [n ≥ 1, *[8, 8]]"),
        (np.zeros((2, 8, 9), dtype=int), "images: shape [2, 8, 9]; accepted: [n ≥ 1, *[8, 8]]"),
        (np.zeros((0, 8, 8), dtype=int), "images: shape [0, 8, 8]; accepted: [n ≥ 1, *[8, 8]]"),
        (np.zeros((8, 8), dtype=int), "images: shape [8, 8]; accepted: [n ≥ 1, *[8, 8]]"),
        (np.full((2, 8, 8), 16), "images: values 16..16; accepted: 0..15"),
        (np.full((2, 8, 8), -1), "images: values -1..-1; accepted: 0..15"),
    ],
    ids=["sites", "shape", "none", "one", "high", "low"],
)
def test_images_that_do_not_fit_are_refused_in_one_line(reader, values, line):
    with pytest.raises(ArgumentError) as caught:
        READERS[reader].encode(values)
    assert str(caught.value) == line


MISTAKES = {
    "one-hot grey": ("brightest", lambda: Representation("one-hot", 2, brightest=3)),
    "fractions of windowed": ("images", lambda: READERS["windowed"].encode(np.full((1, 8, 8), 0.9))),
    "fractions of overlapping": ("images", lambda: READERS["overlapping"].encode(np.full((1, 8, 8), 0.9))),
    "fractions of convolutional": ("images", lambda: READERS["convolutional"].encode(np.full((1, 8, 8), 0.9))),
    "no seeds of overlapping": ("seeds", lambda: OverlappingConvAC((4, 4), (3, 3), seed=())),
    "no seeds of convolutional": ("seeds", lambda: ConvNet((4, 4), (3, 3), seed=())),
    "no levels of overlapping": ("widths", lambda: OverlappingConvAC((4, 4), ())),
    "no levels of convolutional": ("widths", lambda: ConvNet((4, 4), ())),
    "no channels of overlapping": ("widths", lambda: OverlappingConvAC((4, 4), (3, 0))),
    "no channels of convolutional": ("widths", lambda: ConvNet((4, 4), (0, 3))),
    "patches of a line": ("sites", lambda: Representation("one-hot", 2).sites(np.zeros((1, 8), dtype=int), (4,))),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes_are_refused_in_one_line(mistake):
    name, make = MISTAKES[mistake]
    with pytest.raises(ArgumentError, match=rf"^{re.escape(name)}: .*accepted: .*$") as caught:
        make()
    assert "\n" not in str(caught.value)


def test_a_network_over_a_line_reads_its_sites():
    spec = ArithmeticSpec(geometry="line", sites=(8,), widths=(3, 3, 3))
    assert arithmetic.build(spec, (0,)).encode(np.zeros((2, 8), dtype=int)).ndim == 2


def test_a_network_without_a_representation_takes_its_local_dimension():
    network = built("arithmetic", {}, local_dimension=3)
    assert network(network.encode(np.full((2, 4, 4), 2))).shape == (1, 2, 2)


TREE = PoolingTree.named("square", (4, 4))
MAKE = {  # what makes each network, with arguments that fit
    ConvAC: {"tree": TREE, "local_dimension": 2, "widths": (3, 3)},
    ConvRect: {"tree": TREE, "local_dimension": 2, "widths": (3, 3)},
    TensorialMixture: {"tree": TREE, "components": 4, "widths": (3, 3)},
    ConvNet: {"sites": (4, 4), "widths": (3, 3)},
    OverlappingConvAC: {"sites": (4, 4), "widths": (3, 3)},
    SimNet: {"tree": TREE, "local_dimension": 2, "widths": (3, 3)},
    DilatedNetwork: {"steps": 4, "widths": (3, 3)},
    **{make: {"steps": 4, "symbols": 2, "widths": (3,)} for make in (Rac, Gru, Tanh, Orthogonal)},
}
NO_COUNT = [0, -1, 2.0, 2.5, True, "2", None, 1j, [2], np.array([2]), np.float64(2), 3 * 2**22, 10**30]
NO_WIDTHS = [3, "33", (), (3, 0), (3, -1), (3, 2.0), (3, True), (3, "3"), [[3, 3]], np.array([3.0, 3]), None, {3: 3}]
NO_WIDTHS += [(2**23, 3), (3, 10**30)]
NO_SEEDS = [(), 1.0, "0", True, (0, 1.5), (0, True), [[0]], None, np.array([0.5]), {0: 1}]
NO_WORD = ["other", True, 1, ["max"], np.array(["max", "max"])]
WRONG = {
    "tree": [None, (4, 4), "square"],
    "local_dimension": NO_COUNT,
    "components": NO_COUNT,
    "classes": NO_COUNT,
    "widths": NO_WIDTHS,
    "steps": NO_COUNT,
    "symbols": NO_COUNT,
    "answers": [value for value in NO_COUNT if value is not None],
    "group": NO_COUNT,
    "mixed": [3, "12", (9,), (True,), (1.0,), (-1,), None, (1, 1), {1: 1}],
    "beta": [np.nan, "1", True, None, 1j, [2], 1e9, 10**30, 1e-9],
    "annealed": [np.nan, "0.5", True, None, 1j, [0.5], -0.1, 1.0],
    "sites": [4, "44", (4,), (4, 4, 4), (4, 6), (4.0, 4), (True, True), None, (0, 4)],
    "kernel": [*NO_COUNT, 99],
    "patch": [*NO_COUNT, 5],
    "brightest": [*NO_COUNT, 256],
    "least_variance": [0, -1.0, np.nan, np.inf, "small", True, None, 1j],
    "seed": NO_SEEDS,
    "representation": ["affine", 2, {"patch": 2}],
    **{name: [0, 1, "yes", None, [True]] for name in ("affine", "mask_channel")},
    **dict.fromkeys(("weights", "sharing", "initialisation", "pooling", "leaves", "objective"), NO_WORD),
    **dict.fromkeys(("similarity", "operator", "trees"), NO_WORD),
}


@pytest.mark.parametrize("make", MAKE)
def test_every_argument_of_a_network_is_checked_as_it_is_given(make):
    taken = inspect.signature(make).parameters
    assert set(taken) <= set(WRONG)
    for name in taken:
        for value in WRONG[name]:
            with pytest.raises(ArgumentError, match=rf"^{name}s?: .*accepted: ") as caught:
                make(**{**MAKE[make], name: value})
            assert len(str(caught.value)) <= 200


@pytest.mark.parametrize("widths", [(3,), (3, 3, 3)])
def test_a_tree_has_a_width_for_every_level(widths):
    for make in (ConvAC, ConvRect, TensorialMixture):
        with pytest.raises(ArgumentError, match=r"^widths: \(3.*accepted: 2 positive integers"):
            make(**{**MAKE[make], "widths": widths})


@pytest.mark.parametrize("name", ["kind", "patch", "brightest"])
def test_every_attribute_of_a_representation_is_checked_as_it_is_given(name):
    wrong = NO_WORD if name == "kind" else WRONG[name]
    for value in wrong:
        with pytest.raises(ArgumentError, match=r"^\w+: .*accepted: "):
            Representation(**{"kind": "affine", name: value})


@pytest.mark.parametrize("make", MAKE)
def test_integers_of_numpy_and_torch_are_integers(make):
    plain = make(**{**MAKE[make], "widths": (3, 3), "classes": 3, "seed": (3, 4)})
    for integer in (np.int64, np.uint8, np.array, torch.tensor):
        given = {name: integer(value) if isinstance(value, int) else value for name, value in MAKE[make].items()}
        given |= {"widths": [integer(3), integer(3)], "classes": integer(3)}
        for seeds in ([integer(3), integer(4)], np.array([3, 4]), range(3, 5)):
            other = make(**given, seed=seeds)
            assert other.seeds == (3, 4)
            for name, parameter in plain.named_parameters():
                assert torch.equal(parameter, other.get_parameter(name))
        assert make(**given, seed=integer(3)).seeds == (3,)


def test_representations_of_numpys_integers_are_the_same():
    given, plain = Representation("affine", np.int64(2), np.uint8(255)), Representation("affine", 2, 255)
    assert given == plain
    assert repr(given) == repr(plain)


@pytest.mark.parametrize("replica", [2, -1, 1.0, True, "0", None, [0]])
def test_replicas_are_known_by_their_number(replica):
    for network in (ConvAC(TREE, 2, (3, 3), seed=(0, 1)), TensorialMixture(TREE, 3, (3, 3), seed=(0, 1))):
        with pytest.raises(ArgumentError, match=r"^replica: .*accepted: an integer from 0 to 1"):
            network.circuit(replica)
