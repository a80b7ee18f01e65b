"""Recurrent networks against listings of all their inputs: coefficient tensors, torch's cells, plain loops."""

import itertools
import math

import numpy as np
import pytest
import torch

from convac.circuits.fields import REALS
from convac.circuits.recurrent import matricization
from convac.entanglement.composites import pixel_mask
from convac.errors import ArgumentError
from convac.geometry.partitions import Partition
from convac.networks.gru import Gru
from convac.networks.orthogonal import Orthogonal
from convac.networks.rac import Rac, keeping_ones
from convac.networks.recursions import Gates, Products, Tangents, Thresholds
from convac.networks.tanh import GATED, Tanh

KINDS = {"rac": Rac, "tanh": Tanh, "gru": Gru, "orthogonal": Orthogonal}
STEPS, SYMBOLS = 5, 3
ALL = np.array(list(itertools.product(range(SYMBOLS), repeat=STEPS)))


def network(kind, widths, **more):
    return KINDS[kind](STEPS, SYMBOLS, widths, 3, **{"seed": (3, 8), **more}).double()


@pytest.mark.parametrize("widths", [(4,), (4, 4), (4, 4, 4), (4, 5), (5, 2, 3)])
def test_log_odds_of_a_rac_are_those_of_its_coefficient_tensors(widths):
    rac = network("rac", widths)
    for replica in (0, 1):
        tensors = []
        for label in range(3):
            shape, weights = rac.weights(replica, label)
            tensors.append(matricization(shape, weights, REALS, 2).ravel())
        expected = 2 * np.log(np.abs(tensors)).T
        found = rac(ALL)[replica].detach().numpy()
        assert np.allclose(found - found[:, :1], expected - expected[:, :1], atol=1e-8)


@pytest.mark.parametrize("widths", [(4,), (4, 4, 4), (5, 2, 3)])
def test_the_function_of_a_rac_has_the_scale_that_its_logits_leave_out(widths):
    rac = network("rac", widths)
    maps = {name: value[1].detach().numpy() for name, value in rac.named_parameters()}
    memories = [1.0] * len(widths)
    for step in range(STEPS):
        state = np.eye(SYMBOLS)[ALL[:, step]]
        for number in range(1, len(widths) + 1):
            state = state @ maps[f"inputs_{number}"].T * memories[number - 1]
            memories[number - 1] = state @ maps[f"memory_{number}"].T
    expected = 2 * np.log(np.abs(state @ maps["output"].T))
    assert np.allclose(rac.function(1)(ALL), expected, atol=1e-8)


@pytest.mark.parametrize("depth", [1, 2])
def test_a_rac_that_answers_every_step_answers_as_shorter_ones_do(depth):
    every, last = network("rac", (4,) * depth, answers=2), network("rac", (4,) * depth)
    assert torch.allclose(every(ALL)[:, :, -1], last(ALL))
    assert np.allclose(every.function(1)(ALL), last.function(1)(ALL))
    shorter = Rac(3, SYMBOLS, (4,) * depth, 3, seed=(3, 8)).double()
    shorter.load_state_dict(every.state_dict())
    assert torch.allclose(every(ALL)[:, :, 2], shorter(ALL[:, :3]))


@pytest.mark.parametrize("steps", [6, 24])
@pytest.mark.parametrize("depth", [1, 2, 3])
def test_racs_of_all_lengths_and_depths_start_as_far_from_ones(steps, depth, monkeypatch):
    # so small that it is linear: ones and the deviation of every channel, in units of that
    monkeypatch.setattr("convac.networks.rac.DEVIATION", 1e-4)
    rac = Rac(steps, 40, (40,) * depth, 3, seed=tuple(range(8))).double()
    images = np.random.default_rng(steps).integers(40, size=(50, steps))
    with torch.no_grad():
        states = rac.propagate(rac.prepare(rac.encode(images)))[-1].states[:, -1]
    deviation = (states / states.mean(-1, keepdim=True) - 1).square().mean().sqrt()
    assert float(deviation) == pytest.approx(1e-4, rel=0.15)


