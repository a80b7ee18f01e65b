"""Tensorial mixture models: replicas, encoding, diagnosis and what they refuse."""

import numpy as np
import pytest
import torch
from network_specs import network_spec

from convac.errors import ArgumentError, ConvacError
from convac.geometry.trees import PoolingTree
from convac.networks.inputs import MISSING
from convac.networks.mixture import TensorialMixture, build

TREE = PoolingTree.named("square", (4, 4))
IMAGES = np.random.default_rng(0).integers(0, 17, (5, 8, 8))


def spec(**options):
    return network_spec(
        "mixture",
        geometry="square",
        sites=(4, 4),
        widths=(3, 3),
        local_dimension=5,
        classes=3,
        **{"patch": 2, "brightest": 16, **options},
    )


@pytest.mark.parametrize("sharing", ["shared", "windowed", "located"])
def test_a_replica_depends_on_its_seed_alone(sharing):
    many, one = build(spec(sharing=sharing), (3, 1)), build(spec(sharing=sharing), (1,))
    for name, parameter in one.named_parameters():
        assert torch.equal(parameter[0], many.get_parameter(name)[1]), name
    torch.testing.assert_close(one(one.encode(IMAGES))[0], many(many.encode(IMAGES))[1])
    assert not torch.equal(many.get_parameter("level_1")[0], many.get_parameter("level_1")[1])


def test_replicas_may_see_their_own_images():
    network = build(spec(), (0, 1))
    encoded = network.encode(IMAGES)
    own = torch.stack([encoded[:2], encoded[2:4]])
    both = network(encoded)
    torch.testing.assert_close(network(own), torch.stack([both[0, :2], both[1, 2:4]]))


def test_images_are_encoded_site_by_site_and_given_back():
    network = build(spec(), (0,))
    encoded = network.encode(np.where(IMAGES == 3, MISSING, IMAGES))
    assert encoded.shape == (5, 64)
    assert encoded.dtype == torch.int16
    first = TREE.order[0]
    row, column = 2 * (first // 4), 2 * (first % 4)
    square = np.where(IMAGES == 3, MISSING, IMAGES)[:, row : row + 2, column : column + 2]
    np.testing.assert_array_equal(encoded[:, :4], square.reshape(5, 4))
    sites = network.encode(IMAGES).reshape(5, 16, 4).numpy()
    np.testing.assert_array_equal(network._as_images(sites), IMAGES)
    np.testing.assert_array_equal(network.expected(IMAGES)[0], IMAGES)


@pytest.mark.parametrize(
    "images",
    [IMAGES[:, :4], IMAGES[:0], IMAGES + 0.5, IMAGES + 1, IMAGES - 2],
    ids=["shape", "none", "floats", "high", "low"],
)
def test_images_that_do_not_fit_are_refused_in_one_line(images):
    with pytest.raises(ArgumentError, match=r"^images: .*accepted: "):
        build(spec(), (0,)).encode(images)


@pytest.mark.parametrize(
    "options",
    [
        {"leaves": "poisson"},
        {"leaves": "categorical"},
        {"sharing": "tied"},
        {"objective": "contrastive"},
        {"patch": 5},
        {"patch": 1.0},
        {"brightest": 0},
        {"least_variance": 0.0},
        {"least_variance": "small"},
        {"kernel": 3},
    ],
    ids=str,
)
def test_unknown_options_are_refused_in_one_line(options):
    with pytest.raises(ConvacError, match=r"^(network\.)?\w+: .*(accepted: |did you mean)"):
        build(spec(**options), (0,))


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"widths": (3,)}, "widths: "),
        ({"seed": ()}, "seeds: "),
        ({"components": 0}, "components: got 0"),
        ({"classes": 0}, "classes: got 0"),
        ({"tree": PoolingTree.named("line", (16,), (4, 4)), "patch": 2}, r"sites: \[16\]"),
    ],
)
def test_arguments_that_do_not_fit_are_refused_in_one_line(arguments, says):
    with pytest.raises(ArgumentError, match=rf"^{says}.*accepted: "):
        TensorialMixture(**{"tree": TREE, "components": 4, "widths": (3, 3), **arguments})


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"count": 0}, "count: got 0"),
        ({"count": 2.0}, "count: got 2.0"),
        ({"count": 2, "labels": [0]}, "labels: 1 of them"),
        ({"count": 1, "labels": [3]}, "labels: got 3"),
        ({"count": 1, "labels": [0.7]}, "labels: got 0.7"),
        ({"count": 1, "labels": "0"}, "labels: got '0'"),
        ({"count": 1, "replica": 1}, "replica: got 1"),
        ({"count": 1, "replica": True}, "replica: got True"),
        ({"count": 1, "seed": 0.5}, "seed: got 0.5"),
    ],
)
def test_samples_that_cannot_be_drawn_are_refused_in_one_line(arguments, says):
    with pytest.raises(ArgumentError, match=rf"^{says}.*accepted: "):
        build(spec(), (0,)).sample(**arguments)


def test_diagnose_names_the_first_layer_that_is_not_finite():
    network = build(spec(), (0, 1))
    inputs = network.prepare(network.encode(IMAGES))
    assert all(bool(whole.all()) for _, whole in network.diagnose(inputs))
    with torch.no_grad():
        network.get_parameter("level_2")[1, 0, 0] = torch.nan
    found = {name: whole.tolist() for name, whole in network.diagnose(inputs)}
    assert found["level_1"] == [True, True]
    assert found["level_2"] == found["output"] == [True, False]
    with torch.no_grad():
        network.get_parameter("mean")[0, 0, 0] = torch.inf
    assert network.diagnose(inputs)[0][1].tolist() == [False, True]


def test_variances_stay_above_their_bound():
    network = build(spec(least_variance=0.02), (0,))
    with torch.no_grad():
        network.get_parameter("variance").fill_(-100)
    variances = network.leaves.variances(dict(network.named_parameters()))
    assert float(variances.detach().min()) == pytest.approx(0.02)
    assert network(network.encode(IMAGES)).isfinite().all()
