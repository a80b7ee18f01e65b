"""Windowed and overlapping ConvACs and ConvNets against plain evaluations: circuits, loops, torch's own layers."""

import math
import re
from functools import cache, partial

import numpy as np
import pytest
import torch
from torch.nn import functional

from convac.errors import ArgumentError
from convac.files import read_arrays
from convac.geometry.trees import PoolingTree
from convac.networks import arithmetic, convolutional, overlapping
from convac.networks.arithmetic import INITIALISATIONS, ConvAC
from convac.networks.convolutional import ConvNet, as_matrix, grouped, one_by_one
from convac.networks.overlapping import OverlappingConvAC
from convac.networks.representations import Representation
from convac.seeds import stream
from convac.specs import DatasetSpec, NetworkSpec, RunSpec, TrainingSpec
from convac.training import loop
from convac.training.loop import train

TREES = {
    "square": PoolingTree.named("square", (4, 4)),
    "three levels": PoolingTree.named("square", (8, 8)),
    "mirror": PoolingTree.named("mirror", (4, 4)),
    "odd windows": PoolingTree.named("line", (12,), (3, 2, 2)),
    "odd windows on a grid": PoolingTree.named("square", (6, 6)),
}
WAYS = [(kind, initialisation) for kind, accepted in INITIALISATIONS.items() for initialisation in accepted]
REPRESENTATIONS = {
    "one-hot pixels": Representation(),
    "one-hot patches": Representation("one-hot", 2),
    "affine pixels": Representation("affine", 1, 255),
    "affine patches": Representation("affine", 2, 15),
}
EVEN = "ignore:Using padding='same' with even kernel"


def images(representation, sites, count=4):
    """Random images that the representation takes, with the darkest and the brightest value in them."""
    sides = [representation.patch * side for side in sites]
    values = stream("test images").integers(0, representation.brightest + 1, (count, *sides))
    values.flat[:2] = 0, representation.brightest
    return values


def patches(values, patch):
    """The pixels of every site in row-major order, (n, sites, patch²)."""
    _, rows, columns = values.shape
    corners = [(row, column) for row in range(0, rows, patch) for column in range(0, columns, patch)]
    return np.array([[image[r : r + patch, c : c + patch].ravel() for r, c in corners] for image in values])


def site_vectors(values, representation):
    """Representation vectors (n, sites, M), site by site."""
    pixels = patches(values, representation.patch)
    if representation.affine:
        shares = pixels / representation.brightest
        return np.concatenate([shares, 1 - shares], axis=2)
    vectors = np.zeros((*pixels.shape[:2], 2 ** pixels.shape[2]))
    for image, site in np.ndindex(pixels.shape[:2]):
        vectors[image, site, int("".join(map(str, pixels[image, site, ::-1])), 2)] = 1
    return vectors


def relative(logits):
    """Logits without what is common to the classes."""
    return logits - logits[..., :1]


def log_amplitudes(network, amplitudes):
    return np.log(np.abs(amplitudes)) * (2 if network.kind == "signed" else 1)


def randomised(network):
    """The network in double precision, with normal parameters."""
    with torch.no_grad():
        for name, parameter in network.double().named_parameters():
            parameter.copy_(torch.from_numpy(stream("parameters", name).normal(size=tuple(parameter.shape))))
    return network


def gradients_are_exact(network, encoded):
    """Whether the gradients of the log-odds are their finite differences."""
    names, parameters = zip(*network.named_parameters(), strict=True)

    def log_odds(*tensors):
        logits = torch.func.functional_call(network, dict(zip(names, tensors, strict=True)), (encoded,))
        return logits[..., 1] - logits[..., 0]

    return torch.autograd.gradcheck(log_odds, parameters, eps=1e-7, atol=1e-4, rtol=1e-4)


# Windowed weights over a tree


