"""Target functions of small binary images, listed on every image.

Definitions are ours (of 1710.05520, which speaks of target functions of image classification, only the abstract is
known). An image has H×W pixels, set or not; neighbours share an edge.

- majority: more than half of the pixels are set;
- parity: an odd number is set;
- strict symmetry: the image equals its left-right reflection;
- symmetry score: more than half of the pairs of mirrored pixels agree, the graded form of the former;
- pattern: a 2×2 square of set pixels stands anywhere;
- loop: set pixels enclose an unset one, which no path of unset neighbours joins to the border;
- percolation: a path of set neighbours joins the left border to the right one;
- random: an independent fair coin for every image, the control.
"""

from collections.abc import Callable
from math import prod

import numpy as np

from convac.arrays import given, grid_shape, integer, kind, short
from convac.errors import ArgumentError, MemoryLimitError
from convac.seeds import stream

LARGEST = 20  # pixels of an image whose function is listed


def listed(task: str, sites: tuple[int, int]) -> np.ndarray:
    """The task on all 2^N images, bool, one axis of length 2 per pixel, row-major.

    Raises:
        ArgumentError: the task is unknown, or the image has no pixel.
        MemoryLimitError: more than 20 pixels; before allocating.

    >>> listed("parity", (1, 2)).astype(int)
    array([[0, 1],
           [1, 0]])
    """
    if not isinstance(task, str) or task not in TASKS:
        raise ArgumentError(f"task: {short(task)} is unknown; accepted: {', '.join(TASKS)}")
    return np.asarray(TASKS[task](every_image(sites)).reshape((2,) * prod(sites)))


def every_image(sites: tuple[int, int]) -> np.ndarray:
    """All binary images, bool, shape (2^N, H, W), the last pixel varying fastest; raises as `listed`."""
    sides = grid_shape(sites)
    if len(sides) != 2:
        raise ArgumentError(f"sites: got {list(sides)}; accepted: 2 positive sides")
    count = prod(sides)
    if count > LARGEST:
        raise MemoryLimitError(f"sites: {count} pixels have 2^{count} images; accepted: at most {LARGEST} pixels")
    codes = np.arange(2**count)
    return np.stack([codes >> place & 1 == 1 for place in reversed(range(count))], axis=1).reshape(-1, *sides)


def binary(images: np.ndarray) -> np.ndarray:
    """Binary images (n, H, W) as they are given; raises ArgumentError for grey values, numbers and any other shape."""
    found = given(images, "images")
    if found.dtype.kind != "b" or found.ndim != 3 or 0 in found.shape[1:]:
        what = f"{'booleans' if found.dtype.kind == 'b' else kind(found)} ({found.dtype})"
        raise ArgumentError(f"images: {what} of shape {list(found.shape)}; accepted: booleans [n, H, W]")
    return found


def majority(images: np.ndarray) -> np.ndarray:
    """More than half of the pixels are set, shape (n,)."""
    images = binary(images)
    return np.asarray(2 * np.count_nonzero(images, axis=(1, 2)) > prod(images.shape[1:]))


def parity(images: np.ndarray) -> np.ndarray:
    """An odd number of pixels is set, shape (n,)."""
    images = binary(images)
    return np.asarray(np.count_nonzero(images, axis=(1, 2)) % 2 == 1)


def strict_symmetry(images: np.ndarray) -> np.ndarray:
    """The image equals its left-right reflection, shape (n,)."""
    images = binary(images)
    return np.asarray((images == images[:, :, ::-1]).all(axis=(1, 2)))


def symmetry_score(images: np.ndarray) -> np.ndarray:
    """More than half of the mirrored pairs agree, shape (n,); a column in the middle belongs to no pair."""
    images = binary(images)
    half = images.shape[2] // 2
    agreeing = np.count_nonzero(images[:, :, :half] == images[:, :, ::-1][:, :, :half], axis=(1, 2))
    return np.asarray(2 * agreeing > images.shape[1] * half)


def pattern(images: np.ndarray) -> np.ndarray:
    """A 2×2 square of set pixels stands anywhere, shape (n,)."""
    images = binary(images)
    pairs = images[:, 1:] & images[:, :-1]
    return np.asarray((pairs[:, :, 1:] & pairs[:, :, :-1]).any(axis=(1, 2)))


def loop(images: np.ndarray) -> np.ndarray:
    """An unset pixel is cut off from the border, shape (n,)."""
    images = binary(images)
    border = np.ones(images.shape[1:], dtype=bool)
    border[1:-1, 1:-1] = False
    return np.asarray((~images & ~reached(~images, border)).any(axis=(1, 2)))


def percolation(images: np.ndarray) -> np.ndarray:
    """Set neighbours join the first column to the last, shape (n,)."""
    images = binary(images)
    left = np.zeros(images.shape[1:], dtype=bool)
    left[:, 0] = True
    return np.asarray(reached(images, left)[:, :, -1].any(axis=1))


def reached(passable: np.ndarray, start: np.ndarray) -> np.ndarray:
    """Passable pixels that steps between passable neighbours reach from passable ones of `start`, (n, H, W)."""
    found: np.ndarray = passable & start
    while True:
        grown = found.copy()
        grown[:, 1:] |= found[:, :-1]
        grown[:, :-1] |= found[:, 1:]
        grown[:, :, 1:] |= found[:, :, :-1]
        grown[:, :, :-1] |= found[:, :, 1:]
        grown &= passable
        if np.array_equal(grown, found):
            return found
        found = grown


def random(images: np.ndarray) -> np.ndarray:
    """A fair coin for every image, the same one for the same shape, shape (n,)."""
    return np.asarray(stream("target random", *images.shape).random(len(images)) < 0.5)


def control(tensor: np.ndarray, draw: int) -> np.ndarray:
    """A random function that is true on as many configurations as the given one: its values in random order.

    Args:
        tensor: bool, one axis of length 2 per site.
        draw: number of the draw.
    """
    number = integer(draw, "draw")
    generator = stream("target control", tensor.ndim, int(np.count_nonzero(tensor)), number)
    return np.asarray(generator.permutation(tensor.ravel()).reshape(tensor.shape))


TASKS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "majority": majority,
    "parity": parity,
    "strict symmetry": strict_symmetry,
    "symmetry score": symmetry_score,
    "pattern": pattern,
    "loop": loop,
    "percolation": percolation,
    "random": random,
}
