"""The recursions of recurrent networks, each a function with a gradient of its own.

A step works on small arrays, so that a graph of its operations costs more than what they compute. Here a loop goes
through the steps without a graph, and a second one goes back. What all steps share, as the gradients of the maps, is
one product after the loop. A product of matrices is slower into a part of a larger array than by itself: it is copied.

Drives (replicas, steps, batch, gates·channels) are the mapped inputs, maps of the memory (replicas, gates·channels,
channels); states have the axes (replicas, steps, batch, channels).
"""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable

from convac.networks.maps import TINY


def steps_of(*arrays: Tensor) -> Iterator[tuple[Tensor, ...]]:
    """What the arrays have at every step, as views."""
    return zip(*(each.unbind(1) for each in arrays), strict=True)


def of_map(gradients: Tensor, states: Tensor) -> Tensor:
    """Gradient (replicas, out, in) of a map from gradients of what it gave, and the states before, over all steps."""
    return gradients.flatten(1, 2).mT @ states.flatten(1, 2)


class Products(Function):
    """h_t = d_t ⊙ (W h_{t−1}), divided by its largest magnitude, which counts as constant; h_1 = d_1 likewise."""

    @staticmethod
    def forward(ctx: Any, drives: Tensor, memory: Tensor) -> tuple[Tensor, Tensor]:
        """States, and the scales (replicas, steps, batch, 1)."""
        states, recalled = torch.empty_like(drives), torch.ones_like(drives)
        scales = drives.new_empty(*drives.shape[:3], 1)
        map_, before = memory.mT, None
        for drive, state, read, scale in steps_of(drives, states, recalled, scales):
            product = drive
            if before is not None:
                product = drive * read.copy_(torch.bmm(before, map_))
            torch.amax(product.abs(), -1, keepdim=True, out=scale).clamp_min_(TINY)
            before = product / scale
            state.copy_(before)
        ctx.save_for_backward(drives, memory, states, recalled, scales)
        ctx.mark_non_differentiable(scales)
        return states, scales

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor, _: Tensor) -> tuple[Tensor, Tensor]:
        """Gradients of drives and memory."""
        drives, memory, states, recalled, scales = ctx.saved_tensors
        to_drives, to_recalled = recalled / scales, drives / scales
        found = gradient[:, -1]
        for step in range(drives.shape[1] - 1, -1, -1):
            to_drives[:, step].mul_(found)
            if step:
                back = to_recalled[:, step].mul_(found)
                found = torch.baddbmm(gradient[:, step - 1], back, memory)
        return to_drives, of_map(to_recalled[:, 1:], states[:, :-1])


class Tangents(Function):
    """h_t = tanh(d_t + W h_{t−1}), h_0 = 0."""

    @staticmethod
    def forward(ctx: Any, drives: Tensor, memory: Tensor) -> Tensor:
        """States."""
        states, map_, before = torch.empty_like(drives), memory.mT, None
        for drive, state in steps_of(drives, states):
            before = torch.tanh(drive if before is None else torch.baddbmm(drive, before, map_))
            state.copy_(before)
        ctx.save_for_backward(memory, states)
        return states

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor]:
        """Gradients of drives and memory."""
        memory, states = ctx.saved_tensors
        found = gone_back(gradient, 1 - states.square(), memory)
        return found, of_map(found[:, 1:], states[:, :-1])


class Thresholds(Function):
    """h_t = modReLU(d_t + W h_{t−1}), h_0 = 0, modReLU(z) = sign(z) max(|z| + b, 0) with b (replicas, channels)."""

    @staticmethod
    def forward(ctx: Any, drives: Tensor, memory: Tensor, threshold: Tensor) -> Tensor:
        """States."""
        states, map_, before, added = torch.empty_like(drives), memory.mT, None, threshold.unsqueeze(1)
        for drive, state in steps_of(drives, states):
            reached = drive if before is None else torch.baddbmm(drive, before, map_)
            before = reached.abs().add_(added).relu_().mul_(reached.sign())
            state.copy_(before)
        ctx.save_for_backward(memory, states)
        return states

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Gradients of drives, memory and thresholds; a state that is 0 passes nothing on."""
        memory, states = ctx.saved_tensors
        signs = states.sign()
        found = gone_back(gradient, signs.abs(), memory)
        return found, of_map(found[:, 1:], states[:, :-1]), (found * signs).sum((1, 2))


class Gates(Function):
    """The gated recursion of torch.nn.GRU, with the memory's bias (replicas, 3·channels); h_0 = 0."""

    @staticmethod
    def forward(ctx: Any, drives: Tensor, memory: Tensor, bias: Tensor) -> Tensor:
        """States."""
        width = memory.shape[-1]
        gates, recalled = torch.empty_like(drives), torch.empty_like(drives)
        states = drives.new_zeros(*drives.shape[:2], drives.shape[2], width)
        map_, added = memory.mT, bias.unsqueeze(1)
        before = drives.new_zeros(drives.shape[0], drives.shape[2], width)
        for drive, gate, read, state in steps_of(drives, gates, recalled, states):
            read.copy_(torch.baddbmm(added, before, map_))
            torch.add(drive[..., : 2 * width], read[..., : 2 * width], out=gate[..., : 2 * width]).sigmoid_()
            reset, update, new = gate.chunk(3, -1)
            torch.addcmul(drive[..., 2 * width :], reset, read[..., 2 * width :], out=new).tanh_()
            before = torch.lerp(new, before, update)
            state.copy_(before)
        ctx.save_for_backward(memory, gates, recalled[..., 2 * width :].clone(), states)
        return states

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Gradients of drives, memory and its bias."""
        memory, gates, read, states = ctx.saved_tensors
        reset, update, new = gates.chunk(3, -1)
        earlier = torch.cat([torch.zeros_like(states[:, :1]), states[:, :-1]], 1)
        of_new = (1 - update) * (1 - new.square())
        # of a state's gradient to those of what goes into the gates, in order
        to_drives = torch.cat(
            [of_new * read * reset * (1 - reset), (earlier - new) * update * (1 - update), of_new], -1
        )
        to_recalled = to_drives.clone()
        to_recalled[..., 2 * read.shape[-1] :] *= reset
        found = gradient[:, -1]
        for step in range(states.shape[1] - 1, -1, -1):
            own = found.repeat(1, 1, 3)
            to_drives[:, step].mul_(own)
            back = to_recalled[:, step].mul_(own)
            if step:
                found = torch.baddbmm(gradient[:, step - 1], back, memory).addcmul_(found, update[:, step])
        return to_drives, of_map(to_recalled, earlier), to_recalled.sum((1, 2))


def gone_back(gradient: Tensor, slopes: Tensor, memory: Tensor) -> Tensor:
    """Gradients of what went into a nonlinearity at every step, from those of the states and its slopes, in place."""
    found = gradient[:, -1]
    for step in range(slopes.shape[1] - 1, -1, -1):
        back = slopes[:, step].mul_(found)
        if step:
            found = torch.baddbmm(gradient[:, step - 1], back, memory)
    return slopes