@pytest.mark.parametrize("name", TREES)
@pytest.mark.parametrize(("weights", "initialisation"), WAYS)
def test_windowed_logits_are_logarithms_of_the_circuits_amplitudes(name, weights, initialisation):
    tree = TREES[name]
    widths = tuple(range(3, 3 + tree.levels))
    network = ConvAC(
        tree, 3, widths, 3, weights=weights, sharing="windowed", initialisation=initialisation, seed=(0, 7)
    ).double()
    values = stream("test images").integers(0, 3, (6, *tree.shape))
    vectors = np.eye(3)[values.reshape(6, -1)]
    for encoded in (network.encode(values), network.encode(vectors)):
        logits = network(encoded).detach().numpy()
        for replica in range(2):
            expected = log_amplitudes(network, network.circuit(replica).amplitudes(vectors))
            np.testing.assert_allclose(relative(logits[replica]), relative(expected), atol=1e-8)


@pytest.mark.parametrize("name", TREES)
def test_a_windowed_circuit_repeats_its_weights_from_window_to_window(name):
    tree = TREES[name]
    network = ConvAC(tree, 2, (3,) * tree.levels, sharing="windowed", seed=(0, 7))
    for level, weights in enumerate(network.circuit(1).weights):
        parameter = network.get_parameter(f"level_{level + 1}")[1].detach().double().exp().numpy()
        assert len(weights) == tree.positions[level]
        for position, weight in enumerate(weights):
            np.testing.assert_array_equal(weight, parameter[position % tree.windows[level]])


@pytest.mark.parametrize("geometry", ["square", "mirror"])
@pytest.mark.parametrize("sharing", ["shared", "windowed", "located"])
@pytest.mark.parametrize("name", REPRESENTATIONS)
@pytest.mark.parametrize(("weights", "initialisation"), [("positive", "diagonal"), ("signed", "normal")])
def test_images_are_read_as_the_vectors_of_their_sites(geometry, sharing, name, weights, initialisation):
    representation = REPRESENTATIONS[name]
    network = ConvAC(
        TREES[geometry],
        representation.dimension(),
        (4, 3),
        weights=weights,
        sharing=sharing,
        representation=representation,
        initialisation=initialisation,
        seed=(0, 7),
    ).double()
    values = images(representation, (4, 4))
    vectors = site_vectors(values, representation)
    logits = network(network.encode(values))
    torch.testing.assert_close(relative(logits), relative(network(network.encode(vectors))))
    for replica in range(2):
        expected = log_amplitudes(network, network.circuit(replica).amplitudes(vectors))
        np.testing.assert_allclose(relative(logits[replica].detach().numpy()), relative(expected), atol=1e-8)


@pytest.mark.parametrize("weights", ["positive", "signed"])
@pytest.mark.parametrize("name", ["one-hot pixels", "affine pixels"])
def test_gradients_of_windowed_networks_are_exact(weights, name):
    representation = REPRESENTATIONS[name]
    alike = {"weights": weights, "representation": representation, "initialisation": "diagonal"}
    network = randomised(ConvAC(TREES["square"], 2, (2, 2), sharing="windowed", **alike))
    assert gradients_are_exact(network, network.encode(images(representation, (4, 4), count=3)))


def test_patches_of_more_values_than_a_byte_are_read_as_their_vectors():
    representation = Representation("one-hot", 3)
    values = np.zeros((1, 6, 6), dtype=np.uint8)
    values[0, 2, 2] = 1  # the last digit alone: 256
    networks = (
        ConvAC(PoolingTree.named("square", (2, 2)), 512, (2,), sharing="windowed", representation=representation),
        OverlappingConvAC((2, 2), (2,), representation=representation),
    )
    for brighter in (values, np.maximum(values, np.eye(6, dtype=np.uint8)), np.ones_like(values)):
        vectors = torch.from_numpy(site_vectors(brighter, representation)[0].T.reshape(512, 4)).float()
        for network in networks:
            prepared = network.prepare(network.encode(brighter))
            torch.testing.assert_close(prepared.reshape(512, 4), vectors)


# Windows that overlap


def looped(network, vectors, replica, rescaled=False):
    """Amplitudes (n, classes) of an overlapping ConvAC in plain loops; a factor outside the image counts as 1.

    Rescaled, up to a positive factor per image: large products leave the range of floats.
    """
    kernel = network.kernel
    weights = [network.weight(name)[replica].detach().numpy() for name in network.names]
    found = []
    for image in vectors:
        state = image.reshape(*network.sites, -1)
        for weight in weights[:-1]:
            rows, columns = len(state) // 2, state.shape[1] // 2
            above = np.ones((rows, columns, weight.shape[1]))
            for row, column, i, j in np.ndindex(rows, columns, kernel, kernel):
                r, c = 2 * row + i - (kernel - 1) // 2, 2 * column + j - (kernel - 1) // 2
                if 0 <= r < len(state) and 0 <= c < state.shape[1]:
                    above[row, column] *= weight[kernel * i + j] @ state[r, c]
                    above[row, column] /= np.abs(above[row, column]).max() if rescaled else 1
            state = above
        found.append(weights[-1] @ state[0, 0])
    return np.array(found)


