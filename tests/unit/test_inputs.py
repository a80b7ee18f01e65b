"""Images and labels at a network's door: encoded once or raw, measured as they are or refused in one line."""

import copy
import pickle

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader, TensorDataset

from convac.errors import ArgumentError
from convac.geometry.trees import PoolingTree
from convac.networks.arithmetic import ConvAC
from convac.networks.convolutional import ConvNet
from convac.networks.inputs import MISSING, Encoded
from convac.networks.mixture import TensorialMixture
from convac.networks.overlapping import OverlappingConvAC
from convac.networks.rectifier import ConvRect
from convac.networks.representations import Representation

TREE = PoolingTree.named("square", (4, 4))
LINE = PoolingTree.named("dilated", (8,))  # raw images have as many axes as encoded ones
AFFINE = Representation("affine", 2, 15)
SEEDS = (0, 1)
NETWORKS = {
    "shared": ConvAC(TREE, 2, (3, 3), seed=SEEDS),
    "windowed": ConvAC(TREE, 2, (3, 3), sharing="windowed", seed=SEEDS),
    "located": ConvAC(TREE, 2, (3, 3), sharing="located", seed=SEEDS),
    "signed": ConvAC(TREE, 2, (3, 3), weights="signed", seed=SEEDS),
    "line": ConvAC(LINE, 2, (3, 3, 3), sharing="located", seed=SEEDS),
    "patches": ConvAC(TREE, 16, (3, 3), representation=Representation("one-hot", 2), seed=SEEDS),
    "affine": ConvAC(TREE, 8, (3, 3), sharing="windowed", representation=AFFINE, seed=SEEDS),
    "rectifier": ConvRect(TREE, 2, (3, 3), seed=SEEDS),
    "average rectifier": ConvRect(TREE, 2, (3, 3), pooling="average", seed=SEEDS),
    "convolutional": ConvNet((4, 4), (3, 3), representation=AFFINE, seed=SEEDS),
    "overlapping": OverlappingConvAC((4, 4), (3, 3), seed=SEEDS),
    "mixture": TensorialMixture(TREE, 3, (3, 3), patch=2, brightest=15, seed=SEEDS),
}
BINARY = [name for name, network in NETWORKS.items() if network.shape_of(False) in {(4, 4), (8,)}]


def images_of(network, *batch, kind=np.uint8):
    shape = network.shape_of(False)
    return np.random.default_rng(0).integers(0, 2, (*batch, *shape)).astype(kind)


@pytest.fixture(params=NETWORKS)
def network(request):
    return NETWORKS[request.param]


KEPT = {
    "number": lambda x: x[2:5],
    "list": lambda x: x[[0, 3]],
    "mask": lambda x: x[torch.arange(len(x)) % 2 == 0],
    "batches of seeds": lambda x: x[torch.tensor([[0, 1], [2, 5]])],
    "index_select": lambda x: x.index_select(0, torch.tensor([1, 4])),
    "split": lambda x: torch.split(x, 4)[1],
    "chunk": lambda x: x.chunk(2)[0],
    "view": lambda x: x.view(2, 3, -1),
    "reshape": lambda x: x.reshape(2, 3, -1).reshape(6, -1),
    "to": lambda x: x.to("cpu", copy=True),
    "clone": lambda x: x.clone().detach().contiguous(),
    "stack": lambda x: torch.stack([x[:3], x[3:]]),
    "all columns": lambda x: x[::2, :][..., :],
    "replicas": lambda x: torch.stack([x] * 2),
    "cat": lambda x: torch.cat([x[:2], x[4:]]),
    "expand": lambda x: x.expand(2, -1, -1),
    "unsqueeze": lambda x: x[0].unsqueeze(0),
    "deepcopy": copy.deepcopy,
    "pickle": lambda x: pickle.loads(pickle.dumps(x)),
    "rows": lambda x: torch.stack(list(x)),
    "loader": lambda x: next(iter(DataLoader(TensorDataset(x), batch_size=4)))[0],
}


