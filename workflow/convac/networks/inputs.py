"""What networks take: images, raw or encoded once for many passes, and labels; all else is refused in one line.

Encoded images have a type of their own, so that rows of numbers which no network encoded can't pass for them, nor
those of one network for another's.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from convac import arrays
from convac.errors import ArgumentError

Images = np.ndarray | Tensor

MISSING = -1  # stands for a missing pixel in an integer image

# What moves, picks or stacks rows and leaves each as it is. Anything else, arithmetic above all, gives a plain tensor.
KEEPING = frozenset(
    {
        *("__getitem__", "select", "narrow", "index_select", "split", "chunk", "tensor_split", "unbind"),
        *("view", "reshape", "flatten", "unflatten", "squeeze", "unsqueeze", "expand", "repeat", "contiguous"),
        *("to", "cpu", "cuda", "pin_memory", "clone", "detach", "requires_grad_", "int", "long", "float", "double"),
        *("stack", "cat", "concat", "concatenate", "vstack"),
    }
)
WIDE = (torch.int32, torch.int64)  # hold every encoded integer


@dataclass(frozen=True)
class Encoding:
    """How images became rows of numbers.

    Attributes:
        reader: what the rows depend on; networks with equal ones read one another's.
        columns: numbers in a row.
        vectors: whether they are representation vectors (floats), not integers.
    """

    reader: tuple[Hashable, ...]
    columns: int
    vectors: bool


class Encoded(Tensor):
    """Images as a network reads them, (…, columns), made by its `encode` alone.

    Indexing, slicing, `view`, `to`, `clone`, `split`, `stack` and their like give encoded images again as long as they
    leave whole rows; arithmetic, columns that are picked or a type that can't hold the numbers give a plain tensor,
    which networks refuse. Nothing changes them in place.

    Raises:
        ArgumentError: at an operation in place.

    Attributes:
        encoding: how they were made.
    """

    encoding: Encoding

    @classmethod
    def of(cls, rows: Tensor, encoding: Encoding) -> "Encoded":
        """The same numbers, marked; nothing is copied."""
        marked = rows.as_subclass(cls)
        marked.encoding = encoding
        return marked

    @classmethod
    def __torch_function__(
        cls,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Call a function of torch, and mark what it gives if it leaves the rows as they are."""
        name = getattr(func, "__name__", "")
        if args and isinstance(args[0], Encoded) and in_place(name):
            raise ArgumentError(f"images: encoded ones aren't changed, by {name}; accepted: change them, then `encode`")
        with torch._C.DisableTorchFunctionSubclass():
            found = func(*args, **(kwargs or {}))
            if name not in KEEPING or not args or picks_columns(name, args, kwargs or {}):
                return found
            parts = args[0] if isinstance(args[0], list | tuple) else [args[0]]
            if not all(isinstance(part, Encoded) and part.encoding == parts[0].encoding for part in parts):
                return found
            if isinstance(found, list | tuple):
                return type(found)(kept(each, parts[0]) for each in found)
            return kept(found, parts[0])

    def __deepcopy__(self, memo: dict[int, Any]) -> "Encoded":
        return Encoded.of(self.clone(), self.encoding)


def in_place(name: str) -> bool:
    """Whether a method of a tensor changes its numbers, by its name."""
    if name.startswith("__"):
        return name == "__setitem__" or (name.startswith("__i") and name not in {"__index__", "__int__", "__invert__"})
    return name.endswith("_") and name not in KEEPING and name != "share_memory_"


