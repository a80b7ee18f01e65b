"""Data of all kinds at the door of the dependence on data: measured as it is, or refused in one line."""

import numpy as np
import pytest
import torch
from torch import nn

from convac import HeldOut, PoolingTree, data_dependence, measure, random_circuit
from convac.errors import ArgumentError

IMAGES = np.random.default_rng(0).integers(0, 2, (80, 4, 4))
LABELS = np.arange(80) % 2


def odds(images):
    """Log-odds from both halves of 4×4 pixels, in double precision."""
    values = np.asarray(images, dtype=float)
    return (values[:, :2].sum(axis=(1, 2)) - 1) * (values[:, 0, 3] - 0.3)


def share(network, images, **options):
    """The interaction share between left and right."""
    return measure(network, "left-right", data=images, **options).share.value


def module(kind=torch.float32, answer=lambda scores: scores):
    """A network with what a training mode would change, and something of its own to say."""

    class Network(nn.Module):
        def __init__(self):
            super().__init__()
            torch.manual_seed(0)
            layers = nn.Linear(16, 8), nn.BatchNorm1d(8), nn.Tanh(), nn.Dropout(0.5), nn.Linear(8, 3)
            self.body = nn.Sequential(nn.Flatten(), *layers).to(kind)

        def forward(self, images):
            return answer(self.body(images))

    return Network()


@pytest.mark.parametrize("kind", ["u1", "i1", ">i4", "u8", "?", "f2", "f4", ">f8", "g"])
@pytest.mark.parametrize("network", [odds, module(), module(torch.float64)])
def test_numbers_of_every_type_and_byte_order_give_one_share(kind, network):
    assert share(network, IMAGES.astype(kind)) == pytest.approx(share(network, IMAGES), abs=1e-12)


@pytest.mark.parametrize(
    "same",
    [
        np.asfortranarray,
        lambda images: images[::-1][::-1],
        lambda images: np.ascontiguousarray(images[:, ::-1])[:, ::-1],
        torch.as_tensor,
        lambda images: torch.as_tensor(images).to(torch.bfloat16),
        lambda images: torch.as_tensor(images).double().to_sparse().requires_grad_(),
        lambda images: images.tolist(),
        list,
    ],
)
def test_arrays_of_every_layout_give_one_share(same):
    assert share(odds, same(IMAGES)) == share(odds, IMAGES)


@pytest.mark.parametrize("mode", ["r", "c"])
@pytest.mark.parametrize("network", [odds, module()])
def test_arrays_that_cannot_be_written_are_read(tmp_path, mode, network):
    np.save(tmp_path / "images.npy", IMAGES)
    mapped = np.load(tmp_path / "images.npy", mmap_mode=mode)
    mapped.flags.writeable = False
    assert share(network, mapped) == share(network, IMAGES)


def in_place(images):
    images *= 2
    return odds(images)


def test_a_function_that_changes_its_input_changes_a_copy():
    images = IMAGES.astype(np.float32)
    share(in_place, images)
    assert np.array_equal(images, IMAGES)


@pytest.mark.parametrize(
    ("images", "named"),
    [
        (IMAGES.astype(object), "data: holds no plain numbers"),
        (IMAGES * 1j, "data: holds complex numbers"),
        (IMAGES.astype(str), "data: holds text"),
        ((IMAGES, LABELS), "data: rows differ in length"),
        ({"images": IMAGES}, "data: holds no plain numbers"),
        ("images.npz", "data: holds text"),
        (np.ma.masked_equal(IMAGES, 0), "data: has masked entries"),
        (np.where(IMAGES, np.nan, 0), "data: has a value that isn't finite"),
        (np.where(IMAGES, -np.inf, 0), "data: has a value that isn't finite"),
        (IMAGES[0], "data: 4 images are too few"),
        (IMAGES[:1], "data: 1 images are too few"),
        (IMAGES.T, "data: 4 images are too few"),
        (IMAGES[:0], "data: has shape [0, 4, 4]"),
        (IMAGES[:, :0], "data: has shape [80, 0, 4]"),
        (IMAGES[:, None, None], "data: has shape [80, 1, 1, 4, 4]"),
        (np.stack([IMAGES] * 3, axis=3), "sites: aren't given, and images [4, 4, 3] look as if their channels were"),
        (IMAGES[..., None], "sites: aren't given, and images [4, 4, 1] look as if their channels were last"),
    ],
)
def test_what_are_no_images_is_refused(images, named):
    with pytest.raises(ArgumentError) as refused:
        share(lambda images: images.reshape(len(images), -1).sum(axis=1), images)
    assert named in str(refused.value)
    assert len(str(refused.value)) <= 200


def test_channels_stand_first_or_where_sites_say():
    first, last = np.stack([IMAGES] * 3, axis=1), np.stack([IMAGES] * 3, axis=3)
    right = share(odds, IMAGES)
    assert share(lambda images: odds(images[:, 1]), first) == right
    assert share(lambda images: odds(images[..., 1]), last, sites=(4, 4)) == right