@pytest.mark.parametrize("change", KEPT)
def test_what_moves_rows_keeps_them_encoded(network, change):
    encoded = network.encode(images_of(network, 6))
    made = KEPT[change](encoded)
    assert isinstance(made, Encoded)
    assert made.encoding == encoded.encoding
    scores = network(made)
    # the same change of their numbers alone, which no network takes
    plain = KEPT[change](encoded.as_subclass(torch.Tensor))
    assert torch.equal(made.as_subclass(torch.Tensor), plain)
    rows = plain if plain.ndim == 3 else plain.unsqueeze(0)
    assert torch.equal(scores, network.logits(network.prepared(rows)))


LOST = {
    "sum": lambda x: x + 1,
    "product": lambda x: 1 * x,
    "flip": lambda x: x.flip(1),
    "transpose": lambda x: x.mT,
    "plain": lambda x: x.as_subclass(torch.Tensor),
    "numbers": lambda x: torch.from_numpy(np.asarray(x).copy()),
    "bool": lambda x: x.to(torch.bool),
    "int8": lambda x: x.to(torch.int8),
    "half": lambda x: x.half(),
    "float": lambda x: x.float(),
    "double": lambda x: x.to(torch.float64),
    "complex": lambda x: x.to(torch.complex64),
    "columns by a list": lambda x: x[..., [1, 0, *range(2, x.shape[1])]],
    "columns by numbers": lambda x: x[:, torch.arange(x.shape[1]).flip(0)],
    "columns by a mask": lambda x: x[:, torch.ones(x.shape[1], dtype=torch.bool)],
    "columns by index_select": lambda x: x.index_select(-1, torch.arange(x.shape[1])),
    "columns by index_select, named": lambda x: x.index_select(dim=1, index=torch.arange(x.shape[1])),
    "rows out of step": lambda x: x.flatten()[1 : 1 - x.shape[1]].view(-1, x.shape[1]),
    "halves of two images": lambda x: torch.cat([x[:, :2], x.roll(1, 0)[:, 2:]], dim=1),
}


@pytest.mark.parametrize("change", LOST)
def test_what_changes_numbers_gives_a_plain_tensor(change):
    encoded = NETWORKS["shared"].encode(images_of(NETWORKS["shared"], 6))
    made = LOST[change](encoded)
    assert not isinstance(made, Encoded)
    with pytest.raises(ArgumentError, match=r"^images: .*accepted: "):
        NETWORKS["shared"](made)


IN_PLACE = {
    "assignment": lambda x: x.__setitem__(0, 0),
    "product": lambda x: x.mul_(2),
    "operator": lambda x: x.__iadd__(1),
    "fill": lambda x: x.fill_(0),
    "zero": lambda x: x[0].zero_(),
}


@pytest.mark.parametrize("change", IN_PLACE)
def test_encoded_images_are_not_changed_in_place(network, change):
    encoded = network.encode(images_of(network, 6))
    scores = network(encoded)
    with pytest.raises(ArgumentError, match=r"^images: encoded ones aren't changed, by .*accepted: "):
        IN_PLACE[change](encoded)
    assert torch.equal(network(encoded), scores)


@pytest.mark.parametrize("kind", [torch.int32, torch.int64])
def test_a_wider_integer_type_keeps_images_encoded(network, kind):
    encoded = network.encode(images_of(network, 3))
    assert torch.equal(network(encoded.to(kind)), network(encoded))


def test_floating_vectors_stay_encoded_in_any_floating_type():
    network = NETWORKS["located"]
    vectors = np.random.default_rng(0).random((3, 16, 2))
    encoded = network.encode(vectors)
    for kind in (torch.float32, torch.float64):
        assert isinstance(encoded.to(kind), Encoded)
        torch.testing.assert_close(network(encoded.to(kind)), network(vectors))
    assert not isinstance(encoded.long(), Encoded)


def test_images_of_two_networks_are_not_stacked_as_encoded():
    first, other = NETWORKS["located"], NETWORKS["affine"]
    mixed = torch.cat([first.encode(images_of(first, 2)).int(), other.encode(images_of(other, 2)).int()[:, :16]])
    assert not isinstance(mixed, Encoded)