@pytest.mark.parametrize("kernel", [2, 3, 4, 5])
@pytest.mark.parametrize("weights", ["positive", "signed"])
@pytest.mark.parametrize("name", REPRESENTATIONS)
def test_overlapping_logits_are_logarithms_of_looped_products(kernel, weights, name):
    representation = REPRESENTATIONS[name]
    network = randomised(
        OverlappingConvAC(
            (8, 8), (3, 2, 4), 3, kernel=kernel, weights=weights, representation=representation, seed=(0, 7)
        )
    )
    values = images(representation, (8, 8), count=2)
    vectors = site_vectors(values, representation)
    logits = network(network.encode(values)).detach().numpy()
    for replica in range(2):
        expected = log_amplitudes(network, looped(network, vectors, replica, rescaled=True))
        np.testing.assert_allclose(relative(logits[replica]), relative(expected), atol=1e-8)


@pytest.mark.parametrize("kernel", [2, 3, 5])
@pytest.mark.parametrize("weights", ["positive", "signed"])
def test_scale_and_values_give_back_the_looped_products_themselves(kernel, weights):
    network = randomised(OverlappingConvAC((4, 4), (3, 2), kernel=kernel, weights=weights, seed=(0, 7)))
    values = images(network.representation, (4, 4))
    encoded = network.encode(values)
    levels = list(network.propagate(network.prepare(encoded)))
    for last, _ in levels:
        torch.testing.assert_close(last.abs().amax(1), torch.ones_like(last[:, 0]))
    last, log = levels[-1]
    amplitudes = (network.weight("output") @ last.flatten(2) * log.flatten(2).exp()).mT.detach().numpy()
    for replica in range(2):
        expected = looped(network, site_vectors(values, network.representation), replica)
        np.testing.assert_allclose(amplitudes[replica], expected, rtol=1e-9)
    reported = torch.stack([log.abs().flatten(1).amax(1) for _, log in levels], dim=1)
    torch.testing.assert_close(network.log_scales(encoded), reported)


def kernel_places(tree):
    """Per level of a square tree, the place row·2 + column within a 2×2 block of each position of a window."""
    places = []
    for level, window in enumerate(tree.windows):
        below = math.prod(tree.windows[:level])
        rows, columns = np.unravel_index(np.array(tree.order[::below][:window]), tree.shape)
        places.append(((rows >> level) % 2 * 2 + (columns >> level) % 2).tolist())
    return places


@pytest.mark.parametrize("weights", ["positive", "signed"])
@pytest.mark.parametrize("name", REPRESENTATIONS)
def test_without_overlap_it_is_the_windowed_network_over_the_square_tree(weights, name):
    tree, representation = TREES["three levels"], REPRESENTATIONS[name]
    alike = {"weights": weights, "representation": representation, "seed": (0, 7)}
    ours = randomised(OverlappingConvAC((8, 8), (3, 2, 4), kernel=2, **alike))
    alike |= {"sharing": "windowed", "initialisation": "diagonal"}
    theirs = ConvAC(tree, representation.dimension(), (3, 2, 4), **alike).double()
    places = kernel_places(tree)
    assert all(sorted(each) == [0, 1, 2, 3] for each in places)
    with torch.no_grad():
        for layer, each in zip(ours.names, places, strict=False):
            theirs.get_parameter(layer).copy_(ours.get_parameter(layer)[:, each])
        theirs.get_parameter("output").copy_(ours.get_parameter("output"))
    values = images(representation, (8, 8))
    torch.testing.assert_close(ours(ours.encode(values)), theirs(theirs.encode(values)))
    torch.testing.assert_close(ours.log_scales(ours.encode(values)), theirs.log_scales(theirs.encode(values)))