@pytest.mark.parametrize("shape", [(5, 5), (3, 5), (5, 3), (1, 4)])
def test_maps_of_racs_keep_ones_and_what_is_orthogonal_to_them(shape):
    for scaled in keeping_ones((0, 1), "map", *shape):
        found = scaled.double() / shape[1] ** 0.5
        assert torch.allclose(found.sum(1), torch.ones(shape[0], dtype=torch.float64), atol=1e-5)
        rest = [torch.eye(size, dtype=torch.float64) - 1 / size for size in shape]  # what is orthogonal to ones
        turned = rest[0] @ found @ rest[1]
        square, wanted = (turned @ turned.mT, rest[0]) if shape[0] <= shape[1] else (turned.mT @ turned, rest[1])
        assert torch.allclose(square, wanted, atol=1e-5)


@pytest.mark.parametrize("kind", ["tanh", "gru"])
def test_every_gate_s_memory_starts_orthogonal(kind):
    for replica in network(kind, (4, 4)).get_parameter("memory_2").unflatten(1, (-1, 4)):
        assert torch.allclose(replica @ replica.mT, torch.eye(4, dtype=torch.float64).expand_as(replica), atol=1e-5)


@pytest.mark.parametrize(("kind", "torchs"), [("tanh", torch.nn.RNN), ("gru", torch.nn.GRU)])
@pytest.mark.parametrize("depth", [1, 2])
def test_gated_networks_are_torchs(kind, torchs, depth):
    ours = network(kind, (4,) * depth)
    for replica in (0, 1):
        theirs = torchs(SYMBOLS, 4, depth, batch_first=True).double()
        with torch.no_grad():
            for layer in range(depth):
                names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
                for name, own in zip(names, GATED, strict=True):
                    getattr(theirs, f"{name}_l{layer}").copy_(ours.get_parameter(f"{own}_{layer + 1}")[replica])
        states = theirs(torch.nn.functional.one_hot(torch.from_numpy(ALL), SYMBOLS).double())[0][:, -1]
        expected = states @ ours.get_parameter("output")[replica].mT + ours.get_parameter("output_bias")[replica]
        assert torch.allclose(ours(ALL)[replica], expected)


@pytest.mark.parametrize("depth", [1, 2])
def test_orthogonal_networks_are_plain_loops_over_orthogonal_matrices(depth):
    ours = network("orthogonal", (4,) * depth)
    with torch.no_grad():
        for name, parameter in ours.named_parameters():
            parameter.add_(0.3 * torch.randn(parameter.shape, generator=torch.Generator().manual_seed(len(name))))
    for replica in (0, 1):
        values = np.eye(SYMBOLS)[ALL]
        for layer in range(depth):
            inputs, entries, threshold = (
                ours.get_parameter(f"{name}_{layer + 1}")[replica].detach().numpy()
                for name in ("inputs", "antisymmetric", "threshold")
            )
            lower = np.zeros((4, 4))
            lower[np.tril_indices(4, -1)] = entries
            skew = lower - lower.T
            memory = np.linalg.inv(np.eye(4) + skew) @ (np.eye(4) - skew) @ np.diag([-1.0, -1, 1, 1])
            assert np.allclose(memory @ memory.T, np.eye(4))
            assert np.allclose(ours.memory(layer)[replica].detach().numpy(), memory)
            state, states = np.zeros((len(ALL), 4)), []
            for step in range(STEPS):
                before = values[:, step] @ inputs.T + state @ memory.T
                state = np.sign(before) * np.maximum(np.abs(before) + threshold, 0)
                states.append(state)
            values = np.stack(states, axis=1)
        output, bias = (ours.get_parameter(name)[replica].detach().numpy() for name in ("output", "output_bias"))
        assert np.allclose(ours(ALL)[replica].detach().numpy(), values[:, -1] @ output.T + bias)