def picks_columns(name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> bool:
    """Whether an index goes into the last axis, so that columns may change their order."""
    if not isinstance(args[0], Tensor):
        return False
    axes = args[0].ndim
    if name == "index_select":
        return bool((kwargs["dim"] if "dim" in kwargs else args[1]) in (-1, axes - 1))
    if name != "__getitem__":
        return False
    parts = list(args[1]) if isinstance(args[1], tuple) else [args[1]]
    parts = [part for part in parts if part is not None]
    open_ended = any(part is Ellipsis for part in parts)
    if not parts or not (open_ended or sum(map(axes_of, parts)) >= axes):
        return False
    last = parts[-1]
    return last is not Ellipsis and not (isinstance(last, slice) and last.step in (None, 1))


def axes_of(part: Any) -> int:
    """How many axes an index uses up: a mask as many as it has, anything else one."""
    if isinstance(part, Tensor | np.ndarray) and part.dtype in (torch.bool, np.bool_):
        return part.ndim
    return 0 if isinstance(part, bool) else 1


def kept(found: Tensor, source: Encoded) -> Tensor:
    """What became of encoded images, marked unless rows aren't whole or the type can't hold their numbers."""
    if found.ndim == 0 or found.shape[-1] != source.encoding.columns:
        return found
    vectors = source.encoding.vectors
    fits = found.is_floating_point() if vectors else found.dtype in (source.dtype, *WIDE)
    return Encoded.of(found, source.encoding) if fits else found


def is_floating(images: Images) -> bool:
    """Whether images are floating-point numbers."""
    return images.is_floating_point() if isinstance(images, Tensor) else images.dtype.kind == "f"


def as_numbers(images: Any) -> Images:
    """Images as a tensor or array of integers, booleans or floats, of the type that they have.

    Raises:
        ArgumentError: they are text, objects, complex numbers, or rows of different lengths.
    """
    found = images if isinstance(images, Tensor) else arrays.given(images, "images")
    kind = ("c" if found.is_complex() or found.is_quantized else "i") if isinstance(found, Tensor) else found.dtype.kind
    if kind not in "biuf":
        raise ArgumentError(f"images: {found.dtype}; accepted: integers or booleans (n, …)")
    return found


def whole_images(images: Any, shape: Sequence[int], low: int, high: int, hint: str = "") -> np.ndarray:
    """Images of integers, each of a shape, as an array; booleans count as 0 and 1.

    Args:
        images: (n, *shape), n ≥ 1.
        shape: of one image.
        low, high: smallest and largest value.
        hint: ends the line for grey values, whole or not, that should have been few integers.

    Raises:
        ArgumentError: the type, the shape or a value doesn't fit.
    """
    found = as_numbers(images)
    if found.ndim == 0 or tuple(found.shape[1:]) != tuple(shape) or not len(found):
        raise ArgumentError(f"images: shape {list(found.shape)}; accepted: [n ≥ 1, *{list(shape)}]")
    accepted = f"integers from {low} to {high}"
    if is_floating(found):
        raise ArgumentError(f"images: {found.dtype}; accepted: {accepted}{hint}")
    array: np.ndarray = found.detach().cpu().numpy() if isinstance(found, Tensor) else found
    array = array.astype(np.uint8) if array.dtype.kind == "b" else array
    if array.min() < low or array.max() > high:
        raise ArgumentError(f"images: values {array.min()}..{array.max()}; accepted: {low}..{high}{hint}")
    return array


def vectors(images: Images, sites: int, dimension: int, order: np.ndarray) -> Tensor:
    """Representation vectors (n, N, M), sites in row-major order, as rows (n, N·M) of sites in tree order.

    Raises:
        ArgumentError: the shape or a value doesn't fit.
    """
    if tuple(images.shape[1:]) != (sites, dimension) or not len(images):
        raise ArgumentError(f"images: shape {list(images.shape)}; accepted: floats [n ≥ 1, {sites}, {dimension}]")
    if isinstance(images, Tensor):
        rows = images[:, torch.from_numpy(order).to(images.device)]
    elif images.dtype in (np.float16, np.float32, np.float64):
        rows = torch.from_numpy(np.ascontiguousarray(images[:, order]))
    else:
        raise ArgumentError(f"images: {images.dtype}; accepted: float16, float32, float64")
    if not rows.isfinite().all():
        raise ArgumentError("images: a value isn't finite; accepted: finite floats")
    return rows.flatten(1)


def whole_labels(labels: Any, logits: Tensor) -> Tensor:
    """Labels of the images that logits (replicas, batch, classes) are of, int64 (replicas, batch).

    Args:
        labels: integers (replicas, batch), or (batch,) for the same ones in every replica; booleans count as 0 and 1.
        logits: where they stand, the labels go.

    Raises:
        ArgumentError: the type, the shape or a value doesn't fit.
    """
    replicas, batch, classes = logits.shape
    accepted = f"integers 0..{classes - 1} of shape [{batch}] or [{replicas}, {batch}]"
    found = labels if isinstance(labels, Tensor) else arrays.given(labels, "labels")
    if isinstance(found, np.ndarray):
        if found.dtype.kind not in "biu":
            raise ArgumentError(f"labels: {arrays.kind(found)}; accepted: {accepted}")
        found = torch.from_numpy(np.array(found, dtype=np.int64))
    if found.is_floating_point() or found.is_complex():
        raise ArgumentError(f"labels: {found.dtype}; accepted: {accepted}")
    if tuple(found.shape) not in {(replicas, batch), (batch,)}:
        raise ArgumentError(f"labels: shape {list(found.shape)}; accepted: {accepted}")
    found = found.to(logits.device, torch.int64).expand(replicas, batch)
    if batch and not 0 <= int(found.min()) <= int(found.max()) < classes:
        raise ArgumentError(f"labels: values {int(found.min())}..{int(found.max())}; accepted: {accepted}")
    return found