def test_a_tree_takes_its_pixels_row_by_row_and_no_other_grid():
    circuit = random_circuit(PoolingTree.named("square", (4, 4)), 2, (3, 3), np.random.default_rng(0))
    assert share(circuit, IMAGES.reshape(80, 16)) == share(circuit, IMAGES)
    with pytest.raises(ArgumentError, match=r"^sites: \[4, 4\] aren't those of images \[2, 8\]"):
        share(circuit, IMAGES.reshape(80, 2, 8))


@pytest.mark.parametrize("kind", ["u1", "i4", "i8", "?"])
def test_symbols_of_every_type_reach_an_embedding(kind):
    torch.manual_seed(0)
    network = nn.Sequential(nn.Embedding(2, 3), nn.Flatten(), nn.Linear(48, 2), nn.Tanh())
    assert share(network, IMAGES.astype(kind)) == share(network, IMAGES)


@pytest.mark.parametrize(
    ("labels", "named"),
    [
        (LABELS * 1.0, "labels: real numbers of shape [80]; accepted: integers ≥ 0"),
        (np.eye(2, dtype=int)[LABELS], "labels: integers of shape [80, 2]"),
        (np.eye(2)[LABELS], "labels: real numbers of shape [80, 2]"),
        (LABELS[:, None], "labels: integers of shape [80, 1]"),
        (np.array(["cat", "dog"])[LABELS], "labels: text of shape [80]"),
        (["cat"] * 80, "labels: got 'cat'"),
        (LABELS > 0, "labels: booleans of shape [80]"),
        (LABELS.astype(object), "labels: no plain numbers of shape [80]"),
        (LABELS - 1, "labels: got -1"),
        (LABELS[:79], "labels: 79 given; accepted: one per image, 80"),
        ([np.nan] * 80, "labels: got nan"),
        (None, "within_class: needs labels"),
    ],
)
def test_what_are_no_labels_is_refused(labels, named):
    with pytest.raises(ArgumentError) as refused:
        HeldOut(IMAGES, labels, within_class=True)
    assert named in str(refused.value)


@pytest.mark.parametrize("labels", [LABELS * 7, LABELS.astype("u8") * np.uint64(2**64 - 1), LABELS.tolist()])
def test_labels_may_have_gaps_and_any_size(labels):
    images = np.concatenate([IMAGES, IMAGES[::-1]])
    given, plain = (
        HeldOut(images, np.concatenate([each, each[::-1]]), within_class=np.True_) for each in (labels, LABELS)
    )
    assert share(odds, given) == share(odds, plain)


@pytest.mark.parametrize(
    ("answer", "named"),
    [
        (lambda scores: (scores, scores), "network: returns shape [2, 3, 3] for 3 images"),
        (lambda scores: [scores, scores], "network: returns shape [2, 3, 3] for 3 images"),
        (lambda scores: scores[None], "network: returns shape [1, 3, 3] for 3 images"),
        (lambda scores: scores.T[:2], "network: returns shape [2, 3] for 3 images"),
        (lambda scores: scores[:, :, None, None], "network: returns shape [3, 3, 1, 1]"),
        (lambda scores: scores[:1], "network: returns shape [1, 3] for 3 images"),
        (lambda scores: scores[:, :0], "network: what it returns: has shape [3, 0]"),
        (lambda scores: (scores, None), "network: what it returns: rows differ in length, or aren't numbers"),
        (lambda scores: {"logits": scores}, "network: what it returns: holds no plain numbers"),
        (lambda scores: scores * float("nan"), "network: what it returns: has a value that isn't finite"),
        (lambda scores: scores > 0, "network: what it returns: holds booleans"),
        (lambda scores: scores * 1j, "network: what it returns: holds complex numbers"),
        (lambda scores: scores.to("meta"), "network: what it returns: is a torch.float32 tensor on meta"),
    ],
)
def test_answers_of_other_forms_are_refused(answer, named):
    with pytest.raises(ArgumentError) as refused:
        data_dependence(module(answer=answer), "left-right", IMAGES)
    assert named in str(refused.value)
    assert len(str(refused.value)) <= 200


def test_one_logit_is_log_odds():
    flat, column = (module(answer=answer) for answer in (lambda scores: scores[:, 0], lambda scores: scores[:, :1]))
    assert share(flat, IMAGES) == share(column, IMAGES)


def test_a_network_in_training_is_left_as_it_was():
    network = module()
    network.train()
    network.body[2].eval()
    network.body[1].weight.sum().backward()
    modes = [part.training for part in network.modules()]
    state = {name: value.clone() for name, value in network.state_dict().items()}
    chance, gradient = torch.get_rng_state(), network.body[1].weight.grad.clone()
    found = share(network, IMAGES)
    assert [part.training for part in network.modules()] == modes
    assert all(torch.equal(value, state[name]) for name, value in network.state_dict().items())
    assert torch.equal(chance, torch.get_rng_state())
    assert torch.equal(gradient, network.body[1].weight.grad)
    assert not any(part._forward_hooks for part in network.modules())
    network.eval()
    assert share(network, IMAGES) == found