def test_raw_images_are_encoded_at_the_door(network):
    for kind in (np.uint8, np.int64, bool):
        images = images_of(network, 6, kind=kind)
        expected = network(network.encode(images))
        assert torch.equal(network(images), expected)
        assert torch.equal(network(torch.from_numpy(images)), expected)
        assert torch.equal(network(images.tolist()), expected)
        each = images.reshape(2, 3, *images.shape[1:])  # images of its own for each replica
        assert torch.equal(network(each), network(torch.stack([network.encode(own) for own in each])))


@pytest.mark.parametrize("kind", [torch.float32, torch.float64, torch.bfloat16])
def test_vectors_of_torch_are_read_and_differentiated(kind):
    vectors = torch.rand(3, 16, 2).to(kind).requires_grad_()
    scores = NETWORKS["located"](vectors)
    torch.testing.assert_close(scores, NETWORKS["located"](vectors.detach().double().numpy()))
    torch.autograd.backward(scores.sum())
    assert vectors.grad.abs().min() > 0


def test_rows_that_no_network_encoded_are_refused(network):
    encoded = network.encode(images_of(network, 8))
    columns = encoded.shape[1]
    raw = torch.from_numpy(images_of(network, 8))
    wrong = [raw.flatten(1), raw.flatten(), raw[0], raw[None, None], torch.zeros(8, columns + 1, dtype=torch.uint8)]
    wrong += [encoded[0], encoded[:, :-1], encoded[None, None], torch.stack([encoded] * 3)]
    wrong += [encoded.reshape(4, 2 * columns), torch.zeros((3, *raw.shape), dtype=torch.uint8)]
    if raw.ndim > 2:  # rows of the raw images of a line are images
        wrong.append(encoded.as_subclass(torch.Tensor))
    for given in wrong:
        if not isinstance(given, Encoded) and tuple(given.shape[1:]) == network.shape_of(False):
            continue  # raw images of a line, which have as many axes as rows
        with pytest.raises(ArgumentError, match=r"^images: .*accepted: ") as caught:
            network(given)
        assert len(str(caught.value)) <= 200


@pytest.mark.parametrize("name", NETWORKS)
def test_another_networks_encoding_is_refused(name):
    network = NETWORKS[name]
    foreign = [other for other in NETWORKS.values() if other.reader != network.reader]
    assert len(foreign) >= len(NETWORKS) - 3
    for other in foreign:
        with pytest.raises(ArgumentError, match=r"^images: another network encoded them; accepted: "):
            network(other.encode(images_of(other, 8)))


def test_networks_that_read_alike_share_an_encoding():
    encoded = NETWORKS["shared"].encode(images_of(NETWORKS["shared"], 4))
    wider = ConvAC(PoolingTree.named("square", (4, 4)), 2, (5, 7), 4, weights="signed", seed=9)
    assert torch.equal(wider(encoded), wider(wider.encode(images_of(wider, 4))))


def test_encoded_images_are_not_encoded_again(network):
    with pytest.raises(ArgumentError, match=r"^images: encoded already; accepted: raw images"):
        network.encode(network.encode(images_of(network, 2)))


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize(
    "spoil",
    [
        lambda x: x.astype(complex),
        lambda x: x.astype(str),
        lambda x: x.astype(object),
        lambda x: x.astype("datetime64[s]"),
        lambda x: np.full(x.shape, np.nan),
        lambda x: x[:, :1],
        lambda x: x[0],
        lambda x: x[:0],
        lambda x: x[..., None].repeat(3, -1),
        lambda x: x.astype(int) - 2,
        lambda x: x.astype(np.uint8) + 200,
        lambda x: 0.5 * x,
        lambda x: x.astype(np.float32),
        lambda x: [[0, 1], [0]],
        lambda x: "image.png",
        lambda x: None,
        lambda x: 3,
        lambda x: torch.from_numpy(x).to(torch.complex64),
    ],
)
def test_images_that_do_not_fit_are_refused_in_one_line(name, spoil):
    network = NETWORKS[name]
    given = spoil(images_of(network, 3))
    for door in (network.encode, network):
        with pytest.raises(ArgumentError, match=r"^images: .*accepted: ") as caught:
            door(given)
        assert len(str(caught.value)) <= 200


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_vectors_that_are_not_finite_are_refused(bad):
    vectors = np.zeros((2, 16, 2), dtype=np.float32)
    vectors[1, 3, 0] = bad
    for given in (vectors, torch.from_numpy(vectors)):
        with pytest.raises(ArgumentError, match=r"^images: .*accepted: finite floats"):
            NETWORKS["located"].encode(given)


