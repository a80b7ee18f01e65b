"""A torch module as a function of numpy arrays: called in evaluation mode, and left as it was.

torch is imported only where a module was given, so that it is loaded already.
"""

import random
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from convac.arrays import from_tensor, is_tensor
from convac.errors import ArgumentError

if TYPE_CHECKING:
    import torch


def is_module(source: Any) -> bool:
    """Whether the source is a torch module; where torch isn't loaded there is none."""
    loaded = sys.modules.get("torch")
    return loaded is not None and isinstance(source, loaded.nn.Module)


def embeds(source: Any) -> bool:
    """Whether a torch module looks its inputs up in an embedding, which takes integers alone."""
    if not is_module(source):
        return False
    from torch import nn

    return any(isinstance(part, nn.Embedding | nn.EmbeddingBag) for part in source.modules())


def as_function(source: Callable[..., Any]) -> Callable[[np.ndarray], Any]:
    """A function of numpy arrays; a torch module is called in evaluation mode, in its own precision and place.

    The precision is that of its first floating parameter or buffer, float64 where it has none; integers and booleans
    reach a module with an embedding as int64. Training modes of all its parts, buffers, gradients and random states
    are as they were afterwards, also where it fails.

    Raises:
        ArgumentError: a module with parameters that no input has shaped yet, or one whose values depend on the batch.
    """
    if not is_module(source):
        return source
    import torch

    module: Any = source
    tensors = [*module.parameters(), *module.buffers()]
    if any(torch.nn.parameter.is_lazy(tensor) for tensor in tensors):
        raise ArgumentError("network: has lazy parameters; accepted: a module that an input has shaped")
    if any(of_the_batch(part) for part in module.modules()):
        raise ArgumentError("network: normalises over the batch; accepted: a BatchNorm with running statistics")
    device = tensors[0].device if tensors else torch.device("cpu")
    own = next((each.dtype for each in tensors if each.is_floating_point() or each.is_complex()), torch.float64)
    integers = embeds(module)

    def function(inputs: np.ndarray) -> Any:
        values = torch.as_tensor(known(inputs), device=device)
        if values.is_complex():
            values = values.to(own.to_complex())
        else:
            # an embedding knows no shorter integers
            values = values.to(torch.int64 if integers and inputs.dtype.kind in "biu" else own)
        with as_it_was(module, device), torch.no_grad():
            found = module(values)
        return from_tensor(found, "network: what it returns") if is_tensor(found) else found

    return function


def known(inputs: np.ndarray) -> np.ndarray:
    """The same numbers in a type that torch knows: not of the other byte order, nor wider than 64 bits."""
    wide = {"g": np.float64, "G": np.complex128}.get(inputs.dtype.char)
    return inputs.astype(wide or inputs.dtype.newbyteorder("="), copy=False)


def of_the_batch(part: "torch.nn.Module") -> bool:
    """Whether a part normalises by its batch's own statistics even in evaluation mode."""
    from torch.nn.modules.batchnorm import _BatchNorm

    return isinstance(part, _BatchNorm) and part.running_mean is None


@contextmanager
def as_it_was(module: "torch.nn.Module", device: "torch.device") -> Iterator[None]:
    """Evaluation mode inside; modes of all parts, buffers and random states afterwards as before.

    Modes are set part by part: `train()` and `eval()` take the root's mode for the tree's, and may be overridden.
    """
    import torch

    parts = list(module.modules())
    modes = [part.training for part in parts]
    buffers = [
        (part, name, buffer, buffer.detach().clone())
        for part in parts
        for name, buffer in part.named_buffers(recurse=False)
    ]
    states = random.getstate(), np.random.get_state()  # noqa: NPY002  # the user's, kept
    with torch.random.fork_rng([device] if device.type == "cuda" else []):
        try:
            for part in parts:
                part.training = False
            yield
        finally:
            for part, mode in zip(parts, modes, strict=True):
                part.training = mode
            with torch.no_grad():
                for part, name, buffer, before in buffers:
                    if getattr(part, name, None) is not buffer:
                        setattr(part, name, buffer)
                    if not torch.equal(buffer, before):
                        buffer.copy_(before)
            random.setstate(states[0])
            np.random.set_state(states[1])  # noqa: NPY002
