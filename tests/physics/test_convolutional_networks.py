"""Windowed and overlapping ConvACs and ConvNets against plain evaluations: circuits, loops, torch's own layers."""

import math
from functools import partial

import numpy as np
import pytest
import torch
from torch.nn import functional

from convac.errors import ArgumentError
from convac.geometry.trees import PoolingTree
from convac.networks import convolutional
from convac.networks.arithmetic import INITIALISATIONS, ConvAC
from convac.networks.convolutional import ConvNet, as_matrix, grouped, one_by_one
from convac.networks.overlapping import OverlappingConvAC
from convac.networks.representations import Representation
from convac.seeds import stream

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
        parameter = np.exp(network.get_parameter(f"level_{level + 1}")[1].detach().double().numpy())
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
            theirs.get_parameter(layer).copy_(ours.get_parameter(layer)[:, each] * ours.unit(layer))
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