def test_grey_values_are_told_what_reads_them():
    grey = np.random.default_rng(0).integers(0, 256, (3, 4, 4), dtype=np.uint8)
    for name in BINARY:
        network = NETWORKS[name]
        for values in (grey.reshape(3, 16)[:, :8] if name == "line" else grey,):
            for given in (values, values / 255, torch.from_numpy(values / 255)):
                with pytest.raises(ArgumentError, match=r"^images: .*accepted: .*grey values") as caught:
                    network(given)
                assert len(str(caught.value)) <= 200
    advice = Representation("affine", brightest=255)
    for network in (
        ConvAC(TREE, advice.dimension(), (3, 3), representation=advice),
        ConvNet((4, 4), (3, 3), representation=advice),
        OverlappingConvAC((4, 4), (3, 3), representation=advice),
        TensorialMixture(TREE, 3, (3, 3), brightest=255),
    ):
        assert network(grey).isfinite().all()
    shares = (grey / 255).reshape(3, 16)
    assert NETWORKS["rectifier"](np.stack([shares, 1 - shares], axis=2)).isfinite().all()


def test_a_mixture_takes_missing_pixels_raw():
    network = NETWORKS["mixture"]
    images = images_of(network, 3, kind=np.int16)
    images[:, 0] = MISSING
    assert torch.equal(network(images), network(network.encode(images)))
    assert torch.equal(network.posterior(images), network.posterior(network.encode(images)))


LABELS = [0, 1, 1, 0]


@pytest.mark.parametrize("name", ["shared", "mixture", "convolutional"])
@pytest.mark.parametrize(
    "labels",
    [
        np.array([LABELS, LABELS]),
        np.array([LABELS] * 2, dtype=np.uint8),
        np.array([LABELS] * 2, dtype=bool),
        np.array(LABELS),
        LABELS,
        torch.tensor(LABELS, dtype=torch.int32),
        torch.tensor([LABELS, LABELS]),
    ],
)
def test_labels_are_integers_of_each_replica_or_of_all(name, labels):
    network = NETWORKS[name]
    logits = network(images_of(network, 4))
    expected = network.loss(logits, torch.tensor([LABELS, LABELS]))
    assert expected.shape == (2,)
    assert torch.equal(network.loss(logits, labels), expected)


@pytest.mark.parametrize("name", ["shared", "mixture", "convolutional"])
@pytest.mark.parametrize(
    "labels",
    [
        np.array(LABELS, dtype=float),
        torch.tensor(LABELS).float(),
        torch.tensor(LABELS).to(torch.complex64),
        np.array(LABELS, dtype=complex),
        np.array(LABELS, dtype=str),
        [0, 1, None, 0],
        [[0, 1], [0]],
        [0, 1, 2, 0],
        [0, 1, -1, 0],
        [0, 1, -100, 0],  # which torch's cross-entropy would leave out
        torch.full((2, 4), 2**40),
        LABELS[:3],
        [LABELS],
        [LABELS] * 3,
        1,
        "cats",
        torch.eye(2, dtype=torch.int64)[torch.tensor([LABELS, LABELS])],
    ],
    ids=range(17),
)
def test_labels_that_do_not_fit_are_refused_in_one_line(name, labels):
    network = NETWORKS[name]
    with pytest.raises(ArgumentError, match=r"^labels: .*accepted: ") as caught:
        network.loss(network(images_of(network, 4)), labels)
    assert len(str(caught.value)) <= 200