@pytest.mark.parametrize("weights", ["positive", "signed"])
@pytest.mark.parametrize(("kernel", "name"), [(2, "one-hot pixels"), (3, "affine pixels")])
def test_gradients_of_overlapping_networks_are_exact(kernel, weights, name):
    representation = REPRESENTATIONS[name]
    network = randomised(
        OverlappingConvAC((4, 4), (2, 2), kernel=kernel, weights=weights, representation=representation)
    )
    assert gradients_are_exact(network, network.encode(images(representation, (4, 4), count=3)))


@pytest.mark.parametrize("make", [OverlappingConvAC, ConvNet])
def test_networks_without_a_tree_are_no_circuit(make):
    with pytest.raises(ArgumentError, match=rf"^network: {make.__name__} is no arithmetic circuit .*accepted: "):
        make((4, 4), (3, 3)).circuit()


# ConvNets


def pixel_shares(values, representation):
    """Pixels of every site as channels (n, patch², rows, columns), in shares of the brightest."""
    patch = representation.patch
    rows, columns = (side // patch for side in values.shape[1:])
    shares = np.empty((len(values), patch**2, rows, columns))
    for image, i, j, row, column in np.ndindex(len(values), patch, patch, rows, columns):
        pixel = values[image, row * patch + i, column * patch + j]
        shares[image, i * patch + j, row, column] = pixel / representation.brightest
    return torch.from_numpy(shares)


@pytest.mark.parametrize("patch", [1, 2, 3])
def test_pixels_of_a_patch_are_channels(patch):
    representation = Representation("affine", patch, 255)
    network = ConvNet((8, 4), (3, 5), representation=representation).double()
    values = images(representation, (8, 4))
    torch.testing.assert_close(network.prepare(network.encode(values))[0], pixel_shares(values, representation))


@pytest.mark.filterwarnings(EVEN)
@pytest.mark.parametrize("kernel", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("pooling", ["max", "average"])
@pytest.mark.parametrize(("convolve", "small"), [(one_by_one, 0), (grouped, 0), (one_by_one, 2**16)])
def test_convnets_are_plain_convolutions_with_pooling(monkeypatch, kernel, pooling, convolve, small):
    monkeypatch.setattr(convolutional, "one_by_one", convolve)
    monkeypatch.setattr(convolutional, "SMALL", small)
    representation = Representation("affine", 2, 255)
    network = randomised(
        ConvNet((8, 4), (3, 5), 3, kernel=kernel, pooling=pooling, representation=representation, seed=(0, 7))
    )
    values = images(representation, (8, 4))
    parameters = dict(network.named_parameters())
    pool = {"max": functional.max_pool2d, "average": functional.avg_pool2d}[pooling]
    expected = []
    for replica in range(2):
        state = pixel_shares(values, representation)
        for layer in network.names[:-1]:
            weight, bias = parameters[layer][replica], parameters[f"{layer}_bias"][replica]
            state = pool(functional.conv2d(state, weight, bias, padding="same").relu(), 2)
        assert state.shape == (4, 5, 2, 1)
        expected.append(functional.linear(state.flatten(1), parameters["output"][replica]))
        expected[-1] = expected[-1] + parameters["output_bias"][replica]
    logits = network(network.encode(values))
    torch.testing.assert_close(logits, torch.stack(expected))
    ours = torch.autograd.grad(logits.square().sum(), list(parameters.values()))
    plain = torch.autograd.grad(torch.stack(expected).square().sum(), list(parameters.values()))
    for first, second in zip(ours, plain, strict=True):
        torch.testing.assert_close(first, second)


@pytest.mark.filterwarnings(EVEN)
@pytest.mark.parametrize("kernel", [1, 2, 3, 4, 6, 7])
def test_convolutions_as_groups_and_as_a_matrix_are_those_made_one_by_one(kernel):
    generator = torch.Generator().manual_seed(kernel)
    shapes = ((3, 2, 4, 6, 5), (3, 7, 4, kernel, kernel), (3, 7))
    inputs = [torch.randn(shape, dtype=torch.float64, generator=generator).requires_grad_() for shape in shapes]
    plain = [functional.conv2d(*parts, padding="same") for parts in zip(*inputs, strict=True)]
    separate = [torch.stack(list(each)) for each in (plain, grouped(*inputs), one_by_one(*inputs))]
    expected, *made = [*separate, as_matrix(*inputs)]
    gradient = torch.autograd.grad(expected.sin().sum(), inputs)
    for each in made:
        torch.testing.assert_close(each, expected)
        torch.testing.assert_close(torch.autograd.grad(each.sin().sum(), inputs), gradient)


@pytest.mark.parametrize("pooling", ["max", "average"])
@pytest.mark.parametrize("patch", [1, 2])
def test_a_kernel_of_one_mixes_no_neighbours_before_pooling(pooling, patch):
    side = 8 * patch
    dark_and_dots = np.zeros((1 + side**2, side, side), dtype=int)
    dark_and_dots[1:].reshape(side**2, side**2)[np.diag_indices(side**2)] = 1
    reached = {}
    for kernel in (1, 3):
        network = ConvNet(
            (8, 8), (6,), kernel=kernel, pooling=pooling, representation=Representation("affine", patch), seed=(0, 7)
        ).double()
        (level,) = network.propagate(network.prepare(network.encode(dark_and_dots)))
        reached[kernel] = (level[:, 1:] != level[:, :1]).any(2).detach().numpy()
    for number in range(side**2):
        row, column = np.divmod(number, side)
        for replica in reached[1][:, number]:
            assert np.argwhere(replica).tolist() == [[row // patch // 2, column // patch // 2]]
    assert reached[3].sum(axis=(2, 3)).max() == 4


# The diagonal initialisation


def diagonal_networks(weights, representation):
    """A network of each kind that starts diagonal, over 4×4 sites."""
    alike = {"weights": weights, "representation": representation, "seed": (0, 7)}
    over_tree = partial(ConvAC, TREES["square"], representation.dimension(), (6, 4), initialisation="diagonal", **alike)
    overlaps = partial(OverlappingConvAC, (4, 4), (6, 4), **alike)
    made = [over_tree(sharing=sharing) for sharing in ("shared", "windowed", "located")]
    return [network.double() for network in [*made, overlaps(kernel=2), overlaps(kernel=3)]]


@pytest.mark.parametrize("weights", ["positive", "signed"])
@pytest.mark.parametrize("name", REPRESENTATIONS)
def test_a_dark_image_has_equal_responses_in_every_channel(weights, name):
    representation = REPRESENTATIONS[name]
    values = np.zeros_like(images(representation, (4, 4)))
    dark = torch.from_numpy(site_vectors(values, representation)[0, 0])
    for network in diagonal_networks(weights, representation):
        response = network.weight("level_1") @ dark
        torch.testing.assert_close(response, torch.ones_like(response), atol=1e-6, rtol=0)
        encoded = network.encode(values)
        if isinstance(network, ConvAC):  # evaluated position by position, not once per symbol
            encoded = network.encode(site_vectors(values, representation))
        for level, log in network.propagate(network.prepare(encoded)):
            torch.testing.assert_close(level, torch.ones_like(level), atol=1e-4, rtol=0)
            torch.testing.assert_close(log, torch.zeros_like(log), atol=1e-4, rtol=0)
        logits = relative(network(network.encode(values)))
        torch.testing.assert_close(logits, torch.zeros_like(logits), atol=1e-4, rtol=0)
        logits = relative(network(network.encode(images(representation, (4, 4)))))
        assert logits.abs().max() > 0.01


@pytest.mark.parametrize("weights", ["positive", "signed"])
def test_rows_of_diagonal_weights_sum_to_one_and_pass_on_mostly_themselves(weights):
    for network in diagonal_networks(weights, Representation()):
        for name in network.names[1:]:
            weight = network.weight(name)
            rows = weight.sum(-1)
            torch.testing.assert_close(rows, torch.ones_like(rows), atol=1e-6, rtol=0)
            out, into = weight.shape[-2:]
            diagonal = torch.zeros(out, into, dtype=torch.bool)
            for channel in range(max(out, into)):
                diagonal[channel % out, channel % into] = True
            assert weight[..., diagonal].mean() > 3 * weight[..., ~diagonal].mean()


# What is refused


BUILD = {"arithmetic": arithmetic.build, "overlapping": overlapping.build, "convolutional": convolutional.build}
# Options that make the sites grey; the sites of a ConvNet always are.
SHADES = {"arithmetic": {"representation": "affine"}, "overlapping": {"representation": "affine"}, "convolutional": {}}


def spec_of(architecture, options, **given):
    """The spec of a network that takes pixels as its sites, unless given otherwise."""
    pixels = {"geometry": "square", "sites": (4, 4), "widths": (3, 3)}
    pixels["local_dimension"] = 1 if architecture == "convolutional" else 2
    return NetworkSpec(architecture=architecture, options=options, **{**pixels, **given})


def built(architecture, options, **given):
    return BUILD[architecture](spec_of(architecture, options, **given), (0,))


@pytest.mark.parametrize(
    ("architecture", "options", "line"),
    [
        ("overlapping", {"kernel": 1}, r"options\.kernel: 1; accepted: an integer from 2 to 7"),
        ("overlapping", {"kernel": 8}, r"options\.kernel: 8; accepted: an integer from 2 to 7"),
        ("convolutional", {"kernel": 0}, r"options\.kernel: 0; accepted: an integer from 1 to 15"),
        ("convolutional", {"kernel": 16}, r"options\.kernel: 16; accepted: an integer from 1 to 15"),
        ("convolutional", {"pooling": "sum"}, r"options\.pooling: 'sum' is unknown; accepted: max, average"),
        ("overlapping", {"weights": "real"}, r"options\.weights: 'real' is unknown; accepted: positive, signed"),
        ("overlapping", {"pooling": "max"}, r"options\.pooling: unknown key; accepted: kernel, weights, "),
        ("convolutional", {"weights": "signed"}, r"options\.weights: unknown key; accepted: kernel, pooling, "),
        ("arithmetic", {"kernel": 3}, r"options\.kernel: unknown key; accepted: weights, sharing, "),
        ("arithmetic", {"sharing": "window"}, r"options\.sharing: .* accepted: shared, windowed, located"),
        ("arithmetic", {"initialisation": "normal"}, r"options\.initialisation: .* accepted: .*diagonal"),
        ("arithmetic", {"brightest": 2}, r"options\.brightest: 2; accepted: .*1 with one-hot sites"),
        ("overlapping", {"brightest": 255}, r"options\.brightest: 255; accepted: .*1 with one-hot sites"),
        ("overlapping", {"kernel": "three"}, r"options\.kernel: 'three'; accepted: an integer"),
        ("convolutional", {"kernel": 2.5}, r"options\.kernel: 2\.5; accepted: an integer"),
        ("convolutional", {"kernel": True}, r"options\.kernel: True; accepted: an integer"),
        ("convolutional", {"patch": 1.9}, r"options\.patch: 1\.9; accepted: an integer"),
        ("arithmetic", {"brightest": "white"}, r"options\.brightest: 'white'; accepted: an integer"),
    ],
)
def test_options_are_refused_in_one_line(architecture, options, line):
    with pytest.raises(ArgumentError, match=f"^{line}"):
        built(architecture, options)


@pytest.mark.parametrize("architecture", BUILD)
@pytest.mark.parametrize(
    ("options", "line"),
    [
        ({"patch": 0}, r"options\.patch: 0; accepted: an integer from 1 to 4"),
        ({"patch": 5}, r"options\.patch: 5; accepted: an integer from 1 to 4"),
        ({"brightest": 0}, r"options\.brightest: 0; accepted: an integer from 1 to 255"),
        ({"brightest": 256}, r"options\.brightest: 256; accepted: an integer from 1 to 255"),
        ({"representation": "grey"}, r"options\.representation: .* accepted: "),
    ],
)
def test_representations_are_refused_in_one_line(architecture, options, line):
    with pytest.raises(ArgumentError, match=f"^{line}"):
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
        with pytest.raises(ArgumentError, match=r"^options\.initialisation: calibrated .*accepted: .*diagonal"):
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
    "windowed": ConvAC(TREES["square"], 8, (3, 3), sharing="windowed", representation=GREY),
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
    "one-hot grey": ("options.brightest", lambda: Representation("one-hot", 2, brightest=3)),
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
    spec = NetworkSpec(architecture="arithmetic", geometry="line", sites=(8,), widths=(3, 3, 3))
    assert arithmetic.build(spec, (0,)).encode(np.zeros((2, 8), dtype=int)).ndim == 2


def test_a_network_without_a_representation_takes_its_local_dimension():
    network = built("arithmetic", {}, local_dimension=3)
    assert network(network.encode(np.full((2, 4, 4), 2))).shape == (1, 2, 2)


# The training loop

RUNS = {
    "windowed": ("arithmetic", {"sharing": "windowed", "initialisation": "diagonal", "representation": "affine"}),
    "windowed, signed": ("arithmetic", {"sharing": "windowed", "initialisation": "diagonal", "weights": "signed"}),
    "overlapping": ("overlapping", {"kernel": 3}),
    "overlapping, affine": ("overlapping", {"kernel": 3, "representation": "affine", "weights": "signed"}),
    "max": ("convolutional", {"kernel": 3, "pooling": "max"}),
    "average": ("convolutional", {"kernel": 2, "pooling": "average"}),
}
# At 0.02 some signed overlapping networks jump to chance in their first steps and stay there.
RATES = {"arithmetic": 0.02, "overlapping": 0.01, "convolutional": 0.03}


def run_spec(name, **training):
    architecture, options = RUNS[name]
    return RunSpec(
        dataset=DatasetSpec(name="blobs"),
        network=spec_of(architecture, options, sites=(8, 8), widths=(4, 4, 4)),
        training=TrainingSpec(**{"batch": 16, "lr": RATES[architecture], "seeds": (0, 1), **training}),
    )


@cache
def arrays():
    """Images whose label says whether most of the pixels are filled: easy to learn."""
    generator = stream("training test")
    made = {}
    for part, count in (("train", 120), ("test", 60)):
        labels = generator.integers(0, 2, count)
        shares = np.where(labels == 1, 0.7, 0.3)[:, None, None]
        made |= {f"{part}_images": (generator.random((count, 8, 8)) < shares).astype(np.uint8)}
        made |= {f"{part}_labels": labels}
    return made


@pytest.mark.parametrize("name", RUNS)
def test_networks_learn(name):
    history = train(run_spec(name, steps=50, clip=1.0), arrays()).history
    values = history.set_index(["quantity", "step", "seed"])["value"]
    for seed in (0, 1):
        assert values["loss", 50, seed] < 0.5 * values["loss", 0, seed]
        assert values["test_accuracy", 50, seed] > 0.85
    scales = set() if RUNS[name][0] == "convolutional" else {"log_scale", "initial_log_scale"}
    assert set(history["quantity"]) & {"log_scale", "initial_log_scale"} == scales


class Killed(BaseException):
    """Stands for a kill, which nothing catches."""


def killed_at(monkeypatch, step):
    """Make training stop before `step`, with a checkpoint after every step."""
    original = loop.Run.update

    def update(run, number):
        if number == step:
            raise Killed
        return original(run, number)

    monkeypatch.setattr(loop, "INTERVAL", -1.0)
    monkeypatch.setattr(loop.Run, "update", update)


# Seven steps and a half are an epoch; the rate drops after step 9.
INTERRUPTED = {"steps": 12, "log_every": 5, "weight_decay": 1e-4, "clip": 1.0}


@cache
def uninterrupted(name):
    return train(run_spec(name, **INTERRUPTED), arrays())


@pytest.mark.parametrize("name", RUNS)
@pytest.mark.parametrize("stop", [8, 11])
def test_a_killed_run_goes_on_to_the_same_bits(tmp_path, monkeypatch, name, stop):
    run, path = run_spec(name, **INTERRUPTED), tmp_path / "checkpoint.safetensors"
    with monkeypatch.context() as patch:
        killed_at(patch, stop)
        with pytest.raises(Killed):
            train(run, arrays(), checkpoint=path)
    assert int(read_arrays(path)[0]["step"][0]) == stop - 1
    whole, resumed = uninterrupted(name), train(run, arrays(), checkpoint=path)
    assert whole.tensors.keys() == resumed.tensors.keys()
    assert all(np.array_equal(tensor, resumed.tensors[name]) for name, tensor in whole.tensors.items())
    assert whole.history.equals(resumed.history)