def plain(kind, drives, memory, *more):
    """States by the definition, each operation in torch's own graph."""
    states, width = [], memory.shape[-1]
    state = torch.zeros_like(drives[:, 0, :, :width])
    for drive in drives.unbind(1):
        if kind is Products:
            product = drive * (state @ memory.mT) if states else drive
            state = product / product.detach().abs().amax(-1, keepdim=True)
        elif kind is Tangents:
            state = torch.tanh(drive + state @ memory.mT)
        elif kind is Thresholds:
            reached = drive + state @ memory.mT
            state = reached.sign() * (reached.abs() + more[0].unsqueeze(1)).relu()
        else:
            reset, update, read = (state @ memory.mT + more[0].unsqueeze(1)).chunk(3, -1)
            first, second, third = drive.chunk(3, -1)
            update = torch.sigmoid(second + update)
            state = (1 - update) * torch.tanh(third + torch.sigmoid(first + reset) * read) + update * state
        states.append(state)
    return torch.stack(states, 1)


@pytest.mark.parametrize("steps", [1, 2, 7])
@pytest.mark.parametrize(
    ("recursion", "gates", "more"), [(Products, 1, 0), (Tangents, 1, 0), (Thresholds, 1, 1), (Gates, 3, 3)]
)
def test_states_and_gradients_are_those_of_a_graph(recursion, gates, more, steps):
    drawn = torch.Generator().manual_seed(steps)
    shapes = [(2, steps, 5, 4 * gates), (2, 4 * gates, 4), *([(2, 4 * more)] if more else [])]
    given = [torch.randn(shape, generator=drawn, dtype=torch.float64).requires_grad_() for shape in shapes]
    weight = torch.randn((2, steps, 5, 4), generator=drawn, dtype=torch.float64)
    found, wanted = recursion.apply(*given), plain(recursion, *given)
    found = found[0] if isinstance(found, tuple) else found
    torch.testing.assert_close(found, wanted)
    ours, theirs = (torch.autograd.grad((each * weight).sum(), given, allow_unused=True) for each in (found, wanted))
    for own, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(own, torch.zeros_like(own) if other is None else other)


@pytest.mark.parametrize("kind", KINDS)
def test_seeds_side_by_side_are_those_alone(kind):
    both, alone = network(kind, (4, 4)), network(kind, (4, 4), seed=8)
    assert torch.allclose(both(ALL)[1], alone(ALL)[0])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("depth", [1, 2, 3])
@pytest.mark.parametrize("answers", [None, 4])
def test_256_steps_go_forward_and_backward(kind, depth, answers):
    steps, drawn = 256, np.random.default_rng(0)
    tried = KINDS[kind](steps, 6, (12,) * depth, 5, answers=answers, seed=(0, 1, 2))
    images = drawn.integers(6, size=(4, steps))
    labels = torch.from_numpy(drawn.integers(5, size=(4,) if answers is None else (4, answers)))
    loss = tried.loss(tried(images), labels)
    assert loss.isfinite().all()
    loss.sum().backward()
    for name, parameter in tried.named_parameters():
        assert parameter.grad.isfinite().all(), name
    logits, scales = tried.evaluate(tried.prepare(images))
    assert logits.isfinite().all()
    assert scales.isfinite().all()


@pytest.mark.parametrize("kind", KINDS)
def test_loss_and_accuracy_of_the_memoryless_rule(kind):
    tried = network(kind, (4,), answers=2)
    silent = torch.full((2, 6, STEPS, 3), -1e4)
    silent[:, :, :-2, 0] = 0
    silent[:, :, -2:, 1:] = 0
    labels = torch.tensor([[1, 2]] * 6)
    assert torch.allclose(tried.loss(silent, labels), torch.full((2,), 2 * math.log(2) / STEPS))
    assert (tried.right(silent, labels) == 0.5).all()


@pytest.mark.parametrize("kind", KINDS)
def test_labels_that_do_not_fit_are_named(kind):
    tried = network(kind, (4,), answers=2)
    logits = tried(ALL)
    for labels in (torch.zeros(len(ALL), dtype=torch.int64), torch.full((len(ALL), 2), 3), torch.zeros(len(ALL), 2)):
        with pytest.raises(ArgumentError, match=r"^labels: .*accepted: integers 0\.\.2"):
            tried.loss(logits, labels)


@pytest.mark.parametrize("name", ["start-end", "block", "interleaved"])
def test_partitions_are_those_of_the_steps(name):
    mask = pixel_mask(network("rac", (4,)), ALL, name, None)
    assert mask.ravel().tolist() == Partition.of((STEPS,), name).mask.tolist()
